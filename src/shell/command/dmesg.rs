//! `dmesg`: the kernel log.

use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::shell::command::common::time;
use crate::types::Timespec;

pub const COMMAND: Command = Command {
    name: "dmesg",
    usage: "\nUsage:\n {} [options]\n\nDisplay or control the kernel ring buffer.\n",
    summary: "show the kernel log (why a mount failed)",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(run),
};

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "C|clear c|read-clear D|console-off E|console-on F|file= f|facility= H|human J|json k|kernel \
         L|color=? l|level= n|console-level= P|nopager p|force-prefix r|raw S|syslog s|buffer-size= \
         T|ctime t|notime |time-format= u|userspace w|follow W|follow-new x|decode d|show-delta \
         e|reltime |noescape |since= |until= h V",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|o| o.id == id);
    if has("h") {
        let usage = ctx.call.command.usage.replace("{}", "dmesg");
        ctx.out(usage);
        return 0;
    }
    if has("V") {
        let line = ctx.call.command.version_line();
        ctx.line(line);
        return 0;
    }
    if let Some(word) = parsed.operands.first() {
        let _ = word;
        return ctx.usage("bad usage");
    }
    if has("C") || has("c") {
        ctx.warn("not simulated: the kernel log cannot be cleared");
        return 127;
    }
    for (stamp, line) in ctx.sys.kernel_log() {
        let head = if has("t") { String::new() } else { prefix(stamp, has("T"), ctx) };
        let level = if has("x") {
            "kern  :err   : "
        } else if has("r") {
            "<3>"
        } else {
            ""
        };
        ctx.line(format!("{level}{head}{line}"));
    }
    0
}

fn prefix(stamp: Timespec, calendar: bool, ctx: &mut Ctx<'_>) -> String {
    if calendar {
        let boot = boot_time(ctx);
        let at = Timespec::new(boot + stamp.sec, stamp.nsec);
        let text = time::format(b"%a %b %e %H:%M:%S %Y", at);
        return format!("[{}] ", String::from_utf8_lossy(&text));
    }
    format!("[{:5}.{:06}] ", stamp.sec, stamp.nsec / 1000)
}

/// When the machine came up: now less the uptime.
fn boot_time(ctx: &mut Ctx<'_>) -> i64 {
    let text = ctx.read_file(b"/proc/uptime").unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let up = text.split('.').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    ctx.sys.clock().sec - up
}
