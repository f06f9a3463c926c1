//! uniq, as coreutils 9.1.

use super::common::args::number;
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::types::OpenFlags;

pub const COMMAND: Command = rare(Command {
    name: "uniq",
    usage: "Usage: {} [OPTION]... [INPUT [OUTPUT]]\nFilter adjacent matching lines from INPUT.\n",
    summary: "drop repeated lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
});

#[derive(Default)]
struct Options {
    count: bool,
    repeated: bool,
    all_repeated: bool,
    unique: bool,
    icase: bool,
    skip_fields: u64,
    skip_chars: u64,
    width: Option<u64>,
    null: bool,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let table = "c|count d|repeated D |all-repeated=? f|skip-fields= |group=? i|ignore-case \
                 s|skip-chars= u|unique z|zero-terminated w|check-chars=";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut options = Options::default();
    for given in &parsed.options {
        let value = number(given.bytes());
        match given.id {
            "c" => options.count = true,
            "d" => options.repeated = true,
            "D" | "all-repeated" => options.all_repeated = true,
            "u" => options.unique = true,
            "i" => options.icase = true,
            "z" => options.null = true,
            "f" | "s" | "w" => {
                let Some(value) = value else {
                    let what = match given.id {
                        "f" => "number of fields to skip",
                        "s" => "number of bytes to skip",
                        _ => "number of bytes to compare",
                    };
                    ctx.warn(format_args!("{}: invalid {what}", given.text()));
                    return 1;
                };
                match given.id {
                    "f" => options.skip_fields = value,
                    "s" => options.skip_chars = value,
                    _ => options.width = Some(value),
                }
            }
            other => {
                ctx.warn(format_args!("--{other}: not simulated"));
                return 1;
            }
        }
    }
    if let Some(extra) = parsed.operands.get(2) {
        let extra = super::common::quote::locale(extra);
        return ctx.usage(format_args!("extra operand {extra}"));
    }
    let input = parsed.operands.first().cloned().unwrap_or(b"-".to_vec());
    let text = match ctx.read_input(&input) {
        Ok(text) => text,
        Err(errno) => {
            ctx.fail_file(&input, errno);
            return 1;
        }
    };
    let out = squeeze(&text, &options);
    match parsed.operands.get(1) {
        Some(path) if path != b"-" => {
            let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
            let done = ctx.open(path, flags, 0o666).and_then(|fd| ctx.write_all(fd, &out));
            if let Err(errno) = done {
                ctx.fail_file(path, errno);
                return 1;
            }
        }
        _ => ctx.out(out),
    }
    0
}

fn squeeze(text: &[u8], options: &Options) -> Vec<u8> {
    let separator = if options.null { 0 } else { b'\n' };
    if text.is_empty() {
        return Vec::new();
    }
    let body = text.strip_suffix(&[separator]).unwrap_or(text);
    let lines: Vec<&[u8]> = body.split(|it| *it == separator).collect();
    let mut out = Vec::new();
    let same = |a: &&[u8], b: &&[u8]| {
        let (a, b) = (key(a, options), key(b, options));
        if options.icase { a.eq_ignore_ascii_case(b) } else { a == b }
    };
    for group in lines.chunk_by(same) {
        let shown = match (options.repeated || options.all_repeated, options.unique) {
            (true, true) => false,
            (true, false) => group.len() > 1,
            (false, true) => group.len() == 1,
            (false, false) => true,
        };
        if !shown {
            continue;
        }
        let lines = if options.all_repeated { group } else { &group[..1] };
        for line in lines {
            if options.count {
                out.extend(format!("{:7} ", group.len()).bytes());
            }
            out.extend_from_slice(line);
            out.push(separator);
        }
    }
    out
}

/// The part of a line that is compared.
fn key<'a>(line: &'a [u8], options: &Options) -> &'a [u8] {
    let blank = |it: &&u8| matches!(**it, b' ' | b'\t');
    let mut rest = line;
    for _ in 0..options.skip_fields {
        rest = &rest[rest.iter().take_while(blank).count()..];
        rest = &rest[rest.iter().take_while(|it| !blank(it)).count()..];
    }
    rest = rest.get(options.skip_chars as usize..).unwrap_or_default();
    match options.width {
        Some(width) => &rest[..rest.len().min(width as usize)],
        None => rest,
    }
}
