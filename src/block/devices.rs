//! The table of devices, and of the file systems on them.

use super::mapper::{self, Kind, Mapped, Target};
use super::{Base, Ground, LOOP_MAJOR, SECTOR, Setup};
use crate::errno::Errno;
use crate::store::Map;
use crate::types::{Dev, FsId, Ino, Result};
use std::sync::Arc;

/// Loop devices that the kernel hands out (`max_part=0`: one minor each).
const LOOPS_MAX: u32 = 1 << 20;

/// Devices on each other, at most.
const DEPTH_MAX: u32 = 16;

/// What is found at a place of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    On(Ground),
    Zero,
    Error,
}

/// A loop device and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    pub fs: FsId,
    pub ino: Ino,
    /// The file's path when it was attached, as /sys shows it.
    pub path: Arc<[u8]>,
    pub setup: Setup,
}

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Disk,
    Loop(Loop),
    Mapped(Mapped),
}

/// A block device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub dev: Dev,
    /// `loop0`, `sda1`.
    pub name: String,
    pub what: What,
    /// Bytes.
    pub size: u64,
}

impl Device {
    pub fn is_read_only(&self) -> bool {
        matches!(&self.what, What::Loop(it) if it.setup.read_only)
    }

    /// Its node.
    pub fn path(&self) -> String {
        match self.what {
            What::Mapped(_) => format!("/dev/mapper/{}", self.name),
            _ => format!("/dev/{}", self.name),
        }
    }

    fn is_table_on(&self, dev: Dev) -> bool {
        match &self.what {
            What::Mapped(it) => it.live.iter().any(|target| target.below().contains(&dev)),
            _ => false,
        }
    }
}

/// Where a thin pool has its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PoolPlace {
    number: u32,
    /// Bytes of the files below the data that the pool has taken.
    backed: u64,
}

/// A file system that was made on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    pub fs: FsId,
    /// `ext4`, `btrfs`, …
    pub kind: String,
    pub label: String,
    pub uuid: [u8; 16],
}

/// All devices and volumes.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    devices: Map<Dev, Device>,
    volumes: Map<Ground, Volume>,
    /// Thin pools by where their metadata lie.
    pools: Map<Ground, PoolPlace>,
}

impl Blocks {
    /// A disk with an ext4 on it.
    pub fn add_disk(&mut self, dev: Dev, name: &str, size: u64, fs: FsId) {
        let device = Device { dev, name: name.to_owned(), what: What::Disk, size };
        let volume = Volume { fs, kind: "ext4".to_owned(), label: String::new(), uuid: [0; 16] };
        self.volumes.insert(Ground { base: Base::Disk(dev), offset: 0 }, volume);
        self.devices.insert(dev, device);
    }

    /// Where a device's first byte lies; `None` for one without a table, and for a pool.
    pub fn ground(&self, dev: Dev) -> Option<Ground> {
        match self.spot(dev, 0)? {
            (Spot::On(ground), _) => Some(ground),
            _ => None,
        }
    }

    /// Where a byte of a device lies, and how many bytes follow it there; `None` from its end on.
    pub fn spot(&self, dev: Dev, at: u64) -> Option<(Spot, u64)> {
        self.spot_below(dev, at, DEPTH_MAX)
    }

    fn spot_below(&self, dev: Dev, at: u64, depth: u32) -> Option<(Spot, u64)> {
        let device = self.get(dev)?;
        let left = device.size.checked_sub(at).filter(|it| *it > 0)?;
        let mapped = match &device.what {
            What::Disk => {
                return Some((Spot::On(Ground { base: Base::Disk(dev), offset: at }), left));
            }
            What::Loop(it) => {
                let offset = it.setup.offset + at;
                return Some((Spot::On(Ground { base: Base::File(it.fs, it.ino), offset }), left));
            }
            What::Mapped(it) => it,
        };
        let holds = |it: &&Target| (it.start..it.start + it.len).contains(&(at / SECTOR));
        let target = mapped.live.iter().find(holds)?;
        let into = at - target.start * SECTOR;
        let left = target.len * SECTOR - into;
        let (below, offset) = match target.kind {
            Kind::Linear { on, offset } => (on, offset * SECTOR),
            Kind::Thin { pool, id } => {
                let base = Base::Thin(self.pool_of(pool)?, id);
                return Some((Spot::On(Ground { base, offset: into }), left));
            }
            Kind::Zero => return Some((Spot::Zero, left)),
            // Bytes of a pool are those of its devices.
            Kind::Error | Kind::Pool { .. } => return Some((Spot::Error, left)),
        };
        // Tables that were loaded one after the other may stand on each other.
        let (spot, more) = self.spot_below(below, offset + into, depth.checked_sub(1)?)?;
        Some((spot, more.min(left)))
    }

