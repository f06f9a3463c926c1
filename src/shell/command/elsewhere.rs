//! A command that this build of the machine does not have: the host is asked for one that has it, and
//! nothing more happens here.

use crate::shell::os::{Os, Request};
use crate::shell::program::{Poll, Program};

/// Waits for a host that replaces the machine.
#[derive(Clone, Default)]
pub struct Elsewhere {
    has_asked: bool,
}

impl Program for Elsewhere {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if !std::mem::replace(&mut self.has_asked, true) {
            os.requests.push(Request::Elsewhere);
        }
        Poll::Blocked
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
