//! The bytes of a regular file: extents of reference-counted bytes, and holes between them.
//!
//! An extent starts and ends on a block boundary, so extents are what is allocated. Reading shares
//! and writing copies at most the blocks it touches. Knows nothing of inodes.

use crate::errno::Errno;
use crate::fs::Blobs;
use crate::store::{Rope, Seg, Tree};
use crate::types::Result;
use std::sync::Arc;

/// Bytes of one block.
pub(super) const BLOCK: u64 = 4096;
/// A write grows its own extent in place up to this size.
const CHUNK: u64 = 65536;

/// Where an extent's bytes come from.
#[derive(Clone, Debug)]
enum Src {
    /// Allocated and not written (`fallocate`): zeros, and a hole to `SEEK_DATA`.
    Unwritten,
    /// Shared bytes; what the extent has beyond them is zeros.
    Bytes { bytes: Arc<[u8]>, off: usize },
    /// Bytes that a number generates, then zeros.
    Generated { seed: u64, at: u64, have: u64 },
    /// Bytes that the host supplies when they are read, then zeros.
    External { source: u32, at: u64, have: u64 },
}

#[derive(Clone, Debug)]
struct Extent {
    len: u64,
    src: Src,
}

impl Extent {
    /// The part from `skip` on.
    fn tail(&self, skip: u64) -> Extent {
        let src = match &self.src {
            Src::Unwritten => Src::Unwritten,
            Src::Bytes { bytes, off } => {
                Src::Bytes { bytes: bytes.clone(), off: (*off + skip as usize).min(bytes.len()) }
            }
            Src::Generated { seed, at, have } => {
                Src::Generated { seed: *seed, at: at + skip, have: have.saturating_sub(skip) }
            }
            Src::External { source, at, have } => {
                Src::External { source: *source, at: at + skip, have: have.saturating_sub(skip) }
            }
        };
        Extent { len: self.len - skip, src }
    }

    /// Copies bytes from `skip` on into `buf`, which lies within the extent.
    fn read(&self, blobs: &mut Blobs, skip: u64, buf: &mut [u8]) -> Result<()> {
        match &self.src {
            Src::Unwritten => buf.fill(0),
            Src::Bytes { bytes, off } => {
                let have = &bytes[after(bytes, *off, skip)..];
                let n = have.len().min(buf.len());
                buf[..n].copy_from_slice(&have[..n]);
                buf[n..].fill(0);
            }
            Src::Generated { seed, at, have } => {
                let (buf, rest) = buf.split_at_mut(reach(*have, skip, buf.len()));
                crate::store::generate(*seed, at + skip, buf);
                rest.fill(0);
            }
            Src::External { source, at, have } => {
                let (buf, rest) = buf.split_at_mut(reach(*have, skip, buf.len()));
                blobs.read(*source, at + skip, buf)?;
                rest.fill(0);
            }
        }
        Ok(())
    }

    /// The first `len` bytes from `skip` on as a segment.
    fn segs(&self, skip: u64, len: u64, out: &mut Vec<Seg>) {
        match &self.src {
            Src::Unwritten => out.push(Seg::Zero(len)),
            Src::Bytes { bytes, off } => {
                let from = after(bytes, *off, skip);
                let have = ((bytes.len() - from) as u64).min(len);
                if have > 0 {
                    out.push(Seg::Shared { bytes: bytes.clone(), off: from, len: have as usize });
                }
                if have < len {
                    out.push(Seg::Zero(len - have));
                }
            }
            Src::Generated { seed, at, have } => {
                let n = have.saturating_sub(skip).min(len);
                out.push(Seg::Generated { seed: *seed, at: at + skip, len: n });
                out.push(Seg::Zero(len - n));
            }
            Src::External { source, at, have } => {
                let n = have.saturating_sub(skip).min(len);
                out.push(Seg::External { source: *source, at: at + skip, len: n });
                out.push(Seg::Zero(len - n));
            }
        }
    }
}

