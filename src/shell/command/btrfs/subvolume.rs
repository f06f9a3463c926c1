//! `btrfs subvolume` and `btrfs property`.

use super::super::common::time;
use super::super::ctx::{Ctx, base_name, dir_name, join, strip_slashes};
use super::{ask, error, is_subvolume, parse, shown, trees, uuid, with};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd};
use crate::types::control::{Control, Controlled, TreeFacts};
use crate::types::{OpenFlags, Result, Timespec};

const TOP: u64 = 5;

fn moment(time: Timespec) -> String {
    shown(&time::format(b"%Y-%m-%d %H:%M:%S", time))
}

pub fn create(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume create", "i= p|parents", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    if ctx.stat(path).is_ok() {
        return error(ctx, format_args!("target path already exists: {}", shown(path)));
    }
    let (dir, name) = (dir_name(path), base_name(path).to_vec());
    let done = ask(ctx, &dir, &Control::Create { name: name.clone() });
    match done {
        Ok(_) => {
            ctx.line(format!("Create subvolume '{}/{}'", shown(&dir), shown(&name)));
            0
        }
        Err(Errno::ENOTTY) => error(ctx, format_args!("not a btrfs filesystem: {}", shown(&dir))),
        Err(errno) if ctx.stat(&dir).is_err() => {
            error(ctx, format_args!("cannot access '{}': {errno}", shown(&dir)))
        }
        Err(errno) => error(ctx, format_args!("cannot create subvolume: {errno}")),
    }
}

pub fn snapshot(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume snapshot", "i= r", words, 2..=2) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let read_only = parsed.options.iter().any(|it| it.id == "r");
    let (source, to) = (&parsed.operands[0], &parsed.operands[1]);
    if ask(ctx, source, &Control::Tree) == Err(Errno::ENOTTY) {
        return error(ctx, "Not a Btrfs filesystem: Invalid argument");
    }
    match is_subvolume(ctx, source) {
        Err(errno) => {
            return error(ctx, format_args!("cannot access '{}': {errno}", shown(source)));
        }
        Ok(false) => return error(ctx, "Not a Btrfs subvolume: Invalid argument"),
        Ok(true) => {}
    }
    let (dir, name) = match ctx.stat(to) {
        Ok(attr) if attr.is_dir() => (strip_slashes(to).to_vec(), base_name(source).to_vec()),
        Ok(_) => {
            return error(ctx, format_args!("'{}' exists and it is not a directory", shown(to)));
        }
        Err(_) => (dir_name(to), base_name(to).to_vec()),
    };
    let done = two(ctx, source, &dir, |ctx, source, dir| {
        let ask = Control::Snapshot { name: name.clone(), read_only };
        ctx.sys.control(dir, Some(source), &ask)
    });
    // The line comes before the error, on another stream.
    let kind = if read_only { "readonly snapshot" } else { "snapshot" };
    let line =
        format!("Create a {kind} of '{}' in '{}/{}'", shown(source), shown(&dir), shown(&name));
    match done {
        Ok(_) => {
            ctx.line(line);
            0
        }
        Err(errno) if ctx.stat(&dir).is_err() => {
            error(ctx, format_args!("cannot access '{}': {errno}", shown(&dir)))
        }
        Err(errno) => {
            ctx.line(line);
            error(ctx, format_args!("cannot snapshot '{}': {errno}", shown(source)))
        }
    }
}

