//! Layers, and reading them: the questions an overlay asks of a real file system. Asking never
//! changes a layer.

use super::Overlay;
use super::format::opaque::{self, Opaque};
use super::format::whiteout;
use super::profile::Feature;
use crate::errno::Errno;
use crate::fs::checked::{self, may};
use crate::fs::{Cx, Traits};
use crate::types::{Attr, Dev, FileType, FsId, Ino, Name, Result};

/// One layer. Layer 0 is the upper one (a placeholder on a mount without upper).
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub fs: FsId,
    pub root: Ino,
    /// Which of [`Overlay::fses`] it is on.
    pub fsx: u8,
    /// A directory marked `opaque=x` was seen in it.
    pub xwhiteouts: bool,
}

/// A file system that layers are on.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerFs {
    pub id: FsId,
    /// The device that files of this file system show when there are several.
    pub dev: Dev,
    pub traits: Traits,
    pub uuid: [u8; 16],
    /// Handles cannot be told apart from another file system's.
    pub bad_uuid: bool,
    /// Only data-only layers are on it: no object of it is ever seen, so it does not count.
    pub data_only: bool,
}

impl Overlay {
    /// The file system of the upper layer.
    pub(super) fn upper_fs(&self) -> FsId {
        self.layers[0].fs
    }

    pub(super) fn layer_fs(&self, layer: u16) -> FsId {
        self.layers[usize::from(layer)].fs
    }

    /// What stands under a name in a real directory; `None` when nothing does.
    pub(super) fn raw_lookup(
        &self,
        cx: &mut Cx<'_>,
        fs: FsId,
        dir: Ino,
        name: &[u8],
    ) -> Result<Option<Ino>> {
        if !self.all_powerful {
            let mounter = self.mounter.clone();
            cx.with_cred(&mounter, |cx| checked::permission(cx, fs, dir, may::EXEC))?;
        }
        let found = cx.on(fs, |f, cx| {
            let ino = f.lookup(cx, dir, Name::new(name)?)?;
            Ok(f.identity(ino))
        });
        match found {
            Ok(ino) => Ok(Some(ino)),
            Err(Errno::ENOENT | Errno::ENAMETOOLONG) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Attributes of a real inode, without counting as a look at its stamps.
    pub(super) fn raw_attr(&self, cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<Attr> {
        cx.on(fs, |f, cx| f.peek_attr(cx, ino))
    }

    /// The same with mode, owner and size as its own file system knows them.
    pub(super) fn raw_known(&self, cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<Attr> {
        cx.on(fs, |f, cx| {
            let shown = f.peek_attr(cx, ino)?;
            f.known_attr(cx, ino, shown)
        })
    }

    /// How many names a real file has, as it is counted from above.
    pub(super) fn raw_links(&self, cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<u32> {
        cx.on(fs, |f, cx| f.links(cx, ino))
    }

    /// One of the overlay's private attributes; `None` when it is not there or out of reach.
    pub(super) fn raw_private(
        &self,
        cx: &mut Cx<'_>,
        fs: FsId,
        ino: Ino,
        name: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        if !self.reaches_names() {
            return Ok(None);
        }
        match cx.on(fs, |f, cx| f.getxattr(cx, ino, name)) {
            Ok(value) => Ok(Some(value)),
            Err(Errno::ENODATA | Errno::EOPNOTSUPP) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Is this real object a whiteout, in either form (R0.3, R2.4)?
    pub(super) fn is_whiteout(&self, cx: &mut Cx<'_>, fs: FsId, ino: Ino, attr: &Attr) -> bool {
        whiteout::is_device(attr)
            || self.profile.has(Feature::NestedXattrs)
                && attr.kind == FileType::Reg
                && cx.on(fs, |f, cx| f.known_attr(cx, ino, *attr)).is_ok_and(|it| it.size == 0)
                && matches!(self.raw_private(cx, fs, ino, self.names().whiteout), Ok(Some(_)))
    }

    pub(super) fn opaque_value(&self, cx: &mut Cx<'_>, fs: FsId, ino: Ino) -> Result<Opaque> {
        let value = self.raw_private(cx, fs, ino, self.names().opaque)?;
        Ok(match value.map_or(Opaque::No, |value| opaque::parse(&value)) {
            Opaque::Xwhiteouts if !self.profile.has(Feature::NestedXattrs) => Opaque::No,
            other => other,
        })
    }

    /// A directory that plays a part in this mount (layer root, work directory): looking it up
    /// through the overlay would be a loop.
    pub(super) fn is_trap(&self, fs: FsId, ino: Ino) -> bool {
        self.traps.contains(&(fs, ino))
    }

    /// What stands under a name in an upper directory, with its attributes.
    pub(super) fn upper_entry(
        &self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: &[u8],
    ) -> Result<Option<(Ino, FileType)>> {
        let fs = self.upper_fs();
        match self.raw_lookup(cx, fs, dir, name)? {
            Some(ino) => Ok(Some((ino, self.raw_attr(cx, fs, ino)?.kind))),
            None => Ok(None),
        }
    }
}
