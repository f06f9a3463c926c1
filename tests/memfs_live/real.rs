//! The operations on a mounted file system.

use super::ops::{self, Body, Op, Seen, State};
use layerglass::errno::Errno;
use layerglass::kernel::LiveSys;
use layerglass::sys::{AT_FDCWD, Fd, Sys, at};
use layerglass::types::{Dev, FileType, NodeKind, OpenFlags, Whence};
use std::path::Path;

pub struct Real {
    sys: LiveSys,
    top: String,
}

impl Real {
    pub fn new(dir: &Path) -> Real {
        let mut sys = LiveSys::new();
        sys.umask(0);
        Real { sys, top: dir.to_string_lossy().into_owned() }
    }

    fn full(&self, path: &str) -> Vec<u8> {
        format!("{}/{path}", self.top).into_bytes()
    }

    fn with_fd<R>(
        &mut self,
        path: &str,
        flags: OpenFlags,
        f: impl FnOnce(&mut LiveSys, Fd) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let flags = flags | OpenFlags::NOFOLLOW | OpenFlags::NONBLOCK;
        let fd = self.sys.openat(AT_FDCWD, &self.full(path), flags, 0)?;
        let res = f(&mut self.sys, fd);
        self.sys.close(fd)?;
        res
    }

    fn kind(&mut self, path: &str) -> Result<FileType, Errno> {
        let full = self.full(path);
        self.sys.statat(AT_FDCWD, &full, at::SYMLINK_NOFOLLOW).map(|it| it.kind)
    }

    /// Regular files only: what else there is would block or be a device.
    fn regular(&mut self, path: &str) -> Result<(), Errno> {
        match self.kind(path)? {
            FileType::Reg => Ok(()),
            _ => Err(Errno::EPERM),
        }
    }

    fn make(&mut self, path: &str, kind: &NodeKind) -> Result<(), Errno> {
        let full = self.full(path);
        let sys = &mut self.sys;
        match kind {
            NodeKind::Reg => sys.mknodat(AT_FDCWD, &full, 0o100_644, Dev::default()),
            NodeKind::Dir => sys.mkdirat(AT_FDCWD, &full, 0o755),
            NodeKind::Fifo => sys.mknodat(AT_FDCWD, &full, 0o010_644, Dev::default()),
            NodeKind::Chr(dev) => sys.mknodat(AT_FDCWD, &full, 0o020_644, *dev),
            NodeKind::Symlink(target) => sys.symlinkat(target, AT_FDCWD, &full),
            _ => Err(Errno::EINVAL),
        }
    }

    fn see(&mut self, path: &str) -> Result<Seen, Errno> {
        let full = self.full(path);
        let attr = self.sys.statat(AT_FDCWD, &full, at::SYMLINK_NOFOLLOW)?;
        let mut seen = Seen {
            attr,
            link: Vec::new(),
            xattrs: self.sys.listxattr(&full, false)?,
            flags: Err(Errno::ENOTTY),
            data: Vec::new(),
            sum: 0,
            list: Vec::new(),
        };
        match attr.kind {
            FileType::Symlink => seen.link = self.sys.readlinkat(AT_FDCWD, &full)?,
            FileType::Dir => self.see_dir(path, &mut seen)?,
            FileType::Reg => self.see_file(path, &mut seen)?,
            _ => {}
        }
        Ok(seen)
    }

    fn see_dir(&mut self, path: &str, seen: &mut Seen) -> Result<(), Errno> {
        let flags = OpenFlags::DIRECTORY | OpenFlags::NOATIME;
        self.with_fd(path, flags, |sys, fd| {
            seen.flags = sys.get_flags(fd);
            loop {
                let part = sys.getdents(fd, 1000)?;
                if part.is_empty() {
                    return Ok(());
                }
                seen.list.extend(part.into_iter().map(|it| (it.name, it.off, it.kind.dt())));
            }
        })
    }

