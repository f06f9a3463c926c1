//! Signals and traps, and what happens after every command.

use super::{Frame, Interp, Origin, Source};
use crate::shell::os::Os;
use std::sync::Arc;

/// Signal names by number.
pub const SIGNALS: &[(i32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (5, "TRAP"),
    (6, "ABRT"),
    (7, "BUS"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "USR1"),
    (11, "SEGV"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (16, "STKFLT"),
    (17, "CHLD"),
    (18, "CONT"),
    (19, "STOP"),
    (20, "TSTP"),
    (21, "TTIN"),
    (22, "TTOU"),
    (23, "URG"),
    (24, "XCPU"),
    (25, "XFSZ"),
    (26, "VTALRM"),
    (27, "PROF"),
    (28, "WINCH"),
    (29, "IO"),
    (30, "PWR"),
    (31, "SYS"),
];

/// The number of a signal written as a name, with or without SIG, or as a number.
pub fn signal_number(s: &[u8]) -> Option<i32> {
    let t = String::from_utf8_lossy(s).to_uppercase();
    if let Ok(n) = t.parse::<i32>() {
        return (0..=64).contains(&n).then_some(n);
    }
    let t = t.strip_prefix("SIG").unwrap_or(&t);
    SIGNALS.iter().find(|x| x.1 == t).map(|x| x.0)
}

/// The name of a signal.
pub fn signal_name(n: i32) -> Option<&'static str> {
    SIGNALS.iter().find(|x| x.0 == n).map(|x| x.1)
}

impl Interp {
    /// Looks at the signals that arrived; a status if one of them ends the shell.
    pub(super) fn take_signals(&mut self, os: &mut Os<'_>) -> Option<i32> {
        let task = os.tasks.map.get_mut(&os.pid)?;
        if task.signals.is_empty() {
            return None;
        }
        let signals = std::mem::take(&mut task.signals);
        for s in signals {
            let name = signal_name(s).unwrap_or("").as_bytes().to_vec();
            match self.sh.traps.get(&name) {
                Some(action) if action.is_empty() => {}
                Some(_) => self.pending.push(s),
                None if matches!(s, 17 | 18 | 23 | 28) => {}
                None if s == 2 && self.sh.interactive => {
                    if self.capture.is_none() && !matches!(self.stack.last(), Some(Frame::Wait(..)))
                    {
                        self.emit(os, 2, "\n", None);
                        self.discard(os, 130);
                        self.forget_typed();
                    }
                }
                None if self.sh.interactive && matches!(s, 3 | 15) => {}
                None if s == 9 => return Some(137),
                None => {
                    self.unwind(os, 0);
                    self.begin_exit(os, 128 + s);
                }
            }
        }
        None
    }

    /// Ctrl-C at a prompt: the beginning of a command that was typed is gone, and the first prompt
    /// comes again.
    fn forget_typed(&mut self) {
        if let Some(Frame::Source(s)) = self.stack.last_mut()
            && s.origin == Origin::Input
        {
            s.text = Arc::default();
            s.pos = 0;
            s.prompted = false;
        }
    }

    /// Starts the action of a signal that waits; `frame` comes after it.
    pub(super) fn run_pending_trap(&mut self, frame: Frame) -> bool {
        if self.pending.is_empty() || self.in_trap {
            return false;
        }
        let s = self.pending.remove(0);
        let name = signal_name(s).unwrap_or("").as_bytes().to_vec();
        let Some(action) = self.sh.traps.get(&name).cloned() else { return false };
        self.stack.push(frame);
        self.push_trap(action);
        true
    }

    fn push_trap(&mut self, action: Vec<u8>) {
        self.stack.push(Frame::AfterTrap(self.sh.status, self.sh.pipestatus.clone()));
        let line = self.sh.line;
        self.stack.push(Frame::Source(Box::new(Source::new(action, line, Origin::Trap))));
    }

    /// Would the action of a pseudo-signal run now?
    pub(super) fn has_trap(&self, name: &[u8]) -> bool {
        !self.in_trap && self.sh.traps.get(name).is_some_and(|it| !it.is_empty())
    }

    /// The action of a pseudo-signal such as DEBUG.
    pub(super) fn run_named_trap(&mut self, name: &[u8]) {
        if self.in_trap {
            return;
        }
        if let Some(action) = self.sh.traps.get(name).cloned() {
            if !action.is_empty() {
                self.in_trap = true;
                self.push_trap(action);
            }
        }
    }

    /// After a command: ERR, `set -e`.
    pub(super) fn check(&mut self, os: &mut Os<'_>) {
        self.close_psubs(os);
        if self.sh.status == 0 || self.errexit_suppressed() {
            return;
        }
        let inside = self.sh.calls.iter().any(|c| c.function) || self.sh.subshell > 0;
        if self.sh.opts.errexit {
            let status = self.sh.status;
            self.stack.push(Frame::Exit(status));
            self.exit_later();
        }
        let _ = inside;
        if self.sh.traps.contains_key(b"ERR".as_slice()) {
            self.run_named_trap(b"ERR");
        }
    }

    /// Turns the exit that `set -e` asks for into one that runs the EXIT trap.
    fn exit_later(&mut self) {
        if self.sh.traps.contains_key(b"EXIT".as_slice()) {
            let status = match self.stack.pop() {
                Some(Frame::Exit(s)) => s,
                _ => self.sh.status,
            };
            let text = format!("exit {status}");
            self.stack.push(Frame::Source(Box::new(Source::new(text, self.sh.line, Origin::Trap))));
        }
    }
}
