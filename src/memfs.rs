//! A "real" file system in memory, with the observable habits of ext4, tmpfs, ramfs or xfs.
//!
//! Works on inodes, never on paths, and never looks at the caller's rights (see
//! [`crate::fs::checked`]). Everything is copy-on-write: a snapshot moves nothing.

mod attr;
mod data;
mod dir;
mod direct;
mod file;
mod handle;
mod hash;
mod inode;
mod limits;
mod names;
#[cfg(test)]
mod tests;
mod watch;
mod xattr;

pub use watch::Change;

use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh, FileSystem, NewNode, Traits, checked};
use crate::store::{Rope, Table};
use crate::types::{
    Attr, Dev, FileType, Gid, Guard, Ino, Meter, Mode, Name, OpenFlags, RenameFlags, Result,
    SetAttr, StatFs, Uid, Whence, XattrMode, inode_flags,
};
use dir::{Dir, Order};
use inode::{Body, DirMut, Inode, Stamp};
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Blocks that are in use from the start, beside those of the first directories.
    pub tables: u64,
    /// Permission bits of the root directory.
    pub root_mode: Mode,
    /// Owner of the root directory as given by an option (`uid=`, `gid=` of tmpfs).
    pub root_uid: Option<Uid>,
    pub root_gid: Option<Gid>,
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
            tables: 0,
            root_mode: Mode::new(if profile == Profile::Tmpfs { 0o1777 } else { 0o755 }),
            root_uid: None,
            root_gid: None,
        }
    }
}

/// A file system in memory.
#[derive(Clone, Debug)]
pub struct MemFs {
    config: Arc<Config>,
    order: Order,
    inodes: Table<Inode>,
    /// Numbers below `next_ino` that are free again.
    free: Arc<BTreeSet<u64>>,
    next_ino: u64,
    births: u64,
    used_blocks: u64,
    meter: Meter,
    read_only: bool,
    /// How often a directory has lost a name.
    moved_dirs: u64,
    /// What changed since the owner asked last, if it wants to know.
    watch: Option<Vec<Change>>,
    /// Blocks that what this file system lies on still has, if that is less than its own.
    room: Option<u64>,
}

impl MemFs {
    /// An empty file system with the defaults of a profile.
    pub fn new(profile: Profile) -> MemFs {
        MemFs::with(Config::of(profile))
    }

    pub fn with(config: Config) -> MemFs {
        let profile = config.profile;
        let order = match profile {
            Profile::Ext4 | Profile::Xfs => Order::Hash(hash::seed_words(config.hash_seed)),
            Profile::Tmpfs => Order::Newest,
            Profile::Ramfs => Order::Counted,
            Profile::Btrfs | Profile::Zfs => Order::Oldest,
        };
        let ext4 = matches!(order, Order::Hash(_));
        let mut fs = MemFs {
            config: Arc::new(config),
            order,
            inodes: Table::default(),
            free: Arc::default(),
            next_ino: match profile {
                Profile::Ext4 | Profile::Xfs => 12,
                Profile::Btrfs => 257,
                _ => 2,
            },
            births: 0,
            used_blocks: 0,
            meter: Meter::default(),
            read_only: false,
            moved_dirs: 0,
            watch: None,
            room: None,
        };
        fs.found(ext4);
        fs
    }

    /// The directories of a new file system: the root, and lost+found on ext4.
    fn found(&mut self, ext4: bool) {
        let root = self.root().0;
        let mode = self.config.root_mode;
        let mut top = Dir::new(root, self.order);
        let lost = self.config.profile == Profile::Ext4;
        if lost {
            let below = Dir::new(root, self.order).with_spare_blocks(3);
            let made = top.insert(b"lost+found", dir::Slot { ino: 11, kind: FileType::Dir });
            debug_assert_eq!(made, Ok(()));
            let below = self.blank(Body::of_dir(below), 0o700);
            self.inodes.insert(11, Inode { nlink: 2, ..below });
            self.used_blocks += 4;
        }
        let node = self.blank(Body::of_dir(top), mode.0);
        let nlink = if lost { 3 } else { 2 };
        let uid = self.config.root_uid.unwrap_or_default();
        let gid = self.config.root_gid.unwrap_or_default();
        self.inodes.insert(root, Inode { nlink, uid, gid, ..node });
        self.used_blocks += u64::from(ext4) + self.config.tables;
    }

