//! Copying one thing: what stands in the way, what it becomes, what is kept of it.

use super::options::{Existing, Reflink};
use super::{Options, is_link, same};
use crate::errno::Errno;
use crate::shell::command::common::quote::quoted;
use crate::shell::command::ctx::{Ctx, dir_name, join, strip_slashes};
use crate::sys::{AT_FDCWD, Fd, at};
use crate::types::{Attr, FileType, Mode, OpenFlags, RenameFlags, Result, SetTime};
use std::collections::BTreeMap;

/// A copy under way, with what it has to remember.
pub struct Copier<'c, 'a> {
    pub ctx: &'c mut Ctx<'a>,
    pub options: Options,
    pub(super) umask: u32,
    /// Where files with several names were copied to.
    links: BTreeMap<(u64, u64), Vec<u8>>,
    /// What this call has made: it never overwrites that.
    made: Vec<(u64, u64)>,
    /// The directory made for the operand, so that a copy into itself ends.
    top: Option<(u64, u64)>,
    /// Device of the operand, for `-x`.
    device: u64,
    /// Source and target of the operand.
    names: (Vec<u8>, Vec<u8>),
    /// The copy has met itself: it goes no further.
    into_itself: bool,
    /// Operands so far.
    sources: Vec<(u64, u64)>,
}

impl<'c, 'a> Copier<'c, 'a> {
    pub fn new(ctx: &'c mut Ctx<'a>, options: Options) -> Copier<'c, 'a> {
        let umask = ctx.sys.umask(0);
        ctx.sys.umask(umask);
        Copier {
            ctx,
            options,
            umask,
            links: BTreeMap::new(),
            made: Vec::new(),
            top: None,
            device: 0,
            names: Default::default(),
            sources: Vec::new(),
            into_itself: false,
        }
    }

    pub fn forget_operand(&mut self) {
        self.top = None;
        self.into_itself = false;
    }

    /// Copies or moves one operand. `direct`: the target is the word given, not a name in it.
    pub fn operand(&mut self, from: &[u8], to: &[u8], direct: bool) -> bool {
        let follow = self.options.follows(true);
        let attr = if follow { self.ctx.stat(from) } else { self.ctx.lstat(from) };
        let attr = match attr {
            Ok(attr) => attr,
            Err(errno) => {
                self.ctx.fail(format_args!("cannot stat {}", quoted(from)), errno);
                return false;
            }
        };
        self.device = attr.dev.encode();
        self.names = (from.to_vec(), to.to_vec());
        let id = (self.device, attr.ino);
        if !self.options.moving && !attr.is_dir() && !self.options.backup {
            if self.sources.contains(&id) {
                let what = quoted(from);
                self.ctx.warn(format_args!("warning: source file {what} specified more than once"));
                return true;
            }
            self.sources.push(id);
        }
        if attr.is_dir() && !self.options.recursive {
            let what = quoted(from);
            self.ctx.warn(format_args!("-r not specified; omitting directory {what}"));
            return false;
        }
        if self.options.moving {
            return self.move_operand(from, to, &attr);
        }
        let _ = direct;
        self.copy(from, to, &attr, true)
    }

    /// `cp --parents`: the whole source path below the directory.
    pub fn with_parents(&mut self, source: &[u8], dir: &[u8]) -> bool {
        let source = strip_slashes(source);
        let relative = source.strip_prefix(b"/").unwrap_or(source);
        let above = dir_name(relative);
        let mut made = dir.to_vec();
        if above != b"." {
            for (at, part) in above.split(|&b| b == b'/').filter(|p| !p.is_empty()).enumerate() {
                made = join(&made, part);
                if self.ctx.stat(&made).is_ok() {
                    continue;
                }
                let origin: Vec<&[u8]> = above.split(|&b| b == b'/').take(at + 1).collect();
                let origin = origin.join(&b'/');
                let mode = self.ctx.stat(&origin).map_or(0o777, |a| a.mode.bits());
                if let Err(errno) = self.ctx.sys.mkdirat(AT_FDCWD, &made, mode & 0o777) {
                    self.ctx.fail(format_args!("cannot make directory {}", quoted(&made)), errno);
                    return false;
                }
                if self.options.verbose {
                    let text = format!(
                        "{} -> {}",
                        String::from_utf8_lossy(&origin),
                        String::from_utf8_lossy(&made)
                    );
                    self.ctx.line(text);
                }
            }
        }
        self.operand(source, &join(dir, relative), false)
    }

