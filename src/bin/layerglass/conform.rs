//! `layerglass conform`: the engine against the live kernel, and the recorder of the corpus.

#[path = "conform/files.rs"]
mod files;
#[path = "conform/random.rs"]
mod random;
#[path = "conform/report.rs"]
mod report;
#[path = "conform/state.rs"]
mod state;

use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Operations to compare
    #[arg(long, default_value_t = 20_000)]
    ops: usize,
    /// Seed of the first script (default: from the clock)
    #[arg(long)]
    seed: Option<u64>,
    /// Mount options to try: `default`, `all`, or a comma-separated list
    #[arg(long, default_value = "default")]
    options: String,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Write the result as JUnit XML too
    #[arg(long, value_name = "FILE", value_parser = crate::absolute)]
    junit: Option<PathBuf>,
    /// Write each shrunk divergence into this directory, as a case
    #[arg(long, value_name = "DIR", value_parser = crate::absolute)]
    save: Option<PathBuf>,
    /// Note in this file where the run stands, and go on from there when it exists
    #[arg(long, value_name = "FILE", value_parser = crate::absolute)]
    resume: Option<PathBuf>,
    /// Stop after so many divergences
    #[arg(long, default_value_t = 5)]
    stop_after: usize,
    /// Use a user namespace even as root
    #[arg(long)]
    userns: bool,
    /// Compare the kernel with itself: finds what the comparison does not normalise
    #[arg(long)]
    itself: bool,
    /// Record these cases (files or directories) on the live kernel, in place
    #[arg(long, num_args = 1.., value_name = "PATH")]
    record: Vec<PathBuf>,
    /// Replay recorded cases on the engine and show the differences
    #[arg(long, num_args = 1.., value_name = "PATH")]
    replay: Vec<PathBuf>,
    /// With --record: print instead of writing
    #[arg(long)]
    print: bool,
}

/// Exit status when nothing could run.
const CANNOT: u8 = 2;

pub fn run(args: &Args) -> ExitCode {
    if !args.record.is_empty() {
        return files::record(args);
    }
    if !args.replay.is_empty() {
        return files::replay(args);
    }
    random::run(args)
}

fn cannot(why: &str) -> ExitCode {
    eprintln!("layerglass conform: {why}");
    ExitCode::from(CANNOT)
}
