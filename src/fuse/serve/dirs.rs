//! Reading directories.
//!
//! Entries alone: what each name leads to (`readdirplus`) would be asked for again at its first use, since
//! nothing may be cached, and `fuser` can say it only with the number of the node in the place of the
//! entry's own (`d_ino`), which is another one for some names, and none for a name that leads nowhere.

use super::Served;
use crate::fuse::convert::file_type;
use crate::types::Result;
use fuser::{FileHandle, INodeNo, ReplyDirectory};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Entries read at once.
const BATCH: usize = 128;

impl Served {
    /// Gives entries from an offset on until the answer is full. An error after the first entry waits:
    /// what was read already is delivered first.
    pub(super) fn list(
        &self,
        fh: FileHandle,
        offset: u64,
        reply: &mut ReplyDirectory,
    ) -> Result<()> {
        let begin = offset as i64;
        let mut pos = begin;
        loop {
            let list = match self.on_open(|state| state.entries(fh.0, pos, BATCH)) {
                Err(_) if pos != begin => return Ok(()),
                list => list?,
            };
            let Some(last) = list.last() else { return Ok(()) };
            pos = last.off;
            for it in &list {
                let name = OsStr::from_bytes(&it.name);
                if reply.add(INodeNo(it.ino), it.off as u64, file_type(it.kind), name) {
                    return Ok(());
                }
            }
        }
    }
}
