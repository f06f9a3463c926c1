//! Where a case runs: a fresh directory with layers on one or several disks.
//!
//! `l1`, `l2`, … are the lower layers from the top, `d1`, `d2`, … data-only ones below them, `u` the
//! upper, `w` the work directory, `m` the mount point; all names are relative to the lab's directory, which is the working directory.

use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::{Mode, Result, SetTime, Timespec};

/// Times of fixtures count from here: 2001-01-01T00:00:00Z.
pub const BASE: i64 = 978_307_200;

/// A stamp that scripts write as `@seconds`.
pub fn fixed(seconds: i64) -> Timespec {
    Timespec::new(BASE + seconds, 0)
}

/// An ext4 disk gives no object of a lab a lower number. How ext4 numbers is not modelled, tmpfs counts
/// from 1 in each lab: two objects of two disks must not get one number by chance, as they would show it
/// on a nested mount.
pub const LOW_NUMBERS: u64 = 2048;

/// Provides disks: `tmpfs`, `tmpfs2`, `ext4`, `ramfs`, `small` (a tmpfs of 64 KiB)…
pub trait Disks {
    /// Mounts an empty disk of this kind at `at` (a path from the working directory).
    ///
    /// # Errors
    /// `ENODEV` when there is none of this kind here.
    fn mount(&mut self, sys: &mut dyn Sys, kind: &str, at: &[u8]) -> Result<()>;
}

/// Disks that every kernel makes by itself.
pub struct MemoryDisks;

impl Disks for MemoryDisks {
    fn mount(&mut self, sys: &mut dyn Sys, kind: &str, at: &[u8]) -> Result<()> {
        match kind.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "tmpfs" => sys.mount(b"lab", at, b"tmpfs", 0, b"mode=0755"),
            "small" => sys.mount(b"lab", at, b"tmpfs", 0, b"mode=0755,size=64k"),
            "ramfs" => sys.mount(b"lab", at, b"ramfs", 0, b"mode=0755"),
            _ => Err(Errno::ENODEV),
        }
    }
}

/// What stands where.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Lower layers from the top.
    pub lowers: Vec<String>,
    /// Data-only layers from the top.
    pub data: Vec<String>,
    pub upper: bool,
    /// (layer or `u`, disk).
    disks: Vec<(String, String)>,
    /// Extra mount options.
    pub options: String,
    mounted: Vec<String>,
    /// Where other overlays are mounted, and whether the one on `m` stands on one of them.
    pub inner: Vec<String>,
    nested: bool,
}

impl Lab {
    /// `layers`: `l1 l2 u`; `disks`: `l1=ext4 u=tmpfs`, or one word for all; empty is `tmpfs`.
    pub fn new(layers: &str, disks: &str, options: &str) -> Lab {
        let names = layers.split_ascii_whitespace().map(str::to_owned);
        let (upper, below): (Vec<_>, Vec<_>) = names.partition(|it| it == "u");
        let (data, lowers): (Vec<_>, Vec<_>) =
            below.into_iter().partition(|it| it.starts_with('d'));
        let words: Vec<&str> = disks.split_ascii_whitespace().collect();
        let disk = |layer: &str| {
            let own = words.iter().find_map(|it| it.strip_prefix(layer)?.strip_prefix('='));
            let all = words.iter().find(|it| !it.contains('='));
            own.or(all.copied()).unwrap_or("tmpfs").to_owned()
        };
        let all = lowers.iter().chain(&data).chain(upper.first()).cloned();
        let disks = all.map(|it| (it.clone(), disk(&it))).collect();
        Lab {
            lowers,
            data,
            upper: !upper.is_empty(),
            disks,
            options: options.to_owned(),
            mounted: Vec::new(),
            inner: Vec::new(),
            nested: false,
        }
    }

    /// Are all layers on one file system?
    pub fn is_samefs(&self) -> bool {
        let merged = || self.disks.iter().filter(|it| !self.data.contains(&it.0));
        !self.nested && merged().zip(merged().skip(1)).all(|(one, next)| one.1 == next.1)
    }

