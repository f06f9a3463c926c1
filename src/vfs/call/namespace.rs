//! Mount namespaces: `unshare(CLONE_NEWNS)`, `setns(2)` for the mounts of a process, `pivot_root(2)`.
//!
//! A namespace is a tree of mounts with a root of its own; it lives as long as a process has its root in
//! it. Nothing propagates from one tree to another: all mounts are private.

use crate::cred::Caps;
use crate::errno::Errno;
use crate::store::Map;
use crate::types::{FileType, Result};
use crate::vfs::mounts::{Kept, Mount, MountId, Place};
use crate::vfs::{Kernel, Pid, SysOf};
use std::sync::Arc;

impl SysOf<'_> {
    fn may_change_namespaces(&self) -> Result<()> {
        if self.my_cred().has(Caps::SYS_ADMIN) { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// Gives the process a copy of its mounts; places that it holds are those of the copy from then on.
    pub(super) fn do_unshare_mounts(&mut self) -> Result<()> {
        self.may_change_namespaces()?;
        let root = self.process()?.root.place.mnt;
        let top = self.kernel.mounts.top(root).ok_or(Errno::EINVAL)?;
        let copies = self.kernel.copy_tree(top);
        let process = self.process_mut()?;
        let held = [&mut process.root, &mut process.cwd].into_iter().chain(process.exe.as_mut());
        for kept in held {
            if let Some(copy) = copies.get(&kept.place.mnt) {
                kept.place.mnt = *copy;
            }
        }
        Ok(())
    }

    /// Moves the process into the mounts of another; root and working directory are the root there.
    pub(super) fn do_join_mounts(&mut self, pid: Pid) -> Result<()> {
        let there = self.kernel.procs.get(&pid).ok_or(Errno::ESRCH)?.root.place.mnt;
        self.may_change_namespaces()?;
        let top = self.kernel.mounts.top(there).ok_or(Errno::EINVAL)?;
        let mount = self.kernel.mounts.get(top).ok_or(Errno::EINVAL)?;
        let place = Place { mnt: top, fs: mount.fs, ino: mount.root };
        let root = Kept { place, rel: Arc::from([]), gone: false };
        let before = self.process()?.root.place.mnt;
        self.stand_at(&root)?;
        self.kernel.drop_lost(before);
        Ok(())
    }

    /// Root and working directory of this process.
    fn stand_at(&mut self, root: &Kept) -> Result<()> {
        let (new_root, new_cwd) = (self.kernel.keep(root.clone()), self.kernel.keep(root.clone()));
        let process = self.process_mut()?;
        let old_root = std::mem::replace(&mut process.root, new_root);
        let old_cwd = std::mem::replace(&mut process.cwd, new_cwd);
        self.kernel.drop_kept(&old_root);
        self.kernel.drop_kept(&old_cwd);
        Ok(())
    }

    /// Makes a mount the root of the namespace and hangs the old root at `put_old` in it.
    pub(super) fn do_pivot_root(&mut self, new_root: &[u8], put_old: &[u8]) -> Result<()> {
        self.may_change_namespaces()?;
        let new = self.directory(new_root)?;
        let old = self.directory(put_old)?;
        let root = self.process()?.root.clone();
        let mounts = &self.kernel.mounts;
        let is_root =
            |at: &Kept| mounts.get(at.place.mnt).filter(|it| it.root == at.place.ino).is_some();
        if !is_root(&new) || !is_root(&root) {
            return Err(Errno::EINVAL);
        }
        let (new_id, old_id) = (new.place.mnt, root.place.mnt);
        if new_id == old_id || old.place.mnt == old_id {
            return Err(Errno::EBUSY);
        }
        let hangs_in = mounts.get(new_id).and_then(|it| it.parent);
        let is_top = mounts.get(old_id).is_some_and(|it| it.parent.is_none());
        let (Some((up, ino)), true) = (hangs_in, is_top) else { return Err(Errno::EINVAL) };
        if mounts.path(old.place.mnt, &old.rel, &new).is_none() {
            return Err(Errno::EINVAL);
        }
        if self.kind_of(old.place)? != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        let up_fs = self.kernel.mounts.get(up).map(|it| it.fs);
        self.kernel.mounts.lift(new_id);
        if let Some(fs) = up_fs {
            self.kernel.unpin(fs, ino);
        }
        self.kernel.pin(old.place.fs, old.place.ino);
        self.kernel.mounts.move_to(old_id, (old.place.mnt, old.place.ino), old.rel);
        // Whoever stood at the old root stands at the new one.
        let rel: Arc<[u8]> = Arc::from([]);
        let new = Kept { place: new.place, rel, gone: false };
        let pids: Vec<Pid> = self.kernel.procs.keys().copied().collect();
        for pid in pids {
            self.kernel.replace_root(pid, &root, &new);
        }
        Ok(())
    }
}

impl Kernel {
    /// Copies a tree of mounts; which mount became which.
    fn copy_tree(&mut self, top: MountId) -> Map<MountId, MountId> {
        let mut copies = Map::new();
        let mut left: Vec<Mount> = {
            let tree = self.mounts.subtree(top);
            self.mounts.iter().filter(|it| tree.contains(&it.id)).cloned().collect()
        };
        // In the order of the table; a mount that was moved below a younger one waits for that.
        while !left.is_empty() {
            let (ready, later): (Vec<Mount>, Vec<Mount>) = left.into_iter().partition(|it| {
                it.id == top || it.parent.is_some_and(|(up, _)| copies.contains_key(&up))
            });
            if ready.is_empty() {
                break;
            }
            for old in ready {
                let (id, was) = (old.id, old.parent);
                let parent = match was {
                    Some((up, ino)) if id != top => copies.get(&up).map(|up| (*up, ino)),
                    _ => None,
                };
                self.pin(old.fs, old.root);
                if let Some((up, ino)) = parent
                    && let Some(fs) = self.mounts.get(up).map(|it| it.fs)
                {
                    self.pin(fs, ino);
                }
                copies.insert(id, self.mounts.add(Mount { parent, ..old }));
            }
            left = later;
        }
        copies
    }

    /// Puts a process that stands at a place elsewhere.
    fn replace_root(&mut self, pid: Pid, old: &Kept, new: &Kept) {
        let Some(process) = self.procs.get(&pid) else { return };
        let (root, cwd) = (process.root.place == old.place, process.cwd.place == old.place);
        for is_root in [(true, root), (false, cwd)].into_iter().filter(|it| it.1).map(|it| it.0) {
            let kept = self.keep(new.clone());
            let Some(process) = Arc::make_mut(&mut self.procs).get_mut(&pid) else { return };
            let slot = if is_root { &mut process.root } else { &mut process.cwd };
            let before = std::mem::replace(slot, kept);
            self.drop_kept(&before);
        }
    }

    /// Unmounts the tree that a mount belongs to if no process has its root in it any more.
    pub(in crate::vfs) fn drop_lost(&mut self, mnt: MountId) {
        let Some(top) = self.mounts.top(mnt) else { return };
        let first = self.mounts.iter().next().map(|it| it.id);
        let lives = |it: &crate::vfs::Process| self.mounts.top(it.root.place.mnt) == Some(top);
        if first == Some(top) || self.procs.values().any(lives) {
            return;
        }
        for id in self.mounts.subtree(top).into_iter().rev() {
            self.unmount(id);
        }
    }

    /// The tree of mounts that a process sees, by the number of its root.
    pub fn mounts_of(&self, pid: Pid) -> Option<u32> {
        Some(self.mounts.top(self.procs.get(&pid)?.root.place.mnt)?.0)
    }

    /// The processes that see a tree of mounts.
    pub fn pids_with(&self, tree: u32) -> Vec<Pid> {
        self.procs.keys().copied().filter(|pid| self.mounts_of(*pid) == Some(tree)).collect()
    }
}
