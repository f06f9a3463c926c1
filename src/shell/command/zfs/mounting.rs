//! Datasets in the tree of mounts.

use super::super::ctx::Ctx;
use super::{datasets, fail, has, names, parse};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, ms};
use crate::types::Result;
use crate::types::control::DatasetFacts;

/// A property of a dataset.
pub fn property<'a>(set: &'a DatasetFacts, key: &str) -> &'a str {
    set.props.iter().find(|it| it.0 == key).map_or("", |it| &it.1)
}

/// Mounted datasets and where they are.
pub fn mounted(ctx: &mut Ctx<'_>) -> Vec<(String, String)> {
    let all = super::super::common::mounts::read(ctx);
    all.into_iter().filter(|it| it.fstype == "zfs").map(|it| (it.source, it.target)).collect()
}

fn mkdirs(ctx: &mut Ctx<'_>, path: &str) -> Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    for end in ends.chain([path.len()]) {
        match ctx.sys.mkdirat(AT_FDCWD, &path.as_bytes()[..end], 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Mounts a dataset where its property says; one that says nowhere is left.
///
/// # Errors
/// Those of the calls.
pub fn mount_one(ctx: &mut Ctx<'_>, set: &DatasetFacts) -> Result<()> {
    let at = property(set, "mountpoint").to_owned();
    if set.is_snapshot || !at.starts_with('/') {
        return Ok(());
    }
    mkdirs(ctx, &at)?;
    let on = |key, flag| if property(set, key) == "on" { flag } else { 0 };
    let atime = if property(set, "atime") == "off" { ms::NOATIME } else { 0 };
    let flags = on("readonly", ms::RDONLY) | atime;
    ctx.sys.mount(set.name.as_bytes(), at.as_bytes(), b"zfs", flags, b"")
}

/// Mounts a dataset by name; the status.
pub fn mount_named(ctx: &mut Ctx<'_>, name: &str) -> i32 {
    let all = datasets(ctx);
    let Some(set) = all.iter().find(|it| it.name == name) else { return 0 };
    match mount_one(ctx, set) {
        Ok(()) => 0,
        Err(errno) => {
            let why = errno.message().to_lowercase();
            fail(ctx, format_args!("cannot mount '{name}': {why}"))
        }
    }
}

/// Takes the mounts of a dataset away; with what was said if that fails.
///
/// # Errors
/// The status.
pub fn unmount_named(ctx: &mut Ctx<'_>, name: &str) -> std::result::Result<(), i32> {
    for (source, at) in mounted(ctx).into_iter().rev() {
        if source == name
            && let Err(errno) = ctx.sys.umount(at.as_bytes(), 0)
        {
            let why = match errno {
                Errno::EBUSY => "pool or dataset is busy".to_owned(),
                other => other.message().to_lowercase(),
            };
            return Err(fail(ctx, format_args!("cannot unmount '{at}': {why}")));
        }
    }
    Ok(())
}

pub fn mount(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "a f l O v o=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let already = mounted(ctx);
    let all = datasets(ctx);
    if has(&parsed, "a") {
        let mut status = 0;
        for set in all.iter().filter(|set| !already.iter().any(|it| it.0 == set.name)) {
            status |= mount_named(ctx, &set.name);
        }
        return status;
    }
    let Some(name) = names(&parsed).into_iter().next() else {
        for (name, at) in already {
            ctx.line(format!("{name:<30}  {at}"));
        }
        return 0;
    };
    let Some(set) = all.iter().find(|it| it.name == name) else {
        return fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    };
    let at = property(set, "mountpoint");
    match at {
        "legacy" => fail(
            ctx,
            format_args!(
                "cannot mount '{name}': legacy mountpoint\nuse mount(8) to mount this filesystem"
            ),
        ),
        "none" => fail(ctx, format_args!("cannot mount '{name}': no mountpoint set")),
        _ if already.iter().any(|it| it.0 == name) => {
            fail(ctx, format_args!("cannot mount '{name}': filesystem already mounted"))
        }
        _ => mount_named(ctx, &name),
    }
}

pub fn unmount(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "a f u", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let now = mounted(ctx);
    if has(&parsed, "a") {
        let done = now.iter().rev().map(|(name, _)| unmount_named(ctx, name).err().unwrap_or(0));
        return done.max().unwrap_or(0);
    }
    let Some(name) = names(&parsed).into_iter().next() else {
        return fail(ctx, "missing filesystem argument");
    };
    let found = now.iter().find(|(set, at)| *set == name || *at == name);
    match found {
        Some((set, _)) => unmount_named(ctx, &set.clone()).err().unwrap_or(0),
        None => fail(ctx, format_args!("cannot unmount '{name}': not currently mounted")),
    }
}
