//! Copy-up with an index: a file gets there first and its names are links to it; a directory gets
//! an entry that points at it.

use super::Plan;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::format::nlink::Base;
use crate::overlay::real::{Place, times};
use crate::trace::Rule;
use crate::types::{Ino, Mode, NodeKind, RenameFlags, Result};

impl Overlay {
    /// Does the index get an entry when this is copied up? A file with several names below, and
    /// with `nfs_export` everything.
    pub(in crate::overlay) fn needs_index(&self, cx: &mut Cx<'_>, id: u64) -> Result<bool> {
        let inode = self.node(id)?;
        let Some(low) = inode.lower.first().filter(|_| self.indexes()) else { return Ok(false) };
        if self.indexes_all() {
            return Ok(true);
        }
        Ok(!inode.is_dir() && self.raw_links(cx, self.layer_fs(low.layer), low.ino)? > 1)
    }

    /// Gives a file that is in the upper layer already its current name there as well (R7.3).
    pub(super) fn link_up(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let inode = self.node(id)?;
        let (parent, name) = (inode.parent, inode.name.clone());
        self.decide(cx, id, Rule::LinkUp, None);
        let upper_dir = self.upper_of(parent)?;
        let before = cx.on(self.upper_fs(), |f, cx| f.getattr(cx, upper_dir))?;
        self.set_impure(cx, parent)?;
        self.keep_count(cx, id, Base::Lower)?;
        let upper = self.upper_of(id)?;
        let linked = match self.is_lost(cx, upper, (upper_dir, &name))? {
            true => Err(Errno::ENOENT),
            false => self.do_link(cx, Place::In(parent, &name), upper, upper_dir, &name),
        };
        if let Err(errno @ (Errno::EEXIST | Errno::ENOENT)) = linked {
            self.decide(cx, id, Rule::CopyUpUnlinked, Some(errno));
        }
        linked?;
        let back = times(before.atime, before.mtime);
        // Best effort, as on Linux.
        let _ = self.do_setattr(cx, Place::Of(parent), upper_dir, &back);
        self.set_linked(id, true);
        self.keep_count(cx, id, Base::Upper)
    }

    /// Has an upper file lost its last name, so that it gets no other one? A name that is taken is the first
    /// thing to be noticed.
    fn is_lost(&self, cx: &mut Cx<'_>, upper: Ino, (dir, name): (Ino, &[u8])) -> Result<bool> {
        let fs = self.upper_fs();
        Ok(self.raw_links(cx, fs, upper)? == 0 && self.raw_lookup(cx, fs, dir, name)?.is_none())
    }

    /// The entry of a directory that is about to get its name: an empty directory that says which
    /// one it means (R7.6).
    pub(super) fn index_dir(&mut self, cx: &mut Cx<'_>, plan: &Plan, upper: Ino) -> Result<()> {
        self.decide(cx, plan.id, Rule::IndexMade, None);
        let work = self.work.ok_or(Errno::EROFS)?;
        let new = self.bare_node(cx, NodeKind::Dir, Mode(0));
        let (temp, name) = self.make_temp(cx, &new)?;
        let value = self.upper_handle(cx, upper);
        let entry = self.index_name(cx, plan.from);
        let place = Place::Work(&entry);
        let mut res = self.do_set_private(cx, Place::Work(&name), temp, self.names().upper, &value);
        if res.is_ok() {
            let there = self.raw_lookup(cx, self.upper_fs(), work, &entry)?;
            let to = (work, &entry[..], there);
            res = self.do_rename(cx, place, (work, &name, temp), to, RenameFlags::NONE);
        }
        if res.is_err() {
            self.cleanup(cx, work, &name, Place::Work(&name));
        }
        res
    }
}
