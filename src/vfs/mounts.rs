//! The mount table: which file system hangs where, with which flags, and how it is shown.
//!
//! Knows places by inode; paths stand beside them only to be shown.

pub use crate::types::escape;

use crate::store::Map;
use crate::sys::ms;
use crate::types::{Dev, FsId, Ino};
use std::sync::Arc;

/// A mount's number, as in /proc/self/mountinfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountId(pub u32);

/// A file or directory as reached through a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub mnt: MountId,
    pub fs: FsId,
    pub ino: Ino,
}

/// A place that somebody holds, with its path below the root of its mount (no leading slash).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub place: Place,
    pub rel: Arc<[u8]>,
    /// The name is gone; the path is the last one it had.
    pub gone: bool,
}

/// One mount.
#[derive(Clone, Debug)]
pub struct Mount {
    pub id: MountId,
    /// The mount it hangs in, and the covered directory there; the first mount has none.
    pub parent: Option<(MountId, Ino)>,
    /// Path of the mount point below the parent's root.
    pub rel: Arc<[u8]>,
    pub fs: FsId,
    /// The root of this mount (a bind mount may show a part of the file system, or one file).
    pub root: Ino,
    /// Path of that root below the file system's.
    pub root_rel: Arc<[u8]>,
    /// `MS_RDONLY`, `MS_NOSUID`, `MS_NODEV`, `MS_NOEXEC`, `MS_NOATIME`, `MS_NODIRATIME`, `MS_RELATIME`.
    pub flags: u64,
    /// What /proc/mounts shows first.
    pub source: Arc<[u8]>,
}

/// What the kernel keeps of a mounted file system beside itself.
#[derive(Clone, Debug)]
pub struct Super {
    /// The device of its root.
    pub dev: Dev,
    /// File systems that it stands on (layers of an overlay): they outlive their own mounts.
    pub below: Vec<FsId>,
    /// Anonymous devices to give back.
    pub anon: Vec<Dev>,
    /// Stays when unmounted: it is the content of a disk.
    pub disk: bool,
}

/// All mounts, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    list: Arc<Vec<Mount>>,
    over: Arc<Map<(MountId, Ino), MountId>>,
    supers: Arc<Map<FsId, Super>>,
    /// File systems whose device files lead nowhere, whatever the flags of a mount: those that a user
    /// namespace mounted (observed on 6.18).
    deviceless: Arc<Vec<FsId>>,
    last_id: u32,
    /// Grows with every change of the table.
    version: u64,
}

/// The flags that belong to a mount rather than to its file system.
pub const PER_MOUNT: u64 =
    ms::RDONLY | ms::NOSUID | ms::NODEV | ms::NOEXEC | ms::NOATIME | ms::NODIRATIME | ms::RELATIME;
/// Anonymous devices below this minor belong to what a booted Linux has mounted already.
const FIRST_ANON: u32 = 28;
/// Mount numbers start where those of a booted Linux do.
const FIRST_ID: u32 = 21;

