//! The closed set of events. Paths are seen from the root of the overlay named by `overlay`.

use super::Rule;
use crate::errno::Errno;
use crate::types::{FileType, FsId, Ino, NodeKind, SetAttr, XattrMode};
use serde::{Deserialize, Serialize};

/// A layer of an overlay as people call it.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Layer {
    Upper,
    /// 1 is the topmost lower layer (leftmost in `lowerdir=`).
    Lower(u16),
    /// The part of the work directory that belongs to the overlay.
    Work,
    /// A base file system outside any overlay.
    Base,
}

/// What a layer answered to a lookup.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Absent,
    Whiteout,
    File(FileType),
    Dir,
    OpaqueDir,
    /// A directory (or metacopy file) that looks under another name below.
    Redirect(String),
    Metacopy,
    /// Not asked: an upper layer has answered for good.
    Hidden,
    Error(Errno),
}

/// Verbs that frame a group of steps.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verb {
    Mount,
    Lookup,
    CopyUp,
    Create,
    Link,
    Unlink,
    Rmdir,
    Rename,
    ReadDir,
    SetAttr,
    SetXattr,
    Open,
    Write,
    Unmount,
}

/// A run of file content.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Run {
    Hole(u64),
    Zero(u64),
    Bytes(Vec<u8>),
}

/// One change of a real layer: complete, so that replaying it on the state before gives the
/// state after.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RealWrite {
    Create {
        dir: Ino,
        name: Vec<u8>,
        kind: NodeKind,
        mode: u16,
        uid: u32,
        gid: u32,
        xattrs: Vec<(Vec<u8>, Vec<u8>)>,
        made: Ino,
    },
    Tmpfile {
        dir: Ino,
        mode: u16,
        uid: u32,
        gid: u32,
        xattrs: Vec<(Vec<u8>, Vec<u8>)>,
        made: Ino,
    },
    Link {
        ino: Ino,
        dir: Ino,
        name: Vec<u8>,
    },
    Unlink {
        dir: Ino,
        name: Vec<u8>,
    },
    Rmdir {
        dir: Ino,
        name: Vec<u8>,
    },
    Rename {
        dir: Ino,
        name: Vec<u8>,
        to_dir: Ino,
        to_name: Vec<u8>,
        flags: u32,
    },
    SetAttr {
        ino: Ino,
        set: SetAttr,
    },
    SetXattr {
        ino: Ino,
        name: Vec<u8>,
        value: Vec<u8>,
        mode: XattrMode,
    },
    RemoveXattr {
        ino: Ino,
        name: Vec<u8>,
    },
    SetFlags {
        ino: Ino,
        flags: u32,
    },
    /// File bytes shared from another inode (copy-up, clone, copy_file_range).
    CopyData {
        from_fs: FsId,
        from: Ino,
        from_off: u64,
        ino: Ino,
        off: u64,
        len: u64,
    },
    /// All blocks of a file shared with another one of the same file system (reflink).
    Clone {
        from: Ino,
        ino: Ino,
        len: u64,
    },
    Write {
        ino: Ino,
        off: u64,
        bytes: Vec<u8>,
    },
    /// Runs of bytes and holes (`copy_file_range`, `FICLONE`).
    WriteRope {
        ino: Ino,
        off: u64,
        segs: Vec<Run>,
    },
    Fallocate {
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    },
}

/// One event.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "TraceStep"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A system call starts; `what` is strace-like text.
    Call {
        what: String,
    },
    /// It ends.
    Return {
        value: i64,
        errno: Option<Errno>,
    },
    Begin {
        overlay: FsId,
        verb: Verb,
        path: String,
    },
    End {
        overlay: FsId,
        verb: Verb,
        errno: Option<Errno>,
    },
    /// A layer was asked for a name.
    Lookup {
        overlay: FsId,
        path: String,
        layer: Layer,
        verdict: Verdict,
        rule: Rule,
    },
    /// A rule decided something.
    Decide {
        overlay: FsId,
        path: String,
        rule: Rule,
        errno: Option<Errno>,
    },
    /// A layer was changed.
    Write {
        overlay: FsId,
        layer: Layer,
        fs: FsId,
        path: String,
        write: RealWrite,
        errno: Option<Errno>,
    },
    /// A line of the kernel log.
    Log {
        line: String,
    },
    /// Something that the kernel leaves undefined: what 6.18 was seen to do.
    Undefined {
        path: String,
        note: String,
    },
}