fn two<R>(
    ctx: &mut Ctx<'_>,
    source: &[u8],
    dir: &[u8],
    f: impl FnOnce(&mut Ctx<'_>, Fd, Fd) -> Result<R>,
) -> Result<R> {
    let flags = OpenFlags::RDONLY | OpenFlags::CLOEXEC;
    let source = ctx.sys.openat(AT_FDCWD, source, flags, 0)?;
    let done = with(ctx, dir, |ctx, dir| f(ctx, source, dir));
    let _ = ctx.sys.close(source);
    done
}

/// The absolute path without links, as realpath(3) gives it.
fn real(ctx: &mut Ctx<'_>, path: &[u8]) -> Vec<u8> {
    let back = ctx.sys.getcwd();
    let found = match ctx.sys.chdir(path) {
        Ok(()) => ctx.sys.getcwd().unwrap_or_else(|_| path.to_vec()),
        Err(_) => path.to_vec(),
    };
    if let Ok(back) = back {
        let _ = ctx.sys.chdir(&back);
    }
    found
}

pub fn delete(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let table = "c|commit-after C|commit-each i|subvolid= v|verbose";
    let parsed = match parse(ctx, "subvolume delete", table, words, 1..=usize::MAX) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let commit = parsed.options.iter().any(|it| ["c", "C"].contains(&it.id));
    let commit = if commit { "commit" } else { "no-commit" };
    let mut status = 0;
    for path in &parsed.operands {
        status |= match is_subvolume(ctx, path) {
            Err(errno) => error(ctx, format_args!("Could not statfs: {errno}")),
            Ok(false) => error(ctx, "Not a Btrfs subvolume: Invalid argument"),
            Ok(true) => {
                let path = real(ctx, path);
                let (dir, name) = (dir_name(&path), base_name(&path).to_vec());
                ctx.line(format!("Delete subvolume ({commit}): '{}'", shown(&join(&dir, &name))));
                match ask(ctx, &dir, &Control::Delete { name }) {
                    Ok(_) => 0,
                    Err(errno) => {
                        error(ctx, format_args!("Could not destroy subvolume/snapshot: {errno}"))
                    }
                }
            }
        };
    }
    status
}

pub fn list(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume list", "a c d g o p q r R s t u", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut all, here) = match trees(ctx, &parsed.operands[0]) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    all.retain(|it| it.id != TOP);
    all.retain(|it| !(has("r") && !it.read_only || has("s") && it.origin.is_none()));
    all.retain(|it| !has("o") || it.parent == here);
    let columns = columns(&has);
    if has("t") {
        table(ctx, &all, &columns);
        return 0;
    }
    for it in &all {
        let words: Vec<String> =
            columns.iter().map(|(name, value)| format!("{name} {}", value(it))).collect();
        // With -a, what is not right below the one that is asked is named from the top.
        let top = if has("a") && it.parent != here { "<FS_TREE>/" } else { "" };
        ctx.line(format!("{} path {top}{}", words.join(" "), shown(&it.path)));
    }
    0
}

type Column = (&'static str, fn(&TreeFacts) -> String);

/// What stands before the path: a name and how a subvolume fills it.
fn columns(has: &dyn Fn(&str) -> bool) -> Vec<Column> {
    let mut columns: Vec<Column> =
        vec![("ID", |it| it.id.to_string()), ("gen", |it| it.generation.to_string())];
    if has("c") || has("s") {
        columns.push(("cgen", |it| it.born.to_string()));
    }
    if has("p") {
        columns.push(("parent", |it| it.parent.to_string()));
    }
    columns.push(("top level", |it| it.parent.to_string()));
    if has("s") {
        columns.push(("otime", |it| moment(it.created)));
    }
    if has("q") {
        columns.push(("parent_uuid", |it| {
            let origin = it.origin.as_ref().map_or_else(|| "-".to_owned(), uuid);
            format!("{origin:<36}")
        }));
    }
    if has("u") {
        columns.push(("uuid", |it| uuid(&it.uuid)));
    }
    columns
}

fn table(ctx: &mut Ctx<'_>, all: &[TreeFacts], columns: &[Column]) {
    let names: Vec<&str> = columns.iter().map(|it| it.0).chain(["path"]).collect();
    let row = |words: Vec<String>| words.into_iter().map(|it| it + "\t").collect::<String>();
    ctx.line(row(names.iter().map(|it| (*it).to_owned()).collect()));
    ctx.line(row(names.iter().map(|it| "-".repeat(it.len())).collect()));
    for it in all {
        let wide = |name: &str, value: String| if name.len() > 8 { value + "\t" } else { value };
        let words = columns.iter().map(|(name, value)| wide(name, value(it)));
        ctx.line(format!("{}{}", row(words.collect()), shown(&it.path)));
    }
}

pub fn show(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume show", "r= u= raw", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    match is_subvolume(ctx, path) {
        Err(errno) => {
            return error(
                ctx,
                format_args!("cannot find real path for '{}': {errno}", shown(path)),
            );
        }
        Ok(false) => return error(ctx, "Not a Btrfs subvolume: Invalid argument"),
        Ok(true) => {}
    }
    let (all, here) = match trees(ctx, path) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let Some(it) = all.iter().find(|it| it.id == here) else { return 1 };
    let top = it.id == TOP;
    let name = if top { "<FS_TREE>".to_owned() } else { shown(base_name(&it.path)) };
    ctx.line(if top { "/".to_owned() } else { shown(&it.path) });
    let origin = it.origin.as_ref().map_or_else(|| "-".to_owned(), uuid);
    let created = format!("{} +0000", moment(it.created));
    let rows: [(&str, String); 14] = [
        ("Name: \t\t", name),
        ("UUID: \t\t", uuid(&it.uuid)),
        ("Parent UUID: \t", origin),
        ("Received UUID: \t", "-".to_owned()),
        ("Creation time: \t", created.clone()),
        ("Subvolume ID: \t", it.id.to_string()),
        ("Generation: \t", it.generation.to_string()),
        ("Gen at creation: ", it.born.to_string()),
        ("Parent ID: \t", it.parent.to_string()),
        ("Top level ID: \t", it.parent.to_string()),
        ("Flags: \t\t", if it.read_only { "readonly" } else { "-" }.to_owned()),
        ("Send transid: \t", "0".to_owned()),
        ("Send time: \t", created),
        ("Receive transid: ", "0".to_owned()),
    ];
    for (head, value) in rows {
        ctx.line(format!("\t{head}\t{value}"));
    }
    ctx.line("\tReceive time: \t\t-\n\tSnapshot(s):");
    for snap in all.iter().filter(|snap| snap.origin == Some(it.uuid)) {
        ctx.line(format!("\t\t\t\t{}", shown(&snap.path)));
    }
    0
}

pub fn get_default(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume get-default", "", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    let (all, _) = match trees(ctx, path) {
        Ok(found) => found,
        Err(status) => return status,
    };
    match ask(ctx, path, &Control::Default) {
        Ok(Controlled::Number(TOP)) => ctx.line("ID 5 (FS_TREE)"),
        Ok(Controlled::Number(id)) => {
            for it in all.iter().filter(|it| it.id == id) {
                let (generation, parent) = (it.generation, it.parent);
                let path = shown(&it.path);
                ctx.line(format!("ID {id} gen {generation} top level {parent} path {path}"));
            }
        }
        Ok(_) => {}
        Err(errno) => return error(ctx, format_args!("failed to get default subvolume: {errno}")),
    }
    0
}

