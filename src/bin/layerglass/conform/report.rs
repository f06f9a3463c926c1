//! What a comparison found, as text, JSON and JUnit.

use super::Args;
use layerglass::testing::case::Case;
use layerglass::testing::duel::Divergence;
use serde_json::json;
use std::fmt::Write;
use std::time::Instant;

/// What the comparison sees through names of its own, and what it does not look at.
const NORMALISED: &str = "inode and device numbers by first appearance; times by the operation that set them; \
     file handles by the object they name; temporary names and their places; the uuid of an overlay; \
     birth times and atimes of symbolic links are not compared";

/// One divergence with the script that shows it.
pub(super) struct Finding {
    pub seed: u64,
    pub case: Case,
    pub divergence: Divergence,
}

/// The state of a comparison.
pub(super) struct Report<'a> {
    args: &'a Args,
    pub kernel: String,
    pub profile: String,
    pub seed: u64,
    pub operations: usize,
    pub scripts: usize,
    pub skipped: Vec<String>,
    pub left_out: Vec<String>,
    pub findings: Vec<Finding>,
    started: Instant,
    told: usize,
}

impl<'a> Report<'a> {
    pub fn new(args: &'a Args, seed: u64) -> Report<'a> {
        Report {
            args,
            kernel: String::new(),
            profile: String::new(),
            seed,
            operations: 0,
            scripts: 0,
            skipped: Vec::new(),
            left_out: Vec::new(),
            findings: Vec::new(),
            started: Instant::now(),
            told: 0,
        }
    }

    /// What is compared with what.
    pub fn start(&self, parameters: &str) {
        if self.args.json {
            return;
        }
        println!("kernel: {} ({parameters})", self.kernel);
        println!("profile: {}", self.profile);
        println!("seed: {}", self.seed);
        println!("normalised: {NORMALISED}");
        for it in &self.left_out {
            println!("left out: {it}");
        }
    }

    /// A line now and then.
    pub fn progress(&mut self, seed: u64) {
        if self.args.json || self.operations / 5000 == self.told {
            return;
        }
        self.told = self.operations / 5000;
        let rate = self.operations as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let found = self.findings.len();
        println!(
            "seeds {}..={seed}: {} operations, {found} divergences, {rate:.0}/s",
            self.seed, self.operations
        );
    }

    pub fn found(&mut self, finding: Finding) {
        if !self.args.json {
            println!("divergence at seed {}: {}", finding.seed, finding.divergence);
            println!("--- shrunk, as the kernel recorded it:\n{}---", finding.case);
        }
        if let Some(dir) = &self.args.save {
            let path = dir.join(format!("seed-{}.trace", finding.seed));
            if let Err(err) = std::fs::write(&path, finding.case.to_string()) {
                eprintln!("{}: {err}", path.display());
            }
        }
        self.findings.push(finding);
    }

    /// The end: everything that was asked for.
    ///
    /// # Errors
    /// When the JUnit file cannot be written.
    pub fn end(&self) -> Result<(), String> {
        if let Some(path) = &self.args.junit {
            std::fs::write(path, self.junit())
                .map_err(|err| format!("{}: {err}", path.display()))?;
        }
        if self.args.json {
            println!("{}", self.json());
            return Ok(());
        }
        let mut why = self.skipped.clone();
        why.sort();
        why.dedup();
        if !why.is_empty() {
            println!("skipped scripts: {} ({})", self.skipped.len(), why.join("; "));
        }
        println!("scripts: {}", self.scripts);
        println!("operations: {}", self.operations);
        println!("divergences: {}", self.findings.len());
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let findings: Vec<_> = self
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
            "kernel": self.kernel,
            "profile": self.profile,
            "seed": self.seed,
            "normalised": NORMALISED,
            "leftOut": self.left_out,
            "skipped": self.skipped.len(),
            "scripts": self.scripts,
            "operations": self.operations,
            "divergences": findings,
        })
    }

    fn junit(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let time = self.started.elapsed().as_secs_f64();
        let (tests, bad) = (self.scripts, self.findings.len());
        let skipped = self.skipped.len();
        write!(out, "<testsuite name=\"conform\" tests=\"{tests}\" failures=\"{bad}\" skipped=\"{skipped}\" time=\"{time:.1}\">\n  <testcase classname=\"conform\" name=\"{} operations from seed {}\"", self.operations, self.seed).ok();
        out.push_str("/>\n");
        for it in &self.findings {
            let text = escape(&format!("{}\n{}", it.divergence, it.case));
            write!(out, "  <testcase classname=\"conform\" name=\"seed {}\">\n    <failure message=\"divergence\">{text}</failure>\n  </testcase>\n", it.seed).ok();
        }
        out.push_str("</testsuite>\n");
        out
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
