//! Plain data for any screen: what there is to draw, and what happened.
//!
//! Everything here is made by asking the engine (raw layers through the file system trait, the
//! union through lookups with the trace on) and is drawn as it is. A screen never works out a rule
//! of the file system by itself. No type here has behaviour beyond small questions about itself.

pub mod build;
pub mod compare;
pub mod diff;
pub mod docker;
pub mod effects;
pub mod inspect;
pub mod layers;
pub mod ledger;
pub mod look;
pub mod merged;
pub mod rivals;
pub mod step;
#[cfg(feature = "all-commands")]
pub mod svg;
pub mod union;

pub use diff::{Change, DiffLine, DiffTag, Side, TreeChange, TreeDiff};
pub use docker::Docker;
pub use inspect::{Body, Inspection, NodeReport, TraceReport, TraceRow, XattrRow};
pub use layers::{LayerInfo, MountInfo, TreeRow};
pub use ledger::{Fate, Ledger, Unseen};
pub use merged::{Cell, Node, Role, Row};
pub use step::{Beat, BeatKind, Effect, StepInfo};

use serde::{Deserialize, Deserializer, Serialize};

/// The whole picture at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct View {
    /// Overlay mounts in mount order; the newest is last.
    pub mounts: Vec<MountInfo>,
    /// The files of the directory that the scenario watches, mounts included.
    pub tree: Vec<TreeRow>,
    /// Where the tree starts.
    pub tree_root: String,
    /// Working directory of the shell.
    pub cwd: String,
    /// The prompt, ready to print.
    pub prompt: String,
    /// Steps done so far: the position of the time slider.
    pub at: usize,
    /// All steps that the journal knows, undone ones too.
    pub steps: Vec<StepInfo>,
    /// What the container engine holds; `None` as long as it was not used.
    #[serde(deserialize_with = "apart")]
    pub docker: Option<Docker>,
    /// A short digest of the whole state, equal on every host.
    pub digest: String,
}

/// Reads a part of a message that few visits see by a function of its own, so that a page can load it later.
#[inline(never)]
pub(crate) fn apart<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    T::deserialize(from)
}

impl View {
    /// Puts in the digest of everything else: a FNV-1a hash of the picture in the format that a page
    /// gets it in.
    pub fn with_digest(mut self) -> View {
        self.digest = String::new();
        let bytes = postcard::to_allocvec(&self).unwrap_or_default();
        self.digest = format!("{:016x}", crate::types::Fnv::of(&bytes));
        self
    }

    /// The mount to show first: the one asked for, or the newest.
    pub fn mount(&self, target: Option<&str>) -> Option<&MountInfo> {
        target
            .and_then(|it| self.mounts.iter().find(|mount| mount.target == it))
            .or_else(|| self.mounts.last())
    }
}
