//! Changing attributes: who may, and what else changes with it (setuid, setgid, capabilities).

use super::acl::{self, Acl};
use super::{has_flag, in_group_or_capable, may, owner_or_capable, permission_on};
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::types::{
    Attr, FileType, FsId, Gid, Ino, Mode, Result, SetAttr, SetTime, Uid, inode_flags,
};

/// The file capabilities of an executable.
pub const CAPS: &[u8] = b"security.capability";

/// How much of the caller's right a change needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Each changed field asks for its own right.
    Owner,
    /// The caller may write the file: that is enough for both times to become now.
    Touch,
    /// The right was established before (truncation).
    Granted,
}

/// `chmod`: `EPERM` unless owner; setgid is dropped for a group the caller is not in.
///
/// # Errors
/// `EPERM`, `EOPNOTSUPP` for a symbolic link.
pub fn chmod(cx: &mut Cx<'_>, fs: FsId, ino: Ino, mode: Mode) -> Result<()> {
    setattr(cx, fs, ino, &SetAttr { mode: Some(mode), ..SetAttr::default() })
}

/// `chown`: clears setuid, setgid and file capabilities of everything but directories, even
/// when no id changes.
///
/// # Errors
/// `EPERM`.
pub fn chown(
    cx: &mut Cx<'_>,
    fs: FsId,
    ino: Ino,
    uid: Option<Uid>,
    gid: Option<Gid>,
) -> Result<()> {
    cx.on(fs, |f, cx| {
        let attr = f.peek_attr(cx, ino)?;
        let mut set = SetAttr { uid, gid, touch: true, ..SetAttr::default() };
        let mut caps = false;
        if !attr.is_dir() {
            caps = f.getxattr(cx, ino, CAPS).is_ok();
            let kill = suid_of(&attr) | sgid_to_drop(cx.cred, &attr);
            if kill != 0 {
                set.mode = Some(Mode::new(attr.mode.bits() & !kill));
            }
        }
        change(f, cx, ino, &set, Right::Owner, caps)
    })
}

/// `utimensat`: both times to now needs the right to write, anything else ownership.
///
/// # Errors
/// `EACCES`, `EPERM`.
pub fn utimes(
    cx: &mut Cx<'_>,
    fs: FsId,
    ino: Ino,
    atime: Option<SetTime>,
    mtime: Option<SetTime>,
) -> Result<()> {
    let set = SetAttr { atime, mtime, ..SetAttr::default() };
    let both_now = atime == Some(SetTime::Now) && mtime == Some(SetTime::Now);
    let right = if both_now { Right::Touch } else { Right::Owner };
    cx.on(fs, |f, cx| change(f, cx, ino, &set, right, false))
}

/// `truncate(2)`: sets the size of a file that the caller may write (checked before), clearing
/// setuid, setgid and capabilities as a write does. Whether the stamps move when the size stays
/// the same is the file system's business.
///
/// # Errors
/// Those of the file system.
pub fn truncate(cx: &mut Cx<'_>, fs: FsId, ino: Ino, size: u64) -> Result<()> {
    cut(cx, fs, ino, SetAttr { size: Some(size), ..SetAttr::default() })
}

/// `ftruncate(2)` and `O_TRUNC`: as [`truncate`], and the stamps always move.
///
/// # Errors
/// Those of the file system.
pub fn truncate_open(cx: &mut Cx<'_>, fs: FsId, ino: Ino, size: u64) -> Result<()> {
    let mtime = Some(SetTime::Now);
    cut(cx, fs, ino, SetAttr { size: Some(size), mtime, ..SetAttr::default() })
}

fn cut(cx: &mut Cx<'_>, fs: FsId, ino: Ino, set: SetAttr) -> Result<()> {
    cx.on(fs, |f, cx| {
        let (mode, caps) = privs_to_remove(f, cx, ino)?;
        change(f, cx, ino, &SetAttr { mode, ..set }, Right::Granted, caps)
    })
}

