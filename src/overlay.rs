//! OverlayFS as Linux 6.18 has it, stacked on other file systems of the machine.
//!
//! Sees layers only through [`crate::fs::FileSystem`]; only [`real`] ever changes one. Knows no
//! paths of the machine and no processes: whoever mounts it resolves option paths ([`MountHost`]).
//!
//! Reading order: [`params`] and [`mod@mount`] make one, `entry` is what it remembers, `namei`
//! looks names up, `copy_up` brings objects to the upper layer, `dir` and `rename` change
//! names, `readdir` lists, `inode`, [`file`] and `xattrs` are about one object.

mod alias;
mod copy_up;
mod data;
mod dir;
mod entry;
mod export;
mod file;
pub mod format;
mod inode;
mod layer;
pub mod mount;
mod namei;
mod nlink;
pub mod params;
pub mod profile;
mod readdir;
pub mod real;
mod redirect;
mod rename;
#[cfg(test)]
mod tests;
mod view;
mod xattrs;

pub use mount::{LayerRoot, MountArgs, MountError, MountHost, Mounted, Options, mount};
pub use params::Config;
pub use profile::{FEATURES, Feature, Known, Profile, Row, Version};
pub use real::{Fault, FaultPlan, replay};
pub use view::{LayerView, RealObject, data_below, warn_of_change};

use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::checked::may;
use crate::fs::{Cx, Emit, Fh, FileSystem, NewNode, SIZE_MAX, Times, Traits, Transfer};
use crate::store::{Rope, Table};
use crate::trace::step::Verb;
use crate::trace::{Rule, Step};
use crate::types::{
    Attr, Dev, FileType, FsId, Ino, Meter, Mode, Name, OpenFlags, RenameFlags, Result, SetAttr,
    StatFs, Whence, XattrMode,
};
use entry::{Inode, ROOT};
use format::Names;
use layer::{Layer, LayerFs};
use readdir::Shared;
use std::num::NonZeroU64;
use std::sync::Arc;

/// A mounted overlay: configuration, layers, and what it remembers of them. Cheap to clone.
#[derive(Clone)]
pub struct Overlay {
    id: FsId,
    config: Arc<Config>,
    profile: Profile,
    mounter: Arc<Cred>,
    /// The mounter may search any directory: no need to ask.
    all_powerful: bool,
    /// Layer 0 is the upper one; without upper it is a placeholder that is never used.
    layers: Vec<Layer>,
    has_upper: bool,
    fses: Vec<LayerFs>,
    /// All layers are on one file system.
    same_fs: bool,
    dev: Dev,
    /// The directory in the work directory where objects are built; `None` when nothing can be written.
    work: Option<Ino>,
    /// Its name: `work`, or `index` when the index is where things are built.
    work_name: &'static [u8],
    work_base: Option<Ino>,
    traps: Arc<[(FsId, Ino)]>,
    /// The upper layer keeps no private attributes (ramfs, user namespaces).
    no_xattr: bool,
    uuid: [u8; 16],
    read_only: bool,
    depth: u8,
    namelen: u64,
    /// How many layers at the bottom are data-only: no name is looked up in them, only what a
    /// redirect of a copy of metadata points at.
    data_layers: u16,

    inodes: Table<Inode>,
    /// How often the name of a directory was forgotten.
    moved_dirs: u64,
    /// Stamps as they were when the overlay last looked: relatime goes by them, for the overlay itself
    /// opens what is no regular file (observed on 6.18). Those of each fifo, and of directories whose
    /// stamps have changed since.
    old_times: Table<Times>,
    /// Files whose data is in a data-only layer: the path there, until somebody needs the data.
    lazy_data: Table<Arc<[u8]>>,
    next_inode: u64,
    /// The names that are looked up are those of a rename between two directories.
    renaming: bool,
    /// Names of files that have several.
    aliases: Table<alias::Alias>,
    several: Table<alias::Several>,
    /// Inodes by the real inode that names them, per file system.
    real_index: Vec<Table<NonZeroU64>>,
    /// High bits of inode numbers that tell file systems apart; 0 for none (`xino`).
    xino_bits: u32,
    /// The last inode number given to a directory on several file systems.
    last_number: u64,
    files: Table<file::Open>,
    next_file: u64,
    listings: Table<Shared>,
    next_listing: u64,
    oldest_listing: u64,
    /// The shared whiteout: its name in the work directory.
    whiteout: Option<(Ino, Vec<u8>)>,
    share_whiteouts: bool,
    faults: FaultPlan,
    /// Bytes copied up so far.
    copied: u64,
}