    /// A mapped device by its name.
    pub fn named(&self, name: &str) -> Option<&Device> {
        self.iter().find(|it| it.name == name && matches!(it.what, What::Mapped(_)))
    }

    pub fn mapped_mut(&mut self, name: &str) -> Option<&mut Mapped> {
        self.devices.values_mut().find_map(|it| match &mut it.what {
            What::Mapped(mapped) if it.name == name => Some(mapped),
            _ => None,
        })
    }

    /// A mapped device without a table.
    ///
    /// # Errors
    /// `EBUSY`: the name or the uuid is taken.
    pub fn add_mapped(&mut self, name: &str, uuid: &str) -> Result<Dev> {
        let taken = |it: &Device| match &it.what {
            What::Mapped(mapped) => it.name == name || !uuid.is_empty() && mapped.uuid == uuid,
            _ => false,
        };
        if self.iter().any(taken) {
            return Err(Errno::EBUSY);
        }
        let minor = (0..).find(|it| self.get(Dev::new(mapper::MAJOR, *it)).is_none());
        let dev = Dev::new(mapper::MAJOR, minor.unwrap_or_default());
        let mapped = Mapped {
            uuid: uuid.to_owned(),
            live: Vec::new(),
            loaded: None,
            suspended: false,
            pool: None,
        };
        let device = Device { dev, name: name.to_owned(), what: What::Mapped(mapped), size: 0 };
        self.devices.insert(dev, device);
        Ok(dev)
    }

    /// Puts a table in force.
    pub fn set_table(&mut self, dev: Dev, table: Vec<Target>, pool: Option<u32>) {
        let Some(device) = self.devices.get_mut(&dev) else { return };
        let What::Mapped(mapped) = &mut device.what else { return };
        device.size = table.iter().map(|it| it.len).sum::<u64>() * SECTOR;
        (mapped.live, mapped.loaded, mapped.pool) = (table, None, pool);
    }

    pub fn remove_mapped(&mut self, dev: Dev) {
        if matches!(self.get(dev).map(|it| &it.what), Some(What::Mapped(_))) {
            self.devices.remove(&dev);
        }
    }

    /// How many mapped devices stand on this one.
    pub fn stand_on(&self, dev: Dev) -> u64 {
        self.iter().filter(|it| it.is_table_on(dev)).count() as u64
    }

    /// The number of the pool that a device is.
    pub fn pool_of(&self, dev: Dev) -> Option<u32> {
        match &self.get(dev)?.what {
            What::Mapped(it) => it.pool,
            _ => None,
        }
    }

    /// The pool whose metadata lie here.
    pub fn pool_at(&self, meta: Ground) -> Option<u32> {
        self.pools.get(&meta).map(|it| it.number)
    }

    /// A new pool in place of what was there.
    pub fn add_pool(&mut self, meta: Ground) -> u32 {
        let number = 1 + self.pools.values().map(|it| it.number).max().unwrap_or(0);
        self.pools.insert(meta, PoolPlace { number, backed: 0 });
        number
    }

