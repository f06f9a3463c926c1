//! diff, as GNU diffutils 3.8: normal and unified output, directories with -r.

use super::ctx::{Ctx, join};
use super::diff_core::{Change, changes, hunks};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::types::{Attr, FileType};

pub const COMMAND: Command = rare(Command {
    name: "diff",
    usage: "Usage: {} [OPTION]... FILES\nCompare FILES line by line.\n",
    summary: "compare files or directories",
    package: Package::Diffutils,
    trouble: 2,
    start: Start::Patient(main),
});

#[derive(Default)]
struct Options {
    unified: Option<usize>,
    brief: bool,
    same: bool,
    recursive: bool,
    new_file: bool,
    text: bool,
    icase: bool,
    all_space: bool,
    space_change: bool,
    blank_lines: bool,
    labels: Vec<String>,
    no_dereference: bool,
    /// The command as typed, for the lines between files of directories.
    shown: String,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let (options, operands) = match options(ctx) {
        Ok(it) => it,
        Err(status) => return status,
    };
    let (mut a, mut b) = (operands[0].clone(), operands[1].clone());
    // A file against a directory: the file of the same name in it.
    let is_dir = |ctx: &mut Ctx<'_>, path: &[u8]| ctx.stat(path).is_ok_and(|it| it.is_dir());
    let (a_dir, b_dir) = (is_dir(ctx, &a), is_dir(ctx, &b));
    if a_dir && !b_dir && b != b"-" {
        a = join(&a, super::ctx::base_name(&b));
    } else if b_dir && !a_dir && a != b"-" {
        b = join(&b, super::ctx::base_name(&a));
    }
    Run { options }.pair(ctx, &a, &b, true)
}

fn options(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let table = "normal q|brief s|report-identical-files c C|context= u U|unified=? e|ed n|rcs \
        y|side-by-side W|width= L|label= p|show-c-function r|recursive N|new-file \
        i|ignore-case b|ignore-space-change w|ignore-all-space B|ignore-blank-lines a|text \
        |strip-trailing-cr d|minimal |no-dereference |color=? x|exclude= t|expand-tabs";
    let parsed = ctx.parse(table)?;
    let mut options = Options::default();
    for given in &parsed.options {
        match given.id {
            "q" => options.brief = true,
            "s" => options.same = true,
            "u" => options.unified = options.unified.or(Some(3)),
            "U" => {
                let lines = given.value.as_deref().map_or(Some(3), super::common::args::number);
                let Some(lines) = lines else {
                    let text = given.text();
                    return Err(ctx.usage(format_args!("invalid context length '{text}'")));
                };
                options.unified = Some(lines as usize);
            }
            "r" => options.recursive = true,
            "N" => options.new_file = true,
            "i" => options.icase = true,
            "b" => options.space_change = true,
            "w" => options.all_space = true,
            "B" => options.blank_lines = true,
            "a" => options.text = true,
            "L" => options.labels.push(given.text()),
            "no-dereference" => options.no_dereference = true,
            "normal" | "d" | "color" | "p" => {}
            other => {
                ctx.warn(format_args!("-{other}: not simulated: use -u"));
                return Err(2);
            }
        }
    }
    let given: Vec<String> = ctx
        .args()
        .iter()
        .filter(|it| it.starts_with(b"-") && it.len() > 1)
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect();
    options.shown = std::iter::once("diff".to_string()).chain(given).collect::<Vec<_>>().join(" ");
    match parsed.operands.len() {
        2 => Ok((options, parsed.operands)),
        0 => Err(usage(ctx, "missing operand after 'diff'")),
        1 => {
            let last = String::from_utf8_lossy(&parsed.operands[0]).into_owned();
            Err(usage(ctx, &format!("missing operand after '{last}'")))
        }
        _ => {
            let extra = String::from_utf8_lossy(&parsed.operands[2]).into_owned();
            Err(usage(ctx, &format!("extra operand '{extra}'")))
        }
    }
}

