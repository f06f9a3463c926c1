//! The builder of DOCKER_BUILDKIT=0: an image for every instruction, a container for every command.
//! Formats, identifiers and the cache are those recorded of docker 20.10.24.

mod begin;
mod cached;
mod copying;
mod running;
mod squash;

use super::super::shim::{Inside, env_of};
use super::fetch::{self, Base};
use super::options::{Request, Show};
use super::sources::Sources;
use super::{Job, Step};
use crate::drivers::Failure;
use crate::oci::build::cache::Told;
use crate::oci::build::context::Context;
use crate::oci::build::copy::{self, Target};
use crate::oci::build::fault::Fault;
use crate::oci::build::instruction::{Copying, Instruction, What, Words};
use crate::oci::build::plan::{self, Plan};
use crate::oci::build::snapshot::Snapshot;
use crate::oci::build::state::{self, Arguments, Dialect, State};
use crate::oci::build::{owner, words};
use crate::oci::config::{History, ImageConfig, RootFs, RunConfig};
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::containers::{Container, Wanted};
use crate::oci::engine::images::Local;
use crate::oci::engine::{Engine, VERSION, timestamp};
use crate::oci::human;
use crate::shell::command::ctx::Ctx;
use crate::sys::Fd;

/// A step to do: the stage it belongs to, and whether it came from a base's ONBUILD.
#[derive(Clone)]
struct Todo {
    stage: usize,
    instruction: Instruction,
    trigger: bool,
}

#[derive(Clone)]
pub struct Classic {
    request: Request,
    sources: Sources,
    plan: Plan,
    todo: Vec<Todo>,
    at: usize,
    total: usize,
    shown: usize,
    arguments: Arguments,
    state: State,
    /// The image so far, and the one that its stage began with.
    image: Option<Local>,
    base: Option<Local>,
    /// The images that stages ended with.
    stages: Vec<Option<Local>>,
    /// A step was not found in the cache, so no later one is looked for.
    missed: bool,
    running: Option<Running>,
    told: Vec<Told>,
    declared: Vec<String>,
    over: Option<i32>,
}

/// A RUN on its way.
#[derive(Clone)]
struct Running {
    container: Container,
    /// The configuration of the container, and words for the history.
    saved: RunConfig,
    command: Vec<String>,
}

/// What ends a build: the message, and the status.
struct Bad(String, i32);

impl From<Failure> for Bad {
    fn from(failure: Failure) -> Bad {
        Bad(failure.0, 1)
    }
}

impl From<Fault> for Bad {
    fn from(fault: Fault) -> Bad {
        Bad(fault.text, 1)
    }
}

type Made<T> = Result<T, Bad>;

impl Classic {
    fn say(&self, ctx: &mut Ctx<'_>, text: &str) {
        if self.request.show != Show::Quiet {
            ctx.line(text);
        }
    }

