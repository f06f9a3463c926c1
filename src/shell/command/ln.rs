//! `ln`: hard and symbolic links.

use super::common::quote;
use super::ctx::{Ctx, base_name, dir_name, join};
use super::realpath::{Missing, canonical, relative};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, at};
use crate::types::{FileType, RenameFlags};

pub const COMMAND: Command = Command {
    name: "ln",
    usage: "Usage: {} [OPTION]... [-T] TARGET LINK_NAME\n  or:  {} [OPTION]... TARGET\n  or:  {} [OPTION]... TARGET... DIRECTORY\n  or:  {} [OPTION]... -t DIRECTORY TARGET...\n",
    summary: "make links between files",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(run),
};

#[derive(Default)]
struct Wish {
    symbolic: bool,
    force: bool,
    ask: bool,
    verbose: bool,
    relative: bool,
    follow: bool,
    backup: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "b |backup=? d F|directory f|force i|interactive L|logical n|no-dereference P|physical \
         r|relative s|symbolic S|suffix= t|target-directory= T|no-target-directory v|verbose",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish::default();
    let (mut into, mut plain, mut keep_link) = (None, false, false);
    for given in &parsed.options {
        match given.id {
            "b" | "backup" => wish.backup = true,
            "f" => (wish.force, wish.ask) = (true, false),
            "i" => (wish.force, wish.ask) = (false, true),
            "L" => wish.follow = true,
            "P" => wish.follow = false,
            "n" => keep_link = true,
            "r" => wish.relative = true,
            "s" => wish.symbolic = true,
            "t" => into = Some(given.bytes().to_vec()),
            "T" => plain = true,
            "v" => wish.verbose = true,
            _ => {}
        }
    }
    let files = &parsed.operands;
    if files.is_empty() {
        return ctx.usage("missing file operand");
    }
    if wish.relative && !wish.symbolic {
        ctx.warn("cannot do --relative without --symbolic");
        return 1;
    }
    if let Some(dir) = into {
        if let Err(errno) = ctx.stat(&dir) {
            ctx.fail(format_args!("target directory {}", quote::quoted(&dir)), errno);
            return 1;
        }
        return many(ctx, &wish, files, &dir);
    }
    if plain {
        return match &files[..] {
            [target, name] => i32::from(!link(ctx, &wish, target, name)),
            [one] => {
                let what = quote::quoted(one);
                ctx.usage(format_args!("missing destination file operand after {what}"))
            }
            [_, _, extra, ..] => {
                let what = quote::quoted(extra);
                ctx.usage(format_args!("extra operand {what}"))
            }
            [] => 1,
        };
    }
    match &files[..] {
        [one] => many(ctx, &wish, std::slice::from_ref(one), b"."),
        [targets @ .., last] => {
            let attr = if keep_link { ctx.lstat(last) } else { ctx.stat(last) };
            match attr {
                Ok(attr) if attr.is_dir() => many(ctx, &wish, targets, last),
                found if targets.len() > 1 => {
                    let errno = found.err().unwrap_or(Errno::ENOTDIR);
                    ctx.fail(format_args!("target {}", quote::quoted(last)), errno);
                    1
                }
                _ => i32::from(!link(ctx, &wish, &targets[0], last)),
            }
        }
        [] => 1,
    }
}

fn many(ctx: &mut Ctx<'_>, wish: &Wish, targets: &[Vec<u8>], dir: &[u8]) -> i32 {
    let mut ok = true;
    for target in targets {
        let name = join(dir, base_name(target));
        ok &= link(ctx, wish, target, &name);
    }
    i32::from(!ok)
}

fn link(ctx: &mut Ctx<'_>, wish: &Wish, target: &[u8], name: &[u8]) -> bool {
    if !wish.symbolic {
        match if wish.follow { ctx.stat(target) } else { ctx.lstat(target) } {
            Err(errno) => {
                ctx.fail(format_args!("failed to access {}", quote::quoted(target)), errno);
                return false;
            }
            Ok(attr) if attr.is_dir() => {
                let what = quote::message(target);
                ctx.warn(format_args!("{what}: hard link not allowed for directory"));
                return false;
            }
            Ok(_) => {}
        }
    }
    let text = if wish.relative { relative_text(ctx, target, name) } else { target.to_vec() };
    let mut res = place(ctx, wish, &text, name);
    if res == Err(Errno::EEXIST) && (wish.force || wish.ask || wish.backup) {
        if !replaceable(ctx, wish, target, name) {
            return false;
        }
        if wish.ask && !ctx.confirm(format_args!("replace {}? ", quote::quoted(name))) {
            return true;
        }
        res = replace(ctx, wish, &text, name);
    }
    match res {
        Ok(()) => {
            if wish.verbose {
                let arrow = if wish.symbolic { "->" } else { "=>" };
                ctx.line(format!("{} {arrow} {}", quote::quoted(name), quote::quoted(&text)));
            }
            true
        }
        Err(errno) => {
            report(ctx, wish, &text, name, errno);
            false
        }
    }
}

