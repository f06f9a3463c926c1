//! `docker inspect`.

mod container;

use super::args::Args;
use super::cli::{Done, Fail};
use super::json::Json;
use super::{Next, format};
use crate::oci::engine::Engine;
use crate::oci::engine::images::Local;
use crate::oci::inspect::{DriverData, GraphDriver, Inspect, pretty};
use crate::shell::command::ctx::Ctx;

/// Looks for one name among some kinds of objects.
type Look = fn(&mut Ctx<'_>, &Engine, &str, &Args) -> Option<Json>;

pub fn images(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    show(ctx, engine, args, &[image], "No such image: {}")
}

pub fn containers(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    show(ctx, engine, args, &[container], "No such container: {}")
}

pub fn any(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let all: &[Look] = match args.value("type") {
        None => &[container, image, volume],
        Some("container") => return containers(ctx, engine, args),
        Some("image") => return images(ctx, engine, args),
        Some("volume") => &[volume],
        Some(other) => {
            return Err(Fail::Client(format!("\"{other}\" is not a valid value for --type")));
        }
    };
    show(ctx, engine, args, all, "No such object: {}")
}

/// Prints what was found as one list, then complains about the rest.
fn show(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args, looks: &[Look], missing: &str) -> Done {
    let mut found = Vec::new();
    let mut lost = Vec::new();
    for word in &args.words {
        match looks.iter().find_map(|look| look(ctx, engine, word, args)) {
            Some(object) => found.push(object),
            None => lost.push(word.clone()),
        }
    }
    match args.value("format") {
        Some(format) => {
            for object in &found {
                let line = format::apply(format, object)?;
                ctx.line(line);
            }
        }
        None => ctx.line(pretty(&found)),
    }
    for word in &lost {
        ctx.flush();
        let text = missing.replace("{}", word);
        let daemon = if missing.starts_with("No such object") {
            "Error"
        } else {
            "Error response from daemon"
        };
        ctx.err(format!("{daemon}: {text}\n"));
    }
    Ok(Next::Exit(i32::from(!lost.is_empty())))
}

fn image(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, _args: &Args) -> Option<Json> {
    let image = engine.find_image(ctx.sys, word)?;
    Some(Json::of(&of_image(ctx, engine, &image)))
}

/// What the engine knows of an image.
pub fn of_image(ctx: &mut Ctx<'_>, engine: &Engine, image: &Local) -> Inspect {
    let tags = engine.tags(ctx.sys, image.id);
    let size = engine.image_size(ctx.sys, image);
    let mut all = Inspect::new(image.id, &image.config, &tags, size);
    all.repo_digests = engine.digests(ctx.sys, image.id);
    all.parent = engine.image_metadata(ctx.sys, image.id, "parent").unwrap_or_default();
    if let Some(time) = engine.image_metadata(ctx.sys, image.id, "lastUpdated") {
        all.metadata.last_tag_time = time;
    }
    let top = image.chains().last().and_then(|chain| engine.layer(ctx.sys, *chain));
    let data = top.and_then(|top| engine.driver.metadata(ctx.sys, &top.cache_id));
    all.graph_driver =
        GraphDriver { data: DriverData(data), name: engine.driver.name().to_owned() };
    all
}

fn container(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, args: &Args) -> Option<Json> {
    let found = engine.find_container(ctx.sys, word).ok()?;
    let mount_id = engine.mount_id(ctx.sys, &found.id).ok()?;
    let data = engine.driver.metadata(ctx.sys, &mount_id);
    let sizes = args.has("size").then(|| {
        let own = engine.container_size(ctx.sys, &found);
        let image = engine.find_image(ctx.sys, &found.image);
        (own, own + image.map_or(0, |image| engine.image_size(ctx.sys, &image)))
    });
    Some(container::object(engine, &found, data, sizes))
}

fn volume(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, _args: &Args) -> Option<Json> {
    super::volumes::object(ctx, engine, word)
}
