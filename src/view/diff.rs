//! Differences: of texts, and of two moments.

use super::{Node, Role};
use crate::trace::step::Layer;
use serde::{Deserialize, Serialize};

/// One line of a text difference.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub tag: DiffTag,
    pub text: String,
}

/// Added, removed, or the same on both sides.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffTag {
    Same,
    Added,
    Removed,
}

/// What differs between two moments in one mount.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeDiff {
    pub from: usize,
    pub to: usize,
    /// The mount that was compared: its target. `None` when there was none at either moment.
    pub mount: Option<String>,
    /// It was there at the first moment, and at the second.
    pub mounted: (bool, bool),
    pub changes: Vec<Change>,
    /// Changes that are left out because there are too many.
    pub left_out: usize,
}

/// One path that differs.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Relative to the mount.
    pub path: String,
    /// What people see of it; `None` when only the layers differ.
    pub seen: Option<TreeChange>,
    pub before: Side,
    pub after: Side,
    /// Steps between the two moments that touched it, by number.
    pub steps: Vec<usize>,
    /// From the text before to the text after, for regular files with text in them.
    pub lines: Vec<DiffLine>,
    /// Metadata that differs: name, before, after.
    pub facts: Vec<(String, String, String)>,
}

/// A path at one moment.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub node: Option<Node>,
    /// The layer that shows it: the topmost of a merged directory.
    pub layer: Option<Layer>,
    /// The part that each layer plays, from the top.
    pub roles: Vec<Role>,
}

/// As `docker diff` says it: A, C, D.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeChange {
    Added,
    Changed,
    Deleted,
}

/// The lines of two texts, side by side in one list.
pub fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    similar::TextDiff::from_lines(old, new)
        .iter_all_changes()
        .map(|change| DiffLine {
            tag: match change.tag() {
                similar::ChangeTag::Equal => DiffTag::Same,
                similar::ChangeTag::Insert => DiffTag::Added,
                similar::ChangeTag::Delete => DiffTag::Removed,
            },
            text: change.value().trim_end_matches('\n').to_owned(),
        })
        .collect()
}
