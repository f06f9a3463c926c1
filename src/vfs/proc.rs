//! /proc and /sys: what the kernel tells of itself, as files.
//!
//! [`ProcFs`] is an ordinary file system over a [`View`] that the kernel renews before each look;
//! links that lead to open files (`/proc/self/fd/3`) are resolved by the path walk.

mod files;
mod view;

pub use view::Identity;
pub(super) use view::{FdView, PidView, UnionView, View};

use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh, FileSystem, NewNode, SIZE_MAX, Traits};
use crate::store::Rope;
use crate::types::{
    Attr, Dev, FileType, Ino, Mode, Name, OpenFlags, RenameFlags, Result, SetAttr, StatFs,
    Timespec, Whence, XattrMode,
};
use files::{Content, PID_FILES, STATIC, SYS_ROOT, UNIONS};

/// The file system of /proc.
#[derive(Clone)]
pub(super) struct ProcFs {
    pub view: std::sync::Arc<View>,
    dev: Dev,
    /// Which of the fixed files is the root.
    top: usize,
}

/// What an inode number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Index into the table of fixed files; 0 is the root.
    Static(usize),
    Pid(i32),
    /// Index into the table of a process's files.
    PidFile(i32, usize),
    FdDir(i32),
    Fd(i32, i32),
    /// A mounted union in /sys/fs/aufs, by its place in the list, and a file of it.
    Union(usize),
    UnionFile(usize, usize),
}

const PID_DIR: u64 = 1;
const FD_DIR: u64 = 2;
const FD: u64 = 3;
const PID_FILE: u64 = 4;
/// Numbers of unions: behind them, one for each file.
const UNION: u64 = 1 << 20;
const UNION_SHIFT: u32 = 10;

impl Node {
    pub(super) fn ino(self) -> Ino {
        let of = |pid: i32, kind: u64, n: u64| Ino((pid as u64) << 32 | kind << 24 | n);
        match self {
            Node::Static(index) => Ino(index as u64 + 1),
            Node::Pid(pid) => of(pid, PID_DIR, 0),
            Node::FdDir(pid) => of(pid, FD_DIR, 0),
            Node::Fd(pid, fd) => of(pid, FD, fd as u64),
            Node::PidFile(pid, index) => of(pid, PID_FILE, index as u64),
            Node::Union(at) => Ino(UNION | (at as u64) << UNION_SHIFT),
            Node::UnionFile(at, file) => {
                Ino(UNION | (at as u64) << UNION_SHIFT | (file as u64 + 1))
            }
        }
    }

    pub(super) fn of(ino: Ino) -> Option<Node> {
        let pid = (ino.0 >> 32) as i32;
        let n = ino.0 & 0xff_ffff;
        let (at, file) = ((n & !UNION) >> UNION_SHIFT, n & ((1 << UNION_SHIFT) - 1));
        Some(match (pid, ino.0 >> 24 & 0xff) {
            (0, _) if n & UNION != 0 && file == 0 => Node::Union(at as usize),
            (0, _) if n & UNION != 0 => Node::UnionFile(at as usize, file as usize - 1),
            (0, _) => Node::Static((ino.0 as usize).checked_sub(1)?),
            (_, PID_DIR) => Node::Pid(pid),
            (_, FD_DIR) => Node::FdDir(pid),
            (_, FD) => Node::Fd(pid, n as i32),
            (_, PID_FILE) => Node::PidFile(pid, n as usize),
            _ => return None,
        })
    }
}

impl ProcFs {
    pub(super) fn new(dev: Dev) -> ProcFs {
        ProcFs { view: std::sync::Arc::default(), dev, top: 0 }
    }

    /// /sys, which says the same as long as the machine runs.
    pub(super) fn sys(dev: Dev, view: View) -> ProcFs {
        ProcFs { view: std::sync::Arc::new(view), dev, top: SYS_ROOT }
    }

    fn is_sys(&self) -> bool {
        self.top == SYS_ROOT
    }

    /// Does this kernel have the file?
    fn has(&self, index: usize) -> bool {
        match STATIC.get(index).map(|it| it.2) {
            Some(Content::DirOf(feature) | Content::Param(feature, _)) => {
                self.view.overlay.has(feature)
            }
            Some(_) => true,
            None => false,
        }
    }

    fn node(&self, ino: Ino) -> Result<Node> {
        let node = Node::of(ino).ok_or(Errno::ENOENT)?;
        let alive = match node {
            Node::Static(index) => self.has(index),
            Node::Pid(pid) | Node::FdDir(pid) => self.view.pid(pid).is_some(),
            Node::PidFile(pid, index) => self.view.pid(pid).is_some() && index < PID_FILES.len(),
            Node::Fd(pid, fd) => self.view.fd(pid, fd).is_some(),
            Node::Union(at) => self.view.unions.get(at).is_some(),
            Node::UnionFile(at, file) => self.union_file(at, file).is_some(),
        };
        if alive { Ok(node) } else { Err(Errno::ENOENT) }
    }

