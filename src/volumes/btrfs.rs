//! Btrfs: subvolumes with names in each other, snapshots, files that share extents.

use super::book::BLOCK;
use super::{Kind, Make, Volumes, join, split};
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem, NewNode};
use crate::memfs::Change;
use crate::pool::{Class, Geometry, Stream};
use crate::store::Rope;
use crate::types::control::{Control, Controlled, SpaceFacts, TreeFacts, metadata_of};
use crate::types::falloc::{KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE};
use crate::types::{Ino, Mode, Name, NodeKind, Result, StatFs};

/// The number of the top subvolume, and of the first that somebody makes.
pub(super) const TOP: u64 = 5;
const FIRST: u64 = 256;
/// Directories that are names of trees have numbers from here on, which nobody sees.
pub(super) const NAMES: u64 = 1 << 28;
/// Where the first block group of data begins on the device, in bytes (`mkfs.btrfs` of btrfs-progs 6.2).
pub(super) const DATA_BEGINS: u64 = 13 << 20;
/// Bytes of a node of a tree (`mkfs.btrfs` of btrfs-progs 6.2).
pub(super) const NODE: u64 = 16384;
/// The longest extent (`BTRFS_MAX_EXTENT_SIZE`).
const LONGEST: u64 = 128 << 20;
/// Nodes of the trees beside those of files when a file system is new (observed on 6.18).
const OTHER_TREES: u64 = 7;
const SYSTEM: (u64, u64) = (8 << 20, 16 << 10);
/// The first block group of data, and what the device keeps free at its beginning.
const FIRST_DATA: u64 = 8 << 20;
const AT_START: u64 = 1 << 20;
/// Kept for operations that must not fail (observed on 6.18 for devices up to some gigabytes).
const GLOBAL_RESERVE: u64 = 5632 << 10;
const MIB: u64 = 1 << 20;
/// The smallest device that mkfs.btrfs takes.
pub(crate) const SMALLEST: u64 = 109 * MIB;

/// What only Btrfs has.
#[derive(Clone, Debug)]
pub(super) struct Own {
    label: String,
    size: u64,
    /// The tree that is mounted when none is named.
    default: u64,
    /// Bytes that were given to block groups of data at most.
    data: u64,
    pub(super) quotas: super::quota::Quotas,
}

impl Volumes {
    /// What `mkfs.btrfs` makes of a device.
    ///
    /// # Errors
    /// `EINVAL`: the device is too small.
    pub fn btrfs(make: &Make) -> Result<Volumes> {
        if make.size < SMALLEST {
            return Err(Errno::EINVAL);
        }
        let taken = 2 * metadata_of(make.size) + 2 * SYSTEM.0 + AT_START;
        let geometry = Geometry {
            unit: BLOCK,
            units: make.size.saturating_sub(taken) / BLOCK,
            longest: LONGEST / BLOCK,
            whole: true,
            in_place: false,
            measure: super::items::MEASURE,
            node: NODE,
        };
        let own = Own {
            label: make.name.clone(),
            size: make.size,
            default: TOP,
            data: FIRST_DATA,
            quotas: Default::default(),
        };
        let mut all = Volumes::with(Kind::Btrfs(own), geometry, make);
        all.add_tree(TOP, make.now);
        all.tree_mut(TOP)?.fs.begin_at(make.now);
        all.last = FIRST - 1;
        Ok(all)
    }

    pub(super) fn own_btrfs(&self) -> Result<&Own> {
        match &self.kind {
            Kind::Btrfs(own) => Ok(own),
            Kind::Zfs(_) => Err(Errno::ENOTTY),
        }
    }

