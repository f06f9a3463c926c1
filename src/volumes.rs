//! File systems with many trees on one pool of storage: Btrfs with its subvolumes, ZFS with its datasets.
//!
//! Each tree is a [`MemFs`] of its own, with its own inode numbers and device number; a snapshot of it is a
//! clone, which moves nothing. Where the bytes of all trees lie, and who shares them, is booked in one
//! [`Pool`]: after each call the changes of the tree are taken and booked (`book`), rounded to what the kind of
//! storage copies at a time. To the kernel all trees are one file system: an inode is the number of its tree
//! and its number there.

mod book;
mod btrfs;
mod items;
mod mos;
mod picture;
mod quota;
mod serve;
#[cfg(test)]
mod tests;
mod zfs;

pub use book::RECORD;
pub use zfs::{Property, pool_size};

use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::memfs::{Config, MemFs, Profile};
use crate::pool::{Geometry, Pool, Stream, Volume};
use crate::store::{Map, Table, Tree as Sorted, generate};
use crate::types::control::Extent;
use crate::types::{Dev, FsId, Ino, Meter, Result, Timespec};
use std::sync::Arc;

/// Bits of an inode number that belong to the tree's own numbers.
const INO_BITS: u32 = 40;

/// The tree of an inode, and its number there.
fn split(ino: Ino) -> (u64, Ino) {
    (ino.0 >> INO_BITS, Ino(ino.0 & ((1 << INO_BITS) - 1)))
}

/// The number of an inode of a tree.
fn join(tree: u64, ino: Ino) -> Ino {
    Ino(tree << INO_BITS | ino.0)
}

/// One tree of files.
#[derive(Clone, Debug)]
struct Tree {
    fs: MemFs,
    volume: Volume,
    /// Who holds which inode: what a snapshot must not inherit.
    pins: Arc<Map<u64, u32>>,
    /// Directories here that are the names of other trees; `None` for one whose tree is not part of this
    /// snapshot.
    links: Arc<Map<u64, Option<u64>>>,
    /// The tree and the directory there that is this one's name.
    home: Option<(u64, u64)>,
    /// It has lost its name and goes when nobody uses it any more.
    dead: bool,
    facts: Facts,
    /// ZFS: bytes of a record of new files, and of those files that have others.
    record: u64,
    records: Sorted<u64, u64>,
    /// ZFS: directories with the number of the change that was booked last.
    listed: Sorted<u64, u64>,
}

/// What is known of a tree beside its files.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    created: Timespec,
    /// Transactions: the last one that changed it, and the one that made it.
    generation: u64,
    born: u64,
    uuid: [u8; 16],
    origin: Option<[u8; 16]>,
    read_only: bool,
}

/// Which of the two it is, with what only that kind has.
#[derive(Clone, Debug)]
enum Kind {
    Btrfs(btrfs::Own),
    Zfs(zfs::Own),
}

/// A file system with many trees.
#[derive(Clone, Debug)]
pub struct Volumes {
    kind: Kind,
    pool: Pool,
    trees: Table<Tree>,
    last: u64,
    generation: u64,
    uuid: [u8; 16],
    /// The device number of the first tree; the others follow.
    devs: Dev,
    read_only: bool,
    /// Files share bytes beyond snapshots.
    cloned: bool,
    open: book::Open,
    others: items::Others,
    /// What trees that are gone have cost, and what was copied because it was shared.
    past: Meter,
}

/// What a file system is made with.
#[derive(Clone, Debug)]
pub struct Make {
    /// Bytes of the device.
    pub size: u64,
    pub uuid: [u8; 16],
    /// The device number of the first tree; those after it have to be free.
    pub devs: Dev,
    pub now: Timespec,
    /// Btrfs: what `mkfs.btrfs -L` gives. ZFS: the name of the pool.
    pub name: String,
}

impl Volumes {
    fn with(kind: Kind, geometry: Geometry, make: &Make) -> Volumes {
        Volumes {
            kind,
            pool: Pool::new(geometry),
            trees: Table::default(),
            last: 0,
            generation: 1,
            uuid: make.uuid,
            devs: make.devs,
            read_only: false,
            cloned: false,
            open: book::Open::default(),
            others: items::Others::default(),
            past: Meter::default(),
        }
    }

    /// Device numbers for the trees of a file system with this number among all: each has its own.
    pub fn devices(id: FsId) -> Dev {
        Dev::new(0, 0x1000 * (id.0 + 1))
    }

