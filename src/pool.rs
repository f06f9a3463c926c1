//! Physical storage that several trees share: which units of a device belong to what, and to whom else.
//!
//! A [`Volume`] maps (object, class, place) to runs of units on the device. All volumes live in one
//! B-tree forest whose nodes carry reference counts, as the trees of Btrfs do: a snapshot is one more
//! reference to a root and moves nothing; a change copies the nodes on its way that somebody else refers
//! to, and no others; what nobody refers to any more is free at once. So the cost of each call is in what it
//! changes, never in the size of a tree, and what is shared follows from the counts instead of being kept.
//!
//! Numbers of units are of the pool's own unit ([`Geometry::unit`]): 4 KiB for Btrfs, 512 bytes for ZFS,
//! 64 KiB for a thin pool. The pool knows nothing of files; whoever writes rounds to what it copies at a
//! time (a record of ZFS). Clone is cheap, so undo covers it.

mod bytes;
mod node;
mod query;
mod space;
mod span;
#[cfg(test)]
mod tests;
pub mod thin;

pub use node::Measure;
pub use query::{Run, Usage};
pub use span::{Span, Stream};

use crate::errno::Errno;
use crate::store::{Map, Table};
use crate::types::Result;
use node::{Forest, Key, Piece};
use space::Space;
use std::sync::Arc;

/// How storage is handed out and taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of one unit.
    pub unit: u64,
    /// Units of the device.
    pub units: u64,
    /// The longest run that is handed out at once, in units (Btrfs: 128 MiB).
    pub longest: u64,
    /// What was handed out at once is taken back at once, when nothing of it is in use any more (Btrfs: an
    /// extent stays whole while a part of it is referred to). Otherwise each unit goes by itself.
    pub whole: bool,
    /// A unit that nobody shares is written where it is (a thin pool); otherwise always elsewhere.
    pub in_place: bool,
    /// What one node holds, at most: how much of a tree a change copies.
    pub measure: Measure,
    /// Bytes of one node.
    pub node: u64,
}

/// One tree of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Volume(pub u32);

/// What a run holds. Each class of an object has places of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// That the object is there; without units.
    Object,
    /// Contents.
    Data,
    /// What leads to contents (indirect blocks of ZFS).
    Meta,
}

/// What was spent since the pool was made: only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Units handed out.
    pub allocated: u64,
    /// Units taken back.
    pub freed: u64,
    /// Nodes of trees that were made or copied.
    pub nodes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Root {
    node: u64,
    /// Units that the tree refers to, by class.
    units: [u64; 3],
}

/// A device, and the trees that share it.
#[derive(Clone, Debug)]
pub struct Pool {
    geometry: Geometry,
    space: Space,
    forest: Forest,
    roots: Arc<Map<Volume, Root>>,
    last: u32,
}

impl Pool {
    pub fn new(geometry: Geometry) -> Pool {
        Pool {
            geometry,
            space: Space::new(geometry.units, geometry.whole),
            forest: Forest { nodes: Table::default(), next: 0, measure: geometry.measure, made: 0 },
            roots: Arc::default(),
            last: 0,
        }
    }

    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Units in use.
    pub fn used(&self) -> u64 {
        self.space.used()
    }

    /// Units that are free.
    pub fn free(&self) -> u64 {
        self.geometry.units - self.space.used()
    }

    pub fn spent(&self) -> Spent {
        let (allocated, freed) = self.space.turnover();
        Spent { allocated, freed, nodes: self.forest.made }
    }

    /// Nodes of all trees.
    pub fn nodes(&self) -> u64 {
        self.forest.nodes.len() as u64
    }

    /// Changes the size of the device; never below what is in use.
    pub fn resize(&mut self, units: u64) {
        self.geometry.units = self.space.resize(units);
    }

    /// A new, empty tree.
    pub fn create(&mut self) -> Volume {
        let node = self.forest.leaf();
        self.keep(Root { node, units: [0; 3] })
    }