impl Mounts {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Mount> + '_ {
        self.list.iter()
    }

    pub fn get(&self, id: MountId) -> Option<&Mount> {
        // A handful of mounts, asked for from the newest on.
        self.list.iter().rev().find(|it| it.id == id)
    }

    pub fn get_mut(&mut self, id: MountId) -> Option<&mut Mount> {
        self.version += 1;
        Arc::make_mut(&mut self.list).iter_mut().find(|it| it.id == id)
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// What is mounted on top of a place, one level.
    pub fn on_top(&self, mnt: MountId, ino: Ino) -> Option<&Mount> {
        if self.over.is_empty() {
            return None;
        }
        self.get(*self.over.get(&(mnt, ino))?)
    }

    pub fn is_mountpoint(&self, place: Place) -> bool {
        // A directory is covered for every mount that shows it when it is covered in one of
        // the same file system only as seen there: each mount is asked for itself.
        self.over.contains_key(&(place.mnt, place.ino))
    }

    /// Is this directory a mount point in any mount of its file system?
    pub fn covers_anywhere(&self, fs: FsId, ino: Ino) -> bool {
        self.over.keys().any(|(mnt, at)| *at == ino && self.get(*mnt).is_some_and(|m| m.fs == fs))
    }

    /// Adds a mount; its id is new.
    pub fn add(&mut self, mut mount: Mount) -> MountId {
        self.last_id += 1;
        self.version += 1;
        mount.id = MountId(FIRST_ID + self.last_id);
        if let Some(place) = mount.parent {
            Arc::make_mut(&mut self.over).insert(place, mount.id);
        }
        let id = mount.id;
        Arc::make_mut(&mut self.list).push(mount);
        id
    }

    /// Takes a mount out of the table.
    pub fn remove(&mut self, id: MountId) -> Option<Mount> {
        let pos = self.list.iter().position(|it| it.id == id)?;
        self.version += 1;
        let mount = Arc::make_mut(&mut self.list).remove(pos);
        if let Some(place) = mount.parent {
            Arc::make_mut(&mut self.over).remove(&place);
        }
        Some(mount)
    }

    /// Hangs a mount elsewhere.
    pub fn move_to(&mut self, id: MountId, parent: (MountId, Ino), rel: Arc<[u8]>) {
        self.version += 1;
        let over = Arc::make_mut(&mut self.over);
        if let Some(mount) = Arc::make_mut(&mut self.list).iter_mut().find(|it| it.id == id) {
            if let Some(old) = mount.parent {
                over.remove(&old);
            }
            mount.parent = Some(parent);
            mount.rel = rel;
            over.insert(parent, id);
        }
    }

    /// Makes a mount the root of a tree.
    pub fn lift(&mut self, id: MountId) {
        self.version += 1;
        let over = Arc::make_mut(&mut self.over);
        if let Some(mount) = Arc::make_mut(&mut self.list).iter_mut().find(|it| it.id == id) {
            if let Some(old) = mount.parent.take() {
                over.remove(&old);
            }
            mount.rel = Arc::from([]);
        }
    }

    /// The root of the tree that a mount hangs in.
    pub fn top(&self, id: MountId) -> Option<MountId> {
        let mut at = self.get(id)?;
        while let Some((up, _)) = at.parent {
            at = self.get(up)?;
        }
        Some(at.id)
    }

    /// The mounts that hang in this one, directly.
    pub fn children(&self, id: MountId) -> impl Iterator<Item = &Mount> + '_ {
        self.list.iter().filter(move |it| it.parent.is_some_and(|(up, _)| up == id))
    }

    /// This mount and all that hang below it, parents first.
    pub fn subtree(&self, id: MountId) -> Vec<MountId> {
        let mut ids = vec![id];
        let mut at = 0;
        while let Some(&up) = ids.get(at) {
            ids.extend(self.children(up).map(|it| it.id));
            at += 1;
        }
        ids
    }

    pub fn shows(&self, fs: FsId) -> bool {
        self.list.iter().any(|it| it.fs == fs)
    }

    pub fn super_of(&self, fs: FsId) -> Option<&Super> {
        self.supers.get(&fs)
    }

    pub fn set_super(&mut self, fs: FsId, sup: Super) {
        Arc::make_mut(&mut self.supers).insert(fs, sup);
    }

    pub fn forbid_devices(&mut self, fs: FsId) {
        if !self.deviceless.contains(&fs) {
            Arc::make_mut(&mut self.deviceless).push(fs);
        }
    }

    /// May device files be opened here?
    pub fn has_devices(&self, mnt: MountId) -> bool {
        let allows = |it: &Mount| it.flags & ms::NODEV == 0 && !self.deviceless.contains(&it.fs);
        self.get(mnt).is_none_or(allows)
    }

    pub fn drop_super(&mut self, fs: FsId) -> Option<Super> {
        if self.deviceless.contains(&fs) {
            Arc::make_mut(&mut self.deviceless).retain(|it| *it != fs);
        }
        Arc::make_mut(&mut self.supers).remove(&fs)
    }

    /// Does another file system stand on this one?
    pub fn is_layer(&self, fs: FsId) -> bool {
        self.supers.values().any(|it| it.below.contains(&fs))
    }

    /// The smallest free anonymous device; `taken` are those given out in the same breath.
    pub fn free_dev(&self, taken: &[Dev]) -> Dev {
        let used = |minor| {
            let dev = Dev::new(0, minor);
            let given = |sup: &Super| sup.dev == dev || sup.anon.contains(&dev);
            taken.contains(&dev) || self.supers.values().any(given)
        };
        let minor = (FIRST_ANON..).find(|minor| !used(*minor)).unwrap_or(FIRST_ANON);
        Dev::new(0, minor)
    }

    /// The absolute path of a place that is `rel` below the root of a mount, seen from `root`.
    /// `None` when it is not below that root.
    pub fn path(&self, mnt: MountId, rel: &[u8], root: &Kept) -> Option<Vec<u8>> {
        let mut parts: Vec<Arc<[u8]>> = vec![rel.into()];
        let mut at = mnt;
        while at != root.place.mnt {
            let mount = self.get(at)?;
            let (up, _) = mount.parent?;
            parts.push(mount.rel.clone());
            at = up;
        }
        let mut path = Vec::new();
        for part in parts.iter().rev().filter(|part| !part.is_empty()) {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        let mut base = Vec::new();
        if !root.rel.is_empty() {
            base.push(b'/');
            base.extend_from_slice(&root.rel);
        }
        let rest = path.strip_prefix(&base[..])?;
        match rest.first() {
            None => Some(b"/".to_vec()),
            Some(b'/') => Some(rest.to_vec()),
            Some(_) => None,
        }
    }

    /// Is there a mount point below the root of this file system, or a mount of a part of it?
    pub fn has_paths_in(&self, fs: FsId) -> bool {
        let shows = |id: MountId| self.get(id).is_some_and(|it| it.fs == fs);
        self.list.iter().any(|it| {
            it.fs == fs && !it.root_rel.is_empty() || it.parent.is_some_and(|(up, _)| shows(up))
        })
    }

    /// Directories were renamed inside a file system: paths that pass through them follow.
    pub fn renamed(&mut self, fs: FsId, moves: &Renames) {
        let fs_of: Map<MountId, (FsId, Arc<[u8]>)> =
            self.list.iter().map(|it| (it.id, (it.fs, it.root_rel.clone()))).collect();
        for mount in Arc::make_mut(&mut self.list) {
            if let Some((up, _)) = mount.parent
                && let Some((up_fs, up_rel)) = fs_of.get(&up)
                && *up_fs == fs
                && let Some(rel) = moves.apply_below(up_rel, &mount.rel)
            {
                mount.rel = rel;
            }
            if mount.fs == fs
                && let Some(rel) = moves.apply(&mount.root_rel)
            {
                mount.root_rel = rel.into();
            }
        }
    }
}

