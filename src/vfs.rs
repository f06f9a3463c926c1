//! Processes, descriptors, path walk, mounts: the system calls of the simulated kernel.
//!
//! [`Kernel`] is everything that system calls can see or change; it is cheap to clone, and a clone
//! is a snapshot. [`SysOf`] is the view of one process. File systems are reached by the trait
//! alone; what they do is none of this room's business.

mod call;
pub mod console;
mod dev;
mod digest;
mod fd;
mod locks;
mod maps;
pub mod mounts;
mod paths;
mod pipe;
mod proc;
mod process;
mod ranges;
mod services;
#[cfg(test)]
mod tests;
mod walk;

pub use crate::overlay::{FEATURES, Feature, Known, Profile as OverlayProfile, Version};
pub use console::{Console, Stream};
pub use mounts::{Kept, Mount, MountId, Mounts, Place, Super};
pub use proc::Identity;
pub use process::Process;
pub use services::{Heard, Services};

use crate::block::Blocks;
use crate::cred::Cred;
use crate::fs::{Clock, Cx, Disks, FileSystem};
use crate::store::Map;
use crate::sys::{Fd, ms};
use crate::trace::Tracer;
use crate::types::{Dev, FsId, Ino, Result, Timespec};
pub use fd::FileId;
use fd::{Body, Files, OpenFile, Slot};
use locks::Locks;
use maps::Mapping;
use pipe::{Pipe, PipeId};
use ranges::{Owner, Ranges};
use std::sync::Arc;

/// A process number.
pub type Pid = i32;

/// The simulated kernel: everything that system calls can see or change.
#[derive(Clone, Default)]
pub struct Kernel {
    pub disks: Disks,
    pub clock: Clock,
    pub trace: Tracer,
    pub console: Console,
    pub mounts: Mounts,
    /// Lines of the kernel log (`dmesg`) with the time since the machine came up, oldest first.
    pub log: Arc<Vec<(Timespec, String)>>,
    /// What /proc tells of the machine.
    pub identity: Identity,
    /// Which kernel's OverlayFS is mounted.
    pub overlay: crate::overlay::Profile,
    /// Block devices, and the file systems that are on them.
    pub block: Blocks,
    /// What services hold in memory.
    pub services: Services,
    procs: Arc<Map<Pid, Process>>,
    files: Files,
    pipes: Map<PipeId, Pipe>,
    fifos: Map<(FsId, Ino), PipeId>,
    locks: Locks,
    ranges: Ranges,
    maps: Map<u64, Mapping>,
    /// Unnamed files that may get a name yet (`O_TMPFILE` without `O_EXCL`).
    linkable: Map<(FsId, Ino), ()>,
    /// Directories found by path.
    paths: paths::Paths,
    last_pid: Pid,
    /// Moves on whenever something happened that another process may wait for.
    pub activity: u64,
    /// The file system of /proc, once it is mounted.
    proc: Option<FsId>,
    /// That of /sys.
    sys_fs: Option<FsId>,
    last_pipe: u64,
    /// State of /dev/urandom's deterministic generator.
    random: u64,
}

/// The system calls of one process: the simulated body of [`crate::sys::Sys`].
pub struct SysOf<'a> {
    pub kernel: &'a mut Kernel,
    pub pid: Pid,
}

impl Kernel {
    /// A machine with `root` mounted at `/`, shown as coming from `source`.
    pub fn new(root: Box<dyn FileSystem>, source: &str) -> Kernel {
        let mut kernel = Kernel::default();
        let fs = kernel.disks.add(root);
        kernel.mount_root(fs, source);
        kernel
    }

    /// From now on it does what this version does: its OverlayFS and its stamps.
    pub fn become_kernel(&mut self, profile: OverlayProfile) {
        self.overlay = profile;
        if !profile.has(Feature::FineStamps) {
            self.clock = std::mem::take(&mut self.clock).without_fine();
        }
    }

