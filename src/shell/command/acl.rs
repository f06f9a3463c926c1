//! `getfacl` and `setfacl`: POSIX access control lists.

mod entry;
mod get;
mod set;
mod spec;

use super::{Command, Package, Start, rare};

pub const GETFACL: Command = rare(Command {
    name: "getfacl",
    usage: "getfacl 2.3.1 -- get file access control lists\nUsage: getfacl [-aceEsRLPtpndvh] file ...\n",
    summary: "show access control lists",
    package: Package::Acl,
    trouble: 1,
    start: Start::Swift(get::run),
});

pub const SETFACL: Command = rare(Command {
    name: "setfacl",
    usage: "setfacl 2.3.1 -- set file access control lists\nUsage: setfacl [-bkndRLP] { -m|-M|-x|-X ... } file ...\n",
    summary: "set access control lists",
    package: Package::Acl,
    trouble: 1,
    start: Start::Patient(set::run),
});

/// The usage lines after a mistake.
fn usage(ctx: &mut super::ctx::Ctx<'_>, message: Option<String>, status: i32) -> i32 {
    if let Some(message) = message {
        ctx.warn(message);
    }
    let name = ctx.call.command.name;
    let lines = ctx.call.command.usage.split_once('\n').map_or("", |l| l.1);
    ctx.err(format!("{lines}Try `{name} --help' for more information.\n"));
    status
}
