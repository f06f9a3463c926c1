//! `tar -x`: members become files.

use super::list::{self, Pieces, contents};
use super::listing::{Line, Listing};
use super::options::{Old, Options, shown};
use super::pick::{self, Prefixes, Wanted, below};
use super::{Done, TOO_LARGE, complain};
use crate::errno::Errno;
use crate::limits::ARCHIVE_UNPACKED_MAX;
use crate::shell::command::common::quote;
use crate::shell::command::ctx::{Ctx, strip_slashes};
use crate::shell::pattern;
use crate::sys::{AT_FDCWD, Fd, at};
use crate::tar::{Entry, Kind, Reader};
use crate::types::{Dev, FileType, Mode, OpenFlags, Result, SetTime, XattrMode};

/// Unpacks what is wanted. `mask` is the umask that the user had.
pub fn run(ctx: &mut Ctx<'_>, options: &Options, archive: &[u8], mask: u32) -> Done {
    for dir in options.named.iter().map(|it| &it.dir).chain([&options.dir]) {
        if dir.is_empty() {
            continue;
        }
        let errno = match ctx.stat(dir) {
            Ok(attr) if attr.is_dir() => continue,
            Ok(_) => Errno::ENOTDIR,
            Err(errno) => errno,
        };
        ctx.fail(format_args!("{}: Cannot open", shown(dir)), errno);
        return Done::Fatal;
    }
    let is_root = ctx.sys.cred().uid == 0;
    let mut wanted = Wanted::new(options);
    let mut extractor = Extractor {
        options,
        mask,
        same_owner: options.same_owner.unwrap_or(is_root),
        same_permissions: options.same_permissions.unwrap_or(is_root),
        prefixes: Prefixes::default(),
        listing: Listing::new(if options.to_stdout { 2 } else { 1 }),
        dirs: Vec::new(),
        links: Vec::new(),
        failed: false,
    };
    let done = list::members(ctx, archive, |ctx, reader, entry| {
        match wanted.takes(options, &entry.path) {
            Some(dir) => extractor.member(ctx, reader, entry, &dir),
            None => Done::Well,
        }
    });
    extractor.finish(ctx);
    let done = if done == Done::Well && extractor.failed { Done::Partly } else { done };
    list::end(ctx, &wanted, done)
}

/// Whether an attribute is packed and unpacked: those that were named, otherwise those of users.
pub fn takes_attribute(options: &Options, name: &[u8]) -> bool {
    let meets = |it: &Vec<u8>| pattern::matches(it, name, pattern::Options::default());
    if options.xattrs_exclude.iter().any(meets) {
        return false;
    }
    match options.xattrs_include.is_empty() {
        true => name.starts_with(b"user."),
        false => options.xattrs_include.iter().any(meets),
    }
}

/// A member that could not be made: what could not be done with it, and why.
type Failure = (String, Errno);

struct Extractor<'a> {
    options: &'a Options,
    mask: u32,
    same_owner: bool,
    same_permissions: bool,
    prefixes: Prefixes,
    listing: Listing,
    /// Directories are described when nothing comes into them any more.
    dirs: Vec<(Vec<u8>, Entry)>,
    /// Links that could lead out of the directory are empty files until the end, so that no member is unpacked
    /// through one.
    links: Vec<(Vec<u8>, Entry, (Dev, u64))>,
    failed: bool,
}

