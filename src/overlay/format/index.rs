//! Entries of the index directory: named by the handle of a lower object, in hexadecimal.

use super::origin::Handle;
use crate::errno::Errno;
use crate::types::Result;

/// The name for the handle of a lower object, as the `origin` attribute has it (R0.5).
pub fn name(handle: &[u8]) -> Vec<u8> {
    handle.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// The handle that a name stands for.
///
/// # Errors
/// `EINVAL` for what is no handle in hexadecimal, `ENODATA` for one of an unknown version or
/// byte order.
pub fn parse(name: &[u8]) -> Result<Vec<u8>> {
    let digit = |it: &u8| char::from(*it).to_digit(16).ok_or(Errno::EINVAL);
    let pairs = name.chunks_exact(2).map(|it| Ok((digit(&it[0])? << 4 | digit(&it[1])?) as u8));
    let raw: Vec<u8> = pairs.collect::<Result<_>>()?;
    Handle::check(&raw)?;
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_handles() {
        let handle = Handle { flags: 0, kind: 1, uuid: [0; 16], fid: vec![0xd3, 0x22] }.to_bytes();
        let text = name(&handle);
        assert_eq!(text.len(), 2 * handle.len());
        assert!(text.starts_with(b"00fb170001"));
        assert_eq!(parse(&text), Ok(handle));
        assert_eq!(parse(b"garbage"), Err(Errno::EINVAL));
        assert_eq!(parse(&[b'0'; 58]), Err(Errno::EINVAL));
        let newer = [b"01", &text[2..]].concat();
        assert_eq!(parse(&newer), Err(Errno::ENODATA));
    }
}