/// Paths (below a file system's root) that changed at the same moment.
#[derive(Clone, Debug, Default)]
pub struct Renames(pub Vec<(Vec<u8>, Vec<u8>)>);

impl Renames {
    /// The new path, if it changed.
    pub fn apply(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.0.iter().find_map(|(from, to)| {
            let rest = path.strip_prefix(&from[..])?;
            if !rest.is_empty() && rest[0] != b'/' {
                return None;
            }
            Some([&to[..], rest].concat())
        })
    }

    /// The same for a path below a mount whose root is at `base`; `None` when it stays, or when
    /// it left what the mount shows.
    pub fn apply_below(&self, base: &[u8], rel: &[u8]) -> Option<Arc<[u8]>> {
        let new = self.apply(&join(base, rel))?;
        let base = self.apply(base).unwrap_or_else(|| base.to_vec());
        if base.is_empty() {
            return Some(new.into());
        }
        let rest = new.strip_prefix(&base[..])?;
        match rest.first() {
            None => Some(Arc::from([])),
            Some(b'/') => Some(rest[1..].into()),
            Some(_) => None,
        }
    }
}

/// `a` and `b` with a slash between, where both are there.
pub fn join(a: &[u8], b: &[u8]) -> Vec<u8> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.to_vec(),
        (_, true) => a.to_vec(),
        _ => [a, b"/", b].concat(),
    }
}

/// The flags of a mount in /proc/mounts, after `rw` or `ro`.
pub fn flag_names(flags: u64) -> String {
    const NAMES: &[(u64, &str)] = &[
        (ms::NOSUID, ",nosuid"),
        (ms::NODEV, ",nodev"),
        (ms::NOEXEC, ",noexec"),
        (ms::NOATIME, ",noatime"),
        (ms::NODIRATIME, ",nodiratime"),
        (ms::RELATIME, ",relatime"),
    ];
    NAMES.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_directories_carry_paths_along() {
        let moves = Renames(vec![(b"a/b".to_vec(), b"x".to_vec())]);
        assert_eq!(moves.apply(b"a/b/c"), Some(b"x/c".to_vec()));
        assert_eq!(moves.apply(b"a/bc"), None);
        assert_eq!(moves.apply_below(b"", b"a/b").as_deref(), Some(&b"x"[..]));
        assert_eq!(moves.apply_below(b"a", b"b/c"), None);
        assert_eq!(moves.apply_below(b"a/b", b"c").as_deref(), Some(&b"c"[..]));
    }

    #[test]
    fn mounts_are_shown_escaped() {
        assert_eq!(escape(b"a b\\c"), b"a\\040b\\134c");
        assert_eq!(flag_names(ms::NODEV | ms::RELATIME), ",nodev,relatime");
    }
}
