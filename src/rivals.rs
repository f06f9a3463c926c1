//! Storage drivers side by side: the same script, step by step, on machines that differ in their driver
//! alone. What each step printed, what it cost and what the driver holds then comes out as the plain
//! data of [`crate::view::rivals`], for a page, the command line and the tables of the documentation.

mod lane;
mod picture;
#[cfg(test)]
mod tests;

use crate::machine::profile::{self, KernelProfile};
use crate::view::rivals::Step;
use lane::Lane;

/// Storage drivers that Docker has had, in the order in which they are told of.
pub const DRIVERS: [&str; 6] = ["overlay2", "aufs", "btrfs", "zfs", "devicemapper", "vfs"];

/// Those of them that are built.
pub fn built() -> Vec<&'static str> {
    DRIVERS.into_iter().filter(|it| crate::drivers::by_name(it, "").is_some()).collect()
}

/// A script under way on several machines.
pub struct Bout {
    lanes: Vec<Lane>,
}

impl Bout {
    /// Machines that have just come up, one for each driver.
    ///
    /// # Errors
    /// A driver that is not built, one that is named twice, none at all, a machine that cannot be made
    /// ready: what is wrong, in words.
    pub fn new(drivers: &[String], script: &str) -> Result<Bout, String> {
        Bout::on(&profile::V6_18, drivers, script)
    }

    /// The same on machines with a certain kernel.
    ///
    /// # Errors
    /// As [`Bout::new`].
    pub fn on(kernel: &KernelProfile, drivers: &[String], script: &str) -> Result<Bout, String> {
        if drivers.is_empty() {
            return Err("no storage driver is named".to_owned());
        }
        let mut lanes = Vec::new();
        for (at, driver) in drivers.iter().enumerate() {
            if drivers[..at].contains(driver) {
                return Err(format!("the storage driver {driver} is named twice"));
            }
            lanes.push(Lane::new(kernel, driver, script)?);
        }
        Ok(Bout { lanes })
    }

    /// Goes on for some rounds of one machine's scheduler, with the machine that is furthest behind: the
    /// step that has ended, if one has, with the number of its driver.
    pub fn go_on(&mut self, rounds: u64) -> Option<(usize, Step)> {
        let live = self.lanes.iter_mut().enumerate().filter(|it| !it.1.is_over());
        let (at, lane) = live.min_by_key(|it| it.1.done())?;
        lane.go_on(rounds).map(|step| (at, step))
    }

    /// Every script is at its end.
    pub fn is_over(&self) -> bool {
        self.lanes.iter().all(Lane::is_over)
    }

    /// The command that runs on each machine.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lanes.iter().map(Lane::line)
    }

    /// Runs to the end: the steps of each driver.
    pub fn finish(mut self) -> Vec<Vec<Step>> {
        let mut all = vec![Vec::new(); self.lanes.len()];
        while !self.is_over() {
            if let Some((at, step)) = self.go_on(10_000) {
                all[at].push(step);
            }
        }
        all
    }
}
