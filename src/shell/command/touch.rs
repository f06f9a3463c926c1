//! `touch`: times of files.

use super::common::{quote, time};
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, at};
use crate::types::{OpenFlags, SetTime};

pub const COMMAND: Command = Command {
    name: "touch",
    usage: "Usage: {} [OPTION]... FILE...\nUpdate the access and modification times of each FILE to the current time.\n\nA FILE argument that does not exist is created empty, unless -c or -h\nis supplied.\n",
    summary: "change times of files, create empty ones",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

struct Wish {
    no_create: bool,
    no_follow: bool,
    access: bool,
    modify: bool,
    times: [SetTime; 2],
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("a c|no-create d|date= f h|no-dereference m r|reference= t= |time=") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let mut wish = Wish {
        no_create: false,
        no_follow: false,
        access: false,
        modify: false,
        times: [SetTime::Now; 2],
    };
    let (mut date, mut stamp, mut reference) = (None, None, None);
    for given in &parsed.options {
        match given.id {
            "a" => wish.access = true,
            "m" => wish.modify = true,
            "c" => wish.no_create = true,
            "h" => (wish.no_follow, wish.no_create) = (true, true),
            "d" => date = Some(given.bytes().to_vec()),
            "t" => stamp = Some(given.bytes().to_vec()),
            "r" => reference = Some(given.bytes().to_vec()),
            "time" => match given.text().as_str() {
                "atime" | "access" | "use" => wish.access = true,
                "mtime" | "modify" => wish.modify = true,
                other => {
                    let shown = quote::locale(other.as_bytes());
                    ctx.warn(format_args!("invalid argument {shown} for ‘--time’"));
                    ctx.err("Valid arguments are:\n  - ‘atime’, ‘access’, ‘use’\n  - ‘mtime’, ‘modify’\n");
                    ctx.try_help();
                    return 1;
                }
            },
            _ => {}
        }
    }
    if !wish.access && !wish.modify {
        (wish.access, wish.modify) = (true, true);
    }
    if stamp.is_some() && (date.is_some() || reference.is_some()) {
        return ctx.usage("cannot specify times from more than one source");
    }
    if let Err(status) = sources(ctx, &mut wish, date, stamp, reference) {
        return status;
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing file operand");
    }
    let mut ok = true;
    for path in &parsed.operands {
        ok &= touch(ctx, &wish, path);
    }
    i32::from(!ok)
}

fn sources(
    ctx: &mut Ctx<'_>,
    wish: &mut Wish,
    date: Option<Vec<u8>>,
    stamp: Option<Vec<u8>>,
    reference: Option<Vec<u8>>,
) -> Result<(), i32> {
    let now = ctx.sys.clock();
    let mut bases = [now; 2];
    if let Some(file) = reference {
        let attr = if wish.no_follow { ctx.lstat(&file) } else { ctx.stat(&file) };
        match attr {
            Ok(attr) => {
                bases = [attr.atime, attr.mtime];
                wish.times = bases.map(SetTime::To);
            }
            Err(errno) => {
                let what = quote::quoted(&file);
                ctx.fail(format_args!("failed to get attributes of {what}"), errno);
                return Err(1);
            }
        }
    }
    if let Some(text) = date {
        for (slot, base) in wish.times.iter_mut().zip(bases) {
            match time::parse(&text, base) {
                Some(to) => *slot = SetTime::To(to),
                None => return Err(invalid(ctx, &text)),
            }
        }
    }
    if let Some(text) = stamp {
        match time::parse_stamp(&text, now) {
            Some(to) => wish.times = [SetTime::To(to); 2],
            None => return Err(invalid(ctx, &text)),
        }
    }
    Ok(())
}

fn invalid(ctx: &mut Ctx<'_>, text: &[u8]) -> i32 {
    ctx.warn(format_args!("invalid date format {}", quote::locale(text)));
    1
}

fn touch(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let times = [wish.access.then_some(wish.times[0]), wish.modify.then_some(wish.times[1])];
    if path == b"-" {
        let _ = ctx.sys.futimens(1, times[0], times[1]);
        return true;
    }
    let mut opened = None;
    let mut open_error = None;
    if !wish.no_create {
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::NONBLOCK | OpenFlags::NOCTTY;
        match ctx.open(path, flags, 0o666) {
            Ok(fd) => opened = Some(fd),
            Err(errno) => open_error = Some(errno),
        }
    }
    let set = match opened {
        Some(fd) => {
            let set = ctx.sys.futimens(fd, times[0], times[1]);
            let _ = ctx.sys.close(fd);
            set
        }
        None => {
            let flags = if wish.no_follow { at::SYMLINK_NOFOLLOW } else { 0 };
            ctx.sys.utimensat(AT_FDCWD, path, times[0], times[1], flags)
        }
    };
    let Err(errno) = set else { return true };
    if wish.no_create && errno == Errno::ENOENT {
        return true;
    }
    let what = quote::quoted(path);
    match open_error.filter(|e| !matches!(e, Errno::EINVAL | Errno::EISDIR | Errno::EPERM)) {
        Some(error) => ctx.fail(format_args!("cannot touch {what}"), error),
        None => ctx.fail(format_args!("setting times of {what}"), errno),
    }
    false
}
