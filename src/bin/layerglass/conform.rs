//! `layerglass conform`: the engine against the live kernel, and the recorder of the corpus.

use layerglass::testing::case::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::generate::{self, Plan};
use layerglass::testing::live::Live;
use layerglass::testing::record::Trouble;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Record these cases (files or directories) on the live kernel, in place
    #[arg(long, num_args = 1.., value_name = "PATH")]
    record: Vec<PathBuf>,
    /// With --record: print instead of writing
    #[arg(long)]
    print: bool,
    /// Compare the kernel with itself: finds what the comparison does not normalise
    #[arg(long)]
    itself: bool,
    /// Operations to compare
    #[arg(long, default_value_t = 20_000)]
    ops: usize,
    /// Seed of the first script
    #[arg(long)]
    seed: Option<u64>,
    /// Use a user namespace even as root
    #[arg(long)]
    userns: bool,
}

/// Exit status when nothing could run.
const CANNOT: u8 = 2;

pub fn run(args: &Args) -> ExitCode {
    if !args.record.is_empty() {
        return record(args);
    }
    if args.itself {
        return itself(args);
    }
    ExitCode::from(CANNOT)
}

fn itself(args: &Args) -> ExitCode {
    let mut live = match Live::enter(args.userns) {
        Ok(live) => live,
        Err(err) => return cannot(&err),
    };
    let plan = Plan { options: String::new(), ops: 40, ext4: !args.userns, root: !args.userns };
    let (mut done, mut bad, mut seed) = (0, 0, args.seed.unwrap_or(1));
    while done < args.ops {
        let case = generate::case(seed, &plan);
        match (live.record(&case), live.record(&case)) {
            (Ok(a), Ok(b)) => {
                for it in differences(&a, &b).iter().take(1) {
                    bad += 1;
                    println!("seed {seed}: {}", it.show());
                }
            }
            (Err(err), _) | (_, Err(err)) => println!("seed {seed}: {err}"),
        }
        done += case.steps.iter().filter(|it| !it.op.is_fixture()).count();
        seed += 1;
    }
    println!("operations: {done}");
    println!("divergences: {bad}");
    ExitCode::from(u8::from(bad > 0))
}

/// Every `.trace` file below the given paths, sorted.
fn traces(paths: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let below: Result<Vec<_>, _> =
                std::fs::read_dir(path)?.map(|it| it.map(|it| it.path())).collect();
            found.extend(traces(&below?)?);
        } else if path.extension().is_some_and(|it| it == "trace") {
            found.push(std::path::absolute(path)?);
        }
    }
    found.sort();
    Ok(found)
}

fn load(path: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(path).map_err(|err| format!("{}: {err}", path.display()))?;
    Case::parse(&text).map_err(|err| format!("{}: {err}", path.display()))
}

fn record(args: &Args) -> ExitCode {
    let paths = match traces(&args.record) {
        Ok(paths) => paths,
        Err(err) => return cannot(&err.to_string()),
    };
    let mut live = match Live::enter(args.userns) {
        Ok(live) => live,
        Err(err) => return cannot(&err),
    };
    let mut bad = 0;
    for path in &paths {
        match load(path).and_then(|case| one(&mut live, path, &case, args.print)) {
            Ok(()) => {}
            Err(err) => {
                eprintln!("{err}");
                bad += 1;
            }
        }
    }
    println!("recorded: {} of {}", paths.len() - bad, paths.len());
    ExitCode::from(u8::from(bad > 0))
}

fn one(live: &mut Live, path: &Path, case: &Case, print: bool) -> Result<(), String> {
    let shown = path.display();
    match live.record(case) {
        Ok(trace) if print => print!("{trace}"),
        Ok(trace) => {
            std::fs::write(path, trace.to_string()).map_err(|err| format!("{shown}: {err}"))?;
        }
        Err(Trouble::Script { line, message }) => return Err(format!("{shown}:{line}: {message}")),
        Err(it @ Trouble::Unavailable(_)) => return Err(format!("{shown}: {it}")),
    }
    Ok(())
}

fn cannot(why: &str) -> ExitCode {
    eprintln!("layerglass conform: {why}");
    ExitCode::from(CANNOT)
}
