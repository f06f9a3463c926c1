//! `tar -c`, `-r` and `-u`: files become an archive.

use super::form::{self, Beside};
use super::listing::{Line, Listing};
use super::options::{Mode, Named, Options, Whose, shown};
use super::pick::{Prefixes, below, is_excluded};
use super::{Done, TOO_LARGE, unpack};
use crate::errno::Errno;
use crate::limits::ARCHIVE_UNPACKED_MAX;
use crate::shell::command::ctx::{Ctx, join, strip_slashes};
use crate::sys::{AT_FDCWD, at};
use crate::tar::{BLOCK, Entry, Kind, Reader, write};
use crate::types::{Attr, Dev, FileType, OpenFlags, Result, Timespec};
use std::collections::BTreeMap;

/// Makes the archive, or goes on with one that is there already.
pub fn run(ctx: &mut Ctx<'_>, options: &Options, archive: Vec<u8>) -> Done {
    // The file is made first, as it may lie among what is packed.
    let out = match target(ctx, options) {
        Ok(out) => out,
        Err(done) => return done,
    };
    let (bytes, known) = match ends(&archive) {
        Ok(it) => it,
        Err(error) => return super::complain(ctx, &error, true),
    };
    let to = if options.file == b"-" { 2 } else { 1 };
    let mut writer = Writer {
        options,
        archive: archive[..bytes].to_vec(),
        itself: out.and_then(|fd| ctx.sys.fstat(fd).ok()).map(|it| (it.dev, it.ino)),
        known,
        links: BTreeMap::new(),
        prefixes: Prefixes::default(),
        listing: Listing::new(to),
        trivial: u32::from(options.named.len() == 1 && !options.dereference),
        failed: false,
        device: None,
        removed: Vec::new(),
    };
    for named in &options.named {
        writer.named(ctx, named);
    }
    let Writer { archive, failed, removed, .. } = writer;
    let done = written(ctx, options, archive, out);
    remove(ctx, &removed);
    match done {
        Done::Well if failed => Done::Partly,
        done => done,
    }
}

fn target(ctx: &mut Ctx<'_>, options: &Options) -> std::result::Result<Option<i32>, Done> {
    if options.file == b"-" {
        return Ok(None);
    }
    let is_new = if options.mode == Mode::Create { OpenFlags::TRUNC } else { OpenFlags(0) };
    match ctx.open(&options.file, OpenFlags::WRONLY | OpenFlags::CREAT | is_new, 0o666) {
        Ok(fd) => Ok(Some(fd)),
        Err(errno) => {
            ctx.fail(format_args!("{}: Cannot open", shown(&options.file)), errno);
            Err(Done::Fatal)
        }
    }
}

/// Where the entries of an archive end, and the newest time of each name.
fn ends(
    archive: &[u8],
) -> std::result::Result<(usize, BTreeMap<Vec<u8>, Timespec>), crate::tar::Error> {
    let (mut end, mut known) = (0, BTreeMap::new());
    let mut reader = Reader::new(archive);
    while let Some(entry) = reader.entry()? {
        end = reader.contents_at() + entry.stored().next_multiple_of(BLOCK as u64);
        known.insert(strip_slashes(&entry.path).to_vec(), entry.mtime);
    }
    Ok(((end as usize).min(archive.len()), known))
}

/// Ends the archive, packs it and hands it over.
fn written(ctx: &mut Ctx<'_>, options: &Options, mut archive: Vec<u8>, out: Option<i32>) -> Done {
    archive.extend(write::END);
    archive.resize(archive.len().next_multiple_of(form::RECORD), 0);
    let total = archive.len() as u64;
    let archive = match unpack::packed(ctx, options.packing, archive) {
        Ok(archive) => archive,
        Err(done) => return done,
    };
    let mut done = Done::Well;
    match out {
        None => {
            ctx.flush();
            ctx.out(&archive);
        }
        Some(fd) => {
            if let Err(errno) = ctx.write_all(fd, &archive) {
                ctx.fail(format_args!("{}: Cannot write", shown(&options.file)), errno);
                done = Done::Fatal;
            }
            let _ = ctx.sys.close(fd);
        }
    }
    if options.totals {
        let human = crate::shell::command::common::size::human(total, 1024);
        ctx.err(format!("Total bytes written: {total} ({human}iB, 1.0GiB/s)\n"));
    }
    done
}

