//! Processes, descriptors, path walk, mounts: the system calls of the simulated kernel.

use crate::cred::Cred;
use crate::fs::{Clock, Disks};
use crate::sys::{Fd, Flock, Sys};
use crate::trace::Tracer;
use crate::types::{
    Attr, Dev, Dirent, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs, Timespec, Whence,
    XattrMode,
};

/// A process number.
pub type Pid = i32;

/// The simulated kernel: everything that system calls can see or change.
#[derive(Clone, Default)]
pub struct Kernel {
    pub disks: Disks,
    pub clock: Clock,
    pub trace: Tracer,
}

impl Kernel {
    /// The system calls of one process.
    pub fn sys(&mut self, pid: Pid) -> SysOf<'_> {
        SysOf { kernel: self, pid }
    }

    /// A new process like `parent`, with `fds` as its descriptors (child number, parent number).
    pub fn fork(&mut self, _parent: Pid, _fds: &[(Fd, Fd)]) -> Pid {
        unreachable!("the process table comes with the vfs room")
    }
}

/// The system calls of one process: the simulated body of [`crate::sys::Sys`].
pub struct SysOf<'a> {
    pub kernel: &'a mut Kernel,
    pub pid: Pid,
}

impl Sys for SysOf<'_> {
    fn openat(&mut self, _dir: Fd, _path: &[u8], _flags: OpenFlags, _mode: u32) -> Result<Fd> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn close(&mut self, _fd: Fd) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn read(&mut self, _fd: Fd, _buf: &mut [u8]) -> Result<usize> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn write(&mut self, _fd: Fd, _data: &[u8]) -> Result<usize> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn pread(&mut self, _fd: Fd, _buf: &mut [u8], _off: u64) -> Result<usize> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn pwrite(&mut self, _fd: Fd, _data: &[u8], _off: u64) -> Result<usize> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn lseek(&mut self, _fd: Fd, _off: i64, _whence: Whence) -> Result<u64> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn dup(&mut self, _fd: Fd, _min: Fd) -> Result<Fd> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn dup2(&mut self, _fd: Fd, _to: Fd) -> Result<Fd> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fd_flags(&mut self, _fd: Fd) -> Result<OpenFlags> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn set_cloexec(&mut self, _fd: Fd, _on: bool) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn pipe(&mut self) -> Result<(Fd, Fd)> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn isatty(&mut self, _fd: Fd) -> bool {
        false
    }
    fn getdents(&mut self, _fd: Fd, _max: usize) -> Result<Vec<Dirent>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn mkdirat(&mut self, _dir: Fd, _path: &[u8], _mode: u32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn mknodat(&mut self, _dir: Fd, _path: &[u8], _mode: u32, _dev: Dev) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn symlinkat(&mut self, _target: &[u8], _dir: Fd, _path: &[u8]) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn linkat(
        &mut self,
        _dir: Fd,
        _path: &[u8],
        _to: Fd,
        _to_path: &[u8],
        _flags: u32,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn unlinkat(&mut self, _dir: Fd, _path: &[u8], _flags: u32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn renameat2(
        &mut self,
        _dir: Fd,
        _path: &[u8],
        _to: Fd,
        _to_path: &[u8],
        _flags: RenameFlags,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn readlinkat(&mut self, _dir: Fd, _path: &[u8]) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn statat(&mut self, _dir: Fd, _path: &[u8], _flags: u32) -> Result<Attr> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fstat(&mut self, _fd: Fd) -> Result<Attr> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn statfs(&mut self, _path: &[u8]) -> Result<StatFs> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fstatfs(&mut self, _fd: Fd) -> Result<StatFs> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn truncate(&mut self, _path: &[u8], _len: i64) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn ftruncate(&mut self, _fd: Fd, _len: i64) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fallocate(&mut self, _fd: Fd, _mode: u32, _off: i64, _len: i64) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn copy_file_range(
        &mut self,
        _from: Fd,
        _from_off: Option<u64>,
        _to: Fd,
        _to_off: Option<u64>,
        _len: u64,
    ) -> Result<u64> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn ficlone(&mut self, _to: Fd, _from: Fd) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fsync(&mut self, _fd: Fd) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn syncfs(&mut self, _fd: Fd) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn flock(&mut self, _fd: Fd, _op: Flock) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fchmodat(&mut self, _dir: Fd, _path: &[u8], _mode: Mode) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fchmod(&mut self, _fd: Fd, _mode: Mode) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fchownat(
        &mut self,
        _dir: Fd,
        _path: &[u8],
        _uid: Option<u32>,
        _gid: Option<u32>,
        _flags: u32,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fchown(&mut self, _fd: Fd, _uid: Option<u32>, _gid: Option<u32>) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn utimensat(
        &mut self,
        _dir: Fd,
        _path: &[u8],
        _atime: Option<SetTime>,
        _mtime: Option<SetTime>,
        _flags: u32,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn futimens(
        &mut self,
        _fd: Fd,
        _atime: Option<SetTime>,
        _mtime: Option<SetTime>,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn faccessat(&mut self, _dir: Fd, _path: &[u8], _mask: u8, _flags: u32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn getxattr(&mut self, _path: &[u8], _name: &[u8], _follow: bool) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fgetxattr(&mut self, _fd: Fd, _name: &[u8]) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn setxattr(
        &mut self,
        _path: &[u8],
        _name: &[u8],
        _value: &[u8],
        _mode: XattrMode,
        _follow: bool,
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fsetxattr(&mut self, _fd: Fd, _name: &[u8], _value: &[u8], _mode: XattrMode) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn removexattr(&mut self, _path: &[u8], _name: &[u8], _follow: bool) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fremovexattr(&mut self, _fd: Fd, _name: &[u8]) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn listxattr(&mut self, _path: &[u8], _follow: bool) -> Result<Vec<Vec<u8>>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn flistxattr(&mut self, _fd: Fd) -> Result<Vec<Vec<u8>>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn get_flags(&mut self, _fd: Fd) -> Result<u32> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn set_flags(&mut self, _fd: Fd, _flags: u32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn name_to_handle_at(
        &mut self,
        _dir: Fd,
        _path: &[u8],
        _flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn chdir(&mut self, _path: &[u8]) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn fchdir(&mut self, _fd: Fd) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn getcwd(&mut self) -> Result<Vec<u8>> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn chroot(&mut self, _path: &[u8]) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn umask(&mut self, _mask: u32) -> u32 {
        0
    }
    fn cred(&self) -> Cred {
        Cred::root()
    }
    fn set_cred(&mut self, _cred: &Cred) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn mount(
        &mut self,
        _source: &[u8],
        _target: &[u8],
        _fstype: &[u8],
        _flags: u64,
        _data: &[u8],
    ) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn umount(&mut self, _target: &[u8], _flags: u32) -> Result<()> {
        Err(crate::errno::Errno::ENOSYS)
    }
    fn mount_new(
        &mut self,
        _source: &[u8],
        _target: &[u8],
        _fstype: &[u8],
        _config: &[(Vec<u8>, Vec<u8>)],
        _flags: u64,
    ) -> std::result::Result<(), (crate::errno::Errno, Vec<String>)> {
        Err((crate::errno::Errno::ENOSYS, Vec::new()))
    }
    fn clock(&mut self) -> Timespec {
        self.kernel.clock.now()
    }
    fn getpid(&self) -> i32 {
        self.pid
    }
    fn traced_stat(&mut self, path: &[u8], flags: u32) -> (Result<Attr>, Vec<crate::trace::Step>) {
        let was = self.kernel.trace.is_on();
        let before = self.kernel.trace.steps().len();
        self.kernel.trace.set_on(true);
        let res = self.statat(crate::sys::AT_FDCWD, path, flags);
        let steps = self.kernel.trace.since(before, was);
        self.kernel.trace.set_on(was);
        (res, steps)
    }
}