impl Overlay {
    /// What is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The names of the attributes that are the overlay's own here.
    fn names(&self) -> &'static Names {
        if self.config.userxattr { &format::USER } else { &format::TRUSTED }
    }

    /// `trusted.` attributes are out of reach for whoever is root in a user namespace only.
    fn reaches_names(&self) -> bool {
        self.config.userxattr || !self.mounter.userns
    }

    /// The kernel version that is imitated.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Makes writes to layers fail as planned (tests, lessons).
    pub fn set_faults(&mut self, plan: FaultPlan) {
        self.faults = plan;
    }

    fn begin(&self, cx: &mut Cx<'_>, verb: Verb, path: impl FnOnce(&Overlay) -> String) {
        cx.trace.step(|| Step::Begin { overlay: self.id, verb, path: path(self) });
    }

    fn end(&self, cx: &mut Cx<'_>, verb: Verb, errno: Option<Errno>) {
        cx.trace.step(|| Step::End { overlay: self.id, verb, errno });
    }

    /// Frames what `f` does for the trace.
    fn frame<R>(
        &mut self,
        cx: &mut Cx<'_>,
        verb: Verb,
        path: impl FnOnce(&Overlay) -> String,
        f: impl FnOnce(&mut Overlay, &mut Cx<'_>) -> Result<R>,
    ) -> Result<R> {
        self.begin(cx, verb, path);
        let res = f(self, cx);
        self.end(cx, verb, res.as_ref().err().copied());
        res
    }

    /// Records that a rule decided about an inode.
    fn decide(&self, cx: &mut Cx<'_>, id: u64, rule: crate::trace::Rule, errno: Option<Errno>) {
        cx.trace.step(|| Step::Decide { overlay: self.id, path: self.path_of(id), rule, errno });
    }

    /// Runs something with the mounter's credentials.
    fn as_mounter<R>(&self, cx: &mut Cx<'_>, f: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        let mounter = self.mounter.clone();
        cx.with_cred(&mounter, f)
    }
}

