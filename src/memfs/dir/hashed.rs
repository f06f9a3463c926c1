//! ext4 with `dir_index`: a listing in the order of half-MD4.
//!
//! One block until it is full; then an index of blocks by hash, which it stays. `.` and `..` stand
//! among the names by their hashes in the first form, and first in the second (observed on 6.18).

use super::leaf::{DOTS, Leaf, ROOM};
use super::{Emit, Slot, hash};
use crate::errno::Errno;
use crate::store::Tree;
use crate::types::Result;
use std::sync::Arc;

/// Blocks that the root of the index can name, and an inner page of it.
const ROOT_LIMIT: u32 = 507;
const NODE_LIMIT: u32 = 510;
/// In an indexed directory `..` stands as if its hash were 2.
const DOTDOT: u64 = 1 << 32;

#[derive(Clone, Debug)]
enum Blocks {
    /// One block, with `.` and `..` in it.
    One(Leaf),
    Indexed(Box<Index>),
}

#[derive(Clone, Debug)]
struct Index {
    /// Blocks by the hash they start at (the lowest bit: the block before ends with the same hash).
    leaves: Tree<u32, Arc<Leaf>>,
    len: usize,
    /// Inner pages of the index: start and number of blocks; none while the root names all.
    nodes: Vec<(u32, u32)>,
}

/// Entries by hash.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    seed: [u32; 4],
    /// Further blocks that mkfs gave.
    pub(super) spare: u32,
    blocks: Blocks,
}

/// The hash that the index knows of a position.
fn major(key: u64) -> u32 {
    ((key >> 32) as u32) << 1
}

impl Index {
    /// The block that holds a key, by its start.
    fn leaf_of(&self, key: u64) -> u32 {
        self.leaves.floor(&major(key)).map_or(0, |(start, _)| *start)
    }

    /// The blocks that may hold a key: more than one when a hash goes on in the next.
    fn starts(&self, key: u64) -> impl Iterator<Item = (u32, &Arc<Leaf>)> {
        let first = self.leaf_of(key);
        self.leaves
            .from(&first)
            .take_while(move |(start, _)| **start == first || **start == major(key) | 1)
            .map(|(start, leaf)| (*start, leaf))
    }

    fn find(&self, key: u64, name: &[u8]) -> Option<(u32, Slot)> {
        self.starts(key).find_map(|(start, leaf)| leaf.get(key, name).map(|slot| (start, slot)))
    }

    fn leaf_mut(&mut self, start: u32) -> Option<&mut Leaf> {
        self.leaves.get_mut(&start).map(Arc::make_mut)
    }

    /// Splits the block of a key; the index grows by an inner page when it is full.
    fn split(&mut self, key: u64) -> Result<()> {
        self.make_index_room(key)?;
        let start = self.leaf_of(key);
        let Some(leaf) = self.leaf_mut(start) else { return Err(Errno::EUCLEAN) };
        let (upper_start, upper) = leaf.split();
        self.leaves.insert(upper_start, Arc::new(upper));
        if let Some(node) = self.node_of(key) {
            self.nodes[node].1 += 1;
        }
        Ok(())
    }

    fn node_of(&self, key: u64) -> Option<usize> {
        self.nodes.partition_point(|(start, _)| *start <= major(key)).checked_sub(1)
    }

    fn make_index_room(&mut self, key: u64) -> Result<()> {
        let Some(at) = self.node_of(key) else {
            if self.leaves.len() as u32 == ROOT_LIMIT {
                self.nodes.push((0, ROOT_LIMIT));
            }
            return Ok(());
        };
        let (start, count) = self.nodes[at];
        if count < NODE_LIMIT {
            return Ok(());
        }
        if self.nodes.len() as u32 == ROOT_LIMIT {
            return Err(Errno::ENOSPC);
        }
        let lower = count / 2;
        let upper = self.leaves.from(&start).nth(lower as usize).map_or(start, |(it, _)| *it);
        self.nodes[at].1 = lower;
        self.nodes.insert(at + 1, (upper, count - lower));
        Ok(())
    }
}

impl Hashed {
    pub(super) fn new(seed: [u32; 4]) -> Hashed {
        Hashed { seed, spare: 0, blocks: Blocks::One(Leaf::default()) }
    }

    pub(super) fn len(&self) -> usize {
        match &self.blocks {
            Blocks::One(leaf) => leaf.len(),
            Blocks::Indexed(index) => index.len,
        }
    }

    pub(super) fn is_indexed(&self) -> bool {
        matches!(self.blocks, Blocks::Indexed(_))
    }

    pub(super) fn blocks(&self) -> u64 {
        let used = match &self.blocks {
            Blocks::One(_) => 1,
            Blocks::Indexed(index) => 1 + index.leaves.len() + index.nodes.len(),
        };
        used as u64 + u64::from(self.spare)
    }

    fn key(&self, name: &[u8]) -> u64 {
        hash::position(self.seed, name)
    }

