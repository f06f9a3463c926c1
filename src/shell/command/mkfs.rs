//! `mkfs`, `mkfs.ext4`, `mke2fs`: a new file system on a block device or in a file.

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::block::{Ask, Format, Geometry, Tell};
use crate::errno::Errno;
use crate::types::FileType;

pub const MKFS: Command = rare(Command {
    name: "mkfs",
    usage: "\nUsage:\n {} [options] [-t <type>] [fs-options] <device> [<size>]\n\nMake a Linux filesystem.\n",
    summary: "make a file system",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(any),
});

pub const MKFS_EXT4: Command = rare(Command { name: "mkfs.ext4", ..MKE2FS_BASE });
pub const MKE2FS: Command = rare(MKE2FS_BASE);

const MKE2FS_BASE: Command = Command {
    name: "mke2fs",
    usage: "Usage: {} [-b block-size] [-m reserved-blocks-percentage]\n\t[-L volume-label] [-N number-of-inodes] [-U UUID] [-FqV] device\n",
    summary: "make an ext4 file system",
    package: Package::E2fsprogs,
    trouble: 1,
    start: Start::Swift(ext4),
};

/// `mkfs -t TYPE`: the program of that type with the other words.
fn any(ctx: &mut Ctx<'_>) -> i32 {
    let mut words: Vec<Vec<u8>> = ctx.args().to_vec();
    let mut kind = "ext2".to_owned();
    if let Some(at) = words.iter().position(|it| it.starts_with(b"-t")) {
        let word = words.remove(at);
        let rest = word[2..].to_vec();
        let given = if rest.is_empty() && at < words.len() { words.remove(at) } else { rest };
        kind = String::from_utf8_lossy(&given).into_owned();
    }
    if words.is_empty() {
        ctx.warn("no device specified");
        ctx.try_help();
        return 1;
    }
    match kind.as_str() {
        "ext4" => make(ctx, &words),
        "btrfs" => super::btrfs::make(ctx, &words),
        kind => {
            ctx.warn(format_args!("failed to execute mkfs.{kind}: No such file or directory"));
            1
        }
    }
}

fn ext4(ctx: &mut Ctx<'_>) -> i32 {
    let words = ctx.args().to_vec();
    make(ctx, &words)
}

/// What mke2fs was asked for.
#[derive(Default)]
struct Wish {
    format: Format,
    quiet: bool,
    device: Option<String>,
    dry: bool,
}

const VERSION: &str = "mke2fs 1.47.0 (5-Feb-2023)\n";

/// Reads the options; the status to end with when they are wrong.
fn wish(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> Result<Wish, i32> {
    let mut wish = Wish::default();
    wish.format.kind = "ext4".to_owned();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let word = String::from_utf8_lossy(word).into_owned();
        at += 1;
        let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) else {
            if wish.device.replace(word).is_some() {
                ctx.err(VERSION);
                ctx.err("a size beside the device is not simulated: make the device as large as it is to be\n");
                return Err(1);
            }
            continue;
        };
        for (place, letter) in letters.char_indices() {
            let mut value = || {
                let rest = &letters[place + letter.len_utf8()..];
                if !rest.is_empty() {
                    return rest.to_owned();
                }
                at += 1;
                words
                    .get(at - 1)
                    .map_or(String::new(), |it| String::from_utf8_lossy(it).into_owned())
            };
            match letter {
                'q' => wish.quiet = true,
                'n' => wish.dry = true,
                'F' | 'v' | 'j' | 'D' | 'S' => {}
                'V' => {
                    ctx.err(VERSION);
                    ctx.err("\tUsing EXT2FS Library version 1.47.0\n");
                    return Err(0);
                }
                _ if "bCiIJGNdmogLMOrETteUz".contains(letter) => {
                    let value = value();
                    set(ctx, &mut wish.format, letter, &value)?;
                    break;
                }
                _ => {
                    ctx.err(format!("mkfs.ext4: invalid option -- '{letter}'\n"));
                    return Err(usage(ctx));
                }
            }
        }
    }
    Ok(wish)
}