fn place(ctx: &mut Ctx<'_>, wish: &Wish, text: &[u8], name: &[u8]) -> crate::types::Result<()> {
    if wish.symbolic {
        return ctx.sys.symlinkat(text, AT_FDCWD, name);
    }
    let flags = if wish.follow { at::SYMLINK_FOLLOW } else { 0 };
    ctx.sys.linkat(AT_FDCWD, text, AT_FDCWD, name, flags)
}

/// Puts the link beside and renames it over what is there, so that the name is never missing.
fn replace(ctx: &mut Ctx<'_>, wish: &Wish, text: &[u8], name: &[u8]) -> crate::types::Result<()> {
    if wish.backup {
        let mut backup = name.to_vec();
        backup.push(b'~');
        ctx.sys.renameat2(AT_FDCWD, name, AT_FDCWD, &backup, RenameFlags::NONE)?;
        return place(ctx, wish, text, name);
    }
    for round in 0..100u32 {
        let temp = join(
            &dir_name(name),
            format!("Cu{:06}", ctx.sys.getpid() as u32 * 100 + round).as_bytes(),
        );
        match place(ctx, wish, text, &temp) {
            Ok(()) => {
                let res = ctx.sys.renameat2(AT_FDCWD, &temp, AT_FDCWD, name, RenameFlags::NONE);
                // Two names of one file: rename does nothing and leaves ours.
                let _ = ctx.sys.unlinkat(AT_FDCWD, &temp, 0);
                return res;
            }
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Err(Errno::EEXIST)
}

fn replaceable(ctx: &mut Ctx<'_>, wish: &Wish, target: &[u8], name: &[u8]) -> bool {
    let Ok(there) = ctx.lstat(name) else { return true };
    if there.is_dir() {
        let what = quote::message(name);
        ctx.warn(format_args!("{what}: cannot overwrite directory"));
        return false;
    }
    let same = |a: &crate::types::Attr| a.ino == there.ino && a.dev == there.dev;
    let link_itself = wish.symbolic && there.kind == FileType::Symlink;
    let same_file = if wish.symbolic { ctx.stat(target) } else { ctx.lstat(target) };
    let same_name = base_name(target) == base_name(name);
    if !wish.backup
        && !link_itself
        && same_file.is_ok_and(|a| same(&a))
        && (wish.symbolic
            || same_name && {
                let (a, b) = (dir_name(target), dir_name(name));
                ctx.stat(&a).ok().map(|x| (x.dev, x.ino))
                    == ctx.stat(&b).ok().map(|x| (x.dev, x.ino))
            })
    {
        ctx.warn(format_args!(
            "{} and {} are the same file",
            quote::quoted(target),
            quote::quoted(name)
        ));
        return false;
    }
    true
}

fn report(ctx: &mut Ctx<'_>, wish: &Wish, text: &[u8], name: &[u8], errno: Errno) {
    let (to, from) = (quote::quoted(name), quote::quoted(text));
    let message = match (wish.symbolic, errno) {
        (true, _) if errno == Errno::ENAMETOOLONG || errno != Errno::EEXIST && text.is_empty() => {
            format!("failed to create symbolic link {to} -> {from}")
        }
        (true, _) => format!("failed to create symbolic link {to}"),
        (false, Errno::EMLINK) => format!("failed to create hard link to {from}"),
        (false, Errno::EEXIST | Errno::EDQUOT | Errno::ENOSPC | Errno::EROFS) => {
            format!("failed to create hard link {to}")
        }
        (false, _) => format!("failed to create hard link {to} => {from}"),
    };
    ctx.fail(message, errno);
}

fn relative_text(ctx: &mut Ctx<'_>, target: &[u8], name: &[u8]) -> Vec<u8> {
    let dir = canonical(ctx, &dir_name(name), Missing::All);
    let file = canonical(ctx, target, Missing::All);
    match (dir, file) {
        (Ok(dir), Ok(file)) => relative(&file, &dir),
        _ => target.to_vec(),
    }
}
