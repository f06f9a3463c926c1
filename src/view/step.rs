//! One command as a step: what it did, in the order in which the engine did it.

use crate::errno::Errno;
use crate::trace::step::Layer;
use crate::trace::{Rule, Step};
use serde::{Deserialize, Serialize};

/// One step of the journal.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepInfo {
    /// 1 is the first.
    pub n: usize,
    /// The command line.
    pub line: String,
    /// Exit status.
    pub status: i32,
    /// What it did to overlays, in order.
    pub effects: Vec<Effect>,
    /// The scenario's preparation, not the learner's doing.
    pub setup: bool,
}

impl StepInfo {
    /// Names that were made and are gone again when the step ends, such as an editor's swap file.
    pub fn passing(&self) -> Vec<&str> {
        let made = |it: &&Effect| matches!(it, Effect::Created { over_whiteout: false, .. });
        let mut names: Vec<&str> =
            self.effects.iter().filter(made).filter_map(Effect::path).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| {
            let last = self.effects.iter().rev().find(|it| it.touches(name));
            matches!(last, Some(Effect::Removed { .. }))
        });
        names
    }

    /// What is left of its effects without those names.
    pub fn lasting(&self) -> impl Iterator<Item = &Effect> {
        let passing = self.passing();
        self.effects.iter().filter(move |it| !it.path().is_some_and(|path| passing.contains(&path)))
    }
}

/// Something that happened to an overlay. Paths are relative to its root.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Mounted {
        overlay: u32,
    },
    Unmounted {
        overlay: u32,
    },
    /// A lower entry got its copy in the upper layer.
    CopiedUp {
        overlay: u32,
        path: String,
        from: Layer,
        /// Bytes of data copied.
        bytes: u64,
        beats: Vec<Beat>,
    },
    /// A whiteout was put into the upper layer.
    WhitedOut {
        overlay: u32,
        path: String,
        beats: Vec<Beat>,
    },
    /// A new entry in the upper layer.
    Created {
        overlay: u32,
        path: String,
        /// In the place of a whiteout.
        over_whiteout: bool,
        beats: Vec<Beat>,
    },
    /// An entry of the upper layer went away and nothing is left of it.
    Removed {
        overlay: u32,
        path: String,
    },
    /// A directory became opaque.
    MadeOpaque {
        overlay: u32,
        path: String,
    },
    Renamed {
        overlay: u32,
        from: String,
        to: String,
    },
    /// Data or attributes of an upper entry changed.
    Changed {
        overlay: u32,
        path: String,
    },
    /// A rule said no.
    Refused {
        overlay: u32,
        path: String,
        rule: Rule,
        errno: Errno,
    },
    /// Something that Linux leaves undefined was done.
    Undefined {
        path: String,
        note: String,
    },
}

impl Effect {
    /// The overlay it happened in.
    pub fn overlay(&self) -> Option<u32> {
        match self {
            Effect::Mounted { overlay }
            | Effect::Unmounted { overlay }
            | Effect::CopiedUp { overlay, .. }
            | Effect::WhitedOut { overlay, .. }
            | Effect::Created { overlay, .. }
            | Effect::Removed { overlay, .. }
            | Effect::MadeOpaque { overlay, .. }
            | Effect::Renamed { overlay, .. }
            | Effect::Changed { overlay, .. }
            | Effect::Refused { overlay, .. } => Some(*overlay),
            Effect::Undefined { .. } => None,
        }
    }

    /// It happened at this path, or moved it away from there.
    pub fn touches(&self, path: &str) -> bool {
        self.path() == Some(path) || matches!(self, Effect::Renamed { from, .. } if from == path)
    }

    /// The path it happened at.
    pub fn path(&self) -> Option<&str> {
        match self {
            Effect::Mounted { .. } | Effect::Unmounted { .. } => None,
            Effect::Renamed { to, .. } => Some(to),
            Effect::CopiedUp { path, .. }
            | Effect::WhitedOut { path, .. }
            | Effect::Created { path, .. }
            | Effect::Removed { path, .. }
            | Effect::MadeOpaque { path, .. }
            | Effect::Changed { path, .. }
            | Effect::Refused { path, .. }
            | Effect::Undefined { path, .. } => Some(path),
        }
    }
}

/// One moment of an animation, made of the writes that the engine did.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    pub kind: BeatKind,
    /// The layer that was written.
    pub layer: Layer,
    /// Where in that layer.
    pub path: String,
    /// Bytes of data moved in this beat.
    pub bytes: u64,
    /// The writes themselves, for the text view.
    pub writes: Vec<Step>,
}

/// What a moment shows.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeatKind {
    /// The call found its target in a lower layer.
    Hit,
    /// A nameless or temporary entry was made in the work directory.
    Prepare,
    /// It got the data, owner, mode, times and attributes of what is copied up.
    Fill,
    /// It was put in its place in one go.
    Place,
}
