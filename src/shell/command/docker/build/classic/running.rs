//! RUN: a container, and what it leaves behind.

use super::*;

impl Classic {
    pub(super) fn run(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        todo: &Todo,
        words: &Words,
    ) -> Made<Step> {
        let argv = self.state.run_argv(words);
        let prefix = self.state.args_prefix(&self.arguments, Dialect::Classic);
        let mut probe = self.state.config.clone();
        probe.image = self.image.as_ref().map_or(String::new(), |it| it.id.to_string());
        probe.cmd = Some(prefix.into_iter().chain(argv.clone()).collect());
        probe.entrypoint = None;
        if self.hit(ctx, engine, todo, &probe)? {
            return Ok(Step::On);
        }
        if argv.is_empty() {
            return Err(Bad("no command specified".to_owned(), 1));
        }
        let mut config = probe.clone();
        config.cmd = Some(argv.clone());
        config.env = Some(self.state.run_env(&self.arguments));
        let mut container = self.container(ctx, engine, &config)?;
        self.say(ctx, &format!(" ---> Running in {}", &container.id[..12]));
        let tree = match engine.prepare(ctx.sys, &mut container) {
            Ok(tree) => tree,
            Err(failure) => {
                engine.remove_container(ctx.sys, &container, true)?;
                return Err(failure.into());
            }
        };
        engine.started(ctx.sys, &container.id, 0)?;
        let inside = Inside {
            argv: argv.iter().map(|it| it.clone().into_bytes()).collect(),
            env: env_of(&container, &[]),
            dir: container.config.working_dir.clone(),
            user: container.config.user.clone(),
            no_user: 126,
        };
        let job = container.clone();
        self.running = Some(Running { container, saved: probe, command: argv });
        Ok(Step::Run(Box::new(Job { tree, container: Some(job), inside, apart: true })))
    }

    pub fn output(&mut self, ctx: &mut Ctx<'_>, fd: Fd, bytes: &[u8]) {
        if self.request.show == Show::Quiet {
            return;
        }
        if fd == 2 {
            ctx.out(b"\x1b[91m");
            ctx.out(bytes);
            ctx.out(b"\x1b[0m");
        } else {
            ctx.out(bytes);
        }
    }

    pub fn ran(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, status: i32, failed: Option<String>) {
        let Some(running) = self.running.take() else { return };
        let done = self.ended(ctx, engine, &running, status, failed);
        if let Err(bad) = done {
            if let Step::Over(status) = self.fail(ctx, engine, bad) {
                self.over = Some(status);
            }
        }
    }

    fn ended(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        running: &Running,
        status: i32,
        failed: Option<String>,
    ) -> Made<()> {
        let container = &running.container;
        match &failed {
            None => engine.ended(ctx.sys, &container.id, status)?,
            Some(why) => engine.failed(ctx.sys, &container.id, status, why)?,
        }
        if let Some(why) = failed {
            if self.request.force_remove {
                engine.remove_container(ctx.sys, container, true)?;
            }
            return Err(Bad(why, 1));
        }
        if status != 0 {
            let command = running.command.join(" ");
            if self.request.force_remove {
                engine.remove_container(ctx.sys, container, true)?;
                self.say(ctx, &format!("Removing intermediate container {}", &container.id[..12]));
            }
            let text = format!("The command '{command}' returned a non-zero code: {status}");
            return Err(Bad(text, status));
        }
        let kept = self.keep_container(ctx, engine, container, running.saved.clone());
        if self.request.remove || kept.is_err() {
            engine.remove_container(ctx.sys, container, true)?;
        }
        kept?;
        if self.request.remove {
            self.say(ctx, &format!("Removing intermediate container {}", &container.id[..12]));
        }
        self.say_id(ctx);
        let stage = self.todo.get(self.at - 1).map_or(0, |it| it.stage);
        let last_of_stage = self.todo.get(self.at).is_none_or(|next| next.stage != stage);
        if last_of_stage {
            self.stages[stage].clone_from(&self.image);
        }
        Ok(())
    }

    pub fn cancel(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) {
        if let Some(running) = self.running.take() {
            let _ = engine.ended(ctx.sys, &running.container.id, 137);
            let _ = engine.remove_container(ctx.sys, &running.container, true);
        }
        self.sources.clear(ctx);
    }
}
