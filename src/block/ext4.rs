//! What mke2fs makes of a device: how many blocks go to its own tables, and the superblock.
//!
//! The figures are those of mke2fs 1.47.0 with `-b 4096` (the defaults of Debian 12), compared with it for
//! devices of 64 MiB to 100 GiB.

/// Bytes of a block.
const BLOCK: u64 = 4096;
/// Blocks of a group: what one block of bits can count.
const GROUP: u64 = 8 * BLOCK;
/// Bytes of an inode in its table.
const INODE: u64 = 256;
/// Descriptors of groups in a block (64 bytes each).
const DESCRIPTORS: u64 = BLOCK / 64;
/// From this size on there is an inode for every 16 KiB instead of every 4.
const SMALL: u64 = 512 << 20;
/// Blocks for the table of descriptors to grow into, at most.
const SPARE_MAX: u64 = 1024;

/// Where a superblock lies, its magic number, and where in it things are.
pub const SUPERBLOCK: u64 = 1024;
pub const MAGIC: [u8; 2] = [0x53, 0xef];
const MAGIC_AT: usize = 0x38;
const UUID_AT: usize = 0x68;
const LABEL_AT: usize = 0x78;

/// The measures of a new ext4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub blocks: u64,
    pub inodes: u64,
    pub groups: u64,
    /// Blocks of the journal.
    pub journal: u64,
    /// Blocks that `statfs` does not count: tables, their spare room and the journal.
    pub overhead: u64,
}

impl Geometry {
    /// Of a device with this many bytes; `inodes` where their number is given. `None` if it is too small.
    pub fn of(size: u64, inodes: u64) -> Option<Geometry> {
        let mut blocks = size / BLOCK;
        if blocks < 64 {
            return None;
        }
        // A last group that has no room for its own tables is left out.
        if blocks > GROUP && !blocks.is_multiple_of(GROUP) && blocks % GROUP < 1024 {
            blocks -= blocks % GROUP;
        }
        let groups = blocks.div_ceil(GROUP);
        let ratio = if size < SMALL { 4096 } else { 16384 };
        let wanted = if inodes > 0 { inodes } else { blocks * BLOCK / ratio };
        let per_block = BLOCK / INODE;
        let per_group = wanted.div_ceil(groups).next_multiple_of(per_block).max(per_block);
        let table = per_group / per_block;
        let journal = journal(blocks);
        let descriptors = groups.div_ceil(DESCRIPTORS);
        let most = (blocks * 1024).min(u64::from(u32::MAX)).div_ceil(GROUP).div_ceil(DESCRIPTORS);
        let spare = (most - descriptors.min(most)).min(SPARE_MAX);
        let copies = (0..groups).filter(|it| has_copy(*it)).count() as u64;
        let overhead = journal + groups * (table + 2) + copies * (1 + descriptors + spare);
        (overhead + 16 < blocks).then_some(Geometry {
            blocks,
            inodes: per_group * groups,
            groups,
            journal,
            overhead,
        })
    }

    /// First blocks of the copies of the superblock.
    pub fn backups(&self) -> impl Iterator<Item = u64> + '_ {
        (1..self.groups).filter(|it| has_copy(*it)).map(|it| it * GROUP)
    }

    /// Blocks that only root may use: those of `-m`, and what the kernel keeps for itself.
    pub fn reserved(&self, percent: u64) -> u64 {
        self.blocks * percent / 100 + (self.blocks / 50).min(4096)
    }

    /// The superblock, as far as others look at it.
    pub fn superblock(&self, uuid: [u8; 16], label: &str) -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0x00, &(self.inodes as u32).to_le_bytes());
        put(0x04, &(self.blocks as u32).to_le_bytes());
        put(0x0c, &((self.blocks - self.overhead) as u32).to_le_bytes());
        put(0x18, &2_u32.to_le_bytes());
        put(0x1c, &2_u32.to_le_bytes());
        put(0x20, &(GROUP as u32).to_le_bytes());
        put(0x28, &((self.inodes / self.groups) as u32).to_le_bytes());
        put(MAGIC_AT, &MAGIC);
        put(0x3a, &1_u16.to_le_bytes());
        put(0x4c, &1_u32.to_le_bytes());
        put(0x54, &11_u32.to_le_bytes());
        put(0x58, &(INODE as u16).to_le_bytes());
        // has_journal, ext_attr, resize_inode, dir_index; filetype, extents, 64bit, flex_bg; sparse_super, large_file, …
        put(0x5c, &0x3c_u32.to_le_bytes());
        put(0x60, &0x2c2_u32.to_le_bytes());
        put(0x64, &0x46b_u32.to_le_bytes());
        put(UUID_AT, &uuid);
        let name = &label.as_bytes()[..label.len().min(16)];
        put(LABEL_AT, name);
        bytes
    }
}

/// Uuid and label of a superblock, if it is one of ext4.
pub fn read(superblock: &[u8]) -> Option<([u8; 16], String)> {
    let magic = superblock.get(MAGIC_AT..MAGIC_AT + 2)?;
    let uuid = superblock.get(UUID_AT..UUID_AT + 16)?.try_into().ok()?;
    let label = superblock.get(LABEL_AT..LABEL_AT + 16)?;
    let label = label.split(|it| *it == 0).next().unwrap_or_default();
    (magic == MAGIC).then(|| (uuid, String::from_utf8_lossy(label).into_owned()))
}

/// With `sparse_super` the groups 0, 1 and the powers of 3, 5 and 7 have copies.
fn has_copy(group: u64) -> bool {
    let power = |base: u64| {
        let mut at = base;
        while at < group {
            at *= base;
        }
        at == group
    };
    group < 2 || power(3) || power(5) || power(7)
}

fn journal(blocks: u64) -> u64 {
    const STEPS: &[(u64, u64)] = &[
        (2048, 0),
        (32_768, 1024),
        (256 << 10, 4096),
        (512 << 10, 8192),
        (4096 << 10, 16_384),
        (8192 << 10, 32_768),
        (16_384 << 10, 65_536),
        (32_768 << 10, 131_072),
    ];
    STEPS.iter().find(|(below, _)| blocks < *below).map_or(262_144, |it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mke2fs 1.47.0 and dumpe2fs: size in MiB, inodes, overhead, reserved of 5 %, journal.
    #[test]
    fn measures_are_those_of_mke2fs() {
        let observed = [
            (64, 16_384, 2059, 819 + 327, 1024),
            (512, 32_768, 6347, 6553 + 2621, 4096),
            (1024, 65_536, 12_949, 13_107 + 4096, 8192),
            (3072, 196_608, 31_030, 39_321 + 4096, 16_384),
            (10_240, 655_360, 66_747, 131_072 + 4096, 16_384),
            (102_400, 6_553_600, 557_842, 1_310_720 + 4096, 131_072),
        ];
        for (size, inodes, overhead, reserved, journal) in observed {
            let it = Geometry::of(size << 20, 0).unwrap();
            let is = (it.inodes, it.overhead, it.reserved(5), it.journal);
            assert_eq!(is, (inodes, overhead, reserved, journal), "{size} MiB");
        }
        assert_eq!(Geometry::of(1000, 0), None);
    }

    #[test]
    fn a_superblock_is_recognised() {
        let it = Geometry::of(1 << 30, 0).unwrap();
        assert_eq!(it.backups().collect::<Vec<_>>(), [32_768, 98_304, 163_840, 229_376]);
        let bytes = it.superblock([7; 16], "data");
        assert_eq!(read(&bytes), Some(([7; 16], "data".to_owned())));
        assert_eq!(read(&[0; 1024]), None);
    }
}
