//! `readlink` and `realpath`: where names lead.

use super::common::quote;
use super::ctx::{Ctx, join};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::sys::AT_FDCWD;
use crate::types::{FileType, Result};

pub const READLINK: Command = rare(Command {
    name: "readlink",
    usage: "Usage: {} [OPTION]... FILE...\nPrint value of a symbolic link or canonical file name\n",
    summary: "print where a symbolic link points",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_readlink),
});

pub const REALPATH: Command = rare(Command {
    name: "realpath",
    usage: "Usage: {} [OPTION]... FILE...\nPrint the resolved absolute file name;\nall but the last component must exist\n",
    summary: "print absolute file names",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_realpath),
});

/// Which components of a path may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    None,
    Last,
    All,
}

/// The absolute path without symbolic links, `.` and `..`.
///
/// # Errors
/// `ENOENT`, `ENOTDIR`, `ELOOP`, `EACCES`.
pub fn canonical(ctx: &mut Ctx<'_>, path: &[u8], missing: Missing) -> Result<Vec<u8>> {
    resolve(ctx, path, missing, true)
}

fn resolve(ctx: &mut Ctx<'_>, path: &[u8], missing: Missing, links: bool) -> Result<Vec<u8>> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let mut done = if path.starts_with(b"/") { Vec::new() } else { ctx.sys.getcwd()? };
    if done == b"/" {
        done.clear();
    }
    let split = |p: &[u8]| -> Vec<Vec<u8>> {
        p.split(|&b| b == b'/').filter(|c| !c.is_empty()).map(<[u8]>::to_vec).rev().collect()
    };
    let mut todo = split(path);
    let mut slash = path.ends_with(b"/");
    let mut hops = 0;
    while let Some(name) = todo.pop() {
        match name.as_slice() {
            b"." => continue,
            b".." => {
                let cut = done.iter().rposition(|&b| b == b'/').unwrap_or(0);
                done.truncate(cut);
                continue;
            }
            _ => {}
        }
        let next = join(if done.is_empty() { b"/" } else { &done }, &name);
        match ctx.lstat(&next) {
            Ok(attr) if attr.kind == FileType::Symlink && links => {
                hops += 1;
                if hops > 40 {
                    if missing == Missing::All {
                        done = next;
                        continue;
                    }
                    return Err(Errno::ELOOP);
                }
                let target = ctx.sys.readlinkat(AT_FDCWD, &next)?;
                if target.starts_with(b"/") {
                    done.clear();
                }
                slash |= target.ends_with(b"/") && todo.is_empty();
                todo.extend(split(&target));
            }
            Ok(attr) => {
                if !attr.is_dir()
                    && attr.kind != FileType::Symlink
                    && missing != Missing::All
                    && (!todo.is_empty() || slash)
                {
                    return Err(Errno::ENOTDIR);
                }
                done = next;
            }
            Err(errno) => {
                let fine = match missing {
                    Missing::All => true,
                    Missing::Last => errno == Errno::ENOENT && todo.is_empty(),
                    Missing::None => false,
                };
                if !fine {
                    return Err(errno);
                }
                done = next;
            }
        }
    }
    Ok(if done.is_empty() { b"/".to_vec() } else { done })
}

/// `path` as seen from the directory `from`, both canonical.
pub fn relative(path: &[u8], from: &[u8]) -> Vec<u8> {
    let parts = |p: &[u8]| -> Vec<Vec<u8>> {
        p.split(|&b| b == b'/').filter(|c| !c.is_empty()).map(<[u8]>::to_vec).collect()
    };
    let (path, from) = (parts(path), parts(from));
    let common = path.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let mut all: Vec<Vec<u8>> = vec![b"..".to_vec(); from.len() - common];
    all.extend(path[common..].iter().cloned());
    if all.is_empty() { b".".to_vec() } else { all.join(&b'/') }
}

fn run_readlink(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "e|canonicalize-existing f|canonicalize m|canonicalize-missing n|no-newline q|quiet s|silent \
         v|verbose z|zero",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut how, mut newline, mut verbose, mut end) = (None, true, false, "\n");
    for given in &parsed.options {
        match given.id {
            "e" => how = Some(Missing::None),
            "f" => how = Some(Missing::Last),
            "m" => how = Some(Missing::All),
            "n" => newline = false,
            "q" | "s" => verbose = false,
            "v" => verbose = true,
            "z" => end = "\0",
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    if parsed.operands.len() > 1 && !newline {
        ctx.warn("ignoring --no-newline with multiple arguments");
        newline = true;
    }
    let mut status = 0;
    for path in &parsed.operands {
        let found = match how {
            Some(missing) => canonical(ctx, path, missing),
            None => ctx.sys.readlinkat(AT_FDCWD, path),
        };
        match found {
            Ok(text) => {
                ctx.out(text);
                if newline {
                    ctx.out(end);
                }
            }
            Err(errno) => {
                status = 1;
                if verbose {
                    let what = if path.is_empty() { "''".into() } else { quote::message(path) };
                    ctx.fail(what, errno);
                }
            }
        }
    }
    status
}

#[derive(Default)]
struct Real {
    logical: bool,
    strip: bool,
    quiet: bool,
    to: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
}

fn run_realpath(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "e|canonicalize-existing m|canonicalize-missing L|logical P|physical q|quiet |relative-to= \
         |relative-base= s|strip |no-symlinks z|zero",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Real::default();
    let (mut missing, mut end) = (Missing::Last, "\n");
    for given in &parsed.options {
        match given.id {
            "e" => missing = Missing::None,
            "m" => missing = Missing::All,
            "L" => wish.logical = true,
            "P" => (wish.logical, wish.strip) = (false, false),
            "q" => wish.quiet = true,
            "s" | "no-symlinks" => wish.strip = true,
            "relative-to" => wish.to = Some(given.bytes().to_vec()),
            "relative-base" => wish.base = Some(given.bytes().to_vec()),
            "z" => end = "\0",
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    for dir in [&mut wish.to, &mut wish.base].into_iter().flatten() {
        match canonical(ctx, dir, missing) {
            Ok(path) => *dir = path,
            Err(errno) => {
                ctx.fail_file(dir, errno);
                return 1;
            }
        }
    }
    let mut status = 0;
    for path in &parsed.operands {
        match real(ctx, &wish, path, missing) {
            Ok(found) => {
                ctx.out(found);
                ctx.out(end);
            }
            Err(errno) => {
                status = 1;
                if !wish.quiet {
                    let what = if path.is_empty() { "''".into() } else { quote::message(path) };
                    ctx.fail(what, errno);
                }
            }
        }
    }
    status
}

fn real(ctx: &mut Ctx<'_>, wish: &Real, path: &[u8], missing: Missing) -> Result<Vec<u8>> {
    let found = if wish.strip || wish.logical {
        let plain = resolve(ctx, path, missing, false)?;
        if wish.strip { plain } else { canonical(ctx, &plain, missing)? }
    } else {
        canonical(ctx, path, missing)?
    };
    let below = |base: &[u8]| {
        found == base
            || base == b"/"
            || found.starts_with(base) && found[base.len()..].starts_with(b"/")
    };
    Ok(match (&wish.to, &wish.base) {
        (Some(to), Some(base)) if below(base) && to.starts_with(base) => relative(&found, to),
        (Some(to), None) => relative(&found, to),
        (None, Some(base)) if below(base) => relative(&found, base),
        _ => found,
    })
}