    pub fn step(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Step {
        if let Some(status) = self.over {
            return Step::Over(status);
        }
        let done = if self.at < self.todo.len() {
            let todo = self.todo[self.at].clone();
            self.at += 1;
            if !todo.trigger {
                self.shown += 1;
                let head =
                    format!("Step {}/{} : {}", self.shown, self.total, todo.instruction.original);
                self.say(ctx, &head);
            }
            self.dispatch(ctx, engine, &todo)
        } else {
            self.finish(ctx, engine).map(|()| Step::Over(0))
        };
        done.unwrap_or_else(|bad| self.fail(ctx, engine, bad))
    }

    fn fail(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, bad: Bad) -> Step {
        self.sources.clear(ctx);
        let Bad(text, status) = bad;
        self.keep_told(ctx, engine, Err(text.clone()));
        ctx.flush();
        ctx.err(text + "\n");
        Step::Over(status)
    }

    fn keep_told(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, outcome: Result<Digest, String>) {
        let mut cache = engine.build_cache(ctx.sys);
        let (ended, steps) = (timestamp(ctx.sys), std::mem::take(&mut self.told));
        cache.ended(self.request.told(ended, steps, outcome));
        let _ = engine.keep_build_cache(ctx.sys, &cache);
    }

    fn dispatch(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, todo: &Todo) -> Made<Step> {
        let instruction = &todo.instruction;
        match &instruction.what {
            What::From { image, .. } => self.from(ctx, engine, todo, image)?,
            // An argument of the whole file: there is no image yet.
            What::Arg(_) if todo.stage == usize::MAX => {}
            What::Run(run) => {
                if !run.mounts.is_empty() {
                    return Err(needs_buildkit("--mount option"));
                }
                if !instruction.heredocs.is_empty() {
                    return Err(needs_buildkit("heredoc syntax"));
                }
                return self.run(ctx, engine, todo, &run.words.clone());
            }
            What::Copy(copying) => self.copy(ctx, engine, todo, &copying.clone(), false)?,
            What::Add(copying) => self.copy(ctx, engine, todo, &copying.clone(), true)?,
            What::Workdir(_) => self.workdir(ctx, engine, todo)?,
            _ => self.metadata(ctx, engine, todo)?,
        }
        let last_of_stage = self.todo.get(self.at).is_none_or(|next| next.stage != todo.stage);
        if last_of_stage && todo.stage != usize::MAX {
            self.stages[todo.stage].clone_from(&self.image);
        }
        Ok(Step::On)
    }

    fn from(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, todo: &Todo, image: &str) -> Made<()> {
        let name = words::expand(image, self.plan.escape, &self.arguments.global_vars())
            .map_err(|why| Bad(why, 1))?;
        if name.is_empty() {
            return Err(Bad(format!("base name ({image}) should not be blank"), 1));
        }
        self.missed = false;
        if name == "scratch" {
            (self.image, self.base) = (None, None);
            self.state = State::new(None, "", Dialect::Classic);
            self.say(ctx, " ---> ");
            return Ok(());
        }
        let base: Local = match self.plan.stage(&name, todo.stage) {
            Some(stage) => self.stages[stage].clone().ok_or_else(|| {
                Bad("No image was generated. Is your Dockerfile empty?".to_owned(), 1)
            })?,
            None => {
                let quiet = self.request.show == Show::Quiet;
                let base: Base = fetch::classic(ctx, engine, &name, self.request.pull, quiet)
                    .map_err(|why| Bad(why, 1))?;
                base.id
                    .and_then(|id| engine.image(ctx.sys, id))
                    .ok_or_else(|| Bad(format!("No such image: {name}"), 1))?
            }
        };
        self.state = State::new(Some(&base.config.config), "", Dialect::Classic);
        let triggers = base.config.config.on_build.clone().unwrap_or_default();
        self.say(ctx, &format!(" ---> {}", base.id.short()));
        self.base = Some(base.clone());
        self.image = Some(base);
        if !triggers.is_empty() {
            let plural = if triggers.len() == 1 { "" } else { "s" };
            self.say(ctx, &format!("# Executing {} build trigger{plural}", triggers.len()));
        }
        for (n, text) in triggers.iter().enumerate() {
            let instruction = state::trigger(text, todo.instruction.lines, self.plan.escape)?;
            let trigger = Todo { stage: todo.stage, instruction, trigger: true };
            self.todo.insert(self.at + n, trigger);
        }
        Ok(())
    }

    fn metadata(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, todo: &Todo) -> Made<()> {
        if let What::Arg(args) = &todo.instruction.what {
            self.declared.extend(args.iter().map(|it| it.0.clone()));
        }
        if let (What::Healthcheck(_), Some(old)) =
            (&todo.instruction.what, &self.state.config.healthcheck)
        {
            let old = old.test.clone().unwrap_or_default().join(" ");
            self.say(ctx, &format!("Note: overriding previous HEALTHCHECK: [{old}]"));
        }
        let text = self.state.apply(
            &todo.instruction,
            &self.arguments,
            self.plan.escape,
            Dialect::Classic,
        )?;
        let comment = vec!["#(nop) ".to_owned(), text.unwrap_or_default()];
        self.commit_comment(ctx, engine, todo, comment)
    }

    /// An instruction that leaves an image with another configuration.
    fn commit_comment(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        todo: &Todo,
        comment: Vec<String>,
    ) -> Made<()> {
        let probe = self.probe(comment);
        if self.hit(ctx, engine, todo, &probe)? {
            return Ok(());
        }
        let container = self.container(ctx, engine, &probe)?;
        self.say(ctx, &format!(" ---> Running in {}", &container.id[..12]));
        let saved = saved(&probe, &container);
        let kept = self.keep(ctx, engine, Some(&container), saved, None);
        engine.remove_container(ctx.sys, &container, true)?;
        kept?;
        self.say(ctx, &format!("Removing intermediate container {}", &container.id[..12]));
        self.say_id(ctx);
        Ok(())
    }

    /// The configuration of a container whose command is a comment.
    fn probe(&self, comment: Vec<String>) -> RunConfig {
        let mut probe = self.state.config.clone();
        probe.cmd = Some(self.state.shell().into_iter().chain(comment).collect());
        probe.image = self.image.as_ref().map_or(String::new(), |it| it.id.to_string());
        probe
    }

    fn say_id(&self, ctx: &mut Ctx<'_>) {
        if let Some(image) = &self.image {
            self.say(ctx, &format!(" ---> {}", image.id.short()));
        }
    }

    fn workdir(&mut self, ctx: &mut Ctx<'_>, engine: &Engine, todo: &Todo) -> Made<()> {
        let text = self.state.apply(
            &todo.instruction,
            &self.arguments,
            self.plan.escape,
            Dialect::Classic,
        )?;
        let dir = self.state.config.working_dir.clone();
        let probe = self.probe(vec![format!("#(nop) {}", text.unwrap_or_default())]);
        if self.hit(ctx, engine, todo, &probe)? {
            return Ok(());
        }
        let container = self.container(ctx, engine, &probe)?;
        self.say(ctx, &format!(" ---> Running in {}", &container.id[..12]));
        let made = self.make_dir(ctx, engine, &container, &dir);
        let saved = saved(&probe, &container);
        let kept = made.and_then(|()| self.keep_container(ctx, engine, &container, saved));
        engine.remove_container(ctx.sys, &container, true)?;
        kept?;
        self.say(ctx, &format!("Removing intermediate container {}", &container.id[..12]));
        self.say_id(ctx);
        Ok(())
    }

    fn make_dir(
        &self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        container: &Container,
        dir: &str,
    ) -> Made<()> {
        let mount_id = engine.mount_id(ctx.sys, &container.id)?;
        let tree = engine.driver.get(ctx.sys, &mount_id)?;
        let target = Target { tree, dest: dir.to_owned(), ..Target::default() };
        let made = copy::make_dir_all(ctx.sys, &target);
        engine.driver.put(ctx.sys, &mount_id)?;
        made.map_err(|why| Bad(why, 1))
    }

    /// A container as the builder makes it.
    fn container(&self, ctx: &mut Ctx<'_>, engine: &Engine, config: &RunConfig) -> Made<Container> {
        let none = Local { id: Digest::of(b""), config: ImageConfig::default(), raw: Vec::new() };
        let image = self.image.clone().unwrap_or(none);
        let wanted = Wanted {
            network_mode: "bridge".to_owned(),
            config: RunConfig { image: image.id.to_string(), ..config.clone() },
            ..Wanted::default()
        };
        Ok(engine.create_container(ctx.sys, &image, wanted)?)
    }

    /// Takes a new image in: `layer` is the diff ID of what it adds.
    fn keep(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        container: Option<&Container>,
        saved: RunConfig,
        layer: Option<Digest>,
    ) -> Made<()> {
        let now = match self.request.epoch {
            Some(epoch) => human::rfc3339(epoch, 0),
            None => timestamp(ctx.sys),
        };
        let parent = self.image.clone();
        let base = parent.as_ref().map(|it| it.config.clone()).unwrap_or_default();
        let mut history = base.history;
        let command = saved.cmd.clone().unwrap_or_default();
        history.push(History {
            created: Some(now.clone()),
            author: self.state.author.clone(),
            created_by: command.join(" "),
            comment: String::new(),
            empty_layer: layer.is_none(),
        });
        let mut diff_ids = base.rootfs.diff_ids;
        diff_ids.extend(layer);
        let mut config = self.state.config.clone();
        config.image = parent.as_ref().map_or(String::new(), |it| it.id.to_string());
        let image = ImageConfig {
            architecture: "amd64".to_owned(),
            author: self.state.author.clone(),
            config,
            container: container.map_or(String::new(), |it| it.id.clone()),
            container_config: Some(saved),
            created: Some(now),
            docker_version: VERSION.to_owned(),
            history,
            os: "linux".to_owned(),
            rootfs: RootFs { kind: "layers".to_owned(), diff_ids },
            ..ImageConfig::default()
        };
        let image = engine.put_config(ctx.sys, image, parent.map(|it| it.id))?;
        if let (Some(told), Some(_)) = (self.told.last_mut(), layer) {
            told.layer = image.chains().last().copied();
        }
        self.image = Some(image);
        Ok(())
    }

    fn chain(&self) -> Option<Digest> {
        let image = self.image.as_ref()?;
        chain_ids(&image.config.rootfs.diff_ids).last().copied()
    }

    /// Commits what a container has written.
    fn keep_container(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        container: &Container,
        saved: RunConfig,
    ) -> Made<()> {
        let layer = engine.commit_layer(ctx.sys, &container.id, self.chain())?;
        self.keep(ctx, engine, Some(container), saved, layer)
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, engine: &Engine) -> Made<()> {
        self.sources.clear(ctx);
        let Some(mut image) = self.image.clone() else {
            return Err(Bad("No image was generated. Is your Dockerfile empty?".to_owned(), 1));
        };
        if self.request.squash {
            image = squash::squash(ctx.sys, engine, &image, self.base.as_ref())
                .map_err(|why| Bad(format!("error squashing image: {why}"), 1))?;
        }
        self.keep_told(ctx, engine, Ok(image.id));
        let unused = self.arguments.unused(&self.declared);
        if !unused.is_empty() {
            let text = format!(
                "[Warning] One or more build-args [{}] were not consumed",
                unused.join(" ")
            );
            self.say(ctx, &text);
        }
        if let Some(path) = &self.request.iidfile {
            let _ =
                crate::drivers::files::write(ctx.sys, path, image.id.to_string().as_bytes(), 0o644);
        }
        if self.request.show == Show::Quiet {
            ctx.line(image.id.to_string());
        }
        self.say(ctx, &format!("Successfully built {}", image.id.short()));
        for (_, name) in self.request.tags.clone() {
            engine.name_image(ctx.sys, &name, image.id)?;
            self.say(ctx, &format!("Successfully tagged {name}"));
        }
        Ok(())
    }
}

fn needs_buildkit(what: &str) -> Bad {
    Bad(
        format!(
            "the {what} requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build \
             images with BuildKit enabled"
        ),
        1,
    )
}

/// What the container of a comment looked like.
fn saved(probe: &RunConfig, container: &Container) -> RunConfig {
    let mut saved = probe.clone();
    saved.hostname = container.id[..12].to_owned();
    saved.labels = Some(saved.labels.unwrap_or_default());
    saved
}
