//! Images on their way from and to a registry: only layers that are missing move.

use super::images::Local;
use super::reference::Reference;
use super::remote::{Offer, Remote, put_rope};
use super::{Engine, record, registry, split};
use crate::drivers::{Answer, Failure, files};
use crate::oci::compress::{self, Unpacked};
use crate::oci::config::{ImageConfig, Manifest};
use crate::oci::digest::{Digest, chain_ids};
use crate::oci::source;
use crate::store::{Rope, Seg};
use crate::sys::Sys;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Containerd's content store.
const CONTENT: &str = "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256";

/// Makes the executable file of a command.
pub type Programs<'a> = dyn Fn(&str) -> Vec<u8> + 'a;
/// Is told of a layer by the twelve digits that are shown, and what became of it.
pub type Tell<'a> = dyn FnMut(&str, &str) + 'a;

/// A manifest of version 2, schema 2, with keys in the order of Docker's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema2 {
    schema_version: u32,
    media_type: &'static str,
    config: Blob,
    layers: Vec<Blob>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    media_type: &'static str,
    size: u64,
    digest: Digest,
}

/// A blob that holds a layer; `distribution/v2metadata-by-diffid`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Origin {
    digest: Digest,
    source_repository: String,
    #[serde(rename = "HMAC")]
    hmac: String,
}

/// The manifest of a configuration and packed layers, base first.
fn manifest(config: &[u8], layers: &[(Digest, u64)]) -> Vec<u8> {
    let layers = layers.iter().map(|(digest, size)| Blob {
        media_type: LAYER,
        size: *size,
        digest: *digest,
    });
    let config = Blob { media_type: CONFIG, size: config.len() as u64, digest: Digest::of(config) };
    let all = Schema2 { schema_version: 2, media_type: MANIFEST, config, layers: layers.collect() };
    let mut bytes = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b"   ");
    let mut ser = serde_json::Serializer::with_formatter(&mut bytes, form);
    let _ = all.serialize(&mut ser);
    bytes
}

/// The manifest of a built-in image.
pub(super) fn manifest_of(image: &registry::Image) -> Option<Vec<u8>> {
    let known = image.known()?;
    let layers: Vec<(Digest, u64)> = known.iter().map(|it| (it.blob, it.size)).collect();
    Some(manifest(&image.known_config()?, &layers))
}

/// What an offer holds: the configuration and the blobs of the layers, base first.
pub struct Contents {
    pub raw: Vec<u8>,
    pub config: ImageConfig,
    pub blobs: Vec<(Digest, u64)>,
}

/// Opens an offer.
///
/// # Errors
/// A damaged one.
pub fn contents(sys: &mut dyn Sys, remote: &Remote, offer: &Offer) -> Answer<Contents> {
    let broken = |why: &str| Failure(format!("invalid manifest {}: {why}", offer.digest));
    let manifest: Manifest =
        serde_json::from_slice(&offer.manifest).map_err(|err| broken(&err.to_string()))?;
    let config = manifest.config.ok_or_else(|| broken("it has no configuration"))?;
    let digest = Digest::parse(&config.digest).ok_or_else(|| broken("a digest is none"))?;
    let raw = remote.document(sys, digest).ok_or_else(|| broken("blob unknown to registry"))?;
    if Digest::of(&raw) != digest {
        return Err(broken("the configuration is damaged"));
    }
    let parsed: ImageConfig =
        serde_json::from_slice(&raw).map_err(|err| broken(&err.to_string()))?;
    let layers = manifest.layers.unwrap_or_default();
    let blobs = layers.iter().map(|it| Some((Digest::parse(&it.digest)?, it.size)));
    let blobs: Vec<(Digest, u64)> =
        blobs.collect::<Option<_>>().ok_or_else(|| broken("a digest is none"))?;
    if blobs.len() != parsed.rootfs.diff_ids.len() {
        return Err(broken("layers and diff IDs differ in number"));
    }
    Ok(Contents { raw, config: parsed, blobs })
}

/// What came of a pull.
pub struct Pulled {
    pub id: Digest,
    pub digest: Digest,
    /// Nothing was new.
    pub known: bool,
}

impl Engine {
    fn distribution(&self, kind: &str, digest: Digest) -> String {
        format!("{}/distribution/{kind}/sha256/{}", self.driver_dir(), digest.hex())
    }

    /// Remembers that a blob of a repository holds a layer.
    fn remember(&self, sys: &mut dyn Sys, diff_id: Digest, blob: Digest, from: &str) -> Answer<()> {
        let by_digest = self.distribution("diffid-by-digest", blob);
        let by_diff_id = self.distribution("v2metadata-by-diffid", diff_id);
        for path in [&by_digest, &by_diff_id] {
            let dir = path.rsplit_once('/').map_or("", |it| it.0);
            files::mkdir_all(sys, dir, 0o700).map_err(|errno| Failure::of("mkdir", dir, errno))?;
        }
        record(sys, &by_digest, diff_id.to_string().as_bytes(), 0o644)?;
        let origin =
            Origin { digest: blob, source_repository: from.to_owned(), hmac: String::new() };
        let mut all = self.origins(sys, diff_id);
        all.retain(|it| *it != origin);
        all.push(origin);
        record(sys, &by_diff_id, &serde_json::to_vec(&all).unwrap_or_default(), 0o644)
    }

