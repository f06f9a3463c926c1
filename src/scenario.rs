//! Lessons: prose in two languages, a prepared machine, goals as predicates, hints and solutions.
//!
//! A scenario is a text file (a strict subset of YAML). Goals ask the state of the machine, never
//! the way that led there, so that every right path passes. Nothing here draws or prints.

pub mod check;
pub mod format;
pub mod goal;
pub mod host;
pub mod progress;
pub mod prose;
pub mod schema;
pub mod yaml;

pub use format::parse;
pub use goal::{Goal, Predicate};

use serde::{Deserialize, Serialize};
use std::fmt;

/// A scenario without anything: an empty directory, and a prompt.
pub const BLANK: &str =
    "layerglass: 1\nid: blank\ntitle: {en: Empty machine, zh: 空机器}\nsteps: []\n";

/// A scenario file, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    pub id: String,
    pub title: Said,
    /// One sentence for the list of lessons.
    pub summary: Said,
    /// Kernel profile.
    pub kernel: String,
    /// The directory that the shell starts in; paths of goals and of the host tree start here.
    pub dir: String,
    pub host: Vec<HostEntry>,
    /// Commands that run before the learner may, one step of the journal each line.
    pub setup: String,
    /// The mount to show first.
    pub focus: Option<String>,
    pub steps: Vec<LessonStep>,
    /// What the learner has seen, with the rule: shown when all steps are done.
    pub closing: Option<Said>,
    /// Other ways through the whole lesson, each a script.
    pub solutions: Vec<Way>,
}

/// A way through a whole lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Line of the file.
    pub line: usize,
    pub script: String,
}

/// The same text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub en: String,
    pub zh: String,
}

impl Said {
    /// The text in `en` or `zh`.
    pub fn in_language(&self, key: &str) -> &str {
        if key == "zh" { &self.zh } else { &self.en }
    }
}

/// A file or directory of the prepared machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostEntry {
    /// Relative to [`Scenario::dir`], or absolute; no slash at the end.
    pub path: String,
    /// `None` for a directory.
    pub content: Option<String>,
    pub mode: Option<u32>,
}

/// One task of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonStep {
    /// Line of the file.
    pub line: usize,
    /// Paragraphs, lists (`- `), `code` and **strong** words.
    pub say: Said,
    /// A question to answer before anything is typed.
    pub predict: Option<Predict>,
    /// Offered as chips.
    pub suggest: Vec<String>,
    pub goals: Vec<Goal>,
    /// From a nudge to the command.
    pub hints: Vec<Said>,
    /// What "Show me" types, one command a line.
    pub answer: String,
}

/// A question about what will happen, with answers to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predict {
    /// Line of the file.
    pub line: usize,
    pub ask: Said,
    pub choices: Vec<Choice>,
}

/// One answer to a [`Predict`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub text: Said,
    /// This one comes true: exactly one of the choices.
    pub right: bool,
    /// What would be true after the step if this choice were right; `layerglass check` asks it.
    pub check: Option<Predicate>,
    /// Line of the file.
    pub line: usize,
}

/// Why a scenario was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// Line of the file, from 1.
    pub line: usize,
    pub reason: String,
}

impl ScenarioError {
    pub fn new(line: usize, reason: impl Into<String>) -> ScenarioError {
        ScenarioError { line, reason: reason.into() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ScenarioError {}
