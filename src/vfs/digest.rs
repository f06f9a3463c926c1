//! The state of a kernel as text: every object of every file system, mounts, processes,
//! descriptors, pipes, locks, log and clock. Two kernels with the same text cannot be told apart.
//!
//! For tests and digests, never for people: the form may change with any version.

use super::Kernel;
use crate::cred::Cred;
use crate::fs::Cx;
use crate::types::{FileType, FsId, Ino, Name, OpenFlags, Result};
use std::fmt::Write;

/// Names listed of a directory, with their positions.
type Listing = Vec<(Vec<u8>, i64)>;

impl Kernel {
    /// The whole state, in text. Looking at it changes nothing: it is a copy that is looked at.
    pub fn state_text(&self) -> String {
        let mut out = String::new();
        let mut copy = self.clone();
        for fs in self.disks.ids() {
            let kind = self.disks.peek(fs).map_or("", |it| it.type_name());
            writeln!(out, "fs {} {kind}", fs.0).ok();
            // What /proc and /sys show follows from the rest.
            if !self.is_made_up(fs) {
                copy.disk_text(fs, &mut out);
            }
        }
        for mount in self.mounts.iter() {
            writeln!(out, "{mount:?}").ok();
        }
        for (pid, process) in &*self.procs {
            writeln!(out, "{pid} {process:?}").ok();
        }
        writeln!(out, "{:?}\n{:?}\n{:?}", self.files, self.pipes, self.fifos).ok();
        writeln!(out, "{:?}\n{:?}\n{:?}", self.locks, self.linkable, self.console).ok();
        writeln!(out, "{:?}\n{:?}\n{:?}", self.log, self.clock, self.services).ok();
        writeln!(out, "{} {} {}", self.last_pid, self.last_pipe, self.random).ok();
        out
    }

    /// Every object of one file system that has a name, with everything that can be asked of it.
    pub fn disk_text(&mut self, fs: FsId, out: &mut String) {
        let roots = self.disks.peek(fs).map(|it| it.roots()).unwrap_or_default();
        let cred = Cred::root();
        self.cx(&cred, |cx| {
            for root in roots {
                let mut path = Vec::new();
                object(cx, fs, root, &mut path, out);
            }
        });
    }
}

/// One object and what is below it.
fn object(cx: &mut Cx<'_>, fs: FsId, ino: Ino, path: &mut Vec<u8>, out: &mut String) {
    let shown = path.escape_ascii().to_string();
    let attr = match cx.on(fs, |f, cx| f.peek_attr(cx, ino)) {
        Ok(attr) => attr,
        Err(errno) => return writeln!(out, "/{shown} {errno:?}").unwrap_or_default(),
    };
    write!(out, "/{shown} {attr:?}").ok();
    let flags = cx.on(fs, |f, cx| f.get_flags(cx, ino)).unwrap_or_default();
    write!(out, " flags={flags:#x}").ok();
    let mut xattrs = cx.on(fs, |f, cx| f.listxattr(cx, ino)).unwrap_or_default();
    xattrs.sort();
    for name in xattrs {
        let value = cx.on(fs, |f, cx| f.getxattr(cx, ino, &name)).unwrap_or_default();
        write!(out, " {}={}", name.escape_ascii(), value.escape_ascii()).ok();
    }
    match attr.kind {
        FileType::Reg => write!(out, " {:016x}", content(cx, fs, ino, attr.size)).ok(),
        FileType::Symlink => {
            let target = cx.on(fs, |f, cx| f.readlink(cx, ino)).unwrap_or_default();
            write!(out, " -> {}", target.escape_ascii()).ok()
        }
        _ => None,
    };
    out.push('\n');
    if attr.is_dir() {
        children(cx, fs, ino, path, out);
    }
}

fn children(cx: &mut Cx<'_>, fs: FsId, dir: Ino, path: &mut Vec<u8>, out: &mut String) {
    let names = match listing(cx, fs, dir) {
        Ok(names) => names,
        Err(errno) => return writeln!(out, "  {errno:?}").unwrap_or_default(),
    };
    let len = path.len();
    for (name, next) in names {
        writeln!(out, "  {} {next}", name.escape_ascii()).ok();
        if name == b"." || name == b".." {
            continue;
        }
        path.truncate(len);
        path.push(b'/');
        path.extend(&name);
        let found = Name::new(&name).and_then(|it| cx.on(fs, |f, cx| f.lookup(cx, dir, it)));
        match found {
            Ok(ino) => object(cx, fs, ino, path, out),
            Err(errno) => writeln!(out, "  {errno:?}").unwrap_or_default(),
        }
    }
    path.truncate(len);
}

/// The entries of a directory in their order.
fn listing(cx: &mut Cx<'_>, fs: FsId, dir: Ino) -> Result<Listing> {
    cx.on(fs, |f, cx| {
        let fh = f.open(cx, dir, OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::NOATIME)?;
        let mut names = Vec::new();
        let res = f.readdir(cx, dir, fh, 0, &mut |entry| {
            names.push((entry.name.to_vec(), entry.next));
            true
        });
        f.release(cx, dir, fh);
        res.map(|()| names)
    })
}

/// What is hashed at a time.
const BLOCK: usize = 4096;

/// A 64-bit FNV-1a hash of a file's parts with data, each with its place.
fn content(cx: &mut Cx<'_>, fs: FsId, ino: Ino, size: u64) -> u64 {
    let mut hash = crate::types::Fnv::default();
    let mut buf = vec![0; 1 << 16];
    let mut at = 0;
    let open = OpenFlags::RDONLY | OpenFlags::NOATIME;
    let Ok(fh) = cx.on(fs, |f, cx| f.open(cx, ino, open)) else { return 0 };
    while at < size {
        match cx.on(fs, |f, cx| f.seek(cx, ino, at, crate::types::Whence::Data)) {
            Ok(data) => at = data,
            Err(_) => break,
        }
        let got = cx.on(fs, |f, cx| f.read(cx, ino, fh, at, &mut buf)).unwrap_or(0);
        if got == 0 {
            break;
        }
        // Zeros do not count: where there are some, reading may have made pages of a hole.
        for (nth, block) in buf[..got].chunks(BLOCK).enumerate() {
            if block.iter().any(|it| *it != 0) {
                hash.add(&(at + (nth * BLOCK) as u64).to_le_bytes());
                hash.add(block);
            }
        }
        at += got as u64;
    }
    cx.on(fs, |f, cx| f.release(cx, ino, fh));
    hash.value()
}
