//! Runs a straight-line command as a program: all its system calls, then its output piece by piece.

use super::ctx::Ctx;
use super::record::{Log, Recorder};
use super::{Invocation, Main};
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{Fd, Sys};

/// The status that a shell shows for a process ended by SIGPIPE.
pub const SIGPIPE_STATUS: i32 = 141;

/// Bytes that the C library gathers before it writes.
const STDIO: usize = 4096;

/// Bytes on their way out.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    queue: Vec<(Fd, Vec<u8>)>,
    /// How much of the first piece is written.
    done: usize,
}

impl Drain {
    pub fn push(&mut self, fd: Fd, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.queue.push((fd, bytes));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Writes what can be written. `None`: all is out.
    pub fn poll(&mut self, os: &mut Os<'_>, prog: &str) -> Option<Poll> {
        while let Some((fd, bytes)) = self.queue.first() {
            let fd = *fd;
            match os.sys().write(fd, &bytes[self.done..]) {
                Ok(n) => {
                    self.done += n;
                    os.fuel = os.fuel.saturating_sub(n as u64 / 16 + 1);
                    if self.done >= bytes.len() {
                        self.queue.remove(0);
                        self.done = 0;
                    } else if os.fuel == 0 {
                        return Some(Poll::Yield);
                    }
                }
                Err(Errno::EAGAIN) => return Some(Poll::Blocked),
                Err(Errno::EPIPE) => return Some(Poll::Exit(SIGPIPE_STATUS)),
                Err(errno) if fd == 1 => {
                    // These two look after each write, the others when they close.
                    let early = ["head", "tail"].contains(&prog) && bytes.len() > STDIO;
                    let what =
                        if early { "error writing 'standard output'" } else { "write error" };
                    os.complain(2, format!("{prog}: {what}: {errno}\n").as_bytes());
                    return Some(Poll::Exit(1));
                }
                Err(_) => {
                    self.queue.remove(0);
                    self.done = 0;
                }
            }
        }
        None
    }
}

/// A straight-line command on its way.
#[derive(Clone)]
pub struct Once {
    call: Invocation,
    main: Main,
    /// `Some` for a command that may have to wait in the middle.
    log: Option<Log>,
    drain: Drain,
    /// Bytes of output that earlier runs have handed over already.
    handed: usize,
    status: Option<i32>,
}

impl Once {
    /// A command that never waits for a pipe.
    pub fn swift(call: Invocation, main: Main) -> Once {
        Once { call, main, log: None, drain: Drain::default(), handed: 0, status: None }
    }

    /// A command that may wait (reads standard input or pipes).
    pub fn patient(call: Invocation, main: Main) -> Once {
        Once { log: Some(Log::default()), ..Once::swift(call, main) }
    }

    /// One run. True when it had to stop in the middle.
    fn run(&mut self, os: &mut Os<'_>) -> bool {
        let mut sys = os.kernel.sys(os.pid);
        let mut log = self.log.take();
        let (segments, requests, status, blocked) = match &mut log {
            None => {
                let mut ctx = Ctx::new(&mut sys, &self.call);
                let status = (self.main)(&mut ctx);
                let (segments, requests) = ctx.finish();
                (segments, requests, status, false)
            }
            Some(log) => {
                let mut recorder = Recorder::new(&mut sys, log);
                let mut ctx = Ctx::new(&mut recorder, &self.call);
                let status = (self.main)(&mut ctx);
                let (segments, requests) = ctx.finish();
                let blocked = recorder.blocked;
                (segments, requests, status, blocked)
            }
        };
        self.log = log;
        self.hand_over(segments);
        if !blocked {
            os.requests.extend(requests);
            self.status = Some(status);
        }
        os.fuel = os.fuel.saturating_sub(100);
        blocked
    }

    /// Queues what earlier runs have not queued yet.
    fn hand_over(&mut self, segments: Vec<(Fd, Vec<u8>)>) {
        let mut skip = self.handed;
        for (fd, mut bytes) in segments {
            let drop = skip.min(bytes.len());
            skip -= drop;
            bytes.drain(..drop);
            self.handed += bytes.len();
            self.drain.push(fd, bytes);
        }
    }
}

impl Program for Once {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        let prog = String::from_utf8_lossy(&self.call.argv[0]).into_owned();
        loop {
            if let Some(poll) = self.drain.poll(os, &prog) {
                return poll;
            }
            if let Some(status) = self.status {
                return Poll::Exit(status);
            }
            if self.run(os) && self.drain.is_empty() {
                return Poll::Blocked;
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