    /// Room of the first block as long as it is the only one.
    fn first_room(&self) -> u16 {
        ROOM - DOTS
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        let key = self.key(name);
        match &self.blocks {
            Blocks::One(leaf) => leaf.get(key, name),
            Blocks::Indexed(index) => index.find(key, name).map(|(_, slot)| slot),
        }
    }

    pub(super) fn would_grow(&self, name: &[u8]) -> bool {
        match &self.blocks {
            Blocks::One(leaf) => !leaf.fits(name, self.first_room()),
            Blocks::Indexed(index) => {
                let start = index.leaf_of(self.key(name));
                index.leaves.get(&start).is_some_and(|leaf| !leaf.fits(name, ROOM))
            }
        }
    }

    pub(super) fn insert(&mut self, name: &[u8], slot: Slot) -> Result<()> {
        let key = self.key(name);
        let room = self.first_room();
        match &mut self.blocks {
            Blocks::One(leaf) => {
                if leaf.insert(key, name, slot, room) {
                    return Ok(());
                }
                self.become_indexed();
                self.insert_indexed(key, name, slot)
            }
            Blocks::Indexed(_) => self.insert_indexed(key, name, slot),
        }
    }

    fn become_indexed(&mut self) {
        let Blocks::One(leaf) = &mut self.blocks else { return };
        let mut leaf = std::mem::take(leaf);
        let len = leaf.len();
        leaf.drop_leading_gap();
        let leaves = [(0, Arc::new(leaf))].into_iter().collect();
        let mut index = Box::new(Index { leaves, len, nodes: Vec::new() });
        // The block that was full is split at once.
        if let Some(leaf) = index.leaf_mut(0) {
            let (start, upper) = leaf.split();
            index.leaves.insert(start, Arc::new(upper));
        }
        self.blocks = Blocks::Indexed(index);
    }

    fn insert_indexed(&mut self, key: u64, name: &[u8], slot: Slot) -> Result<()> {
        let Blocks::Indexed(index) = &mut self.blocks else { return Err(Errno::EUCLEAN) };
        for _ in 0..2 {
            let start = index.leaf_of(key);
            let fits = index.leaf_mut(start).is_some_and(|it| it.insert(key, name, slot, ROOM));
            if fits {
                index.len += 1;
                return Ok(());
            }
            index.split(key)?;
        }
        Err(Errno::ENOSPC)
    }

    /// Another inode under a name that is there.
    pub(super) fn replace(&mut self, name: &[u8], slot: Slot) -> bool {
        let key = self.key(name);
        match &mut self.blocks {
            Blocks::One(leaf) => leaf.replace(key, name, slot),
            Blocks::Indexed(index) => index
                .find(key, name)
                .and_then(|(start, _)| index.leaf_mut(start))
                .is_some_and(|leaf| leaf.replace(key, name, slot)),
        }
    }

    pub(super) fn remove(&mut self, name: &[u8]) {
        let key = self.key(name);
        match &mut self.blocks {
            Blocks::One(leaf) => {
                leaf.remove(key, name);
            }
            Blocks::Indexed(index) => {
                let Some((start, _)) = index.find(key, name) else { return };
                index.len -= 1;
                if let Some(leaf) = index.leaf_mut(start) {
                    leaf.remove(key, name);
                }
            }
        }
    }

    pub(super) fn read(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        let start = pos.max(0) as u64;
        if start >= hash::END {
            return;
        }
        match &self.blocks {
            Blocks::One(leaf) => {
                let dots = dots.map(|(name, slot)| (self.key(name), name, slot));
                merge(start, dots, leaf.from(start), emit);
            }
            Blocks::Indexed(index) => {
                let dots = [(0, dots[0].0, dots[0].1), (DOTDOT, dots[1].0, dots[1].1)];
                let first = index.leaf_of(start);
                let names = index.leaves.from(&first).flat_map(|(_, leaf)| leaf.from(start));
                merge(start, dots, names, emit);
            }
        }
    }
}

type Item<'a> = (u64, &'a [u8], Slot);

/// Emits names with `.` and `..` among them, each with the position of the next.
fn merge<'a>(
    start: u64,
    mut dots: [Item<'a>; 2],
    names: impl Iterator<Item = Item<'a>>,
    emit: &mut Emit<'_>,
) {
    dots.sort_unstable_by_key(|it| it.0);
    let mut dots = dots.into_iter().filter(|it| it.0 >= start).peekable();
    let mut names = names.peekable();
    let mut pull = || match (dots.peek(), names.peek()) {
        (Some(dot), Some(name)) if dot.0 <= name.0 => dots.next(),
        (Some(_), None) => dots.next(),
        _ => names.next(),
    };
    let mut next = pull();
    while let Some((_, name, slot)) = next {
        next = pull();
        let after = next.map_or(hash::END, |it| it.0);
        if !emit(name, slot, after as i64) {
            return;
        }
    }
}
