//! The inodes that the real kernel knows: their numbers, and how often they were looked up.

use crate::types::Dev;
use crate::vfs::{Kept, MountId, Mounts, Place};
use std::collections::BTreeMap;

/// The number of the mounted root in the protocol.
pub const ROOT: u64 = 1;
/// Bits of an inode number that are the file system's own.
const OWN_BITS: u32 = 48;
/// Numbers for inodes whose shown number is taken.
const SPARE: u64 = 1 << 63;

/// An inode that the real kernel may ask for.
#[derive(Debug)]
struct Node {
    /// Where it was last found: an inode of an overlay has a number for each of its names.
    place: Place,
    /// The same with the one number that the inode has.
    key: Place,
    /// Where it was last found. The mounted root has none.
    up: Option<(u64, Box<[u8]>)>,
    lookups: u64,
    generation: u64,
}

/// What was known of a place that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    New,
    Known,
    /// The inode was known by another name, at this place.
    Elsewhere(Place),
}

/// All of them.
#[derive(Debug, Default)]
pub struct Nodes {
    by_id: BTreeMap<u64, Node>,
    by_key: BTreeMap<Place, u64>,
    /// Mounts, with the devices seen on each, in the order of their first appearance.
    indexes: Vec<(MountId, Dev)>,
    births: u64,
    /// Path of the served root below the root of its mount.
    root_rel: Vec<u8>,
}

impl Nodes {
    /// The root of what is served.
    pub fn root(&mut self, kept: &Kept, dev: Dev) {
        let place = kept.place;
        self.root_rel = kept.rel.to_vec();
        self.number(place.mnt, dev, 0);
        self.by_key.insert(place, ROOT);
        let node = Node { place, key: place, up: None, lookups: 1, generation: 0 };
        self.by_id.insert(ROOT, node);
    }

    /// The number that `stat` shows: mount index << 48 | number in the file system. A mount has an
    /// index for each device that it shows; the mount that is served has 0.
    pub fn number(&mut self, mnt: MountId, dev: Dev, ino: u64) -> u64 {
        let known = self.indexes.iter().position(|it| *it == (mnt, dev));
        let index = known.unwrap_or_else(|| {
            self.indexes.push((mnt, dev));
            self.indexes.len() - 1
        });
        (index as u64) << OWN_BITS | ino
    }

    /// The node of a place that was just looked up under this name. `key` is the place with the
    /// inode's one number; `number` is the number to show, which becomes the node's where it is
    /// free.
    pub fn found(
        &mut self,
        (place, key): (Place, Place),
        number: u64,
        up: (u64, &[u8]),
    ) -> (u64, Met) {
        let known = self.by_key.get(&key).copied();
        let id = known.unwrap_or_else(|| self.add((place, key), number));
        let Some(node) = self.by_id.get_mut(&id) else { return (id, Met::Known) };
        node.lookups += 1;
        if id == ROOT {
            return (id, Met::Known);
        }
        node.up = Some((up.0, up.1.into()));
        let old = std::mem::replace(&mut node.place, place);
        let met = match known {
            None => Met::New,
            Some(_) if old == place => Met::Known,
            Some(_) => Met::Elsewhere(old),
        };
        (id, met)
    }

    fn add(&mut self, (place, key): (Place, Place), number: u64) -> u64 {
        self.births += 1;
        let taken = number <= ROOT || self.by_id.contains_key(&number);
        let id = if taken { SPARE | self.births } else { number };
        let node = Node { place, key, up: None, lookups: 0, generation: self.births };
        self.by_key.insert(key, id);
        self.by_id.insert(id, node);
        id
    }

    pub fn generation(&self, id: u64) -> u64 {
        self.by_id.get(&id).map_or(0, |it| it.generation)
    }

    /// It was renamed.
    pub fn moved(&mut self, key: Place, up: u64, name: &[u8]) {
        let id = self.by_key.get(&key).copied().filter(|id| *id != ROOT);
        if let Some(node) = id.and_then(|id| self.by_id.get_mut(&id)) {
            node.up = Some((up, name.into()));
        }
    }

