//! THE SEAM: everything that changes a layer, one function per primitive.
//!
//! Each acts with the mounter's credentials, asks the fault plan first, and leaves one
//! [`Step::Write`] that is complete: [`replay`] of the recorded writes on the state before gives
//! the state after. Decides nothing.

use super::Overlay;
use super::entry::LowerRef;
use crate::errno::Errno;
use crate::fs::checked;
use crate::fs::{Cx, Fh, FileSystem, NewNode};
use crate::store::{Rope, Seg};
use crate::trace::Step;
use crate::trace::step::{Layer, RealWrite};
use crate::types::{
    FileType, FsId, Ino, Mode, Name, RenameFlags, Result, SetAttr, Timespec, XattrMode,
};

/// Where a change happens, for people: turned into text only when somebody records.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The upper object of an overlay inode.
    Of(u64),
    /// A name in the upper directory of an overlay directory.
    In(u64, &'a [u8]),
    /// A name in `work`.
    Work(&'a [u8]),
    /// Something without a name in `work`.
    Unnamed,
    /// A name in `workdir` itself, or the upper root (no name), while mounting.
    Base(&'a [u8]),
}

/// What the next writes to layers meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// This write fails with this error; the others work.
    Fail { write: u64, errno: Errno },
    /// From this write on nothing reaches a layer any more: the machine has crashed.
    Crash { write: u64 },
}

/// Counts writes to layers and makes some of them fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    pub fault: Fault,
    /// Writes so far.
    pub writes: u64,
}

impl FaultPlan {
    /// # Errors
    /// The planned one; `EIO` after a crash.
    fn next(&mut self) -> Result<()> {
        let now = self.writes;
        self.writes += 1;
        match self.fault {
            Fault::Fail { write, errno } if write == now => Err(errno),
            Fault::Crash { write } if now >= write => Err(Errno::EIO),
            _ => Ok(()),
        }
    }
}

/// Data on its way up.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub off: u64,
    pub len: u64,
}

