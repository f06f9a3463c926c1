//! Tar archives: entries in and bytes out, as the tools of containers write and read them.
//!
//! Knows bytes and nothing else: no layer, no image, no whiteout. The reader takes every dialect
//! (v7, ustar, GNU, PAX, the four forms of sparse files) and distrusts all of them; the writer has
//! one form, so that equal entries are equal bytes.

pub mod entry;
pub mod error;
mod header;
pub mod name;
mod pax;
pub mod read;
mod sparse;
pub mod write;

#[cfg(test)]
mod tests;

pub use entry::{Entry, Kind};
pub use error::{Error, Fault};
pub use pax::record;
pub use read::{Input, Reader};

/// Bytes of a header, and what contents are padded to (POSIX pax, "ustar Interchange Format").
pub const BLOCK: usize = 512;
