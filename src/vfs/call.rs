//! The system calls: one method each, grouped by what they are about in the files below.
//!
//! Here is only the frame: the clock moves, the trace notes call and result.

mod attr;
#[cfg_attr(not(feature = "all-commands"), path = "call/without_aufs.rs")]
mod aufs;
mod block;
mod control;
mod io;
mod map;
mod mapper;
mod mount;
mod name;
mod namespace;
mod node;
mod open;
mod place;
mod range;
#[cfg_attr(not(feature = "all-commands"), path = "call/without_raw.rs")]
mod raw;
mod sys;
mod xattr;

use super::fd::{FileId, OpenFile};
use super::mounts::{Kept, MountId, Place};
use super::process::Process;
use super::walk::Magic;
use super::{Kernel, SysOf, proc};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{Fd, ms};
use crate::trace::{Rule, Step};
use crate::types::{FileType, FsId, OpenFlags, Result};
use proc::{FdView, Node, PidView, ProcFs, View};
use std::sync::Arc;

/// A result as the trace shows it.
trait Shown {
    fn shown(&self) -> i64;
}

impl Shown for () {
    fn shown(&self) -> i64 {
        0
    }
}
impl Shown for i32 {
    fn shown(&self) -> i64 {
        i64::from(*self)
    }
}
impl Shown for usize {
    fn shown(&self) -> i64 {
        *self as i64
    }
}
impl Shown for u64 {
    fn shown(&self) -> i64 {
        *self as i64
    }
}
impl Shown for u32 {
    fn shown(&self) -> i64 {
        i64::from(*self)
    }
}
impl<T> Shown for Vec<T> {
    fn shown(&self) -> i64 {
        self.len() as i64
    }
}
macro_rules! shown_as_zero {
    ($($ty:ty),*) => { $(impl Shown for $ty { fn shown(&self) -> i64 { 0 } })* };
}
shown_as_zero!(
    crate::block::Tell,
    crate::types::control::Controlled,
    crate::types::Attr,
    crate::types::StatFs,
    OpenFlags,
    (Fd, Fd),
    (i32, i32, Vec<u8>)
);

