//! What the operations of a file system have cost.

use serde::{Deserialize, Serialize};

/// Running totals of one file system since it was made, as plain numbers: whoever wants the cost of
/// something takes the difference of two readings ([`Meter::since`]). They are part of the file system's
/// state, so undo takes them back; they are never shown to the file system's own users.
///
/// The file system that keeps bytes says what was read, written, allocated and freed. One that stands on
/// others says only what it did beyond what it was asked (`copied`): those below count the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// Bytes of files read, by a caller or by a copy; holes cost nothing.
    pub read: u64,
    /// Bytes of files written, by a caller or by a copy; holes cost nothing.
    pub written: u64,
    /// Bytes that were moved although nobody asked for them, because what was to change is shared: a
    /// whole file by a union, an extent, record or block by storage that copies on write.
    pub copied: u64,
    /// Bytes of storage taken, in the file system's own units; metadata included where they take room.
    pub allocated: u64,
    /// Bytes of storage given back.
    pub freed: u64,
    /// Changes of names and attributes: one for each create, link, remove, rename, or change of an
    /// attribute that succeeded.
    pub metadata: u64,
}

impl Meter {
    /// What was added after an earlier reading. A total that shrank (undo in between) counts as nothing.
    #[must_use]
    pub const fn since(self, earlier: Meter) -> Meter {
        Meter {
            read: self.read.saturating_sub(earlier.read),
            written: self.written.saturating_sub(earlier.written),
            copied: self.copied.saturating_sub(earlier.copied),
            allocated: self.allocated.saturating_sub(earlier.allocated),
            freed: self.freed.saturating_sub(earlier.freed),
            metadata: self.metadata.saturating_sub(earlier.metadata),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Meter) -> Meter {
        Meter {
            read: self.read.saturating_add(other.read),
            written: self.written.saturating_add(other.written),
            copied: self.copied.saturating_add(other.copied),
            allocated: self.allocated.saturating_add(other.allocated),
            freed: self.freed.saturating_add(other.freed),
            metadata: self.metadata.saturating_add(other.metadata),
        }
    }

    /// Storage that was in use before and is so no more, or the other way round: bytes.
    pub const fn moved(&mut self, before: u64, after: u64) {
        if after > before {
            self.allocated += after - before;
        } else {
            self.freed += before - after;
        }
    }

    /// Bytes of storage by which the use has grown; negative when it has shrunk.
    pub const fn growth(&self) -> i64 {
        self.allocated as i64 - self.freed as i64
    }

    /// Nothing at all.
    pub fn is_zero(&self) -> bool {
        *self == Meter::default()
    }
}
