//! File handles of the overlay, given out and found again (R7.9).
//!
//! A handle wraps that of a real object: of the lower one where that will do for ever, of the upper
//! one otherwise. With `nfs_export` they are found again, by the index where the object has moved;
//! without it they only tell objects apart (`AT_HANDLE_FID`).

mod connect;

use super::Overlay;
use super::entry::{LowerRef, ROOT, RealKey, flag};
use super::format::origin::{FLAG_UPPER, Handle};
use super::namei::Found;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{Ino, Result};

/// Type of an overlay's handle.
const KIND: u8 = 0xf8;
/// Bytes before the wrapped handle.
const PAD: usize = 3;

impl Overlay {
    /// The lower object that a handle names, in the first layer whose file system it is of.
    pub(super) fn decode_lower(&self, cx: &mut Cx<'_>, handle: &Handle) -> Option<LowerRef> {
        let merged = usize::from(self.last_merged());
        for (layer, it) in self.layers[..=merged].iter().enumerate().skip(1) {
            let real = &self.fses[usize::from(it.fsx)];
            let uuid = if self.knows_uuids() { real.uuid } else { [0; 16] };
            if real.bad_uuid || !real.traits.handles || handle.uuid != uuid {
                continue;
            }
            let got = cx.on(it.fs, |f, cx| f.decode_handle(cx, handle.kind, &handle.fid));
            if let Ok(ino) = got {
                return Some(LowerRef { layer: layer as u16, ino });
            }
        }
        None
    }

    /// The upper directory that the `upper` attribute of an index entry names.
    ///
    /// # Errors
    /// `ESTALE` when it is gone, `EIO` for what is no directory; those of the attribute.
    pub(super) fn decode_upper(&self, cx: &mut Cx<'_>, raw: &[u8]) -> Result<Ino> {
        let handle = Handle::parse(raw).ok_or(Errno::ESTALE)?;
        let fs = self.upper_fs();
        let ino = cx.on(fs, |f, cx| f.decode_handle(cx, handle.kind, &handle.fid))?;
        match self.raw_attr(cx, fs, ino)?.is_dir() {
            true => Ok(ino),
            false => Err(Errno::EIO),
        }
    }

    /// The handle of an object; `None` where a layer has none to give.
    pub(super) fn handle_of(&mut self, cx: &mut Cx<'_>, id: u64) -> Option<(u8, Vec<u8>)> {
        let own = usize::from(!self.has_upper);
        if self.fses[own..].iter().any(|it| !it.traits.handles) {
            return None;
        }
        let above = self.names_upper(cx, id).ok()?;
        let inode = self.inodes.get(id)?;
        let (layer, ino, flags) = match (inode.upper, inode.lower.first()) {
            (Some(upper), _) if above => (0, upper, FLAG_UPPER),
            (_, Some(LowerRef { layer, ino })) => (layer, ino, 0),
            _ => return None,
        };
        let fs = &self.fses[usize::from(self.layers[usize::from(layer)].fsx)];
        let uuid = if self.knows_uuids() { fs.uuid } else { [0; 16] };
        let (kind, fid) = cx.on(fs.id, |f, cx| f.encode_handle(cx, ino))?;
        let mut out = vec![0; PAD];
        out.extend(Handle { flags, kind, uuid, fid }.to_bytes());
        Some((KIND, out))
    }

