//! A Rust compiler that can build for the browser: the pinned toolchain with its wasm32 library, or,
//! where rustup's server cannot be reached, Debian's `rustc-web` with the standard library's source.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt;
use crate::{process, say};

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTUP: &str = "rustup target add wasm32-unknown-unknown";
const RUSTUP_SOURCE: &str = "rustup component add rust-src";
const OLDEST: &str = "1.95.0";
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN: &[&str] = &["rustc-web", "rust-web-src"];

/// How the page's code will be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WasmTarget {
    /// The pinned toolchain has the target's library.
    Installed,
    /// The system's compiler builds the library from source and the pinned toolchain links.
    FromSource { rustc: PathBuf, linker: PathBuf },
}

/// What this machine can do now. `LAYERGLASS_WASM=from-source` leaves out the first way, to try the
/// second where both exist.
pub fn wasm_target() -> Option<WasmTarget> {
    let from_source_only = std::env::var("LAYERGLASS_WASM").is_ok_and(|way| way == "from-source");
    if !from_source_only && installed() {
        return Some(WasmTarget::Installed);
    }
    from_source()
}

fn rustc() -> PathBuf {
    std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from)
}

fn print(rustc: &Path, args: &[&str]) -> Option<String> {
    let text = process::output(process::command(rustc).args(args)).ok()?;
    Some(text.trim().to_string())
}

fn installed() -> bool {
    let Some(dir) = print(&rustc(), &["--print", "target-libdir", "--target", TARGET]) else {
        return false;
    };
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn from_source() -> Option<WasmTarget> {
    let rustc = PathBuf::from(SYSTEM_RUSTC);
    let version = print(&rustc, &["--version"])?;
    let number = version.split(' ').nth(1)?;
    if !apt::at_least(number, OLDEST) || source_of(&rustc).is_none() {
        return None;
    }
    Some(WasmTarget::FromSource { rustc, linker: lld()? })
}

/// Whether the compiler has the source of its standard library. Rustup is asked for it where it is
/// missing; the page can be built without.
pub fn has_std_source() -> bool {
    match wasm_target() {
        Some(WasmTarget::FromSource { .. }) => true,
        Some(WasmTarget::Installed) => {
            let has_source = || source_of(&rustc()).is_some();
            has_source() || by_rustup_component() && has_source()
        }
        None => false,
    }
}

fn by_rustup_component() -> bool {
    say::step(RUSTUP_SOURCE);
    let words: Vec<&str> = RUSTUP_SOURCE.split(' ').skip(1).collect();
    process::run(process::command("rustup").args(words)).is_ok()
}

/// Where the standard library of a compiler can be built.
fn source_of(rustc: &Path) -> Option<PathBuf> {
    let sysroot = print(rustc, &["--print", "sysroot"])?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    source.exists().then_some(source)
}

/// The linker that comes with the toolchain that runs xtask.
fn lld() -> Option<PathBuf> {
    let sysroot = print(&self::rustc(), &["--print", "sysroot"])?;
    let rustlib = Path::new(&sysroot).join("lib/rustlib");
    let hosts = std::fs::read_dir(rustlib).ok()?.flatten();
    hosts.map(|host| host.path().join("bin/rust-lld")).find(|lld| lld.exists())
}

/// The plan's line.
pub fn describe() -> String {
    format!(
        "{TARGET}: compiles for the browser (rustup target add; where its server cannot be \
         reached, Debian's {})",
        DEBIAN.join(" and ")
    )
}

/// Tries rustup, which needs no root.
pub fn by_rustup() {
    say::step(RUSTUP);
    let words: Vec<&str> = RUSTUP.split(' ').skip(1).collect();
    let done = process::run(process::command("rustup").args(words));
    if done.is_err() || wasm_target().is_none() {
        say::note("rustup could not provide it; looking for Debian's compiler");
    }
}

/// Debian's compiler, while there is none and Debian offers one that is new enough.
pub fn packages() -> Vec<&'static str> {
    let offered = wasm_target().is_none() && apt::offers(DEBIAN[0], OLDEST);
    if offered { DEBIAN.to_vec() } else { vec![] }
}

/// After both ways were tried.
pub fn install() -> Result<()> {
    bail!(
        "no compiler for {TARGET}: please run\n\n    {RUSTUP}\n\nor, where rustup's server cannot be \
         reached, install Debian's {} ({OLDEST} or later; after apt-get update)\n",
        DEBIAN.join(" and ")
    )
}
