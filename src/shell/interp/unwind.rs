//! Leaving frames before their time: break, continue, return, errors, exit.

use super::{Frame, Interp, Origin, Source};
use crate::shell::ast::Str;
use crate::shell::os::Os;
use crate::shell::vars::Var;
use std::sync::Arc;

impl Interp {
    /// Takes a frame's effects back.
    fn cleanup(&mut self, os: &mut Os<'_>, f: Frame) {
        match f {
            Frame::Restore(saved) | Frame::Redirect(_, _, saved) => self.restore(os, saved),
            Frame::Simple(s) => self.restore(os, s.saved),
            Frame::TempVars(old) => self.restore_vars(old),
            Frame::Call(params, source) | Frame::EndCall(params, source, _) => {
                self.end_function(params, source);
            }
            Frame::Source(s) => self.leave_source(&s),
            Frame::AfterTrap(..) => self.in_trap = false,
            _ => {}
        }
    }

    /// Pops and cleans up until `len` frames are left.
    pub fn unwind(&mut self, os: &mut Os<'_>, len: usize) {
        while self.stack.len() > len {
            if let Some(f) = self.stack.pop() {
                self.cleanup(os, f);
            }
        }
    }

    pub(super) fn restore_vars(&mut self, old: Vec<(Str, Option<Var>)>) {
        for (name, v) in old.into_iter().rev() {
            match v {
                Some(v) => self.sh.put(&name, v),
                None => self.sh.remove(&name),
            }
        }
    }

    pub(super) fn end_function(&mut self, params: Arc<Vec<Str>>, source: Str) {
        self.sh.params = params;
        self.sh.end_call();
        self.sh.source = source;
    }

    /// Gives up the commands of the current line; a script goes on with the next.
    pub fn discard(&mut self, os: &mut Os<'_>, status: i32) {
        self.sh.set_status(status);
        let at = self
            .stack
            .iter()
            .rposition(|f| matches!(f, Frame::Source(_)))
            .filter(|_| self.sh.subshell == 0);
        match at {
            Some(at) => {
                self.unwind(os, at + 1);
                // What the line still held is given up too.
            }
            None => self.begin_exit(os, status),
        }
    }

    /// Ends the shell, after its EXIT trap.
    pub fn begin_exit(&mut self, os: &mut Os<'_>, status: i32) {
        self.unwind(os, 0);
        self.sh.status = status;
        self.stack.push(Frame::Exit(status));
        if self.exiting {
            return;
        }
        self.exiting = true;
        if let Some(action) = self.sh.traps.remove(b"EXIT".as_slice()) {
            if !action.is_empty() {
                self.stack.pop();
                self.stack.push(Frame::Source(Box::new(Source::new(action, 1, Origin::Trap))));
                self.exit_after_trap(status);
            }
        }
    }

    /// The trap's own `exit` decides, otherwise the status it was called with.
    fn exit_after_trap(&mut self, status: i32) {
        let source = self.stack.pop();
        self.stack.push(Frame::Exit(status));
        self.stack.extend(source);
    }

    /// Leaves the function or sourced file; `false` if there is none.
    pub fn return_from(&mut self, os: &mut Os<'_>, status: i32) -> bool {
        let at = self.stack.iter().rposition(|f| {
            matches!(f, Frame::Call(..)) || matches!(f, Frame::Source(s) if s.origin == Origin::Dot)
        });
        let Some(at) = at else { return false };
        self.unwind(os, at + 1);
        if matches!(self.stack.last(), Some(Frame::Source(_))) {
            self.unwind(os, at);
        } else if self.has_trap(b"RETURN")
            && let Some(Frame::Call(params, source)) = self.stack.pop()
        {
            // The trap sees the status of what ran before `return`.
            self.stack.push(Frame::EndCall(params, source, Some(status)));
            self.run_named_trap(b"RETURN");
            return true;
        }
        self.sh.set_status(status);
        true
    }

    /// How many loops enclose the current command in its function.
    pub fn loops(&self) -> usize {
        self.stack
            .iter()
            .rev()
            .take_while(|f| !matches!(f, Frame::Call(..) | Frame::EndCall(..)))
            .filter(|f| is_loop(f))
            .count()
    }

    /// `break n` and `continue n`.
    pub fn leave_loops(&mut self, os: &mut Os<'_>, n: usize, go_on: bool) {
        let mut left = n;
        let mut at = self.stack.len();
        while at > 0 && left > 0 {
            at -= 1;
            if matches!(self.stack[at], Frame::Call(..) | Frame::EndCall(..)) {
                at += 1;
                break;
            }
            if is_loop(&self.stack[at]) {
                left -= 1;
            }
        }
        self.unwind(os, if go_on { at + 1 } else { at });
        self.sh.set_status(0);
    }

    /// Is a failing command's failure looked at by what is around it?
    pub(super) fn errexit_suppressed(&self) -> bool {
        self.noerr
            || self.stack.iter().any(|f| match f {
                Frame::Negate | Frame::If(..) => true,
                Frame::While(_, cond, _) => *cond,
                Frame::AndOr(list, item, next) => list.items[*item].rest.len() > *next,
                _ => false,
            })
    }
}

fn is_loop(f: &Frame) -> bool {
    matches!(f, Frame::While(..) | Frame::For(..) | Frame::ArithFor(..) | Frame::Select(..))
}
