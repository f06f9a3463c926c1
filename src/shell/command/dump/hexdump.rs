//! `hexdump` and `hd`, as in util-linux: the usual two-byte words, and `-C`.

use super::super::common::args::sized;
use super::super::ctx::Ctx;
use super::super::filter::{Filter, inputs};
use super::super::{Command, Package, Start, rare};
use super::rows::{Look, Rows, Squeeze};

pub const HEXDUMP: Command = rare(HEXDUMP_BASE);
pub const HD: Command = rare(Command { name: "hd", ..HEXDUMP_BASE });

const HEXDUMP_BASE: Command = Command {
    name: "hexdump",
    usage: "\nUsage:\n {} [options] <file>...\n\nDisplay file contents in hexadecimal, decimal, octal, or ascii.\n",
    summary: "dump bytes in hexadecimal",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Program(|call| Filter::boxed(call, setup)),
};

#[derive(Clone)]
struct Hex {
    /// A column of letters beside the bytes (`-C`).
    canonical: bool,
    squeeze: Option<Squeeze>,
}

fn setup(ctx: &mut Ctx<'_>) -> Result<(Rows<Hex>, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse("C|canonical n|length= s|skip= v|no-squeezing x|two-bytes-hex")?;
    let (mut skip, mut limit) = (0, u64::MAX);
    let mut hex = Hex { canonical: ctx.prog() == "hd", squeeze: Some(Squeeze::default()) };
    for given in &parsed.options {
        match given.id {
            "C" => hex.canonical = true,
            "v" => hex.squeeze = None,
            "n" | "s" => {
                let Some(value) = sized(given.bytes()) else {
                    ctx.warn(format_args!("failed to parse {}: '{}'", given.id, given.text()));
                    return Err(1);
                };
                if given.id == "n" { limit = value } else { skip = value }
            }
            _ => {
                ctx.warn("-x: not simulated: use -C, or od -t x2");
                return Err(1);
            }
        }
    }
    Ok((Rows::new(hex, 16, skip, limit), inputs(parsed.operands)))
}

impl Look for Hex {
    fn row(&mut self, at: u64, row: &[u8], ctx: &mut Ctx<'_>) {
        let full = row.len() == 16;
        if full && self.squeeze.as_mut().is_some_and(|it| !it.shows(row, ctx)) {
            return;
        }
        if !self.canonical {
            let words = row.chunks(2).map(|it| {
                let high = it.get(1).copied().unwrap_or(0);
                format!(" {high:02x}{:02x}", it[0])
            });
            let line = words.collect::<String>();
            // The last row is as wide as the others.
            return ctx.line(format!("{at:07x}{line:<40}"));
        }
        let half = |part: &[u8]| part.iter().map(|it| format!("{it:02x} ")).collect::<String>();
        let (left, right) = row.split_at(row.len().min(8));
        let letter = |it: &u8| if (0x20..0x7f).contains(it) { char::from(*it) } else { '.' };
        let letters: String = row.iter().map(letter).collect();
        ctx.line(format!("{at:08x}  {:<24} {:<24} |{letters}|", half(left), half(right)));
    }

    fn end(&mut self, at: u64, ctx: &mut Ctx<'_>) {
        // Nothing at all has no end.
        if at > 0 {
            let width = if self.canonical { 8 } else { 7 };
            ctx.line(format!("{at:0width$x}"));
        }
    }
}
