//! The `origin` attribute: a file handle of the lower object, in the overlay's own wrapping. So are
//! the `upper` attribute and the handles that a mount exports.

use crate::errno::Errno;
use crate::types::Result;

/// First byte after the version.
const MAGIC: u8 = 0xfb;
/// Version, magic, length, flags, type, uuid.
const HEADER: usize = 21;
const FLAG_BIG_ENDIAN: u8 = 1;
const FLAG_ANY_ENDIAN: u8 = 2;
/// The handle names an object of the upper layer.
pub const FLAG_UPPER: u8 = 4;

/// Every flag of this version.
const FLAGS: u8 = FLAG_BIG_ENDIAN | FLAG_ANY_ENDIAN | FLAG_UPPER;

/// A decoded handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    pub flags: u8,
    /// Type of the file system's own handle.
    pub kind: u8,
    /// The file system's uuid; zero without one.
    pub uuid: [u8; 16],
    /// The file system's own handle.
    pub fid: Vec<u8>,
}

impl Handle {
    /// The bytes of the attribute (R0.4).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![0, MAGIC, (HEADER + self.fid.len()) as u8, self.flags, self.kind];
        out.extend(self.uuid);
        out.extend(&self.fid);
        out
    }

    /// Reads the attribute. `None`: empty (origin unknown), of another version or byte order,
    /// or garbage; all of them are passed over (R2.14).
    pub fn parse(raw: &[u8]) -> Option<Handle> {
        Handle::check(raw).ok()?;
        let (head, fid) = raw.split_at_checked(HEADER)?;
        let fid = fid.get(..usize::from(head[2]).checked_sub(HEADER)?)?;
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&head[5..]);
        Some(Handle { flags: head[3], kind: head[4], uuid, fid: fid.to_vec() })
    }

    /// Is this a handle of the version and byte order that this kernel writes?
    ///
    /// # Errors
    /// `EINVAL` for what is none, `ENODATA` for one of another version or byte order.
    pub fn check(raw: &[u8]) -> Result<()> {
        let head = raw.get(..HEADER).ok_or(Errno::EINVAL)?;
        if raw.len() < usize::from(head[2]) || head[1] != MAGIC {
            return Err(Errno::EINVAL);
        }
        let foreign = head[3] & FLAG_BIG_ENDIAN != 0 && head[3] & FLAG_ANY_ENDIAN == 0;
        match head[0] != 0 || head[3] & !FLAGS != 0 || foreign {
            true => Err(Errno::ENODATA),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ext4_handle_as_observed() {
        let it =
            Handle { flags: 0, kind: 1, uuid: [0; 16], fid: vec![0xd3, 0x22, 0xa3, 0, 1, 2, 3, 4] };
        let raw = it.to_bytes();
        assert_eq!(raw.len(), 0x1d);
        assert_eq!(raw[..5], [0, 0xfb, 0x1d, 0, 1]);
        assert_eq!(Handle::parse(&raw), Some(it));
        assert_eq!(Handle::parse(b""), None);
        assert_eq!(Handle::parse(b"garbage"), None);
    }
}
