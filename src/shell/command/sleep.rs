//! sleep, as coreutils 9.1, on simulated time.

use super::common::quote;
use super::{Command, Invocation, Package, Start};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::shell::text;
use crate::sys::Sys;
use crate::types::Timespec;

pub const COMMAND: Command = Command {
    name: "sleep",
    usage: "Usage: {} NUMBER[SUFFIX]...\nPause for NUMBER seconds.  SUFFIX may be 's' for seconds (the default),\n'm' for minutes, 'h' for hours or 'd' for days.\n",
    summary: "wait",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Program(|call| Box::new(Sleep { call, until: None })),
};

#[derive(Clone)]
struct Sleep {
    call: Invocation,
    until: Option<Timespec>,
}

/// Nanoseconds of `1.5`, `2m`, `infinity` (as the longest time).
pub fn duration(word: &[u8]) -> Option<u64> {
    let word = std::str::from_utf8(word).ok()?;
    let (digits, unit) = match word.as_bytes().last()? {
        b's' => (&word[..word.len() - 1], 1),
        b'm' => (&word[..word.len() - 1], 60),
        b'h' => (&word[..word.len() - 1], 3_600),
        b'd' => (&word[..word.len() - 1], 86_400),
        _ => (word, 1),
    };
    let is_ever = digits.eq_ignore_ascii_case("infinity") || digits.eq_ignore_ascii_case("inf");
    let nanos = if is_ever { text::EVER } else { text::nanos(digits.as_bytes())? };
    Some(nanos.saturating_mul(unit).min(text::EVER))
}

impl Sleep {
    fn start(&mut self, os: &mut Os<'_>) -> Result<Timespec, i32> {
        let words = &self.call.argv[1..];
        let mut complaints = Vec::new();
        let mut nanos: u64 = 0;
        for word in words {
            match duration(word) {
                Some(time) => nanos = nanos.saturating_add(time),
                None => complaints
                    .push(format!("sleep: invalid time interval {}\n", quote::locale(word))),
            }
        }
        if words.is_empty() {
            complaints.push("sleep: missing operand\n".into());
        }
        if complaints.is_empty() {
            return Ok(os.sys().clock().plus_nanos(nanos));
        }
        complaints.push("Try 'sleep --help' for more information.\n".into());
        os.complain(2, complaints.concat().as_bytes());
        Err(1)
    }
}

impl Program for Sleep {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if self.until.is_none() {
            match self.start(os) {
                Ok(until) => self.until = Some(until),
                Err(status) => return Poll::Exit(status),
            }
        }
        if self.until.is_some_and(|until| os.sys().clock() >= until) {
            return Poll::Exit(0);
        }
        if let Some(task) = os.tasks.map.get_mut(&os.pid) {
            task.wake = self.until;
        }
        Poll::Blocked
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
