//! One path looked at closely, and how the union comes to show it.

use super::{DiffLine, Node};
use crate::errno::Errno;
use crate::trace::Rule;
use crate::trace::step::{Layer, Verdict};
use serde::{Deserialize, Serialize};

/// Everything about one path.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Absolute path.
    pub path: String,
    /// The overlay mount that it lies in (target), if any.
    pub mount: Option<String>,
    /// As a process sees it; `None` when it is not there.
    pub seen: Option<NodeReport>,
    /// What each layer has there, from the top; with nothing at all left out.
    pub layers: Vec<NodeReport>,
    /// From the topmost lower version to what is seen; empty when there are not two files.
    pub diff: Vec<DiffLine>,
}

/// One inode in full.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// `None` for the merged view and for paths outside overlays.
    pub layer: Option<Layer>,
    /// Absolute path of this very inode.
    pub path: String,
    pub node: Node,
    /// Output of `stat`.
    pub stat: String,
    pub xattrs: Vec<XattrRow>,
    pub body: Body,
}

/// An extended attribute with what it means.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct XattrRow {
    pub name: String,
    /// As getfattr prints it (text or 0s/0x form).
    pub value: String,
    /// One of `opaque origin impure redirect metacopy nlink upper uuid whiteout xattr acl`, if it
    /// is one that the overlay uses.
    pub meaning: Option<String>,
}

/// What is in it.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    #[default]
    None,
    /// Text; `cut` when only the beginning is given.
    Text {
        text: String,
        cut: bool,
    },
    /// Lines of a hex dump.
    Binary {
        hex: String,
        cut: bool,
    },
    Directory {
        names: Vec<String>,
    },
    Symlink {
        target: String,
    },
}

/// The lookup of one path, step by step.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceReport {
    /// Absolute path.
    pub path: String,
    /// Target of the overlay mount; `None` outside overlays.
    pub mount: Option<String>,
    pub rows: Vec<TraceRow>,
    /// The inode it ends at.
    pub result: Option<Node>,
    pub errno: Option<Errno>,
    /// The layer that `st_dev` and `st_ino` come from.
    pub identity_from: Option<Layer>,
    /// The `stat` line: `dev 0:32 ino 131 size 9 -rw-r--r--`.
    pub stat: String,
}

/// One question to one layer.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRow {
    /// Relative to the mount: the component asked for.
    pub path: String,
    pub layer: Layer,
    pub verdict: Verdict,
    pub rule: Rule,
    /// The number of the rule in the semantics document.
    pub rule_id: String,
    /// The rule in one English sentence.
    pub sentence: String,
    /// The same in Chinese, where the page does not have it itself.
    pub chinese: Option<String>,
}
