//! The messages about archives that a reader opens: questions, and answers in the types of `survey`.
//!
//! The bytes stay with the host: it lends files by number (`Server::lend`), and they are read where
//! they lie. An image has the number under which it was told; numbers are not used again.

use crate::survey::{
    Comparison, Content, File, Filter, Finding, Image, Place, Preview, Row, Scope, Sort, Version,
    Waste,
};
use serde::{Deserialize, Serialize};

/// What a host wants to know or to have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Opens a file that was lent, with all of its images.
    Open { file: u32, name: String },
    /// Gives up what is being opened.
    Cancel,
    /// Forgets an image.
    Close { image: u32 },
    /// Some rows of the files, as a tree or, where something is filtered, as one list.
    Rows { image: u32, scope: Scope, look: Look, skip: u32, limit: u32 },
    /// What became of a path, layer by layer.
    Versions { image: u32, path: String },
    /// The beginning of a file.
    Preview { image: u32, place: Place },
    /// How the contents of two files differ: image and place of each.
    Difference { old: (u32, Place), new: (u32, Place) },
    /// Waste, secrets and the Dockerfile of an image.
    Findings { image: u32 },
    /// Two images beside each other.
    Compare { old: u32, new: u32 },
    /// The contents of a file, in pieces.
    Fetch { image: u32, place: Place },
    /// The image as an archive, in pieces.
    Export { image: u32 },
    /// Puts the image as an archive into the working directory of the shell.
    Put { image: u32, name: String },
}

/// How the files are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Directories that are open; their children follow them.
    Tree {
        open: Vec<String>,
        sort: Sort,
    },
    List(Filter),
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// How far the opening, or what comes in pieces, is: bytes, and the layer that is read (from 1; 0
    /// before the first).
    Progress {
        done: u64,
        total: u64,
        layer: u32,
        layers: u32,
    },
    /// The images of an archive, with their numbers, and what was left out of it.
    Opened {
        images: Vec<(u32, Image)>,
        notes: Vec<String>,
    },
    /// It could not be done: where and why. Nothing of it is kept.
    Refused {
        message: String,
    },
    Cancelled,
    /// Rows from `skip` on, of so many; bytes of all of them together.
    Rows {
        image: u32,
        scope: Scope,
        skip: u32,
        total: u32,
        bytes: u64,
        rows: Vec<Line>,
    },
    Versions {
        path: String,
        versions: Vec<Version>,
    },
    Preview {
        place: Place,
        preview: Preview,
    },
    Difference {
        old: Place,
        new: Place,
        content: Content,
    },
    Findings {
        image: u32,
        waste: Waste,
        secrets: Vec<Finding>,
        dockerfile: String,
    },
    Compared {
        old: u32,
        new: u32,
        comparison: Comparison,
    },
    /// The archive lies in the machine, at this path.
    Put {
        path: String,
    },
}

/// A row of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Directories above it in the tree.
    pub depth: u32,
    /// Whether a directory is open; `None` for everything else and in lists.
    pub open: Option<bool>,
    pub row: Row,
}

impl Line {
    pub const fn file(&self) -> &File {
        &self.row.file
    }
}
