//! Lessons: prose in two languages, a prepared machine, goals as predicates, hints and solutions.
//!
//! A scenario is a text file (a strict subset of YAML). Goals ask the state of the machine, never
//! the way that led there, so that every right path passes. Nothing here draws or prints.

pub mod format;
pub mod goal;
pub mod host;
pub mod yaml;

pub use format::parse;
pub use goal::{Goal, Predicate};

use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Other ways through the whole lesson, each a script.
    pub solutions: Vec<String>,
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
    /// Paragraphs, lists (`- `), `code` and **strong** words.
    pub say: Said,
    /// Offered as chips.
    pub suggest: Vec<String>,
    pub goals: Vec<Goal>,
    /// From a nudge to the command.
    pub hints: Vec<Said>,
    /// What "Show me" types, one command a line.
    pub answer: String,
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
