//! Mounting: options to layers, layers to an overlay.
//!
//! Stages in the kernel's order, since each may fail and what was written before stays: options,
//! upper, work directory (leftovers of an earlier mount go), lower layers, uuid, overlaps, root.

mod index;
mod lowers;
mod workdir;

use super::entry::{Dir, Inode, Lower, LowerRef, ROOT, flag};
use super::file::Open;
use super::format::{YES, uuid};
use super::layer::{Layer, LayerFs};
use super::params::{self, Parsed, Parser, RedirectMode, UuidMode};
use super::profile::{Feature, Profile};
use super::real::{FaultPlan, Place};
use super::{Config, Overlay};
use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem, Traits};
use crate::store::{Label, Table};
use crate::trace::step::Verb;
use crate::trace::{Rule, Step};
use crate::types::{Dev, FileType, FsId, Ino, Result};
use std::sync::Arc;

/// The directory that an option names, as the mounter's path walk found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerRoot {
    pub fs: FsId,
    pub ino: Ino,
    /// Which mount it was reached through: upper and work must agree (a bind mount differs).
    pub mount: u64,
    /// `MS_*` flags of that mount (read-only matters).
    pub flags: u64,
}

/// What mounting needs from the kernel around it.
pub trait MountHost {
    /// Walks a path as the mounting process (relative to its working directory, following
    /// symbolic links; any kind of file may be found).
    ///
    /// # Errors
    /// Those of a path walk.
    fn resolve(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<LayerRoot>;
    /// A fresh anonymous device number. The first one asked for is the overlay's own, further
    /// ones are the pseudo devices of its layers' file systems ([`Mounted::devs`] has them all).
    fn anon_dev(&mut self) -> Dev;
    /// The kernel version to imitate.
    fn profile(&self) -> Profile {
        Profile::V6_18
    }
}

/// Where the options come from.
#[derive(Clone, Copy, Debug)]
pub enum Options<'a> {
    /// The data page of `mount(2)`: `key=value,key` with backslash escapes.
    Data(&'a [u8]),
    /// `fsconfig(2)` calls in order; an empty value sets a flag.
    List(&'a [(Vec<u8>, Vec<u8>)]),
}

/// A request to mount. The mounter is `cx.cred`.
#[derive(Clone, Copy, Debug)]
pub struct MountArgs<'a> {
    pub options: Options<'a>,
    /// `MS_RDONLY`.
    pub read_only: bool,
}

/// A mount that worked.
pub struct Mounted {
    /// To be given to [`crate::fs::Disks::add`] at once: it knows itself by the id that
    /// [`crate::fs::Disks::next_id`] named when [`mount`] was called.
    pub overlay: Box<dyn FileSystem>,
    /// Kernel log lines (`overlayfs: …`) of a mount that worked all the same.
    pub log: Vec<String>,
    /// Every anonymous device in use, to be given back at the last unmount.
    pub devs: Vec<Dev>,
}

/// A mount that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountError {
    pub errno: Errno,
    /// Kernel log lines, worded like the kernel's.
    pub log: Vec<String>,
}

/// Mounts an overlay.
///
/// # Errors
/// As Linux 6.18.
pub fn mount(
    cx: &mut Cx<'_>,
    args: MountArgs<'_>,
    host: &mut dyn MountHost,
) -> std::result::Result<Mounted, MountError> {
    let id = cx.disks.next_id();
    cx.trace.step(|| Step::Begin { overlay: id, verb: Verb::Mount, path: "/".into() });
    let mut log = Vec::new();
    let res = fill(cx, args, host, &mut log);
    let errno = res.as_ref().err().copied();
    let rule = if errno.is_none() { Rule::Mounted } else { Rule::MountRefused };
    cx.trace.step(|| Step::Decide { overlay: id, path: "/".into(), rule, errno });
    for line in &log {
        cx.trace.step(|| Step::Log { line: line.clone() });
    }
    cx.trace.step(|| Step::End { overlay: id, verb: Verb::Mount, errno });
    match res {
        Ok((overlay, devs)) => Ok(Mounted { overlay: Box::new(overlay), log, devs }),
        Err(errno) => Err(MountError { errno, log }),
    }
}

