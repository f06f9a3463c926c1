//! Attributes: stat, mode, owner, times, size, extended attributes, flags, handles.
//!
//! A verb with a leading `l` does not follow a final symbolic link; a descriptor instead of a
//! path chooses the `f` form of the call.

use super::{Args, Done, Fail, Place, Run, number};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd, at};
use crate::testing::lab::fixed;
use crate::testing::word;
use crate::types::{Mode, OpenFlags, SetTime, XattrMode};

/// The type of an overlay's file handles.
const OVERLAY_HANDLE: i32 = 0xf8;

impl Run<'_> {
    pub(super) fn meta(&mut self, verb: &str, args: &mut Args<'_>) -> Option<Done> {
        let (nofollow, plain) = match verb.strip_prefix('l') {
            Some(
                it @ ("stat" | "chown" | "utimens" | "getxattr" | "setxattr" | "removexattr"
                | "listxattr"),
            ) => (true, it),
            _ => (false, verb),
        };
        Some(match plain {
            "stat" => self.stat(nofollow, args),
            "statfs" => self.statfs(args),
            "access" => self.access(args),
            "chmod" => self.chmod(args),
            "chown" => self.chown(nofollow, args),
            "utimens" => self.utimens(nofollow, args),
            "truncate" => self.truncate(args),
            "getxattr" => self.get_xattr(!nofollow, args),
            "setxattr" => self.set_xattr(!nofollow, args),
            "removexattr" => self.remove_xattr(!nofollow, args),
            "listxattr" => self.list_xattr(!nofollow, args),
            "getflags" | "setflags" => self.flags(plain == "setflags", args),
            "handle" => self.file_handle(args),
            "keephandle" => self.keep_handle(args),
            "byhandle" => self.by_handle(args),
            _ => return None,
        })
    }

    fn stat(&mut self, nofollow: bool, args: &mut Args<'_>) -> Done {
        let word = args.word()?;
        let attr = match self.place(word)? {
            Place::At(dir, path) => {
                let flags = if nofollow { at::SYMLINK_NOFOLLOW } else { 0 };
                self.sys.statat(dir, path, flags)?
            }
            Place::Fd(fd) => self.sys.fstat(fd)?,
        };
        let raw = self.lab.raw().any(|it| word.starts_with(format!("{it}/").as_bytes()));
        Ok(self.eyes.stat(&attr, raw))
    }

    fn statfs(&mut self, args: &mut Args<'_>) -> Done {
        let st = match self.place(args.word()?)? {
            Place::At(_, path) => self.sys.statfs(path)?,
            Place::Fd(fd) => self.sys.fstatfs(fd)?,
        };
        Ok(format!("type={:#x} bsize={} namelen={}", st.magic, st.bsize, st.namelen))
    }

    /// `access PATH MASK [eaccess]`.
    fn access(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        let mask = args.number()?;
        let flags = if args.maybe().is_some() { at::EACCESS } else { 0 };
        self.sys.faccessat(dir, path, mask, flags)?;
        Ok("0".into())
    }

    fn chmod(&mut self, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let mode = Mode::new(args.octal()?);
        match place {
            Place::At(dir, path) => self.sys.fchmodat(dir, path, mode)?,
            Place::Fd(fd) => self.sys.fchmod(fd, mode)?,
        }
        Ok("0".into())
    }

    /// `chown PATH UID:GID`; `-` leaves one alone.
    fn chown(&mut self, nofollow: bool, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let text = args.text()?;
        let (uid, gid) = text.split_once(':').ok_or("chown: UID:GID".to_owned())?;
        let id = |it: &str| if it == "-" { Ok(None) } else { number(it).map(Some) };
        let (uid, gid) = (id(uid)?, id(gid)?);
        match place {
            Place::At(dir, path) => {
                let flags = if nofollow { at::SYMLINK_NOFOLLOW } else { 0 };
                self.sys.fchownat(dir, path, uid, gid, flags)?;
            }
            Place::Fd(fd) => self.sys.fchown(fd, uid, gid)?,
        }
        Ok("0".into())
    }

    /// `utimens PATH ATIME MTIME`, each `now`, `omit` or `@SECONDS`.
    fn utimens(&mut self, nofollow: bool, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let (atime, mtime) = (time(args.text()?)?, time(args.text()?)?);
        match place {
            Place::At(dir, path) => {
                let flags = if nofollow { at::SYMLINK_NOFOLLOW } else { 0 };
                self.sys.utimensat(dir, path, atime, mtime, flags)?;
            }
            Place::Fd(fd) => self.sys.futimens(fd, atime, mtime)?,
        }
        Ok("0".into())
    }

    fn truncate(&mut self, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let len = args.number()?;
        match place {
            Place::At(_, path) => self.sys.truncate(path, len)?,
            Place::Fd(fd) => self.sys.ftruncate(fd, len)?,
        }
        Ok("0".into())
    }

    fn get_xattr(&mut self, follow: bool, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let name = args.word()?;
        let value = match place {
            Place::At(_, path) => self.sys.getxattr(path, name, follow)?,
            Place::Fd(fd) => self.sys.fgetxattr(fd, name)?,
        };
        Ok(self.eyes.xattr_value(name, &value))
    }

    /// `setxattr PATH NAME VALUE [create|replace]`; a value `^PATH` is copied from the attribute
    /// of that name at PATH.
    fn set_xattr(&mut self, follow: bool, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let name = args.word()?;
        let value = args.word()?;
        let value = match value.strip_prefix(b"^") {
            Some(path) => self.sys.getxattr(path, name, false)?,
            None => value.to_vec(),
        };
        let mode = match args.maybe_text() {
            None => XattrMode::Set,
            Some("create") => XattrMode::Create,
            Some("replace") => XattrMode::Replace,
            Some(it) => return Err(Fail::Script(format!("setxattr: {it}"))),
        };
        match place {
            Place::At(_, path) => self.sys.setxattr(path, name, &value, mode, follow)?,
            Place::Fd(fd) => self.sys.fsetxattr(fd, name, &value, mode)?,
        }
        Ok("0".into())
    }

    fn remove_xattr(&mut self, follow: bool, args: &mut Args<'_>) -> Done {
        let place = self.place(args.word()?)?;
        let name = args.word()?;
        match place {
            Place::At(_, path) => self.sys.removexattr(path, name, follow)?,
            Place::Fd(fd) => self.sys.fremovexattr(fd, name)?,
        }
        Ok("0".into())
    }

    fn list_xattr(&mut self, follow: bool, args: &mut Args<'_>) -> Done {
        let mut names = match self.place(args.word()?)? {
            Place::At(_, path) => self.sys.listxattr(path, follow)?,
            Place::Fd(fd) => self.sys.flistxattr(fd)?,
        };
        names.sort();
        let names: Vec<_> = names.iter().map(|it| word::show(it)).collect();
        Ok(format!("[{}]", names.join(" ")))
    }

    /// `getflags %fd`, `setflags %fd HEX` (the low byte: what `chattr` changes).
    fn flags(&mut self, set: bool, args: &mut Args<'_>) -> Done {
        let Place::Fd(fd) = self.place(args.word()?)? else {
            return Err(Fail::Script("a descriptor (%name) is wanted".into()));
        };
        if !set {
            return Ok(format!("{:#x}", self.sys.get_flags(fd)?));
        }
        let text = args.text()?;
        let flags = u32::from_str_radix(text.trim_start_matches("0x"), 16);
        self.set_low_flags(fd, flags.map_err(|_| format!("not hexadecimal: {text}"))?)?;
        Ok("0".into())
    }

    /// Sets the flags that people change, and keeps those that tell how a file is stored.
    pub(super) fn set_low_flags(&mut self, fd: Fd, flags: u32) -> Result<(), Fail> {
        let stored = self.sys.get_flags(fd)? & !0xff;
        Ok(self.sys.set_flags(fd, stored | flags)?)
    }

    /// `handle PATH [FLAGS]`: type and length; of an overlay's handle the object that it names.
    fn file_handle(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        let flags = if args.next < args.op.args.len() { args.number()? } else { 0 };
        let (_, kind, bytes) = self.sys.name_to_handle_at(dir, path, flags)?;
        let inside = match bytes.get(3..) {
            Some(inside) if kind == OVERLAY_HANDLE => {
                format!(" names {}", self.eyes.xattr_value(b"trusted.overlay.origin", inside))
            }
            _ => String::new(),
        };
        Ok(format!("type={kind:#x} bytes={}{inside}", bytes.len()))
    }

    /// `keephandle NAME PATH`.
    fn keep_handle(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.to_owned();
        let (dir, path) = self.at(args.word()?)?;
        let (_, kind, bytes) = self.sys.name_to_handle_at(dir, path, 0)?;
        self.holds.handles.insert(name, (kind, bytes));
        Ok("0".into())
    }

    /// `byhandle %fd NAME FLAGS`: opens what a kept handle names, on the lab's overlay.
    fn by_handle(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.strip_prefix('%').ok_or("byhandle: %name first".to_owned())?;
        let kept = self.holds.handles.get(args.text()?).cloned();
        let flags = super::files::parse_flags(args.text()?)?;
        let (kind, bytes) = kept.ok_or(Errno::ENOENT)?;
        let mount = self.sys.openat(AT_FDCWD, b"m", OpenFlags::DIRECTORY, 0)?;
        let opened = self.sys.open_by_handle_at(mount, kind, &bytes, flags);
        self.sys.close(mount)?;
        self.name_fd(name, opened?)
    }
}

fn time(text: &str) -> Result<Option<SetTime>, Fail> {
    Ok(match text {
        "omit" => None,
        "now" => Some(SetTime::Now),
        it => {
            let seconds = it.strip_prefix('@').ok_or_else(|| format!("a time: {it}"))?;
            match seconds.split_once('.') {
                None => Some(SetTime::To(fixed(number(seconds)?))),
                Some((sec, nanos)) => {
                    let mut at = fixed(number(sec)?);
                    at.nsec = number(nanos)?;
                    Some(SetTime::To(at))
                }
            }
        }
    })
}
