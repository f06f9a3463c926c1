//! Where the bytes of a union are.

use serde::{Deserialize, Serialize};

/// Bytes of regular files in all layers, by what has become of them.
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
