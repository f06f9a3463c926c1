//! The built-in registry: images that can be pulled without a network.
//!
//! Which files an image has is written down here from what such images are known to hold; what is
//! in the files is generated or written for this machine, and sizes are made up so that each layer
//! has the size of its model. Nothing of the real images is copied.

mod accounts;
mod debian;
mod lab;
mod nginx;
mod others;
mod packed;
mod plan;

use crate::drivers::Part;
use crate::oci::config::{History, ImageConfig, RootFs, RunConfig};
use crate::oci::digest::{Digest, Hasher};
use crate::store::{Rope, Seg, generate};
use crate::tar::write;
use plan::Plan;

/// Digests of the layers and of their packed form: made by a test, so that no pull has to digest or
/// to pack anything.
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

    /// Bytes of all its files.
    pub fn size(&self) -> u64 {
        self.plan.size()
    }

    /// What is written down of it.
    pub fn known(&self) -> Option<Known> {
        Known::of_key(self.key)
    }

    /// Its archive, unpacked: nothing is copied, contents stay what makes them.
    pub fn archive(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Rope {
        let mut segs = Vec::new();
        for (entry, data) in self.parts(program) {
            segs.push(shared(write::headers(&entry)));
            segs.extend(data.segs);
            segs.push(shared(write::padding(entry.size).collect()));
        }
        segs.push(shared(write::END.to_vec()));
        segs.retain(|seg| !seg.is_empty());
        Rope { segs }
    }

    /// Measures what is written down: a test does that, so that nobody has to when pulling.
    pub fn measure(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Known {
        let archive = self.archive(program);
        let (mut hasher, mut crc) = (Hasher::default(), flate2::Crc::new());
        each(&archive, &mut |bytes| {
            hasher.update(bytes);
            crc.update(bytes);
        });
        let (diff_id, crc) = (hasher.finish(), crc.sum());
        let blob = packed::stored(&archive, crc);
        let mut hasher = Hasher::default();
        each(&blob, &mut |bytes| hasher.update(bytes));
        Known { diff_id, blob: hasher.finish(), size: blob.len(), crc }
    }

    /// The blob of the registry.
    pub fn blob(&self, program: &dyn Fn(&str) -> Vec<u8>) -> Option<Rope> {
        Some(packed::stored(&self.archive(program), self.known()?.crc))
    }
}

/// What is written down of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Of the unpacked archive.
    pub diff_id: Digest,
    /// Of the packed one, and its bytes.
    pub blob: Digest,
    pub size: u64,
    /// CRC-32 of the unpacked archive, which ends the packed one.
    pub crc: u32,
}

impl Known {
    fn of_key(key: &str) -> Option<Known> {
        Known::parse(DIGESTS.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?)
    }

    fn parse(line: &str) -> Option<Known> {
        let mut words = line.split(' ');
        Some(Known {
            diff_id: Digest::parse(words.next()?)?,
            blob: Digest::parse(words.next()?)?,
            size: words.next()?.parse().ok()?,
            crc: u32::from_str_radix(words.next()?, 16).ok()?,
        })
    }

    /// The built-in layer that has this diff ID.
    pub fn of_diff_id(diff_id: Digest) -> Option<Known> {
        let all = DIGESTS.lines().filter_map(|line| Known::parse(line.split_once(' ')?.1));
        all.into_iter().find(|it| it.diff_id == diff_id)
    }
}

/// As a line of the list.
impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {:08x}", self.diff_id, self.blob, self.size, self.crc)
    }
}

fn shared(bytes: Vec<u8>) -> Seg {
    let len = bytes.len();
    Seg::Shared { bytes: bytes.into(), off: 0, len }
}

/// Goes through the bytes of a rope.
pub(super) fn each(rope: &Rope, take: &mut dyn FnMut(&[u8])) {
    let mut buf = vec![0; 64 << 10];
    for seg in &rope.segs {
        match seg {
            Seg::Shared { bytes, off, len } => take(&bytes[*off..off + len]),
            Seg::Generated { seed, at, len } => {
                let mut done = 0;
                while done < *len {
                    let n = (len - done).min(buf.len() as u64) as usize;
                    generate(*seed, at + done, &mut buf[..n]);
                    take(&buf[..n]);
                    done += n as u64;
                }
            }
            _ => {}
        }
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

    /// What is written down of its layers, base first.
    pub fn known(&self) -> Option<Vec<Known>> {
        self.layers.iter().map(Layer::known).collect()
    }

    /// The configuration with the diff IDs that are written down.
    pub fn known_config(&self) -> Option<Vec<u8>> {
        Some(self.config(self.known()?.iter().map(|it| it.diff_id).collect()))
    }
}

/// Everything that can be pulled.
pub fn images() -> Vec<Image> {
    let mut all = vec![debian::image(), debian::bookworm()];
    all.extend(nginx::images());
    all.extend(others::images());
    all.extend(lab::images());
    all
}

/// The built-in layer of this packed digest.
pub fn layer(blob: Digest) -> Option<Layer> {
    let key = DIGESTS.lines().find_map(|line| {
        let (key, rest) = line.split_once(' ')?;
        (Known::parse(rest)?.blob == blob).then_some(key)
    })?;
    images().into_iter().flat_map(|image| image.layers).find(|layer| layer.key == key)
}

/// Names of programs that some image has.
pub fn programs() -> Vec<&'static str> {
    let mut all: Vec<&'static str> =
        images().iter().flat_map(|image| &image.layers).flat_map(|it| it.plan.programs()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
