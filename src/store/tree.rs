//! An ordered map in shared pages: clone is O(1), a write copies the pages from the root to one leaf.

use std::borrow::Borrow;
use std::sync::Arc;

/// Records of one page.
const FULL: usize = 32;

/// Keys and values in order, copy-on-write.
#[derive(Clone, Debug)]
pub struct Tree<K, V> {
    root: Option<Arc<Node<K, V>>>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    /// Children with a key that is not above any key in them (the first one's is not used).
    Inner(Vec<(K, Arc<Node<K, V>>)>),
}

impl<K, V> Tree<K, V> {
    pub const fn new() -> Tree<K, V> {
        Tree { root: None, len: 0 }
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree::new()
    }
}

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    /// The child that holds a key.
    fn child<Q: Ord + ?Sized>(kids: &[(K, Arc<Node<K, V>>)], key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        kids.partition_point(|(first, _)| first.borrow() <= key).saturating_sub(1)
    }

    fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self {
            Node::Leaf(list) => {
                list.binary_search_by(|(it, _)| it.borrow().cmp(key)).ok().map(|at| &list[at].1)
            }
            Node::Inner(kids) => kids[Self::child(kids, key)].1.get(key),
        }
    }

    fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self {
            Node::Leaf(list) => {
                let at = list.binary_search_by(|(it, _)| it.borrow().cmp(key)).ok()?;
                Some(&mut list[at].1)
            }
            Node::Inner(kids) => {
                let at = Self::child(kids, key);
                Arc::make_mut(&mut kids[at].1).get_mut(key)
            }
        }
    }

    /// Puts a record; a page that became too full hands back its upper half.
    fn insert(&mut self, key: K, value: V, old: &mut Option<V>) -> Option<(K, Arc<Self>)> {
        match self {
            Node::Leaf(list) => {
                match list.binary_search_by(|(it, _)| it.cmp(&key)) {
                    Ok(at) => *old = Some(std::mem::replace(&mut list[at].1, value)),
                    Err(at) => {
                        if list.len() == list.capacity() {
                            list.reserve_exact(list.len() / 4 + 1);
                        }
                        list.insert(at, (key, value));
                    }
                }
                (list.len() > FULL).then(|| {
                    let upper = list.split_off(Self::cut(list.len()));
                    (upper[0].0.clone(), Arc::new(Node::Leaf(upper)))
                })
            }
            Node::Inner(kids) => {
                let at = Self::child(kids, &key);
                let more = Arc::make_mut(&mut kids[at].1).insert(key, value, old)?;
                kids.insert(at + 1, more);
                (kids.len() > FULL).then(|| {
                    let upper = kids.split_off(Self::cut(kids.len()));
                    (upper[0].0.clone(), Arc::new(Node::Inner(upper)))
                })
            }
        }
    }

    const fn cut(len: usize) -> usize {
        len / 2
    }

    fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match self {
            Node::Leaf(list) => {
                let at = list.binary_search_by(|(it, _)| it.borrow().cmp(key)).ok()?;
                Some(list.remove(at).1)
            }
            Node::Inner(kids) => {
                let at = Self::child(kids, key);
                let old = Arc::make_mut(&mut kids[at].1).remove(key);
                if kids[at].1.is_empty() && kids.len() > 1 {
                    kids.remove(at);
                }
                old
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Node::Leaf(list) => list.is_empty(),
            Node::Inner(kids) => kids.iter().all(|(_, kid)| kid.is_empty()),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.root.as_ref()?.get(key)
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        Arc::make_mut(self.root.as_mut()?).get_mut(key)
    }

    /// The value for writing, if nobody else shares any page on the way to it.
    pub fn get_unshared(&mut self, key: &K) -> Option<&mut V> {
        let mut node = Arc::get_mut(self.root.as_mut()?)?;
        loop {
            match node {
                Node::Leaf(list) => {
                    let at = list.binary_search_by(|(it, _)| it.borrow().cmp(key)).ok()?;
                    return Some(&mut list[at].1);
                }
                Node::Inner(kids) => {
                    let at = Node::child(kids, key);
                    node = Arc::get_mut(&mut kids[at].1)?;
                }
            }
        }
    }

    /// Puts a record; returns the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let root = self.root.get_or_insert_with(|| Arc::new(Node::Leaf(Vec::new())));
        let mut old = None;
        if let Some(upper) = Arc::make_mut(root).insert(key, value, &mut old) {
            let lower = (upper.0.clone(), root.clone());
            *root = Arc::new(Node::Inner(vec![lower, upper]));
        }
        self.len += usize::from(old.is_none());
        old
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        let root = self.root.as_mut()?;
        let old = Arc::make_mut(root).remove(key);
        self.len -= usize::from(old.is_some());
        if self.len == 0 {
            self.root = None;
        }
        while let Some(Node::Inner(kids)) = self.root.as_deref() {
            let [(_, only)] = kids.as_slice() else { break };
            self.root = Some(only.clone());
        }
        old
    }

    /// Records in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { path: Vec::new() };
        if let Some(root) = &self.root {
            iter.path.push((root, 0));
        }
        iter
    }

    /// Records from the first key on that is not below `key`.
    pub fn from(&self, key: &K) -> Iter<'_, K, V> {
        let mut iter = Iter { path: Vec::new() };
        let mut next = self.root.as_deref();
        while let Some(node) = next {
            let at = match node {
                Node::Leaf(list) => list.partition_point(|(it, _)| it < key),
                Node::Inner(kids) => Node::child(kids, key),
            };
            match node {
                Node::Leaf(_) => {
                    iter.path.push((node, at));
                    next = None;
                }
                Node::Inner(kids) => {
                    iter.path.push((node, at + 1));
                    next = Some(&kids[at].1);
                }
            }
        }
        iter
    }

    /// The last record whose key is not above `key`.
    pub fn floor(&self, key: &K) -> Option<(&K, &V)> {
        Self::floor_in(self.root.as_deref()?, key)
    }

    fn floor_in<'a>(node: &'a Node<K, V>, key: &K) -> Option<(&'a K, &'a V)> {
        match node {
            Node::Leaf(list) => {
                let at = list.partition_point(|(it, _)| it <= key).checked_sub(1)?;
                Some((&list[at].0, &list[at].1))
            }
            Node::Inner(kids) => {
                // Removals leave separators lower than any key: look further left then.
                let at = Node::child(kids, key);
                (0..=at).rev().find_map(|at| Self::floor_in(&kids[at].1, key))
            }
        }
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Tree<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut tree = Tree::default();
        for (key, value) in iter {
            tree.insert(key, value);
        }
        tree
    }
}

