//! Building for the browser: the environment that such a build needs, and the site in `dist/app`.

use std::process::Command;

use anyhow::{Context, Result};

#[cfg(test)]
use crate::split;
use crate::tools::{self, WasmTarget};
use crate::{archive, corpus, embed, lessons, oembed, process, repo, say, semantics, single, size};

/// Gives a command the compiler, the target folder and the tools of wasm builds. Native builds
/// never see these variables.
pub fn web_env(command: &mut Command) -> Result<&mut Command> {
    command.env("CARGO_TARGET_DIR", repo::web_target_dir());
    command.env("PATH", tools::path_with_tools()?);
    match tools::wasm_target().context("no compiler for the browser")? {
        WasmTarget::Installed => {}
        WasmTarget::FromSource { rustc, linker } => {
            command.env("RUSTC", rustc);
            command.env("RUSTC_BOOTSTRAP", "1");
            command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort,test,proc_macro");
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }
    Ok(command)
}

/// Makes the page's own build small: the standard library is compiled along, so that a panic is one
/// instruction, without a message that nobody sees in a browser, and its code is chosen for size.
/// Without the library's source it is built as it is, and larger.
pub fn small_env(command: &mut Command) {
    if !tools::has_std_source() {
        say::note("without the source of the standard library: the module will be larger");
        return;
    }
    command.env("RUSTC_BOOTSTRAP", "1"); // of the pinned compiler
    command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    command.env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
    let flags = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
}

/// How wasm-opt is called for every module; www/index.html says the same to Trunk, which puts the first
/// of them there by itself, with `SPLIT_OPT` where a module is split. What the browsers of the
/// last years have is allowed, and no pointer of Rust's lies in the first KiB.
pub const WASM_OPT: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
    "--low-memory-unused",
    "--zero-filled-memory",
];

/// More for a module that is split: it keeps its names, what is rare is not put into what is not, and data stay as the
/// linker has laid them.
#[cfg(test)]
const SPLIT_OPT: &[&str] =
    &["-g", "--one-caller-inline-max-function-size=30", "--skip-pass=memory-packing"];

/// What kind of page Trunk makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Small.
    Release,
    /// Built fast, with messages.
    Dev,
}

/// `trunk` with that environment, and what the page fetches made ready.
pub fn trunk(subcommand: &str, kind: Kind) -> Result<Command> {
    corpus::bundle()?;
    lessons::bundle()?;
    semantics::page()?;
    embed::draw_posters()?;
    let mut command = process::command("trunk");
    command.arg(subcommand).env("TRUNK_SKIP_VERSION_CHECK", "true");
    command.env("LAYERGLASS_XTASK", std::env::current_exe()?);
    if std::env::var_os("NO_COLOR").is_some() {
        command.env("NO_COLOR", "true"); // it takes no other value
    }
    web_env(&mut command)?;
    if kind == Kind::Release {
        command.args(["--release", "--cargo-profile", "web"]);
        small_env(&mut command);
    }
    Ok(command)
}

/// `cargo xtask dist`.
pub fn dist_command(args: &[String]) -> Result<()> {
    let site = match args {
        [] => None,
        [flag, url] if flag == "--site" => Some(oembed::address(url)?),
        _ => anyhow::bail!("dist takes nothing or --site URL"),
    };
    tools::ensure(tools::WEB)?;
    dist_for(site.as_deref())?;
    size::print(&size::measure()?);
    let archive = archive::write(&repo::dist_app())?;
    println!("\nThe site is ready in dist/app: copy it to any static host, under any path.");
    println!("As an archive: {}", archive.display());
    Ok(())
}

/// Builds the site, optimised for size, for any place.
pub fn dist() -> Result<()> {
    dist_for(None)
}

/// The same for a site of this address.
fn dist_for(site: Option<&str>) -> Result<()> {
    say::step("Building the page (dist/app)");
    let mut trunk = trunk("build", Kind::Release)?;
    if let Some(site) = site {
        trunk.env(oembed::SITE, site);
    }
    process::run(&mut trunk)?;
    single::write(&repo::dist_app())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_optimised_like_the_package() {
        let page = std::fs::read_to_string(repo::root().join("www/index.html")).unwrap();
        // To Trunk, 0 is not to call wasm-opt at all.
        let params = |names: &str| {
            let rest = WASM_OPT[1..].join(" ");
            format!("data-wasm-opt=\"z\" data-wasm-opt-params=\"{names}{rest}\"")
        };
        let modules = page.matches("data-trunk rel=\"rust\"").count();
        let split = page.matches(&params(&format!("{} ", SPLIT_OPT.join(" ")))).count();
        assert_eq!(split, split::SPLIT.len());
        assert!(modules > 2 && page.matches(&params("")).count() + split == modules);
    }

    #[test]
    fn what_is_split_is_linked_for_it() {
        let script = std::fs::read_to_string(repo::root().join("www/build.rs")).unwrap();
        for name in split::SPLIT {
            let program = if *name == "page" { "layerglass-www" } else { name };
            assert!(script.contains(&format!("\"{program}\"")), "{program}");
        }
    }
}
