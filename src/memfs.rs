//! A "real" file system in memory, with the observable habits of ext4, tmpfs, ramfs or xfs.
//!
//! Works on inodes, never on paths, and never looks at the caller's rights (see
//! [`crate::fs::checked`]). Everything is copy-on-write: a snapshot moves nothing.

mod attr;
mod config;
mod data;
mod dir;
mod direct;
mod file;
mod handle;
mod hash;
mod inode;
mod limits;
mod names;
mod serve;
#[cfg(test)]
mod tests;
mod times;
mod watch;
mod xattr;

pub use config::{Config, HASH_SEED, Profile};
pub use watch::{Change, Kept};

use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::store::Table;
use crate::types::{Dev, FileType, Ino, Meter, Result, Timespec};
use dir::{Dir, Order};
use inode::{Body, DirMut, Inode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use times::{Stamp, Which};

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
    /// Times that a [`Stamp`] has no room for.
    far_times: BTreeMap<(u64, Which), Timespec>,
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
            next_ino: config.first,
            config: Arc::new(config),
            order,
            inodes: Table::default(),
            free: Arc::default(),
            births: 0,
            used_blocks: 0,
            meter: Meter::default(),
            read_only: false,
            far_times: BTreeMap::new(),
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
        self.forget_times(ino);
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
