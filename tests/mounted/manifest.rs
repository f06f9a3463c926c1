//! What a tree looks like from outside, as text that can be compared.

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Which attributes count.
#[derive(Clone, Copy)]
pub struct Counts {
    /// Stamps of modification.
    pub mtimes: bool,
    /// Extended attributes whose names begin so do not count.
    pub without_xattrs: &'static [&'static str],
}

/// Everything in a merged tree.
pub const MERGED: Counts = Counts { mtimes: false, without_xattrs: &["trusted.overlay."] };

/// One line for each name: kind, mode, owner, links, size or device, target, bytes, attributes.
pub fn manifest(root: &Path, counts: Counts) -> String {
    let mut lines = BTreeMap::new();
    let mut groups: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(rel) = todo.pop() {
        let path = root.join(&rel);
        let path = if rel.as_os_str().is_empty() { root.to_owned() } else { path };
        let name = rel.as_os_str().as_bytes().escape_ascii().to_string();
        let stat = stat(&path);
        let kind = FileType::from_raw_mode(stat.stx_mode.into());
        if kind == FileType::Directory {
            let list = std::fs::read_dir(&path).unwrap();
            todo.extend(list.map(|it| rel.join(it.unwrap().file_name())));
        } else if stat.stx_nlink > 1 {
            groups.entry(stat.stx_ino).or_default().push(name.clone());
        }
        lines.insert(name, line(&path, &stat, kind, counts));
    }
    let mut text: String = lines.iter().map(|(name, line)| format!("{name}: {line}\n")).collect();
    let mut groups: Vec<Vec<String>> = groups.into_values().collect();
    groups.iter_mut().for_each(|it| it.sort());
    groups.sort();
    groups.retain(|it| it.len() > 1);
    let _ = writeln!(text, "hard links: {groups:?}");
    text
}

fn stat(path: &Path) -> Statx {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::statx(rustix::fs::CWD, path, flags, StatxFlags::BASIC_STATS)
        .unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn line(path: &Path, stat: &Statx, kind: FileType, counts: Counts) -> String {
    let mut text = format!("{:o} {}:{}", stat.stx_mode, stat.stx_uid, stat.stx_gid);
    match kind {
        FileType::Directory => {}
        FileType::Symlink => {
            let _ = write!(text, " -> {}", std::fs::read_link(path).unwrap().display());
        }
        FileType::RegularFile => {
            let (nlink, size) = (stat.stx_nlink, stat.stx_size);
            let _ = write!(text, " links {nlink} size {size} sum {:x}", sum(path));
        }
        _ => {
            let _ = write!(text, " {}:{}", stat.stx_rdev_major, stat.stx_rdev_minor);
        }
    }
    if counts.mtimes {
        let _ = write!(text, " at {}.{:09}", stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec);
    }
    for (name, value) in xattrs(path) {
        if !counts.without_xattrs.iter().any(|it| name.starts_with(it)) {
            let _ = write!(text, " {name}={}", value.escape_ascii());
        }
    }
    text
}

/// A sum of the bytes (FNV-1a): a difference is to be seen, not withstood.
fn sum(path: &Path) -> u64 {
    use std::io::Read;
    let mut file = std::fs::File::open(path).unwrap();
    let (mut sum, mut buf) = (0xcbf2_9ce4_8422_2325_u64, vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut buf).unwrap();
        if n == 0 {
            return sum;
        }
        for byte in &buf[..n] {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut list = vec![0; 65536];
    let n = rustix::fs::llistxattr(path, &mut list[..]).unwrap_or(0);
    let names = list[..n].split(|&b| b == 0).filter(|it| !it.is_empty());
    let value = |name: &[u8]| {
        let mut buf = vec![0; 65536];
        let n = rustix::fs::lgetxattr(path, name, &mut buf[..]).unwrap();
        buf[..n].to_vec()
    };
    names.map(|name| (String::from_utf8_lossy(name).into_owned(), value(name))).collect()
}

/// Fails with the lines that differ.
#[track_caller]
pub fn same(what: &str, ours: &str, theirs: &str) {
    if ours == theirs {
        return;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    let only = |x: &[&str], y: &[&str]| -> String {
        let set: std::collections::BTreeSet<_> = y.iter().collect();
        x.iter().filter(|it| !set.contains(it)).take(20).map(|it| format!("  {it}\n")).collect()
    };
    panic!("{what} differs\nours:\n{}theirs:\n{}", only(&a, &b), only(&b, &a));
}
