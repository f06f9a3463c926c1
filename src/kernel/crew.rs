//! Several processes, as far as a file system can tell: threads, each with credentials, a working
//! directory, a umask and descriptors of its own.

use super::sys::{self, Job, Mapping};
use super::{LiveSys, errno};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{Fd, Flock, RangeLock, Sys};
use crate::types::{
    Attr, Dev, Dirent, Mode, OpenFlags, RenameFlags, Result, SetTime, StatFs, Timespec, Whence,
    XattrMode,
};
use rustix::thread::UnshareFlags;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};

/// This process and those that play others; calls go to the one whose turn it is.
pub struct Crew {
    me: LiveSys,
    others: BTreeMap<usize, Other>,
    now: usize,
    programs: BTreeMap<i32, Child>,
    maps: BTreeMap<u64, Mapping>,
    last: u64,
}

/// Another process.
struct Other {
    jobs: Sender<Job<'static>>,
    done: Receiver<()>,
}

impl Other {
    /// # Errors
    /// Of making the thread a process.
    fn start() -> Result<Other> {
        let (jobs, todo) = channel::<Job<'static>>();
        let (finished, done) = channel();
        let (born, ready) = channel();
        let life = move || {
            let own = sys::unshare(UnshareFlags::FS).and_then(|()| sys::own_descriptors());
            let lives = own.is_ok();
            if born.send(own).is_err() || !lives {
                return;
            }
            let mut sys = LiveSys::new();
            for job in todo {
                job(&mut sys);
                if finished.send(()).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().spawn(life).map_err(|_| Errno::EAGAIN)?;
        ready.recv().map_err(|_| Errno::EAGAIN)??;
        Ok(Other { jobs, done })
    }

    fn run<R: Send>(&self, what: impl FnOnce(&mut LiveSys) -> R + Send) -> R {
        let mut answer = None;
        let job: Job<'_> = Box::new(|sys| answer = Some(what(sys)));
        // A job that cannot be sent, or whose thread died of it, is dropped there.
        sys::lend(
            job,
            |job| drop(self.jobs.send(job)),
            || {
                let _ = self.done.recv();
            },
        );
        answer.expect("the thread of another process lives")
    }
}

impl Crew {
    pub fn new(me: LiveSys) -> Crew {
        Crew {
            me,
            others: BTreeMap::new(),
            now: 0,
            programs: BTreeMap::new(),
            maps: BTreeMap::new(),
            last: 0,
        }
    }

    /// From here on calls are those of process `nth`; 0 is this one.
    ///
    /// # Errors
    /// `EAGAIN` when no more processes can be had.
    pub fn act(&mut self, nth: usize) -> Result<()> {
        if nth > 0 && !self.others.contains_key(&nth) {
            self.others.insert(nth, Other::start()?);
        }
        self.now = nth;
        Ok(())
    }

    fn on<R: Send>(&mut self, what: impl FnOnce(&mut LiveSys) -> R + Send) -> R {
        match self.others.get(&self.now) {
            Some(other) if self.now > 0 => other.run(what),
            _ => what(&mut self.me),
        }
    }

    /// Nothing is open, mapped or running any more, and everybody stands where this process stands.
    pub fn close_all(&mut self) {
        self.now = 0;
        self.me.close_all();
        self.maps.clear();
        for program in self.programs.keys().copied().collect::<Vec<_>>() {
            let _ = self.kill(program);
        }
        for other in self.others.values() {
            other.run(|sys| {
                sys.close_all();
                let _ = sys.masquerade(&Cred { caps: crate::cred::Caps::ALL, ..Cred::root() });
                let _ = sys.chdir(b"/");
            });
        }
    }

    /// Runs a program as a child of the process whose turn it is, until it stops itself; it inherits the
    /// working directory.
    ///
    /// # Errors
    /// Of `execve(2)`.
    pub fn exec(&mut self, path: &[u8]) -> Result<i32> {
        let path = if path.contains(&b'/') { path.to_vec() } else { [b"./", path].concat() };
        let child = self.on(|_| {
            let spawned = Command::new(OsStr::from_bytes(&path)).env_clear().spawn();
            spawned.map_err(|err| {
                let number = err.raw_os_error().unwrap_or(libc::EIO);
                errno(rustix::io::Errno::from_raw_os_error(number))
            })
        })?;
        let number = child.id() as i32;
        // It stops itself: from then on nothing happens behind a script's back.
        let stopped = rustix::process::WaitOptions::UNTRACED;
        let _ = rustix::process::waitpid(rustix::process::Pid::from_raw(number), stopped);
        self.programs.insert(number, child);
        Ok(number)
    }

    /// Ends a program.
    ///
    /// # Errors
    /// `ESRCH` when it is not one of ours.
    pub fn kill(&mut self, program: i32) -> Result<()> {
        let mut child = self.programs.remove(&program).ok_or(Errno::ESRCH)?;
        let cred = self.me.cred();
        self.me.masquerade(&Cred { caps: crate::cred::Caps::ALL, ..Cred::root() })?;
        self.me.effective(self.me.permitted)?;
        let ended = child.kill().and_then(|()| child.wait());
        self.me.masquerade(&cred)?;
        ended.map(drop).map_err(|_| Errno::EPERM)
    }

    /// Maps the beginning of a file into memory, to be read.
    ///
    /// # Errors
    /// Of `mmap(2)`.
    pub fn map(&mut self, fd: Fd, len: u64) -> Result<u64> {
        let map = self.on(|sys| sys.map(fd, len))?;
        self.last += 1;
        self.maps.insert(self.last, map);
        Ok(self.last)
    }

    /// # Errors
    /// `EINVAL` when there is no such mapping.
    pub fn unmap(&mut self, number: u64) -> Result<()> {
        self.maps.remove(&number).map(drop).ok_or(Errno::EINVAL)
    }

    /// # Errors
    /// `EFAULT` where there is no page, `EINVAL` when there is no such mapping.
    pub fn peek(&self, number: u64, off: u64, len: u64) -> Result<Vec<u8>> {
        self.maps.get(&number).ok_or(Errno::EINVAL)?.peek(off, len)
    }

    /// Stores bytes in a file by a mapping of its pages, written out and removed again.
    ///
    /// # Errors
    /// Of `mmap(2)` and `msync(2)`; `EFAULT` where there is no page.
    pub fn store(&mut self, fd: Fd, off: u64, data: &[u8]) -> Result<usize> {
        self.on(|sys| sys.store(fd, off, data))
    }

    /// # Errors
    /// Of `fcntl(2)`.
    pub fn lock_range(&mut self, fd: Fd, lock: &RangeLock) -> Result<()> {
        self.on(|sys| sys.lock_range(fd, lock))
    }

    /// # Errors
    /// Of `fcntl(2)`.
    pub fn range_in_the_way(&mut self, fd: Fd, lock: &RangeLock) -> Result<Option<RangeLock>> {
        self.on(|sys| sys.range_in_the_way(fd, lock))
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.close_all();
    }
}

/// Each call goes to the process whose turn it is.
macro_rules! forwarded {
    ($(fn $name:ident(&mut self $(, $arg:ident: $ty:ty)*) $(-> $ret:ty)?;)*) => {
        $(fn $name(&mut self $(, $arg: $ty)*) $(-> $ret)? {
            self.on(|sys| sys.$name($($arg),*))
        })*
    };
}

impl Sys for Crew {
    forwarded! {
        fn openat(&mut self, dir: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd>;
        fn close(&mut self, fd: Fd) -> Result<()>;
        fn read(&mut self, fd: Fd, buf: &mut [u8]) -> Result<usize>;
        fn write(&mut self, fd: Fd, data: &[u8]) -> Result<usize>;
        fn pread(&mut self, fd: Fd, buf: &mut [u8], off: u64) -> Result<usize>;
        fn pwrite(&mut self, fd: Fd, data: &[u8], off: u64) -> Result<usize>;
        fn lseek(&mut self, fd: Fd, off: i64, whence: Whence) -> Result<u64>;
        fn dup(&mut self, fd: Fd, min: Fd) -> Result<Fd>;
        fn dup2(&mut self, fd: Fd, to: Fd) -> Result<Fd>;
        fn fd_flags(&mut self, fd: Fd) -> Result<OpenFlags>;
        fn set_cloexec(&mut self, fd: Fd, on: bool) -> Result<()>;
        fn pipe(&mut self) -> Result<(Fd, Fd)>;
        fn isatty(&mut self, fd: Fd) -> bool;
        fn getdents(&mut self, fd: Fd, max: usize) -> Result<Vec<Dirent>>;
        fn mkdirat(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()>;
        fn mknodat(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()>;
        fn symlinkat(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()>;
        fn linkat(&mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: u32) -> Result<()>;
        fn unlinkat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<()>;
        fn renameat2(
            &mut self, dir: Fd, path: &[u8], to: Fd, to_path: &[u8], flags: RenameFlags
        ) -> Result<()>;
        fn readlinkat(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>>;
        fn statat(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Attr>;
        fn fstat(&mut self, fd: Fd) -> Result<Attr>;
        fn statfs(&mut self, path: &[u8]) -> Result<StatFs>;
        fn fstatfs(&mut self, fd: Fd) -> Result<StatFs>;
        fn truncate(&mut self, path: &[u8], len: i64) -> Result<()>;
        fn ftruncate(&mut self, fd: Fd, len: i64) -> Result<()>;
        fn fallocate(&mut self, fd: Fd, mode: u32, off: i64, len: i64) -> Result<()>;
        fn copy_file_range(
            &mut self, from: Fd, from_off: Option<u64>, to: Fd, to_off: Option<u64>, len: u64
        ) -> Result<u64>;
        fn ficlone(&mut self, to: Fd, from: Fd) -> Result<()>;
        fn fsync(&mut self, fd: Fd) -> Result<()>;
        fn syncfs(&mut self, fd: Fd) -> Result<()>;
        fn flock(&mut self, fd: Fd, op: Flock) -> Result<()>;
        fn fchmodat(&mut self, dir: Fd, path: &[u8], mode: Mode) -> Result<()>;
        fn fchmod(&mut self, fd: Fd, mode: Mode) -> Result<()>;
        fn fchownat(
            &mut self, dir: Fd, path: &[u8], uid: Option<u32>, gid: Option<u32>, flags: u32
        ) -> Result<()>;
        fn fchown(&mut self, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Result<()>;
        fn utimensat(
            &mut self, dir: Fd, path: &[u8], atime: Option<SetTime>, mtime: Option<SetTime>, flags: u32
        ) -> Result<()>;
        fn futimens(&mut self, fd: Fd, atime: Option<SetTime>, mtime: Option<SetTime>) -> Result<()>;
        fn faccessat(&mut self, dir: Fd, path: &[u8], mask: u8, flags: u32) -> Result<()>;
        fn getxattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<Vec<u8>>;
        fn fgetxattr(&mut self, fd: Fd, name: &[u8]) -> Result<Vec<u8>>;
        fn setxattr(
            &mut self, path: &[u8], name: &[u8], value: &[u8], mode: XattrMode, follow: bool
        ) -> Result<()>;
        fn fsetxattr(&mut self, fd: Fd, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()>;
        fn removexattr(&mut self, path: &[u8], name: &[u8], follow: bool) -> Result<()>;
        fn fremovexattr(&mut self, fd: Fd, name: &[u8]) -> Result<()>;
        fn listxattr(&mut self, path: &[u8], follow: bool) -> Result<Vec<Vec<u8>>>;
        fn flistxattr(&mut self, fd: Fd) -> Result<Vec<Vec<u8>>>;
        fn get_flags(&mut self, fd: Fd) -> Result<u32>;
        fn set_flags(&mut self, fd: Fd, flags: u32) -> Result<()>;
        fn name_to_handle_at(
            &mut self, dir: Fd, path: &[u8], flags: u32
        ) -> Result<(i32, i32, Vec<u8>)>;
        fn open_by_handle_at(
            &mut self, mount: Fd, kind: i32, handle: &[u8], flags: OpenFlags
        ) -> Result<Fd>;
        fn chdir(&mut self, path: &[u8]) -> Result<()>;
        fn fchdir(&mut self, fd: Fd) -> Result<()>;
        fn getcwd(&mut self) -> Result<Vec<u8>>;
        fn chroot(&mut self, path: &[u8]) -> Result<()>;
        fn umask(&mut self, mask: u32) -> u32;
        fn set_cred(&mut self, cred: &Cred) -> Result<()>;
        fn mount(
            &mut self, source: &[u8], target: &[u8], fstype: &[u8], flags: u64, data: &[u8]
        ) -> Result<()>;
        fn umount(&mut self, target: &[u8], flags: u32) -> Result<()>;
        fn mount_new(
            &mut self,
            source: &[u8],
            target: &[u8],
            fstype: &[u8],
            config: &[(Vec<u8>, Vec<u8>)],
            flags: u64
        ) -> std::result::Result<(), (Errno, Vec<String>)>;
        fn clock(&mut self) -> Timespec;
    }

    fn each_dirent(
        &mut self,
        fd: Fd,
        max: usize,
        take: &mut dyn FnMut(crate::types::Entry<'_>),
    ) -> Result<usize> {
        if self.now == 0 {
            return self.me.each_dirent(fd, max, take);
        }
        let list = self.getdents(fd, max)?;
        for it in &list {
            take(crate::types::Entry { ino: it.ino, next: it.off, kind: it.kind, name: &it.name });
        }
        Ok(list.len())
    }

    fn cred(&self) -> Cred {
        match self.others.get(&self.now) {
            Some(other) if self.now > 0 => other.run(|sys| sys.cred()),
            _ => self.me.cred(),
        }
    }

    fn getpid(&self) -> i32 {
        self.me.getpid()
    }
}
