//! Reads the layers of an image, some bytes at a time, so that a page can show how far it is and
//! stop. What is wrong in any of them ends it, and nothing half-read remains.

mod reading;

use super::digest::{Digest, Hasher};
use super::error::{Error, Result};
use super::layer::Layer;
use super::layout::{BlobRef, Found};
use super::package::Package;
use super::secrets::{self, Secret};
use super::source::Part;
use crate::limits::{
    IMAGE_ENTRIES_MAX, IMAGE_INDEX_MAX, IMAGE_LAYER_MAX, IMAGE_NOTES_MAX, IMAGE_SUSPECT_MIN,
};
use reading::{Known, Reading};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// What an image may ask of its reader.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one unpacked layer.
    pub layer: u64,
    /// Unpacked bytes from which on the ratio to the packed ones counts.
    pub suspect: u64,
    /// Entries of all layers.
    pub entries: usize,
    /// Bytes of memory for their names, targets and attributes.
    pub index: usize,
    /// Unpacked bytes between two places of a packed layer that can be returned to; it is doubled
    /// when there are too many.
    pub spacing: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            layer: IMAGE_LAYER_MAX,
            suspect: IMAGE_SUSPECT_MIN,
            entries: IMAGE_ENTRIES_MAX,
            index: IMAGE_INDEX_MAX,
            spacing: 8 << 20,
        }
    }
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

/// An image that is being opened. To cancel is to drop it.
pub struct Scan {
    found: Found,
    blobs: Vec<Part>,
    limits: Limits,
    layers: Vec<Arc<Layer>>,
    /// Layers that occur twice are read once.
    known: BTreeMap<Digest, Known>,
    stage: Option<Stage>,
    entries: usize,
    index: usize,
    notes: Vec<String>,
    secrets: Vec<(usize, u32, Secret)>,
    /// Work that is done with finished layers, and all of it.
    done: u64,
    total: u64,
}

