//! What the container engine of the machine holds: images, containers, volumes, and the layers that
//! they share. Read from the engine's own files, so it is true after every command and at every
//! step of the past.

#[cfg(feature = "containers")]
mod build;
#[cfg(feature = "containers")]
mod graph;
#[cfg(all(test, feature = "containers"))]
mod tests;

#[cfg(feature = "containers")]
pub use build::look;

use crate::survey::Miss;
use serde::{Deserialize, Serialize};

/// A machine without containers holds none.
#[cfg(not(feature = "containers"))]
pub fn look(_: &mut crate::vfs::Kernel, _: crate::vfs::Pid) -> Option<Docker> {
    None
}

/// Everything below the data root. Lists refer to each other by position.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docker {
    /// `overlay2`, `vfs`.
    pub driver: String,
    /// The data root.
    pub root: String,
    /// Every layer of the store, parents before children.
    pub layers: Vec<StoredLayer>,
    /// The newest first.
    pub images: Vec<ImageInfo>,
    /// The newest first.
    pub containers: Vec<ContainerInfo>,
    pub volumes: Vec<VolumeInfo>,
    /// The newest first.
    pub builds: Vec<BuildInfo>,
    /// Bytes of what the build cache holds and no image has.
    pub cached: u64,
    /// Bytes of all layers of images, each counted once.
    pub stored: u64,
    /// Bytes of the layers if every image had its own.
    pub unshared: u64,
    /// Rows and columns of the graph.
    pub rows: usize,
    pub columns: usize,
}

impl Docker {
    /// Nothing is on the shelves.
    pub fn is_bare(&self) -> bool {
        self.images.is_empty()
            && self.containers.is_empty()
            && self.volumes.is_empty()
            && self.builds.is_empty()
    }
}

/// Where something stands in the graph: layers from the left, then images, then containers.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    pub column: usize,
    pub row: usize,
}

/// A layer of the store.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLayer {
    pub chain: String,
    pub diff_id: String,
    /// The directory of the driver, and where the layer's own files lie.
    pub dir: String,
    pub files: String,
    /// Bytes.
    pub size: u64,
    /// The layer that it stands on.
    pub parent: Option<usize>,
    /// The instruction that made it, as the first image says that has it.
    pub by: String,
    /// Who has it: images, and containers of these images.
    pub images: Vec<usize>,
    pub containers: Vec<usize>,
    pub spot: Spot,
}

/// An image.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageInfo {
    /// `sha256:…`
    pub id: String,
    /// `repository:tag`; none of a dangling image.
    pub tags: Vec<String>,
    /// As the configuration says, RFC 3339.
    pub created: String,
    /// Base first.
    pub layers: Vec<usize>,
    /// The steps that made it, the first one first.
    pub steps: Vec<ImageStep>,
    pub containers: Vec<usize>,
    /// Bytes of its layers, and of those that another image has too.
    pub size: u64,
    pub shared: u64,
    /// What goes when it is removed and nothing of it is in use: layers, and their bytes.
    pub goes: Vec<usize>,
    pub frees: u64,
    pub spot: Spot,
}

/// A row of `docker history`.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageStep {
    pub by: String,
    /// The layer that it made; `None` of a step that changed no file.
    pub layer: Option<usize>,
}

/// A container.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerInfo {
    pub id: String,
    /// Without its slash.
    pub name: String,
    /// `None`: the image is gone.
    pub image: Option<usize>,
    /// As it was asked for.
    pub image_name: String,
    /// `created`, `running`, `exited`.
    pub status: String,
    pub exit_code: i32,
    pub command: String,
    pub created: String,
    /// The writable layer: its directory, where what the container wrote lies, and where the whole is
    /// mounted while it runs.
    pub dir: String,
    pub files: String,
    pub merged: Option<String>,
    /// The layer with the engine's own files below the writable one.
    pub init_dir: String,
    /// Bytes that it has written; `None` where the driver cannot tell without comparing whole trees.
    pub written: Option<u64>,
    pub mounts: Vec<MountPoint>,
    pub spot: Spot,
}

impl ContainerInfo {
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

/// Something of the machine inside a container: it bypasses the union.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// The volume's name; empty of a directory of the machine.
    pub volume: String,
    pub source: String,
    pub destination: String,
    pub writable: bool,
}

/// A volume.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeInfo {
    pub name: String,
    /// Where its files are.
    pub files: String,
    pub size: u64,
    pub containers: Vec<usize>,
}

/// A build that the engine remembers.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildInfo {
    /// When it ended, RFC 3339: no two end at once.
    pub ended: String,
    /// By the classic builder.
    pub classic: bool,
    /// The context as it was given.
    pub context: String,
    /// The names that it was to give.
    pub tags: Vec<String>,
    /// The image that it made, `sha256:…`; empty if it failed.
    pub image: String,
    /// What went wrong; empty if nothing did.
    pub error: String,
    /// In their order: what the Dockerfile makes layers with, all instructions of the classic builder.
    pub steps: Vec<BuildStep>,
}

/// A step of a build.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildStep {
    /// As the progress names it: `[2/3] RUN make`.
    pub step: String,
    /// Why it was built; `None` if it came from the cache.
    pub miss: Option<Miss>,
    /// The chain of its layer; empty of a step that made none.
    pub chain: String,
    /// The layer, while the store has it.
    pub layer: Option<usize>,
}
