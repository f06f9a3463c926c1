//! `mount(2)`, the calls behind the new mount interface, and `umount2(2)`.

use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem};
use crate::limits::MOUNT_DATA_MAX;
use crate::memfs;
use crate::overlay;
use crate::sys::{AT_FDCWD, ms};
use crate::thin::{Mounted, ThinFs};
use crate::types::{Dev, FileType, FsId, Mode, Result};
use crate::vfs::mounts::{Kept, Mount, MountId, PER_MOUNT, Place, Super, escape, flag_names, join};
use crate::vfs::proc::ProcFs;
use crate::vfs::{Kernel, Pid, SysOf};
use std::sync::Arc;

/// From this kernel on the journal of an ext4 goes on where it ended. (The change to jbd2 is of spring 2023, so 6.1 lacks it
/// and 6.6 has it; observed on 6.18.)
const LOG_GOES_ON: overlay::Version = overlay::Version(6, 4);

/// A file system ready to be hung into the tree.
pub(super) struct Ready {
    pub fs: FsId,
    /// It was mounted before: nothing to forget when hanging it fails.
    pub shared: bool,
}

pub(super) type Refusal = (Errno, Vec<String>);

impl SysOf<'_> {
    pub(super) fn do_mount(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        flags: u64,
        data: &[u8],
    ) -> Result<()> {
        Self::check_len(source)?;
        // The kernel copies one page: what is beyond is not seen.
        let data = &data[..data.len().min(MOUNT_DATA_MAX - 1)];
        let at = self.mount_target(target)?;
        if !self.my_cred().has(Caps::SYS_ADMIN) {
            return Err(Errno::EPERM);
        }
        let propagation = ms::PRIVATE | ms::SLAVE | ms::SHARED;
        if flags & ms::REMOUNT != 0 {
            self.remount(&at, flags, data).map_err(|it| self.told(it))
        } else if flags & ms::BIND != 0 {
            self.bind(source, at, flags)
        } else if flags & propagation != 0 {
            // One mount namespace: there is nobody to propagate to.
            self.mount_root_at(at.place).map(drop)
        } else if flags & ms::MOVE != 0 {
            self.move_mount(source, at)
        } else {
            let options = overlay::Options::Data(data);
            self.new_mount(source, at, fstype, flags, options).map_err(|it| self.told(it))
        }
    }

    /// Puts the lines of a refusal into the kernel log.
    fn told(&mut self, (errno, log): Refusal) -> Errno {
        log.into_iter().for_each(|line| self.kernel.log(line));
        errno
    }

    pub(super) fn do_mount_new(
        &mut self,
        source: &[u8],
        target: &[u8],
        fstype: &[u8],
        config: &[(Vec<u8>, Vec<u8>)],
        flags: u64,
    ) -> std::result::Result<(), Refusal> {
        let bare = |errno| (errno, Vec::new());
        if !self.my_cred().has(Caps::SYS_ADMIN) {
            return Err(bare(Errno::EPERM));
        }
        if !is_type(fstype) {
            return Err(bare(Errno::ENODEV));
        }
        let at = self.mount_target(target).map_err(bare)?;
        let res = self.new_mount(source, at, fstype, flags, overlay::Options::List(config));
        // What is about a parameter goes to the context that the caller reads, marked as an
        // error; the rest goes to the kernel log (observed on 6.18).
        res.map_err(|(errno, lines)| {
            let (own, kernel): (Vec<_>, Vec<_>) =
                lines.into_iter().partition(|line| !line.starts_with("overlayfs: "));
            kernel.into_iter().for_each(|line| self.kernel.log(line));
            (errno, own.into_iter().map(|line| format!("e {line}")).collect())
        })
    }

    fn mount_target(&mut self, target: &[u8]) -> Result<Kept> {
        let walk = self.walk(AT_FDCWD, target, true)?;
        if walk.file.is_some() { Err(Errno::ENOTDIR) } else { Ok(walk.kept()) }
    }

    /// The mount whose root this place is.
    fn mount_root_at(&self, at: Place) -> Result<MountId> {
        let mount = self.kernel.mounts.get(at.mnt).filter(|it| it.root == at.ino);
        mount.map(|it| it.id).ok_or(Errno::EINVAL)
    }

    fn new_mount(
        &mut self,
        source: &[u8],
        at: Kept,
        fstype: &[u8],
        flags: u64,
        options: overlay::Options<'_>,
    ) -> std::result::Result<(), Refusal> {
        let bare = |errno| (errno, Vec::new());
        if fstype.is_empty() {
            return Err(bare(Errno::EINVAL));
        }
        let read_only = flags & ms::RDONLY != 0;
        // Which of several trees is wanted.
        let entry = match fstype {
            b"btrfs" | b"zfs" => pairs(options),
            _ => Vec::new(),
        };
        let ready = match fstype {
            b"tmpfs" | b"ramfs" => self.new_memory(fstype, options).map_err(bare)?,
            b"proc" => self.new_proc(),
            b"sysfs" => self.new_sys(),
            b"ext4" | b"btrfs" => self.mount_disk(source, fstype, options).map_err(bare)?,
            b"zfs" => self.mount_dataset(source).map_err(bare)?,
            b"overlay" => self.new_overlay(options, read_only)?,
            b"aufs" => self.new_aufs(options, read_only)?,
            _ => return Err(bare(Errno::ENODEV)),
        };
        if self.my_cred().userns {
            self.kernel.mounts.forbid_devices(ready.fs);
        }
        let is_union = matches!(fstype, b"overlay" | b"aufs");
        let super_read_only = read_only && !ready.shared && !is_union;
        if super_read_only {
            let cred = self.my_cred();
            let _ = self.kernel.cx(&cred, |cx| cx.on(ready.fs, |f, cx| f.set_read_only(cx, true)));
        }
        let (root, root_rel) = self.entry_of(ready.fs, source, entry).map_err(bare)?;
        // Each dataset of ZFS is a superblock of its own.
        let same = at.place.fs == ready.fs && fstype != b"zfs";
        if same && self.mount_root_at(at.place).is_ok() {
            return Err(bare(Errno::EBUSY));
        }
        let mount = Mount {
            id: MountId(0),
            parent: None,
            rel: Arc::from([]),
            fs: ready.fs,
            root,
            root_rel: root_rel.into(),
            flags: new_flags(flags),
            source: if source.is_empty() { b"none"[..].into() } else { source.into() },
        };
        let res = self.hang(mount, at);
        if res.is_err() {
            self.kernel.reap(ready.fs);
        }
        res.map(drop).map_err(bare)
    }

    fn entry_of(
        &mut self,
        fs: FsId,
        source: &[u8],
        options: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(crate::types::Ino, Vec<u8>)> {
        self.on(fs, |f, cx| f.entry(cx, source, &options))
    }

    /// A dataset of a pool that is there.
    fn mount_dataset(&mut self, source: &[u8]) -> Result<Ready> {
        let name = std::str::from_utf8(source).map_err(|_| Errno::ENOENT)?;
        let fs = self.pool_of(name)?;
        Ok(Ready { fs, shared: true })
    }

    /// Hangs a mount over a place, with the checks that all ways of mounting share.
    fn hang(&mut self, mut mount: Mount, at: Kept) -> Result<MountId> {
        let covers = self.kind_of(at.place)? == FileType::Dir;
        let shows = self.on(mount.fs, |f, cx| f.kind(cx, mount.root))? == FileType::Dir;
        if covers != shows {
            return Err(Errno::ENOTDIR);
        }
        if at.gone {
            return Err(Errno::ENOENT);
        }
        self.kernel.pin(mount.fs, mount.root);
        self.kernel.pin(at.place.fs, at.place.ino);
        mount.parent = Some((at.place.mnt, at.place.ino));
        mount.rel = at.rel;
        Ok(self.kernel.mounts.add(mount))
    }

    fn new_memory(&mut self, fstype: &[u8], options: overlay::Options<'_>) -> Result<Ready> {
        let profile = match fstype {
            b"tmpfs" => memfs::Profile::Tmpfs,
            _ => memfs::Profile::Ramfs,
        };
        let mut config = memfs::Config::of(profile);
        config.dev = self.kernel.mounts.free_dev(&[]);
        config.uuid[..4].copy_from_slice(&config.dev.minor.to_be_bytes());
        config.confined = self.my_cred().userns;
        for (key, value) in pairs(options) {
            memory_option(&mut config, &key, &value)?;
        }
        let (dev, uid, gid) = (config.dev, config.root_uid, config.root_gid);
        let cred = self.my_cred();
        let fs = self.kernel.disks.add(Box::new(memfs::MemFs::with(config)));
        let now = Some(crate::types::SetTime::Now);
        let (uid, gid) = (uid.or(Some(cred.fsuid)), gid.or(Some(cred.fsgid)));
        let born = crate::types::SetAttr { uid, gid, atime: now, mtime: now, ..Default::default() };
        let root = self.kernel.root_of(fs);
        self.kernel.cx(&cred, |cx| cx.on(fs, |f, cx| f.setattr(cx, root, &born)))?;
        let sup = Super { dev, below: Vec::new(), anon: Vec::new(), disk: false };
        self.kernel.mounts.set_super(fs, sup);
        Ok(Ready { fs, shared: false })
    }

    fn new_proc(&mut self) -> Ready {
        if let Some(fs) = self.kernel.proc {
            return Ready { fs, shared: true };
        }
        let dev = self.kernel.mounts.free_dev(&[]);
        let fs = self.kernel.disks.add(Box::new(ProcFs::new(dev)));
        // The process table does not go away when nobody looks at it.
        let sup = Super { dev, below: Vec::new(), anon: Vec::new(), disk: true };
        self.kernel.mounts.set_super(fs, sup);
        self.kernel.proc = Some(fs);
        Ready { fs, shared: false }
    }

    fn new_sys(&mut self) -> Ready {
        if let Some(fs) = self.kernel.sys_fs {
            return Ready { fs, shared: true };
        }
        let dev = self.kernel.mounts.free_dev(&[]);
        let view = self.kernel.sys_view();
        let fs = self.kernel.disks.add(Box::new(ProcFs::sys(dev, view)));
        let sup = Super { dev, below: Vec::new(), anon: Vec::new(), disk: true };
        self.kernel.mounts.set_super(fs, sup);
        self.kernel.sys_fs = Some(fs);
        Ready { fs, shared: false }
    }

    /// A file system on a block device.
    fn mount_disk(
        &mut self,
        source: &[u8],
        fstype: &[u8],
        options: overlay::Options<'_>,
    ) -> Result<Ready> {
        let at = self.place(AT_FDCWD, source, true)?;
        let attr = self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?;
        if attr.kind != FileType::Blk {
            return Err(Errno::ENOTBLK);
        }
        let dev = attr.rdev;
        let device = self.kernel.block.get(dev).cloned().ok_or(Errno::ENXIO)?;
        let ground = self.kernel.block.ground(dev).ok_or(Errno::EINVAL)?;
        let found = self.volume(ground)?;
        let Some(volume) = found.filter(|it| it.kind.as_bytes() == fstype) else {
            if fstype == b"ext4" {
                let line = format!("EXT4-fs ({}): VFS: Can't find ext4 filesystem", device.name);
                self.kernel.log(line);
            }
            return Err(Errno::EINVAL);
        };
        let fs = volume.fs;
        let shared = self.kernel.mounts.shows(fs);
        if !shared {
            let discards = pairs(options).iter().any(|it| it.0 == b"discard");
            let read_only = device.is_read_only();
            let version = overlay::Version::of_release(&self.kernel.identity.release);
            let log_from_start = version.is_some_and(|it| it < LOG_GOES_ON);
            self.on(fs, |f, cx| {
                // The same file system may have been on another device the last time.
                if let Some(disk) = f.as_any_mut().downcast_mut::<memfs::MemFs>() {
                    disk.set_dev(dev);
                    disk.set_read_only(read_only);
                } else if let Some(disk) = f.as_any_mut().downcast_mut::<ThinFs>() {
                    disk.mounted(cx, &Mounted { dev, read_only, discards, log_from_start });
                }
            });
        }
        let sup = Super { dev, below: Vec::new(), anon: Vec::new(), disk: true };
        self.kernel.mounts.set_super(fs, sup);
        Ok(Ready { fs, shared })
    }

    fn new_overlay(
        &mut self,
        options: overlay::Options<'_>,
        read_only: bool,
    ) -> std::result::Result<Ready, Refusal> {
        let args = overlay::MountArgs { options, read_only };
        let (pid, cred) = (self.pid, self.my_cred());
        // Paths are walked on the kernel itself; the file systems are lent to the overlay.
        let mut outer = std::mem::take(&mut *self.kernel);
        let mut disks = std::mem::take(&mut outer.disks);
        let mut clock = std::mem::take(&mut outer.clock);
        let mut trace = std::mem::take(&mut outer.trace);
        let mut host = Host { kernel: outer, pid, layers: Vec::new(), devs: Vec::new() };
        let res = overlay::mount(
            &mut Cx { disks: &mut disks, cred: &cred, clock: &mut clock, trace: &mut trace },
            args,
            &mut host,
        );
        let Host { kernel, layers, .. } = host;
        *self.kernel = kernel;
        (self.kernel.disks, self.kernel.clock, self.kernel.trace) = (disks, clock, trace);
        let mounted = res.map_err(|it| (it.errno, it.log))?;
        for line in mounted.log {
            self.kernel.log(line);
        }
        let fs = self.kernel.disks.add(mounted.overlay);
        let dev = mounted.devs.first().copied().unwrap_or_default();
        let mut below = layers;
        below.sort_unstable();
        below.dedup();
        let sup = Super { dev, below, anon: mounted.devs, disk: false };
        self.kernel.mounts.set_super(fs, sup);
        Ok(Ready { fs, shared: false })
    }

    fn bind(&mut self, source: &[u8], at: Kept, flags: u64) -> Result<()> {
        if source.is_empty() {
            return Err(Errno::EINVAL);
        }
        let from = self.mount_target(source)?;
        let Some(old) = self.kernel.mounts.get(from.place.mnt).cloned() else {
            return Err(Errno::EINVAL);
        };
        let inner = if flags & ms::REC != 0 { self.below(&from) } else { Vec::new() };
        let base = join(&old.root_rel, &from.rel).into();
        let mount = Mount { root: from.place.ino, root_rel: base, parent: None, ..old };
        let id = self.hang(mount, at)?;
        // Mounts below the bound directory come along, each at the same place of the copy.
        let mut copies = vec![(from.place.mnt, id, from.rel.clone())];
        for mnt in inner {
            self.copy_below(mnt, &mut copies)?;
        }
        Ok(())
    }

    /// The mounts that hang below a directory, parents first.
    fn below(&self, from: &Kept) -> Vec<MountId> {
        let mounts = &self.kernel.mounts;
        let inside = |rel: &[u8]| {
            let rest = rel.strip_prefix(&from.rel[..]);
            from.rel.is_empty() || rest.is_some_and(|it| it.first().is_none_or(|&b| b == b'/'))
        };
        let direct = mounts.children(from.place.mnt).filter(|it| inside(&it.rel)).map(|it| it.id);
        let direct: Vec<MountId> = direct.collect();
        direct.into_iter().flat_map(|id| mounts.subtree(id)).collect()
    }

    fn copy_below(
        &mut self,
        mnt: MountId,
        copies: &mut Vec<(MountId, MountId, Arc<[u8]>)>,
    ) -> Result<()> {
        let Some(old) = self.kernel.mounts.get(mnt).cloned() else { return Ok(()) };
        let Some((up, ino)) = old.parent else { return Ok(()) };
        let Some((_, copy, base)) = copies.iter().find(|it| it.0 == up).cloned() else {
            return Ok(());
        };
        let rest = old.rel.strip_prefix(&base[..]).unwrap_or(&old.rel);
        let rel: Arc<[u8]> = rest.strip_prefix(b"/").unwrap_or(rest).into();
        let fs = self.kernel.mounts.get(copy).map_or(old.fs, |it| it.fs);
        self.kernel.pin(old.fs, old.root);
        self.kernel.pin(fs, ino);
        let id = self.kernel.mounts.add(Mount { parent: Some((copy, ino)), rel, ..old });
        copies.push((mnt, id, Arc::from([])));
        Ok(())
    }

    fn remount(&mut self, at: &Kept, flags: u64, data: &[u8]) -> std::result::Result<(), Refusal> {
        let bare = |errno| (errno, Vec::new());
        if flags & ms::BIND == 0 {
            self.mount_root_at(at.place).map_err(bare)?;
            self.change_branches(at.place.fs, data)?;
        }
        self.remount_flags(at, flags).map_err(bare)
    }

    fn remount_flags(&mut self, at: &Kept, flags: u64) -> Result<()> {
        let id = self.mount_root_at(at.place)?;
        let fs = at.place.fs;
        let read_only = flags & ms::RDONLY != 0;
        let bind = flags & ms::BIND != 0;
        if !bind {
            // Also when it is refused afterwards (observed on 6.18).
            let cred = self.my_cred();
            self.kernel.cx(&cred, |cx| cx.on(fs, |f, cx| f.forget_unused(cx)));
        }
        if read_only && !self.is_read_only(id) {
            let scope = if bind { Some(id) } else { None };
            let removed = !bind && self.kernel.disks.peek(fs).is_some_and(|f| f.holds_removed());
            if removed || self.kernel.has_writers(fs, scope) {
                return Err(Errno::EBUSY);
            }
        }
        if !bind {
            let now = self.kernel.disks.peek(fs).is_some_and(|f| f.traits().read_only);
            if now != read_only {
                let cred = self.my_cred();
                self.kernel.cx(&cred, |cx| cx.on(fs, |f, cx| f.set_read_only(cx, read_only)))?;
            }
        }
        if let Some(mount) = self.kernel.mounts.get_mut(id) {
            // Without any word about access times the old habit stays.
            let times = ms::NOATIME | ms::NODIRATIME | ms::RELATIME | ms::STRICTATIME;
            let old = mount.flags;
            mount.flags = new_flags(flags);
            if flags & times == 0 {
                mount.flags = mount.flags & !times | old & times;
            }
        }
        Ok(())
    }

    fn move_mount(&mut self, source: &[u8], at: Kept) -> Result<()> {
        if source.is_empty() {
            return Err(Errno::EINVAL);
        }
        let from = self.mount_target(source)?;
        let id = self.mount_root_at(from.place)?;
        let old = self.kernel.mounts.get(id).and_then(|it| it.parent).ok_or(Errno::EINVAL)?;
        let covers = self.kind_of(at.place)? == FileType::Dir;
        if covers != (self.kind_of(from.place)? == FileType::Dir) {
            return Err(Errno::EINVAL);
        }
        if self.kernel.mounts.subtree(id).contains(&at.place.mnt) {
            return Err(Errno::ELOOP);
        }
        self.kernel.pin(at.place.fs, at.place.ino);
        let old_fs = self.kernel.mounts.get(old.0).map(|it| it.fs);
        self.kernel.mounts.move_to(id, (at.place.mnt, at.place.ino), at.rel);
        if let Some(fs) = old_fs {
            self.kernel.unpin(fs, old.1);
        }
        Ok(())
    }

    pub(super) fn do_umount(&mut self, target: &[u8], flags: u32) -> Result<()> {
        let known = ms::UMOUNT_FORCE | ms::UMOUNT_DETACH | ms::UMOUNT_NOFOLLOW | 4;
        if flags & !known != 0 {
            return Err(Errno::EINVAL);
        }
        let at = self.place(AT_FDCWD, target, flags & ms::UMOUNT_NOFOLLOW == 0)?;
        if !self.my_cred().has(Caps::SYS_ADMIN) {
            return Err(Errno::EPERM);
        }
        let id = self.mount_root_at(at)?;
        let detach = flags & ms::UMOUNT_DETACH != 0;
        let top = self.kernel.mounts.get(id).is_some_and(|it| it.parent.is_none());
        if top {
            return Err(Errno::EBUSY);
        }
        let children = self.kernel.mounts.children(id).count() > 0;
        if !detach && (children || self.kernel.is_used(id)) {
            return Err(Errno::EBUSY);
        }
        let mut ids = self.kernel.mounts.subtree(id);
        ids.reverse();
        for id in ids {
            self.kernel.unmount(id);
        }
        Ok(())
    }
}

