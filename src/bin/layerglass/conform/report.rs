//! What a comparison found, as text, JSON and JUnit.

use super::Args;
use super::state::{Finding, Tally};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

/// What the comparison sees through names of its own, and what it does not look at.
const NORMALISED: &str = "inode and device numbers by first appearance; times by the operation that set them; \
     file handles by the object they name; temporary names and their places; the uuid of an overlay; \
     birth times and atimes of symbolic links are not compared";

/// A comparison and what is told of it.
pub(super) struct Report<'a> {
    args: &'a Args,
    /// Where files go: found out before the working directory moves.
    files: Files,
    pub tally: Tally,
    pub profile: String,
    pub left_out: Vec<String>,
    /// The sets of options that are drawn from.
    pub sets: Vec<String>,
    started: Instant,
    /// Operations that earlier sittings of a resumed run did.
    before: usize,
    told: usize,
    kept: u64,
}

/// Files of the command line.
pub(super) struct Files {
    save: Option<PathBuf>,
    junit: Option<PathBuf>,
    pub resume: Option<PathBuf>,
}

impl Files {
    /// # Errors
    /// In words: the directory of `--save` cannot be made.
    pub fn of(args: &Args) -> Result<Files, String> {
        if let Some(dir) = &args.save {
            std::fs::create_dir_all(dir).map_err(|err| format!("{}: {err}", dir.display()))?;
        }
        Ok(Files {
            save: args.save.clone(),
            junit: args.junit.clone(),
            resume: args.resume.clone(),
        })
    }
}

/// How often a resumable run notes where it stands, in scripts.
const KEEP_EVERY: u64 = 50;

impl<'a> Report<'a> {
    pub fn new(args: &'a Args, files: Files, tally: Tally) -> Report<'a> {
        let (before, kept) = (tally.operations, tally.drawn);
        Report {
            args,
            files,
            tally,
            profile: String::new(),
            left_out: Vec::new(),
            sets: Vec::new(),
            started: Instant::now(),
            before,
            told: before / 5000,
            kept,
        }
    }

    /// What is compared with what.
    pub fn start(&self, parameters: &str) {
        if self.args.json {
            return;
        }
        println!("kernel: {} ({parameters})", self.tally.about.kernel);
        println!("profile: {}", self.profile);
        println!("seed: {}", self.tally.about.seed);
        println!("option sets: {}", self.shown_sets());
        println!("normalised: {NORMALISED}");
        for it in &self.left_out {
            println!("left out: {it}");
        }
    }

    /// How many sets of options, and which.
    fn shown_sets(&self) -> String {
        let names: Vec<_> = self.sets.iter().map(|it| set_name(it)).collect();
        format!("{} ({})", names.len(), names.join("; "))
    }

    /// A line now and then, and a note in the file of a resumable run.
    ///
    /// # Errors
    /// In words: that file cannot be written.
    pub fn progress(&mut self) -> Result<(), String> {
        if self.tally.drawn >= self.kept + KEEP_EVERY {
            self.keep()?;
        }
        let operations = self.tally.operations;
        if self.args.json || operations / 5000 == self.told {
            return Ok(());
        }
        self.told = operations / 5000;
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = (operations - self.before) as f64 / seconds;
        let found = self.tally.findings.len();
        let first = self.tally.about.seed;
        let last = first.wrapping_add(self.tally.drawn.saturating_sub(1));
        println!(
            "seeds {first}..={last}: {operations} operations, {found} divergences, {rate:.0}/s"
        );
        Ok(())
    }

    fn keep(&mut self) -> Result<(), String> {
        self.kept = self.tally.drawn;
        self.files.resume.as_ref().map_or(Ok(()), |path| self.tally.keep(path))
    }

    pub fn found(&mut self, finding: Finding) {
        if !self.args.json {
            println!("divergence at seed {}: {}", finding.seed, finding.divergence);
            println!("--- shrunk, as the kernel recorded it:\n{}---", finding.case);
        }
        if let Some(dir) = &self.files.save {
            let path = dir.join(format!("seed-{}.trace", finding.seed));
            if let Err(err) = std::fs::write(&path, finding.case.to_string()) {
                eprintln!("{}: {err}", path.display());
            }
        }
        self.tally.findings.push(finding);
    }

    /// The kernel has more than one answer to the script of this seed.
    pub fn varied(&mut self, seed: u64) {
        if !self.args.json {
            println!(
                "seed {seed}: the kernel itself varies; another time it answers as the engine"
            );
        }
        self.tally.varied.push(seed);
    }

    /// The end: everything that was asked for.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn end(&mut self) -> Result<(), String> {
        self.keep()?;
        if let Some(path) = &self.files.junit {
            std::fs::write(path, self.junit())
                .map_err(|err| format!("{}: {err}", path.display()))?;
        }
        if self.args.json {
            println!("{}", self.json());
            return Ok(());
        }
        let tally = &self.tally;
        if !tally.skipped.is_empty() {
            let why: Vec<_> = tally.skipped.iter().map(|(why, n)| format!("{n}: {why}")).collect();
            println!("skipped scripts: {} ({})", tally.skipped(), why.join("; "));
        }
        println!("option sets that ran: {} of {}", tally.sets.len(), self.sets.len());
        println!("scripts: {}", tally.scripts);
        if !tally.varied.is_empty() {
            println!("scripts that the kernel answers in several ways: {}", tally.varied.len());
        }
        println!("operations: {}", tally.operations);
        println!("divergences: {}", tally.findings.len());
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let tally = &self.tally;
        let findings: Vec<_> = tally
            .findings
            .iter()
            .map(|it| {
                json!({
                    "seed": it.seed,
                    "operation": it.divergence.op,
                    "kernel": it.divergence.kernel,
                    "engine": it.divergence.engine,
                    "case": it.case.to_string(),
                })
            })
            .collect();
        json!({
            "kernel": tally.about.kernel,
            "profile": self.profile,
            "seed": tally.about.seed,
            "optionSets": tally.sets,
            "normalised": NORMALISED,
            "leftOut": self.left_out,
            "skipped": tally.skipped(),
            "scripts": tally.scripts,
            "operations": tally.operations,
            "varied": tally.varied,
            "divergences": findings,
        })
    }

    fn junit(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let time = self.started.elapsed().as_secs_f64();
        let tally = &self.tally;
        let (tests, bad, skipped) = (tally.scripts, tally.findings.len(), tally.skipped());
        write!(out, "<testsuite name=\"conform\" tests=\"{tests}\" failures=\"{bad}\" skipped=\"{skipped}\" time=\"{time:.1}\">\n  <testcase classname=\"conform\" name=\"{} operations from seed {}\"", tally.operations, tally.about.seed).ok();
        out.push_str("/>\n");
        for it in &tally.findings {
            let text = escape(&format!("{}\n{}", it.divergence, it.case));
            write!(out, "  <testcase classname=\"conform\" name=\"seed {}\">\n    <failure message=\"divergence\">{text}</failure>\n  </testcase>\n", it.seed).ok();
        }
        out.push_str("</testsuite>\n");
        out
    }
}

/// A set of options as it is shown.
fn set_name(set: &str) -> &str {
    if set.is_empty() { "defaults" } else { set }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
