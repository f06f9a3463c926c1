//! What the trees of Btrfs hold beside extents: inodes, names, small files, and the trees that all subvolumes share.
//!
//! Sizes are those of the format on disk (`btrfs inspect-internal dump-tree` shows them): so the nodes that a change
//! copies, and those that it adds, follow from what lies in them.

use super::btrfs::{NAMES, NODE};
use super::{Kind, Tree, Volumes};
use crate::memfs::Kept;
use crate::pool::{Measure, Pool, Stream};
use crate::types::{Ino, Meter};

/// The header of a node, and what an item takes before its own bytes.
const HEADER: u64 = 101;
const ITEM: u64 = 25;
/// A key with the place of a child.
const POINTER: u64 = 33;
/// An inode; a name of it, without the name itself; an extent, or the head of one that holds its bytes.
const INODE: u64 = ITEM + 160;
const REF: u64 = 10;
const EXTENT: u64 = ITEM + 53;
const INLINE: u64 = ITEM + 21;
/// An entry of a directory or an extended attribute, without its bytes.
const ENTRY: u64 = ITEM + 30;
/// Nobody tells the length of an inode's names; they are as long as this.
const NAME: u64 = 10;
/// Entries of a directory are booked in groups of so many bytes.
const GROUP: u64 = 1024;
/// Where the second list of a directory's entries begins: by their order, after those by hash.
const BY_ORDER: u64 = 1 << 32;

/// How much a node of Btrfs holds.
pub(super) const MEASURE: Measure = Measure {
    fan: ((NODE - HEADER) / POINTER) as usize,
    leaf: NODE - HEADER,
    item: EXTENT,
    fills: true,
};

/// Books what a tree keeps of an inode after it changed.
pub(super) fn book(pool: &mut Pool, tree: &Tree, ino: Ino) {
    // The names of trees have no inode where they stand.
    if ino.0 >= NAMES {
        return;
    }
    let Some(kept) = tree.fs.kept(ino) else { return };
    let volume = tree.volume;
    let is_mapped = pool.has(Stream::data(volume, ino.0));
    let inline = if kept.size > 0 && !is_mapped { INLINE + kept.size } else { 0 };
    let names = ITEM + kept.names * (REF + NAME);
    let attributes = kept.xattrs.0 * ENTRY + kept.xattrs.1;
    let takes = (INODE + names + attributes + inline).min(MEASURE.leaf);
    let _ = pool.touch(volume, ino.0, 0, takes as u32);
    entries(pool, tree, ino, &kept);
}

/// A directory lists its entries twice. A change is at the end of one list, and anywhere in the other: where its hash
/// falls, which stands for itself in the number of the change.
fn entries(pool: &mut Pool, tree: &Tree, dir: Ino, kept: &Kept) {
    let Some(version) = kept.version else { return };
    let (count, bytes) = kept.entries;
    let all = count * ENTRY + bytes;
    let groups = all.div_ceil(GROUP);
    let volume = tree.volume;
    for base in [1, BY_ORDER] {
        let object = Stream::object(volume, dir.0);
        let end = if base == 1 { BY_ORDER } else { u64::MAX };
        if pool.has_from(object, base + groups, end) {
            let _ = pool.untouch(object, base + groups, end);
        }
        if groups == 0 {
            continue;
        }
        let last = groups - 1;
        let hashed = version.wrapping_mul(0x9e37_79b9_7f4a_7c15) % groups;
        let mut hit = vec![last];
        if base == 1 && hashed != last {
            hit.push(hashed);
        }
        for group in hit {
            let takes = GROUP.min(all - group * GROUP);
            let _ = pool.touch(volume, dir.0, base + group, takes as u32);
        }
    }
}

/// Nodes of the trees that belong to no subvolume.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Others {
    now: u64,
    made: u64,
    gone: u64,
}

impl Others {
    /// Nodes beyond those of an empty file system.
    pub(super) fn now(self) -> u64 {
        self.now
    }

    pub(super) fn meter(self) -> Meter {
        Meter { allocated: self.made * NODE, freed: self.gone * NODE, ..Meter::default() }
    }
}

/// Nodes that a tree has when it holds so many bytes in leaves that are so full, in percent; the first is not counted.
fn beyond_first(bytes: u64, full: u64) -> u64 {
    let leaves = bytes.div_ceil(MEASURE.leaf * full / 100).max(1);
    let above = if leaves > 1 { leaves.div_ceil(MEASURE.fan as u64) } else { 0 };
    leaves - 1 + above
}

impl Volumes {
    /// Counts the trees anew that know of all subvolumes, all extents, and all checksums.
    pub(super) fn count_others(&mut self) {
        if !matches!(self.kind, Kind::Btrfs(_)) {
            return;
        }
        // The item of a root, and its name there and back.
        const ROOT: u64 = ITEM + 439 + 2 * (ITEM + 18 + 2 * NAME);
        // What is said of an extent, and of a node, with who refers to it; four bytes of sum for each block.
        let extents = self.pool.extents() * (ITEM + 53) + self.pool.nodes() * (ITEM + 33);
        let sums = self.pool.used() * 4;
        let now = beyond_first(self.trees.len() as u64 * ROOT, 100)
            + beyond_first(extents, 85)
            + beyond_first(sums, 100);
        let others = &mut self.others;
        others.made += now.saturating_sub(others.now);
        others.gone += others.now.saturating_sub(now);
        others.now = now;
    }
}
