//! find, as findutils 4.9.

mod eval;
pub(super) use eval::replace;
mod parse;
mod print;
mod walk;

use super::child::{Child, Outcome};
use super::ctx::Ctx;
use super::once::Drain;
use super::{Command, Invocation, Package, Start, rare};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use eval::{Eval, NeedChild};
use parse::{Expr, Plan, Test};
use walk::{Visit, Walk};

pub const COMMAND: Command = rare(Command {
    name: "find",
    usage: "Usage: {} [-H] [-L] [-P] [path...] [expression]\n",
    summary: "search directories",
    package: Package::Findutils,
    trouble: 1,
    start: Start::Program(|call| Box::new(Find::new(call))),
});

/// A search on its way.
#[derive(Clone)]
struct Find {
    call: Invocation,
    plan: Option<Plan>,
    walk: Walk,
    /// The file on its turn, with the verdicts of its children.
    visit: Option<(Visit, Vec<bool>, usize)>,
    child: Option<Child>,
    /// Arguments collected for each `-exec … +`.
    batches: Vec<Vec<Vec<u8>>>,
    flushed: usize,
    buffered: Vec<u8>,
    drain: Drain,
    failed: bool,
    status: Option<i32>,
}

impl Find {
    fn new(call: Invocation) -> Find {
        Find {
            call,
            plan: None,
            walk: Walk::new(&[]),
            visit: None,
            child: None,
            batches: Vec::new(),
            flushed: 0,
            buffered: Vec::new(),
            drain: Drain::default(),
            failed: false,
            status: None,
        }
    }

    /// Calls with a context and keeps what was written.
    fn with<R>(&mut self, os: &mut Os<'_>, f: impl FnOnce(&mut Find, &mut Ctx<'_>) -> R) -> R {
        let call = self.call.clone();
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::resume(&mut sys, &call, std::mem::take(&mut self.buffered));
        let res = f(self, &mut ctx);
        let (segments, buffered) = ctx.pause();
        self.buffered = buffered;
        segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
        res
    }

    fn start(&mut self, os: &mut Os<'_>) {
        self.with(os, |find, ctx| match parse::parse(ctx) {
            Ok(plan) => {
                find.walk = Walk::new(&plan.roots);
                find.batches = vec![Vec::new(); plan.batches];
                find.plan = Some(plan);
            }
            Err(status) => find.status = Some(status),
        });
    }

    /// One step: evaluates the file on its turn, or gets the next one.
    fn step(&mut self, os: &mut Os<'_>) {
        let Some(plan) = self.plan.take() else { return };
        match self.visit.take() {
            Some((visit, verdicts, done)) => self.evaluate(os, &plan, visit, verdicts, done),
            None => match self.with(os, |find, ctx| find.walk.next(ctx, &plan)) {
                Some(visit) if visit.depth < plan.min_depth => {}
                Some(visit) => self.visit = Some((visit, Vec::new(), 0)),
                None => self.next_batch(os, &plan),
            },
        }
        self.plan = Some(plan);
    }

    fn evaluate(
        &mut self,
        os: &mut Os<'_>,
        plan: &Plan,
        visit: Visit,
        verdicts: Vec<bool>,
        done: usize,
    ) {
        let (value, actions) = self.with(os, |find, ctx| {
            let mut eval = Eval {
                ctx,
                visit: &visit,
                walk: &mut find.walk,
                verdicts: &verdicts,
                done,
                actions: 0,
                children: 0,
                batches: &mut find.batches,
                failed: &mut find.failed,
            };
            let value = eval.expr(&plan.expr);
            let actions = eval.actions;
            if value.is_err() {
                ctx.flush();
            }
            (value, actions)
        });
        if let Err(need) = value {
            self.visit = Some((visit, verdicts, actions.max(done)));
            self.run_child(need);
        }
    }

    fn run_child(&mut self, need: NeedChild) {
        self.child = Some(Child::new(need.argv, self.call.env.clone(), need.dir));
    }

    /// After the walk: the collected arguments, batch by batch.
    fn next_batch(&mut self, os: &mut Os<'_>, plan: &Plan) {
        let mut commands = Vec::new();
        collect(&plan.expr, &mut commands);
        while let Some(words) = commands.get(self.flushed) {
            let args = std::mem::take(&mut self.batches[self.flushed]);
            self.flushed += 1;
            if !args.is_empty() {
                let argv = words.iter().cloned().chain(args).collect();
                self.with(os, |_, ctx| ctx.flush());
                self.child = Some(Child::new(argv, self.call.env.clone(), None));
                return;
            }
        }
        self.with(os, |_, ctx| ctx.flush());
        self.status = Some(i32::from(self.failed || self.walk.failed));
    }

    /// Waits for the child. `Some` when there is nothing else to do.
    fn wait(&mut self, os: &mut Os<'_>) -> Option<Poll> {
        let outcome = self.child.as_mut()?.poll(os);
        let verdict = match outcome {
            Outcome::Running => return Some(Poll::Blocked),
            Outcome::Ended(status) => status == 0,
            Outcome::CannotRun(word, errno) => {
                let word = super::common::quote::locale(&word);
                self.with(os, |_, ctx| ctx.warn(format_args!("{word}: {errno}")));
                false
            }
        };
        self.child = None;
        match &mut self.visit {
            Some((_, verdicts, _)) => verdicts.push(verdict),
            None => self.failed |= !verdict,
        }
        None
    }
}

/// The commands of every `-exec … +`, in the order of their slots.
fn collect(expr: &Expr, out: &mut Vec<Vec<Vec<u8>>>) {
    match expr {
        Expr::Test(Test::Exec { words, many: true, .. }) => out.push(words.clone()),
        Expr::Test(_) => {}
        Expr::Not(inner) => collect(inner, out),
        Expr::And(all) | Expr::Or(all) | Expr::List(all) => {
            all.iter().for_each(|it| collect(it, out));
        }
    }
}

impl Program for Find {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "find") {
                return poll;
            }
            if let Some(status) = self.status {
                return Poll::Exit(status);
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            os.fuel = os.fuel.saturating_sub(20);
            if self.child.is_some() {
                if let Some(poll) = self.wait(os) {
                    return poll;
                }
            } else if self.plan.is_none() {
                self.start(os);
            } else {
                self.step(os);
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
