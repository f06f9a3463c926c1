//! An archive of images, opened some bytes at a time: unpacked if it is packed as a whole, its files
//! found, its documents read. Then an image of it is chosen and scanned.
//!
//! A page gives the bytes by a [`Source`] that reads its file where it lies; nothing is copied but
//! what is packed as a whole, since a stream has no place to go back to.

use super::compress::{self, Compression, Unpacked};
use super::error::{Error, Result};
use super::layout::{self, Contents};
use super::package::{Index, Package};
use super::source::{Part, Source};
use crate::limits::{IMAGE_LAYER_MAX, IMAGE_SUSPECT_MIN};
use std::io::{self, Read};
use std::sync::Arc;

/// Where the host keeps an archive that had to be unpacked.
pub trait Scratch: Send {
    /// # Errors
    /// The host's.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// All of it.
    ///
    /// # Errors
    /// The host's.
    fn source(self: Box<Self>) -> io::Result<Arc<dyn Source>>;
}

/// In memory: for small archives.
impl Scratch for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
    fn source(self: Box<Self>) -> io::Result<Arc<dyn Source>> {
        Ok(Arc::new(*self))
    }
}

/// An archive that is open.
pub struct Archive {
    pub package: Box<dyn Package>,
    pub contents: Contents,
}

enum Stage {
    Unpack { input: Box<Unpacked>, scratch: Box<dyn Scratch>, count: u64 },
    Index(Box<Index>),
    Over,
}

/// An archive that is being opened. To cancel is to drop it.
pub struct Opening {
    stage: Stage,
    /// Bytes of what was given.
    size: u64,
    /// Unpacked bytes from which on their ratio to the packed ones counts.
    suspect: u64,
}

impl Opening {
    /// Begins; `scratch` is asked for if the archive is packed as a whole.
    ///
    /// # Errors
    /// The host's, and a packing that is not read.
    pub fn new(
        source: Arc<dyn Source>,
        scratch: impl FnOnce() -> io::Result<Box<dyn Scratch>>,
    ) -> Result<Opening> {
        let failed = |err: io::Error| Error::new("", err);
        let size = source.size();
        let whole = Part::whole(source.clone());
        let packed = compress::detect(&whole.peek(6).map_err(failed)?);
        let packed = packed.map_err(|name| {
            Error::new("", format!("the archive is packed with {name}; gzip and zstd are read"))
        })?;
        let stage = match packed {
            Compression::None => Stage::Index(Box::new(Index::new(source))),
            packed => Stage::Unpack {
                input: Box::new(Unpacked::new(whole, packed)),
                scratch: scratch().map_err(failed)?,
                count: 0,
            },
        };
        Ok(Opening { stage, size, suspect: IMAGE_SUSPECT_MIN })
    }

    /// Takes so many unpacked bytes for suspicious, if they were packed small.
    #[must_use]
    pub fn suspect(self, suspect: u64) -> Opening {
        Opening { suspect, ..self }
    }

    /// Bytes of what was given that are behind, and all of them.
    pub fn progress(&self) -> (u64, u64) {
        match &self.stage {
            Stage::Unpack { input, .. } => (self.size - input.left(), self.size),
            Stage::Index(_) | Stage::Over => (self.size, self.size),
        }
    }

    /// Goes on for about `budget` bytes; the archive, when it is open.
    ///
    /// # Errors
    /// What is no archive of images, is damaged, lies, or is a bomb.
    pub fn step(&mut self, budget: u64) -> Result<Option<Archive>> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => Err(Error::new("", "the archive has been opened")),
            Stage::Unpack { input, scratch, count } => self.unpack(input, scratch, count, budget),
            Stage::Index(mut index) => {
                // A header is a step of its own, its contents are skipped.
                if !index.step((budget / 512).clamp(1, 100_000) as usize)? {
                    self.stage = Stage::Index(index);
                    return Ok(None);
                }
                let package = index.package();
                let contents = layout::find(&package)?;
                Ok(Some(Archive { package: Box::new(package), contents }))
            }
        }
    }

    fn unpack(
        &mut self,
        mut input: Box<Unpacked>,
        mut scratch: Box<dyn Scratch>,
        mut count: u64,
        budget: u64,
    ) -> Result<Option<Archive>> {
        let failed =
            |at: u64| move |err: io::Error| Error::new("", format!("unpacking, byte {at}: {err}"));
        let mut buf = vec![0; 64 << 10];
        let until = count.saturating_add(budget.max(1));
        while count < until {
            let n = input.read(&mut buf).map_err(failed(count))?;
            if n == 0 {
                let source = scratch.source().map_err(failed(count))?;
                self.stage = Stage::Index(Box::new(Index::new(source)));
                return Ok(None);
            }
            count += n as u64;
            compress::check_ratio(self.size, count, self.suspect, IMAGE_LAYER_MAX)
                .map_err(failed(count))?;
            scratch.append(&buf[..n]).map_err(failed(count))?;
        }
        self.stage = Stage::Unpack { input, scratch, count };
        Ok(None)
    }

    /// Opens without steps.
    ///
    /// # Errors
    /// As [`Opening::step`].
    pub fn finish(mut self) -> Result<Archive> {
        loop {
            if let Some(archive) = self.step(1 << 30)? {
                return Ok(archive);
            }
        }
    }
}
