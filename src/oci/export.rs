//! Images out: one archive that is a docker-archive and an OCI layout at once, as Docker writes it
//! since version 25. Layers are unpacked tars, so diff IDs are the names of their blobs, and equal
//! images are equal bytes.

use super::config::{Descriptor, Manifest, Saved};
use super::digest::Digest;
use super::layer::Layer;
use super::layout::CONFIG_OCI;
use crate::tar::{Entry, Kind, write};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// A layer that can be written.
pub trait LayerBytes {
    fn diff_id(&self) -> Digest;
    /// Bytes of the unpacked tar.
    fn unpacked(&self) -> u64;
    /// # Errors
    /// Those of reading and of `out`.
    fn write_to(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl LayerBytes for Layer {
    fn diff_id(&self) -> Digest {
        self.diff_id
    }
    fn unpacked(&self) -> u64 {
        self.unpacked
    }
    fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut unpacked =
            super::compress::Unpacked::new(self.blob.part.clone(), self.blob.compression);
        io::copy(&mut unpacked, out).map(|_| ())
    }
}

/// An image to be written.
pub struct Outgoing<'a> {
    /// The configuration, byte for byte.
    pub config: &'a [u8],
    pub tags: &'a [String],
    pub layers: Vec<&'a dyn LayerBytes>,
}

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Writes images as one archive.
///
/// # Errors
/// Those of reading and writing.
pub fn archive(images: &[Outgoing<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut tar = Tar { out, written: BTreeSet::new() };
    tar.dir("blobs/")?;
    tar.dir("blobs/sha256/")?;
    let mut index = Vec::new();
    let mut saved = Vec::new();
    for image in images {
        let manifest = manifest(image);
        for layer in &image.layers {
            tar.layer(*layer)?;
        }
        tar.blob(image.config)?;
        tar.blob(&manifest)?;
        index.extend(index_entries(image, &manifest));
        saved.push(Saved {
            config: blob_path(Digest::of(image.config)),
            repo_tags: Some(image.tags.to_vec()),
            layers: image.layers.iter().map(|layer| blob_path(layer.diff_id())).collect(),
        });
    }
    let index = Manifest {
        schema_version: 2,
        media_type: INDEX.to_owned(),
        manifests: Some(index),
        ..Manifest::default()
    };
    tar.file("index.json", &json(&index))?;
    tar.file("manifest.json", &json(&saved))?;
    tar.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    tar.out.write_all(&write::END)
}

fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: digest.to_string(),
        size,
        annotations: BTreeMap::new(),
        platform: None,
    }
}

/// The manifest of an image with unpacked layers.
fn manifest(image: &Outgoing<'_>) -> Vec<u8> {
    let config = descriptor(CONFIG_OCI, Digest::of(image.config), image.config.len() as u64);
    let layers = image.layers.iter().map(|it| descriptor(LAYER, it.diff_id(), it.unpacked()));
    json(&Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        config: Some(config),
        layers: Some(layers.collect()),
        manifests: None,
    })
}

/// What the index says of an image: once for each tag.
fn index_entries(image: &Outgoing<'_>, manifest: &[u8]) -> Vec<Descriptor> {
    let plain = descriptor(MANIFEST, Digest::of(manifest), manifest.len() as u64);
    if image.tags.is_empty() {
        return vec![plain];
    }
    let tagged = image.tags.iter().map(|tag| {
        let mut entry = plain.clone();
        let short = tag.rsplit(':').next().unwrap_or(tag);
        let mut note =
            |key: &str, value: &str| entry.annotations.insert(key.to_owned(), value.to_owned());
        note("io.containerd.image.name", &full_name(tag));
        note("org.opencontainers.image.ref.name", short);
        entry
    });
    tagged.collect()
}

/// A name with the registry that Docker means when none is said.
fn full_name(tag: &str) -> String {
    match tag.split_once('/') {
        None => format!("docker.io/library/{tag}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => tag.to_owned(),
        Some(_) => format!("docker.io/{tag}"),
    }
}

/// The archive on its way; a blob that is there is not written again.
struct Tar<'a> {
    out: &'a mut dyn Write,
    written: BTreeSet<Digest>,
}

impl Tar<'_> {
    fn dir(&mut self, path: &str) -> io::Result<()> {
        self.out.write_all(&write::headers(&Entry::new(path, Kind::Dir, 0o755)))
    }

    fn head(&mut self, path: &str, size: u64) -> io::Result<()> {
        let mut entry = Entry::new(path, Kind::Reg, 0o644);
        entry.size = size;
        self.out.write_all(&write::headers(&entry))
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let padding: Vec<u8> = write::padding(size).collect();
        self.out.write_all(&padding)
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.head(path, bytes.len() as u64)?;
        self.out.write_all(bytes)?;
        self.pad(bytes.len() as u64)
    }

    fn blob(&mut self, bytes: &[u8]) -> io::Result<()> {
        let digest = Digest::of(bytes);
        if self.written.insert(digest) {
            self.file(&blob_path(digest), bytes)?;
        }
        Ok(())
    }

    fn layer(&mut self, layer: &dyn LayerBytes) -> io::Result<()> {
        if self.written.insert(layer.diff_id()) {
            self.head(&blob_path(layer.diff_id()), layer.unpacked())?;
            layer.write_to(self.out)?;
            self.pad(layer.unpacked())?;
        }
        Ok(())
    }
}