/// diff says its name before the hint too.
fn usage(ctx: &mut Ctx<'_>, message: &str) -> i32 {
    ctx.warn(message);
    ctx.warn("Try 'diff --help' for more information.");
    2
}

struct Run {
    options: Options,
}

/// One side of a comparison.
struct Side {
    name: Vec<u8>,
    attr: Option<Attr>,
}

impl Run {
    fn pair(&self, ctx: &mut Ctx<'_>, a: &[u8], b: &[u8], top: bool) -> i32 {
        let (left, right) = match (self.side(ctx, a), self.side(ctx, b)) {
            (Ok(left), Ok(right)) => (left, right),
            (left, right) => {
                for (name, side) in [(a, left), (b, right)] {
                    if let Err(errno) = side {
                        ctx.fail(String::from_utf8_lossy(name), errno);
                    }
                }
                return 2;
            }
        };
        let is_dir = |side: &Side| side.attr.is_some_and(|it| it.is_dir());
        match (is_dir(&left), is_dir(&right)) {
            (true, true) => self.dirs(ctx, a, b, top),
            (true, false) if right.attr.is_none() => self.dirs(ctx, a, b, top),
            (false, true) if left.attr.is_none() => self.dirs(ctx, a, b, top),
            (false, false) => self.entries(ctx, &left, &right, top),
            _ => self.kinds_differ(ctx, &left, &right),
        }
    }

    fn side(&self, ctx: &mut Ctx<'_>, path: &[u8]) -> Result<Side, Errno> {
        let attr = if path == b"-" {
            ctx.sys.fstat(0).map(Some)
        } else if self.options.no_dereference {
            ctx.lstat(path).map(Some)
        } else {
            ctx.stat(path).map(Some)
        };
        let attr = match attr {
            Err(Errno::ENOENT) if self.options.new_file => Ok(None),
            other => other,
        };
        attr.map(|attr| Side { name: path.to_vec(), attr })
    }

    fn kinds_differ(&self, ctx: &mut Ctx<'_>, a: &Side, b: &Side) -> i32 {
        let text = format!(
            "File {} is a {} while file {} is a {}\n",
            String::from_utf8_lossy(&a.name),
            kind_name(a.attr),
            String::from_utf8_lossy(&b.name),
            kind_name(b.attr)
        );
        ctx.out(text);
        1
    }

