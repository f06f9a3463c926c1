//! A map from names to small values, copy-on-write.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by name. Iteration is bytewise sorted.
#[derive(Clone, Debug)]
pub struct NameMap<V> {
    map: Arc<BTreeMap<Arc<[u8]>, V>>,
}

impl<V> Default for NameMap<V> {
    fn default() -> Self {
        NameMap { map: Arc::default() }
    }
}

impl<V: Clone> NameMap<V> {
    pub fn len(&self) -> usize {
        self.map.len()
    }
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
    pub fn get(&self, name: &[u8]) -> Option<&V> {
        self.map.get(name)
    }
    pub fn get_mut(&mut self, name: &[u8]) -> Option<&mut V> {
        Arc::make_mut(&mut self.map).get_mut(name)
    }
    pub fn insert(&mut self, name: &[u8], value: V) -> Option<V> {
        Arc::make_mut(&mut self.map).insert(Arc::from(name), value)
    }
    pub fn remove(&mut self, name: &[u8]) -> Option<V> {
        Arc::make_mut(&mut self.map).remove(name)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> + '_ {
        self.map.iter().map(|(name, value)| (&**name, value))
    }
}
