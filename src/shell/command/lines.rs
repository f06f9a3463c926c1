//! Small tools on lines: tac, rev, nl, paste, comm, fold.

use super::common::{args::number, quote};
use super::ctx::Ctx;
use super::filter::inputs;
use super::{Command, Package, Start, rare};

pub const TAC: Command = rare(Command {
    name: "tac",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrite each FILE to standard output, last line first.\n",
    summary: "print lines in reverse",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(tac),
});

pub const REV: Command = rare(Command {
    name: "rev",
    usage: "Usage: {} [options] [file ...]\n\nReverse lines characterwise.\n",
    summary: "reverse each line",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Patient(rev),
});

pub const NL: Command = rare(Command {
    name: "nl",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrite each FILE to standard output, with line numbers added.\n",
    summary: "number lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(nl),
});

pub const PASTE: Command = rare(Command {
    name: "paste",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrite lines consisting of the sequentially corresponding lines from\neach FILE, separated by TABs, to standard output.\n",
    summary: "join lines of files side by side",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(paste),
});

pub const COMM: Command = rare(Command {
    name: "comm",
    usage: "Usage: {} [OPTION]... FILE1 FILE2\nCompare sorted files FILE1 and FILE2 line by line.\n",
    summary: "compare two sorted files",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(comm),
});

pub const FOLD: Command = rare(Command {
    name: "fold",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrap input lines in each FILE, writing to standard output.\n",
    summary: "wrap lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(fold),
});

/// All inputs one by one; a failing one is reported and counted.
fn each(ctx: &mut Ctx<'_>, files: &[Vec<u8>], mut f: impl FnMut(&mut Ctx<'_>, &[u8])) -> i32 {
    let mut status = 0;
    for file in files {
        match ctx.read_input(file) {
            Ok(text) => f(ctx, &text),
            Err(errno) => {
                ctx.fail_file(file, errno);
                status = 1;
            }
        }
    }
    status
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix(b"\n").unwrap_or(text).split(|it| *it == b'\n').collect()
}

fn tac(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("b|before r|regex s|separator=") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if let Some(given) = parsed.options.first() {
        ctx.warn(format_args!("-{}: not simulated", given.id));
        return 1;
    }
    each(ctx, &inputs(parsed.operands), |ctx, text| {
        text.split_inclusive(|it| *it == b'\n').rev().for_each(|it| ctx.out(it));
    })
}

fn rev(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    each(ctx, &inputs(parsed.operands), |ctx, text| {
        for line in text.split_inclusive(|it| *it == b'\n') {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            let turned: String = String::from_utf8_lossy(body).chars().rev().collect();
            ctx.out(turned);
            ctx.out(&line[body.len()..]);
        }
    })
}

fn nl(ctx: &mut Ctx<'_>) -> i32 {
    let table = "b|body-numbering= d= f= h= i|line-increment= l= n|number-format= p s|number-separator= \
                 v|starting-line-number= w|number-width=";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut all, mut step, mut next, mut width) = (Some(false), 1i64, 1i64, 6usize);
    let (mut separator, mut format) = (b"\t".to_vec(), b"rn".to_vec());
    for given in &parsed.options {
        let value = number(given.bytes()).map(|it| it as i64);
        match (given.id, value) {
            ("b", _) => {
                all = match given.bytes() {
                    b"a" => Some(true),
                    b"n" => None,
                    _ => Some(false),
                }
            }
            ("i", Some(value)) => step = value,
            ("v", Some(value)) => next = value,
            ("w", Some(value)) => width = (value as usize).min(1024),
            ("s", _) => separator = given.bytes().to_vec(),
            ("n", _) => format = given.bytes().to_vec(),
            _ => {}
        }
    }
    each(ctx, &inputs(parsed.operands), |ctx, text| {
        for line in split(text) {
            let numbered = all.is_some_and(|all| all || !line.is_empty());
            if !numbered {
                ctx.out(vec![b' '; width + separator.len()]);
                ctx.line(line);
                continue;
            }
            let shown = match format.as_slice() {
                b"ln" => format!("{next:<width$}"),
                b"rz" => format!("{next:0>width$}"),
                _ => format!("{next:>width$}"),
            };
            ctx.out(shown);
            ctx.out(&separator);
            ctx.line(line);
            next += step;
        }
    })
}

