//! What /proc shows, gathered by the kernel.

use crate::types::{Gid, OpenFlags, Uid};

/// Who the machine says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub hostname: String,
    /// As `uname -r` prints it.
    pub release: String,
    /// As `uname -v` prints it.
    pub version: String,
    pub memory_kb: u64,
}

impl Default for Identity {
    fn default() -> Identity {
        Identity {
            hostname: "lab".into(),
            release: "6.18.44".into(),
            version: "#1 SMP PREEMPT_DYNAMIC".into(),
            memory_kb: 2_097_152,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(in crate::vfs) struct View {
    /// Who looks.
    pub current: i32,
    pub pids: Vec<PidView>,
    pub mounts: Vec<u8>,
    pub mountinfo: Vec<u8>,
    pub identity: Identity,
    pub overlay: crate::overlay::Profile,
    /// Mounted unions of branches, as /sys/fs/aufs shows them.
    pub unions: Vec<UnionView>,
}

/// The directory of a union in /sys/fs/aufs: its name, and its files with their contents.
pub(in crate::vfs) type UnionView = (String, Vec<(String, Vec<u8>)>);

#[derive(Clone, Debug)]
pub(in crate::vfs) struct PidView {
    pub pid: i32,
    pub parent: i32,
    pub uid: Uid,
    pub gid: Gid,
    pub argv: std::sync::Arc<[Vec<u8>]>,
    pub umask: u32,
    pub caps: u64,
    pub cwd: Vec<u8>,
    pub root: Vec<u8>,
    pub exe: Option<Vec<u8>>,
    pub fds: Vec<FdView>,
}

#[derive(Clone, Debug)]
pub(in crate::vfs) struct FdView {
    pub fd: i32,
    pub link: Vec<u8>,
    pub flags: OpenFlags,
}

impl View {
    pub fn pid(&self, pid: i32) -> Option<&PidView> {
        self.pids.iter().find(|it| it.pid == pid)
    }
    pub fn fd(&self, pid: i32, fd: i32) -> Option<&FdView> {
        self.pid(pid)?.fds.iter().find(|it| it.fd == fd)
    }
}
