//! `zpool`.

use super::super::ctx::Ctx;
use super::super::{Command, Package, Start};
use super::mounting::{mount_named, mounted, unmount_named};
use super::{ask, dispatch, fail, has, names, nice, pairs, parse, pools, table};
use crate::block::{Ask, Tell};
use crate::errno::Errno;
use crate::types::FileType;
use crate::types::control::{PoolFacts, Zfs};

pub const COMMAND: Command = Command {
    name: "zpool",
    usage: "usage: {} command args ...\n\n    create [-f] [-m mountpoint] [-O property=value] POOL DEVICE...\n    destroy [-f] POOL\n    list [-Hp] [POOL...]\n    status [POOL...]\n",
    summary: "pools of ZFS",
    package: Package::Other("zfs-2.2.0"),
    trouble: 2,
    start: Start::Swift(run),
};

/// Properties of datasets that can be set.
pub const PROPERTIES: &[&str] =
    &["quota", "recordsize", "mountpoint", "compression", "atime", "readonly"];

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let commands: &[(&str, super::Run)] =
        &[("create", create), ("destroy", destroy), ("list", list), ("status", status)];
    dispatch(ctx, &COMMAND, commands)
}

/// A file or block device with its size in bytes.
fn device(ctx: &mut Ctx<'_>, word: &str) -> Result<(String, u64), i32> {
    let path = if word.starts_with('/') { word.to_owned() } else { format!("/dev/{word}") };
    let Ok(attr) = ctx.stat(path.as_bytes()) else {
        let why = "no such device in /dev\nmust be a full path or shorthand device name";
        return Err(fail(ctx, format_args!("cannot open '{word}': {why}")));
    };
    match attr.kind {
        FileType::Reg => Ok((path, attr.size)),
        FileType::Blk => match ctx.sys.block(&Ask::Size { device: path.as_bytes() }) {
            Ok(Tell::Number(size)) => Ok((path, size)),
            _ => Err(fail(ctx, format_args!("cannot open '{word}': no such device or address"))),
        },
        _ => Err(fail(
            ctx,
            format_args!("cannot use '{word}': must be a block device or regular file"),
        )),
    }
}

fn create(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "f n d m= o= O= R= t=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut props = match pairs(ctx, &parsed, "O") {
        Ok(props) => props,
        Err(status) => return status,
    };
    for given in parsed.options.iter().filter(|it| it.id == "m") {
        props.push(("mountpoint".to_owned(), given.text()));
    }
    let given = names(&parsed);
    let Some((name, devices)) = given.split_first() else {
        return fail(ctx, "missing pool name argument");
    };
    if devices.is_empty() {
        return fail(ctx, "missing vdev specification");
    }
    let kinds = ["mirror", "raidz", "raidz1", "raidz2", "raidz3", "spare", "log", "cache"];
    if let Some(kind) = devices.iter().find(|it| kinds.contains(&&it[..])) {
        return fail(ctx, format_args!("{kind} is not simulated: name devices alone"));
    }
    let mut found = Vec::new();
    for word in devices {
        match device(ctx, word) {
            Ok(device) => found.push(device),
            Err(status) => return status,
        }
    }
    let first = found[0].0.clone();
    let why = match ask(ctx, Zfs::PoolCreate { name: name.clone(), devices: found, props }) {
        Ok(_) => return mount_named(ctx, name),
        Err(Errno::EEXIST) => "pool already exists".to_owned(),
        Err(Errno::EOVERFLOW) => {
            "one or more devices is less than the minimum size (64M)".to_owned()
        }
        Err(Errno::EBUSY) => {
            return fail(
                ctx,
                format_args!(
                    "invalid vdev specification\nuse '-f' to override the following errors:\n{first} is part of active pool"
                ),
            );
        }
        Err(Errno::EINVAL) => "invalid pool name or property".to_owned(),
        Err(errno) => errno.message().to_lowercase(),
    };
    fail(ctx, format_args!("cannot create '{name}': {why}"))
}

