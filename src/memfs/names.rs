//! Names: creating, linking, removing and renaming.

use super::dir::{Dir, Order, Slot};
use super::inode::{Body, Inode};
use super::times::Stamp;
use super::{Change, MemFs, Profile, limits};
use crate::errno::Errno;
use crate::fs::checked::acl::{self, Acl};
use crate::fs::{Cx, FileSystem, NewNode};
use crate::types::{Dev, FileType, Ino, Mode, NodeKind, RenameFlags, Result, XattrMode};
use std::sync::Arc;

/// Blocks that one new name can take at most: a directory becomes indexed, or its index grows.
const DIR_GROWTH: u64 = 3;

/// A name in a directory.
type At<'a> = (Ino, &'a [u8]);

impl MemFs {
    /// The directory, if names can be made in it: `ENOENT` when it is removed.
    fn live_dir(&self, ino: Ino) -> Result<&Dir> {
        let dir = self.dir(ino)?;
        if self.node(ino)?.nlink == 0 { Err(Errno::ENOENT) } else { Ok(dir) }
    }

    fn slot(&self, (dir, name): At<'_>) -> Result<Slot> {
        self.dir(dir)?.get(name).ok_or(Errno::ENOENT)
    }

    pub(super) fn make(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: &[u8],
        new: &NewNode,
    ) -> Result<Ino> {
        if self.live_dir(dir)?.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        self.writable()?;
        self.room_for_name(cx, dir, name)?;
        let kind = new.kind.file_type();
        if kind == FileType::Dir {
            self.check_dir_links(dir)?;
        }
        let ino = self.born(cx, dir, new, 1)?;
        if kind == FileType::Dir {
            self.node_mut(ino)?.nlink = 2;
            self.link_dir(dir)?;
        }
        self.in_dir(dir, |it| it.insert(name, Slot { ino: ino.0, kind }))?;
        self.changed(cx, dir, true);
        Ok(ino)
    }

    /// Is there room on disk for a new name?
    fn room_for_name(&self, cx: &Cx<'_>, dir: Ino, name: &[u8]) -> Result<()> {
        let full = !self.room_for(cx, DIR_GROWTH) && self.dir(dir)?.would_grow(name);
        if full { Err(Errno::ENOSPC) } else { Ok(()) }
    }

    /// Changes the entries of a directory, and keeps count of its blocks.
    fn in_dir<R>(&mut self, dir: Ino, f: impl FnOnce(&mut Dir) -> Result<R>) -> Result<R> {
        let mut dir = self.dir_mut(dir)?;
        let before = dir.blocks();
        let res = f(&mut dir);
        let after = dir.blocks();
        drop(dir);
        self.use_blocks(before, after);
        res
    }

    /// ext4: a directory in its first block takes no more subdirectories than a file takes links.
    fn check_dir_links(&self, dir: Ino) -> Result<()> {
        let node = self.node(dir)?;
        let full = node.nlink >= limits::link_max(self.profile());
        if full && node.dir().is_some_and(|it| !it.is_indexed()) {
            return Err(Errno::EMLINK);
        }
        Ok(())
    }

    /// One more subdirectory. ext4 shows 1 once there were too many to count, and stays there.
    fn link_dir(&mut self, dir: Ino) -> Result<()> {
        let most = limits::link_max(self.profile());
        let node = self.node_mut(dir)?;
        node.nlink = if node.nlink == 1 || node.nlink >= most { 1 } else { node.nlink + 1 };
        Ok(())
    }

    /// One subdirectory less.
    fn unlink_dir(&mut self, dir: Ino) -> Result<()> {
        let node = self.node_mut(dir)?;
        node.nlink = if node.nlink > 2 { node.nlink - 1 } else { node.nlink };
        Ok(())
    }

    pub(super) fn make_unnamed(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode) -> Result<Ino> {
        let gone = self.live_dir(dir).is_err();
        match self.profile() {
            Profile::Ext4 if gone => return Err(Errno::EPERM),
            Profile::Xfs if gone => return Err(Errno::ENOENT),
            // These take no notice (observed on 6.18).
            _ => {}
        }
        self.writable()?;
        let ino = self.born(cx, dir, new, 0)?;
        self.node_mut(ino)?.pins = 1;
        Ok(ino)
    }

