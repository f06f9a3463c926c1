//! `setfacl`.

use super::entry::{ACCESS, Acl, DEFAULT, Who};
use super::spec::{self, Change};
use super::usage;
use crate::shell::command::common::args;
use crate::shell::command::ctx::{Ctx, join};
use crate::types::{Attr, FileType};

/// One step, in the order given.
enum Step {
    Change(Vec<Change>),
    Replace(Vec<Change>),
    RemoveAll,
    RemoveDefault,
}

struct Wish {
    steps: Vec<Step>,
    keep_mask: bool,
    mend_mask: bool,
    recursive: bool,
    test: bool,
    logical: bool,
}

pub fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match args::parse(
        "b|remove-all k|remove-default n|no-mask |mask d|default R|recursive L|logical P|physical \
         |restore= |test v m|modify= x|remove= M|modify-file= X|remove-file= |set= |set-file= h",
        ctx.args(),
    ) {
        Ok(parsed) => parsed,
        Err(message) if message.contains("invalid option") => return usage(ctx, None, 2),
        Err(message) => return usage(ctx, Some(message), 2),
    };
    let mut wish = Wish {
        steps: Vec::new(),
        keep_mask: false,
        mend_mask: false,
        recursive: false,
        test: false,
        logical: false,
    };
    let default = parsed.options.iter().any(|o| o.id == "d");
    for given in &parsed.options {
        let step = match given.id {
            "b" => Some(Step::RemoveAll),
            "k" => Some(Step::RemoveDefault),
            "n" => {
                wish.keep_mask = true;
                None
            }
            "mask" => {
                wish.mend_mask = true;
                None
            }
            "R" => {
                wish.recursive = true;
                None
            }
            "L" => {
                wish.logical = true;
                None
            }
            "test" => {
                wish.test = true;
                None
            }
            "v" | "version" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "h" | "help" => {
                let text = ctx.call.command.usage;
                ctx.out(text);
                return 0;
            }
            "restore" => return restore(ctx, given.bytes()),
            "d" | "P" => None,
            id => match changes(ctx, id, given.bytes(), default) {
                Ok(step) => Some(step),
                Err(status) => return status,
            },
        };
        wish.steps.extend(step);
    }
    if parsed.operands.is_empty() || wish.steps.is_empty() {
        return usage(ctx, None, 2);
    }
    let mut ok = true;
    for path in &parsed.operands {
        ok &= walk(ctx, &wish, path);
    }
    i32::from(!ok)
}

fn changes(ctx: &mut Ctx<'_>, id: &str, value: &[u8], default: bool) -> Result<Step, i32> {
    let from_file = matches!(id, "M" | "X" | "set-file");
    let text = if from_file {
        match ctx.read_input(value) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(errno) => {
                ctx.fail(String::from_utf8_lossy(value), errno);
                return Err(1);
            }
        }
    } else {
        String::from_utf8_lossy(value).into_owned()
    };
    let remove = matches!(id, "x" | "X");
    let names = ctx.names().clone();
    match spec::parse(&text, remove, default, &names) {
        Ok(changes) if changes.is_empty() && !matches!(id, "set" | "set-file") => {
            Err(usage(ctx, None, 2))
        }
        Ok(changes) if matches!(id, "set" | "set-file") => Ok(Step::Replace(changes)),
        Ok(changes) => Ok(Step::Change(changes)),
        Err(at) => {
            let option = if id.len() == 1 { format!("-{id}") } else { format!("--{id}") };
            ctx.warn(format_args!("Option {option}: Invalid argument near character {at}"));
            Err(2)
        }
    }
}

fn walk(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let (mut ok, mut todo) = (true, vec![(path.to_vec(), true)]);
    while let Some((path, given)) = todo.pop() {
        let link = ctx.lstat(&path).is_ok_and(|a| a.kind == FileType::Symlink);
        if link && !given && !wish.logical {
            continue;
        }
        let attr = match ctx.stat(&path) {
            Ok(attr) => attr,
            Err(errno) => {
                ctx.fail(String::from_utf8_lossy(&path), errno);
                ok = false;
                continue;
            }
        };
        ok &= apply(ctx, wish, &path, &attr);
        if wish.recursive && attr.is_dir() {
            let children = ctx.children(&path).unwrap_or_default();
            todo.extend(children.iter().rev().map(|c| (join(&path, &c.name), false)));
        }
    }
    ok
}

/// Which lists were touched, and whether a mask was named.
#[derive(Default)]
struct Touched {
    access: bool,
    default: bool,
    access_mask: bool,
    default_mask: bool,
}

