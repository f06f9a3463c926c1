//! The simulated ext4 and tmpfs against real ones: the same seeded operations on both, and after
//! each the errno, every listing with its offsets, every attribute, and which stamps moved.
//!
//! Needs the right to mount and loop devices; without them it says so and counts as ignored
//! (and fails where `LAYERGLASS_REQUIRE_LIVE` is set).

use super::ops::{self, Body, Op, Rng};
use super::{real, simulated};
use layerglass::kernel::{Rights, Space, in_child};
use layerglass::memfs::Profile;
use std::path::Path;

/// Operations of one run, and runs for each profile.
const OPS: usize = 400;
const SEEDS: u64 = 12;
/// Operations shown of a run that went apart.
const SHOWN: usize = 12;

pub fn main() {
    // An argument `N` runs one seed, `N..M` a range of them.
    let seeds = std::env::args().nth(1).and_then(|it| range(&it)).unwrap_or(1..SEEDS + 1);
    let mut failed = 0;
    let mut passed = 0;
    for profile in [Profile::Tmpfs, Profile::Ext4] {
        for seed in seeds.clone() {
            match in_child(|| child(profile, seed)) {
                Ok(0) => passed += 1,
                Ok(2) => {
                    let required = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
                    let (word, failed) = if required { ("FAILED", 1) } else { ("ok", 0) };
                    let ignored = 1 - failed;
                    println!("test result: {word}. 0 passed; {failed} failed; {ignored} ignored");
                    std::process::exit(failed);
                }
                _ => failed += 1,
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "Linux {}: {} runs of {OPS} operations on tmpfs and ext4",
        layerglass::testing::live::Live::release(),
        passed + failed
    );
    println!("test result: {word}. {passed} passed; {failed} failed; 0 ignored");
    std::process::exit(i32::from(failed > 0));
}

fn range(text: &str) -> Option<std::ops::Range<u64>> {
    match text.split_once("..") {
        Some((from, to)) => Some(from.parse().ok()?..to.parse().ok()?),
        None => text.parse().ok().map(|seed: u64| seed..seed + 1),
    }
}

/// One run: 0 equal, 1 different, 2 impossible here.
fn child(profile: Profile, seed: u64) -> i32 {
    let space = match Space::enter(false) {
        Ok(space) if space.rights == Rights::Root => space,
        Ok(_) => {
            println!("ignored: file systems are compared with the live kernel as root only");
            return 2;
        }
        Err(why) => {
            println!("ignored: {why}");
            return 2;
        }
    };
    match prepare(profile, &space.dir) {
        Ok(()) => {}
        Err(why) => {
            println!("ignored: {why}");
            return 2;
        }
    }
    let result = run(profile, seed, &space.dir);
    match result {
        Ok(()) => 0,
        Err(text) => {
            println!("{profile:?} seed {seed}: {text}");
            1
        }
    }
}

fn prepare(profile: Profile, dir: &Path) -> Result<(), String> {
    if profile == Profile::Ext4 {
        return Space::ext4(dir, "6c617965-7267-4c61-9373-000000000001");
    }
    let mut sys = layerglass::kernel::LiveSys::new();
    let path = dir.to_string_lossy().into_owned();
    layerglass::sys::Sys::mount(&mut sys, b"t", path.as_bytes(), b"tmpfs", 0, b"")
        .map_err(|err| format!("tmpfs: {err:?}"))
}

fn run(profile: Profile, seed: u64, dir: &Path) -> Result<(), String> {
    let mut real = real::Real::new(dir);
    let mut sim = simulated::Simulated::new(profile);
    let mut rng = Rng::new(seed);
    let mut history = Vec::new();
    let (mut a, mut b) = (real.state(), sim.state());
    for step in 0..OPS {
        let op = Op::random(&mut rng, profile);
        history.push(format!("{op:?}"));
        let (x, y) = (real.apply(&op), sim.apply(&op));
        let tail = || history[history.len().saturating_sub(SHOWN)..].join("\n  ");
        if x != y {
            return Err(format!("step {step}: real {x:?}, simulated {y:?}\n  {}", tail()));
        }
        let (a2, b2) = (real.state(), sim.state());
        let (seen, ours) = (ops::report(profile, &a, &a2), ops::report(profile, &b, &b2));
        if seen != ours {
            let diff = similar::TextDiff::from_lines(&seen, &ours);
            let text =
                diff.unified_diff().context_radius(1).header("real", "simulated").to_string();
            return Err(format!("step {step}: {x:?}\n{text}  {}", tail()));
        }
        (a, b) = (a2, b2);
    }
    Ok(())
}
