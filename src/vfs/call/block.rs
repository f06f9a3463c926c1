//! What programs ask of block devices: loop devices, file systems on devices.

use crate::block::{Ask, Base, Device, Format, Geometry, Ground, LOOP_MAJOR, Loop, Setup};
use crate::block::{PoolFacts, Tell, ThinFacts, Volume, What, ext4};
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::FileSystem;
use crate::memfs::{self, MemFs};
use crate::sys::AT_FDCWD;
use crate::thin::ThinFs;
use crate::types::{Dev, FileType, FsId, OpenFlags, Result, Timespec};
use crate::vfs::mounts::Place;
use crate::vfs::{Kernel, SysOf};

impl SysOf<'_> {
    pub(super) fn do_block(&mut self, ask: &Ask<'_>) -> Result<Tell> {
        match *ask {
            Ask::List => return Ok(Tell::Devices(self.kernel.block.iter().cloned().collect())),
            Ask::Size { device } => return self.device(device).map(|it| Tell::Number(it.size)),
            Ask::Probe { device } => return self.probe(device).map(Tell::Volume),
            _ => {}
        }
        if !self.my_cred().has(Caps::SYS_ADMIN) {
            return Err(Errno::EPERM);
        }
        match *ask {
            Ask::FreeLoop => {
                let minor = self.kernel.block.free_loop().ok_or(Errno::ENOSPC)?;
                self.node(&format!("/dev/loop{minor}"), Dev::new(LOOP_MAJOR, minor));
                return Ok(Tell::Number(minor.into()));
            }
            Ask::Attach { device, file, setup } => self.attach(device, file, setup)?,
            Ask::Detach { device } => self.detach(device)?,
            Ask::Resize { device } => self.resize(device)?,
            Ask::Format { device, format } => self.format(device, format)?,
            Ask::Pool { device, held } => return self.pool_facts(device, held).map(Tell::Pool),
            Ask::Trim { path } => return self.trim(path).map(Tell::Number),
            Ask::Mapper(ref request) => return self.do_mapper(request),
            Ask::List | Ask::Size { .. } | Ask::Probe { .. } => {}
        }
        Ok(Tell::Done)
    }

    /// What thin-provisioning-tools read of a pool's metadata.
    ///
    /// # Errors
    /// `EBUSY`: the pool is at work, and nothing is held. `ENODATA`: nothing is held. `EINVAL`: no metadata.
    fn pool_facts(&mut self, device: &[u8], held: bool) -> Result<PoolFacts> {
        let (ground, ..) = self.extent(device)?;
        let number = self.kernel.block.pool_at(ground).ok_or(Errno::EINVAL)?;
        let is_it = |it: &Device| matches!(&it.what, What::Mapped(it) if it.pool == Some(number));
        if !held && self.kernel.block.iter().any(is_it) {
            return Err(Errno::EBUSY);
        }
        let pool = self.kernel.disks.pools.get(&number).ok_or(Errno::EINVAL)?;
        let pool = if held { pool.held().ok_or(Errno::ENODATA)? } else { pool };
        let fact = |(id, thin): (u32, crate::pool::thin::Thin)| {
            let (mapped, exclusive) = pool.usage(id);
            let (transaction, created, snapped) = (thin.born, thin.created, thin.snapped);
            ThinFacts { id, mapped, exclusive, transaction, created, snapped }
        };
        Ok(PoolFacts {
            block: pool.block(),
            transaction: pool.transaction,
            meta_free: pool.meta_total().saturating_sub(pool.meta_used()),
            thins: pool.thins().map(fact).collect(),
        })
    }

    /// The node of a device, as devtmpfs makes it; one that is there stays.
    pub(super) fn node(&mut self, path: &str, dev: Dev) {
        let mask = self.umask_for_nodes(0);
        let _ = self.do_mknod(AT_FDCWD, path.as_bytes(), 0o060_660, dev);
        self.umask_for_nodes(mask);
    }

    pub(super) fn umask_for_nodes(&mut self, mask: u32) -> u32 {
        self.process_mut().map_or(mask, |it| std::mem::replace(&mut it.umask, mask))
    }

    /// The number of the device behind a node.
    pub(super) fn number(&mut self, path: &[u8]) -> Result<Dev> {
        let at = self.place(AT_FDCWD, path, true)?;
        let attr = self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?;
        if attr.kind == FileType::Blk { Ok(attr.rdev) } else { Err(Errno::ENOTBLK) }
    }

    fn device(&mut self, path: &[u8]) -> Result<Device> {
        let dev = self.number(path)?;
        self.kernel.block.get(dev).cloned().ok_or(Errno::ENXIO)
    }

    /// Where the bytes of a device or of a file with an image lie, and how many they are.
    fn extent(&mut self, path: &[u8]) -> Result<(Ground, u64, Dev)> {
        let at = self.place(AT_FDCWD, path, true)?;
        let attr = self.on(at.fs, |f, cx| f.peek_attr(cx, at.ino))?;
        match attr.kind {
            FileType::Blk => {
                let device = self.kernel.block.get(attr.rdev).ok_or(Errno::ENXIO)?;
                let ground = self.kernel.block.ground(attr.rdev).ok_or(Errno::ENXIO)?;
                Ok((ground, device.size, attr.rdev))
            }
            FileType::Reg => {
                let base = Base::File(at.fs, at.ino);
                Ok((Ground { base, offset: 0 }, attr.size, Dev::default()))
            }
            FileType::Dir => Err(Errno::EISDIR),
            _ => Err(Errno::ENOTBLK),
        }
    }

    fn attach(&mut self, device: &[u8], file: &[u8], setup: Setup) -> Result<()> {
        // The driver of Debian's kernel comes up with eight devices.
        let minor = std::str::from_utf8(device).ok().and_then(|it| it.strip_prefix("/dev/loop"));
        if let Some(minor) = minor.and_then(|it| it.parse().ok()).filter(|it| *it < 8) {
            self.node(&format!("/dev/loop{minor}"), Dev::new(LOOP_MAJOR, minor));
        }
        let dev = self.number(device)?;
        let walk = self.walk(AT_FDCWD, file, true)?;
        if walk.file.is_some() {
            return Err(Errno::EINVAL);
        }
        let kept = walk.kept();
        let Place { fs, ino, mnt } = kept.place;
        let attr = self.on(fs, |f, cx| f.peek_attr(cx, ino))?;
        if attr.kind != FileType::Reg {
            return Err(if attr.kind == FileType::Dir { Errno::EISDIR } else { Errno::EINVAL });
        }
        let root = self.process()?.root.clone();
        let path = self.kernel.mounts.path(mnt, &kept.rel, &root).unwrap_or_default();
        let it = Loop { fs, ino, path: path.into(), setup };
        self.kernel.block.attach(dev, it, attr.size)?;
        self.kernel.pin(fs, ino);
        let sectors = self.kernel.block.get(dev).map_or(0, |it| it.size / crate::block::SECTOR);
        let line = format!("loop{}: detected capacity change from 0 to {sectors}", dev.minor);
        self.kernel.log(line);
        Ok(())
    }

    /// Takes the file away; one that is mounted stays until it is not, without a word (observed on 6.18).
    fn detach(&mut self, device: &[u8]) -> Result<()> {
        let device = self.device(device)?;
        if !matches!(device.what, What::Loop(_)) {
            return Err(Errno::ENOTTY);
        }
        match self.kernel.is_device_used(&device) {
            true => self.kernel.block.clear_later(device.dev),
            false => self.kernel.clear_loop(device.dev),
        }
        Ok(())
    }

    fn resize(&mut self, device: &[u8]) -> Result<()> {
        let device = self.device(device)?;
        let What::Loop(file) = &device.what else { return Err(Errno::ENOTTY) };
        let (fs, ino) = (file.fs, file.ino);
        let size = self.on(fs, |f, cx| f.peek_attr(cx, ino))?.size;
        self.kernel.block.resize(device.dev, size)
    }

    /// A new file system in place of what was there.
    fn format(&mut self, path: &[u8], format: &Format) -> Result<()> {
        let (ground, size, dev) = self.extent(path)?;
        if let Some(device) = self.kernel.block.get(dev)
            && self.kernel.is_device_used(device)
        {
            return Err(Errno::EBUSY);
        }
        let mut format = format.clone();
        if format.uuid == [0; 16] {
            format.uuid = self.kernel.new_uuid();
        }
        let place = (self.kernel.disks.next_id(), self.kernel.clock.coarse());
        let (fs, superblock) = self.make_fs(&format, size, dev, (ground, place))?;
        if let Some(bytes) = superblock {
            // The boot block before it is cleared: labels of others do not stay.
            let bytes = [vec![0; ext4::SUPERBLOCK as usize], bytes].concat();
            self.put_bytes(ground, 0, &bytes)?;
        }
        let fs = self.kernel.disks.add(fs);
        let (kind, label) = (format.kind.clone(), format.label.clone());
        let old =
            self.kernel.block.set_volume(ground, Volume { fs, kind, label, uuid: format.uuid });
        if let Some(old) = old {
            self.kernel.forget_volume(&old);
        }
        Ok(())
    }

    /// The file system that a format asks for, and the superblock that others can read.
    ///
    /// # Errors
    /// `EINVAL` for a kind that is not built, `ENOSPC` for a device that is too small.
    fn make_fs(
        &mut self,
        format: &Format,
        size: u64,
        dev: Dev,
        (ground, place): (Ground, (FsId, Timespec)),
    ) -> Result<(Box<dyn FileSystem>, Option<Vec<u8>>)> {
        match (format.kind.as_str(), ground.base) {
            ("ext4", Base::Thin(pool, number)) => {
                let (fs, geometry) = extfs(format, size, dev)?;
                let superblock = geometry.superblock(format.uuid, &format.label);
                let fs = self.on_thin(fs, geometry, !format.eager, (pool, number))?;
                Ok((Box::new(fs), Some(superblock)))
            }
            ("ext4", _) => {
                let (fs, geometry) = extfs(format, size, dev)?;
                let superblock = geometry.superblock(format.uuid, &format.label);
                Ok((Box::new(fs), Some(superblock)))
            }
            ("btrfs", _) => Ok((btrfs(format, size, place)?, None)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// The volume of a device or of a file with an image.
    fn probe(&mut self, path: &[u8]) -> Result<Option<Volume>> {
        let (ground, _, _) = self.extent(path)?;
        self.volume(ground)
    }

    /// The volume that begins here. In a file it is the one whose superblock stands there: an image that was
    /// copied brings what its original holds by now along, one that was overwritten has none.
    ///
    /// # Errors
    /// Those of reading the file.
    pub(super) fn volume(&mut self, ground: Ground) -> Result<Option<Volume>> {
        let known = self.kernel.block.volume(ground).cloned();
        if matches!(ground.base, Base::Disk(_))
            || known.as_ref().is_some_and(|it| it.kind != "ext4")
        {
            return Ok(known);
        }
        let bytes = self.get_bytes(ground, ext4::SUPERBLOCK)?;
        let Some((uuid, _)) = ext4::read(&bytes) else { return Ok(None) };
        if known.as_ref().is_some_and(|it| it.uuid == uuid) {
            return Ok(known);
        }
        let Some(original) = self.kernel.block.volume_of(uuid).cloned() else { return Ok(None) };
        let Some(copy) = self.kernel.disks.peek(original.fs).map(|it| it.snapshot()) else {
            return Ok(None);
        };
        let volume = Volume { fs: self.kernel.disks.add(copy), ..original };
        self.kernel.block.set_volume(ground, volume.clone());
        Ok(Some(volume))
    }

    pub(super) fn get_bytes(&mut self, ground: Ground, at: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 1024];
        self.read_ground(ground, at, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads what programs find there: bytes of a file, or those that were written to a thin device. A disk of
    /// its own keeps none.
    pub(super) fn read_ground(&mut self, ground: Ground, at: u64, buf: &mut [u8]) -> Result<()> {
        buf.fill(0);
        let at = ground.offset + at;
        match ground.base {
            Base::File(fs, ino) => self.on(fs, |f, cx| {
                let fh = f.open(cx, ino, OpenFlags::RDONLY)?;
                let n = f.read(cx, ino, fh, at, buf);
                f.release(cx, ino, fh);
                n.map(drop)
            }),
            Base::Thin(pool, id) => {
                let pool = self.kernel.disks.pools.get(&pool).ok_or(Errno::EIO)?;
                pool.read_bytes(id, at, buf);
                Ok(())
            }
            Base::Disk(_) => Err(Errno::EIO),
        }
    }

    /// Writes there.
    pub(super) fn put_bytes(&mut self, ground: Ground, at: u64, bytes: &[u8]) -> Result<()> {
        let at = ground.offset + at;
        match ground.base {
            Base::File(fs, ino) => self.on(fs, |f, cx| {
                let fh = f.open(cx, ino, OpenFlags::WRONLY)?;
                let done = f.write(cx, ino, fh, at, bytes);
                f.release(cx, ino, fh);
                done.map(drop)
            }),
            Base::Thin(pool, id) => {
                let pool = self.kernel.disks.pools.get_mut(&pool).ok_or(Errno::EIO)?;
                pool.write_bytes(id, at, bytes)
            }
            Base::Disk(_) => Ok(()),
        }
    }
}

/// An empty Btrfs, whose trees get device numbers after its place among all file systems.
///
/// # Errors
/// `EINVAL` for a device that is too small.
#[cfg(feature = "all-commands")]
fn btrfs(format: &Format, size: u64, (id, now): (FsId, Timespec)) -> Result<Box<dyn FileSystem>> {
    use crate::volumes::{Make, Volumes};
    let (uuid, name) = (format.uuid, format.label.clone());
    let make = Make { size, uuid, devs: Volumes::devices(id), now, name };
    Ok(Box::new(Volumes::btrfs(&make)?))
}

/// The first module of a page has no command that makes one.
#[cfg(not(feature = "all-commands"))]
fn btrfs(_: &Format, _: u64, _: (FsId, Timespec)) -> Result<Box<dyn FileSystem>> {
    Err(Errno::EINVAL)
}

/// An empty ext4.
///
/// # Errors
/// `ENOSPC` for a device that is too small.
pub(in crate::vfs) fn extfs(format: &Format, size: u64, dev: Dev) -> Result<(MemFs, Geometry)> {
    let geometry = Geometry::of(size, format.inodes).ok_or(Errno::ENOSPC)?;
    let mut config = memfs::Config::of(memfs::Profile::Ext4);
    config.dev = dev;
    config.uuid = format.uuid;
    config.blocks = geometry.blocks - geometry.overhead;
    config.reserved = geometry.reserved(format.reserved.unwrap_or(5).into());
    config.inodes = geometry.inodes;
    config.tables = 1;
    Ok((MemFs::with(config), geometry))
}

impl Kernel {
    /// Is what is on this device mounted?
    pub(in crate::vfs) fn is_device_used(&self, device: &Device) -> bool {
        let ground = self.block.ground(device.dev);
        let volume = ground.and_then(|it| self.block.volume(it));
        volume.is_some_and(|it| self.mounts.shows(it.fs))
    }

    fn clear_loop(&mut self, dev: Dev) {
        if let Ok(file) = self.block.detach(dev) {
            self.unpin(file.fs, file.ino);
            self.reap(file.fs);
        }
    }

    /// The last mount of this device has gone.
    pub(in crate::vfs) fn unmounted_device(&mut self, dev: Dev) {
        let clear = self.block.get(dev).is_some_and(|it| {
            matches!(&it.what, What::Loop(file) if file.setup.autoclear) && !self.is_device_used(it)
        });
        if clear {
            self.clear_loop(dev);
        }
    }

    /// The last mount of a file system has gone: what it writes then.
    pub(in crate::vfs) fn unmounted_volume(&mut self, fs: FsId) {
        let is_thin = self.disks.peek(fs).is_some_and(|it| it.as_any().is::<ThinFs>());
        if is_thin && !self.mounts.shows(fs) {
            self.cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.unmounted(cx)));
        }
    }

    /// A volume was written over.
    pub(in crate::vfs) fn forget_volume(&mut self, old: &Volume) {
        if !self.mounts.shows(old.fs) && !self.mounts.is_layer(old.fs) {
            self.mounts.drop_super(old.fs);
            self.disks.remove(old.fs);
        }
    }

    /// A uuid that nothing else has (version 4).
    fn new_uuid(&mut self) -> [u8; 16] {
        let mut uuid = [0; 16];
        self.fill_random(&mut uuid);
        uuid[6] = uuid[6] & 0x0f | 0x40;
        uuid[8] = uuid[8] & 0x3f | 0x80;
        uuid
    }
}
