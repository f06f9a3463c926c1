//! A table of records by number: a radix tree in shared pages.
//!
//! Clone is O(1); a write copies the pages on the way to one record that somebody else has too, and
//! none otherwise. Records lie in their page, so that reading one waits for memory once.

use std::sync::Arc;

/// Records of one leaf, and pointers of one inner page (powers of two).
const LEAF_BITS: u32 = 4;
const FAN_BITS: u32 = 5;
const LEAF: usize = 1 << LEAF_BITS;
const FAN: usize = 1 << FAN_BITS;

type Leaf<T> = [Option<T>; LEAF];
type Inner<T> = [Option<Page<T>>; FAN];

#[derive(Clone, Debug)]
enum Page<T> {
    Leaf(Arc<Leaf<T>>),
    Inner(Arc<Inner<T>>),
}

/// Records by index, copy-on-write.
#[derive(Clone, Debug)]
pub struct Table<T> {
    root: Option<Page<T>>,
    /// Inner pages above a leaf.
    height: u32,
    len: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { root: None, height: 0, len: 0 }
    }
}

/// The place of an index in a page at some height above the leaves (1 and more).
const fn fan(index: u64, height: u32) -> usize {
    (index >> (LEAF_BITS + FAN_BITS * (height - 1))) as usize & (FAN - 1)
}

const fn place(index: u64) -> usize {
    index as usize & (LEAF - 1)
}

impl<T: Clone> Table<T> {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Is the index beyond what this height can hold?
    fn beyond(&self, index: u64) -> bool {
        let bits = LEAF_BITS + FAN_BITS * self.height;
        bits < 64 && index >> bits != 0
    }

    pub fn get(&self, index: u64) -> Option<&T> {
        if self.beyond(index) {
            return None;
        }
        let mut page = self.root.as_ref()?;
        let mut height = self.height;
        loop {
            match page {
                Page::Leaf(list) => return list[place(index)].as_ref(),
                Page::Inner(kids) => page = kids[fan(index, height)].as_ref()?,
            }
            height -= 1;
        }
    }

    pub fn get_mut(&mut self, index: u64) -> Option<&mut T> {
        if self.beyond(index) {
            return None;
        }
        let mut page = self.root.as_mut()?;
        let mut height = self.height;
        loop {
            match page {
                Page::Leaf(list) => return Arc::make_mut(list)[place(index)].as_mut(),
                Page::Inner(kids) => page = Arc::make_mut(kids)[fan(index, height)].as_mut()?,
            }
            height -= 1;
        }
    }

    /// Puts a record; returns the one that was there.
    pub fn insert(&mut self, index: u64, record: T) -> Option<T> {
        while self.beyond(index) {
            if let Some(below) = self.root.take() {
                let mut kids = [const { None }; FAN];
                kids[0] = Some(below);
                self.root = Some(Page::Inner(Arc::new(kids)));
            }
            self.height += 1;
        }
        let mut height = self.height;
        let mut slot = &mut self.root;
        loop {
            let page = slot.get_or_insert_with(|| match height {
                0 => Page::Leaf(Arc::new([const { None }; LEAF])),
                _ => Page::Inner(Arc::new([const { None }; FAN])),
            });
            match page {
                Page::Leaf(list) => {
                    let old = Arc::make_mut(list)[place(index)].replace(record);
                    self.len += usize::from(old.is_none());
                    return old;
                }
                Page::Inner(kids) => slot = &mut Arc::make_mut(kids)[fan(index, height)],
            }
            height -= 1;
        }
    }

    pub fn remove(&mut self, index: u64) -> Option<T> {
        if self.beyond(index) {
            return None;
        }
        let old = remove(&mut self.root, index, self.height)?;
        self.len -= 1;
        Some(old)
    }

    /// Records with their index, ascending.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { path: self.root.iter().map(|root| (root, 0)).collect(), index: 0 }
    }
}

/// Takes a record out, and the pages that hold none then.
fn remove<T: Clone>(slot: &mut Option<Page<T>>, index: u64, height: u32) -> Option<T> {
    let (old, empty) = match slot.as_mut()? {
        Page::Leaf(list) => {
            let list = Arc::make_mut(list);
            (list[place(index)].take(), list.iter().all(Option::is_none))
        }
        Page::Inner(kids) => {
            let kids = Arc::make_mut(kids);
            let kid = &mut kids[fan(index, height)];
            let old = remove(kid, index, height - 1);
            let gone = kid.is_none();
            (old, gone && kids.iter().all(Option::is_none))
        }
    };
    if empty {
        *slot = None;
    }
    old
}

/// Records of a [`Table`], ascending.
pub struct Iter<'a, T> {
    path: Vec<(&'a Page<T>, usize)>,
    index: u64,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (u64, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let depth = self.path.len();
            let (page, at) = self.path.last_mut()?;
            let here = *at;
            *at += 1;
            match *page {
                Page::Leaf(list) if here < LEAF => {
                    if let Some(record) = &list[here] {
                        return Some((self.index << LEAF_BITS | here as u64, record));
                    }
                }
                Page::Inner(kids) if here < FAN => {
                    if let Some(kid) = &kids[here] {
                        self.index = self.index << FAN_BITS | here as u64;
                        self.path.push((kid, 0));
                    }
                }
                _ => {
                    if depth > 1 {
                        self.index >>= FAN_BITS;
                    }
                    self.path.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn agrees_with_a_map_and_keeps_snapshots() {
        let mut table = Table::default();
        let mut plain = BTreeMap::new();
        let mut kept = Vec::new();
        let mut seed = 9u64;
        for step in 0..5000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let index = (seed >> 40) % if step % 7 == 0 { 1 << 20 } else { 300 };
            match seed >> 33 & 3 {
                0 => assert_eq!(table.remove(index), plain.remove(&index)),
                1 => assert_eq!(table.get_mut(index).copied(), plain.get(&index).copied()),
                _ => assert_eq!(table.insert(index, step), plain.insert(index, step)),
            }
            if step % 1000 == 0 {
                kept.push((table.clone(), plain.clone()));
            }
        }
        kept.push((table, plain));
        for (table, plain) in kept {
            assert_eq!(table.len(), plain.len());
            assert!(table.iter().eq(plain.iter().map(|(index, it)| (*index, it))));
        }
        let mut far = Table::default();
        far.insert(1 << 40, 'x');
        assert_eq!(far.iter().collect::<Vec<_>>(), [(1 << 40, &'x')]);
    }
}
