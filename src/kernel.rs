//! The live executor: the same system calls as the simulated kernel, done by the kernel below us.
//!
//! For comparison only (`conform`, the recorder, live tests): it never takes part in a simulation
//! and decides nothing. One thread, one process; descriptors are owned here, so a script that
//! forgets to close leaks nothing.

mod crew;
mod names;
mod space;
#[allow(unsafe_code, reason = "the one marked room: calls that rustix lacks")]
mod sys;

pub use crew::Crew;
pub use space::{Rights, Space, in_child};

use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::sys::{Fd, Flock, RangeLock, Sys};
use crate::types::{
    Attr, Dev, Dirent, Entry, FileType, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs,
    Timespec, Whence, XattrMode,
};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, AtFlags, OFlags};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::collections::BTreeMap;
use std::mem::MaybeUninit;

/// The system calls of this very process.
pub struct LiveSys {
    fds: BTreeMap<Fd, OwnedFd>,
    cred: Cred,
    /// Everything we are permitted, to come back from [`Sys::set_cred`].
    permitted: u64,
    buf: Vec<MaybeUninit<u8>>,
}

/// The engine's number for an error of the kernel; one that it does not know becomes `EIO`.
pub(crate) fn errno(err: rustix::io::Errno) -> Errno {
    Errno::from_number(err.raw_os_error()).unwrap_or(Errno::EIO)
}

fn done<T>(res: rustix::io::Result<T>) -> Result<T> {
    res.map_err(errno)
}

impl Default for LiveSys {
    fn default() -> LiveSys {
        LiveSys::new()
    }
}

impl LiveSys {
    /// Takes the process as it is: it should be alone in its mount namespace (see [`Space`]).
    pub fn new() -> LiveSys {
        let permitted = rustix::thread::capabilities(None).map_or(0, |it| it.permitted.bits());
        let cred = Cred { caps: Caps(permitted & Caps::ALL.0), ..Cred::root() };
        LiveSys { fds: BTreeMap::new(), cred, permitted, buf: vec![MaybeUninit::uninit(); 32768] }
    }

    /// Makes the standard descriptors of the process usable as 0, 1 and 2.
    pub fn inherit_stdio(&mut self) {
        let all = [
            rustix::io::dup(std::io::stdin()),
            rustix::io::dup(std::io::stdout()),
            rustix::io::dup(std::io::stderr()),
        ];
        for (number, fd) in all.into_iter().enumerate() {
            if let Ok(fd) = fd {
                self.fds.insert(number as Fd, fd);
            }
        }
    }

    /// Closes every descriptor.
    pub fn close_all(&mut self) {
        self.fds.clear();
    }

    fn fd(&self, fd: Fd) -> Result<BorrowedFd<'_>> {
        if fd == crate::sys::AT_FDCWD {
            return Ok(fs::CWD);
        }
        self.fds.get(&fd).map(|it| it.as_fd()).ok_or(Errno::EBADF)
    }

    fn adopt(&mut self, fd: OwnedFd) -> Fd {
        let number = fd.as_raw_fd();
        self.fds.insert(number, fd);
        number
    }

    fn map(&mut self, fd: Fd, len: u64) -> Result<sys::Mapping> {
        sys::map(self.fd(fd)?.as_raw_fd(), len)
    }

    /// The bytes come through a pipe: the kernel stores them, so there is an error and no signal where no
    /// page is.
    fn store(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize> {
        let file = self.fd(fd)?.as_raw_fd();
        let (from, to) = rustix::pipe::pipe().map_err(errno)?;
        done(rustix::io::write(&to, data))?;
        sys::store(file, off, from.as_raw_fd(), data.len())
    }

    fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()> {
        sys::lock_range(self.fd(fd)?.as_raw_fd(), lock)
    }

    fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>> {
        sys::range_in_the_way(self.fd(fd)?.as_raw_fd(), lock)
    }

    /// Effective capabilities become `caps`.
    fn effective(&self, caps: u64) -> Result<()> {
        let sets = CapabilitySets {
            effective: CapabilitySet::from_bits_retain(caps & self.permitted),
            permitted: CapabilitySet::from_bits_retain(self.permitted),
            inheritable: CapabilitySet::empty(),
        };
        done(rustix::thread::set_capabilities(None, sets))
    }
}

