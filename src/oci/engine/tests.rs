use super::registry;
use crate::shell::command::{exec, find};

/// Where the digests are written down.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oci/engine/registry/digests.txt");

/// `REGENERATE=1` writes them anew.
#[test]
fn digests_are_those_of_the_bytes() {
    let mut lines = std::collections::BTreeMap::new();
    for image in registry::images() {
        for layer in image.layers {
            let key = layer.key;
            lines.entry(key).or_insert_with(|| layer.digest(&exec::image));
        }
    }
    let text: String = lines.iter().map(|(key, digest)| format!("{key} {digest}\n")).collect();
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
