//! `docker`: the client, with the engine in it. Every call opens the engine's files, does its work
//! by system calls and ends; what outlives it is a process beside each running container.

mod apt;
mod archives;
mod args;
mod attach;
mod build;
mod change;
mod cli;
mod commit;
mod containers;
mod copy;
mod dockerd;
mod events;
mod exec;
mod format;
mod host;
mod images;
mod inspect;
mod json;
mod logs;
mod networks;
mod options;
mod pause;
mod ports;
mod programs;
mod run;
mod shim;
mod stop;
mod system;
mod table;
mod volumes;
mod when;

#[cfg(test)]
mod tests;

use super::ctx::Ctx;
use super::once::Drain;
use super::{Command, Invocation, Package, Start};
use crate::drivers::files::CHUNK;
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::Sys;
pub use dockerd::COMMAND as DOCKERD;
pub use programs::PROGRAMS;

pub const COMMAND: Command = Command {
    name: "docker",
    usage: "Usage:  {} [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n",
    summary: "images and containers on the simulated engine",
    package: Package::Other("Docker version 28.2.2, build simulated"),
    trouble: 125,
    start: Start::Program(|call| {
        Box::new(Docker { call, drain: Drain::default(), stage: Stage::New(None) })
    }),
};

/// What a subcommand leaves to be done.
pub enum Next {
    Exit(i32),
    /// Call again with all of standard input.
    Input,
    /// Print this and call again with the line that answers it.
    Ask(String),
    /// Go on with this program: a container that runs, one that is to end.
    Then(Box<dyn Program>),
}

#[derive(Clone)]
enum Stage {
    /// With standard input, once it was asked for.
    New(Option<Vec<u8>>),
    Reading(Vec<u8>),
    Asking(Vec<u8>),
    Then(Box<dyn Program>),
    Over(i32),
}

#[derive(Clone)]
struct Docker {
    call: Invocation,
    drain: Drain,
    stage: Stage,
}

impl Docker {
    fn begin(&mut self, os: &mut Os<'_>, input: Option<Vec<u8>>) {
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::new(&mut sys, &self.call);
        let next = cli::run(&mut ctx, input);
        let (segments, requests) = ctx.finish();
        segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
        os.requests.extend(requests);
        os.fuel = os.fuel.saturating_sub(500);
        self.stage = match next {
            Next::Exit(status) => Stage::Over(status),
            Next::Input => Stage::Reading(Vec::new()),
            Next::Ask(text) => {
                self.drain.push(1, text.into_bytes());
                Stage::Asking(Vec::new())
            }
            Next::Then(program) => Stage::Then(program),
        };
    }
}

impl Program for Docker {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            match &mut self.stage {
                Stage::New(input) => {
                    let input = input.take();
                    self.begin(os, input);
                }
                Stage::Reading(all) => {
                    let mut buf = vec![0; CHUNK];
                    match os.kernel.sys(os.pid).read(0, &mut buf) {
                        Ok(0) => self.stage = Stage::New(Some(std::mem::take(all))),
                        Ok(n) => all.extend_from_slice(&buf[..n]),
                        Err(Errno::EAGAIN) => return Poll::Blocked,
                        // As an empty input.
                        Err(_) => self.stage = Stage::New(Some(std::mem::take(all))),
                    }
                }
                Stage::Asking(line) => {
                    let mut byte = [0];
                    match os.kernel.sys(os.pid).read(0, &mut byte) {
                        Ok(1) if byte[0] != b'\n' => line.push(byte[0]),
                        Err(Errno::EAGAIN) => return Poll::Blocked,
                        // The end of the line, or of the input.
                        _ => self.stage = Stage::New(Some(std::mem::take(line))),
                    }
                }
                Stage::Then(program) => return program.poll(os),
                Stage::Over(status) => return Poll::Exit(*status),
            }
        }
    }

    fn minds_signals(&self) -> bool {
        matches!(&self.stage, Stage::Then(program) if program.minds_signals())
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
