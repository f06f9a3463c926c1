//! Open files: each holds the real file that is current, and follows a copy-up.

use super::Aufs;
use super::copy_up::Extent;
use super::list::Listed;
use super::real::{Place, Real};
use crate::errno::Errno;
use crate::fs::{Cx, Fh};
use crate::store::Rope;
use crate::trace::Rule;
use crate::types::{FileType, OpenFlags, Result};
use std::sync::Arc;

/// An open file or directory.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub id: u64,
    pub flags: OpenFlags,
    /// None for a directory: its listing is made of all branches.
    pub real: Option<(Real, Fh)>,
    pub listing: Option<Arc<Vec<Listed>>>,
}

impl Aufs {
    pub(super) fn open_object(&mut self, cx: &mut Cx<'_>, id: u64, flags: OpenFlags) -> Result<Fh> {
        let kind = self.node(id)?.kind;
        let path_only = flags.has(OpenFlags::PATH);
        if flags.has(OpenFlags::DIRECT) && !self.config.dio && kind == FileType::Reg {
            return Err(Errno::EINVAL);
        }
        let truncates = flags.has(OpenFlags::TRUNC);
        let changes = !path_only && kind == FileType::Reg && (flags.writes() || truncates);
        if changes {
            let extent = if truncates { Extent::Start(0) } else { Extent::All };
            self.writable(cx, id, extent)?;
        } else if kind == FileType::Reg && !self.can_write(self.top(id)?.branch) {
            self.decide(cx, id, Rule::AufsNoCopyUp, None);
        }
        let real = match kind {
            FileType::Dir => None,
            _ => Some(self.open_real(cx, id, flags)?),
        };
        let fh = self.next_file;
        self.next_file += 1;
        self.files.insert(fh, Open { id, flags, real, listing: None });
        Ok(Fh(fh))
    }

    fn open_real(&self, cx: &mut Cx<'_>, id: u64, flags: OpenFlags) -> Result<(Real, Fh)> {
        let real = self.top(id)?;
        let once = OpenFlags::CREAT.0 | OpenFlags::EXCL.0 | OpenFlags::TRUNC.0;
        let flags = OpenFlags(flags.0 & !once);
        let kernel = self.kernel.clone();
        let fh = cx.with_cred(&kernel, |cx| {
            self.on(cx, real, |f, cx, ino| {
                let fh = f.open(cx, ino, flags)?;
                f.pin(cx, ino);
                Ok::<_, Errno>(fh)
            })
        })?;
        Ok((real, fh))
    }

    fn close_real(&self, cx: &mut Cx<'_>, (real, fh): (Real, Fh)) {
        self.on(cx, real, |f, cx, ino| {
            f.release(cx, ino, fh);
            f.unpin(cx, ino);
        });
    }

    pub(super) fn close(&mut self, cx: &mut Cx<'_>, fh: Fh) {
        if let Some(real) = self.files.remove(fh.0).and_then(|it| it.real) {
            self.close_real(cx, real);
        }
    }

    /// The real file behind an open one: that of the copy as soon as there is one.
    pub(super) fn real_file(&mut self, cx: &mut Cx<'_>, fh: Fh) -> Result<(Real, Fh)> {
        let open = self.files.get(fh.0).ok_or(Errno::EBADF)?;
        let (id, flags) = (open.id, open.flags);
        let real = open.real.ok_or(Errno::EISDIR)?;
        if self.top(id)? == real.0 {
            return Ok(real);
        }
        let new = self.open_real(cx, id, flags)?;
        self.close_real(cx, real);
        if let Some(open) = self.files.get_mut(fh.0) {
            open.real = Some(new);
        }
        Ok(new)
    }

    pub(super) fn write_file(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        let (real, real_fh) = self.real_file(cx, fh)?;
        if !self.can_write(real.branch) {
            return Err(Errno::EBADF);
        }
        self.do_write(cx, Place::Of(id), (real, real_fh), off, data)
    }

    pub(super) fn write_runs(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        off: u64,
        rope: &Rope,
    ) -> Result<()> {
        let real = self.writable(cx, id, Extent::All)?;
        self.do_write_rope(cx, Place::Of(id), real, off, rope)
    }

    pub(super) fn allocate(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        range: (u32, u64, u64),
    ) -> Result<()> {
        let real = self.writable(cx, id, Extent::All)?;
        self.do_fallocate(cx, Place::Of(id), real, range)
    }
}
