//! Two trees compared path by path, in the letters of `docker diff`.
//!
//! Times do not count: a rebuilt image has new ones everywhere.

use super::layer::{Item, Path, What};
use super::tree::Tree;
use crate::survey::{Aspect, Difference};

/// What leads from one tree to the other, by path.
pub fn trees(old: &Tree, new: &Tree) -> Vec<Difference> {
    let mut differences = Vec::new();
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return differences,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let of_old = if order.is_le() { left.next() } else { None };
        let of_new = if order.is_ge() { right.next() } else { None };
        let (kind, path, changed) = match (of_old, of_new) {
            (Some((path, a)), Some((_, b))) => {
                let changed = items(old.item(a), new.item(b));
                if changed.is_empty() {
                    continue;
                }
                ('C', path, changed)
            }
            (Some((path, _)), None) => ('D', path, Vec::new()),
            (None, Some((path, _))) => ('A', path, Vec::new()),
            (None, None) => return differences,
        };
        differences.push(Difference { kind, path: shown(path), changed });
    }
}

/// A path as `docker diff` prints it.
fn shown(path: &Path) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}

/// In what two entries differ.
pub fn items(old: &Item, new: &Item) -> Vec<Aspect> {
    let mut changed = Vec::new();
    let mut note = |is: bool, what| {
        if is {
            changed.push(what);
        }
    };
    let kind = |item: &Item| std::mem::discriminant(&item.what);
    if kind(old) != kind(new) {
        note(true, Aspect::Type);
        return changed;
    }
    match (&old.what, &new.what) {
        (What::Reg, What::Reg) => {
            note(old.content != new.content || old.size != new.size, Aspect::Content)
        }
        (What::Symlink(a), What::Symlink(b)) => note(a != b, Aspect::Target),
        (a, b) => note(a != b, Aspect::Device),
    }
    // The mode of a symlink means nothing.
    note(old.mode != new.mode && !matches!(old.what, What::Symlink(_)), Aspect::Mode);
    note((old.uid, old.gid) != (new.uid, new.gid), Aspect::Owner);
    note(old.xattrs != new.xattrs, Aspect::Attributes);
    changed
}
