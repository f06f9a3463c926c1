//! PAX records: `LENGTH KEY=VALUE\n`, parsed into what they change in an entry, and written.

use super::sparse::Said;
use crate::limits::{XATTR_LIST_MAX, XATTR_NAME_MAX, XATTR_SIZE_MAX};
use crate::types::Timespec;

/// What the records before an entry say of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    pub path: Option<Vec<u8>>,
    pub linkpath: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mtime: Option<Timespec>,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    pub sparse: Said,
}

impl Records {
    /// Adds the records of one extended header.
    ///
    /// # Errors
    /// What is malformed.
    pub(super) fn parse(&mut self, mut text: &[u8]) -> Result<(), String> {
        while !text.is_empty() {
            // Some writers pad with NULs.
            if text.iter().all(|&b| b == 0) {
                return Ok(());
            }
            let (record, rest) = split_record(text).ok_or("a PAX record is malformed")?;
            let equals = record.iter().position(|&b| b == b'=');
            let (key, value) = equals
                .map(|at| (&record[..at], &record[at + 1..]))
                .ok_or("a PAX record has no `=`")?;
            self.set(key, value).ok_or_else(|| {
                format!("the PAX record {:?} has a bad value", String::from_utf8_lossy(key))
            })?;
            text = rest;
        }
        Ok(())
    }

    /// Takes one record over; an empty value withdraws what was said before.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let gone = value.is_empty();
        match key {
            b"path" if value.contains(&0) => return None,
            b"linkpath" if value.contains(&0) => return None,
            b"path" => self.path = (!gone).then(|| value.to_vec()),
            b"linkpath" => self.linkpath = (!gone).then(|| value.to_vec()),
            b"size" => self.size = if gone { None } else { Some(decimal(value)?) },
            b"uid" => self.uid = if gone { None } else { Some(decimal(value)?.try_into().ok()?) },
            b"gid" => self.gid = if gone { None } else { Some(decimal(value)?.try_into().ok()?) },
            b"mtime" => self.mtime = if gone { None } else { Some(time(value)?) },
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.xattr(name.to_vec(), value.to_vec());
                } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                    let value = from_base64(value)?;
                    self.xattr(from_percent(name)?, value);
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Some(())
    }
}

impl Records {
    /// An attribute, by whatever record; the last of its name counts.
    fn xattr(&mut self, name: Vec<u8>, value: Vec<u8>) {
        match self.xattrs.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => self.xattrs.push((name, value)),
        }
    }

    /// Whether a Linux file system can hold the attributes.
    pub(super) fn check_xattrs(&self) -> Result<(), &'static str> {
        let names: usize = self.xattrs.iter().map(|(name, _)| name.len() + 1).sum();
        if names > XATTR_LIST_MAX {
            return Err("the names of its extended attributes are longer than 64 KiB");
        }
        for (name, value) in &self.xattrs {
            if name.is_empty() || name.len() > XATTR_NAME_MAX || name.contains(&0) {
                return Err("the name of an extended attribute has not 1 to 255 bytes without NUL");
            }
            if value.len() > XATTR_SIZE_MAX {
                return Err("an extended attribute is longer than 64 KiB");
            }
        }
        Ok(())
    }
}

/// `%` and two digits for a byte, as libarchive writes what is no plain character.
fn from_percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// Base 64 (RFC 4648), with or without the padding that libarchive leaves out.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for &digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // A lone digit at the end says less than a byte.
    (count < 6).then_some(bytes)
}

/// The first record without its length and line end, and what follows it.
fn split_record(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = text.iter().take(20).position(|&b| b == b' ')?;
    let len = usize::try_from(decimal(&text[..space])?).ok()?;
    if len <= space + 1 || len > text.len() || text[len - 1] != b'\n' {
        return None;
    }
    Some((&text[space + 1..len - 1], &text[len..]))
}

/// A decimal number of digits alone.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Seconds, maybe negative, maybe with a fraction.
fn time(text: &[u8]) -> Option<Timespec> {
    let (whole, fraction) = match text.iter().position(|&b| b == b'.') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let (negative, digits) = match whole.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, whole),
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sec = i64::try_from(decimal(digits)?).ok()?;
    let nsec = (0..9)
        .fold(0u32, |sum, i| sum * 10 + fraction.get(i).map_or(0, |digit| u32::from(digit - b'0')));
    Some(match (negative, nsec) {
        (false, _) => Timespec::new(sec, nsec),
        (true, 0) => Timespec::new(-sec, 0),
        (true, _) => Timespec::new(-sec - 1, 1_000_000_000 - nsec),
    })
}

/// A record, its length counting itself.
pub fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3; // space, `=`, line end
    let mut len = rest + 1;
    while rest + len.to_string().len() != len {
        len = rest + len.to_string().len();
    }
    [len.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        for n in [1, 80, 90, 91, 92, 93, 990, 985, 986, 987] {
            let made = record(b"path", &vec![b'x'; n]);
            let mut records = Records::default();
            records.parse(&made).unwrap();
            assert_eq!(records.path.unwrap().len(), n);
        }
    }

    #[test]
    fn malformed_records_are_refused() {
        for text in [&b"5 a\n"[..], b"x a=b\n", b"99 a=b\n", b"6 a=b.", b"10 size=x\n", b"0 a=b\n"]
        {
            assert!(Records::default().parse(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn attributes_of_both_notations() {
        let mut records = Records::default();
        let text = [
            record(b"SCHILY.xattr.user.a", b"\0=\n"),
            record(b"LIBARCHIVE.xattr.user.%25x%3D", b"AAEC/w"),
            record(b"LIBARCHIVE.xattr.user.a", b"eA=="),
        ];
        records.parse(&text.concat()).unwrap();
        let found =
            [(b"user.a".to_vec(), b"x".to_vec()), (b"user.%x=".to_vec(), vec![0, 1, 2, 255])];
        assert_eq!(records.xattrs, found);
        for bad in [&b"A"[..], b"A*==", b"AAAAA"] {
            let text = record(b"LIBARCHIVE.xattr.user.b", bad);
            assert!(Records::default().parse(&text).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(Records::default().parse(&record(b"LIBARCHIVE.xattr.u%4", b"AA")).is_err());
    }

    #[test]
    fn attributes_that_no_file_system_holds_are_refused() {
        let check = |name: &[u8], value: &[u8]| {
            let mut records = Records::default();
            records.parse(&record(&[b"SCHILY.xattr.", name].concat(), value)).unwrap();
            records.check_xattrs().is_ok()
        };
        assert!(check(&[b'n'; 255], &[b'v'; 65536]));
        assert!(!check(&[b'n'; 256], b"v"));
        assert!(!check(b"n", &[b'v'; 65537]));
        assert!(!check(b"", b"v"));
        let mut records = Records::default();
        for n in 0..9000 {
            records.parse(&record(format!("SCHILY.xattr.user.{n:02}").as_bytes(), b"v")).unwrap();
        }
        assert!(records.check_xattrs().is_err());
    }

    #[test]
    fn times_before_1970() {
        assert_eq!(time(b"-1.5"), Some(Timespec::new(-2, 500_000_000)));
        assert_eq!(time(b"12.000000001"), Some(Timespec::new(12, 1)));
        assert_eq!(time(b"1.x"), None);
    }
}
