//! Runs a command that streams its inputs: chunk in, text out, any number of slices.

use super::Invocation;
use super::common::quote;
use super::ctx::Ctx;
use super::once::Drain;
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::OpenFlags;
use std::collections::VecDeque;

/// What a stage wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    More,
    /// Nothing more of this input.
    NextInput,
    /// Nothing more at all.
    Stop,
}

/// The inside of a streaming command. Output goes through the [`Ctx`].
pub trait Stage: Clone + Send + 'static {
    /// An input was opened; `name` as given (`-` is standard input).
    fn begin(&mut self, _name: &[u8], _ctx: &mut Ctx<'_>) -> Flow {
        Flow::More
    }
    /// The next bytes of the input.
    fn chunk(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Flow;
    /// The input is over.
    fn end(&mut self, _name: &[u8], _ctx: &mut Ctx<'_>) -> Flow {
        Flow::More
    }
    /// All inputs are over: the last words and the status.
    fn finish(&mut self, ctx: &mut Ctx<'_>) -> i32;
    /// An input could not be opened.
    fn cannot_open(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.cannot_read(name, errno, ctx);
    }
    /// An input could not be read.
    fn cannot_read(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        ctx.fail_file(name, errno);
    }
}

/// Reads the arguments: the stage and its inputs, or the status to end with.
pub type Setup<S> = fn(&mut Ctx<'_>) -> Result<(S, Vec<Vec<u8>>), i32>;

/// A streaming command on its way.
#[derive(Clone)]
pub struct Filter<S: Stage> {
    call: Invocation,
    setup: Setup<S>,
    stage: Option<S>,
    inputs: VecDeque<Vec<u8>>,
    current: Option<(Fd, Vec<u8>)>,
    buffered: Vec<u8>,
    drain: Drain,
    status: Option<i32>,
}

impl<S: Stage> Filter<S> {
    pub fn boxed(call: Invocation, setup: Setup<S>) -> Box<dyn Program> {
        Box::new(Filter {
            call,
            setup,
            stage: None,
            inputs: VecDeque::new(),
            current: None,
            buffered: Vec::new(),
            drain: Drain::default(),
            status: None,
        })
    }

    /// Calls into the stage with a context, keeps what it wrote.
    fn with<R>(&mut self, os: &mut Os<'_>, f: impl FnOnce(&mut S, &mut Ctx<'_>) -> R) -> Option<R> {
        let mut stage = self.stage.take()?;
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::resume(&mut sys, &self.call, std::mem::take(&mut self.buffered));
        let res = f(&mut stage, &mut ctx);
        let (segments, buffered) = ctx.pause();
        self.stage = Some(stage);
        self.buffered = buffered;
        for (fd, bytes) in segments {
            self.drain.push(fd, bytes);
        }
        Some(res)
    }

    fn start(&mut self, os: &mut Os<'_>) {
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::new(&mut sys, &self.call);
        match (self.setup)(&mut ctx) {
            Ok((stage, inputs)) => {
                let (segments, buffered) = ctx.pause();
                self.stage = Some(stage);
                self.inputs = inputs.into();
                self.buffered = buffered;
                segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
            }
            Err(status) => {
                let (segments, _) = ctx.finish();
                segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
                self.status = Some(status);
            }
        }
    }

    /// Opens the next input. `Some` when it has to wait.
    fn open_next(&mut self, os: &mut Os<'_>) -> Option<Poll> {
        let Some(name) = self.inputs.front().cloned() else {
            self.finish(os);
            return None;
        };
        let opened = if name == b"-" {
            Ok(0)
        } else {
            os.sys().openat(AT_FDCWD, &name, OpenFlags::RDONLY, 0)
        };
        if opened == Err(Errno::EAGAIN) {
            return Some(Poll::Blocked);
        }
        self.inputs.pop_front();
        match opened {
            Ok(fd) => {
                self.current = Some((fd, name.clone()));
                let flow = self.with(os, |stage, ctx| stage.begin(&name, ctx));
                self.follow(os, flow);
            }
            Err(errno) => {
                self.with(os, |stage, ctx| stage.cannot_open(&name, errno, ctx));
            }
        }
        None
    }

    fn follow(&mut self, os: &mut Os<'_>, flow: Option<Flow>) {
        match flow {
            Some(Flow::NextInput) => self.close(os),
            Some(Flow::Stop) => {
                self.close(os);
                self.inputs.clear();
            }
            _ => {}
        }
    }

    fn close(&mut self, os: &mut Os<'_>) {
        let Some((fd, name)) = self.current.take() else { return };
        if fd != 0 {
            let _ = os.sys().close(fd);
        }
        if self.with(os, |stage, ctx| stage.end(&name, ctx)) == Some(Flow::Stop) {
            self.inputs.clear();
        }
    }

    fn read_some(&mut self, os: &mut Os<'_>, fd: Fd) -> Option<Poll> {
        let mut buf = vec![0; 32768];
        match os.sys().read(fd, &mut buf) {
            Ok(0) => self.close(os),
            Ok(n) => {
                os.fuel = os.fuel.saturating_sub(n as u64 / 4 + 10);
                let flow = self.with(os, |stage, ctx| stage.chunk(&buf[..n], ctx));
                self.follow(os, flow);
            }
            Err(Errno::EAGAIN) => return Some(Poll::Blocked),
            Err(errno) => {
                let name = self.current.as_ref().map(|c| c.1.clone()).unwrap_or_default();
                self.with(os, |stage, ctx| stage.cannot_read(&name, errno, ctx));
                self.close(os);
            }
        }
        None
    }

    fn finish(&mut self, os: &mut Os<'_>) {
        let status = self.with(os, |stage, ctx| {
            let status = stage.finish(ctx);
            ctx.flush();
            status
        });
        self.status = Some(status.unwrap_or(1));
    }
}

impl<S: Stage> Program for Filter<S> {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        let prog = String::from_utf8_lossy(&self.call.argv[0]).into_owned();
        loop {
            if let Some(poll) = self.drain.poll(os, &prog) {
                return poll;
            }
            if let Some(status) = self.status {
                return Poll::Exit(status);
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            let wait = match (&self.stage, &self.current) {
                (None, _) => {
                    self.start(os);
                    None
                }
                (_, None) => self.open_next(os),
                (_, Some((fd, _))) => {
                    let fd = *fd;
                    self.read_some(os, fd)
                }
            };
            if let Some(poll) = wait {
                return poll;
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// The inputs to read: the operands, or standard input.
pub fn inputs(operands: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if operands.is_empty() { vec![b"-".to_vec()] } else { operands }
}

/// `NAME: cannot open 'FILE' for reading: error` (head, tail and others).
pub fn cannot_open_for_reading(name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
    ctx.fail(format_args!("cannot open {} for reading", quote::quoted(name)), errno);
}

/// Cuts chunks into lines, keeping an unfinished one for later.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Calls `each` with every whole line (its newline included) of what is known.
    /// `each` answers false to stop; the rest is then forgotten.
    pub fn feed(&mut self, data: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> bool {
        let mut rest = data;
        while let Some(at) = rest.iter().position(|&b| b == b'\n') {
            let (head, tail) = rest.split_at(at + 1);
            rest = tail;
            let go_on = if self.partial.is_empty() {
                each(head)
            } else {
                self.partial.extend_from_slice(head);
                let line = std::mem::take(&mut self.partial);
                each(&line)
            };
            if !go_on {
                self.partial.clear();
                return false;
            }
        }
        self.partial.extend_from_slice(rest);
        true
    }

    /// The last line if it has no newline.
    pub fn take_partial(&mut self) -> Option<Vec<u8>> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }
}
