//! What differs between kernel versions.

/// The overlay of one kernel version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: &'static str,
    /// A new directory in a merged one is always marked opaque (5.4), not only when a feature
    /// forbids changing lower layers (R5.9).
    pub opaque_mkdir: bool,
    /// One whiteout inode is shared by many names (5.8 and later).
    pub shared_whiteouts: bool,
    /// Keeps a uuid in the upper root (6.6 and later).
    pub uuid: bool,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile::V6_18
    }
}

impl Profile {
    pub const V6_18: Profile =
        Profile { name: "6.18", opaque_mkdir: false, shared_whiteouts: true, uuid: true };
    pub const V5_4: Profile =
        Profile { name: "5.4", opaque_mkdir: true, shared_whiteouts: false, uuid: false };
}