    fn union_file(&self, at: usize, file: usize) -> Option<&(String, Vec<u8>)> {
        self.view.unions.get(at)?.1.get(file)
    }

    fn kind_of(node: Node) -> FileType {
        let content = match node {
            Node::Static(index) => STATIC[index].2,
            Node::PidFile(_, index) => PID_FILES[index].1,
            Node::Pid(_) | Node::FdDir(_) | Node::Union(_) => return FileType::Dir,
            Node::Fd(..) => return FileType::Symlink,
            Node::UnionFile(..) => return FileType::Reg,
        };
        match content {
            Content::Dir | Content::DirOf(_) => FileType::Dir,
            Content::Link(_) => FileType::Symlink,
            Content::File(_) | Content::Param(..) => FileType::Reg,
        }
    }

    fn mode_of(&self, node: Node) -> u32 {
        match node {
            Node::Fd(pid, fd) => match self.view.fd(pid, fd).map(|it| it.flags) {
                Some(flags) => {
                    0o100
                        | if flags.reads() { 0o400 } else { 0 }
                        | if flags.writes() { 0o200 } else { 0 }
                }
                None => 0o700,
            },
            Node::FdDir(_) => 0o500,
            Node::UnionFile(..) => 0o444,
            _ => match Self::kind_of(node) {
                FileType::Dir if self.is_sys() && node != Node::Static(self.top) => 0o755,
                FileType::Dir => 0o555,
                FileType::Symlink => 0o777,
                _ if self.is_sys() => 0o644,
                _ => 0o444,
            },
        }
    }

    /// Everything in a directory, in order.
    fn children(&self, node: Node) -> Vec<(Vec<u8>, Node)> {
        match node {
            Node::Static(dir) => {
                let fixed = STATIC.iter().enumerate();
                let fixed = fixed.filter(|&(i, it)| it.0 == dir && i != dir && self.has(i));
                let mut list: Vec<_> =
                    fixed.map(|(i, it)| (it.1.as_bytes().to_vec(), Node::Static(i))).collect();
                if dir == UNIONS {
                    let unions = self.view.unions.iter().enumerate();
                    list.extend(
                        unions.map(|(at, it)| (it.0.clone().into_bytes(), Node::Union(at))),
                    );
                }
                if dir == 0 {
                    let pids = self.view.pids.iter().map(|it| it.pid);
                    list.extend(pids.map(|pid| (pid.to_string().into_bytes(), Node::Pid(pid))));
                }
                list
            }
            Node::Pid(pid) => {
                let mut list: Vec<_> = PID_FILES
                    .iter()
                    .enumerate()
                    .map(|(i, it)| (it.0.as_bytes().to_vec(), Node::PidFile(pid, i)))
                    .collect();
                list.insert(0, (b"fd".to_vec(), Node::FdDir(pid)));
                list
            }
            Node::FdDir(pid) => {
                let fds = self.view.pid(pid).map(|it| &it.fds[..]).unwrap_or_default();
                fds.iter()
                    .map(|it| (it.fd.to_string().into_bytes(), Node::Fd(pid, it.fd)))
                    .collect()
            }
            Node::Union(at) => {
                let files = self.view.unions.get(at).map(|it| &it.1[..]).unwrap_or_default();
                let named = |(file, it): (usize, &(String, Vec<u8>))| {
                    (it.0.clone().into_bytes(), Node::UnionFile(at, file))
                };
                files.iter().enumerate().map(named).collect()
            }
            Node::PidFile(..) | Node::Fd(..) | Node::UnionFile(..) => Vec::new(),
        }
    }

    fn above(node: Node) -> Node {
        match node {
            Node::Static(index) => Node::Static(STATIC[index].0),
            Node::Pid(_) => Node::Static(0),
            Node::FdDir(pid) | Node::PidFile(pid, _) => Node::Pid(pid),
            Node::Fd(pid, _) => Node::FdDir(pid),
            Node::Union(_) => Node::Static(UNIONS),
            Node::UnionFile(at, _) => Node::Union(at),
        }
    }

