//! `btrfs` and `filefrag`: what shows subvolumes and extents. Words and layout as btrfs-progs 6.2 has them
//! (observed on 6.18).

mod filefrag;
mod filesystem;
mod mkfs;
mod quota;
mod subvolume;

pub use filefrag::FILEFRAG;
pub use mkfs::{MKFS, make};

use super::common::args::{self, Parsed};
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::Fd;
use crate::types::control::{Control, Controlled, TreeFacts};
use crate::types::{OpenFlags, Result};

pub const COMMAND: Command = Command {
    name: "btrfs",
    usage: "usage: {} <group> <command> [<args>]\n\n    subvolume   create, delete, list, snapshot, get-default, set-default, show\n    filesystem  df, du, show, usage, sync\n    quota       enable, disable\n    qgroup      show, limit\n    property    get, set (ro)\n\nNames may be shortened as long as they stay unique.\n",
    summary: "subvolumes, snapshots and extents of Btrfs",
    package: Package::Other("btrfs-progs v6.2"),
    trouble: 1,
    start: Start::Swift(run),
};

/// What a subcommand gets: the words after it.
type Run = fn(&mut Ctx<'_>, &[Vec<u8>]) -> i32;

const GROUPS: &[(&str, &[(&str, Run)])] = &[
    (
        "subvolume",
        &[
            ("create", subvolume::create),
            ("delete", subvolume::delete),
            ("get-default", subvolume::get_default),
            ("list", subvolume::list),
            ("set-default", subvolume::set_default),
            ("show", subvolume::show),
            ("snapshot", subvolume::snapshot),
            ("sync", subvolume::sync),
        ],
    ),
    (
        "filesystem",
        &[
            ("df", filesystem::df),
            ("du", filesystem::du),
            ("show", filesystem::show),
            ("sync", filesystem::sync),
            ("usage", filesystem::usage),
        ],
    ),
    ("quota", &[("disable", quota::disable), ("enable", quota::enable)]),
    ("qgroup", &[("limit", quota::set_limit), ("show", quota::show)]),
    ("property", &[("get", subvolume::get_property), ("set", subvolume::set_property)]),
];

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let words = ctx.args();
    let text = |at: usize| words.get(at).map(|it| String::from_utf8_lossy(it).into_owned());
    match text(0).as_deref() {
        None | Some("--help" | "help") => {
            let usage = COMMAND.usage.replace("{}", "btrfs");
            ctx.out(usage);
            return i32::from(words.is_empty());
        }
        Some("--version" | "version") => {
            ctx.line("btrfs-progs v6.2");
            return 0;
        }
        _ => {}
    }
    let group = match pick(GROUPS, &text(0).unwrap_or_default()) {
        Ok(group) => group,
        Err(why) => return unknown(ctx, "btrfs", &why),
    };
    let Some(word) = text(1) else { return unknown(ctx, "btrfs", "missing command") };
    let commands = group.1;
    match pick(commands, &word) {
        Ok((_, run)) => run(ctx, &words[2..]),
        Err(why) => unknown(ctx, &format!("btrfs {}", group.0), &why),
    }
}

fn unknown(ctx: &mut Ctx<'_>, who: &str, why: &str) -> i32 {
    ctx.err(format!("{who}: {why}\nTry 'btrfs --help' for what the machine has.\n"));
    1
}

/// The row that a word names, whole or shortened.
fn pick<'a, T>(
    rows: &'a [(&'static str, T)],
    word: &str,
) -> std::result::Result<&'a (&'static str, T), String> {
    let mut fits = rows.iter().filter(|(name, _)| name.starts_with(word));
    match (rows.iter().find(|(name, _)| *name == word), fits.next(), fits.next()) {
        (Some(row), ..) | (None, Some(row), None) => Ok(row),
        (None, Some(_), Some(_)) => Err(format!("ambiguous token '{word}'")),
        (None, None, _) => Err(format!("unknown token '{word}'")),
    }
}

