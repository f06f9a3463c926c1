//! `rm`: removes files and trees.

use super::common::mode::type_words;
use super::common::quote;
use super::ctx::{Ctx, base_name, join};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, at};
use crate::types::{Attr, FileType};

pub const COMMAND: Command = Command {
    name: "rm",
    usage: "Usage: {} [OPTION]... [FILE]...\nRemove (unlink) the FILE(s).\n",
    summary: "remove files or directories",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(run),
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Never,
    /// Before removing what is write-protected, on a terminal.
    Sometimes,
    Always,
}

struct Wish {
    force: bool,
    ask: Ask,
    once: bool,
    recursive: bool,
    dirs: bool,
    verbose: bool,
    one_file_system: bool,
    preserve_root: bool,
    tty: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "f|force i I |interactive=? |one-file-system |no-preserve-root |preserve-root=? r|recursive R \
         d|dir v|verbose",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        force: false,
        ask: Ask::Sometimes,
        once: false,
        recursive: false,
        dirs: false,
        verbose: false,
        one_file_system: false,
        preserve_root: true,
        tty: ctx.sys.isatty(0),
    };
    for given in &parsed.options {
        match given.id {
            "f" => (wish.force, wish.ask, wish.once) = (true, Ask::Never, false),
            "i" => (wish.force, wish.ask, wish.once) = (false, Ask::Always, false),
            "I" => (wish.force, wish.ask, wish.once) = (false, Ask::Sometimes, true),
            "interactive" => match given.text().as_str() {
                "never" | "no" | "none" => wish.ask = Ask::Never,
                "once" => (wish.ask, wish.once) = (Ask::Sometimes, true),
                _ => wish.ask = Ask::Always,
            },
            "r" | "R" => wish.recursive = true,
            "d" => wish.dirs = true,
            "v" => wish.verbose = true,
            "one-file-system" => wish.one_file_system = true,
            "no-preserve-root" => wish.preserve_root = false,
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return if wish.force { 0 } else { ctx.usage("missing operand") };
    }
    if wish.once
        && (wish.recursive || parsed.operands.len() > 3)
        && !ask_once(ctx, &wish, &parsed.operands)
    {
        return 0;
    }
    let mut ok = true;
    for operand in &parsed.operands {
        ok &= operand_gone(ctx, &wish, operand);
    }
    i32::from(!ok)
}

fn ask_once(ctx: &mut Ctx<'_>, wish: &Wish, operands: &[Vec<u8>]) -> bool {
    let n = operands.len();
    let what = if n == 1 { "argument" } else { "arguments" };
    let how = if wish.recursive { " recursively" } else { "" };
    ctx.confirm(format_args!("remove {n} {what}{how}? "))
}

fn operand_gone(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let attr = match ctx.lstat(path) {
        Ok(attr) => attr,
        Err(errno) => {
            return wish.force && matches!(errno, Errno::ENOENT | Errno::ENOTDIR)
                || cannot(ctx, path, errno);
        }
    };
    if attr.is_dir() {
        if !wish.recursive && !wish.dirs {
            return cannot(ctx, path, Errno::EISDIR);
        }
        if matches!(base_name(path), b"." | b"..") {
            let what = quote::quoted(path);
            ctx.warn(format_args!("refusing to remove '.' or '..' directory: skipping {what}"));
            return false;
        }
        if wish.recursive && wish.preserve_root && is_root(ctx, &attr) {
            let same = if path == b"/" {
                "'/'".to_string()
            } else {
                format!("{} (same as '/')", quote::quoted(path))
            };
            ctx.warn(format_args!("it is dangerous to operate recursively on {same}"));
            ctx.warn("use --no-preserve-root to override this failsafe");
            return false;
        }
    }
    remove(ctx, wish, path, &attr, attr.dev.encode())
}

fn is_root(ctx: &mut Ctx<'_>, attr: &Attr) -> bool {
    ctx.lstat(b"/").is_ok_and(|root| root.ino == attr.ino && root.dev == attr.dev)
}

fn cannot(ctx: &mut Ctx<'_>, path: &[u8], errno: Errno) -> bool {
    ctx.fail(format_args!("cannot remove {}", quote::quoted(path)), errno);
    false
}

/// One step of the work, last in first out.
enum Todo {
    Entry(Vec<u8>, Option<Attr>),
    Leave(Vec<u8>),
}

