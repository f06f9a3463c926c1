//! Gzip (RFC 1952), member after member, with points from which reading can go on later: a file in
//! the middle of a packed layer is reached without unpacking all that lies before it.

use super::source::{Buffered, Part};
use flate2::Crc;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use std::io::{self, BufRead, Read};

/// A place in the middle of a member. It takes about 45 KB.
#[derive(Clone)]
pub struct Point {
    /// Packed bytes before it.
    packed: u64,
    /// Unpacked bytes before it.
    pub unpacked: u64,
    state: Box<InflateState>,
}

enum Phase {
    Header,
    Body,
    Trailer,
    /// An error has been told.
    Over,
}

/// Reads a blob, unpacked.
pub struct Gzip {
    input: Buffered,
    /// Packed bytes of the blob.
    size: u64,
    state: Box<InflateState>,
    phase: Phase,
    /// Members that are finished.
    members: u64,
    /// What the trailer must say; unknown where reading began in the middle.
    check: Option<(Crc, u32)>,
    /// Unpacked bytes so far.
    count: u64,
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("gzip: {why}"))
}

impl Gzip {
    pub fn new(part: Part) -> Gzip {
        Gzip {
            size: part.size(),
            input: Buffered::new(part),
            state: InflateState::new_boxed(DataFormat::Raw),
            phase: Phase::Header,
            members: 0,
            check: None,
            count: 0,
        }
    }

    /// Goes on at a point of the same blob, which has been read to the end once.
    pub fn resumed(part: &Part, point: &Point) -> Option<Gzip> {
        let rest = part.slice(point.packed, part.size().checked_sub(point.packed)?)?;
        Some(Gzip {
            size: part.size(),
            input: Buffered::new(rest),
            state: point.state.clone(),
            phase: Phase::Body,
            members: 0,
            check: None,
            count: point.unpacked,
        })
    }

    /// The present place, if reading can go on there.
    pub fn point(&self) -> Option<Point> {
        matches!(self.phase, Phase::Body).then(|| Point {
            packed: self.size - self.left(),
            unpacked: self.count,
            state: self.state.clone(),
        })
    }

    /// Packed bytes that have not been read.
    pub fn left(&self) -> u64 {
        self.input.left()
    }

    fn header(&mut self) -> io::Result<()> {
        let mut fixed = [0; 10];
        self.input.read_exact(&mut fixed)?;
        let [0x1f, 0x8b, method, flags, ..] = fixed else {
            return Err(bad("bytes that are no gzip follow"));
        };
        if method != 8 || flags & 0xe0 != 0 {
            return Err(bad("a header of an unknown kind"));
        }
        if flags & 4 != 0 {
            let mut len = [0; 2];
            self.input.read_exact(&mut len)?;
            let mut extra = vec![0; usize::from(u16::from_le_bytes(len))];
            self.input.read_exact(&mut extra)?;
        }
        // A name, a comment.
        for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
            self.text()?;
        }
        if flags & 2 != 0 {
            self.input.read_exact(&mut [0; 2])?;
        }
        self.state.reset(DataFormat::Raw);
        self.check = Some((Crc::new(), 0));
        Ok(())
    }

    /// Skips a text up to its NUL.
    fn text(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let end = bytes.iter().position(|&byte| byte == 0);
            let n = end.map_or(bytes.len(), |at| at + 1);
            self.input.consume(n);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Some bytes of the body; none when it ends, or when more of the input is needed.
    fn body(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let packed = self.input.fill_buf()?;
        let is_end = packed.is_empty();
        let done = inflate(&mut self.state, packed, buf, MZFlush::None);
        let n = done.bytes_written;
        self.input.consume(done.bytes_consumed);
        match done.status {
            Ok(MZStatus::StreamEnd) => self.phase = Phase::Trailer,
            Ok(_) | Err(MZError::Buf) if is_end && n == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(_) | Err(MZError::Buf) => {}
            Err(_) => return Err(bad("the packed bytes are damaged")),
        }
        if let Some((crc, len)) = &mut self.check {
            crc.update(&buf[..n]);
            *len = len.wrapping_add(n as u32);
        }
        self.count += n as u64;
        Ok(n)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let mut bytes = [0; 8];
        self.input.read_exact(&mut bytes)?;
        let [a, b, c, d, e, f, g, h] = bytes;
        let said = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if self.check.take().is_some_and(|(crc, len)| (crc.sum(), len) != said) {
            return Err(bad("the checksum does not fit"));
        }
        self.members += 1;
        Ok(())
    }

    fn step(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match self.phase {
            Phase::Over => return Ok(Some(0)),
            Phase::Header if self.input.left() == 0 && self.size > 0 => return Ok(Some(0)),
            Phase::Header => {
                self.header()?;
                self.phase = Phase::Body;
            }
            Phase::Trailer => {
                self.trailer()?;
                self.phase = Phase::Header;
            }
            Phase::Body => {
                let n = self.body(buf)?;
                return Ok((n > 0).then_some(n));
            }
        }
        Ok(None)
    }
}

