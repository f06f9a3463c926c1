//! `tree`: directories drawn as trees.

mod options;

use super::common::{mode, time};
use super::ctx::{Ctx, join, strip_slashes};
use super::ls::version_order;
use super::{Command, Package, Start};
use crate::shell::pattern;
use crate::types::{Attr, FileType};
use options::{Order, Wish, options};

const USAGE: &str = "usage: tree [-acdfghilnpqrstuvxACDFJQNSUX] [-L level [-R]] [-H  baseHREF]\n\t[-T title] [-o filename] [-P pattern] [-I pattern] [--gitignore]\n\t[--gitfile[=]file] [--matchdirs] [--metafirst] [--ignore-case]\n\t[--nolinks] [--hintro[=]file] [--houtro[=]file] [--inodes] [--device]\n\t[--sort[=]<name>] [--dirsfirst] [--filesfirst] [--filelimit #] [--si]\n\t[--du] [--prune] [--charset[=]X] [--timefmt[=]format] [--fromfile]\n\t[--fflinks] [--info] [--infofile[=]file] [--noreport] [--version]\n\t[--help] [--] [directory ...]\n";

pub const COMMAND: Command = Command {
    name: "tree",
    usage: USAGE,
    summary: "draw directories as trees",
    package: Package::Other(
        "tree v2.1.0 © 1996 - 2022 by Steve Baker, Thomas Moore, Francesc Rocher, Florian Sesser, Kyosuke Tokoro",
    ),
    trouble: 1,
    start: Start::Swift(run),
};

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let mut wish = Wish::new();
    let operands = match options(ctx, &mut wish) {
        Ok(operands) => operands,
        Err(status) => return status,
    };
    // Without a terminal type there are no colours.
    wish.color &= ctx.var("TERM").is_some();
    let operands = if operands.is_empty() { vec![b".".to_vec()] } else { operands };
    let mut tree = Tree { wish, dirs: 0, files: 0, bytes: 0, failed: false };
    for operand in &operands {
        tree.operand(ctx, operand);
    }
    if !tree.wish.no_report {
        tree.report(ctx);
    }
    if tree.failed { 2 } else { 0 }
}

/// Said behind the name of what cannot be listed.
const UNREADABLE: &str = "error opening dir";

/// One entry of a directory that is shown.
struct Node {
    name: Vec<u8>,
    path: Vec<u8>,
    attr: Option<Attr>,
    link: Option<Vec<u8>>,
    /// What a symbolic link leads to.
    target: Option<Attr>,
    below: Vec<Node>,
    /// Could not be read, or has too many entries: said in brackets.
    note: Option<String>,
    bytes: u64,
}

impl Node {
    fn is_dir(&self) -> bool {
        self.attr.is_some_and(|a| a.is_dir()) || self.target.is_some_and(|t| t.is_dir())
    }

    fn real_dir(&self) -> bool {
        self.attr.is_some_and(|a| a.is_dir())
    }
}

struct Tree {
    wish: Wish,
    dirs: u64,
    files: u64,
    bytes: u64,
    failed: bool,
}

impl Tree {
    fn operand(&mut self, ctx: &mut Ctx<'_>, path: &[u8]) {
        let path = if self.wish.full { strip_slashes(path) } else { path };
        let shown = path.to_vec();
        let attr = ctx.stat(path);
        let mut top = Node {
            name: shown.clone(),
            path: shown,
            attr: attr.ok(),
            link: None,
            target: None,
            below: Vec::new(),
            note: None,
            bytes: 0,
        };
        let device = top.attr.map_or(0, |a| a.dev.encode());
        let mut above = vec![(device, top.attr.map_or(0, |a| a.ino))];
        if top.real_dir() {
            let failed = self.failed;
            self.fill(ctx, &mut top, 1, device, &mut above, false);
            // An empty directory does not count itself, as seen of 2.1.0.
            if top.note.as_deref() == Some(UNREADABLE) {
                // An operand that cannot be read counts as a file.
                self.files += 1;
                self.failed = failed;
            } else {
                self.dirs += u64::from(!top.below.is_empty() || top.note.is_some());
            }
        } else {
            top.note = Some(UNREADABLE.into());
            match top.attr {
                Some(_) => self.files += 1,
                None => self.failed = true,
            }
        }
        let name = self.label(ctx, &top);
        ctx.out(name);
        if let Some(note) = &top.note {
            ctx.out(format!("  [{note}]"));
        }
        ctx.out("\n");
        self.draw(ctx, &top.below, &mut Vec::new());
    }

