//! Names that come and go: create, link, unlink, rmdir.
//!
//! A name that a branch below has too is hidden by a whiteout, `.wh.NAME`, one more name of the
//! branch's `.wh..wh.aufs`. A directory made where something was hidden is opaque (F1).

use super::copy_up::Extent;
use super::format;
use super::node::Node;
use super::real::{Place, Real};
use super::{Aufs, NEW_NODE};
use crate::errno::Errno;
use crate::fs::{Cx, NewNode};
use crate::trace::Rule;
use crate::types::{Ino, Mode, NodeKind, Result};

/// What a caller thinks it removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    File,
    Dir,
}

impl Aufs {
    pub(super) fn create_object(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        new: &NewNode,
    ) -> Result<u64> {
        self.check_name(cx, dir, name)?;
        self.check_writable(cx, dir)?;
        let found = self.search(cx, dir, name)?;
        if found.kind.is_some() {
            return Err(Errno::EEXIST);
        }
        let is_dir = new.kind == NodeKind::Dir;
        let branch = self.branch_for_new(cx, dir, is_dir, found.whiteout)?;
        let above = self.directory_in(cx, dir, branch)?;
        let ino = self.do_create(cx, Place::In(dir, name), (above, name), new)?;
        let real = Real { branch, ino };
        let covers = is_dir && (found.whiteout.is_some() || self.config.always_opaque);
        if covers {
            self.decide_in(cx, (dir, name), Rule::AufsMadeOpaque, None);
            self.set_opaque(cx, Place::In(dir, name), real)?;
        }
        if found.whiteout == Some(branch) {
            self.decide_in(cx, (dir, name), Rule::AufsOverWhiteout, None);
            self.drop_whiteout(cx, (dir, name), above)?;
        }
        self.changed(dir);
        let id = self.number(real);
        let mut node = Node::new(new.kind.file_type(), vec![real], dir, name);
        node.limit = covers.then_some(branch);
        self.make_node(cx, id, node);
        Ok(id)
    }

    pub(super) fn create_tmpfile(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        new: &NewNode,
    ) -> Result<u64> {
        self.check_writable(cx, dir)?;
        let branch = self.branch_for_new(cx, dir, false, None)?;
        let above = self.directory_in(cx, dir, branch)?;
        let ino = self.do_tmpfile(cx, above, new)?;
        let real = Real { branch, ino };
        let id = self.number(real);
        let mut node = Node::new(new.kind.file_type(), vec![real], dir, b"");
        (node.gone, node.pins) = (true, 1);
        self.make_node(cx, id, node);
        self.unpin_real(cx, real);
        Ok(id)
    }

    fn check_writable(&self, cx: &mut Cx<'_>, dir: u64) -> Result<()> {
        match self.read_only {
            true => Err(self.read_only(cx, dir)),
            false => Ok(()),
        }
    }

    pub(super) fn link_object(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        dir: u64,
        name: &[u8],
    ) -> Result<()> {
        self.check_name(cx, dir, name)?;
        self.check_writable(cx, dir)?;
        let found = self.search(cx, dir, name)?;
        if found.kind.is_some() {
            return Err(Errno::EEXIST);
        }
        // Names of one file are in one branch: that of the source, or of its copy.
        let real = self.writable(cx, id, Extent::All)?;
        let above = found.whiteout.into_iter().chain(self.limit(dir)).min();
        if above.is_some_and(|it| it < real.branch) {
            // Whatever is made below a whiteout or an opaque directory would not be seen.
            self.decide_in(cx, (dir, name), Rule::AufsOtherBranch, Some(Errno::EXDEV));
            return Err(Errno::EXDEV);
        }
        let above = self.directory_in(cx, dir, real.branch)?;
        self.decide_in(cx, (dir, name), Rule::AufsLink, None);
        self.do_link(cx, Place::In(dir, name), real.ino, (above, name))?;
        if found.whiteout == Some(real.branch) {
            self.drop_whiteout(cx, (dir, name), above)?;
        }
        let node = self.node_mut(id)?;
        if std::mem::replace(&mut node.gone, false) {
            (node.parent, node.name) = (dir, name.into());
        }
        self.changed(dir);
        Ok(())
    }

