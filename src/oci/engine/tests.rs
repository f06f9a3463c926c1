use super::registry;
use crate::oci::digest::Digest;
use crate::shell::command::{exec, find};
use std::io::Read;

/// Where the digests are written down.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oci/engine/registry/digests.txt");

/// Layers that take many seconds to digest are believed, unless all are written anew or
/// `LAYERGLASS_ALL_DIGESTS` is set.
const LARGE: u64 = 256 << 20;

/// `REGENERATE=1` writes them anew.
#[test]
fn digests_are_those_of_the_bytes() {
    let all = ["REGENERATE", "LAYERGLASS_ALL_DIGESTS"];
    let all = all.iter().any(|it| std::env::var_os(it).is_some());
    let mut lines = std::collections::BTreeMap::new();
    for image in registry::images() {
        for layer in image.layers {
            let key = layer.key;
            let known = layer.known().filter(|_| layer.size() > LARGE && !all);
            lines
                .entry(key)
                .or_insert_with(|| known.unwrap_or_else(|| layer.measure(&exec::image)));
        }
    }
    let text: String = lines.iter().map(|(key, known)| format!("{key} {known}\n")).collect();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(DIGESTS, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(DIGESTS).unwrap(), text);
}

#[test]
fn every_program_of_an_image_runs() {
    let missing: Vec<&str> =
        registry::programs().into_iter().filter(|name| find(name).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// The blob is gzip that anybody unpacks, and what it unpacks to has the diff ID.
#[test]
fn blobs_are_what_they_are_called() {
    let image = registry::images().into_iter().find(|it| it.names.contains(&"redis:6")).unwrap();
    let layer = image.layers.last().unwrap();
    let (known, blob) = (layer.known().unwrap(), layer.blob(&exec::image).unwrap());
    let mut packed = Vec::new();
    registry::each(&blob, &mut |bytes| packed.extend_from_slice(bytes));
    assert_eq!((Digest::of(&packed), packed.len() as u64), (known.blob, known.size));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(Digest::of(&unpacked), known.diff_id);
}
