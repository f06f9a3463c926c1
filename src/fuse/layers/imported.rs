//! A file system of the machine that stands for a real one: what was imported keeps its inode
//! numbers, file handles and stamps.
//!
//! The content is in a [`MemFs`]. Beside it stands what only the real file system can know; it is
//! shown for an inode until that inode changes.

use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh, FileSystem, NewNode, Times, Traits};
use crate::memfs::MemFs;
use crate::store::Rope;
use crate::types::{
    Attr, FileType, Ino, Meter, Name, OpenFlags, RenameFlags, Result, SetAttr, StatFs, Timespec,
    Whence, XattrMode,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A real file handle: its type and bytes.
pub type Handle = (u8, Vec<u8>);

/// What the real file system says of an inode.
#[derive(Clone, Debug)]
pub struct Shadow {
    pub real: Attr,
    /// The stamp that the inode has here while it is unchanged.
    pub ctime: Timespec,
    /// Links that the import did not see.
    pub other_links: i64,
    pub handle: Option<Handle>,
}

/// The real file system.
#[derive(Clone, Debug)]
pub struct Real {
    pub uuid: [u8; 16],
    pub stat: StatFs,
    /// An inode number has 32 bits at most (ext4).
    pub ino32: bool,
    pub handles: bool,
}

/// Numbers of new inodes begin here: real ones are rarely so large.
const NEW: u64 = 1 << 31;
/// Type of the handles of new inodes, which no real file system has.
pub const NEW_HANDLE: u8 = 0xf1;

/// The imported file system.
#[derive(Clone, Debug)]
pub struct Imported {
    mem: MemFs,
    real: Arc<Real>,
    shadows: Arc<BTreeMap<Ino, Shadow>>,
    by_handle: Arc<BTreeMap<Handle, Ino>>,
}

impl Imported {
    pub fn new(mem: MemFs, real: Real) -> Imported {
        let (shadows, by_handle) = (Arc::default(), Arc::default());
        Imported { mem, real: Arc::new(real), shadows, by_handle }
    }

    /// The import has made this inode.
    pub fn shadow(&mut self, ino: Ino, shadow: Shadow) {
        if let Some(handle) = &shadow.handle {
            Arc::make_mut(&mut self.by_handle).insert(handle.clone(), ino);
        }
        Arc::make_mut(&mut self.shadows).insert(ino, shadow);
    }

    /// The import is complete: as much room as the real file system has is left.
    pub fn settle(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let used = self.mem.statfs(cx)?;
        let per = self.real.stat.bsize.max(512);
        let free = self.real.stat.bavail.saturating_mul(per) / used.bsize.max(1);
        let blocks = (used.blocks - used.bfree).saturating_add(free);
        let inodes = (used.files - used.ffree).saturating_add(self.real.stat.ffree.max(1));
        self.mem.set_limits(blocks, inodes);
        Ok(())
    }

    /// The real inode that this one stands for, if it was imported.
    pub fn shadow_of(&self, ino: Ino) -> Option<&Shadow> {
        self.shadows.get(&ino)
    }

    /// An inode that was born here stands for no real one, whatever its number stood for before.
    fn born(&mut self, ino: Result<Ino>) -> Result<Ino> {
        let ino = ino?;
        if self.shadows.contains_key(&ino)
            && let Some(old) = Arc::make_mut(&mut self.shadows).remove(&ino)
            && let Some(handle) = &old.handle
        {
            Arc::make_mut(&mut self.by_handle).remove(handle);
        }
        Ok(ino)
    }

    fn shown(&self, ino: Ino, mut attr: Attr) -> Attr {
        let Some(shadow) = self.shadows.get(&ino) else {
            attr.ino = NEW + ino.0;
            return attr;
        };
        attr.ino = shadow.real.ino;
        attr.btime = shadow.real.btime;
        attr.nlink = u32::try_from(i64::from(attr.nlink) + shadow.other_links).unwrap_or(1);
        if attr.ctime == shadow.ctime {
            attr.ctime = shadow.real.ctime;
            (attr.size, attr.blocks) = (shadow.real.size, shadow.real.blocks);
        }
        attr
    }
}

/// Methods that the content answers alone.
macro_rules! by_content {
    ($(fn $name:ident(&mut self $(, $arg:ident: $ty:ty)*) -> $ret:ty;)*) => {
        $(fn $name(&mut self, cx: &mut Cx<'_> $(, $arg: $ty)*) -> $ret {
            self.mem.$name(cx $(, $arg)*)
        })*
    };
}

impl FileSystem for Imported {
    fn type_name(&self) -> &'static str {
        self.mem.type_name()
    }
    fn root(&self) -> Ino {
        self.mem.root()
    }
    fn traits(&self) -> Traits {
        Traits { ino32: self.real.ino32, handles: self.real.handles, ..self.mem.traits() }
    }
    fn strips_first(&self, mode: u32) -> bool {
        self.mem.strips_first(mode)
    }
    fn uuid(&self) -> [u8; 16] {
        self.real.uuid
    }
    fn meter(&self) -> Meter {
        self.mem.meter()
    }
    fn show_options(&self) -> Vec<u8> {
        self.mem.show_options()
    }

    by_content! {
        fn pin(&mut self, ino: Ino) -> ();
        fn unpin(&mut self, ino: Ino) -> ();
        fn lookup(&mut self, dir: Ino, name: Name<'_>) -> Result<Ino>;
        fn parent(&mut self, dir: Ino) -> Result<Ino>;
        fn known_times(&mut self, ino: Ino) -> Result<Times>;
        fn touch_atime(&mut self, ino: Ino) -> ();
        fn touch_mtime(&mut self, ino: Ino) -> ();
        fn kind(&mut self, ino: Ino) -> Result<FileType>;
        fn version(&mut self, dir: Ino) -> Option<u64>;
        fn setattr(&mut self, ino: Ino, set: &SetAttr) -> Result<()>;
        fn permission(&mut self, ino: Ino, mask: u8) -> Result<()>;
        fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>>;
        fn link(&mut self, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()>;
        fn unlink(&mut self, dir: Ino, name: Name<'_>) -> Result<()>;
        fn rmdir(&mut self, dir: Ino, name: Name<'_>) -> Result<()>;
        fn open(&mut self, ino: Ino, flags: OpenFlags) -> Result<Fh>;
        fn release(&mut self, ino: Ino, fh: Fh) -> ();
        fn read(&mut self, ino: Ino, fh: Fh, off: u64, buf: &mut [u8]) -> Result<usize>;
        fn write(&mut self, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize>;
        fn read_rope(&mut self, ino: Ino, off: u64, len: u64) -> Result<Rope>;
        fn write_rope(&mut self, ino: Ino, off: u64, rope: &Rope) -> Result<()>;
        fn fallocate(&mut self, ino: Ino, mode: u32, off: u64, len: u64) -> Result<()>;
        fn seek(&mut self, ino: Ino, off: u64, whence: Whence) -> Result<u64>;
        fn fsync(&mut self, ino: Ino) -> Result<()>;
        fn getxattr(&mut self, ino: Ino, name: &[u8]) -> Result<Vec<u8>>;
        fn removexattr(&mut self, ino: Ino, name: &[u8]) -> Result<()>;
        fn listxattr(&mut self, ino: Ino) -> Result<Vec<Vec<u8>>>;
        fn get_flags(&mut self, ino: Ino) -> Result<u32>;
        fn set_flags(&mut self, ino: Ino, flags: u32) -> Result<()>;
        fn unmounted(&mut self) -> ();
    }

    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let attr = self.mem.getattr(cx, ino)?;
        Ok(self.shown(ino, attr))
    }
    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let attr = self.mem.peek_attr(cx, ino)?;
        Ok(self.shown(ino, attr))
    }
    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let ino = self.mem.create(cx, dir, name, new);
        self.born(ino)
    }
    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let ino = self.mem.tmpfile(cx, dir, new);
        self.born(ino)
    }
    fn rename(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: Name<'_>,
        to_dir: Ino,
        to_name: Name<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        self.mem.rename(cx, dir, name, to_dir, to_name, flags)?;
        if flags.has(RenameFlags::WHITEOUT) {
            let ino = self.mem.lookup(cx, dir, name);
            self.born(ino)?;
        }
        Ok(())
    }
    fn readdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let shadows = &self.shadows;
        self.mem.readdir(cx, ino, fh, pos, &mut |entry| {
            let known = shadows.get(&Ino(entry.ino)).map(|it| it.real.ino);
            emit(Entry { ino: known.unwrap_or(NEW + entry.ino), ..entry })
        })
    }
    fn seekdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        self.mem.seekdir(cx, ino, fh, pos, off, whence)
    }
    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        self.mem.setxattr(cx, ino, name, value, mode)
    }
    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        let mem = self.mem.statfs(cx)?;
        let real = self.real.stat;
        let per = real.bsize.max(1);
        let blocks = |n: u64| n.saturating_mul(mem.bsize) / per;
        Ok(StatFs {
            bfree: (real.bfree - real.bavail.min(real.bfree)).saturating_add(blocks(mem.bavail)),
            bavail: blocks(mem.bavail),
            ffree: mem.ffree,
            ..real
        })
    }
    fn encode_handle(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        match self.shadows.get(&ino) {
            Some(shadow) => shadow.handle.clone(),
            None => Some((NEW_HANDLE, self.mem.encode_handle(cx, ino)?.1)),
        }
    }
    fn decode_handle(&mut self, cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        if kind == NEW_HANDLE {
            return self.mem.decode_handle(cx, 1, handle);
        }
        let ino = self.by_handle.get(&(kind, handle.to_vec())).copied().ok_or(Errno::ESTALE)?;
        self.mem.kind(cx, ino).map(|_| ino)
    }
    fn set_read_only(&mut self, cx: &mut Cx<'_>, on: bool) -> Result<()> {
        FileSystem::set_read_only(&mut self.mem, cx, on)
    }
}
