//! What a script runs on: the system calls of several processes, of which one acts at a time, and what
//! only a test asks for: programs that run, files in memory, record locks.

use super::program;
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd, RangeLock, Sys};
use crate::types::{OpenFlags, Result};
use crate::vfs::{Pid, SysOf};

/// A kernel with processes on it.
pub trait Stage: Sys {
    /// Process `nth` acts from here on; 0 is the one that began. One that has not acted yet is new:
    /// who it is, where it stands and its umask are to be set first.
    ///
    /// # Errors
    /// `EAGAIN` when no more processes can be had.
    fn act(&mut self, nth: usize) -> Result<()>;
    /// Runs a program as a child, which inherits the working directory.
    ///
    /// # Errors
    /// Of `execve(2)`.
    fn exec(&mut self, path: &[u8]) -> Result<i32>;
    /// # Errors
    /// `ESRCH`.
    fn kill(&mut self, program: i32) -> Result<()>;
    /// Maps the beginning of an open file, to be read.
    ///
    /// # Errors
    /// Of `mmap(2)`.
    fn map(&mut self, fd: Fd, len: u64) -> Result<u64>;
    /// # Errors
    /// `EFAULT` where there is no page.
    fn peek(&mut self, map: u64, off: u64, len: u64) -> Result<Vec<u8>>;
    /// # Errors
    /// `EINVAL` when there is no such mapping.
    fn unmap(&mut self, map: u64) -> Result<()>;
    /// Stores bytes in a file by a mapping of its pages, written out and removed again.
    ///
    /// # Errors
    /// Of `mmap(2)`, `EFAULT` where there is no page.
    fn store(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize>;
    /// # Errors
    /// Of `fcntl(2)`.
    fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()>;
    /// # Errors
    /// Of `fcntl(2)`.
    fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>>;
}

/// The processes of a script are told apart by their command: the kernel is all that is kept.
fn name_of(nth: usize) -> Vec<Vec<u8>> {
    vec![b"process".to_vec(), nth.to_string().into_bytes()]
}

impl Stage for SysOf<'_> {
    fn act(&mut self, nth: usize) -> Result<()> {
        let (first, name) = (first(self), name_of(nth));
        let pids: Vec<Pid> = self.kernel.pids().collect();
        let known = pids.into_iter().find(|pid| {
            self.kernel.process(*pid).is_some_and(|it| it.parent() == first && it.argv() == name)
        });
        self.pid = match (nth, known) {
            (0, _) => first,
            (_, Some(pid)) => pid,
            (_, None) => {
                let pid = self.kernel.fork(first, &[]);
                self.kernel.set_command(pid, &name);
                pid
            }
        };
        Ok(())
    }

    fn exec(&mut self, path: &[u8]) -> Result<i32> {
        let child = self.kernel.fork(self.pid, &[]);
        let mut sys = self.kernel.sys(child);
        let res = sys.set_exe(path).and_then(|()| {
            // The kernel reads a program with nobody's rights.
            sys.masquerade(&root())?;
            match program::is_program(&mut sys, path)? {
                true => Ok(child),
                false => Err(Errno::ENOEXEC),
            }
        });
        if res.is_err() {
            self.kernel.exit(child);
        }
        res
    }

    fn kill(&mut self, program: i32) -> Result<()> {
        self.kernel.process(program).ok_or(Errno::ESRCH)?;
        self.kernel.exit(program);
        Ok(())
    }

    fn map(&mut self, fd: Fd, len: u64) -> Result<u64> {
        self.map_file(fd, len)
    }
    fn peek(&mut self, map: u64, off: u64, len: u64) -> Result<Vec<u8>> {
        self.kernel.peek_map(map, off, len)
    }
    fn unmap(&mut self, map: u64) -> Result<()> {
        self.kernel.unmap(map)
    }
    fn store(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize> {
        self.store_file(fd, off, data)
    }
    fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()> {
        SysOf::lock_range(self, fd, lock)
    }
    fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>> {
        SysOf::range_in_the_way(self, fd, lock)
    }
}

/// The process that began.
fn first(sys: &SysOf<'_>) -> Pid {
    match sys.kernel.process(sys.pid) {
        Some(process) if process.argv().first().is_some_and(|it| it == b"process") => {
            process.parent()
        }
        _ => sys.pid,
    }
}

#[cfg(all(feature = "cli", target_os = "linux"))]
impl Stage for crate::kernel::Crew {
    fn act(&mut self, nth: usize) -> Result<()> {
        crate::kernel::Crew::act(self, nth)
    }
    fn exec(&mut self, path: &[u8]) -> Result<i32> {
        crate::kernel::Crew::exec(self, path)
    }
    fn kill(&mut self, program: i32) -> Result<()> {
        crate::kernel::Crew::kill(self, program)
    }
    fn map(&mut self, fd: Fd, len: u64) -> Result<u64> {
        crate::kernel::Crew::map(self, fd, len)
    }
    fn peek(&mut self, map: u64, off: u64, len: u64) -> Result<Vec<u8>> {
        crate::kernel::Crew::peek(self, map, off, len)
    }
    fn unmap(&mut self, map: u64) -> Result<()> {
        crate::kernel::Crew::unmap(self, map)
    }
    fn store(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize> {
        crate::kernel::Crew::store(self, fd, off, data)
    }
    fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()> {
        crate::kernel::Crew::lock_range(self, fd, lock)
    }
    fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>> {
        crate::kernel::Crew::range_in_the_way(self, fd, lock)
    }
}

/// The whole content of a small file, without moving its atime.
///
/// # Errors
/// Of `open(2)` and `read(2)`.
pub(super) fn head(sys: &mut dyn Sys, path: &[u8]) -> Result<Vec<u8>> {
    let flags = OpenFlags(OpenFlags::NONBLOCK.0 | OpenFlags::NOATIME.0);
    let fd = sys.openat(AT_FDCWD, path, flags, 0)?;
    let mut buf = vec![0; 4096];
    let got = sys.read(fd, &mut buf);
    sys.close(fd)?;
    buf.truncate(got?);
    Ok(buf)
}

/// Who looks at everything.
pub(super) fn root() -> Cred {
    Cred { caps: crate::cred::Caps::ALL, ..Cred::root() }
}
