//! Logical volumes as devices: the tables that LVM loads into the device mapper.

use super::model::{Group, Kind, Logical};
use super::{Done, disk, fail};
use crate::block::mapper::Request;
use crate::block::{Ask, Tell};
use crate::errno::Errno;
use crate::shell::command::ctx::Ctx;
use crate::sys::{AT_FDCWD, at};

/// The name of a volume's device: the hyphens of both names are doubled.
pub fn name(group: &Group, volume: &str) -> String {
    format!("{}-{}", group.name.replace('-', "--"), volume.replace('-', "--"))
}

fn path(name: &str) -> String {
    format!("/dev/mapper/{name}")
}

fn ask(ctx: &mut Ctx<'_>, request: Request<'_>) -> Result<Tell, Errno> {
    ctx.sys.block(&Ask::Mapper(request))
}

/// How many hold a device; `None` if it is not there.
pub fn opened_at(ctx: &mut Ctx<'_>, device: &str) -> Option<u64> {
    match ask(ctx, Request::Opened { name: device }) {
        Ok(Tell::Number(count)) => Some(count),
        _ => None,
    }
}

/// How many hold a volume; `None` if it is not active.
pub fn opened(ctx: &mut Ctx<'_>, group: &Group, volume: &str) -> Option<u64> {
    opened_at(ctx, &name(group, volume))
}

pub fn is_active(ctx: &mut Ctx<'_>, group: &Group, volume: &str) -> bool {
    opened(ctx, group, volume).is_some()
}

/// The device that is a pool: behind a layer once thin volumes stand on it.
pub fn pool_device(group: &Group, pool: &str) -> String {
    let own = name(group, pool);
    if group.thins(pool).next().is_some() { format!("{own}-tpool") } else { own }
}

