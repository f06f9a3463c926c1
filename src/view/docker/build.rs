//! Reads the engine's files. The kernel is a copy, so looking leaves no mark.

use super::graph;
use super::{
    BuildInfo, BuildStep, ContainerInfo, Docker, ImageInfo, ImageStep, MountPoint, StoredLayer,
    VolumeInfo,
};
use crate::drivers::diff;
use crate::oci::build::cache::Build;
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::oci::engine::containers::Container;
use crate::oci::engine::images::Local;
use crate::oci::engine::layers::Stored;
use crate::sys::Sys;
use crate::vfs::{Kernel, Pid};
use std::collections::BTreeMap;

/// What the engine holds; nothing when it was never used on this machine.
pub fn look(kernel: &mut Kernel, pid: Pid) -> Option<Docker> {
    let mut sys = kernel.sys(pid);
    let engine = Engine::found(&mut sys)?;
    let stored = in_order(engine.layers(&mut sys));
    let at: BTreeMap<Digest, usize> =
        stored.iter().enumerate().map(|(i, it)| (it.chain, i)).collect();
    let mut docker = Docker {
        driver: engine.driver.name().to_owned(),
        root: engine.root.clone(),
        layers: stored.iter().map(|it| layer(&engine, it, &at)).collect(),
        ..Docker::default()
    };
    let mut locals = engine.images(&mut sys);
    locals.sort_by(|a, b| {
        let key = |it: &Local| it.config.created.as_deref().and_then(crate::oci::human::parse_time);
        key(b).cmp(&key(a)).then_with(|| a.id.cmp(&b.id))
    });
    docker.images = locals.iter().map(|it| image(&mut sys, &engine, it, &at)).collect();
    let containers = engine.containers(&mut sys);
    docker.containers =
        containers.iter().map(|it| container(&mut sys, &engine, it, &locals)).collect();
    docker.volumes = volumes(&mut sys, &engine, &containers);
    let cache = engine.build_cache(&mut sys);
    docker.builds = cache.builds.iter().rev().map(|it| build(it, &at)).collect();
    refer(&mut docker);
    graph::lay_out(&mut docker);
    Some(docker)
}

/// Parents before children; siblings by identifier.
fn in_order(mut all: Vec<Stored>) -> Vec<Stored> {
    all.sort_by_key(|it| it.chain);
    let mut out: Vec<Stored> = Vec::new();
    while !all.is_empty() {
        let (ready, rest): (Vec<Stored>, Vec<Stored>) = all.into_iter().partition(|it| {
            it.parent.is_none_or(|parent| out.iter().any(|below| below.chain == parent))
        });
        if ready.is_empty() {
            break; // what stands on nothing
        }
        out.extend(ready);
        all = rest;
    }
    out
}

fn layer(engine: &Engine, stored: &Stored, at: &BTreeMap<Digest, usize>) -> StoredLayer {
    let dir = format!("{}/{}", engine.driver.home(), stored.cache_id);
    StoredLayer {
        chain: stored.chain.to_string(),
        diff_id: stored.diff_id.to_string(),
        files: files_of(engine, &dir),
        dir,
        size: stored.size,
        parent: stored.parent.and_then(|it| at.get(&it).copied()),
        ..StoredLayer::default()
    }
}

/// Where a driver keeps the files of a directory of its own.
fn files_of(engine: &Engine, dir: &str) -> String {
    match engine.driver.name() {
        "overlay2" => format!("{dir}/diff"),
        _ => dir.to_owned(),
    }
}

fn image(
    sys: &mut dyn Sys,
    engine: &Engine,
    local: &Local,
    at: &BTreeMap<Digest, usize>,
) -> ImageInfo {
    let chains: Vec<Option<usize>> =
        local.chains().iter().map(|chain| at.get(chain).copied()).collect();
    let mut made = chains.iter();
    let steps = local.config.history.iter().map(|step| ImageStep {
        by: step.created_by.clone(),
        layer: if step.empty_layer { None } else { made.next().copied().flatten() },
    });
    ImageInfo {
        id: local.id.to_string(),
        tags: engine.tags(sys, local.id),
        created: local.config.created.clone().unwrap_or_default(),
        steps: steps.collect(),
        layers: chains.into_iter().flatten().collect(),
        ..ImageInfo::default()
    }
}

