//! Differences: of texts, and of two moments.

use serde::{Deserialize, Serialize};

/// One line of a text difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub tag: DiffTag,
    pub text: String,
}

/// Added, removed, or the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffTag {
    Same,
    Added,
    Removed,
}

/// What differs between two moments in one mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeDiff {
    pub from: usize,
    pub to: usize,
    pub changes: Vec<(String, TreeChange)>,
}

/// As `docker diff` says it: A, C, D.
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
