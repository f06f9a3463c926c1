//! The beginning of a build: the Dockerfile, the images that it names, what the context leaves out.

use super::super::fetch;
use super::super::options::Request;
use super::super::progress::Progress;
use super::super::sources::Sources;
use super::{Built, Do, Kit, counted};
use crate::oci::build::fault::Fault;
use crate::oci::build::instruction::{Instruction, What};
use crate::oci::build::plan::{self, Plan, Stage};
use crate::oci::build::state::{self, Arguments, Dialect, State};
use crate::oci::build::words;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;
use std::collections::BTreeMap;

impl Kit {
    /// Reads what is to be built; the status if it cannot be.
    pub fn new(
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        request: &Request,
        input: Option<Vec<u8>>,
    ) -> Result<Kit, i32> {
        let sources = Sources::find(ctx, engine, request, input).map_err(|why| {
            ctx.err(format!("ERROR: {why}\n"));
            1
        })?;
        let cache = engine.build_cache(ctx.sys);
        let mut kit = Kit {
            request: request.clone(),
            sources,
            text: String::new(),
            plan: Plan {
                globals: Vec::new(),
                stages: Vec::new(),
                escape: '\\',
                directives: Vec::new(),
                with_gaps: Vec::new(),
            },
            target: 0,
            arguments: Arguments::default(),
            bases: Vec::new(),
            stages: Vec::new(),
            todo: Vec::new(),
            at: 0,
            progress: Progress::new(request.show),
            cache,
            told: Vec::new(),
            running: None,
            over: None,
            epoch: request.epoch,
        };
        kit.progress.head(ctx);
        match kit.read(ctx, engine) {
            Ok(()) => Ok(kit),
            Err(fault) => Err(kit.fail(ctx, engine, &fault)),
        }
    }

