//! One command as a step: what it did, in the order in which the engine did it.

use crate::errno::Errno;
use crate::trace::step::Layer;
use crate::trace::{Rule, Step};
use serde::{Deserialize, Serialize};

/// One step of the journal.
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

/// Something that happened to an overlay. Paths are relative to its root.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeatKind {
    /// The call found its target in a lower layer.
    Hit,
    /// Parent directories were made in the upper layer.
    Parents,
    /// A nameless or temporary file was filled in the work directory.
    Fill,
    /// It was put in its place in one go.
    Place,
}
