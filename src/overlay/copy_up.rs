//! Copy-up: bringing an object, and every directory above it, to the upper layer.
//!
//! Plan, then run: the chain of what is missing is found first, then each link is copied from
//! the top. Bytes are not moved but shared; the trace and the upper's block counts tell the
//! truth of the kernel all the same.

mod data;
mod index;

use super::Overlay;
use super::entry::{Inode, LowerRef, ROOT, RealKey, flag};
use super::format::nlink::Base;
use super::format::origin::Handle;
use super::format::{YES, protattr};
use super::params::{UuidMode, Verity};
use super::profile::Feature;
use super::real::{Place, times};
use crate::errno::Errno;
use crate::fs::{Cx, NewNode};
use crate::trace::step::Verb;
use crate::trace::{Rule, Step};
use crate::types::{Attr, FileType, FsId, Ino, Mode, NodeKind, RenameFlags, Result, SetAttr};

/// How much of a file is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// It is about to be truncated.
    NoData,
    /// Attributes alone, where the mount allows it (`metacopy=on`).
    Metadata,
}

/// One object to copy: settled before anything is written.
struct Plan {
    id: u64,
    from: LowerRef,
    from_fs: FsId,
    attr: Attr,
    /// Bytes to copy.
    size: u64,
    parent: u64,
    name: Vec<u8>,
    upper_dir: Ino,
    /// The index gets an entry.
    indexed: bool,
    /// A file goes into the index; its name is linked to it afterwards.
    to_index: bool,
    /// The parent's times, to be put back.
    parent_attr: Attr,
    /// The value of the `origin` attribute; `None` when the bond is broken.
    origin: Option<Vec<u8>>,
    kind: NodeKind,
    /// The data stays below (R8.1).
    metacopy: bool,
}

impl Plan {
    fn place<'a>(&self, name: &'a [u8]) -> Place<'a> {
        if self.to_index { Place::Work(name) } else { Place::In(self.parent, name) }
    }
}

impl Overlay {
    /// Copies an object up, unless it is there already; of a file the metadata alone if the mount
    /// allows that.
    pub(super) fn copy_up(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        self.copy_up_extent(cx, id, Extent::Metadata)
    }

    /// Copies an object up with all its data.
    pub(super) fn copy_up_data(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        self.copy_up_extent(cx, id, Extent::All)
    }

    /// Copies an object up, its missing parents first.
    pub(super) fn copy_up_extent(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        extent: Extent,
    ) -> Result<()> {
        let inode = self.node(id)?;
        let nameless = inode.is_nameless();
        let is_there = inode.upper.is_some() && (nameless || !inode.has(flag::UNLINKED));
        if inode.kind == FileType::Reg && self.work.is_some() {
            self.need_data(cx, id)?;
        }
        let inode = self.node(id)?;
        if is_there && (extent == Extent::Metadata || !inode.has(flag::METACOPY)) {
            return Ok(());
        }
        if self.work.is_none() {
            return Err(Errno::EROFS);
        }
        if is_there {
            return self.fetch_data(cx, id, extent);
        }
        let mut missing = vec![id];
        let mut at = if nameless { ROOT } else { id };
        while at != ROOT {
            at = self.node(at)?.parent;
            if self.node(at)?.upper.is_some() {
                break;
            }
            missing.push(at);
        }
        for step in missing.into_iter().rev() {
            let path = |o: &Overlay| o.path_of(step);
            self.frame(cx, Verb::CopyUp, path, |o, cx| o.copy_one(cx, step, id, extent))?;
        }
        Ok(())
    }

    fn copy_one(&mut self, cx: &mut Cx<'_>, id: u64, wanted: u64, extent: Extent) -> Result<()> {
        let rule = if id == wanted { Rule::CopyUp } else { Rule::CopyUpParents };
        self.decide(cx, id, rule, None);
        if self.node(id)?.upper.is_none() {
            self.copy_object(cx, id, extent)?;
        }
        let inode = self.node(id)?;
        if inode.has(flag::UNLINKED) && !inode.is_nameless() {
            self.link_up(cx, id)?;
        }
        let meta = id == wanted && self.node(id)?.has(flag::METACOPY);
        if meta && extent != Extent::Metadata { self.fetch_data(cx, id, extent) } else { Ok(()) }
    }