    /// A directory that is to be the name of a tree.
    fn make_name(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8]) -> Result<Ino> {
        if self.is_stub(dir) {
            return Err(Errno::EPERM);
        }
        let new = NewNode {
            kind: NodeKind::Dir,
            mode: Mode::new(0o755),
            uid: cx.cred.fsuid,
            gid: cx.cred.fsgid,
            xattrs: Vec::new(),
        };
        let name = Name::new(name)?;
        // The name of a tree takes no inode number of the tree that it is in (observed on 6.18).
        let number = NAMES + self.last;
        let usual = self.on(dir, |f, _| f.number_from(number))?;
        let made = self.change(dir, |f, dir| f.create(cx, dir, name, &new));
        self.on(dir, |f, _| f.number_from(usual))?;
        made
    }

    fn name_tree(&mut self, dir: Ino, made: Ino, id: u64) -> Result<()> {
        let above = split(dir).0;
        self.set_link(above, made.0, Some(Some(id)));
        self.tree_mut(id)?.home = Some((above, made.0));
        Ok(())
    }

    fn create_subvolume(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8]) -> Result<()> {
        let made = self.make_name(cx, dir, name)?;
        let (id, now) = (self.last + 1, cx.clock.coarse());
        self.add_tree(id, now);
        let (uid, gid) = (cx.cred.fsuid, cx.cred.fsgid);
        let tree = self.tree_mut(id)?;
        tree.fs.begin_at(now);
        tree.fs.give_root_to(uid, gid);
        let _ = tree.fs.take_changes();
        self.name_tree(dir, made, id)
    }

    fn snapshot_subvolume(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        source: Ino,
        name: &[u8],
        read_only: bool,
    ) -> Result<()> {
        let from = split(source).0;
        if source != self.root_of(from) {
            return Err(Errno::EINVAL);
        }
        // First the copy: it may lie in what it is a copy of.
        let (id, now) = (self.last + 1, cx.clock.coarse());
        self.copy_tree(from, id, now)?;
        match self.make_name(cx, dir, name) {
            Ok(made) => {
                self.set_tree_read_only(id, read_only)?;
                self.name_tree(dir, made, id)
            }
            Err(errno) => {
                self.drop_tree(id);
                Err(errno)
            }
        }
    }

    fn delete_subvolume(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8]) -> Result<()> {
        let name = Name::new(name)?;
        let found = self.on(dir, |f, dir| f.lookup(cx, dir, name))??;
        match self.link_of(join(split(dir).0, found)) {
            Some(Some(id)) => self.remove_subvolume(cx, dir, name, id, false),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Takes a tree away together with its name.
    ///
    /// # Errors
    /// `ENOTEMPTY`: other trees have their names in it, or it must be empty and is not. `EPERM`: it is the one that
    /// is mounted when none is named. `EROFS`: the directory with its name is in a tree that is read-only.
    pub(super) fn remove_subvolume(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: Name<'_>,
        id: u64,
        if_empty: bool,
    ) -> Result<()> {
        let above = self.tree(split(dir).0)?;
        if above.fs.is_read_only() {
            return Err(Errno::EROFS);
        }
        let tree = self.tree(id)?;
        if tree.links.values().any(Option::is_some) || if_empty && !tree.fs.is_bare() {
            return Err(Errno::ENOTEMPTY);
        }
        if self.own_btrfs()?.default == id {
            return Err(Errno::EPERM);
        }
        let (_, link) = tree.home.ok_or(Errno::EINVAL)?;
        self.set_link(split(dir).0, link, None);
        self.change(dir, |f, dir| f.rmdir(cx, dir, name))?;
        self.drop_tree(id);
        Ok(())
    }

    /// The path of a tree below the top, without a slash at its beginning.
    pub(super) fn path_of(&self, id: u64) -> Vec<u8> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut at = id;
        while let Some((above, name)) = self.tree(at).ok().and_then(|tree| tree.home) {
            let Ok(tree) = self.tree(above) else { break };
            parts.push(tree.fs.path_of_dir(Ino(name)).unwrap_or_default());
            at = above;
        }
        parts.reverse();
        parts.join(&b'/')
    }

    fn tree_facts(&self) -> Vec<TreeFacts> {
        let live = self.trees.iter().filter(|(_, tree)| !tree.dead);
        let fact = |(id, tree): (u64, &super::Tree)| {
            let usage = self.pool.usage(tree.volume, Class::Data).unwrap_or_default();
            TreeFacts {
                id,
                parent: tree.home.map_or(0, |home| home.0),
                path: self.path_of(id),
                generation: tree.facts.generation,
                born: if id == TOP { 0 } else { tree.facts.born },
                created: tree.facts.created,
                uuid: tree.facts.uuid,
                origin: tree.facts.origin,
                read_only: tree.facts.read_only,
                total: usage.total * BLOCK,
                exclusive: usage.exclusive * BLOCK,
            }
        };
        live.map(fact).collect()
    }

    /// Nodes of all trees, each kept twice.
    fn nodes(&self) -> u64 {
        OTHER_TREES + self.others.now() + self.pool.nodes()
    }

    fn space(&mut self) -> Result<SpaceFacts> {
        let used = self.pool.used() * BLOCK;
        let nodes = self.nodes() * NODE;
        let uuid = self.uuid;
        let Kind::Btrfs(own) = &mut self.kind else { return Err(Errno::ENOTTY) };
        // Block groups of a tenth of the device, in steps of 16 MiB, a gigabyte at most (observed on 6.18).
        let group = (own.size / 10).next_multiple_of(16 * MIB).min(1 << 30);
        while own.data < used {
            own.data += group;
        }
        let meta = metadata_of(own.size);
        own.data = own.data.min(own.size - 2 * meta - 2 * SYSTEM.0 - AT_START);
        Ok(SpaceFacts {
            label: own.label.clone().into_bytes(),
            uuid,
            size: own.size,
            data: (own.data.max(used), used),
            meta: (meta, nodes),
            system: SYSTEM,
        })
    }

    /// `statfs`: both copies of metadata count as used, and so does the reserve (observed on 6.18).
    pub(super) fn btrfs_numbers(&self, plain: StatFs) -> StatFs {
        let size = self.own_btrfs().map_or(0, |own| own.size);
        let meta = 2 * (self.nodes() * NODE + SYSTEM.1);
        let used = self.pool.used() * BLOCK + meta + GLOBAL_RESERVE;
        StatFs {
            bsize: BLOCK,
            blocks: size / BLOCK,
            bfree: size.saturating_sub(used) / BLOCK,
            bavail: self.pool.free(),
            files: 0,
            ffree: 0,
            ..plain
        }
    }

    pub(super) fn btrfs_options(&self, id: u64) -> Vec<u8> {
        let head = format!("discard=async,space_cache=v2,subvolid={id},subvol=/");
        [head.as_bytes(), &crate::types::escape(&self.path_of(id))].concat()
    }

    /// Which tree the options of a mount name.
    ///
    /// # Errors
    /// `ENOENT`: no such subvolume. `EINVAL`: a directory that is none, both options at odds, an option that is not
    /// known here (compression would change what is compared).
    pub(super) fn btrfs_entry(
        &mut self,
        cx: &mut Cx<'_>,
        options: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(Ino, Vec<u8>)> {
        let (mut by_path, mut by_id) = (None, None);
        for (key, value) in options {
            match &key[..] {
                b"subvol" => by_path = Some(value.clone()),
                b"subvolid" => {
                    let text = std::str::from_utf8(value).map_err(|_| Errno::EINVAL)?;
                    let id: u64 = text.parse().map_err(|_| Errno::EINVAL)?;
                    // 0 is another name of the top.
                    by_id = Some(if id == 0 { TOP } else { id });
                }
                b"ssd"
                | b"nossd"
                | b"discard"
                | b"nodiscard"
                | b"space_cache"
                | b"commit"
                | b"user_subvol_rm_allowed" => {}
                _ => return Err(Errno::EINVAL),
            }
        }
        let found = by_path.map(|path| self.subvolume_at(cx, &path)).transpose()?;
        if by_id.zip(found).is_some_and(|(id, found)| id != found) {
            return Err(Errno::EINVAL);
        }
        let id = found.or(by_id).unwrap_or(self.own_btrfs()?.default);
        if self.tree(id).map_or(true, |tree| tree.dead) {
            return Err(Errno::ENOENT);
        }
        Ok((self.root_of(id), self.path_of(id)))
    }

    fn subvolume_at(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<u64> {
        let mut at = self.root_of(TOP);
        for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            at = self.lookup(cx, at, Name::new(part)?)?;
        }
        let id = split(at).0;
        if at == self.root_of(id) { Ok(id) } else { Err(Errno::EINVAL) }
    }

    /// Lets a range of a file be the same extents as that of another.
    ///
    /// # Errors
    /// `EOPNOTSUPP` where files do not share; `EINVAL`: not whole blocks.
    pub(super) fn reflink(
        &mut self,
        cx: &mut Cx<'_>,
        from: (Ino, u64),
        to: (Ino, u64),
        len: u64,
    ) -> Result<()> {
        self.own_btrfs().map_err(|_| Errno::EOPNOTSUPP)?;
        let ((source, from_at), (dest, to_at)) = (from, to);
        let size = self.on(source, |f, ino| f.file_size(ino))??;
        let len = len.min(size.saturating_sub(from_at));
        let to_end = from_at + len == size || len % BLOCK == 0;
        if from_at % BLOCK != 0 || to_at % BLOCK != 0 || !to_end {
            return Err(Errno::EINVAL);
        }
        self.open.commit();
        let rope = self.on(source, |f, ino| f.read_rope(cx, ino, from_at, len))??;
        let (id, own) = split(dest);
        let (from_id, from_own) = split(source);
        let inline = !self.pool.has(Stream::data(self.tree(from_id)?.volume, from_own.0));
        self.replace_range(cx, dest, to_at, len, &rope)?;
        let mut changes = self.tree_mut(id)?.fs.take_changes();
        if !inline {
            let is_write = |it: &Change| matches!(it, Change::Written { ino, .. } if *ino == own);
            changes.retain(|it| !is_write(it));
        }
        self.book_changes(id, changes);
        if !inline {
            self.cloned = true;
            let (a, b) = (self.tree(from_id)?.volume, self.tree(id)?.volume);
            let source = Stream::data(a, from_own.0).span(from_at / BLOCK, len.div_ceil(BLOCK));
            self.pool.share(source, Stream::data(b, own.0), to_at / BLOCK)?;
        }
        Ok(())
    }

    fn replace_range(
        &mut self,
        cx: &mut Cx<'_>,
        dest: Ino,
        at: u64,
        len: u64,
        rope: &Rope,
    ) -> Result<()> {
        self.on(dest, |f, ino| {
            if at < f.file_size(ino)? && len > 0 {
                f.fallocate(cx, ino, PUNCH_HOLE | KEEP_SIZE, at, len)?;
            }
            f.write_rope(cx, ino, at, rope)
        })?
    }

    /// Which modes of `fallocate` there are (observed on 6.18; OpenZFS: zpl_fallocate_common).
    pub(super) fn takes_fallocate(&self, mode: u32) -> bool {
        mode == PUNCH_HOLE | KEEP_SIZE || matches!(mode & !KEEP_SIZE, 0 | ZERO_RANGE)
    }
}

pub(super) fn control(
    all: &mut Volumes,
    cx: &mut Cx<'_>,
    ino: Ino,
    other: Option<Ino>,
    ask: &Control,
) -> Result<Controlled> {
    let id = all.control_of(cx, ino)?;
    match ask {
        Control::Create { name } => all.create_subvolume(cx, ino, name)?,
        Control::Snapshot { name, read_only } => {
            let source = other.ok_or(Errno::EBADF)?;
            all.snapshot_subvolume(cx, ino, source, name, *read_only)?;
        }
        Control::Delete { name } => all.delete_subvolume(cx, ino, name)?,
        Control::Trees => return Ok(Controlled::Trees(all.tree_facts())),
        Control::Tree => return Ok(Controlled::Number(id)),
        Control::Default => return Ok(Controlled::Number(all.own_btrfs()?.default)),
        Control::SetDefault { id } => {
            all.tree(*id).map_err(|_| Errno::ENOENT)?;
            if let Kind::Btrfs(own) = &mut all.kind {
                own.default = *id;
            }
        }
        Control::SetReadOnly { on } => {
            if ino != all.root_of(id) {
                return Err(Errno::EINVAL);
            }
            all.set_tree_read_only(id, *on)?;
        }
        Control::Sync => {}
        Control::Quota { on } => all.switch_quota(*on)?,
        Control::Limit { id, exclusive, bytes } => all.limit_group(*id, *exclusive, *bytes)?,
        Control::Groups => return Ok(Controlled::Groups(all.groups()?)),
        Control::Space => return Ok(Controlled::Space(all.space()?)),
        _ => return Err(Errno::ENOTTY),
    }
    Ok(Controlled::Done)
}
