//! An ext4 on a thin device: which blocks of the pool each change takes.
//!
//! Contents and names are those of a [`MemFs`]; `layout` says where on the device they lie, and the pool
//! (among the disks) which of its blocks that is. A change of the file system is there at once, while a real
//! one reaches the device with the page cache and the journal; the journal takes a block for all that
//! happens within its five seconds.

mod layout;
mod serve;
#[cfg(test)]
mod tests;

use crate::block::Geometry;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::memfs::{Change, MemFs};
use crate::pool::thin::ThinPool;
use crate::types::{Dev, Ino, Meter, Result};
use layout::{Layout, Run};

/// Bytes of a block of the file system.
const BLOCK: u64 = 4096;
/// Seconds after which the journal commits (`commit=5`).
const COMMIT: i64 = 5;

/// The file system.
#[derive(Clone, Debug)]
pub struct ThinFs {
    inner: MemFs,
    pool: u32,
    id: u32,
    layout: Layout,
    /// Mounted with `discard`.
    discards: bool,
    /// When the journal committed last.
    committed: i64,
    /// Inodes that there were at the last look.
    inodes: usize,
    /// What the file system had cost when this device became its own.
    past: Meter,
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
        let (first, past) = (i64::MIN / 2, inner.meter());
        Ok(ThinFs {
            inner,
            pool: number,
            id,
            layout,
            discards: false,
            committed: first,
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

    /// It is mounted from now on, from this device.
    pub fn mounted(&mut self, cx: &mut Cx<'_>, dev: Dev, read_only: bool, discards: bool) {
        self.inner.set_dev(dev);
        self.inner.set_read_only(read_only);
        self.discards = discards;
        if !read_only {
            self.put(cx, &self.layout.supers()[..1]);
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
        let (mut written, mut freed) = (Vec::new(), Vec::new());
        for change in changes {
            self.follow(cx, change, &mut written, &mut freed);
        }
        let now = cx.clock.now().sec;
        if now - self.committed >= COMMIT || self.committed > now {
            self.committed = now;
            written.push(self.layout.commit());
            // The journal's own superblock waits for the first commit.
            written.push(self.layout.supers()[1]);
        }
        self.put(cx, &written);
        if self.discards
            && let Some(pool) = cx.disks.pools.get_mut(&self.pool)
        {
            for (start, len) in freed {
                let _ = pool.discard(self.id, start * BLOCK, (start + len) * BLOCK);
            }
        }
    }

    fn follow(
        &mut self,
        cx: &mut Cx<'_>,
        change: Change,
        written: &mut Vec<Run>,
        freed: &mut Vec<Run>,
    ) {
        let count = self.inner.inode_count();
        match change {
            Change::Inode(ino) => {
                written.push(self.layout.of_inode(ino));
                if count != self.inodes {
                    written.extend(self.layout.of_count(ino));
                    self.inodes = count;
                }
                let attr = self.inner.peek_attr(cx, ino).ok().filter(|it| it.is_dir());
                if let Some(attr) = attr {
                    let (runs, tables) = self.layout.place(ino, 0, attr.size.div_ceil(BLOCK));
                    // Which block of a directory a name lies in is the hash's business: the last one stands for it.
                    written.extend(runs.last().map(|(at, len)| (at + len - 1, 1)));
                    written.extend(tables);
                }
            }
            Change::Written { ino, from, to } => {
                let (runs, tables) = self.layout.place(ino, from / BLOCK, to.div_ceil(BLOCK));
                written.extend(runs);
                written.extend(tables);
                written.push(self.layout.of_inode(ino));
            }
            Change::Reserved { ino, from, to } => {
                let (_, tables) = self.layout.place(ino, from / BLOCK, to.div_ceil(BLOCK));
                written.extend(tables);
            }
            Change::Freed { ino, from, to } => {
                self.release(ino, from.div_ceil(BLOCK), to / BLOCK, written, freed);
            }
            Change::Cut { ino, old, size } if size < old => {
                self.release(ino, size.div_ceil(BLOCK), u64::MAX, written, freed);
            }
            Change::Cut { ino, .. } => written.push(self.layout.of_inode(ino)),
            Change::Moved { ino, from } => {
                self.release(ino, from / BLOCK, u64::MAX, written, freed);
                for (at, len) in self.inner.allocated(ino).unwrap_or_default() {
                    let (runs, tables) =
                        self.layout.place(ino, at / BLOCK, (at + len).div_ceil(BLOCK));
                    written.extend(runs);
                    written.extend(tables);
                }
            }
            Change::Gone(ino) => {
                self.release(ino, 0, u64::MAX, written, freed);
                written.extend(self.layout.of_count(ino));
                self.inodes = count;
            }
        }
    }

    fn release(
        &mut self,
        ino: Ino,
        from: u64,
        to: u64,
        written: &mut Vec<Run>,
        freed: &mut Vec<Run>,
    ) {
        let (runs, tables) = self.layout.release(ino, from, to);
        freed.extend(runs);
        written.extend(tables);
        written.push(self.layout.of_inode(ino));
    }
}
