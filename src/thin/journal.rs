//! The journal of an ext4: what changed since the last commit, and where in the log that goes.
//!
//! A commit writes one transaction into the log, block after block: descriptors, each changed block of metadata as a
//! whole, and one that ends it (Documentation/filesystems/ext4, "Journal (jbd2)"; the blocks that each call changes were
//! read with `debugfs -R logdump` on 6.18). So the log moves on through the device, and on a thin device into blocks of
//! the pool that nobody has written since the snapshot.

use super::layout::Run;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blocks that one descriptor tells of: tags of 16 bytes in a block of 4096, less its head, a uuid and a checksum.
const TAGS: u64 = (4096 - 12 - 16 - 4) / 16;
/// Blocks of metadata that one block of revocations names.
const REVOKED: u64 = (4096 - 16 - 4) / 8;
/// Seconds after which a transaction is committed (`commit=5`).
const COMMIT: i64 = 5;

#[derive(Clone, Debug)]
pub struct Journal {
    /// Its own superblock, and behind it the log.
    place: Run,
    /// Where in the log the next transaction goes.
    head: u64,
    /// Blocks that changed since the last commit.
    running: Arc<BTreeSet<u64>>,
    /// Blocks of metadata that were freed since: what the log holds of them may not come back.
    revoked: u64,
    /// When the first of these changed, in seconds.
    began: i64,
    /// Its superblock says that there is something in the log.
    marked: bool,
}

impl Journal {
    pub fn new(place: Run) -> Journal {
        Journal { place, head: 1, running: Arc::default(), revoked: 0, began: 0, marked: false }
    }

    /// A mount begins. The log goes on where it ended (observed on 6.18); with kernels before the change to jbd2 of
    /// spring 2023 each mount wrote it from its start.
    pub fn mounted(&mut self, from_start: bool) {
        self.marked = false;
        if from_start {
            self.head = 1;
        }
    }

    /// Blocks of metadata change now.
    pub fn change(&mut self, runs: &[Run], now: i64) {
        if self.running.is_empty() && self.revoked == 0 {
            self.began = now;
        }
        if !runs.is_empty() {
            Arc::make_mut(&mut self.running).extend(blocks(runs));
        }
    }

    /// Blocks of metadata are free now.
    pub fn revoke(&mut self, runs: &[Run]) {
        for block in blocks(runs) {
            Arc::make_mut(&mut self.running).remove(&block);
            self.revoked += 1;
        }
    }

    /// The transaction is old enough, or as large as one may be.
    pub fn is_due(&self, now: i64) -> bool {
        let old = now - self.began >= COMMIT || self.began > now;
        let large = self.running.len() as u64 >= self.place.1 / 4;
        (old || large) && !(self.running.is_empty() && self.revoked == 0)
    }

    /// Ends the transaction: what is written of the journal for that.
    pub fn commit(&mut self) -> Vec<Run> {
        let changed = self.running.len() as u64;
        if changed == 0 && self.revoked == 0 {
            return Vec::new();
        }
        let blocks = self.revoked.div_ceil(REVOKED) + changed.div_ceil(TAGS) + changed + 1;
        (self.running, self.revoked) = (Arc::default(), 0);
        let mut written = self.log(blocks);
        if !self.marked {
            self.marked = true;
            written.push(self.own());
        }
        written
    }

    /// Its superblock.
    pub fn own(&self) -> Run {
        (self.place.0, 1)
    }

    /// The next blocks of the log, which begins anew at its end.
    fn log(&mut self, mut blocks: u64) -> Vec<Run> {
        let (start, len) = self.place;
        let mut runs = Vec::new();
        // Without a journal (`mke2fs` makes none on the smallest devices) nothing is logged.
        while blocks > 0 && len > 1 {
            let part = blocks.min(len - self.head);
            runs.push((start + self.head, part));
            blocks -= part;
            self.head = if self.head + part < len { self.head + part } else { 1 };
        }
        runs
    }
}

fn blocks(runs: &[Run]) -> impl Iterator<Item = u64> {
    runs.iter().flat_map(|(start, len)| *start..start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_written_whole() {
        let mut journal = Journal::new((1000, 64));
        assert_eq!(journal.commit(), []);
        journal.change(&[(5, 2), (6, 3)], 10);
        assert!(!journal.is_due(14) && journal.is_due(15));
        // Four blocks between a descriptor and an end, and the first time the journal's superblock.
        assert_eq!(journal.commit(), [(1001, 6), (1000, 1)]);
        journal.change(&[(5, 1)], 20);
        journal.revoke(&[(5, 1)]);
        assert_eq!(journal.commit(), [(1007, 2)]);
        // A quarter of the log is the most; at its end it begins anew.
        journal.change(&[(100, 16)], 20);
        assert!(journal.is_due(20));
        assert_eq!(journal.commit(), [(1009, 18)]);
        journal.change(&[(100, 36)], 20);
        assert_eq!(journal.commit(), [(1027, 37), (1001, 1)]);
        journal.mounted(true);
        journal.change(&[(7, 1)], 30);
        assert_eq!(journal.commit(), [(1001, 3), (1000, 1)]);
    }

    #[test]
    fn a_device_without_a_journal_writes_none() {
        let mut journal = Journal::new((0, 0));
        journal.change(&[(5, 2)], 10);
        assert!(journal.commit().iter().all(|it| it.0 == 0));
    }
}
