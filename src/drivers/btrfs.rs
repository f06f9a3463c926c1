//! `btrfs`: each layer is a subvolume, a snapshot of the one below. It is the whole tree, so nothing is mounted
//! and nothing has to be hidden; what is not changed is shared in extents (containers.md G).

use super::{Answer, Driver, Failure, Sink, Source, apply, files, naive};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::control::{Control, Controlled};
use crate::types::{FileType, Mode, OpenFlags, Result};

/// The inode number of the root of a subvolume.
const ROOT_INO: u64 = 256;
/// `f_type` of Btrfs.
const MAGIC: u64 = 0x9123_683e;

pub struct Btrfs {
    home: String,
}

impl Btrfs {
    pub fn new(root: &str) -> Btrfs {
        Btrfs { home: format!("{root}/btrfs") }
    }

    fn all(&self) -> String {
        format!("{}/subvolumes", self.home)
    }

    /// Where the limit of a layer is kept.
    fn quota(&self, id: &str) -> String {
        format!("{}/quotas/{id}", self.home)
    }

    fn dir(&self, id: &str) -> String {
        format!("{}/subvolumes/{id}", self.home)
    }

    fn subvolume(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Result<()> {
        let all = self.all();
        let name = id.as_bytes().to_vec();
        let Some(parent) = parent else {
            return with(sys, &all, |sys, dir| sys.control(dir, None, &Control::Create { name }))
                .map(drop);
        };
        let parent = self.dir(parent);
        with(sys, &parent, |sys, source| {
            with(sys, &all, |sys, dir| {
                let ask = Control::Snapshot { name, read_only: false };
                sys.control(dir, Some(source), &ask)
            })
        })
        .map(drop)
    }
}

/// Calls with a directory opened.
fn with<R>(
    sys: &mut dyn Sys,
    path: &str,
    f: impl FnOnce(&mut dyn Sys, Fd) -> Result<R>,
) -> Result<R> {
    let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::CLOEXEC;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0)?;
    let done = f(sys, fd);
    let _ = sys.close(fd);
    done
}

/// Deletes a subvolume with those that somebody has made in it.
fn delete(sys: &mut dyn Sys, dir: &str, name: &str) -> Result<()> {
    let ask = Control::Delete { name: name.as_bytes().to_vec() };
    match with(sys, dir, |sys, fd| sys.control(fd, None, &ask)) {
        Err(Errno::ENOTEMPTY) => {}
        done => return done.map(drop),
    }
    delete_below(sys, &format!("{dir}/{name}"))?;
    with(sys, dir, |sys, fd| sys.control(fd, None, &ask)).map(drop)
}

fn delete_below(sys: &mut dyn Sys, dir: &str) -> Result<()> {
    for entry in files::list(sys, dir.as_bytes())? {
        if entry.kind != FileType::Dir {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.name).into_owned();
        let path = format!("{dir}/{name}");
        match files::lstat(sys, path.as_bytes())?.ino == ROOT_INO {
            true => delete(sys, dir, &name)?,
            false => delete_below(sys, &path)?,
        }
    }
    Ok(())
}

impl Driver for Btrfs {
    fn name(&self) -> &'static str {
        "btrfs"
    }

    fn home(&self) -> &str {
        &self.home
    }

    fn init(&self, sys: &mut dyn Sys) -> Answer<()> {
        let root = self.home.trim_end_matches("/btrfs").to_owned();
        match sys.statfs(root.as_bytes()) {
            Ok(stat) if stat.magic == MAGIC => Ok(()),
            Ok(_) => Err(Failure(
                "prerequisites for driver not satisfied (wrong filesystem?)".to_owned(),
            )),
            Err(errno) => Err(Failure::of("statfs", &root, errno)),
        }
    }

    fn status(&self, _sys: &mut dyn Sys) -> Vec<(String, String)> {
        [("Btrfs", "")].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let all = self.all();
        files::mkdir_all(sys, &all, 0o710).map_err(|errno| Failure::of("mkdir", &all, errno))?;
        self.subvolume(sys, id, parent).map_err(|errno| {
            let why = errno.message().to_lowercase();
            match parent {
                Some(_) => Failure(format!("Failed to create btrfs snapshot: {why}")),
                None => Failure(format!("Failed to create btrfs subvolume: {why}")),
            }
        })?;
        if parent.is_none() {
            let dir = self.dir(id);
            sys.fchmodat(AT_FDCWD, dir.as_bytes(), Mode::new(0o755))
                .map_err(|errno| Failure::of("chmod", &dir, errno))?;
        }
        Ok(())
    }

    /// A limit of the subvolume's quota group, kept in `quotas/ID`; other keys are passed over (observed on 20.10).
    fn limit(&self, sys: &mut dyn Sys, id: &str, options: &[(String, String)]) -> Answer<()> {
        let Some((_, text)) = options.iter().find(|it| it.0 == "size") else { return Ok(()) };
        let bytes = super::size(text)?;
        let dir = self.dir(id);
        let limited = with(sys, &dir, |sys, fd| {
            let Controlled::Number(tree) = sys.control(fd, None, &Control::Tree)? else {
                return Err(Errno::EINVAL);
            };
            sys.control(fd, None, &Control::Quota { on: true })?;
            let ask = Control::Limit { id: tree, exclusive: false, bytes: Some(bytes) };
            sys.control(fd, None, &ask).map(drop)
        });
        limited.map_err(|errno| Failure::of("limit", &dir, errno))?;
        let kept = self.quota(id);
        files::mkdir_all(sys, &format!("{}/quotas", self.home), 0o700)
            .and_then(|()| files::write(sys, &kept, bytes.to_string().as_bytes(), 0o644))
            .map_err(|errno| Failure::of("open", &kept, errno))
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let dir = self.dir(id);
        match files::stat(sys, &dir) {
            Ok(attr) if attr.is_dir() => Ok(dir),
            Ok(_) => Err(Failure(format!("{dir}: not a directory"))),
            Err(errno) => Err(Failure::of("stat", &dir, errno)),
        }
    }

    fn put(&self, _sys: &mut dyn Sys, _id: &str) -> Answer<()> {
        Ok(())
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let dir = self.dir(id);
        if id.is_empty() || !files::exists(sys, &dir) {
            return Ok(());
        }
        let why = |errno: Errno| {
            Failure(format!(
                "Failed to destroy btrfs snapshot {dir}: {}",
                errno.message().to_lowercase()
            ))
        };
        delete(sys, &self.all(), id).map_err(why)?;
        let _ = sys.unlinkat(AT_FDCWD, self.quota(id).as_bytes(), 0);
        Ok(())
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        files::exists(sys, &self.dir(id))
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        let old = parent.map(|parent| self.dir(parent));
        naive::diff(sys, old.as_deref(), &self.dir(id), sink)
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        apply::apply(sys, &self.dir(id), apply::Whiteouts::Remove, source)
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<u64> {
        let old = parent.map(|parent| self.dir(parent));
        naive::size(sys, old.as_deref(), &self.dir(id))
    }

    fn metadata(&self, _sys: &mut dyn Sys, _id: &str) -> Option<Vec<(&'static str, String)>> {
        None
    }

    fn own_files(&self, _sys: &mut dyn Sys, id: &str) -> String {
        self.dir(id)
    }
}
