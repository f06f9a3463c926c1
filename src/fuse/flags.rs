//! The flags of `chattr` in the words of `ioctl(2)`: as they are, or as the real kernel asks for them
//! before each change, as `struct fsxattr` of xfs.

use super::host::State;
use crate::errno::Errno;
use crate::sys::{Fd, Sys};
use crate::types::{Result, inode_flags as flag};

/// `FS_IOC_GETFLAGS`, `FS_IOC_SETFLAGS`, `FS_IOC_FSGETXATTR`, `FS_IOC_FSSETXATTR`.
const GET_FLAGS: u32 = 0x8008_6601;
const SET_FLAGS: u32 = 0x4008_6602;
const GET_XATTR: u32 = 0x801c_581f;
const SET_XATTR: u32 = 0x401c_5820;
/// Bytes of `struct fsxattr`, which begins with the flags.
const XATTR: usize = 28;

/// Flags that both words have: `FS_*_FL`, `FS_XFLAG_*`.
const BOTH: [(u32, u32); 5] = [
    (flag::IMMUTABLE, 0x08),
    (flag::APPEND, 0x10),
    (flag::SYNC, 0x20),
    (flag::NOATIME, 0x40),
    (flag::NODUMP, 0x80),
];

impl State {
    /// # Errors
    /// `ENOTTY` for what is no request about flags; those of the call.
    pub fn flags_ioctl(&mut self, fd: Fd, request: u32, data: &[u8]) -> Result<Vec<u8>> {
        let word = data.first_chunk::<4>().map(|it| u32::from_ne_bytes(*it));
        let mut sys = self.sys();
        match (request, word) {
            (GET_FLAGS, _) => Ok(sys.get_flags(fd)?.to_ne_bytes().to_vec()),
            (SET_FLAGS, Some(flags)) => sys.set_flags(fd, flags).map(|()| Vec::new()),
            (GET_XATTR, _) => {
                let flags = sys.get_flags(fd)?;
                let shown = BOTH.iter().filter(|(own, _)| flags & own != 0);
                let shown = shown.fold(0, |all, (_, theirs)| all | theirs);
                let mut out = u32::to_ne_bytes(shown).to_vec();
                out.resize(XATTR, 0);
                Ok(out)
            }
            (SET_XATTR, Some(theirs)) if data.len() == XATTR => {
                let mut flags = sys.get_flags(fd)?;
                for (own, bit) in BOTH {
                    flags = if theirs & bit != 0 { flags | own } else { flags & !own };
                }
                sys.set_flags(fd, flags).map(|()| Vec::new())
            }
            _ => Err(Errno::ENOTTY),
        }
    }
}
