//! `chattr` and `lsattr`: flags of inodes.

use super::ctx::{Ctx, join};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::types::{FileType, OpenFlags, Result};

pub const CHATTR: Command = rare(Command {
    name: "chattr",
    usage: CHATTR_USAGE,
    summary: "set flags of inodes (immutable, append-only, ...)",
    package: Package::E2fsprogs,
    trouble: 1,
    start: Start::Swift(run_chattr),
});

pub const LSATTR: Command = rare(Command {
    name: "lsattr",
    usage: "Usage: lsattr [-RVadlpv] [files...]\n",
    summary: "show flags of inodes",
    package: Package::E2fsprogs,
    trouble: 1,
    start: Start::Swift(run_lsattr),
});

const CHATTR_USAGE: &str =
    "Usage: chattr [-RVf] [-+=aAcCdDeijPsStTuFx] [-p project] [-v version] files...\n";

/// Letter, bit and long name of each flag, in the order of `lsattr`.
const FLAGS: &[(char, u32, &str)] = &[
    ('s', 0x1, "Secure_Deletion"),
    ('u', 0x2, "Undelete"),
    ('S', 0x8, "Synchronous_Updates"),
    ('D', 0x1_0000, "Synchronous_Directory_Updates"),
    ('i', 0x10, "Immutable"),
    ('a', 0x20, "Append_Only"),
    ('d', 0x40, "No_Dump"),
    ('A', 0x80, "No_Atime"),
    ('c', 0x4, "Compression_Requested"),
    ('E', 0x800, "Encrypted"),
    ('j', 0x4000, "Journaled_Data"),
    ('I', 0x1000, "Indexed_directory"),
    ('t', 0x8000, "No_Tailmerging"),
    ('T', 0x2_0000, "Top_of_Directory_Hierarchies"),
    ('e', 0x8_0000, "Extents"),
    ('C', 0x80_0000, "No_COW"),
    ('x', 0x200_0000, "DAX"),
    ('F', 0x4000_0000, "Casefold"),
    ('N', 0x1000_0000, "Inline_Data"),
    ('P', 0x2000_0000, "Project_Hierarchy"),
    ('V', 0x10_0000, "Verity"),
    ('m', 0x400, "Dont_Compress"),
];

const SETTABLE: &str = "aAcCdDeijPsStTuFx";

fn letters(flags: u32) -> String {
    FLAGS.iter().map(|(letter, bit, _)| if flags & bit != 0 { *letter } else { '-' }).collect()
}

