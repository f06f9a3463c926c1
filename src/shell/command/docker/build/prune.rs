//! `docker builder prune`, `docker buildx du`, and our own `docker builder explain`.

use super::super::Next;
use super::super::args::Args;
use super::super::cli::{Done, Fail};
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
fn loose(ctx: &mut Ctx<'_>, engine: &Engine) -> Vec<Record> {
    let used: Vec<_> = engine.images(ctx.sys).iter().flat_map(|it| it.chains()).collect();
    let all = engine.build_cache(ctx.sys).records;
    all.into_iter().filter(|it| !used.contains(&it.chain)).collect()
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let all = args.has("all");
    if !args.has("force") {
        let what = match all {
            true => "WARNING! This will remove all build cache.",
            false => "WARNING! This will remove all dangling build cache.",
        };
        ctx.out(format!("{what} Are you sure you want to continue? [y/N] "));
        let answer = ctx.read_answer().unwrap_or_default();
        if !answer.trim_ascii().eq_ignore_ascii_case(b"y") {
            return Ok(Next::Exit(0));
        }
    }
    let mut cache = engine.build_cache(ctx.sys);
    let going = if all { cache.records.clone() } else { loose(ctx, engine) };
    cache.records.retain(|it| !going.iter().any(|other| other.id == it.id));
    let fetched = std::mem::take(&mut cache.fetched);
    engine.keep_build_cache(ctx.sys, &cache)?;
    let now = ctx.sys.clock().sec;
    let mut rows = vec![["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"].map(str::to_owned).to_vec()];
    let mut total = 0;
    for record in going.iter().rev() {
        let removed = engine.release(ctx.sys, record.chain)?;
        let size = if removed.is_empty() { 0 } else { record.size };
        total += size;
        let ago = human::ago(Some(&human::rfc3339(record.used, 0)), now);
        rows.push(vec![record.id.clone(), "true".to_owned(), human::size(size), ago]);
    }
    for image in fetched.into_values() {
        let config = serde_json::from_str::<crate::oci::config::ImageConfig>(&image.config);
        let diff_ids = config.map(|it| it.rootfs.diff_ids).unwrap_or_default();
        if let Some(top) = crate::oci::digest::chain_ids(&diff_ids).last() {
            let sizes: u64 = engine.layers(ctx.sys).iter().map(|it| it.size).sum();
            engine.release(ctx.sys, *top)?;
            let left: u64 = engine.layers(ctx.sys).iter().map(|it| it.size).sum();
            total += sizes - left;
        }
    }
    if all {
        let dir = format!("{}/buildkit/mounts", engine.root);
        let _ = files::remove_all(ctx.sys, dir.as_bytes());
    }
    if rows.len() > 1 {
        ctx.out(history::lines(&rows));
    }
    ctx.line(format!("Total:\t{}", human::size(total)));
    Ok(Next::Exit(0))
}

/// What the cache holds.
pub fn usage(ctx: &mut Ctx<'_>, engine: &Engine, _args: &Args) -> Done {
    let cache = engine.build_cache(ctx.sys);
    let loose: Vec<String> = loose(ctx, engine).into_iter().map(|it| it.id).collect();
    let now = ctx.sys.clock().sec;
    let mut rows = vec![["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"].map(str::to_owned).to_vec()];
    let (mut all, mut free) = (0, 0);
    for record in &cache.records {
        let reclaimable = loose.contains(&record.id);
        all += record.size;
        free += if reclaimable { record.size } else { 0 };
        let ago = human::ago(Some(&human::rfc3339(record.used, 0)), now);
        rows.push(vec![record.id.clone(), reclaimable.to_string(), human::size(record.size), ago]);
    }
    ctx.out(history::lines(&rows));
    ctx.line(format!("Reclaimable:\t{}\nTotal:\t\t{}", human::size(free), human::size(all)));
    Ok(Next::Exit(0))
}
