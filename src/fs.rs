//! The inode-level file system trait: the only seam between floors.
//!
//! A file system works on inodes, never on paths. It checks what belongs to the file system
//! (does the name exist, is the directory empty, is there space) and nothing that belongs to the
//! caller: permissions, sticky bits, setuid clearing and immutable flags are in [`checked`], which
//! `vfs` uses with the caller's credentials and `overlay` with the mounter's.

pub mod blobs;
pub mod checked;
pub mod clock;
pub mod recorded;

pub use crate::types::Entry;
pub use blobs::{Blobs, NeedBytes};
pub use clock::Clock;

use crate::cred::Cred;
use crate::errno::Errno;
use crate::pool::thin::ThinPool;
use crate::store::{Map, Rope};
use crate::trace::Tracer;
use crate::types::control::{Control, Controlled};
use crate::types::{
    Attr, FileType, FsId, Ino, Layout, Meter, Name, NodeKind, OpenFlags, RenameFlags, Result,
    SetAttr, StatFs, Timespec, Whence, XattrMode,
};
use std::any::Any;

/// An open file or directory inside one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fh(pub u64);

/// What a new inode starts with. The mode is final (umask and default ACL already applied by
/// [`checked`]); setgid inheritance and the owner too.
#[derive(Clone, Debug)]
pub struct NewNode {
    pub kind: NodeKind,
    pub mode: crate::types::Mode,
    pub uid: crate::types::Uid,
    pub gid: crate::types::Gid,
    /// Extended attributes present from the start (POSIX ACLs inherited from the directory).
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Receives entries; returns false when it has no room for this one (which is then not consumed).
pub type Emit<'a> = dyn FnMut(Entry<'_>) -> bool + 'a;

/// What everything below `vfs` gets passed: the machine's disks, who asks, the time, the trace.
pub struct Cx<'a> {
    pub disks: &'a mut Disks,
    pub cred: &'a Cred,
    pub clock: &'a mut Clock,
    pub trace: &'a mut Tracer,
}

impl Cx<'_> {
    /// Calls a file system. Inside `f` that file system is out of the table: a file system never
    /// calls itself through `Cx`.
    ///
    /// # Panics
    /// When the file system is unknown or is in a call already (a broken invariant).
    pub fn on<R>(&mut self, id: FsId, f: impl FnOnce(&mut dyn FileSystem, &mut Cx<'_>) -> R) -> R {
        let mut fs = self.disks.take(id);
        let res = f(&mut *fs, self);
        self.disks.put(id, fs);
        res
    }

    /// The same with other credentials (an overlay acting as its mounter).
    pub fn with_cred<R>(&mut self, cred: &Cred, f: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        let mut cx =
            Cx { disks: &mut *self.disks, cred, clock: &mut *self.clock, trace: &mut *self.trace };
        f(&mut cx)
    }
}

/// All file systems of a machine.
#[derive(Default)]
pub struct Disks {
    slots: Vec<Option<Box<dyn FileSystem>>>,
    /// Counts temporary names (`#1`, `#2`, …): one counter for the whole kernel, as on Linux.
    temps: u64,
    /// What file systems have cost that are gone.
    past: Meter,
    /// Thin pools that file systems lie in, by a number that is never used again.
    pub pools: Map<u32, ThinPool>,
    /// Bytes from outside, and what is wanted of them.
    pub blobs: Blobs,
}

impl Disks {
    /// Adds a file system; ids are never reused.
    pub fn add(&mut self, fs: Box<dyn FileSystem>) -> FsId {
        self.slots.push(Some(fs));
        FsId(self.slots.len() as u32 - 1)
    }

    /// The id that [`Disks::add`] will give next.
    pub fn next_id(&self) -> FsId {
        FsId(self.slots.len() as u32)
    }

    /// The next number for a temporary name in a work directory.
    pub fn next_temp(&mut self) -> u64 {
        self.temps += 1;
        self.temps
    }

    /// Forgets a file system (last unmount).
    pub fn remove(&mut self, id: FsId) -> Option<Box<dyn FileSystem>> {
        let gone = self.slots.get_mut(id.0 as usize).and_then(Option::take)?;
        self.past = self.past.plus(gone.meter());
        Some(gone)
    }

