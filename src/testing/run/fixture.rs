//! Verbs that lay a foundation in a layer: nodes with everything that belongs to them, and no
//! trace of having been made (the directory's times stay).
//!
//! `d PATH`, `f PATH DATA`, `l PATH TARGET`, `h PATH OTHER`, `p PATH`, `s PATH`, `c PATH MA:MI`,
//! `b PATH MA:MI`, `w PATH` (whiteout), `x PATH` (the program that waits), `put PATH OFFSET DATA`; then in any order: a mode in
//! octal, `UID:GID`, `@SECONDS`, `size=N`, `flags=0xN`, and `name=value` attributes.

use super::{Args, Done, Fail, Run, number};
use crate::sys::{AT_FDCWD, at};
use crate::testing::lab::fixed;
use crate::testing::program::PROGRAM;
use crate::types::{Dev, FileType, Mode, OpenFlags, SetTime, XattrMode};

/// What follows the essentials of a node.
struct Extra<'a> {
    mode: Option<u32>,
    owner: Option<(u32, u32)>,
    time: i64,
    size: Option<i64>,
    flags: Option<u32>,
    xattrs: Vec<(&'a [u8], &'a [u8])>,
}

impl Run<'_> {
    pub(super) fn fixture(&mut self, verb: &str, args: &mut Args<'_>) -> Done {
        let path = args.word()?;
        let dir = parent(path);
        let before = self.sys.statat(AT_FDCWD, dir, 0)?;
        self.make(verb, path, args)?;
        self.nodes += i64::from(verb != "put");
        let extra = extra(args, self.nodes)?;
        self.dress(verb, path, &extra)?;
        let (atime, mtime) = (SetTime::To(before.atime), SetTime::To(before.mtime));
        self.sys.utimensat(AT_FDCWD, dir, Some(atime), Some(mtime), 0)?;
        Ok("0".into())
    }

    fn make(&mut self, verb: &str, path: &[u8], args: &mut Args<'_>) -> Result<(), Fail> {
        match verb {
            "d" => self.sys.mkdirat(AT_FDCWD, path, 0o755)?,
            "f" => {
                let data = args.maybe().unwrap_or_default();
                self.put(path, OpenFlags(0o301), 0, data)?;
            }
            "x" => self.put(path, OpenFlags(0o301), 0, PROGRAM)?,
            "put" => {
                let off = args.number()?;
                self.put(path, OpenFlags::WRONLY, off, args.word()?)?;
            }
            "l" => self.sys.symlinkat(args.word()?, AT_FDCWD, path)?,
            "h" => self.sys.linkat(AT_FDCWD, args.word()?, AT_FDCWD, path, 0)?,
            "p" => {
                self.sys.mknodat(AT_FDCWD, path, FileType::Fifo.bits() | 0o644, Dev::default())?
            }
            "s" => {
                self.sys.mknodat(AT_FDCWD, path, FileType::Sock.bits() | 0o755, Dev::default())?
            }
            "w" => self.sys.mknodat(AT_FDCWD, path, FileType::Chr.bits(), Dev::default())?,
            _ => {
                let kind = if verb == "c" { FileType::Chr } else { FileType::Blk };
                let dev = device(args.text()?)?;
                self.sys.mknodat(AT_FDCWD, path, kind.bits() | 0o644, dev)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, path: &[u8], flags: OpenFlags, off: u64, data: &[u8]) -> Result<(), Fail> {
        // What stands there may be a fifo by now.
        let flags = flags | OpenFlags::NONBLOCK;
        let fd = self.sys.openat(AT_FDCWD, path, flags, 0o644)?;
        let res = if data.is_empty() { Ok(0) } else { self.sys.pwrite(fd, data, off) };
        self.sys.close(fd)?;
        match res? {
            len if len == data.len() => Ok(()),
            _ => Err(Fail::Script("a short write in a fixture".into())),
        }
    }

    fn dress(&mut self, verb: &str, path: &[u8], extra: &Extra<'_>) -> Result<(), Fail> {
        if let Some(size) = extra.size {
            self.sys.truncate(path, size)?;
        }
        if let Some((uid, gid)) = extra.owner {
            let nofollow = at::SYMLINK_NOFOLLOW;
            self.sys.fchownat(AT_FDCWD, path, Some(uid), Some(gid), nofollow)?;
        }
        if let (Some(mode), true) = (extra.mode, verb != "l") {
            self.sys.fchmodat(AT_FDCWD, path, Mode::new(mode))?;
        }
        for (name, value) in &extra.xattrs {
            self.sys.setxattr(path, name, value, XattrMode::Set, false)?;
        }
        if verb != "h" {
            let time = Some(SetTime::To(fixed(extra.time)));
            self.sys.utimensat(AT_FDCWD, path, time, time, at::SYMLINK_NOFOLLOW)?;
        }
        if let Some(flags) = extra.flags {
            let fd = self.sys.openat(AT_FDCWD, path, OpenFlags::NONBLOCK, 0)?;
            let res = self.set_low_flags(fd, flags);
            self.sys.close(fd)?;
            res?;
        }
        Ok(())
    }
}

/// The directory part of a path.
fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&b| b == b'/') {
        Some(0) => b"/",
        Some(at) => &path[..at],
        None => b".",
    }
}

/// `major:minor`.
pub(super) fn device(text: &str) -> Result<Dev, Fail> {
    let (major, minor) = text.split_once(':').ok_or("a device is MAJOR:MINOR".to_owned())?;
    Ok(Dev::new(number(major)?, number(minor)?))
}

fn extra<'a>(args: &mut Args<'a>, nth: i64) -> Result<Extra<'a>, Fail> {
    let mut extra =
        Extra { mode: None, owner: None, time: nth, size: None, flags: None, xattrs: Vec::new() };
    while let Some(word) = args.maybe() {
        let text = std::str::from_utf8(word).unwrap_or_default();
        let eq = word.iter().position(|&b| b == b'=');
        if let Some(seconds) = text.strip_prefix('@') {
            extra.time = number(seconds)?;
        } else if let Some(size) = text.strip_prefix("size=") {
            extra.size = Some(number(size)?);
        } else if let Some(flags) = text.strip_prefix("flags=0x") {
            let flags = u32::from_str_radix(flags, 16);
            extra.flags = Some(flags.map_err(|_| format!("bad flags {text}"))?);
        } else if let Some(at) = eq {
            extra.xattrs.push((&word[..at], &word[at + 1..]));
        } else if let Some((uid, gid)) = text.split_once(':') {
            extra.owner = Some((number(uid)?, number(gid)?));
        } else {
            let mode = u32::from_str_radix(text, 8);
            extra.mode = Some(mode.map_err(|_| format!("what is {text}?"))?);
        }
    }
    Ok(extra)
}
