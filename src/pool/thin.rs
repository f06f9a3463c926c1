//! A thin pool of the device mapper: devices that take a block of the pool only when it is written.
//!
//! A block that several devices share is copied before one of them writes to it. The pool knows nothing of
//! what lies on its devices; places are bytes of a device. Rules and figures: containers.md section I (a kernel
//! 5.4 with dm-thin; the kernels at hand have none).

use super::bytes::Bytes;
use super::{Class, Geometry, Measure, Pool, Stream, Volume};
use crate::errno::Errno;
use crate::store::Map;
use crate::types::{self, Dev, Layout, Meter, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a block of metadata.
pub const META_BLOCK: u64 = 4096;
/// Mappings that fit into a block of metadata: 16 bytes each behind a head of 32 (`(4096 - 32) / 16`, in threes).
const MAPPINGS: u64 = 252;
/// Counts of blocks that fit into a block of metadata, two bits each behind a head of 16.
const COUNTS: u64 = (META_BLOCK - 16) * 4;
/// Blocks of metadata of a pool without devices: superblock, both space maps, the roots of its trees.
const META_FIRST: u64 = 8;

/// The optional words of a pool's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    pub skip_block_zeroing: bool,
    pub ignore_discard: bool,
    pub no_discard_passdown: bool,
    pub read_only: bool,
    pub error_if_no_space: bool,
}

/// A thin device of a pool, active or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thin {
    pub volume: Volume,
    /// The device it was a snapshot of.
    pub origin: Option<u32>,
    /// The transaction in which it was made.
    pub born: u64,
    /// How many snapshots the pool had seen when it was made, and when it last took part in one.
    pub created: u32,
    pub snapped: u32,
}

/// The pool.
#[derive(Clone, Debug)]
pub struct ThinPool {
    pool: Pool,
    thins: Arc<Map<u32, Thin>>,
    /// What was written to the devices themselves, by id.
    bytes: Arc<Map<u32, Bytes>>,
    /// Blocks that the metadata device has.
    meta_total: u64,
    pub transaction: u64,
    /// Snapshots that were taken, ever.
    time: u32,
    /// How all was when somebody asked to look at it (`reserve_metadata_snap`).
    held: Option<Box<ThinPool>>,
    pub features: Features,
    /// Free blocks at which somebody is told.
    pub low_water: u64,
    /// The pool's own device, as the kernel log names it.
    pub dev: Dev,
    /// No block was left for a write; until the pool grows.
    full: bool,
    warned: bool,
    /// Bytes that were copied because a block was shared.
    copied: u64,
    log: Vec<String>,
}

impl ThinPool {
    /// A pool that hands out blocks of so many bytes.
    pub fn new(block: u64, data: u64, meta: u64) -> ThinPool {
        let units = data / block;
        let geometry = Geometry {
            unit: block,
            units,
            longest: units.max(1),
            whole: false,
            in_place: true,
            measure: Measure::items(MAPPINGS as usize),
            node: META_BLOCK,
        };
        ThinPool {
            pool: Pool::new(geometry),
            thins: Arc::default(),
            bytes: Arc::default(),
            meta_total: meta / META_BLOCK,
            transaction: 0,
            time: 0,
            held: None,
            features: Features::default(),
            low_water: 0,
            dev: Dev::default(),
            full: false,
            warned: false,
            copied: 0,
            log: Vec::new(),
        }
    }

    /// Bytes of a block.
    pub fn block(&self) -> u64 {
        self.pool.geometry().unit
    }

    /// Blocks in use.
    pub fn used(&self) -> u64 {
        self.pool.used()
    }

    /// Blocks that there are.
    pub fn total(&self) -> u64 {
        self.pool.geometry().units
    }

    pub fn free(&self) -> u64 {
        self.pool.free()
    }

    pub fn meta_total(&self) -> u64 {
        self.meta_total
    }

    /// Blocks of metadata in use: follows from the mappings, not from a real pool's history.
    pub fn meta_used(&self) -> u64 {
        let leaf = |it: &Thin| {
            let usage = self.pool.usage(it.volume, Class::Data).unwrap_or_default();
            // A snapshot has its root, and what leads to the blocks that it does not share.
            1 + usage.exclusive.div_ceil(MAPPINGS / 2)
        };
        let devices: u64 = self.thins.values().map(leaf).sum();
        let held = u64::from(self.held.is_some());
        META_FIRST
            + self.total().div_ceil(COUNTS)
            + self.meta_total.div_ceil(COUNTS)
            + devices
            + held
    }

    pub fn is_full(&self) -> bool {
        self.full
    }

    /// What the pool has to say to the kernel log since the last time.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// What was copied because it is shared. What was taken and given back is counted by the file that the
    /// pool's data lie in, which grows and shrinks with the pool.
    pub fn meter(&self) -> Meter {
        Meter { copied: self.copied, ..Meter::default() }
    }

