//! Thin pools, thin volumes and their snapshots.

use super::logical::{blank, good_name, no_room, size, wanted};
use super::model::{Group, Kind, Logical, Segment};
use super::{
    Done, active, commit, disk, fail, has, names, say, status, sure, usage, value, volume, warn,
};
use crate::shell::command::common::args::Parsed;
use crate::shell::command::ctx::Ctx;

/// Sectors of a chunk, at least; bytes of metadata for each, and the most that a pool can have.
const CHUNK_MIN: u64 = 128;
const CHUNK_MAX: u64 = 2 << 20;
const META_OF_CHUNK: u64 = 64;
const META_MIN: u64 = 4096;
const META_MAX: u64 = 33_292_800;
/// As many chunks as the largest metadata can map.
const CHUNKS_MAX: u64 = META_MAX * 512 / META_OF_CHUNK;

/// The chunk that was asked for, or one with which the metadata stay below 128 MiB.
fn chunk(ctx: &mut Ctx<'_>, parsed: &Parsed, sectors: u64) -> Done<u64> {
    let Some(text) = value(parsed, "c") else {
        let mut chunk = CHUNK_MIN;
        while sectors / chunk * META_OF_CHUNK > 128 << 20 && chunk < CHUNK_MAX {
            chunk *= 2;
        }
        return Ok(chunk);
    };
    // A number without a unit is KiB here.
    let plain = text.bytes().all(|it| it.is_ascii_digit());
    let bytes = if plain { super::bytes(&format!("{text}k")) } else { super::bytes(&text) };
    match bytes.map(|it| it / 512) {
        Some(it) if (CHUNK_MIN..=CHUNK_MAX).contains(&it) && it.is_multiple_of(CHUNK_MIN) => Ok(it),
        _ => usage(
            ctx,
            format_args!(
                "Chunk size {text} is not a multiple of 64.00 KiB between 64.00 KiB and 1.00 GiB."
            ),
        ),
    }
}

fn told_reach(ctx: &mut Ctx<'_>, chunk: u64) {
    let (size, most) = (super::short(chunk, true), super::short(chunk * CHUNKS_MAX, true));
    say(
        ctx,
        format_args!("Thin pool volume with chunk size {size} can address at most {most} of data."),
    );
}

/// A pool of a name that is free.
pub fn create(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &mut Group, name: &str) -> Done {
    good_name(ctx, own, name)?;
    let Some(count) = wanted(ctx, parsed, own, 0)?.filter(|it| *it > 0) else {
        return usage(ctx, "Please specify either size or extents");
    };
    let sectors = count * own.extent;
    let chunk = chunk(ctx, parsed, sectors)?;
    let meta = match value(parsed, "poolmetadatasize") {
        Some(text) => size(ctx, own, &text)?,
        None => {
            let bytes = sectors / chunk * META_OF_CHUNK;
            (bytes / 512).clamp(META_MIN, META_MAX).div_ceil(own.extent)
        }
    };
    told_reach(ctx, chunk);
    // As much again is kept free for a repair, once in a group.
    let spare = own.logical.iter().any(|it| it.name.ends_with("_pmspare"));
    let mut parts = vec![(format!("{name}_tdata"), count), (format!("{name}_tmeta"), meta)];
    if !spare {
        parts.insert(0, (own.free_name() + "_pmspare", meta));
    }
    let need = parts.iter().map(|it| it.1).sum();
    if need > own.free() {
        return no_room(ctx, own, need);
    }
    for (part, count) in parts {
        let Some(segments) = own.allocate(0, count) else { return no_room(ctx, own, count) };
        let mut it = blank(ctx, &part, segments)?;
        it.visible = false;
        own.logical.push(it);
    }
    let zero = value(parsed, "Z").is_none_or(|it| it != "n" && it != "0");
    assemble(ctx, parsed, own, name, (chunk, zero))?;
    say(ctx, format_args!("Logical volume \"{name}\" created."));
    Ok(())
}