fn fill(
    cx: &mut Cx<'_>,
    args: MountArgs<'_>,
    host: &mut dyn MountHost,
    log: &mut Vec<String>,
) -> Result<(Overlay, Vec<Dev>)> {
    let profile = host.profile();
    if cx.cred.userns && !profile.has(Feature::UserMounts) {
        return Err(Errno::EPERM);
    }
    let mut parsed = params::parse(cx, args.options, &mut Parser { host, log, profile })?;
    params::verify(&mut parsed, profile, log)?;
    if parsed.lowers.is_empty() {
        return fail(log, "missing 'lowerdir'");
    }
    if parsed.upper.is_some() && parsed.work.is_none() {
        return fail(log, "missing 'workdir'");
    }
    let mut overlay = blank(cx, &parsed, profile);
    if let (Some(upper), Some(work)) = (parsed.upper, parsed.work) {
        overlay.take_upper(cx, upper, log)?;
        overlay.take_work(cx, upper, work, log)?;
    }
    overlay.take_lowers(cx, &parsed, log)?;
    overlay.take_uuid(cx, log);
    overlay.take_index(cx, log)?;
    overlay.check_overlaps(cx, &parsed, log)?;
    overlay.without_index(log);
    let devs = overlay.take_devs(cx, host);
    overlay.take_xino(log);
    overlay.make_root(cx)?;
    let read_only = args.read_only || parsed.read_only;
    overlay.read_only = read_only || overlay.work.is_none();
    // Its directory lives as long as the mount, even when another mount replaces it on disk.
    if let Some(work) = overlay.work {
        let fs = overlay.upper_fs();
        cx.on(fs, |f, cx| f.pin(cx, work));
    }
    Ok((overlay, devs))
}

pub(super) fn fail<T>(log: &mut Vec<String>, line: &str) -> Result<T> {
    log.push(format!("overlayfs: {line}"));
    Err(Errno::EINVAL)
}

/// An overlay without layers.
fn blank(cx: &mut Cx<'_>, parsed: &Parsed, profile: Profile) -> Overlay {
    let mut mounter = cx.cred.clone();
    // What the kernel keeps for itself: quota and reserved blocks are not the mounter's to pass.
    mounter.caps = mounter.caps.without(Caps::SYS_RESOURCE);
    let all_powerful = mounter.has(Caps::DAC_OVERRIDE) && !mounter.userns;
    Overlay {
        id: cx.disks.next_id(),
        config: Arc::new(parsed.config.clone()),
        profile,
        mounter: Arc::new(mounter),
        all_powerful,
        layers: Vec::new(),
        has_upper: parsed.upper.is_some(),
        fses: Vec::new(),
        same_fs: true,
        dev: Dev::default(),
        work: None,
        work_name: b"work",
        work_base: None,
        traps: Arc::default(),
        no_xattr: false,
        uuid: [0; 16],
        read_only: false,
        depth: 1,
        namelen: 255,
        data_layers: parsed.config.lowers.iter().filter(|it| it.data).count() as u16,
        inodes: Table::<Inode>::default(),
        moved_dirs: 0,
        old_times: Table::default(),
        lazy_data: Table::default(),
        next_inode: ROOT,
        renaming: false,
        aliases: Table::default(),
        several: Table::default(),
        real_index: Vec::new(),
        last_number: 1,
        xino_bits: 0,
        files: Table::<Open>::default(),
        next_file: 1,
        listings: Table::default(),
        oldest_listing: 0,
        next_listing: 1,
        whiteout: None,
        share_whiteouts: profile.has(Feature::SharedWhiteouts),
        faults: FaultPlan::default(),
        copied: 0,
    }
}

fn layer_fs(cx: &mut Cx<'_>, id: FsId) -> LayerFs {
    // Whoever is root in a user namespace only cannot open by handle: none are used (observed on
    // 6.18).
    let confined = cx.cred.userns;
    cx.on(id, |f, _| LayerFs {
        id,
        dev: Dev::default(),
        traits: Traits { handles: f.traits().handles && !confined, ..f.traits() },
        uuid: f.uuid(),
        bad_uuid: false,
        data_only: false,
    })
}

impl Overlay {
    fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    fn add_trap(&mut self, fs: FsId, ino: Ino) {
        let mut traps = self.traps.to_vec();
        traps.push((fs, ino));
        self.traps = traps.into();
    }

    fn take_upper(
        &mut self,
        cx: &mut Cx<'_>,
        upper: LayerRoot,
        log: &mut Vec<String>,
    ) -> Result<()> {
        self.fses.push(layer_fs(cx, upper.fs));
        self.real_index.push(Table::default());
        self.layers.push(Layer { fs: upper.fs, root: upper.ino, fsx: 0, xwhiteouts: false });
        self.add_trap(upper.fs, upper.ino);
        self.report_in_use(cx, upper, "upperdir", log)
    }