/// The kernel while an overlay is being mounted: it walks paths for it.
struct Host {
    kernel: Kernel,
    pid: Pid,
    layers: Vec<FsId>,
    devs: Vec<Dev>,
}

impl overlay::MountHost for Host {
    fn resolve(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<overlay::LayerRoot> {
        // For the time of the walk the kernel has its parts back.
        std::mem::swap(&mut self.kernel.disks, cx.disks);
        std::mem::swap(&mut self.kernel.clock, cx.clock);
        std::mem::swap(&mut self.kernel.trace, cx.trace);
        let mut sys = self.kernel.sys(self.pid);
        let found = sys.place(AT_FDCWD, path, true);
        let flags = found.as_ref().map_or(0, |at| sys.mount_flags(at.mnt));
        std::mem::swap(&mut self.kernel.disks, cx.disks);
        std::mem::swap(&mut self.kernel.clock, cx.clock);
        std::mem::swap(&mut self.kernel.trace, cx.trace);
        let at = found?;
        self.layers.push(at.fs);
        Ok(overlay::LayerRoot { fs: at.fs, ino: at.ino, mount: u64::from(at.mnt.0), flags })
    }

    fn profile(&self) -> overlay::Profile {
        self.kernel.overlay
    }

    fn anon_dev(&mut self) -> Dev {
        let dev = self.kernel.mounts.free_dev(&self.devs);
        self.devs.push(dev);
        dev
    }
}

impl Kernel {
    /// Takes a mount out of the table; its file system goes when nothing else needs it.
    pub(in crate::vfs) fn unmount(&mut self, id: MountId) {
        let Some(mount) = self.mounts.remove(id) else { return };
        self.unpin(mount.fs, mount.root);
        if let Some((up, ino)) = mount.parent
            && let Some(fs) = self.mounts.get(up).map(|it| it.fs)
        {
            self.unpin(fs, ino);
        }
        if let Some(dev) = self.mounts.super_of(mount.fs).filter(|it| it.disk).map(|it| it.dev) {
            self.unmounted_volume(mount.fs);
            self.unmounted_device(dev);
        }
        self.reap(mount.fs);
    }

