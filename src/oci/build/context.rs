//! Where COPY and ADD take files from: the build context, a stage, an image. Its files are found, seen
//! through `.dockerignore`, and digested as each builder does it.

use super::ignore::{Ignore, clean};
use super::pattern::{Pattern, is_pattern};
use crate::drivers::files;
use crate::errno::Errno;
use crate::oci::digest::{Digest, Hasher};
use crate::sys::{AT_FDCWD, Sys};
use crate::tar::{Entry, Kind, write};
use crate::types::{Attr, FileType, OpenFlags, Result};

/// Symbolic links in the way to a path at most (path_resolution(7)).
const LINKS_MAX: usize = 40;

/// A tree to take files from.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Its directory in the machine.
    pub root: String,
    pub ignore: Ignore,
}

/// A file in a context, by its path from the root.
#[derive(Clone, Debug)]
pub struct Found {
    pub path: String,
    pub attr: Attr,
}

/// Where a path leads inside a tree: symbolic links are followed as if the tree were `/`. What is
/// missing of it stays as it is.
///
/// # Errors
/// `ELOOP`.
pub fn resolve(sys: &mut dyn Sys, root: &str, path: &str) -> Result<String> {
    let mut waiting: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(part) = waiting.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ => {}
        }
        done.push(part);
        let at = format!("{root}/{}", done.join("/"));
        let Ok(attr) = files::lstat(sys, at.as_bytes()) else { continue };
        if attr.kind == FileType::Symlink {
            links += 1;
            if links > LINKS_MAX {
                return Err(Errno::ELOOP);
            }
            let target = sys.readlinkat(AT_FDCWD, at.as_bytes())?;
            let target = String::from_utf8_lossy(&target).into_owned();
            done.pop();
            if target.starts_with('/') {
                done.clear();
            }
            waiting.extend(target.split('/').rev().map(str::to_owned));
        }
    }
    Ok(done.join("/"))
}

impl Context {
    pub fn at(root: &str) -> Context {
        Context { root: root.trim_end_matches('/').to_owned(), ignore: Ignore::default() }
    }

    fn full(&self, path: &str) -> String {
        if path.is_empty() { self.root.clone() } else { format!("{}/{path}", self.root) }
    }