    /// Keeps or writes the overlay's uuid (1.6, 1.8).
    fn take_uuid(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) {
        if self.config.uuid == UuidMode::Off && (!self.same_fs || !self.has_upper) {
            log.push(
                "overlayfs: The uuid=off requires a single fs for lower and upper, falling back \
                 to uuid=null."
                    .into(),
            );
            self.config_mut().uuid = UuidMode::Null;
        }
        let wanted = matches!(self.config.uuid, UuidMode::Auto | UuidMode::On);
        if !self.has_upper || !wanted || !self.profile.has(Feature::Uuid) || self.no_xattr {
            return;
        }
        let (fs, root) = (self.layers[0].fs, self.layers[0].root);
        let trouble = match self.raw_private(cx, fs, root, self.names().uuid) {
            Ok(Some(value)) => match <[u8; 16]>::try_from(value) {
                Ok(uuid) => {
                    self.uuid = uuid;
                    return;
                }
                Err(_) => Some(("get", Errno::EIO)),
            },
            Ok(None) => self.new_uuid(cx, fs, root),
            Err(errno) => Some(("get", errno)),
        };
        let Some((what, errno)) = trouble else { return };
        self.config_mut().uuid = UuidMode::Null;
        log.push(format!(
            "overlayfs: failed to {what} uuid ({}, err={}); falling back to uuid=null.",
            tail(self.config.upperdir.as_deref().unwrap_or_default(), 2),
            errno.number()
        ));
    }

    fn new_uuid(&mut self, cx: &mut Cx<'_>, fs: FsId, root: Ino) -> Option<(&'static str, Errno)> {
        if self.config.uuid == UuidMode::Auto {
            match self.raw_private(cx, fs, root, self.names().impure) {
                // An older overlay: it stays as it is.
                Ok(Some(_)) => {
                    self.config_mut().uuid = UuidMode::Null;
                    return None;
                }
                Ok(None) => {}
                Err(errno) => return Some(("get", errno)),
            }
        }
        let now = cx.clock.now();
        let seed =
            (now.sec as u64) << 20 ^ u64::from(now.nsec) ^ u64::from(self.id.0) << 50 ^ root.0;
        let uuid = uuid::from_seed(seed);
        match self.do_set_private(cx, Place::Base(b""), root, self.names().uuid, &uuid) {
            Ok(()) => {
                cx.trace.step(|| Step::Decide {
                    overlay: self.id,
                    path: "/".into(),
                    rule: Rule::UuidWritten,
                    errno: None,
                });
                self.config_mut().uuid = UuidMode::On;
                self.uuid = uuid;
                None
            }
            Err(errno) => Some(("set", errno)),
        }
    }

    /// The overlay's device and those of the file systems below.
    fn take_devs(&mut self, cx: &mut Cx<'_>, host: &mut dyn MountHost) -> Vec<Dev> {
        self.dev = host.anon_dev();
        let mut devs = vec![self.dev];
        if !self.profile.has(Feature::Xino) {
            // Files show the device of the layer that they are on.
            for fs in &mut self.fses {
                fs.dev =
                    cx.on(fs.id, |f, cx| f.peek_attr(cx, f.root())).map_or(self.dev, |it| it.dev);
            }
            return devs;
        }
        for fs in self.fses.iter_mut().filter(|it| !it.data_only) {
            fs.dev = host.anon_dev();
            devs.push(fs.dev);
        }
        devs
    }

    /// How inode numbers of several file systems are told apart (4.4).
    fn take_xino(&mut self, log: &mut Vec<String>) {
        if self.same_fs {
            if self.config.xino == params::Xino::On {
                let line = "\"xino=on\" is useless with all layers on same fs, ignore.";
                log.push(format!("overlayfs: {line}"));
            }
            return;
        }
        let own = usize::from(!self.has_upper);
        if self.fses[1..].iter().any(|it| it.bad_uuid) {
            self.give_up_auto_xino();
        }
        if self.config.xino == params::Xino::Off {
            return;
        }
        let shown = || self.fses[own..].iter().filter(|it| !it.data_only);
        let narrow = shown().all(|it| it.traits.ino32 && it.traits.handles);
        // One more than it takes to count the lower file systems, and one in reserve.
        let lowers = (shown().count() + own).saturating_sub(1).max(1) as u32;
        self.xino_bits = if narrow { 32 } else { lowers.ilog2() + 2 };
        log.push(format!(
            "overlayfs: \"xino\" feature enabled using {} upper inode bits.",
            self.xino_bits
        ));
    }

