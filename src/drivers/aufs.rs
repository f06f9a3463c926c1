//! `aufs`: a folder for each layer, stacked by AUFS (containers.md F2; Docker had it until 24).
//!
//! `diff/ID` is the layer's own tree, `layers/ID` the ids of its ancestors, nearest first, `mnt/ID`
//! where it is mounted while somebody uses it. What hides names stays on the disk as archives have
//! it, so a layer goes in and out as it is, and what a container changed is read off its own tree.

use super::changes::{self, Change, Kind};
use super::{Answer, Driver, Failure, Sink, Source, apply, diff, files};
use crate::errno::Errno;
use crate::limits::MOUNT_DATA_MAX;
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::types::{Attr, RenameFlags};
use std::collections::BTreeSet;

pub struct Aufs {
    home: String,
}

/// What every mount asks for beside its branches.
const OPTIONS: &str = "dio,xino=/dev/shm/aufs.xino,dirperm1";
/// File systems that Docker does not stack by AUFS, by their `f_type` and name.
const REFUSED: [(u64, &str); 3] =
    [(0x6175_6673, "aufs"), (0x9123_683e, "btrfs"), (0xf15f, "ecryptfs")];

impl Aufs {
    pub fn new(root: &str) -> Aufs {
        Aufs { home: format!("{root}/aufs") }
    }

    fn at(&self, what: &str, id: &str) -> String {
        format!("{}/{what}/{id}", self.home)
    }

    /// The ids of all ancestors, nearest first.
    fn parents(&self, sys: &mut dyn Sys, id: &str) -> Answer<Vec<String>> {
        let path = self.at("layers", id);
        let text = files::read_text(sys, &path).map_err(|it| Failure::of("open", &path, it))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Something else lies over the mount point.
    fn is_mounted(&self, sys: &mut dyn Sys, id: &str) -> bool {
        let mut dev = |path: &str| files::stat(sys, path).map(|it| it.dev).ok();
        let mount = dev(&self.at("mnt", id));
        mount.is_some() && mount != dev(&format!("{}/mnt", self.home))
    }

    fn mount(&self, sys: &mut dyn Sys, id: &str, parents: &[String]) -> Answer<()> {
        let target = self.at("mnt", id);
        let lowers: Vec<String> = parents.iter().map(|it| self.at("diff", it)).collect();
        let done = mount_calls(&self.at("diff", id), &lowers).into_iter().try_for_each(|data| {
            let flags = if data.starts_with("br:") { 0 } else { ms::REMOUNT };
            sys.mount(b"none", target.as_bytes(), b"aufs", flags, data.as_bytes())
        });
        done.map_err(|errno| {
            let why = errno.message().to_lowercase();
            Failure(format!("error creating aufs mount to {target}: {why}"))
        })
    }
}

/// The data of each call: the first mounts as many branches as fit into a page, the others append.
fn mount_calls(own: &str, lowers: &[String]) -> Vec<String> {
    let room = MOUNT_DATA_MAX - OPTIONS.len() - 2;
    let mut calls = vec![format!("br:{own}=rw")];
    let mut waiting = lowers.iter().peekable();
    while let Some(lower) = waiting.next_if(|it| calls[0].len() + it.len() + 7 <= room) {
        calls[0] += &format!(":{lower}=ro+wh");
    }
    calls[0] += &format!(",{OPTIONS}");
    while waiting.peek().is_some() {
        let mut data = String::new();
        while let Some(lower) = waiting.next_if(|it| data.len() + it.len() + 14 <= room) {
            data += &format!("append:{lower}=ro+wh,");
        }
        if data.is_empty() {
            break;
        }
        calls.push(data);
    }
    calls
}

impl Driver for Aufs {
    fn name(&self) -> &'static str {
        "aufs"
    }