fn at_flags(flags: u32) -> AtFlags {
    AtFlags::from_bits_retain(flags)
}

fn mode_of(mode: u32) -> fs::Mode {
    fs::Mode::from_raw_mode(mode)
}

fn stamp(sec: i64, nsec: u32) -> Timespec {
    Timespec::new(sec, nsec)
}

/// Attributes of a name, and those flags of `chattr` that every file system shows.
///
/// # Errors
/// Those of `statx(2)`.
pub fn stat_with_flags(dir: BorrowedFd<'_>, name: &[u8], at: AtFlags) -> Result<(Attr, u32)> {
    use crate::types::inode_flags::{APPEND, IMMUTABLE, NODUMP};
    let mask = fs::StatxFlags::BASIC_STATS | fs::StatxFlags::BTIME;
    let st = done(fs::statx(dir, name, at, mask))?;
    let flags = st.stx_attributes.bits() as u32 & (IMMUTABLE | APPEND | NODUMP);
    Ok((attr(&st)?, flags))
}

/// `fstatfs(2)`.
///
/// # Errors
/// Those of the call.
pub fn fstatfs(fd: BorrowedFd<'_>) -> Result<StatFs> {
    Ok(stat_fs(&done(fs::fstatfs(fd))?))
}

/// The file handle of a name in a directory, or of the directory itself: type and bytes.
///
/// # Errors
/// Those of `name_to_handle_at(2)`.
pub fn handle_at(dir: impl AsFd, name: &[u8]) -> Result<(i32, Vec<u8>)> {
    let flags = if name.is_empty() { crate::sys::at::EMPTY_PATH } else { 0 };
    let (_, kind, bytes) = sys::name_to_handle_at(dir.as_fd().as_raw_fd(), name, flags)?;
    Ok((kind, bytes))
}

/// The uuid of the file system that a file is on; zero if it tells none.
pub fn fs_uuid(fd: BorrowedFd<'_>) -> [u8; 16] {
    sys::fs_uuid(fd.as_raw_fd()).unwrap_or_default()
}

/// All extended attributes of what a path leads to; none where there are no such things.
///
/// # Errors
/// Those of `listxattr(2)` and `getxattr(2)`.
pub fn all_xattrs(path: &[u8], follow: bool) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let list = grown(|buf| match follow {
        true => fs::listxattr(path, buf),
        false => fs::llistxattr(path, buf),
    });
    let list = match list {
        Err(Errno::EOPNOTSUPP) => return Ok(Vec::new()),
        list => list?,
    };
    let value = |name: &[u8]| {
        grown(|buf| match follow {
            true => fs::getxattr(path, name, buf),
            false => fs::lgetxattr(path, name, buf),
        })
    };
    split_names(&list).into_iter().map(|name| Ok((name.clone(), value(&name)?))).collect()
}

fn attr(st: &fs::Statx) -> Result<Attr> {
    Ok(Attr {
        dev: Dev::new(st.stx_dev_major, st.stx_dev_minor),
        ino: st.stx_ino,
        kind: FileType::from_bits(u32::from(st.stx_mode)).ok_or(Errno::EIO)?,
        mode: Mode::new(u32::from(st.stx_mode)),
        nlink: st.stx_nlink,
        uid: st.stx_uid,
        gid: st.stx_gid,
        rdev: Dev::new(st.stx_rdev_major, st.stx_rdev_minor),
        size: st.stx_size,
        blksize: st.stx_blksize,
        blocks: st.stx_blocks,
        atime: stamp(st.stx_atime.tv_sec, st.stx_atime.tv_nsec),
        mtime: stamp(st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec),
        ctime: stamp(st.stx_ctime.tv_sec, st.stx_ctime.tv_nsec),
        btime: stamp(st.stx_btime.tv_sec, st.stx_btime.tv_nsec),
    })
}

