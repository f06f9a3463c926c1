//! What a simulated program is: resumable plain data that touches the machine by system calls.
//!
//! A program never recurses or waits inside a slice: when a call answers `EAGAIN` it returns
//! [`Poll::Blocked`] with everything it needs to go on kept in itself.

use crate::shell::os::Os;

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// The program is over, with this exit status (0 to 255).
    Exit(i32),
    /// Nothing can be done until some system call of another process, a signal, or time.
    Blocked,
    /// The fuel is used up; call again.
    Yield,
}

/// A program of the simulated machine.
pub trait Program: Send {
    /// Runs for a while. `os.fuel` bounds the work; a program takes from it as it goes.
    fn poll(&mut self, os: &mut Os<'_>) -> Poll;
    /// Looks at its signals itself (a shell with its traps); for others the scheduler does what
    /// the signals do by default.
    fn minds_signals(&self) -> bool {
        false
    }
    /// The status of the last command, if this is an interactive shell that waits for a line.
    fn last_status_at_prompt(&self) -> Option<i32> {
        None
    }
    /// A copy for `fork`, and for snapshots of the machine.
    fn fork(&self) -> Box<dyn Program>;
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Box<dyn Program> {
        (**self).fork()
    }
}
