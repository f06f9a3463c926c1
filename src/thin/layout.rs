//! Where an ext4 puts things on its device, in blocks of 4 KiB: enough to know which blocks of the device a
//! change touches.
//!
//! Tables lie as mke2fs lays them (groups of 32,768 blocks, sixteen groups put their tables together); contents take the first
//! free run. Blocks are handed out lower first, as a fresh ext4 does, not with the preallocation of a real one.

use crate::block::Geometry;
use crate::store::Tree;
use crate::types::Ino;

/// Blocks of a group.
const GROUP: u64 = 32_768;
/// Groups whose tables lie together (`flex_bg`).
const FLEX: u64 = 16;
/// Inodes of a block of the inode table.
const PER_BLOCK: u64 = 16;
/// Descriptors of groups in a block.
const DESCRIPTORS: u64 = 64;

/// Free runs that are looked at for one that is long enough.
const NEARBY: usize = 256;

/// A run of blocks on the device: the first, and how many.
pub type Run = (u64, u64);

#[derive(Clone, Debug)]
pub struct Layout {
    geometry: Geometry,
    /// Free runs by their first block.
    free: Tree<u64, u64>,
    /// Blocks of inodes: (inode, block of its contents) to the first block on the device and their number.
    used: Tree<(u64, u64), Run>,
    journal: Run,
}

impl Layout {
    /// The layout of a new file system.
    pub fn new(geometry: Geometry) -> Layout {
        let mut layout = Layout { geometry, free: Tree::new(), used: Tree::new(), journal: (0, 0) };
        let mut next = 0;
        for (start, len) in layout.tables() {
            if start > next {
                layout.free.insert(next, start - next);
            }
            next = next.max(start + len);
        }
        if next < geometry.blocks {
            layout.free.insert(next, geometry.blocks - next);
        }
        // The journal lies in the middle of the device.
        let middle = geometry.groups / 2 / FLEX * FLEX * GROUP;
        layout.journal = layout.take(middle, geometry.journal).first().copied().unwrap_or((0, 0));
        layout
    }

    fn per_group(&self) -> u64 {
        self.geometry.inodes / self.geometry.groups
    }

    /// Blocks of the inode table of a group.
    fn table(&self) -> u64 {
        self.per_group() / PER_BLOCK
    }

    /// Superblock, descriptors and their spare blocks at the beginning of a group; 0 where no copy lies.
    fn head(&self, group: u64) -> u64 {
        let has_copy = group == 0 || self.geometry.backups().any(|it| it == group * GROUP);
        let copies = 1 + self.geometry.backups().count() as u64;
        let Geometry { overhead, journal, groups, .. } = self.geometry;
        let tables = groups * (self.table() + 2);
        if has_copy { (overhead - journal - tables) / copies } else { 0 }
    }

    /// First block of the tables that a group's flexible group has.
    fn flex(&self, group: u64) -> u64 {
        let first = group / FLEX * FLEX;
        first * GROUP + self.head(first)
    }

    /// Groups in a group's flexible group.
    fn members(&self, group: u64) -> u64 {
        (self.geometry.groups - group / FLEX * FLEX).min(FLEX)
    }

    fn block_bits(&self, group: u64) -> u64 {
        self.flex(group) + group % FLEX
    }

    fn inode_bits(&self, group: u64) -> u64 {
        self.flex(group) + self.members(group) + group % FLEX
    }

    /// The block of the inode table that an inode lies in.
    fn inode(&self, ino: u64) -> u64 {
        let index = ino.saturating_sub(1);
        let group = (index / self.per_group()).min(self.geometry.groups - 1);
        let table = self.flex(group) + 2 * self.members(group) + group % FLEX * self.table();
        table + index % self.per_group() / PER_BLOCK
    }

    /// Runs that are no contents, ascending.
    fn tables(&self) -> Vec<Run> {
        let mut all = Vec::new();
        for group in 0..self.geometry.groups {
            let head = self.head(group);
            let own = if group % FLEX == 0 { self.members(group) * (2 + self.table()) } else { 0 };
            if head + own > 0 {
                all.push((group * GROUP, head + own));
            }
        }
        all
    }

    /// What mke2fs writes: all tables, and the journal; without the inode tables, which the kernel clears
    /// later, when they are `lazy`.
    pub fn made(&self, lazy: bool) -> Vec<Run> {
        let descriptors = self.geometry.groups.div_ceil(DESCRIPTORS);
        let mut all = Vec::new();
        for group in 0..self.geometry.groups {
            let head = self.head(group);
            if head > 0 {
                all.push((group * GROUP, if group == 0 { head } else { 1 + descriptors }));
            }
            if group % FLEX == 0 {
                let tables = if lazy { 1 } else { self.members(group) * self.table() };
                all.push((self.flex(group), 2 * self.members(group) + tables));
            }
        }
        all.push(self.journal);
        all
    }

    /// Where the journal lies.
    pub fn journal(&self) -> Run {
        self.journal
    }

    /// The block of an inode's table that a change of the inode writes.
    pub fn of_inode(&self, ino: Ino) -> Run {
        (self.inode(ino.0), 1)
    }

    /// What an inode that comes or goes writes: its bit, and the descriptor of its group.
    pub fn of_count(&self, ino: Ino) -> [Run; 2] {
        let group = (ino.0.saturating_sub(1) / self.per_group()).min(self.geometry.groups - 1);
        [(self.inode_bits(group), 1), (1 + group / DESCRIPTORS, 1)]
    }

