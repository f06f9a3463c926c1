//! An ext4 on a thin device: which blocks of the pool each change takes.
//!
//! Contents and names are those of a [`MemFs`]; `layout` says where on the device they lie, and the pool
//! (among the disks) which of its blocks that is. A change of the file system is there at once, while a real
//! one reaches its place on the device with the page cache; the journal writes what changed once more, a transaction at
//! a time (`journal`).

mod journal;
mod layout;
mod serve;
#[cfg(test)]
mod tests;

use crate::block::Geometry;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::memfs::{Change, MemFs};
use crate::pool::thin::ThinPool;
use crate::store::Tree;
use crate::types::{Dev, FileType, Ino, Meter, Name, Result};
use journal::Journal;
use layout::{Layout, Run};

/// Bytes of a block of the file system.
const BLOCK: u64 = 4096;
/// The block that the superblock is in.
const SUPER: Run = (0, 1);

/// The file system.
#[derive(Clone, Debug)]
pub struct ThinFs {
    inner: MemFs,
    pool: u32,
    id: u32,
    layout: Layout,
    /// Mounted with `discard`.
    discards: bool,
    journal: Journal,
    /// Directories, with the number of the change of their entries that was written last.
    listed: Tree<u64, u64>,
    /// A file was opened since it was mounted.
    opened: bool,
    /// Inodes that there were at the last look.
    inodes: usize,
    /// What the file system had cost when this device became its own.
    past: Meter,
}

/// How it is mounted.
#[derive(Clone, Copy, Debug)]
pub struct Mounted {
    pub dev: Dev,
    pub read_only: bool,
    pub discards: bool,
    /// The kernel writes the log from its start.
    pub log_from_start: bool,
}

impl ThinFs {
    /// A new file system on a thin device; what mke2fs writes is taken from the pool.
    ///
    /// # Errors
    /// `ENOSPC` when the pool has no room for its tables.
    pub fn new(
        inner: MemFs,
        geometry: Geometry,
        lazy: bool,
        (number, id): (u32, u32),
        pool: &mut ThinPool,
    ) -> Result<ThinFs> {
        let mut layout = Layout::new(geometry);
        for (start, len) in layout.made(lazy) {
            pool.write(id, start * BLOCK, (start + len) * BLOCK)?;
        }
        let mut inner = inner;
        for (ino, blocks) in [(Ino(2), 1), (Ino(11), 4)] {
            for (start, len) in layout.place(ino, 0, blocks).0 {
                pool.write(id, start * BLOCK, (start + len) * BLOCK)?;
            }
        }
        inner.watch();
        let inodes = inner.inode_count();
        let (journal, past) = (Journal::new(layout.journal()), inner.meter());
        Ok(ThinFs {
            inner,
            pool: number,
            id,
            layout,
            discards: false,
            journal,
            listed: Tree::new(),
            opened: false,
            inodes,
            past,
        })
    }

    /// The pool and the number of the device.
    pub fn place(&self) -> (u32, u32) {
        (self.pool, self.id)
    }

    /// The same file system on a snapshot of its device.
    #[must_use]
    pub fn on(&self, id: u32) -> ThinFs {
        ThinFs { id, past: self.inner.meter(), ..self.clone() }
    }

    /// It is mounted from now on.
    pub fn mounted(&mut self, cx: &mut Cx<'_>, how: &Mounted) {
        self.inner.set_dev(how.dev);
        self.inner.set_read_only(how.read_only);
        self.discards = how.discards;
        self.opened = false;
        if !how.read_only {
            self.journal.mounted(how.log_from_start);
            self.put(cx, &[SUPER]);
        }
    }

    /// Ends the running transaction of the journal.
    fn commit(&mut self, cx: &mut Cx<'_>) {
        let written = self.journal.commit();
        self.put(cx, &written);
    }

    /// The first file that is opened after a mount has the place of the mount noted in the superblock.
    fn note_open(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        if !self.opened
            && !self.inner.is_read_only()
            && self.inner.kind(cx, ino).is_ok_and(|it| it == FileType::Reg)
        {
            self.opened = true;
            self.journal.change(&[SUPER], cx.clock.now().sec);
        }
    }