    /// The lines of /proc/mounts, as a process with this root sees them.
    pub(in crate::vfs) fn show_mounts(&self, root: &Kept) -> Vec<u8> {
        let mut out = Vec::new();
        for (mount, path) in self.seen(root) {
            let Some(f) = self.disks.peek(mount.fs) else { continue };
            let rw = self.rw(mount, f);
            let head = [&shown_source(&mount.source)[..], &escape(&path), f.type_name().as_bytes()];
            out.extend(head.join(&b' '));
            out.extend(format!(" {rw}{}", flag_names(mount.flags)).bytes());
            out.extend(comma(f.show_options_at(mount.root)));
            out.extend(b" 0 0\n");
        }
        out
    }

    /// The lines of /proc/self/mountinfo.
    pub(in crate::vfs) fn show_mountinfo(&self, root: &Kept) -> Vec<u8> {
        let mut out = Vec::new();
        for (mount, path) in self.seen(root) {
            let Some(f) = self.disks.peek(mount.fs) else { continue };
            let up = mount.parent.map_or(1, |(up, _)| up.0);
            let dev = self.mounts.super_of(mount.fs).map_or(Dev::default(), |it| it.dev);
            let ro = if mount.flags & ms::RDONLY != 0 { "ro" } else { "rw" };
            let base = [b"/", &mount.root_rel[..]].concat();
            out.extend(format!("{} {up} {}:{} ", mount.id.0, dev.major, dev.minor).bytes());
            out.extend([escape(&base), escape(&path)].join(&b' '));
            out.extend(format!(" {ro}{} - {} ", flag_names(mount.flags), f.type_name()).bytes());
            out.extend(shown_source(&mount.source));
            let super_ro = if f.traits().read_only { " ro" } else { " rw" };
            out.extend(super_ro.bytes());
            out.extend(comma(f.show_options_at(mount.root)));
            out.push(b'\n');
        }
        out
    }

