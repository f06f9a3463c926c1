//! `gzip`, `gunzip` and `zcat`, as gzip 1.12. How well it packs is our packer's, so sizes may differ by a little.

use super::common::args;
use super::ctx::{Ctx, base_name};
use super::filter::{Filter, Flow, Stage, inputs};
use super::tar::{gunzip, gzip};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::limits::ARCHIVE_UNPACKED_MAX;
use crate::sys::{AT_FDCWD, at};
use crate::types::{Attr, FileType, OpenFlags, SetTime};

const fn command(name: &'static str, summary: &'static str) -> Command {
    rare(Command {
        name,
        usage: "Usage: {} [OPTION]... [FILE]...\nCompress or uncompress FILEs (by default, compress FILES in-place).\n\n  -c write on standard output  -d decompress  -f force  -k keep  -l list  -n no name\n  -q quiet  -t test  -v verbose  -1 to -9 fast to good\n\nWith no FILE, or when FILE is -, read standard input.\n",
        summary,
        package: Package::Other("gzip 1.12"),
        trouble: 1,
        start: Start::Program(|call| Filter::boxed(call, setup)),
    })
}

pub const GZIP: Command = command("gzip", "compress files");
pub const GUNZIP: Command = command("gunzip", "uncompress files");
pub const ZCAT: Command = command("zcat", "print compressed files");

/// What is done with each file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    Pack,
    Unpack,
    Test,
    List,
}

#[derive(Clone)]
struct Gzip {
    job: Job,
    to_stdout: bool,
    force: bool,
    keep: bool,
    quiet: bool,
    verbose: bool,
    no_name: bool,
    level: u32,
    data: Vec<u8>,
    failed: bool,
    /// The list has its heading; what it adds up to.
    listed: (usize, u64, u64),
    status: i32,
}

fn setup(ctx: &mut Ctx<'_>) -> Result<(Gzip, Vec<Vec<u8>>), i32> {
    let table = "a|ascii c|stdout |to-stdout d|decompress |uncompress f|force k|keep l|list n|no-name N|name q|quiet \
                 r|recursive |rsyncable S|suffix= |synchronous t|test v|verbose 1|fast 2 3 4 5 6 7 8 9|best h";
    let parsed = match args::parse(table, ctx.args()) {
        Ok(parsed) => parsed,
        Err(why) => {
            ctx.warn(why);
            ctx.err("Try `gzip --help' for more information.\n");
            return Err(1);
        }
    };
    if parsed.options.iter().any(|it| ctx.tells_of_itself(it.id)) {
        return Err(0);
    }
    let name = ctx.call.command.name;
    let mut gzip = Gzip {
        job: if name == "gzip" { Job::Pack } else { Job::Unpack },
        to_stdout: name == "zcat",
        force: false,
        keep: false,
        quiet: false,
        verbose: false,
        no_name: false,
        level: 6,
        data: Vec::new(),
        failed: false,
        listed: (0, 0, 0),
        status: 0,
    };
    for given in &parsed.options {
        match given.id {
            "c" | "to-stdout" => gzip.to_stdout = true,
            "d" | "uncompress" => gzip.job = Job::Unpack,
            "f" => gzip.force = true,
            "k" => gzip.keep = true,
            "l" => gzip.job = Job::List,
            "n" => gzip.no_name = true,
            "q" => gzip.quiet = true,
            "t" => gzip.job = Job::Test,
            "v" => gzip.verbose = true,
            digit if digit.len() == 1 => gzip.level = digit.parse().unwrap_or(gzip.level),
            _ => {}
        }
    }
    let operands = parsed.operands.into_iter().map(|it| gzip.found(ctx, it)).collect();
    let inputs = inputs(operands);
    if gzip.job == Job::Pack && !gzip.force && ctx.sys.isatty(1) {
        let writes = gzip.to_stdout || inputs.iter().any(|it| it == b"-");
        if writes {
            ctx.warn("compressed data not written to a terminal. Use -f to force compression.");
            ctx.err("For help, type: gzip -h\n");
            return Err(1);
        }
    }
    Ok((gzip, inputs))
}

impl Gzip {
    /// The file that a name to unpack stands for: itself, or with the ending.
    fn found(&self, ctx: &mut Ctx<'_>, name: Vec<u8>) -> Vec<u8> {
        if self.job == Job::Pack || name == b"-" || ctx.lstat(&name).is_ok() {
            return name;
        }
        if name.ends_with(b".gz") { name } else { [&name[..], b".gz"].concat() }
    }

