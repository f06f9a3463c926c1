//! COPY and ADD.

use super::*;

impl Classic {
    pub(super) fn copy(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        todo: &Todo,
        copying: &Copying,
        add: bool,
    ) -> Made<()> {
        for (is, name) in [
            (copying.chmod.is_some(), "--chmod option"),
            (copying.link, "--link option"),
            (copying.parents, "--parents option"),
            (!copying.exclude.is_empty(), "--exclude option"),
            (!todo.instruction.heredocs.is_empty(), "heredoc syntax"),
        ] {
            if is {
                return Err(needs_buildkit(name));
            }
        }
        let vars = self.state.vars();
        let expand =
            |text: &str| words::expand(text, self.plan.escape, &vars).map_err(|why| Bad(why, 1));
        let sources: Vec<String> =
            copying.sources.iter().map(|it| expand(it)).collect::<Made<_>>()?;
        let dest = expand(&copying.dest)?;
        let chown = copying.chown.as_deref().map(expand).transpose()?;
        let (context, mounted) = self.copy_source(ctx, engine, copying, todo)?;
        let done = self.copy_from(
            ctx,
            engine,
            todo,
            &Copy { context, sources, dest, chown, add, from: copying.from.is_some() },
        );
        if let Some(mounted) = mounted {
            engine.drop_step(ctx.sys, &mounted);
        }
        done
    }

    /// The tree that files come from; what has to be unmounted afterwards.
    fn copy_source(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        copying: &Copying,
        todo: &Todo,
    ) -> Made<(Context, Option<Snapshot>)> {
        let Some(from) = &copying.from else { return Ok((self.sources.context.clone(), None)) };
        let chain = match self.plan.stage_or_number(from, todo.stage) {
            Some(stage) => {
                let image = self.stages[stage].as_ref();
                image.and_then(|it| chain_ids(&it.config.rootfs.diff_ids).last().copied())
            }
            None => {
                let quiet = self.request.show == Show::Quiet;
                let base = fetch::classic(ctx, engine, from, self.request.pull, quiet)
                    .map_err(|why| Bad(format!("invalid from flag value {from}: {why}"), 1))?;
                base.chain()
            }
        };
        let mounted = engine.begin_step(ctx.sys, chain)?;
        Ok((Context::at(&mounted.tree), Some(mounted)))
    }

    fn copy_from(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        todo: &Todo,
        job: &Copy,
    ) -> Made<()> {
        let failed = |why: String| Bad(format!("{} failed: {why}", job.name()), 1);
        let mut found = Vec::new();
        for source in &job.sources {
            if source.starts_with("http://") || source.starts_with("https://") {
                return Err(Bad(
                    format!("ADD {source}: not simulated: the machine has no network"),
                    1,
                ));
            }
            if !job.from && leads_out(source) {
                return Err(failed(format!(
                    "forbidden path outside the build context: {source} ()"
                )));
            }
            let some = job.context.select(ctx.sys, source).map_err(failed)?;
            let is_pattern = crate::oci::build::pattern::is_pattern(source);
            if some.is_empty() && !is_pattern {
                let shown = crate::oci::build::ignore::clean(source);
                return Err(failed(match job.from {
                    true => format!("stat {shown}: file does not exist"),
                    false => format!(
                        "file not found in build context or excluded by .dockerignore: stat {shown}: file does \
                         not exist"
                    ),
                }));
            }
            found.extend(some);
        }
        if found.is_empty() {
            return Err(failed("no source files were specified".to_owned()));
        }
        if found.len() > 1 && !job.dest.ends_with('/') {
            return Err(Bad(
                format!(
                    "When using {} with more than one source file, the destination must be a directory and end \
                     with a /",
                    job.name()
                ),
                1,
            ));
        }
        let mut digests = Vec::new();
        for one in &found {
            let digest = job.context.classic_digest(ctx.sys, one);
            digests.push(digest.map_err(|errno| failed(errno.message().to_lowercase()))?);
        }
        let digest = match &digests[..] {
            [one] => one.clone(),
            many => format!("multi:{}", Digest::of(many.join(",").as_bytes()).hex()),
        };
        let chown = job.chown.as_ref().map_or(String::new(), |it| format!("--chown={it}"));
        let comment = format!("#(nop) {} {chown}{digest} in {} ", job.name(), job.dest);
        let probe = self.probe(vec![comment]);
        if self.hit(ctx, engine, todo, &probe)? {
            return Ok(());
        }
        let step = engine.begin_step(ctx.sys, self.chain())?;
        let laid = self.lay(ctx, &step, job, &found);
        if let Err(why) = laid {
            engine.drop_step(ctx.sys, &step);
            return Err(Bad(why, 1));
        }
        let (stored, entries) = engine.keep_step(ctx.sys, &step, None)?;
        let layer = (entries > 0).then_some(stored.diff_id);
        if layer.is_none() {
            engine.release(ctx.sys, stored.chain)?;
        }
        self.keep(ctx, engine, None, probe, layer)?;
        self.say_id(ctx);
        Ok(())
    }

    fn lay(
        &self,
        ctx: &mut Ctx<'_>,
        step: &Snapshot,
        job: &Copy,
        found: &[crate::oci::build::context::Found],
    ) -> Result<(), String> {
        let owner = match &job.chown {
            Some(text) => Some(owner::of(ctx.sys, &step.tree, text)?),
            None => None,
        };
        let dest = self.state.joined(&job.dest);
        let slash = if job.dest.ends_with('/') || job.dest == "." { "/" } else { "" };
        let target = Target {
            tree: step.tree.clone(),
            dest: format!("{}{slash}", dest.trim_end_matches('/')),
            owner,
            unpack: job.add,
            classic: true,
            ..Target::default()
        };
        for one in found {
            copy::copy(ctx.sys, &job.context, one, found.len() > 1, &target)?;
        }
        Ok(())
    }
}

/// COPY or ADD with its variables replaced.
struct Copy {
    context: Context,
    sources: Vec<String>,
    dest: String,
    chown: Option<String>,
    add: bool,
    from: bool,
}

impl Copy {
    fn name(&self) -> &'static str {
        if self.add { "ADD" } else { "COPY" }
    }
}

/// Whether a path leaves the context.
fn leads_out(path: &str) -> bool {
    let mut depth = 0i64;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}
