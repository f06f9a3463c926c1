//! `cargo xtask sweep`: long comparisons with the live kernel. By itself it goes through the small
//! scope (`layerglass sweep`) and keeps in `target/sweep` what is done; with `--seeds` it runs random
//! operations.

use anyhow::{Context, Result, bail};

use crate::{bench, process, repo, say};

pub fn run(args: &[String]) -> Result<()> {
    let random = args.iter().any(|it| it == "--seeds" || it == "--ops");
    if random { seeds(args) } else { small_scope(args) }
}

/// Everything that was not asked for otherwise: both scopes, all options, resumable.
fn small_scope(args: &[String]) -> Result<()> {
    let mut command = bench::layerglass()?;
    command.arg("sweep").args(args);
    let folder = repo::target_dir().join("sweep").to_string_lossy().into_owned();
    let cases = format!("{folder}/divergences");
    let defaults =
        [("--scope", "all"), ("--options", "all"), ("--state", &folder), ("--save", &cases)];
    for (name, value) in defaults {
        let given = |it: &String| it == name || it.starts_with(&format!("{name}="));
        if !args.iter().any(given) {
            command.args([name, value]);
        }
    }
    process::run(&mut command)
}

/// Many seeds of `layerglass conform`, one after the other.
fn seeds(args: &[String]) -> Result<()> {
    let (mut seeds, mut ops) = (10_u64, 200_000_u64);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut number = || -> Result<u64> {
            let text = args.next().with_context(|| format!("{arg} needs a number"))?;
            text.parse().with_context(|| format!("not a number: {text}"))
        };
        match arg.as_str() {
            "--seeds" => seeds = number()?,
            "--ops" => ops = number()?,
            other => bail!("sweep --seeds does not know '{other}'"),
        }
    }
    let first = random_seed();
    for seed in first..first.saturating_add(seeds) {
        conform(ops, seed)?;
    }
    println!("\nThe engine and this kernel agree on {seeds} seeds of {ops} operations.");
    Ok(())
}

/// One comparison, with the optimised binary that still has its assertions.
fn conform(ops: u64, seed: u64) -> Result<()> {
    say::step(&format!("layerglass conform --ops {ops} --seed {seed}"));
    let (ops, seed) = (ops.to_string(), seed.to_string());
    process::run(bench::layerglass()?.args(["conform", "--ops", &ops, "--seed", &seed]))
}

/// A seed that differs from run to run; it is printed, so that any run can be repeated.
fn random_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |time| u64::from(time.subsec_nanos()) + time.as_secs() % 100_000)
}
