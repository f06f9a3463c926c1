//! `docker run`, `create`, `start`.

use super::args::Args;
use super::attach::{Attached, Begin, Streams, Then};
use super::cli::{Done, Fail};
use super::host::{self, Mount};
use super::shim::Shim;
use super::{Next, images};
use crate::oci::config::RunConfig;
use crate::oci::engine::Engine;
use crate::oci::engine::containers::{Container, Wanted};
use crate::oci::engine::images::Local;
use crate::oci::engine::ports::Publish;
use crate::oci::engine::reference::Reference;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::Fd;
use crate::vfs::Pid;

/// The image, pulled when it is not there.
fn image(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Result<Local, Fail> {
    let word = &args.words[0];
    let pull = args.value("pull").unwrap_or("missing");
    if !["always", "missing", "never"].contains(&pull) {
        return Err(Fail::Refused(format!(
            "invalid pull option: '{pull}': must be one of \"always\", \"missing\" or \"never\""
        )));
    }
    if let Some(image) = engine.find_image(ctx.sys, word).filter(|_| pull != "always") {
        return Ok(image);
    }
    let name = Reference::parse(word).map_err(Fail::Refused)?;
    if pull == "never" {
        return Err(Fail::Daemon(format!("No such image: {name}")));
    }
    ctx.flush();
    if pull == "missing" {
        ctx.err(format!("Unable to find image '{name}' locally\n"));
    }
    let id = images::fetch(ctx, engine, &name, args.has("quiet"), true)?;
    engine.image(ctx.sys, id).ok_or_else(|| Fail::Daemon(format!("No such image: {name}")))
}

fn make(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Result<Container, Fail> {
    let published = args.values("publish");
    let published = published.iter().map(|it| Publish::parse(it));
    let mut publish: Vec<Publish> = published.collect::<Result<_, _>>().map_err(Fail::Refused)?;
    let host = host::chosen(args)?;
    let mut binds = args.values("volume");
    let mut memory = args.values("tmpfs");
    for text in args.values("mount") {
        match host::mount(ctx, &text)? {
            Mount::Bind(bind) => binds.push(bind),
            Mount::Memory(path, options) => memory.push(format!("{path}:{options}")),
        }
    }
    if let Some(path) = args.value("cidfile")
        && crate::drivers::files::exists(ctx.sys, path)
    {
        return Err(Fail::Refused(format!(
            "container ID file found, make sure the other container isn't running or delete {path}"
        )));
    }
    host::without_effect(ctx, args);
    for bind in args.values("volume") {
        if bind.split(':').any(str::is_empty) {
            let why = format!("invalid spec: {bind}: empty section between colons");
            return Err(Fail::Refused(why));
        }
    }
    let image = image(ctx, engine, args)?;
    let more = host::env_files(ctx, args)?;
    let mut config = config(args, &image, more)?;
    let mut exposed = image.config.config.exposed_ports.clone().unwrap_or_default();
    if args.has("publish-all") {
        let all = exposed.iter().map(|it| it.0.clone());
        publish.extend(all.map(|port| Publish { port, host_ip: String::new(), host_port: 0 }));
    }
    if !publish.is_empty() {
        exposed.extend(publish.iter().map(|it| (it.port.clone(), Default::default())));
        config.exposed_ports = Some(exposed);
    }
    let network_mode = match args.value("network") {
        None | Some("default") => "bridge".to_owned(),
        // One that there is not is complained about at the start.
        Some(word) => engine.network(ctx.sys, word).map_or_else(|| word.to_owned(), |it| it.name),
    };
    let tmpfs = memory.into_iter().map(|it| match it.split_once(':') {
        Some((path, options)) => (path.to_owned(), options.to_owned()),
        None => (it, String::new()),
    });
    let console = match ctx.sys.winsize(1) {
        Some((columns, rows)) => (columns, rows),
        None => (0, 0),
    };
    let wanted = Wanted {
        name: args.value("name").map(str::to_owned),
        config,
        auto_remove: args.has("rm"),
        readonly_rootfs: args.has("read-only"),
        network_mode,
        tmpfs: tmpfs.collect(),
        binds,
        console,
        publish,
        host,
    };
    let container = engine.create_container(ctx.sys, &image, wanted)?;
    if let Some(path) = args.value("cidfile") {
        let done = crate::drivers::files::write(ctx.sys, path, container.id.as_bytes(), 0o644);
        done.map_err(|errno| Fail::Refused(format!("{path}: {}", errno.message())))?;
    }
    Ok(container)
}

/// How the container runs: the image's word, and what the options say instead.
fn config(args: &Args, image: &Local, more: Vec<String>) -> Result<RunConfig, Fail> {
    let own = &image.config.config;
    let command = &args.words[1..];
    let mut env = own.env.clone().unwrap_or_default();
    for pair in more.into_iter().chain(args.values("env")) {
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
        env: Some(env).filter(|it| !it.is_empty()),
        cmd,
        image: args.words[0].clone(),
        working_dir: dir.to_owned(),
        entrypoint,
        labels: Some(labels),
        stop_signal: args.value("stop-signal").map(str::to_owned),
        ..RunConfig::default()
    })
}

pub fn create(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = make(ctx, engine, args)?;
    ctx.line(container.id);
    Ok(Next::Exit(0))
}

pub fn run(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let detached = args.has("detach");
    if !detached && args.has("tty") && !ctx.sys.isatty(0) && args.has("interactive") {
        return Err(Fail::Client("the input device is not a TTY".to_owned()));
    }
    let container = make(ctx, engine, args)?;
    let streams = Streams { detached, input: args.has("interactive") };
    if !detached {
        engine.tell_container(ctx.sys, &container, "attach", &[]);
    }
    Ok(Next::Then(Box::new(starting(engine, &container, streams, Asked::Run))))
}

pub fn start(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let attach = args.has("attach") || args.has("interactive");
    if attach && args.words.len() > 1 {
        return Err(Fail::Client(
            "you cannot start and attach multiple containers at once".to_owned(),
        ));
    }
    let streams = Streams { detached: !attach, input: args.has("interactive") };
    let mut all: Vec<Box<dyn Program>> = Vec::new();
    let mut lost = Vec::new();
    for word in &args.words {
        match engine.find_container(ctx.sys, word) {
            Ok(container) if container.state.running => {
                all.push(Box::new(Said::new(1, format!("{word}\n"), 0)));
            }
            Ok(container) => {
                let asked = Asked::Start(word.clone());
                if attach {
                    engine.tell_container(ctx.sys, &container, "attach", &[]);
                }
                all.push(Box::new(starting(engine, &container, streams, asked)));
            }
            Err(failure) => {
                lost.push(word.clone());
                let text = format!("Error response from daemon: {failure}\n");
                all.push(Box::new(Said::new(2, text, 1)));
            }
        }
    }
    if !lost.is_empty() {
        let text = format!("Error: failed to start containers: {}\n", lost.join(", "));
        all.push(Box::new(Said::new(2, text, 1)));
    }
    Ok(Next::Then(Box::new(Several { all, status: 0 })))
}

/// Says something and ends.
#[derive(Clone)]
struct Said {
    drain: Drain,
    status: i32,
}

impl Said {
    fn new(fd: Fd, text: String, status: i32) -> Said {
        let mut drain = Drain::default();
        drain.push(fd, text.into_bytes());
        Said { drain, status }
    }
}

impl Program for Said {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        self.drain.poll(os, "docker").unwrap_or(Poll::Exit(self.status))
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// A container on its way up, and then, if somebody is attached, until its end.
pub type Starting = Attached<Up>;

/// How a container comes up.
#[derive(Clone)]
pub struct Up {
    shim: Shim,
    streams: Streams,
    /// What to print once it runs.
    say: Option<String>,
    asked: Asked,
}

/// Which command asked: they put failures in their own words.
#[derive(Clone, PartialEq, Eq)]
pub enum Asked {
    /// `docker run`.
    Run,
    /// `docker start` and others, with the word that named the container.
    Start(String),
}

/// The beginning of a container that exists.
pub fn starting(
    engine: &Engine,
    container: &Container,
    streams: Streams,
    asked: Asked,
) -> Starting {
    let say = match &asked {
        Asked::Run => container.id.clone(),
        Asked::Start(word) => word.clone(),
    };
    Attached::new(Up {
        shim: Shim::new(engine, &container.id, streams.detached),
        streams,
        say: streams.detached.then_some(say),
        asked,
    })
}

impl Up {
    /// The shim is a process of its own; what it starts inherits from it.
    fn shim(&self, os: &mut Os<'_>, fds: &[(Fd, Fd)]) -> Result<Pid, (i32, String)> {
        let pid = os.spawn(Box::new(self.shim.clone()), fds);
        if self.streams.detached {
            os.detach(pid);
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
                Ok(pid)
            }
            Err(failed) => {
                os.kernel.exit(pid);
                os.tasks.map.remove(&pid);
                Err(failed)
            }
        }
    }
}

impl Begin for Up {
    fn begin(&mut self, os: &mut Os<'_>, drain: &mut Drain) -> Then {
        let begun = self.streams.lend(os, |os, fds| self.shim(os, fds));
        match begun {
            Ok(pid) => {
                if let Some(text) = &self.say {
                    drain.push(1, format!("{text}\n").into_bytes());
                }
                if self.streams.detached { Then::Over(0) } else { Then::Wait(pid) }
            }
            Err((status, why)) => {
                let (text, status) = match &self.asked {
                    Asked::Run => {
                        if let Some(text) = &self.say {
                            drain.push(1, format!("{text}\n").into_bytes());
                        }
                        let hint = "Run 'docker run --help' for more information";
                        (format!("docker: Error response from daemon: {why}\n\n{hint}\n"), status)
                    }
                    Asked::Start(word) => (
                        format!(
                            "Error response from daemon: {why}\nError: failed to start containers: {word}\n"
                        ),
                        1,
                    ),
                };
                drain.push(2, text.into_bytes());
                Then::Over(status)
            }
        }
    }
}

/// One after the other.
#[derive(Clone)]
struct Several {
    all: Vec<Box<dyn Program>>,
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
