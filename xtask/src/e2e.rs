//! The page in a real browser: Playwright drives the Chromium of this machine over dist/app.

use anyhow::{Context, Result};

use crate::test::Counts;
use crate::{process, repo, tools};

/// Runs every spec in tests/e2e.
pub fn run() -> Result<Counts> {
    play(&mut command()?)
}

/// Sample sites that are always built: two tools' own, and what needs none. All of tests/samples on demand.
const SAMPLES: &[&str] = &["plain", "frame", "mdbook", "preprocessor", "mkdocs"];

/// Builds sites with the tools of others and opens them from another origin.
pub fn samples(all: bool) -> Result<Counts> {
    let out = repo::root().join("target/samples");
    let preprocessor = "mdbook-layer-glass";
    process::run(process::cargo().args(["build", "--quiet", "--package", preprocessor]))?;
    let mut build = process::command("node");
    build.arg(repo::root().join("tests/samples/build.mjs"));
    build.args(["--loader", "http://layerglass.test/layer-glass.js", "--out"]).arg(&out);
    build.arg("--tools").arg(repo::tool_cache().join("samples"));
    build.arg("--preprocessor").arg(repo::target_dir().join("debug").join(preprocessor));
    if !all {
        build.args(SAMPLES);
    }
    process::run(&mut build)?;
    play(command()?.arg("samples/samples.spec.mjs").env("LAYERGLASS_SAMPLES", out))
}

fn command() -> Result<std::process::Command> {
    let dir = repo::root().join("tests/e2e");
    tools::npm_ci(&dir)?;
    let chromium = tools::chromium().context("no Chromium")?;
    let mut command = process::command("node");
    command.args(["node_modules/@playwright/test/cli.js", "test"]).current_dir(&dir);
    command.env("LAYERGLASS_CHROMIUM", chromium).env("LAYERGLASS_DIST", repo::dist_app());
    Ok(command)
}

fn play(command: &mut std::process::Command) -> Result<Counts> {
    let (ok, lines) = process::tee(command)?;
    let mut counts = summary(&lines);
    if !ok && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// Reads Playwright's closing lines (`  12 passed (3.4s)`, `  1 failed`).
fn summary(lines: &[String]) -> Counts {
    let mut counts = Counts::default();
    for line in lines {
        let mut words = line.split_whitespace();
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
        match words.next() {
            Some("passed") | Some("flaky") => counts.passed += number,
            Some("failed") | Some("interrupted") => counts.failed += number,
            Some("skipped") | Some("did") => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_lines() {
        let lines =
            ["  ok 1 a.spec", "  1 failed", "    a.spec", "  2 did not run", "  12 passed (3.4s)"];
        let lines: Vec<String> = lines.map(String::from).to_vec();
        assert_eq!(summary(&lines), Counts { passed: 12, failed: 1, skipped: 2 });
    }
}
