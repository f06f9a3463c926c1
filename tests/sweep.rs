//! The small scope, a fixed slice of it: every state and operation of the slice must agree with the
//! live kernel, as `layerglass sweep` says of itself. The whole is `cargo xtask sweep`.
//!
//! Where nothing can be mounted the tests are ignored with the reason, and fail when
//! `LAYERGLASS_REQUIRE_LIVE` is set.

#[path = "live/ground.rs"]
mod ground;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

/// What is compared, and how many states and pairs that are: a slice that became smaller is a failure.
const SLICES: &[(&str, &[&str], usize, usize)] = &[
    ("one_name", &["--depth", "1"], 216, 59),
    ("one_name_after_an_operation", &["--depth", "2", "--shard", "3/20"], 129, 59),
    ("two_names", &["--scope", "two", "--depth", "1", "--shard", "7/100"], 274, 63),
    ("redirect_on", &["--depth", "1", "--shard", "1/3", "--options", "redirect_dir=on"], 72, 59),
    ("nofollow", &["--depth", "1", "--shard", "2/3", "--options", "redirect_dir=nofollow"], 72, 59),
    ("metacopy", &["--depth", "1", "--shard", "3/3", "--options", "metacopy=on"], 72, 59),
    ("index", &["--depth", "1", "--shard", "1/3", "--options", "index=on"], 72, 59),
    ("nfs_export", &["--depth", "1", "--shard", "2/3", "--options", "nfs_export=on"], 72, 59),
    ("userxattr", &["--depth", "1", "--shard", "3/3", "--options", "userxattr"], 72, 59),
    ("two_disks", &["--depth", "1", "--shard", "1/3", "--options", "xino=on-2-disks"], 72, 59),
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let trials = match sweep(&["--depth", "1", "--shard", "1/216"]) {
        Ok(out) if out.status.code() != Some(2) => trials(),
        Ok(out) => vec![ground::absent("sweep", String::from_utf8_lossy(&out.stderr).trim())],
        Err(err) => vec![ground::absent("sweep", err.to_string())],
    };
    libtest_mimic::run(&args, trials).exit_code()
}

fn trials() -> Vec<Trial> {
    let slices = SLICES.iter().map(|(name, options, states, actions)| {
        Trial::test(*name, move || agrees(options, *states, states * actions))
    });
    let others = [
        Trial::test("a_kernel_that_differs_is_noticed", another_kernel),
        Trial::test("a_run_that_was_killed_goes_on", killed),
        Trial::test("shares_make_the_whole", shares),
    ];
    slices.chain(others).map(|it| it.with_kind("live")).collect()
}

fn command(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_layerglass"));
    command.arg("sweep").args(options);
    command
}

fn sweep(options: &[&str]) -> std::io::Result<Output> {
    command(options).output()
}

/// States, pairs and divergences: the last three lines.
fn counts(out: &Output) -> Result<[usize; 3], Failed> {
    let text = String::from_utf8_lossy(&out.stdout);
    let number = |name: &str| {
        let line = text.lines().rev().find_map(|it| it.strip_prefix(name));
        line.and_then(|it| it.trim().parse().ok()).ok_or(format!("no {name} in:\n{text}"))
    };
    Ok([number("states:")?, number("pairs:")?, number("divergences:")?])
}

fn agrees(options: &[&str], states: usize, pairs: usize) -> Result<(), Failed> {
    let out = sweep(options)?;
    match counts(&out)? == [states, pairs, 0] && out.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{states} states and {pairs} pairs should agree:\n{}",
            String::from_utf8_lossy(&out.stdout)
        )
        .into()),
    }
}

/// The comparison can fail: an engine of another version is told apart, and the case that shows it is
/// written down.
fn another_kernel() -> Result<(), Failed> {
    let dir = folder("another");
    let cases = dir.to_string_lossy();
    let options = ["--depth", "1", "--kernel", "5.4", "--stop-after", "3", "--save", &cases];
    let out = sweep(&options)?;
    let [_, _, divergences] = counts(&out)?;
    let written = std::fs::read_dir(&dir)?.count();
    match out.status.code() == Some(1) && divergences >= 3 && written == divergences {
        true => Ok(()),
        false => Err(format!("{divergences} divergences, {written} cases").into()),
    }
}

/// Killed in the middle, started again: nothing is done twice, nothing is left out.
fn killed() -> Result<(), Failed> {
    let dir = folder("killed");
    let state = dir.to_string_lossy().into_owned();
    let options = ["--depth", "2", "--shard", "1/20", "--state", &state];
    let file = dir.join("one-default-2-1of20.json");
    let mut child = command(&options).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let patience = Instant::now() + Duration::from_secs(300);
    while !file.exists() && Instant::now() < patience {
        if child.try_wait()?.is_some() {
            return Err("it ended before it could be killed".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    let done = done(&file)?;
    let out = sweep(&options)?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let [states, pairs, divergences] = counts(&out)?;
    let resumed = text.contains(&format!(": {done} states are done"));
    let right = done > 0 && done < states && pairs == states * 59 && divergences == 0;
    match resumed && right && sweep(&options)?.stdout.ends_with(b"divergences: 0\n") {
        true => Ok(()),
        false => Err(format!("killed after {done} states:\n{text}").into()),
    }
}

fn done(file: &Path) -> Result<usize, Failed> {
    let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    Ok(kept["done"].as_u64().unwrap_or_default() as usize)
}

/// Three machines with a share each have done what one would have.
fn shares() -> Result<(), Failed> {
    let mut sum = [0; 3];
    for shard in ["1/3", "2/3", "3/3"] {
        let out = sweep(&["--depth", "1", "--options", "volatile", "--shard", shard])?;
        for (sum, it) in sum.iter_mut().zip(counts(&out)?) {
            *sum += it;
        }
    }
    match sum == [216, 216 * 59, 0] {
        true => Ok(()),
        false => Err(format!("{sum:?}").into()),
    }
}

/// An empty folder of this test run.
fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a folder for a test");
    dir
}