    /// The pool uses so many bytes now: the device that its data lie on and how many it had taken, if that is
    /// another number.
    pub fn backed(&mut self, number: u32, bytes: u64) -> Option<(Dev, u64)> {
        let data = self.iter().find_map(|it| match &it.what {
            What::Mapped(it) if it.pool == Some(number) => match it.live.first()?.kind {
                Kind::Pool { data, .. } => Some(data),
                _ => None,
            },
            _ => None,
        })?;
        let place = self.pools.values_mut().find(|it| it.number == number)?;
        let before = std::mem::replace(&mut place.backed, bytes);
        (before != bytes).then_some((data, before))
    }

    /// Is a device of a pool mapped by anything?
    pub fn is_thin_active(&self, number: u32, id: u32) -> bool {
        self.iter().any(|it| match &it.what {
            What::Mapped(mapped) => mapped.live.iter().any(|target| {
                matches!(target.kind, Kind::Thin { pool, id: own }
                    if own == id && self.pool_of(pool) == Some(number))
            }),
            _ => false,
        })
    }

    pub fn get(&self, dev: Dev) -> Option<&Device> {
        self.devices.get(&dev)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Device> + '_ {
        self.devices.values()
    }

    pub fn volume(&self, ground: Ground) -> Option<&Volume> {
        self.volumes.get(&ground)
    }

    /// A volume that was made with this uuid, wherever it lies.
    pub fn volume_of(&self, uuid: [u8; 16]) -> Option<&Volume> {
        self.volumes.values().find(|it| it.uuid == uuid)
    }

    /// Puts a file system there; the one that was there.
    pub fn set_volume(&mut self, ground: Ground, volume: Volume) -> Option<Volume> {
        self.volumes.insert(ground, volume)
    }

    pub fn drop_volume(&mut self, ground: Ground) -> Option<Volume> {
        self.volumes.remove(&ground)
    }

    /// The first loop device without a file.
    pub fn free_loop(&self) -> Option<u32> {
        (0..LOOPS_MAX).find(|minor| self.get(Dev::new(LOOP_MAJOR, *minor)).is_none())
    }

    /// Gives a loop device its file, which has `len` bytes.
    ///
    /// # Errors
    /// `EBUSY` for a device that has one, `ENXIO` for what is no loop device, `EINVAL` for a beginning that
    /// is not that of a sector.
    pub fn attach(&mut self, dev: Dev, file: Loop, len: u64) -> Result<()> {
        if dev.major != LOOP_MAJOR {
            return Err(Errno::ENOTTY);
        }
        if self.devices.contains_key(&dev) {
            return Err(Errno::EBUSY);
        }
        let size = room(file.setup, len);
        let name = format!("loop{}", dev.minor);
        self.devices.insert(dev, Device { dev, name, what: What::Loop(file), size });
        Ok(())
    }

    /// The file of a loop device has this many bytes now.
    ///
    /// # Errors
    /// `ENXIO` where no file is.
    pub fn resize(&mut self, dev: Dev, len: u64) -> Result<()> {
        let device = self.devices.get_mut(&dev).ok_or(Errno::ENXIO)?;
        let What::Loop(file) = &device.what else { return Err(Errno::ENOTTY) };
        device.size = room(file.setup, len);
        Ok(())
    }

    /// Detached with its last mount, from now on.
    pub fn clear_later(&mut self, dev: Dev) {
        if let Some(Device { what: What::Loop(file), .. }) = self.devices.get_mut(&dev) {
            file.setup.autoclear = true;
        }
    }

    /// Takes a loop device away from its file.
    ///
    /// # Errors
    /// `ENXIO` where no file is.
    pub fn detach(&mut self, dev: Dev) -> Result<Loop> {
        match self.devices.get(&dev).map(|it| &it.what) {
            Some(What::Loop(_)) => {}
            _ => return Err(Errno::ENXIO),
        }
        match self.devices.remove(&dev).map(|it| it.what) {
            Some(What::Loop(file)) => Ok(file),
            _ => Err(Errno::ENXIO),
        }
    }
}

/// Bytes of a loop device: whole sectors.
fn room(setup: Setup, len: u64) -> u64 {
    let rest = len.saturating_sub(setup.offset);
    let size = if setup.limit == 0 { rest } else { rest.min(setup.limit) };
    size / super::SECTOR * super::SECTOR
}
