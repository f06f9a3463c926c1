//! A machine without commands that make block devices has none that a program could read.

use crate::errno::Errno;
use crate::types::{Dev, Result};
use crate::vfs::SysOf;

impl SysOf<'_> {
    pub(super) fn open_disk(&mut self, _: Dev) -> Result<Dev> {
        Err(Errno::ENXIO)
    }

    pub(super) fn read_disk(&mut self, _: Dev, _: u64, _: &mut [u8]) -> Result<usize> {
        Err(Errno::ENXIO)
    }

    pub(super) fn write_disk(&mut self, _: Dev, _: u64, _: &[u8]) -> Result<usize> {
        Err(Errno::ENXIO)
    }
}
