//! Quota groups of Btrfs: what each subvolume refers to and has alone, and what it may. Groups of higher levels are not
//! simulated: Docker uses none.

use super::book::BLOCK;
use super::btrfs::NODE;
use super::{Kind, Volumes};
use crate::errno::Errno;
use crate::pool::Class;
use crate::types::Result;
use crate::types::control::{GroupFacts, Limits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether is counted, and what trees may take; trees that are gone keep their group, as on Linux 6.18.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    groups: Option<Arc<BTreeMap<u64, Limits>>>,
}

impl Volumes {
    fn quotas(&mut self) -> Result<&mut Option<Arc<BTreeMap<u64, Limits>>>> {
        match &mut self.kind {
            Kind::Btrfs(own) => Ok(&mut own.quotas.groups),
            Kind::Zfs(_) => Err(Errno::ENOTTY),
        }
    }

    pub(super) fn switch_quota(&mut self, on: bool) -> Result<()> {
        let all = self.trees.iter().filter(|it| !it.1.dead).map(|it| (it.0, Limits::default()));
        let all: BTreeMap<u64, Limits> = all.collect();
        let quotas = self.quotas()?;
        match (on, quotas.is_some()) {
            (true, false) => *quotas = Some(Arc::new(all)),
            (false, _) => *quotas = None,
            _ => {}
        }
        Ok(())
    }

    /// # Errors
    /// `ENOTCONN`: quotas are off. `ENOENT`: no such group.
    pub(super) fn limit_group(
        &mut self,
        id: u64,
        exclusive: bool,
        bytes: Option<u64>,
    ) -> Result<()> {
        let is_tree = self.tree(id).is_ok_and(|tree| !tree.dead);
        let groups = Arc::make_mut(self.quotas()?.as_mut().ok_or(Errno::ENOTCONN)?);
        if is_tree {
            groups.entry(id).or_default();
        }
        let limits = groups.get_mut(&id).ok_or(Errno::ENOENT)?;
        match exclusive {
            true => limits.exclusive = bytes,
            false => limits.referenced = bytes,
        }
        Ok(())
    }

    /// Bytes that a tree refers to, and those that only it has: contents and nodes.
    fn taken(&self, id: u64) -> (u64, u64) {
        let Ok(tree) = self.tree(id) else { return (0, 0) };
        let usage = self.pool.usage(tree.volume, Class::Data).unwrap_or_default();
        let nodes = self.pool.nodes_of(tree.volume).unwrap_or(0);
        let own = self.pool.own_nodes(tree.volume).unwrap_or(0);
        (usage.total * BLOCK + nodes * NODE, usage.exclusive * BLOCK + own * NODE)
    }

    /// # Errors
    /// `ENOTCONN`: quotas are off.
    pub(super) fn groups(&self) -> Result<Vec<GroupFacts>> {
        let groups = self.own_btrfs()?.quotas.groups.clone().ok_or(Errno::ENOTCONN)?;
        let mut all: BTreeMap<u64, Limits> = (*groups).clone();
        for (id, _) in self.trees.iter().filter(|it| !it.1.dead) {
            all.entry(id).or_default();
        }
        let fact = |(id, limits)| {
            let (referenced, exclusive) = self.taken(id);
            let path = self.tree(id).is_ok_and(|tree| !tree.dead).then(|| self.path_of(id));
            GroupFacts { id, path, referenced, exclusive, limits }
        };
        Ok(all.into_iter().map(fact).collect())
    }

    /// Blocks that the limits of a tree's group leave; `None` without any. A node is kept back for the change itself.
    pub(super) fn group_left(&self, id: u64) -> Option<u64> {
        let groups = self.own_btrfs().ok()?.quotas.groups.as_ref()?;
        let limits = groups.get(&id)?;
        if *limits == Limits::default() {
            return None;
        }
        let (referenced, exclusive) = self.taken(id);
        let left = |limit: Option<u64>, taken: u64| limit.map(|it| it.saturating_sub(taken + NODE));
        let both = [left(limits.referenced, referenced), left(limits.exclusive, exclusive)];
        both.into_iter().flatten().min().map(|it| it / BLOCK)
    }
}
