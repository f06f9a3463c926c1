//! A state on one kernel: built by the shortest way that leads to it, then acted on.

use super::alphabet::Action;
use crate::testing::case::Op;
use crate::testing::observe::{Look, Seen};
use crate::testing::record::result_line;
use crate::testing::run::{Fail, Run};

/// How to come to a state: what lies in the layers, and what is done after the mount.
pub struct Way<'a> {
    pub fixtures: &'a [Op],
    pub actions: Vec<&'a Action>,
}

impl Way<'_> {
    /// Everything as one script: what `then` adds follows.
    pub fn script(&self, then: &[&Action]) -> Vec<Op> {
        let mut ops = self.fixtures.to_vec();
        ops.push(Op::new("mount", &[]));
        ops.extend(self.actions.iter().chain(then).flat_map(|it| it.iter().cloned()));
        ops
    }
}

/// Builds a state. There is a look after each action, as there was when the state was found: looking
/// is something that happens to an overlay.
///
/// # Errors
/// The operation of the foundation that failed, and how.
pub fn reach(run: &mut Run<'_>, way: &Way<'_>) -> Result<Seen, String> {
    let mount = Op::new("mount", &[]);
    for op in way.fixtures.iter().chain([&mount]) {
        match run.step(op) {
            Ok(_) => {}
            Err(Fail::Script(why)) => return Err(format!("{op}: {why}")),
            Err(Fail::Errno(errno)) => return Err(format!("{op}: {}", errno.name())),
        }
    }
    let mut seen = run.look(Look::All);
    for action in &way.actions {
        act(run, action);
        seen = run.look(Look::All);
    }
    Ok(seen)
}

/// Does an action; the answer of each operation.
pub fn act(run: &mut Run<'_>, action: &Action) -> Vec<String> {
    action.iter().map(|op| result_line(&run.step(op))).collect()
}
