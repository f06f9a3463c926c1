//! A layer written anew with other marks: those of archives (`.wh.NAME`) or those of an overlay, so that
//! `tar` makes a lower directory of it. Entries keep their order; contents pass through.

use super::compress::Unpacked;
use super::digest::Digest;
use super::export::{Counted, LayerBytes};
use super::layer::{Layer, Path, What};
use super::marks::{self, Named, OnDisk};
use super::scan::Image;
use crate::limits::IMAGE_LAYER_MAX;
use crate::tar::{Entry, Kind, Reader, name, write};
use crate::types::Dev;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// How a layer is to say what it hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// By names, as archives of images do.
    Names,
    /// By devices and attributes of `trusted.overlay`, as an overlay does.
    Trusted,
    /// By those of `user.overlay`, as one mounted with `userxattr` does.
    User,
}

/// A layer with other marks.
pub struct Converted {
    layer: Arc<Layer>,
    marks: Marks,
    diff_id: Digest,
    size: u64,
}

impl Converted {
    /// Writes it once, for its digest.
    ///
    /// # Errors
    /// The archive's; an entry that has no other form.
    pub fn new(layer: Arc<Layer>, marks: Marks) -> io::Result<Converted> {
        let mut counted = Counted::default();
        Writing::new(&layer, marks, &mut counted).all(&layer)?;
        let (diff_id, size) = counted.finish();
        Ok(Converted { layer, marks, diff_id, size })
    }
}

impl LayerBytes for Converted {
    fn diff_id(&self) -> Digest {
        self.diff_id
    }
    fn unpacked(&self) -> u64 {
        self.size
    }
    fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        Writing::new(&self.layer, self.marks, out).all(&self.layer)
    }
}

/// What the layer as a whole says of a path.
#[derive(Clone, Copy, Default)]
struct Said {
    is_whiteout: bool,
    is_opaque: bool,
    has_dir: bool,
    /// Something that is no directory.
    has_other: bool,
    /// Something lies below it.
    is_parent: bool,
    /// The opaque mark has been written.
    is_done: bool,
}

struct Writing<'a> {
    marks: Marks,
    said: BTreeMap<Path, Said>,
    out: &'a mut dyn Write,
}

fn bad(path: &[u8], why: &str) -> io::Error {
    let path = String::from_utf8_lossy(path);
    io::Error::new(io::ErrorKind::InvalidData, format!("entry {path:?}: {why}"))
}