/// Removes a path and everything below it, deepest first.
fn remove(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], attr: &Attr, dev: u64) -> bool {
    let mut ok = true;
    let mut todo = vec![Todo::Entry(path.to_vec(), Some(*attr))];
    // Directories that keep something: nobody is asked about them or told of them again.
    let mut kept: Vec<Vec<u8>> = Vec::new();
    while let Some(next) = todo.pop() {
        if ctx.sys.stalled() {
            return false;
        }
        let good = match next {
            Todo::Entry(path, attr) => enter(ctx, wish, path, attr, dev, &mut todo),
            Todo::Leave(path) if kept.contains(&path) => {
                keep(&mut kept, &path);
                continue;
            }
            Todo::Leave(path) => {
                let good = leave(ctx, wish, &path);
                if good == Done::Kept {
                    keep(&mut kept, &path);
                }
                good
            }
        };
        match good {
            Done::Yes => {}
            Done::No => ok = false,
            Done::Kept => {}
        }
        if let (Done::No | Done::Kept, Some(parent)) = (good, pending_parent(&todo)) {
            kept.push(parent);
        }
    }
    ok
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Yes,
    No,
    /// The user said no.
    Kept,
}

fn keep(kept: &mut Vec<Vec<u8>>, path: &[u8]) {
    let parent = super::ctx::dir_name(path);
    if !kept.contains(&parent) {
        kept.push(parent);
    }
}

/// The directory that is left next, if the entry just handled was in it.
fn pending_parent(todo: &[Todo]) -> Option<Vec<u8>> {
    todo.iter().rev().find_map(|t| match t {
        Todo::Leave(path) => Some(path.clone()),
        Todo::Entry(..) => None,
    })
}

fn enter(
    ctx: &mut Ctx<'_>,
    wish: &Wish,
    path: Vec<u8>,
    attr: Option<Attr>,
    dev: u64,
    todo: &mut Vec<Todo>,
) -> Done {
    let attr = match attr.map_or_else(|| ctx.lstat(&path), Ok) {
        Ok(attr) => attr,
        Err(errno) => return failed(ctx, wish, &path, errno),
    };
    if !attr.is_dir() {
        if !allowed(ctx, wish, &path, &attr, "remove") {
            return Done::Kept;
        }
        return match ctx.sys.unlinkat(AT_FDCWD, &path, 0) {
            Ok(()) => {
                if wish.verbose {
                    ctx.line(format!("removed {}", quote::quoted(&path)));
                }
                Done::Yes
            }
            Err(errno) => failed(ctx, wish, &path, errno),
        };
    }
    if wish.one_file_system && attr.dev.encode() != dev {
        let what = quote::quoted(&path);
        ctx.warn(format_args!("skipping {what}, since it's on a different device"));
        return Done::No;
    }
    if !wish.recursive {
        return match allowed(ctx, wish, &path, &attr, "remove") {
            true => rmdir(ctx, wish, &path),
            false => Done::Kept,
        };
    }
    let children = match ctx.children(&path) {
        Ok(children) => children,
        Err(errno) => {
            return match ctx.sys.unlinkat(AT_FDCWD, &path, at::REMOVEDIR) {
                Ok(()) => Done::Yes,
                Err(_) => failed(ctx, wish, &path, errno),
            };
        }
    };
    if !children.is_empty() && !allowed(ctx, wish, &path, &attr, "descend into") {
        return Done::Kept;
    }
    todo.push(Todo::Leave(path.clone()));
    todo.extend(children.iter().rev().map(|c| Todo::Entry(join(&path, &c.name), None)));
    Done::Yes
}

fn leave(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> Done {
    if wish.ask == Ask::Always
        && !ctx.confirm(format_args!("remove directory {}? ", quote::quoted(path)))
    {
        return Done::Kept;
    }
    rmdir(ctx, wish, path)
}

fn rmdir(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> Done {
    match ctx.sys.unlinkat(AT_FDCWD, path, at::REMOVEDIR) {
        Ok(()) => {
            if wish.verbose {
                ctx.line(format!("removed directory {}", quote::quoted(path)));
            }
            Done::Yes
        }
        Err(errno) => failed(ctx, wish, path, errno),
    }
}

fn failed(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], errno: Errno) -> Done {
    if wish.force && errno == Errno::ENOENT {
        return Done::Yes;
    }
    cannot(ctx, path, errno);
    Done::No
}

/// Asks the user where that is called for. A file of a read-only file system is not asked about: the
/// attempt says what is wrong (observed with rm 9.1 on a terminal).
fn allowed(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], attr: &Attr, verb: &str) -> bool {
    let protected = wish.ask != Ask::Never
        && (wish.tty || wish.ask == Ask::Always)
        && attr.kind != FileType::Symlink
        && ctx.sys.faccessat(AT_FDCWD, path, 2, at::EACCESS) == Err(Errno::EACCES);
    let asks = match wish.ask {
        Ask::Never => false,
        Ask::Sometimes => protected && wish.tty,
        Ask::Always => true,
    };
    if !asks {
        return true;
    }
    let guard = if protected { "write-protected " } else { "" };
    let what = quote::quoted(path);
    ctx.confirm(format_args!("{verb} {guard}{} {what}? ", type_words(attr)))
}