    fn profile(&self) -> Profile {
        match self.kind {
            Kind::Btrfs(_) => Profile::Btrfs,
            Kind::Zfs(_) => Profile::Zfs,
        }
    }

    fn tree(&self, id: u64) -> Result<&Tree> {
        self.trees.get(id).ok_or(Errno::ESTALE)
    }

    fn tree_mut(&mut self, id: u64) -> Result<&mut Tree> {
        self.trees.get_mut(id).ok_or(Errno::ESTALE)
    }

    fn dev_of(&self, id: u64) -> Dev {
        Dev::new(self.devs.major, self.devs.minor + (id % 0x1000) as u32)
    }

    /// A number that nobody has, made of the file system's own and a count.
    fn new_uuid(&self, count: u64) -> [u8; 16] {
        let mut seed = [0; 8];
        seed.copy_from_slice(&self.uuid[..8]);
        let mut bytes = [0; 16];
        generate(u64::from_le_bytes(seed) ^ count.rotate_left(32), 0, &mut bytes);
        // Version 4, as libuuid makes them.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        bytes
    }

    /// Puts an empty tree under a number.
    fn add_tree(&mut self, id: u64, now: Timespec) {
        let mut config = Config::of(self.profile());
        (config.dev, config.uuid) = (self.dev_of(id), self.uuid);
        let mut fs = MemFs::with(config);
        fs.watch();
        let facts = Facts {
            created: now,
            generation: self.generation,
            born: self.generation,
            uuid: self.new_uuid(id),
            ..Facts::default()
        };
        let volume = self.pool.create();
        let tree = Tree {
            fs,
            volume,
            pins: Arc::default(),
            links: Arc::default(),
            home: None,
            dead: false,
            facts,
            record: RECORD,
            records: Sorted::new(),
            listed: Sorted::new(),
        };
        self.trees.insert(id, tree);
        self.last = self.last.max(id);
    }

    /// Puts a copy of a tree under a number: nobody holds anything in it, and names of other trees in it lead
    /// nowhere.
    fn copy_tree(&mut self, from: u64, id: u64, now: Timespec) -> Result<()> {
        let source = self.tree(from)?.clone();
        let volume = self.pool.snapshot(source.volume)?;
        if matches!(self.kind, Kind::Btrfs(_)) {
            self.pool.own_root(volume)?;
        }
        let mut fs = source.fs.fork(self.dev_of(id));
        let mut gone = Vec::new();
        for (ino, _) in source.pins.iter() {
            if fs.forget_pins(Ino(*ino)) {
                gone.push(*ino);
            }
        }
        let _ = fs.take_changes();
        for ino in gone {
            self.pool.remove(volume, ino)?;
        }
        let links = source.links.keys().map(|ino| (*ino, None)).collect();
        let facts = Facts {
            created: now,
            generation: self.generation,
            born: self.generation,
            uuid: self.new_uuid(id),
            origin: Some(source.facts.uuid),
            read_only: false,
        };
        let tree = Tree {
            fs,
            volume,
            pins: Arc::default(),
            links: Arc::new(links),
            home: None,
            dead: false,
            facts,
            ..source
        };
        self.trees.insert(id, tree);
        self.last = self.last.max(id);
        self.count_others();
        Ok(())
    }

    /// A tree is gone: at once, or when the last one who uses it lets go.
    fn drop_tree(&mut self, id: u64) {
        let Ok(tree) = self.tree_mut(id) else { return };
        tree.dead = true;
        if tree.pins.is_empty()
            && let Some(tree) = self.trees.remove(id)
        {
            self.past = self.past.plus(bytes_of(tree.fs.meter()));
            self.pool.delete(tree.volume);
            self.count_others();
        }
    }

    fn set_tree_read_only(&mut self, id: u64, on: bool) -> Result<()> {
        let all = self.read_only;
        let tree = self.tree_mut(id)?;
        tree.facts.read_only = on;
        tree.fs.set_read_only(on || all);
        Ok(())
    }

    /// Calls a tree for something that changes nothing on disk but perhaps an access time.
    fn on<R>(&mut self, ino: Ino, f: impl FnOnce(&mut MemFs, Ino) -> R) -> Result<R> {
        let (id, ino) = split(ino);
        Ok(f(&mut self.tree_mut(id)?.fs, ino))
    }

