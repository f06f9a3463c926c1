//! The bytes of imported files: read from the real ones when somebody wants them.

use crate::fs::NeedBytes;
use crate::fuse::host::Bring;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex};

/// Files that are kept open between reads.
const OPEN: usize = 256;

/// A real regular file.
#[derive(Debug)]
struct Source {
    /// Which layer, and the path in it.
    layer: usize,
    path: Vec<u8>,
    ino: u64,
    size: u64,
}

/// All imported regular files, by the number of their source.
#[derive(Debug, Default)]
pub struct Sources {
    roots: Vec<Arc<OwnedFd>>,
    list: Vec<Source>,
    open: BTreeMap<u32, Arc<File>>,
}

/// The same, shared by whoever reads.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Sources>>);

impl Shared {
    pub fn lock(&self) -> std::sync::MutexGuard<'_, Sources> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Sources {
    /// The root of the next layer.
    pub fn add_root(&mut self, root: Arc<OwnedFd>) {
        self.roots.push(root);
    }

    /// A file of a layer; its number.
    pub fn add(&mut self, layer: usize, path: Vec<u8>, ino: u64, size: u64) -> u32 {
        self.list.push(Source { layer, path, ino, size });
        self.list.len() as u32 - 1
    }

    /// The real file, open for reading. It stays readable when its name goes away meanwhile.
    ///
    /// # Errors
    /// Those of opening; an error when the name leads to another file than at the import.
    pub fn file(&mut self, source: u32) -> io::Result<Arc<File>> {
        if let Some(file) = self.open.get(&source) {
            return Ok(file.clone());
        }
        let it = self.list.get(source as usize).ok_or(io::ErrorKind::NotFound)?;
        let root = self.roots.get(it.layer).ok_or(io::ErrorKind::NotFound)?;
        let file = open_beneath(root, &it.path)
            .map_err(|err| io::Error::other(format!("{}: {err}", it.path.escape_ascii())))?;
        let meta = file.metadata()?;
        if meta.ino() != it.ino || meta.size() != it.size {
            let name = it.path.escape_ascii();
            return Err(io::Error::other(format!("{name} has changed since it was imported")));
        }
        if self.open.len() >= OPEN {
            self.open.pop_first();
        }
        let file = Arc::new(file);
        self.open.insert(source, file.clone());
        Ok(file)
    }
}

/// Opens a path below a directory for reading; nothing is followed, and atime stays if it may.
fn open_beneath(root: &OwnedFd, path: &[u8]) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let open = |flags| rustix::fs::openat2(root.as_fd(), path, flags, Mode::empty(), how);
    let fd = open(flags | OFlags::NOATIME).or_else(|_| open(flags))?;
    Ok(File::from(fd))
}

impl Bring for Shared {
    fn bring(&mut self, need: NeedBytes) -> io::Result<Arc<[u8]>> {
        let file = self.lock().file(need.source)?;
        let mut buf = vec![0; usize::try_from(need.len).unwrap_or(0)];
        let mut done = 0;
        while done < buf.len() {
            match file.read_at(&mut buf[done..], need.at + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        buf.truncate(done);
        Ok(buf.into())
    }
}
