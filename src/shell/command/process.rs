//! Programs that prepare a process and become another one: env, nohup, nice, sudo; and printenv.

use super::ctx::Ctx;
use super::exec::{Become, Exec};
use super::{Command, Package, Start, rare};

pub const ENV: Command = rare(Command {
    name: "env",
    usage: "Usage: {} [OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]\nSet each NAME to VALUE in the environment and run COMMAND.\n",
    summary: "run a command in a changed environment",
    package: Package::Coreutils,
    trouble: 125,
    start: Start::Program(|call| Exec::boxed(call, env)),
});

pub const PRINTENV: Command = rare(Command {
    name: "printenv",
    usage: "Usage: {} [OPTION]... [VARIABLE]...\nPrint the values of the specified environment VARIABLE(s).\n",
    summary: "print the environment",
    package: Package::Coreutils,
    trouble: 2,
    start: Start::Swift(printenv),
});

pub const NOHUP: Command = rare(Command {
    name: "nohup",
    usage: "Usage: {} COMMAND [ARG]...\nRun COMMAND, ignoring hangup signals.\n",
    summary: "run a command that survives the terminal",
    package: Package::Coreutils,
    trouble: 125,
    start: Start::Program(|call| Exec::boxed(call, plain)),
});

pub const NICE: Command = rare(Command {
    name: "nice",
    usage: "Usage: {} [OPTION] [COMMAND [ARG]...]\nRun COMMAND with an adjusted niceness.\n",
    summary: "run a command with another priority",
    package: Package::Coreutils,
    trouble: 125,
    start: Start::Program(|call| Exec::boxed(call, nice)),
});

pub const SUDO: Command = rare(Command {
    name: "sudo",
    usage: "usage: sudo [-u user] command\n",
    summary: "run a command as root (who you are already)",
    package: Package::Other("Sudo version 1.9.13p3"),
    trouble: 1,
    start: Start::Program(|call| Exec::boxed(call, sudo)),
});

fn env(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed =
        ctx.parse("+ i|ignore-environment 0|null u|unset= C|chdir= v|debug S|split-string=")?;
    let mut vars = ctx.call.env.clone();
    let mut separator = "\n";
    let mut operands = parsed.operands;
    for given in &parsed.options {
        match given.id {
            "i" => vars.clear(),
            "0" => separator = "\0",
            "u" => vars.retain(|it| it.0 != given.bytes()),
            "C" => {
                if let Err(errno) = ctx.sys.chdir(given.bytes()) {
                    let dir = super::common::quote::quoted(given.bytes());
                    ctx.warn(format_args!("cannot change directory to {dir}: {errno}"));
                    return Err(125);
                }
            }
            "S" => {
                let words = given.bytes().split(|it| it.is_ascii_whitespace());
                let words = words.filter(|it| !it.is_empty()).map(<[u8]>::to_vec);
                operands.splice(0..0, words);
            }
            _ => {}
        }
    }
    if operands.first().is_some_and(|it| it == b"-") {
        vars.clear();
        operands.remove(0);
    }
    while let Some(at) = operands.first().and_then(|it| it.iter().position(|b| *b == b'=')) {
        let word = operands.remove(0);
        let (name, value) = (word[..at].to_vec(), word[at + 1..].to_vec());
        match vars.iter_mut().find(|it| it.0 == name) {
            Some(var) => var.1 = value,
            None => vars.push((name, value)),
        }
    }
    if operands.is_empty() {
        for (name, value) in &vars {
            ctx.out([&name[..], b"=", value, separator.as_bytes()].concat());
        }
        return Err(0);
    }
    Ok(Become { argv: operands, env: vars })
}

fn printenv(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("+ 0|null") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let end = if parsed.options.is_empty() { "\n" } else { "\0" };
    if parsed.operands.is_empty() {
        for (name, value) in ctx.call.env.clone() {
            ctx.out([&name[..], b"=", &value, end.as_bytes()].concat());
        }
        return 0;
    }
    let mut status = 0;
    for name in &parsed.operands {
        match ctx.call.env.iter().find(|it| it.0 == *name) {
            Some((_, value)) => ctx.out([&value[..], end.as_bytes()].concat()),
            None => status = 1,
        }
    }
    status
}

fn plain(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse("+")?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage("missing operand"));
    }
    Ok(Become { argv: parsed.operands, env: ctx.call.env.clone() })
}

fn nice(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse("+ n|adjustment=")?;
    if parsed.operands.is_empty() {
        ctx.line("0");
        return Err(0);
    }
    Ok(Become { argv: parsed.operands, env: ctx.call.env.clone() })
}

fn sudo(ctx: &mut Ctx<'_>) -> Result<Become, i32> {
    let parsed = ctx.parse(
        "+ u|user= g|group= n|non-interactive E|preserve-env H|set-home i|login s|shell k b",
    )?;
    for given in &parsed.options {
        if given.id == "u" {
            let name = given.text();
            let Some(uid) = ctx.names().uid_of(&name) else {
                ctx.warn(format_args!("unknown user {name}"));
                return Err(1);
            };
            let gid = ctx.names().by_user_name(&name).map_or(uid, |it| it.gid);
            if uid != 0 {
                let _ = ctx.sys.set_cred(&crate::cred::Cred::user(uid, gid));
            }
        }
    }
    let mut argv = parsed.operands;
    if argv.is_empty() {
        if !parsed.options.iter().any(|it| it.id == "i" || it.id == "s") {
            ctx.err("usage: sudo [-u user] command\n");
            return Err(1);
        }
        argv.push(b"bash".to_vec());
    }
    Ok(Become { argv, env: ctx.call.env.clone() })
}
