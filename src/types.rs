//! Plain words of the file system world: inode numbers, modes, times, names.
//!
//! Ground floor: imports nothing of the crate but [`crate::errno`] and [`crate::limits`].

mod civil;
pub mod control;
mod fnv;
mod layout;
mod meter;

pub use civil::{Civil, days_from_civil};
pub use fnv::Fnv;
pub use layout::{Gauge, Layout, Run, Volume};
pub use meter::Meter;

use crate::errno::Errno;
use crate::limits::NAME_MAX;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Result of everything that can fail like a system call.
pub type Result<T> = std::result::Result<T, Errno>;

/// An inode handle inside one file system. For a "real" file system it is the inode number that
/// `stat` shows; an overlay uses its own handles and reports numbers in [`Attr::ino`].
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ino(pub u64);

/// A file system of the simulated machine.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FsId(pub u32);

/// A device number.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Dev {
    pub major: u32,
    pub minor: u32,
}

impl Dev {
    pub const fn new(major: u32, minor: u32) -> Dev {
        Dev { major, minor }
    }

    /// The 64-bit encoding that glibc's `makedev` uses.
    pub const fn encode(self) -> u64 {
        let (ma, mi) = (self.major as u64, self.minor as u64);
        (mi & 0xff) | ((ma & 0xfff) << 8) | ((mi & !0xff) << 12) | ((ma & !0xfff) << 32)
    }
}

/// A user id.
pub type Uid = u32;
/// A group id.
pub type Gid = u32;

/// Seconds and nanoseconds since 1970-01-01 UTC.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timespec {
    pub sec: i64,
    pub nsec: u32,
}

impl Timespec {
    pub const fn new(sec: i64, nsec: u32) -> Timespec {
        Timespec { sec, nsec }
    }

    /// This time plus some nanoseconds.
    pub fn plus_nanos(self, nanos: u64) -> Timespec {
        let total = u64::from(self.nsec) + nanos;
        Timespec {
            sec: self.sec + (total / 1_000_000_000) as i64,
            nsec: (total % 1_000_000_000) as u32,
        }
    }
}

/// What an inode is.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileType {
    Fifo,
    Chr,
    Dir,
    Blk,
    Reg,
    Symlink,
    Sock,
}

impl FileType {
    /// The `S_IFMT` bits.
    pub const fn bits(self) -> u32 {
        match self {
            FileType::Fifo => 0o010_000,
            FileType::Chr => 0o020_000,
            FileType::Dir => 0o040_000,
            FileType::Blk => 0o060_000,
            FileType::Reg => 0o100_000,
            FileType::Symlink => 0o120_000,
            FileType::Sock => 0o140_000,
        }
    }

    /// The `DT_*` number of `getdents64`.
    pub const fn dt(self) -> u8 {
        (self.bits() >> 12) as u8
    }

    pub const fn from_bits(mode: u32) -> Option<FileType> {
        Some(match mode & 0o170_000 {
            0o010_000 => FileType::Fifo,
            0o020_000 => FileType::Chr,
            0o040_000 => FileType::Dir,
            0o060_000 => FileType::Blk,
            0o100_000 => FileType::Reg,
            0o120_000 => FileType::Symlink,
            0o140_000 => FileType::Sock,
            _ => return None,
        })
    }
}

/// The permission bits of a mode: rwx for three classes, sticky, setgid, setuid (12 bits).
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Mode(pub u16);

impl Mode {
    pub const SUID: u16 = 0o4000;
    pub const SGID: u16 = 0o2000;
    pub const STICKY: u16 = 0o1000;

    pub const fn new(bits: u32) -> Mode {
        Mode((bits & 0o7777) as u16)
    }
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }
    pub const fn has(self, bits: u16) -> bool {
        self.0 & bits == bits
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// One component of a path: 1 to 255 bytes, without `/` and NUL, by construction.
/// `.` and `..` are names too (a path walk never passes them to a file system).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    /// # Errors
    /// `ENOENT` when empty, `ENAMETOOLONG` over 255 bytes, `EINVAL` with a slash or NUL.
    pub fn new(bytes: &'a [u8]) -> Result<Name<'a>> {
        if bytes.is_empty() {
            return Err(Errno::ENOENT);
        }
        if bytes.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        if bytes.iter().any(|&b| b == b'/' || b == 0) {
            return Err(Errno::EINVAL);
        }
        Ok(Name(bytes))
    }

    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.0), f)
    }
}