    fn say(&mut self, from: &[u8], to: &[u8], backup: Option<&[u8]>) {
        if self.options.verbose {
            let tail = backup.map(|b| format!(" (backup: {})", quoted(b))).unwrap_or_default();
            self.ctx.line(format!("{} -> {}{tail}", quoted(from), quoted(to)));
        }
    }

    // ---- What stands at the target ----

    /// What is at the target, if anything; `Err` (and a message) when that cannot be known.
    pub(super) fn target(&mut self, to: &[u8]) -> std::result::Result<Option<Attr>, ()> {
        let errno = match self.ctx.lstat(to) {
            Ok(attr) if is_link(&attr) && !self.options.moving => match self.ctx.stat(to) {
                Err(errno @ (Errno::ELOOP | Errno::ENOTDIR | Errno::EACCES)) => errno,
                _ => return Ok(Some(attr)),
            },
            Ok(attr) => return Ok(Some(attr)),
            Err(Errno::ENOENT) => return Ok(None),
            Err(errno) => errno,
        };
        self.ctx.fail(format_args!("cannot stat {}", quoted(to)), errno);
        Err(())
    }

    pub(super) fn in_the_way(&mut self, from: &[u8], to: &[u8], attr: &Attr, there: &Attr) -> Way {
        if !self.options.backup && self.same_file(from, to, attr, there) {
            if self.options.hard && !is_link(attr) {
                return Way::Skip;
            }
            if self.options.moving
                || !self.options.remove && !(self.options.force && self.different_names(from, to))
            {
                self.ctx.warn(format_args!(
                    "{} and {} are the same file",
                    quoted(from),
                    quoted(to)
                ));
                return Way::Refused;
            }
        }
        if self.options.update && !attr.is_dir() && there.mtime >= attr.mtime {
            return Way::Skip;
        }
        let dir_there =
            if self.options.moving { there.is_dir() } else { self.leads_to_dir(to, there) };
        match self.options.existing {
            Existing::Keep if !(attr.is_dir() && dir_there && !self.options.moving) => {
                return Way::Skip;
            }
            Existing::Ask if !attr.is_dir() => {
                let question = format!("overwrite {}? ", quoted(to));
                if !self.ctx.confirm(question) {
                    return Way::Skip;
                }
            }
            _ => {}
        }
        if !attr.is_dir() && dir_there {
            let what = quoted(to);
            self.ctx.warn(format_args!("cannot overwrite directory {what} with non-directory"));
            return Way::Refused;
        }
        if attr.is_dir() && !dir_there && !self.options.backup {
            self.ctx.warn(format_args!(
                "cannot overwrite non-directory {} with directory {}",
                quoted(to),
                quoted(from)
            ));
            return Way::Refused;
        }
        if !attr.is_dir() && self.made.contains(&(there.dev.encode(), there.ino)) && !is_link(there)
        {
            self.ctx.warn(format_args!(
                "will not overwrite just-created {} with {}",
                quoted(to),
                quoted(from)
            ));
            return Way::Refused;
        }
        Way::Clear
    }

    fn leads_to_dir(&mut self, to: &[u8], there: &Attr) -> bool {
        there.is_dir() || is_link(there) && self.ctx.stat(to).is_ok_and(|a| a.is_dir())
    }

    fn different_names(&mut self, from: &[u8], to: &[u8]) -> bool {
        from != to
    }

    fn same_file(&mut self, from: &[u8], to: &[u8], attr: &Attr, there: &Attr) -> bool {
        if same(attr, there) {
            // Two names of one symbolic link or of one file: mv may remove one of them.
            if self.options.moving && attr.nlink > 1 && !attr.is_dir() {
                let name =
                    |p: &[u8]| (dir_name(p), crate::shell::command::ctx::base_name(p).to_vec());
                return name(from) == name(to);
            }
            return true;
        }
        if self.options.moving || !is_link(there) || self.options.remove {
            return false;
        }
        if is_link(attr) {
            return false;
        }
        self.ctx.stat(to).is_ok_and(|target| same(attr, &target))
    }

    pub(super) fn put_aside(&mut self, to: &[u8]) -> Option<Vec<u8>> {
        let mut backup = strip_slashes(to).to_vec();
        backup.extend_from_slice(self.options.suffix.as_bytes());
        let moved = self.ctx.sys.renameat2(AT_FDCWD, to, AT_FDCWD, &backup, RenameFlags::NONE);
        moved.is_ok().then_some(backup)
    }

    // ---- Copying ----

