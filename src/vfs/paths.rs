//! Directories by path: most walks go where another one went a moment ago.
//!
//! Remembers nothing that anybody can see: an entry counts only as long as no directory of its file
//! system has changed its name and nothing was mounted or unmounted since, and for those alone who may
//! search every directory. A copy of the machine starts with nothing remembered.

use super::mounts::MountId;
use crate::store::name_hash;
use crate::types::Ino;

/// Entries at first, and at most (powers of two).
const FIRST: usize = 1 << 6;
const MOST: usize = 1 << 14;

/// Where a walk begins, and how things stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Start {
    pub mnt: MountId,
    pub dir: Ino,
    /// Of the directories of the file system, and of the mounts.
    pub versions: (u64, u64),
}

struct Entry {
    start: Start,
    path: Box<[u8]>,
    found: Ino,
}

/// A directory for each of the paths walked last.
#[derive(Default)]
pub struct Paths {
    slots: Vec<Option<Entry>>,
    /// Entries that had to make room since the table grew.
    lost: usize,
}

impl Clone for Paths {
    fn clone(&self) -> Paths {
        Paths::default()
    }
}

impl Paths {
    fn slot(&self, start: Start, path: &[u8]) -> usize {
        let mixed = (start.dir.0 as u32).wrapping_mul(0x9e37_79b1) ^ start.mnt.0;
        (name_hash(path) ^ mixed.rotate_left(15)) as usize & (self.slots.len() - 1)
    }

    /// Where a path of plain directories leads.
    pub fn find(&self, start: Start, path: &[u8]) -> Option<Ino> {
        if self.slots.is_empty() {
            return None;
        }
        let entry = self.slots[self.slot(start, path)].as_ref()?;
        (entry.start == start && *entry.path == *path).then_some(entry.found)
    }

    pub fn keep(&mut self, start: Start, path: &[u8], found: Ino) {
        if self.slots.is_empty() || self.lost > self.slots.len() && self.slots.len() < MOST {
            let size = (self.slots.len() * 4).clamp(FIRST, MOST);
            let old = std::mem::take(&mut self.slots);
            self.slots.resize_with(size, || None);
            for entry in old.into_iter().flatten() {
                let slot = self.slot(entry.start, &entry.path);
                self.slots[slot] = Some(entry);
            }
            self.lost = 0;
        }
        let slot = self.slot(start, path);
        let old = self.slots[slot].replace(Entry { start, path: path.into(), found });
        self.lost += usize::from(old.is_some_and(|it| it.start.versions == start.versions));
    }
}