    /// The overlay on `m` was mounted with these options.
    pub fn stands_on(&mut self, options: &[u8]) {
        let text = String::from_utf8_lossy(options);
        let lower = text.split(',').find_map(|it| it.strip_prefix("lowerdir="));
        let mut layers = lower.unwrap_or_default().split(':');
        self.nested = layers.any(|layer| {
            self.inner.iter().any(|it| {
                layer
                    .strip_prefix(&it[..])
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        });
    }

    pub fn disk_of(&self, layer: &str) -> &str {
        self.disks.iter().find(|it| it.0 == layer).map_or("tmpfs", |it| &it.1)
    }

    /// The directories that are compared raw.
    pub fn raw(&self) -> impl Iterator<Item = &str> {
        let own = if self.upper { &["u", "w"][..] } else { &[] };
        own.iter().copied().chain(self.lowers.iter().chain(&self.data).map(String::as_str))
    }

    /// The option string of the mount.
    pub fn data(&self) -> String {
        let mut data = format!("lowerdir={}", self.lowers.join(":"));
        self.data.iter().for_each(|it| data.push_str(&format!("::{it}")));
        if self.upper {
            data.push_str(",upperdir=u,workdir=w");
        }
        if !self.options.is_empty() {
            data.push(',');
            data.push_str(&self.options);
        }
        data
    }

    /// Builds the lab in the working directory, which is empty.
    ///
    /// # Errors
    /// Of the system calls; `ENODEV` for a disk that cannot be had.
    pub fn build(&mut self, sys: &mut dyn Sys, disks: &mut dyn Disks) -> Result<()> {
        sys.umask(0o022);
        sys.mkdirat(AT_FDCWD, b"r", 0o755)?;
        let tick = sys.openat(AT_FDCWD, b"tick", TICK_FLAGS, 0o644)?;
        sys.close(tick)?;
        disks.mount(sys, "tmpfs", b"r")?;
        sys.chdir(b"r")?;
        sys.mkdirat(AT_FDCWD, b"m", 0o755)?;
        for (layer, disk) in self.disks.clone() {
            self.layer(sys, disks, &layer, &disk)?;
        }
        Ok(())
    }

    fn layer(
        &mut self,
        sys: &mut dyn Sys,
        disks: &mut dyn Disks,
        layer: &str,
        disk: &str,
    ) -> Result<()> {
        let names: &[&str] = if layer == "u" { &["u", "w"] } else { &[layer] };
        let point = format!("disk-{disk}");
        if disk != "tmpfs" && !self.mounted.contains(&point) {
            sys.mkdirat(AT_FDCWD, point.as_bytes(), 0o755)?;
            disks.mount(sys, disk, point.as_bytes())?;
            self.mounted.push(point.clone());
        }
        for name in names {
            let real = if disk == "tmpfs" { (*name).to_owned() } else { format!("{point}/{name}") };
            sys.mkdirat(AT_FDCWD, real.as_bytes(), 0o755)?;
            if disk != "tmpfs" {
                sys.symlinkat(real.as_bytes(), AT_FDCWD, name.as_bytes())?;
            }
            let t = Some(SetTime::To(fixed(0)));
            sys.fchmodat(AT_FDCWD, real.as_bytes(), Mode::new(0o755))?;
            sys.utimensat(AT_FDCWD, real.as_bytes(), t, t, 0)?;
        }
        Ok(())
    }

    /// Unmounts all that was mounted and leaves an empty working directory.
    ///
    /// # Errors
    /// Of the system calls.
    pub fn tear_down(&mut self, sys: &mut dyn Sys) -> Result<()> {
        while sys.umount(b"m", crate::sys::ms::UMOUNT_DETACH).is_ok() {}
        for point in self.mounted.drain(..).rev() {
            let _ = sys.umount(point.as_bytes(), crate::sys::ms::UMOUNT_DETACH);
        }
        sys.chdir(b"..")?;
        sys.umount(b"r", crate::sys::ms::UMOUNT_DETACH)?;
        sys.unlinkat(AT_FDCWD, b"r", crate::sys::at::REMOVEDIR)?;
        sys.unlinkat(AT_FDCWD, b"tick", 0)
    }
}

const TICK_FLAGS: crate::types::OpenFlags = crate::types::OpenFlags(0o102);
