//! The `metacopy` attribute: a file whose data is in a lower layer.

use crate::errno::Errno;
use crate::types::Result;

/// Bytes of the structure without a digest: version, length, flags, digest algorithm.
const MIN: usize = 4;

/// Is this the mark of a metadata-only copy? An empty value is one.
///
/// # Errors
/// `EIO` for a value too short for the structure (R8.2).
pub fn check(value: &[u8]) -> Result<()> {
    if value.is_empty() || value.len() >= MIN { Ok(()) } else { Err(Errno::EIO) }
}

/// Does the mark name a digest that the data must have?
pub fn has_digest(value: &[u8]) -> bool {
    value.get(MIN - 1).is_some_and(|algorithm| *algorithm != 0)
}
