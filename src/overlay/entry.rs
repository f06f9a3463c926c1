//! What an overlay remembers of a name and of an inode: the stack of real objects behind it, and
//! the dentry cache, positive and negative, which is what makes a repeated lookup independent of
//! the number of layers.
//!
//! Never asks a layer anything.

use super::Overlay;
use crate::fs::{Cx, GONE};
use crate::store::{Label, NameMap};
use crate::types::{FileType, Gid, Ino, Result, Uid};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

/// An object on a lower layer. Layers count from 1 (the topmost lower); 0 is the upper layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LowerRef {
    pub layer: u16,
    pub ino: Ino,
}

/// The lower objects behind an inode, topmost first. For a directory these are merged; for a
/// file that has an upper object it is the origin, known for its inode number alone.
#[derive(Clone, Debug, Default)]
pub(super) enum Lower {
    #[default]
    None,
    One(LowerRef),
    Many(Arc<[LowerRef]>),
}

impl Lower {
    pub fn of(stack: Vec<LowerRef>) -> Lower {
        match stack[..] {
            [] => Lower::None,
            [one] => Lower::One(one),
            _ => Lower::Many(stack.into()),
        }
    }

    pub fn as_slice(&self) -> &[LowerRef] {
        match self {
            Lower::None => &[],
            Lower::One(it) => std::slice::from_ref(it),
            Lower::Many(it) => it,
        }
    }

    pub fn first(&self) -> Option<LowerRef> {
        self.as_slice().first().copied()
    }

    /// Of a file, the one that has the bytes.
    pub fn last(&self) -> Option<LowerRef> {
        self.as_slice().last().copied()
    }
}

/// Facts about an inode.
pub(super) mod flag {
    /// Upper directory that hides what is below.
    pub const OPAQUE: u16 = 1;
    /// Upper directory that may hold copied-up entries (`impure` on disk).
    pub const IMPURE: u16 = 2;
    /// Directory that may hold whiteouts: listed through the merge, not passed through.
    pub const WHITEOUTS: u16 = 4;
    /// The inode number is that of the lower object, before and after copy-up.
    pub const CONST_INO: u16 = 8;
    /// Some layer's directory in the stack may hold whiteouts that are attributes.
    pub const XWHITEOUTS: u16 = 16;
    /// Removed directory.
    pub const DEAD: u16 = 32;
    /// Append-only and immutable, as `protattr` or the lower inode say.
    pub const APPEND: u16 = 64;
    pub const IMMUTABLE: u16 = 128;
    /// Named by nothing yet (O_TMPFILE).
    pub const TMPFILE: u16 = 256;
    /// A lower file whose name was removed: it gets no other one (`link` of its open descriptor
    /// answers `ENOENT`).
    pub const NAMELESS: u16 = 512;
    /// The upper file has metadata alone: its data is that of the last lower object.
    pub const METACOPY: u16 = 1024;
    /// The data is in a data-only layer, and nobody has needed it yet.
    pub const LAZY_DATA: u16 = 2048;
    /// Is in the upper layer, but not under its current name.
    pub const UNLINKED: u16 = 4096;
    /// The index directory has an entry for it.
    pub const INDEXED: u16 = 8192;
    /// Had a flag that a copy-up carries over when it was met: without one then, none is looked for
    /// (observed on 6.18).
    pub const FLAGGED: u16 = 16384;
}

/// A file system of the layers and an inode in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RealKey(NonZeroU64);

impl RealKey {
    const FS: u32 = 56;

    /// `None` for what is no inode number of any file system here.
    pub fn new(fsx: u8, ino: Ino) -> Option<RealKey> {
        let fits = ino.0 >> RealKey::FS == 0 && ino.0 != 0;
        NonZeroU64::new(u64::from(fsx) << RealKey::FS | ino.0).filter(|_| fits).map(RealKey)
    }

    fn split(self) -> (usize, u64) {
        let key = self.0.get();
        ((key >> RealKey::FS) as usize, key & ((1 << RealKey::FS) - 1))
    }
}

