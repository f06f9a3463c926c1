//! Bytes as text: od, xxd, hexdump, base64.

mod hexdump;
mod rows;

pub use hexdump::{HD, HEXDUMP};

use super::common::{args::sized, quote};
use super::ctx::Ctx;
use super::filter::{Filter, inputs};
use super::{Command, Package, Start, rare};
use rows::{Look, Rows, Squeeze};

pub const OD: Command = rare(Command {
    name: "od",
    usage: "Usage: {} [OPTION]... [FILE]...\nWrite an unambiguous representation, octal bytes by default,\nof FILE to standard output.\n",
    summary: "dump bytes",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Program(|call| Filter::boxed(call, od)),
});

pub const XXD: Command = rare(Command {
    name: "xxd",
    usage: "Usage:\n       xxd [options] [infile [outfile]]\n",
    summary: "dump bytes in hexadecimal",
    package: Package::Other("xxd 2022-01-14 by Juergen Weigert et al."),
    trouble: 1,
    start: Start::Program(|call| Filter::boxed(call, xxd)),
});

pub const BASE64: Command = rare(Command {
    name: "base64",
    usage: "Usage: {} [OPTION]... [FILE]\nBase64 encode or decode FILE, or standard input, to standard output.\n",
    summary: "encode or decode base64",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(base64),
});

/// One `-t` of od: letter and bytes of a unit.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    letter: u8,
    size: usize,
}

fn od(ctx: &mut Ctx<'_>) -> Result<(Rows<Od>, Vec<Vec<u8>>), i32> {
    let table = "A|address-radix= j|skip-bytes= N|read-bytes= t|format= v|output-duplicates w|width=? \
                 a b c d f i l o s x |endian= S=";
    let parsed = ctx.parse(table)?;
    let (mut radix, mut skip, mut limit, mut width, mut all) = (b'o', 0, u64::MAX, 16, false);
    let mut kinds = Vec::new();
    for given in &parsed.options {
        let value = sized(given.bytes());
        match given.id {
            "A" => match given.bytes() {
                [letter @ (b'o' | b'd' | b'x' | b'n')] => radix = *letter,
                other => {
                    let other = String::from_utf8_lossy(other).into_owned();
                    ctx.warn(format_args!(
                        "invalid output address radix '{other}'; it must be one character from [doxn]"
                    ));
                    return Err(1);
                }
            },
            "j" => skip = value.unwrap_or(0),
            "N" => limit = value.unwrap_or(u64::MAX),
            "w" => width = value.filter(|it| (1..=4096).contains(it)).unwrap_or(32) as usize,
            "v" => all = true,
            "t" => match parse_kinds(given.bytes()) {
                Some(more) => kinds.extend(more),
                None => {
                    let text = quote::locale(given.bytes());
                    ctx.warn(format_args!("invalid type string {text}"));
                    return Err(1);
                }
            },
            "a" => kinds.push(Kind { letter: b'a', size: 1 }),
            "b" => kinds.push(Kind { letter: b'o', size: 1 }),
            "c" => kinds.push(Kind { letter: b'c', size: 1 }),
            "d" => kinds.push(Kind { letter: b'u', size: 2 }),
            "i" => kinds.push(Kind { letter: b'd', size: 4 }),
            "l" => kinds.push(Kind { letter: b'd', size: 8 }),
            "o" => kinds.push(Kind { letter: b'o', size: 2 }),
            "s" => kinds.push(Kind { letter: b'd', size: 2 }),
            "x" => kinds.push(Kind { letter: b'x', size: 2 }),
            other => {
                ctx.warn(format_args!("-{other}: not simulated: use -t x1"));
                return Err(1);
            }
        }
    }
    if kinds.is_empty() {
        kinds.push(Kind { letter: b'o', size: 2 });
    }
    let squeeze = (!all).then(Squeeze::default);
    Ok((
        Rows::new(Od { radix, kinds, width, squeeze }, width, skip, limit),
        inputs(parsed.operands),
    ))
}