    /// Copies one thing with everything below it.
    pub(super) fn copy(&mut self, from: &[u8], to: &[u8], attr: &Attr, operand: bool) -> bool {
        if self.ctx.sys.stalled() {
            return false;
        }
        let id = (attr.dev.encode(), attr.ino);
        if self.top == Some(id) {
            // Reached what this very copy has made: it lies inside of its source.
            let (from, to) = (quoted(&self.names.0), quoted(&self.names.1));
            self.ctx.warn(format_args!("cannot copy a directory, {from}, into itself, {to}"));
            self.into_itself = true;
            return false;
        }
        let Ok(mut there) = self.target(to) else { return false };
        let mut backup = None;
        if let Some(old) = there {
            match self.in_the_way(from, to, attr, &old) {
                Way::Clear => {}
                Way::Skip => return true,
                Way::Refused => return false,
            }
            if self.options.backup && !old.is_dir() {
                backup = self.put_aside(to);
                there = if backup.is_some() { None } else { Some(old) };
            } else if !attr.is_dir() && (self.options.remove || self.replaces(attr, &old)) {
                if let Err(errno) = self.ctx.sys.unlinkat(AT_FDCWD, to, 0) {
                    self.ctx.fail(format_args!("cannot remove {}", quoted(to)), errno);
                    return false;
                }
                if self.options.verbose {
                    self.ctx.line(format!("removed {}", quoted(to)));
                }
                there = None;
            }
        }
        if !self.options.moving && (!attr.is_dir() || there.is_none()) {
            self.say(from, to, backup.as_deref());
        }
        if let Some(done) = self.link_again(from, to, attr) {
            return done;
        }
        if self.options.moving && (!attr.is_dir() || there.is_none()) {
            self.say_moved(from, to, attr);
        }
        let good = match attr.kind {
            FileType::Dir => return self.directory(from, to, attr, there, operand),
            _ if self.options.hard && !is_link(attr) => self.hard_link(from, to),
            _ if self.options.symbolic => self.symbolic_link(from, to),
            FileType::Symlink => self.copy_link(from, to),
            FileType::Reg => return self.regular(from, to, attr, there),
            _ if self.options.recursive && !self.options.copy_contents => {
                self.special(from, to, attr)
            }
            _ => return self.regular(from, to, attr, there),
        };
        if !good {
            return false;
        }
        self.remember(to);
        if self.options.hard || self.options.symbolic {
            return true;
        }
        self.keep_attributes(from, to, attr)
    }

    fn say_moved(&mut self, from: &[u8], to: &[u8], attr: &Attr) {
        if !self.options.verbose {
            return;
        }
        let text = if attr.is_dir() {
            format!("created directory {}", quoted(to))
        } else {
            format!("copied {} -> {}", quoted(from), quoted(to))
        };
        self.ctx.line(text);
    }

    /// Does the copy replace what is there instead of writing into it?
    fn replaces(&self, attr: &Attr, old: &Attr) -> bool {
        if self.options.hard || self.options.symbolic {
            return self.options.force || is_link(attr);
        }
        match attr.kind {
            FileType::Symlink => true,
            FileType::Reg => {
                // With -d a copy never writes through a symbolic link; with links kept, a shared
                // file is not written into.
                self.options.links && old.nlink > 1 && old.kind == FileType::Reg
                    || !self.options.follows(false)
                        && self.options.recursive
                        && old.kind != FileType::Reg
            }
            _ => self.options.recursive,
        }
    }

    /// The second name of a file that was copied already becomes a link.
    fn link_again(&mut self, from: &[u8], to: &[u8], attr: &Attr) -> Option<bool> {
        if attr.is_dir() || !self.options.links || self.options.hard || attr.nlink < 2 {
            return None;
        }
        let key = (attr.dev.encode(), attr.ino);
        let Some(first) = self.links.get(&key).cloned() else {
            self.links.insert(key, to.to_vec());
            return None;
        };
        let _ = from;
        let mut res = self.ctx.sys.linkat(AT_FDCWD, &first, AT_FDCWD, to, 0);
        if res == Err(Errno::EEXIST) {
            let _ = self.ctx.sys.unlinkat(AT_FDCWD, to, 0);
            res = self.ctx.sys.linkat(AT_FDCWD, &first, AT_FDCWD, to, 0);
        }
        Some(match res {
            Ok(()) => true,
            Err(errno) => {
                self.ctx.fail(
                    format_args!("cannot create hard link {} to {}", quoted(to), quoted(&first)),
                    errno,
                );
                false
            }
        })
    }

    pub(super) fn remember(&mut self, to: &[u8]) {
        if let Ok(attr) = self.ctx.lstat(to) {
            self.made.push((attr.dev.encode(), attr.ino));
        }
    }

