//! Physical volumes and volume groups come and go.

use super::model::{Group, Physical};
use super::{
    Done, active, broken, commit, disk, fail, group, has, names, say, scan, status, sure, usage,
    value, warn,
};
use crate::block::{Ask, SECTOR, Tell};
use crate::shell::command::common::args::Parsed;
use crate::shell::command::ctx::Ctx;

/// A device by its path: its sectors.
fn size(ctx: &mut Ctx<'_>, device: &str) -> Done<u64> {
    match ctx.sys.block(&Ask::Size { device: device.as_bytes() }) {
        Ok(Tell::Number(size)) if size > 0 => Ok(size / SECTOR),
        _ => fail(ctx, format_args!("No device found for {device}.")),
    }
}

/// Whose device it is.
fn owner(ctx: &mut Ctx<'_>, device: &str) -> Option<String> {
    let owns = |it: &Group| it.physical.iter().any(|it| it.device == device);
    scan(ctx).groups.into_iter().find(owns).map(|it| it.name)
}

/// Labels a device; its identifier and its sectors.
fn initialize(ctx: &mut Ctx<'_>, parsed: &Parsed, device: &str) -> Done<(String, u64)> {
    let sectors = size(ctx, device)?;
    if let Some(owner) = owner(ctx, device) {
        warn(
            ctx,
            format_args!(
                "Can't initialize physical volume \"{device}\" of volume group \"{owner}\" without -ff"
            ),
        );
        return fail(ctx, format_args!("{device}: physical volume not initialized."));
    }
    if sectors < 2 * disk::DATA {
        return fail(ctx, format_args!("Device {device} is too small for a physical volume."));
    }
    if let Ok(Tell::Volume(Some(found))) = ctx.sys.block(&Ask::Probe { device: device.as_bytes() })
    {
        let used = ctx.read_file(b"/proc/self/mounts").unwrap_or_default();
        let used = String::from_utf8_lossy(&used).into_owned();
        if used.lines().any(|it| it.split(' ').next() == Some(device)) {
            return fail(
                ctx,
                format_args!("Can't open {device} exclusively.  Mounted filesystem?"),
            );
        }
        let kind = found.kind;
        let question = format!("WARNING: {kind} signature detected on {device}. Wipe it?");
        if !sure(ctx, parsed, &question) {
            warn(ctx, format_args!("Aborted wiping of {kind}."));
            return fail(ctx, "1 existing signature left on the device.");
        }
        say(ctx, format_args!("Wiping {kind} signature on {device}."));
    }
    let id = match disk::new_id(ctx) {
        Ok(id) => id,
        Err(errno) => return broken(ctx, "/dev/urandom", errno),
    };
    let done = disk::wipe(ctx, device).and_then(|()| disk::write(ctx, device, sectors, &id, None));
    match done {
        Ok(()) => {
            say(ctx, format_args!("Physical volume \"{device}\" successfully created."));
            Ok((id, sectors))
        }
        Err(errno) => broken(ctx, device, errno),
    }
}

pub fn pvcreate(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("f|force y|yes q|quiet v|verbose Z|zero= |dataalignment= |metadatasize=") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let all = names(&parsed);
    if all.is_empty() {
        return status(usage(ctx, "Please enter a physical volume path."));
    }
    all.iter().fold(0, |last, it| initialize(ctx, &parsed, it).map_or_else(|bad| bad, |_| last))
}

