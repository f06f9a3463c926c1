//! What is asked of a file system beside files: the typed form of its `ioctl` calls.

use super::Timespec;

/// A request to a file system with several trees, on an open file or directory of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Where the bytes of a file lie (`FS_IOC_FIEMAP`): [`Controlled::Extents`].
    Extents,
    /// A new tree under a name in this directory (`BTRFS_IOC_SUBVOL_CREATE_V2`).
    Create {
        name: Vec<u8>,
    },
    /// A copy of the tree that the other descriptor stands in, under a name in this directory
    /// (`BTRFS_IOC_SNAP_CREATE_V2`).
    Snapshot {
        name: Vec<u8>,
        read_only: bool,
    },
    /// Takes a tree away that has a name in this directory (`BTRFS_IOC_SNAP_DESTROY`).
    Delete {
        name: Vec<u8>,
    },
    /// All trees: [`Controlled::Trees`].
    Trees,
    /// The number of the tree that this place is in: [`Controlled::Number`].
    Tree,
    /// The tree that is mounted when none is named: [`Controlled::Number`].
    Default,
    SetDefault {
        id: u64,
    },
    SetReadOnly {
        on: bool,
    },
    /// What the device holds: [`Controlled::Space`].
    Space,
    /// Writes all out (`BTRFS_IOC_SYNC`).
    Sync,
    /// Counts what each tree takes, or no longer (`BTRFS_IOC_QUOTA_CTL`).
    Quota {
        on: bool,
    },
    /// A limit of a tree's own group: `None` takes it away (`BTRFS_IOC_QGROUP_LIMIT`).
    Limit {
        id: u64,
        /// Of what only it has, not of all it refers to.
        exclusive: bool,
        bytes: Option<u64>,
    },
    /// [`Controlled::Groups`].
    Groups,
    /// A request to ZFS.
    Zfs(Zfs),
}

/// A request to a pool of ZFS (an `ioctl` of /dev/zfs). Names are full: `tank/a@b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zfs {
    /// Makes a pool of devices, each with its size in bytes.
    PoolCreate {
        name: String,
        devices: Vec<(String, u64)>,
        props: Vec<(String, String)>,
    },
    PoolDestroy {
        name: String,
    },
    /// [`Controlled::Pools`].
    Pools,
    /// Every dataset and snapshot: [`Controlled::Datasets`].
    List,
    /// Whether there is such a dataset: [`Controlled::Done`].
    Exists {
        name: String,
    },
    Create {
        name: String,
        props: Vec<(String, String)>,
    },
    /// All of them at one moment.
    Snapshot {
        names: Vec<String>,
    },
    Clone {
        snapshot: String,
        name: String,
        props: Vec<(String, String)>,
    },
    /// One dataset without children or snapshots, or one snapshot. A snapshot that clones stand on goes with
    /// the last of them if `defer` is set.
    Destroy {
        name: String,
        defer: bool,
    },
    Promote {
        name: String,
    },
    /// Back to the newest snapshot.
    Rollback {
        snapshot: String,
    },
    Rename {
        name: String,
        to: String,
    },
    Set {
        name: String,
        key: String,
        value: String,
    },
    /// Takes a property's own value away, so that it is inherited again.
    Inherit {
        name: String,
        key: String,
    },
}

/// What a [`Control`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Controlled {
    Done,
    Number(u64),
    Extents(Vec<Extent>),
    Trees(Vec<TreeFacts>),
    Space(SpaceFacts),
    Groups(Vec<GroupFacts>),
    Pools(Vec<PoolFacts>),
    Datasets(Vec<DatasetFacts>),
}

/// A run of a file's bytes on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First byte in the file.
    pub at: u64,
    /// First byte on the device; 0 when inline.
    pub place: u64,
    /// Bytes.
    pub len: u64,
    /// Another tree or file has it too.
    pub shared: bool,
    /// Lies in the metadata.
    pub inline: bool,
}

/// A group of level 0 of Btrfs: what one subvolume takes, contents and nodes, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    pub id: u64,
    /// The subvolume's path; `None` when it is gone.
    pub path: Option<Vec<u8>>,
    pub referenced: u64,
    pub exclusive: u64,
    pub limits: Limits,
}

/// What a group may take, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub referenced: Option<u64>,
    pub exclusive: Option<u64>,
}

/// A subvolume of Btrfs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFacts {
    pub id: u64,
    /// The subvolume in which it has its name; 0 for the top one.
    pub parent: u64,
    /// Path below the top; empty for the top itself.
    pub path: Vec<u8>,
    /// The last transaction that changed it.
    pub generation: u64,
    /// The one that made it.
    pub born: u64,
    pub created: Timespec,
    pub uuid: [u8; 16],
    /// Of what it is a snapshot.
    pub origin: Option<[u8; 16]>,
    pub read_only: bool,
    /// Bytes that its files refer to, and those that nobody else does.
    pub total: u64,
    pub exclusive: u64,
}

/// What a Btrfs device holds, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceFacts {
    pub label: Vec<u8>,
    pub uuid: [u8; 16],
    pub size: u64,
    /// Handed out to block groups of data, and used of it.
    pub data: (u64, u64),
    /// The same of metadata, each byte once although all are there twice.
    pub meta: (u64, u64),
    pub system: (u64, u64),
}

/// Bytes of the first block groups of data and of the system on a new Btrfs.
pub const METADATA_DEFAULT: u64 = 8 << 20;

/// What `mkfs.btrfs` gives metadata on one device, once of two copies: a twentieth, at least 32 MiB, at most 256 MiB,
/// or 1 GiB on more than 50 GiB (observed with btrfs-progs 6.2).
pub fn metadata_of(size: u64) -> u64 {
    let most = if size > 50 << 30 { 1 << 30 } else { 256 << 20 };
    (size / 20 / 65536 * 65536).clamp(32 << 20, most)
}

/// A pool of ZFS, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFacts {
    pub name: String,
    pub size: u64,
    pub used: u64,
    pub guid: u64,
    pub devices: Vec<String>,
}

/// A dataset or snapshot of ZFS, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetFacts {
    pub name: String,
    pub is_snapshot: bool,
    pub created: Timespec,
    /// What would be free without it and all below it.
    pub used: u64,
    /// Of that: snapshots, itself, children.
    pub used_by: [u64; 3],
    pub refer: u64,
    pub avail: u64,
    /// The snapshot it was cloned from.
    pub origin: Option<String>,
    /// Of a snapshot: datasets that stand on it.
    pub clones: Vec<String>,
    /// Of a snapshot: it goes with the last clone.
    pub deferred: bool,
    /// Properties that can be set: value, and where it comes from (`local`, `default`, or a dataset's name).
    pub props: Vec<(String, String, String)>,
}
