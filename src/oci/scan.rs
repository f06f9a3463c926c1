//! Reads the layers of an image, some bytes at a time, so that a page can show how far it is and
//! stop. What is wrong in any of them ends it, and nothing half-read remains.

use super::compress::{self, Unpacked};
use super::digest::{Digest, Hasher};
use super::error::{Error, Result};
use super::layer::{Blob, Item, Layer, Path, What};
use super::layout::{BlobRef, Found};
use super::links::Links;
use super::package::Package;
use super::secrets::{self, Secret};
use super::source::Part;
use crate::limits::{IMAGE_ENTRIES_MAX, IMAGE_LAYER_MAX};
use crate::tar::{self, Input, Reader, name};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes of a file that are looked through for secrets.
const PEEK: usize = 64 << 10;

/// A layer's tar, counted and digested on its way.
struct Digesting {
    inner: Unpacked,
    hasher: Hasher,
    count: u64,
}

impl Read for Digesting {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        if self.count > IMAGE_LAYER_MAX {
            let why = format!("the layer unpacks to more than {} GiB", IMAGE_LAYER_MAX >> 30);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.hasher.update(&buf[..n]);
        Ok(n)
    }
}

impl Input for Digesting {}

/// A layer on its way.
struct Reading {
    blob: Blob,
    diff_id: Digest,
    reader: Reader<Digesting>,
    items: Vec<Item>,
    links: Links,
    secrets: Vec<(u32, Secret)>,
    buf: Vec<u8>,
}

enum Stage {
    /// The packed bytes are digested before anything is unpacked.
    Verify {
        part: Part,
        rest: Part,
        hasher: Hasher,
        expect: Digest,
    },
    Read(Box<Reading>),
}

/// An image that is being opened.
pub struct Scan {
    found: Found,
    blobs: Vec<Part>,
    layers: Vec<Arc<Layer>>,
    /// Layers that occur twice are read once.
    known: BTreeMap<Digest, (Arc<Layer>, Vec<(u32, Secret)>)>,
    stage: Option<Stage>,
    entries: usize,
    notes: Vec<String>,
    secrets: Vec<(usize, u32, Secret)>,
    done: u64,
    total: u64,
}

/// An image whose layers are known.
pub struct Image {
    pub found: Found,
    pub layers: Vec<Arc<Layer>>,
    /// Layer, entry, and what gave it away.
    pub secrets: Vec<(usize, u32, Secret)>,
    /// Oddities that do not make the image unusable.
    pub notes: Vec<String>,
}

impl Image {
    /// What Docker calls its size: bytes of the files of all layers.
    pub fn size(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size))
    }
}

impl Scan {
    /// Begins with an image of an archive.
    ///
    /// # Errors
    /// A layer that is not in the archive.
    pub fn new(package: &dyn Package, found: Found) -> Result<Scan> {
        let mut blobs = Vec::new();
        for (at, BlobRef { name, expect }) in found.layers.iter().enumerate() {
            let part = package.open(name)?;
            let place = format!("layer {} ({name})", at + 1);
            let part = part.ok_or_else(|| Error::new(&place, "is not in the archive"))?;
            if let Some((_, size)) = expect.filter(|(_, size)| *size != part.size()) {
                let why = format!("has {} bytes, the manifest says {size}", part.size());
                return Err(Error::new(place, why));
            }
            blobs.push(part);
        }
        let total = blobs.iter().map(Part::size).sum();
        Ok(Scan {
            found,
            blobs,
            layers: Vec::new(),
            known: BTreeMap::new(),
            stage: None,
            entries: 0,
            notes: Vec::new(),
            secrets: Vec::new(),
            done: 0,
            total,
        })
    }

    /// Packed bytes of the layers that are read, and of all layers.
    pub fn progress(&self) -> (u64, u64) {
        (self.done, self.total)
    }

