//! The interpreter: an explicit stack of frames over the syntax tree. A slice pops a frame, acts, pushes
//! what comes next; nothing of the Rust call stack survives a slice, so a shell can be copied anywhere.

use super::ast::*;
use super::expand::{Expander, Need, Stop};
use super::os::{Os, Request};
use super::program::{Poll, Program};
use super::state::Shell;
use super::text;
use super::vars::Var;
use crate::errno::Errno;
use crate::sys::{Fd, Sys};
use crate::types::Timespec;
use std::collections::VecDeque;
use std::sync::Arc;

mod assign;
mod compound;
mod cond;
mod fork;
mod redir;
mod simple;
mod source;
mod trap;
mod unwind;

pub use redir::Saved;
pub use simple::Simple;
pub use source::{Origin, Source};
pub use trap::{SIGNALS, signal_name, signal_number};

/// One level of what a shell is in the middle of.
#[derive(Clone)]
pub enum Frame {
    /// A text whose commands run one after the other.
    Source(Box<Source>),
    /// The rest of a list.
    List(Arc<List>, usize),
    /// After a pipeline of an and-or list; the index of the next.
    AndOr(Arc<List>, usize, usize),
    /// A command to start.
    Command(Arc<Command>),
    /// After a command: `set -e`, the ERR trap, leftover process substitutions.
    Check,
    /// `!`.
    Negate,
    /// `time`.
    Time(Timespec, bool),
    /// Redirections of a compound command being made, then its body.
    Redirect(Arc<Command>, usize, Vec<Saved>),
    /// Redirections to take back.
    Restore(Vec<Saved>),
    /// The body of a compound command.
    Body(Arc<Command>),
    /// `if`: the branch whose condition runs.
    If(Arc<Command>, usize),
    /// `while`: the condition runs (true) or the body; the status of the last body.
    While(Arc<Command>, bool, i32),
    /// `for`: words and the next one.
    For(Arc<Command>, Arc<Vec<Str>>, usize),
    /// `for ((`: the body runs or the step comes.
    ArithFor(Arc<Command>, bool),
    /// `select`.
    Select(Arc<Command>, Arc<Vec<Str>>, Str),
    /// A simple command.
    Simple(Box<Simple>),
    /// Variables that were set for one command.
    TempVars(Vec<(Str, Option<Var>)>),
    /// A function call: what to put back.
    Call(Arc<Vec<Str>>, Str),
    /// A function call that has ended but for this, and its status if `return` gave one.
    EndCall(Arc<Vec<Str>>, Str, Option<i32>),
    /// Waiting for the processes of a pipeline.
    Wait(Vec<(i32, Option<i32>)>, bool),
    /// The `wait` builtin.
    WaitFor(Waiting),
    /// The `read` builtin.
    Read(Box<super::builtin::read::Reading>),
    /// After a trap's commands: the status before them.
    AfterTrap(i32, Vec<i32>),
    /// A status, whatever the command before had.
    Status(i32),
    /// Ends the shell.
    Exit(i32),
    /// Copies a file to standard output (`$(< file)`).
    Copy(Fd),
    /// A builtin that this build does not have: a host replaces the machine (asked already).
    Elsewhere(bool),
    /// Becomes a program when the redirections are done.
    Become(Box<Simple>),
}

/// What the `wait` builtin waits for.
#[derive(Clone, Default)]
pub struct Waiting {
    pub pids: Vec<i32>,
    /// The status so far.
    pub status: i32,
    /// The first that ends is enough.
    pub any: bool,
    /// The variable that gets its number.
    pub var: Option<Str>,
}

/// The output of a command substitution being collected.
#[derive(Clone)]
struct Capture {
    fd: Fd,
    pid: i32,
    text: Vec<u8>,
    eof: bool,
}

/// Bytes on their way to a descriptor.
#[derive(Clone)]
struct Out {
    fd: Fd,
    data: Vec<u8>,
    /// The builtin that writes, for its complaint.
    who: Option<String>,
}

/// What a step asks of the loop.
pub enum Step {
    /// Go on.
    Go,
    /// Wait.
    Blocked,
    /// The shell is over.
    Exit(i32),
}