impl Extractor<'_> {
    fn member(
        &mut self,
        ctx: &mut Ctx<'_>,
        reader: &mut Reader<&[u8]>,
        entry: &Entry,
        dir: &[u8],
    ) -> Done {
        let options = self.options;
        let Some(name) = pick::stripped(&entry.path, options.strip) else { return Done::Well };
        let name = if options.absolute { name } else { self.prefixes.cut(ctx, name, false) };
        if !options.absolute && pick::climbs(&entry.path) {
            ctx.warn(format_args!("{}: Member name contains '..'", shown(&entry.path)));
            self.failed = true;
            return Done::Well;
        }
        if options.verbose > 0 {
            let (owner, group) = reader.owners();
            let line = Line { entry, name: &entry.path, owner, group };
            self.listing.line(ctx, options, options.verbose > 1, &line);
        }
        let data = match entry.kind {
            Kind::Reg => match contents(reader) {
                Ok(data) => data,
                Err(error) => return complain(ctx, &error, false),
            },
            _ => Pieces::new(),
        };
        if options.to_stdout {
            return print(ctx, entry, &data);
        }
        let name = match strip_slashes(name) {
            b"" => b".",
            name => name,
        };
        let entry = &here(ctx, options, reader, entry);
        if let Err((what, errno)) = self.place(ctx, &below(dir, name), entry, &data, dir) {
            ctx.fail(format_args!("{}: {what}", shown(name)), errno);
            self.failed = true;
        }
        Done::Well
    }

    /// Puts a member in its place, with the directories above it.
    fn place(
        &mut self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        entry: &Entry,
        data: &Pieces,
        dir: &[u8],
    ) -> std::result::Result<(), Failure> {
        let mut is_made = self.make(ctx, path, entry, data, dir);
        if is_made.as_ref().is_err_and(|it| it.1 == Errno::ENOENT) && self.parents(ctx, path) {
            is_made = self.make(ctx, path, entry, data, dir);
        }
        if is_made.as_ref().is_err_and(|it| it.1 == Errno::EEXIST) {
            match self.options.old {
                Old::Skipped => return Ok(()),
                Old::Replaced | Old::Overwritten if make_room(ctx, path) => {
                    is_made = self.make(ctx, path, entry, data, dir);
                }
                _ => {}
            }
        }
        is_made
    }

    fn parents(&self, ctx: &mut Ctx<'_>, path: &[u8]) -> bool {
        let mut made = false;
        for at in (1..path.len()).filter(|&at| path[at] == b'/') {
            let mode = 0o777 & !self.mask;
            made |= ctx.sys.mkdirat(AT_FDCWD, &path[..at], mode).is_ok();
        }
        made
    }

    fn make(
        &mut self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        entry: &Entry,
        data: &Pieces,
        dir: &[u8],
    ) -> std::result::Result<(), Failure> {
        let cannot = |what: &str| {
            let what = format!("Cannot {what}");
            move |errno| (what, errno)
        };
        let node = |ctx: &mut Ctx<'_>, kind: FileType, dev| {
            ctx.sys.mknodat(AT_FDCWD, path, kind.bits() | 0o600, dev)
        };
        match &entry.kind {
            Kind::Dir => {
                match ctx.sys.mkdirat(AT_FDCWD, path, entry.mode | 0o700) {
                    Err(Errno::EEXIST) if ctx.stat(path).is_ok_and(|it| it.is_dir()) => {}
                    made => made.map_err(cannot("mkdir"))?,
                }
                self.dirs.push((path.to_vec(), entry.clone()));
                return Ok(());
            }
            Kind::Reg => self.file(ctx, path, entry, data)?,
            Kind::Link(to) => {
                let cut = if self.options.absolute { to } else { self.prefixes.cut(ctx, to, true) };
                let Some(cut) = pick::stripped(cut, self.options.strip) else { return Ok(()) };
                let from = below(dir, cut);
                let same = |ctx: &mut Ctx<'_>| {
                    let (one, other) = (ctx.lstat(&from), ctx.lstat(path));
                    matches!((one, other), (Ok(a), Ok(b)) if (a.dev, a.ino) == (b.dev, b.ino))
                };
                return match ctx.sys.linkat(AT_FDCWD, &from, AT_FDCWD, path, 0) {
                    Err(Errno::EEXIST) if same(ctx) => Ok(()),
                    linked => {
                        linked.map_err(cannot(&format!("hard link to {}", quote::locale(to))))
                    }
                };
            }
            Kind::Symlink(to) => return self.symlink(ctx, path, entry, to),
            Kind::Fifo => node(ctx, FileType::Fifo, Dev::default()).map_err(cannot("mkfifo"))?,
            Kind::Chr(dev) => node(ctx, FileType::Chr, *dev).map_err(cannot("mknod"))?,
            Kind::Blk(dev) => node(ctx, FileType::Blk, *dev).map_err(cannot("mknod"))?,
        }
        self.describe(ctx, path, entry);
        Ok(())
    }

    fn file(
        &self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        entry: &Entry,
        data: &Pieces,
    ) -> std::result::Result<(), Failure> {
        let over = match self.options.old {
            Old::Overwritten => OpenFlags::TRUNC,
            _ => OpenFlags::EXCL,
        };
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::CLOEXEC | over;
        let opened = ctx.open(path, flags, entry.mode & 0o700 | 0o600);
        let fd = opened.map_err(|errno| ("Cannot open".to_owned(), errno))?;
        let mut done = Ok(());
        let mut end = 0;
        for (at, data) in data {
            done = done.and_then(|()| write_at(ctx, fd, data, *at));
            end = at + data.len() as u64;
        }
        if done.is_ok() && entry.size != end {
            done = ctx.sys.ftruncate(fd, i64::try_from(entry.size).unwrap_or(i64::MAX));
        }
        let _ = ctx.sys.close(fd);
        done.map_err(|errno| ("Cannot write".to_owned(), errno))
    }

    fn symlink(
        &mut self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        entry: &Entry,
        to: &[u8],
    ) -> std::result::Result<(), Failure> {
        let why = |errno| (format!("Cannot create symlink to {}", quote::locale(to)), errno);
        let leads_out = to.starts_with(b"/") || pick::climbs(to);
        if leads_out && !self.options.absolute {
            let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL;
            let opened = ctx.open(path, flags, 0);
            let fd = opened.map_err(|errno| ("Cannot open".to_owned(), errno))?;
            if let Ok(attr) = ctx.sys.fstat(fd) {
                self.links.push((path.to_vec(), entry.clone(), (attr.dev, attr.ino)));
            }
            let _ = ctx.sys.close(fd);
            return Ok(());
        }
        ctx.sys.symlinkat(to, AT_FDCWD, path).map_err(why)?;
        self.describe(ctx, path, entry);
        Ok(())
    }

    /// The links that waited, then the directories, the deepest first.
    fn finish(&mut self, ctx: &mut Ctx<'_>) {
        for (path, entry, place) in std::mem::take(&mut self.links) {
            let Kind::Symlink(to) = &entry.kind else { continue };
            // Somebody else's file may be there by now: a later member of the same name.
            if !ctx.lstat(&path).is_ok_and(|it| (it.dev, it.ino) == place) {
                continue;
            }
            let _ = ctx.sys.unlinkat(AT_FDCWD, &path, 0);
            match ctx.sys.symlinkat(to, AT_FDCWD, &path) {
                Ok(()) => self.describe(ctx, &path, &entry),
                Err(errno) => {
                    let to = quote::locale(to);
                    ctx.fail(
                        format_args!("{}: Cannot create symlink to {to}", shown(&path)),
                        errno,
                    );
                    self.failed = true;
                }
            }
        }
        for (path, entry) in std::mem::take(&mut self.dirs).iter().rev() {
            self.describe(ctx, path, entry);
        }
    }

    /// Owner, mode, attributes and times, in the order in which none undoes another.
    fn describe(&mut self, ctx: &mut Ctx<'_>, path: &[u8], entry: &Entry) {
        if let Err((what, errno)) = self.described(ctx, path, entry) {
            ctx.fail(format_args!("{}: Cannot {what}", shown(path)), errno);
            self.failed = true;
        }
    }

    fn described(
        &self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        entry: &Entry,
    ) -> std::result::Result<(), (&'static str, Errno)> {
        let is_link = matches!(entry.kind, Kind::Symlink(_));
        if self.same_owner {
            let (uid, gid) = (Some(entry.uid), Some(entry.gid));
            let changed = ctx.sys.fchownat(AT_FDCWD, path, uid, gid, at::SYMLINK_NOFOLLOW);
            changed.map_err(|errno| ("change ownership", errno))?;
        }
        if !is_link {
            let mode = match self.same_permissions {
                true => entry.mode,
                false => entry.mode & 0o777 & !self.mask,
            };
            let changed = ctx.sys.fchmodat(AT_FDCWD, path, Mode::new(mode));
            changed.map_err(|errno| ("change mode", errno))?;
        }
        if self.options.xattrs {
            for (name, value) in &entry.xattrs {
                if takes_attribute(self.options, name) {
                    let set = ctx.sys.setxattr(path, name, value, XattrMode::Set, false);
                    // GNU tar warns and goes on.
                    if let Err(errno) = set {
                        ctx.warn(format_args!(
                            "setxattrat: Cannot set '{}' extended attribute for file '{}': {errno}",
                            shown(name),
                            shown(path)
                        ));
                    }
                }
            }
        }
        if !self.options.touch {
            let time = Some(SetTime::To(entry.mtime));
            let set =
                ctx.sys.utimensat(AT_FDCWD, path, Some(SetTime::Now), time, at::SYMLINK_NOFOLLOW);
            set.map_err(|errno| ("utime", errno))?;
        }
        Ok(())
    }
}