    /// Gives all blocks back that hold nothing; bytes.
    pub fn trim(&mut self, cx: &mut Cx<'_>) -> u64 {
        let free = self.layout.free();
        if let Some(pool) = cx.disks.pools.get_mut(&self.pool) {
            for (start, len) in &free {
                let _ = pool.discard(self.id, start * BLOCK, (start + len) * BLOCK);
            }
        }
        free.iter().map(|(_, len)| len * BLOCK).sum()
    }

    /// Runs of the device are written. What finds no room stays in memory, as with a queued write.
    fn put(&self, cx: &mut Cx<'_>, runs: &[Run]) {
        let Some(pool) = cx.disks.pools.get_mut(&self.pool) else { return };
        for (start, len) in runs {
            let _ = pool.write(self.id, start * BLOCK, (start + len) * BLOCK);
        }
    }

    /// A directory that has come to another one names it as `..` in its first block.
    fn note_parent(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) {
        let Ok(ino) = self.inner.lookup(cx, dir, name) else { return };
        if self.inner.kind(cx, ino).is_ok_and(|it| it == FileType::Dir) {
            let first = self.layout.find(ino, 0, 1);
            self.put(cx, &first);
            self.journal.change(&first, cx.clock.now().sec);
        }
    }

    /// How many of `len` bytes the pool has room for.
    ///
    /// # Errors
    /// `ENOSPC` when for none; `EIO` when the pool is gone.
    fn room_for(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<u64> {
        let pool = cx.disks.pools.get_mut(&self.pool).ok_or(Errno::EIO)?;
        let (from, to) = (off / BLOCK, off.saturating_add(len).div_ceil(BLOCK));
        let known: u64 = self.layout.find(ino, from, to).iter().map(|it| it.1).sum();
        let free = pool.free();
        self.inner.set_room((free == 0 && known < to - from).then_some(0));
        // At worst each block of the file system takes one of the pool.
        if to - from <= free {
            return Ok(len);
        }
        let (layout, id) = (&self.layout, self.id);
        let need = |to: u64| {
            // Where they would lie, in blocks of the pool.
            let (runs, _) = layout.clone().place(ino, from, to);
            let per = pool.block() / BLOCK;
            let mut units: Vec<(u64, u64)> =
                runs.iter().map(|(at, len)| (at / per, (at + len).div_ceil(per))).collect();
            units.sort_unstable();
            let mut end = 0;
            units.into_iter().fold(0, |sum, (first, last)| {
                let first = first.max(end);
                end = end.max(last);
                sum + pool.need(id, first * pool.block(), last.max(first) * pool.block())
            })
        };
        if need(to) <= free {
            return Ok(len);
        }
        // What is left is used up: as much of the beginning as it holds.
        let (mut fits, mut not) = (from, to);
        while fits + 1 < not {
            let middle = fits + (not - fits) / 2;
            if need(middle) <= free { fits = middle } else { not = middle }
        }
        pool.exhaust();
        match (fits * BLOCK).saturating_sub(off) {
            0 => Err(Errno::ENOSPC),
            bytes => Ok(bytes.min(len)),
        }
    }

    /// What the last call changed reaches the device.
    fn settle(&mut self, cx: &mut Cx<'_>) {
        let changes = self.inner.take_changes();
        if changes.is_empty() {
            return;
        }
        let now = cx.clock.now().sec;
        if self.journal.is_due(now) {
            self.commit(cx);
        }
        let mut wrote = Wrote::default();
        for change in changes {
            self.follow(cx, change, &mut wrote);
        }
        self.put(cx, &wrote.contents);
        self.put(cx, &wrote.tables);
        self.journal.change(&wrote.tables, now);
        self.journal.revoke(&wrote.revoked);
        if self.discards
            && let Some(pool) = cx.disks.pools.get_mut(&self.pool)
        {
            for (start, len) in wrote.freed {
                let _ = pool.discard(self.id, start * BLOCK, (start + len) * BLOCK);
            }
        }
    }

    fn follow(&mut self, cx: &mut Cx<'_>, change: Change, wrote: &mut Wrote) {
        let count = self.inner.inode_count();
        match change {
            Change::Inode(ino) => {
                wrote.tables.push(self.layout.of_inode(ino));
                if count != self.inodes {
                    wrote.tables.extend(self.layout.of_count(ino));
                    self.inodes = count;
                }
                self.entries(cx, ino, wrote);
            }
            Change::Written { ino, from, to } => {
                let (runs, tables) = self.layout.place(ino, from / BLOCK, to.div_ceil(BLOCK));
                wrote.contents.extend(runs);
                wrote.tables.extend(tables);
                wrote.tables.push(self.layout.of_inode(ino));
            }
            Change::Reserved { ino, from, to } => {
                let (_, tables) = self.layout.place(ino, from / BLOCK, to.div_ceil(BLOCK));
                wrote.tables.extend(tables);
            }
            Change::Freed { ino, from, to } => {
                self.release(ino, from.div_ceil(BLOCK), to / BLOCK, wrote);
                self.zeroed(ino, from, wrote);
                self.zeroed(ino, to, wrote);
            }
            Change::Cut { ino, old, size } if size < old => {
                // Until it is done the superblock names the file as one to be cut.
                wrote.tables.push(SUPER);
                self.release(ino, size.div_ceil(BLOCK), u64::MAX, wrote);
                self.zeroed(ino, size, wrote);
            }
            Change::Cut { ino, .. } => wrote.tables.push(self.layout.of_inode(ino)),
            Change::Moved { ino, from } => {
                self.release(ino, from / BLOCK, u64::MAX, wrote);
                for (at, len) in self.inner.allocated(ino).unwrap_or_default() {
                    let (runs, tables) =
                        self.layout.place(ino, at / BLOCK, (at + len).div_ceil(BLOCK));
                    wrote.contents.extend(runs);
                    wrote.tables.extend(tables);
                }
            }
            Change::Gone(ino) => {
                wrote.tables.push(SUPER);
                let was_dir = self.listed.remove(&ino.0).is_some();
                let before = wrote.freed.len();
                self.release(ino, 0, u64::MAX, wrote);
                if was_dir {
                    wrote.revoked.extend_from_slice(&wrote.freed[before..]);
                }
                wrote.tables.extend(self.layout.of_count(ino));
                self.inodes = count;
            }
        }
    }

    /// The block of a directory that a change of its entries writes.
    fn entries(&mut self, cx: &mut Cx<'_>, ino: Ino, wrote: &mut Wrote) {
        let Some(version) = self.inner.kept(ino).and_then(|it| it.version) else { return };
        if self.listed.insert(ino.0, version) == Some(version) {
            return;
        }
        let Ok(attr) = self.inner.peek_attr(cx, ino) else { return };
        let (runs, tables) = self.layout.place(ino, 0, attr.size.div_ceil(BLOCK));
        // Which block a name lies in is the hash's business: the last one stands for it.
        wrote.tables.extend(runs.last().map(|(at, len)| (at + len - 1, 1)));
        wrote.tables.extend(tables);
    }

    /// The block in which a range ends was filled with zeros.
    fn zeroed(&self, ino: Ino, at: u64, wrote: &mut Wrote) {
        if !at.is_multiple_of(BLOCK) {
            wrote.contents.extend(self.layout.find(ino, at / BLOCK, at / BLOCK + 1));
        }
    }

    fn release(&mut self, ino: Ino, from: u64, to: u64, wrote: &mut Wrote) {
        let (runs, tables) = self.layout.release(ino, from, to);
        wrote.freed.extend(runs);
        wrote.tables.extend(tables);
        wrote.tables.push(self.layout.of_inode(ino));
    }
}

/// What a call did to the device.
#[derive(Default)]
struct Wrote {
    /// Contents of files: written where they lie, and nowhere else.
    contents: Vec<Run>,
    /// Metadata, which the journal takes as well.
    tables: Vec<Run>,
    freed: Vec<Run>,
    /// What of it was metadata.
    revoked: Vec<Run>,
}
