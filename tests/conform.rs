//! Random operations from fixed seeds, as root and as root of a user namespace only, must agree
//! with the live kernel: what `layerglass conform` says of itself, run as a person would.
//!
//! Where nothing can be mounted the tests are ignored with the reason, and fail when
//! `LAYERGLASS_REQUIRE_LIVE` is set. At the end stands what ran: the kernel, how many sets of options,
//! scripts and operations.

#[path = "live/ground.rs"]
mod ground;
#[path = "live/options.rs"]
mod options;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Output};
use std::sync::Mutex;

/// 4,000 operations are about 100 scripts and two seconds.
const OPS: &str = "4000";

const RUNS: &[(&str, &[&str])] = &[
    ("default_options", &["--seed", "115"]),
    ("userxattr", &["--seed", "115", "--options", "userxattr"]),
    ("all_options", &["--seed", "2000", "--options", "all"]),
    ("user_namespace", &["--seed", "100", "--userns"]),
];

/// What ran, a line a run.
static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut trials: Vec<Trial> = RUNS
        .iter()
        .map(|(name, options)| trial(name, options, move || agrees(name, options)))
        .collect();
    trials.push(trial("a_run_goes_on_where_it_was_stopped", &[], goes_on));
    trials.push(match ground::can_mount() {
        Ok(()) => Trial::test("every_combination_of_options", combinations),
        Err(why) => ground::absent("every_combination_of_options", why),
    });
    let conclusion = libtest_mimic::run(&args, trials);
    if let Ok(mut ran) = RAN.lock() {
        ran.sort();
        ran.iter().for_each(|line| println!("{line}"));
    }
    conclusion.exit_code()
}

fn conform(options: &[&str], ops: &str) -> std::io::Result<Output> {
    // A minute is ten times what it takes: should it hang, that is a failure and no end of the day.
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_layerglass"), "conform", "--ops", ops]);
    command.args(options).output()
}

/// A run of no operations finds out whether there is a kernel to ask.
fn trial(
    name: &str,
    options: &[&str],
    run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    match conform(options, "1") {
        Ok(out) if out.status.code() != Some(2) => {
            let kernel = value(&String::from_utf8_lossy(&out.stdout), "kernel");
            Trial::test(name, run).with_kind(format!("Linux {kernel}"))
        }
        Ok(out) => ground::absent(name, String::from_utf8_lossy(&out.stderr).trim()),
        Err(err) => ground::absent(name, err.to_string()),
    }
}

/// The first word after `name: ` in what was printed, or the number that stands there.
fn value(text: &str, name: &str) -> String {
    let mut lines = text.lines().filter_map(|it| it.strip_prefix(name)?.strip_prefix(": "));
    let word = lines.next().and_then(|it| it.split(' ').next());
    word.unwrap_or_default().to_owned()
}

/// The clock of the kernel may tick inside an operation: what differs must differ twice.
fn agrees(name: &str, options: &[&str]) -> Result<(), Failed> {
    let mut last = String::new();
    for _ in 0..2 {
        let out = conform(options, OPS)?;
        last = String::from_utf8_lossy(&out.stdout).into_owned();
        let number = |name| value(&last, name).parse::<u64>().unwrap_or(0);
        let enough = number("operations") >= OPS.parse()?;
        if out.status.success() && last.ends_with("\ndivergences: 0\n") && enough {
            let line = format!(
                "{name}: Linux {}, option sets: {}, scripts: {}, operations: {}, divergences: 0",
                value(&last, "kernel"),
                number("option sets that ran"),
                number("scripts"),
                number("operations"),
            );
            RAN.lock().map_err(|it| it.to_string())?.push(line);
            return Ok(());
        }
    }
    Err(last.into())
}

/// Options that exclude each other, imply each other or mean nothing without an upper layer.
fn combinations() -> Result<(), Failed> {
    let count = options::agree()?;
    let line = format!("combinations of options: {}, mounts: {count}", ground::kernel());
    RAN.lock().map_err(|it| it.to_string())?.push(line);
    Ok(())
}

/// Two sittings with one file end as one run does, from a directory that is not the lab's.
fn goes_on() -> Result<(), Failed> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conform-resumed");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir)?;
    let sitting = |ops: &str, more: &[&str]| -> Result<String, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_layerglass"));
        command.current_dir(&dir).args(["conform", "--ops", ops]);
        let out = command.args(["--save", "found", "--options", "index=on"]).args(more).output()?;
        match out.status.success() {
            true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
            false => Err(format!("{out:?}").into()),
        }
    };
    sitting("300", &["--resume", "here.json", "--seed", "7"])?;
    let text = sitting("900", &["--resume", "here.json"])?;
    let whole = sitting("900", &["--seed", "7"])?;
    for name in ["seed", "scripts", "operations"] {
        let (resumed, at_once) = (value(&text, name), value(&whole, name));
        if resumed != at_once || resumed.is_empty() {
            return Err(format!("{name}: {resumed} in two sittings, {at_once} in one").into());
        }
    }
    if !dir.join("found").is_dir() {
        return Err("the directory of --save is where the command was given".into());
    }
    match sitting("900", &["--resume", "here.json", "--seed", "8"]) {
        Err(err) if format!("{err:?}").contains("is of another run") => Ok(()),
        other => Err(format!("another seed goes on with the file: {other:?}").into()),
    }
}
