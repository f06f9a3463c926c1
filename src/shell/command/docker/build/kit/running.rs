//! RUN.

use super::super::super::shim::Inside;
use super::super::{Job, Step};
use super::copying::From;
use super::{Kit, Making};
use crate::drivers::files;
use crate::oci::build::cache::Key;
use crate::oci::build::fault::Fault;
use crate::oci::build::instruction::{Instruction, Run, Words};
use crate::oci::build::snapshot::{self, Snapshot, Surroundings};
use crate::oci::build::state::Dialect;
use crate::oci::build::words;
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// A command on its way.
#[derive(Clone)]
pub struct Running {
    step: Snapshot,
    around: Surroundings,
    stage: usize,
    key: Key,
    slot: String,
    created_by: String,
    argv: Vec<String>,
    lines: (usize, usize),
    views: Vec<Snapshot>,
    temporary: Vec<String>,
}

impl Running {
    /// Takes everything away.
    pub fn clear(mut self, ctx: &mut Ctx<'_>, engine: &Engine) {
        self.unmount(ctx, engine);
        engine.drop_step(ctx.sys, &self.step);
    }

    fn unmount(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) {
        self.around.clear(ctx.sys);
        for view in self.views.drain(..) {
            engine.drop_step(ctx.sys, &view);
        }
        for dir in self.temporary.drain(..) {
            let _ = files::remove_all(ctx.sys, dir.as_bytes());
        }
    }
}

impl Kit {
    pub(super) fn run(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
        run: &Run,
    ) -> Result<Step, Fault> {
        let lines = instruction.lines;
        let name = self.name(stage, instruction);
        let argv = self.argv(stage, instruction, run);
        let prefix = self.stages[stage].state.args_prefix(&self.arguments, Dialect::Kit);
        let shown: Vec<String> = prefix.into_iter().chain(argv.clone()).collect();
        let created_by = format!("RUN {} # buildkit", shown.join(" "));
        let mut mounts = self.mounts(stage, run).map_err(|fault| fault.or_at(lines))?;
        let mut key = self.run_key(stage, instruction, &argv, run);
        let trees =
            self.trees(ctx, engine, stage, &mut mounts, &mut key).map_err(|it| it.or_at(lines))?;
        let making = self.making(stage, key, created_by);
        let done = self.start(ctx, engine, &name, making, &argv, lines, &mounts, trees);
        done.map_err(|fault| fault.or_at(lines))
    }

    /// What runs: with a here-document, its text.
    fn argv(&self, stage: usize, instruction: &Instruction, run: &Run) -> Vec<String> {
        let state = &self.stages[stage].state;
        let (Words::Shell(line), Some(first)) = (&run.words, instruction.heredocs.first()) else {
            return state.run_argv(&run.words);
        };
        let mut text = line.clone();
        if line.trim() == line.split_whitespace().next().unwrap_or_default() {
            // Nothing but the document: it is the script.
            text.clone_from(&first.content);
            if let Some(interpreter) = first.content.strip_prefix("#!") {
                let interpreter = interpreter.lines().next().unwrap_or_default().trim();
                let words = interpreter.split_whitespace().map(str::to_owned);
                return words.chain(["-c".to_owned(), text]).collect();
            }
        } else {
            for it in &instruction.heredocs {
                text += &format!("\n{}{}", it.content, it.name);
            }
            text.push('\n');
        }
        state.run_argv(&Words::Shell(text))
    }

    fn run_key(&self, stage: usize, instruction: &Instruction, argv: &[String], run: &Run) -> Key {
        let built = &self.stages[stage];
        let state = &built.state;
        let mut around = Vec::new();
        let env = state.env();
        for pair in state.run_env(&self.arguments) {
            let (key, value) = pair.split_once('=').unwrap_or((&pair, ""));
            // Proxies do not count.
            if key.to_lowercase().ends_with("_proxy") && words::value(&env, key).is_none() {
                continue;
            }
            let kind = if words::value(&env, key).is_some() { "ENV" } else { "ARG" };
            around.push((format!("{kind} {key}"), value.to_owned()));
        }
        around.push(("USER".to_owned(), state.config.user.clone()));
        around.push(("WORKDIR".to_owned(), state.config.working_dir.clone()));
        if !run.mounts.is_empty() {
            around.push(("--mount".to_owned(), run.mounts.join(" ")));
        }
        if let Words::Shell(_) = run.words {
            around.push(("SHELL".to_owned(), state.shell().join(" ")));
        }
        let text = match (&run.words, instruction.heredocs.is_empty()) {
            (Words::Shell(line), true) => format!("RUN {line}"),
            _ => format!("RUN {}", argv.join(" ")),
        };
        Key { parent: built.key.clone(), instruction: text, around, ..Key::default() }
    }

