//! The storage of all trees as plain data, for whoever draws it.

use super::{Kind, Volumes};
use crate::pool::Class;
use crate::types::{Gauge, Layout, Run, Volume};

impl Volumes {
    /// Trees with their shares, runs of the device by how often they are referred to, and how full it is.
    pub(super) fn picture(&self) -> Layout {
        let unit = self.pool.geometry().unit;
        let mut ids: Vec<u64> =
            self.trees.iter().filter(|(_, tree)| !tree.dead).map(|(id, _)| id).collect();
        // What a tree was made from has the lower number.
        ids.sort_unstable();
        let volume = |id: &u64| {
            let tree = self.tree(*id).ok()?;
            let origin = tree.facts.origin;
            let parent = ids.iter().position(|other| {
                origin.is_some() && self.tree(*other).is_ok_and(|it| Some(it.facts.uuid) == origin)
            });
            let usage = self.pool.usage(tree.volume, Class::Data).unwrap_or_default();
            Some(Volume {
                name: self.title(*id),
                parent,
                frozen: tree.facts.read_only,
                refers: usage.total * unit,
                exclusive: usage.exclusive * unit,
            })
        };
        let total = self.pool.geometry().units * unit;
        Layout {
            unit,
            volumes: ids.iter().filter_map(volume).collect(),
            runs: self
                .pool
                .device()
                .into_iter()
                .map(|(at, len, refs)| Run { at, len, refs })
                .collect(),
            gauges: vec![Gauge { used: self.pool.used() * unit, total }],
        }
    }

    /// What the system's own tools call a tree.
    fn title(&self, id: u64) -> String {
        match &self.kind {
            Kind::Btrfs(_) => String::from_utf8_lossy(&self.path_of(id)).into_owned(),
            Kind::Zfs(own) => own.name_of(id).unwrap_or_default(),
        }
    }
}
