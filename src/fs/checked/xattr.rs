//! Extended attributes: who may see and set which namespace, and ACLs set as attributes.

use super::acl::{self, Acl};
use super::attr::CAPS;
use super::{has_flag, in_group_or_capable, may, owner_or_capable, permission_on};
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::limits::{XATTR_NAME_MAX, XATTR_SIZE_MAX};
use crate::types::{Attr, FileType, FsId, Ino, Mode, Result, SetAttr, XattrMode, inode_flags};

/// What a system call refuses before it looks for the file.
///
/// # Errors
/// `ERANGE` for an empty or too long name.
pub fn check_name(name: &[u8]) -> Result<()> {
    let fits = !name.is_empty() && name.len() <= XATTR_NAME_MAX;
    if fits { Ok(()) } else { Err(Errno::ERANGE) }
}

/// # Errors
/// `E2BIG` for more than 64 KiB.
pub fn check_value(value: &[u8]) -> Result<()> {
    if value.len() <= XATTR_SIZE_MAX { Ok(()) } else { Err(Errno::E2BIG) }
}

/// `getxattr` as the caller.
///
/// # Errors
/// `ENODATA`, `EOPNOTSUPP`, `EACCES`, `EINVAL` for a bare prefix.
pub fn getxattr(cx: &mut Cx<'_>, fs: FsId, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
    check_name(name)?;
    cx.on(fs, |f, cx| {
        if acl::is_name(name) {
            let link = f.peek_attr(cx, ino)?.kind == FileType::Symlink;
            if link || !f.traits().xattrs {
                return Err(Errno::EOPNOTSUPP);
            }
        } else {
            allowed(f, cx, ino, name, may::READ)?;
            known(f, name)?;
        }
        f.getxattr(cx, ino, name)
    })
}

/// `setxattr` as the caller.
///
/// # Errors
/// `EPERM`, `EACCES`, `EOPNOTSUPP`, `EINVAL`, `EEXIST`, `ENODATA`, `E2BIG`, `ERANGE`, `ENOSPC`.
pub fn setxattr(
    cx: &mut Cx<'_>,
    fs: FsId,
    ino: Ino,
    name: &[u8],
    value: &[u8],
    mode: XattrMode,
) -> Result<()> {
    check_name(name)?;
    check_value(value)?;
    cx.on(fs, |f, cx| {
        if acl::is_name(name) {
            let acl = if value.is_empty() { None } else { Some(Acl::parse(value)?) };
            // An ACL without entries is no ACL.
            let acl = acl.filter(|it| !it.entries.is_empty());
            return set_acl(f, cx, ino, name, acl);
        }
        if name == CAPS && !value.is_empty() {
            check_caps(cx.cred, value)?;
        }
        allowed(f, cx, ino, name, may::WRITE)?;
        if name.starts_with(b"security.") && name != CAPS && !owns_mount(cx.cred, f) {
            return Err(Errno::EPERM);
        }
        known(f, name)?;
        f.setxattr(cx, ino, name, value, mode)
    })
}

/// `removexattr` as the caller.
///
/// # Errors
/// As [`setxattr`].
pub fn removexattr(cx: &mut Cx<'_>, fs: FsId, ino: Ino, name: &[u8]) -> Result<()> {
    check_name(name)?;
    cx.on(fs, |f, cx| {
        if acl::is_name(name) {
            return set_acl(f, cx, ino, name, None);
        }
        allowed(f, cx, ino, name, may::WRITE)?;
        if name == CAPS && !cx.cred.has(Caps::SETFCAP) {
            return Err(Errno::EPERM);
        }
        if name.starts_with(b"security.") && name != CAPS && !owns_mount(cx.cred, f) {
            return Err(Errno::EPERM);
        }
        known(f, name)?;
        f.removexattr(cx, ino, name)
    })
}

/// `listxattr` as the caller: `trusted.*` is shown to nobody but CAP_SYS_ADMIN.
///
/// # Errors
/// Those of the file system.
pub fn listxattr(cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<Vec<Vec<u8>>> {
    cx.on(fs, |f, cx| {
        let mut names = f.listxattr(cx, ino)?;
        if !trusted(cx.cred) {
            names.retain(|name| !name.starts_with(b"trusted."));
        }
        Ok(names)
    })
}

/// CAP_SYS_ADMIN of the machine, not of a user namespace.
fn trusted(cred: &Cred) -> bool {
    cred.has(Caps::SYS_ADMIN) && !cred.userns
}

/// CAP_SYS_ADMIN of the machine, or where the file system was mounted (observed on 6.18).
fn owns_mount(cred: &Cred, f: &dyn FileSystem) -> bool {
    cred.has(Caps::SYS_ADMIN) && (!cred.userns || f.traits().confined)
}

/// The namespaces that a file system knows; a prefix alone is not a name.
fn known(f: &dyn FileSystem, name: &[u8]) -> Result<()> {
    // What an overlay does not know itself its layers are asked for, after a copy-up if it is to be set.
    if f.traits().has_d_real {
        return Ok(());
    }
    if !f.traits().xattrs {
        return Err(Errno::EOPNOTSUPP);
    }
    for prefix in [&b"user."[..], b"trusted.", b"security."] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return if rest.is_empty() { Err(Errno::EINVAL) } else { Ok(()) };
        }
    }
    Err(Errno::EOPNOTSUPP)
}

