//! `umount`: takes mounts away.

use super::common::mounts;
use super::ctx::Ctx;
use super::mount::type_matches;
use super::realpath::{Missing, canonical};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::ms;

pub const COMMAND: Command = Command {
    name: "umount",
    usage: "\nUsage:\n {} [-hV]\n {} -a [options]\n {} [options] <source> | <directory>\n\nUnmount filesystems.\n",
    summary: "unmount a file system",
    package: Package::Other(
        "umount from util-linux 2.38.1 (libmount 2.38.1: selinux, smack, btrfs, verity, namespaces, assert, debug)",
    ),
    trouble: 1,
    start: Start::Swift(run),
};

const FAILED: i32 = 32;

#[derive(Default)]
struct Wish {
    flags: u32,
    recursive: bool,
    all_targets: bool,
    quiet: bool,
    verbose: bool,
    fake: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|all A|all-targets c|no-canonicalize d|detach-loop |fake f|force i|internal-only n|no-mtab \
         l|lazy O|test-opts= R|recursive r|read-only t|types= v|verbose q|quiet N|namespace= h V",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut wish, mut all, mut types) = (Wish::default(), false, None);
    for given in &parsed.options {
        match given.id {
            "a" => all = true,
            "A" => wish.all_targets = true,
            "f" => wish.flags |= ms::UMOUNT_FORCE,
            "l" => wish.flags |= ms::UMOUNT_DETACH,
            "R" => wish.recursive = true,
            "t" => types = Some(given.text()),
            "v" => wish.verbose = true,
            "q" => wish.quiet = true,
            "fake" => wish.fake = true,
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "umount");
                ctx.out(usage);
                return 0;
            }
            _ => {}
        }
    }
    if all {
        return everything(ctx, &wish, types.as_deref());
    }
    if parsed.operands.is_empty() {
        return ctx.usage("bad usage");
    }
    let mut status = 0;
    for word in &parsed.operands {
        let word = String::from_utf8_lossy(word).into_owned();
        let one = if wish.recursive {
            recursive(ctx, &wish, &word)
        } else if wish.all_targets {
            all_targets(ctx, &wish, &word)
        } else {
            single(ctx, &wish, &word)
        };
        // Failures add up, as seen of 2.38.1.
        status += one;
    }
    status
}

fn everything(ctx: &mut Ctx<'_>, wish: &Wish, types: Option<&str>) -> i32 {
    let table = mounts::read(ctx);
    let mut status = 0;
    for mount in table.iter().rev() {
        let system = matches!(
            mount.fstype.as_str(),
            "proc" | "sysfs" | "devtmpfs" | "devpts" | "cgroup" | "cgroup2"
        );
        if mount.target == "/"
            || types.is_none() && system
            || types.is_some_and(|t| !type_matches(t, &mount.fstype))
        {
            continue;
        }
        let target = mount.target.clone();
        status = status.max(call(ctx, wish, &target, &target));
    }
    status
}

fn real(ctx: &mut Ctx<'_>, word: &str) -> String {
    match canonical(ctx, word.as_bytes(), Missing::Last) {
        Ok(path) => String::from_utf8_lossy(&path).into_owned(),
        Err(_) => word.to_string(),
    }
}

fn single(ctx: &mut Ctx<'_>, wish: &Wish, word: &str) -> i32 {
    let path = real(ctx, word);
    let table = mounts::read(ctx);
    if let Some(mount) = table.iter().rfind(|m| m.target == path) {
        let target = mount.target.clone();
        return call(ctx, wish, word, &target);
    }
    if let Some(mount) = table.iter().rfind(|m| m.source == word || m.source == path) {
        let target = mount.target.clone();
        return call(ctx, wish, word, &target);
    }
    let known = ctx.lstat(word.as_bytes()).is_ok();
    if !wish.quiet {
        let text = if known { "not mounted" } else { "no mount point specified" };
        ctx.warn(format_args!("{word}: {text}."));
    }
    FAILED
}

fn recursive(ctx: &mut Ctx<'_>, wish: &Wish, word: &str) -> i32 {
    let path = real(ctx, word);
    let table = mounts::read(ctx);
    let Some(top) = table.iter().rfind(|m| m.target == path) else {
        if !wish.quiet {
            ctx.warn(format_args!("{word}: not mounted"));
        }
        return 1;
    };
    let mut order = vec![top.clone()];
    let mut at = 0;
    while let Some(mount) = order.get(at).cloned() {
        order.extend(table.iter().filter(|m| m.parent == mount.id).cloned());
        at += 1;
    }
    for mount in order.iter().rev() {
        let status = call(ctx, wish, &mount.target, &mount.target);
        if status != 0 {
            return status;
        }
    }
    0
}

fn all_targets(ctx: &mut Ctx<'_>, wish: &Wish, word: &str) -> i32 {
    let path = real(ctx, word);
    let table = mounts::read(ctx);
    let Some(mount) = table.iter().rfind(|m| m.target == path || m.source == word) else {
        return single(ctx, wish, word);
    };
    let mut status = 0;
    for same in table.iter().rev().filter(|m| m.device == mount.device) {
        status = status.max(call(ctx, wish, &same.target, &same.target));
    }
    status
}

fn call(ctx: &mut Ctx<'_>, wish: &Wish, word: &str, target: &str) -> i32 {
    if ctx.sys.cred().euid != 0 {
        ctx.warn(format_args!("{word}: must be superuser to unmount."));
        return FAILED;
    }
    let table = mounts::read(ctx);
    let fstype = table.iter().rfind(|m| m.target == target).map(|m| m.fstype.clone());
    if wish.fake {
        return 0;
    }
    match ctx.sys.umount(target.as_bytes(), wish.flags) {
        Ok(()) => {
            if wish.verbose {
                let kind = fstype.filter(|t| t != "tmpfs" || word != target);
                let text = match kind {
                    Some(kind) => format!("{}: {target} ({kind}) unmounted\n", ctx.prog()),
                    None => format!("{}: {target} unmounted\n", ctx.prog()),
                };
                ctx.out(text);
            }
            0
        }
        Err(errno) => {
            if !(wish.quiet && errno == Errno::EINVAL) {
                let text = match errno {
                    Errno::EBUSY => "target is busy.".to_string(),
                    Errno::EINVAL => "not mounted.".to_string(),
                    Errno::EPERM => "must be superuser to unmount.".to_string(),
                    Errno::ENOENT => "no mount point specified.".to_string(),
                    errno => format!("umount failed: {errno}."),
                };
                let shown = if errno == Errno::EBUSY { target } else { word };
                ctx.warn(format_args!("{shown}: {text}"));
            }
            FAILED
        }
    }
}
