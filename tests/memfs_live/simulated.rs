//! The operations on the simulated file system, by a small path walk.

use super::ops::{self, Body, Op, Seen, State};
use layerglass::cred::Cred;
use layerglass::errno::Errno;
use layerglass::fs::{Clock, Cx, Disks, Fh, FileSystem, NewNode};
use layerglass::memfs::{MemFs, Profile};
use layerglass::trace::Tracer;
use layerglass::types::{FileType, Ino, Mode, Name, NodeKind, SetAttr, Whence};

pub struct Simulated {
    fs: MemFs,
    disks: Disks,
    clock: Clock,
    trace: Tracer,
    cred: Cred,
}

type At<'a> = (Ino, Name<'a>);

impl Simulated {
    pub fn new(profile: Profile) -> Simulated {
        let mut body = Simulated {
            fs: MemFs::new(profile),
            disks: Disks::default(),
            clock: Clock::default(),
            trace: Tracer::off(),
            cred: Cred::root(),
        };
        if profile == Profile::Ext4 {
            let name = Name::new(b"lost+found").expect("a name");
            body.run(|fs, cx| fs.rmdir(cx, fs.root(), name)).expect("empty");
        }
        body
    }

    fn run<R>(&mut self, f: impl FnOnce(&mut MemFs, &mut Cx<'_>) -> R) -> R {
        let Simulated { fs, disks, clock, trace, cred } = self;
        clock.tick();
        f(fs, &mut Cx { disks, cred, clock, trace })
    }

    fn at<'a>(&mut self, path: &'a str) -> Result<At<'a>, Errno> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.ino_below(dir, true)?, Name::new(name.as_bytes())?))
    }

    /// The inode of a path; on the way every name has to be a directory.
    fn ino_below(&mut self, path: &str, dir: bool) -> Result<Ino, Errno> {
        let mut ino = self.fs.root();
        for part in path.split('/').filter(|it| !it.is_empty()) {
            let name = Name::new(part.as_bytes())?;
            ino = self.step(ino, name)?;
        }
        match dir && self.run(|fs, cx| fs.peek_attr(cx, ino))?.kind != FileType::Dir {
            // The links made here lead nowhere.
            true if self.run(|fs, cx| fs.readlink(cx, ino)).is_ok() => Err(self.dangling(ino)),
            true => Err(Errno::ENOTDIR),
            false => Ok(ino),
        }
    }

    fn step(&mut self, dir: Ino, name: Name<'_>) -> Result<Ino, Errno> {
        if self.run(|fs, cx| fs.readlink(cx, dir)).is_ok() {
            return Err(self.dangling(dir));
        }
        self.run(|fs, cx| fs.lookup(cx, dir, name))
    }

    /// Targets of links are `x`s: missing, or too long for a name.
    fn dangling(&mut self, ino: Ino) -> Errno {
        match self.run(|fs, cx| fs.readlink(cx, ino)) {
            Ok(target) if target.len() > 255 => Errno::ENAMETOOLONG,
            _ => Errno::ENOENT,
        }
    }

    fn ino(&mut self, path: &str) -> Result<Ino, Errno> {
        let (dir, name) = self.at(path)?;
        self.run(|fs, cx| fs.lookup(cx, dir, name))
    }

    fn kind(&mut self, ino: Ino) -> Result<FileType, Errno> {
        self.run(|fs, cx| fs.peek_attr(cx, ino)).map(|it| it.kind)
    }

    fn regular(&mut self, path: &str) -> Result<Ino, Errno> {
        let ino = self.ino(path)?;
        match self.kind(ino)? {
            FileType::Reg => Ok(ino),
            _ => Err(Errno::EPERM),
        }
    }

    fn make(&mut self, path: &str, kind: &NodeKind) -> Result<(), Errno> {
        let (dir, name) = self.at(path)?;
        let mode = match kind {
            NodeKind::Dir => 0o755,
            NodeKind::Symlink(_) => 0o777,
            _ => 0o644,
        };
        let new = NewNode {
            kind: kind.clone(),
            mode: Mode::new(mode),
            uid: 0,
            gid: 0,
            xattrs: Vec::new(),
        };
        self.run(|fs, cx| fs.create(cx, dir, name, &new)).map(|_| ())
    }

    fn see(&mut self, ino: Ino) -> Result<Seen, Errno> {
        let attr = self.run(|fs, cx| fs.getattr(cx, ino))?;
        let mut seen = Seen {
            attr,
            link: self.run(|fs, cx| fs.readlink(cx, ino)).unwrap_or_default(),
            xattrs: self.run(|fs, cx| fs.listxattr(cx, ino))?,
            flags: self.run(|fs, cx| fs.get_flags(cx, ino)),
            data: Vec::new(),
            sum: 0,
            list: Vec::new(),
        };
        if attr.kind == FileType::Dir {
            let list = &mut seen.list;
            let Simulated { fs, disks, clock, trace, cred } = self;
            let mut cx = Cx { disks, cred, clock, trace };
            fs.readdir(&mut cx, ino, Fh(0), 0, &mut |it| {
                list.push((it.name.to_vec(), it.next, it.kind.dt()));
                true
            })?;
        }
        if attr.kind == FileType::Reg {
            let mut at = 0;
            while let Ok(start) = self.run(|fs, cx| fs.seek(cx, ino, at, Whence::Data)) {
                at = self.run(|fs, cx| fs.seek(cx, ino, start, Whence::Hole))?;
                seen.data.push((start, at));
            }
            // Only what is data, as on the real side.
            let mut buf = vec![0; attr.size as usize];
            for (start, end) in seen.data.clone() {
                let part = &mut buf[start as usize..end as usize];
                self.run(|fs, cx| fs.read(cx, ino, Fh(0), start, part))?;
            }
            seen.sum = ops::sum(&buf);
        }
        Ok(seen)
    }

    fn collect(&mut self, path: &str, ino: Ino, state: &mut State) {
        let Ok(seen) = self.see(ino) else { return };
        let names: Vec<Vec<u8>> = seen.list.iter().map(|it| it.0.clone()).collect();
        state.insert(path.to_string(), seen);
        for name in names {
            let name = String::from_utf8_lossy(&name).into_owned();
            if name != "." && name != ".." && !name.starts_with('m') && !name.starts_with('0') {
                let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                if let Ok(ino) = self.ino(&below) {
                    self.collect(&below, ino, state);
                }
            }
        }
    }
}

