//! The simulated computer: kernel, processes, and the shell that runs scripts on it.

pub mod boot;
mod digest;
pub mod journal;
pub mod profile;
pub mod schedule;
pub mod steps;

use crate::shell::ast::Str;
use crate::shell::builtin::start;
use crate::shell::os::{Request, Task, Tasks};
use crate::shell::program::Program;
use crate::sys::Fd;
use crate::vfs::{Kernel, Pid};
pub use profile::KernelProfile;
pub use schedule::Ran;

/// The environment of the first shell.
const ENV: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("LC_ALL", "C.UTF-8"),
    ("LOGNAME", "root"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("SHELL", "/bin/bash"),
    ("SHLVL", "0"),
    ("TZ", "UTC"),
    ("USER", "root"),
];

fn env() -> Vec<(Str, Str)> {
    ENV.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
}

/// A machine. A clone is a snapshot, in the middle of whatever runs.
#[derive(Clone)]
pub struct Machine {
    pub kernel: Kernel,
    pub tasks: Tasks,
    pub requests: Vec<Request>,
    init: Pid,
    reports: bool,
    /// Time passes outside: nobody's alarm moves the clock.
    real_time: bool,
}

/// What a script did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Output in the order it was written; `true` is standard error.
    pub events: Vec<(bool, Vec<u8>)>,
    pub status: i32,
}

impl Outcome {
    /// All of one stream.
    pub fn stream(&self, err: bool) -> Vec<u8> {
        self.events.iter().filter(|e| e.0 == err).flat_map(|e| e.1.iter().copied()).collect()
    }
    /// Standard output.
    pub fn stdout(&self) -> Vec<u8> {
        self.stream(false)
    }
    /// Standard error.
    pub fn stderr(&self) -> Vec<u8> {
        self.stream(true)
    }
}

impl Machine {
    /// A machine that has just come up.
    pub fn boot() -> Machine {
        Machine::boot_as(&profile::V6_18)
    }

    /// The same with another kernel.
    pub fn boot_as(profile: &KernelProfile) -> Machine {
        let (mut kernel, init) = boot::boot();
        kernel.identity.release = profile.release.to_owned();
        kernel.identity.version = profile.version.to_owned();
        kernel.become_kernel(profile.overlay);
        boot::mount_sys(&mut kernel, init);
        Machine {
            kernel,
            tasks: Tasks::default(),
            requests: Vec::new(),
            init,
            reports: false,
            real_time: false,
        }
    }

    /// The first process, whose working directory is `/`.
    pub fn init(&self) -> Pid {
        self.init
    }

    /// From now on the shells that are started tell of each of their commands: hosts find
    /// [`Request::Began`] among [`Machine::requests`]. The trace is kept.
    pub fn report(&mut self) {
        self.reports = true;
        self.kernel.trace.set_on(true);
    }

    /// Starts a bash with these arguments (its name first); its process number.
    pub fn start(&mut self, argv: &[Str]) -> Pid {
        let mut shell = start::shell(argv, &env());
        shell.reports = self.reports;
        self.start_program(argv, Box::new(shell))
    }

    /// Starts a bash on a script whose text the host has read; `argv` is its name and arguments.
    pub fn start_script(&mut self, text: &[u8], argv: &[Str]) -> Pid {
        let mut shell = start::script(text.to_vec(), argv, &env());
        shell.reports = self.reports;
        self.start_program(argv, Box::new(shell))
    }

    /// Starts a bash on descriptors of another process (child number, number there): on a script
    /// whose text the host has read, or as its arguments say.
    pub fn start_on(
        &mut self,
        holder: Pid,
        fds: &[(Fd, Fd)],
        script: Option<&[u8]>,
        argv: &[Str],
    ) -> Pid {
        let mut shell = match script {
            Some(text) => start::script(text.to_vec(), argv, &env()),
            None => start::shell(argv, &env()),
        };
        shell.reports = self.reports;
        let pid = self.kernel.fork(holder, fds);
        self.add_task(pid, argv, Box::new(shell))
    }