/// A running shell.
#[derive(Clone)]
pub struct Interp {
    /// Its memory.
    pub sh: Shell,
    /// What it is doing, innermost last.
    pub stack: Vec<Frame>,
    answers: Vec<Str>,
    capture: Option<Capture>,
    out: VecDeque<Out>,
    /// The status of the last command substitution of the current command.
    subst_status: Option<i32>,
    /// `set -e` does not apply: a subshell inside a condition.
    pub noerr: bool,
    /// Became this program.
    inner: Option<Box<dyn Program>>,
    /// Signals whose traps have to run.
    pending: Vec<i32>,
    /// Descriptors of process substitutions with the stack depth of their command.
    psubs: Vec<(Fd, usize)>,
    /// Copies of descriptors that redirections put aside.
    pub(in crate::shell) private: Vec<Fd>,
    in_trap: bool,
    /// A child for one command: a program takes this process's place.
    disposable: bool,
    /// A write met a pipe without readers: SIGPIPE ends the shell.
    broken: bool,
    exiting: bool,
    /// Array assignments among the arguments of the builtin that runs.
    pub(in crate::shell) decls: simple::Decls,
    /// The first slice has begun.
    pub started: bool,
    /// Tells the host of each command at the top level.
    pub reports: bool,
    /// The text of the complete command that runs, if it is a single one.
    whole: Option<Str>,
}

impl Interp {
    /// A shell about to run these frames.
    pub fn new(sh: Shell, stack: Vec<Frame>) -> Interp {
        Interp {
            sh,
            stack,
            answers: Vec::new(),
            capture: None,
            out: VecDeque::new(),
            subst_status: None,
            noerr: false,
            inner: None,
            pending: Vec::new(),
            psubs: Vec::new(),
            private: Vec::new(),
            in_trap: false,
            disposable: false,
            broken: false,
            exiting: false,
            decls: Vec::new(),
            started: false,
            reports: false,
            whole: None,
        }
    }

    /// Writes to a descriptor, later if it is not ready. With `who`, a failure is that builtin's.
    pub fn emit(&mut self, os: &mut Os<'_>, fd: Fd, data: impl Into<Vec<u8>>, who: Option<&str>) {
        let data = data.into();
        if data.is_empty() {
            return;
        }
        self.out.push_back(Out { fd, data, who: who.map(str::to_string) });
        // As much as possible now, while the redirections of the command are in force.
        let _ = self.drain(os);
    }

    /// Prints a message with the usual prefix.
    pub fn complain(&mut self, os: &mut Os<'_>, message: &str) {
        let line = format!("{}{message}\n", self.sh.prefix());
        self.emit(os, 2, line, None);
    }

    /// Writes what waits; what to answer if that does not finish.
    fn drain(&mut self, os: &mut Os<'_>) -> Option<Poll> {
        while let Some(o) = self.out.front_mut() {
            if o.data.is_empty() {
                self.out.pop_front();
                continue;
            }
            match os.sys().write(o.fd, &o.data) {
                Ok(n) => {
                    o.data.drain(..n);
                }
                Err(Errno::EAGAIN) => return Some(Poll::Blocked),
                Err(e) => {
                    let who = self.out.pop_front().and_then(|o| o.who);
                    if e == Errno::EPIPE && !self.sh.traps.contains_key(b"PIPE".as_slice()) {
                        self.broken = true;
                        return Some(Poll::Exit(141));
                    }
                    if let Some(who) = who {
                        self.sh.set_status(1);
                        let m =
                            format!("{}{who}: write error: {}\n", self.sh.prefix(), e.message());
                        self.out.push_front(Out { fd: 2, data: m.into_bytes(), who: None });
                    }
                }
            }
        }
        None
    }

    /// Runs an expansion; on [`None`] the frame has to be pushed back: the command that it needs is running.
    /// An error has been told and unwound.
    fn expanding<T>(
        &mut self,
        os: &mut Os<'_>,
        frame: impl FnOnce() -> Frame,
        f: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Stop>,
    ) -> Option<T> {
        self.sh.undo = Some(Vec::new());
        let seed = self.sh.seed;
        let mut x = Expander {
            sh: &mut self.sh,
            os,
            answers: &self.answers,
            used: 0,
            trace: Vec::new(),
            unbound: false,
        };
        let expanded = f(&mut x);
        let notes = std::mem::take(&mut x.trace);
        if !matches!(expanded, Err(Stop::Need(_))) {
            notes.iter().for_each(|note| self.complain(os, note));
        }
        match expanded {
            Ok(v) => {
                self.sh.undo = None;
                self.answers.clear();
                Some(v)
            }
            Err(Stop::Need(need)) => {
                self.stack.push(frame());
                self.start_need(os, need);
                self.sh.roll_back();
                self.sh.seed = seed;
                None
            }
            Err(stop) => {
                self.sh.undo = None;
                self.answers.clear();
                self.failed(os, stop);
                None
            }
        }
    }