impl Body for Simulated {
    fn apply(&mut self, op: &Op) -> Result<u64, Errno> {
        let none = |()| 0;
        match op {
            Op::Make { path, kind } => self.make(path, kind).map(none),
            Op::Many { dir, from, count, wide } => {
                let mut made = 0;
                for name in ops::many_names(*from, *count, *wide) {
                    made += u64::from(self.make(&format!("{dir}/{name}"), &NodeKind::Reg).is_ok());
                }
                Ok(made)
            }
            Op::Few { dir, from, count, wide } => {
                let mut gone = 0;
                for name in ops::many_names(*from, *count, *wide) {
                    let path = format!("{dir}/{name}");
                    let Ok((dir, name)) = self.at(&path) else { continue };
                    gone += u64::from(self.run(|fs, cx| fs.unlink(cx, dir, name)).is_ok());
                }
                Ok(gone)
            }
            Op::Link { from, to } => {
                let ino = self.ino(from)?;
                let (dir, name) = self.at(to)?;
                if self.run(|fs, cx| fs.lookup(cx, dir, name)).is_ok() {
                    return Err(Errno::EEXIST);
                }
                self.run(|fs, cx| fs.link(cx, ino, dir, name)).map(none)
            }
            Op::Unlink { path } => {
                let (dir, name) = self.at(path)?;
                self.run(|fs, cx| fs.unlink(cx, dir, name)).map(none)
            }
            Op::Rmdir { path } => {
                let (dir, name) = self.at(path)?;
                self.run(|fs, cx| fs.rmdir(cx, dir, name)).map(none)
            }
            Op::Rename { from, to, flags } => {
                let (dir, name) = self.at(from)?;
                let (to_dir, to_name) = self.at(to)?;
                self.run(|fs, cx| fs.rename(cx, dir, name, to_dir, to_name, *flags)).map(none)
            }
            Op::Write { path, off, len } => {
                let ino = self.regular(path)?;
                let bytes = ops::bytes(*off, *len);
                self.run(|fs, cx| fs.write(cx, ino, Fh(0), *off, &bytes)).map(|n| n as u64)
            }
            Op::Truncate { path, size } => {
                let ino = self.regular(path)?;
                let set = SetAttr { size: Some(*size), ..SetAttr::default() };
                self.run(|fs, cx| fs.setattr(cx, ino, &set)).map(none)
            }
            Op::Allocate { path, mode, off, len } => {
                let ino = self.regular(path)?;
                self.run(|fs, cx| fs.fallocate(cx, ino, *mode, *off, *len)).map(none)
            }
            Op::SetXattr { path, name, len, mode } => {
                let ino = self.ino(path)?;
                let value = vec![b'v'; *len];
                self.run(|fs, cx| fs.setxattr(cx, ino, name.as_bytes(), &value, *mode)).map(none)
            }
            Op::RemoveXattr { path, name } => {
                let ino = self.ino(path)?;
                self.run(|fs, cx| fs.removexattr(cx, ino, name.as_bytes())).map(none)
            }
            Op::Flags { path, flags } => {
                let ino = self.ino(path)?;
                self.run(|fs, cx| fs.set_flags(cx, ino, *flags)).map(none)
            }
        }
    }

    fn state(&mut self) -> State {
        let mut state = State::new();
        let root = self.fs.root();
        self.collect("", root, &mut state);
        state
    }
}
