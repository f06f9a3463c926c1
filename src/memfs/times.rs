//! Times of inodes, in 64 bits each; those that do not fit stand beside.

use super::{MemFs, Profile};
use crate::types::{Ino, Timespec};

/// A time in 64 bits: 34 bits of seconds and 30 of nanoseconds, the range of ext4 (1901-12-13 to 2446-05-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(u64);

const SEC_MIN: i64 = -(1 << 31);
const SEC_MAX: i64 = (1 << 34) - (1 << 31) - 1;

impl Stamp {
    /// A time out of range, as no other looks: it has too many nanoseconds.
    const FAR: Stamp = Stamp(u64::MAX);

    /// What lies outside is clamped, as ext4 does (observed on 6.18).
    pub(super) fn of(time: Timespec) -> Stamp {
        let (sec, nsec) = match time.sec {
            sec if sec < SEC_MIN => (SEC_MIN, 0),
            sec if sec > SEC_MAX => (SEC_MAX, 0),
            sec => (sec, time.nsec),
        };
        Stamp(((sec - SEC_MIN) as u64) << 30 | u64::from(nsec))
    }

    pub(super) fn time(self) -> Timespec {
        Timespec::new((self.0 >> 30) as i64 + SEC_MIN, (self.0 & ((1 << 30) - 1)) as u32)
    }
}

/// Which of the times that can be set to anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    Access,
    Modify,
}

impl MemFs {
    /// The stamp for a time that somebody sets.
    pub(super) fn stamp_of(&mut self, ino: Ino, which: Which, time: Timespec) -> Stamp {
        let clamps = matches!(self.profile(), Profile::Ext4 | Profile::Xfs);
        if clamps || (SEC_MIN..=SEC_MAX).contains(&time.sec) {
            return Stamp::of(time);
        }
        self.far_times.insert((ino.0, which), time);
        Stamp::FAR
    }

    pub(super) fn time_of(&self, ino: Ino, which: Which, stamp: Stamp) -> Timespec {
        match stamp {
            Stamp::FAR => self.far_times.get(&(ino.0, which)).copied().unwrap_or_default(),
            it => it.time(),
        }
    }

    /// The inode is gone.
    pub(super) fn forget_times(&mut self, ino: Ino) {
        if !self.far_times.is_empty() {
            self.far_times.remove(&(ino.0, Which::Access));
            self.far_times.remove(&(ino.0, Which::Modify));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_keeps_its_time_and_clamps_the_rest() {
        let times = [(0, 0), (-1, 999_999_999), (SEC_MIN, 0), (SEC_MAX, 999_999_999)];
        for (sec, nsec) in times {
            let time = Timespec::new(sec, nsec);
            assert_eq!(Stamp::of(time).time(), time);
        }
        assert_eq!(Stamp::of(Timespec::new(i64::MAX, 7)).time(), Timespec::new(SEC_MAX, 0));
        assert_eq!(Stamp::of(Timespec::new(i64::MIN, 7)).time(), Timespec::new(SEC_MIN, 0));
    }

    #[test]
    fn only_disks_know_an_end_of_time() {
        let far = Timespec::new(i64::MIN, 5);
        for (profile, kept) in [(Profile::Tmpfs, far), (Profile::Ext4, Timespec::new(SEC_MIN, 0))] {
            let mut fs = MemFs::new(profile);
            let stamp = fs.stamp_of(Ino(7), Which::Access, far);
            assert_eq!(fs.time_of(Ino(7), Which::Access, stamp), kept, "{profile:?}");
            fs.forget_times(Ino(7));
            assert!(fs.far_times.is_empty());
        }
    }
}
