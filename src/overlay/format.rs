//! The persistent formats of an overlay: bytes on layers, read and written, without behaviour.

pub mod metacopy;
pub mod opaque;
pub mod origin;
pub mod protattr;
pub mod redirect;
pub mod uuid;
pub mod whiteout;

/// Names of the private attributes (`trusted.overlay.*`).
pub mod names {
    pub const PREFIX: &[u8] = b"trusted.overlay.";
    pub const OPAQUE: &[u8] = b"trusted.overlay.opaque";
    pub const WHITEOUT: &[u8] = b"trusted.overlay.whiteout";
    pub const REDIRECT: &[u8] = b"trusted.overlay.redirect";
    pub const ORIGIN: &[u8] = b"trusted.overlay.origin";
    pub const IMPURE: &[u8] = b"trusted.overlay.impure";
    pub const METACOPY: &[u8] = b"trusted.overlay.metacopy";
    pub const PROTATTR: &[u8] = b"trusted.overlay.protattr";
    pub const UUID: &[u8] = b"trusted.overlay.uuid";
}

/// The value of `impure`, and of `opaque` on an opaque directory.
pub const YES: &[u8] = b"y";
