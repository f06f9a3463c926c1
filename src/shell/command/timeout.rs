//! timeout, as coreutils 9.1, on simulated time.

use super::child::{Child, Outcome};
use super::common::quote;
use super::{Command, Invocation, Package, Start, rare};
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::Sys;
use crate::types::Timespec;

pub const COMMAND: Command = rare(Command {
    name: "timeout",
    usage: "Usage: {} [OPTION] DURATION COMMAND [ARG]...\nStart COMMAND, and kill it if still running after DURATION.\n",
    summary: "run a command with a time limit",
    package: Package::Coreutils,
    trouble: 125,
    start: Start::Program(|call| Box::new(Timeout { call, child: None, until: None, over: false })),
});

const SIGTERM: i32 = 15;

#[derive(Clone)]
struct Timeout {
    call: Invocation,
    child: Option<Child>,
    until: Option<Timespec>,
    over: bool,
}

impl Timeout {
    fn start(&mut self, os: &mut Os<'_>) -> Result<(), i32> {
        let words: Vec<Vec<u8>> =
            self.call.argv[1..].iter().skip_while(|it| it.starts_with(b"-")).cloned().collect();
        let [limit, command @ ..] = &words[..] else {
            os.complain(
                2,
                b"timeout: missing operand\nTry 'timeout --help' for more information.\n",
            );
            return Err(125);
        };
        let Some(nanos) = super::sleep::duration(limit) else {
            let limit = quote::locale(limit);
            let text = format!(
                "timeout: invalid time interval {limit}\nTry 'timeout --help' for more information.\n"
            );
            os.complain(2, text.as_bytes());
            return Err(125);
        };
        if command.is_empty() {
            os.complain(
                2,
                b"timeout: missing operand\nTry 'timeout --help' for more information.\n",
            );
            return Err(125);
        }
        self.child = Some(Child::new(command.to_vec(), self.call.env.clone(), None));
        self.until = (nanos > 0).then(|| os.sys().clock().plus_nanos(nanos));
        Ok(())
    }
}

impl Program for Timeout {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if self.child.is_none()
            && let Err(status) = self.start(os)
        {
            return Poll::Exit(status);
        }
        let Some(child) = &mut self.child else { return Poll::Exit(125) };
        match child.poll(os) {
            Outcome::Ended(_) if self.over => return Poll::Exit(124),
            Outcome::Ended(status) => return Poll::Exit(status),
            Outcome::CannotRun(word, errno) => {
                let text =
                    format!("timeout: failed to run command {}: {errno}\n", quote::locale(&word));
                os.complain(2, text.as_bytes());
                return Poll::Exit(if errno == Errno::ENOENT { 127 } else { 126 });
            }
            Outcome::Running => {}
        }
        let pid = child.pid();
        let late = self.until.is_some_and(|until| os.sys().clock() >= until);
        if late && !self.over {
            self.over = true;
            if let Some(task) = pid.and_then(|pid| os.tasks.map.get_mut(&pid)) {
                task.signals.push(SIGTERM);
            }
        }
        if let Some(task) = os.tasks.map.get_mut(&os.pid) {
            task.wake = if self.over { None } else { self.until };
        }
        Poll::Blocked
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
