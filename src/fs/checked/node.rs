//! Making, linking, renaming and removing names, with the checks of the caller.

use super::acl::{self, Acl};
use super::{has_flag, in_group_or_capable, may, permission_on};
use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem, NewNode};
use crate::types::{Attr, Dev, FsId, Ino, Mode, Name, NodeKind, RenameFlags, Result, inode_flags};

/// May the caller put a new name into this directory?
///
/// # Errors
/// `ENOENT` for a removed directory, `EROFS`, `EPERM`, `EACCES`.
pub fn may_create(cx: &mut Cx<'_>, fs: FsId, dir: Ino) -> Result<()> {
    cx.on(fs, |f, cx| may_create_on(f, cx, dir))
}

fn may_create_on(f: &mut dyn FileSystem, cx: &mut Cx<'_>, dir: Ino) -> Result<()> {
    if f.links(cx, dir)? == 0 {
        return Err(Errno::ENOENT);
    }
    permission_on(f, cx, dir, may::WRITE | may::EXEC)
}

/// May the caller take this name away? `want_dir` says what the caller thinks the victim is
/// (`rmdir`, or the rename of a directory).
///
/// # Errors
/// `EROFS`, `EACCES`, `EPERM` (sticky, append-only, immutable), `ENOTDIR`, `EISDIR`, `ENOENT`.
pub fn may_delete(cx: &mut Cx<'_>, fs: FsId, dir: Ino, victim: Ino, want_dir: bool) -> Result<()> {
    cx.on(fs, |f, cx| may_delete_on(f, cx, dir, victim, want_dir))
}

fn may_delete_on(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    dir: Ino,
    victim: Ino,
    want_dir: bool,
) -> Result<()> {
    permission_on(f, cx, dir, may::WRITE | may::EXEC)?;
    if has_flag(f, cx, dir, inode_flags::APPEND) {
        return Err(Errno::EPERM);
    }
    let above = f.peek_attr(cx, dir)?;
    let attr = f.peek_attr(cx, victim)?;
    let guarded = inode_flags::APPEND | inode_flags::IMMUTABLE;
    if is_stuck(cx, &above, &attr) || has_flag(f, cx, victim, guarded) {
        return Err(Errno::EPERM);
    }
    match (want_dir, attr.is_dir()) {
        (true, false) => return Err(Errno::ENOTDIR),
        (true, true) if victim == f.root() => return Err(Errno::EBUSY),
        (false, true) => return Err(Errno::EISDIR),
        _ => {}
    }
    if above.nlink == 0 {
        return Err(Errno::ENOENT);
    }
    Ok(())
}

/// In a sticky directory only the owners of the file and of the directory may take it away.
fn is_stuck(cx: &Cx<'_>, dir: &Attr, victim: &Attr) -> bool {
    let me = cx.cred.fsuid;
    dir.mode.has(Mode::STICKY) && me != victim.uid && me != dir.uid && !cx.cred.has(Caps::FOWNER)
}

/// What a new inode in `dir` starts with: owner, group and setgid from the directory, mode by
/// umask or by the default ACL.
///
/// # Errors
/// Those of `getattr`.
pub fn prepare(
    cx: &mut Cx<'_>,
    fs: FsId,
    dir: Ino,
    kind: NodeKind,
    mode: Mode,
    umask: u32,
) -> Result<NewNode> {
    cx.on(fs, |f, cx| prepare_on(f, cx, dir, kind, mode, umask))
}

fn prepare_on(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    dir: Ino,
    kind: NodeKind,
    mode: Mode,
    umask: u32,
) -> Result<NewNode> {
    let above = f.peek_attr(cx, dir)?;
    let is_dir = kind == NodeKind::Dir;
    let mut mode = mode.bits();
    let mut gid = cx.cred.fsgid;
    if above.mode.has(Mode::SGID) {
        gid = above.gid;
        let sgid = u32::from(Mode::SGID);
        if is_dir {
            mode |= sgid;
        } else if mode & 0o2010 == 0o2010 && !in_group_or_capable(cx.cred, above.gid) {
            mode &= !sgid;
        }
    }
    let mut new =
        NewNode { kind, mode: Mode::new(mode), uid: cx.cred.fsuid, gid, xattrs: Vec::new() };
    if !matches!(new.kind, NodeKind::Symlink(_)) {
        inherit(f, cx, dir, &mut new, umask);
    }
    Ok(new)
}

