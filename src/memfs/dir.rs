//! Directories: names to inode numbers, in the listing order of the profile.
//!
//! Knows names, numbers and positions; never attributes. `.` and `..` are not stored.

mod aged;
mod hashed;
mod leaf;
mod listed;

use super::hash;
use crate::store::name_hash;
use crate::types::{FileType, Result};
use aged::Aged;
use hashed::Hashed;
use listed::Listed;

/// How a directory orders its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// ext4 with `dir_index`: by half-MD4 of the name.
    Hash([u32; 4]),
    /// tmpfs: newest first, a cookie for each entry.
    Newest,
    /// ramfs: newest first, the position counts entries.
    Counted,
    /// Btrfs and ZFS: oldest first, a number for each entry.
    Oldest,
}

/// What a directory knows of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) ino: u64,
    pub(super) kind: FileType,
}

/// Gets name, what it is, and the position after it.
pub(super) type Emit<'a> = dyn FnMut(&[u8], Slot, i64) -> bool + 'a;

#[derive(Clone, Debug)]
enum Entries {
    Hashed(Box<Hashed>),
    Listed(Listed),
    Aged(Aged),
}

/// One directory.
#[derive(Clone, Debug)]
pub(super) struct Dir {
    /// The directory above.
    pub(super) parent: u64,
    /// Grows with every change of the entries.
    pub(super) version: u64,
    /// Taken away by rmdir(2): ext4 shows size 0 from then on, its blocks stay (observed on 6.18; a
    /// directory that a rename replaced keeps its size).
    pub(super) removed: bool,
    marks: u32,
    entries: Entries,
}

impl Dir {
    pub(super) fn new(parent: u64, order: Order) -> Dir {
        let entries = match order {
            Order::Hash(seed) => Entries::Hashed(Box::new(Hashed::new(seed))),
            Order::Newest => Entries::Listed(Listed::new(true)),
            Order::Counted => Entries::Listed(Listed::new(false)),
            Order::Oldest => Entries::Aged(Aged::new()),
        };
        Dir { parent, version: 0, removed: false, marks: 0, entries }
    }

    /// The four blocks that mkfs gives lost+found.
    pub(super) fn with_spare_blocks(mut self, blocks: u32) -> Dir {
        if let Entries::Hashed(it) = &mut self.entries {
            it.spare = blocks;
        }
        self
    }

    pub(super) fn len(&self) -> usize {
        match &self.entries {
            Entries::Hashed(it) => it.len(),
            Entries::Listed(it) => it.len(),
            Entries::Aged(it) => it.len(),
        }
    }

    /// Length of all names together, where that is what counts.
    pub(super) fn name_bytes(&self) -> u64 {
        match &self.entries {
            Entries::Aged(it) => it.bytes,
            _ => 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Blocks on disk; 0 where directories take none.
    pub(super) fn blocks(&self) -> u64 {
        match &self.entries {
            Entries::Hashed(it) => it.blocks(),
            Entries::Listed(_) | Entries::Aged(_) => 0,
        }
    }

    /// Has it become an indexed directory of ext4 (flag `INDEX`)?
    pub(super) fn is_indexed(&self) -> bool {
        matches!(&self.entries, Entries::Hashed(it) if it.is_indexed())
    }

    /// Would a new name need blocks?
    pub(super) fn would_grow(&self, name: &[u8]) -> bool {
        matches!(&self.entries, Entries::Hashed(it) if it.would_grow(name))
    }

    /// One bit for each name that was ever put in.
    pub(super) fn marks(&self) -> u32 {
        self.marks
    }

    pub(super) fn mark(name: &[u8]) -> u32 {
        1 << (name_hash(name) >> 27)
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        match &self.entries {
            Entries::Hashed(it) => it.get(name),
            Entries::Listed(it) => it.get(name),
            Entries::Aged(it) => it.get(name),
        }
    }

    /// Adds a name that is not there.
    ///
    /// # Errors
    /// `ENOSPC` when the index of an ext4 directory is full.
    pub(super) fn insert(&mut self, name: &[u8], slot: Slot) -> Result<()> {
        self.version += 1;
        self.marks |= Dir::mark(name);
        match &mut self.entries {
            Entries::Hashed(it) => it.insert(name, slot),
            Entries::Listed(it) => {
                it.insert(name, slot);
                Ok(())
            }
            Entries::Aged(it) => {
                let number = it.number_for(name);
                it.place(name, slot, number);
                Ok(())
            }
        }
    }

    /// Puts an inode under a name, whether it is there (a rename replaces what it names: on tmpfs
    /// the entry comes first then, and keeps the cookie of the name) or not.
    pub(super) fn set(&mut self, name: &[u8], slot: Slot) -> Result<()> {
        self.version += 1;
        self.marks |= Dir::mark(name);
        match &mut self.entries {
            Entries::Hashed(it) => match it.replace(name, slot) {
                true => Ok(()),
                false => it.insert(name, slot),
            },
            Entries::Listed(it) => {
                let cookie = it.cookie_for(name);
                it.place(name, slot, cookie);
                Ok(())
            }
            Entries::Aged(it) => {
                let number = it.number_for(name);
                it.place(name, slot, number);
                Ok(())
            }
        }
    }

    pub(super) fn remove(&mut self, name: &[u8]) {
        self.version += 1;
        match &mut self.entries {
            Entries::Hashed(it) => it.remove(name),
            Entries::Listed(it) => {
                it.take(name);
            }
            Entries::Aged(it) => it.take(name),
        }
    }

    /// A newest-first directory takes the cookie of a name out, to be placed later: see
    /// [`Dir::place`].
    pub(super) fn reserve(&mut self, name: &[u8]) -> Option<u64> {
        self.version += 1;
        match &mut self.entries {
            Entries::Hashed(_) => None,
            Entries::Listed(it) => Some(it.cookie_for(name)),
            Entries::Aged(it) => Some(it.number_for(name)),
        }
    }

    pub(super) fn place(&mut self, name: &[u8], slot: Slot, cookie: u64) {
        self.version += 1;
        self.marks |= Dir::mark(name);
        match &mut self.entries {
            Entries::Hashed(_) => {}
            Entries::Listed(it) => it.place(name, slot, cookie),
            Entries::Aged(it) => it.place(name, slot, cookie),
        }
    }

    /// Calls `emit` for each entry from `pos` on with the position after it, until it says no.
    pub(super) fn read(&self, own: u64, pos: i64, emit: &mut Emit<'_>) {
        let dir = |ino| Slot { ino, kind: FileType::Dir };
        let dots = [(&b"."[..], dir(own)), (b"..", dir(self.parent))];
        match &self.entries {
            Entries::Hashed(it) => it.read(dots, pos, emit),
            Entries::Listed(it) => it.read(dots, pos, emit),
            Entries::Aged(it) => it.read(dots, pos, emit),
        }
    }
}
