//! Requests about attributes: those of an inode, extended ones, and the flags of `chattr`.

use super::{Served, caller};
use crate::errno::Errno;
use crate::fuse::caller::Asks;
use crate::fuse::change::Change;
use crate::fuse::host::HERE;
use crate::sys::{Sys, at};
use crate::types::{Attr, Result, StatFs, XattrMode};
use fuser::{FileHandle, INodeNo, Request};

impl Served {
    /// Attributes with the number to show.
    pub(super) fn attributes(&self, ino: INodeNo, fh: Option<FileHandle>) -> Result<(Attr, u64)> {
        self.on_open(|state| {
            let fd = match fh {
                Some(fh) => state.file(fh.0)?,
                None => state.node(ino.0)?,
            };
            state.attr(fd)
        })
    }

    pub(super) fn change(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: Option<FileHandle>,
        set: &Change,
    ) -> Result<(Attr, u64)> {
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            set.apply(state, fd, fh.map(|it| it.0))?;
            state.attr(fd)
        })
    }

    pub(super) fn link_text(&self, req: &Request, ino: INodeNo) -> Result<Vec<u8>> {
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().readlinkat(fd, b"")
        })
    }

    pub(super) fn space(&self, ino: INodeNo) -> Result<StatFs> {
        self.on_open(|state| {
            let fd = state.node(ino.0)?;
            state.sys().fstatfs(fd)
        })
    }

    pub(super) fn may(&self, req: &Request, ino: INodeNo, mask: u8) -> Result<()> {
        // A directory that is entered (`chdir`) is asked about with the effective rights.
        let asks = if mask == 1 { Asks::Effective } else { Asks::Real };
        self.0.ask(&caller(req).cred(asks), 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().faccessat(fd, b"", mask, at::EACCESS | HERE)
        })
    }

    pub(super) fn set_attribute(
        &self,
        req: &Request,
        ino: INodeNo,
        (name, value): (&[u8], &[u8]),
        flags: i32,
    ) -> Result<()> {
        let mode = match flags {
            0 => XattrMode::Set,
            1 => XattrMode::Create,
            2 => XattrMode::Replace,
            _ => return Err(Errno::EINVAL),
        };
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().setxattr_held(fd, name, value, mode)
        })
    }

    pub(super) fn attribute(&self, req: &Request, ino: INodeNo, name: &[u8]) -> Result<Vec<u8>> {
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().getxattr_held(fd, name)
        })
    }

    /// Names, each ended by a zero.
    pub(super) fn attribute_names(&self, req: &Request, ino: INodeNo) -> Result<Vec<u8>> {
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            let names = state.sys().listxattr_held(fd)?;
            Ok(names.into_iter().flat_map(|name| [name, vec![0]].concat()).collect())
        })
    }

    pub(super) fn remove_attribute(&self, req: &Request, ino: INodeNo, name: &[u8]) -> Result<()> {
        self.ask(req, 0, |state| {
            let fd = state.node(ino.0)?;
            state.sys().removexattr_held(fd, name)
        })
    }

    pub(super) fn flags(
        &self,
        req: &Request,
        fh: FileHandle,
        cmd: u32,
        data: &[u8],
    ) -> Result<Vec<u8>> {
        self.ask(req, 0, |state| {
            let fd = state.file(fh.0)?;
            state.flags_ioctl(fd, cmd, data)
        })
    }
}