    /// Mounts a file system (already among the disks) at `/`: the first mount.
    pub fn mount_root(&mut self, fs: FsId, source: &str) {
        let root = self.root_of(fs);
        let cred = Cred::root();
        let dev = self.cx(&cred, |cx| cx.on(fs, |f, cx| f.getattr(cx, root)));
        let dev = dev.map_or(Dev::default(), |attr| attr.dev);
        self.mounts.set_super(fs, Super { dev, below: Vec::new(), anon: Vec::new(), disk: true });
        self.cx(&cred, |cx| cx.on(fs, |f, cx| f.pin(cx, root)));
        self.mounts.add(Mount {
            id: MountId(0),
            parent: None,
            rel: Arc::from([]),
            fs,
            root,
            root_rel: Arc::from([]),
            flags: ms::RELATIME,
            source: source.as_bytes().into(),
        });
    }

    /// The first process: working directory `/`, descriptors 0, 1 and 2 on the console.
    ///
    /// # Panics
    /// When nothing is mounted.
    pub fn boot_process(&mut self, cred: Cred) -> Pid {
        let root = self.mounts.iter().next().expect("a root is mounted");
        let place = Place { mnt: root.id, fs: root.fs, ino: root.root };
        let here = Kept { place, rel: Arc::from([]), gone: false };
        let (cwd, root) = (self.keep(here.clone()), self.keep(here));
        self.last_pid += 1;
        let pid = self.last_pid;
        let mut process = Process::new(0, cred, cwd, root);
        for (fd, stream) in [Stream::In, Stream::Out, Stream::Err].into_iter().enumerate() {
            let file = self.files.add(OpenFile::console(stream));
            process.fds.put(fd as Fd, Slot { file, cloexec: false });
        }
        Arc::make_mut(&mut self.procs).insert(pid, process);
        pid
    }

