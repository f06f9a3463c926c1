//! The colours of `ls` when LS_COLORS says nothing.

use super::entry::Entry;
use crate::types::FileType;

/// The SGR code of an entry.
pub fn code(entry: &Entry) -> Option<&'static str> {
    let mode = entry.attr.map_or(0, |a| a.mode.bits());
    Some(match entry.kind? {
        FileType::Dir if mode & 0o1002 == 0o1002 => "30;42",
        FileType::Dir if mode & 0o002 != 0 => "34;42",
        FileType::Dir if mode & 0o1000 != 0 => "37;44",
        FileType::Dir => "01;34",
        FileType::Symlink => "01;36",
        FileType::Fifo => "33",
        FileType::Sock => "01;35",
        FileType::Blk | FileType::Chr => "01;33",
        FileType::Reg if mode & 0o4000 != 0 => "37;41",
        FileType::Reg if mode & 0o2000 != 0 => "30;43",
        FileType::Reg if mode & 0o111 != 0 => "01;32",
        FileType::Reg => return None,
    })
}
