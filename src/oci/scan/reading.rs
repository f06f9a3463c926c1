//! One layer on its way: entries become items, contents are digested and looked through for secrets.
//! Every step is small, however large a file is.

use super::super::compress::{self, Unpacked};
use super::super::digest::{Digest, Hasher};
use super::super::gzip::Point;
use super::super::layer::{Blob, Item, Layer, Path, What};
use super::super::links::Links;
use super::super::marks::{self, Named, OnDisk};
use super::super::secrets::{self, Secret};
use super::super::source::Part;
use super::Limits;
use crate::tar::{self, Entry, Input, Reader, name};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes of a file that are looked through for secrets.
const PEEK: usize = 64 << 10;
/// Places of a packed layer to return to that are kept at most: each takes about 45 KB.
const POINTS_MAX: usize = 128;

/// A layer's tar, counted and digested on its way.
struct Digesting {
    inner: Unpacked,
    packed: u64,
    hasher: Hasher,
    count: u64,
    limits: Limits,
}

impl Read for Digesting {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        compress::check_ratio(self.packed, self.count, self.limits.suspect, self.limits.layer)?;
        self.hasher.update(&buf[..n]);
        Ok(n)
    }
}

impl Input for Digesting {}

/// A regular file of which some bytes have been read.
struct Open {
    entry: Entry,
    path: Vec<u8>,
    /// Where its contents began.
    at: u64,
    hasher: Hasher,
    head: Vec<u8>,
    /// Where the data have come to in the file.
    end: u64,
}

pub(super) struct Reading {
    blob: Blob,
    diff_id: Digest,
    reader: Reader<Digesting>,
    items: Vec<Item>,
    links: Links,
    /// The file whose contents are being read.
    open: Option<Box<Open>>,
    /// Whether the last entry has been read; zeros and other bytes may follow.
    is_over: bool,
    /// Directories whose files may be whiteouts, and such files.
    holders: BTreeSet<Path>,
    maybe: Vec<u32>,
    pub(super) secrets: Vec<(u32, Secret)>,
    pub(super) notes: Vec<String>,
    /// Bytes of memory that the items take, about.
    pub(super) index: usize,
    points: Vec<Point>,
    /// Unpacked bytes between two of them.
    spacing: u64,
    buf: Vec<u8>,
}

/// What a finished layer turned out to be.
pub(super) struct Finished {
    pub layer: Layer,
    pub found: Digest,
    pub secrets: Vec<(u32, Secret)>,
    pub notes: Vec<String>,
    pub index: usize,
}

type Done<T> = Result<T, tar::Error>;

impl Reading {
    pub(super) fn new(blob: Blob, diff_id: Digest, limits: Limits) -> Reading {
        let packed = blob.part.size();
        let inner = Unpacked::new(blob.part.clone(), blob.compression);
        let input = Digesting { inner, packed, hasher: Hasher::default(), count: 0, limits };
        Reading {
            blob,
            diff_id,
            reader: Reader::new(input),
            items: Vec::new(),
            links: Links::default(),
            open: None,
            is_over: false,
            holders: BTreeSet::new(),
            maybe: Vec::new(),
            secrets: Vec::new(),
            notes: Vec::new(),
            index: 0,
            points: Vec::new(),
            spacing: limits.spacing,
            buf: vec![0; 64 << 10],
        }
    }

    /// Packed bytes that are read.
    pub(super) fn packed(&mut self) -> u64 {
        self.blob.part.size() - self.reader.input().inner.left()
    }

    /// Unpacked bytes that are read.
    pub(super) fn unpacked(&mut self) -> u64 {
        self.reader.input().count
    }

    pub(super) fn entries(&self) -> usize {
        self.items.len()
    }

    /// One entry, or a piece of its contents; `false` when all is read.
    pub(super) fn step(&mut self) -> Done<bool> {
        if self.is_over {
            return self.drain();
        }
        self.mark_place();
        match self.open.take() {
            Some(open) => self.contents(open)?,
            None => match self.reader.entry()? {
                None => self.is_over = true,
                Some(entry) => self.entry(entry)?,
            },
        }
        Ok(true)
    }

    /// Remembers where reading can go on, at distances that keep their number small.
    fn mark_place(&mut self) {
        let (count, last) = (self.unpacked(), self.points.last().map_or(0, |it| it.unpacked));
        if count < last + self.spacing {
            return;
        }
        self.points.extend(self.reader.input().inner.point());
        if self.points.len() > POINTS_MAX {
            let mut nth = 0;
            self.points.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
            self.spacing *= 2;
        }
    }

    /// What follows the last entry counts for the digest.
    fn drain(&mut self) -> Done<bool> {
        let at = self.reader.position();
        let n = self.reader.input().read(&mut self.buf);
        n.map(|n| n > 0).map_err(|err| tar::Error::new(b"", at, err.to_string()))
    }

