//! `su`, `runuser`, `chroot`, `unshare`: another user, another root, other namespaces; then a command.

use super::common::quote;
use super::common::users::User;
use super::ctx::Ctx;
use super::exec::{Become, Exec};
use super::{Command, Package, Start, rare};
use crate::cred::Cred;

pub const SU: Command = rare(Command {
    name: "su",
    usage: "\nUsage:\n {} [options] [-] [<user> [<argument>...]]\n\nChange the effective user ID and group ID to that of <user>.\n",
    summary: "run a shell or a command as another user",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Program(|call| Exec::boxed(call, su)),
});

pub const RUNUSER: Command = rare(Command {
    name: "runuser",
    usage: "\nUsage:\n {} [options] -u <user> [[--] <command>]\n {} [options] [-] [<user> [<argument>...]]\n\nRun <command> with the effective user ID and group ID of <user>.\n",
    start: Start::Program(|call| Exec::boxed(call, runuser)),
    ..SU
});

pub const CHROOT: Command = rare(Command {
    name: "chroot",
    usage: "Usage: {} [OPTION] NEWROOT [COMMAND [ARG]...]\n  or:  {} OPTION\nRun COMMAND with root directory set to NEWROOT.\n",
    summary: "run a command with another root directory",
    package: Package::Coreutils,
    trouble: 125,
    start: Start::Program(|call| Exec::boxed(call, chroot)),
});

pub const UNSHARE: Command = rare(Command {
    name: "unshare",
    usage: "\nUsage:\n {} [options] [<program> [<argument>...]]\n\nRun a program with some namespaces unshared from the parent.\n",
    summary: "run a command (namespaces are not simulated: mounts stay shared)",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Program(|call| Exec::boxed(call, unshare)),
});

fn set(env: &mut Vec<(Vec<u8>, Vec<u8>)>, name: &str, value: &str) {
    env.retain(|(n, _)| n != name.as_bytes());
    env.push((name.into(), value.into()));
}

fn user(ctx: &mut Ctx<'_>, name: &str) -> Result<User, i32> {
    match ctx.names().by_user_name(name).cloned() {
        Some(user) => Ok(user),
        None => {
            ctx.warn(format_args!(
                "user {name} does not exist or the user entry does not contain all the required fields"
            ));
            Err(1)
        }
    }
}

/// The process becomes this user, with the groups that name it.
fn switch(ctx: &mut Ctx<'_>, user: &User) -> Result<(), i32> {
    let mut cred = if user.uid == 0 { Cred::root() } else { Cred::user(user.uid, user.gid) };
    let groups = ctx.names().groups.iter().filter(|g| g.members.contains(&user.name));
    cred.groups.extend(groups.map(|g| g.gid));
    cred.groups.sort_unstable();
    cred.groups.dedup();
    if ctx.sys.set_cred(&cred).is_err() {
        ctx.warn("Authentication failure");
        return Err(1);
    }
    Ok(())
}

const TABLE: &str = "+ m|preserve-environment p f|fast l|login c|command= |session-command= g|group= \
    G|supp-group= s|shell= P|pty w|whitelist-environment= u|user= h V";

fn su(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    // Options may stand behind the user.
    shell(ctx, TABLE.trim_start_matches("+ "))
}

fn runuser(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse(TABLE)?;
    let Some(given) = parsed.options.iter().find(|o| o.id == "u") else {
        return shell(ctx, TABLE.trim_start_matches("+ "));
    };
    let user = user(ctx, &given.text())?;
    if parsed.operands.is_empty() {
        ctx.warn("no command was specified");
        return Err(1);
    }
    switch(ctx, &user)?;
    Ok(Become { argv: parsed.operands, env: ctx.call.env.clone() })
}

fn shell(ctx: &mut Ctx<'_>, table: &'static str) -> Result<Become, i32> {
    let parsed = ctx.parse(table)?;
    let (mut command, mut program, mut login, mut keep) = (None, None, false, false);
    for given in &parsed.options {
        match given.id {
            "c" | "session-command" => command = Some(given.bytes().to_vec()),
            "s" => program = Some(given.text()),
            "l" => login = true,
            "m" | "p" => keep = true,
            _ => {}
        }
    }
    let mut operands = parsed.operands;
    if operands.first().is_some_and(|w| w == b"-") {
        login = true;
        operands.remove(0);
    }
    let name = if operands.is_empty() { b"root".to_vec() } else { operands.remove(0) };
    let user = user(ctx, &String::from_utf8_lossy(&name))?;
    let program = program.unwrap_or_else(|| user.shell.clone());
    if program.ends_with("/nologin") || program.ends_with("/false") {
        if program.ends_with("/nologin") {
            ctx.line("This account is currently not available.");
        }
        return Err(1);
    }
    switch(ctx, &user)?;
    let mut env = ctx.call.env.clone();
    if !keep {
        set(&mut env, "HOME", &user.home);
        set(&mut env, "SHELL", &program);
        if user.uid != 0 || login {
            set(&mut env, "USER", &user.name);
            set(&mut env, "LOGNAME", &user.name);
        }
    }
    if login {
        let _ = ctx.sys.chdir(user.home.as_bytes());
    }
    let mut argv = vec![program.into_bytes()];
    if let Some(command) = command {
        argv.extend([b"-c".to_vec(), command]);
    }
    argv.extend(operands);
    Ok(Become { argv, env })
}

fn chroot(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse("+ |groups= |userspec= |skip-chdir")?;
    let mut words = parsed.operands;
    if words.is_empty() {
        return Err(ctx.usage("missing operand"));
    }
    let root = words.remove(0);
    if let Err(errno) = ctx.sys.chroot(&root) {
        let what = quote::quoted(&root);
        ctx.fail(format_args!("cannot change root directory to {what}"), errno);
        return Err(125);
    }
    if !parsed.options.iter().any(|o| o.id == "skip-chdir") {
        let _ = ctx.sys.chdir(b"/");
    }
    if let Some(spec) = parsed.options.iter().find(|o| o.id == "userspec") {
        let text = spec.text();
        let (user, group) = text.split_once(':').unwrap_or((&text, ""));
        let uid = ctx.names().uid_of(user);
        let gid = if group.is_empty() { None } else { ctx.names().gid_of(group) };
        let Some(uid) = uid.filter(|_| group.is_empty() || gid.is_some()) else {
            ctx.warn("invalid user");
            return Err(125);
        };
        let _ = ctx.sys.set_cred(&Cred::user(uid, gid.unwrap_or(uid)));
    }
    if words.is_empty() {
        let shell = ctx.var("SHELL").unwrap_or(b"/bin/sh").to_vec();
        words = vec![shell, b"-i".to_vec()];
    }
    Ok(Become { argv: words, env: ctx.call.env.clone() })
}

fn unshare(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse(
        "+ m|mount=? u|uts=? i|ipc=? n|net=? p|pid=? U|user=? C|cgroup=? T|time=? f|fork r|map-root-user \
         |mount-proc=? |propagation= c|map-current-user |keep-caps S|setuid= G|setgid= w|wd= R|root=",
    )?;
    let mut argv = parsed.operands;
    if argv.is_empty() {
        argv.push(ctx.var("SHELL").unwrap_or(b"/bin/sh").to_vec());
    }
    Ok(Become { argv, env: ctx.call.env.clone() })
}
