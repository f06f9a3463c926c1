//! What is found in images: waste, secrets, differences.

use super::files::Difference;
use serde::{Deserialize, Serialize};

/// Why bytes cannot be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A higher layer has other contents under this path.
    Shadowed,
    /// A higher layer has removed the path.
    WhitedOut,
    /// A higher layer has the same contents again, because owner, mode, times or attributes changed.
    CopiedForMetadata,
    /// The layer itself has the path again.
    TwiceInLayer,
}

impl Reason {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Shadowed => "shadowed",
            Reason::WhitedOut => "whited out",
            Reason::CopiedForMetadata => "copied for metadata only",
            Reason::TwiceInLayer => "twice in one layer",
        }
    }
}

/// Bytes of one file in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wasted {
    pub path: String,
    pub bytes: u64,
    pub reason: Reason,
    /// The layer that holds the bytes, from 1.
    pub layer: usize,
    /// The layer that hides them, from 1.
    pub by: usize,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waste {
    /// Bytes of files in all layers.
    pub total: u64,
    pub wasted: u64,
    /// Largest first, then by path.
    pub files: Vec<Wasted>,
}

/// A secret, where it is, and whether a container can see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: String,
    /// From 1; 0 for the configuration.
    pub layer: usize,
    /// The path, or the variable.
    pub path: String,
    pub visible: bool,
}

/// A setting of the configuration that differs; a list is one setting for each of its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// As `inspect` calls it, such as `Config.Env`.
    pub key: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Two images beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many layers, from the base up, are the same.
    pub shared: u32,
    pub shared_bytes: u64,
    /// Bytes of the layers that only one of them has.
    pub only_old: u64,
    pub only_new: u64,
    pub settings: Vec<Setting>,
    /// By path.
    pub files: Vec<Difference>,
}
