//! A map from names to small values, copy-on-write: one short list while it is small, then lists
//! behind a hash, of which one more is split each time they have become too full.

use super::Table;
use super::list::{NameList, name_hash};
use std::sync::Arc;

/// Names of a list on average before one is split.
const FULL: usize = 32;
/// Names of the only list.
const FIRST: usize = 96;

/// Values by name. What iterates sees no order.
#[derive(Clone, Debug)]
pub struct NameMap<V> {
    len: usize,
    lists: Lists<V>,
}

#[derive(Clone, Debug)]
enum Lists<V> {
    One(NameList<V>),
    Many(Hashed<V>),
}

/// Linear hashing: lists below `split` tell names apart by one bit more than the others.
#[derive(Clone, Debug)]
struct Hashed<V> {
    lists: Table<Arc<NameList<V>>>,
    /// Bits of the hash that all lists go by.
    bits: u32,
    split: u64,
}

impl<V> Default for NameMap<V> {
    fn default() -> Self {
        NameMap { len: 0, lists: Lists::One(NameList::default()) }
    }
}

impl<V: Clone> NameMap<V> {
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, name: &[u8]) -> Option<&V> {
        match &self.lists {
            Lists::One(list) => list.get(name),
            Lists::Many(it) => it.lists.get(it.list_of(name_hash(name)))?.get(name),
        }
    }

    /// Puts a value; returns the one that was there.
    pub fn insert(&mut self, name: &[u8], value: V) -> Option<V> {
        if let Some(old) = self.list_mut(name).and_then(|it| it.get_mut(name)) {
            return Some(std::mem::replace(old, value));
        }
        match &mut self.lists {
            Lists::One(list) if list.len() < FIRST => list.push(name, value),
            Lists::One(list) => {
                let mut many = Hashed::of(list);
                many.push(name, value, self.len);
                self.lists = Lists::Many(many);
            }
            Lists::Many(many) => many.push(name, value, self.len),
        }
        self.len += 1;
        None
    }

    pub fn remove(&mut self, name: &[u8]) -> Option<V> {
        let old = self.list_mut(name)?.remove(name)?;
        self.len -= 1;
        if self.len == 0 {
            self.lists = Lists::One(NameList::default());
        }
        Some(old)
    }

    fn list_mut(&mut self, name: &[u8]) -> Option<&mut NameList<V>> {
        match &mut self.lists {
            Lists::One(list) => Some(list),
            Lists::Many(it) => it.lists.get_mut(it.list_of(name_hash(name))).map(Arc::make_mut),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> + '_ {
        let (one, many) = match &self.lists {
            Lists::One(list) => (Some(list), None),
            Lists::Many(it) => (None, Some(it.lists.iter().map(|(_, list)| &**list))),
        };
        one.into_iter().chain(many.into_iter().flatten()).flat_map(NameList::iter)
    }
}

impl<V: Clone> Hashed<V> {
    fn of(first: &NameList<V>) -> Hashed<V> {
        let mut lists = Table::default();
        lists.insert(0, Arc::new(first.clone()));
        Hashed { lists, bits: 0, split: 0 }
    }

    fn list_of(&self, hash: u32) -> u64 {
        let at = u64::from(hash) & ((1 << self.bits) - 1);
        if at < self.split { u64::from(hash) & ((2 << self.bits) - 1) } else { at }
    }

    /// Adds a name that is not there to the others.
    fn push(&mut self, name: &[u8], value: V, others: usize) {
        while others / FULL >= self.lists.len() && self.bits < 31 {
            self.split();
        }
        if let Some(list) = self.lists.get_mut(self.list_of(name_hash(name))) {
            Arc::make_mut(list).push(name, value);
        }
    }

    fn split(&mut self) {
        let (low, high) = (self.split, self.split + (1 << self.bits));
        let mut parts = [NameList::default(), NameList::default()];
        if let Some(old) = self.lists.get(low) {
            for (name, value) in old.iter() {
                let part = usize::from(name_hash(name) >> self.bits & 1 == 1);
                parts[part].push(name, value.clone());
            }
        }
        let [lower, upper] = parts.map(Arc::new);
        self.lists.insert(low, lower);
        self.lists.insert(high, upper);
        self.split += 1;
        if self.split == 1 << self.bits {
            (self.bits, self.split) = (self.bits + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn agrees_with_a_btreemap_and_keeps_snapshots() {
        let (mut map, mut plain) = (NameMap::default(), BTreeMap::new());
        let mut kept = Vec::new();
        let mut seed = 5u64;
        for step in 0..40_000u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let name = format!("n{}", (seed >> 40) % if step < 20_000 { 5_000 } else { 60 });
            let name = name.into_bytes();
            match seed >> 33 & 3 {
                0 => assert_eq!(map.remove(&name), plain.remove(&name)),
                1 => assert_eq!(map.get(&name), plain.get(&name)),
                _ => assert_eq!(map.insert(&name, step), plain.insert(name, step)),
            }
            if step % 5_000 == 0 {
                kept.push((map.clone(), plain.clone()));
            }
        }
        plain.keys().for_each(|name| assert!(map.remove(name).is_some()));
        assert!(map.is_empty() && map.iter().next().is_none());
        for (map, plain) in kept {
            let mut all: Vec<_> = map.iter().map(|(name, it)| (name.to_vec(), *it)).collect();
            all.sort_unstable();
            assert_eq!(all.len(), map.len());
            assert!(all.iter().map(|(name, it)| (name, it)).eq(plain.iter()));
        }
    }
}