fn paste(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("d|delimiters= s|serial z|zero-terminated") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let delimiters = parsed.options.iter().find(|it| it.id == "d").map_or(b"\t".to_vec(), |it| {
        let text = it.bytes();
        super::find::replace(&super::find::replace(text, b"\\t", b"\t"), b"\\n", b"\n")
    });
    let delimiter = |at: usize| -> &[u8] {
        match delimiters.len() {
            0 => b"",
            len => &delimiters[at % len..at % len + 1],
        }
    };
    let files = inputs(parsed.operands.clone());
    let mut texts = Vec::new();
    for file in &files {
        match ctx.read_input(file) {
            Ok(text) => texts.push(text),
            Err(errno) => {
                ctx.fail_file(file, errno);
                return 1;
            }
        }
    }
    // `-` given twice takes turns.
    let dashes = files.iter().filter(|it| it.as_slice() == b"-").count();
    let first_dash = files.iter().position(|it| it == b"-");
    let mut columns: Vec<Vec<&[u8]>> = texts.iter().map(|it| split(it)).collect();
    if let Some(first) = first_dash.filter(|_| dashes > 1) {
        let all = columns[first].clone();
        let mut turn = 0;
        for (at, file) in files.iter().enumerate() {
            if file == b"-" {
                columns[at] = all.iter().skip(turn).step_by(dashes).copied().collect();
                turn += 1;
            }
        }
    }
    if parsed.options.iter().any(|it| it.id == "s") {
        for column in columns {
            let mut line = Vec::new();
            for (at, part) in column.iter().enumerate() {
                if at > 0 {
                    line.extend_from_slice(delimiter(at - 1));
                }
                line.extend_from_slice(part);
            }
            ctx.line(line);
        }
        return 0;
    }
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                ctx.out(delimiter(at - 1));
            }
            ctx.out(column.get(row).copied().unwrap_or_default());
        }
        ctx.out("\n");
    }
    0
}

fn comm(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("1 2 3 |check-order |nocheck-order |output-delimiter= |total z") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let hidden = |column: &str| parsed.options.iter().any(|it| it.id == column);
    let [a, b] = &parsed.operands[..] else {
        return match parsed.operands.as_slice() {
            [] => ctx.usage("missing operand"),
            [one] => {
                let one = quote::locale(one);
                ctx.usage(format_args!("missing operand after {one}"))
            }
            [_, _, extra, ..] => {
                let extra = quote::locale(extra);
                ctx.usage(format_args!("extra operand {extra}"))
            }
            _ => 1,
        };
    };
    let mut texts = Vec::new();
    for file in [a, b] {
        match ctx.read_input(file) {
            Ok(text) => texts.push(text),
            Err(errno) => {
                ctx.fail_file(file, errno);
                return 1;
            }
        }
    }
    let (left, right) = (split(&texts[0]), split(&texts[1]));
    let (mut i, mut j) = (0, 0);
    let tab = parsed
        .options
        .iter()
        .find(|it| it.id == "output-delimiter")
        .map_or(b"\t".to_vec(), |it| it.bytes().to_vec());
    while i < left.len() || j < right.len() {
        let order = match (left.get(i), right.get(j)) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let (column, line) = match order {
            std::cmp::Ordering::Less => ("1", left[i]),
            std::cmp::Ordering::Greater => ("2", right[j]),
            std::cmp::Ordering::Equal => ("3", left[i]),
        };
        i += usize::from(column != "2");
        j += usize::from(column != "1");
        if hidden(column) {
            continue;
        }
        let before = match column {
            "1" => 0,
            "2" => usize::from(!hidden("1")),
            _ => usize::from(!hidden("1")) + usize::from(!hidden("2")),
        };
        ctx.out(tab.repeat(before));
        ctx.line(line);
    }
    0
}

fn fold(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("b|bytes s|spaces w|width=") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut width = 80;
    for given in &parsed.options {
        if given.id == "w" {
            match number(given.bytes()).filter(|it| *it > 0) {
                Some(value) => width = value as usize,
                None => {
                    let text = quote::locale(given.bytes());
                    ctx.warn(format_args!("invalid number of columns: {text}"));
                    return 1;
                }
            }
        }
    }
    let spaces = parsed.options.iter().any(|it| it.id == "s");
    each(ctx, &inputs(parsed.operands), |ctx, text| {
        for line in text.split_inclusive(|it| *it == b'\n') {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            let mut rest = body;
            while rest.len() > width {
                let mut cut = width;
                if spaces && let Some(at) = rest[..width].iter().rposition(|it| *it == b' ') {
                    cut = at + 1;
                }
                ctx.line(&rest[..cut]);
                rest = &rest[cut..];
            }
            ctx.out(rest);
            ctx.out(&line[body.len()..]);
        }
    })
}