/// A cached name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dentry {
    /// The handle of an inode, by this name.
    Positive(u64),
    Negative,
    /// Negative because the upper layer has a whiteout there.
    Whiteout,
}

/// A [`Dentry`] in eight bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed(u64);

impl From<Dentry> for Packed {
    fn from(it: Dentry) -> Packed {
        Packed(match it {
            Dentry::Negative => 0,
            Dentry::Whiteout => u64::MAX,
            Dentry::Positive(id) => id,
        })
    }
}

impl From<Packed> for Dentry {
    fn from(it: Packed) -> Dentry {
        match it.0 {
            0 => Dentry::Negative,
            u64::MAX => Dentry::Whiteout,
            id => Dentry::Positive(id),
        }
    }
}

/// Inode numbers by name.
pub(super) type Numbers = Arc<BTreeMap<Vec<u8>, u64>>;

/// What only directories have.
#[derive(Clone, Debug, Default)]
pub(super) struct Dir {
    pub names: NameMap<Packed>,
    /// Grows with every change that a merged listing must see.
    pub version: u64,
    /// The inode number when layers are on several file systems.
    pub number: u64,
    /// The cached listing, if one was made.
    pub listing: Option<u64>,
    /// Inode numbers to show in place of real ones, by name, as they were at a version: of a
    /// directory that is passed through and holds copied-up entries.
    pub numbers: Option<(u64, Numbers)>,
}

/// An inode of the overlay.
#[derive(Clone, Debug)]
pub(super) struct Inode {
    pub kind: FileType,
    /// Mode and owner as they were when the overlay last looked: what permission checks use.
    pub mode: u16,
    pub flags: u16,
    pub uid: Uid,
    pub gid: Gid,
    /// Of a regular file: its size then, too.
    pub size: u64,
    pub upper: Option<Ino>,
    pub lower: Lower,
    /// A name that leads here, for copy-up and for people.
    pub parent: u64,
    pub name: Label,
    /// Cached names, pins and children that lead here.
    pub refs: u32,
    /// Names of a file that the overlay counts: of an indexed one it is what people see.
    pub nlink: u32,
    /// Shared by every name of one real inode: file system and inode number.
    pub key: Option<RealKey>,
    pub dir: Option<Arc<Dir>>,
}

impl Inode {
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub fn is_dir(&self) -> bool {
        self.kind == FileType::Dir
    }

    /// A directory whose content comes from more than one real directory, or could (R3.11).
    pub fn is_merged(&self) -> bool {
        let lowers = self.lower.as_slice().len();
        match self.upper {
            Some(_) => self.is_dir() && lowers > 0,
            None => self.is_dir() && lowers > 1,
        }
    }

    /// The lower file that has the bytes, when it is not the object that people see. Not to be asked
    /// while the data is still to be found.
    pub fn data_below(&self) -> Option<LowerRef> {
        let chain = self.upper.is_none() && !self.is_dir() && self.lower.as_slice().len() > 1;
        if self.has(flag::METACOPY) || chain { self.lower.last() } else { None }
    }

    /// A directory that is listed as its real one lists it, not through the merge (R3.1).
    pub fn passes_through(&self) -> bool {
        !self.has(flag::WHITEOUTS)
    }

    /// Has an upper object that keeps the identity of a lower one.
    pub fn has_origin(&self) -> bool {
        self.upper.is_some() && self.lower.first().is_some() && self.has(flag::CONST_INO)
    }

    /// Reached by a handle alone: no name of it is known.
    pub fn is_nameless(&self) -> bool {
        self.name.is_empty() && !self.is_dir()
    }

    pub fn set(&mut self, flag: u16, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }
}

/// The root's handle.
pub(super) const ROOT: u64 = 1;

impl Overlay {
    pub(super) fn node(&self, id: u64) -> Result<&Inode> {
        self.inodes.get(id).ok_or(GONE)
    }

