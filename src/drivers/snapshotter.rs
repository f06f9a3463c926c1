//! `overlayfs`: the snapshotter of containerd, where new installations of Docker keep their layers.
//!
//! `snapshots/N/fs` is what a snapshot holds itself, `snapshots/N/work` belongs to the kernel. Which snapshot
//! has which name and parent is in a database; here it is text, a line a snapshot. There are no short names:
//! all lower directories stand in the options of the mount. What is mounted for a container is mounted in the
//! data root of Docker.

use super::mounting::OverlayMount;
use super::{Answer, Driver, Failure, Sink, Source, apply, diff, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at, ms};

/// Where containerd keeps its snapshots, whatever Docker's data root is.
const HOME: &str = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs";

pub struct Snapshotter {
    mounts: String,
}

/// A snapshot.
struct Snapshot {
    number: u64,
    name: String,
    parent: String,
    /// Others may stand on it, and nobody writes to it.
    committed: bool,
}

impl Snapshotter {
    pub fn new(root: &str) -> Snapshotter {
        Snapshotter { mounts: format!("{root}/rootfs/overlayfs") }
    }

    fn all(&self, sys: &mut dyn Sys) -> Vec<Snapshot> {
        let text = files::read(sys, &format!("{HOME}/metadata.db")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let line = |line: &str| {
            let mut words = line.split(' ');
            Some(Snapshot {
                number: words.next()?.parse().ok()?,
                committed: words.next()? == "committed",
                name: words.next()?.to_owned(),
                parent: words.next().unwrap_or_default().to_owned(),
            })
        };
        text.lines().filter_map(line).collect()
    }

    fn keep(&self, sys: &mut dyn Sys, all: &[Snapshot]) -> Answer<()> {
        let line = |it: &Snapshot| {
            let kind = if it.committed { "committed" } else { "active" };
            format!("{} {kind} {} {}", it.number, it.name, it.parent).trim_end().to_owned() + "\n"
        };
        let text: String = all.iter().map(line).collect();
        let path = format!("{HOME}/metadata.db");
        files::replace(sys, &path, text.as_bytes(), 0o600)
            .map_err(|errno| Failure::of("open", &path, errno))
    }

    fn dir(number: u64) -> String {
        format!("{HOME}/snapshots/{number}")
    }

    fn find(&self, sys: &mut dyn Sys, id: &str) -> Answer<Snapshot> {
        let found = self.all(sys).into_iter().find(|it| it.name == id);
        found.ok_or_else(|| Failure(format!("snapshot {id} does not exist: not found")))
    }

    /// The directories of the ancestors, nearest first.
    fn lowers(&self, sys: &mut dyn Sys, of: &Snapshot) -> Vec<String> {
        let all = self.all(sys);
        let mut lowers = Vec::new();
        let mut next = of.parent.clone();
        while let Some(it) = all.iter().find(|it| !next.is_empty() && it.name == next) {
            lowers.push(format!("{}/fs", Self::dir(it.number)));
            next.clone_from(&it.parent);
        }
        lowers
    }
}

impl Driver for Snapshotter {
    fn name(&self) -> &'static str {
        "overlayfs"
    }

    fn home(&self) -> &str {
        HOME
    }