/// What a write does first: an unprivileged one clears setuid and setgid, any one the file
/// capabilities.
///
/// # Errors
/// Those of the file system.
pub fn remove_privs(cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<()> {
    cx.on(fs, |f, cx| {
        let (mode, caps) = privs_to_remove(f, cx, ino)?;
        if mode.is_none() && !caps {
            return Ok(());
        }
        let set = SetAttr { mode, touch: true, strips: true, ..SetAttr::default() };
        change(f, cx, ino, &set, Right::Granted, caps)
    })
}

/// Any change of attributes, with the caller's rights. Explicit times need ownership.
///
/// # Errors
/// `EPERM`, `EACCES`, `EOPNOTSUPP`.
pub fn setattr(cx: &mut Cx<'_>, fs: FsId, ino: Ino, set: &SetAttr) -> Result<()> {
    let now = Some(SetTime::Now);
    let touches = SetAttr { atime: now, mtime: now, ..SetAttr::default() };
    let right = match set.size {
        Some(_) => Right::Granted,
        // An append-only file may be touched, whoever asks (observed on 6.18).
        None if *set == touches => Right::Touch,
        None => Right::Owner,
    };
    cx.on(fs, |f, cx| change(f, cx, ino, set, right, false))
}

fn suid_of(attr: &Attr) -> u32 {
    attr.mode.bits() & u32::from(Mode::SUID)
}

/// Setgid is a mark of mandatory locking, not a right, when the group may not execute.
fn sgid_to_drop(cred: &Cred, attr: &Attr) -> u32 {
    let sgid = attr.mode.bits() & u32::from(Mode::SGID);
    let runs = attr.mode.bits() & 0o010 != 0;
    if runs || !in_group_or_capable(cred, attr.gid) { sgid } else { 0 }
}

fn privs_to_remove(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
) -> Result<(Option<Mode>, bool)> {
    let attr = f.peek_attr(cx, ino)?;
    let caps = attr.kind == FileType::Reg && f.getxattr(cx, ino, CAPS).is_ok();
    let kill = suid_of(&attr) | sgid_to_drop(cx.cred, &attr);
    // CAP_FSETID of a user namespace does not count here (observed on 6.18).
    let keeps = cx.cred.has(Caps::FSETID) && !cx.cred.userns;
    let drops = kill != 0 && attr.kind == FileType::Reg && !keeps;
    Ok((drops.then(|| Mode::new(attr.mode.bits() & !kill)), caps))
}

fn change(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
    set: &SetAttr,
    right: Right,
    drop_caps: bool,
) -> Result<()> {
    let attr = f.peek_attr(cx, ino)?;
    let mut set = *set;
    may_change(f, cx, ino, &attr, &set, right)?;
    if set.mode.is_some() && attr.kind == FileType::Symlink && set.uid.is_none() {
        return Err(Errno::EOPNOTSUPP);
    }
    if right != Right::Granted {
        check_fields(cx.cred, &attr, &mut set, right)?;
    }
    if drop_caps {
        f.removexattr(cx, ino, CAPS)?;
    }
    f.setattr(cx, ino, &set)?;
    // An overlay's upper layer keeps its own ACL in step.
    if let Some(mode) = set.mode.filter(|_| !f.traits().has_d_real) {
        follow_mode(f, cx, ino, mode)?;
    }
    Ok(())
}

/// Immutable and append-only inodes keep what they have.
fn may_change(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    ino: Ino,
    attr: &Attr,
    set: &SetAttr,
    right: Right,
) -> Result<()> {
    if right == Right::Touch {
        if has_flag(f, cx, ino, inode_flags::IMMUTABLE) {
            return Err(Errno::EPERM);
        }
        if !owner_or_capable(cx.cred, attr) {
            permission_on(f, cx, ino, may::WRITE)?;
        }
        return Ok(());
    }
    // A chown that names nobody may still drop setuid and setgid; some file systems guard that themselves.
    let owned = set.uid.is_some() || set.gid.is_some() || set.mode.is_some() && !set.touch;
    let timed = set.atime.is_some() || set.mtime.is_some();
    let guarded = inode_flags::IMMUTABLE | inode_flags::APPEND;
    if right == Right::Owner && (owned || timed) && has_flag(f, cx, ino, guarded) {
        return Err(Errno::EPERM);
    }
    Ok(())
}

fn check_fields(cred: &Cred, attr: &Attr, set: &mut SetAttr, right: Right) -> Result<()> {
    let owner = cred.fsuid == attr.uid;
    let chown = cred.has(Caps::CHOWN);
    if set.uid.is_some_and(|uid| !(chown || owner && uid == attr.uid)) {
        return Err(Errno::EPERM);
    }
    let mine = |gid| gid == attr.gid || cred.in_group(gid);
    if set.gid.is_some_and(|gid| !(chown || owner && mine(gid))) {
        return Err(Errno::EPERM);
    }
    if let Some(mode) = set.mode {
        if !owner_or_capable(cred, attr) {
            return Err(Errno::EPERM);
        }
        if !in_group_or_capable(cred, set.gid.unwrap_or(attr.gid)) {
            set.mode = Some(Mode::new(mode.bits() & !u32::from(Mode::SGID)));
        }
    }
    let timed = set.atime.is_some() || set.mtime.is_some();
    if timed && right == Right::Owner && !owner_or_capable(cred, attr) {
        return Err(Errno::EPERM);
    }
    Ok(())
}

/// Brings the access ACL in step with changed permission bits. One that stays the same is set, too, which
/// stamps the file (observed on 6.18).
fn follow_mode(f: &mut dyn FileSystem, cx: &mut Cx<'_>, ino: Ino, mode: Mode) -> Result<()> {
    let Ok(raw) = f.getxattr(cx, ino, acl::ACCESS) else {
        return Ok(());
    };
    let new = Acl::parse(&raw)?.after_chmod(mode).to_bytes();
    f.setxattr(cx, ino, acl::ACCESS, &new, crate::types::XattrMode::Set)
}
