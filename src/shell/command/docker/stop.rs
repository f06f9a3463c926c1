//! `docker stop`, `kill`, `restart`, `rm`: what has to wait for a process to end.

use super::Next;
use super::args::Args;
use super::attach::Streams;
use super::cli::{Done, Fail};
use super::pause::freeze;
use super::run::{Asked, Starting, starting};
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::Sys;
use crate::types::Timespec;
use crate::vfs::Pid;

/// What comes after the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    Start,
    Remove { volumes: bool },
}

/// One container and what to do with it.
#[derive(Clone)]
struct Item {
    word: String,
    id: String,
}

/// The signal that ends a container.
fn signal(text: &str) -> Result<i32, Fail> {
    let name = text.to_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let names = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("KILL", 9),
        ("USR1", 10),
        ("USR2", 12),
        ("TERM", 15),
    ];
    let found = names.iter().find(|it| it.0 == name).map(|it| it.1);
    let number = name.parse().ok().filter(|n| (1..=64).contains(n));
    found.or(number).ok_or_else(|| Fail::Daemon(format!("invalid signal: {text}")))
}

fn ending(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    args: &Args,
    after: After,
    first: Option<i32>,
    once: bool,
) -> Done {
    let mut items = Vec::new();
    let mut complaints = Vec::new();
    for word in &args.words {
        match engine.find_container(ctx.sys, word) {
            Ok(found) => items.push(Item { word: word.clone(), id: found.id }),
            Err(failure) => complaints.push(format!("Error response from daemon: {failure}\n")),
        }
    }
    let patience = match args.value("time") {
        Some(text) => text.parse().map_err(|_| {
            Fail::Usage(format!(
                "invalid argument \"{text}\" for \"-t, --time\" flag: strconv.ParseInt: \
                parsing \"{text}\": invalid syntax"
            ))
        })?,
        None => 10,
    };
    // Removing by force what is not there is done.
    let minds = !(matches!(after, After::Remove { .. }) && args.has("force"));
    let status = i32::from(!complaints.is_empty() && minds);
    Ok(Next::Then(Box::new(Ending {
        home: engine.home(),
        items,
        after,
        first,
        once,
        kills: once || (after == After::Nothing && first == Some(9)),
        patience,
        sent: None,
        told: None,
        waiting: None,
        starting: None,
        status,
        complaints,
        drain: Drain::default(),
    })))
}

pub fn stop(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let first = args.value("signal").map(signal).transpose()?;
    ending(ctx, engine, args, After::Nothing, first, false)
}

pub fn kill(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    for word in &args.words {
        let cannot = |why: String| Fail::Daemon(format!("cannot kill container: {word}: {why}"));
        let found = engine.find_container(ctx.sys, word).map_err(|it| cannot(it.0))?;
        if !found.state.running {
            return Err(cannot(format!("container {} is not running", found.id)));
        }
    }
    let first = signal(args.value("signal").unwrap_or("KILL"))?;
    ending(ctx, engine, args, After::Nothing, Some(first), first != 9)
}

pub fn restart(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    ending(ctx, engine, args, After::Start, args.value("signal").map(signal).transpose()?, false)
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    if !args.has("force") {
        for word in &args.words {
            let Ok(found) = engine.find_container(ctx.sys, word) else { continue };
            if found.state.paused {
                return Err(Fail::Daemon(format!(
                    "cannot remove container \"{}\": container is paused and must be unpaused first",
                    found.name
                )));
            }
            if found.state.running {
                return Err(Fail::Daemon(format!(
                    "cannot remove container \"{}\": container is running: stop the container before removing \
                     or force remove",
                    found.name
                )));
            }
        }
    }
    ending(ctx, engine, args, After::Remove { volumes: args.has("volumes") }, Some(9), false)
}

/// Containers on their way down, one after the other.
#[derive(Clone)]
struct Ending {
    home: Home,
    items: Vec<Item>,
    after: After,
    /// The signal to send, if not the container's own.
    first: Option<i32>,
    /// `docker kill` sends a signal that need not end anything, and is done.
    once: bool,
    /// It is `docker kill`.
    kills: bool,
    /// Seconds until it is killed.
    patience: i64,
    /// When the signal was sent to the first of the items.
    sent: Option<Timespec>,
    /// The signal that the daemon last remembered.
    told: Option<i32>,
    /// The process that is to end, and how long it is given.
    waiting: Option<(Pid, Timespec)>,
    starting: Option<Starting>,
    status: i32,
    /// What is said at the end.
    complaints: Vec<String>,
    drain: Drain,
}

