//! File system calls with the checks that belong to the caller: permissions, sticky bits,
//! immutable and append-only flags, setuid clearing, inherited modes and ACLs.
//!
//! Used by `vfs` with the caller's credentials and by `overlay` with the mounter's. Knows inodes
//! of one file system at a time; never paths or mounts. The order of the checks is the kernel's:
//! where two errors are possible, the first one is what people see.

pub mod acl;
mod attr;
mod node;
mod write;
mod xattr;

pub use attr::{CAPS, chmod, chown, remove_privs, setattr, truncate, truncate_open, utimes};
pub use node::{
    create, create_node, link, may_create, may_delete, may_rename, prepare, rename, rmdir, tmpfile,
    unlink,
};
pub use write::{allocate, reach, write, write_rope};
pub use xattr::{check_name, check_value, getxattr, listxattr, removexattr, setxattr};

use super::{Cx, FileSystem};
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::types::{Attr, FileType, FsId, Gid, Guard, Ino, OpenFlags, Result, inode_flags};

/// Bits of a permission mask.
pub mod may {
    pub const EXEC: u8 = 1;
    pub const WRITE: u8 = 2;
    pub const READ: u8 = 4;
}

/// The mode check without ACLs. `mask`: 4 read, 2 write, 1 execute or search.
///
/// # Errors
/// `EACCES`.
pub fn mode_permission(cx: &Cx<'_>, attr: &Attr, mask: u8) -> Result<()> {
    generic_permission(cx.cred, attr.guard(), None, mask)
}

/// The check of a file system that has nothing special to say: owner, ACL (the raw
/// `system.posix_acl_access`) or group bits, others, then capabilities.
///
/// # Errors
/// `EACCES`.
pub fn generic_permission(cred: &Cred, it: Guard, acl: Option<&[u8]>, mask: u8) -> Result<()> {
    let mask = mask & 7;
    if class_allows(cred, it, acl, mask) || capable_of(cred, it, mask) {
        return Ok(());
    }
    Err(Errno::EACCES)
}

fn class_allows(cred: &Cred, it: Guard, acl: Option<&[u8]>, mask: u8) -> bool {
    let mode = it.mode.bits();
    if cred.fsuid == it.uid {
        return (mode >> 6) as u8 & mask == mask;
    }
    // The group bits are the ACL's mask: when they are empty no entry can grant anything.
    let acl = acl.filter(|_| mode & 0o070 != 0).and_then(|raw| acl::Acl::parse(raw).ok());
    if let Some(acl) = acl {
        return acl.allows(cred, it.gid, mask);
    }
    let class = if cred.in_group(it.gid) { mode >> 3 } else { mode };
    class as u8 & mask == mask
}

/// CAP_DAC_OVERRIDE passes all but the execution of a file nobody may execute;
/// CAP_DAC_READ_SEARCH passes reading, and searching directories.
fn capable_of(cred: &Cred, it: Guard, mask: u8) -> bool {
    let is_dir = it.kind == FileType::Dir;
    let executable = is_dir || mask & may::EXEC == 0 || it.mode.bits() & 0o111 != 0;
    if executable && cred.has(Caps::DAC_OVERRIDE) {
        return true;
    }
    let reads_only = mask == may::READ || (is_dir && mask & may::WRITE == 0);
    reads_only && cred.has(Caps::DAC_READ_SEARCH)
}

/// May the caller read, write or execute (search) this inode? Read-only file systems and
/// immutable inodes included.
///
/// # Errors
/// `EROFS`, `EPERM`, `EACCES`.
pub fn permission(cx: &mut Cx<'_>, fs: FsId, ino: Ino, mask: u8) -> Result<()> {
    cx.on(fs, |f, cx| permission_on(f, cx, ino, mask))
}

