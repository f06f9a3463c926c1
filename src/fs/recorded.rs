//! Contents as a trace keeps them.

use crate::store::{Rope, Seg};
use crate::trace::step::Run;

/// The runs of a rope.
pub fn runs(rope: &Rope) -> Vec<Run> {
    let one = |seg: &Seg| match seg {
        Seg::Hole(len) => Run::Hole(*len),
        Seg::Zero(len) => Run::Zero(*len),
        Seg::Shared { bytes, off, len } => Run::Bytes(bytes[*off..off + len].to_vec()),
        it => Run::Bytes(vec![0; it.len() as usize]),
    };
    rope.segs.iter().map(one).collect()
}
