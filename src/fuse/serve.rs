//! The requests of the real kernel, each as system calls of the machine. Translation only.

use super::caller::{Asks, Caller};
use super::change::Change;
use super::convert::{attr, device, errno, file_type, nameless, set_time};
use super::host::{Found, HERE, Host, State};
use super::locks::{Waiting, operation};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{Fd, Flock, Sys, at};
use crate::types::{Mode, OpenFlags, Result, Whence, XattrMode};
use fuser::{
    AccessFlags, CopyFileRangeFlags, FileHandle, Filesystem, FopenFlags, Generation, INodeNo,
    InitFlags, IoctlFlags, KernelConfig, LockOwner, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen,
    ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long the real kernel may believe an answer: not at all. Others change the machine beside it,
/// and every name on the way is a question about rights.
const NOW: Duration = Duration::ZERO;
/// Entries read at once.
const BATCH: usize = 128;
/// A file is opened to be executed (`__FMODE_EXEC`).
const FOR_EXEC: u32 = 0x20;

/// The served machine as `fuser` wants it.
pub struct Served(pub Host);

fn caller(req: &Request) -> Caller {
    Caller { uid: req.uid(), gid: req.gid(), pid: req.pid() }
}

/// Answers a request with what it got or its error.
macro_rules! answer {
    ($reply:expr, $res:expr, $ok:expr) => {
        match $res {
            Ok(got) => $ok($reply, got),
            Err(err) => $reply.error(errno(err)),
        }
    };
}

fn entry(reply: ReplyEntry, found: Found) {
    reply.entry(&NOW, &attr(&found.attr, found.id), Generation(found.generation));
}

fn done(reply: ReplyEmpty, (): ()) {
    reply.ok();
}

/// A value, or its size when that is what was asked for.
fn sized(reply: ReplyXattr, size: u32, value: &[u8]) {
    match (size, u32::try_from(value.len())) {
        (0, Ok(len)) => reply.size(len),
        (_, Ok(len)) if len <= size => reply.data(value),
        _ => reply.error(errno(Errno::ERANGE)),
    }
}

impl Served {
    /// Does a call as the caller, with a umask where names are made.
    fn ask<R>(
        &self,
        req: &Request,
        umask: u32,
        call: impl FnMut(&mut State) -> Result<R>,
    ) -> Result<R> {
        self.0.ask(&caller(req).now(), umask, call)
    }

    /// A call on an open file: who opened it had the rights.
    fn on_open<R>(&self, call: impl FnMut(&mut State) -> Result<R>) -> Result<R> {
        self.0.ask(&Cred::root(), 0, call)
    }

    /// Makes a name in a directory and looks at what is there then.
    fn make(
        &self,
        (req, umask): (&Request, u32),
        (dir, name): (INodeNo, &OsStr),
        call: impl Fn(&mut State, Fd) -> Result<()>,
    ) -> Result<Found> {
        self.ask(req, umask, |state| {
            let above = state.node(dir.0)?;
            call(state, above)?;
            state.lookup(dir.0, name.as_bytes())
        })
    }

    fn open_node(&self, req: &Request, ino: INodeNo, flags: u32) -> Result<u64> {
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
}

impl Filesystem for Served {
    fn init(&mut self, _req: &Request, config: &mut KernelConfig) -> std::io::Result<()> {
        let wanted = [
            InitFlags::FUSE_DONT_MASK,
            InitFlags::FUSE_ATOMIC_O_TRUNC,
            InitFlags::FUSE_AUTO_INVAL_DATA,
            InitFlags::FUSE_FLOCK_LOCKS,
            InitFlags::FUSE_HANDLE_KILLPRIV_V2,
            InitFlags::FUSE_HAS_IOCTL_DIR,
            InitFlags::FUSE_PARALLEL_DIROPS,
            InitFlags::FUSE_DO_READDIRPLUS,
            InitFlags::FUSE_READDIRPLUS_AUTO,
            InitFlags::FUSE_ASYNC_DIO,
            InitFlags::FUSE_MAX_PAGES,
            InitFlags::FUSE_NO_EXPORT_SUPPORT,
        ];
        for flag in wanted {
            // What an older kernel lacks it does by itself.
            let _ = config.add_capabilities(flag);
        }
        let _ = config.set_max_write(1 << 20);
        Ok(())
    }

    fn lookup(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let res = self.ask(req, 0, |state| state.lookup(parent.0, name.as_bytes()));
        answer!(reply, res, entry);
    }

    fn forget(&self, _req: &Request, ino: INodeNo, nlookup: u64) {
        self.0.lock().forget(ino.0, nlookup);
    }

    fn getattr(&self, _req: &Request, ino: INodeNo, fh: Option<FileHandle>, reply: ReplyAttr) {
        let res = self.on_open(|state| {
            let fd = match fh {
                Some(fh) => state.file(fh.0)?,
                None => state.node(ino.0)?,
            };
            state.attr(fd)
        });
        answer!(reply, res, |reply: ReplyAttr, (it, number)| reply.attr(&NOW, &attr(&it, number)));
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let set = Change {
            mode: mode.map(Mode::new),
            owner: (uid, gid),
            size,
            times: (atime.map(set_time), mtime.map(set_time)),
        };
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            set.apply(state, fd, fh.map(|it| it.0))?;
            state.attr(fd)
        });
        answer!(reply, res, |reply: ReplyAttr, (it, number)| reply.attr(&NOW, &attr(&it, number)));
    }

    fn readlink(&self, req: &Request, ino: INodeNo, reply: ReplyData) {
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().readlinkat(fd, b"")
        });
        answer!(reply, res, |reply: ReplyData, text: Vec<u8>| reply.data(&text));
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        let res = self.make((req, umask), (parent, name), |state, dir| {
            state.sys().mknodat(dir, name.as_bytes(), mode, device(rdev))
        });
        answer!(reply, res, entry);
    }

    fn mkdir(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let res = self.make((req, umask), (parent, name), |state, dir| {
            state.sys().mkdirat(dir, name.as_bytes(), mode)
        });
        answer!(reply, res, entry);
    }

    fn unlink(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let res = self.ask(req, 0, |state| {
            let dir = state.node(parent.0)?;
            state.sys().unlinkat(dir, name.as_bytes(), 0)
        });
        answer!(reply, res, done);
    }

    fn rmdir(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let res = self.ask(req, 0, |state| {
            let dir = state.node(parent.0)?;
            state.sys().unlinkat(dir, name.as_bytes(), at::REMOVEDIR)
        });
        answer!(reply, res, done);
    }

    fn symlink(
        &self,
        req: &Request,
        parent: INodeNo,
        link_name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let target = target.as_os_str().as_bytes();
        let res = self.make((req, 0), (parent, link_name), |state, dir| {
            state.sys().symlinkat(target, dir, link_name.as_bytes())
        });
        answer!(reply, res, entry);
    }

    fn rename(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let flags = crate::types::RenameFlags(flags.bits());
        let (name, newname) = (name.as_bytes(), newname.as_bytes());
        let res = self.ask(req, 0, |state| {
            let (from, to) = (state.node(parent.0)?, state.node(newparent.0)?);
            state.sys().renameat2(from, name, to, newname, flags)?;
            state.sys().masquerade(&Cred::root())?;
            state.renamed(newparent.0, newname);
            if flags.has(crate::types::RenameFlags::EXCHANGE) {
                state.renamed(parent.0, name);
            }
            Ok(())
        });
        answer!(reply, res, done);
    }

    fn link(
        &self,
        req: &Request,
        ino: INodeNo,
        newparent: INodeNo,
        newname: &OsStr,
        reply: ReplyEntry,
    ) {
        let res = self.make((req, 0), (newparent, newname), |state, dir| {
            let fd = state.node(ino.0)?;
            state.sys().link_held(fd, dir, newname.as_bytes())
        });
        answer!(reply, res, entry);
    }

    fn open(&self, req: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        let res = self.open_node(req, ino, flags.0 as u32);
        answer!(reply, res, |reply: ReplyOpen, fh| {
            reply.opened(FileHandle(fh), FopenFlags::empty());
        });
    }

    fn create(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let flags = OpenFlags(flags as u32 & !FOR_EXEC) | OpenFlags::CREAT | OpenFlags::NOFOLLOW;
        let res = self.ask(req, umask, |state| {
            let dir = state.node(parent.0)?;
            let fd = state.sys().openat(dir, name.as_bytes(), flags, mode)?;
            let found = state.met(fd, parent.0, name.as_bytes())?;
            Ok((found, state.opened(fd)?))
        });
        answer!(reply, res, |reply: ReplyCreate, (it, fh): (Found, u64)| {
            let generation = Generation(it.generation);
            let shown = attr(&it.attr, it.id);
            reply.created(&NOW, &shown, generation, FileHandle(fh), FopenFlags::empty());
        });
    }

    fn read(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut buf = vec![0; size as usize];
        let res = self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().pread(fd, &mut buf, offset)
        });
        answer!(reply, res, |reply: ReplyData, n: usize| reply.data(&buf[..n]));
    }

    fn write(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        write_flags: WriteFlags,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let cred = caller(req).writer(write_flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID));
        // What the page cache writes back goes where it stands, also in a file that appends.
        let res = self.0.ask(&cred, 0, |state| {
            let fd = state.file(fh.0)?;
            state.sys().pwrite(fd, data, offset)
        });
        answer!(reply, res, |reply: ReplyWrite, n: usize| reply.written(n as u32));
    }

    fn release(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: fuser::OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        let mut state = self.0.lock();
        state.release(fh.0);
        state.let_waiting_try();
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, fh: FileHandle, _: bool, reply: ReplyEmpty) {
        let res = self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().fsync(fd)
        });
        answer!(reply, res, done);
    }

    fn opendir(&self, req: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        self.open(req, ino, flags, reply);
    }

    fn readdir(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let mut pos = offset as i64;
        loop {
            let list = match self.on_open(|state| state.entries(fh.0, pos, BATCH)) {
                Ok(list) => list,
                // What was read already is delivered first.
                Err(_) if pos != offset as i64 => break,
                Err(err) => return reply.error(errno(err)),
            };
            if list.is_empty() {
                break;
            }
            for it in list {
                let name = OsStr::from_bytes(&it.name);
                if reply.add(INodeNo(it.ino), it.off as u64, file_type(it.kind), name) {
                    return reply.ok();
                }
                pos = it.off;
            }
        }
        reply.ok();
    }

    fn readdirplus(
        &self,
        _req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        // Not as the caller: who may not search the directory still reads its entries, and each use
        // of a name asks for the right again.
        let mut pos = offset as i64;
        loop {
            let list = match self.on_open(|state| state.entries(fh.0, pos, BATCH)) {
                Ok(list) => list,
                Err(_) if pos != offset as i64 => break,
                Err(err) => return reply.error(errno(err)),
            };
            if list.is_empty() {
                break;
            }
            for it in list {
                let dots = matches!(&it.name[..], b"." | b"..");
                let found = match dots {
                    true => None,
                    false => self.on_open(|state| state.lookup(ino.0, &it.name)).ok(),
                };
                let (known, generation) = match &found {
                    Some(found) => (attr(&found.attr, found.id), found.generation),
                    // The dots are not linked, so they need nothing but their number.
                    None if dots => (nameless(it.kind, it.ino), 0),
                    None => (nameless(it.kind, 0), 0),
                };
                let name = OsStr::from_bytes(&it.name);
                let number = INodeNo(it.ino);
                let gen_ = Generation(generation);
                if reply.add(number, it.off as u64, name, &NOW, &known, gen_) {
                    if let Some(found) = found {
                        self.0.lock().forget(found.id, 1);
                    }
                    return reply.ok();
                }
                pos = it.off;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: fuser::OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.0.lock().release(fh.0);
        reply.ok();
    }

    fn fsyncdir(&self, req: &Request, ino: INodeNo, fh: FileHandle, data: bool, reply: ReplyEmpty) {
        self.fsync(req, ino, fh, data, reply);
    }

    fn statfs(&self, _req: &Request, ino: INodeNo, reply: ReplyStatfs) {
        let res = self.on_open(|state| {
            let fd = state.node(ino.0)?;
            state.sys().fstatfs(fd)
        });
        answer!(reply, res, |reply: ReplyStatfs, it: crate::types::StatFs| {
            let (size, namelen) = (it.bsize as u32, it.namelen as u32);
            reply.statfs(it.blocks, it.bfree, it.bavail, it.files, it.ffree, size, namelen, size);
        });
    }

    fn setxattr(
        &self,
        req: &Request,
        ino: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _position: u32,
        reply: ReplyEmpty,
    ) {
        let mode = match flags {
            0 => XattrMode::Set,
            1 => XattrMode::Create,
            2 => XattrMode::Replace,
            _ => return reply.error(errno(Errno::EINVAL)),
        };
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().setxattr_held(fd, name.as_bytes(), value, mode)
        });
        answer!(reply, res, done);
    }

    fn getxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().getxattr_held(fd, name.as_bytes())
        });
        answer!(reply, res, |reply, value: Vec<u8>| sized(reply, size, &value));
    }

    fn listxattr(&self, req: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            let names = state.sys().listxattr_held(fd)?;
            Ok(names.into_iter().flat_map(|name| [name, vec![0]].concat()).collect())
        });
        answer!(reply, res, |reply, names: Vec<u8>| sized(reply, size, &names));
    }

    fn removexattr(&self, req: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let res = self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().removexattr_held(fd, name.as_bytes())
        });
        answer!(reply, res, done);
    }

    fn access(&self, req: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        let mask = mask.bits() as u8 & 7;
        // A directory that is entered (`chdir`) is asked about with the effective rights.
        let asks = if mask == 1 { Asks::Effective } else { Asks::Real };
        let res = self.0.ask(&caller(req).cred(asks), 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().faccessat(fd, b"", mask, at::EACCESS | HERE)
        });
        answer!(reply, res, done);
    }

    fn setlk(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _lock_owner: LockOwner,
        _start: u64,
        _end: u64,
        typ: i32,
        _pid: u32,
        sleep: bool,
        reply: ReplyEmpty,
    ) {
        let op = match operation(typ) {
            Ok(op) => op,
            Err(err) => return reply.error(errno(err)),
        };
        // Not by `ask`: it would take `EAGAIN` for a call that wants bytes.
        let res = self.0.lock().flock(fh.0, op);
        match res {
            Err(Errno::EAGAIN) if sleep => {
                self.0.wait_for_lock(Waiting { fh: fh.0, op, caller: caller(req), reply });
            }
            Ok(()) => {
                if op != Flock::Exclusive {
                    self.0.lock().let_waiting_try();
                }
                reply.ok();
            }
            Err(err) => reply.error(errno(err)),
        }
    }

    fn ioctl(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: IoctlFlags,
        cmd: u32,
        in_data: &[u8],
        _out_size: u32,
        reply: ReplyIoctl,
    ) {
        let res = self.ask(req, 0, |state| {
            let fd = state.file(fh.0)?;
            state.flags_ioctl(fd, cmd, in_data)
        });
        answer!(reply, res, |reply: ReplyIoctl, out: Vec<u8>| reply.ioctl(0, &out));
    }

    fn fallocate(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let res = self.ask(req, 0, |state| {
            let fd = state.file(fh.0)?;
            state.sys().fallocate(fd, mode as u32, offset as i64, length as i64)
        });
        answer!(reply, res, done);
    }

    fn lseek(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        let whence = match whence {
            0 => Whence::Set,
            1 => Whence::Cur,
            2 => Whence::End,
            3 => Whence::Data,
            4 => Whence::Hole,
            _ => return reply.error(errno(Errno::EINVAL)),
        };
        let res = self.on_open(|state| {
            let fd = state.file(fh.0)?;
            state.sys().lseek(fd, offset, whence)
        });
        answer!(reply, res, |reply: ReplyLseek, pos: u64| reply.offset(pos as i64));
    }

    fn copy_file_range(
        &self,
        req: &Request,
        _ino_in: INodeNo,
        fh_in: FileHandle,
        offset_in: u64,
        _ino_out: INodeNo,
        fh_out: FileHandle,
        offset_out: u64,
        len: u64,
        _flags: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        // The answer has 32 bits.
        let len = len.min(1 << 30);
        let res = self.ask(req, 0, |state| {
            let (from, to) = (state.file(fh_in.0)?, state.file(fh_out.0)?);
            state.sys().copy_file_range(from, Some(offset_in), to, Some(offset_out), len)
        });
        answer!(reply, res, |reply: ReplyWrite, n: u64| reply.written(n as u32));
    }
}
