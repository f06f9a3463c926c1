//! Logical volumes come, change and go.

use super::model::{Group, Kind, Logical, Segment};
use super::{
    Done, active, commit, disk, fail, group, has, names, pool, say, split, status, sure, usage,
    value, volume, warn,
};
use crate::shell::command::common::args::Parsed;
use crate::shell::command::ctx::Ctx;

const CREATE: &str = "L|size= l|extents= n|name= V|virtualsize= T|thin s|snapshot c|chunksize= y|yes W|wipesignatures= \
     Z|zero= |thinpool= |type= |poolmetadatasize= |poolmetadata= |errorwhenfull= |profile= |metadataprofile= \
     k|setactivationskip= K|ignoreactivationskip a|activate= q|quiet v|verbose |addtag= f|force";

/// A volume that nothing lies on yet.
pub fn blank(ctx: &mut Ctx<'_>, name: &str, segments: Vec<Segment>) -> Done<Logical> {
    let Ok(id) = disk::new_id(ctx) else { return Err(super::FAILED) };
    let created = u64::try_from(ctx.sys.clock().sec).unwrap_or(0);
    let (visible, skip, profile) = (true, false, None);
    Ok(Logical { name: name.to_owned(), id, visible, skip, created, profile, segments })
}

/// Extents that `-L` or `-l` ask for; `of` is what `%LV` and a leading `+` count from.
pub fn wanted(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &Group, of: u64) -> Done<Option<u64>> {
    if let Some(text) = value(parsed, "L") {
        return size(ctx, own, text.trim_start_matches('+')).map(|it| Some(it + plus(&text, of)));
    }
    let Some(text) = value(parsed, "l") else { return Ok(None) };
    let word = text.trim_start_matches('+');
    let count = match word.split_once('%') {
        None => word.parse().ok(),
        Some((percent, what)) => {
            let whole = match what.to_ascii_uppercase().as_str() {
                "VG" => Some(own.extents()),
                "FREE" => Some(own.free()),
                "PVS" => Some(own.extents()),
                "LV" => Some(of),
                _ => None,
            };
            let percent = percent.parse::<u64>().ok().filter(|it| *it <= 1000);
            whole.zip(percent).map(|(whole, percent)| whole * percent / 100)
        }
    };
    match count {
        Some(count) => Ok(Some(count + plus(&text, of))),
        None => usage(ctx, format_args!("Invalid argument for --extents: {text}")),
    }
}

fn plus(text: &str, of: u64) -> u64 {
    if text.starts_with('+') { of } else { 0 }
}

/// Whole extents for a size.
pub fn size(ctx: &mut Ctx<'_>, own: &Group, text: &str) -> Done<u64> {
    let Some(bytes) = super::bytes(text) else {
        return usage(ctx, format_args!("Invalid argument for --size: {text}"));
    };
    let sectors = bytes.div_ceil(512);
    let count = sectors.div_ceil(own.extent);
    if !sectors.is_multiple_of(own.extent) {
        let shown = super::short(count * own.extent, true);
        say(ctx, format_args!("Rounding up size to full physical extent {shown}"));
    }
    Ok(count)
}

/// Says that a group has no room for so many extents.
pub fn no_room<T>(ctx: &mut Ctx<'_>, own: &Group, need: u64) -> Done<T> {
    let (name, free) = (&own.name, own.free());
    fail(
        ctx,
        format_args!(
            "Volume group \"{name}\" has insufficient free space ({free} extents): {need} required."
        ),
    )
}

pub fn good_name(ctx: &mut Ctx<'_>, own: &Group, name: &str) -> Done {
    let good = |it: char| it.is_ascii_alphanumeric() || "+_.-".contains(it);
    let reserved = ["_tdata", "_tmeta", "_pmspare"].iter().any(|it| name.contains(it));
    if name.is_empty() || !name.chars().all(good) || name.starts_with('-') || reserved {
        return usage(ctx, format_args!("Logical volume name \"{name}\" is invalid."));
    }
    match own.get(name) {
        Some(_) => {
            let group = &own.name;
            fail(
                ctx,
                format_args!(
                    "Logical Volume \"{name}\" already exists in volume group \"{group}\""
                ),
            )
        }
        None => Ok(()),
    }
}

