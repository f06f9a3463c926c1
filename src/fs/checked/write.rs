//! Bytes of a file: how far it may reach, and when a right goes that it gives to whoever runs it.

use super::remove_privs;
use crate::errno::Errno;
use crate::fs::{Cx, Fh, Traits};
use crate::store::Rope;
use crate::types::{FsId, Ino, Result};

/// How many of `len` bytes from a place on a file can have that can be so large (`s_maxbytes`).
///
/// # Errors
/// `EFBIG` for none.
pub fn reach(most: u64, off: u64, len: u64) -> Result<u64> {
    if off < most { Ok(len.min(most - off)) } else { Err(Errno::EFBIG) }
}

/// `write(2)`: what is refused for being too far out takes nothing from the file's mode (observed on 6.18).
///
/// # Errors
/// `EFBIG`, and those of the file system.
pub fn write(
    cx: &mut Cx<'_>,
    fs: FsId,
    (ino, fh): (Ino, Fh),
    off: u64,
    data: &[u8],
) -> Result<usize> {
    begin(cx, fs, ino, off, data.len() as u64)?;
    cx.on(fs, |f, cx| f.write(cx, ino, fh, off, data))
}

/// The same with bytes that are shared.
///
/// # Errors
/// Those of [`write()`].
pub fn write_rope(cx: &mut Cx<'_>, fs: FsId, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
    begin(cx, fs, ino, off, rope.len())?;
    cx.on(fs, |f, cx| f.write_rope(cx, ino, off, rope))
}

fn begin(cx: &mut Cx<'_>, fs: FsId, ino: Ino, off: u64, len: u64) -> Result<()> {
    let fits = cx.on(fs, |f, _| reach(f.traits().size_max, off, len)).is_ok();
    if fits { remove_privs(cx, fs, ino) } else { Ok(()) }
}

/// `fallocate(2)`. An overlay takes setuid away before it asks below; ext4 before it looks at the range; others
/// when they have done it (observed on 6.18).
///
/// # Errors
/// `EFBIG`, and those of the file system.
pub fn allocate(
    cx: &mut Cx<'_>,
    fs: FsId,
    ino: Ino,
    mode: u32,
    (off, len): (u64, u64),
) -> Result<()> {
    let strips_first = cx.on(fs, |f, _| {
        let Traits { size_max, has_d_real, .. } = f.traits();
        match reach(size_max, off, len) {
            Ok(all) if all == len => Ok(has_d_real || f.strips_first(mode)),
            _ => Err(Errno::EFBIG),
        }
    })?;
    if strips_first {
        remove_privs(cx, fs, ino)?;
    }
    cx.on(fs, |f, cx| f.fallocate(cx, ino, mode, off, len))?;
    if strips_first { Ok(()) } else { remove_privs(cx, fs, ino) }
}
