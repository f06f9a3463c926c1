//! `lsblk` and `blkid`: the block devices, and what is on them.

use super::common::mounts;
use super::ctx::Ctx;
use super::mkfs::shown;
use super::{Command, Package, Start, rare};
use crate::block::mapper::Target;
use crate::block::{Ask, Device, Tell, Volume, What};
use crate::types::Dev;

pub const LSBLK: Command = rare(Command {
    name: "lsblk",
    usage: "\nUsage:\n {} [options] [<device> ...]\n\nList information about block devices.\n",
    summary: "list block devices",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(lsblk),
});

pub const BLKID: Command = rare(Command {
    name: "blkid",
    usage: "\nUsage:\n {} [-s <tag>] [-o <format>] [<dev> ...]\n",
    summary: "say which file system is on a device",
    package: Package::Other("blkid from util-linux 2.38.1  (libblkid 2.38.1, 04-Aug-2022)"),
    trouble: 4,
    start: Start::Swift(blkid),
});

/// A table with columns of equal width, numbers to the right; nothing after the last column.
pub fn print(ctx: &mut Ctx<'_>, rows: &[Vec<String>], left: impl Fn(usize) -> bool) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|it| it[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().enumerate().map(|(at, cell)| match left(at) {
            true if at + 1 == columns => cell.clone(),
            true => format!("{cell:<w$}", w = widths[at]),
            false => format!("{cell:>w$}", w = widths[at]),
        });
        let line = cells.collect::<Vec<_>>().join(" ");
        ctx.line(line);
    }
}

fn devices(ctx: &mut Ctx<'_>) -> Vec<Device> {
    match ctx.sys.block(&Ask::List) {
        Ok(Tell::Devices(all)) => all,
        _ => Vec::new(),
    }
}

fn volume(ctx: &mut Ctx<'_>, device: &str) -> Option<Volume> {
    match ctx.sys.block(&Ask::Probe { device: device.as_bytes() }) {
        Ok(Tell::Volume(volume)) => volume,
        _ => None,
    }
}

fn lsblk(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|all b|bytes d|nodeps f|fs i|ascii l|list n|noheadings o|output= p|paths r|raw h V",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut names = "NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS".to_owned();
    let (mut bare, mut bytes, mut paths) = (false, false, false);
    let (mut tree, mut deep, mut plain) = (true, true, false);
    for given in &parsed.options {
        match given.id {
            "b" => bytes = true,
            "l" | "r" => tree = false,
            "d" => deep = false,
            "i" => plain = true,
            "n" => bare = true,
            "p" => paths = true,
            "o" => names = given.text().to_uppercase(),
            "f" => names = "NAME,FSTYPE,LABEL,UUID,MOUNTPOINTS".to_owned(),
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "lsblk");
                ctx.out(usage);
                return 0;
            }
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            _ => {}
        }
    }
    let names: Vec<&str> = names.split(',').collect();
    let all = devices(ctx);
    let mut tops: Vec<Device> = all.iter().filter(|it| below(it).is_empty()).cloned().collect();
    let mut status = 0;
    if !parsed.operands.is_empty() {
        let wanted: Vec<String> =
            parsed.operands.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        for name in &wanted {
            if !all.iter().any(|it| is(it, name)) {
                ctx.warn(format_args!("{name}: not a block device"));
                status = 32;
            }
        }
        tops = all.iter().filter(|it| wanted.iter().any(|name| is(it, name))).cloned().collect();
    }
    let shown = Branches { all: &all, deep, plain }.of(&tops);
    let mut rows = Vec::new();
    if !bare {
        rows.push(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    }
    let mut listed: Vec<Device> = Vec::new();
    for (branch, device) in shown {
        // Without a tree each device is there once.
        if !tree && listed.contains(&device) {
            continue;
        }
        let mut row = Vec::new();
        for name in &names {
            match cell(ctx, &device, name, bytes, paths) {
                Some(text) if tree && *name == "NAME" => row.push(format!("{branch}{text}")),
                Some(text) => row.push(text),
                None => {
                    ctx.warn(format_args!("unknown column: {name}"));
                    return 1;
                }
            }
        }
        rows.push(row);
        listed.push(device);
    }
    print(ctx, &rows, |at| !matches!(names[at], "RM" | "SIZE" | "RO"));
    status
}

/// What a mapped device stands on.
fn below(device: &Device) -> Vec<Dev> {
    match &device.what {
        What::Mapped(it) => it.live.iter().flat_map(Target::below).collect(),
        _ => Vec::new(),
    }
}

/// Devices with those that stand on them.
struct Branches<'a> {
    all: &'a [Device],
    deep: bool,
    /// In letters that every terminal has.
    plain: bool,
}

