//! `mv`: renames; between file systems it copies and removes.

use super::copy::{Copier, Way};
use crate::errno::Errno;
use crate::shell::command::common::quote::quoted;
use crate::shell::command::ctx::{join, strip_slashes};
use crate::sys::{AT_FDCWD, at};
use crate::types::{Attr, RenameFlags};

impl Copier<'_, '_> {
    pub(super) fn move_operand(&mut self, from: &[u8], to: &[u8], attr: &Attr) -> bool {
        let from =
            if attr.is_dir() && !self.options.strip_slashes { from } else { strip_slashes(from) };
        let Ok(there) = self.target(to) else { return false };
        let mut backup = None;
        if let Some(there) = &there {
            match self.in_the_way(from, to, attr, there) {
                Way::Clear => {}
                Way::Skip => return true,
                Way::Refused => return false,
            }
            if self.options.backup && !there.is_dir() {
                backup = self.put_aside(to);
            }
        }
        let flags = if there.is_none() { RenameFlags::NOREPLACE } else { RenameFlags::NONE };
        let mut res = self.ctx.sys.renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
        if matches!(res, Err(Errno::EINVAL | Errno::ENOSYS | Errno::EEXIST))
            && flags == RenameFlags::NOREPLACE
        {
            res = self.ctx.sys.renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::NONE);
        }
        match res {
            Ok(()) => {
                self.remember(to);
                if self.options.verbose {
                    let tail =
                        backup.map(|b| format!(" (backup: {})", quoted(&b))).unwrap_or_default();
                    self.ctx.line(format!("renamed {} -> {}{tail}", quoted(from), quoted(to)));
                }
                true
            }
            Err(Errno::EINVAL) if attr.is_dir() => {
                self.ctx.warn(format_args!(
                    "cannot move {} to a subdirectory of itself, {}",
                    quoted(from),
                    quoted(to)
                ));
                false
            }
            Err(Errno::EXDEV) => self.across(from, to, attr, there.as_ref()),
            Err(errno) => {
                self.ctx
                    .fail(format_args!("cannot move {} to {}", quoted(from), quoted(to)), errno);
                false
            }
        }
    }

    /// Moves between file systems: copies, then removes.
    fn across(&mut self, from: &[u8], to: &[u8], attr: &Attr, there: Option<&Attr>) -> bool {
        if let Some(there) = there {
            let flags = if there.is_dir() { at::REMOVEDIR } else { 0 };
            if let Err(errno) = self.ctx.sys.unlinkat(AT_FDCWD, to, flags)
                && errno != Errno::ENOENT
            {
                self.ctx.fail(
                    format_args!(
                        "inter-device move failed: {} to {}; unable to remove target",
                        quoted(from),
                        quoted(to)
                    ),
                    errno,
                );
                return false;
            }
        }
        if !self.copy(from, to, attr, true) {
            return false;
        }
        self.remove_tree(from, attr)
    }

    fn remove_tree(&mut self, path: &[u8], attr: &Attr) -> bool {
        let mut todo = vec![(path.to_vec(), attr.is_dir(), false)];
        let mut ok = true;
        while let Some((path, is_dir, entered)) = todo.pop() {
            if is_dir && !entered {
                let children = self.ctx.children(&path).unwrap_or_default();
                todo.push((path.clone(), true, true));
                for child in children.iter().rev() {
                    let below = join(&path, &child.name);
                    let dir = self.ctx.lstat(&below).is_ok_and(|a| a.is_dir());
                    todo.push((below, dir, false));
                }
                continue;
            }
            let flags = if is_dir { at::REMOVEDIR } else { 0 };
            match self.ctx.sys.unlinkat(AT_FDCWD, &path, flags) {
                Ok(()) if self.options.verbose => {
                    let kind = if is_dir { "directory " } else { "" };
                    self.ctx.line(format!("removed {kind}{}", quoted(&path)));
                }
                Ok(()) => {}
                Err(errno) => {
                    self.ctx.fail(format_args!("cannot remove {}", quoted(&path)), errno);
                    ok = false;
                }
            }
        }
        ok
    }
}