/// Words of a device's status behind its target.
pub fn state(ctx: &mut Ctx<'_>, device: &str) -> Vec<String> {
    match ask(ctx, Request::Status { name: device }) {
        Ok(Tell::Text(text)) => text.split_whitespace().skip(3).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Loads a table into a device, which is made if it is not there.
fn load(ctx: &mut Ctx<'_>, device: &str, uuid: &str, table: &str) -> Result<(), Errno> {
    let is_new = opened_at(ctx, device).is_none();
    if is_new {
        ask(ctx, Request::Create { name: device, uuid })?;
    }
    let done = ask(ctx, Request::Load { name: device, table })
        .and_then(|_| ask(ctx, Request::Resume { name: device }));
    if done.is_err() && is_new {
        let _ = ask(ctx, Request::Remove { name: device });
    }
    done.map(drop)
}

fn linear(group: &Group, volume: &Logical) -> Option<String> {
    let line = |it: &super::model::Segment| {
        let Kind::Linear { on, at } = it.kind else { return None };
        let below = group.physical.get(on).filter(|it| it.device != "[unknown]")?;
        let (start, len) = (it.start * group.extent, it.count * group.extent);
        Some(format!("{start} {len} linear {} {}", below.device, below.start + at * group.extent))
    };
    volume.segments.iter().map(line).collect::<Option<Vec<String>>>().map(|it| it.join("\n"))
}

/// Makes the device of a volume, or gives it its present table.
pub fn activate(ctx: &mut Ctx<'_>, group: &Group, volume: &str) -> Done {
    let Some(it) = group.get(volume).cloned() else { return Ok(()) };
    let device = name(group, volume);
    let uuid = format!("LVM-{}{}", disk::bare(&group.id), disk::bare(&it.id));
    let len = it.extents() * group.extent;
    let table = match it.kind() {
        Some(Kind::Linear { .. }) => linear(group, &it),
        Some(Kind::Pool { meta, data, chunk, zero, .. }) => {
            activate(ctx, group, meta)?;
            activate(ctx, group, data)?;
            let [meta, data] = [meta, data].map(|it| path(&name(group, it)));
            let words = if *zero { "0" } else { "1 skip_block_zeroing" };
            let own = format!("0 {len} thin-pool {meta} {data} {chunk} 0 {words}");
            let layer = pool_device(group, volume);
            if layer == device {
                Some(own)
            } else {
                let below = format!("{uuid}-tpool");
                if let Err(errno) = load(ctx, &layer, &below, &own) {
                    return refused(ctx, group, volume, errno);
                }
                Some(format!("0 {len} linear {} 0", path(&layer)))
            }
        }
        Some(Kind::Thin { pool, id, .. }) => {
            activate(ctx, group, pool)?;
            Some(format!("0 {len} thin {} {id}", path(&pool_device(group, pool))))
        }
        None => None,
    };
    let Some(table) = table else {
        return fail(
            ctx,
            format_args!("Refusing activation of partial LV {}/{volume}.", group.name),
        );
    };
    if let Err(errno) = load(ctx, &device, &uuid, &table) {
        return refused(ctx, group, volume, errno);
    }
    if it.visible && !it.is_pool() {
        let dir = format!("/dev/{}", group.name);
        let link = format!("{dir}/{volume}");
        let _ = ctx.sys.mkdirat(AT_FDCWD, dir.as_bytes(), 0o755);
        let _ =
            ctx.sys.symlinkat(format!("../mapper/{device}").as_bytes(), AT_FDCWD, link.as_bytes());
    }
    Ok(())
}

fn refused(ctx: &mut Ctx<'_>, group: &Group, volume: &str, errno: Errno) -> Done {
    let device = name(group, volume);
    fail(
        ctx,
        format_args!("device-mapper: reload ioctl on  ({device}) failed: {}", errno.message()),
    )
}

/// Takes a volume's device away, and those that were only there for it.
pub fn deactivate(ctx: &mut Ctx<'_>, group: &Group, volume: &str) -> Done {
    let Some(it) = group.get(volume).cloned() else { return Ok(()) };
    let device = name(group, volume);
    match opened_at(ctx, &device) {
        Some(0) => {}
        Some(_) => {
            return fail(ctx, format_args!("Logical volume {}/{volume} in use.", group.name));
        }
        None => return Ok(()),
    }
    let _ = ask(ctx, Request::Remove { name: &device });
    if it.visible {
        let dir = format!("/dev/{}", group.name);
        let _ = ctx.sys.unlinkat(AT_FDCWD, format!("{dir}/{volume}").as_bytes(), 0);
        let _ = ctx.sys.unlinkat(AT_FDCWD, dir.as_bytes(), at::REMOVEDIR);
    }
    if let Some((data, meta)) = group.parts(volume) {
        let layer = format!("{device}-tpool");
        if opened_at(ctx, &layer) == Some(0) {
            let _ = ask(ctx, Request::Remove { name: &layer });
        }
        deactivate(ctx, group, &data)?;
        deactivate(ctx, group, &meta)?;
    }
    Ok(())
}

/// Tells a pool something.
pub fn message(ctx: &mut Ctx<'_>, group: &Group, pool: &str, text: &str) -> Done {
    let device = pool_device(group, pool);
    match ask(ctx, Request::Message { name: &device, text }) {
        Ok(_) => Ok(()),
        Err(errno) => {
            let why = errno.message();
            fail(
                ctx,
                format_args!(
                    "Failed to process message \"{text}\" of thin pool {}/{pool}: {why}",
                    group.name
                ),
            )
        }
    }
}

/// Does something while nobody writes to a volume.
pub fn while_suspended(
    ctx: &mut Ctx<'_>,
    group: &Group,
    volume: &str,
    f: impl FnOnce(&mut Ctx<'_>) -> Done,
) -> Done {
    let device = name(group, volume);
    let suspended = ask(ctx, Request::Suspend { name: &device }).is_ok();
    let done = f(ctx);
    if suspended {
        let _ = ask(ctx, Request::Resume { name: &device });
    }
    done
}