    /// Reads a directory and what is below it.
    fn fill(
        &mut self,
        ctx: &mut Ctx<'_>,
        dir: &mut Node,
        level: usize,
        device: u64,
        above: &mut Vec<(u64, u64)>,
        matched: bool,
    ) {
        let list = match ctx.children(&dir.path) {
            Ok(list) => list,
            Err(_) => {
                dir.note = Some(UNREADABLE.into());
                self.failed = true;
                return;
            }
        };
        dir.bytes = dir.attr.map_or(0, |a| a.size);
        let mut nodes = Vec::new();
        for item in list {
            let path = join(&dir.path, &item.name);
            let Some(node) = self.node(ctx, item.name, path, matched) else { continue };
            nodes.push(node);
        }
        if let Some(limit) = self.wish.limit
            && nodes.len() > limit
        {
            let n = nodes.len();
            dir.note = Some(format!("{n} entries exceeds filelimit, not opening dir"));
            return;
        }
        self.sort(&mut nodes);
        for node in &mut nodes {
            let here = node.target.or(node.attr).map_or((0, 0), |a| (a.dev.encode(), a.ino));
            let enter = node.real_dir() || self.wish.follow && node.is_dir();
            let elsewhere = self.wish.one_file_system && here.0 != device;
            let deeper = self.wish.levels.is_none_or(|l| level < l);
            if enter && !elsewhere {
                if !node.real_dir() && above.contains(&here) {
                    node.note = Some("recursive, not followed".into());
                } else if deeper {
                    above.push(here);
                    let matched = self.matches_dir(node);
                    self.fill(ctx, node, level + 1, device, above, matched);
                }
            }
            if !node.is_dir() || node.bytes == 0 {
                node.bytes = node.bytes.max(node.attr.map_or(0, |a| a.size));
            }
            dir.bytes += node.bytes;
        }
        if self.wish.prune {
            nodes.retain(|n| !n.real_dir() || !n.below.is_empty());
        }
        dir.below = nodes;
    }

    fn node(
        &mut self,
        ctx: &mut Ctx<'_>,
        name: Vec<u8>,
        path: Vec<u8>,
        matched: bool,
    ) -> Option<Node> {
        if !self.wish.all && name.starts_with(b".") {
            return None;
        }
        let attr = ctx.lstat(&path).ok()?;
        let (mut link, mut target) = (None, None);
        if attr.kind == FileType::Symlink {
            link = ctx.sys.readlinkat(crate::sys::AT_FDCWD, &path).ok();
            target = ctx.stat(&path).ok();
        }
        let node = Node {
            name,
            path,
            attr: Some(attr),
            link,
            target,
            below: Vec::new(),
            note: None,
            bytes: 0,
        };
        let wanted = matched || node.real_dir() || self.hit(&self.wish.patterns, &node);
        if !self.wish.patterns.is_empty() && !wanted {
            return None;
        }
        if self.hit(&self.wish.ignores, &node) {
            return None;
        }
        (!self.wish.dirs_only || node.is_dir()).then_some(node)
    }

    /// With `--matchdirs` a directory that matches shows everything in it.
    fn matches_dir(&self, node: &Node) -> bool {
        self.wish.match_dirs && self.hit(&self.wish.patterns, node)
    }

    fn hit(&self, patterns: &[Vec<u8>], node: &Node) -> bool {
        let options = pattern::Options { nocase: self.wish.ignore_case, ..Default::default() };
        patterns.iter().flat_map(|p| p.split(|&b| b == b'|')).any(|one| {
            match one.strip_suffix(b"/") {
                Some(one) => node.is_dir() && pattern::matches(one, &node.name, options),
                None => pattern::matches(one, &node.name, options),
            }
        })
    }

