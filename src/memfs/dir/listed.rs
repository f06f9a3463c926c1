//! tmpfs and ramfs: newest entry first.

use super::{Emit, Slot};
use crate::store::Tree;
use std::sync::Arc;

/// tmpfs: the position after the last entry (observed on 6.18).
const END: i64 = 0x7fff_ffff;

#[derive(Clone, Debug)]
struct Ent {
    name: Arc<[u8]>,
    slot: Slot,
    cookie: u64,
}

/// Entries by descending age, with an index of names.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    list: Tree<u64, Ent>,
    names: Tree<(u64, u64), ()>,
    /// tmpfs: cookie to place in the list. ramfs counts entries instead.
    cookies: Option<Tree<u64, u64>>,
    next_place: u64,
    next_cookie: u64,
}

/// FNV-1a.
fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Listed {
    pub(super) fn new(cookies: bool) -> Listed {
        Listed {
            list: Tree::default(),
            names: Tree::default(),
            cookies: cookies.then(Tree::default),
            next_place: u64::MAX,
            next_cookie: 3,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    fn find(&self, name: &[u8]) -> Option<(u64, &Ent)> {
        let hash = hash(name);
        self.names
            .from(&(hash, 0))
            .take_while(|((it, _), ())| *it == hash)
            .filter_map(|((_, place), ())| self.list.get(place).map(|ent| (*place, ent)))
            .find(|(_, ent)| *ent.name == *name)
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        self.find(name).map(|(_, ent)| ent.slot)
    }

    pub(super) fn insert(&mut self, name: &[u8], slot: Slot) {
        let cookie = self.cookie_for(name);
        self.place(name, slot, cookie);
    }

    /// Takes a name out; its cookie, or a fresh one.
    pub(super) fn cookie_for(&mut self, name: &[u8]) -> u64 {
        self.take(name).unwrap_or_else(|| {
            self.next_cookie += 1;
            self.next_cookie - 1
        })
    }

    pub(super) fn take(&mut self, name: &[u8]) -> Option<u64> {
        let place = self.find(name)?.0;
        self.names.remove(&(hash(name), place));
        let ent = self.list.remove(&place)?;
        if let Some(cookies) = &mut self.cookies {
            cookies.remove(&ent.cookie);
        }
        Some(ent.cookie)
    }

    /// Puts a name that is not there at the front.
    pub(super) fn place(&mut self, name: &[u8], slot: Slot, cookie: u64) {
        self.next_place -= 1;
        let place = self.next_place;
        if let Some(cookies) = &mut self.cookies {
            cookies.insert(cookie, place);
        }
        self.names.insert((hash(name), place), ());
        self.list.insert(place, Ent { name: name.into(), slot, cookie });
    }

    pub(super) fn read(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        match &self.cookies {
            Some(cookies) => self.read_cookies(cookies, dots, pos, emit),
            None => self.read_counted(dots, pos, emit),
        }
    }

    /// The position of an entry is its cookie; the greatest cookie not above the position is
    /// where a listing starts (observed on 6.18).
    fn read_cookies(
        &self,
        cookies: &Tree<u64, u64>,
        dots: [(&[u8], Slot); 2],
        pos: i64,
        emit: &mut Emit<'_>,
    ) {
        let first = self.list.iter().next().map_or(END, |(_, ent)| ent.cookie as i64);
        for (at, (name, slot)) in dots.into_iter().enumerate() {
            let after = if at == 0 { 1 } else { first };
            if pos <= at as i64 && !emit(name, slot, after) {
                return;
            }
        }
        let start = match pos {
            ..=2 => 0,
            END => return,
            pos => match cookies.floor(&(pos as u64)) {
                Some((_, place)) => *place,
                None => return,
            },
        };
        let mut rest = self.list.from(&start).map(|(_, ent)| ent).peekable();
        while let Some(ent) = rest.next() {
            let after = rest.peek().map_or(END, |it| it.cookie as i64);
            if !emit(&ent.name, ent.slot, after) {
                return;
            }
        }
    }

    fn read_counted(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        let names = self.list.iter().map(|(_, ent)| (&*ent.name, ent.slot));
        let all = dots.into_iter().chain(names).enumerate().skip(pos.max(0) as usize);
        for (at, (name, slot)) in all {
            if !emit(name, slot, at as i64 + 1) {
                return;
            }
        }
    }
}
