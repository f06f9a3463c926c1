//! The changes of a layer as two whole trees show them: for drivers whose layers are whole trees.

use super::{Answer, Failure, Sink, changes, diff};
use crate::sys::Sys;

/// What a tree changes of an older one, as an archive.
///
/// # Errors
/// The disk's and the sink's.
pub fn diff(sys: &mut dyn Sys, old: Option<&str>, new: &str, sink: &mut dyn Sink) -> Answer<()> {
    let failed = |errno| Failure::of("archive", new, errno);
    let found = changes::between(sys, old, new).map_err(failed)?;
    diff::naive(sys, new, &found, sink).map_err(failed)
}

/// Bytes of what it changes: whole files, whatever part of them is shared.
///
/// # Errors
/// The disk's.
pub fn size(sys: &mut dyn Sys, old: Option<&str>, new: &str) -> Answer<u64> {
    let failed = |errno| Failure::of("lstat", new, errno);
    let found = changes::between(sys, old, new).map_err(failed)?;
    changes::size(sys, new, &found).map_err(failed)
}