    fn entry(&mut self, entry: Entry) -> Done<()> {
        let offset = self.reader.position();
        let refuse = |why: &str| tar::Error::new(&entry.path, offset, why);
        let path = name::below_root(&entry.path).map_err(refuse)?;
        let (dir, base) = name::split(&path);
        let (path, what) = match marks::named(base) {
            Some(Named::Opaque) => (dir.to_vec(), What::Opaque),
            // Other engines skip it too.
            Some(Named::Aufs) => return Ok(()),
            Some(Named::Bad) => return Err(refuse("a whiteout that names no file")),
            Some(Named::Whiteout(hidden)) => (name::join(dir, hidden), What::Whiteout),
            // The root's own entry says nothing, unless it is opaque.
            None if path.is_empty() && marks::on_disk(&entry) != Some(OnDisk::Opaque) => {
                return Ok(());
            }
            None if path.is_empty() => (path, What::Opaque),
            None if marks::on_disk(&entry) == Some(OnDisk::Whiteout) => {
                self.note(&path, "is a character device 0/0, which overlays read as a whiteout");
                (path, What::Whiteout)
            }
            None => {
                let what = self.links.what(&entry.kind, self.items.len()).map_err(refuse)?;
                (path, what)
            }
        };
        self.links.check_parents(&path).map_err(|why| refuse(&why))?;
        let at = self.reader.contents_at();
        if what == What::Reg {
            let (hasher, head) = (Hasher::default(), Vec::new());
            self.open = Some(Box::new(Open { entry, path, at, hasher, head, end: 0 }));
            return Ok(());
        }
        let is_opaque = what == What::Dir && marks::on_disk(&entry) == Some(OnDisk::Opaque);
        if is_opaque {
            self.note(&path, "has the attribute of an opaque directory");
            self.add(entry.clone(), path.clone(), at, What::Opaque, None);
        }
        self.add(entry, path, at, what, None);
        Ok(())
    }

    /// Reads on in a file: digests the contents and keeps their beginning.
    fn contents(&mut self, mut open: Box<Open>) -> Done<()> {
        let Some((at, n)) = self.reader.read(&mut self.buf)? else {
            let Open { entry, path, at, hasher, head, .. } = *open;
            let secret = secrets::in_file(&path, &head);
            self.secrets.extend(secret.map(|secret| (self.items.len() as u32, secret)));
            self.add(entry, path, at, What::Reg, Some(hasher.finish()));
            return Ok(());
        };
        if at != open.end {
            // Holes count as where the data go on.
            open.hasher.update(&at.to_le_bytes());
        } else if open.head.len() < PEEK && open.head.len() as u64 == at {
            let take = n.min(PEEK - open.head.len());
            open.head.extend_from_slice(&self.buf[..take]);
        }
        open.hasher.update(&self.buf[..n]);
        open.end = at + n as u64;
        self.open = Some(open);
        Ok(())
    }

    fn add(&mut self, entry: Entry, path: Vec<u8>, at: u64, what: What, content: Option<Digest>) {
        if let Some(why) = marks::needs_overlay(&entry) {
            self.note(&path, &format!("has the attribute {why}"));
        }
        let number = self.items.len() as u32;
        let path: Path = path.into();
        match marks::on_disk(&entry) {
            Some(OnDisk::HoldsWhiteouts) => drop(self.holders.insert(path.clone())),
            Some(OnDisk::MaybeWhiteout) => self.maybe.push(number),
            _ => {}
        }
        if self.links.add(&path, &what, number) {
            self.note(&path, "occurs twice, the last counts");
        }
        let item = Item {
            path,
            what,
            mode: entry.mode as u16,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            mtime: entry.mtime,
            xattrs: entry.xattrs.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            content,
            at,
            pieces: entry.sparse.map(Vec::into_boxed_slice),
        };
        self.index += item.memory();
        self.items.push(item);
    }

    fn note(&mut self, path: &[u8], what: &str) {
        if self.notes.len() < crate::limits::IMAGE_NOTES_MAX {
            self.notes.push(format!("{:?} {what}", String::from_utf8_lossy(path)));
        }
    }

    /// The layer, once all is read.
    pub(super) fn finish(mut self) -> Result<Finished, String> {
        self.links.resolve(&mut self.items)?;
        for at in std::mem::take(&mut self.maybe) {
            let item = &mut self.items[at as usize];
            let (dir, _) = name::split(&item.path);
            if self.holders.contains(dir) {
                item.what = What::Whiteout;
                item.content = None;
            }
        }
        self.items.shrink_to_fit();
        let Reading { blob, diff_id, reader, items, points, .. } = self;
        let size = items.iter().fold(0u64, |sum, item| sum.saturating_add(item.bytes()));
        let input = reader.into_input();
        let layer = Layer { diff_id, blob, items, size, unpacked: input.count, points };
        let found = input.hasher.finish();
        let (secrets, notes, index) = (self.secrets, self.notes, self.index);
        Ok(Finished { layer, found, secrets, notes, index })
    }
}

/// The blob with its compression, which its first bytes tell.
pub(super) fn blob(part: Part) -> Result<Blob, String> {
    let head = part.peek(6).map_err(|err| err.to_string())?;
    let compression = compress::detect(&head)
        .map_err(|name| format!("is packed with {name}; gzip and zstd are read"))?;
    Ok(Blob { part, compression })
}

/// Layers that occur twice are shared.
pub(super) type Known = (Arc<Layer>, Vec<(u32, Secret)>);
