//! Extended attributes as a file system stores them: raw bytes, all namespaces, in its own order.

use super::{Profile, limits};
use crate::errno::Errno;
use crate::fs::checked::acl;
use crate::types::{Result, XattrMode};

const PREFIXES: [&[u8]; 3] = [b"user.", b"trusted.", b"security."];

/// ext4: bytes for attributes inside an inode of 256 bytes, and in the one block beside it.
const IN_INODE: usize = 96 - 8;
const IN_BLOCK: usize = 4096 - 36;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Xattr {
    name: Box<[u8]>,
    value: Box<[u8]>,
}

/// The attributes of one inode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Xattrs {
    /// ext4: what fits into the inode, in the order it came. Elsewhere: all, in listing order.
    inner: Vec<Xattr>,
    /// ext4: the block beside the inode, sorted.
    outer: Vec<Xattr>,
}

/// Checks a name. A bare prefix (`user.`) is `EINVAL`, an unknown namespace `EOPNOTSUPP`
/// (observed on 6.18, ext4 and tmpfs).
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    if PREFIXES.contains(&name) {
        return Err(Errno::EINVAL);
    }
    let known = PREFIXES.iter().any(|it| name.starts_with(it)) || acl::is_name(name);
    if known { Ok(()) } else { Err(Errno::EOPNOTSUPP) }
}

/// The key of ext4's order in a block: number of the prefix, length and bytes of the rest.
fn rank(name: &[u8]) -> (u8, usize, &[u8]) {
    let (index, rest) = match name {
        acl::ACCESS => (2, &[][..]),
        acl::DEFAULT => (3, &[][..]),
        _ => {
            let dot = name.iter().position(|&b| b == b'.').map_or(0, |at| at + 1);
            let index = match name.first() {
                Some(b'u') => 1,
                Some(b't') => 4,
                _ => 6,
            };
            (index, name.get(dot..).unwrap_or(&[]))
        }
    };
    (index, rest.len(), rest)
}

/// tmpfs lists ACLs first, then names in descending order of bytes (observed on 6.18).
fn tmpfs_before(one: &[u8], other: &[u8]) -> bool {
    match (acl::is_name(one), acl::is_name(other)) {
        (true, true) => one < other,
        (true, false) => true,
        (false, true) => false,
        (false, false) => one > other,
    }
}

/// Bytes of one attribute on ext4: entry header, name without its prefix, value, both padded.
/// ACLs are stored in a shorter form: four bytes, then four or eight for an entry.
fn size(name: &[u8], value: &[u8]) -> usize {
    let stored = match acl::is_name(name) && value.len() >= 4 {
        true => 4 + value[4..].chunks(8).map(acl_entry_size).sum::<usize>(),
        false => value.len(),
    };
    16 + rank(name).1.next_multiple_of(4) + stored.next_multiple_of(4)
}

/// Named users (tag 2) and groups (tag 8) carry an id.
fn acl_entry_size(entry: &[u8]) -> usize {
    if matches!(entry.first(), Some(2 | 8)) { 8 } else { 4 }
}

fn sum(list: &[Xattr]) -> usize {
    list.iter().map(|it| size(&it.name, &it.value)).sum()
}

fn position(list: &[Xattr], name: &[u8]) -> Option<usize> {
    list.iter().position(|it| *it.name == *name)
}

/// Would the list hold this attribute within so many bytes (in place of its old value)?
fn fits(list: &[Xattr], name: &[u8], value: &[u8], room: usize) -> bool {
    let old = position(list, name).map_or(0, |at| size(name, &list[at].value));
    sum(list) - old + size(name, value) <= room
}

/// Replaces the value, or puts the attribute where `before` says.
fn put(list: &mut Vec<Xattr>, name: &[u8], value: &[u8], before: impl Fn(&[u8]) -> bool) {
    match position(list, name) {
        Some(at) => list[at].value = value.into(),
        None => {
            let at = list.iter().position(|it| !before(&it.name)).unwrap_or(list.len());
            list.reserve_exact(1);
            list.insert(at, Xattr { name: name.into(), value: value.into() });
        }
    }
}

