//! Files mapped into memory, to be read: a mapping stays with the real file that it was made of, also
//! when a union copies that file up.

use super::fd::FileId;
use super::mounts::Kept;
use super::{Kernel, Pid};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::Fh;
use crate::types::{FsId, Ino, OpenFlags, Result};

/// Bytes of a page of memory.
pub const PAGE: u64 = 4096;

/// One mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Whose it is.
    pub pid: Pid,
    /// The file that was mapped: its mount is in use.
    pub at: Kept,
    /// It was open for writing: nothing becomes read-only while it is mapped (observed on 6.18).
    pub writes: bool,
    /// The open file, which a mapping holds unless it shows the pages of another one: a union's file is let
    /// go, with its locks (observed on 6.18).
    file: Option<FileId>,
    /// The real file whose pages are seen, open and pinned.
    real: (FsId, Ino, Fh),
    /// Bytes from the beginning of the file.
    len: u64,
}

impl Kernel {
    /// Maps an open file that stands on `at`; `real` has the bytes, unless they are its own.
    pub(super) fn add_map(
        &mut self,
        (pid, id): (Pid, FileId),
        at: Kept,
        real: Option<(FsId, Ino)>,
        len: u64,
    ) -> Result<u64> {
        let (fs, ino) = real.unwrap_or((at.place.fs, at.place.ino));
        let fh = self.cx(&Cred::root(), |cx| {
            cx.on(fs, |f, cx| {
                let fh = f.open(cx, ino, OpenFlags::RDONLY)?;
                f.pin(cx, ino);
                Ok(fh)
            })
        })?;
        let at = self.keep(at);
        let file = real.is_none().then_some(id);
        let writes = self.files.get(id).is_some_and(|it| it.flags.writes());
        if let Some(held) = file.and_then(|id| self.files.get_mut(id)) {
            held.refs += 1;
        }
        let number = self.maps.last_key_value().map(|it| it.0).map_or(1, |last| last + 1);
        self.maps.insert(number, Mapping { pid, at, writes, file, real: (fs, ino, fh), len });
        Ok(number)
    }

    /// Removes a mapping (`munmap`).
    ///
    /// # Errors
    /// `EINVAL` when there is none of this number.
    pub fn unmap(&mut self, number: u64) -> Result<()> {
        let map = self.maps.remove(&number).ok_or(Errno::EINVAL)?;
        let (fs, ino, fh) = map.real;
        self.cx(&Cred::root(), |cx| {
            cx.on(fs, |f, cx| {
                f.release(cx, ino, fh);
                f.unpin(cx, ino);
            });
        });
        self.drop_kept(&map.at);
        if let Some(id) = map.file {
            self.put_file(id);
        }
        Ok(())
    }

    /// Bytes as the mapping shows them now, as far as there are pages.
    ///
    /// # Errors
    /// `EFAULT` where no page of the file is, nor in the mapping (a program would get SIGBUS or
    /// SIGSEGV), `EINVAL` when there is no such mapping.
    pub fn peek_map(&mut self, number: u64, off: u64, len: u64) -> Result<Vec<u8>> {
        let map = self.maps.get(&number).ok_or(Errno::EINVAL)?;
        let (fs, ino, fh) = map.real;
        let room = map.len.next_multiple_of(PAGE);
        let size = self
            .cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.peek_attr(cx, ino)))?
            .size
            .next_multiple_of(PAGE)
            .min(room);
        let len = len.min(size.saturating_sub(off));
        if len == 0 {
            return Err(Errno::EFAULT);
        }
        let mut buf = vec![0; len as usize];
        self.cx(&Cred::root(), |cx| {
            cx.on(fs, |f, cx| {
                f.fault(cx, ino, off, len)?;
                f.read(cx, ino, fh, off, &mut buf)
            })
        })?;
        Ok(buf)
    }

    /// The mappings of a process go with it.
    pub(super) fn drop_maps(&mut self, pid: Pid) {
        let own: Vec<u64> = self.maps.iter().filter(|it| it.1.pid == pid).map(|it| *it.0).collect();
        for number in own {
            let _ = self.unmap(number);
        }
    }
}
