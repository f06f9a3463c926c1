//! Writes entries in one form: ustar headers with zeros where nothing is said, PAX records before
//! them only for what does not fit, sorted by key. Equal entries are equal bytes, and they are the
//! bytes that Go's archive/tar writes when told to write PAX.

use super::{BLOCK, Entry, Kind, name, pax};
use crate::types::Timespec;

/// The end of an archive.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The headers of an entry. Its contents follow (of a sparse file with its holes as zeros), then
/// [`padding`].
pub fn headers(entry: &Entry) -> Vec<u8> {
    let records = records(entry);
    let mut bytes = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        let text: Vec<u8> =
            records.iter().flat_map(|(key, value)| pax::record(key, value)).collect();
        let (dir, base) = name::split(trimmed(&entry.path));
        let path = name::join(&name::join(dir, b"PaxHeaders.0"), base);
        let fields =
            Fields { path: &path, size: text.len() as u64, flag: b'x', ..Fields::default() };
        bytes.extend(fields.block());
        bytes.extend_from_slice(&text);
        bytes.extend(padding(text.len() as u64));
    }
    let (flag, link) = match &entry.kind {
        Kind::Reg => (b'0', &[][..]),
        Kind::Link(to) => (b'1', &to[..]),
        Kind::Symlink(to) => (b'2', &to[..]),
        Kind::Chr(_) => (b'3', &[][..]),
        Kind::Blk(_) => (b'4', &[][..]),
        Kind::Dir => (b'5', &[][..]),
        Kind::Fifo => (b'6', &[][..]),
    };
    let device = match entry.kind {
        Kind::Chr(dev) | Kind::Blk(dev) => (u64::from(dev.major), u64::from(dev.minor)),
        _ => (0, 0),
    };
    let path = path(entry);
    let size = if entry.kind == Kind::Reg { entry.size } else { 0 };
    let fields = Fields {
        path: &path,
        mode: u64::from(entry.mode),
        ids: (u64::from(entry.uid), u64::from(entry.gid)),
        size,
        mtime: entry.mtime.sec,
        flag,
        link,
        device,
    };
    bytes.extend(fields.block());
    bytes
}

/// Zeros after `len` bytes of contents.
pub fn padding(len: u64) -> impl Iterator<Item = u8> {
    let zeros = len.next_multiple_of(BLOCK as u64) - len;
    std::iter::repeat_n(0, zeros as usize)
}

/// The name as it is written: a directory's ends with a slash.
fn path(entry: &Entry) -> Vec<u8> {
    let mut path = trimmed(&entry.path).to_vec();
    if entry.kind == Kind::Dir {
        path.push(b'/');
    }
    path
}

fn trimmed(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

/// Largest value of an octal field of `len` bytes with a NUL at its end.
fn octal_max(len: u32) -> u64 {
    8u64.pow(len - 1) - 1
}

/// What the ustar header cannot say, sorted by key.
fn records(entry: &Entry) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut records = Vec::new();
    let mut say = |key: &str, value: Vec<u8>| records.push((key.as_bytes().to_vec(), value));
    let path = path(entry);
    if path.len() > 100 || !path.is_ascii() {
        say("path", path);
    }
    if let Kind::Symlink(to) | Kind::Link(to) = &entry.kind {
        if to.len() > 100 || !to.is_ascii() {
            say("linkpath", to.clone());
        }
    }
    if entry.kind == Kind::Reg && entry.size > octal_max(12) {
        say("size", entry.size.to_string().into_bytes());
    }
    for (key, id) in [("uid", entry.uid), ("gid", entry.gid)] {
        if u64::from(id) > octal_max(8) {
            say(key, id.to_string().into_bytes());
        }
    }
    let seconds = entry.mtime.sec;
    if entry.mtime.nsec != 0 || !(0..=octal_max(12) as i64).contains(&seconds) {
        say("mtime", stamp(entry.mtime));
    }
    for (name, value) in &entry.xattrs {
        let key = [&b"SCHILY.xattr."[..], name].concat();
        records.push((key, value.clone()));
    }
    records.sort();
    records
}

/// Seconds with the fraction that they have, as a record says them.
pub fn stamp(time: Timespec) -> Vec<u8> {
    let Timespec { sec, nsec } = time;
    let (sign, sec, nsec) = match (sec < 0, nsec) {
        (true, 0) => ("-", sec.unsigned_abs(), 0),
        (true, _) => ("-", (sec + 1).unsigned_abs(), 1_000_000_000 - nsec),
        (false, _) => ("", sec.unsigned_abs(), nsec),
    };
    let text = format!("{sign}{sec}.{nsec:09}");
    text.trim_end_matches('0').trim_end_matches('.').as_bytes().to_vec()
}

/// The fields of one header.
#[derive(Default)]
struct Fields<'a> {
    path: &'a [u8],
    mode: u64,
    ids: (u64, u64),
    size: u64,
    mtime: i64,
    flag: u8,
    link: &'a [u8],
    device: (u64, u64),
}

impl Fields<'_> {
    fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        text(&mut block[0..100], self.path);
        octal(&mut block[100..108], self.mode);
        octal(&mut block[108..116], self.ids.0);
        octal(&mut block[116..124], self.ids.1);
        octal(&mut block[124..136], self.size);
        octal(&mut block[136..148], u64::try_from(self.mtime).unwrap_or(0));
        block[156] = self.flag;
        text(&mut block[157..257], self.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        octal(&mut block[329..337], self.device.0);
        octal(&mut block[337..345], self.device.1);
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|&b| u64::from(b)).sum();
        octal(&mut block[148..155], sum);
        block
    }
}

/// As much of a text as there is room for, bytes beyond ASCII left out (a record says it in full).
fn text(field: &mut [u8], text: &[u8]) {
    let plain = text.iter().filter(|b| b.is_ascii());
    field.iter_mut().zip(plain).for_each(|(to, from)| *to = *from);
}

/// Octal with leading zeros and a NUL; zero for what does not fit (a record says it).
fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let value = if value > octal_max(field.len() as u32) { 0 } else { value };
    field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
    field[digits] = 0;
}