    /// Goes on for about `budget` bytes; `true` when all layers are read.
    ///
    /// # Errors
    /// A layer that is damaged, lies, or must not be unpacked.
    pub fn step(&mut self, budget: u64) -> Result<bool> {
        let mut left = budget;
        while left > 0 {
            let at = self.layers.len();
            if at == self.blobs.len() {
                return Ok(true);
            }
            let stage = match self.stage.take() {
                Some(stage) => stage,
                None => match self.begin(at)? {
                    Some(stage) => stage,
                    None => continue,
                },
            };
            self.stage = self.advance(at, stage, &mut left)?;
        }
        Ok(self.layers.len() == self.blobs.len())
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// As [`Scan::step`].
    pub fn finish(mut self) -> Result<Image> {
        while !self.step(1 << 30)? {}
        Ok(self.into_image())
    }

    /// The image, once [`Scan::step`] has said that it is read.
    pub fn into_image(mut self) -> Image {
        self.secrets.extend(
            secrets::in_config(&self.found.config)
                .into_iter()
                .map(|secret| (usize::MAX, 0, secret)),
        );
        Image { found: self.found, layers: self.layers, secrets: self.secrets, notes: self.notes }
    }

    fn place(&self, at: usize) -> String {
        format!("layer {} ({})", at + 1, self.found.layers[at].name)
    }

    /// The first stage of a layer; `None` when it is known already.
    fn begin(&mut self, at: usize) -> Result<Option<Stage>> {
        let part = self.blobs[at].clone();
        let diff_id = self.found.config.rootfs.diff_ids[at];
        if let Some((layer, secrets)) = self.known.get(&diff_id) {
            self.layers.push(layer.clone());
            let found = secrets.iter().map(|(item, secret)| (at, *item, secret.clone()));
            self.secrets.extend(found);
            self.done += part.size();
            return Ok(None);
        }
        // Of a layer that is not packed, blob and diff ID are the same bytes: one digest will do.
        match self.found.layers[at].expect {
            Some((expect, _)) if expect != diff_id => {
                let rest = part.clone();
                Ok(Some(Stage::Verify { part, rest, hasher: Hasher::default(), expect }))
            }
            _ => self.reading(at, part).map(Some),
        }
    }

    fn reading(&self, at: usize, part: Part) -> Result<Stage> {
        let wrong = |err: &dyn std::fmt::Display| Error::new(self.place(at), err);
        let head = part.peek(6).map_err(|err| wrong(&err))?;
        let compression = compress::detect(&head)
            .map_err(|name| wrong(&format!("is packed with {name}; gzip and zstd are read")))?;
        let blob = Blob { part: part.clone(), compression };
        let inner = Unpacked::new(part, compression);
        let input = Digesting { inner, hasher: Hasher::default(), count: 0 };
        Ok(Stage::Read(Box::new(Reading {
            blob,
            diff_id: self.found.config.rootfs.diff_ids[at],
            reader: Reader::new(input),
            items: Vec::new(),
            links: Links::default(),
            secrets: Vec::new(),
            buf: vec![0; 64 << 10],
        })))
    }

    fn advance(&mut self, at: usize, stage: Stage, left: &mut u64) -> Result<Option<Stage>> {
        match stage {
            Stage::Verify { part, mut rest, mut hasher, expect } => {
                let mut buf = vec![0; 64 << 10];
                let n = rest.read(&mut buf).map_err(|err| Error::new(self.place(at), err))?;
                *left = left.saturating_sub(n as u64);
                if n > 0 {
                    hasher.update(&buf[..n]);
                    return Ok(Some(Stage::Verify { part, rest, hasher, expect }));
                }
                let digest = hasher.finish();
                if digest != expect {
                    let why = format!("the blob is damaged: its digest is {digest}");
                    return Err(Error::new(self.place(at), why));
                }
                self.reading(at, part).map(Some)
            }
            Stage::Read(mut reading) => {
                let before = reading.reader.position();
                let more = reading.entry(&mut self.notes, at);
                let more = more.map_err(|err| Error::new(self.place(at), err))?;
                *left = left.saturating_sub(reading.reader.position() - before + 512);
                if self.entries + reading.items.len() > IMAGE_ENTRIES_MAX {
                    let why = format!("the layers hold more than {IMAGE_ENTRIES_MAX} entries");
                    return Err(Error::new(self.place(at), why));
                }
                if more {
                    return Ok(Some(Stage::Read(reading)));
                }
                self.close(at, *reading)?;
                Ok(None)
            }
        }
    }

    /// The end of a layer: what it turned out to be must be what the configuration says.
    fn close(&mut self, at: usize, reading: Reading) -> Result<()> {
        let Reading { blob, diff_id, reader, mut items, links, secrets, .. } = reading;
        let mut input = reader.into_input();
        io::copy(&mut input, &mut io::sink()).map_err(|err| Error::new(self.place(at), err))?;
        let found = input.hasher.finish();
        if found != diff_id {
            let why = format!("its diff ID is {found}, the configuration says {diff_id}");
            return Err(Error::new(self.place(at), why));
        }
        links.resolve(&mut items).map_err(|err| Error::new(self.place(at), err))?;
        items.shrink_to_fit();
        let size = size(&items);
        self.entries += items.len();
        self.done += blob.part.size();
        let layer = Arc::new(Layer { diff_id, blob, items, size, unpacked: input.count });
        self.secrets.extend(secrets.iter().map(|(item, secret)| (at, *item, secret.clone())));
        self.known.insert(diff_id, (layer.clone(), secrets));
        self.layers.push(layer);
        Ok(())
    }
}

/// Bytes of files, each inode once, and of the targets of symlinks: what Docker's overlay2 says.
fn size(items: &[Item]) -> u64 {
    items.iter().fold(0, |sum, item| sum.saturating_add(item.bytes()))
}

impl Reading {
    /// Takes the next entry; `false` at the end.
    fn entry(
        &mut self,
        notes: &mut Vec<String>,
        layer: usize,
    ) -> std::result::Result<bool, tar::Error> {
        let Some(entry) = self.reader.entry()? else { return Ok(false) };
        let offset = self.reader.position();
        let refuse = |why: &str| tar::Error::new(&entry.path, offset, why);
        let path = name::below_root(&entry.path).map_err(refuse)?;
        let (dir, base) = name::split(&path);
        let (path, what) = match base.strip_prefix(b".wh.") {
            Some(b".wh..opq") => (dir.to_vec(), What::Opaque),
            // What AUFS keeps for itself; other engines skip it too.
            Some(rest) if rest.starts_with(b".wh.") => return Ok(true),
            Some(b"" | b"." | b"..") => return Err(refuse("a whiteout that names no file")),
            Some(hidden) => (name::join(dir, hidden), What::Whiteout),
            None if path.is_empty() => return Ok(true),
            None => {
                let what = self.links.what(&entry.kind, self.items.len()).map_err(refuse)?;
                (path, what)
            }
        };
        self.links.check_parents(&path).map_err(|why| refuse(&why))?;
        let at = self.reader.contents_at();
        let content = if what == What::Reg { Some(self.contents(&path)?) } else { None };
        let path: Path = path.into();
        if let Some(index) = content.as_ref().and_then(|it| it.1.clone()) {
            self.secrets.push((self.items.len() as u32, index));
        }
        let double = self.links.add(&path, &what, self.items.len() as u32);
        if double {
            let path = String::from_utf8_lossy(&path).into_owned();
            notes.push(format!("layer {}: {path:?} occurs twice, the last counts", layer + 1));
        }
        self.items.push(Item {
            path,
            what,
            mode: entry.mode as u16,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            mtime: entry.mtime,
            xattrs: entry.xattrs.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            content: content.map(|it| it.0),
            at,
            pieces: entry.sparse.map(Vec::into_boxed_slice),
        });
        Ok(true)
    }

    /// Digests the contents, and looks for secrets at their beginning.
    fn contents(
        &mut self,
        path: &[u8],
    ) -> std::result::Result<(Digest, Option<Secret>), tar::Error> {
        let mut hasher = Hasher::default();
        let mut head: Vec<u8> = Vec::new();
        let mut end = 0;
        while let Some((at, n)) = self.reader.read(&mut self.buf)? {
            if at != end {
                // Holes count as where the data go on.
                hasher.update(&at.to_le_bytes());
            } else if head.len() < PEEK && head.len() as u64 == at {
                let take = n.min(PEEK - head.len());
                head.extend_from_slice(&self.buf[..take]);
            }
            hasher.update(&self.buf[..n]);
            end = at + n as u64;
        }
        Ok((hasher.finish(), secrets::in_file(path, &head)))
    }
}
