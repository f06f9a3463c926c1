//! The layer of a step while it is made: a layer of the storage driver on top of what is there, taken
//! into the store as it lies.

use crate::drivers::diff::Parts;
use crate::drivers::{Answer, Failure, Sink, files};
use crate::oci::digest::Digest;
use crate::oci::engine::layers::Stored;
use crate::oci::engine::run::mount_kernel;
use crate::oci::engine::{Engine, kit_id};
use crate::sys::{AT_FDCWD, Sys, at, ms};
use crate::tar::Entry;
use crate::types::{Result, SetTime, Timespec};

/// A layer that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The driver's name of it.
    pub id: String,
    /// The chain below.
    pub parent: Option<Digest>,
    /// Where the merged tree is.
    pub tree: String,
}

/// The names of changed files.
#[derive(Default)]
struct Names(Vec<Vec<u8>>);

impl Sink for Names {
    fn entry(&mut self, entry: &Entry) -> Result<()> {
        self.0.push(entry.path.clone());
        Ok(())
    }
    fn data(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn end(&mut self, _: &Entry) -> Result<()> {
        Ok(())
    }
}

impl Engine {
    fn cache_id(&self, sys: &mut dyn Sys, chain: Option<Digest>) -> Answer<Option<String>> {
        let Some(chain) = chain else { return Ok(None) };
        let stored = self.layer(sys, chain);
        let stored = stored.ok_or_else(|| Failure(format!("layer {chain} does not exist")))?;
        Ok(Some(stored.cache_id))
    }

    /// Begins a layer on top of a chain; its tree is mounted.
    ///
    /// # Errors
    /// The driver's; nothing stays.
    pub fn begin_step(&self, sys: &mut dyn Sys, parent: Option<Digest>) -> Answer<Snapshot> {
        let below = self.cache_id(sys, parent)?;
        let id = kit_id(sys, "step");
        self.driver.create_read_write(sys, &id, below.as_deref())?;
        match self.driver.get(sys, &id) {
            Ok(tree) => Ok(Snapshot { id, parent, tree }),
            Err(failure) => {
                let _ = self.driver.remove(sys, &id);
                Err(failure)
            }
        }
    }

    /// Takes the layer in; how many entries it has. `epoch` is the time that no file is younger than.
    ///
    /// # Errors
    /// The driver's; the layer is gone then.
    pub fn keep_step(
        &self,
        sys: &mut dyn Sys,
        step: &Snapshot,
        epoch: Option<i64>,
    ) -> Answer<(Stored, usize)> {
        let done = self.kept(sys, step, epoch);
        if done.is_err() {
            self.drop_step(sys, step);
        }
        done
    }

    fn kept(
        &self,
        sys: &mut dyn Sys,
        step: &Snapshot,
        epoch: Option<i64>,
    ) -> Answer<(Stored, usize)> {
        let below = self.cache_id(sys, step.parent)?;
        if let Some(epoch) = epoch {
            self.clamp(sys, step, below.as_deref(), epoch)?;
        }
        self.driver.put(sys, &step.id)?;
        let (diff_id, entries) = self.digest(sys, &step.id, below.as_deref())?;
        let chain = diff_id.chained(step.parent);
        if let Some(stored) = self.layer(sys, chain) {
            self.driver.remove(sys, &step.id)?;
            return Ok((stored, entries));
        }
        self.may_grow(sys, step.parent)?;
        let size = self.driver.diff_size(sys, &step.id, below.as_deref())?;
        let (parent, cache_id) = (step.parent, step.id.clone());
        let stored = Stored { chain, diff_id, parent, cache_id, size };
        self.keep_layer(sys, &stored)?;
        Ok((stored, entries))
    }