    pub(in crate::shell) fn failed(&mut self, os: &mut Os<'_>, stop: Stop) {
        match stop {
            Stop::Need(_) => {}
            Stop::Discard(m, status) => {
                if let Some(m) = m {
                    self.complain(os, &m);
                }
                self.discard(os, status);
            }
            Stop::Exit(m, status) => {
                self.complain(os, &m);
                if self.sh.interactive {
                    self.discard(os, 1);
                } else {
                    let whole =
                        self.sh.mode == b'c' && self.sh.subshell == 0 && !self.sh.opts.errexit;
                    let status = if whole { status } else { 1 };
                    self.begin_exit(os, status);
                }
            }
        }
    }

    fn start_need(&mut self, os: &mut Os<'_>, need: Need) {
        match need {
            Need::Command(s) => self.start_capture(os, &s),
            Need::Process(p) => self.start_process_sub(os, &p),
        }
    }

    /// Collects a command substitution; `false` while it is not done.
    fn collect(&mut self, os: &mut Os<'_>) -> bool {
        let Some(c) = &mut self.capture else { return true };
        let mut buf = [0; 65536];
        while !c.eof {
            match os.sys().read(c.fd, &mut buf) {
                Ok(0) => {
                    c.eof = true;
                    let _ = os.sys().close(c.fd);
                }
                Ok(n) => c.text.extend_from_slice(&buf[..n]),
                Err(Errno::EAGAIN) => return false,
                Err(_) => {
                    c.eof = true;
                    let _ = os.sys().close(c.fd);
                }
            }
        }
        let Some(status) = os.try_wait(c.pid) else { return false };
        let mut text = std::mem::take(&mut c.text);
        let fd = c.fd;
        self.capture = None;
        self.private.retain(|p| *p != fd);
        if text.contains(&0) {
            text.retain(|b| *b != 0);
            self.complain(os, "warning: command substitution: ignored null byte in input");
        }
        while text.last() == Some(&b'\n') {
            text.pop();
        }
        self.answers.push(text);
        self.subst_status = Some(status);
        true
    }

    fn step(&mut self, os: &mut Os<'_>) -> Step {
        let Some(frame) = self.stack.pop() else { return self.bottom(os) };
        match frame {
            Frame::Source(s) => return self.step_source(os, s),
            Frame::List(list, at) => self.step_list(os, list, at),
            Frame::AndOr(list, item, next) => self.step_and_or(os, list, item, next),
            Frame::Command(c) => self.start_command(os, c),
            Frame::Check => self.check(os),
            Frame::Negate => {
                let s = i32::from(self.sh.status == 0);
                self.sh.status = s;
            }
            Frame::Time(start, posix) => self.report_time(os, start, posix),
            Frame::Redirect(c, at, saved) => return self.step_redirect(os, c, at, saved),
            Frame::Restore(saved) => self.restore(os, saved),
            Frame::Body(c) => self.start_body(os, &c),
            Frame::If(c, branch) => self.step_if(&c, branch),
            Frame::While(c, cond, status) => self.step_while(&c, cond, status),
            Frame::For(c, words, at) => self.step_for(os, &c, words, at),
            Frame::ArithFor(c, body) => self.step_arith_for(os, &c, body),
            Frame::Select(c, words, buf) => return self.step_select(os, c, words, buf),
            Frame::Simple(s) => return self.step_simple(os, s),
            Frame::TempVars(old) => self.restore_vars(old),
            Frame::Call(params, source) => {
                self.stack.push(Frame::EndCall(params, source, None));
                self.run_named_trap(b"RETURN");
            }
            Frame::EndCall(params, source, status) => {
                self.end_function(params, source);
                if let Some(status) = status {
                    self.sh.set_status(status);
                }
            }
            Frame::Wait(pids, pipe) => return self.step_wait(os, pids, pipe),
            Frame::WaitFor(waiting) => return self.step_wait_for(os, waiting),
            Frame::Read(r) => return super::builtin::read::step(self, os, r),
            Frame::AfterTrap(status, pipestatus) => {
                self.in_trap = false;
                self.sh.status = status;
                self.sh.pipestatus = pipestatus;
            }
            Frame::Status(status) => self.sh.set_status(status),
            Frame::Exit(status) => return Step::Exit(status),
            Frame::Copy(fd) => return self.step_copy(os, fd),
            Frame::Elsewhere(has_asked) => {
                if !has_asked {
                    os.requests.push(Request::Elsewhere);
                }
                self.stack.push(Frame::Elsewhere(true));
                return Step::Blocked;
            }
            Frame::Become(s) => self.become_program(os, *s),
        }
        Step::Go
    }

