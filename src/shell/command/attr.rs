//! `getfattr` and `setfattr`: extended attributes.

mod encoding;

use super::ctx::{Ctx, join};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::shell::regex::{Regex, Syntax};
use crate::types::{FileType, XattrMode};
use encoding::Encoding;

pub const GETFATTR: Command = Command {
    name: "getfattr",
    usage: "getfattr 2.5.1 -- get extended attributes\nUsage: getfattr [-hRLP] [-n name|-d] [-e en] [-m pattern] path...\n",
    summary: "show extended attributes (what marks opaque directories and origins)",
    package: Package::Attr,
    trouble: 1,
    start: Start::Swift(run_get),
};

pub const SETFATTR: Command = Command {
    name: "setfattr",
    usage: "setfattr 2.5.1 -- set extended attributes\nUsage: setfattr {-n name} [-v value] [-h] file...\n       setfattr {-x name} [-h] file...\n",
    summary: "set or remove extended attributes",
    package: Package::Attr,
    trouble: 1,
    start: Start::Patient(run_set),
};

/// "No such attribute" is what these tools say for ENODATA.
fn words(errno: Errno) -> String {
    if errno == Errno::ENODATA { "No such attribute".into() } else { errno.to_string() }
}

fn usage(ctx: &mut Ctx<'_>, message: Option<String>) -> i32 {
    if let Some(message) = message {
        ctx.warn(message);
    }
    let name = ctx.call.command.name;
    let lines = ctx.call.command.usage.split_once('\n').map_or("", |l| l.1);
    ctx.err(format!("{lines}Try `{name} --help' for more information.\n"));
    2
}

/// Options of both tools; their messages differ from getopt's users elsewhere.
fn options(ctx: &mut Ctx<'_>, table: &'static str) -> Result<super::common::args::Parsed, i32> {
    let parsed = match super::common::args::parse(table, ctx.args()) {
        Ok(parsed) => parsed,
        Err(message) => return Err(usage(ctx, Some(message))),
    };
    for given in &parsed.options {
        match given.id {
            "version" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return Err(0);
            }
            "help" => {
                let text = ctx.call.command.usage;
                ctx.out(text);
                return Err(0);
            }
            _ => {}
        }
    }
    Ok(parsed)
}

struct Wish {
    name: Option<Vec<u8>>,
    dump: bool,
    encoding: Option<Encoding>,
    pattern: Option<Regex>,
    no_follow: bool,
    recursive: bool,
    logical: bool,
    physical: bool,
    absolute: bool,
    only_values: bool,
    /// The note about leading slashes was printed.
    told: bool,
}

fn run_get(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match options(
        ctx,
        "n|name= d|dump e|encoding= m|match= h|no-dereference |only-values |absolute-names R|recursive \
         L|logical P|physical",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        name: None,
        dump: false,
        encoding: None,
        pattern: Regex::new(b"^user\\.", Syntax::Extended, false).ok(),
        no_follow: false,
        recursive: false,
        logical: false,
        physical: false,
        absolute: false,
        only_values: false,
        told: false,
    };
    for given in &parsed.options {
        match given.id {
            "n" => wish.name = Some(given.bytes().to_vec()),
            "d" => wish.dump = true,
            "e" => match Encoding::parse(&given.text()) {
                Some(encoding) => wish.encoding = Some(encoding),
                None => return usage(ctx, None),
            },
            "m" => {
                wish.pattern = None;
                if given.bytes() != b"-" {
                    match Regex::new(given.bytes(), Syntax::Extended, false) {
                        Ok(regex) => wish.pattern = Some(regex),
                        Err(_) => {
                            ctx.warn("invalid regular expression");
                            return 1;
                        }
                    }
                }
            }
            "h" => wish.no_follow = true,
            "only-values" => wish.only_values = true,
            "absolute-names" => wish.absolute = true,
            "R" => wish.recursive = true,
            "L" => (wish.logical, wish.physical) = (true, false),
            "P" => (wish.logical, wish.physical) = (false, true),
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return usage(ctx, None);
    }
    let mut ok = true;
    for path in &parsed.operands {
        ok &= walk(ctx, &mut wish, path);
    }
    i32::from(!ok)
}

fn walk(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8]) -> bool {
    let mut ok = true;
    let mut todo = vec![(path.to_vec(), true)];
    while let Some((path, given)) = todo.pop() {
        let attr = match ctx.lstat(&path) {
            Ok(attr) => attr,
            Err(errno) => {
                ctx.fail(String::from_utf8_lossy(&path), errno);
                ok = false;
                continue;
            }
        };
        let link = attr.kind == FileType::Symlink;
        ok &= show(ctx, wish, &path);
        if !wish.recursive {
            continue;
        }
        let enter = attr.is_dir()
            || link
                && (wish.logical || given && !wish.physical)
                && ctx.stat(&path).is_ok_and(|a| a.is_dir());
        if enter {
            match ctx.children(&path) {
                Ok(children) => {
                    todo.extend(children.iter().rev().map(|c| (join(&path, &c.name), false)));
                }
                Err(errno) => {
                    ctx.fail(String::from_utf8_lossy(&path), errno);
                    ok = false;
                }
            }
        }
    }
    ok
}

