//! `zfs` and `zpool`: datasets, snapshots, clones, and the pools they are in. Words and layout follow OpenZFS
//! 2.2 (zfs(8), zpool(8)); there is no ZFS to compare with on the kernel that the rest is compared with.

mod datasets;
mod destroy;
mod get;
mod list;
mod mounting;
mod pool;
#[cfg(test)]
mod tests;

pub use pool::COMMAND as ZPOOL;

use super::common::args::{self, Parsed};
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::types::control::{Control, Controlled, DatasetFacts, PoolFacts, Zfs};
use crate::types::{OpenFlags, Result};

pub const ZFS: Command = Command {
    name: "zfs",
    usage: "usage: {} command args ...\n\n    create [-p] [-o property=value] FILESYSTEM\n    destroy [-dfnrRv] FILESYSTEM|SNAPSHOT\n    snapshot [-r] SNAPSHOT...\n    rollback [-rRf] SNAPSHOT\n    clone [-p] [-o property=value] SNAPSHOT FILESYSTEM\n    promote CLONE\n    rename NAME NAME\n    list [-Hp] [-r|-d N] [-o property,...] [-s property] [-t type,...] [NAME...]\n    set property=value NAME...\n    get [-Hp] [-r] [-o field,...] all|property,... [NAME...]\n    inherit property NAME...\n    mount [-a|FILESYSTEM]\n    unmount [-f] -a|FILESYSTEM|MOUNTPOINT\n",
    summary: "datasets, snapshots and clones of ZFS",
    package: Package::Other("zfs-2.2.0"),
    trouble: 2,
    start: Start::Swift(run),
};

