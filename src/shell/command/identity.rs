//! Who and where: id, whoami, groups, hostname, uname, nproc, arch.

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::cred::Cred;

pub const ID: Command = rare(Command {
    name: "id",
    usage: "Usage: {} [OPTION]... [USER]...\nPrint user and group information for each specified USER,\nor (when USER omitted) for the current process.\n",
    summary: "print user and group ids",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(id),
});

pub const WHOAMI: Command = Command {
    name: "whoami",
    usage: "Usage: {} [OPTION]...\nPrint the user name associated with the current effective user ID.\n",
    summary: "print the user's name",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(whoami),
};

pub const GROUPS: Command = rare(Command {
    name: "groups",
    usage: "Usage: {} [OPTION]... [USERNAME]...\nPrint group memberships.\n",
    summary: "print the groups a user is in",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(groups),
});

pub const HOSTNAME: Command = Command {
    name: "hostname",
    usage: "Usage: hostname [-s|-f|-i]\n",
    summary: "print the host's name",
    package: Package::Other("hostname 3.23"),
    trouble: 1,
    start: Start::Swift(hostname),
};

pub const UNAME: Command = Command {
    name: "uname",
    usage: "Usage: {} [OPTION]...\nPrint certain system information.  With no OPTION, same as -s.\n",
    summary: "print the system's name and version",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(uname),
};

struct Who {
    uid: u32,
    gid: u32,
    euid: u32,
    egid: u32,
    groups: Vec<u32>,
}

fn of_process(cred: &Cred) -> Who {
    let mut groups = vec![cred.egid];
    groups.extend(cred.groups.iter().filter(|it| **it != cred.egid));
    Who { uid: cred.uid, gid: cred.gid, euid: cred.euid, egid: cred.egid, groups }
}

fn of_user(ctx: &mut Ctx<'_>, word: &[u8]) -> Option<Who> {
    let text = String::from_utf8_lossy(word).into_owned();
    let names = ctx.names();
    let uid = names.uid_of(&text)?;
    let gid = names.by_user_name(&text).map_or(uid, |it| it.gid);
    Some(Who { uid, gid, euid: uid, egid: gid, groups: vec![gid] })
}

fn id(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a Z|context g|group G|groups n|name r|real u|user z|zero") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let (name, real) = (has("n"), has("r"));
    let which = ["u", "g", "G"].into_iter().find(|it| has(it));
    if which.is_none() && (name || real) {
        ctx.warn("cannot print only names or real IDs in default format");
        return 1;
    }
    let mut all = Vec::new();
    let mut status = 0;
    for word in &parsed.operands {
        match of_user(ctx, word) {
            Some(who) => all.push(who),
            None => {
                let word = super::common::quote::locale(word);
                ctx.warn(format_args!("{word}: no such user"));
                status = 1;
            }
        }
    }
    if parsed.operands.is_empty() {
        all.push(of_process(&ctx.sys.cred()));
    }
    for who in all {
        let line = match which {
            Some("u") => {
                let uid = if real { who.uid } else { who.euid };
                if name { ctx.names().user_or_id(uid) } else { uid.to_string() }
            }
            Some("g") => {
                let gid = if real { who.gid } else { who.egid };
                if name { ctx.names().group_or_id(gid) } else { gid.to_string() }
            }
            Some(_) => {
                let show = |gid: &u32, ctx: &mut Ctx<'_>| {
                    if name { ctx.names().group_or_id(*gid) } else { gid.to_string() }
                };
                who.groups.iter().map(|it| show(it, ctx)).collect::<Vec<_>>().join(" ")
            }
            None => full(ctx, &who),
        };
        ctx.line(line);
    }
    status
}

fn full(ctx: &mut Ctx<'_>, who: &Who) -> String {
    let names = ctx.names();
    let user = |uid: u32| match names.user(uid) {
        Some(name) => format!("{uid}({name})"),
        None => uid.to_string(),
    };
    let group = |gid: u32| match names.group(gid) {
        Some(name) => format!("{gid}({name})"),
        None => gid.to_string(),
    };
    let mut line = format!("uid={} gid={}", user(who.uid), group(who.gid));
    if who.euid != who.uid {
        line.push_str(&format!(" euid={}", user(who.euid)));
    }
    if who.egid != who.gid {
        line.push_str(&format!(" egid={}", group(who.egid)));
    }
    let groups: Vec<String> = who.groups.iter().map(|it| group(*it)).collect();
    line.push_str(&format!(" groups={}", groups.join(",")));
    line
}

fn whoami(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if let Some(extra) = parsed.operands.first() {
        let extra = super::common::quote::locale(extra);
        return ctx.usage(format_args!("extra operand {extra}"));
    }
    let euid = ctx.sys.cred().euid;
    match ctx.names().user(euid).map(str::to_string) {
        Some(name) => {
            ctx.line(name);
            0
        }
        None => {
            ctx.warn(format_args!("cannot find name for user ID {euid}"));
            1
        }
    }
}

fn groups(ctx: &mut Ctx<'_>) -> i32 {
    let who = of_process(&ctx.sys.cred());
    let names: Vec<String> = who.groups.iter().map(|it| ctx.names().group_or_id(*it)).collect();
    ctx.line(names.join(" "));
    0
}

/// The first line of a file of the machine.
fn line_of(ctx: &mut Ctx<'_>, path: &[u8], default: &str) -> String {
    let text = ctx.read_file(path).unwrap_or_default();
    let line = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_string();
    if line.is_empty() { default.to_string() } else { line }
}

fn hostname(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("s|short f|fqdn |long i|ip-address I|all-ip-addresses d|domain") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if !parsed.operands.is_empty() {
        ctx.warn("not simulated: the host name is fixed");
        return 1;
    }
    let name = line_of(ctx, b"/proc/sys/kernel/hostname", "lab");
    ctx.line(name);
    0
}

fn uname(ctx: &mut Ctx<'_>) -> i32 {
    let table = "a|all s|kernel-name n|nodename r|kernel-release v|kernel-version m|machine \
                 p|processor i|hardware-platform o|operating-system";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if let Some(extra) = parsed.operands.first() {
        let extra = super::common::quote::locale(extra);
        return ctx.usage(format_args!("extra operand {extra}"));
    }
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let (all, none) = (has("a"), parsed.options.is_empty());
    let parts = [
        (all || none || has("s"), "Linux".to_string()),
        (all || has("n"), line_of(ctx, b"/proc/sys/kernel/hostname", "lab")),
        (all || has("r"), line_of(ctx, b"/proc/sys/kernel/osrelease", "6.18.0")),
        (all || has("v"), line_of(ctx, b"/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC")),
        (all || has("m"), "x86_64".to_string()),
        (has("p"), "unknown".to_string()),
        (has("i"), "unknown".to_string()),
        (all || has("o"), "GNU/Linux".to_string()),
    ];
    let shown: Vec<String> = parts.into_iter().filter(|it| it.0).map(|it| it.1).collect();
    ctx.line(shown.join(" "));
    0
}
