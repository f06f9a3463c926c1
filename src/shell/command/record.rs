//! Waiting without threads: runs a straight-line command again and again over what it has seen.
//!
//! A command that reads a pipe may find it empty in the middle of its work. It then stops, and the
//! next slice runs it from its start with every earlier answer of the kernel replayed from a log,
//! so that it stands where it stood, and goes on. Nothing of a call stack is kept between slices,
//! and no call reaches the kernel twice.

use crate::block;
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{Fd, Flock, Sys};
use crate::trace::Step;
use crate::types::control::{Control, Controlled};
use crate::types::{
    Attr, Dev, Dirent, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs, Timespec, Whence,
    XattrMode,
};

/// One answer of the kernel.
#[derive(Clone, Debug)]
enum Answer {
    Unit(Result<()>),
    Fd(Result<Fd>),
    Pair(Result<(Fd, Fd)>),
    Num(Result<u64>),
    Bytes(Result<Vec<u8>>),
    Names(Result<Vec<Vec<u8>>>),
    Dirents(Result<Vec<Dirent>>),
    Attr(Result<Attr>),
    StatFs(Result<StatFs>),
    Flags(Result<u32>),
    Handle(Result<(i32, i32, Vec<u8>)>),
    Lines(std::result::Result<(), (Errno, Vec<String>)>),
    Time(Timespec),
    Bool(bool),
    Traced(Result<Attr>, Vec<Step>),
    Log(Vec<(Timespec, String)>),
    Block(Result<block::Tell>),
    Control(Result<Controlled>),
}

/// What a command has been answered so far.
#[derive(Clone, Debug, Default)]
pub struct Log {
    answers: Vec<Answer>,
}

/// The kernel as a command sees it that may have to run again.
pub struct Recorder<'a> {
    sys: &'a mut dyn Sys,
    log: &'a mut Log,
    at: usize,
    /// A call would have blocked: everything after it answers `EAGAIN` and has no effect.
    pub blocked: bool,
}

impl<'a> Recorder<'a> {
    pub fn new(sys: &'a mut dyn Sys, log: &'a mut Log) -> Recorder<'a> {
        Recorder { sys, log, at: 0, blocked: false }
    }

    fn replayed(&mut self) -> Option<Answer> {
        let answer = self.log.answers.get(self.at)?.clone();
        self.at += 1;
        Some(answer)
    }

    fn keep(&mut self, answer: Answer) {
        self.log.answers.push(answer);
        self.at += 1;
    }
}

/// Replays or performs one call that answers `Result<T>`.
macro_rules! recorded {
    ($self:ident, $kind:ident, |$sys:ident| $call:expr) => {{
        match $self.replayed() {
            Some(Answer::$kind(res)) => return res,
            Some(_) => return Err(Errno::EIO),
            None => {}
        }
        if $self.blocked {
            return Err(Errno::EAGAIN);
        }
        let $sys = &mut *$self.sys;
        let res = $call;
        if let Err(Errno::EAGAIN) = res {
            $self.blocked = true;
            return res;
        }
        $self.keep(Answer::$kind(res.clone()));
        res
    }};
}

/// The same for reads into the caller's buffer.
macro_rules! recorded_read {
    ($self:ident, $buf:ident, |$sys:ident| $call:expr) => {{
        let got: Result<Vec<u8>> = match $self.replayed() {
            Some(Answer::Bytes(res)) => res,
            Some(_) => Err(Errno::EIO),
            None if $self.blocked => return Err(Errno::EAGAIN),
            None => {
                let $sys = &mut *$self.sys;
                let res = $call;
                if let Err(Errno::EAGAIN) = res {
                    $self.blocked = true;
                    return Err(Errno::EAGAIN);
                }
                $self.keep(Answer::Bytes(res.map(|n| $buf[..n].to_vec())));
                return res;
            }
        };
        let bytes = got?;
        let n = bytes.len().min($buf.len());
        $buf[..n].copy_from_slice(&bytes[..n]);
        Ok(n)
    }};
}

