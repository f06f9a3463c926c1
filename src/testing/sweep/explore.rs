//! The graph of states as the engine has it.

use super::alphabet::{Action, actions};
use super::canon::{Key, key};
use super::scope::{OptionSet, Scope, roots, script};
use super::stand::{Way, act, reach};
use crate::testing::case::{Case, Op};
use crate::testing::engine::{Engine, EngineDisks};
use crate::testing::observe::{Look, Seen};
use crate::testing::run::{Paused, Run};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// What is explored.
pub struct Plan {
    pub scope: Scope,
    pub set: OptionSet,
    /// Operations in a row.
    pub depth: usize,
    pub roots: Vec<Vec<Op>>,
    pub actions: Vec<Action>,
}

/// A state, by the shortest way that leads to it: the first of those in the order of the alphabet.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct State {
    /// A state of one operation less, or `None` and the number of a beginning.
    parent: Option<u32>,
    by: u32,
}

/// The states in which every action is done, fewest operations first.
pub struct Graph {
    pub plan: Plan,
    found: States,
}

/// What exploring finds.
#[derive(Default, Serialize, Deserialize)]
struct States {
    /// Which program found it, and where: see [`Graph::kept`].
    by: String,
    states: Vec<State>,
    levels: Vec<usize>,
    fingerprint: String,
}

/// The engine in a state, to be copied and acted on.
pub struct At {
    engine: Engine,
    paused: Paused,
    pub seen: Seen,
    pub key: Key,
}

impl Plan {
    pub fn new(scope: Scope, set: OptionSet, depth: usize) -> Plan {
        Plan { scope, set, depth, roots: roots(scope, &set), actions: actions(scope, &set) }
    }

    /// The name of a graph's file.
    pub fn file_stem(&self) -> String {
        let plain = |it: char| if it.is_ascii_alphanumeric() || it == '-' { it } else { '_' };
        let options: String = self.set.name.chars().map(plain).collect();
        format!("{}-{options}-{}", self.scope.name(), self.depth)
    }

    fn signed(&self, by: &str) -> String {
        format!("{} {by}", self.file_stem())
    }

    /// A script of these operations under the plan's options.
    pub fn case(&self, title: &str, ops: Vec<Op>) -> Case {
        script(&self.set, title, ops)
    }

    /// Brings a copy of the engine to a state.
    ///
    /// # Errors
    /// The operation of the foundation that failed.
    pub fn stand(&self, engine: &Engine, way: &Way<'_>) -> Result<At, String> {
        let mut engine = engine.clone();
        let mut sys = engine.sys();
        let case = self.case("", Vec::new());
        let run = Run::start(&mut sys, &mut EngineDisks, &case);
        let mut run = run.map_err(|err| format!("building the lab: {}", err.name()))?.fast();
        let seen = reach(&mut run, way)?;
        let paused = run.pause();
        let key = key(&seen, self.scope.names());
        Ok(At { engine, paused, seen, key })
    }
}

