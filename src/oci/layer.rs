//! A layer, read: what each of its entries is, without the contents.

use super::compress::Compression;
use super::digest::Digest;
use super::gzip::Point;
use super::source::Part;
use crate::types::{Dev, Timespec};
use std::sync::Arc;

/// A path below the root, shared by all who know it.
pub type Path = Arc<[u8]>;

/// What an entry of a layer does to the layers below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Reg,
    Dir,
    Symlink(Path),
    /// Another name of an entry of this layer, by its number in [`Layer::items`].
    Link(u32),
    Fifo,
    Chr(Dev),
    Blk(Dev),
    /// Hides what lower layers have under this path.
    Whiteout,
    /// Hides everything that lower layers have in this directory.
    Opaque,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Item {
    pub path: Path,
    pub what: What,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Bytes as a reader of the file sees them.
    pub size: u64,
    pub mtime: Timespec,
    pub xattrs: Box<[(Box<[u8]>, Box<[u8]>)]>,
    /// Digest of the contents of a regular file.
    pub content: Option<Digest>,
    /// Where its contents begin in the unpacked tar.
    pub at: u64,
    /// Where the data of a sparse file lie: offset and length; they follow each other in the tar.
    pub pieces: Option<Box<[(u64, u64)]>>,
}

impl Item {
    /// Bytes of memory that it takes, about, with what finds it by its path.
    pub fn memory(&self) -> usize {
        let target = match &self.what {
            What::Symlink(to) => to.len() + 16,
            _ => 0,
        };
        let xattrs = self.xattrs.iter().map(|(name, value)| name.len() + value.len() + 64);
        let pieces = self.pieces.as_ref().map_or(0, |pieces| pieces.len() * 16);
        std::mem::size_of::<Item>()
            + self.path.len()
            + 112
            + target
            + pieces
            + xattrs.sum::<usize>()
    }

    /// Bytes that count: those of a file, and the target of a symlink.
    pub fn bytes(&self) -> u64 {
        match &self.what {
            What::Reg => self.size,
            What::Symlink(to) => to.len() as u64,
            _ => 0,
        }
    }

    /// Everything but times and contents is the same.
    pub fn same_owner_and_mode(&self, other: &Item) -> bool {
        (self.mode, self.uid, self.gid) == (other.mode, other.uid, other.gid)
            && self.xattrs == other.xattrs
    }
}

/// Where the bytes of a layer are.
#[derive(Clone)]
pub struct Blob {
    pub part: Part,
    pub compression: Compression,
}

/// A layer whose entries are known.
pub struct Layer {
    pub diff_id: Digest,
    pub blob: Blob,
    pub items: Vec<Item>,
    /// What Docker calls its size: bytes of its files, each inode once, and of its symlinks.
    pub size: u64,
    /// Bytes of the unpacked tar.
    pub unpacked: u64,
    /// Places of a packed layer from which it can be read on, ascending.
    pub points: Vec<Point>,
}

impl Layer {
    /// The entry itself, or the one that it is another name of.
    pub fn inode(&self, at: u32) -> (u32, &Item) {
        match self.items[at as usize].what {
            What::Link(to) => (to, &self.items[to as usize]),
            _ => (at, &self.items[at as usize]),
        }
    }
}
