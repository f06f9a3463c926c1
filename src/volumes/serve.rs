//! The trees as one file system: each call goes to the tree of its inode.

use super::book::BLOCK;
use super::{Kind, Volumes, btrfs, join, split, zfs};
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh, FileSystem, NewNode, Traits};
use crate::store::{Rope, Seg};
use crate::types::control::{Control, Controlled};
use crate::types::{
    Attr, FileType, Ino, Layout, Meter, Name, NodeKind, OpenFlags, RenameFlags, Result, SetAttr,
    StatFs, Whence, XattrMode,
};
use std::sync::Arc;

/// The number that `stat` shows of a directory whose tree is not part of a snapshot (observed on 6.18).
const STUB: u64 = 2;

impl Volumes {
    fn hold(&mut self, ino: Ino, on: bool) {
        let (id, ino) = split(ino);
        let Ok(tree) = self.tree_mut(id) else { return };
        let pins = Arc::make_mut(&mut tree.pins);
        let held = pins.get(&ino.0).copied().unwrap_or(0);
        let held = if on { held + 1 } else { held.saturating_sub(1) };
        match held {
            0 => pins.remove(&ino.0),
            held => pins.insert(ino.0, held),
        };
    }

    /// After something was let go: books, and takes away a tree that nobody uses any more.
    fn let_go(&mut self, ino: Ino) {
        self.hold(ino, false);
        let id = split(ino).0;
        self.book(id);
        if self.tree(id).is_ok_and(|tree| tree.dead && tree.pins.is_empty()) {
            self.drop_tree(id);
        }
    }

    /// A new name in a directory that only remembers where a tree was: nothing can be made there.
    fn in_real_dir(&self, dir: Ino, kind: FileType) -> Result<()> {
        match (self.is_stub(dir), kind) {
            (false, _) => Ok(()),
            (true, FileType::Reg) => Err(Errno::EACCES),
            (true, _) => Err(Errno::EPERM),
        }
    }

    /// Is there room for a write of this range?
    fn fits(&self, ino: Ino, from: u64, to: u64) -> Result<()> {
        let id = split(ino).0;
        let (room, errno) = self.room_in(id);
        if self.needs(id, from, to) > room { Err(errno) } else { Ok(()) }
    }

    /// As much of a write as there is room for.
    fn fitting(&self, ino: Ino, off: u64, len: u64) -> Result<u64> {
        if len == 0 || self.fits(ino, off, off.saturating_add(len)).is_ok() {
            return Ok(len);
        }
        let unit = self.pool.geometry().unit.max(BLOCK);
        let (room, errno) = self.room_in(split(ino).0);
        let room = room * self.pool.geometry().unit / unit * unit;
        let end = (off / unit * unit).saturating_add(room);
        match end.saturating_sub(off) {
            0 => Err(errno),
            len if self.fits(ino, off, off + len).is_ok() => Ok(len),
            _ => Err(errno),
        }
    }

    /// Moves the name of a tree from one directory to another, perhaps of another tree.
    fn move_link(
        &mut self,
        cx: &mut Cx<'_>,
        (dir, name): (Ino, Name<'_>),
        (to_dir, to_name): (Ino, Name<'_>),
        flags: RenameFlags,
    ) -> Result<()> {
        let (from_tree, to_tree) = (split(dir).0, split(to_dir).0);
        let old = self.on(dir, |f, dir| f.lookup(cx, dir, name))??;
        let Some(Some(id)) = self.link_of(join(from_tree, old)) else {
            return Err(Errno::EXDEV);
        };
        if flags.0 & !RenameFlags::NOREPLACE.0 != 0 {
            return Err(Errno::EXDEV);
        }
        // Not into itself.
        let mut above = Some(to_tree);
        while let Some(it) = above {
            if it == id {
                return Err(Errno::EINVAL);
            }
            above = self.tree(it)?.home.map(|home| home.0);
        }
        let attr = self.on(dir, |f, _| f.peek_attr(cx, old))??;
        let new = NewNode {
            kind: NodeKind::Dir,
            mode: attr.mode,
            uid: attr.uid,
            gid: attr.gid,
            xattrs: Vec::new(),
        };
        let made = self.change(to_dir, |f, dir| f.create(cx, dir, to_name, &new))?;
        self.set_link(from_tree, old.0, None);
        self.change(dir, |f, dir| f.rmdir(cx, dir, name))?;
        self.set_link(to_tree, made.0, Some(Some(id)));
        self.tree_mut(id)?.home = Some((to_tree, made.0));
        Ok(())
    }

    /// What ZFS says of a file's blocks: those of the pool.
    fn shown(&self, ino: Ino, mut attr: Attr) -> Attr {
        if self.is_stub(ino) {
            attr.ino = STUB;
        }
        if matches!(self.kind, Kind::Zfs(_)) {
            let (blksize, blocks) = self.blocks_on_zfs(ino, &attr);
            (attr.blksize, attr.blocks) = (blksize, blocks);
        }
        attr
    }
}

impl FileSystem for Volumes {
    fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Btrfs(_) => "btrfs",
            Kind::Zfs(_) => "zfs",
        }
    }

