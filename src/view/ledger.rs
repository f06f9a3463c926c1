//! Where the bytes of a union are.

use crate::trace::step::Layer;
use serde::{Deserialize, Serialize};

/// What has become of a file's bytes.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Visible,
    Shadowed,
    Removed,
}

/// A file whose bytes nobody sees.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Relative to the mount.
    pub path: String,
    pub layer: Layer,
    pub bytes: u64,
    pub fate: Fate,
}

/// Bytes of regular files in all layers, by what has become of them.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Seen through the mount.
    pub visible: u64,
    /// Hidden by the same name in a layer above.
    pub shadowed: u64,
    /// Hidden by a whiteout or an opaque directory.
    pub removed: u64,
}

impl Ledger {
    /// All bytes in the layers.
    pub const fn total(&self) -> u64 {
        self.visible + self.shadowed + self.removed
    }
}
