//! Laying files of a context into the tree of a step, as COPY and ADD do.

use super::context::{self, Context, Found};
use super::ignore::Ignore;
use crate::drivers::{apply, files};
use crate::errno::Errno;
use crate::oci::compress::{self, Unpacked};
use crate::oci::source::Part;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::tar::Reader;
use crate::types::{FileType, Mode, Result, SetTime, XattrMode};
use std::sync::Arc;

/// Where to, and what becomes of owners and modes.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The tree of the step, mounted.
    pub tree: String,
    /// The path in it; a slash at its end means a directory.
    pub dest: String,
    /// `--chown`; without it files are root's, unless they keep theirs.
    pub owner: Option<(u32, u32)>,
    pub keep_owner: bool,
    pub mode: Option<u32>,
    /// `--exclude`.
    pub exclude: Ignore,
    /// ADD: archives are unpacked.
    pub unpack: bool,
    /// `--parents`: the directories of the source come along.
    pub parents: bool,
    /// As the classic builder does it: directories keep their time of change, and those above a copied
    /// directory are root's.
    pub classic: bool,
}

/// What could not be done, in words.
pub type Done<T> = std::result::Result<T, String>;

fn words(call: &'static str, path: &str) -> impl Fn(Errno) -> String {
    let path = path.to_owned();
    move |errno| format!("{call} {path}: {}", errno.message().to_lowercase())
}

/// Copies one source; `many` if the instruction has several, so that the destination is a directory.
///
/// # Errors
/// In words.
pub fn copy(
    sys: &mut dyn Sys,
    from: &Context,
    source: &Found,
    many: bool,
    target: &Target,
) -> Done<()> {
    let mask = sys.umask(0);
    let done = copy_one(sys, from, source, many, target);
    sys.umask(mask);
    done
}

fn copy_one(
    sys: &mut dyn Sys,
    from: &Context,
    source: &Found,
    many: bool,
    target: &Target,
) -> Done<()> {
    let wants_dir = target.dest.ends_with('/') || many;
    let dest =
        context::resolve(sys, &target.tree, &target.dest).map_err(words("stat", &target.dest))?;
    let full = |path: &str| {
        if path.is_empty() { target.tree.clone() } else { format!("{}/{path}", target.tree) }
    };
    let is_dir = files::stat(sys, &full(&dest)).is_ok_and(|attr| attr.is_dir());
    let base = source.path.rsplit('/').next().unwrap_or_default();
    let source_at = inside(from, &source.path);
    if target.parents {
        let (_, kept) = source.path.rsplit_once("/./").unwrap_or(("", &source.path));
        let place = join(&dest, kept);
        let parent = if source.attr.is_dir() { &place } else { dir_of(&place) };
        make_dirs(sys, target, parent)?;
        return match source.attr.is_dir() {
            true => contents_of(sys, from, &source.path, &place, target),
            false => file(sys, &source_at, source, &full(&place), target),
        };
    }
    if source.attr.is_dir() {
        let there = files::exists(sys, &full(&dest));
        if there && !is_dir {
            return Err(format!("cannot copy to non-directory: {}", full(&dest)));
        }
        let above = Target { owner: target.owner.filter(|_| !target.classic), ..target.clone() };
        make_dirs(sys, &above, dir_of(&dest))?;
        if !there && !dest.is_empty() {
            // Recorded of both builders: the mode of the source does not count.
            make_dirs(sys, target, &dest)?;
        }
        return contents_of(sys, from, &source.path, &dest, target);
    }
    if target.unpack && source.attr.kind == FileType::Reg {
        if let Some(bytes) = archive(sys, &source_at)? {
            make_dirs(sys, target, &dest)?;
            return unpack(sys, bytes, &full(&dest));
        }
    }
    let place = if wants_dir || is_dir { join(&dest, base) } else { dest };
    make_dirs(sys, target, dir_of(&place))?;
    file(sys, &source_at, source, &full(&place), target)
}

fn inside(from: &Context, path: &str) -> String {
    if path.is_empty() { from.root.clone() } else { format!("{}/{path}", from.root) }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |it| it.0)
}

