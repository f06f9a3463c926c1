//! The device mapper: tables of devices, thin pools and what is done with them.

use crate::block::mapper::{Kind, Mapped, Request, Target};
use crate::block::{Base, Device, Ground, SECTOR, Spot, Tell, What};
use crate::errno::Errno;
use crate::memfs::MemFs;
use crate::pool::thin::{META_BLOCK, ThinPool};
use crate::sys::AT_FDCWD;
use crate::thin::ThinFs;
use crate::types::falloc::{KEEP_SIZE, PUNCH_HOLE};
use crate::types::{Dev, FsId, Ino, Layout, Result};
use crate::vfs::{Kernel, SysOf};

/// The magic number of thin metadata and its place in the first block (dm-thin-metadata.c).
const MAGIC: u64 = 27_022_010;
const MAGIC_AT: usize = 32;

impl SysOf<'_> {
    pub(super) fn do_mapper(&mut self, request: &Request<'_>) -> Result<Tell> {
        match *request {
            Request::Create { name, uuid } => self.create_mapped(name, uuid)?,
            Request::Load { name, table } => self.load(name, table)?,
            Request::Resume { name } => self.resume(name)?,
            Request::Suspend { name } => {
                let dev = self.mapped(name)?.0.dev;
                // What is mounted there is frozen: its journal is written out.
                let ground = self.kernel.block.ground(dev);
                if let Some(fs) = ground.and_then(|it| self.kernel.block.volume(it)).map(|it| it.fs)
                {
                    self.on(fs, |f, cx| f.sync(cx));
                }
                self.kernel.block.mapped_mut(name).ok_or(Errno::ENXIO)?.suspended = true;
            }
            Request::Remove { name } => self.remove_mapped(name)?,
            Request::Message { name, text } => return self.message(name, text).map(Tell::Text),
            Request::Status { name } => return self.status(name).map(Tell::Text),
            Request::Opened { name } => {
                let device = self.mapped(name)?.0;
                return Ok(Tell::Number(self.kernel.opened(&device)));
            }
        }
        Ok(Tell::Done)
    }

    fn mapped(&self, name: &str) -> Result<(Device, Mapped)> {
        let device = self.kernel.block.named(name).ok_or(Errno::ENXIO)?;
        match &device.what {
            What::Mapped(mapped) => Ok((device.clone(), mapped.clone())),
            _ => Err(Errno::ENXIO),
        }
    }

    fn create_mapped(&mut self, name: &str, uuid: &str) -> Result<()> {
        if name.is_empty() || name.len() > 127 || name.contains('/') {
            return Err(Errno::EINVAL);
        }
        let dev = self.kernel.block.add_mapped(name, uuid)?;
        let mask = self.umask_for_nodes(0);
        let _ = self.do_mkdir(AT_FDCWD, b"/dev/mapper", 0o755);
        self.umask_for_nodes(mask);
        self.node(&format!("/dev/mapper/{name}"), dev);
        Ok(())
    }

    fn load(&mut self, name: &str, table: &str) -> Result<()> {
        let (device, _) = self.mapped(name)?;
        let mut targets = Vec::new();
        for line in table.lines().filter(|it| !it.trim().is_empty()) {
            targets.push(Target::read(line, |word| self.device_number(word))?);
        }
        let mut end = 0;
        for target in &targets {
            if target.start != end {
                return Err(Errno::EINVAL);
            }
            end = target.start + target.len;
            self.check(device.dev, target)?;
        }
        if targets.is_empty() {
            return Err(Errno::EINVAL);
        }
        self.kernel.block.mapped_mut(name).ok_or(Errno::ENXIO)?.loaded = Some(targets);
        Ok(())
    }

    /// `7:0`, or a path.
    fn device_number(&mut self, word: &str) -> Result<Dev> {
        if let Some((major, minor)) = word.split_once(':')
            && let (Ok(major), Ok(minor)) = (major.parse(), minor.parse())
        {
            return Ok(Dev::new(major, minor));
        }
        self.number(word.as_bytes())
    }

    /// Can this target work?
    fn check(&mut self, own: Dev, target: &Target) -> Result<()> {
        let refuse = |sys: &mut Self, why: &str, errno| {
            let name = target.name();
            sys.kernel
                .log(format!("device-mapper: table: {}:{}: {name}: {why}", own.major, own.minor));
            Err(errno)
        };
        for dev in target.below() {
            if self.kernel.block.get(dev).is_none() || dev == own {
                return refuse(self, "Device lookup failed", Errno::ENODEV);
            }
        }
        let size =
            |sys: &Self, dev| sys.kernel.block.get(dev).map_or(0, |it: &Device| it.size / SECTOR);
        match target.kind {
            Kind::Linear { on, offset } if size(self, on) < offset + target.len => {
                refuse(self, "device too small for target", Errno::EINVAL)
            }
            Kind::Pool { data, .. } if size(self, data) < target.len => {
                refuse(self, "pool target too large for its data device", Errno::EINVAL)
            }
            Kind::Thin { pool, id } => {
                let number = self.kernel.block.pool_of(pool);
                let Some(found) = number.and_then(|it| self.kernel.disks.pools.get(&it)) else {
                    return refuse(self, "Couldn't get pool object", Errno::EINVAL);
                };
                match found.get(id) {
                    Some(_) => Ok(()),
                    None => refuse(self, "Couldn't open thin internal device", Errno::ENODATA),
                }
            }
            _ => Ok(()),
        }
    }

    fn resume(&mut self, name: &str) -> Result<()> {
        let (device, mapped) = self.mapped(name)?;
        if let Some(table) = mapped.loaded {
            let pool = match table.first() {
                Some(Target { len, kind: Kind::Pool { .. }, .. }) => {
                    Some(self.open_pool(device.dev, &table[0], len * SECTOR)?)
                }
                _ => None,
            };
            self.kernel.block.set_table(device.dev, table, pool);
        }
        self.kernel.block.mapped_mut(name).ok_or(Errno::ENXIO)?.suspended = false;
        Ok(())
    }

    /// The pool whose metadata are on a device: the one that was made there, or a new one where only zeros are.
    fn open_pool(&mut self, own: Dev, target: &Target, bytes: u64) -> Result<u32> {
        let Kind::Pool { meta, data, block, low_water, features } = target.kind else {
            return Err(Errno::EINVAL);
        };
        let device = self.kernel.block.get(meta).cloned().ok_or(Errno::ENODEV)?;
        let ground = self.kernel.block.ground(meta).ok_or(Errno::ENODEV)?;
        self.kernel.block.get(data).ok_or(Errno::ENODEV)?;
        let first = self.first_block(ground)?;
        let known = self.kernel.block.pool_at(ground);
        let magic = first.get(MAGIC_AT..MAGIC_AT + 8).map(|it| it == MAGIC.to_le_bytes());
        let number = match (known, magic) {
            (Some(number), Some(true) | None) => number,
            (_, Some(false)) if first.iter().any(|it| *it != 0) => return Err(Errno::EINVAL),
            _ => {
                let number = self.kernel.block.add_pool(ground);
                let pool = ThinPool::new(block * SECTOR, bytes, device.size);
                self.kernel.disks.pools.insert(number, pool);
                let mut head = vec![0; META_BLOCK as usize];
                head[MAGIC_AT..MAGIC_AT + 8].copy_from_slice(&MAGIC.to_le_bytes());
                self.put_bytes(ground, 0, &head)?;
                number
            }
        };
        let pool = self.kernel.disks.pools.get_mut(&number).ok_or(Errno::EIO)?;
        if pool.block() != block * SECTOR {
            return Err(Errno::EINVAL);
        }
        (pool.dev, pool.low_water, pool.features) = (own, low_water, features);
        pool.resize(bytes, device.size)?;
        Ok(number)
    }

    /// The beginning of a device; nothing of one that keeps no bytes.
    fn first_block(&mut self, ground: Ground) -> Result<Vec<u8>> {
        match ground.base {
            Base::Disk(_) => Ok(Vec::new()),
            _ => self.get_bytes(ground, 0),
        }
    }

    fn remove_mapped(&mut self, name: &str) -> Result<()> {
        let (device, _) = self.mapped(name)?;
        if self.kernel.opened(&device) > 0 {
            return Err(Errno::EBUSY);
        }
        self.kernel.block.remove_mapped(device.dev);
        let _ = self.do_unlink(AT_FDCWD, format!("/dev/mapper/{name}").as_bytes());
        Ok(())
    }

    /// What a target is told: only pools listen.
    fn message(&mut self, name: &str, text: &str) -> Result<String> {
        let (device, _) = self.mapped(name)?;
        let number = self.kernel.block.pool_of(device.dev).ok_or(Errno::EINVAL)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let id = |word: &str| word.parse::<u32>().map_err(|_| Errno::EINVAL);
        let pools = &mut self.kernel.disks.pools;
        let pool = pools.get_mut(&number).ok_or(Errno::EIO)?;
        match words[..] {
            ["create_thin", new] => pool.create(id(new)?)?,
            ["create_snap", new, origin] => {
                let (new, origin) = (id(new)?, id(origin)?);
                pool.snapshot(new, origin)?;
                self.copy_volume(number, new, origin);
            }
            ["delete", old] => {
                let old = id(old)?;
                if self.kernel.block.is_thin_active(number, old) {
                    return Err(Errno::EBUSY);
                }
                pool.delete(old)?;
                let ground = Ground { base: Base::Thin(number, old), offset: 0 };
                if let Some(volume) = self.kernel.block.drop_volume(ground) {
                    self.kernel.forget_volume(&volume);
                }
            }
            ["reserve_metadata_snap"] => pool.hold()?,
            ["release_metadata_snap"] => pool.release()?,
            ["set_transaction_id", from, to] => {
                let number = |word: &str| word.parse().map_err(|_| Errno::EINVAL);
                pool.set_transaction(number(from)?, number(to)?)?;
            }
            _ => return Err(Errno::EINVAL),
        }
        Ok(String::new())
    }

    /// A snapshot has the file system that its origin has.
    fn copy_volume(&mut self, pool: u32, new: u32, origin: u32) {
        let ground = |id| Ground { base: Base::Thin(pool, id), offset: 0 };
        let Some(volume) = self.kernel.block.volume(ground(origin)).cloned() else { return };
        let disk = self.kernel.disks.peek(volume.fs);
        let Some(copy) = disk.and_then(|it| it.as_any().downcast_ref::<ThinFs>()) else { return };
        let fs = Box::new(copy.on(new));
        let volume = crate::block::Volume { fs: self.kernel.disks.add(fs), ..volume };
        self.kernel.block.set_volume(ground(new), volume);
    }

    /// The lines of `dmsetup status`.
    fn status(&mut self, name: &str) -> Result<String> {
        let (device, mapped) = self.mapped(name)?;
        let lines = mapped.live.iter().map(|it| {
            let state = self.kernel.target_status(device.dev, it);
            format!("{} {} {}{state}", it.start, it.len, it.name())
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// `FITRIM`: what a file system no longer needs goes back to the pool; bytes.
    ///
    /// # Errors
    /// `EOPNOTSUPP` where nothing lies on a thin device.
    pub(super) fn trim(&mut self, path: &[u8]) -> Result<u64> {
        let at = self.place(AT_FDCWD, path, true)?;
        self.on(at.fs, |f, cx| match f.as_any_mut().downcast_mut::<ThinFs>() {
            Some(fs) => Ok(fs.trim(cx)),
            None => Err(Errno::EOPNOTSUPP),
        })
    }

    /// An ext4 on a thin device.
    pub(super) fn on_thin(
        &mut self,
        fs: MemFs,
        geometry: crate::block::Geometry,
        lazy: bool,
        (number, id): (u32, u32),
    ) -> Result<ThinFs> {
        let pool = self.kernel.disks.pools.get_mut(&number).ok_or(Errno::EIO)?;
        ThinFs::new(fs, geometry, lazy, (number, id), pool)
    }
}

impl Kernel {
    /// How many hold a device: mounts, and devices that stand on it.
    pub(in crate::vfs) fn opened(&self, device: &Device) -> u64 {
        let mounted = u64::from(self.is_device_used(device));
        mounted + self.block.stand_on(device.dev)
    }

    fn target_status(&self, dev: Dev, target: &Target) -> String {
        let pool = |dev| self.block.pool_of(dev).and_then(|it| self.disks.pools.get(&it));
        match target.kind {
            Kind::Pool { features, .. } => {
                let Some(pool) = pool(dev) else { return " Fail".to_owned() };
                let mode = match (pool.is_full(), features.read_only) {
                    (true, _) => "out_of_data_space",
                    (false, true) => "ro",
                    (false, false) => "rw",
                };
                let discard = match (features.ignore_discard, features.no_discard_passdown) {
                    (true, _) => "ignore_discard",
                    (false, true) => "no_discard_passdown",
                    (false, false) => "discard_passdown",
                };
                let full = if features.error_if_no_space { "error" } else { "queue" };
                // Blocks of metadata at which somebody is told: a quarter, at most 4 MiB.
                let threshold = (pool.meta_total() / 4).min(1024);
                // The block of metadata that what is held begins with.
                let held = pool.held().map_or("-".to_owned(), |it| it.meta_used().to_string());
                format!(
                    " {} {}/{} {}/{} {held} {mode} {discard} {full}_if_no_space - {threshold}",
                    pool.transaction,
                    pool.meta_used(),
                    pool.meta_total(),
                    pool.used(),
                    pool.total()
                )
            }
            Kind::Thin { pool: on, id } => {
                let Some(pool) = pool(on) else { return " Fail".to_owned() };
                let sectors = pool.block() / SECTOR;
                let highest = pool
                    .highest(id)
                    .map_or("-".to_owned(), |it| ((it + 1) * sectors - 1).to_string());
                format!(" {} {highest}", pool.mapped(id) * sectors)
            }
            Kind::Linear { .. } | Kind::Zero | Kind::Error => " ".to_owned(),
        }
    }

    /// After a call: what pools have to say, and what they took of the files below them.
    pub(in crate::vfs) fn settle_pools(&mut self) {
        let mut lines = Vec::new();
        let mut grown = Vec::new();
        for (number, pool) in self.disks.pools.iter_mut() {
            lines.extend(pool.take_log());
            let bytes = pool.used() * pool.block();
            if let Some((data, before)) = self.block.backed(*number, bytes) {
                grown.push((data, before, bytes));
            }
        }
        lines.into_iter().for_each(|line| self.log(line));
        for (data, before, now) in grown {
            // What the data lie on may be in several places.
            let (mut at, end) = (before.min(now), before.max(now));
            while at < end
                && let Some((spot, left)) = self.block.spot(data, at)
            {
                let part = left.min(end - at);
                if let Spot::On(Ground { base: Base::File(fs, ino), offset }) = spot {
                    self.take_room(fs, ino, (offset, part), now > before);
                }
                at += part;
            }
        }
    }

    /// A file below a pool has as many blocks as the pool uses: which ones is the pool's business.
    fn take_room(&mut self, fs: FsId, ino: Ino, (at, len): (u64, u64), grows: bool) {
        let cred = crate::cred::Cred::root();
        self.cx(&cred, |cx| {
            cx.on(fs, |f, cx| {
                let mode = KEEP_SIZE | if grows { 0 } else { PUNCH_HOLE };
                let _ = f.fallocate(cx, ino, mode, at, len);
            });
        });
    }
}

impl Kernel {
    /// How all storage looks that several trees share: that of file systems, and of thin pools. A thin device is
    /// named by the mapped device that shows it, or by its number.
    pub fn layouts(&self) -> Vec<Layout> {
        let disks = self.disks.ids().filter_map(|id| self.disks.peek(id)?.layout());
        let pools = self.disks.pools.iter().map(|(number, pool)| {
            pool.layout(|id| {
                let shows = |it: &&Device| match &it.what {
                    What::Mapped(mapped) => mapped.live.iter().any(|target| {
                        matches!(target.kind, Kind::Thin { pool, id: own }
                            if own == id && self.block.pool_of(pool) == Some(*number))
                    }),
                    _ => false,
                };
                self.block
                    .iter()
                    .find(shows)
                    .map_or_else(|| format!("thin {id}"), |it| it.name.clone())
            })
        });
        disks.chain(pools).collect()
    }
}
