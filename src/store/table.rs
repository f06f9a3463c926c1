//! A table of records by number: a radix tree in shared pages.
//!
//! Clone is O(1); a write copies one page of records and the few pages of pointers above it.

use std::sync::Arc;

/// Records of one leaf, and pointers of one inner page (powers of two).
const LEAF_BITS: u32 = 4;
const FAN_BITS: u32 = 4;
const LEAF: usize = 1 << LEAF_BITS;
const FAN: usize = 1 << FAN_BITS;

#[derive(Clone, Debug)]
enum Page<T> {
    Leaf(Vec<Option<T>>),
    Inner([Option<Arc<Page<T>>>; FAN]),
}

/// Records by index, copy-on-write.
#[derive(Clone, Debug)]
pub struct Table<T> {
    root: Option<Arc<Page<T>>>,
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
        let mut page = self.root.as_deref()?;
        let mut height = self.height;
        loop {
            match page {
                Page::Leaf(list) => return list.get(place(index))?.as_ref(),
                Page::Inner(kids) => page = kids[fan(index, height)].as_deref()?,
            }
            height -= 1;
        }
    }

    pub fn get_mut(&mut self, index: u64) -> Option<&mut T> {
        self.get(index)?;
        let mut page = Arc::make_mut(self.root.as_mut()?);
        let mut height = self.height;
        loop {
            match page {
                Page::Leaf(list) => return list.get_mut(place(index))?.as_mut(),
                Page::Inner(kids) => page = Arc::make_mut(kids[fan(index, height)].as_mut()?),
            }
            height -= 1;
        }
    }

    /// Puts a record; returns the one that was there.
    pub fn insert(&mut self, index: u64, record: T) -> Option<T> {
        while self.beyond(index) {
            let below = self.root.take();
            let empty = below.is_none();
            let mut kids = [const { None }; FAN];
            kids[0] = below;
            self.root = (!empty).then(|| Arc::new(Page::Inner(kids)));
            self.height += 1;
        }
        let mut height = self.height;
        let mut slot = &mut self.root;
        loop {
            let page = Arc::make_mut(slot.get_or_insert_with(|| {
                Arc::new(match height {
                    0 => Page::Leaf(Vec::new()),
                    _ => Page::Inner([const { None }; FAN]),
                })
            }));
            match page {
                Page::Leaf(list) => {
                    let old = put(list, place(index), record);
                    self.len += usize::from(old.is_none());
                    return old;
                }
                Page::Inner(kids) => slot = &mut kids[fan(index, height)],
            }
            height -= 1;
        }
    }

    pub fn remove(&mut self, index: u64) -> Option<T> {
        self.get(index)?;
        let mut page = Arc::make_mut(self.root.as_mut()?);
        let mut height = self.height;
        loop {
            match page {
                Page::Leaf(list) => {
                    let old = list.get_mut(place(index))?.take();
                    self.len -= usize::from(old.is_some());
                    return old;
                }
                Page::Inner(kids) => page = Arc::make_mut(kids[fan(index, height)].as_mut()?),
            }
            height -= 1;
        }
    }

    /// Records with their index, ascending.
    pub fn iter(&self) -> Iter<'_, T> {
        let path = self.root.iter().map(|root| (&**root, 0)).collect();
        Iter { path, index: 0 }
    }
}

/// Pages of records are as long as their last record needs.
fn put<T>(list: &mut Vec<Option<T>>, at: usize, record: T) -> Option<T> {
    if list.len() <= at {
        if list.capacity() <= at {
            let room = if list.is_empty() { at + 1 } else { LEAF };
            list.reserve_exact(room - list.len());
        }
        list.resize_with(at + 1, || None);
    }
    list[at].replace(record)
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
                Page::Leaf(list) if here < list.len() => {
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
