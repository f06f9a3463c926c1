//! `mkdir`: new directories.

use super::common::mode::ModeSpec;
use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::AT_FDCWD;
use crate::types::{Mode, Result};

pub const COMMAND: Command = Command {
    name: "mkdir",
    usage: "Usage: {} [OPTION]... DIRECTORY...\nCreate the DIRECTORY(ies), if they do not already exist.\n",
    summary: "make directories",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

struct Wish {
    parents: bool,
    verbose: bool,
    /// The mode asked for with `-m`.
    mode: Option<u32>,
    umask: u32,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("m|mode= p|parents v|verbose Z |context=?") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let umask = ctx.sys.umask(0o022);
    ctx.sys.umask(umask);
    let mut wish = Wish { parents: false, verbose: false, mode: None, umask };
    for given in &parsed.options {
        match given.id {
            "p" => wish.parents = true,
            "v" => wish.verbose = true,
            "m" => match ModeSpec::parse(given.bytes()) {
                Some(spec) => {
                    let mode = spec.apply(0o777, true, umask);
                    let touched = spec.touched(0o777, true, umask);
                    wish.mode = Some(mode & (touched | !umask));
                }
                None => {
                    ctx.warn(format_args!("invalid mode {}", quote::locale(given.bytes())));
                    return 1;
                }
            },
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let mut status = 0;
    for path in &parsed.operands {
        if !make(ctx, &wish, path) {
            status = 1;
        }
    }
    status
}

fn make(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    if wish.parents && !parents(ctx, wish, path) {
        return false;
    }
    match last(ctx, wish, path) {
        Ok(()) => {
            announce(ctx, wish, path);
            true
        }
        Err(Errno::EEXIST) if wish.parents && ctx.stat(path).is_ok_and(|a| a.is_dir()) => true,
        Err(errno) => {
            complain(ctx, path, errno);
            false
        }
    }
}

fn last(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> Result<()> {
    let Some(mode) = wish.mode else { return ctx.sys.mkdirat(AT_FDCWD, path, 0o777) };
    ctx.sys.umask(0);
    let made = ctx.sys.mkdirat(AT_FDCWD, path, mode & 0o777);
    ctx.sys.umask(wish.umask);
    made?;
    if mode & 0o7000 != 0 {
        ctx.sys.fchmodat(AT_FDCWD, path, Mode::new(mode))?;
    }
    Ok(())
}

/// Makes what is missing above `path`: always searchable and writable for its owner.
fn parents(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    for at in 1..end {
        if path[at] != b'/' || path[at - 1] == b'/' {
            continue;
        }
        let above = &path[..at];
        ctx.sys.umask(wish.umask & !0o300);
        let made = ctx.sys.mkdirat(AT_FDCWD, above, 0o777);
        ctx.sys.umask(wish.umask);
        match made {
            Ok(()) => announce(ctx, wish, above),
            Err(errno) => match ctx.stat(above) {
                Ok(attr) if attr.is_dir() => {}
                Ok(_) => {
                    complain(ctx, above, Errno::ENOTDIR);
                    return false;
                }
                Err(_) => {
                    complain(ctx, above, errno);
                    return false;
                }
            },
        }
    }
    true
}

fn announce(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) {
    if wish.verbose {
        let text = format!("{}: created directory {}\n", ctx.prog(), quote::quoted(path));
        ctx.out(text);
    }
}

fn complain(ctx: &mut Ctx<'_>, path: &[u8], errno: Errno) {
    ctx.fail(format_args!("cannot create directory {}", quote::locale(path)), errno);
}
