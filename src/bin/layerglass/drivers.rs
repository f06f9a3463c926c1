//! `layerglass drivers`: the same script on several storage drivers, with what each step costs.

use layerglass::rivals::{self, Bout};
use layerglass::view::rivals::{Difference, SCRIPTS, Step, difference, script};
use std::io::Write;
use std::process::ExitCode;

/// Rounds of a scheduler between two looks at what has ended.
const ROUNDS: u64 = 1_000;

#[derive(clap::Args)]
#[command(
    after_help = "Without --on, all drivers that are built. The exit status is 1 if a step printed something else on \
                  one of them, 2 for wrong usage."
)]
pub struct Args {
    /// The drivers, separated by commas
    #[arg(long, value_name = "DRIVER,…", value_delimiter = ',')]
    on: Vec<String>,
    /// Print one JSON object for each step
    #[arg(long)]
    json: bool,
    /// A file, `-` for standard input, or a script that comes along
    #[arg(value_name = "SCRIPT", default_value = "costs", long_help = about_scripts())]
    script: String,
}

fn about_scripts() -> String {
    let names: Vec<&str> = SCRIPTS.iter().map(|it| it.key).collect();
    format!("A file, `-` for standard input, or a script that comes along: {}", names.join(", "))
}

/// A step on all drivers.
#[derive(serde::Serialize)]
struct Row<'a> {
    n: usize,
    cmd: &'a str,
    /// `null`: the same everywhere.
    difference: Option<Difference>,
    drivers: Vec<One<'a>>,
}

#[derive(serde::Serialize)]
struct One<'a> {
    driver: &'a str,
    #[serde(flatten)]
    step: &'a Step,
}

pub fn run(args: &Args) -> ExitCode {
    let drivers = match args.on.is_empty() {
        true => rivals::built().into_iter().map(str::to_owned).collect(),
        false => args.on.clone(),
    };
    let bout = text(&args.script).and_then(|text| Bout::new(&drivers, &text));
    match bout {
        Ok(bout) => show(bout, &drivers, args.json),
        Err(why) => {
            eprintln!("layerglass drivers: {why}");
            ExitCode::from(2)
        }
    }
}

/// The script itself.
fn text(name: &str) -> Result<String, String> {
    if name == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(|err| err.to_string());
    }
    match std::fs::read_to_string(name) {
        Ok(text) => Ok(text),
        Err(err) => script(name).map(|it| it.text.to_owned()).ok_or_else(|| {
            let names: Vec<&str> = SCRIPTS.iter().map(|it| it.key).collect();
            format!("{name}: {err}; scripts that come along: {}", names.join(", "))
        }),
    }
}

fn show(mut bout: Bout, drivers: &[String], json: bool) -> ExitCode {
    let mut done: Vec<Vec<Step>> = vec![Vec::new(); drivers.len()];
    let (mut shown, mut same) = (0, true);
    while !bout.is_over() {
        let Some((at, step)) = bout.go_on(ROUNDS) else { continue };
        done[at].push(step);
        while done.iter().all(|it| it.len() > shown) {
            let steps: Vec<&Step> = done.iter().filter_map(|it| it.get(shown)).collect();
            let difference = difference(&steps);
            same &= difference.is_none();
            if !print(drivers, &steps, difference, json) {
                return ExitCode::from(141);
            }
            shown += 1;
        }
    }
    // A script that ended earlier on one of them has no more rows.
    let ragged = done.iter().any(|it| it.len() != shown);
    if ragged {
        eprintln!("layerglass drivers: the script did not have equally many steps on all drivers");
    }
    ExitCode::from(u8::from(!same || ragged))
}

/// Prints a step; `false` when nobody reads any more.
fn print(drivers: &[String], steps: &[&Step], difference: Option<Difference>, json: bool) -> bool {
    let Some(first) = steps.first() else { return true };
    let text = match json {
        true => {
            let all = drivers.iter().zip(steps);
            let all = all.map(|(driver, step)| One { driver, step }).collect();
            let row = Row { n: first.n, cmd: &first.line, difference, drivers: all };
            serde_json::to_string(&row).unwrap_or_default() + "\n"
        }
        false => table(drivers, steps, difference.as_ref()),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

fn table(drivers: &[String], steps: &[&Step], difference: Option<&Difference>) -> String {
    let mut out = format!("[{}] {}\n", steps[0].n, steps[0].line.trim_end());
    out += &format!(
        "  {:<13}{:>13}{:>13}{:>13}{:>13}{:>10}{:>15}\n",
        "", "read", "copied", "allocated", "freed", "metadata", "in use"
    );
    for (driver, step) in drivers.iter().zip(steps) {
        let cost = step.cost;
        out += &format!(
            "  {driver:<13}{:>13}{:>13}{:>13}{:>13}{:>10}{:>15}\n",
            cost.read, cost.copied, cost.allocated, cost.freed, cost.metadata, step.used
        );
    }
    for (driver, step) in drivers.iter().zip(steps).filter(|it| it.1.pages.is_some()) {
        let Some(pages) = step.pages else { continue };
        let (bytes, inodes, of) = (pages.bytes, pages.inodes, pages.containers);
        out += &format!(
            "  {driver}: page cache of /data/big: {bytes} bytes in {inodes} for {of} containers\n"
        );
    }
    match difference {
        None => {
            for line in steps[0].output.lines() {
                out += &format!("  | {line}\n");
            }
        }
        Some(Difference { line, texts }) => {
            let what = line.map_or("status".to_owned(), |n| format!("line {n}"));
            for (driver, text) in drivers.iter().zip(texts) {
                out += &format!("  ! {driver}: {what}: {text}\n");
            }
        }
    }
    out
}
