//! Booking: what a tree of files has changed becomes units of the pool.

use super::{Kind, Tree, Volumes, items};
use crate::fs::FileSystem;
use crate::memfs::Change;
use crate::pool::{Pool, Stream, Volume};
use crate::store::Map;
use crate::types::{Ino, Result, Timespec};
use std::sync::Arc;

/// Btrfs keeps files up to this size in the metadata (`max_inline` of the mount, its default; observed on 6.18).
const INLINE_MAX: u64 = 2048;
/// Bytes of a unit of Btrfs, and of a sector of ZFS (`ashift=9`).
pub(super) const BLOCK: u64 = 4096;
pub(super) const SECTOR: u64 = 512;
/// `recordsize` of ZFS when nobody sets it.
pub const RECORD: u64 = 128 << 10;

/// Metadata of ZFS, in sectors. It is compressed and kept twice, so that the smallest block takes two sectors. What a
/// tree needs for itself (a new dataset refers to 24 KiB), what a clone has of its own from the start (its root, 1024
/// bytes; measured), and the five levels of blocks that lead from there to dnodes, which the first change copies.
const TREE: (u64, u64) = (0, 36);
const OWN: (u64, u64) = (40, 2);
const HEAD: (u64, u64) = (64, 10);
/// A block of 32 dnodes, of which each takes some 96 bytes once compressed. A clone that was mounted and read in uses
/// 12288 bytes: root, levels, and one full block (measured, containers.md H).
const DNODES: u64 = 128;
const DNODES_OF: u64 = 32;
const DNODE: u64 = 96;
/// Records that one indirect block leads to, and what a pointer takes of it in both copies once compressed. A byte
/// written into 256 MiB takes 216064 bytes: a record, 1024 pointers, and the block above (measured).
const POINTERS: u64 = 1024;
const POINTER: u64 = 82;
/// An entry of a directory, before it is compressed to some two fifths; what is below 112 bytes then lies in the
/// pointer to it (`embedded_data`).
const ENTRY: u64 = 64;
const EMBEDDED: u64 = 112;
/// The object under which a tree keeps what belongs to no file.
const SELF: u64 = 0;

impl Volumes {
    /// Books what a tree has changed since the last time. There was room for it: that was asked before.
    pub(super) fn book(&mut self, id: u64) {
        let Some(tree) = self.trees.get_mut(id) else { return };
        let changes = tree.fs.take_changes();
        if !changes.is_empty() {
            self.book_changes(id, changes);
        }
    }

    pub(super) fn book_changes(&mut self, id: u64, changes: Vec<Change>) {
        let generation = self.generation + 1;
        let counts = self.trees.len() > 1 || self.cloned;
        let Some(tree) = self.trees.get_mut(id) else { return };
        tree.facts.generation = generation;
        let open = &mut self.open;
        let mut book = Booking { pool: &mut self.pool, tree, id, open, counts, copied: 0 };
        let zfs = matches!(self.kind, Kind::Zfs(_));
        for change in changes {
            match zfs {
                true => book.zfs(change),
                false => book.btrfs(change),
            }
        }
        self.past.copied += book.copied;
        self.in_group();
        self.count_others();
    }

    /// What a tree of ZFS needs before it has any file.
    pub(super) fn found(&mut self, id: u64) {
        let Some(tree) = self.trees.get_mut(id) else { return };
        let _ = tree.fs.take_changes();
        let open = &mut self.open;
        let mut book = Booking { pool: &mut self.pool, tree, id, open, counts: false, copied: 0 };
        book.claim(SELF, TREE.0, TREE.1);
        let root = book.tree.fs.root();
        book.dnode(root);
    }

    /// What a clone has of its own.
    pub(super) fn own_head(&mut self, id: u64) {
        let Some(tree) = self.trees.get_mut(id) else { return };
        let open = &mut self.open;
        let mut book = Booking { pool: &mut self.pool, tree, id, open, counts: false, copied: 0 };
        book.claim(SELF, OWN.0, OWN.1);
    }

    /// Units that a write needs beyond those that are there, at most.
    pub(super) fn needs(&self, id: u64, from: u64, to: u64) -> u64 {
        match &self.kind {
            Kind::Btrfs(_) => to.div_ceil(BLOCK) - from / BLOCK,
            Kind::Zfs(_) => {
                let record = self.trees.get(id).map_or(RECORD, |tree| tree.record);
                (to.next_multiple_of(record) - from / record * record) / SECTOR + 256
            }
        }
    }
}

