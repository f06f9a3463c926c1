//! What the kernel asks of the file system; the other rooms do the work.

use super::dir::{Dir, Order};
use super::inode::{Body, Inode};
use super::times::Stamp;
use super::{Change, MemFs, Profile, data, direct, hash, limits};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{
    Cx, Emit, Entry, Fh, FileSystem, NewNode, Traits, Transfer, checked, checked::CAPS,
};
use crate::store::Rope;
use crate::types::{
    Attr, FileType, Guard, Ino, Meter, Mode, Name, OpenFlags, RenameFlags, Result, SetAttr, StatFs,
    Whence, XattrMode, inode_flags,
};

impl FileSystem for MemFs {
    fn type_name(&self) -> &'static str {
        match self.profile() {
            Profile::Ext4 => "ext4",
            Profile::Tmpfs => "tmpfs",
            Profile::Ramfs => "ramfs",
            Profile::Xfs => "xfs",
            Profile::Btrfs => "btrfs",
            Profile::Zfs => "zfs",
        }
    }

    fn root(&self) -> Ino {
        match self.profile() {
            Profile::Ext4 => Ino(2),
            Profile::Xfs => Ino(11),
            Profile::Tmpfs | Profile::Ramfs => Ino(1),
            Profile::Btrfs => Ino(256),
            Profile::Zfs => Ino(34),
        }
    }

    fn traits(&self) -> Traits {
        let plain = self.profile() == Profile::Ramfs;
        Traits {
            xattrs: !plain,
            acls: !plain && self.profile() != Profile::Zfs,
            handles: !plain,
            tmpfile: true,
            rename_whiteout: !plain,
            reflink: matches!(self.profile(), Profile::Xfs | Profile::Btrfs),
            read_only: self.read_only,
            depth: 0,
            has_d_real: false,
            confined: self.config.confined,
            ino32: self.profile() == Profile::Ext4,
            block: data::BLOCK as u32,
            size_max: limits::size_max(self.profile()),
        }
    }

    fn pin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.pins += 1;
        }
    }

    fn unpin(&mut self, _cx: &mut Cx<'_>, ino: Ino) {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.pins = node.pins.saturating_sub(1);
        }
        self.settle(ino);
    }

    fn lookup(&mut self, _cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        Ok(Ino(self.node(dir)?.find(name.bytes())?.ino))
    }

    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        let node = self.node(dir)?;
        may(cx.cred, node, checked::may::EXEC)?;
        let found = node.find(name.bytes())?;
        Ok((Ino(found.ino), found.kind))
    }

    fn parent(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        Ok(Ino(self.dir(dir)?.parent))
    }

    fn getattr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let node = self.node(ino)?;
        let (attr, queried) = (self.attr_of(ino, node), node.queried);
        if !queried {
            self.node_mut(ino)?.queried = true;
        }
        Ok(attr)
    }

    fn peek_attr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        Ok(self.attr_of(ino, self.node(ino)?))
    }

    fn kind(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        Ok(self.node(ino)?.body.file_type())
    }

    fn version(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Option<u64> {
        // A removed directory has none, as it is not listed any more.
        let node = self.node(dir).ok().filter(|it| it.nlink > 0)?;
        node.dir().map(|it| it.version)
    }

    fn dirs_version(&self) -> Option<u64> {
        Some(self.moved_dirs)
    }

    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        let now = Stamp::of(cx.clock.coarse());
        if let Some(node) = self.inodes.get_mut(ino.0).filter(|it| it.atime != now) {
            node.atime = now;
            self.note(Change::Inode(ino));
        }
    }

    fn touch_mtime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.changed(cx, ino, true);
    }

    fn show_options(&self) -> Vec<u8> {
        self.options().into_bytes()
    }

    fn set_read_only(&mut self, _cx: &mut Cx<'_>, on: bool) -> Result<()> {
        self.read_only = on;
        Ok(())
    }

    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        let res = self.set_attributes(cx, ino, set);
        self.noted(res)
    }

    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        may(cx.cred, self.node(ino)?, mask)
    }

    fn readlink(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        match &self.node(ino)?.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        let res = self.make(cx, dir, name.bytes(), new);
        self.noted(res)
    }

    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let res = self.make_unnamed(cx, dir, new);
        self.noted(res)
    }

    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.add_link(cx, ino, dir, name.bytes());
        self.noted(res)
    }

    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.remove_file(cx, dir, name.bytes());
        self.noted(res)
    }

    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let res = self.remove_dir(cx, dir, name.bytes());
        self.noted(res)
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
        let res = self.move_name(cx, (dir, name.bytes()), (to_dir, to_name.bytes()), flags);
        self.noted(res)
    }

    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let is_file = self.kind(cx, ino)? == FileType::Reg;
        let past_cache = flags.has(OpenFlags::DIRECT) && !flags.has(OpenFlags::PATH);
        // A ramfs has nothing but the page cache (observed on 6.18).
        if past_cache && is_file && self.profile() == Profile::Ramfs {
            return Err(Errno::EINVAL);
        }
        self.pin(cx, ino);
        Ok(self.opened(flags))
    }

    fn release(&mut self, cx: &mut Cx<'_>, ino: Ino, _fh: Fh) {
        self.unpin(cx, ino);
    }

    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        self.may_read(ino, fh, off, buf.len() as u64)?;
        self.page_in(ino, off, buf.len() as u64)?;
        let done = self.contents(ino)?.read(&mut cx.disks.blobs, off, buf)?;
        self.meter.read += done as u64;
        Ok(done)
    }

    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        self.guard(ino, inode_flags::IMMUTABLE)?;
        let len = data.len() as u64;
        if let Err(errno) = self.may_transfer(cx, Transfer { ino, fh, off, len, writes: true }) {
            self.write_in_part(cx, ino, off, data)?;
            return Err(errno);
        }
        let done = self.write_bytes(cx, ino, off, data)?;
        self.meter.written += done as u64;
        Ok(done)
    }

    fn may_transfer(&mut self, cx: &mut Cx<'_>, ask: Transfer) -> Result<()> {
        if !ask.writes {
            return self.may_read(ask.ino, ask.fh, ask.off, ask.len);
        }
        let res = MemFs::may_write(ask.fh, ask.off, ask.len);
        if res.is_err() {
            // It is stamped before the disk is asked (observed on 6.18).
            self.changed(cx, ask.ino, true);
        }
        res
    }

    /// Pages are written to the disk whole, whatever the descriptor asks for.
    fn store(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        off: u64,
        data: &[u8],
    ) -> Result<usize> {
        self.write(cx, ino, direct::CACHED, off, data)
    }

    fn read_rope(&mut self, _cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        self.page_in(ino, off, len)?;
        let rope = self.contents(ino)?.rope(off, len);
        self.meter.read += rope.data_len();
        Ok(rope)
    }

    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        self.write_shared(cx, ino, off, rope)?;
        self.meter.written += rope.data_len();
        Ok(())
    }

    fn room(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> u64 {
        self.fitting(cx, ino, off, len).unwrap_or(0)
    }

    fn strips_first(&self, mode: u32) -> bool {
        self.profile() == Profile::Ext4 && self.takes_fallocate(mode)
    }

    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        self.allocate(cx, ino, mode, off, len)
    }

    fn seek(&mut self, _cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        self.seek_extent(ino, off, whence)
    }

    fn fault(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<()> {
        self.make_pages(cx, ino, off, len)
    }

    fn fsync(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        self.node(ino).map(|_| ())
    }

    fn readdir(
        &mut self,
        _cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let node = self.node(ino)?;
        let dir = node.dir().ok_or(Errno::ENOTDIR)?;
        if node.nlink == 0 {
            return Err(Errno::ENOENT);
        }
        dir.read(ino.0, pos, &mut |name, slot, next| {
            emit(Entry { ino: self.shown(slot.ino), next, kind: slot.kind, name })
        });
        Ok(())
    }

    fn seekdir(
        &mut self,
        _cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        _pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        self.dir(ino)?;
        const END: i64 = hash::END as i64;
        let hashed = matches!(self.order, Order::Hash(_));
        match whence {
            Whence::Set | Whence::Cur if off >= 0 => Ok(off),
            Whence::End if hashed => {
                END.checked_add(off).filter(|it| *it >= 0).ok_or(Errno::EINVAL)
            }
            // To ext4 a directory is one piece of data up to the end of its hashes (observed on 6.18).
            Whence::Data | Whence::Hole if hashed && !(0..END).contains(&off) => Err(Errno::ENXIO),
            Whence::Data if hashed => Ok(off),
            Whence::Hole if hashed => Ok(END),
            _ => Err(Errno::EINVAL),
        }
    }

    fn getxattr(&mut self, _cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        let value = self.xattr(ino, name)?;
        // Anybody may store an empty one, which the kernel does not read, nor copy up (observed on 6.18).
        if name == CAPS && value.is_empty() { Err(Errno::EINVAL) } else { Ok(value) }
    }

    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let res = self.set_xattr(cx, ino, name, value, mode);
        self.noted(res)
    }

    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        let res = self.remove_xattr(cx, ino, name);
        self.noted(res)
    }

    fn listxattr(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        let node = self.node(ino)?;
        Ok(node.xattrs.iter().flat_map(|it| it.names()).map(<[u8]>::to_vec).collect())
    }

    fn get_flags(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        let node = self.node(ino)?;
        limits::new_flags(self.profile(), node.body.file_type(), 0)?;
        let indexed = node.dir().is_some_and(Dir::is_indexed);
        Ok(node.flags | if indexed { inode_flags::INDEX } else { 0 })
    }

    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()> {
        let new = limits::new_flags(self.profile(), self.node(ino)?.body.file_type(), flags)?;
        self.writable()?;
        self.node_mut(ino)?.flags = new;
        self.meter.metadata += 1;
        self.changed(cx, ino, false);
        Ok(())
    }

    fn statfs(&mut self, _cx: &mut Cx<'_>) -> Result<StatFs> {
        Ok(self.numbers())
    }

    fn encode_handle(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        self.handle_of(ino)
    }

    fn decode_handle(&mut self, _cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        self.by_handle(kind, handle)
    }

    fn uuid(&self) -> [u8; 16] {
        self.config.uuid
    }

    fn meter(&self) -> Meter {
        self.meter
    }
}

fn may(cred: &Cred, node: &Inode, mask: u8) -> Result<()> {
    let acl = node.xattrs.as_deref().and_then(|it| it.get(checked::acl::ACCESS));
    let kind = node.body.file_type();
    let guard = Guard { kind, mode: Mode(node.mode), uid: node.uid, gid: node.gid };
    checked::generic_permission(cred, guard, acl, mask)
}
