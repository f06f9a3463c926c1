//! Credentials: who asks.

use crate::types::{Gid, Uid};
use serde::{Deserialize, Serialize};

/// A set of capabilities, bit = Linux capability number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Caps(pub u64);

impl Caps {
    pub const NONE: Caps = Caps(0);
    /// All 41 capabilities of 6.18.
    pub const ALL: Caps = Caps((1 << 41) - 1);

    pub const CHOWN: u32 = 0;
    pub const DAC_OVERRIDE: u32 = 1;
    pub const DAC_READ_SEARCH: u32 = 2;
    pub const FOWNER: u32 = 3;
    pub const FSETID: u32 = 4;
    pub const KILL: u32 = 5;
    pub const SETGID: u32 = 6;
    pub const SETUID: u32 = 7;
    pub const LINUX_IMMUTABLE: u32 = 9;
    pub const SYS_CHROOT: u32 = 18;
    pub const SYS_ADMIN: u32 = 21;
    pub const SYS_RESOURCE: u32 = 24;
    pub const MKNOD: u32 = 27;
    pub const SETFCAP: u32 = 31;

    pub const fn has(self, cap: u32) -> bool {
        self.0 >> cap & 1 == 1
    }
    pub const fn without(self, cap: u32) -> Caps {
        Caps(self.0 & !(1 << cap))
    }
    pub const fn with(self, cap: u32) -> Caps {
        Caps(self.0 | 1 << cap)
    }
}

/// The credentials of a process (or of the mounter of an overlay).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cred {
    pub uid: Uid,
    pub gid: Gid,
    pub euid: Uid,
    pub egid: Gid,
    /// The ids that file system checks use and that new files get.
    pub fsuid: Uid,
    pub fsgid: Gid,
    /// Supplementary groups.
    pub groups: Vec<Gid>,
    /// Effective capabilities.
    pub caps: Caps,
    /// Lives in a user namespace of its own, where `trusted.*` is out of reach.
    pub userns: bool,
}

impl Cred {
    /// root with every capability.
    pub fn root() -> Cred {
        Cred {
            uid: 0,
            gid: 0,
            euid: 0,
            egid: 0,
            fsuid: 0,
            fsgid: 0,
            groups: vec![0],
            caps: Caps::ALL,
            userns: false,
        }
    }

    /// An ordinary user without capabilities.
    pub fn user(uid: Uid, gid: Gid) -> Cred {
        Cred {
            uid,
            gid,
            euid: uid,
            egid: gid,
            fsuid: uid,
            fsgid: gid,
            groups: vec![gid],
            caps: Caps::NONE,
            userns: false,
        }
    }

    pub fn in_group(&self, gid: Gid) -> bool {
        self.fsgid == gid || self.groups.contains(&gid)
    }

    pub fn has(&self, cap: u32) -> bool {
        self.caps.has(cap)
    }
}