/// Nanoseconds after which Btrfs writes out what it has gathered (`commit=30`).
const COMMIT: u64 = 30_000_000_000;

/// Blocks of files that were written since the last commit: until then they are changed where they are, and what
/// follows them becomes one extent with them (delayed allocation).
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// By tree and inode: the first block and the one behind the last.
    ranges: Arc<Map<(u64, u64), (u64, u64)>>,
    since: Timespec,
}

impl Open {
    /// All is written out.
    pub(super) fn commit(&mut self) {
        if !self.ranges.is_empty() {
            self.ranges = Arc::default();
        }
    }

    /// Time has come to here.
    pub(super) fn pass(&mut self, now: Timespec) {
        if self.ranges.is_empty() {
            self.since = now;
        } else if self.since.plus_nanos(COMMIT) <= now {
            self.commit();
            self.since = now;
        }
    }

    fn add(&mut self, key: (u64, u64), at: u64, end: u64) {
        let ranges = Arc::make_mut(&mut self.ranges);
        let old = ranges.get(&key).copied().filter(|(from, to)| at <= *to && end >= *from);
        let (from, to) = old.unwrap_or((at, end));
        ranges.insert(key, (from.min(at), to.max(end)));
    }

    fn forget(&mut self, key: (u64, u64)) {
        if self.ranges.contains_key(&key) {
            Arc::make_mut(&mut self.ranges).remove(&key);
        }
    }
}

/// The changes of one tree on their way into the pool.
struct Booking<'a> {
    pool: &'a mut Pool,
    tree: &'a mut Tree,
    /// The tree's number.
    id: u64,
    open: &'a mut Open,
    /// Somebody may share what is written.
    counts: bool,
    copied: u64,
}

