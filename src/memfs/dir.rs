//! Directories: names to inode numbers, in the listing order of the profile.
//!
//! Knows names, numbers and positions; never attributes. `.` and `..` are not stored.

use super::hash;
use crate::types::FileType;
use std::collections::BTreeMap;

/// How a directory orders its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// ext4 with `dir_index`: by half-MD4 of the name.
    Hash([u32; 4]),
    /// tmpfs: newest first, a cookie for each entry.
    Newest,
    /// ramfs: newest first, the position counts entries.
    Counted,
}

/// What a directory knows of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) ino: u64,
    pub(super) kind: FileType,
}

#[derive(Clone, Debug)]
struct Ent {
    name: Box<[u8]>,
    slot: Slot,
    cookie: u64,
}

/// tmpfs: position of the last entry's end (observed on 6.18).
const NEWEST_END: i64 = 0x7fff_ffff;

/// One directory.
#[derive(Clone, Debug)]
pub(super) struct Dir {
    /// The directory above.
    pub(super) parent: u64,
    order: Order,
    names: BTreeMap<Box<[u8]>, (u64, u32)>,
    /// By position in the listing: hash and number among equal hashes, or descending age.
    list: BTreeMap<(u64, u32), Ent>,
    /// tmpfs: cookie to position.
    cookies: BTreeMap<u64, (u64, u32)>,
    next_seq: u64,
    next_cookie: u64,
}

impl Dir {
    pub(super) fn new(parent: u64, order: Order) -> Dir {
        Dir {
            parent,
            order,
            names: BTreeMap::new(),
            list: BTreeMap::new(),
            cookies: BTreeMap::new(),
            next_seq: u64::MAX,
            next_cookie: 3,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        let key = self.names.get(name)?;
        self.list.get(key).map(|it| it.slot)
    }

    /// Entries in listing order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Slot)> {
        self.list.values().map(|it| (&*it.name, it.slot))
    }

    /// Adds a new name at its place in the order.
    pub(super) fn insert(&mut self, name: &[u8], slot: Slot) {
        let cookie = self.new_cookie();
        self.place(name, slot, cookie);
    }

    /// Another inode under this name. With `fresh` the entry itself is new (a rename replaced the
    /// old one): newest-first orders list it first, under the cookie of the name.
    pub(super) fn replace(&mut self, name: &[u8], slot: Slot, fresh: bool) {
        let Some(key) = self.names.get(name).copied() else { return };
        if !fresh || matches!(self.order, Order::Hash(_)) {
            if let Some(ent) = self.list.get_mut(&key) {
                ent.slot = slot;
            }
            return;
        }
        if let Some(cookie) = self.take(name) {
            self.place(name, slot, cookie);
        }
    }

    /// Puts an inode under a name, whether it is there (its cookie stays) or not.
    pub(super) fn set(&mut self, name: &[u8], slot: Slot) {
        if self.names.contains_key(name) {
            self.replace(name, slot, true);
        } else {
            self.insert(name, slot);
        }
    }

    /// The cookie that [`Dir::insert_with`] is to use: that of the name, or a fresh one.
    pub(super) fn cookie_for(&mut self, name: &[u8]) -> u64 {
        match self.take(name) {
            Some(cookie) => cookie,
            None => self.new_cookie(),
        }
    }

    /// Adds a new name under a cookie of [`Dir::cookie_for`].
    pub(super) fn insert_with(&mut self, name: &[u8], slot: Slot, cookie: u64) {
        self.place(name, slot, cookie);
    }

    pub(super) fn remove(&mut self, name: &[u8]) {
        self.take(name);
    }

    fn take(&mut self, name: &[u8]) -> Option<u64> {
        let key = self.names.remove(name)?;
        let ent = self.list.remove(&key)?;
        self.cookies.remove(&ent.cookie);
        Some(ent.cookie)
    }

