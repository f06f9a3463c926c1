//! Many entries: trees by age, by name and by cookie.

use super::super::{Emit, Slot};
use super::{END, read_counted, read_dots};
use crate::store::{NameMap, Tree};
use std::sync::Arc;

#[derive(Clone, Debug)]
struct Ent {
    name: Arc<[u8]>,
    slot: Slot,
    cookie: u64,
}

/// Entries from the newest on, with an index of names.
#[derive(Clone, Debug)]
pub(super) struct Large {
    list: Tree<u64, Ent>,
    /// Places by name.
    names: NameMap<u64>,
    /// tmpfs: cookie to place in the list. ramfs counts entries instead.
    cookies: Option<Tree<u64, u64>>,
    next_place: u64,
}

impl Large {
    pub(super) fn new(cookies: bool) -> Large {
        Large {
            list: Tree::default(),
            names: NameMap::default(),
            cookies: cookies.then(Tree::default),
            next_place: u64::MAX,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        self.list.get(self.names.get(name)?).map(|ent| ent.slot)
    }

    pub(super) fn take(&mut self, name: &[u8]) -> Option<u64> {
        let place = self.names.remove(name)?;
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
        self.names.insert(name, place);
        self.list.insert(place, Ent { name: name.into(), slot, cookie });
    }

    pub(super) fn read(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        match &self.cookies {
            Some(cookies) => self.read_cookies(cookies, dots, pos, emit),
            None => {
                let names = self.list.iter().map(|(_, ent)| (&*ent.name, ent.slot));
                read_counted(names, dots, pos, emit);
            }
        }
    }

    fn read_cookies(
        &self,
        cookies: &Tree<u64, u64>,
        dots: [(&[u8], Slot); 2],
        pos: i64,
        emit: &mut Emit<'_>,
    ) {
        let first = self.list.iter().next().map_or(END, |(_, ent)| ent.cookie as i64);
        if !read_dots(dots, pos, first, emit) {
            return;
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
}
