//! The persistent formats of an overlay: bytes on layers, read and written, without behaviour.

pub mod index;
pub mod metacopy;
pub mod nlink;
pub mod opaque;
pub mod origin;
pub mod protattr;
pub mod redirect;
pub mod uuid;
pub mod whiteout;

/// Names of the private attributes: all of one namespace, which the mount chooses.
pub struct Names {
    pub prefix: &'static [u8],
    pub opaque: &'static [u8],
    pub whiteout: &'static [u8],
    pub redirect: &'static [u8],
    pub origin: &'static [u8],
    pub impure: &'static [u8],
    pub metacopy: &'static [u8],
    pub nlink: &'static [u8],
    pub upper: &'static [u8],
    pub protattr: &'static [u8],
    pub uuid: &'static [u8],
}

/// What a mount of root uses.
pub const TRUSTED: Names = Names {
    prefix: b"trusted.overlay.",
    opaque: b"trusted.overlay.opaque",
    whiteout: b"trusted.overlay.whiteout",
    redirect: b"trusted.overlay.redirect",
    origin: b"trusted.overlay.origin",
    impure: b"trusted.overlay.impure",
    metacopy: b"trusted.overlay.metacopy",
    nlink: b"trusted.overlay.nlink",
    upper: b"trusted.overlay.upper",
    protattr: b"trusted.overlay.protattr",
    uuid: b"trusted.overlay.uuid",
};

/// What `userxattr` chooses: files and directories can have these without privileges, nothing
/// else can (xattr(7)).
pub const USER: Names = Names {
    prefix: b"user.overlay.",
    opaque: b"user.overlay.opaque",
    whiteout: b"user.overlay.whiteout",
    redirect: b"user.overlay.redirect",
    origin: b"user.overlay.origin",
    impure: b"user.overlay.impure",
    metacopy: b"user.overlay.metacopy",
    nlink: b"user.overlay.nlink",
    upper: b"user.overlay.upper",
    protattr: b"user.overlay.protattr",
    uuid: b"user.overlay.uuid",
};

/// The value of `impure`, and of `opaque` on an opaque directory.
pub const YES: &[u8] = b"y";
