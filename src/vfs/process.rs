//! What the kernel keeps of a process.

use super::fd::FdTable;
use super::mounts::Kept;
use crate::cred::Cred;
use std::sync::Arc;

/// A process: who it is, where it stands, what it has open.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) parent: super::Pid,
    pub(super) cred: Arc<Cred>,
    /// Capabilities that it may make effective again.
    pub(super) permitted: crate::cred::Caps,
    pub(super) umask: u32,
    pub(super) cwd: Kept,
    pub(super) root: Kept,
    pub(super) fds: FdTable,
    /// A write met a pipe without readers: the scheduler sends SIGPIPE.
    pub(super) sigpipe: bool,
    /// The program it executes: nobody may write to that file.
    pub(super) exe: Option<Kept>,
    pub(super) argv: Arc<[Vec<u8>]>,
    /// Whose standard output somebody listens to, this process's among it.
    pub(super) heard_by: Option<super::Pid>,
}

impl Process {
    pub(super) fn new(parent: super::Pid, cred: Cred, cwd: Kept, root: Kept) -> Process {
        Process {
            parent,
            permitted: cred.caps,
            cred: Arc::new(cred),
            umask: 0o022,
            cwd,
            root,
            fds: FdTable::default(),
            sigpipe: false,
            exe: None,
            argv: Arc::from([]),
            heard_by: None,
        }
    }

    pub fn parent(&self) -> super::Pid {
        self.parent
    }

    pub fn cred(&self) -> &Cred {
        &self.cred
    }

    /// The words of its command.
    pub fn argv(&self) -> &[Vec<u8>] {
        &self.argv
    }

    /// Descriptors that are open.
    pub fn fds(&self) -> Vec<crate::sys::Fd> {
        self.fds.iter().map(|(fd, _)| fd).collect()
    }
}
