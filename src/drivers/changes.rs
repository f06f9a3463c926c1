//! What differs between two trees: what `docker diff` prints.
//!
//! Both are walked and their metadata compared, contents never: a file counts as changed by mode,
//! owner, device, size and time (whole seconds when either has no finer ones).

use super::files;
use crate::sys::Sys;
use crate::types::{Attr, FileType, Result, Timespec};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Changed,
    Added,
    Deleted,
}

impl Kind {
    pub fn letter(self) -> char {
        match self {
            Kind::Changed => 'C',
            Kind::Added => 'A',
            Kind::Deleted => 'D',
        }
    }
}

/// A path (from the root, with a slash at its beginning) and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    pub path: Vec<u8>,
}

/// The changes by path. Without an old tree everything is new.
///
/// # Errors
/// The disk's.
pub fn between(sys: &mut dyn Sys, old: Option<&str>, new: &str) -> Result<Vec<Change>> {
    let mut found = BTreeMap::new();
    let old = old.map(str::as_bytes);
    walk(sys, old, new.as_bytes(), b"", &mut found)?;
    Ok(found.into_iter().map(|(path, kind)| Change { kind, path }).collect())
}

/// Compares one directory; whether anything in it changed.
fn walk(
    sys: &mut dyn Sys,
    old: Option<&[u8]>,
    new: &[u8],
    path: &[u8],
    found: &mut BTreeMap<Vec<u8>, Kind>,
) -> Result<bool> {
    let mut gone: Vec<Vec<u8>> = match old {
        Some(old) => files::list(sys, old)?.into_iter().map(|it| it.name).collect(),
        None => Vec::new(),
    };
    let mut changed = false;
    for entry in files::list(sys, new)? {
        let at = files::join(new, &entry.name);
        let shown = files::join(path, &entry.name);
        let attr = files::lstat(sys, &at)?;
        let before = old.filter(|_| gone.contains(&entry.name));
        let before = before.map(|old| files::join(old, &entry.name));
        gone.retain(|name| *name != entry.name);
        let before = match before {
            Some(before) => Some((files::lstat(sys, &before)?, before)),
            None => None,
        };
        let kind = match &before {
            None => Some(Kind::Added),
            Some((was, before)) => {
                let other = differs(was, &attr) || capability(sys, before) != capability(sys, &at);
                other.then_some(Kind::Changed)
            }
        };
        if let Some(kind) = kind {
            found.insert(shown.clone(), kind);
            changed = true;
        }
        if attr.is_dir() {
            let below = before.filter(|(was, _)| was.is_dir()).map(|(_, before)| before);
            if walk(sys, below.as_deref(), &at, &shown, found)? {
                found.entry(shown).or_insert(Kind::Changed);
                changed = true;
            }
        }
    }
    for name in gone {
        found.insert(files::join(path, &name), Kind::Deleted);
        changed = true;
    }
    Ok(changed)
}

fn differs(old: &Attr, new: &Attr) -> bool {
    let meta = |it: &Attr| (it.kind, it.mode, it.uid, it.gid, it.rdev);
    if meta(old) != meta(new) {
        return true;
    }
    old.kind != FileType::Dir && (old.size != new.size || !same_time(old.mtime, new.mtime))
}

fn same_time(a: Timespec, b: Timespec) -> bool {
    a.sec == b.sec && (a.nsec == b.nsec || a.nsec == 0 || b.nsec == 0)
}

fn capability(sys: &mut dyn Sys, path: &[u8]) -> Option<Vec<u8>> {
    sys.getxattr(path, b"security.capability", false).ok()
}

/// Bytes of the files that were added or changed.
///
/// # Errors
/// The disk's.
pub fn size(sys: &mut dyn Sys, root: &str, found: &[Change]) -> Result<u64> {
    let mut total = 0;
    let mut seen = std::collections::BTreeSet::new();
    for change in found.iter().filter(|it| it.kind != Kind::Deleted) {
        let attr = files::lstat(sys, &[root.as_bytes(), &change.path].concat())?;
        if attr.kind == FileType::Reg && (attr.nlink < 2 || seen.insert(attr.ino)) {
            total += attr.size;
        }
    }
    Ok(total)
}
