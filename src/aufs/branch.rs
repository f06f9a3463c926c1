//! Branches: a directory each, with what may be done there.

use crate::types::{FsId, Ino};
use std::sync::Arc;

/// The most branches of one union (`AUFS_BRANCH_MAX_127`; containers.md F1).
pub const BRANCHES_MAX: usize = 127;

/// What may be done in a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    ReadWrite,
    /// Not written by this union; somebody else may.
    ReadOnly,
    /// Nobody ever writes to the medium.
    RealReadOnly,
}

/// `rw`, `ro+wh`, `rw+nolwh`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub access: Access,
    /// Whiteouts of a branch that is not written are honoured.
    pub whiteouts: bool,
    /// Whiteouts are other names of one file.
    pub links: bool,
}

impl Permission {
    pub const READ_WRITE: Permission =
        Permission { access: Access::ReadWrite, whiteouts: true, links: true };
    pub const READ_ONLY: Permission =
        Permission { access: Access::ReadOnly, whiteouts: false, links: true };

    /// Reads `rw`, `ro`, `rr` and what follows behind a plus.
    pub fn parse(text: &str) -> Option<Permission> {
        let mut words = text.split('+');
        let access = match words.next()? {
            "rw" => Access::ReadWrite,
            "ro" => Access::ReadOnly,
            "rr" => Access::RealReadOnly,
            _ => return None,
        };
        let writable = access == Access::ReadWrite;
        let mut it = Permission { access, whiteouts: writable, links: true };
        for word in words {
            match word {
                "wh" if !writable => it.whiteouts = true,
                "nolwh" if writable => it.links = false,
                _ => return None,
            }
        }
        Some(it)
    }

    pub fn is_writable(self) -> bool {
        self.access == Access::ReadWrite
    }

    /// As the option is written, and as /sys/fs/aufs shows it.
    pub fn show(self) -> &'static str {
        match (self.access, self.whiteouts, self.links) {
            (Access::ReadWrite, _, true) => "rw",
            (Access::ReadWrite, _, false) => "rw+nolwh",
            (Access::ReadOnly, false, _) => "ro",
            (Access::ReadOnly, true, _) => "ro+wh",
            (Access::RealReadOnly, false, _) => "rr",
            (Access::RealReadOnly, true, _) => "rr+wh",
        }
    }
}

/// A branch of a mounted union.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Never given to another branch as long as the union is mounted.
    pub id: u16,
    pub fs: FsId,
    pub root: Ino,
    /// The absolute path, as /sys/fs/aufs shows it.
    pub path: Arc<[u8]>,
    pub permission: Permission,
    /// The directories for what is AUFS's own; only where something can be written.
    pub scratch: Option<Scratch>,
}

/// What a writable branch has beside the files of the union.
#[derive(Clone, Copy, Debug)]
pub struct Scratch {
    pub base: Ino,
    pub orphans: Ino,
    pub pseudo_links: Ino,
}

impl Branch {
    /// Whiteouts and opaque marks found here count.
    pub fn honours_whiteouts(&self) -> bool {
        self.permission.whiteouts
    }

    pub fn is_writable(&self) -> bool {
        self.permission.is_writable()
    }
}

/// A directory as the mounter's path walk found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub fs: FsId,
    pub ino: Ino,
    /// From the root of the machine, without links.
    pub path: Vec<u8>,
    /// The mount that it was found through, or its file system, is read-only.
    pub read_only: bool,
    /// The union itself, or something that stands on it: it cannot be a branch.
    pub is_above: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_read_as_they_are_written() {
        for text in ["rw", "rw+nolwh", "ro", "ro+wh", "rr", "rr+wh"] {
            assert_eq!(Permission::parse(text).map(Permission::show), Some(text));
        }
        for text in ["", "wr", "rw+wh", "ro+nolwh", "ro+", "ro wh"] {
            assert_eq!(Permission::parse(text), None, "{text}");
        }
    }
}
