//! Small helpers over the system calls.

use super::ast::Str;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::{OpenFlags, Result};

/// A whole file.
pub fn read_file(sys: &mut dyn Sys, path: &[u8]) -> Result<Str> {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::CLOEXEC, 0)?;
    let mut out = Vec::new();
    let mut buf = [0; 65536];
    let res = loop {
        match sys.read(fd, &mut buf) {
            Ok(0) => break Ok(out),
            Ok(n) => out.extend_from_slice(&buf[..n]),
            Err(e) => break Err(e),
        }
    };
    let _ = sys.close(fd);
    res
}

/// The first bytes of a file.
pub fn read_head(sys: &mut dyn Sys, path: &[u8], len: usize) -> Result<Str> {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::CLOEXEC, 0)?;
    let mut buf = vec![0; len];
    let res = sys.read(fd, &mut buf);
    let _ = sys.close(fd);
    buf.truncate(res?);
    Ok(buf)
}