/// What `statx` tells of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attr {
    /// The file system (for an overlay on several file systems: the layer's pseudo) device.
    pub dev: Dev,
    /// The inode number to show.
    pub ino: u64,
    pub kind: FileType,
    pub mode: Mode,
    pub nlink: u32,
    pub uid: Uid,
    pub gid: Gid,
    /// For character and block devices.
    pub rdev: Dev,
    /// Bytes.
    pub size: u64,
    /// Preferred block size in bytes.
    pub blksize: u32,
    /// Allocated 512-byte units.
    pub blocks: u64,
    pub atime: Timespec,
    pub mtime: Timespec,
    pub ctime: Timespec,
    pub btime: Timespec,
}

/// What decides about permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    pub kind: FileType,
    pub mode: Mode,
    pub uid: Uid,
    pub gid: Gid,
}

impl Attr {
    /// The part that decides about permissions.
    pub fn guard(&self) -> Guard {
        Guard { kind: self.kind, mode: self.mode, uid: self.uid, gid: self.gid }
    }

    /// `st_mode`: type and permission bits.
    pub const fn st_mode(&self) -> u32 {
        self.kind.bits() | self.mode.bits()
    }
    pub fn is_dir(&self) -> bool {
        self.kind == FileType::Dir
    }
    /// The size of a regular file; 0 of everything else.
    pub fn file_size(&self) -> u64 {
        if self.kind == FileType::Reg { self.size } else { 0 }
    }
}

/// A time to set.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetTime {
    /// The clock's present stamp (`UTIME_NOW`).
    Now,
    To(Timespec),
}

/// A change of attributes; `None` leaves a field alone. `ctime` always becomes now.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAttr {
    pub mode: Option<Mode>,
    pub uid: Option<Uid>,
    pub gid: Option<Gid>,
    pub size: Option<u64>,
    pub atime: Option<SetTime>,
    pub mtime: Option<SetTime>,
    /// Only touch (a `chown(-1, -1)`): ctime changes, nothing else.
    pub touch: bool,
    /// Privileges go before something else is done, which brings its own stamps.
    pub strips: bool,
}

/// What to create.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeKind {
    Reg,
    Dir,
    Symlink(Vec<u8>),
    Fifo,
    Sock,
    Chr(Dev),
    Blk(Dev),
}

impl NodeKind {
    pub fn file_type(&self) -> FileType {
        match self {
            NodeKind::Reg => FileType::Reg,
            NodeKind::Dir => FileType::Dir,
            NodeKind::Symlink(_) => FileType::Symlink,
            NodeKind::Fifo => FileType::Fifo,
            NodeKind::Sock => FileType::Sock,
            NodeKind::Chr(_) => FileType::Chr,
            NodeKind::Blk(_) => FileType::Blk,
        }
    }
}

/// Flags of `open(2)`, as on Linux x86-64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct OpenFlags(pub u32);

impl OpenFlags {
    pub const RDONLY: OpenFlags = OpenFlags(0);
    pub const WRONLY: OpenFlags = OpenFlags(1);
    pub const RDWR: OpenFlags = OpenFlags(2);
    pub const ACCMODE: u32 = 3;
    pub const CREAT: OpenFlags = OpenFlags(0o100);
    pub const EXCL: OpenFlags = OpenFlags(0o200);
    pub const NOCTTY: OpenFlags = OpenFlags(0o400);
    pub const TRUNC: OpenFlags = OpenFlags(0o1000);
    pub const APPEND: OpenFlags = OpenFlags(0o2000);
    pub const NONBLOCK: OpenFlags = OpenFlags(0o4000);
    pub const DSYNC: OpenFlags = OpenFlags(0o10000);
    pub const DIRECT: OpenFlags = OpenFlags(0o40000);
    pub const LARGEFILE: OpenFlags = OpenFlags(0o100_000);
    pub const DIRECTORY: OpenFlags = OpenFlags(0o200_000);
    pub const NOFOLLOW: OpenFlags = OpenFlags(0o400_000);
    pub const NOATIME: OpenFlags = OpenFlags(0o1_000_000);
    pub const CLOEXEC: OpenFlags = OpenFlags(0o2_000_000);
    pub const SYNC: OpenFlags = OpenFlags(0o4_010_000);
    pub const PATH: OpenFlags = OpenFlags(0o10_000_000);
    pub const TMPFILE: OpenFlags = OpenFlags(0o20_200_000);

    pub const fn has(self, flag: OpenFlags) -> bool {
        self.0 & flag.0 == flag.0
    }
    /// May read: access mode is RDONLY or RDWR.
    pub const fn reads(self) -> bool {
        matches!(self.0 & OpenFlags::ACCMODE, 0 | 2)
    }
    /// May write: access mode is WRONLY or RDWR.
    pub const fn writes(self) -> bool {
        matches!(self.0 & OpenFlags::ACCMODE, 1 | 2)
    }
}