fn gather(ctx: &mut Ctx<'_>, files: Vec<Vec<u8>>) -> (Vec<u8>, i32) {
    let (mut all, mut status) = (Vec::new(), 0);
    for file in files {
        match ctx.read_input(&file) {
            Ok(text) => all.extend(text),
            Err(errno) => {
                ctx.fail_file(&file, errno);
                status = 1;
            }
        }
    }
    (all, status)
}

fn parse_kinds(text: &[u8]) -> Option<Vec<Kind>> {
    let mut kinds = Vec::new();
    let mut rest = text;
    while let Some((&letter, after)) = rest.split_first() {
        rest = after;
        let mut size = match letter {
            b'a' | b'c' => 1,
            b'd' | b'o' | b'u' | b'x' => 4,
            _ => return None,
        };
        if size > 1 {
            let (given, used) = match rest.first() {
                Some(b'C' | b'1') => (1, 1),
                Some(b'S' | b'2') => (2, 1),
                Some(b'I' | b'4') => (4, 1),
                Some(b'L' | b'8') => (8, 1),
                _ => (size, 0),
            };
            size = given;
            rest = &rest[used..];
        }
        if rest.first() == Some(&b'z') {
            rest = &rest[1..];
        }
        kinds.push(Kind { letter, size });
    }
    (!kinds.is_empty()).then_some(kinds)
}

#[derive(Clone)]
struct Od {
    radix: u8,
    kinds: Vec<Kind>,
    width: usize,
    squeeze: Option<Squeeze>,
}

impl Look for Od {
    fn row(&mut self, at: u64, row: &[u8], ctx: &mut Ctx<'_>) {
        let full = row.len() == self.width;
        if full && self.squeeze.as_mut().is_some_and(|it| !it.shows(row, ctx)) {
            return;
        }
        // Columns of all kinds line up: each unit gets the widest need per byte.
        let per_byte = |kind: &Kind| (digits(*kind) + 1).div_ceil(kind.size);
        let cell = self.kinds.iter().map(per_byte).max().unwrap_or(4);
        for (which, kind) in self.kinds.iter().enumerate() {
            let head = address(at, self.radix);
            let head = if which == 0 { head.clone() } else { " ".repeat(head.len()) };
            ctx.out(head);
            for unit in row.chunks(kind.size) {
                let room = if self.kinds.len() == 1 { digits(*kind) + 1 } else { cell * kind.size };
                ctx.out(format!("{:>room$}", show(*kind, unit)));
            }
            ctx.out("\n");
        }
    }

    fn end(&mut self, at: u64, ctx: &mut Ctx<'_>) {
        if self.radix != b'n' {
            ctx.line(address(at, self.radix));
        }
    }
}

fn address(at: u64, radix: u8) -> String {
    match radix {
        b'd' => format!("{at:07}"),
        b'x' => format!("{at:06x}"),
        b'n' => String::new(),
        _ => format!("{at:07o}"),
    }
}

fn digits(kind: Kind) -> usize {
    match (kind.letter, kind.size) {
        (b'a' | b'c', _) => 3,
        (b'x', size) => size * 2,
        (b'o', 1) => 3,
        (b'o', 2) => 6,
        (b'o', 4) => 11,
        (b'o', _) => 22,
        (b'u', 1) => 3,
        (b'u', 2) => 5,
        (b'u', 4) => 10,
        (b'u', _) => 20,
        (_, 1) => 4,
        (_, 2) => 6,
        (_, 4) => 11,
        _ => 20,
    }
}

fn show(kind: Kind, unit: &[u8]) -> String {
    let mut bytes = [0; 8];
    bytes[..unit.len()].copy_from_slice(unit);
    let value = u64::from_le_bytes(bytes);
    match kind.letter {
        b'c' => match unit[0] {
            0 => "\\0".into(),
            7 => "\\a".into(),
            8 => "\\b".into(),
            9 => "\\t".into(),
            10 => "\\n".into(),
            11 => "\\v".into(),
            12 => "\\f".into(),
            13 => "\\r".into(),
            it @ 0x20..=0x7e => char::from(it).to_string(),
            it => format!("{it:03o}"),
        },
        b'a' => named(unit[0]),
        b'x' => format!("{value:0width$x}", width = kind.size * 2),
        b'o' => format!("{value:0width$o}", width = digits(kind)),
        b'u' => value.to_string(),
        _ => {
            let shift = 64 - 8 * kind.size;
            (((value << shift) as i64) >> shift).to_string()
        }
    }
}

