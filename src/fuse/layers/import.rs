//! Takes real directories into file systems of the machine: names, attributes and handles at once,
//! the bytes of files when somebody reads them.

use super::imported::{Handle, Imported, Real, Shadow};
use super::source::Shared;
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{Clock, Cx, Disks, FileSystem, NewNode};
use crate::fuse::convert;
use crate::kernel;
use crate::memfs::{Config, MemFs, Profile};
use crate::store::{Rope, Seg};
use crate::trace::Tracer;
use crate::types::{
    Attr, Dev, FileType, FsId, Ino, Name, NodeKind, Result, SetAttr, SetTime, XattrMode,
};
use rustix::fs::{AtFlags, OFlags};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory that was imported.
#[derive(Clone, Debug)]
pub struct Layer {
    pub path: PathBuf,
    /// The real directory, without what is mounted below it.
    pub real: Arc<OwnedFd>,
    /// Which of the imported file systems it is on, and its directory there.
    pub disk: usize,
    pub dir: Ino,
    /// The name of that directory in the root of its file system.
    pub name: String,
}

/// What a directory is imported for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    /// It is written back: names move between it and others, which only works in one mount.
    Write,
}

/// Everything that was imported.
pub struct Import {
    pub layers: Vec<Layer>,
    /// The file systems with their device numbers.
    pub disks: Vec<(Dev, Box<dyn FileSystem>)>,
    pub sources: Shared,
}

/// A real file system on its way in.
struct Disk {
    dev: Dev,
    fs: FsId,
    /// Real inodes that are here already.
    known: BTreeMap<u64, Ino>,
}

/// An import at work.
struct Work {
    disks: Disks,
    clock: Clock,
    trace: Tracer,
    list: Vec<Disk>,
    layers: Vec<Layer>,
    sources: Shared,
    /// What stands for what, to be settled at the end.
    met: Vec<(FsId, Ino, Attr, Option<Handle>)>,
}