    fn clamp(
        &self,
        sys: &mut dyn Sys,
        step: &Snapshot,
        below: Option<&str>,
        epoch: i64,
    ) -> Answer<()> {
        let mut names = Names::default();
        self.driver.diff(sys, &step.id, below, &mut names)?;
        // What is deepest first: a directory is not touched any more.
        for name in names.0.iter().rev() {
            let at = files::join(step.tree.as_bytes(), name);
            if files::lstat(sys, &at).is_ok_and(|attr| attr.mtime.sec > epoch) {
                let to = Some(SetTime::To(Timespec::new(epoch, 0)));
                let _ = sys.utimensat(AT_FDCWD, &at, to, to, at::SYMLINK_NOFOLLOW);
            }
        }
        Ok(())
    }

    /// Puts a layer on top of another chain: the same changes.
    ///
    /// # Errors
    /// The driver's.
    pub fn restack(
        &self,
        sys: &mut dyn Sys,
        chain: Digest,
        below: Option<Digest>,
    ) -> Answer<Stored> {
        let stored = self.layer(sys, chain);
        let stored = stored.ok_or_else(|| Failure(format!("layer {chain} does not exist")))?;
        let old = self.cache_id(sys, stored.parent)?;
        let mut parts = Parts::default();
        self.driver.diff(sys, &stored.cache_id, old.as_deref(), &mut parts)?;
        let mut parts = parts.all.into_iter();
        self.register(sys, below, Some(stored.diff_id), &mut || Ok(parts.next()))
    }

    /// Takes what a container has written in as a layer on top of a chain; `None` if it is nothing.
    ///
    /// # Errors
    /// The driver's.
    pub fn commit_layer(
        &self,
        sys: &mut dyn Sys,
        container: &str,
        below: Option<Digest>,
    ) -> Answer<Option<Digest>> {
        let mount_id = self.mount_id(sys, container)?;
        let init_id = format!("{mount_id}-init");
        let (diff_id, entries) = self.digest(sys, &mount_id, Some(&init_id))?;
        if entries == 0 {
            return Ok(None);
        }
        let mut parts = Parts::default();
        self.driver.diff(sys, &mount_id, Some(&init_id), &mut parts)?;
        let mut parts = parts.all.into_iter();
        self.register(sys, below, Some(diff_id), &mut || Ok(parts.next()))?;
        Ok(Some(diff_id))
    }

    /// Forgets a layer that is not to be kept.
    pub fn drop_step(&self, sys: &mut dyn Sys, step: &Snapshot) {
        let _ = self.driver.put(sys, &step.id);
        let _ = self.driver.remove(sys, &step.id);
    }
}

/// Something of the machine that a RUN sees at a place in its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// A file or directory of the machine.
    Bind {
        source: String,
        read_only: bool,
    },
    Tmpfs {
        size: Option<String>,
    },
}

/// What was mounted and made for a RUN, to be taken away again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    mounts: Vec<String>,
    /// Files and directories that only were something to mount on.
    stubs: Vec<String>,
}

/// Mounts what surrounds a RUN: `/proc`, `/dev`, files of the network, and `more` by their places.
///
/// # Errors
/// Those of mounting; nothing stays mounted then.
pub fn surround(
    engine: &Engine,
    sys: &mut dyn Sys,
    tree: &str,
    more: &[(String, Mounted)],
) -> Answer<Surroundings> {
    let mut around = Surroundings::default();
    let mask = sys.umask(0);
    let done = around.make(engine, sys, tree, more);
    sys.umask(mask);
    if let Err(failure) = done {
        around.clear(sys);
        return Err(failure);
    }
    Ok(around)
}

