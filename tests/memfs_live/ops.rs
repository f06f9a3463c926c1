//! The operations, and what is looked at after each.

use layerglass::errno::Errno;
use layerglass::memfs::Profile;
use layerglass::types::{Attr, FileType, NodeKind, RenameFlags, XattrMode};
use std::collections::BTreeMap;
use std::fmt::Write;

pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize].clone()
    }
}

#[derive(Clone, Debug)]
pub enum Op {
    Make { path: String, kind: NodeKind },
    Many { dir: String, from: u64, count: u64, wide: bool },
    Few { dir: String, from: u64, count: u64, wide: bool },
    Link { from: String, to: String },
    Unlink { path: String },
    Rmdir { path: String },
    Rename { from: String, to: String, flags: RenameFlags },
    Write { path: String, off: u64, len: u64 },
    Truncate { path: String, size: u64 },
    Allocate { path: String, mode: u32, off: u64, len: u64 },
    SetXattr { path: String, name: String, len: usize, mode: XattrMode },
    RemoveXattr { path: String, name: String },
    Flags { path: String, flags: u32 },
}

const NAMES: [&str; 7] = ["a", "b", "c", "dd", "ee", "longer-name", "ÿ"];

fn path(rng: &mut Rng) -> String {
    let depth = rng.pick(&[1, 1, 1, 2, 2, 3]);
    let parts: Vec<&str> = (0..depth).map(|_| rng.pick(&NAMES)).collect();
    parts.join("/")
}

fn kind(rng: &mut Rng) -> NodeKind {
    match rng.below(10) {
        0..4 => NodeKind::Reg,
        4..7 => NodeKind::Dir,
        7 => NodeKind::Fifo,
        8 => NodeKind::Chr(layerglass::types::Dev::new(1, 3)),
        _ => NodeKind::Symlink(vec![b'x'; rng.pick(&[1, 59, 60, 127, 128, 4094])]),
    }
}

impl Op {
    pub fn random(rng: &mut Rng, profile: Profile) -> Op {
        let path = path(rng);
        match rng.below(100) {
            0..26 => Op::Make { path, kind: kind(rng) },
            26..28 => Op::Many {
                dir: path,
                from: rng.below(300),
                count: rng.below(400),
                wide: rng.below(2) == 0,
            },
            28..30 => Op::Few {
                dir: path,
                from: rng.below(300),
                count: rng.below(400),
                wide: rng.below(2) == 0,
            },
            30..36 => Op::Link { from: path, to: self::path(rng) },
            36..42 => Op::Unlink { path },
            42..46 => Op::Rmdir { path },
            46..62 => Op::Rename {
                from: path,
                to: self::path(rng),
                flags: RenameFlags(rng.pick(&[0, 0, 0, 1, 2, 2, 4])),
            },
            62..72 => {
                let off = rng.pick(&[0, 1, 4095, 4096, 5000, 65_536, 100_000, 1 << 20]);
                Op::Write { path, off, len: rng.pick(&[0, 1, 10, 4096, 5000, 70_000]) }
            }
            72..77 => {
                Op::Truncate { path, size: rng.pick(&[0, 1, 4096, 5000, 8192, 66_000, 1 << 21]) }
            }
            77..83 => Op::Allocate {
                path,
                mode: rng.pick(&[0, 1, 3, 2, 8, 0x10, 0x11, 0x20, 0x40]),
                off: rng.pick(&[0, 100, 4096, 8192, 65_536]),
                len: rng.pick(&[0, 1, 4096, 8192, 10_000]),
            },
            83..94 => Op::SetXattr {
                path,
                name: xattr_name(rng),
                len: rng.pick(&[0, 1, 4, 20, 60, 400, 1500, 4000, 4060]),
                mode: rng.pick(&[XattrMode::Set, XattrMode::Create, XattrMode::Replace]),
            },
            94..97 => Op::RemoveXattr { path, name: xattr_name(rng) },
            _ => {
                let base = if profile == Profile::Ext4 { 0x8_0000 } else { 0 };
                let flags = rng.pick(&[0, 0x8, 0x40, 0x80, 0xc0, 0x100, 0x1000, 0x10000, 0x20000]);
                Op::Flags { path, flags: flags | base }
            }
        }
    }
}

fn xattr_name(rng: &mut Rng) -> String {
    let names = ["trusted.a", "trusted.bb", "security.z", "trusted.overlay.opaque", "foo.x"];
    rng.pick(&names).to_string()
}

/// Names of [`Op::Many`].
pub fn many_names(from: u64, count: u64, wide: bool) -> impl Iterator<Item = String> {
    (from..from + count).map(move |i| match wide {
        true => format!("{i:0>100}"),
        false => format!("m{i}"),
    })
}

/// What is seen of one name.
#[derive(Clone, Debug)]
pub struct Seen {
    pub attr: Attr,
    pub link: Vec<u8>,
    pub xattrs: Vec<Vec<u8>>,
    pub flags: Result<u32, Errno>,
    /// (position of data, position of the hole after it), to the end.
    pub data: Vec<(u64, u64)>,
    pub sum: u64,
    /// Names with offsets, for a directory.
    pub list: Vec<(Vec<u8>, i64, u8)>,
}

/// All names below the top, by path.
pub type State = BTreeMap<String, Seen>;

pub trait Body {
    fn apply(&mut self, op: &Op) -> Result<u64, Errno>;
    fn state(&mut self) -> State;
}

/// A sum over bytes that tells files apart.
pub fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)))
}

/// The bytes that [`Op::Write`] writes.
pub fn bytes(off: u64, len: u64) -> Vec<u8> {
    (0..len).map(|i| (off + i) as u8 | 1).collect()
}

/// The state as text, with what moved since the state before; inode numbers by first appearance.
///
/// On tmpfs a directory gets the stamp of what is linked into it or removed from it, and whether
/// that one is new depends on the tick of the coarse clock: its stamps are left out.
pub fn report(profile: Profile, before: &State, now: &State) -> String {
    let mut inos: Vec<u64> = Vec::new();
    let mut out = String::new();
    for (path, seen) in now {
        let at = &seen.attr;
        let number = inos.iter().position(|it| *it == at.ino).unwrap_or_else(|| {
            inos.push(at.ino);
            inos.len() - 1
        });
        let moved = |f: fn(&Attr) -> layerglass::types::Timespec| {
            before.get(path).is_some_and(|it| it.attr.ino == at.ino && f(&it.attr) != f(at))
        };
        let by_chance = profile == Profile::Tmpfs && at.kind == FileType::Dir;
        let (m, c) = (moved(|it| it.mtime), moved(|it| it.ctime));
        let (m, c) = if by_chance { (false, false) } else { (m, c) };
        let _ = writeln!(
            out,
            "/{path} #{number} {:?} {:?} n{} u{} g{} {:?} s{} b{} m{m} c{c} {:?} data{:?} sum{:x} link{:x} xattrs {:?}",
            at.kind,
            at.mode,
            at.nlink,
            at.uid,
            at.gid,
            at.rdev,
            at.size,
            at.blocks,
            seen.flags,
            seen.data,
            seen.sum,
            sum(&seen.link),
            seen.xattrs.iter().map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>(),
        );
        for (name, off, kind) in &seen.list {
            let _ = writeln!(out, "  {kind} {off} {}", String::from_utf8_lossy(name));
        }
    }
    out
}
