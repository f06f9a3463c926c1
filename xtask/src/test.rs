//! `cargo xtask test`: every check of the project in order, with the time each took and one
//! sentence at the end. A stage whose ground is missing (no site for the browser tests) is not run
//! and counts as failed.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::ahead::{Ahead, Build};
use crate::tools::{self, Tool};
use crate::{bench, build, e2e, npm, process, repo, say, size};

/// How many checks of a stage passed, failed, were skipped.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    const ONE: Counts = Counts { passed: 1, failed: 0, skipped: 0 };

    fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

struct Stage {
    name: &'static str,
    what: &'static str,
    run: fn(&mut Options) -> Result<Counts>,
    /// A stage that must have passed before.
    after: Option<&'static str>,
}

const fn stage(
    name: &'static str,
    what: &'static str,
    run: fn(&mut Options) -> Result<Counts>,
    after: Option<&'static str>,
) -> Stage {
    Stage { name, what, run, after }
}

const STAGES: &[Stage] = &[
    stage("fmt", "formatting", fmt, None),
    stage("clippy", "lints, warnings are errors", clippy, None),
    stage("doc", "the documentation builds, its links lead somewhere", doc, None),
    stage("deny", "licences and sources of dependencies", deny, None),
    stage("native", "unit, corpus, live kernel and doc tests", native, None),
    stage("conform", "random operations against this machine's kernel", conform, None),
    stage("lessons", "every lesson can be solved", lessons, None),
    stage("dist", "the page builds", dist, None),
    stage("size", "the page has not grown unannounced", size_gate, Some("dist")),
    stage("wasm", "the engine's tests in WebAssembly", wasm, None),
    stage("e2e", "the page in a real browser", browser, Some("dist")),
    stage(
        "samples",
        "the element in sites of real tools, from another origin",
        samples,
        Some("dist"),
    ),
    stage("npm", "the npm package, installed, in Node and a browser", package, Some("dist")),
];

/// What the command line asked for.
struct Options {
    require_live: bool,
    /// Sample sites of every tool, not of two.
    all_samples: bool,
    chosen: Vec<&'static Stage>,
    /// What is built while the first stages run.
    ahead: Ahead,
}

fn parse(args: &[String]) -> Result<Option<Options>> {
    let mut require_live = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
    let mut all_samples = false;
    let mut chosen: Vec<&'static Stage> = STAGES.iter().collect();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--require-live" => require_live = true,
            "--samples" => all_samples = true,
            "--list" => {
                for stage in STAGES {
                    println!("{:8} {}", stage.name, stage.what);
                }
                return Ok(None);
            }
            "--only" | "--skip" => {
                let names: Vec<&str> = args.next().map_or(vec![], |list| list.split(',').collect());
                if let Some(odd) = names.iter().find(|name| STAGES.iter().all(|s| s.name != **name))
                {
                    bail!("no stage '{odd}'; `cargo xtask test --list` names them");
                }
                chosen.retain(|stage| names.contains(&stage.name) == (arg == "--only"));
            }
            other => bail!("test does not know '{other}'"),
        }
    }
    Ok(Some(Options { require_live, all_samples, chosen, ahead: Ahead::nothing() }))
}

struct Outcome {
    stage: &'static Stage,
    counts: Counts,
    time: Duration,
    error: Option<String>,
}

