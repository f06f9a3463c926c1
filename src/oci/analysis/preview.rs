//! A part of a file, and what kind of file it seems to be.

use super::super::error::{Error, Result};
use super::contents::Contents;
use crate::survey::Preview;
use std::io::Read;

/// Bytes at the beginning of a file that tell what it is.
const HEAD: usize = 512;

pub(super) fn of(mut contents: Contents, offset: u64, len: usize) -> Result<Preview> {
    let size = contents.size();
    let name = contents.name().to_owned();
    let mut head = Vec::new();
    let failed = |err| Error::new(&name, err);
    (&mut contents).take(HEAD as u64).read_to_end(&mut head).map_err(failed)?;
    let format = format(&head).to_owned();
    // What of the wanted part is in the head already; the rest comes after it.
    let from = usize::try_from(offset).map_or(head.len(), |at| at.min(head.len()));
    let mut bytes = head[from..].to_vec();
    contents.leave_out(offset.saturating_sub(head.len() as u64))?;
    if bytes.len() < len {
        let more = (len - bytes.len()) as u64;
        contents.take(more).read_to_end(&mut bytes).map_err(failed)?;
    }
    bytes.truncate(len);
    let text = as_text(&bytes).map(str::to_owned);
    Ok(Preview { size, offset: offset.min(size), bytes, text, format })
}

/// The bytes as text, unless they hold what no text does. A character that is cut off at the end is
/// left out.
pub(super) fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(err) if err.error_len().is_none() => {
            std::str::from_utf8(&bytes[..err.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let odd =
        |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b' | '\x08');
    (!text.chars().any(odd)).then_some(text)
}

/// What a file is by its beginning, in short.
pub(super) fn format(head: &[u8]) -> &'static str {
    const MARKS: &[(&[u8], &str)] = &[
        (b"\x7fELF", "ELF"),
        (b"#!", "script"),
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"!<arch>\n", "ar archive"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"%PDF-", "PDF"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\xca\xfe\xba\xbe", "Java class"),
        (b"\0asm", "WebAssembly"),
        (b"-----BEGIN ", "PEM"),
    ];
    if head.is_empty() {
        return "empty";
    }
    if head.get(257..262) == Some(b"ustar") {
        return "tar archive";
    }
    if let Some((_, name)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return name;
    }
    if as_text(head).is_some() { "text" } else { "data" }
}