/// The pool itself, of parts that are there.
fn assemble(
    ctx: &mut Ctx<'_>,
    parsed: &Parsed,
    own: &mut Group,
    name: &str,
    (chunk, zero): (u64, bool),
) -> Done {
    let (data, meta) = (format!("{name}_tdata"), format!("{name}_tmeta"));
    let count = own.get(&data).map_or(0, Logical::extents);
    let kind = Kind::Pool { meta: meta.clone(), data, transaction: 0, chunk, zero };
    let mut it = blank(ctx, name, vec![Segment { start: 0, count, kind }])?;
    it.profile = value(parsed, "metadataprofile").or_else(|| value(parsed, "profile"));
    own.logical.push(it);
    commit(ctx, own)?;
    // A pool that was there before must not be found again.
    active::activate(ctx, own, &meta)?;
    if let Err(errno) = disk::wipe(ctx, &format!("/dev/mapper/{}", active::name(own, &meta))) {
        return super::broken(ctx, &meta, errno);
    }
    active::activate(ctx, own, name)
}

/// A thin volume in a pool.
pub fn thin(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &mut Group, pool: &str) -> Done {
    let group = own.name.clone();
    match own.get(pool) {
        Some(it) if it.is_pool() => {}
        Some(_) => {
            return fail(ctx, format_args!("Logical volume {group}/{pool} is not a thin pool."));
        }
        None => {
            return fail(
                ctx,
                format_args!("Thin pool volume {pool} not found in Volume group {group}."),
            );
        }
    }
    let count = size(ctx, own, &value(parsed, "V").unwrap_or_default())?;
    if count == 0 {
        return usage(ctx, "Please specify a virtual size.");
    }
    let name = value(parsed, "n").unwrap_or_else(|| own.free_name());
    good_name(ctx, own, &name)?;
    add(ctx, own, pool, &name, count, None)?;
    active::activate(ctx, own, &name)?;
    let thins: u64 = own.thins(pool).map(Logical::extents).sum();
    let size = own.get(pool).map_or(0, Logical::extents);
    if thins > size {
        let [sum, size] = [thins, size].map(|it| super::short(it * own.extent, true));
        warn(
            ctx,
            format_args!(
                "WARNING: Sum of all thin volume sizes ({sum}) exceeds the size of thin pool {group}/{pool} ({size})."
            ),
        );
    }
    say(ctx, format_args!("Logical volume \"{name}\" created."));
    Ok(())
}

/// A snapshot of a thin volume: not active until it is asked for.
pub fn snapshot(ctx: &mut Ctx<'_>, parsed: &Parsed, own: &mut Group, of: Option<String>) -> Done {
    let group = own.name.clone();
    let Some(origin) = of.and_then(|it| own.get(&it).cloned()) else {
        return fail(ctx, format_args!("Snapshot origin LV not found in Volume group {group}."));
    };
    let Some(Kind::Thin { pool, .. }) = origin.kind().cloned() else {
        return fail(
            ctx,
            format_args!(
                "Logical volume {group}/{} is not a thin volume. Only thin snapshots are simulated.",
                origin.name
            ),
        );
    };
    if has(parsed, "L") || has(parsed, "l") {
        return fail(
            ctx,
            "A snapshot with a size of its own is not simulated: thin snapshots have none.",
        );
    }
    let name = value(parsed, "n").unwrap_or_else(|| own.free_name());
    good_name(ctx, own, &name)?;
    let skip = value(parsed, "k").is_none_or(|it| it == "y");
    add(ctx, own, &pool, &name, origin.extents(), Some(origin.name))?;
    if let Some(it) = own.get_mut(&name) {
        it.skip = skip;
    }
    commit(ctx, own)?;
    if !skip {
        active::activate(ctx, own, &name)?;
    }
    say(ctx, format_args!("Logical volume \"{name}\" created."));
    Ok(())
}

/// A device of the pool, and the volume that it is.
fn add(
    ctx: &mut Ctx<'_>,
    own: &mut Group,
    pool: &str,
    name: &str,
    count: u64,
    origin: Option<String>,
) -> Done {
    let used = |it: &Logical| match it.kind() {
        Some(Kind::Thin { id, .. }) => *id,
        _ => 0,
    };
    let id = 1 + own.thins(pool).map(used).max().unwrap_or(0);
    let of = origin.as_ref().and_then(|it| own.get(it)).map(used);
    // The first volume puts a layer between the pool's device and its name.
    let is_first = own.thins(pool).next().is_none();
    if is_first {
        active::deactivate(ctx, own, pool)?;
    }
    let transaction = transaction(own, pool);
    let kind = Kind::Thin { pool: pool.to_owned(), id, transaction, origin: origin.clone() };
    let it = blank(ctx, name, vec![Segment { start: 0, count, kind }])?;
    own.logical.push(it);
    let made = active::activate(ctx, own, pool).and_then(|()| match (of, &origin) {
        (Some(of), Some(origin)) => active::while_suspended(ctx, own, origin, |ctx| {
            active::message(ctx, own, pool, &format!("create_snap {id} {of}"))
        }),
        _ => active::message(ctx, own, pool, &format!("create_thin {id}")),
    });
    if let Err(status) = made {
        own.logical.pop();
        return Err(status);
    }
    stepped(ctx, own, pool)?;
    commit(ctx, own)
}

