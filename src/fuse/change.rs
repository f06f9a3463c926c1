//! A change of attributes: one request for what are several system calls.

use super::host::{HERE, State};
use crate::errno::Errno;
use crate::sys::{Fd, Sys};
use crate::types::{Mode, Result, SetTime};

/// A change of attributes, in the order in which its parts are done.
pub struct Change {
    pub mode: Option<Mode>,
    pub owner: (Option<u32>, Option<u32>),
    pub size: Option<u64>,
    pub times: (Option<SetTime>, Option<SetTime>),
}

impl Change {
    /// # Errors
    /// Those of the first part that fails.
    pub fn apply(&self, state: &mut State, fd: Fd, fh: Option<u64>) -> Result<()> {
        if let Some(size) = self.size {
            match fh {
                Some(fh) => {
                    let file = state.file(fh)?;
                    let size = i64::try_from(size).map_err(|_| Errno::EINVAL)?;
                    state.sys().ftruncate(file, size)?;
                }
                None => state.sys().truncate_held(fd, size)?,
            }
        }
        let (uid, gid) = self.owner;
        let timed = self.times.0.is_some() || self.times.1.is_some();
        let nothing = self.size.is_none() && self.mode.is_none() && !timed;
        // A chown that names nobody still moves ctime.
        if uid.is_some() || gid.is_some() || nothing {
            state.sys().fchownat(fd, b"", uid, gid, HERE)?;
        }
        if let Some(mode) = self.mode {
            state.sys().chmod_held(fd, mode)?;
        }
        // A truncation stamps by itself.
        if timed && self.size.is_none() {
            state.sys().utimensat(fd, b"", self.times.0, self.times.1, HERE)?;
        }
        Ok(())
    }
}
