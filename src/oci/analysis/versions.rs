//! The life of one path, from the layer that made it upwards.

use super::super::compare;
use super::super::layer::{Layer, What};
use super::super::scan::Image;
use super::super::tree::Place;
use super::scene::{Scene, is_mark};
use super::{describe, shown};
use crate::survey::{Aspect, Event, Hidden, State, Version};

pub(super) fn of(image: &Image, scenes: &[Scene], path: &str) -> Vec<Version> {
    let said = describe::created_by(image);
    let item = |place: Place| &image.layers[place.layer as usize].items[place.item as usize];
    let mut versions = Vec::new();
    for (at, scene) in scenes.iter().enumerate() {
        let Some(node) = scene.find_shown(path) else { continue };
        let Some(place) = node.place else { continue };
        let found = Some((place, item(place)));
        let event = match (node.state, node.before) {
            (State::Removed, _) => Event::Removed(hidden(&image.layers[at], &node.path)),
            (State::Added, _) | (_, None) => {
                Event::Added(describe::file(&node.path, found, State::Added, Vec::new()))
            }
            (_, Some(before)) => {
                let (old, new) = (item(before), item(place));
                let mut changed = compare::items(old, new);
                if old.mtime != new.mtime {
                    changed.push(Aspect::Time);
                }
                Event::Changed(describe::file(&node.path, found, node.state, changed))
            }
        };
        versions.push(Version { layer: at as u32 + 1, created_by: said[at].clone(), event });
    }
    versions
}

/// What of a layer hides a path of the layers below: the mark nearest to the root wins, since with it
/// alone the path would be gone.
fn hidden(layer: &Layer, path: &[u8]) -> Hidden {
    let is_above = |of: &[u8]| {
        of == path || of.is_empty() || (path.starts_with(of) && path.get(of.len()) == Some(&b'/'))
    };
    let candidates = layer.items.iter().filter(|item| {
        is_above(&item.path)
            && match item.what {
                What::Whiteout => true,
                What::Opaque => *item.path != *path,
                What::Dir => false,
                _ => *item.path != *path,
            }
    });
    match candidates.min_by_key(|item| (item.path.len(), !is_mark(&item.what))) {
        Some(item) if item.what == What::Whiteout => Hidden::Whiteout(shown(&item.path)),
        Some(item) if item.what == What::Opaque => Hidden::Opaque(shown(&item.path)),
        Some(item) => Hidden::Replaced(shown(&item.path)),
        // A file gave way to a directory that something in it needed.
        None => Hidden::Replaced(shown(path)),
    }
}
