//! The subcommands: names, options, and who does the work.

use super::args::{self, Args};
use super::{Next, archives, build, containers, exec, images, inspect, run, stop, system, volumes};
use crate::drivers::Failure;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// Why a subcommand did not do what it was asked for.
pub enum Fail {
    /// What the daemon says.
    Daemon(String),
    /// What the client says, as it stands.
    Client(String),
    /// Wrong usage: the message, and the hint.
    Usage(String),
}

impl From<Failure> for Fail {
    fn from(failure: Failure) -> Fail {
        Fail::Daemon(failure.0)
    }
}

pub type Done = Result<Next, Fail>;

/// A subcommand.
pub struct Sub {
    /// All names: `ps`, `container ls`, …
    pub names: &'static [&'static str],
    /// What stands after the name in the usage line.
    pub usage: &'static str,
    pub what: &'static str,
    pub table: &'static str,
    /// Fewest and most operands.
    pub operands: (usize, usize),
    pub run: fn(&mut Ctx<'_>, &Engine, &Args) -> Done,
}

const MANY: usize = usize::MAX;

macro_rules! sub {
    ($names:expr, $usage:expr, $what:expr, $table:expr, $operands:expr, $run:path) => {
        Sub {
            names: $names,
            usage: $usage,
            what: $what,
            table: $table,
            operands: $operands,
            run: $run,
        }
    };
}

const RUN: &str = "+ d|detach i|interactive t|tty |rm |name= v|volume= e|env= w|workdir= u|user= |entrypoint= \
    h|hostname= |read-only p|publish= P|publish-all l|label= |network= |restart= |pull= |init q|quiet";

