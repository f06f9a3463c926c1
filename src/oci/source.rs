//! Where the bytes of an archive are: anything that can be read at an offset.

use crate::tar::Input;
use std::io::{self, Read};
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
