//! `btrfs filesystem`: what the device holds, and whose it is.

use super::super::ctx::{Ctx, join};
use super::{ask, error, parse, pretty, shown, uuid};
use crate::errno::Errno;
use crate::types::control::{Control, Controlled, Extent, SpaceFacts};
use crate::types::{FileType, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that the file system keeps for what must not fail.
const RESERVE: u64 = 5632 << 10;

fn space(ctx: &mut Ctx<'_>, path: &[u8]) -> std::result::Result<SpaceFacts, i32> {
    match ask(ctx, path, &Control::Space) {
        Ok(Controlled::Space(space)) => Ok(space),
        Err(Errno::ENOTTY) => {
            Err(error(ctx, format_args!("not a btrfs filesystem: {}", shown(path))))
        }
        Err(errno) => Err(error(ctx, format_args!("cannot access '{}': {errno}", shown(path)))),
        Ok(_) => Err(1),
    }
}

pub fn df(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let table = "b|raw h|human-readable H iec si k|kbytes m|mbytes g|gbytes t|tbytes";
    let parsed = match parse(ctx, "filesystem df", table, words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let raw = parsed.options.iter().any(|it| it.id == "b");
    let size = |bytes: u64| if raw { bytes.to_string() } else { pretty(bytes) };
    let it = match space(ctx, &parsed.operands[0]) {
        Ok(space) => space,
        Err(status) => return status,
    };
    for (name, (total, used)) in [
        ("Data, single", it.data),
        ("System, DUP", it.system),
        ("Metadata, DUP", it.meta),
        ("GlobalReserve, single", (RESERVE, 0)),
    ] {
        ctx.line(format!("{name}: total={}, used={}", size(total), size(used)));
    }
    0
}

/// What is handed out to block groups, with both copies.
fn allocated(it: &SpaceFacts) -> u64 {
    it.data.0 + 2 * it.meta.0 + 2 * it.system.0
}

/// The device that the file system of a path is mounted from.
fn device(ctx: &mut Ctx<'_>, path: &[u8]) -> String {
    let dev = |ctx: &mut Ctx<'_>, path: &[u8]| ask(ctx, path, &Control::Space).ok();
    let here = dev(ctx, path);
    let mounts = super::super::common::mounts::read(ctx);
    for mount in mounts.iter().filter(|it| it.fstype == "btrfs") {
        if dev(ctx, mount.target.as_bytes()) == here {
            return mount.source.clone();
        }
    }
    "unknown".to_owned()
}

pub fn show(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "filesystem show", "d|all-devices m|mounted raw", words, 0..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut paths: Vec<Vec<u8>> = parsed.operands.clone();
    if paths.is_empty() {
        let mounts = super::super::common::mounts::read(ctx);
        let mut seen = BTreeSet::new();
        let fresh =
            mounts.iter().filter(|it| it.fstype == "btrfs" && seen.insert(it.source.clone()));
        paths.extend(fresh.map(|it| it.target.clone().into_bytes()));
    }
    for path in paths {
        let it = match space(ctx, &path) {
            Ok(space) => space,
            Err(_) => {
                return error(ctx, format_args!("not a valid btrfs filesystem: {}", shown(&path)));
            }
        };
        let label = match &it.label[..] {
            b"" => "none".to_owned(),
            label => format!("'{}'", shown(label)),
        };
        let used = pretty(it.data.1 + it.meta.1 + it.system.1);
        let device = device(ctx, &path);
        ctx.line(format!("Label: {label}  uuid: {}", uuid(&it.uuid)));
        ctx.line(format!("\tTotal devices 1 FS bytes used {used}"));
        let (size, taken) = (pretty(it.size), pretty(allocated(&it)));
        ctx.line(format!("\tdevid    1 size {size} used {taken} path {device}\n"));
    }
    0
}

pub fn sync(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "filesystem sync", "", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if let Err(status) = space(ctx, &parsed.operands[0]) {
        return status;
    }
    match ask(ctx, &parsed.operands[0], &Control::Sync) {
        Ok(_) => 0,
        Err(errno) => error(ctx, format_args!("sync ioctl failed: {errno}")),
    }
}

pub fn usage(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "filesystem usage", "b|raw h H T iec si", words, 1..=1) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let path = &parsed.operands[0];
    let it = match space(ctx, path) {
        Ok(space) => space,
        Err(status) => return status,
    };
    let device = device(ctx, path);
    let free = it.size - allocated(&it);
    let used = it.data.1 + 2 * (it.meta.1 + it.system.1);
    let left = it.data.0 - it.data.1;
    let rows = [
        ("Device size:\t\t", it.size, String::new()),
        ("Device allocated:\t\t", allocated(&it), String::new()),
        ("Device unallocated:\t\t", free, String::new()),
        ("Device missing:\t\t", 0, String::new()),
        ("Device slack:\t\t", 0, String::new()),
        ("Used:\t\t\t", used, String::new()),
        ("Free (estimated):\t\t", free + left, format!("\t(min: {})", pretty(free / 2 + left))),
        ("Free (statfs, df):\t\t", (free + left).saturating_sub(1 << 20), String::new()),
    ];
    ctx.line("Overall:");
    for (name, bytes, more) in rows {
        ctx.line(format!("    {name}{:>10}{more}", pretty(bytes)));
    }
    ctx.line("    Data ratio:\t\t\t      1.00\n    Metadata ratio:\t\t      2.00");
    ctx.line(format!("    Global reserve:\t\t{:>10}\t(used: 0.00B)", pretty(RESERVE)));
    ctx.line("    Multiple profiles:\t\t        no");
    for (name, copies, (total, used)) in
        [("Data,single", 1, it.data), ("Metadata,DUP", 2, it.meta), ("System,DUP", 2, it.system)]
    {
        let percent = 100.0 * used as f64 / total.max(1) as f64;
        let (size, taken) = (pretty(total), pretty(used));
        ctx.line(format!("\n{name}: Size:{size}, Used:{taken} ({percent:.2}%)"));
        ctx.line(format!("   {device}\t{:>10}", pretty(copies * total)));
    }
    ctx.line(format!("\nUnallocated:\n   {device}\t{:>10}", pretty(free)));
    0
}

/// What was found below a path.
#[derive(Default)]
struct Sum {
    total: u64,
    exclusive: u64,
    /// Shared runs of the device: first byte and the byte after.
    shared: BTreeMap<u64, u64>,
    /// Inodes that were counted, by device and number.
    seen: BTreeSet<(u32, u32, u64)>,
}

impl Sum {
    fn add(&mut self, extents: &[Extent]) -> (u64, u64) {
        let (mut total, mut exclusive) = (0, 0);
        for it in extents.iter().filter(|it| !it.inline) {
            total += it.len;
            if it.shared {
                self.join(it.place, it.place + it.len);
            } else {
                exclusive += it.len;
            }
        }
        self.total += total;
        self.exclusive += exclusive;
        (total, exclusive)
    }

    /// Adds a run, as one with those that it meets.
    fn join(&mut self, from: u64, to: u64) {
        let (mut from, mut to) = (from, to);
        while let Some((at, end)) = self
            .shared
            .range(..=to)
            .next_back()
            .map(|(at, end)| (*at, *end))
            .filter(|it| it.1 >= from)
        {
            self.shared.remove(&at);
            from = from.min(at);
            to = to.max(end);
        }
        self.shared.insert(from, to);
    }

    fn set_shared(&self) -> u64 {
        self.shared.iter().map(|(from, to)| to - from).sum()
    }
}

struct Du {
    raw: bool,
    summary: bool,
}

impl Du {
    fn row(
        &self,
        ctx: &mut Ctx<'_>,
        (total, exclusive): (u64, u64),
        set: Option<u64>,
        path: &[u8],
    ) {
        let size = |bytes: u64| if self.raw { bytes.to_string() } else { pretty(bytes) };
        let set = set.map_or_else(|| "-".to_owned(), size);
        let (total, exclusive) = (size(total), size(exclusive));
        ctx.line(format!("{total:>10}  {exclusive:>10}  {set:>10}  {}", shown(path)));
    }

    fn walk(&self, ctx: &mut Ctx<'_>, path: &[u8], sum: &mut Sum, top: bool) -> Result<(), Errno> {
        let attr = ctx.lstat(path)?;
        match attr.kind {
            FileType::Dir => {
                let before = (sum.total, sum.exclusive);
                for entry in ctx.children(path)? {
                    self.walk(ctx, &join(path, &entry.name), sum, false)?;
                }
                if !top && !self.summary {
                    let own = (sum.total - before.0, sum.exclusive - before.1);
                    self.row(ctx, own, None, path);
                }
            }
            FileType::Reg => {
                let key = (attr.dev.major, attr.dev.minor, attr.ino);
                if attr.nlink > 1 && !sum.seen.insert(key) {
                    return Ok(());
                }
                let flags = OpenFlags::RDONLY | OpenFlags::CLOEXEC | OpenFlags::NOATIME;
                let fd = ctx.open(path, flags, 0)?;
                let found = ctx.sys.control(fd, None, &Control::Extents);
                let _ = ctx.sys.close(fd);
                let Controlled::Extents(extents) = found? else { return Err(Errno::EIO) };
                let own = sum.add(&extents);
                if !top && !self.summary {
                    self.row(ctx, own, None, path);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

pub fn du(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let table = "s|summarize |raw |human-readable |iec |si |kbytes |mbytes";
    let parsed = match parse(ctx, "filesystem du", table, words, 1..=usize::MAX) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let du = Du { raw: has("raw"), summary: has("s") };
    ctx.line("     Total   Exclusive  Set shared  Filename");
    let mut status = 0;
    for path in &parsed.operands {
        let mut sum = Sum::default();
        match du.walk(ctx, path, &mut sum, true) {
            Ok(()) => {
                let set = sum.set_shared();
                du.row(ctx, (sum.total, sum.exclusive), Some(set), path);
            }
            Err(errno) => {
                let reason = if errno == Errno::ENOTTY { Errno::ENOTTY } else { errno };
                status =
                    error(ctx, format_args!("cannot check space of '{}': {reason}", shown(path)));
            }
        }
    }
    status
}