    /// What all that was done on this machine's file systems has cost, those that are gone included.
    pub fn meter(&self) -> Meter {
        let pools = self.pools.values().fold(self.past, |all, it| all.plus(it.meter()));
        self.slots.iter().flatten().fold(pools, |all, fs| all.plus(fs.meter()))
    }

    /// Looks at a file system without calling it.
    pub fn peek(&self, id: FsId) -> Option<&dyn FileSystem> {
        self.slots.get(id.0 as usize).and_then(|slot| slot.as_deref())
    }

    pub fn peek_mut(&mut self, id: FsId) -> Option<&mut Box<dyn FileSystem>> {
        self.slots.get_mut(id.0 as usize).and_then(Option::as_mut)
    }

    pub fn ids(&self) -> impl Iterator<Item = FsId> + '_ {
        (0..self.slots.len() as u32).map(FsId).filter(|id| self.peek(*id).is_some())
    }

    fn take(&mut self, id: FsId) -> Box<dyn FileSystem> {
        self.slots
            .get_mut(id.0 as usize)
            .and_then(Option::take)
            .expect("a file system is mounted and not inside its own call")
    }

    fn put(&mut self, id: FsId, fs: Box<dyn FileSystem>) {
        self.slots[id.0 as usize] = Some(fs);
    }
}

/// A snapshot: cheap, since every file system shares its pages copy-on-write.
impl Clone for Disks {
    fn clone(&self) -> Disks {
        let slots = self.slots.iter().map(|it| it.as_ref().map(|fs| fs.snapshot())).collect();
        Disks {
            slots,
            temps: self.temps,
            past: self.past,
            pools: self.pools.clone(),
            blobs: self.blobs.clone(),
        }
    }
}

/// What a file system has by being a type of its own that can be cloned.
pub trait Snapshot {
    /// A cheap copy-on-write copy of the whole file system.
    fn snapshot(&self) -> Box<dyn FileSystem>;
}

impl<T: FileSystem + Clone> Snapshot for T {
    fn snapshot(&self) -> Box<dyn FileSystem> {
        Box::new(self.clone())
    }
}

/// For the rooms that own the concrete type (mount code, view, fsck).
impl dyn FileSystem {
    pub fn as_any(&self) -> &dyn Any {
        self
    }
    pub fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A file system on inodes.
///
/// Inodes are kept alive by links and by pins ([`FileSystem::pin`]): an open file, a working
/// directory, a mount root and an overlay's dentry each hold one pin. An inode without links and
/// pins is gone. All methods answer `ESTALE` for an inode that is gone.
pub trait FileSystem: Snapshot + Any + Send {
    /// The name in /proc/mounts: `ext4`, `tmpfs`, `overlay`.
    fn type_name(&self) -> &'static str;
    fn root(&self) -> Ino;
    fn traits(&self) -> Traits;

