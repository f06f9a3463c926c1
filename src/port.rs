//! The messages between a machine and its host: one port, whatever runs behind it.
//!
//! A host sends [`Ask`] with a number and gets any number of [`Tell`] with the same number; the
//! last one of a number answers `true` to [`Tell::is_last`]. Both are plain data; enums are tagged from
//! outside, so that they pass as bytes of a format without names ([`wire`]): what reads a message is
//! then a fifth of the code that reads JSON.

pub mod archive;
mod check;
pub mod complete;
#[cfg(feature = "containers")]
mod desk;
mod files;
pub mod lines;
mod replay;
mod restore;
pub mod rivals;
mod script;
pub mod server;
pub mod wire;

#[cfg(feature = "testing")]
pub use replay::same as replayed;
pub use server::Server;

use crate::machine::journal::Given;
use crate::view::{Inspection, StepInfo, TraceReport, TreeDiff, View, apart};
use serde::{Deserialize, Serialize};

/// What a host wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Starts over with a scenario (text of a scenario file).
    Load {
        scenario: String,
    },
    /// Runs a command line as if typed at the prompt.
    Run {
        line: String,
    },
    /// Bytes for the standard input of what runs.
    Input {
        text: String,
    },
    /// End of standard input (Ctrl-D).
    EndInput,
    /// Ctrl-C.
    Interrupt,
    Undo {
        count: usize,
    },
    Redo {
        count: usize,
    },
    /// To just after step `n`; 0 is the beginning.
    Goto {
        n: usize,
    },
    /// Back to the scenario's start; the journal is emptied.
    Reset,
    /// What Tab would complete.
    Complete {
        line: String,
        cursor: usize,
    },
    View,
    /// Shows the files of this directory from now on; those of the scenario's when it is empty.
    Watch {
        dir: String,
    },
    Inspect {
        path: String,
    },
    Trace {
        path: String,
    },
    /// What changed between two moments (after so many steps) in a mount, or in the newest one.
    Diff {
        from: usize,
        to: usize,
        mount: Option<String>,
    },
    /// The session so far as a script for bash on a real system.
    Script,
    /// The picture of now as an SVG; a machine without all commands is outgrown by it.
    Picture {
        title: String,
        chinese: bool,
        link: String,
        mount: Option<String>,
    },
    /// The editor dialog is done: save `text` as the editor would (a step of the journal).
    Save {
        path: String,
        editor: String,
        text: String,
    },
    /// The terminal's width.
    Resize {
        columns: u16,
    },
    /// The commands that a text is made of.
    Commands {
        text: String,
    },
    /// Replays recorded kernel traces: name and text of each.
    SelfCheck {
        cases: Vec<(String, String)>,
    },
    /// Runs a command line that another machine began, with what it was given there.
    Resume {
        line: String,
        given: Vec<Given>,
    },
    /// About archives that the reader opens; a machine without containers is outgrown by it.
    Archive(#[serde(deserialize_with = "apart")] archive::Ask),
    /// About storage drivers side by side; a machine without containers is outgrown by it.
    Rivals(#[serde(deserialize_with = "apart")] rivals::Ask),
    /// A file of the machine, in pieces.
    Fetch {
        path: String,
    },
    /// Starts over with a scenario, does these steps again, and goes to just after step `at` of them.
    /// An [`Ask::Interrupt`] gives up what is still to come.
    Restore {
        scenario: String,
        past: Vec<Past>,
        at: usize,
    },
}

/// A step as a host may keep it: enough to do it again on the same machine.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub line: String,
    pub given: Vec<Given>,
}

/// What a machine answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// Bytes for the terminal, as text (broken UTF-8 replaced).
    Output {
        stream: Stream,
        text: String,
    },
    /// A command has ended.
    Done {
        step: StepInfo,
    },
    /// What to keep of step `n` (without the scenario's preparation) so that it can be done again. Steps
    /// after it are forgotten.
    Kept {
        n: usize,
        past: Past,
    },
    /// A step of the past is done again; output and end of it follow.
    Again {
        prompt: String,
        line: String,
    },
    /// So many steps of the past were done again, and so many were given up.
    Restored {
        done: usize,
        lost: usize,
    },
    /// The picture now.
    View {
        view: Box<View>,
    },
    Inspection {
        #[serde(deserialize_with = "apart")]
        inspection: Box<Inspection>,
    },
    Trace {
        #[serde(deserialize_with = "apart")]
        report: Box<TraceReport>,
    },
    Diff {
        #[serde(deserialize_with = "apart")]
        diff: Box<TreeDiff>,
    },
    Script {
        text: String,
    },
    /// The text of an SVG.
    Picture {
        text: String,
    },
    /// The candidates, and the part of the line (byte range) that they replace.
    Completions {
        from: usize,
        to: usize,
        words: Vec<String>,
    },
    /// The commands of the text, in order.
    Commands {
        lines: Vec<String>,
    },
    /// Checks of the scenario's goals, in its order, with the number of the step that is on.
    Goals {
        step: usize,
        met: Vec<bool>,
    },
    /// What runs waits for a line of input; the shell's own prompt when it is the shell.
    Waiting {
        prompt: String,
    },
    /// A command wants the editor dialog.
    Edit {
        path: String,
        editor: String,
        text: String,
    },
    /// A command wants the trace panel.
    ShowTrace {
        path: String,
    },
    /// A command wants the screen cleared.
    Clear,
    /// How far the self-check is; the last one has `done == total`.
    Checked {
        same: usize,
        done: usize,
        total: usize,
        differs: Vec<String>,
        kernel: String,
    },
    /// This needs a machine with all commands. What restores this one there comes along, and what
    /// was given to the line that runs. Here nothing goes on before an interrupt.
    Outgrown {
        scenario: String,
        past: Vec<Past>,
        at: usize,
        given: Vec<Given>,
    },
    /// About archives.
    Archive(#[serde(deserialize_with = "apart")] archive::Tell),
    /// About storage drivers side by side.
    Rivals(#[serde(deserialize_with = "apart")] rivals::Tell),
    /// The next bytes of what comes in pieces; how many there are with them, and how many there will be.
    Piece {
        bytes: Vec<u8>,
        done: u64,
        total: u64,
    },
    /// It could not be done.
    Error {
        message: String,
    },
    /// Nothing more comes for this number.
    End,
}

/// Which output.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Out,
    Err,
}

impl Ask {
    /// It is for the command that runs.
    pub(crate) const fn is_urgent(&self) -> bool {
        matches!(self, Ask::Input { .. } | Ask::EndInput | Ask::Interrupt | Ask::Save { .. })
    }
}

impl Tell {
    /// No more answers follow for this number.
    pub const fn is_last(&self) -> bool {
        matches!(self, Tell::End)
    }
}

/// A message to the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToMachine {
    pub id: u32,
    pub ask: Ask,
}

/// A message from the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromMachine {
    pub id: u32,
    pub tell: Tell,
}

#[cfg(test)]
mod tests;