type Run = fn(&mut Ctx<'_>, &[Vec<u8>]) -> i32;

const COMMANDS: &[(&str, Run)] = &[
    ("create", datasets::create),
    ("destroy", destroy::run),
    ("snapshot", datasets::snapshot),
    ("snap", datasets::snapshot),
    ("rollback", datasets::rollback),
    ("clone", datasets::clone),
    ("promote", datasets::promote),
    ("rename", datasets::rename),
    ("list", list::run),
    ("set", get::set),
    ("get", get::run),
    ("inherit", get::inherit),
    ("mount", mounting::mount),
    ("unmount", mounting::unmount),
    ("umount", mounting::unmount),
];

fn run(ctx: &mut Ctx<'_>) -> i32 {
    dispatch(ctx, &ZFS, COMMANDS)
}

fn dispatch(ctx: &mut Ctx<'_>, command: &'static Command, commands: &[(&str, Run)]) -> i32 {
    let words = ctx.args();
    let usage = command.usage.replace("{}", command.name);
    let Some(word) = words.first().map(|it| String::from_utf8_lossy(it).into_owned()) else {
        ctx.err(format!("missing command\n{usage}"));
        return 2;
    };
    match (commands.iter().find(|(name, _)| *name == word), &word[..]) {
        (Some((_, run)), _) => run(ctx, &words[1..]),
        (None, "-?" | "--help" | "help") => {
            ctx.out(usage);
            0
        }
        (None, "-V" | "--version" | "version") => {
            ctx.line("zfs-2.2.0\nzfs-kmod-2.2.0");
            0
        }
        _ => {
            ctx.err(format!("unrecognized command '{word}'\n{usage}"));
            2
        }
    }
}

fn parse(
    ctx: &mut Ctx<'_>,
    table: &'static str,
    words: &[Vec<u8>],
) -> std::result::Result<Parsed, i32> {
    args::parse(table, words).map_err(|why| {
        ctx.err(format!("{why}\n"));
        2
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The operands of a command as text.
fn names(parsed: &Parsed) -> Vec<String> {
    parsed.operands.iter().map(|it| text(it)).collect()
}

fn has(parsed: &Parsed, id: &str) -> bool {
    parsed.options.iter().any(|it| it.id == id)
}

/// `key=value` of every `-o`.
fn pairs(
    ctx: &mut Ctx<'_>,
    parsed: &Parsed,
    id: &str,
) -> std::result::Result<Vec<(String, String)>, i32> {
    let mut all = Vec::new();
    for given in parsed.options.iter().filter(|it| it.id == id) {
        match given.text().split_once('=') {
            Some((key, value)) => all.push((key.to_owned(), value.to_owned())),
            None => return Err(fail(ctx, "missing '=' for property=value argument")),
        }
    }
    Ok(all)
}

fn fail(ctx: &mut Ctx<'_>, why: impl std::fmt::Display) -> i32 {
    ctx.err(format!("{why}\n"));
    1
}

/// Asks ZFS.
fn ask(ctx: &mut Ctx<'_>, ask: Zfs) -> Result<Controlled> {
    let fd = ctx.open(b"/dev/zfs", OpenFlags::RDWR | OpenFlags::CLOEXEC, 0)?;
    let done = ctx.sys.control(fd, None, &Control::Zfs(ask));
    let _ = ctx.sys.close(fd);
    done
}

fn datasets(ctx: &mut Ctx<'_>) -> Vec<DatasetFacts> {
    match ask(ctx, Zfs::List) {
        Ok(Controlled::Datasets(all)) => in_order(all),
        _ => Vec::new(),
    }
}

fn pools(ctx: &mut Ctx<'_>) -> Vec<PoolFacts> {
    match ask(ctx, Zfs::Pools) {
        Ok(Controlled::Pools(all)) => all,
        _ => Vec::new(),
    }
}

/// By name; the snapshots of a dataset follow it by age, before those below it.
fn in_order(mut all: Vec<DatasetFacts>) -> Vec<DatasetFacts> {
    let key = |it: &DatasetFacts| {
        let set = it.name.split('@').next().unwrap_or_default();
        let parts: Vec<String> = set.split('/').map(str::to_owned).collect();
        (parts, it.is_snapshot, it.created, it.name.clone())
    };
    all.sort_by_cached_key(key);
    all
}

/// The reason as libzfs words it, for a dataset's name.
fn reason(name: &str, errno: Errno) -> String {
    match errno {
        Errno::EEXIST => "dataset already exists".to_owned(),
        Errno::ENOENT if name.contains('/') => "parent does not exist".to_owned(),
        Errno::ENOENT => "dataset does not exist".to_owned(),
        Errno::ENOSPC => "out of space".to_owned(),
        Errno::EBUSY => "dataset is busy".to_owned(),
        Errno::EPERM => "permission denied".to_owned(),
        Errno::EOPNOTSUPP => "compression is not simulated: only off".to_owned(),
        Errno::ENAMETOOLONG => "name is too long".to_owned(),
        _ => errno.message().to_lowercase(),
    }
}

/// A size as libzfs writes it: whole where it divides, otherwise as many digits as fit into five characters.
fn nice(bytes: u64) -> String {
    const LETTERS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    let (mut index, mut left) = (0, bytes);
    while left >= 1024 && index < LETTERS.len() - 1 {
        left /= 1024;
        index += 1;
    }
    let unit = 1u64 << (10 * index);
    if index == 0 {
        return format!("{bytes}B");
    }
    if bytes.is_multiple_of(unit) {
        return format!("{left}{}", LETTERS[index]);
    }
    let value = bytes as f64 / unit as f64;
    for digits in (0..=2).rev() {
        let shown = format!("{value:.digits$}{}", LETTERS[index]);
        if shown.len() <= 5 || digits == 0 {
            return shown;
        }
    }
    String::new()
}

/// Rows in columns as wide as they need; `right` says which are numbers.
fn table(ctx: &mut Ctx<'_>, head: Option<&[String]>, rows: &[Vec<String>], right: &[bool]) {
    let all = || head.into_iter().chain(rows.iter().map(Vec::as_slice));
    let width = |at: usize| all().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..right.len()).map(width).collect();
    let lines: Vec<String> = all().map(|row| line(row, &widths, right)).collect();
    lines.iter().for_each(|it| ctx.line(it));
}

fn line(row: &[String], widths: &[usize], right: &[bool]) -> String {
    let mut out = String::new();
    for (at, cell) in row.iter().enumerate() {
        let last = at + 1 == row.len();
        let width = widths[at];
        match (right[at], last) {
            (true, _) => out += &format!("{cell:>width$}"),
            (false, true) => out += cell,
            (false, false) => out += &format!("{cell:<width$}"),
        }
        out += if last { "" } else { "  " };
    }
    out
}

#[cfg(test)]
mod sizes {
    use super::*;

    #[test]
    fn sizes_fit_into_five_characters() {
        for (bytes, want) in [
            (0, "0B"),
            (512, "512B"),
            (24_576, "24K"),
            (98_816, "96.5K"),
            (872_415_232, "832M"),
            (1_288_490_188, "1.20G"),
            (12_884_901, "12.3M"),
            (1_065_353_217, "1016M"),
        ] {
            assert_eq!(nice(bytes), want);
        }
    }
}