impl std::ops::BitOr for OpenFlags {
    type Output = OpenFlags;
    fn bitor(self, rhs: OpenFlags) -> OpenFlags {
        OpenFlags(self.0 | rhs.0)
    }
}

impl fmt::Debug for OpenFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#o}", self.0)
    }
}

/// Flags of `renameat2(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RenameFlags(pub u32);

impl RenameFlags {
    pub const NONE: RenameFlags = RenameFlags(0);
    pub const NOREPLACE: RenameFlags = RenameFlags(1);
    pub const EXCHANGE: RenameFlags = RenameFlags(2);
    pub const WHITEOUT: RenameFlags = RenameFlags(4);

    pub const fn has(self, flag: RenameFlags) -> bool {
        self.0 & flag.0 == flag.0
    }
}

impl std::ops::BitOr for RenameFlags {
    type Output = RenameFlags;
    fn bitor(self, rhs: RenameFlags) -> RenameFlags {
        RenameFlags(self.0 | rhs.0)
    }
}

/// How `setxattr(2)` treats an attribute that is there, or not.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum XattrMode {
    /// Create or replace.
    #[default]
    Set,
    /// `XATTR_CREATE`: `EEXIST` if there.
    Create,
    /// `XATTR_REPLACE`: `ENODATA` if absent.
    Replace,
}

/// What `statfs(2)` tells of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatFs {
    /// Magic number (`f_type`).
    pub magic: u64,
    /// Bytes.
    pub bsize: u64,
    /// Blocks of `bsize`.
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: u64,
    pub files: u64,
    pub ffree: u64,
    pub fsid: [u32; 2],
    pub namelen: u64,
    /// `ST_*` flags.
    pub flags: u64,
}

/// Where `lseek` starts; `SEEK_DATA` and `SEEK_HOLE` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whence {
    Set,
    Cur,
    End,
    Data,
    Hole,
}

/// One directory entry on its way to the reader.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub ino: u64,
    /// Position after this entry (`d_off`).
    pub next: i64,
    pub kind: FileType,
    pub name: &'a [u8],
}

/// One entry of a directory as `getdents64` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dirent {
    pub ino: u64,
    /// Position of the next entry (`d_off`).
    pub off: i64,
    pub kind: FileType,
    pub name: Vec<u8>,
}

impl From<Entry<'_>> for Dirent {
    fn from(it: Entry<'_>) -> Dirent {
        Dirent { ino: it.ino, off: it.next, kind: it.kind, name: it.name.to_vec() }
    }
}

/// A path as /proc/mounts writes it: octal for what would break the line.
pub fn escape(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for &byte in path {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => {
                out.extend(format!("\\{byte:03o}").bytes());
            }
            _ => out.push(byte),
        }
    }
    out
}

/// Modes of `fallocate(2)` (`FALLOC_FL_*`).
pub mod falloc {
    pub const KEEP_SIZE: u32 = 1;
    pub const PUNCH_HOLE: u32 = 2;
    pub const COLLAPSE_RANGE: u32 = 8;
    pub const ZERO_RANGE: u32 = 16;
    pub const INSERT_RANGE: u32 = 32;
    pub const UNSHARE_RANGE: u32 = 64;
    /// Since Linux 6.17.
    pub const WRITE_ZEROES: u32 = 128;
}

/// Inode flags of `FS_IOC_GETFLAGS` (`chattr`).
pub mod inode_flags {
    pub const SYNC: u32 = 0x8;
    pub const IMMUTABLE: u32 = 0x10;
    pub const APPEND: u32 = 0x20;
    pub const NODUMP: u32 = 0x40;
    pub const NOATIME: u32 = 0x80;
    pub const INDEX: u32 = 0x1000;
    pub const EXTENTS: u32 = 0x80000;
    pub const DIRSYNC: u32 = 0x10000;
    pub const TOPDIR: u32 = 0x20000;
    pub const DAX: u32 = 0x200_0000;
    pub const PROJINHERIT: u32 = 0x2000_0000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(Name::new(b""), Err(Errno::ENOENT));
        assert_eq!(Name::new(&[b'a'; 256]), Err(Errno::ENAMETOOLONG));
        assert_eq!(Name::new(b"a/b"), Err(Errno::EINVAL));
        assert!(Name::new(&[b'a'; 255]).is_ok());
    }

    #[test]
    fn makedev_matches_glibc() {
        assert_eq!(Dev::new(8, 1).encode(), 0x801);
        assert_eq!(Dev::new(0, 0x12345).encode(), 0x1230_0045);
    }
}
