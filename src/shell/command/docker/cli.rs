//! The client around the subcommands: which one is meant, what is wrong with its words, and how what
//! went wrong is said. Words and exit statuses are those of Docker's client 28.2.

use super::Next;
use super::table::{SUBS, Sub};
use super::{args, options};
use crate::drivers::Failure;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// Why a subcommand did not do what it was asked for.
pub enum Fail {
    /// What the daemon says.
    Daemon(String),
    /// What the client says, as it stands.
    Client(String),
    /// As [`Fail::Client`], with a status of its own.
    Status(String, i32),
    /// A value that `docker run` does not take.
    Refused(String),
    /// Wrong usage: the usage line follows.
    Usage(String),
}

impl From<Failure> for Fail {
    fn from(failure: Failure) -> Fail {
        Fail::Daemon(failure.0)
    }
}

impl Fail {
    /// What is said in one line where several things are done one after the other.
    pub fn line(self) -> String {
        match self {
            Fail::Daemon(text) => format!("Error response from daemon: {text}"),
            Fail::Client(text)
            | Fail::Status(text, _)
            | Fail::Refused(text)
            | Fail::Usage(text) => text,
        }
    }
}

pub type Done = Result<Next, Fail>;

/// Any number of operands.
pub const MANY: usize = usize::MAX;

/// Groups of subcommands: name, what for, whether the client of the real Docker says `COMMAND` after
/// its name when the second word is unknown.
const GROUPS: [(&str, &str, bool); 7] = [
    ("builder", "Manage builds", false),
    ("buildx", "Extended build capabilities with BuildKit", false),
    ("container", "Manage containers", false),
    ("image", "Manage images", false),
    ("network", "Manage networks", false),
    ("system", "Manage Docker", false),
    ("volume", "Manage volumes", true),
];

/// What stands first in the help.
const COMMON: &str = "run exec ps build pull push images version info";

/// What the real client has and this one has not.
const MISSING: &[(&str, &str)] = &[
    ("login", "the registry is built in and needs no login"),
    ("logout", "the registry is built in and needs no login"),
    ("compose", "run the containers one by one"),
    ("swarm", "there is one machine"),
    ("search", "docker pull names what there is"),
    ("stats", "memory and processor time are not measured: use docker ps -s and docker top"),
];

/// Runs what the words say.
pub fn run(ctx: &mut Ctx<'_>, input: Option<Vec<u8>>) -> Next {
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
        Some((sub, name, used)) => subcommand(ctx, sub, &name, &words[used..], input),
        None => Next::Exit(unknown(ctx, &words)),
    }
}

/// `docker ps [OPTIONS]`.
fn usage(sub: &Sub, name: &str) -> String {
    let options = if sub.table.is_empty() { "" } else { " [OPTIONS]" };
    format!("Usage:  docker {name}{options} {}", sub.usage).trim_end().to_owned()
}

fn subcommand(
    ctx: &mut Ctx<'_>,
    sub: &Sub,
    name: &str,
    words: &[String],
    input: Option<Vec<u8>>,
) -> Next {
    if words.first().is_some_and(|word| word == "--help") {
        let mut text = format!("{}\n\n{}", usage(sub, name), sub.what);
        if let [short, long @ ..] = sub.names
            && !long.is_empty()
        {
            let all = long.iter().chain([short]).map(|it| format!("docker {it}"));
            text += &format!("\n\nAliases:\n  {}", all.collect::<Vec<_>>().join(", "));
        }
        ctx.line(text + &options::list(sub));
        return Next::Exit(0);
    }
    let is_run = matches!(name, "run" | "container run");
    let done = args::parse(sub.table, words).map_err(Fail::Usage).and_then(|mut args| {
        check(sub, name, args.words.len())?;
        args.input = input;
        let engine = Engine::open(ctx.sys)?;
        (sub.run)(ctx, &engine, &args)
    });
    let hint = format!("Run 'docker {name} --help' for more information");
    let (text, status) = match done {
        Ok(next) => return next,
        Err(Fail::Client(text)) => (format!("{text}\n"), 1),
        Err(Fail::Status(text, status)) => (format!("{text}\n"), status),
        Err(Fail::Refused(text)) if is_run => (format!("docker: {text}\n\n{hint}\n"), 125),
        Err(Fail::Refused(text)) => (format!("{text}\n"), 1),
        Err(Fail::Usage(text)) => (format!("{text}\n\n{}\n\n{hint}\n", usage(sub, name)), 125),
        Err(Fail::Daemon(text)) if is_run => {
            (format!("docker: Error response from daemon: {text}\n\n{hint}\n"), 125)
        }
        Err(Fail::Daemon(text)) => (format!("Error response from daemon: {text}\n"), 1),
    };
    ctx.flush();
    ctx.err(text);
    Next::Exit(status)
}

