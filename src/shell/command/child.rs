//! A child of a command: started, waited for, its status kept (find, xargs, timeout).

use super::exec::{self, Argv};
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::sys::Sys;
use crate::vfs::Pid;

/// A program to run, or running.
#[derive(Clone)]
pub struct Child {
    argv: Vec<Vec<u8>>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where it works, if not where its parent does.
    dir: Option<Vec<u8>>,
    pid: Option<Pid>,
}

/// How far a child is.
pub enum Outcome {
    Running,
    Ended(i32),
    /// The word, and why it cannot run.
    CannotRun(Vec<u8>, Errno),
}

impl Child {
    pub fn new(argv: Vec<Vec<u8>>, env: Vec<(Vec<u8>, Vec<u8>)>, dir: Option<Vec<u8>>) -> Child {
        Child { argv, env, dir, pid: None }
    }

    /// The process, once it runs.
    pub fn pid(&self) -> Option<Pid> {
        self.pid
    }

    /// Starts it at the first call; then says how far it is.
    pub fn poll(&mut self, os: &mut Os<'_>) -> Outcome {
        if let Some(pid) = self.pid {
            return os.try_wait(pid).map_or(Outcome::Running, Outcome::Ended);
        }
        let call = Argv { argv: &self.argv, env: &self.env };
        let program = match exec::program(&mut os.kernel.sys(os.pid), call) {
            Ok(program) => program,
            Err(errno) => {
                return Outcome::CannotRun(self.argv.first().cloned().unwrap_or_default(), errno);
            }
        };
        let pid = os.spawn(program, &[(0, 0), (1, 1), (2, 2)]);
        if let Some(dir) = &self.dir {
            let _ = os.kernel.sys(pid).chdir(dir);
        }
        self.pid = Some(pid);
        Outcome::Running
    }
}
