//! `vfs`: every layer is a full copy of the one below. Works everywhere, saves nothing.

use super::{Answer, Driver, Failure, Sink, Source, apply, changes, diff, files};
use crate::errno::Errno;
use crate::sys::Sys;

pub struct Vfs {
    home: String,
}

impl Vfs {
    pub fn new(root: &str) -> Vfs {
        Vfs { home: format!("{root}/vfs") }
    }

    fn dir(&self, id: &str) -> String {
        format!("{}/dir/{id}", self.home)
    }
}

impl Driver for Vfs {
    fn name(&self) -> &'static str {
        "vfs"
    }

    fn home(&self) -> &str {
        &self.home
    }

    /// Observed on 20.10, on an ext4.
    fn limit(&self, _sys: &mut dyn Sys, _id: &str, options: &[(String, String)]) -> Answer<()> {
        Err(Failure(match options.iter().find(|it| it.0 != "size") {
            Some((key, _)) => format!("Storage opt {key} not supported"),
            None => "Filesystem does not support, or has not enabled quotas".to_owned(),
        }))
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let dir = self.dir(id);
        let done = files::mkdir_all(sys, &format!("{}/dir", self.home), 0o710)
            .and_then(|()| files::mkdir(sys, &dir, 0o755))
            .map_err(|errno| Failure::of("mkdir", &dir, errno));
        match (done, parent) {
            (Ok(()), Some(parent)) => apply::copy_tree(sys, &self.dir(parent), &dir),
            (done, _) => done,
        }
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let dir = self.dir(id);
        match files::exists(sys, &dir) {
            true => Ok(dir),
            false => Err(Failure::of("stat", &dir, Errno::ENOENT)),
        }
    }

    fn put(&self, _sys: &mut dyn Sys, _id: &str) -> Answer<()> {
        Ok(())
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let dir = self.dir(id);
        files::remove_all(sys, dir.as_bytes()).map_err(|errno| Failure::of("unlinkat", &dir, errno))
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
        let (old, new) = (parent.map(|parent| self.dir(parent)), self.dir(id));
        let failed = |errno| Failure::of("archive", &new, errno);
        let found = changes::between(sys, old.as_deref(), &new).map_err(failed)?;
        diff::naive(sys, &new, &found, sink).map_err(failed)
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
        let (old, new) = (parent.map(|parent| self.dir(parent)), self.dir(id));
        let failed = |errno| Failure::of("lstat", &new, errno);
        let found = changes::between(sys, old.as_deref(), &new).map_err(failed)?;
        changes::size(sys, &new, &found).map_err(failed)
    }

    fn own_files(&self, _sys: &mut dyn Sys, id: &str) -> String {
        self.dir(id)
    }

    fn metadata(&self, _sys: &mut dyn Sys, _id: &str) -> Option<Vec<(&'static str, String)>> {
        None
    }
}
