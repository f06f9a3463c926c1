//! Datasets come into being, and change places.

use super::super::ctx::Ctx;
use super::mounting::{mount_named, mounted, unmount_named};
use super::{ask, datasets, fail, has, names, pairs, parse, pools, reason};
use crate::errno::Errno;
use crate::types::control::Zfs;

fn is_pool(ctx: &mut Ctx<'_>, name: &str) -> bool {
    let pool = name.split(['/', '@']).next().unwrap_or_default().to_owned();
    pools(ctx).iter().any(|it| it.name == pool)
}

/// The names above a dataset that are not there yet, outermost first.
fn missing_above(ctx: &mut Ctx<'_>, name: &str) -> Vec<String> {
    let all = datasets(ctx);
    let ends = name.match_indices('/').map(|(at, _)| name[..at].to_owned());
    ends.filter(|it| !all.iter().any(|set| set.name == *it)).collect()
}

fn cannot_create(ctx: &mut Ctx<'_>, name: &str, errno: Errno) -> i32 {
    if !is_pool(ctx, name) {
        let pool = name.split('/').next().unwrap_or_default().to_owned();
        return fail(ctx, format_args!("cannot create '{name}': no such pool '{pool}'"));
    }
    let why = match errno {
        Errno::EINVAL => "invalid name or property".to_owned(),
        other => reason(name, other),
    };
    fail(ctx, format_args!("cannot create '{name}': {why}"))
}

pub fn create(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "p u v n o= V= s b=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if has(&parsed, "V") {
        return fail(ctx, "volumes are not simulated: create a filesystem");
    }
    let props = match pairs(ctx, &parsed, "o") {
        Ok(props) => props,
        Err(status) => return status,
    };
    let Some(name) = names(&parsed).into_iter().next() else {
        return fail(ctx, "missing dataset argument");
    };
    let above = if has(&parsed, "p") { missing_above(ctx, &name) } else { Vec::new() };
    for it in above {
        if let Err(errno) = ask(ctx, Zfs::Create { name: it.clone(), props: Vec::new() }) {
            return cannot_create(ctx, &it, errno);
        }
        mount_named(ctx, &it);
    }
    match ask(ctx, Zfs::Create { name: name.clone(), props }) {
        Ok(_) => mount_named(ctx, &name),
        Err(errno) => cannot_create(ctx, &name, errno),
    }
}

pub fn snapshot(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "r o=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let all = datasets(ctx);
    let mut wanted = Vec::new();
    for name in names(&parsed) {
        let Some((set, label)) = name.split_once('@') else {
            return fail(
                ctx,
                format_args!(
                    "cannot create snapshot '{name}': missing '@' delimiter in snapshot name"
                ),
            );
        };
        if !all.iter().any(|it| it.name == set) {
            return fail(ctx, format_args!("cannot open '{set}': dataset does not exist"));
        }
        wanted.push(name.clone());
        if has(&parsed, "r") {
            let below = format!("{set}/");
            let sets = all.iter().filter(|it| !it.is_snapshot && it.name.starts_with(&below));
            wanted.extend(sets.map(|it| format!("{}@{label}", it.name)));
        }
    }
    let Some(first) = wanted.first().cloned() else {
        return fail(ctx, "missing snapshot argument");
    };
    match ask(ctx, Zfs::Snapshot { names: wanted.clone() }) {
        Ok(_) => 0,
        Err(Errno::EEXIST) => {
            let there = wanted.iter().find(|it| all.iter().any(|set| set.name == **it));
            let name = there.unwrap_or(&first);
            fail(ctx, format_args!("cannot create snapshot '{name}': dataset already exists"))
        }
        Err(errno) => {
            let why = reason(&first, errno);
            fail(ctx, format_args!("cannot create snapshot '{first}': {why}"))
        }
    }
}