    fn copy_object(&mut self, cx: &mut Cx<'_>, id: u64, extent: Extent) -> Result<()> {
        let plan = self.plan(cx, id, extent)?;
        // A directory is not asked again for its stamps: neither the one copied nor the one above.
        self.remember_times(id, &plan.attr);
        if !plan.to_index {
            self.remember_times(plan.parent, &plan.parent_attr);
            self.set_impure(cx, plan.parent)?;
        }
        let upper = if plan.attr.kind == FileType::Reg && self.top_fs().traits.tmpfile {
            self.copy_by_tmpfile(cx, &plan)?
        } else {
            self.copy_by_workdir(cx, &plan)?
        };
        self.became_upper(id, upper)?;
        let inode = self.node_mut(id)?;
        inode.set(flag::METACOPY, plan.metacopy);
        inode.set(flag::INDEXED, plan.indexed);
        self.set_linked(id, !plan.to_index);
        if plan.to_index {
            return self.keep_count(cx, id, Base::Upper);
        }
        self.decide(cx, plan.parent, Rule::ParentTimes, None);
        let back = times(plan.parent_attr.atime, plan.parent_attr.mtime);
        // Best effort, as on Linux.
        let _ = self.do_setattr(cx, Place::Of(plan.parent), plan.upper_dir, &back);
        Ok(())
    }

    fn plan(&mut self, cx: &mut Cx<'_>, id: u64, extent: Extent) -> Result<Plan> {
        let inode = self.node(id)?;
        let from = inode.lower.first().ok_or(Errno::ESTALE)?;
        let (parent, name) = (inode.parent, inode.name.to_vec());
        let from_fs = self.layer_fs(from.layer);
        // Both count as looks: what is stamped next is stamped finely (observed on 6.18).
        let attr = cx.on(from_fs, |f, cx| f.getattr(cx, from.ino))?;
        let upper_dir = self.upper_of(parent)?;
        let parent_attr = cx.on(self.upper_fs(), |f, cx| f.getattr(cx, upper_dir))?;
        let kind = match attr.kind {
            FileType::Reg => NodeKind::Reg,
            FileType::Dir => NodeKind::Dir,
            FileType::Symlink => {
                NodeKind::Symlink(cx.on(from_fs, |f, cx| f.readlink(cx, from.ino))?)
            }
            FileType::Fifo => NodeKind::Fifo,
            FileType::Sock => NodeKind::Sock,
            FileType::Chr => NodeKind::Chr(attr.rdev),
            FileType::Blk => NodeKind::Blk(attr.rdev),
        };
        let indexed = self.needs_index(cx, id)?;
        let to_index = indexed && !attr.is_dir();
        let keeps = attr.is_dir() || attr.nlink == 1 || to_index;
        let origin = keeps.then(|| self.origin_value(cx, from));
        let size = if extent == Extent::NoData { 0 } else { attr.size };
        // Without a digest of the data there is nothing that a digest could be required of.
        let metacopy = self.config.metacopy
            && self.config.verity != Verity::Require
            && extent == Extent::Metadata
            && attr.kind == FileType::Reg;
        Ok(Plan {
            id,
            from,
            from_fs,
            attr,
            size,
            parent,
            name,
            upper_dir,
            indexed,
            to_index,
            parent_attr,
            origin,
            kind,
            metacopy,
        })
    }

    /// A regular file: an unnamed file that gets its name when it is complete.
    fn copy_by_tmpfile(&mut self, cx: &mut Cx<'_>, plan: &Plan) -> Result<Ino> {
        self.decide(cx, plan.id, Rule::CopyUpTmpfile, None);
        let work = self.work.ok_or(Errno::EROFS)?;
        let new = self.bare_node(cx, NodeKind::Reg, plan.attr.mode);
        let temp = self.do_tmpfile(cx, Place::Unnamed, work, &new)?;
        let res = self.fill_tmpfile(cx, plan, temp);
        let fs = self.upper_fs();
        if res.is_ok() {
            // The overlay inode pins it from now on.
            cx.on(fs, |f, cx| f.pin(cx, temp));
        }
        cx.on(fs, |f, cx| f.unpin(cx, temp));
        res.map(|()| temp)
    }