pub fn create(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(CREATE) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(make(ctx, &parsed))
}

fn make(ctx: &mut Ctx<'_>, parsed: &Parsed) -> Done {
    let all = names(parsed);
    let Some(first) = all.first() else {
        return usage(ctx, "Please provide a volume group name");
    };
    let (name, inner) = split(ctx, first);
    let mut own = group(ctx, &name)?;
    let kind = value(parsed, "type").unwrap_or_default();
    let given =
        value(parsed, "thinpool").map(|it| it.rsplit('/').next().unwrap_or_default().to_owned());
    if has(parsed, "s") {
        return pool::snapshot(ctx, parsed, &mut own, inner);
    }
    let thin = has(parsed, "T") || kind == "thin" || kind == "thin-pool" || given.is_some();
    if thin || has(parsed, "V") {
        let pool = given.or(inner).or_else(|| value(parsed, "n").filter(|_| !has(parsed, "V")));
        let known = pool.as_ref().is_some_and(|it| own.get(it).is_some());
        if has(parsed, "L") || has(parsed, "l") || !has(parsed, "V") {
            if known && has(parsed, "V") {
                return usage(ctx, "Pool size may not be given for a pool that exists.");
            }
            let pool = pool.clone().unwrap_or_else(|| own.free_name());
            pool::create(ctx, parsed, &mut own, &pool)?;
            if !has(parsed, "V") {
                return Ok(());
            }
            return pool::thin(ctx, parsed, &mut own, &pool);
        }
        return match pool {
            Some(pool) => pool::thin(ctx, parsed, &mut own, &pool),
            None => usage(ctx, "Please name a thin pool."),
        };
    }
    if !matches!(kind.as_str(), "" | "linear" | "striped") {
        return usage(ctx, format_args!("Segment type {kind} is not simulated."));
    }
    let Some(count) = wanted(ctx, parsed, &own, 0)?.filter(|it| *it > 0) else {
        return usage(ctx, "Please specify either size or extents");
    };
    let name = value(parsed, "n").unwrap_or_else(|| own.free_name());
    good_name(ctx, &own, &name)?;
    let Some(segments) = own.allocate(0, count) else { return no_room(ctx, &own, count) };
    let new = blank(ctx, &name, segments)?;
    own.logical.push(new);
    commit(ctx, &mut own)?;
    if value(parsed, "a").is_none_or(|it| !it.contains('n')) {
        active::activate(ctx, &own, &name)?;
        // The first block is cleared, so that nothing old is found there.
        let _ = disk::wipe(ctx, &format!("/dev/mapper/{}", active::name(&own, &name)));
    }
    say(ctx, format_args!("Logical volume \"{name}\" created."));
    Ok(())
}

pub fn change(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|activate= K|ignoreactivationskip y|yes |metadataprofile= |monitor= |detachprofile Z|zero= |errorwhenfull= \
         |discards= k|setactivationskip= q|quiet v|verbose f|force",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut last = 0;
    for word in names(&parsed) {
        last = match changed(ctx, &parsed, &word) {
            Ok(()) => last,
            Err(status) => status,
        };
    }
    last
}

fn changed(ctx: &mut Ctx<'_>, parsed: &Parsed, word: &str) -> Done {
    let (mut own, name) = volume(ctx, word)?;
    if let Some(wish) = value(parsed, "a") {
        let skip = own.get(&name).is_some_and(|it| it.skip) && !has(parsed, "K");
        return match wish.as_str() {
            "n" | "an" | "ln" => active::deactivate(ctx, &own, &name),
            _ if skip => Ok(()),
            _ => active::activate(ctx, &own, &name),
        };
    }
    if let Some(profile) = value(parsed, "metadataprofile") {
        let path = format!("/etc/lvm/profile/{profile}.profile");
        if ctx.stat(path.as_bytes()).is_err() {
            warn(ctx, format_args!("Failed to load configuration profile {profile}."));
            return fail(ctx, format_args!("{path}: No such file or directory"));
        }
        if let Some(it) = own.get_mut(&name) {
            it.profile = Some(profile);
        }
    } else if has(parsed, "detachprofile") {
        if let Some(it) = own.get_mut(&name) {
            it.profile = None;
        }
    } else if let Some(wish) = value(parsed, "k") {
        if let Some(it) = own.get_mut(&name) {
            it.skip = wish == "y";
        }
    } else if has(parsed, "monitor") {
        return fail(ctx, "dmeventd is not simulated: a pool grows with lvextend.");
    } else {
        return usage(
            ctx,
            "Need 1 or more options to change: -a, -k, --metadataprofile, --detachprofile.",
        );
    }
    commit(ctx, &mut own)?;
    say(ctx, format_args!("Logical volume {}/{name} changed.", own.name));
    Ok(())
}

