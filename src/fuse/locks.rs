//! `flock(2)` that waits: the answer comes when the lock can be had, or when a signal comes.
//!
//! Record locks (`fcntl`) stay with the real kernel: all who can hold one come by the mount.

use super::caller::Caller;
use super::convert;
use super::host::{Host, State};
use crate::errno::Errno;
use crate::sys::{Flock, Sys};
use crate::types::Result;
use fuser::ReplyEmpty;
use std::time::Duration;

/// A caller that sleeps until a lock is free.
pub struct Waiting {
    pub fh: u64,
    pub op: Flock,
    pub caller: Caller,
    pub reply: ReplyEmpty,
}

/// How often a sleeper is asked whether a signal woke it (`fuser` does not pass interrupts on).
const BEAT: Duration = Duration::from_millis(20);

/// The operation of a request; the protocol speaks in `F_RDLCK`, `F_WRLCK`, `F_UNLCK`.
pub fn operation(typ: i32) -> Result<Flock> {
    match typ {
        0 => Ok(Flock::Shared),
        1 => Ok(Flock::Exclusive),
        2 => Ok(Flock::Unlock),
        _ => Err(Errno::EINVAL),
    }
}

impl State {
    /// # Errors
    /// `EAGAIN` when somebody else holds it.
    pub fn flock(&mut self, fh: u64, op: Flock) -> Result<()> {
        let fd = self.file(fh)?;
        let res = self.sys().flock(fd, op);
        let _ = self.sys().close(fd);
        res
    }

    /// Whoever can have its lock now gets it, in the order of coming.
    pub fn let_waiting_try(&mut self) {
        for it in std::mem::take(&mut self.waiting) {
            match self.flock(it.fh, it.op) {
                Ok(()) => it.reply.ok(),
                Err(Errno::EAGAIN) => self.waiting.push(it),
                Err(errno) => it.reply.error(convert::errno(errno)),
            }
        }
    }

    fn wake_interrupted(&mut self) {
        for it in std::mem::take(&mut self.waiting) {
            if it.caller.is_interrupted() {
                it.reply.error(convert::errno(Errno::EINTR));
            } else {
                self.waiting.push(it);
            }
        }
    }
}

impl Host {
    /// Lets a caller wait.
    pub fn wait_for_lock(&self, waiting: Waiting) {
        let mut state = self.lock();
        state.waiting.push(waiting);
        if state.waiting.len() == 1 {
            let host = self.clone();
            std::thread::spawn(move || host.watch_waiting());
        }
    }

    /// Goes on while somebody waits.
    fn watch_waiting(&self) {
        loop {
            std::thread::sleep(BEAT);
            let mut state = self.lock();
            state.let_waiting_try();
            state.wake_interrupted();
            if state.waiting.is_empty() {
                return;
            }
        }
    }
}