impl Overlay {
    /// Runs one write: fault plan, mounter's credentials, trace.
    fn write_real<R>(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        f: impl FnOnce(&mut Cx<'_>, FsId) -> Result<R>,
        describe: impl FnOnce(Option<&R>) -> RealWrite,
    ) -> Result<R> {
        let fs = self.upper_fs();
        let res = match self.faults.next() {
            Ok(()) => self.as_mounter(cx, |cx| f(cx, fs)),
            Err(errno) => Err(errno),
        };
        cx.trace.step(|| Step::Write {
            overlay: self.id,
            layer: match place {
                Place::Of(_) | Place::In(..) => Layer::Upper,
                Place::Base(b"") => Layer::Upper,
                Place::Work(_) | Place::Unnamed | Place::Base(_) => Layer::Work,
            },
            fs,
            path: self.place_text(place),
            write: describe(res.as_ref().ok()),
            errno: res.as_ref().err().copied(),
        });
        res
    }

    fn place_text(&self, place: Place<'_>) -> String {
        match place {
            Place::Of(id) => self.path_of(id),
            Place::In(dir, name) => self.path_in(dir, name),
            Place::Work(name) => format!("/{}/{}", self.work_text(), String::from_utf8_lossy(name)),
            Place::Unnamed => format!("/{}/", self.work_text()),
            Place::Base(name) => format!("/{}", String::from_utf8_lossy(name)),
        }
    }

    fn work_text(&self) -> String {
        String::from_utf8_lossy(self.work_name).into_owned()
    }

    /// Makes an object.
    pub(super) fn do_create(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        dir: Ino,
        name: &[u8],
        new: &NewNode,
    ) -> Result<Ino> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::create_node(cx, fs, dir, Name::new(name)?, new),
            |made| RealWrite::Create {
                dir,
                name: name.to_vec(),
                kind: new.kind.clone(),
                mode: new.mode.0,
                uid: new.uid,
                gid: new.gid,
                xattrs: new.xattrs.clone(),
                made: made.copied().unwrap_or(Ino(0)),
            },
        )
    }

    /// Makes an unnamed file; the caller owns one pin on it.
    pub(super) fn do_tmpfile(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        dir: Ino,
        new: &NewNode,
    ) -> Result<Ino> {
        self.write_real(
            cx,
            place,
            |cx, fs| cx.on(fs, |f, cx| f.tmpfile(cx, dir, new)),
            |made| RealWrite::Tmpfile {
                dir,
                mode: new.mode.0,
                uid: new.uid,
                gid: new.gid,
                xattrs: new.xattrs.clone(),
                made: made.copied().unwrap_or(Ino(0)),
            },
        )
    }

    pub(super) fn do_link(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        dir: Ino,
        name: &[u8],
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::link(cx, fs, ino, dir, Name::new(name)?, true),
            |_| RealWrite::Link { ino, dir, name: name.to_vec() },
        )
    }

    /// Removes a name; `victim` is what it must stand for.
    pub(super) fn do_remove(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        dir: Ino,
        name: &[u8],
        (victim, kind): (Ino, FileType),
    ) -> Result<()> {
        let is_dir = kind == FileType::Dir;
        self.write_real(
            cx,
            place,
            |cx, fs| match is_dir {
                true => checked::rmdir(cx, fs, dir, Name::new(name)?, victim),
                false => checked::unlink(cx, fs, dir, Name::new(name)?, victim),
            },
            |_| match is_dir {
                true => RealWrite::Rmdir { dir, name: name.to_vec() },
                false => RealWrite::Unlink { dir, name: name.to_vec() },
            },
        )
    }

    /// Renames `from` = (directory, name, inode) to `to` = (directory, name, what is there).
    pub(super) fn do_rename(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        from: (Ino, &[u8], Ino),
        to: (Ino, &[u8], Option<Ino>),
        flags: RenameFlags,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| {
                let from = (from.0, Name::new(from.1)?, from.2);
                let to = (to.0, Name::new(to.1)?, to.2);
                checked::rename(cx, fs, from, to, flags)
            },
            |_| RealWrite::Rename {
                dir: from.0,
                name: from.1.to_vec(),
                to_dir: to.0,
                to_name: to.1.to_vec(),
                flags: flags.0,
            },
        )
    }

    pub(super) fn do_setattr(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        set: &SetAttr,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::setattr(cx, fs, ino, set),
            |_| RealWrite::SetAttr { ino, set: *set },
        )
    }

    /// Sets an attribute as the mounter.
    pub(super) fn do_setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::setxattr(cx, fs, ino, name, value, mode),
            |_| RealWrite::SetXattr { ino, name: name.to_vec(), value: value.to_vec(), mode },
        )
    }

    pub(super) fn do_removexattr(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        name: &[u8],
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::removexattr(cx, fs, ino, name),
            |_| RealWrite::RemoveXattr { ino, name: name.to_vec() },
        )
    }

    /// Sets one of the overlay's own attributes.
    ///
    /// # Errors
    /// `EOPNOTSUPP` where the upper layer keeps none.
    pub(super) fn do_set_private(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
    ) -> Result<()> {
        debug_assert!(name.starts_with(self.names().prefix));
        if self.no_xattr {
            return Err(Errno::EOPNOTSUPP);
        }
        self.do_setxattr(cx, place, ino, name, value, XattrMode::Set)
    }

    pub(super) fn do_remove_private(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        name: &[u8],
    ) -> Result<()> {
        self.do_removexattr(cx, place, ino, name)
    }

    pub(super) fn do_set_flags(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        flags: u32,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| checked::set_flags(cx, fs, ino, flags),
            |_| RealWrite::SetFlags { ino, flags },
        )
    }

    /// Copies a run of a lower file, holes becoming allocated zeros (4.2).
    pub(super) fn do_copy_data(
        &mut self,
        cx: &mut Cx<'_>,
        from: LowerRef,
        ino: Ino,
        range: Range,
    ) -> Result<()> {
        let from_fs = self.layer_fs(from.layer);
        let done = self.write_real(
            cx,
            Place::Unnamed,
            |cx, fs| copy_data(cx, (from_fs, from.ino), (fs, ino), range),
            |_| RealWrite::CopyData {
                from_fs,
                from: from.ino,
                from_off: range.off,
                ino,
                off: range.off,
                len: range.len,
            },
        );
        self.copied += if done.is_ok() { range.len } else { 0 };
        done
    }

    /// Shares all blocks of a lower file on the same file system.
    pub(super) fn do_clone(
        &mut self,
        cx: &mut Cx<'_>,
        from: LowerRef,
        ino: Ino,
        len: u64,
    ) -> Result<()> {
        self.write_real(
            cx,
            Place::Unnamed,
            |cx, fs| clone_data(cx, fs, from.ino, ino, len),
            |_| RealWrite::Clone { from: from.ino, ino, len },
        )
    }

    pub(super) fn do_write(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (ino, fh): (Ino, Fh),
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        self.put_bytes(cx, place, (ino, off, data), |f, cx| f.write(cx, ino, fh, off, data))
    }

    /// A write through a mapping.
    pub(super) fn do_store(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (ino, fh): (Ino, Fh),
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        self.put_bytes(cx, place, (ino, off, data), |f, cx| f.store(cx, ino, fh, off, data))
    }

    /// Bytes go to a place of an object of the upper layer, in whichever way.
    fn put_bytes(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (ino, off, data): (Ino, u64, &[u8]),
        put: impl FnOnce(&mut dyn FileSystem, &mut Cx<'_>) -> Result<usize>,
    ) -> Result<usize> {
        self.write_real(
            cx,
            place,
            |cx, fs| cx.on(fs, put),
            |n| RealWrite::Write { ino, off, bytes: data[..n.copied().unwrap_or(0)].to_vec() },
        )
    }

    pub(super) fn do_write_rope(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        off: u64,
        rope: &Rope,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| cx.on(fs, |f, cx| f.write_rope(cx, ino, off, rope)),
            |_| RealWrite::WriteRope { ino, off, segs: crate::fs::recorded::runs(rope) },
        )
    }

    pub(super) fn do_fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        mode: u32,
        range: Range,
    ) -> Result<()> {
        self.write_real(
            cx,
            place,
            |cx, fs| cx.on(fs, |f, cx| f.fallocate(cx, ino, mode, range.off, range.len)),
            |_| RealWrite::Fallocate { ino, mode, off: range.off, len: range.len },
        )
    }
}

