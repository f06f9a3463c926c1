//! What services of the machine hold in memory and no file has: what a daemon remembers, and what the
//! process that looks after a container reads from it. On a real machine both go through sockets and
//! pipes; here they keep the order in which things were written, and cost no storage.

use super::fd::Body;
use super::{Kernel, Pid, SysOf};
use crate::store::Map;
use crate::sys::Fd;
use crate::types::Timespec;
use std::sync::Arc;

/// How much a daemon remembers, as Docker's.
const REMEMBERED: usize = 256;

/// A piece of output: whether it went to standard error, when, and what.
pub type Heard = (bool, Timespec, Vec<u8>);

/// What services hold.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// The newest lines, oldest first, and how many there were before.
    lines: Arc<Vec<Vec<u8>>>,
    gone: usize,
    /// Pieces of output that were written to logs.
    pub logged: u64,
    ears: Map<Pid, Ear>,
}

/// Listens to the standard output of a process and of all that it starts.
#[derive(Clone, Debug)]
struct Ear {
    /// Where standard output and standard error lead.
    bodies: [Body; 2],
    /// Nobody else is to have it.
    alone: bool,
    heard: Vec<Heard>,
}

impl Services {
    /// Remembers a line.
    pub fn remember(&mut self, line: Vec<u8>) {
        let lines = Arc::make_mut(&mut self.lines);
        lines.push(line);
        if lines.len() > REMEMBERED {
            lines.remove(0);
            self.gone += 1;
        }
    }

    /// What is remembered from line `from` on, and the number of the next line.
    pub fn remembered(&self, from: usize) -> (&[Vec<u8>], usize) {
        let skip = from.saturating_sub(self.gone).min(self.lines.len());
        (&self.lines[skip..], self.gone + self.lines.len())
    }
}

impl Kernel {
    /// Listens from now on to what a new process and those that it starts write to its standard output and
    /// error; with `alone` that goes nowhere else.
    pub fn listen(&mut self, pid: Pid, alone: bool) {
        let body = |fd: Fd| {
            let slot = self.procs.get(&pid)?.fds.get(fd).ok()?;
            Some(self.files.get(slot.file)?.body)
        };
        let (Some(out), Some(err)) = (body(1), body(2)) else { return };
        self.services.ears.insert(pid, Ear { bodies: [out, err], alone, heard: Vec::new() });
        if let Some(process) = Arc::make_mut(&mut self.procs).get_mut(&pid) {
            process.heard_by = Some(pid);
        }
    }

    /// What was heard since the last time.
    pub fn heard(&mut self, pid: Pid) -> Vec<Heard> {
        let ear = self.services.ears.get_mut(&pid);
        ear.map(|it| std::mem::take(&mut it.heard)).unwrap_or_default()
    }

    /// Listens no longer.
    pub fn stop_listening(&mut self, pid: Pid) {
        self.services.ears.remove(&pid);
    }
}

/// Who listens to a write.
#[derive(Clone, Copy)]
pub(super) struct Listener {
    by: Pid,
    is_err: bool,
    /// Nobody else is to have it.
    pub alone: bool,
}

impl SysOf<'_> {
    /// Who listens to what a descriptor leads to.
    pub(super) fn listened(&self, fd: Fd, body: Body) -> Option<Listener> {
        // Most of the time nobody listens to anything.
        if self.kernel.services.ears.is_empty() {
            return None;
        }
        let by = self.kernel.procs.get(&self.pid)?.heard_by?;
        let ear = self.kernel.services.ears.get(&by)?;
        let is_err = match ear.bodies.map(|it| it == body) {
            [true, true] => fd == 2,
            [true, false] => false,
            [false, true] => true,
            [false, false] => return None,
        };
        Some(Listener { by, is_err, alone: ear.alone })
    }

    pub(super) fn overhear(&mut self, listener: Listener, data: &[u8]) {
        let now = self.kernel.clock.now();
        if let Some(ear) = self.kernel.services.ears.get_mut(&listener.by) {
            ear.heard.push((listener.is_err, now, data.to_vec()));
            self.kernel.activity += 1;
        }
    }
}