    fn home(&self) -> &str {
        &self.home
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let mut list = String::new();
        if let Some(parent) = parent {
            let above = self.parents(sys, parent)?;
            list = [parent.to_owned()].into_iter().chain(above).map(|it| it + "\n").collect();
        }
        for what in ["mnt", "diff", "layers"] {
            let path = format!("{}/{what}", self.home);
            files::mkdir_all(sys, &path, 0o700).map_err(|it| Failure::of("mkdir", &path, it))?;
        }
        if let Ok(stat) = sys.statfs(self.home.as_bytes())
            && let Some((_, name)) = REFUSED.iter().find(|it| it.0 == stat.magic)
        {
            return Err(Failure(format!("AUFS is not supported over {name:?}")));
        }
        for what in ["mnt", "diff"] {
            let path = self.at(what, id);
            files::mkdir(sys, &path, 0o755).map_err(|it| Failure::of("mkdir", &path, it))?;
        }
        if let Some(parent) = parent {
            // The root of a layer has the owner and mode of the one below.
            let (root, own) = (self.at("diff", parent), self.at("diff", id));
            if let Ok(attr) = files::stat(sys, &root) {
                let _ = sys.fchmodat(AT_FDCWD, own.as_bytes(), attr.mode);
                let _ = sys.fchownat(AT_FDCWD, own.as_bytes(), Some(attr.uid), Some(attr.gid), 0);
            }
        }
        let path = self.at("layers", id);
        files::write(sys, &path, list.as_bytes(), 0o644)
            .map_err(|it| Failure::of("open", &path, it))
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let parents = self.parents(sys, id)?;
        if parents.is_empty() {
            return Ok(self.at("diff", id));
        }
        if !self.is_mounted(sys, id) {
            self.mount(sys, id, &parents)?;
        }
        Ok(self.at("mnt", id))
    }

    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        if !self.is_mounted(sys, id) {
            return Ok(());
        }
        let path = self.at("mnt", id);
        sys.umount(path.as_bytes(), ms::UMOUNT_DETACH)
            .map_err(|it| Failure::of("unmount", &path, it))
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        if id.is_empty() {
            return Err(Failure("refusing to remove the directories: id is empty".to_owned()));
        }
        self.put(sys, id)?;
        // Renamed first: who looks meanwhile finds the layer whole, or not at all.
        for what in ["mnt", "diff"] {
            let (path, aside) = (self.at(what, id), self.at(what, &format!("{id}-removing")));
            let none = RenameFlags::NONE;
            match sys.renameat2(AT_FDCWD, path.as_bytes(), AT_FDCWD, aside.as_bytes(), none) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(Failure::of("rename", &path, errno)),
            }
            files::remove_all(sys, aside.as_bytes())
                .map_err(|it| Failure::of("unlinkat", &aside, it))?;
        }
        let path = self.at("layers", id);
        files::remove_all(sys, path.as_bytes()).map_err(|it| Failure::of("unlinkat", &path, it))
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        files::exists(sys, &self.at("layers", id))
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        let root = self.at("diff", id);
        diff::as_it_is(sys, &root, sink).map_err(|errno| Failure::of("archive", &root, errno))
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        apply::into_own(sys, &self.at("diff", id), apply::Whiteouts::Names, source)
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, _parent: Option<&str>) -> Answer<u64> {
        diff::own_size(sys, &self.at("diff", id))
    }

    fn own_changes(&self, sys: &mut dyn Sys, id: &str) -> Option<Answer<Vec<Change>>> {
        let root = self.at("diff", id);
        let found = self.parents(sys, id).and_then(|parents| {
            let lowers: Vec<String> = parents.iter().map(|it| self.at("diff", it)).collect();
            let mut walk = Changes { sys, lowers, found: Vec::new(), told: BTreeSet::new() };
            let done = walk.below(root.as_bytes(), b"");
            done.map(|()| walk.found).map_err(|errno| Failure::of("lstat", &root, errno))
        });
        Some(found)
    }

    fn own_files(&self, _sys: &mut dyn Sys, id: &str) -> String {
        self.at("diff", id)
    }

    fn metadata(&self, _sys: &mut dyn Sys, _id: &str) -> Option<Vec<(&'static str, String)>> {
        None
    }

    fn status(&self, sys: &mut dyn Sys) -> Vec<(String, String)> {
        let dirs = files::names(sys, &format!("{}/layers", self.home)).len();
        let rows = [
            ("Root Dir", self.home.clone()),
            ("Backing Filesystem", "extfs".to_owned()),
            ("Dirs", dirs.to_string()),
            ("Dirperm1 Supported", "true".to_owned()),
        ];
        rows.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// What a layer's own tree says of changes: names that hide others are removals, everything else is
/// there; no second tree is walked, so what an opaque directory hides is not told, and its mark is
/// taken for the removal of a file `.wh..opq` (measured: F2).
struct Changes<'a> {
    sys: &'a mut dyn Sys,
    lowers: Vec<String>,
    found: Vec<Change>,
    /// Directories that stand in the list.
    told: BTreeSet<Vec<u8>>,
}