    fn sort(&self, nodes: &mut [Node]) {
        let wish = &self.wish;
        let time = |n: &Node| n.attr.map_or(0, |a| a.mtime.sec);
        let changed = |n: &Node| n.attr.map_or(0, |a| a.ctime.sec);
        let size = |n: &Node| n.attr.map_or(0, |a| a.size);
        if wish.order != Order::None {
            nodes.sort_by(|a, b| {
                let order = match wish.order {
                    Order::Version => version_order(&a.name, &b.name),
                    Order::Modified => time(a).cmp(&time(b)),
                    Order::Changed => changed(a).cmp(&changed(b)),
                    Order::Size => size(b).cmp(&size(a)),
                    Order::Name | Order::None => std::cmp::Ordering::Equal,
                }
                .then_with(|| a.name.cmp(&b.name));
                if wish.reverse { order.reverse() } else { order }
            });
        }
        if wish.dirs_first {
            nodes.sort_by_key(|n| !n.is_dir());
        } else if wish.files_first {
            nodes.sort_by_key(Node::is_dir);
        }
    }

    fn draw(&mut self, ctx: &mut Ctx<'_>, nodes: &[Node], last: &mut Vec<bool>) {
        for (at, node) in nodes.iter().enumerate() {
            let ends = at + 1 == nodes.len();
            let mut branches = String::new();
            if !self.wish.no_indent {
                for ended in last.iter() {
                    branches.push_str(if *ended { "    " } else { self.wish.lines.pass });
                }
                branches.push_str(if ends { self.wish.lines.end } else { self.wish.lines.fork });
            }
            let label = self.label(ctx, node);
            ctx.out(branches);
            ctx.out(label);
            if let Some(note) = &node.note {
                ctx.out(format!("  [{note}]"));
            }
            ctx.out("\n");
            if node.is_dir() {
                self.dirs += 1
            } else {
                self.files += 1
            }
            last.push(ends);
            self.draw(ctx, &node.below, last);
            last.pop();
        }
    }

    /// Details in brackets, name, mark and target.
    fn label(&self, ctx: &mut Ctx<'_>, node: &Node) -> Vec<u8> {
        let mut text = self.details(ctx, node).into_bytes();
        let name = if self.wish.full { &node.path } else { &node.name };
        let broken = node.link.is_some() && node.target.is_none();
        let open = self.paint(node.attr, broken);
        text.extend(open.bytes());
        text.extend(self.name(name));
        if !open.is_empty() {
            text.extend(b"\x1b[0m");
        }
        if let Some(link) = &node.link {
            text.extend(b" -> ");
            let open =
                if broken && self.wish.color { "\x1b[00m" } else { self.paint(node.target, false) };
            text.extend(open.bytes());
            text.extend(self.name(link));
            if !open.is_empty() {
                text.extend(b"\x1b[0m");
            }
        }
        if self.wish.classify {
            let attr = node.target.filter(|_| node.link.is_some()).or(node.attr);
            text.extend(mark(attr).bytes());
        }
        text
    }

    fn name(&self, name: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for chunk in name.utf8_chunks() {
            for ch in chunk.valid().chars() {
                if ch.is_control() && !self.wish.literal {
                    text.extend(format!("\\{:03o}", ch as u32).bytes());
                } else {
                    text.extend(ch.encode_utf8(&mut [0; 4]).bytes());
                }
            }
            for byte in chunk.invalid() {
                if self.wish.literal {
                    text.push(*byte);
                } else {
                    text.extend(format!("\\{byte:03o}").bytes());
                }
            }
        }
        if self.wish.quoted {
            text.insert(0, b'"');
            text.push(b'"');
        }
        text
    }

