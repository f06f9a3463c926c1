//! `docker build` and what belongs to it. The work is a machine that is asked for one step after the
//! other; this program runs what a step wants to have run and lets its output through.

mod classic;
mod fetch;
mod kit;
mod options;
mod progress;
mod prune;
mod sources;

#[cfg(test)]
mod tests;

pub use prune::{explain, loose, prune, sweep, usage};

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use super::shim::{Inside, enter_container, enter_tree};
use crate::drivers::files;
use crate::errno::Errno;
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home};
use crate::shell::command::Invocation;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::OpenFlags;
use options::Request;

/// Options of `docker build` and its other names.
pub const TABLE: &str = "t|tag= f|file= q|quiet |no-cache |pull |build-arg= |target= |label= |progress= |network= \
    |rm |force-rm |platform= |secret= |ssh= o|output= |load |push |cache-from= |cache-to= |build-context= \
    |iidfile= |squash |explain |no-cache-filter= |provenance= |sbom= |compress |builder= m|memory= \
    |shm-size= |ulimit= |add-host= |attest= |allow= D|debug |metadata-file= |call= |check";

/// What a step wants.
enum Step {
    /// Ask for the next one.
    On,
    /// Run a command first.
    Run(Box<Job>),
    Over(i32),
}

/// A command in a tree.
#[derive(Clone)]
struct Job {
    tree: String,
    /// The container that it runs in; without one the tree is all there is.
    container: Option<Container>,
    inside: Inside,
    /// Standard error is kept apart.
    apart: bool,
}

/// A builder.
#[derive(Clone)]
enum Machine {
    Classic(Box<classic::Classic>),
    Kit(Box<kit::Kit>),
}