impl Read for Gzip {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !buf.is_empty() {
            match self.step(buf) {
                Ok(None) => {}
                Ok(Some(n)) => return Ok(n),
                Err(err) => {
                    self.phase = Phase::Over;
                    return Err(err);
                }
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, GzBuilder};
    use std::io::Write;
    use std::sync::Arc;

    fn plain() -> Vec<u8> {
        (0..400_000u32).flat_map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()).collect()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for half in bytes.chunks(bytes.len().div_ceil(2).max(1)) {
            let head = GzBuilder::new().filename("a name").comment("said").extra(vec![1, 2, 3]);
            let mut encoder = head.write(&mut out, Compression::default());
            encoder.write_all(half).unwrap();
            encoder.finish().unwrap();
        }
        out
    }

    fn part(bytes: Vec<u8>) -> Part {
        Part::whole(Arc::new(bytes))
    }

    #[test]
    fn members_are_read_and_points_lead_back() {
        let bytes = plain();
        let blob = packed(&bytes);
        let mut gzip = Gzip::new(part(blob.clone()));
        let (mut found, mut points, mut buf) = (Vec::new(), Vec::new(), vec![0; 70_001]);
        loop {
            match gzip.read(&mut buf).unwrap() {
                0 => break,
                n => found.extend_from_slice(&buf[..n]),
            }
            points.extend(gzip.point());
        }
        assert!(found == bytes);
        assert!(points.len() > 15);
        for point in points {
            let mut rest = Vec::new();
            let mut gzip = Gzip::resumed(&part(blob.clone()), &point).unwrap();
            gzip.read_to_end(&mut rest).unwrap();
            assert!(rest == bytes[point.unpacked as usize..], "from {}", point.unpacked);
        }
    }

    #[test]
    fn what_is_cut_off_or_wrong_is_an_error() {
        let blob = packed(b"hello, hello, hello");
        let read = |bytes: Vec<u8>| {
            let mut out = Vec::new();
            Gzip::new(part(bytes)).read_to_end(&mut out).map(|_| out)
        };
        assert_eq!(read(blob.clone()).unwrap(), b"hello, hello, hello");
        let border = blob.windows(3).rposition(|it| it == [0x1f, 0x8b, 8]).unwrap();
        for len in 0..blob.len() {
            assert_eq!(read(blob[..len].to_vec()).is_ok(), len == border, "cut at {len}");
        }
        let mut bad = blob.clone();
        let at = bad.len() - 6;
        bad[at] ^= 1;
        assert!(read(bad).unwrap_err().to_string().contains("the checksum does not fit"));
        let tail = [blob, vec![0; 20]].concat();
        assert!(read(tail).unwrap_err().to_string().contains("no gzip follow"));
    }
}
