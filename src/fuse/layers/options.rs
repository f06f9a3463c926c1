//! The options of `-o`: which of them name real directories, and what the overlay is told.

use super::import::Access;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The directories and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub lowers: Vec<PathBuf>,
    /// Lower layers for data alone, below the others.
    pub data: Vec<PathBuf>,
    pub upper: Option<PathBuf>,
    pub work: Option<PathBuf>,
    /// Other options, with their values.
    pub others: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Options {
    /// Reads the option string: commas separate options, colons the lower layers, a double colon
    /// begins those for data alone; a backslash takes the meaning from each.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &[u8]) -> Result<Options, String> {
        let mut options = Options::default();
        for option in split(text, b',') {
            if option.is_empty() {
                continue;
            }
            let eq = option.iter().position(|&b| b == b'=');
            let (key, value) = match eq {
                Some(at) => (&option[..at], &option[at + 1..]),
                None => (&option[..], &b""[..]),
            };
            options.take(key, value)?;
        }
        match (options.lowers.is_empty(), &options.upper, &options.work) {
            (true, ..) => Err("-o: lowerdir is missing".into()),
            (_, Some(_), None) => Err("-o: upperdir needs a workdir".into()),
            (_, None, Some(_)) => Err("-o: workdir without upperdir".into()),
            _ => Ok(options),
        }
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        match key {
            b"lowerdir" => {
                self.lowers.clear();
                self.data.clear();
                let mut data = false;
                for (at, part) in split(value, b':').into_iter().enumerate() {
                    match (part.is_empty(), data) {
                        (true, false) if at > 0 => data = true,
                        (true, _) => return Err("-o lowerdir: an empty path".into()),
                        (false, true) => {
                            self.data.push(path(&part));
                            // A double colon before each.
                        }
                        (false, false) => self.lowers.push(path(&part)),
                    }
                }
            }
            b"lowerdir+" => self.lowers.push(path(value)),
            b"datadir+" => self.data.push(path(value)),
            b"upperdir" => self.upper = Some(path(value)),
            b"workdir" => self.work = Some(path(value)),
            _ => self.others.push((key.to_vec(), value.to_vec())),
        }
        Ok(())
    }

    /// Every directory in the order in which layers are imported, and what for.
    pub fn dirs(&self) -> impl Iterator<Item = (&PathBuf, Access)> {
        let read = self.lowers.iter().chain(&self.data).map(|it| (it, Access::Read));
        read.chain(self.upper.iter().chain(&self.work).map(|it| (it, Access::Write)))
    }
}

fn path(text: &[u8]) -> PathBuf {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { *bytes.next().unwrap_or(&byte) } else { byte });
    }
    OsString::from_vec(plain).into()
}

/// Splits where the separator has no backslash before it; backslashes stay.
fn split(text: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        if byte == separator {
            parts.push(Vec::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(byte);
            if byte == b'\\' {
                part.extend(bytes.next());
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_the_rest() {
        let it =
            Options::parse(br"lowerdir=/a:/b\:c::/d,upperdir=/u\,v,workdir=/w,xino=on,volatile");
        let it = it.unwrap();
        assert_eq!(it.lowers, [PathBuf::from("/a"), PathBuf::from("/b:c")]);
        assert_eq!(it.data, [PathBuf::from("/d")]);
        assert_eq!(it.upper, Some(PathBuf::from("/u,v")));
        assert_eq!(it.work, Some(PathBuf::from("/w")));
        let others: Vec<(&[u8], &[u8])> = it.others.iter().map(|(k, v)| (&k[..], &v[..])).collect();
        assert_eq!(others, [(&b"xino"[..], &b"on"[..]), (b"volatile", b"")]);
    }

    #[test]
    fn what_is_missing_is_said() {
        for (text, why) in [
            ("upperdir=/u,workdir=/w", "lowerdir is missing"),
            ("lowerdir=/a,upperdir=/u", "needs a workdir"),
            ("lowerdir=/a,workdir=/w", "without upperdir"),
            ("lowerdir=:/a", "empty path"),
        ] {
            let err = Options::parse(text.as_bytes()).unwrap_err();
            assert!(err.contains(why), "{text}: {err}");
        }
    }
}
