//! Open file descriptions and the descriptors that lead to them.

use super::console::Stream;
use super::mounts::Kept;
use super::pipe::PipeId;
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::Fh;
use crate::limits::OPEN_MAX;
use crate::store::Map;
use crate::sys::Fd;
use crate::types::{Dev, OpenFlags, Result};
use std::sync::Arc;

/// An open file description: shared by the descriptors that `dup` and `fork` made of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub u64);

/// What reading and writing reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A regular file or directory of a file system.
    Inode(Fh),
    /// Only a place (`O_PATH`).
    Path,
    Pipe(PipeId),
    Console(Stream),
    /// A character device that the kernel knows itself.
    Char(Dev),
    /// A block device.
    Block(Dev),
}

/// An open file description.
#[derive(Clone, Debug)]
pub struct OpenFile {
    pub body: Body,
    pub flags: OpenFlags,
    pub pos: u64,
    /// Descriptors that lead here.
    pub refs: u32,
    /// Where it was opened, pinned; pipes and the console stand nowhere.
    pub at: Option<Kept>,
    pub is_dir: bool,
    /// The credentials it was opened with: the very ones, since equal ones that were set later do not
    /// count for `linkat` with an empty path (observed on 6.18).
    pub opener: Option<Arc<Cred>>,
}

/// All open file descriptions.
#[derive(Clone, Debug, Default)]
pub struct Files {
    map: Arc<Map<FileId, OpenFile>>,
    last: u64,
}

impl Files {
    pub fn add(&mut self, file: OpenFile) -> FileId {
        self.last += 1;
        Arc::make_mut(&mut self.map).insert(FileId(self.last), file);
        FileId(self.last)
    }
    pub fn get(&self, id: FileId) -> Option<&OpenFile> {
        self.map.get(&id)
    }
    pub fn get_mut(&mut self, id: FileId) -> Option<&mut OpenFile> {
        Arc::make_mut(&mut self.map).get_mut(&id)
    }
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &OpenFile)> + '_ {
        self.map.iter().map(|(id, file)| (*id, file))
    }
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OpenFile> + '_ {
        Arc::make_mut(&mut self.map).values_mut()
    }
    pub fn remove(&mut self, id: FileId) -> Option<OpenFile> {
        Arc::make_mut(&mut self.map).remove(&id)
    }
}

/// One descriptor of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub file: FileId,
    pub cloexec: bool,
}

/// The descriptors of a process.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    slots: Vec<Option<Slot>>,
}

impl FdTable {
    /// # Errors
    /// `EBADF`.
    pub fn get(&self, fd: Fd) -> Result<Slot> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get(fd).copied().flatten());
        slot.ok_or(Errno::EBADF)
    }

    pub fn get_mut(&mut self, fd: Fd) -> Result<&mut Slot> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get_mut(fd));
        slot.and_then(Option::as_mut).ok_or(Errno::EBADF)
    }

    /// The smallest free descriptor from `min` on.
    ///
    /// # Errors
    /// `EMFILE`.
    pub fn free(&self, min: Fd) -> Result<Fd> {
        let free = |fd: &usize| self.slots.get(*fd).is_none_or(Option::is_none);
        let min = usize::try_from(min).map_err(|_| Errno::EINVAL)?;
        let fd = (min..OPEN_MAX).find(free).ok_or(Errno::EMFILE)?;
        Ok(fd as Fd)
    }

    /// Puts a descriptor; returns the one that was there. `fd` is below [`OPEN_MAX`].
    pub fn put(&mut self, fd: Fd, slot: Slot) -> Option<Slot> {
        let fd = fd as usize;
        if self.slots.len() <= fd {
            self.slots.resize(fd + 1, None);
        }
        self.slots[fd].replace(slot)
    }

    pub fn take(&mut self, fd: Fd) -> Result<Slot> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get_mut(fd));
        slot.and_then(Option::take).ok_or(Errno::EBADF)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Fd, Slot)> + '_ {
        self.slots.iter().enumerate().filter_map(|(fd, slot)| slot.map(|slot| (fd as Fd, slot)))
    }
}