    /// Everything below a path of the context, in the order of a walk: directories before what is in
    /// them. What is left out is not there.
    ///
    /// # Errors
    /// The disk's.
    pub fn below(&self, sys: &mut dyn Sys, path: &str) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        self.walk(sys, path, &mut all)?;
        Ok(all)
    }

    fn walk(&self, sys: &mut dyn Sys, dir: &str, all: &mut Vec<Found>) -> Result<()> {
        for entry in files::list(sys, self.full(dir).as_bytes())? {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
            let attr = files::lstat(sys, self.full(&path).as_bytes())?;
            let out = self.ignore.leaves_out(&path);
            if attr.is_dir() {
                let place = all.len();
                if !out {
                    all.push(Found { path: path.clone(), attr });
                }
                if !out || self.ignore.may_keep_below(&path) {
                    self.walk(sys, &path, all)?;
                }
                // A directory that is left out comes along when something in it does not.
                if out && all.len() > place {
                    all.insert(place, Found { path, attr });
                }
            } else if !out {
                all.push(Found { path, attr });
            }
        }
        Ok(())
    }

    /// Bytes of the archive that the classic client sends.
    ///
    /// # Errors
    /// The disk's.
    pub fn archive_size(&self, sys: &mut dyn Sys) -> Result<u64> {
        let mut total = write::END.len() as u64;
        for found in self.below(sys, "")? {
            let mut entry = Entry::new(found.path.into_bytes(), Kind::Reg, 0o644);
            let size = if found.attr.kind == FileType::Reg { found.attr.size } else { 0 };
            entry.size = size;
            total += write::headers(&entry).len() as u64 + size.next_multiple_of(512);
        }
        Ok(total)
    }

    /// The one file or directory that a path of an instruction means; `None` if it is not there or
    /// left out.
    ///
    /// # Errors
    /// The disk's.
    pub fn one(&self, sys: &mut dyn Sys, path: &str) -> Result<Option<Found>> {
        let path = resolve(sys, &self.root, &clean(path))?;
        let attr = match files::lstat(sys, self.full(&path).as_bytes()) {
            Ok(attr) => attr,
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let out = !path.is_empty() && self.ignore.leaves_out(&path);
        if out && !(attr.is_dir() && !self.below(sys, &path)?.is_empty()) {
            return Ok(None);
        }
        Ok(Some(Found { path, attr }))
    }

    /// What the source of an instruction means: one path, or all that a pattern matches.
    ///
    /// # Errors
    /// A pattern that is none, or the disk's words.
    pub fn select(
        &self,
        sys: &mut dyn Sys,
        source: &str,
    ) -> std::result::Result<Vec<Found>, String> {
        let failed = |errno: Errno| errno.message().to_lowercase();
        if !is_pattern(source) {
            return Ok(self.one(sys, source).map_err(failed)?.into_iter().collect());
        }
        let text = clean(source);
        let pattern = Pattern::new(&text).map_err(str::to_owned)?;
        let depth = text.split('/').count();
        // Only as deep as the pattern goes, and only where its first parts may lead.
        let mut level = vec![String::new()];
        for at in 0..depth {
            let part = text.split('/').nth(at).unwrap_or_default();
            let part = Pattern::new(part).map_err(str::to_owned)?;
            let mut next = Vec::new();
            for dir in &level {
                for name in files::names(sys, &self.full(dir)) {
                    if part.matches(&name) {
                        next.push(if dir.is_empty() { name } else { format!("{dir}/{name}") });
                    }
                }
            }
            level = next;
        }
        let mut all = Vec::new();
        for path in level {
            if pattern.matches(&path) && !self.ignore.leaves_out(&path) {
                let attr = files::lstat(sys, self.full(&path).as_bytes()).map_err(failed)?;
                all.push(Found { path, attr });
            }
        }
        Ok(all)
    }

    /// The digest that the classic builder puts into the history: of the name, a few attributes and
    /// the contents, never of times; owners count as root's.
    ///
    /// # Errors
    /// The disk's.
    fn classic_one(&self, sys: &mut dyn Sys, found: &Found) -> Result<Digest> {
        let attr = &found.attr;
        let (kind, slash) = match attr.kind {
            FileType::Dir => ("5", "/"),
            FileType::Symlink => ("2", ""),
            FileType::Chr => ("3", ""),
            FileType::Blk => ("4", ""),
            FileType::Fifo => ("6", ""),
            _ => ("0", ""),
        };
        let at = self.full(&found.path);
        let link = match attr.kind {
            FileType::Symlink => sys.readlinkat(AT_FDCWD, at.as_bytes())?,
            _ => Vec::new(),
        };
        let size = if attr.kind == FileType::Reg { attr.size } else { 0 };
        let mut hasher = Hasher::default();
        hasher.update(format!("name{}{slash}", found.path).as_bytes());
        hasher.update(format!("mode{}uid0gid0size{size}typeflag{kind}", attr.st_mode()).as_bytes());
        hasher.update(b"linkname");
        hasher.update(&link);
        let (major, minor) = (attr.rdev.major, attr.rdev.minor);
        hasher.update(format!("unamegnamedevmajor{major}devminor{minor}").as_bytes());
        for name in xattrs(sys, &at) {
            hasher.update(&name);
            hasher.update(&sys.getxattr(at.as_bytes(), &name, false)?);
        }
        if attr.kind == FileType::Reg {
            contents(sys, &at, &mut |bytes| hasher.update(bytes))?;
        }
        Ok(hasher.finish())
    }

    /// `file:…` or `dir:…` of a source.
    ///
    /// # Errors
    /// The disk's.
    pub fn classic_digest(&self, sys: &mut dyn Sys, found: &Found) -> Result<String> {
        if !found.attr.is_dir() {
            return Ok(format!("file:{}", self.classic_one(sys, found)?.hex()));
        }
        let mut all = Vec::new();
        if !found.path.is_empty() {
            all.push(self.classic_one(sys, found)?.hex());
        }
        for mut inner in self.below(sys, &found.path)? {
            if inner.attr.kind == FileType::Symlink {
                // What it leads to counts in its place; one that leads nowhere does not count.
                inner.path = resolve(sys, &self.root, &inner.path)?;
                match files::lstat(sys, self.full(&inner.path).as_bytes()) {
                    Ok(attr) => inner.attr = attr,
                    Err(_) => continue,
                }
            }
            all.push(self.classic_one(sys, &inner)?.hex());
        }
        all.sort();
        Ok(format!("dir:{}", Digest::of(all.join(",").as_bytes()).hex()))
    }

    /// Each file that a source brings along with what BuildKit looks at: mode, owner, size, contents;
    /// no times.
    ///
    /// # Errors
    /// The disk's.
    pub fn described(
        &self,
        sys: &mut dyn Sys,
        found: &Found,
        owners: bool,
    ) -> Result<Vec<(String, String)>> {
        let mut all = vec![found.clone()];
        if found.attr.is_dir() {
            all.extend(self.below(sys, &found.path)?);
        }
        let mut described = Vec::new();
        for found in all {
            let attr = &found.attr;
            let at = self.full(&found.path);
            let mut hasher = Hasher::default();
            match attr.kind {
                FileType::Reg => contents(sys, &at, &mut |bytes| hasher.update(bytes))?,
                FileType::Symlink => hasher.update(&sys.readlinkat(AT_FDCWD, at.as_bytes())?),
                _ => {}
            }
            for name in xattrs(sys, &at) {
                hasher.update(&name);
                hasher.update(&sys.getxattr(at.as_bytes(), &name, false)?);
            }
            let (uid, gid) = if owners { (attr.uid, attr.gid) } else { (0, 0) };
            let size = if attr.kind == FileType::Reg { attr.size } else { 0 };
            let text =
                format!("{:o} {uid}:{gid} {size} {}", attr.st_mode(), hasher.finish().short());
            described.push((found.path, text));
        }
        Ok(described)
    }
}

/// Attributes that travel with a file.
pub(super) fn xattrs(sys: &mut dyn Sys, at: &str) -> Vec<Vec<u8>> {
    let mut names = sys.listxattr(at.as_bytes(), false).unwrap_or_default();
    names.retain(|it| !it.starts_with(b"trusted.") && !it.starts_with(b"system."));
    names.sort();
    names
}

/// The bytes of a file, piece by piece.
pub(super) fn contents(sys: &mut dyn Sys, at: &str, take: &mut dyn FnMut(&[u8])) -> Result<()> {
    let fd = sys.openat(AT_FDCWD, at.as_bytes(), OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    let mut buf = vec![0; files::CHUNK];
    let done = loop {
        match sys.read(fd, &mut buf) {
            Ok(0) => break Ok(()),
            Ok(n) => take(&buf[..n]),
            Err(errno) => break Err(errno),
        }
    };
    let _ = sys.close(fd);
    done
}