/// The number of operands, complained about as the client does; its three forms differ, and one has a
/// letter too many.
fn check(sub: &Sub, name: &str, count: usize) -> Result<(), Fail> {
    let (least, most) = sub.operands;
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let arguments =
        |n: usize| if n == 1 { format!("{n} argument") } else { format!("{n} arguments") };
    let (wants, see) = match (least, most) {
        (0, 0) => ("accepts no arguments".to_owned(), "Run"),
        (least, most) if least == most => (format!("requires {}", arguments(least)), "Run"),
        (least, MANY) => (format!("requires at least {}", arguments(least)), "See"),
        (0, most) => (format!("requires at most {}", arguments(most)), "SRun"),
        (least, most) => {
            (format!("requires at least {least} and at most {}", arguments(most)), "Run")
        }
    };
    Err(Fail::Client(format!(
        "docker: 'docker {name}' {wants}\n\n{}\n\n{see} 'docker {name} --help' for more information",
        usage(sub, name)
    )))
}

fn unknown(ctx: &mut Ctx<'_>, words: &[String]) -> i32 {
    let first = words[0].as_str();
    let second = words.get(1).map(String::as_str);
    let group = GROUPS.iter().find(|it| it.0 == first);
    let missing = MISSING
        .iter()
        .find(|(name, _)| *name == first || (group.is_some() && second == Some(name)));
    if let Some((name, hint)) = missing {
        ctx.err(format!("docker {name}: not simulated: {hint}\n"));
        return 127;
    }
    if first.starts_with('-') {
        let shown = first.split('=').next().unwrap_or_default();
        ctx.err(format!(
            "unknown flag: {shown}\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\n\
             Run 'docker --help' for more information\n"
        ));
        return 125;
    }
    match (group, second) {
        (Some((group, what, _)), None | Some("--help")) => {
            ctx.line(format!("Usage:  docker {group} COMMAND\n\n{what}\n\nCommands:"));
            let prefix = format!("{group} ");
            let mut rows: Vec<(&str, &str)> = SUBS
                .iter()
                .filter_map(|sub| {
                    let name = sub.names.iter().find_map(|it| it.strip_prefix(&prefix))?;
                    Some((name, sub.what))
                })
                .collect();
            rows.sort_unstable();
            rows.into_iter().for_each(|(name, what)| ctx.line(format!("  {name:<11} {what}")));
            ctx.line(format!(
                "\nRun 'docker {group} COMMAND --help' for more information on a command."
            ));
            0
        }
        (Some((group, _, said)), Some(second)) => {
            let command = if *said { " COMMAND" } else { "" };
            ctx.err(format!(
                "docker: unknown command: docker {group} {second}\n\nUsage:  docker {group}{command}\n\n\
                 Run 'docker {group} --help' for more information\n"
            ));
            1
        }
        (None, _) => {
            ctx.err(format!(
                "docker: unknown command: docker {first}\n\nRun 'docker --help' for more information\n"
            ));
            1
        }
    }
}

fn help(ctx: &mut Ctx<'_>) {
    let row = |name: &str, what: &str| format!("  {name:<11} {what}");
    ctx.line("Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers");
    let single = || SUBS.iter().filter(|sub| !sub.names[0].contains(' '));
    ctx.line("\nCommon Commands:");
    for name in COMMON.split(' ') {
        if let Some(sub) = single().find(|sub| sub.names[0] == name) {
            ctx.line(row(name, sub.what));
        }
    }
    ctx.line("\nManagement Commands:");
    for (name, what, _) in GROUPS {
        if SUBS.iter().any(|sub| sub.names.iter().any(|it| it.starts_with(&format!("{name} ")))) {
            ctx.line(row(name, what));
        }
    }
    ctx.line("\nCommands:");
    let mut rest: Vec<&Sub> =
        single().filter(|sub| !COMMON.split(' ').any(|it| it == sub.names[0])).collect();
    rest.sort_unstable_by_key(|sub| sub.names[0]);
    rest.into_iter().for_each(|sub| ctx.line(row(sub.names[0], sub.what)));
    ctx.line("\nRun 'docker COMMAND --help' for more information on a command.");
}
