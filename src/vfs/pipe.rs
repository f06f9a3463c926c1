//! Pipes and fifos: a queue of bytes and the number of both kinds of ends.
//!
//! Nothing blocks here: what would wait answers `EAGAIN` and is asked again.

use super::Pid;
use crate::errno::Errno;
use crate::limits::{PIPE_BUF, PIPE_CAPACITY};
use crate::store::Map;
use crate::types::Result;
use std::collections::VecDeque;
use std::sync::Arc;

/// A pipe's number, shown as `pipe:[N]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PipeId(pub u64);

/// One pipe, or the inside of a fifo.
#[derive(Clone, Debug, Default)]
pub struct Pipe {
    bytes: Arc<VecDeque<u8>>,
    pub readers: u32,
    pub writers: u32,
    /// How often each kind of end was opened: what a waiting open looks at.
    opened: [u64; 2],
    /// Processes inside a blocking `open`, already counted as an end: whether they read, and how
    /// often the other end had been opened when they came.
    waiting: Map<Pid, (bool, u64)>,
}

impl Pipe {
    /// # Errors
    /// `EAGAIN` when empty and somebody may still write.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self.bytes.is_empty() {
            return if self.writers == 0 { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        let bytes = Arc::make_mut(&mut self.bytes);
        let n = buf.len().min(bytes.len());
        for (to, from) in buf.iter_mut().zip(bytes.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }

    /// Writes what fits; a short write of up to `PIPE_BUF` bytes goes whole or not at all.
    ///
    /// # Errors
    /// `EPIPE` without readers, `EAGAIN` when full.
    pub fn write(&mut self, data: &[u8]) -> Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        if self.readers == 0 {
            return Err(Errno::EPIPE);
        }
        let room = PIPE_CAPACITY.saturating_sub(self.bytes.len());
        if room == 0 || (data.len() <= PIPE_BUF && room < data.len()) {
            return Err(Errno::EAGAIN);
        }
        let n = data.len().min(room);
        Arc::make_mut(&mut self.bytes).extend(&data[..n]);
        Ok(n)
    }

    /// Nobody holds an end.
    pub fn is_dead(&self) -> bool {
        self.readers == 0 && self.writers == 0
    }

    /// Counts an end in.
    pub fn attach(&mut self, reads: bool, writes: bool) {
        if reads {
            self.readers += 1;
            self.opened[0] += 1;
        }
        if writes {
            self.writers += 1;
            self.opened[1] += 1;
        }
    }

    /// Counts an end out.
    pub fn detach(&mut self, reads: bool, writes: bool) {
        self.readers -= u32::from(reads && self.readers > 0);
        self.writers -= u32::from(writes && self.writers > 0);
    }

    /// One end of a fifo is opened (never both: that does not wait). On success the end counts.
    ///
    /// # Errors
    /// `EAGAIN` while the other end is missing, `ENXIO` for a writer that does not want to wait.
    pub fn open_fifo(&mut self, pid: Pid, reads: bool, nonblock: bool) -> Result<()> {
        let other = usize::from(reads);
        let peers = if reads { self.writers } else { self.readers };
        if let Some((_, seen)) = self.waiting.get(&pid).filter(|it| it.0 == reads) {
            if peers > 0 || self.opened[other] != *seen {
                self.waiting.remove(&pid);
                return Ok(());
            }
            return Err(Errno::EAGAIN);
        }
        if nonblock && !reads && peers == 0 {
            return Err(Errno::ENXIO);
        }
        let seen = self.opened[other];
        self.attach(reads, !reads);
        if peers > 0 || nonblock {
            return Ok(());
        }
        self.waiting.insert(pid, (reads, seen));
        Err(Errno::EAGAIN)
    }

    /// A process that was inside a blocking `open` is gone.
    pub fn forget(&mut self, pid: Pid) {
        if let Some((reads, _)) = self.waiting.remove(&pid) {
            self.detach(reads, !reads);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_writes_are_whole() {
        let mut pipe = Pipe::default();
        assert_eq!(pipe.write(b"x"), Err(Errno::EPIPE));
        pipe.attach(true, true);
        assert_eq!(pipe.write(&[0; PIPE_CAPACITY - 10]), Ok(PIPE_CAPACITY - 10));
        assert_eq!(pipe.write(&[1; 11]), Err(Errno::EAGAIN));
        assert_eq!(pipe.write(&[1; PIPE_BUF + 1]), Ok(10));
        pipe.detach(false, true);
        let mut buf = vec![9; PIPE_CAPACITY];
        assert_eq!(pipe.read(&mut buf), Ok(PIPE_CAPACITY));
        assert_eq!(pipe.read(&mut buf), Ok(0));
    }

    #[test]
    fn both_ends_of_a_fifo_meet() {
        let mut pipe = Pipe::default();
        assert_eq!(pipe.open_fifo(5, true, false), Err(Errno::EAGAIN));
        assert_eq!(pipe.open_fifo(5, true, false), Err(Errno::EAGAIN));
        assert_eq!(pipe.open_fifo(6, false, false), Ok(()));
        assert_eq!(pipe.write(b"hi"), Ok(2));
        pipe.detach(false, true);
        assert_eq!(pipe.open_fifo(5, true, false), Ok(()));
        assert_eq!((pipe.readers, pipe.writers, pipe.bytes.len()), (1, 0, 2));
        assert_eq!(pipe.open_fifo(7, false, true), Ok(()));
        pipe.detach(true, false);
        assert_eq!(pipe.open_fifo(8, false, true), Err(Errno::ENXIO));
    }
}
