//! Finds the images of an archive: docker-archives by `manifest.json`, OCI layouts by `index.json`.

use super::config::{Descriptor, ImageConfig, Manifest, Saved};
use super::digest::Digest;
use super::error::{Error, Result};
use super::package::Package;
use crate::limits::{
    IMAGE_DESCRIPTORS_MAX, IMAGE_DOCUMENTS_MAX, IMAGE_LAYERS_MAX, IMAGE_NOTES_MAX,
};
use serde::de::DeserializeOwned;

/// Indexes within indexes that are followed.
const DEPTH_MAX: usize = 4;
/// Images of one archive.
const IMAGES_MAX: usize = 1_000;

/// An image as its documents describe it; nothing of its layers has been read.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: Digest,
    /// The configuration as it lies in the archive.
    pub raw: Vec<u8>,
    pub config: ImageConfig,
    pub tags: Vec<String>,
    /// The digest of the manifest, in an OCI layout.
    pub manifest: Option<Digest>,
    /// Files of the archive, base first.
    pub layers: Vec<BlobRef>,
}

/// A layer's file.
#[derive(Clone, Debug)]
pub struct BlobRef {
    pub name: String,
    /// What it must be, where a manifest says so.
    pub expect: Option<(Digest, u64)>,
}

/// What an archive holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub images: Vec<Found>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// Descriptors that were followed, and bytes of configurations.
    followed: usize,
    bytes: u64,
}

impl Contents {
    fn note(&mut self, note: String) {
        match self.notes.len().cmp(&IMAGE_NOTES_MAX) {
            std::cmp::Ordering::Less => self.notes.push(note),
            std::cmp::Ordering::Equal => self.notes.push("and more like these".to_owned()),
            std::cmp::Ordering::Greater => {}
        }
    }
}

/// Reads the documents of an archive.
///
/// # Errors
/// What is no archive of images, and documents that are damaged or lie.
pub fn find(package: &dyn Package) -> Result<Contents> {
    let mut contents = Contents::default();
    if package.open("manifest.json")?.is_some() {
        saved(package, &mut contents)?;
        if package.open("index.json")?.is_some() {
            also_index(package, &mut contents);
        }
    } else if package.open("index.json")?.is_some() {
        if package.open("oci-layout")?.is_none() {
            contents.note("the file oci-layout is missing".to_owned());
        }
        let bytes = package.document("index.json")?;
        let index = parse(&bytes, "index.json")?;
        follow(package, &index, "index.json", &[], 0, &mut contents)?;
    } else {
        let why = if package.open("repositories")?.is_some() {
            "an archive from before Docker 1.10, which has no manifest.json"
        } else {
            "neither a docker-archive nor an OCI layout: manifest.json and index.json are missing"
        };
        return Err(Error::new("", why));
    }
    if contents.images.is_empty() {
        let notes = contents.notes.join("; ");
        let why = if notes.is_empty() { "the archive holds no image" } else { notes.as_str() };
        return Err(Error::new("", why));
    }
    Ok(contents)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], name: &str) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|err| Error::new(name, err))
}

/// The images of a docker-archive, old (folders with `layer.tar`) or new (blobs).
fn saved(package: &dyn Package, contents: &mut Contents) -> Result<()> {
    let bytes = package.document("manifest.json")?;
    let list: Vec<Saved> = parse(&bytes, "manifest.json")?;
    for saved in list {
        let name = clean(&saved.config);
        let raw = package.document(&name)?;
        let layers = saved.layers.iter().map(|name| BlobRef { name: clean(name), expect: None });
        let tags = saved.repo_tags.unwrap_or_default();
        let said = name.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
        add(contents, &name, Digest::from_hex(said), raw, tags, None, layers.collect())?;
    }
    Ok(())
}

