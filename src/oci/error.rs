//! Why an image cannot be opened, and where: never less than the document or the layer.

use std::fmt;

/// A failure at a place of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file of the archive, or the layer.
    pub place: String,
    pub why: String,
}

impl Error {
    pub fn new(place: impl Into<String>, why: impl fmt::Display) -> Error {
        Error { place: place.into(), why: why.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.why)
        } else {
            write!(f, "{}: {}", self.place, self.why)
        }
    }
}

impl std::error::Error for Error {}

pub type Result<T> = std::result::Result<T, Error>;
