//! Block devices: what there is, what each stands on, and which file system is on it.
//!
//! Plain data with the rules of a device and nothing else: the kernel (`vfs`) walks paths, keeps inodes alive
//! and makes file systems. What is on a device is not kept as bytes: a device has a [`Ground`], and a file
//! system made there is kept under it, so that it is found again by any device that stands on the same ground.

mod devices;
pub mod ext4;
pub mod mapper;

pub use devices::{Blocks, Device, Loop, Spot, Volume, What};
pub use ext4::Geometry;

use crate::types::{Dev, FsId, Ino};

/// Major number of loop devices.
pub const LOOP_MAJOR: u32 = 7;
/// Bytes of a sector, in which devices count whatever their real sectors are.
pub const SECTOR: u64 = 512;

/// What the bytes of a device lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// A disk of its own.
    Disk(Dev),
    /// A file.
    File(FsId, Ino),
    /// A thin device of a pool.
    Thin(u32, u32),
}

/// Where a device begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ground {
    pub base: Base,
    /// Bytes into the base.
    pub offset: u64,
}

/// What a program wants of the drivers of devices: the ioctls of `/dev/loop-control`, of a loop device and of
/// a device at large. Paths are as for system calls.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// `LOOP_CTL_GET_FREE`: the number of a loop device that nobody uses; its node comes into being.
    FreeLoop,
    /// `LOOP_CONFIGURE`.
    Attach { device: &'a [u8], file: &'a [u8], setup: Setup },
    /// `LOOP_CLR_FD`.
    Detach { device: &'a [u8] },
    /// `LOOP_SET_CAPACITY`: the file has another size now.
    Resize { device: &'a [u8] },
    /// Every device, as /sys/block shows them.
    List,
    /// `BLKGETSIZE64`: bytes.
    Size { device: &'a [u8] },
    /// What mkfs writes: a new file system on a device or in a file.
    Format { device: &'a [u8], format: &'a Format },
    /// What blkid finds.
    Probe { device: &'a [u8] },
    /// What the metadata of a thin pool say, or those that it keeps for this (`held`).
    Pool { device: &'a [u8], held: bool },
    /// `FITRIM` of the file system that a path is on: bytes that it does not need.
    Trim { path: &'a [u8] },
    /// An ioctl of `/dev/mapper/control`.
    Mapper(mapper::Request<'a>),
}

/// How a loop device shows its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Bytes into the file.
    pub offset: u64,
    /// Bytes of the device; 0 is as far as the file goes.
    pub limit: u64,
    pub read_only: bool,
    /// Detached with its last mount.
    pub autoclear: bool,
}

/// A file system to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// `ext4`, …
    pub kind: String,
    pub label: String,
    /// Zero: one of the kernel's own making.
    pub uuid: [u8; 16],
    /// Inodes (`-N`); 0 is as many as the size asks for.
    pub inodes: u64,
    /// Per cent that only root can use (`-m`).
    pub reserved: Option<u8>,
    /// The inode tables are written at once (`-E lazy_itable_init=0`).
    pub eager: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    Done,
    Number(u64),
    Devices(Vec<Device>),
    Volume(Option<Volume>),
    Text(String),
    Pool(PoolFacts),
}

/// What the metadata of a thin pool say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFacts {
    /// Bytes of a block.
    pub block: u64,
    pub transaction: u64,
    /// Blocks of metadata that are free.
    pub meta_free: u64,
    pub thins: Vec<ThinFacts>,
}

/// A device of the pool, in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThinFacts {
    pub id: u32,
    pub mapped: u64,
    pub exclusive: u64,
    pub transaction: u64,
    pub created: u32,
    pub snapped: u32,
}
