//! AUFS, the union file system that Docker began with: branches of files that look like one tree.
//!
//! Sees branches only through [`crate::fs::FileSystem`]; only `real` ever changes one. Whoever
//! mounts it finds the paths of the options ([`mount::Roots`]). No kernel of today has it, so what it
//! does here follows the design documents of aufs and what was measured on Linux 5.4
//! (containers.md F); each rule has its number in `docs/AUFS.md`.
//!
//! Reading order: [`options`] and [`mod@mount`] make one of branches ([`branch`]), `node` is what it
//! remembers, `lookup` finds names, [`policy`] chooses among writable branches, `copy_up` copies,
//! `dir` and `rename` change names, `list` lists, `attr` and `file` are about one object.

mod attr;
pub mod branch;
mod copy_up;
mod dir;
mod file;
pub mod format;
mod list;
mod lookup;
pub mod mount;
mod node;
pub mod options;
pub mod policy;
mod real;
mod rename;
#[cfg(test)]
mod tests;
mod view;

pub use attr::MAGIC;
pub use branch::{BRANCHES_MAX, Branch, Permission, Root};
pub use mount::{Mounted, Request, Roots, mount};
pub use options::{Change, Config, Refusal, parse};
pub use view::BranchView;

use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Fh, FileSystem, NewNode, SIZE_MAX, Traits};
use crate::store::{Rope, Table};
use crate::trace::Step;
use crate::trace::step::Verb;
use crate::types::{
    Attr, Dev, FileType, FsId, Ino, Meter, Mode, Name, NodeKind, OpenFlags, RenameFlags, Result,
    SetAttr, StatFs, Whence, XattrMode,
};
use dir::Victim;
use node::{Node, Numbers, ROOT};
use std::sync::Arc;

/// A mounted union: its branches and what it remembers of them. Cheap to clone.
#[derive(Clone)]
pub struct Aufs {
    id: FsId,
    config: Arc<Config>,
    /// From the top.
    branches: Arc<Vec<Branch>>,
    /// Who writes to branches.
    kernel: Arc<Cred>,
    nodes: Table<Node>,
    numbers: Numbers,
    next_number: u64,
    files: Table<file::Open>,
    next_file: u64,
    chooser: policy::Chooser,
    read_only: bool,
    dev: Dev,
    /// The id of the next branch.
    next_branch: u16,
    /// Bytes that were copied up.
    copied: u64,
}

/// A file of the kernel's own, to be filled in.
const NEW_NODE: NewNode =
    NewNode { kind: NodeKind::Reg, mode: Mode(0), uid: 0, gid: 0, xattrs: Vec::new() };

