//! The machine behind the mount, and the frame of every request: who calls, what time it is, and
//! bytes from outside that a call waits for.

use super::caller::{Asks, Caller};
use super::convert;
use super::locks::Waiting;
use super::nodes::{Met, Nodes};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::NeedBytes;
use crate::machine::Machine;
use crate::sys::{Fd, Sys, at};
use crate::types::{Attr, Dirent, OpenFlags, Result};
use crate::vfs::{FileId, Kept, Pid, Place, SysOf};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Brings bytes of a source outside of the machine.
pub trait Bring: Send {
    /// # Errors
    /// What reading the source said.
    fn bring(&mut self, need: NeedBytes) -> std::io::Result<Arc<[u8]>>;
}

/// Bytes from outside that are remembered before they are forgotten and asked for again.
const REMEMBERED: u64 = 64 << 20;

/// A machine that is served: to the real kernel by FUSE, to `layerglass run` by a socket. Whoever
/// has it does one system call at a time.
#[derive(Clone)]
pub struct Host {
    state: Arc<Mutex<State>>,
}

/// Everything behind the lock.
pub struct State {
    pub machine: Machine,
    /// The process that does what is asked for.
    pid: Pid,
    pub nodes: Nodes,
    files: BTreeMap<u64, FileId>,
    last_file: u64,
    outside: Option<Box<dyn Bring>>,
    brought: u64,
    pub waiting: Vec<Waiting>,
    /// The mount is gone or going: no more changes.
    pub over: bool,
}

impl Host {
    /// Serves the machine from the directory `root`.
    ///
    /// # Errors
    /// Those of a path walk; `ENOTDIR`.
    pub fn new(mut machine: Machine, root: &[u8], outside: Option<Box<dyn Bring>>) -> Result<Host> {
        let pid = machine.kernel.fork(machine.init(), &[]);
        machine.kernel.set_command(pid, &[b"fuse".to_vec()]);
        Host::real_clock(&mut machine);
        let flags = OpenFlags::PATH | OpenFlags::DIRECTORY;
        let fd = machine.kernel.sys(pid).openat(crate::sys::AT_FDCWD, root, flags, 0)?;
        let kept = machine.kernel.held_by(pid, fd).ok_or(Errno::ENOENT)?;
        let dev = machine.kernel.sys(pid).fstat(fd)?.dev;
        machine.kernel.hold(kept.place);
        machine.kernel.sys(pid).close(fd)?;
        let mut nodes = Nodes::default();
        nodes.root(&kept, dev);
        let state = State {
            machine,
            pid,
            nodes,
            files: BTreeMap::new(),
            last_file: 0,
            outside,
            brought: 0,
            waiting: Vec::new(),
            over: false,
        };
        Ok(Host { state: Arc::new(Mutex::new(state)) })
    }

    /// From now on the machine's clock is not behind the real one.
    pub fn real_clock(machine: &mut Machine) {
        machine.kernel.clock.set(convert::now());
    }

    /// The machine, for whoever has nothing to do with requests.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a request is a bug of ours; what it left is still the machine.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Does a request as its caller. `call` is done again when it lacked bytes from outside.
    ///
    /// # Errors
    /// Those of `call`; `EIO` when the bytes cannot be had, `ENODEV` when the mount is over.
    pub fn ask<R>(
        &self,
        cred: &Cred,
        umask: u32,
        mut call: impl FnMut(&mut State) -> Result<R>,
    ) -> Result<R> {
        let mut state = self.lock();
        if state.over {
            return Err(Errno::ENODEV);
        }
        state.begin(cred, umask);
        let res = loop {
            let res = call(&mut state);
            state.close_all();
            match res {
                Err(Errno::EAGAIN) if state.bring_all()? => {}
                res => break res,
            }
        };
        state.let_waiting_try();
        res
    }
}

impl Caller {
    /// The credentials of an ordinary request.
    pub fn now(self) -> Cred {
        self.cred(Asks::Effective)
    }
}

impl State {
    fn begin(&mut self, cred: &Cred, umask: u32) {
        let (kernel, pid) = (&mut self.machine.kernel, self.pid);
        kernel.clock.set(convert::now());
        if self.brought > REMEMBERED {
            kernel.disks.blobs.forget();
            self.brought = 0;
        }
        let mut sys = kernel.sys(pid);
        // The process lives as long as the host.
        let _ = sys.masquerade(cred);
        sys.umask(umask);
    }

    /// Brings everything that calls wait for; false if nothing is.
    ///
    /// # Errors
    /// `EIO`.
    pub fn bring_all(&mut self) -> Result<bool> {
        let needs = self.machine.kernel.disks.blobs.needs().to_vec();
        for need in &needs {
            let outside = self.outside.as_mut().ok_or(Errno::EIO)?;
            let got = outside.bring(*need);
            let blobs = &mut self.machine.kernel.disks.blobs;
            match got {
                Ok(bytes) => {
                    self.brought += need.len;
                    blobs.supply(need.source, need.at, bytes);
                }
                Err(why) => {
                    eprintln!("layerglass fuse: {why}");
                    // Nobody waits for it any more.
                    blobs.supply(need.source, need.at, Arc::from([]));
                    blobs.forget();
                    return Err(Errno::EIO);
                }
            }
        }
        Ok(!needs.is_empty())
    }

