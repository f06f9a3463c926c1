//! THE SEAM: everything that changes a branch, one function per primitive.
//!
//! Each acts as the kernel itself, as AUFS does where the caller's rights would not do, and leaves
//! one [`Step::Write`] that is complete (see [`crate::overlay::replay`]). Decides nothing.

use super::Aufs;
use crate::errno::Errno;
use crate::fs::checked;
use crate::fs::recorded::runs;
use crate::fs::{Cx, Fh, NewNode};
use crate::store::Rope;
use crate::trace::Step;
use crate::trace::step::{Layer, RealWrite};
use crate::types::{FileType, Ino, Name, RenameFlags, Result, SetAttr, XattrMode};

/// A file or directory in a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Real {
    /// The place of the branch, 0 on top.
    pub branch: usize,
    pub ino: Ino,
}

/// Where a change happens, for people: turned into text only when somebody records.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// What stands behind a node.
    Of(u64),
    /// A name in a directory of the union.
    In(u64, &'a [u8]),
    /// A name of AUFS's own below the root of the branch.
    Own(&'a [u8]),
}

/// A name in a directory of a branch.
pub(super) type Spot<'a> = (Real, &'a [u8]);

impl Aufs {
    /// Branches as layers of a picture: the top one is the upper layer where it can be written.
    pub(super) fn layer(&self, branch: usize) -> Layer {
        let writable = self.branches.first().is_some_and(|it| it.is_writable());
        match branch {
            0 if writable => Layer::Upper,
            _ => Layer::Lower((branch + usize::from(!writable)) as u16),
        }
    }

    fn place_text(&self, place: Place<'_>) -> String {
        match place {
            Place::Of(id) => self.path_of(id),
            Place::In(dir, name) => self.path_in(dir, name),
            Place::Own(name) => format!("/{}", String::from_utf8_lossy(name)),
        }
    }