    /// The system calls of one process.
    pub fn sys(&mut self, pid: Pid) -> SysOf<'_> {
        SysOf { kernel: self, pid }
    }

    /// A new process like `parent`, with `fds` as its descriptors (child number, parent number).
    /// Descriptors that the parent does not have are left out.
    pub fn fork(&mut self, parent: Pid, fds: &[(Fd, Fd)]) -> Pid {
        let Some(old) = self.procs.get(&parent) else { return parent };
        let mut child = Process::new(parent, Cred::root(), old.cwd.clone(), old.root.clone());
        child.cred = Arc::new((*old.cred).clone());
        child.permitted = old.cred.caps;
        child.umask = old.umask;
        child.heard_by = old.heard_by;
        let slots: Vec<(Fd, FileId)> =
            fds.iter().filter_map(|&(to, from)| Some((to, old.fds.get(from).ok()?.file))).collect();
        let kept = [child.cwd.clone(), child.root.clone()];
        for it in kept {
            self.keep(it);
        }
        for (fd, file) in slots {
            if let Some(open) = self.files.get_mut(file) {
                open.refs += 1;
            }
            if let Some(old) = child.fds.put(fd, Slot { file, cloexec: false }) {
                self.put_file(old.file);
            }
        }
        self.last_pid += 1;
        self.activity += 1;
        Arc::make_mut(&mut self.procs).insert(self.last_pid, child);
        self.last_pid
    }

    /// The process is over: its descriptors close.
    pub fn exit(&mut self, pid: Pid) {
        let Some(process) = Arc::make_mut(&mut self.procs).remove(&pid) else { return };
        self.activity += 1;
        for (_, slot) in process.fds.iter() {
            self.close_of(pid, slot.file);
        }
        self.drop_maps(pid);
        self.drop_kept(&process.cwd);
        self.drop_kept(&process.root);
        if let Some(exe) = &process.exe {
            self.drop_kept(exe);
        }
        self.drop_lost(process.root.place.mnt);
        for pipe in self.pipes.values_mut() {
            pipe.forget(pid);
        }
        self.sweep_pipes();
    }

    /// The process, if it lives.
    pub fn process(&self, pid: Pid) -> Option<&Process> {
        self.procs.get(&pid)
    }

    /// All living processes.
    pub fn pids(&self) -> impl Iterator<Item = Pid> + '_ {
        self.procs.keys().copied()
    }

    /// Names the process for /proc/PID/comm and cmdline.
    pub fn set_command(&mut self, pid: Pid, argv: &[Vec<u8>]) {
        if let Some(process) = Arc::make_mut(&mut self.procs).get_mut(&pid) {
            process.argv = argv.into();
        }
    }

    /// Did a write of this process meet a pipe without readers since the last time?
    pub fn take_sigpipe(&mut self, pid: Pid) -> bool {
        // Asked all the time: nothing is copied to say no.
        self.procs.get(&pid).is_some_and(|it| it.sigpipe)
            && Arc::make_mut(&mut self.procs)
                .get_mut(&pid)
                .is_some_and(|it| std::mem::take(&mut it.sigpipe))
    }

    /// Output on the console since the last time; `true` is standard error.
    pub fn take_output(&mut self) -> Vec<(bool, Vec<u8>)> {
        self.console.take().into_iter().map(|(to, bytes)| (to == Stream::Err, bytes)).collect()
    }

    /// Adds a line to the kernel log.
    pub fn log(&mut self, line: String) {
        let step = crate::trace::Step::Log { line: line.clone() };
        self.trace.step(|| step);
        let up = self.clock.now().sec - crate::fs::clock::START.sec;
        Arc::make_mut(&mut self.log).push((Timespec::new(up, self.clock.now().nsec), line));
    }

    /// Finds a place as a process of root would, without side effects on the process table.
    /// For hosts that look at the machine from outside.
    ///
    /// # Errors
    /// Those of a path walk.
    pub fn find(&mut self, pid: Pid, path: &[u8], follow: bool) -> Result<Place> {
        self.sys(pid).place(crate::sys::AT_FDCWD, path, follow)
    }

    /// Runs `f` on the file systems with these credentials.
    pub fn cx<R>(&mut self, cred: &Cred, f: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        let mut cx =
            Cx { disks: &mut self.disks, cred, clock: &mut self.clock, trace: &mut self.trace };
        f(&mut cx)
    }

    fn root_of(&self, fs: FsId) -> Ino {
        self.disks.peek(fs).map_or(Ino(0), |f| f.root())
    }

    /// Pins a place that somebody holds from now on.
    fn keep(&mut self, kept: Kept) -> Kept {
        let Place { fs, ino, .. } = kept.place;
        self.pin(fs, ino);
        kept
    }

    fn drop_kept(&mut self, kept: &Kept) {
        self.unpin(kept.place.fs, kept.place.ino);
        self.reap(kept.place.fs);
    }

    fn pin(&mut self, fs: FsId, ino: Ino) {
        if self.disks.peek(fs).is_some() {
            self.cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.pin(cx, ino)));
        }
    }

    fn unpin(&mut self, fs: FsId, ino: Ino) {
        if self.disks.peek(fs).is_some() {
            self.cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.unpin(cx, ino)));
        }
    }

    /// What belongs to an inode, not to the name it was reached by, is kept under this.
    fn identity(&self, at: Place) -> (FsId, Ino) {
        (at.fs, self.disks.peek(at.fs).map_or(at.ino, |fs| fs.identity(at.ino)))
    }

    /// What locks of an open file are kept under.
    fn lock_identity(&self, at: Place, body: Body) -> (FsId, Ino) {
        let Body::Inode(fh) = body else { return self.identity(at) };
        (at.fs, self.disks.peek(at.fs).map_or(at.ino, |fs| fs.lock_identity(at.ino, fh)))
    }

    /// Is it made up by the kernel: /proc or /sys?
    fn is_made_up(&self, fs: FsId) -> bool {
        Some(fs) == self.proc || Some(fs) == self.sys_fs
    }

    /// A process closes one of its descriptors: with it go all record locks that it has on the file.
    fn close_of(&mut self, pid: Pid, id: FileId) {
        if !self.ranges.is_empty()
            && let Some(file) = self.files.get(id)
            && let (Some(at), false) = (&file.at, file.body == Body::Path)
        {
            let key = self.lock_identity(at.place, file.body);
            self.ranges.release(key, Owner::Process(pid));
        }
        self.put_file(id);
    }

    /// One descriptor less leads to this open file.
    fn put_file(&mut self, id: FileId) {
        let Some(file) = self.files.get_mut(id) else { return };
        file.refs = file.refs.saturating_sub(1);
        if file.refs > 0 {
            return;
        }
        let Some(file) = self.files.remove(id) else { return };
        self.activity += 1;
        if let Body::Pipe(pipe) = file.body {
            if let Some(pipe) = self.pipes.get_mut(&pipe) {
                pipe.detach(file.flags.reads(), file.flags.writes());
            }
            self.sweep_pipes();
        }
        let Some(at) = file.at else { return };
        let Place { fs, ino, .. } = at.place;
        let key = self.lock_identity(at.place, file.body);
        self.locks.release(key, id);
        if !self.ranges.is_empty() {
            self.ranges.release(key, Owner::File(id));
        }
        if let Body::Inode(fh) = file.body
            && self.disks.peek(fs).is_some()
        {
            self.cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.release(cx, ino, fh)));
        }
        let held = |it: &OpenFile| it.at.as_ref().is_some_and(|at| at.place.ino == ino);
        if !self.linkable.is_empty() && !self.files.iter().any(|(_, it)| held(it)) {
            self.linkable.remove(&(fs, ino));
        }
        self.drop_kept(&at);
    }

    /// Pipes without ends are gone.
    fn sweep_pipes(&mut self) {
        self.pipes.retain(|_, pipe| !pipe.is_dead());
        let pipes = &self.pipes;
        self.fifos.retain(|_, id| pipes.contains_key(id));
    }

    fn new_pipe(&mut self) -> PipeId {
        self.last_pipe += 1;
        let id = PipeId(self.last_pipe + 4000);
        self.pipes.insert(id, Pipe::default());
        id
    }

    /// Is anything of this mount in use: a working directory, an open file?
    fn is_used(&self, mnt: MountId) -> bool {
        let by_process = self.procs.values().any(|it| {
            let exe = it.exe.as_ref().is_some_and(|exe| exe.place.mnt == mnt);
            exe || it.cwd.place.mnt == mnt || it.root.place.mnt == mnt
        });
        let here = |it: &OpenFile| it.at.as_ref().is_some_and(|at| at.place.mnt == mnt);
        let mapped = self.maps.values().any(|it| it.at.place.mnt == mnt);
        by_process || mapped || self.files.iter().any(|(_, it)| here(it))
    }

    /// Is a file of this mount (or of this file system, through any mount) open for writing?
    fn has_writers(&self, fs: FsId, mnt: Option<MountId>) -> bool {
        let mapped = self.maps.values().any(|it| {
            it.writes && it.at.place.fs == fs && mnt.is_none_or(|id| it.at.place.mnt == id)
        });
        mapped
            || self.files.iter().any(|(_, file)| {
                // A fifo or a device is written without touching its file system.
                let writes =
                    file.flags.writes() && matches!(file.body, Body::Inode(_)) && !file.is_dir;
                let here = |at: &Kept| at.place.fs == fs && mnt.is_none_or(|id| at.place.mnt == id);
                writes && file.at.as_ref().is_some_and(here)
            })
    }

    /// Forgets a file system that nothing shows, uses or stands on any more.
    fn reap(&mut self, fs: FsId) {
        let busy = self.mounts.shows(fs)
            || self.mounts.is_layer(fs)
            || self.files.iter().any(|(_, it)| it.at.as_ref().is_some_and(|at| at.place.fs == fs))
            || self.maps.values().any(|it| it.at.place.fs == fs)
            || self.procs.values().any(|it| it.cwd.place.fs == fs || it.root.place.fs == fs);
        if busy || self.mounts.super_of(fs).is_none_or(|it| it.disk) {
            return;
        }
        let Some(sup) = self.mounts.drop_super(fs) else { return };
        if self.disks.peek(fs).is_some() {
            self.cx(&Cred::root(), |cx| cx.on(fs, |f, cx| f.unmounted(cx)));
        }
        self.disks.remove(fs);
        for below in sup.below {
            self.reap(below);
        }
    }
}
