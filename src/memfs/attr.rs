//! Attributes, extended attributes, and the numbers of the whole file system.

use super::inode::{Body, Inode};
use super::times::Which;
use super::{Config, MemFs, Profile, data, xattr};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::types::{Attr, Ino, Mode, Result, SetAttr, SetTime, StatFs, XattrMode, inode_flags};
use std::sync::Arc;

/// `f_type` of the profiles.
const EXT4_MAGIC: u64 = 0xef53;
const TMPFS_MAGIC: u64 = 0x0102_1994;
const RAMFS_MAGIC: u64 = 0x8584_58f6;
const XFS_MAGIC: u64 = 0x5846_5342;
const BTRFS_MAGIC: u64 = 0x9123_683e;
const ZFS_MAGIC: u64 = 0x2fc1_2fc1;
/// `ST_VALID | ST_RELATIME` and `ST_RDONLY` of `statfs`.
const ST_VALID: u64 = 0x20;
const ST_RDONLY: u64 = 1;
/// What tmpfs counts for an entry (observed on 6.18).
const TMPFS_ENTRY: u64 = 20;

/// ramfs numbers its inodes from a counter of the whole kernel, which is not at its start.
const KERNEL_COUNTER: u64 = 20_000;

impl MemFs {
    /// An inode's number as `stat` and listings show it.
    pub(super) fn shown(&self, number: u64) -> u64 {
        match self.profile() {
            Profile::Ramfs => number + KERNEL_COUNTER,
            _ => number,
        }
    }

    pub(super) fn attr_of(&self, ino: Ino, node: &Inode) -> Attr {
        Attr {
            dev: self.config.dev,
            ino: self.shown(ino.0),
            kind: node.body.file_type(),
            mode: Mode(node.mode),
            // Btrfs does not count what is in a directory (observed on 6.18).
            nlink: match (&node.body, self.profile()) {
                (Body::Dir(..), Profile::Btrfs) => node.nlink.min(1),
                _ => node.nlink,
            },
            uid: node.uid,
            gid: node.gid,
            rdev: node.body.rdev(),
            size: self.size_of(node),
            blksize: data::BLOCK as u32,
            blocks: self.blocks_of(node) * (data::BLOCK / 512),
            atime: self.time_of(ino, Which::Access, node.atime),
            mtime: self.time_of(ino, Which::Modify, node.mtime),
            ctime: node.ctime.time(),
            btime: node.btime.time(),
        }
    }

    fn size_of(&self, node: &Inode) -> u64 {
        match (&node.body, self.profile()) {
            (Body::Reg(data), _) => data.as_ref().map_or(0, |it| it.size()),
            (Body::Symlink(target), _) => target.len() as u64,
            (Body::Dir(_, dir), Profile::Tmpfs) => TMPFS_ENTRY * (dir.len() as u64 + 2),
            // Each name stands there twice (observed on 6.18).
            (Body::Dir(_, dir), Profile::Btrfs) => 2 * dir.name_bytes(),
            (Body::Dir(_, dir), Profile::Zfs) => dir.len() as u64 + 2,
            (Body::Dir(_, dir), _) if dir.removed => 0,
            (Body::Dir(_, dir), _) => dir.blocks() * data::BLOCK,
            _ => 0,
        }
    }

    /// Blocks of 4 KiB that an inode holds.
    pub(super) fn blocks_of(&self, node: &Inode) -> u64 {
        let own = match (&node.body, self.profile()) {
            (Body::Reg(data), _) => data.as_ref().map_or(0, |it| it.blocks()),
            // Short targets live in the inode: below 60 bytes on ext4, up to 127 with a NUL on tmpfs.
            (Body::Symlink(target), Profile::Ext4) => u64::from(target.len() >= 60),
            (Body::Symlink(target), Profile::Tmpfs) => u64::from(target.len() >= 128),
            (Body::Dir(_, dir), _) => dir.blocks(),
            _ => 0,
        };
        own + node.xattrs.as_ref().map_or(0, |it| it.blocks())
    }

