//! The union as rows: one path, what every layer has there, and what people see.

use crate::types::FileType;
use serde::{Deserialize, Serialize};

/// One path of the union.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Relative to the mount; "" is its root.
    pub path: String,
    pub name: String,
    /// 0 for the root.
    pub depth: usize,
    /// What the mount shows; `None` when the path is hidden.
    pub merged: Option<Node>,
    /// One for each layer, from the top.
    pub cells: Vec<Cell>,
    /// Column of the lower file that the upper one was copied up from.
    pub origin: Option<usize>,
}

impl Row {
    /// Columns that what people see comes from: one for a file, all merged ones for a directory.
    pub fn sources(&self) -> impl Iterator<Item = usize> + '_ {
        self.cells.iter().enumerate().filter(|(_, it)| it.role.is_source()).map(|(i, _)| i)
    }
    /// More than one layer has something here, or it is hidden.
    pub fn is_contested(&self) -> bool {
        self.merged.is_none() || self.cells.iter().filter(|it| it.node.is_some()).count() > 1
    }
}

/// What one layer has at one path.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub role: Role,
    /// `None` when the layer has nothing here.
    pub node: Option<Node>,
}

/// The part that a layer plays at one path, as the engine's lookup told it.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nothing there.
    Absent,
    /// Provides what people see.
    Visible,
    /// A directory that is merged with others.
    Merged,
    /// Something is there and a layer above hides it.
    Shadowed,
    /// Hides the name below.
    Whiteout,
    /// A directory that lets nothing through from below.
    Opaque,
}

impl Role {
    pub const fn is_source(self) -> bool {
        matches!(self, Role::Visible | Role::Merged | Role::Opaque)
    }
}

/// One inode in short.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub kind: FileType,
    /// Inode number as `stat` shows it.
    pub ino: u64,
    pub dev: String,
    /// `-rw-r--r--`
    pub mode: String,
    pub nlink: u32,
    pub owner: String,
    pub size: u64,
    /// Time of the last change of its data, in UTC.
    pub mtime: String,
    /// Target of a symbolic link; `0, 0` of a device.
    pub extra: String,
    /// Has an origin: was copied up from below.
    pub copied_up: bool,
    /// Metadata only; the data is still below.
    pub metacopy: bool,
    /// Looks below under this name.
    pub redirect: Option<String>,
}
