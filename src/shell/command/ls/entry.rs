//! One name of a listing with what is known of it.

use super::options::Options;
use crate::shell::command::ctx::Ctx;
use crate::types::{Attr, FileType};

pub struct Entry {
    pub name: Vec<u8>,
    pub ino: u64,
    pub kind: Option<FileType>,
    pub attr: Option<Attr>,
    /// Where a symbolic link points, and what is there.
    pub link: Option<Vec<u8>>,
    pub target: Option<Attr>,
    /// Has a POSIX ACL.
    pub acl: bool,
}

impl Entry {
    pub fn new(name: Vec<u8>, ino: u64, kind: Option<FileType>) -> Entry {
        Entry { name, ino, kind, attr: None, link: None, target: None, acl: false }
    }

    pub fn bytes_used(&self) -> u64 {
        self.attr.map_or(0, |a| a.blocks * 512)
    }

    pub fn size(&self) -> u64 {
        self.attr.map_or(0, |a| a.size)
    }
}

/// Adds what a long or classified listing shows beside the attributes.
pub fn finish(ctx: &mut Ctx<'_>, options: &Options, entry: &mut Entry, path: &[u8]) {
    let Some(attr) = entry.attr else { return };
    if attr.kind == FileType::Symlink && (options.is_long() || options.dirs_first) {
        entry.target = ctx.stat(path).ok();
    }
    if attr.kind == FileType::Symlink && options.is_long() {
        entry.link = ctx.sys.readlinkat(crate::sys::AT_FDCWD, path).ok();
    }
    if options.is_long() && attr.kind != FileType::Symlink {
        entry.acl = ctx.sys.getxattr(path, b"system.posix_acl_access", true).is_ok()
            || attr.is_dir() && ctx.sys.getxattr(path, b"system.posix_acl_default", true).is_ok();
    }
}
