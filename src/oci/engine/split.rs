//! Archives that another tool wrote: what lies around the contents of their files is kept in
//! `tar-split.json.gz`, so that the same bytes can be written again (the form of the tar-split project).
//! Archives of our own writer need none of that.

use super::layers::Stored;
use super::{Engine, record};
use crate::drivers::{Answer, Failure, Part, apply, files};
use crate::oci::compress::{self, Unpacked};
use crate::oci::digest::{Digest, Hasher};
use crate::oci::source;
use crate::sys::Sys;
use crate::tar::{Entry, Input, Kind, Reader, write};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::sync::Arc;

/// The contents of a file of the layer.
const FILE: u8 = 1;
/// Bytes of the archive as they are.
const SEGMENT: u8 = 2;

/// A line of the record.
#[derive(Serialize, Deserialize)]
struct Line {
    r#type: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// In base 64: the bytes, or the CRC-64 of the contents.
    payload: Option<String>,
    position: usize,
}

/// Reads an archive and keeps what was read until it is taken.
struct Tee<R> {
    inner: R,
    kept: Vec<u8>,
    hasher: Hasher,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.kept.extend_from_slice(&buf[..n]);
        self.hasher.update(&buf[..n]);
        Ok(n)
    }
}

impl<R: Read> Input for Tee<R> {}

/// The digest of everything that can be read.
///
/// # Errors
/// Those of unpacking.
pub fn digest_of(input: &mut dyn Read) -> Answer<Digest> {
    let (mut hasher, mut buf) = (Hasher::default(), vec![0; files::CHUNK]);
    loop {
        match input.read(&mut buf).map_err(|err| Failure(err.to_string()))? {
            0 => return Ok(hasher.finish()),
            n => hasher.update(&buf[..n]),
        }
    }
}

/// The record in the making.
#[derive(Default)]
struct Split {
    lines: Vec<Line>,
    /// What our writer would have written so far.
    own: Hasher,
}