/// Makes the directory that a target names, as WORKDIR does.
///
/// # Errors
/// In words.
pub fn make_dir_all(sys: &mut dyn Sys, target: &Target) -> Done<()> {
    let dest =
        context::resolve(sys, &target.tree, &target.dest).map_err(words("stat", &target.dest))?;
    let mask = sys.umask(0);
    let done = make_dirs(sys, target, &dest);
    sys.umask(mask);
    done
}

/// Makes a directory of the tree with those above it.
fn make_dirs(sys: &mut dyn Sys, target: &Target, path: &str) -> Done<()> {
    let mut at = target.tree.clone();
    for part in path.split('/').filter(|it| !it.is_empty()) {
        at = format!("{at}/{part}");
        match sys.mkdirat(AT_FDCWD, at.as_bytes(), 0o755) {
            Ok(()) => {
                if let Some((uid, gid)) = target.owner {
                    sys.fchownat(AT_FDCWD, at.as_bytes(), Some(uid), Some(gid), 0)
                        .map_err(words("chown", &at))?;
                }
            }
            Err(Errno::EEXIST) if files::stat(sys, &at).is_ok_and(|it| it.is_dir()) => {}
            Err(Errno::EEXIST) => return Err(words("mkdir", &at)(Errno::ENOTDIR)),
            Err(errno) => return Err(words("mkdir", &at)(errno)),
        }
    }
    Ok(())
}

/// Everything in a directory of the context, into a directory that is there.
fn contents_of(
    sys: &mut dyn Sys,
    from: &Context,
    dir: &str,
    dest: &str,
    target: &Target,
) -> Done<()> {
    let mut stamps = Vec::new();
    for found in from.below(sys, dir).map_err(words("open", dir))? {
        let below = found.path[dir.len()..].trim_start_matches('/');
        if target.exclude.leaves_out(below) {
            continue;
        }
        let place = format!("{}/{}", target.tree, join(dest, below));
        let source_at = inside(from, &found.path);
        if found.attr.is_dir() {
            make_dir(sys, &source_at, &found, &place, target).map_err(words("mkdir", &place))?;
            stamps.push((place, found.attr.mtime));
        } else {
            let parent = dir_of(&place).to_owned();
            if !files::exists(sys, &parent) {
                let within = parent[target.tree.len()..].to_owned();
                make_dirs(sys, target, &within)?;
            }
            file(sys, &source_at, &found, &place, target)?;
        }
    }
    if target.classic {
        for (place, time) in stamps.into_iter().rev() {
            let to = Some(SetTime::To(time));
            let _ = sys.utimensat(AT_FDCWD, place.as_bytes(), to, to, 0);
        }
    }
    Ok(())
}

fn owner(found: &Found, target: &Target) -> (u32, u32) {
    match target.owner {
        Some(owner) => owner,
        None if target.keep_owner => (found.attr.uid, found.attr.gid),
        None => (0, 0),
    }
}

fn make_dir(
    sys: &mut dyn Sys,
    source: &str,
    found: &Found,
    place: &str,
    target: &Target,
) -> Result<()> {
    match sys.mkdirat(AT_FDCWD, place.as_bytes(), 0o755) {
        Ok(()) => {}
        Err(Errno::EEXIST) if files::stat(sys, place).is_ok_and(|it| it.is_dir()) => {}
        Err(errno) => return Err(errno),
    }
    describe(sys, source, found, place, target)
}

/// Owner, mode and attributes, in the order in which none undoes another.
fn describe(
    sys: &mut dyn Sys,
    source: &str,
    found: &Found,
    place: &str,
    target: &Target,
) -> Result<()> {
    let (uid, gid) = owner(found, target);
    let flags = at::SYMLINK_NOFOLLOW;
    sys.fchownat(AT_FDCWD, place.as_bytes(), Some(uid), Some(gid), flags)?;
    if found.attr.kind == FileType::Symlink {
        return Ok(());
    }
    let mode = target.mode.map_or(found.attr.mode, Mode::new);
    sys.fchmodat(AT_FDCWD, place.as_bytes(), mode)?;
    for name in context::xattrs(sys, source) {
        let value = sys.getxattr(source.as_bytes(), &name, false)?;
        sys.setxattr(place.as_bytes(), &name, &value, XattrMode::Set, false)?;
    }
    Ok(())
}