    #[allow(clippy::too_many_arguments)]
    fn start(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        name: &str,
        making: Making,
        argv: &[String],
        lines: (usize, usize),
        mounts: &[super::mounts::Mount],
        trees: Vec<From>,
    ) -> Result<Step, Fault> {
        let stage = making.stage;
        if self.cached(ctx, engine, name, &making)? {
            trees.into_iter().for_each(|it| it.clear(ctx, engine));
            return Ok(Step::On);
        }
        let step = match self.begin(ctx, engine, stage) {
            Ok(step) => step,
            Err(fault) => {
                trees.into_iter().for_each(|it| it.clear(ctx, engine));
                return Err(fault);
            }
        };
        let mut running = Running {
            step,
            around: Surroundings::default(),
            stage,
            key: making.key,
            slot: making.slot,
            created_by: making.created_by,
            argv: argv.to_vec(),
            lines,
            views: Vec::new(),
            temporary: Vec::new(),
        };
        for tree in trees {
            running.views.extend(tree.view);
            running.temporary.extend(tree.temporary);
        }
        let mut env = self.stages[stage].state.run_env(&self.arguments);
        let made = self.mounted(ctx, engine, mounts, &mut running.temporary, &mut env);
        let around = made.and_then(|more| {
            snapshot::surround(engine, ctx.sys, &running.step.tree, &more).map_err(|it| it.0)
        });
        match around {
            Ok(around) => running.around = around,
            Err(why) => {
                running.clear(ctx, engine);
                return Err(self.failed(ctx, why));
            }
        }
        if argv.is_empty() {
            running.clear(ctx, engine);
            return Err(self.failed(ctx, "args must not be empty".to_owned()));
        }
        let state = &self.stages[stage].state;
        let inside = Inside {
            argv: argv.iter().map(|it| it.clone().into_bytes()).collect(),
            env: pairs(&env),
            dir: state.config.working_dir.clone(),
            user: state.config.user.clone(),
            no_user: 126,
        };
        let tree = running.step.tree.clone();
        self.running = Some(running);
        Ok(Step::Run(Box::new(Job { tree, container: None, inside, apart: false })))
    }

    pub fn output(&mut self, ctx: &mut Ctx<'_>, bytes: &[u8]) {
        self.progress.output(ctx, bytes);
    }

    pub fn ran(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, status: i32, failed: Option<String>) {
        let Some(mut running) = self.running.take() else { return };
        let mut status = status;
        if let Some(why) = failed {
            let why =
                why.rsplit_once("unable to start container process: ").map_or(&*why, |it| it.1);
            let why = why.strip_suffix(": unknown").unwrap_or(why);
            let text = format!("runc run failed: unable to start container process: {why}\n");
            self.progress.output(ctx, text.as_bytes());
            status = 1;
        }
        self.progress.flush(ctx);
        running.unmount(ctx, engine);
        let lines = running.lines;
        let done = if status == 0 {
            let Running { step, stage, key, slot, created_by, .. } = running;
            self.keep(ctx, engine, &step, Making { stage, key, slot, created_by })
        } else {
            let command = words::quoted(&running.argv.join(" "));
            engine.drop_step(ctx.sys, &running.step);
            let why =
                format!("process \"{command}\" did not complete successfully: exit code: {status}");
            Err(self.failed(ctx, why))
        };
        if let Err(fault) = done {
            self.fail(ctx, engine, &fault.or_at(lines));
        }
    }
}

/// The environment of a command; a home is there in any case.
fn pairs(env: &[String]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all: Vec<(Vec<u8>, Vec<u8>)> = env
        .iter()
        .filter_map(|it| it.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    if !all.iter().any(|it| it.0 == b"HOME") {
        all.push((b"HOME".to_vec(), b"/root".to_vec()));
    }
    all
}

/// A name for a directory that follows from a text.
pub(super) fn dir_name(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()[..25].to_owned()
}
