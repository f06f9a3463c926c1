//! Reads an archive from front to back, one entry at a time, within bounded memory.

use super::header::{Dialect, Header};
use super::pax::Records;
use super::{BLOCK, Entry, Error, Fault, Kind, sparse};
use crate::limits::TAR_HEADER_MAX;
use crate::types::{Dev, Timespec};
use std::io::{self, Read};

/// Where an archive comes from. Contents that nobody wants are skipped, which a file can do
/// without reading.
pub trait Input: Read {
    /// # Errors
    /// As reading; the end before `len` bytes is `UnexpectedEof`.
    fn skip(&mut self, len: u64) -> io::Result<()> {
        skip_by_reading(self, len)
    }
}

/// Skips in an input that can only be read.
///
/// # Errors
/// As [`Input::skip`].
pub fn skip_by_reading(input: &mut (impl Read + ?Sized), len: u64) -> io::Result<()> {
    let mut scratch = [0; 16 << 10];
    let mut left = len;
    while left > 0 {
        let want = left.min(scratch.len() as u64) as usize;
        match input.read(&mut scratch[..want])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => left -= n as u64,
        }
    }
    Ok(())
}

impl Input for &[u8] {}

/// A reader at some entry.
pub struct Reader<I> {
    input: I,
    /// Bytes read so far.
    pos: u64,
    /// The entry at which the reader stands, for errors.
    name: Vec<u8>,
    /// Whose it is, by name.
    owners: (Vec<u8>, Vec<u8>),
    /// Where that entry's headers began.
    began: u64,
    /// Contents of the entry that are not read yet: offset in the file and length, last first.
    pieces: Vec<(u64, u64)>,
    /// Zeros after the contents.
    padding: u64,
    /// Where the contents began.
    contents: u64,
    /// Records that hold for every entry after them.
    global: Records,
    over: bool,
}

/// The headers before an entry's own.
#[derive(Default)]
struct Before {
    records: Records,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    /// Bytes of all of them.
    size: usize,
}

impl<I: Input> Reader<I> {
    pub fn new(input: I) -> Reader<I> {
        Reader {
            input,
            pos: 0,
            name: Vec::new(),
            owners: (Vec::new(), Vec::new()),
            began: 0,
            pieces: Vec::new(),
            padding: 0,
            contents: 0,
            global: Records::default(),
            over: false,
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.pos
    }

    /// Where in the archive the contents of the present entry begin.
    pub fn contents_at(&self) -> u64 {
        self.contents
    }

    /// The names of the present entry's owner and group, empty where the archive has none. Who unpacks as Docker
    /// does goes by numbers.
    pub fn owners(&self) -> (&[u8], &[u8]) {
        (&self.owners.0, &self.owners.1)
    }

    /// What the archive came from, at the present position.
    pub fn input(&mut self) -> &mut I {
        &mut self.input
    }

    /// Gives the input back.
    pub fn into_input(self) -> I {
        self.input
    }

    /// The next entry; `None` at the end, which is two blocks of zeros or the end of the input.
    ///
    /// # Errors
    /// An archive that is cut off or malformed.
    pub fn entry(&mut self) -> Result<Option<Entry>, Error> {
        if self.over {
            return Ok(None);
        }
        self.skip_contents()?;
        self.name.clear();
        self.began = self.pos;
        let mut before = Before { records: self.global.clone(), ..Before::default() };
        loop {
            let Some(block) = self.header()? else { return Ok(None) };
            let header = Header(&block);
            if !header.is_intact() {
                let (fault, why) = match self.began == 0 && self.pos == BLOCK as u64 {
                    true => (Fault::Foreign, "this is not a tar archive"),
                    false => (Fault::Checksum, "the checksum of a header does not fit"),
                };
                return Err(Error { fault, ..self.bad(why) });
            }
            self.take_name(&before, &header);
            if !self.extended(&header, &mut before)? {
                return self.finish(&header, before).map(Some);
            }
        }
    }

    /// The next header; `None` at the end of the archive.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, Error> {
        let mut block = [0; BLOCK];
        if !self.fill_or_end(&mut block)? {
            return self.end();
        }
        if Header(&block).is_zero() {
            // One block of zeros is an end too: many writers stop there.
            let mut second = [0; BLOCK];
            if self.fill_or_end(&mut second)? && !Header(&second).is_zero() {
                return Err(self.bad("an entry follows a lone block of zeros"));
            }
            return self.end();
        }
        Ok(Some(block))
    }

