//! What differs between kernel versions: one table.
//!
//! A row says since which version OverlayFS does something, and where that is known from. Everything
//! else asks [`Profile::has`]; no other place compares versions.

/// A version of Linux: `6.18` is `Version(6, 18)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8, pub u8);

impl Version {
    /// The version in a release as `uname -r` prints it (`5.15.0-91-generic`).
    pub fn of_release(release: &str) -> Option<Version> {
        let mut parts = release.split(|c: char| !c.is_ascii_digit());
        let mut part = || parts.next()?.parse().ok();
        Some(Version(part()?, part()?))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Where a difference is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Seen on a running kernel: of 6.18, and where the row says so of an older one.
    Recorded,
    /// Seen on 6.18; that older kernels lack it is read in documentation, in release notes or in
    /// output that somebody published.
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

/// Something that only some versions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    LowerLayers,
    DefaultPermissions,
    Redirects,
    OpaqueMkdir,
    ConstantInodes,
    Index,
    InUse,
    RedirectFollow,
    NfsExport,
    Xino,
    FollowsCopyUp,
    Metacopy,
    SparseCopyUp,
    SharedWhiteouts,
    Volatile,
    UserMounts,
    UuidOff,
    Protattr,
    Tmpfile,
    DataLayers,
    MountApi,
    Verity,
    Uuid,
    AppendLayers,
    NestedXattrs,
    FineStamps,
    OverrideCreds,
    DataWithoutMetacopy,
    FsyncModes,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub feature: Feature,
    pub since: Version,
    /// The first version that does not do it any more.
    pub until: Option<Version>,
    pub known: Known,
    pub what: &'static str,
}

const fn row(feature: Feature, (major, minor): (u8, u8), what: &'static str) -> Row {
    Row { feature, since: Version(major, minor), until: None, known: Known::Documented, what }
}

/// Every difference that is modelled, oldest first. Sources: the overlayfs page of the kernel's own
/// documentation and the release notes of each version; what an option means is recorded on 6.18.
pub const FEATURES: &[Row] = &[
    row(
        Feature::LowerLayers,
        (4, 0),
        "several lower layers, and mounts without an upper one; before, exactly one of each",
    ),
    row(Feature::DefaultPermissions, (4, 6), "`default_permissions`"),
    row(
        Feature::Redirects,
        (4, 10),
        "`redirect_dir=`: renamed directories; before, always EXDEV, and no redirect is followed",
    ),
    Row {
        until: Some(Version(5, 14)),
        known: Known::Recorded,
        ..row(
            Feature::OpaqueMkdir,
            (4, 10),
            "every new directory in a merged one is marked opaque (seen on 5.4); not before and not after",
        )
    },
    row(
        Feature::ConstantInodes,
        (4, 12),
        "`st_dev` and `st_ino` of a file survive its copy-up, by the attribute `origin`; before, \
         both change, and directories are numbered anew at every mount",
    ),
    row(Feature::Index, (4, 13), "`index=`: hard links that survive copy-up"),
    row(
        Feature::InUse,
        (4, 13),
        "an upper or work directory of another mount is noticed; before, never",
    ),
    row(
        Feature::RedirectFollow,
        (4, 15),
        "`redirect_dir=follow` and `nofollow`; before, `on` and `off`",
    ),
    row(Feature::NfsExport, (4, 16), "`nfs_export=`"),
    row(Feature::Xino, (4, 17), "`xino=`; before, the layers of several file systems show theirs"),
    row(
        Feature::FollowsCopyUp,
        (4, 19),
        "a descriptor opened before copy-up reads the new data; before, the old ones for ever, and \
         locks taken by it hold on the old file",
    ),
    row(Feature::Metacopy, (4, 19), "`metacopy=`; before, a chmod copies all data"),
    row(
        Feature::SparseCopyUp,
        (5, 6),
        "copy-up passes over holes; before, they are filled with zeros",
    ),
    row(
        Feature::SharedWhiteouts,
        (5, 8),
        "whiteouts share one inode, which stays in the work directory; before, each has its own",
    ),
    row(
        Feature::Volatile,
        (5, 10),
        "`volatile`, and its mark in the work directory that refuses later mounts",
    ),
    row(
        Feature::UserMounts,
        (5, 11),
        "`userxattr`, and mounting in a user namespace; before, that is EPERM",
    ),
    row(Feature::UuidOff, (5, 11), "`uuid=off` and `uuid=on`"),
    row(
        Feature::Protattr,
        (5, 14),
        "append-only and immutable are kept in the attribute `protattr`; before, `chattr` sets them on \
         the upper file itself, and a copy loses them",
    ),
    row(Feature::Tmpfile, (6, 1), "O_TMPFILE; before, EOPNOTSUPP"),
    row(Feature::DataLayers, (6, 5), "data-only layers behind `::`; before, `empty lowerdir`"),
    row(
        Feature::MountApi,
        (6, 5),
        "refused options are called `Unknown parameter`, and a mount without an upper layer shows \
         `redirect_dir=on`; before, `unrecognized mount option`",
    ),
    row(Feature::Verity, (6, 6), "`verity=`"),
    row(
        Feature::Uuid,
        (6, 6),
        "`uuid=auto` (the default) and `null`: the first mount of an upper layer gives it a uuid and \
         shows `uuid=on`; before, overlays have none",
    ),
    row(Feature::AppendLayers, (6, 7), "`lowerdir+` and `datadir+`"),
    row(
        Feature::NestedXattrs,
        (6, 7),
        "the overlay's own attributes are escaped when set from outside, and a file may be a whiteout \
         by attribute; before, setting one is EOPNOTSUPP",
    ),
    row(
        Feature::FineStamps,
        (6, 13),
        "a file that was looked at gets a stamp of its own with the next change; before, changes \
         within 4 ms share one",
    ),
    row(Feature::OverrideCreds, (6, 15), "`override_creds` and `nooverride_creds`"),
    row(
        Feature::DataWithoutMetacopy,
        (6, 16),
        "data-only layers without `metacopy=on`; before, the mount is refused",
    ),
    Row {
        known: Known::Recorded,
        ..row(
            Feature::FsyncModes,
            (6, 18),
            "`fsync=`, shown as `fsync=volatile`; before, `volatile` shows itself",
        )
    },
];

/// The OverlayFS of one kernel version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    pub version: Version,
}

