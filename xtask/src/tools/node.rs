//! Node, npm, and what comes from npm: wasm-opt (package `binaryen`, which runs on Node) and the
//! browser tests' libraries.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{apt, version_of};
use crate::{process, repo, say};

const OLDEST_NODE: &str = "18.0.0"; // Debian 12's
const BINARYEN: &str = "132.0.0";

/// Whether node and npm are there and new enough.
pub fn found() -> bool {
    let node = process::which("node").and_then(|node| version_of(&node));
    let new_enough =
        node.is_some_and(|text| apt::at_least(text.trim().trim_start_matches('v'), OLDEST_NODE));
    new_enough && process::which("npm").is_some()
}

fn binaryen_dir() -> PathBuf {
    repo::tool_cache().join(format!("binaryen-{BINARYEN}"))
}

/// The folder that holds a `wasm-opt` that understands today's compilers.
pub fn wasm_opt_dir() -> Option<PathBuf> {
    let dir = binaryen_dir().join("node_modules/.bin");
    dir.join("wasm-opt").exists().then_some(dir)
}

/// The plan's line for wasm-opt.
pub fn describe_wasm_opt() -> String {
    format!("wasm-opt {BINARYEN}: makes the page small (npm, into {})", binaryen_dir().display())
}

/// Fetches wasm-opt into the tool cache.
pub fn install_wasm_opt() -> Result<()> {
    let dir = binaryen_dir();
    std::fs::create_dir_all(&dir)?;
    let package = format!("binaryen@{BINARYEN}");
    say::step(&format!("npm install {package}"));
    npm(&dir, &["install", &package])
}

/// Installs the packages that a folder's lock file names, unless they are there already.
pub fn npm_ci(dir: &Path) -> Result<()> {
    let lock = std::fs::read(dir.join("package-lock.json"))?;
    let stamp = dir.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say::step(&format!("npm ci in {} (libraries of the browser tests)", dir.display()));
    npm(dir, &["ci"])?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

fn npm(dir: &Path, args: &[&str]) -> Result<()> {
    let mut command = process::command("npm");
    command.args(args).args(["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    // Playwright would otherwise fetch a browser of its own.
    process::run(command.current_dir(dir).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}
