//! `docker commit`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::{Next, change, images};
use crate::drivers::diff as layers;
use crate::oci::config::{History, ImageConfig, RootFs};
use crate::oci::digest::Digest;
use crate::oci::engine::{Engine, timestamp};
use crate::shell::command::ctx::Ctx;

pub fn commit(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let name = args.words.get(1).map(|word| images::reference(word)).transpose()?;
    let base = images::find(ctx, engine, &container.image)?;
    let run = change::apply(container.config.clone(), &args.values("change"))?;
    // Nothing else runs meanwhile in any case.
    let pauses = container.state.running && args.value("pause") != Some("false");
    if pauses {
        engine.tell_container(ctx.sys, &container, "pause", &[]);
    }
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let init_id = format!("{mount_id}-init");
    let (diff_id, entries) = engine.digest(ctx.sys, &mount_id, Some(&init_id))?;
    let mut diff_ids = base.config.rootfs.diff_ids.clone();
    let is_empty = entries == 0;
    if !is_empty {
        keep_changes(ctx, engine, &mount_id, &base.chains(), diff_id)?;
        diff_ids.push(diff_id);
    }
    let now = timestamp(ctx.sys);
    let words = [container.path.clone()].into_iter().chain(container.args.clone());
    let mut steps = base.config.history.clone();
    let comment = args.value("message").unwrap_or_default().to_owned();
    steps.push(History {
        created: Some(now.clone()),
        author: args.value("author").unwrap_or_default().to_owned(),
        created_by: words.collect::<Vec<_>>().join(" "),
        comment: comment.clone(),
        empty_layer: is_empty,
    });
    let config = ImageConfig {
        author: args.value("author").unwrap_or_default().to_owned(),
        config: run,
        container: container.id.clone(),
        comment,
        created: Some(now),
        docker_version: crate::oci::engine::VERSION.to_owned(),
        history: steps,
        rootfs: RootFs { kind: "layers".to_owned(), diff_ids },
        ..base.config.clone()
    };
    let raw = serde_json::to_vec(&config).unwrap_or_default();
    let id = engine.put_image(ctx.sys, &raw, Some(base.id))?;
    if let Some(name) = name {
        engine.name_image(ctx.sys, &name, id)?;
    }
    let comment = args.value("message").unwrap_or_default();
    let (image_id, name) = (id.to_string(), args.words.get(1).map_or("", String::as_str));
    let more = [("comment", comment), ("imageID", &image_id), ("imageRef", name)];
    engine.tell_container(ctx.sys, &container, "commit", &more);
    if pauses {
        engine.tell_container(ctx.sys, &container, "unpause", &[]);
    }
    ctx.line(id.to_string());
    Ok(Next::Exit(0))
}

/// Copies a container's own layer into a new layer of the store.
fn keep_changes(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    mount_id: &str,
    below: &[Digest],
    diff_id: Digest,
) -> Result<(), Fail> {
    let mut parts = layers::Parts::default();
    let init_id = format!("{mount_id}-init");
    engine.driver.diff(ctx.sys, mount_id, Some(&init_id), &mut parts)?;
    let mut parts = parts.all.into_iter();
    engine.register(ctx.sys, below.last().copied(), Some(diff_id), &mut || Ok(parts.next()))?;
    Ok(())
}
