//! Properties: `zfs get`, `set`, `inherit`.

use super::super::common::time;
use super::super::ctx::Ctx;
use super::mounting::{mount_named, mounted, property, unmount_named};
use super::{ask, datasets, fail, has, names, nice, parse, reason, table, text};
use crate::errno::Errno;
use crate::types::control::{DatasetFacts, Zfs};

/// What `all` shows, in this order.
const ALL: &[&str] = &[
    "type",
    "creation",
    "used",
    "available",
    "referenced",
    "compressratio",
    "mounted",
    "origin",
    "quota",
    "recordsize",
    "mountpoint",
    "compression",
    "atime",
    "readonly",
    "clones",
    "defer_destroy",
    "usedbysnapshots",
    "usedbydataset",
    "usedbychildren",
    "usedbyrefreservation",
];

pub fn is_number(key: &str) -> bool {
    let numbers = ["used", "avail", "refer", "quota", "recordsize", "compressratio"];
    numbers.iter().any(|it| key.starts_with(it))
}

/// The value of a property and its source; `None`: there is no such property.
pub fn value(
    it: &DatasetFacts,
    key: &str,
    exact: bool,
    mounted: &[(String, String)],
) -> Option<(String, String)> {
    let size = |bytes: u64| if exact { bytes.to_string() } else { nice(bytes) };
    let none = || "-".to_owned();
    let only_set = |text: String| if it.is_snapshot { none() } else { text };
    let yes = |on: bool| if on { "yes" } else { "no" }.to_owned();
    let text = match key {
        "name" => it.name.clone(),
        "type" => if it.is_snapshot { "snapshot" } else { "filesystem" }.to_owned(),
        "creation" if exact => it.created.sec.to_string(),
        "creation" => text(&time::format(b"%a %b %e %k:%M %Y", it.created)),
        "used" => size(it.used),
        "available" | "avail" => only_set(size(it.avail)),
        "referenced" | "refer" => size(it.refer),
        "compressratio" => "1.00x".to_owned(),
        "mounted" => only_set(yes(mounted.iter().any(|at| at.0 == it.name))),
        "origin" => it.origin.clone().unwrap_or_else(none),
        "clones" if it.is_snapshot => it.clones.join(","),
        "defer_destroy" if it.is_snapshot => if it.deferred { "on" } else { "off" }.to_owned(),
        "clones" | "defer_destroy" => none(),
        "usedbysnapshots" | "usedsnap" => only_set(size(it.used_by[0])),
        "usedbydataset" | "usedds" => only_set(size(it.used_by[1])),
        "usedbychildren" | "usedchild" => only_set(size(it.used_by[2])),
        "usedbyrefreservation" | "usedrefreserv" => only_set(size(0)),
        _ => {
            let row = it.props.iter().find(|row| row.0 == key);
            let known = crate::shell::command::zfs::pool::PROPERTIES.contains(&key);
            return match row {
                Some((_, value, from)) => Some((value.clone(), from.clone())),
                None if known => Some((none(), none())),
                None => None,
            };
        }
    };
    Some((text, none()))
}

