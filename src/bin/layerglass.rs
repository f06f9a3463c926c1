//! The command line: reads arguments, calls the library, prints. No rule of the engine lives here.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[path = "layerglass/check.rs"]
mod check;

#[cfg(target_os = "linux")]
#[path = "layerglass/conform.rs"]
mod conform;

#[path = "layerglass/drivers.rs"]
mod drivers;

#[cfg(all(feature = "fuse", target_os = "linux"))]
#[path = "layerglass/fuse.rs"]
mod fuse;

#[path = "layerglass/image.rs"]
mod image;

#[path = "layerglass/picture.rs"]
mod picture;

#[path = "layerglass/run.rs"]
mod run;

#[cfg(target_os = "linux")]
#[path = "layerglass/sweep.rs"]
mod sweep;

/// A path as it is meant where the command is typed: comparisons go into a directory of their own.
#[cfg(target_os = "linux")]
fn absolute(path: &str) -> Result<std::path::PathBuf, String> {
    std::path::absolute(path).map_err(|err| format!("{path}: {err}"))
}

/// A virtual union file system that behaves like Linux OverlayFS.
#[derive(Parser)]
#[command(name = "layerglass", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script on a fresh simulated machine
    Run(run::Args),
    /// Play scenarios and prove that each can be solved; run what pages embed
    Check(check::Args),
    /// Draw a machine as an SVG
    Picture(picture::Args),
    /// Look into archives of images
    Image(image::Args),
    /// Run a script on several storage drivers and show what each step costs
    Drivers(drivers::Args),
    /// Compare the engine with the live kernel
    #[cfg(target_os = "linux")]
    Conform(conform::Args),
    /// Compare the engine with the live kernel in every state of a small scope
    #[cfg(target_os = "linux")]
    Sweep(sweep::Args),
    /// Mount the machine on the real system
    #[cfg(all(feature = "fuse", target_os = "linux"))]
    Fuse(fuse::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Picture(args) => picture::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Drivers(args) => drivers::run(&args),
        #[cfg(target_os = "linux")]
        Command::Conform(args) => conform::run(&args),
        #[cfg(target_os = "linux")]
        Command::Sweep(args) => sweep::run(&args),
        #[cfg(all(feature = "fuse", target_os = "linux"))]
        Command::Fuse(args) => fuse::run(&args),
    }
}
