//! `docker exec`.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use super::shim::{Inside, enter, env_of};
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::vfs::Pid;

pub fn exec(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    if !container.state.running {
        return Err(Fail::Daemon(format!("container {} is not running", container.id)));
    }
    if args.has("tty") && args.has("interactive") && !ctx.sys.isatty(0) {
        return Err(Fail::Client("the input device is not a TTY".to_owned()));
    }
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let tree = engine.driver.get(ctx.sys, &mount_id)?;
    let inside = Inside {
        argv: args.words[1..].iter().map(|it| it.clone().into_bytes()).collect(),
        env: env_of(&container, &args.values("env")),
        dir: args.value("workdir").unwrap_or(&container.config.working_dir).to_owned(),
        user: args.value("user").unwrap_or(&container.config.user).to_owned(),
    };
    let (detached, input) = (args.has("detach"), args.has("interactive"));
    Ok(Next::Then(Box::new(Running {
        tree,
        inside,
        detached,
        input,
        drain: Drain::default(),
        stage: Stage::New,
    })))
}

#[derive(Clone)]
struct Running {
    tree: String,
    inside: Inside,
    detached: bool,
    input: bool,
    drain: Drain,
    stage: Stage,
}

#[derive(Clone)]
enum Stage {
    New,
    Waiting(Pid),
    Over(i32),
}

impl Running {
    fn begin(&mut self, os: &mut Os<'_>) {
        let quiet = super::shim::detached_fds(os, "/dev/null");
        let fds = match (self.detached, self.input) {
            (true, _) => quiet.clone(),
            (false, true) => vec![(0, 0), (1, 1), (2, 2)],
            (false, false) => {
                let null = quiet.iter().find(|it| it.0 == 0).copied();
                null.into_iter().chain([(1, 1), (2, 2)]).collect()
            }
        };
        let begun = enter(os, &self.tree, &self.inside, &fds);
        let opened = quiet.iter().map(|it| it.1).collect::<std::collections::BTreeSet<_>>();
        for fd in opened {
            let _ = crate::sys::Sys::close(&mut os.kernel.sys(os.pid), fd);
        }
        self.stage = match begun {
            Ok(_) if self.detached => Stage::Over(0),
            Ok(pid) => Stage::Waiting(pid),
            Err((status, why)) => {
                // The runtime speaks itself here, and shorter.
                let why =
                    why.rsplit_once("unable to start container process: ").map_or(&*why, |it| it.1);
                let text = format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: {why}\n"
                );
                self.drain.push(2, text.into_bytes());
                Stage::Over(status)
            }
        };
    }
}

impl Program for Running {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            match self.stage {
                Stage::New => self.begin(os),
                Stage::Over(status) => return Poll::Exit(status),
                Stage::Waiting(pid) => match os.try_wait(pid) {
                    Some(status) => self.stage = Stage::Over(status),
                    None => return Poll::Blocked,
                },
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
