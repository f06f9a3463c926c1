//! The table of mount options.

use super::super::profile::Feature;
use super::{Fsync, Parsed, RedirectMode, UuidMode, Verity, Xino};

/// What a value of an enumeration needs and does.
pub(super) type Choice = (&'static str, Option<Feature>, fn(&mut Parsed));

/// How an option takes its value.
pub(super) enum Kind {
    Flag(fn(&mut Parsed)),
    Enum(&'static [Choice]),
    /// Colon-separated layers.
    Lowerdir,
    /// One layer, verbatim; data-only or not.
    Add {
        data: bool,
    },
    Upperdir,
    Workdir,
}

/// Every option of 6.18, with what a kernel must have to know it.
pub(super) const TABLE: &[(&str, Option<Feature>, Kind)] = &[
    ("lowerdir", None, Kind::Lowerdir),
    ("lowerdir+", Some(Feature::AppendLayers), Kind::Add { data: false }),
    ("datadir+", Some(Feature::AppendLayers), Kind::Add { data: true }),
    ("upperdir", None, Kind::Upperdir),
    ("workdir", None, Kind::Workdir),
    (
        "default_permissions",
        Some(Feature::DefaultPermissions),
        Kind::Flag(|p| p.config.default_permissions = true),
    ),
    (
        "redirect_dir",
        Some(Feature::Redirects),
        Kind::Enum(&[
            // This kernel always follows what is there: off only means that none is made.
            ("off", None, |p| set_redirect(p, RedirectMode::Follow, "off")),
            ("follow", Some(Feature::RedirectFollow), |p| {
                set_redirect(p, RedirectMode::Follow, "follow")
            }),
            ("nofollow", Some(Feature::RedirectFollow), |p| {
                set_redirect(p, RedirectMode::NoFollow, "nofollow")
            }),
            ("on", None, |p| set_redirect(p, RedirectMode::On, "on")),
        ]),
    ),
    (
        "index",
        Some(Feature::Index),
        Kind::Enum(&[("on", None, |p| set_index(p, true)), ("off", None, |p| set_index(p, false))]),
    ),
    (
        "uuid",
        Some(Feature::UuidOff),
        Kind::Enum(&[
            ("off", None, |p| p.config.uuid = UuidMode::Off),
            ("null", Some(Feature::Uuid), |p| p.config.uuid = UuidMode::Null),
            ("auto", Some(Feature::Uuid), |p| p.config.uuid = UuidMode::Auto),
            ("on", None, |p| p.config.uuid = UuidMode::On),
        ]),
    ),
    (
        "nfs_export",
        Some(Feature::NfsExport),
        Kind::Enum(&[("on", None, |p| set_nfs(p, true)), ("off", None, |p| set_nfs(p, false))]),
    ),
    ("userxattr", Some(Feature::UserMounts), Kind::Flag(|p| p.config.userxattr = true)),
    (
        "xino",
        Some(Feature::Xino),
        Kind::Enum(&[
            ("off", None, |p| p.config.xino = Xino::Off),
            ("auto", None, |p| p.config.xino = Xino::Auto),
            ("on", None, |p| p.config.xino = Xino::On),
        ]),
    ),
    (
        "metacopy",
        Some(Feature::Metacopy),
        Kind::Enum(&[
            ("on", None, |p| set_metacopy(p, true)),
            ("off", None, |p| set_metacopy(p, false)),
        ]),
    ),
    (
        "verity",
        Some(Feature::Verity),
        Kind::Enum(&[
            ("off", None, |p| p.config.verity = Verity::Off),
            ("on", None, |p| p.config.verity = Verity::On),
            ("require", None, |p| p.config.verity = Verity::Require),
        ]),
    ),
    (
        "fsync",
        Some(Feature::FsyncModes),
        Kind::Enum(&[
            ("auto", None, |p| p.config.fsync = Fsync::Auto),
            ("strict", None, |p| p.config.fsync = Fsync::Strict),
            ("volatile", None, |p| p.config.fsync = Fsync::Volatile),
        ]),
    ),
    ("volatile", Some(Feature::Volatile), Kind::Flag(|p| p.config.fsync = Fsync::Volatile)),
    // Whose credentials act on layers; without a mounting helper both are the mounter's.
    ("override_creds", Some(Feature::OverrideCreds), Kind::Flag(|_| {})),
    ("nooverride_creds", Some(Feature::OverrideCreds), Kind::Flag(|_| {})),
];

fn set_redirect(p: &mut Parsed, mode: RedirectMode, word: &'static str) {
    p.config.redirect_word = Some(word);
    p.config.redirect = mode;
    p.named.redirect = true;
}

fn set_index(p: &mut Parsed, on: bool) {
    p.config.index = on;
    p.named.index = true;
}

fn set_nfs(p: &mut Parsed, on: bool) {
    p.config.nfs_export = on;
    p.named.nfs_export = true;
}

fn set_metacopy(p: &mut Parsed, on: bool) {
    p.config.metacopy = on;
    p.named.metacopy = true;
}