impl Sys for Recorder<'_> {
    fn openat(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
        recorded!(self, Fd, |s| s.openat(dir, path, flags, mode))
    }
    fn close(&mut self, fd: Fd) -> Result<()> {
        recorded!(self, Unit, |s| s.close(fd))
    }
    fn read(&mut self, fd: Fd, buf: &mut [u8]) -> Result<usize> {
        recorded_read!(self, buf, |s| s.read(fd, buf))
    }
    fn write(&mut self, fd: Fd, data: &[u8]) -> Result<usize> {
        let res: Result<u64> = (|| recorded!(self, Num, |s| s.write(fd, data).map(|n| n as u64)))();
        res.map(|n| n as usize)
    }
    fn pread(&mut self, fd: Fd, buf: &mut [u8], off: u64) -> Result<usize> {
        recorded_read!(self, buf, |s| s.pread(fd, buf, off))
    }
    fn pwrite(&mut self, fd: Fd, data: &[u8], off: u64) -> Result<usize> {
        let res: Result<u64> =
            (|| recorded!(self, Num, |s| s.pwrite(fd, data, off).map(|n| n as u64)))();
        res.map(|n| n as usize)
    }
    fn lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64> {
        recorded!(self, Num, |s| s.lseek(fd, off, whence))
    }
    fn dup(&mut self, fd: Fd, min: Fd) -> Result<Fd> {
        recorded!(self, Fd, |s| s.dup(fd, min))
    }
    fn dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd> {
        recorded!(self, Fd, |s| s.dup2(fd, to))
    }
    fn fd_flags(&mut self, fd: Fd) -> Result<OpenFlags> {
        let res: Result<u32> = (|| recorded!(self, Flags, |s| s.fd_flags(fd).map(|f| f.0)))();
        res.map(OpenFlags)
    }
    fn set_cloexec(&mut self, fd: Fd, on: bool) -> Result<()> {
        recorded!(self, Unit, |s| s.set_cloexec(fd, on))
    }
    fn pipe(&mut self) -> Result<(Fd, Fd)> {
        recorded!(self, Pair, |s| s.pipe())
    }
    fn isatty(&mut self, fd: Fd) -> bool {
        if let Some(answer) = self.replayed() {
            return matches!(answer, Answer::Bool(true));
        }
        let on = !self.blocked && self.sys.isatty(fd);
        if !self.blocked {
            self.keep(Answer::Bool(on));
        }
        on
    }
    fn getdents(&mut self, fd: Fd, max: usize) -> Result<Vec<Dirent>> {
        recorded!(self, Dirents, |s| s.getdents(fd, max))
    }

    fn mkdirat(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.mkdirat(dir, path, mode))
    }
    fn mknodat(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()> {
        recorded!(self, Unit, |s| s.mknodat(dir, path, mode, dev))
    }
    fn symlinkat(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()> {
        recorded!(self, Unit, |s| s.symlinkat(target, dir, path))
    }
    fn linkat(&mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.linkat(dir, path, to, to_path, flags))
    }
    fn unlinkat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.unlinkat(dir, path, flags))
    }
    fn renameat2(
        &mut self,
        dir: Fd,
        path: &[u8],
        to: Fd,
        to_path: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        recorded!(self, Unit, |s| s.renameat2(dir, path, to, to_path, flags))
    }
    fn readlinkat(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>> {
        recorded!(self, Bytes, |s| s.readlinkat(dir, path))
    }

    fn statat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr> {
        recorded!(self, Attr, |s| s.statat(dir, path, flags))
    }
    fn fstat(&mut self, fd: Fd) -> Result<Attr> {
        recorded!(self, Attr, |s| s.fstat(fd))
    }
    fn statfs(&mut self, path: &[u8]) -> Result<StatFs> {
        recorded!(self, StatFs, |s| s.statfs(path))
    }
    fn fstatfs(&mut self, fd: Fd) -> Result<StatFs> {
        recorded!(self, StatFs, |s| s.fstatfs(fd))
    }
    fn truncate(&mut self, path: &[u8], len: i64) -> Result<()> {
        recorded!(self, Unit, |s| s.truncate(path, len))
    }
    fn ftruncate(&mut self, fd: Fd, len: i64) -> Result<()> {
        recorded!(self, Unit, |s| s.ftruncate(fd, len))
    }
    fn fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()> {
        recorded!(self, Unit, |s| s.fallocate(fd, mode, off, len))
    }
    fn copy_file_range(
        &mut self,
        from: Fd,
        from_off: Option<u64>,
        to: Fd,
        to_off: Option<u64>,
        len: u64,
    ) -> Result<u64> {
        recorded!(self, Num, |s| s.copy_file_range(from, from_off, to, to_off, len))
    }
    fn control(&mut self, fd: Fd, other: Option<Fd>, ask: &Control) -> Result<Controlled> {
        recorded!(self, Control, |s| s.control(fd, other, ask))
    }
    fn ficlone(&mut self, to: Fd, from: Fd) -> Result<()> {
        recorded!(self, Unit, |s| s.ficlone(to, from))
    }
    fn fsync(&mut self, fd: Fd) -> Result<()> {
        recorded!(self, Unit, |s| s.fsync(fd))
    }
    fn syncfs(&mut self, fd: Fd) -> Result<()> {
        recorded!(self, Unit, |s| s.syncfs(fd))
    }
    fn flock(&mut self, fd: Fd, op: Flock) -> Result<()> {
        recorded!(self, Unit, |s| s.flock(fd, op))
    }

    fn fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()> {
        recorded!(self, Unit, |s| s.fchmodat(dir, path, mode))
    }
    fn fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()> {
        recorded!(self, Unit, |s| s.fchmod(fd, mode))
    }
    fn fchownat(
        &mut self,
        dir: Fd,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    ) -> Result<()> {
        recorded!(self, Unit, |s| s.fchownat(dir, path, uid, gid, flags))
    }
    fn fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        recorded!(self, Unit, |s| s.fchown(fd, uid, gid))
    }
    fn utimensat(
        &mut self,
        dir: Fd,
        path: &[u8],
        atime: Option<SetTime>,
        mtime: Option<SetTime>,
        flags: u32,
    ) -> Result<()> {
        recorded!(self, Unit, |s| s.utimensat(dir, path, atime, mtime, flags))
    }
    fn futimens(&mut self, fd: Fd, atime: Option<SetTime>, mtime: Option<SetTime>) -> Result<()> {
        recorded!(self, Unit, |s| s.futimens(fd, atime, mtime))
    }
    fn faccessat(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.faccessat(dir, path, mask, flags))
    }

    fn getxattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<Vec<u8>> {
        recorded!(self, Bytes, |s| s.getxattr(path, name, follow))
    }
    fn fgetxattr(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>> {
        recorded!(self, Bytes, |s| s.fgetxattr(fd, name))
    }
    fn setxattr(
        &mut self,
        path: &[u8],
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
        follow: bool,
    ) -> Result<()> {
        recorded!(self, Unit, |s| s.setxattr(path, name, value, mode, follow))
    }
    fn fsetxattr(&mut self, fd: Fd, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()> {
        recorded!(self, Unit, |s| s.fsetxattr(fd, name, value, mode))
    }
    fn removexattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<()> {
        recorded!(self, Unit, |s| s.removexattr(path, name, follow))
    }
    fn fremovexattr(&mut self, fd: Fd, name: &[u8]) -> Result<()> {
        recorded!(self, Unit, |s| s.fremovexattr(fd, name))
    }
    fn listxattr(&mut self, path: &[u8], follow: bool) -> Result<Vec<Vec<u8>>> {
        recorded!(self, Names, |s| s.listxattr(path, follow))
    }
    fn flistxattr(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>> {
        recorded!(self, Names, |s| s.flistxattr(fd))
    }
    fn get_flags(&mut self, fd: Fd) -> Result<u32> {
        recorded!(self, Flags, |s| s.get_flags(fd))
    }
    fn set_flags(&mut self, fd: Fd, flags: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.set_flags(fd, flags))
    }
    fn name_to_handle_at(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)> {
        recorded!(self, Handle, |s| s.name_to_handle_at(dir, path, flags))
    }
    fn open_by_handle_at(
        &mut self,
        mount: Fd,
        kind: i32,
        handle: &[u8],
        flags: OpenFlags,
    ) -> Result<Fd> {
        recorded!(self, Fd, |s| s.open_by_handle_at(mount, kind, handle, flags))
    }

    fn chdir(&mut self, path: &[u8]) -> Result<()> {
        recorded!(self, Unit, |s| s.chdir(path))
    }
    fn fchdir(&mut self, fd: Fd) -> Result<()> {
        recorded!(self, Unit, |s| s.fchdir(fd))
    }
    fn getcwd(&mut self) -> Result<Vec<u8>> {
        recorded!(self, Bytes, |s| s.getcwd())
    }
    fn chroot(&mut self, path: &[u8]) -> Result<()> {
        recorded!(self, Unit, |s| s.chroot(path))
    }
    fn umask(&mut self, mask: u32) -> u32 {
        let res: Result<u32> = (|| recorded!(self, Flags, |s| Ok(s.umask(mask))))();
        res.unwrap_or(0)
    }
    fn cred(&self) -> Cred {
        self.sys.cred()
    }
    fn set_cred(&mut self, cred: &Cred) -> Result<()> {
        recorded!(self, Unit, |s| s.set_cred(cred))
    }

    fn mount(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        flags: u64,
        data: &[u8],
    ) -> Result<()> {
        recorded!(self, Unit, |s| s.mount(source, target, fstype, flags, data))
    }
    fn umount(&mut self, target: &[u8], flags: u32) -> Result<()> {
        recorded!(self, Unit, |s| s.umount(target, flags))
    }
    fn mount_new(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        config: &[(Vec<u8>, Vec<u8>)],
        flags: u64,
    ) -> std::result::Result<(), (Errno, Vec<String>)> {
        match self.replayed() {
            Some(Answer::Lines(res)) => return res,
            Some(_) => return Err((Errno::EIO, Vec::new())),
            None if self.blocked => return Err((Errno::EAGAIN, Vec::new())),
            None => {}
        }
        let res = self.sys.mount_new(source, target, fstype, config, flags);
        self.keep(Answer::Lines(res.clone()));
        res
    }

    fn clock(&mut self) -> Timespec {
        if let Some(Answer::Time(time)) = self.replayed() {
            return time;
        }
        let time = self.sys.clock();
        if !self.blocked {
            self.keep(Answer::Time(time));
        }
        time
    }
    fn getpid(&self) -> i32 {
        self.sys.getpid()
    }
    fn winsize(&mut self, fd: Fd) -> Option<(u16, u16)> {
        self.sys.winsize(fd)
    }
    fn traced_stat(&mut self, path: &[u8], flags: u32) -> (Result<Attr>, Vec<Step>) {
        match self.replayed() {
            Some(Answer::Traced(res, steps)) => return (res, steps),
            Some(_) => return (Err(Errno::EIO), Vec::new()),
            None if self.blocked => return (Err(Errno::EAGAIN), Vec::new()),
            None => {}
        }
        let (res, steps) = self.sys.traced_stat(path, flags);
        self.keep(Answer::Traced(res, steps.clone()));
        (res, steps)
    }
    fn stalled(&self) -> bool {
        self.blocked
    }
    fn block(&mut self, ask: &block::Ask<'_>) -> Result<block::Tell> {
        recorded!(self, Block, |s| s.block(ask))
    }
    fn kernel_log(&mut self) -> Vec<(Timespec, String)> {
        if let Some(Answer::Log(lines)) = self.replayed() {
            return lines;
        }
        let lines = self.sys.kernel_log();
        if !self.blocked {
            self.keep(Answer::Log(lines.clone()));
        }
        lines
    }
}