impl Booking<'_> {
    fn volume(&self) -> Volume {
        self.tree.volume
    }

    fn put(&mut self, ino: Ino, at: u64, len: u64) {
        let volume = self.volume();
        if self.counts {
            let runs = self.pool.runs(Stream::data(volume, ino.0).span(at, len));
            let shared = runs.iter().flatten().filter(|run| run.shared).map(|run| run.len);
            self.copied += shared.sum::<u64>() * self.pool.geometry().unit;
        }
        let done = self.blocks(ino, at, at + len);
        debug_assert_eq!(done, Ok(()), "there was room for it");
    }

    /// Writes blocks of a file on Btrfs: those that are open stay where they are, those that follow them join
    /// them, the others go elsewhere.
    fn blocks(&mut self, ino: Ino, at: u64, end: u64) -> Result<()> {
        let (volume, key) = (self.volume(), (self.id, ino.0));
        let (from, to) = self.open.ranges.get(&key).copied().unwrap_or((end, end));
        let (start, stop) = (at.max(from).min(end), end.min(to).max(at));
        if start < stop {
            self.pool.claim(Stream::data(volume, ino.0).between(start, stop))?;
        }
        if at < start {
            self.pool.write(Stream::data(volume, ino.0).between(at, start))?;
        }
        let rest = stop.max(start);
        if rest < end {
            match rest == to && from < to {
                true => self.pool.append(Stream::data(volume, ino.0).between(rest, end))?,
                false => self.pool.write(Stream::data(volume, ino.0).between(rest, end))?,
            }
        }
        self.open.add(key, at, end);
        Ok(())
    }

    fn free(&mut self, ino: Ino, at: u64, end: u64) {
        if at < end {
            let _ = self.pool.discard(Stream::data(self.volume(), ino.0).between(at, end));
        }
    }

    fn is_mapped(&self, ino: Ino) -> bool {
        self.pool.has(Stream::data(self.volume(), ino.0))
    }

    fn size(&self, ino: Ino) -> Option<u64> {
        self.tree.fs.file_size(ino).ok()
    }

    fn btrfs(&mut self, change: Change) {
        let ino = change.inode();
        match change {
            Change::Inode(_) => {}
            Change::Written { from, to, .. } => self.extents(ino, from, to),
            Change::Reserved { from, to, .. } => {
                let (at, end) = (from / BLOCK, to.div_ceil(BLOCK));
                let _ = self.pool.reserve(Stream::data(self.volume(), ino.0).between(at, end));
            }
            Change::Freed { from, to, .. } => {
                self.free(ino, from.div_ceil(BLOCK), to / BLOCK);
                self.edges(ino, from, to);
            }
            // The rest of the last block is zeros in memory alone until the file grows (observed on 6.18).
            Change::Cut { old, size, .. } if size < old => {
                self.free(ino, size.div_ceil(BLOCK), u64::MAX);
            }
            // Then the block in which it ended is written anew, and out of the metadata it gets blocks.
            Change::Cut { old, .. } if old % BLOCK != 0 => self.extents(ino, old - 1, old),
            Change::Cut { .. } => {}
            Change::Moved { from, .. } => {
                self.free(ino, from / BLOCK, u64::MAX);
                self.all(ino, from);
            }
            Change::Gone(_) => {
                let _ = self.pool.remove(self.volume(), ino.0);
                self.open.forget((self.id, ino.0));
            }
        }
        items::book(self.pool, self.tree, ino);
    }

    /// Contents of a file on Btrfs: small files lie in the metadata, until they have outgrown it.
    fn extents(&mut self, ino: Ino, from: u64, to: u64) {
        let Some(size) = self.size(ino) else { return };
        match self.is_mapped(ino) {
            true => self.put(ino, from / BLOCK, to.div_ceil(BLOCK) - from / BLOCK),
            false if size > INLINE_MAX => self.all(ino, 0),
            false => {}
        }
    }

    /// All that a file has allocated from a place on.
    fn all(&mut self, ino: Ino, from: u64) {
        for (at, len) in self.tree.fs.allocated(ino).unwrap_or_default() {
            let (start, end) = (at.max(from) / BLOCK, (at + len) / BLOCK);
            if start < end {
                self.put(ino, start, end - start);
            }
        }
    }

    /// Blocks in which a range begins or ends are written anew.
    fn edges(&mut self, ino: Ino, from: u64, to: u64) {
        let mut blocks = [from, to].map(|at| (at % BLOCK != 0).then_some(at / BLOCK));
        if blocks[0] == blocks[1] {
            blocks[1] = None;
        }
        for block in blocks.into_iter().flatten() {
            let (volume, object) = (self.volume(), ino.0);
            let runs = self.pool.runs(Stream::data(volume, object).span(block, 1));
            if runs.is_ok_and(|it| !it.is_empty()) {
                self.put(ino, block, 1);
            }
        }
    }

    fn zfs(&mut self, change: Change) {
        let ino = change.inode();
        self.dnode(ino);
        self.entries(ino);
        match change {
            // Room is only looked for, never kept (zfs(4): fallocate).
            Change::Inode(_) | Change::Reserved { .. } => {}
            Change::Written { ino, from, to } => self.records(ino, from, to),
            Change::Freed { ino, from, to } => {
                let record = self.record_of(ino);
                let (first, last) = (from.next_multiple_of(record), to / record * record);
                self.free(ino, first / SECTOR, last / SECTOR);
                if from < first {
                    self.records(ino, from, first.min(to));
                }
                if last >= first && last < to {
                    self.records(ino, last, to);
                }
                self.pointers(ino, from, to);
            }
            Change::Cut { ino, old, size } if size < old => {
                let record = self.record_of(ino);
                let end = if size == 0 { 0 } else { size.next_multiple_of(record) };
                self.free(ino, end / SECTOR, u64::MAX);
                if size == 0 {
                    self.tree.records.remove(&ino.0);
                } else if self.is_mapped(ino) {
                    self.records(ino, size - 1, size);
                }
                self.pointers(ino, end, u64::MAX);
            }
            Change::Cut { .. } => {}
            Change::Moved { ino, from } => {
                let size = self.size(ino).unwrap_or(0);
                self.free(ino, from / SECTOR, u64::MAX);
                if from < size {
                    self.records(ino, from, size);
                }
            }
            Change::Gone(ino) => {
                let _ = self.pool.remove(self.volume(), ino.0);
                self.tree.records.remove(&ino.0);
                self.tree.listed.remove(&ino.0);
            }
        }
    }

    /// The block of dnodes that an inode is in, and what leads to it.
    fn dnode(&mut self, ino: Ino) {
        self.claim(SELF, HEAD.0, HEAD.1);
        let block = ino.0 / DNODES_OF;
        let first = block * DNODES_OF;
        let live = (first..first + DNODES_OF).filter(|it| self.tree.fs.is_live(Ino(*it))).count();
        let takes = 2 * (live.max(1) as u64 * DNODE).div_ceil(SECTOR);
        let places = 2 * (DNODES_OF * DNODE).div_ceil(SECTOR);
        let at = DNODES + block * places;
        self.claim(SELF, at, takes);
        let _ =
            self.pool.discard(Stream::meta(self.volume(), SELF).span(at + takes, places - takes));
    }

    /// The list of a directory, if it changed.
    fn entries(&mut self, dir: Ino) {
        let Some(kept) = self.tree.fs.kept(dir) else { return };
        let Some(version) = kept.version else { return };
        if self.tree.listed.insert(dir.0, version) == Some(version) {
            return;
        }
        let bytes = (kept.entries.0 + 1) * ENTRY * 2 / 5;
        let takes = if bytes <= EMBEDDED { 0 } else { 2 * bytes.div_ceil(SECTOR) };
        self.claim(dir.0, 0, takes);
        let _ = self.pool.discard(Stream::meta(self.volume(), dir.0).between(takes, u64::MAX));
    }

    fn record_of(&self, ino: Ino) -> u64 {
        self.tree.records.get(&ino.0).copied().unwrap_or(self.tree.record)
    }

    /// Contents of a file on ZFS: one record as large as the file, rounded to sectors, until it is larger than a
    /// record; from then on whole records.
    fn records(&mut self, ino: Ino, from: u64, to: u64) {
        let Some(size) = self.size(ino) else { return };
        let record = self.record_of(ino);
        let grown = self.tree.records.get(&ino.0).is_some();
        if !grown && size <= record {
            let end = size.div_ceil(SECTOR);
            self.free(ino, end, u64::MAX);
            self.record(ino, 0, end);
            return;
        }
        let mut from = from / record * record;
        if !grown {
            self.tree.records.insert(ino.0, record);
            if self.is_mapped(ino) {
                from = 0;
            }
        }
        let to = to.next_multiple_of(record);
        if self.record(ino, from / SECTOR, to / SECTOR) {
            self.pointers(ino, from, to);
        }
    }

    /// Whole records: those that are this tree's alone are written in place of themselves, since a file system
    /// between two transaction groups has the same room afterwards. Says whether any was not.
    fn record(&mut self, ino: Ino, at: u64, end: u64) -> bool {
        let volume = self.volume();
        if self.counts {
            let runs = self.pool.runs(Stream::data(volume, ino.0).between(at, end));
            let shared = runs.iter().flatten().filter(|run| run.shared).map(|run| run.len);
            self.copied += shared.sum::<u64>() * SECTOR;
        }
        let done = self.pool.claim(Stream::data(volume, ino.0).between(at, end));
        debug_assert!(done.is_ok(), "there was room for it");
        done.is_ok_and(|fresh| fresh > 0)
    }

    /// The indirect blocks that lead to a range are written anew.
    fn pointers(&mut self, ino: Ino, from: u64, to: u64) {
        if self.tree.records.get(&ino.0).is_none() {
            let _ = self.pool.discard(Stream::meta(self.volume(), ino.0).all());
            return;
        }
        let (volume, span) = (self.volume(), self.record_of(ino) * POINTERS);
        let size = self.size(ino).unwrap_or(0);
        let to = to.min(size.next_multiple_of(span)).max(from + 1);
        // Places of indirect blocks: as many for each as it can need.
        let places = (POINTERS * POINTER).div_ceil(SECTOR);
        for block in from / span..to.div_ceil(span) {
            let (start, end) = (block * span / SECTOR, (block + 1) * span / SECTOR);
            let runs =
                self.pool.runs(Stream::data(volume, ino.0).between(start, end)).unwrap_or_default();
            let units: u64 = runs.iter().map(|it| it.len).sum();
            let records = (units * SECTOR).div_ceil(self.record_of(ino));
            let _ = self.pool.discard(Stream::meta(volume, ino.0).span(block * places, places));
            let len = (records * POINTER).div_ceil(SECTOR).next_multiple_of(2);
            let _ = self.pool.write(Stream::meta(volume, ino.0).span(block * places, len));
        }
        let above = u64::MAX / 2;
        if size > span {
            self.claim(ino.0, above, 2);
        } else if from == 0 && to >= size {
            let _ = self.pool.discard(Stream::meta(volume, ino.0).between(places, u64::MAX));
        }
    }

    /// Metadata that is this tree's own from now on.
    fn claim(&mut self, object: u64, at: u64, len: u64) {
        let _ = self.pool.claim(Stream::meta(self.tree.volume, object).span(at, len));
    }
}
