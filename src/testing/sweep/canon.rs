//! What makes two states one: an observation of the layers and the merged tree, up to names that mean
//! nothing.
//!
//! Identified, each because no rule of OverlayFS looks at it:
//!
//! - numbers of inodes, of temporary names and of devices: by first appearance in the text;
//! - which operation set a stamp: only the order of the stamps of one object is kept, since a file that
//!   is read gets a new atime if that is not younger than its other stamps, and nothing else compares
//!   stamps. Stamps that a script chose stay;
//! - positions in listings, of which only the order is kept: on tmpfs each new entry gets the next;
//! - two names that are exchanged everywhere (tmpfs does not hash names).
//!
//! Everything else stays: types, modes, owners, link counts, sizes, blocks, content, attributes in
//! their order, listings in theirs, marks where a listing and `stat` disagree, errors of looking.
//!
//! Not seen, and so not told apart: caches of the kernel (a state is visited on the shortest way that leads
//! to it), and open descriptors, of which actions leave none.

use crate::testing::observe::Seen;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The first half of the SHA-256 of a canonical text.
pub type Key = [u8; 16];

/// The state's key; `names` is how many of `a` and `b` may change places (1: none).
pub fn key(seen: &Seen, names: usize) -> Key {
    let digest = Sha256::digest(text(seen, names).as_bytes());
    std::array::from_fn(|at| digest[at])
}

/// The canonical text itself.
pub fn text(seen: &Seen, names: usize) -> String {
    let own = Writer::default().write(seen, false);
    if names < 2 {
        return own;
    }
    own.min(Writer::default().write(seen, true))
}

/// Gives things the numbers of their first appearance.
#[derive(Default)]
struct Writer {
    numbers: BTreeMap<String, usize>,
    swap: bool,
}

impl Writer {
    fn write(mut self, seen: &Seen, swap: bool) -> String {
        self.swap = swap;
        let mut out = String::new();
        // Entries of an index are called after objects that stand elsewhere: last, and sorted by
        // what these are called here.
        let (index, plain): (Vec<_>, Vec<_>) = seen.iter().partition(|it| it.0.contains("/@"));
        for part in [plain, index] {
            let mut part: Vec<(String, &str)> =
                part.into_iter().map(|(path, line)| (self.path(path), &line[..])).collect();
            part.sort();
            for (path, line) in part {
                out.push_str(&path);
                self.line(line, &mut out);
                out.push('\n');
            }
        }
        out
    }

    fn number(&mut self, thing: &str) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(thing.to_owned()).or_insert(next)
    }

    fn path(&mut self, path: &str) -> String {
        let parts: Vec<String> = path.split('/').map(|it| self.name(it)).collect();
        parts.join("/")
    }

    /// A name, perhaps with a mark or a bracket behind it.
    fn name(&mut self, name: &str) -> String {
        let end = name.find(['!', '^', ']']).unwrap_or(name.len());
        let (bare, mark) = name.split_at(end);
        let bare = match bare {
            "a" if self.swap => "b".to_owned(),
            "b" if self.swap => "a".to_owned(),
            it if it.starts_with('#') => format!("#{}", self.number(it)),
            it => match it.strip_prefix('@') {
                Some(label) if label.starts_with('?') => format!("@?{}", self.number(label)),
                Some(label) => format!("@{}", self.value(label)),
                None => it.to_owned(),
            },
        };
        bare + mark
    }

    /// The label of an inode, perhaps with flags behind it; other values are themselves.
    fn value(&mut self, value: &str) -> String {
        let (label, flags) = value.split_at(value.find('+').unwrap_or(value.len()));
        match is_numbered(label, "i") {
            true => format!("i{}{flags}", self.number(label)),
            false => value.to_owned(),
        }
    }

    fn line(&mut self, line: &str, out: &mut String) {
        let (head, listing) = match line.find(" [") {
            Some(at) => line.split_at(at),
            None => (line, ""),
        };
        let ranks = ranks(head);
        let mut target = false;
        for word in head.split(' ').filter(|it| !it.is_empty()) {
            let word = match (word.split_once('='), stamp(word)) {
                _ if target => self.path(word),
                _ if word.starts_with('"') => word.to_owned(),
                (_, Some((which, number))) => format!("{which}t{}", ranks[&number]),
                (Some((name, to)), _) if name.ends_with(".overlay.redirect") => {
                    format!("{name}={}", self.path(to))
                }
                (Some((name, value)), _) => format!("{name}={}", self.value(value)),
                _ if is_device(word) => format!("v{}", self.number(word)),
                _ => self.value(word),
            };
            target = word == "->";
            write!(out, " {word}").ok();
        }
        for name in listing.split(' ').filter(|it| !it.is_empty()) {
            if name == "/" || name == "[/" {
                out.push(']');
                break;
            }
            let (open, name) = match name.strip_prefix('[') {
                Some(rest) => ("[", rest),
                None => ("", name),
            };
            let name = self.name(name);
            write!(out, " {open}{name}").ok();
        }
    }
}

