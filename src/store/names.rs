//! A map from names to small values, copy-on-write.

use super::Tree;
use std::sync::Arc;

/// Values by name. Iteration is bytewise sorted.
#[derive(Clone, Debug)]
pub struct NameMap<V> {
    tree: Tree<Arc<[u8]>, V>,
}

impl<V> Default for NameMap<V> {
    fn default() -> Self {
        NameMap { tree: Tree::default() }
    }
}

impl<V: Clone> NameMap<V> {
    pub fn len(&self) -> usize {
        self.tree.len()
    }
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }
    pub fn get(&self, name: &[u8]) -> Option<&V> {
        self.tree.get(name)
    }
    pub fn get_mut(&mut self, name: &[u8]) -> Option<&mut V> {
        self.tree.get_mut(name)
    }
    pub fn insert(&mut self, name: &[u8], value: V) -> Option<V> {
        self.tree.insert(Arc::from(name), value)
    }
    pub fn remove(&mut self, name: &[u8]) -> Option<V> {
        self.tree.remove(name)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> + '_ {
        self.tree.iter().map(|(name, value)| (&**name, value))
    }
}