/// Imports the directories, in this order.
///
/// # Errors
/// Which directory could not be read, and why.
pub fn import<'a>(
    dirs: impl Iterator<Item = (&'a PathBuf, Access)>,
) -> std::result::Result<Import, String> {
    let mut work = Work {
        disks: Disks::default(),
        clock: Clock::at(convert::now()),
        trace: Tracer::default(),
        list: Vec::new(),
        layers: Vec::new(),
        sources: Shared::default(),
        met: Vec::new(),
    };
    for (path, access) in dirs {
        work.layer(path, access).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    work.settle().map_err(|err| err.message().to_owned())?;
    let disks = &mut work.disks;
    let list = work.list.iter().filter_map(|it| Some((it.dev, disks.remove(it.fs)?))).collect();
    Ok(Import { layers: work.layers, disks: list, sources: work.sources })
}

/// An entry that waits for its turn.
struct Entry {
    above: Arc<OwnedFd>,
    name: Vec<u8>,
    dir: Ino,
    /// Path of `above` in the layer.
    path: Arc<[u8]>,
}

impl Work {
    fn layer(&mut self, path: &Path, access: Access) -> std::result::Result<(), String> {
        let real = open_layer(path, access).map_err(|err| err.to_string())?;
        let attr = stat(real.as_fd(), b"").map_err(words)?.0;
        if attr.kind != FileType::Dir {
            return Err("not a directory".into());
        }
        let disk = self.disk_of(real.as_fd(), &attr)?;
        if self.list[disk].known.contains_key(&attr.ino) {
            return Err("overlaps with another layer".into());
        }
        let name = self.layers.len().to_string();
        let fs = self.list[disk].fs;
        let root = self.cx(|cx| cx.on(fs, |f, _| f.root()));
        let dir = self.make(disk, (root, name.as_bytes()), &attr, NodeKind::Dir).map_err(words)?;
        let own = format!("/proc/self/fd/{}", real.as_raw_fd());
        self.attributes(fs, dir, own.as_bytes(), true)?;
        self.met.push((fs, dir, attr, handle(real.as_fd(), b"")));
        let real = Arc::new(real);
        self.sources.lock().add_root(real.clone());
        self.layers.push(Layer { path: path.to_owned(), real: real.clone(), disk, dir, name });
        self.walk(disk, real, dir)
    }

    fn cx<R>(&mut self, f: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        f(&mut Cx {
            disks: &mut self.disks,
            cred: &Cred::root(),
            clock: &mut self.clock,
            trace: &mut self.trace,
        })
    }

    /// The file system that stands for the real one which this directory is on.
    fn disk_of(&mut self, dir: BorrowedFd<'_>, attr: &Attr) -> std::result::Result<usize, String> {
        if let Some(at) = self.list.iter().position(|it| it.dev == attr.dev) {
            return Ok(at);
        }
        let stat = kernel::fstatfs(dir).map_err(words)?;
        let profile = profile_of(stat.magic);
        let mut config = Config { dev: attr.dev, ..Config::of(profile) };
        // Room for what is there; `settle` says how much is left.
        (config.blocks, config.reserved, config.inodes) = (1 << 48, 0, 1 << 48);
        let real = Real {
            uuid: kernel::fs_uuid(dir),
            stat,
            ino32: stat.magic == EXT4_MAGIC,
            handles: handle(dir, b"").is_some(),
        };
        let fs = self.disks.add(Box::new(Imported::new(MemFs::with(config), real)));
        self.list.push(Disk { dev: attr.dev, fs, known: BTreeMap::new() });
        Ok(self.list.len() - 1)
    }

    fn make(
        &mut self,
        disk: usize,
        (dir, name): (Ino, &[u8]),
        attr: &Attr,
        kind: NodeKind,
    ) -> Result<Ino> {
        let Disk { fs, .. } = self.list[disk];
        let (mode, uid, gid) = (attr.mode, attr.uid, attr.gid);
        let new = NewNode { kind, mode, uid, gid, xattrs: Vec::new() };
        let ino = self.cx(|cx| cx.on(fs, |f, cx| f.create(cx, dir, Name::new(name)?, &new)))?;
        self.list[disk].known.insert(attr.ino, ino);
        Ok(ino)
    }

    fn walk(
        &mut self,
        disk: usize,
        root: Arc<OwnedFd>,
        dir: Ino,
    ) -> std::result::Result<(), String> {
        let mut stack = Vec::new();
        push_entries(&mut stack, root, dir, Arc::from([]))?;
        while let Some(entry) = stack.pop() {
            let said = |why: String| {
                let path = [&entry.path[..], b"/", &entry.name].concat();
                format!("{}: {why}", path.escape_ascii())
            };
            let below = self.entry(disk, &entry).map_err(said)?;
            if let Some((fd, ino)) = below {
                let path = join(&entry.path, &entry.name).into();
                push_entries(&mut stack, Arc::new(fd), ino, path)?;
            }
        }
        Ok(())
    }

    /// Takes an entry in; a directory comes back to be walked.
    fn entry(
        &mut self,
        disk: usize,
        it: &Entry,
    ) -> std::result::Result<Option<(OwnedFd, Ino)>, String> {
        let above = it.above.as_fd();
        let (attr, flags) = stat(above, &it.name).map_err(words)?;
        let Disk { dev, fs, .. } = self.list[disk];
        let known = self.list[disk].known.get(&attr.ino).copied().filter(|_| attr.dev == dev);
        if let Some(ino) = known {
            if attr.kind == FileType::Dir {
                return Err("overlaps with another layer".into());
            }
            let link = |f: &mut dyn FileSystem, cx: &mut Cx<'_>| {
                f.link(cx, ino, it.dir, Name::new(&it.name)?)
            };
            return self.cx(|cx| cx.on(fs, link)).map(|()| None).map_err(words);
        }
        let kind = match attr.kind {
            FileType::Reg => NodeKind::Reg,
            FileType::Dir => NodeKind::Dir,
            FileType::Symlink => {
                let text = rustix::fs::readlinkat(above, &it.name[..], Vec::new());
                NodeKind::Symlink(text.map_err(|err| err.to_string())?.into_bytes())
            }
            FileType::Fifo => NodeKind::Fifo,
            FileType::Sock => NodeKind::Sock,
            FileType::Chr => NodeKind::Chr(attr.rdev),
            FileType::Blk => NodeKind::Blk(attr.rdev),
        };
        let ino = self.make(disk, (it.dir, &it.name), &attr, kind).map_err(words)?;
        self.attributes(fs, ino, &proc_path(above, &it.name), false)?;
        if attr.kind == FileType::Reg && attr.size > 0 {
            self.contents(fs, ino, it, &attr).map_err(words)?;
        }
        if flags != 0 {
            // A file system without such flags shows them nowhere.
            let _ = self.cx(|cx| {
                cx.on(fs, |f, cx| {
                    let old = f.get_flags(cx, ino)?;
                    f.set_flags(cx, ino, old | flags)
                })
            });
        }
        self.met.push((fs, ino, attr, handle(above, &it.name)));
        if attr.kind != FileType::Dir || attr.dev != dev {
            return Ok(None);
        }
        Ok(Some((open_dir(above, &it.name).map_err(|err| err.to_string())?, ino)))
    }

    /// Extended attributes of what the path leads to.
    fn attributes(
        &mut self,
        fs: FsId,
        ino: Ino,
        path: &[u8],
        follow: bool,
    ) -> std::result::Result<(), String> {
        for (name, value) in kernel::all_xattrs(path, follow).map_err(words)? {
            let set = |f: &mut dyn FileSystem, cx: &mut Cx<'_>| {
                f.setxattr(cx, ino, &name, &value, XattrMode::Set)
            };
            match self.cx(|cx| cx.on(fs, set)) {
                // A namespace that no union knows.
                Ok(()) | Err(Errno::EOPNOTSUPP) => {}
                Err(err) => return Err(format!("{}: {}", name.escape_ascii(), err.message())),
            }
        }
        Ok(())
    }

    /// The file's bytes are those of the real file.
    fn contents(&mut self, fs: FsId, ino: Ino, it: &Entry, attr: &Attr) -> Result<()> {
        let layer = self.layers.len() - 1;
        let path = join(&it.path, &it.name);
        let source = self.sources.lock().add(layer, path, attr.ino, attr.size);
        let whole = [(0, attr.size)];
        let sparse = attr.blocks.saturating_mul(512) < attr.size;
        let parts = match sparse {
            true => data_parts(it.above.as_fd(), &it.name, attr.size).unwrap_or(whole.to_vec()),
            false => whole.to_vec(),
        };
        let mut rope = Rope::default();
        let mut pos = 0;
        for (from, to) in parts {
            rope.segs.push(Seg::Hole(from - pos));
            rope.segs.push(Seg::External { source, at: from, len: to - from });
            pos = to;
        }
        rope.segs.retain(|seg| !seg.is_empty());
        let size = SetAttr { size: Some(attr.size), ..SetAttr::default() };
        self.cx(|cx| {
            cx.on(fs, |f, cx| {
                f.setattr(cx, ino, &size)?;
                f.write_rope(cx, ino, 0, &rope)
            })
        })
    }

    /// Stamps last, when nothing moves them any more.
    fn settle(&mut self) -> Result<()> {
        for (fs, ino, real, handle) in std::mem::take(&mut self.met) {
            let set = SetAttr {
                atime: Some(SetTime::To(real.atime)),
                mtime: Some(SetTime::To(real.mtime)),
                ..SetAttr::default()
            };
            let now = self.cx(|cx| {
                cx.on(fs, |f, cx| {
                    f.setattr(cx, ino, &set)?;
                    // Looked at: the next change gets a later stamp.
                    f.getattr(cx, ino)
                })
            })?;
            let other_links = i64::from(real.nlink) - i64::from(now.nlink);
            let shadow = Shadow { real, ctime: now.ctime, other_links, handle };
            self.on_imported(fs, |it, _| it.shadow(ino, shadow));
        }
        for fs in self.list.iter().map(|it| it.fs).collect::<Vec<_>>() {
            self.on_imported(fs, |it, cx| it.settle(cx)).unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    fn on_imported<R>(
        &mut self,
        fs: FsId,
        f: impl FnOnce(&mut Imported, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        self.cx(|cx| cx.on(fs, |it, cx| it.as_any_mut().downcast_mut().map(|it| f(it, cx))))
    }
}

const EXT4_MAGIC: u64 = 0xef53;

/// Whose habits the real file system has, as far as a union notices.
fn profile_of(magic: u64) -> Profile {
    match magic {
        0x0102_1994 => Profile::Tmpfs,
        // xfs, btrfs: files share blocks.
        0x5846_5342 | 0x9123_683e => Profile::Xfs,
        _ => Profile::Ext4,
    }
}

fn words(err: Errno) -> String {
    err.message().to_owned()
}

fn join(a: &[u8], b: &[u8]) -> Vec<u8> {
    crate::vfs::mounts::join(a, b)
}

/// A path to a name in an open directory.
fn proc_path(dir: BorrowedFd<'_>, name: &[u8]) -> Vec<u8> {
    [format!("/proc/self/fd/{}/", dir.as_raw_fd()).as_bytes(), name].concat()
}

/// The directory without what is mounted below it, as an overlay sees its layers; where that may
/// not be had, as it is.
fn open_layer(path: &Path, access: Access) -> std::io::Result<OwnedFd> {
    use rustix::mount::{OpenTreeFlags, open_tree};
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let as_it_is = || {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, rustix::fs::Mode::empty())
    };
    let alone = match access {
        Access::Write => as_it_is(),
        Access::Read => open_tree(rustix::fs::CWD, path, flags)
            .and_then(|tree| open_dir(tree.as_fd(), b"."))
            .or_else(|_| as_it_is()),
    };
    Ok(alone?)
}

fn open_dir(above: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = |flags| rustix::fs::openat(above, name, flags, rustix::fs::Mode::empty());
    open(flags | OFlags::NOATIME).or_else(|_| open(flags))
}

/// Attributes, and the flags of `chattr` that the system shows to everybody.
fn stat(dir: BorrowedFd<'_>, name: &[u8]) -> Result<(Attr, u32)> {
    let at = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::EMPTY_PATH;
    kernel::stat_with_flags(dir, name, at)
}

fn handle(dir: BorrowedFd<'_>, name: &[u8]) -> Option<Handle> {
    let (kind, bytes) = kernel::handle_at(dir, name).ok()?;
    Some((u8::try_from(kind).ok()?, bytes))
}

/// Where the file has data.
fn data_parts(dir: BorrowedFd<'_>, name: &[u8], size: u64) -> Option<Vec<(u64, u64)>> {
    use rustix::fs::SeekFrom;
    /// Holes are kept in whole blocks of the machine.
    const BLOCK: u64 = 4096;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(dir, name, flags, rustix::fs::Mode::empty()).ok()?;
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let mut pos = 0;
    while pos < size {
        let from = match rustix::fs::seek(&fd, SeekFrom::Data(pos)) {
            Ok(at) => at,
            Err(rustix::io::Errno::NXIO) => break,
            Err(_) => return None,
        };
        let to = rustix::fs::seek(&fd, SeekFrom::Hole(from)).ok()?.max(from + 1);
        let from = from / BLOCK * BLOCK;
        let end = to.next_multiple_of(BLOCK).min(size);
        match parts.last_mut() {
            Some(last) if last.1 >= from => last.1 = end,
            _ => parts.push((from, end)),
        }
        pos = to;
    }
    Some(parts)
}

fn push_entries(
    stack: &mut Vec<Entry>,
    above: Arc<OwnedFd>,
    dir: Ino,
    path: Arc<[u8]>,
) -> std::result::Result<(), String> {
    let said = |err: rustix::io::Errno| format!("{}: {err}", path.escape_ascii());
    let list = rustix::fs::Dir::read_from(&*above).map_err(said)?;
    for entry in list {
        let name = entry.map_err(said)?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            stack.push(Entry { above: above.clone(), name, dir, path: path.clone() });
        }
    }
    Ok(())
}
