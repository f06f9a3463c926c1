//! BuildKit: the stages that the target needs, step by step, each looked for in the cache first.
//! The real one runs independent stages side by side; here they follow each other in the file's order.

mod begin;
mod copying;
mod export;
mod mounts;
mod running;

use super::Step;
use super::fetch::Base;
use super::options::Request;
use super::progress::Progress;
use super::sources::Sources;
use crate::oci::build::cache::{Cache, Key, Record, Told};
use crate::oci::build::fault::Fault;
use crate::oci::build::instruction::{Instruction, What};
use crate::oci::build::plan::{self, Plan};
use crate::oci::build::snapshot::Snapshot;
use crate::oci::build::state::{Arguments, Dialect, State};
use crate::oci::build::{copy, words};
use crate::oci::config::History;
use crate::oci::digest::Digest;
use crate::oci::engine::{Engine, timestamp};
use crate::shell::command::ctx::Ctx;
use crate::survey::Miss;

/// A stage while it is built.
#[derive(Clone, Default)]
struct Built {
    state: State,
    diff_ids: Vec<Digest>,
    chain: Option<Digest>,
    history: Vec<History>,
    /// The key of what is there so far.
    key: String,
    /// Steps that are counted: how many there were, and how many there will be.
    count: usize,
    total: usize,
    base: String,
}

/// What is to be done next.
#[derive(Clone)]
enum Do {
    From(usize),
    /// Tell that the context comes.
    Context,
    Instruction {
        stage: usize,
        instruction: Box<Instruction>,
    },
    Export,
}

#[derive(Clone)]
pub struct Kit {
    request: Request,
    sources: Sources,
    text: String,
    plan: Plan,
    target: usize,
    arguments: Arguments,
    bases: Vec<Option<Base>>,
    stages: Vec<Built>,
    todo: Vec<Do>,
    at: usize,
    progress: Progress,
    cache: Cache,
    told: Vec<Told>,
    running: Option<running::Running>,
    over: Option<i32>,
    /// SOURCE_DATE_EPOCH, in seconds.
    epoch: Option<i64>,
}

/// A step that is to be made.
struct Making {
    stage: usize,
    key: Key,
    slot: String,
    /// What the history says.
    created_by: String,
}

