//! `mknod` and `mkfifo`: special files.

use super::common::mode::ModeSpec;
use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::sys::AT_FDCWD;
use crate::types::{Dev, FileType, Mode, Result};

pub const MKNOD: Command = Command {
    name: "mknod",
    usage: "Usage: {} [OPTION]... NAME TYPE [MAJOR MINOR]\nCreate the special file NAME of the given TYPE.\n",
    summary: "make a device or fifo (c 0 0 is a whiteout)",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_mknod),
};

pub const MKFIFO: Command = Command {
    name: "mkfifo",
    usage: "Usage: {} [OPTION]... NAME...\nCreate named pipes (FIFOs) with the given NAMEs.\n",
    summary: "make named pipes",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_mkfifo),
};

/// `-m` if it was given. `Err` for a wrong mode.
fn mode_of(
    ctx: &mut Ctx<'_>,
    given: &[super::common::args::Given],
) -> std::result::Result<Option<u32>, i32> {
    let Some(option) = given.iter().rev().find(|o| o.id == "m") else { return Ok(None) };
    let umask = ctx.sys.umask(0);
    ctx.sys.umask(umask);
    match ModeSpec::parse(option.bytes()) {
        Some(spec) => {
            let mode = spec.apply(0o666, false, umask);
            if mode & !0o777 != 0 {
                ctx.warn("mode must specify only file permission bits");
                return Err(1);
            }
            Ok(Some(mode))
        }
        None => {
            ctx.warn("invalid mode");
            Err(1)
        }
    }
}

fn make(ctx: &mut Ctx<'_>, path: &[u8], kind: FileType, mode: Option<u32>, dev: Dev) -> Result<()> {
    ctx.sys.mknodat(AT_FDCWD, path, kind.bits() | mode.unwrap_or(0o666), dev)?;
    match mode {
        Some(mode) => ctx.sys.fchmodat(AT_FDCWD, path, Mode::new(mode)),
        None => Ok(()),
    }
}

fn run_mkfifo(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("m|mode= Z |context=?") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let mode = match mode_of(ctx, &parsed.options) {
        Ok(mode) => mode,
        Err(status) => return status,
    };
    let mut status = 0;
    for path in &parsed.operands {
        if let Err(errno) = make(ctx, path, FileType::Fifo, mode, Dev::default()) {
            ctx.fail(format_args!("cannot create fifo {}", quote::quoted(path)), errno);
            status = 1;
        }
    }
    status
}

fn run_mknod(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("m|mode= Z |context=?") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mode = match mode_of(ctx, &parsed.options) {
        Ok(mode) => mode,
        Err(status) => return status,
    };
    let words = &parsed.operands;
    let fifo = words.get(1).is_some_and(|t| t.starts_with(b"p"));
    let expected = if fifo { 2 } else { 4 };
    if words.len() < expected {
        return missing(ctx, words);
    }
    if words.len() > expected {
        let shown = quote::locale(&words[expected]);
        ctx.warn(format_args!("extra operand {shown}"));
        if fifo && words.len() == 4 {
            ctx.err("Fifos do not have major and minor device numbers.\n");
        }
        ctx.try_help();
        return 1;
    }
    let kind = match words[1].first() {
        Some(b'b') => FileType::Blk,
        Some(b'c' | b'u') => FileType::Chr,
        Some(b'p') => FileType::Fifo,
        _ => {
            let shown = quote::locale(&words[1]);
            return ctx.usage(format_args!("invalid device type {shown}"));
        }
    };
    let dev = match device(ctx, words.get(2), words.get(3)) {
        Ok(dev) => dev,
        Err(status) => return status,
    };
    if let Err(errno) = make(ctx, &words[0], kind, mode, dev) {
        ctx.fail_file(&words[0], errno);
        return 1;
    }
    0
}

fn missing(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    match words.last() {
        None => ctx.warn("missing operand"),
        Some(last) => ctx.warn(format_args!("missing operand after {}", quote::locale(last))),
    }
    if words.len() == 2 {
        ctx.err("Special files require major and minor device numbers.\n");
    }
    ctx.try_help();
    1
}

fn device(
    ctx: &mut Ctx<'_>,
    major: Option<&Vec<u8>>,
    minor: Option<&Vec<u8>>,
) -> std::result::Result<Dev, i32> {
    let mut read = |word: Option<&Vec<u8>>, what: &str| match word {
        None => Ok(0),
        Some(word) => number(word).ok_or_else(|| {
            ctx.warn(format_args!("invalid {what} device number {}", quote::locale(word)));
            1
        }),
    };
    Ok(Dev::new(read(major, "major")?, read(minor, "minor")?))
}

/// Decimal, octal with a leading 0, or hexadecimal with 0x.
fn number(word: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(word).ok()?;
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}
