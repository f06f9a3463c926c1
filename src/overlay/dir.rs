//! Names: creating, linking, removing; whiteouts and opaque directories.

use super::Overlay;
use super::entry::{Dentry, flag};
use super::format::YES;
use super::namei::Found;
use super::profile::Feature;
use super::readdir::Leftover;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::{Cx, NewNode};
use crate::trace::{Rule, Step};
use crate::types::{Dev, FileType, Ino, Mode, NodeKind, RenameFlags, Result};

/// What the caller removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    File,
    Dir,
}

/// What a new name leads to.
enum Body<'a> {
    New(&'a NewNode),
    /// One more name of an upper object.
    Link(u64, Ino),
}

impl Overlay {
    /// Makes an object of any kind; the node is final (mode, owner, inherited attributes).
    pub(super) fn create_object(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        new: &NewNode,
    ) -> Result<u64> {
        if new.kind == NodeKind::Chr(Dev::default()) {
            self.decide_in(cx, dir, name, Rule::NoWhiteoutByHand, Some(Errno::EPERM));
            return Err(Errno::EPERM);
        }
        self.check_new_name(cx, dir, name)?;
        self.copy_up(cx, dir)?;
        self.make_name(cx, dir, name, &Body::New(new))
    }

    /// The name must be free, and its directory alive.
    fn check_new_name(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<()> {
        if self.node(dir)?.has(flag::DEAD) {
            self.decide(cx, dir, Rule::DirRemoved, Some(Errno::ENOENT));
            return Err(Errno::ENOENT);
        }
        match self.find(cx, dir, name)? {
            Some(_) => Err(Errno::EEXIST),
            None => Ok(()),
        }
    }

    fn make_name(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        body: &Body<'_>,
    ) -> Result<u64> {
        let over = self.cached(dir, name) == Some(Dentry::Whiteout);
        let (upper, opaque) = match over {
            true => self.make_over_whiteout(cx, dir, name, body)?,
            false => self.make_in_upper(cx, dir, name, body)?,
        };
        self.dir_modified(cx, dir, false);
        let id = match body {
            Body::Link(id, _) => {
                let inode = self.node_mut(*id)?;
                inode.nlink += 1;
                // What has it open goes on holding the directory that it was opened in.
                inode.set(flag::TMPFILE, false);
                *id
            }
            Body::New(new) => self.adopt_new(cx, dir, name, upper, opaque, new)?,
        };
        match body {
            // The new name is looked up as any other: without an origin on disk it leads to an
            // object of its own (observed on 6.18).
            Body::Link(..) => self.forget(cx, dir, name),
            Body::New(_) => self.cache_positive(cx, dir, name, id),
        }
        Ok(id)
    }

    fn adopt_new(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        upper: Ino,
        opaque: bool,
        new: &NewNode,
    ) -> Result<u64> {
        let found = Found {
            upper: Some(upper),
            opaque,
            linked: true,
            ..Found::nothing(new.kind.file_type())
        };
        self.instantiate(cx, dir, name, &found)
    }

    /// A plain creation in the upper directory. Returns the upper inode and whether it is opaque.
    fn make_in_upper(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        body: &Body<'_>,
    ) -> Result<(Ino, bool)> {
        self.decide_in(cx, dir, name, Rule::CreateUpper, None);
        let upper_dir = self.upper_of(dir)?;
        if self.upper_entry(cx, upper_dir, name)?.is_some() {
            return Err(self.stale(cx, dir, name));
        }
        let place = Place::In(dir, name);
        let new = match body {
            Body::Link(_, ino) => {
                self.do_link(cx, place, *ino, upper_dir, name)?;
                return Ok((*ino, false));
            }
            Body::New(new) => new,
        };
        let made = self.do_create(cx, place, upper_dir, name, new)?;
        let marks = self.profile.has(Feature::OpaqueMkdir) || !self.config.allows_offline_changes();
        let opaque = marks && new.kind == NodeKind::Dir && self.is_merged_dir(dir) && {
            self.decide_in(cx, dir, name, Rule::OpaqueMkdir, None);
            // An optimisation: allowed to fail.
            self.do_set_private(cx, place, made, self.names().opaque, YES).is_ok()
        };
        Ok((made, opaque))
    }

    /// Builds the object in the work directory and puts it in the whiteout's place (R5.8).
    fn make_over_whiteout(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        body: &Body<'_>,
    ) -> Result<(Ino, bool)> {
        self.decide_in(cx, dir, name, Rule::CreateOverWhiteout, None);
        let upper_dir = self.upper_of(dir)?;
        let fs = self.upper_fs();
        let there = self.raw_lookup(cx, fs, upper_dir, name)?;
        let Some(whiteout) = there else { return Err(self.stale(cx, dir, name)) };
        let attr = self.raw_attr(cx, fs, whiteout)?;
        if !self.is_whiteout(cx, fs, whiteout, &attr) {
            return Err(self.stale(cx, dir, name));
        }
        let work = self.work.ok_or(Errno::EROFS)?;
        let (temp, temp_name) = match body {
            Body::New(new) => {
                // Access lists are set one after the other here, the object's own first.
                let mut new = (*new).clone();
                new.xattrs.sort();
                self.make_temp(cx, &new)?
            }
            Body::Link(_, ino) => (*ino, self.link_temp(cx, *ino)?),
        };
        let is_dir = matches!(body, Body::New(new) if new.kind == NodeKind::Dir);
        let from = (work, &temp_name[..], temp);
        let to = (upper_dir, name, Some(whiteout));
        let place = Place::In(dir, name);
        let res = match is_dir {
            true => self.mark_opaque(cx, Place::Work(&temp_name), temp).and_then(|()| {
                self.decide_in(cx, dir, name, Rule::OpaqueOverWhiteout, None);
                self.do_rename(cx, place, from, to, RenameFlags::EXCHANGE)
            }),
            false => self.do_rename(cx, place, from, to, RenameFlags::NONE),
        };
        match res {
            Ok(()) if is_dir => self.cleanup(cx, work, &temp_name, Place::Work(&temp_name)),
            Ok(()) => {}
            Err(errno) => {
                self.cleanup(cx, work, &temp_name, Place::Work(&temp_name));
                return Err(errno);
            }
        }
        Ok((temp, is_dir))
    }

    /// `opaque=y`; without it a directory over a whiteout would let lower content shine through.
    pub(super) fn mark_opaque(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        dir: Ino,
    ) -> Result<()> {
        match self.do_set_private(cx, place, dir, self.names().opaque, YES) {
            Err(Errno::EOPNOTSUPP) => Err(Errno::EIO),
            res => res,
        }
    }

    /// An unnamed file (R7.8), with one pin for the caller.
    pub(super) fn create_tmpfile(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        new: &NewNode,
    ) -> Result<u64> {
        // A removed directory is not refused as such: its copy-up may fail (observed on 6.18).
        self.copy_up(cx, dir)?;
        if !self.top_fs().traits.tmpfile {
            return Err(Errno::EOPNOTSUPP);
        }
        self.decide(cx, dir, Rule::Tmpfile, None);
        let upper_dir = self.upper_of(dir)?;
        let upper = self.do_tmpfile(cx, Place::Of(dir), upper_dir, new)?;
        let id = self.adopt_new(cx, dir, b"#tmpfile", upper, false, new)?;
        // The overlay inode has a pin of its own on the real one.
        let fs = self.upper_fs();
        cx.on(fs, |f, cx| f.unpin(cx, upper));
        let inode = self.node_mut(id)?;
        inode.refs += 1;
        inode.set(flag::TMPFILE, true);
        Ok(id)
    }

    /// One more name (R7.1): source and directory are copied up first.
    pub(super) fn link_object(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        dir: u64,
        name: &[u8],
    ) -> Result<()> {
        self.check_new_name(cx, dir, name)?;
        if self.node(id)?.has(flag::NAMELESS) {
            return Err(Errno::ENOENT);
        }
        self.decide_in(cx, dir, name, Rule::Link, None);
        self.copy_up(cx, id)?;
        self.copy_up(cx, dir)?;
        self.begin_count(cx, id)?;
        let res = self.link_upper(cx, id, dir, name);
        self.end_count(cx, id);
        res
    }

    fn link_upper(&mut self, cx: &mut Cx<'_>, id: u64, dir: u64, name: &[u8]) -> Result<()> {
        let inode = self.node(id)?;
        if inode.has(flag::METACOPY) {
            let (above, alias) = (inode.parent, inode.name.clone());
            self.set_redirect(cx, (above, &alias), id, false)?;
        }
        if self.node(id)?.has_origin() {
            self.set_impure(cx, dir)?;
        }
        let upper = self.upper_of(id)?;
        // What is remembered of the object stays as it is, its old ctime too (observed on 6.18).
        self.make_name(cx, dir, name, &Body::Link(id, upper)).map(drop)
    }

    /// Removes a name (section 5): plainly, or with a whiteout in its place.
    pub(super) fn remove(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        victim: Victim,
    ) -> Result<()> {
        let Some(handle) = self.find(cx, dir, name)? else { return Err(Errno::ENOENT) };
        let id = self.enter(cx, handle);
        let is_dir = self.node(id)?.is_dir();
        match (victim, is_dir) {
            (Victim::File, true) => return Err(Errno::EISDIR),
            (Victim::Dir, false) => return Err(Errno::ENOTDIR),
            _ => {}
        }
        let positive = self.lower_positive(cx, dir, name)?;
        let mut leftovers = Vec::new();
        if is_dir && (positive || !self.is_pure_upper(id)?) {
            leftovers = self.check_empty(cx, id)?;
        }
        self.copy_up(cx, dir)?;
        self.hold(handle);
        let mut res = self.begin_count(cx, id);
        if res.is_ok() {
            res = self.take_away(cx, dir, name, id, (positive, &leftovers));
            if res.is_ok() {
                self.drop_name(id, (dir, name));
                self.gone(cx, dir, name, id);
            }
            self.end_count(cx, id);
        }
        self.unref(cx, handle);
        res
    }

    /// A name has gone from the cache and, if it was the last, so has its directory.
    fn gone(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8], id: u64) {
        if self.node(id).is_ok_and(|it| it.upper.is_some()) {
            self.refresh(cx, id);
        }
        self.died(cx, id);
        self.forget(cx, dir, name);
    }

