//! Two kernels run one script in step; the first difference ends the duel.

use super::case::Case;
use super::lab::Disks;
use super::observe::{Look, Seen, changes};
use super::record::{look_for, result_line};
use super::run::{Fail, Run};
use super::stage::Stage;

/// One side.
pub struct Side<'a> {
    pub sys: &'a mut dyn Stage,
    pub disks: &'a mut dyn Disks,
}

/// How a duel ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No difference in so many operations.
    Same {
        operations: usize,
    },
    /// The case cannot run here.
    Skipped(String),
    Different(Divergence),
}

/// Where the two parted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Index of the operation in the script.
    pub at: usize,
    pub op: String,
    /// What only the first side (the kernel) showed, and only the second (the engine).
    pub kernel: Vec<String>,
    pub engine: Vec<String>,
}

impl std::fmt::Display for Divergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.op)?;
        self.kernel.iter().try_for_each(|it| writeln!(f, "  kernel  {it}"))?;
        self.engine.iter().try_for_each(|it| writeln!(f, "  engine  {it}"))
    }
}

/// Runs `case` on both sides, comparing results and observations after each operation.
pub fn duel(kernel: &mut Side<'_>, engine: &mut Side<'_>, case: &Case) -> Outcome {
    let mut a = match Run::start(kernel.sys, kernel.disks, case) {
        Ok(run) => run.fast(),
        Err(err) => return Outcome::Skipped(format!("the kernel has no disk for it: {err}")),
    };
    let mut b = match Run::start(engine.sys, engine.disks, case) {
        Ok(run) => run.fast(),
        Err(err) => {
            let _ = a.finish();
            return setup_differs(case, &format!("building the lab: {}", err.name()));
        }
    };
    let outcome = rounds(&mut a, &mut b, case);
    let ends = (a.finish(), b.finish());
    match (outcome, ends) {
        (Outcome::Same { .. }, (Ok(()), Err(err))) => {
            setup_differs(case, &format!("removing the lab: {}", err.name()))
        }
        (outcome, _) => outcome,
    }
}

fn setup_differs(case: &Case, what: &str) -> Outcome {
    let op = case.steps.last().map(|it| it.op.to_string()).unwrap_or_default();
    let engine = vec![what.to_owned()];
    let at = case.steps.len().saturating_sub(1);
    Outcome::Different(Divergence { at, op, kernel: Vec::new(), engine })
}

fn rounds(a: &mut Run<'_>, b: &mut Run<'_>, case: &Case) -> Outcome {
    let mut before = Seen::new();
    let mut operations = 0;
    for (at, step) in case.steps.iter().enumerate() {
        let (x, y) = (a.step(&step.op), b.step(&step.op));
        if let Err(Fail::Script(text)) = &x {
            return Outcome::Skipped(text.clone());
        }
        if x != y {
            let (kernel, engine) = (vec![result_line(&x)], vec![result_line(&y)]);
            let op = step.op.to_string();
            return Outcome::Different(Divergence { at, op, kernel, engine });
        }
        if !a.has_begun() {
            continue;
        }
        operations += 1;
        let what = look_for(case, at);
        if what == Look::Nothing {
            continue;
        }
        let (x, y) = (a.look(what), b.look(what));
        if x != y {
            let known = |seen: &Seen| changes(&before, seen);
            let (kernel, engine) = only(known(&x), known(&y));
            let op = step.op.to_string();
            return Outcome::Different(Divergence { at, op, kernel, engine });
        }
        before = x;
    }
    Outcome::Same { operations }
}

/// Lines that only one of two lists has.
fn only(x: Vec<String>, y: Vec<String>) -> (Vec<String>, Vec<String>) {
    let left = x.iter().filter(|it| !y.contains(it)).cloned().collect();
    let right = y.iter().filter(|it| !x.contains(it)).cloned().collect();
    (left, right)
}
