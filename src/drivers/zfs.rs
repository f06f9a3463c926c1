//! `zfs`: each layer is a dataset, a clone of a snapshot of the one below. Datasets are mounted only while
//! somebody uses them. The snapshot is destroyed at once, which waits until the last clone is gone
//! (containers.md H).

use super::{Answer, Driver, Failure, Sink, Source, apply, files, naive};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at, ms};
use crate::types::control::{Control, Controlled, DatasetFacts, Zfs as Ask};
use crate::types::{Mode, OpenFlags, Result};

pub struct Zfs {
    root: String,
    home: String,
    /// `zfs.fsname`: the dataset above all layers, unless it is the one that the data root is on.
    parent: Option<String>,
}

impl Zfs {
    pub fn new(root: &str) -> Zfs {
        Zfs { root: root.to_owned(), home: format!("{root}/zfs"), parent: None }
    }

    /// The dataset above all layers.
    fn above(&self, sys: &mut dyn Sys) -> Answer<String> {
        if let Some(parent) = &self.parent {
            return Ok(parent.clone());
        }
        let mounts = files::read(sys, "/proc/self/mounts").unwrap_or_default();
        let mounts = String::from_utf8_lossy(&mounts).into_owned();
        let place = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            Some((words.next()?, words.next()?, words.next()?))
        };
        let holds =
            |at: &str| at == "/" || self.root == at || self.root.starts_with(&format!("{at}/"));
        let found = mounts.lines().filter_map(place).filter(|it| holds(&it.1));
        // The longest place is the nearest; of two at one place the later one covers the other.
        match found.max_by_key(|it| it.1.len()) {
            Some((dataset, _, kind)) if kind == "zfs" => Ok(dataset),
            _ => Err(Failure(
                "prerequisites for driver not satisfied (wrong filesystem?)".to_owned(),
            )),
        }
    }

    fn dataset(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        Ok(format!("{}/{id}", self.above(sys)?))
    }

    fn mount_dir(&self, id: &str) -> String {
        format!("{}/graph/{id}", self.home)
    }

    /// Mounts a layer if nobody has; whether it did.
    fn take(&self, sys: &mut dyn Sys, id: &str) -> Answer<bool> {
        let dir = self.mount_dir(id);
        if files::exists(sys, &dir) {
            return Ok(false);
        }
        let dataset = self.dataset(sys, id)?;
        files::mkdir_all(sys, &dir, 0o701).map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        let done = sys.mount(dataset.as_bytes(), dir.as_bytes(), b"zfs", 0, b"");
        if let Err(errno) = done {
            let _ = sys.unlinkat(AT_FDCWD, dir.as_bytes(), at::REMOVEDIR);
            let why = errno.message().to_lowercase();
            return Err(Failure(format!("error creating zfs mount of {dataset} to {dir}: {why}")));
        }
        Ok(true)
    }

    /// Calls with layers mounted; those that nobody had mounted are unmounted again.
    fn with<R>(
        &self,
        sys: &mut dyn Sys,
        ids: &[&str],
        f: impl FnOnce(&mut dyn Sys) -> Answer<R>,
    ) -> Answer<R> {
        let mut taken = Vec::new();
        for id in ids {
            match self.take(sys, id) {
                Ok(true) => taken.push(*id),
                Ok(false) => {}
                Err(failure) => {
                    taken.iter().for_each(|id| drop(self.put(sys, id)));
                    return Err(failure);
                }
            }
        }
        let done = f(sys);
        for id in taken {
            self.put(sys, id)?;
        }
        done
    }

    fn clone_of(&self, sys: &mut dyn Sys, parent: &str, name: &str) -> Answer<()> {
        let base = self.dataset(sys, parent)?;
        let now = sys.clock();
        let mut moment = now.sec as u64 * 1_000_000_000 + u64::from(now.nsec);
        // One moment may have several snapshots here.
        let snapshot = loop {
            let snapshot = format!("{base}@{moment}");
            match ask(sys, Ask::Snapshot { names: vec![snapshot.clone()] }) {
                Ok(_) => break snapshot,
                Err(Errno::EEXIST) => moment += 1,
                Err(errno) => return Err(command("snapshot", &snapshot, errno)),
            }
        };
        let wanted =
            Ask::Clone { snapshot: snapshot.clone(), name: name.to_owned(), props: legacy() };
        let made = ask(sys, wanted).map_err(|errno| command("clone", name, errno));
        let gone = ask(sys, Ask::Destroy { name: snapshot.clone(), defer: true });
        made?;
        gone.map(drop).map_err(|errno| command("destroy", &snapshot, errno))
    }
}

fn legacy() -> Vec<(String, String)> {
    vec![("mountpoint".to_owned(), "legacy".to_owned())]
}

fn ask(sys: &mut dyn Sys, ask: Ask) -> Result<Controlled> {
    let fd = sys.openat(AT_FDCWD, b"/dev/zfs", OpenFlags::RDWR | OpenFlags::CLOEXEC, 0)?;
    let done = sys.control(fd, None, &Control::Zfs(ask));
    let _ = sys.close(fd);
    done
}

fn command(what: &str, name: &str, errno: Errno) -> Failure {
    let why = errno.message().to_lowercase();
    Failure(format!(
        "exit status 1: \"/usr/sbin/zfs zfs {what} {name}\" => cannot {what} '{name}': {why}"
    ))
}

