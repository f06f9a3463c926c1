//! `mmap(2)`: to read, and to store something.

use crate::errno::Errno;
use crate::sys::Fd;
use crate::types::{FsId, Ino, OpenFlags, Result, inode_flags};
use crate::vfs::SysOf;
use crate::vfs::fd::Body;

impl SysOf<'_> {
    /// The inode whose pages a reader of this open file sees: pages belong to an inode of a file system,
    /// and a union shows those of the real file.
    ///
    /// # Errors
    /// `EBADF`, `ENODEV` for what is no regular file.
    pub fn page_source(&mut self, fd: Fd) -> Result<(FsId, Ino)> {
        let file = self.real_file(fd)?;
        let (Body::Inode(fh), false, Some(at)) = (file.body, file.is_dir, file.at.clone()) else {
            return Err(Errno::ENODEV);
        };
        let place = at.place;
        let real = self.on(place.fs, |f, cx| {
            let real = f.mapped(cx, place.ino, fh)?;
            Ok(real.unwrap_or((place.fs, f.identity(place.ino))))
        })?;
        Ok(real)
    }

    /// Maps the first `len` bytes of an open file (`PROT_READ`, private) and returns the mapping's
    /// number.
    ///
    /// # Errors
    /// `EINVAL` for nothing, `EBADF`, `EACCES` for a file that is not open for reading, `ENODEV` for
    /// what is no regular file.
    pub fn map_file(&mut self, fd: Fd, len: u64) -> Result<u64> {
        let file = self.real_file(fd)?;
        if len == 0 {
            return Err(Errno::EINVAL);
        }
        if !file.flags.reads() {
            return Err(Errno::EACCES);
        }
        let (Body::Inode(fh), false, Some(at)) = (file.body, file.is_dir, file.at.clone()) else {
            return Err(Errno::ENODEV);
        };
        let quiet = file.flags.has(OpenFlags::NOATIME);
        let place = at.place;
        let real = self.on(place.fs, |f, cx| f.mapped(cx, place.ino, fh))?;
        let number = self.kernel.add_map((self.pid, self.file_id(fd)?), at, real, len)?;
        if !quiet {
            self.touch_atime(place, false);
        }
        Ok(number)
    }

    /// Maps the pages of an open file that `data` falls into (`PROT_READ | PROT_WRITE`, shared), stores it
    /// there, writes the pages out and removes the mapping. Returns how much was stored.
    ///
    /// # Errors
    /// `EBADF`; `EACCES` for a file that is not open for both, or that is append-only; `ENODEV` for what is
    /// no regular file; `EFAULT` where there is no page (a program would get SIGBUS).
    pub fn store_file(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize> {
        let file = self.real_file(fd)?;
        let both = file.flags.writes() && file.flags.reads();
        let quiet = file.flags.has(OpenFlags::NOATIME);
        let (body, is_dir, at) = (file.body, file.is_dir, file.at.as_ref().map(|at| at.place));
        if matches!(body, Body::Path) {
            return Err(Errno::EBADF);
        }
        if !both || at.is_some_and(|at| self.has_flag(at, inode_flags::APPEND)) {
            return Err(Errno::EACCES);
        }
        let (Body::Inode(fh), false, Some(place)) = (body, is_dir, at) else {
            return Err(Errno::ENODEV);
        };
        if !quiet {
            self.touch_atime(place, false);
        }
        if data.is_empty() {
            return Ok(0);
        }
        // What a write would say of a page nobody hears: the program is killed.
        match self.on(place.fs, |f, cx| f.store(cx, place.ino, fh, off, data)) {
            Ok(n) if n == data.len() => Ok(n),
            _ => Err(Errno::EFAULT),
        }
    }
}
