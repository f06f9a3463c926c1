//! tmpfs and ramfs: newest entry first. Most directories are small, so a short list is what they
//! are until they have grown.

mod large;

use super::{Emit, Slot};
use crate::store::NameList;
use crate::types::FileType;
use large::Large;

/// tmpfs: the position after the last entry (observed on 6.18).
const END: i64 = 0x7fff_ffff;
/// Entries of a short list.
const SHORT: usize = 128;
/// Cookies of a short list are below this.
const SHORT_COOKIES: u64 = 1 << 28;

/// What a short list knows of a name.
#[derive(Clone, Copy, Debug)]
struct Short {
    ino: u32,
    /// The cookie, and the kind in the lowest four bits.
    tag: u32,
}

impl Short {
    fn of(slot: Slot, cookie: u64) -> Option<Short> {
        let ino = u32::try_from(slot.ino).ok()?;
        let tag = (cookie < SHORT_COOKIES).then_some((cookie as u32) << 4)?;
        Some(Short { ino, tag: tag | u32::from(slot.kind.dt()) })
    }

    fn slot(self) -> Slot {
        let kind = FileType::from_bits((self.tag & 15) << 12).unwrap_or(FileType::Reg);
        Slot { ino: u64::from(self.ino), kind }
    }

    fn cookie(self) -> u64 {
        u64::from(self.tag >> 4)
    }
}

#[derive(Clone, Debug)]
enum Entries {
    /// Oldest first.
    Short(NameList<Short>),
    Large(Box<Large>),
}

/// Entries by age.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    entries: Entries,
    next_cookie: u64,
    /// tmpfs: the position of an entry is its cookie. ramfs counts entries instead.
    cookies: bool,
}

impl Listed {
    pub(super) fn new(cookies: bool) -> Listed {
        Listed { entries: Entries::Short(NameList::default()), next_cookie: 3, cookies }
    }

    pub(super) fn len(&self) -> usize {
        match &self.entries {
            Entries::Short(list) => list.len(),
            Entries::Large(it) => it.len(),
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Slot> {
        match &self.entries {
            Entries::Short(list) => list.get(name).map(|it| it.slot()),
            Entries::Large(it) => it.get(name),
        }
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
        match &mut self.entries {
            Entries::Short(list) => list.remove(name).map(Short::cookie),
            Entries::Large(it) => it.take(name),
        }
    }

    /// Puts a name that is not there at the front.
    pub(super) fn place(&mut self, name: &[u8], slot: Slot, cookie: u64) {
        if let Entries::Short(list) = &mut self.entries {
            if let Some(short) = Short::of(slot, cookie).filter(|_| list.len() < SHORT) {
                return list.push(name, short);
            }
            let mut large = Box::new(Large::new(self.cookies));
            list.iter().for_each(|(name, it)| large.place(name, it.slot(), it.cookie()));
            self.entries = Entries::Large(large);
        }
        if let Entries::Large(it) = &mut self.entries {
            it.place(name, slot, cookie);
        }
    }

    pub(super) fn read(&self, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
        match &self.entries {
            Entries::Short(list) if self.cookies => read_cookies(list, dots, pos, emit),
            Entries::Short(list) => {
                let names = list.iter().rev().map(|(name, it)| (name, it.slot()));
                read_counted(names, dots, pos, emit);
            }
            Entries::Large(it) => it.read(dots, pos, emit),
        }
    }
}

/// `.` and `..`, as far as the position is not beyond them; `first` is the position after both.
/// False when the reader has had enough.
fn read_dots(dots: [(&[u8], Slot); 2], pos: i64, first: i64, emit: &mut Emit<'_>) -> bool {
    dots.into_iter()
        .zip([(0, 1), (1, first)])
        .all(|((name, slot), (at, after))| pos > at || emit(name, slot, after))
}

/// The position of an entry is its cookie; the greatest cookie not above the position is where a
/// listing starts (observed on 6.18).
fn read_cookies(list: &NameList<Short>, dots: [(&[u8], Slot); 2], pos: i64, emit: &mut Emit<'_>) {
    let cookie = |index: usize| list.nth(index).map_or(END, |(_, it)| it.cookie() as i64);
    // Entries that are still to come, from the newest on.
    let mut left = list.len();
    let after = |left: usize| left.checked_sub(1).map_or(END, cookie);
    if !read_dots(dots, pos, after(left), emit) || pos == END {
        return;
    }
    if pos > 2 {
        let start = (0..left).filter(|it| cookie(*it) <= pos).max_by_key(|it| cookie(*it));
        left = start.map_or(0, |it| it + 1);
    }
    while let Some((name, it)) = left.checked_sub(1).and_then(|index| list.nth(index)) {
        left -= 1;
        if !emit(name, it.slot(), after(left)) {
            return;
        }
    }
}

/// ramfs: the position counts entries.
fn read_counted<'a>(
    names: impl Iterator<Item = (&'a [u8], Slot)>,
    dots: [(&'a [u8], Slot); 2],
    pos: i64,
    emit: &mut Emit<'_>,
) {
    let all = dots.into_iter().chain(names).enumerate().skip(pos.max(0) as usize);
    for (at, (name, slot)) in all {
        if !emit(name, slot, at as i64 + 1) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(list: &Listed, pos: i64) -> Vec<(Vec<u8>, u64, i64)> {
        let dot = Slot { ino: 1, kind: FileType::Dir };
        let mut out = Vec::new();
        list.read([(b".", dot), (b"..", dot)], pos, &mut |name, slot, after| {
            out.push((name.to_vec(), slot.ino, after));
            true
        });
        out
    }

    /// Nobody can tell how many entries a directory once had.
    #[test]
    fn short_and_large_read_the_same() {
        for cookies in [true, false] {
            let mut short = Listed::new(cookies);
            let mut large = Listed::new(cookies);
            large.entries = Entries::Large(Box::new(Large::new(cookies)));
            let mut seed = 11u64;
            for ino in 2..4000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let name = format!("name{}", (seed >> 40) % 90).into_bytes();
                let slot = Slot { ino, kind: FileType::Sock };
                for list in [&mut short, &mut large] {
                    match seed >> 33 & 1 {
                        0 => drop(list.take(&name)),
                        _ => list.insert(&name, slot),
                    }
                    assert_eq!(list.get(&name), (seed >> 33 & 1 == 1).then_some(slot));
                }
                assert_eq!(short.len(), large.len());
                let pos = (seed >> 50) as i64 % (ino as i64 + 4);
                for pos in [0, 1, 2, pos, END] {
                    assert_eq!(all(&short, pos), all(&large, pos), "from {pos}");
                }
            }
            assert!(matches!(short.entries, Entries::Short(_)));
            (0..SHORT + 2).for_each(|n| {
                short.insert(format!("more{n}").as_bytes(), Slot { ino: 9, kind: FileType::Reg })
            });
            assert!(matches!(short.entries, Entries::Large(_)));
        }
    }
}