    /// The devices have other sizes now.
    ///
    /// # Errors
    /// `EINVAL`: a data device never shrinks.
    pub fn resize(&mut self, data: u64, meta: u64) -> Result<()> {
        let units = data / self.block();
        if units < self.total() {
            return Err(Errno::EINVAL);
        }
        if units > self.total() {
            self.pool.resize(units);
            if self.full {
                self.say("switching pool to write mode");
            }
            (self.full, self.warned) = (false, false);
        }
        self.meta_total = self.meta_total.max(meta / META_BLOCK);
        Ok(())
    }

    /// All devices by id.
    pub fn thins(&self) -> impl Iterator<Item = (u32, Thin)> + '_ {
        self.thins.iter().map(|(id, thin)| (*id, *thin))
    }

    pub fn get(&self, id: u32) -> Option<Thin> {
        self.thins.get(&id).copied()
    }

    /// `create_thin`.
    ///
    /// # Errors
    /// `EEXIST`.
    pub fn create(&mut self, id: u32) -> Result<()> {
        if self.get(id).is_some() {
            return Err(Errno::EEXIST);
        }
        let (volume, born, time) = (self.pool.create(), self.transaction, self.time);
        let thin = Thin { volume, origin: None, born, created: time, snapped: time };
        Arc::make_mut(&mut self.thins).insert(id, thin);
        Ok(())
    }

    /// `create_snap`: no block is taken for it.
    ///
    /// # Errors
    /// `EEXIST`; `ENODATA` without such an origin (so dm-thin's metadata answers).
    pub fn snapshot(&mut self, id: u32, origin: u32) -> Result<()> {
        if self.get(id).is_some() {
            return Err(Errno::EEXIST);
        }
        let of = self.get(origin).ok_or(Errno::ENODATA)?;
        let volume = self.pool.snapshot(of.volume)?;
        self.time += 1;
        let (born, time) = (self.transaction, self.time);
        let thin = Thin { volume, origin: Some(origin), born, created: time, snapped: time };
        let thins = Arc::make_mut(&mut self.thins);
        thins.insert(id, thin);
        if let Some(origin) = thins.get_mut(&origin) {
            origin.snapped = time;
        }
        if let Some(bytes) = self.bytes.get(&origin).cloned() {
            Arc::make_mut(&mut self.bytes).insert(id, bytes);
        }
        Ok(())
    }

    /// `delete`: what only this device had is free.
    ///
    /// # Errors
    /// `ENODATA`.
    pub fn delete(&mut self, id: u32) -> Result<()> {
        let thin = Arc::make_mut(&mut self.thins).remove(&id).ok_or(Errno::ENODATA)?;
        self.pool.delete(thin.volume);
        Arc::make_mut(&mut self.bytes).remove(&id);
        self.after_free();
        Ok(())
    }

    /// `reserve_metadata_snap`: keeps how all is now, for programs that read the metadata of a pool at work.
    ///
    /// # Errors
    /// `EBUSY`: that was done before.
    pub fn hold(&mut self) -> Result<()> {
        if self.held.is_some() {
            return Err(Errno::EBUSY);
        }
        self.held = Some(Box::new(self.clone()));
        Ok(())
    }

    /// `release_metadata_snap`.
    ///
    /// # Errors
    /// `EINVAL`: nothing is kept.
    pub fn release(&mut self) -> Result<()> {
        self.held.take().map(drop).ok_or(Errno::EINVAL)
    }

    /// What [`ThinPool::hold`] keeps.
    pub fn held(&self) -> Option<&ThinPool> {
        self.held.as_deref()
    }

    /// `set_transaction_id`.
    ///
    /// # Errors
    /// `EINVAL` when the present one is another.
    pub fn set_transaction(&mut self, from: u64, to: u64) -> Result<()> {
        if self.transaction != from {
            return Err(Errno::EINVAL);
        }
        self.transaction = to;
        Ok(())
    }

    /// Blocks that a write to these bytes would take.
    pub fn need(&self, id: u32, from: u64, to: u64) -> u64 {
        let Some(thin) = self.get(id) else { return 0 };
        let (first, last) = self.units(from, to);
        let gaps = self
            .pool
            .not_own(Stream::data(thin.volume, 0).between(first, last))
            .unwrap_or_default();
        gaps.iter().map(|it| it.len).sum()
    }

    /// A write to these bytes of a device.
    ///
    /// # Errors
    /// `ENOSPC` when the pool has no block left: the pool is out of data space from then on. `ENODATA` without
    /// such a device.
    pub fn write(&mut self, id: u32, from: u64, to: u64) -> Result<()> {
        let thin = self.get(id).ok_or(Errno::ENODATA)?;
        if from >= to {
            return Ok(());
        }
        let (first, last) = self.units(from, to);
        let block = self.block();
        let gaps = self.pool.not_own(Stream::data(thin.volume, 0).between(first, last))?;
        let need: u64 = gaps.iter().map(|it| it.len).sum();
        if need > self.free() {
            self.exhaust();
            return Err(Errno::ENOSPC);
        }
        for gap in gaps {
            // What is there and shared has to be copied, unless the write covers all of it.
            let there = self.pool.runs(gap)?;
            for run in there {
                let whole = |unit: u64| from <= unit * block && to >= (unit + 1) * block;
                let copied = (run.at..run.at + run.len).filter(|unit| !whole(*unit)).count();
                self.copied += copied as u64 * block;
            }
            self.pool.write(gap)?;
        }
        if self.free() <= self.low_water {
            self.warn();
        }
        Ok(())
    }

    /// What programs read of a device: what they wrote there.
    pub fn read_bytes(&self, id: u32, at: u64, buf: &mut [u8]) {
        match self.bytes.get(&id) {
            Some(bytes) => bytes.read(at, buf),
            None => buf.fill(0),
        }
    }

    /// Programs write to a device.
    ///
    /// # Errors
    /// As [`ThinPool::write`].
    pub fn write_bytes(&mut self, id: u32, at: u64, data: &[u8]) -> Result<()> {
        self.write(id, at, at + data.len() as u64)?;
        let all = Arc::make_mut(&mut self.bytes);
        if all.get(&id).is_none() {
            all.insert(id, Bytes::default());
        }
        if let Some(bytes) = all.get_mut(&id) {
            bytes.write(at, data);
        }
        Ok(())
    }

    fn warn(&mut self) {
        if !self.warned && self.low_water > 0 {
            self.warned = true;
            self.say("reached low water mark for data device: sending event.");
        }
    }

    /// Bytes of a device that nobody needs any more: whole blocks go back to the pool.
    ///
    /// # Errors
    /// `ENODATA` without such a device.
    pub fn discard(&mut self, id: u32, from: u64, to: u64) -> Result<()> {
        let thin = self.get(id).ok_or(Errno::ENODATA)?;
        let block = self.block();
        let (first, last) = (from.div_ceil(block), to / block);
        if first < last && !self.features.ignore_discard {
            self.pool.discard(Stream::data(thin.volume, 0).between(first, last))?;
            if self.bytes.get(&id).is_some()
                && let Some(bytes) = Arc::make_mut(&mut self.bytes).get_mut(&id)
            {
                bytes.clear(first * block, last * block);
            }
            self.after_free();
        }
        Ok(())
    }

    /// No block is left: the pool waits for room, or says no from now on.
    pub fn exhaust(&mut self) {
        if !self.full {
            self.full = true;
            self.warn();
            let mode = if self.features.error_if_no_space { "error" } else { "queue" };
            self.say(&format!("switching pool to out-of-data-space ({mode} IO) mode"));
        }
    }

    fn after_free(&mut self) {
        if self.full && self.free() > 0 {
            self.full = false;
            self.say("switching pool to write mode");
        }
    }

    fn say(&mut self, what: &str) {
        let Dev { major, minor } = self.dev;
        self.log.push(format!("device-mapper: thin: {major}:{minor}: {what}"));
    }

    fn units(&self, from: u64, to: u64) -> (u64, u64) {
        (from / self.block(), to.div_ceil(self.block()))
    }

    /// Blocks that a device has.
    pub fn mapped(&self, id: u32) -> u64 {
        self.usage(id).0
    }

    /// Blocks that a device has, and how many of them nobody else has.
    pub fn usage(&self, id: u32) -> (u64, u64) {
        let usage = self.get(id).and_then(|it| self.pool.usage(it.volume, Class::Data).ok());
        usage.map_or((0, 0), |it| (it.total, it.exclusive))
    }

    /// The last block of a device that is mapped.
    pub fn highest(&self, id: u32) -> Option<u64> {
        self.runs(id).last().map(|run| run.at + run.len - 1)
    }

    /// How the pool looks; `name` says what a device is called.
    pub fn layout(&self, name: impl Fn(u32) -> String) -> Layout {
        let ids: Vec<u32> = self.thins.keys().copied().collect();
        let block = self.block();
        let volume = |(id, thin): (u32, Thin)| {
            let (mapped, own) = self.usage(id);
            types::Volume {
                name: name(id),
                parent: thin.origin.and_then(|it| ids.iter().position(|id| *id == it)),
                frozen: false,
                refers: mapped * block,
                exclusive: own * block,
            }
        };
        // How often each block of the pool is referred to, from where runs begin and end.
        let mut edges: BTreeMap<u64, i64> = BTreeMap::new();
        for run in ids.iter().flat_map(|id| self.runs(*id)) {
            *edges.entry(run.start).or_default() += 1;
            *edges.entry(run.start + run.len).or_default() -= 1;
        }
        let (mut runs, mut refs) = (Vec::new(), 0);
        let mut steps = edges.into_iter().peekable();
        while let Some((at, change)) = steps.next() {
            refs += change;
            let end = steps.peek().map_or(at, |it| it.0);
            if refs > 0 && end > at {
                runs.push(types::Run { at, len: end - at, refs: u32::try_from(refs).unwrap_or(1) });
            }
        }
        let gauge = |used, total, unit| types::Gauge { used: used * unit, total: total * unit };
        Layout {
            unit: block,
            volumes: self.thins().map(volume).collect(),
            runs,
            gauges: vec![
                gauge(self.used(), self.total(), block),
                gauge(self.meta_used(), self.meta_total, META_BLOCK),
            ],
        }
    }

    /// Where the blocks of a device lie in the pool.
    pub fn runs(&self, id: u32) -> Vec<super::Run> {
        let runs = self.get(id).map(|it| self.pool.runs(Stream::data(it.volume, 0).all()));
        runs.and_then(Result::ok).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: u64 = 64 << 10;

    fn pool() -> ThinPool {
        let mut pool = ThinPool::new(BLOCK, 64 * BLOCK, 4 << 20);
        pool.create(0).unwrap();
        pool
    }

    /// containers.md I: one byte in a shared block takes one block, a snapshot none, a second write none.
    #[test]
    fn a_shared_block_is_copied_once() {
        let mut pool = pool();
        pool.write(0, 0, 10 * BLOCK).unwrap();
        pool.snapshot(1, 0).unwrap();
        assert_eq!((pool.used(), pool.usage(1)), (10, (10, 0)));
        pool.write(1, 5 * BLOCK, 5 * BLOCK + 1).unwrap();
        assert_eq!((pool.used(), pool.usage(1), pool.usage(0)), (11, (10, 1), (10, 1)));
        assert_eq!(pool.meter().copied, BLOCK);
        pool.write(1, 5 * BLOCK, 6 * BLOCK).unwrap();
        assert_eq!(pool.used(), 11);
        // A block that is written as a whole is not copied.
        pool.write(1, 6 * BLOCK, 7 * BLOCK).unwrap();
        assert_eq!((pool.used(), pool.meter().copied), (12, BLOCK));
        pool.delete(1).unwrap();
        assert_eq!((pool.used(), pool.usage(0)), (10, (10, 10)));
    }

    #[test]
    fn a_full_pool_says_so_and_recovers() {
        let mut pool = pool();
        pool.low_water = 2;
        pool.write(0, 0, 63 * BLOCK).unwrap();
        assert_eq!(pool.write(0, 63 * BLOCK, 65 * BLOCK), Err(Errno::ENOSPC));
        assert!(pool.is_full());
        let log = pool.take_log();
        assert_eq!(log.len(), 2);
        assert!(log[1].ends_with("switching pool to out-of-data-space (queue IO) mode"));
        assert_eq!(pool.resize(BLOCK, 0), Err(Errno::EINVAL));
        pool.discard(0, 0, 2 * BLOCK - 1).unwrap();
        assert_eq!((pool.is_full(), pool.used()), (false, 62));
    }

    #[test]
    fn what_is_held_stays_as_it_was() {
        let mut pool = pool();
        pool.write(0, 0, 4 * BLOCK).unwrap();
        pool.snapshot(1, 0).unwrap();
        pool.hold().unwrap();
        assert_eq!(pool.hold(), Err(Errno::EBUSY));
        pool.write(1, 0, BLOCK).unwrap();
        pool.snapshot(2, 0).unwrap();
        assert_eq!(pool.usage(1), (4, 1));
        let held = pool.held().unwrap();
        assert_eq!((held.usage(1), held.thins().count()), ((4, 0), 2));
        let times = |id| pool.get(id).map(|it| (it.created, it.snapped));
        assert_eq!([0, 1, 2].map(times), [Some((0, 2)), Some((1, 1)), Some((2, 2))]);
        pool.release().unwrap();
        assert_eq!(pool.release(), Err(Errno::EINVAL));
    }

    #[test]
    fn ids_are_taken_once() {
        let mut pool = pool();
        assert_eq!(pool.create(0), Err(Errno::EEXIST));
        assert_eq!(pool.snapshot(2, 9), Err(Errno::ENODATA));
        assert_eq!(pool.delete(9), Err(Errno::ENODATA));
        assert_eq!(pool.set_transaction(1, 2), Err(Errno::EINVAL));
        pool.set_transaction(0, 1).unwrap();
        assert_eq!(pool.transaction, 1);
    }
}
