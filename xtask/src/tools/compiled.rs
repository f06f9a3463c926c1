//! Tools that come as source: Trunk, and the wasm-bindgen that matches Cargo.lock. Each is compiled
//! once into the tool cache; a fitting one on the PATH is used as it is.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{apt, version_of};
use crate::{process, repo, say};

const TRUNK: &str = "0.21.14";

/// The folder that holds a usable `trunk`.
pub fn trunk_dir() -> Option<PathBuf> {
    let fits = |text: &str| {
        let version = text.trim().strip_prefix("trunk ").unwrap_or_default();
        version.starts_with("0.21.") && apt::at_least(version, TRUNK)
    };
    find("trunk", TRUNK, &fits)
}

/// The folder that holds the `wasm-bindgen` of the locked version, with its test runner.
pub fn wasm_bindgen_dir() -> Option<PathBuf> {
    let version = repo::locked_version("wasm-bindgen")?;
    let fits = |text: &str| text.trim() == format!("wasm-bindgen {version}");
    find("wasm-bindgen", &version, &fits)
        .filter(|dir| dir.join("wasm-bindgen-test-runner").exists())
}

fn cache_dir(tool: &str, version: &str) -> PathBuf {
    repo::tool_cache().join(format!("{tool}-{version}"))
}

fn find(tool: &str, version: &str, fits: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let cached = cache_dir(tool, version).join("bin").join(tool);
    let candidates = [Some(cached), process::which(tool)];
    let found = candidates
        .into_iter()
        .flatten()
        .find(|program| program.is_file() && version_of(program).is_some_and(|text| fits(&text)))?;
    found.parent().map(PathBuf::from)
}

/// The plan's line for Trunk.
pub fn describe_trunk() -> String {
    format!(
        "trunk {TRUNK}: bundles the page (compiled once, some 3 minutes, into {})",
        repo::tool_cache().display()
    )
}

/// The plan's line for wasm-bindgen.
pub fn describe_wasm_bindgen() -> String {
    format!(
        "wasm-bindgen {}: connects the page's code with JavaScript (compiled once, some 2 minutes, into {})",
        repo::locked_version("wasm-bindgen").unwrap_or_default(),
        repo::tool_cache().display()
    )
}

/// Trunk without its own downloads: the tools it would fetch are installed by xtask, so it needs
/// no TLS, which halves the time it takes to compile.
pub fn install_trunk() -> Result<()> {
    cargo_install("trunk", "trunk", TRUNK, &["--locked", "--no-default-features"], "0")
}

/// wasm-bindgen's CLI, which refuses to work with another version of the library.
pub fn install_wasm_bindgen() -> Result<()> {
    let version = repo::locked_version("wasm-bindgen").context("no wasm-bindgen in Cargo.lock")?;
    let install = |flags| cargo_install("wasm-bindgen-cli", "wasm-bindgen", &version, flags, "1");
    // Its lock file can name versions that were withdrawn; then the newest ones do.
    install(&["--locked"]).or_else(|_| install(&[]))
}

/// `cargo install` into the cache, with a profile that is quick to compile: these tools run for
/// seconds, so optimising them for minutes does not pay.
pub fn cargo_install(
    package: &str,
    tool: &str,
    version: &str,
    flags: &[&str],
    opt_level: &str,
) -> Result<()> {
    say::step(&format!("Compiling {package} {version}"));
    let scratch = repo::tool_cache().join(format!("build-{tool}-{version}"));
    let mut command = process::cargo();
    command.args(["install", package, "--version", version]).args(flags);
    command.arg("--root").arg(cache_dir(tool, version));
    command.arg("--target-dir").arg(&scratch);
    for (name, value) in [
        ("OPT_LEVEL", opt_level),
        ("LTO", "off"),
        ("CODEGEN_UNITS", "16"),
        ("DEBUG", "0"),
        ("INCREMENTAL", "false"),
    ] {
        command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    command.env("CARGO_TERM_PROGRESS_WHEN", "never");
    let started = std::time::Instant::now();
    process::run(&mut command)?;
    let _ = std::fs::remove_dir_all(scratch); // only scratch space: a leftover does no harm
    say::note(&format!("{package} is ready ({})", say::duration(started.elapsed())));
    Ok(())
}