    pub(super) fn node_mut(&mut self, id: u64) -> Result<&mut Inode> {
        self.inodes.get_mut(id).ok_or(GONE)
    }

    pub(super) fn dir_mut(&mut self, id: u64) -> Option<&mut Dir> {
        self.inodes.get_mut(id)?.dir.as_mut().map(Arc::make_mut)
    }

    pub(super) fn cached(&self, dir: u64, name: &[u8]) -> Option<Dentry> {
        self.inodes.get(dir)?.dir.as_ref()?.names.get(name).map(|it| Dentry::from(*it))
    }

    /// Puts a new record into the table, with no reference but the one on its parent.
    pub(super) fn add_inode(&mut self, inode: Inode) -> u64 {
        let id = self.next_inode;
        self.next_inode += 1;
        if let Some(parent) = self.inodes.get_mut(inode.parent) {
            parent.refs += 1;
        }
        if let Some(key) = inode.key {
            self.by_real_insert(key, id);
        }
        self.inodes.insert(id, inode);
        id
    }

    pub(super) fn by_real(&self, key: RealKey) -> Option<u64> {
        let (fsx, ino) = key.split();
        self.real_index.get(fsx)?.get(ino).map(|it| it.get())
    }

    pub(super) fn by_real_insert(&mut self, key: RealKey, id: u64) {
        let (fsx, ino) = key.split();
        if let Some(id) = NonZeroU64::new(id) {
            self.real_index[fsx].insert(ino, id);
        }
    }

