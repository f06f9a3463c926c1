//! Open files: each holds the real file that is current, and follows a copy-up (4.3).

use super::Overlay;
use super::copy_up::Extent;
use super::entry::Inode;
use super::profile::Feature;
use super::real::{Place, Range};
use crate::errno::Errno;
use crate::fs::checked::{self, may};
use crate::fs::{Cx, Fh};
use crate::store::Rope;
use crate::trace::Rule;
use crate::types::{FileType, FsId, Ino, OpenFlags, Result, falloc, inode_flags};

/// An open file or directory.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub id: u64,
    pub flags: OpenFlags,
    pub real: (FsId, Ino, Fh),
    /// The file that it was opened on, pinned, once a copy-up has moved it on: a mapping shows that one
    /// whenever it is made (observed on 6.18).
    pub first: Option<(FsId, Ino)>,
    /// A directory that is passed through, not merged; decided again at every rewind.
    pub passes: bool,
    /// The merged listing in use.
    pub listing: Option<u64>,
}

impl Overlay {
    pub(super) fn open_object(&mut self, cx: &mut Cx<'_>, id: u64, flags: OpenFlags) -> Result<Fh> {
        let inode = self.node(id)?;
        if Overlay::open_copies(inode, flags) {
            let truncates = flags.has(OpenFlags::TRUNC);
            let extent = if truncates { Extent::NoData } else { Extent::All };
            self.copy_up_extent(cx, id, extent)?;
        } else if inode.upper.is_none() {
            self.decide(cx, id, Rule::NoCopyUp, None);
        }
        if self.node(id)?.kind == FileType::Reg && !flags.has(OpenFlags::PATH) {
            self.need_data(cx, id)?;
        }
        let real = self.open_real(cx, id, flags)?;
        let passes = self.node(id)?.passes_through();
        let fh = self.next_file;
        self.next_file += 1;
        let open = Open { id, flags, real, first: None, passes, listing: None };
        self.files.insert(fh, open);
        Ok(Fh(fh))
    }

    fn open_real(&self, cx: &mut Cx<'_>, id: u64, flags: OpenFlags) -> Result<(FsId, Ino, Fh)> {
        let (fs, real) = self.data_of(id)?;
        // Neither to read nor to write (3): both must be allowed, which a lower layer does not that is an
        // overlay which cannot be written, nor an immutable file that has the data.
        let both = flags.0 & OpenFlags::ACCMODE == OpenFlags::ACCMODE;
        if both && !flags.has(OpenFlags::PATH) {
            self.as_mounter(cx, |cx| checked::permission(cx, fs, real, may::READ | may::WRITE))?;
        }
        let once = OpenFlags::CREAT.0 | OpenFlags::EXCL.0 | OpenFlags::TRUNC.0;
        let flags = OpenFlags(flags.0 & !once);
        let fh = self.as_mounter(cx, |cx| {
            cx.on(fs, |f, cx| {
                let fh = f.open(cx, real, flags)?;
                f.pin(cx, real);
                Ok(fh)
            })
        })?;
        Ok((fs, real, fh))
    }

    fn close_real(&self, cx: &mut Cx<'_>, (fs, real, fh): (FsId, Ino, Fh)) {
        cx.on(fs, |f, cx| {
            f.release(cx, real, fh);
            f.unpin(cx, real);
        });
    }

    pub(super) fn close(&mut self, cx: &mut Cx<'_>, fh: Fh) {
        let Some(open) = self.files.remove(fh.0) else { return };
        if let Some(listing) = open.listing {
            self.put_listing(open.id, listing);
        }
        self.close_real(cx, open.real);
        if let Some((fs, first)) = open.first {
            cx.on(fs, |f, cx| f.unpin(cx, first));
        }
    }

