//! How far a learner is: the step that is on, and since when. One rule for the page and for `check`.

use super::Scenario;
use super::host::Question;
use crate::machine::journal::Session;

/// A place in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The step that is on; the number of steps when all are done.
    pub step: usize,
    /// The step of the journal that it began at: what ran before does not count for it.
    pub since: usize,
}

impl Progress {
    /// What goals are asked of, for the step that is on.
    pub fn question<'a>(&self, scenario: &'a Scenario, session: &'a Session) -> Question<'a> {
        Question { session, dir: &scenario.dir, since: self.since }
    }

    /// A step whose goals are all met gives way to the next one; the check marks of the step that is on
    /// then (none when the lesson is over).
    pub fn advance(&mut self, scenario: &Scenario, session: &Session) -> Vec<bool> {
        while let Some(step) = scenario.steps.get(self.step) {
            let question = self.question(scenario, session);
            let met: Vec<bool> = step.goals.iter().map(|it| question.holds(&it.check)).collect();
            if met.is_empty() || met.iter().any(|it| !it) {
                return met;
            }
            self.step += 1;
            self.since = session.at();
        }
        Vec::new()
    }
}
