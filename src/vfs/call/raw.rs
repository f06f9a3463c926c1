//! Block devices read and written by programs, without a file system.

use crate::block::{Base, Spot};
use crate::errno::Errno;
use crate::types::{Dev, Result};
use crate::vfs::SysOf;

impl SysOf<'_> {
    /// # Errors
    /// `ENXIO` for a number without a device, and for a disk that keeps no bytes.
    pub(super) fn open_disk(&mut self, dev: Dev) -> Result<Dev> {
        match self.kernel.block.spot(dev, 0) {
            Some((Spot::On(ground), _)) if matches!(ground.base, Base::Disk(_)) => {
                Err(Errno::ENXIO)
            }
            _ if self.kernel.block.get(dev).is_none() => Err(Errno::ENXIO),
            _ => Ok(dev),
        }
    }

    /// # Errors
    /// `EIO` where the table of a mapped device says so.
    pub(super) fn read_disk(&mut self, dev: Dev, at: u64, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            let Some((spot, left)) = self.kernel.block.spot(dev, at + done as u64) else { break };
            let part = (buf.len() - done).min(usize::try_from(left).unwrap_or(usize::MAX));
            let into = &mut buf[done..done + part];
            match spot {
                Spot::On(ground) => self.read_ground(ground, 0, into)?,
                Spot::Zero => into.fill(0),
                Spot::Error => return if done > 0 { Ok(done) } else { Err(Errno::EIO) },
            }
            done += part;
        }
        Ok(done)
    }

    /// # Errors
    /// `EPERM` for a device that is read-only, `ENOSPC` at its end or when a pool has no block left, `EIO` where the
    /// file below has no room.
    pub(super) fn write_disk(&mut self, dev: Dev, at: u64, data: &[u8]) -> Result<usize> {
        if self.kernel.block.get(dev).is_some_and(crate::block::Device::is_read_only) {
            return Err(Errno::EPERM);
        }
        let mut done = 0;
        while done < data.len() {
            let Some((spot, left)) = self.kernel.block.spot(dev, at + done as u64) else { break };
            let part = (data.len() - done).min(usize::try_from(left).unwrap_or(usize::MAX));
            let res = match spot {
                Spot::On(ground) => {
                    let full = !matches!(ground.base, Base::Thin(..));
                    let res = self.put_bytes(ground, 0, &data[done..done + part]);
                    res.map_err(|it| if full && it == Errno::ENOSPC { Errno::EIO } else { it })
                }
                Spot::Zero => Ok(()),
                Spot::Error => Err(Errno::EIO),
            };
            match res {
                Ok(()) => done += part,
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
        if done == 0 && !data.is_empty() { Err(Errno::ENOSPC) } else { Ok(done) }
    }
}
