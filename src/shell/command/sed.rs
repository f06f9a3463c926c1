//! sed, as GNU sed 4.9.

mod exec;
mod parse;

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::shell::regex::Syntax;
use crate::types::OpenFlags;
use exec::{Exec, Input, Sink, Stop};
use std::collections::{BTreeMap, VecDeque};

pub const COMMAND: Command = rare(Command {
    name: "sed",
    usage: "Usage: {} [OPTION]... {script-only-if-no-other-script} [input-file]...\n",
    summary: "edit a stream of lines",
    package: Package::Sed,
    trouble: 1,
    start: Start::Patient(main),
});

/// Commands run between two looks at whether the script gets anywhere.
const SLICE: usize = 1_000_000;
/// Slices without input or output after which a script counts as endless.
const SLICES_MAX: usize = 20;

struct Options {
    quiet: bool,
    extended: bool,
    posix: bool,
    null: bool,
    separate: bool,
    in_place: Option<String>,
    script: Vec<u8>,
    files: Vec<Vec<u8>>,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let options = match options(ctx) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let syntax = if options.extended { Syntax::Extended } else { Syntax::Basic };
    let (script, quiet) = match options.script.strip_prefix(b"#n\n") {
        Some(rest) => (rest, true),
        None => (&options.script[..], options.quiet),
    };
    let commands = match parse::parse(script, syntax) {
        Ok(commands) => commands,
        Err((usize::MAX, what)) => {
            ctx.warn(what);
            return 4;
        }
        Err((at, what)) => {
            ctx.warn(format_args!("-e expression #1, char {at}: {what}"));
            return 1;
        }
    };
    let separator = if options.null { 0 } else { b'\n' };
    let mut run = Run {
        source: Source::new(options.files.clone(), separator),
        files: BTreeMap::new(),
        status: 0,
    };
    let mut exec = Exec::new(commands, quiet, options.posix, separator);
    if options.separate || options.in_place.is_some() {
        run.each_file(ctx, &mut exec, &options)
    } else {
        run.stream(ctx, &mut exec)
    }
}

fn options(ctx: &mut Ctx<'_>) -> Result<Options, i32> {
    let table = "n|quiet |silent e|expression= f|file= E|regexp-extended r i|in-place=? s|separate \
                 u|unbuffered z|null-data |posix |debug l|line-length= |sandbox |follow-symlinks";
    let parsed = ctx.parse(table)?;
    let mut options = Options {
        quiet: false,
        extended: false,
        posix: ctx.var("POSIXLY_CORRECT").is_some(),
        null: false,
        separate: false,
        in_place: None,
        script: Vec::new(),
        files: Vec::new(),
    };
    let mut scripts: Vec<Vec<u8>> = Vec::new();
    for given in &parsed.options {
        match given.id {
            "n" | "silent" => options.quiet = true,
            "e" => scripts.push(given.bytes().to_vec()),
            "f" => scripts.push(script_file(ctx, given.bytes())?),
            "E" | "r" => options.extended = true,
            "i" => options.in_place = Some(given.text()),
            "s" => options.separate = true,
            "z" => options.null = true,
            "posix" => options.posix = true,
            _ => {}
        }
    }
    let mut operands = parsed.operands.into_iter();
    if scripts.is_empty() {
        match operands.next() {
            Some(script) => scripts.push(script),
            None => {
                ctx.err(
                    "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n\n",
                );
                return Err(1);
            }
        }
    }
    options.script = scripts.join(&b'\n');
    options.files = operands.collect();
    if options.files.is_empty() {
        options.files.push(b"-".to_vec());
    }
    Ok(options)
}

