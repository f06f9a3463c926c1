//! The `uuid` attribute of the upper root: who this overlay is, over mounts.

/// `f_fsid` of an overlay with this uuid: both halves folded together (R1.8).
pub fn fsid(uuid: [u8; 16]) -> [u32; 2] {
    let half = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&uuid[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let id = half(0) ^ half(8);
    [id as u32, (id >> 32) as u32]
}

/// A random-looking uuid (version 4) from a seed: the simulated machine has no other chance.
pub fn from_seed(seed: u64) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&mix(seed).to_le_bytes());
    out[8..].copy_from_slice(&mix(seed ^ 0x6c61_7965_7267_6c61).to_le_bytes());
    out[6] = out[6] & 0x0f | 0x40;
    out[8] = out[8] & 0x3f | 0x80;
    out
}

/// The finaliser of splitmix64.
fn mix(seed: u64) -> u64 {
    let mut it = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ it >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ it >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ it >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fsid_as_observed() {
        let [low, high] = fsid(*b"0123456789abcdef");
        // As `stat -f` prints it.
        assert_eq!(format!("{low:x}{high:x}"), "5153080851535157");
    }
}