fn copy_data(cx: &mut Cx<'_>, from: (FsId, Ino), to: (FsId, Ino), range: Range) -> Result<()> {
    let mut rope = cx.on(from.0, |f, cx| f.read_rope(cx, from.1, range.off, range.len))?;
    for seg in &mut rope.segs {
        if let Seg::Hole(len) = *seg {
            *seg = Seg::Zero(len);
        }
    }
    cx.on(to.0, |f, cx| f.write_rope(cx, to.1, range.off, &rope))
}

fn clone_data(cx: &mut Cx<'_>, fs: FsId, from: Ino, to: Ino, len: u64) -> Result<()> {
    let rope = cx.on(fs, |f, cx| f.read_rope(cx, from, 0, len))?;
    cx.on(fs, |f, cx| f.write_rope(cx, to, 0, &rope))
}

/// Does again what a recorded write did, to the file system it was done to. With the writes of a
/// whole trace on the state before, in order, this gives the state after (times of change aside).
///
/// # Errors
/// What the file system says: none, on the right state.
pub fn replay(cx: &mut Cx<'_>, fs: FsId, write: &RealWrite) -> Result<()> {
    let root = crate::cred::Cred::root();
    cx.with_cred(&root, |cx| replay_as_root(cx, fs, write))
}

fn replay_as_root(cx: &mut Cx<'_>, fs: FsId, write: &RealWrite) -> Result<()> {
    match write {
        RealWrite::Create { dir, name, kind, mode, uid, gid, xattrs, made } => {
            let new = node(kind.clone(), *mode, (*uid, *gid), xattrs);
            same(checked::create_node(cx, fs, *dir, Name::new(name)?, &new)?, *made)
        }
        RealWrite::Tmpfile { dir, mode, uid, gid, xattrs, made } => {
            let new = node(crate::types::NodeKind::Reg, *mode, (*uid, *gid), xattrs);
            same(cx.on(fs, |f, cx| f.tmpfile(cx, *dir, &new))?, *made)
        }
        RealWrite::Link { ino, dir, name } => {
            cx.on(fs, |f, cx| f.link(cx, *ino, *dir, Name::new(name)?))
        }
        RealWrite::Unlink { dir, name } => cx.on(fs, |f, cx| f.unlink(cx, *dir, Name::new(name)?)),
        RealWrite::Rmdir { dir, name } => cx.on(fs, |f, cx| f.rmdir(cx, *dir, Name::new(name)?)),
        RealWrite::Rename { dir, name, to_dir, to_name, flags } => {
            let (name, to_name) = (Name::new(name)?, Name::new(to_name)?);
            let flags = RenameFlags(*flags);
            cx.on(fs, |f, cx| f.rename(cx, *dir, name, *to_dir, to_name, flags))
        }
        RealWrite::SetAttr { ino, set } => checked::setattr(cx, fs, *ino, set),
        RealWrite::SetXattr { ino, name, value, mode } => {
            checked::setxattr(cx, fs, *ino, name, value, *mode)
        }
        RealWrite::RemoveXattr { ino, name } => checked::removexattr(cx, fs, *ino, name),
        RealWrite::SetFlags { ino, flags } => checked::set_flags(cx, fs, *ino, *flags),
        RealWrite::CopyData { from_fs, from, from_off, ino, len, .. } => {
            let range = Range { off: *from_off, len: *len };
            copy_data(cx, (*from_fs, *from), (fs, *ino), range)
        }
        RealWrite::Clone { from, ino, len } => clone_data(cx, fs, *from, *ino, *len),
        RealWrite::Write { ino, off, bytes } => {
            let rope = Rope { segs: vec![shared(bytes)] };
            cx.on(fs, |f, cx| f.write_rope(cx, *ino, *off, &rope))
        }
        RealWrite::WriteRope { ino, off, segs } => {
            let rope = Rope { segs: segs.iter().map(seg).collect() };
            cx.on(fs, |f, cx| f.write_rope(cx, *ino, *off, &rope))
        }
        RealWrite::Fallocate { ino, mode, off, len } => {
            cx.on(fs, |f, cx| f.fallocate(cx, *ino, *mode, *off, *len))
        }
    }
}

fn node(
    kind: crate::types::NodeKind,
    mode: u16,
    (uid, gid): (u32, u32),
    xattrs: &[(Vec<u8>, Vec<u8>)],
) -> NewNode {
    NewNode { kind, mode: Mode(mode), uid, gid, xattrs: xattrs.to_vec() }
}

/// A replayed creation gives the inode that the recorded one gave.
fn same(got: Ino, made: Ino) -> Result<()> {
    if got == made { Ok(()) } else { Err(Errno::ESTALE) }
}

fn shared(bytes: &[u8]) -> Seg {
    Seg::Shared { bytes: bytes.into(), off: 0, len: bytes.len() }
}

fn seg(run: &crate::trace::step::Run) -> Seg {
    use crate::trace::step::Run;
    match run {
        Run::Hole(len) => Seg::Hole(*len),
        Run::Zero(len) => Seg::Zero(*len),
        Run::Bytes(bytes) => shared(bytes),
    }
}

/// Both times of an inode, to put back.
pub(super) fn times(atime: Timespec, mtime: Timespec) -> SetAttr {
    use crate::types::SetTime::To;
    SetAttr { atime: Some(To(atime)), mtime: Some(To(mtime)), ..SetAttr::default() }
}