pub fn set_default(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume set-default", "", words, 1..=2) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (id, path) = match &parsed.operands[..] {
        [id, path] => match shown(id).parse() {
            Ok(id) => (id, path),
            Err(_) => return error(ctx, format_args!("invalid subvolume id: {}", shown(id))),
        },
        [path, ..] => match ask(ctx, path, &Control::Tree) {
            Ok(Controlled::Number(id)) if is_subvolume(ctx, path) == Ok(true) => (id, path),
            _ => return error(ctx, "Not a Btrfs subvolume: Invalid argument"),
        },
        [] => return 1,
    };
    match ask(ctx, path, &Control::SetDefault { id }) {
        Ok(_) => 0,
        Err(errno) => error(ctx, format_args!("Could not set default subvolume: {errno}")),
    }
}

/// Deleted subvolumes are gone at once: there is nothing to wait for.
pub fn sync(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "subvolume sync", "s=", words, 1..=usize::MAX) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    match trees(ctx, &parsed.operands[0]) {
        Ok(_) => 0,
        Err(status) => status,
    }
}

pub fn get_property(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "property get", "t=", words, 1..=2) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    let name = parsed.operands.get(1).map(|it| shown(it));
    if name.as_deref().is_some_and(|name| name != "ro") {
        return error(ctx, format_args!("unknown property: {}", name.unwrap_or_default()));
    }
    if is_subvolume(ctx, path) != Ok(true) {
        return if name.is_some() { error(ctx, "object is not a subvolume") } else { 0 };
    }
    let (all, here) = match trees(ctx, path) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let on = all.iter().any(|it| it.id == here && it.read_only);
    ctx.line(format!("ro={on}"));
    0
}

pub fn set_property(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "property set", "f t=", words, 3..=3) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (path, name) = (&parsed.operands[0], shown(&parsed.operands[1]));
    if name != "ro" {
        return error(ctx, format_args!("unknown property: {name}"));
    }
    let on = match &parsed.operands[2][..] {
        b"true" => true,
        b"false" => false,
        other => {
            let other = shown(other);
            return error(ctx, format_args!("invalid value for property: {other}"));
        }
    };
    match ask(ctx, path, &Control::SetReadOnly { on }) {
        Ok(_) => 0,
        Err(errno) => error(ctx, format_args!("failed to set flags for {}: {errno}", shown(path))),
    }
}
