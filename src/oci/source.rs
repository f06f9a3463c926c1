//! Where the bytes of an archive are: anything that can be read at an offset.

use crate::tar::Input;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

/// Bytes that lie somewhere and do not change: a file, a `Blob`, memory.
pub trait Source: Send + Sync {
    /// How many.
    fn size(&self) -> u64;
    /// Reads some bytes from `at` on; 0 only at the end.
    ///
    /// # Errors
    /// The host's.
    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize>;
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }
    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(at).map_or(self.len(), |at| at.min(self.len()));
        let n = buf.len().min(self.len() - from);
        buf[..n].copy_from_slice(&self[from..from + n]);
        Ok(n)
    }
}

/// A part of a source, read from front to back.
#[derive(Clone)]
pub struct Part {
    source: Arc<dyn Source>,
    at: u64,
    end: u64,
}

impl Part {
    /// The whole source.
    pub fn whole(source: Arc<dyn Source>) -> Part {
        let end = source.size();
        Part { source, at: 0, end }
    }

    /// `len` bytes from `at` on; `None` when they are not all within this part.
    pub fn slice(&self, at: u64, len: u64) -> Option<Part> {
        let at = self.at.checked_add(at)?;
        let end = at.checked_add(len).filter(|end| *end <= self.end)?;
        Some(Part { source: self.source.clone(), at, end })
    }

    /// Bytes that are left.
    pub fn size(&self) -> u64 {
        self.end - self.at
    }

    /// The bytes that are left, if they are at most `most`.
    ///
    /// # Errors
    /// The host's; `InvalidData` when there are more.
    pub fn bytes(mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.size() > most {
            let why = format!("{} bytes, at most {most} are read", self.size());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut bytes = Vec::with_capacity(self.size() as usize);
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first bytes, up to `n`; the part stays where it is.
    ///
    /// # Errors
    /// The host's.
    pub fn peek(&self, n: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.clone().take(n as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Part {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = self.size().min(buf.len() as u64) as usize;
        if want == 0 {
            return Ok(0);
        }
        match self.source.read_at(self.at, &mut buf[..want])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.at += n as u64;
                Ok(n)
            }
        }
    }
}

impl Input for Part {
    fn skip(&mut self, len: u64) -> io::Result<()> {
        if len > self.size() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += len;
        Ok(())
    }
}

/// A part that is read in large pieces, whatever is asked for: reading from a page's file costs
/// the same for a byte as for a megabyte.
pub struct Buffered {
    part: Part,
    buf: Vec<u8>,
    /// What of the buffer is still to be given out.
    at: usize,
}

/// Bytes of a piece.
const PIECE: usize = 256 << 10;

impl Buffered {
    pub fn new(part: Part) -> Buffered {
        Buffered { part, buf: Vec::new(), at: 0 }
    }

    /// Bytes that are left.
    pub fn left(&self) -> u64 {
        self.part.size() + self.waiting() as u64
    }

    /// The next bytes, up to `n`; they are read again afterwards.
    ///
    /// # Errors
    /// The host's.
    pub fn peek(&self, n: usize) -> io::Result<Vec<u8>> {
        let mut bytes = self.buf[self.at..].iter().copied().take(n).collect::<Vec<u8>>();
        let more = self.part.peek(n - bytes.len())?;
        bytes.extend(more);
        Ok(bytes)
    }

    fn waiting(&self) -> usize {
        self.buf.len() - self.at
    }
}

impl Read for Buffered {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.waiting() == 0 && buf.len() >= PIECE {
            return self.part.read(buf);
        }
        let waiting = self.fill_buf()?;
        let n = waiting.len().min(buf.len());
        buf[..n].copy_from_slice(&waiting[..n]);
        self.at += n;
        Ok(n)
    }
}

impl BufRead for Buffered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.waiting() == 0 {
            let want = self.part.size().min(PIECE as u64) as usize;
            self.buf.resize(want, 0);
            self.at = want;
            let n = self.part.read(&mut self.buf)?;
            self.buf.truncate(n);
            self.at = 0;
        }
        Ok(&self.buf[self.at..])
    }

    fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.buf.len());
    }
}

impl Input for Buffered {
    fn skip(&mut self, len: u64) -> io::Result<()> {
        let waiting = self.waiting() as u64;
        if len <= waiting {
            self.at += len as usize;
            return Ok(());
        }
        self.at = self.buf.len();
        self.part.skip(len - waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_buffered_is_what_is_there() {
        let bytes: Vec<u8> = (0..700_000u32).map(|n| (n % 251) as u8).collect();
        let part = Part::whole(Arc::new(bytes.clone()));
        for (skip, read) in [(0, 1), (1, 300_000), (262_143, 2), (262_144, 1), (500_000, 199_999)] {
            let mut buffered = Buffered::new(part.clone());
            let mut first = [0; 10];
            buffered.read_exact(&mut first).unwrap();
            buffered.skip(skip).unwrap();
            let mut found = vec![0; read];
            let n = buffered.read_exact(&mut found).map(|()| read).unwrap_or(0);
            let from = 10 + skip as usize;
            let expected = bytes.get(from..from + read);
            assert_eq!(expected, (n > 0).then_some(&found[..]), "{skip} {read}");
            let left = bytes.len() - from - n;
            if n > 0 {
                assert_eq!(buffered.left(), left as u64);
                assert!(buffered.skip(left as u64 + 1).is_err());
            }
        }
    }
}
