//! What changed, for whoever keeps count of the storage below.
//!
//! A file system that is watched lists each change of what it has on disk; its owner takes the list after
//! each call. Nothing is kept of one that nobody watches.

use super::MemFs;
use super::inode::Body;
use super::times::Stamp;
use crate::fs::FileSystem;
use crate::types::{Dev, Gid, Ino, Meter, Result, Timespec, Uid};

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

impl Change {
    /// Which inode it is about.
    pub fn inode(&self) -> Ino {
        match self {
            Change::Inode(ino) | Change::Gone(ino) => *ino,
            Change::Written { ino, .. } | Change::Reserved { ino, .. } => *ino,
            Change::Freed { ino, .. } | Change::Cut { ino, .. } | Change::Moved { ino, .. } => *ino,
        }
    }
}

/// What is kept of an inode beside contents, in bytes and numbers: for whoever keeps it in trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub names: u64,
    /// Extended attributes, and bytes of their names and values.
    pub xattrs: (u64, u64),
    /// Entries of a directory, and bytes of their names.
    pub entries: (u64, u64),
    /// Of a directory: grows with each change of its entries.
    pub version: Option<u64>,
    /// Bytes of a file or of a symbolic link's target.
    pub size: u64,
}

impl MemFs {
    /// What is kept of an inode; `None` when there is none.
    pub fn kept(&self, ino: Ino) -> Option<Kept> {
        let node = self.node(ino).ok()?;
        let dir = node.dir();
        let xattrs = node.xattrs.as_ref().map_or((0, 0), |all| {
            let bytes = all.names().map(|it| it.len() + all.get(it).map_or(0, <[u8]>::len));
            (all.names().count() as u64, bytes.sum::<usize>() as u64)
        });
        let size = match &node.body {
            Body::Reg(_) => self.file_size(ino).unwrap_or(0),
            Body::Symlink(target) => target.len() as u64,
            _ => 0,
        };
        Some(Kept {
            names: u64::from(node.nlink),
            xattrs,
            entries: dir.map_or((0, 0), |it| (it.len() as u64, it.name_bytes())),
            version: dir.map(|it| it.version),
            size,
        })
    }

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

    /// A copy for a snapshot, under another device number: it has cost nothing yet, and nobody waits for its
    /// changes. What is held in it is still marked so: see [`MemFs::forget_pins`].
    pub fn fork(&self, dev: Dev) -> MemFs {
        let mut copy = self.clone();
        copy.set_dev(dev);
        copy.meter = Meter::default();
        if let Some(list) = &mut copy.watch {
            list.clear();
        }
        copy
    }

    /// Nobody holds this inode any more. True if it is gone with that.
    pub fn forget_pins(&mut self, ino: Ino) -> bool {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.pins = 0;
        }
        self.settle(ino);
        !self.is_live(ino)
    }

    /// The next inode gets this number; what it would have been.
    pub fn number_from(&mut self, next: u64) -> u64 {
        std::mem::replace(&mut self.next_ino, next)
    }

    /// The root directory was made at this time.
    pub fn begin_at(&mut self, now: Timespec) {
        let (root, now) = (self.root(), Stamp::of(now));
        if let Some(node) = self.inodes.get_mut(root.0) {
            (node.atime, node.mtime, node.ctime, node.btime) = (now, now, now, now);
        }
    }

    pub fn give_root_to(&mut self, uid: Uid, gid: Gid) {
        let root = self.root();
        if let Some(node) = self.inodes.get_mut(root.0) {
            (node.uid, node.gid) = (uid, gid);
        }
    }

    /// Is there nothing in the root directory?
    pub fn is_bare(&self) -> bool {
        self.dir(self.root()).is_ok_and(super::Dir::is_empty)
    }

    /// The path of a directory below the root, without a slash at its beginning; `None` for one that has lost its
    /// name.
    pub fn path_of_dir(&self, dir: Ino) -> Option<Vec<u8>> {
        let mut parts = Vec::new();
        let mut at = dir;
        while at != self.root() {
            let above = Ino(self.dir(at).ok()?.parent);
            let mut found = None;
            self.dir(above).ok()?.read(above.0, 2, &mut |name, slot, _| {
                if slot.ino == at.0 && name != b"." && name != b".." {
                    found = Some(name.to_vec());
                }
                found.is_none()
            });
            parts.push(found?);
            at = above;
        }
        parts.reverse();
        Some(parts.join(&b'/'))
    }
}
