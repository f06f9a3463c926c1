//! Benchmarks, and the optimised program that they and long comparisons use.

use anyhow::Result;

use crate::{process, repo};

/// `cargo xtask bench`: cargo's benchmarks with the arguments given.
pub fn bench(args: &[String]) -> Result<()> {
    process::run(process::cargo().args(["bench", "--all-features"]).args(args))
}

/// The command line under test, built if need be.
pub fn layerglass() -> Result<std::process::Command> {
    // The whole workspace's features, as for its tests: the build is then the tests' own.
    let args = ["build", "--quiet", "--workspace", "--all-features", "--profile", "ci"];
    process::run(process::cargo().args(args).args(["--bin", "layerglass"]))?;
    Ok(process::command(repo::target_dir().join("ci/layerglass")))
}