impl At {
    /// Goes on in a copy: `job` has a script under way in the state.
    pub fn on_copy<T>(&self, job: impl FnOnce(&mut Run<'_>) -> T) -> T {
        let mut engine = self.engine.clone();
        let mut sys = engine.sys();
        job(&mut self.paused.clone().resume(&mut sys))
    }
}

impl Graph {
    /// Explores; `progress` hears how many states of how many have been left.
    ///
    /// # Errors
    /// A beginning that cannot be built.
    pub fn explore(
        plan: Plan,
        engine: &Engine,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Graph, String> {
        let mut states = Vec::new();
        let mut known = HashSet::new();
        let mut all = Sha256::new();
        for root in 0..plan.roots.len() {
            let way = Way { fixtures: &plan.roots[root], actions: Vec::new() };
            let key = plan.stand(engine, &way)?.key;
            if known.insert(key) {
                all.update(key);
                states.push(State { parent: None, by: root as u32 });
            }
        }
        let found = States { levels: vec![states.len()], states, ..States::default() };
        let mut graph = Graph { plan, found };
        let mut next = 0;
        for _ in 1..graph.plan.depth {
            let end = graph.len();
            while next < end {
                progress(next, end);
                for (by, key) in graph.leave(engine, next)? {
                    if known.insert(key) {
                        all.update(key);
                        let parent = Some(next as u32);
                        graph.found.states.push(State { parent, by: by as u32 });
                    }
                }
                next += 1;
            }
            let more = graph.len() - end;
            graph.found.levels.push(more);
        }
        let digest = all.finalize();
        graph.found.fingerprint = digest[..8].iter().map(|it| format!("{it:02x}")).collect();
        Ok(graph)
    }

    /// As bytes for a file; `by` tells the program that explored.
    pub fn to_bytes(&mut self, by: &str) -> Vec<u8> {
        self.found.by = self.plan.signed(by);
        postcard::to_allocvec(&self.found).unwrap_or_default()
    }

    /// What the same program found for the same plan; anything else is `None`.
    pub fn kept(plan: Plan, by: &str, bytes: &[u8]) -> Result<Graph, Plan> {
        match postcard::from_bytes::<States>(bytes) {
            Ok(found) if found.by == plan.signed(by) => Ok(Graph { plan, found }),
            _ => Err(plan),
        }
    }

    /// How many states are first reached by 0, 1, … operations.
    pub fn levels(&self) -> &[usize] {
        &self.found.levels
    }

    /// Of all keys, in order: two graphs with the same one are the same work.
    pub fn fingerprint(&self) -> &str {
        &self.found.fingerprint
    }

    /// Where each action leads from a state.
    fn leave(&self, engine: &Engine, state: usize) -> Result<Vec<(usize, Key)>, String> {
        let at = self.plan.stand(engine, &self.way(state))?;
        let names = self.plan.scope.names();
        let lead = |action: &Action| {
            at.on_copy(|run| {
                act(run, action);
                key(&run.look(Look::All), names)
            })
        };
        Ok(self.plan.actions.iter().map(lead).enumerate().collect())
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.found.states.len()
    }

    pub fn is_empty(&self) -> bool {
        self.found.states.is_empty()
    }

    /// Pairs of a state and an action.
    pub fn pairs(&self) -> usize {
        self.len() * self.plan.actions.len()
    }

    /// How to come to a state.
    pub fn way(&self, state: usize) -> Way<'_> {
        let mut actions = Vec::new();
        let mut at = self.found.states[state];
        while let Some(parent) = at.parent {
            actions.push(&self.plan.actions[at.by as usize]);
            at = self.found.states[parent as usize];
        }
        actions.reverse();
        Way { fixtures: &self.plan.roots[at.by as usize], actions }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::SETS;
    use super::*;

    /// A graph is the same each time, and each state is found where its way leads.
    #[test]
    fn ways_lead_to_their_states() {
        let plan = || {
            let mut plan = Plan::new(Scope::One, SETS[0], 2);
            plan.roots.truncate(8);
            plan
        };
        let engine = Engine::default();
        let explore = || Graph::explore(plan(), &engine, |_, _| {}).unwrap();
        let (mut one, two) = (explore(), explore());
        assert_eq!(one.fingerprint(), two.fingerprint());
        assert_eq!(one.levels().iter().sum::<usize>(), one.len());
        assert!(one.len() > 8);
        let mut keys = HashSet::new();
        for state in (0..one.len()).step_by(7) {
            assert!(keys.insert(one.plan.stand(&engine, &one.way(state)).unwrap().key));
        }
        let bytes = one.to_bytes("me");
        let kept = Graph::kept(plan(), "me", &bytes).ok().unwrap();
        assert_eq!(kept.way(one.len() - 1).script(&[]), one.way(one.len() - 1).script(&[]));
        assert!(Graph::kept(plan(), "you", &bytes).is_err());
        assert!(Graph::kept(plan(), "me", &bytes[1..]).is_err());
    }
}
