//! `undo`, `redo` and `goto`: steps through the history of the machine; and `clear`, which like them is
//! for the host to do.

use super::common::args::number;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::shell::os::Request;

pub const UNDO: Command = Command {
    name: "undo",
    usage: "Usage: {} [N]\nTake back the last N commands (1 if not given): files, mounts, variables, everything.\n",
    summary: "take back the last commands",
    package: Package::Other("undo (layerglass)"),
    trouble: 2,
    start: Start::Swift(run),
};

pub const REDO: Command = Command {
    name: "redo",
    usage: "Usage: {} [N]\nBring back the last N commands that were taken back (1 if not given).\n",
    summary: "bring back commands taken back",
    package: Package::Other("redo (layerglass)"),
    ..UNDO
};

pub const GOTO: Command = Command {
    name: "goto",
    usage: "Usage: {} N\nGo to the moment after command N of this session (0 is the start).\n",
    summary: "go to any moment of the session",
    package: Package::Other("goto (layerglass)"),
    ..UNDO
};

pub const CLEAR: Command = Command {
    name: "clear",
    usage: "Usage: {} [options]\n",
    summary: "clear the screen",
    package: Package::Other("ncurses 6.4.20221231"),
    trouble: 1,
    start: Start::Swift(clear),
};

/// As with ncurses, without a terminal there is nothing to clear.
fn clear(ctx: &mut Ctx<'_>) -> i32 {
    if ctx.sys.isatty(1) {
        ctx.requests.push(Request::Clear);
        return 0;
    }
    if ctx.var("TERM").is_none() {
        ctx.err("TERM environment variable not set.\n");
        return 1;
    }
    0
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let name = ctx.call.command.name;
    let word = parsed.operands.first();
    if parsed.operands.len() > 1 || name == "goto" && word.is_none() {
        return ctx.usage(if word.is_none() { "which step?" } else { "one number at most" });
    }
    let count = match word.map(|w| number(w)) {
        None => 1,
        Some(Some(n)) => n as usize,
        Some(None) => {
            let shown = String::from_utf8_lossy(&parsed.operands[0]).into_owned();
            return ctx.usage(format_args!("not a number: {shown}"));
        }
    };
    ctx.requests.push(match name {
        "undo" => Request::Undo(count),
        "redo" => Request::Redo(count),
        _ => Request::Goto(count),
    });
    0
}