impl Surroundings {
    fn make(
        &mut self,
        engine: &Engine,
        sys: &mut dyn Sys,
        tree: &str,
        more: &[(String, Mounted)],
    ) -> Answer<()> {
        let failed = |call: &str, path: &str, errno| Failure::of(call, path, errno);
        // Directories for mounts that the runtime makes stay in the layer, as the real ones do.
        for name in ["dev", "etc", "proc", "sys"] {
            let at = format!("{tree}/{name}");
            files::mkdir_all(sys, &at, 0o755).map_err(|it| failed("mkdir", &at, it))?;
        }
        let home = format!("{}/buildkit/executor", engine.root);
        files::mkdir_all(sys, &home, 0o710).map_err(|it| failed("mkdir", &home, it))?;
        for (name, text) in [
            ("resolv.conf", "nameserver 192.168.65.7\n"),
            ("hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"),
        ] {
            let source = format!("{home}/{name}");
            if !files::exists(sys, &source) {
                files::write(sys, &source, text.as_bytes(), 0o644)
                    .map_err(|it| failed("open", &source, it))?;
            }
            self.bind(sys, tree, &format!("/etc/{name}"), &source, false)?;
        }
        mount_kernel(sys, tree)?;
        for name in ["proc", "dev", "sys"] {
            self.mounts.push(format!("{tree}/{name}"));
        }
        for (place, what) in more {
            match what {
                Mounted::Bind { source, read_only } => {
                    self.bind(sys, tree, place, source, *read_only)?;
                }
                Mounted::Tmpfs { size } => {
                    let at = self.place(sys, tree, place, true)?;
                    let options = size.as_ref().map(|it| format!("size={it}")).unwrap_or_default();
                    sys.mount(b"tmpfs", at.as_bytes(), b"tmpfs", ms::NOSUID, options.as_bytes())
                        .map_err(|it| failed("mount", &at, it))?;
                    self.mounts.push(at);
                }
            }
        }
        Ok(())
    }

    /// Something to mount on; what is made for it is remembered.
    fn place(&mut self, sys: &mut dyn Sys, tree: &str, path: &str, dir: bool) -> Answer<String> {
        let within = super::context::resolve(sys, tree, path)
            .map_err(|errno| Failure::of("stat", path, errno))?;
        let at = format!("{tree}/{within}");
        if files::exists(sys, &at) {
            return Ok(at);
        }
        let mut missing = tree.to_owned();
        let parts: Vec<&str> = within.split('/').filter(|it| !it.is_empty()).collect();
        for (n, part) in parts.iter().enumerate() {
            missing = format!("{missing}/{part}");
            if files::exists(sys, &missing) {
                continue;
            }
            let made = if dir || n + 1 < parts.len() {
                files::mkdir(sys, &missing, 0o755)
            } else {
                files::write(sys, &missing, b"", 0o644)
            };
            made.map_err(|errno| Failure::of("mkdir", &missing, errno))?;
            self.stubs.push(missing.clone());
        }
        Ok(at)
    }

    fn bind(
        &mut self,
        sys: &mut dyn Sys,
        tree: &str,
        path: &str,
        source: &str,
        read_only: bool,
    ) -> Answer<()> {
        let dir = files::stat(sys, source).is_ok_and(|attr| attr.is_dir());
        let at = self.place(sys, tree, path, dir)?;
        let failed = |errno| Failure::of("mount", &at, errno);
        sys.mount(source.as_bytes(), at.as_bytes(), b"none", ms::BIND, b"").map_err(failed)?;
        self.mounts.push(at.clone());
        if read_only {
            let flags = ms::BIND | ms::REMOUNT | ms::RDONLY;
            sys.mount(b"none", at.as_bytes(), b"none", flags, b"").map_err(failed)?;
        }
        Ok(())
    }

    /// Unmounts everything and takes away what was only there to be mounted on.
    pub fn clear(&mut self, sys: &mut dyn Sys) {
        for at in self.mounts.drain(..).rev() {
            let _ = sys.umount(at.as_bytes(), ms::UMOUNT_DETACH);
        }
        for stub in self.stubs.drain(..).rev() {
            let Ok(attr) = files::lstat(sys, stub.as_bytes()) else { continue };
            if attr.is_dir() {
                let _ = sys.unlinkat(AT_FDCWD, stub.as_bytes(), at::REMOVEDIR);
            } else if attr.size == 0 {
                let _ = sys.unlinkat(AT_FDCWD, stub.as_bytes(), 0);
            }
        }
    }
}
