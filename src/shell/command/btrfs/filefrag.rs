//! `filefrag`: where the bytes of a file lie.

use super::super::ctx::Ctx;
use super::super::{Command, Package, Start};
use super::{ask, shown};
use crate::errno::Errno;
use crate::types::control::{Control, Controlled, Extent};

pub const FILEFRAG: Command = Command {
    name: "filefrag",
    usage: "Usage: {} [ -v ] file ...\n",
    summary: "list the extents of a file on Btrfs",
    package: Package::E2fsprogs,
    trouble: 1,
    start: Start::Swift(run),
};

const BLOCK: u64 = 4096;

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("v e s b=?") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        let usage = FILEFRAG.usage.replace("{}", "filefrag");
        ctx.err(usage);
        return 1;
    }
    let verbose = parsed.options.iter().any(|it| it.id == "v");
    let mut status = 0;
    for (at, path) in parsed.operands.iter().enumerate() {
        let extents = match ask(ctx, path, &Control::Extents) {
            Ok(Controlled::Extents(extents)) => extents,
            Ok(_) => Vec::new(),
            Err(Errno::ENOTTY) => {
                ctx.err(format!("{}: FIBMAP/FIEMAP unsupported\n", shown(path)));
                status = 1;
                continue;
            }
            Err(errno) => {
                ctx.err(format!("{}: {errno}\n", shown(path)));
                status = 1;
                continue;
            }
        };
        let size = ctx.stat(path).map_or(0, |attr| attr.size);
        if verbose {
            table(ctx, path, size, &extents, at == 0);
        }
        let count = pieces(&extents);
        let s = if count == 1 { "" } else { "s" };
        ctx.line(format!("{}: {count} extent{s} found", shown(path)));
    }
    status
}

/// Extents that do not continue each other on the device.
fn pieces(extents: &[Extent]) -> usize {
    let joins = |pair: &[Extent]| pair[0].place + pair[0].len == pair[1].place;
    extents.len() - extents.windows(2).filter(|pair| joins(pair)).count()
}

fn table(ctx: &mut Ctx<'_>, path: &[u8], size: u64, extents: &[Extent], first: bool) {
    if first {
        ctx.line("Filesystem type is: 9123683e");
    }
    let blocks = size.div_ceil(BLOCK);
    let s = if blocks == 1 { "" } else { "s" };
    ctx.line(format!(
        "File size of {} is {size} ({blocks} block{s} of {BLOCK} bytes)",
        shown(path)
    ));
    ctx.line(" ext:     logical_offset:        physical_offset: length:   expected: flags:");
    let mut expected = None;
    for (at, it) in extents.iter().enumerate() {
        let (from, place) = (it.at / BLOCK, it.place / BLOCK);
        let len = it.len.div_ceil(BLOCK);
        let mut flags = Vec::new();
        let last = at + 1 == extents.len();
        if last {
            flags.push("last");
        }
        if it.inline {
            flags.extend(["not_aligned", "inline"]);
        }
        if it.shared {
            flags.push("shared");
        }
        if last && it.at + it.len >= size {
            flags.push("eof");
        }
        let jump = match expected {
            Some(want) if want != place => format!("{want:>10}:"),
            _ => " ".repeat(11),
        };
        let (end, stop) = (from + len - 1, place + len - 1);
        ctx.line(format!(
            "{at:>4}: {from:>8}..{end:>8}: {place:>10}..{stop:>10}: {len:>6}: {jump} {}",
            flags.join(",")
        ));
        expected = Some(place + len);
    }
}