fn stat_fs(st: &fs::StatFs) -> StatFs {
    StatFs {
        magic: st.f_type as u64,
        bsize: st.f_bsize as u64,
        blocks: st.f_blocks,
        bfree: st.f_bfree,
        bavail: st.f_bavail,
        files: st.f_files,
        ffree: st.f_ffree,
        fsid: sys::fsid(st),
        namelen: st.f_namelen as u64,
        flags: st.f_flags as u64,
    }
}

fn time_of(set: Option<SetTime>) -> fs::Timespec {
    let (tv_sec, tv_nsec) = match set {
        None => (0, fs::UTIME_OMIT),
        Some(SetTime::Now) => (0, fs::UTIME_NOW),
        Some(SetTime::To(it)) => (it.sec, it.nsec.into()),
    };
    fs::Timespec { tv_sec, tv_nsec }
}

fn times(atime: Option<SetTime>, mtime: Option<SetTime>) -> fs::Timestamps {
    fs::Timestamps { last_access: time_of(atime), last_modification: time_of(mtime) }
}

fn xattr_flags(mode: XattrMode) -> fs::XattrFlags {
    match mode {
        XattrMode::Set => fs::XattrFlags::empty(),
        XattrMode::Create => fs::XattrFlags::CREATE,
        XattrMode::Replace => fs::XattrFlags::REPLACE,
    }
}

fn owner(uid: Option<u32>) -> Option<fs::Uid> {
    uid.map(fs::Uid::from_raw)
}

fn group(gid: Option<u32>) -> Option<fs::Gid> {
    gid.map(fs::Gid::from_raw)
}

fn seek_from(off: i64, whence: Whence) -> fs::SeekFrom {
    match whence {
        Whence::Set => fs::SeekFrom::Start(off as u64),
        Whence::Cur => fs::SeekFrom::Current(off),
        Whence::End => fs::SeekFrom::End(off),
        Whence::Data => fs::SeekFrom::Data(off as u64),
        Whence::Hole => fs::SeekFrom::Hole(off as u64),
    }
}