    fn hard_link(&mut self, from: &[u8], to: &[u8]) -> bool {
        let flags = if self.options.follows(true) { at::SYMLINK_FOLLOW } else { 0 };
        let res = self.ctx.sys.linkat(AT_FDCWD, from, AT_FDCWD, to, flags);
        if let Err(errno) = res {
            self.ctx.fail(
                format_args!("cannot create hard link {} to {}", quoted(to), quoted(from)),
                errno,
            );
        }
        res.is_ok()
    }

    fn symbolic_link(&mut self, from: &[u8], to: &[u8]) -> bool {
        if !from.starts_with(b"/") && dir_name(to) != b"." {
            let here = self.ctx.stat(b".").ok().map(|a| (a.dev, a.ino));
            let dir = self.ctx.stat(&dir_name(to)).ok().map(|a| (a.dev, a.ino));
            if here != dir {
                let what = crate::shell::command::common::quote::message(to);
                self.ctx.warn(format_args!(
                    "{what}: can make relative symbolic links only in current directory"
                ));
                return false;
            }
        }
        let res = self.ctx.sys.symlinkat(from, AT_FDCWD, to);
        if let Err(errno) = res {
            self.ctx.fail(
                format_args!("cannot create symbolic link {} to {}", quoted(to), quoted(from)),
                errno,
            );
        }
        res.is_ok()
    }

    fn copy_link(&mut self, from: &[u8], to: &[u8]) -> bool {
        let target = match self.ctx.sys.readlinkat(AT_FDCWD, from) {
            Ok(target) => target,
            Err(errno) => {
                self.ctx.fail(format_args!("cannot read symbolic link {}", quoted(from)), errno);
                return false;
            }
        };
        let res = self.ctx.sys.symlinkat(&target, AT_FDCWD, to);
        if let Err(errno) = res {
            self.ctx.fail(format_args!("cannot create symbolic link {}", quoted(to)), errno);
        }
        res.is_ok()
    }

    fn special(&mut self, _from: &[u8], to: &[u8], attr: &Attr) -> bool {
        let mode =
            if self.options.mode { attr.mode.bits() & 0o700 } else { attr.mode.bits() & 0o777 };
        let mode = if self.options.owner { mode & 0o700 } else { mode };
        let res = self.ctx.sys.mknodat(AT_FDCWD, to, attr.kind.bits() | mode, attr.rdev);
        if let Err(errno) = res {
            let kind = if attr.kind == FileType::Fifo { "fifo" } else { "special file" };
            self.ctx.fail(format_args!("cannot create {kind} {}", quoted(to)), errno);
        }
        res.is_ok()
    }

    // ---- Directories ----

    fn directory(
        &mut self,
        from: &[u8],
        to: &[u8],
        attr: &Attr,
        there: Option<Attr>,
        operand: bool,
    ) -> bool {
        let fresh = there.is_none();
        let mut restore = None;
        if fresh {
            let wanted = attr.mode.bits() & 0o7777;
            let wanted = if self.options.no_mode { 0o777 } else { wanted };
            let first = if self.options.owner { wanted & 0o700 } else { wanted & 0o777 };
            if let Err(errno) = self.ctx.sys.mkdirat(AT_FDCWD, to, first & 0o777) {
                self.ctx.fail(format_args!("cannot create directory {}", quoted(to)), errno);
                return false;
            }
            let now = self.ctx.lstat(to).map_or(first, |a| a.mode.bits());
            if now & 0o700 != 0o700 {
                restore = Some(now);
                let _ = self.ctx.sys.fchmodat(AT_FDCWD, to, Mode::new(now | 0o700));
            } else if self.options.owner {
                restore = Some(wanted & !self.umask);
            }
            if operand && self.top.is_none() {
                self.top = self.ctx.lstat(to).ok().map(|a| (a.dev.encode(), a.ino));
            }
        }
        let mut ok = self.children(from, to, attr);
        if self.options.mode || self.options.owner || self.options.times || self.options.xattrs {
            if fresh
                && !self.options.mode
                && let Some(mode) = restore
            {
                let _ = self.ctx.sys.fchmodat(AT_FDCWD, to, Mode::new(mode));
            }
            ok &= self.keep_attributes(from, to, attr);
        } else if let Some(mode) = restore {
            let _ = self.ctx.sys.fchmodat(AT_FDCWD, to, Mode::new(mode));
        }
        ok
    }

