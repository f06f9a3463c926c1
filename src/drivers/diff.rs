//! The changes of a layer as entries of an archive.

use super::changes::{Change, Kind as Changed};
use super::{Answer, Failure, Sink, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys};
use crate::tar::{Entry, Kind, name};
use crate::types::{Attr, Dev, FileType, OpenFlags, Result, Timespec};
use std::collections::{BTreeMap, BTreeSet};

/// Attributes that an archive of a layer carries.
const XATTRS: [&[u8]; 1] = [b"security.capability"];

/// Keeps the entries with their contents.
#[derive(Default)]
pub struct Parts {
    pub all: Vec<super::Part>,
    data: Vec<u8>,
}

impl Sink for Parts {
    fn entry(&mut self, _entry: &Entry) -> Result<()> {
        self.data.clear();
        Ok(())
    }
    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.data.extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, entry: &Entry) -> Result<()> {
        let data = std::mem::take(&mut self.data);
        self.all.push(super::apply::part(entry.clone(), data));
        Ok(())
    }
}

/// Walks along and writes; an inode is written once, its other names are links.
struct Writing<'a> {
    sys: &'a mut dyn Sys,
    root: &'a [u8],
    sink: &'a mut dyn Sink,
    seen: BTreeMap<u64, Vec<u8>>,
}

/// The layer's own tree, marks of the overlay turned into names.
///
/// # Errors
/// The disk's and the sink's.
pub fn native(sys: &mut dyn Sys, root: &str, sink: &mut dyn Sink) -> Result<()> {
    let mut writing = Writing { sys, root: root.as_bytes(), sink, seen: BTreeMap::new() };
    writing.below(b"")
}

/// The layer's own tree, in which names make the marks already. What AUFS keeps in the root of a
/// branch is left out (containers.md F2); whiteouts are names of one file, and so are their entries.
///
/// # Errors
/// The disk's and the sink's.
pub fn as_it_is(sys: &mut dyn Sys, root: &str, sink: &mut dyn Sink) -> Result<()> {
    let mut writing = Writing { sys, root: root.as_bytes(), sink, seen: BTreeMap::new() };
    let kept = |name: &[u8]| !name.starts_with(b".wh..wh.") || name == b".wh..wh..opq";
    for entry in files::list(writing.sys, root.as_bytes())? {
        if kept(&entry.name) && writing.one(&entry.name)?.is_dir() {
            writing.below(&entry.name)?;
        }
    }
    Ok(())
}

/// Those of a list of changes, as drivers without marks make them.
///
/// # Errors
/// The disk's and the sink's.
pub fn naive(sys: &mut dyn Sys, root: &str, found: &[Change], sink: &mut dyn Sink) -> Result<()> {
    let now = sys.clock();
    let mut writing = Writing { sys, root: root.as_bytes(), sink, seen: BTreeMap::new() };
    for change in found {
        let path = &change.path[1..];
        if change.kind == Changed::Deleted {
            let (dir, base) = name::split(path);
            let hidden = name::join(dir, &[b".wh.", base].concat());
            let mut entry = Entry::new(hidden, Kind::Reg, 0);
            entry.mtime = Timespec::new(now.sec, 0);
            writing.sink.entry(&entry)?;
            writing.sink.end(&entry)?;
        } else {
            writing.one(path)?;
        }
    }
    Ok(())
}