    fn place(&mut self, name: &[u8], slot: Slot, cookie: u64) {
        let key = match self.order {
            Order::Hash(seed) => {
                let hash = hash::position(seed, name);
                let last = self.list.range((hash, 0)..=(hash, u32::MAX)).next_back();
                (hash, last.map_or(0, |((_, tie), _)| tie + 1))
            }
            _ => {
                self.next_seq -= 1;
                (self.next_seq, 0)
            }
        };
        if self.order == Order::Newest {
            self.cookies.insert(cookie, key);
        }
        self.names.insert(name.into(), key);
        self.list.insert(key, Ent { name: name.into(), slot, cookie });
    }

    fn new_cookie(&mut self) -> u64 {
        let cookie = self.next_cookie;
        self.next_cookie += 1;
        cookie
    }

    /// Calls `emit` for each entry from `pos` on with the position after it, until it says no.
    pub(super) fn read(&self, own: u64, pos: i64, emit: &mut Emit<'_>) {
        match self.order {
            Order::Hash(seed) => self.read_hashed(seed, own, pos, emit),
            Order::Newest => self.read_newest(own, pos, emit),
            Order::Counted => self.read_counted(own, pos, emit),
        }
    }

    fn dots(&self, own: u64) -> [(&'static [u8], Slot); 2] {
        let dir = |ino| Slot { ino, kind: FileType::Dir };
        [(b".", dir(own)), (b"..", dir(self.parent))]
    }

    /// By hash, `.` and `..` among the names.
    fn read_hashed(&self, seed: [u32; 4], own: u64, pos: i64, emit: &mut Emit<'_>) {
        let start = pos.max(0) as u64;
        let mut dots = self.dots(own).map(|(name, slot)| (hash::position(seed, name), name, slot));
        dots.sort_unstable_by_key(|it| it.0);
        let mut dots = dots.into_iter().filter(|it| it.0 >= start).peekable();
        let mut names = self
            .list
            .range((start, 0)..)
            .map(|(key, ent)| (key.0, &*ent.name, ent.slot))
            .peekable();
        let mut pull = || match (dots.peek(), names.peek()) {
            (Some(dot), Some(name)) if dot.0 <= name.0 => dots.next(),
            (Some(_), None) => dots.next(),
            _ => names.next(),
        };
        if start >= hash::END {
            return;
        }
        let mut next = pull();
        while let Some((_, name, slot)) = next {
            next = pull();
            let after = next.map_or(hash::END, |it| it.0);
            if !emit(name, slot, after as i64) {
                return;
            }
        }
    }

    /// Newest first; the position of an entry is its cookie (observed on 6.18).
    fn read_newest(&self, own: u64, pos: i64, emit: &mut Emit<'_>) {
        let first = self.list.values().next().map_or(NEWEST_END, |it| it.cookie as i64);
        for (at, (name, slot)) in self.dots(own).into_iter().enumerate() {
            let after = if at == 0 { 1 } else { first };
            if pos <= at as i64 && !emit(name, slot, after) {
                return;
            }
        }
        let start = match pos {
            ..=2 => (0, 0),
            NEWEST_END => return,
            pos => match self.cookies.range(..=pos as u64).next_back() {
                Some((_, key)) => *key,
                None => return,
            },
        };
        let mut rest = self.list.range(start..).map(|(_, ent)| ent).peekable();
        while let Some(ent) = rest.next() {
            let after = rest.peek().map_or(NEWEST_END, |it| it.cookie as i64);
            if !emit(&ent.name, ent.slot, after) {
                return;
            }
        }
    }

    /// Newest first; the position counts entries.
    fn read_counted(&self, own: u64, pos: i64, emit: &mut Emit<'_>) {
        let dots = self.dots(own).into_iter();
        let all = dots.chain(self.iter()).enumerate().skip(pos.max(0) as usize);
        for (at, (name, slot)) in all {
            if !emit(name, slot, at as i64 + 1) {
                return;
            }
        }
    }
}

/// Gets name, what it is, and the position after it.
pub(super) type Emit<'a> = dyn FnMut(&[u8], Slot, i64) -> bool + 'a;