/// One file that is no directory; what is in its place goes.
fn file(sys: &mut dyn Sys, source: &str, found: &Found, place: &str, target: &Target) -> Done<()> {
    match files::lstat(sys, place.as_bytes()) {
        Ok(attr) if attr.is_dir() => {
            return Err(format!("cannot overwrite directory {place} with non-directory"));
        }
        Ok(_) => {
            sys.unlinkat(AT_FDCWD, place.as_bytes(), 0).map_err(words("unlinkat", place))?;
        }
        Err(_) => {}
    }
    let (from, to) = (source.as_bytes(), place.as_bytes());
    let made = match found.attr.kind {
        FileType::Reg => apply::copy_data(sys, from, to, found.attr.size),
        FileType::Symlink => {
            sys.readlinkat(AT_FDCWD, from).and_then(|link| sys.symlinkat(&link, AT_FDCWD, to))
        }
        kind => sys.mknodat(AT_FDCWD, to, kind.bits() | 0o600, found.attr.rdev),
    };
    made.map_err(words("open", place))?;
    describe(sys, source, found, place, target).map_err(words("chown", place))?;
    let to = Some(SetTime::To(found.attr.mtime));
    let _ = sys.utimensat(AT_FDCWD, place.as_bytes(), to, to, at::SYMLINK_NOFOLLOW);
    Ok(())
}

/// The bytes of a file that is an archive.
fn archive(sys: &mut dyn Sys, path: &str) -> Done<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut whole = Vec::new();
    context::contents(sys, path, &mut |bytes| {
        if head.len() < 512 {
            head.extend_from_slice(&bytes[..bytes.len().min(512)]);
        }
    })
    .map_err(words("open", path))?;
    let packed = match compress::detect(&head) {
        Err(name) => {
            return Err(format!("{path}: unpacking {name} is not simulated: use gzip or zstd"));
        }
        Ok(compress::Compression::None) => false,
        Ok(_) => true,
    };
    let is_tar = |head: &[u8]| head.len() >= 262 && &head[257..262] == b"ustar";
    if !packed && !is_tar(&head) {
        return Ok(None);
    }
    context::contents(sys, path, &mut |bytes| whole.extend_from_slice(bytes))
        .map_err(words("open", path))?;
    if packed {
        // What is packed and no archive is copied as it is.
        let mut reader = reader(whole.clone())?;
        if !matches!(reader.entry(), Ok(Some(_))) {
            return Ok(None);
        }
    }
    Ok(Some(whole))
}

/// A reader of an archive in memory, packed or not.
///
/// # Errors
/// A packing that nobody here unpacks.
pub fn reader(bytes: Vec<u8>) -> Done<Reader<Unpacked>> {
    let compression = compress::detect(&bytes)
        .map_err(|name| format!("unpacking {name} is not simulated: use gzip or zstd"))?;
    let part = Part::whole(Arc::new(bytes));
    Ok(Reader::new(Unpacked::new(part, compression)))
}

/// Bytes of an archive that are unpacked at most: no bomb fills the machine.
const UNPACKED_MAX: u64 = 1 << 30;

/// Unpacks an archive into a directory.
///
/// # Errors
/// A broken archive, or the disk's words.
pub fn unpack(sys: &mut dyn Sys, bytes: Vec<u8>, dir: &str) -> Done<()> {
    let mut reader = reader(bytes)?;
    let mut total = 0u64;
    let mut next = || -> crate::drivers::Answer<Option<crate::drivers::Part>> {
        let bad = |err: crate::tar::Error| crate::drivers::Failure(err.to_string());
        let Some(entry) = reader.entry().map_err(bad)? else { return Ok(None) };
        let mut data = Vec::new();
        let mut buf = vec![0; files::CHUNK];
        while let Some((at, n)) = reader.read(&mut buf).map_err(bad)? {
            total += n as u64;
            if total > UNPACKED_MAX || at > UNPACKED_MAX {
                let text = format!("the archive unpacks to more than {UNPACKED_MAX} bytes");
                return Err(crate::drivers::Failure(text));
            }
            data.resize(at as usize, 0);
            data.extend_from_slice(&buf[..n]);
        }
        Ok(Some(apply::part(entry, data)))
    };
    apply::apply(sys, dir, apply::Whiteouts::Remove, &mut next).map(|_| ()).map_err(|it| it.0)
}
