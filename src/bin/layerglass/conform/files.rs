//! Cases in files: recording them on the kernel, replaying them on the engine.

use super::{Args, cannot};
use layerglass::testing::case::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::engine::Engine;
use layerglass::testing::live::Live;
use layerglass::testing::record::Trouble;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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

/// Records every case in place.
pub(super) fn record(args: &Args) -> ExitCode {
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
        if let Err(err) = load(path).and_then(|case| one(&mut live, path, &case, args.print)) {
            eprintln!("{err}");
            bad += 1;
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

/// Replays recorded cases on the engine.
pub(super) fn replay(args: &Args) -> ExitCode {
    let paths = match traces(&args.replay) {
        Ok(paths) => paths,
        Err(err) => return cannot(&err.to_string()),
    };
    let engine = Engine::default();
    let mut bad = 0;
    for path in &paths {
        let found = load(path).map(|case| match engine.record(&case) {
            Ok((got, _)) => differences(&case, &got).iter().map(|it| it.show()).collect(),
            Err(trouble) => format!("{trouble}\n"),
        });
        match found {
            Ok(text) if text.is_empty() => {}
            Ok(text) | Err(text) => {
                bad += 1;
                println!("{}:\n{text}", path.display());
            }
        }
    }
    println!("identical: {} of {}", paths.len() - bad, paths.len());
    ExitCode::from(u8::from(bad > 0))
}
