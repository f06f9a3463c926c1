//! One machine with its driver.

use super::picture;
use crate::drivers::ground;
use crate::machine::Machine;
use crate::machine::profile::KernelProfile;
use crate::machine::steps::{Did, Steps};
use crate::types::Meter;
use crate::view::rivals::Step;

/// Bytes of output that are kept of a step.
const OUTPUT_MAX: usize = 16 << 10;

pub struct Lane {
    machine: Machine,
    steps: Steps,
    /// What booting had cost.
    bare: Meter,
    done: usize,
}

/// Makes a machine ready for a storage driver.
///
/// # Errors
/// What cannot be written, or a driver that is not built, in words.
fn configure(machine: &mut Machine, driver: &str) -> Result<(), String> {
    if crate::drivers::by_name(driver, "").is_none() {
        return Err(format!("the storage driver {driver} is not built yet"));
    }
    let init = machine.init();
    ground::prepare(&mut machine.kernel.sys(init), driver).map_err(|why| format!("{driver}: {why}"))
}

impl Lane {
    pub fn new(kernel: &KernelProfile, driver: &str, script: &str) -> Result<Lane, String> {
        let mut machine = Machine::boot_as(kernel);
        configure(&mut machine, driver)?;
        machine.report();
        // Costs are wanted, not their history.
        machine.kernel.trace.set_on(false);
        machine.feed(b"");
        let bare = machine.kernel.disks.meter();
        let pid = machine.start_script(script.as_bytes(), &[b"script".to_vec()]);
        let steps = Steps::of(&machine, pid);
        Ok(Lane { machine, steps, bare, done: 0 })
    }

    pub fn is_over(&self) -> bool {
        self.steps.status().is_some()
    }

    /// Steps that are over.
    pub fn done(&self) -> usize {
        self.done
    }

    pub fn line(&self) -> &str {
        self.steps.line()
    }

    pub fn go_on(&mut self, rounds: u64) -> Option<Step> {
        let did = self.steps.go_on(&mut self.machine, rounds)?;
        self.done += 1;
        Some(self.step(did))
    }

    fn step(&self, did: Did) -> Step {
        // Looking is done on a copy, so that it leaves no mark and costs nothing.
        let mut copy = self.machine.kernel.clone();
        let seen = picture::look(&mut copy, self.machine.init());
        let output: Vec<u8> = did.output.iter().flat_map(|it| it.1.iter().copied()).collect();
        let output = String::from_utf8_lossy(&output[..output.len().min(OUTPUT_MAX)]).into_owned();
        let total = self.machine.kernel.disks.meter().since(self.bare);
        let (n, line, status, cost) = (did.n, did.line, did.status, did.cost);
        let (picture, pages) = seen;
        Step { n, line, status, output, cost, used: total.growth(), picture, pages }
    }
}