    pub(super) fn remove(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        victim: Victim,
    ) -> Result<()> {
        self.check_writable(cx, dir)?;
        let id = self.find(cx, dir, name)?.ok_or(Errno::ENOENT)?;
        match (victim, self.node(id)?.is_dir()) {
            (Victim::File, true) => return Err(Errno::EISDIR),
            (Victim::Dir, false) => return Err(Errno::ENOTDIR),
            (Victim::Dir, true) => self.check_empty(cx, id)?,
            (Victim::File, false) => {}
        }
        let found = self.search(cx, dir, name)?;
        let top = found.reals.first().copied().ok_or(Errno::ESTALE)?;
        let branch = match self.can_write(top.branch) {
            true => top.branch,
            false => self.branch_for_copy(cx, dir, top.branch)?,
        };
        let hides = branch != top.branch || self.shows_below(cx, dir, name, branch)?;
        let above = self.directory_in(cx, dir, branch)?;
        if hides {
            self.decide_in(cx, (dir, name), Rule::AufsWhiteoutMade, None);
            self.make_whiteout(cx, (dir, name), above)?;
        } else {
            self.decide_in(cx, (dir, name), Rule::AufsRemoved, None);
        }
        if branch == top.branch {
            match victim {
                Victim::Dir => self.remove_real_dir(cx, id, (dir, name), above)?,
                Victim::File => self.do_remove(cx, Place::In(dir, name), (above, name))?,
            }
        }
        self.lost_name(cx, id, branch == top.branch)?;
        self.changed(dir);
        self.settle(cx, id);
        Ok(())
    }

    /// One name fewer; `really` when the real file has lost it too.
    pub(super) fn lost_name(&mut self, cx: &mut Cx<'_>, id: u64, really: bool) -> Result<()> {
        let real = self.top(id)?;
        if self.node(id)?.is_dir() {
            self.node_mut(id)?.gone = true;
            return Ok(());
        }
        // The name may have been one that only a branch below has.
        if !really {
            self.node_mut(id)?.names -= 1;
        }
        let attr = self.raw_attr(cx, real)?;
        if Self::names(self.node(id)?, &attr) == 0 {
            self.node_mut(id)?.gone = true;
            self.drop_pseudo_link(cx, id, real)?;
        }
        Ok(())
    }

    fn drop_pseudo_link(&mut self, cx: &mut Cx<'_>, id: u64, real: Real) -> Result<()> {
        if !std::mem::replace(&mut self.node_mut(id)?.plink, false) {
            return Ok(());
        }
        let node = self.node_mut(id)?;
        node.pins = node.pins.saturating_sub(1);
        node.names += 1;
        self.remove_pseudo_link(cx, id, real)
    }

    pub(super) fn remove_pseudo_link(&self, cx: &mut Cx<'_>, id: u64, real: Real) -> Result<()> {
        let Some(scratch) = self.branches[real.branch].scratch else { return Ok(()) };
        let name = format::pseudo_link(id, real.ino.0);
        let dir = Real { branch: real.branch, ino: scratch.pseudo_links };
        self.do_remove(cx, Place::Own(format::PSEUDO_LINKS), (dir, &name))
    }

    /// Nothing that can be seen is in the directory.
    ///
    /// # Errors
    /// `ENOTEMPTY`.
    pub(super) fn check_empty(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let seen = self.merged_names(cx, id)?;
        if seen.iter().any(|it| it.name != b"." && it.name != b"..") {
            self.decide(cx, id, Rule::AufsNotEmpty, Some(Errno::ENOTEMPTY));
            return Err(Errno::ENOTEMPTY);
        }
        Ok(())
    }