    /// The real file behind an open one: the upper one as soon as there is one.
    pub(super) fn real_file(&mut self, cx: &mut Cx<'_>, fh: Fh) -> Result<(FsId, Ino, Fh)> {
        let open = self.files.get(fh.0).ok_or(Errno::EBADF)?;
        let (id, flags, real) = (open.id, open.flags, open.real);
        if self.data_of(id)? == (real.0, real.1) {
            return Ok(real);
        }
        let follows = self.profile.has(Feature::FollowsCopyUp);
        if !follows && self.node(id)?.kind == FileType::Reg {
            return Ok(real);
        }
        let new = self.open_real(cx, id, flags)?;
        let (fs, first) = self.mapped_file(cx, fh)?;
        if self.files.get(fh.0).is_some_and(|it| it.first.is_none()) {
            cx.on(fs, |f, cx| f.pin(cx, first));
            if let Some(open) = self.files.get_mut(fh.0) {
                open.first = Some((fs, first));
            }
        }
        self.close_real(cx, real);
        if let Some(open) = self.files.get_mut(fh.0) {
            open.real = new;
        }
        Ok(new)
    }

    /// Where the file does not follow a copy-up, neither do locks that were taken by it: the old file
    /// and the new one are two.
    pub(super) fn lock_number(&self, ino: Ino, fh: Fh) -> Ino {
        const OF_LOWER: u64 = 1 << 63;
        let id = self.base(ino.0);
        let follows = self.profile.has(Feature::FollowsCopyUp);
        let lower =
            |open: &Open| self.inodes.get(open.id).is_some_and(|it| it.upper != Some(open.real.1));
        match self.files.get(fh.0) {
            Some(open) if !follows && lower(open) => Ino(id | OF_LOWER),
            _ => Ino(id),
        }
    }

    /// The file whose pages a mapping shows.
    pub(super) fn mapped_file(&mut self, cx: &mut Cx<'_>, fh: Fh) -> Result<(FsId, Ino)> {
        let open = self.files.get(fh.0).ok_or(Errno::EBADF)?;
        if let Some(first) = open.first {
            return Ok(first);
        }
        let (fs, real, real_fh) = open.real;
        let below = cx.on(fs, |f, cx| f.mapped(cx, real, real_fh))?;
        Ok(below.unwrap_or((fs, real)))
    }

    pub(super) fn write_file(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        let (_, real, real_fh) = self.real_file(cx, fh)?;
        if self.node(id)?.upper != Some(real) {
            return Err(Errno::EBADF);
        }
        let res = self.do_write(cx, Place::Of(id), (real, real_fh), off, data);
        if !data.is_empty() {
            self.refresh(cx, id);
        }
        res
    }

    /// A store through a mapping reaches the upper file alone: the overlay does not look at it again.
    pub(super) fn store_mapped(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        let (_, real, real_fh) = self.real_file(cx, fh)?;
        if self.node(id)?.upper != Some(real) {
            return Err(Errno::EBADF);
        }
        self.do_store(cx, Place::Of(id), (real, real_fh), off, data)
    }

    pub(super) fn write_file_rope(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        off: u64,
        rope: &Rope,
    ) -> Result<()> {
        self.copy_up_data(cx, id)?;
        let upper = self.upper_of(id)?;
        self.may_write_real(cx, upper, inode_flags::IMMUTABLE)?;
        let res = self.do_write_rope(cx, Place::Of(id), upper, off, rope);
        self.refresh(cx, id);
        res
    }

    pub(super) fn allocate(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        self.copy_up_data(cx, id)?;
        let upper = self.upper_of(id)?;
        let appends = if mode & !falloc::KEEP_SIZE == 0 { 0 } else { inode_flags::APPEND };
        let res = self
            .may_write_real(cx, upper, inode_flags::IMMUTABLE | appends)
            .and_then(|()| self.do_fallocate(cx, Place::Of(id), upper, mode, Range { off, len }));
        self.refresh(cx, id);
        res
    }

    /// Allocation and `copy_file_range` ask the real file for its flags once more, which somebody may have
    /// set there (observed on 6.18).
    fn may_write_real(&self, cx: &mut Cx<'_>, upper: Ino, guarded: u32) -> Result<()> {
        let flags = cx.on(self.upper_fs(), |f, cx| f.get_flags(cx, upper)).unwrap_or(0);
        if flags & guarded == 0 { Ok(()) } else { Err(Errno::EPERM) }
    }
}

impl Overlay {
    /// Is there an upper object?
    pub fn is_copied_up(&self, ino: Ino) -> bool {
        self.inodes.get(self.base(ino.0)).is_some_and(|it: &Inode| it.upper.is_some())
    }
}
