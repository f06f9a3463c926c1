//! The character devices that the kernel has built in.

use super::SysOf;
use super::console::Stream;
use crate::errno::Errno;
use crate::types::{Dev, Result};

pub(super) const NULL: Dev = Dev::new(1, 3);
pub(super) const ZERO: Dev = Dev::new(1, 5);
pub(super) const FULL: Dev = Dev::new(1, 7);
pub(super) const RANDOM: Dev = Dev::new(1, 8);
pub(super) const URANDOM: Dev = Dev::new(1, 9);
pub(super) const TTY: Dev = Dev::new(5, 0);
/// The requests of zfs(8) and zpool(8).
pub(super) const ZFS: Dev = Dev::new(10, 249);
pub(super) const CONSOLE: Dev = Dev::new(5, 1);

/// Has this device number a driver?
pub(super) fn is_known(dev: Dev) -> bool {
    [NULL, ZERO, FULL, RANDOM, URANDOM, CONSOLE, ZFS].contains(&dev)
}

impl SysOf<'_> {
    pub(super) fn read_device(&mut self, dev: Dev, buf: &mut [u8]) -> Result<usize> {
        match dev {
            NULL => return Ok(0),
            ZERO | FULL => buf.fill(0),
            RANDOM | URANDOM => self.kernel.fill_random(buf),
            CONSOLE => return self.kernel.console.read(buf),
            ZFS => return Err(Errno::EINVAL),
            _ => return Err(Errno::ENXIO),
        }
        Ok(buf.len())
    }

    pub(super) fn write_device(&mut self, dev: Dev, data: &[u8]) -> Result<usize> {
        match dev {
            ZFS => Err(Errno::EINVAL),
            FULL if !data.is_empty() => Err(Errno::ENOSPC),
            CONSOLE => Ok(self.kernel.console.write(Stream::Out, data)),
            _ => Ok(data.len()),
        }
    }
}

impl super::Kernel {
    /// A deterministic stream: the machine is a function of its inputs.
    pub(in crate::vfs) fn fill_random(&mut self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.random;
            word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}