    fn warn(&mut self, ctx: &mut Ctx<'_>, text: impl std::fmt::Display) {
        if !self.quiet {
            ctx.err(format!("gzip: {text}\n"));
        }
        self.status = self.status.max(2);
    }

    fn error(&mut self, ctx: &mut Ctx<'_>, text: impl std::fmt::Display) {
        ctx.err(format!("gzip: {text}\n"));
        self.status = 1;
    }

    /// What keeps a file from being replaced by its packed or unpacked form.
    fn refused(&mut self, ctx: &mut Ctx<'_>, name: &[u8], attr: &Attr) -> bool {
        let shown = String::from_utf8_lossy(name).into_owned();
        let to_file = !self.to_stdout && matches!(self.job, Job::Pack | Job::Unpack);
        match attr.kind {
            FileType::Dir => self.warn(ctx, format_args!("{shown} is a directory -- ignored")),
            FileType::Symlink if to_file && !self.force => {
                self.error(ctx, format_args!("{shown}: {}", Errno::ELOOP));
            }
            FileType::Reg if to_file && attr.nlink > 1 && !self.force => {
                let (more, s) = (attr.nlink - 1, if attr.nlink > 2 { "s" } else { "" });
                self.warn(ctx, format_args!("{shown} has {more} other link{s} -- file ignored"));
            }
            FileType::Reg if to_file && self.job == Job::Pack && name.ends_with(b".gz") => {
                if !self.force {
                    ctx.err(format!("gzip: {shown} already has .gz suffix -- unchanged\n"));
                }
            }
            FileType::Reg if to_file && self.job == Job::Unpack && target(name).is_none() => {
                self.warn(ctx, format_args!("{shown}: unknown suffix -- ignored"));
            }
            FileType::Reg | FileType::Symlink => return false,
            _ if to_file => self
                .warn(ctx, format_args!("{shown} is not a directory or a regular file - ignored")),
            _ => return false,
        }
        true
    }

    fn pack(&mut self, ctx: &mut Ctx<'_>, name: &[u8], data: &[u8]) {
        let attr = ctx.stat(name).ok().filter(|_| name != b"-");
        let level = flate2::Compression::new(self.level);
        let of = attr
            .filter(|_| !self.no_name)
            .map(|it| (base_name(name), u32::try_from(it.mtime.sec).unwrap_or(0)));
        let packed = gzip(data, of, level);
        if self.to_stdout || name == b"-" {
            return ctx.out(packed);
        }
        let to = [name, b".gz"].concat();
        self.replace(ctx, name, &to, &packed, (data.len(), packed.len()));
    }

    fn unpack(&mut self, ctx: &mut Ctx<'_>, name: &[u8], packed: &[u8]) {
        let shown =
            if name == b"-" { "stdin".into() } else { String::from_utf8_lossy(name).into_owned() };
        if !packed.starts_with(&[0x1f, 0x8b]) {
            // zcat -f is cat for everything else.
            if self.force && self.to_stdout {
                return ctx.out(packed);
            }
            ctx.err(format!("\ngzip: {shown}: not in gzip format\n"));
            self.status = 1;
            return;
        }
        let data = match gunzip(packed) {
            Ok(data) => data,
            Err((some, why)) => {
                if self.to_stdout || name == b"-" {
                    ctx.out(some);
                }
                ctx.err(format!("\ngzip: {shown}: {why}\n"));
                self.status = 1;
                return;
            }
        };
        match self.job {
            Job::Test if self.verbose => ctx.err(format!("{shown}:\t OK\n")),
            Job::Test => {}
            Job::List => self.list(ctx, name, packed, &data),
            _ if self.to_stdout || name == b"-" => ctx.out(data),
            _ => {
                let Some(to) = target(name) else { return };
                self.replace(ctx, name, &to, &data, (data.len(), packed.len()));
            }
        }
    }

    fn list(&mut self, ctx: &mut Ctx<'_>, name: &[u8], packed: &[u8], data: &[u8]) {
        if self.listed.0 == 0 && !self.quiet {
            ctx.line("         compressed        uncompressed  ratio uncompressed_name");
        }
        let (from, to) = (packed.len() as u64, data.len() as u64);
        self.listed = (self.listed.0 + 1, self.listed.1 + from, self.listed.2 + to);
        let called = match name {
            b"-" => b"stdout".to_vec(),
            name => target(name).unwrap_or_else(|| name.to_vec()),
        };
        ctx.line(format!(
            "{from:>19} {to:>19} {} {}",
            ratio(data.len(), packed.len()),
            String::from_utf8_lossy(&called)
        ));
    }