/// The flags of a file; only regular files and directories have some.
fn flags_of(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<u32> {
    with_file(ctx, path, |ctx, fd| ctx.sys.get_flags(fd))
}

fn with_file<T>(
    ctx: &mut Ctx<'_>,
    path: &[u8],
    f: impl FnOnce(&mut Ctx<'_>, i32) -> Result<T>,
) -> Result<T> {
    let attr = ctx.lstat(path)?;
    if !matches!(attr.kind, FileType::Reg | FileType::Dir) {
        return Err(Errno::EOPNOTSUPP);
    }
    let fd = ctx.open(path, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0)?;
    let res = f(ctx, fd);
    let _ = ctx.sys.close(fd);
    match res {
        Err(Errno::ENOTTY | Errno::ENOSYS) => Err(Errno::EOPNOTSUPP),
        res => res,
    }
}

#[derive(Default)]
struct Change {
    recursive: bool,
    verbose: bool,
    quiet: bool,
    add: u32,
    remove: u32,
    set: Option<u32>,
    version: bool,
}

fn run_chattr(ctx: &mut Ctx<'_>) -> i32 {
    let mut change = Change::default();
    let args = ctx.args();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let (sign, rest) = match arg.split_first() {
            Some((sign @ (b'-' | b'+' | b'='), rest)) => (*sign, rest),
            _ => break,
        };
        if arg == b"--" {
            at += 1;
            break;
        }
        at += 1;
        if sign == b'=' {
            change.set.get_or_insert(0);
        }
        for letter in rest {
            if sign == b'-' && matches!(letter, b'v' | b'p') {
                at += 1;
                change.version = true;
                continue;
            }
            match (sign, letter) {
                (b'-', b'R') => change.recursive = true,
                (b'-', b'V') => change.verbose = true,
                (b'-', b'f') => change.quiet = true,
                _ => {
                    let letter = *letter as char;
                    let flag = FLAGS.iter().find(|f| f.0 == letter && SETTABLE.contains(letter));
                    let Some((_, bit, _)) = flag else {
                        ctx.err(CHATTR_USAGE);
                        return 1;
                    };
                    match sign {
                        b'+' => change.add |= bit,
                        b'-' => change.remove |= bit,
                        _ => change.set = Some(change.set.unwrap_or(0) | bit),
                    }
                }
            }
        }
    }
    let files = &args[at.min(args.len())..];
    if files.is_empty() {
        ctx.err(CHATTR_USAGE);
        return 1;
    }
    let nothing = change.add == 0 && change.remove == 0 && change.set.is_none();
    if nothing && !change.version {
        ctx.err("Must use '-v', =, - or +\n");
        return 1;
    }
    if change.set.is_some() && (change.add | change.remove) != 0 {
        ctx.err("= is incompatible with - and +\n");
        return 1;
    }
    if change.add & change.remove != 0 {
        ctx.err("Can't both set and unset same flag.\n");
        return 1;
    }
    if change.verbose {
        ctx.err("chattr 1.47.0 (5-Feb-2023)\n");
    }
    let mut ok = true;
    for file in files {
        ok &= tree(ctx, &change, file);
    }
    i32::from(!ok)
}

fn tree(ctx: &mut Ctx<'_>, change: &Change, path: &[u8]) -> bool {
    let (mut ok, mut todo) = (true, vec![path.to_vec()]);
    while let Some(path) = todo.pop() {
        let Ok(attr) = ctx.lstat(&path).map_err(|errno| {
            if !change.quiet {
                let shown = String::from_utf8_lossy(&path).into_owned();
                ctx.warn(format_args!("{errno} while trying to stat {shown}"));
            }
        }) else {
            ok = false;
            continue;
        };
        ok &= one(ctx, change, &path);
        if change.recursive && attr.is_dir() {
            let children = ctx.children(&path).unwrap_or_default();
            todo.extend(children.iter().rev().map(|c| join(&path, &c.name)));
        }
    }
    ok
}

fn one(ctx: &mut Ctx<'_>, change: &Change, path: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(path).into_owned();
    let old = match flags_of(ctx, path) {
        Ok(old) => old,
        Err(errno) => {
            if !change.quiet {
                ctx.warn(format_args!("{errno} while reading flags on {shown}"));
            }
            return false;
        }
    };
    if change.set.is_none() && change.add == 0 && change.remove == 0 {
        return true;
    }
    let is_dir = ctx.lstat(path).is_ok_and(|a| a.is_dir());
    let mut new = change.set.unwrap_or(old & !change.remove | change.add);
    if !is_dir {
        new &= !0x1_0000;
    }
    if change.verbose {
        ctx.line(format!("Flags of {shown} set as {}", letters(new)));
    }
    let done = with_file(ctx, path, |ctx, fd| ctx.sys.set_flags(fd, new));
    if let Err(errno) = done
        && !change.quiet
    {
        ctx.warn(format_args!("{errno} while setting flags on {shown}"));
    }
    done.is_ok()
}

#[derive(Default)]
struct Listing {
    recursive: bool,
    all: bool,
    dirs: bool,
    long: bool,
    project: bool,
    version: bool,
}

fn run_lsattr(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match super::common::args::parse("R V a d l p v", ctx.args()) {
        Ok(parsed) => parsed,
        Err(message) => {
            ctx.warn(message);
            ctx.err("Usage: lsattr [-RVadlpv] [files...]\n");
            return 1;
        }
    };
    let mut wish = Listing::default();
    for given in &parsed.options {
        match given.id {
            "R" => wish.recursive = true,
            "a" => wish.all = true,
            "d" => wish.dirs = true,
            "l" => wish.long = true,
            "p" => wish.project = true,
            "v" => wish.version = true,
            "V" => ctx.err("lsattr 1.47.0 (5-Feb-2023)\n"),
            _ => {
                ctx.warn("invalid option -- '-'");
                ctx.err("Usage: lsattr [-RVadlpv] [files...]\n");
                return 1;
            }
        }
    }
    let files = if parsed.operands.is_empty() { vec![b".".to_vec()] } else { parsed.operands };
    let mut ok = true;
    for file in &files {
        match ctx.lstat(file) {
            Err(errno) => {
                let shown = String::from_utf8_lossy(file).into_owned();
                ctx.warn(format_args!("{errno} while trying to stat {shown}"));
                ok = false;
            }
            Ok(attr) if attr.is_dir() && !wish.dirs => ok &= directory(ctx, &wish, file),
            Ok(_) => ok &= list(ctx, &wish, file),
        }
    }
    i32::from(!ok)
}

fn list(ctx: &mut Ctx<'_>, wish: &Listing, path: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(path).into_owned();
    let flags = match flags_of(ctx, path) {
        Ok(flags) => flags,
        Err(errno) => {
            ctx.warn(format_args!("{errno} While reading flags on {shown}"));
            return false;
        }
    };
    if wish.project {
        ctx.out("    0 ");
    }
    if wish.version {
        ctx.out("0          ");
    }
    if wish.long {
        let names: Vec<&str> = FLAGS.iter().filter(|f| flags & f.1 != 0).map(|f| f.2).collect();
        let names = if names.is_empty() { "---".to_string() } else { names.join(", ") };
        ctx.line(format!("{shown:<28} {names}"));
    } else {
        ctx.line(format!("{} {shown}", letters(flags)));
    }
    true
}

fn directory(ctx: &mut Ctx<'_>, wish: &Listing, dir: &[u8]) -> bool {
    let entries = match ctx.read_dir(dir) {
        Ok(entries) => entries,
        Err(errno) => {
            let shown = String::from_utf8_lossy(dir).into_owned();
            ctx.warn(format_args!("{errno} while reading directory {shown}"));
            return false;
        }
    };
    for entry in entries {
        if entry.name.starts_with(b".") && !wish.all {
            continue;
        }
        let path = join(dir, &entry.name);
        // Errors inside of a directory do not count, as seen of 1.47.
        list(ctx, wish, &path);
        let special = entry.name == b"." || entry.name == b"..";
        if wish.recursive && !special && ctx.lstat(&path).is_ok_and(|a| a.is_dir()) {
            ctx.out("\n");
            ctx.out(&path);
            ctx.out(":\n");
            directory(ctx, wish, &path);
            ctx.out("\n");
        }
    }
    true
}
