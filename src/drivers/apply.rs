//! Lays the entries of a layer into a directory, and copies trees.
//!
//! Nothing is ever written through a symlink: the daemon changes its root into the layer first, we
//! look at each parent.

use super::{Answer, Failure, Part, Source, files};
use crate::errno::Errno;
use crate::store::Rope;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::tar::{Entry, Kind, name};
use crate::types::{Attr, Dev, FileType, Mode, OpenFlags, Result, SetTime, Timespec, XattrMode};
use std::collections::BTreeMap;

/// What a whiteout becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whiteouts {
    /// A character device 0/0, and an attribute for opaque directories.
    Overlay,
    /// The removal of what it hides.
    Remove,
    /// The same empty file as in the archive, which the union reads.
    Names,
}

struct Applying<'a> {
    sys: &'a mut dyn Sys,
    root: &'a [u8],
    whiteouts: Whiteouts,
    /// Stamps of directories, to be set when nothing changes them any more.
    stamps: Vec<(Vec<u8>, Timespec)>,
    /// What this layer has made, for whiteouts that only hide what was there before.
    made: BTreeMap<Vec<u8>, ()>,
    /// The parent that was looked at last.
    parent: Vec<u8>,
    bytes: u64,
}

/// Lays entries into a layer's own tree; the size of what that then holds.
///
/// # Errors
/// As [`apply`]; the disk's.
pub fn into_own(
    sys: &mut dyn Sys,
    root: &str,
    whiteouts: Whiteouts,
    source: &mut Source<'_>,
) -> Answer<u64> {
    apply(sys, root, whiteouts, source)?;
    super::diff::own_size(sys, root)
}

/// Applies all entries; bytes of the files.
///
/// # Errors
/// The source's, names that lead out of the layer, and the disk's.
pub fn apply(
    sys: &mut dyn Sys,
    root: &str,
    whiteouts: Whiteouts,
    source: &mut Source<'_>,
) -> Answer<u64> {
    let mask = sys.umask(0);
    let mut applying = Applying {
        sys,
        root: root.as_bytes(),
        whiteouts,
        stamps: Vec::new(),
        made: BTreeMap::new(),
        parent: Vec::new(),
        bytes: 0,
    };
    let done = applying.all(source);
    let (bytes, stamps) = (applying.bytes, std::mem::take(&mut applying.stamps));
    for (path, time) in stamps.iter().rev() {
        set_times(sys, path, *time);
    }
    sys.umask(mask);
    done.map(|()| bytes)
}

fn set_times(sys: &mut dyn Sys, path: &[u8], time: Timespec) {
    let to = Some(SetTime::To(time));
    let _ = sys.utimensat(AT_FDCWD, path, to, to, at::SYMLINK_NOFOLLOW);
}