    fn end(&mut self) -> Result<Option<[u8; BLOCK]>, Error> {
        if self.began != self.pos && !self.name.is_empty() {
            return Err(self.bad("the archive ends within the headers of an entry"));
        }
        self.over = true;
        Ok(None)
    }

    /// Fills a block; `false` when the input ends right here.
    fn fill_or_end(&mut self, block: &mut [u8]) -> Result<bool, Error> {
        let mut done = 0;
        while done < block.len() {
            match self.input.read(&mut block[done..]) {
                Ok(0) if done == 0 => return Ok(false),
                Ok(0) => return Err(self.cut()),
                Ok(n) => done += n,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(self.broken(&err)),
            }
        }
        self.pos += done as u64;
        Ok(true)
    }

    /// Remembers what the entry is called, as far as it is known.
    fn take_name(&mut self, before: &Before, header: &Header<'_>) {
        let known = before.records.sparse.name.as_ref().or(before.records.path.as_ref());
        self.name = match known.or(before.long_name.as_ref()) {
            Some(name) => name.clone(),
            None => header.name(),
        };
    }

    /// Reads a header that only describes the entry after it; `false` for any other.
    fn extended(&mut self, header: &Header<'_>, before: &mut Before) -> Result<bool, Error> {
        match header.flag() {
            b'x' | b'X' => {
                let text = self.text_of(header, before)?;
                before.records.parse(&text).map_err(|why| self.bad(why))?;
            }
            b'g' => {
                let text = self.text_of(header, before)?;
                self.global.parse(&text).map_err(|why| self.bad(why))?;
                // They are copied for each entry after them, and no tool says of all entries what
                // only one can have.
                if self.global.sparse.is_said() || !self.global.xattrs.is_empty() {
                    return Err(self.bad("a global header describes the contents of one file"));
                }
                before.records = self.global.clone();
            }
            b'L' => before.long_name = Some(until_nul(self.text_of(header, before)?)),
            b'K' => before.long_link = Some(until_nul(self.text_of(header, before)?)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The contents of a header that describes another.
    fn text_of(&mut self, header: &Header<'_>, before: &mut Before) -> Result<Vec<u8>, Error> {
        let size = header.size().and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| self.bad("the size in a header is malformed"))?;
        before.size = before.size.saturating_add(size);
        if before.size > TAR_HEADER_MAX {
            let size = before.size;
            return Err(self.bad(format!(
                "an extended header claims {size} bytes, at most {TAR_HEADER_MAX} are read"
            )));
        }
        let mut text = vec![0; size.next_multiple_of(BLOCK)];
        if !text.is_empty() && !self.fill_or_end(&mut text)? {
            return Err(self.cut());
        }
        text.truncate(size);
        Ok(text)
    }

    /// Makes the entry of its own header and those before.
    fn finish(&mut self, header: &Header<'_>, before: Before) -> Result<Entry, Error> {
        let records = before.records;
        let (owner, group) = header.owners();
        self.owners = (owner.to_vec(), group.to_vec());
        let path = std::mem::take(&mut self.name);
        self.name = path.clone();
        let link = records.linkpath.clone().or(before.long_link);
        let link = link.unwrap_or_else(|| header.linkname().to_vec());
        let kind = self.kind(header, link)?;
        let whole = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let bad = |what: &str| self.bad(format!("the {what} in the header is malformed"));
        let mut entry = Entry::new(path, kind, 0);
        entry.mode = whole(header.mode()).ok_or_else(|| bad("mode"))? & 0o7777;
        entry.uid = records.uid.or(whole(header.uid())).ok_or_else(|| bad("owner"))?;
        entry.gid = records.gid.or(whole(header.gid())).ok_or_else(|| bad("group"))?;
        let mtime = header.mtime().map(|sec| Timespec::new(sec, 0));
        entry.mtime = records.mtime.or(mtime).ok_or_else(|| bad("time"))?;
        records.check_xattrs().map_err(|why| self.bad(why))?;
        entry.xattrs = records.xattrs.clone();
        let size = header.size().and_then(|size| u64::try_from(size).ok());
        let stored = records.size.or(size).ok_or_else(|| bad("size"))?;
        self.open_contents(&mut entry, stored, header, &records)?;
        Ok(entry)
    }

    fn kind(&self, header: &Header<'_>, link: Vec<u8>) -> Result<Kind, Error> {
        Ok(match header.flag() {
            // Before POSIX a directory was a file whose name ends with a slash.
            0 | b'0' if self.name.ends_with(b"/") => Kind::Dir,
            0 | b'0' | b'7' | b'S' => Kind::Reg,
            b'1' => Kind::Link(link),
            b'2' => Kind::Symlink(link),
            b'3' => Kind::Chr(self.device(header)?),
            b'4' => Kind::Blk(self.device(header)?),
            b'5' | b'D' => Kind::Dir,
            b'6' => Kind::Fifo,
            other => {
                let flag = std::ascii::escape_default(other);
                return Err(self.bad(format!("entries of type '{flag}' are not known")));
            }
        })
    }

    fn device(&self, header: &Header<'_>) -> Result<Dev, Error> {
        let number = header.device().and_then(|(major, minor)| {
            Some(Dev::new(u32::try_from(major).ok()?, u32::try_from(minor).ok()?))
        });
        number.ok_or_else(|| self.bad("the device number in the header is malformed"))
    }

    /// Prepares reading `stored` bytes of contents.
    fn open_contents(
        &mut self,
        entry: &mut Entry,
        stored: u64,
        header: &Header<'_>,
        records: &Records,
    ) -> Result<(), Error> {
        // Hard links and other files without contents may carry the size of what they stand for.
        let stored = if entry.kind == Kind::Reg { stored } else { 0 };
        if stored > i64::MAX as u64 {
            return Err(self.bad("the size in a header is larger than a file can be"));
        }
        self.padding = stored.next_multiple_of(BLOCK as u64) - stored;
        entry.size = stored;
        let mut left = stored;
        if entry.kind == Kind::Reg {
            if let Some(pieces) = self.sparse(entry, &mut left, header, records)? {
                sparse::check(&pieces, entry.size, left).map_err(|why| self.bad(why))?;
                if entry.size > i64::MAX as u64 {
                    return Err(self.bad("a sparse file is larger than a file can be"));
                }
                entry.sparse = Some(pieces);
            }
        }
        self.contents = self.pos;
        self.pieces = match &entry.sparse {
            Some(pieces) => pieces.iter().rev().copied().filter(|it| it.1 > 0).collect(),
            None if stored > 0 => vec![(0, stored)],
            None => Vec::new(),
        };
        Ok(())
    }

    /// The pieces of a sparse file, in whatever form; sets its size and takes a map in the
    /// contents from what is left of them.
    fn sparse(
        &mut self,
        entry: &mut Entry,
        left: &mut u64,
        header: &Header<'_>,
        records: &Records,
    ) -> Result<Option<Vec<(u64, u64)>>, Error> {
        if header.flag() == b'S' {
            let size = header.real_size().and_then(|size| u64::try_from(size).ok());
            entry.size = size.ok_or_else(|| self.bad("the size of a sparse file is malformed"))?;
            return self.old_sparse(header).map(Some);
        }
        let said = &records.sparse;
        if said.is_in_contents() {
            entry.size = said.size.ok_or_else(|| self.bad("a sparse file has no size"))?;
            return self.map_in_contents(left).map(Some);
        }
        let Some(pieces) = said.pieces() else { return Ok(None) };
        entry.size = said.size.ok_or_else(|| self.bad("a sparse file has no size"))?;
        pieces.map(Some).map_err(|why| self.bad(why))
    }

    /// GNU's old form: four pieces in the header, more in blocks after it.
    fn old_sparse(&mut self, header: &Header<'_>) -> Result<Vec<(u64, u64)>, Error> {
        if header.dialect() != Dialect::Gnu {
            return Err(self.bad("a sparse file in a header that is not GNU's"));
        }
        let malformed = "the map of a sparse file is malformed";
        let mut pieces = header.sparse_pairs(386, 4).ok_or_else(|| self.bad(malformed))?;
        let mut more = header.0[482] != 0;
        while more {
            let mut block = [0; BLOCK];
            if !self.fill_or_end(&mut block)? {
                return Err(self.cut());
            }
            let next = Header(&block).sparse_pairs(0, 21).ok_or_else(|| self.bad(malformed))?;
            pieces.extend(next);
            if pieces.len() * 24 > TAR_HEADER_MAX {
                return Err(self.bad("the map of a sparse file is too long"));
            }
            more = block[504] != 0;
        }
        Ok(pieces)
    }

    fn map_in_contents(&mut self, left: &mut u64) -> Result<Vec<(u64, u64)>, Error> {
        let mut map = sparse::MapText::default();
        loop {
            let mut block = [0; BLOCK];
            *left = left
                .checked_sub(BLOCK as u64)
                .ok_or_else(|| self.bad("the map of a sparse file is longer than its contents"))?;
            if !self.fill_or_end(&mut block)? {
                return Err(self.cut());
            }
            if let Some(pieces) = map.add(&block).map_err(|why| self.bad(why))? {
                return Ok(pieces);
            }
        }
    }

    /// Reads on in the contents: the offset in the file, and how many bytes came; holes are left
    /// out. `None` at the end of the entry.
    ///
    /// # Errors
    /// An archive that is cut off.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<Option<(u64, usize)>, Error> {
        let Some((at, len)) = self.pieces.pop() else { return Ok(None) };
        let want = len.min(buf.len() as u64) as usize;
        let n = loop {
            match self.input.read(&mut buf[..want]) {
                Ok(0) => return Err(self.short(len)),
                Ok(n) => break n,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(self.broken(&err)),
            }
        };
        self.pos += n as u64;
        if (n as u64) < len {
            self.pieces.push((at + n as u64, len - n as u64));
        }
        Ok(Some((at, n)))
    }

    /// Moves behind the contents and their padding.
    fn skip_contents(&mut self) -> Result<(), Error> {
        let left: u64 = self.pieces.iter().map(|(_, len)| len).sum();
        self.pieces.clear();
        for len in [left, std::mem::take(&mut self.padding)] {
            if len > 0 {
                self.input.skip(len).map_err(|err| match err.kind() {
                    io::ErrorKind::UnexpectedEof => self.short(len),
                    _ => self.broken(&err),
                })?;
                self.pos += len;
            }
        }
        Ok(())
    }

    fn bad(&self, why: impl Into<String>) -> Error {
        Error::new(&self.name, self.began, why)
    }

    fn cut(&self) -> Error {
        Error { fault: Fault::Cut, ..self.bad("the archive is cut off") }
    }

    fn short(&self, len: u64) -> Error {
        let why = format!("the archive ends before the contents do, {len} bytes are missing");
        Error { fault: Fault::Cut, ..self.bad(why) }
    }

    fn broken(&self, err: &io::Error) -> Error {
        Error::new(&self.name, self.pos, err.to_string())
    }
}

fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.iter().position(|&b| b == 0).unwrap_or(text.len()));
    text
}
