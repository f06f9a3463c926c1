//! Append-only and immutable, which stand in the way of a write-back: taken off what is to change
//! before it begins, and set again when all is written.

use super::{DEAD, Work};
use crate::types::{FileType, FsId, Ino, inode_flags as flag};
use rustix::fs::{IFlags, Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;

/// What forbids changes.
const PROTECTS: u32 = flag::APPEND | flag::IMMUTABLE;
/// What an import knows of.
const KNOWN: u32 = PROTECTS | flag::NODUMP;
/// What a union can set besides.
const SET: u32 = KNOWN | flag::SYNC | flag::NOATIME;

impl Work {
    fn flags(&mut self, fs: FsId, ino: Ino) -> u32 {
        self.on(fs, |f, cx| f.get_flags(cx, ino)).unwrap_or(0) & SET
    }

    /// Takes protection off everything that changes or goes.
    pub(super) fn unprotect(&mut self) -> io::Result<()> {
        let roots = self.roots.iter().map(|(root, _)| *root);
        let all: Vec<Ino> = self.places.keys().copied().chain(roots).collect();
        for ino in all {
            let own = Ino(ino.0 & !DEAD);
            let old = self.flags(self.before, own);
            if old & PROTECTS != 0 && (own != ino || self.has_changed(ino)?) {
                let file = self.open_real(ino)?;
                let real = rustix::fs::ioctl_getflags(&file)?;
                rustix::fs::ioctl_setflags(&file, real & !protects())?;
            }
        }
        Ok(())
    }

    fn has_changed(&mut self, ino: Ino) -> io::Result<bool> {
        let old = self.on(self.before, |f, cx| f.peek_attr(cx, ino))?;
        let new = self.on(self.after, |f, cx| f.peek_attr(cx, ino))?;
        Ok(old.ctime != new.ctime)
    }

    /// Gives everything that has changed the flags that it is to have.
    pub(super) fn protect(&mut self) -> io::Result<()> {
        for (ino, attr) in self.inodes.clone() {
            if !matches!(attr.kind, FileType::Reg | FileType::Dir) {
                continue;
            }
            let wanted = self.flags(self.after, ino);
            let is_new = !self.was_imported(ino);
            if is_new && wanted == 0 || !is_new && !self.has_changed(ino)? {
                continue;
            }
            // Of an imported file only some are known: the others stay as they are.
            let mask = if is_new { SET } else { KNOWN | wanted };
            if !is_new && wanted == self.flags(self.before, ino) & !PROTECTS {
                continue;
            }
            let file = self.open_real(ino)?;
            let real = rustix::fs::ioctl_getflags(&file)?.bits();
            let flags = IFlags::from_bits_retain(real & !mask | wanted);
            rustix::fs::ioctl_setflags(&file, flags)?;
        }
        Ok(())
    }

    fn open_real(&mut self, ino: Ino) -> io::Result<OwnedFd> {
        let (dir, name) = match self.roots.iter().find(|(root, _)| *root == ino) {
            Some((_, root)) => (root.clone(), b".".to_vec()),
            None => self.place(ino)?,
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&*dir, &name[..], flags, Mode::empty())?)
    }
}

fn protects() -> IFlags {
    IFlags::APPEND | IFlags::IMMUTABLE
}
