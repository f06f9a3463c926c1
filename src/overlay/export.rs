//! File handles of the overlay: for `name_to_handle_at` with AT_HANDLE_FID alone, since nothing
//! decodes them without nfs_export (R7.9).

use super::Overlay;
use super::entry::{LowerRef, ROOT};
use super::format::origin::{FLAG_UPPER, Handle};
use crate::fs::Cx;

/// Type of an overlay's handle.
const KIND: u8 = 0xf8;
/// Bytes before the wrapped handle.
const PAD: usize = 3;

impl Overlay {
    /// The handle of the upper object, or of the lower one while there is no upper.
    pub(super) fn handle_of(&mut self, cx: &mut Cx<'_>, id: u64) -> Option<(u8, Vec<u8>)> {
        let inode = self.inodes.get(id)?;
        let lower = inode.lower.first();
        let (layer, ino, flags) = match (inode.upper, lower) {
            (Some(upper), _) => (0, upper, FLAG_UPPER),
            (None, Some(LowerRef { layer, ino })) => (layer, ino, 0),
            (None, None) => return None,
        };
        debug_assert!(id != ROOT || self.has_upper == (flags == FLAG_UPPER));
        let fs = &self.fses[usize::from(self.layers[usize::from(layer)].fsx)];
        let uuid = fs.uuid;
        let (kind, fid) = cx.on(fs.id, |f, cx| f.encode_handle(cx, ino))?;
        let mut out = vec![0; PAD];
        out.extend(Handle { flags, kind, uuid, fid }.to_bytes());
        Some((KIND, out))
    }
}
