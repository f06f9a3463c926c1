//! What changed, for whoever keeps count of the storage below.
//!
//! A file system that is watched lists each change of what it has on disk; its owner takes the list after
//! each call. Nothing is kept of one that nobody watches.

use super::MemFs;
use super::inode::Body;
use crate::types::{Ino, Result};

/// A change of what a file system has on disk. Ranges are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Attributes or entries of an inode, or an access time.
    Inode(Ino),
    /// Contents were written.
    Written { ino: Ino, from: u64, to: u64 },
    /// Room was made without contents (`fallocate`).
    Reserved { ino: Ino, from: u64, to: u64 },
    /// Whole blocks within were freed, parts of blocks at both ends became zeros.
    Freed { ino: Ino, from: u64, to: u64 },
    /// The file has another size. When it is smaller the rest of the last block became zeros.
    Cut { ino: Ino, old: u64, size: u64 },
    /// Everything from here on lies elsewhere (`COLLAPSE_RANGE`, `INSERT_RANGE`).
    Moved { ino: Ino, from: u64 },
    /// The inode is gone with all that it had.
    Gone(Ino),
}

impl MemFs {
    /// From now on changes are listed.
    pub fn watch(&mut self) {
        self.watch.get_or_insert_default();
    }

    /// The changes since the last time, oldest first.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.watch.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What this file system lies on has so many blocks left; `None`: as many as it likes.
    pub fn set_room(&mut self, blocks: Option<u64>) {
        self.room = blocks;
    }

    pub(super) fn note(&mut self, change: Change) {
        if let Some(list) = &mut self.watch
            && list.last() != Some(&change)
        {
            list.push(change);
        }
    }

    /// Size of a regular file in bytes.
    ///
    /// # Errors
    /// `ESTALE`; `EISDIR`, `EINVAL` when it is no regular file.
    pub fn file_size(&self, ino: Ino) -> Result<u64> {
        Ok(self.contents(ino)?.size())
    }

    /// The parts of a regular file that take room, ascending: first byte and length, in whole blocks.
    ///
    /// # Errors
    /// As [`MemFs::file_size`].
    pub fn allocated(&self, ino: Ino) -> Result<Vec<(u64, u64)>> {
        Ok(self.contents(ino)?.ranges())
    }

    /// Is there such an inode?
    pub fn is_live(&self, ino: Ino) -> bool {
        self.node(ino).is_ok()
    }

    /// The numbers of all inodes, ascending, and whether each is a regular file.
    pub fn inode_numbers(&self) -> impl Iterator<Item = (Ino, bool)> + '_ {
        self.inodes.iter().map(|(ino, node)| (Ino(ino), matches!(node.body, Body::Reg(_))))
    }
}
