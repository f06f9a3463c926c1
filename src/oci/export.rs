//! Images out: one archive that is a docker-archive and an OCI layout at once, as Docker writes it
//! since version 25. Layers are unpacked tars unless they are to be packed, so diff IDs are the names
//! of their blobs; equal images are equal bytes either way.

use super::compress::{Compression, Packer};
use super::config::{Descriptor, Manifest, Saved};
use super::digest::{Digest, Hasher};
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
    /// Writes the unpacked tar.
    ///
    /// # Errors
    /// Those of reading and of `out`.
    fn write_to(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// A layer as the blob that it becomes. What is packed is packed twice, for its digest and for the
/// archive, so that none of it has to be kept.
struct Blob<'a> {
    layer: &'a dyn LayerBytes,
    packing: Compression,
    digest: Digest,
    size: u64,
}

impl<'a> Blob<'a> {
    fn new(layer: &'a dyn LayerBytes, packing: Compression) -> io::Result<Blob<'a>> {
        let (digest, size) = match packing {
            Compression::None => (layer.diff_id(), layer.unpacked()),
            packing => {
                let mut counted = Counted::default();
                pack(layer, packing, &mut counted)?;
                counted.finish()
            }
        };
        Ok(Blob { layer, packing, digest, size })
    }

    fn media_type(&self) -> String {
        let end = match self.packing {
            Compression::None => "",
            Compression::Gzip => "+gzip",
            Compression::Zstd => "+zstd",
        };
        format!("{LAYER}{end}")
    }
}

fn pack(layer: &dyn LayerBytes, packing: Compression, out: &mut dyn Write) -> io::Result<()> {
    let mut packer = Packer::new(out, packing);
    layer.write_to(&mut packer)?;
    packer.finish()
}

/// Digests and counts what is written.
#[derive(Default)]
pub(super) struct Counted {
    hasher: Hasher,
    count: u64,
}

impl Counted {
    pub(super) fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.count)
    }
}

impl Write for Counted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.hasher.update(buf);
        self.count += buf.len() as u64;
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

/// Writes images as one archive, layers not packed.
///
/// # Errors
/// Those of reading and writing.
pub fn archive(images: &[Outgoing<'_>], out: &mut dyn Write) -> io::Result<()> {
    packed(images, Compression::None, out)
}

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Writes images as one archive with layers packed so.
///
/// # Errors
/// Those of reading and writing.
pub fn packed(
    images: &[Outgoing<'_>],
    packing: Compression,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut tar = Tar { out, written: BTreeSet::new() };
    tar.dir("blobs/")?;
    tar.dir("blobs/sha256/")?;
    let mut index = Vec::new();
    let mut saved = Vec::new();
    for image in images {
        let blobs = image.layers.iter().map(|layer| Blob::new(*layer, packing));
        let blobs = blobs.collect::<io::Result<Vec<Blob<'_>>>>()?;
        let manifest = manifest(image, &blobs);
        for blob in &blobs {
            tar.layer(blob)?;
        }
        tar.blob(image.config)?;
        tar.blob(&manifest)?;
        index.extend(index_entries(image, &manifest));
        saved.push(Saved {
            config: blob_path(Digest::of(image.config)),
            // A bare tag of a layout is no name for Docker, which would refuse the whole archive.
            repo_tags: Some(image.tags.iter().filter(|tag| is_name(tag)).cloned().collect()),
            layers: blobs.iter().map(|blob| blob_path(blob.digest)).collect(),
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

/// The manifest of an image.
fn manifest(image: &Outgoing<'_>, blobs: &[Blob<'_>]) -> Vec<u8> {
    let config = descriptor(CONFIG_OCI, Digest::of(image.config), image.config.len() as u64);
    let layers = blobs.iter().map(|it| descriptor(&it.media_type(), it.digest, it.size));
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
        if is_name(tag) {
            note("io.containerd.image.name", &full_name(tag));
        }
        note("org.opencontainers.image.ref.name", short);
        entry
    });
    tagged.collect()
}

/// `NAME:TAG`.
fn is_name(tag: &str) -> bool {
    tag.rsplit_once(':').is_some_and(|(name, tag)| !name.is_empty() && !tag.contains('/'))
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

    fn layer(&mut self, blob: &Blob<'_>) -> io::Result<()> {
        if self.written.insert(blob.digest) {
            self.head(&blob_path(blob.digest), blob.size)?;
            pack(blob.layer, blob.packing, self.out)?;
            self.pad(blob.size)?;
        }
        Ok(())
    }
}
