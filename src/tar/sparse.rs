//! Sparse files: where their data lie, in GNU's old form and the three PAX forms.

use super::pax::decimal;

/// Bytes that a list of pieces may take (the reader holds it in memory).
const MAP_MAX: usize = 1 << 20;

/// What `GNU.sparse.*` records say.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub major: Option<u64>,
    pub minor: Option<u64>,
    pub name: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// Forms 0.0 and 0.1: offsets and lengths in turn.
    numbers: Vec<u64>,
}

impl Said {
    pub(super) fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.major = Some(decimal(value)?),
            b"minor" => self.minor = Some(decimal(value)?),
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(decimal(value)?),
            b"offset" | b"numbytes" => self.numbers.push(decimal(value)?),
            b"map" => {
                let numbers = value.split(|&b| b == b',').map(decimal);
                self.numbers = numbers.collect::<Option<Vec<u64>>>()?;
            }
            _ => {}
        }
        Some(())
    }

    /// Whether anything is said of a sparse file.
    pub(super) fn is_said(&self) -> bool {
        self.size.is_some() || self.name.is_some() || !self.numbers.is_empty()
    }

    /// The map stands at the start of the contents (form 1.0).
    pub(super) fn is_in_contents(&self) -> bool {
        self.major == Some(1) && self.minor == Some(0)
    }

    /// The pieces of forms 0.0 and 0.1, if the file is sparse in one of them.
    pub(super) fn pieces(&self) -> Option<Result<Vec<(u64, u64)>, &'static str>> {
        if self.numbers.is_empty() {
            return None;
        }
        Some(match self.numbers.len() % 2 {
            0 => Ok(self.numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()),
            _ => Err("the map of a sparse file is odd"),
        })
    }
}

/// Form 1.0: the lines at the start of the contents, block by block.
#[derive(Default)]
pub(super) struct MapText {
    text: Vec<u8>,
    lines: usize,
}

impl MapText {
    /// Takes a block; the pieces once the map is complete.
    pub(super) fn add(&mut self, block: &[u8]) -> Result<Option<Vec<(u64, u64)>>, &'static str> {
        let bad = "the map of a sparse file is malformed";
        self.text.extend_from_slice(block);
        self.lines += block.iter().filter(|&&b| b == b'\n').count();
        if self.text.len() > MAP_MAX {
            return Err("the map of a sparse file is too long");
        }
        let mut lines = self.text.split(|&b| b == b'\n');
        let first = lines.next().unwrap_or_default();
        if self.lines == 0 {
            return if first.len() > 20 { Err(bad) } else { Ok(None) };
        }
        let count = decimal(first).filter(|&n| n <= MAP_MAX as u64).ok_or(bad)? as usize;
        if self.lines < 2 * count + 1 {
            return Ok(None);
        }
        let numbers = lines.take(2 * count).map(decimal).collect::<Option<Vec<u64>>>();
        let numbers = numbers.ok_or(bad)?;
        Ok(Some(numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()))
    }
}

/// Whether the pieces ascend, lie within the file, and together are what is stored.
pub(super) fn check(pieces: &[(u64, u64)], size: u64, stored: u64) -> Result<(), &'static str> {
    let (mut end, mut sum) = (0u64, 0u64);
    for &(off, len) in pieces {
        if off < end {
            return Err("the pieces of a sparse file overlap");
        }
        end = off.checked_add(len).ok_or("a piece of a sparse file is too large")?;
        sum += len;
    }
    if end > size {
        return Err("a piece of a sparse file lies beyond its end");
    }
    if sum != stored {
        return Err("the pieces of a sparse file are not what is stored of it");
    }
    Ok(())
}