    /// What blocks that come or go write.
    fn of_bits(&self, (start, len): Run) -> Vec<Run> {
        let groups = start / GROUP..=(start + len.max(1) - 1) / GROUP;
        groups.flat_map(|it| [(self.block_bits(it), 1), (1 + it / DESCRIPTORS, 1)]).collect()
    }

    /// Where a range of an inode's blocks lies, as far as it is there.
    pub fn find(&self, ino: Ino, from: u64, to: u64) -> Vec<Run> {
        self.pieces(ino, from, to).into_iter().map(|(_, run)| run).collect()
    }

    /// Pieces of a range, cut at both ends: block of the contents, run on the device.
    fn pieces(&self, ino: Ino, from: u64, to: u64) -> Vec<(u64, Run)> {
        let near = self.used.floor(&(ino.0, from)).map(|it| *it.0);
        let first = near.filter(|it| it.0 == ino.0).unwrap_or((ino.0, from));
        let mut all = Vec::new();
        for (&(owner, at), &(start, len)) in self.used.from(&first) {
            if owner != ino.0 || at >= to {
                break;
            }
            let (low, high) = (at.max(from), (at + len).min(to));
            if low < high {
                all.push((low, (start + low - at, high - low)));
            }
        }
        all
    }

    /// Gives places to what of a range has none; the runs of the whole range, and what of the tables changed.
    pub fn place(&mut self, ino: Ino, from: u64, to: u64) -> (Vec<Run>, Vec<Run>) {
        let mut tables = Vec::new();
        let mut next = from;
        let mut gaps = Vec::new();
        for (at, (_, len)) in self.pieces(ino, from, to) {
            if at > next {
                gaps.push((next, at));
            }
            next = at + len;
        }
        if next < to {
            gaps.push((next, to));
        }
        for (mut at, end) in gaps {
            for run in self.take(0, end - at) {
                tables.extend(self.of_bits(run));
                self.used.insert((ino.0, at), run);
                at += run.1;
            }
        }
        (self.find(ino, from, to), tables)
    }

    /// Takes the places of a range back: what is free now, and what of the tables changed.
    pub fn release(&mut self, ino: Ino, from: u64, to: u64) -> (Vec<Run>, Vec<Run>) {
        let near = self.used.floor(&(ino.0, from)).map(|it| *it.0);
        let first = near.filter(|it| it.0 == ino.0).unwrap_or((ino.0, from));
        let hit: Vec<(u64, Run)> = self
            .used
            .from(&first)
            .take_while(|((owner, at), _)| *owner == ino.0 && *at < to)
            .map(|((_, at), run)| (*at, *run))
            .collect();
        let (mut freed, mut tables) = (Vec::new(), Vec::new());
        for (at, (start, len)) in hit {
            let (low, high) = (at.max(from), (at + len).min(to));
            if low >= high {
                continue;
            }
            self.used.remove(&(ino.0, at));
            if at < low {
                self.used.insert((ino.0, at), (start, low - at));
            }
            if at + len > high {
                self.used.insert((ino.0, high), (start + high - at, at + len - high));
            }
            let run = (start + low - at, high - low);
            self.give_back(run);
            tables.extend(self.of_bits(run));
            freed.push(run);
        }
        (freed, tables)
    }

    /// Takes blocks: the first run from `goal` on that is long enough, and where there is none nearby the first free ones;
    /// fewer if there are not so many.
    fn take(&mut self, goal: u64, mut count: u64) -> Vec<Run> {
        let mut runs = Vec::new();
        while count > 0 {
            let whole = self.free.from(&goal).take(NEARBY).find(|(_, len)| **len >= count);
            let first = || self.free.from(&goal).next().or_else(|| self.free.iter().next());
            let found = whole.or_else(first);
            let Some((start, len)) = found.map(|(start, len)| (*start, *len)) else { break };
            let taken = len.min(count);
            self.free.remove(&start);
            if taken < len {
                self.free.insert(start + taken, len - taken);
            }
            runs.push((start, taken));
            count -= taken;
        }
        runs
    }

    fn give_back(&mut self, (mut start, mut len): Run) {
        if let Some((&before, &size)) = self.free.floor(&start)
            && before + size == start
        {
            self.free.remove(&before);
            (start, len) = (before, size + len);
        }
        if let Some(&size) = self.free.get(&(start + len)) {
            self.free.remove(&(start + len));
            len += size;
        }
        self.free.insert(start, len);
    }

    /// All free runs.
    pub fn free(&self) -> Vec<Run> {
        self.free.iter().map(|(start, len)| (*start, *len)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_once_and_come_back() {
        let mut layout = Layout::new(Geometry::of(1 << 30, 0).unwrap());
        let free = layout.free();
        let total: u64 = free.iter().map(|it| it.1).sum();
        // Everything but the tables and the journal.
        assert_eq!(total, 262_144 - 12_949);
        let (runs, _) = layout.place(Ino(12), 0, 100);
        assert_eq!(runs.iter().map(|it| it.1).sum::<u64>(), 100);
        let (again, tables) = layout.place(Ino(12), 0, 100);
        assert_eq!((again, tables.len()), (runs, 0));
        layout.place(Ino(13), 0, 10);
        layout.release(Ino(12), 20, 30);
        assert_eq!(layout.find(Ino(12), 0, 100).iter().map(|it| it.1).sum::<u64>(), 90);
        layout.release(Ino(12), 0, u64::MAX);
        layout.release(Ino(13), 0, u64::MAX);
        assert_eq!(layout.free(), free);
    }
}
