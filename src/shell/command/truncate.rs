//! `truncate`: sizes of files.

use super::common::{args, quote};
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::types::OpenFlags;

pub const COMMAND: Command = rare(Command {
    name: "truncate",
    usage: "Usage: {} OPTION... FILE...\nShrink or extend the size of each FILE to the specified size\n\nA FILE argument that does not exist is created.\n",
    summary: "shrink or extend files",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
});

/// How the size is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    To,
    Grow,
    Shrink,
    AtMost,
    AtLeast,
    RoundDown,
    RoundUp,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("c|no-create o|io-blocks r|reference= s|size=") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut no_create, mut blocks, mut size, mut reference) = (false, false, None, None);
    for given in &parsed.options {
        match given.id {
            "c" => no_create = true,
            "o" => blocks = true,
            "r" => reference = Some(given.bytes().to_vec()),
            "s" => match wanted(given.bytes()) {
                Some(wish) => size = Some(wish),
                None => {
                    ctx.warn(format_args!("Invalid number: {}", quote::locale(given.bytes())));
                    return 1;
                }
            },
            _ => {}
        }
    }
    if size.is_none() && reference.is_none() {
        return ctx.usage("you must specify either ‘--size’ or ‘--reference’");
    }
    if reference.is_some() && size.is_some_and(|(how, _)| how == How::To) {
        return ctx.usage("you must specify a relative ‘--size’ with ‘--reference’");
    }
    if blocks && size.is_none() {
        return ctx.usage("‘--io-blocks’ was specified but ‘--size’ was not");
    }
    if parsed.operands.is_empty() {
        return ctx.usage("missing file operand");
    }
    let base = match reference {
        None => None,
        Some(file) => match ctx.stat(&file) {
            Ok(attr) => Some(attr.size),
            Err(errno) => {
                ctx.fail(format_args!("cannot stat {}", quote::quoted(&file)), errno);
                return 1;
            }
        },
    };
    let (how, mut count) = size.unwrap_or((How::Grow, 0));
    let mut ok = true;
    for path in &parsed.operands {
        if blocks {
            count *= ctx.stat(path).map_or(4096, |a| a.blksize.into());
        }
        ok &= cut(ctx, path, no_create, how, count, base);
    }
    i32::from(!ok)
}

fn wanted(text: &[u8]) -> Option<(How, u64)> {
    let text = text.trim_ascii_start();
    let how = match text.first()? {
        b'+' => How::Grow,
        b'-' => How::Shrink,
        b'<' => How::AtMost,
        b'>' => How::AtLeast,
        b'/' => How::RoundDown,
        b'%' => How::RoundUp,
        _ => How::To,
    };
    let digits = if how == How::To { text } else { &text[1..] };
    digits.first().filter(|b| b.is_ascii_digit())?;
    Some((how, args::sized(digits)?))
}

fn cut(
    ctx: &mut Ctx<'_>,
    path: &[u8],
    no_create: bool,
    how: How,
    count: u64,
    base: Option<u64>,
) -> bool {
    let create = if no_create { OpenFlags(0) } else { OpenFlags::CREAT };
    let flags = OpenFlags::WRONLY | create | OpenFlags::NONBLOCK;
    let fd = match ctx.open(path, flags, 0o666) {
        Ok(fd) => fd,
        Err(Errno::ENOENT) if no_create => return true,
        Err(errno) => {
            ctx.fail(format_args!("cannot open {} for writing", quote::quoted(path)), errno);
            return false;
        }
    };
    let now = base.unwrap_or_else(|| ctx.sys.fstat(fd).map_or(0, |a| a.size));
    let size = match how {
        How::To => count,
        How::Grow => now.saturating_add(count),
        How::Shrink => now.saturating_sub(count),
        How::AtMost => now.min(count),
        How::AtLeast => now.max(count),
        How::RoundDown => now.checked_div(count).map_or(now, |n| n * count),
        How::RoundUp => now.checked_next_multiple_of(count.max(1)).unwrap_or(now),
    };
    let done = ctx.sys.ftruncate(fd, size as i64);
    let _ = ctx.sys.close(fd);
    if let Err(errno) = done {
        let what = quote::quoted(path);
        ctx.fail(format_args!("failed to truncate {what} at {size} bytes"), errno);
        return false;
    }
    true
}
