//! Open files: descriptors, reading, writing, listing, locking.

use super::{Args, Done, Fail, Place, Run};
use crate::errno::Errno;
use crate::sys::{Fd, Flock};
use crate::testing::word;
use crate::types::{Dirent, OpenFlags, Whence};

/// Memory that a disk reads into and writes from, as O_DIRECT wants it.
struct Aligned {
    room: Vec<u8>,
    len: usize,
}

impl Aligned {
    const BLOCK: usize = 4096;

    fn new(len: usize) -> Aligned {
        Aligned { room: vec![0; len + Aligned::BLOCK], len }
    }

    fn bytes(&mut self) -> &mut [u8] {
        let start = self.room.as_ptr().align_offset(Aligned::BLOCK);
        &mut self.room[start..start + self.len]
    }
}

impl Run<'_> {
    pub(super) fn files(&mut self, verb: &str, args: &mut Args<'_>) -> Option<Done> {
        Some(match verb {
            "open" => self.open(args),
            "close" => self.close(args),
            "dup" => self.dup(args),
            "read" | "pread" => self.read(verb == "pread", args),
            "write" | "pwrite" => self.write(verb == "pwrite", args),
            "lseek" => self.lseek(args),
            "getdents" => self.getdents(args),
            "seekdir" => self.seekdir(args),
            "fsync" | "syncfs" => self.sync(verb, args),
            "flock" => self.flock(args),
            "fallocate" => self.fallocate(args),
            "copyrange" => self.copy_range(args),
            "clone" => self.clone_file(args),
            "getfl" => self.descriptor(args).and_then(|fd| Ok(show_flags(self.sys.fd_flags(fd)?))),
            _ => return None,
        })
    }

    pub(super) fn descriptor(&self, args: &mut Args<'_>) -> Result<i32, Fail> {
        match self.place(args.word()?)? {
            Place::Fd(fd) => Ok(fd),
            Place::At(..) => Err(Fail::Script("a descriptor (%name) is wanted".into())),
        }
    }

    /// `open %name PATH FLAGS [MODE]`.
    fn open(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.strip_prefix('%').ok_or("open: %name first".to_owned())?;
        let (dir, path) = self.at(args.word()?)?;
        let flags = parse_flags(args.text()?)?;
        let mode = if args.next < args.op.args.len() { args.octal()? } else { 0o666 };
        let fd = self.sys.openat(dir, path, flags, mode)?;
        self.name_fd(name, fd)
    }

    /// A descriptor gets a name; one that had it is closed.
    pub(super) fn name_fd(&mut self, name: &str, fd: Fd) -> Done {
        let person = self.person();
        person.listed.remove(name);
        if let Some(old) = person.fds.insert(name.to_owned(), fd) {
            self.sys.close(old)?;
        }
        Ok("0".into())
    }

    /// `dup %fd %new`: another descriptor of the same open file.
    fn dup(&mut self, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let name = args.text()?.trim_start_matches('%').to_owned();
        let new = self.sys.dup(fd, 3)?;
        self.name_fd(&name, new)
    }

    fn close(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.trim_start_matches('%');
        let fd = self.person().fds.remove(name).ok_or(Errno::EBADF)?;
        self.sys.close(fd)?;
        Ok("0".into())
    }

    /// `read %fd LEN`, `pread %fd LEN OFF`.
    fn read(&mut self, at: bool, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let len: usize = args.number()?;
        let mut room = Aligned::new(len.min(1 << 24));
        let buf = room.bytes();
        let got = match at {
            true => self.sys.pread(fd, buf, args.number()?)?,
            false => self.sys.read(fd, buf)?,
        };
        Ok(word::content(&buf[..got]))
    }

    /// `write %fd DATA`, `pwrite %fd DATA OFF`.
    fn write(&mut self, at: bool, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let word = args.word()?;
        let mut room = Aligned::new(word.len());
        let data = room.bytes();
        data.copy_from_slice(word);
        let len = match at {
            true => self.sys.pwrite(fd, data, args.number()?)?,
            false => self.sys.write(fd, data)?,
        };
        Ok(len.to_string())
    }

    /// `lseek %fd OFF SET|CUR|END|DATA|HOLE`.
    fn lseek(&mut self, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let off = args.number()?;
        let whence = match args.text()? {
            "SET" => Whence::Set,
            "CUR" => Whence::Cur,
            "END" => Whence::End,
            "DATA" => Whence::Data,
            "HOLE" => Whence::Hole,
            it => return Err(Fail::Script(format!("lseek: {it}"))),
        };
        Ok(self.sys.lseek(fd, off, whence)?.to_string())
    }

    /// `getdents %fd [MAX]`: all, or that many one by one. A kernel that is asked for more than it may give looks at
    /// what comes next, and what it finds there can change the listing.
    fn getdents(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.op.args.first().map(|it| String::from_utf8_lossy(it).replace('%', ""));
        let fd = self.descriptor(args)?;
        let entries = match args.next < args.op.args.len() {
            true => self.some_entries(fd, args.number()?)?,
            false => self.sys.getdents(fd, 4096)?,
        };
        let offsets = entries.iter().map(|it| it.off).collect();
        self.person().listed.insert(name.unwrap_or_default(), offsets);
        let names: Vec<_> = entries.iter().map(|it| word::show(&it.name)).collect();
        Ok(format!("{} [{}]", entries.len(), names.join(" ")))
    }

    fn some_entries(&mut self, fd: Fd, max: usize) -> Result<Vec<Dirent>, Errno> {
        let mut entries = Vec::new();
        while entries.len() < max {
            let next = self.next_entry(fd)?;
            if next.is_empty() {
                break;
            }
            entries.extend(next);
        }
        Ok(entries)
    }

    /// `EINVAL` also says that the buffer is too small for the next name, and the live kernel is then asked
    /// again with a larger one: of an entry that answers so the same becomes here as there.
    fn next_entry(&mut self, fd: Fd) -> Result<Vec<Dirent>, Errno> {
        const SIZES: usize = 33;
        let mut next = self.sys.getdents(fd, 1);
        for _ in 1..SIZES {
            match next {
                Err(Errno::EINVAL) => next = self.sys.getdents(fd, 1),
                _ => break,
            }
        }
        next
    }

    /// `seekdir %fd N`: to the offset of the Nth entry (from 0) that the last `getdents` gave.
    fn seekdir(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.op.args.first().map(|it| String::from_utf8_lossy(it).replace('%', ""));
        let fd = self.descriptor(args)?;
        let nth: usize = args.number()?;
        let listed = self.person().listed.get(&name.unwrap_or_default());
        let Some(off) = listed.and_then(|it| it.get(nth).copied()) else {
            return Ok("not listed".into());
        };
        let pos = self.sys.lseek(fd, off, Whence::Set)?;
        Ok(if pos == off as u64 { "0".into() } else { pos.to_string() })
    }

    fn sync(&mut self, verb: &str, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        match verb {
            "fsync" => self.sys.fsync(fd)?,
            _ => self.sys.syncfs(fd)?,
        }
        Ok("0".into())
    }

    fn flock(&mut self, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let op = match args.text()? {
            "SH" => Flock::Shared,
            "EX" => Flock::Exclusive,
            "UN" => Flock::Unlock,
            it => return Err(Fail::Script(format!("flock: {it}"))),
        };
        self.sys.flock(fd, op)?;
        Ok("0".into())
    }

    /// `fallocate %fd MODE OFF LEN`.
    fn fallocate(&mut self, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let (mode, off, len) = (args.number()?, args.number()?, args.number()?);
        self.sys.fallocate(fd, mode, off, len)?;
        Ok("0".into())
    }

    /// `copyrange %from OFF %to OFF LEN`.
    fn copy_range(&mut self, args: &mut Args<'_>) -> Done {
        let (from, from_off) = (self.descriptor(args)?, args.number()?);
        let (to, to_off) = (self.descriptor(args)?, args.number()?);
        let len = args.number()?;
        let copied = self.sys.copy_file_range(from, Some(from_off), to, Some(to_off), len)?;
        Ok(copied.to_string())
    }

    /// `clone %to %from`.
    fn clone_file(&mut self, args: &mut Args<'_>) -> Done {
        let (to, from) = (self.descriptor(args)?, self.descriptor(args)?);
        self.sys.ficlone(to, from)?;
        Ok("0".into())
    }
}

