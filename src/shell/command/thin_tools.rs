//! `thin_ls` and `thin_check`: what the metadata of a thin pool say (thin-provisioning-tools 0.9).

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::block::{Ask, PoolFacts, Tell, ThinFacts};
use crate::errno::Errno;

const PACKAGE: Package = Package::Other("0.9.0");

pub const THIN_LS: Command = rare(Command {
    name: "thin_ls",
    usage: "Usage: {} [options] {metadata device}\nOptions:\n  {-h|--help}\n  {-m|--metadata-snap}\n  {--no-headers}\n  {-o|--format <fields>}\n  {-V|--version}\n\nwhere <fields> is a comma separated list from:\n  DEV\n  MAPPED_BLOCKS\n  EXCLUSIVE_BLOCKS\n  SHARED_BLOCKS\n  MAPPED_SECTORS\n  EXCLUSIVE_SECTORS\n  SHARED_SECTORS\n  MAPPED_BYTES\n  EXCLUSIVE_BYTES\n  SHARED_BYTES\n  MAPPED\n  EXCLUSIVE\n  SHARED\n  TRANSACTION\n  CREATE_TIME\n  SNAP_TIME\n",
    summary: "which blocks of a thin pool each device has, and shares",
    package: PACKAGE,
    trouble: 1,
    start: Start::Swift(list),
});

pub const THIN_CHECK: Command = rare(Command {
    name: "thin_check",
    usage: "Usage: {} [options] {device|file}\nOptions:\n  {-q|--quiet}\n  {-h|--help}\n  {-V|--version}\n  {-m|--metadata-snap}\n",
    summary: "check the metadata of a thin pool",
    package: PACKAGE,
    trouble: 1,
    start: Start::Swift(check),
});

/// Names of what a column shows.
const FIELDS: [&str; 16] = [
    "DEV",
    "MAPPED_BLOCKS",
    "EXCLUSIVE_BLOCKS",
    "SHARED_BLOCKS",
    "MAPPED_SECTORS",
    "EXCLUSIVE_SECTORS",
    "SHARED_SECTORS",
    "MAPPED_BYTES",
    "EXCLUSIVE_BYTES",
    "SHARED_BYTES",
    "MAPPED",
    "EXCLUSIVE",
    "SHARED",
    "TRANSACTION",
    "CREATE_TIME",
    "SNAP_TIME",
];
const USUAL: &str = "DEV,MAPPED,CREATE_TIME,SNAP_TIME";

fn facts(ctx: &mut Ctx<'_>, device: &[u8], held: bool) -> Result<PoolFacts, String> {
    match ctx.sys.block(&Ask::Pool { device, held }) {
        Ok(Tell::Pool(facts)) => Ok(facts),
        Err(Errno::ENOENT) => Err("Couldn't stat path".to_owned()),
        Err(Errno::EISDIR) => Err("bad path".to_owned()),
        Err(Errno::EBUSY) => Err("syscall 'open' failed: Device or resource busy\n\
             Note: you cannot run this tool with these options on live metadata."
            .to_owned()),
        Err(Errno::ENODATA) => Err("no current metadata snap".to_owned()),
        Err(Errno::EINVAL) | Ok(_) => Err("bad checksum in superblock".to_owned()),
        Err(errno) => Err(format!("syscall 'open' failed: {}", errno.message())),
    }
}

/// Bytes with the smallest unit in which they are no more than 8192.
fn pretty(bytes: u64) -> String {
    let units = ["", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut n, mut at) = (bytes, 0);
    while n > 8192 && at + 1 < units.len() {
        (n, at) = ((n + 512) / 1024, at + 1);
    }
    format!("{n}{}", units[at])
}

fn cell(field: &str, it: &ThinFacts, block: u64) -> String {
    let (what, unit) = field.split_once('_').unwrap_or((field, ""));
    let blocks = match what {
        "MAPPED" => it.mapped,
        "EXCLUSIVE" => it.exclusive,
        "SHARED" => it.mapped - it.exclusive,
        "DEV" => return it.id.to_string(),
        "TRANSACTION" => return it.transaction.to_string(),
        "CREATE" => return it.created.to_string(),
        _ => return it.snapped.to_string(),
    };
    match unit {
        "BLOCKS" => blocks.to_string(),
        "SECTORS" => (blocks * block / 512).to_string(),
        "BYTES" => (blocks * block).to_string(),
        _ => pretty(blocks * block),
    }
}

fn list(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("h|help m|metadata-snap |no-headers o|format= V|version") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let given = |id: &str| parsed.options.iter().find(|it| it.id == id);
    let [device] = &parsed.operands[..] else {
        let why = if parsed.operands.is_empty() { "No input file provided.\n" } else { "" };
        let usage = ctx.call.command.usage.replacen("{}", "thin_ls", 1);
        ctx.err(format!("{why}{usage}"));
        return 1;
    };
    let wanted = given("o").map_or_else(|| USUAL.to_owned(), |it| it.text());
    let fields: Vec<&str> = wanted.split(',').collect();
    if fields.iter().any(|it| !FIELDS.contains(it)) {
        ctx.err("unknown field\n");
        return 1;
    }
    let facts = match facts(ctx, device, given("m").is_some()) {
        Ok(facts) => facts,
        Err(why) => {
            ctx.err(format!("{why}\n"));
            return 1;
        }
    };
    let has_head = given("no-headers").is_none();
    let mut rows: Vec<Vec<String>> = Vec::new();
    if has_head {
        rows.push(fields.iter().map(|it| (*it).to_owned()).collect());
    }
    let row = |it: &ThinFacts| fields.iter().map(|field| cell(field, it, facts.block)).collect();
    rows.extend(facts.thins.iter().map(row));
    let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..fields.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(text, width)| format!("{text:>width$} "));
        ctx.line(cells.collect::<String>());
    }
    0
}

fn check(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "q|quiet h|help V|version m|metadata-snap |auto-repair |override-mapping-root= \
         |clear-needs-check-flag |ignore-non-fatal-errors |skip-mappings |super-block-only",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let [device] = &parsed.operands[..] else {
        let usage = ctx.call.command.usage.replacen("{}", "thin_check", 1);
        ctx.err(format!("No input file provided.\n{usage}"));
        return 1;
    };
    let (held, quiet) = (has("metadata-snap") || has("m"), has("quiet") || has("q"));
    let say = |ctx: &mut Ctx<'_>, text: &str| {
        if !quiet {
            ctx.err(format!("{text}\n"));
        }
    };
    match facts(ctx, device, held) {
        Ok(facts) => {
            for part in ["superblock", "devices tree", "mapping tree"] {
                say(ctx, &format!("examining {part}"));
            }
            if !held {
                say(ctx, "checking space map counts");
            }
            if !quiet {
                ctx.line(format!("TRANSACTION_ID={}", facts.transaction));
                ctx.line(format!("METADATA_FREE_BLOCKS={}", facts.meta_free));
            }
            0
        }
        Err(why) => {
            let why = if held {
                why.replace("no current metadata snap", "No metadata snapshot found.")
            } else {
                why
            };
            say(ctx, &why);
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As thin_ls 0.9 printed them.
    #[test]
    fn sizes_keep_four_digits() {
        for (bytes, want) in [
            (0, "0"),
            (655_360, "640KiB"),
            (8_388_608, "8192KiB"),
            (8_454_144, "8MiB"),
            (1_310_720_000, "1250MiB"),
            (9_175_040_000, "9GiB"),
        ] {
            assert_eq!(pretty(bytes), want);
        }
    }
}
