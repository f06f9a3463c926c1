//! Mounts, their layers, and a plain tree of files.

use super::{Ledger, Row, Unseen};
use crate::trace::step::Layer;
use crate::types::FileType;
use serde::{Deserialize, Serialize};

/// One overlay mount with everything that a picture of it needs.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountInfo {
    /// The file system's number inside the machine: what trace steps call `overlay`.
    pub overlay: u32,
    /// Where it is mounted.
    pub target: String,
    /// First word of its line in /proc/mounts.
    pub source: String,
    /// Options as /proc/mounts shows them.
    pub options: String,
    /// No upper layer, or mounted `ro`.
    pub read_only: bool,
    /// From the top: upper (if any), then lower 1 to n. Cells of a row stand in the same order.
    pub layers: Vec<LayerInfo>,
    /// The part of the work directory that is in use now.
    pub work: Vec<TreeRow>,
    /// Where `workdir=` is; empty without one.
    pub work_path: String,
    /// Paths of the union and of every layer, parents before children, siblings by name.
    pub rows: Vec<Row>,
    /// Rows left out because there are too many.
    pub rows_left_out: usize,
    pub ledger: Ledger,
    /// The largest files whose bytes nobody sees.
    pub unseen: Vec<Unseen>,
}

impl MountInfo {
    /// The row of a path relative to the mount ("" is its root).
    pub fn row(&self, path: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.path == path)
    }

    /// Column of a layer in [`Row::cells`].
    pub fn column(&self, layer: Layer) -> Option<usize> {
        self.layers.iter().position(|it| it.layer == layer)
    }
}

/// One layer of a mount.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerInfo {
    pub layer: Layer,
    /// `upper`, `lower 1` …
    pub label: String,
    /// The directory, as given or as resolved from the root.
    pub path: String,
    /// `ext4`, `tmpfs` …
    pub fs: String,
    pub writable: bool,
    /// A data-only lower layer: its names are not part of the union.
    pub data_only: bool,
    /// Entries in it, whiteouts included.
    pub entries: usize,
    /// Bytes of its regular files.
    pub bytes: u64,
}

/// One line of a plain tree of files.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeRow {
    /// Absolute path.
    pub path: String,
    pub name: String,
    /// 0 for what stands directly in the root of the tree.
    pub depth: usize,
    pub kind: FileType,
    pub size: u64,
    /// A character device 0,0: a whiteout where a layer holds it.
    pub whiteout: bool,
    /// Something is mounted here (its file system type).
    pub mounted: Option<String>,
    /// The part that a mount gives this directory: `upper`, `lower 1`, `work`, `merged`.
    pub role: Option<String>,
}

/// A line of a tree.
pub fn tree_row(path: String, name: String, depth: usize, attr: &crate::types::Attr) -> TreeRow {
    let whiteout = attr.kind == FileType::Chr && attr.rdev == crate::types::Dev::new(0, 0);
    let (mounted, role) = (None, None);
    TreeRow { path, name, depth, kind: attr.kind, size: attr.size, whiteout, mounted, role }
}