fn transaction(own: &Group, pool: &str) -> u64 {
    match own.get(pool).and_then(Logical::kind) {
        Some(Kind::Pool { transaction, .. }) => *transaction,
        _ => 0,
    }
}

/// The pool and the group agree on how far they are.
pub fn stepped(ctx: &mut Ctx<'_>, own: &mut Group, pool: &str) -> Done {
    let now = transaction(own, pool);
    active::message(ctx, own, pool, &format!("set_transaction_id {now} {}", now + 1))?;
    let segment = own.get_mut(pool).and_then(|it| it.segments.first_mut());
    if let Some(Segment { kind: Kind::Pool { transaction, .. }, .. }) = segment {
        *transaction += 1;
    }
    Ok(())
}

pub fn convert(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "y|yes |type= |thinpool= T|thin |poolmetadata= |poolmetadatasize= c|chunksize= Z|zero= |profile= |metadataprofile= \
         q|quiet v|verbose f|force",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    status(converted(ctx, &parsed))
}

fn converted(ctx: &mut Ctx<'_>, parsed: &Parsed) -> Done {
    let all = names(parsed);
    let word = value(parsed, "thinpool").or_else(|| all.first().cloned());
    let thin = value(parsed, "type").is_none_or(|it| it == "thin-pool");
    let Some(word) = word.filter(|_| thin) else {
        return usage(ctx, "Only thin pools are simulated: --thinpool VG/LV --poolmetadata VG/LV");
    };
    let (mut own, name) = volume(ctx, &word)?;
    let group = own.name.clone();
    let Some(meta) = value(parsed, "poolmetadata") else {
        return usage(ctx, "Please name a volume for the metadata (--poolmetadata).");
    };
    let meta = meta.rsplit('/').next().unwrap_or_default().to_owned();
    for part in [&name, &meta] {
        let linear = matches!(own.get(part).and_then(Logical::kind), Some(Kind::Linear { .. }));
        if own.get(part).is_none() {
            return fail(ctx, format_args!("Failed to find logical volume \"{group}/{part}\""));
        }
        if !linear {
            return fail(
                ctx,
                format_args!("LV {group}/{part} could not be converted to a thin pool."),
            );
        }
    }
    let sectors = own.get(&name).map_or(0, Logical::extents) * own.extent;
    let chunk = chunk(ctx, parsed, sectors)?;
    told_reach(ctx, chunk);
    warn(
        ctx,
        format_args!(
            "WARNING: Converting {group}/{name} and {group}/{meta} to thin pool's data and metadata volumes with metadata wiping."
        ),
    );
    warn(ctx, "THIS WILL DESTROY CONTENT OF LOGICAL VOLUME (filesystem etc.)");
    if !sure(
        ctx,
        parsed,
        &format!("Do you really want to convert {group}/{name} and {group}/{meta}?"),
    ) {
        return fail(ctx, "Conversion aborted.");
    }
    active::deactivate(ctx, &own, &name)?;
    active::deactivate(ctx, &own, &meta)?;
    if !own.logical.iter().any(|it| it.name.ends_with("_pmspare")) {
        let count = own.get(&meta).map_or(0, Logical::extents);
        let spare = own.free_name() + "_pmspare";
        match own.allocate(0, count) {
            Some(segments) => {
                let mut it = blank(ctx, &spare, segments)?;
                it.visible = false;
                own.logical.push(it);
            }
            None => warn(
                ctx,
                "WARNING: Pool's metadata cannot be repaired: there is no room for a spare volume.",
            ),
        }
    }
    for (part, new) in [(&name, format!("{name}_tdata")), (&meta, format!("{name}_tmeta"))] {
        if let Some(it) = own.get_mut(part) {
            (it.name, it.visible) = (new, false);
        }
    }
    let zero = value(parsed, "Z").is_none_or(|it| it != "n" && it != "0");
    assemble(ctx, parsed, &mut own, &name, (chunk, zero))?;
    say(ctx, format_args!("Converted {group}/{name} and {group}/{meta} to thin pool."));
    Ok(())
}
