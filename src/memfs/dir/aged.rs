//! Btrfs and ZFS: each name has a number, given once and never again; entries come oldest first.

use super::{Emit, Slot};
use crate::store::{NameMap, Tree};
use std::sync::Arc;

/// The first number after those of `.` and `..`.
const FIRST: u64 = 2;

#[derive(Clone, Debug)]
struct Ent {
    name: Arc<[u8]>,
    slot: Slot,
}

/// Entries by their number.
#[derive(Clone, Debug)]
pub(super) struct Aged {
    list: Tree<u64, Ent>,
    names: NameMap<u64>,
    next: u64,
    /// Length of all names together.
    pub(super) bytes: u64,
}

impl Aged {
    pub(super) fn new() -> Aged {
        Aged { list: Tree::default(), names: NameMap::default(), next: FIRST, bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        self.list.get(self.names.get(name)?).map(|ent| ent.slot)
    }

    /// Takes a name out, if it is there; a number for the next one.
    pub(super) fn number_for(&mut self, name: &[u8]) -> u64 {
        self.take(name);
        self.next += 1;
        self.next - 1
    }

    pub(super) fn take(&mut self, name: &[u8]) {
        if let Some(number) = self.names.remove(name) {
            self.list.remove(&number);
            self.bytes -= name.len() as u64;
        }
    }

    /// Puts a name that is not there.
    pub(super) fn place(&mut self, name: &[u8], slot: Slot, number: u64) {
        self.bytes += name.len() as u64;
        self.names.insert(name, number);
        self.list.insert(number, Ent { name: name.into(), slot });
    }

    pub(super) fn read(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        let dots = dots.into_iter().zip(0i64..).filter(|(_, at)| pos <= *at);
        for ((name, slot), at) in dots {
            if !emit(name, slot, at + 1) {
                return;
            }
        }
        let from = u64::try_from(pos).unwrap_or(0).max(FIRST);
        for (number, ent) in self.list.from(&from) {
            if *number >= from && !emit(&ent.name, ent.slot, *number as i64 + 1) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::FileType;

    #[test]
    fn a_listing_goes_on_where_it_stopped_whatever_happened_in_between() {
        let mut dir = Aged::new();
        let slot = |ino| Slot { ino, kind: FileType::Reg };
        for (ino, name) in [(1, "a"), (2, "bb"), (3, "c")] {
            let number = dir.number_for(name.as_bytes());
            dir.place(name.as_bytes(), slot(ino), number);
        }
        let read = |dir: &Aged, pos, most| {
            let (mut seen, mut at) = (Vec::new(), pos);
            let dot = Slot { ino: 9, kind: FileType::Dir };
            dir.read([(b".", dot), (b"..", dot)], pos, &mut |name, _, next| {
                let room = seen.len() < most;
                if room {
                    seen.push(String::from_utf8_lossy(name).into_owned());
                    at = next;
                }
                room
            });
            (seen.join(" "), at)
        };
        let (first, at) = read(&dir, 0, 3);
        assert_eq!(first, ". .. a");
        dir.take(b"bb");
        let again = dir.number_for(b"a");
        dir.place(b"a", slot(1), again);
        assert_eq!(read(&dir, at, 9).0, "c a");
        assert_eq!((dir.len(), dir.bytes), (2, 2));
    }
}
