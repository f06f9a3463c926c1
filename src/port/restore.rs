//! A machine rebuilt from what a host kept of it: the scenario, and each step's line with what was
//! given to it. Nothing of the state itself is kept, so nothing of it can be wrong.

use super::{Past, Server, Tell};
use crate::machine::journal::Entry;
use std::collections::VecDeque;

/// Steps of the past that are still to come.
pub(super) struct Again {
    past: VecDeque<Past>,
    /// The step to stand at in the end.
    at: usize,
    done: usize,
    lost: usize,
}

impl Again {
    pub(super) fn new(past: Vec<Past>, at: usize) -> Again {
        Again { past: past.into(), at, done: 0, lost: 0 }
    }
}

impl Past {
    fn of(entry: &Entry) -> Past {
        Past { line: entry.line.clone(), given: entry.given.clone() }
    }
}

impl Server {
    /// The next step of the past, or the end of it.
    pub(super) fn next_again(&mut self) {
        let (Some(id), Some(again)) = (self.current, self.again.as_mut()) else { return };
        if let Some(Past { line, given }) = again.past.pop_front() {
            again.done += 1;
            let prompt = self.session.prompt().to_owned();
            self.tell(id, Tell::Again { prompt, line: line.clone() });
            self.session.run_again(&line, given);
            return;
        }
        let (at, done, lost) = (again.at, again.done, again.lost);
        (self.again, self.current) = (None, None);
        self.tell(id, Tell::Restored { done, lost });
        let at = if lost == 0 { at } else { done };
        self.goto(id, self.setup_steps() + at.min(done));
        self.tell(id, Tell::End);
    }

    /// What is still to come is not done again.
    pub(super) fn give_up(&mut self) {
        if let Some(again) = &mut self.again {
            again.lost += again.past.len();
            again.past.clear();
        }
    }

    /// What restores this machine elsewhere ([`super::Ask::Restore`]): the scenario's text, the steps
    /// after its preparation, and how many of them are done.
    pub fn kept(&self) -> (String, Vec<Past>, usize) {
        let setup = self.setup_steps();
        let entries = self.session.entries().iter().skip(setup);
        let (past, at) = (entries.map(Past::of).collect(), self.session.at().saturating_sub(setup));
        (self.text.clone(), past, at)
    }

    /// Tells that a machine with all commands has to go on from here.
    pub(super) fn outgrow(&mut self, id: u32) {
        let (scenario, past, at) = self.kept();
        let given = self.session.given();
        self.tell(id, Tell::Outgrown { scenario, past, at, given });
    }

    /// What to keep of the step that was just recorded.
    pub(super) fn tell_kept(&mut self, id: u32) {
        let Some(entry) = self.session.entries().last() else { return };
        let past = Past::of(entry);
        let n = self.session.at() - self.setup_steps();
        self.tell(id, Tell::Kept { n, past });
    }
}
