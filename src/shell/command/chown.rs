//! `chown` and `chgrp`: owners of files.

use super::common::quote;
use super::ctx::{Ctx, join};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, at};
use crate::types::{Attr, FileType};

pub const CHOWN: Command = Command {
    name: "chown",
    usage: "Usage: {} [OPTION]... [OWNER][:[GROUP]] FILE...\n  or:  {} [OPTION]... --reference=RFILE FILE...\nChange the owner and/or group of each FILE to OWNER and/or GROUP.\nWith --reference, change the owner and group of each FILE to those of RFILE.\n",
    summary: "change owner and group",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

pub const CHGRP: Command = Command {
    name: "chgrp",
    usage: "Usage: {} [OPTION]... GROUP FILE...\n  or:  {} [OPTION]... --reference=RFILE FILE...\nChange the group of each FILE to GROUP.\nWith --reference, change the group of each FILE to that of RFILE.\n",
    summary: "change group",
    ..CHOWN
};

/// Owner and group as asked for, with the words that name them.
#[derive(Clone, Default)]
struct Owner {
    uid: Option<u32>,
    gid: Option<u32>,
    user: Option<String>,
    group: Option<String>,
}

struct Wish {
    to: Owner,
    from: Owner,
    recursive: bool,
    verbose: bool,
    changes: bool,
    quiet: bool,
    no_follow: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "c|changes f|silent |quiet v|verbose |dereference h|no-dereference |from= |no-preserve-root \
         |preserve-root |reference= R|recursive H L P",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|o| o.id == id);
    let last = |id: &str| parsed.options.iter().rev().find(|o| o.id == id);
    let group_only = ctx.call.command.name == "chgrp";
    let mut files = parsed.operands.clone();
    let needed = if last("reference").is_some() { 1 } else { 2 };
    if files.len() < needed {
        return match files.last() {
            None => ctx.usage("missing operand"),
            Some(word) => {
                let shown = quote::locale(word);
                ctx.usage(format_args!("missing operand after {shown}"))
            }
        };
    }
    let to = match last("reference") {
        Some(given) => reference(ctx, given.bytes(), group_only),
        None if group_only => group(ctx, &files.remove(0)),
        None => owner(ctx, &files.remove(0)),
    };
    let from = last("from").map_or(Ok(Owner::default()), |given| owner(ctx, given.bytes()));
    let (Ok(to), Ok(from)) = (to, from) else { return 1 };
    let wish = Wish {
        to,
        from,
        recursive: has("R"),
        verbose: has("v"),
        changes: has("c"),
        quiet: has("f") || has("quiet"),
        no_follow: has("h"),
    };
    let mut ok = true;
    for file in &files {
        ok &= tree(ctx, &wish, file);
    }
    i32::from(!ok)
}

fn reference(ctx: &mut Ctx<'_>, file: &[u8], group_only: bool) -> Result<Owner, ()> {
    match ctx.stat(file) {
        Ok(attr) => {
            let user = (!group_only).then(|| ctx.names().user_or_id(attr.uid));
            let group = Some(ctx.names().group_or_id(attr.gid));
            Ok(Owner { uid: (!group_only).then_some(attr.uid), gid: Some(attr.gid), user, group })
        }
        Err(errno) => {
            let what = quote::quoted(file);
            ctx.fail(format_args!("failed to get attributes of {what}"), errno);
            Err(())
        }
    }
}

fn group(ctx: &mut Ctx<'_>, word: &[u8]) -> Result<Owner, ()> {
    let text = String::from_utf8_lossy(word).into_owned();
    if text.is_empty() {
        return Ok(Owner::default());
    }
    match ctx.names().gid_of(&text) {
        Some(gid) => Ok(Owner { gid: Some(gid), group: Some(text), ..Owner::default() }),
        None => {
            ctx.warn(format_args!("invalid group: {}", quote::locale(word)));
            Err(())
        }
    }
}

fn owner(ctx: &mut Ctx<'_>, word: &[u8]) -> Result<Owner, ()> {
    let text = String::from_utf8_lossy(word).into_owned();
    let dotted = !text.contains(':') && text.contains('.') && ctx.names().uid_of(&text).is_none();
    let mut split = text.split_once(':');
    if dotted {
        split = text.split_once('.');
        let user = split.map_or("", |s| s.0);
        if user.is_empty() || ctx.names().uid_of(user).is_some() {
            ctx.warn(format_args!("warning: '.' should be ':': {}", quote::locale(word)));
        } else {
            split = None;
        }
    }
    let (user, group) = split.map_or((text.as_str(), None), |(u, g)| (u, Some(g)));
    let mut owner = Owner::default();
    if !user.is_empty() {
        let Some(uid) = ctx.names().uid_of(user) else {
            ctx.warn(format_args!("invalid user: {}", quote::locale(word)));
            return Err(());
        };
        (owner.uid, owner.user) = (Some(uid), Some(shown(user)));
    }
    match group {
        None => {}
        Some("") if owner.uid.is_some() => {
            // `user:` means the user's login group; a bare number has none.
            let login = ctx.names().by_user_name(user).map(|u| u.gid);
            let Some(gid) = login else {
                ctx.warn(format_args!("invalid spec: {}", quote::locale(word)));
                return Err(());
            };
            owner.group = Some(ctx.names().group_or_id(gid));
            owner.gid = Some(gid);
        }
        Some("") => {}
        Some(group) => {
            let Some(gid) = ctx.names().gid_of(group) else {
                ctx.warn(format_args!("invalid group: {}", quote::locale(word)));
                return Err(());
            };
            (owner.gid, owner.group) = (Some(gid), Some(shown(group)));
            // Observed: a group by name is told as an ownership without user, a number as a group.
            if owner.user.is_none() && ctx.names().by_group_name(group).is_some() {
                owner.user = Some(String::new());
            }
        }
    }
    Ok(owner)
}