/// `i12` with the prefix `i`.
fn is_numbered(word: &str, prefix: &str) -> bool {
    let digits = word.strip_prefix(prefix).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

fn is_device(word: &str) -> bool {
    word.len() == 2 && word.starts_with('v') && word.as_bytes()[1].is_ascii_uppercase()
}

/// A stamp that an operation set: which of the object's (`a`, `c` or none for mtime), and when.
fn stamp(word: &str) -> Option<(&str, u32)> {
    let (which, number) = word.split_once('t')?;
    let known = matches!(which, "" | "a" | "c") && is_numbered(number, "");
    known.then(|| number.parse().ok().map(|it| (which, it)))?
}

/// The order of the stamps of one object.
fn ranks(head: &str) -> BTreeMap<u32, usize> {
    let mut all: Vec<u32> = head.split(' ').filter_map(|it| Some(stamp(it)?.1)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().enumerate().map(|(rank, it)| (it, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &[(&str, &str)]) -> Seen {
        lines.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
    }

    #[test]
    fn numbers_and_the_time_of_operations_do_not_matter() {
        let one = seen(&[
            ("l1", "d 0755 n2 i1 @0 size=60 blocks=0 ct4 [a / 3]"),
            ("l1/a", "f 0644 i9 @1 size=3 blocks=8 ct7 \"low\""),
            ("u/a", "f 0644 i4 t9 at8 size=3 blocks=8 ct9 \"low\" trusted.overlay.origin=i9"),
            ("w/index/@i9", "f 0644 i4 t9 [#7 / 1]"),
        ]);
        let other = seen(&[
            ("l1", "d 0755 n2 i3 @0 size=60 blocks=0 ct5 [a / 8]"),
            ("l1/a", "f 0644 i2 @1 size=3 blocks=8 ct5 \"low\""),
            ("u/a", "f 0644 i5 t6 at5 size=3 blocks=8 ct6 \"low\" trusted.overlay.origin=i2"),
            ("w/index/@i2", "f 0644 i5 t6 [#1 / 9]"),
        ]);
        assert_eq!(text(&one, 1), text(&other, 1));
        assert_eq!(
            text(&one, 1).lines().collect::<Vec<_>>(),
            [
                "l1 d 0755 n2 i0 @0 size=60 blocks=0 ct0 [a]",
                "l1/a f 0644 i1 @1 size=3 blocks=8 ct0 \"low\"",
                "u/a f 0644 i2 t1 at0 size=3 blocks=8 ct1 \"low\" trusted.overlay.origin=i1",
                "w/index/@i1 f 0644 i2 t0 [#3]",
            ]
        );
    }

    #[test]
    fn names_may_change_places() {
        let one = seen(&[
            ("m/a", "l 0777 i1 @1 size=1 blocks=0 ct1 -> b"),
            ("m/b", "d 0755 n2 i2 @1 ct1 trusted.overlay.redirect=/a/b [b! a]"),
        ]);
        let other = seen(&[
            ("m/a", "d 0755 n2 i2 @1 ct1 trusted.overlay.redirect=/b/a [a! b]"),
            ("m/b", "l 0777 i1 @1 size=1 blocks=0 ct1 -> a"),
        ]);
        assert_eq!(text(&one, 2), text(&other, 2));
        assert_ne!(text(&one, 1), text(&other, 1));
    }

    #[test]
    fn what_can_be_told_apart_stays_apart() {
        let base = "f 0644 i1 t4 at3 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1";
        let others = [
            "f 0600 i1 t4 at3 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1",
            "f 0644 n2 i1 t4 at3 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1",
            "f 0644 i1 t4 at3 size=3 blocks=8 ct4 \"row\" trusted.overlay.origin=i1",
            "f 0644 i1 t4 at3 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i2",
            "f 0644 i1 t3 at4 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1",
            "f 0644 i1 t4 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1",
            "f 0644 i1 @4 at3 size=3 blocks=8 ct4 \"low\" trusted.overlay.origin=i1",
        ];
        for other in others {
            assert_ne!(
                key(&seen(&[("u/a", base)]), 2),
                key(&seen(&[("u/a", other)]), 2),
                "{other}"
            );
        }
        let order = |listing: &str| key(&seen(&[("u", &format!("d 0755 n2 i1 @0 {listing}"))]), 1);
        assert_ne!(order("[a b / 2 1]"), order("[b a / 2 1]"));
        assert_ne!(order("[a b!]"), order("[a b]"));
    }
}
