//! Names: making, removing, renaming, linking.

use super::fixture::device;
use super::{Args, Done, Fail, Place, Run};
use crate::sys::at;
use crate::testing::word;
use crate::types::{Dev, FileType, RenameFlags};

impl Run<'_> {
    pub(super) fn names(&mut self, verb: &str, args: &mut Args<'_>) -> Option<Done> {
        Some(match verb {
            "mkdir" => self.mkdir(args),
            "mknod" => self.mknod(args),
            "symlink" => self.symlink(args),
            "readlink" => self.readlink(args),
            "link" => self.link(args),
            "unlink" => self.unlink(args, 0),
            "rmdir" => self.unlink(args, at::REMOVEDIR),
            "rename" => self.rename(args),
            _ => return None,
        })
    }

    /// `mkdir PATH [MODE]`.
    fn mkdir(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        let mode = if args.next < args.op.args.len() { args.octal()? } else { 0o777 };
        self.sys.mkdirat(dir, path, mode)?;
        Ok("0".into())
    }

    /// `mknod PATH f|p|s MODE`, `mknod PATH c|b MODE MA:MI`.
    fn mknod(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        let kind = match args.text()? {
            "f" => FileType::Reg,
            "p" => FileType::Fifo,
            "s" => FileType::Sock,
            "c" => FileType::Chr,
            "b" => FileType::Blk,
            it => return Err(Fail::Script(format!("mknod: {it}"))),
        };
        let mode = args.octal()?;
        let dev = args.maybe_text().map_or(Ok(Dev::default()), device)?;
        self.sys.mknodat(dir, path, kind.bits() | mode, dev)?;
        Ok("0".into())
    }

    /// `symlink TARGET PATH`.
    fn symlink(&mut self, args: &mut Args<'_>) -> Done {
        let target = args.word()?;
        let (dir, path) = self.at(args.word()?)?;
        self.sys.symlinkat(target, dir, path)?;
        Ok("0".into())
    }

    fn readlink(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        Ok(word::show(&self.sys.readlinkat(dir, path)?))
    }

    /// `link FROM TO [follow]`; FROM may be a descriptor (`AT_EMPTY_PATH`).
    fn link(&mut self, args: &mut Args<'_>) -> Done {
        let from = self.place(args.word()?)?;
        let (to, to_path) = self.at(args.word()?)?;
        let follow = if args.maybe().is_some() { at::SYMLINK_FOLLOW } else { 0 };
        match from {
            Place::At(dir, path) => self.sys.linkat(dir, path, to, to_path, follow)?,
            Place::Fd(fd) => self.sys.linkat(fd, b"", to, to_path, at::EMPTY_PATH)?,
        }
        Ok("0".into())
    }

    fn unlink(&mut self, args: &mut Args<'_>, flags: u32) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        self.sys.unlinkat(dir, path, flags)?;
        Ok("0".into())
    }

    /// `rename FROM TO [NOREPLACE|EXCHANGE|WHITEOUT or a number]`.
    fn rename(&mut self, args: &mut Args<'_>) -> Done {
        let (dir, path) = self.at(args.word()?)?;
        let (to, to_path) = self.at(args.word()?)?;
        let mut flags = RenameFlags::NONE;
        for name in args.maybe_text().iter().flat_map(|it| it.split('|')) {
            flags = flags
                | match name {
                    "NOREPLACE" => RenameFlags::NOREPLACE,
                    "EXCHANGE" => RenameFlags::EXCHANGE,
                    "WHITEOUT" => RenameFlags::WHITEOUT,
                    it => RenameFlags(super::number(it)?),
                };
        }
        self.sys.renameat2(dir, path, to, to_path, flags)?;
        Ok("0".into())
    }
}