    /// The colour of something (without LS_COLORS).
    fn paint(&self, attr: Option<Attr>, broken: bool) -> &'static str {
        if !self.wish.color {
            return "";
        }
        let Some(attr) = attr.filter(|_| !broken) else { return "\x1b[40;31;01m" };
        match attr.kind {
            FileType::Dir => "\x1b[01;34m",
            FileType::Symlink => "\x1b[01;36m",
            FileType::Fifo => "\x1b[40;33m",
            FileType::Chr | FileType::Blk => "\x1b[40;33;01m",
            FileType::Sock => "\x1b[01;35m",
            FileType::Reg if attr.mode.bits() & 0o111 != 0 => "\x1b[01;32m",
            FileType::Reg => "\x1b[00m",
        }
    }

    fn details(&self, ctx: &mut Ctx<'_>, node: &Node) -> String {
        let wish = &self.wish;
        let Some(attr) = node.attr else { return String::new() };
        let mut parts = Vec::new();
        if wish.inodes {
            parts.push(format!("{:7}", attr.ino));
        }
        if wish.device {
            parts.push(format!("{:3}", attr.dev.encode()));
        }
        if wish.permissions {
            parts.push(mode::listing(&attr));
        }
        if wish.user {
            let name = ctx.names().user_or_id(attr.uid);
            parts.push(format!("{name:<8.32}"));
        }
        if wish.group {
            let name = ctx.names().group_or_id(attr.gid);
            parts.push(format!("{name:<8.32}"));
        }
        if wish.size {
            let bytes = if wish.du { node.bytes } else { attr.size };
            parts.push(match wish.human {
                Some(base) => format!("{:>4}", short_size(bytes, base)),
                None => format!("{bytes:>11}"),
            });
        }
        if let Some(format) = &wish.date {
            let now = ctx.sys.clock();
            let stamp = if wish.order == Order::Changed { attr.ctime } else { attr.mtime };
            let old = stamp.sec < now.sec - 6 * 31 * 24 * 3600 || stamp.sec > now.sec;
            let usual = format == "%b %e %H:%M";
            let pattern = if usual && old { "%b %e  %Y" } else { format.as_str() };
            parts.push(
                String::from_utf8_lossy(&time::format(pattern.as_bytes(), stamp)).into_owned(),
            );
        }
        if parts.is_empty() { String::new() } else { format!("[{}]  ", parts.join(" ")) }
    }

    fn report(&self, ctx: &mut Ctx<'_>) {
        let dirs = self.dirs;
        let mut text = String::from("\n");
        if self.wish.du {
            let bytes = self.bytes;
            text.push_str(&match self.wish.human {
                Some(base) => format!("{:>5} used in ", short_size(bytes, base)),
                None => format!("{bytes:>12} bytes used in "),
            });
        }
        let word = if dirs == 1 { "directory" } else { "directories" };
        text.push_str(&format!("{dirs} {word}"));
        if !self.wish.dirs_only {
            let word = if self.files == 1 { "file" } else { "files" };
            text.push_str(&format!(", {} {word}", self.files));
        }
        ctx.line(text);
    }
}

fn mark(attr: Option<Attr>) -> &'static str {
    match attr.map(|a| (a.kind, a.mode.bits())) {
        Some((FileType::Dir, _)) => "/",
        Some((FileType::Fifo, _)) => "|",
        Some((FileType::Sock, _)) => "=",
        Some((FileType::Reg, mode)) if mode & 0o111 != 0 => "*",
        _ => "",
    }
}

/// Sizes as `tree -h` rounds them: one decimal below ten, cut off, else whole.
fn short_size(bytes: u64, base: u64) -> String {
    if bytes < base {
        return bytes.to_string();
    }
    let mut unit = base;
    let mut letters = if base == 1000 { "kMGTPE" } else { "KMGTPE" }.chars();
    let mut letter = letters.next().unwrap_or('K');
    while bytes / unit >= base {
        unit *= base;
        letter = letters.next().unwrap_or('E');
    }
    if bytes / unit > 9 {
        format!("{}{letter}", bytes / unit)
    } else {
        let tenths = tenths(bytes as f64 / unit as f64);
        format!("{}.{}{letter}", tenths / 10, tenths % 10)
    }
}

/// Tenths of a number from one to sixteen, to the nearest and from the middle to the even one, as
/// `printf("%.1f")` rounds. Its bits are enough; code that prints any number is long.
fn tenths(number: f64) -> u64 {
    const FRACTION: u32 = 52;
    let bits = number.to_bits();
    let exponent = (bits >> FRACTION) & 0x7ff;
    let mantissa = bits & ((1 << FRACTION) - 1) | 1 << FRACTION;
    let shift = 1075 - exponent;
    let scaled = mantissa * 10;
    let (whole, rest, half) = (scaled >> shift, scaled & ((1 << shift) - 1), 1 << (shift - 1));
    whole + u64::from(rest > half || rest == half && whole % 2 == 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn tenths_are_rounded_as_printf_does() {
        for (unit, most) in [(1000_u64, 10_000_u64), (1024, 10_240), (1_048_576, 10_485_760)] {
            for bytes in (unit..most).step_by((unit / 997).max(1) as usize) {
                let number = bytes as f64 / unit as f64;
                let tenths = super::tenths(number);
                assert_eq!(format!("{}.{}", tenths / 10, tenths % 10), format!("{number:.1}"));
            }
        }
    }
}