fn script_file(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<Vec<u8>, i32> {
    match ctx.read_input(path) {
        Ok(mut text) => {
            if text.last() == Some(&b'\n') {
                text.pop();
            }
            Ok(text)
        }
        Err(errno) => {
            ctx.warn(format_args!("couldn't open file {}: {errno}", String::from_utf8_lossy(path)));
            Err(1)
        }
    }
}

/// Lines of all inputs, one line ahead so that `$` is known.
struct Source {
    names: VecDeque<Vec<u8>>,
    separator: u8,
    /// The open file, what is read of it, and whether it is at its end.
    open: Option<(Vec<u8>, i32)>,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    ahead: VecDeque<(Vec<u8>, bool, Vec<u8>)>,
    failed: bool,
    /// A read failed for good: nothing more is read.
    broken: bool,
}

impl Source {
    fn new(names: Vec<Vec<u8>>, separator: u8) -> Source {
        Source {
            names: names.into(),
            separator,
            open: None,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            ahead: VecDeque::new(),
            failed: false,
            broken: false,
        }
    }

    /// The next line: text, ended by a newline, last of all, file name.
    fn next(&mut self, ctx: &mut Ctx<'_>) -> Option<(Vec<u8>, bool, bool, Vec<u8>)> {
        while self.ahead.len() < 2 {
            match self.pull(ctx) {
                Some(line) => self.ahead.push_back(line),
                None => break,
            }
        }
        let (text, newline, name) = self.ahead.pop_front()?;
        Some((text, newline, self.ahead.is_empty(), name))
    }

    fn pull(&mut self, ctx: &mut Ctx<'_>) -> Option<(Vec<u8>, bool, Vec<u8>)> {
        loop {
            if self.open.is_none() && !self.open_next(ctx) {
                return None;
            }
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest.iter().position(|it| *it == self.separator) {
                let text = rest[..end].to_vec();
                self.at += end + 1;
                let name = self.open.as_ref().map(|it| it.0.clone()).unwrap_or_default();
                return Some((text, true, name));
            }
            if !self.ended {
                self.fill(ctx);
                continue;
            }
            let text = self.buffer.split_off(self.at);
            let name = self.close(ctx);
            if !text.is_empty() {
                return Some((text, false, name));
            }
        }
    }

    fn fill(&mut self, ctx: &mut Ctx<'_>) {
        let Some((_, fd)) = self.open else { return };
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut block = vec![0; 65536];
        match ctx.sys.read(fd, &mut block) {
            Ok(0) | Err(_) => self.ended = true,
            Ok(n) => self.buffer.extend_from_slice(&block[..n]),
        }
    }

    fn close(&mut self, ctx: &mut Ctx<'_>) -> Vec<u8> {
        self.buffer.clear();
        self.at = 0;
        self.ended = false;
        match self.open.take() {
            Some((name, fd)) => {
                if fd != 0 {
                    let _ = ctx.sys.close(fd);
                }
                name
            }
            None => Vec::new(),
        }
    }

    fn open_next(&mut self, ctx: &mut Ctx<'_>) -> bool {
        while let Some(name) = self.names.pop_front() {
            if name == b"-" {
                self.open = Some((name, 0));
                return true;
            }
            let shown = String::from_utf8_lossy(&name).into_owned();
            match ctx.stat(&name) {
                Ok(attr) if attr.is_dir() => {
                    ctx.warn(format_args!("read error on {shown}: {}", Errno::EISDIR));
                    self.names.clear();
                    self.broken = true;
                    return false;
                }
                _ => {}
            }
            match ctx.open(&name, OpenFlags::RDONLY, 0) {
                Ok(fd) => {
                    self.open = Some((name, fd));
                    return true;
                }
                Err(errno) => {
                    ctx.warn(format_args!("can't read {shown}: {errno}"));
                    self.failed = true;
                }
            }
        }
        false
    }
}

struct Run {
    source: Source,
    /// Files of `w`, by name: truncated at first use.
    files: BTreeMap<Vec<u8>, i32>,
    status: i32,
}

impl Run {
    /// All inputs as one stream to standard output.
    fn stream(&mut self, ctx: &mut Ctx<'_>, exec: &mut Exec) -> i32 {
        let mut missing_newline = false;
        let status =
            self.drive(ctx, exec, &mut |ctx, text, raw| emit(ctx, text, raw, &mut missing_newline));
        match (self.source.broken, self.source.failed, status) {
            (true, _, _) => 4,
            (_, true, 0) => 2,
            _ => status,
        }
    }

    /// Runs the script to its end, handing output to `out`.
    fn drive(
        &mut self,
        ctx: &mut Ctx<'_>,
        exec: &mut Exec,
        out: &mut dyn FnMut(&mut Ctx<'_>, Vec<u8>, bool),
    ) -> i32 {
        let mut idle = 0;
        loop {
            let mut sinks = Vec::new();
            let mut read = false;
            let source = &mut self.source;
            let mut input = |exec: &mut Exec| {
                read = true;
                match source.next(ctx) {
                    None => Input::End,
                    Some((text, newline, last, name)) => {
                        exec.file = name;
                        Input::Line { text, newline, last }
                    }
                }
            };
            // One line at a time, so that output leaves before the next read may wait.
            let stop = exec.run(&mut input, &mut sinks, if idle == 0 { 64 } else { SLICE });
            idle = if read || !sinks.is_empty() { 0 } else { idle + 1 };
            for sink in sinks {
                self.sink(ctx, sink, out);
            }
            match stop {
                Stop::Done(status) => return status.max(self.status),
                Stop::Fuel => {}
            }
            if idle > SLICES_MAX {
                ctx.warn("stopped: the script runs in circles without reading or writing");
                return 4;
            }
        }
    }

    fn sink(
        &mut self,
        ctx: &mut Ctx<'_>,
        sink: Sink,
        out: &mut dyn FnMut(&mut Ctx<'_>, Vec<u8>, bool),
    ) {
        match sink {
            Sink::Out(text) => out(ctx, text, false),
            Sink::Copy(name) => {
                if let Ok(text) = ctx.read_file(&name) {
                    out(ctx, text, true);
                }
            }
            Sink::File(name, text) if name == b"/dev/stdout" => out(ctx, text, false),
            Sink::File(name, text) => {
                if let Some(fd) = self.file(ctx, &name) {
                    let _ = ctx.write_all(fd, &text);
                }
            }
        }
    }

    fn file(&mut self, ctx: &mut Ctx<'_>, name: &[u8]) -> Option<i32> {
        if let Some(fd) = self.files.get(name) {
            return Some(*fd);
        }
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
        match ctx.open(name, flags, 0o666) {
            Ok(fd) => {
                self.files.insert(name.to_vec(), fd);
                Some(fd)
            }
            Err(errno) => {
                let name = String::from_utf8_lossy(name).into_owned();
                ctx.warn(format_args!("couldn't open file {name}: {errno}"));
                self.status = 4;
                None
            }
        }
    }

    /// `-s` and `-i`: each file on its own; with `-i` the output replaces the file.
    fn each_file(&mut self, ctx: &mut Ctx<'_>, exec: &mut Exec, options: &Options) -> i32 {
        let mut status = 0;
        for name in &options.files {
            self.source = Source::new(vec![name.clone()], self.source.separator);
            exec.line = if options.in_place.is_some() { 0 } else { exec.line };
            let done = match &options.in_place {
                Some(suffix) => self.in_place(ctx, exec, name, suffix),
                None => {
                    let mut missing = false;
                    self.drive(ctx, exec, &mut |ctx, text, raw| emit(ctx, text, raw, &mut missing))
                }
            };
            status = status.max(done).max(if self.source.failed { 2 } else { 0 });
        }
        status
    }

    /// Writes a temporary file beside the old one and renames it over, as the real sed does: the
    /// file gets a new inode.
    fn in_place(&mut self, ctx: &mut Ctx<'_>, exec: &mut Exec, name: &[u8], suffix: &str) -> i32 {
        let shown = String::from_utf8_lossy(name).into_owned();
        let attr = match ctx.stat(name) {
            Ok(attr) => attr,
            Err(errno) => {
                ctx.warn(format_args!("can't read {shown}: {errno}"));
                return 2;
            }
        };
        if attr.kind != crate::types::FileType::Reg {
            ctx.warn(format_args!("couldn't edit {shown}: not a regular file"));
            return 4;
        }
        let dir = super::ctx::dir_name(name);
        let temp = super::ctx::join(&dir, b"sedXXXXXX");
        let temp = if dir == b"." { b"./sedXXXXXX".to_vec() } else { temp };
        let flags = OpenFlags::RDWR | OpenFlags::CREAT | OpenFlags::EXCL;
        let fd = match ctx.open(&temp, flags, 0o600) {
            Ok(fd) => fd,
            Err(errno) => {
                let temp = String::from_utf8_lossy(&temp).into_owned();
                ctx.warn(format_args!("couldn't open temporary file {temp}: {errno}"));
                return 4;
            }
        };
        let mut missing = false;
        let mut text = Vec::new();
        let status = self
            .drive(ctx, exec, &mut |_, part, raw| join_output(&mut text, &part, raw, &mut missing));
        let finished = self.replace(ctx, fd, &text, &temp, name, suffix, &attr);
        if let Err(errno) = finished {
            ctx.warn(format_args!("cannot rename {}: {errno}", String::from_utf8_lossy(&temp)));
            return 4;
        }
        status
    }

    #[allow(clippy::too_many_arguments, reason = "the plan of one rename")]
    fn replace(
        &mut self,
        ctx: &mut Ctx<'_>,
        fd: i32,
        text: &[u8],
        temp: &[u8],
        name: &[u8],
        suffix: &str,
        attr: &crate::types::Attr,
    ) -> Result<(), Errno> {
        ctx.write_all(fd, text)?;
        let _ = ctx.sys.fchown(fd, Some(attr.uid), Some(attr.gid));
        ctx.sys.fchmod(fd, attr.mode)?;
        let _ = ctx.sys.close(fd);
        let at = crate::sys::AT_FDCWD;
        let none = crate::types::RenameFlags::NONE;
        if !suffix.is_empty() {
            let backup = match suffix.contains('*') {
                true => suffix.replace('*', &String::from_utf8_lossy(name)).into_bytes(),
                false => [name, suffix.as_bytes()].concat(),
            };
            ctx.sys.renameat2(at, name, at, &backup, none)?;
        }
        ctx.sys.renameat2(at, temp, at, name, none)
    }
}

/// A line without newline at the end of a file gets one when more follows.
fn emit(ctx: &mut Ctx<'_>, text: Vec<u8>, raw: bool, missing: &mut bool) {
    let mut out = Vec::new();
    join_output(&mut out, &text, raw, missing);
    ctx.out(out);
}

/// `raw` text (a file of `r`) is copied as it is, and what follows goes on right behind it.
fn join_output(out: &mut Vec<u8>, text: &[u8], raw: bool, missing: &mut bool) {
    if text.is_empty() {
        return;
    }
    if *missing {
        out.push(b'\n');
    }
    out.extend_from_slice(text);
    *missing = !raw && !text.ends_with(b"\n") && !text.ends_with(b"\0");
}
