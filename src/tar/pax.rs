//! PAX records: `LENGTH KEY=VALUE\n`, parsed into what they change in an entry, and written.

use super::sparse::Said;
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
                    self.xattrs.retain(|(known, _)| known != name);
                    self.xattrs.push((name.to_vec(), value.to_vec()));
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Some(())
    }
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
pub(super) fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
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
    fn times_before_1970() {
        assert_eq!(time(b"-1.5"), Some(Timespec::new(-2, 500_000_000)));
        assert_eq!(time(b"12.000000001"), Some(Timespec::new(12, 1)));
        assert_eq!(time(b"1.x"), None);
    }
}