impl FileSystem for Overlay {
    fn type_name(&self) -> &'static str {
        "overlay"
    }
    fn root(&self) -> Ino {
        Ino(ROOT)
    }
    fn traits(&self) -> Traits {
        let real = self.top_fs().traits;
        Traits {
            // What a layer has shows, whatever the upper one can hold.
            xattrs: true,
            acls: real.acls,
            handles: self.config.nfs_export,
            tmpfile: real.tmpfile,
            rename_whiteout: false,
            reflink: real.reflink,
            read_only: self.read_only,
            depth: self.depth,
            has_d_real: true,
            confined: self.mounter.userns,
            ino32: false,
            block: real.block,
            size_max: SIZE_MAX,
        }
    }
    fn show_options(&self) -> Vec<u8> {
        params::show(&self.config, !self.same_fs, self.profile)
    }
    fn holds_removed(&self) -> bool {
        self.inodes.iter().any(|(_, it)| it.nlink == 0)
    }
    fn set_read_only(&mut self, _cx: &mut Cx<'_>, on: bool) -> Result<()> {
        if !on && self.work.is_none() {
            return Err(Errno::EROFS);
        }
        self.read_only = on;
        Ok(())
    }
    fn pin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        self.hold(ino.0);
    }
    fn unpin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.unref(cx, ino.0);
    }
    fn lookup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        match self.find(cx, dir.0, name.bytes())? {
            Some(id) => Ok(Ino(id)),
            None => Err(Errno::ENOENT),
        }
    }
    fn identity(&self, ino: Ino) -> Ino {
        Ino(self.base(ino.0))
    }
    fn lock_identity(&self, ino: Ino, fh: Fh) -> Ino {
        self.lock_number(ino, fh)
    }
    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        if let Some(found) = self.pass_cached(cx.cred, dir.0, name.bytes()) {
            return Ok(found);
        }
        self.permission(cx, dir, may::EXEC)?;
        let ino = self.lookup(cx, dir, name)?;
        Ok((ino, self.kind(cx, ino)?))
    }
    fn parent(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        Ok(Ino(self.node(dir.0)?.parent))
    }
    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let id = self.enter(cx, ino.0);
        self.attr(cx, id, inode::Look::Seen)
    }
    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let id = self.enter(cx, ino.0);
        self.attr(cx, id, inode::Look::Quiet)
    }
    fn links(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        let id = self.enter(cx, ino.0);
        let inode = self.node(id)?;
        // A directory is removed when it was removed here, whatever became of it below.
        Ok(match (inode.is_dir(), inode.has(entry::flag::DEAD)) {
            (false, _) => inode.nlink,
            (true, false) => 1,
            (true, true) => {
                self.decide(cx, id, Rule::DirRemoved, Some(Errno::ENOENT));
                0
            }
        })
    }
    fn known_attr(&mut self, cx: &mut Cx<'_>, ino: Ino, shown: Attr) -> Result<Attr> {
        let id = self.enter(cx, ino.0);
        let inode = self.node(id)?;
        let size = if inode.kind == FileType::Reg { inode.size } else { shown.size };
        Ok(Attr { mode: Mode(inode.mode), uid: inode.uid, gid: inode.gid, size, ..shown })
    }
    fn known_times(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Times> {
        let id = self.enter(cx, ino.0);
        match self.old_times.get(id) {
            Some(times) => Ok(*times),
            None => Ok(Times::of(&self.peek_attr(cx, ino)?)),
        }
    }
    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        let id = self.enter(cx, ino.0);
        // Lower layers never see that they were read (4.3).
        if let Some(real) = self.inodes.get(id).and_then(|it| it.upper) {
            let fs = self.upper_fs();
            cx.on(fs, |f, cx| f.touch_atime(cx, real));
            self.refresh_times(cx, id);
        }
    }
    fn kind(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        let id = self.enter(cx, ino.0);
        Ok(self.node(id)?.kind)
    }
    fn dirs_version(&self) -> Option<u64> {
        self.all_powerful.then_some(self.moved_dirs)
    }
    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        let id = self.enter(cx, ino.0);
        self.frame(cx, Verb::SetAttr, |o| o.path_of(id), |o, cx| o.set_attr(cx, id, set))
    }
    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        let id = self.enter(cx, ino.0);
        self.may(cx, id, mask)
    }
    fn readlink(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        let id = self.enter(cx, ino.0);
        let (fs, real) = self.real_of(id)?;
        cx.on(fs, |f, cx| f.readlink(cx, real))
    }
    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let name = name.bytes();
        self.frame(
            cx,
            Verb::Create,
            |o| o.path_in(dir.0, name),
            |o, cx| o.create_object(cx, dir.0, name, new).map(Ino),
        )
    }
    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        if !self.profile.has(Feature::Tmpfile) {
            return Err(Errno::EOPNOTSUPP);
        }
        self.frame(
            cx,
            Verb::Create,
            |o| o.path_of(dir.0),
            |o, cx| o.create_tmpfile(cx, dir.0, new).map(Ino),
        )
    }
    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let id = self.enter(cx, ino.0);
        let name = name.bytes();
        self.frame(
            cx,
            Verb::Link,
            |o| o.path_in(dir.0, name),
            |o, cx| o.link_object(cx, id, dir.0, name),
        )
    }
    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let name = name.bytes();
        let path = |o: &Overlay| o.path_in(dir.0, name);
        self.frame(cx, Verb::Unlink, path, |o, cx| o.remove(cx, dir.0, name, dir::Victim::File))
    }
    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let name = name.bytes();
        let path = |o: &Overlay| o.path_in(dir.0, name);
        self.frame(cx, Verb::Rmdir, path, |o, cx| o.remove(cx, dir.0, name, dir::Victim::Dir))
    }
    fn rename(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: Name<'_>,
        to_dir: Ino,
        to_name: Name<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        let (from, to) = ((dir.0, name.bytes()), (to_dir.0, to_name.bytes()));
        let path = |o: &Overlay| o.path_in(from.0, from.1);
        self.frame(cx, Verb::Rename, path, |o, cx| o.rename_object(cx, from, to, flags))
    }
    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let id = self.enter(cx, ino.0);
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::Open, path, |o, cx| o.open_object(cx, id, flags))
    }
    fn release(&mut self, cx: &mut Cx<'_>, _ino: Ino, fh: Fh) {
        self.close(cx, fh);
    }
    fn mapped(&mut self, cx: &mut Cx<'_>, _ino: Ino, fh: Fh) -> Result<Option<(FsId, Ino)>> {
        self.mapped_file(cx, fh).map(Some)
    }
    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        _ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        let (fs, real, fh) = self.real_file(cx, fh)?;
        cx.on(fs, |f, cx| f.read(cx, real, fh, off, buf))
    }
    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        let id = self.enter(cx, ino.0);
        self.write_file(cx, id, fh, off, data)
    }
    fn may_transfer(&mut self, cx: &mut Cx<'_>, ask: Transfer) -> Result<()> {
        let (fs, ino, fh) = self.real_file(cx, ask.fh)?;
        cx.on(fs, |f, cx| f.may_transfer(cx, Transfer { ino, fh, ..ask }))
    }
    fn store(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        let id = self.enter(cx, ino.0);
        self.store_mapped(cx, id, fh, off, data)
    }
    fn read_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        let id = self.enter(cx, ino.0);
        let (fs, real) = self.data_of(id)?;
        cx.on(fs, |f, cx| f.read_rope(cx, real, off, len))
    }
    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        let id = self.enter(cx, ino.0);
        self.write_file_rope(cx, id, off, rope)
    }
    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        let id = self.enter(cx, ino.0);
        self.allocate(cx, id, mode, off, len)
    }
    fn takes_acls(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<bool> {
        let id = self.enter(cx, ino.0);
        let (fs, _) = self.real_of(id)?;
        Ok(cx.disks.peek(fs).is_none_or(|it| it.traits().xattrs))
    }
    fn data_end(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u64> {
        let id = self.enter(cx, ino.0);
        let (fs, real) = self.data_of(id)?;
        cx.on(fs, |f, cx| f.data_end(cx, real))
    }
    fn seek_max(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u64> {
        let id = self.enter(cx, ino.0);
        let (fs, real) = self.data_of(id)?;
        cx.on(fs, |f, cx| f.seek_max(cx, real))
    }
    fn seek(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        let id = self.enter(cx, ino.0);
        let (fs, real) = self.data_of(id)?;
        cx.on(fs, |f, cx| f.seek(cx, real, off, whence))
    }
    fn fsync(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        let id = self.enter(cx, ino.0);
        match self.node(id)?.upper {
            // A volatile mount promises nothing (R1.8).
            Some(_) if self.config.fsync == params::Fsync::Volatile => Ok(()),
            Some(real) => {
                let fs = self.upper_fs();
                cx.on(fs, |f, cx| f.fsync(cx, real))
            }
            None => Ok(()),
        }
    }
    fn readdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let id = self.enter(cx, ino.0);
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::ReadDir, path, |o, cx| o.list(cx, id, fh, pos, emit))
    }
    fn seekdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        let id = self.enter(cx, ino.0);
        self.seek_listing(cx, id, fh, pos, (off, whence))
    }
    fn getxattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        let id = self.enter(cx, ino.0);
        self.xattr(cx, id, name)
    }
    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let id = self.enter(cx, ino.0);
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::SetXattr, path, |o, cx| o.set_xattr(cx, id, name, value, mode))
    }
    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        let id = self.enter(cx, ino.0);
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::SetXattr, path, |o, cx| o.remove_xattr(cx, id, name))
    }
    fn listxattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        let id = self.enter(cx, ino.0);
        self.list_xattrs(cx, id)
    }
    fn get_flags(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        let id = self.enter(cx, ino.0);
        self.inode_flags(cx, id)
    }
    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()> {
        let id = self.enter(cx, ino.0);
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::SetAttr, path, |o, cx| o.set_inode_flags(cx, id, flags))
    }
    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        self.stat_fs(cx)
    }
    fn encode_handle(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        let id = self.enter(cx, ino.0);
        self.handle_of(cx, id)
    }
    fn decode_handle(&mut self, cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        self.object_of(cx, kind, handle).map(Ino)
    }
    fn uuid(&self) -> [u8; 16] {
        self.uuid
    }
    fn meter(&self) -> Meter {
        Meter { copied: self.copied, ..Meter::default() }
    }
    fn look_for_rename(&mut self, on: bool) {
        self.renaming = on;
    }
    fn forget_unused(&mut self, cx: &mut Cx<'_>) {
        self.drop_unused(cx);
    }
    fn unmounted(&mut self, cx: &mut Cx<'_>) {
        self.drop_all(cx);
        if let Some(work) = self.work {
            let fs = self.upper_fs();
            cx.on(fs, |f, cx| f.unpin(cx, work));
        }
    }
}
