//! `zfs destroy`: what stands on what decides.

use super::super::ctx::Ctx;
use super::mounting::unmount_named;
use super::{ask, datasets, fail, has, names, parse, reason};
use crate::errno::Errno;
use crate::types::control::{DatasetFacts, Zfs};

pub fn run(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "d f n p r R v", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let Some(name) = names(&parsed).into_iter().next() else {
        return fail(ctx, "missing dataset argument");
    };
    let all = datasets(ctx);
    if !all.iter().any(|it| it.name == name) {
        let hint = if name.contains('@') {
            "could not find any snapshots to destroy; check snapshot names.".to_owned()
        } else {
            format!("cannot open '{name}': dataset does not exist")
        };
        return fail(ctx, hint);
    }
    if !name.contains(['/', '@']) {
        let words = "operation does not apply to pools\nuse 'zfs destroy -r";
        return fail(
            ctx,
            format_args!(
                "cannot destroy '{name}': {words} {name}' to destroy all datasets in the pool\nuse 'zpool destroy {name}' to destroy the pool itself"
            ),
        );
    }
    let (all_clones, recursive) = (has(&parsed, "R"), has(&parsed, "r") || has(&parsed, "R"));
    let defer = has(&parsed, "d");
    let family = family(&all, &name, recursive, all_clones);
    if !defer && let Some(why) = refusal(&all, &name, &family, recursive) {
        return fail(ctx, why);
    }
    let quiet = has(&parsed, "n");
    for it in &family {
        if has(&parsed, "v") {
            let would = if quiet { "would destroy" } else { "will destroy" };
            ctx.line(format!("{would} {it}"));
        }
        if quiet {
            continue;
        }
        if let Err(status) = unmount_named(ctx, it) {
            return status;
        }
        let done = ask(ctx, Zfs::Destroy { name: it.clone(), defer });
        // A snapshot that was waiting for its last clone has gone with it.
        if let Err(errno) = done
            && errno != Errno::ENOENT
        {
            let why = reason(it, errno);
            return fail(ctx, format_args!("cannot destroy '{it}': {why}"));
        }
    }
    0
}

/// What goes, in an order in which each can: what stands on something before that.
fn family(all: &[DatasetFacts], name: &str, recursive: bool, clones: bool) -> Vec<String> {
    let mut order = Vec::new();
    collect(all, name, recursive, clones, &mut order);
    order
}

fn collect(
    all: &[DatasetFacts],
    name: &str,
    recursive: bool,
    clones: bool,
    order: &mut Vec<String>,
) {
    let Some(set) = all.iter().find(|it| it.name == name) else { return };
    if order.iter().any(|it| it == name) {
        return;
    }
    if recursive {
        let (below, label) = match name.split_once('@') {
            Some((set, label)) => (format!("{set}/"), Some(format!("@{label}"))),
            None => (format!("{name}/"), None),
        };
        let own = format!("{name}@");
        let related = all.iter().filter(|it| match &label {
            // The snapshots of that name below.
            Some(label) => it.name.starts_with(&below) && it.name.ends_with(&label[..]),
            None => it.name.starts_with(&below) || it.name.starts_with(&own),
        });
        for it in related.rev() {
            collect(all, &it.name, recursive, clones, order);
        }
    }
    if clones {
        for clone in &set.clones {
            collect(all, clone, true, true, order);
        }
    }
    order.push(name.to_owned());
}

/// Why it cannot go, with what would help.
fn refusal(all: &[DatasetFacts], name: &str, family: &[String], recursive: bool) -> Option<String> {
    let kind = if name.contains('@') { "snapshot" } else { "filesystem" };
    let goes = |it: &String| family.contains(it);
    let clones = all.iter().filter(|it| goes(&it.name)).flat_map(|it| it.clones.iter());
    let clones: Vec<&str> = clones.filter(|it| !goes(it)).map(|it| &it[..]).collect();
    let list = |why: &str, flag: &str, names: &[&str]| {
        let names = names.join("\n");
        format!(
            "cannot destroy '{name}': {kind} has {why}\nuse '{flag}' to destroy the following datasets:\n{names}"
        )
    };
    if !clones.is_empty() {
        return Some(list("dependent clones", "-R", &clones));
    }
    if recursive || name.contains('@') {
        return None;
    }
    let (below, own) = (format!("{name}/"), format!("{name}@"));
    let children = all.iter().filter(|it| it.name.starts_with(&below) || it.name.starts_with(&own));
    let children: Vec<&DatasetFacts> = children.collect();
    if children.is_empty() {
        return None;
    }
    let clones = children.iter().flat_map(|it| it.clones.iter().map(|it| &it[..]));
    let clones: Vec<&str> = clones.filter(|it| !it.starts_with(&below)).collect();
    let names: Vec<&str> = children.iter().map(|it| &it.name[..]).collect();
    Some(match clones.is_empty() {
        true => list("children", "-r", &names),
        false => list("dependent clones", "-R", &[&clones[..], &names[..]].concat()),
    })
}