impl Default for Profile {
    fn default() -> Profile {
        Profile::V6_18
    }
}

impl Profile {
    /// The kernel that everything is compared with.
    pub const V6_18: Profile = Profile { version: Version(6, 18) };

    /// Does this kernel do it?
    pub fn has(self, feature: Feature) -> bool {
        FEATURES.iter().any(|row| row.feature == feature && row.is_in(self.version))
    }
}

impl Row {
    /// Does this version do it?
    pub fn is_in(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|until| version < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_have_a_version() {
        assert_eq!(Version::of_release("5.15.0-91-generic"), Some(Version(5, 15)));
        assert_eq!(Version::of_release("6.18.44"), Some(Version(6, 18)));
        assert_eq!(Version::of_release("7"), None);
        assert_eq!(Version::of_release("x"), None);
    }

    #[test]
    fn the_table_is_in_order_and_6_18_has_what_did_not_end() {
        assert!(FEATURES.is_sorted_by_key(|row| row.since));
        for row in FEATURES {
            assert_eq!(Profile::V6_18.has(row.feature), row.until.is_none(), "{:?}", row.feature);
            let first = FEATURES.iter().find(|it| it.feature == row.feature);
            assert_eq!(first.map(|it| it.since), Some(row.since), "one row each");
        }
        let has =
            |major, minor| Profile { version: Version(major, minor) }.has(Feature::OpaqueMkdir);
        assert_eq!(
            [has(4, 9), has(4, 10), has(5, 4), has(5, 13), has(5, 14)],
            [false, true, true, true, false]
        );
    }
}