    fn root(&self) -> Ino {
        self.root_of(match &self.kind {
            Kind::Btrfs(_) => btrfs::TOP,
            Kind::Zfs(own) => own.top(),
        })
    }

    fn roots(&self) -> Vec<Ino> {
        let top = self.root();
        let other = |id: u64| Some(self.root_of(id)).filter(|it| *it != top);
        match &self.kind {
            Kind::Btrfs(_) => vec![top],
            Kind::Zfs(_) => {
                let rest = self.trees.iter().filter_map(|(id, _)| other(id));
                [top].into_iter().chain(rest).collect()
            }
        }
    }

    fn traits(&self) -> Traits {
        let tree = self.tree(split(self.root()).0);
        let traits = tree.map(|tree| tree.fs.traits());
        let usual = || crate::memfs::MemFs::new(self.profile()).traits();
        Traits { read_only: self.read_only, ..traits.unwrap_or_else(|_| usual()) }
    }

    fn layout(&self) -> Option<Layout> {
        Some(self.picture())
    }

    fn meter(&self) -> Meter {
        self.costs()
    }

    fn pin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        self.hold(ino, true);
        let _ = self.on(ino, |f, ino| f.pin(cx, ino));
    }

    fn unpin(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        let _ = self.on(ino, |f, ino| f.unpin(cx, ino));
        self.let_go(ino);
    }

    fn lookup(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        let found = self.on(dir, |f, dir| f.lookup(cx, dir, name))??;
        Ok(self.through(join(split(dir).0, found)))
    }

    fn pass(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<(Ino, FileType)> {
        let (found, kind) = self.on(dir, |f, dir| f.pass(cx, dir, name))??;
        Ok((self.through(join(split(dir).0, found)), kind))
    }

    fn parent(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        let (id, _) = split(dir);
        match self.tree(id)?.home {
            Some((above, name)) if dir == self.root_of(id) => {
                let name = join(above, Ino(name));
                Ok(join(above, self.on(name, |f, name| f.parent(cx, name))??))
            }
            _ => Ok(join(id, self.on(dir, |f, dir| f.parent(cx, dir))??)),
        }
    }

    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let attr = self.on(ino, |f, ino| f.getattr(cx, ino))??;
        Ok(self.shown(ino, attr))
    }

    fn peek_attr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let attr = self.on(ino, |f, ino| f.peek_attr(cx, ino))??;
        Ok(self.shown(ino, attr))
    }

    fn kind(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<FileType> {
        self.on(ino, |f, ino| f.kind(cx, ino))?
    }

    fn version(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Option<u64> {
        self.on(dir, |f, dir| f.version(cx, dir)).ok()?
    }

    fn touch_atime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        if self.tree(split(ino).0).is_ok_and(|tree| !tree.fs.is_read_only()) {
            let _ = self.change(ino, |f, ino| {
                f.touch_atime(cx, ino);
                Ok(())
            });
        }
    }

    fn touch_mtime(&mut self, cx: &mut Cx<'_>, ino: Ino) {
        let _ = self.change(ino, |f, ino| {
            f.touch_mtime(cx, ino);
            Ok(())
        });
    }

    fn setattr(&mut self, cx: &mut Cx<'_>, ino: Ino, set: &SetAttr) -> Result<()> {
        self.open.pass(cx.clock.now());
        if let Some(size) = set.size
            && size % BLOCK != 0
        {
            self.fits(ino, size - 1, size)?;
        }
        self.change(ino, |f, ino| f.setattr(cx, ino, set))
    }

    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        self.on(ino, |f, ino| f.permission(cx, ino, mask))?
    }

    fn readlink(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        self.on(ino, |f, ino| f.readlink(cx, ino))?
    }

    fn create(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>, new: &NewNode) -> Result<Ino> {
        self.in_real_dir(dir, new.kind.file_type())?;
        let made = self.change(dir, |f, dir| f.create(cx, dir, name, new))?;
        Ok(join(split(dir).0, made))
    }

    fn tmpfile(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        self.in_real_dir(dir, FileType::Reg)?;
        let made = self.change(dir, |f, dir| f.tmpfile(cx, dir, new))?;
        let made = join(split(dir).0, made);
        self.hold(made, true);
        Ok(made)
    }

    fn link(&mut self, cx: &mut Cx<'_>, ino: Ino, dir: Ino, name: Name<'_>) -> Result<()> {
        let (tree, own) = split(ino);
        if tree != split(dir).0 {
            return Err(Errno::EXDEV);
        }
        self.in_real_dir(dir, FileType::Sock)?;
        self.change(dir, |f, dir| f.link(cx, own, dir, name))
    }

    fn unlink(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        self.change(dir, |f, dir| f.unlink(cx, dir, name))
    }

    fn rmdir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<()> {
        let found = self.on(dir, |f, dir| f.lookup(cx, dir, name))??;
        let place = join(split(dir).0, found);
        match self.link_of(place) {
            Some(Some(id)) => self.remove_subvolume(cx, dir, name, id, true),
            Some(None) => {
                self.change(dir, |f, dir| f.rmdir(cx, dir, name))?;
                self.set_link(split(dir).0, found.0, None);
                Ok(())
            }
            None => self.change(dir, |f, dir| f.rmdir(cx, dir, name)),
        }
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
        let (tree, to_own) = (split(dir).0, split(to_dir).1);
        self.in_real_dir(to_dir, FileType::Dir)?;
        if tree != split(to_dir).0 {
            return self.move_link(cx, (dir, name), (to_dir, to_name), flags);
        }
        // Over the name of another tree nothing is moved.
        let over = self.on(to_dir, |f, dir| f.lookup(cx, dir, to_name))?;
        let is_name = over.is_ok_and(|it| self.link_of(join(tree, it)).is_some());
        if is_name && !flags.has(RenameFlags::EXCHANGE) {
            let same = self.on(dir, |f, dir| f.lookup(cx, dir, name))?;
            return if same == over { Ok(()) } else { Err(Errno::ENOTEMPTY) };
        }
        self.change(dir, |f, dir| f.rename(cx, dir, name, to_own, to_name, flags))
    }

    fn open(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        let fh = self.on(ino, |f, ino| f.open(cx, ino, flags))??;
        self.hold(ino, true);
        Ok(fh)
    }

    fn release(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh) {
        let _ = self.on(ino, |f, ino| f.release(cx, ino, fh));
        self.let_go(ino);
    }

    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        self.on(ino, |f, ino| f.read(cx, ino, fh, off, buf))?
    }

    fn write(&mut self, cx: &mut Cx<'_>, ino: Ino, fh: Fh, off: u64, data: &[u8]) -> Result<usize> {
        self.open.pass(cx.clock.now());
        let len = self.fitting(ino, off, data.len() as u64)?;
        self.change(ino, |f, ino| f.write(cx, ino, fh, off, &data[..len as usize]))
    }

    fn read_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, len: u64) -> Result<Rope> {
        self.on(ino, |f, ino| f.read_rope(cx, ino, off, len))?
    }

    fn write_rope(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, rope: &Rope) -> Result<()> {
        self.open.pass(cx.clock.now());
        let mut at = off;
        for seg in &rope.segs {
            if !matches!(seg, Seg::Hole(_)) {
                self.fits(ino, at, at.saturating_add(seg.len()))?;
            }
            at = at.saturating_add(seg.len());
        }
        self.change(ino, |f, ino| f.write_rope(cx, ino, off, rope))
    }

    fn share(&mut self, cx: &mut Cx<'_>, from: (Ino, u64), to: (Ino, u64), len: u64) -> Result<()> {
        self.reflink(cx, from, to, len)
    }

    fn fallocate(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        mode: u32,
        off: u64,
        len: u64,
    ) -> Result<()> {
        if !self.takes_fallocate(mode) {
            return Err(Errno::EOPNOTSUPP);
        }
        self.change(ino, |f, ino| f.fallocate(cx, ino, mode, off, len))
    }

    fn seek(&mut self, cx: &mut Cx<'_>, ino: Ino, off: u64, whence: Whence) -> Result<u64> {
        self.on(ino, |f, ino| f.seek(cx, ino, off, whence))?
    }

    fn fsync(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<()> {
        self.open.commit();
        self.on(ino, |f, ino| f.fsync(cx, ino))?
    }

    fn sync(&mut self, _cx: &mut Cx<'_>) {
        self.set_group(false);
        self.open.commit();
    }

    fn readdir(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let links = self.tree(split(ino).0)?.links.clone();
        self.on(ino, |f, own| {
            f.readdir(cx, own, fh, pos, &mut |entry| {
                // The name of a tree comes with the tree's number.
                let number = match links.get(&entry.ino) {
                    Some(Some(tree)) => *tree,
                    Some(None) => STUB,
                    None => entry.ino,
                };
                emit(Entry { ino: number, ..entry })
            })
        })?
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
        self.on(ino, |f, ino| f.seekdir(cx, ino, fh, pos, off, whence))?
    }

    fn getxattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<Vec<u8>> {
        self.on(ino, |f, ino| f.getxattr(cx, ino, name))?
    }

    fn setxattr(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        self.change(ino, |f, ino| f.setxattr(cx, ino, name, value, mode))
    }

    fn removexattr(&mut self, cx: &mut Cx<'_>, ino: Ino, name: &[u8]) -> Result<()> {
        self.change(ino, |f, ino| f.removexattr(cx, ino, name))
    }

    fn listxattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<Vec<u8>>> {
        self.on(ino, |f, ino| f.listxattr(cx, ino))?
    }

    fn get_flags(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<u32> {
        self.on(ino, |f, ino| f.get_flags(cx, ino))?
    }

    fn set_flags(&mut self, cx: &mut Cx<'_>, ino: Ino, flags: u32) -> Result<()> {
        self.change(ino, |f, ino| f.set_flags(cx, ino, flags))
    }

    fn statfs(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        let root = self.root();
        self.statfs_at(cx, root)
    }

    fn statfs_at(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<StatFs> {
        let plain = self.on(ino, |f, _| f.statfs(cx))??;
        Ok(match self.kind {
            Kind::Btrfs(_) => self.btrfs_numbers(plain),
            Kind::Zfs(_) => self.zfs_numbers(split(ino).0, plain),
        })
    }

    fn encode_handle(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Option<(u8, Vec<u8>)> {
        let (id, _) = split(ino);
        let (_, own) = self.on(ino, |f, ino| f.encode_handle(cx, ino)).ok()??;
        // Object, root, generation (`FILEID_BTRFS_WITHOUT_PARENT`).
        let object = split(ino).1.0.to_le_bytes();
        Some((0x4d, [&object[..], &id.to_le_bytes(), own.get(4..8)?].concat()))
    }

    fn decode_handle(&mut self, cx: &mut Cx<'_>, kind: u8, handle: &[u8]) -> Result<Ino> {
        let word = |at: usize| -> Result<u64> {
            let bytes = handle.get(at..at + 8).ok_or(Errno::ESTALE)?;
            Ok(bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)))
        };
        if kind != 0x4d || handle.len() != 20 {
            return Err(Errno::ESTALE);
        }
        let (object, id) = (word(0)?, word(8)?);
        let own = [&(object as u32).to_le_bytes()[..], &handle[16..]].concat();
        let found = self.on(join(id, Ino(object)), |f, _| f.decode_handle(cx, 1, &own))??;
        Ok(join(id, found))
    }

    fn uuid(&self) -> [u8; 16] {
        self.uuid
    }

    fn show_options_at(&self, ino: Ino) -> Vec<u8> {
        match &self.kind {
            Kind::Btrfs(_) => self.btrfs_options(split(ino).0),
            Kind::Zfs(_) => b"xattr,noacl".to_vec(),
        }
    }

    fn show_options(&self) -> Vec<u8> {
        self.show_options_at(self.root())
    }

    fn set_read_only(&mut self, _cx: &mut Cx<'_>, on: bool) -> Result<()> {
        self.read_only = on;
        let ids: Vec<u64> = self.trees.iter().map(|(id, _)| id).collect();
        for id in ids {
            let own = self.tree(id)?.facts.read_only;
            self.set_tree_read_only(id, own)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        cx: &mut Cx<'_>,
        source: &[u8],
        options: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(Ino, Vec<u8>)> {
        match self.kind {
            Kind::Btrfs(_) => self.btrfs_entry(cx, options),
            Kind::Zfs(_) => self.zfs_entry(source, options),
        }
    }

    fn control(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        other: Option<Ino>,
        ask: &Control,
    ) -> Result<Controlled> {
        // Questions change nothing; all else is a transaction.
        let asks = matches!(
            ask,
            Control::Trees
                | Control::Tree
                | Control::Default
                | Control::Space
                | Control::Groups
                | Control::Extents
        );
        if !asks {
            self.generation += 1;
            self.open.commit();
        }
        match (ask, &self.kind) {
            (Control::Extents, Kind::Btrfs(_)) => Ok(Controlled::Extents(self.extents(ino)?)),
            (Control::Zfs(ask), Kind::Zfs(_)) => zfs::control(self, cx, ask),
            (_, Kind::Btrfs(_)) => btrfs::control(self, cx, ino, other, ask),
            _ => Err(Errno::ENOTTY),
        }
    }
}