/// An archive that is an OCI layout as well says more in its index: digests of manifests, and names
/// that are none for Docker. What is wrong with it is a note, since Docker would not look at it.
fn also_index(package: &dyn Package, contents: &mut Contents) {
    let mut other = Contents::default();
    let read = package.document("index.json").and_then(|bytes| parse(&bytes, "index.json"));
    let done = read.and_then(|index| follow(package, &index, "index.json", &[], 0, &mut other));
    if let Err(err) = done {
        contents.note(format!("beside manifest.json, {err}"));
        return;
    }
    for image in &mut contents.images {
        if let Some(same) = other.images.iter_mut().find(|it| it.id == image.id) {
            image.manifest = same.manifest;
            same.tags.retain(|tag| !image.tags.contains(tag));
            image.tags.append(&mut same.tags);
        }
    }
}

/// A name without `./` and leading slashes.
fn clean(name: &str) -> String {
    name.trim_start_matches("./").trim_start_matches('/').to_owned()
}

/// Takes an image into the list when its documents fit together.
fn add(
    contents: &mut Contents,
    name: &str,
    said: Option<Digest>,
    raw: Vec<u8>,
    tags: Vec<String>,
    manifest: Option<Digest>,
    layers: Vec<BlobRef>,
) -> Result<()> {
    let id = Digest::of(&raw);
    if said.is_some_and(|said| said != id) {
        return Err(Error::new(name, format!("the configuration's digest is {id}, not its name")));
    }
    let config: ImageConfig = parse(&raw, name)?;
    let (given, named) = (layers.len(), config.rootfs.diff_ids.len());
    if given != named {
        let why = format!("the manifest lists {given} layers, the configuration {named}");
        return Err(Error::new(name, why));
    }
    if given > IMAGE_LAYERS_MAX {
        let why = format!("the image has {given} layers, at most {IMAGE_LAYERS_MAX} are opened");
        return Err(Error::new(name, why));
    }
    if contents.images.len() >= IMAGES_MAX {
        return Err(Error::new("", format!("the archive holds more than {IMAGES_MAX} images")));
    }
    contents.bytes += raw.len() as u64;
    if contents.bytes > IMAGE_DOCUMENTS_MAX {
        let why = format!("the configurations have more than {} MiB", IMAGE_DOCUMENTS_MAX >> 20);
        return Err(Error::new(name, why));
    }
    // One image may be listed once for each of its tags.
    match contents.images.iter_mut().find(|image| image.id == id) {
        Some(known) => {
            let new: Vec<String> =
                tags.into_iter().filter(|tag| !known.tags.contains(tag)).collect();
            known.tags.extend(new);
        }
        None => contents.images.push(Found { id, raw, config, tags, manifest, layers }),
    }
    Ok(())
}

/// Follows a manifest or an index down to its images.
fn follow(
    package: &dyn Package,
    manifest: &Manifest,
    name: &str,
    tags: &[String],
    depth: usize,
    contents: &mut Contents,
) -> Result<()> {
    if depth > DEPTH_MAX {
        return Err(Error::new(name, format!("indexes are nested more than {DEPTH_MAX} deep")));
    }
    let Some(list) = &manifest.manifests else {
        return image(package, manifest, name, tags, contents);
    };
    for entry in list {
        contents.followed += 1;
        if contents.followed > IMAGE_DESCRIPTORS_MAX {
            let why = format!("its indexes name more than {IMAGE_DESCRIPTORS_MAX} manifests");
            return Err(Error::new(name, why));
        }
        let tags = if tags.is_empty() { tag_of(entry) } else { tags.to_vec() };
        if let Some(why) = left_out(package, entry, name)? {
            contents.note(why);
            continue;
        }
        let (path, bytes) = blob(package, entry, name)?;
        let inner: Manifest = parse(&bytes, &path)?;
        follow(package, &inner, &path, &tags, depth + 1, contents)?;
    }
    Ok(())
}

/// The tag that an index gives to an entry.
fn tag_of(entry: &Descriptor) -> Vec<String> {
    let keys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    let name = keys.iter().find_map(|key| entry.annotations.get(*key));
    let name = name.map(|name| {
        let name = name.strip_prefix("docker.io/library/").unwrap_or(name);
        name.strip_prefix("docker.io/").unwrap_or(name).to_owned()
    });
    name.into_iter().collect()
}

