//! Reading, writing, positions, and what else works on an open descriptor.

use crate::errno::Errno;
use crate::fs::{SIZE_MAX, Transfer, checked};
use crate::limits::OPEN_MAX;
use crate::store::Rope;
use crate::sys::{Fd, Flock};
use crate::types::{Entry, FileType, OpenFlags, Result, Whence, falloc, inode_flags};
use crate::vfs::SysOf;
use crate::vfs::fd::{Body, OpenFile, Slot};
use crate::vfs::mounts::Place;

impl SysOf<'_> {
    pub(super) fn do_close(&mut self, fd: Fd) -> Result<()> {
        let slot = self.process_mut()?.fds.take(fd)?;
        self.kernel.close_of(self.pid, slot.file);
        Ok(())
    }

    pub(super) fn do_read(&mut self, fd: Fd, buf: &mut [u8], off: Option<u64>) -> Result<usize> {
        let file = self.real_file(fd)?;
        if off.is_some() && !can_seek(file) {
            return Err(Errno::ESPIPE);
        }
        if !file.flags.reads() {
            return Err(Errno::EBADF);
        }
        // Past the end of a directory the position is the largest one.
        in_range(file, off, buf.len() as u64)?;
        if file.is_dir {
            return Err(Errno::EISDIR);
        }
        match file.body {
            Body::Pipe(id) => {
                let named = place(file).ok();
                let quiet = file.flags.has(OpenFlags::NOATIME);
                let res = self.kernel.pipes.get_mut(&id).map_or(Ok(0), |pipe| pipe.read(buf));
                self.kernel.activity += u64::from(res.is_ok());
                if let (Some(at), false, Ok(1..)) = (named, quiet, &res) {
                    self.touch_atime(at, false);
                }
                res
            }
            Body::Console(_) => self.kernel.console.read(buf),
            Body::Char(dev) => self.read_device(dev, buf),
            Body::Block(dev) => {
                let pos = off.unwrap_or(file.pos);
                let n = self.read_disk(dev, pos, buf)?;
                if off.is_none() {
                    self.set_pos(fd, pos + n as u64)?;
                }
                Ok(n)
            }
            Body::Path => Err(Errno::EBADF),
            Body::Inode(fh) => {
                let pos = off.unwrap_or(file.pos);
                let (at, quiet) = (place(file)?, file.flags.has(OpenFlags::NOATIME));
                let direct = file.flags.has(OpenFlags::DIRECT);
                if buf.is_empty() {
                    return Ok(0);
                }
                self.sync_proc(at.fs);
                let read = self.on(at.fs, |f, cx| f.read(cx, at.ino, fh, pos, buf));
                // What a disk refuses was read all the same; at a place that no file has nothing was (observed on 6.18).
                let beyond = read == Ok(0) && pos >= self.on(at.fs, |f, _| f.traits().size_max);
                if !quiet && !beyond && (read.is_ok() || direct) {
                    self.touch_atime(at, false);
                }
                let n = read?;
                if off.is_none() {
                    self.set_pos(fd, pos + n as u64)?;
                }
                Ok(n)
            }
        }
    }

    pub(super) fn do_write(&mut self, fd: Fd, data: &[u8], off: Option<u64>) -> Result<usize> {
        let file = self.real_file(fd)?;
        let (body, writes) = (file.body, file.flags.writes());
        let Some(listener) = self.listened(fd, body) else {
            return self.write_open(fd, data, off);
        };
        let n = if listener.alone && writes { data.len() } else { self.write_open(fd, data, off)? };
        self.overhear(listener, &data[..n]);
        Ok(n)
    }

    fn write_open(&mut self, fd: Fd, data: &[u8], off: Option<u64>) -> Result<usize> {
        let file = self.real_file(fd)?;
        if off.is_some() && !can_seek(file) {
            return Err(Errno::ESPIPE);
        }
        if !file.flags.writes() {
            return Err(Errno::EBADF);
        }
        in_range(file, off, data.len() as u64)?;
        match file.body {
            Body::Pipe(id) => {
                let named = place(file).ok();
                let res = self.write_pipe(id, data);
                // A fifo shows that it was written to; through an overlay it does not (observed
                // on 6.18).
                if let (Some(at), Ok(1..)) = (named, &res) {
                    if !self.is_read_only(at.mnt) {
                        self.on(at.fs, |f, cx| f.touch_mtime(cx, at.ino));
                    }
                }
                res
            }
            Body::Console(stream) => Ok(self.kernel.console.write(stream, data)),
            Body::Char(dev) => self.write_device(dev, data),
            Body::Block(dev) => {
                let pos = off.unwrap_or(file.pos);
                let n = self.write_disk(dev, pos, data)?;
                if off.is_none() {
                    self.set_pos(fd, pos + n as u64)?;
                }
                Ok(n)
            }
            Body::Path => Err(Errno::EBADF),
            Body::Inode(fh) => {
                let at = place(file)?;
                let append = file.flags.has(OpenFlags::APPEND);
                let mut pos = off.unwrap_or(file.pos);
                if data.is_empty() {
                    return Ok(0);
                }
                if append {
                    pos = self.size_of(at)?;
                }
                let cred = self.my_cred();
                let n = self
                    .kernel
                    .cx(&cred, |cx| checked::write(cx, at.fs, (at.ino, fh), pos, data))?;
                if off.is_none() {
                    self.set_pos(fd, pos + n as u64)?;
                }
                Ok(n)
            }
        }
    }

    /// As a write of the same bytes at an offset, without moving any.
    pub(super) fn do_write_rope(&mut self, fd: Fd, rope: &Rope, off: u64) -> Result<()> {
        let file = self.real_file(fd)?;
        if !file.flags.writes() {
            return Err(Errno::EBADF);
        }
        if !matches!(file.body, Body::Inode(_)) {
            return Err(Errno::ESPIPE);
        }
        let at = place(file)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::write_rope(cx, at.fs, at.ino, off, rope))
    }

    fn write_pipe(&mut self, id: crate::vfs::pipe::PipeId, data: &[u8]) -> Result<usize> {
        let res = self.kernel.pipes.get_mut(&id).map_or(Err(Errno::EPIPE), |pipe| pipe.write(data));
        self.kernel.activity += u64::from(res.is_ok());
        if res == Err(Errno::EPIPE) {
            self.process_mut()?.sigpipe = true;
        }
        res
    }

    fn set_pos(&mut self, fd: Fd, pos: u64) -> Result<()> {
        let id = self.file_id(fd)?;
        self.kernel.files.get_mut(id).ok_or(Errno::EBADF)?.pos = pos;
        Ok(())
    }

    fn size_of(&mut self, at: Place) -> Result<u64> {
        Ok(self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?.size)
    }

    pub(super) fn do_lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64> {
        let file = self.real_file(fd)?;
        let pos = file.pos as i64;
        let fh = match file.body {
            Body::Inode(fh) => fh,
            Body::Char(_) => return Ok(0),
            Body::Block(dev) => {
                let size = self.kernel.block.get(dev).map_or(0, |it| it.size as i64);
                let new = match whence {
                    Whence::Set => Some(off),
                    Whence::Cur => pos.checked_add(off),
                    Whence::End => size.checked_add(off),
                    Whence::Data | Whence::Hole => None,
                };
                let new = new.filter(|it| (0..=size).contains(it)).ok_or(Errno::EINVAL)?;
                self.set_pos(fd, new as u64)?;
                return Ok(new as u64);
            }
            _ => return Err(Errno::ESPIPE),
        };
        let (at, is_dir) = (place(file)?, file.is_dir);
        let new = if is_dir {
            let (off, whence) = match whence {
                Whence::Cur => (pos.checked_add(off).ok_or(Errno::EINVAL)?, Whence::Set),
                _ => (off, whence),
            };
            self.on(at.fs, |f, cx| f.seekdir(cx, at.ino, fh, pos, off, whence))?
        } else {
            match whence {
                Whence::Set => off,
                Whence::Cur => pos.checked_add(off).ok_or(Errno::EINVAL)?,
                Whence::End => {
                    let size = self.on(at.fs, |f, cx| f.data_end(cx, at.ino))? as i64;
                    size.checked_add(off).ok_or(Errno::EINVAL)?
                }
                Whence::Data | Whence::Hole => {
                    let size = self.on(at.fs, |f, cx| f.data_end(cx, at.ino))?;
                    let start = u64::try_from(off).ok().filter(|it| *it < size);
                    let start = start.ok_or(Errno::ENXIO)?;
                    self.on(at.fs, |f, cx| f.seek(cx, at.ino, start, whence))? as i64
                }
            }
        };
        let new = u64::try_from(new).map_err(|_| Errno::EINVAL)?;
        if !is_dir && new > self.on(at.fs, |f, cx| f.seek_max(cx, at.ino))? {
            return Err(Errno::EINVAL);
        }
        self.set_pos(fd, new)?;
        Ok(new)
    }

    pub(super) fn do_dup(&mut self, fd: Fd, min: Fd) -> Result<Fd> {
        let slot = self.process()?.fds.get(fd)?;
        if min < 0 || min as usize >= OPEN_MAX {
            return Err(Errno::EINVAL);
        }
        let to = self.process()?.fds.free(min)?;
        self.share(slot.file);
        self.process_mut()?.fds.put(to, Slot { file: slot.file, cloexec: false });
        Ok(to)
    }

    pub(super) fn do_dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd> {
        let slot = self.process()?.fds.get(fd)?;
        if to < 0 || to as usize >= OPEN_MAX {
            return Err(Errno::EBADF);
        }
        if fd == to {
            return Ok(to);
        }
        self.share(slot.file);
        let old = self.process_mut()?.fds.put(to, Slot { file: slot.file, cloexec: false });
        if let Some(old) = old {
            self.kernel.close_of(self.pid, old.file);
        }
        Ok(to)
    }

    fn share(&mut self, id: crate::vfs::fd::FileId) {
        if let Some(file) = self.kernel.files.get_mut(id) {
            file.refs += 1;
        }
    }

    pub(super) fn do_pipe(&mut self) -> Result<(Fd, Fd)> {
        let reads = self.process()?.fds.free(0)?;
        let writes = self.process()?.fds.free(reads + 1)?;
        let id = self.kernel.new_pipe();
        if let Some(pipe) = self.kernel.pipes.get_mut(&id) {
            pipe.attach(true, true);
        }
        for (fd, flags) in [(reads, OpenFlags::RDONLY), (writes, OpenFlags::WRONLY)] {
            let body = Body::Pipe(id);
            let opener = Some(self.my_cred());
            let file = OpenFile { body, flags, pos: 0, refs: 1, at: None, is_dir: false, opener };
            let file = self.kernel.files.add(file);
            self.process_mut()?.fds.put(fd, Slot { file, cloexec: false });
        }
        Ok((reads, writes))
    }

    pub(super) fn do_getdents(
        &mut self,
        fd: Fd,
        max: usize,
        take: &mut dyn FnMut(Entry<'_>),
    ) -> Result<usize> {
        let file = self.real_file(fd)?;
        let Body::Inode(fh) = file.body else { return Err(Errno::ENOTDIR) };
        if !file.is_dir {
            return Err(Errno::ENOTDIR);
        }
        let (at, pos) = (place(file)?, file.pos as i64);
        let quiet = file.flags.has(OpenFlags::NOATIME);
        self.sync_proc(at.fs);
        let (mut next, mut count) = (pos, 0);
        let res = self.on(at.fs, |f, cx| {
            f.readdir(cx, at.ino, fh, pos, &mut |entry| {
                if count >= max {
                    return false;
                }
                (next, count) = (entry.next, count + 1);
                take(entry);
                // Nobody looks at what lies behind the last one.
                count < max
            })
        });
        // A listing that failed was one all the same, but for that of a removed directory (observed on 6.18).
        if !quiet && res != Err(Errno::ENOENT) {
            self.touch_atime(at, true);
        }
        // Entries that were read before an error are delivered without it.
        if count == 0 {
            res?;
        }
        self.set_pos(fd, next as u64)?;
        Ok(count)
    }

    pub(super) fn do_fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()> {
        let file = self.real_file(fd)?;
        if off < 0 || len <= 0 {
            return Err(Errno::EINVAL);
        }
        valid_falloc(mode)?;
        if !file.flags.writes() {
            return Err(Errno::EBADF);
        }
        let (body, at) = (file.body, file.at.as_ref().map(|at| at.place));
        if matches!(body, Body::Pipe(_)) {
            return Err(Errno::ESPIPE);
        }
        let (Body::Inode(_), Some(at)) = (body, at) else { return Err(Errno::ENODEV) };
        let append = self.has_flag(at, inode_flags::APPEND);
        if (append && mode & !falloc::KEEP_SIZE != 0) || self.has_flag(at, inode_flags::IMMUTABLE) {
            return Err(Errno::EPERM);
        }
        let range = (off as u64, len as u64);
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::allocate(cx, at.fs, at.ino, mode, range))
    }

    pub(super) fn has_flag(&mut self, at: Place, flag: u32) -> bool {
        self.on(at.fs, |f, cx| f.get_flags(cx, at.ino)).is_ok_and(|flags| flags & flag != 0)
    }

    /// Two regular files to copy between: the checks that FICLONE and copy_file_range share.
    fn copy_pair(&mut self, from: Fd, to: Fd) -> Result<(Place, Place)> {
        let (source, dest) = (self.real_file(from)?, self.real_file(to)?);
        if source.is_dir || dest.is_dir {
            return Err(Errno::EISDIR);
        }
        let plain = |file: &OpenFile| matches!(file.body, Body::Inode(_));
        if !plain(source) || !plain(dest) {
            return Err(Errno::EINVAL);
        }
        let append = dest.flags.has(OpenFlags::APPEND);
        if !source.flags.reads() || !dest.flags.writes() || append {
            return Err(Errno::EBADF);
        }
        Ok((place(source)?, place(dest)?))
    }

    pub(super) fn do_copy_range(
        &mut self,
        (from, from_off): (Fd, Option<u64>),
        (to, to_off): (Fd, Option<u64>),
        len: u64,
    ) -> Result<u64> {
        let (source, dest) = self.copy_pair(from, to)?;
        let type_of = |fs| self.kernel.disks.peek(fs).map(|f| f.type_name());
        let overlays = type_of(source.fs) == Some("overlay") && type_of(dest.fs) == Some("overlay");
        if source.fs != dest.fs && !overlays {
            return Err(Errno::EXDEV);
        }
        if self.has_flag(dest, inode_flags::IMMUTABLE) {
            return Err(Errno::EPERM);
        }
        let (in_pos, out_pos) = (
            from_off.unwrap_or(self.real_file(from)?.pos),
            to_off.unwrap_or(self.real_file(to)?.pos),
        );
        if in_pos.checked_add(len).is_none() || out_pos.checked_add(len).is_none() {
            return Err(Errno::EOVERFLOW);
        }
        let known = self.on(source.fs, |f, cx| {
            let shown = f.peek_attr(cx, source.ino)?;
            f.known_attr(cx, source.ino, shown)
        })?;
        let n = len.min(known.size.saturating_sub(in_pos));
        let n = self.on(dest.fs, |f, _| checked::reach(f.traits().size_max, out_pos, n))?;
        let same = self.kernel.identity(source) == self.kernel.identity(dest);
        if same && in_pos.abs_diff(out_pos) < n {
            return Err(Errno::EINVAL);
        }
        if n == 0 {
            return Ok(0);
        }
        if overlays {
            self.strip(dest)?;
            self.one_home(source, dest, false)?;
        }
        let most = self.on(dest.fs, |f, cx| f.seek_max(cx, dest.ino))?;
        let n = checked::reach(most, out_pos, n)?;
        // An overlay copies between its real files, which nobody reads for it (observed on 6.18).
        let quiet = self.real_file(from)?.flags.has(OpenFlags::NOATIME)
            || self.on(source.fs, |f, _| f.traits().has_d_real);
        let read = self.may_transfer(from, in_pos, n, false);
        if !quiet {
            self.touch_atime(source, false);
        }
        read?;
        self.strip(dest)?;
        self.may_transfer(to, out_pos, n, true)?;
        self.copy_bytes(source, in_pos, dest, out_pos, n)?;
        if from_off.is_none() {
            self.set_pos(from, in_pos + n)?;
        }
        if to_off.is_none() {
            self.set_pos(to, out_pos + n)?;
        }
        Ok(n)
    }

    fn may_transfer(&mut self, fd: Fd, off: u64, len: u64, writes: bool) -> Result<()> {
        let file = self.real_file(fd)?;
        let (Body::Inode(fh), at) = (file.body, place(file)?) else { return Ok(()) };
        let ask = Transfer { ino: at.ino, fh, off, len, writes };
        self.on(at.fs, |f, cx| f.may_transfer(cx, ask))
    }

    /// An overlay takes the privileges of a file's mode from the target before it finds out whether the
    /// real files can be copied (observed on 6.18).
    fn strip(&mut self, dest: Place) -> Result<()> {
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::remove_privs(cx, dest.fs, dest.ino))
    }

    /// An overlay copies between its real files, floor by floor: as long as both are on overlays those are
    /// asked, and then both have to be on one file system; to be shared, on one on each floor (observed on
    /// 6.18).
    fn one_home(&self, source: Place, dest: Place, shares: bool) -> Result<()> {
        let below = |at| crate::overlay::data_below(&self.kernel.disks, at);
        let (mut from, mut to) = ((source.fs, source.ino), (dest.fs, dest.ino));
        loop {
            let (next, other) = (below(from), below(to));
            let last = next.is_none() || other.is_none();
            if (shares || last) && from.0 != to.0 {
                return Err(Errno::EXDEV);
            }
            let (Some(next), Some(other)) = (next, other) else { return Ok(()) };
            (from, to) = (next, other);
        }
    }

    /// Shares the bytes; what is not allocated in the source becomes zeros, as a copy writes them.
    fn copy_bytes(
        &mut self,
        source: Place,
        in_pos: u64,
        dest: Place,
        out_pos: u64,
        n: u64,
    ) -> Result<()> {
        use crate::store::Seg;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| {
            // Where files share blocks whole ones are not copied.
            let shares = source.fs == dest.fs
                && cx
                    .disks
                    .peek(dest.fs)
                    .is_some_and(|f| f.traits().reflink && f.traits().depth == 0);
            let (from, to) = ((source.ino, in_pos), (dest.ino, out_pos));
            if shares && cx.on(dest.fs, |f, cx| f.share(cx, from, to, n)).is_ok() {
                return checked::remove_privs(cx, dest.fs, dest.ino);
            }
            let rope = cx.on(source.fs, |f, cx| f.read_rope(cx, source.ino, in_pos, n))?;
            let mut segs = rope.segs;
            for seg in &mut segs {
                if let Seg::Hole(len) = *seg {
                    *seg = Seg::Zero(len);
                }
            }
            checked::write_rope(cx, dest.fs, dest.ino, out_pos, &Rope { segs })
        })
    }

    pub(super) fn do_ficlone(&mut self, to: Fd, from: Fd) -> Result<()> {
        let (dest, source) = (self.real_file(to)?, self.real_file(from)?);
        let fs_of = |file: &OpenFile| file.at.as_ref().map(|at| at.place.fs);
        if fs_of(dest) != fs_of(source) {
            return Err(Errno::EXDEV);
        }
        let (source, dest) = self.copy_pair(from, to)?;
        if self.on(dest.fs, |f, _| f.traits().has_d_real) {
            self.strip(dest)?;
        }
        self.one_home(source, dest, true)?;
        let clones = self.kernel.disks.peek(dest.fs).is_some_and(|f| f.traits().reflink);
        if !clones {
            return Err(Errno::EOPNOTSUPP);
        }
        let len = self.size_of(source)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| {
            checked::remove_privs(cx, dest.fs, dest.ino)?;
            cx.on(dest.fs, |f, cx| f.share(cx, (source.ino, 0), (dest.ino, 0), len))
        })
    }

    pub(super) fn do_syncfs(&mut self, fd: Fd) -> Result<()> {
        if let Some(at) = &self.real_file(fd)?.at {
            let fs = at.place.fs;
            self.on(fs, |f, cx| {
                f.sync(cx);
                Ok(())
            })?;
        }
        Ok(())
    }

    pub(super) fn do_fsync(&mut self, fd: Fd) -> Result<()> {
        let file = self.real_file(fd)?;
        match (file.body, &file.at) {
            (Body::Inode(_), Some(at)) => {
                let at = at.place;
                self.on(at.fs, |f, cx| f.fsync(cx, at.ino))
            }
            (Body::Block(_), _) => Ok(()),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn do_flock(&mut self, fd: Fd, op: Flock) -> Result<()> {
        let id = self.file_id(fd)?;
        let file = self.real_file(fd)?;
        if op != Flock::Unlock && !file.flags.reads() && !file.flags.writes() {
            return Err(Errno::EBADF);
        }
        let Some(at) = &file.at else { return Ok(()) };
        let key = self.kernel.lock_identity(at.place, file.body);
        self.kernel.locks.flock(key, id, op)
    }

    pub(super) fn do_ftruncate(&mut self, fd: Fd, len: i64) -> Result<()> {
        let len = u64::try_from(len).map_err(|_| Errno::EINVAL)?;
        let file = self.real_file(fd)?;
        let plain = matches!(file.body, Body::Inode(_)) && !file.is_dir;
        if !plain || !file.flags.writes() {
            return Err(Errno::EINVAL);
        }
        let at = place(file)?;
        if self.has_flag(at, inode_flags::APPEND) {
            return Err(Errno::EPERM);
        }
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::truncate_open(cx, at.fs, at.ino, len))
    }

    pub(super) fn do_truncate(&mut self, path: &[u8], len: i64) -> Result<()> {
        let len = u64::try_from(len).map_err(|_| Errno::EINVAL)?;
        let at = self.place(crate::sys::AT_FDCWD, path, true)?;
        self.truncate_found(at, len)
    }

    /// Sets the size of what a path led to.
    pub(super) fn truncate_found(&mut self, at: Place, len: u64) -> Result<()> {
        match self.kind_of(at)? {
            FileType::Reg => {}
            FileType::Dir => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        }
        self.want_change(at)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::permission(cx, at.fs, at.ino, checked::may::WRITE))?;
        if self.has_flag(at, inode_flags::APPEND) {
            return Err(Errno::EPERM);
        }
        if self.is_executing(at) {
            return Err(Errno::ETXTBSY);
        }
        self.kernel.cx(&cred, |cx| checked::truncate(cx, at.fs, at.ino, len))
    }
}