    /// Runs one write as the kernel, and records it.
    fn write_real<R>(
        &self,
        cx: &mut Cx<'_>,
        (branch, place): (usize, Place<'_>),
        f: impl FnOnce(&mut Cx<'_>, crate::types::FsId) -> Result<R>,
        describe: impl FnOnce(Option<&R>) -> RealWrite,
    ) -> Result<R> {
        let fs = self.branches[branch].fs;
        let kernel = self.kernel.clone();
        let res = cx.with_cred(&kernel, |cx| f(cx, fs));
        cx.trace.step(|| Step::Write {
            overlay: self.id,
            layer: match place {
                Place::Own(_) => Layer::Work,
                Place::Of(_) | Place::In(..) => self.layer(branch),
            },
            fs,
            path: self.place_text(place),
            write: describe(res.as_ref().ok()),
            errno: res.as_ref().err().copied(),
        });
        res
    }

    pub(super) fn do_create(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (dir, name): Spot<'_>,
        new: &NewNode,
    ) -> Result<Ino> {
        self.write_real(
            cx,
            (dir.branch, place),
            |cx, fs| checked::create_node(cx, fs, dir.ino, Name::new(name)?, new),
            |made| RealWrite::Create {
                dir: dir.ino,
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

    /// An unnamed file; the caller owns one pin on it.
    pub(super) fn do_tmpfile(&self, cx: &mut Cx<'_>, dir: Real, new: &NewNode) -> Result<Ino> {
        self.write_real(
            cx,
            (dir.branch, Place::Own(b"")),
            |cx, fs| cx.on(fs, |f, cx| f.tmpfile(cx, dir.ino, new)),
            |made| RealWrite::Tmpfile {
                dir: dir.ino,
                mode: new.mode.0,
                uid: new.uid,
                gid: new.gid,
                xattrs: new.xattrs.clone(),
                made: made.copied().unwrap_or(Ino(0)),
            },
        )
    }

    pub(super) fn do_link(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        ino: Ino,
        (dir, name): Spot<'_>,
    ) -> Result<()> {
        self.write_real(
            cx,
            (dir.branch, place),
            |cx, fs| checked::link(cx, fs, ino, dir.ino, Name::new(name)?, true),
            |_| RealWrite::Link { ino, dir: dir.ino, name: name.to_vec() },
        )
    }

    /// Removes a name, whatever it leads to.
    ///
    /// # Errors
    /// Those of the branch's file system; `ENOENT` when somebody was faster.
    pub(super) fn do_remove(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (dir, name): Spot<'_>,
    ) -> Result<()> {
        let fs = self.branches[dir.branch].fs;
        let (victim, kind) = cx.on(fs, |f, cx| {
            let victim = f.lookup(cx, dir.ino, Name::new(name)?)?;
            Ok::<_, Errno>((victim, f.kind(cx, victim)?))
        })?;
        let is_dir = kind == FileType::Dir;
        self.write_real(
            cx,
            (dir.branch, place),
            |cx, fs| match is_dir {
                true => checked::rmdir(cx, fs, dir.ino, Name::new(name)?, victim),
                false => checked::unlink(cx, fs, dir.ino, Name::new(name)?, victim),
            },
            |_| match is_dir {
                true => RealWrite::Rmdir { dir: dir.ino, name: name.to_vec() },
                false => RealWrite::Unlink { dir: dir.ino, name: name.to_vec() },
            },
        )
    }

    /// Renames inside one branch; what stands under the new name is replaced.
    pub(super) fn do_rename(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (dir, name): Spot<'_>,
        (to, to_name): Spot<'_>,
    ) -> Result<()> {
        self.write_real(
            cx,
            (dir.branch, place),
            |cx, fs| {
                let (name, to_name) = (Name::new(name)?, Name::new(to_name)?);
                cx.on(fs, |f, cx| f.rename(cx, dir.ino, name, to.ino, to_name, RenameFlags::NONE))
            },
            |_| RealWrite::Rename {
                dir: dir.ino,
                name: name.to_vec(),
                to_dir: to.ino,
                to_name: to_name.to_vec(),
                flags: 0,
            },
        )
    }

    pub(super) fn do_setattr(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        real: Real,
        set: &SetAttr,
    ) -> Result<()> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| checked::setattr(cx, fs, real.ino, set),
            |_| RealWrite::SetAttr { ino: real.ino, set: *set },
        )
    }

    pub(super) fn do_setxattr(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        real: Real,
        (name, value, mode): (&[u8], &[u8], XattrMode),
    ) -> Result<()> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| checked::setxattr(cx, fs, real.ino, name, value, mode),
            |_| RealWrite::SetXattr {
                ino: real.ino,
                name: name.to_vec(),
                value: value.to_vec(),
                mode,
            },
        )
    }

    pub(super) fn do_removexattr(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        real: Real,
        name: &[u8],
    ) -> Result<()> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| checked::removexattr(cx, fs, real.ino, name),
            |_| RealWrite::RemoveXattr { ino: real.ino, name: name.to_vec() },
        )
    }

    /// Writes a run of bytes of one file to the same place of another.
    pub(super) fn do_copy_data(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        from: Real,
        to: Real,
        (off, data): (u64, &Rope),
    ) -> Result<()> {
        let from_fs = self.branches[from.branch].fs;
        self.write_real(
            cx,
            (to.branch, place),
            |cx, fs| cx.on(fs, |f, cx| f.write_rope(cx, to.ino, off, data)),
            |_| RealWrite::CopyData {
                from_fs,
                from: from.ino,
                from_off: off,
                ino: to.ino,
                off,
                len: data.len(),
            },
        )
    }

    pub(super) fn do_write(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        (real, fh): (Real, Fh),
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| cx.on(fs, |f, cx| f.write(cx, real.ino, fh, off, data)),
            |n| RealWrite::Write {
                ino: real.ino,
                off,
                bytes: data[..n.copied().unwrap_or(0)].to_vec(),
            },
        )
    }

    pub(super) fn do_write_rope(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        real: Real,
        off: u64,
        rope: &Rope,
    ) -> Result<()> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| cx.on(fs, |f, cx| f.write_rope(cx, real.ino, off, rope)),
            |_| RealWrite::WriteRope { ino: real.ino, off, segs: runs(rope) },
        )
    }

    pub(super) fn do_fallocate(
        &self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        real: Real,
        (mode, off, len): (u32, u64, u64),
    ) -> Result<()> {
        self.write_real(
            cx,
            (real.branch, place),
            |cx, fs| cx.on(fs, |f, cx| f.fallocate(cx, real.ino, mode, off, len)),
            |_| RealWrite::Fallocate { ino: real.ino, mode, off, len },
        )
    }
}
