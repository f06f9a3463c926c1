//! LVM as Docker's direct-lvm guide needs it: physical volumes, volume groups, logical volumes, thin pools and thin
//! volumes. What is on the devices is LVM's own format (`disk`, `text`), so the machine keeps nothing beside them. Words
//! and layout are those of lvm2 2.03.16, compared with it as far as it works without a device mapper.

mod active;
mod disk;
mod logical;
mod model;
mod pool;
mod report;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod volumes;

use super::common::args::Parsed;
use super::ctx::Ctx;
use super::{Command, Main, Package, Start, rare};
use crate::errno::Errno;
use model::{Group, Logical};

pub const VERSION: &str = "2.03.16(2) (2022-05-18)";

const fn command(name: &'static str, summary: &'static str, main: Main) -> Command {
    rare(Command {
        name,
        usage: "  {} [options] ...\n",
        summary,
        package: Package::Other("  LVM version:     2.03.16(2) (2022-05-18)"),
        trouble: 3,
        start: Start::Patient(main),
    })
}

pub const COMMANDS: [Command; 18] = [
    command("pvcreate", "make a device a physical volume of LVM", volumes::pvcreate),
    command("pvremove", "take LVM's label from a device", volumes::pvremove),
    command("pvs", "list physical volumes", report::pvs),
    command("pvdisplay", "show physical volumes", show::pvdisplay),
    command("vgcreate", "make a volume group", volumes::vgcreate),
    command("vgextend", "add a physical volume to a group", volumes::vgextend),
    command("vgremove", "remove a volume group", volumes::vgremove),
    command("vgchange", "activate the volumes of a group, or not", volumes::vgchange),
    command("vgs", "list volume groups", report::vgs),
    command("vgdisplay", "show volume groups", show::vgdisplay),
    command("lvcreate", "make a logical volume, a thin pool or a thin volume", logical::create),
    command("lvconvert", "make a thin pool of two logical volumes", pool::convert),
    command("lvchange", "activate a logical volume, or not", logical::change),
    command("lvextend", "make a logical volume larger", logical::extend),
    command("lvremove", "remove logical volumes", logical::remove),
    command("lvrename", "rename a logical volume", logical::rename),
    command("lvs", "list logical volumes", report::lvs),
    command("lvdisplay", "show logical volumes", show::lvdisplay),
];

/// What a command ends with: its status when it fails.
type Done<T = ()> = Result<T, i32>;

/// LVM's status for what could not be done, and for a wrong command line.
const FAILED: i32 = 5;
const USAGE: i32 = 3;

fn say(ctx: &mut Ctx<'_>, text: impl std::fmt::Display) {
    ctx.line(format!("  {text}"));
}

fn warn(ctx: &mut Ctx<'_>, text: impl std::fmt::Display) {
    ctx.flush();
    ctx.err(format!("  {text}\n"));
}

fn fail<T>(ctx: &mut Ctx<'_>, text: impl std::fmt::Display) -> Done<T> {
    warn(ctx, text);
    Err(FAILED)
}

fn usage<T>(ctx: &mut Ctx<'_>, text: impl std::fmt::Display) -> Done<T> {
    warn(ctx, text);
    let prog = ctx.prog();
    warn(ctx, format_args!("Run `{prog} --help' for more information."));
    Err(USAGE)
}

/// A device that refuses.
fn broken<T>(ctx: &mut Ctx<'_>, device: &str, errno: Errno) -> Done<T> {
    fail(ctx, format_args!("{device}: {}", errno.message()))
}

fn status(done: Done) -> i32 {
    done.err().unwrap_or(0)
}

fn has(parsed: &Parsed, id: &str) -> bool {
    parsed.options.iter().any(|it| it.id == id)
}

fn value(parsed: &Parsed, id: &str) -> Option<String> {
    parsed.options.iter().rfind(|it| it.id == id).map(super::common::args::Given::text)
}

fn names(parsed: &Parsed) -> Vec<String> {
    parsed.operands.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect()
}

/// Asks, unless the answer was given on the command line.
fn sure(ctx: &mut Ctx<'_>, parsed: &Parsed, question: &str) -> bool {
    if has(parsed, "y") || has(parsed, "f") {
        return true;
    }
    ctx.flush();
    ctx.err(format!("{question} [y/n]: "));
    let line = ctx.read_answer().unwrap_or_default();
    let answer = matches!(line.first(), Some(b'y' | b'Y'));
    if line.is_empty() {
        ctx.err("[n]\n");
    }
    answer
}

/// All groups, and the devices with a label that are in none.
struct Found {
    groups: Vec<Group>,
    labels: Vec<disk::Label>,
}

fn scan(ctx: &mut Ctx<'_>) -> Found {
    let devices = disk::devices(ctx);
    let labels: Vec<disk::Label> = devices.iter().filter_map(|it| disk::label(ctx, it)).collect();
    let mut groups: Vec<Group> = Vec::new();
    for label in &labels {
        let Some(group) = &label.group else { continue };
        match groups.iter_mut().find(|it| it.id == group.id) {
            Some(known) if known.seqno < group.seqno => *known = group.clone(),
            Some(_) => {}
            None => groups.push(group.clone()),
        }
    }
    for group in &mut groups {
        for volume in &mut group.physical {
            let label = labels.iter().find(|it| it.id == volume.id);
            volume.device = label.map_or_else(|| "[unknown]".to_owned(), |it| it.device.clone());
        }
    }
    Found { groups, labels }
}