impl Aufs {
    /// What is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Frames what `f` does for the trace.
    fn frame<R>(
        &mut self,
        cx: &mut Cx<'_>,
        verb: Verb,
        path: impl FnOnce(&Aufs) -> String,
        f: impl FnOnce(&mut Aufs, &mut Cx<'_>) -> Result<R>,
    ) -> Result<R> {
        cx.trace.step(|| Step::Begin { overlay: self.id, verb, path: path(self) });
        let res = f(self, cx);
        let errno = res.as_ref().err().copied();
        cx.trace.step(|| Step::End { overlay: self.id, verb, errno });
        res
    }
}

impl FileSystem for Aufs {
    fn type_name(&self) -> &'static str {
        "aufs"
    }
    fn root(&self) -> Ino {
        Ino(ROOT)
    }
    fn traits(&self) -> Traits {
        Traits {
            xattrs: true,
            acls: true,
            handles: false,
            tmpfile: true,
            rename_whiteout: false,
            reflink: false,
            read_only: self.read_only,
            depth: 1,
            has_d_real: true,
            confined: false,
            ino32: false,
            block: 4096,
            size_max: SIZE_MAX,
        }
    }
    fn show_options(&self) -> Vec<u8> {
        format!("si={}{}", self.si(), self.config.show()).into_bytes()
    }
    fn meter(&self) -> Meter {
        Meter { copied: self.copied, ..Meter::default() }
    }
    fn holds_removed(&self) -> bool {
        self.nodes.iter().any(|(_, it)| it.gone)
    }
    fn set_read_only(&mut self, _cx: &mut Cx<'_>, on: bool) -> Result<()> {
        self.read_only = on;
        Ok(())
    }
    fn pin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.nodes.get_mut(ino.0) {
            node.pins += 1;
        }
    }
    fn unpin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.nodes.get_mut(ino.0) {
            node.pins = node.pins.saturating_sub(1);
        }
        self.settle(cx, ino.0);
    }
    fn lookup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        self.find(cx, dir.0, name.bytes())?.map(Ino).ok_or(Errno::ENOENT)
    }
    fn parent(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        self.parent_of(dir)
    }
    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        self.attr(cx, ino.0, true)
    }
    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        self.attr(cx, ino.0, false)
    }
    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        if let Ok(real) = self.top(ino.0)
            && self.can_write(real.branch)
        {
            self.on(cx, real, |f, cx, ino| f.touch_atime(cx, ino));
        }
    }
    fn kind(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        Ok(self.node(ino.0)?.kind)
    }
    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        let id = ino.0;
        self.frame(cx, Verb::SetAttr, |it| it.path_of(id), |it, cx| it.set_attr(cx, id, set))
    }
    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        self.may(cx, ino.0, mask)
    }
    fn readlink(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        let real = self.top(ino.0)?;
        self.on(cx, real, |f, cx, ino| f.readlink(cx, ino))
    }
    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let (dir, name) = (dir.0, name.bytes());
        let path = |it: &Aufs| it.path_in(dir, name);
        let done =
            self.frame(cx, Verb::Create, path, |it, cx| it.create_object(cx, dir, name, new));
        done.map(Ino)
    }
    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let path = |it: &Aufs| it.path_of(dir.0);
        self.frame(cx, Verb::Create, path, |it, cx| it.create_tmpfile(cx, dir.0, new)).map(Ino)
    }
    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let (dir, name) = (dir.0, name.bytes());
        let path = |it: &Aufs| it.path_in(dir, name);
        self.frame(cx, Verb::Link, path, |it, cx| it.link_object(cx, ino.0, dir, name))
    }
    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let (dir, name) = (dir.0, name.bytes());
        let path = |it: &Aufs| it.path_in(dir, name);
        self.frame(cx, Verb::Unlink, path, |it, cx| it.remove(cx, dir, name, Victim::File))
    }
    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let (dir, name) = (dir.0, name.bytes());
        let path = |it: &Aufs| it.path_in(dir, name);
        self.frame(cx, Verb::Rmdir, path, |it, cx| it.remove(cx, dir, name, Victim::Dir))
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
        let path = |it: &Aufs| it.path_in(from.0, from.1);
        self.frame(cx, Verb::Rename, path, |it, cx| it.rename_object(cx, from, to, flags))
    }
    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let id = ino.0;
        self.frame(cx, Verb::Open, |it| it.path_of(id), |it, cx| it.open_object(cx, id, flags))
    }
    fn release(&mut self, cx: &mut Cx<'_>, _ino: Ino, fh: Fh) {
        self.close(cx, fh);
    }
    fn mapped(&mut self, cx: &mut Cx<'_>, _ino: Ino, fh: Fh) -> Result<Option<(FsId, Ino)>> {
        let (real, real_fh) = self.real_file(cx, fh)?;
        let below = self.on(cx, real, |f, cx, ino| f.mapped(cx, ino, real_fh))?;
        Ok(below.or(Some((self.branches[real.branch].fs, real.ino))))
    }
    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        _ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        let (real, fh) = self.real_file(cx, fh)?;
        self.on(cx, real, |f, cx, ino| f.read(cx, ino, fh, off, buf))
    }
    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        self.write_file(cx, ino.0, fh, off, data)
    }
    fn read_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        let real = self.top(ino.0)?;
        self.on(cx, real, |f, cx, ino| f.read_rope(cx, ino, off, len))
    }
    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        self.write_runs(cx, ino.0, off, rope)
    }
    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        self.allocate(cx, ino.0, (mode, off, len))
    }
    fn seek(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        let real = self.top(ino.0)?;
        self.on(cx, real, |f, cx, ino| f.seek(cx, ino, off, whence))
    }
    fn fsync(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        let real = self.top(ino.0)?;
        match self.can_write(real.branch) {
            true => self.on(cx, real, |f, cx, ino| f.fsync(cx, ino)),
            false => Ok(()),
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
        let id = ino.0;
        let path = |it: &Aufs| it.path_of(id);
        self.frame(cx, Verb::ReadDir, path, |it, cx| it.list(cx, id, fh, pos, emit))
    }
    fn seekdir(
        &mut self,
        _cx: &mut Cx<'_>,
        _ino: Ino,
        _fh: Fh,
        pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        Aufs::seek_listing(pos, off, whence)
    }
    fn getxattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        let real = self.top(ino.0)?;
        self.on(cx, real, |f, cx, ino| f.getxattr(cx, ino, name))
    }
    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let (id, what) = (ino.0, (name, value, mode));
        let path = |it: &Aufs| it.path_of(id);
        self.frame(cx, Verb::SetXattr, path, |it, cx| it.set_xattr(cx, id, what))
    }
    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        let id = ino.0;
        let path = |it: &Aufs| it.path_of(id);
        self.frame(cx, Verb::SetXattr, path, |it, cx| it.remove_xattr(cx, id, name))
    }
    fn listxattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        let real = self.top(ino.0)?;
        self.on(cx, real, |f, cx, ino| f.listxattr(cx, ino))
    }
    fn get_flags(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<u32> {
        Err(Errno::ENOTTY)
    }
    fn set_flags(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _flags: u32) -> Result<()> {
        Err(Errno::ENOTTY)
    }
    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        self.space(cx)
    }
    fn encode_handle(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Option<(u8, Vec<u8>)> {
        None
    }
    fn decode_handle(&mut self, _cx: &mut Cx<'_>, _kind: u8, _handle: &[u8]) -> Result<Ino> {
        Err(Errno::ESTALE)
    }
    fn uuid(&self) -> [u8; 16] {
        [0; 16]
    }
    fn unmounted(&mut self, cx: &mut Cx<'_>) {
        self.tidy(cx);
    }
}