    /// Writes the new file beside the old one, which goes.
    fn replace(
        &mut self,
        ctx: &mut Ctx<'_>,
        from: &[u8],
        to: &[u8],
        data: &[u8],
        sizes: (usize, usize),
    ) {
        let shown = String::from_utf8_lossy(to).into_owned();
        if !self.force && ctx.lstat(to).is_ok() {
            if !ctx.sys.isatty(0) {
                return self.warn(ctx, format_args!("{shown} already exists;\tnot overwritten"));
            }
            // The answer would come in the middle of the run.
            return self
                .warn(ctx, format_args!("{shown} already exists;\tnot overwritten (use -f)"));
        }
        let _ = ctx.sys.unlinkat(AT_FDCWD, to, 0);
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL;
        let attr = ctx.stat(from);
        let written = ctx.open(to, flags, 0o600).and_then(|fd| {
            let done = ctx.write_all(fd, data);
            let _ = ctx.sys.close(fd);
            done
        });
        if let Err(errno) = written {
            return self.error(ctx, format_args!("{shown}: {errno}"));
        }
        if let Ok(attr) = attr {
            let _ = ctx.sys.fchownat(
                AT_FDCWD,
                to,
                Some(attr.uid),
                Some(attr.gid),
                at::SYMLINK_NOFOLLOW,
            );
            let _ = ctx.sys.fchmodat(AT_FDCWD, to, attr.mode);
            let (atime, mtime) = (SetTime::To(attr.atime), SetTime::To(attr.mtime));
            let _ = ctx.sys.utimensat(AT_FDCWD, to, Some(atime), Some(mtime), 0);
        }
        let how = if self.keep { "created" } else { "replaced with" };
        if self.verbose {
            let name = String::from_utf8_lossy(from);
            ctx.err(format!("{name}:\t{} -- {how} {shown}\n", ratio(sizes.0, sizes.1)));
        }
        if !self.keep {
            let _ = ctx.sys.unlinkat(AT_FDCWD, from, 0);
        }
    }
}

/// The name without its ending, if it is one of a packed file.
fn target(name: &[u8]) -> Option<Vec<u8>> {
    if let Some(stem) = name.strip_suffix(b".tgz") {
        return Some([stem, b".tar"].concat());
    }
    name.strip_suffix(b".gz").filter(|it| !base_name(it).is_empty()).map(<[u8]>::to_vec)
}

/// How much was saved, in tenths of a percent; the header of a file does not count.
fn ratio(plain: usize, packed: usize) -> String {
    // Ten bytes of header, eight of length and checksum, and the name of the file, which is not known here.
    let body = packed.saturating_sub(18) as i64;
    let tenths = if plain == 0 { 0 } else { (plain as i64 - body) * 1000 / plain as i64 };
    format!("{:>3}.{}%", tenths / 10, (tenths % 10).abs())
}

impl Stage for Gzip {
    fn begin(&mut self, name: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        self.data.clear();
        self.failed = false;
        let looked = if name == b"-" { Err(Errno::ENOENT) } else { ctx.lstat(name) };
        if let Ok(attr) = looked
            && self.refused(ctx, name, &attr)
        {
            self.failed = true;
            return Flow::NextInput;
        }
        Flow::More
    }

    fn chunk(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        self.data.extend_from_slice(data);
        if self.data.len() as u64 > ARCHIVE_UNPACKED_MAX {
            (self.data, self.failed) = (Vec::new(), true);
            self.error(ctx, "more than 1 GiB is not simulated");
            return Flow::NextInput;
        }
        Flow::More
    }

    fn end(&mut self, name: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        let data = std::mem::take(&mut self.data);
        if self.failed {
            return Flow::More;
        }
        match self.job {
            Job::Pack => self.pack(ctx, name, &data),
            _ => self.unpack(ctx, name, &data),
        }
        Flow::More
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>) -> i32 {
        let (files, packed, plain) = self.listed;
        if files > 1 && !self.quiet {
            let saved = ratio(plain as usize, packed as usize);
            ctx.line(format!("{packed:>19} {plain:>19} {saved} (totals)"));
        }
        self.status
    }

    fn cannot_open(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.error(ctx, format_args!("{}: {errno}", String::from_utf8_lossy(name)));
    }

    fn cannot_read(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.failed = true;
        self.error(ctx, format_args!("{}: {errno}", String::from_utf8_lossy(name)));
    }
}
