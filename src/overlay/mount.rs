//! Mounting: options to layers, layers to an overlay.

use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::types::{Dev, FsId, Ino, Result};

/// The directory that an option names, as the mounter's path walk found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerRoot {
    pub fs: FsId,
    pub ino: Ino,
    /// Which mount it was reached through: upper and work must agree (a bind mount differs).
    pub mount: u64,
    /// `MS_*` flags of that mount (read-only matters).
    pub flags: u64,
}

/// What mounting needs from the kernel around it.
pub trait MountHost {
    /// Walks a path as the mounting process (relative to its working directory, following
    /// symbolic links; any kind of file may be found).
    ///
    /// # Errors
    /// Those of a path walk.
    fn resolve(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<LayerRoot>;
    /// A fresh anonymous device number. The first one asked for is the overlay's own, further
    /// ones are the pseudo devices of its layers' file systems ([`Mounted::devs`] has them all).
    fn anon_dev(&mut self) -> Dev;
}

/// Where the options come from.
#[derive(Clone, Copy, Debug)]
pub enum Options<'a> {
    /// The data page of `mount(2)`: `key=value,key` with backslash escapes.
    Data(&'a [u8]),
    /// `fsconfig(2)` calls in order; an empty value sets a flag.
    List(&'a [(Vec<u8>, Vec<u8>)]),
}

/// A request to mount. The mounter is `cx.cred`.
#[derive(Clone, Copy, Debug)]
pub struct MountArgs<'a> {
    pub options: Options<'a>,
    /// `MS_RDONLY`.
    pub read_only: bool,
}

/// A mount that worked.
pub struct Mounted {
    /// To be given to [`crate::fs::Disks::add`] at once: it knows itself by the id that
    /// [`crate::fs::Disks::next_id`] named when [`mount`] was called.
    pub overlay: Box<dyn FileSystem>,
    /// Kernel log lines (`overlayfs: …`) of a mount that worked all the same.
    pub log: Vec<String>,
    /// Every anonymous device in use, to be given back at the last unmount.
    pub devs: Vec<Dev>,
}

/// A mount that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountError {
    pub errno: Errno,
    /// Kernel log lines, worded like the kernel's; an option that is not simulated says so here.
    pub log: Vec<String>,
}

/// Mounts an overlay.
///
/// # Errors
/// As Linux 6.18, plus `EOPNOTSUPP` for an option whose behaviour is not simulated.
pub fn mount(
    _cx: &mut Cx<'_>,
    _args: MountArgs<'_>,
    _host: &mut dyn MountHost,
) -> std::result::Result<Mounted, MountError> {
    Err(MountError { errno: Errno::ENODEV, log: Vec::new() })
}
