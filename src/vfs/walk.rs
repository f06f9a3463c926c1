//! The path walk: from a string to a place, one component after the other, as
//! path_resolution(7) describes it, with the kernel's order of errors.
//!
//! Knows nothing of what the caller wants to do with the place.

use super::mounts::{Kept, Place};
use super::{FileId, SysOf};
use crate::errno::Errno;
use crate::fs::FileSystem;
use crate::limits::{PATH_MAX, SYMLINKS_MAX};
use crate::sys::{AT_FDCWD, Fd};
use crate::trace::Rule;
use crate::types::{FileType, Name, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// What the last component of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    Name,
    Dot,
    DotDot,
    /// Nothing but slashes.
    Root,
}

/// A walk in progress: it stands in a directory with the last component not yet taken.
pub(super) struct Walk<'p> {
    pub at: Place,
    /// Path of `at` below the root of its mount.
    pub rel: Vec<u8>,
    /// What is left: the path, and bodies of symbolic links on top of it.
    frames: Vec<(Cow<'p, [u8]>, usize)>,
    links: usize,
    pub last: Last,
    /// The last component.
    pub name: Vec<u8>,
    /// A slash follows it.
    pub slash: bool,
    /// Somewhere a trailing slash asked for a directory.
    pub want_dir: bool,
    /// A magic link led to something without a place.
    pub file: Option<FileId>,
}

/// What a step came upon.
pub(super) enum Step {
    There,
    /// A symbolic link to be followed: the walk has to go on to its last component.
    Link,
}

impl<'p> Walk<'p> {
    /// Takes the next component into `name`; tells whether it is the last one of all.
    fn next(&mut self) -> Option<bool> {
        loop {
            let (text, pos) = self.frames.last_mut()?;
            let rest = &text[*pos..];
            let from = rest.iter().take_while(|&&byte| byte == b'/').count();
            let len = rest[from..].iter().take_while(|&&byte| byte != b'/').count();
            if len == 0 {
                self.frames.pop();
                continue;
            }
            self.name.clear();
            self.name.extend_from_slice(&rest[from..from + len]);
            let after = &rest[from + len..];
            let exhausted = after.iter().all(|&byte| byte == b'/');
            self.slash = exhausted && !after.is_empty();
            *pos += from + len;
            if exhausted {
                self.frames.pop();
            }
            return Some(exhausted && self.frames.is_empty());
        }
    }

    fn push_name(&mut self) {
        if !self.rel.is_empty() {
            self.rel.push(b'/');
        }
        self.rel.extend_from_slice(&self.name);
    }

    /// The path below the mount's root of a child of where the walk stands.
    pub fn child_rel(&self) -> Vec<u8> {
        super::mounts::join(&self.rel, &self.name)
    }

    pub fn kept(self) -> Kept {
        Kept { place: self.at, rel: self.rel.into(), gone: false }
    }
}