    fn entries(&self, ctx: &mut Ctx<'_>, a: &Side, b: &Side, top: bool) -> i32 {
        let plain = |side: &Side| side.attr.is_none_or(|it| it.kind == FileType::Reg);
        if !top && !(plain(a) && plain(b)) {
            let links = |side: &Side| side.attr.is_some_and(|it| it.kind == FileType::Symlink);
            if links(a) && links(b) {
                let at = crate::sys::AT_FDCWD;
                let same = ctx.sys.readlinkat(at, &a.name) == ctx.sys.readlinkat(at, &b.name);
                if !same {
                    ctx.out(format!(
                        "Symbolic links {} and {} differ\n",
                        String::from_utf8_lossy(&a.name),
                        String::from_utf8_lossy(&b.name)
                    ));
                }
                return i32::from(!same);
            }
            return self.kinds_differ(ctx, a, b);
        }
        let read = |ctx: &mut Ctx<'_>, side: &Side| match side.attr {
            None => Ok(Vec::new()),
            Some(_) => ctx.read_input(&side.name),
        };
        match (read(ctx, a), read(ctx, b)) {
            (Ok(left), Ok(right)) => self.files(ctx, a, b, &left, &right, top),
            (left, right) => {
                for (side, text) in [(a, left), (b, right)] {
                    if let Err(errno) = text {
                        ctx.fail(String::from_utf8_lossy(&side.name), errno);
                    }
                }
                2
            }
        }
    }

    fn files(
        &self,
        ctx: &mut Ctx<'_>,
        a: &Side,
        b: &Side,
        old: &[u8],
        new: &[u8],
        top: bool,
    ) -> i32 {
        let (a_name, b_name) = (String::from_utf8_lossy(&a.name), String::from_utf8_lossy(&b.name));
        let binary = !self.options.text && (old.contains(&0) || new.contains(&0));
        if binary {
            if old == new {
                return self.identical(ctx, &a_name, &b_name);
            }
            let word = if self.options.brief { "Files" } else { "Binary files" };
            ctx.out(format!("{word} {a_name} and {b_name} differ\n"));
            return 1;
        }
        let (old_lines, new_lines) = (lines(old), lines(new));
        let old_keys: Vec<Vec<u8>> = old_lines.iter().map(|it| self.key(it)).collect();
        let new_keys: Vec<Vec<u8>> = new_lines.iter().map(|it| self.key(it)).collect();
        let mut found = changes(&old_keys, &new_keys);
        if self.options.blank_lines {
            let blank = |lines: &[&[u8]]| lines.iter().all(|it| *it == b"\n");
            found
                .retain(|it| !(blank(&old_lines[it.a.clone()]) && blank(&new_lines[it.b.clone()])));
        }
        if found.is_empty() {
            return self.identical(ctx, &a_name, &b_name);
        }
        if self.options.brief {
            ctx.out(format!("Files {a_name} and {b_name} differ\n"));
            return 1;
        }
        if !top {
            ctx.out(format!("{} {a_name} {b_name}\n", self.options.shown));
        }
        match self.options.unified {
            Some(context) => {
                self.header(ctx, "---", a, 0);
                self.header(ctx, "+++", b, 1);
                unified(ctx, &found, &old_lines, &new_lines, context);
            }
            None => normal(ctx, &found, &old_lines, &new_lines),
        }
        1
    }

    fn identical(&self, ctx: &mut Ctx<'_>, a: &str, b: &str) -> i32 {
        if self.options.same {
            ctx.out(format!("Files {a} and {b} are identical\n"));
        }
        0
    }

    /// What is compared of a line.
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let space = |it: &u8| matches!(it, b' ' | b'\t' | 0x0b | 0x0c | b'\r');
        let mut key: Vec<u8> = if self.options.all_space {
            line.iter().filter(|it| !space(it)).copied().collect()
        } else if self.options.space_change {
            let mut out: Vec<u8> = Vec::new();
            for byte in line {
                if !space(byte) {
                    out.push(*byte);
                } else if out.last() != Some(&b' ') {
                    out.push(b' ');
                }
            }
            if out.ends_with(b" \n") {
                out.remove(out.len() - 2);
            }
            out
        } else {
            line.to_vec()
        };
        if self.options.icase {
            key.make_ascii_lowercase();
        }
        key
    }

    fn header(&self, ctx: &mut Ctx<'_>, mark: &str, side: &Side, which: usize) {
        if let Some(label) = self.options.labels.get(which) {
            ctx.out(format!("{mark} {label}\n"));
            return;
        }
        let time = side.attr.map_or_else(Default::default, |it| it.mtime);
        let stamp = super::common::time::format(b"%Y-%m-%d %H:%M:%S.%N %z", time);
        ctx.out(format!("{mark} {}\t", String::from_utf8_lossy(&side.name)));
        ctx.out(stamp);
        ctx.out("\n");
    }

    fn dirs(&self, ctx: &mut Ctx<'_>, a: &[u8], b: &[u8], top: bool) -> i32 {
        if !top && !self.options.recursive {
            ctx.out(format!(
                "Common subdirectories: {} and {}\n",
                String::from_utf8_lossy(a),
                String::from_utf8_lossy(b)
            ));
            return 0;
        }
        let names = |ctx: &mut Ctx<'_>, dir: &[u8]| -> Result<Vec<Vec<u8>>, Errno> {
            match ctx.children(dir) {
                Ok(entries) => Ok(entries.into_iter().map(|it| it.name).collect()),
                Err(Errno::ENOENT) if self.options.new_file => Ok(Vec::new()),
                Err(errno) => Err(errno),
            }
        };
        let (left, right) = match (names(ctx, a), names(ctx, b)) {
            (Ok(left), Ok(right)) => (left, right),
            (left, right) => {
                for (dir, names) in [(a, left), (b, right)] {
                    if let Err(errno) = names {
                        ctx.fail(String::from_utf8_lossy(dir), errno);
                    }
                }
                return 2;
            }
        };
        let mut all: Vec<&Vec<u8>> = left.iter().chain(&right).collect();
        all.sort();
        all.dedup();
        let mut status = 0;
        for name in all {
            let (in_a, in_b) = (left.contains(name), right.contains(name));
            let done = if (in_a && in_b) || self.options.new_file {
                self.pair(ctx, &join(a, name), &join(b, name), false)
            } else {
                let dir = String::from_utf8_lossy(if in_a { a } else { b }).into_owned();
                ctx.out(format!("Only in {dir}: {}\n", String::from_utf8_lossy(name)));
                1
            };
            status = status.max(done);
        }
        status
    }
}

