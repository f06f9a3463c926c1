//! Bytes from outside of the machine: wanted, supplied by the host, never part of the state.

use crate::errno::Errno;
use crate::types::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A piece of a source that a call needs before it can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeedBytes {
    pub source: u32,
    pub at: u64,
    pub len: u64,
}

/// Pieces are asked for in this size, aligned.
pub const PIECE: u64 = 65536;

/// What the host has supplied so far, and what a call is waiting for.
#[derive(Clone, Debug, Default)]
pub struct Blobs {
    have: Arc<BTreeMap<(u32, u64), Arc<[u8]>>>,
    needs: Vec<NeedBytes>,
}

impl Blobs {
    /// Reads a range of a source.
    ///
    /// # Errors
    /// `EAGAIN` when a piece is not there: it then stands in [`Blobs::needs`], and the call is to
    /// be made again after [`Blobs::supply`].
    pub fn read(&mut self, source: u32, at: u64, buf: &mut [u8]) -> Result<()> {
        let mut done = 0;
        let mut lacks = false;
        while done < buf.len() {
            let pos = at + done as u64;
            let piece = pos / PIECE * PIECE;
            let n = ((piece + PIECE - pos) as usize).min(buf.len() - done);
            match self.have.get(&(source, piece)) {
                Some(bytes) => {
                    let have = bytes.get((pos - piece) as usize..).unwrap_or(&[]);
                    let got = have.len().min(n);
                    buf[done..done + got].copy_from_slice(&have[..got]);
                    buf[done + got..done + n].fill(0);
                }
                None => {
                    lacks = true;
                    self.want(NeedBytes { source, at: piece, len: PIECE });
                }
            }
            done += n;
        }
        if lacks { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    fn want(&mut self, need: NeedBytes) {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    /// What calls are waiting for.
    pub fn needs(&self) -> &[NeedBytes] {
        &self.needs
    }

    /// The host brings a piece that [`Blobs::needs`] names (shorter at the end of the source).
    pub fn supply(&mut self, source: u32, at: u64, bytes: Arc<[u8]>) {
        self.needs.retain(|it| (it.source, it.at) != (source, at));
        Arc::make_mut(&mut self.have).insert((source, at), bytes);
    }

    /// Forgets what was supplied; it is asked for again when needed.
    pub fn forget(&mut self) {
        self.have = Arc::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_piece_is_named_and_then_there() {
        let mut blobs = Blobs::default();
        let mut buf = [9; 4];
        assert_eq!(blobs.read(7, PIECE + 2, &mut buf), Err(Errno::EAGAIN));
        assert_eq!(blobs.needs(), [NeedBytes { source: 7, at: PIECE, len: PIECE }]);
        blobs.supply(7, PIECE, Arc::from(*b"abcde"));
        assert_eq!(blobs.read(7, PIECE + 2, &mut buf), Ok(()));
        assert_eq!((&buf, blobs.needs().len()), (b"cde\0", 0));
    }
}
