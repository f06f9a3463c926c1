//! The log of a container, `docker logs` and `docker attach`. The process beside a container hears
//! what it writes and keeps it as the driver `json-file` does, a line of JSON for each line; who is attached
//! gets it at once besides.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use super::json::{Json, map, text};
use super::when::{self, Between, Moment};
use crate::drivers::files;
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home};
use crate::oci::human;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Sys};
use crate::types::{OpenFlags, Timespec};
use crate::vfs::{Heard, Pid};

/// Where a container's log is.
pub fn path(engine: &Engine, id: &str) -> String {
    format!("{}/{id}-json.log", engine.container_dir(id))
}

/// What has not come to the end of its line yet, of standard output and of standard error.
#[derive(Clone, Default)]
pub struct Keeper {
    pending: [Option<(Timespec, Vec<u8>)>; 2],
}

/// A line is cut after so many bytes, as Docker cuts it.
const LONGEST: usize = 16 << 10;

impl Keeper {
    /// Takes what was heard: the lines of the log that are complete by it.
    pub fn take(&mut self, heard: Vec<Heard>) -> Vec<u8> {
        let mut log = Vec::new();
        for (is_err, time, bytes) in heard {
            for piece in bytes.split_inclusive(|&b| b == b'\n') {
                let slot = &mut self.pending[usize::from(is_err)];
                let (_, line) = slot.get_or_insert((time, Vec::new()));
                line.extend(piece);
                if line.len() >= LONGEST || line.ends_with(b"\n") {
                    let line = std::mem::take(line);
                    *slot = None;
                    log.extend(record(is_err, time, &line));
                }
            }
        }
        log
    }

    /// Nothing more will come.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut log = Vec::new();
        for is_err in [false, true] {
            if let Some((time, line)) = self.pending[usize::from(is_err)].take() {
                log.extend(record(is_err, time, &line));
            }
        }
        log
    }
}

fn record(is_err: bool, time: Timespec, line: &[u8]) -> Vec<u8> {
    let object = map(vec![
        ("log", text(&String::from_utf8_lossy(line))),
        ("stream", text(if is_err { "stderr" } else { "stdout" })),
        ("time", text(&human::rfc3339(time.sec, time.nsec))),
    ]);
    (object.escaped() + "\n").into_bytes()
}

/// Adds to a log.
pub fn append(sys: &mut dyn Sys, path: &str, bytes: &[u8]) {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::APPEND;
    let Ok(fd) = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o640) else { return };
    let mut left = bytes;
    while let Ok(n @ 1..) = sys.write(fd, left) {
        left = &left[n..];
    }
    let _ = sys.close(fd);
}

/// A line of a log.
struct Line {
    is_err: bool,
    time: Moment,
    text: String,
}

