//! One random operation, made from a number, and its result as text that both kernels must agree on.

use layerglass::cred::{Caps, Cred};
use layerglass::errno::Errno;
use layerglass::sys::{AT_FDCWD, Flock, Sys, at};
use layerglass::types::{
    Attr, Dev, FileType, Mode, OpenFlags, RenameFlags, Result, SetTime, Timespec, Whence, XattrMode,
};
use std::fmt;

/// An operation: everything about it follows from its seed.
pub struct Op {
    text: String,
    kind: Kind,
}

enum Kind {
    Open { slot: usize, path: Vec<u8>, flags: OpenFlags, mode: u32, dir: Option<usize> },
    Close(usize),
    Read { slot: usize, len: usize, off: Option<u64> },
    Write { slot: usize, data: Vec<u8>, off: Option<u64> },
    Seek { slot: usize, off: i64, whence: Whence },
    List(usize),
    Mkdir(Vec<u8>, u32),
    Mknod(Vec<u8>, u32, Dev),
    Symlink(Vec<u8>, Vec<u8>),
    Link(Vec<u8>, Vec<u8>, u32),
    Unlink(Vec<u8>, u32),
    Rename(Vec<u8>, Vec<u8>, u32),
    Readlink(Vec<u8>),
    Stat(Vec<u8>, u32),
    Fstat(usize),
    Truncate(Vec<u8>, i64),
    Ftruncate(usize, i64),
    Fallocate(usize, u32, i64, i64),
    CopyRange(usize, usize, u64),
    Clone(usize, usize),
    Flock(usize, Flock),
    Chmod(Vec<u8>, u32),
    Fchmod(usize, u32),
    Chown(Vec<u8>, Option<u32>, Option<u32>, u32),
    Utimes(Vec<u8>, Option<SetTime>, Option<SetTime>, u32),
    Access(Vec<u8>, u8),
    GetXattr(Vec<u8>, Vec<u8>, bool),
    SetXattr(Vec<u8>, Vec<u8>, Vec<u8>, XattrMode, bool),
    RemoveXattr(Vec<u8>, Vec<u8>, bool),
    ListXattr(Vec<u8>, bool),
    GetFlags(usize),
    SetFlags(usize, u32),
    Chdir(Vec<u8>),
    Fchdir(usize),
    Umask(u32),
    Become(usize),
    Flags(usize),
    Fsync(usize),
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ word >> 31) % n
    }
    fn one<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
    fn slot(&mut self) -> usize {
        self.below(3) as usize
    }
    fn path(&mut self) -> Vec<u8> {
        const NAMES: &[&str] = &["a", "b", "c", "d"];
        const ODD: &[&str] = &[
            "", ".", "..", "./a", "a/", "b/.", "a//b", "a/../b", "b/..", "c/", "a/b/c", "d/../a/",
            "./", "a/b/../c",
        ];
        match self.below(12) {
            0..=6 => self.one(NAMES).into(),
            7..=9 => format!("{}/{}", self.one(NAMES), self.one(NAMES)).into_bytes(),
            10 => self.one(ODD).into(),
            _ => match self.below(6) {
                0 => [b'n'; 255].to_vec(),
                1 => [b'n'; 256].to_vec(),
                _ => self.one(ODD).into(),
            },
        }
    }
    fn mode(&mut self) -> u32 {
        self.one(&[
            0o644, 0o755, 0o777, 0o700, 0o600, 0o070, 0o007, 0, 0o1777, 0o4755, 0o2755, 0o2644,
            0o6777, 0o2777, 0o666, 0o711, 0o444,
        ])
    }
    fn id(&mut self) -> Option<u32> {
        self.one(&[None, Some(0), Some(1000), Some(1001), Some(1000)])
    }
    fn time(&mut self) -> Option<SetTime> {
        let to = |sec, nsec| Some(SetTime::To(Timespec::new(sec, nsec)));
        self.one(&[
            None,
            Some(SetTime::Now),
            Some(SetTime::Now),
            to(5, 7),
            to(1_000_000, 0),
            to(1, 1_000_000_000),
        ])
    }
    fn xattr(&mut self) -> Vec<u8> {
        self.one(&[
            "user.a",
            "user.b",
            "user.a",
            "trusted.t",
            "security.s",
            "user.",
            "nothing.x",
            "x",
            "",
            "system.posix_acl_access",
            "system.posix_acl_default",
            "security.capability",
            "system.posix_acl_access",
            "system.posix_acl_default",
            "system.other",
        ])
        .into()
    }
    fn value(&mut self, name: &[u8]) -> Vec<u8> {
        if name.starts_with(b"system.posix_acl") {
            return self.acl();
        }
        if name == b"security.capability" && self.below(4) > 0 {
            let mut cap = vec![0; 20];
            cap[..5].copy_from_slice(&[1, 0, 0, 2, 4]);
            return cap;
        }
        self.one(&[&b"1"[..], b"", b"value", &[7; 100]]).to_vec()
    }
    fn acl(&mut self) -> Vec<u8> {
        let mut raw = 2u32.to_le_bytes().to_vec();
        let mut add = |tag: u16, perm: u64, id: u32| {
            raw.extend(tag.to_le_bytes());
            raw.extend((perm as u16).to_le_bytes());
            raw.extend(id.to_le_bytes());
        };
        let shape = self.below(8);
        add(1, self.below(8), u32::MAX);
        if shape & 1 != 0 {
            add(2, self.below(8), 1000);
        }
        add(4, self.below(8), u32::MAX);
        if shape & 2 != 0 {
            add(8, self.below(8), 1001);
        }
        if shape & 3 != 0 && self.below(8) > 0 {
            add(16, self.below(8), u32::MAX);
        }
        if self.below(10) > 0 {
            add(32, self.below(8), u32::MAX);
        }
        match self.below(12) {
            0 => Vec::new(),
            1 => vec![2, 0, 0, 0],
            2 => vec![1, 0, 0, 0],
            3 => vec![2, 0, 0, 0, 1],
            _ => raw,
        }
    }
    fn open_flags(&mut self) -> OpenFlags {
        let mut flags = self.one(&[0u32, 1, 2, 0, 1, 2, 2, 3]);
        for bit in [
            OpenFlags::CREAT.0,
            OpenFlags::CREAT.0,
            OpenFlags::EXCL.0,
            OpenFlags::TRUNC.0,
            OpenFlags::APPEND.0,
            OpenFlags::DIRECTORY.0,
            OpenFlags::NOFOLLOW.0,
            OpenFlags::NOATIME.0,
            OpenFlags::PATH.0,
        ] {
            if self.below(6) == 0 {
                flags |= bit;
            }
        }
        if self.below(14) == 0 {
            flags |= OpenFlags::TMPFILE.0;
        }
        // Never wait for the other end of a fifo.
        OpenFlags(flags | OpenFlags::NONBLOCK.0)
    }
}