    /// A removed directory has no children any more. A lower file has no name any more, not even
    /// when it has several below: without an index each is an object of its own (observed on 6.18).
    pub(super) fn died(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(inode) = self.inodes.get_mut(id) else { return };
        if inode.is_dir() {
            inode.set(flag::DEAD, true);
            self.forget_children(cx, id);
        } else if inode.upper.is_none() {
            inode.set(flag::NAMELESS, true);
        }
    }

    /// Known to the upper layer alone, and never merged.
    pub(super) fn is_pure_upper(&self, id: u64) -> Result<bool> {
        let inode = self.node(id)?;
        Ok(inode.lower.first().is_none() && !inode.has(flag::WHITEOUTS))
    }

    /// Would the name come back from a lower layer? Only names are looked at (R5.1).
    pub(super) fn lower_positive(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
    ) -> Result<bool> {
        match self.find(cx, dir, name)? {
            None => return Ok(self.cached(dir, name) == Some(Dentry::Whiteout)),
            Some(handle) if self.node(self.base(handle))?.upper.is_none() => return Ok(true),
            Some(_) => {}
        }
        let stack = self.node(dir)?.lower.clone();
        for low in stack.as_slice() {
            let fs = self.layer_fs(low.layer);
            match self.raw_lookup(cx, fs, low.ino, name) {
                Ok(None) => {}
                Ok(Some(ino)) => {
                    let attr = self.raw_attr(cx, fs, ino)?;
                    return Ok(!self.is_whiteout(cx, fs, ino, &attr));
                }
                // Something is there that cannot be reached.
                Err(_) => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Takes a name away from the upper layer; with `covered` a whiteout has to stand there, since
    /// the name would come back from a lower layer.
    fn take_away(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        id: u64,
        (covered, leftovers): (bool, &[Leftover]),
    ) -> Result<()> {
        let rule = if covered { Rule::RemoveWhiteout } else { Rule::RemoveUpper };
        self.decide_in(cx, dir, name, rule, None);
        let (upper_dir, there) = self.victim(cx, dir, name, id, leftovers)?;
        let (res, impurity) = match there {
            _ if covered => (self.whiteout_over(cx, dir, name, upper_dir, there), true),
            Some(victim) => {
                let res = self.do_remove(cx, Place::In(dir, name), upper_dir, name, victim);
                (res, self.node(id)?.has_origin())
            }
            None => return Err(self.stale(cx, dir, name)),
        };
        self.dir_modified(cx, dir, impurity);
        res
    }

    /// The upper directory, and what is removed from it: a directory with whiteouts has been
    /// exchanged for an empty one by then.
    ///
    /// # Errors
    /// `ESTALE` when something else stands there than the overlay knows.
    fn victim(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        id: u64,
        leftovers: &[Leftover],
    ) -> Result<(Ino, Option<(Ino, FileType)>)> {
        let known = match leftovers.is_empty() {
            true => self.node(id)?.upper,
            false => Some(self.clear_empty(cx, dir, name, id, leftovers)?),
        };
        let upper_dir = self.upper_of(dir)?;
        let there = self.upper_entry(cx, upper_dir, name)?;
        match known.is_some() && there.map(|it| it.0) != known {
            true => Err(self.stale(cx, dir, name)),
            false => Ok((upper_dir, there)),
        }
    }

    /// Puts a whiteout under a name; what was there goes.
    fn whiteout_over(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        upper_dir: Ino,
        there: Option<(Ino, FileType)>,
    ) -> Result<()> {
        let work = self.work.ok_or(Errno::EROFS)?;
        let (whiteout, temp) = self.make_whiteout(cx)?;
        let is_dir = there.is_some_and(|it| it.1 == FileType::Dir);
        let flags = if is_dir { RenameFlags::EXCHANGE } else { RenameFlags::NONE };
        let to = (upper_dir, name, there.map(|it| it.0));
        let res = self.do_rename(cx, Place::In(dir, name), (work, &temp, whiteout), to, flags);
        if is_dir || res.is_err() {
            self.cleanup(cx, work, &temp, Place::Work(&temp));
        }
        res
    }

    /// A whiteout in the work directory: a link of the shared one (R5.3).
    fn make_whiteout(&mut self, cx: &mut Cx<'_>) -> Result<(Ino, Vec<u8>)> {
        if self.whiteout.is_none() {
            let new = self.bare_node(cx, NodeKind::Chr(Dev::default()), Mode(0));
            self.whiteout = Some(self.make_temp(cx, &new)?);
        }
        if self.share_whiteouts {
            if let Some((ino, _)) = self.whiteout {
                match self.link_temp(cx, ino) {
                    Ok(name) => {
                        self.decide(cx, super::entry::ROOT, Rule::SharedWhiteout, None);
                        return Ok((ino, name));
                    }
                    Err(Errno::EMLINK) => {}
                    Err(_) => self.share_whiteouts = false,
                }
            }
        }
        self.whiteout.take().ok_or(Errno::EIO)
    }

    /// Takes an entry out of the index directory; where everything is indexed a whiteout stays, so that
    /// no handle finds what is gone (R7.6).
    pub(super) fn clear_entry(
        &mut self,
        cx: &mut Cx<'_>,
        (work, name): (Ino, &[u8]),
        (entry, kind): (Ino, FileType),
        rule: Rule,
    ) -> Result<()> {
        self.decide(cx, super::entry::ROOT, rule, None);
        if !self.indexes_all() {
            return self.do_remove(cx, Place::Work(name), work, name, (entry, kind));
        }
        let (whiteout, temp) = self.make_whiteout(cx)?;
        let is_dir = kind == FileType::Dir;
        let flags = if is_dir { RenameFlags::EXCHANGE } else { RenameFlags::NONE };
        let to = (work, name, Some(entry));
        let res = self.do_rename(cx, Place::Work(name), (work, &temp, whiteout), to, flags);
        if is_dir || res.is_err() {
            self.cleanup(cx, work, &temp, Place::Work(&temp));
        }
        res
    }

    /// Exchanges a directory that holds only whiteouts for an empty opaque copy (R5.5). Returns
    /// the copy.
    pub(super) fn clear_empty(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        id: u64,
        leftovers: &[Leftover],
    ) -> Result<Ino> {
        self.decide_in(cx, dir, name, Rule::ClearEmpty, None);
        let upper_dir = self.upper_of(dir)?;
        let upper = self.upper_of(id)?;
        let fs = self.upper_fs();
        let attr = cx.on(fs, |f, cx| f.getattr(cx, upper))?;
        if self.raw_lookup(cx, fs, upper_dir, name)? != Some(upper) {
            return Err(self.stale(cx, dir, name));
        }
        let work = self.work.ok_or(Errno::EROFS)?;
        let new = self.bare_node(cx, NodeKind::Dir, attr.mode);
        let (copy, temp) = self.make_temp(cx, &new)?;
        let from = (work, &temp[..], copy);
        let to = (upper_dir, name, Some(upper));
        let res = self
            .copy_xattrs(cx, (fs, upper), copy)
            .and_then(|()| self.mark_opaque(cx, Place::Work(&temp), copy))
            .and_then(|()| self.copy_attr(cx, &attr, copy))
            .and_then(|()| {
                self.do_rename(cx, Place::In(dir, name), from, to, RenameFlags::EXCHANGE)
            });
        if let Err(errno) = res {
            self.cleanup(cx, work, &temp, Place::Work(&temp));
            return Err(errno);
        }
        for it in leftovers {
            self.cleanup(cx, upper, &it.name, Place::Work(&it.name));
        }
        self.cleanup(cx, work, &temp, Place::Work(&temp));
        // What the cache knows of the name is not there any more.
        self.forget(cx, dir, name);
        Ok(copy)
    }

    /// Makes an object under a fresh temporary name in the work directory.
    pub(super) fn make_temp(&mut self, cx: &mut Cx<'_>, new: &NewNode) -> Result<(Ino, Vec<u8>)> {
        let work = self.work.ok_or(Errno::EROFS)?;
        let name = temp_name(cx);
        let ino = self.do_create(cx, Place::Work(&name), work, &name, new)?;
        Ok((ino, name))
    }

    fn link_temp(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        let work = self.work.ok_or(Errno::EROFS)?;
        let name = temp_name(cx);
        self.do_link(cx, Place::Work(&name), ino, work, &name)?;
        Ok(name)
    }

    /// Removes what a name leads to, file or empty directory; best effort.
    pub(super) fn cleanup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8], place: Place<'_>) {
        if let Ok(Some(victim)) = self.upper_entry(cx, dir, name) {
            let _ = self.do_remove(cx, place, dir, name, victim);
        }
    }

    /// A layer was changed under the mount: what the overlay knows of this name is not there.
    pub(super) fn stale(&self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Errno {
        cx.trace.step(|| Step::Undefined {
            path: self.path_in(dir, name),
            note: "the upper layer was changed while mounted: ESTALE, as seen on 6.18".into(),
        });
        self.decide_in(cx, dir, name, Rule::Stale, Some(Errno::ESTALE));
        Errno::ESTALE
    }

    pub(super) fn decide_in(
        &self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        rule: Rule,
        errno: Option<Errno>,
    ) {
        cx.trace.step(|| Step::Decide {
            overlay: self.id,
            path: self.path_in(dir, name),
            rule,
            errno,
        });
    }
}

/// `#1`, `#2`, …: the counter is the kernel's, not the mount's (R0.6).
pub(super) fn temp_name(cx: &mut Cx<'_>) -> Vec<u8> {
    format!("#{:x}", cx.disks.next_temp()).into_bytes()
}