fn container(
    sys: &mut dyn Sys,
    engine: &Engine,
    of: &Container,
    locals: &[Local],
) -> ContainerInfo {
    let mount_id = engine.mount_id(sys, &of.id).unwrap_or_default();
    let dir = format!("{}/{mount_id}", engine.driver.home());
    let is_overlay = engine.driver.name() == "overlay2";
    let mounts = of.mount_points.iter().map(|it| MountPoint {
        volume: it.name.clone(),
        source: it.source.clone(),
        destination: it.destination.clone(),
        writable: it.rw,
    });
    let words = std::iter::once(&of.path).chain(&of.args);
    ContainerInfo {
        id: of.id.clone(),
        name: of.name.trim_start_matches('/').to_owned(),
        image: locals.iter().position(|it| it.id.to_string() == of.image),
        image_name: of.config.image.clone(),
        status: of.state.status().to_owned(),
        exit_code: of.state.exit_code,
        command: words.cloned().collect::<Vec<_>>().join(" "),
        created: of.created.clone(),
        files: files_of(engine, &dir),
        merged: (is_overlay && of.state.running).then(|| format!("{dir}/merged")),
        init_dir: format!("{dir}-init"),
        dir,
        written: is_overlay.then(|| engine.container_size(sys, of)),
        mounts: mounts.collect(),
        ..ContainerInfo::default()
    }
}

fn volumes(sys: &mut dyn Sys, engine: &Engine, containers: &[Container]) -> Vec<VolumeInfo> {
    let names = engine.volumes(sys);
    let one = |name: String| {
        let files = engine.volume(sys, &name).unwrap_or_default();
        let has = |it: &Container| it.mount_points.iter().any(|point| point.name == name);
        VolumeInfo {
            size: diff::size(sys, &files).unwrap_or(0),
            files,
            containers: (0..containers.len()).filter(|i| has(&containers[*i])).collect(),
            name,
        }
    };
    names.into_iter().map(one).collect()
}

fn build(of: &Build, at: &BTreeMap<Digest, usize>) -> BuildInfo {
    let steps = of.steps.iter().map(|it| BuildStep {
        step: it.step.clone(),
        miss: it.miss.clone(),
        chain: it.layer.map(|chain| chain.to_string()).unwrap_or_default(),
        layer: it.layer.and_then(|chain| at.get(&chain).copied()),
    });
    let (image, error) = match &of.outcome {
        Ok(id) => (id.to_string(), String::new()),
        Err(why) => (String::new(), why.clone()),
    };
    BuildInfo {
        ended: of.ended.clone(),
        classic: of.classic,
        context: of.context.clone(),
        tags: of.tags.clone(),
        image,
        error,
        steps: steps.collect(),
    }
}

/// Who has what, and what would go with whom.
fn refer(docker: &mut Docker) {
    let Docker { layers, images, containers, builds, .. } = docker;
    for (number, image) in images.iter_mut().enumerate() {
        let users = containers.iter().enumerate().filter(|(_, it)| it.image == Some(number));
        image.containers = users.map(|(i, _)| i).collect();
        for &at in &image.layers {
            layers[at].images.push(number);
            layers[at].containers.extend(&image.containers);
        }
        for step in &image.steps {
            if let Some(layer) = step.layer.map(|at| &mut layers[at]) {
                if layer.by.is_empty() {
                    layer.by.clone_from(&step.by);
                }
            }
        }
    }
    for image in images.iter_mut() {
        let sum = |some: &dyn Fn(&StoredLayer) -> bool| -> u64 {
            image.layers.iter().map(|at| &layers[*at]).filter(|it| some(it)).map(|it| it.size).sum()
        };
        (image.size, image.shared) = (sum(&|_| true), sum(&|it| it.images.len() > 1));
        image.goes =
            image.layers.iter().copied().filter(|at| layers[*at].images.len() == 1).collect();
        image.frees = image.size - image.shared;
    }
    // What only the build cache keeps was made by a step of a build.
    for step in builds.iter().flat_map(|it| &it.steps) {
        if let Some(layer) = step.layer.map(|at| &mut layers[at]).filter(|it| it.by.is_empty()) {
            layer.by.clone_from(&step.step);
        }
    }
    for layer in layers.iter() {
        *if layer.images.is_empty() { &mut docker.cached } else { &mut docker.stored } +=
            layer.size;
    }
    docker.unshared = docker.images.iter().map(|it| it.size).sum();
}