fn show(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8]) -> bool {
    let follow = !wish.no_follow;
    let names = match &wish.name {
        Some(name) => vec![name.clone()],
        None => match ctx.sys.listxattr(path, follow) {
            Ok(mut names) => {
                names.sort();
                names.retain(|n| wish.pattern.as_ref().is_none_or(|p| p.is_match(n)));
                names
            }
            Err(errno) => {
                ctx.fail(String::from_utf8_lossy(path), errno);
                return false;
            }
        },
    };
    let with_values = wish.dump || wish.name.is_some() || wish.only_values;
    let (mut ok, mut headed) = (true, false);
    for name in names {
        let value = if with_values {
            match ctx.sys.getxattr(path, &name, follow) {
                Ok(value) => value,
                Err(errno) => {
                    let text = format!(
                        "{}: {}: {}\n",
                        String::from_utf8_lossy(path),
                        String::from_utf8_lossy(&name),
                        words(errno)
                    );
                    ctx.err(text);
                    ok = false;
                    continue;
                }
            }
        } else {
            Vec::new()
        };
        if wish.only_values {
            ctx.out(value);
            continue;
        }
        if !headed {
            header(ctx, wish, path);
            headed = true;
        }
        ctx.out(encoding::quote(&name, b"=\n\r\\"));
        if with_values {
            ctx.out("=");
            let how = wish.encoding.unwrap_or_else(|| Encoding::best(&value));
            ctx.out(how.encode(&value));
        }
        ctx.out("\n");
    }
    if headed {
        ctx.out("\n");
    }
    ok
}

fn header(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8]) {
    let mut shown = path;
    if !wish.absolute {
        if shown.starts_with(b"/") && !wish.told {
            wish.told = true;
            ctx.err("getfattr: Removing leading '/' from absolute path names\n");
        }
        shown = &shown[shown.iter().take_while(|b| **b == b'/').count()..];
        while let Some(rest) = shown.strip_prefix(b"./").filter(|r| !r.is_empty()) {
            shown = rest;
        }
        if shown.is_empty() {
            shown = b".";
        }
    }
    ctx.out("# file: ");
    ctx.out(encoding::quote(shown, b"\n\r\\"));
    ctx.out("\n");
}

fn run_set(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match options(ctx, "n|name= x|remove= v|value= h|no-dereference |restore= |raw") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut name, mut remove, mut value, mut restore) = (None, None, None, None);
    let (mut no_follow, mut raw) = (false, false);
    for given in &parsed.options {
        match given.id {
            "n" => name = Some(given.bytes().to_vec()),
            "x" => remove = Some(given.bytes().to_vec()),
            "v" => value = Some(given.bytes().to_vec()),
            "h" => no_follow = true,
            "restore" => restore = Some(given.bytes().to_vec()),
            "raw" => raw = true,
            _ => {}
        }
    }
    if let Some(file) = restore {
        return restored(ctx, &file, no_follow);
    }
    if name.is_some() == remove.is_some() || parsed.operands.is_empty() {
        return usage(ctx, None);
    }
    let value = match value {
        None => Vec::new(),
        Some(text) if raw => text,
        Some(text) => match encoding::decode(&text) {
            Some(value) => value,
            None => {
                ctx.err("bad input encoding\n");
                return 1;
            }
        },
    };
    let mut status = 0;
    for path in &parsed.operands {
        let done = match (&name, &remove) {
            (Some(name), _) => ctx.sys.setxattr(path, name, &value, XattrMode::Set, !no_follow),
            (_, Some(name)) => ctx.sys.removexattr(path, name, !no_follow),
            _ => Ok(()),
        };
        if let Err(errno) = done {
            ctx.warn(format_args!("{}: {}", String::from_utf8_lossy(path), words(errno)));
            status = 1;
        }
    }
    status
}

/// Reads what `getfattr -d` has written.
fn restored(ctx: &mut Ctx<'_>, file: &[u8], no_follow: bool) -> i32 {
    let text = match ctx.read_input(file) {
        Ok(text) => text,
        Err(errno) => {
            ctx.fail(String::from_utf8_lossy(file), errno);
            return 1;
        }
    };
    let (mut status, mut path) = (0, None);
    for (at, line) in text.split(|&b| b == b'\n').enumerate() {
        if let Some(name) = line.strip_prefix(b"# file: ") {
            path = Some(encoding::unquote(name));
            continue;
        }
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some(path) = &path else {
            let shown = String::from_utf8_lossy(file).into_owned();
            ctx.warn(format_args!("{shown}: No filename found in line {at}, aborting"));
            return 1;
        };
        let (name, value) = match line.iter().position(|&b| b == b'=') {
            Some(at) => (&line[..at], encoding::decode(&line[at + 1..])),
            None => (line, Some(Vec::new())),
        };
        let Some(value) = value else {
            ctx.err("bad input encoding\n");
            status = 1;
            continue;
        };
        let name = encoding::unquote(name);
        let path = path.clone();
        if let Err(errno) = ctx.sys.setxattr(&path, &name, &value, XattrMode::Set, !no_follow) {
            ctx.warn(format_args!("{}: {}", String::from_utf8_lossy(&path), words(errno)));
            status = 1;
        }
    }
    status
}