    fn text(&self, node: Node, now: Timespec) -> Vec<u8> {
        match node {
            Node::Static(index) => match STATIC[index].2 {
                Content::File(make) => make(&self.view, 0, now),
                Content::Param(_, value) => format!("{value}\n").into_bytes(),
                _ => Vec::new(),
            },
            Node::PidFile(pid, index) => match PID_FILES[index].1 {
                Content::File(make) => make(&self.view, pid, now),
                _ => Vec::new(),
            },
            Node::UnionFile(at, file) => {
                self.union_file(at, file).map(|it| it.1.clone()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

impl FileSystem for ProcFs {
    fn type_name(&self) -> &'static str {
        if self.is_sys() { "sysfs" } else { "proc" }
    }
    fn root(&self) -> Ino {
        Node::Static(self.top).ino()
    }
    fn traits(&self) -> Traits {
        Traits {
            xattrs: false,
            acls: false,
            handles: false,
            tmpfile: false,
            rename_whiteout: false,
            reflink: false,
            read_only: false,
            depth: 2,
            has_d_real: true,
            confined: false,
            ino32: false,
            block: 1024,
            size_max: SIZE_MAX,
        }
    }
    fn pin(&mut self, _cx: &mut Cx<'_>, _ino: Ino) {}
    fn unpin(&mut self, _cx: &mut Cx<'_>, _ino: Ino) {}

    fn lookup(&mut self, _cx: &mut Cx<'_>, dir: Ino, name: Name<'_>) -> Result<Ino> {
        let node = self.node(dir)?;
        if Self::kind_of(node) != FileType::Dir {
            return Err(Errno::ENOTDIR);
        }
        let found = self.children(node).into_iter().find(|it| it.0 == name.bytes());
        found.map(|it| it.1.ino()).ok_or(Errno::ENOENT)
    }
    fn parent(&mut self, _cx: &mut Cx<'_>, dir: Ino) -> Result<Ino> {
        Ok(Self::above(self.node(dir)?).ino())
    }
    fn getattr(&mut self, cx: &mut Cx<'_>, ino: Ino) -> Result<Attr> {
        let node = self.node(ino)?;
        let kind = Self::kind_of(node);
        let (uid, gid) = match node {
            Node::Static(_) | Node::Union(_) | Node::UnionFile(..) => (0, 0),
            Node::Pid(pid) | Node::FdDir(pid) | Node::PidFile(pid, _) | Node::Fd(pid, _) => {
                self.view.pid(pid).map_or((0, 0), |it| (it.uid, it.gid))
            }
        };
        let subdirs = if kind == FileType::Dir {
            let children = self.children(node);
            2 + children.iter().filter(|it| Self::kind_of(it.1) == FileType::Dir).count() as u32
        } else {
            1
        };
        let now = cx.clock.coarse();
        Ok(Attr {
            dev: self.dev,
            ino: ino.0,
            kind,
            mode: Mode::new(self.mode_of(node)),
            nlink: subdirs,
            uid,
            gid,
            rdev: Dev::default(),
            size: match node {
                Node::Fd(..) => 64,
                _ if self.is_sys() && kind == FileType::Reg => 4096,
                _ => 0,
            },
            blksize: if self.is_sys() { 4096 } else { 1024 },
            blocks: 0,
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
        })
    }
    fn setattr(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _set: &SetAttr) -> Result<()> {
        Err(Errno::EPERM)
    }
    fn permission(&mut self, cx: &mut Cx<'_>, ino: Ino, mask: u8) -> Result<()> {
        let attr = self.getattr(cx, ino)?;
        crate::fs::checked::generic_permission(cx.cred, attr.guard(), None, mask)
    }
    fn readlink(&mut self, _cx: &mut Cx<'_>, ino: Ino) -> Result<Vec<u8>> {
        let (content, pid) = match self.node(ino)? {
            Node::Static(index) => (STATIC[index].2, self.view.current),
            Node::PidFile(pid, index) => (PID_FILES[index].1, pid),
            Node::Fd(pid, fd) => {
                return self.view.fd(pid, fd).map(|it| it.link.clone()).ok_or(Errno::ENOENT);
            }
            _ => return Err(Errno::EINVAL),
        };
        match content {
            Content::Link(make) => make(&self.view, pid).ok_or(Errno::ENOENT),
            _ => Err(Errno::EINVAL),
        }
    }
    fn create(&mut self, _: &mut Cx<'_>, _: Ino, _: Name<'_>, _: &NewNode) -> Result<Ino> {
        Err(Errno::ENOENT)
    }
    fn tmpfile(&mut self, _cx: &mut Cx<'_>, _dir: Ino, _new: &NewNode) -> Result<Ino> {
        Err(Errno::EOPNOTSUPP)
    }
    fn link(&mut self, _: &mut Cx<'_>, _: Ino, _: Ino, _: Name<'_>) -> Result<()> {
        Err(Errno::EPERM)
    }
    fn unlink(&mut self, _cx: &mut Cx<'_>, _dir: Ino, _name: Name<'_>) -> Result<()> {
        Err(Errno::EPERM)
    }
    fn rmdir(&mut self, _cx: &mut Cx<'_>, _dir: Ino, _name: Name<'_>) -> Result<()> {
        Err(Errno::EPERM)
    }
    fn rename(
        &mut self,
        _cx: &mut Cx<'_>,
        _dir: Ino,
        _name: Name<'_>,
        _to_dir: Ino,
        _to_name: Name<'_>,
        _flags: RenameFlags,
    ) -> Result<()> {
        Err(Errno::EPERM)
    }
    fn open(&mut self, _cx: &mut Cx<'_>, ino: Ino, flags: OpenFlags) -> Result<Fh> {
        self.node(ino)?;
        if flags.writes() { Err(Errno::EACCES) } else { Ok(Fh(0)) }
    }
    fn release(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _fh: Fh) {}
    fn read(
        &mut self,
        cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        off: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        let text = self.text(self.node(ino)?, cx.clock.now());
        let rest = usize::try_from(off).ok().and_then(|off| text.get(off..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn write(&mut self, _: &mut Cx<'_>, _: Ino, _: Fh, _: u64, _: &[u8]) -> Result<usize> {
        Err(Errno::EACCES)
    }
    fn read_rope(&mut self, _: &mut Cx<'_>, _: Ino, _: u64, _: u64) -> Result<Rope> {
        Err(Errno::EINVAL)
    }
    fn write_rope(&mut self, _: &mut Cx<'_>, _: Ino, _: u64, _: &Rope) -> Result<()> {
        Err(Errno::EINVAL)
    }
    fn fallocate(&mut self, _: &mut Cx<'_>, _: Ino, _: u32, _: u64, _: u64) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }
    fn seek(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _off: u64, _whence: Whence) -> Result<u64> {
        Err(Errno::EINVAL)
    }
    fn fsync(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<()> {
        Err(Errno::EINVAL)
    }
    fn readdir(
        &mut self,
        _cx: &mut Cx<'_>,
        ino: Ino,
        _fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let node = self.node(ino)?;
        let mut list = vec![(b".".to_vec(), node), (b"..".to_vec(), Self::above(node))];
        list.extend(self.children(node));
        let from = usize::try_from(pos).unwrap_or(0);
        for (i, (name, child)) in list.iter().enumerate().skip(from) {
            let kind = Self::kind_of(*child);
            let entry = Entry { ino: child.ino().0, next: i as i64 + 1, kind, name };
            if !emit(entry) {
                break;
            }
        }
        Ok(())
    }
    fn seekdir(
        &mut self,
        _cx: &mut Cx<'_>,
        _ino: Ino,
        _fh: Fh,
        _pos: i64,
        off: i64,
        whence: Whence,
    ) -> Result<i64> {
        let ok = whence == Whence::Set && off >= 0;
        if ok { Ok(off) } else { Err(Errno::EINVAL) }
    }
    fn getxattr(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _name: &[u8]) -> Result<Vec<u8>> {
        Err(Errno::EOPNOTSUPP)
    }
    fn setxattr(
        &mut self,
        _cx: &mut Cx<'_>,
        _ino: Ino,
        _name: &[u8],
        _value: &[u8],
        _mode: XattrMode,
    ) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }
    fn removexattr(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _name: &[u8]) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }
    fn listxattr(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
    fn get_flags(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Result<u32> {
        Err(Errno::ENOTTY)
    }
    fn set_flags(&mut self, _cx: &mut Cx<'_>, _ino: Ino, _flags: u32) -> Result<()> {
        Err(Errno::ENOTTY)
    }
    fn statfs(&mut self, _cx: &mut Cx<'_>) -> Result<StatFs> {
        let magic = if self.is_sys() { 0x6265_6572 } else { 0x9fa0 };
        Ok(StatFs { magic, bsize: 4096, namelen: 255, ..StatFs::default() })
    }
    fn encode_handle(&mut self, _cx: &mut Cx<'_>, _ino: Ino) -> Option<(u8, Vec<u8>)> {
        None
    }
    fn decode_handle(&mut self, _cx: &mut Cx<'_>, _kind: u8, _handle: &[u8]) -> Result<Ino> {
        Err(Errno::ESTALE)
    }
    fn uuid(&self) -> [u8; 16] {
        [0; 16]
    }
}

/// The name of a file in a process's directory.
pub(super) fn pid_file_name(index: usize) -> &'static str {
    PID_FILES.get(index).map_or("", |it| it.0)
}
