//! `docker inspect`.

mod container;

use super::args::Args;
use super::cli::{Done, Fail};
use super::json::Json;
use super::{Next, format};
use crate::oci::engine::Engine;
use crate::oci::engine::images::Local;
use crate::oci::engine::reference::Reference;
use crate::oci::inspect::{DriverData, GraphDriver, Inspect, pretty};
use crate::shell::command::ctx::Ctx;

/// Kinds of objects that only a swarm has, or plugins.
const ELSEWHERE: [&str; 6] = ["config", "node", "plugin", "secret", "service", "task"];

/// Looks for one name among some kinds of objects.
type Look = fn(&mut Ctx<'_>, &Engine, &str, &Args) -> Option<Json>;

pub fn images(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let missing = |word: &str| {
        let shown = Reference::parse(word).map_or(word.to_owned(), |it| it.to_string());
        format!("Error response from daemon: no such image: {word}: No such image: {shown}")
    };
    show(ctx, engine, args, &[image], &missing)
}

pub fn containers(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    show(ctx, engine, args, &[container], &|word| {
        format!("Error response from daemon: No such container: {word}")
    })
}

pub fn any(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let all: &[Look] = match args.value("type") {
        None => &[container, image, network, volume],
        Some("container") => return containers(ctx, engine, args),
        Some("image") => return images(ctx, engine, args),
        Some("volume") => return volumes(ctx, engine, args),
        Some("network") => return networks(ctx, engine, args),
        Some(kind) if ELSEWHERE.contains(&kind) => &[],
        Some(other) => {
            return Err(Fail::Client(format!(
                "unknown type: \"{other}\": must be one of \"config\", \"container\", \"image\", \"network\", \
                 \"node\", \"plugin\", \"secret\", \"service\", \"task\", \"volume\""
            )));
        }
    };
    show(ctx, engine, args, all, &|word| format!("Error: No such object: {word}"))
}

/// Prints what was found as one list, then complains about the rest.
fn show(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    args: &Args,
    looks: &[Look],
    missing: &dyn Fn(&str) -> String,
) -> Done {
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
            // The text is looked at before anything is looked for, what it asks for after that.
            format::check(format)?;
            for object in &found {
                match shown(format, object) {
                    Ok(line) => ctx.line(line),
                    Err(fail) => {
                        ctx.line("");
                        return Err(fail);
                    }
                }
            }
            if found.is_empty() {
                ctx.line("");
            }
        }
        None => ctx.line(pretty(&found)),
    }
    for word in &lost {
        ctx.flush();
        ctx.err(missing(word) + "\n");
    }
    Ok(Next::Exit(i32::from(!lost.is_empty())))
}

fn image(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, _args: &Args) -> Option<Json> {
    let image = engine.find_image(ctx.sys, word)?;
    let mut object = Json::of(&of_image(ctx, engine, &image));
    if let Some(time) = object.get_mut("Metadata").and_then(|it| it.get_mut("LastTagTime")) {
        if let Json::Text(text) = time {
            *time = Json::Time(std::mem::take(text));
        }
    }
    Some(object)
}

/// The keys of an image's `Config` that a template is given first, in their order: the client knows the
/// format of the OCI and the extensions of Docker (28.2). Keys without a value are left out.
const CONFIG: [&str; 13] = [
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "ArgsEscaped",
    "Healthcheck",
    "OnBuild",
    "Shell",
];

/// An image as a template sees it; where that has no such key, it is given everything.
fn shown(format: &str, object: &Json) -> Result<String, Fail> {
    let mut typed = object.clone();
    if object.get("RepoTags").is_none() {
        return format::apply(format, object);
    }
    if let Some(config) = typed.get_mut("Config") {
        let known =
            CONFIG.iter().filter_map(|key| Some(((*key).to_owned(), config.get(key)?.clone())));
        *config = Json::Map(known.filter(|it| it.1.is_true()).collect());
    }
    format::apply(format, &typed).or_else(|_| format::apply(format, object))
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

pub fn volumes(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    show(ctx, engine, args, &[volume], &|word| {
        format!("Error response from daemon: get {word}: no such volume")
    })
}

pub fn networks(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    show(ctx, engine, args, &[network], &|word| {
        format!("Error response from daemon: network {word} not found")
    })
}

fn network(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, _args: &Args) -> Option<Json> {
    super::networks::object(ctx, engine, word)
}

fn volume(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, _args: &Args) -> Option<Json> {
    super::volumes::object(ctx, engine, word)
}
