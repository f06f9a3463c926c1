//! `layerglass run --socket`: programs of the mounted machine, started from outside, with their
//! streams and their status.
//!
//! Both ways go frames: a letter, the length in four bytes (little endian), the bytes.

mod client;
mod server;

pub use client::call;
pub use server::Listening;

use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What to run. Bytes, since neither scripts nor arguments have to be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The text of a script that the caller has read; without it the arguments say what to do.
    pub script: Option<Vec<u8>>,
    /// Name and arguments.
    pub argv: Vec<Vec<u8>>,
}

/// Frames of the caller.
const RUN: u8 = b'r';
/// Standard input; empty at its end.
const INPUT: u8 = b'i';
/// Frames of the machine.
const OUTPUT: u8 = b'o';
const ERRORS: u8 = b'e';
const STATUS: u8 = b's';

/// Bytes of one frame at most.
const FRAME_MAX: u32 = 16 << 20;

fn send(to: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let frame = [&[kind][..], &len.to_le_bytes(), bytes].concat();
    to.write_all(&frame)
}

fn receive(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let len = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    if len > FRAME_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; len as usize];
    from.read_exact(&mut bytes)?;
    Ok((head[0], bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive() {
        let mut wire = Vec::new();
        send(&mut wire, OUTPUT, b"abc").unwrap();
        send(&mut wire, STATUS, b"").unwrap();
        let mut wire = &wire[..];
        assert_eq!(receive(&mut wire).unwrap(), (OUTPUT, b"abc".to_vec()));
        assert_eq!(receive(&mut wire).unwrap(), (STATUS, Vec::new()));
        assert!(receive(&mut wire).is_err());
        assert!(receive(&mut &b"o\xff\xff\xff\xff"[..]).is_err());
    }
}