    fn status(&self, _sys: &mut dyn Sys) -> Vec<(String, String)> {
        vec![("driver-type".to_owned(), "io.containerd.snapshotter.v1".to_owned())]
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let failed = |path: &str, errno| Failure::of("mkdir", path, errno);
        let dir = format!("{HOME}/snapshots");
        files::mkdir_all(sys, &dir, 0o700).map_err(|it| failed(&dir, it))?;
        let mut all = self.all(sys);
        let below = match parent {
            Some(parent) => {
                let found = all.iter_mut().find(|it| it.name == parent);
                let found =
                    found.ok_or_else(|| Failure(format!("snapshot {parent}: not found")))?;
                found.committed = true;
                Some(found.number)
            }
            None => None,
        };
        let number = all.iter().map(|it| it.number).max().unwrap_or(0) + 1;
        let own = Self::dir(number);
        for (name, mode) in [("", 0o700), ("/fs", 0o755), ("/work", 0o711)] {
            let path = format!("{own}{name}");
            files::mkdir(sys, &path, mode).map_err(|it| failed(&path, it))?;
        }
        if let Some(below) = below {
            // The root has the owner and mode of the one below.
            let (below, fs) = (format!("{}/fs", Self::dir(below)), format!("{own}/fs"));
            if let Ok(attr) = files::stat(sys, &below) {
                let _ = sys.fchmodat(AT_FDCWD, fs.as_bytes(), attr.mode);
                let _ = sys.fchownat(AT_FDCWD, fs.as_bytes(), Some(attr.uid), Some(attr.gid), 0);
            }
        }
        let parent = parent.unwrap_or_default().to_owned();
        all.push(Snapshot { number, name: id.to_owned(), parent, committed: false });
        self.keep(sys, &all)
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let own = self.find(sys, id)?;
        let lowers = self.lowers(sys, &own);
        let dir = Self::dir(own.number);
        if lowers.is_empty() {
            return Ok(format!("{dir}/fs"));
        }
        let target = format!("{}/{id}", self.mounts);
        let made = files::mkdir_all(sys, &self.mounts, 0o710)
            .and_then(|()| files::mkdir(sys, &target, 0o700));
        match made {
            Ok(()) => {}
            Err(Errno::EEXIST) => return Ok(target),
            Err(errno) => return Err(Failure::of("mkdir", &target, errno)),
        }
        let (fs, work) = (format!("{dir}/fs"), format!("{dir}/work"));
        let upper = (!own.committed).then_some((fs.as_str(), work.as_str()));
        let lowers = if own.committed { [vec![fs.clone()], lowers].concat() } else { lowers };
        // The directories share their beginning: names relative to it fit into the page of mount(2).
        let mount = OverlayMount { target: &target, lowers: &lowers, upper, base: HOME };
        mount.mount(sys).inspect_err(|_| {
            let _ = sys.unlinkat(AT_FDCWD, target.as_bytes(), at::REMOVEDIR);
        })?;
        Ok(target)
    }

    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let target = format!("{}/{id}", self.mounts);
        if !files::exists(sys, &target) {
            return Ok(());
        }
        sys.umount(target.as_bytes(), ms::UMOUNT_DETACH)
            .map_err(|errno| Failure::of("unmount", &target, errno))?;
        sys.unlinkat(AT_FDCWD, target.as_bytes(), at::REMOVEDIR)
            .map_err(|errno| Failure::of("remove", &target, errno))
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let mut all = self.all(sys);
        let Some(found) = all.iter().position(|it| it.name == id) else { return Ok(()) };
        let own = all.remove(found);
        let dir = Self::dir(own.number);
        files::remove_all(sys, dir.as_bytes())
            .map_err(|errno| Failure::of("unlinkat", &dir, errno))?;
        self.keep(sys, &all)
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        self.find(sys, id).is_ok()
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        let root = format!("{}/fs", Self::dir(self.find(sys, id)?.number));
        diff::native(sys, &root, sink).map_err(|errno| Failure::of("archive", &root, errno))
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        let root = format!("{}/fs", Self::dir(self.find(sys, id)?.number));
        apply::into_own(sys, &root, apply::Whiteouts::Overlay, source)
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, _parent: Option<&str>) -> Answer<u64> {
        let root = format!("{}/fs", Self::dir(self.find(sys, id)?.number));
        diff::own_size(sys, &root)
    }

    fn own_files(&self, sys: &mut dyn Sys, id: &str) -> String {
        self.find(sys, id).map_or(String::new(), |it| format!("{}/fs", Self::dir(it.number)))
    }

    fn metadata(&self, _sys: &mut dyn Sys, _id: &str) -> Option<Vec<(&'static str, String)>> {
        None
    }
}
