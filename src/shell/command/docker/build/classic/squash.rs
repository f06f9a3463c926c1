//! `docker build --squash`: what the steps have added becomes one layer on what the last stage began
//! with (observed of docker 20.10.24 with `"experimental": true`).

use crate::drivers::diff::Parts;
use crate::drivers::{Answer, Failure, naive};
use crate::oci::config::{History, ImageConfig};
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::engine::images::Local;
use crate::oci::engine::layers::Stored;
use crate::oci::engine::{Engine, timestamp};
use crate::sys::Sys;

/// Makes an image of `image` that has a single layer more than `base`, and no parent.
pub(super) fn squash(
    sys: &mut dyn Sys,
    engine: &Engine,
    image: &Local,
    base: Option<&Local>,
) -> Answer<Local> {
    let below = base.map(|it| it.config.rootfs.diff_ids.clone()).unwrap_or_default();
    let (old, new) = (top(&below), top(&image.config.rootfs.diff_ids));
    let layer = match new {
        Some(new) if old != Some(new) => merge(sys, engine, old, new)?,
        _ => return Err(nothing_new(old)),
    };
    let config = told(sys, image, base, layer.diff_id);
    engine.put_config(sys, config, None)
}

fn top(diff_ids: &[Digest]) -> Option<Digest> {
    chain_ids(diff_ids).last().copied()
}

/// Where no step left a layer, Docker finds that the base is none below it.
fn nothing_new(old: Option<Digest>) -> Failure {
    let id = old.map_or(String::new(), |it| it.to_string());
    Failure(format!(
        "error getting tar stream to parent: layer ID '{id}' is not a parent of the specified layer: cannot \
         provide diff to non-parent"
    ))
}

/// The layer that turns the tree of `old` into that of `new`.
fn merge(sys: &mut dyn Sys, engine: &Engine, old: Option<Digest>, new: Digest) -> Answer<Stored> {
    let mut cache_id = |chain: Digest| {
        let stored = engine.layer(sys, chain);
        stored.map(|it| it.cache_id).ok_or_else(|| Failure(format!("layer {chain} does not exist")))
    };
    let above = cache_id(new)?;
    let below = old.map(cache_id).transpose()?;
    let mut parts = Parts::default();
    let tree = engine.driver.get(sys, &above)?;
    let found = match &below {
        Some(below) => engine.driver.get(sys, below).and_then(|old| {
            let found = naive::diff(sys, Some(&old), &tree, &mut parts);
            engine.driver.put(sys, below).and(found)
        }),
        None => naive::diff(sys, None, &tree, &mut parts),
    };
    engine.driver.put(sys, &above)?;
    found?;
    let mut parts = parts.all.into_iter();
    engine.register(sys, old, None, &mut || Ok(parts.next()))
}

/// The image's configuration, its history with what happened.
fn told(sys: &mut dyn Sys, image: &Local, base: Option<&Local>, layer: Digest) -> ImageConfig {
    let now = timestamp(sys);
    let mut config = image.config.clone();
    let (mut diff_ids, kept, comment) = match base {
        Some(base) => (
            base.config.rootfs.diff_ids.clone(),
            base.config.history.len(),
            format!("merge {} to {}", image.id, base.id),
        ),
        None => (Vec::new(), 0, format!("create new from {}", image.id)),
    };
    diff_ids.push(layer);
    config.rootfs.diff_ids = diff_ids;
    for row in config.history.iter_mut().skip(kept) {
        row.empty_layer = true;
    }
    config.history.push(History { created: Some(now.clone()), comment, ..History::default() });
    config.parent.clone_from(&config.config.image);
    config.created = Some(now);
    config
}
