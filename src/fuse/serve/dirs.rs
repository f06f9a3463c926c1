//! Reading directories: entries alone, or with what each name leads to.

use super::{NOW, Served};
use crate::fuse::convert::{attr, file_type, nameless};
use crate::types::{Dirent, Result};
use fuser::{FileHandle, Generation, INodeNo, ReplyDirectory, ReplyDirectoryPlus};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Entries read at once.
const BATCH: usize = 128;

impl Served {
    /// Gives entries from an offset on until `add` says that the answer is full. An error after the
    /// first entry waits: what was read already is delivered first.
    fn each_entry(
        &self,
        fh: FileHandle,
        offset: u64,
        mut add: impl FnMut(&Dirent) -> bool,
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
            if list.iter().any(&mut add) {
                return Ok(());
            }
        }
    }

    pub(super) fn list(
        &self,
        fh: FileHandle,
        offset: u64,
        reply: &mut ReplyDirectory,
    ) -> Result<()> {
        self.each_entry(fh, offset, |it| {
            let name = OsStr::from_bytes(&it.name);
            reply.add(INodeNo(it.ino), it.off as u64, file_type(it.kind), name)
        })
    }

    /// Not as the caller: who may not search the directory still reads its entries, and each use of a
    /// name asks for the right again.
    pub(super) fn list_plus(
        &self,
        dir: INodeNo,
        fh: FileHandle,
        offset: u64,
        reply: &mut ReplyDirectoryPlus,
    ) -> Result<()> {
        self.each_entry(fh, offset, |it| {
            let dots = matches!(&it.name[..], b"." | b"..");
            let found = match dots {
                true => None,
                false => self.on_open(|state| state.lookup(dir.0, &it.name)).ok(),
            };
            let (known, generation) = match &found {
                Some(found) => (attr(&found.attr, found.id), found.generation),
                // The dots are not linked, so they need nothing but their number.
                None => (nameless(it.kind, if dots { it.ino } else { 0 }), 0),
            };
            let (number, name) = (INodeNo(it.ino), OsStr::from_bytes(&it.name));
            let full = reply.add(number, it.off as u64, name, &NOW, &known, Generation(generation));
            if let (true, Some(found)) = (full, found) {
                self.0.lock().forget(found.id, 1);
            }
            full
        })
    }
}