impl Line {
    fn parse(line: &str) -> Option<Line> {
        let object = Json::parse(line);
        let word = |key: &str| match object.get(key) {
            Some(Json::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let time = human::parse_instant(&word("time")?)?;
        Some(Line { is_err: word("stream")? == "stderr", time, text: word("log")? })
    }
}

/// How lines are shown, and which.
#[derive(Clone, Default)]
struct Look {
    between: Between,
    timestamps: bool,
    details: bool,
}

impl Look {
    fn of(ctx: &mut Ctx<'_>, args: &Args) -> Result<Look, Fail> {
        let between = Between::of(args, ctx.sys.clock())
            .map_err(|(key, why)| Fail::Client(format!("invalid value for \"{key}\": {why}")))?;
        let (timestamps, details) = (args.has("timestamps"), args.has("details"));
        Ok(Look { between, timestamps, details })
    }

    fn shows(&self, line: &Line) -> bool {
        self.between.has(line.time)
    }

    fn print(&self, line: &Line, drain: &mut Drain) {
        let mut out = String::new();
        if self.timestamps {
            out = when::exactly(line.time) + " ";
        }
        if self.details {
            out.push(' ');
        }
        out += &line.text;
        drain.push(if line.is_err { 2 } else { 1 }, out.into_bytes());
    }
}

/// What a file holds from a place on, in whole lines, and where the next ones will begin.
fn read_on(sys: &mut dyn Sys, path: &str, from: usize) -> (Vec<Line>, usize) {
    let all = files::read(sys, path).unwrap_or_default();
    let new = all.get(from..).unwrap_or_default();
    let lines = String::from_utf8_lossy(new);
    (lines.lines().filter_map(Line::parse).collect(), all.len())
}

pub fn logs(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let look = Look::of(ctx, args)?;
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let path = path(engine, &container.id);
    let (mut lines, read) = read_on(ctx.sys, &path, 0);
    lines.retain(|line| look.shows(line));
    // What is no number is all.
    let most = args.value("tail").and_then(|it| it.parse().ok()).unwrap_or(lines.len());
    let mut drain = Drain::default();
    for line in &lines[lines.len().saturating_sub(most)..] {
        look.print(line, &mut drain);
    }
    let until = match args.has("follow") && container.state.running {
        true => Until::Ends(container.state.pid),
        false => Until::Read,
    };
    let follow = Follow { path, read, look, until, whole: None, status: 0, logged: None, drain };
    Ok(Next::Then(Box::new(follow)))
}

pub fn attach(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let cannot = |why: &str| Err(Fail::Client(format!("You cannot attach to a {why}")));
    if container.state.paused {
        return cannot("paused container, unpause it first");
    }
    if !container.state.running {
        return cannot("stopped container, start it first");
    }
    if container.config.open_stdin && !args.has("no-stdin") {
        ctx.flush();
        ctx.err(
            "docker attach: input is not simulated: what is typed does not reach the container\n",
        );
    }
    engine.tell_container(ctx.sys, &container, "attach", &[]);
    let path = path(engine, &container.id);
    let (_, read) = read_on(ctx.sys, &path, 0);
    Ok(Next::Then(Box::new(Follow {
        path,
        read,
        look: Look::default(),
        until: Until::Ends(container.state.pid),
        whole: Some(Whole::of(engine, &container, args.value("sig-proxy") != Some("false"))),
        status: 0,
        logged: None,
        drain: Drain::default(),
    })))
}

/// How long one looks at a log.
#[derive(Clone, Copy)]
enum Until {
    /// What there is.
    Read,
    /// Until this process ends.
    Ends(Pid),
}

/// Who is attached ends as the container does, and passes signals on.
#[derive(Clone)]
struct Whole {
    home: Home,
    id: String,
    passes: bool,
    /// Interrupts and terminations that came: the third ends the client, whatever the container does.
    asked: usize,
}

/// How often one has to ask.
const INSISTING: usize = 3;

impl Whole {
    fn of(engine: &Engine, container: &Container, passes: bool) -> Whole {
        Whole { home: engine.home(), id: container.id.clone(), passes, asked: 0 }
    }

    fn status(&self, os: &mut Os<'_>) -> i32 {
        let engine = self.home.engine();
        let container = engine.and_then(|it| it.container(&mut os.kernel.sys(os.pid), &self.id));
        container.map_or(0, |it| it.state.exit_code)
    }
}

/// Reads a log, and goes on reading.
#[derive(Clone)]
struct Follow {
    path: String,
    read: usize,
    look: Look,
    until: Until,
    whole: Option<Whole>,
    status: i32,
    /// How many pieces all logs had when this one was read.
    logged: Option<u64>,
    drain: Drain,
}

impl Follow {
    /// Signals that came: whether they end this (observed on 28.2).
    fn signalled(&mut self, os: &mut Os<'_>) -> Option<i32> {
        let task = os.tasks.map.get_mut(&os.pid)?;
        let signals = std::mem::take(&mut task.signals);
        let last = *signals.last()?;
        let (Some(whole), Until::Ends(pid)) = (&mut self.whole, self.until) else {
            return Some(128 + last);
        };
        whole.asked += signals.iter().filter(|it| matches!(it, 2 | 15)).count();
        if whole.asked >= INSISTING {
            os.complain(2, b"\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n");
            return Some(1);
        }
        // Its first process is not ended by what it does not handle.
        let task = os.tasks.map.get_mut(&pid).filter(|it| it.program.minds_signals());
        if let Some(task) = task.filter(|_| whole.passes) {
            task.signals.extend(signals);
        }
        None
    }
}

impl Program for Follow {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if let Some(status) = self.signalled(os) {
            return Poll::Exit(status);
        }
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            let Until::Ends(pid) = self.until else { return Poll::Exit(self.status) };
            // Once the process beside it has cleared up, its log is whole and its status known.
            let over = !os.tasks.map.contains_key(&pid);
            // Without a system call while there is nothing new: who asks the kernel all the time keeps the
            // clock from moving on.
            let logged = os.kernel.services.logged;
            if !over && self.logged == Some(logged) {
                return Poll::Blocked;
            }
            self.logged = Some(logged);
            let (lines, read) = read_on(&mut os.kernel.sys(os.pid), &self.path, self.read);
            self.read = read;
            for line in lines.iter().filter(|line| self.look.shows(line)) {
                self.look.print(line, &mut self.drain);
            }
            if over {
                self.until = Until::Read;
                self.status = self.whole.take().map_or(0, |it| it.status(os));
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
