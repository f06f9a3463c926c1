//! How a layer says what it hides: in archives by names (`.wh.NAME`, `.wh..wh..opq`), on an overlay by
//! a character device 0/0 and by attributes. Archives with the marks of an overlay exist, made of an
//! upper directory with `tar`; a daemon on overlay2 obeys them, so they are read as what they mean.

use crate::tar::{Entry, Kind};
use crate::types::Dev;

/// What an entry's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// Hides the file of this name.
    Whiteout(&'a [u8]),
    /// Hides what lower layers have in this directory.
    Opaque,
    /// What AUFS keeps for itself.
    Aufs,
    /// `.wh.` before nothing that could be a name.
    Bad,
}

/// The mark that the last component of a path is, if it is one.
pub fn named(base: &[u8]) -> Option<Named<'_>> {
    Some(match base.strip_prefix(b".wh.")? {
        b".wh..opq" => Named::Opaque,
        rest if rest.starts_with(b".wh.") => Named::Aufs,
        b"" | b"." | b".." => Named::Bad,
        hidden => Named::Whiteout(hidden),
    })
}

/// What an entry says in the manner of an overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// A character device 0/0.
    Whiteout,
    /// A directory with the attribute `opaque` of value `y`.
    Opaque,
    /// A directory with the attribute `opaque` of value `x`: files in it may be whiteouts.
    HoldsWhiteouts,
    /// An empty file with the attribute `whiteout`: one, where its directory says so.
    MaybeWhiteout,
}

/// Attributes of an overlay, whoever may set them.
pub const PREFIXES: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];

/// An attribute of the overlay, without its prefix.
pub fn own(name: &[u8]) -> Option<&[u8]> {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(*prefix))
}

/// The value of an overlay's attribute; `trusted` comes first.
fn attribute<'a>(entry: &'a Entry, name: &[u8]) -> Option<&'a [u8]> {
    let of = |prefix: &[u8]| {
        let found = entry.xattrs.iter().find(|(key, _)| key.strip_prefix(prefix) == Some(name));
        found.map(|(_, value)| value.as_slice())
    };
    PREFIXES.iter().find_map(|prefix| of(prefix))
}

pub fn on_disk(entry: &Entry) -> Option<OnDisk> {
    match &entry.kind {
        Kind::Chr(dev) if *dev == Dev::new(0, 0) => Some(OnDisk::Whiteout),
        Kind::Dir => match attribute(entry, b"opaque") {
            Some(b"y") => Some(OnDisk::Opaque),
            Some(b"x") => Some(OnDisk::HoldsWhiteouts),
            _ => None,
        },
        Kind::Reg if entry.size == 0 && attribute(entry, b"whiteout").is_some() => {
            Some(OnDisk::MaybeWhiteout)
        }
        _ => None,
    }
}

/// Attributes with which an entry is not what it seems to be without the overlay that made it.
pub fn needs_overlay(entry: &Entry) -> Option<&'static str> {
    let has = |name: &[u8]| attribute(entry, name).is_some();
    if has(b"redirect") {
        Some("overlay.redirect: its contents are at another path of the layers below")
    } else if has(b"metacopy") {
        Some("overlay.metacopy: its contents are in the layers below")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hide() {
        assert_eq!(named(b".wh.a"), Some(Named::Whiteout(b"a")));
        assert_eq!(named(b".wh..wh..opq"), Some(Named::Opaque));
        assert_eq!(named(b".wh..wh.plnk"), Some(Named::Aufs));
        for bad in [&b".wh."[..], b".wh..", b".wh..."] {
            assert_eq!(named(bad), Some(Named::Bad), "{}", String::from_utf8_lossy(bad));
        }
        assert_eq!(named(b".wh"), None);
        assert_eq!(named(b".wh....."), Some(Named::Whiteout(b"....")));
    }
}
