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
    /// Bytes that a number generates (see [`generate`]).
    Generated { seed: u64, at: u64, len: u64 },
    /// Bytes of a source outside of the machine, from `at` on: read when they are needed.
    External { source: u32, at: u64, len: u64 },
}

impl Seg {
    pub fn len(&self) -> u64 {
        match self {
            Seg::Hole(len) | Seg::Zero(len) => *len,
            Seg::Shared { len, .. } => *len as u64,
            Seg::Generated { len, .. } | Seg::External { len, .. } => *len,
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
    /// Bytes that are not holes.
    pub fn data_len(&self) -> u64 {
        self.segs.iter().filter(|it| !matches!(it, Seg::Hole(_))).map(Seg::len).sum()
    }
}

/// Fills `buf` with the bytes that `seed` generates from position `at` on: the same bytes for the
/// same position, however they are asked for.
pub fn generate(seed: u64, at: u64, buf: &mut [u8]) {
    // Up to the next word, whole words, and what is left of the last.
    let head = (at.next_multiple_of(8) - at).min(buf.len() as u64) as usize;
    let (head, rest) = buf.split_at_mut(head);
    let word = |index: u64| splitmix(seed, index).to_le_bytes();
    let first = (at % 8) as usize;
    head.copy_from_slice(&word(at / 8)[first..first + head.len()]);
    for (index, piece) in (at.div_ceil(8)..).zip(rest.chunks_mut(8)) {
        piece.copy_from_slice(&word(index)[..piece.len()]);
    }
}

/// SplitMix64: the value number `index` of the sequence of `seed`.
fn splitmix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
