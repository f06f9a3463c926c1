//! The layer store: which layers there are, by chain ID, and where the driver has them.

use super::{Engine, random_id, record};
use crate::drivers::{Answer, Failure, Part, Sink, files};
use crate::limits::DOCKER_LAYERS_MAX;
use crate::oci::digest::{Digest, Hasher};
use crate::sys::Sys;
use crate::tar::{Entry, write};
use crate::types::Result;

/// A layer that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub chain: Digest,
    pub diff_id: Digest,
    pub parent: Option<Digest>,
    pub cache_id: String,
    pub size: u64,
}

/// Digests the archive of a layer without keeping it.
#[derive(Default)]
pub struct Digesting {
    hasher: Hasher,
    /// Bytes of the archive.
    pub count: u64,
    pub entries: usize,
}

impl Digesting {
    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.count += bytes.len() as u64;
    }

    /// The diff ID.
    pub fn finish(mut self) -> Digest {
        self.take(&write::END);
        self.hasher.finish()
    }
}

impl Sink for Digesting {
    fn entry(&mut self, entry: &Entry) -> Result<()> {
        self.entries += 1;
        self.take(&write::headers(entry));
        Ok(())
    }
    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.take(bytes);
        Ok(())
    }
    fn end(&mut self, entry: &Entry) -> Result<()> {
        let padding: Vec<u8> = write::padding(entry.size).collect();
        self.take(&padding);
        Ok(())
    }
}

/// Writes entries as an archive.
#[derive(Default)]
pub struct Writing(Vec<u8>);

impl Writing {
    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&write::END);
        self.0
    }
}

impl Sink for Writing {
    fn entry(&mut self, entry: &Entry) -> Result<()> {
        self.0.extend(write::headers(entry));
        Ok(())
    }
    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, entry: &Entry) -> Result<()> {
        self.0.extend(write::padding(entry.size));
        Ok(())
    }
}

impl Engine {
    pub(super) fn layer_dir(&self, chain: Digest) -> String {
        format!("{}/layerdb/sha256/{}", self.driver_dir(), chain.hex())
    }

    /// The layer with this chain ID.
    pub fn layer(&self, sys: &mut dyn Sys, chain: Digest) -> Option<Stored> {
        let dir = self.layer_dir(chain);
        let mut text = |name: &str| files::read_text(sys, &format!("{dir}/{name}")).ok();
        Some(Stored {
            chain,
            diff_id: Digest::parse(&text("diff")?)?,
            cache_id: text("cache-id")?,
            size: text("size")?.parse().ok()?,
            parent: text("parent").and_then(|it| Digest::parse(&it)),
        })
    }

    /// May another layer lie on this one?
    ///
    /// # Errors
    /// The depth that Docker's store allows.
    pub(crate) fn may_grow(&self, sys: &mut dyn Sys, mut top: Option<Digest>) -> Answer<()> {
        for _ in 0..DOCKER_LAYERS_MAX {
            let Some(stored) = top.and_then(|chain| self.layer(sys, chain)) else { return Ok(()) };
            top = stored.parent;
        }
        Err(Failure("max depth exceeded".to_owned()))
    }

    /// Every layer that is there.
    pub fn layers(&self, sys: &mut dyn Sys) -> Vec<Stored> {
        let names = files::names(sys, &format!("{}/layerdb/sha256", self.driver_dir()));
        let chains: Vec<Digest> = names.iter().filter_map(|it| Digest::from_hex(it)).collect();
        chains.into_iter().filter_map(|chain| self.layer(sys, chain)).collect()
    }

    /// Takes a layer in on top of `parent`. `diff_id`, where it is known, saves the digesting; a
    /// layer that is there already is only named.
    ///
    /// # Errors
    /// The driver's and the source's; nothing half-made remains.
    pub fn register(
        &self,
        sys: &mut dyn Sys,
        parent: Option<Digest>,
        diff_id: Option<Digest>,
        source: &mut dyn FnMut() -> Answer<Option<Part>>,
    ) -> Answer<Stored> {
        if let Some(diff_id) = diff_id {
            if let Some(stored) = self.layer(sys, diff_id.chained(parent)) {
                return Ok(stored);
            }
        }
        let below = match parent {
            Some(parent) => Some(
                self.layer(sys, parent)
                    .ok_or_else(|| Failure(format!("layer {parent} does not exist")))?,
            ),
            None => None,
        };
        self.may_grow(sys, parent)?;
        let below = below.as_ref().map(|it| it.cache_id.as_str());
        let cache_id = random_id(sys, "layer");
        self.driver.create(sys, &cache_id, below)?;
        let applied = self.driver.apply_diff(sys, &cache_id, below, source);
        let done = applied.and_then(|size| {
            let diff_id = match diff_id {
                Some(diff_id) => diff_id,
                None => self.digest(sys, &cache_id, below)?.0,
            };
            Ok((size, diff_id))
        });
        let (size, diff_id) = match done {
            Ok(done) => done,
            Err(failure) => {
                let _ = self.driver.remove(sys, &cache_id);
                return Err(failure);
            }
        };
        let chain = diff_id.chained(parent);
        if let Some(stored) = self.layer(sys, chain) {
            self.driver.remove(sys, &cache_id)?;
            return Ok(stored);
        }
        let stored = Stored { chain, diff_id, parent, cache_id, size };
        self.keep_layer(sys, &stored)?;
        Ok(stored)
    }

