//! Headers as GNU tar writes them: its own form, ustar, and POSIX pax with times and attributes.

use crate::tar::write::stamp;
use crate::tar::{self, BLOCK, Entry, Kind};
use crate::types::Timespec;

/// The form of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Gnu,
    Ustar,
    Posix,
}

impl Form {
    pub fn named(name: &str) -> Option<Form> {
        match name {
            "gnu" | "oldgnu" => Some(Form::Gnu),
            "ustar" | "v7" => Some(Form::Ustar),
            "posix" | "pax" => Some(Form::Posix),
            _ => None,
        }
    }
}

/// What a header says beside the entry.
pub struct Beside {
    pub owner: Vec<u8>,
    pub group: Vec<u8>,
    pub atime: Timespec,
    pub ctime: Timespec,
}

/// Bytes of a record, which an archive's length is a multiple of (`-b 20`).
pub const RECORD: usize = 20 * BLOCK;

/// The headers of an entry, or why the form has no room for it.
pub fn headers(entry: &Entry, beside: &Beside, form: Form) -> Result<Vec<u8>, &'static str> {
    let link = match &entry.kind {
        Kind::Symlink(to) | Kind::Link(to) => &to[..],
        _ => &[],
    };
    let mut bytes = Vec::with_capacity(BLOCK);
    match form {
        Form::Gnu => {
            // A NUL ends the long text, and counts.
            for (flag, text) in [(b'K', link), (b'L', &entry.path[..])] {
                if text.len() > 100 {
                    bytes.extend(long(flag, text));
                }
            }
        }
        Form::Ustar if entry.path.len() > 100 && prefix(&entry.path).is_none() => {
            return Err("file name is too long (cannot be split); not dumped");
        }
        Form::Ustar if link.len() > 100 => return Err("link name is too long; not dumped"),
        Form::Ustar => {}
        Form::Posix => bytes.extend(extended(entry, beside, link)),
    }
    let split = match form {
        Form::Ustar if entry.path.len() > 100 => prefix(&entry.path),
        _ => None,
    };
    let mut block = Block::new();
    block.text(0, 100, split.map_or(&entry.path[..], |at| &entry.path[at + 1..]));
    block.numbers(entry, form);
    block.0[156] = flag(&entry.kind);
    block.text(157, 100, link);
    block.magic(form);
    block.text(265, 32, &beside.owner);
    block.text(297, 32, &beside.group);
    let device = match entry.kind {
        Kind::Chr(dev) | Kind::Blk(dev) => Some((dev.major, dev.minor)),
        // POSIX has the fields always.
        _ => (form != Form::Gnu).then_some((0, 0)),
    };
    if let Some((major, minor)) = device {
        block.number(329, 8, i64::from(major), form);
        block.number(337, 8, i64::from(minor), form);
    }
    if let Some(at) = split {
        block.text(345, 155, &entry.path[..at]);
    }
    bytes.extend(block.sealed());
    Ok(bytes)
}

fn flag(kind: &Kind) -> u8 {
    match kind {
        Kind::Reg => b'0',
        Kind::Link(_) => b'1',
        Kind::Symlink(_) => b'2',
        Kind::Chr(_) => b'3',
        Kind::Blk(_) => b'4',
        Kind::Dir => b'5',
        Kind::Fifo => b'6',
    }
}

/// Where ustar cuts a long name: at a slash that leaves at most 100 bytes behind and 155 before.
fn prefix(path: &[u8]) -> Option<usize> {
    let from = path.len().saturating_sub(101);
    let body = path.strip_suffix(b"/").unwrap_or(path);
    (from..body.len().min(156)).find(|&at| path[at] == b'/' && at > 0)
}

