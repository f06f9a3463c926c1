//! The one scheduler: every process in turn, by number, a slice of fuel each. Deterministic: the same
//! machine and the same input give the same order of everything.

use crate::shell::os::{Os, Request, Task, Tasks};
use crate::shell::program::{Poll, Program};
use crate::vfs::{Kernel, Pid};

/// Fuel of one slice.
const SLICE: u64 = 2_000;

/// What a used-up slice takes of simulated time: a loop without system calls must not stop the clock.
const SLICE_NANOS: u64 = 1_000_000;

/// How a run of the scheduler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Every process is over.
    Empty,
    /// All wait for something from outside: input, or forever.
    Waiting,
    /// The budget is used up.
    More,
    /// The process that was asked for is over.
    Over,
}

/// A program that does nothing, in the place of one that runs.
#[derive(Clone)]
struct Away;

impl Program for Away {
    fn poll(&mut self, _: &mut Os<'_>) -> Poll {
        Poll::Blocked
    }
    fn fork(&self) -> Box<dyn Program> {
        Box::new(Away)
    }
}

/// Runs the processes until `until` is over, nothing moves, or `budget` slices are used. When all
/// sleep, the clock moves to the next alarm if it `jumps`; else time is the host's.
pub fn run(
    kernel: &mut Kernel,
    tasks: &mut Tasks,
    requests: &mut Vec<Request>,
    until: Option<Pid>,
    (budget, jumps): (u64, bool),
) -> Ran {
    let mut left = budget;
    loop {
        let before = kernel.activity;
        let mut busy = false;
        let live: Vec<Pid> =
            tasks.map.iter().filter(|t| t.1.exit.is_none() && !t.1.stopped).map(|t| *t.0).collect();
        if live.is_empty() {
            return Ran::Empty;
        }
        for pid in live {
            if tasks.map.get(&pid).is_some_and(|t| t.exit.is_none()) {
                busy |= slice(kernel, tasks, requests, pid);
                left = left.saturating_sub(1);
            }
        }
        if until.is_some_and(|p| tasks.map.get(&p).is_none_or(|t| t.exit.is_some())) {
            return Ran::Over;
        }
        if !busy && kernel.activity == before && !sleep(kernel, tasks, jumps) {
            return Ran::Waiting;
        }
        if left == 0 {
            return Ran::More;
        }
    }
}

/// Nothing can go on: the clock moves to the next alarm, if there is one.
fn sleep(kernel: &mut Kernel, tasks: &Tasks, jumps: bool) -> bool {
    if tasks.map.values().any(|t| t.exit.is_none() && !t.stopped && !t.signals.is_empty()) {
        return true;
    }
    // For those who belong to no terminal alone time does not fly: a server stays up behind a script.
    // So do containers while a shell waits at its prompt.
    let idle = |t: &Task| t.detached || t.program.last_status_at_prompt().is_some();
    if tasks.map.values().filter(|t| t.exit.is_none() && !t.stopped).all(idle) {
        return false;
    }
    let next =
        tasks.map.values().filter(|t| t.exit.is_none() && !t.stopped).filter_map(|t| t.wake).min();
    match next.filter(|_| jumps) {
        Some(t) => {
            kernel.clock.set(t);
            true
        }
        None => false,
    }
}

/// One slice of one process; `true` if it has more to do.
fn slice(kernel: &mut Kernel, tasks: &mut Tasks, requests: &mut Vec<Request>, pid: Pid) -> bool {
    let Some(task) = tasks.map.get_mut(&pid) else { return false };
    if let Some(status) = default_action(task) {
        finish(kernel, tasks, pid, status);
        return true;
    }
    let Some(task) = tasks.map.get_mut(&pid) else { return false };
    task.wake = task.wake.filter(|t| *t > kernel.clock.now());
    let mut program = std::mem::replace(&mut task.program, Box::new(Away));
    let poll = program.poll(&mut Os { kernel, tasks, pid, fuel: SLICE, requests });
    let piped = kernel.take_sigpipe(pid) && !program.minds_signals();
    if let Some(task) = tasks.map.get_mut(&pid) {
        task.program = program;
    }
    match poll {
        Poll::Exit(status) => {
            finish(kernel, tasks, pid, status);
            true
        }
        _ if piped => {
            finish(kernel, tasks, pid, 141);
            true
        }
        Poll::Yield => {
            kernel.clock.advance(SLICE_NANOS);
            true
        }
        Poll::Blocked => false,
    }
}

/// What pending signals do to a program that does not look at them: a status if it ends.
fn default_action(task: &mut Task) -> Option<i32> {
    if task.signals.is_empty() {
        return None;
    }
    if task.signals.contains(&9) {
        return Some(137);
    }
    if task.program.minds_signals() {
        return None;
    }
    let signals = std::mem::take(&mut task.signals);
    signals.into_iter().find(|s| !matches!(s, 17 | 18 | 23 | 28)).map(|s| 128 + s)
}

/// A process is over: its descriptors close, its orphans are nobody's.
fn finish(kernel: &mut Kernel, tasks: &mut Tasks, pid: Pid, status: i32) {
    kernel.exit(pid);
    let Some(task) = tasks.map.get_mut(&pid) else { return };
    task.exit = Some(status);
    task.program = Box::new(Away);
    let parent = task.parent;
    let waited = tasks.map.get(&parent).is_some_and(|p| p.exit.is_none()) || parent <= 1;
    if !waited {
        tasks.map.remove(&pid);
    }
    tasks.map.retain(|_, t| t.parent != pid || t.exit.is_none());
}
