//! `chmod`: permissions of files.

use super::common::mode::{ModeSpec, permissions};
use super::common::{args, quote};
use super::ctx::{Ctx, join};
use super::{Command, Package, Start};
use crate::sys::AT_FDCWD;
use crate::types::{FileType, Mode};

pub const COMMAND: Command = Command {
    name: "chmod",
    usage: "Usage: {} [OPTION]... MODE[,MODE]... FILE...\n  or:  {} [OPTION]... OCTAL-MODE FILE...\n  or:  {} [OPTION]... --reference=RFILE FILE...\nChange the mode of each FILE to MODE.\nWith --reference, change the mode of each FILE to that of RFILE.\n",
    summary: "change permissions",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

struct Wish {
    spec: ModeSpec,
    recursive: bool,
    verbose: bool,
    changes: bool,
    quiet: bool,
    umask: u32,
    /// The mode was given as an option (`-x`): what the umask holds back is told.
    as_option: bool,
}

/// Words like `-x` or `-rw` are modes, not options.
fn is_mode_word(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'-' && b"rwxXstugoa,+=01234567".contains(&word[1])
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let mut modes: Vec<Vec<u8>> = Vec::new();
    let mut words = Vec::new();
    let mut ended = false;
    for word in ctx.args() {
        ended |= word == b"--";
        if !ended && is_mode_word(word) {
            modes.push(word.clone())
        } else {
            words.push(word.clone())
        }
    }
    let parsed = match args::parse(
        "R|recursive c|changes f|silent |quiet v|verbose |reference= |preserve-root \
         |no-preserve-root",
        &words,
    ) {
        Ok(parsed) => parsed,
        Err(message) => return ctx.usage(message),
    };
    if parsed.options.iter().any(|o| matches!(o.id, "help" | "version")) {
        return ctx.parse("R c f v |reference=").err().unwrap_or(0);
    }
    let has = |id: &str| parsed.options.iter().any(|o| o.id == id);
    let reference = parsed.options.iter().rev().find(|o| o.id == "reference");
    let mut files = parsed.operands.clone();
    let as_option = !modes.is_empty();
    let text = if as_option {
        modes.join(&b',')
    } else if reference.is_some() || files.is_empty() {
        Vec::new()
    } else {
        files.remove(0)
    };
    if files.is_empty() {
        return if text.is_empty() {
            ctx.usage("missing operand")
        } else {
            ctx.usage(format_args!("missing operand after {}", quote::locale(&text)))
        };
    }
    let spec = match reference {
        Some(given) => match ctx.stat(given.bytes()) {
            Ok(attr) => ModeSpec::parse(format!("{:05o}", attr.mode.bits()).as_bytes()),
            Err(errno) => {
                let what = quote::quoted(given.bytes());
                ctx.fail(format_args!("failed to get attributes of {what}"), errno);
                return 1;
            }
        },
        None => ModeSpec::parse(&text),
    };
    let Some(spec) = spec else {
        return ctx.usage(format_args!("invalid mode: {}", quote::locale(&text)));
    };
    let umask = ctx.sys.umask(0);
    ctx.sys.umask(umask);
    let wish = Wish {
        spec,
        recursive: has("R"),
        verbose: has("v"),
        changes: has("c"),
        quiet: has("f") || has("quiet"),
        umask,
        as_option,
    };
    let mut ok = true;
    for file in &files {
        ok &= tree(ctx, &wish, file);
    }
    i32::from(!ok)
}

fn tree(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let mut ok = true;
    let mut todo = vec![(path.to_vec(), true)];
    while let Some((path, given)) = todo.pop() {
        let attr = if given { ctx.stat(&path) } else { ctx.lstat(&path) };
        let attr = match attr {
            Ok(attr) => attr,
            Err(errno) => {
                ok = false;
                unseen(ctx, wish, &path, errno);
                continue;
            }
        };
        if attr.kind == FileType::Symlink {
            continue;
        }
        ok &= change(ctx, wish, &path, attr.mode.bits(), attr.is_dir());
        if !wish.recursive || !attr.is_dir() || given && is_link(ctx, &path) {
            continue;
        }
        match ctx.children(&path) {
            Ok(children) => {
                todo.extend(children.iter().rev().map(|c| (join(&path, &c.name), false)));
            }
            Err(errno) => {
                ok = false;
                if !wish.quiet {
                    let what = quote::quoted(&path);
                    ctx.fail(format_args!("cannot read directory {what}"), errno);
                }
            }
        }
    }
    ok
}

fn is_link(ctx: &mut Ctx<'_>, path: &[u8]) -> bool {
    ctx.lstat(path).is_ok_and(|a| a.kind == FileType::Symlink)
}

fn unseen(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], errno: crate::errno::Errno) {
    let what = quote::quoted(path);
    if !wish.quiet {
        if errno == crate::errno::Errno::ENOENT && is_link(ctx, path) {
            ctx.warn(format_args!("cannot operate on dangling symlink {what}"));
        } else {
            ctx.fail(format_args!("cannot access {what}"), errno);
        }
    }
    if wish.verbose {
        ctx.line(format!("{what} could not be accessed"));
    }
}

fn change(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], old: u32, is_dir: bool) -> bool {
    let new = wish.spec.apply(old, is_dir, wish.umask);
    let what = quote::quoted(path);
    let set = ctx.sys.fchmodat(AT_FDCWD, path, Mode::new(new));
    if let Err(errno) = set
        && !wish.quiet
    {
        ctx.fail(format_args!("changing permissions of {what}"), errno);
    }
    let became = if set.is_ok() { ctx.stat(path).map_or(new, |a| a.mode.bits()) } else { old };
    let show = |mode: u32| format!("{mode:04o} ({})", permissions(mode));
    let changed = set.is_ok() && became != old;
    if set.is_err() {
        if wish.verbose {
            ctx.line(format!(
                "failed to change mode of {what} from {} to {}",
                show(old),
                show(new)
            ));
        }
    } else if changed && (wish.verbose || wish.changes) {
        ctx.line(format!("mode of {what} changed from {} to {}", show(old), show(became)));
    } else if wish.verbose {
        ctx.line(format!("mode of {what} retained as {}", show(became)));
    }
    if set.is_ok()
        && wish.as_option
        && let Some(naive) = wish.spec.held_back(old, is_dir, wish.umask)
    {
        if naive & !new != 0 || new & !naive != 0 {
            let name = quote::message(path);
            ctx.warn(format_args!(
                "{name}: new permissions are {}, not {}",
                permissions(new),
                permissions(naive)
            ));
            return false;
        }
    }
    set.is_ok()
}
