//! The index as a lookup sees it: the upper object of a lower one, whatever its name is now.

use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::entry::LowerRef;
use crate::overlay::format::index;
use crate::overlay::format::origin::{FLAG_UPPER, Handle};
use crate::trace::Rule;
use crate::types::{FileType, Ino, Result};

impl Overlay {
    /// Copied-up files with several names are kept in the index directory.
    pub(in crate::overlay) fn indexes(&self) -> bool {
        self.config.index && self.work.is_some()
    }

    /// Everything that is copied up is, directories too, so that handles find it.
    pub(in crate::overlay) fn indexes_all(&self) -> bool {
        self.indexes() && self.config.nfs_export
    }

    /// The name in the index directory for a lower object.
    pub(in crate::overlay) fn index_name(&self, cx: &mut Cx<'_>, low: LowerRef) -> Vec<u8> {
        index::name(&self.origin_value(cx, low))
    }

    /// What the index has for `origin`, the lower object of what was found. With an upper object it
    /// must be that one.
    ///
    /// # Errors
    /// `EIO` for an entry of another type, and for a directory that another one claims (R2.17).
    pub(super) fn ask_index(
        &self,
        cx: &mut Cx<'_>,
        (dir, name): (u64, &[u8]),
        (upper, origin): (Option<Ino>, LowerRef),
        kind: FileType,
    ) -> Result<Option<Ino>> {
        let is_dir = kind == FileType::Dir;
        if !self.indexes() || is_dir && !self.indexes_all() {
            return Ok(None);
        }
        let work = self.work.ok_or(Errno::EROFS)?;
        let entry = self.index_name(cx, origin);
        let fs = self.upper_fs();
        let Some(found) = self.raw_lookup(cx, fs, work, &entry)? else { return Ok(None) };
        let attr = self.raw_attr(cx, fs, found)?;
        let below = self.raw_attr(cx, self.layer_fs(origin.layer), origin.ino)?;
        let mut good = !self.is_whiteout(cx, fs, found, &attr) && attr.kind == below.kind;
        if good && is_dir {
            let claims = self.raw_private(cx, fs, found, self.names().upper)?;
            good = upper.is_some_and(|it| claims == Some(self.upper_handle(cx, it)));
        } else if good && upper.is_some_and(|it| it != found) {
            return Ok(None);
        }
        if !good {
            self.decide_in(cx, dir, name, Rule::IndexBad, Some(Errno::EIO));
            return Err(Errno::EIO);
        }
        self.decide_in(cx, dir, name, Rule::IndexFound, None);
        Ok(Some(found))
    }

    /// The value of the `upper` attribute for an upper object.
    pub(in crate::overlay) fn upper_handle(&self, cx: &mut Cx<'_>, upper: Ino) -> Vec<u8> {
        let fs = &self.fses[0];
        let uuid = if self.knows_uuids() { fs.uuid } else { [0; 16] };
        let handle = cx.on(fs.id, |f, cx| f.encode_handle(cx, upper));
        handle.map_or(Vec::new(), |(kind, fid)| {
            Handle { flags: FLAG_UPPER, kind, uuid, fid }.to_bytes()
        })
    }
}
