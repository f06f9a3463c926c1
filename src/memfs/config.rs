//! What a file system is made with.

use crate::types::{Dev, Gid, Mode, Uid};

/// Whose habits the file system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// `mkfs.ext4` of Debian 12 with 4 KiB blocks: hash order, inode numbers reused.
    Ext4,
    /// Newest entry first, inode numbers never reused.
    Tmpfs,
    /// As tmpfs, without attributes, handles, flags and limits.
    Ramfs,
    /// ext4's habits, and files can share blocks.
    Xfs,
    /// One subvolume of Btrfs: oldest entry first, inode numbers never reused, directories without blocks.
    Btrfs,
    /// One dataset of ZFS.
    Zfs,
}

/// What a file system is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub profile: Profile,
    pub dev: Dev,
    pub uuid: [u8; 16],
    /// `mkfs.ext4 -E hash_seed=`: orders ext4's directories.
    pub hash_seed: [u8; 16],
    /// Blocks of 4 KiB that data can use.
    pub blocks: u64,
    /// Of these, blocks that only root can use.
    pub reserved: u64,
    pub inodes: u64,
    /// The number of the first object that is made.
    pub first: u64,
    /// Blocks that are in use from the start, beside those of the first directories.
    pub tables: u64,
    /// Permission bits of the root directory.
    pub root_mode: Mode,
    /// Owner of the root directory as given by an option (`uid=`, `gid=` of tmpfs).
    pub root_uid: Option<Uid>,
    pub root_gid: Option<Gid>,
    /// Mounted by somebody who is root in a user namespace only.
    pub confined: bool,
}

/// The hash seed of every ext4-like file system here, published so that
/// `mkfs.ext4 -E hash_seed=6c617965-7267-4c61-9373-000000000001` lists in the same order.
pub const HASH_SEED: [u8; 16] =
    [0x6c, 0x61, 0x79, 0x65, 0x72, 0x67, 0x4c, 0x61, 0x93, 0x73, 0, 0, 0, 0, 0, 0x01];

impl Config {
    /// The defaults of a profile.
    pub fn of(profile: Profile) -> Config {
        let ext4 = matches!(profile, Profile::Ext4 | Profile::Xfs);
        // These have as many as there is room for.
        let endless = matches!(profile, Profile::Btrfs | Profile::Zfs);
        let mut uuid = HASH_SEED;
        uuid[15] = 0;
        Config {
            profile,
            dev: if ext4 { Dev::new(8, 1) } else { Dev::new(0, 40) },
            uuid: if profile == Profile::Ramfs { [0; 16] } else { uuid },
            hash_seed: HASH_SEED,
            blocks: if endless { 1 << 50 } else { 2_000_000 },
            reserved: if ext4 { 100_000 } else { 0 },
            inodes: match profile {
                _ if ext4 => 524_288,
                _ if endless => 1 << 40,
                _ => 2_000_000,
            },
            first: match profile {
                Profile::Ext4 | Profile::Xfs => 12,
                Profile::Btrfs => 257,
                _ => 2,
            },
            tables: 0,
            root_mode: Mode::new(if profile == Profile::Tmpfs { 0o1777 } else { 0o755 }),
            root_uid: None,
            root_gid: None,
            confined: false,
        }
    }
}
