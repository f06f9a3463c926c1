//! The files of an archive by name: a tar that is not unpacked, or a folder of the host.

use super::error::{Error, Result};
use super::source::{Part, Source};
use crate::limits::{IMAGE_DOCUMENT_MAX, IMAGE_FILES_MAX, SYMLINKS_MAX};
use crate::tar::{Kind, Reader, name};
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
        let whole = Part::whole(source);
        let mut reader = Reader::new(whole.clone());
        let mut members = BTreeMap::new();
        let wrong = |err: crate::tar::Error| Error::new("", err);
        while let Some(entry) = reader.entry().map_err(wrong)? {
            let at = |why: &str| {
                let place = String::from_utf8_lossy(&entry.path).into_owned();
                Error::new("", format!("entry {place:?}: {why}"))
            };
            let path = name::below_root(&entry.path).map_err(at)?;
            let member = match entry.kind {
                Kind::Reg if entry.sparse.is_some() => return Err(at("is stored sparse")),
                Kind::Reg => Member::File { at: reader.contents_at(), len: entry.size },
                Kind::Link(to) => Member::Alias(name::below_root(&to).map_err(at)?),
                Kind::Symlink(to) => {
                    let (dir, _) = name::split(&path);
                    Member::Alias(name::below_root(&name::join(dir, &to)).map_err(at)?)
                }
                _ => continue,
            };
            members.insert(path, member);
            if members.len() > IMAGE_FILES_MAX {
                let why = format!("the archive holds more than {IMAGE_FILES_MAX} files");
                return Err(Error::new("", why));
            }
        }
        Ok(TarPackage { whole, members })
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
