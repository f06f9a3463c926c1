//! `stat`: everything that the kernel tells of a file or a file system.

use super::common::{mode, quote, time};
use super::ctx::{Ctx, dir_name};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::AT_FDCWD;
use crate::types::{Attr, FileType, StatFs, Timespec};

pub const COMMAND: Command = Command {
    name: "stat",
    usage: "Usage: {} [OPTION]... FILE...\nDisplay file or file system status.\n",
    summary: "show file or file system status",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

const LINES: &str = "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Hd,%Ld\tInode: %-10i  Links: %-5h\nAccess: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n";
const DEVICE_LINES: &str = "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Hd,%Ld\tInode: %-10i  Links: %-5h Device type: %Hr,%Lr\nAccess: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n";
const TERSE: &str = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";
const FS_LINES: &str = "  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d\n";
const FS_TERSE: &str = "%n %i %l %t %s %S %b %f %a %c %d\n";

/// What is shown.
enum Subject {
    File(Attr, Vec<u8>),
    System(StatFs),
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("L|dereference f|file-system |cached= c|format= |printf= t|terse")
    {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut follow, mut fs, mut terse, mut format, mut escapes) =
        (false, false, false, None, false);
    for given in &parsed.options {
        match given.id {
            "L" => follow = true,
            "f" => fs = true,
            "t" => terse = true,
            "c" => {
                let mut text = given.bytes().to_vec();
                text.push(b'\n');
                (format, escapes) = (Some(text), false);
            }
            "printf" => (format, escapes) = (Some(given.bytes().to_vec()), true),
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    // Reading a link moves its atime: only for `%N`.
    let linked = format.as_deref().map_or(!terse, names_link);
    let mut ok = true;
    for path in &parsed.operands {
        let subject = if fs { system(ctx, path) } else { file(ctx, path, follow, linked) };
        let Some(subject) = subject else {
            ok = false;
            continue;
        };
        let device = matches!(&subject, Subject::File(a, _)
            if matches!(a.kind, FileType::Chr | FileType::Blk));
        let pattern = format.clone().unwrap_or_else(|| {
            let usual = match (fs, terse) {
                (true, true) => FS_TERSE,
                (true, false) => FS_LINES,
                (false, true) => TERSE,
                (false, false) if device => DEVICE_LINES,
                (false, false) => LINES,
            };
            usual.as_bytes().to_vec()
        });
        ok &= show(ctx, &pattern, escapes, path, &subject);
    }
    i32::from(!ok)
}

/// Does a format ask for the name with the target of a link?
fn names_link(format: &[u8]) -> bool {
    let directive = |rest: &[u8]| {
        let plain = |byte: &&u8| b"-+ 0#'.123456789".contains(byte);
        rest.iter().find(|it| !plain(it)) == Some(&b'N')
    };
    (0..format.len()).any(|at| format[at] == b'%' && directive(&format[at + 1..]))
}

fn file(ctx: &mut Ctx<'_>, path: &[u8], follow: bool, linked: bool) -> Option<Subject> {
    let attr = if path == b"-" {
        ctx.sys.fstat(0)
    } else if follow {
        ctx.stat(path)
    } else {
        ctx.lstat(path)
    };
    match attr {
        Ok(attr) => {
            let link = match attr.kind {
                FileType::Symlink if linked => {
                    ctx.sys.readlinkat(AT_FDCWD, path).unwrap_or_default()
                }
                _ => Vec::new(),
            };
            Some(Subject::File(attr, link))
        }
        Err(errno) => {
            ctx.fail(format_args!("cannot statx {}", quote::quoted(path)), errno);
            None
        }
    }
}

fn system(ctx: &mut Ctx<'_>, path: &[u8]) -> Option<Subject> {
    if path == b"-" {
        ctx.warn("using '-' to denote standard input does not work in file system mode");
        return None;
    }
    match ctx.sys.statfs(path) {
        Ok(fs) => Some(Subject::System(fs)),
        Err(errno) => {
            let what = quote::quoted(path);
            ctx.fail(format_args!("cannot read file system information for {what}"), errno);
            None
        }
    }
}

/// Flags, width and precision of one directive.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
    /// A dot stood there, with or without a number.
    dot: bool,
}

fn show(ctx: &mut Ctx<'_>, pattern: &[u8], escapes: bool, path: &[u8], subject: &Subject) -> bool {
    let mut at = 0;
    let context = format_has(pattern, b'C');
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'%' => at = directive(ctx, pattern, at + 1, path, subject),
            b'\\' if escapes => {
                let mut out = Vec::new();
                at += 1 + escape(&pattern[at + 1..], &mut out);
                ctx.out(out);
            }
            _ => {
                ctx.out([byte]);
                at += 1;
            }
        }
    }
    !context
}

/// The pattern asks for this letter: there are no security contexts, so `%C` fails.
fn format_has(pattern: &[u8], letter: u8) -> bool {
    pattern.windows(2).any(|w| w == [b'%', letter])
}

