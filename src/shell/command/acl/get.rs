//! `getfacl`.

use super::entry::{Acl, Who, perms};
use super::usage;
use crate::shell::command::common::args;
use crate::shell::command::ctx::{Ctx, join};
use crate::types::Attr;

#[derive(Default)]
struct Wish {
    access: bool,
    default: bool,
    omit_header: bool,
    all_effective: bool,
    no_effective: bool,
    skip_base: bool,
    recursive: bool,
    tabular: bool,
    absolute: bool,
    numeric: bool,
    logical: bool,
    /// The note about leading slashes was printed.
    told: bool,
}

pub fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match args::parse(
        "a|access d|default c|omit-header e|all-effective E|no-effective s|skip-base R|recursive \
         L|logical P|physical t|tabular n|numeric p|absolute-names v h",
        ctx.args(),
    ) {
        Ok(parsed) => parsed,
        Err(message) => return usage(ctx, Some(message), 2),
    };
    let mut wish = Wish::default();
    for given in &parsed.options {
        match given.id {
            "a" => wish.access = true,
            "d" => wish.default = true,
            "c" => wish.omit_header = true,
            "e" => wish.all_effective = true,
            "E" => wish.no_effective = true,
            "s" => wish.skip_base = true,
            "R" => wish.recursive = true,
            "L" => wish.logical = true,
            "t" => wish.tabular = true,
            "n" => wish.numeric = true,
            "p" => wish.absolute = true,
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
            _ => {}
        }
    }
    if !wish.access && !wish.default {
        (wish.access, wish.default) = (true, true);
    }
    if parsed.operands.is_empty() {
        return usage(ctx, None, 2);
    }
    let mut ok = true;
    for path in &parsed.operands {
        ok &= walk(ctx, &mut wish, path);
    }
    i32::from(!ok)
}

fn walk(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8]) -> bool {
    let (mut ok, mut todo) = (true, vec![(path.to_vec(), true)]);
    while let Some((path, given)) = todo.pop() {
        let link = ctx.lstat(&path).is_ok_and(|a| a.kind == crate::types::FileType::Symlink);
        if link && !given && !wish.logical {
            continue;
        }
        match ctx.stat(&path) {
            Ok(attr) => {
                show(ctx, wish, &path, &attr);
                if wish.recursive && attr.is_dir() {
                    let children = ctx.children(&path).unwrap_or_default();
                    todo.extend(children.iter().rev().map(|c| (join(&path, &c.name), false)));
                }
            }
            Err(errno) => {
                ctx.fail(String::from_utf8_lossy(&path), errno);
                ok = false;
            }
        }
    }
    ok
}

fn show(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8], attr: &Attr) {
    let access = Acl::access(ctx, path, attr);
    let default = if attr.is_dir() { Acl::default_of(ctx, path) } else { Acl::default() };
    if wish.skip_base && !access.is_extended() && default.0.is_empty() {
        return;
    }
    if wish.tabular {
        header(ctx, wish, path, attr, false);
        table(ctx, wish, attr, &access, &default);
        ctx.out("\n");
        return;
    }
    header(ctx, wish, path, attr, true);
    if wish.access {
        list(ctx, wish, &access, "");
    }
    if wish.default {
        let prefix = if wish.access { "default:" } else { "" };
        list(ctx, wish, &default, prefix);
    }
    ctx.out("\n");
}

fn header(ctx: &mut Ctx<'_>, wish: &mut Wish, path: &[u8], attr: &Attr, owners: bool) {
    if wish.omit_header {
        return;
    }
    let mut shown = path;
    if !wish.absolute && shown.starts_with(b"/") {
        if !wish.told {
            wish.told = true;
            ctx.err("getfacl: Removing leading '/' from absolute path names\n");
        }
        shown = &shown[shown.iter().take_while(|b| **b == b'/').count()..];
        if shown.is_empty() {
            shown = b".";
        }
    }
    ctx.out("# file: ");
    ctx.out(shown);
    ctx.out("\n");
    if !owners {
        return;
    }
    let (owner, group) = if wish.numeric {
        (attr.uid.to_string(), attr.gid.to_string())
    } else {
        (ctx.names().user_or_id(attr.uid), ctx.names().group_or_id(attr.gid))
    };
    ctx.out(format!("# owner: {owner}\n# group: {group}\n"));
    let mode = attr.mode.bits();
    if mode & 0o7000 != 0 {
        let flag = |bit: u32, c: char| if mode & bit != 0 { c } else { '-' };
        ctx.line(format!(
            "# flags: {}{}{}",
            flag(0o4000, 's'),
            flag(0o2000, 's'),
            flag(0o1000, 't')
        ));
    }
}

fn list(ctx: &mut Ctx<'_>, wish: &Wish, acl: &Acl, prefix: &str) {
    let mask = acl.get(Who::Mask);
    for (who, bits) in &acl.0 {
        let names = (!wish.numeric).then(|| ctx.names().clone());
        let mut line = format!("{prefix}{}{}", who.text(names.as_ref()), perms(*bits));
        if let Some(mask) = mask
            && matches!(who, Who::User(_) | Who::Group | Who::Named(_))
            && !wish.no_effective
            && (wish.all_effective || bits & mask != *bits)
        {
            line.push_str(&format!("\t#effective:{}", perms(bits & mask)));
        }
        ctx.line(line);
    }
}

/// Both lists side by side; what the mask takes away stands in capitals.
fn table(ctx: &mut Ctx<'_>, wish: &Wish, attr: &Attr, access: &Acl, default: &Acl) {
    let mut all: Vec<Who> = access.0.iter().chain(&default.0).map(|e| e.0).collect();
    all.sort();
    all.dedup();
    for who in all {
        let names = ctx.names();
        let user = |id| if wish.numeric { id_text(id) } else { names.user_or_id(id) };
        let group = |id| if wish.numeric { id_text(id) } else { names.group_or_id(id) };
        let (tag, name) = match who {
            Who::Owner => ("USER", user(attr.uid)),
            Who::User(id) => ("user", user(id)),
            Who::Group => ("GROUP", group(attr.gid)),
            Who::Named(id) => ("group", group(id)),
            Who::Mask => ("mask", String::new()),
            Who::Other => ("other", String::new()),
        };
        let cell = |acl: &Acl| {
            let Some(bits) = acl.get(who) else { return "   ".to_string() };
            let limited = matches!(who, Who::User(_) | Who::Group | Who::Named(_));
            let mask = if limited { acl.get(Who::Mask).unwrap_or(7) } else { 7 };
            perms(bits)
                .chars()
                .zip([4u8, 2, 1])
                .map(|(c, bit)| if mask & bit == 0 { c.to_ascii_uppercase() } else { c })
                .collect()
        };
        let line = format!("{tag:<6} {name:<8}  {}  {}", cell(access), cell(default));
        ctx.line(line);
    }
}

fn id_text(id: u32) -> String {
    id.to_string()
}