/// Where the file stands; all that are opened in a file system do.
fn place(file: &OpenFile) -> Result<Place> {
    file.at.as_ref().map(|at| at.place).ok_or(Errno::EBADF)
}

/// Offsets are signed.
fn in_range(file: &OpenFile, off: Option<u64>, len: u64) -> Result<()> {
    let end = off.unwrap_or(file.pos).checked_add(len);
    match end {
        Some(end) if end <= SIZE_MAX => Ok(()),
        _ if can_seek(file) => Err(Errno::EINVAL),
        _ => Ok(()),
    }
}

fn can_seek(file: &OpenFile) -> bool {
    matches!(file.body, Body::Inode(_) | Body::Char(_) | Body::Block(_))
}

fn valid_falloc(mode: u32) -> Result<()> {
    use falloc::{
        COLLAPSE_RANGE, INSERT_RANGE, KEEP_SIZE, PUNCH_HOLE, UNSHARE_RANGE, WRITE_ZEROES,
        ZERO_RANGE,
    };
    // One kind at a time; observed on 6.18: every odd combination is EOPNOTSUPP.
    let keeps = mode & KEEP_SIZE != 0;
    match mode & !KEEP_SIZE {
        0 | ZERO_RANGE | UNSHARE_RANGE => Ok(()),
        PUNCH_HOLE if keeps => Ok(()),
        COLLAPSE_RANGE | INSERT_RANGE | WRITE_ZEROES if !keeps => Ok(()),
        _ => Err(Errno::EOPNOTSUPP),
    }
}
