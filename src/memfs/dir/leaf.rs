//! One block of an ext4 directory: records in the block's own layout, found by hash.
//!
//! The layout is kept as on disk (a record takes eight bytes and its name, padded to four; a new
//! one goes to the first gap that fits), since it decides when a block is full, and with that the
//! size of the directory and when it becomes indexed.

use super::Slot;
use crate::types::FileType;

/// Bytes of a block that records can use: the rest is a checksum (`metadata_csum`).
pub(super) const ROOM: u16 = 4096 - 12;
/// What `.` and `..` take in the first block.
pub(super) const DOTS: u16 = 24;
const HEADER: usize = 8;

/// Position of a name in the listing, and where its record starts.
#[derive(Clone, Copy, Debug)]
struct Rec {
    high: u32,
    low: u32,
    at: u16,
}

impl Rec {
    fn key(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// A block of records.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaf {
    /// Ordered by key.
    recs: Vec<Rec>,
    bytes: Vec<u8>,
    /// Gaps between records, by position; beyond `bytes` all is free.
    gaps: Vec<(u16, u16)>,
}

/// Bytes of a record.
fn record_len(name: usize) -> u16 {
    (HEADER + name).next_multiple_of(4) as u16
}

impl Leaf {
    pub(super) fn len(&self) -> usize {
        self.recs.len()
    }

    fn name(&self, rec: Rec) -> &[u8] {
        let at = rec.at as usize;
        &self.bytes[at + HEADER..at + HEADER + self.bytes[at + 4] as usize]
    }

    fn slot(&self, rec: Rec) -> Slot {
        let head = &self.bytes[rec.at as usize..][..HEADER];
        let kind = FileType::from_bits(u32::from(head[5]) << 12).unwrap_or(FileType::Reg);
        let ino = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        Slot { ino: u64::from(ino), kind }
    }

    /// Index among the records.
    fn find(&self, key: u64, name: &[u8]) -> Option<usize> {
        let first = self.recs.partition_point(|it| it.key() < key);
        let same = self.recs[first..].iter().take_while(|it| it.key() == key);
        same.enumerate().find(|(_, it)| self.name(**it) == name).map(|(n, _)| first + n)
    }

    pub(super) fn get(&self, key: u64, name: &[u8]) -> Option<Slot> {
        self.find(key, name).map(|at| self.slot(self.recs[at]))
    }

    pub(super) fn replace(&mut self, key: u64, name: &[u8], slot: Slot) -> bool {
        let Some(at) = self.find(key, name) else { return false };
        let at = self.recs[at].at as usize;
        self.bytes[at..at + 4].copy_from_slice(&(slot.ino as u32).to_le_bytes());
        self.bytes[at + 5] = slot.kind.dt();
        true
    }

    /// Is there a gap for this name in a block with so much room?
    pub(super) fn fits(&self, name: &[u8], room: u16) -> bool {
        let need = record_len(name.len());
        self.gaps.iter().any(|(_, len)| *len >= need) || self.bytes.len() as u16 + need <= room
    }

    /// Adds a record if there is room.
    pub(super) fn insert(&mut self, key: u64, name: &[u8], slot: Slot, room: u16) -> bool {
        let need = record_len(name.len());
        let at = match self.gaps.iter().position(|(_, len)| *len >= need) {
            Some(gap) => {
                let (at, len) = self.gaps[gap];
                self.gaps[gap] = (at + need, len - need);
                if len == need {
                    self.gaps.remove(gap);
                }
                at
            }
            None if self.bytes.len() as u16 + need <= room => self.extend(need),
            None => return false,
        };
        self.fill(at, name, slot);
        if self.recs.len() == self.recs.capacity() {
            self.recs.reserve_exact(self.recs.len() / 4 + 2);
        }
        let index = self.recs.partition_point(|it| it.key() <= key);
        self.recs.insert(index, Rec { high: (key >> 32) as u32, low: key as u32, at });
        true
    }

    fn extend(&mut self, need: u16) -> u16 {
        let at = self.bytes.len();
        let want = at + need as usize;
        if want > self.bytes.capacity() {
            self.bytes.reserve_exact(want + at / 4 - at);
        }
        self.bytes.resize(want, 0);
        at as u16
    }

