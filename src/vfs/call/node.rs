//! Calls by inode, for a host that is asked by inode and knows no paths (FUSE).
//!
//! The host keeps places and open files between calls. For each call it hands what is meant to one
//! of its processes as a descriptor, and calls [`crate::sys::Sys`] with that and single names; what
//! `Sys` has by path alone is here for a descriptor that is only a place.

use super::xattr::Target;
use crate::errno::Errno;
use crate::sys::Fd;
use crate::types::{FileType, Mode, OpenFlags, Result, XattrMode};
use crate::vfs::fd::{Body, FileId, OpenFile, Slot};
use crate::vfs::mounts::{Kept, Place};
use crate::vfs::{Kernel, Pid, SysOf};

impl Kernel {
    /// Keeps the inode alive until [`Kernel::let_go`]. That does not keep its file system mounted.
    pub fn hold(&mut self, at: Place) {
        self.pin(at.fs, at.ino);
    }

    /// The end of [`Kernel::hold`].
    pub fn let_go(&mut self, at: Place) {
        self.unpin(at.fs, at.ino);
    }

    /// Gives a process a descriptor of a place, as `O_PATH` would.
    ///
    /// # Errors
    /// `ESTALE` when its file system is gone, `ESRCH`, `EMFILE`.
    pub fn hand(&mut self, pid: Pid, at: &Kept) -> Result<Fd> {
        let Place { fs, .. } = at.place;
        if self.disks.peek(fs).is_none() {
            return Err(Errno::ESTALE);
        }
        let is_dir = self.sys(pid).kind_of(at.place)? == FileType::Dir;
        let fd = self.procs.get(&pid).ok_or(Errno::ESRCH)?.fds.free(0)?;
        let at = Some(self.keep(at.clone()));
        let flags = OpenFlags::PATH;
        let opener = Some(self.sys(pid).my_cred());
        let file = OpenFile { body: Body::Path, flags, pos: 0, refs: 1, at, is_dir, opener };
        let file = self.files.add(file);
        self.give(pid, fd, file)
    }

    /// Gives a process a descriptor of a file that the host keeps open.
    ///
    /// # Errors
    /// `EBADF`, `ESRCH`, `EMFILE`.
    pub fn hand_file(&mut self, pid: Pid, file: FileId) -> Result<Fd> {
        let fd = self.procs.get(&pid).ok_or(Errno::ESRCH)?.fds.free(0)?;
        self.files.get_mut(file).ok_or(Errno::EBADF)?.refs += 1;
        self.give(pid, fd, file)
    }

    fn give(&mut self, pid: Pid, fd: Fd, file: FileId) -> Result<Fd> {
        self.sys(pid).process_mut()?.fds.put(fd, Slot { file, cloexec: false });
        Ok(fd)
    }

    /// Takes an open file away from a process: the host keeps it from now on.
    ///
    /// # Errors
    /// `EBADF`, `ESRCH`.
    pub fn take_file(&mut self, pid: Pid, fd: Fd) -> Result<FileId> {
        Ok(self.sys(pid).process_mut()?.fds.take(fd)?.file)
    }

    /// The host keeps the file no longer.
    pub fn close_file(&mut self, file: FileId) {
        self.put_file(file);
    }

    /// Where a descriptor of a process stands.
    pub fn held_by(&self, pid: Pid, fd: Fd) -> Option<Kept> {
        let file = self.procs.get(&pid)?.fds.get(fd).ok()?.file;
        self.files.get(file)?.at.clone()
    }
}

/// As opening, changing or asking `/proc/self/fd/N`.
impl SysOf<'_> {
    fn held(&self, fd: Fd) -> Result<Place> {
        self.place_of(fd)?.ok_or(Errno::EBADF)
    }

    /// # Errors
    /// As `open(2)` of a file that exists.
    pub fn open_held(&mut self, fd: Fd, flags: OpenFlags) -> Result<Fd> {
        self.call(
            || format!("open(/proc/self/fd/{fd}, {flags:?})"),
            |sys| {
                let at = sys.file(fd)?.at.clone().ok_or(Errno::EBADF)?;
                let new = sys.process()?.fds.free(0)?;
                let place = at.place;
                let file = sys.open_existing(at, false, place, flags)?;
                let slot = Slot { file, cloexec: false };
                sys.process_mut()?.fds.put(new, slot);
                Ok(new)
            },
        )
    }

    /// # Errors
    /// As `chmod(2)`.
    pub fn chmod_held(&mut self, fd: Fd, mode: Mode) -> Result<()> {
        let what = || format!("chmod(/proc/self/fd/{fd}, {mode:?})");
        self.call(what, |sys| {
            let at = sys.held(fd)?;
            sys.do_chmod(at, mode)
        })
    }

    /// # Errors
    /// As `truncate(2)`.
    pub fn truncate_held(&mut self, fd: Fd, len: u64) -> Result<()> {
        let what = || format!("truncate(/proc/self/fd/{fd}, {len})");
        self.call(what, |sys| {
            let at = sys.held(fd)?;
            sys.truncate_found(at, len)
        })
    }

    /// # Errors
    /// As `link(2)`.
    pub fn link_held(&mut self, fd: Fd, dir: Fd, name: &[u8]) -> Result<()> {
        let what = || format!("link(/proc/self/fd/{fd}, {dir}, {})", name.escape_ascii());
        self.call(what, |sys| {
            let at = sys.held(fd)?;
            sys.link_found(at, dir, name)
        })
    }

    /// # Errors
    /// As `getxattr(2)`.
    pub fn getxattr_held(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>> {
        let what = || format!("getxattr(/proc/self/fd/{fd}, {})", name.escape_ascii());
        self.call(what, |sys| sys.do_getxattr(Target::Held(fd), name))
    }

    /// # Errors
    /// As `setxattr(2)`.
    pub fn setxattr_held(
        &mut self,
        fd: Fd,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let what = || format!("setxattr(/proc/self/fd/{fd}, {})", name.escape_ascii());
        self.call(what, |sys| sys.do_setxattr(Target::Held(fd), name, value, mode))
    }

    /// # Errors
    /// As `removexattr(2)`.
    pub fn removexattr_held(&mut self, fd: Fd, name: &[u8]) -> Result<()> {
        let what = || format!("removexattr(/proc/self/fd/{fd}, {})", name.escape_ascii());
        self.call(what, |sys| sys.do_removexattr(Target::Held(fd), name))
    }

    /// # Errors
    /// As `listxattr(2)`.
    pub fn listxattr_held(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>> {
        let what = || format!("listxattr(/proc/self/fd/{fd})");
        self.call(what, |sys| sys.do_listxattr(Target::Held(fd)))
    }

    /// Where positions of a directory are, and what follows: up to `max` entries from `pos` on.
    ///
    /// # Errors
    /// As `lseek(2)` and `getdents64(2)`.
    pub fn entries_from(
        &mut self,
        fd: Fd,
        pos: i64,
        max: usize,
    ) -> Result<Vec<crate::types::Dirent>> {
        use crate::sys::Sys;
        if self.file(fd)?.pos != pos as u64 {
            self.lseek(fd, pos, crate::types::Whence::Set)?;
        }
        self.getdents(fd, max)
    }
}