impl Writing<'_> {
    fn at(&self, path: &[u8]) -> Vec<u8> {
        if path.is_empty() { self.root.to_vec() } else { files::join(self.root, path) }
    }

    fn below(&mut self, dir: &[u8]) -> Result<()> {
        let at = self.at(dir);
        for entry in files::list(self.sys, &at)? {
            let path = name::join(dir, &entry.name);
            let attr = self.one(&path)?;
            if attr.is_dir() {
                self.opaque(&path, &attr)?;
                self.below(&path)?;
            }
        }
        Ok(())
    }

    /// The mark of an opaque directory stands right after it.
    fn opaque(&mut self, path: &[u8], attr: &Attr) -> Result<()> {
        let at = self.at(path);
        if self.sys.getxattr(&at, super::overlay2::OPAQUE, false) != Ok(b"y".to_vec()) {
            return Ok(());
        }
        let mut entry = Entry::new(name::join(path, b".wh..wh..opq"), Kind::Reg, attr.mode.bits());
        (entry.uid, entry.gid) = (attr.uid, attr.gid);
        self.sink.entry(&entry)?;
        self.sink.end(&entry)
    }

    fn one(&mut self, path: &[u8]) -> Result<Attr> {
        let at = self.at(path);
        let attr = files::lstat(self.sys, &at)?;
        let mut entry = Entry::new(path, self.kind(&at, &attr)?, attr.st_mode());
        (entry.uid, entry.gid) = (attr.uid, attr.gid);
        entry.mtime = Timespec::new(attr.mtime.sec, 0);
        for name in XATTRS {
            if let Ok(value) = self.sys.getxattr(&at, name, false) {
                entry.xattrs.push((name.to_vec(), value));
            }
        }
        if entry.kind == Kind::Chr(Dev::new(0, 0)) {
            let (dir, base) = name::split(path);
            entry.path = name::join(dir, &[b".wh.", base].concat());
            (entry.kind, entry.mode) = (Kind::Reg, 0o600);
        } else if !attr.is_dir() && attr.nlink > 1 {
            match self.seen.get(&attr.ino) {
                Some(first) => entry.kind = Kind::Link(first.clone()),
                None => {
                    self.seen.insert(attr.ino, path.to_vec());
                }
            }
        }
        if entry.kind == Kind::Reg && attr.kind == FileType::Reg {
            entry.size = attr.size;
        }
        self.sink.entry(&entry)?;
        if entry.size > 0 {
            self.contents(&at, entry.size)?;
        }
        self.sink.end(&entry)?;
        Ok(attr)
    }

    fn kind(&mut self, at: &[u8], attr: &Attr) -> Result<Kind> {
        Ok(match attr.kind {
            FileType::Reg => Kind::Reg,
            FileType::Dir => Kind::Dir,
            FileType::Symlink => Kind::Symlink(self.sys.readlinkat(AT_FDCWD, at)?),
            FileType::Fifo => Kind::Fifo,
            FileType::Chr => Kind::Chr(attr.rdev),
            FileType::Blk => Kind::Blk(attr.rdev),
            // Docker leaves sockets out; an archive has no form for them.
            FileType::Sock => return Err(Errno::EOPNOTSUPP),
        })
    }

    fn contents(&mut self, at: &[u8], size: u64) -> Result<()> {
        let flags = OpenFlags::RDONLY | OpenFlags::CLOEXEC | OpenFlags::NOATIME;
        let fd = self.sys.openat(AT_FDCWD, at, flags, 0)?;
        let mut buf = vec![0; files::CHUNK];
        let mut left = size;
        let mut done = Ok(());
        while left > 0 && done.is_ok() {
            let want = left.min(buf.len() as u64) as usize;
            match self.sys.read(fd, &mut buf[..want]) {
                Ok(0) => done = Err(Errno::EIO),
                Ok(n) => {
                    left -= n as u64;
                    done = self.sink.data(&buf[..n]);
                }
                Err(errno) => done = Err(errno),
            }
        }
        let _ = self.sys.close(fd);
        done
    }
}

/// What a layer's own tree holds.
///
/// # Errors
/// The disk's.
pub fn own_size(sys: &mut dyn Sys, root: &str) -> Answer<u64> {
    size(sys, root).map_err(|errno| Failure::of("lstat", root, errno))
}

/// Bytes of files and of the targets of symlinks, each inode once.
///
/// # Errors
/// The disk's.
pub fn size(sys: &mut dyn Sys, root: &str) -> Result<u64> {
    let mut seen = BTreeSet::new();
    let mut total = 0;
    let mut waiting = vec![root.as_bytes().to_vec()];
    while let Some(dir) = waiting.pop() {
        for entry in files::list(sys, &dir)? {
            let at = files::join(&dir, &entry.name);
            let attr = files::lstat(sys, &at)?;
            if attr.is_dir() {
                waiting.push(at);
            } else if attr.nlink < 2 || seen.insert(attr.ino) {
                total += attr.size;
            }
        }
    }
    Ok(total)
}