    fn fill(&mut self, at: u16, name: &[u8], slot: Slot) {
        let to = &mut self.bytes[at as usize..][..HEADER + name.len()];
        to[..4].copy_from_slice(&(slot.ino as u32).to_le_bytes());
        to[4] = name.len() as u8;
        to[5] = slot.kind.dt();
        to[HEADER..].copy_from_slice(name);
    }

    pub(super) fn remove(&mut self, key: u64, name: &[u8]) -> bool {
        let Some(index) = self.find(key, name) else { return false };
        let at = self.recs.remove(index).at;
        self.free(at, record_len(name.len()));
        true
    }

    /// Gives a range back, joined with the gaps beside it.
    fn free(&mut self, at: u16, len: u16) {
        let index = self.gaps.partition_point(|(start, _)| *start < at);
        let (mut start, mut end) = (at, at + len);
        if self.gaps.get(index).is_some_and(|(next, _)| *next == end) {
            end += self.gaps.remove(index).1;
        }
        if index > 0 && self.gaps[index - 1].0 + self.gaps[index - 1].1 == start {
            start = self.gaps.remove(index - 1).0;
        }
        if end as usize == self.bytes.len() {
            self.bytes.truncate(start as usize);
        } else {
            let index = self.gaps.partition_point(|(it, _)| *it < start);
            self.gaps.insert(index, (start, end - start));
        }
    }

    /// The first block of a directory that becomes indexed loses `.` and `..`, and the gap after
    /// them with them.
    pub(super) fn drop_leading_gap(&mut self) {
        let Some(&(0, len)) = self.gaps.first() else { return };
        self.gaps.remove(0);
        self.bytes.drain(..len as usize);
        self.gaps.iter_mut().for_each(|gap| gap.0 -= len);
        self.recs.iter_mut().for_each(|rec| rec.at -= len);
    }

    /// Splits a full block at about half its bytes in hash order. Returns the upper half and the
    /// hash it starts at, with the lowest bit set when the lower half ends with the same hash.
    pub(super) fn split(&mut self) -> (u32, Leaf) {
        // A record counts with the gap after it.
        let mut starts: Vec<u16> = self.recs.iter().map(|rec| rec.at).collect();
        starts.sort_unstable();
        starts.push(ROOM);
        let size = |rec: &Rec| starts[starts.partition_point(|it| *it <= rec.at)] - rec.at;
        let (mut sum, mut count) = (0, 0);
        for rec in self.recs.iter().rev() {
            // More than half of this record lies in the lower half of the block.
            if sum + size(rec) / 2 > 4096 / 2 {
                break;
            }
            sum += size(rec);
            count += 1;
        }
        let all = self.recs.len();
        let cut = if count < all { all - count } else { all / 2 };
        let upper = self.pack(&self.recs[cut..]);
        let start = self.recs[cut].high << 1;
        let continued = self.recs[cut - 1].high << 1 == start;
        let mut lower = self.recs[..cut].to_vec();
        lower.sort_unstable_by_key(|rec| rec.at);
        *self = self.pack(&lower);
        self.recs.sort_unstable_by_key(|rec| rec.key());
        (start | u32::from(continued), upper)
    }

    /// A block with these records one after the other.
    fn pack(&self, recs: &[Rec]) -> Leaf {
        let mut leaf = Leaf::default();
        leaf.recs.reserve_exact(recs.len() + 1);
        for rec in recs {
            let name = self.name(*rec);
            let at = leaf.extend(record_len(name.len()));
            leaf.fill(at, name, self.slot(*rec));
            leaf.recs.push(Rec { at, ..*rec });
        }
        leaf
    }

    /// Entries whose key is not below `key`.
    pub(super) fn from(&self, key: u64) -> impl Iterator<Item = (u64, &[u8], Slot)> {
        let first = self.recs.partition_point(|it| it.key() < key);
        self.recs[first..].iter().map(|it| (it.key(), self.name(*it), self.slot(*it)))
    }
}