pub fn extend(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "L|size= l|extents= r|resizefs y|yes n|nofsck |poolmetadatasize= |use-policies q|quiet v|verbose f|force",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(extended(ctx, &parsed))
}

fn extended(ctx: &mut Ctx<'_>, parsed: &Parsed) -> Done {
    let all = names(parsed);
    let Some(word) = all.first() else {
        return usage(ctx, "Please provide the logical volume name");
    };
    if has(parsed, "r") {
        return fail(ctx, "Resizing a file system is not simulated.");
    }
    let (mut own, name) = volume(ctx, word)?;
    if let Some(text) = value(parsed, "poolmetadatasize") {
        let Some((_, meta)) = own.parts(&name) else {
            return fail(
                ctx,
                format_args!("Logical volume {}/{name} is not a thin pool.", own.name),
            );
        };
        let now = own.get(&meta).map_or(0, Logical::extents);
        let count = size(ctx, &own, text.trim_start_matches('+'))? + plus(&text, now);
        grow(ctx, &mut own, &meta, count)?;
    } else {
        let now = own.get(&name).map_or(0, Logical::extents);
        let Some(count) = wanted(ctx, parsed, &own, now)? else {
            return usage(ctx, "Please specify either size or extents but not both.");
        };
        match own.parts(&name) {
            Some((data, _)) => {
                grow(ctx, &mut own, &data, count)?;
                // The pool is as large as its data.
                if let Some(it) = own.get_mut(&name).and_then(|it| it.segments.first_mut()) {
                    it.count = count;
                }
            }
            None => grow(ctx, &mut own, &name, count)?,
        }
    }
    commit(ctx, &mut own)?;
    if active::is_active(ctx, &own, &name) {
        active::activate(ctx, &own, &name)?;
    }
    say(ctx, format_args!("Logical volume {}/{name} successfully resized.", own.name));
    Ok(())
}

/// Makes a volume larger, to so many extents.
fn grow(ctx: &mut Ctx<'_>, own: &mut Group, name: &str, count: u64) -> Done {
    let now = own.get(name).map_or(0, Logical::extents);
    let group = own.name.clone();
    let extent = own.extent;
    if count <= now {
        let shown = super::short(count * extent, true);
        return match count == now {
            true => {
                warn(
                    ctx,
                    format_args!(
                        "New size ({count} extents) matches existing size ({now} extents)."
                    ),
                );
                Err(super::FAILED)
            }
            false => fail(
                ctx,
                format_args!(
                    "New size given ({count} extents) not larger than existing size ({now} extents): {shown}"
                ),
            ),
        };
    }
    let thin = matches!(own.get(name).and_then(Logical::kind), Some(Kind::Thin { .. }));
    if thin {
        if let Some(it) = own.get_mut(name).and_then(|it| it.segments.first_mut()) {
            it.count = count;
        }
    } else {
        let Some(more) = own.allocate(now, count - now) else {
            let free = own.free();
            return fail(
                ctx,
                format_args!(
                    "Insufficient free space: {} extents needed, but only {free} available",
                    count - now
                ),
            );
        };
        if let Some(it) = own.get_mut(name) {
            it.segments.extend(more);
        }
    }
    let [old, new] = [now, count].map(|it| super::short(it * extent, true));
    say(
        ctx,
        format_args!(
            "Size of logical volume {group}/{name} changed from {old} ({now} extents) to {new} ({count} extents)."
        ),
    );
    Ok(())
}

