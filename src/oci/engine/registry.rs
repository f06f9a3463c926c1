//! The built-in registry: images that can be pulled without a network.
//!
//! Which files an image has is written down here from what such images are known to hold; what is
//! in the files is generated or written for this machine, and sizes are made up so that each layer
//! has the size of its model. Nothing of the real images is copied.

mod debian;
mod nginx;
mod others;
mod plan;

use super::reference::Reference;
use crate::drivers::Part;
use crate::oci::config::{History, ImageConfig, RootFs, RunConfig};
use crate::oci::digest::{Digest, Hasher, chain_ids};
use crate::store::{Seg, generate};
use crate::tar::write;
use plan::Plan;

/// The digests of the layers: made by a test, so that no pull has to digest anything.
const DIGESTS: &str = include_str!("registry/digests.txt");

/// A layer that can be pulled.
#[derive(Clone)]
pub struct Layer {
    /// What it is called in the list of digests.
    pub key: &'static str,
    /// When its files were made.
    pub time: i64,
    pub plan: Plan,
}

impl Layer {
    /// Its entries in the order of an archive. `program` makes the executable file of a command.
    pub fn parts(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Vec<Part> {
        self.plan.parts(self.key, self.time, program)
    }

    /// The digest that is written down.
    pub fn known(&self) -> Option<Digest> {
        let line = DIGESTS.lines().find_map(|line| line.strip_prefix(self.key)?.strip_prefix(' '));
        line.and_then(Digest::parse)
    }

    /// The digest of the bytes.
    pub fn digest(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Digest {
        let mut hasher = Hasher::default();
        let mut buf = vec![0; 64 << 10];
        for (entry, data) in self.parts(program) {
            hasher.update(&write::headers(&entry));
            for seg in &data.segs {
                match seg {
                    Seg::Shared { bytes, off, len } => hasher.update(&bytes[*off..off + len]),
                    Seg::Generated { seed, at, len } => {
                        let mut done = 0;
                        while done < *len {
                            let n = (len - done).min(buf.len() as u64) as usize;
                            generate(*seed, at + done, &mut buf[..n]);
                            hasher.update(&buf[..n]);
                            done += n as u64;
                        }
                    }
                    _ => {}
                }
            }
            hasher.update(&write::padding(entry.size).collect::<Vec<u8>>());
        }
        hasher.update(&write::END);
        hasher.finish()
    }

    /// What stands for the packed blob: nobody packs here, so it is a name and no digest of bytes.
    pub fn blob(&self, diff_id: Digest) -> Digest {
        Digest::of(format!("blob {diff_id}").as_bytes())
    }
}

/// An image that can be pulled.
pub struct Image {
    /// Names that mean it, `repository:tag`.
    pub names: &'static [&'static str],
    pub created: &'static str,
    pub config: RunConfig,
    pub layers: Vec<Layer>,
    /// Steps, oldest first: when, what, whether it made a layer.
    pub steps: Vec<(&'static str, String, bool)>,
}

impl Image {
    /// The configuration, byte for byte.
    pub fn config(&self, diff_ids: Vec<Digest>) -> Vec<u8> {
        let history = self.steps.iter().map(|(created, by, layer)| History {
            created: Some((*created).to_owned()),
            created_by: by.clone(),
            empty_layer: !layer,
            ..History::default()
        });
        let config = ImageConfig {
            architecture: "amd64".to_owned(),
            os: "linux".to_owned(),
            created: Some(self.created.to_owned()),
            docker_version: "20.10.7".to_owned(),
            config: self.config.clone(),
            history: history.collect(),
            rootfs: RootFs { kind: "layers".to_owned(), diff_ids },
            ..ImageConfig::default()
        };
        serde_json::to_vec(&config).unwrap_or_default()
    }

    /// The digests of its layers, base first.
    pub fn diff_ids(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Vec<Digest> {
        let of = |layer: &Layer| layer.known().unwrap_or_else(|| layer.digest(program));
        self.layers.iter().map(of).collect()
    }

    /// What stands for the manifest's digest.
    pub fn manifest(config: &[u8], diff_ids: &[Digest]) -> Digest {
        let top = chain_ids(diff_ids).last().copied();
        let top = top.map(|it| it.to_string()).unwrap_or_default();
        Digest::of(format!("manifest {} {top}", Digest::of(config)).as_bytes())
    }
}

/// Everything that can be pulled.
pub fn images() -> Vec<Image> {
    let mut all = vec![debian::image()];
    all.extend(nginx::images());
    all.extend(others::images());
    all
}

/// The image of this name.
pub fn find(name: &Reference) -> Option<Image> {
    let text = name.to_string();
    images().into_iter().find(|image| image.names.contains(&text.as_str()))
}

/// Names of programs that some image has.
pub fn programs() -> Vec<&'static str> {
    let mut all: Vec<&'static str> =
        images().iter().flat_map(|image| &image.layers).flat_map(|it| it.plan.programs()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
