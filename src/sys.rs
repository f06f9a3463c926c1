//! The system calls, as one process sees them.
//!
//! Two bodies: the simulated kernel (`vfs`) and the live one (`kernel`, for comparison). Commands
//! of the shell, the conformance generator and the recorder know files by this trait alone.

use crate::block;
use crate::cred::Cred;
use crate::store::{Rope, Seg, generate};
use crate::trace::Step;
use crate::types::control::{Control, Controlled};
use crate::types::{
    Attr, Dev, Dirent, Entry, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs, Timespec,
    Whence, XattrMode,
};

/// A file descriptor.
pub type Fd = i32;
/// The working directory as a directory descriptor.
pub const AT_FDCWD: Fd = -100;

/// Flags of the `*at` calls.
pub mod at {
    pub const SYMLINK_NOFOLLOW: u32 = 0x100;
    pub const REMOVEDIR: u32 = 0x200;
    pub const SYMLINK_FOLLOW: u32 = 0x400;
    pub const EMPTY_PATH: u32 = 0x1000;
    pub const EACCESS: u32 = 0x200;
}

/// Flags of `mount(2)` and `umount2(2)`.
pub mod ms {
    pub const RDONLY: u64 = 1;
    pub const NOSUID: u64 = 2;
    pub const NODEV: u64 = 4;
    pub const NOEXEC: u64 = 8;
    pub const REMOUNT: u64 = 32;
    pub const NOATIME: u64 = 1024;
    pub const NODIRATIME: u64 = 2048;
    pub const BIND: u64 = 4096;
    pub const MOVE: u64 = 8192;
    pub const REC: u64 = 16384;
    pub const PRIVATE: u64 = 1 << 18;
    pub const SLAVE: u64 = 1 << 19;
    pub const SHARED: u64 = 1 << 20;
    pub const RELATIME: u64 = 1 << 21;
    pub const STRICTATIME: u64 = 1 << 24;
    pub const UMOUNT_FORCE: u32 = 1;
    pub const UMOUNT_DETACH: u32 = 2;
    pub const UMOUNT_NOFOLLOW: u32 = 8;
}

/// `flock(2)` operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flock {
    Shared,
    Exclusive,
    Unlock,
}

/// A record lock (`fcntl(2)`), counted from the beginning of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeLock {
    pub kind: Flock,
    pub start: i64,
    /// Bytes; 0 is to the end, whatever the file becomes; less is before `start`.
    pub len: i64,
    /// Of the open file (`F_OFD_SETLK`), not of the process.
    pub of_file: bool,
}

