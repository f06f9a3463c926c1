//! ZFS: datasets with names in a tree of their own, snapshots, clones that stand on them.

mod list;
mod props;

pub use props::Property;

use super::book::SECTOR;
use super::mos::Maps;
use super::{Kind, Make, Volumes, split};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::pool::{Geometry, Measure, Pool, Stream, Volume};
use crate::types::control::{Controlled, Zfs};
use crate::types::{Attr, FileType, Ino, Result, StatFs, Timespec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A dataset or a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Dataset {
    pub(super) tree: u64,
    pub(super) is_snapshot: bool,
    created: Timespec,
    /// Orders snapshots of one moment.
    count: u64,
    /// The tree of the snapshot that it is a clone of.
    pub(super) origin: Option<u64>,
    /// Goes when the last clone does.
    deferred: bool,
    /// Values that were set here.
    pub(super) props: BTreeMap<&'static str, String>,
}

/// What only ZFS has.
#[derive(Clone, Debug)]
pub(super) struct Own {
    name: String,
    devices: Vec<String>,
    guid: u64,
    /// The volume of what the pool itself keeps: its objects for datasets.
    objects: Option<Volume>,
    pub(super) maps: Maps,
    sets: Arc<BTreeMap<String, Dataset>>,
}

impl Own {
    /// The tree of the pool's own dataset.
    pub(super) fn top(&self) -> u64 {
        self.sets.get(&self.name).map_or(0, |set| set.tree)
    }

    /// Where the pool keeps what belongs to no dataset.
    pub(super) fn objects(&self) -> Volume {
        self.objects.unwrap_or(Volume(0))
    }

    /// The dataset or snapshot that a tree is.
    pub(super) fn name_of(&self, tree: u64) -> Option<String> {
        self.by_tree(tree).map(|it| it.0.clone())
    }

    pub(super) fn get(&self, name: &str) -> Result<&Dataset> {
        self.sets.get(name).ok_or(Errno::ENOENT)
    }

    pub(super) fn by_tree(&self, tree: u64) -> Option<(&String, &Dataset)> {
        self.sets.iter().find(|(_, set)| set.tree == tree)
    }

    /// Datasets that stand on a snapshot.
    fn clones(&self, snapshot: u64) -> impl Iterator<Item = &String> {
        self.sets.iter().filter(move |(_, set)| set.origin == Some(snapshot)).map(|(name, _)| name)
    }

    /// Snapshots of a dataset, oldest first.
    pub(super) fn snapshots(&self, name: &str) -> Vec<(&String, &Dataset)> {
        let prefix = format!("{name}@");
        let mut all: Vec<_> = self.sets.iter().filter(|it| it.0.starts_with(&prefix)).collect();
        all.sort_by_key(|(_, set)| set.count);
        all
    }
}

/// What a device of this size brings into a pool: labels and what does not fill a metaslab are left out. A metaslab
/// has 512 MiB; on small devices it is about a sixteenth of them (at least 16 MiB), on large ones about a
/// two-hundredth (OpenZFS vdev_metaslab_set_size; 1 GiB makes 960 MiB, 10 GiB 9.5 GiB).
pub fn pool_size(device: u64) -> u64 {
    let (usable, shift) = metaslabs(device);
    usable >> shift << shift
}

/// Bytes of a device that could be used, and the size of its metaslabs as a power of two.
fn metaslabs(device: u64) -> (u64, u32) {
    const LABELS: u64 = 4_718_592;
    const USUAL: u32 = 29;
    let usable = device.saturating_sub(LABELS);
    let bits = |parts: u64| u64::BITS - (usable / parts).leading_zeros();
    let shift = match usable >> USUAL {
        0..16 => bits(16).max(24),
        16..=200 => USUAL,
        _ => bits(200),
    };
    (usable, shift)
}

/// What nobody may fill: a 32nd, at least 128 MiB, at most half (OpenZFS spa_get_slop_space).
pub(super) fn slop(pool: &Pool) -> u64 {
    let all = pool.geometry().units;
    (all / 32).max((all / 2).min((128 << 20) / SECTOR))
}

impl Volumes {
    /// What `zpool create` makes of devices: each with its size in bytes.
    ///
    /// # Errors
    /// `EOVERFLOW`: a device is too small (less than 64 MiB). `EINVAL`: a property or the name.
    pub fn zfs(
        make: &Make,
        devices: &[(String, u64)],
        props: &[(String, String)],
    ) -> Result<Volumes> {
        if devices.iter().any(|(_, size)| *size < 64 << 20) || devices.is_empty() {
            return Err(Errno::EOVERFLOW);
        }
        props::check_name(&make.name)?;
        let parts = devices.iter().map(|(_, size)| metaslabs(*size));
        let slabs = parts.map(|(usable, shift)| usable >> shift).sum();
        let size: u64 = devices.iter().map(|(_, size)| pool_size(*size)).sum();
        let geometry = Geometry {
            unit: SECTOR,
            units: size / SECTOR,
            longest: u64::MAX,
            whole: false,
            in_place: false,
            measure: Measure::items(64),
            node: 0,
        };
        let mut guid = [0; 8];
        guid.copy_from_slice(&make.uuid[8..]);
        let own = Own {
            name: make.name.clone(),
            devices: devices.iter().map(|(name, _)| name.clone()).collect(),
            guid: u64::from_le_bytes(guid) >> 1,
            objects: None,
            maps: Maps::new(slabs),
            sets: Arc::default(),
        };
        let mut all = Volumes::with(Kind::Zfs(own), geometry, make);
        let volume = all.pool.create();
        if let Kind::Zfs(own) = &mut all.kind {
            own.objects = Some(volume);
        }
        all.create_dataset(make.now, &make.name, props)?;
        Ok(all)
    }

    pub(super) fn own_zfs(&self) -> Result<&Own> {
        match &self.kind {
            Kind::Zfs(own) => Ok(own),
            Kind::Btrfs(_) => Err(Errno::ENOTTY),
        }
    }

    fn sets_mut(&mut self) -> Result<&mut BTreeMap<String, Dataset>> {
        match &mut self.kind {
            Kind::Zfs(own) => Ok(Arc::make_mut(&mut own.sets)),
            Kind::Btrfs(_) => Err(Errno::ENOTTY),
        }
    }

    fn add_set(
        &mut self,
        now: Timespec,
        name: &str,
        tree: u64,
        origin: Option<u64>,
        props: &[(String, String)],
    ) -> Result<()> {
        let mut own = BTreeMap::new();
        for (key, value) in props {
            let (property, value) = Property::parse(key, value)?;
            own.insert(property.name(), value);
        }
        let set = Dataset {
            tree,
            is_snapshot: name.contains('@'),
            created: now,
            count: tree,
            origin,
            deferred: false,
            props: own,
        };
        self.sets_mut()?.insert(name.to_owned(), set);
        self.enter(name);
        Ok(())
    }

    /// A name that is free, below a dataset that is there.
    fn may_be_made(&self, name: &str, props: &[(String, String)]) -> Result<()> {
        props::check_name(name)?;
        for (key, value) in props {
            Property::parse(key, value)?;
        }
        let own = self.own_zfs()?;
        if own.sets.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        match name.rsplit_once('/') {
            Some((above, _)) if own.sets.contains_key(above) => Ok(()),
            None if name == own.name => Ok(()),
            _ => Err(Errno::ENOENT),
        }
    }

    fn create_dataset(
        &mut self,
        now: Timespec,
        name: &str,
        props: &[(String, String)],
    ) -> Result<()> {
        self.may_be_made(name, props)?;
        if self.room() < 256 && !self.own_zfs()?.sets.is_empty() {
            return Err(Errno::ENOSPC);
        }
        let id = self.last + 1;
        self.add_tree(id, now);
        self.tree_mut(id)?.fs.begin_at(now);
        self.found(id);
        self.add_set(now, name, id, None, props)?;
        self.apply_props()
    }

    fn snapshot_datasets(&mut self, now: Timespec, names: &[String]) -> Result<()> {
        for name in names {
            let (set, _) = name.split_once('@').ok_or(Errno::EINVAL)?;
            props::check_name(name)?;
            let own = self.own_zfs()?;
            own.get(set)?;
            if own.sets.contains_key(name) {
                return Err(Errno::EEXIST);
            }
        }
        for name in names {
            let (set, _) = name.split_once('@').ok_or(Errno::EINVAL)?;
            let from = self.own_zfs()?.get(set)?.tree;
            let id = self.last + 1;
            self.copy_tree(from, id, now)?;
            self.set_tree_read_only(id, true)?;
            self.add_set(now, name, id, None, &[])?;
        }
        Ok(())
    }

    fn clone_snapshot(
        &mut self,
        now: Timespec,
        snapshot: &str,
        name: &str,
        props: &[(String, String)],
    ) -> Result<()> {
        let from = self.own_zfs()?.get(snapshot)?;
        if !from.is_snapshot {
            return Err(Errno::EINVAL);
        }
        let from = from.tree;
        self.may_be_made(name, props)?;
        let id = self.last + 1;
        self.copy_tree(from, id, now)?;
        self.own_head(id);
        self.add_set(now, name, id, Some(from), props)?;
        self.apply_props()
    }

    /// # Errors
    /// `EBUSY`: mounted, or it has children or snapshots. `EEXIST`: clones stand on the snapshot.
    fn destroy_dataset(&mut self, name: &str, defer: bool) -> Result<()> {
        let own = self.own_zfs()?;
        let set = own.get(name)?;
        let (tree, is_snapshot, origin) = (set.tree, set.is_snapshot, set.origin);
        if is_snapshot && own.clones(tree).next().is_some() {
            if !defer {
                return Err(Errno::EEXIST);
            }
            if let Some(set) = self.sets_mut()?.get_mut(name) {
                set.deferred = true;
            }
            return Ok(());
        }
        let below = format!("{name}/");
        let has_children = own.sets.keys().any(|it| it.starts_with(&below));
        let has_snapshots = !is_snapshot && !own.snapshots(name).is_empty();
        if has_children || has_snapshots || !self.tree(tree)?.pins.is_empty() {
            return Err(Errno::EBUSY);
        }
        self.sets_mut()?.remove(name);
        let objects = self.own_zfs()?.objects();
        self.pool.remove(objects, tree)?;
        self.drop_tree(tree);
        // A snapshot that was only waiting for its last clone goes along.
        let own = self.own_zfs()?;
        let waiting = origin.and_then(|tree| own.by_tree(tree));
        if let Some((name, set)) = waiting
            && set.deferred
            && own.clones(set.tree).next().is_none()
        {
            let name = name.clone();
            self.destroy_dataset(&name, false)?;
        }
        Ok(())
    }

    /// A clone and what it stands on change places: the snapshot and those before it become the clone's.
    ///
    /// # Errors
    /// `EINVAL`: no clone. `EEXIST`: the clone has a snapshot of the same name.
    fn promote_clone(&mut self, name: &str) -> Result<()> {
        let own = self.own_zfs()?;
        let clone = own.get(name)?;
        let origin = clone.origin.ok_or(Errno::EINVAL)?;
        let (origin_name, origin_set) = own.by_tree(origin).ok_or(Errno::ENOENT)?;
        let (base, _) = origin_name.split_once('@').ok_or(Errno::EINVAL)?;
        let (base, last) = (base.to_owned(), origin_set.count);
        let base_origin = own.get(&base)?.origin;
        let moved: Vec<String> = own
            .snapshots(&base)
            .into_iter()
            .filter(|(_, set)| set.count <= last)
            .map(|(name, _)| name.clone())
            .collect();
        let renamed = |it: &String| format!("{name}@{}", it.split_once('@').map_or("", |it| it.1));
        if moved.iter().any(|it| own.sets.contains_key(&renamed(it))) {
            return Err(Errno::EEXIST);
        }
        let sets = self.sets_mut()?;
        for it in &moved {
            if let Some(set) = sets.remove(it) {
                sets.insert(renamed(it), set);
            }
        }
        if let Some(set) = sets.get_mut(name) {
            set.origin = base_origin;
        }
        if let Some(set) = sets.get_mut(&base) {
            set.origin = Some(origin);
        }
        Ok(())
    }

    /// # Errors
    /// `EEXIST`: there is a newer snapshot. `EBUSY`: somebody has a file open (the dataset is unmounted before).
    fn roll_back(&mut self, now: Timespec, snapshot: &str) -> Result<()> {
        let own = self.own_zfs()?;
        let from = own.get(snapshot)?.tree;
        let name = snapshot.split_once('@').ok_or(Errno::EINVAL)?.0.to_owned();
        if own.snapshots(&name).last().is_some_and(|(it, _)| *it != snapshot) {
            return Err(Errno::EEXIST);
        }
        let old = own.get(&name)?.tree;
        if !self.tree(old)?.pins.is_empty() {
            return Err(Errno::EBUSY);
        }
        let id = self.last + 1;
        self.copy_tree(from, id, now)?;
        self.drop_tree(old);
        let objects = self.own_zfs()?.objects();
        self.pool.remove(objects, old)?;
        if let Some(set) = self.sets_mut()?.get_mut(&name) {
            set.tree = id;
        }
        self.enter(&name);
        self.apply_props()
    }

    /// # Errors
    /// `EEXIST`, `ENOENT`, `EINVAL` for another pool or a place below itself.
    fn rename_dataset(&mut self, name: &str, to: &str) -> Result<()> {
        let own = self.own_zfs()?;
        own.get(name)?;
        props::check_name(to)?;
        if to.starts_with(&format!("{name}/")) || name.contains('@') != to.contains('@') {
            return Err(Errno::EINVAL);
        }
        if own.sets.contains_key(to) {
            return Err(Errno::EEXIST);
        }
        let above = |it: &str| it.rfind(['/', '@']).map(|at| it[..at].to_owned());
        let home = above(to).ok_or(Errno::EINVAL)?;
        own.get(&home)?;
        if to.contains('@') && above(name).as_deref() != Some(&home[..]) {
            return Err(Errno::EINVAL);
        }
        let moves = |it: &String| {
            let rest = it.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(['/', '@'])).then(|| format!("{to}{rest}"))
        };
        let moved: Vec<(String, String)> =
            own.sets.keys().filter_map(|it| Some((it.clone(), moves(it)?))).collect();
        let sets = self.sets_mut()?;
        for (from, to) in moved {
            if let Some(set) = sets.remove(&from) {
                sets.insert(to, set);
            }
        }
        Ok(())
    }

    fn set_property(&mut self, name: &str, key: &str, value: Option<&str>) -> Result<()> {
        let property = Property::by_name(key).ok_or(Errno::EINVAL)?;
        let value = value.map(|it| Property::parse(key, it).map(|it| it.1)).transpose()?;
        let used = self.facts_of(name)?.used;
        if property == Property::Quota
            && let Some(quota) = value.as_deref().and_then(props::size)
            && quota != 0
            && quota < used
        {
            return Err(Errno::ENOSPC);
        }
        let set = self.sets_mut()?.get_mut(name).ok_or(Errno::ENOENT)?;
        if set.is_snapshot {
            return Err(Errno::EINVAL);
        }
        match value {
            Some(value) => set.props.insert(property.name(), value),
            None => set.props.remove(property.name()),
        };
        self.enter_properties(name);
        self.apply_props()
    }

    /// What properties mean for the trees.
    fn apply_props(&mut self) -> Result<()> {
        let own = self.own_zfs()?;
        let mut all = Vec::new();
        for (name, set) in own.sets.iter().filter(|(_, set)| !set.is_snapshot) {
            let record = own.value(name, Property::Recordsize).0;
            let frozen = own.value(name, Property::Readonly).0 == "on";
            all.push((set.tree, props::size(&record).unwrap_or(super::RECORD), frozen));
        }
        for (id, record, frozen) in all {
            self.set_tree_read_only(id, frozen)?;
            self.tree_mut(id)?.record = record;
        }
        Ok(())
    }

    /// The tree that a mount names by its source.
    ///
    /// # Errors
    /// `ENOENT`: no such dataset. `EINVAL`: an option that is not known.
    pub(super) fn zfs_entry(
        &self,
        source: &[u8],
        options: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(Ino, Vec<u8>)> {
        let known = |key: &[u8]| [&b"zfsutil"[..], b"xattr", b"noacl"].contains(&key);
        if options.iter().any(|(key, _)| !known(key)) {
            return Err(Errno::EINVAL);
        }
        let name = std::str::from_utf8(source).map_err(|_| Errno::ENOENT)?;
        let set = self.own_zfs()?.get(name)?;
        Ok((self.root_of(set.tree), Vec::new()))
    }

    /// Blocks of a file as `stat` shows them: the size of its record, and sectors with those of its dnode.
    pub(super) fn blocks_on_zfs(&self, ino: Ino, attr: &Attr) -> (u32, u64) {
        let (id, own) = split(ino);
        let Ok(tree) = self.tree(id) else { return (attr.blksize, attr.blocks) };
        let units = |of: fn(_, _) -> Stream| self.pool.mapped(of(tree.volume, own.0)).unwrap_or(0);
        let record = tree.records.get(&own.0).copied();
        let small = attr.size.clamp(1, tree.record).next_multiple_of(SECTOR);
        let blksize = if attr.kind == FileType::Reg { record.unwrap_or(small) } else { SECTOR };
        (blksize as u32, units(Stream::data) + units(Stream::meta) + 1)
    }

    /// `statfs` of a dataset: what it refers to, and what it may still take.
    pub(super) fn zfs_numbers(&self, id: u64, plain: StatFs) -> StatFs {
        let Ok(own) = self.own_zfs() else { return plain };
        let name = own.by_tree(id).map(|(name, _)| name.clone()).unwrap_or_default();
        let facts = self.facts_of(&name).unwrap_or_default();
        let avail = if facts.is_snapshot { 0 } else { facts.avail / SECTOR };
        StatFs {
            bsize: SECTOR,
            blocks: facts.refer / SECTOR + avail,
            bfree: avail,
            bavail: avail,
            files: avail + 6,
            ffree: avail,
            ..plain
        }
    }
}

pub(super) fn control(all: &mut Volumes, cx: &mut Cx<'_>, ask: &Zfs) -> Result<Controlled> {
    let now = cx.clock.coarse();
    match ask {
        Zfs::PoolCreate { .. } => return Err(Errno::EEXIST),
        Zfs::PoolDestroy { .. } => {
            if all.trees.iter().any(|(_, tree)| !tree.pins.is_empty()) {
                return Err(Errno::EBUSY);
            }
        }
        Zfs::Pools => return Ok(Controlled::Pools(vec![all.pool_facts()?])),
        Zfs::List => return Ok(Controlled::Datasets(all.all_facts()?)),
        Zfs::Exists { name } => all.own_zfs()?.get(name).map(drop)?,
        Zfs::Create { name, props } => all.create_dataset(now, name, props)?,
        Zfs::Snapshot { names } => all.snapshot_datasets(now, names)?,
        Zfs::Clone { snapshot, name, props } => all.clone_snapshot(now, snapshot, name, props)?,
        Zfs::Destroy { name, defer } => all.destroy_dataset(name, *defer)?,
        Zfs::Promote { name } => all.promote_clone(name)?,
        Zfs::Rollback { snapshot } => all.roll_back(now, snapshot)?,
        Zfs::Rename { name, to } => all.rename_dataset(name, to)?,
        Zfs::Set { name, key, value } => all.set_property(name, key, Some(value))?,
        Zfs::Inherit { name, key } => all.set_property(name, key, None)?,
    }
    // Each is a transaction group of its own, and so is setting properties of what was made.
    let groups = match ask {
        Zfs::Exists { .. } | Zfs::PoolDestroy { .. } => 0,
        Zfs::Create { props, .. } | Zfs::Clone { props, .. } if !props.is_empty() => 2,
        _ => 1,
    };
    (0..groups).for_each(|_| all.end_group());
    Ok(Controlled::Done)
}
