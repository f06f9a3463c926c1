//! `cp`, `mv` and `install`: files and trees copied, renamed, put in place.

mod attributes;
mod copy;
mod data;
mod install;
mod moving;
mod options;

use super::common::quote;
use super::ctx::{Ctx, base_name, join, strip_slashes};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::types::{Attr, FileType};
use copy::Copier;
use options::Options;

pub use install::INSTALL;

pub const CP: Command = Command {
    name: "cp",
    usage: "Usage: {} [OPTION]... [-T] SOURCE DEST\n  or:  {} [OPTION]... SOURCE... DIRECTORY\n  or:  {} [OPTION]... -t DIRECTORY SOURCE...\nCopy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.\n",
    summary: "copy files and trees",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(run),
};

pub const MV: Command = Command {
    name: "mv",
    usage: "Usage: {} [OPTION]... [-T] SOURCE DEST\n  or:  {} [OPTION]... SOURCE... DIRECTORY\n  or:  {} [OPTION]... -t DIRECTORY SOURCE...\nRename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.\n",
    summary: "move or rename files",
    ..CP
};

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let moving = ctx.call.command.name == "mv";
    let (options, files) = match if moving { options::read_mv(ctx) } else { options::read_cp(ctx) }
    {
        Ok(read) => read,
        Err(status) => return status,
    };
    let into = options.target_directory.clone();
    let plain = options.no_target_directory;
    if files.len() < if into.is_some() { 1 } else { 2 } {
        return match files.first() {
            None => ctx.usage("missing file operand"),
            Some(one) => {
                let what = quote::quoted(one);
                ctx.usage(format_args!("missing destination file operand after {what}"))
            }
        };
    }
    if plain && files.len() > 2 {
        let what = quote::quoted(&files[2]);
        return ctx.usage(format_args!("extra operand {what}"));
    }
    let mut copier = Copier::new(ctx, options);
    match into {
        Some(dir) => match directory(copier.ctx, &dir) {
            Ok(()) => many(&mut copier, &files, &dir),
            Err(errno) => {
                let what = quote::quoted(&dir);
                copier.ctx.fail(format_args!("target directory {what}"), errno);
                1
            }
        },
        None if plain => i32::from(!one(&mut copier, &files[0], &files[1], true)),
        None => to_last(&mut copier, &files),
    }
}

fn directory(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<(), Errno> {
    match ctx.stat(path)? {
        attr if attr.is_dir() => Ok(()),
        _ => Err(Errno::ENOTDIR),
    }
}

fn to_last(copier: &mut Copier<'_, '_>, files: &[Vec<u8>]) -> i32 {
    let Some((last, sources)) = files.split_last() else { return 1 };
    match directory(copier.ctx, last) {
        Ok(()) => many(copier, sources, last),
        Err(errno) if sources.len() > 1 => {
            copier.ctx.fail(format_args!("target {}", quote::quoted(last)), errno);
            1
        }
        Err(_) => i32::from(!one(copier, &sources[0], last, true)),
    }
}

fn many(copier: &mut Copier<'_, '_>, sources: &[Vec<u8>], dir: &[u8]) -> i32 {
    let mut ok = true;
    for source in sources {
        let stripped = if copier.options.strip_slashes || copier.options.moving {
            strip_slashes(source)
        } else {
            source
        };
        if copier.options.parents {
            ok &= copier.with_parents(source, dir);
            continue;
        }
        let base = base_name(stripped);
        // `cp -r .. dir` fills `dir` itself.
        let name = if base == b".." { dir.to_vec() } else { join(dir, base) };
        ok &= one(copier, source, &name, false);
    }
    i32::from(!ok)
}

fn one(copier: &mut Copier<'_, '_>, from: &[u8], to: &[u8], direct: bool) -> bool {
    copier.forget_operand();
    copier.operand(from, to, direct)
}

/// The same file under both names?
fn same(a: &Attr, b: &Attr) -> bool {
    a.ino == b.ino && a.dev == b.dev
}

fn is_link(attr: &Attr) -> bool {
    attr.kind == FileType::Symlink
}