    fn make_root(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let upper = self.has_upper.then(|| self.layers[0].root);
        let merged = usize::from(self.last_merged());
        let lower: Vec<LowerRef> = self
            .layers
            .iter()
            .enumerate()
            .take(merged + 1)
            .skip(1)
            .map(|(at, it)| LowerRef { layer: at as u16, ino: it.root })
            .collect();
        let top = &self.layers[if self.has_upper { 0 } else { 1 }];
        let (fs, real, fsx) = (top.fs, top.root, top.fsx);
        let attr = self.raw_known(cx, fs, real)?;
        let number = self.spare_number(attr.ino, fsx);
        let mut root = Inode {
            kind: FileType::Dir,
            mode: attr.mode.0,
            flags: flag::WHITEOUTS,
            uid: attr.uid,
            gid: attr.gid,
            size: 0,
            upper,
            lower: Lower::of(lower.clone()),
            parent: ROOT,
            name: Label::default(),
            refs: 1,
            nlink: 1,
            key: None,
            dir: Some(Arc::new(Dir { number, ..Dir::default() })),
        };
        if upper.is_some() {
            let impure = self.raw_private(cx, fs, real, self.names().impure)?;
            root.set(flag::IMPURE, impure.as_deref() == Some(YES));
        }
        root.set(flag::XWHITEOUTS, self.layers.iter().any(|it| it.xwhiteouts));
        self.pin_stack(cx, upper, &lower);
        let id = self.add_inode(root);
        debug_assert_eq!(id, ROOT);
        Ok(())
    }

    /// Directories that another mounted overlay writes to: with an index they are refused, otherwise
    /// the log warns (R1.3).
    fn report_in_use(
        &self,
        cx: &Cx<'_>,
        root: LayerRoot,
        what: &str,
        log: &mut Vec<String>,
    ) -> Result<()> {
        let busy = cx
            .disks
            .ids()
            .filter_map(|id| cx.disks.peek(id)?.as_any().downcast_ref::<Overlay>())
            .any(|it| it.writes_to(root.fs, root.ino));
        if !busy || !self.profile.has(Feature::InUse) {
            return Ok(());
        }
        let used = format!("overlayfs: {what} is in-use as upperdir/workdir of another mount");
        if self.config.index {
            log.push(format!(
                "{used}, mount with '-o index=off' to override exclusive upperdir protection."
            ));
            return Err(Errno::EBUSY);
        }
        log.push(format!(
            "{used}, accessing files from both mounts will result in undefined behavior."
        ));
        Ok(())
    }

    fn writes_to(&self, fs: FsId, ino: Ino) -> bool {
        self.has_upper
            && self.layers[0].fs == fs
            && (self.layers[0].root == ino || self.work_base == Some(ino))
    }

    /// The upper layer keeps no attributes: what needs them is turned off (1.5).
    fn without_xattrs(&mut self, log: &mut Vec<String>) {
        self.no_xattr = true;
        log.push("overlayfs: failed to set xattr on upper".into());
        let mut fall_back = |what: &str| log.push(format!("overlayfs: ...falling back to {what}."));
        if self.config.redirect != RedirectMode::NoFollow {
            self.config_mut().redirect = RedirectMode::NoFollow;
            fall_back("redirect_dir=nofollow");
        }
        if self.config.metacopy {
            self.config_mut().metacopy = false;
            fall_back("metacopy=off");
        }
        if self.config.index {
            self.config_mut().index = false;
            fall_back("index=off");
        }
        if matches!(self.config.uuid, UuidMode::Auto | UuidMode::On) {
            self.config_mut().uuid = UuidMode::Null;
            fall_back("uuid=null");
        }
        if self.give_up_auto_xino() {
            fall_back("xino=off");
        }
    }

    /// A mount that cannot write has no index, and without one nothing is exported (1.5).
    fn without_index(&mut self, log: &mut Vec<String>) {
        if self.work.is_some() || !self.has_upper {
            return;
        }
        self.config_mut().index = false;
        if self.config.nfs_export {
            let line = "NFS export requires an index dir, falling back to nfs_export=off.";
            log.push(format!("overlayfs: {line}"));
            self.config_mut().nfs_export = false;
        }
    }

    /// `xino=auto` is for layers that are fit for it. True if it was in force.
    fn give_up_auto_xino(&mut self) -> bool {
        let auto = self.config.xino == params::Xino::Auto;
        if auto {
            self.config_mut().xino = params::Xino::Off;
        }
        auto
    }
}

/// The last components of a path, as the kernel's log names a dentry.
fn tail(path: &[u8], count: usize) -> String {
    let parts: Vec<&[u8]> = path.split(|&b| b == b'/').filter(|it| !it.is_empty()).collect();
    let from = parts.len().saturating_sub(count);
    String::from_utf8_lossy(&parts[from..].join(&b'/')).into_owned()
}
