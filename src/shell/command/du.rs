//! `du`: space used by trees.

use super::common::size::Unit;
use super::common::{quote, time};
use super::ctx::{Ctx, base_name, join};
use super::{Command, Package, Start, rare};
use crate::shell::pattern;
use crate::types::{Attr, FileType, Timespec};
use std::collections::BTreeSet;

pub const COMMAND: Command = rare(Command {
    name: "du",
    usage: "Usage: {} [OPTION]... [FILE]...\n  or:  {} [OPTION]... --files0-from=F\nSummarize device usage of the set of FILEs, recursively for directories.\n",
    summary: "space used by files and trees",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
});

struct Wish {
    all: bool,
    total: bool,
    summarize: bool,
    depth: Option<usize>,
    apparent: bool,
    inodes: bool,
    count_links: bool,
    one_file_system: bool,
    separate: bool,
    follow: bool,
    follow_operands: bool,
    unit: Unit,
    eol: &'static str,
    threshold: Option<i64>,
    excludes: Vec<Vec<u8>>,
    time: Option<String>,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "0|null a|all |apparent-size B|block-size= b|bytes c|total D|dereference-args d|max-depth= \
         |files0-from= H h|human-readable |inodes k L|dereference l|count-links m P|no-dereference \
         S|separate-dirs |si s|summarize t|threshold= |time=? |time-style= X|exclude-from= \
         |exclude= x|one-file-system",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        all: false,
        total: false,
        summarize: false,
        depth: None,
        apparent: false,
        inodes: false,
        count_links: false,
        one_file_system: false,
        separate: false,
        follow: false,
        follow_operands: false,
        unit: Unit::Block(1024),
        eol: "\n",
        threshold: None,
        excludes: Vec::new(),
        time: None,
    };
    for given in &parsed.options {
        match given.id {
            "0" => wish.eol = "\0",
            "a" => wish.all = true,
            "apparent-size" => wish.apparent = true,
            "B" => match Unit::parse(given.bytes()) {
                Some(unit) => wish.unit = unit,
                None => {
                    ctx.warn(format_args!("invalid -B argument '{}'", given.text()));
                    return 1;
                }
            },
            "b" => (wish.apparent, wish.unit) = (true, Unit::Block(1)),
            "c" => wish.total = true,
            "D" | "H" => wish.follow_operands = true,
            "d" => match super::common::args::number(given.bytes()) {
                Some(n) => wish.depth = Some(n as usize),
                None => {
                    let shown = quote::locale(given.bytes());
                    return ctx.usage(format_args!("invalid maximum depth {shown}"));
                }
            },
            "h" => wish.unit = Unit::Human,
            "si" => wish.unit = Unit::Si,
            "inodes" => wish.inodes = true,
            "k" => wish.unit = Unit::Block(1024),
            "m" => wish.unit = Unit::Block(1 << 20),
            "L" => wish.follow = true,
            "l" => wish.count_links = true,
            "P" => wish.follow = false,
            "S" => wish.separate = true,
            "s" => wish.summarize = true,
            "t" => wish.threshold = threshold(given.bytes()),
            "time" => {
                wish.time.get_or_insert("%Y-%m-%d %H:%M".into());
            }
            "time-style" => {
                let text = given.text();
                wish.time = Some(match text.strip_prefix('+') {
                    Some(format) => format.to_string(),
                    None if text == "full-iso" => "%Y-%m-%d %H:%M:%S.%N %z".into(),
                    None if text == "iso" => "%Y-%m-%d".into(),
                    None => "%Y-%m-%d %H:%M".into(),
                });
            }
            "exclude" => wish.excludes.push(given.bytes().to_vec()),
            "x" => wish.one_file_system = true,
            _ => {}
        }
    }
    if wish.all && wish.summarize {
        return ctx.usage("cannot both summarize and show all entries");
    }
    if wish.summarize {
        match wish.depth {
            Some(0) => ctx.warn("warning: summarizing is the same as using --max-depth=0"),
            Some(n) => {
                ctx.warn(format_args!("warning: summarizing conflicts with --max-depth={n}"));
                ctx.try_help();
                return 1;
            }
            None => {}
        }
        wish.depth = Some(0);
    }
    let operands = if parsed.operands.is_empty() { vec![b".".to_vec()] } else { parsed.operands };
    let mut du = Du { wish, seen: BTreeSet::new(), ok: true };
    let mut sum = Sum::default();
    for operand in &operands {
        if let Some(one) = du.operand(ctx, operand) {
            sum.add(&one);
        }
    }
    if du.wish.total {
        du.line(ctx, &sum, b"total");
    }
    i32::from(!du.ok)
}

fn threshold(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(rest) => super::common::args::sized(rest).map(|n| -(n as i64)),
        None => super::common::args::sized(text).map(|n| n as i64),
    }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    bytes: u64,
    inodes: u64,
    time: Option<Timespec>,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.bytes += other.bytes;
        self.inodes += other.inodes;
        self.time = self.time.max(other.time);
    }
}

struct Du {
    wish: Wish,
    /// Files with several names that were counted.
    seen: BTreeSet<(u64, u64)>,
    ok: bool,
}

