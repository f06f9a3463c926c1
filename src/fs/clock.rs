//! Simulated time: starts at 2026-01-01T00:00:00Z and moves 1 µs a system call.
//!
//! File stamps come from a coarse, multigrain clock as on 6.13 and later: stamps taken within one
//! tick are equal unless somebody looked at the inode's stamp since it was set.

use crate::types::Timespec;

/// Nanoseconds of one coarse tick (CONFIG_HZ=250, as Debian).
pub const TICK_NANOS: u64 = 4_000_000;
/// 2026-01-01T00:00:00Z.
pub const START: Timespec = Timespec::new(1_767_225_600, 0);

/// The machine's clock.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Timespec,
    /// The last fine stamp handed out: coarse stamps never go behind it.
    floor: Timespec,
    /// Stamps are coarse whether anybody looked or not, as before 6.13.
    coarse_only: bool,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::at(START)
    }
}

impl Clock {
    pub fn at(now: Timespec) -> Clock {
        Clock { now, floor: now, coarse_only: false }
    }

    /// The fine time (`clock_gettime(CLOCK_REALTIME)`).
    pub fn now(&self) -> Timespec {
        self.now
    }

    /// The same clock without fine stamps, as before 6.13.
    #[must_use]
    pub fn without_fine(self) -> Clock {
        Clock { coarse_only: true, ..self }
    }

    /// One system call passes.
    pub fn tick(&mut self) {
        self.advance(1_000);
    }

    /// Time passes (sleep, or a host with a clock of its own).
    pub fn advance(&mut self, nanos: u64) {
        self.now = self.now.plus_nanos(nanos);
    }

    /// Sets the fine time; it never goes back.
    pub fn set(&mut self, now: Timespec) {
        self.now = self.now.max(now);
    }

    /// A stamp for a file: coarse, but never behind a fine one.
    pub fn coarse(&self) -> Timespec {
        let nsec = u64::from(self.now.nsec) / TICK_NANOS * TICK_NANOS;
        Timespec::new(self.now.sec, nsec as u32).max(self.floor)
    }

    /// A stamp for an inode whose last stamp has been looked at: later than that one, and than
    /// any fine stamp before it, as no two of them are taken at once.
    pub fn fine(&mut self) -> Timespec {
        if self.coarse_only {
            return self.coarse();
        }
        self.floor = self.floor.plus_nanos(1).max(self.now);
        self.floor
    }
}
