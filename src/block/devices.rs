//! The table of devices, and of the file systems on them.

use super::{Base, Ground, LOOP_MAJOR, Setup};
use crate::errno::Errno;
use crate::store::Map;
use crate::types::{Dev, FsId, Ino, Result};
use std::sync::Arc;

/// Loop devices that the kernel hands out (`max_part=0`: one minor each).
const LOOPS_MAX: u32 = 1 << 20;

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
    /// Where its first byte lies.
    pub fn ground(&self) -> Ground {
        match &self.what {
            What::Disk => Ground { base: Base::Disk(self.dev), offset: 0 },
            What::Loop(it) => Ground { base: Base::File(it.fs, it.ino), offset: it.setup.offset },
        }
    }

    pub fn is_read_only(&self) -> bool {
        matches!(&self.what, What::Loop(it) if it.setup.read_only)
    }
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
}

impl Blocks {
    /// A disk with an ext4 on it.
    pub fn add_disk(&mut self, dev: Dev, name: &str, size: u64, fs: FsId) {
        let device = Device { dev, name: name.to_owned(), what: What::Disk, size };
        let volume = Volume { fs, kind: "ext4".to_owned(), label: String::new(), uuid: [0; 16] };
        self.volumes.insert(device.ground(), volume);
        self.devices.insert(dev, device);
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