fn split_names(list: &[u8]) -> Vec<Vec<u8>> {
    list.split(|&b| b == 0).filter(|it| !it.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Calls `read` with a buffer that is large enough.
fn grown(read: impl Fn(&mut [u8]) -> rustix::io::Result<usize>) -> Result<Vec<u8>> {
    let mut small = [0u8; 512];
    match read(&mut small) {
        Ok(len) => return Ok(small[..len].to_vec()),
        Err(rustix::io::Errno::RANGE) => {}
        Err(err) => return Err(errno(err)),
    }
    let mut buf = vec![0u8; crate::limits::XATTR_SIZE_MAX];
    let len = done(read(&mut buf))?;
    buf.truncate(len);
    Ok(buf)
}

impl Sys for LiveSys {
    fn openat(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
        let oflags = OFlags::from_bits_retain(flags.0) | OFlags::CLOEXEC;
        let fd = done(fs::openat(self.fd(dir)?, path, oflags, mode_of(mode)))?;
        Ok(self.adopt(fd))
    }
    fn close(&mut self, fd: Fd) -> Result<()> {
        self.fds.remove(&fd).map(drop).ok_or(Errno::EBADF)
    }
    fn read(&mut self, fd: Fd, buf: &mut [u8]) -> Result<usize> {
        done(rustix::io::read(self.fd(fd)?, buf))
    }
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<usize> {
        done(rustix::io::write(self.fd(fd)?, data))
    }
    fn pread(&mut self, fd: Fd, buf: &mut [u8], off: u64) -> Result<usize> {
        done(rustix::io::pread(self.fd(fd)?, buf, off))
    }
    fn pwrite(&mut self, fd: Fd, data: &[u8], off: u64) -> Result<usize> {
        done(rustix::io::pwrite(self.fd(fd)?, data, off))
    }
    fn lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64> {
        done(fs::seek(self.fd(fd)?, seek_from(off, whence)))
    }
    fn dup(&mut self, fd: Fd, min: Fd) -> Result<Fd> {
        let new = done(rustix::io::fcntl_dupfd_cloexec(self.fd(fd)?, min))?;
        Ok(self.adopt(new))
    }
    fn dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd> {
        if fd == to {
            return self.fd(fd).map(|_| to);
        }
        self.fds.remove(&to);
        self.dup(fd, to)
    }
    fn fd_flags(&mut self, fd: Fd) -> Result<OpenFlags> {
        let flags = done(fs::fcntl_getfl(self.fd(fd)?))?;
        Ok(OpenFlags(flags.bits() & !OpenFlags::LARGEFILE.0))
    }
    fn set_cloexec(&mut self, _fd: Fd, _on: bool) -> Result<()> {
        Ok(()) // nothing is ever executed from here
    }
    fn pipe(&mut self) -> Result<(Fd, Fd)> {
        let (reader, writer) = done(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK))?;
        Ok((self.adopt(reader), self.adopt(writer)))
    }
    fn isatty(&mut self, _fd: Fd) -> bool {
        false
    }
    fn getdents(&mut self, fd: Fd, max: usize) -> Result<Vec<Dirent>> {
        let mut list = Vec::new();
        self.each_dirent(fd, max, &mut |entry| list.push(entry.into()))?;
        Ok(list)
    }
    fn each_dirent(
        &mut self,
        fd: Fd,
        max: usize,
        take: &mut dyn FnMut(Entry<'_>),
    ) -> Result<usize> {
        let mut buf = std::mem::take(&mut self.buf);
        let res = self.fd(fd).and_then(|fd| names::entries(fd, max, &mut buf, take));
        self.buf = buf;
        res
    }

    fn mkdirat(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()> {
        done(fs::mkdirat(self.fd(dir)?, path, mode_of(mode)))
    }
    fn mknodat(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()> {
        let kind = FileType::from_bits(mode)
            .map_or(fs::FileType::RegularFile, |it| fs::FileType::from_raw_mode(it.bits()));
        done(fs::mknodat(self.fd(dir)?, path, kind, mode_of(mode & 0o7777), dev.encode()))
    }
    fn symlinkat(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()> {
        done(fs::symlinkat(target, self.fd(dir)?, path))
    }
    fn linkat(&mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: u32) -> Result<()> {
        done(fs::linkat(self.fd(dir)?, path, self.fd(to)?, to_path, at_flags(flags)))
    }
    fn unlinkat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<()> {
        done(fs::unlinkat(self.fd(dir)?, path, at_flags(flags)))
    }
    fn renameat2(
        &mut self,
        dir: Fd,
        path: &[u8],
        to: Fd,
        to_path: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        let flags = fs::RenameFlags::from_bits_retain(flags.0);
        done(fs::renameat_with(self.fd(dir)?, path, self.fd(to)?, to_path, flags))
    }
    fn readlinkat(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>> {
        done(fs::readlinkat(self.fd(dir)?, path, Vec::new())).map(std::ffi::CString::into_bytes)
    }

    fn statat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr> {
        let mask = fs::StatxFlags::BASIC_STATS | fs::StatxFlags::BTIME;
        attr(&done(fs::statx(self.fd(dir)?, path, at_flags(flags), mask))?)
    }
    fn fstat(&mut self, fd: Fd) -> Result<Attr> {
        self.statat(fd, b"", crate::sys::at::EMPTY_PATH)
    }
    fn statfs(&mut self, path: &[u8]) -> Result<StatFs> {
        Ok(stat_fs(&done(fs::statfs(path))?))
    }
    fn fstatfs(&mut self, fd: Fd) -> Result<StatFs> {
        Ok(stat_fs(&done(fs::fstatfs(self.fd(fd)?))?))
    }
    fn truncate(&mut self, path: &[u8], len: i64) -> Result<()> {
        sys::truncate(path, len)
    }
    fn ftruncate(&mut self, fd: Fd, len: i64) -> Result<()> {
        done(fs::ftruncate(self.fd(fd)?, len as u64))
    }
    fn fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()> {
        let mode = fs::FallocateFlags::from_bits_retain(mode);
        done(fs::fallocate(self.fd(fd)?, mode, off as u64, len as u64))
    }
    fn copy_file_range(
        &mut self,
        from: Fd,
        mut from_off: Option<u64>,
        to: Fd,
        mut to_off: Option<u64>,
        len: u64,
    ) -> Result<u64> {
        let (from, to) = (self.fd(from)?, self.fd(to)?);
        done(fs::copy_file_range(from, from_off.as_mut(), to, to_off.as_mut(), len as usize))
            .map(|it| it as u64)
    }
    fn ficlone(&mut self, to: Fd, from: Fd) -> Result<()> {
        done(fs::ioctl_ficlone(self.fd(to)?, self.fd(from)?))
    }
    fn fsync(&mut self, fd: Fd) -> Result<()> {
        done(fs::fsync(self.fd(fd)?))
    }
    fn syncfs(&mut self, fd: Fd) -> Result<()> {
        done(fs::syncfs(self.fd(fd)?))
    }
    fn flock(&mut self, fd: Fd, op: Flock) -> Result<()> {
        let op = match op {
            Flock::Shared => fs::FlockOperation::NonBlockingLockShared,
            Flock::Exclusive => fs::FlockOperation::NonBlockingLockExclusive,
            Flock::Unlock => fs::FlockOperation::NonBlockingUnlock,
        };
        done(fs::flock(self.fd(fd)?, op))
    }

    fn fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()> {
        done(fs::chmodat(self.fd(dir)?, path, mode_of(mode.bits()), AtFlags::empty()))
    }
    fn fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()> {
        done(fs::fchmod(self.fd(fd)?, mode_of(mode.bits())))
    }
    fn fchownat(
        &mut self,
        dir: Fd,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    ) -> Result<()> {
        done(fs::chownat(self.fd(dir)?, path, owner(uid), group(gid), at_flags(flags)))
    }
    fn fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        done(fs::fchown(self.fd(fd)?, owner(uid), group(gid)))
    }
    fn utimensat(
        &mut self,
        dir: Fd,
        path: &[u8],
        atime: Option<SetTime>,
        mtime: Option<SetTime>,
        flags: u32,
    ) -> Result<()> {
        done(fs::utimensat(self.fd(dir)?, path, &times(atime, mtime), at_flags(flags)))
    }
    fn futimens(&mut self, fd: Fd, atime: Option<SetTime>, mtime: Option<SetTime>) -> Result<()> {
        done(fs::futimens(self.fd(fd)?, &times(atime, mtime)))
    }
    fn faccessat(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()> {
        let access = fs::Access::from_bits_retain(mask.into());
        done(fs::accessat(self.fd(dir)?, path, access, at_flags(flags)))
    }

    fn getxattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<Vec<u8>> {
        grown(|buf| match follow {
            true => fs::getxattr(path, name, buf),
            false => fs::lgetxattr(path, name, buf),
        })
    }
    fn fgetxattr(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>> {
        let fd = self.fd(fd)?;
        grown(|buf| fs::fgetxattr(fd, name, buf))
    }
    fn setxattr(
        &mut self,
        path: &[u8],
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
        follow: bool,
    ) -> Result<()> {
        done(match follow {
            true => fs::setxattr(path, name, value, xattr_flags(mode)),
            false => fs::lsetxattr(path, name, value, xattr_flags(mode)),
        })
    }
    fn fsetxattr(&mut self, fd: Fd, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()> {
        done(fs::fsetxattr(self.fd(fd)?, name, value, xattr_flags(mode)))
    }
    fn removexattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<()> {
        done(match follow {
            true => fs::removexattr(path, name),
            false => fs::lremovexattr(path, name),
        })
    }
    fn fremovexattr(&mut self, fd: Fd, name: &[u8]) -> Result<()> {
        done(fs::fremovexattr(self.fd(fd)?, name))
    }
    fn listxattr(&mut self, path: &[u8], follow: bool) -> Result<Vec<Vec<u8>>> {
        grown(|buf| match follow {
            true => fs::listxattr(path, buf),
            false => fs::llistxattr(path, buf),
        })
        .map(|it| split_names(&it))
    }
    fn flistxattr(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>> {
        let fd = self.fd(fd)?;
        grown(|buf| fs::flistxattr(fd, buf)).map(|it| split_names(&it))
    }
    fn get_flags(&mut self, fd: Fd) -> Result<u32> {
        done(fs::ioctl_getflags(self.fd(fd)?)).map(|it| it.bits())
    }
    fn set_flags(&mut self, fd: Fd, flags: u32) -> Result<()> {
        done(fs::ioctl_setflags(self.fd(fd)?, fs::IFlags::from_bits_retain(flags)))
    }
    fn name_to_handle_at(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)> {
        sys::name_to_handle_at(self.fd(dir)?.as_raw_fd(), path, flags)
    }
    fn open_by_handle_at(
        &mut self,
        mount: Fd,
        kind: i32,
        handle: &[u8],
        flags: OpenFlags,
    ) -> Result<Fd> {
        let fd = sys::open_by_handle_at(self.fd(mount)?.as_raw_fd(), kind, handle, flags.0)?;
        Ok(self.adopt(fd))
    }

    fn chdir(&mut self, path: &[u8]) -> Result<()> {
        done(rustix::process::chdir(path))
    }
    fn fchdir(&mut self, fd: Fd) -> Result<()> {
        done(rustix::process::fchdir(self.fd(fd)?))
    }
    fn getcwd(&mut self) -> Result<Vec<u8>> {
        done(rustix::process::getcwd(Vec::new())).map(std::ffi::CString::into_bytes)
    }
    fn chroot(&mut self, path: &[u8]) -> Result<()> {
        done(rustix::process::chroot(path))
    }
    fn umask(&mut self, mask: u32) -> u32 {
        rustix::process::umask(mode_of(mask)).bits()
    }
    fn cred(&self) -> Cred {
        self.cred.clone()
    }
    fn set_cred(&mut self, cred: &Cred) -> Result<()> {
        use rustix::thread as th;
        self.effective(self.permitted)?;
        let groups: Vec<_> = cred.groups.iter().map(|&it| th::Gid::from_raw(it)).collect();
        match done(th::set_thread_groups(&groups)) {
            // A user namespace made without privileges has them fixed.
            Err(Errno::EPERM) if cred.groups == self.cred.groups => {}
            other => other?,
        }
        let (gid, egid) = (th::Gid::from_raw(cred.gid), th::Gid::from_raw(cred.egid));
        done(th::set_thread_res_gid(gid, egid, egid))?;
        let (uid, euid) = (th::Uid::from_raw(cred.uid), th::Uid::from_raw(cred.euid));
        done(th::set_thread_res_uid(uid, euid, euid))?;
        self.effective(cred.caps.0)?;
        self.cred = cred.clone();
        Ok(())
    }

    fn mount(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        flags: u64,
        data: &[u8],
    ) -> Result<()> {
        sys::mount(source, target, fstype, flags, data)
    }
    fn umount(&mut self, target: &[u8], flags: u32) -> Result<()> {
        let flags = rustix::mount::UnmountFlags::from_bits_retain(flags);
        done(rustix::mount::unmount(target, flags))
    }
    fn mount_new(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        config: &[(Vec<u8>, Vec<u8>)],
        flags: u64,
    ) -> std::result::Result<(), (Errno, Vec<String>)> {
        names::mount_new(source, target, fstype, config, flags)
    }

    fn clock(&mut self) -> Timespec {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Timespec::new(now.tv_sec, now.tv_nsec as u32)
    }
    fn getpid(&self) -> i32 {
        std::process::id() as i32
    }
}
