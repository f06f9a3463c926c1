//! `install`: copies with mode and owner, and makes directories.

use super::copy::Copier;
use super::options::Options;
use super::{CP, Command};
use crate::shell::command::Start;
use crate::shell::command::common::mode::ModeSpec;
use crate::shell::command::common::quote;
use crate::shell::command::ctx::{Ctx, base_name, dir_name, join};
use crate::shell::command::rare;
use crate::sys::AT_FDCWD;
use crate::types::Mode;

pub const INSTALL: Command = rare(Command {
    name: "install",
    usage: "Usage: {} [OPTION]... [-T] SOURCE DEST\n  or:  {} [OPTION]... SOURCE... DIRECTORY\n  or:  {} [OPTION]... -t DIRECTORY SOURCE...\n  or:  {} [OPTION]... -d DIRECTORY...\n",
    summary: "copy files and set their attributes",
    start: Start::Patient(run),
    ..CP
});

struct Wish {
    mode: u32,
    owner: Option<u32>,
    group: Option<u32>,
    verbose: bool,
    leading: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "b |backup=? c C|compare d|directory D g|group= m|mode= o|owner= p|preserve-timestamps s|strip \
         S|suffix= t|target-directory= T|no-target-directory v|verbose Z |context=?",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish { mode: 0o755, owner: None, group: None, verbose: false, leading: false };
    let (mut directories, mut into, mut plain, mut times) = (false, None, false, false);
    for given in &parsed.options {
        match given.id {
            "d" => directories = true,
            "D" => wish.leading = true,
            "v" => wish.verbose = true,
            "p" => times = true,
            "t" => into = Some(given.bytes().to_vec()),
            "T" => plain = true,
            "m" => match ModeSpec::parse(given.bytes()) {
                Some(spec) => wish.mode = spec.apply(0, false, 0),
                None => {
                    ctx.warn(format_args!("invalid mode {}", quote::quoted(given.bytes())));
                    return 1;
                }
            },
            "o" => match ctx.names().uid_of(&given.text()) {
                Some(uid) => wish.owner = Some(uid),
                None => {
                    ctx.warn(format_args!("invalid user {}", quote::quoted(given.bytes())));
                    return 1;
                }
            },
            "g" => match ctx.names().gid_of(&given.text()) {
                Some(gid) => wish.group = Some(gid),
                None => {
                    ctx.warn(format_args!("invalid group {}", quote::quoted(given.bytes())));
                    return 1;
                }
            },
            _ => {}
        }
    }
    let files = &parsed.operands;
    if files.is_empty() {
        return ctx.usage("missing file operand");
    }
    if directories {
        let mut ok = true;
        for dir in files {
            ok &= make_dirs(ctx, &wish, dir) && settle(ctx, &wish, dir);
        }
        return i32::from(!ok);
    }
    if files.len() < 2 && into.is_none() {
        let what = quote::quoted(&files[0]);
        return ctx.usage(format_args!("missing destination file operand after {what}"));
    }
    let (sources, target) = match &into {
        Some(dir) => (&files[..], dir.clone()),
        None => (&files[..files.len() - 1], files[files.len() - 1].clone()),
    };
    if wish.leading {
        let above = if into.is_some() { target.clone() } else { dir_name(&target) };
        if !make_dirs(ctx, &wish, &above) {
            return 1;
        }
    }
    let is_dir = !plain && ctx.stat(&target).is_ok_and(|a| a.is_dir());
    if sources.len() > 1 && !is_dir {
        ctx.warn(format_args!("target {} is not a directory", quote::quoted(&target)));
        return 1;
    }
    let mut ok = true;
    for source in sources {
        let to = if is_dir { join(&target, base_name(source)) } else { target.clone() };
        let mut options = Options::new(false);
        (options.verbose, options.times, options.remove) = (wish.verbose, times, true);
        if ctx.stat(source).is_ok_and(|a| a.is_dir()) {
            ctx.warn(format_args!("omitting directory {}", quote::quoted(source)));
            ok = false;
            continue;
        }
        let copied = Copier::new(ctx, options).operand(source, &to, true);
        ok &= copied && settle(ctx, &wish, &to);
    }
    i32::from(!ok)
}

fn settle(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    if wish.owner.is_some() || wish.group.is_some() {
        if let Err(errno) = ctx.sys.fchownat(AT_FDCWD, path, wish.owner, wish.group, 0) {
            ctx.fail(format_args!("cannot change ownership of {}", quote::quoted(path)), errno);
            return false;
        }
    }
    if let Err(errno) = ctx.sys.fchmodat(AT_FDCWD, path, Mode::new(wish.mode)) {
        ctx.fail(format_args!("cannot change permissions of {}", quote::quoted(path)), errno);
        return false;
    }
    true
}

fn make_dirs(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let ends = (1..=path.len()).filter(|&at| at == path.len() || path[at] == b'/');
    for end in ends.collect::<Vec<_>>() {
        let dir = &path[..end];
        if dir.ends_with(b"/") || ctx.stat(dir).is_ok_and(|a| a.is_dir()) {
            continue;
        }
        if let Err(errno) = ctx.sys.mkdirat(AT_FDCWD, dir, 0o755) {
            ctx.fail(format_args!("cannot create directory {}", quote::locale(dir)), errno);
            return false;
        }
        if wish.verbose {
            let text = format!("{}: creating directory {}\n", ctx.prog(), quote::quoted(dir));
            ctx.out(text);
        }
    }
    true
}