impl Xattrs {
    pub(super) fn is_empty(&self) -> bool {
        self.inner.is_empty() && self.outer.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &Xattr> {
        self.inner.iter().chain(&self.outer)
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.all().find(|it| *it.name == *name).map(|it| &*it.value)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.all().map(|it| &*it.name)
    }

    /// Do they take a block of their own?
    pub(super) fn blocks(&self) -> u64 {
        u64::from(!self.outer.is_empty())
    }

    /// # Errors
    /// `EEXIST`, `ENODATA` for the mode; `ENOSPC` on ext4.
    pub(super) fn set(
        &mut self,
        profile: Profile,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        match (self.get(name), mode) {
            (Some(_), XattrMode::Create) => return Err(Errno::EEXIST),
            (None, XattrMode::Replace) => return Err(Errno::ENODATA),
            _ => {}
        }
        if !limits::small_xattrs(profile) {
            put(&mut self.inner, name, value, |it| tmpfs_before(it, name));
            return Ok(());
        }
        self.set_ext4(name, value)
    }

    /// Into the inode if it fits there, else into the block; never in both (observed on 6.18).
    fn set_ext4(&mut self, name: &[u8], value: &[u8]) -> Result<()> {
        if fits(&self.inner, name, value, IN_INODE) {
            put(&mut self.inner, name, value, |_| true);
            self.outer.retain(|it| *it.name != *name);
        } else if fits(&self.outer, name, value, IN_BLOCK) {
            put(&mut self.outer, name, value, |it| rank(it) < rank(name));
            self.inner.retain(|it| *it.name != *name);
        } else {
            return Err(Errno::ENOSPC);
        }
        Ok(())
    }

    /// # Errors
    /// `ENODATA`.
    pub(super) fn remove(&mut self, name: &[u8]) -> Result<()> {
        for list in [&mut self.inner, &mut self.outer] {
            if let Some(at) = position(list, name) {
                list.remove(at);
                return Ok(());
            }
        }
        Err(Errno::ENODATA)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(xattrs: &Xattrs) -> String {
        let names: Vec<_> = xattrs.names().map(String::from_utf8_lossy).collect();
        names.join(" ")
    }

    /// Observed on ext4 of 6.18 with inodes of 256 bytes.
    #[test]
    fn ext4_fills_the_inode_then_a_sorted_block() {
        let mut set = Xattrs::default();
        let put = |set: &mut Xattrs, name: &str, value: &[u8]| {
            set.set(Profile::Ext4, name.as_bytes(), value, XattrMode::Set)
        };
        for i in 0..10 {
            put(&mut set, &format!("user.{}", 9 - i), b"abcd").unwrap();
            assert_eq!(set.blocks(), u64::from(i >= 3));
        }
        assert_eq!(
            names(&set),
            "user.9 user.8 user.7 user.0 user.1 user.2 user.3 user.4 user.5 user.6"
        );
        set.remove(b"user.9").unwrap();
        set.remove(b"user.5").unwrap();
        put(&mut set, "user.new", b"1").unwrap();
        put(&mut set, "user.8", &[b'a'; 20]).unwrap();
        put(&mut set, "user.7", b"abcde").unwrap();
        assert_eq!(names(&set), "user.8 user.new user.0 user.1 user.2 user.3 user.4 user.6 user.7");
        let mut set = Xattrs::default();
        for i in 0..207 {
            put(&mut set, &format!("user.k{i:03}"), b"").unwrap();
        }
        assert_eq!(put(&mut set, "user.k207", b""), Err(Errno::ENOSPC));
        let mut set = Xattrs::default();
        assert_eq!(put(&mut set, "user.big", &[0; 4041]), Err(Errno::ENOSPC));
        assert_eq!(put(&mut set, "user.big", &[0; 4040]), Ok(()));
    }

    #[test]
    fn tmpfs_lists_acls_first_then_descending() {
        let mut set = Xattrs::default();
        for name in [
            "user.b",
            "trusted.a",
            "security.z",
            "user.aa",
            "system.posix_acl_default",
            "user.B",
            "system.posix_acl_access",
        ] {
            set.set(Profile::Tmpfs, name.as_bytes(), b"", XattrMode::Set).unwrap();
        }
        assert_eq!(
            names(&set),
            "system.posix_acl_access system.posix_acl_default user.b user.aa user.B trusted.a \
             security.z"
        );
    }
}