pub static SUBS: &[Sub] = &[
    sub!(
        &["pull", "image pull"],
        "NAME[:TAG]",
        "Download an image from the built-in registry",
        "a|all-tags q|quiet |platform=",
        (1, 1),
        images::pull
    ),
    sub!(
        &["images", "image ls", "image list"],
        "[REPOSITORY[:TAG]]",
        "List images",
        "a|all |digests |no-trunc q|quiet |format= f|filter=",
        (0, 1),
        images::list
    ),
    sub!(
        &["history", "image history"],
        "IMAGE",
        "Show the history of an image",
        "H|human |no-trunc q|quiet |format=",
        (1, 1),
        images::history
    ),
    sub!(
        &["build", "image build", "buildx build", "builder build", "buildx b"],
        "PATH | URL | -",
        "Build an image from a Dockerfile",
        build::TABLE,
        (1, 1),
        build::build
    ),
    sub!(
        &["builder prune", "buildx prune"],
        "",
        "Remove build cache",
        "a|all f|force |filter= |keep-storage=",
        (0, 0),
        build::prune
    ),
    sub!(&["buildx du"], "", "Disk usage of the build cache", "|verbose", (0, 0), build::usage),
    sub!(
        &["builder explain"],
        "",
        "Tell why each step of the last build was or was not cached (Layerglass only)",
        "",
        (0, 0),
        build::explain
    ),
    sub!(
        &["tag", "image tag"],
        "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
        "",
        (2, 2),
        images::tag
    ),
    sub!(
        &["rmi", "image rm", "image remove"],
        "IMAGE [IMAGE...]",
        "Remove one or more images",
        "f|force |no-prune",
        (1, MANY),
        images::remove
    ),
    sub!(
        &["save", "image save"],
        "IMAGE [IMAGE...]",
        "Save one or more images to a tar archive",
        "o|output=",
        (1, MANY),
        archives::save
    ),
    sub!(
        &["load", "image load"],
        "",
        "Load an image from a tar archive or STDIN",
        "i|input= q|quiet",
        (0, 0),
        archives::load
    ),
    sub!(&["image prune"], "", "Remove unused images", "a|all f|force", (0, 0), images::prune),
    sub!(
        &["inspect"],
        "NAME|ID [NAME|ID...]",
        "Return low-level information on Docker objects",
        "f|format= s|size |type=",
        (1, MANY),
        inspect::any
    ),
    sub!(
        &["image inspect"],
        "IMAGE [IMAGE...]",
        "Display detailed information on one or more images",
        "f|format=",
        (1, MANY),
        inspect::images
    ),
    sub!(
        &["container inspect"],
        "CONTAINER [CONTAINER...]",
        "Display detailed information on one or more containers",
        "f|format= s|size",
        (1, MANY),
        inspect::containers
    ),
    sub!(
        &["run", "container run"],
        "IMAGE [COMMAND] [ARG...]",
        "Create and run a new container from an image",
        RUN,
        (1, MANY),
        run::run
    ),
    sub!(
        &["create", "container create"],
        "IMAGE [COMMAND] [ARG...]",
        "Create a new container",
        RUN,
        (1, MANY),
        run::create
    ),
    sub!(
        &["start", "container start"],
        "CONTAINER [CONTAINER...]",
        "Start one or more stopped containers",
        "a|attach i|interactive",
        (1, MANY),
        run::start
    ),
    sub!(
        &["exec", "container exec"],
        "CONTAINER COMMAND [ARG...]",
        "Execute a command in a running container",
        "+ d|detach i|interactive t|tty e|env= w|workdir= u|user= |privileged",
        (2, MANY),
        exec::exec
    ),
    sub!(
        &["stop", "container stop"],
        "CONTAINER [CONTAINER...]",
        "Stop one or more running containers",
        "t|time= s|signal=",
        (1, MANY),
        stop::stop
    ),
    sub!(
        &["kill", "container kill"],
        "CONTAINER [CONTAINER...]",
        "Kill one or more running containers",
        "s|signal=",
        (1, MANY),
        stop::kill
    ),
    sub!(
        &["restart", "container restart"],
        "CONTAINER [CONTAINER...]",
        "Restart one or more containers",
        "t|time= s|signal=",
        (1, MANY),
        stop::restart
    ),
    sub!(
        &["rm", "container rm", "container remove"],
        "CONTAINER [CONTAINER...]",
        "Remove one or more containers",
        "f|force v|volumes l|link",
        (1, MANY),
        stop::remove
    ),
    sub!(
        &["container prune"],
        "",
        "Remove all stopped containers",
        "f|force",
        (0, 0),
        containers::prune
    ),
    sub!(
        &["ps", "container ls", "container ps", "container list"],
        "",
        "List containers",
        "a|all s|size q|quiet |no-trunc l|latest n|last= |format= f|filter=",
        (0, 0),
        containers::list
    ),
    sub!(
        &["diff", "container diff"],
        "CONTAINER",
        "Inspect changes to files or directories on a container's filesystem",
        "",
        (1, 1),
        containers::diff
    ),
    sub!(
        &["commit", "container commit"],
        "CONTAINER [REPOSITORY[:TAG]]",
        "Create a new image from a container's changes",
        "m|message= a|author= p|pause c|change=",
        (1, 2),
        containers::commit
    ),
    sub!(
        &["cp", "container cp"],
        "CONTAINER:SRC_PATH DEST_PATH|SRC_PATH CONTAINER:DEST_PATH",
        "Copy files/folders between a container and the local filesystem",
        "a|archive q|quiet L|follow-link",
        (2, 2),
        containers::copy
    ),
    sub!(
        &["rename", "container rename"],
        "CONTAINER NEW_NAME",
        "Rename a container",
        "",
        (2, 2),
        containers::rename
    ),
    sub!(
        &["logs", "container logs"],
        "CONTAINER",
        "Fetch the logs of a container",
        "f|follow n|tail= t|timestamps",
        (1, 1),
        containers::logs
    ),
    sub!(
        &["top", "container top"],
        "CONTAINER",
        "Display the running processes of a container",
        "",
        (1, 1),
        containers::top
    ),
    sub!(
        &["volume create"],
        "[VOLUME]",
        "Create a volume",
        "d|driver= |label=",
        (0, 1),
        volumes::create
    ),
    sub!(&["volume ls", "volume list"], "", "List volumes", "q|quiet", (0, 0), volumes::list),
    sub!(
        &["volume inspect"],
        "VOLUME [VOLUME...]",
        "Display detailed information on one or more volumes",
        "f|format=",
        (1, MANY),
        volumes::inspect
    ),
    sub!(
        &["volume rm", "volume remove"],
        "VOLUME [VOLUME...]",
        "Remove one or more volumes",
        "f|force",
        (1, MANY),
        volumes::remove
    ),
    sub!(
        &["volume prune"],
        "",
        "Remove unused local volumes",
        "a|all f|force",
        (0, 0),
        volumes::prune
    ),
    sub!(
        &["info", "system info"],
        "",
        "Display system-wide information",
        "f|format=",
        (0, 0),
        system::info
    ),
    sub!(&["system df"], "", "Show docker disk usage", "v|verbose", (0, 0), system::df),
    sub!(
        &["version"],
        "",
        "Show the Docker version information",
        "f|format=",
        (0, 0),
        system::version
    ),
];

/// Groups of subcommands.
const GROUPS: [&str; 6] = ["image", "container", "volume", "system", "builder", "buildx"];

/// What the real client has and this one has not.
const MISSING: &[(&str, &str)] = &[
    ("push", "there is no registry to push to"),
    ("login", "the registry is built in and needs no login"),
    ("export", "docker export is not built yet; use docker cp CONTAINER:/ DIRECTORY"),
    ("import", "docker import is not built yet"),
    ("network", "networks are not simulated"),
    ("compose", "run the containers one by one"),
    ("swarm", "there is one machine"),
    ("pause", "containers are not paused here"),
    ("attach", "use docker exec"),
    ("search", "docker pull names what there is"),
    ("stats", "use docker ps -s and docker top"),
];

