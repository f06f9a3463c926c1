//! O_DIRECT on ext4: the disk is asked for whole sectors, and nobody fills up those that were asked
//! for in part.

use super::{MemFs, Profile};
use crate::errno::Errno;
use crate::fs::{Cx, Fh};
use crate::types::falloc::KEEP_SIZE;
use crate::types::{Ino, OpenFlags, Result, Whence};

const SECTOR: u64 = 512;

/// A file that is read and written through the page cache, and one past it.
pub(super) const CACHED: Fh = Fh(0);
const DIRECT: Fh = Fh(1);

impl MemFs {
    /// The handle of an open file.
    pub(super) fn opened(&self, flags: OpenFlags) -> Fh {
        match flags.has(OpenFlags::DIRECT) && self.profile() == Profile::Ext4 {
            true => DIRECT,
            false => CACHED,
        }
    }

    /// May these bytes be read? Of holes and behind the end the disk has nothing to say (observed on
    /// 6.18).
    ///
    /// # Errors
    /// `EINVAL` for bytes on the disk that begin or end within a sector.
    pub(super) fn may_read(&self, ino: Ino, fh: Fh, off: u64, len: u64) -> Result<()> {
        if fh != DIRECT {
            return Ok(());
        }
        let block = super::data::BLOCK;
        let end = off.saturating_add(len);
        let mut at = off;
        while at < end {
            let Ok(data) = self.seek_extent(ino, at, Whence::Data) else { return Ok(()) };
            if data >= end {
                return Ok(());
            }
            let hole = self.seek_extent(ino, data, Whence::Hole)?.next_multiple_of(block);
            whole_sectors(data, hole.min(end))?;
            at = hole;
        }
        Ok(())
    }

    /// A direct write that is refused, though not at once: the disk is asked run by run, of data and of holes,
    /// and those before the one that begins or ends within a sector are written. A hole has its blocks before
    /// that is noticed; the file does not get longer (observed on 6.18).
    pub(super) fn write_in_part(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        off: u64,
        data: &[u8],
    ) -> Result<()> {
        let block = super::data::BLOCK;
        let size = self.contents(ino)?.size();
        let end = off.saturating_add(data.len() as u64);
        let mut at = off;
        while at < end.min(size) {
            let data_at = self.seek_extent(ino, at, Whence::Data).unwrap_or(u64::MAX);
            let stop = match data_at == at {
                true => self.seek_extent(ino, at, Whence::Hole)?.next_multiple_of(block),
                false => data_at,
            };
            let stop = stop.min(end);
            if data_at != at {
                self.allocate(cx, ino, KEEP_SIZE, at, stop.min(size) - at)?;
            }
            if whole_sectors(at, stop).is_err() {
                return Ok(());
            }
            let part = (at - off) as usize..(stop.min(size) - off) as usize;
            let done = self.write_bytes(cx, ino, at, &data[part])?;
            self.meter.written += done as u64;
            at = stop;
        }
        Ok(())
    }

    /// May these bytes be written?
    ///
    /// # Errors
    /// `EINVAL` when they begin or end within a sector.
    pub(super) fn may_write(fh: Fh, off: u64, len: u64) -> Result<()> {
        if fh == DIRECT { whole_sectors(off, off.saturating_add(len)) } else { Ok(()) }
    }
}

fn whole_sectors(from: u64, to: u64) -> Result<()> {
    match from.is_multiple_of(SECTOR) && to.is_multiple_of(SECTOR) {
        true => Ok(()),
        false => Err(Errno::EINVAL),
    }
}
