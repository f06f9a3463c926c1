//! Regular files: bytes, sizes, allocation.

use super::data::{BLOCK, Data, EMPTY};
use super::inode::Body;
use super::{Change, MemFs, Profile, limits};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::store::{Rope, Seg};
use crate::types::falloc::{COLLAPSE_RANGE, INSERT_RANGE, KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE};
use crate::types::{Ino, Result, Whence, inode_flags};
use std::sync::Arc;

/// The contents of a regular file.
fn data_of(body: &mut Body) -> Result<&mut Data> {
    match body {
        Body::Reg(data) => Ok(Arc::make_mut(data.get_or_insert_default())),
        _ => Err(Errno::EINVAL),
    }
}

/// How far ahead of a small read the kernel reads (`read_ahead_kb` of 128).
const READ_AHEAD: u64 = 128 << 10;

impl MemFs {
    pub(super) fn contents(&self, ino: Ino) -> Result<&Data> {
        match &self.node(ino)?.body {
            Body::Reg(data) => Ok(data.as_deref().unwrap_or(&EMPTY)),
            Body::Dir(..) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Writes as much as there is room for.
    pub(super) fn write_bytes(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        self.contents(ino)?;
        self.writable()?;
        self.guard(ino, inode_flags::IMMUTABLE)?;
        if data.is_empty() {
            return Ok(0);
        }
        let most = limits::size_max(self.profile());
        if off >= most {
            return Err(Errno::EFBIG);
        }
        let len = (data.len() as u64).min(most - off);
        let len = self.fitting(cx, ino, off, len)?;
        let data = &data[..len as usize];
        self.note_gap(ino, off)?;
        let blobs = &mut cx.disks.blobs;
        self.counted(ino, |node| data_of(&mut node.body)?.write(blobs, off, data))??;
        self.note(Change::Written { ino, from: off, to: off + len });
        self.changed(cx, ino, true);
        Ok(data.len())
    }

    /// A write beyond the end makes the file larger first.
    fn note_gap(&mut self, ino: Ino, off: u64) -> Result<()> {
        let old = self.contents(ino)?.size();
        if off > old {
            self.note(Change::Cut { ino, old, size: off });
        }
        Ok(())
    }

    /// How many of `len` bytes find room.
    pub(super) fn fitting(&self, cx: &Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<u64> {
        let data = self.contents(ino)?;
        let mut len = len;
        while !self.room_for(cx, data.missing(off, len)) {
            let end = (off + len - 1) / BLOCK * BLOCK;
            if end <= off {
                return Err(Errno::ENOSPC);
            }
            len = end - off;
        }
        Ok(len)
    }

    pub(super) fn write_shared(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        off: u64,
        rope: &Rope,
    ) -> Result<()> {
        self.guard(ino, inode_flags::IMMUTABLE)?;
        let data = self.contents(ino)?;
        self.writable()?;
        let most = limits::size_max(self.profile());
        if off.checked_add(rope.len()).is_none_or(|end| end > most) {
            return Err(Errno::EFBIG);
        }
        // Segments that lie side by side share the block in which they meet.
        let (mut run, mut at, mut missing) = (off, off, 0);
        for seg in &rope.segs {
            let end = at + seg.len();
            if matches!(seg, Seg::Hole(_)) {
                missing += data.missing(run, at - run);
                run = end;
            }
            at = end;
        }
        missing += data.missing(run, at - run);
        if !self.room_for(cx, missing) {
            return Err(Errno::ENOSPC);
        }
        self.note_gap(ino, off)?;
        let blobs = &mut cx.disks.blobs;
        self.counted(ino, |node| data_of(&mut node.body)?.write_rope(blobs, off, rope))??;
        let mut at = off;
        for seg in &rope.segs {
            let (from, to) = (at, at + seg.len());
            if !matches!(seg, Seg::Hole(_)) && from < to {
                self.note(Change::Written { ino, from, to });
            }
            at = to;
        }
        self.changed(cx, ino, true);
        Ok(())
    }

    /// Sets the size; says whether it is another one.
    pub(super) fn resize(&mut self, cx: &mut Cx<'_>, ino: Ino, size: u64) -> Result<bool> {
        let old = self.contents(ino)?.size();
        if size > limits::size_max(self.profile()) {
            return Err(Errno::EFBIG);
        }
        let blobs = &mut cx.disks.blobs;
        self.counted(ino, |node| data_of(&mut node.body)?.truncate(blobs, size))??;
        if old != size {
            self.note(Change::Cut { ino, old, size });
        }
        Ok(old != size)
    }

    pub(super) fn allocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        let size = self.contents(ino)?.size();
        self.writable()?;
        self.check_mode(mode, off, len)?;
        if self.profile() == Profile::Ext4 {
            // Stamped before the range is looked at (observed on 6.18).
            self.changed(cx, ino, true);
        }
        self.check_range(mode, off, len, size)?;
        let end = off + len;
        if matches!(mode & !KEEP_SIZE, 0 | ZERO_RANGE)
            && !self.room_for(cx, self.contents(ino)?.missing(off, len))
        {
            return Err(Errno::ENOSPC);
        }
        let profile = self.profile();
        let blobs = &mut cx.disks.blobs;
        self.counted(ino, |node| {
            let data = data_of(&mut node.body)?;
            match mode & !KEEP_SIZE {
                // ext4 frees nothing beyond the block in which the file ends (observed on 6.18).
                PUNCH_HOLE if profile == Profile::Ext4 => {
                    let stop = data.size().next_multiple_of(BLOCK).min(end);
                    if off < data.size() {
                        data.punch(blobs, off, stop - off)?;
                    }
                }
                PUNCH_HOLE => data.punch(blobs, off, len)?,
                COLLAPSE_RANGE => data.collapse(off, len),
                INSERT_RANGE => data.insert_hole(off, len),
                ZERO_RANGE => data.zero(blobs, off, len)?,
                _ => {
                    if profile == Profile::Tmpfs {
                        data.settle_unwritten(off, len);
                    }
                    data.allocate(off, len);
                }
            }
            if mode & KEEP_SIZE == 0 && matches!(mode, 0 | ZERO_RANGE) {
                data.grow_to(end);
            }
            Ok(())
        })??;
        if self.profile() != Profile::Ext4 {
            self.changed(cx, ino, true);
        }
        self.note(match mode & !KEEP_SIZE {
            PUNCH_HOLE => Change::Freed { ino, from: off, to: end },
            COLLAPSE_RANGE | INSERT_RANGE => Change::Moved { ino, from: off },
            _ => Change::Reserved { ino, from: off, to: end },
        });
        Ok(())
    }

    /// Modes that a profile takes (observed on 6.18).
    pub(super) fn takes_fallocate(&self, mode: u32) -> bool {
        let ext4 = matches!(self.profile(), Profile::Ext4 | Profile::Xfs);
        let zeroes = ext4 || matches!(self.profile(), Profile::Btrfs | Profile::Zfs);
        match mode {
            0 | KEEP_SIZE => self.profile() != Profile::Ramfs,
            m if m == PUNCH_HOLE | KEEP_SIZE => self.profile() != Profile::Ramfs,
            COLLAPSE_RANGE | INSERT_RANGE => ext4,
            ZERO_RANGE => zeroes,
            m if m == ZERO_RANGE | KEEP_SIZE => zeroes,
            _ => false,
        }
    }

    fn check_mode(&self, mode: u32, off: u64, len: u64) -> Result<()> {
        if len == 0 {
            return Err(Errno::EINVAL);
        }
        let most = limits::size_max(self.profile());
        if off.checked_add(len).is_none_or(|end| end > most) {
            return Err(Errno::EFBIG);
        }
        if self.takes_fallocate(mode) { Ok(()) } else { Err(Errno::EOPNOTSUPP) }
    }

    /// Collapsing and inserting take whole blocks within the file.
    fn check_range(&self, mode: u32, off: u64, len: u64, size: u64) -> Result<()> {
        let end = off + len;
        let moves = matches!(mode, COLLAPSE_RANGE | INSERT_RANGE);
        if moves && (!off.is_multiple_of(BLOCK) || !len.is_multiple_of(BLOCK)) {
            return Err(Errno::EINVAL);
        }
        match mode {
            COLLAPSE_RANGE if end >= size => Err(Errno::EINVAL),
            INSERT_RANGE if off >= size => Err(Errno::EINVAL),
            INSERT_RANGE if size + len > limits::size_max(self.profile()) => Err(Errno::EFBIG),
            _ => Ok(()),
        }
    }

    /// Reading a hole of ramfs fills it with pages, which then count as blocks; reading what ext4 has
    /// allocated and nobody has written makes pages that `SEEK_DATA` finds (both observed on 6.18).
    pub(super) fn page_in(&mut self, ino: Ino, off: u64, len: u64) -> Result<()> {
        match self.profile() {
            Profile::Ramfs => {}
            Profile::Ext4 => return self.settle_read(ino, off, len),
            _ => return Ok(()),
        }
        let data = self.contents(ino)?;
        let len = off.saturating_add(len).min(data.size()).saturating_sub(off);
        if data.missing(off, len) == 0 {
            return Ok(());
        }
        self.counted(ino, |node| {
            let data = data_of(&mut node.body)?;
            data.allocate(off, len);
            data.settle_unwritten(off, len);
            Ok(())
        })?
    }

    /// The pages of a mapping that was looked at: on tmpfs those that nobody has written are made (observed on
    /// 6.18).
    pub(super) fn make_pages(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        off: u64,
        len: u64,
    ) -> Result<()> {
        if self.profile() != Profile::Tmpfs {
            return Ok(());
        }
        let data = self.contents(ino)?;
        let end = off.saturating_add(len).min(data.size());
        let len = end.saturating_sub(off);
        let missing = data.missing(off, len);
        if missing == 0 && !data.has_unwritten(off, end) {
            return Ok(());
        }
        if !self.room_for(cx, missing) {
            return Err(Errno::EFAULT);
        }
        self.counted(ino, |node| {
            let data = data_of(&mut node.body)?;
            data.allocate(off, len);
            data.settle_unwritten(off, len);
            Ok(())
        })?
    }

    /// The pages of a read and, where it meets a page that nobody has written, of the read-ahead
    /// behind it. What was written lies in memory: reading that alone looks no further.
    fn settle_read(&mut self, ino: Ino, off: u64, len: u64) -> Result<()> {
        let data = self.contents(ino)?;
        let read = off.saturating_add(len).min(data.size());
        if off >= read || data.is_written(off, read) {
            return Ok(());
        }
        let end = read.saturating_add(READ_AHEAD).min(data.size());
        if !data.has_unwritten(off, end) {
            return Ok(());
        }
        self.counted(ino, |node| {
            data_of(&mut node.body)?.settle_unwritten(off, end - off);
            Ok(())
        })?
    }

    pub(super) fn seek_extent(&self, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        let data = self.contents(ino)?;
        match (whence, self.profile()) {
            // ramfs knows no holes: all is data up to the end.
            (Whence::Data | Whence::Hole, _) if off >= data.size() => Err(Errno::ENXIO),
            (Whence::Data, Profile::Ramfs) => Ok(off),
            (Whence::Hole, Profile::Ramfs) => Ok(data.size()),
            (Whence::Data, _) => data.seek_data(off),
            (Whence::Hole, _) => data.seek_hole(off),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Makes a regular file's contents come from a source: bytes that the host brings when they
    /// are read, or that a number generates. For whoever fills a disk, not for system calls.
    ///
    /// # Errors
    /// `ESTALE`, `EINVAL` when it is no regular file.
    pub fn set_contents(&mut self, ino: Ino, seg: &Seg) -> Result<()> {
        self.counted(ino, |node| {
            data_of(&mut node.body)?.set_source(seg);
            Ok(())
        })??;
        self.note(Change::Cut { ino, old: u64::MAX, size: 0 });
        self.note(Change::Written { ino, from: 0, to: seg.len() });
        Ok(())
    }
}
