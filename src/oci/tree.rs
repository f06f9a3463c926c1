//! Layers merged: what a container of the image would see, and what each layer changes.
//!
//! The rules are those of the OCI image specification: a whiteout hides lower layers and never its
//! own, wherever it stands; a directory over a directory merges; everything else replaces.

use super::layer::{Item, Layer, Path, What};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An entry of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub layer: u32,
    pub item: u32,
}

/// What happened to a path when a layer was laid on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added { new: Place },
    Replaced { old: Place, new: Place },
    Removed { old: Place },
}

/// The merged tree of some layers. Hard links lead to the entry that has the contents.
#[derive(Clone, Default)]
pub struct Tree {
    layers: Vec<Arc<Layer>>,
    nodes: BTreeMap<Path, Place>,
}

impl Tree {
    /// All of an image's layers, or the first `n`.
    pub fn of(layers: &[Arc<Layer>]) -> Tree {
        let mut tree = Tree::default();
        for layer in layers {
            tree.push(layer.clone(), &mut |_, _| {});
        }
        tree
    }

    /// Lays a layer on top, and tells each change. A path that the layer changes twice is told twice.
    pub fn push(&mut self, layer: Arc<Layer>, tell: &mut dyn FnMut(&Path, Change)) {
        let number = self.layers.len() as u32;
        self.layers.push(layer.clone());
        // First everything that is hidden below, then the layer's own entries.
        for item in &layer.items {
            match item.what {
                What::Whiteout => {
                    self.remove(&item.path, number, true, tell);
                }
                What::Opaque => self.remove(&item.path, number, false, tell),
                _ => {}
            }
        }
        for (at, item) in layer.items.iter().enumerate() {
            if !matches!(item.what, What::Whiteout | What::Opaque) {
                let (inode, _) = layer.inode(at as u32);
                let item_is_dir = item.what == What::Dir;
                self.set(&item.path, item_is_dir, Place { layer: number, item: inode }, tell);
            }
        }
    }

    /// Removes what lower layers have below a path, and the path itself.
    fn remove(
        &mut self,
        path: &[u8],
        layer: u32,
        itself: bool,
        tell: &mut dyn FnMut(&Path, Change),
    ) {
        let mut gone = Vec::new();
        if itself {
            gone.extend(self.nodes.get_key_value(path).map(|(path, old)| (path.clone(), *old)));
        }
        gone.extend(self.below(path).map(|(path, old)| (path.clone(), old)));
        for (path, old) in gone.into_iter().filter(|(_, old)| old.layer < layer) {
            self.nodes.remove(&path);
            tell(&path, Change::Removed { old });
        }
    }

    fn set(&mut self, path: &Path, is_dir: bool, new: Place, tell: &mut dyn FnMut(&Path, Change)) {
        let old = self.nodes.get(path).copied();
        if !is_dir {
            // Whatever lies in a directory goes with it, of this layer too.
            self.remove(path, new.layer + 1, false, tell);
        }
        if old.is_none() {
            self.clear_way(path, new, tell);
        }
        self.nodes.insert(path.clone(), new);
        match old {
            Some(old) if old == new => {}
            Some(old) => tell(path, Change::Replaced { old, new }),
            None => tell(path, Change::Added { new }),
        }
    }

    /// A file of a lower layer where the new path needs a directory gives way.
    fn clear_way(&mut self, path: &[u8], new: Place, tell: &mut dyn FnMut(&Path, Change)) {
        for (at, _) in path.iter().enumerate().rev().filter(|(_, b)| **b == b'/') {
            let Some((parent, old)) = self.nodes.get_key_value(&path[..at]) else { continue };
            let (parent, old) = (parent.clone(), *old);
            if self.item(old).what != What::Dir && old.layer < new.layer {
                self.nodes.remove(&parent);
                tell(&parent, Change::Removed { old });
            }
            return;
        }
    }

    /// Everything below a directory, in order.
    fn below(&self, path: &[u8]) -> impl Iterator<Item = (&Path, Place)> {
        // Paths below `a` lie between `a/` and `a0`, the byte after the slash.
        let (from, to): (Path, Option<Path>) = match path {
            b"" => (Path::from(&b""[..]), None),
            path => ([path, b"/"].concat().into(), Some([path, b"0"].concat().into())),
        };
        let upper = to.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let range = self.nodes.range::<Path, _>((std::ops::Bound::Included(from), upper));
        range.map(|(path, place)| (path, *place))
    }

    /// What an entry is.
    pub fn item(&self, place: Place) -> &Item {
        &self.layers[place.layer as usize].items[place.item as usize]
    }

    pub fn layers(&self) -> &[Arc<Layer>] {
        &self.layers
    }

    /// What lies at a path.
    pub fn get(&self, path: &[u8]) -> Option<Place> {
        self.nodes.get(path).copied()
    }

    /// Every path that has an entry, in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, Place)> {
        self.nodes.iter().map(|(path, place)| (path, *place))
    }

    /// Every path as `layerglass image files` prints it, directories with a slash at their end,
    /// in byte order. Directories that no layer names are there too.
    pub fn names(&self) -> Vec<Vec<u8>> {
        let mut names = Vec::with_capacity(self.nodes.len());
        let mut said: std::collections::BTreeSet<&[u8]> = std::collections::BTreeSet::new();
        for (path, place) in self.iter() {
            for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
                let parent = &path[..at];
                if !self.nodes.contains_key(parent) && said.insert(parent) {
                    names.push([parent, b"/"].concat());
                }
            }
            let is_dir = self.item(place).what == What::Dir;
            names.push(if is_dir { [path, &b"/"[..]].concat() } else { path.to_vec() });
        }
        names.sort();
        names
    }
}