/// Interprets what follows a backslash; answers how many bytes it took.
fn escape(text: &[u8], out: &mut Vec<u8>) -> usize {
    let simple = match text.first() {
        None => {
            out.push(b'\\');
            return 0;
        }
        Some(b'a') => 7,
        Some(b'b') => 8,
        Some(b'e') => 27,
        Some(b'f') => 12,
        Some(b'n') => 10,
        Some(b'r') => 13,
        Some(b't') => 9,
        Some(b'v') => 11,
        Some(b'x') => {
            let digits: Vec<u32> =
                text[1..].iter().take(2).map_while(|b| (*b as char).to_digit(16)).collect();
            out.push(digits.iter().fold(0, |n, d| n * 16 + d) as u8);
            return 1 + digits.len();
        }
        Some(b'0'..=b'7') => {
            let digits: Vec<u32> =
                text.iter().take(3).map_while(|b| (*b as char).to_digit(8)).collect();
            out.push(digits.iter().fold(0, |n, d| n * 8 + d) as u8);
            return digits.len();
        }
        Some(other) => *other,
    };
    out.push(simple);
    1
}

fn directive(
    ctx: &mut Ctx<'_>,
    pattern: &[u8],
    start: usize,
    path: &[u8],
    subject: &Subject,
) -> usize {
    let mut at = start;
    let mut spec = Spec::default();
    while let Some(flag) = pattern.get(at) {
        match flag {
            b'-' => spec.left = true,
            b'0' => spec.zero = true,
            b'#' => spec.alternate = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'\'' => {}
            _ => break,
        }
        at += 1;
    }
    let digits = |at: usize| pattern[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let value = |at: usize, n: usize| {
        super::common::args::number(&pattern[at..at + n]).unwrap_or(0) as usize
    };
    let n = digits(at);
    spec.width = value(at, n).min(4096);
    at += n;
    if pattern.get(at) == Some(&b'.') {
        let n = digits(at + 1);
        spec.dot = true;
        spec.precision = (n > 0).then(|| value(at + 1, n));
        at += 1 + n;
    }
    let half = match (pattern.get(at), pattern.get(at + 1)) {
        (Some(h @ (b'H' | b'L')), Some(b'd' | b'r')) => {
            at += 1;
            Some(*h)
        }
        _ => None,
    };
    let Some(&letter) = pattern.get(at) else {
        ctx.out("%");
        return at;
    };
    if letter == b'%' || letter == b'\n' && at + 1 == pattern.len() && at == start {
        ctx.out("%");
        return if letter == b'%' { at + 1 } else { at };
    }
    let field = match subject {
        Subject::File(attr, link) => file_field(ctx, letter, half, path, attr, link, &spec),
        Subject::System(fs) => system_field(letter, path, fs),
    };
    put(ctx, &spec, field);
    at + 1
}

/// A value on its way to be padded.
enum Field {
    Text(Vec<u8>),
    Decimal(i128),
    Octal(u64),
    Hex(u64),
    Time(Timespec),
}

fn text(s: impl Into<String>) -> Field {
    Field::Text(s.into().into_bytes())
}

#[allow(clippy::too_many_arguments, reason = "the letter, its half and what they speak of")]
fn file_field(
    ctx: &mut Ctx<'_>,
    letter: u8,
    half: Option<u8>,
    path: &[u8],
    attr: &Attr,
    link: &[u8],
    _spec: &Spec,
) -> Field {
    let number = |n: u64| Field::Decimal(n.into());
    match (letter, half) {
        (b'd', Some(b'H')) => number(attr.dev.major.into()),
        (b'd', Some(_)) => number(attr.dev.minor.into()),
        (b'r', Some(b'H')) => number(attr.rdev.major.into()),
        (b'r', Some(_)) => number(attr.rdev.minor.into()),
        (b'n', _) => Field::Text(path.to_vec()),
        (b'N', _) => {
            let plain = !matches!(ctx.var("QUOTING_STYLE"), Some(b"literal"));
            let name = if plain { named(ctx, path) } else { String::from_utf8_lossy(path).into() };
            match attr.kind {
                FileType::Symlink => text(format!("{name} -> {}", named(ctx, link))),
                _ => text(name),
            }
        }
        (b'd', _) => number(attr.dev.encode()),
        (b'D', _) => Field::Hex(attr.dev.encode()),
        (b'i', _) => number(attr.ino),
        (b'a', _) => Field::Octal(attr.mode.bits().into()),
        (b'A', _) => text(mode::listing(attr)),
        (b'f', _) => Field::Hex(attr.st_mode().into()),
        (b'F', _) => text(mode::type_words(attr)),
        (b'h', _) => number(attr.nlink.into()),
        (b'u', _) => number(attr.uid.into()),
        (b'U', _) => text(ctx.names().user(attr.uid).unwrap_or("UNKNOWN")),
        (b'g', _) => number(attr.gid.into()),
        (b'G', _) => text(ctx.names().group(attr.gid).unwrap_or("UNKNOWN")),
        (b'm', _) => Field::Text(mount_point(ctx, path)),
        (b's', _) => number(attr.size),
        (b'r', _) => number(attr.rdev.encode()),
        (b'R', _) => Field::Hex(attr.rdev.encode()),
        (b't', _) => Field::Hex(attr.rdev.major.into()),
        (b'T', _) => Field::Hex(attr.rdev.minor.into()),
        (b'B', _) => number(512),
        (b'b', _) => number(attr.blocks),
        (b'o', _) => number(attr.blksize.into()),
        (b'w', _) if attr.btime == Timespec::default() => text("-"),
        (b'w', _) => full_time(attr.btime),
        (b'W', _) => Field::Time(attr.btime),
        (b'x', _) => full_time(attr.atime),
        (b'X', _) => Field::Time(attr.atime),
        (b'y', _) => full_time(attr.mtime),
        (b'Y', _) => Field::Time(attr.mtime),
        (b'z', _) => full_time(attr.ctime),
        (b'Z', _) => Field::Time(attr.ctime),
        (b'C', _) => {
            let what = quote::quoted(path);
            ctx.fail(format_args!("failed to get security context of {what}"), Errno::ENODATA);
            text("?")
        }
        _ => text("?"),
    }
}

/// The name as `%N` shows it: quoted in a format that was given, plain in the usual output.
fn named(ctx: &Ctx<'_>, name: &[u8]) -> String {
    let formatted = ctx.args().iter().any(|a| {
        a.starts_with(b"-c")
            || a.starts_with(b"--f")
            || a.starts_with(b"--p")
            || a.starts_with(b"-Lc")
    });
    if formatted { quote::quoted(name) } else { String::from_utf8_lossy(name).into_owned() }
}

fn full_time(stamp: Timespec) -> Field {
    Field::Text(time::format(b"%Y-%m-%d %H:%M:%S.%N %z", stamp))
}

/// The top of the mount that holds a file.
fn mount_point(ctx: &mut Ctx<'_>, path: &[u8]) -> Vec<u8> {
    let attr = ctx.lstat(path);
    let start = match attr {
        Ok(attr) if attr.is_dir() => path.to_vec(),
        _ => dir_name(path),
    };
    let Ok(mut here) = super::realpath::canonical(ctx, &start, super::realpath::Missing::All)
    else {
        return b"?".to_vec();
    };
    let Ok(device) = ctx.stat(&here).map(|a| a.dev) else { return b"?".to_vec() };
    while here != b"/" {
        let above = dir_name(&here);
        match ctx.stat(&above) {
            Ok(attr) if attr.dev == device => here = above,
            _ => break,
        }
    }
    here
}

fn system_field(letter: u8, path: &[u8], fs: &StatFs) -> Field {
    let number = |n: u64| Field::Decimal(n.into());
    match letter {
        b'n' => Field::Text(path.to_vec()),
        b'i' => Field::Hex(u64::from(fs.fsid[0]) << 32 | u64::from(fs.fsid[1])),
        b'l' => number(fs.namelen),
        b't' => Field::Hex(fs.magic),
        b'T' => text(super::df::magic_name(fs.magic)),
        b's' | b'S' => number(fs.bsize),
        b'b' => number(fs.blocks),
        b'f' => number(fs.bfree),
        b'a' => number(fs.bavail),
        b'c' => number(fs.files),
        b'd' => number(fs.ffree),
        _ => text("?"),
    }
}

fn put(ctx: &mut Ctx<'_>, spec: &Spec, field: Field) {
    let (body, numeric) = match field {
        Field::Text(mut bytes) => {
            bytes.truncate(spec.precision.unwrap_or(bytes.len()));
            (bytes, false)
        }
        Field::Decimal(n) => {
            let sign = match (spec.plus, spec.space) {
                (true, _) => "+",
                (_, true) => " ",
                _ => "",
            };
            (format!("{}{n}", if n < 0 { "" } else { sign }).into_bytes(), true)
        }
        Field::Octal(n) if spec.alternate => (format!("0{n:o}").into_bytes(), true),
        Field::Octal(n) => (format!("{n:o}").into_bytes(), true),
        Field::Hex(n) if spec.alternate && n != 0 => (format!("{n:#x}").into_bytes(), true),
        Field::Hex(n) => (format!("{n:x}").into_bytes(), true),
        Field::Time(stamp) => (seconds(spec, stamp).into_bytes(), true),
    };
    let missing = spec.width.saturating_sub(String::from_utf8_lossy(&body).chars().count());
    let fill = if spec.zero && numeric && !spec.left { b'0' } else { b' ' };
    let pad = vec![fill; missing];
    if spec.left {
        ctx.out(body);
        ctx.out(pad);
    } else {
        ctx.out(pad);
        ctx.out(body);
    }
}

/// Seconds since the epoch, with as many decimals as asked for.
fn seconds(spec: &Spec, stamp: Timespec) -> String {
    let digits = match (spec.dot, spec.precision) {
        (false, _) | (_, Some(0)) => return stamp.sec.to_string(),
        (true, None) => 9,
        (true, Some(n)) => n,
    };
    let nine = format!("{:09}", stamp.nsec);
    format!("{}.{:0<digits$}", stamp.sec, &nine[..digits.min(9)])
}
