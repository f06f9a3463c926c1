//! Mount options: one table, and three functions over it: parse, verify, show.
//!
//! Every option of 6.18 is parsed and shown, or refused where an older kernel does not have it. Messages are those of the kernel's log (observed).

mod parse;
mod show;
mod table;
mod verify;

pub(super) use parse::{Parser, parse};
pub use show::show;
pub(super) use verify::verify;

use super::mount::LayerRoot;

/// `redirect_dir`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectMode {
    /// Follow what is on disk, create none. `off` means this on a kernel that always follows.
    Follow,
    NoFollow,
    On,
}

/// `uuid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UuidMode {
    Off,
    Null,
    Auto,
    On,
}

/// `xino`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xino {
    Off,
    Auto,
    On,
}

/// `verity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verity {
    Off,
    On,
    Require,
}

/// `fsync`; `volatile` is another word for `fsync=volatile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    Auto,
    Strict,
    Volatile,
}

/// A lower layer as its option spelled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowerOption {
    /// The path as typed (with its escapes when it came in `lowerdir=`).
    pub text: Vec<u8>,
    /// A data-only layer.
    pub data: bool,
}

/// What the user asked for, after `verify`: what is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The value of `lowerdir=` as typed; `None` when layers came one by one.
    pub lowerdir: Option<Vec<u8>>,
    pub lowers: Vec<LowerOption>,
    pub upperdir: Option<Vec<u8>>,
    pub workdir: Option<Vec<u8>>,
    pub default_permissions: bool,
    pub redirect: RedirectMode,
    /// The word of `redirect_dir=`, which kernels before 6.5 show again.
    pub redirect_word: Option<&'static str>,
    pub index: bool,
    pub uuid: UuidMode,
    pub nfs_export: bool,
    pub xino: Xino,
    pub metacopy: bool,
    pub fsync: Fsync,
    pub userxattr: bool,
    pub verity: Verity,
}

impl Default for Config {
    /// The defaults of 6.18 with REDIRECT_ALWAYS_FOLLOW.
    fn default() -> Config {
        Config {
            lowerdir: None,
            lowers: Vec::new(),
            upperdir: None,
            workdir: None,
            default_permissions: false,
            redirect: RedirectMode::Follow,
            redirect_word: None,
            index: false,
            uuid: UuidMode::Auto,
            nfs_export: false,
            xino: Xino::Off,
            metacopy: false,
            fsync: Fsync::Auto,
            userxattr: false,
            verity: Verity::Off,
        }
    }
}

impl Config {
    /// None of the features is on that forbid changing lower layers while unmounted (R5.9).
    pub(super) fn allows_offline_changes(&self) -> bool {
        !self.index && !self.metacopy && self.redirect != RedirectMode::On && self.xino != Xino::On
    }
}

/// Options that the user named, for conflicts between what was asked and what is implied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub metacopy: bool,
    pub redirect: bool,
    pub index: bool,
    pub nfs_export: bool,
}

/// Parsed options with the directories they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Parsed {
    pub config: Config,
    pub named: Named,
    pub lowers: Vec<LayerRoot>,
    pub upper: Option<LayerRoot>,
    pub work: Option<LayerRoot>,
    /// `ro` among the options.
    pub read_only: bool,
}