/// The group of this name.
fn group(ctx: &mut Ctx<'_>, name: &str) -> Done<Group> {
    let name = name.strip_prefix("/dev/").unwrap_or(name);
    match scan(ctx).groups.into_iter().find(|it| it.name == name) {
        Some(group) => Ok(group),
        None => {
            warn(ctx, format_args!("Volume group \"{name}\" not found"));
            fail(ctx, format_args!("Cannot process volume group {name}"))
        }
    }
}

/// The volumes that a line names, by group and perhaps by name: all of them if it names none.
struct Wanted(Vec<(String, Option<String>)>);

impl Wanted {
    /// With the status of those that are not there, of which it is said.
    fn of(ctx: &mut Ctx<'_>, parsed: &Parsed) -> (Wanted, i32) {
        let mut wanted = Vec::new();
        let mut last = 0;
        for word in names(parsed) {
            let (name, inner) = split(ctx, &word);
            let found = group(ctx, &name).and_then(|own| match &inner {
                Some(inner) if own.get(inner).is_none() => {
                    fail(ctx, format_args!("Failed to find logical volume \"{name}/{inner}\""))
                }
                _ => Ok(()),
            });
            last = status(found).max(last);
            wanted.push((name, inner));
        }
        (Wanted(wanted), last)
    }

    fn has(&self, own: &Group, volume: &Logical) -> bool {
        let named = |(name, inner): &(String, Option<String>)| {
            *name == own.name && inner.as_ref().is_none_or(|inner| *inner == volume.name)
        };
        self.0.is_empty() || self.0.iter().any(named)
    }
}

/// `VG/LV`, `/dev/VG/LV` or `/dev/mapper/VG-LV` as two names; the second may be missing.
fn split(ctx: &mut Ctx<'_>, word: &str) -> (String, Option<String>) {
    if let Some(mapped) = word.strip_prefix("/dev/mapper/") {
        for group in scan(ctx).groups {
            let found = group.logical.iter().find(|it| active::name(&group, &it.name) == mapped);
            if let Some(volume) = found {
                return (group.name.clone(), Some(volume.name.clone()));
            }
        }
    }
    let word = word.strip_prefix("/dev/").unwrap_or(word);
    match word.split_once('/') {
        Some((group, volume)) => (group.to_owned(), Some(volume.to_owned())),
        None => (word.to_owned(), None),
    }
}

/// The group and the volume that a word names.
fn volume(ctx: &mut Ctx<'_>, word: &str) -> Done<(Group, String)> {
    let (name, volume) = split(ctx, word);
    let Some(volume) = volume else {
        return fail(ctx, format_args!("\"{word}\": Invalid path for Logical Volume."));
    };
    let group = group(ctx, &name)?;
    match group.get(&volume) {
        Some(_) => Ok((group, volume)),
        None => fail(ctx, format_args!("Failed to find logical volume \"{name}/{volume}\"")),
    }
}

/// Puts a changed group on all its devices.
fn commit(ctx: &mut Ctx<'_>, group: &mut Group) -> Done {
    if let Some(lost) = group.physical.iter().find(|it| it.device == "[unknown]") {
        let id = lost.id.clone();
        return fail(
            ctx,
            format_args!("Cannot change VG {} while PV {id} is missing.", group.name),
        );
    }
    group.seqno += 1;
    let words: Vec<String> =
        ctx.args().iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    let by = [vec![ctx.prog()], words].concat().join(" ");
    let host = ctx.read_file(b"/etc/hostname").unwrap_or_default();
    let host = String::from_utf8_lossy(&host).trim().to_owned();
    let now = u64::try_from(ctx.sys.clock().sec).unwrap_or(0);
    let text = text::write(group, &by.replace('"', "'"), &host, now);
    for it in &group.physical {
        if let Err(errno) = disk::write(ctx, &it.device, it.size, &it.id, Some(&text)) {
            return broken(ctx, &it.device, errno);
        }
    }
    Ok(())
}

/// Bytes as LVM reads them: `10G`, `512K`, `100` megabytes; units are powers of 1024, `S` is a sector.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().trim_end_matches(['i', 'b']) {
        "" if text[digits.len()..].eq_ignore_ascii_case("b") => 1,
        "" | "m" => 1 << 20,
        "s" => 512,
        "k" => 1 << 10,
        "g" => 1 << 30,
        "t" => 1_u64 << 40,
        "p" => 1_u64 << 50,
        _ => return None,
    };
    let number: f64 = digits.parse().ok().filter(|it: &f64| it.is_finite() && *it >= 0.0)?;
    let bytes = number * unit as f64;
    (bytes < 9e18).then_some(bytes as u64)
}

/// Sectors as people read them: two digits, with a mark when that is more than there are.
fn short(sectors: u64, long: bool) -> String {
    let bytes = sectors * 512;
    if bytes == 0 {
        return "0 ".trim_end_matches(if long { " " } else { "" }).to_owned();
    }
    let units = ["B", "k", "m", "g", "t", "p"];
    let mut at = 0;
    while at + 1 < units.len() && bytes >> (10 * (at + 1)) > 0 {
        at += 1;
    }
    let value = bytes as f64 / (1_u64 << (10 * at)) as f64;
    let shown = (value * 100.0).round() / 100.0;
    let mark = if shown > value { "<" } else { "" };
    let unit = match (long, at) {
        (false, _) => units[at].to_owned(),
        (true, 0) => " B".to_owned(),
        (true, _) => format!(" {}iB", units[at].to_uppercase()),
    };
    format!("{mark}{shown:.2}{unit}")
}
