//! Which layers images and containers share.

use serde::{Deserialize, Serialize};

/// A layer of an image that goes into a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLayer {
    /// What makes it the same layer elsewhere: its diff ID on these layers below.
    pub chain_id: String,
    pub diff_id: String,
    pub size: u64,
    /// The step that made it, if it is known.
    pub created_by: String,
}

/// An image that goes into a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: String,
    pub names: Vec<String>,
    /// Base first.
    pub layers: Vec<SourceLayer>,
}

/// A container that goes into a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    pub id: String,
    pub name: String,
    /// The `id` of its image.
    pub image: String,
    /// Bytes that it has written itself.
    pub size: u64,
    pub running: bool,
}

/// What removing an image under all of its names would free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freed {
    /// Numbers in [`Graph::layers`], topmost first: the order in which Docker deletes them.
    pub layers: Vec<u32>,
    pub bytes: u64,
    /// Containers that forbid it, numbers in [`Graph::containers`]; then nothing is freed.
    pub held_by: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageNode {
    pub id: String,
    pub names: Vec<String>,
    /// Numbers in [`Graph::layers`], base first.
    pub layers: Vec<u32>,
    pub size: u64,
    /// Bytes of layers that another image has too, and of those that none has.
    pub shared: u64,
    pub unique: u64,
    pub freed: Freed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerNode {
    pub chain_id: String,
    pub diff_id: String,
    pub size: u64,
    pub created_by: String,
    /// The layer that it stands on.
    pub parent: Option<u32>,
    /// Images that have it, and containers whose image has it.
    pub images: Vec<u32>,
    pub containers: Vec<u32>,
    /// How many stand directly on it: layers, images whose top it is, containers of such images.
    pub references: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerNode {
    pub id: String,
    pub name: String,
    pub running: bool,
    pub size: u64,
    /// The number of its image, if that is in the graph.
    pub image: Option<u32>,
}

/// The graph. Numbers are positions in its lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    pub images: Vec<ImageNode>,
    /// Parents before children.
    pub layers: Vec<LayerNode>,
    pub containers: Vec<ContainerNode>,
    /// Bytes of all layers, each once; with what containers have written.
    pub bytes: u64,
    /// What they would take if nothing were shared.
    pub unshared: u64,
}