/// `--remove-files`: what is in the archive goes, directories after what was in them.
fn remove(ctx: &mut Ctx<'_>, paths: &[(Vec<u8>, bool)]) {
    for (path, is_dir) in paths.iter().rev() {
        let flags = if *is_dir { at::REMOVEDIR } else { 0 };
        if let Err(errno) = ctx.sys.unlinkat(AT_FDCWD, path, flags) {
            ctx.fail(format_args!("{}: Cannot unlink", shown(path)), errno);
        }
    }
}

struct Writer<'a> {
    options: &'a Options,
    archive: Vec<u8>,
    /// The archive's own file, which is not packed.
    itself: Option<(Dev, u64)>,
    known: BTreeMap<Vec<u8>, Timespec>,
    /// Names under which files with several names are in the archive.
    links: BTreeMap<(Dev, u64), Vec<u8>>,
    prefixes: Prefixes,
    listing: Listing,
    /// So many names of a file are no reason to look for it again: one, where nothing can come twice.
    trivial: u32,
    failed: bool,
    /// `--one-file-system`: where the present name began.
    device: Option<Dev>,
    removed: Vec<(Vec<u8>, bool)>,
}

impl Writer<'_> {
    fn named(&mut self, ctx: &mut Ctx<'_>, named: &Named) {
        self.device = None;
        if !named.dir.is_empty() && ctx.stat(&named.dir).is_err_and(|it| it == Errno::ENOENT) {
            ctx.fail(format_args!("{}: Cannot open", shown(&named.dir)), Errno::ENOENT);
            self.failed = true;
            return;
        }
        let name = match strip_slashes(&named.name) {
            b"" => named.name.clone(),
            name => name.to_vec(),
        };
        self.file(ctx, &below(&named.dir, &name), &name, true);
    }

    fn fail(&mut self, ctx: &mut Ctx<'_>, name: &[u8], what: &str, errno: Errno) {
        ctx.fail(format_args!("{}: Cannot {what}", shown(name)), errno);
        self.failed = true;
    }

    /// A file at `path` that is called `name`.
    fn file(&mut self, ctx: &mut Ctx<'_>, path: &[u8], name: &[u8], is_top: bool) {
        if is_excluded(self.options, name) {
            return;
        }
        let looked = match self.options.dereference {
            true => ctx.stat(path),
            false => ctx.lstat(path),
        };
        let attr = match looked {
            Ok(attr) => attr,
            Err(errno) => return self.fail(ctx, name, "stat", errno),
        };
        if self.itself == Some((attr.dev, attr.ino)) {
            ctx.warn(format_args!("{}: file is the archive; not dumped", shown(name)));
            return;
        }
        if is_top {
            self.device = Some(attr.dev);
        }
        if self.options.mode == Mode::Update {
            let known = self.known.get(name);
            if known.is_some_and(|it| it.sec >= attr.mtime.sec) {
                return;
            }
        }
        match attr.kind {
            FileType::Sock => ctx.warn(format_args!("{}: socket ignored", shown(name))),
            FileType::Dir => self.dir(ctx, path, name, &attr),
            _ => self.leaf(ctx, path, name, &attr),
        }
    }

    fn dir(&mut self, ctx: &mut Ctx<'_>, path: &[u8], name: &[u8], attr: &Attr) {
        let children = match ctx.children(path) {
            Ok(children) => children,
            Err(errno) => return self.fail(ctx, name, "open", errno),
        };
        self.entry(ctx, path, &join(name, b""), attr, Kind::Dir, &[]);
        let elsewhere = self.options.one_file_system && self.device != Some(attr.dev);
        if elsewhere {
            let name = shown(&join(name, b""));
            ctx.warn(format_args!("{name}: file is on a different filesystem; not dumped"));
        }
        if !self.options.recursive || elsewhere {
            return;
        }
        let mut names: Vec<Vec<u8>> = children.into_iter().map(|it| it.name).collect();
        if self.options.by_name {
            names.sort();
        }
        for child in names {
            self.file(ctx, &join(path, &child), &join(name, &child), false);
        }
    }

    fn leaf(&mut self, ctx: &mut Ctx<'_>, path: &[u8], name: &[u8], attr: &Attr) {
        let file = (attr.dev, attr.ino);
        if let Some(first) = self.links.get(&file).cloned() {
            return self.entry(ctx, path, name, attr, Kind::Link(first), &[]);
        }
        let mut data = Vec::new();
        let kind = match attr.kind {
            FileType::Reg if attr.size + self.archive.len() as u64 > ARCHIVE_UNPACKED_MAX => {
                ctx.warn(format_args!("{}: not dumped: {TOO_LARGE}", shown(name)));
                self.failed = true;
                return;
            }
            FileType::Reg => match ctx.read_file(path) {
                Ok(read) => {
                    data = read;
                    Kind::Reg
                }
                Err(errno) => return self.fail(ctx, name, "open", errno),
            },
            FileType::Symlink => match ctx.sys.readlinkat(AT_FDCWD, path) {
                Ok(to) => Kind::Symlink(to),
                Err(errno) => return self.fail(ctx, name, "readlink", errno),
            },
            FileType::Chr => Kind::Chr(attr.rdev),
            FileType::Blk => Kind::Blk(attr.rdev),
            _ => Kind::Fifo,
        };
        self.entry(ctx, path, name, attr, kind, &data);
        if attr.nlink > self.trivial {
            let first = match self.options.absolute {
                true => name,
                false => self.prefixes.cut(ctx, name, true),
            };
            self.links.insert(file, first.to_vec());
        }
    }

    fn entry(
        &mut self,
        ctx: &mut Ctx<'_>,
        path: &[u8],
        name: &[u8],
        attr: &Attr,
        kind: Kind,
        data: &[u8],
    ) {
        let options = self.options;
        let cut = if options.absolute { name } else { self.prefixes.cut(ctx, name, false) };
        let kept = if cut.is_empty() { &b"./"[..] } else { cut };
        let mut entry = Entry::new(kept, kind, attr.mode.bits() & 0o7777);
        if let Some(spec) = &options.perms {
            entry.mode = spec.apply(entry.mode, attr.is_dir(), 0);
        }
        entry.size = data.len() as u64;
        entry.mtime = options.mtime.unwrap_or(attr.mtime);
        let beside = self.whose(ctx, attr, &mut entry);
        if options.xattrs && !matches!(entry.kind, Kind::Link(_)) {
            match attributes(ctx, options, path) {
                Ok(found) => entry.xattrs = found,
                Err(errno) => self.fail(ctx, name, "getxattr", errno),
            }
        }
        match form::headers(&entry, &beside, options.form) {
            Ok(headers) => self.archive.extend(headers),
            Err(why) => {
                ctx.warn(format_args!("{}: {why}", shown(kept)));
                self.failed = true;
                return;
            }
        }
        self.archive.extend_from_slice(data);
        self.archive.extend(write::padding(data.len() as u64));
        if options.verbose > 0 {
            let (owner, group) = (&beside.owner[..], &beside.group[..]);
            let line = Line { entry: &entry, name, owner, group };
            self.listing.line(ctx, options, options.verbose > 1, &line);
        }
        if options.remove {
            self.removed.push((path.to_vec(), attr.is_dir()));
        }
    }

    /// Owner and group by number and name, as the options say or the file.
    fn whose(&self, ctx: &mut Ctx<'_>, attr: &Attr, entry: &mut Entry) -> Beside {
        let names = ctx.names();
        let own = |id: u32, name: Option<&str>, said: &Option<Whose>| match said {
            Some(Whose { id: said, name }) => (said.unwrap_or(id), name.clone()),
            None => (id, name.unwrap_or_default().as_bytes().to_vec()),
        };
        let (uid, mut owner) = own(attr.uid, names.user(attr.uid), &self.options.owner);
        let (gid, mut group) = own(attr.gid, names.group(attr.gid), &self.options.group);
        (entry.uid, entry.gid) = (uid, gid);
        if self.options.numeric {
            (owner, group) = (Vec::new(), Vec::new());
        }
        Beside { owner, group, atime: attr.atime, ctime: attr.ctime }
    }
}

/// Attributes that go along: those that `--xattrs-include` names, otherwise those of users.
fn attributes(
    ctx: &mut Ctx<'_>,
    options: &Options,
    path: &[u8],
) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let names = match ctx.sys.listxattr(path, options.dereference) {
        Err(Errno::EOPNOTSUPP) => return Ok(Vec::new()),
        names => names?,
    };
    let mut found = Vec::new();
    for name in names {
        if super::extract::takes_attribute(options, &name) {
            let value = ctx.sys.getxattr(path, &name, options.dereference)?;
            found.push((name, value));
        }
    }
    Ok(found)
}
