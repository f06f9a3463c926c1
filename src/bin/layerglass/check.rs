//! `layerglass check`: proves that scenarios can be solved, and that what pages embed runs.

#[path = "check/builtin.rs"]
mod builtin;
#[path = "check/embeds.rs"]
mod embeds;
#[path = "check/pages.rs"]
mod pages;

use layerglass::scenario::{check, schema};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Scenario files, and pages (.md, .mdx, .rst, .html) whose embeds are run
    #[arg(value_name = "SCENARIO", required_unless_present = "schema")]
    files: Vec<PathBuf>,
    /// Print one JSON object a line instead: {path, ok, problems, played}
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema of the format and stop
    #[arg(long, conflicts_with = "files")]
    schema: bool,
}

pub fn run(args: &Args) -> ExitCode {
    if args.schema {
        return print(&format!("{:#}", schema::schema()));
    }
    let mut good = true;
    for path in &args.files {
        let name = path.display().to_string();
        let found = read(path).and_then(|text| {
            if pages::is_page(path) { of_page(path, &text) } else { check::check(&text) }
        });
        good &= found.is_ok();
        let line =
            if args.json { as_json(&name, &found).to_string() } else { as_text(&name, &found) };
        if print(&line) != ExitCode::SUCCESS {
            return ExitCode::FAILURE;
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A page counts as played with what it embeds as its steps.
fn of_page(path: &Path, text: &str) -> Result<check::Played, Vec<check::Problem>> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let embeds = pages::check(text, dir)?;
    Ok(check::Played { id: path.display().to_string(), steps: embeds, ..check::Played::default() })
}

fn read(path: &PathBuf) -> Result<String, Vec<check::Problem>> {
    std::fs::read(path)
        .map_err(|err| match err.kind() {
            ErrorKind::NotFound => "no such file".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::IsADirectory => "is a directory".to_owned(),
            _ => err.to_string(),
        })
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned()))
        .map_err(|reason| vec![check::Problem { line: 1, reason }])
}

/// `ok PATH`, or `FAIL PATH:LINE: reason` with the first problem.
fn as_text(name: &str, found: &Result<check::Played, Vec<check::Problem>>) -> String {
    match found {
        Ok(_) => format!("ok {name}"),
        Err(problems) => {
            let (line, reason) =
                problems.first().map_or((1, ""), |it| (it.line, it.reason.as_str()));
            let more = match problems.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more, see --json)", n - 1),
            };
            format!("FAIL {name}:{line}: {}{more}", reason.replace('\n', " "))
        }
    }
}

fn as_json(name: &str, found: &Result<check::Played, Vec<check::Problem>>) -> Value {
    match found {
        Ok(played) => json!({"path": name, "ok": true, "problems": [], "played": played}),
        Err(problems) => json!({"path": name, "ok": false, "problems": problems, "played": null}),
    }
}

fn print(line: &str) -> ExitCode {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