/// The rule of each namespace.
fn allowed(f: &mut dyn FileSystem, cx: &mut Cx<'_>, ino: Ino, name: &[u8], mask: u8) -> Result<()> {
    let writes = mask & may::WRITE != 0;
    if writes {
        let guarded = inode_flags::IMMUTABLE | inode_flags::APPEND;
        if has_flag(f, cx, ino, guarded) {
            return Err(Errno::EPERM);
        }
    }
    if name.starts_with(b"security.") || name.starts_with(b"system.") {
        return Ok(());
    }
    let refused = if writes { Errno::EPERM } else { Errno::ENODATA };
    if name.starts_with(b"trusted.") {
        return if trusted(cx.cred) { Ok(()) } else { Err(refused) };
    }
    if name.starts_with(b"user.") {
        let attr = f.peek_attr(cx, ino)?;
        match attr.kind {
            FileType::Reg => {}
            FileType::Dir => {
                let sticky = attr.mode.has(Mode::STICKY);
                if sticky && writes && !owner_or_capable(cx.cred, &attr) {
                    return Err(Errno::EPERM);
                }
            }
            _ => return Err(refused),
        }
    }
    permission_on(f, cx, ino, mask)
}

/// File capabilities: revision 2 (20 bytes) or 3 (24 bytes), and CAP_SETFCAP.
fn check_caps(cred: &Cred, value: &[u8]) -> Result<()> {
    let magic = value.first_chunk::<4>().map(|it| u32::from_le_bytes(*it) & !1);
    if !matches!((value.len(), magic), (20, Some(0x0200_0000)) | (24, Some(0x0300_0000))) {
        return Err(Errno::EINVAL);
    }
    if cred.has(Caps::SETFCAP) { Ok(()) } else { Err(Errno::EPERM) }
}

/// Sets or removes an ACL: the permission bits follow the access ACL, and an ACL that says no
/// more than they do is not stored.
fn set_acl(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
    name: &[u8],
    acl: Option<Acl>,
) -> Result<()> {
    let guarded = inode_flags::IMMUTABLE | inode_flags::APPEND;
    if has_flag(f, cx, ino, guarded) {
        return Err(Errno::EPERM);
    }
    let attr = f.peek_attr(cx, ino)?;
    if !f.traits().acls || attr.kind == FileType::Symlink {
        return Err(Errno::EOPNOTSUPP);
    }
    if name == acl::DEFAULT && !attr.is_dir() {
        return if acl.is_some() { Err(Errno::EACCES) } else { Ok(()) };
    }
    if !owner_or_capable(cx.cred, &attr) {
        return Err(Errno::EPERM);
    }
    if let Some(acl) = &acl {
        acl.validate()?;
    }
    if f.traits().has_d_real {
        return pass_acl(f, cx, ino, &attr, name, acl);
    }
    let mut stored = acl;
    if let Some(acl) = stored.take_if(|_| name == acl::ACCESS) {
        let mut mode = acl.apply_to(attr.mode);
        if !in_group_or_capable(cx.cred, attr.gid) {
            mode = Mode::new(mode.bits() & !u32::from(Mode::SGID));
        }
        if mode != attr.mode {
            f.setattr(cx, ino, &SetAttr { mode: Some(mode), ..SetAttr::default() })?;
        }
        stored = (!acl.is_plain()).then_some(acl);
    }
    match stored {
        Some(acl) => f.setxattr(cx, ino, name, &acl.to_bytes(), XattrMode::Set),
        // Taking away what is not there is no error; tmpfs stamps it all the same (observed on 6.18).
        None => match f.removexattr(cx, ino, name) {
            Err(Errno::ENODATA) if f.type_name() == "tmpfs" => {
                f.setattr(cx, ino, &SetAttr::default())
            }
            Err(Errno::ENODATA) => Ok(()),
            res => res,
        },
    }
}

/// An overlay hands the ACL to its upper layer, after setgid was dropped for the caller (the
/// mounter, who sets the ACL, may keep it).
fn pass_acl(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
    attr: &Attr,
    name: &[u8],
    acl: Option<Acl>,
) -> Result<()> {
    if !f.takes_acls(cx, ino)? {
        return Err(Errno::EOPNOTSUPP);
    }
    let sgid = attr.mode.has(Mode::SGID) && name == acl::ACCESS;
    if sgid && !in_group_or_capable(cx.cred, attr.gid) {
        let mode = Mode::new(attr.mode.bits() & !u32::from(Mode::SGID));
        let set = SetAttr { mode: Some(mode), strips: true, ..SetAttr::default() };
        f.setattr(cx, ino, &set)?;
    }
    match acl {
        Some(acl) => f.setxattr(cx, ino, name, &acl.to_bytes(), XattrMode::Set),
        None => f.removexattr(cx, ino, name),
    }
}