/// Records of a [`Tree`] in order.
pub struct Iter<'a, K, V> {
    path: Vec<(&'a Node<K, V>, usize)>,
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (node, at) = self.path.last_mut()?;
            let here = *at;
            *at += 1;
            match *node {
                Node::Leaf(list) => match list.get(here) {
                    Some((key, value)) => return Some((key, value)),
                    None => self.path.pop(),
                },
                Node::Inner(kids) => match kids.get(here) {
                    Some((_, kid)) => {
                        self.path.push((kid, 0));
                        continue;
                    }
                    None => self.path.pop(),
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn agrees_with_a_btreemap_and_keeps_snapshots() {
        let mut tree = Tree::default();
        let mut plain = BTreeMap::new();
        let mut seed = 3u64;
        let mut next = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut kept = Vec::new();
        for step in 0..20_000u64 {
            let key = next(3000);
            match next(if step < 8000 { 4 } else { 9 }) {
                0..3 => assert_eq!(tree.insert(key, step), plain.insert(key, step)),
                3 if step % 500 == 3 => kept.push((tree.clone(), plain.clone())),
                _ => assert_eq!(tree.remove(&key), plain.remove(&key)),
            }
            assert_eq!(tree.floor(&key), plain.range(..=key).next_back());
            assert_eq!(tree.from(&key).next(), plain.range(key..).next());
            assert_eq!(tree.len(), plain.len());
        }
        kept.push((tree, plain));
        for (tree, plain) in kept {
            assert!(tree.iter().eq(plain.iter()));
        }
    }
}
