//! `mkfs.btrfs`.

use super::super::common::args;
use super::super::ctx::Ctx;
use super::super::{Command, Package, Start};
use super::{error, pretty, uuid};
use crate::block::{Ask, Format, Tell};
use crate::errno::Errno;
use crate::types::FileType;
use crate::types::control::{METADATA_DEFAULT, metadata_of};

pub const MKFS: Command = Command {
    name: "mkfs.btrfs",
    usage: "Usage: {} [-f] [-q] [-L label] [-U UUID] device\n",
    summary: "make a Btrfs file system",
    package: Package::Other("mkfs.btrfs, part of btrfs-progs v6.2"),
    trouble: 1,
    start: Start::Swift(run),
};

/// The smallest device with both copies of metadata (btrfs-progs 6.2).
const SMALLEST: u64 = 114_294_784;

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let words = ctx.args().to_vec();
    make(ctx, &words)
}

/// `mkfs.btrfs` with these words.
pub fn make(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let table = "f|force q|quiet K|nodiscard L|label= U|uuid= d|data= m|metadata= V";
    let parsed = match args::parse(table, words) {
        Ok(parsed) => parsed,
        Err(why) => return error(ctx, why),
    };
    let mut format = Format { kind: "btrfs".to_owned(), ..Format::default() };
    let (mut force, mut quiet) = (false, false);
    for given in &parsed.options {
        match given.id {
            "f" => force = true,
            "q" => quiet = true,
            "L" => format.label = given.text(),
            "U" => match parse_uuid(&given.text()) {
                Some(id) => format.uuid = id,
                None => return error(ctx, format_args!("could not parse UUID: {}", given.text())),
            },
            "V" => {
                ctx.line("mkfs.btrfs, part of btrfs-progs v6.2");
                return 0;
            }
            "d" if given.text() != "single" => {
                return error(ctx, "only the profile single of data is simulated");
            }
            "m" if !given.text().eq_ignore_ascii_case("dup") => {
                return error(ctx, "only the profile dup of metadata is simulated");
            }
            _ => {}
        }
    }
    let [device] = &parsed.operands[..] else {
        let usage = MKFS.usage.replace("{}", "mkfs.btrfs");
        ctx.err(usage);
        return 1;
    };
    let name = String::from_utf8_lossy(device).into_owned();
    let size = match ctx.stat(device).map(|attr| (attr.kind, attr.size)) {
        Ok((FileType::Reg, size)) => size,
        Ok((FileType::Blk, _)) => match ctx.sys.block(&Ask::Size { device }) {
            Ok(Tell::Number(size)) => size,
            Ok(_) => 0,
            Err(errno) => return error(ctx, format_args!("unable to open {name}: {errno}")),
        },
        Ok(_) => return error(ctx, format_args!("{name} is not a block device or regular file")),
        Err(errno) => return error(ctx, format_args!("error checking {name} status: {errno}")),
    };
    let old = match ctx.sys.block(&Ask::Probe { device }) {
        Ok(Tell::Volume(old)) => old,
        _ => None,
    };
    if let (Some(old), false) = (old, force) {
        let kind = old.kind;
        error(ctx, format_args!("{name} appears to contain an existing filesystem ({kind})"));
        return error(ctx, "use the -f option to force overwrite");
    }
    if size < SMALLEST {
        let why = format!("'{name}' is too small to make a usable filesystem");
        error(ctx, why);
        return error(ctx, format_args!("minimum size for each btrfs device is {SMALLEST}"));
    }
    match ctx.sys.block(&Ask::Format { device, format: &format }) {
        Ok(_) => {}
        Err(Errno::EBUSY) => return error(ctx, format_args!("{name} is mounted")),
        Err(errno) => return error(ctx, format_args!("unable to open {name}: {errno}")),
    }
    if !quiet {
        ctx.out("btrfs-progs v6.2\nSee http://btrfs.wiki.kernel.org for more information.\n\n");
    }
    ctx.line(NOTE);
    if !quiet {
        report(ctx, &name, size, &format.label);
    }
    0
}

/// What this version says to everybody, quiet or not.
const NOTE: &str = "NOTE: several default settings have changed in version 5.15, please make sure
      this does not affect your deployments:
      - DUP for metadata (-m dup)
      - enabled no-holes (-O no-holes)
      - enabled free-space-tree (-R free-space-tree)
";

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.chars().filter(|c| *c != '-').collect();
    let mut id = [0; 16];
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(id)
}

fn report(ctx: &mut Ctx<'_>, name: &str, size: u64, label: &str) {
    let id = match ctx.sys.block(&Ask::Probe { device: name.as_bytes() }) {
        Ok(Tell::Volume(Some(volume))) => uuid(&volume.uuid),
        _ => String::new(),
    };
    let label = if label.is_empty() { "(null)" } else { label };
    let all = pretty(size);
    let meta = pretty(metadata_of(size));
    let system = pretty(METADATA_DEFAULT);
    for (head, value) in [
        ("Label:", label),
        ("UUID:", &id),
        ("Node size:", "16384"),
        ("Sector size:", "4096"),
        ("Filesystem size:", &all),
    ] {
        ctx.line(format!("{head:<20}{value}"));
    }
    ctx.line("Block group profiles:");
    for (head, profile, size) in
        [("Data:", "single", &system), ("Metadata:", "DUP", &meta), ("System:", "DUP", &system)]
    {
        ctx.line(format!("  {head:<18}{profile:<10}{size:>13}"));
    }
    for (head, value) in [
        ("SSD detected:", "no"),
        ("Zoned device:", "no"),
        ("Incompat features:", "extref, skinny-metadata, no-holes"),
        ("Runtime features:", "free-space-tree"),
        ("Checksum:", "crc32c"),
        ("Number of devices:", "1"),
    ] {
        ctx.line(format!("{head:<20}{value}"));
    }
    ctx.line("Devices:\n   ID        SIZE  PATH");
    ctx.line(format!("    1  {all:>10}  {name}\n"));
}
