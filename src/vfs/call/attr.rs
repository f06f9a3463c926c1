//! Calls that show and change attributes.

use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::checked;
use crate::limits::PATH_MAX;
use crate::sys::{AT_FDCWD, Fd, at, ms};
use crate::types::{Attr, Dev, FileType, Mode, OpenFlags, Result, SetTime, StatFs};
use crate::vfs::SysOf;
use crate::vfs::fd::{Body, OpenFile};
use crate::vfs::mounts::Place;
use std::sync::Arc;

/// `f_flags` of statfs(2).
mod st {
    pub const RDONLY: u64 = 1;
    pub const NOSUID: u64 = 2;
    pub const NODEV: u64 = 4;
    pub const NOEXEC: u64 = 8;
    pub const VALID: u64 = 0x20;
    pub const NOATIME: u64 = 0x400;
    pub const NODIRATIME: u64 = 0x800;
    pub const RELATIME: u64 = 0x1000;
}

/// Numbers of pipefs and devpts, where things without a path live.
const PIPEFS: Dev = Dev::new(0, 14);
const DEVPTS: Dev = Dev::new(0, 24);

impl SysOf<'_> {
    /// The place that a path names, or a descriptor with an empty path where that is allowed.
    fn target(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Target> {
        if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            if dir == AT_FDCWD {
                return Ok(Target::Place(self.process()?.cwd.place));
            }
            return Ok(match self.place_of(dir)? {
                Some(place) => Target::Place(place),
                None => Target::File(self.file_id(dir)?),
            });
        }
        let walk = self.walk(dir, path, flags & at::SYMLINK_NOFOLLOW == 0)?;
        Ok(match walk.file {
            Some(file) => Target::File(file),
            None => Target::Place(walk.at),
        })
    }

    /// The same for calls that cannot work on a pipe.
    fn target_place(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Place> {
        match self.target(dir, path, flags)? {
            Target::Place(place) => Ok(place),
            Target::File(_) => Err(Errno::EPERM),
        }
    }

    pub(super) fn attr_at(&mut self, place: Place) -> Result<Attr> {
        self.sync_proc(place.fs);
        self.on(place.fs, |f, cx| f.getattr(cx, place.ino))
    }

    fn attr_of_file(&mut self, id: crate::vfs::fd::FileId) -> Result<Attr> {
        let file = self.kernel.files.get(id).ok_or(Errno::EBADF)?;
        match &file.at {
            Some(kept) => {
                let place = kept.place;
                self.attr_at(place)
            }
            None => Ok(self.attr_of_stream(&file.clone())),
        }
    }

    /// Pipes and the console have no inode of a file system.
    fn attr_of_stream(&self, file: &OpenFile) -> Attr {
        let now = self.kernel.clock.coarse();
        let tty = matches!(file.body, Body::Console(it) if self.kernel.console.is_tty(it));
        let ino = match file.body {
            Body::Pipe(id) => id.0,
            Body::Console(stream) if !tty => 100 + stream as u64,
            _ => 3,
        };
        Attr {
            dev: if tty { DEVPTS } else { PIPEFS },
            ino,
            kind: if tty { FileType::Chr } else { FileType::Fifo },
            mode: Mode::new(if tty { 0o620 } else { 0o600 }),
            nlink: 1,
            uid: 0,
            gid: if tty { 5 } else { 0 },
            rdev: if tty { Dev::new(136, 0) } else { Dev::default() },
            size: 0,
            blksize: if tty { 1024 } else { 4096 },
            blocks: 0,
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
        }
    }

    pub(super) fn do_stat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr> {
        match self.target(dir, path, flags)? {
            Target::Place(place) => self.attr_at(place),
            Target::File(file) => self.attr_of_file(file),
        }
    }

    pub(super) fn do_fstat(&mut self, fd: Fd) -> Result<Attr> {
        let id = self.file_id(fd)?;
        self.attr_of_file(id)
    }

    pub(super) fn statfs_at(&mut self, place: Place) -> Result<StatFs> {
        let mut stat = self.on(place.fs, |f, cx| f.statfs_at(cx, place.ino))?;
        let flags = self.mount_flags(place.mnt);
        let names = [
            (ms::NOSUID, st::NOSUID),
            (ms::NODEV, st::NODEV),
            (ms::NOEXEC, st::NOEXEC),
            (ms::NOATIME, st::NOATIME),
            (ms::NODIRATIME, st::NODIRATIME),
            (ms::RELATIME, st::RELATIME),
        ];
        let of_mount = names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, st)| st);
        stat.flags = of_mount.fold(st::VALID, |all, bit| all | bit);
        if self.is_read_only(place.mnt) {
            stat.flags |= st::RDONLY;
        }
        Ok(stat)
    }

    pub(super) fn do_fstatfs(&mut self, fd: Fd) -> Result<StatFs> {
        match self.place_of(fd)? {
            Some(place) => self.statfs_at(place),
            None => Ok(StatFs {
                magic: 0x5049_5045,
                bsize: 4096,
                namelen: 255,
                flags: st::VALID,
                ..StatFs::default()
            }),
        }
    }

    /// Changes an inode through a mount that must be writable.
    fn change(
        &mut self,
        place: Place,
        run: impl FnOnce(&mut crate::fs::Cx<'_>) -> Result<()>,
    ) -> Result<()> {
        self.want_change(place)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, run)
    }

    /// Where an open file stands; things without a place change without effect.
    fn changeable(&self, fd: Fd) -> Result<Option<Place>> {
        Ok(self.real_file(fd)?.at.as_ref().map(|at| at.place))
    }

    pub(super) fn do_chmod(&mut self, place: Place, mode: Mode) -> Result<()> {
        self.change(place, |cx| checked::chmod(cx, place.fs, place.ino, mode))
    }

    pub(super) fn do_fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()> {
        let place = self.target_place(dir, path, 0)?;
        self.do_chmod(place, mode)
    }

    pub(super) fn do_fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()> {
        match self.changeable(fd)? {
            Some(place) => self.do_chmod(place, mode),
            None => Ok(()),
        }
    }

    pub(super) fn do_fchownat(
        &mut self,
        dir: Fd,
        path: &[u8],
        (uid, gid): (Option<u32>, Option<u32>),
        flags: u32,
    ) -> Result<()> {
        if flags & !(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL);
        }
        let place = self.target_place(dir, path, flags)?;
        self.change(place, |cx| checked::chown(cx, place.fs, place.ino, uid, gid))
    }

    pub(super) fn do_fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        match self.changeable(fd)? {
            Some(place) => {
                self.change(place, |cx| checked::chown(cx, place.fs, place.ino, uid, gid))
            }
            None => Ok(()),
        }
    }

    pub(super) fn do_utimes(
        &mut self,
        (dir, path): (Fd, &[u8]),
        (atime, mtime): (Option<SetTime>, Option<SetTime>),
        flags: u32,
    ) -> Result<()> {
        if atime.is_none() && mtime.is_none() {
            // Both to be left alone: not even the path is looked at.
            return Ok(());
        }
        if flags & !(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL);
        }
        let place = self.target_place(dir, path, flags)?;
        valid_time(atime)?;
        valid_time(mtime)?;
        self.change(place, |cx| checked::utimes(cx, place.fs, place.ino, atime, mtime))
    }

    pub(super) fn do_futimens(
        &mut self,
        fd: Fd,
        atime: Option<SetTime>,
        mtime: Option<SetTime>,
    ) -> Result<()> {
        if atime.is_none() && mtime.is_none() {
            return Ok(());
        }
        let place = self.changeable(fd)?;
        valid_time(atime)?;
        valid_time(mtime)?;
        match place {
            Some(place) => {
                self.change(place, |cx| checked::utimes(cx, place.fs, place.ino, atime, mtime))
            }
            None => Ok(()),
        }
    }

    pub(super) fn do_access(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()> {
        let known = at::EACCESS | at::SYMLINK_NOFOLLOW | at::EMPTY_PATH;
        if mask > 7 || flags & !known != 0 {
            return Err(Errno::EINVAL);
        }
        let before = self.my_cred();
        if flags & at::EACCESS == 0 {
            let process = self.process_mut()?;
            process.cred = Arc::new(real_cred(&before, process.permitted));
        }
        let res = self.may_access(dir, path, mask, flags);
        self.process_mut()?.cred = before;
        res
    }

    fn may_access(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()> {
        let place = match self.target(dir, path, flags)? {
            Target::Place(place) => place,
            Target::File(_) => return Ok(()),
        };
        let kind = self.kind_of(place)?;
        let exec = mask & checked::may::EXEC != 0 && kind == FileType::Reg;
        if exec && self.mount_flags(place.mnt) & ms::NOEXEC != 0 {
            return Err(Errno::EACCES);
        }
        if mask == 0 {
            return Ok(());
        }
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::permission(cx, place.fs, place.ino, mask))?;
        if mask & checked::may::WRITE != 0 && !super::is_special(kind) {
            self.want_write(place.mnt)?;
        }
        Ok(())
    }

    pub(super) fn do_get_flags(&mut self, fd: Fd) -> Result<u32> {
        let place = self.flagged(fd)?;
        self.on(place.fs, |f, cx| f.get_flags(cx, place.ino))
    }

    pub(super) fn do_set_flags(&mut self, fd: Fd, flags: u32) -> Result<()> {
        let place = self.flagged(fd)?;
        self.change(place, |cx| checked::set_flags(cx, place.fs, place.ino, flags))
    }

    fn flagged(&self, fd: Fd) -> Result<Place> {
        let file = self.real_file(fd)?;
        match (file.body, &file.at) {
            (Body::Inode(_), Some(at)) => Ok(at.place),
            _ => Err(Errno::ENOTTY),
        }
    }

    pub(super) fn do_handle(
        &mut self,
        dir: Fd,
        path: &[u8],
        flags: u32,
    ) -> Result<(i32, i32, Vec<u8>)> {
        const HANDLE_FID: u32 = 0x200;
        if flags & !(at::SYMLINK_FOLLOW | at::EMPTY_PATH | HANDLE_FID) != 0 {
            return Err(Errno::EINVAL);
        }
        let follow = flags & at::SYMLINK_FOLLOW != 0;
        let nofollow = if follow { 0 } else { at::SYMLINK_NOFOLLOW };
        let place = match self.target(dir, path, flags & at::EMPTY_PATH | nofollow)? {
            Target::Place(place) => place,
            Target::File(_) => return Err(Errno::EOPNOTSUPP),
        };
        let fid = flags & HANDLE_FID != 0;
        let can = self.kernel.disks.peek(place.fs).is_some_and(|f| f.traits().handles);
        if !can && !fid {
            return Err(Errno::EOPNOTSUPP);
        }
        let handle = self.on(place.fs, |f, cx| f.encode_handle(cx, place.ino));
        let (kind, bytes) = match handle {
            Some(handle) => handle,
            None => self.number_handle(place)?,
        };
        Ok((place.mnt.0 as i32, i32::from(kind), bytes))
    }

    /// A file system that gives out no handles of its own still tells its files apart by number and
    /// generation (`FILEID_INO64_GEN`); nobody can open such a handle.
    fn number_handle(&mut self, place: Place) -> Result<(u8, Vec<u8>)> {
        const INO64_GEN: u8 = 0x81;
        let number = self.on(place.fs, |f, cx| f.peek_attr(cx, place.ino))?.ino;
        Ok((INO64_GEN, [&number.to_le_bytes()[..], &[0; 4]].concat()))
    }

    /// What `execve` checks of a file before it runs it.
    ///
    /// # Errors
    /// `EACCES` unless it is a regular file that may be executed here, `ETXTBSY` while somebody
    /// has it open for writing.
    pub fn may_exec(&mut self, path: &[u8]) -> Result<()> {
        let place = self.place(AT_FDCWD, path, true)?;
        self.exec_place(place)
    }

    fn exec_place(&mut self, place: Place) -> Result<()> {
        let regular = self.kind_of(place)? == FileType::Reg;
        if !regular || self.mount_flags(place.mnt) & ms::NOEXEC != 0 {
            return Err(Errno::EACCES);
        }
        let cred = self.my_cred();
        self.kernel
            .cx(&cred, |cx| checked::permission(cx, place.fs, place.ino, checked::may::EXEC))?;
        let writes = |file: &OpenFile| {
            let identity = |at| self.kernel.identity(at);
            let same = |at: &crate::vfs::Kept| identity(at.place) == identity(place);
            file.flags.writes() && file.body != Body::Path && file.at.as_ref().is_some_and(same)
        };
        if self.kernel.files.iter().any(|(_, file)| writes(file)) {
            return Err(Errno::ETXTBSY);
        }
        Ok(())
    }

    /// This process executes the file from now on: nobody may open it for writing.
    ///
    /// # Errors
    /// As [`SysOf::may_exec`].
    pub fn set_exe(&mut self, path: &[u8]) -> Result<()> {
        let walk = self.walk(AT_FDCWD, path, true)?;
        self.exec_place(walk.at)?;
        let kept = self.kernel.keep(walk.kept());
        if let Some(old) = self.process_mut()?.exe.replace(kept) {
            self.kernel.drop_kept(&old);
        }
        Ok(())
    }

    pub(super) fn check_len(path: &[u8]) -> Result<()> {
        if path.len() >= PATH_MAX { Err(Errno::ENAMETOOLONG) } else { Ok(()) }
    }

    pub(super) fn do_fd_flags(&self, fd: Fd) -> Result<OpenFlags> {
        Ok(self.file(fd)?.flags)
    }
}

enum Target {
    Place(Place),
    File(crate::vfs::fd::FileId),
}

/// access(2) asks for the real user: root has all that it is permitted then, effective or not, and
/// others have nothing.
fn real_cred(cred: &Cred, permitted: Caps) -> Cred {
    let mut real = cred.clone();
    real.fsuid = cred.uid;
    real.fsgid = cred.gid;
    match cred.uid {
        0 => real.caps = permitted,
        _ if cred.userns => {}
        _ => real.caps = Caps::NONE,
    }
    real
}

fn valid_time(time: Option<SetTime>) -> Result<()> {
    match time {
        Some(SetTime::To(time)) if time.nsec >= 1_000_000_000 => Err(Errno::EINVAL),
        _ => Ok(()),
    }
}
