//! A script as its commands at the top level: what each printed, what it did and what that cost.

use super::Machine;
use super::schedule::Ran;
use crate::shell::os::{Past, Request};
use crate::trace::Step;
use crate::types::Meter;
use crate::vfs::Pid;

/// A command of a script, once it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// 1 is the first.
    pub n: usize,
    /// The command, as text.
    pub line: String,
    pub status: i32,
    /// In the order in which it was written (`true`: standard error), also by jobs in the background.
    pub output: Vec<(bool, Vec<u8>)>,
    pub trace: Vec<Step>,
    /// What its operations cost on all file systems of the machine.
    pub cost: Meter,
}

impl Did {
    /// One stream as text; broken UTF-8 is replaced.
    pub fn text(&self, err: bool) -> String {
        let bytes: Vec<u8> =
            self.output.iter().filter(|it| it.0 == err).flat_map(|it| it.1.clone()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A script under way, on a machine that was told to [`Machine::report`].
#[derive(Clone)]
pub struct Steps {
    pid: Pid,
    now: Did,
    meter: Meter,
    status: Option<i32>,
}

impl Steps {
    /// Follows the shell that was started as this process.
    pub fn of(machine: &Machine, pid: Pid) -> Steps {
        Steps { pid, now: Did::default(), meter: machine.kernel.disks.meter(), status: None }
    }

    /// The status of the script, once it is over.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// The command that runs; empty before the first.
    pub fn line(&self) -> &str {
        &self.now.line
    }

    /// Goes on for some rounds of the scheduler; the command that has ended, if one has. The machine is
    /// then just as that command left it. Call until [`Steps::status`] is there.
    pub fn go_on(&mut self, machine: &mut Machine, rounds: u64) -> Option<Did> {
        for _ in 0..rounds {
            if self.status.is_some() {
                return None;
            }
            let ran = machine.run(Some(self.pid), 1);
            for request in std::mem::take(&mut machine.requests) {
                let Request::Began { line, status, past } = request else { continue };
                let next = Did {
                    n: self.now.n + 1,
                    line: String::from_utf8_lossy(&line).into_owned(),
                    ..Did::default()
                };
                let over = self.end(past, status, next);
                // Before the first command there is nothing.
                if over.n > 0 {
                    return Some(over);
                }
            }
            if ran != Ran::More {
                return self.end_all(machine, ran);
            }
        }
        None
    }

    fn end(&mut self, past: Past, status: i32, next: Did) -> Did {
        let mut over = std::mem::replace(&mut self.now, next);
        over.output = past.output;
        over.trace = past.trace;
        over.status = status;
        over.cost = past.meter.since(self.meter);
        self.meter = past.meter;
        over
    }

    fn end_all(&mut self, machine: &mut Machine, ran: Ran) -> Option<Did> {
        // Everything waits for everything: nobody will ever end it.
        let forever = if ran == Ran::Over { 0 } else { 130 };
        let status = machine.status(self.pid).unwrap_or(forever);
        self.status = Some(status);
        let past = Past {
            output: machine.take_output(),
            trace: machine.kernel.trace.take(),
            meter: machine.kernel.disks.meter(),
        };
        let over = self.end(past, status, Did::default());
        (over.n > 0).then_some(over)
    }
}
