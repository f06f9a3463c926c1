//! Listing: the names of all branches, each once, without those that whiteouts hide.
//!
//! A listing that has begun does not change; going back to the start makes a new one. The order is
//! to be taken as none (F1).

use super::real::Real;
use super::{Aufs, format};
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh};
use crate::trace::Rule;
use crate::types::{FileType, OpenFlags, Result, Whence};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An entry of a merged directory.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub name: Vec<u8>,
    pub kind: FileType,
    pub real: Real,
}

/// An entry with the number it is shown with.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    name: Vec<u8>,
    kind: FileType,
    number: u64,
}

impl Aufs {
    pub(super) fn list(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        if self.node(id)?.gone {
            return Err(Errno::ENOENT);
        }
        let known = self.files.get(fh.0).ok_or(Errno::EBADF)?.listing.clone();
        let listing = match known.filter(|_| pos != 0) {
            Some(listing) => listing,
            None => {
                let listing = Arc::new(self.numbered(cx, id)?);
                if let Some(open) = self.files.get_mut(fh.0) {
                    open.listing = Some(listing.clone());
                }
                listing
            }
        };
        let from = usize::try_from(pos).map_err(|_| Errno::EINVAL)?;
        for (at, it) in listing.iter().enumerate().skip(from) {
            let entry =
                Entry { ino: it.number, next: at as i64 + 1, kind: it.kind, name: &it.name };
            if !emit(entry) {
                break;
            }
        }
        Ok(())
    }

    fn numbered(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Vec<Listed>> {
        let parent = self.node(id)?.parent;
        let dots = [(&b"."[..], id), (b"..", parent)];
        let dots =
            dots.map(|(name, number)| Listed { name: name.to_vec(), kind: FileType::Dir, number });
        let items = self.merged_names(cx, id)?;
        self.decide(cx, id, Rule::AufsListed, None);
        let mut out = dots.to_vec();
        for item in items {
            let number = self.number(item.real);
            out.push(Listed { name: item.name, kind: item.kind, number });
        }
        Ok(out)
    }

    /// What can be seen in a directory, `.` and `..` left out.
    pub(super) fn merged_names(&self, cx: &mut Cx<'_>, id: u64) -> Result<Vec<Item>> {
        let reals = self.dir(id)?.reals.clone();
        let (mut seen, mut hidden) = (BTreeSet::new(), BTreeSet::<Vec<u8>>::new());
        let mut out = Vec::new();
        for real in reals {
            let all = self.raw_entries(cx, real)?;
            if self.branches[real.branch].honours_whiteouts() {
                let names = all.iter().filter_map(|it| format::hidden_by(&it.name));
                hidden.extend(names.map(<[u8]>::to_vec));
            }
            for item in all {
                let own = format::is_own(&item.name) && !self.shows_whiteouts();
                if !own && !hidden.contains(&item.name) && seen.insert(item.name.clone()) {
                    out.push(item);
                }
            }
        }
        Ok(out)
    }

    fn raw_entries(&self, cx: &mut Cx<'_>, dir: Real) -> Result<Vec<Item>> {
        let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY;
        let mut out = Vec::new();
        self.on(cx, dir, |f, cx, ino| {
            let fh = f.open(cx, ino, flags)?;
            let done = f.readdir(cx, ino, fh, 0, &mut |entry| {
                if entry.name != b"." && entry.name != b".." {
                    let real = Real { ino: crate::types::Ino(entry.ino), ..dir };
                    out.push(Item { name: entry.name.to_vec(), kind: entry.kind, real });
                }
                true
            });
            f.release(cx, ino, fh);
            done
        })?;
        // A listed number need not be the handle (a branch may be a union itself).
        for item in &mut out {
            if let Some(real) = self.child(cx, dir, &item.name)? {
                item.real = real;
            }
        }
        Ok(out)
    }

    /// All names in a directory of a branch.
    pub(super) fn raw_names(&self, cx: &mut Cx<'_>, dir: Real) -> Result<Vec<Vec<u8>>> {
        Ok(self.raw_entries(cx, dir)?.into_iter().map(|it| it.name).collect())
    }

    pub(super) fn seek_listing(pos: i64, off: i64, whence: Whence) -> Result<i64> {
        let to = match whence {
            Whence::Set => Some(off),
            Whence::Cur => pos.checked_add(off),
            _ => None,
        };
        to.filter(|it| *it >= 0).ok_or(Errno::EINVAL)
    }
}
