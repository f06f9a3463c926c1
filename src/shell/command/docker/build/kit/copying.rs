//! COPY and ADD.

use super::super::{fetch, sources};
use super::{Built, Kit};
use crate::drivers::files;
use crate::oci::build::cache::Key;
use crate::oci::build::context::{Context, Found};
use crate::oci::build::copy::{self, Target};
use crate::oci::build::fault::Fault;
use crate::oci::build::ignore::{Ignore, clean};
use crate::oci::build::instruction::{Copying, Instruction};
use crate::oci::build::snapshot::Snapshot;
use crate::oci::build::{heredoc, owner, pattern, words};
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// A tree that files come from, and what goes away again afterwards.
pub(super) struct From {
    pub context: Context,
    pub view: Option<Snapshot>,
    pub temporary: Option<String>,
}

impl From {
    pub(super) fn clear(self, ctx: &mut Ctx<'_>, engine: &Engine) {
        if let Some(view) = self.view {
            engine.drop_step(ctx.sys, &view);
        }
        if let Some(dir) = self.temporary {
            let _ = files::remove_all(ctx.sys, dir.as_bytes());
        }
    }
}

/// Variables replaced.
struct Wants {
    sources: Vec<String>,
    dest: String,
    chown: Option<String>,
    mode: Option<u32>,
    exclude: Vec<String>,
}

impl Kit {
    pub(super) fn copy(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
        copying: &Copying,
        add: bool,
    ) -> Result<(), Fault> {
        let name = self.name(stage, instruction);
        let wants = self.wants(stage, copying)?;
        let remote = |it: &String| it.contains("://") || it.starts_with("git@");
        if let Some(source) = wants.sources.iter().find(|it| add && remote(it)) {
            self.progress.begin(ctx, &name);
            let why = format!("ADD {source}: not simulated: the machine has no network");
            return Err(self.failed(ctx, why));
        }
        let from = self.source(ctx, engine, stage, instruction, copying, &name)?;
        let done =
            self.copy_from(ctx, engine, stage, instruction, (copying, add), &wants, &from, &name);
        from.clear(ctx, engine);
        done
    }

    fn wants(&self, stage: usize, copying: &Copying) -> Result<Wants, Fault> {
        let vars = self.stages[stage].state.vars();
        let expand = |text: &str| words::expand(text, self.plan.escape, &vars).map_err(Fault::new);
        let chmod = copying.chmod.as_deref().map(expand).transpose()?;
        let mode = match &chmod {
            None => None,
            Some(text) => Some(
                u32::from_str_radix(text, 8).ok().filter(|it| *it <= 0o7777).ok_or_else(|| {
                    Fault::new(format!(
                        "invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
                    ))
                })?,
            ),
        };
        let all = |list: &[String]| list.iter().map(|it| expand(it)).collect::<Result<Vec<_>, _>>();
        Ok(Wants {
            sources: all(&copying.sources)?,
            dest: expand(&copying.dest)?,
            chown: copying.chown.as_deref().map(expand).transpose()?,
            mode,
            exclude: all(&copying.exclude)?,
        })
    }

    /// Where the files come from.
    fn source(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
        copying: &Copying,
        name: &str,
    ) -> Result<From, Fault> {
        if let Some(from) = &copying.from {
            return self.tree_of(ctx, engine, stage, from);
        }
        if instruction.heredocs.is_empty() {
            let context = self.sources.context.clone();
            return Ok(From { context, view: None, temporary: None });
        }
        // Here-documents are files of a directory of their own, beside those of the context.
        let dir = sources::temporary(ctx, engine).map_err(Fault::new)?;
        let vars = self.stages[stage].state.vars();
        for it in &instruction.heredocs {
            let mode = words::Mode { raw: true, keep_unset: false };
            let text = match it.expand {
                true => words::expand_as(&it.content, self.plan.escape, &vars, mode),
                false => Ok(it.content.clone()),
            };
            let path = format!("{dir}/{}", clean(&it.name));
            let written = text.map_err(Fault::new).and_then(|text| {
                files::write(ctx.sys, &path, text.as_bytes(), 0o644).map_err(|errno| {
                    Fault::new(format!("open {path}: {}", errno.message().to_lowercase()))
                })
            });
            if let Err(fault) = written {
                let _ = files::remove_all(ctx.sys, dir.as_bytes());
                self.progress.begin(ctx, name);
                return Err(self.failed(ctx, fault.text));
            }
        }
        Ok(From { context: Context::at(&dir), view: None, temporary: Some(dir) })
    }

