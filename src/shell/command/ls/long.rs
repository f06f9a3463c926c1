//! The long listing.

use super::entry::Entry;
use super::layout::{emit, painted};
use super::options::Options;
use crate::shell::command::common::{mode, time};
use crate::shell::command::ctx::Ctx;
use crate::types::{FileType, Timespec};

/// Half a Gregorian year in seconds.
const HALF_YEAR: i64 = 31_556_952 / 2;

/// The fields of one line as text.
struct Line {
    ino: String,
    blocks: String,
    mode: String,
    links: String,
    owner: String,
    group: String,
    author: String,
    size: String,
    /// Major and minor number of a device.
    device: Option<(String, String)>,
    time: String,
}

fn is_device(entry: &Entry) -> bool {
    entry.attr.is_some_and(|a| matches!(a.kind, FileType::Chr | FileType::Blk))
}

fn line(ctx: &mut Ctx<'_>, o: &Options, entry: &Entry, now: Timespec) -> Line {
    let Some(attr) = entry.attr else { return unknown(o, entry) };
    let numeric = o.numeric;
    let names = ctx.names();
    let owner = if numeric { attr.uid.to_string() } else { names.user_or_id(attr.uid) };
    let group = if numeric { attr.gid.to_string() } else { names.group_or_id(attr.gid) };
    let stamp = o.time(entry);
    let recent = stamp.sec > now.sec - HALF_YEAR && stamp <= now;
    let style = &o.time_style[usize::from(recent)];
    let device =
        is_device(entry).then(|| (attr.rdev.major.to_string(), attr.rdev.minor.to_string()));
    Line {
        ino: entry.ino.to_string(),
        blocks: o.blocks.show(entry.bytes_used()),
        mode: mode::listing(&attr),
        links: attr.nlink.to_string(),
        author: owner.clone(),
        owner,
        group,
        size: o.sizes.show(attr.size),
        device,
        time: String::from_utf8_lossy(&time::format(style.as_bytes(), stamp)).into_owned(),
    }
}

fn unknown(o: &Options, entry: &Entry) -> Line {
    let kind = entry.kind.map_or('?', mode::type_letter);
    let width = time::format(o.time_style[1].as_bytes(), Timespec::default()).len();
    Line {
        ino: if entry.ino == 0 { "?".into() } else { entry.ino.to_string() },
        blocks: "?".into(),
        mode: format!("{kind}?????????"),
        links: "?".into(),
        owner: "?".into(),
        group: "?".into(),
        author: "?".into(),
        size: "?".into(),
        device: None,
        time: format!("{:>width$}", "?"),
    }
}

pub fn print(
    ctx: &mut Ctx<'_>,
    o: &Options,
    entries: &[Entry],
    beside: &[Entry],
    colored: &mut bool,
) {
    let now = ctx.sys.clock();
    let lines: Vec<Line> = entries.iter().chain(beside).map(|e| line(ctx, o, e, now)).collect();
    let widest = |f: &dyn Fn(&Line) -> usize| lines.iter().map(f).max().unwrap_or(0);
    let ino = widest(&|l| l.ino.len());
    let blocks = widest(&|l| l.blocks.len());
    let links = widest(&|l| l.links.len());
    let owner = widest(&|l| l.owner.chars().count());
    let group = widest(&|l| l.group.chars().count());
    let author = widest(&|l| l.author.chars().count());
    let major = widest(&|l| l.device.as_ref().map_or(0, |d| d.0.len()));
    let minor = widest(&|l| l.device.as_ref().map_or(0, |d| d.1.len()));
    let device = if major > 0 { major + 2 + minor } else { 0 };
    let size = widest(&|l| if l.device.is_some() { 0 } else { l.size.len() }).max(device);
    let acl = entries.iter().chain(beside).any(|e| e.acl);
    let quoted = o.tty && entries.iter().any(|e| o.is_quoted(&e.name));
    for (entry, line) in entries.iter().zip(&lines) {
        let mut text = String::new();
        if o.inode {
            text.push_str(&format!("{:>ino$} ", line.ino));
        }
        if o.show_blocks {
            text.push_str(&format!("{:>blocks$} ", line.blocks));
        }
        text.push_str(&line.mode);
        if acl {
            text.push(if entry.acl { '+' } else { ' ' });
        }
        text.push_str(&format!(" {:>links$} ", line.links));
        let id = |text: &str, width: usize| {
            if o.numeric { format!("{text:>width$} ") } else { format!("{text:<width$} ") }
        };
        if o.owner {
            text.push_str(&id(&line.owner, owner));
        }
        if o.group {
            text.push_str(&id(&line.group, group));
        }
        if o.author {
            text.push_str(&id(&line.author, author));
        }
        if o.context {
            text.push_str("? ");
        }
        match &line.device {
            Some((ma, mi)) => {
                let wide = size - (minor + 2);
                text.push_str(&format!("{ma:>wide$}, {mi:>minor$} "));
            }
            None => text.push_str(&format!("{:>size$} ", line.size)),
        }
        text.push_str(&line.time);
        text.push(' ');
        if quoted && !o.is_quoted(&entry.name) {
            text.push(' ');
        }
        text.push_str(&painted(o, entry, &o.name(&entry.name)));
        match &entry.link {
            Some(target) => {
                text.push_str(&format!(" -> {}", o.name(target)));
                let to = entry.target;
                text.push_str(o.indicator(to.map(|t| t.kind), to.map_or(0, |t| t.mode.bits())));
            }
            None => {
                let mode = entry.attr.map_or(0, |a| a.mode.bits());
                text.push_str(o.indicator(entry.kind, mode));
            }
        }
        text.push_str(o.eol);
        emit(ctx, colored, &text);
    }
}