    fn rw(&self, mount: &Mount, f: &dyn FileSystem) -> &'static str {
        let ro = mount.flags & ms::RDONLY != 0 || f.traits().read_only;
        if ro { "ro" } else { "rw" }
    }

    fn seen(&self, root: &Kept) -> impl Iterator<Item = (&Mount, Vec<u8>)> + '_ {
        let root = root.clone();
        self.mounts.iter().filter_map(move |it| Some((it, self.mounts.path(it.id, b"", &root)?)))
    }
}

/// The options of a file system follow the flags.
fn comma(options: Vec<u8>) -> Vec<u8> {
    if options.is_empty() { options } else { [b",", &options[..]].concat() }
}

/// A source may not look like a comment.
fn shown_source(source: &[u8]) -> Vec<u8> {
    let plain = escape(source);
    let hashed = plain.iter().flat_map(|&byte| match byte {
        b'#' => b"\\043".to_vec(),
        byte => vec![byte],
    });
    hashed.collect()
}

fn is_type(fstype: &[u8]) -> bool {
    [&b"tmpfs"[..], b"ramfs", b"proc", b"sysfs", b"ext4", b"overlay", b"btrfs", b"zfs", b"aufs"]
        .contains(&fstype)
}

/// relatime is the default; strictatime is its absence.
fn new_flags(flags: u64) -> u64 {
    let mut kept = flags & PER_MOUNT;
    if flags & (ms::NOATIME | ms::STRICTATIME) == 0 {
        kept |= ms::RELATIME;
    } else {
        kept &= !ms::RELATIME;
    }
    kept
}