fn apply(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], attr: &Attr) -> bool {
    let mut access = Acl::access(ctx, path, attr);
    let mut default = if attr.is_dir() { Acl::default_of(ctx, path) } else { Acl::default() };
    let mut touched = Touched::default();
    for step in &wish.steps {
        match step {
            Step::RemoveAll => {
                access.0.retain(|e| matches!(e.0, Who::Owner | Who::Group | Who::Other));
                default.0.clear();
                (touched.access, touched.default) = (true, true);
                (touched.access_mask, touched.default_mask) = (true, true);
            }
            Step::RemoveDefault => {
                default.0.clear();
                touched.default = true;
                touched.default_mask = true;
            }
            Step::Replace(changes) => {
                if changes.iter().any(|c| !c.default) {
                    access.0.clear();
                }
                if changes.iter().any(|c| c.default) {
                    default.0.clear();
                }
                change(changes, attr, &mut access, &mut default, &mut touched);
            }
            Step::Change(changes) => {
                let wants_default = changes.iter().any(|c| c.default && c.bits.is_some());
                if wants_default && !attr.is_dir() && !wish.recursive {
                    let shown = String::from_utf8_lossy(path).into_owned();
                    ctx.warn(format_args!("{shown}: Only directories can have default ACLs"));
                    return false;
                }
                change(changes, attr, &mut access, &mut default, &mut touched);
            }
        }
    }
    for (acl, was_touched, named) in [
        (&mut access, touched.access, touched.access_mask),
        (&mut default, touched.default, touched.default_mask),
    ] {
        if was_touched && acl.is_extended() && (wish.mend_mask || !named && !wish.keep_mask) {
            acl.mend_mask();
        } else if was_touched && acl.is_extended() && acl.get(Who::Mask).is_none() && wish.keep_mask
        {
            let group = acl.get(Who::Group).unwrap_or(0);
            acl.put(Who::Mask, group);
        }
    }
    if wish.test {
        tell(ctx, path, &access, &default);
        return true;
    }
    store(ctx, path, attr, &touched, &access, &default)
}

fn change(
    changes: &[Change],
    attr: &Attr,
    access: &mut Acl,
    default: &mut Acl,
    touched: &mut Touched,
) {
    for change in changes {
        if change.default && !attr.is_dir() {
            continue;
        }
        let acl = if change.default {
            touched.default = true;
            touched.default_mask |= change.who == Who::Mask;
            if default.0.is_empty() && change.bits.is_some() {
                *default = Acl(access
                    .0
                    .iter()
                    .filter(|e| matches!(e.0, Who::Owner | Who::Group | Who::Other))
                    .copied()
                    .collect());
            }
            &mut *default
        } else {
            touched.access = true;
            touched.access_mask |= change.who == Who::Mask;
            &mut *access
        };
        match change.bits {
            Some(bits) => {
                let any = attr.is_dir() || acl.0.iter().any(|e| e.1 & 1 != 0);
                acl.put(change.who, bits | u8::from(change.exec_if_any && any));
            }
            None => {
                acl.remove(change.who);
            }
        }
    }
}

/// The entry at which a list is wrong, if it is.
fn fault(acl: &Acl) -> Option<usize> {
    let complete = [Who::Owner, Who::Group, Who::Other].iter().all(|w| acl.get(*w).is_some());
    let masked = !acl.0.iter().any(|e| matches!(e.0, Who::User(_) | Who::Named(_)))
        || acl.get(Who::Mask).is_some();
    if complete && masked {
        return None;
    }
    if !masked && complete {
        return Some(acl.0.len());
    }
    Some(acl.0.len() + 1)
}

fn store(
    ctx: &mut Ctx<'_>,
    path: &[u8],
    attr: &Attr,
    touched: &Touched,
    access: &Acl,
    default: &Acl,
) -> bool {
    let shown = String::from_utf8_lossy(path).into_owned();
    for (acl, on, name, words) in [
        (access, touched.access, ACCESS, "access"),
        (default, touched.default && attr.is_dir(), DEFAULT, "default"),
    ] {
        if !on {
            continue;
        }
        if !acl.0.is_empty()
            && let Some(at) = fault(acl)
        {
            let text = acl.line(&ctx.names().clone(), false);
            ctx.warn(format_args!(
                "{shown}: Malformed {words} ACL `{text}': Missing or wrong entry at entry {at}"
            ));
            return false;
        }
        if let Err(errno) = acl.store(ctx, path, name) {
            ctx.fail(&shown, errno);
            return false;
        }
    }
    true
}

fn tell(ctx: &mut Ctx<'_>, path: &[u8], access: &Acl, default: &Acl) {
    let names = ctx.names().clone();
    let second = if default.0.is_empty() { "*".into() } else { default.line(&names, true) };
    let first = access.line(&names, true);
    ctx.line(format!("{}: {first},{second}", String::from_utf8_lossy(path)));
}

/// Reads what `getfacl -R` has written.
fn restore(ctx: &mut Ctx<'_>, file: &[u8]) -> i32 {
    let text = match ctx.read_input(file) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(errno) => {
            ctx.fail(String::from_utf8_lossy(file), errno);
            return 1;
        }
    };
    let names = ctx.names().clone();
    let mut ok = true;
    for block in text.split("\n\n") {
        let Some(path) = block.lines().find_map(|l| l.strip_prefix("# file: ")) else { continue };
        let Ok(changes) = spec::parse(block, false, false, &names) else {
            ok = false;
            continue;
        };
        let wish = Wish {
            steps: vec![Step::Replace(changes)],
            keep_mask: true,
            mend_mask: false,
            recursive: false,
            test: false,
            logical: false,
        };
        ok &= walk(ctx, &wish, path.as_bytes());
    }
    i32::from(!ok)
}