    /// An inode of root's at the beginning of time.
    fn blank(&self, body: Body, mode: u16) -> Inode {
        let start = Stamp::of(crate::fs::clock::START);
        Inode {
            flags: limits::first_flags(self.config.profile, body.file_type(), 0),
            body,
            xattrs: None,
            atime: start,
            mtime: start,
            ctime: start,
            btime: start,
            uid: 0,
            gid: 0,
            nlink: 1,
            pins: 0,
            generation: 0,
            mode,
            queried: false,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Sets the device number that `stat` shows.
    pub fn set_dev(&mut self, dev: Dev) {
        Arc::make_mut(&mut self.config).dev = dev;
    }

    /// Changes the limits (`mount -o remount,size=`).
    pub fn set_limits(&mut self, blocks: u64, inodes: u64) {
        let config = Arc::make_mut(&mut self.config);
        (config.blocks, config.inodes) = (blocks, inodes);
    }

    /// The read-only mark of the superblock: every change is `EROFS`.
    pub fn set_read_only(&mut self, on: bool) {
        self.read_only = on;
    }

    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Number of live inodes.
    pub fn inode_count(&self) -> usize {
        self.inodes.len()
    }

    fn profile(&self) -> Profile {
        self.config.profile
    }

    fn node(&self, ino: Ino) -> Result<&Inode> {
        self.inodes.get(ino.0).ok_or(Errno::ESTALE)
    }

    fn node_mut(&mut self, ino: Ino) -> Result<&mut Inode> {
        self.inodes.get_mut(ino.0).ok_or(Errno::ESTALE)
    }

    fn dir(&self, ino: Ino) -> Result<&Dir> {
        self.node(ino)?.dir().ok_or(Errno::ENOTDIR)
    }

    fn dir_mut(&mut self, ino: Ino) -> Result<DirMut<'_>> {
        self.node_mut(ino)?.dir_mut().ok_or(Errno::ENOTDIR)
    }

    /// # Errors
    /// `EROFS`.
    fn writable(&self) -> Result<()> {
        if self.read_only { Err(Errno::EROFS) } else { Ok(()) }
    }

    /// The inode changes now: ctime, and mtime when its contents do.
    fn changed(&mut self, cx: &mut Cx<'_>, ino: Ino, contents: bool) {
        let Some(node) = self.inodes.get_mut(ino.0) else { return };
        let mut now = cx.clock.coarse();
        if node.queried && Stamp::of(now) <= node.ctime {
            now = cx.clock.fine();
        }
        node.queried = false;
        node.ctime = Stamp::of(now);
        if contents {
            node.mtime = node.ctime;
        }
        self.note(Change::Inode(ino));
    }

    /// Frees the inode when neither a link nor a pin holds it.
    fn settle(&mut self, ino: Ino) {
        let dead = self.inodes.get(ino.0).is_some_and(|it| it.nlink == 0 && it.pins == 0);
        if !dead {
            return;
        }
        let Some(node) = self.inodes.remove(ino.0) else { return };
        let had = self.blocks_of(&node);
        self.use_blocks(had, 0);
        self.note(Change::Gone(ino));
        if matches!(self.order, Order::Hash(_)) {
            Arc::make_mut(&mut self.free).insert(ino.0);
        }
    }

    /// Runs a change of one inode's blocks and keeps the count of the file system.
    fn counted<R>(&mut self, ino: Ino, f: impl FnOnce(&mut Inode) -> R) -> Result<R> {
        let before = self.blocks_of(self.node(ino)?);
        let node = self.inodes.get_mut(ino.0).ok_or(Errno::ESTALE)?;
        let res = f(node);
        let after = self.blocks_of(self.node(ino)?);
        self.use_blocks(before, after);
        Ok(res)
    }

    /// Something that had `before` blocks has `after` now.
    fn use_blocks(&mut self, before: u64, after: u64) {
        self.used_blocks = self.used_blocks + after - before;
        self.meter.moved(before * data::BLOCK, after * data::BLOCK);
    }

    /// Counts a change of names or attributes that succeeded.
    fn noted<R>(&mut self, res: Result<R>) -> Result<R> {
        self.meter.metadata += u64::from(res.is_ok());
        res
    }
}

fn may(cred: &Cred, node: &Inode, mask: u8) -> Result<()> {
    let acl = node.xattrs.as_deref().and_then(|it| it.get(checked::acl::ACCESS));
    let kind = node.body.file_type();
    let guard = Guard { kind, mode: Mode(node.mode), uid: node.uid, gid: node.gid };
    checked::generic_permission(cred, guard, acl, mask)
}

impl FileSystem for MemFs {
    fn snapshot(&self) -> Box<dyn FileSystem> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }

