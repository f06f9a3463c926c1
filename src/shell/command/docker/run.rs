//! `docker run`, `create`, `start`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::shim::{Shim, detached_fds};
use super::{Next, images};
use crate::oci::config::RunConfig;
use crate::oci::engine::Engine;
use crate::oci::engine::containers::{Container, Wanted};
use crate::oci::engine::images::Local;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::vfs::Pid;

/// Options that change nothing here and are said so.
const WITHOUT_EFFECT: [&str; 4] = ["publish", "publish-all", "restart", "network"];

/// The image, pulled when it is not there.
fn image(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Result<Local, Fail> {
    let word = &args.words[0];
    if let Some(image) = engine.find_image(ctx.sys, word) {
        return Ok(image);
    }
    let name = images::reference(word)?;
    if args.value("pull") == Some("never") {
        return Err(Fail::Daemon(format!("No such image: {name}")));
    }
    ctx.flush();
    ctx.err(format!("Unable to find image '{name}' locally\n"));
    let id = images::fetch(ctx, engine, &name, args.has("quiet"), true)?;
    engine.image(ctx.sys, id).ok_or_else(|| Fail::Daemon(format!("No such image: {name}")))
}

fn make(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Result<Container, Fail> {
    for option in WITHOUT_EFFECT {
        if args.has(option) || args.value(option).is_some_and(|it| !it.is_empty()) {
            ctx.flush();
            ctx.err(format!(
                "docker: --{option} has no effect: networks and restarts are not simulated\n"
            ));
        }
    }
    let image = image(ctx, engine, args)?;
    let config = config(args, &image)?;
    let console = match ctx.sys.winsize(1) {
        Some((columns, rows)) => (columns, rows),
        None => (0, 0),
    };
    let wanted = Wanted {
        name: args.value("name").map(str::to_owned),
        config,
        auto_remove: args.has("rm"),
        readonly_rootfs: args.has("read-only"),
        binds: args.values("volume"),
        console,
    };
    Ok(engine.create_container(ctx.sys, &image, wanted)?)
}

/// How the container runs: the image's word, and what the options say instead.
fn config(args: &Args, image: &Local) -> Result<RunConfig, Fail> {
    let own = &image.config.config;
    let command = &args.words[1..];
    let mut env = own.env.clone().unwrap_or_default();
    if env.is_empty() {
        env.push("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
    }
    for pair in args.values("env") {
        let key = pair.split('=').next().unwrap_or_default();
        env.retain(|it| it.split('=').next() != Some(key));
        if pair.contains('=') {
            env.push(pair);
        }
    }
    let mut labels = own.labels.clone().unwrap_or_default();
    for label in args.values("label") {
        let (key, value) = label.split_once('=').unwrap_or((&label, ""));
        labels.insert(key.to_owned(), value.to_owned());
    }
    let entrypoint = match args.value("entrypoint") {
        Some("") => None,
        Some(word) => Some(vec![word.to_owned()]),
        None => own.entrypoint.clone(),
    };
    let cmd = match (command.is_empty(), args.value("entrypoint")) {
        (false, _) => Some(command.to_vec()),
        (true, Some(_)) => None,
        (true, None) => own.cmd.clone(),
    };
    let dir = args.value("workdir").unwrap_or(&own.working_dir);
    if !dir.is_empty() && !dir.starts_with('/') {
        return Err(Fail::Daemon(format!(
            "the working directory '{dir}' is invalid, it needs to be an absolute path"
        )));
    }
    let attached = !args.has("detach");
    Ok(RunConfig {
        hostname: args.value("hostname").unwrap_or_default().to_owned(),
        user: args.value("user").unwrap_or(&own.user).to_owned(),
        attach_stdin: attached && args.has("interactive"),
        attach_stdout: attached,
        attach_stderr: attached,
        tty: args.has("tty"),
        open_stdin: args.has("interactive"),
        stdin_once: attached && args.has("interactive"),
        env: Some(env),
        cmd,
        image: args.words[0].clone(),
        working_dir: dir.to_owned(),
        entrypoint,
        labels: Some(labels),
        ..RunConfig::default()
    })
}

pub fn create(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = make(ctx, engine, args)?;
    ctx.line(container.id);
    Ok(Next::Exit(0))
}

pub fn run(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = make(ctx, engine, args)?;
    let detached = args.has("detach");
    if !detached && args.has("tty") && !ctx.sys.isatty(0) && args.has("interactive") {
        engine.remove_container(ctx.sys, &container, true)?;
        return Err(Fail::Client("the input device is not a TTY".to_owned()));
    }
    let input = args.has("interactive");
    Ok(Next::Then(Box::new(Starting::new(engine, &container, detached, input, "docker: "))))
}

pub fn start(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let attach = args.has("attach") || args.has("interactive");
    if attach && args.words.len() > 1 {
        return Err(Fail::Client(
            "you cannot start and attach multiple containers at once".to_owned(),
        ));
    }
    let mut all = Vec::new();
    for word in &args.words {
        let container = engine.find_container(ctx.sys, word)?;
        if container.state.running {
            ctx.line(word);
            continue;
        }
        let mut starting = Starting::new(engine, &container, !attach, args.has("interactive"), "");
        starting.say = (!attach).then(|| word.clone());
        all.push(starting);
    }
    Ok(Next::Then(Box::new(Several { all, status: 0 })))
}

/// A container on its way up, and then, if somebody is attached, until its end.
#[derive(Clone)]
pub struct Starting {
    shim: Shim,
    log: String,
    detached: bool,
    input: bool,
    /// What to print once it runs.
    say: Option<String>,
    prefix: &'static str,
    drain: Drain,
    stage: Stage,
}

#[derive(Clone)]
enum Stage {
    New,
    Attached(Pid),
    Over(i32),
}

impl Starting {
    pub fn new(
        engine: &Engine,
        container: &Container,
        detached: bool,
        input: bool,
        prefix: &'static str,
    ) -> Starting {
        let dir = engine.container_dir(&container.id);
        Starting {
            shim: Shim::new(engine, &container.id),
            log: format!("{dir}/{}-json.log", container.id),
            detached,
            input,
            say: detached.then(|| container.id.clone()),
            prefix,
            drain: Drain::default(),
            stage: Stage::New,
        }
    }

    fn begin(&mut self, os: &mut Os<'_>) {
        let quiet = detached_fds(os, &self.log);
        let fds = match (self.detached, self.input) {
            (true, _) => quiet.clone(),
            (false, true) => vec![(0, 0), (1, 1), (2, 2)],
            (false, false) => {
                let null = quiet.iter().find(|it| it.0 == 0).copied();
                null.into_iter().chain([(1, 1), (2, 2)]).collect()
            }
        };
        // The shim is a process of its own; what it starts inherits from it.
        let pid = os.spawn(Box::new(self.shim.clone()), &fds);
        if self.detached {
            os.detach(pid);
        }
        let opened = quiet.iter().map(|it| it.1).collect::<std::collections::BTreeSet<_>>();
        for fd in opened {
            let _ = crate::sys::Sys::close(&mut os.kernel.sys(os.pid), fd);
        }
        let inherited: Vec<_> = [0, 1, 2].map(|fd| (fd, fd)).to_vec();
        let mut shim = self.shim.clone();
        let begun = {
            let mut inner = Os {
                kernel: &mut *os.kernel,
                tasks: &mut *os.tasks,
                pid,
                fuel: os.fuel,
                requests: &mut *os.requests,
            };
            shim.start(&mut inner, &inherited)
        };
        match begun {
            Ok(()) => {
                os.kernel.set_command(pid, &[b"containerd-shim".to_vec()]);
                if let Some(task) = os.tasks.map.get_mut(&pid) {
                    task.program = Box::new(shim);
                }
                if let Some(text) = &self.say {
                    self.drain.push(1, format!("{text}\n").into_bytes());
                }
                self.stage = if self.detached { Stage::Over(0) } else { Stage::Attached(pid) };
            }
            Err((status, why)) => {
                os.kernel.exit(pid);
                os.tasks.map.remove(&pid);
                if let (Some(text), false) = (&self.say, self.prefix.is_empty()) {
                    self.drain.push(1, format!("{text}\n").into_bytes());
                }
                let (prefix, dot) = (self.prefix, if self.prefix.is_empty() { "" } else { "." });
                self.drain.push(
                    2,
                    format!("{prefix}Error response from daemon: {why}{dot}\n").into_bytes(),
                );
                self.stage = Stage::Over(if self.prefix.is_empty() { 1 } else { status });
            }
        }
    }
}

impl Program for Starting {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            match self.stage {
                Stage::New => self.begin(os),
                Stage::Over(status) => return Poll::Exit(status),
                Stage::Attached(pid) => match os.try_wait(pid) {
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

/// One after the other.
#[derive(Clone)]
struct Several {
    all: Vec<Starting>,
    status: i32,
}

impl Program for Several {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        while let Some(first) = self.all.first_mut() {
            match first.poll(os) {
                Poll::Exit(status) => {
                    self.status = self.status.max(status);
                    self.all.remove(0);
                }
                other => return other,
            }
        }
        Poll::Exit(self.status)
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
