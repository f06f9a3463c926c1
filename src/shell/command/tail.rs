//! tail, as coreutils 9.1.

use super::common::args::sized;
use super::ctx::Ctx;
use super::head::line_starts;
use super::{Command, Package, Start};
use crate::types::OpenFlags;

pub const COMMAND: Command = Command {
    name: "tail",
    usage: "Usage: {} [OPTION]... [FILE]...\nPrint the last 10 lines of each FILE to standard output.\n",
    summary: "print the last lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
};

struct Options {
    count: u64,
    bytes: bool,
    from_start: bool,
    separator: u8,
    quiet: bool,
    verbose: bool,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let (options, files) = match parse(ctx) {
        Ok(it) => it,
        Err(status) => return status,
    };
    let headers = options.verbose || (files.len() > 1 && !options.quiet);
    let (mut status, mut first) = (0, true);
    for file in &files {
        let shown: &[u8] = if file == b"-" { b"standard input" } else { file };
        let fd = if file == b"-" { Ok(0) } else { ctx.open(file, OpenFlags::RDONLY, 0) };
        let text = fd.and_then(|fd| ctx.read_all(fd).map(|text| (fd, text)));
        let (fd, text) = match text {
            Ok(it) => it,
            Err(errno) => {
                let name = super::common::quote::quoted(file);
                let verb = if fd.is_ok() { "error reading" } else { "cannot open" };
                let end = if fd.is_ok() { "" } else { " for reading" };
                ctx.warn(format_args!("{verb} {name}{end}: {errno}"));
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
        ctx.out(&text[start(&text, &options)..]);
        if fd != 0 {
            let _ = ctx.sys.close(fd);
        }
    }
    status
}

fn start(text: &[u8], options: &Options) -> usize {
    let count = options.count as usize;
    match (options.bytes, options.from_start) {
        (true, true) => count.saturating_sub(1).min(text.len()),
        (true, false) => text.len().saturating_sub(count),
        (false, from_start) => {
            let starts = line_starts(text, options.separator);
            let at = if from_start {
                count.saturating_sub(1)
            } else {
                starts.len().saturating_sub(count)
            };
            starts.get(at).copied().unwrap_or(text.len())
        }
    }
}

fn parse(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let table = "c|bytes= f|follow=? F n|lines= |pid= q|quiet |silent |retry s|sleep-interval= \
                 v|verbose z|zero-terminated 0 1 2 3 4 5 6 7 8 9";
    let parsed = ctx.parse(table)?;
    let mut options = Options {
        count: 10,
        bytes: false,
        from_start: false,
        separator: b'\n',
        quiet: false,
        verbose: false,
    };
    let mut digits = String::new();
    for given in &parsed.options {
        match given.id {
            "q" | "silent" => options.quiet = true,
            "v" => options.verbose = true,
            "z" => options.separator = 0,
            "f" | "F" => {
                ctx.warn("-f: not simulated: use a loop with sleep");
                return Err(1);
            }
            "c" | "n" => {
                options.bytes = given.id == "c";
                let text = given.bytes();
                options.from_start = text.starts_with(b"+");
                let text = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
                match sized(text).filter(|_| !text.is_empty()) {
                    Some(count) => options.count = count,
                    None => {
                        let what = if options.bytes { "bytes" } else { "lines" };
                        let text = super::common::quote::locale(given.bytes());
                        ctx.warn(format_args!("invalid number of {what}: {text}"));
                        return Err(1);
                    }
                }
            }
            digit if digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit() => {
                digits.push_str(digit);
            }
            _ => {}
        }
    }
    if let Ok(count) = digits.parse() {
        options.count = count;
    }
    let mut files = parsed.operands;
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    Ok((options, files))
}
