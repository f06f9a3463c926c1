//! `flock(2)`: locks of open files on inodes. Never waits.

use super::fd::FileId;
use crate::errno::Errno;
use crate::store::Map;
use crate::sys::Flock;
use crate::types::{FsId, Ino, Result};

/// All locks that are held.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    held: Map<(FsId, Ino), Vec<(FileId, bool)>>,
}

impl Locks {
    /// # Errors
    /// `EAGAIN` when somebody else holds a lock in the way. A failed conversion has lost the old
    /// lock, as documented in flock(2).
    pub fn flock(&mut self, at: (FsId, Ino), file: FileId, op: Flock) -> Result<()> {
        let held = self.held.get_or_insert_with(at, Vec::new);
        let mine = held.iter().position(|it| it.0 == file);
        let want = op == Flock::Exclusive;
        if op != Flock::Unlock && mine.is_some_and(|i| held[i].1 == want) {
            return Ok(());
        }
        if let Some(i) = mine {
            held.remove(i);
        }
        let blocked = op != Flock::Unlock && held.iter().any(|it| want || it.1);
        if op != Flock::Unlock && !blocked {
            held.push((file, want));
        }
        if held.is_empty() {
            self.held.remove(&at);
        }
        if blocked { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    /// An open file is closed for good.
    pub fn release(&mut self, at: (FsId, Ino), file: FileId) {
        if let Some(held) = self.held.get_mut(&at) {
            held.retain(|it| it.0 != file);
            if held.is_empty() {
                self.held.remove(&at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_exclude_each_other() {
        let at = (FsId(0), Ino(1));
        let (a, b) = (FileId(1), FileId(2));
        let mut locks = Locks::default();
        assert_eq!(locks.flock(at, a, Flock::Shared), Ok(()));
        assert_eq!(locks.flock(at, b, Flock::Shared), Ok(()));
        assert_eq!(locks.flock(at, b, Flock::Exclusive), Err(Errno::EAGAIN));
        assert_eq!(locks.flock(at, a, Flock::Exclusive), Ok(()));
        locks.release(at, a);
        assert!(locks.held.is_empty());
    }
}
