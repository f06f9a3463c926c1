//! cut, as coreutils 9.1.

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};

pub const COMMAND: Command = rare(Command {
    name: "cut",
    usage: "Usage: {} OPTION... [FILE]...\nPrint selected parts of lines from each FILE to standard output.\n",
    summary: "print parts of lines",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
});

/// Ranges from 1, sorted and joined; the end is inclusive.
struct List(Vec<(u64, u64)>);

struct Options {
    list: List,
    fields: bool,
    delimiter: u8,
    only_delimited: bool,
    output: Option<Vec<u8>>,
    separator: u8,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let table = "b|bytes= c|characters= d|delimiter= f|fields= n |complement s|only-delimited \
                 |output-delimiter= z|zero-terminated";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let options = match options(ctx, &parsed.options) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let mut files = parsed.operands;
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    let mut status = 0;
    for file in files {
        let text = match ctx.read_input(&file) {
            Ok(text) => text,
            Err(errno) => {
                ctx.fail_file(&file, errno);
                status = 1;
                continue;
            }
        };
        let body = text.strip_suffix(&[options.separator]).unwrap_or(&text);
        if text.is_empty() {
            continue;
        }
        for line in body.split(|it| *it == options.separator) {
            if let Some(mut out) = options.line(line) {
                out.push(options.separator);
                ctx.out(out);
            }
        }
    }
    status
}

fn options(ctx: &mut Ctx<'_>, given: &[super::common::args::Given]) -> Result<Options, i32> {
    let mut options = Options {
        list: List(Vec::new()),
        fields: false,
        delimiter: b'\t',
        only_delimited: false,
        output: None,
        separator: b'\n',
    };
    let (mut lists, mut complement, mut delimiter_given) = (0, false, false);
    for it in given {
        match it.id {
            "b" | "c" | "f" => {
                lists += 1;
                options.fields = it.id == "f";
                match parse_list(&it.text(), options.fields) {
                    Ok(list) => options.list = list,
                    Err(message) => return Err(ctx.usage(message)),
                }
            }
            "d" => {
                delimiter_given = true;
                options.delimiter = match it.bytes() {
                    [] => 0,
                    [one] => *one,
                    _ => return Err(ctx.usage("the delimiter must be a single character")),
                };
            }
            "s" => options.only_delimited = true,
            "z" => options.separator = 0,
            "complement" => complement = true,
            "output-delimiter" => options.output = it.value.clone(),
            _ => {}
        }
    }
    if lists == 0 {
        return Err(ctx.usage("you must specify a list of bytes, characters, or fields"));
    }
    if lists > 1 {
        return Err(ctx.usage("only one list may be specified"));
    }
    if !options.fields && delimiter_given {
        return Err(ctx.usage("an input delimiter may be specified only when operating on fields"));
    }
    if !options.fields && options.only_delimited {
        return Err(ctx.usage(
            "suppressing non-delimited lines makes sense\n\tonly when operating on fields",
        ));
    }
    if complement {
        options.list = options.list.complement();
    }
    Ok(options)
}

fn parse_list(text: &str, fields: bool) -> Result<List, String> {
    let what = if fields { "field" } else { "byte/character position" };
    let mut ranges = Vec::new();
    for part in text.split([',', ' ', '\t']) {
        let number = |text: &str| -> Result<u64, String> {
            if text.bytes().all(|it| it.is_ascii_digit()) {
                return text.parse().map_err(|_| format!("{what} number '{text}' is too large"));
            }
            let kind =
                if fields { "invalid field value" } else { "invalid byte/character position" };
            Err(format!("{kind} {}", super::common::quote::locale(part.as_bytes())))
        };
        let (low, high) = match part.split_once('-') {
            None if part.is_empty() => (0, 0),
            None => {
                let at = number(part)?;
                (at, at)
            }
            Some(("", "")) => return Err("invalid range with no endpoint: -".into()),
            Some(("", high)) => (1, number(high)?),
            Some((low, "")) => (number(low)?, u64::MAX),
            Some((low, high)) => (number(low)?, number(high)?),
        };
        if low == 0 || high == 0 {
            let plural = if fields { "fields" } else { "byte/character positions" };
            return Err(format!("{plural} are numbered from 1"));
        }
        if high < low {
            return Err("invalid decreasing range".into());
        }
        ranges.push((low, high));
    }
    Ok(List(joined(ranges)))
}

fn joined(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (low, high) in ranges {
        match out.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => out.push((low, high)),
        }
    }
    out
}

impl List {
    fn has(&self, at: u64) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&at))
    }

    fn starts_range(&self, at: u64) -> bool {
        self.0.iter().any(|(low, _)| *low == at)
    }

    fn complement(&self) -> List {
        let mut out = Vec::new();
        let mut from = 1;
        for (low, high) in &self.0 {
            if *low > from {
                out.push((from, low - 1));
            }
            from = high.saturating_add(1);
        }
        if from < u64::MAX {
            out.push((from, u64::MAX));
        }
        List(out)
    }
}

impl Options {
    fn line(&self, line: &[u8]) -> Option<Vec<u8>> {
        if self.fields { self.by_field(line) } else { Some(self.by_byte(line)) }
    }

    fn by_byte(&self, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut any = false;
        for (at, byte) in (1u64..).zip(line) {
            if !self.list.has(at) {
                continue;
            }
            if let Some(delimiter) = &self.output
                && any
                && self.list.starts_range(at)
            {
                out.extend_from_slice(delimiter);
            }
            any = true;
            out.push(*byte);
        }
        out
    }

    fn by_field(&self, line: &[u8]) -> Option<Vec<u8>> {
        if !line.contains(&self.delimiter) {
            return (!self.only_delimited).then(|| line.to_vec());
        }
        let fields = (1u64..).zip(line.split(|it| *it == self.delimiter));
        let chosen: Vec<&[u8]> = fields.filter(|it| self.list.has(it.0)).map(|it| it.1).collect();
        let between = self.output.clone().unwrap_or(vec![self.delimiter]);
        Some(chosen.join(&between[..]))
    }
}