    /// Nothing left to do.
    fn bottom(&mut self, os: &mut Os<'_>) -> Step {
        if self.exiting {
            return Step::Exit(self.sh.status & 255);
        }
        let status = self.sh.status;
        self.begin_exit(os, status);
        Step::Go
    }

    fn step_copy(&mut self, os: &mut Os<'_>, fd: Fd) -> Step {
        let mut buf = [0; 4096];
        match os.sys().read(fd, &mut buf) {
            Ok(0) => {
                let _ = os.sys().close(fd);
                self.sh.set_status(0);
            }
            Ok(n) => {
                self.stack.push(Frame::Copy(fd));
                self.emit(os, 1, &buf[..n], None);
            }
            Err(Errno::EAGAIN) => {
                self.stack.push(Frame::Copy(fd));
                return Step::Blocked;
            }
            Err(_) => self.sh.set_status(1),
        }
        Step::Go
    }

    fn report_time(&mut self, os: &mut Os<'_>, start: Timespec, posix: bool) {
        let now = os.sys().clock();
        let nanos =
            (now.sec - start.sec) * 1_000_000_000 + i64::from(now.nsec) - i64::from(start.nsec);
        let (s, ms) = (nanos / 1_000_000_000, nanos / 1_000_000 % 1000);
        let text = if posix {
            format!("real {s}.{:02}\nuser 0.00\nsys 0.00\n", ms / 10)
        } else {
            format!("\nreal\t{}m{}.{ms:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n", s / 60, s % 60)
        };
        self.emit(os, 2, text, None);
    }

    /// The `set -x` line for these words, with the prefix PS4.
    pub(in crate::shell) fn xtrace(&mut self, os: &mut Os<'_>, line: &[u8]) {
        let ps4 = self.sh.get(b"PS4").unwrap_or_else(|| b"+ ".to_vec());
        let mut out = Vec::new();
        let n = text::char_len(&ps4);
        for _ in 0..self.sh.depth {
            out.extend_from_slice(&ps4[..n]);
        }
        out.extend(self.quick_expand(os, &ps4));
        out.extend_from_slice(line);
        out.push(b'\n');
        self.emit(os, 2, out, None);
    }

    /// Expands a prompt-like text as far as that needs no command.
    pub fn quick_expand(&mut self, os: &mut Os<'_>, s: &[u8]) -> Str {
        if !s.contains(&b'$') {
            return s.to_vec();
        }
        let mut quoted = b"\"".to_vec();
        quoted.extend_from_slice(s);
        quoted.push(b'"');
        let Ok(w) = super::parse::Parser::new(&quoted, self.sh.line).word() else {
            return s.to_vec();
        };
        let mut x = Expander {
            sh: &mut self.sh,
            os,
            answers: &[],
            used: 0,
            trace: Vec::new(),
            unbound: false,
        };
        x.string(&w).unwrap_or_else(|_| s.to_vec())
    }
}

impl Program for Interp {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if !self.started {
            self.started = true;
            self.begin(os);
        }
        loop {
            if let Some(inner) = &mut self.inner {
                return inner.poll(os);
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            os.fuel -= 1;
            if self.broken {
                return Poll::Exit(141);
            }
            if let Some(p) = self.drain(os) {
                return p;
            }
            if let Some(status) = self.take_signals(os) {
                return Poll::Exit(status);
            }
            if !self.collect(os) {
                return Poll::Blocked;
            }
            match self.step(os) {
                Step::Go => {}
                Step::Blocked => return Poll::Blocked,
                Step::Exit(status) => {
                    if let Some(p) = self.drain(os) {
                        if p == Poll::Blocked {
                            self.stack.push(Frame::Exit(status));
                            return p;
                        }
                    }
                    return Poll::Exit(status & 255);
                }
            }
        }
    }

    fn minds_signals(&self) -> bool {
        self.inner.as_ref().is_none_or(|p| p.minds_signals())
    }

    fn last_status_at_prompt(&self) -> Option<i32> {
        let waits = matches!(self.stack.last(),
            // With text, the prompt is one that asks for the rest of a command.
            Some(Frame::Source(s)) if s.origin == Origin::Input && s.prompted && s.text.is_empty());
        (self.sh.interactive && waits && self.out.is_empty() && self.inner.is_none())
            .then_some(self.sh.status)
    }
    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
