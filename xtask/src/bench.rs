//! Long runs on demand: benchmarks, and the sweep that compares with the live kernel over many
//! seeds.

use anyhow::{Context, Result, bail};

use crate::{process, repo, say};

/// `cargo xtask bench`: cargo's benchmarks with the arguments given.
pub fn bench(args: &[String]) -> Result<()> {
    process::run(process::cargo().args(["bench", "--all-features"]).args(args))
}

/// `cargo xtask sweep`: many seeds of `layerglass conform`, one after the other.
pub fn sweep(args: &[String]) -> Result<()> {
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
            other => bail!("sweep does not know '{other}'"),
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
pub fn conform(ops: u64, seed: u64) -> Result<()> {
    say::step(&format!("layerglass conform --ops {ops} --seed {seed}"));
    let (ops, seed) = (ops.to_string(), seed.to_string());
    process::run(layerglass()?.args(["conform", "--ops", &ops, "--seed", &seed]))
}

/// The command line under test, built if need be.
pub fn layerglass() -> Result<std::process::Command> {
    // The whole workspace's features, as for its tests: the build is then the tests' own.
    let args = ["build", "--quiet", "--workspace", "--all-features", "--profile", "ci"];
    process::run(process::cargo().args(args).args(["--bin", "layerglass"]))?;
    Ok(process::command(repo::target_dir().join("ci/layerglass")))
}

/// A seed that differs from run to run; it is printed, so that any run can be repeated.
pub fn random_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |time| u64::from(time.subsec_nanos()) + time.as_secs() % 100_000)
}