    fn pin(&mut self, cx: &mut Cx<'_>, ino: Ino);
    fn unpin(&mut self, cx: &mut Cx<'_>, ino: Ino);

    /// # Errors
    /// `ENOENT`, `ENOTDIR`; an overlay: `EINVAL`, `EIO`, `EPERM`, `ESTALE` for what it finds on disk.
    fn lookup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino>;
    /// The one number of an inode that may have several, one for each name: to be compared, and to
    /// keep what belongs to the inode under. Everything else goes by the number that was looked up.
    fn identity(&self, ino: Ino) -> Ino {
        ino
    }
    /// The number under which locks of an open file are kept: of the inode that it reads.
    fn lock_identity(&self, ino: Ino, _fh: Fh) -> Ino {
        self.identity(ino)
    }
    /// Goes through a directory: the right to search it, what the name leads to, and its kind.
    ///
    /// # Errors
    /// Those of [`FileSystem::permission`] and of [`FileSystem::lookup`].
    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        self.permission(cx, dir, checked::may::EXEC)?;
        let ino = self.lookup(cx, dir, name)?;
        Ok((ino, self.kind(cx, ino)?))
    }
    /// The directory above (`..`); the root is its own parent.
    fn parent(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Result<Ino>;

    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr>;
    /// The same without the mark that somebody has looked at the stamps (what a file system
    /// stacked on this one does when it works for itself).
    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        self.getattr(cx, ino)
    }
    /// The names of a file as a file system stacked on this one counts them, which need not be those that
    /// `stat` shows: an overlay takes every name of a lower file whose names it does not keep together
    /// for a file of its own, and a directory for one that is there until it is removed by the overlay (observed
    /// on 6.18).
    ///
    /// # Errors
    /// `ESTALE`.
    fn links(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        Ok(self.peek_attr(cx, ino)?.nlink)
    }
    /// Mode, owner and size as the inode has them, which need not be what `stat` shows: an overlay has those
    /// that it saw last (observed on 6.18). They are what a file system stacked on this one goes by, and the size
    /// is how much `copy_file_range` finds to copy. `shown` is what `stat` shows.
    ///
    /// # Errors
    /// `ESTALE`.
    fn known_attr(&mut self, _cx: &mut Cx<'_>, _ino: Ino, shown: Attr) -> Result<Attr> {
        Ok(shown)
    }
    /// The stamps by which relatime decides whether a read moves atime.
    ///
    /// # Errors
    /// `ESTALE`.
    fn known_times(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Times> {
        Ok(Times::of(&self.peek_attr(cx, ino)?))
    }
    /// A read happened: atime becomes now, nothing else (whether it should is the caller's matter).
    fn touch_atime(&mut self, _cx: &mut Cx<'_>, _ino: Ino) {}
    /// Bytes went into a fifo: mtime and ctime become now. An overlay leaves them (observed on 6.18).
    fn touch_mtime(&mut self, _cx: &mut Cx<'_>, _ino: Ino) {}
    /// What the inode is, without marking its stamps as seen.
    ///
    /// # Errors
    /// `ESTALE`.
    fn kind(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        Ok(self.peek_attr(cx, ino)?.kind)
    }
    /// A number that grows with every change of a directory's entries; `None` if none is kept, or of a directory
    /// that was removed.
    fn version(&mut self, _cx: &mut Cx<'_>, _dir: Ino) -> Option<u64> {
        None
    }
    /// A number that grows when a directory loses its name or gets another one; `None` if none is
    /// kept, or if somebody who may search every directory can still be stopped on the way.
    fn dirs_version(&self) -> Option<u64> {
        None
    }
    /// Changes attributes without looking at the caller's rights. ctime becomes now.
    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()>;
    /// May the caller do this? `mask`: 4 read, 2 write, 1 execute or search. The default of
    /// [`checked::permission`] on attributes and ACL; an overlay also asks for its mounter.
    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()>;
    fn readlink(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>>;

    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino>;
    /// An unnamed file (`O_TMPFILE`), pinned by the caller's later [`FileSystem::open`]; it comes
    /// back with one pin that the caller owns.
    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino>;
    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()>;
    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()>;
    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()>;
    fn rename(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: Name<'_>,
        to_dir: Ino,
        to_name: Name<'_>,
        flags: RenameFlags,
    ) -> Result<()>;

    /// Opens a file or directory; an overlay copies up here when the flags ask for it (with
    /// `TRUNC` it copies no data; the truncation itself is a [`FileSystem::setattr`]).
    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh>;
    fn release(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh);
    /// The real file below whose pages a mapping of this open file shows; `None`: its own.
    ///
    /// # Errors
    /// Those of opening that file anew.
    fn mapped(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _fh: Fh) -> Result<Option<(FsId, Ino)>> {
        Ok(None)
    }
    /// Reads into `buf`; 0 at the end of the file.
    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize>;
    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize>;
    /// Bytes are stored in a page of a mapping that others see too (`MAP_SHARED`): a write past which
    /// nothing but the real file's stamps goes (observed on 6.18).
    ///
    /// # Errors
    /// Those of writing.
    fn store(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        self.write(cx, ino, fh, off, data)
    }
    /// Would the disk read or write these bytes for this open file? One that goes past the cache (O_DIRECT)
    /// may ask for what no disk does: a copy between files stumbles over it as a read or a write would
    /// (observed on 6.18).
    ///
    /// # Errors
    /// `EINVAL`.
    fn may_transfer(&mut self, _cx: &mut Cx<'_>, _ask: Transfer) -> Result<()> {
        Ok(())
    }
    /// The bytes as shared chunks, without moving any (`None` at holes).
    fn read_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope>;
    /// Writes shared chunks; holes in the rope stay holes.
    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()>;
    fn fallocate(&mut self, cx: &mut Cx<'_>, ino: Ino, mode: u32, off: u64, len: u64)
    -> Result<()>;
    /// How many bytes of a run there is room for: a copy that does not fit is made as far as it goes.
    fn room(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _off: u64, len: u64) -> u64 {
        len
    }
    /// Can access lists be set on what is there now? An overlay asks the real object, before it copies it up (observed
    /// on 6.18).
    ///
    /// # Errors
    /// `ESTALE`.
    fn takes_acls(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<bool> {
        Ok(true)
    }
    /// Does `fallocate` of this mode begin with taking setuid away, whatever becomes of it? As ext4 does with
    /// modes that it knows (observed on 6.18).
    fn strips_first(&self, _mode: u32) -> bool {
        false
    }
    /// What `SEEK_END` counts from, and how far data and holes go: the size of the file that has the bytes.
    ///
    /// # Errors
    /// `ESTALE`.
    fn data_end(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u64> {
        Ok(self.peek_attr(cx, ino)?.size)
    }
    /// The largest offset that `lseek` goes to: the largest file where the bytes are.
    ///
    /// # Errors
    /// `ESTALE`.
    fn seek_max(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<u64> {
        Ok(self.traits().size_max)
    }
    /// `SEEK_DATA` and `SEEK_HOLE`.
    fn seek(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64>;
    /// Pages of a mapping are looked at: tmpfs makes those that are holes (observed on 6.18).
    ///
    /// # Errors
    /// `EFAULT` where there is no room for them (a program would get SIGBUS).
    fn fault(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _off: u64, _len: u64) -> Result<()> {
        Ok(())
    }
    fn fsync(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<()>;
    /// Writes out all that it has gathered (`syncfs`).
    fn sync(&mut self, _cx: &mut Cx<'_>) {}
    /// Entries from position `pos` on (0 is the start). # Errors: `ENOENT` for a removed directory.
    fn readdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()>;
    /// Checks (and for an overlay performs) `lseek` on a directory that stands at `pos`: returns the
    /// new position.
    fn seekdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64>;

    /// The raw attribute, all namespaces. # Errors: `ENODATA`, `EOPNOTSUPP`.
    fn getxattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>>;
    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()>;
    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()>;
    /// Names in the file system's own order.
    fn listxattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>>;

    /// `FS_IOC_GETFLAGS`.
    fn get_flags(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32>;
    /// `FS_IOC_SETFLAGS`.
    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()>;
    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs>;
    /// The numbers of the tree that an inode is in, where a file system has several.
    ///
    /// # Errors
    /// As [`FileSystem::statfs`].
    fn statfs_at(&mut self, cx: &mut Cx<'_>, _ino: Ino) -> Result<StatFs> {
        self.statfs(cx)
    }

    /// File handle for `P.origin` and `name_to_handle_at`: (type, bytes); `None` without support.
    fn encode_handle(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)>;
    /// # Errors
    /// `ESTALE` when no such inode lives.
    fn decode_handle(&mut self, cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino>;
    /// The file system's uuid, zero if it has none.
    fn uuid(&self) -> [u8; 16];
    /// The options that /proc/mounts shows after the common ones, comma-separated and escaped as
    /// there (`lowerdir=…,upperdir=…`; `size=4k,mode=755`); empty if there are none.
    fn show_options(&self) -> Vec<u8> {
        Vec::new()
    }
    /// What the operations so far have cost: running totals that never shrink. Storage is counted once:
    /// by the file system, device or pool that keeps the bytes, and by nobody above it.
    fn meter(&self) -> Meter {
        Meter::default()
    }
    /// How its storage looks, where several trees share it; `None` of one that shares nothing.
    fn layout(&self) -> Option<Layout> {
        None
    }
    /// The same for a mount whose root is this inode.
    fn show_options_at(&self, _root: Ino) -> Vec<u8> {
        self.show_options()
    }
    /// The roots of all trees that no names lead to, the first one first.
    fn roots(&self) -> Vec<Ino> {
        vec![self.root()]
    }
    /// Where a mount of this file system begins that names this source and these options, and the path of
    /// that place below the root.
    ///
    /// # Errors
    /// `ENOENT`, `EINVAL` for what is not there or not known.
    fn entry(
        &mut self,
        _cx: &mut Cx<'_>,
        _source: &[u8],
        _options: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(Ino, Vec<u8>)> {
        Ok((self.root(), Vec::new()))
    }
    /// Lets a range of a file be the same bytes as that of another, from (inode, place) to (inode, place):
    /// no bytes move, and where blocks are shared the blocks do not either.
    ///
    /// # Errors
    /// `EOPNOTSUPP`, `EINVAL` for places and lengths that are not whole blocks; those of writing.
    fn share(&mut self, cx: &mut Cx<'_>, from: (Ino, u64), to: (Ino, u64), len: u64) -> Result<()> {
        let rope = self.read_rope(cx, from.0, from.1, len)?;
        self.write_rope(cx, to.0, to.1, &rope)
    }
    /// A request beside files, on an inode and for some on a second one.
    ///
    /// # Errors
    /// `ENOTTY`: it is not known here; those of the request.
    fn control(
        &mut self,
        _cx: &mut Cx<'_>,
        _ino: Ino,
        _other: Option<Ino>,
        _ask: &Control,
    ) -> Result<Controlled> {
        Err(Errno::ENOTTY)
    }
    /// Is something in use that has lost its last name? It would have to be written once it is let go,
    /// so nothing becomes read-only before (observed on 6.18).
    fn holds_removed(&self) -> bool {
        false
    }
    /// Remounts the superblock read-only or writable; [`Traits::read_only`] follows.
    ///
    /// # Errors
    /// `EROFS` for one that cannot be written (an overlay without upper), `EINVAL` without support.
    fn set_read_only(&mut self, _cx: &mut Cx<'_>, _on: bool) -> Result<()> {
        Err(Errno::EINVAL)
    }
    /// A rename from one directory to another has begun to look for its names, or has found them. While
    /// it does, no directory can be taken from one name to another by a lookup.
    fn look_for_rename(&mut self, _on: bool) {}
    /// Forgets names that are remembered and not in use (a remount).
    fn forget_unused(&mut self, _cx: &mut Cx<'_>) {}
    /// What to do when the last mount goes away.
    fn unmounted(&mut self, _cx: &mut Cx<'_>) {}
}

/// Bytes that move between a file and its reader or writer.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    pub ino: Ino,
    pub fh: Fh,
    pub off: u64,
    pub len: u64,
    pub writes: bool,
}

/// The stamps of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub atime: Timespec,
    pub mtime: Timespec,
    pub ctime: Timespec,
}

impl Times {
    pub fn of(attr: &Attr) -> Times {
        Times { atime: attr.atime, mtime: attr.mtime, ctime: attr.ctime }
    }
}

/// What a file system can do: what an overlay looks at when it takes it as a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// May hold `trusted.*` and `user.*` attributes (ramfs may not).
    pub xattrs: bool,
    /// New files and directories may have access lists.
    pub acls: bool,
    /// Encodes file handles.
    pub handles: bool,
    /// Supports O_TMPFILE and RENAME_WHITEOUT.
    pub tmpfile: bool,
    pub rename_whiteout: bool,
    /// Shares blocks between files (FICLONE: xfs, btrfs).
    pub reflink: bool,
    /// Superblock is read-only.
    pub read_only: bool,
    /// 0 for a real file system, 1 for an overlay on real ones, 2 for an overlay on that.
    pub depth: u8,
    /// Refused as upper (an overlay).
    pub has_d_real: bool,
    /// Mounted by somebody who is root in a user namespace only, and may do there what belongs to the mount.
    pub confined: bool,
    /// Inode numbers fit in 32 bits (ext4), for xino.
    pub ino32: bool,
    /// Bytes of one block: the granularity of allocation.
    pub block: u32,
    /// The largest file, in bytes (`s_maxbytes`). An overlay has no limit of its own; the real file has.
    pub size_max: u64,
}

/// The largest file that offsets of the kernel can name, in bytes (`MAX_LFS_FILESIZE`).
pub const SIZE_MAX: u64 = i64::MAX as u64;

/// The error for an inode that is gone.
pub const GONE: Errno = Errno::ESTALE;
