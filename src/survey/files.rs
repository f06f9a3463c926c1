//! Files of layers and of merged trees.

use serde::{Deserialize, Serialize};

/// An entry of a layer: what contents are asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub layer: u32,
    /// From 0, within the layer.
    pub item: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    File,
    Directory,
    Symlink,
    Fifo,
    CharacterDevice,
    BlockDevice,
}

impl Kind {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Symlink => "symlink",
            Kind::Fifo => "fifo",
            Kind::CharacterDevice => "character device",
            Kind::BlockDevice => "block device",
        }
    }
}

/// What a layer did to a path, compared with the layers below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As in the layers below; times do not count.
    Same,
    Added,
    Changed,
    Removed,
}

/// In what two entries differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    Type,
    Content,
    Target,
    Device,
    Mode,
    Owner,
    Attributes,
    /// Only said in the history of a path.
    Time,
}

impl Aspect {
    pub fn text(self) -> &'static str {
        match self {
            Aspect::Type => "type",
            Aspect::Content => "content",
            Aspect::Target => "target",
            Aspect::Device => "device",
            Aspect::Mode => "mode",
            Aspect::Owner => "owner",
            Aspect::Attributes => "attributes",
            Aspect::Time => "time",
        }
    }
}

/// A path of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub path: String,
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    /// Seconds and nanoseconds.
    pub mtime: (i64, u32),
    /// Which entry it is; none for a directory that no layer names but that must be there.
    pub place: Option<Place>,
    /// The target of a symlink.
    pub target: Option<String>,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
    /// Digest of the contents of a regular file.
    pub content: Option<String>,
    /// Names and values, values that are no printable text in hexadecimal digits after `0x`.
    pub xattrs: Vec<(String, String)>,
    pub state: State,
    /// In what it differs from the path in the layers below, where it is changed.
    pub changed: Vec<Aspect>,
}

/// What of an image is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// The tree of the lowest N layers; states are what layer N did. Removed paths are not in it.
    Merged(u32),
    /// What layer N adds, changes and removes.
    Layer(u32),
}

/// What is below a directory, itself not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Everything but directories.
    pub files: u32,
    pub bytes: u64,
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The last component of the path, or all of it in a flat list.
    pub name: String,
    pub file: File,
    /// Of a directory, in lists of one directory.
    pub below: Totals,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// By path, in byte order.
    #[default]
    Path,
    /// Largest first, with all that is below a directory.
    Size,
    /// By kind, then largest first.
    Kind,
    /// Youngest first.
    Time,
}

/// Which paths are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Only below this directory.
    pub below: String,
    /// The path holds this text, capital letters or small.
    pub text: String,
    /// One of these kinds; any, if there are none.
    pub kinds: Vec<Kind>,
    /// One of these states; any, if there are none.
    pub states: Vec<State>,
    pub min: u64,
    pub max: Option<u64>,
    pub sort: Sort,
    /// How many rows are left out, and how many follow at most (0: all).
    pub skip: u32,
    pub limit: u32,
}

/// Some rows of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Rows that there are, and their bytes.
    pub total: u32,
    pub bytes: u64,
    pub rows: Vec<Row>,
}

/// By what a path disappeared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hidden {
    /// A whiteout of this path (its own, or that of a directory above).
    Whiteout(String),
    /// An opaque mark in this directory.
    Opaque(String),
    /// Something that is no directory lies at this path now.
    Replaced(String),
}

/// What a layer did to one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Added(File),
    Changed(File),
    Removed(Hidden),
}

/// One step in the life of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub layer: u32,
    pub created_by: String,
    pub event: Event,
}

/// A line of a comparison: ` `, `-` or `+`, and the text without its line end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub sign: char,
    pub text: String,
}

/// Lines that differ, with three around them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line and number of lines, old and new, as in a unified diff.
    pub old: (u32, u32),
    pub new: (u32, u32),
    pub lines: Vec<Line>,
}

/// How the contents of two files differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    Same,
    Text(Vec<Hunk>),
    /// No text, or too long to be compared by lines: the first byte that differs, if it is among
    /// those that were looked at; sizes.
    Binary {
        first: Option<u64>,
        old: u64,
        new: u64,
    },
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Bytes of the whole file.
    pub size: u64,
    /// Where the part begins.
    pub offset: u64,
    pub bytes: Vec<u8>,
    /// The part as text, if it is text.
    pub text: Option<String>,
    /// What the first bytes of the file give away, as `file` words it in short.
    pub format: String,
}

/// What happened to a path between two trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `A` added, `C` changed, `D` deleted.
    pub kind: char,
    /// With a leading slash, as `docker diff` prints it.
    pub path: String,
    /// What of it changed.
    pub changed: Vec<Aspect>,
}
