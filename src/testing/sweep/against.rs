//! A state's actions on the live kernel and on the engine, side by side.

use super::alphabet::Action;
use super::canon::key;
use super::explore::{At, Graph};
use super::stand::{Way, act, reach};
use crate::testing::case::{Case, Op};
use crate::testing::duel::{Divergence, Outcome};
use crate::testing::engine::Engine;
use crate::testing::live::Live;
use crate::testing::observe::{Look, Seen, changes};
use crate::testing::run::Run;
use crate::testing::shrink::shrink;
use std::collections::BTreeSet;

/// What came of a state.
#[derive(Default)]
pub struct Checked {
    /// Actions that were done on both.
    pub pairs: usize,
    /// How often the state was built on the live kernel.
    pub built: usize,
    pub findings: Vec<Finding>,
}

/// Where the kernels part, twice in a row.
pub struct Finding {
    pub case: Case,
    pub divergence: Divergence,
}

/// What was seen on one side.
#[derive(PartialEq, Eq)]
struct Outcomes {
    answers: Vec<String>,
    seen: Seen,
}

/// How a round in a state ended.
enum Round {
    /// By an action that led away from it, or by the last one.
    Left,
    /// By an action that the kernels do not agree on.
    Parted,
    /// Before it began: the way led the live kernel to another state.
    Elsewhere,
}

/// The two kernels.
pub struct Pair<'a> {
    pub live: &'a mut Live,
    pub engine: &'a Engine,
}

impl Pair<'_> {
    /// Does every action of the alphabet in a state. After one that left the state as it was the next
    /// follows at once; after any other the state is built anew.
    ///
    /// # Errors
    /// A state that cannot be built here.
    pub fn check(&mut self, graph: &Graph, state: usize) -> Result<Checked, String> {
        let way = graph.way(state);
        let at = graph.plan.stand(self.engine, &way)?;
        let mut checked = Checked::default();
        let mut missed = false;
        let mut next = 0;
        while next < graph.plan.actions.len() {
            let first = next;
            checked.built += 1;
            match self.round(graph, &way, &at, &mut next)? {
                Round::Left => {}
                Round::Parted => {
                    let acts: Vec<&Action> = graph.plan.actions[first..next].iter().collect();
                    checked.findings.extend(self.again(graph, &way, &at, &acts)?);
                }
                // The clock may tick in the middle of a way, but hardly twice.
                Round::Elsewhere if !missed => missed = true,
                Round::Elsewhere => {
                    if let Some(divergence) = self.parts(graph, &way, &at, &[])? {
                        checked.findings.push(self.shorten(graph, way.script(&[]), divergence));
                    }
                    break;
                }
            }
        }
        checked.pairs = next;
        Ok(checked)
    }

    /// Builds the state and acts until it is another one.
    fn round(
        &mut self,
        graph: &Graph,
        way: &Way<'_>,
        at: &At,
        next: &mut usize,
    ) -> Result<Round, String> {
        let names = graph.plan.scope.names();
        self.on_live(graph, |live| {
            if reach(live, way)? != at.seen {
                return Ok(Round::Elsewhere);
            }
            Ok(at.on_copy(|engine| {
                while let Some(action) = graph.plan.actions.get(*next) {
                    *next += 1;
                    let (theirs, ours) = (outcome(live, action), outcome(engine, action));
                    if theirs != ours {
                        return Round::Parted;
                    }
                    if key(&ours.seen, names) != at.key {
                        return Round::Left;
                    }
                }
                Round::Left
            }))
        })
    }

    /// Runs a job in a fresh lab of the live kernel.
    fn on_live<T>(
        &mut self,
        graph: &Graph,
        job: impl FnOnce(&mut Run<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        let case = graph.plan.case("", Vec::new());
        let run = Run::start(&mut self.live.sys, &mut self.live.disks, &case);
        let mut run = run.map_err(|err| format!("building the lab: {}", err.name()))?.fast();
        let res = job(&mut run);
        let end = run.finish();
        if res.is_err() || end.is_err() {
            self.live.clean();
        }
        let res = res?;
        end.map_err(|err| format!("removing the lab: {}", err.name()))?;
        Ok(res)
    }

    /// The same once more: what parts again is a finding, what does not was the clock. `acts`: what was
    /// done in the state, the last of which showed it.
    fn again(
        &mut self,
        graph: &Graph,
        way: &Way<'_>,
        at: &At,
        acts: &[&Action],
    ) -> Result<Option<Finding>, String> {
        let last = acts.last().copied().cloned().unwrap_or_default();
        let only = [&last];
        // Alone first: it is the pair that counts. With what went before it, if that matters.
        for acts in [&only[..], acts] {
            if let Some(divergence) = self.parts(graph, way, at, acts)? {
                return Ok(Some(self.shorten(graph, way.script(acts), divergence)));
            }
        }
        Ok(None)
    }

    /// Where the kernels part when these actions are done in the state.
    fn parts(
        &mut self,
        graph: &Graph,
        way: &Way<'_>,
        at: &At,
        acts: &[&Action],
    ) -> Result<Option<Divergence>, String> {
        self.on_live(graph, |live| {
            let found = reach(live, way)?;
            let op = way.actions.last().map_or("mount".to_owned(), |it| spell(it));
            if found != at.seen {
                let (kernel, engine) = (changes(&at.seen, &found), changes(&found, &at.seen));
                return Ok(Some(Divergence { at: 0, op, kernel, engine }));
            }
            Ok(at.on_copy(|engine| {
                acts.iter().find_map(|action| {
                    let (theirs, ours) = (outcome(live, action), outcome(engine, action));
                    (theirs != ours).then(|| part(action, &theirs, &ours))
                })
            }))
        })
    }

    /// As few operations as show it. A difference that goes away when somebody looks after each operation
    /// is kept as it is.
    fn shorten(&mut self, graph: &Graph, script: Vec<Op>, divergence: Divergence) -> Finding {
        let mut case = graph.plan.case(&format!("from the sweep: {}", divergence.op), script);
        let Outcome::Different(first) = self.live.duel(self.engine, &case) else {
            case.set("observe", "end");
            return Finding { case, divergence };
        };
        case.steps.truncate(first.at + 1);
        let case = shrink(&case, 400, |it| {
            matches!(self.live.duel(self.engine, it), Outcome::Different(_))
        });
        let divergence = match self.live.duel(self.engine, &case) {
            Outcome::Different(it) => it,
            _ => first,
        };
        let case = self.live.record(&case).unwrap_or(case);
        Finding { case, divergence }
    }
}

fn outcome(run: &mut Run<'_>, action: &Action) -> Outcomes {
    let answers = act(run, action);
    Outcomes { answers, seen: run.look(Look::All) }
}

fn spell(action: &Action) -> String {
    let ops: Vec<String> = action.iter().map(Op::to_string).collect();
    ops.join("; ")
}

fn part(action: &Action, theirs: &Outcomes, ours: &Outcomes) -> Divergence {
    let all = |it: &Outcomes| -> Vec<String> {
        let numbered = it.answers.iter().enumerate().map(|(n, it)| format!("{}: {it}", n + 1));
        numbered.chain(it.seen.iter().map(|(path, line)| format!("{path} {line}"))).collect()
    };
    let (theirs, ours) = (all(theirs), all(ours));
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        let other: BTreeSet<&String> = other.iter().collect();
        one.iter().filter(|it| !other.contains(it)).cloned().collect()
    };
    let (kernel, engine) = (only(&theirs, &ours), only(&ours, &theirs));
    Divergence { at: 0, op: spell(action), kernel, engine }
}
