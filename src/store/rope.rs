//! File bytes as reference-counted chunks: copying a file moves none of them.

use std::sync::Arc;

/// A run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seg {
    /// Not allocated; reads as zeros.
    Hole(u64),
    /// Allocated zeros.
    Zero(u64),
    /// A part of shared bytes.
    Shared { bytes: Arc<[u8]>, off: usize, len: usize },
}

impl Seg {
    pub fn len(&self) -> u64 {
        match self {
            Seg::Hole(len) | Seg::Zero(len) => *len,
            Seg::Shared { len, .. } => *len as u64,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Runs of bytes, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rope {
    pub segs: Vec<Seg>,
}

impl Rope {
    pub fn len(&self) -> u64 {
        self.segs.iter().map(Seg::len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