/// A directory on the way down: path, what was summed in it, what is left to visit.
struct Level {
    path: Vec<u8>,
    own: Sum,
    below: Sum,
    todo: Vec<Vec<u8>>,
}

impl Du {
    fn operand(&mut self, ctx: &mut Ctx<'_>, path: &[u8]) -> Option<Sum> {
        if path.is_empty() {
            ctx.warn("invalid zero-length file name");
            self.ok = false;
            return None;
        }
        let follow = self.wish.follow || self.wish.follow_operands;
        let attr = match if follow { ctx.stat(path) } else { ctx.lstat(path) } {
            Ok(attr) => attr,
            Err(errno) => {
                ctx.fail(format_args!("cannot access {}", quote::quoted(path)), errno);
                self.ok = false;
                return None;
            }
        };
        if self.excluded(path) {
            return None;
        }
        let device = attr.dev.encode();
        let own = self.count(&attr)?;
        if !attr.is_dir() {
            self.line(ctx, &own, path);
            return Some(own);
        }
        let mut levels = vec![self.level(ctx, path.to_vec(), own)];
        loop {
            let depth = levels.len();
            let level = levels.last_mut()?;
            if let Some(path) = level.todo.pop() {
                if let Some(deeper) = self.visit(ctx, path, device, depth, &mut level.own) {
                    levels.push(deeper);
                }
                continue;
            }
            let done = levels.pop()?;
            let mut whole = done.own;
            whole.add(&done.below);
            let shown = if self.wish.separate { done.own } else { whole };
            if self.wish.depth.is_none_or(|d| levels.len() <= d) {
                self.line(ctx, &shown, &done.path);
            }
            match levels.last_mut() {
                Some(above) => above.below.add(&whole),
                None => return Some(whole),
            }
        }
    }

    fn visit(
        &mut self,
        ctx: &mut Ctx<'_>,
        path: Vec<u8>,
        device: u64,
        depth: usize,
        own: &mut Sum,
    ) -> Option<Level> {
        if self.excluded(&path) {
            return None;
        }
        let attr = match if self.wish.follow { ctx.stat(&path) } else { ctx.lstat(&path) } {
            Ok(attr) => attr,
            Err(errno) => {
                let what = quote::quoted(&path);
                if self.wish.follow {
                    // Seen of du 9.1: no reason is told for a link that leads nowhere.
                    ctx.warn(format_args!("cannot access {what}"));
                } else {
                    ctx.fail(format_args!("cannot access {what}"), errno);
                }
                self.ok = false;
                return None;
            }
        };
        if self.wish.one_file_system && attr.dev.encode() != device {
            return None;
        }
        let sum = self.count(&attr)?;
        if attr.is_dir() {
            return Some(self.level(ctx, path, sum));
        }
        own.add(&sum);
        if self.wish.all && self.wish.depth.is_none_or(|d| depth <= d) {
            self.line(ctx, &sum, &path);
        }
        None
    }

    fn level(&mut self, ctx: &mut Ctx<'_>, path: Vec<u8>, own: Sum) -> Level {
        let todo = match ctx.children(&path) {
            Ok(children) => children.iter().rev().map(|c| join(&path, &c.name)).collect(),
            Err(errno) => {
                ctx.fail(format_args!("cannot read directory {}", quote::quoted(&path)), errno);
                self.ok = false;
                Vec::new()
            }
        };
        Level { path, own, below: Sum::default(), todo }
    }

    /// What one file adds; `None` for one that was counted under another name.
    fn count(&mut self, attr: &Attr) -> Option<Sum> {
        let shared = attr.nlink > 1 && !attr.is_dir() || attr.is_dir();
        if shared && !self.wish.count_links && !self.seen.insert((attr.dev.encode(), attr.ino)) {
            return None;
        }
        let bytes = match (self.wish.apparent, attr.kind) {
            (true, FileType::Reg | FileType::Symlink) => attr.size,
            (true, FileType::Dir) => attr.size,
            (true, _) => 0,
            (false, _) => attr.blocks * 512,
        };
        Some(Sum { bytes, inodes: 1, time: Some(attr.mtime) })
    }

    fn excluded(&self, path: &[u8]) -> bool {
        let plain = pattern::Options::default();
        self.wish.excludes.iter().any(|p| {
            pattern::matches(p, path, plain) || pattern::matches(p, base_name(path), plain)
        })
    }

    fn line(&self, ctx: &mut Ctx<'_>, sum: &Sum, path: &[u8]) {
        let value = if self.wish.inodes { sum.inodes } else { sum.bytes };
        let hidden = match self.wish.threshold {
            Some(least) if least >= 0 => (value as i64) < least,
            Some(most) => value as i64 > -most,
            None => false,
        };
        if hidden {
            return;
        }
        let shown = match self.wish.unit {
            Unit::Block(_) | Unit::Letter(..) if self.wish.inodes => value.to_string(),
            unit => unit.show(value),
        };
        ctx.out(format!("{shown}\t"));
        if let Some(format) = &self.wish.time {
            ctx.out(time::format(format.as_bytes(), sum.time.unwrap_or_default()));
            ctx.out("\t");
        }
        ctx.out(path);
        ctx.out(self.wish.eol);
    }
}