    /// Which real object a handle names: the upper one of the root and of what the index does not
    /// know; the lower one of all else, for a directory after a look at the way there.
    fn names_upper(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<bool> {
        let decodes = self.config.nfs_export;
        let inode = self.node(id)?;
        let (upper, lower) = (inode.upper.is_some(), inode.lower.first().is_some());
        if !self.has_upper || !upper && !decodes {
            return Ok(false);
        }
        if !lower || id == ROOT || upper && decodes && !inode.has(flag::INDEXED) {
            return Ok(true);
        }
        if decodes && inode.is_dir() {
            self.connect_handle(cx, id)?;
        }
        Ok(false)
    }

    /// The object that a handle names.
    ///
    /// # Errors
    /// `ESTALE` for what is not there any more, and for every handle unless they are exported.
    pub(super) fn object_of(&mut self, cx: &mut Cx<'_>, kind: u8, raw: &[u8]) -> Result<u64> {
        let wrapped = raw.get(PAD..).filter(|_| kind == KIND && self.config.nfs_export);
        let handle = wrapped.and_then(Handle::parse).ok_or(Errno::ESTALE)?;
        let found = match handle.flags & FLAG_UPPER != 0 {
            true => self.object_of_upper(cx, &handle),
            false => self.object_of_lower(cx, &handle),
        };
        let rule = if found.is_ok() { Rule::HandleFound } else { Rule::HandleStale };
        let errno = found.as_ref().err().map(|_| Errno::ESTALE);
        self.decide(cx, found.unwrap_or(ROOT), rule, errno);
        found.map_err(|_| Errno::ESTALE)
    }

    fn object_of_upper(&mut self, cx: &mut Cx<'_>, handle: &Handle) -> Result<u64> {
        let uuid = if self.knows_uuids() { self.fses[0].uuid } else { [0; 16] };
        if !self.has_upper || handle.uuid != uuid {
            return Err(Errno::ESTALE);
        }
        let fs = self.upper_fs();
        let upper = cx.on(fs, |f, cx| f.decode_handle(cx, handle.kind, &handle.fid))?;
        let attr = self.raw_attr(cx, fs, upper)?;
        if attr.is_dir() {
            return self.connected(cx, 0, upper);
        }
        let found = Found { upper: Some(upper), linked: true, ..Found::nothing(attr.kind) };
        self.nameless(cx, &found)
    }

    fn object_of_lower(&mut self, cx: &mut Cx<'_>, handle: &Handle) -> Result<u64> {
        let low = self.decode_lower(cx, handle).ok_or(Errno::ESTALE)?;
        let fs = self.layer_fs(low.layer);
        if self.is_trap(fs, low.ino) {
            // The root of a layer stands for itself alone (observed on 6.18).
            return Err(Errno::ESTALE);
        }
        let attr = self.raw_attr(cx, fs, low.ino)?;
        let key = RealKey::new(self.layers[usize::from(low.layer)].fsx, low.ino);
        if let Some(id) = key.and_then(|key| self.by_real(key)) {
            let same = self.node(id)?.lower.first().is_some_and(|it| it.ino == low.ino);
            return if same { Ok(self.newest_name(id)) } else { Err(Errno::ESTALE) };
        }
        let index = self.exported_index(cx, low)?;
        if attr.is_dir() {
            return match index {
                Some(entry) => {
                    let upper = self.indexed_dir(cx, entry)?;
                    self.connected(cx, 0, upper)
                }
                None => self.connected(cx, low.layer, low.ino),
            };
        }
        self.nameless(
            cx,
            &Found {
                upper: index,
                lower: vec![low],
                indexed: index.is_some(),
                ..Found::nothing(attr.kind)
            },
        )
    }

    /// What the index has for a lower object whose handle somebody holds.
    ///
    /// # Errors
    /// `ESTALE` for a whiteout: the object was deleted.
    fn exported_index(&self, cx: &mut Cx<'_>, low: LowerRef) -> Result<Option<Ino>> {
        let Some(work) = self.work.filter(|_| self.indexes()) else { return Ok(None) };
        let name = self.index_name(cx, low);
        let fs = self.upper_fs();
        let Some(entry) = self.raw_lookup(cx, fs, work, &name)? else { return Ok(None) };
        let attr = self.raw_attr(cx, fs, entry)?;
        let below = self.raw_attr(cx, self.layer_fs(low.layer), low.ino)?;
        let gone = self.is_whiteout(cx, fs, entry, &attr);
        if gone || attr.kind != below.kind { Err(Errno::ESTALE) } else { Ok(Some(entry)) }
    }

    fn indexed_dir(&self, cx: &mut Cx<'_>, entry: Ino) -> Result<Ino> {
        let raw = self.raw_private(cx, self.upper_fs(), entry, self.names().upper)?;
        self.decode_upper(cx, &raw.ok_or(Errno::ESTALE)?)
    }

    /// The inode of a file that nobody has come to by a name yet.
    fn nameless(&mut self, cx: &mut Cx<'_>, found: &Found) -> Result<u64> {
        self.instantiate(cx, ROOT, b"", found)
    }
}