/// A number that was forced by `+` is told without it.
fn shown(word: &str) -> String {
    word.strip_prefix('+').unwrap_or(word).to_string()
}

enum Todo {
    Visit(Vec<u8>, bool),
    Change(Vec<u8>, Attr, bool),
}

fn tree(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8]) -> bool {
    let mut ok = true;
    let mut todo = vec![Todo::Visit(path.to_vec(), true)];
    while let Some(next) = todo.pop() {
        match next {
            Todo::Change(path, attr, follow) => ok &= change(ctx, wish, &path, &attr, follow),
            Todo::Visit(path, given) => ok &= visit(ctx, wish, path, given, &mut todo),
        }
    }
    ok
}

fn visit(ctx: &mut Ctx<'_>, wish: &Wish, path: Vec<u8>, given: bool, todo: &mut Vec<Todo>) -> bool {
    let attr = match ctx.lstat(&path) {
        Ok(attr) => attr,
        Err(errno) => return unseen(ctx, wish, &path, errno, "access"),
    };
    let link = attr.kind == FileType::Symlink;
    let follow = link && !wish.no_follow && !(wish.recursive && !given);
    let attr = match follow.then(|| ctx.stat(&path)) {
        Some(Ok(target)) => target,
        Some(Err(errno)) => return unseen(ctx, wish, &path, errno, "dereference"),
        None => attr,
    };
    todo.push(Todo::Change(path.clone(), attr, follow));
    if wish.recursive && attr.is_dir() && !link {
        match ctx.children(&path) {
            Ok(children) => {
                let below = children.iter().rev();
                todo.extend(below.map(|c| Todo::Visit(join(&path, &c.name), false)));
            }
            Err(errno) => {
                if !wish.quiet {
                    let what = quote::quoted(&path);
                    ctx.fail(format_args!("cannot read directory {what}"), errno);
                }
                return false;
            }
        }
    }
    true
}

fn unseen(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], errno: Errno, verb: &str) -> bool {
    let what = quote::quoted(path);
    if !wish.quiet {
        ctx.fail(format_args!("cannot {verb} {what}"), errno);
    }
    if wish.verbose {
        let kind = if wish.to.uid.is_some() { "ownership" } else { "group" };
        ctx.line(format!("failed to change {kind} of {what} to {}", spec(&wish.to)));
    }
    false
}

/// `user:group` as far as each was named.
fn spec(owner: &Owner) -> String {
    match (&owner.user, &owner.group) {
        (Some(user), Some(group)) => format!("{user}:{group}"),
        (Some(user), None) => user.clone(),
        (None, Some(group)) => group.clone(),
        (None, None) => String::new(),
    }
}

fn change(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], attr: &Attr, follow: bool) -> bool {
    let meant = |want: Option<u32>, is: u32| want.is_none_or(|w| w == is);
    let selected = meant(wish.from.uid, attr.uid) && meant(wish.from.gid, attr.gid);
    let set = if selected {
        let flags = if follow || attr.kind != FileType::Symlink && !wish.no_follow {
            0
        } else {
            at::SYMLINK_NOFOLLOW
        };
        ctx.sys.fchownat(AT_FDCWD, path, wish.to.uid, wish.to.gid, flags)
    } else {
        Ok(())
    };
    if let Err(errno) = set
        && !wish.quiet
    {
        let kind = if wish.to.uid.is_some() { "ownership" } else { "group" };
        ctx.fail(format_args!("changing {kind} of {}", quote::quoted(path)), errno);
    }
    let differs = !(meant(wish.to.uid, attr.uid) && meant(wish.to.gid, attr.gid));
    let changed = selected && set.is_ok() && differs;
    if wish.verbose || wish.changes && changed {
        describe(ctx, wish, path, attr, set.is_ok(), changed);
    }
    set.is_ok()
}

fn describe(ctx: &mut Ctx<'_>, wish: &Wish, path: &[u8], attr: &Attr, ok: bool, changed: bool) {
    let what = quote::quoted(path);
    let names = ctx.names();
    let (user, group) = (names.user_or_id(attr.uid), names.group_or_id(attr.gid));
    let group_only = wish.to.user.is_none();
    let had_user = wish.to.user.is_some();
    let was = match (had_user, wish.to.group.is_some()) {
        (true, true) => format!("{user}:{group}"),
        (true, false) => user,
        (false, _) => group,
    };
    let kind = if group_only { "group" } else { "ownership" };
    let to = spec(&wish.to);
    let nothing = wish.to.uid.is_none() && wish.to.gid.is_none();
    let text = match (ok, changed) {
        (false, _) => format!("failed to change {kind} of {what} from {was} to {to}"),
        (true, true) => {
            let verb = if kind == "group" { "changed group of" } else { "changed ownership of" };
            format!("{verb} {what} from {was} to {to}")
        }
        (true, false) if nothing => format!("ownership of {what} retained"),
        (true, false) => format!("{kind} of {what} retained as {was}"),
    };
    ctx.line(text);
}
