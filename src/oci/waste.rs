//! Bytes of an image that no container can see, each counted once, and why.

use super::layer::{Layer, Path};
use super::tree::{Change, Place, Tree};
use crate::survey::{Reason, Waste, Wasted};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Finds the waste of an image's layers.
pub fn find(layers: &[Arc<Layer>]) -> Waste {
    let mut tree = Tree::default();
    // The last that happened to an entry under any of its names, and the name.
    let mut fates: BTreeMap<Place, (Path, u32, Reason)> = BTreeMap::new();
    for (number, layer) in layers.iter().enumerate() {
        let number = number as u32;
        let mut events = Vec::new();
        tree.push(layer.clone(), &mut |path, change| events.push((path.clone(), change)));
        for (path, change) in events {
            let (old, reason) = match change {
                Change::Added { .. } => continue,
                Change::Removed { old } if old.layer == number => (old, Reason::TwiceInLayer),
                Change::Removed { old } => (old, Reason::WhitedOut),
                Change::Replaced { old, new } => (old, replaced(&tree, old, new)),
            };
            fates.insert(old, (path, number, reason));
        }
    }
    sum(&tree, layers, &fates)
}

fn replaced(tree: &Tree, old: Place, new: Place) -> Reason {
    if old.layer == new.layer {
        return Reason::TwiceInLayer;
    }
    let (old, new) = (tree.item(old), tree.item(new));
    if old.content.is_some() && old.content == new.content && old.size == new.size {
        Reason::CopiedForMetadata
    } else {
        Reason::Shadowed
    }
}

fn sum(tree: &Tree, layers: &[Arc<Layer>], fates: &BTreeMap<Place, (Path, u32, Reason)>) -> Waste {
    // An entry is seen as long as one of its names is.
    let seen: BTreeSet<Place> = tree.iter().map(|(_, place)| place).collect();
    let mut waste = Waste {
        total: layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size)),
        ..Waste::default()
    };
    for (place, (path, by, reason)) in fates {
        let item = tree.item(*place);
        let bytes = item.bytes();
        if bytes > 0 && !seen.contains(place) {
            waste.wasted = waste.wasted.saturating_add(bytes);
            waste.files.push(Wasted {
                path: String::from_utf8_lossy(path).into_owned(),
                bytes,
                reason: *reason,
                layer: place.layer as usize + 1,
                by: *by as usize + 1,
            });
        }
    }
    waste.files.sort_by(|a, b| {
        b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)).then_with(|| a.layer.cmp(&b.layer))
    });
    waste
}