    /// The real kernel forgets some lookups; the place, when that were all.
    pub fn forget(&mut self, id: u64, lookups: u64) -> Option<Place> {
        let node = self.by_id.get_mut(&id).filter(|_| id != ROOT)?;
        node.lookups = node.lookups.saturating_sub(lookups);
        if node.lookups > 0 {
            return None;
        }
        let node = self.by_id.remove(&id)?;
        self.by_key.remove(&node.key);
        Some(node.place)
    }

    /// Where a node is, with the path by which it was last found.
    pub fn kept(&self, id: u64, mounts: &Mounts) -> Option<Kept> {
        let place = self.by_id.get(&id)?.place;
        let rel = self.path(id, mounts);
        Some(Kept { place, rel: rel.into(), gone: false })
    }

    /// The path below the root of its mount.
    fn path(&self, id: u64, mounts: &Mounts) -> Vec<u8> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = id;
        while let Some(node) = self.by_id.get(&at) {
            let is_top = mounts.get(node.place.mnt).is_some_and(|it| it.root == node.place.ino);
            if is_top {
                break;
            }
            let Some((up, name)) = node.up.as_ref() else {
                names.push(&self.root_rel);
                break;
            };
            // A ring cannot be, but must not hang us either.
            if names.len() > crate::limits::PATH_MAX {
                break;
            }
            names.push(name);
            at = *up;
        }
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.join(&b'/')
    }

    /// Every place that is known.
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        self.by_id.values().map(|it| it.place)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.by_id.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{FsId, Ino};

    fn root() -> Kept {
        Kept { place: place(7, 2), rel: b"srv"[..].into(), gone: false }
    }

    fn place(mnt: u32, ino: u64) -> Place {
        Place { mnt: MountId(mnt), fs: FsId(mnt), ino: Ino(ino) }
    }

    fn twice(mnt: u32, ino: u64) -> (Place, Place) {
        (place(mnt, ino), place(mnt, ino))
    }

    #[test]
    fn numbers_tell_mounts_apart() {
        let mut nodes = Nodes::default();
        nodes.root(&root(), Dev::new(8, 1));
        assert_eq!(nodes.number(MountId(7), Dev::new(8, 1), 12), 12);
        assert_eq!(nodes.number(MountId(9), Dev::new(0, 30), 12), 1 << 48 | 12);
        assert_eq!(nodes.number(MountId(9), Dev::new(0, 31), 12), 2 << 48 | 12);
        assert_eq!(nodes.number(MountId(9), Dev::new(0, 30), 13), 1 << 48 | 13);
    }

    #[test]
    fn lookups_are_counted() {
        let mut nodes = Nodes::default();
        nodes.root(&root(), Dev::new(8, 1));
        assert_eq!(nodes.found(twice(7, 12), 12, (ROOT, b"a")), (12, Met::New));
        assert_eq!(nodes.found(twice(7, 12), 12, (ROOT, b"b")), (12, Met::Known));
        let (other, met) = nodes.found(twice(8, 12), 12, (ROOT, b"c"));
        assert!(met == Met::New && other & SPARE != 0);
        // Another name of the first one, by a number of its own.
        let met = nodes.found((place(7, 99), place(7, 12)), 12, (ROOT, b"d"));
        assert_eq!(met, (12, Met::Elsewhere(place(7, 12))));
        assert_eq!(nodes.forget(12, 1), None);
        assert_eq!(nodes.forget(12, 1), None);
        assert_eq!(nodes.forget(12, 1), Some(place(7, 99)));
        assert_eq!(nodes.forget(ROOT, 9), None);
        assert_eq!(nodes.len(), 2);
    }

    #[test]
    fn paths_follow_renames() {
        let mut nodes = Nodes::default();
        nodes.root(&root(), Dev::new(8, 1));
        nodes.found(twice(7, 12), 12, (ROOT, b"a"));
        nodes.found(twice(7, 13), 13, (12, b"b"));
        let mounts = Mounts::default();
        assert_eq!(nodes.path(13, &mounts), b"srv/a/b");
        nodes.moved(place(7, 12), ROOT, b"z");
        assert_eq!(nodes.path(13, &mounts), b"srv/z/b");
        assert_eq!(nodes.path(ROOT, &mounts), b"srv");
    }
}