impl SysOf<'_> {
    /// Frames a call: time passes, and the trace gets its beginning and its end.
    fn call<R: Shown>(
        &mut self,
        what: impl FnOnce() -> String,
        run: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        self.kernel.clock.tick();
        if !self.kernel.trace.is_on() {
            let res = run(self);
            self.after_call();
            return res;
        }
        self.kernel.trace.step(|| Step::Call { what: what() });
        let res = run(self);
        self.after_call();
        let (value, errno) = match &res {
            Ok(value) => (value.shown(), None),
            Err(errno) => (-1, Some(*errno)),
        };
        self.kernel.trace.step(|| Step::Return { value, errno });
        res
    }

    fn after_call(&mut self) {
        if cfg!(feature = "containers") && !self.kernel.disks.pools.is_empty() {
            self.kernel.settle_pools();
        }
    }

    pub(super) fn process(&self) -> Result<&Process> {
        self.kernel.procs.get(&self.pid).ok_or(Errno::ESRCH)
    }

    fn process_mut(&mut self) -> Result<&mut Process> {
        Arc::make_mut(&mut self.kernel.procs).get_mut(&self.pid).ok_or(Errno::ESRCH)
    }

    fn my_cred(&self) -> Arc<Cred> {
        self.process().map_or_else(|_| Arc::new(Cred::root()), |it| it.cred.clone())
    }

    fn file_id(&self, fd: Fd) -> Result<FileId> {
        Ok(self.process()?.fds.get(fd)?.file)
    }

    pub(super) fn file(&self, fd: Fd) -> Result<&OpenFile> {
        self.kernel.files.get(self.file_id(fd)?).ok_or(Errno::EBADF)
    }

    /// An open file that is more than a place.
    fn real_file(&self, fd: Fd) -> Result<&OpenFile> {
        let file = self.file(fd)?;
        if file.flags.has(OpenFlags::PATH) { Err(Errno::EBADF) } else { Ok(file) }
    }

    /// Where a descriptor stands in a file system, if it does.
    fn place_of(&self, fd: Fd) -> Result<Option<Place>> {
        Ok(self.file(fd)?.at.as_ref().map(|at| at.place))
    }

    /// Is the mount, or the file system behind it, read-only?
    fn is_read_only(&self, mnt: MountId) -> bool {
        let Some(mount) = self.kernel.mounts.get(mnt) else { return true };
        mount.flags & ms::RDONLY != 0
            || self.kernel.disks.peek(mount.fs).is_none_or(|f| f.traits().read_only)
    }

    /// # Errors
    /// `EROFS`.
    fn want_write(&mut self, mnt: MountId) -> Result<()> {
        if !self.is_read_only(mnt) {
            return Ok(());
        }
        if let Some(fs) = self.kernel.mounts.get(mnt).map(|it| it.fs) {
            self.explain(fs, b"/", Rule::ReadOnly, Errno::EROFS);
        }
        Err(Errno::EROFS)
    }

    /// Leaves the reason of a refusal in the trace, where it is an overlay that is refused.
    pub(super) fn explain(&mut self, fs: FsId, path: &[u8], rule: Rule, errno: Errno) {
        let is_overlay = self.kernel.disks.peek(fs).is_some_and(|it| {
            // Whichever kind of union it is.
            matches!(it.type_name(), "overlay" | "aufs")
        });
        if is_overlay {
            self.kernel.trace.step(|| Step::Decide {
                overlay: fs,
                path: String::from_utf8_lossy(path).into_owned(),
                rule,
                errno: Some(errno),
            });
        }
    }

    /// The same for a change about to be made at (or in) this place. A layer of a mounted overlay
    /// may be changed, and the trace says that this is undefined.
    fn want_change(&mut self, at: Place) -> Result<()> {
        self.want_write(at.mnt)?;
        if self.kernel.trace.is_on() && self.kernel.mounts.is_layer(at.fs) {
            let cred = self.my_cred();
            self.kernel.cx(&cred, |cx| crate::overlay::warn_of_change(cx, at.fs, at.ino));
        }
        Ok(())
    }

    fn mount_flags(&self, mnt: MountId) -> u64 {
        self.kernel.mounts.get(mnt).map_or(0, |it| it.flags)
    }

    /// A read happened: atime may follow (relatime is the default, see mount(8)).
    pub(super) fn touch_atime(&mut self, at: Place, is_dir: bool) {
        let flags = self.mount_flags(at.mnt);
        let off = flags & ms::NOATIME != 0 || (is_dir && flags & ms::NODIRATIME != 0);
        if off || self.is_read_only(at.mnt) || self.kernel.is_made_up(at.fs) {
            return;
        }
        let relatime = flags & ms::RELATIME != 0;
        let now = self.kernel.clock.coarse();
        let quiet = crate::types::inode_flags::NOATIME;
        self.on(at.fs, |f, cx| {
            let Ok(times) = f.known_times(cx, at.ino) else { return };
            const DAY: i64 = 24 * 60 * 60;
            let old = times.atime <= times.mtime || times.atime <= times.ctime;
            if relatime && !old && now.sec.saturating_sub(times.atime.sec) < DAY {
                return;
            }
            if times.atime != now && !f.get_flags(cx, at.ino).is_ok_and(|it| it & quiet != 0) {
                f.touch_atime(cx, at.ino);
            }
        });
    }

    /// Renews what /proc or /sys shows, when this is one of them.
    pub(super) fn sync_proc(&mut self, fs: FsId) {
        let view = if Some(fs) == self.kernel.proc {
            self.kernel.proc_view(self.pid)
        } else if Some(fs) == self.kernel.sys_fs {
            self.kernel.sys_view()
        } else {
            return;
        };
        let view = Arc::new(view);
        let disk = self.kernel.disks.peek_mut(fs);
        if let Some(proc) = disk.and_then(|it| it.as_any_mut().downcast_mut::<ProcFs>()) {
            proc.view = view;
        }
    }

    /// Where a magic link of /proc leads; `None` for an ordinary link.
    pub(super) fn magic(&mut self, link: Place) -> Result<Option<Magic>> {
        if Some(link.fs) != self.kernel.proc {
            return Ok(None);
        }
        let kernel = &*self.kernel;
        let kept = |kept: &Kept| Some(Magic::Place(kept.clone()));
        Ok(match Node::of(link.ino) {
            Some(Node::Fd(pid, fd)) => {
                let process = kernel.procs.get(&pid).ok_or(Errno::ENOENT)?;
                let id = process.fds.get(fd).map_err(|_| Errno::ENOENT)?.file;
                let file = kernel.files.get(id).ok_or(Errno::ENOENT)?;
                match &file.at {
                    Some(at) => kept(at),
                    None => Some(Magic::File(id)),
                }
            }
            Some(Node::PidFile(pid, index)) => {
                let process = kernel.procs.get(&pid).ok_or(Errno::ENOENT)?;
                match proc::pid_file_name(index) {
                    "cwd" => kept(&process.cwd),
                    "root" => kept(&process.root),
                    "exe" => process.exe.as_ref().and_then(kept),
                    _ => None,
                }
            }
            _ => None,
        })
    }
}