    /// From now on a sleep lasts until the host has set the clock to its end.
    pub fn keep_real_time(&mut self) {
        self.real_time = true;
    }

    fn start_program(&mut self, argv: &[Str], program: Box<dyn Program>) -> Pid {
        let pid = self.kernel.fork(self.init, &[(0, 0), (1, 1), (2, 2)]);
        self.add_task(pid, argv, program)
    }

    fn add_task(&mut self, pid: Pid, argv: &[Str], program: Box<dyn Program>) -> Pid {
        self.kernel.set_command(pid, argv);
        let task = Task {
            program,
            parent: self.init,
            exit: None,
            signals: Vec::new(),
            wake: None,
            stopped: false,
            detached: false,
        };
        self.tasks.map.insert(pid, task);
        pid
    }

    /// Lets the machine run for some slices, or until this process is over.
    pub fn run(&mut self, until: Option<Pid>, budget: u64) -> Ran {
        let jumps = !self.real_time;
        let Machine { kernel, tasks, requests, .. } = self;
        schedule::run(kernel, tasks, requests, until, (budget, jumps))
    }

    /// The status of a process that is over.
    pub fn status(&self, pid: Pid) -> Option<i32> {
        match self.tasks.map.get(&pid) {
            Some(t) => t.exit,
            None => Some(0),
        }
    }

    /// Ctrl-C: an interrupt to every process of the terminal.
    pub fn interrupt(&mut self) {
        let reached = |t: &&mut Task| t.exit.is_none() && !t.detached;
        for t in self.tasks.map.values_mut().filter(reached) {
            t.signals.push(2);
        }
    }

    /// Output since the last time; `true` is standard error.
    pub fn take_output(&mut self) -> Vec<(bool, Vec<u8>)> {
        self.kernel.take_output()
    }

    /// Runs a bash to its end, with this text as its standard input.
    pub fn run_bash(&mut self, argv: &[&[u8]], input: &[u8]) -> Outcome {
        let argv: Vec<Str> = argv.iter().map(|a| a.to_vec()).collect();
        self.feed(input);
        let pid = self.start(&argv);
        let mut events = Vec::new();
        let status = self.finish(pid, &mut |err, bytes| {
            events.push((err, bytes.to_vec()));
            true
        });
        Outcome { events, status }
    }

    /// All there will ever be on standard input.
    pub fn feed(&mut self, input: &[u8]) {
        self.kernel.console.type_in(input);
        self.kernel.console.closed = true;
    }

    /// Runs a process to its end, handing its output over as it comes (`true`: standard error)
    /// while `emit` answers true; its status.
    pub fn finish(&mut self, pid: Pid, emit: &mut dyn FnMut(bool, &[u8]) -> bool) -> i32 {
        loop {
            let ran = self.run(Some(pid), 10_000);
            for (err, bytes) in self.take_output() {
                if !emit(err, &bytes) {
                    return 141;
                }
            }
            match ran {
                Ran::More => {}
                Ran::Over => {
                    self.let_orphans_end(emit);
                    return self.status(pid).unwrap_or(0);
                }
                // Everything waits for everything: nobody will ever end it.
                Ran::Waiting | Ran::Empty => return self.status(pid).unwrap_or(130),
            }
        }
    }

    /// What still runs behind the process that was waited for goes on for a while, as it would behind
    /// a real shell; what waits for ever, or never ends, is left alone.
    fn let_orphans_end(&mut self, emit: &mut dyn FnMut(bool, &[u8]) -> bool) {
        const PATIENCE: usize = 20;
        for _ in 0..PATIENCE {
            let ran = self.run(None, 100);
            let went_out = self.take_output().iter().all(|(err, bytes)| emit(*err, bytes));
            if ran != Ran::More || !went_out {
                return;
            }
        }
    }

    /// Runs `bash -c text`.
    pub fn run_script(&mut self, text: &[u8]) -> Outcome {
        self.run_bash(&[b"bash", b"-c", text], b"")
    }
}

#[cfg(test)]
mod tests;
