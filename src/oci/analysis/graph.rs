//! Which layers are shared, who holds them, and what removing an image would free.

use super::super::digest::chain_ids;
use super::super::scan::Image;
use super::describe;
use crate::survey::{
    Container, ContainerNode, Freed, Graph, ImageNode, LayerNode, Source, SourceLayer,
};
use std::collections::BTreeMap;

/// What an image of an archive brings into a graph.
pub fn source(image: &Image) -> Source {
    let chains = chain_ids(&image.found.config.rootfs.diff_ids);
    let said = describe::created_by(image);
    let layers = image.layers.iter().zip(chains).zip(said).map(|((layer, chain), created_by)| {
        let (chain_id, diff_id) = (chain.to_string(), layer.diff_id.to_string());
        SourceLayer { chain_id, diff_id, size: layer.size, created_by }
    });
    Source {
        id: image.found.id.to_string(),
        names: image.found.tags.clone(),
        layers: layers.collect(),
    }
}

/// The graph of images and containers. An image that occurs twice (in two archives) is one, with the
/// names of both.
pub fn graph(sources: &[Source], containers: &[Container]) -> Graph {
    let mut graph = Graph::default();
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    let mut images: BTreeMap<&str, u32> = BTreeMap::new();
    for source in sources {
        if let Some(at) = images.get(source.id.as_str()) {
            let names = &mut graph.images[*at as usize].names;
            let new: Vec<String> =
                source.names.iter().filter(|it| !names.contains(it)).cloned().collect();
            names.extend(new);
            continue;
        }
        let at = graph.images.len() as u32;
        images.insert(&source.id, at);
        let mut below = None;
        let mut layers = Vec::new();
        for layer in &source.layers {
            let number = *known.entry(&layer.chain_id).or_insert_with(|| {
                graph.layers.push(LayerNode {
                    chain_id: layer.chain_id.clone(),
                    diff_id: layer.diff_id.clone(),
                    size: layer.size,
                    created_by: layer.created_by.clone(),
                    parent: below,
                    images: Vec::new(),
                    containers: Vec::new(),
                    references: 0,
                });
                graph.layers.len() as u32 - 1
            });
            graph.layers[number as usize].images.push(at);
            layers.push(number);
            below = Some(number);
        }
        let size = source.layers.iter().fold(0u64, |sum, layer| sum.saturating_add(layer.size));
        graph.images.push(ImageNode {
            id: source.id.clone(),
            names: source.names.clone(),
            layers,
            size,
            shared: 0,
            unique: 0,
            freed: Freed::default(),
        });
    }
    add_containers(&mut graph, containers, &images);
    count_references(&mut graph);
    for at in 0..graph.images.len() {
        weigh(&mut graph, at);
    }
    let written = containers.iter().fold(0u64, |sum, it| sum.saturating_add(it.size));
    let sum = |sizes: &mut dyn Iterator<Item = u64>| sizes.fold(written, u64::saturating_add);
    graph.bytes = sum(&mut graph.layers.iter().map(|it| it.size));
    // Without sharing each image would have its layers, and each container a copy of its image.
    let of_containers = graph.containers.iter().filter_map(|it| it.image);
    let copies: Vec<u64> = of_containers.map(|at| graph.images[at as usize].size).collect();
    graph.unshared = sum(&mut graph.images.iter().map(|it| it.size).chain(copies));
    graph
}

fn add_containers(graph: &mut Graph, containers: &[Container], images: &BTreeMap<&str, u32>) {
    for container in containers {
        let at = graph.containers.len() as u32;
        let image = images.get(container.image.as_str()).copied();
        graph.containers.push(ContainerNode {
            id: container.id.clone(),
            name: container.name.clone(),
            running: container.running,
            size: container.size,
            image,
        });
        let layers = image.map(|image| graph.images[image as usize].layers.clone());
        for layer in layers.unwrap_or_default() {
            graph.layers[layer as usize].containers.push(at);
        }
    }
}

fn count_references(graph: &mut Graph) {
    let parents: Vec<u32> = graph.layers.iter().filter_map(|it| it.parent).collect();
    let tops: Vec<u32> = graph.images.iter().filter_map(|it| it.layers.last().copied()).collect();
    let by_containers = graph.containers.iter().filter_map(|it| it.image);
    let held: Vec<u32> = by_containers
        .filter_map(|image| graph.images[image as usize].layers.last().copied())
        .collect();
    for layer in parents.into_iter().chain(tops).chain(held) {
        graph.layers[layer as usize].references += 1;
    }
}

/// What of an image is its own, and what its removal frees: from the top down, each layer on which
/// nothing else stands.
fn weigh(graph: &mut Graph, at: usize) {
    let image = &graph.images[at];
    let (mut shared, mut unique) = (0u64, 0u64);
    for layer in image.layers.iter().map(|layer| &graph.layers[*layer as usize]) {
        let side = if layer.images.len() > 1 { &mut shared } else { &mut unique };
        *side = side.saturating_add(layer.size);
    }
    let number = at as u32;
    let by = graph.containers.iter().enumerate().filter(|(_, it)| it.image == Some(number));
    let mut freed = Freed { held_by: by.map(|(at, _)| at as u32).collect(), ..Freed::default() };
    if freed.held_by.is_empty() {
        for layer in image.layers.iter().rev() {
            let node = &graph.layers[*layer as usize];
            if node.references > 1 {
                break;
            }
            freed.layers.push(*layer);
            freed.bytes = freed.bytes.saturating_add(node.size);
        }
    }
    let image = &mut graph.images[at];
    (image.shared, image.unique, image.freed) = (shared, unique, freed);
}
