//! What an archive says of one file.

use crate::types::{Dev, Timespec};

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Reg,
    Dir,
    Symlink(Vec<u8>),
    /// Another name of an entry: the path of that entry, from the root of the archive.
    Link(Vec<u8>),
    Fifo,
    Chr(Dev),
    Blk(Dev),
}

/// One entry: its name as it is written, its metadata. Contents are read or written beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: Vec<u8>,
    pub kind: Kind,
    /// Permission bits, twelve of them. The writer takes more: Docker writes the bits of the type too.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Bytes of a regular file as a reader of the file sees them; of a sparse file with its holes.
    pub size: u64,
    pub mtime: Timespec,
    /// Extended attributes in the order of the archive.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the data of a sparse file lie: offset and length, ascending. The rest is holes.
    pub sparse: Option<Vec<(u64, u64)>>,
}

impl Entry {
    pub fn new(path: impl Into<Vec<u8>>, kind: Kind, mode: u32) -> Entry {
        Entry {
            path: path.into(),
            kind,
            mode,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: Timespec::default(),
            xattrs: Vec::new(),
            sparse: None,
        }
    }

    /// Bytes that the archive holds for the contents, without padding.
    pub fn stored(&self) -> u64 {
        match (&self.kind, &self.sparse) {
            (Kind::Reg, None) => self.size,
            (Kind::Reg, Some(pieces)) => pieces.iter().map(|(_, len)| len).sum(),
            _ => 0,
        }
    }
}