    fn children(&mut self, from: &[u8], to: &[u8], attr: &Attr) -> bool {
        if self.options.one_file_system && attr.dev.encode() != self.device {
            return true;
        }
        let list = match self.ctx.children(from) {
            Ok(list) => list,
            Err(errno) => {
                self.ctx.fail(format_args!("cannot access {}", quoted(from)), errno);
                return false;
            }
        };
        let mut ok = true;
        // As cp does, in the order of the inode numbers.
        let mut list = list;
        list.sort_by_key(|child| child.ino);
        for child in list {
            if self.into_itself {
                break;
            }
            let source = join(from, &child.name);
            let follow = self.options.follows(false);
            let found = if follow { self.ctx.stat(&source) } else { self.ctx.lstat(&source) };
            match found {
                Ok(attr) => ok &= self.copy(&source, &join(to, &child.name), &attr, false),
                Err(errno) => {
                    self.ctx.fail(format_args!("cannot stat {}", quoted(&source)), errno);
                    ok = false;
                }
            }
        }
        ok
    }

    // ---- Regular files ----

    fn regular(&mut self, from: &[u8], to: &[u8], attr: &Attr, there: Option<Attr>) -> bool {
        let nofollow = if self.options.follows(false) || !self.options.recursive {
            OpenFlags(0)
        } else {
            OpenFlags::NOFOLLOW
        };
        let source = match self.ctx.open(from, OpenFlags::RDONLY | nofollow, 0) {
            Ok(fd) => fd,
            Err(errno) => {
                self.ctx.fail(format_args!("cannot open {} for reading", quoted(from)), errno);
                return false;
            }
        };
        let (opened, fresh) = self.open_target(to, attr, there);
        let good = match opened {
            Ok(target) => {
                let good = self.fill(from, to, attr, source, target, fresh);
                if let Err(errno) = self.ctx.sys.close(target) {
                    self.ctx.fail(format_args!("failed to close {}", quoted(to)), errno);
                }
                good
            }
            Err(errno) => {
                // A name that ends in a slash was meant as a directory.
                let errno = if fresh && errno == Errno::EISDIR && to.ends_with(b"/") {
                    Errno::ENOTDIR
                } else {
                    errno
                };
                self.ctx.fail(format_args!("cannot create regular file {}", quoted(to)), errno);
                false
            }
        };
        let _ = self.ctx.sys.close(source);
        if good {
            self.remember(to);
        }
        good
    }

    /// Opens the target: (descriptor, whether it is new).
    fn open_target(&mut self, to: &[u8], attr: &Attr, there: Option<Attr>) -> (Result<Fd>, bool) {
        if there.is_some() {
            let trunc = if self.options.attributes_only || self.options.reflink == Reflink::Always {
                OpenFlags(0)
            } else {
                OpenFlags::TRUNC
            };
            let res = self.ctx.open(to, OpenFlags::WRONLY | trunc, 0);
            let retry = self.options.force && res.is_err();
            if !retry {
                if !(matches!(res, Err(Errno::ENOENT)) && there.is_some_and(|t| is_link(&t))) {
                    return (res, false);
                }
                let what = quoted(to);
                self.ctx.warn(format_args!("not writing through dangling symlink {what}"));
                return (Err(Errno::ENOENT), false);
            }
            if self.ctx.sys.unlinkat(AT_FDCWD, to, 0).is_ok() && self.options.verbose {
                self.ctx.line(format!("removed {}", quoted(to)));
            }
        }
        let mode = if self.options.no_mode { 0o666 } else { attr.mode.bits() & 0o777 };
        let mode = if self.options.owner { mode & 0o700 } else { mode };
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL;
        (self.ctx.open(to, flags, mode), true)
    }

    fn fill(
        &mut self,
        from: &[u8],
        to: &[u8],
        attr: &Attr,
        source: Fd,
        target: Fd,
        fresh: bool,
    ) -> bool {
        if !self.options.attributes_only && !self.data(from, to, attr, source, target) {
            if fresh && self.options.reflink == Reflink::Always {
                let _ = self.ctx.sys.unlinkat(AT_FDCWD, to, 0);
            }
            return false;
        }
        if self.options.times {
            let (a, m) = (SetTime::To(attr.atime), SetTime::To(attr.mtime));
            if let Err(errno) = self.ctx.sys.futimens(target, Some(a), Some(m)) {
                self.ctx.fail(format_args!("preserving times for {}", quoted(to)), errno);
            }
        }
        if self.options.owner {
            self.keep_owner(to, attr, Some(target));
        }
        if self.options.xattrs && !self.keep_xattrs(from, to) {
            return false;
        }
        if self.options.mode || self.options.moving {
            self.keep_mode(from, to, attr)
        } else if fresh && self.options.owner {
            let mode = Mode::new(attr.mode.bits() & 0o777 & !self.umask);
            self.ctx.sys.fchmod(target, mode).is_ok()
        } else {
            true
        }
    }
}

/// What comes of something standing at the target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Clear,
    Skip,
    Refused,
}
