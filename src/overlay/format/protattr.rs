//! The `protattr` attribute: append-only and immutable, kept beside the upper inode.

use crate::types::inode_flags::{APPEND, IMMUTABLE, NOATIME, SYNC};

/// Both flags.
pub const MASK: u32 = APPEND | IMMUTABLE;
/// Flags that a copy-up sets on the upper inode itself (9.6).
pub const COPIED: u32 = SYNC | NOATIME;

/// The value for these inode flags, `a` before `i`; empty when the attribute should go.
pub fn print(flags: u32) -> Vec<u8> {
    let mut out = Vec::new();
    if flags & APPEND != 0 {
        out.push(b'a');
    }
    if flags & IMMUTABLE != 0 {
        out.push(b'i');
    }
    out
}

/// The inode flags in a value; letters after the first unknown one do not count.
pub fn parse(value: &[u8]) -> u32 {
    let mut flags = 0;
    for letter in value {
        match letter {
            b'a' => flags |= APPEND,
            b'i' => flags |= IMMUTABLE,
            _ => break,
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for flags in [0, APPEND, IMMUTABLE, MASK] {
            assert_eq!(parse(&print(flags)), flags);
        }
        assert_eq!(print(MASK), b"ai");
    }
}
