//! Handles of directories: each is found again by a walk from the root, so the way there has to
//! be known for as long as somebody holds the handle.

use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::entry::{ROOT, RealKey, flag};
use crate::types::{Ino, Result};

impl Overlay {
    /// Makes sure that a directory is found by the handle of its lower one: where the way down from
    /// the root leaves that layer, the directory below that place is copied up into the index.
    pub(super) fn connect_handle(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let origin = self.node(id)?.lower.first().ok_or(Errno::EIO)?.layer;
        let mut next = id;
        while next != ROOT {
            let parent = self.node(next)?.parent;
            if self.connects(parent)? < origin {
                if self.node(next)?.upper.is_none() {
                    self.copy_up(cx, next)?;
                }
                break;
            }
            if self.node(parent)?.has(flag::INDEXED) {
                break;
            }
            next = parent;
        }
        Ok(())
    }

    /// The lowest layer from which the way to this directory is known.
    fn connects(&self, id: u64) -> Result<u16> {
        let inode = self.node(id)?;
        if id == ROOT {
            return Ok(self.last_merged());
        }
        if inode.upper.is_some() && !inode.has(flag::INDEXED) {
            return Ok(0);
        }
        Ok(inode.lower.first().map_or(0, |it| it.layer))
    }

    /// The directory of the overlay that has this real one in that layer.
    pub(super) fn connected(&mut self, cx: &mut Cx<'_>, layer: u16, real: Ino) -> Result<u64> {
        let at = self.layers[usize::from(layer)];
        if real == at.root {
            return Ok(ROOT);
        }
        if let Some(id) = RealKey::new(at.fsx, real).and_then(|key| self.by_real(key)) {
            return if self.has_at(id, layer, real)? { Ok(id) } else { Err(Errno::ESTALE) };
        }
        if layer > 0 {
            let low = crate::overlay::entry::LowerRef { layer, ino: real };
            if let Some(entry) = self.exported_index(cx, low)? {
                let upper = self.indexed_dir(cx, entry)?;
                let id = self.connected(cx, 0, upper)?;
                return if self.has_at(id, layer, real)? { Ok(id) } else { Err(Errno::ESTALE) };
            }
        }
        let above = cx.on(at.fs, |f, cx| f.parent(cx, real))?;
        if above == real {
            return Err(Errno::ESTALE);
        }
        let number = self.raw_attr(cx, at.fs, real)?.ino;
        let name = self.name_in(cx, (layer, above), real, number)?.ok_or(Errno::ESTALE)?;
        let dir = self.connected(cx, layer, above)?;
        let id = self.find(cx, dir, &name)?.ok_or(Errno::ESTALE)?;
        if self.has_at(id, layer, real)? { Ok(id) } else { Err(Errno::ESTALE) }
    }

    fn has_at(&self, id: u64, layer: u16, real: Ino) -> Result<bool> {
        let inode = self.node(id)?;
        if layer == 0 {
            return Ok(inode.upper == Some(real));
        }
        Ok(inode.lower.as_slice().iter().any(|it| it.layer == layer && it.ino == real))
    }

    /// Under which name a real directory has an object.
    fn name_in(
        &self,
        cx: &mut Cx<'_>,
        (layer, dir): (u16, Ino),
        real: Ino,
        number: u64,
    ) -> Result<Option<Vec<u8>>> {
        let fs = self.layer_fs(layer);
        let mut names = Vec::new();
        self.raw_list(cx, fs, dir, &mut |entry| {
            if entry.ino == number && entry.name != b"." && entry.name != b".." {
                names.push(entry.name.to_vec());
            }
            true
        })?;
        for name in names {
            if self.raw_lookup(cx, fs, dir, &name)? == Some(real) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}