    fn see_file(&mut self, path: &str, seen: &mut Seen) -> Result<(), Errno> {
        let size = seen.attr.size;
        self.with_fd(path, OpenFlags::RDONLY | OpenFlags::NOATIME, |sys, fd| {
            seen.flags = sys.get_flags(fd);
            let mut at = 0;
            while let Ok(start) = sys.lseek(fd, at, Whence::Data) {
                let end = sys.lseek(fd, start as i64, Whence::Hole)?;
                seen.data.push((start, end));
                at = end as i64;
            }
            // Only what is data: reading an unwritten extent makes it look like data from then on.
            let mut buf = vec![0; size as usize];
            for (start, end) in &seen.data {
                let mut at = *start;
                while at < *end {
                    at += sys.pread(fd, &mut buf[at as usize..*end as usize], at)? as u64;
                }
            }
            seen.sum = ops::sum(&buf);
            Ok(())
        })
    }

    fn collect(&mut self, path: &str, state: &mut State) {
        let Ok(seen) = self.see(path) else { return };
        let names: Vec<Vec<u8>> = seen.list.iter().map(|it| it.0.clone()).collect();
        state.insert(path.to_string(), seen);
        for name in names {
            let name = String::from_utf8_lossy(&name).into_owned();
            // What Many made is in the listing; its attributes are all alike.
            if name != "." && name != ".." && !name.starts_with('m') && !name.starts_with('0') {
                let below = if path.is_empty() { name } else { format!("{path}/{name}") };
                self.collect(&below, state);
            }
        }
    }
}

impl Body for Real {
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
                    let full = self.full(&format!("{dir}/{name}"));
                    gone += u64::from(self.sys.unlinkat(AT_FDCWD, &full, 0).is_ok());
                }
                Ok(gone)
            }
            Op::Link { from, to } => {
                let (from, to) = (self.full(from), self.full(to));
                self.sys.linkat(AT_FDCWD, &from, AT_FDCWD, &to, 0).map(none)
            }
            Op::Unlink { path } => self.sys.unlinkat(AT_FDCWD, &self.full(path), 0).map(none),
            Op::Rmdir { path } => {
                self.sys.unlinkat(AT_FDCWD, &self.full(path), at::REMOVEDIR).map(none)
            }
            Op::Rename { from, to, flags } => {
                let (from, to) = (self.full(from), self.full(to));
                self.sys.renameat2(AT_FDCWD, &from, AT_FDCWD, &to, *flags).map(none)
            }
            Op::Write { path, off, len } => {
                self.regular(path)?;
                self.with_fd(path, OpenFlags::WRONLY, |sys, fd| {
                    sys.pwrite(fd, &ops::bytes(*off, *len), *off).map(|n| n as u64)
                })
            }
            Op::Truncate { path, size } => {
                self.regular(path)?;
                self.sys.truncate(&self.full(path), *size as i64).map(none)
            }
            Op::Allocate { path, mode, off, len } => {
                self.regular(path)?;
                self.with_fd(path, OpenFlags::WRONLY, |sys, fd| {
                    sys.fallocate(fd, *mode, *off as i64, *len as i64).map(none)
                })
            }
            Op::SetXattr { path, name, len, mode } => {
                let value = vec![b'v'; *len];
                let full = self.full(path);
                self.sys.setxattr(&full, name.as_bytes(), &value, *mode, false).map(none)
            }
            Op::RemoveXattr { path, name } => {
                self.sys.removexattr(&self.full(path), name.as_bytes(), false).map(none)
            }
            Op::Flags { path, flags } => match self.kind(path)? {
                FileType::Reg | FileType::Dir => {
                    self.with_fd(path, OpenFlags::RDONLY, |sys, fd| {
                        sys.set_flags(fd, *flags).map(none)
                    })
                }
                _ => Err(Errno::ENOTTY),
            },
        }
    }

    fn state(&mut self) -> State {
        let mut state = State::new();
        self.collect("", &mut state);
        state
    }
}
