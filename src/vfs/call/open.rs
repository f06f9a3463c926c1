//! `open(2)` and what a new descriptor starts as.

use super::is_special;
use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::checked;
use crate::sys::Fd;
use crate::types::{FileType, Mode, Name, NodeKind, OpenFlags, Result};
use crate::vfs::SysOf;
use crate::vfs::console::Stream;
use crate::vfs::dev;
use crate::vfs::fd::{Body, FileId, OpenFile, Slot};
use crate::vfs::mounts::{Kept, Place};
use crate::vfs::walk::{Last, Step, Walk};

impl OpenFile {
    pub(in crate::vfs) fn console(stream: Stream) -> OpenFile {
        let flags = match stream {
            Stream::In => OpenFlags::RDONLY,
            _ => OpenFlags::WRONLY,
        };
        OpenFile {
            body: Body::Console(stream),
            flags,
            pos: 0,
            refs: 1,
            at: None,
            is_dir: false,
            opener: None,
        }
    }
}

/// The kind bit of `O_TMPFILE` without `O_DIRECTORY`.
const TMPFILE_BIT: OpenFlags = OpenFlags(0o20_000_000);

/// `MAX_HANDLE_SZ`.
const HANDLE_MAX: usize = 128;

impl SysOf<'_> {
    pub(super) fn open(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
        let flags = valid_flags(flags)?;
        let fd = self.process()?.fds.free(0)?;
        let file = if flags.has(OpenFlags::TMPFILE) {
            self.open_tmpfile(dir, path, flags, mode)?
        } else if flags.has(OpenFlags::PATH) {
            self.open_place(dir, path, flags)?
        } else {
            self.open_named(dir, path, flags, mode)?
        };
        let slot = Slot { file, cloexec: flags.has(OpenFlags::CLOEXEC) };
        self.process_mut()?.fds.put(fd, slot);
        Ok(fd)
    }

    fn open_place(&mut self, dir: Fd, path: &[u8], flags: OpenFlags) -> Result<FileId> {
        let mut walk = self.walk(dir, path, !flags.has(OpenFlags::NOFOLLOW))?;
        if let Some(file) = walk.file {
            return self.reopen(file, flags);
        }
        let is_dir = self.kind_of(walk.at)? == FileType::Dir;
        walk.want_dir |= flags.has(OpenFlags::DIRECTORY);
        if walk.want_dir && !is_dir {
            return Err(Errno::ENOTDIR);
        }
        let at = self.kernel.keep(walk.kept());
        Ok(self.add_file(Body::Path, flags, Some(at), is_dir))
    }

    fn add_file(&mut self, body: Body, flags: OpenFlags, at: Option<Kept>, is_dir: bool) -> FileId {
        // What fcntl(F_GETFL) does not report is forgotten.
        let once = OpenFlags::CREAT.0 | OpenFlags::EXCL.0 | OpenFlags::NOCTTY.0;
        let once = once | OpenFlags::TRUNC.0 | OpenFlags::CLOEXEC.0;
        let large = if flags.has(OpenFlags::PATH) { 0 } else { OpenFlags::LARGEFILE.0 };
        let flags = OpenFlags(flags.0 & !once | large);
        let opener = Some(self.my_cred());
        self.kernel.files.add(OpenFile { body, flags, pos: 0, refs: 1, at, is_dir, opener })
    }

    fn open_tmpfile(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
    ) -> Result<FileId> {
        let walk = self.walk(dir, path, !flags.has(OpenFlags::NOFOLLOW))?;
        if walk.file.is_some() || self.kind_of(walk.at)? != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        self.want_change(walk.at)?;
        let (at, umask) = (walk.at, self.process()?.umask);
        let mode = Mode::new(mode);
        let cred = self.my_cred();
        let ino = self.kernel.cx(&cred, |cx| checked::tmpfile(cx, at.fs, at.ino, mode, umask))?;
        let fh = match self.on(at.fs, |f, cx| f.open(cx, ino, flags)) {
            Ok(fh) => fh,
            Err(errno) => {
                self.kernel.unpin(at.fs, ino);
                return Err(errno);
            }
        };
        if !flags.has(OpenFlags::EXCL) {
            self.kernel.linkable.insert((at.fs, ino), ());
        }
        let name = format!("#{}", ino.0);
        let rel = crate::vfs::mounts::join(&walk.rel(), name.as_bytes()).into();
        // The pin that `tmpfile` gave is the open file's.
        let kept = Kept { place: Place { ino, ..at }, rel, gone: true };
        let kind = OpenFlags(flags.0 & !OpenFlags::EXCL.0);
        Ok(self.add_file(Body::Inode(fh), kind, Some(kept), false))
    }

    fn open_named(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<FileId> {
        let excl = flags.has(OpenFlags::CREAT) && flags.has(OpenFlags::EXCL);
        let follow = !flags.has(OpenFlags::NOFOLLOW) && !excl;
        let mut walk = self.start(dir, path)?;
        let mut parent;
        loop {
            self.to_last(&mut walk)?;
            parent = walk.at;
            if walk.last == Last::Name {
                if flags.has(OpenFlags::CREAT) && walk.slash {
                    return Err(Errno::EISDIR);
                }
                walk.want_dir |= walk.slash;
                match self.child(&walk) {
                    Ok(child) => match self.enter(&mut walk, child, follow)? {
                        Step::There => break,
                        Step::Link => continue,
                    },
                    Err(Errno::ENOENT) if flags.has(OpenFlags::CREAT) => {
                        return self.open_new(walk, flags, mode);
                    }
                    Err(errno) => return Err(errno),
                }
            }
            match self.step(&mut walk, follow)? {
                Step::There => break,
                Step::Link => continue,
            }
        }
        if let Some(file) = walk.file {
            return self.reopen(file, flags);
        }
        let want_dir = walk.want_dir;
        self.open_existing(walk.kept(), want_dir, parent, flags)
    }

    /// `open_by_handle_at(2)`: what a handle names, on the file system of `mount`.
    pub(super) fn open_by_handle(
        &mut self,
        mount: Fd,
        kind: i32,
        handle: &[u8],
        flags: OpenFlags,
    ) -> Result<Fd> {
        let at = self.base_of(mount)?;
        if !self.my_cred().has(Caps::DAC_READ_SEARCH) || self.my_cred().userns {
            return Err(Errno::EPERM);
        }
        if handle.is_empty() || handle.len() > HANDLE_MAX {
            return Err(Errno::EINVAL);
        }
        let can = self.kernel.disks.peek(at.fs).is_some_and(|f| f.traits().handles);
        let kind = u8::try_from(kind).ok().filter(|_| can).ok_or(Errno::ESTALE)?;
        // Whatever is wrong with a handle, it is stale (observed on 6.18).
        let ino = self.on(at.fs, |f, cx| f.decode_handle(cx, kind, handle));
        let place = Place { ino: ino.map_err(|_| Errno::ESTALE)?, ..at };
        let flags = valid_flags(OpenFlags(flags.0 & !OpenFlags::CREAT.0))?;
        let fd = self.process()?.fds.free(0)?;
        let kept = Kept { place, rel: Vec::new().into(), gone: false };
        let file = if flags.has(OpenFlags::PATH) {
            let is_dir = self.kind_of(place)? == FileType::Dir;
            let kept = self.kernel.keep(kept);
            self.add_file(Body::Path, flags, Some(kept), is_dir)
        } else {
            self.open_existing(kept, false, at, flags)?
        };
        let slot = Slot { file, cloexec: flags.has(OpenFlags::CLOEXEC) };
        self.process_mut()?.fds.put(fd, slot);
        Ok(fd)
    }

    /// The mount that a descriptor stands in.
    fn base_of(&self, fd: Fd) -> Result<Place> {
        if fd == crate::sys::AT_FDCWD {
            return Ok(self.process()?.cwd.place);
        }
        self.place_of(fd)?.ok_or(Errno::ESTALE)
    }

    /// Creates the last component and opens it: the rights of the mode do not count.
    fn open_new(&mut self, walk: Walk<'_>, flags: OpenFlags, mode: u32) -> Result<FileId> {
        self.want_change(walk.at)?;
        let (at, umask) = (walk.at, self.process()?.umask);
        let name = Name::new(&walk.name)?;
        let cred = self.my_cred();
        let mode = Mode::new(mode);
        let ino = self
            .kernel
            .cx(&cred, |cx| checked::create(cx, at.fs, at.ino, name, NodeKind::Reg, mode, umask))?;
        let rel = walk.child_rel().into();
        let kept = Kept { place: Place { ino, ..at }, rel, gone: false };
        let flags = OpenFlags(flags.0 & !OpenFlags::TRUNC.0);
        self.finish(kept, flags, false)
    }

    pub(super) fn open_existing(
        &mut self,
        kept: Kept,
        want_dir: bool,
        parent: Place,
        flags: OpenFlags,
    ) -> Result<FileId> {
        let at = kept.place;
        let kind = self.kind_of(at)?;
        if flags.has(OpenFlags::CREAT) {
            if flags.has(OpenFlags::EXCL) {
                return Err(Errno::EEXIST);
            }
            if kind == FileType::Dir {
                return Err(Errno::EISDIR);
            }
            self.may_reuse(parent, at, kind)?;
        }
        if (want_dir || flags.has(OpenFlags::DIRECTORY)) && kind != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        let truncates = flags.has(OpenFlags::TRUNC) && kind == FileType::Reg;
        if truncates {
            self.want_change(at)?;
        }
        if matches!(kind, FileType::Chr | FileType::Blk) && !self.kernel.mounts.has_devices(at.mnt)
        {
            return Err(Errno::EACCES);
        }
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::may_open(cx, at.fs, at.ino, flags))?;
        if is_special(kind) {
            return self.open_special(kept, kind, flags);
        }
        if flags.writes() {
            self.want_change(at)?;
        }
        if flags.writes() && self.is_executing(at) {
            return Err(Errno::ETXTBSY);
        }
        let is_dir = kind == FileType::Dir;
        if is_dir && flags.has(OpenFlags::DIRECT) {
            return Err(Errno::EINVAL);
        }
        let file = self.finish(kept, flags, is_dir)?;
        if truncates {
            // A file to be cut is open by now, and copied up without its data, even when it is executed
            // and not opened for writing (observed on 6.18).
            let done = match self.is_executing(at) {
                true => Err(Errno::ETXTBSY),
                false => self.kernel.cx(&cred, |cx| checked::truncate_open(cx, at.fs, at.ino, 0)),
            };
            if let Err(errno) = done {
                self.kernel.put_file(file);
                return Err(errno);
            }
        }
        Ok(file)
    }

    /// `O_CREAT` that finds a device or a socket of a third person in a sticky directory which
    /// everybody may write to is refused, even to root (observed on 6.18). For regular files and
    /// fifos that is `fs.protected_regular` and `fs.protected_fifos`, off in this machine.
    ///
    /// # Errors
    /// `EACCES`.
    fn may_reuse(&mut self, dir: Place, found: Place, kind: FileType) -> Result<()> {
        if matches!(kind, FileType::Reg | FileType::Fifo) {
            return Ok(());
        }
        let dir = self.on(dir.fs, |f, cx| f.peek_attr(cx, dir.ino))?;
        if !(dir.mode.has(Mode::STICKY) && dir.mode.has(0o002)) {
            return Ok(());
        }
        let owner = self.on(found.fs, |f, cx| f.peek_attr(cx, found.ino))?.uid;
        if owner == dir.uid || owner == self.my_cred().fsuid { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Opens in the file system and makes the description.
    fn finish(&mut self, kept: Kept, flags: OpenFlags, is_dir: bool) -> Result<FileId> {
        let Place { fs, ino, .. } = kept.place;
        self.sync_proc(fs);
        let fh = self.on(fs, |f, cx| f.open(cx, ino, flags))?;
        let kept = self.kernel.keep(kept);
        Ok(self.add_file(Body::Inode(fh), flags, Some(kept), is_dir))
    }

    fn open_special(&mut self, kept: Kept, kind: FileType, flags: OpenFlags) -> Result<FileId> {
        let at = kept.place;
        let body = match kind {
            FileType::Fifo => {
                let body = self.open_fifo(at, flags)?;
                self.kernel.activity += 1;
                body
            }
            FileType::Chr => {
                let rdev = self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?.rdev;
                if rdev == dev::TTY && self.kernel.console.is_tty(Stream::In) {
                    let stream = if flags.writes() { Stream::Out } else { Stream::In };
                    Body::Console(stream)
                } else if dev::is_known(rdev) {
                    Body::Char(rdev)
                } else {
                    return Err(Errno::ENXIO);
                }
            }
            FileType::Blk => {
                let rdev = self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?.rdev;
                Body::Block(self.open_disk(rdev)?)
            }
            _ => return Err(Errno::ENXIO),
        };
        let kept = self.kernel.keep(kept);
        let file = self.add_file(body, flags, Some(kept), false);
        if flags.has(OpenFlags::DIRECT) && kind != FileType::Blk {
            // Nothing here can be read past a cache, but that shows only once it is open.
            self.kernel.put_file(file);
            return Err(Errno::EINVAL);
        }
        Ok(file)
    }

    fn open_fifo(&mut self, at: Place, flags: OpenFlags) -> Result<Body> {
        let key = self.kernel.identity(at);
        let id = match self.kernel.fifos.get(&key) {
            Some(id) => *id,
            None => {
                let id = self.kernel.new_pipe();
                self.kernel.fifos.insert(key, id);
                id
            }
        };
        let pid = self.pid;
        let pipe = self.kernel.pipes.get_or_insert_with(id, Default::default);
        let (reads, writes) = (flags.reads(), flags.writes());
        if reads && writes {
            pipe.attach(true, true);
            return Ok(Body::Pipe(id));
        }
        let res = match (reads, writes) {
            (false, false) => Err(Errno::EINVAL),
            _ => pipe.open_fifo(pid, reads, flags.has(OpenFlags::NONBLOCK)),
        };
        if res.is_err() {
            self.kernel.sweep_pipes();
        }
        res.map(|()| Body::Pipe(id))
    }

    /// Opens what a link of /proc/PID/fd leads to, when that has no path.
    fn reopen(&mut self, file: FileId, flags: OpenFlags) -> Result<FileId> {
        if flags.has(OpenFlags::DIRECTORY) {
            return Err(Errno::ENOTDIR);
        }
        let body = self.kernel.files.get(file).ok_or(Errno::ENOENT)?.body;
        if let Body::Pipe(id) = body {
            let pipe = self.kernel.pipes.get_mut(&id).ok_or(Errno::ENXIO)?;
            pipe.attach(flags.reads(), flags.writes());
        }
        Ok(self.add_file(body, flags, None, false))
    }

    /// Does a process execute this file?
    pub(super) fn is_executing(&self, at: Place) -> bool {
        let identity = |at| self.kernel.identity(at);
        let same = |it: &Kept| identity(it.place) == identity(at);
        self.kernel.procs.values().any(|it| it.exe.as_ref().is_some_and(same))
    }
}

/// # Errors
/// `EINVAL` for combinations that make no sense.
fn valid_flags(flags: OpenFlags) -> Result<OpenFlags> {
    if flags.has(OpenFlags::PATH) {
        let kept = OpenFlags::DIRECTORY.0 | OpenFlags::NOFOLLOW.0;
        return Ok(OpenFlags(flags.0 & (kept | OpenFlags::PATH.0 | OpenFlags::CLOEXEC.0)));
    }
    let directory = flags.has(OpenFlags::DIRECTORY);
    if directory && flags.has(OpenFlags::CREAT) {
        return Err(Errno::EINVAL);
    }
    if flags.has(TMPFILE_BIT) && !(directory && flags.0 & OpenFlags::ACCMODE != 0) {
        return Err(Errno::EINVAL);
    }
    Ok(flags)
}