impl SysOf<'_> {
    /// Where a walk of `path` starts. `dir` counts for relative paths only.
    ///
    /// # Errors
    /// `ENOENT` for an empty path, `ENAMETOOLONG`, `EBADF`, `ENOTDIR`.
    pub(super) fn start<'p>(&mut self, dir: Fd, path: &'p [u8]) -> Result<Walk<'p>> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        if path.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let from = if path[0] == b'/' { self.process()?.root.clone() } else { self.base(dir)? };
        if path[0] != b'/' && dir != AT_FDCWD && self.kind_of(from.place)? != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        let mut walk = Walk {
            at: from.place,
            rel: Vec::with_capacity(from.rel.len() + path.len() + 1),
            frames: vec![(Cow::Borrowed(path), 0)],
            links: 0,
            last: Last::Root,
            name: Vec::new(),
            slash: false,
            want_dir: false,
            file: None,
        };
        walk.rel.extend_from_slice(&from.rel);
        Ok(walk)
    }

    /// The directory that a descriptor names.
    fn base(&mut self, dir: Fd) -> Result<Kept> {
        if dir == AT_FDCWD {
            return Ok(self.process()?.cwd.clone());
        }
        let file = self.file(dir)?;
        file.at.clone().ok_or(Errno::ENOTDIR)
    }

    /// Walks to the last component and leaves it in `walk.name`.
    pub(super) fn to_last(&mut self, walk: &mut Walk<'_>) -> Result<()> {
        walk.last = Last::Root;
        walk.name.clear();
        walk.slash = false;
        loop {
            let Some(is_last) = walk.next() else {
                // Only slashes.
                walk.last = Last::Root;
                return Ok(());
            };
            walk.last = match &walk.name[..] {
                b"." => Last::Dot,
                b".." => Last::DotDot,
                _ => Last::Name,
            };
            if !is_last && walk.last == Last::Name {
                self.pass(walk)?;
                continue;
            }
            self.may_search(walk.at)?;
            if is_last {
                return Ok(());
            }
            // `.` or `..`
            self.step(walk, true)?;
            if self.kind_of(walk.at)? != FileType::Dir {
                return Err(Errno::ENOTDIR);
            }
        }
    }

    /// Goes through a component that is not the last one: the right to search, the lookup and the
    /// kind of what was found in one call. The body of a symbolic link comes before the rest.
    fn pass(&mut self, walk: &mut Walk<'_>) -> Result<()> {
        self.sync_proc(walk.at.fs);
        let Place { fs, ino: dir, .. } = walk.at;
        let (ino, kind) = self.on(fs, |f, cx| {
            f.permission(cx, dir, 1)?;
            let ino = f.lookup(cx, dir, Name::new(&walk.name)?)?;
            Ok((ino, f.kind(cx, ino)?))
        })?;
        let child = Place { ino, ..walk.at };
        match kind {
            FileType::Symlink => {
                if let Step::There = self.follow(walk, child)?
                    && (walk.file.is_some() || self.kind_of(walk.at)? != FileType::Dir)
                {
                    return Err(Errno::ENOTDIR);
                }
                Ok(())
            }
            // A directory is covered by directories only.
            FileType::Dir => {
                walk.push_name();
                walk.at = child;
                self.cross(walk);
                Ok(())
            }
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// The right to search the directory.
    fn may_search(&mut self, at: Place) -> Result<()> {
        self.on(at.fs, |f, cx| f.permission(cx, at.ino, 1))
    }

    /// Takes the last component that `to_last` found.
    pub(super) fn step(&mut self, walk: &mut Walk<'_>, follow: bool) -> Result<Step> {
        match walk.last {
            Last::Root | Last::Dot => Ok(Step::There),
            Last::DotDot => {
                self.up(walk)?;
                Ok(Step::There)
            }
            Last::Name => {
                let child = self.child(walk)?;
                self.enter(walk, child, follow)
            }
        }
    }

    /// Looks the last component up, without crossing what is mounted there.
    pub(super) fn child(&mut self, walk: &Walk<'_>) -> Result<Place> {
        let name = Name::new(&walk.name).inspect_err(|errno| {
            if *errno == Errno::ENAMETOOLONG {
                self.explain(walk.at.fs, &walk.name, Rule::NameTooLong, *errno);
            }
        })?;
        self.sync_proc(walk.at.fs);
        let ino = self.on(walk.at.fs, |f, cx| f.lookup(cx, walk.at.ino, name))?;
        Ok(Place { ino, ..walk.at })
    }

    /// Goes to a child that was looked up: through mounts, and into a symbolic link if asked to.
    pub(super) fn enter(
        &mut self,
        walk: &mut Walk<'_>,
        child: Place,
        follow: bool,
    ) -> Result<Step> {
        if follow || walk.slash || walk.want_dir {
            if self.kind_of(child)? == FileType::Symlink {
                return self.follow(walk, child);
            }
        }
        walk.push_name();
        walk.at = child;
        self.cross(walk);
        Ok(Step::There)
    }

    /// Steps onto what is mounted on top of where the walk stands.
    fn cross(&mut self, walk: &mut Walk<'_>) {
        while let Some(mount) = self.kernel.mounts.on_top(walk.at.mnt, walk.at.ino) {
            walk.at = Place { mnt: mount.id, fs: mount.fs, ino: mount.root };
            walk.rel.clear();
        }
    }

    fn follow(&mut self, walk: &mut Walk<'_>, link: Place) -> Result<Step> {
        walk.links += 1;
        if walk.links > SYMLINKS_MAX {
            return Err(Errno::ELOOP);
        }
        walk.want_dir |= walk.slash && walk.frames.is_empty();
        if let Some(target) = self.magic(link)? {
            match target {
                Magic::Place(kept) => {
                    walk.at = kept.place;
                    walk.rel = kept.rel.to_vec();
                }
                Magic::File(file) => walk.file = Some(file),
            }
            if walk.frames.is_empty() {
                walk.last = Last::Dot;
            }
            return Ok(Step::There);
        }
        self.touch_atime(link, false);
        let body = self.on(link.fs, |f, cx| f.readlink(cx, link.ino))?;
        if body.first() == Some(&b'/') {
            let root = self.process()?.root.clone();
            walk.at = root.place;
            walk.rel = root.rel.to_vec();
        }
        walk.frames.push((Cow::Owned(body), 0));
        Ok(Step::Link)
    }

    /// `..`: not above the process's root; from the root of a mount to what it covers.
    fn up(&mut self, walk: &mut Walk<'_>) -> Result<()> {
        let root = self.process()?.root.place;
        loop {
            if walk.at == root {
                break;
            }
            let mount = self.kernel.mounts.get(walk.at.mnt);
            let Some(mount) = mount.filter(|it| it.root == walk.at.ino) else {
                let Place { fs, ino, .. } = walk.at;
                walk.at.ino = self.on(fs, |f, cx| f.parent(cx, ino))?;
                let cut = walk.rel.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                walk.rel.truncate(cut);
                break;
            };
            let Some((up, ino)) = mount.parent else { break };
            walk.rel = mount.rel.to_vec();
            let fs = self.kernel.mounts.get(up).map_or(walk.at.fs, |it| it.fs);
            walk.at = Place { mnt: up, fs, ino };
        }
        self.cross(walk);
        Ok(())
    }

    /// Walks to the end. `follow`: a symbolic link at the end is followed.
    pub(super) fn walk<'p>(&mut self, dir: Fd, path: &'p [u8], follow: bool) -> Result<Walk<'p>> {
        let mut walk = self.start(dir, path)?;
        loop {
            self.to_last(&mut walk)?;
            walk.want_dir |= walk.slash;
            if let Step::There = self.step(&mut walk, follow)? {
                break;
            }
        }
        if walk.want_dir && (walk.file.is_some() || self.kind_of(walk.at)? != FileType::Dir) {
            return Err(Errno::ENOTDIR);
        }
        Ok(walk)
    }

    /// The same when only a place will do.
    pub(super) fn place(&mut self, dir: Fd, path: &[u8], follow: bool) -> Result<Place> {
        let walk = self.walk(dir, path, follow)?;
        if walk.file.is_some() { Err(Errno::EINVAL) } else { Ok(walk.at) }
    }

    /// What is there, without marking its stamps as seen.
    pub(super) fn kind_of(&mut self, at: Place) -> Result<FileType> {
        self.on(at.fs, |f, cx| f.kind(cx, at.ino))
    }

    /// Calls a file system as this process.
    pub(super) fn on<R>(
        &mut self,
        fs: crate::types::FsId,
        f: impl FnOnce(&mut dyn FileSystem, &mut crate::fs::Cx<'_>) -> R,
    ) -> R {
        let cred = match self.kernel.procs.get(&self.pid) {
            Some(process) => process.cred.clone(),
            None => Arc::new(crate::cred::Cred::root()),
        };
        self.kernel.cx(&cred, |cx| cx.on(fs, f))
    }
}

/// Where a link of /proc leads without a path.
pub(super) enum Magic {
    Place(Kept),
    File(FileId),
}
