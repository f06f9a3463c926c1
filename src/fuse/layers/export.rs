//! Writes an imported upper directory and its work directory back.
//!
//! First everything new is made in a folder of the work directory, bytes and all, and nothing that
//! was there is touched: a full disk shows itself here. Then names are taken away and put in
//! place, by renames, so that what was there keeps its inode. Bytes that changed in files that
//! stayed, and attributes, come last.

mod attrs;
mod data;
mod flags;
mod names;

use super::import::Layer;
use super::imported::Imported;
use super::source::Shared;
use crate::cred::Cred;
use crate::fs::{Clock, Cx, Disks, FileSystem};
use crate::trace::Tracer;
use crate::types::{Attr, FileType, FsId, Ino};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// The folder in the work directory.
pub const STASH: &[u8] = b".layerglass-writeback";
/// Stands for that folder among the directories.
const STASH_DIR: Ino = Ino(u64::MAX);
/// Marks inodes of the import that are gone.
const DEAD: u64 = 1 << 63;
/// Directories that are kept open.
const OPEN: usize = 512;

type Names = BTreeMap<Vec<u8>, Ino>;

/// Two directories on one imported file system, and what they were at the import.
pub struct Export<'a> {
    /// Upper and work.
    pub layers: [&'a Layer; 2],
    pub before: Box<dyn FileSystem>,
    pub after: Box<dyn FileSystem>,
    pub sources: Shared,
}

/// A write-back at work.
struct Work {
    disks: Disks,
    clock: Clock,
    trace: Tracer,
    before: FsId,
    after: FsId,
    sources: Shared,
    roots: Vec<(Ino, Arc<OwnedFd>)>,
    /// What the real directories hold now.
    real: BTreeMap<Ino, Names>,
    /// What they are to hold.
    wanted: BTreeMap<Ino, Names>,
    /// Where real inodes are now.
    places: BTreeMap<Ino, BTreeSet<(Ino, Vec<u8>)>>,
    /// Inodes that are to be there in the end, parents first.
    inodes: Vec<(Ino, Attr)>,
    wanted_set: BTreeSet<Ino>,
    open: BTreeMap<Ino, Arc<OwnedFd>>,
}

impl Export<'_> {
    /// Writes back.
    ///
    /// # Errors
    /// What the real file system said. Until the first name was moved, nothing has changed.
    pub fn run(self) -> io::Result<()> {
        let mut disks = Disks::default();
        let (before, after) = (disks.add(self.before), disks.add(self.after));
        let mut work = Work {
            disks,
            clock: Clock::default(),
            trace: Tracer::default(),
            before,
            after,
            sources: self.sources,
            roots: self.layers.iter().map(|it| (it.dir, it.real.clone())).collect(),
            real: BTreeMap::new(),
            wanted: BTreeMap::new(),
            places: BTreeMap::new(),
            inodes: Vec::new(),
            wanted_set: BTreeSet::new(),
            open: BTreeMap::new(),
        };
        work.look()?;
        work.make_stash()?;
        let res = work.write();
        // What is left there is dead; after an error it may be all there is.
        if res.is_ok() {
            work.remove_stash()?;
        }
        res
    }
}

impl Work {
    fn write(&mut self) -> io::Result<()> {
        let patches = self.prepare().inspect_err(|_| {
            // Nothing was touched yet.
            let _ = self.remove_stash();
        })?;
        self.unprotect()?;
        self.take_away()?;
        self.put_in_place()?;
        self.patch(&patches)?;
        self.set_attributes()?;
        self.protect()?;
        for (_, root) in &self.roots {
            rustix::fs::syncfs(root)?;
        }
        Ok(())
    }