    /// A directory that is empty to look at may hold whiteouts. They go with it, or with the last
    /// one who uses it: until then it lies in `.wh..wh.orph`.
    pub(super) fn remove_real_dir(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        (parent, name): (u64, &[u8]),
        above: Real,
    ) -> Result<()> {
        let Some(real) = self.node(id)?.real_in(above.branch) else { return Ok(()) };
        let leftovers = self.raw_names(cx, real)?;
        if leftovers.is_empty() {
            return self.do_remove(cx, Place::In(parent, name), (above, name));
        }
        self.decide(cx, id, Rule::AufsSwept, None);
        let Some(scratch) = self.branches[above.branch].scratch else {
            self.sweep(cx, Place::Of(id), real, &leftovers)?;
            return self.do_remove(cx, Place::In(parent, name), (above, name));
        };
        let orphans = Real { branch: above.branch, ino: scratch.orphans };
        let aside = format!("{id}.{}", real.ino.0).into_bytes();
        self.do_rename(cx, Place::In(parent, name), (above, name), (orphans, &aside))?;
        self.node_mut(id)?.orphan = Some((above.branch, aside));
        if self.node(id)?.pins > 0 {
            self.decide(cx, id, Rule::AufsOrphaned, None);
        }
        Ok(())
    }

    /// The last user of a removed directory is gone.
    pub(super) fn leave_orphans(&mut self, cx: &mut Cx<'_>, id: u64) {
        let orphan = self.nodes.get_mut(id).and_then(|it| it.orphan.take());
        let Some((branch, aside)) = orphan else { return };
        let Some(scratch) = self.branches.get(branch).and_then(|it| it.scratch) else { return };
        let orphans = Real { branch, ino: scratch.orphans };
        if let Ok(Some(real)) = self.child(cx, orphans, &aside) {
            let leftovers = self.raw_names(cx, real).unwrap_or_default();
            let _ = self.sweep(cx, Place::Own(format::ORPHANS), real, &leftovers);
            let _ = self.do_remove(cx, Place::Own(format::ORPHANS), (orphans, &aside));
        }
    }

    /// Removes what is AUFS's own from a directory of a branch.
    pub(super) fn sweep(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        dir: Real,
        names: &[Vec<u8>],
    ) -> Result<()> {
        names
            .iter()
            .filter(|name| format::is_own(name))
            .try_for_each(|name| self.do_remove(cx, place, (dir, name)))
    }

    /// Hides a name in this directory of a branch.
    pub(super) fn make_whiteout(
        &self,
        cx: &mut Cx<'_>,
        (parent, name): (u64, &[u8]),
        dir: Real,
    ) -> Result<()> {
        self.own_file(cx, Place::In(parent, name), (dir, &format::whiteout(name)))
    }

    pub(super) fn drop_whiteout(
        &self,
        cx: &mut Cx<'_>,
        (parent, name): (u64, &[u8]),
        dir: Real,
    ) -> Result<()> {
        self.do_remove(cx, Place::In(parent, name), (dir, &format::whiteout(name)))
    }

    pub(super) fn set_opaque(&self, cx: &mut Cx<'_>, place: Place<'_>, dir: Real) -> Result<()> {
        self.own_file(cx, place, (dir, format::OPAQUE))
    }

    /// A mark of AUFS's own: one more name of the branch's base file, or an empty file where it has
    /// none, or too many names already.
    fn own_file(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (dir, name): (Real, &[u8]),
    ) -> Result<()> {
        let branch = &self.branches[dir.branch];
        if let Some(scratch) = branch.scratch.filter(|_| branch.permission.links) {
            match self.do_link(cx, place, scratch.base, (dir, name)) {
                Err(Errno::EMLINK) => {}
                done => return done,
            }
        }
        let new = NewNode { mode: Mode::new(0o444), ..NEW_NODE };
        self.do_create(cx, place, (dir, name), &new).map(|_: Ino| ())
    }
}