impl<'a> Writing<'a> {
    fn new(layer: &Layer, marks: Marks, out: &'a mut dyn Write) -> Writing<'a> {
        let mut said: BTreeMap<Path, Said> = BTreeMap::new();
        for item in &layer.items {
            let of = said.entry(item.path.clone()).or_default();
            match item.what {
                What::Whiteout => of.is_whiteout = true,
                What::Opaque => of.is_opaque = true,
                What::Dir => (of.has_dir, of.has_other) = (true, false),
                _ => (of.has_dir, of.has_other) = (false, true),
            }
            if !matches!(item.what, What::Whiteout | What::Opaque) {
                let mut dir = name::split(&item.path).0;
                while !dir.is_empty() && !said.get(dir).is_some_and(|it| it.is_parent) {
                    said.entry(dir.into()).or_default().is_parent = true;
                    dir = name::split(dir).0;
                }
            }
        }
        Writing { marks, said, out }
    }

    fn all(mut self, layer: &Layer) -> io::Result<()> {
        let unpacked = Unpacked::new(layer.blob.part.clone(), layer.blob.compression);
        let mut reader = Reader::new(unpacked);
        let wrong = |err: crate::tar::Error| io::Error::new(io::ErrorKind::InvalidData, err);
        let mut buf = vec![0; 64 << 10];
        while let Some(entry) = reader.entry().map_err(wrong)? {
            let path = name::below_root(&entry.path).map_err(|why| bad(&entry.path, why))?;
            let Some(entry) = self.plain(entry, &path)? else { continue };
            self.out.write_all(&write::headers(&entry))?;
            let size = if entry.kind == Kind::Reg { entry.size } else { 0 };
            let mut end = 0;
            while let Some((at, n)) = reader.read(&mut buf).map_err(wrong)? {
                self.zeros(at - end)?;
                self.out.write_all(&buf[..n])?;
                end = at + n as u64;
            }
            self.zeros(size - end)?;
            self.zeros(size.next_multiple_of(crate::tar::BLOCK as u64) - size)?;
            self.after(&entry, &path)?;
        }
        self.out.write_all(&write::END)
    }

    fn zeros(&mut self, mut len: u64) -> io::Result<()> {
        let zeros = [0; 16 << 10];
        while len > 0 {
            let n = len.min(zeros.len() as u64);
            self.out.write_all(&zeros[..n as usize])?;
            len -= n;
        }
        Ok(())
    }

    fn said(&self, path: &[u8]) -> Said {
        self.said.get(path).copied().unwrap_or_default()
    }

    /// The entry in its new form, if it is one of those that are written when they are met; marks
    /// are written in its place otherwise.
    fn plain(&mut self, mut entry: Entry, path: &[u8]) -> io::Result<Option<Entry>> {
        if entry.size > IMAGE_LAYER_MAX {
            return Err(bad(path, "its holes would take more than a layer may have"));
        }
        let (dir, base) = name::split(path);
        match marks::named(base) {
            Some(Named::Aufs) => return Ok(None),
            Some(Named::Bad) => return Err(bad(path, "a whiteout that names no file")),
            Some(Named::Opaque) => return self.opaque(&entry, dir).map(|()| None),
            Some(Named::Whiteout(hidden)) => {
                return self.whiteout(&entry, &name::join(dir, hidden)).map(|()| None);
            }
            None => {}
        }
        let is_whiteout = self.said(path).is_whiteout
            && matches!(marks::on_disk(&entry), Some(OnDisk::Whiteout | OnDisk::MaybeWhiteout));
        if is_whiteout {
            return self.whiteout(&entry, path).map(|()| None);
        }
        if self.marks == Marks::Names {
            if let Some(why) = marks::needs_overlay(&entry) {
                return Err(bad(path, why));
            }
            entry.xattrs.retain(|(name, _)| marks::own(name).is_none());
        } else {
            entry.xattrs.retain(|(name, _)| {
                !marks::own(name).is_some_and(|own| own == b"opaque" || own == b"whiteout")
            });
            let said = self.said(path);
            if entry.kind == Kind::Dir && (said.is_opaque || said.is_whiteout) {
                entry.xattrs.push((self.attribute(), b"y".to_vec()));
            }
        }
        entry.path = if path.is_empty() { b"./".to_vec() } else { path.to_vec() };
        entry.sparse = None;
        Ok(Some(entry))
    }

    fn attribute(&self) -> Vec<u8> {
        let prefix = marks::PREFIXES[usize::from(self.marks == Marks::User)];
        [prefix, b"opaque"].concat()
    }

    /// An opaque directory that was told by an attribute is told by a name.
    fn after(&mut self, entry: &Entry, path: &[u8]) -> io::Result<()> {
        let is_opaque = entry.kind == Kind::Dir && self.said(path).is_opaque;
        if self.marks == Marks::Names && is_opaque { self.opaque(entry, path) } else { Ok(()) }
    }

    /// The mark of an opaque directory, once; on an overlay it is the directory's own entry, made
    /// here only where there is none.
    fn opaque(&mut self, entry: &Entry, dir: &[u8]) -> io::Result<()> {
        let said = self.said.entry(dir.into()).or_default();
        // Where the layer has something else there is nothing to be opaque.
        let is_elsewhere = self.marks != Marks::Names && (said.has_dir || said.has_other);
        if std::mem::replace(&mut said.is_done, true) || is_elsewhere {
            return Ok(());
        }
        let mut mark = match self.marks {
            Marks::Names => Entry::new(name::join(dir, b".wh..wh..opq"), Kind::Reg, 0o600),
            _ => {
                let path = if dir.is_empty() { b"./" } else { dir };
                let mut made = Entry::new(path, Kind::Dir, 0o755);
                made.xattrs.push((self.attribute(), b"y".to_vec()));
                made
            }
        };
        (mark.uid, mark.gid) = (entry.uid, entry.gid);
        self.out.write_all(&write::headers(&mark))
    }

    /// A whiteout. On an overlay there is one thing at a path: what the layer has there itself hides
    /// what is below as well, a directory if it is opaque.
    fn whiteout(&mut self, entry: &Entry, path: &[u8]) -> io::Result<()> {
        let said = self.said(path);
        let mut mark = match self.marks {
            Marks::Names => {
                let (dir, base) = name::split(path);
                Entry::new(name::join(dir, &[b".wh.", base].concat()), Kind::Reg, 0o600)
            }
            _ if said.has_other || said.has_dir => return Ok(()),
            _ if said.is_parent => return self.opaque(entry, path),
            _ => Entry::new(path, Kind::Chr(Dev::new(0, 0)), 0),
        };
        (mark.uid, mark.gid, mark.mtime) = (entry.uid, entry.gid, entry.mtime);
        self.out.write_all(&write::headers(&mark))
    }
}

/// An image with all of its layers in a form: the configuration with their diff IDs, and the layers.
///
/// # Errors
/// As [`Converted::new`].
pub fn image(image: &Image, marks: Marks) -> io::Result<(Vec<u8>, Vec<Converted>)> {
    let layers = image.layers.iter().map(|layer| Converted::new(layer.clone(), marks));
    let layers = layers.collect::<io::Result<Vec<Converted>>>()?;
    // Only the diff IDs change: what else stands there, known or not, stays.
    let mut config: serde_json::Value = serde_json::from_slice(&image.found.raw)?;
    let ids: Vec<Digest> = layers.iter().map(LayerBytes::diff_id).collect();
    config["rootfs"]["diff_ids"] = serde_json::to_value(ids)?;
    Ok((serde_json::to_vec(&config)?, layers))
}