    fn fill_tmpfile(&mut self, cx: &mut Cx<'_>, plan: &Plan, temp: Ino) -> Result<()> {
        self.copy_data(cx, plan, temp)?;
        self.copy_metadata(cx, plan, temp)?;
        let (dir, name) = self.destination(cx, plan)?;
        let res = self.do_link(cx, plan.place(&name), temp, dir, &name);
        if let Err(errno @ (Errno::EEXIST | Errno::ENOENT)) = res {
            self.decide(cx, plan.id, Rule::CopyUpUnlinked, Some(errno));
        }
        res
    }

    /// Anything else: built under a temporary name and moved into place.
    fn copy_by_workdir(&mut self, cx: &mut Cx<'_>, plan: &Plan) -> Result<Ino> {
        self.decide(cx, plan.id, Rule::CopyUpWorkdir, None);
        let work = self.work.ok_or(Errno::EROFS)?;
        // A symbolic link's mode is never changed: it is what it is from the start.
        let mode = if plan.attr.kind == FileType::Symlink { plan.attr.mode } else { Mode(0) };
        let new = self.bare_node(cx, plan.kind.clone(), mode);
        let (temp, name) = self.make_temp(cx, &new)?;
        if plan.parent_attr.nlink == 0 {
            // Nothing can be moved into a removed directory, and the bare object stays in the work
            // directory (observed on 6.18).
            self.decide(cx, plan.id, Rule::CopyUpUnlinked, Some(Errno::EIO));
            return Err(Errno::EIO);
        }
        let res = self.fill_temp(cx, plan, work, temp, &name);
        match res {
            Ok(()) => {
                let fs = self.upper_fs();
                cx.on(fs, |f, cx| f.pin(cx, temp));
                Ok(temp)
            }
            Err(errno) => {
                self.cleanup(cx, work, &name, Place::Work(&name));
                Err(errno)
            }
        }
    }

    fn fill_temp(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        work: Ino,
        temp: Ino,
        name: &[u8],
    ) -> Result<()> {
        if plan.attr.kind == FileType::Reg {
            self.copy_data(cx, plan, temp)?;
        }
        self.copy_metadata(cx, plan, temp)?;
        if plan.indexed && plan.attr.is_dir() {
            self.index_dir(cx, plan, temp)?;
        }
        let fs = self.upper_fs();
        let (dir, to_name) = self.destination(cx, plan)?;
        let there = self.raw_lookup(cx, fs, dir, &to_name)?;
        let to = (dir, &to_name[..], there);
        self.do_rename(cx, plan.place(&to_name), (work, name, temp), to, RenameFlags::NONE)
    }

    /// Where the complete copy goes: to its name, or into the index.
    fn destination(&self, cx: &mut Cx<'_>, plan: &Plan) -> Result<(Ino, Vec<u8>)> {
        if !plan.to_index {
            return Ok((plan.upper_dir, plan.name.clone()));
        }
        self.decide(cx, plan.id, Rule::IndexMade, None);
        Ok((self.work.ok_or(Errno::EROFS)?, self.index_name(cx, plan.from)))
    }

    /// Attributes, inode flags, origin, size, mode, owner, times, in the kernel's order.
    fn copy_metadata(&mut self, cx: &mut Cx<'_>, plan: &Plan, temp: Ino) -> Result<()> {
        self.copy_xattrs(cx, (plan.from_fs, plan.from.ino), temp)?;
        if matches!(plan.attr.kind, FileType::Reg | FileType::Dir) {
            self.copy_flags(cx, plan, temp)?;
        }
        match &plan.origin {
            // No `user.` attribute fits on the others: they do without (observed on 6.18).
            Some(_) if self.config.userxattr && !has_user_attributes(plan.attr.kind) => {}
            Some(_) if !self.profile.has(Feature::ConstantInodes) => {}
            Some(value) => {
                self.decide(cx, plan.id, Rule::OriginSet, None);
                match self.do_set_private(cx, Place::Unnamed, temp, self.names().origin, value) {
                    Ok(()) | Err(Errno::EOPNOTSUPP) => {}
                    Err(errno) => return Err(errno),
                }
            }
            None => self.decide(cx, plan.id, Rule::HardlinkBroken, None),
        }
        if plan.metacopy {
            self.do_set_private(cx, Place::Unnamed, temp, self.names().metacopy, b"")?;
        }
        if plan.attr.kind == FileType::Reg {
            let set = SetAttr { size: Some(plan.size), ..SetAttr::default() };
            self.do_setattr(cx, Place::Unnamed, temp, &set)?;
        }
        self.copy_attr(cx, &plan.attr, temp)
    }