    fn read(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Result<(), Fault> {
        let name = self.sources.name.clone();
        self.progress.begin(ctx, &format!("[internal] load build definition from {name}"));
        let text = self.sources.text.clone();
        let sent = text.as_ref().map_or(2, |it| name.len() + it.len() + 27);
        let shown = crate::oci::human::size(sent as u64);
        self.progress.line(ctx, &format!("transferring dockerfile: {shown} done"));
        self.progress.done(ctx);
        let Some(text) = text else {
            let text = format!("failed to read dockerfile: open {name}: no such file or directory");
            return Err(Fault::new(text));
        };
        if text.is_empty() {
            return Err(Fault::new("the Dockerfile cannot be empty"));
        }
        self.text = String::from_utf8_lossy(&text).into_owned();
        self.plan = plan::read(&self.text)?;
        self.target = self.plan.target(self.request.target.as_deref())?;
        let (given, escape) = (self.request.arguments.clone(), self.plan.escape);
        self.arguments = Arguments::new(given, &self.plan.globals, escape, Dialect::Kit)?;
        let count = self.plan.stages.len();
        self.stages = vec![Built::default(); count];
        self.bases = vec![None; count];
        let mut names = Vec::new();
        for stage in &self.plan.stages {
            names.push(self.base_name(stage)?);
        }
        let needed = self.plan.needed(self.target, &|stage| names[stage.index].clone());
        for index in &needed {
            self.stages[*index].base.clone_from(&names[*index]);
        }
        self.metadata_of(ctx, engine, &needed)?;
        self.progress.begin(ctx, "[internal] load .dockerignore");
        let sent = self.sources.ignored.as_ref().map_or(2, |it| it.len() + 27 + 13);
        self.progress.line(
            ctx,
            &format!("transferring context: {} done", crate::oci::human::size(sent as u64)),
        );
        self.progress.done(ctx);
        self.list(&needed);
        Ok(())
    }

    /// What stands in a stage's FROM, variables replaced.
    fn base_name(&self, stage: &Stage) -> Result<String, Fault> {
        let What::From { image, .. } = &stage.from.what else { return Ok(String::new()) };
        let vars = self.arguments.global_vars();
        let name = words::expand(image, self.plan.escape, &vars)
            .map_err(|why| Fault::at(stage.from.lines, why))?;
        if name.is_empty() {
            let text = format!("base name ({image}) should not be blank");
            return Err(Fault::at(stage.from.lines, text));
        }
        Ok(name)
    }

    /// Finds the images of all stages, each once.
    fn metadata_of(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        needed: &[usize],
    ) -> Result<(), Fault> {
        let mut found: BTreeMap<String, fetch::Base> = BTreeMap::new();
        for index in needed {
            let name = self.stages[*index].base.clone();
            if name == "scratch" || self.plan.stage(&name, *index).is_some() {
                continue;
            }
            if self.context_named(&name).is_some() {
                continue;
            }
            if !found.contains_key(&name) {
                let full = crate::oci::engine::reference::Reference::parse(&name)
                    .map_or(name.clone(), |it| it.full());
                self.progress.begin(ctx, &format!("[internal] load metadata for {full}"));
                let base = fetch::find(ctx, engine, &mut self.cache, &name, self.request.pull);
                let lines = self.plan.stages[*index].from.lines;
                let base = base.map_err(|why| self.failed(ctx, why).or_at(lines))?;
                self.progress.done(ctx);
                found.insert(name.clone(), base);
            }
            self.bases[*index] = found.get(&name).cloned();
        }
        Ok(())
    }

    /// The directory that `--build-context` gives a name.
    pub(super) fn context_named(&self, name: &str) -> Option<String> {
        let all = self.request.contexts.iter();
        all.rev().find(|it| it.0 == name.to_lowercase()).map(|it| it.1.clone())
    }

    fn list(&mut self, needed: &[usize]) {
        let mut told = false;
        for index in needed {
            self.todo.push(Do::From(*index));
            let body = self.plan.stages[*index].body.clone();
            let uses = needed.iter().any(|it| self.plan.stages[*it].body.iter().any(from_context));
            if uses && !told {
                told = true;
                self.todo.push(Do::Context);
            }
            for instruction in body {
                self.todo
                    .push(Do::Instruction { stage: *index, instruction: Box::new(instruction) });
            }
        }
        self.todo.push(Do::Export);
    }

    /// Begins a stage.
    pub(super) fn from(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        index: usize,
    ) -> Result<(), Fault> {
        let name = self.stages[index].base.clone();
        let stage = self.plan.stages[index].clone();
        let own = counted(&stage.body);
        let mut built = Built { base: name.clone(), total: own, ..Built::default() };
        if name == "scratch" {
            built.state = State::new(None, "", Dialect::Kit);
            "base scratch".clone_into(&mut built.key);
        } else if let Some(other) = self.plan.stage(&name, index) {
            let below = self.stages[other].clone();
            built.state = State::new(Some(&below.state.config), &below.state.author, Dialect::Kit);
            built.state.config.on_build.clone_from(&below.state.config.on_build);
            built.diff_ids = below.diff_ids;
            built.chain = below.chain;
            built.history = below.history;
            built.key = below.key;
        } else if let Some(path) = self.context_named(&name) {
            return Err(Fault::at(
                stage.from.lines,
                format!(
                    "FROM {name}: a build context of files ({path}) is no image: not simulated"
                ),
            ));
        } else if let Some(base) = self.bases[index].clone() {
            built.total += 1;
            built.count = 1;
            built.state = State::new(Some(&base.config.config), &base.config.author, Dialect::Kit);
            built.state.config.on_build.clone_from(&base.config.config.on_build);
            built.diff_ids.clone_from(&base.config.rootfs.diff_ids);
            built.chain = base.chain();
            built.history.clone_from(&base.config.history);
            let chain = base.chain().map(|it| it.to_string()).unwrap_or_default();
            built.key = format!("base {chain}");
            self.stages[index] = built.clone();
            let vertex = format!("{} FROM {}", self.place(index), base.shown);
            self.progress.begin(ctx, &vertex);
            let fetched = fetch::layers(ctx, engine, &base, &self.progress)
                .map_err(|why| self.failed(ctx, why).or_at(stage.from.lines))?;
            if fetched {
                let _ = engine.keep_build_cache(ctx.sys, &self.cache);
                self.progress.done(ctx);
            } else {
                self.progress.cached(ctx);
            }
        }
        let triggers = built.state.config.on_build.take().unwrap_or_default();
        for (n, text) in triggers.iter().enumerate() {
            let instruction = state::trigger(text, stage.from.lines, self.plan.escape)?;
            built.total += usize::from(plan::makes_layer(&instruction));
            let next = Do::Instruction { stage: index, instruction: Box::new(instruction) };
            self.todo.insert(self.at + n, next);
        }
        self.stages[index] = built;
        Ok(())
    }

    /// Tells what of the context is sent: what was sent before is not sent again.
    pub(super) fn context(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        self.progress.begin(ctx, "[internal] load build context");
        let root = self.sources.context.root.clone();
        let wanted: Vec<String> =
            self.plan.stages.iter().flat_map(|it| &it.body).flat_map(wanted).collect();
        let mut files = BTreeMap::new();
        for source in wanted {
            let found = self.sources.context.select(ctx.sys, &source).unwrap_or_default();
            for one in found {
                let below = match one.attr.is_dir() {
                    true => self.sources.context.below(ctx.sys, &one.path).unwrap_or_default(),
                    false => Vec::new(),
                };
                for found in below.into_iter().chain([one]) {
                    if !found.path.is_empty() {
                        files.insert(found.path, found.attr);
                    }
                }
            }
        }
        let known = self.cache.sent.remove(&root).unwrap_or_default();
        let mut now = BTreeMap::new();
        let mut bytes = 2;
        for (at, (path, attr)) in files.iter().enumerate() {
            // Measured: what says that a file is there, and what surrounds its contents.
            bytes += path.len() as u64 + if attr.is_dir() { 17 } else { 21 };
            let stamp = format!("{} {}.{}", attr.size, attr.mtime.sec, attr.mtime.nsec);
            if !attr.is_dir() && known.get(path) != Some(&stamp) {
                bytes += attr.size + if at == 0 { 6 } else { 10 };
            }
            now.insert(path.clone(), stamp);
        }
        if files.len() <= 4000 && self.sources.temporary.is_empty() {
            self.cache.sent.insert(root, now);
        }
        let shown = crate::oci::human::size(bytes - if files.is_empty() { 0 } else { 2 });
        self.progress.line(ctx, &format!("transferring context: {shown} done"));
        self.progress.done(ctx);
        Ok(())
    }
}

/// What of the context an instruction wants.
fn wanted(instruction: &Instruction) -> Vec<String> {
    let variable = |it: &String| if it.contains('$') { String::from(".") } else { it.clone() };
    match &instruction.what {
        What::Copy(copying) if copying.from.is_none() => {
            copying.sources.iter().map(variable).collect()
        }
        What::Add(copying) => copying.sources.iter().map(variable).collect(),
        What::Run(run) => {
            let binds = run.mounts.iter().filter(|it| {
                !it.contains("from=") && (!it.contains("type=") || it.contains("type=bind"))
            });
            let source = |it: &String| {
                let fields = it.split(',').filter_map(|it| it.split_once('='));
                fields
                    .filter(|it| it.0 == "source" || it.0 == "src")
                    .map(|it| it.1.to_owned())
                    .next_back()
            };
            binds.map(|it| source(it).unwrap_or_else(|| ".".to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

fn from_context(instruction: &Instruction) -> bool {
    let heredocs = instruction.heredocs.len();
    match &instruction.what {
        What::Copy(copying) => copying.from.is_none() && copying.sources.len() > heredocs,
        What::Add(copying) => copying.sources.len() > heredocs,
        _ => !wanted(instruction).is_empty(),
    }
}
