//! What belongs to whom: questions that change nothing.

use super::node::Piece;
use super::{Class, Pool, Span, Stream, Volume, gaps};
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
    /// Where a range of an object lies, ascending, cut at both ends.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn runs(&self, span: Span) -> Result<Vec<Run>> {
        let root = self.root(span.stream.volume)?.node;
        let mut found = Vec::new();
        self.forest.visit(root, span, false, &mut |at, piece, shared| {
            found.push((at, piece, shared));
        });
        // Parts of one extent in one object do not make it shared.
        let mut here: BTreeMap<u64, u32> = BTreeMap::new();
        if self.geometry.whole {
            self.forest.visit(root, span.stream.all(), false, &mut |_, piece, _| {
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
                push(&mut runs, run, (span.at, span.end()));
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

    /// What is in use on the device: runs of units in their order, each with how many trees and objects refer to
    /// it. O(everything): for a picture.
    pub fn device(&self) -> Vec<(u64, u64, u32)> {
        let mut ends: BTreeMap<u64, i64> = BTreeMap::new();
        for root in self.roots.values() {
            self.forest.all_items(root.node, &mut |piece| {
                *ends.entry(piece.start).or_default() += 1;
                *ends.entry(piece.start + piece.len).or_default() -= 1;
            });
        }
        let mut runs: Vec<(u64, u64, u32)> = Vec::new();
        let (mut from, mut refs) = (0, 0i64);
        for (at, change) in ends {
            if refs > 0 && at > from {
                let more = (from, at - from, u32::try_from(refs).unwrap_or(u32::MAX));
                match runs.last_mut() {
                    Some(last) if last.0 + last.1 == from && last.2 == more.2 => last.1 += more.1,
                    _ => runs.push(more),
                }
            }
            (from, refs) = (at, refs + change);
        }
        runs
    }

    /// Units that a tree refers to, of all classes.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn total(&self, volume: Volume) -> Result<u64> {
        Ok(self.root(volume)?.units.iter().sum())
    }

    /// Of all classes, what would be free without the tree.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn exclusive(&self, volume: Volume) -> Result<u64> {
        let data = self.usage(volume, Class::Data)?.exclusive;
        Ok(data + self.usage(volume, Class::Meta)?.exclusive)
    }

    /// Does an object have anything of a class?
    pub fn has(&self, stream: Stream) -> bool {
        self.root(stream.volume).is_ok_and(|root| self.forest.has(root.node, stream))
    }

    /// Has an object parts from one up to another?
    pub fn has_from(&self, object: Stream, from: u64, to: u64) -> bool {
        let Ok(root) = self.root(object.volume) else { return false };
        // Parts have no length: they are found from the place before on.
        let span = object.between(from.saturating_sub(1), to);
        !self.forest.within(root.node, span).is_empty()
    }

    /// Units that a tree refers to and none of the others does: O(what they do not have in common).
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn beyond(&self, volume: Volume, others: &[Volume]) -> Result<u64> {
        let root = self.root(volume)?.node;
        let others = others.iter().map(|it| Ok(self.root(*it)?.node));
        let others = others.collect::<Result<Vec<u64>>>()?;
        let mut own = Vec::new();
        self.forest.not_in(root, &others, &mut |piece| own.push((piece.start, piece.len)));
        let mut theirs = Vec::new();
        for other in &others {
            self.forest.not_in(*other, &[root], &mut |piece| theirs.push((piece.start, piece.len)));
        }
        Ok(difference(own, theirs))
    }

    /// Nodes of a tree that no other tree has.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn own_nodes(&self, volume: Volume) -> Result<u64> {
        Ok(self.forest.own_nodes(self.root(volume)?.node))
    }

    /// Nodes of a tree.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn nodes_of(&self, volume: Volume) -> Result<u64> {
        Ok(self.forest.count(self.root(volume)?.node))
    }

    /// Units that an object refers to in a class.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn mapped(&self, stream: Stream) -> Result<u64> {
        let root = self.root(stream.volume)?.node;
        let hit = self.forest.within(root, stream.all());
        Ok(hit.iter().map(|(_, piece)| piece.len).sum())
    }

    /// The parts of a range that are not mapped, or that somebody else refers to as well.
    pub(super) fn not_own(&self, span: Span) -> Result<Vec<Span>> {
        let runs = self.runs(span)?;
        Ok(gaps(span, runs.iter().filter(|it| !it.shared).map(|it| (it.at, it.len))))
    }
}

/// Units of some runs that are in none of the others.
fn difference(mut own: Vec<(u64, u64)>, mut theirs: Vec<(u64, u64)>) -> u64 {
    own.sort_unstable();
    theirs.sort_unstable();
    let (mut count, mut next) = (0, 0);
    // A unit that stands in several runs counts once.
    let mut done = 0;
    for (start, len) in own {
        let end = start + len;
        let mut at = start.max(done);
        while next < theirs.len() && theirs[next].0 + theirs[next].1 <= at {
            next += 1;
        }
        let mut look = next;
        while at < end {
            match theirs.get(look) {
                Some((other, len)) if *other <= at => {
                    at = at.max(other + len);
                    look += 1;
                }
                other => {
                    let stop = other.map_or(end, |(other, _)| end.min(*other));
                    count += stop - at;
                    at = stop;
                }
            }
        }
        done = done.max(end);
    }
    count
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
