//! Small tools on one name: which, link, unlink, mountpoint.

use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::sys::{AT_FDCWD, at};

pub const WHICH: Command = Command {
    name: "which",
    usage: "Usage: {} [-a] args\n",
    summary: "find a program in the search path",
    package: Package::Other("which from debianutils 5.7"),
    trouble: 2,
    start: Start::Swift(which),
};

pub const LINK: Command = Command {
    name: "link",
    usage: "Usage: {} FILE1 FILE2\nCall the link function to create a link named FILE2 to an existing FILE1.\n",
    summary: "call link(2)",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(link),
};

pub const UNLINK: Command = Command {
    name: "unlink",
    usage: "Usage: {} FILE\nCall the unlink function to remove the specified FILE.\n",
    summary: "call unlink(2)",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(unlink),
};

pub const MOUNTPOINT: Command = Command {
    name: "mountpoint",
    usage: "Usage:\n {} [-qd] /path/to/directory\n",
    summary: "say whether a directory is a mount point",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(mountpoint),
};

fn which(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a s") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let all = parsed.options.iter().any(|it| it.id == "a");
    let path = ctx.var("PATH").unwrap_or_default().to_vec();
    let mut status = i32::from(parsed.operands.is_empty());
    for word in &parsed.operands {
        let mut found = false;
        let places: Vec<Vec<u8>> = if word.contains(&b'/') {
            vec![word.clone()]
        } else {
            path.split(|it| *it == b':').map(|dir| super::ctx::join(dir, word)).collect()
        };
        for file in places {
            let regular = ctx.stat(&file).is_ok_and(|it| it.kind == crate::types::FileType::Reg);
            if regular && ctx.sys.faccessat(AT_FDCWD, &file, 1, at::EACCESS).is_ok() {
                ctx.line(&file);
                found = true;
                if !all {
                    break;
                }
            }
        }
        status |= i32::from(!found);
    }
    status
}

fn operands(ctx: &mut Ctx<'_>, wants: usize) -> Result<Vec<Vec<u8>>, i32> {
    let parsed = ctx.parse("")?;
    let given = parsed.operands;
    if given.is_empty() {
        return Err(ctx.usage("missing operand"));
    }
    if given.len() < wants {
        let last = quote::locale(&given[given.len() - 1]);
        return Err(ctx.usage(format_args!("missing operand after {last}")));
    }
    if let Some(extra) = given.get(wants) {
        let extra = quote::locale(extra);
        return Err(ctx.usage(format_args!("extra operand {extra}")));
    }
    Ok(given)
}

fn link(ctx: &mut Ctx<'_>) -> i32 {
    let names = match operands(ctx, 2) {
        Ok(names) => names,
        Err(status) => return status,
    };
    match ctx.sys.linkat(AT_FDCWD, &names[0], AT_FDCWD, &names[1], 0) {
        Ok(()) => 0,
        Err(errno) => {
            let (from, to) = (quote::quoted(&names[0]), quote::quoted(&names[1]));
            ctx.warn(format_args!("cannot create link {to} to {from}: {errno}"));
            1
        }
    }
}

fn unlink(ctx: &mut Ctx<'_>) -> i32 {
    let names = match operands(ctx, 1) {
        Ok(names) => names,
        Err(status) => return status,
    };
    match ctx.sys.unlinkat(AT_FDCWD, &names[0], 0) {
        Ok(()) => 0,
        Err(errno) => {
            let name = quote::quoted(&names[0]);
            ctx.warn(format_args!("cannot unlink {name}: {errno}"));
            1
        }
    }
}

fn mountpoint(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("q|quiet d|fs-devno x|devno |nofollow") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let Some(path) = parsed.operands.first().filter(|_| parsed.operands.len() == 1) else {
        ctx.warn("bad usage");
        ctx.try_help();
        return 1;
    };
    let quiet = parsed.options.iter().any(|it| it.id == "q");
    let shown = String::from_utf8_lossy(path).into_owned();
    let attr = match ctx.stat(path) {
        Ok(attr) => attr,
        Err(errno) => {
            if !quiet {
                ctx.warn(format_args!("{shown}: {errno}"));
            }
            return 1;
        }
    };
    let above = ctx.stat(&super::ctx::join(path, b".."));
    let table = ctx.read_file(b"/proc/self/mountinfo").unwrap_or_default();
    let full = super::realpath::canonical(ctx, path, super::realpath::Missing::None);
    let listed = full.is_ok_and(|full| {
        let mut points = table.split(|it| *it == b'\n');
        points.any(|line| line.split(|it| *it == b' ').nth(4) == Some(&full[..]))
    });
    let crosses = above.is_ok_and(|it| it.dev != attr.dev || it.ino == attr.ino);
    let yes = attr.is_dir() && (listed || crosses);
    if parsed.options.iter().any(|it| it.id == "d") && yes {
        ctx.line(format!("{}:{}", attr.dev.major, attr.dev.minor));
    } else if !quiet {
        ctx.line(format!("{shown} is {}a mountpoint", if yes { "" } else { "not " }));
    }

    if yes { 0 } else { 32 }
}
