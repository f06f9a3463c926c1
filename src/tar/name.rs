//! Names of entries, made safe: where an entry lands below the root, or why it must not.

use crate::limits::{NAME_MAX, PATH_MAX};

/// The path below the root, without leading and trailing slashes, `.` and `..` resolved by text;
/// empty for the root.
///
/// # Errors
/// A name that leaves the root, or that no Linux file system can hold.
pub fn below_root(name: &[u8]) -> Result<Vec<u8>, &'static str> {
    if name.is_empty() {
        return Err("the name is empty");
    }
    if name.contains(&0) {
        return Err("the name holds a NUL byte");
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                if parts.pop().is_none() {
                    return Err("the name leaves the root of the archive");
                }
            }
            part if part.len() > NAME_MAX => return Err("a component is longer than 255 bytes"),
            part => parts.push(part),
        }
    }
    let path = parts.join(&b'/');
    if path.len() >= PATH_MAX {
        return Err("the path is longer than 4095 bytes");
    }
    Ok(path)
}

/// The folder that holds the path (empty: the root), and the last component.
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&b| b == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

/// `name` in the folder `dir`.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_root() {
        for (name, path) in [
            ("a/b", "a/b"),
            ("./a//b/", "a/b"),
            ("/abs", "abs"),
            ("d/../y", "y"),
            ("./", ""),
            ("...", "..."),
        ] {
            assert_eq!(below_root(name.as_bytes()).unwrap(), path.as_bytes(), "{name}");
        }
        for name in ["../evil", "d/../../y", "", "a\0b", &"x".repeat(256), &"d/".repeat(2100)] {
            assert!(below_root(name.as_bytes()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn paths_split_and_join() {
        for path in ["a", "a/b", "a/b/c"] {
            let (dir, name) = split(path.as_bytes());
            assert_eq!(join(dir, name), path.as_bytes());
        }
        assert_eq!(split(b"a"), (&b""[..], &b"a"[..]));
    }
}