    pub(super) fn set_attributes(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        set: &SetAttr,
    ) -> Result<()> {
        self.node(ino)?;
        self.writable()?;
        self.guard_attributes(ino, set)?;
        let cut = match set.size {
            // ramfs leaves all stamps to the caller (observed on 6.18).
            Some(size) => match self.resize(cx, ino, size)? {
                true => self.profile() != Profile::Ramfs,
                false => self.cut_stamps(ino)?,
            },
            None => false,
        };
        // `truncate` brings no time along, `ftruncate` and O_TRUNC do: a cut that is none leaves ctime
        // alone even when it drops setuid (observed on 6.18, tmpfs and ramfs).
        // On ramfs so does one that is a cut.
        let cut = cut && (self.profile() != Profile::Ramfs || set.mtime.is_some());
        // Disks leave ctime alone when privileges go, memory does not (observed on 6.18, ext4 and tmpfs).
        let strips = set.strips && self.profile() == Profile::Ext4;
        if !strips && (cut || set.size.is_none() || set.mtime.is_some()) {
            self.changed(cx, ino, cut);
        }
        let mut stamp = |which, time| match time {
            Some(SetTime::To(time)) => Some(self.stamp_of(ino, which, time)),
            _ => None,
        };
        let (atime, mtime) = (stamp(Which::Access, set.atime), stamp(Which::Modify, set.mtime));
        let node = self.node_mut(ino)?;
        if let Some(mode) = set.mode {
            node.mode = mode.0;
        }
        node.uid = set.uid.unwrap_or(node.uid);
        node.gid = set.gid.unwrap_or(node.gid);
        let now = node.ctime;
        node.atime = set.atime.map_or(node.atime, |_| atime.unwrap_or(now));
        node.mtime = set.mtime.map_or(node.mtime, |_| mtime.unwrap_or(now));
        Ok(())
    }

    /// ext4 guards its inodes itself: an immutable one takes no change at all, whoever was allowed to make it
    /// before, and an append-only one keeps mode and owner even when setuid is to go (observed on 6.18).
    fn guard_attributes(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        let owned = set.mode.is_some() || set.uid.is_some() || set.gid.is_some();
        let guarded = if owned { inode_flags::APPEND } else { 0 };
        self.guard(ino, guarded | inode_flags::IMMUTABLE)
    }

    /// # Errors
    /// `EPERM`: this is ext4, and the inode has one of these flags.
    pub(super) fn guard(&self, ino: Ino, flags: u32) -> Result<()> {
        match self.profile() {
            Profile::Ext4 if self.node(ino)?.flags & flags != 0 => Err(Errno::EPERM),
            _ => Ok(()),
        }
    }

    /// Is a file stamped that is cut to the size it has? On ext4 always, on tmpfs when it has pages
    /// (observed on 6.18).
    fn cut_stamps(&self, ino: Ino) -> Result<bool> {
        Ok(match self.profile() {
            Profile::Ext4 => true,
            Profile::Tmpfs => self.contents(ino)?.blocks() > 0,
            _ => false,
        })
    }

    pub(super) fn xattr(&self, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        let node = self.node(ino)?;
        self.check_xattr(name)?;
        let value = node.xattrs.as_ref().and_then(|it| it.get(name));
        value.map(<[u8]>::to_vec).ok_or(Errno::ENODATA)
    }

    fn check_xattr(&self, name: &[u8]) -> Result<()> {
        match self.profile() {
            Profile::Ramfs => Err(Errno::EOPNOTSUPP),
            _ => xattr::check_name(name),
        }
    }

