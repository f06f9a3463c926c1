//! What `zfs list` and `zpool list` say: who is charged for which sectors.

use super::super::Volumes;
use super::super::book::SECTOR;
use super::{Own, Property, props, slop};
use crate::errno::Errno;
use crate::types::Result;
use crate::types::control::{DatasetFacts, PoolFacts};
use std::collections::BTreeMap;

/// What each dataset is charged for: itself, and its snapshots.
type Charges<'a> = BTreeMap<&'a str, (u64, u64)>;

impl Volumes {
    pub(super) fn pool_facts(&self) -> Result<PoolFacts> {
        let own = self.own_zfs()?;
        Ok(PoolFacts {
            name: own.name.clone(),
            size: self.pool.geometry().units * SECTOR,
            used: self.pool.used() * SECTOR,
            guid: own.guid,
            devices: own.devices.clone(),
        })
    }

    /// All datasets and snapshots by name.
    pub(super) fn all_facts(&self) -> Result<Vec<DatasetFacts>> {
        let own = self.own_zfs()?;
        let charged = self.all_charged(own)?;
        own.sets.keys().map(|name| self.facts(own, name, &charged)).collect()
    }

    pub(super) fn facts_of(&self, name: &str) -> Result<DatasetFacts> {
        let found = self.all_facts()?.into_iter().find(|it| it.name == name);
        found.ok_or(Errno::ENOENT)
    }

    /// What a dataset and its snapshots are charged for: all that was written in it and is still in it, or in a
    /// snapshot of it. What it has from its origin is charged to that one's dataset.
    fn charged(&self, own: &Own, name: &str, origin: Option<u64>) -> Result<(u64, u64)> {
        let volume = |tree: u64| self.tree(tree).map(|tree| tree.volume);
        let head = volume(own.get(name)?.tree)?;
        let base: Vec<_> = origin.map(volume).transpose()?.into_iter().collect();
        let itself = self.pool.beyond(head, &base)?;
        let mut snapshots = 0;
        let all = own.snapshots(name);
        for (at, (_, set)) in all.iter().enumerate() {
            let next = all.get(at + 1).map_or(Ok(head), |(_, next)| volume(next.tree))?;
            let others = [&[next][..], &base].concat();
            snapshots += self.pool.beyond(volume(set.tree)?, &others)?;
        }
        Ok((itself * SECTOR, snapshots * SECTOR))
    }

    fn facts(&self, own: &Own, name: &str, charged: &Charges<'_>) -> Result<DatasetFacts> {
        let set = own.get(name)?;
        let volume = self.tree(set.tree)?.volume;
        let refer = self.pool.total(volume)? * SECTOR;
        let with_children = |name: &str| {
            let below = format!("{name}/");
            let within = charged.iter().filter(|(it, _)| it.starts_with(&below));
            within.map(|(_, (itself, snapshots))| itself + snapshots).sum::<u64>()
        };
        let (itself, snapshots) = charged.get(name).copied().unwrap_or_default();
        let mut children = with_children(name);
        if name == own.name {
            children += self.pool.total(own.objects())? * SECTOR;
        }
        let used = match set.is_snapshot {
            true => self.pool.exclusive(volume)? * SECTOR,
            false => itself + snapshots + children,
        };
        let value = |property| own.value(name, property);
        let shown = |property: Property| {
            let (value, from) = value(property);
            (property.name().to_owned(), value, from)
        };
        Ok(DatasetFacts {
            name: name.to_owned(),
            is_snapshot: set.is_snapshot,
            created: set.created,
            used,
            used_by: [snapshots, itself, children],
            refer,
            avail: if set.is_snapshot { 0 } else { self.avail(own, name, charged) },
            origin: set.origin.and_then(|it| own.by_tree(it)).map(|(name, _)| name.clone()),
            clones: match set.is_snapshot {
                true => own.clones(set.tree).cloned().collect(),
                false => Vec::new(),
            },
            deferred: set.deferred,
            props: if set.is_snapshot { Vec::new() } else { Property::all().map(shown).collect() },
        })
    }

    /// Sectors that quotas leave to a dataset; `None` without any.
    pub(in crate::volumes) fn quota_left(&self, id: u64) -> Option<u64> {
        let own = self.own_zfs().ok()?;
        let quota = Property::Quota.name();
        if !own.sets.values().any(|set| set.props.contains_key(quota)) {
            return None;
        }
        let name = own.name_of(id)?;
        let charged = self.all_charged(own).ok()?;
        let free = self.pool.free() * SECTOR;
        Some(self.avail(own, &name, &charged)).filter(|left| *left < free).map(|it| it / SECTOR)
    }

    fn all_charged<'a>(&self, own: &'a Own) -> Result<Charges<'a>> {
        let sets = own.sets.iter().filter(|(_, set)| !set.is_snapshot);
        let charge = |(name, set): (&'a String, &super::Dataset)| {
            Ok((name.as_str(), self.charged(own, name, set.origin)?))
        };
        sets.map(charge).collect()
    }

    /// What a dataset may still take: what the pool has, less what is kept, and what quotas above leave.
    fn avail(&self, own: &Own, name: &str, charged: &Charges<'_>) -> u64 {
        let mut avail = self.pool.free().saturating_sub(slop(&self.pool)) * SECTOR;
        let mut at = Some(name);
        while let Some(name) = at {
            let below = format!("{name}/");
            let within = charged.iter().filter(|(it, _)| **it == name || it.starts_with(&below));
            let used: u64 = within.map(|(_, (itself, snapshots))| itself + snapshots).sum();
            if let Some(quota) = props::size(&own.value(name, Property::Quota).0) {
                avail = avail.min(quota.saturating_sub(used));
            }
            at = name.rsplit_once('/').map(|it| it.0);
        }
        avail
    }
}