/// The system calls of Linux, errors as Linux gives them. Paths are bytes without NUL.
/// A call that would block (an empty pipe, a full pipe, a fifo without peer, a held lock) answers
/// `EAGAIN` and changes nothing; the scheduler calls again later.
pub trait Sys {
    fn openat(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd>;
    fn close(&mut self, fd: Fd) -> Result<()>;
    fn read(&mut self, fd: Fd, buf: &mut [u8]) -> Result<usize>;
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<usize>;
    fn pread(&mut self, fd: Fd, buf: &mut [u8], off: u64) -> Result<usize>;
    fn pwrite(&mut self, fd: Fd, data: &[u8], off: u64) -> Result<usize>;
    /// Writes a rope at an offset; holes stay holes. The simulated kernel moves no bytes.
    ///
    /// # Errors
    /// As [`Sys::pwrite`]; `EINVAL` for bytes that only a host has.
    fn pwrite_rope(&mut self, fd: Fd, rope: &Rope, off: u64) -> Result<()> {
        let mut at = off;
        let mut buf = vec![0; 64 << 10];
        for seg in &rope.segs {
            let mut done = 0;
            while done < seg.len() && !matches!(seg, Seg::Hole(_)) {
                let n = (seg.len() - done).min(buf.len() as u64) as usize;
                let piece = &mut buf[..n];
                match seg {
                    Seg::Shared { bytes, off, .. } => {
                        let from = off + done as usize;
                        piece.copy_from_slice(&bytes[from..from + n]);
                    }
                    Seg::Generated { seed, at, .. } => generate(*seed, at + done, piece),
                    Seg::External { .. } => return Err(crate::errno::Errno::EINVAL),
                    Seg::Hole(_) | Seg::Zero(_) => piece.fill(0),
                }
                done += self.pwrite(fd, &buf[..n], at + done)? as u64;
            }
            at += seg.len();
        }
        Ok(())
    }
    fn lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64>;
    fn dup(&mut self, fd: Fd, min: Fd) -> Result<Fd>;
    fn dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd>;
    /// `F_GETFL`.
    fn fd_flags(&mut self, fd: Fd) -> Result<OpenFlags>;
    /// `F_SETFD` with or without `FD_CLOEXEC`.
    fn set_cloexec(&mut self, fd: Fd, on: bool) -> Result<()>;
    /// (reading end, writing end).
    fn pipe(&mut self) -> Result<(Fd, Fd)>;
    fn isatty(&mut self, fd: Fd) -> bool;
    /// Up to `max` entries, continuing where the last call stopped; empty at the end.
    fn getdents(&mut self, fd: Fd, max: usize) -> Result<Vec<Dirent>>;
    /// The same without a list: `take` sees each entry where it lies. Returns how many there were.
    ///
    /// # Errors
    /// As [`Sys::getdents`].
    fn each_dirent(
        &mut self,
        fd: Fd,
        max: usize,
        take: &mut dyn FnMut(Entry<'_>),
    ) -> Result<usize> {
        let all = self.getdents(fd, max)?;
        for it in &all {
            take(Entry { ino: it.ino, next: it.off, kind: it.kind, name: &it.name });
        }
        Ok(all.len())
    }

    fn mkdirat(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()>;
    /// `mode` with `S_IFMT` bits (0 means a regular file).
    fn mknodat(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()>;
    fn symlinkat(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()>;
    fn linkat(&mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: u32) -> Result<()>;
    /// `flags`: [`at::REMOVEDIR`].
    fn unlinkat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<()>;
    fn renameat2(
        &mut self,
        dir: Fd,
        path: &[u8],
        to: Fd,
        to_path: &[u8],
        flags: RenameFlags,
    ) -> Result<()>;
    fn readlinkat(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>>;

    /// `flags`: [`at::SYMLINK_NOFOLLOW`], [`at::EMPTY_PATH`].
    fn statat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr>;
    fn fstat(&mut self, fd: Fd) -> Result<Attr>;
    fn statfs(&mut self, path: &[u8]) -> Result<StatFs>;
    fn fstatfs(&mut self, fd: Fd) -> Result<StatFs>;
    fn truncate(&mut self, path: &[u8], len: i64) -> Result<()>;
    fn ftruncate(&mut self, fd: Fd, len: i64) -> Result<()>;
    fn fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()>;
    fn copy_file_range(
        &mut self,
        from: Fd,
        from_off: Option<u64>,
        to: Fd,
        to_off: Option<u64>,
        len: u64,
    ) -> Result<u64>;
    /// `FICLONE`.
    fn ficlone(&mut self, to: Fd, from: Fd) -> Result<()>;
    /// A request to the file system that a descriptor leads to, some with a second descriptor of it: the
    /// typed form of `ioctl(2)`.
    ///
    /// # Errors
    /// `ENOTTY`: the file system does not know it; those of the request.
    fn control(&mut self, _fd: Fd, _other: Option<Fd>, _ask: &Control) -> Result<Controlled> {
        Err(crate::errno::Errno::ENOTTY)
    }
    fn fsync(&mut self, fd: Fd) -> Result<()>;
    fn syncfs(&mut self, fd: Fd) -> Result<()>;
    /// Does not wait: `EAGAIN` when held.
    fn flock(&mut self, fd: Fd, op: Flock) -> Result<()>;

    fn fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()>;
    fn fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()>;
    /// `None` leaves an id alone. `flags`: [`at::SYMLINK_NOFOLLOW`].
    fn fchownat(
        &mut self,
        dir: Fd,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    ) -> Result<()>;
    fn fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()>;
    /// `None` is `UTIME_OMIT`.
    fn utimensat(
        &mut self,
        dir: Fd,
        path: &[u8],
        atime: Option<SetTime>,
        mtime: Option<SetTime>,
        flags: u32,
    ) -> Result<()>;
    fn futimens(&mut self, fd: Fd, atime: Option<SetTime>, mtime: Option<SetTime>) -> Result<()>;
    /// `mask`: 4 read, 2 write, 1 execute, 0 existence. `flags`: [`at::EACCESS`].
    fn faccessat(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()>;

    /// `follow` chooses between `getxattr` and `lgetxattr`.
    fn getxattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<Vec<u8>>;
    fn fgetxattr(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>>;
    fn setxattr(
        &mut self,
        path: &[u8],
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
        follow: bool,
    ) -> Result<()>;
    fn fsetxattr(&mut self, fd: Fd, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()>;
    fn removexattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<()>;
    fn fremovexattr(&mut self, fd: Fd, name: &[u8]) -> Result<()>;
    fn listxattr(&mut self, path: &[u8], follow: bool) -> Result<Vec<Vec<u8>>>;
    fn flistxattr(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>>;
    /// `FS_IOC_GETFLAGS`.
    fn get_flags(&mut self, fd: Fd) -> Result<u32>;
    /// `FS_IOC_SETFLAGS`.
    fn set_flags(&mut self, fd: Fd, flags: u32) -> Result<()>;
    /// The whole handle: (mount id, type, bytes). `flags`: [`at::EMPTY_PATH`], 0x200 (`AT_HANDLE_FID`).
    fn name_to_handle_at(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)>;
    /// Opens what a handle (type, bytes) names, on the file system of `mount`.
    fn open_by_handle_at(
        &mut self,
        mount: Fd,
        kind: i32,
        handle: &[u8],
        flags: OpenFlags,
    ) -> Result<Fd>;

    fn chdir(&mut self, path: &[u8]) -> Result<()>;
    fn fchdir(&mut self, fd: Fd) -> Result<()>;
    fn getcwd(&mut self) -> Result<Vec<u8>>;
    fn chroot(&mut self, path: &[u8]) -> Result<()>;
    /// Sets the mask, returns the old one.
    fn umask(&mut self, mask: u32) -> u32;
    fn cred(&self) -> Cred;
    /// Becomes somebody else: needs CAP_SETUID and CAP_SETGID to gain anything.
    fn set_cred(&mut self, cred: &Cred) -> Result<()>;
    /// The same for a test bench: it may come back to what it was.
    ///
    /// # Errors
    /// As [`Sys::set_cred`].
    fn masquerade(&mut self, cred: &Cred) -> Result<()> {
        self.set_cred(cred)
    }

    fn mount(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        flags: u64,
        data: &[u8],
    ) -> Result<()>;
    fn umount(&mut self, target: &[u8], flags: u32) -> Result<()>;
    /// `unshare(CLONE_NEWNS)`: the process gets mounts of its own, a copy of those it has.
    ///
    /// # Errors
    /// `EPERM`; `ENOSYS` where no namespaces are.
    fn unshare_mounts(&mut self) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    /// `setns(2)`: the process gets the mounts of another, and stands at their root.
    ///
    /// # Errors
    /// `EPERM`, `ESRCH`; `ENOSYS` where no namespaces are.
    fn join_mounts(&mut self, _pid: i32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    /// `pivot_root(2)`.
    ///
    /// # Errors
    /// `EPERM`, `EINVAL`, `EBUSY`; `ENOSYS` where no namespaces are.
    fn pivot_root(&mut self, _new_root: &[u8], _put_old: &[u8]) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    /// `fsopen`, `fsconfig` (string values; an empty value sets a flag), `fsmount`, `move_mount` in
    /// one. On error the lines that the kernel left in the context's log come along, each after
    /// its severity (`e`, `w` or `i`) and a space.
    fn mount_new(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        config: &[(Vec<u8>, Vec<u8>)],
        flags: u64,
    ) -> std::result::Result<(), (crate::errno::Errno, Vec<String>)>;

    /// `ioctl(2)` on block devices and on `/dev/loop-control`, and what mkfs writes.
    ///
    /// # Errors
    /// `EPERM`; `ENOTBLK` for what is no block device, `ENXIO` for one without a driver, `EBUSY`; `ENOTTY`
    /// where no devices are.
    fn block(&mut self, _ask: &block::Ask<'_>) -> Result<block::Tell> {
        Err(crate::errno::Errno::ENOTTY)
    }

    fn clock(&mut self) -> Timespec;
    fn getpid(&self) -> i32;

    /// Tells a daemon of the machine what it is to remember in its memory; elsewhere nobody hears it.
    fn remember(&mut self, _line: Vec<u8>) {}
    /// Columns and rows of a terminal (`TIOCGWINSZ`); `None` when `fd` is none or its size is
    /// unknown.
    fn winsize(&mut self, _fd: Fd) -> Option<(u16, u16)> {
        None
    }
    /// `statat` and the steps of its lookup; a kernel that keeps no trace has no steps.
    fn traced_stat(&mut self, path: &[u8], flags: u32) -> (Result<Attr>, Vec<Step>) {
        (self.statat(AT_FDCWD, path, flags), Vec::new())
    }
    /// True when an earlier call would have blocked and everything since is void (see
    /// `shell::command::record`); never true of a kernel.
    fn stalled(&self) -> bool {
        false
    }
    /// The kernel log: what `dmesg` shows.
    fn kernel_log(&mut self) -> Vec<(Timespec, String)> {
        Vec::new()
    }
}
