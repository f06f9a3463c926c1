//! `docker image inspect`: the object, its keys in Docker's order.

use super::config::{ImageConfig, RunConfig};
use super::digest::Digest;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// What Docker shows where a time is not known.
pub const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// An image as `docker image inspect` shows it (Engine 26).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspect {
    pub id: Digest,
    pub repo_tags: Vec<String>,
    pub repo_digests: Vec<String>,
    pub parent: String,
    pub comment: String,
    pub created: String,
    pub docker_version: String,
    pub author: String,
    pub config: RunConfig,
    pub architecture: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
    pub os: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    pub size: u64,
    pub graph_driver: GraphDriver,
    #[serde(rename = "RootFS")]
    pub root_fs: RootFs,
    pub metadata: Metadata,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GraphDriver {
    pub data: DriverData,
    pub name: String,
}

/// What a storage driver says of a layer: keys in order, or nothing.
#[derive(Clone, Debug, Default)]
pub struct DriverData(pub Option<Vec<(&'static str, String)>>);

impl Serialize for DriverData {
    fn serialize<S: Serializer>(&self, ser: S) -> Result<S::Ok, S::Error> {
        let Some(pairs) = &self.0 else { return ser.serialize_none() };
        let mut map = ser.serialize_map(Some(pairs.len()))?;
        for (key, value) in pairs {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootFs {
    #[serde(rename = "Type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Digest>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metadata {
    pub last_tag_time: String,
}

impl Inspect {
    /// An image whose layers have these bytes together. What only a store knows is empty.
    pub fn new(id: Digest, config: &ImageConfig, tags: &[String], size: u64) -> Inspect {
        Inspect {
            id,
            repo_tags: tags.to_vec(),
            repo_digests: Vec::new(),
            parent: String::new(),
            comment: comment(config),
            created: config.created.clone().unwrap_or_else(|| ZERO_TIME.to_owned()),
            docker_version: config.docker_version.clone(),
            author: config.author.clone(),
            config: config.config.clone(),
            architecture: config.architecture.clone(),
            variant: config.variant.clone(),
            os: config.os.clone(),
            os_version: config.os_version.clone(),
            size,
            graph_driver: GraphDriver { data: DriverData::default(), name: "overlay2".to_owned() },
            root_fs: RootFs { kind: "layers", layers: config.rootfs.diff_ids.clone() },
            metadata: Metadata { last_tag_time: ZERO_TIME.to_owned() },
        }
    }
}

/// Its own, or that of its last step (observed of docker 20.10.24).
fn comment(config: &ImageConfig) -> String {
    let last = config.history.last().map_or("", |it| it.comment.as_str());
    if config.comment.is_empty() { last.to_owned() } else { config.comment.clone() }
}

/// A value as Docker prints it: four spaces a level.
pub fn pretty(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut ser = serde_json::Serializer::with_formatter(&mut bytes, form);
    match value.serialize(&mut ser) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