impl Branches<'_> {
    fn of(&self, tops: &[Device]) -> Vec<(String, Device)> {
        let mut shown = Vec::new();
        for top in tops {
            shown.push((String::new(), top.clone()));
            self.above(top, "", &mut shown);
        }
        shown
    }

    fn above(&self, device: &Device, indent: &str, shown: &mut Vec<(String, Device)>) {
        // Tables may stand on each other in a circle.
        if !self.deep || indent.chars().count() > 32 {
            return;
        }
        let kids: Vec<&Device> =
            self.all.iter().filter(|it| below(it).contains(&device.dev)).collect();
        let [middle, last, line] =
            if self.plain { ["|-", "`-", "| "] } else { ["├─", "└─", "│ "] };
        for (at, kid) in kids.iter().enumerate() {
            let is_last = at + 1 == kids.len();
            let mark = if is_last { last } else { middle };
            shown.push((format!("{indent}{mark}"), (*kid).clone()));
            self.above(kid, &format!("{indent}{}", if is_last { "  " } else { line }), shown);
        }
    }
}

fn is(device: &Device, name: &str) -> bool {
    device.path() == name || device.name == name
}

fn cell(
    ctx: &mut Ctx<'_>,
    device: &Device,
    name: &str,
    bytes: bool,
    paths: bool,
) -> Option<String> {
    let number = format!("{}:{}", device.dev.major, device.dev.minor);
    Some(match name {
        "NAME" | "KNAME" if !paths => device.name.clone(),
        "NAME" | "KNAME" | "PATH" => device.path(),
        "MAJ:MIN" => format!("{:>3}:{:<3}", device.dev.major, device.dev.minor),
        "RM" => "0".to_owned(),
        "SIZE" if bytes => device.size.to_string(),
        "SIZE" => short(device.size),
        "RO" => u8::from(device.is_read_only()).to_string(),
        "TYPE" => match &device.what {
            What::Loop(_) => "loop",
            What::Mapped(it) if it.uuid.starts_with("LVM-") => "lvm",
            What::Mapped(_) => "dm",
            What::Disk => "disk",
        }
        .to_owned(),
        "MOUNTPOINT" | "MOUNTPOINTS" => {
            let all = mounts::read(ctx);
            all.iter().rfind(|it| it.device == number).map_or(String::new(), |it| it.target.clone())
        }
        "FSTYPE" => volume(ctx, &device.path()).map_or(String::new(), |it| it.kind),
        "LABEL" => volume(ctx, &device.path()).map_or(String::new(), |it| it.label),
        "UUID" => volume(ctx, &device.path()).map_or(String::new(), |it| shown(it.uuid)),
        _ => return None,
    })
}

/// `64M`, `1.5G`: at most one decimal, rounded.
fn short(bytes: u64) -> String {
    let (mut unit, mut at) = (1_u64, 0);
    while bytes / unit >= 1024 && at < 6 {
        unit <<= 10;
        at += 1;
    }
    let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let letter = &"BKMGTPE"[at..=at];
    match tenths % 10 {
        0 => format!("{}{letter}", tenths / 10),
        rest => format!("{}.{rest}{letter}", tenths / 10),
    }
}

fn blkid(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx
        .parse("c|cache-file= o|output= s|match-tag= p|probe t|match-token= L|label= U|uuid= h V")
    {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut tags, mut values, mut find) = (Vec::new(), false, None);
    for given in &parsed.options {
        match given.id {
            "s" => tags.push(given.text()),
            "o" => values = given.text() == "value",
            "L" => find = Some(("LABEL", given.text())),
            "U" => find = Some(("UUID", given.text())),
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "blkid");
                ctx.out(usage);
                return 0;
            }
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            _ => {}
        }
    }
    let mut names: Vec<String> =
        parsed.operands.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    if names.is_empty() {
        names = devices(ctx).iter().map(Device::path).collect();
    }
    let mut found = false;
    for name in names {
        let Some(volume) = volume(ctx, &name) else { continue };
        let pairs = pairs(&volume);
        if let Some((tag, value)) = &find {
            if pairs.iter().any(|it| it.0 == *tag && it.1 == *value) {
                ctx.line(name);
                return 0;
            }
            continue;
        }
        found = true;
        let pairs =
            pairs.into_iter().filter(|it| tags.is_empty() || tags.iter().any(|tag| *tag == it.0));
        if values {
            for (_, value) in pairs {
                ctx.line(value);
            }
        } else {
            let words: Vec<String> =
                pairs.map(|(tag, value)| format!("{tag}=\"{value}\"")).collect();
            ctx.line(format!("{name}: {}", words.join(" ")));
        }
    }
    if found { 0 } else { 2 }
}

fn pairs(volume: &Volume) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if !volume.label.is_empty() {
        all.push(("LABEL", volume.label.clone()));
    }
    all.push(("UUID", shown(volume.uuid)));
    all.push(("BLOCK_SIZE", "4096".to_owned()));
    all.push(("TYPE", volume.kind.clone()));
    all
}
