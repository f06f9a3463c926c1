//! The inode record: compact, what is rare stands out of line.

use super::data::Data;
use super::dir::{Dir, Slot};
use super::times::Stamp;
use super::xattr::Xattrs;
use crate::errno::Errno;
use crate::types::{Dev, FileType, Gid, Result, Uid};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What kind of thing it is, with what only that kind has.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// Nothing for an empty file.
    Reg(Option<Arc<Data>>),
    /// With the [`Dir::marks`] of the directory, so that most names that are not in it are known for
    /// that without a look at it.
    Dir(u32, Arc<Dir>),
    Symlink(Arc<Box<[u8]>>),
    Fifo,
    Sock,
    Chr(Dev),
    Blk(Dev),
}

impl Body {
    pub(super) fn file_type(&self) -> FileType {
        match self {
            Body::Reg(_) => FileType::Reg,
            Body::Dir(..) => FileType::Dir,
            Body::Symlink(_) => FileType::Symlink,
            Body::Fifo => FileType::Fifo,
            Body::Sock => FileType::Sock,
            Body::Chr(_) => FileType::Chr,
            Body::Blk(_) => FileType::Blk,
        }
    }

    pub(super) fn rdev(&self) -> Dev {
        match self {
            Body::Chr(dev) | Body::Blk(dev) => *dev,
            _ => Dev::default(),
        }
    }
}

impl Body {
    pub(super) fn of_dir(dir: Dir) -> Body {
        Body::Dir(dir.marks(), Arc::new(dir))
    }
}

/// A directory to be changed: the marks beside it follow.
pub(super) struct DirMut<'a> {
    marks: &'a mut u32,
    dir: &'a mut Dir,
}

impl Deref for DirMut<'_> {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        self.dir
    }
}

impl DerefMut for DirMut<'_> {
    fn deref_mut(&mut self) -> &mut Dir {
        self.dir
    }
}

impl Drop for DirMut<'_> {
    fn drop(&mut self) {
        *self.marks = self.dir.marks();
    }
}

/// One inode.
#[derive(Clone, Debug)]
pub(super) struct Inode {
    pub(super) body: Body,
    pub(super) xattrs: Option<Arc<Xattrs>>,
    pub(super) atime: Stamp,
    pub(super) mtime: Stamp,
    pub(super) ctime: Stamp,
    pub(super) btime: Stamp,
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    pub(super) nlink: u32,
    pub(super) pins: u32,
    pub(super) generation: u32,
    /// `FS_IOC_GETFLAGS`.
    pub(super) flags: u32,
    pub(super) mode: u16,
    /// Somebody has looked at ctime since it was set: the next stamp must be later.
    pub(super) queried: bool,
}

impl Inode {
    pub(super) fn dir(&self) -> Option<&Dir> {
        match &self.body {
            Body::Dir(_, dir) => Some(dir),
            _ => None,
        }
    }

    /// What a name in the directory leads to.
    ///
    /// # Errors
    /// `ENOTDIR`, `ENOENT`.
    pub(super) fn find(&self, name: &[u8]) -> Result<Slot> {
        match &self.body {
            Body::Dir(marks, _) if marks & Dir::mark(name) == 0 => Err(Errno::ENOENT),
            Body::Dir(_, dir) => dir.get(name).ok_or(Errno::ENOENT),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub(super) fn dir_mut(&mut self) -> Option<DirMut<'_>> {
        match &mut self.body {
            Body::Dir(marks, dir) => Some(DirMut { marks, dir: Arc::make_mut(dir) }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million files are to fit into little memory.
    #[test]
    fn the_record_is_compact() {
        assert_eq!((size_of::<Body>(), size_of::<Option<Inode>>()), (16, 88));
    }
}