impl Kit {
    pub fn step(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Step {
        if let Some(status) = self.over {
            return Step::Over(status);
        }
        let Some(next) = self.todo.get(self.at).cloned() else { return Step::Over(0) };
        self.at += 1;
        let done = match next {
            Do::From(stage) => self.from(ctx, engine, stage).map(|()| Step::On),
            Do::Context => self.context(ctx).map(|()| Step::On),
            Do::Export => self.export(ctx, engine).map(|()| Step::Over(0)),
            Do::Instruction { stage, instruction } => {
                self.instruction(ctx, engine, stage, &instruction)
            }
        };
        match done {
            Ok(step) => step,
            Err(fault) => Step::Over(self.fail(ctx, engine, &fault)),
        }
    }

    /// Says what is wrong and ends; the status.
    fn fail(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, fault: &Fault) -> i32 {
        self.finish(ctx, engine, Err(fault.message()));
        ctx.flush();
        ctx.err(fault.excerpt(&self.sources.name, &self.text));
        ctx.err(format!("ERROR: failed to solve: {}\n", fault.message()));
        self.over = Some(1);
        1
    }

    /// What is true at every end: the cache is kept, nothing temporary stays.
    fn finish(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, outcome: Result<Digest, String>) {
        self.sources.clear(ctx);
        let ended = timestamp(ctx.sys);
        let steps = std::mem::take(&mut self.told);
        self.cache.ended(self.request.told(ended, steps, outcome));
        let _ = engine.keep_build_cache(ctx.sys, &self.cache);
    }

    pub fn cancel(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) {
        if let Some(running) = self.running.take() {
            running.clear(ctx, engine);
        }
        self.finish(ctx, engine, Err("Canceled: context canceled".to_owned()));
        ctx.flush();
        ctx.err("ERROR: failed to solve: Canceled: context canceled\n");
        self.over = Some(1);
    }

    fn instruction(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
    ) -> Result<Step, Fault> {
        let lines = instruction.lines;
        let done = match &instruction.what {
            What::Run(run) => return self.run(ctx, engine, stage, instruction, &run.clone()),
            What::Copy(copying) => {
                self.copy(ctx, engine, stage, instruction, &copying.clone(), false)
            }
            What::Add(copying) => {
                self.copy(ctx, engine, stage, instruction, &copying.clone(), true)
            }
            What::Workdir(_) => self.workdir(ctx, engine, stage, instruction),
            _ => self.metadata(stage, instruction),
        };
        done.map(|()| Step::On).map_err(|fault| fault.or_at(lines))
    }

    /// Changes the configuration; the history gets a row without a layer.
    fn metadata(&mut self, stage: usize, instruction: &Instruction) -> Result<(), Fault> {
        let built = &mut self.stages[stage];
        let text =
            built.state.apply(instruction, &self.arguments, self.plan.escape, Dialect::Kit)?;
        if let Some(text) = text {
            built.history.push(row(text, None));
        }
        Ok(())
    }

    fn workdir(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
    ) -> Result<(), Fault> {
        let name = self.name(stage, instruction);
        let built = &mut self.stages[stage];
        let text =
            built.state.apply(instruction, &self.arguments, self.plan.escape, Dialect::Kit)?;
        let text = text.unwrap_or_default();
        let dest = built.state.config.working_dir.clone();
        let key = Key { parent: built.key.clone(), instruction: text.clone(), ..Key::default() };
        let making = self.making(stage, key, text);
        if self.cached(ctx, engine, &name, &making)? {
            return Ok(());
        }
        let step = self.begin(ctx, engine, stage)?;
        let target = copy::Target { tree: step.tree.clone(), dest, ..Default::default() };
        if let Err(why) = copy::make_dir_all(ctx.sys, &target) {
            engine.drop_step(ctx.sys, &step);
            return Err(self.failed(ctx, why));
        }
        self.keep(ctx, engine, &step, making)
    }

    /// The name of a step in the progress: `[stage 2/3] RUN make`.
    fn name(&mut self, stage: usize, instruction: &Instruction) -> String {
        let vars = self.stages[stage].state.vars();
        let (word, rest) =
            instruction.original.split_once([' ', '\t']).unwrap_or((&instruction.original, ""));
        let text = format!("{} {rest}", word.to_uppercase());
        let mode = words::Mode { raw: true, keep_unset: true };
        let text = words::expand_as(&text, self.plan.escape, &vars, mode).unwrap_or(text);
        self.stages[stage].count += 1;
        format!("{} {}", self.place(stage), text.trim_end())
    }

    /// `[stage 2/3]`.
    fn place(&self, stage: usize) -> String {
        let built = &self.stages[stage];
        let own = &self.plan.stages[stage];
        let name = match (&own.alias, self.plan.stages.len()) {
            (None, 1) => String::new(),
            _ => format!("{} ", own.name()),
        };
        let total = built.total.max(built.count);
        let width = total.to_string().len();
        format!("[{name}{:width$}/{total}]", built.count)
    }

    fn making(&self, stage: usize, key: Key, created_by: String) -> Making {
        let slot = format!("{} {}", self.plan.stages[stage].name(), self.stages[stage].count);
        Making { stage, key, slot, created_by }
    }

    /// Looks for a step in the cache; its line in the progress in either case.
    fn cached(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        name: &str,
        making: &Making,
    ) -> Result<bool, Fault> {
        self.progress.begin(ctx, name);
        let own = &self.plan.stages[making.stage];
        let filtered = self.request.no_cache_filter.contains(&own.name());
        let found = match self.request.no_cache || filtered {
            true => None,
            false => self.cache.find(engine, ctx.sys, &making.key),
        };
        let step = name.to_owned();
        let Some(record) = found else {
            let miss = match (self.request.no_cache, filtered) {
                (true, _) => Miss::NoCache,
                (_, true) => Miss::Filtered,
                _ => self.cache.why(&making.slot, &making.key),
            };
            if self.request.explain {
                self.progress.line(ctx, &format!("layerglass: not cached: {miss}"));
            }
            self.told.push(Told { step, miss: Some(miss), layer: None });
            return Ok(false);
        };
        self.told.push(Told { step, miss: None, layer: None });
        let now = ctx.sys.clock().sec;
        self.cache.touch(&record.id, now);
        self.take(making, record.diff_id, record.chain, record.created_at);
        self.progress.cached(ctx);
        Ok(true)
    }

    /// A step's result becomes what its stage is.
    fn take(&mut self, making: &Making, diff_id: Digest, chain: Digest, created: String) {
        let built = &mut self.stages[making.stage];
        built.diff_ids.push(diff_id);
        built.chain = Some(chain);
        if let Some(told) = self.told.last_mut() {
            told.layer = Some(chain);
        }
        built.key = making.key.digest();
        built.history.push(row(making.created_by.clone(), Some(created)));
    }

    fn begin(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
    ) -> Result<Snapshot, Fault> {
        let chain = self.stages[stage].chain;
        engine.begin_step(ctx.sys, chain).map_err(|failure| self.failed(ctx, failure.0))
    }

    /// The present vertex failed.
    fn failed(&mut self, ctx: &mut Ctx<'_>, why: String) -> Fault {
        self.progress.failed(ctx, &why);
        Fault::new(why)
    }

    /// Takes a layer in and remembers how it was made.
    fn keep(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        step: &Snapshot,
        making: Making,
    ) -> Result<(), Fault> {
        let epoch = self.epoch.filter(|_| self.request.rewrite);
        let kept = engine.keep_step(ctx.sys, step, epoch);
        let (stored, _) = kept.map_err(|failure| self.failed(ctx, failure.0))?;
        self.remember(ctx, engine, &making, stored.diff_id, stored.chain, stored.size)?;
        self.progress.done(ctx);
        Ok(())
    }

    fn remember(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        making: &Making,
        diff_id: Digest,
        chain: Digest,
        size: u64,
    ) -> Result<(), Fault> {
        let created = timestamp(ctx.sys);
        let id = Digest::of(format!("{created} {}", making.key.digest()).as_bytes());
        let record = Record {
            // As BuildKit's: 25 letters and digits.
            id: short_id(id),
            key: making.key.clone(),
            slot: making.slot.clone(),
            step: self.progress.name.clone(),
            diff_id,
            chain,
            size,
            created_at: created.clone(),
            used: ctx.sys.clock().sec,
            count: 1,
        };
        self.cache.add(record);
        // Kept at once: layers without a record would be nobody's.
        engine
            .keep_build_cache(ctx.sys, &self.cache)
            .map_err(|failure| self.failed(ctx, failure.0))?;
        self.take(making, diff_id, chain, created);
        Ok(())
    }
}

/// Twenty-five letters and digits, as BuildKit names its objects.
fn short_id(digest: Digest) -> String {
    let letters = b"0123456789abcdefghijklmnopqrstuvwxyz";
    digest.0.iter().take(25).map(|b| char::from(letters[usize::from(*b) % 36])).collect()
}

/// A row of the history; without a time it gets one when the image is made.
fn row(created_by: String, created: Option<String>) -> History {
    History {
        empty_layer: created.is_none(),
        created,
        created_by,
        comment: "buildkit.dockerfile.v0".to_owned(),
        ..History::default()
    }
}

/// How many steps of a stage are counted, its FROM not among them.
fn counted(body: &[Instruction]) -> usize {
    body.iter().filter(|it| plan::makes_layer(it)).count()
}