/// Applies the default ACL of the directory, or the umask where there is none.
fn inherit(f: &mut dyn FileSystem, cx: &mut Cx<'_>, dir: Ino, new: &mut NewNode, umask: u32) {
    let raw = if f.traits().xattrs { f.getxattr(cx, dir, acl::DEFAULT).ok() } else { None };
    let Some((raw, default)) = raw.and_then(|raw| Acl::parse(&raw).ok().map(|acl| (raw, acl)))
    else {
        new.mode = Mode::new(new.mode.bits() & !umask);
        return;
    };
    let (mode, access) = default.inherit(new.mode);
    new.mode = mode;
    // In the order in which ext4 stores and lists them (observed on 6.18).
    if new.kind == NodeKind::Dir {
        new.xattrs.push((acl::DEFAULT.to_vec(), raw));
    }
    if let Some(access) = access {
        new.xattrs.push((acl::ACCESS.to_vec(), access.to_bytes()));
    }
}

/// Creates a file of any kind (`mode` before umask). The name must be known to be absent; the
/// file system answers `EEXIST` otherwise, after the checks.
///
/// # Errors
/// Those of [`may_create`]; `EPERM` for a device without CAP_MKNOD (a whiteout needs none).
pub fn create(
    cx: &mut Cx<'_>,
    fs: FsId,
    dir: Ino,
    name: Name<'_>,
    kind: NodeKind,
    mode: Mode,
    umask: u32,
) -> Result<Ino> {
    cx.on(fs, |f, cx| {
        may_create_on(f, cx, dir)?;
        may_mknod(cx, &kind)?;
        let new = prepare_on(f, cx, dir, kind, mode, umask)?;
        f.create(cx, dir, name, &new)
    })
}

/// Creates what is prepared already (an overlay on its upper layer).
///
/// # Errors
/// As [`create`].
pub fn create_node(
    cx: &mut Cx<'_>,
    fs: FsId,
    dir: Ino,
    name: Name<'_>,
    new: &NewNode,
) -> Result<Ino> {
    cx.on(fs, |f, cx| {
        may_create_on(f, cx, dir)?;
        may_mknod(cx, &new.kind)?;
        f.create(cx, dir, name, new)
    })
}

fn may_mknod(cx: &Cx<'_>, kind: &NodeKind) -> Result<()> {
    let device = match kind {
        NodeKind::Chr(dev) => *dev != Dev::default(),
        NodeKind::Blk(_) => true,
        _ => false,
    };
    // In a user namespace of one's own CAP_MKNOD does not reach the disk.
    if device && (!cx.cred.has(Caps::MKNOD) || cx.cred.userns) {
        return Err(Errno::EPERM);
    }
    Ok(())
}

/// An unnamed file (`O_TMPFILE`), with one pin that the caller owns.
///
/// # Errors
/// `EROFS`, `EACCES`, `EPERM`, `EOPNOTSUPP`.
pub fn tmpfile(cx: &mut Cx<'_>, fs: FsId, dir: Ino, mode: Mode, umask: u32) -> Result<Ino> {
    cx.on(fs, |f, cx| {
        permission_on(f, cx, dir, may::WRITE | may::EXEC)?;
        if !f.traits().tmpfile {
            return Err(Errno::EOPNOTSUPP);
        }
        let new = prepare_on(f, cx, dir, NodeKind::Reg, mode, umask)?;
        f.tmpfile(cx, dir, &new)
    })
}

