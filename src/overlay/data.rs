//! Where the bytes of a copy of metadata are: found by the lookup in an ordinary lower layer, or
//! late, when somebody needs them, in a data-only layer (section 8.3).

use super::Overlay;
use super::entry::{Lower, LowerRef, flag};
use super::format::metacopy;
use super::params::Verity;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{FileType, FsId, Ino, Name, Result};

impl Overlay {
    /// The lowest layer that is merged; data-only layers are below it.
    pub(super) fn last_merged(&self) -> u16 {
        self.layers.len() as u16 - 1 - self.data_layers
    }

    /// The real file that has the bytes: not that of [`Overlay::real_of`] for a copy of metadata
    /// alone.
    ///
    /// # Errors
    /// `ENOENT` while the data is not found yet ([`Overlay::need_data`]).
    pub(super) fn data_of(&self, id: u64) -> Result<(FsId, Ino)> {
        let inode = self.node(id)?;
        if inode.has(flag::LAZY_DATA) {
            return Err(Errno::ENOENT);
        }
        match inode.data_below() {
            Some(low) => Ok((self.layer_fs(low.layer), low.ino)),
            None => self.real_of(id),
        }
    }

    /// Makes sure that the bytes of a file are there, and that they are those meant.
    ///
    /// # Errors
    /// What the last data-only layer answered; `EIO` for a digest that cannot be checked.
    pub(super) fn need_data(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let inode = self.node(id)?;
        if inode.has(flag::LAZY_DATA) {
            self.find_data(cx, id).inspect_err(|errno| {
                self.decide(cx, id, Rule::DataMissing, Some(*errno));
            })?;
        }
        self.check_digest(cx, id)
    }

    /// The first data-only layer that has a regular file at the end of the redirect provides it.
    fn find_data(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let path = self.lazy_data.get(id).cloned().ok_or(Errno::ENOENT)?;
        let mut last = Errno::ENOENT;
        for layer in self.last_merged() + 1..self.layers.len() as u16 {
            match self.walk_data(cx, layer, &path) {
                Ok(ino) => {
                    let low = LowerRef { layer, ino };
                    self.pin_stack(cx, None, &[low]);
                    let inode = self.node_mut(id)?;
                    let stack = [inode.lower.as_slice(), &[low]].concat();
                    inode.lower = Lower::of(stack);
                    inode.set(flag::LAZY_DATA, false);
                    self.lazy_data.remove(id);
                    self.decide(cx, id, Rule::DataFound, None);
                    return Ok(());
                }
                Err(errno) => last = errno,
            }
        }
        Err(last)
    }

    /// Walks a redirect in a data-only layer: never out of it, and through no symbolic link.
    fn walk_data(&self, cx: &mut Cx<'_>, layer: u16, path: &[u8]) -> Result<Ino> {
        let it = self.layers[usize::from(layer)];
        let mut above = vec![it.root];
        let mut at = (it.root, FileType::Dir);
        for part in path.split(|&b| b == b'/').filter(|part| !part.is_empty()) {
            match at.1 {
                FileType::Dir => {}
                FileType::Symlink => return Err(Errno::ELOOP),
                _ => return Err(Errno::ENOTDIR),
            }
            at = match part {
                b"." => at,
                b".." => {
                    above.pop();
                    (*above.last().ok_or(Errno::EXDEV)?, FileType::Dir)
                }
                name => {
                    // Here a name that is too long is not taken for an absent one.
                    let name = Name::new(name)?.bytes();
                    let found = self.raw_lookup(cx, it.fs, at.0, name)?.ok_or(Errno::ENOENT)?;
                    above.push(found);
                    (found, self.raw_attr(cx, it.fs, found)?.kind)
                }
            };
        }
        if at.1 == FileType::Reg { Ok(at.0) } else { Err(Errno::ENOENT) }
    }

    /// `verity`: no layer of this machine has digests of its own, so one that is asked for is
    /// never met (8.2).
    fn check_digest(&self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        if self.config.verity == Verity::Off || self.node(id)?.data_below().is_none() {
            return Ok(());
        }
        let (fs, real) = self.real_of(id)?;
        let value = self.raw_private(cx, fs, real, self.names().metacopy)?.unwrap_or_default();
        let wanted = metacopy::has_digest(&value) || self.config.verity == Verity::Require;
        if wanted {
            self.decide(cx, id, Rule::NoDigest, Some(Errno::EIO));
            return Err(Errno::EIO);
        }
        Ok(())
    }
}
