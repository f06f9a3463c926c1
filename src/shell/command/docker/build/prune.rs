//! `docker builder prune`, `docker buildx du`, and our own `docker builder explain`.

use super::super::args::Args;
use super::super::cli::{Done, Fail};
use super::super::{Next, system};
use crate::drivers::files;
use crate::oci::build::cache::Record;
use crate::oci::engine::Engine;
use crate::oci::{history, human};
use crate::shell::command::ctx::Ctx;

/// Why each step of the last build was or was not taken from the cache.
pub fn explain(ctx: &mut Ctx<'_>, engine: &Engine, _args: &Args) -> Done {
    let cache = engine.build_cache(ctx.sys);
    let Some(last) = cache.builds.last() else {
        return Err(Fail::Client("docker builder explain: nothing was built yet".to_owned()));
    };
    let mut rows = vec![["STEP", "CACHE", "WHY"].map(str::to_owned).to_vec()];
    for told in &last.steps {
        let cached = if told.miss.is_none() { "CACHED" } else { "built" };
        let step = history::shortened(&told.step, 45);
        let why = told.miss.as_ref().map(ToString::to_string).unwrap_or_default();
        rows.push(vec![step, cached.to_owned(), why]);
    }
    ctx.out(history::lines(&rows));
    Ok(Next::Exit(0))
}

/// Records whose layer no image stands on.
pub fn loose(ctx: &mut Ctx<'_>, engine: &Engine) -> Vec<Record> {
    let used: Vec<_> = engine.images(ctx.sys).iter().flat_map(|it| it.chains()).collect();
    let all = engine.build_cache(ctx.sys).records;
    all.into_iter().filter(|it| !used.contains(&it.chain)).collect()
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let all = args.has("all");
    let what = match all {
        true => "WARNING! This will remove all build cache. ",
        false => "WARNING! This will remove all dangling build cache. ",
    };
    if let Some(next) = system::asked(args, what) {
        return Ok(next);
    }
    let (rows, total) = sweep(ctx, engine, all)?;
    if rows.len() > 1 {
        ctx.out(history::lines(&rows));
    }
    ctx.line(format!("Total:\t{}", human::size(total)));
    Ok(Next::Exit(0))
}

/// Removes records, and the layers that nobody else needs: what went, as a table with a heading, and
/// the bytes.
pub fn sweep(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    all: bool,
) -> Result<(Vec<Vec<String>>, u64), Fail> {
    let mut cache = engine.build_cache(ctx.sys);
    let going = if all { cache.records.clone() } else { loose(ctx, engine) };
    cache.records.retain(|it| !going.iter().any(|other| other.id == it.id));
    let fetched = std::mem::take(&mut cache.fetched);
    engine.keep_build_cache(ctx.sys, &cache)?;
    let now = ctx.sys.clock().sec;
    let mut rows = vec![["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"].map(str::to_owned).to_vec()];
    let held = |ctx: &mut Ctx<'_>| -> u64 { engine.layers(ctx.sys).iter().map(|it| it.size).sum() };
    let before = held(ctx);
    for record in going.iter().rev() {
        engine.release(ctx.sys, record.chain)?;
        let ago = human::ago(Some(&human::rfc3339(record.used, 0)), now);
        rows.push(vec![record.id.clone(), "true".to_owned(), human::size(record.size), ago]);
    }
    for image in fetched.into_values() {
        let config = serde_json::from_str::<crate::oci::config::ImageConfig>(&image.config);
        let diff_ids = config.map(|it| it.rootfs.diff_ids).unwrap_or_default();
        if let Some(top) = crate::oci::digest::chain_ids(&diff_ids).last() {
            engine.release(ctx.sys, *top)?;
        }
    }
    let total = before.saturating_sub(held(ctx));
    if all {
        let dir = format!("{}/buildkit/mounts", engine.root);
        let _ = files::remove_all(ctx.sys, dir.as_bytes());
    }
    Ok((rows, total))
}

/// What the cache holds. What an image has as well is marked; nothing of it is in use while no build runs.
pub fn usage(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let cache = engine.build_cache(ctx.sys);
    let loose: Vec<String> = loose(ctx, engine).into_iter().map(|it| it.id).collect();
    let now = ctx.sys.clock().sec;
    let mut rows = vec![["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"].map(str::to_owned).to_vec()];
    let (mut shared, mut private) = (0, 0);
    for record in cache.records.iter().rev() {
        let own = loose.contains(&record.id);
        *if own { &mut private } else { &mut shared } += record.size;
        let ago = human::ago(Some(&human::rfc3339(record.used, 0)), now);
        let size = format!("{}{}", human::size(record.size), if own { "" } else { "*" });
        if args.has("verbose") {
            ctx.line(format!(
                "ID:\t\t{}\nCreated at:\t{}\nMutable:\tfalse\nReclaimable:\ttrue\nShared:\t\t{}\nSize:\t\t{}\n\
                 Description:\t{}\nUsage count:\t{}\nLast used:\t{ago}\nType:\t\tregular\n",
                record.id,
                human::go_time(&record.created_at),
                !own,
                human::size(record.size),
                record.step,
                record.count,
            ));
        }
        rows.push(vec![record.id.clone(), "true".to_owned(), size, ago]);
    }
    if !args.has("verbose") {
        ctx.out(history::lines(&rows));
    }
    if shared > 0 {
        ctx.line(format!("Shared:\t\t{}\nPrivate:\t{}", human::size(shared), human::size(private)));
    }
    let all = human::size(shared + private);
    ctx.line(format!("Reclaimable:\t{all}\nTotal:\t\t{all}"));
    Ok(Next::Exit(0))
}
