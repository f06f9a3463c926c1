//! POSIX access control lists as `acl(5)` describes them, in the kernel's xattr encoding.
//!
//! Knows bytes and rules; never touches a file system.

use crate::cred::Cred;
use crate::errno::Errno;
use crate::types::{Gid, Mode, Result};

/// The access ACL.
pub const ACCESS: &[u8] = b"system.posix_acl_access";
/// What children of a directory inherit.
pub const DEFAULT: &[u8] = b"system.posix_acl_default";

/// Is it the name of one of them?
pub fn is_name(name: &[u8]) -> bool {
    name == ACCESS || name == DEFAULT
}

/// Who an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    UserObj = 1,
    User = 2,
    GroupObj = 4,
    Group = 8,
    Mask = 0x10,
    Other = 0x20,
}

/// One entry. `id` counts for named users and groups only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tag: Tag,
    pub perm: u8,
    pub id: u32,
}

/// A list of entries.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Acl {
    pub entries: Vec<Entry>,
}

const VERSION: u32 = 2;
const NO_ID: u32 = u32::MAX;

impl Acl {
    /// Reads the xattr encoding.
    ///
    /// # Errors
    /// `EINVAL` for a wrong size or tag, `EOPNOTSUPP` for another version.
    pub fn parse(raw: &[u8]) -> Result<Acl> {
        let Some((version, rest)) = raw.split_first_chunk::<4>() else {
            return Err(Errno::EINVAL);
        };
        if u32::from_le_bytes(*version) != VERSION {
            return Err(Errno::EOPNOTSUPP);
        }
        if rest.len() % 8 != 0 {
            return Err(Errno::EINVAL);
        }
        let entries = rest.chunks_exact(8).map(Entry::parse).collect::<Result<_>>()?;
        Ok(Acl { entries })
    }

    /// The xattr encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = VERSION.to_le_bytes().to_vec();
        for it in &self.entries {
            let id = if matches!(it.tag, Tag::User | Tag::Group) { it.id } else { NO_ID };
            out.extend((it.tag as u16).to_le_bytes());
            out.extend(u16::from(it.perm).to_le_bytes());
            out.extend(id.to_le_bytes());
        }
        out
    }

    /// One entry for the owner, the owning group and the others each, in order; a mask when
    /// somebody is named.
    ///
    /// # Errors
    /// `EINVAL`.
    pub fn validate(&self) -> Result<()> {
        let sorted = self.entries.windows(2).all(|pair| {
            let named = matches!(pair[0].tag, Tag::User | Tag::Group);
            pair[0].tag < pair[1].tag || (named && pair[0].tag == pair[1].tag)
        });
        let perms = self.entries.iter().all(|it| it.perm <= 7);
        let ids = self
            .entries
            .iter()
            .all(|it| !matches!(it.tag, Tag::User | Tag::Group) || it.id != NO_ID);
        let base = [Tag::UserObj, Tag::GroupObj, Tag::Other].iter().all(|tag| self.has(*tag));
        let masked = self.has(Tag::Mask) || !(self.has(Tag::User) || self.has(Tag::Group));
        if sorted && perms && ids && base && masked { Ok(()) } else { Err(Errno::EINVAL) }
    }

    fn has(&self, tag: Tag) -> bool {
        self.entries.iter().any(|it| it.tag == tag)
    }

    fn perm_of(&self, tag: Tag) -> Option<u8> {
        self.entries.iter().find(|it| it.tag == tag).map(|it| it.perm)
    }

    /// Says nothing that permission bits cannot say.
    pub fn is_plain(&self) -> bool {
        !(self.has(Tag::User) || self.has(Tag::Group) || self.has(Tag::Mask))
    }

    /// The permission bits that stand for this ACL; set bits above 0777 are kept.
    pub fn apply_to(&self, mode: Mode) -> Mode {
        let user = u32::from(self.perm_of(Tag::UserObj).unwrap_or(0));
        let group = self.perm_of(Tag::Mask).or(self.perm_of(Tag::GroupObj)).unwrap_or(0);
        let other = u32::from(self.perm_of(Tag::Other).unwrap_or(0));
        Mode::new((mode.bits() & 0o7000) | user << 6 | u32::from(group) << 3 | other)
    }

    /// What `chmod` makes of this ACL: the group bits go to the mask.
    pub fn after_chmod(&self, mode: Mode) -> Acl {
        let masked = self.has(Tag::Mask);
        let mode = mode.bits();
        let mut entries = self.entries.clone();
        for it in &mut entries {
            match it.tag {
                Tag::UserObj => it.perm = (mode >> 6) as u8 & 7,
                Tag::GroupObj if !masked => it.perm = (mode >> 3) as u8 & 7,
                Tag::Mask => it.perm = (mode >> 3) as u8 & 7,
                Tag::Other => it.perm = mode as u8 & 7,
                _ => {}
            }
        }
        Acl { entries }
    }

    /// What a new object gets from this default ACL when it is created with `mode`: its bits,
    /// and its access ACL unless the bits say it all. The umask plays no part.
    pub fn inherit(&self, mode: Mode) -> (Mode, Option<Acl>) {
        let masked = self.has(Tag::Mask);
        let bits = mode.bits();
        let mut entries = self.entries.clone();
        for it in &mut entries {
            match it.tag {
                Tag::UserObj => it.perm &= (bits >> 6) as u8,
                Tag::GroupObj if !masked => it.perm &= (bits >> 3) as u8,
                Tag::Mask => it.perm &= (bits >> 3) as u8,
                Tag::Other => it.perm &= bits as u8,
                _ => {}
            }
        }
        let acl = Acl { entries };
        let mode = acl.apply_to(mode);
        let acl = (!acl.is_plain()).then_some(acl);
        (mode, acl)
    }

    /// The access check for somebody who is not the owner.
    pub(super) fn allows(&self, cred: &Cred, gid: Gid, mask: u8) -> bool {
        let limit = self.perm_of(Tag::Mask).unwrap_or(7);
        let user = self.entries.iter().find(|it| it.tag == Tag::User && it.id == cred.fsuid);
        if let Some(it) = user {
            return it.perm & limit & mask == mask;
        }
        let mut in_some_group = false;
        for it in &self.entries {
            let member = match it.tag {
                Tag::GroupObj => cred.in_group(gid),
                Tag::Group => cred.in_group(it.id),
                _ => false,
            };
            in_some_group |= member;
            if member && it.perm & mask == mask {
                return limit & mask == mask;
            }
        }
        !in_some_group && self.perm_of(Tag::Other).unwrap_or(0) & mask == mask
    }
}

