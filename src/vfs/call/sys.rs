//! [`Sys`] as the simulated kernel has it: every call framed, the work in the files beside.

use super::xattr::Target;
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd, Flock, Sys, at};
use crate::types::control::{Control, Controlled};
use crate::types::{
    Attr, Dev, Dirent, Entry, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs, Timespec,
    Whence, XattrMode,
};
use crate::vfs::SysOf;
use crate::vfs::console::Stream;
use crate::vfs::fd::Body;

/// A path or a name as strace writes it.
fn q(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

/// A directory descriptor as strace writes it.
fn d(dir: Fd) -> String {
    if dir == AT_FDCWD { "AT_FDCWD".into() } else { dir.to_string() }
}

impl Sys for SysOf<'_> {
    fn openat(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
        let what = || format!("openat({}, {}, {flags:?}, 0{mode:o})", d(dir), q(path));
        self.call(what, |sys| sys.open(dir, path, flags, mode))
    }
    fn close(&mut self, fd: Fd) -> Result<()> {
        self.call(|| format!("close({fd})"), |sys| sys.do_close(fd))
    }
    fn read(&mut self, fd: Fd, buf: &mut [u8]) -> Result<usize> {
        let len = buf.len();
        self.call(|| format!("read({fd}, {len})"), |sys| sys.do_read(fd, buf, None))
    }
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<usize> {
        let len = data.len();
        self.call(|| format!("write({fd}, {len})"), |sys| sys.do_write(fd, data, None))
    }
    fn pread(&mut self, fd: Fd, buf: &mut [u8], off: u64) -> Result<usize> {
        let len = buf.len();
        let what = || format!("pread64({fd}, {len}, {off})");
        self.call(what, |sys| sys.do_read(fd, buf, Some(off)))
    }
    fn pwrite(&mut self, fd: Fd, data: &[u8], off: u64) -> Result<usize> {
        let len = data.len();
        let what = || format!("pwrite64({fd}, {len}, {off})");
        self.call(what, |sys| sys.do_write(fd, data, Some(off)))
    }
    fn pwrite_rope(&mut self, fd: Fd, rope: &crate::store::Rope, off: u64) -> Result<()> {
        let what = || format!("pwrite64({fd}, {}, {off})", rope.len());
        self.call(what, |sys| sys.do_write_rope(fd, rope, off))
    }
    fn lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64> {
        let what = || format!("lseek({fd}, {off}, {whence:?})");
        self.call(what, |sys| sys.do_lseek(fd, off, whence))
    }
    fn dup(&mut self, fd: Fd, min: Fd) -> Result<Fd> {
        self.call(|| format!("fcntl({fd}, F_DUPFD, {min})"), |sys| sys.do_dup(fd, min))
    }
    fn dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd> {
        self.call(|| format!("dup2({fd}, {to})"), |sys| sys.do_dup2(fd, to))
    }
    fn fd_flags(&mut self, fd: Fd) -> Result<OpenFlags> {
        self.call(|| format!("fcntl({fd}, F_GETFL)"), |sys| sys.do_fd_flags(fd))
    }
    fn set_cloexec(&mut self, fd: Fd, on: bool) -> Result<()> {
        let what = || format!("fcntl({fd}, F_SETFD, {})", u8::from(on));
        self.call(what, |sys| {
            sys.process_mut()?.fds.get_mut(fd)?.cloexec = on;
            Ok(())
        })
    }
    fn pipe(&mut self) -> Result<(Fd, Fd)> {
        self.call(|| "pipe2()".into(), SysOf::do_pipe)
    }
    fn isatty(&mut self, fd: Fd) -> bool {
        let stream = match self.file(fd).map(|it| it.body) {
            Ok(Body::Console(stream)) => stream,
            Ok(Body::Char(crate::vfs::dev::CONSOLE)) => Stream::Out,
            _ => return false,
        };
        self.kernel.console.is_tty(stream)
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
        self.call(|| format!("getdents64({fd})"), |sys| sys.do_getdents(fd, max, take))
    }

    fn mkdirat(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()> {
        let what = || format!("mkdirat({}, {}, 0{mode:o})", d(dir), q(path));
        self.call(what, |sys| sys.do_mkdir(dir, path, mode))
    }
    fn mknodat(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()> {
        let (major, minor) = (dev.major, dev.minor);
        let what = || format!("mknodat({}, {}, 0{mode:o}, {major}:{minor})", d(dir), q(path));
        self.call(what, |sys| sys.do_mknod(dir, path, mode, dev))
    }
    fn symlinkat(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()> {
        let what = || format!("symlinkat({}, {}, {})", q(target), d(dir), q(path));
        self.call(what, |sys| sys.do_symlink(target, dir, path))
    }
    fn linkat(&mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: u32) -> Result<()> {
        let what =
            || format!("linkat({}, {}, {}, {}, {flags:#x})", d(dir), q(path), d(to), q(to_path));
        self.call(what, |sys| sys.do_link(dir, path, to, to_path, flags))
    }
    fn unlinkat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<()> {
        let what = || format!("unlinkat({}, {}, {flags:#x})", d(dir), q(path));
        self.call(what, |sys| match flags {
            0 => sys.do_unlink(dir, path),
            at::REMOVEDIR => sys.do_rmdir(dir, path),
            _ => Err(Errno::EINVAL),
        })
    }
    fn renameat2(
        &mut self,
        dir: Fd,
        path: &[u8],
        to: Fd,
        to_path: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        let what = || {
            let (from, to) = (d(dir), d(to));
            format!("renameat2({from}, {}, {to}, {}, {:#x})", q(path), q(to_path), flags.0)
        };
        self.call(what, |sys| sys.do_rename((dir, path), (to, to_path), flags))
    }
    fn readlinkat(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>> {
        let what = || format!("readlinkat({}, {})", d(dir), q(path));
        self.call(what, |sys| sys.do_readlink(dir, path))
    }

    fn statat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr> {
        let what = || format!("newfstatat({}, {}, {flags:#x})", d(dir), q(path));
        self.call(what, |sys| sys.do_stat(dir, path, flags))
    }
    fn fstat(&mut self, fd: Fd) -> Result<Attr> {
        self.call(|| format!("fstat({fd})"), |sys| sys.do_fstat(fd))
    }
    fn statfs(&mut self, path: &[u8]) -> Result<StatFs> {
        self.call(
            || format!("statfs({})", q(path)),
            |sys| {
                let place = sys.place(AT_FDCWD, path, true)?;
                sys.statfs_at(place)
            },
        )
    }
    fn fstatfs(&mut self, fd: Fd) -> Result<StatFs> {
        self.call(|| format!("fstatfs({fd})"), |sys| sys.do_fstatfs(fd))
    }
    fn truncate(&mut self, path: &[u8], len: i64) -> Result<()> {
        let what = || format!("truncate({}, {len})", q(path));
        self.call(what, |sys| sys.do_truncate(path, len))
    }
    fn ftruncate(&mut self, fd: Fd, len: i64) -> Result<()> {
        self.call(|| format!("ftruncate({fd}, {len})"), |sys| sys.do_ftruncate(fd, len))
    }
    fn fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()> {
        let what = || format!("fallocate({fd}, {mode:#x}, {off}, {len})");
        self.call(what, |sys| sys.do_fallocate(fd, mode, off, len))
    }
    fn copy_file_range(
        &mut self,
        from: Fd,
        from_off: Option<u64>,
        to: Fd,
        to_off: Option<u64>,
        len: u64,
    ) -> Result<u64> {
        let what = || format!("copy_file_range({from}, {to}, {len})");
        self.call(what, |sys| sys.do_copy_range((from, from_off), (to, to_off), len))
    }
    fn control(&mut self, fd: Fd, other: Option<Fd>, ask: &Control) -> Result<Controlled> {
        self.call(|| format!("ioctl({fd}, {ask:?})"), |sys| sys.do_control(fd, other, ask))
    }
    fn ficlone(&mut self, to: Fd, from: Fd) -> Result<()> {
        self.call(|| format!("ioctl({to}, FICLONE, {from})"), |sys| sys.do_ficlone(to, from))
    }
    fn fsync(&mut self, fd: Fd) -> Result<()> {
        self.call(|| format!("fsync({fd})"), |sys| sys.do_fsync(fd))
    }
    fn syncfs(&mut self, fd: Fd) -> Result<()> {
        self.call(|| format!("syncfs({fd})"), |sys| sys.do_syncfs(fd))
    }
    fn flock(&mut self, fd: Fd, op: Flock) -> Result<()> {
        self.call(|| format!("flock({fd}, {op:?})"), |sys| sys.do_flock(fd, op))
    }

    fn fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()> {
        let what = || format!("fchmodat({}, {}, {mode:?})", d(dir), q(path));
        self.call(what, |sys| sys.do_fchmodat(dir, path, mode))
    }
    fn fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()> {
        self.call(|| format!("fchmod({fd}, {mode:?})"), |sys| sys.do_fchmod(fd, mode))
    }
    fn fchownat(
        &mut self,
        dir: Fd,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    ) -> Result<()> {
        let what = || {
            let (uid, gid) = (id(uid), id(gid));
            format!("fchownat({}, {}, {uid}, {gid}, {flags:#x})", d(dir), q(path))
        };
        self.call(what, |sys| sys.do_fchownat(dir, path, (uid, gid), flags))
    }
    fn fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        let what = || format!("fchown({fd}, {}, {})", id(uid), id(gid));
        self.call(what, |sys| sys.do_fchown(fd, uid, gid))
    }
    fn utimensat(
        &mut self,
        dir: Fd,
        path: &[u8],
        atime: Option<SetTime>,
        mtime: Option<SetTime>,
        flags: u32,
    ) -> Result<()> {
        let what = || format!("utimensat({}, {}, {flags:#x})", d(dir), q(path));
        self.call(what, |sys| sys.do_utimes((dir, path), (atime, mtime), flags))
    }
    fn futimens(&mut self, fd: Fd, atime: Option<SetTime>, mtime: Option<SetTime>) -> Result<()> {
        self.call(|| format!("futimens({fd})"), |sys| sys.do_futimens(fd, atime, mtime))
    }
    fn faccessat(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()> {
        let what = || format!("faccessat2({}, {}, {mask}, {flags:#x})", d(dir), q(path));
        self.call(what, |sys| sys.do_access(dir, path, mask, flags))
    }

    fn getxattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<Vec<u8>> {
        let what = || format!("getxattr({}, {})", q(path), q(name));
        self.call(what, |sys| sys.do_getxattr(Target::Path(path, follow), name))
    }
    fn fgetxattr(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>> {
        let what = || format!("fgetxattr({fd}, {})", q(name));
        self.call(what, |sys| sys.do_getxattr(Target::Fd(fd), name))
    }
    fn setxattr(
        &mut self,
        path: &[u8],
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
        follow: bool,
    ) -> Result<()> {
        let what = || format!("setxattr({}, {}, {})", q(path), q(name), value.len());
        self.call(what, |sys| sys.do_setxattr(Target::Path(path, follow), name, value, mode))
    }
    fn fsetxattr(&mut self, fd: Fd, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()> {
        let what = || format!("fsetxattr({fd}, {}, {})", q(name), value.len());
        self.call(what, |sys| sys.do_setxattr(Target::Fd(fd), name, value, mode))
    }
    fn removexattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<()> {
        let what = || format!("removexattr({}, {})", q(path), q(name));
        self.call(what, |sys| sys.do_removexattr(Target::Path(path, follow), name))
    }
    fn fremovexattr(&mut self, fd: Fd, name: &[u8]) -> Result<()> {
        let what = || format!("fremovexattr({fd}, {})", q(name));
        self.call(what, |sys| sys.do_removexattr(Target::Fd(fd), name))
    }
    fn listxattr(&mut self, path: &[u8], follow: bool) -> Result<Vec<Vec<u8>>> {
        let what = || format!("listxattr({})", q(path));
        self.call(what, |sys| sys.do_listxattr(Target::Path(path, follow)))
    }
    fn flistxattr(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>> {
        self.call(|| format!("flistxattr({fd})"), |sys| sys.do_listxattr(Target::Fd(fd)))
    }
    fn get_flags(&mut self, fd: Fd) -> Result<u32> {
        self.call(|| format!("ioctl({fd}, FS_IOC_GETFLAGS)"), |sys| sys.do_get_flags(fd))
    }
    fn set_flags(&mut self, fd: Fd, flags: u32) -> Result<()> {
        let what = || format!("ioctl({fd}, FS_IOC_SETFLAGS, {flags:#x})");
        self.call(what, |sys| sys.do_set_flags(fd, flags))
    }
    fn name_to_handle_at(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)> {
        let what = || format!("name_to_handle_at({}, {}, {flags:#x})", d(dir), q(path));
        self.call(what, |sys| sys.do_handle(dir, path, flags))
    }
    fn open_by_handle_at(
        &mut self,
        mount: Fd,
        kind: i32,
        handle: &[u8],
        flags: OpenFlags,
    ) -> Result<Fd> {
        let what = || format!("open_by_handle_at({}, {kind:#x}, {:#x})", d(mount), flags.0);
        self.call(what, |sys| sys.open_by_handle(mount, kind, handle, flags))
    }

    fn chdir(&mut self, path: &[u8]) -> Result<()> {
        self.call(|| format!("chdir({})", q(path)), |sys| sys.do_chdir(path))
    }
    fn fchdir(&mut self, fd: Fd) -> Result<()> {
        self.call(|| format!("fchdir({fd})"), |sys| sys.do_fchdir(fd))
    }
    fn getcwd(&mut self) -> Result<Vec<u8>> {
        self.call(|| "getcwd()".into(), SysOf::do_getcwd)
    }
    fn chroot(&mut self, path: &[u8]) -> Result<()> {
        self.call(|| format!("chroot({})", q(path)), |sys| sys.do_chroot(path))
    }
    fn unshare_mounts(&mut self) -> Result<()> {
        self.call(|| "unshare(CLONE_NEWNS)".to_owned(), |sys| sys.do_unshare_mounts())
    }
    fn join_mounts(&mut self, pid: i32) -> Result<()> {
        self.call(|| format!("setns(/proc/{pid}/ns/mnt)"), |sys| sys.do_join_mounts(pid))
    }
    fn pivot_root(&mut self, new_root: &[u8], put_old: &[u8]) -> Result<()> {
        let what = || format!("pivot_root({}, {})", q(new_root), q(put_old));
        self.call(what, |sys| sys.do_pivot_root(new_root, put_old))
    }
    fn umask(&mut self, mask: u32) -> u32 {
        let what = || format!("umask(0{mask:o})");
        self.call(what, |sys| Ok(sys.do_umask(mask))).unwrap_or(0)
    }
    fn cred(&self) -> Cred {
        (*self.my_cred()).clone()
    }
    fn set_cred(&mut self, cred: &Cred) -> Result<()> {
        let what = || format!("setresuid({}, {}, {})", cred.uid, cred.euid, cred.fsuid);
        self.call(what, |sys| sys.do_set_cred(cred))
    }
    fn masquerade(&mut self, cred: &Cred) -> Result<()> {
        self.process_mut()?.cred = cred.clone().into();
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
        let what = || {
            let (source, target, data) = (q(source), q(target), q(data));
            format!("mount({source}, {target}, {}, {flags:#x}, {data})", q(fstype))
        };
        self.call(what, |sys| sys.do_mount(source, target, fstype, flags, data))
    }
    fn umount(&mut self, target: &[u8], flags: u32) -> Result<()> {
        let what = || format!("umount2({}, {flags:#x})", q(target));
        self.call(what, |sys| sys.do_umount(target, flags))
    }
    fn mount_new(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        config: &[(Vec<u8>, Vec<u8>)],
        flags: u64,
    ) -> std::result::Result<(), (Errno, Vec<String>)> {
        let mut log = Vec::new();
        let what = || format!("fsmount({}, {}, {})", q(source), q(target), q(fstype));
        let res = self.call(what, |sys| {
            sys.do_mount_new(source, target, fstype, config, flags).map_err(|(errno, lines)| {
                log = lines;
                errno
            })
        });
        res.map_err(|errno| (errno, log))
    }

    fn clock(&mut self) -> Timespec {
        self.kernel.clock.now()
    }
    fn getpid(&self) -> i32 {
        self.pid
    }
    fn remember(&mut self, line: Vec<u8>) {
        self.kernel.services.remember(line);
        self.kernel.activity += 1;
    }
    fn winsize(&mut self, fd: Fd) -> Option<(u16, u16)> {
        self.isatty(fd).then_some(self.kernel.console.size).flatten()
    }
    fn traced_stat(&mut self, path: &[u8], flags: u32) -> (Result<Attr>, Vec<crate::trace::Step>) {
        // On a snapshot whose overlays remember no names, so that every layer is asked.
        let mut kernel = self.kernel.clone();
        let disks: Vec<_> = kernel.disks.ids().collect();
        for id in disks {
            let fs = kernel.disks.peek_mut(id).map(|fs| fs.as_any_mut());
            if let Some(overlay) = fs.and_then(|fs| fs.downcast_mut::<crate::overlay::Overlay>()) {
                overlay.forget_names();
            }
        }
        kernel.forget_union_names();
        kernel.trace = crate::trace::Tracer::recording();
        let res = kernel.sys(self.pid).statat(crate::sys::AT_FDCWD, path, flags);
        (res, kernel.trace.take())
    }
    fn block(&mut self, ask: &crate::block::Ask<'_>) -> Result<crate::block::Tell> {
        // The first machine of a page has no devices but its disk, and not the code for others either.
        if cfg!(not(feature = "containers")) {
            return Err(Errno::ENOTTY);
        }
        self.call(|| format!("ioctl({ask:?})"), |sys| sys.do_block(ask))
    }
    fn kernel_log(&mut self) -> Vec<(Timespec, String)> {
        self.kernel.log.to_vec()
    }
}

fn id(id: Option<u32>) -> i64 {
    id.map_or(-1, i64::from)
}
