//! The contents of a file where they lie: an offset in a layer, of which what comes before is skipped.

use super::super::compress::Unpacked;
use super::super::digest::Digest;
use super::super::error::{Error, Result};
use super::super::gzip::Gzip;
use super::super::layer::{Layer, What};
use super::shown;
use crate::survey;
use crate::tar::Input;
use std::io::{self, Read};
use std::sync::Arc;

/// The contents of a regular file, read from front to back; holes are zeros.
///
/// In a packed layer what lies between the file and the nearest place to return to (in zstd: the
/// beginning) has to be unpacked first. [`Contents::approach`] does that in steps; reading does what is
/// left of it.
pub struct Contents {
    input: Unpacked,
    /// Bytes of the layer before the file.
    ahead: u64,
    /// What is left of the file, last first: data or holes, and how many bytes.
    pieces: Vec<(bool, u64)>,
    size: u64,
    name: String,
    digest: Option<Digest>,
}

pub(super) fn open(layers: &[Arc<Layer>], place: survey::Place) -> Result<Contents> {
    let layer = (place.layer as usize).checked_sub(1).and_then(|at| layers.get(at));
    let found = layer.and_then(|it| Some((it, it.items.get(place.item as usize)?)));
    let (layer, _) = found.ok_or_else(|| Error::new("", "there is no such entry"))?;
    let (_, item) = layer.inode(place.item);
    let name = shown(&item.path);
    if item.what != What::Reg {
        return Err(Error::new(name, "is no regular file"));
    }
    let mut pieces = Vec::new();
    match &item.pieces {
        None => pieces.push((true, item.size)),
        Some(of_data) => {
            let mut end = 0;
            for &(at, len) in of_data.iter() {
                pieces.extend([(false, at - end), (true, len)]);
                end = at + len;
            }
            pieces.push((false, item.size - end));
        }
    }
    pieces.retain(|(_, len)| *len > 0);
    pieces.reverse();
    let (input, at) = nearest(layer, item.at);
    Ok(Contents { input, ahead: item.at - at, pieces, size: item.size, name, digest: item.content })
}

/// The layer from the nearest place before an offset, and that place.
fn nearest(layer: &Layer, at: u64) -> (Unpacked, u64) {
    let next = layer.points.partition_point(|point| point.unpacked <= at);
    let point = next.checked_sub(1).map(|last| &layer.points[last]);
    let resumed = point.and_then(|point| {
        Some((Unpacked::Gzip(Box::new(Gzip::resumed(&layer.blob.part, point)?)), point.unpacked))
    });
    resumed.unwrap_or_else(|| (Unpacked::new(layer.blob.part.clone(), layer.blob.compression), 0))
}

impl Contents {
    /// Bytes of the whole file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Digest of the contents; of a sparse file the places of its data count.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.digest
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Unpacks about `budget` bytes of what lies before the file; `true` when the file begins.
    ///
    /// # Errors
    /// The archive's.
    pub fn approach(&mut self, budget: u64) -> Result<bool> {
        let step = match self.input {
            // Nothing is read to skip it.
            Unpacked::Plain(_) => self.ahead,
            _ => self.ahead.min(budget),
        };
        if step > 0 {
            self.input.skip(step).map_err(|err| Error::new(&self.name, err))?;
            self.ahead -= step;
        }
        Ok(self.ahead == 0)
    }

    /// Leaves out bytes of the file.
    ///
    /// # Errors
    /// The archive's.
    pub fn leave_out(&mut self, mut len: u64) -> Result<()> {
        self.approach(u64::MAX)?;
        while let Some((is_data, left)) = self.pieces.pop() {
            let step = left.min(len);
            if is_data {
                self.input.skip(step).map_err(|err| Error::new(&self.name, err))?;
            }
            len -= step;
            if step < left {
                self.pieces.push((is_data, left - step));
                break;
            }
        }
        Ok(())
    }
}

impl Read for Contents {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ahead > 0 {
            self.input.skip(self.ahead)?;
            self.ahead = 0;
        }
        let Some((is_data, left)) = self.pieces.pop() else { return Ok(0) };
        let want = left.min(buf.len() as u64) as usize;
        let n = if is_data {
            match self.input.read(&mut buf[..want])? {
                0 if want > 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => n,
            }
        } else {
            buf[..want].fill(0);
            want
        };
        if (n as u64) < left {
            self.pieces.push((is_data, left - n as u64));
        }
        Ok(n)
    }
}