/// Why an entry of an index is none of the images: an attestation, or a platform whose blobs are
/// somewhere else.
fn left_out(package: &dyn Package, entry: &Descriptor, place: &str) -> Result<Option<String>> {
    let kind = entry.annotations.get("vnd.docker.reference.type");
    let platform = entry.platform.clone().unwrap_or_default();
    let unknown = platform.os == "unknown" && platform.architecture == "unknown";
    if kind.is_some_and(|kind| kind == "attestation-manifest") || unknown {
        return Ok(Some(format!("the attestation {} is left out", entry.digest)));
    }
    let path = blob_name(&entry.digest, place)?;
    if package.open(&path)?.is_none() {
        let platform = format!("{}/{}", platform.os, platform.architecture);
        return Ok(Some(format!("the image for {platform}, {}, is not here", entry.digest)));
    }
    Ok(None)
}

fn blob_name(digest: &str, place: &str) -> Result<String> {
    let parsed = Digest::parse(digest);
    let parsed =
        parsed.ok_or_else(|| Error::new(place, format!("{digest:?} is no sha256 digest")))?;
    Ok(format!("blobs/sha256/{}", parsed.hex()))
}

/// A document that a descriptor names, verified.
fn blob(package: &dyn Package, entry: &Descriptor, place: &str) -> Result<(String, Vec<u8>)> {
    let path = blob_name(&entry.digest, place)?;
    let bytes = package.document(&path)?;
    if entry.size != 0 && entry.size != bytes.len() as u64 {
        let (there, said) = (bytes.len(), entry.size);
        return Err(Error::new(path, format!("has {there} bytes, {place} says {said}")));
    }
    if Digest::of(&bytes).to_string() != entry.digest {
        return Err(Error::new(path, "the blob is damaged: its digest is not its name"));
    }
    Ok((path, bytes))
}

/// An image by its manifest.
fn image(
    package: &dyn Package,
    manifest: &Manifest,
    name: &str,
    tags: &[String],
    contents: &mut Contents,
) -> Result<()> {
    let (Some(config), Some(layers)) = (&manifest.config, &manifest.layers) else {
        let kind = match (manifest.schema_version, manifest.media_type.as_str()) {
            (1, _) => "manifests of schema 1 are not read",
            (_, "") => "neither a manifest nor an index",
            (_, other) => other,
        };
        return Err(Error::new(name, kind));
    };
    let is_config = ["", CONFIG_OCI, CONFIG_DOCKER].contains(&config.media_type.as_str());
    if !is_config {
        let why = format!("{name} is no image but {}, which is left out", config.media_type);
        contents.note(why);
        return Ok(());
    }
    let (path, raw) = blob(package, config, name)?;
    let mut refs = Vec::new();
    for layer in layers {
        check_media_type(layer)?;
        let digest = Digest::parse(&layer.digest);
        let expect = digest.map(|digest| (digest, layer.size));
        refs.push(BlobRef { name: blob_name(&layer.digest, name)?, expect });
    }
    let digest = name.strip_prefix("blobs/sha256/").and_then(Digest::from_hex);
    let said = Digest::parse(&config.digest);
    add(contents, &path, said, raw, tags.to_vec(), digest, refs)
}

/// An image's configuration, in the words of OCI.
pub const CONFIG_OCI: &str = "application/vnd.oci.image.config.v1+json";
/// The same in Docker's.
pub const CONFIG_DOCKER: &str = "application/vnd.docker.container.image.v1+json";

/// Layers of files, by whatever name; how they are packed, their bytes say.
fn check_media_type(layer: &Descriptor) -> Result<()> {
    let known = [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ];
    let kind = &layer.media_type;
    if kind.is_empty() || known.iter().any(|known| kind.starts_with(known)) {
        return Ok(());
    }
    Err(Error::new(&layer.digest, format!("a layer of media type {kind} is not a layer of files")))
}
