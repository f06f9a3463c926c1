//! `docker pause`, `unpause`, `wait`: what has to do with the processes of containers, but ends none.

use super::Next;
use super::args::Args;
use super::cli::Done;
use super::stop::alive;
use crate::drivers::Failure;
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::vfs::Pid;

/// What is done with each container.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Pause,
    Unpause,
    Wait,
}

fn program(engine: &Engine, args: &Args, what: What) -> Done {
    Ok(Next::Then(Box::new(Each {
        home: engine.home(),
        words: args.words.clone(),
        id: None,
        what,
        waiting: None,
        complaints: String::new(),
        status: 0,
        drain: Drain::default(),
    })))
}

pub fn pause(_: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    program(engine, args, What::Pause)
}

pub fn unpause(_: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    program(engine, args, What::Unpause)
}

pub fn wait(_: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    program(engine, args, What::Wait)
}

/// Stops the processes of a container where they are, or lets them go on.
pub fn freeze(os: &mut Os<'_>, container: &Container, stopped: bool) {
    let mounts = os.kernel.mounts_of(container.state.pid);
    for pid in mounts.map(|it| os.kernel.pids_with(it)).unwrap_or_default() {
        if let Some(task) = os.tasks.map.get_mut(&pid) {
            task.stopped = stopped;
        }
    }
}

/// One container after the other.
#[derive(Clone)]
struct Each {
    home: Home,
    words: Vec<String>,
    /// The first of the words, once it was found: who waits means this container, whatever becomes of
    /// its name.
    id: Option<String>,
    what: What,
    /// The process that is waited for.
    waiting: Option<Pid>,
    /// What is said at the end.
    complaints: String,
    status: i32,
    drain: Drain,
}

impl Each {
    /// What becomes of the first word: what to print; `None` to wait.
    fn step(&mut self, os: &mut Os<'_>, word: &str) -> Result<Option<String>, Failure> {
        // Without a system call: who asks the kernel all the time keeps the clock from moving on.
        if self.waiting.is_some_and(|pid| alive(os, pid)) {
            return Ok(None);
        }
        let lost = || Failure("the engine is gone".to_owned());
        let engine = self.home.engine().ok_or_else(lost)?;
        let mut sys = os.kernel.sys(os.pid);
        let mut container = match &self.id {
            // Removed while somebody waits for it: it was ended first.
            Some(id) => match engine.container(&mut sys, id) {
                Some(found) => found,
                None => return Ok(Some("0".to_owned())),
            },
            None => engine.find_container(&mut sys, word)?,
        };
        self.id = Some(container.id.clone());
        let (state, id) = (&container.state, &container.id);
        let stopped = match self.what {
            What::Wait if state.running => {
                self.waiting = Some(state.pid);
                return Ok(None);
            }
            What::Wait => return Ok(Some(state.exit_code.to_string())),
            What::Pause if !state.running => {
                return Err(Failure(format!("Container {id} is not running")));
            }
            What::Pause if state.paused => {
                return Err(Failure(format!("Container {id} is already paused")));
            }
            What::Unpause if !state.paused => {
                return Err(Failure(format!("Container {id} is not paused")));
            }
            What::Pause => true,
            What::Unpause => false,
        };
        container.state.paused = stopped;
        engine.keep_container(&mut sys, &container)?;
        let action = if stopped { "pause" } else { "unpause" };
        engine.tell_container(&mut sys, &container, action, &[]);
        freeze(os, &container, stopped);
        Ok(Some(word.to_owned()))
    }
}

impl Program for Each {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            let Some(word) = self.words.first().cloned() else {
                if self.complaints.is_empty() {
                    return Poll::Exit(self.status);
                }
                self.drain.push(2, std::mem::take(&mut self.complaints).into_bytes());
                continue;
            };
            match self.step(os, &word) {
                Ok(None) => return Poll::Blocked,
                Ok(Some(text)) => self.drain.push(1, format!("{text}\n").into_bytes()),
                Err(why) => {
                    self.status = 1;
                    self.complaints += &format!("Error response from daemon: {why}\n");
                }
            }
            self.words.remove(0);
            self.id = None;
            self.waiting = None;
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
