//! `dockerd`: the daemon as far as it is one here. The engine lies in files and every `docker` opens them
//! itself; what a daemon was started with lies in `/run/docker/daemon.json` while it runs.

use super::args::{self, Args};
use crate::drivers::files;
use crate::oci::engine::{DAEMON, Engine, RUNNING};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::command::{Command, Invocation, Package, Start, rare};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Sys};
use serde_json::{Map, Value, json};

pub const COMMAND: Command = rare(Command {
    name: "dockerd",
    usage: "Usage:  {} [OPTIONS]\n\nA self-sufficient runtime for containers.\n",
    summary: "the engine with other options: data root, storage driver",
    package: Package::Other("Docker version 26.1.4, build simulated"),
    trouble: 1,
    start: Start::Program(|call| {
        Box::new(Daemon { call, drain: Drain::default(), stage: Stage::New })
    }),
});

const OPTIONS: &str = "|data-root= s|storage-driver= |config-file= |feature= D|debug l|log-level= H|host= |pidfile= \
    |exec-root= |bridge= |iptables |ip6tables |validate h|help v|version";

#[derive(Clone)]
enum Stage {
    New,
    Running,
    Over(i32),
}

#[derive(Clone)]
struct Daemon {
    call: Invocation,
    drain: Drain,
    stage: Stage,
}

/// What the options say, over what the file says.
fn configured(sys: &mut dyn Sys, args: &Args) -> Result<Value, String> {
    let file = args.value("config-file").unwrap_or(DAEMON);
    let failed =
        |why: String| format!("unable to configure the Docker daemon with file {file}: {why}");
    let mut all: Map<String, Value> = match files::read(sys, file) {
        Ok(text) => serde_json::from_slice(&text).map_err(|err| failed(err.to_string()))?,
        Err(_) => Map::new(),
    };
    for key in ["data-root", "storage-driver"] {
        let Some(flag) = args.value(key) else { continue };
        if let Some(given) = all.get(key) {
            let given = given.as_str().unwrap_or_default();
            return Err(failed(format!(
                "the following directives are specified both as a flag and in the configuration file: {key}: \
                 (from flag: {flag}, from file: {given})"
            )));
        }
        all.insert(key.to_owned(), json!(flag));
    }
    for feature in args.values("feature") {
        let (name, on) = feature.split_once('=').unwrap_or((&feature, "true"));
        let features = all.entry("features").or_insert_with(|| json!({}));
        if let Value::Object(features) = features {
            features.insert(name.to_owned(), json!(on != "false"));
        }
    }
    Ok(Value::Object(all))
}

/// Starts it; what it says, or the status that it ends with.
fn begin(ctx: &mut Ctx<'_>) -> Option<i32> {
    let words = ctx.args().iter().map(|it| String::from_utf8_lossy(it).into_owned());
    let words: Vec<String> = words.collect();
    let args = match args::parse(OPTIONS, &words) {
        Ok(args) => args,
        Err(why) => {
            ctx.err(format!("{why}\nSee 'dockerd --help'.\n"));
            return Some(125);
        }
    };
    if args.has("version") {
        ctx.line(COMMAND.version_line());
        return Some(0);
    }
    if args.has("help") {
        ctx.out(COMMAND.usage.replace("{}", "dockerd"));
        return Some(0);
    }
    let done = configured(ctx.sys, &args).and_then(|all| {
        if args.has("validate") {
            return Ok(true);
        }
        if files::exists(ctx.sys, RUNNING) {
            return Err(
                "failed to start daemon: pid file found, ensure docker is not running or delete \
                        /var/run/docker.pid"
                    .to_owned(),
            );
        }
        let dir = RUNNING.rsplit_once('/').map_or("/", |it| it.0);
        let text = format!("{all}\n");
        files::mkdir_all(ctx.sys, dir, 0o711)
            .and_then(|()| files::write(ctx.sys, RUNNING, text.as_bytes(), 0o600))
            .map_err(|errno| {
                format!("failed to start daemon: {}", errno.message().to_lowercase())
            })?;
        // It comes up only if the engine does.
        match Engine::open(ctx.sys) {
            Ok(_) => Ok(false),
            Err(failure) => {
                let _ = ctx.sys.unlinkat(AT_FDCWD, RUNNING.as_bytes(), 0);
                Err(format!("failed to start daemon: error initializing graphdriver: {failure}"))
            }
        }
    });
    match done {
        Ok(true) => {
            ctx.line("configuration OK");
            Some(0)
        }
        Ok(false) => {
            for line in
                ["Daemon has completed initialization", "API listen on /var/run/docker.sock"]
            {
                ctx.err(format!("level=info msg={line:?}\n"));
            }
            None
        }
        Err(why) => {
            ctx.err(format!("{why}\n"));
            Some(1)
        }
    }
}

impl Program for Daemon {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if let Some(poll) = self.drain.poll(os, "dockerd") {
            return poll;
        }
        match self.stage {
            Stage::New => {
                let mut sys = os.kernel.sys(os.pid);
                let mut ctx = Ctx::new(&mut sys, &self.call);
                let over = begin(&mut ctx);
                let (segments, _) = ctx.finish();
                segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
                self.stage = over.map_or(Stage::Running, Stage::Over);
                // Behind its shell it goes on as a daemon.
                if over.is_none() {
                    os.detach(os.pid);
                }
                Poll::Yield
            }
            Stage::Over(status) => Poll::Exit(status),
            Stage::Running => {
                let signals = match os.tasks.map.get_mut(&os.pid) {
                    Some(task) => std::mem::take(&mut task.signals),
                    None => Vec::new(),
                };
                if !signals.iter().any(|signal| matches!(signal, 2 | 3 | 15)) {
                    return Poll::Blocked;
                }
                let _ = os.kernel.sys(os.pid).unlinkat(AT_FDCWD, RUNNING.as_bytes(), 0);
                self.drain.push(2, b"level=info msg=\"Daemon shutdown complete\"\n".to_vec());
                self.stage = Stage::Over(0);
                Poll::Yield
            }
        }
    }

    fn minds_signals(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
