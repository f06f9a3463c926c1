//! The kernels that the machine can be: the long-term series of Linux since OverlayFS is part of it.
//!
//! What each does differently stands in [`crate::vfs::FEATURES`].

use crate::vfs::{OverlayProfile, Version};

/// One kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelProfile {
    /// What `--kernel` and the key `kernel:` of a scenario take.
    pub name: &'static str,
    /// `uname -r`.
    pub release: &'static str,
    /// `uname -v`.
    pub version: &'static str,
    /// What its OverlayFS does.
    pub overlay: OverlayProfile,
}

const fn series(
    name: &'static str,
    release: &'static str,
    (major, minor): (u8, u8),
) -> KernelProfile {
    // The preemption mode can be chosen at boot since 5.12, and says so.
    let dynamic = major > 5 || major == 5 && minor >= 12;
    let version = if dynamic { "#1 SMP PREEMPT_DYNAMIC" } else { "#1 SMP" };
    let overlay = OverlayProfile { version: Version(major, minor) };
    KernelProfile { name, release, version, overlay }
}

/// The kernel that everything is compared with; the default.
pub const V6_18: KernelProfile = series("6.18", "6.18.44", (6, 18));

/// All of them, the default first.
pub const ALL: &[KernelProfile] = &[
    V6_18,
    series("6.12", "6.12.0", (6, 12)),
    series("6.6", "6.6.0", (6, 6)),
    series("6.1", "6.1.0", (6, 1)),
    series("5.15", "5.15.0", (5, 15)),
    series("5.10", "5.10.0", (5, 10)),
    series("5.4", "5.4.0", (5, 4)),
    series("4.19", "4.19.0", (4, 19)),
    series("4.14", "4.14.0", (4, 14)),
    series("4.9", "4.9.0", (4, 9)),
    series("4.4", "4.4.0", (4, 4)),
    series("3.18", "3.18.0", (3, 18)),
];

/// The profile of this name.
pub fn by_name(name: &str) -> Option<&'static KernelProfile> {
    ALL.iter().find(|it| it.name == name)
}

/// The profile for a running kernel, by what `uname -r` says, and whether it is of that very series:
/// otherwise it is the newest that is not newer, or the oldest.
pub fn nearest(release: &str) -> (&'static KernelProfile, bool) {
    let Some(version) = Version::of_release(release) else { return (&ALL[0], false) };
    let not_newer = ALL.iter().find(|it| it.overlay.version <= version);
    let found = not_newer.unwrap_or(&ALL[ALL.len() - 1]);
    (found, found.overlay.version == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_versions_newest_first() {
        assert!(ALL.is_sorted_by(|a, b| a.overlay.version > b.overlay.version));
        for it in ALL {
            assert_eq!(it.overlay.version.to_string(), it.name);
            assert_eq!(Version::of_release(it.release), Some(it.overlay.version));
        }
    }

    #[test]
    fn a_running_kernel_has_a_nearest_profile() {
        let of = |release| {
            let (profile, same) = nearest(release);
            (profile.name, same)
        };
        assert_eq!(of("6.18.3-amd64"), ("6.18", true));
        assert_eq!(of("6.17.1"), ("6.12", false));
        assert_eq!(of("7.2.0"), ("6.18", false));
        assert_eq!(of("5.4.0-150-generic"), ("5.4", true));
        assert_eq!(of("3.10.0"), ("3.18", false));
        assert_eq!(of("unknown"), ("6.18", false));
    }
}