pub(crate) fn permission_on(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
    mask: u8,
) -> Result<()> {
    if mask & may::WRITE != 0 {
        if f.traits().read_only {
            let kind = f.peek_attr(cx, ino)?.kind;
            if matches!(kind, FileType::Reg | FileType::Dir | FileType::Symlink) {
                return Err(Errno::EROFS);
            }
        }
        if has_flag(f, cx, ino, inode_flags::IMMUTABLE) {
            return Err(Errno::EPERM);
        }
    }
    f.permission(cx, ino, mask)
}

/// What `open(2)` asks of an inode that exists, before the file system opens it. Returns the
/// attributes. Mount flags (`nodev`, read-only mounts) are the caller's business.
///
/// # Errors
/// `ELOOP` for a symbolic link, `EISDIR`, `EACCES`, `EROFS`, `EPERM`.
pub fn may_open(cx: &mut Cx<'_>, fs: FsId, ino: Ino, flags: OpenFlags) -> Result<Attr> {
    cx.on(fs, |f, cx| {
        let attr = f.peek_attr(cx, ino)?;
        let mask = open_mask(flags);
        match attr.kind {
            FileType::Symlink => return Err(Errno::ELOOP),
            FileType::Dir if mask & may::WRITE != 0 => return Err(Errno::EISDIR),
            _ => {}
        }
        permission_on(f, cx, ino, mask)?;
        if has_flag(f, cx, ino, inode_flags::APPEND) {
            let overwrites = flags.0 & OpenFlags::ACCMODE != 0 && !flags.has(OpenFlags::APPEND);
            let truncates = flags.has(OpenFlags::TRUNC) && attr.kind == FileType::Reg;
            if overwrites || truncates {
                return Err(Errno::EPERM);
            }
        }
        if flags.has(OpenFlags::NOATIME) && !owner_or_capable(cx.cred, &attr) {
            return Err(Errno::EPERM);
        }
        Ok(attr)
    })
}

/// The permission mask of open flags: the odd access mode 3 asks for both rights.
pub fn open_mask(flags: OpenFlags) -> u8 {
    let mask = match flags.0 & OpenFlags::ACCMODE {
        0 => may::READ,
        1 => may::WRITE,
        _ => may::READ | may::WRITE,
    };
    if flags.has(OpenFlags::TRUNC) { mask | may::WRITE } else { mask }
}

/// `FS_IOC_GETFLAGS`.
///
/// # Errors
/// `ENOTTY` where the file system has none.
pub fn get_flags(cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<u32> {
    cx.on(fs, |f, cx| f.get_flags(cx, ino))
}

/// `FS_IOC_SETFLAGS`.
///
/// # Errors
/// `EPERM` without ownership, or without CAP_LINUX_IMMUTABLE for `i` and `a`.
pub fn set_flags(cx: &mut Cx<'_>, fs: FsId, ino: Ino, flags: u32) -> Result<()> {
    cx.on(fs, |f, cx| {
        let attr = f.peek_attr(cx, ino)?;
        if !owner_or_capable(cx.cred, &attr) {
            return Err(Errno::EPERM);
        }
        let old = f.get_flags(cx, ino)?;
        let guarded = inode_flags::IMMUTABLE | inode_flags::APPEND;
        if (old ^ flags) & guarded != 0 && !cx.cred.has(Caps::LINUX_IMMUTABLE) {
            return Err(Errno::EPERM);
        }
        f.set_flags(cx, ino, flags)
    })
}

/// The caller owns the inode or has CAP_FOWNER.
pub fn owner_or_capable(cred: &Cred, attr: &Attr) -> bool {
    cred.fsuid == attr.uid || cred.has(Caps::FOWNER)
}

/// The caller may keep setgid for this group.
fn in_group_or_capable(cred: &Cred, gid: Gid) -> bool {
    cred.in_group(gid) || cred.has(Caps::FSETID)
}

/// Does the inode carry this `chattr` flag?
pub(crate) fn has_flag(f: &mut dyn FileSystem, cx: &mut Cx<'_>, ino: Ino, flag: u32) -> bool {
    f.get_flags(cx, ino).is_ok_and(|flags| flags & flag != 0)
}