/// The entry as this machine numbers its users: names count more than numbers.
fn here(ctx: &mut Ctx<'_>, options: &Options, reader: &Reader<&[u8]>, entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    if options.numeric {
        return entry;
    }
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let (owner, group) = reader.owners();
    let (owner, group) = (text(owner), text(group));
    let names = ctx.names();
    if let Some(user) = names.by_user_name(&owner) {
        entry.uid = user.uid;
    }
    if let Some(group) = names.by_group_name(&group) {
        entry.gid = group.gid;
    }
    entry
}

fn write_at(ctx: &mut Ctx<'_>, fd: Fd, mut data: &[u8], mut at: u64) -> Result<()> {
    while !data.is_empty() {
        let n = ctx.sys.pwrite(fd, data, at)?;
        data = &data[n.min(data.len())..];
        at += n as u64;
    }
    Ok(())
}

/// `-O`: the contents, holes as zeros.
fn print(ctx: &mut Ctx<'_>, entry: &Entry, pieces: &Pieces) -> Done {
    if entry.size > ARCHIVE_UNPACKED_MAX {
        ctx.warn(format_args!("{}: not printed: {TOO_LARGE}", shown(&entry.path)));
        return Done::Partly;
    }
    let mut whole = vec![0; entry.size as usize];
    for (at, data) in pieces {
        let at = *at as usize;
        whole[at..at + data.len()].copy_from_slice(data);
    }
    ctx.out(whole);
    Done::Well
}

/// Removes what is in the way of a member, as long as it is no directory that holds something.
fn make_room(ctx: &mut Ctx<'_>, path: &[u8]) -> bool {
    let removed: Result<()> = match ctx.lstat(path) {
        Ok(attr) if attr.is_dir() => ctx.sys.unlinkat(AT_FDCWD, path, at::REMOVEDIR),
        Ok(_) => ctx.sys.unlinkat(AT_FDCWD, path, 0),
        Err(errno) => Err(errno),
    };
    removed.is_ok()
}
