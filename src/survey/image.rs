//! An image and its layers.

use serde::{Deserialize, Serialize};

/// How a layer lies in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    None,
    Gzip,
    Zstd,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `sha256:…` of the configuration.
    pub id: String,
    pub tags: Vec<String>,
    /// As the configuration has it (RFC 3339).
    pub created: Option<String>,
    pub architecture: String,
    pub os: String,
    pub variant: String,
    /// Digest of the manifest, in an OCI layout.
    pub manifest: Option<String>,
    /// What Docker calls its size: bytes of the files of all layers.
    pub size: u64,
    /// Base first.
    pub layers: Vec<Layer>,
    /// The history, oldest first.
    pub steps: Vec<Step>,
    /// Oddities that do not make it unusable.
    pub notes: Vec<String>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub number: u32,
    /// Digest of the unpacked tar.
    pub diff_id: String,
    /// Digest of this diff ID and all below it.
    pub chain_id: String,
    /// The file of the archive that holds it.
    pub name: String,
    pub packing: Packing,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes of the tar.
    pub unpacked: u64,
    /// Bytes of its files, each inode once, and of its symlinks.
    pub size: u64,
    pub entries: u32,
    /// Paths that it adds, changes and removes, directories counted.
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
    /// The step that made it, as the history words it; empty where none is recorded.
    pub created_by: String,
}

/// A step of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub created: Option<String>,
    pub created_by: String,
    pub comment: String,
    /// The line of a Dockerfile that says this.
    pub instruction: String,
    /// The layer that it made; none for steps that only change the configuration.
    pub layer: Option<u32>,
    /// Bytes of that layer.
    pub size: u64,
}