fn set(ctx: &mut Ctx<'_>, format: &mut Format, letter: char, value: &str) -> Result<(), i32> {
    let mut bad = |what: &str| {
        ctx.err(format!("{}: {what} - {value}\n", ctx.prog()));
        Err(1)
    };
    match letter {
        'b' if value != "4096" && value != "4k" => {
            bad("invalid block size: blocks have 4096 bytes here")
        }
        'L' => {
            format.label = value.to_owned();
            Ok(())
        }
        'N' => match value.parse() {
            Ok(inodes) => {
                format.inodes = inodes;
                Ok(())
            }
            Err(_) => bad("bad number of inodes"),
        },
        'm' => match value.parse::<f64>() {
            Ok(percent) if (0.0..=50.0).contains(&percent) => {
                format.reserved = Some(percent as u8);
                Ok(())
            }
            _ => bad("invalid reserved blocks percent"),
        },
        'U' => match uuid(value) {
            Some(uuid) => {
                format.uuid = uuid;
                Ok(())
            }
            None => bad("invalid UUID"),
        },
        'E' if value.split(',').any(|it| it == "lazy_itable_init=0") => {
            format.eager = true;
            Ok(())
        }
        't' if value != "ext4" => bad("invalid file system type: only ext4 is simulated"),
        'd' | 'z' => bad("not simulated"),
        _ => Ok(()),
    }
}

fn usage(ctx: &mut Ctx<'_>) -> i32 {
    let text = ctx.call.command.usage.replace("{}", &ctx.prog());
    ctx.err(text);
    1
}

fn make(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let wish = match wish(ctx, words) {
        Ok(wish) => wish,
        Err(status) => return status,
    };
    let Some(device) = wish.device else { return usage(ctx) };
    ctx.err(if wish.quiet { "" } else { VERSION });
    let size = match size(ctx, &device) {
        Ok(size) => size,
        Err(Errno::ENOENT) => {
            ctx.err(format!("The file {device} does not exist and no size was specified.\n"));
            return 1;
        }
        Err(errno) => {
            ctx.err(format!(
                "{}: {} while trying to determine filesystem size\n",
                ctx.prog(),
                errno.message()
            ));
            return 1;
        }
    };
    let Some(geometry) = Geometry::of(size, wish.format.inodes) else {
        ctx.err(format!("{}: Filesystem too small for its tables: {size} bytes\n", ctx.prog()));
        return 1;
    };
    let ask = Ask::Format { device: device.as_bytes(), format: &wish.format };
    let done = if wish.dry { Ok(Tell::Done) } else { ctx.sys.block(&ask) };
    if let Err(errno) = done {
        let text = match errno {
            Errno::EBUSY => format!("{device} is mounted; will not make a filesystem here!\n"),
            errno => {
                format!("{}: {} while setting up superblock\n", ctx.prog(), errno.message())
            }
        };
        ctx.err(text);
        return 1;
    }
    if !wish.quiet {
        report(ctx, &device, geometry);
    }
    0
}

/// Bytes of a device or of a file.
fn size(ctx: &mut Ctx<'_>, device: &str) -> Result<u64, Errno> {
    let attr = ctx.stat(device.as_bytes())?;
    if attr.kind == FileType::Reg {
        return Ok(attr.size);
    }
    match ctx.sys.block(&Ask::Size { device: device.as_bytes() })? {
        Tell::Number(size) => Ok(size),
        _ => Err(Errno::EIO),
    }
}

fn report(ctx: &mut Ctx<'_>, device: &str, geometry: Geometry) {
    const DONE: &str = "done                            ";
    let uuid = match ctx.sys.block(&Ask::Probe { device: device.as_bytes() }) {
        Ok(Tell::Volume(Some(volume))) => shown(volume.uuid),
        _ => String::new(),
    };
    let Geometry { blocks, inodes, journal, .. } = geometry;
    ctx.line(format!("Discarding device blocks: {DONE}"));
    ctx.line(format!("Creating filesystem with {blocks} 4k blocks and {inodes} inodes"));
    let backups: Vec<String> = geometry.backups().map(|it| it.to_string()).collect();
    if !backups.is_empty() {
        ctx.line(format!("Filesystem UUID: {uuid}\nSuperblock backups stored on blocks: "));
        let rows: Vec<String> = backups.chunks(10).map(|row| row.join(", ")).collect();
        ctx.line(format!("\t{}", rows.join(", \n\t")));
    }
    ctx.line(format!("\nAllocating group tables: {DONE}\nWriting inode tables: {DONE}"));
    if journal > 0 {
        ctx.line(format!("Creating journal ({journal} blocks): done"));
    }
    ctx.line("Writing superblocks and filesystem accounting information: done\n");
}

/// A uuid as people write it.
pub fn shown(uuid: [u8; 16]) -> String {
    let hex: String = uuid.iter().map(|it| format!("{it:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.chars().filter(|it| *it != '-').collect();
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    let mut uuid = [0; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(uuid)
}