    /// Calls a tree for a change, and books what it has changed.
    fn change<R>(&mut self, ino: Ino, f: impl FnOnce(&mut MemFs, Ino) -> Result<R>) -> Result<R> {
        let (id, ino) = split(ino);
        let room = self.room_in(id).0 * self.pool.geometry().unit / 4096;
        let tree = self.tree_mut(id)?;
        tree.fs.set_room(Some(room));
        let done = f(&mut tree.fs, ino);
        self.book(id);
        done
    }

    /// Where the bytes of a file lie.
    ///
    /// # Errors
    /// `ESTALE`, `EISDIR`, `EINVAL`: no regular file.
    pub fn extents(&self, ino: Ino) -> Result<Vec<Extent>> {
        let (id, ino) = split(ino);
        let tree = self.tree(id)?;
        let size = tree.fs.file_size(ino)?;
        let unit = self.pool.geometry().unit;
        let runs = self.pool.runs(Stream::data(tree.volume, ino.0).all())?;
        if runs.is_empty() && size > 0 && !tree.fs.allocated(ino)?.is_empty() {
            return Ok(vec![Extent { at: 0, place: 0, len: size, shared: false, inline: true }]);
        }
        let extent = |run: &crate::pool::Run| Extent {
            at: run.at * unit,
            place: run.start * unit + btrfs::DATA_BEGINS,
            len: run.len * unit,
            shared: run.shared,
            inline: false,
        };
        Ok(runs.iter().map(extent).collect())
    }

    /// The storage below: for numbers and pictures.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Units that a change may still take.
    fn room(&self) -> u64 {
        let free = self.pool.free();
        match &self.kind {
            Kind::Btrfs(_) => free,
            Kind::Zfs(_) => free.saturating_sub(zfs::slop(&self.pool)),
        }
    }

    /// Units that a change of one tree may still take: what quotas leave, too.
    fn room_in(&self, id: u64) -> (u64, Errno) {
        let room = self.room();
        match self.quota_left(id).or_else(|| self.group_left(id)).filter(|left| *left < room) {
            Some(left) => (left, Errno::EDQUOT),
            None => (room, Errno::ENOSPC),
        }
    }

    /// The root of a tree.
    fn root_of(&self, id: u64) -> Ino {
        let root = self.tree(id).map_or(Ino(0), |it| it.fs.root());
        join(id, root)
    }

    /// The tree that a directory is the name of.
    fn link_of(&self, ino: Ino) -> Option<Option<u64>> {
        let (id, ino) = split(ino);
        let links = &self.trees.get(id)?.links;
        if links.is_empty() { None } else { links.get(&ino.0).copied() }
    }

    /// Follows a directory that is the name of a tree to that tree's root.
    fn through(&self, ino: Ino) -> Ino {
        match self.link_of(ino) {
            Some(Some(tree)) => self.root_of(tree),
            _ => ino,
        }
    }

    /// A directory of a snapshot that once was the name of another tree.
    fn is_stub(&self, ino: Ino) -> bool {
        self.link_of(ino) == Some(None)
    }

    fn set_link(&mut self, tree: u64, ino: u64, to: Option<Option<u64>>) {
        let Ok(tree) = self.tree_mut(tree) else { return };
        let links = Arc::make_mut(&mut tree.links);
        match to {
            Some(to) => links.insert(ino, to),
            None => links.remove(&ino),
        };
    }

    /// Everything of the pool as numbers for whoever compares costs.
    fn costs(&self) -> Meter {
        let (spent, unit) = (self.pool.spent(), self.pool.geometry().unit);
        let trees = self.trees.iter().map(|(_, tree)| bytes_of(tree.fs.meter()));
        let all = trees.fold(self.past, Meter::plus);
        // Nodes of trees take room of their own on Btrfs (a node has no bytes on ZFS, whose metadata is units).
        let (made, node) = (spent.nodes, self.pool.geometry().node);
        let gone = made - self.pool.nodes();
        Meter {
            allocated: spent.allocated * unit + made * node,
            freed: spent.freed * unit + gone * node,
            ..all
        }
        .plus(self.others.meter())
    }

    fn control_of(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u64> {
        let id = split(ino).0;
        self.on(ino, |f, ino| f.kind(cx, ino))??;
        Ok(id)
    }
}

/// What a tree counts that the pool does not.
fn bytes_of(meter: Meter) -> Meter {
    Meter { allocated: 0, freed: 0, ..meter }
}
