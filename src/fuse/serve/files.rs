//! Requests on open files.

use super::{FOR_EXEC, Served, caller};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fuse::host::{HERE, State};
use crate::sys::{Sys, at};
use crate::types::{OpenFlags, Result, Whence};
use fuser::{FileHandle, INodeNo, Request};

impl Served {
    /// A call on an open file: who opened it had the rights.
    pub(super) fn on_open<R>(&self, call: impl FnMut(&mut State) -> Result<R>) -> Result<R> {
        self.0.ask(&Cred::root(), 0, call)
    }

    pub(super) fn open_node(&self, req: &Request, ino: INodeNo, flags: u32) -> Result<u64> {
        let exec = flags & FOR_EXEC != 0;
        let flags = OpenFlags(flags & !FOR_EXEC);
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            if exec {
                // The right to execute is asked for instead of that to read.
                state.sys().faccessat(fd, b"", 1, at::EACCESS | HERE)?;
                state.sys().masquerade(&Cred::root())?;
            }
            let fd = state.sys().open_held(fd, flags)?;
            state.opened(fd)
        })
    }

    pub(super) fn bytes(&self, fh: FileHandle, offset: u64, size: u32) -> Result<Vec<u8>> {
        let mut buf = vec![0; size as usize];
        let n = self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().pread(fd, &mut buf, offset)
        })?;
        buf.truncate(n);
        Ok(buf)
    }

    pub(super) fn put_bytes(
        &self,
        req: &Request,
        (fh, offset): (FileHandle, u64),
        data: &[u8],
        drops_setuid: bool,
    ) -> Result<usize> {
        let cred = caller(req).writer(drops_setuid);
        // What the page cache writes back goes where it stands, also in a file that appends.
        self.0.ask(&cred, 0, |state| {
            let fd = state.file(fh.0)?;
            state.sys().pwrite(fd, data, offset)
        })
    }

    pub(super) fn close(&self, fh: FileHandle) {
        let mut state = self.0.lock();
        state.release(fh.0);
        state.let_waiting_try();
    }

    pub(super) fn sync(&self, fh: FileHandle) -> Result<()> {
        self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().fsync(fd)
        })
    }

    pub(super) fn reserve(
        &self,
        req: &Request,
        fh: FileHandle,
        (offset, length): (u64, u64),
        mode: i32,
    ) -> Result<()> {
        self.ask(req, 0, |state| {
            let fd = state.file(fh.0)?;
            state.sys().fallocate(fd, mode as u32, offset as i64, length as i64)
        })
    }

    pub(super) fn position(&self, fh: FileHandle, offset: i64, whence: i32) -> Result<u64> {
        let whence = match whence {
            0 => Whence::Set,
            1 => Whence::Cur,
            2 => Whence::End,
            3 => Whence::Data,
            4 => Whence::Hole,
            _ => return Err(Errno::EINVAL),
        };
        self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().lseek(fd, offset, whence)
        })
    }

    pub(super) fn copy(
        &self,
        req: &Request,
        from: (FileHandle, u64),
        to: (FileHandle, u64),
        len: u64,
    ) -> Result<u64> {
        // The answer has 32 bits.
        let len = len.min(1 << 30);
        self.ask(req, 0, |state| {
            let (source, target) = (state.file(from.0.0)?, state.file(to.0.0)?);
            state.sys().copy_file_range(source, Some(from.1), target, Some(to.1), len)
        })
    }
}
