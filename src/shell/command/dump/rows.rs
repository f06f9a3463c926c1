//! Dumps of any length: bytes come a piece at a time and are shown a row at a time.

use crate::errno::Errno;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::filter::{Flow, Stage};

/// How rows look.
pub trait Look: Clone + Send + 'static {
    /// A row that begins at a place; only the last one may be shorter than the others.
    fn row(&mut self, at: u64, row: &[u8], ctx: &mut Ctx<'_>);
    /// All rows are there; where the last one ended.
    fn end(&mut self, _at: u64, _ctx: &mut Ctx<'_>) {}
}

#[derive(Clone)]
pub struct Rows<L> {
    look: L,
    width: usize,
    /// Bytes that are passed over before the first row, and that may still be shown.
    skip: u64,
    limit: u64,
    at: u64,
    rest: Vec<u8>,
    failed: bool,
}

impl<L: Look> Rows<L> {
    pub fn new(look: L, width: usize, skip: u64, limit: u64) -> Rows<L> {
        Rows { look, width, skip, limit, at: skip, rest: Vec::new(), failed: false }
    }
}

impl<L: Look> Stage for Rows<L> {
    fn chunk(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
        self.skip -= passed as u64;
        let data = &data[passed..];
        let taken = usize::try_from(self.limit).unwrap_or(usize::MAX).min(data.len());
        self.limit -= taken as u64;
        self.rest.extend_from_slice(&data[..taken]);
        let whole = self.rest.len() / self.width * self.width;
        for row in self.rest[..whole].chunks(self.width) {
            self.look.row(self.at, row, ctx);
            self.at += row.len() as u64;
        }
        self.rest.drain(..whole);
        ctx.flush();
        if self.limit == 0 { Flow::Stop } else { Flow::More }
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>) -> i32 {
        if !self.rest.is_empty() {
            self.look.row(self.at, &self.rest, ctx);
            self.at += self.rest.len() as u64;
        }
        self.look.end(self.at, ctx);
        i32::from(self.failed)
    }

    fn cannot_read(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.failed = true;
        ctx.fail_file(name, errno);
    }
}

/// Rows like the one before are shown once, as `*`.
#[derive(Clone, Default)]
pub struct Squeeze {
    last: Option<Vec<u8>>,
    starred: bool,
}

impl Squeeze {
    /// Is this row shown? Says so with a star when it is the first that is not.
    pub fn shows(&mut self, row: &[u8], ctx: &mut Ctx<'_>) -> bool {
        if self.last.as_deref() == Some(row) {
            if !self.starred {
                ctx.line("*");
            }
            self.starred = true;
            return false;
        }
        self.starred = false;
        self.last = Some(row.to_vec());
        true
    }
}
