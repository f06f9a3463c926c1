//! The requests of the real kernel, each as system calls of the machine. Translation only: this file
//! takes requests apart and answers them, the ones below it make the calls.

mod attrs;
mod dirs;
mod files;
mod names;

use super::caller::Caller;
use super::change::Change;
use super::convert::{attr, errno, set_time};
use super::host::{Found, Host};
use super::locks::{Waiting, operation};
use crate::errno::Errno;
use crate::sys::Flock;
use crate::types::{Attr, Mode, OpenFlags, StatFs};
use fuser::{
    AccessFlags, CopyFileRangeFlags, FileHandle, Filesystem, FopenFlags, Generation, INodeNo,
    InitFlags, IoctlFlags, KernelConfig, LockOwner, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen, ReplyStatfs,
    ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long the real kernel may believe an answer: not at all. Others change the machine beside it,
/// and every name on the way is a question about rights.
const NOW: Duration = Duration::ZERO;
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

fn attributes(reply: ReplyAttr, (it, number): (Attr, u64)) {
    reply.attr(&NOW, &attr(&it, number));
}

fn opened(reply: ReplyOpen, fh: u64) {
    reply.opened(FileHandle(fh), FopenFlags::empty());
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
        answer!(reply, self.find(req, (parent, name)), entry);
    }

    fn forget(&self, _req: &Request, ino: INodeNo, nlookup: u64) {
        self.0.lock().forget(ino.0, nlookup);
    }

    fn getattr(&self, _req: &Request, ino: INodeNo, fh: Option<FileHandle>, reply: ReplyAttr) {
        answer!(reply, self.attributes(ino, fh), attributes);
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
        answer!(reply, self.change(req, ino, fh, &set), attributes);
    }

    fn readlink(&self, req: &Request, ino: INodeNo, reply: ReplyData) {
        let res = self.link_text(req, ino);
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
        answer!(reply, self.make_node((req, umask), (parent, name), mode, rdev), entry);
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
        answer!(reply, self.make_dir((req, umask), (parent, name), mode), entry);
    }

    fn unlink(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.remove(req, (parent, name), false), done);
    }

    fn rmdir(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.remove(req, (parent, name), true), done);
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
        answer!(reply, self.make_symlink(req, (parent, link_name), target), entry);
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
        let res = self.move_name(req, (parent, name), (newparent, newname), flags);
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
        answer!(reply, self.make_link(req, ino, (newparent, newname)), entry);
    }

    fn open(&self, req: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        answer!(reply, self.open_node(req, ino, flags.0 as u32), opened);
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
        let flags = OpenFlags(flags as u32 & !FOR_EXEC);
        let res = self.make_open((req, umask), (parent, name), flags, mode);
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
        let res = self.bytes(fh, offset, size);
        answer!(reply, res, |reply: ReplyData, bytes: Vec<u8>| reply.data(&bytes));
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
        let drops = write_flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID);
        let res = self.put_bytes(req, (fh, offset), data, drops);
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
        self.close(fh);
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, fh: FileHandle, _: bool, reply: ReplyEmpty) {
        answer!(reply, self.sync(fh), done);
    }

    fn opendir(&self, req: &Request, ino: INodeNo, flags: fuser::OpenFlags, reply: ReplyOpen) {
        answer!(reply, self.open_node(req, ino, flags.0 as u32), opened);
    }

    fn readdir(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let res = self.list(fh, offset, &mut reply);
        answer!(reply, res, |reply: ReplyDirectory, ()| reply.ok());
    }

    fn releasedir(
        &self,
        _req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: fuser::OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.close(fh);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, fh: FileHandle, _: bool, reply: ReplyEmpty) {
        answer!(reply, self.sync(fh), done);
    }

    fn statfs(&self, _req: &Request, ino: INodeNo, reply: ReplyStatfs) {
        let res = self.space(ino);
        answer!(reply, res, |reply: ReplyStatfs, it: StatFs| {
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
        let res = self.set_attribute(req, ino, (name.as_bytes(), value), flags);
        answer!(reply, res, done);
    }

    fn getxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let res = self.attribute(req, ino, name.as_bytes());
        answer!(reply, res, |reply, value: Vec<u8>| sized(reply, size, &value));
    }

    fn listxattr(&self, req: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let res = self.attribute_names(req, ino);
        answer!(reply, res, |reply, names: Vec<u8>| sized(reply, size, &names));
    }

    fn removexattr(&self, req: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.remove_attribute(req, ino, name.as_bytes()), done);
    }

    fn access(&self, req: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        answer!(reply, self.may(req, ino, mask.bits() as u8 & 7), done);
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
        let res = self.flags(req, fh, cmd, in_data);
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
        answer!(reply, self.reserve(req, fh, (offset, length), mode), done);
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
        let res = self.position(fh, offset, whence);
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
        let res = self.copy(req, (fh_in, offset_in), (fh_out, offset_out), len);
        answer!(reply, res, |reply: ReplyWrite, n: u64| reply.written(n as u32));
    }
}
