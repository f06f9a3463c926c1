//! `docker volume`.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use super::json::Json;
use super::system::{asked, no_filters};
use crate::drivers::{diff, files};
use crate::oci::engine::containers::is_anonymous;
use crate::oci::engine::{Engine, random_id};
use crate::oci::{history, human};
use crate::shell::command::ctx::Ctx;

pub fn create(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let name = match args.words.first() {
        Some(name) => name.clone(),
        None => random_id(ctx.sys, "volume"),
    };
    engine.create_volume(ctx.sys, &name)?;
    engine.label_volume(ctx.sys, &name, &args.values("label"))?;
    ctx.line(name);
    Ok(Next::Exit(0))
}

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let names = engine.volumes(ctx.sys);
    if args.has("quiet") {
        names.into_iter().for_each(|name| ctx.line(name));
        return Ok(Next::Exit(0));
    }
    let mut rows = vec![["DRIVER", "VOLUME NAME"].map(str::to_owned).to_vec()];
    rows.extend(names.into_iter().map(|name| vec!["local".to_owned(), name]));
    ctx.out(history::lines(&rows));
    Ok(Next::Exit(0))
}

/// A volume as `inspect` shows it.
pub fn object(ctx: &mut Ctx<'_>, engine: &Engine, name: &str) -> Option<Json> {
    let data = engine.volume(ctx.sys, name)?;
    let made = files::stat(ctx.sys, &data).ok()?.ctime;
    let labels = engine.volume_labels(ctx.sys, name).map_or(Json::Null, |it| Json::of(&it));
    let pairs = [
        ("CreatedAt", Json::Text(human::rfc3339(made.sec, 0))),
        ("Driver", Json::Text("local".to_owned())),
        ("Labels", labels),
        ("Mountpoint", Json::Text(data)),
        ("Name", Json::Text(name.to_owned())),
        ("Options", Json::Null),
        ("Scope", Json::Text("local".to_owned())),
    ];
    Some(Json::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
}

/// Containers that use a volume.
fn users(ctx: &mut Ctx<'_>, engine: &Engine, name: &str) -> Vec<String> {
    let all = engine.containers(ctx.sys).into_iter();
    let uses = all.filter(|it| it.mount_points.iter().any(|point| point.name == name));
    uses.map(|it| it.id).collect()
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    for name in &args.words {
        if engine.volume(ctx.sys, name).is_none() {
            if args.has("force") {
                ctx.line(name);
                continue;
            }
            return Err(Fail::Daemon(format!("get {name}: no such volume")));
        }
        let by = users(ctx, engine, name);
        if !by.is_empty() {
            return Err(Fail::Daemon(format!(
                "remove {name}: volume is in use - [{}]",
                by.join(", ")
            )));
        }
        engine.remove_volume(ctx.sys, name)?;
        ctx.line(name);
    }
    Ok(Next::Exit(0))
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    no_filters(args)?;
    let which = if args.has("all") { "all local" } else { "anonymous local" };
    let what =
        format!("WARNING! This will remove {which} volumes not used by at least one container.\n");
    if let Some(next) = asked(args, &what) {
        return Ok(next);
    }
    let freed = sweep(ctx, engine, args.has("all"))?;
    ctx.line(format!("Total reclaimed space: {}", human::size_with(freed, 4)));
    Ok(Next::Exit(0))
}

/// Removes volumes that no container has, and says which; the bytes.
pub fn sweep(ctx: &mut Ctx<'_>, engine: &Engine, all: bool) -> Result<u64, Fail> {
    let mut gone = Vec::new();
    let mut freed = 0;
    for name in engine.volumes(ctx.sys) {
        // Those with a name stay, unless all are meant.
        let meant = all || is_anonymous(&name);
        if !meant || !users(ctx, engine, &name).is_empty() {
            continue;
        }
        let data = engine.volume(ctx.sys, &name).unwrap_or_default();
        freed += diff::size(ctx.sys, &data).unwrap_or(0);
        engine.remove_volume(ctx.sys, &name)?;
        gone.push(name);
    }
    if !gone.is_empty() {
        ctx.line("Deleted Volumes:");
        gone.into_iter().for_each(|name| ctx.line(name));
        ctx.line("");
    }
    Ok(freed)
}
