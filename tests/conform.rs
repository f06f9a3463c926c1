//! Random operations from fixed seeds, as root and as root of a user namespace only, must agree
//! with the live kernel: what `layerglass conform` says of itself, run as a person would.
//!
//! Where nothing can be mounted the tests are ignored with the reason, and fail when
//! `LAYERGLASS_REQUIRE_LIVE` is set.

#[path = "live/ground.rs"]
mod ground;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode, Output};

/// 5,000 operations are about 120 scripts and two seconds.
const OPS: &str = "5000";

const RUNS: &[(&str, &[&str])] = &[
    ("default_options", &["--seed", "115"]),
    ("userxattr", &["--seed", "115", "--options", "userxattr"]),
    ("user_namespace", &["--seed", "115", "--userns"]),
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let trials = RUNS.iter().map(|(name, options)| trial(name, options)).collect();
    libtest_mimic::run(&args, trials).exit_code()
}

fn conform(options: &[&str], ops: &str) -> std::io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_layerglass"));
    command.args(["conform", "--ops", ops]).args(options).output()
}

/// A run of no operations finds out whether there is a kernel to ask.
fn trial(name: &str, options: &'static [&'static str]) -> Trial {
    match conform(options, "1") {
        Ok(out) if out.status.code() != Some(2) => {
            Trial::test(name, move || agrees(options)).with_kind("live")
        }
        Ok(out) => ground::absent(name, String::from_utf8_lossy(&out.stderr).trim()),
        Err(err) => ground::absent(name, err.to_string()),
    }
}

/// The clock of the kernel may tick inside an operation: what differs must differ twice.
fn agrees(options: &[&str]) -> Result<(), Failed> {
    let mut last = String::new();
    for _ in 0..2 {
        let out = conform(options, OPS)?;
        last = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut end = last.lines().rev();
        let (divergences, operations) = (end.next(), end.next());
        let enough = operations
            .and_then(|line| line.strip_prefix("operations: "))
            .and_then(|count| count.parse::<u64>().ok())
            .is_some_and(|count| count >= 5000);
        if out.status.success() && divergences == Some("divergences: 0") && enough {
            return Ok(());
        }
    }
    Err(last.into())
}
