//! The mount table as /proc/self/mountinfo shows it.

use crate::shell::command::ctx::{Ctx, dir_name};
use crate::shell::command::realpath::{Missing, canonical};
use crate::types::Attr;

/// One mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    pub id: u32,
    pub parent: u32,
    /// `major:minor`.
    pub device: String,
    /// What of the file system is mounted.
    pub root: String,
    pub target: String,
    /// Options of the mount point.
    pub vfs_options: String,
    /// `shared:1` and the like.
    pub propagation: String,
    pub fstype: String,
    pub source: String,
    /// Options of the file system.
    pub fs_options: String,
}

impl Mount {
    /// Both kinds of options as `mount` lists them: `rw` once, the mount point's first.
    pub fn options(&self) -> String {
        let read_only = self.fs_options.split(',').any(|o| o == "ro");
        let mut all: Vec<&str> = Vec::new();
        for (at, option) in self.vfs_options.split(',').enumerate() {
            all.push(if at == 0 && option == "rw" && read_only { "ro" } else { option });
        }
        all.extend(self.fs_options.split(',').filter(|o| !matches!(*o, "rw" | "ro" | "")));
        all.join(",")
    }
}

/// Reads the table; empty when there is none.
pub fn read(ctx: &mut Ctx<'_>) -> Vec<Mount> {
    let text = ctx.read_file(b"/proc/self/mountinfo").unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Mount> {
    let (head, tail) = line.split_once(" - ")?;
    let mut head = head.split(' ');
    let mut tail = tail.split(' ');
    let id = head.next()?.parse().ok()?;
    let parent = head.next()?.parse().ok()?;
    let device = head.next()?.to_string();
    let root = unescape(head.next()?);
    let target = unescape(head.next()?);
    let vfs_options = head.next()?.to_string();
    let propagation = head.collect::<Vec<_>>().join(",");
    let fstype = unescape(tail.next()?);
    let source = unescape(tail.next()?);
    let fs_options = unescape(tail.next().unwrap_or_default());
    Some(Mount {
        id,
        parent,
        device,
        root,
        target,
        vfs_options,
        propagation,
        fstype,
        source,
        fs_options,
    })
}

/// `\040` and its kin are the bytes that they name.
fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let octal =
            bytes.get(at + 1..at + 4).filter(|d| d.iter().all(|b| (b'0'..=b'7').contains(b)));
        match octal {
            Some(d) if bytes[at] == b'\\' => {
                out.push(d.iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0')) as u8);
                at += 4;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The mount that a path is in: the last one on the longest matching mount point.
pub fn of_path<'t>(table: &'t [Mount], path: &[u8]) -> Option<&'t Mount> {
    let mut here = path.to_vec();
    loop {
        let text = String::from_utf8_lossy(&here).into_owned();
        if let Some(found) = table.iter().rfind(|m| m.target == text) {
            return Some(found);
        }
        if here == b"/" || here.is_empty() {
            return None;
        }
        here = dir_name(&here);
    }
}

/// The mount that a file is in, for `df`.
pub fn of_file(ctx: &mut Ctx<'_>, table: &[Mount], file: &[u8], _attr: &Attr) -> Option<Mount> {
    let path = canonical(ctx, file, Missing::All).ok()?;
    of_path(table, &path).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_mountinfo_are_read() {
        let m =
            line("44 43 0:25 / /mnt/a\\040b ro,nosuid shared:1 - overlay overlay rw,lowerdir=/l")
                .unwrap();
        assert_eq!((m.target.as_str(), m.fstype.as_str()), ("/mnt/a b", "overlay"));
        assert_eq!(m.options(), "ro,nosuid,lowerdir=/l");
        assert_eq!(m.propagation, "shared:1");
    }
}