/// The index `skip` after `off`, within the bytes.
fn after(bytes: &[u8], off: usize, skip: u64) -> usize {
    let left = bytes.len().saturating_sub(off);
    off.min(bytes.len()) + usize::try_from(skip).map_or(left, |skip| skip.min(left))
}

/// How many of `len` bytes from `skip` on are among the first `have`.
fn reach(have: u64, skip: u64, len: usize) -> usize {
    have.saturating_sub(skip).min(len as u64) as usize
}

fn down(off: u64) -> u64 {
    off / BLOCK * BLOCK
}

fn up(off: u64) -> u64 {
    off.div_ceil(BLOCK) * BLOCK
}

/// The contents of one regular file.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    size: u64,
    blocks: u64,
    extents: Tree<u64, Extent>,
}

/// An empty file.
pub(super) static EMPTY: Data = Data { size: 0, blocks: 0, extents: Tree::new() };

impl Data {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Allocated blocks.
    pub(super) fn blocks(&self) -> u64 {
        self.blocks
    }

    /// What is allocated, as one range where extents meet.
    pub(super) fn ranges(&self) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (start, ext) in self.extents.iter() {
            match ranges.last_mut() {
                Some((at, len)) if *at + *len == *start => *len += ext.len,
                _ => ranges.push((*start, ext.len)),
            }
        }
        ranges
    }

    /// Blocks that a write to this range would newly allocate.
    pub(super) fn missing(&self, off: u64, len: u64) -> u64 {
        if len == 0 {
            return 0;
        }
        let (from, to) = (down(off), up(off.saturating_add(len)));
        let have: u64 = self
            .within(from, to)
            .map(|(start, ext)| (start + ext.len).min(to) - start.max(from))
            .sum();
        (to - from - have) / BLOCK
    }

    /// Extents that overlap the range.
    fn within(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, &Extent)> {
        let first = self
            .extents
            .floor(&from)
            .filter(|(start, ext)| **start + ext.len > from)
            .map_or(from, |(start, _)| *start);
        let rest = self.extents.from(&first).map(|(start, ext)| (*start, ext));
        rest.take_while(move |(start, _)| *start < to)
    }

    /// Reads into `buf`; returns how much lies before the end of the file.
    pub(super) fn read(&self, blobs: &mut Blobs, off: u64, buf: &mut [u8]) -> Result<usize> {
        let len = (buf.len() as u64).min(self.size.saturating_sub(off));
        let buf = &mut buf[..len as usize];
        let end = off + len;
        let mut at = off;
        for (start, ext) in self.within(off, end) {
            if start > at {
                buf[(at - off) as usize..(start - off) as usize].fill(0);
                at = start;
            }
            let stop = (start + ext.len).min(end);
            ext.read(blobs, at - start, &mut buf[(at - off) as usize..(stop - off) as usize])?;
            at = stop;
        }
        buf[(at - off) as usize..].fill(0);
        Ok(len as usize)
    }

    /// The range as shared segments, up to the end of the file.
    pub(super) fn rope(&self, off: u64, len: u64) -> Rope {
        let end = off.saturating_add(len).min(self.size);
        let mut segs = Vec::new();
        let mut at = off;
        for (start, ext) in self.within(off, end) {
            if start > at {
                segs.push(Seg::Hole(start - at));
                at = start;
            }
            let stop = (start + ext.len).min(end);
            ext.segs(at - start, stop - at, &mut segs);
            at = stop;
        }
        if at < end {
            segs.push(Seg::Hole(end - at));
        }
        segs.retain(|seg| !seg.is_empty());
        Rope { segs }
    }

    /// Makes room: cuts extents so that none crosses `from` or `to`, and drops those between.
    fn clear(&mut self, from: u64, to: u64) {
        let hit: Vec<(u64, Extent)> =
            self.within(from, to).map(|(start, ext)| (start, ext.clone())).collect();
        for (start, ext) in hit {
            self.take(start);
            let end = start + ext.len;
            if start < from {
                self.add(start, Extent { len: from - start, src: ext.src.clone() });
            }
            if end > to {
                self.add(to, ext.tail(to - start));
            }
        }
    }

    fn take(&mut self, start: u64) {
        if let Some(old) = self.extents.remove(&start) {
            self.blocks -= old.len / BLOCK;
        }
    }

    /// Adds an extent where nothing is.
    fn add(&mut self, start: u64, ext: Extent) {
        self.blocks += ext.len / BLOCK;
        self.extents.insert(start, ext);
    }

    fn put(&mut self, start: u64, ext: Extent) {
        self.clear(start, start + ext.len);
        self.add(start, ext);
    }

    /// Writes bytes; the file grows when they end beyond it.
    pub(super) fn write(&mut self, blobs: &mut Blobs, off: u64, data: &[u8]) -> Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let end = off + data.len() as u64;
        if !self.write_in_place(off, data) {
            self.write_fresh(blobs, off, data)?;
        }
        self.size = self.size.max(end);
        Ok(())
    }

    /// Writes into bytes that nobody shares, if the range lies in one such extent.
    fn write_in_place(&mut self, off: u64, data: &[u8]) -> bool {
        let Some(start) = self.extents.floor(&off).map(|(start, _)| *start) else { return false };
        let Some(ext) = self.extents.get_unshared(&start) else { return false };
        if off - start + data.len() as u64 > ext.len {
            return false;
        }
        let Src::Bytes { bytes, off: from } = &mut ext.src else { return false };
        let first = after(bytes, *from, off - start);
        let Some(own) = Arc::get_mut(bytes) else { return false };
        match own.get_mut(first..first + data.len()) {
            Some(to) => {
                to.copy_from_slice(data);
                true
            }
            None => false,
        }
    }

    /// Writes a new extent for the blocks touched, with what stood there before and after.
    fn write_fresh(&mut self, blobs: &mut Blobs, off: u64, data: &[u8]) -> Result<()> {
        let end = off + data.len() as u64;
        let mut from = down(off);
        let to = up(end);
        // A file that grows by small writes keeps to one extent a chunk.
        if off == self.size && !off.is_multiple_of(CHUNK) && off.is_multiple_of(BLOCK) {
            let chunk = off / CHUNK * CHUNK;
            let near = self.extents.floor(&off).map_or(off, |(start, _)| *start);
            from = near.max(chunk);
        }
        let mut bytes = vec![0; (self.size.clamp(end, to) - from) as usize];
        let keep = self.size.min(to).saturating_sub(from) as usize;
        let keep = keep.min(bytes.len());
        self.read(blobs, from, &mut bytes[..keep])?;
        bytes[(off - from) as usize..(end - from) as usize].copy_from_slice(data);
        if end >= self.size {
            grow(&mut bytes, to - from);
        }
        self.put(from, Extent { len: to - from, src: Src::Bytes { bytes: bytes.into(), off: 0 } });
        Ok(())
    }

    /// Writes shared segments; holes in the rope stay holes.
    pub(super) fn write_rope(&mut self, blobs: &mut Blobs, off: u64, rope: &Rope) -> Result<()> {
        let mut at = off;
        for seg in &rope.segs {
            let len = seg.len();
            let next = at + len;
            match seg {
                Seg::Hole(_) => {}
                _ if at.is_multiple_of(BLOCK)
                    && (next.is_multiple_of(BLOCK) || next >= self.size) =>
                {
                    self.put(at, Extent { len: up(next) - at, src: src_of(seg) });
                }
                _ => self.write_unaligned(blobs, at, seg)?,
            }
            self.size = self.size.max(next);
            at = next;
        }
        Ok(())
    }

    fn write_unaligned(&mut self, blobs: &mut Blobs, at: u64, seg: &Seg) -> Result<()> {
        let ext = Extent { len: seg.len(), src: src_of(seg) };
        let mut done = 0;
        let mut buf = vec![0; seg.len().min(CHUNK) as usize];
        while done < seg.len() {
            let n = (seg.len() - done).min(CHUNK);
            ext.read(blobs, done, &mut buf[..n as usize])?;
            self.write(blobs, at + done, &buf[..n as usize])?;
            done += n;
        }
        Ok(())
    }

    /// Sets the size; what lies beyond is dropped, and reads as zeros if the file grows again.
    pub(super) fn truncate(&mut self, blobs: &mut Blobs, size: u64) -> Result<()> {
        if size <= self.size {
            self.zero_tail(blobs, size)?;
            self.clear(up(size), u64::MAX / 2);
        }
        self.size = size;
        Ok(())
    }

    /// Zeroes from `size` to the end of its block.
    fn zero_tail(&mut self, blobs: &mut Blobs, size: u64) -> Result<()> {
        let stop = up(size).min(self.size);
        if stop > size && self.within(size, stop).any(|(_, ext)| !matches!(ext.src, Src::Unwritten))
        {
            self.write(blobs, size, &vec![0; (stop - size) as usize])?;
        }
        Ok(())
    }

    /// Allocates without writing.
    pub(super) fn allocate(&mut self, off: u64, len: u64) {
        let (from, to) = (down(off), up(off + len));
        let mut at = from;
        let mut gaps = Vec::new();
        for (start, ext) in self.within(from, to) {
            if start > at {
                gaps.push((at, start));
            }
            at = at.max(start + ext.len);
        }
        if at < to {
            gaps.push((at, to));
        }
        for (start, end) in gaps {
            self.put(start, Extent { len: end - start, src: Src::Unwritten });
        }
    }

    /// Is something in the range allocated that was never written?
    pub(super) fn has_unwritten(&self, from: u64, to: u64) -> bool {
        self.within(from, to).any(|(_, ext)| matches!(ext.src, Src::Unwritten))
    }

    /// Was every page of the range written?
    pub(super) fn is_written(&self, from: u64, to: u64) -> bool {
        let (mut at, to) = (down(from), up(to));
        for (start, ext) in self.within(at, to) {
            if start > at || matches!(ext.src, Src::Unwritten) {
                return false;
            }
            at = up(start + ext.len);
        }
        at >= to
    }

    /// Turns what was allocated in the range, and not written, into zeros that count as data: what
    /// tmpfs does when the same range is allocated again, and ext4 when it is read (observed on 6.18).
    pub(super) fn settle_unwritten(&mut self, off: u64, len: u64) {
        let (from, to) = (down(off), up(off + len));
        let unwritten: Vec<(u64, u64)> = self
            .within(from, to)
            .filter(|(_, ext)| matches!(ext.src, Src::Unwritten))
            .map(|(start, ext)| (start.max(from), (start + ext.len).min(to)))
            .collect();
        for (start, end) in unwritten {
            self.put(start, Extent { len: end - start, src: src_of(&Seg::Zero(end - start)) });
        }
    }

    /// Grows the size without touching data.
    pub(super) fn grow_to(&mut self, size: u64) {
        self.size = self.size.max(size);
    }

    /// Frees whole blocks and zeroes the partial ones at both ends.
    pub(super) fn punch(&mut self, blobs: &mut Blobs, off: u64, len: u64) -> Result<()> {
        self.zero_edges(blobs, off, len)?;
        let (from, to) = (up(off), down(off.saturating_add(len)));
        if from < to {
            self.clear(from, to);
        }
        Ok(())
    }

    /// Zeroes a range, whole blocks as allocated and unwritten.
    pub(super) fn zero(&mut self, blobs: &mut Blobs, off: u64, len: u64) -> Result<()> {
        self.punch(blobs, off, len)?;
        self.allocate(off, len);
        Ok(())
    }

    fn zero_edges(&mut self, blobs: &mut Blobs, off: u64, len: u64) -> Result<()> {
        let end = off.saturating_add(len).min(self.size);
        let head = up(off).min(end);
        let tail = down(end).max(head);
        for (from, to) in [(off, head), (tail, end)] {
            if from < to && self.within(from, to).next().is_some() {
                self.write(blobs, from, &vec![0; (to - from) as usize])?;
            }
        }
        Ok(())
    }

    /// Removes a range of whole blocks; what follows moves down.
    pub(super) fn collapse(&mut self, off: u64, len: u64) {
        self.clear(off, off + len);
        self.shift(off, |start| start - len);
        self.size -= len;
    }

    /// Inserts a hole of whole blocks; what follows moves up.
    pub(super) fn insert_hole(&mut self, off: u64, len: u64) {
        self.clear(off, off);
        self.shift(off, |start| start + len);
        self.size += len;
    }

    /// Moves every extent from `off` on.
    fn shift(&mut self, off: u64, to: impl Fn(u64) -> u64) {
        let moved: Vec<(u64, Extent)> =
            self.extents.from(&off).map(|(start, ext)| (*start, ext.clone())).collect();
        for (start, _) in &moved {
            self.extents.remove(start);
        }
        for (start, ext) in moved {
            self.extents.insert(to(start), ext);
        }
    }

    /// `SEEK_DATA`. # Errors: `ENXIO` at or beyond the end, or without data to come.
    pub(super) fn seek_data(&self, off: u64) -> Result<u64> {
        if off >= self.size {
            return Err(Errno::ENXIO);
        }
        self.within(off, self.size)
            .find(|(_, ext)| !matches!(ext.src, Src::Unwritten))
            .map(|(start, _)| start.max(off))
            .ok_or(Errno::ENXIO)
    }

    /// `SEEK_HOLE`; the end of the file is a hole.
    pub(super) fn seek_hole(&self, off: u64) -> Result<u64> {
        if off >= self.size {
            return Err(Errno::ENXIO);
        }
        let mut at = off;
        for (start, ext) in self.within(off, self.size) {
            if start > at || matches!(ext.src, Src::Unwritten) {
                return Ok(at);
            }
            at = start + ext.len;
        }
        Ok(at.min(self.size))
    }

    /// Replaces everything by one extent of bytes the host has or a number generates.
    pub(super) fn set_source(&mut self, seg: &Seg) {
        *self = Data { size: seg.len(), ..Data::default() };
        if !seg.is_empty() && !matches!(seg, Seg::Hole(_)) {
            self.put(0, Extent { len: up(seg.len()), src: src_of(seg) });
        }
    }
}

fn src_of(seg: &Seg) -> Src {
    match seg {
        Seg::Hole(_) => Src::Unwritten,
        Seg::Zero(_) => Src::Bytes { bytes: Arc::from([]), off: 0 },
        Seg::Shared { bytes, off, len } => {
            // Beyond the segment the extent reads as zeros, so the bytes may not go on.
            if off + len == bytes.len() || (*len as u64).is_multiple_of(BLOCK) {
                Src::Bytes { bytes: bytes.clone(), off: *off }
            } else {
                Src::Bytes { bytes: bytes.get(*off..off + len).unwrap_or(&[]).into(), off: 0 }
            }
        }
        Seg::Generated { seed, at, len } => Src::Generated { seed: *seed, at: *at, have: *len },
        Seg::External { source, at, len } => Src::External { source: *source, at: *at, have: *len },
    }
}

/// Leaves room for the next small writes, within the extent.
fn grow(bytes: &mut Vec<u8>, most: u64) {
    let want = (bytes.len() as u64 * 2).min(most) as usize;
    if bytes.len() >= 64 {
        bytes.resize(want.max(bytes.len()), 0);
    }
}
