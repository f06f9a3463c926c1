//! Random system calls on plain file systems, on the simulated kernel and on the live one.
//!
//! `cargo test --test syscalls -- [tmpfs|ext4] [SEQUENCES] [SEED]`. Needs root; without it the test
//! reports itself ignored, and fails where `LAYERGLASS_REQUIRE_LIVE` is set. A difference is shrunk
//! and printed with its seed.

use super::ops::{Op, Side};
use layerglass::cred::Cred;
use layerglass::kernel::{LiveSys, Rights, Space};
use layerglass::memfs::{Config, MemFs, Profile};
use layerglass::sys::{AT_FDCWD, Sys, ms};
use layerglass::types::Mode;
use layerglass::vfs::Kernel;
use std::os::unix::ffi::OsStrExt;

/// Operations in one sequence.
const LENGTH: u64 = 40;

pub fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let number = |i: usize, or: u64| args.get(i).and_then(|it| it.parse().ok()).unwrap_or(or);
    let kinds: Vec<&str> = match args.first().map(String::as_str) {
        Some(kind @ ("tmpfs" | "ext4")) => vec![kind],
        _ => vec!["tmpfs", "ext4"],
    };
    let (sequences, seed) = (number(1, 150), number(2, 1));
    let space = match Space::enter(false) {
        Ok(space) if space.rights == Rights::Root => space,
        Ok(_) => cannot("system calls are compared with the live kernel as root only"),
        Err(why) => cannot(&why),
    };
    println!("Linux {}", layerglass::testing::live::Live::release());
    let (mut bad, mut same) = (0, 0);
    for kind in kinds {
        let differing = compare(&space, kind, sequences, seed);
        bad += differing;
        same += u32::from(differing == 0);
    }
    drop(space);
    let word = if bad == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {same} passed; {bad} failed; 0 ignored");
    std::process::exit(i32::from(bad > 0));
}

/// The live kernel cannot be asked: ignored with the reason, or failed where it is required.
fn cannot(why: &str) -> ! {
    let required = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
    match required {
        true => println!(
            "live comparison is required, but {why}\ntest result: FAILED. 0 passed; 1 failed; 0 ignored"
        ),
        false => println!("ignored: {why}\ntest result: ok. 0 passed; 0 failed; 1 ignored"),
    }
    std::process::exit(i32::from(required));
}

/// Runs the sequences; returns how many differ (it stops at the third).
fn compare(space: &Space, kind: &str, sequences: u64, seed: u64) -> u32 {
    let mut bad = 0;
    let mut done = 0;
    for round in 0..sequences {
        let base = seed * 1_000_000 + round * 1000;
        let seeds: Vec<u64> = (0..LENGTH).map(|i| base + i).collect();
        done += seeds.len();
        let Some(_) = differs(space, kind, &seeds) else { continue };
        let small = shrink(space, kind, seeds);
        println!("{kind} seed {seed} sequence {round}:");
        if let Some(story) = differs(space, kind, &small) {
            println!("{story}");
        }
        bad += 1;
        if bad >= 3 {
            break;
        }
    }
    println!("{kind}: operations: {done}, differing sequences: {bad}");
    bad
}

/// Leaves operations out as long as the sequence still differs.
fn shrink(space: &Space, kind: &str, mut seeds: Vec<u64>) -> Vec<u64> {
    let mut size = seeds.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < seeds.len() {
            let mut fewer = seeds.clone();
            fewer.drain(at..(at + size).min(seeds.len()));
            if differs(space, kind, &fewer).is_some() {
                seeds = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    seeds
}

/// Runs one sequence on both kernels; tells the story if they differ.
fn differs(space: &Space, kind: &str, seeds: &[u64]) -> Option<String> {
    let dir = space.dir.as_os_str().as_bytes();
    let mut live = LiveSys::new();
    let live_root = prepare_live(&mut live, dir, kind);
    let (mut kernel, pid) = simulated(kind);
    let (mut left, mut right) = (Side::default(), Side::default());
    let mut story = String::new();
    let mut found = false;
    for &seed in seeds {
        let op = Op::from_seed(seed);
        let a = left.run(&op, &mut live);
        let b = right.run(&op, &mut kernel.sys(pid));
        story.push_str(&format!("  {op}\n"));
        if a != b {
            story.push_str(&format!("    kernel {a}\n    engine {b}\n"));
            found = true;
            break;
        }
    }
    left.become_root(&mut live);
    live.fchdir(live_root).and_then(|()| live.chroot(b".")).expect("the way back is open");
    live.close_all();
    clean_live(&mut live, dir, kind);
    found.then_some(story)
}

fn prepare_live(live: &mut LiveSys, dir: &[u8], kind: &str) -> i32 {
    live.chdir(dir).expect("the place to mount is there");
    if kind == "ext4" && live.statat(AT_FDCWD, b"disk", 0).is_err() {
        // One disk for all sequences; each works in a directory of its own.
        live.mount(b"t", dir, b"tmpfs", 0, b"").expect("tmpfs mounts");
        live.chdir(b"/").and_then(|()| live.chdir(dir)).expect("the tmpfs is there");
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(dir)).join("disk");
        Space::ext4(&path, "6c617965-7267-4c61-9373-000000000001").expect("ext4 mounts");
    }
    let old =
        live.openat(AT_FDCWD, b"/", layerglass::types::OpenFlags::PATH, 0).expect("the root opens");
    if kind == "ext4" {
        live.chdir(b"disk").expect("the disk is there");
        live.mkdirat(AT_FDCWD, b"run", 0o755).expect("a fresh directory");
        live.fchmodat(AT_FDCWD, b"run", Mode::new(0o777)).expect("chmod");
        live.chdir(b"run").expect("chdir");
    } else {
        live.mount(b"t", dir, b"tmpfs", ms::NODEV, b"mode=777").expect("tmpfs mounts");
        live.chdir(b"/").and_then(|()| live.chdir(dir)).expect("the tmpfs is there");
    }
    live.chroot(b".").expect("root may");
    live.umask(0o022);
    old
}

fn clean_live(live: &mut LiveSys, dir: &[u8], kind: &str) {
    live.chdir(b"/").expect("the root is there");
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(dir));
    if kind == "ext4" {
        let run = path.join("disk/run");
        let _ = std::process::Command::new("chattr").args(["-R", "-ia"]).arg(&run).output();
        std::fs::remove_dir_all(&run).expect("the directory goes away");
    } else {
        live.umount(dir, ms::UMOUNT_DETACH).expect("the tmpfs goes away");
    }
}

fn simulated(kind: &str) -> (Kernel, i32) {
    let mut config = Config::of(if kind == "ext4" { Profile::Ext4 } else { Profile::Tmpfs });
    config.root_mode = Mode::new(0o755);
    let mut kernel = Kernel::new(Box::new(MemFs::with(config)), "root");
    let pid = kernel.boot_process(Cred::root());
    let mut sys = kernel.sys(pid);
    let setup = |sys: &mut dyn Sys| {
        sys.mkdirat(AT_FDCWD, b"/run", 0o755)?;
        if kind == "tmpfs" {
            sys.mount(b"t", b"/run", b"tmpfs", ms::NODEV, b"mode=777")?;
        } else {
            sys.fchmodat(AT_FDCWD, b"/run", Mode::new(0o777))?;
        }
        sys.chdir(b"/run")?;
        sys.chroot(b".")
    };
    setup(&mut sys).expect("the simulated machine is set up");
    (kernel, pid)
}