impl Ending {
    /// One step with the first item; `None` when it is done with.
    fn step(&mut self, os: &mut Os<'_>, item: &Item) -> Option<Poll> {
        if let Some(starting) = &mut self.starting {
            return match starting.poll(os) {
                // It has said its word itself.
                Poll::Exit(status) => {
                    self.status = self.status.max(status);
                    self.starting = None;
                    if let Some(engine) = self.home.engine() {
                        let mut sys = os.kernel.sys(os.pid);
                        if let Some(container) = engine.container(&mut sys, &item.id) {
                            engine.tell_container(&mut sys, &container, "restart", &[]);
                        }
                    }
                    None
                }
                other => Some(other),
            };
        }
        if let Some((pid, until)) = self.waiting {
            // Without a system call: who asks the kernel all the time keeps the clock from moving on.
            if alive(os, pid) && os.kernel.clock.now() < until {
                return Some(wait(os, until));
            }
            self.waiting = None;
        }
        let engine = self.home.engine()?;
        let container = engine.container(&mut os.kernel.sys(os.pid), &item.id);
        let Some(container) = container else { return self.done(&item.word) };
        if container.state.running {
            if self.once && self.sent.is_some() {
                return self.done(&item.word);
            }
            return Some(self.push(os, &container));
        }
        // It was ended here, and by a stop: `kill` sends one signal and says no more.
        if self.sent.is_some() && !self.kills && !matches!(self.after, After::Remove { .. }) {
            engine.tell_container(&mut os.kernel.sys(os.pid), &container, "stop", &[]);
        }
        match self.after {
            After::Nothing => self.done(&item.word),
            After::Start => {
                let streams = Streams { detached: true, input: false };
                let asked = Asked::Start(item.word.clone());
                self.starting = Some(starting(&engine, &container, streams, asked));
                Some(Poll::Yield)
            }
            After::Remove { volumes } => {
                match engine.remove_container(&mut os.kernel.sys(os.pid), &container, volumes) {
                    Ok(()) => self.done(&item.word),
                    Err(failure) => {
                        self.status = 1;
                        let text = format!("Error response from daemon: {failure}\n");
                        self.drain.push(2, text.into_bytes());
                        None
                    }
                }
            }
        }
    }

    fn done(&mut self, word: &str) -> Option<Poll> {
        self.drain.push(1, format!("{word}\n").into_bytes());
        None
    }

    /// Sends the signal, waits, and kills at last.
    fn push(&mut self, os: &mut Os<'_>, container: &Container) -> Poll {
        let now = os.kernel.sys(os.pid).clock();
        let own = container.config.stop_signal.as_deref().and_then(|it| signal(it).ok());
        let number = match self.sent {
            None => self.first.or(own).unwrap_or(15),
            Some(sent) if now.sec - sent.sec >= self.patience => 9,
            Some(sent) => {
                let until = Timespec::new(sent.sec + self.patience, sent.nsec);
                self.waiting = Some((container.state.pid, until));
                return wait(os, until);
            }
        };
        if self.told.replace(number) != Some(number)
            && let Some(engine) = self.home.engine()
        {
            let more = [("signal", number.to_string())];
            let more = more.each_ref().map(|(key, value)| (*key, value.as_str()));
            engine.tell_container(&mut os.kernel.sys(os.pid), container, "kill", &more);
        }
        // Whoever is paused goes on, or would never see the signal.
        if container.state.paused {
            freeze(os, container, false);
            if let Some(engine) = self.home.engine() {
                let mut container = container.clone();
                container.state.paused = false;
                let _ = engine.keep_container(&mut os.kernel.sys(os.pid), &container);
            }
        }
        if let Some(task) = os.tasks.map.get_mut(&container.state.pid) {
            // The first process of a PID namespace is not ended by a signal that it does not handle.
            let reaches = number == 9 || task.program.minds_signals();
            if reaches && !task.signals.contains(&number) {
                task.signals.push(number);
            }
        }
        self.sent.get_or_insert(now);
        Poll::Yield
    }
}

/// Whether a process runs.
pub fn alive(os: &Os<'_>, pid: Pid) -> bool {
    os.tasks.map.get(&pid).is_some_and(|it| it.exit.is_none())
}

fn wait(os: &mut Os<'_>, until: Timespec) -> Poll {
    if let Some(task) = os.tasks.map.get_mut(&os.pid) {
        task.wake = Some(until);
    }
    Poll::Blocked
}

impl Program for Ending {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            let Some(item) = self.items.first().cloned() else {
                if self.complaints.is_empty() {
                    return Poll::Exit(self.status);
                }
                self.drain.push(2, self.complaints.remove(0).into_bytes());
                continue;
            };
            match self.step(os, &item) {
                Some(poll) => return poll,
                None => {
                    self.items.remove(0);
                    self.sent = None;
                    self.told = None;
                    self.waiting = None;
                }
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