/// A header of GNU's own whose contents are the name of the next entry, or of what it links to.
fn long(flag: u8, text: &[u8]) -> Vec<u8> {
    let mut entry = Entry::new(&b"././@LongLink"[..], Kind::Reg, 0o644);
    entry.size = text.len() as u64 + 1;
    let mut block = Block::new();
    block.text(0, 100, &entry.path);
    block.numbers(&entry, Form::Gnu);
    block.0[156] = flag;
    block.magic(Form::Gnu);
    block.text(265, 32, b"root");
    block.text(297, 32, b"root");
    let mut bytes = block.sealed().to_vec();
    bytes.extend_from_slice(text);
    bytes.resize((bytes.len() + 1).next_multiple_of(BLOCK), 0);
    bytes
}

/// The header with what pax says in words.
fn extended(entry: &Entry, beside: &Beside, link: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut say = |key: &[u8], value: &[u8]| text.extend(tar::record(key, value));
    if entry.path.len() > 100 || !entry.path.is_ascii() {
        say(b"path", &entry.path);
    }
    if link.len() > 100 || !link.is_ascii() {
        say(b"linkpath", link);
    }
    if entry.size > OCTAL {
        say(b"size", entry.size.to_string().as_bytes());
    }
    if entry.mtime.nsec != 0 || entry.mtime.sec < 0 {
        say(b"mtime", &stamp(entry.mtime));
    }
    say(b"atime", &stamp(beside.atime));
    say(b"ctime", &stamp(beside.ctime));
    for (name, value) in &entry.xattrs {
        say(&[b"SCHILY.xattr.", &name[..]].concat(), value);
    }
    let path = entry.path.strip_suffix(b"/").unwrap_or(&entry.path);
    let (dir, base) = tar::name::split(path);
    let dir = if dir.is_empty() { &b"."[..] } else { dir };
    let name = [dir, b"/PaxHeaders/", base].concat();
    let mut head = Entry::new(name, Kind::Reg, 0o644);
    head.size = text.len() as u64;
    head.mtime = entry.mtime;
    let mut block = Block::new();
    block.text(0, 100, &head.path);
    block.numbers(&head, Form::Posix);
    block.0[156] = b'x';
    block.magic(Form::Posix);
    let mut bytes = block.sealed().to_vec();
    bytes.extend(text);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

/// Most that eleven octal digits hold.
const OCTAL: u64 = 0o77_777_777_777;

struct Block([u8; BLOCK]);

impl Block {
    fn new() -> Block {
        Block([0; BLOCK])
    }

    fn text(&mut self, at: usize, len: usize, text: &[u8]) {
        let len = len.min(text.len());
        self.0[at..at + len].copy_from_slice(&text[..len]);
    }

    fn numbers(&mut self, entry: &Entry, form: Form) {
        let size = if entry.kind == Kind::Reg { entry.size } else { 0 };
        self.number(100, 8, i64::from(entry.mode), form);
        self.number(108, 8, i64::from(entry.uid), form);
        self.number(116, 8, i64::from(entry.gid), form);
        self.number(124, 12, size as i64, form);
        self.number(136, 12, entry.mtime.sec, form);
    }

    /// Octal digits and a NUL; in GNU's form base 256 for what they cannot say.
    fn number(&mut self, at: usize, len: usize, value: i64, form: Form) {
        let digits = len - 1;
        let most = 1i64 << (3 * digits);
        let field = &mut self.0[at..at + len];
        if (0..most).contains(&value) {
            field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
        } else if form == Form::Gnu {
            let wide = i128::from(value).to_be_bytes();
            field.copy_from_slice(&wide[16 - len..]);
            field[0] |= 0x80;
        } else {
            // A record says it, or nobody does.
            field[..digits].fill(b'0');
        }
    }

    fn magic(&mut self, form: Form) {
        let magic = if form == Form::Gnu { b"ustar  \0" } else { b"ustar\x0000" };
        self.0[257..265].copy_from_slice(magic);
    }

    fn sealed(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|it| u32::from(*it)).sum();
        self.0[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0
    }
}