/// `ERROR: …` and status 1.
fn error(ctx: &mut Ctx<'_>, text: impl std::fmt::Display) -> i32 {
    ctx.err(format!("ERROR: {text}\n"));
    1
}

/// Options and operands of a subcommand.
fn parse(
    ctx: &mut Ctx<'_>,
    who: &str,
    table: &'static str,
    words: &[Vec<u8>],
    count: std::ops::RangeInclusive<usize>,
) -> std::result::Result<Parsed, i32> {
    let parsed = args::parse(table, words).map_err(|why| {
        ctx.err(format!("btrfs {who}: {why}\n"));
        1
    })?;
    let given = parsed.operands.len();
    if count.contains(&given) {
        return Ok(parsed);
    }
    let (least, most) = (*count.start(), *count.end());
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let want = match (least, most) {
        _ if least == most => format!("exactly {least} argument{}", s(least)),
        _ if given < least => format!("at least {least} argument{}", s(least)),
        _ => format!("at most {most} argument{}", s(most)),
    };
    ctx.err(format!("btrfs {who}: {want} expected, {given} given\n"));
    Err(1)
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// Asks the file system that a path is on.
fn ask(ctx: &mut Ctx<'_>, path: &[u8], ask: &Control) -> Result<Controlled> {
    with(ctx, path, |ctx, fd| ctx.sys.control(fd, None, ask))
}

fn with<R>(
    ctx: &mut Ctx<'_>,
    path: &[u8],
    f: impl FnOnce(&mut Ctx<'_>, Fd) -> Result<R>,
) -> Result<R> {
    let fd = ctx.open(path, OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    let done = f(ctx, fd);
    let _ = ctx.sys.close(fd);
    done
}

/// The subvolumes of the file system of a path, and the number of the one that the path is in.
fn trees(ctx: &mut Ctx<'_>, path: &[u8]) -> std::result::Result<(Vec<TreeFacts>, u64), i32> {
    let found = with(ctx, path, |ctx, fd| {
        Ok((
            ctx.sys.control(fd, None, &Control::Trees)?,
            ctx.sys.control(fd, None, &Control::Tree)?,
        ))
    });
    match found {
        Ok((Controlled::Trees(list), Controlled::Number(id))) => Ok((list, id)),
        Ok(_) => Err(error(ctx, "unexpected answer")),
        Err(Errno::ENOTTY) => {
            let path = shown(path);
            error(ctx, format_args!("not a btrfs filesystem: {path}"));
            Err(error(ctx, format_args!("can't access '{path}'")))
        }
        Err(errno) => {
            let path = shown(path);
            error(ctx, format_args!("cannot access '{path}': {errno}"));
            Err(error(ctx, format_args!("can't access '{path}'")))
        }
    }
}

/// Is it a subvolume: a root directory with number 256 (or what is left of one) on Btrfs?
fn is_subvolume(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<bool> {
    let attr = ctx.stat(path)?;
    Ok(attr.is_dir() && attr.ino == 256 && ask(ctx, path, &Control::Tree).is_ok())
}

/// A size with two decimals and its unit.
fn pretty(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut unit, mut size) = (0, bytes);
    let mut last = bytes;
    while size >= 1024 && unit < UNITS.len() - 1 {
        last = size;
        size /= 1024;
        unit += 1;
    }
    let value = if unit == 0 { bytes as f64 } else { last as f64 / 1024.0 };
    format!("{value:.2}{}", UNITS[unit])
}

fn uuid(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As btrfs-progs 6.2 printed them.
    #[test]
    fn sizes_have_two_decimals() {
        for (bytes, want) in [
            (0, "0.00B"),
            (4096, "4.00KiB"),
            (3_002_368, "2.86MiB"),
            (53_673_984, "51.19MiB"),
            (1 << 30, "1.00GiB"),
        ] {
            assert_eq!(pretty(bytes), want);
        }
        assert!(pick(GROUPS, "su").is_ok() && pick(GROUPS, "x").is_err());
    }
}
