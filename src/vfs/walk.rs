//! The path walk: from a string to a place, one component after the other, as
//! path_resolution(7) describes it, with the kernel's order of errors.
//!
//! Knows nothing of what the caller wants to do with the place.

use super::mounts::{Kept, Place};
use super::paths::Start;
use super::{FileId, Kernel, SysOf};
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::checked::may;
use crate::fs::{Cx, FileSystem};
use crate::limits::{PATH_MAX, SYMLINKS_MAX};
use crate::sys::{AT_FDCWD, Fd};
use crate::trace::Rule;
use crate::types::{FileType, Ino, Name, Result};
use std::borrow::Cow;
use std::ops::Range;
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
    rel: Rel,
    path: &'p [u8],
    /// Where the rest of the path begins, and where the component taken last ends.
    pos: usize,
    end: usize,
    /// Bodies of symbolic links that come before the rest of the path, each with its position.
    bodies: Vec<(Vec<u8>, usize)>,
    links: usize,
    pub last: Last,
    /// The last component.
    pub name: Cow<'p, [u8]>,
    /// A slash follows it.
    pub slash: bool,
    /// Somewhere a trailing slash asked for a directory.
    pub want_dir: bool,
    /// A magic link led to something without a place.
    pub file: Option<FileId>,
}

/// A path below the root of a mount, put together when somebody asks for it: hardly any call does.
enum Rel {
    /// Where the walk started, if not at the root, and the part of the walk's path gone through
    /// since then, which has nothing but names (and `.`) in it.
    Walked(Option<Arc<[u8]>>, Range<usize>),
    Own(Vec<u8>),
}

impl Rel {
    fn text(&self, path: &[u8]) -> Vec<u8> {
        let (base, walked) = match self {
            Rel::Own(text) => return text.clone(),
            Rel::Walked(base, walked) => (base.as_deref().unwrap_or_default(), walked.clone()),
        };
        let mut out = Vec::with_capacity(base.len() + walked.len() + 1);
        out.extend_from_slice(base);
        for name in path[walked].split(|&byte| byte == b'/') {
            if !name.is_empty() && name != b"." {
                push(&mut out, name);
            }
        }
        out
    }
}