    /// Remembers that a name leads to an inode, by its handle.
    pub(super) fn cache_positive(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8], handle: u64) {
        self.hold(handle);
        self.replace_dentry(cx, dir, name, Some(Dentry::Positive(handle)));
    }

    pub(super) fn cache_negative(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8], wh: bool) {
        let dentry = if wh { Dentry::Whiteout } else { Dentry::Negative };
        self.replace_dentry(cx, dir, name, Some(dentry));
    }

    /// Forgets a name: the next lookup asks the layers again.
    pub(super) fn forget(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) {
        self.replace_dentry(cx, dir, name, None);
    }

    fn replace_dentry(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8], new: Option<Dentry>) {
        let Some(it) = self.dir_mut(dir) else { return };
        let old = match new {
            Some(new) => it.names.insert(name, new.into()),
            None => it.names.remove(name),
        };
        if let Some(Dentry::Positive(id)) = old.map(Dentry::from) {
            self.moved_dirs += u64::from(self.inodes.get(id).is_some_and(Inode::is_dir));
            self.unref(cx, id);
        }
    }

    /// Keeps what a handle leads to.
    pub(super) fn hold(&mut self, handle: u64) {
        if let Some(alias) = self.aliases.get_mut(handle) {
            alias.refs += 1;
        }
        let id = self.base(handle);
        if let Some(inode) = self.inodes.get_mut(id) {
            inode.refs += 1;
        }
    }

    /// Lets go of one reference; an inode without any is forgotten, and so may be its parents.
    pub(super) fn unref(&mut self, cx: &mut Cx<'_>, handle: u64) {
        let mut next = Some(self.base(handle));
        self.unref_alias(cx, handle);
        while let Some(id) = next.take() {
            let Some(inode) = self.inodes.get_mut(id) else { return };
            inode.refs = inode.refs.saturating_sub(1);
            if inode.refs == 0 && id != ROOT {
                next = self.drop_inode(cx, id);
            }
        }
    }

    /// Forgets an inode without references; returns its parent, which loses one.
    fn drop_inode(&mut self, cx: &mut Cx<'_>, id: u64) -> Option<u64> {
        let inode = self.inodes.remove(id)?;
        self.old_times.remove(id);
        self.several.remove(id);
        self.lazy_data.remove(id);
        if let Some(key) = inode.key.filter(|key| self.by_real(*key) == Some(id)) {
            let (fsx, ino) = key.split();
            self.real_index[fsx].remove(ino);
        }
        self.unpin_stack(cx, &inode);
        if let Some(listing) = inode.dir.as_ref().and_then(|dir| dir.listing) {
            self.drop_listing(listing);
        }
        for (_, dentry) in inode.dir.iter().flat_map(|dir| dir.names.iter()) {
            if let Dentry::Positive(child) = Dentry::from(*dentry) {
                self.unref(cx, child);
            }
        }
        Some(inode.parent)
    }

    pub(super) fn pin_stack(&mut self, cx: &mut Cx<'_>, upper: Option<Ino>, lower: &[LowerRef]) {
        if let Some(ino) = upper {
            let fs = self.layers[0].fs;
            cx.on(fs, |f, cx| f.pin(cx, ino));
        }
        for it in lower {
            let fs = self.layers[usize::from(it.layer)].fs;
            cx.on(fs, |f, cx| f.pin(cx, it.ino));
        }
    }

    fn unpin_stack(&mut self, cx: &mut Cx<'_>, inode: &Inode) {
        if let Some(ino) = inode.upper {
            let fs = self.layers[0].fs;
            cx.on(fs, |f, cx| f.unpin(cx, ino));
        }
        for it in inode.lower.as_slice() {
            let fs = self.layers[usize::from(it.layer)].fs;
            cx.on(fs, |f, cx| f.unpin(cx, it.ino));
        }
    }

    /// Forgets every cached name in a directory that was removed.
    pub(super) fn forget_children(&mut self, cx: &mut Cx<'_>, dir: u64) {
        let Some(it) = self.dir_mut(dir) else { return };
        let names = std::mem::take(&mut it.names);
        self.moved_dirs += 1;
        for (_, dentry) in names.iter() {
            if let Dentry::Positive(child) = Dentry::from(*dentry) {
                self.unref(cx, child);
            }
        }
    }

    /// Forgets every cached name that nothing but the cache holds, from the leaves up.
    pub(super) fn drop_unused(&mut self, cx: &mut Cx<'_>) {
        // A listing has the numbers of inodes that are gone then.
        let kept: Vec<u64> = self.listings.iter().map(|(key, _)| key).collect();
        kept.into_iter().for_each(|key| self.spoil(key));
        loop {
            let unused = |dentry: Packed| match dentry.into() {
                Dentry::Positive(handle) => match self.aliases.get(handle) {
                    Some(alias) => alias.refs == 1,
                    None => self.inodes.get(handle).is_some_and(|it| it.refs == 1),
                },
                _ => true,
            };
            let names = self.inodes.iter().flat_map(|(id, inode)| {
                let names = inode.dir.iter().flat_map(|dir| dir.names.iter());
                names.filter(|it| unused(*it.1)).map(move |it| (id, it.0.to_vec()))
            });
            let names: Vec<_> = names.collect();
            if names.is_empty() {
                return;
            }
            for (dir, name) in names {
                self.forget(cx, dir, &name);
            }
        }
    }

    /// Lets everything go (last unmount).
    pub(super) fn drop_all(&mut self, cx: &mut Cx<'_>) {
        let inodes = std::mem::take(&mut self.inodes);
        for (_, inode) in inodes.iter() {
            self.unpin_stack(cx, inode);
        }
        self.real_index.iter_mut().for_each(|it| *it = Default::default());
    }

    /// The path of an inode from the root of the overlay, for people.
    pub(super) fn path_of(&self, id: u64) -> String {
        let mut parts = Vec::new();
        let mut at = id;
        while at != ROOT {
            let Some(inode) = self.inodes.get(at) else { break };
            parts.push(inode.name.clone());
            at = inode.parent;
        }
        if parts.is_empty() {
            return "/".into();
        }
        let mut out = String::new();
        for part in parts.iter().rev() {
            out.push('/');
            out.push_str(&String::from_utf8_lossy(part));
        }
        out
    }

    /// The path of a name in a directory.
    pub(super) fn path_in(&self, dir: u64, name: &[u8]) -> String {
        let mut out = self.path_of(dir);
        if !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&String::from_utf8_lossy(name));
        out
    }
}