impl Op {
    pub fn from_seed(seed: u64) -> Op {
        let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let kind = kind(&mut dice);
        let text = describe(&kind);
        Op { text, kind }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn kind(d: &mut Dice) -> Kind {
    let nofollow = |d: &mut Dice| d.one(&[0, 0, at::SYMLINK_NOFOLLOW]);
    match d.below(60) {
        0..=7 => {
            let dir = (d.below(4) == 0).then(|| d.slot());
            let (slot, path) = (d.slot(), d.path());
            Kind::Open { slot, path, flags: d.open_flags(), mode: d.mode(), dir }
        }
        8 => Kind::Close(d.slot()),
        9 | 10 => {
            let off = d.one(&[None, None, Some(0), Some(5000)]);
            Kind::Read { slot: d.slot(), len: d.one(&[0, 3, 100]), off }
        }
        11..=13 => {
            let off = d.one(&[None, None, None, Some(3), Some(9000)]);
            let data = d.one(&[&b"hello"[..], b"", b"xyz", &[b'z'; 5000]]).to_vec();
            Kind::Write { slot: d.slot(), data, off }
        }
        14 => {
            let whence =
                d.one(&[Whence::Set, Whence::Cur, Whence::End, Whence::Data, Whence::Hole]);
            Kind::Seek { slot: d.slot(), off: d.one(&[0, 1, -1, 4096, 100_000]), whence }
        }
        15 => Kind::List(d.slot()),
        16..=19 => Kind::Mkdir(d.path(), d.mode()),
        20 => {
            let kind = d.one(&[
                0o010_000u32,
                0o140_000,
                0o020_000,
                0o060_000,
                0,
                0o100_000,
                0o040_000,
                0o120_000,
            ]);
            let dev = d.one(&[Dev::new(0, 0), Dev::new(1, 3)]);
            Kind::Mknod(d.path(), kind | d.mode(), dev)
        }
        21 | 22 => {
            let target = d.path();
            Kind::Symlink(target, d.path())
        }
        23 | 24 => {
            let from = d.path();
            Kind::Link(from, d.path(), d.one(&[0, 0, at::SYMLINK_FOLLOW, 1]))
        }
        25..=27 => Kind::Unlink(d.path(), d.one(&[0, at::REMOVEDIR])),
        28..=31 => {
            let from = d.path();
            Kind::Rename(from, d.path(), d.one(&[0, 0, 0, 1, 2, 4, 3, 8]))
        }
        32 => Kind::Readlink(d.path()),
        33..=36 => Kind::Stat(d.path(), nofollow(d)),
        37 => Kind::Fstat(d.slot()),
        38 => Kind::Truncate(d.path(), d.one(&[0, 3, -1, 10_000])),
        39 => Kind::Ftruncate(d.slot(), d.one(&[0, 3, -1, 10_000])),
        40 => {
            let mode = d.one(&[0, 1, 3, 2, 16, 17, 8, 32, 64, 128, 9]);
            Kind::Fallocate(d.slot(), mode, d.one(&[0, 4096, -1]), d.one(&[0, 4096, 8192, 100]))
        }
        41 => Kind::CopyRange(d.slot(), d.slot(), d.one(&[0, 3, 100_000])),
        42 => match d.below(3) {
            0 => Kind::Clone(d.slot(), d.slot()),
            1 => Kind::Flags(d.slot()),
            _ => Kind::Fsync(d.slot()),
        },
        43 => Kind::Flock(d.slot(), d.one(&[Flock::Shared, Flock::Exclusive, Flock::Unlock])),
        44..=46 => Kind::Chmod(d.path(), d.mode()),
        47 => Kind::Fchmod(d.slot(), d.mode()),
        48 => Kind::Chown(d.path(), d.id(), d.id(), nofollow(d)),
        49 => Kind::Utimes(d.path(), d.time(), d.time(), nofollow(d)),
        50 => Kind::Access(d.path(), d.below(8) as u8),
        51 => Kind::GetXattr(d.path(), d.xattr(), d.below(3) > 0),
        52 | 53 => {
            let name = d.xattr();
            let value = d.value(&name);
            let mode =
                d.one(&[XattrMode::Set, XattrMode::Set, XattrMode::Create, XattrMode::Replace]);
            Kind::SetXattr(d.path(), name, value, mode, d.below(3) > 0)
        }
        54 => Kind::RemoveXattr(d.path(), d.xattr(), d.below(3) > 0),
        55 => Kind::ListXattr(d.path(), d.below(3) > 0),
        56 => match d.below(2) {
            0 => Kind::GetFlags(d.slot()),
            _ => Kind::SetFlags(d.slot(), d.one(&[0, 0x10, 0x20, 0x40, 0x80, 0x30])),
        },
        57 => match d.below(3) {
            0 => Kind::Fchdir(d.slot()),
            _ => Kind::Chdir(d.one(&["a", "b", "..", ".", "a/b", "c"]).into()),
        },
        58 => Kind::Umask(d.one(&[0, 0o022, 0o077, 0o777])),
        _ => Kind::Become(d.below(4) as usize),
    }
}

fn t(bytes: &[u8]) -> String {
    let mut text = bytes.escape_ascii().to_string();
    if text.len() > 40 {
        text = format!("{}…{}", &text[..8], bytes.len());
    }
    format!("\"{text}\"")
}

fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Open { slot, path, flags, mode, dir } => {
            format!("s{slot} = open({dir:?}, {}, {flags:?}, {mode:o})", t(path))
        }
        Kind::Close(slot) => format!("close(s{slot})"),
        Kind::Read { slot, len, off } => format!("read(s{slot}, {len}, {off:?})"),
        Kind::Write { slot, data, off } => format!("write(s{slot}, {}, {off:?})", t(data)),
        Kind::Seek { slot, off, whence } => format!("lseek(s{slot}, {off}, {whence:?})"),
        Kind::List(slot) => format!("getdents(s{slot})"),
        Kind::Mkdir(path, mode) => format!("mkdir({}, {mode:o})", t(path)),
        Kind::Mknod(path, mode, dev) => format!("mknod({}, {mode:o}, {dev:?})", t(path)),
        Kind::Symlink(target, path) => format!("symlink({}, {})", t(target), t(path)),
        Kind::Link(a, b, flags) => format!("link({}, {}, {flags:#x})", t(a), t(b)),
        Kind::Unlink(path, flags) => format!("unlink({}, {flags:#x})", t(path)),
        Kind::Rename(a, b, flags) => format!("rename({}, {}, {flags})", t(a), t(b)),
        Kind::Readlink(path) => format!("readlink({})", t(path)),
        Kind::Stat(path, flags) => format!("stat({}, {flags:#x})", t(path)),
        Kind::Fstat(slot) => format!("fstat(s{slot})"),
        Kind::Truncate(path, len) => format!("truncate({}, {len})", t(path)),
        Kind::Ftruncate(slot, len) => format!("ftruncate(s{slot}, {len})"),
        Kind::Fallocate(slot, mode, off, len) => {
            format!("fallocate(s{slot}, {mode:#x}, {off}, {len})")
        }
        Kind::CopyRange(a, b, len) => format!("copy_file_range(s{a}, s{b}, {len})"),
        Kind::Clone(a, b) => format!("ficlone(s{a}, s{b})"),
        Kind::Flock(slot, op) => format!("flock(s{slot}, {op:?})"),
        Kind::Chmod(path, mode) => format!("chmod({}, {mode:o})", t(path)),
        Kind::Fchmod(slot, mode) => format!("fchmod(s{slot}, {mode:o})"),
        Kind::Chown(path, uid, gid, flags) => {
            format!("chown({}, {uid:?}, {gid:?}, {flags:#x})", t(path))
        }
        Kind::Utimes(path, a, m, flags) => {
            format!("utimensat({}, {a:?}, {m:?}, {flags:#x})", t(path))
        }
        Kind::Access(path, mask) => format!("access({}, {mask})", t(path)),
        Kind::GetXattr(path, name, follow) => {
            format!("getxattr({}, {}, {follow})", t(path), t(name))
        }
        Kind::SetXattr(path, name, value, mode, follow) => {
            format!("setxattr({}, {}, {value:?}, {mode:?}, {follow})", t(path), t(name))
        }
        Kind::RemoveXattr(path, name, follow) => {
            format!("removexattr({}, {}, {follow})", t(path), t(name))
        }
        Kind::ListXattr(path, follow) => format!("listxattr({}, {follow})", t(path)),
        Kind::GetFlags(slot) => format!("getflags(s{slot})"),
        Kind::SetFlags(slot, flags) => format!("setflags(s{slot}, {flags:#x})"),
        Kind::Chdir(path) => format!("chdir({})", t(path)),
        Kind::Fchdir(slot) => format!("fchdir(s{slot})"),
        Kind::Umask(mask) => format!("umask({mask:o})"),
        Kind::Become(who) => format!("become({})", WHO[*who]),
        Kind::Flags(slot) => format!("getfl(s{slot})"),
        Kind::Fsync(slot) => format!("fsync(s{slot})"),
    }
}

