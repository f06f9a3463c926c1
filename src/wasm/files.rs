//! Files of the machine for its host. Reading leaves no trace in the machine; writing is a command
//! line like any other, so undo, export and links know it.

use super::{Failure, Headless};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::OpenFlags;

/// Bytes that are read or written at once.
const READ_MAX: usize = 64 << 20;
const WRITE_MAX: usize = 1 << 20;

impl Headless {
    /// The bytes of a file, read by a process in the shell's directory on a copy of the machine.
    ///
    /// # Errors
    /// Those of `open` and `read`; `EFBIG` beyond 64 MiB.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let session = self.server().session();
        let mut kernel = session.machine().kernel.clone();
        kernel.trace.take();
        kernel.trace.set_on(true);
        let done = whole(&mut kernel.sys(session.shell()), path.as_bytes());
        done.map_err(|errno| Failure::call(errno, path, kernel.trace.take()))
    }

    /// The command line that writes these bytes to a file.
    ///
    /// # Errors
    /// `EINVAL` for a path with a NUL, `EFBIG` beyond 1 MiB.
    pub fn write_line(path: &str, bytes: &[u8]) -> Result<String, Failure> {
        if path.is_empty() || path.contains('\0') {
            return Err(Failure::of(Errno::EINVAL, "a path is a text without NUL"));
        }
        if bytes.len() > WRITE_MAX {
            let why = format!("{path}: {} bytes; one step writes at most {WRITE_MAX}", bytes.len());
            return Err(Failure::of(Errno::EFBIG, why));
        }
        let path = quoted(path);
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) if text.chars().all(is_plain) => {
                format!("printf %s {} > {path}", quoted(text))
            }
            _ => format!("printf '{}' > {path}", escaped(bytes)),
        })
    }
}

/// Goes through a prompt as it is.
fn is_plain(c: char) -> bool {
    c == '\n' || !c.is_control()
}

/// One word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Bytes in the form of `printf`'s first argument.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4);
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b' ' => text.push(char::from(byte)),
            _ => text += &format!("\\{byte:03o}"),
        }
    }
    text
}

fn whole(sys: &mut dyn Sys, path: &[u8]) -> crate::types::Result<Vec<u8>> {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0)?;
    let (mut all, mut part) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match sys.read(fd, &mut part)? {
            0 => return Ok(all),
            n => all.extend_from_slice(&part[..n]),
        }
        if all.len() > READ_MAX {
            return Err(Errno::EFBIG);
        }
    }
}