    /// A new inode, not yet in any directory.
    fn born(&mut self, cx: &mut Cx<'_>, dir: Ino, new: &NewNode, nlink: u32) -> Result<Ino> {
        let body = self.body_of(dir, &new.kind)?;
        let now = Stamp::of(cx.clock.coarse());
        let kind = body.file_type();
        let parent = self.node(dir)?.flags;
        let mut node = Inode {
            body,
            xattrs: None,
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
            uid: new.uid,
            gid: new.gid,
            nlink,
            pins: 0,
            generation: 0,
            flags: limits::first_flags(self.profile(), kind, parent),
            mode: new.mode.0,
            queried: false,
        };
        for (name, value) in &new.xattrs {
            let set = Arc::make_mut(node.xattrs.get_or_insert_default());
            set.set(self.profile(), name, value, XattrMode::Set)?;
        }
        let blocks = self.blocks_of(&node);
        if !self.room_for(cx, blocks) {
            return Err(Errno::ENOSPC);
        }
        let ino = self.take_number()?;
        node.generation = self.new_generation();
        self.use_blocks(0, blocks);
        self.inodes.insert(ino.0, node);
        self.note(Change::Inode(ino));
        Ok(ino)
    }

    fn body_of(&self, dir: Ino, kind: &NodeKind) -> Result<Body> {
        Ok(match kind {
            NodeKind::Reg => Body::Reg(Default::default()),
            NodeKind::Dir => Body::of_dir(Dir::new(dir.0, self.order)),
            NodeKind::Symlink(target) if target.len() > limits::symlink_max(self.profile()) => {
                return Err(Errno::ENAMETOOLONG);
            }
            NodeKind::Symlink(target) => Body::Symlink(Arc::new(target.as_slice().into())),
            NodeKind::Fifo => Body::Fifo,
            NodeKind::Sock => Body::Sock,
            NodeKind::Chr(dev) => Body::Chr(*dev),
            NodeKind::Blk(dev) => Body::Blk(*dev),
        })
    }

    /// The next inode number: the lowest free one on ext4, a fresh one elsewhere.
    fn take_number(&mut self) -> Result<Ino> {
        let full = self.numbers().ffree == 0 && self.profile() != Profile::Ramfs;
        if full {
            return Err(Errno::ENOSPC);
        }
        if let Some(&ino) = self.free.first() {
            Arc::make_mut(&mut self.free).remove(&ino);
            return Ok(Ino(ino));
        }
        // The root of ZFS has a number among the others.
        let number = self.next_ino;
        self.next_ino += if number + 1 == self.root().0 { 2 } else { 1 };
        Ok(Ino(number))
    }

    /// Generations differ from one life of a number to the next, and between file systems.
    fn new_generation(&mut self) -> u32 {
        self.births += 1;
        let (mut own, mut bytes) = ([0; 8], [0; 4]);
        own.copy_from_slice(&self.config.uuid[..8]);
        let seed = self.births ^ u64::from_le_bytes(own).rotate_left(24);
        crate::store::generate(seed, 0, &mut bytes);
        u32::from_le_bytes(bytes)
    }

    pub(super) fn add_link(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        dir: Ino,
        name: &[u8],
    ) -> Result<()> {
        let node = self.node(ino)?;
        if node.dir().is_some() {
            return Err(Errno::EPERM);
        }
        if self.live_dir(dir)?.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        let node = self.node(ino)?;
        if node.nlink >= limits::link_max(self.profile()) {
            return Err(Errno::EMLINK);
        }
        self.writable()?;
        let slot = Slot { ino: ino.0, kind: node.body.file_type() };
        self.room_for_name(cx, dir, name)?;
        self.in_dir(dir, |it| it.insert(name, slot))?;
        self.node_mut(ino)?.nlink += 1;
        self.stamp_with(cx, dir, ino)
    }