    fn on<R>(
        &mut self,
        fs: FsId,
        f: impl FnOnce(&mut dyn FileSystem, &mut Cx<'_>) -> crate::types::Result<R>,
    ) -> io::Result<R> {
        let mut cx = Cx {
            disks: &mut self.disks,
            cred: &Cred::root(),
            clock: &mut self.clock,
            trace: &mut self.trace,
        };
        cx.on(fs, f).map_err(|err| io::Error::from_raw_os_error(err.number()))
    }

    /// The same inode as at the import, and wanted.
    fn lives(&self, ino: Ino) -> bool {
        self.wanted_set.contains(&ino) && self.was_imported(ino)
    }

    fn was_imported(&self, ino: Ino) -> bool {
        let fs = self.disks.peek(self.after);
        let fs = fs.and_then(|it| it.as_any().downcast_ref::<Imported>());
        fs.is_some_and(|it| it.shadow_of(ino).is_some())
    }

    /// Reads both trees.
    fn look(&mut self) -> io::Result<()> {
        let roots: Vec<Ino> = self.roots.iter().map(|(root, _)| *root).collect();
        for &root in &roots {
            let (names, inodes) = self.tree(self.after, root)?;
            self.wanted.extend(names);
            self.inodes.extend(inodes);
        }
        let mut seen = BTreeSet::new();
        self.inodes.retain(|(ino, _)| seen.insert(*ino));
        self.wanted_set = seen;
        for &root in &roots {
            let (names, _) = self.tree(self.before, root)?;
            for (dir, list) in names {
                let dir = self.key(dir);
                let mut here = Names::new();
                for (name, ino) in list {
                    let ino = self.key(ino);
                    self.places.entry(ino).or_default().insert((dir, name.clone()));
                    here.insert(name, ino);
                }
                self.real.insert(dir, here);
            }
        }
        Ok(())
    }

    /// What an inode of the import is called here: one that is gone may not be taken for a new one
    /// that has got its number.
    fn key(&self, ino: Ino) -> Ino {
        if self.lives(ino) { ino } else { Ino(ino.0 | DEAD) }
    }

    /// The names in every directory from `root` down, and all inodes, parents first.
    fn tree(
        &mut self,
        fs: FsId,
        root: Ino,
    ) -> io::Result<(BTreeMap<Ino, Names>, Vec<(Ino, Attr)>)> {
        let mut dirs = BTreeMap::new();
        let mut inodes = vec![(root, self.on(fs, |f, cx| f.peek_attr(cx, root))?)];
        let mut todo = vec![root];
        while let Some(dir) = todo.pop() {
            let names = self.on(fs, |f, cx| list(f, cx, dir))?;
            let mut here = Names::new();
            for (name, ino) in names {
                let attr = self.on(fs, |f, cx| f.peek_attr(cx, ino))?;
                if attr.kind == FileType::Dir {
                    todo.push(ino);
                }
                inodes.push((ino, attr));
                here.insert(name, ino);
            }
            dirs.insert(dir, here);
        }
        Ok((dirs, inodes))
    }

    /// A real directory, open. It stays the same one wherever it is moved.
    fn dir(&mut self, dir: Ino) -> io::Result<Arc<OwnedFd>> {
        if let Some(fd) = self.open.get(&dir) {
            return Ok(fd.clone());
        }
        let mut above = Vec::new();
        let mut at = dir;
        let mut fd = loop {
            if let Some((_, root)) = self.roots.iter().find(|(ino, _)| *ino == at) {
                break root.clone();
            }
            if let Some(open) = self.open.get(&at) {
                break open.clone();
            }
            let place = self.places.get(&at).and_then(BTreeSet::first);
            let (up, name) = place.cloned().ok_or(io::ErrorKind::NotFound)?;
            above.push((at, name));
            at = up;
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for (ino, name) in above.into_iter().rev() {
            fd = Arc::new(rustix::fs::openat(&*fd, &name[..], flags, Mode::empty())?);
            if self.open.len() >= OPEN {
                self.open.retain(|ino, _| *ino == STASH_DIR);
            }
            self.open.insert(ino, fd.clone());
        }
        Ok(fd)
    }

    /// A real place of an inode: an open directory and a name in it.
    fn place(&mut self, ino: Ino) -> io::Result<(Arc<OwnedFd>, Vec<u8>)> {
        let place = self.places.get(&ino).and_then(BTreeSet::first).cloned();
        let (dir, name) = place.ok_or(io::ErrorKind::NotFound)?;
        Ok((self.dir(dir)?, name))
    }

    fn make_stash(&mut self) -> io::Result<()> {
        let work = &self.roots[1].1;
        rustix::fs::mkdirat(work, STASH, Mode::RWXU)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(work, STASH, flags, Mode::empty())?;
        self.open.insert(STASH_DIR, Arc::new(fd));
        Ok(())
    }

    fn remove_stash(&mut self) -> io::Result<()> {
        let work = self.roots[1].1.clone();
        remove_tree(&work, STASH)?;
        // The work directory's own stamp is that of the engine again.
        let root = self.roots[1].0;
        let attr = self.on(self.after, |f, cx| f.peek_attr(cx, root))?;
        rustix::fs::futimens(&work, &attrs::stamps(&attr))?;
        Ok(())
    }
}

/// Names of a directory without the dots.
pub(super) fn list(
    f: &mut dyn FileSystem,
    cx: &mut Cx<'_>,
    dir: Ino,
) -> crate::types::Result<Vec<(Vec<u8>, Ino)>> {
    use crate::types::{Name, OpenFlags};
    let mut names: Vec<Vec<u8>> = Vec::new();
    let fh = f.open(cx, dir, OpenFlags::RDONLY)?;
    let res = f.readdir(cx, dir, fh, 0, &mut |entry| {
        if entry.name != b"." && entry.name != b".." {
            names.push(entry.name.to_vec());
        }
        true
    });
    f.release(cx, dir, fh);
    res?;
    let found = names.into_iter().map(|name| {
        let ino = f.lookup(cx, dir, Name::new(&name)?)?;
        Ok((name, ino))
    });
    found.collect()
}

/// Removes what a name leads to, with everything below, however deep.
fn remove_tree(above: &OwnedFd, name: &[u8]) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = |above: &OwnedFd, name: &[u8]| {
        rustix::fs::openat(above, name, flags, Mode::empty()).map(Arc::new)
    };
    let mut stack = vec![(Arc::new(above.try_clone()?), name.to_vec(), false)];
    while let Some((above, name, emptied)) = stack.pop() {
        if emptied {
            rustix::fs::unlinkat(&*above, &name[..], AtFlags::REMOVEDIR)?;
            continue;
        }
        match rustix::fs::unlinkat(&*above, &name[..], AtFlags::empty()) {
            Ok(()) => continue,
            Err(rustix::io::Errno::ISDIR | rustix::io::Errno::PERM) => {}
            Err(err) => return Err(err.into()),
        }
        let dir = open(&above, &name)?;
        stack.push((above, name, true));
        for entry in rustix::fs::Dir::read_from(dir.as_fd())? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                stack.push((dir.clone(), name, false));
            }
        }
    }
    Ok(())
}