impl Changes<'_> {
    fn below(&mut self, root: &[u8], dir: &[u8]) -> crate::types::Result<()> {
        let here = [root, dir].concat();
        for entry in files::list(self.sys, &here)? {
            // What AUFS keeps in the root of a branch is nobody's change.
            if dir.is_empty() && entry.name.starts_with(b".wh..wh.") {
                continue;
            }
            let path = files::join(dir, &entry.name);
            let attr = files::lstat(self.sys, &files::join(&here, &entry.name))?;
            self.one(dir, &path, &entry.name, &attr);
            if attr.is_dir() {
                self.below(root, &path)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, dir: &[u8], path: &[u8], name: &[u8], attr: &Attr) {
        let (kind, shown) = match name.strip_prefix(b".wh.") {
            Some(hidden) => (Kind::Deleted, files::join(dir, hidden)),
            None => match self.before(path) {
                Some(old) if old.is_dir() && attr.is_dir() => {
                    if changes::is_same_dir(&old, attr) {
                        return;
                    }
                    (Kind::Changed, path.to_vec())
                }
                Some(_) => (Kind::Changed, path.to_vec()),
                None => (Kind::Added, path.to_vec()),
            },
        };
        if attr.is_dir() {
            self.told.insert(path.to_vec());
        }
        if kind != Kind::Changed && !dir.is_empty() && self.told.insert(dir.to_vec()) {
            self.found.push(Change { kind: Kind::Changed, path: dir.to_vec() });
        }
        self.found.push(Change { kind, path: shown });
    }

    /// What a layer below has under this path: the nearest one that has it.
    fn before(&mut self, path: &[u8]) -> Option<Attr> {
        let Changes { sys, lowers, .. } = self;
        lowers.iter().find_map(|it| files::lstat(*sys, &[it.as_bytes(), path].concat()).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_branches_are_appended_a_page_at_a_time() {
        let lowers: Vec<String> =
            (0..126).map(|n| format!("/var/lib/docker/aufs/diff/{n:064}")).collect();
        let calls = mount_calls("/var/lib/docker/aufs/diff/rw", &lowers);
        assert!(calls.len() > 2 && calls.iter().all(|it| it.len() < MOUNT_DATA_MAX));
        assert!(calls[0].starts_with("br:/var/lib/docker/aufs/diff/rw=rw:"));
        assert!(calls[0].ends_with("=ro+wh,dio,xino=/dev/shm/aufs.xino,dirperm1"));
        assert!(calls[1].starts_with("append:") && calls[1].ends_with("=ro+wh,"));
        let all = calls.join("");
        let places: Vec<usize> = lowers.iter().map(|it| all.find(it.as_str()).unwrap()).collect();
        assert!(places.is_sorted());
    }
}
