//! What the profiles allow: sizes, links, attributes, inode flags. Observed on Linux 6.18.

use super::Profile;
use crate::errno::Errno;
use crate::fs::SIZE_MAX;
use crate::types::{FileType, Result, inode_flags};

/// Hard links of one file on ext4.
const EXT4_LINK_MAX: u32 = 65_000;
/// Hard links of one file on Btrfs.
const BTRFS_LINK_MAX: u32 = 65_535;
/// The largest file of ext4 with 4 KiB blocks.
const EXT4_SIZE_MAX: u64 = 0x0fff_ffff_f000;
pub(super) fn link_max(profile: Profile) -> u32 {
    match profile {
        Profile::Ext4 => EXT4_LINK_MAX,
        Profile::Btrfs => BTRFS_LINK_MAX,
        _ => u32::MAX,
    }
}

pub(super) fn size_max(profile: Profile) -> u64 {
    match profile {
        Profile::Ext4 => EXT4_SIZE_MAX,
        _ => SIZE_MAX,
    }
}

/// The longest symbolic link target: with its NUL it fits a block on ext4.
pub(super) fn symlink_max(profile: Profile) -> usize {
    match profile {
        Profile::Xfs => 1023,
        _ => 4095,
    }
}

/// Are attributes limited to the inode and one block, as on ext4 without `ea_inode`?
pub(super) fn small_xattrs(profile: Profile) -> bool {
    profile == Profile::Ext4
}

/// Flags that `chattr` can change on ext4 (observed on 6.18: the others are accepted and ignored, or refused).
const EXT4_SETTABLE: u32 = 0x1
    | 0x2
    | 0x4
    | 0x8
    | 0x10
    | 0x20
    | 0x40
    | 0x80
    | 0x8000
    | 0x8_0000
    | 0x40_0000
    | inode_flags::DAX;
const EXT4_SETTABLE_DIR: u32 =
    EXT4_SETTABLE | inode_flags::DIRSYNC | inode_flags::TOPDIR | inode_flags::PROJINHERIT;
const EXT4_IGNORED: u32 = 0x100 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x10_0000 | 0x1000_0000;
/// Flags of tmpfs: append, immutable, nodump, noatime.
const TMPFS_SETTABLE: u32 = 0x10 | 0x20 | 0x40 | 0x80;

/// The flags after a request to set them.
///
/// # Errors
/// `ENOTTY` without support or on what is neither file nor directory, `EOPNOTSUPP` for flags that
/// the file system does not know.
pub(super) fn new_flags(profile: Profile, kind: FileType, wanted: u32) -> Result<u32> {
    if !matches!(kind, FileType::Reg | FileType::Dir) || profile == Profile::Ramfs {
        return Err(Errno::ENOTTY);
    }
    let (settable, ignored) = match (profile, kind) {
        (Profile::Ext4, FileType::Dir) => (EXT4_SETTABLE_DIR, EXT4_IGNORED),
        (Profile::Ext4, _) => (EXT4_SETTABLE, EXT4_IGNORED),
        _ => (TMPFS_SETTABLE, 0),
    };
    if wanted & 0x4000 != 0 && profile == Profile::Ext4 {
        return Err(Errno::EPERM);
    }
    if wanted & !(settable | ignored) != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(wanted & settable)
}

/// Flags of a new inode.
pub(super) fn first_flags(profile: Profile, kind: FileType, parent: u32) -> u32 {
    let inherited = inode_flags::SYNC
        | inode_flags::NODUMP
        | inode_flags::NOATIME
        | inode_flags::DIRSYNC
        | inode_flags::DAX
        | inode_flags::PROJINHERIT
        | 0x1
        | 0x2
        | 0x4
        | 0x8000;
    match (profile, kind) {
        (Profile::Ext4, FileType::Dir) => (parent & inherited) | inode_flags::EXTENTS,
        (Profile::Ext4, FileType::Reg) => {
            let of_dirs = inode_flags::DIRSYNC | inode_flags::PROJINHERIT;
            (parent & inherited & !of_dirs) | inode_flags::EXTENTS
        }
        (Profile::Ext4 | Profile::Tmpfs, _) => {
            parent & (inode_flags::NODUMP | inode_flags::NOATIME)
        }
        _ => 0,
    }
}