/// Gives an inode one more name. `linkable`: an inode without names may get its first (it came
/// from `O_TMPFILE` without `O_EXCL`).
///
/// # Errors
/// Those of [`may_create`]; `EPERM` for directories and for append-only and immutable files,
/// `ENOENT` for an inode whose last name is gone.
pub fn link(
    cx: &mut Cx<'_>,
    fs: FsId,
    ino: Ino,
    dir: Ino,
    name: Name<'_>,
    linkable: bool,
) -> Result<()> {
    cx.on(fs, |f, cx| {
        may_create_on(f, cx, dir)?;
        if has_flag(f, cx, ino, inode_flags::APPEND | inode_flags::IMMUTABLE) {
            return Err(Errno::EPERM);
        }
        let attr = f.peek_attr(cx, ino)?;
        if attr.is_dir() {
            return Err(Errno::EPERM);
        }
        if attr.nlink == 0 && !linkable {
            return Err(Errno::ENOENT);
        }
        f.link(cx, ino, dir, name)
    })
}

/// Takes the name of a non-directory away; `victim` is what the name leads to.
///
/// # Errors
/// Those of [`may_delete`].
pub fn unlink(cx: &mut Cx<'_>, fs: FsId, dir: Ino, name: Name<'_>, victim: Ino) -> Result<()> {
    cx.on(fs, |f, cx| {
        may_delete_on(f, cx, dir, victim, false)?;
        f.unlink(cx, dir, name)
    })
}

/// Removes an empty directory; `victim` is what the name leads to.
///
/// # Errors
/// Those of [`may_delete`]; `ENOTEMPTY`.
pub fn rmdir(cx: &mut Cx<'_>, fs: FsId, dir: Ino, name: Name<'_>, victim: Ino) -> Result<()> {
    cx.on(fs, |f, cx| {
        may_delete_on(f, cx, dir, victim, true)?;
        f.rmdir(cx, dir, name)
    })
}

/// May the caller rename `source` (in `dir`) to a name in `to_dir` that leads to `target`?
/// Renaming an inode to itself is the caller's case: it does nothing and succeeds.
///
/// # Errors
/// Those of [`may_delete`] and [`may_create`], in the kernel's order.
pub fn may_rename(
    cx: &mut Cx<'_>,
    fs: FsId,
    (dir, source): (Ino, Ino),
    (to_dir, target): (Ino, Option<Ino>),
    flags: RenameFlags,
) -> Result<()> {
    cx.on(fs, |f, cx| may_rename_on(f, cx, (dir, source), (to_dir, target), flags))
}

fn may_rename_on(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    (dir, source): (Ino, Ino),
    (to_dir, target): (Ino, Option<Ino>),
    flags: RenameFlags,
) -> Result<()> {
    let is_dir = f.peek_attr(cx, source)?.is_dir();
    let exchange = flags.has(RenameFlags::EXCHANGE);
    let mut target_is_dir = is_dir;
    may_delete_on(f, cx, dir, source, is_dir)?;
    match target {
        None => may_create_on(f, cx, to_dir)?,
        Some(target) => {
            if exchange {
                target_is_dir = f.peek_attr(cx, target)?.is_dir();
            }
            may_delete_on(f, cx, to_dir, target, target_is_dir)?;
        }
    }
    // A directory that changes its parent has its `..` rewritten.
    if dir != to_dir {
        if is_dir {
            permission_on(f, cx, source, may::WRITE)?;
        }
        if let Some(target) = target.filter(|_| exchange && target_is_dir) {
            permission_on(f, cx, target, may::WRITE)?;
        }
    }
    Ok(())
}

/// Renames, with all checks. `source` and `target` are what the names lead to.
///
/// # Errors
/// Those of [`may_rename`] and of the file system.
pub fn rename(
    cx: &mut Cx<'_>,
    fs: FsId,
    (dir, name, source): (Ino, Name<'_>, Ino),
    (to_dir, to_name, target): (Ino, Name<'_>, Option<Ino>),
    flags: RenameFlags,
) -> Result<()> {
    if target == Some(source) {
        return Ok(());
    }
    cx.on(fs, |f, cx| {
        may_rename_on(f, cx, (dir, source), (to_dir, target), flags)?;
        f.rename(cx, dir, name, to_dir, to_name, flags)
    })
}