    /// The diff ID of a driver's layer, and the number of its entries.
    ///
    /// # Errors
    /// The driver's.
    pub fn digest(
        &self,
        sys: &mut dyn Sys,
        cache_id: &str,
        below: Option<&str>,
    ) -> Answer<(Digest, usize)> {
        let mut digesting = Digesting::default();
        self.driver.diff(sys, cache_id, below, &mut digesting)?;
        let entries = digesting.entries;
        Ok((digesting.finish(), entries))
    }

    /// The archive of a layer, made again from the driver's files and proved by its digest.
    ///
    /// # Errors
    /// The driver's; a layer whose archive another tool wrote in another form.
    pub fn archive(&self, sys: &mut dyn Sys, chain: Digest) -> Answer<Vec<u8>> {
        let stored = self.layer(sys, chain);
        let stored = stored.ok_or_else(|| Failure(format!("layer {chain} does not exist")))?;
        if let Some(bytes) = self.assembled(sys, &stored)? {
            return Ok(bytes);
        }
        let below = stored.parent.and_then(|parent| self.layer(sys, parent));
        let below = below.as_ref().map(|it| it.cache_id.as_str());
        let mut writing = Writing::default();
        self.driver.diff(sys, &stored.cache_id, below, &mut writing)?;
        let bytes = writing.finish();
        if Digest::of(&bytes) != stored.diff_id {
            return Err(Failure(format!(
                "layer {} came from another tool and cannot be written again byte for byte",
                stored.diff_id
            )));
        }
        Ok(bytes)
    }

    /// Writes the records of a layer.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn keep_layer(&self, sys: &mut dyn Sys, stored: &Stored) -> Answer<()> {
        let dir = self.layer_dir(stored.chain);
        files::mkdir_all(sys, &dir, 0o700).map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        record(sys, &format!("{dir}/diff"), stored.diff_id.to_string().as_bytes(), 0o644)?;
        record(sys, &format!("{dir}/cache-id"), stored.cache_id.as_bytes(), 0o644)?;
        record(sys, &format!("{dir}/size"), stored.size.to_string().as_bytes(), 0o644)?;
        if let Some(parent) = stored.parent {
            record(sys, &format!("{dir}/parent"), parent.to_string().as_bytes(), 0o644)?;
        }
        Ok(())
    }

    /// Removes layers that nothing stands on, from `chain` downwards; the chain IDs of the removed.
    ///
    /// # Errors
    /// The driver's.
    pub fn release(&self, sys: &mut dyn Sys, chain: Digest) -> Answer<Vec<Digest>> {
        let mut removed = Vec::new();
        let mut next = Some(chain);
        while let Some(chain) = next {
            let Some(stored) = self.layer(sys, chain) else { break };
            if self.is_used(sys, chain) {
                break;
            }
            self.driver.remove(sys, &stored.cache_id)?;
            let dir = self.layer_dir(chain);
            files::remove_all(sys, dir.as_bytes())
                .map_err(|errno| Failure::of("unlinkat", &dir, errno))?;
            removed.push(chain);
            next = stored.parent;
        }
        Ok(removed)
    }

    /// Whether an image, a container, another layer or the build cache stands on the layer.
    fn is_used(&self, sys: &mut dyn Sys, chain: Digest) -> bool {
        let by_layer = self.layers(sys).iter().any(|it| it.parent == Some(chain));
        if by_layer || self.image_chains(sys).iter().any(|chains| chains.last() == Some(&chain)) {
            return true;
        }
        if self.cached_chains(sys).contains(&chain) {
            return true;
        }
        let mounts = format!("{}/layerdb/mounts", self.driver_dir());
        let parents =
            files::names(sys, &mounts).into_iter().map(|id| format!("{mounts}/{id}/parent"));
        let parents: Vec<String> = parents.collect();
        let text = chain.to_string();
        parents.iter().any(|path| files::read_text(sys, path).is_ok_and(|it| it == text))
    }
}