    /// The tree of a stage, of an image, or of a named context.
    pub(super) fn tree_of(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        from: &str,
    ) -> Result<From, Fault> {
        if let Some(path) = self.context_named(from) {
            let root = sources::absolute(ctx, &path);
            if !files::stat(ctx.sys, &root).is_ok_and(|it| it.is_dir()) {
                return Err(Fault::new(format!(
                    "failed to get build context {from}: stat {path}: no such file or directory"
                )));
            }
            return Ok(From { context: Context::at(&root), view: None, temporary: None });
        }
        let chain = match self.plan.stage_or_number(from, stage) {
            Some(other) => self.stages[other].chain,
            None if from == "scratch" => None,
            None => {
                let base = fetch::find(ctx, engine, &mut self.cache, from, self.request.pull)
                    .map_err(Fault::new)?;
                self.progress.begin(ctx, &format!("FROM {}", base.shown));
                let fetched = fetch::layers(ctx, engine, &base, &self.progress)
                    .map_err(|why| self.failed(ctx, why))?;
                if fetched {
                    let _ = engine.keep_build_cache(ctx.sys, &self.cache);
                    self.progress.done(ctx);
                } else {
                    self.progress.cached(ctx);
                }
                base.chain()
            }
        };
        let view = engine.begin_step(ctx.sys, chain).map_err(|it| Fault::new(it.0))?;
        Ok(From { context: Context::at(&view.tree), view: Some(view), temporary: None })
    }

    #[allow(clippy::too_many_arguments)]
    fn copy_from(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        instruction: &Instruction,
        (copying, add): (&Copying, bool),
        wants: &Wants,
        from: &From,
        name: &str,
    ) -> Result<(), Fault> {
        let mut found: Vec<Found> = Vec::new();
        let mut key = Key {
            parent: match copying.link {
                true => "link".to_owned(),
                false => self.stages[stage].key.clone(),
            },
            instruction: said(instruction, wants),
            ..Key::default()
        };
        let heredocs = !instruction.heredocs.is_empty();
        for source in &wants.sources {
            let inline = heredoc::of_word(source).filter(|_| heredocs).map(|it| it.name);
            let context = match (heredocs, &inline) {
                (true, None) => self.sources.context.clone(),
                _ => from.context.clone(),
            };
            let path = inline.clone().unwrap_or_else(|| source.clone());
            let some = self.select(ctx, &context, &path, name)?;
            for one in some {
                let described = context.described(ctx.sys, &one, copying.from.is_some());
                let described = described.map_err(|errno| {
                    self.progress.begin(ctx, name);
                    self.failed(ctx, format!("{}: {}", one.path, errno.message().to_lowercase()))
                })?;
                key.with_files(described);
                found.push(Found { path: kept_path(source, &one.path, copying.parents), ..one });
            }
        }
        let making = self.making(stage, key, row_text(copying, add, wants));
        if copying.link {
            return self.linked(ctx, engine, &making, from, wants, (copying, add), &found, name);
        }
        if self.cached(ctx, engine, name, &making)? {
            return Ok(());
        }
        let step = self.begin(ctx, engine, stage)?;
        if let Err(why) = self.lay(ctx, &step, stage, from, wants, (copying, add), &found) {
            engine.drop_step(ctx.sys, &step);
            return Err(self.failed(ctx, why));
        }
        self.keep(ctx, engine, &step, making)
    }

    fn select(
        &mut self,
        ctx: &mut Ctx<'_>,
        context: &Context,
        source: &str,
        name: &str,
    ) -> Result<Vec<Found>, Fault> {
        let some = context.select(ctx.sys, source);
        let some = some.map_err(|why| {
            self.progress.begin(ctx, name);
            self.failed(ctx, why)
        })?;
        if some.is_empty() && !pattern::is_pattern(source) {
            let (a, b) = (Digest::of(context.root.as_bytes()), Digest::of(source.as_bytes()));
            let why = format!(
                "failed to calculate checksum of ref {}::{}: \"/{}\": not found",
                super::short_id(a),
                super::short_id(b),
                clean(source)
            );
            self.progress.begin(ctx, name);
            self.progress.failed(ctx, &why);
            return Err(Fault::new(format!("failed to compute cache key: {why}")));
        }
        Ok(some)
    }