impl Entry {
    fn parse(raw: &[u8]) -> Result<Entry> {
        let tag = match u16::from_le_bytes([raw[0], raw[1]]) {
            1 => Tag::UserObj,
            2 => Tag::User,
            4 => Tag::GroupObj,
            8 => Tag::Group,
            0x10 => Tag::Mask,
            0x20 => Tag::Other,
            _ => return Err(Errno::EINVAL),
        };
        let perm = u16::from_le_bytes([raw[2], raw[3]]);
        let id = u32::from_le_bytes([raw[4], raw[5], raw[6], raw[7]]);
        // Bits beyond rwx are refused by validate, whatever they are.
        Ok(Entry { tag, perm: perm.min(0xff) as u8, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(entries: &[(Tag, u8, u32)]) -> Acl {
        Acl { entries: entries.iter().map(|&(tag, perm, id)| Entry { tag, perm, id }).collect() }
    }

    fn named() -> Acl {
        acl(&[
            (Tag::UserObj, 7, NO_ID),
            (Tag::User, 7, 1000),
            (Tag::GroupObj, 5, NO_ID),
            (Tag::Mask, 5, NO_ID),
            (Tag::Other, 0, NO_ID),
        ])
    }

    #[test]
    fn bytes_round_trip() {
        let it = named();
        assert_eq!(Acl::parse(&it.to_bytes()), Ok(it.clone()));
        assert_eq!(it.validate(), Ok(()));
        assert_eq!(Acl::parse(&[2, 0, 0]), Err(Errno::EINVAL));
        assert_eq!(Acl::parse(&[3, 0, 0, 0]), Err(Errno::EOPNOTSUPP));
        assert_eq!(acl(&[(Tag::UserObj, 7, NO_ID)]).validate(), Err(Errno::EINVAL));
    }

    #[test]
    fn default_acl_limits_the_mode() {
        let (mode, got) = named().inherit(Mode::new(0o666));
        assert_eq!(mode, Mode::new(0o640));
        assert_eq!(got.and_then(|it| it.perm_of(Tag::Mask)), Some(4));
        let plain =
            acl(&[(Tag::UserObj, 7, NO_ID), (Tag::GroupObj, 5, NO_ID), (Tag::Other, 5, NO_ID)]);
        assert_eq!(plain.inherit(Mode::new(0o2777)), (Mode::new(0o2755), None));
    }
}
