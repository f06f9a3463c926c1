//! `docker exec`.

use super::Next;
use super::args::Args;
use super::attach::{Attached, Begin, Streams, Then};
use super::cli::{Done, Fail};
use super::shim::{Inside, Trouble, Why, enter, env_of};
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, Home, random_id};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::sys::Sys;

/// The status when there is nothing to run, whatever the reason (observed on 20.10).
const CANNOT: i32 = 126;

pub fn exec(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    if !container.state.running {
        return Err(Fail::Daemon(format!("container {} is not running", container.id)));
    }
    if container.state.paused {
        return Err(Fail::Daemon(format!(
            "Container {} is paused, unpause the container before exec",
            args.words[0]
        )));
    }
    if args.has("tty") && args.has("interactive") && !ctx.sys.isatty(0) {
        return Err(Fail::Client("the input device is not a TTY".to_owned()));
    }
    let inside = Inside {
        argv: args.words[1..].iter().map(|it| it.clone().into_bytes()).collect(),
        env: env_of(&container, &args.values("env")),
        dir: args.value("workdir").unwrap_or(&container.config.working_dir).to_owned(),
        user: args.value("user").unwrap_or(&container.config.user).to_owned(),
        no_user: CANNOT,
    };
    let streams = Streams { detached: args.has("detach"), input: args.has("interactive") };
    let beside = container.state.pid;
    let told = Told::of(ctx, engine, &container, &args.words[1..]);
    Ok(Next::Then(Box::new(Attached::new(Running { beside, inside, streams, told }))))
}

/// What the daemon remembers of it.
#[derive(Clone)]
struct Told {
    home: Home,
    container: Container,
    exec: String,
}

impl Told {
    fn of(ctx: &mut Ctx<'_>, engine: &Engine, container: &Container, words: &[String]) -> Told {
        let exec = random_id(ctx.sys, "exec");
        let (command, args) = words.split_first().map_or(("", &[][..]), |it| (it.0.as_str(), it.1));
        let command = format!("{command} {}", args.join(" "));
        for action in ["exec_create", "exec_start"] {
            let action = format!("{action}: {command}");
            engine.tell_container(ctx.sys, container, &action, &[("execID", &exec)]);
        }
        Told { home: engine.home(), container: container.clone(), exec }
    }

    fn died(&self, sys: &mut dyn Sys, status: i32) {
        if let Some(engine) = self.home.engine() {
            let more = [("execID", self.exec.as_str()), ("exitCode", &status.to_string())];
            engine.tell_container(sys, &self.container, "exec_die", &more);
        }
    }
}

#[derive(Clone)]
struct Running {
    /// The container's first process.
    beside: i32,
    inside: Inside,
    streams: Streams,
    told: Told,
}

impl Begin for Running {
    fn begin(&mut self, os: &mut Os<'_>, drain: &mut Drain) -> Then {
        let beside = self.beside;
        let enclose = move |sys: &mut dyn Sys| {
            sys.join_mounts(beside).map_err(|errno| errno.message().to_lowercase())
        };
        let begun =
            self.streams.lend(os, |os, fds| enter(os, &self.inside, fds, Box::new(enclose)));
        match begun {
            Ok(_) if self.streams.detached => Then::Over(0),
            Ok(pid) => Then::Wait(pid),
            Err(Trouble { why, .. }) => {
                let text = match why {
                    Why::Daemon(why) => why,
                    Why::Runtime(why) => format!(
                        "OCI runtime exec failed: exec failed: unable to start container process: {why}"
                    ),
                };
                drain.push(2, format!("{text}\n").into_bytes());
                Then::Over(CANNOT)
            }
        }
    }

    fn over(&mut self, os: &mut Os<'_>, status: i32) {
        self.told.died(&mut os.kernel.sys(os.pid), status);
    }
}
