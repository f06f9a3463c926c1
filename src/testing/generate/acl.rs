//! POSIX access lists as bytes of an attribute.

use super::Rng;

/// Tags of entries: owner, a user, owning group, a group, mask, others.
const ENTRIES: &[&[(u16, u16, u32)]] = &[
    &[(1, 6, ANY), (4, 4, ANY), (0x20, 4, ANY)],
    &[(1, 7, ANY), (2, 6, 1000), (4, 5, ANY), (0x10, 7, ANY), (0x20, 0, ANY)],
    &[(1, 6, ANY), (4, 4, ANY), (8, 6, 50), (0x10, 4, ANY), (0x20, 5, ANY)],
    &[(1, 5, ANY), (2, 0, 1000), (4, 7, ANY), (8, 7, 1000), (0x10, 3, ANY), (0x20, 7, ANY)],
    // A user without a mask: not valid.
    &[(1, 7, ANY), (2, 6, 1001), (4, 5, ANY), (0x20, 0, ANY)],
];

/// No user or group.
const ANY: u32 = u32::MAX;

/// An access list; `wrong` ones too. Without `others` it names nobody: a user namespace has no number
/// for them.
pub(super) fn acl(rng: &mut Rng, wrong: bool, others: bool) -> Vec<u8> {
    let valid = if others { ENTRIES.len() - usize::from(!wrong) } else { 1 };
    let version: u32 = if wrong && rng.one_in(12) { 1 } else { 2 };
    let mut bytes = version.to_le_bytes().to_vec();
    for (tag, perm, id) in ENTRIES[rng.below(valid)] {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(perm.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}
