//! sort, as coreutils 9.1 in the C locale.

use super::ctx::Ctx;
use super::sort_keys::{Order, Sorter, parse_key};
use super::{Command, Package, Start, rare};
use crate::types::OpenFlags;
use std::cmp::Ordering;

pub const COMMAND: Command = rare(Command {
    name: "sort",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrite sorted concatenation of all FILE(s) to standard output.\n",
    summary: "sort lines",
    package: Package::Coreutils,
    trouble: 2,
    start: Start::Patient(main),
});

struct Options {
    sorter: Sorter,
    check: Option<bool>,
    output: Option<Vec<u8>>,
    null: bool,
    merge: bool,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let (options, files) = match options(ctx) {
        Ok(it) => it,
        Err(status) => return status,
    };
    let separator = if options.null { 0 } else { b'\n' };
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for file in &files {
        match ctx.read_input(file) {
            Ok(text) => lines.extend(split(&text, separator)),
            Err(errno) => {
                let verb = if ctx.stat(file).is_ok() || file == b"-" {
                    "read failed"
                } else {
                    "cannot read"
                };
                let file = String::from_utf8_lossy(file).into_owned();
                ctx.warn(format_args!("{verb}: {file}: {errno}"));
                return 2;
            }
        }
    }
    if let Some(loud) = options.check {
        return check(ctx, &options.sorter, &lines, &files[0], loud);
    }
    lines.sort_by(|a, b| options.sorter.compare(a, b));
    if options.sorter.unique {
        lines.dedup_by(|b, a| options.sorter.compare_keys(a, b) == Ordering::Equal);
    }
    let mut text = Vec::new();
    for line in &lines {
        text.extend_from_slice(line);
        text.push(separator);
    }
    match &options.output {
        None => ctx.out(text),
        Some(path) => {
            let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
            let done = ctx.open(path, flags, 0o666).and_then(|fd| {
                let done = ctx.write_all(fd, &text);
                let _ = ctx.sys.close(fd);
                done
            });
            if let Err(errno) = done {
                let path = String::from_utf8_lossy(path).into_owned();
                ctx.warn(format_args!("open failed: {path}: {errno}"));
                return 2;
            }
        }
    }
    0
}

fn split(text: &[u8], separator: u8) -> Vec<Vec<u8>> {
    if text.is_empty() {
        return Vec::new();
    }
    let body = text.strip_suffix(&[separator]).unwrap_or(text);
    body.split(|it| *it == separator).map(<[u8]>::to_vec).collect()
}

fn options(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let table = "b|ignore-leading-blanks d|dictionary-order f|ignore-case g|general-numeric-sort \
        i|ignore-nonprinting M|month-sort h|human-numeric-sort n|numeric-sort R|random-sort \
        r|reverse |sort= V|version-sort c C |check=? k|key= m|merge o|output= s|stable \
        t|field-separator= T|temporary-directory= u|unique z|zero-terminated S|buffer-size= \
        |parallel= |debug";
    let parsed = ctx.parse(table)?;
    let mut options =
        Options { sorter: Sorter::default(), check: None, output: None, null: false, merge: false };
    let mut order = Order::default();
    let mut keys = Vec::new();
    for given in &parsed.options {
        match given.id {
            "k" => keys.push(given.text()),
            "m" => options.merge = true,
            "o" => options.output = given.value.clone(),
            "s" => options.sorter.stable = true,
            "u" => options.sorter.unique = true,
            "z" => options.null = true,
            "c" => options.check = Some(true),
            "C" => options.check = Some(false),
            "check" => options.check = Some(!matches!(given.bytes(), b"quiet" | b"silent")),
            "t" => options.sorter.separator = Some(separator(ctx, given.bytes())?),
            "sort" => {
                let letter = match given.bytes() {
                    b"numeric" => b'n',
                    b"general-numeric" => b'g',
                    b"human-numeric" => b'h',
                    b"month" => b'M',
                    b"version" => b'V',
                    _ => 0,
                };
                order.set(letter);
            }
            "R" => {
                ctx.warn("-R: not simulated: the machine has no randomness");
                return Err(2);
            }
            one if one.len() == 1 => {
                order.set(one.as_bytes()[0]);
            }
            _ => {}
        }
    }
    for key in keys {
        match parse_key(&key, &order) {
            Ok(key) => options.sorter.keys.push(key),
            Err(message) => {
                ctx.warn(message);
                return Err(2);
            }
        }
    }
    options.sorter.order = order;
    let mut files = parsed.operands;
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    Ok((options, files))
}

fn separator(ctx: &mut Ctx<'_>, text: &[u8]) -> Result<u8, i32> {
    match text {
        [one] => Ok(*one),
        b"\\0" => Ok(0),
        [] => {
            ctx.warn("empty tab");
            Err(2)
        }
        _ => {
            let text = super::common::quote::locale(text);
            ctx.warn(format_args!("multi-character tab {text}"));
            Err(2)
        }
    }
}

fn check(ctx: &mut Ctx<'_>, sorter: &Sorter, lines: &[Vec<u8>], file: &[u8], loud: bool) -> i32 {
    for (at, pair) in lines.windows(2).enumerate() {
        let order = sorter.compare(&pair[0], &pair[1]);
        if order == Ordering::Greater || (sorter.unique && order == Ordering::Equal) {
            if loud {
                let file = String::from_utf8_lossy(file).into_owned();
                let line = String::from_utf8_lossy(&pair[1]).into_owned();
                ctx.warn(format_args!("{file}:{}: disorder: {line}", at + 2));
            }
            return 1;
        }
    }
    0
}
