//! `cargo xtask`: the project's own commands. It finds or installs tools and orchestrates cargo,
//! Trunk and Playwright; every actual check is a test that also runs by itself.
//!
//! Never here: knowledge about file systems or the page.

mod ahead;
mod archive;
mod bench;
mod build;
mod corpus;
mod e2e;
mod embed;
mod first;
mod glue;
mod lessons;
mod npm;
mod oembed;
mod process;
mod repo;
mod say;
mod semantics;
mod serve;
mod shots;
mod single;
mod size;
mod split;
mod stamp;
mod sweep;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve [--port N] [--dev]   build the page and serve it; --dev builds faster, unoptimised
  test  [--require-live] [--samples] [--only STAGE,...] [--skip STAGE,...] [--list]
                             every test; --require-live makes a skipped kernel test a failure,
                             --samples builds the sample sites of every tool
  dist [--site URL]          the static site in dist/app, and as an archive in dist; URL is where it will lie
  size  [--accept]           compare the page's size with www/size.json; --accept records it
  first [--as-built]         record anew what of the page and its machine is loaded later (www/later)
  shots                      the pictures of the page in docs/images, taken anew
  npm   [--test]             the npm package in dist/npm; --test installs and tries it
  sweep [--scope one|two|all] [--options SET|all] [--depth N] [--shard I/N] [--count]
                             every state of a small scope, each operation once, against the live
                             kernel; what is done is kept in target/sweep, and a run goes on from there
  sweep --seeds N [--ops N]  random operations against the live kernel, seed after seed
  bench [ARG...]             the benchmarks

Missing tools are named, with the reason, before anything is installed.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &args[..]),
    };
    let result = match command {
        "serve" => serve::run(rest),
        "test" => return test::run(rest),
        "dist" => build::dist_command(rest),
        "size" => size::command(rest),
        "first" => first::run(rest),
        "shots" => shots::run(rest),
        "stamp" => stamp::run(),              // Trunk calls it
        "build-only" => ahead::command(rest), // the tests call it
        "sweep" => sweep::run(rest),
        "bench" => bench::bench(rest),
        "npm" => npm::command(rest),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("cargo xtask: no command '{other}'\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
