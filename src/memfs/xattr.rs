//! Extended attributes as a file system stores them: raw bytes, all namespaces, in its own order.

use super::{Profile, limits};
use crate::errno::Errno;
use crate::types::{Result, XattrMode};

/// The attributes of one inode. Newest value, in the order the profile lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Xattrs {
    list: Vec<(Box<[u8]>, Box<[u8]>)>,
}

/// Is this a namespace that the file system stores?
fn known(name: &[u8]) -> bool {
    [&b"user."[..], b"trusted.", b"security."].iter().any(|it| name.starts_with(it))
        || matches!(name, b"system.posix_acl_access" | b"system.posix_acl_default")
}

/// Checks a name. A bare prefix (`user.`) is `EINVAL`, an unknown namespace `EOPNOTSUPP`
/// (observed on 6.18, ext4 and tmpfs).
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    if !known(name) {
        return Err(Errno::EOPNOTSUPP);
    }
    if [&b"user."[..], b"trusted.", b"security."].contains(&name) {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

impl Xattrs {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.list.iter().find(|(it, _)| **it == *name).map(|(_, value)| &**value)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|(name, _)| &**name)
    }

    /// Bytes on ext4.
    pub(super) fn size(&self) -> usize {
        self.list.iter().map(|(name, value)| limits::ext4_xattr_size(name, value.len())).sum()
    }

    pub(super) fn set(
        &mut self,
        profile: Profile,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let at = self.list.iter().position(|(it, _)| **it == *name);
        match (at, mode) {
            (Some(_), XattrMode::Create) => return Err(Errno::EEXIST),
            (None, XattrMode::Replace) => return Err(Errno::ENODATA),
            _ => {}
        }
        let old = at.map_or(0, |at| limits::ext4_xattr_size(name, self.list[at].1.len()));
        limits::xattr_fits(profile, self.size() - old, name, value.len())?;
        match at {
            Some(at) => self.list[at].1 = value.into(),
            None => {
                let at = match profile {
                    // Newest names of equal rank first; observed on 6.18: longer and greater first.
                    Profile::Tmpfs => self.list.partition_point(|(it, _)| tmpfs_before(it, name)),
                    _ => self.list.len(),
                };
                self.list.insert(at, (name.into(), value.into()));
            }
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> Result<()> {
        let at = self.list.iter().position(|(it, _)| **it == *name).ok_or(Errno::ENODATA)?;
        self.list.remove(at);
        Ok(())
    }
}

/// tmpfs lists names in descending byte order (observed on 6.18).
fn tmpfs_before(one: &[u8], other: &[u8]) -> bool {
    one > other
}