impl Split {
    fn put(
        &mut self,
        r#type: u8,
        name: Option<String>,
        size: Option<u64>,
        payload: Option<String>,
    ) {
        let position = self.lines.len();
        self.lines.push(Line { r#type, name, size, payload, position });
    }

    /// The bytes before the contents of an entry, and the entry with its contents.
    fn entry(&mut self, before: &[u8], entry: &Entry, data: &[u8]) {
        self.own.update(&write::headers(entry));
        self.own.update(data);
        self.own.update(&write::padding(entry.size).collect::<Vec<u8>>());
        self.put(SEGMENT, None, None, Some(base64(before)));
        let name = String::from_utf8_lossy(&entry.path).into_owned();
        match data.is_empty() {
            true => self.put(FILE, Some(name), None, None),
            false => {
                let sum = crc64(data).to_be_bytes();
                self.put(FILE, Some(name), Some(data.len() as u64), Some(base64(&sum)));
            }
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for line in &self.lines {
            text.extend(serde_json::to_vec(line).unwrap_or_default());
            text.push(b'\n');
        }
        compress::gzip(&text)
    }
}

impl Engine {
    /// Takes in an archive as a layer. `open` begins it from the front.
    ///
    /// # Errors
    /// What is wrong with the archive, and the driver's; nothing half-made remains.
    pub fn register_archive(
        &self,
        sys: &mut dyn Sys,
        parent: Option<Digest>,
        diff_id: Digest,
        open: &dyn Fn() -> Unpacked,
    ) -> Answer<Stored> {
        if let Some(stored) = self.layer(sys, diff_id.chained(parent)) {
            return Ok(stored);
        }
        let tee = Tee { inner: open(), kept: Vec::new(), hasher: Hasher::default() };
        let mut reader = Reader::new(tee);
        let mut split = Split::default();
        let stored = {
            let mut next = || next_part(&mut reader, &mut split);
            self.register(sys, parent, Some(diff_id), &mut next)?
        };
        // What is left: zeros at the end, and whatever follows them.
        let tee = reader.input();
        let _ = io::copy(tee, &mut io::sink()).map_err(|err| Failure(err.to_string()))?;
        let rest = std::mem::take(&mut tee.kept);
        split.put(SEGMENT, None, None, Some(base64(&rest)));
        split.own.update(&write::END);
        if split.own.clone().finish() != diff_id {
            let path = format!("{}/tar-split.json.gz", self.layer_dir(stored.chain));
            record(sys, &path, &split.bytes(), 0o644)?;
        }
        Ok(stored)
    }

    /// Takes in the archive of a whole tree, packed or not.
    ///
    /// # Errors
    /// As [`Engine::register_archive`].
    pub fn import_layer(&self, sys: &mut dyn Sys, bytes: Vec<u8>) -> Answer<Stored> {
        let compression = compress::detect(&bytes[..bytes.len().min(6)])
            .map_err(|name| Failure(format!("{name} archives are not taken here")))?;
        let part = source::Part::whole(Arc::new(bytes));
        let open = || Unpacked::new(part.clone(), compression);
        let diff_id = digest_of(&mut open())?;
        self.register_archive(sys, None, diff_id, &open)
    }

    /// The archive of a layer as it was taken in, from its record.
    pub(super) fn assembled(&self, sys: &mut dyn Sys, stored: &Stored) -> Answer<Option<Vec<u8>>> {
        let path = format!("{}/tar-split.json.gz", self.layer_dir(stored.chain));
        let Ok(packed) = files::read(sys, &path) else { return Ok(None) };
        let damaged = || Failure(format!("{path}: unexpected EOF"));
        let part = source::Part::whole(Arc::new(packed));
        let mut text = String::new();
        Unpacked::new(part, compress::Compression::Gzip)
            .read_to_string(&mut text)
            .map_err(|_| damaged())?;
        let tree = self.driver.own_files(sys, &stored.cache_id);
        let done = reassemble(sys, &tree, &text, &damaged);
        // Some drivers have mounted the layer for that.
        self.driver.put(sys, &stored.cache_id)?;
        done.map(Some)
    }
}

/// Puts the archive of a layer together from its record and its files.
fn reassemble(
    sys: &mut dyn Sys,
    tree: &str,
    text: &str,
    damaged: &dyn Fn() -> Failure,
) -> Answer<Vec<u8>> {
    let mut out = Vec::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).map_err(|_| damaged())?;
        let payload = line.payload.as_deref().map(unbase64).unwrap_or_default();
        match (line.r#type, line.name, line.size) {
            (SEGMENT, ..) => out.extend(payload.ok_or_else(damaged)?),
            (_, Some(name), Some(size)) => {
                let at =
                    format!("{tree}/{}", name.trim_start_matches("./").trim_start_matches('/'));
                let data =
                    files::read(sys, &at).map_err(|errno| Failure::of("open", &at, errno))?;
                if data.len() as u64 != size || Some(crc64(&data).to_be_bytes().to_vec()) != payload
                {
                    return Err(Failure(format!("file integrity checksum failed for \"{name}\"")));
                }
                out.extend(data);
            }
            _ => {}
        }
    }
    Ok(out)
}

/// The next entry of a layer's archive with its contents.
fn next_part(reader: &mut Reader<Tee<Unpacked>>, split: &mut Split) -> Answer<Option<Part>> {
    let bad = |err: crate::tar::Error| Failure(err.to_string());
    let Some(entry) = reader.entry().map_err(bad)? else { return Ok(None) };
    let (mut data, mut buf) = (Vec::new(), vec![0; files::CHUNK]);
    let before = std::mem::take(&mut reader.input().kept);
    let is_plain = entry.kind == Kind::Reg && entry.sparse.is_none();
    while let Some((at, n)) = reader.read(&mut buf).map_err(bad)? {
        // Holes of a sparse file are filled with zeros; what lies behind its data too.
        data.resize(at as usize, 0);
        data.extend_from_slice(&buf[..n]);
    }
    if entry.sparse.is_some() && entry.size < (1 << 32) {
        data.resize(entry.size as usize, 0);
    }
    match is_plain {
        true => {
            split.entry(&before, &entry, &data);
            // The contents need not be kept twice; what was read beyond them is padding.
            let kept = &mut reader.input().kept;
            *kept = kept.split_off(data.len().min(kept.len()));
        }
        // The pieces of a sparse file stay what they are in the archive.
        false => {
            let kept = std::mem::take(&mut reader.input().kept);
            split.entry(&[before, kept].concat(), &entry, &[]);
        }
    }
    Ok(Some(apply::part(entry, data)))
}

/// CRC-64 with the polynomial of ISO 3309, reflected, as Go computes it.
fn crc64(bytes: &[u8]) -> u64 {
    const POLYNOMIAL: u64 = 0xD800_0000_0000_0000;
    let mut table = [0u64; 256];
    for (at, slot) in table.iter_mut().enumerate() {
        let mut value = at as u64;
        for _ in 0..8 {
            value = if value & 1 == 1 { value >> 1 ^ POLYNOMIAL } else { value >> 1 };
        }
        *slot = value;
    }
    let mut crc = !0u64;
    for byte in bytes {
        crc = table[usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    }
    !crc
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut word = 0u32;
        for digit in four {
            word = word << 6 | DIGITS.iter().position(|it| it == digit)? as u32;
        }
        word <<= 6 * (4 - four.len());
        out.extend_from_slice(&word.to_be_bytes()[1..four.len()]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_digits_are_go_s() {
        // The contents `123456789` in Go's crc64.ISO.
        assert_eq!(crc64(b"123456789"), 0xB909_56C7_75A4_1001);
        for text in ["", "a", "ab", "abc", "abcd"] {
            assert_eq!(unbase64(&base64(text.as_bytes())), Some(text.as_bytes().to_vec()));
        }
        assert_eq!(base64(b"light w"), "bGlnaHQgdw==");
        assert_eq!(unbase64("b!"), None);
    }
}
