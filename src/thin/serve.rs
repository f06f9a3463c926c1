//! The file system's calls: those of the file system in memory, after each of which the device follows.

use super::{SUPER, ThinFs};
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Fh, FileSystem, NewNode, Traits, Transfer};
use crate::store::Rope;
use crate::types::{
    Attr, FileType, Ino, Meter, Name, OpenFlags, RenameFlags, Result, SetAttr, StatFs, Whence,
    XattrMode,
};

impl FileSystem for ThinFs {
    /// The pool counts the storage.
    fn meter(&self) -> Meter {
        Meter { allocated: 0, freed: 0, ..self.inner.meter().since(self.past) }
    }

    fn fsync(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        self.inner.fsync(cx, ino)?;
        self.commit(cx);
        Ok(())
    }

    fn sync(&mut self, cx: &mut Cx<'_>) {
        self.commit(cx);
    }

    fn unmounted(&mut self, cx: &mut Cx<'_>) {
        if !self.inner.is_read_only() {
            self.commit(cx);
            self.put(cx, &[SUPER]);
        }
    }

    fn type_name(&self) -> &'static str {
        self.inner.type_name()
    }

    fn root(&self) -> Ino {
        self.inner.root()
    }

    fn traits(&self) -> Traits {
        self.inner.traits()
    }

    fn pin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.inner.pin(cx, ino);
    }

    fn unpin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.inner.unpin(cx, ino);
        self.settle(cx);
    }

    fn lookup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        self.inner.lookup(cx, dir, name)
    }

    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        self.inner.pass(cx, dir, name)
    }

    fn parent(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        self.inner.parent(cx, dir)
    }

    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        self.inner.getattr(cx, ino)
    }

    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        self.inner.peek_attr(cx, ino)
    }

    fn kind(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        self.inner.kind(cx, ino)
    }

    fn version(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Option<u64> {
        self.inner.version(cx, dir)
    }

    fn dirs_version(&self) -> Option<u64> {
        self.inner.dirs_version()
    }

    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.inner.touch_atime(cx, ino);
        self.settle(cx);
    }

    fn touch_mtime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.inner.touch_mtime(cx, ino);
        self.settle(cx);
    }

    /// The pool's blocks are the device's best size, which mke2fs keeps as `stripe` (16 blocks of 4 KiB).
    fn show_options(&self) -> Vec<u8> {
        if self.discards { b"discard,stripe=16".to_vec() } else { b"stripe=16".to_vec() }
    }

    fn set_read_only(&mut self, cx: &mut Cx<'_>, on: bool) -> Result<()> {
        FileSystem::set_read_only(&mut self.inner, cx, on)
    }

    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        let done = self.inner.setattr(cx, ino, set);
        self.settle(cx);
        done
    }

    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        self.inner.permission(cx, ino, mask)
    }

    fn readlink(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        self.inner.readlink(cx, ino)
    }

    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let done = self.inner.create(cx, dir, name, new);
        self.settle(cx);
        done
    }

    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let done = self.inner.tmpfile(cx, dir, new);
        self.settle(cx);
        done
    }

    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let done = self.inner.link(cx, ino, dir, name);
        self.settle(cx);
        done
    }

    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let done = self.inner.unlink(cx, dir, name);
        self.settle(cx);
        done
    }

    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let done = self.inner.rmdir(cx, dir, name);
        self.settle(cx);
        done
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
        let done = self.inner.rename(cx, dir, name, to_dir, to_name, flags);
        self.settle(cx);
        if done.is_ok() && dir != to_dir {
            self.note_parent(cx, to_dir, to_name);
        }
        done
    }

    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let done = self.inner.open(cx, ino, flags);
        self.settle(cx);
        if done.is_ok() {
            self.note_open(cx, ino);
        }
        done
    }

    fn release(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh) {
        self.inner.release(cx, ino, fh);
        self.settle(cx);
    }

    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        self.inner.read(cx, ino, fh, off, buf)
    }

    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        let fits = self.room_for(cx, ino, off, data.len() as u64)?;
        let data = &data[..usize::try_from(fits).map_or(data.len(), |it| it.min(data.len()))];
        let done = self.inner.write(cx, ino, fh, off, data);
        self.settle(cx);
        done
    }

    fn may_transfer(&mut self, cx: &mut Cx<'_>, ask: Transfer) -> Result<()> {
        self.inner.may_transfer(cx, ask)
    }

    fn store(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        // Pages are written to the disk whole, whatever the descriptor asks for.
        let cached = self.inner.open(cx, ino, OpenFlags(2))?;
        self.write(cx, ino, cached, off, data)
    }

    fn read_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        self.inner.read_rope(cx, ino, off, len)
    }

    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        if self.room_for(cx, ino, off, rope.len())? < rope.len() {
            return Err(Errno::ENOSPC);
        }
        let done = self.inner.write_rope(cx, ino, off, rope);
        self.settle(cx);
        done
    }

    fn room(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> u64 {
        self.inner.room(cx, ino, off, len)
    }

    fn strips_first(&self, mode: u32) -> bool {
        self.inner.strips_first(mode)
    }

    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        let done = self.inner.fallocate(cx, ino, mode, off, len);
        self.settle(cx);
        done
    }

    fn seek(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        self.inner.seek(cx, ino, off, whence)
    }

    fn readdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        self.inner.readdir(cx, ino, fh, pos, emit)
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
        self.inner.seekdir(cx, ino, fh, pos, off, whence)
    }

    fn getxattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        self.inner.getxattr(cx, ino, name)
    }

    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let done = self.inner.setxattr(cx, ino, name, value, mode);
        self.settle(cx);
        done
    }

    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        let done = self.inner.removexattr(cx, ino, name);
        self.settle(cx);
        done
    }

    fn listxattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        self.inner.listxattr(cx, ino)
    }

    fn get_flags(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        self.inner.get_flags(cx, ino)
    }

    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()> {
        let done = self.inner.set_flags(cx, ino, flags);
        self.settle(cx);
        done
    }

    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        self.inner.statfs(cx)
    }

    fn encode_handle(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        self.inner.encode_handle(cx, ino)
    }

    fn decode_handle(&mut self, cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        self.inner.decode_handle(cx, kind, handle)
    }

    fn uuid(&self) -> [u8; 16] {
        self.inner.uuid()
    }
}
