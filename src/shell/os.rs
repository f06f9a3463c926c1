//! What a program gets for a slice: its process's system calls, arguments, children, signals.

use crate::shell::program::Program;
use crate::store::Map;
use crate::sys::{Fd, Sys};
use crate::vfs::{Kernel, Pid, SysOf};

/// Something a program asks of the machine around it; done when the command has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Undo(usize),
    Redo(usize),
    Goto(usize),
    Clear,
    /// Opens the editor dialog of the page on a file.
    Edit {
        path: Vec<u8>,
        editor: String,
    },
    /// The shell that was told to report begins a command; what happened since the one before.
    Began {
        /// The command, as text.
        line: Vec<u8>,
        /// Status of the command before.
        status: i32,
        past: Past,
    },
    /// This build has no such command: a machine with all of them has to take over.
    Elsewhere,
    /// Shows the lookup trace of a path in the page.
    ShowTrace {
        path: Vec<u8>,
    },
}

/// What a machine did in some time: output in order (`true`: standard error), and steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub output: Vec<(bool, Vec<u8>)>,
    pub trace: Vec<crate::trace::Step>,
    /// What all operations of the machine had cost at its end.
    pub meter: crate::types::Meter,
}

/// A task: a process with the program that it runs.
#[derive(Clone)]
pub struct Task {
    pub program: Box<dyn Program>,
    pub parent: Pid,
    /// `Some` when the program is over and nobody has waited for it.
    pub exit: Option<i32>,
    /// Signals that were sent and not yet seen.
    pub signals: Vec<i32>,
    /// Wakes at this time (simulated), for sleep and timeouts.
    pub wake: Option<crate::types::Timespec>,
    pub stopped: bool,
    /// Belongs to no terminal: an interrupt from there does not reach it.
    pub detached: bool,
}

/// All tasks by process number.
#[derive(Clone, Default)]
pub struct Tasks {
    pub map: Map<Pid, Task>,
}

/// The machine as a running program sees it.
pub struct Os<'a> {
    pub kernel: &'a mut Kernel,
    pub tasks: &'a mut Tasks,
    pub pid: Pid,
    /// What is left of this slice.
    pub fuel: u64,
    pub requests: &'a mut Vec<Request>,
}

impl Os<'_> {
    /// The system calls of this process.
    pub fn sys(&mut self) -> SysOf<'_> {
        self.kernel.sys(self.pid)
    }

    /// Starts a child that inherits working directory, credentials and umask, with `fds` as its
    /// descriptors (child number, our number); close-on-exec does not matter.
    pub fn spawn(&mut self, program: Box<dyn Program>, fds: &[(Fd, Fd)]) -> Pid {
        let child = self.kernel.fork(self.pid, fds);
        let detached = self.tasks.map.get(&self.pid).is_some_and(|it| it.detached);
        let task = Task {
            program,
            parent: self.pid,
            exit: None,
            signals: Vec::new(),
            wake: None,
            stopped: false,
            detached,
        };
        self.tasks.map.insert(child, task);
        child
    }

    /// Takes a process from its terminal.
    pub fn detach(&mut self, pid: Pid) {
        if let Some(task) = self.tasks.map.get_mut(&pid) {
            task.detached = true;
        }
    }

    /// Tells the host that a command begins.
    pub fn report(&mut self, line: Vec<u8>, status: i32) {
        let past = Past {
            output: self.kernel.take_output(),
            trace: self.kernel.trace.take(),
            meter: self.kernel.disks.meter(),
        };
        self.requests.push(Request::Began { line, status, past });
        // The host may want to look around before anything else happens.
        self.fuel = 0;
    }

    /// The open descriptors of this process.
    pub fn fds(&self) -> Vec<Fd> {
        self.kernel.process(self.pid).map(|p| p.fds()).unwrap_or_default()
    }

    /// The status of a child that is over, once; `None` while it runs.
    pub fn try_wait(&mut self, child: Pid) -> Option<i32> {
        let status = self.tasks.map.get(&child)?.exit?;
        self.tasks.map.remove(&child);
        Some(status)
    }

    /// Writes a whole short message to a descriptor, ignoring errors (for diagnostics).
    pub fn complain(&mut self, fd: Fd, text: &[u8]) {
        let _ = self.kernel.sys(self.pid).write(fd, text);
    }
}