fn kind_name(attr: Option<Attr>) -> &'static str {
    match attr {
        Some(it) => match it.kind {
            FileType::Reg if it.size == 0 => "regular empty file",
            FileType::Reg => "regular file",
            FileType::Dir => "directory",
            FileType::Symlink => "symbolic link",
            FileType::Fifo => "fifo",
            FileType::Sock => "socket",
            FileType::Chr => "character special file",
            FileType::Blk => "block special file",
        },
        None => "regular empty file",
    }
}

/// Lines with their newlines.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|it| *it == b'\n').collect()
}

fn put(ctx: &mut Ctx<'_>, mark: &str, line: &[u8]) {
    ctx.out(mark);
    ctx.out(line);
    if !line.ends_with(b"\n") {
        ctx.out("\n\\ No newline at end of file\n");
    }
}

fn normal(ctx: &mut Ctx<'_>, found: &[Change], old: &[&[u8]], new: &[&[u8]]) {
    let span = |range: &std::ops::Range<usize>| match range.len() {
        0 => range.start.to_string(),
        1 => (range.start + 1).to_string(),
        _ => format!("{},{}", range.start + 1, range.end),
    };
    for change in found {
        let letter = match (change.a.is_empty(), change.b.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        ctx.out(format!("{}{letter}{}\n", span(&change.a), span(&change.b)));
        old[change.a.clone()].iter().for_each(|it| put(ctx, "< ", it));
        if letter == 'c' {
            ctx.out("---\n");
        }
        new[change.b.clone()].iter().for_each(|it| put(ctx, "> ", it));
    }
}

fn unified(ctx: &mut Ctx<'_>, found: &[Change], old: &[&[u8]], new: &[&[u8]], context: usize) {
    let span = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        len => format!("{},{len}", start + 1),
    };
    for hunk in hunks(found, context) {
        let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
        let before = context.min(first.a.start).min(first.b.start);
        let after = context.min(old.len() - last.a.end).min(new.len() - last.b.end);
        let (a_from, a_to) = (first.a.start - before, last.a.end + after);
        let (b_from, b_to) = (first.b.start - before, last.b.end + after);
        ctx.out(format!("@@ -{} +{} @@\n", span(a_from, a_to), span(b_from, b_to)));
        let mut at = a_from;
        for change in hunk {
            old[at..change.a.start].iter().for_each(|it| put(ctx, " ", it));
            old[change.a.clone()].iter().for_each(|it| put(ctx, "-", it));
            new[change.b.clone()].iter().for_each(|it| put(ctx, "+", it));
            at = change.a.end;
        }
        old[at..a_to].iter().for_each(|it| put(ctx, " ", it));
    }
}
