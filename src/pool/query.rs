//! What belongs to whom: questions that change nothing.

use super::node::Piece;
use super::{Class, Pool, Volume};
use crate::types::Result;
use std::collections::BTreeMap;

/// A run of places of an object on the device, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first place.
    pub at: u64,
    /// The first unit on the device.
    pub start: u64,
    pub len: u64,
    /// Somebody else refers to it too: another tree, or another object of this one.
    pub shared: bool,
}

/// What a tree takes, in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What it refers to.
    pub total: u64,
    /// Of that, what would be free without it.
    pub exclusive: u64,
}

impl Pool {
    /// Where places `from` to `to` of an object are, ascending, cut at both ends.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn runs(
        &self,
        volume: Volume,
        object: u64,
        class: Class,
        from: u64,
        to: u64,
    ) -> Result<Vec<Run>> {
        let root = self.root(volume)?.node;
        let mut found = Vec::new();
        self.forest.visit(root, object, class, (from, to), false, &mut |at, piece, shared| {
            found.push((at, piece, shared));
        });
        // Parts of one extent in one object do not make it shared.
        let mut here: BTreeMap<u64, u32> = BTreeMap::new();
        if self.geometry.whole {
            self.forest.visit(root, object, class, (0, u64::MAX), false, &mut |_, piece, _| {
                *here.entry(piece.whole).or_default() += 1;
            });
        }
        let mut runs: Vec<Run> = Vec::new();
        for (at, piece, path) in found {
            let mut skip = 0;
            for (len, refs) in self.space.counts(piece) {
                let alone = here.get(&piece.whole).copied().unwrap_or(1);
                let run = Run {
                    at: at + skip,
                    start: piece.start + skip,
                    len,
                    shared: path || refs > alone,
                };
                skip += len;
                push(&mut runs, run, (from, to));
            }
        }
        Ok(runs)
    }

    /// What a tree takes of a class: O(what is its own).
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn usage(&self, volume: Volume, class: Class) -> Result<Usage> {
        let root = self.root(volume)?;
        let total = root.units[class as usize];
        let mut exclusive = 0;
        // An extent is this tree's own when all references to it are in nodes of its own.
        let mut wholes: BTreeMap<u64, (u32, u64, Option<Piece>)> = BTreeMap::new();
        self.forest.own_items(root.node, &mut |key, piece| {
            if key.class != class || piece.len == 0 {
                return;
            }
            if self.geometry.whole {
                let entry = wholes.entry(piece.whole).or_default();
                *entry = (entry.0 + 1, entry.1 + piece.len, Some(piece));
            } else {
                let own = self.space.counts(piece).into_iter().filter(|(_, refs)| *refs == 1);
                exclusive += own.map(|(len, _)| len).sum::<u64>();
            }
        });
        for (refs, len, piece) in wholes.into_values() {
            if piece.is_some_and(|piece| self.space.refs_of_whole(piece) == refs) {
                exclusive += len;
            }
        }
        Ok(Usage { total, exclusive })
    }

    /// Nodes of a tree that no other tree has.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn own_nodes(&self, volume: Volume) -> Result<u64> {
        Ok(self.forest.own_nodes(self.root(volume)?.node))
    }

    /// Units that an object refers to in a class.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn mapped(&self, volume: Volume, object: u64, class: Class) -> Result<u64> {
        let root = self.root(volume)?.node;
        let hit = self.forest.within(root, object, class, 0, u64::MAX);
        Ok(hit.iter().map(|(_, piece)| piece.len).sum())
    }

    /// The parts of a range that are not mapped, or that somebody else refers to as well.
    pub(super) fn not_own(
        &self,
        volume: Volume,
        object: u64,
        class: Class,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, u64)>> {
        let mut others = Vec::new();
        let mut next = from;
        for run in self.runs(volume, object, class, from, to)?.iter().filter(|it| !it.shared) {
            if run.at > next {
                others.push((next, run.at));
            }
            next = run.at + run.len;
        }
        if next < to {
            others.push((next, to));
        }
        Ok(others)
    }
}

/// Adds a run cut to a range, as one with the last where they continue each other.
fn push(runs: &mut Vec<Run>, run: Run, (from, to): (u64, u64)) {
    let skip = from.saturating_sub(run.at);
    let end = (run.at + run.len).min(to);
    if run.at + skip >= end {
        return;
    }
    let run = Run { at: run.at + skip, start: run.start + skip, len: end - run.at - skip, ..run };
    match runs.last_mut() {
        Some(last)
            if last.shared == run.shared
                && last.at + last.len == run.at
                && last.start + last.len == run.start =>
        {
            last.len += run.len;
        }
        _ => runs.push(run),
    }
}