pub fn run(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "H p r d= o= s= t=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let given = names(&parsed);
    let Some((keys, wanted)) = given.split_first() else {
        return fail(ctx, "missing property argument");
    };
    let keys: Vec<&str> = if keys == "all" { ALL.to_vec() } else { keys.split(',').collect() };
    let all = datasets(ctx);
    let mut status = 0;
    for name in wanted.iter().filter(|name| !all.iter().any(|it| it.name == **name)) {
        status = fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    }
    let below = |name: &String, it: &DatasetFacts| {
        it.name.strip_prefix(&name[..]).is_some_and(|rest| {
            rest.is_empty() || has(&parsed, "r") && rest.starts_with(['/', '@'])
        })
    };
    let mounted = mounted(ctx);
    let mut rows = Vec::new();
    for it in all.iter().filter(|it| wanted.is_empty() || wanted.iter().any(|name| below(name, it)))
    {
        for key in &keys {
            match value(it, key, has(&parsed, "p"), &mounted) {
                Some((text, from)) => {
                    let skip = given[0] == "all" && text == "-";
                    if !skip {
                        rows.push(vec![it.name.clone(), (*key).to_owned(), text, from]);
                    }
                }
                None => {
                    return fail(ctx, format_args!("bad property list: invalid property '{key}'"));
                }
            }
        }
    }
    let fields = parsed.options.iter().rfind(|it| it.id == "o").map(|it| it.text());
    let fields = fields.unwrap_or_else(|| "name,property,value,source".to_owned());
    let order = ["name", "property", "value", "source"];
    let pick: Vec<usize> =
        fields.split(',').filter_map(|it| order.iter().position(|name| *name == it)).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| pick.iter().map(|at| row[*at].clone()).collect()).collect();
    if has(&parsed, "H") {
        rows.iter().for_each(|row| ctx.line(row.join("\t")));
        return status;
    }
    let head: Vec<String> = pick.iter().map(|at| order[*at].to_uppercase()).collect();
    if !rows.is_empty() {
        table(ctx, Some(&head), &rows, &vec![false; pick.len()]);
    }
    status
}

pub fn set(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let (changes, wanted): (Vec<String>, Vec<String>) =
        words.iter().map(|it| text(it)).partition(|it| it.contains('='));
    if changes.is_empty() || wanted.is_empty() {
        return fail(ctx, "missing property=value argument(s) or dataset name(s)");
    }
    let mut status = 0;
    for name in &wanted {
        for change in &changes {
            let (key, value) = change.split_once('=').unwrap_or((change, ""));
            status |= change_one(ctx, name, key, Some(value));
        }
    }
    status
}

pub fn inherit(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "r S", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let given = names(&parsed);
    let Some((key, wanted)) = given.split_first().filter(|it| !it.1.is_empty()) else {
        return fail(ctx, "missing property or dataset argument");
    };
    wanted.iter().fold(0, |status, name| status | change_one(ctx, name, key, None))
}

/// Changes a property; what is mounted elsewhere or otherwise by that is mounted anew.
fn change_one(ctx: &mut Ctx<'_>, name: &str, key: &str, value: Option<&str>) -> i32 {
    let before = datasets(ctx);
    if !before.iter().any(|it| it.name == name) {
        return fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    }
    let done = ask(
        ctx,
        match value {
            Some(value) => {
                Zfs::Set { name: name.to_owned(), key: key.to_owned(), value: value.to_owned() }
            }
            None => Zfs::Inherit { name: name.to_owned(), key: key.to_owned() },
        },
    );
    if let Err(errno) = done {
        let known = super::pool::PROPERTIES.contains(&key);
        let why = match (errno, known) {
            (Errno::EINVAL, false) => format!("invalid property '{key}'"),
            (Errno::EINVAL, true) => {
                format!("'{}' is not a value of '{key}'", value.unwrap_or_default())
            }
            (Errno::ENOSPC, _) => "size is less than current used or reserved space".to_owned(),
            (errno, _) => reason(name, errno),
        };
        return fail(ctx, format_args!("cannot set property for '{name}': {why}"));
    }
    if !["mountpoint", "readonly", "atime"].contains(&key) {
        return 0;
    }
    let after = datasets(ctx);
    let now = mounted(ctx);
    let moved = |it: &&DatasetFacts| {
        let old = before.iter().find(|old| old.name == it.name);
        old.is_some_and(|old| old.props != it.props)
    };
    let moved: Vec<&DatasetFacts> = after.iter().filter(moved).collect();
    for it in moved.iter().rev() {
        if let Err(status) = unmount_named(ctx, &it.name) {
            return status;
        }
    }
    let was_mounted = |it: &DatasetFacts| now.iter().any(|at| at.0 == it.name);
    let mut status = 0;
    for it in moved.iter().filter(|it| was_mounted(it) || property(it, "mountpoint") != "legacy") {
        status |= mount_named(ctx, &it.name);
    }
    status
}
