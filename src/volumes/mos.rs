//! What a pool of ZFS keeps of its own: objects for datasets and snapshots, `zpool history`, maps of free space.
//!
//! All of it lies in the pool's meta object set, three times. How much it is was read from OpenZFS's own code at work:
//! libzpool 2.1.11 on a file, without the feature `log_spacemap` (0.8 has none), 64 datasets, snapshots, clones or layers as
//! Docker makes them, and `zdb -bbb` for each kind of block. What stands here is that in sectors, all three copies. Blocks
//! that a transaction group freed count as free at once; in a real pool they stay allocated for two groups more.

use super::book::SECTOR;
use super::{Kind, Volumes};
use crate::pool::Stream;

/// A dataset: six dnodes (1152 bytes), its name in a list (408), its lines of the history (336).
const DATASET: u64 = 4;
/// A snapshot: dnodes (672), the list of what was freed since the one before (1368), its lines of the history (168).
const SNAPSHOT: u64 = 4;
/// The same list of a clone, if there was anything before what it is a clone of (1344).
const DEADLIST: u64 = 3;
/// A list of properties in which one is text: such a list is a hashed one of two blocks (12,288; numbers cost nothing).
const TEXT: (u64, u64) = (16, 24);

/// What a transaction group adds to the maps of free space, in bytes (1272).
const ENTRIES: u64 = 1272;
/// A map that has four blocks of 4096 bytes is written anew and shorter: 21,504 bytes came back from one under Docker.
const CONDENSED_AT: u64 = 21_504;
/// A map is a block at least, three times.
const SHORTEST: u64 = 3 * SECTOR;
/// The object under which they lie: no dataset has this number.
pub(super) const MAPS: u64 = 0;

/// The maps of free space, one for each metaslab.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    bytes: Vec<u64>,
    /// Transaction groups so far. Metaslabs take turns.
    groups: u64,
    /// Files have changed in the group that is open.
    open: bool,
}

impl Maps {
    pub(super) fn new(metaslabs: u64) -> Maps {
        Maps { bytes: vec![0; metaslabs.clamp(1, 1000) as usize], groups: 0, open: false }
    }

    /// A group ends: which map it wrote, and how long that is now, in sectors.
    fn write(&mut self) -> (u64, u64) {
        let at = self.groups % self.bytes.len() as u64;
        self.groups += 1;
        let map = &mut self.bytes[at as usize];
        *map =
            if *map + ENTRIES > CONDENSED_AT { SHORTEST } else { (*map + ENTRIES).max(SHORTEST) };
        (at, map.div_ceil(SECTOR))
    }
}

impl Volumes {
    /// A dataset or a snapshot is there from now on.
    pub(super) fn enter(&mut self, name: &str) {
        let Kind::Zfs(own) = &self.kind else { return };
        let Ok(set) = own.get(name) else { return };
        let origin = set.origin.and_then(|it| own.by_tree(it));
        let base = origin.and_then(|it| it.0.split_once('@')).map(|it| it.0);
        let has_past = base.is_some_and(|base| {
            own.get(base).is_ok_and(|it| it.origin.is_some()) || own.snapshots(base).len() > 1
        });
        let takes = match set.is_snapshot {
            true => SNAPSHOT,
            false => DATASET + if has_past { DEADLIST } else { 0 },
        };
        let (objects, tree) = (own.objects(), set.tree);
        let _ = self.pool.claim(Stream::meta(objects, tree).span(0, takes));
        self.enter_properties(name);
    }

    /// Properties of a dataset were set or taken away.
    pub(super) fn enter_properties(&mut self, name: &str) {
        let Kind::Zfs(own) = &self.kind else { return };
        let Ok(set) = own.get(name) else { return };
        let span = Stream::meta(own.objects(), set.tree).span(TEXT.0, TEXT.1);
        let _ = match set.props.contains_key("mountpoint") {
            true => self.pool.claim(span).map(drop),
            false => self.pool.discard(span).map(drop),
        };
    }

    /// A transaction group has ended.
    pub(super) fn end_group(&mut self) {
        let Kind::Zfs(own) = &mut self.kind else { return };
        own.maps.open = false;
        let (at, sectors) = own.maps.write();
        let objects = own.objects();
        let places = CONDENSED_AT.div_ceil(SECTOR);
        let from = at * places;
        let _ = self.pool.claim(Stream::meta(objects, MAPS).span(from, sectors));
        let rest = Stream::meta(objects, MAPS).between(from + sectors, from + places);
        let _ = self.pool.discard(rest);
    }

    /// Files have changed: the first time since the last group ended is the beginning of one more.
    pub(super) fn in_group(&mut self) {
        let Kind::Zfs(own) = &mut self.kind else { return };
        if !own.maps.open {
            self.end_group();
            self.set_group(true);
        }
    }

    /// All that changed is written out.
    pub(super) fn set_group(&mut self, open: bool) {
        if let Kind::Zfs(own) = &mut self.kind {
            own.maps.open = open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_grow_and_are_condensed() {
        let mut maps = Maps::new(2);
        assert_eq!([maps.write(), maps.write(), maps.write()], [(0, 3), (1, 3), (0, 6)]);
        let longest = (0..60).map(|_| maps.write().1).max();
        assert!(longest.is_some_and(|it| (39..=42).contains(&it)), "{longest:?}");
        assert!(maps.bytes.iter().all(|it| *it <= CONDENSED_AT));
    }
}