/// Names of `open` flags; the access mode comes first.
const FLAGS: &[(&str, OpenFlags)] = &[
    ("RDONLY", OpenFlags(0)),
    ("WRONLY", OpenFlags::WRONLY),
    ("RDWR", OpenFlags(2)),
    ("ACCMODE", OpenFlags(OpenFlags::ACCMODE)),
    ("CREAT", OpenFlags::CREAT),
    ("EXCL", OpenFlags::EXCL),
    ("TRUNC", OpenFlags::TRUNC),
    ("APPEND", OpenFlags::APPEND),
    ("NONBLOCK", OpenFlags::NONBLOCK),
    ("TMPFILE", OpenFlags::TMPFILE),
    ("DIRECTORY", OpenFlags::DIRECTORY),
    ("NOFOLLOW", OpenFlags::NOFOLLOW),
    ("NOATIME", OpenFlags::NOATIME),
    ("SYNC", OpenFlags::SYNC),
    ("DIRECT", OpenFlags::DIRECT),
    ("PATH", OpenFlags::PATH),
];

pub(super) fn parse_flags(text: &str) -> Result<OpenFlags, Fail> {
    let mut flags = OpenFlags(0);
    for name in text.split('|') {
        let known = FLAGS.iter().find(|it| it.0 == name);
        flags = flags | known.ok_or_else(|| Fail::Script(format!("open flag {name}")))?.1;
    }
    Ok(flags)
}

fn show_flags(flags: OpenFlags) -> String {
    let access = FLAGS.iter().take(4).find(|it| it.1.0 == flags.0 & OpenFlags::ACCMODE);
    let rest = FLAGS.iter().skip(4).filter(|it| flags.has(it.1));
    let names: Vec<_> = access.into_iter().chain(rest).map(|it| it.0).collect();
    names.join("|")
}
