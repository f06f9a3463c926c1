//! A merged listing as text and items, and what finds an item by its name.

use crate::fs::{Emit, Entry};
use crate::types::FileType;

/// One name of a merged listing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    start: u32,
    len: u8,
    pub(super) kind: FileType,
    /// Not shown.
    pub(super) whiteout: bool,
    /// May be a whiteout by attribute: asked when it is shown.
    pub(super) check: bool,
    /// From the upper layer.
    pub(super) upper: bool,
    /// What is shown, or what the layer lists as long as that must still be asked.
    pub(super) ino: u64,
    pub(super) asks: bool,
}

/// A merged listing.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) items: Vec<Item>,
    /// All names, one after the other.
    text: Vec<u8>,
    /// Version of the overlay directory that it shows.
    pub(super) version: u64,
    /// Versions of the real directories it was made from.
    pub(super) stamps: Vec<Option<u64>>,
    /// Was the directory impure, so that copied-up entries were asked for their numbers?
    pub(super) impure: bool,
    /// Layers known to hold whiteouts by attribute.
    pub(super) marked: usize,
    /// An item turned out to be gone or out of reach: good for its users alone.
    pub(super) spoilt: bool,
}

/// Where a reading of a listing came to a halt.
pub(super) enum Halt {
    /// The reader has had enough, or all.
    Done,
    /// At an item of which something must be asked first.
    Asks(usize),
}

/// Finds items by name: a hash table over the text of the listing, of hashes and items.
pub(super) struct Index {
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Index {
    const FREE: (u32, u32) = (0, u32::MAX);

    pub(super) fn new() -> Index {
        Index { slots: vec![Index::FREE; 64], used: 0 }
    }

    pub(super) fn find(&self, list: &Listing, hash: u32, name: &[u8]) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != Index::FREE {
            let (other, item) = self.slots[at];
            if other == hash && list.name(item as usize) == name {
                return Some(item as usize);
            }
            at = (at + 1) & mask;
        }
        None
    }

    pub(super) fn insert(&mut self, hash: u32, item: usize) {
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            let free = vec![Index::FREE; self.slots.len() * 4];
            for slot in std::mem::replace(&mut self.slots, free) {
                if slot != Index::FREE {
                    self.place(slot);
                }
            }
        }
        self.place((hash, item as u32));
    }

    fn place(&mut self, slot: (u32, u32)) {
        let mask = self.slots.len() - 1;
        let mut at = slot.0 as usize & mask;
        while self.slots[at] != Index::FREE {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

impl Listing {
    pub(super) fn name(&self, item: usize) -> &[u8] {
        let it = &self.items[item];
        &self.text[it.start as usize..it.start as usize + usize::from(it.len)]
    }

    pub(super) fn push(&mut self, entry: &Entry<'_>, upper: bool, check: bool) {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(entry.name);
        self.items.push(Item {
            start,
            len: entry.name.len() as u8,
            kind: entry.kind,
            whiteout: false,
            check: check && entry.kind == FileType::Reg,
            upper,
            ino: entry.ino,
            asks: false,
        });
    }

    pub(super) fn entry(&self, item: usize, next: usize) -> Entry<'_> {
        let it = &self.items[item];
        Entry { ino: it.ino, next: next as i64, kind: it.kind, name: self.name(item) }
    }

    /// Hands out what is shown from `at` on. An item is held back until it is known which one
    /// comes after it, since that is its offset.
    pub(super) fn read(
        &self,
        at: &mut usize,
        held: &mut Option<usize>,
        emit: &mut Emit<'_>,
    ) -> Halt {
        while let Some(it) = self.items.get(*at) {
            if !it.whiteout {
                if it.asks || it.check {
                    return Halt::Asks(*at);
                }
                if held.replace(*at).is_some_and(|held| !emit(self.entry(held, *at))) {
                    return Halt::Done;
                }
            }
            *at += 1;
        }
        if let Some(held) = held.take() {
            emit(self.entry(held, self.items.len()));
        }
        Halt::Done
    }

    /// The entries of the lowest layer come first, in its order; then what upper layers add.
    pub(super) fn reorder(&mut self, lowest: &[usize]) {
        let mut taken = vec![false; self.items.len()];
        let mut order = Vec::with_capacity(self.items.len());
        for &at in lowest {
            if !std::mem::replace(&mut taken[at], true) {
                order.push(self.items[at]);
            }
        }
        order.extend(self.items.iter().zip(&taken).filter(|it| !it.1).map(|it| *it.0));
        self.items = order;
    }
}