    #[allow(clippy::too_many_arguments)]
    fn lay(
        &mut self,
        ctx: &mut Ctx<'_>,
        step: &Snapshot,
        stage: usize,
        from: &From,
        wants: &Wants,
        (copying, add): (&Copying, bool),
        found: &[Found],
    ) -> Result<(), String> {
        let built: &Built = &self.stages[stage];
        let owner = match &wants.chown {
            Some(text) => Some(owner::of(ctx.sys, &step.tree, text)?),
            None => None,
        };
        let dest = built.state.joined(&wants.dest);
        let is_dir = wants.dest.ends_with('/') || [".", ""].contains(&wants.dest.as_str());
        let slash = if is_dir { "/" } else { "" };
        let exclude = Ignore::read(&wants.exclude.join("\n"))?;
        let target = Target {
            tree: step.tree.clone(),
            dest: format!("{}{slash}", dest.trim_end_matches('/')),
            owner,
            keep_owner: copying.from.is_some(),
            mode: wants.mode,
            exclude,
            unpack: add,
            parents: copying.parents,
            ..Target::default()
        };
        for one in found {
            // A here-document stands in a directory of its own.
            let own = files::exists(ctx.sys, &format!("{}/{}", from.context.root, one.path));
            let context = if own { &from.context } else { &self.sources.context };
            copy::copy(ctx.sys, context, one, found.len() > 1, &target)?;
        }
        Ok(())
    }

    /// A layer that does not depend on what is below it: made on nothing, put on top.
    #[allow(clippy::too_many_arguments)]
    fn linked(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        making: &super::Making,
        from: &From,
        wants: &Wants,
        how: (&Copying, bool),
        found: &[Found],
        name: &str,
    ) -> Result<(), Fault> {
        let below = self.stages[making.stage].chain;
        if self.cached(ctx, engine, name, making)? {
            // The same layer, perhaps on top of another base.
            let built = &mut self.stages[making.stage];
            let (chain, diff_id) = (built.chain, built.diff_ids.last().copied());
            if let (Some(chain), Some(diff_id)) = (chain, diff_id) {
                let stored = self.restack(ctx, engine, chain, diff_id, below)?;
                self.stages[making.stage].chain = Some(stored);
            }
            return Ok(());
        }
        let step = engine.begin_step(ctx.sys, None).map_err(|it| self.failed(ctx, it.0))?;
        if let Err(why) = self.lay(ctx, &step, making.stage, from, wants, how, found) {
            engine.drop_step(ctx.sys, &step);
            return Err(self.failed(ctx, why));
        }
        let epoch = self.epoch.filter(|_| self.request.rewrite);
        let kept = engine.keep_step(ctx.sys, &step, epoch);
        let (stored, _) = kept.map_err(|failure| self.failed(ctx, failure.0))?;
        self.remember(ctx, engine, making, stored.diff_id, stored.chain, stored.size)?;
        let top = self.restack(ctx, engine, stored.chain, stored.diff_id, below)?;
        self.stages[making.stage].chain = Some(top);
        self.progress.done(ctx);
        Ok(())
    }

    /// Puts a layer on top of another chain.
    fn restack(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        chain: Digest,
        diff_id: Digest,
        below: Option<Digest>,
    ) -> Result<Digest, Fault> {
        let wanted = diff_id.chained(below);
        if engine.layer(ctx.sys, wanted).is_some() {
            return Ok(wanted);
        }
        let done = engine.restack(ctx.sys, chain, below);
        done.map(|it| it.chain).map_err(|failure| self.failed(ctx, failure.0))
    }
}

/// The path that `--parents` keeps: what stands before `/./` is left out.
fn kept_path(source: &str, path: &str, parents: bool) -> String {
    match source.split_once("/./") {
        Some((head, _)) if parents => {
            let head = clean(head);
            match path.strip_prefix(&head) {
                Some(rest) => format!("{head}/./{}", rest.trim_start_matches('/')),
                None => path.to_owned(),
            }
        }
        _ => path.to_owned(),
    }
}

/// The instruction with its variables replaced and its here-documents.
fn said(instruction: &Instruction, wants: &Wants) -> String {
    let mut text = format!("{} {} {}", instruction.name, wants.sources.join(" "), wants.dest);
    if let Some(chown) = &wants.chown {
        text += &format!(" --chown={chown}");
    }
    if let Some(mode) = wants.mode {
        text += &format!(" --chmod={mode:o}");
    }
    for exclude in &wants.exclude {
        text += &format!(" --exclude={exclude}");
    }
    let flags =
        instruction.original.split_whitespace().skip(1).take_while(|it| it.starts_with("--"));
    for flag in flags.filter(|it| ["--parents", "--link"].contains(it)) {
        text += &format!(" {flag}");
    }
    text
}

/// What the history says.
fn row_text(copying: &Copying, add: bool, wants: &Wants) -> String {
    let mut text = if add { "ADD" } else { "COPY" }.to_owned();
    if copying.parents {
        text += " --parents";
    }
    if let Some(chown) = &wants.chown {
        text += &format!(" --chown={chown}");
    }
    if let Some(chmod) = &copying.chmod {
        text += &format!(" --chmod={chmod}");
    }
    if copying.link {
        text += " --link";
    }
    format!("{text} {} {} # buildkit", wants.sources.join(" "), wants.dest)
}
