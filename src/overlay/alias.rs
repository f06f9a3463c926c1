//! Several names of one file. Whoever came by one of them goes on acting through it: a copy-up, or
//! the link that makes a copied-up file known under one more name, happens to that name.
//!
//! A file with one known name has it in its record, and its handle is that of the inode. From the
//! second name on each has a record here; the first keeps the handle that it has.

use super::Overlay;
use super::entry::flag;
use crate::fs::Cx;
use crate::store::Label;

/// One of several names of a file.
#[derive(Clone, Debug)]
pub(super) struct Alias {
    inode: u64,
    parent: u64,
    name: Label,
    /// The upper layer has the file under this name.
    linked: bool,
    /// Cached names and pins that came by this name.
    pub refs: u32,
}

/// The names of a file that has several.
#[derive(Clone, Debug)]
pub(super) struct Several {
    /// The one that the inode's record has now.
    current: u64,
    handles: Vec<u64>,
}

impl Overlay {
    /// The inode behind a handle.
    pub(super) fn base(&self, handle: u64) -> u64 {
        self.aliases.get(handle).map_or(handle, |it| it.inode)
    }

    /// The inode behind a handle, from now on by the name that the handle stands for.
    pub(super) fn enter(&mut self, cx: &mut Cx<'_>, handle: u64) -> u64 {
        let Some(alias) = self.aliases.get(handle) else { return handle };
        let (id, parent, name, linked) =
            (alias.inode, alias.parent, alias.name.clone(), alias.linked);
        if self.several.get(id).is_some_and(|it| it.current != handle) {
            if let Some(several) = self.several.get_mut(id) {
                several.current = handle;
            }
            if let Some(inode) = self.inodes.get_mut(id) {
                let unlinked = inode.upper.is_some() && !linked;
                inode.set(flag::UNLINKED, unlinked);
            }
            self.place(cx, id, parent, name);
        }
        id
    }

    /// The handle of a file by one more name; by one that is known it is the same as before.
    pub(super) fn by_name(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        (dir, name): (u64, &[u8]),
        linked: bool,
    ) -> u64 {
        self.note_first_name(id);
        let handles = self.several.get(id).map_or(&[][..], |it| &it.handles);
        let fits = |handle: &&u64| {
            let alias = self.aliases.get(**handle);
            alias.is_some_and(|it| it.parent == dir && &it.name[..] == name)
        };
        if let Some(known) = handles.iter().find(fits).copied() {
            if let Some(alias) = self.aliases.get_mut(known) {
                alias.linked |= linked;
            }
            self.enter(cx, known);
            return known;
        }
        let handle = self.next_inode;
        self.next_inode += 1;
        self.hold(dir);
        let alias = Alias { inode: id, parent: dir, name: name.into(), linked, refs: 0 };
        self.aliases.insert(handle, alias);
        if let Some(several) = self.several.get_mut(id) {
            several.handles.push(handle);
        }
        handle
    }

    /// The handle by the name that was found last for the first time: whoever comes by no name acts
    /// through it, however the others have been used since (observed on 6.18).
    pub(super) fn newest_name(&self, id: u64) -> u64 {
        self.several.get(id).and_then(|it| it.handles.last().copied()).unwrap_or(id)
    }

    /// The name that was the only one gets a record as well.
    fn note_first_name(&mut self, id: u64) {
        let Some(inode) = self.inodes.get(id).filter(|_| self.several.get(id).is_none()) else {
            return;
        };
        let (parent, name, refs) = (inode.parent, inode.name.clone(), inode.refs);
        let linked = inode.upper.is_some() && !inode.has(flag::UNLINKED);
        self.hold(parent);
        self.aliases.insert(id, Alias { inode: id, parent, name, linked, refs });
        self.several.insert(id, Several { current: id, handles: vec![id] });
    }

    /// The current name of an inode is another one now.
    pub(super) fn set_alias(&mut self, cx: &mut Cx<'_>, id: u64, dir: u64, name: &[u8]) {
        let name = Label::from(name);
        let current = self.several.get(id).map(|it| it.current);
        if let Some(alias) = current.and_then(|it| self.aliases.get_mut(it)) {
            alias.name = name.clone();
            let old = std::mem::replace(&mut alias.parent, dir);
            self.hold(dir);
            self.unref(cx, old);
        }
        self.place(cx, id, dir, name);
    }

    fn place(&mut self, cx: &mut Cx<'_>, id: u64, dir: u64, name: Label) {
        let Some(inode) = self.inodes.get_mut(id) else { return };
        inode.name = name;
        let old = std::mem::replace(&mut inode.parent, dir);
        if old != dir {
            self.hold(dir);
            self.unref(cx, old);
        }
    }

    /// The upper layer has the file under its current name (or not).
    pub(super) fn set_linked(&mut self, id: u64, on: bool) {
        if let Some(inode) = self.inodes.get_mut(id) {
            inode.set(flag::UNLINKED, !on);
        }
        let current = self.several.get(id).map(|it| it.current);
        if let Some(alias) = current.and_then(|it| self.aliases.get_mut(it)) {
            alias.linked = on;
        }
    }

    /// Is there another name of this file that the cache still knows?
    pub(super) fn has_other_name(&self, id: u64, (dir, name): (u64, &[u8])) -> bool {
        let Some(several) = self.several.get(id) else { return false };
        several.handles.iter().any(|handle| {
            self.aliases.get(*handle).is_some_and(|it| {
                (it.parent, &it.name[..]) != (dir, name)
                    && self.cached(it.parent, &it.name)
                        == Some(super::entry::Dentry::Positive(*handle))
            })
        })
    }

    /// One reference less on a name; without any it is forgotten.
    pub(super) fn unref_alias(&mut self, cx: &mut Cx<'_>, handle: u64) {
        let Some(alias) = self.aliases.get_mut(handle) else { return };
        alias.refs = alias.refs.saturating_sub(1);
        if alias.refs == 0 {
            let (id, parent) = (alias.inode, alias.parent);
            self.aliases.remove(handle);
            if let Some(several) = self.several.get_mut(id) {
                several.handles.retain(|it| *it != handle);
                // The file is not held in a directory by a name that nobody knows any more.
                if several.current == handle
                    && let Some(other) = several.handles.first().copied()
                {
                    self.enter(cx, other);
                }
            }
            self.unref(cx, parent);
        }
    }
}
