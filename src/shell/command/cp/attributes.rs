//! What a copy keeps of its source: times, owner, mode, lists and attributes.

use super::copy::Copier;
use super::is_link;
use crate::errno::Errno;
use crate::shell::command::common::quote::quoted;
use crate::sys::{AT_FDCWD, Fd, at};
use crate::types::{Attr, SetTime, XattrMode};

impl Copier<'_, '_> {
    pub(super) fn keep_attributes(&mut self, from: &[u8], to: &[u8], attr: &Attr) -> bool {
        let mut ok = true;
        if self.options.times {
            let (a, m) = (SetTime::To(attr.atime), SetTime::To(attr.mtime));
            let set = self.ctx.sys.utimensat(AT_FDCWD, to, Some(a), Some(m), at::SYMLINK_NOFOLLOW);
            if let Err(errno) = set {
                self.ctx.fail(format_args!("preserving times for {}", quoted(to)), errno);
                ok = false;
            }
        }
        if self.options.owner {
            self.keep_owner(to, attr, None);
        }
        if self.options.xattrs {
            ok &= self.keep_xattrs(from, to);
        }
        if is_link(attr) {
            return ok;
        }
        if self.options.mode || self.options.moving {
            ok &= self.keep_mode(from, to, attr);
        }
        ok
    }

    pub(super) fn keep_owner(&mut self, to: &[u8], attr: &Attr, fd: Option<Fd>) {
        let set = match fd {
            Some(fd) => self.ctx.sys.fchown(fd, Some(attr.uid), Some(attr.gid)),
            None => self.ctx.sys.fchownat(
                AT_FDCWD,
                to,
                Some(attr.uid),
                Some(attr.gid),
                at::SYMLINK_NOFOLLOW,
            ),
        };
        if let Err(errno) = set
            && !matches!(errno, Errno::EPERM | Errno::EINVAL)
        {
            self.ctx.fail(format_args!("failed to preserve ownership for {}", quoted(to)), errno);
        }
    }

    pub(super) fn keep_mode(&mut self, from: &[u8], to: &[u8], attr: &Attr) -> bool {
        let mode = attr.mode;
        let set = self.ctx.sys.fchmodat(AT_FDCWD, to, mode);
        if let Err(errno) = set {
            let what = quoted(to);
            self.ctx.fail(format_args!("preserving permissions for {what}"), errno);
            return false;
        }
        for name in [&b"system.posix_acl_access"[..], b"system.posix_acl_default"] {
            if let Ok(acl) = self.ctx.sys.getxattr(from, name, true) {
                let _ = self.ctx.sys.setxattr(to, name, &acl, XattrMode::Set, true);
            }
        }
        true
    }

    /// Copies extended attributes; the ones that only root may write are passed over in silence.
    pub(super) fn keep_xattrs(&mut self, from: &[u8], to: &[u8]) -> bool {
        let Ok(names) = self.ctx.sys.listxattr(from, false) else { return true };
        let mut ok = true;
        for name in names {
            if name.starts_with(b"system.posix_acl_") {
                continue;
            }
            let Ok(value) = self.ctx.sys.getxattr(from, &name, false) else { continue };
            let set = self.ctx.sys.setxattr(to, &name, &value, XattrMode::Set, false);
            if let Err(errno) = set
                && self.options.need_xattrs
            {
                let shown = String::from_utf8_lossy(&name).into_owned();
                self.ctx.fail(format_args!("setting attribute '{shown}' for '{shown}'"), errno);
                ok = false;
            }
        }
        ok
    }
}