/// An image whose layers are known.
#[derive(Clone)]
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
        Scan::within(package, found, Limits::default())
    }

    /// As [`Scan::new`], with limits of one's own.
    ///
    /// # Errors
    /// As [`Scan::new`].
    pub fn within(package: &dyn Package, found: Found, limits: Limits) -> Result<Scan> {
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
        let mut scan = Scan {
            found,
            blobs,
            limits,
            layers: Vec::new(),
            known: BTreeMap::new(),
            stage: None,
            entries: 0,
            index: 0,
            notes: Vec::new(),
            secrets: Vec::new(),
            done: 0,
            total: 0,
        };
        scan.total = (0..scan.blobs.len()).fold(0, |sum, at| sum + scan.work(at));
        Ok(scan)
    }

    /// The packed digest that a layer must have, where that is not its diff ID: of a layer that is not
    /// packed both are of the same bytes, and one digest will do.
    fn expected(&self, at: usize) -> Option<Digest> {
        let diff_id = self.found.config.rootfs.diff_ids[at];
        self.found.layers[at].expect.map(|it| it.0).filter(|expect| *expect != diff_id)
    }

    /// Packed bytes to be read for a layer: twice where they are verified first.
    fn work(&self, at: usize) -> u64 {
        self.blobs[at].size() * if self.expected(at).is_some() { 2 } else { 1 }
    }

    /// How far it is: packed bytes that were read, and those that there are; bytes that have to be
    /// read twice count twice.
    pub fn progress(&mut self) -> (u64, u64) {
        let verified = self.blobs.get(self.layers.len()).filter(|_| self.stage.is_some());
        let size = verified.map_or(0, Part::size);
        let is_verified = self.stage.is_some() && self.expected(self.layers.len()).is_some();
        let within = match &mut self.stage {
            None => 0,
            Some(Stage::Verify { part, rest, .. }) => part.size() - rest.size(),
            Some(Stage::Read(reading)) => reading.packed() + if is_verified { size } else { 0 },
        };
        (self.done + within, self.total)
    }

    /// The layer that is being read, from 1.
    pub fn at_layer(&self) -> usize {
        (self.layers.len() + 1).min(self.blobs.len())
    }

    /// Goes on for about `budget` unpacked bytes; `true` when all layers are read.
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
            self.done += self.work(at);
            return Ok(None);
        }
        match self.expected(at) {
            Some(expect) => {
                let rest = part.clone();
                Ok(Some(Stage::Verify { part, rest, hasher: Hasher::default(), expect }))
            }
            None => self.reading(at, part).map(Some),
        }
    }

    fn reading(&self, at: usize, part: Part) -> Result<Stage> {
        let blob = reading::blob(part).map_err(|why| Error::new(self.place(at), why))?;
        let diff_id = self.found.config.rootfs.diff_ids[at];
        Ok(Stage::Read(Box::new(Reading::new(blob, diff_id, self.limits))))
    }

    fn advance(&mut self, at: usize, stage: Stage, left: &mut u64) -> Result<Option<Stage>> {
        match stage {
            Stage::Verify { part, mut rest, mut hasher, expect } => {
                let mut buf = vec![0; 256 << 10];
                let n = rest.read(&mut buf).map_err(|err| Error::new(self.place(at), err))?;
                *left = left.saturating_sub(n as u64);
                if n > 0 {
                    hasher.update(&buf[..n]);
                    return Ok(Some(Stage::Verify { part, rest, hasher, expect }));
                }
                let digest = hasher.finish();
                if digest != expect {
                    let why = format!("the blob is damaged: its digest is {digest}, not {expect}");
                    return Err(Error::new(self.place(at), why));
                }
                self.reading(at, part).map(Some)
            }
            Stage::Read(mut reading) => {
                let before = reading.unpacked();
                let more = reading.step().map_err(|err| Error::new(self.place(at), err))?;
                *left = left.saturating_sub(reading.unpacked() - before + 1);
                self.check_size(at, &reading)?;
                if more {
                    return Ok(Some(Stage::Read(reading)));
                }
                self.close(at, *reading)?;
                Ok(None)
            }
        }
    }

    fn check_size(&self, at: usize, reading: &Reading) -> Result<()> {
        if self.entries + reading.entries() > self.limits.entries {
            let why = format!("the layers hold more than {} entries", self.limits.entries);
            return Err(Error::new(self.place(at), why));
        }
        if self.index + reading.index > self.limits.index {
            let why = format!(
                "names and attributes of the layers take more than {} MiB of memory",
                self.limits.index >> 20
            );
            return Err(Error::new(self.place(at), why));
        }
        Ok(())
    }

    /// The end of a layer: what it turned out to be must be what the configuration says.
    fn close(&mut self, at: usize, reading: Reading) -> Result<()> {
        let read = reading.finish().map_err(|why| Error::new(self.place(at), why))?;
        let (found, diff_id) = (read.found, read.layer.diff_id);
        if found != diff_id {
            let why = format!("its diff ID is {found}, the configuration says {diff_id}");
            return Err(Error::new(self.place(at), why));
        }
        self.entries += read.layer.items.len();
        self.index += read.index;
        self.done += self.work(at);
        let room = (IMAGE_NOTES_MAX + 1).saturating_sub(self.notes.len());
        let notes = read.notes.into_iter().take(room);
        self.notes.extend(notes.map(|note| format!("layer {}: {note}", at + 1)));
        if self.notes.len() > IMAGE_NOTES_MAX {
            self.notes.truncate(IMAGE_NOTES_MAX);
            self.notes.push("and more like these".to_owned());
        }
        let layer = Arc::new(read.layer);
        let secrets = read.secrets;
        self.secrets.extend(secrets.iter().map(|(item, secret)| (at, *item, secret.clone())));
        self.known.insert(diff_id, (layer.clone(), secrets));
        self.layers.push(layer);
        Ok(())
    }
}
