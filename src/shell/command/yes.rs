//! yes, as coreutils 9.1: writes for ever, until the reader is gone.

use super::once::Drain;
use super::{Command, Invocation, Package, Start};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};

pub const COMMAND: Command = Command {
    name: "yes",
    usage: "Usage: {} [STRING]...\nRepeatedly output a line with all specified STRING(s), or 'y'.\n",
    summary: "print a line for ever",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Program(|call| Box::new(Yes { call, drain: Drain::default() })),
};

#[derive(Clone)]
struct Yes {
    call: Invocation,
    drain: Drain,
}

impl Program for Yes {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "yes") {
                return poll;
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            let words = &self.call.argv[1..];
            let words =
                if words.first().is_some_and(|it| it == b"--") { &words[1..] } else { words };
            let mut line = if words.is_empty() { b"y".to_vec() } else { words.join(&b' ') };
            line.push(b'\n');
            let times = 8192 / line.len() + 1;
            self.drain.push(1, line.repeat(times));
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
