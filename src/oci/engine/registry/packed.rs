//! gzip without compression: generated contents cannot be made smaller, and stored as they are the
//! packed form is made of the same pieces as the unpacked one, so that a blob of 60 MB costs nothing.

use crate::store::{Rope, Seg};

/// No name, no time, an unknown system, as Go's writer begins (RFC 1952, 2.3).
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// Most bytes of a stored block (RFC 1951, 3.2.4).
const BLOCK: u64 = 65_535;

/// The packed form of a rope with this CRC-32.
pub fn stored(rope: &Rope, crc: u32) -> Rope {
    let total = rope.len();
    let mut out = vec![super::shared(HEAD.to_vec())];
    let mut left = total;
    let mut pieces = rope.segs.iter().cloned();
    let mut piece: Option<Seg> = pieces.next();
    loop {
        let len = left.min(BLOCK);
        left -= len;
        let mut head = vec![u8::from(left == 0)];
        head.extend((len as u16).to_le_bytes());
        head.extend((!(len as u16)).to_le_bytes());
        out.push(super::shared(head));
        let mut want = len;
        while want > 0 {
            let Some(seg) = piece.take() else { break };
            let (now, later) = split(seg, want);
            want -= now.len();
            out.push(now);
            piece = later.or_else(|| pieces.next());
        }
        if left == 0 {
            break;
        }
    }
    let mut tail = crc.to_le_bytes().to_vec();
    // The size modulo 2^32.
    tail.extend((total as u32).to_le_bytes());
    out.push(super::shared(tail));
    Rope { segs: out }
}

/// The first bytes of a piece, and what is left of it.
fn split(seg: Seg, at: u64) -> (Seg, Option<Seg>) {
    if seg.len() <= at {
        return (seg, None);
    }
    match seg {
        Seg::Shared { bytes, off, len } => {
            let n = at as usize;
            let first = Seg::Shared { bytes: bytes.clone(), off, len: n };
            (first, Some(Seg::Shared { bytes, off: off + n, len: len - n }))
        }
        Seg::Generated { seed, at: from, len } => {
            let first = Seg::Generated { seed, at: from, len: at };
            (first, Some(Seg::Generated { seed, at: from + at, len: len - at }))
        }
        // A layer of the registry has no other pieces.
        other => (other, None),
    }
}
