//! Requests about names in directories.

use super::{Served, caller};
use crate::cred::Cred;
use crate::fuse::convert::device;
use crate::fuse::host::{Found, State};
use crate::sys::{Fd, Sys, at};
use crate::types::{OpenFlags, RenameFlags, Result};
use fuser::{INodeNo, Request};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A directory and a name in it.
pub(super) type In<'a> = (INodeNo, &'a OsStr);

impl Served {
    /// Does a call as the caller, with a umask where names are made.
    pub(super) fn ask<R>(
        &self,
        req: &Request,
        umask: u32,
        call: impl FnMut(&mut State) -> Result<R>,
    ) -> Result<R> {
        self.0.ask(&caller(req).now(), umask, call)
    }

    pub(super) fn find(&self, req: &Request, (dir, name): In<'_>) -> Result<Found> {
        self.ask(req, 0, |state| state.lookup(dir.0, name.as_bytes()))
    }

    /// Makes a name in a directory and looks at what is there then.
    fn make(
        &self,
        (req, umask): (&Request, u32),
        (dir, name): In<'_>,
        call: impl Fn(&mut State, Fd) -> Result<()>,
    ) -> Result<Found> {
        self.ask(req, umask, |state| {
            let above = state.node(dir.0)?;
            call(state, above)?;
            state.lookup(dir.0, name.as_bytes())
        })
    }

    pub(super) fn make_node(
        &self,
        who: (&Request, u32),
        at: In<'_>,
        mode: u32,
        rdev: u32,
    ) -> Result<Found> {
        self.make(who, at, |state, dir| {
            state.sys().mknodat(dir, at.1.as_bytes(), mode, device(rdev))
        })
    }

    pub(super) fn make_dir(&self, who: (&Request, u32), at: In<'_>, mode: u32) -> Result<Found> {
        self.make(who, at, |state, dir| state.sys().mkdirat(dir, at.1.as_bytes(), mode))
    }

    pub(super) fn make_symlink(&self, req: &Request, at: In<'_>, target: &[u8]) -> Result<Found> {
        self.make((req, 0), at, |state, dir| state.sys().symlinkat(target, dir, at.1.as_bytes()))
    }

    pub(super) fn make_link(&self, req: &Request, ino: INodeNo, at: In<'_>) -> Result<Found> {
        self.make((req, 0), at, |state, dir| {
            let fd = state.node(ino.0)?;
            state.sys().link_held(fd, dir, at.1.as_bytes())
        })
    }

    /// Makes a file unless it is there, and opens it.
    pub(super) fn make_open(
        &self,
        (req, umask): (&Request, u32),
        (dir, name): In<'_>,
        flags: OpenFlags,
        mode: u32,
    ) -> Result<(Found, u64)> {
        let flags = flags | OpenFlags::CREAT | OpenFlags::NOFOLLOW;
        self.ask(req, umask, |state| {
            let above = state.node(dir.0)?;
            let fd = state.sys().openat(above, name.as_bytes(), flags, mode)?;
            let found = state.met(fd, dir.0, name.as_bytes())?;
            Ok((found, state.opened(fd)?))
        })
    }

    /// Removes a name, of a directory or of anything else.
    pub(super) fn remove(&self, req: &Request, (dir, name): In<'_>, is_dir: bool) -> Result<()> {
        let flags = if is_dir { at::REMOVEDIR } else { 0 };
        self.ask(req, 0, |state| {
            let above = state.node(dir.0)?;
            state.sys().unlinkat(above, name.as_bytes(), flags)
        })
    }

    pub(super) fn move_name(
        &self,
        req: &Request,
        (dir, name): In<'_>,
        (to_dir, to_name): In<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        let (name, to_name) = (name.as_bytes(), to_name.as_bytes());
        self.ask(req, 0, |state| {
            let (from, to) = (state.node(dir.0)?, state.node(to_dir.0)?);
            state.sys().renameat2(from, name, to, to_name, flags)?;
            state.sys().masquerade(&Cred::root())?;
            state.renamed(to_dir.0, to_name);
            if flags.has(RenameFlags::EXCHANGE) {
                state.renamed(dir.0, name);
            }
            Ok(())
        })
    }
}
