//! Entries, layers and images in the words of `survey`.

use super::super::compress::Compression;
use super::super::digest::chain_ids;
use super::super::dockerfile_of;
use super::super::layer::{Item, What};
use super::super::scan::Image;
use super::super::tree::Place;
use super::scene::Scene;
use super::{public, shown};
use crate::survey::{self, Aspect, File, Kind, Packing, State, Step};

pub(super) fn kind(what: &What) -> Kind {
    match what {
        What::Reg | What::Link(_) => Kind::File,
        What::Dir => Kind::Directory,
        What::Symlink(_) => Kind::Symlink,
        What::Fifo => Kind::Fifo,
        What::Chr(_) | What::Whiteout | What::Opaque => Kind::CharacterDevice,
        What::Blk(_) => Kind::BlockDevice,
    }
}

pub(super) fn file(
    path: &[u8],
    found: Option<(Place, &Item)>,
    state: State,
    changed: Vec<Aspect>,
) -> File {
    let Some((place, item)) = found else {
        return File {
            path: shown(path),
            kind: Kind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: (0, 0),
            place: None,
            target: None,
            device: None,
            content: None,
            xattrs: Vec::new(),
            state,
            changed,
        };
    };
    File {
        path: shown(path),
        kind: kind(&item.what),
        mode: u32::from(item.mode),
        uid: item.uid,
        gid: item.gid,
        size: item.bytes(),
        mtime: (item.mtime.sec, item.mtime.nsec),
        place: Some(public(place)),
        target: match &item.what {
            What::Symlink(to) => Some(shown(to)),
            _ => None,
        },
        device: match item.what {
            What::Chr(dev) | What::Blk(dev) => Some((dev.major, dev.minor)),
            _ => None,
        },
        content: item.content.map(|it| it.to_string()),
        xattrs: item.xattrs.iter().map(|(name, value)| (shown(name), value_shown(value))).collect(),
        state,
        changed,
    }
}

/// Printable text as it is, anything else in hexadecimal digits.
fn value_shown(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => value.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
    }
}

/// What the history says of each layer, base first.
pub(super) fn created_by(image: &Image) -> Vec<String> {
    let steps = image.found.config.history.iter().filter(|step| !step.empty_layer);
    let mut said: Vec<String> = steps.map(|step| step.created_by.clone()).collect();
    said.resize(image.layers.len(), String::new());
    said
}

pub(super) fn image(image: &Image, scenes: &[Scene]) -> survey::Image {
    let found = &image.found;
    survey::Image {
        id: found.id.to_string(),
        tags: found.tags.clone(),
        created: found.config.created.clone(),
        architecture: found.config.architecture.clone(),
        os: found.config.os.clone(),
        variant: found.config.variant.clone(),
        manifest: found.manifest.map(|it| it.to_string()),
        size: image.size(),
        layers: layers(image, scenes),
        steps: steps(image),
        notes: image.notes.clone(),
    }
}

fn layers(image: &Image, scenes: &[Scene]) -> Vec<survey::Layer> {
    let chains = chain_ids(&image.found.config.rootfs.diff_ids);
    let said = created_by(image);
    let each = image.layers.iter().zip(chains).zip(said).enumerate();
    let rows = each.map(|(at, ((layer, chain), created_by))| {
        let (added, changed, removed) = scenes[at].counts();
        survey::Layer {
            number: at as u32 + 1,
            diff_id: layer.diff_id.to_string(),
            chain_id: chain.to_string(),
            name: image.found.layers[at].name.clone(),
            packing: match layer.blob.compression {
                Compression::None => Packing::None,
                Compression::Gzip => Packing::Gzip,
                Compression::Zstd => Packing::Zstd,
            },
            packed: layer.blob.part.size(),
            unpacked: layer.unpacked,
            size: layer.size,
            entries: layer.items.len() as u32,
            added,
            changed,
            removed,
            created_by,
        }
    });
    rows.collect()
}

fn steps(image: &Image) -> Vec<Step> {
    let mut layer = 0;
    let rows = image.found.config.history.iter().map(|step| {
        let made = (!step.empty_layer).then(|| {
            layer += 1;
            layer
        });
        let size = made.and_then(|n| image.layers.get(n as usize - 1)).map_or(0, |it| it.size);
        Step {
            created: step.created.clone(),
            created_by: step.created_by.clone(),
            comment: step.comment.clone(),
            instruction: dockerfile_of::instruction(&step.created_by),
            layer: made.filter(|n| *n as usize <= image.layers.len()),
            size,
        }
    });
    rows.collect()
}
