//! Why a link cannot be opened.

use std::fmt;

/// What is wrong with a link. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The version before the colon is none that this program reads.
    Version(String),
    /// A letter that is none of base64url, and where (from 1).
    Letter {
        at: usize,
    },
    /// What was packed cannot be unpacked: a part is missing or changed.
    Packed,
    /// The sum does not agree.
    Damaged,
    /// Longer than so many bytes, packed or not.
    TooLong {
        max: usize,
    },
    TooManySteps {
        max: usize,
    },
    /// A value that its key cannot have.
    Value {
        key: String,
        value: String,
    },
    /// A step that is not there.
    NoStep {
        at: usize,
        steps: usize,
    },
}

impl Error {
    pub(super) fn value(key: &str, value: &str) -> Error {
        Error::Value { key: key.to_owned(), value: value.chars().take(60).collect() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Version(version) => write!(
                f,
                "the link is of version {version}, this program reads v1: reload the page, or open it with a newer one"
            ),
            Error::Letter { at } => {
                write!(f, "the link is damaged at letter {at}: copy it again as a whole")
            }
            Error::Packed | Error::Damaged => {
                write!(f, "a part of the link is missing or changed: copy it again as a whole")
            }
            Error::TooLong { max } => write!(f, "the link holds more than {max} bytes"),
            Error::TooManySteps { max } => write!(f, "the link holds more than {max} commands"),
            Error::Value { key, value } => {
                write!(f, "the link says {key}={value}, which cannot be")
            }
            Error::NoStep { at, steps } => {
                write!(f, "the link points to step {at}, and has {steps} commands")
            }
        }
    }
}

impl std::error::Error for Error {}
