//! Why an archive cannot be read: the entry, the byte, the reason.

use std::fmt;

/// A failure at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub fault: Fault,
    /// The entry's name; empty before the first.
    pub entry: Vec<u8>,
    /// The byte of the archive where the trouble is, or where its entry begins.
    pub offset: u64,
    pub why: String,
}

/// What sort of trouble it is, as far as somebody does something else about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not begin as an archive.
    Foreign,
    /// It ends too early.
    Cut,
    /// The checksum of a header does not fit.
    Checksum,
    /// What an archive says is malformed or too much.
    Malformed,
}

impl Error {
    /// Of what is malformed.
    pub fn new(entry: &[u8], offset: u64, why: impl Into<String>) -> Error {
        Error { fault: Fault::Malformed, entry: entry.to_vec(), offset, why: why.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.entry.is_empty() {
            write!(f, "entry {:?}, ", String::from_utf8_lossy(&self.entry))?;
        }
        write!(f, "byte {}: {}", self.offset, self.why)
    }
}

impl std::error::Error for Error {}