pub fn pvremove(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("f|force y|yes q|quiet v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut last = 0;
    for device in names(&parsed) {
        last = match unlabel(ctx, &device) {
            Ok(()) => last,
            Err(status) => status,
        };
    }
    last
}

fn unlabel(ctx: &mut Ctx<'_>, device: &str) -> Done {
    size(ctx, device)?;
    if !scan(ctx).labels.iter().any(|it| it.device == device) {
        return fail(ctx, format_args!("No PV found on device {device}."));
    }
    if let Some(owner) = owner(ctx, device) {
        warn(ctx, format_args!("PV {device} is used by VG {owner} so please use vgreduce first."));
        warn(ctx, "(If you are certain you need pvremove, then confirm by using --force twice.)");
        return fail(ctx, format_args!("{device}: physical volume label not removed."));
    }
    match disk::unlabel(ctx, device) {
        Ok(()) => {
            say(ctx, format_args!("Labels on physical volume \"{device}\" successfully wiped."));
            Ok(())
        }
        Err(errno) => broken(ctx, device, errno),
    }
}

/// A device that is in no group yet as a part of one; it is labelled if it is not.
fn member(ctx: &mut Ctx<'_>, parsed: &Parsed, device: &str, extent: u64) -> Done<Physical> {
    size(ctx, device)?;
    if let Some(owner) = owner(ctx, device) {
        return fail(
            ctx,
            format_args!("Physical volume '{device}' is already in volume group '{owner}'"),
        );
    }
    let known = scan(ctx).labels.into_iter().find(|it| it.device == device);
    let (id, size) = match known {
        Some(label) => (label.id, label.size),
        None => initialize(ctx, parsed, device)?,
    };
    let extents = (size - disk::DATA) / extent;
    if extents == 0 {
        return fail(ctx, format_args!("Physical volume {device} has no room for an extent."));
    }
    Ok(Physical { id, device: device.to_owned(), size, start: disk::DATA, extents })
}

const GROUP: &str = "s|physicalextentsize= y|yes f|force q|quiet v|verbose";

pub fn vgcreate(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(GROUP) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(create(ctx, &parsed))
}

fn create(ctx: &mut Ctx<'_>, parsed: &Parsed) -> Done {
    let all = names(parsed);
    let Some((name, devices)) = all.split_first().filter(|it| !it.1.is_empty()) else {
        return usage(ctx, "Please provide volume group name and physical volumes");
    };
    let name = name.strip_prefix("/dev/").unwrap_or(name);
    let good = |it: char| it.is_ascii_alphanumeric() || "+_.-".contains(it);
    if name.is_empty()
        || name.len() > 127
        || !name.chars().all(good)
        || name.starts_with(['-', '.'])
    {
        warn(
            ctx,
            format_args!(
                "Name contains invalid character, valid set includes: [a-zA-Z0-9.-_+]: \"{name}\"."
            ),
        );
        return fail(ctx, format_args!("New volume group name \"{name}\" is invalid."));
    }
    if scan(ctx).groups.iter().any(|it| it.name == name) {
        return fail(ctx, format_args!("A volume group called {name} already exists."));
    }
    let extent = match value(parsed, "s") {
        None => 8192,
        Some(text) => match super::bytes(&text).map(|it| it / SECTOR) {
            Some(extent) if extent >= 2 && extent.is_power_of_two() => extent,
            _ => return usage(ctx, format_args!("Invalid physical extent size: {text}")),
        },
    };
    let mut physical = Vec::new();
    for device in devices {
        physical.push(member(ctx, parsed, device, extent)?);
    }
    let Ok(id) = disk::new_id(ctx) else { return Err(super::FAILED) };
    let logical = Vec::new();
    let mut group = Group { name: name.to_owned(), id, seqno: 0, extent, physical, logical };
    commit(ctx, &mut group)?;
    say(ctx, format_args!("Volume group \"{name}\" successfully created"));
    Ok(())
}

pub fn vgextend(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(GROUP) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(extend(ctx, &parsed))
}

fn extend(ctx: &mut Ctx<'_>, parsed: &Parsed) -> Done {
    let all = names(parsed);
    let Some((name, devices)) = all.split_first().filter(|it| !it.1.is_empty()) else {
        return usage(ctx, "Please enter volume group name and physical volume(s)");
    };
    let mut group = group(ctx, name)?;
    for device in devices {
        let member = member(ctx, parsed, device, group.extent)?;
        group.physical.push(member);
    }
    commit(ctx, &mut group)?;
    say(ctx, format_args!("Volume group \"{}\" successfully extended", group.name));
    Ok(())
}

pub fn vgremove(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(GROUP) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut last = 0;
    for name in names(&parsed) {
        last = match forget(ctx, &parsed, &name) {
            Ok(()) => last,
            Err(status) => status,
        };
    }
    last
}

fn forget(ctx: &mut Ctx<'_>, parsed: &Parsed, name: &str) -> Done {
    let mut own = group(ctx, name)?;
    let count = own.logical.iter().filter(|it| it.visible).count();
    let question = format!(
        "Do you really want to remove volume group \"{name}\" containing {count} logical volumes?"
    );
    if count > 0 && !sure(ctx, parsed, &question) {
        return fail(ctx, format_args!("Volume group \"{name}\" not removed"));
    }
    super::logical::remove_all(ctx, parsed, &mut own)?;
    for it in &own.physical {
        if let Err(errno) = disk::write(ctx, &it.device, it.size, &it.id, None) {
            return broken(ctx, &it.device, errno);
        }
    }
    say(ctx, format_args!("Volume group \"{name}\" successfully removed"));
    Ok(())
}

pub fn vgchange(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("a|activate= K|ignoreactivationskip y|yes q|quiet v|verbose |monitor=") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let Some(wish) = value(&parsed, "a") else {
        return status(usage(ctx, "Need one or more command options."));
    };
    let wanted = names(&parsed);
    let mut last = 0;
    for own in scan(ctx).groups {
        if !wanted.is_empty() && !wanted.contains(&own.name) {
            continue;
        }
        let mut count = 0;
        // Thin volumes go before the pools that they stand on.
        for it in own.logical.iter().rev().filter(|it| it.visible) {
            let done = match wish.as_str() {
                "n" | "an" | "ln" => active::deactivate(ctx, &own, &it.name),
                _ if it.skip && !has(&parsed, "K") => Ok(()),
                _ => active::activate(ctx, &own, &it.name),
            };
            last = status(done).max(last);
            count += usize::from(active::is_active(ctx, &own, &it.name));
        }
        say(
            ctx,
            format_args!("{count} logical volume(s) in volume group \"{}\" now active", own.name),
        );
    }
    last
}
