//! The console: where the first process's descriptors 0, 1 and 2 lead.
//!
//! Output is kept in order as events for the host; input comes from the host.

use crate::errno::Errno;
use crate::types::Result;
use std::collections::VecDeque;

/// Which descriptor of the first process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    In,
    Out,
    Err,
}

#[derive(Clone, Debug)]
enum Input {
    Bytes(VecDeque<u8>),
    /// Ctrl-D on an empty line: one read sees the end.
    End,
}

/// A terminal, or three captured streams.
#[derive(Clone, Debug, Default)]
pub struct Console {
    out: Vec<(Stream, Vec<u8>)>,
    input: VecDeque<Input>,
    /// No more input will come: a read of an empty queue sees the end instead of waiting.
    pub closed: bool,
    /// Which of the streams are a terminal.
    pub tty: [bool; 3],
    /// Columns and rows of the terminal, when the host has told them.
    pub size: Option<(u16, u16)>,
}

impl Console {
    pub fn is_tty(&self, stream: Stream) -> bool {
        self.tty[stream as usize]
    }

    /// Takes the output since the last time, in order.
    pub fn take(&mut self) -> Vec<(Stream, Vec<u8>)> {
        std::mem::take(&mut self.out)
    }

    /// The output that nobody has taken yet.
    pub fn output(&self) -> &[(Stream, Vec<u8>)] {
        &self.out
    }

    /// The host types.
    pub fn type_in(&mut self, bytes: &[u8]) {
        match self.input.back_mut() {
            Some(Input::Bytes(last)) => last.extend(bytes),
            _ => self.input.push_back(Input::Bytes(bytes.iter().copied().collect())),
        }
    }

    /// The host types Ctrl-D: one read sees the end.
    pub fn type_end(&mut self) {
        self.input.push_back(Input::End);
    }

    /// An interrupt takes away an end of input that nobody has read.
    pub fn forget_end(&mut self) {
        self.input.retain(|it| !matches!(it, Input::End));
    }

    /// Nothing that the host typed is left to read.
    pub fn is_drained(&self) -> bool {
        self.input.is_empty()
    }

    pub(super) fn write(&mut self, stream: Stream, data: &[u8]) -> usize {
        match self.out.last_mut() {
            Some((last, bytes)) if *last == stream => bytes.extend_from_slice(data),
            _ => self.out.push((stream, data.to_vec())),
        }
        data.len()
    }

    /// A terminal gives one line at a time.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let line = self.tty[0];
        match self.input.front_mut() {
            None if self.closed => Ok(0),
            None => Err(Errno::EAGAIN),
            Some(Input::End) => {
                self.input.pop_front();
                Ok(0)
            }
            Some(Input::Bytes(bytes)) => {
                let mut n = buf.len().min(bytes.len());
                if line {
                    let end = bytes.iter().position(|&byte| byte == b'\n');
                    n = n.min(end.map_or(n, |at| at + 1));
                }
                for (to, from) in buf.iter_mut().zip(bytes.drain(..n)) {
                    *to = from;
                }
                if bytes.is_empty() {
                    self.input.pop_front();
                }
                Ok(n)
            }
        }
    }
}
