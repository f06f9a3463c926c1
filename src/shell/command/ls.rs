//! `ls`, `dir` and `vdir`: directories listed.

mod color;
mod entry;
mod layout;
mod long;
mod options;

use super::common::quote;
use super::ctx::{Ctx, join};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::types::FileType;
use entry::Entry;
use options::{Follow, Options};

pub use options::version_order;

const USAGE: &str = "Usage: {} [OPTION]... [FILE]...\nList information about the FILEs (the current directory by default).\nSort entries alphabetically if none of -cftuvSUX nor --sort is specified.\n";

pub const LS: Command = Command {
    name: "ls",
    usage: USAGE,
    summary: "list directories",
    package: Package::Coreutils,
    trouble: 2,
    start: Start::Swift(run),
};

pub const DIR: Command = Command { name: "dir", summary: "list directories in columns", ..LS };
pub const VDIR: Command = Command { name: "vdir", summary: "list directories in detail", ..LS };

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let (options, operands) = match options::read(ctx) {
        Ok(read) => read,
        Err(status) => return status,
    };
    let mut ls = Ls { options, status: 0, first: true, colored: false };
    ls.operands(ctx, operands);
    ls.status
}

/// A run of `ls`.
struct Ls {
    options: Options,
    status: i32,
    /// Nothing has been printed yet.
    first: bool,
    /// A colour was used.
    colored: bool,
}

/// A directory waiting to be listed.
struct Waiting {
    /// The path to open.
    path: Vec<u8>,
    given: bool,
    /// The directories above it by (device, inode), to notice loops when links are followed.
    above: Vec<(u64, u64)>,
}

impl Ls {
    fn operands(&mut self, ctx: &mut Ctx<'_>, operands: Vec<Vec<u8>>) {
        let many = operands.len() > 1;
        let operands = if operands.is_empty() { vec![b".".to_vec()] } else { operands };
        let (mut files, mut dirs) = (Vec::new(), Vec::new());
        for operand in operands {
            let Some(entry) = self.operand(ctx, &operand) else { continue };
            let is_dir = entry.kind == Some(FileType::Dir);
            if is_dir && !self.options.directory { dirs.push(entry) } else { files.push(entry) }
        }
        self.sort(&mut files);
        self.sort(&mut dirs);
        let headers = many || self.options.recursive;
        if !files.is_empty() {
            self.print(ctx, &files, &dirs, None);
            self.first = false;
        }
        let mut queue: Vec<Waiting> = dirs
            .into_iter()
            .rev()
            .map(|d| Waiting { path: d.name, given: true, above: Vec::new() })
            .collect();
        while let Some(next) = queue.pop() {
            self.directory(ctx, &next, headers, &mut queue);
        }
    }

    /// The entry of an operand; `None` (and a message) when it cannot be seen.
    fn operand(&mut self, ctx: &mut Ctx<'_>, operand: &[u8]) -> Option<Entry> {
        let follow = match self.options.follow {
            Follow::Never => false,
            Follow::Always | Follow::Operands => true,
            Follow::OperandDirs => {
                matches!(ctx.stat(operand), Ok(attr) if attr.is_dir())
            }
        };
        let mut attr = if follow { ctx.stat(operand) } else { ctx.lstat(operand) };
        if follow && attr == Err(Errno::ENOENT) && self.options.follow == Follow::Operands {
            attr = ctx.lstat(operand);
        }
        match attr {
            Ok(attr) => {
                let mut entry = Entry::new(operand.to_vec(), attr.ino, Some(attr.kind));
                entry.attr = Some(attr);
                entry::finish(ctx, &self.options, &mut entry, operand);
                Some(entry)
            }
            Err(errno) => {
                ctx.fail(format_args!("cannot access {}", quote::quoted(operand)), errno);
                self.status = 2;
                None
            }
        }
    }

    fn directory(
        &mut self,
        ctx: &mut Ctx<'_>,
        dir: &Waiting,
        headers: bool,
        queue: &mut Vec<Waiting>,
    ) {
        let list = match ctx.read_dir(&dir.path) {
            Ok(list) => list,
            Err(errno) => {
                let what = quote::quoted(&dir.path);
                ctx.fail(format_args!("cannot open directory {what}"), errno);
                self.worst(if dir.given { 2 } else { 1 });
                return;
            }
        };
        let here = ctx.stat(&dir.path).map(|a| (a.dev.encode(), a.ino)).unwrap_or_default();
        if self.options.recursive && dir.above.contains(&here) {
            let what = quote::message(&dir.path);
            ctx.warn(format_args!("{what}: not listing already-listed directory"));
            self.worst(2);
            return;
        }
        let mut entries = Vec::new();
        for item in list {
            if self.options.hides(&item.name) {
                continue;
            }
            let mut entry = Entry::new(item.name.clone(), item.ino, Some(item.kind));
            let path =
                if dir.path == b"." { item.name.clone() } else { join(&dir.path, &item.name) };
            if self.options.needs_stat(item.kind) && !self.look(ctx, &mut entry, &path) {
                self.worst(1);
            }
            entries.push(entry);
        }
        self.sort(&mut entries);
        if headers {
            let name = self.options.name(&dir.path);
            let gap = if self.first { "" } else { "\n" };
            ctx.out(format!("{gap}{name}:\n"));
        }
        self.first = false;
        let total = self.options.totals();
        self.print(ctx, &entries, &[], total.then(|| entries.iter().map(Entry::bytes_used).sum()));
        if self.options.recursive {
            let mut above = dir.above.clone();
            above.push(here);
            let below = entries
                .iter()
                .rev()
                .filter(|e| e.kind == Some(FileType::Dir) && e.name != b"." && e.name != b"..");
            queue.extend(below.map(|e| Waiting {
                path: join(&dir.path, &e.name),
                given: false,
                above: above.clone(),
            }));
        }
    }

    /// Stats an entry of a directory. False (and a message) when that fails.
    fn look(&mut self, ctx: &mut Ctx<'_>, entry: &mut Entry, path: &[u8]) -> bool {
        let follow = self.options.follow == Follow::Always;
        let attr = if follow { ctx.stat(path) } else { ctx.lstat(path) };
        match attr {
            Ok(attr) => {
                entry.attr = Some(attr);
                entry.kind = Some(attr.kind);
                entry.ino = attr.ino;
                entry::finish(ctx, &self.options, entry, path);
                true
            }
            Err(errno) => {
                ctx.fail(format_args!("cannot access {}", quote::quoted(path)), errno);
                false
            }
        }
    }

    fn worst(&mut self, status: i32) {
        self.status = self.status.max(status);
    }

    fn sort(&self, entries: &mut [Entry]) {
        options::sort(&self.options, entries);
    }

    /// Prints entries, after the line with their total when there is one.
    /// `beside`: entries that count for the widths of columns only.
    fn print(
        &mut self,
        ctx: &mut Ctx<'_>,
        entries: &[Entry],
        beside: &[Entry],
        total: Option<u64>,
    ) {
        if let Some(bytes) = total {
            ctx.out(format!("total {}{}", self.options.blocks.show(bytes), self.options.eol));
        }
        if self.options.is_long() {
            long::print(ctx, &self.options, entries, beside, &mut self.colored);
        } else {
            layout::print(ctx, &self.options, entries, &mut self.colored);
        }
    }
}
