//! `btrfs quota` and `btrfs qgroup`: what each subvolume takes, and how much it may.

use super::{ask, error, is_subvolume, parse, pretty, shown};
use crate::errno::Errno;
use crate::shell::command::common::args;
use crate::shell::command::ctx::Ctx;
use crate::types::control::{Control, Controlled, GroupFacts};

pub(super) fn enable(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    switch(ctx, words, true)
}

pub(super) fn disable(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    switch(ctx, words, false)
}

fn switch(ctx: &mut Ctx<'_>, words: &[Vec<u8>], on: bool) -> i32 {
    let who = if on { "quota enable" } else { "quota disable" };
    let parsed = match parse(ctx, who, "", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    match ask(ctx, path, &Control::Quota { on }) {
        Ok(_) => 0,
        Err(Errno::ENOTTY) => not_btrfs(ctx, path),
        Err(errno) => error(ctx, format_args!("quota command failed: {errno}")),
    }
}

fn not_btrfs(ctx: &mut Ctx<'_>, path: &[u8]) -> i32 {
    error(ctx, format_args!("not a btrfs filesystem: {}", shown(path)))
}

/// A column: title, width, numbers at the right, and what stands in it.
struct Column {
    title: &'static str,
    width: usize,
    right: bool,
    cell: fn(&GroupFacts, fn(u64) -> String) -> String,
}

fn limit(bytes: Option<u64>, size: fn(u64) -> String) -> String {
    bytes.map_or_else(|| "none".to_owned(), size)
}

/// The letter that asks for a column; those without one are always there.
const COLUMNS: &[(&str, Column)] = &[
    ("", number("Referenced", 14, |it, size| size(it.referenced))),
    ("", number("Exclusive", 13, |it, size| size(it.exclusive))),
    ("r", number("Max referenced", 16, |it, size| limit(it.limits.referenced, size))),
    ("e", number("Max exclusive", 15, |it, size| limit(it.limits.exclusive, size))),
    ("p", Column { title: "Parent", width: 8, right: false, cell: |_, _| "-".to_owned() }),
    ("c", Column { title: "Child", width: 5, right: false, cell: |_, _| "-".to_owned() }),
];

const fn number(
    title: &'static str,
    width: usize,
    cell: fn(&GroupFacts, fn(u64) -> String) -> String,
) -> Column {
    Column { title, width, right: true, cell }
}

pub(super) fn show(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "qgroup show", "p c r e |raw |iec", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    let groups = match ask(ctx, path, &Control::Groups) {
        Ok(Controlled::Groups(groups)) => groups,
        Err(Errno::ENOTCONN) => return error(ctx, "can't list qgroups: quotas not enabled"),
        Err(Errno::ENOTTY) => return not_btrfs(ctx, path),
        Err(errno) => return error(ctx, format_args!("can't list qgroups: {errno}")),
        Ok(_) => return error(ctx, "unexpected answer"),
    };
    let is_on = |id: &str| id.is_empty() || parsed.options.iter().any(|it| it.id == id);
    let columns: Vec<&Column> = COLUMNS.iter().filter(|it| is_on(it.0)).map(|it| &it.1).collect();
    let size: fn(u64) -> String = if is_on("raw") { |n| n.to_string() } else { pretty };
    let titles = |f: &dyn Fn(&str) -> String| {
        row(&f("Qgroupid"), columns.iter().map(|it| (*it, f(it.title))), &format!("{} ", f("Path")))
    };
    ctx.line(titles(&str::to_owned));
    ctx.line(titles(&|it| "-".repeat(it.len())));
    for it in &groups {
        let path = match &it.path {
            None => "<stale>".to_owned(),
            Some(path) if path.is_empty() => "<toplevel>".to_owned(),
            Some(path) => shown(path),
        };
        let cells = columns.iter().map(|column| (*column, (column.cell)(it, size)));
        ctx.line(row(&format!("0/{}", it.id), cells, &path));
    }
    0
}

fn row<'a>(id: &str, cells: impl Iterator<Item = (&'a Column, String)>, path: &str) -> String {
    let mut out = format!("{id:<8}");
    for (column, text) in cells {
        let width = column.width;
        out += &if column.right { format!("{text:>width$}") } else { format!(" {text:<width$}") };
    }
    format!("{out}   {path}")
}

pub(super) fn set_limit(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "qgroup limit", "c e", words, 2..=3) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let word = &parsed.operands[0];
    let bytes = match &word[..] {
        b"none" => None,
        word => match args::sized(word) {
            Some(bytes) => Some(bytes),
            None => return error(ctx, format_args!("Invalid size argument: {}", shown(word))),
        },
    };
    let path = parsed.operands.last().unwrap_or(word).clone();
    let id = match group_of(ctx, &parsed.operands[1..], &path) {
        Ok(id) => id,
        Err(status) => return status,
    };
    let exclusive = parsed.options.iter().any(|it| it.id == "e");
    match ask(ctx, &path, &Control::Limit { id, exclusive, bytes }) {
        Ok(_) => 0,
        Err(Errno::ENOTTY) => not_btrfs(ctx, &path),
        Err(errno) => error(ctx, format_args!("unable to limit requested quota group: {errno}")),
    }
}

/// The group that is named (`0/257`), or that of the subvolume at the path.
fn group_of(ctx: &mut Ctx<'_>, words: &[Vec<u8>], path: &[u8]) -> Result<u64, i32> {
    if let [named, _] = words {
        let text = shown(named);
        let id = text.strip_prefix("0/").unwrap_or(&text).parse();
        return id
            .map_err(|_| error(ctx, format_args!("invalid qgroupid or subvolume path: {text}")));
    }
    match is_subvolume(ctx, path) {
        Ok(true) => {}
        Ok(false) => return Err(error(ctx, "Not a Btrfs subvolume: Invalid argument")),
        Err(errno) => return Err(error(ctx, format_args!("Could not statfs: {errno}"))),
    }
    match ask(ctx, path, &Control::Tree) {
        Ok(Controlled::Number(id)) => Ok(id),
        _ => Err(error(ctx, "unexpected answer")),
    }
}