/// Runs what the words say.
pub fn run(ctx: &mut Ctx<'_>) -> Next {
    let words = ctx.args().iter().map(|it| String::from_utf8_lossy(it).into_owned());
    let words: Vec<String> = words.collect();
    let Some(first) = words.first() else {
        help(ctx);
        return Next::Exit(0);
    };
    match first.as_str() {
        "--help" | "-h" | "help" => {
            help(ctx);
            return Next::Exit(0);
        }
        "--version" | "-v" => {
            ctx.line(ctx.call.command.version_line());
            return Next::Exit(0);
        }
        _ => {}
    }
    let two = words.get(1).map(|second| format!("{first} {second}"));
    let found = SUBS.iter().find_map(|sub| {
        if sub.names.contains(&first.as_str()) {
            return Some((sub, first.clone(), 1));
        }
        let two = two.clone().filter(|two| sub.names.contains(&two.as_str()))?;
        Some((sub, two, 2))
    });
    match found {
        Some((sub, name, used)) => subcommand(ctx, sub, &name, &words[used..]),
        None => Next::Exit(unknown(ctx, &words)),
    }
}

fn subcommand(ctx: &mut Ctx<'_>, sub: &Sub, name: &str, words: &[String]) -> Next {
    if words.first().is_some_and(|word| word == "--help") {
        ctx.line(format!("Usage:  docker {name} [OPTIONS] {}\n\n{}", sub.usage, sub.what));
        return Next::Exit(0);
    }
    let is_run = matches!(name, "run" | "create" | "container run" | "container create");
    let done = args::parse(sub.table, words).map_err(Fail::Usage).and_then(|args| {
        check(sub, name, args.words.len())?;
        let engine = Engine::open(ctx.sys)?;
        (sub.run)(ctx, &engine, &args)
    });
    let (text, status) = match done {
        Ok(next) => return next,
        Err(Fail::Client(text)) => (format!("{text}\n"), 1),
        Err(Fail::Usage(text)) => (format!("{text}\nSee 'docker {name} --help'.\n"), 125),
        Err(Fail::Daemon(text)) if is_run => (
            format!("docker: Error response from daemon: {text}.\nSee 'docker {name} --help'.\n"),
            125,
        ),
        Err(Fail::Daemon(text)) => (format!("Error response from daemon: {text}\n"), 1),
    };
    ctx.flush();
    ctx.err(text);
    Next::Exit(status)
}

/// The number of operands, complained about as the client does.
fn check(sub: &Sub, name: &str, count: usize) -> Result<(), Fail> {
    let (least, most) = sub.operands;
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let arguments =
        |n: usize| if n == 1 { format!("{n} argument") } else { format!("{n} arguments") };
    let wants = match (least, most) {
        (0, 0) => format!("\"docker {name}\" accepts no arguments."),
        (least, most) if least == most => {
            format!("\"docker {name}\" requires exactly {}.", arguments(least))
        }
        (least, MANY) => format!("\"docker {name}\" requires at least {}.", arguments(least)),
        (0, most) => format!("\"docker {name}\" requires at most {}.", arguments(most)),
        (least, most) => {
            format!("\"docker {name}\" requires at least {least} and at most {}.", arguments(most))
        }
    };
    let usage = format!("Usage:  docker {name} [OPTIONS] {}", sub.usage);
    let usage = usage.trim_end();
    Err(Fail::Client(format!("{wants}\nSee 'docker {name} --help'.\n\n{usage}\n\n{}", sub.what)))
}

fn unknown(ctx: &mut Ctx<'_>, words: &[String]) -> i32 {
    let first = words[0].as_str();
    let second = words.get(1).map(String::as_str);
    let missing = MISSING
        .iter()
        .find(|(name, _)| *name == first || (GROUPS.contains(&first) && second == Some(name)));
    if let Some((name, hint)) = missing {
        ctx.err(format!("docker {name}: not simulated: {hint}\n"));
        return 127;
    }
    if first.starts_with('-') {
        let shown = first.split('=').next().unwrap_or_default();
        ctx.err(format!("unknown flag: {shown}\nSee 'docker --help'.\n"));
        return 125;
    }
    if GROUPS.contains(&first) {
        ctx.line(format!("Usage:  docker {first} COMMAND\n\nCommands:"));
        let prefix = format!("{first} ");
        for sub in SUBS {
            if let Some(name) = sub.names.iter().find_map(|it| it.strip_prefix(&prefix)) {
                ctx.line(format!("  {name:<11} {}", sub.what));
            }
        }
        return i32::from(second.is_some());
    }
    ctx.err(format!("docker: '{first}' is not a docker command.\nSee 'docker --help'\n"));
    1
}

fn help(ctx: &mut Ctx<'_>) {
    ctx.line(
        "Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n\nCommands:",
    );
    for sub in SUBS {
        ctx.line(format!("  {:<18} {}", sub.names[0], sub.what));
    }
}
