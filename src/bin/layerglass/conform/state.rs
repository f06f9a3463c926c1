//! Where a long comparison stands, in a file: one that was interrupted goes on from there.

use super::Args;
use layerglass::testing::case::Case;
use layerglass::testing::duel::Divergence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// One divergence with the script that shows it.
pub(super) struct Finding {
    pub seed: u64,
    pub case: Case,
    pub divergence: Divergence,
}

/// All that a comparison has counted.
pub(super) struct Tally {
    /// What the numbers are about; a run that is resumed must be about the same.
    pub about: About,
    /// Scripts drawn so far, those that could not run included: the next one's seed is
    /// `about.seed + drawn`.
    pub drawn: u64,
    pub operations: usize,
    pub scripts: usize,
    /// Operations of each set of options.
    pub sets: BTreeMap<String, usize>,
    /// How many scripts could not run, and why.
    pub skipped: BTreeMap<String, usize>,
    pub findings: Vec<Finding>,
    /// Seeds of scripts that the kernel does not answer in one way, and the engine in one of its ways.
    pub varied: Vec<u64>,
}

/// What makes two runs the same run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    pub seed: u64,
    pub options: String,
    pub kernel: String,
    pub userns: bool,
    pub itself: bool,
    /// Version of the program: another one may draw other scripts from the same seeds.
    pub version: String,
}

/// A tally as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    about: About,
    drawn: u64,
    operations: usize,
    scripts: usize,
    sets: BTreeMap<String, usize>,
    skipped: BTreeMap<String, usize>,
    findings: Vec<KeptFinding>,
    #[serde(default)]
    varied: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct KeptFinding {
    seed: u64,
    at: usize,
    operation: String,
    kernel: Vec<String>,
    engine: Vec<String>,
    case: String,
}

impl Tally {
    pub fn new(about: About) -> Tally {
        Tally {
            about,
            drawn: 0,
            operations: 0,
            scripts: 0,
            sets: BTreeMap::new(),
            skipped: BTreeMap::new(),
            findings: Vec::new(),
            varied: Vec::new(),
        }
    }

    pub fn skipped(&self) -> usize {
        self.skipped.values().sum()
    }

    /// Goes on where `path` says, or begins if there is no such file. A seed that was not given is
    /// the file's.
    ///
    /// # Errors
    /// In words: the file cannot be read, or is of another run.
    pub fn resume(path: &Path, args: &Args, mut about: About) -> Result<Tally, String> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Tally::new(about)),
            Err(err) => return Err(format!("{shown}: {err}")),
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|err| format!("{shown}: {err}"))?;
        if args.seed.is_none() {
            about.seed = kept.about.seed;
        }
        if kept.about != about {
            return Err(format!("{shown} is of another run: {:?}, not {about:?}", kept.about));
        }
        let findings: Result<Vec<_>, _> =
            kept.findings.into_iter().map(KeptFinding::open).collect();
        Ok(Tally {
            about,
            drawn: kept.drawn,
            operations: kept.operations,
            scripts: kept.scripts,
            sets: kept.sets,
            skipped: kept.skipped,
            findings: findings.map_err(|err| format!("{shown}: {err}"))?,
            varied: kept.varied,
        })
    }

    /// Writes the file anew; an interruption leaves the old one or the new one.
    ///
    /// # Errors
    /// In words: it cannot be written.
    pub fn keep(&self, path: &Path) -> Result<(), String> {
        let kept = Kept {
            about: self.about.clone(),
            drawn: self.drawn,
            operations: self.operations,
            scripts: self.scripts,
            sets: self.sets.clone(),
            skipped: self.skipped.clone(),
            findings: self.findings.iter().map(KeptFinding::of).collect(),
            varied: self.varied.clone(),
        };
        let text = serde_json::to_string_pretty(&kept).map_err(|err| err.to_string())?;
        let part = path.with_added_extension("part");
        std::fs::write(&part, text + "\n")
            .and_then(|()| std::fs::rename(&part, path))
            .map_err(|err| format!("{}: {err}", path.display()))
    }
}

impl KeptFinding {
    fn of(it: &Finding) -> KeptFinding {
        KeptFinding {
            seed: it.seed,
            at: it.divergence.at,
            operation: it.divergence.op.clone(),
            kernel: it.divergence.kernel.clone(),
            engine: it.divergence.engine.clone(),
            case: it.case.to_string(),
        }
    }

    fn open(self) -> Result<Finding, String> {
        let divergence = Divergence {
            at: self.at,
            op: self.operation,
            kernel: self.kernel,
            engine: self.engine,
        };
        Ok(Finding { seed: self.seed, case: Case::parse(&self.case)?, divergence })
    }
}