fn destroy(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "f", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let Some(name) = names(&parsed).into_iter().next() else {
        return fail(ctx, "missing pool argument");
    };
    if !pools(ctx).iter().any(|it| it.name == name) {
        return fail(ctx, format_args!("cannot open '{name}': no such pool"));
    }
    let below = format!("{name}/");
    let sets = mounted(ctx).into_iter().map(|it| it.0);
    let sets: Vec<String> = sets.filter(|it| *it == name || it.starts_with(&below)).collect();
    for set in sets.iter().rev() {
        if unmount_named(ctx, set).is_err() {
            return fail(
                ctx,
                format_args!("could not destroy '{name}': could not unmount datasets"),
            );
        }
    }
    match ask(ctx, Zfs::PoolDestroy { name: name.clone() }) {
        Ok(_) => 0,
        Err(Errno::EBUSY) => fail(ctx, format_args!("cannot destroy '{name}': pool is busy")),
        Err(errno) => {
            let why = errno.message().to_lowercase();
            fail(ctx, format_args!("cannot destroy '{name}': {why}"))
        }
    }
}

/// The pools that are named, or all; the status if one is not there.
fn wanted(ctx: &mut Ctx<'_>, given: &[String]) -> (Vec<PoolFacts>, i32) {
    let all = pools(ctx);
    let mut status = 0;
    for name in given.iter().filter(|name| !all.iter().any(|it| it.name == **name)) {
        status = fail(ctx, format_args!("cannot open '{name}': no such pool"));
    }
    let pools = all.into_iter().filter(|it| given.is_empty() || given.contains(&it.name));
    let pools: Vec<PoolFacts> = pools.collect();
    if pools.is_empty() && given.is_empty() {
        ctx.line("no pools available");
    }
    (pools, status)
}

fn list(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "H p v P L", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (pools, status) = wanted(ctx, &names(&parsed));
    let size = |bytes: u64| if has(&parsed, "p") { bytes.to_string() } else { nice(bytes) };
    let row = |it: &PoolFacts| {
        let cap = format!("{}%", it.used * 100 / it.size.max(1));
        let (all, used, free) = (size(it.size), size(it.used), size(it.size - it.used));
        [&it.name[..], &all, &used, &free, "-", "-", "0%", &cap, "1.00x", "ONLINE", "-"]
            .map(str::to_owned)
            .to_vec()
    };
    let rows: Vec<Vec<String>> = pools.iter().map(row).collect();
    if has(&parsed, "H") {
        rows.iter().for_each(|row| ctx.line(row.join("\t")));
        return status;
    }
    let head = [
        "NAME", "SIZE", "ALLOC", "FREE", "CKPOINT", "EXPANDSZ", "FRAG", "CAP", "DEDUP", "HEALTH",
        "ALTROOT",
    ]
    .map(str::to_owned);
    let mut right = vec![true; head.len()];
    (right[0], right[10]) = (false, false);
    if !rows.is_empty() {
        table(ctx, Some(&head), &rows, &right);
    }
    status
}

fn status(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "v x P L", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (pools, status) = wanted(ctx, &names(&parsed));
    for (at, it) in pools.iter().enumerate() {
        let shown = it.devices.iter().map(|it| it.strip_prefix("/dev/").unwrap_or(it));
        let shown: Vec<&str> = shown.collect();
        let widest = shown.iter().map(|it| it.len() + 2).chain([it.name.len(), 10]).max();
        let width = widest.unwrap_or(10);
        if at > 0 {
            ctx.line("");
        }
        let name = &it.name;
        ctx.line(format!("  pool: {name}\n state: ONLINE\nconfig:\n"));
        ctx.line(format!("\t{:<width$}  STATE     READ WRITE CKSUM", "NAME"));
        let zeros = "ONLINE       0     0     0";
        ctx.line(format!("\t{name:<width$}  {zeros}"));
        for device in shown {
            ctx.line(format!("\t{:<width$}  {zeros}", format!("  {device}")));
        }
        ctx.line("\nerrors: No known data errors");
    }
    status
}
