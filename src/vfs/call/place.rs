//! Where a process stands, and who it is.

use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::checked::{self, may};
use crate::sys::{AT_FDCWD, Fd};
use crate::types::{FileType, Result};
use crate::vfs::SysOf;
use crate::vfs::mounts::{Kept, Place};
use std::sync::Arc;

impl SysOf<'_> {
    /// A directory that the process may search.
    pub(super) fn directory(&mut self, path: &[u8]) -> Result<Kept> {
        let walk = self.walk(AT_FDCWD, path, true)?;
        if walk.file.is_some() || self.kind_of(walk.at)? != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        self.may_enter(walk.at)?;
        Ok(walk.kept())
    }

    fn may_enter(&mut self, at: Place) -> Result<()> {
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::permission(cx, at.fs, at.ino, may::EXEC))
    }

    fn stand(&mut self, at: Kept) -> Result<()> {
        let at = self.kernel.keep(at);
        let old = std::mem::replace(&mut self.process_mut()?.cwd, at);
        self.kernel.drop_kept(&old);
        Ok(())
    }

    pub(super) fn do_chdir(&mut self, path: &[u8]) -> Result<()> {
        let at = self.directory(path)?;
        self.stand(at)
    }

    pub(super) fn do_fchdir(&mut self, fd: Fd) -> Result<()> {
        let file = self.file(fd)?;
        let at = file.at.clone().filter(|_| file.is_dir).ok_or(Errno::ENOTDIR)?;
        self.may_enter(at.place)?;
        self.stand(at)
    }

    pub(super) fn do_chroot(&mut self, path: &[u8]) -> Result<()> {
        let at = self.directory(path)?;
        if !self.my_cred().has(Caps::SYS_CHROOT) {
            return Err(Errno::EPERM);
        }
        let at = self.kernel.keep(at);
        let old = std::mem::replace(&mut self.process_mut()?.root, at);
        self.kernel.drop_kept(&old);
        Ok(())
    }

    pub(super) fn do_getcwd(&mut self) -> Result<Vec<u8>> {
        let process = self.process()?;
        let (cwd, root) = (process.cwd.clone(), process.root.clone());
        let Place { fs, ino, .. } = cwd.place;
        let dead = self.on(fs, |f, cx| f.peek_attr(cx, ino)).map_or(true, |it| it.nlink == 0);
        if cwd.gone || dead {
            return Err(Errno::ENOENT);
        }
        let path = self.kernel.mounts.path(cwd.place.mnt, &cwd.rel, &root);
        Ok(path.unwrap_or_else(|| [b"(unreachable)/", &cwd.rel[..]].concat()))
    }

    pub(super) fn do_umask(&mut self, mask: u32) -> u32 {
        match self.process_mut() {
            Ok(process) => std::mem::replace(&mut process.umask, mask & 0o777),
            Err(_) => 0,
        }
    }

    /// Gaining anything needs CAP_SETUID and CAP_SETGID among the permitted capabilities, which a
    /// process keeps until it executes another program (as with `PR_SET_KEEPCAPS`).
    pub(super) fn do_set_cred(&mut self, new: &Cred) -> Result<()> {
        let old = self.my_cred();
        let permitted = Cred { caps: self.process()?.permitted, ..(*old).clone() };
        let mine = [old.uid, old.euid, old.fsuid];
        let uids = [new.uid, new.euid, new.fsuid].iter().all(|id| mine.contains(id));
        let mine = [old.gid, old.egid, old.fsgid];
        let gids = [new.gid, new.egid, new.fsgid].iter().all(|id| mine.contains(id));
        let groups = new.groups == old.groups;
        let caps = new.caps.0 & !permitted.caps.0 == 0;
        let may_uid = uids || permitted.has(Caps::SETUID);
        let may_gid = (gids && groups) || permitted.has(Caps::SETGID);
        if !may_uid || !may_gid || !caps {
            return Err(Errno::EPERM);
        }
        self.process_mut()?.cred = Arc::new(new.clone());
        Ok(())
    }
}