pub fn clone(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "p u o=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let props = match pairs(ctx, &parsed, "o") {
        Ok(props) => props,
        Err(status) => return status,
    };
    let [snapshot, name] = &names(&parsed)[..] else {
        return fail(ctx, "missing source or target dataset argument");
    };
    if !datasets(ctx).iter().any(|it| it.name == *snapshot && it.is_snapshot) {
        return fail(ctx, format_args!("cannot open '{snapshot}': dataset does not exist"));
    }
    let above = if has(&parsed, "p") { missing_above(ctx, name) } else { Vec::new() };
    for it in above {
        let _ = ask(ctx, Zfs::Create { name: it.clone(), props: Vec::new() });
        mount_named(ctx, &it);
    }
    let wanted = Zfs::Clone { snapshot: snapshot.clone(), name: name.clone(), props };
    match ask(ctx, wanted) {
        Ok(_) => mount_named(ctx, name),
        Err(errno) => cannot_create(ctx, name, errno),
    }
}

pub fn promote(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let Some(name) = words.first().map(|it| super::text(it)) else {
        return fail(ctx, "missing clone filesystem argument");
    };
    let all = datasets(ctx);
    let Some(set) = all.iter().find(|it| it.name == name) else {
        return fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    };
    if set.origin.is_none() {
        return fail(ctx, format_args!("cannot promote '{name}': not a cloned filesystem"));
    }
    match ask(ctx, Zfs::Promote { name: name.clone() }) {
        Ok(_) => 0,
        Err(errno) => {
            let why = match errno {
                Errno::EEXIST => "conflicting snapshot name from parent".to_owned(),
                other => reason(&name, other),
            };
            fail(ctx, format_args!("cannot promote '{name}': {why}"))
        }
    }
}

pub fn rename(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "f p u r", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let [name, to] = &names(&parsed)[..] else {
        return fail(ctx, "missing source or target dataset argument");
    };
    let below = format!("{name}/");
    let moved = mounted(ctx).into_iter().map(|it| it.0);
    let moved: Vec<String> = moved.filter(|it| it == name || it.starts_with(&below)).collect();
    for it in moved.iter().rev() {
        if let Err(status) = unmount_named(ctx, it) {
            return status;
        }
    }
    let done = ask(ctx, Zfs::Rename { name: name.clone(), to: to.clone() });
    for it in &moved {
        let new = if done.is_ok() { it.replacen(&name[..], to, 1) } else { it.clone() };
        mount_named(ctx, &new);
    }
    match done {
        Ok(_) => 0,
        Err(Errno::ENOENT) if !datasets(ctx).iter().any(|it| it.name == *name) => {
            fail(ctx, format_args!("cannot open '{name}': dataset does not exist"))
        }
        Err(errno) => {
            let why = reason(to, errno);
            fail(ctx, format_args!("cannot rename '{name}': {why}"))
        }
    }
}

pub fn rollback(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "r R f", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let Some(name) = names(&parsed).into_iter().next() else {
        return fail(ctx, "missing dataset argument");
    };
    let all = datasets(ctx);
    if !all.iter().any(|it| it.name == name && it.is_snapshot) {
        return fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    }
    let set = name.split('@').next().unwrap_or_default().to_owned();
    let prefix = format!("{set}@");
    let own = all.iter().filter(|it| it.name.starts_with(&prefix));
    let newer: Vec<&str> =
        own.skip_while(|it| it.name != name).skip(1).map(|it| &it.name[..]).collect();
    if !newer.is_empty() && !has(&parsed, "r") && !has(&parsed, "R") {
        return fail(
            ctx,
            format_args!(
                "cannot rollback to '{name}': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following snapshots and bookmarks:\n{}",
                newer.join("\n")
            ),
        );
    }
    let places = mounted(ctx).iter().filter(|it| it.0 == set).count();
    if let Err(status) = unmount_named(ctx, &set) {
        return status;
    }
    let mut status = 0;
    for it in newer.iter().rev() {
        if let Err(errno) = ask(ctx, Zfs::Destroy { name: (*it).to_owned(), defer: false }) {
            let why = reason(it, errno);
            status = fail(ctx, format_args!("cannot destroy '{it}': {why}"));
        }
    }
    if status == 0
        && let Err(errno) = ask(ctx, Zfs::Rollback { snapshot: name.clone() })
    {
        let why = reason(&name, errno);
        status = fail(ctx, format_args!("cannot rollback '{set}': {why}"));
    }
    if places > 0 {
        mount_named(ctx, &set);
    }
    status
}