fn push(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

/// What a step came upon.
pub(super) enum Step {
    There,
    /// A symbolic link to be followed: the walk has to go on to its last component.
    Link,
}

/// The next component of `text` from `pos` on: where it starts and ends, and where the rest begins
/// (at the end of the text when nothing but slashes follows).
fn component(text: &[u8], pos: usize) -> Option<(usize, usize, usize)> {
    let start = pos + text[pos..].iter().position(|&byte| byte != b'/')?;
    let len = text[start..].iter().position(|&byte| byte == b'/');
    let end = len.map_or(text.len(), |len| start + len);
    let more = text[end..].iter().any(|&byte| byte != b'/');
    Some((start, end, if more { end } else { text.len() }))
}

impl<'p> Walk<'p> {
    /// Takes the next component into `name`; tells whether it is the last one of all.
    fn next(&mut self) -> Option<bool> {
        while let Some((text, pos)) = self.bodies.last_mut() {
            let Some((start, end, rest)) = component(text, *pos) else {
                self.bodies.pop();
                continue;
            };
            self.name = Cow::Owned(text[start..end].to_vec());
            self.slash = rest == text.len() && end < rest;
            *pos = rest;
            if rest == text.len() {
                self.bodies.pop();
            }
            return Some(self.is_at_end());
        }
        let path = self.path;
        let found = component(path, self.pos);
        let (start, end, rest) = found.unwrap_or((path.len(), path.len(), path.len()));
        self.pos = rest;
        found?;
        self.end = end;
        self.name = Cow::Borrowed(&path[start..end]);
        self.slash = rest == path.len() && end < rest;
        Some(self.is_at_end())
    }

    /// Nothing follows the component taken last.
    fn is_at_end(&self) -> bool {
        self.bodies.is_empty() && self.pos == self.path.len()
    }

    /// From the component taken last to the one before the last of all, if that is what is left of
    /// the path: the part that leads through directories.
    fn directories(&self) -> Option<Range<usize>> {
        if !self.bodies.is_empty() || !matches!(self.rel, Rel::Walked(..)) {
            return None;
        }
        let rest = &self.path[self.end..];
        let after = rest.iter().rposition(|&byte| byte != b'/')?;
        let slash = rest[..after].iter().rposition(|&byte| byte == b'/')?;
        Some(self.end - self.name.len()..self.end + slash)
    }

    /// Goes down through directories to where they end in the path, and takes what comes next.
    fn jump(&mut self, to: Ino, end: usize) -> Option<bool> {
        (self.at.ino, self.pos, self.end) = (to, end, end);
        self.push_name();
        self.next()
    }

    /// Goes down to the component taken last.
    fn push_name(&mut self) {
        match (&mut self.rel, &self.name) {
            (Rel::Walked(_, walked), Cow::Borrowed(_)) => walked.end = self.end,
            _ => {
                let mut rel = std::mem::take(self.own_rel());
                push(&mut rel, &self.name);
                self.rel = Rel::Own(rel);
            }
        }
    }

    /// The path as a text of its own, to be changed.
    fn own_rel(&mut self) -> &mut Vec<u8> {
        if let Rel::Walked(..) = self.rel {
            self.rel = Rel::Own(self.rel.text(self.path));
        }
        match &mut self.rel {
            Rel::Own(text) => text,
            Rel::Walked(..) => unreachable!("it was made one"),
        }
    }

    /// The walk stands at the root of a mount.
    fn clear_rel(&mut self) {
        self.rel = Rel::Walked(None, self.end..self.end);
    }

    /// The path of `at` below the root of its mount.
    pub fn rel(&self) -> Vec<u8> {
        self.rel.text(self.path)
    }

    /// The path below the mount's root of a child of where the walk stands.
    pub fn child_rel(&self) -> Vec<u8> {
        let mut rel = self.rel();
        push(&mut rel, &self.name);
        rel
    }

    pub fn kept(self) -> Kept {
        Kept { place: self.at, rel: self.rel().into(), gone: false }
    }
}

/// Where a walk through directories came to an end.
enum Stop {
    /// At something that is no plain directory of this mount.
    At(Ino, FileType),
    /// Before a component that is the last one, or a special one.
    Before(Option<bool>),
}

fn last_of(name: &[u8]) -> Last {
    match name {
        b"." => Last::Dot,
        b".." => Last::DotDot,
        _ => Last::Name,
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
        Ok(Walk {
            at: from.place,
            rel: Rel::Walked(Some(from.rel), 0..0),
            path,
            pos: 0,
            end: 0,
            bodies: Vec::new(),
            links: 0,
            last: Last::Root,
            name: Cow::Borrowed(b""),
            slash: false,
            want_dir: false,
            file: None,
        })
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
        walk.name = Cow::Borrowed(b"");
        walk.slash = false;
        let mut next = walk.next();
        loop {
            let Some(is_last) = next else {
                // Only slashes.
                walk.last = Last::Root;
                return Ok(());
            };
            walk.last = last_of(&walk.name);
            if !is_last && walk.last == Last::Name {
                next = self.pass(walk)?;
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
            next = walk.next();
        }
    }

    /// Goes through a component that is not the last one, and through those after it as long as
    /// they are directories of the same mount; returns what [`Walk::next`] said last. The body of a
    /// symbolic link comes before the rest.
    fn pass(&mut self, walk: &mut Walk<'_>) -> Result<Option<bool>> {
        self.sync_proc(walk.at.fs);
        let Kernel { disks, clock, trace, mounts, procs, paths, .. } = &mut *self.kernel;
        let cred = &procs.get(&self.pid).ok_or(Errno::ESRCH)?.cred;
        let mut cx = Cx { disks, cred, clock, trace };
        let stop = cx.on(walk.at.fs, |f, cx| -> Result<Stop> {
            let known = walk.directories().filter(|_| cx.cred.has(Caps::DAC_READ_SEARCH));
            let known = known.and_then(|range| Some((range, f.dirs_version()?)));
            let known = known.map(|(range, dirs)| {
                let versions = (dirs, mounts.version());
                (range, Start { mnt: walk.at.mnt, dir: walk.at.ino, versions })
            });
            if let Some((range, start)) = &known {
                if let Some(ino) = paths.find(*start, &walk.path[range.clone()]) {
                    return Ok(Stop::Before(walk.jump(ino, range.end)));
                }
            }
            loop {
                // Who may not search the directory is not told that a name is too long.
                let name = Name::new(&walk.name)
                    .or_else(|errno| f.permission(cx, walk.at.ino, may::EXEC).and(Err(errno)))?;
                let (ino, kind) = f.pass(cx, walk.at.ino, name)?;
                if kind != FileType::Dir || mounts.on_top(walk.at.mnt, ino).is_some() {
                    return Ok(Stop::At(ino, kind));
                }
                walk.push_name();
                walk.at.ino = ino;
                let next = walk.next();
                if next != Some(false) || last_of(&walk.name) != Last::Name {
                    if let Some((range, start)) = known.filter(|_| next == Some(true)) {
                        paths.keep(start, &walk.path[range], ino);
                    }
                    return Ok(Stop::Before(next));
                }
            }
        })?;
        let (ino, kind) = match stop {
            Stop::At(ino, kind) => (ino, kind),
            Stop::Before(next) => return Ok(next),
        };
        let child = Place { ino, ..walk.at };
        match kind {
            FileType::Symlink => {
                if let Step::There = self.follow(walk, child)?
                    && (walk.file.is_some() || self.kind_of(walk.at)? != FileType::Dir)
                {
                    return Err(Errno::ENOTDIR);
                }
            }
            // A directory is covered by directories only.
            FileType::Dir => {
                walk.push_name();
                walk.at = child;
                self.cross(walk);
            }
            _ => return Err(Errno::ENOTDIR),
        }
        Ok(walk.next())
    }

    /// The right to search the directory.
    fn may_search(&mut self, at: Place) -> Result<()> {
        self.on(at.fs, |f, cx| f.permission(cx, at.ino, may::EXEC))
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
            walk.clear_rel();
        }
    }

    fn follow(&mut self, walk: &mut Walk<'_>, link: Place) -> Result<Step> {
        walk.links += 1;
        if walk.links > SYMLINKS_MAX {
            return Err(Errno::ELOOP);
        }
        walk.want_dir |= walk.slash && walk.is_at_end();
        // What follows is not below the link by its path.
        walk.own_rel();
        if let Some(target) = self.magic(link)? {
            match target {
                Magic::Place(kept) => {
                    walk.at = kept.place;
                    walk.rel = Rel::Own(kept.rel.to_vec());
                }
                Magic::File(file) => walk.file = Some(file),
            }
            if walk.is_at_end() {
                walk.last = Last::Dot;
            }
            return Ok(Step::There);
        }
        self.touch_atime(link, false);
        let body = self.on(link.fs, |f, cx| f.readlink(cx, link.ino))?;
        if body.first() == Some(&b'/') {
            let root = self.process()?.root.clone();
            walk.at = root.place;
            walk.rel = Rel::Own(root.rel.to_vec());
        }
        walk.bodies.push((body, 0));
        Ok(Step::Link)
    }

    /// `..`: not above the process's root; from the root of a mount to what it covers.
    fn up(&mut self, walk: &mut Walk<'_>) -> Result<()> {
        let root = self.process()?.root.place;
        walk.own_rel();
        loop {
            if walk.at == root {
                break;
            }
            let mount = self.kernel.mounts.get(walk.at.mnt);
            let Some(mount) = mount.filter(|it| it.root == walk.at.ino) else {
                let Place { fs, ino, .. } = walk.at;
                walk.at.ino = self.on(fs, |f, cx| f.parent(cx, ino))?;
                let rel = walk.own_rel();
                let cut = rel.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                rel.truncate(cut);
                break;
            };
            let Some((up, ino)) = mount.parent else { break };
            walk.rel = Rel::Own(mount.rel.to_vec());
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
        let Kernel { disks, clock, trace, procs, .. } = &mut *self.kernel;
        let root;
        let cred = match procs.get(&self.pid) {
            Some(process) => &*process.cred,
            None => {
                root = Cred::root();
                &root
            }
        };
        Cx { disks, cred, clock, trace }.on(fs, f)
    }
}

/// Where a link of /proc leads without a path.
pub(super) enum Magic {
    Place(Kept),
    File(FileId),
}