fn named(byte: u8) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
        "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub",
        "esc", "fs", "gs", "rs", "us", "sp",
    ];
    match byte & 0x7f {
        it @ 0..=32 => NAMES[usize::from(it)].to_string(),
        127 => "del".into(),
        it => char::from(it).to_string(),
    }
}

#[derive(Clone)]
struct Xxd {
    plain: bool,
    upper: bool,
    columns: usize,
    group: usize,
}

fn xxd(ctx: &mut Ctx<'_>) -> Result<(Rows<Xxd>, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse("p g= c= l= s= u")?;
    let value =
        |id: &str| parsed.options.iter().rfind(|it| it.id == id).and_then(|it| sized(it.bytes()));
    let plain = parsed.options.iter().any(|it| it.id == "p");
    let upper = parsed.options.iter().any(|it| it.id == "u");
    let columns = value("c").map_or(if plain { 30 } else { 16 }, |it| it.clamp(1, 256) as usize);
    let group = value("g").map_or(2, |it| if it == 0 { columns } else { it as usize });
    let (skip, limit) = (value("s").unwrap_or(0), value("l").unwrap_or(u64::MAX));
    let rows = Rows::new(Xxd { plain, upper, columns, group }, columns, skip, limit);
    Ok((rows, inputs(parsed.operands.first().cloned().into_iter().collect())))
}

impl Look for Xxd {
    fn row(&mut self, at: u64, row: &[u8], ctx: &mut Ctx<'_>) {
        let hex =
            |byte: &u8| if self.upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        if self.plain {
            return ctx.line(row.iter().map(hex).collect::<String>());
        }
        let groups: Vec<String> =
            row.chunks(self.group).map(|it| it.iter().map(hex).collect()).collect();
        let room = self.columns * 2 + self.columns.div_ceil(self.group) - 1;
        let letters: String = row
            .iter()
            .map(|it| if (0x20..0x7f).contains(it) { char::from(*it) } else { '.' })
            .collect();
        ctx.out(format!("{at:08x}: {:<room$}  {letters}\n", groups.join(" ")));
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("d|decode i|ignore-garbage w|wrap=") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let wrap = parsed.options.iter().rfind(|it| it.id == "w").and_then(|it| sized(it.bytes()));
    let wrap = wrap.unwrap_or(76) as usize;
    let (text, status) =
        gather(ctx, inputs(parsed.operands.first().cloned().into_iter().collect()));
    if status != 0 {
        return status;
    }
    if has("d") {
        let (bytes, good) = decode(&text, has("i"));
        ctx.out(bytes);
        if !good {
            ctx.flush();
            ctx.warn("invalid input");
            return 1;
        }
        return 0;
    }
    let encoded = encode(&text);
    if wrap == 0 {
        ctx.out(encoded);
    } else {
        encoded.chunks(wrap).for_each(|it| ctx.line(it));
    }
    0
}

pub(super) fn encode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for three in text.chunks(3) {
        let value =
            (0..3).fold(0u32, |sum, at| sum << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let index = value >> (18 - 6 * at) & 63;
            out.push(if at <= three.len() { ALPHABET[index as usize] } else { b'=' });
        }
    }
    out
}

pub(super) fn decode(text: &[u8], ignore: bool) -> (Vec<u8>, bool) {
    let (mut out, mut value, mut bits) = (Vec::new(), 0u32, 0);
    for byte in text.iter().filter(|it| **it != b'\n') {
        if *byte == b'=' {
            break;
        }
        let Some(index) = ALPHABET.iter().position(|it| it == byte) else {
            if ignore {
                continue;
            }
            return (out, false);
        };
        value = value << 6 | index as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((value >> bits) as u8);
        }
    }
    (out, true)
}
