//! head, as coreutils 9.1.

use super::common::args::sized;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::types::OpenFlags;

pub const COMMAND: Command = Command {
    name: "head",
    usage: "Usage: {} [OPTION]... [FILE]...\nPrint the first 10 lines of each FILE to standard output.\n",
    summary: "print the first lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
};

/// How much: the first N, or all but the last N.
#[derive(Clone, Copy)]
struct Amount {
    count: u64,
    bytes: bool,
    but_last: bool,
    separator: u8,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match parse(ctx) {
        Ok(it) => it,
        Err(status) => return status,
    };
    let (amount, quiet, verbose, files) = parsed;
    let headers = verbose || (files.len() > 1 && !quiet);
    let (mut status, mut first) = (0, true);
    for file in &files {
        let shown: &[u8] = if file == b"-" { b"standard input" } else { file };
        let fd = if file == b"-" { Ok(0) } else { ctx.open(file, OpenFlags::RDONLY, 0) };
        let fd = match fd {
            Ok(fd) => fd,
            Err(errno) => {
                let name = super::common::quote::quoted(file);
                ctx.warn(format_args!("cannot open {name} for reading: {errno}"));
                status = 1;
                continue;
            }
        };
        if headers {
            ctx.out(if first { "==> " } else { "\n==> " });
            ctx.out(shown);
            ctx.out(" <==\n");
        }
        first = false;
        if let Err(errno) = copy(ctx, fd, amount) {
            let name = super::common::quote::quoted(shown);
            ctx.warn(format_args!("error reading {name}: {errno}"));
            status = 1;
        }
        if fd != 0 {
            let _ = ctx.sys.close(fd);
        }
    }
    status
}

type Parsed = (Amount, bool, bool, Vec<Vec<u8>>);

fn parse(ctx: &mut Ctx<'_>) -> Result<Parsed, i32> {
    let table = "c|bytes= n|lines= q|quiet |silent v|verbose z|zero-terminated \
                 0 1 2 3 4 5 6 7 8 9";
    let parsed = ctx.parse(table)?;
    let mut amount = Amount { count: 10, bytes: false, but_last: false, separator: b'\n' };
    let (mut quiet, mut verbose, mut digits) = (false, false, String::new());
    for given in &parsed.options {
        match given.id {
            "q" | "silent" => quiet = true,
            "v" => verbose = true,
            "z" => amount.separator = 0,
            "c" | "n" => {
                amount.bytes = given.id == "c";
                let text = given.bytes();
                amount.but_last = text.starts_with(b"-");
                let text = text.strip_prefix(b"-").unwrap_or(text);
                match sized(text).filter(|_| !text.is_empty()) {
                    Some(count) => amount.count = count,
                    None => {
                        let what = if amount.bytes { "bytes" } else { "lines" };
                        let text = super::common::quote::locale(text);
                        ctx.warn(format_args!("invalid number of {what}: {text}"));
                        return Err(1);
                    }
                }
            }
            digit => digits.push_str(digit),
        }
    }
    if let Ok(count) = digits.parse() {
        amount.count = count;
    }
    let mut files = parsed.operands;
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    Ok((amount, quiet, verbose, files))
}

fn copy(ctx: &mut Ctx<'_>, fd: i32, amount: Amount) -> crate::types::Result<()> {
    if amount.but_last {
        let text = ctx.read_all(fd)?;
        let end = if amount.bytes {
            text.len().saturating_sub(amount.count as usize)
        } else {
            let starts = line_starts(&text, amount.separator);
            starts
                .len()
                .checked_sub(amount.count as usize)
                .map_or(0, |it| starts.get(it).copied().unwrap_or(text.len()))
        };
        ctx.out(&text[..end]);
        return Ok(());
    }
    let mut left = amount.count;
    let mut block = vec![0; 8192];
    while left > 0 {
        let n = ctx.sys.read(fd, &mut block)?;
        if n == 0 {
            break;
        }
        let mut end = n;
        if amount.bytes {
            end = n.min(left as usize);
            left -= end as u64;
        } else {
            for (at, byte) in block[..n].iter().enumerate() {
                left -= u64::from(*byte == amount.separator);
                if left == 0 {
                    end = at + 1;
                    break;
                }
            }
        }
        ctx.out(&block[..end]);
        if left == 0 && end < n {
            // The real head gives back what it has read too much, where it can seek.
            let _ = ctx.sys.lseek(fd, end as i64 - n as i64, crate::types::Whence::Cur);
        }
    }
    Ok(())
}

/// Where each line starts.
pub(super) fn line_starts(text: &[u8], separator: u8) -> Vec<usize> {
    let after = text.iter().enumerate().filter(|it| *it.1 == separator).map(|it| it.0 + 1);
    let mut starts: Vec<usize> = std::iter::once(0).chain(after).collect();
    if starts.last() == Some(&text.len()) {
        starts.pop();
    }
    starts
}