/// Runs the stages and closes with the line `N passed, N failed, N skipped`.
pub fn run(args: &[String]) -> ExitCode {
    let mut options = match parse(args) {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask test: {error:#}");
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let ready = prepare(&options).and_then(|()| Ahead::start(&ahead(&options)));
    options.ahead = match ready {
        Ok(ahead) => ahead,
        Err(error) => {
            eprintln!("\ncargo xtask test: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let prepared = started.elapsed();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let chosen = options.chosen.clone();
    for (i, stage) in chosen.iter().enumerate() {
        let position = format!("[{}/{}]", i + 1, chosen.len());
        say::step(&format!("{position} {}: {}", stage.name, stage.what));
        let outcome = run_stage(stage, &mut options, &outcomes);
        let verdict = if outcome.error.is_none() { "ok" } else { "FAILED" };
        say::note(&format!("{} {verdict} ({})", stage.name, say::duration(outcome.time)));
        outcomes.push(outcome);
    }
    report(&outcomes, prepared, started.elapsed())
}

/// All tools at once, so that a person sees the whole list before the first minute is spent.
fn prepare(options: &Options) -> Result<()> {
    let chosen = |names: &[&str]| options.chosen.iter().any(|stage| names.contains(&stage.name));
    let (mut wanted, mut optional) = (Vec::new(), Vec::new());
    if chosen(&["native"]) {
        let list = if options.require_live { &mut wanted } else { &mut optional };
        list.push(Tool::Reference);
    }
    if chosen(&["deny"]) {
        wanted.push(Tool::CargoDeny);
    }
    if chosen(&["dist", "size", "wasm", "e2e"]) {
        wanted.extend(tools::WEB);
    }
    if chosen(&["npm"]) {
        wanted.extend(npm::BUILD.iter().chain(npm::TESTS));
    }
    if chosen(&["wasm"]) {
        wanted.push(Tool::TestNode);
    }
    if chosen(&["e2e"]) {
        wanted.extend([Tool::Chromium, Tool::ChineseFont]);
    }
    if chosen(&["samples"]) {
        wanted.extend([Tool::Node, Tool::Python, Tool::Chromium]);
    }
    tools::ensure_with(&wanted, &optional)
}

/// What the chosen stages need built, in the order in which they need it. Only if other stages come
/// before: alone, a stage shows its build as it happens.
fn ahead(options: &Options) -> Vec<Build> {
    let builds = [("dist", Build::Page), ("wasm", Build::WasmTests), ("npm", Build::Package)];
    let at = |name: &str| options.chosen.iter().position(|stage| stage.name == name);
    let chosen = builds.into_iter().filter_map(|(name, build)| Some((at(name)?, build)));
    let chosen: Vec<(usize, Build)> = chosen.collect();
    match chosen.first() {
        Some((first, _)) if *first > 0 || chosen.len() > 1 => {
            chosen.into_iter().map(|(_, build)| build).collect()
        }
        _ => Vec::new(),
    }
}

fn run_stage(stage: &'static Stage, options: &mut Options, done: &[Outcome]) -> Outcome {
    let started = Instant::now();
    let ground = stage.after.and_then(|name| done.iter().find(|o| o.stage.name == name));
    let result = match ground {
        Some(outcome) if outcome.error.is_some() => {
            Err(anyhow::anyhow!("not run, because {} failed", outcome.stage.name))
        }
        _ => (stage.run)(options),
    };
    let time = started.elapsed();
    match result {
        Ok(counts) if counts.failed == 0 => Outcome { stage, counts, time, error: None },
        Ok(counts) => {
            let error = Some(format!("{} of its checks failed", counts.failed));
            Outcome { stage, counts, time, error }
        }
        Err(error) => {
            let error = format!("{error:#}");
            say::note(&error);
            let counts = Counts { failed: 1, ..Counts::default() };
            Outcome { stage, counts, time, error: Some(error) }
        }
    }
}

fn report(outcomes: &[Outcome], prepared: Duration, total: Duration) -> ExitCode {
    println!("\n{:10} {:>12}  result", "stage", "time");
    println!("{:10} {:>12}  ok", "tools", say::duration(prepared));
    let mut sum = Counts::default();
    for outcome in outcomes {
        let Counts { passed, failed, skipped } = outcome.counts;
        let result = match &outcome.error {
            None => format!("ok: {passed} passed, {skipped} skipped"),
            Some(_) => format!("FAILED: {passed} passed, {failed} failed, {skipped} skipped"),
        };
        println!("{:10} {:>12}  {result}", outcome.stage.name, say::duration(outcome.time));
        sum.add(outcome.counts);
    }
    println!("{:10} {:>12}\n", "all", say::duration(total));
    let failed: Vec<&Outcome> = outcomes.iter().filter(|o| o.error.is_some()).collect();
    for outcome in &failed {
        let error = outcome.error.as_deref().unwrap_or_default();
        println!("{} failed: {}", outcome.stage.name, error.lines().next().unwrap_or_default());
    }
    if failed.is_empty() {
        println!("Everything holds.");
    } else {
        println!("Not everything holds: see above.");
    }
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fmt(_: &mut Options) -> Result<Counts> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Counts::ONE)
}

fn clippy(_: &mut Options) -> Result<Counts> {
    let mut command = process::cargo();
    command.args(["clippy", "--quiet", "--workspace", "--all-targets", "--all-features"]);
    process::run(command.args(["--", "-D", "warnings"]))?;
    Ok(Counts::ONE)
}

/// Shares what clippy has built of the dependencies.
fn doc(_: &mut Options) -> Result<Counts> {
    let mut command = process::cargo();
    command.args(["doc", "--quiet", "--workspace", "--no-deps", "--all-features"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Counts::ONE)
}

/// Never advisories: they change by the day, and a test must not.
fn deny(_: &mut Options) -> Result<Counts> {
    let mut command = process::command(tools::cargo_deny().context("no cargo-deny")?);
    command.args(["--locked", "--workspace", "check", "licenses", "bans", "sources"]);
    process::run(&mut command)?;
    say::note("advisories are not part of the tests: `cargo deny check advisories` asks for them");
    Ok(Counts::ONE)
}

fn native(options: &mut Options) -> Result<Counts> {
    let mut command = process::cargo();
    command.args(["test", "--profile", "ci", "--workspace", "--all-features", "--no-fail-fast"]);
    if options.require_live {
        command.env("LAYERGLASS_REQUIRE_LIVE", "1");
    }
    cargo_test(&mut command)
}

/// Runs a `cargo test` and adds up the closing lines of its binaries.
fn cargo_test(command: &mut std::process::Command) -> Result<Counts> {
    let (ok, lines) = process::tee(command)?;
    let mut counts = Counts::default();
    for line in &lines {
        counts.add(cargo_test_line(line).unwrap_or_default());
    }
    if !ok && counts.failed == 0 {
        bail!("cargo test stopped before its tests could run");
    }
    Ok(counts)
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn cargo_test_line(line: &str) -> Option<Counts> {
    let (_, rest) = line.split_once("test result: ")?.1.split_once(". ")?;
    let number = |word: &str| -> Option<u64> {
        let part = rest.split(';').find(|part| part.trim().ends_with(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Counts {
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("ignored")?,
    })
}

/// How much of the random comparison each run does, from which seed: about a minute on two cores. The
/// seeds are fixed, so that a build fails for what it changed; others are for `layerglass conform --ops N`,
/// which still finds something about once in a hundred thousand operations.
const CONFORM: &[(u64, u64, &[&str])] = &[
    (20_000, 500_000, &[]),
    (20_000, 1_000, &["--options", "all"]),
    (8_000, 500_000, &["--options", "userxattr"]),
    (8_000, 1_000, &["--userns"]),
];

/// Seconds after which a run counts as hanging.
const CONFORM_LASTS: &str = "300";

fn conform(options: &mut Options) -> Result<Counts> {
    if !cfg!(target_os = "linux") {
        say::note("skipped: this system has no OverlayFS to compare with");
        return Ok(Counts { skipped: 1, ..Counts::default() });
    }
    let mut counts = Counts::default();
    for (ops, seed, extra) in CONFORM {
        let (seed, ops) = (seed.to_string(), ops.to_string());
        say::note(&format!("layerglass conform --ops {ops} --seed {seed} {}", extra.join(" ")));
        let run = || -> Result<Option<i32>> {
            let program = bench::layerglass()?;
            let mut command = std::process::Command::new("timeout");
            command.arg(CONFORM_LASTS).arg(program.get_program());
            command
                .args(program.get_args())
                .args(["conform", "--ops", &ops, "--seed", &seed])
                .args(*extra);
            Ok(command.status()?.code())
        };
        // The kernel's clock ticks in the middle of an operation now and then: what diverges must
        // diverge twice.
        let code = match run()? {
            Some(1) => {
                let again = run()?;
                if again == Some(0) {
                    say::note("what diverged the first time did not do so again: see above");
                }
                again
            }
            code => code,
        };
        match code {
            Some(0) => counts.passed += 1,
            Some(2) if !options.require_live => counts.skipped += 1,
            _ => counts.failed += 1,
        }
    }
    Ok(counts)
}

fn lessons(_: &mut Options) -> Result<Counts> {
    // Everything in a track's folder but prose about it.
    let endings = ["json", "toml", "yaml", "lab"];
    let files = repo::files_below(&repo::root().join("static/scenarios"), &endings)?;
    if files.is_empty() {
        bail!("there are no lessons in static/scenarios");
    }
    let (ok, lines) = process::tee(bench::layerglass()?.arg("check").args(&files))?;
    let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count() as u64;
    let counts = Counts { passed: count("ok "), failed: count("FAIL "), skipped: 0 };
    if counts.passed + counts.failed != files.len() as u64 || ok != (counts.failed == 0) {
        bail!("layerglass check did not answer for each of {} lessons", files.len());
    }
    Ok(counts)
}

fn dist(options: &mut Options) -> Result<Counts> {
    options.ahead.get(Build::Page)?;
    Ok(Counts::ONE)
}

fn size_gate(_: &mut Options) -> Result<Counts> {
    size::check()?;
    Ok(Counts::ONE)
}

/// The whole workspace here too: its features are then those of the native tests, which are built.
fn wasm(options: &mut Options) -> Result<Counts> {
    // What the machine is like after each lesson and script, natively; the same test in
    // WebAssembly compares.
    std::fs::create_dir_all(repo::web_target_dir())?;
    let mut command = process::cargo();
    command.env(DIGESTS, digests());
    let mut counts = cargo_test(command.args([
        "test",
        "--profile",
        "ci",
        "--workspace",
        "--all-features",
        "--test",
        "wasm",
    ]))?;
    options.ahead.get(Build::WasmTests)?;
    counts.add(cargo_test(&mut wasm_tests()?)?);
    Ok(counts)
}

/// Where the test for WebAssembly finds what the native one has written: it is built with the path.
const DIGESTS: &str = "LAYERGLASS_DIGESTS";

fn digests() -> std::path::PathBuf {
    repo::web_target_dir().join("digests.txt")
}

/// The engine's tests for WebAssembly, run by Node.
fn wasm_tests() -> Result<std::process::Command> {
    let mut command = process::cargo();
    build::web_env(&mut command)?;
    command.env(DIGESTS, digests());
    // Last, so that it stands first on the PATH.
    command.env("PATH", tools::path_with_test_node()?);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    command.args(["test", "--profile", "ci", "--target", "wasm32-unknown-unknown"]);
    let features = ["--no-default-features", "--features", "wasm,testing,containers"];
    command.args(features).args(["--test", "wasm"]);
    Ok(command)
}

/// The same, built only.
pub fn build_wasm_tests() -> Result<()> {
    process::run(wasm_tests()?.arg("--no-run"))
}

fn samples(options: &mut Options) -> Result<Counts> {
    e2e::samples(options.all_samples)
}

fn browser(_: &mut Options) -> Result<Counts> {
    e2e::run()
}

fn package(options: &mut Options) -> Result<Counts> {
    options.ahead.get(Build::Package)?;
    let mut counts = npm::stage()?;
    // Real values against the declarations, with the compiler that the stage has installed.
    let mut command = process::cargo();
    command.args(["test", "--profile", "ci", "--workspace", "--all-features", "--test", "types"]);
    counts.add(cargo_test(command.args(["--", "--ignored"]))?);
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_line_of_cargo_test() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out";
        assert_eq!(cargo_test_line(line), Some(Counts { passed: 3, failed: 1, skipped: 2 }));
        assert_eq!(cargo_test_line("running 3 tests"), None);
    }

    #[test]
    fn an_unknown_stage_is_an_error() {
        assert!(parse(&["--only".into(), "nothing".into()]).is_err());
        let options = parse(&["--only".into(), "fmt,size".into()]).unwrap().unwrap();
        assert_eq!(options.chosen.iter().map(|s| s.name).collect::<Vec<_>>(), ["fmt", "size"]);
    }
}
