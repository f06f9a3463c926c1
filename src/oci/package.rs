//! The files of an archive by name: a tar that is not unpacked, or a folder of the host.

use super::error::{Error, Result};
use super::source::{Buffered, Part, Source};
use crate::limits::{IMAGE_DOCUMENT_MAX, IMAGE_FILES_MAX, SYMLINKS_MAX};
use crate::tar::{Entry, Kind, Reader, name};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files by name. Names have no leading `./` or slash.
pub trait Package: Send {
    /// The file's bytes; `None` when there is none of that name.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    fn open(&self, name: &str) -> Result<Option<Part>>;
}

impl dyn Package + '_ {
    /// A whole document.
    ///
    /// # Errors
    /// None of that name, or one larger than a document may be.
    pub fn document(&self, name: &str) -> Result<Vec<u8>> {
        let part = self.open(name)?.ok_or_else(|| Error::new(name, "is not in the archive"))?;
        part.bytes(IMAGE_DOCUMENT_MAX).map_err(|err| Error::new(name, err))
    }
}

/// What a name in a tar stands for.
enum Member {
    File {
        at: u64,
        len: u64,
    },
    /// The name of another member.
    Alias(Vec<u8>),
}

/// An uncompressed tar.
pub struct TarPackage {
    whole: Part,
    members: BTreeMap<Vec<u8>, Member>,
}

impl TarPackage {
    /// Reads the headers and skips everything else.
    ///
    /// # Errors
    /// What is no tar, and one that is damaged.
    pub fn open(source: Arc<dyn Source>) -> Result<TarPackage> {
        let mut index = Index::new(source);
        while !index.step(usize::MAX)? {}
        Ok(index.package())
    }
}

/// An archive whose headers are being read.
pub struct Index {
    whole: Part,
    reader: Reader<Buffered>,
    members: BTreeMap<Vec<u8>, Member>,
}

impl Index {
    pub fn new(source: Arc<dyn Source>) -> Index {
        let whole = Part::whole(source);
        Index { reader: Reader::new(Buffered::new(whole.clone())), whole, members: BTreeMap::new() }
    }

    /// Reads so many headers; `true` at the end.
    ///
    /// # Errors
    /// What is no tar, and one that is damaged.
    pub fn step(&mut self, headers: usize) -> Result<bool> {
        for _ in 0..headers {
            match self.reader.entry().map_err(|err| Error::new("", err))? {
                None => return Ok(true),
                Some(entry) => self.entry(entry)?,
            }
        }
        Ok(false)
    }

    /// Bytes that are behind, and all.
    pub fn progress(&self) -> (u64, u64) {
        (self.reader.position(), self.whole.size())
    }

    pub fn package(self) -> TarPackage {
        TarPackage { whole: self.whole, members: self.members }
    }

    fn entry(&mut self, entry: Entry) -> Result<()> {
        let offset = self.reader.position();
        let at = |why: &str| Error::new("", crate::tar::Error::new(&entry.path, offset, why));
        let path = name::below_root(&entry.path).map_err(at)?;
        let member = match &entry.kind {
            Kind::Reg if entry.sparse.is_some() => return Err(at("is stored sparse")),
            Kind::Reg => {
                // What is cut off is found now, not when somebody opens it.
                let begin = self.reader.contents_at();
                if self.whole.slice(begin, entry.size).is_none() {
                    let (said, there) = (entry.size, self.whole.size().saturating_sub(begin));
                    return Err(at(&format!("is to have {said} bytes, {there} are left")));
                }
                Member::File { at: begin, len: entry.size }
            }
            Kind::Link(to) => Member::Alias(name::below_root(to).map_err(at)?),
            Kind::Symlink(to) => {
                let (dir, _) = name::split(&path);
                let to = if to.starts_with(b"/") { to.clone() } else { name::join(dir, to) };
                Member::Alias(name::below_root(&to).map_err(at)?)
            }
            _ => return Ok(()),
        };
        self.members.insert(path, member);
        if self.members.len() > IMAGE_FILES_MAX {
            let why = format!("the archive holds more than {IMAGE_FILES_MAX} files");
            return Err(Error::new("", why));
        }
        Ok(())
    }
}

impl Package for TarPackage {
    fn open(&self, name: &str) -> Result<Option<Part>> {
        let mut path = name.as_bytes().to_vec();
        for _ in 0..SYMLINKS_MAX {
            match self.members.get(&path) {
                None => return Ok(None),
                Some(Member::Alias(to)) => path.clone_from(to),
                Some(Member::File { at, len }) => {
                    let part = self.whole.slice(*at, *len);
                    return part.map(Some).ok_or_else(|| Error::new(name, "is cut off"));
                }
            }
        }
        Err(Error::new(name, "too many levels of symbolic links"))
    }
}