impl Machine {
    fn step(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Step {
        match self {
            Machine::Classic(it) => it.step(ctx, engine),
            Machine::Kit(it) => it.step(ctx, engine),
        }
    }

    /// Bytes that a command wrote.
    fn output(&mut self, ctx: &mut Ctx<'_>, fd: Fd, bytes: &[u8]) {
        match self {
            Machine::Classic(it) => it.output(ctx, fd, bytes),
            Machine::Kit(it) => it.output(ctx, bytes),
        }
    }

    /// A command is over; or it did not begin, and why.
    fn ran(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, status: i32, failed: Option<String>) {
        match self {
            Machine::Classic(it) => it.ran(ctx, engine, status, failed),
            Machine::Kit(it) => it.ran(ctx, engine, status, failed),
        }
    }

    /// Nobody wants it any more.
    fn cancel(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) {
        match self {
            Machine::Classic(it) => it.cancel(ctx, engine),
            Machine::Kit(it) => it.cancel(ctx, engine),
        }
    }
}

pub fn build(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let request = Request::new(ctx, args)?;
    if request.squash && !engine.experimental {
        return Err(Fail::Client(
            "\"--squash\" is only supported on a Docker daemon with experimental features enabled"
                .to_owned(),
        ));
    }
    Ok(Next::Then(Box::new(Building {
        call: ctx.call.clone(),
        home: engine.home(),
        stage: if request.reads_input() { Stage::Reading(Vec::new()) } else { Stage::New(None) },
        request,
        drain: Drain::default(),
        machine: None,
        cancelled: false,
    })))
}

#[derive(Clone)]
enum Stage {
    /// Standard input is the Dockerfile or the context.
    Reading(Vec<u8>),
    New(Option<Vec<u8>>),
    Working,
    /// A command runs: its process, and where its output comes from.
    Running {
        pid: i32,
        pipes: Vec<(Fd, Fd)>,
    },
    Over(i32),
}

#[derive(Clone)]
struct Building {
    call: Invocation,
    request: Request,
    home: Home,
    drain: Drain,
    stage: Stage,
    machine: Option<Machine>,
    cancelled: bool,
}

/// Bytes of standard input that are read at most.
const INPUT_MAX: usize = 1 << 30;

impl Building {
    /// Does something with the system calls of this process; what it prints is queued.
    fn with<T>(
        &mut self,
        os: &mut Os<'_>,
        act: impl FnOnce(&mut Self, &mut Ctx<'_>, &Engine) -> T,
    ) -> Option<T> {
        let engine = self.home.engine()?;
        let call = self.call.clone();
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::new(&mut sys, &call);
        let done = act(self, &mut ctx, &engine);
        let (segments, requests) = ctx.finish();
        segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
        os.requests.extend(requests);
        Some(done)
    }

    fn read(&mut self, os: &mut Os<'_>, mut all: Vec<u8>) -> Option<Poll> {
        let mut buf = vec![0; files::CHUNK];
        loop {
            match os.sys().read(0, &mut buf) {
                Ok(0) => break,
                Ok(n) if all.len() + n <= INPUT_MAX => all.extend_from_slice(&buf[..n]),
                Err(Errno::EAGAIN) => {
                    self.stage = Stage::Reading(all);
                    return Some(Poll::Blocked);
                }
                _ => {
                    os.complain(
                        2,
                        b"ERROR: failed to read the build context from standard input\n",
                    );
                    return Some(Poll::Exit(1));
                }
            }
        }
        self.stage = Stage::New(Some(all));
        None
    }

    fn begin(&mut self, os: &mut Os<'_>, input: Option<Vec<u8>>) {
        let made = self.with(os, |it, ctx, engine| {
            if it.request.classic {
                classic::Classic::new(ctx, engine, &it.request, input)
                    .map(|it| Machine::Classic(Box::new(it)))
            } else {
                kit::Kit::new(ctx, engine, &it.request, input).map(|it| Machine::Kit(Box::new(it)))
            }
        });
        self.stage = match made {
            Some(Ok(machine)) => {
                self.machine = Some(machine);
                Stage::Working
            }
            Some(Err(status)) => Stage::Over(status),
            None => Stage::Over(125),
        };
    }

    fn work(&mut self, os: &mut Os<'_>) {
        let Some(mut machine) = self.machine.take() else {
            self.stage = Stage::Over(125);
            return;
        };
        os.fuel = os.fuel.saturating_sub(500);
        let step = self.with(os, |_, ctx, engine| machine.step(ctx, engine));
        match step {
            Some(Step::On) => {}
            Some(Step::Run(job)) => self.start(os, &mut machine, &job),
            Some(Step::Over(status)) => self.stage = Stage::Over(status),
            None => self.stage = Stage::Over(125),
        }
        self.machine = Some(machine);
    }

    fn start(&mut self, os: &mut Os<'_>, machine: &mut Machine, job: &Job) {
        let mut sys = os.kernel.sys(os.pid);
        let null = sys.openat(AT_FDCWD, b"/dev/null", OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0);
        let out = sys.pipe();
        let err = if job.apart { sys.pipe().map(Some) } else { Ok(None) };
        let (Ok(null), Ok(out), Ok(err)) = (null, out, err) else {
            let text = "too many open files".to_owned();
            self.with(os, |_, ctx, engine| machine.ran(ctx, engine, 125, Some(text)));
            return;
        };
        let fds = [(0, null), (1, out.1), (2, err.map_or(out.1, |it| it.1))];
        let begun = match &job.container {
            None => enter_tree(os, &job.tree, &job.inside, &fds),
            Some(container) => {
                let engine = Engine::open(&mut os.kernel.sys(os.pid)).map_err(|it| (125, it.0));
                engine.and_then(|engine| {
                    enter_container(os, &engine, container, &job.tree, &job.inside, &fds)
                })
            }
        };
        let mut sys = os.kernel.sys(os.pid);
        for fd in [null, out.1].into_iter().chain(err.map(|it| it.1)) {
            let _ = sys.close(fd);
        }
        let pipes: Vec<(Fd, Fd)> =
            [(1, out.0)].into_iter().chain(err.map(|it| (2, it.0))).collect();
        match begun {
            Ok(pid) => self.stage = Stage::Running { pid, pipes },
            Err((status, why)) => {
                pipes.iter().for_each(|it| {
                    let _ = sys.close(it.1);
                });
                self.with(os, |_, ctx, engine| machine.ran(ctx, engine, status, Some(why)));
            }
        }
    }

    /// Passes on what the command wrote; once it is over, says so.
    fn watch(&mut self, os: &mut Os<'_>, pid: i32, mut pipes: Vec<(Fd, Fd)>) -> Option<Poll> {
        let Some(mut machine) = self.machine.take() else { return Some(Poll::Exit(125)) };
        let mut buf = vec![0; files::CHUNK];
        let mut news = false;
        pipes.retain(|(fd, pipe)| {
            loop {
                match os.sys().read(*pipe, &mut buf) {
                    Ok(n) if n > 0 => {
                        news = true;
                        self.with(os, |_, ctx, _| machine.output(ctx, *fd, &buf[..n]));
                    }
                    Err(Errno::EAGAIN) => return true,
                    _ => {
                        let _ = os.sys().close(*pipe);
                        return false;
                    }
                }
            }
        });
        let ended = os.try_wait(pid);
        if let Some(status) = ended {
            // A process in the background may still hold the pipes: it does not hold up the build.
            for (_, pipe) in pipes.drain(..) {
                let _ = os.sys().close(pipe);
            }
            self.with(os, |_, ctx, engine| machine.ran(ctx, engine, status, None));
            self.stage = Stage::Working;
        } else {
            self.stage = Stage::Running { pid, pipes };
        }
        self.machine = Some(machine);
        (ended.is_none() && !news).then_some(Poll::Blocked)
    }

    /// Looks whether somebody wants it to stop.
    fn heed_signals(&mut self, os: &mut Os<'_>) {
        let Some(task) = os.tasks.map.get_mut(&os.pid) else { return };
        let signals = std::mem::take(&mut task.signals);
        if self.cancelled || !signals.iter().any(|it| matches!(it, 1 | 2 | 3 | 15)) {
            return;
        }
        self.cancelled = true;
        if let Stage::Running { pid, .. } = self.stage {
            if let Some(task) = os.tasks.map.get_mut(&pid) {
                task.signals.push(9);
            }
        }
    }
}

impl Program for Building {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            self.heed_signals(os);
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            if self.cancelled && !matches!(self.stage, Stage::Running { .. } | Stage::Over(_)) {
                if let Some(mut machine) = self.machine.take() {
                    self.with(os, |_, ctx, engine| machine.cancel(ctx, engine));
                }
                self.stage = Stage::Over(1);
                continue;
            }
            match std::mem::replace(&mut self.stage, Stage::Working) {
                Stage::Reading(all) => {
                    if let Some(poll) = self.read(os, all) {
                        return poll;
                    }
                }
                Stage::New(input) => self.begin(os, input),
                Stage::Working => {
                    self.work(os);
                    if os.fuel == 0 {
                        return Poll::Yield;
                    }
                }
                Stage::Running { pid, pipes } => {
                    if let Some(poll) = self.watch(os, pid, pipes) {
                        return poll;
                    }
                }
                Stage::Over(status) => {
                    self.stage = Stage::Over(status);
                    return Poll::Exit(status);
                }
            }
        }
    }

    fn minds_signals(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
