//! What differs between two trees: what `docker diff` prints.
//!
//! Both are walked and their metadata compared, contents never: a file counts as changed by mode,
//! owner, device, size and time (whole seconds when either has no finer ones). What is mounted in the
//! new tree is not looked into: the daemon sees the tree without it.

use super::files;
use crate::sys::Sys;
use crate::types::{Attr, Dev, FileType, Result, Timespec};
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
    let dev = files::stat(sys, new)?.dev;
    let mut walk = Walk { sys, dev, found: BTreeMap::new() };
    walk.dir(old.map(str::as_bytes), new.as_bytes(), b"")?;
    Ok(walk.found.into_iter().map(|(path, kind)| Change { kind, path }).collect())
}

/// A comparison on its way.
struct Walk<'a> {
    sys: &'a mut dyn Sys,
    /// The device of the new tree's directories.
    dev: Dev,
    found: BTreeMap<Vec<u8>, Kind>,
}

impl Walk<'_> {
    /// Compares one directory; whether anything in it changed.
    fn dir(&mut self, old: Option<&[u8]>, new: &[u8], path: &[u8]) -> Result<bool> {
        let mut gone: Vec<Vec<u8>> = match old {
            Some(old) => files::list(self.sys, old)?.into_iter().map(|it| it.name).collect(),
            None => Vec::new(),
        };
        let mut changed = false;
        for entry in files::list(self.sys, new)? {
            let before = old.filter(|_| gone.contains(&entry.name));
            let before = before.map(|old| files::join(old, &entry.name));
            gone.retain(|name| *name != entry.name);
            let (at, shown) = (files::join(new, &entry.name), files::join(path, &entry.name));
            changed |= self.entry(before, &at, shown)?;
        }
        for name in gone {
            self.found.insert(files::join(path, &name), Kind::Deleted);
            changed = true;
        }
        Ok(changed)
    }

    fn entry(&mut self, before: Option<Vec<u8>>, at: &[u8], shown: Vec<u8>) -> Result<bool> {
        let attr = files::lstat(self.sys, at)?;
        let mounted = attr.is_dir() && attr.dev != self.dev;
        let Some(before) = before else {
            self.found.insert(shown.clone(), Kind::Added);
            if attr.is_dir() && !mounted {
                self.dir(None, at, &shown)?;
            }
            return Ok(true);
        };
        if mounted {
            return Ok(false);
        }
        let was = files::lstat(self.sys, &before)?;
        let other =
            differs(&was, &attr) || capability(self.sys, &before) != capability(self.sys, at);
        let mut changed = other;
        if attr.is_dir() {
            let below = was.is_dir().then_some(before.as_slice());
            changed |= self.dir(below, at, &shown)?;
        }
        if changed {
            self.found.insert(shown, Kind::Changed);
        }
        Ok(changed)
    }
}

fn differs(old: &Attr, new: &Attr) -> bool {
    let meta = |it: &Attr| (it.kind, it.mode, it.uid, it.gid, it.rdev);
    if meta(old) != meta(new) {
        return true;
    }
    old.kind != FileType::Dir && (old.size != new.size || !same_time(old.mtime, new.mtime))
}

/// Nothing but what is in it may differ: mode, size and time of two directories.
pub fn is_same_dir(old: &Attr, new: &Attr) -> bool {
    (old.mode, old.size) == (new.mode, new.size) && same_time(old.mtime, new.mtime)
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