    pub(super) fn set_xattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        self.node(ino)?;
        self.check_xattr(name)?;
        self.writable()?;
        let profile = self.profile();
        let same = self.node(ino)?.xattrs.as_ref().and_then(|it| it.get(name)) == Some(value);
        if same && profile == Profile::Ext4 && mode != XattrMode::Create {
            // Nothing happens, and ctime stays (observed on 6.18).
            return Ok(());
        }
        self.counted(ino, |node| {
            let mut set = node.xattrs.as_deref().cloned().unwrap_or_default();
            set.set(profile, name, value, mode)?;
            node.xattrs = Some(Arc::new(set));
            Ok(())
        })??;
        self.changed(cx, ino, false);
        Ok(())
    }

    pub(super) fn remove_xattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        self.node(ino)?;
        self.check_xattr(name)?;
        self.writable()?;
        self.counted(ino, |node| {
            let set = node.xattrs.as_mut().ok_or(Errno::ENODATA)?;
            set.get(name).ok_or(Errno::ENODATA)?;
            Arc::make_mut(set).remove(name)?;
            if set.is_empty() {
                node.xattrs = None;
            }
            Ok(())
        })??;
        self.changed(cx, ino, false);
        Ok(())
    }

    /// Is there room for so many more blocks?
    pub(super) fn room_for(&self, cx: &Cx<'_>, blocks: u64) -> bool {
        let kept = if cx.cred.fsuid == 0 || cx.cred.has(crate::cred::Caps::SYS_RESOURCE) {
            0
        } else {
            self.config.reserved
        };
        let fits = self.used_blocks + blocks + kept <= self.config.blocks;
        self.profile() == Profile::Ramfs || fits && self.room.is_none_or(|left| blocks <= left)
    }

    /// The options that /proc/mounts shows: what differs from the defaults of tmpfs and ramfs.
    pub(super) fn options(&self) -> String {
        let (config, usual) = (&self.config, Config::of(self.profile()));
        let mut list = Vec::new();
        if self.profile() == Profile::Tmpfs {
            if config.blocks != usual.blocks {
                list.push(format!("size={}k", config.blocks * (data::BLOCK / 1024)));
            }
            if config.inodes != usual.inodes {
                list.push(format!("nr_inodes={}", config.inodes));
            }
        }
        if matches!(self.profile(), Profile::Tmpfs | Profile::Ramfs) {
            if config.root_mode != usual.root_mode {
                list.push(format!("mode={:o}", config.root_mode.bits()));
            }
            list.extend(config.root_uid.filter(|it| *it != 0).map(|it| format!("uid={it}")));
            list.extend(config.root_gid.filter(|it| *it != 0).map(|it| format!("gid={it}")));
        }
        list.join(",")
    }

    pub(super) fn numbers(&self) -> StatFs {
        let config = &self.config;
        let profile = self.profile();
        let counts = profile != Profile::Ramfs;
        let bfree = config.blocks.saturating_sub(self.used_blocks);
        // ext4 counts its eleven reserved inodes, the root among them.
        let used = match profile {
            Profile::Ext4 => self.inodes.len() as u64 + 9,
            _ => self.inodes.len() as u64,
        };
        let fold = |at: usize| {
            let id = &config.uuid[at..at + 4];
            let high = &config.uuid[at + 8..at + 12];
            u32::from_le_bytes([id[0] ^ high[0], id[1] ^ high[1], id[2] ^ high[2], id[3] ^ high[3]])
        };
        StatFs {
            magic: match profile {
                Profile::Ext4 => EXT4_MAGIC,
                Profile::Tmpfs => TMPFS_MAGIC,
                Profile::Ramfs => RAMFS_MAGIC,
                Profile::Xfs => XFS_MAGIC,
                Profile::Btrfs => BTRFS_MAGIC,
                Profile::Zfs => ZFS_MAGIC,
            },
            bsize: data::BLOCK,
            blocks: if counts { config.blocks } else { 0 },
            bfree: if counts { bfree } else { 0 },
            bavail: if counts { bfree.saturating_sub(config.reserved) } else { 0 },
            files: if counts { config.inodes } else { 0 },
            ffree: if counts { config.inodes.saturating_sub(used) } else { 0 },
            fsid: [fold(0), fold(4)],
            namelen: 255,
            flags: ST_VALID | if self.read_only { ST_RDONLY } else { 0 },
        }
    }
}
