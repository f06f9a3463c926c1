//! The terminal's log: commands, what they printed, and lines that the page itself puts there.

use super::known::Known;
use crate::guess::Kind;
use layerglass::view::StepInfo;
use std::rc::Rc;

/// One command in the terminal and what it printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The request it belongs to; 0 for notes.
    pub id: u32,
    pub prompt: String,
    pub line: String,
    /// What it printed, in pieces that are complete and drawn once; only the last one still grows.
    pub output: Vec<Rc<Piece>>,
    /// Pieces of it, and lines, that are no longer kept.
    pub gone: usize,
    pub dropped: usize,
    /// `None` while it runs.
    pub status: Option<i32>,
    /// What it did, said in the reader's language when drawn.
    pub step: Option<Rc<StepInfo>>,
    /// Where it ran.
    pub cwd: String,
    /// Paths that were there when it ended: names in its output that can be followed.
    pub known: Option<Rc<Known>>,
    pub note: Option<Note>,
}

/// A piece of output: some dozen lines, in runs of one stream each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// `true`: standard error.
    pub runs: Vec<(bool, String)>,
    lines: usize,
}

/// Lines in a piece, and pieces kept of one command.
const PIECE_LINES: usize = 100;
const PIECES: usize = 120;

impl Piece {
    /// Nothing is added to it any more.
    pub const fn is_full(&self) -> bool {
        self.lines >= PIECE_LINES
    }
}

impl Entry {
    /// Adds output at the end. Of endless output the newest lines are kept.
    pub fn print(&mut self, err: bool, text: &str) {
        for line in text.split_inclusive('\n') {
            if self.output.last().is_none_or(|it| it.lines >= PIECE_LINES) {
                self.output.push(Rc::default());
            }
            let Some(last) = self.output.last_mut().map(Rc::make_mut) else { return };
            match last.runs.last_mut() {
                Some((same, old)) if *same == err => old.push_str(line),
                _ => last.runs.push((err, line.to_owned())),
            }
            last.lines += usize::from(line.ends_with('\n'));
        }
        let extra = self.output.len().saturating_sub(PIECES);
        self.gone += extra;
        self.dropped += self.output.drain(..extra).map(|it| it.lines).sum::<usize>();
    }
}

/// A line that the page itself puts into the terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    WentTo(usize),
    FullWidth,
    /// A line that was given up with Ctrl-C.
    GivenUp(String),
    /// So many steps were done again, and so many were not.
    Restored(usize, usize),
    /// What the tab kept could not be used.
    LogBroken,
    /// The link that was opened cannot be read.
    LinkBroken(crate::address::Trouble),
    /// It names a lesson that is not there.
    LinkUnknown(String),
    /// The log has become too long to be kept.
    LogTooLong,
    /// The machine with all commands could not be loaded.
    NoPart,
    /// The rebuilt machine is not the one that was.
    NotTheSame,
    /// The machine stopped and is rebuilt.
    Crashed,
    Error(String),
    Words(Vec<String>),
    /// What was expected of a command, and what it did.
    Guessed(Vec<Kind>, Vec<Kind>),
    /// The steps that were left aside are kept as a branch with this number.
    Branched(usize),
}
