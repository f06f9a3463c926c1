//! The lab on the simulated kernel.

use super::case::Case;
use super::lab::{Disks, LOW_NUMBERS, MemoryDisks};
use super::record::{Trouble, record};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::memfs::{Config, MemFs, Profile};
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::trace::{Rule, Step};
use crate::types::{Dev, FileType, Result};
use crate::vfs::{Kernel, OverlayProfile, Pid, SysOf};
use std::collections::BTreeSet;

/// A simulated kernel with a place to mount in; every case gets a fresh copy of it.
#[derive(Clone)]
pub struct Engine {
    pub kernel: Kernel,
    pub pid: Pid,
}

/// Disks of the simulated lab: the kernel's own, and a directory of its ext4 disk.
pub struct EngineDisks;

const EXT4: Dev = Dev::new(8, 16);

impl Default for Engine {
    fn default() -> Engine {
        Engine::new().expect("an empty machine can be furnished")
    }
}

impl Engine {
    /// # Errors
    /// Those of mounting and making directories.
    pub fn new() -> Result<Engine> {
        let mut kernel = Kernel::new(Box::new(MemFs::new(Profile::Tmpfs)), "root");
        let pid = kernel.boot_process(Cred::root());
        Engine::furnish(kernel, pid)
    }

    /// The lab on another kernel.
    ///
    /// # Panics
    /// Never: an empty machine can be furnished.
    pub fn of_kernel(profile: OverlayProfile) -> Engine {
        let mut engine = Engine::default();
        engine.kernel.become_kernel(profile);
        engine
    }

    /// Gives a kernel what the lab needs; `pid` is root and will stand in the lab.
    ///
    /// # Errors
    /// Those of mounting and making directories.
    pub fn furnish(mut kernel: Kernel, pid: Pid) -> Result<Engine> {
        let config = Config { dev: EXT4, first: LOW_NUMBERS, ..Config::of(Profile::Ext4) };
        let disk = kernel.disks.add(Box::new(MemFs::with(config)));
        kernel.block.add_disk(EXT4, "ext4", 256 << 20, disk);
        let mut sys = kernel.sys(pid);
        for dir in ["/lab", "/ext4", "/dev", "/proc"] {
            match sys.mkdirat(AT_FDCWD, dir.as_bytes(), 0o755) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(errno),
            }
        }
        if sys.statat(AT_FDCWD, b"/proc/mounts", 0).is_err() {
            sys.mount(b"proc", b"/proc", b"proc", 0, b"")?;
        }
        sys.mount(b"lab", b"/lab", b"tmpfs", ms::NOSUID, b"mode=0755")?;
        sys.mknodat(AT_FDCWD, b"/dev/disk", FileType::Blk.bits() | 0o600, EXT4)?;
        sys.mount(b"/dev/disk", b"/ext4", b"ext4", 0, b"")?;
        sys.chdir(b"/lab")?;
        Ok(Engine { kernel, pid })
    }

    /// The same for a process that is root in a user namespace of its own only.
    #[must_use]
    pub fn confined(mut self) -> Engine {
        let cred = Cred { userns: true, ..Cred::root() };
        self.pid = self.kernel.boot_process(cred);
        let mut sys = self.sys();
        // It has mounted its lab itself.
        sys.chdir(b"/")
            .and_then(|()| sys.mount(b"lab", b"/lab", b"tmpfs", ms::NOSUID, b"mode=0755"))
            .and_then(|()| sys.chdir(b"/lab"))
            .expect("a user namespace mounts a tmpfs");
        self
    }

    pub fn sys(&mut self) -> SysOf<'_> {
        self.kernel.sys(self.pid)
    }

    /// Runs a case on a fresh copy and writes down what the engine did, and which rules it used.
    ///
    /// # Errors
    /// When the case cannot run, or is wrong.
    pub fn record(&self, case: &Case) -> std::result::Result<(Case, BTreeSet<Rule>), Trouble> {
        let mut fresh = self.clone();
        fresh.kernel.trace.set_on(true);
        let out = record(case, &mut fresh.sys(), &mut EngineDisks)?;
        let rules = fresh.kernel.trace.take().iter().filter_map(rule_of).collect();
        Ok((out, rules))
    }
}

fn rule_of(step: &Step) -> Option<Rule> {
    match step {
        Step::Lookup { rule, .. } | Step::Decide { rule, .. } => Some(*rule),
        _ => None,
    }
}

impl Disks for EngineDisks {
    fn mount(&mut self, sys: &mut dyn Sys, kind: &str, at: &[u8]) -> Result<()> {
        if kind != "ext4" {
            return MemoryDisks.mount(sys, kind, at);
        }
        match sys.mkdirat(AT_FDCWD, b"/ext4/lab", 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(err) => return Err(err),
        }
        sys.mount(b"/ext4/lab", at, b"", ms::BIND, b"")
    }
}