    /// Another tree with the same contents; no unit is handed out for it.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn snapshot(&mut self, of: Volume) -> Result<Volume> {
        let root = *self.root(of)?;
        self.forest.hold(root.node);
        Ok(self.keep(root))
    }

    /// Forgets a tree; what only it referred to is free.
    pub fn delete(&mut self, volume: Volume) {
        if let Some(root) = Arc::make_mut(&mut self.roots).remove(&volume) {
            self.forest.drop(root.node, &mut self.space);
        }
    }

    pub fn volumes(&self) -> impl Iterator<Item = Volume> + '_ {
        self.roots.keys().copied()
    }

    fn keep(&mut self, root: Root) -> Volume {
        self.last += 1;
        let volume = Volume(self.last);
        Arc::make_mut(&mut self.roots).insert(volume, root);
        volume
    }

    fn root(&self, volume: Volume) -> Result<&Root> {
        self.roots.get(&volume).ok_or(Errno::ENOENT)
    }

    fn set_root(&mut self, volume: Volume, root: Root) {
        Arc::make_mut(&mut self.roots).insert(volume, root);
    }

    /// A part of what is kept of an object itself changed, and takes so much of a node: the nodes that lead to it are
    /// this tree's own from now on.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn touch(&mut self, volume: Volume, object: u64, part: u64, takes: u32) -> Result<()> {
        let mut root = *self.root(volume)?;
        let key = Key { object, class: Class::Object, at: part };
        let piece = Piece::of_object(takes);
        root.node = self.forest.insert(root.node, key, piece, &mut self.space);
        self.set_root(volume, root);
        Ok(())
    }

    /// Parts of an object are no longer: those from one up to another.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn untouch(&mut self, object: Stream, from: u64, to: u64) -> Result<()> {
        let mut root = *self.root(object.volume)?;
        let (first, end) = (object.key(from), object.key(to));
        root.node = self.forest.remove(root.node, first, end, &mut self.space);
        self.set_root(object.volume, root);
        Ok(())
    }

    /// The root of a tree is its own at once, whoever shares what it leads to (as Btrfs copies it for a snapshot).
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn own_root(&mut self, volume: Volume) -> Result<()> {
        let mut root = *self.root(volume)?;
        root.node = self.forest.own(root.node, &mut self.space);
        self.set_root(volume, root);
        Ok(())
    }

    /// Runs of units that are in use.
    pub fn extents(&self) -> u64 {
        self.space.runs()
    }

    /// Writes a range of places: new units for it, as far as units are not written in place; what was there is
    /// given back afterwards. A range that is longer than free space lets nothing happen.
    ///
    /// # Errors
    /// `ENOSPC`; `ENOENT`: no such volume.
    pub fn write(&mut self, span: Span) -> Result<()> {
        match self.geometry.in_place {
            true => self.claim(span).map(drop),
            false => self.put(span),
        }
    }

    /// The same for what is changed where it is once it is the tree's own: only units that are not yet, or that
    /// others have too, are handed out; how many those were.
    ///
    /// # Errors
    /// As [`Pool::write`].
    pub fn claim(&mut self, span: Span) -> Result<u64> {
        let mut fresh = 0;
        for part in self.not_own(span)? {
            let more = self.grow(part)?;
            self.put(part.after(more))?;
            fresh += part.len;
        }
        Ok(fresh)
    }

    /// Hands out units for what is mapped nowhere in a range, and leaves the rest.
    ///
    /// # Errors
    /// As [`Pool::write`].
    pub fn reserve(&mut self, span: Span) -> Result<()> {
        let there = self.runs(span)?.into_iter().map(|run| (run.at, run.len));
        gaps(span, there).into_iter().try_for_each(|gap| self.put(gap))
    }

    /// Writes what follows what was written last: as long as that is this tree's alone and there is room behind it,
    /// it grows; what is there already is given back as by [`Pool::write`].
    ///
    /// # Errors
    /// As [`Pool::write`].
    pub fn append(&mut self, span: Span) -> Result<()> {
        let more = self.grow(span)?;
        match span.after(more) {
            Span { len: 0, .. } => Ok(()),
            rest => self.write(rest),
        }
    }

    fn grow(&mut self, span: Span) -> Result<u64> {
        let Span { stream, at, len } = span;
        let root = *self.root(stream.volume)?;
        let mut last = None;
        let mut taken = false;
        let near = stream.between(at.saturating_sub(1), span.end());
        self.forest.visit(root.node, near, false, &mut |place, piece, shared| {
            let ends = place + piece.len == at;
            taken |= place + piece.len > at;
            last = last.or((ends && !shared).then_some((place, piece)));
        });
        // Where something lies already nothing grows into.
        let Some((place, piece)) = last.filter(|_| !taken && at > 0) else { return Ok(0) };
        let more = self.space.grow(piece, len, self.geometry.longest);
        if more > 0 {
            self.forest.lengthen(root.node, &stream.key(place), more);
            let mut root = root;
            root.units[stream.class as usize] += more;
            self.set_root(stream.volume, root);
        }
        Ok(more)
    }

    fn put(&mut self, span: Span) -> Result<()> {
        let Span { stream, at, len } = span;
        self.root(stream.volume)?;
        if len == 0 {
            return Ok(());
        }
        let pieces = self.space.allocate(len, self.geometry.longest).ok_or(Errno::ENOSPC)?;
        self.discard(span)?;
        let mut root = *self.root(stream.volume)?;
        let mut next = at;
        for piece in pieces {
            root.node = self.forest.insert(root.node, stream.key(next), piece, &mut self.space);
            next += piece.len;
        }
        root.units[stream.class as usize] += len;
        self.set_root(stream.volume, root);
        Ok(())
    }

    /// Gives back a range of places.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn discard(&mut self, span: Span) -> Result<()> {
        let stream = span.stream;
        let mut root = *self.root(stream.volume)?;
        let (from, to) = (span.at, span.end());
        let hit = self.forest.within(root.node, span);
        let (Some(first), Some(last)) = (hit.first(), hit.last()) else { return Ok(()) };
        let (first_at, last_end) = (first.0, last.0 + last.1.len);
        let mut kept = Vec::new();
        if first_at < from {
            kept.push((first_at, first.1.part(0, from - first_at)));
        }
        if last_end > to {
            kept.push((to, last.1.part(to - last.0, last_end - to)));
        }
        for (_, piece) in &kept {
            self.space.hold(*piece);
        }
        let whole: u64 = hit.iter().map(|(_, piece)| piece.len).sum();
        let (first, end) = (stream.key(first_at), stream.key(to));
        root.node = self.forest.remove(root.node, first, end, &mut self.space);
        let stay: u64 = kept.iter().map(|(_, piece)| piece.len).sum();
        for (at, piece) in kept {
            root.node = self.forest.insert(root.node, stream.key(at), piece, &mut self.space);
        }
        root.units[stream.class as usize] -= whole - stay;
        self.set_root(stream.volume, root);
        Ok(())
    }

    /// Gives back all that an object has.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn remove(&mut self, volume: Volume, object: u64) -> Result<()> {
        for stream in [Stream::data(volume, object), Stream::meta(volume, object)] {
            self.discard(stream.all())?;
        }
        self.untouch(Stream::object(volume, object), 0, u64::MAX)
    }

    /// Lets a range of one object refer to the units of another (`FICLONERANGE`), as far as the first one goes;
    /// nothing is handed out.
    ///
    /// # Errors
    /// `ENOENT`: no such volume.
    pub fn share(&mut self, from: Span, to: Stream, at: u64) -> Result<()> {
        let node = self.root(from.stream.volume)?.node;
        let mut pieces = Vec::new();
        for (place, piece) in self.forest.within(node, from) {
            let skip = from.at.saturating_sub(place);
            let end = (place + piece.len).min(from.end());
            let part = piece.part(skip, end - place - skip);
            self.space.hold(part);
            pieces.push((place + skip - from.at + at, part));
        }
        self.discard(to.span(at, from.len))?;
        let mut root = *self.root(to.volume)?;
        for (place, piece) in pieces {
            root.node = self.forest.insert(root.node, to.key(place), piece, &mut self.space);
            root.units[to.class as usize] += piece.len;
        }
        self.set_root(to.volume, root);
        Ok(())
    }
}

/// What of a range none of some ascending runs (place, length) has.
fn gaps(span: Span, runs: impl Iterator<Item = (u64, u64)>) -> Vec<Span> {
    let mut gaps = Vec::new();
    let mut next = span.at;
    for (at, len) in runs {
        if at > next {
            gaps.push(span.stream.between(next, at));
        }
        next = next.max(at + len);
    }
    if next < span.end() {
        gaps.push(span.stream.between(next, span.end()));
    }
    gaps
}
