//! File handles: an inode number with its generation, in the bytes of ext4 or tmpfs.

use super::{MemFs, Profile};
use crate::errno::Errno;
use crate::types::{Ino, Result};

/// `FILEID_INO32_GEN` of ext4, and the type tmpfs uses for its own.
const KIND: u8 = 1;

impl MemFs {
    /// ext4: number and generation, little endian; tmpfs: generation, then the number in 64 bits
    /// (observed on 6.18).
    pub(super) fn handle_of(&self, ino: Ino) -> Option<(u8, Vec<u8>)> {
        let generation = self.node(ino).ok()?.generation.to_le_bytes();
        let bytes = match self.profile() {
            Profile::Ramfs => return None,
            Profile::Tmpfs => [&generation[..], &ino.0.to_le_bytes()].concat(),
            _ => [&(ino.0 as u32).to_le_bytes()[..], &generation].concat(),
        };
        Some((KIND, bytes))
    }

    pub(super) fn by_handle(&self, kind: u8, handle: &[u8]) -> Result<Ino> {
        let word = |at: usize| {
            handle.get(at..at + 4).map(|it| u32::from_le_bytes([it[0], it[1], it[2], it[3]]))
        };
        let (ino, generation) = match (self.profile(), handle.len()) {
            (Profile::Tmpfs, 12) => {
                (word(4).zip(word(8)).map(|(lo, hi)| u64::from(hi) << 32 | u64::from(lo)), word(0))
            }
            (_, 8) => (word(0).map(u64::from), word(4)),
            _ => (None, None),
        };
        let ino = ino.filter(|_| kind == KIND).ok_or(Errno::ESTALE)?;
        let node = self.node(Ino(ino))?;
        // Handles reach what lives; an unlinked file lives while it is open.
        match generation {
            Some(it) if it == node.generation => Ok(Ino(ino)),
            _ => Err(Errno::ESTALE),
        }
    }
}