pub(super) fn pairs(options: overlay::Options<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    match options {
        overlay::Options::List(list) => list.to_vec(),
        overlay::Options::Data(data) => data
            .split(|&byte| byte == b',')
            .filter(|part| !part.is_empty())
            .map(|part| match part.iter().position(|&byte| byte == b'=') {
                Some(at) => (part[..at].to_vec(), part[at + 1..].to_vec()),
                None => (part.to_vec(), Vec::new()),
            })
            .collect(),
    }
}

/// `size=`, `nr_blocks=`, `nr_inodes=`, `mode=`, `uid=`, `gid=` of tmpfs(5); ramfs knows `mode=`
/// and ignores the rest.
fn memory_option(config: &mut memfs::Config, key: &[u8], value: &[u8]) -> Result<()> {
    let text = std::str::from_utf8(value).map_err(|_| Errno::EINVAL)?;
    match key {
        b"mode" => {
            let mode = u32::from_str_radix(text, 8).map_err(|_| Errno::EINVAL)?;
            config.root_mode = Mode::new(mode & 0o1777);
        }
        _ if config.profile == memfs::Profile::Ramfs => {}
        b"size" => config.blocks = with_unit(text)?.div_ceil(4096),
        b"nr_blocks" => config.blocks = with_unit(text)?,
        b"nr_inodes" => config.inodes = with_unit(text)?,
        b"uid" => config.root_uid = Some(text.parse().map_err(|_| Errno::EINVAL)?),
        b"gid" => config.root_gid = Some(text.parse().map_err(|_| Errno::EINVAL)?),
        b"huge" | b"noswap" | b"inode64" | b"inode32" | b"mpol" => {}
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// A number with `k`, `m` or `g` behind it.
fn with_unit(text: &str) -> Result<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(Errno::EINVAL),
    };
    let number: u64 = digits.parse().map_err(|_| Errno::EINVAL)?;
    number.checked_mul(1 << shift).ok_or(Errno::EINVAL)
}