impl Applying<'_> {
    fn all(&mut self, source: &mut Source<'_>) -> Answer<()> {
        while let Some((entry, data)) = source()? {
            let shown = || String::from_utf8_lossy(&entry.path).into_owned();
            let refused = |why: &str| Failure(format!("entry {:?}: {why}", shown()));
            let path = name::below_root(&entry.path).map_err(refused)?;
            if path.is_empty() {
                continue;
            }
            self.parents(&path).map_err(|errno| Failure::of("open", &shown(), errno))?;
            self.one(&path, &entry, &data).map_err(|(call, errno)| {
                // What cannot be hidden is named by its own name.
                let path = match String::from_utf8_lossy(&path).rsplit_once("/.wh.") {
                    Some((dir, hidden)) if call == "mknod" => format!("/{dir}/{hidden}"),
                    _ => format!("/{}", String::from_utf8_lossy(&path)),
                };
                Failure::of(call, &path.replacen("/.wh.", "/", usize::from(call == "mknod")), errno)
            })?;
        }
        Ok(())
    }

    fn at(&self, path: &[u8]) -> Vec<u8> {
        files::join(self.root, path)
    }

    /// Makes the directories above a path that no entry made.
    fn parents(&mut self, path: &[u8]) -> Result<()> {
        let (dir, _) = name::split(path);
        if dir == self.parent && !dir.is_empty() {
            return Ok(());
        }
        let ends = (0..dir.len()).filter(|&at| dir[at] == b'/').chain([dir.len()]);
        for end in ends.filter(|&end| end > 0) {
            let at = self.at(&dir[..end]);
            match files::lstat(self.sys, &at) {
                Ok(attr) if attr.is_dir() => {}
                Ok(_) => return Err(Errno::ENOTDIR),
                Err(Errno::ENOENT) => self.sys.mkdirat(AT_FDCWD, &at, 0o755)?,
                Err(errno) => return Err(errno),
            }
        }
        self.parent = dir.to_vec();
        Ok(())
    }

    fn one(
        &mut self,
        path: &[u8],
        entry: &Entry,
        data: &Rope,
    ) -> std::result::Result<(), (&'static str, Errno)> {
        let (dir, base) = name::split(path);
        match base.strip_prefix(b".wh.") {
            Some(_) if self.whiteouts == Whiteouts::Names => {}
            Some(b".wh..opq") => return self.opaque(dir).map_err(|it| ("setxattr", it)),
            Some(b"" | b"." | b"..") => return Err(("mknod", Errno::EEXIST)),
            Some(hidden) if !hidden.starts_with(b".wh.") => {
                let hidden = name::join(dir, hidden);
                return self.whiteout(&hidden, entry).map_err(|it| ("mknod", it));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let at = self.at(path);
        self.clear(&at, entry).map_err(|it| ("remove", it))?;
        self.make(&at, entry, data)?;
        self.made.insert(path.to_vec(), ());
        if !matches!(entry.kind, Kind::Link(_)) {
            self.describe(&at, entry).map_err(|it| ("lchown", it))?;
        }
        Ok(())
    }

    fn opaque(&mut self, dir: &[u8]) -> Result<()> {
        let at = if dir.is_empty() { self.root.to_vec() } else { self.at(dir) };
        match self.whiteouts {
            Whiteouts::Overlay => {
                self.sys.setxattr(&at, super::overlay2::OPAQUE, b"y", XattrMode::Set, false)
            }
            Whiteouts::Names => Ok(()),
            Whiteouts::Remove => {
                for entry in files::list(self.sys, &at)? {
                    let path = name::join(dir, &entry.name);
                    if !self.made.contains_key(&path) {
                        files::remove_all(self.sys, &files::join(&at, &entry.name))?;
                    }
                }
                Ok(())
            }
        }
    }

    fn whiteout(&mut self, hidden: &[u8], entry: &Entry) -> Result<()> {
        let at = self.at(hidden);
        match self.whiteouts {
            Whiteouts::Overlay => {
                self.sys.mknodat(AT_FDCWD, &at, FileType::Chr.bits(), Dev::new(0, 0))?;
                let (uid, gid) = (Some(entry.uid), Some(entry.gid));
                self.sys.fchownat(AT_FDCWD, &at, uid, gid, at::SYMLINK_NOFOLLOW)
            }
            Whiteouts::Names => Ok(()),
            Whiteouts::Remove if self.made.contains_key(hidden) => Ok(()),
            Whiteouts::Remove => files::remove_all(self.sys, &at),
        }
    }

    /// A directory over a directory stays; everything else makes room.
    fn clear(&mut self, at: &[u8], entry: &Entry) -> Result<()> {
        match files::lstat(self.sys, at) {
            Ok(attr) if attr.is_dir() && entry.kind == Kind::Dir => Ok(()),
            Ok(_) => files::remove_all(self.sys, at),
            Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    fn make(
        &mut self,
        at: &[u8],
        entry: &Entry,
        data: &Rope,
    ) -> std::result::Result<(), (&'static str, Errno)> {
        let mut node =
            |kind: FileType, dev| self.sys.mknodat(AT_FDCWD, at, kind.bits() | 0o600, dev);
        match &entry.kind {
            Kind::Reg => {
                self.bytes += entry.size;
                self.file(at, data).map_err(|it| ("open", it))
            }
            Kind::Dir => match self.sys.mkdirat(AT_FDCWD, at, 0o755) {
                Ok(()) | Err(Errno::EEXIST) => Ok(()),
                Err(errno) => Err(("mkdir", errno)),
            },
            Kind::Symlink(to) => self.sys.symlinkat(to, AT_FDCWD, at).map_err(|it| ("symlink", it)),
            Kind::Link(to) => {
                let to = name::below_root(to).map_err(|_| ("link", Errno::EINVAL))?;
                let from = self.at(&to);
                self.sys.linkat(AT_FDCWD, &from, AT_FDCWD, at, 0).map_err(|it| ("link", it))
            }
            Kind::Fifo => node(FileType::Fifo, Dev::default()).map_err(|it| ("mknod", it)),
            Kind::Chr(dev) => node(FileType::Chr, *dev).map_err(|it| ("mknod", it)),
            Kind::Blk(dev) => node(FileType::Blk, *dev).map_err(|it| ("mknod", it)),
        }
    }

    fn file(&mut self, at: &[u8], data: &Rope) -> Result<()> {
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::CLOEXEC;
        let fd = self.sys.openat(AT_FDCWD, at, flags, 0o600)?;
        let mut done = if data.is_empty() { Ok(()) } else { self.sys.pwrite_rope(fd, data, 0) };
        if done.is_ok() && self.sys.fstat(fd)?.size != data.len() {
            done = self.sys.ftruncate(fd, data.len() as i64);
        }
        let _ = self.sys.close(fd);
        done
    }

    /// Owner, mode, attributes and times, in the order in which none undoes another.
    fn describe(&mut self, at: &[u8], entry: &Entry) -> Result<()> {
        let (uid, gid) = (Some(entry.uid), Some(entry.gid));
        self.sys.fchownat(AT_FDCWD, at, uid, gid, at::SYMLINK_NOFOLLOW)?;
        let is_link = matches!(entry.kind, Kind::Symlink(_));
        if !is_link {
            self.sys.fchmodat(AT_FDCWD, at, Mode::new(entry.mode))?;
        }
        for (name, value) in &entry.xattrs {
            match self.sys.setxattr(at, name, value, XattrMode::Set, false) {
                // What the disk cannot keep is left out, as Docker does.
                Ok(()) | Err(Errno::EOPNOTSUPP) => {}
                Err(errno) => return Err(errno),
            }
        }
        if entry.kind == Kind::Dir {
            self.stamps.push((at.to_vec(), entry.mtime));
        } else {
            set_times(self.sys, at, entry.mtime);
        }
        Ok(())
    }
}

/// Copies a tree into an empty directory: hard links, attributes and times too. Contents are shared.
///
/// # Errors
/// The disk's.
pub fn copy_tree(sys: &mut dyn Sys, from: &str, to: &str) -> Answer<()> {
    let mut links = BTreeMap::new();
    copy(sys, from.as_bytes(), to.as_bytes(), &mut links)
        .map_err(|errno| Failure::of("copy", from, errno))
}

fn copy(
    sys: &mut dyn Sys,
    from: &[u8],
    to: &[u8],
    links: &mut BTreeMap<(Dev, u64), Vec<u8>>,
) -> Result<()> {
    let attr = files::lstat(sys, from)?;
    if !attr.is_dir() && attr.nlink > 1 {
        if let Some(first) = links.get(&(attr.dev, attr.ino)) {
            return sys.linkat(AT_FDCWD, first, AT_FDCWD, to, 0);
        }
        links.insert((attr.dev, attr.ino), to.to_vec());
    }
    match attr.kind {
        FileType::Dir => {
            match sys.mkdirat(AT_FDCWD, to, 0o755) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(errno),
            }
            for entry in files::list(sys, from)? {
                let (from, to) = (files::join(from, &entry.name), files::join(to, &entry.name));
                copy(sys, &from, &to, links)?;
            }
        }
        FileType::Reg => copy_data(sys, from, to, attr.size)?,
        FileType::Symlink => {
            let target = sys.readlinkat(AT_FDCWD, from)?;
            sys.symlinkat(&target, AT_FDCWD, to)?;
        }
        kind => sys.mknodat(AT_FDCWD, to, kind.bits() | 0o600, attr.rdev)?,
    }
    copy_description(sys, from, to, &attr)
}

/// Contents of a file, shared where the file system can.
pub fn copy_data(sys: &mut dyn Sys, from: &[u8], to: &[u8], size: u64) -> Result<()> {
    let source = sys.openat(AT_FDCWD, from, OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::CLOEXEC;
    let target = sys.openat(AT_FDCWD, to, flags, 0o600);
    let done = target.and_then(|target| {
        let mut left = size;
        let mut done = Ok(());
        while left > 0 && done.is_ok() {
            match sys.copy_file_range(source, None, target, None, left) {
                Ok(0) => break,
                Ok(n) => left -= n,
                // Between file systems bytes have to move.
                Err(Errno::EXDEV | Errno::EINVAL | Errno::EOPNOTSUPP) => {
                    done = move_bytes(sys, source, target);
                    break;
                }
                Err(errno) => done = Err(errno),
            }
        }
        let _ = sys.close(target);
        done
    });
    let _ = sys.close(source);
    done
}

/// Reads and writes from where both descriptors stand.
fn move_bytes(sys: &mut dyn Sys, source: crate::sys::Fd, target: crate::sys::Fd) -> Result<()> {
    let mut buf = vec![0; files::CHUNK];
    loop {
        let n = sys.read(source, &mut buf)?;
        if n == 0 {
            return Ok(());
        }
        let mut rest = &buf[..n];
        while !rest.is_empty() {
            rest = &rest[sys.write(target, rest)?..];
        }
    }
}

/// Owner, mode, attributes and times of one path for another.
///
/// # Errors
/// The disk's.
pub fn copy_description(sys: &mut dyn Sys, from: &[u8], to: &[u8], attr: &Attr) -> Result<()> {
    sys.fchownat(AT_FDCWD, to, Some(attr.uid), Some(attr.gid), at::SYMLINK_NOFOLLOW)?;
    if attr.kind != FileType::Symlink {
        sys.fchmodat(AT_FDCWD, to, attr.mode)?;
    }
    for name in sys.listxattr(from, false).unwrap_or_default() {
        if name.starts_with(b"trusted.overlay.") {
            continue;
        }
        let value = sys.getxattr(from, &name, false)?;
        sys.setxattr(to, &name, &value, XattrMode::Set, false)?;
    }
    set_times(sys, to, attr.mtime);
    Ok(())
}

/// The contents of a file of the archive as a rope.
pub fn part(entry: Entry, data: Vec<u8>) -> Part {
    let len = data.len();
    let segs = match len {
        0 => Vec::new(),
        _ => vec![crate::store::Seg::Shared { bytes: data.into(), off: 0, len }],
    };
    (entry, Rope { segs })
}
