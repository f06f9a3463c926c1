//! How storage looks that several trees share, as plain data: what there is to draw.

use serde::{Deserialize, Serialize};

/// What a pool, or a file system that shares storage between trees, holds at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Bytes of the least piece that is shared or copied on its own.
    pub unit: u64,
    /// Trees that share the storage: subvolumes, datasets with their snapshots, thin devices. Parents
    /// stand before children.
    pub volumes: Vec<Volume>,
    /// Pieces of the storage that are in use, in the order of their place.
    pub runs: Vec<Run>,
    /// How full the storage is: data first, then metadata where it is counted apart.
    pub gauges: Vec<Gauge>,
}

/// A tree that shares storage with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// What the system's own tools call it: a path, a dataset, a device.
    pub name: String,
    /// Position of the one that it was made from.
    pub parent: Option<usize>,
    /// It cannot be written: a snapshot.
    pub frozen: bool,
    /// Bytes that can be reached from it.
    pub refers: u64,
    /// Of these, bytes that nobody else refers to.
    pub exclusive: u64,
}

/// Neighbouring units of storage that are referred to equally often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first unit.
    pub at: u64,
    /// How many.
    pub len: u64,
    /// How many trees refer to them; 1 is not shared.
    pub refs: u32,
}

/// How full something is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    pub used: u64,
    pub total: u64,
}
