//! Docker's storage drivers: how the layers of images and containers lie on disk.
//!
//! A driver keeps all it knows in files of the machine and works by system calls alone, so undo and
//! the shell see everything. Layers come and go as entries with their contents; what a whiteout is
//! on disk is the driver's business, in an archive it is `.wh.NAME`.

pub mod apply;
pub mod aufs;
pub mod btrfs;
pub mod changes;
pub mod devicemapper;
pub mod diff;
pub mod files;
pub mod ground;
mod mounting;
pub mod naive;
pub mod overlay2;
pub mod snapshotter;
pub mod vfs;
pub mod zfs;

#[cfg(test)]
mod tests;

use crate::store::Rope;
use crate::sys::Sys;
use crate::tar::Entry;
use crate::types::Result;

/// An entry of a layer with its contents.
pub type Part = (Entry, Rope);

/// Where the entries of a layer come from, one at a time.
pub type Source<'a> = dyn FnMut() -> std::result::Result<Option<Part>, Failure> + 'a;

/// Where the entries of a layer go: the entry, then its contents piece by piece.
pub trait Sink {
    /// # Errors
    /// The sink's own.
    fn entry(&mut self, entry: &Entry) -> Result<()>;
    /// # Errors
    /// The sink's own.
    fn data(&mut self, bytes: &[u8]) -> Result<()>;
    /// The contents are complete.
    ///
    /// # Errors
    /// The sink's own.
    fn end(&mut self, entry: &Entry) -> Result<()>;
}

/// Why a driver cannot do what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

/// `20M`, `1.5g`: bytes, as Docker reads them.
///
/// # Errors
/// In Docker's words.
fn size(text: &str) -> Answer<u64> {
    let wrong = || Failure(format!("invalid size: '{text}'"));
    let lower = text.to_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match lower[digits.len()..].trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    match number >= 0.0 {
        true => Ok((number * 1024_f64.powi(power)) as u64),
        false => Err(wrong()),
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Failure {
    /// In Go's words: the call, the path, the reason in lower case.
    pub fn of(call: &str, path: &str, errno: crate::errno::Errno) -> Failure {
        Failure(format!("{call} {path}: {}", errno.message().to_lowercase()))
    }
}

/// What a driver answers.
pub type Answer<T> = std::result::Result<T, Failure>;

/// A storage driver.
pub trait Driver {
    /// `overlay2`, `vfs`, …
    fn name(&self) -> &'static str;
    /// Takes an option of `storage-opts` (`dm.basesize=20G`).
    ///
    /// # Errors
    /// An option that the driver does not have, a value that it cannot read.
    fn option(&mut self, key: &str, _value: &str) -> Answer<()> {
        Err(Failure(format!("{}: unknown option {key}", self.name())))
    }
    /// Makes the driver's home ready when the engine comes up.
    ///
    /// # Errors
    /// What the machine lacks for this driver.
    fn init(&self, _sys: &mut dyn Sys) -> Answer<()> {
        Ok(())
    }
    /// What `docker info` shows below the driver's name.
    fn status(&self, _sys: &mut dyn Sys) -> Vec<(String, String)> {
        Vec::new()
    }
    /// What [`Driver::create`] puts on the disk; modes are taken as given.
    ///
    /// # Errors
    /// The disk's, and a depth that the driver does not reach. What was made so far may be there.
    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()>;
    /// A layer of an image on top of another: whole, or nothing of it is left.
    ///
    /// # Errors
    /// As [`Driver::make`].
    fn create(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let mask = sys.umask(0);
        let done = self.make(sys, id, parent);
        sys.umask(mask);
        if done.is_err() {
            let _ = self.remove(sys, id);
        }
        done
    }
    /// A layer that a container writes to.
    ///
    /// # Errors
    /// As [`Driver::create`].
    fn create_read_write(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        self.create(sys, id, parent)
    }
    /// Limits a layer that was just made, as `--storage-opt` says: keys and values, at least one.
    ///
    /// # Errors
    /// In Docker's words: a driver that has no limits, an option or a value that it does not take.
    fn limit(&self, _sys: &mut dyn Sys, _id: &str, _options: &[(String, String)]) -> Answer<()> {
        Err(Failure(format!("--storage-opt is not supported for {}", self.name())))
    }
    /// Makes the merged tree visible, unless it is; its path. Who calls knows who else uses it.
    ///
    /// # Errors
    /// Those of mounting.
    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String>;
    /// The tree is no longer needed.
    ///
    /// # Errors
    /// Those of unmounting.
    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()>;
    /// Forgets a layer with all that is in it.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()>;
    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool;
    /// What the layer changes of its parent, in the order of the driver.
    ///
    /// # Errors
    /// The disk's and the sink's.
    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()>;
    /// Lays entries into a new layer; the size of what it then holds.
    ///
    /// # Errors
    /// The disk's and the source's.
    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64>;
    /// Bytes of what the layer changes.
    ///
    /// # Errors
    /// The disk's.
    fn diff_size(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<u64>;
    /// What the layer changes of those below, if its own tree tells; `None` where two trees have to be
    /// compared.
    fn own_changes(&self, _sys: &mut dyn Sys, _id: &str) -> Option<Answer<Vec<changes::Change>>> {
        None
    }
    /// What `inspect` shows under `GraphDriver.Data`.
    fn metadata(&self, sys: &mut dyn Sys, id: &str) -> Option<Vec<(&'static str, String)>>;
    /// Where the files that a layer brought are: at least those, for `vfs` the whole tree.
    fn own_files(&self, sys: &mut dyn Sys, id: &str) -> String;
    /// The folder in which the driver keeps its layers.
    fn home(&self) -> &str;
}

/// The driver of this name with its home below `root`, if it is built.
pub fn by_name(name: &str, root: &str) -> Option<Box<dyn Driver>> {
    match name {
        "overlay2" => Some(Box::new(overlay2::Overlay2::new(root))),
        "overlayfs" => Some(Box::new(snapshotter::Snapshotter::new(root))),
        "aufs" => Some(Box::new(aufs::Aufs::new(root))),
        "btrfs" => Some(Box::new(btrfs::Btrfs::new(root))),
        "zfs" => Some(Box::new(zfs::Zfs::new(root))),
        "devicemapper" => Some(Box::new(devicemapper::DeviceMapper::new(root))),
        "vfs" => Some(Box::new(vfs::Vfs::new(root))),
        _ => None,
    }
}