    fn origins(&self, sys: &mut dyn Sys, diff_id: Digest) -> Vec<Origin> {
        let path = self.distribution("v2metadata-by-diffid", diff_id);
        let text = files::read(sys, &path).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Bytes of the blobs that containerd keeps of an image's layers.
    pub fn content_size(&self, sys: &mut dyn Sys, image: &super::images::Local) -> u64 {
        let mut total = 0;
        for diff_id in &image.config.rootfs.diff_ids {
            let blobs = self.origins(sys, *diff_id);
            let sizes = blobs.iter().map(|it| format!("{CONTENT}/{}", it.digest.hex()));
            let sizes: Vec<u64> =
                sizes.filter_map(|it| files::stat(sys, &it).ok()).map(|it| it.size).collect();
            total += sizes.iter().max().copied().unwrap_or(0);
        }
        total
    }

    /// Pulls what a registry offers under a name.
    ///
    /// # Errors
    /// A damaged offer, and the driver's.
    pub fn pull(
        &self,
        sys: &mut dyn Sys,
        remote: &Remote,
        name: &Reference,
        offer: &Offer,
        programs: &Programs<'_>,
        tell: &mut Tell<'_>,
    ) -> Answer<Pulled> {
        let Contents { raw, config, blobs } = contents(sys, remote, offer)?;
        let diff_ids = &config.rootfs.diff_ids;
        let chains = chain_ids(diff_ids);
        let id = Digest::of(&raw);
        let known = self.image(sys, id).is_some();
        let here = chains.iter().take_while(|chain| self.layer(sys, **chain).is_some()).count();
        let short = |at: usize| blobs[at].0.short();
        for at in (0..blobs.len()).filter(|_| !known) {
            tell(&short(at), if at < here { "Already exists" } else { "Pulling fs layer" });
        }
        for at in (here..blobs.len()).filter(|_| !known) {
            tell(&short(at), "Verifying Checksum");
            tell(&short(at), "Download complete");
        }
        for at in here..chains.len() {
            let parent = at.checked_sub(1).map(|below| chains[below]);
            self.pull_layer(sys, remote, parent, (diff_ids[at], blobs[at].0), programs)?;
            tell(&short(at), "Pull complete");
        }
        for (diff_id, blob) in diff_ids.iter().zip(&blobs) {
            self.remember(sys, *diff_id, blob.0, &name.full_repository())?;
        }
        if self.has_snapshots() {
            self.keep_content(sys, remote, offer, &raw, &blobs, programs)?;
        }
        let id = self.put_image(sys, &raw, None)?;
        let mut tagged = known;
        if name.digest.is_none() {
            tagged &= self.find_image(sys, &name.to_string()).is_some_and(|it| it.id == id);
            self.tag(sys, name, id)?;
        }
        self.tag_digest(sys, &name.repository, offer.digest, id)?;
        Ok(Pulled { id, digest: offer.digest, known: tagged })
    }

    /// What was pulled, as it came, in containerd's content store.
    fn keep_content(
        &self,
        sys: &mut dyn Sys,
        remote: &Remote,
        offer: &Offer,
        raw: &[u8],
        blobs: &[(Digest, u64)],
        programs: &Programs<'_>,
    ) -> Answer<()> {
        let mut all = vec![
            (offer.digest, Rope { segs: vec![whole(offer.manifest.clone())] }),
            (Digest::of(raw), Rope { segs: vec![whole(raw.to_vec())] }),
        ];
        for (blob, _) in blobs {
            let data = match (registry::layer(*blob), remote.blob(sys, *blob)) {
                (Some(layer), _) => layer.blob(programs).unwrap_or_default(),
                (None, Some(path)) => {
                    let bytes = files::read(sys, &path);
                    let bytes = bytes.map_err(|errno| Failure::of("open", &path, errno))?;
                    Rope { segs: vec![whole(bytes)] }
                }
                (None, None) => continue,
            };
            all.push((*blob, data));
        }
        for (digest, data) in all {
            let path = format!("{CONTENT}/{}", digest.hex());
            if !files::exists(sys, &path) {
                put_rope(sys, &path, &data)?;
            }
        }
        Ok(())
    }

    /// Takes in one layer. A built-in one comes as it is; what was pushed is unpacked and proved.
    ///
    /// # Errors
    /// A blob that is lost or damaged, and the driver's.
    pub fn pull_layer(
        &self,
        sys: &mut dyn Sys,
        remote: &Remote,
        parent: Option<Digest>,
        (diff_id, blob): (Digest, Digest),
        programs: &Programs<'_>,
    ) -> Answer<()> {
        if let Some(layer) = registry::layer(blob) {
            let mut parts = layer.parts(programs).into_iter();
            self.register(sys, parent, Some(diff_id), &mut || Ok(parts.next()))?;
            return Ok(());
        }
        let lost = || Failure(format!("blob {blob} unknown to registry"));
        let path = remote.blob(sys, blob).ok_or_else(lost)?;
        let bytes = files::read(sys, &path).map_err(|errno| Failure::of("open", &path, errno))?;
        if Digest::of(&bytes) != blob {
            let why = format!("filesystem layer verification failed for digest {blob}");
            return Err(Failure(why));
        }
        let part = source::Part::whole(Arc::new(bytes));
        let unpacked = || Unpacked::new(part.clone(), compress::Compression::Gzip);
        if split::digest_of(&mut unpacked())? != diff_id {
            let why = format!("layers from manifest don't match image configuration: {blob}");
            return Err(Failure(why));
        }
        self.register_archive(sys, parent, diff_id, &unpacked)?;
        Ok(())
    }

    /// Pushes an image under a name; digest and size of the manifest.
    ///
    /// # Errors
    /// A repository that takes nothing, a layer that cannot be read, the disk's.
    pub fn push(
        &self,
        sys: &mut dyn Sys,
        image: &Local,
        name: &Reference,
        programs: &Programs<'_>,
        tell: &mut Tell<'_>,
    ) -> Answer<(Digest, usize)> {
        let remote = Remote::of(name.host())?;
        let path = name.path();
        let chains = image.chains();
        let diff_ids = &image.config.rootfs.diff_ids;
        for diff_id in diff_ids.iter().rev() {
            tell(&diff_id.short(), "Preparing");
        }
        if !remote.takes(&path) {
            return Err(Failure("denied: requested access to the resource is denied".to_owned()));
        }
        let mut blobs = vec![None; diff_ids.len()];
        for at in (0..diff_ids.len()).rev() {
            let (blob, size, what) = self.push_layer(sys, &remote, name, chains[at], programs)?;
            self.remember(sys, diff_ids[at], blob, &name.full_repository())?;
            tell(&diff_ids[at].short(), &what);
            blobs[at] = Some((blob, size));
        }
        let blobs: Vec<(Digest, u64)> = blobs.into_iter().flatten().collect();
        let data = Rope { segs: vec![whole(image.raw.clone())] };
        remote.take(sys, &path, image.id, &data)?;
        let manifest = manifest(&image.raw, &blobs);
        let digest = remote.publish(sys, &path, &name.tag, &manifest)?;
        self.tag_digest(sys, &name.repository, digest, image.id)?;
        Ok((digest, manifest.len()))
    }

    /// Pushes one layer unless the repository has it; its blob, and what became of it.
    fn push_layer(
        &self,
        sys: &mut dyn Sys,
        remote: &Remote,
        name: &Reference,
        chain: Digest,
        programs: &Programs<'_>,
    ) -> Answer<(Digest, u64, String)> {
        let stored = self.layer(sys, chain);
        let stored = stored.ok_or_else(|| Failure(format!("layer {chain} does not exist")))?;
        let path = name.path();
        let origins = self.origins(sys, stored.diff_id);
        let (host, own) = (format!("{}/", name.host()), name.full_repository());
        for origin in origins.iter().rev().filter(|it| it.source_repository == own) {
            if remote.has(sys, &path, origin.digest) {
                let size = self.blob_size(sys, remote, stored.diff_id, origin.digest);
                return Ok((origin.digest, size, "Layer already exists".to_owned()));
            }
        }
        for origin in origins.iter().rev() {
            let Some(other) = origin.source_repository.strip_prefix(&host) else { continue };
            if remote.has(sys, other, origin.digest) {
                remote.link(sys, &path, origin.digest)?;
                let size = self.blob_size(sys, remote, stored.diff_id, origin.digest);
                return Ok((origin.digest, size, format!("Mounted from {other}")));
            }
        }
        let built_in = registry::Known::of_diff_id(stored.diff_id);
        if let Some((known, layer)) = built_in.and_then(|it| Some((it, registry::layer(it.blob)?)))
        {
            let data = layer.blob(programs).unwrap_or_default();
            remote.take(sys, &path, known.blob, &data)?;
            return Ok((known.blob, known.size, "Pushed".to_owned()));
        }
        let bytes = compress::gzip(&self.archive(sys, chain)?);
        let (blob, size) = (Digest::of(&bytes), bytes.len() as u64);
        remote.take(sys, &path, blob, &Rope { segs: vec![whole(bytes)] })?;
        Ok((blob, size, "Pushed".to_owned()))
    }

    fn blob_size(&self, sys: &mut dyn Sys, remote: &Remote, diff_id: Digest, blob: Digest) -> u64 {
        if let Some(known) = registry::Known::of_diff_id(diff_id).filter(|it| it.blob == blob) {
            return known.size;
        }
        let path = remote.blob(sys, blob).unwrap_or_default();
        files::stat(sys, &path).map_or(0, |attr| attr.size)
    }
}

fn whole(bytes: Vec<u8>) -> Seg {
    let len = bytes.len();
    Seg::Shared { bytes: bytes.into(), off: 0, len }
}
