//! Record locks (`fcntl(2)`): of processes, and of open files (`F_OFD_SETLK`). Never waits.

use super::Pid;
use super::fd::FileId;
use crate::errno::Errno;
use crate::store::Map;
use crate::types::{FsId, Ino, Result};

/// Whose a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Process(Pid),
    File(FileId),
}

/// A lock on the bytes from `start` to `end`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub owner: Owner,
    pub start: u64,
    pub end: u64,
    pub write: bool,
}

impl Held {
    fn meets(&self, other: &Held) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// Is there no byte between the two?
    fn touches(&self, other: &Held) -> bool {
        self.start <= other.end.saturating_add(1) && other.start <= self.end.saturating_add(1)
    }
}

/// All record locks that are held, of each owner by their beginning.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    held: Map<(FsId, Ino), Vec<Held>>,
}

impl Ranges {
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The first lock of somebody else that excludes this one.
    pub fn in_the_way(&self, at: (FsId, Ino), want: &Held) -> Option<Held> {
        let excludes =
            |it: &&Held| it.owner != want.owner && it.meets(want) && (it.write || want.write);
        self.held.get(&at)?.iter().find(excludes).copied()
    }

    /// Takes a lock; what the owner had there before is replaced.
    ///
    /// # Errors
    /// `EAGAIN` when somebody else holds a lock in the way.
    pub fn take(&mut self, at: (FsId, Ino), want: Held) -> Result<()> {
        if self.in_the_way(at, &want).is_some() {
            return Err(Errno::EAGAIN);
        }
        self.replace(at, &want, true);
        Ok(())
    }

    /// Gives back what the owner has of these bytes.
    pub fn give_back(&mut self, at: (FsId, Ino), what: &Held) {
        self.replace(at, what, false);
    }

    /// An owner is gone from a file.
    pub fn release(&mut self, at: (FsId, Ino), owner: Owner) {
        if let Some(list) = self.held.get_mut(&at) {
            list.retain(|it| it.owner != owner);
            if list.is_empty() {
                self.held.remove(&at);
            }
        }
    }

    fn replace(&mut self, at: (FsId, Ino), want: &Held, keep: bool) {
        let list = self.held.get_or_insert_with(at, Vec::new);
        let place = list.iter().position(|it| it.owner == want.owner).unwrap_or(list.len());
        let own: Vec<Held> = list.extract_if(.., |it| it.owner == want.owner).collect();
        let mut new = *want;
        let mut rest = Vec::new();
        for it in own {
            if keep && it.write == want.write && it.touches(&new) {
                new.start = new.start.min(it.start);
                new.end = new.end.max(it.end);
                continue;
            }
            // What sticks out to the left and to the right.
            let outside = |start, end| Held { start, end, ..it };
            if !it.meets(want) {
                rest.push(it);
                continue;
            }
            if it.start < want.start {
                rest.push(outside(it.start, want.start - 1));
            }
            if it.end > want.end {
                rest.push(outside(want.end + 1, it.end));
            }
        }
        if keep {
            rest.push(new);
        }
        rest.sort_by_key(|it| it.start);
        list.splice(place..place, rest);
        if list.is_empty() {
            self.held.remove(&at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: (FsId, Ino) = (FsId(0), Ino(1));

    fn of(pid: Pid, start: u64, end: u64, write: bool) -> Held {
        Held { owner: Owner::Process(pid), start, end, write }
    }

    #[test]
    fn a_lock_is_split_and_joined() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.take(AT, of(1, 0, 99, true)), Ok(()));
        assert_eq!(ranges.take(AT, of(2, 50, 50, false)), Err(Errno::EAGAIN));
        ranges.give_back(AT, &of(1, 40, 59, true));
        assert_eq!(ranges.take(AT, of(2, 50, 50, false)), Ok(()));
        assert_eq!(ranges.take(AT, of(1, 40, 49, true)), Ok(()));
        assert_eq!(
            ranges.held.get(&AT).unwrap()[..],
            [of(1, 0, 49, true), of(1, 60, 99, true), of(2, 50, 50, false)]
        );
        assert_eq!(ranges.in_the_way(AT, &of(3, 45, 70, false)), Some(of(1, 0, 49, true)));
        ranges.release(AT, Owner::Process(1));
        ranges.release(AT, Owner::Process(2));
        assert!(ranges.is_empty());
    }
}