    pub fn sys(&mut self) -> SysOf<'_> {
        self.machine.kernel.sys(self.pid)
    }

    fn close_all(&mut self) {
        let Some(process) = self.machine.kernel.process(self.pid) else { return };
        for fd in process.fds() {
            let _ = self.sys().close(fd);
        }
    }

    /// A descriptor of a node, as `O_PATH`.
    ///
    /// # Errors
    /// `ESTALE`.
    pub fn node(&mut self, id: u64) -> Result<Fd> {
        let kept = self.kept(id)?;
        self.machine.kernel.hand(self.pid, &kept)
    }

    fn kept(&self, id: u64) -> Result<Kept> {
        self.nodes.kept(id, &self.machine.kernel.mounts).ok_or(Errno::ESTALE)
    }

    /// A descriptor of an open file.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn file(&mut self, fh: u64) -> Result<Fd> {
        let file = *self.files.get(&fh).ok_or(Errno::EBADF)?;
        self.machine.kernel.hand_file(self.pid, file)
    }

    /// The number for a file that was just opened.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn opened(&mut self, fd: Fd) -> Result<u64> {
        let file = self.machine.kernel.take_file(self.pid, fd)?;
        self.last_file += 1;
        self.files.insert(self.last_file, file);
        Ok(self.last_file)
    }

    /// The real kernel has closed it.
    pub fn release(&mut self, fh: u64) {
        if let Some(file) = self.files.remove(&fh) {
            self.machine.kernel.close_file(file);
        }
    }

    /// Looks a name up: what it leads to, known from now on, with its attributes.
    ///
    /// # Errors
    /// Those of a path walk of one name.
    pub fn lookup(&mut self, dir: u64, name: &[u8]) -> Result<Found> {
        let above = self.node(dir)?;
        let flags = OpenFlags::PATH | OpenFlags::NOFOLLOW;
        let fd = self.sys().openat(above, name, flags, 0)?;
        let found = self.met(fd, dir, name);
        let _ = (self.sys().close(fd), self.sys().close(above));
        found
    }

    /// What a descriptor leads to is known from now on, under this name.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn met(&mut self, fd: Fd, dir: u64, name: &[u8]) -> Result<Found> {
        let attr = self.sys().fstat(fd)?;
        let place = self.machine.kernel.held_by(self.pid, fd).ok_or(Errno::ESTALE)?.place;
        let number = self.nodes.number(place.mnt, attr.dev, attr.ino);
        let key = self.key(place);
        let (id, met) = self.nodes.found((place, key), number, (dir, name));
        if met != Met::Known {
            self.machine.kernel.hold(place);
        }
        if let Met::Elsewhere(old) = met {
            self.machine.kernel.let_go(old);
        }
        Ok(Found { id, generation: self.nodes.generation(id), attr })
    }

    /// The place with the one number of its inode.
    fn key(&self, place: Place) -> Place {
        let fs = self.machine.kernel.disks.peek(place.fs);
        Place { ino: fs.map_or(place.ino, |it| it.identity(place.ino)), ..place }
    }

    /// Attributes of what a descriptor leads to, with the number to show.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn attr(&mut self, fd: Fd) -> Result<(Attr, u64)> {
        let attr = self.sys().fstat(fd)?;
        let place = self.machine.kernel.held_by(self.pid, fd).ok_or(Errno::ESTALE)?.place;
        Ok((attr, self.nodes.number(place.mnt, attr.dev, attr.ino)))
    }

    /// The real kernel forgets a node.
    pub fn forget(&mut self, id: u64, lookups: u64) {
        if let Some(place) = self.nodes.forget(id, lookups) {
            self.machine.kernel.let_go(place);
        }
    }

    /// A name moved: what is there now is known by it.
    pub fn renamed(&mut self, dir: u64, name: &[u8]) {
        let Ok(above) = self.node(dir) else { return };
        let flags = OpenFlags::PATH | OpenFlags::NOFOLLOW;
        let Ok(fd) = self.sys().openat(above, name, flags, 0) else { return };
        if let Some(kept) = self.machine.kernel.held_by(self.pid, fd) {
            let key = self.key(kept.place);
            self.nodes.moved(key, dir, name);
        }
    }

    /// Entries of an open directory from a position on, with the numbers to show.
    ///
    /// # Errors
    /// Those of `getdents64(2)`.
    pub fn entries(&mut self, fh: u64, pos: i64, max: usize) -> Result<Vec<Dirent>> {
        let fd = self.file(fh)?;
        let mut list = self.sys().entries_from(fd, pos, max)?;
        let place = self.machine.kernel.held_by(self.pid, fd).ok_or(Errno::EBADF)?.place;
        let dev = self.device(place);
        for entry in &mut list {
            entry.ino = self.nodes.number(place.mnt, dev, entry.ino);
        }
        Ok(list)
    }

    /// The device of most of what is on a mount.
    fn device(&self, place: Place) -> crate::types::Dev {
        self.machine.kernel.mounts.super_of(place.fs).map(|it| it.dev).unwrap_or_default()
    }

    /// Ends all that the real kernel still holds. Nothing more is answered.
    pub fn end(&mut self) {
        self.over = true;
        for fh in self.files.keys().copied().collect::<Vec<_>>() {
            self.release(fh);
        }
        for place in self.nodes.places().collect::<Vec<_>>() {
            self.machine.kernel.let_go(place);
        }
        self.nodes = Nodes::default();
        self.waiting.clear();
    }
}

/// What a lookup led to.
pub struct Found {
    pub id: u64,
    pub generation: u64,
    pub attr: Attr,
}

/// Flags for a place of its own: nothing is followed.
pub const HERE: u32 = at::EMPTY_PATH | at::SYMLINK_NOFOLLOW;
