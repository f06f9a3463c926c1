//! Whoever waits for a process in a container: `docker run`, `start -a` and `exec` in the same way.

use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::OpenFlags;
use crate::vfs::Pid;

/// What comes after the beginning.
#[derive(Clone, Copy)]
pub enum Then {
    /// Wait for this child; its status is ours.
    Wait(Pid),
    Over(i32),
}

/// How something in a container begins.
pub trait Begin: Clone + Send + Sync + 'static {
    /// Starts it; what is to be printed goes into `drain`.
    fn begin(&mut self, os: &mut Os<'_>, drain: &mut Drain) -> Then;
    /// What was waited for is over.
    fn over(&mut self, _: &mut Os<'_>, _: i32) {}
}

/// Begins and waits.
#[derive(Clone)]
pub struct Attached<B> {
    begin: B,
    drain: Drain,
    then: Option<Then>,
}

impl<B: Begin> Attached<B> {
    pub fn new(begin: B) -> Attached<B> {
        Attached { begin, drain: Drain::default(), then: None }
    }
}

impl<B: Begin> Program for Attached<B> {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            match self.then {
                None => self.then = Some(self.begin.begin(os, &mut self.drain)),
                Some(Then::Over(status)) => return Poll::Exit(status),
                Some(Then::Wait(pid)) => match os.try_wait(pid) {
                    Some(status) => {
                        self.begin.over(os, status);
                        self.then = Some(Then::Over(status));
                    }
                    None => return Poll::Blocked,
                },
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// Which streams of ours a process in a container gets.
#[derive(Clone, Copy)]
pub struct Streams {
    /// Output does not come to us.
    pub detached: bool,
    pub input: bool,
}

impl Streams {
    /// Opens what takes the place of our streams, for the time of `start`, which is given the descriptors
    /// of the new process: pipes to the daemon, which nobody here reads, for one that is detached.
    pub fn lend<T>(self, os: &mut Os<'_>, start: impl FnOnce(&mut Os<'_>, &[(Fd, Fd)]) -> T) -> T {
        let mut opened = Vec::new();
        let mut fds: Vec<(Fd, Fd)> = Vec::new();
        {
            let mut sys = os.kernel.sys(os.pid);
            match self.input && !self.detached {
                true => fds.push((0, 0)),
                false => {
                    if let Ok(null) = sys.openat(AT_FDCWD, b"/dev/null", OpenFlags::RDONLY, 0) {
                        opened.push(null);
                        fds.push((0, null));
                    }
                }
            }
            for fd in [1, 2] {
                match self.detached.then(|| sys.pipe()) {
                    Some(Ok((reads, writes))) => {
                        opened.extend([reads, writes]);
                        fds.push((fd, writes));
                    }
                    Some(Err(_)) => {}
                    None => fds.push((fd, fd)),
                }
            }
        }
        let done = start(os, &fds);
        for fd in opened {
            let _ = os.kernel.sys(os.pid).close(fd);
        }
        done
    }
}