    /// Mode, owner, times.
    pub(super) fn copy_attr(&mut self, cx: &mut Cx<'_>, attr: &Attr, to: Ino) -> Result<()> {
        if attr.kind != FileType::Symlink {
            let set = SetAttr { mode: Some(attr.mode), ..SetAttr::default() };
            self.do_setattr(cx, Place::Unnamed, to, &set)?;
        }
        let set = SetAttr { uid: Some(attr.uid), gid: Some(attr.gid), ..SetAttr::default() };
        self.do_setattr(cx, Place::Unnamed, to, &set)?;
        self.do_setattr(cx, Place::Unnamed, to, &times(attr.atime, attr.mtime))
    }

    /// All attributes but the overlay's own; escaped ones are not its own (4.2).
    pub(super) fn copy_xattrs(
        &mut self,
        cx: &mut Cx<'_>,
        (fs, from): (FsId, Ino),
        to: Ino,
    ) -> Result<()> {
        let list = match cx.on(fs, |f, cx| f.listxattr(cx, from)) {
            Ok(list) => list,
            Err(Errno::EOPNOTSUPP) => return Ok(()),
            Err(errno) => return Err(errno),
        };
        for name in list {
            let hidden = self.mounter.userns && name.starts_with(b"trusted.");
            if hidden || self.is_private(&name) {
                continue;
            }
            let value = match cx.on(fs, |f, cx| f.getxattr(cx, from, &name)) {
                Ok(value) => value,
                Err(Errno::ENODATA | Errno::EOPNOTSUPP) => continue,
                Err(errno) => return Err(errno),
            };
            let res = self.do_setxattr(
                cx,
                Place::Unnamed,
                to,
                &name,
                &value,
                crate::types::XattrMode::Set,
            );
            let must = name.starts_with(b"security.") || name.starts_with(b"system.");
            match res {
                Err(Errno::EOPNOTSUPP) if !must => {}
                res => res?,
            }
        }
        Ok(())
    }

    fn copy_flags(&mut self, cx: &mut Cx<'_>, plan: &Plan, temp: Ino) -> Result<()> {
        if !self.profile.has(Feature::Protattr) || !self.node(plan.id)?.has(flag::FLAGGED) {
            return Ok(());
        }
        let Ok(old) = cx.on(plan.from_fs, |f, cx| f.get_flags(cx, plan.from.ino)) else {
            return Ok(());
        };
        if old & protattr::MASK != 0 {
            let value = protattr::print(old);
            self.decide(cx, plan.id, Rule::Protattr, None);
            self.do_set_private(cx, Place::Unnamed, temp, self.names().protattr, &value)?;
        }
        if old & protattr::COPIED == 0 {
            return Ok(());
        }
        let fs = self.upper_fs();
        let new = cx.on(fs, |f, cx| f.get_flags(cx, temp))?;
        let flags = new & !protattr::COPIED | old & protattr::COPIED;
        self.do_set_flags(cx, Place::Unnamed, temp, flags)
    }

    /// The overlay inode has an upper object now (already pinned for it).
    fn became_upper(&mut self, id: u64, upper: Ino) -> Result<()> {
        let inode = self.node_mut(id)?;
        inode.upper = Some(upper);
        if inode.is_dir() {
            inode.set(flag::WHITEOUTS, true);
        }
        if inode.key.is_none() {
            inode.key = RealKey::new(0, upper);
            if let Some(key) = inode.key {
                self.by_real_insert(key, id);
            }
        }
        Ok(())
    }

    /// What an empty node of the mounter starts with.
    pub(super) fn bare_node(&self, _cx: &Cx<'_>, kind: NodeKind, mode: Mode) -> NewNode {
        let (uid, gid) = (self.mounter.fsuid, self.mounter.fsgid);
        NewNode { kind, mode, uid, gid, xattrs: Vec::new() }
    }

