//! File system calls with the checks that belong to the caller: permissions, sticky bits,
//! immutable and append-only flags, setuid clearing, inherited modes and ACLs.
//!
//! Used by `vfs` with the caller's credentials and by `overlay` with the mounter's. Knows inodes
//! of one file system at a time; never paths or mounts.

use super::Cx;
use crate::cred::Caps;
use crate::errno::Errno;
use crate::types::{Attr, Result};

/// The mode check without ACLs. `mask`: 4 read, 2 write, 1 execute or search.
///
/// # Errors
/// `EACCES`.
pub fn mode_permission(cx: &Cx<'_>, attr: &Attr, mask: u8) -> Result<()> {
    let mode = attr.mode.bits();
    let class = if cx.cred.fsuid == attr.uid {
        mode >> 6
    } else if cx.cred.in_group(attr.gid) {
        mode >> 3
    } else {
        mode
    };
    if class as u8 & mask == mask || capable_of(cx, attr, mask) {
        return Ok(());
    }
    Err(Errno::EACCES)
}

/// CAP_DAC_OVERRIDE passes all but the execution of a file nobody may execute;
/// CAP_DAC_READ_SEARCH passes reading, and searching directories.
fn capable_of(cx: &Cx<'_>, attr: &Attr, mask: u8) -> bool {
    let executable = attr.is_dir() || mask & 1 == 0 || attr.mode.bits() & 0o111 != 0;
    if executable && cx.cred.has(Caps::DAC_OVERRIDE) {
        return true;
    }
    let reads_only = mask == 4 || (attr.is_dir() && mask & 2 == 0);
    reads_only && cx.cred.has(Caps::DAC_READ_SEARCH)
}
