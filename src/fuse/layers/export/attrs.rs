//! Owners, modes, extended attributes, stamps.

use super::Work;
use crate::fuse::layers::imported::NEW_HANDLE;
use crate::kernel;
use crate::types::{Attr, FileType, FsId, Ino};
use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, Uid};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// All rights of the owner.
pub(super) const OWN: crate::types::Mode = crate::types::Mode(0o700);

/// An overlay's own directories are closed to everybody, which only root can do without: a user who
/// mounts again must get in.
fn accessible(mut attr: Attr) -> Attr {
    let own = attr.kind == FileType::Dir && attr.mode.bits() == 0;
    if own && !rustix::process::geteuid().is_root() {
        attr.mode = OWN;
    }
    attr
}

pub(super) type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

impl Work {
    pub(super) fn xattrs(&mut self, fs: FsId, ino: Ino) -> io::Result<Xattrs> {
        self.on(fs, |f, cx| {
            let names = f.listxattr(cx, ino)?;
            names.into_iter().map(|name| Ok((name.clone(), f.getxattr(cx, ino, &name)?))).collect()
        })
    }

    /// Gives every inode that stays what it is to have, deepest first, and all directories their
    /// stamps, which the moves have changed.
    pub(super) fn set_attributes(&mut self) -> io::Result<()> {
        for (ino, attr) in self.inodes.clone().into_iter().rev() {
            let attr = accessible(attr);
            let imported = self.was_imported(ino);
            let (dir, name) = match self.roots.iter().find(|(root, _)| *root == ino) {
                Some((_, root)) => (root.clone(), b".".to_vec()),
                None => self.place(ino)?,
            };
            let new = self.with_real_handles(ino)?;
            if imported {
                let old = self.on(self.before, |f, cx| f.peek_attr(cx, ino))?;
                let had = self.xattrs(self.before, ino)?;
                if (old.uid, old.gid, old.mode) != (attr.uid, attr.gid, attr.mode) || had != new {
                    let path = path(&dir, &name);
                    for gone in had.keys().filter(|name| !new.contains_key(*name)) {
                        rustix::fs::lremovexattr(&path[..], &gone[..])?;
                    }
                    let changed =
                        |(name, value): &(&Vec<u8>, &Vec<u8>)| had.get(*name) != Some(*value);
                    let new = new.iter().filter(changed);
                    let new = new.map(|(name, value)| (name.clone(), value.clone())).collect();
                    set_all(&dir, &name, &attr, &new)?;
                    continue;
                }
                if old.ctime == attr.ctime && attr.kind != FileType::Dir {
                    continue;
                }
            } else if new != self.xattrs(self.after, ino)? {
                set_all(&dir, &name, &attr, &new)?;
            } else if attr.kind == FileType::Dir && attr.mode.bits() & OWN.bits() != OWN.bits() {
                let mode = Mode::from_raw_mode(attr.mode.bits());
                rustix::fs::chmodat(&*dir, &name[..], mode, AtFlags::empty())?;
            }
            rustix::fs::utimensat(&*dir, &name[..], &stamps(&attr), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// The attributes, with handles of inodes that are new in the machine replaced by those that
    /// they have got on the real file system.
    fn with_real_handles(&mut self, ino: Ino) -> io::Result<Xattrs> {
        let mut all = self.xattrs(self.after, ino)?;
        for (name, value) in &mut all {
            let private = name.windows(9).any(|it| it == b".overlay.");
            if private && let Some(handle) = new_handle(value).map(<[u8]>::to_vec) {
                let find = self.on(self.after, |f, cx| f.decode_handle(cx, NEW_HANDLE, &handle));
                let Ok(target) = find else { continue };
                let (dir, place) = self.place(target)?;
                let (kind, bytes) = kernel::handle_at(&*dir, &place)
                    .map_err(|err| io::Error::from_raw_os_error(err.number()))?;
                value[2] = (HEADER + bytes.len()) as u8;
                value[4] = kind as u8;
                value.truncate(HEADER);
                value.extend(bytes);
            }
        }
        Ok(all)
    }
}

/// Bytes before the handle in an attribute that names an inode: version, magic, length, flags,
/// type, uuid.
const HEADER: usize = 21;

/// The handle of an inode that is new in the machine, if the value names one.
fn new_handle(value: &[u8]) -> Option<&[u8]> {
    let (head, handle) = value.split_at_checked(HEADER)?;
    let named = head[1] == 0xfb && usize::from(head[2]) == value.len();
    (named && head[4] == NEW_HANDLE).then_some(handle)
}

/// A path to a name in an open directory, for calls that take no directory.
fn path(dir: &OwnedFd, name: &[u8]) -> Vec<u8> {
    [format!("/proc/self/fd/{}/", dir.as_raw_fd()).as_bytes(), name].concat()
}

/// The stamps as the real system takes them.
pub(super) fn stamps(attr: &Attr) -> Timestamps {
    let of = |it: crate::types::Timespec| Timespec { tv_sec: it.sec, tv_nsec: it.nsec.into() };
    Timestamps { last_access: of(attr.atime), last_modification: of(attr.mtime) }
}

/// Sets owner, mode, these extended attributes, and stamps.
pub(super) fn set_all(dir: &OwnedFd, name: &[u8], attr: &Attr, xattrs: &Xattrs) -> io::Result<()> {
    let nofollow = AtFlags::SYMLINK_NOFOLLOW;
    let (uid, gid) = (Uid::from_raw(attr.uid), Gid::from_raw(attr.gid));
    rustix::fs::chownat(dir, name, Some(uid), Some(gid), nofollow)?;
    let path = path(dir, name);
    for (name, value) in xattrs {
        rustix::fs::lsetxattr(&path[..], &name[..], value, rustix::fs::XattrFlags::empty())?;
    }
    // Last: a change of the owner drops setuid, an ACL is what the group bits say.
    if attr.kind != FileType::Symlink {
        let mode = Mode::from_raw_mode(attr.mode.bits());
        rustix::fs::chmodat(dir, name, mode, AtFlags::empty())?;
    }
    rustix::fs::utimensat(dir, name, &stamps(attr), nofollow)?;
    Ok(())
}
