//! `tar -t` and `-d`: what an archive holds, and where files differ from it.

use super::Done;
use super::listing::{Line, Listing};
use super::options::{Options, shown};
use super::pick::{Prefixes, Wanted, below};
use crate::errno::Errno;
use crate::shell::command::ctx::Ctx;
use crate::sys::AT_FDCWD;
use crate::tar::{Entry, Kind, Reader};
use crate::types::{Attr, FileType, OpenFlags};

/// Lists the members.
pub fn run(ctx: &mut Ctx<'_>, options: &Options, archive: &[u8]) -> Done {
    let mut wanted = Wanted::new(options);
    let mut prefixes = Prefixes::default();
    let mut listing = Listing::new(1);
    let done = members(ctx, archive, |ctx, reader, entry| {
        if wanted.takes(options, &entry.path).is_some() {
            if !options.absolute {
                prefixes.cut(ctx, &entry.path, false);
            }
            let (owner, group) = reader.owners();
            let line = Line { entry, name: &entry.path, owner, group };
            listing.line(ctx, options, options.verbose > 0, &line);
        }
        Done::Well
    });
    end(ctx, &wanted, done)
}

/// Goes through an archive; an empty one is none.
pub fn members(
    ctx: &mut Ctx<'_>,
    archive: &[u8],
    mut each: impl FnMut(&mut Ctx<'_>, &mut Reader<&[u8]>, &Entry) -> Done,
) -> Done {
    if archive.is_empty() {
        ctx.warn("This does not look like a tar archive");
        return Done::Partly;
    }
    let mut reader = Reader::new(archive);
    let (mut done, mut is_first) = (Done::Well, true);
    loop {
        match reader.entry() {
            Ok(Some(entry)) => match each(ctx, &mut reader, &entry) {
                Done::Well | Done::Differs => {}
                Done::Partly => done = Done::Partly,
                Done::Fatal => return Done::Fatal,
            },
            Ok(None) => return done,
            Err(error) => return super::complain(ctx, &error, is_first),
        }
        is_first = false;
    }
}

/// The end of a run that looked for members.
pub fn end(ctx: &mut Ctx<'_>, wanted: &Wanted<'_>, done: Done) -> Done {
    if done == Done::Fatal || wanted.tell_missing(ctx) { done } else { Done::Partly }
}

/// The contents of the member at which a reader stands: offsets and bytes, without holes.
pub type Pieces = Vec<(u64, Vec<u8>)>;

/// Reads them.
pub fn contents(reader: &mut Reader<&[u8]>) -> Result<Pieces, crate::tar::Error> {
    let mut pieces: Pieces = Vec::new();
    let mut block = vec![0; 64 << 10];
    while let Some((at, n)) = reader.read(&mut block)? {
        match pieces.last_mut() {
            Some((from, data)) if *from + data.len() as u64 == at => {
                data.extend_from_slice(&block[..n])
            }
            _ => pieces.push((at, block[..n].to_vec())),
        }
    }
    Ok(pieces)
}

/// `tar -d`: each difference a line, as GNU tar words it.
pub fn compare(ctx: &mut Ctx<'_>, options: &Options, archive: &[u8]) -> Done {
    let mut wanted = Wanted::new(options);
    let mut listing = Listing::new(1);
    let mut differs = false;
    let done = members(ctx, archive, |ctx, reader, entry| {
        let Some(dir) = wanted.takes(options, &entry.path) else { return Done::Well };
        if options.verbose > 0 {
            let (owner, group) = reader.owners();
            let line = Line { entry, name: &entry.path, owner, group };
            listing.line(ctx, options, options.verbose > 1, &line);
        }
        let name = entry.path.strip_prefix(b"/").unwrap_or(&entry.path);
        let path = below(&dir, name);
        let attr = match ctx.lstat(&path) {
            Ok(attr) => attr,
            Err(errno) => {
                ctx.fail(format_args!("{}: Warning: Cannot stat", shown(name)), errno);
                differs = true;
                return Done::Well;
            }
        };
        match differences(ctx, reader, entry, &path, &attr) {
            Ok(said) => {
                differs |= !said.is_empty();
                for what in said {
                    ctx.line(format!("{}: {what}", shown(name)));
                }
                Done::Well
            }
            Err(done) => done,
        }
    });
    match end(ctx, &wanted, done) {
        Done::Well if differs => Done::Differs,
        done => done,
    }
}

fn differences(
    ctx: &mut Ctx<'_>,
    reader: &mut Reader<&[u8]>,
    entry: &Entry,
    path: &[u8],
    attr: &Attr,
) -> Result<Vec<String>, Done> {
    let mut said = Vec::new();
    let kind = match &entry.kind {
        Kind::Reg => FileType::Reg,
        Kind::Dir => FileType::Dir,
        Kind::Symlink(_) => FileType::Symlink,
        Kind::Fifo => FileType::Fifo,
        Kind::Chr(_) => FileType::Chr,
        Kind::Blk(_) => FileType::Blk,
        Kind::Link(to) => {
            let first = ctx.lstat(to).map(|it| (it.dev, it.ino));
            if first != Ok((attr.dev, attr.ino)) {
                said.push(format!("Not linked to {}", shown(to)));
            }
            return Ok(said);
        }
    };
    if kind != attr.kind {
        return Ok(vec!["File type differs".to_owned()]);
    }
    let mut say = |differs: bool, what: &str| {
        if differs {
            said.push(what.to_owned());
        }
    };
    if let Kind::Symlink(to) = &entry.kind {
        let now = ctx.sys.readlinkat(AT_FDCWD, path);
        say(now.as_ref() != Ok(to), "Symlink differs");
        return Ok(said);
    }
    say(entry.mode != attr.mode.bits() & 0o7777, "Mode differs");
    say(entry.uid != attr.uid, "Uid differs");
    say(entry.gid != attr.gid, "Gid differs");
    if kind == FileType::Reg {
        say(entry.mtime.sec != attr.mtime.sec, "Mod time differs");
        if entry.size != attr.size {
            say(true, "Size differs");
            return Ok(said);
        }
        let pieces = contents(reader).map_err(|error| super::complain(ctx, &error, false))?;
        let same = pieces.iter().try_fold(true, |same, (at, data)| {
            Ok::<bool, Errno>(same && reads(ctx, path, *at, data)?)
        });
        say(same.is_ok_and(|it| !it), "Contents differ");
    }
    Ok(said)
}

/// Whether a file holds these bytes there.
fn reads(ctx: &mut Ctx<'_>, path: &[u8], at: u64, data: &[u8]) -> Result<bool, Errno> {
    let fd = ctx.open(path, OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    let mut held = vec![0; data.len()];
    let (mut done, mut result) = (0, Ok(true));
    while done < held.len() {
        match ctx.sys.pread(fd, &mut held[done..], at + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(errno) => {
                result = Err(errno);
                break;
            }
        }
    }
    let _ = ctx.sys.close(fd);
    result.map(|_| held == data)
}
