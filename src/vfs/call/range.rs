//! Record locks on an open file.

use crate::errno::Errno;
use crate::sys::{Fd, Flock, RangeLock};
use crate::types::{FsId, Ino, Result};
use crate::vfs::SysOf;
use crate::vfs::ranges::{Held, Owner};

impl SysOf<'_> {
    /// `F_SETLK` and `F_OFD_SETLK`. On an overlay the lock lies on the union's file.
    ///
    /// # Errors
    /// `EBADF` when the descriptor is not open for what is to be locked, `EINVAL` for bytes before
    /// the beginning, `EOVERFLOW` past the largest position, `EAGAIN` when somebody is in the way.
    pub fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()> {
        let file = self.real_file(fd)?;
        let (reads, writes) = (file.flags.reads(), file.flags.writes());
        let (at, held) = self.range(fd, lock)?;
        let open = match lock.kind {
            Flock::Shared => reads,
            Flock::Exclusive => writes,
            Flock::Unlock => true,
        };
        if !open {
            return Err(Errno::EBADF);
        }
        match lock.kind {
            Flock::Unlock => {
                self.kernel.ranges.give_back(at, &held);
                Ok(())
            }
            _ => self.kernel.ranges.take(at, held),
        }
    }

    /// `F_GETLK` and `F_OFD_GETLK`: the first lock in the way.
    ///
    /// # Errors
    /// As [`SysOf::lock_range`]; `EINVAL` when nothing is to be locked.
    pub fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>> {
        self.real_file(fd)?;
        if lock.kind == Flock::Unlock {
            return Err(Errno::EINVAL);
        }
        let (at, held) = self.range(fd, lock)?;
        let found = self.kernel.ranges.in_the_way(at, &held);
        Ok(found.map(|it| RangeLock {
            kind: if it.write { Flock::Exclusive } else { Flock::Shared },
            start: it.start as i64,
            len: if it.end == i64::MAX as u64 { 0 } else { (it.end - it.start + 1) as i64 },
            of_file: matches!(it.owner, Owner::File(_)),
        }))
    }

    /// Which bytes of which inode are meant, and for whom.
    fn range(&self, fd: Fd, lock: &RangeLock) -> Result<((FsId, Ino), Held)> {
        let file = self.real_file(fd)?;
        let at = file.at.as_ref().ok_or(Errno::EINVAL)?;
        let end = |from: i64| from.checked_add(lock.len - 1).ok_or(Errno::EOVERFLOW);
        let (start, end) = match lock.len {
            _ if lock.start < 0 => return Err(Errno::EINVAL),
            0 => (lock.start, i64::MAX),
            1.. => (lock.start, end(lock.start)?),
            _ => (lock.start + lock.len, lock.start - 1),
        };
        if start < 0 {
            return Err(Errno::EINVAL);
        }
        let owner = match lock.of_file {
            true => Owner::File(self.file_id(fd)?),
            false => Owner::Process(self.pid),
        };
        let write = lock.kind == Flock::Exclusive;
        let held = Held { owner, start: start as u64, end: end as u64, write };
        Ok((self.kernel.lock_identity(at.place, file.body), held))
    }
}
