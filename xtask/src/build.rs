//! Building for the browser: the environment that such a build needs, and the site in `dist/app`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tools::{self, WasmTarget};
use crate::{corpus, lessons, process, repo, say, semantics, size};

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

/// `trunk` with that environment, and what the page fetches made ready.
pub fn trunk(subcommand: &str) -> Result<Command> {
    corpus::bundle()?;
    lessons::bundle()?;
    semantics::page()?;
    let mut command = process::command("trunk");
    command.arg(subcommand).env("TRUNK_SKIP_VERSION_CHECK", "true");
    command.env("LAYERGLASS_XTASK", std::env::current_exe()?);
    if std::env::var_os("NO_COLOR").is_some() {
        command.env("NO_COLOR", "true"); // it takes no other value
    }
    web_env(&mut command)?;
    Ok(command)
}

/// `cargo xtask dist`.
pub fn dist_command(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "dist takes no arguments");
    tools::ensure(tools::WEB)?;
    dist()?;
    size::print(&size::measure()?);
    println!("\nThe site is ready in dist/app: copy it to any static host, under any path.");
    Ok(())
}

/// Builds the site, optimised for size.
pub fn dist() -> Result<()> {
    say::step("Building the page (dist/app)");
    process::run(trunk("build")?.args(["--release", "--cargo-profile", "web"]))
}