fn facts(sys: &mut dyn Sys) -> Vec<DatasetFacts> {
    match ask(sys, Ask::List) {
        Ok(Controlled::Datasets(all)) => all,
        _ => Vec::new(),
    }
}

impl Driver for Zfs {
    fn name(&self) -> &'static str {
        "zfs"
    }

    fn home(&self) -> &str {
        &self.home
    }

    fn option(&mut self, key: &str, value: &str) -> Answer<()> {
        if key != "zfs.fsname" {
            return Err(Failure(format!("unknown option {key}")));
        }
        self.parent = Some(value.to_owned());
        Ok(())
    }

    fn init(&self, sys: &mut dyn Sys) -> Answer<()> {
        self.above(sys).map(drop)
    }

    fn status(&self, sys: &mut dyn Sys) -> Vec<(String, String)> {
        let Ok(above) = self.above(sys) else { return Vec::new() };
        let pool = above.split('/').next().unwrap_or_default().to_owned();
        let facts = facts(sys);
        let Some(set) = facts.iter().find(|it| it.name == above) else { return Vec::new() };
        let value = |key: &str| {
            set.props.iter().find(|it| it.0 == key).map_or_else(String::new, |it| it.1.clone())
        };
        let quota = if value("quota") == "none" { "no".to_owned() } else { value("quota") };
        [
            ("Zpool", pool),
            ("Zpool Health", "ONLINE".to_owned()),
            ("Parent Dataset", above.clone()),
            ("Space Used By Parent", set.used.to_string()),
            ("Space Available", set.avail.to_string()),
            ("Parent Quota", quota),
            ("Compression", value("compression")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let name = self.dataset(sys, id)?;
        let graph = format!("{}/graph", self.home);
        files::mkdir_all(sys, &graph, 0o700)
            .map_err(|errno| Failure::of("mkdir", &graph, errno))?;
        if let Some(parent) = parent {
            return self.clone_of(sys, parent, &name);
        }
        ask(sys, Ask::Create { name: name.clone(), props: legacy() })
            .map_err(|errno| command("create", &name, errno))?;
        let dir = self.mount_dir(id);
        self.with(sys, &[id], |sys| {
            sys.fchmodat(AT_FDCWD, dir.as_bytes(), Mode::new(0o755))
                .map_err(|errno| Failure::of("chmod", &dir, errno))
        })
    }

    /// The dataset's `quota` (moby 20.10, zfs.go).
    fn limit(&self, sys: &mut dyn Sys, id: &str, options: &[(String, String)]) -> Answer<()> {
        if let Some((key, _)) = options.iter().find(|it| it.0 != "size") {
            return Err(Failure(format!("Unknown option {key}")));
        }
        let name = self.dataset(sys, id)?;
        for (_, value) in options {
            let (key, value) = ("quota".to_owned(), value.clone());
            let set = Ask::Set { name: name.clone(), key, value };
            ask(sys, set).map_err(|errno| command("set", &name, errno))?;
        }
        Ok(())
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        self.take(sys, id)?;
        Ok(self.mount_dir(id))
    }

    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let dir = self.mount_dir(id);
        if !files::exists(sys, &dir) {
            return Ok(());
        }
        sys.umount(dir.as_bytes(), ms::UMOUNT_DETACH)
            .map_err(|errno| Failure::of("unmount", &dir, errno))?;
        sys.unlinkat(AT_FDCWD, dir.as_bytes(), at::REMOVEDIR)
            .map_err(|errno| Failure::of("remove", &dir, errno))
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let name = self.dataset(sys, id)?;
        if id.is_empty() || !self.exists(sys, id) {
            return Ok(());
        }
        let prefix = format!("{name}@");
        for snapshot in facts(sys).into_iter().filter(|it| it.name.starts_with(&prefix)) {
            let name = snapshot.name;
            ask(sys, Ask::Destroy { name: name.clone(), defer: false })
                .map_err(|errno| command("destroy -r", &name, errno))?;
        }
        ask(sys, Ask::Destroy { name: name.clone(), defer: false })
            .map(drop)
            .map_err(|errno| command("destroy -r", &name, errno))
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        let Ok(name) = self.dataset(sys, id) else { return false };
        ask(sys, Ask::Exists { name }).is_ok()
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        let (old, new) = (parent.map(|it| self.mount_dir(it)), self.mount_dir(id));
        let ids: Vec<&str> = parent.into_iter().chain([id]).collect();
        self.with(sys, &ids, |sys| naive::diff(sys, old.as_deref(), &new, sink))
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        let dir = self.mount_dir(id);
        self.with(sys, &[id], |sys| apply::apply(sys, &dir, apply::Whiteouts::Remove, source))
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<u64> {
        let (old, new) = (parent.map(|it| self.mount_dir(it)), self.mount_dir(id));
        let ids: Vec<&str> = parent.into_iter().chain([id]).collect();
        self.with(sys, &ids, |sys| naive::size(sys, old.as_deref(), &new))
    }

    fn metadata(&self, sys: &mut dyn Sys, id: &str) -> Option<Vec<(&'static str, String)>> {
        let dataset = self.dataset(sys, id).ok()?;
        Some(vec![("Dataset", dataset), ("Mountpoint", self.mount_dir(id))])
    }

    fn own_files(&self, sys: &mut dyn Sys, id: &str) -> String {
        // Mounted until the layer is put back.
        let _ = self.take(sys, id);
        self.mount_dir(id)
    }
}