impl Kernel {
    /// The path of something that is held, as /proc/PID/fd shows it.
    fn link_text(&self, kept: &Kept, root: &Kept) -> Vec<u8> {
        let path = self.mounts.path(kept.place.mnt, &kept.rel, root);
        let mut path = path.unwrap_or_else(|| [b"/", &kept.rel[..]].concat());
        if kept.gone {
            path.extend_from_slice(b" (deleted)");
        }
        path
    }

    fn fd_text(&self, file: &OpenFile, root: &Kept) -> Vec<u8> {
        use super::fd::Body;
        match (&file.at, file.body) {
            (Some(at), _) => self.link_text(at, root),
            (None, Body::Pipe(id)) => format!("pipe:[{}]", id.0).into_bytes(),
            (None, Body::Console(stream)) if self.console.is_tty(stream) => b"/dev/pts/0".to_vec(),
            (None, Body::Console(stream)) => format!("pipe:[{}]", 100 + stream as u8).into_bytes(),
            _ => b"anon_inode:[none]".to_vec(),
        }
    }

    /// What /sys shows.
    pub(super) fn sys_view(&self) -> View {
        View { overlay: self.overlay, unions: self.union_files(), ..View::default() }
    }

    fn proc_view(&self, current: super::Pid) -> View {
        let Some(me) = self.procs.get(&current) else { return View::default() };
        let pids = self.procs.iter().map(|(pid, it)| PidView {
            pid: *pid,
            parent: it.parent,
            uid: it.cred.euid,
            gid: it.cred.egid,
            argv: it.argv.clone(),
            umask: it.umask,
            caps: it.cred.caps.0,
            cwd: self.link_text(&it.cwd, &me.root),
            root: self.link_text(&it.root, &me.root),
            exe: it.exe.as_ref().map(|exe| self.link_text(exe, &me.root)),
            fds: it
                .fds
                .iter()
                .filter_map(|(fd, slot)| Some((fd, self.files.get(slot.file)?)))
                .map(|(fd, file)| FdView {
                    fd,
                    link: self.fd_text(file, &me.root),
                    flags: file.flags,
                })
                .collect(),
        });
        View {
            overlay: self.overlay,
            unions: Vec::new(),
            current,
            pids: pids.collect(),
            mounts: self.show_mounts(&me.root),
            mountinfo: self.show_mountinfo(&me.root),
            identity: self.identity.clone(),
        }
    }
}

/// Files that `open` does not hand to their file system.
fn is_special(kind: FileType) -> bool {
    matches!(kind, FileType::Chr | FileType::Blk | FileType::Fifo | FileType::Sock)
}