    fn type_name(&self) -> &'static str {
        match self.profile() {
            Profile::Ext4 => "ext4",
            Profile::Tmpfs => "tmpfs",
            Profile::Ramfs => "ramfs",
            Profile::Xfs => "xfs",
            Profile::Btrfs => "btrfs",
            Profile::Zfs => "zfs",
        }
    }

    fn root(&self) -> Ino {
        match self.profile() {
            Profile::Ext4 => Ino(2),
            Profile::Xfs => Ino(11),
            Profile::Tmpfs | Profile::Ramfs => Ino(1),
            Profile::Btrfs => Ino(256),
            Profile::Zfs => Ino(34),
        }
    }

    fn traits(&self) -> Traits {
        let plain = self.profile() == Profile::Ramfs;
        Traits {
            xattrs: !plain,
            acls: !plain && self.profile() != Profile::Zfs,
            handles: !plain,
            tmpfile: true,
            rename_whiteout: !plain,
            reflink: matches!(self.profile(), Profile::Xfs | Profile::Btrfs),
            read_only: self.read_only,
            depth: 0,
            has_d_real: false,
            ino32: self.profile() == Profile::Ext4,
            block: data::BLOCK as u32,
        }
    }

    fn pin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.pins += 1;
        }
    }

    fn unpin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.pins = node.pins.saturating_sub(1);
        }
        self.settle(ino);
    }

    fn lookup(&mut self, _cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        Ok(Ino(self.node(dir)?.find(name.bytes())?.ino))
    }

    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        let node = self.node(dir)?;
        may(cx.cred, node, checked::may::EXEC)?;
        let found = node.find(name.bytes())?;
        Ok((Ino(found.ino), found.kind))
    }

    fn parent(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        Ok(Ino(self.dir(dir)?.parent))
    }

    fn getattr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let node = self.node(ino)?;
        let (attr, queried) = (self.attr_of(ino, node), node.queried);
        if !queried {
            self.node_mut(ino)?.queried = true;
        }
        Ok(attr)
    }

    fn peek_attr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        Ok(self.attr_of(ino, self.node(ino)?))
    }

    fn kind(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        Ok(self.node(ino)?.body.file_type())
    }

    fn version(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Option<u64> {
        self.dir(dir).ok().map(|it| it.version)
    }

    fn dirs_version(&self) -> Option<u64> {
        Some(self.moved_dirs)
    }

    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        let now = Stamp::of(cx.clock.coarse());
        if let Some(node) = self.inodes.get_mut(ino.0).filter(|it| it.atime != now) {
            node.atime = now;
            self.note(Change::Inode(ino));
        }
    }

    fn touch_mtime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.changed(cx, ino, true);
    }

    fn show_options(&self) -> Vec<u8> {
        self.options().into_bytes()
    }

    fn set_read_only(&mut self, _cx: &mut Cx<'_>, on: bool) -> Result<()> {
        self.read_only = on;
        Ok(())
    }

    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        let res = self.set_attributes(cx, ino, set);
        self.noted(res)
    }

    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        may(cx.cred, self.node(ino)?, mask)
    }

    fn readlink(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        match &self.node(ino)?.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let res = self.make(cx, dir, name.bytes(), new);
        self.noted(res)
    }

    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let res = self.make_unnamed(cx, dir, new);
        self.noted(res)
    }

    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.add_link(cx, ino, dir, name.bytes());
        self.noted(res)
    }

    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.remove_file(cx, dir, name.bytes());
        self.noted(res)
    }

    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.remove_dir(cx, dir, name.bytes());
        self.noted(res)
    }

    fn rename(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: Name<'_>,
        to_dir: Ino,
        to_name: Name<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        let res = self.move_name(cx, (dir, name.bytes()), (to_dir, to_name.bytes()), flags);
        self.noted(res)
    }

    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let is_file = self.kind(cx, ino)? == FileType::Reg;
        let past_cache = flags.has(OpenFlags::DIRECT) && !flags.has(OpenFlags::PATH);
        // A ramfs has nothing but the page cache (observed on 6.18).
        if past_cache && is_file && self.profile() == Profile::Ramfs {
            return Err(Errno::EINVAL);
        }
        self.pin(cx, ino);
        Ok(self.opened(flags))
    }

    fn release(&mut self, cx: &mut Cx<'_>, ino: Ino, _fh: Fh) {
        self.unpin(cx, ino);
    }

    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        self.may_read(ino, fh, off, buf.len() as u64)?;
        self.page_in(ino, off, buf.len() as u64)?;
        let done = self.contents(ino)?.read(&mut cx.disks.blobs, off, buf)?;
        self.meter.read += done as u64;
        Ok(done)
    }

    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        if let Err(errno) = MemFs::may_write(fh, off, data.len() as u64) {
            // It is stamped before the disk is asked (observed on 6.18).
            self.changed(cx, ino, true);
            return Err(errno);
        }
        let done = self.write_bytes(cx, ino, off, data)?;
        self.meter.written += done as u64;
        Ok(done)
    }

    fn read_rope(&mut self, _cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        self.page_in(ino, off, len)?;
        let rope = self.contents(ino)?.rope(off, len);
        self.meter.read += rope.data_len();
        Ok(rope)
    }

    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        self.write_shared(cx, ino, off, rope)?;
        self.meter.written += rope.data_len();
        Ok(())
    }

    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        self.allocate(cx, ino, mode, off, len)
    }

    fn seek(&mut self, _cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        self.seek_extent(ino, off, whence)
    }

    fn fsync(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        self.node(ino).map(|_| ())
    }

    fn readdir(
        &mut self,
        _cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let node = self.node(ino)?;
        let dir = node.dir().ok_or(Errno::ENOTDIR)?;
        if node.nlink == 0 {
            return Err(Errno::ENOENT);
        }
        dir.read(ino.0, pos, &mut |name, slot, next| {
            emit(Entry { ino: self.shown(slot.ino), next, kind: slot.kind, name })
        });
        Ok(())
    }

    fn seekdir(
        &mut self,
        _cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        _pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        self.dir(ino)?;
        const END: i64 = hash::END as i64;
        let hashed = matches!(self.order, Order::Hash(_));
        match whence {
            Whence::Set | Whence::Cur if off >= 0 => Ok(off),
            Whence::End if hashed => {
                END.checked_add(off).filter(|it| *it >= 0).ok_or(Errno::EINVAL)
            }
            // To ext4 a directory is one piece of data up to the end of its hashes (observed on 6.18).
            Whence::Data | Whence::Hole if hashed && !(0..END).contains(&off) => Err(Errno::ENXIO),
            Whence::Data if hashed => Ok(off),
            Whence::Hole if hashed => Ok(END),
            _ => Err(Errno::EINVAL),
        }
    }

    fn getxattr(&mut self, _cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        self.xattr(ino, name)
    }

    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let res = self.set_xattr(cx, ino, name, value, mode);
        self.noted(res)
    }

    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        let res = self.remove_xattr(cx, ino, name);
        self.noted(res)
    }

    fn listxattr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        let node = self.node(ino)?;
        Ok(node.xattrs.iter().flat_map(|it| it.names()).map(<[u8]>::to_vec).collect())
    }

    fn get_flags(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        let node = self.node(ino)?;
        limits::new_flags(self.profile(), node.body.file_type(), 0)?;
        let indexed = node.dir().is_some_and(Dir::is_indexed);
        Ok(node.flags | if indexed { inode_flags::INDEX } else { 0 })
    }

    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()> {
        let new = limits::new_flags(self.profile(), self.node(ino)?.body.file_type(), flags)?;
        self.writable()?;
        self.node_mut(ino)?.flags = new;
        self.meter.metadata += 1;
        self.changed(cx, ino, false);
        Ok(())
    }

    fn statfs(&mut self, _cx: &mut Cx<'_>) -> Result<StatFs> {
        Ok(self.numbers())
    }

    fn encode_handle(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        self.handle_of(ino)
    }

    fn decode_handle(&mut self, _cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        self.by_handle(kind, handle)
    }

    fn uuid(&self) -> [u8; 16] {
        self.config.uuid
    }

    fn meter(&self) -> Meter {
        self.meter
    }
}