    /// Marks a directory: it holds something copied up. Not an error where the upper layer keeps
    /// no attributes.
    pub(super) fn set_impure(&mut self, cx: &mut Cx<'_>, dir: u64) -> Result<()> {
        if self.node(dir)?.has(flag::IMPURE) || !self.profile.has(Feature::ConstantInodes) {
            return Ok(());
        }
        let upper = self.upper_of(dir)?;
        match self.do_set_private(cx, Place::Of(dir), upper, self.names().impure, YES) {
            Ok(()) => {
                self.decide(cx, dir, Rule::ImpureSet, None);
                self.node_mut(dir)?.set(flag::IMPURE, true);
                Ok(())
            }
            // Where nothing can be kept it is known until the overlay goes (observed on 6.18).
            Err(Errno::EOPNOTSUPP) => {
                self.node_mut(dir)?.set(flag::IMPURE, true);
                Ok(())
            }
            Err(errno) => Err(errno),
        }
    }

    /// The value of `origin` for a lower object: its handle, or nothing if its file system has
    /// none.
    pub(super) fn origin_value(&self, cx: &mut Cx<'_>, low: LowerRef) -> Vec<u8> {
        let layer = &self.layers[usize::from(low.layer)];
        let fs = &self.fses[usize::from(layer.fsx)];
        if !fs.traits.handles {
            return Vec::new();
        }
        let uuid = if self.knows_uuids() { fs.uuid } else { [0; 16] };
        let handle = cx.on(fs.id, |f, cx| f.encode_handle(cx, low.ino));
        handle.map_or(Vec::new(), |(kind, fid)| Handle { flags: 0, kind, uuid, fid }.to_bytes())
    }

    /// Handles say which file system they are of.
    pub(super) fn knows_uuids(&self) -> bool {
        self.config.uuid != UuidMode::Off
    }

    /// The lower object that the origin of an upper file names, if it lives and is of the same
    /// type (R2.14).
    pub(super) fn read_origin(
        &self,
        cx: &mut Cx<'_>,
        upper: Ino,
        kind: FileType,
    ) -> Result<Option<LowerRef>> {
        let fs = self.upper_fs();
        if !self.profile.has(Feature::ConstantInodes) {
            return Ok(None);
        }
        let Some(raw) = self.raw_private(cx, fs, upper, self.names().origin)? else {
            return Ok(None);
        };
        let Some(handle) = Handle::parse(&raw) else { return Ok(None) };
        let Some(low) = self.decode_lower(cx, &handle) else { return Ok(None) };
        let below = self.raw_attr(cx, self.layer_fs(low.layer), low.ino);
        Ok(below.is_ok_and(|attr| attr.kind == kind).then_some(low))
    }

    /// A merged upper directory without origin gets one (R2.13).
    pub(super) fn fix_origin(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        upper: Ino,
        low: LowerRef,
    ) -> Result<()> {
        let fs = self.upper_fs();
        let known = self.raw_private(cx, fs, upper, self.names().origin)?.is_some();
        if self.no_xattr || known || !self.profile.has(Feature::ConstantInodes) {
            return Ok(());
        }
        cx.trace.step(|| Step::Decide {
            overlay: self.id,
            path: self.path_in(dir, name),
            rule: Rule::FixOrigin,
            errno: None,
        });
        let value = self.origin_value(cx, low);
        // One that takes no attribute (immutable) is shown without, and its parent is impure all the same;
        // where the parent takes none (append-only), nobody sees it (observed on 6.18).
        let _ = self.do_set_private(cx, Place::In(dir, name), upper, self.names().origin, &value);
        let above = self.upper_of(dir)?;
        let before = self.raw_attr(cx, fs, above)?;
        self.remember_times(dir, &before);
        self.set_impure(cx, dir)
    }

    /// Does this inode need a copy before it can be opened like this (4.1)?
    pub(super) fn open_copies(inode: &Inode, flags: crate::types::OpenFlags) -> bool {
        let special = !matches!(inode.kind, FileType::Reg | FileType::Dir | FileType::Symlink);
        let truncates = flags.has(crate::types::OpenFlags::TRUNC);
        (inode.upper.is_none() || inode.has(flag::METACOPY | flag::UNLINKED))
            && !special
            && (flags.writes() || truncates)
    }
}

fn has_user_attributes(kind: FileType) -> bool {
    matches!(kind, FileType::Reg | FileType::Dir)
}
