//! Compressed layers: known by their first bytes, never by a name, and read as a stream.

use super::gzip::{Gzip, Point};
use super::source::{Buffered, Part};
use crate::limits::IMAGE_RATIO_MAX;
use crate::tar::Input;
use flate2::write::GzEncoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Read, Write};

/// How a blob is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What the first bytes of a blob say.
///
/// # Errors
/// The name of a format that layers may not have.
pub fn detect(head: &[u8]) -> Result<Compression, &'static str> {
    match head {
        [0x1f, 0x8b, ..] => Ok(Compression::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Compression::Zstd),
        // A skippable frame of zstd.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Compression::Zstd),
        [b'B', b'Z', b'h', ..] => Err("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Err("xz"),
        _ => Ok(Compression::None),
    }
}

/// Whether so many packed bytes may have become so many unpacked ones.
///
/// # Errors
/// More than `most`; more than `suspect` and than [`IMAGE_RATIO_MAX`] times the packed ones.
pub fn check_ratio(packed: u64, unpacked: u64, suspect: u64, most: u64) -> io::Result<()> {
    let bad = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    if unpacked > most {
        return bad(format!("it unpacks to more than {} GiB", most >> 30));
    }
    if unpacked > suspect && unpacked / IMAGE_RATIO_MAX > packed {
        return bad(format!(
            "{packed} bytes unpack to more than {unpacked}, {IMAGE_RATIO_MAX} times as many: it is a bomb"
        ));
    }
    Ok(())
}

/// Packs bytes; equal bytes are equal when packed, since no name and no time go along.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let level = flate2::Compression::default();
    let mut encoder = flate2::GzBuilder::new().operating_system(255).write(Vec::new(), level);
    // Memory takes everything.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The bytes of a blob, unpacked.
pub enum Unpacked {
    Plain(Buffered),
    Gzip(Box<Gzip>),
    Zstd(Box<Zstd>),
}

impl Unpacked {
    pub fn new(part: Part, compression: Compression) -> Unpacked {
        match compression {
            Compression::None => Unpacked::Plain(Buffered::new(part)),
            Compression::Gzip => Unpacked::Gzip(Box::new(Gzip::new(part))),
            Compression::Zstd => Unpacked::Zstd(Box::new(Zstd::Between(Buffered::new(part)))),
        }
    }

    /// A place at which reading can go on later.
    pub fn point(&self) -> Option<Point> {
        match self {
            Unpacked::Gzip(gzip) => gzip.point(),
            _ => None,
        }
    }

    /// Packed bytes that have not been read.
    pub fn left(&self) -> u64 {
        match self {
            Unpacked::Plain(part) => part.left(),
            Unpacked::Gzip(gzip) => gzip.left(),
            Unpacked::Zstd(decoder) => match decoder.as_ref() {
                Zstd::Between(part) => part.left(),
                Zstd::Within(decoder) => decoder.get_ref().left(),
                Zstd::Over => 0,
            },
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacked::Plain(part) => part.read(buf),
            Unpacked::Gzip(decoder) => decoder.read(buf),
            Unpacked::Zstd(decoder) => decoder.read(buf),
        }
    }
}

impl Input for Unpacked {
    fn skip(&mut self, len: u64) -> io::Result<()> {
        match self {
            Unpacked::Plain(part) => part.skip(len),
            packed => crate::tar::read::skip_by_reading(packed, len),
        }
    }
}

/// Packs what is written to it. Equal bytes are packed equally, however they come in pieces.
pub enum Packer<'a> {
    Plain(&'a mut dyn Write),
    Gzip(Box<GzEncoder<&'a mut dyn Write>>),
    /// Frames of zstd, and what goes into the next one.
    Zstd(&'a mut dyn Write, Vec<u8>),
}

/// Unpacked bytes of a frame that we write.
const FRAME: usize = 4 << 20;

impl<'a> Packer<'a> {
    pub fn new(out: &'a mut dyn Write, packing: Compression) -> Packer<'a> {
        match packing {
            Compression::None => Packer::Plain(out),
            Compression::Gzip => {
                Packer::Gzip(Box::new(GzEncoder::new(out, flate2::Compression::default())))
            }
            Compression::Zstd => Packer::Zstd(out, Vec::new()),
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The output's.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Packer::Plain(out) => out.flush(),
            Packer::Gzip(encoder) => encoder.finish().map(|_| ()),
            Packer::Zstd(out, rest) => match rest.is_empty() {
                true => Ok(()),
                false => frame(out, &rest),
            },
        }
    }
}

fn frame(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&compress_to_vec(bytes, CompressionLevel::Fastest))
}

impl Write for Packer<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(out) => out.write(buf),
            Packer::Gzip(encoder) => encoder.write(buf),
            Packer::Zstd(out, waiting) => {
                let n = buf.len().min(FRAME - waiting.len());
                waiting.extend_from_slice(&buf[..n]);
                if waiting.len() == FRAME {
                    frame(*out, waiting)?;
                    waiting.clear();
                }
                Ok(n)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Frames of zstd, one after the other.
pub enum Zstd {
    Between(Buffered),
    Within(Box<StreamingDecoder<Buffered, FrameDecoder>>),
    Over,
}

impl Zstd {
    /// Starts the next frame; `false` at the end.
    fn open(&mut self, mut input: Buffered) -> io::Result<bool> {
        if input.left() == 0 {
            return Ok(false);
        }
        // A frame that is to be skipped is read over; its header is four bytes and a length.
        let head = input.peek(8)?;
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = head[..] {
            let len = 8 + u64::from(u32::from_le_bytes([a, b, c, d]));
            let skipped = io::copy(&mut input.by_ref().take(len), &mut io::sink())?;
            *self = Zstd::Between(input);
            return if skipped == len {
                Ok(true)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        match StreamingDecoder::new(input) {
            Ok(decoder) => *self = Zstd::Within(Box::new(decoder)),
            Err(err) => return Err(zstd_error(&err)),
        }
        Ok(true)
    }
}

fn zstd_error(err: &FrameDecoderError) -> io::Error {
    let why = match err {
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => {
            "bytes that are no zstd follow a frame of zstd".to_owned()
        }
        other => format!("zstd: {other}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Read for Zstd {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(self, Zstd::Over) {
                Zstd::Over => return Ok(0),
                Zstd::Between(input) => {
                    if !self.open(input)? {
                        return Ok(0);
                    }
                }
                Zstd::Within(mut decoder) => match decoder.read(buf)? {
                    0 if !buf.is_empty() => *self = Zstd::Between(decoder.into_inner()),
                    n => {
                        *self = Zstd::Within(decoder);
                        return Ok(n);
                    }
                },
            }
        }
    }
}
