//! `tar`, as GNU tar 1.34: archives written in its own form or as POSIX pax, and read in every form.
//!
//! What is read comes as a stream first, so that a pipe may bring it; the work is done when it is whole.

mod create;
mod extract;
mod form;
mod list;
mod listing;
mod options;
mod pick;
mod unpack;

use super::ctx::Ctx;
use super::filter::{Filter, Flow, Stage};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::limits::ARCHIVE_UNPACKED_MAX;
use crate::tar::{Error, Fault};
use options::{Mode, Options};
use std::sync::Arc;

pub use unpack::{gunzip, gzip};

pub const COMMAND: Command = rare(Command {
    name: "tar",
    usage: "Usage: {} [OPTION...] [FILE]...\nGNU 'tar' saves many files together into a single tape or disk archive, and can\nrestore individual files from the archive.\n\nExamples:\n  tar -cf archive.tar foo bar  # Create archive.tar from files foo and bar.\n  tar -tvf archive.tar         # List all files in archive.tar verbosely.\n  tar -xf archive.tar          # Extract all files from archive.tar.\n\n  -A, -c, -d, -r, -t, -u, -x: append archives, create, compare, append, list, update, extract\n  -f FILE  -C DIR  -v  -z  -p  -k  -O  -P  -T FILE  -X FILE  --exclude=PATTERN  --strip-components=N\n  --xattrs [--xattrs-include=PATTERN]  --numeric-owner  --sort=name  --mtime=DATE  --owner=  --group=\n",
    summary: "pack and unpack archives",
    package: Package::Other("tar (GNU tar) 1.34"),
    trouble: 2,
    start: Start::Program(|call| Filter::boxed(call, setup)),
});

/// The end of a run that cannot go on.
const FATAL: &str = "Error is not recoverable: exiting now";

/// Archives are held in memory while they are made and read (`limits::ARCHIVE_UNPACKED_MAX`).
const TOO_LARGE: &str = "more than 1 GiB is not simulated";

/// A run on its way: what it is to do, and what has come of the archive.
#[derive(Clone)]
struct Tar {
    options: Arc<Options>,
    archive: Vec<u8>,
    /// The archive could not be read: said already.
    broken: bool,
}

/// How a job went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Well,
    /// Files are not what the archive says.
    Differs,
    /// Something was left out, and said.
    Partly,
    /// It was given up, and why was said.
    Fatal,
}

fn setup(ctx: &mut Ctx<'_>) -> Result<(Tar, Vec<Vec<u8>>), i32> {
    let options = options::read(ctx)?;
    let inputs = match options.mode {
        Mode::Create => Vec::new(),
        _ => vec![options.file.clone()],
    };
    let (archive, broken) = (Vec::new(), false);
    Ok((Tar { options: Arc::new(options), archive, broken }, inputs))
}

impl Stage for Tar {
    fn chunk(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        self.archive.extend_from_slice(data);
        if self.archive.len() as u64 > ARCHIVE_UNPACKED_MAX {
            ctx.warn(format_args!("{}: {TOO_LARGE}", options::shown(&self.options.file)));
            ctx.warn(FATAL);
            (self.archive, self.broken) = (Vec::new(), true);
            return Flow::Stop;
        }
        Flow::More
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>) -> i32 {
        if self.broken {
            return 2;
        }
        let options = Arc::clone(&self.options);
        let archive = std::mem::take(&mut self.archive);
        let mask = ctx.sys.umask(0);
        let done = match options.mode {
            Mode::Create => create::run(ctx, &options, Vec::new()),
            mode => match unpack::unpacked(ctx, &options, archive) {
                Err(done) => done,
                Ok(archive) => match mode {
                    Mode::List => list::run(ctx, &options, &archive),
                    Mode::Extract => extract::run(ctx, &options, &archive, mask),
                    Mode::Compare => list::compare(ctx, &options, &archive),
                    _ => create::run(ctx, &options, archive),
                },
            },
        };
        ctx.sys.umask(mask);
        match done {
            Done::Well => 0,
            Done::Differs => 1,
            Done::Partly => {
                ctx.warn("Exiting with failure status due to previous errors");
                2
            }
            Done::Fatal => {
                ctx.warn(FATAL);
                2
            }
        }
    }

    fn cannot_open(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        // Something is appended to an archive that is not there yet.
        let is_new = matches!(self.options.mode, Mode::Append | Mode::Update);
        if is_new && errno == Errno::ENOENT {
            return;
        }
        self.broken = true;
        ctx.fail(format_args!("{}: Cannot open", options::shown(name)), errno);
        ctx.warn(FATAL);
    }

    fn cannot_read(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.broken = true;
        ctx.fail(format_args!("{}: Cannot read", options::shown(name)), errno);
        ctx.warn("At beginning of tape, quitting now");
        ctx.warn(FATAL);
    }
}

/// Says what is wrong with an archive, as far as tar itself tells such things apart.
fn complain(ctx: &mut Ctx<'_>, error: &Error, is_first: bool) -> Done {
    let is_cut = error.fault == Fault::Cut;
    let is_none = error.fault == Fault::Foreign || is_cut && error.entry.is_empty();
    if is_first && error.offset == 0 && is_none {
        ctx.warn("This does not look like a tar archive");
        return Done::Partly;
    }
    if error.fault == Fault::Checksum {
        ctx.warn("Skipping to next header");
        return Done::Partly;
    }
    if is_cut {
        ctx.warn("Unexpected EOF in archive");
    } else {
        ctx.warn(format_args!("{}: {}", options::shown(&error.entry), error.why));
    }
    Done::Fatal
}