pub fn remove(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("f|force y|yes q|quiet v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut last = 0;
    for word in names(&parsed) {
        let done = match split(ctx, &word) {
            (name, None) => {
                group(ctx, &name).and_then(|mut own| remove_all(ctx, &parsed, &mut own))
            }
            _ => volume(ctx, &word)
                .and_then(|(mut own, name)| remove_one(ctx, &parsed, &mut own, &name)),
        };
        last = status(done).max(last);
    }
    last
}

/// Every volume of a group, those on top first.
pub fn remove_all(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &mut Group) -> Done {
    while let Some(it) = own.logical.iter().rfind(|it| it.visible) {
        let name = it.name.clone();
        remove_one(ctx, parsed, own, &name)?;
    }
    Ok(())
}

fn remove_one(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &mut Group, name: &str) -> Done {
    let Some(it) = own.get(name).cloned() else { return Ok(()) };
    let group = own.name.clone();
    if !it.visible {
        return fail(ctx, format_args!("Can't remove logical volume {name} used by a pool."));
    }
    match active::opened(ctx, own, name) {
        Some(0) => {
            let what = if it.is_pool() { "pool" } else { "logical volume" };
            let question = format!("Do you really want to remove active {what} {group}/{name}?");
            if !sure(ctx, parsed, &question) {
                return fail(ctx, format_args!("Logical volume {group}/{name} not removed."));
            }
        }
        Some(_) if own.thins(name).next().is_none() => {
            return fail(
                ctx,
                format_args!("Logical volume {group}/{name} contains a filesystem in use."),
            );
        }
        _ => {}
    }
    let thins: Vec<String> = own.thins(name).map(|it| it.name.clone()).collect();
    for thin in thins {
        remove_one(ctx, parsed, own, &thin)?;
    }
    if let Some(Kind::Thin { pool, id, .. }) = it.kind() {
        active::activate(ctx, own, pool)?;
        active::deactivate(ctx, own, name)?;
        active::message(ctx, own, pool, &format!("delete {id}"))?;
        pool::stepped(ctx, own, pool)?;
    } else {
        active::deactivate(ctx, own, name)?;
    }
    let mut gone = vec![name.to_owned()];
    if let Some((data, meta)) = own.parts(name) {
        gone.extend([data, meta]);
        let others = own.logical.iter().filter(|it| it.is_pool()).count();
        if others == 1 {
            gone.extend(
                own.logical.iter().map(|it| it.name.clone()).filter(|it| it.ends_with("_pmspare")),
            );
        }
    }
    own.logical.retain(|it| !gone.contains(&it.name));
    commit(ctx, own)?;
    say(ctx, format_args!("Logical volume \"{name}\" successfully removed."));
    Ok(())
}

pub fn rename(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("y|yes q|quiet v|verbose f|force") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(renamed(ctx, &names(&parsed)))
}

fn renamed(ctx: &mut Ctx<'_>, words: &[String]) -> Done {
    let (from, to) = match words {
        [group, from, to] => (format!("{group}/{from}"), to.clone()),
        [from, to] => (from.clone(), to.rsplit('/').next().unwrap_or_default().to_owned()),
        _ => return usage(ctx, "Old and new logical volume names required"),
    };
    let (mut own, name) = volume(ctx, &from)?;
    good_name(ctx, &own, &to)?;
    if own.get(&name).is_some_and(Logical::is_pool) {
        return fail(ctx, "Renaming a thin pool is not simulated.");
    }
    let was = active::is_active(ctx, &own, &name);
    active::deactivate(ctx, &own, &name)?;
    if let Some(it) = own.get_mut(&name) {
        it.name.clone_from(&to);
    }
    for it in own.logical.iter_mut().flat_map(|it| &mut it.segments) {
        if let Kind::Thin { origin: Some(origin), .. } = &mut it.kind
            && *origin == name
        {
            origin.clone_from(&to);
        }
    }
    commit(ctx, &mut own)?;
    if was {
        active::activate(ctx, &own, &to)?;
    }
    say(ctx, format_args!("Renamed \"{name}\" to \"{to}\" in volume group \"{}\"", own.name));
    Ok(())
}
