//! The kernels that the machine can be: what each says of itself, and what it does differently.

use crate::vfs::OverlayProfile;

/// Where a difference is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Seen on a running kernel.
    Recorded,
    /// Read in documentation, or in output that somebody published.
    Documented,
}

impl Known {
    pub const fn word(self) -> &'static str {
        match self {
            Known::Recorded => "recorded",
            Known::Documented => "from documentation",
        }
    }
}

/// One kernel.
#[derive(Clone, Copy, Debug)]
pub struct KernelProfile {
    /// What `--kernel` and the key `kernel:` of a scenario take.
    pub name: &'static str,
    /// `uname -r`.
    pub release: &'static str,
    /// `uname -v`.
    pub version: &'static str,
    /// What its OverlayFS does.
    pub overlay: OverlayProfile,
    /// What it does, and where that is known from.
    pub facts: &'static [(Known, &'static str)],
}

/// The kernel that everything is compared with; the default.
pub const V6_18: KernelProfile = KernelProfile {
    name: "6.18",
    release: "6.18.44",
    version: "#1 SMP PREEMPT_DYNAMIC",
    overlay: OverlayProfile::V6_18,
    facts: &[
        (Known::Recorded, "whiteouts share one inode, which stays in the work directory"),
        (Known::Recorded, "the first mount of an upper layer gives it a uuid and shows `uuid=on`"),
        (Known::Recorded, "a new directory in a merged one is not opaque"),
    ],
};

/// The kernel of many articles about Docker.
pub const V5_4: KernelProfile = KernelProfile {
    name: "5.4",
    release: "5.4.0",
    version: "#1 SMP",
    overlay: OverlayProfile::V5_4,
    facts: &[
        (Known::Documented, "each whiteout is an inode of its own, with one link"),
        (Known::Documented, "there are no uuids of overlays: `mount` shows no `uuid=`"),
        (Known::Documented, "every new directory in a merged one is opaque"),
    ],
};

/// All of them, the default first.
pub const ALL: &[&KernelProfile] = &[&V6_18, &V5_4];

/// The profile of this name.
pub fn by_name(name: &str) -> Option<&'static KernelProfile> {
    ALL.iter().copied().find(|it| it.name == name)
}