const WHO: &[&str] = &["root", "user 1000", "user 1001 in group 1000", "root without caps"];

fn who(index: usize) -> Cred {
    match index {
        1 => Cred::user(1000, 1000),
        2 => Cred { groups: vec![1001, 1000], ..Cred::user(1001, 1001) },
        3 => Cred {
            caps: Caps::ALL.without(Caps::DAC_OVERRIDE).without(Caps::FSETID),
            ..Cred::root()
        },
        _ => Cred::root(),
    }
}

/// One kernel's descriptors.
#[derive(Default)]
pub struct Side {
    fds: [Option<i32>; 3],
}

impl Side {
    pub fn become_root(&mut self, sys: &mut dyn Sys) {
        let _ = sys.set_cred(&Cred::root());
    }

    /// A closed slot is not asked for: the live side knows its own descriptors only.
    fn fd(&self, slot: usize) -> Result<i32> {
        self.fds[slot].ok_or(Errno::EBADF)
    }

    pub fn run(&mut self, op: &Op, sys: &mut dyn Sys) -> String {
        match self.act(op, sys) {
            Ok(text) => text,
            Err(errno) => errno.name().into(),
        }
    }

    fn act(&mut self, op: &Op, sys: &mut dyn Sys) -> Result<String> {
        let done = |res: Result<()>| res.map(|()| "ok".to_owned());
        match &op.kind {
            Kind::Open { slot, path, flags, mode, dir } => {
                let base = dir.map_or(Ok(AT_FDCWD), |slot| self.fd(slot))?;
                let fd = sys.openat(base, path, *flags, *mode)?;
                if let Some(old) = self.fds[*slot].replace(fd) {
                    let _ = sys.close(old);
                }
                Ok(format!("open {}", show(&sys.fstat(fd)?)))
            }
            Kind::Close(slot) => match self.fds[*slot].take() {
                Some(fd) => done(sys.close(fd)),
                None => Err(Errno::EBADF),
            },
            Kind::Read { slot, len, off } => {
                let mut buf = vec![0; *len];
                let fd = self.fd(*slot)?;
                let n = match off {
                    Some(off) => sys.pread(fd, &mut buf, *off)?,
                    None => sys.read(fd, &mut buf)?,
                };
                Ok(format!("{n} {}", t(&buf[..n])))
            }
            Kind::Write { slot, data, off } => {
                let fd = self.fd(*slot)?;
                let n = match off {
                    Some(off) => sys.pwrite(fd, data, *off)?,
                    None => sys.write(fd, data)?,
                };
                Ok(n.to_string())
            }
            Kind::Seek { slot, off, whence } => {
                let fd = self.fd(*slot)?;
                if sys.fstat(fd).is_ok_and(|it| it.kind == FileType::Dir) {
                    return Ok("a directory".into());
                }
                Ok(sys.lseek(fd, *off, *whence)?.to_string())
            }
            Kind::List(slot) => {
                let mut names: Vec<String> = sys
                    .getdents(self.fd(*slot)?, 100)?
                    .iter()
                    .map(|it| format!("{:?} {}", it.kind, t(&it.name)))
                    .collect();
                names.sort();
                Ok(names.join(" "))
            }
            Kind::Mkdir(path, mode) => done(sys.mkdirat(AT_FDCWD, path, *mode)),
            Kind::Mknod(path, mode, dev) => done(sys.mknodat(AT_FDCWD, path, *mode, *dev)),
            Kind::Symlink(target, path) => done(sys.symlinkat(target, AT_FDCWD, path)),
            Kind::Link(a, b, flags) => done(sys.linkat(AT_FDCWD, a, AT_FDCWD, b, *flags)),
            Kind::Unlink(path, flags) => done(sys.unlinkat(AT_FDCWD, path, *flags)),
            Kind::Rename(a, b, flags) => {
                done(sys.renameat2(AT_FDCWD, a, AT_FDCWD, b, RenameFlags(*flags)))
            }
            Kind::Readlink(path) => Ok(t(&sys.readlinkat(AT_FDCWD, path)?)),
            Kind::Stat(path, flags) => Ok(show(&sys.statat(AT_FDCWD, path, *flags)?)),
            Kind::Fstat(slot) => Ok(show(&sys.fstat(self.fd(*slot)?)?)),
            Kind::Truncate(path, len) => done(sys.truncate(path, *len)),
            Kind::Ftruncate(slot, len) => done(sys.ftruncate(self.fd(*slot)?, *len)),
            Kind::Fallocate(slot, mode, off, len) => {
                done(sys.fallocate(self.fd(*slot)?, *mode, *off, *len))
            }
            Kind::CopyRange(a, b, len) => {
                let n = sys.copy_file_range(self.fd(*a)?, None, self.fd(*b)?, None, *len)?;
                Ok(n.to_string())
            }
            Kind::Clone(a, b) => done(sys.ficlone(self.fd(*a)?, self.fd(*b)?)),
            Kind::Flock(slot, op) => done(sys.flock(self.fd(*slot)?, *op)),
            Kind::Chmod(path, mode) => done(sys.fchmodat(AT_FDCWD, path, Mode::new(*mode))),
            Kind::Fchmod(slot, mode) => done(sys.fchmod(self.fd(*slot)?, Mode::new(*mode))),
            Kind::Chown(path, uid, gid, flags) => {
                done(sys.fchownat(AT_FDCWD, path, *uid, *gid, *flags))
            }
            Kind::Utimes(path, a, m, flags) => done(sys.utimensat(AT_FDCWD, path, *a, *m, *flags)),
            Kind::Access(path, mask) => done(sys.faccessat(AT_FDCWD, path, *mask, 0)),
            Kind::GetXattr(path, name, follow) => {
                Ok(format!("{:?}", sys.getxattr(path, name, *follow)?))
            }
            Kind::SetXattr(path, name, value, mode, follow) => {
                done(sys.setxattr(path, name, value, *mode, *follow))
            }
            Kind::RemoveXattr(path, name, follow) => done(sys.removexattr(path, name, *follow)),
            Kind::ListXattr(path, follow) => {
                let mut names: Vec<String> =
                    sys.listxattr(path, *follow)?.iter().map(|it| t(it)).collect();
                names.sort();
                Ok(names.join(" "))
            }
            Kind::GetFlags(slot) => Ok(format!("{:#x}", sys.get_flags(self.fd(*slot)?)?)),
            Kind::SetFlags(slot, flags) => {
                let fd = self.fd(*slot)?;
                let old = sys.get_flags(fd)?;
                done(sys.set_flags(fd, old & !0xf0 | flags))
            }
            Kind::Chdir(path) => done(sys.chdir(path)),
            Kind::Fchdir(slot) => done(sys.fchdir(self.fd(*slot)?)),
            Kind::Umask(mask) => Ok(format!("{:o}", sys.umask(*mask))),
            Kind::Become(index) => {
                sys.set_cred(&Cred::root()).ok();
                let _ = sys.set_cred(&who(*index));
                Ok("ok".into())
            }
            Kind::Flags(slot) => {
                Ok(format!("{:#o}", sys.fd_flags(self.fd(*slot)?)?.0 & !OpenFlags::LARGEFILE.0))
            }
            Kind::Fsync(slot) => done(sys.fsync(self.fd(*slot)?)),
        }
    }
}

fn show(attr: &Attr) -> String {
    // Only times that a script set can be compared.
    let time = |it: Timespec| {
        if it.sec < 2_000_000 { format!("{}.{}", it.sec, it.nsec) } else { "then".into() }
    };
    format!(
        "{:?} {:?} nlink {} {}:{} rdev {}:{} size {} blocks {} a {} m {}",
        attr.kind,
        attr.mode,
        attr.nlink,
        attr.uid,
        attr.gid,
        attr.rdev.major,
        attr.rdev.minor,
        attr.size,
        attr.blocks,
        time(attr.atime),
        time(attr.mtime),
    )
}