    pub(super) fn remove_file(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8]) -> Result<()> {
        let slot = self.slot((dir, name))?;
        if slot.kind == FileType::Dir {
            return Err(Errno::EISDIR);
        }
        self.writable()?;
        self.dir_mut(dir)?.remove(name);
        self.stamp_with(cx, dir, Ino(slot.ino))?;
        self.drop_link(Ino(slot.ino));
        Ok(())
    }

    pub(super) fn remove_dir(&mut self, cx: &mut Cx<'_>, dir: Ino, name: &[u8]) -> Result<()> {
        let slot = self.slot((dir, name))?;
        if slot.kind != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        if !self.dir(Ino(slot.ino))?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.writable()?;
        self.dir_mut(dir)?.remove(name);
        self.moved_dirs += 1;
        self.unlink_dir(dir)?;
        self.stamp_with(cx, dir, Ino(slot.ino))?;
        if self.profile() == Profile::Ext4 {
            self.dir_mut(Ino(slot.ino))?.removed = true;
        }
        self.drop_link(Ino(slot.ino));
        Ok(())
    }

    /// Stamps a directory and what was linked into it or removed from it. On tmpfs the directory gets
    /// the stamp of the other inode, which may be its own last one (observed on 6.18).
    fn stamp_with(&mut self, cx: &mut Cx<'_>, dir: Ino, ino: Ino) -> Result<()> {
        self.changed(cx, ino, false);
        if self.profile() != Profile::Tmpfs {
            self.changed(cx, dir, true);
            return Ok(());
        }
        let stamp = self.node(ino)?.ctime;
        let dir = self.node_mut(dir)?;
        (dir.ctime, dir.mtime, dir.queried) = (stamp, stamp, false);
        Ok(())
    }

    /// A name of the inode is gone: one link of a file, all of a directory.
    fn drop_link(&mut self, ino: Ino) {
        if let Some(node) = self.inodes.get_mut(ino.0) {
            node.nlink = if node.dir().is_some() { 0 } else { node.nlink - 1 };
        }
        self.settle(ino);
    }

    pub(super) fn move_name(
        &mut self,
        cx: &mut Cx<'_>,
        from: At<'_>,
        to: At<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        let one = self.slot(from)?;
        let two = self.live_dir(to.0)?.get(to.1);
        if two.is_some_and(|two| two.ino == one.ino) && !flags.has(RenameFlags::NOREPLACE) {
            return Ok(());
        }
        if let Err(errno) = self.check_move(from, to, one, two, flags) {
            let late = errno == Errno::ENOTEMPTY && two.is_some_and(|it| it.ino != to.0.0);
            if late && flags.has(RenameFlags::WHITEOUT) && self.profile() == Profile::Ext4 {
                // The whiteout was there for a moment (observed on 6.18).
                self.changed(cx, from.0, true);
            }
            return Err(errno);
        }
        self.writable()?;
        let stays = from.0 == to.0;
        let dirs = one.kind == FileType::Dir || two.is_some_and(|it| it.kind == FileType::Dir);
        self.moved_dirs += u64::from(dirs);
        if flags.has(RenameFlags::EXCHANGE) {
            let two = two.ok_or(Errno::ENOENT)?;
            self.exchange(from, to, one, two)?;
            self.changed(cx, Ino(two.ino), false);
        } else {
            self.replace(cx, from, to, one, two, flags)?;
        }
        self.changed(cx, Ino(one.ino), false);
        self.changed(cx, from.0, true);
        if !stays {
            self.changed(cx, to.0, true);
        }
        Ok(())
    }

    fn check_move(
        &self,
        from: At<'_>,
        to: At<'_>,
        one: Slot,
        two: Option<Slot>,
        flags: RenameFlags,
    ) -> Result<()> {
        let exchange = flags.has(RenameFlags::EXCHANGE);
        if self.profile() == Profile::Ramfs && flags.0 & !(1 | 2) != 0 {
            return Err(Errno::EINVAL);
        }
        if flags.has(RenameFlags::NOREPLACE) && two.is_some() {
            return Err(Errno::EEXIST);
        }
        if exchange && two.is_none() {
            return Err(Errno::ENOENT);
        }
        if one.kind == FileType::Dir && self.is_within(to.0, one.ino)? {
            return Err(Errno::EINVAL);
        }
        let Some(two) = two else { return Ok(()) };
        let above = two.kind == FileType::Dir && self.is_within(from.0, two.ino)?;
        match (above, exchange) {
            (true, true) => return Err(Errno::EINVAL),
            (true, false) => return Err(Errno::ENOTEMPTY),
            (false, true) => return Ok(()),
            (false, false) => {}
        }
        match (one.kind == FileType::Dir, two.kind == FileType::Dir) {
            (true, false) => Err(Errno::ENOTDIR),
            (false, true) => Err(Errno::EISDIR),
            (true, true) if !self.dir(Ino(two.ino))?.is_empty() => Err(Errno::ENOTEMPTY),
            _ => Ok(()),
        }
    }

    /// Is `dir` the directory `top`, or below it?
    fn is_within(&self, dir: Ino, top: u64) -> Result<bool> {
        let mut at = dir;
        loop {
            if at.0 == top {
                return Ok(true);
            }
            let above = Ino(self.dir(at)?.parent);
            if above == at {
                return Ok(false);
            }
            at = above;
        }
    }

    fn exchange(&mut self, from: At<'_>, to: At<'_>, one: Slot, two: Slot) -> Result<()> {
        self.dir_mut(from.0)?.set(from.1, two)?;
        self.dir_mut(to.0)?.set(to.1, one)?;
        self.rehome(one, from.0, to.0)?;
        self.rehome(two, to.0, from.0)
    }

    /// Moves a name, over another one if `two` is there, and leaves a whiteout if asked for.
    fn replace(
        &mut self,
        cx: &mut Cx<'_>,
        from: At<'_>,
        to: At<'_>,
        one: Slot,
        two: Option<Slot>,
        flags: RenameFlags,
    ) -> Result<()> {
        if two.is_none() {
            self.room_for_name(cx, to.0, to.1)?;
        }
        let white = match flags.has(RenameFlags::WHITEOUT) {
            true => Some(self.whiteout(cx, from.0)?),
            false => None,
        };
        if two.is_some_and(|two| two.kind == FileType::Dir) {
            self.unlink_dir(to.0)?;
        }
        match (white, self.order) {
            (Some(white), Order::Hash(_)) => {
                self.in_dir(to.0, |it| it.set(to.1, one))?;
                self.in_dir(from.0, |it| it.set(from.1, white))?;
            }
            // tmpfs lists the whiteout after the moved entry, with the younger cookie.
            (Some(white), _) => {
                self.dir_mut(from.0)?.remove(from.1);
                let moved = self.dir_mut(to.0)?.reserve(to.1).unwrap_or_default();
                self.dir_mut(from.0)?.insert(from.1, white)?;
                self.dir_mut(to.0)?.place(to.1, one, moved);
            }
            // ext4 writes the new entry before it takes the old one away, tmpfs the other way round.
            (None, Order::Hash(_)) => {
                self.in_dir(to.0, |it| it.set(to.1, one))?;
                self.dir_mut(from.0)?.remove(from.1);
            }
            (None, _) => {
                self.dir_mut(from.0)?.remove(from.1);
                self.dir_mut(to.0)?.set(to.1, one)?;
            }
        }
        self.rehome(one, from.0, to.0)?;
        if let Some(two) = two {
            self.stamp_with(cx, to.0, Ino(two.ino))?;
            self.drop_link(Ino(two.ino));
        }
        Ok(())
    }

    /// A directory that moved has another parent, and its parents other link counts.
    fn rehome(&mut self, slot: Slot, from: Ino, to: Ino) -> Result<()> {
        if slot.kind != FileType::Dir || from == to {
            return Ok(());
        }
        self.dir_mut(Ino(slot.ino))?.parent = to.0;
        self.unlink_dir(from)?;
        self.link_dir(to)
    }

    /// The whiteout that a rename leaves: character device 0:0, mode 0000.
    fn whiteout(&mut self, cx: &mut Cx<'_>, dir: Ino) -> Result<Slot> {
        let above = self.node(dir)?;
        // A set-group-id directory gives its group to this one too (observed on 6.18).
        let inherits = above.mode & Mode::SGID != 0;
        let gid = if inherits { above.gid } else { cx.cred.fsgid };
        // And one with a list for what is made in it gives a list (observed on 6.18).
        let default = above.xattrs.as_ref().and_then(|it| it.get(acl::DEFAULT));
        let default = default.and_then(|raw| Acl::parse(raw).ok());
        let (mode, access) = default.map(|it| it.inherit(Mode::default())).unwrap_or_default();
        let xattrs = access.map(|it| (acl::ACCESS.to_vec(), it.to_bytes()));
        let new = NewNode {
            kind: NodeKind::Chr(Dev::new(0, 0)),
            mode,
            uid: cx.cred.fsuid,
            gid,
            xattrs: xattrs.into_iter().collect(),
        };
        let ino = self.born(cx, dir, &new, 1)?;
        Ok(Slot { ino: ino.0, kind: FileType::Chr })
    }
}
