//! xargs, as findutils 4.9.

use super::child::{Child, Outcome};
use super::common::args::number;
use super::ctx::Ctx;
use super::once::Drain;
use super::{Command, Invocation, Package, Start, rare};
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::Sys;
use std::collections::VecDeque;

pub const COMMAND: Command = rare(Command {
    name: "xargs",
    usage: "Usage: {} [OPTION]... COMMAND [INITIAL-ARGS]...\nRun COMMAND with arguments INITIAL-ARGS and more arguments read from input.\n",
    summary: "run a command with arguments from standard input",
    package: Package::Findutils,
    trouble: 1,
    start: Start::Program(|call| Box::new(Xargs::new(call))),
});

/// Bytes of one command line (the default of findutils).
const LINE_MAX: usize = 131_072;

#[derive(Clone, Default)]
struct Options {
    command: Vec<Vec<u8>>,
    null: bool,
    delimiter: Option<u8>,
    replace: Option<Vec<u8>>,
    max_args: Option<usize>,
    max_lines: Option<usize>,
    no_run_if_empty: bool,
    trace: bool,
    file: Option<Vec<u8>>,
}

#[derive(Clone)]
struct Xargs {
    call: Invocation,
    options: Option<Options>,
    input: Vec<u8>,
    input_fd: i32,
    ended: bool,
    /// Command lines to run; `None` until all input is read.
    jobs: Option<VecDeque<Vec<Vec<u8>>>>,
    child: Option<Child>,
    drain: Drain,
    failed: bool,
    status: Option<i32>,
}

impl Xargs {
    fn new(call: Invocation) -> Xargs {
        Xargs {
            call,
            options: None,
            input: Vec::new(),
            input_fd: 0,
            ended: false,
            jobs: None,
            child: None,
            drain: Drain::default(),
            failed: false,
            status: None,
        }
    }

    fn with<R>(&mut self, os: &mut Os<'_>, f: impl FnOnce(&mut Xargs, &mut Ctx<'_>) -> R) -> R {
        let call = self.call.clone();
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = Ctx::new(&mut sys, &call);
        let res = f(self, &mut ctx);
        let (segments, _) = ctx.finish();
        segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
        res
    }

    fn start(&mut self, os: &mut Os<'_>) {
        self.with(os, |xargs, ctx| match options(ctx) {
            Ok(options) => {
                if let Some(file) = &options.file {
                    match ctx.open(file, crate::types::OpenFlags::RDONLY, 0) {
                        Ok(fd) => xargs.input_fd = fd,
                        Err(errno) => {
                            let file = super::common::quote::locale(file);
                            ctx.warn(format_args!("Cannot open input file {file}: {errno}"));
                            xargs.status = Some(1);
                        }
                    }
                }
                xargs.options = Some(options);
            }
            Err(status) => xargs.status = Some(status),
        });
    }

    fn read(&mut self, os: &mut Os<'_>) -> Option<Poll> {
        let mut block = vec![0; 65536];
        match os.sys().read(self.input_fd, &mut block) {
            Ok(0) => self.ended = true,
            Ok(n) => self.input.extend_from_slice(&block[..n]),
            Err(Errno::EAGAIN) => return Some(Poll::Blocked),
            Err(_) => self.ended = true,
        }
        None
    }

    fn plan(&mut self, os: &mut Os<'_>) {
        let options = self.options.clone().unwrap_or_default();
        match split(&self.input, &options) {
            Ok(lines) => self.jobs = Some(jobs(lines, &options)),
            Err(message) => {
                self.with(os, |_, ctx| ctx.warn(message));
                self.status = Some(1);
            }
        }
    }

    fn next(&mut self, os: &mut Os<'_>) {
        let Some(argv) = self.jobs.as_mut().and_then(VecDeque::pop_front) else {
            self.status = Some(if self.failed { 123 } else { 0 });
            return;
        };
        if self.options.as_ref().is_some_and(|it| it.trace) {
            let words: Vec<String> =
                argv.iter().map(|it| super::common::quote::shell(it)).collect();
            self.with(os, |_, ctx| ctx.err(format!("{}\n", words.join(" "))));
        }
        self.child = Some(Child::new(argv, self.call.env.clone(), None));
    }

    fn wait(&mut self, os: &mut Os<'_>) -> Option<Poll> {
        match self.child.as_mut()?.poll(os) {
            Outcome::Running => return Some(Poll::Blocked),
            Outcome::Ended(0) => {}
            Outcome::Ended(255) => {
                let word = self.word();
                self.with(os, |_, ctx| {
                    ctx.warn(format_args!("{word}: exited with status 255; aborting"));
                });
                self.status = Some(124);
            }
            Outcome::Ended(_) => self.failed = true,
            Outcome::CannotRun(word, errno) => {
                let word = String::from_utf8_lossy(&word).into_owned();
                self.with(os, |_, ctx| ctx.fail(word, errno));
                self.status = Some(if errno == Errno::ENOENT { 127 } else { 126 });
            }
        }
        self.child = None;
        None
    }

    fn word(&self) -> String {
        let command = self.options.as_ref().and_then(|it| it.command.first());
        String::from_utf8_lossy(command.map(Vec::as_slice).unwrap_or_default()).into_owned()
    }
}

fn options(ctx: &mut Ctx<'_>) -> Result<Options, i32> {
    let table = "+ 0|null a|arg-file= d|delimiter= E= e= I= i= L|max-lines= l= n|max-args= \
                 o|open-tty P|max-procs= p|interactive r|no-run-if-empty s|max-chars= \
                 t|verbose x|exit";
    let parsed = ctx.parse(table)?;
    let mut options = Options { command: parsed.operands, ..Options::default() };
    if options.command.is_empty() {
        options.command.push(b"echo".to_vec());
    }
    for given in &parsed.options {
        match given.id {
            "0" => options.null = true,
            "a" => options.file = given.value.clone(),
            "d" => options.delimiter = Some(delimiter(given.bytes())),
            "I" | "i" => options.replace = given.value.clone(),
            "L" | "l" | "n" => {
                let count = number(given.bytes()).filter(|it| *it > 0);
                let Some(count) = count else {
                    let text = super::common::quote::locale(given.bytes());
                    if given.bytes() == b"0" {
                        ctx.warn(format_args!("value 0 for -{} option should be >= 1", given.id));
                    } else {
                        ctx.warn(format_args!("invalid number {text} for -{} option", given.id));
                    }
                    ctx.try_help();
                    return Err(1);
                };
                if given.id == "n" {
                    options.max_args = Some(count as usize);
                } else {
                    options.max_lines = Some(count as usize);
                }
            }
            "r" => options.no_run_if_empty = true,
            "t" => options.trace = true,
            "p" | "o" => {
                ctx.warn(format_args!("-{}: not simulated: use -t", given.id));
                return Err(1);
            }
            _ => {}
        }
    }
    Ok(options)
}

fn delimiter(text: &[u8]) -> u8 {
    match text {
        b"\\n" => b'\n',
        b"\\t" => b'\t',
        b"\\0" => 0,
        [first, ..] => *first,
        [] => 0,
    }
}

/// The arguments, line by line.
fn split(input: &[u8], options: &Options) -> Result<Vec<Vec<Vec<u8>>>, &'static str> {
    let separator = if options.null { Some(0) } else { options.delimiter };
    if let Some(separator) = separator {
        let body = input.strip_suffix(&[separator]).unwrap_or(input);
        let items = body.split(|it| *it == separator).map(|it| vec![it.to_vec()]);
        return Ok(if input.is_empty() { Vec::new() } else { items.collect() });
    }
    if options.replace.is_some() {
        let lines = input.split(|it| *it == b'\n').map(<[u8]>::trim_ascii_start);
        return Ok(lines.filter(|it| !it.is_empty()).map(|it| vec![it.to_vec()]).collect());
    }
    words(input)
}

/// Words with quotes and backslashes, as xargs takes them by default.
fn words(input: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, &'static str> {
    let (mut lines, mut line, mut word) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
    let mut bytes = input.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' | b'"' => {
                let text = word.get_or_insert_with(Vec::new);
                loop {
                    match bytes.next() {
                        Some(it) if it == byte => break,
                        None | Some(b'\n') => {
                            return Err(if byte == b'"' {
                                "unmatched double quote; by default quotes are special to xargs \
                                 unless you use the -0 option"
                            } else {
                                "unmatched single quote; by default quotes are special to xargs \
                                 unless you use the -0 option"
                            });
                        }
                        Some(it) => text.push(it),
                    }
                }
            }
            b'\\' => word.get_or_insert_with(Vec::new).extend(bytes.next()),
            b' ' | b'\t' | b'\n' => {
                line.extend(word.take());
                if byte == b'\n' && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
            }
            _ => word.get_or_insert_with(Vec::new).push(byte),
        }
    }
    line.extend(word);
    if !line.is_empty() {
        lines.push(line);
    }
    Ok(lines)
}

/// The command lines to run.
fn jobs(lines: Vec<Vec<Vec<u8>>>, options: &Options) -> VecDeque<Vec<Vec<u8>>> {
    let command = &options.command;
    if let Some(mark) = &options.replace {
        let fill = |item: &Vec<u8>| {
            command.iter().map(|it| super::find::replace(it, mark, item)).collect()
        };
        return lines.iter().flatten().map(fill).collect();
    }
    let groups: Vec<Vec<Vec<u8>>> = match options.max_lines {
        Some(count) => lines.chunks(count).map(<[_]>::concat).collect(),
        None => {
            let all: Vec<Vec<u8>> = lines.concat();
            if all.is_empty() {
                Vec::new()
            } else {
                by_size(all, options.max_args.unwrap_or(usize::MAX), command)
            }
        }
    };
    if groups.is_empty() && !options.no_run_if_empty {
        return VecDeque::from([command.clone()]);
    }
    groups.into_iter().map(|args| [command.clone(), args].concat()).collect()
}

fn by_size(all: Vec<Vec<u8>>, max: usize, command: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
    let base: usize = command.iter().map(|it| it.len() + 1).sum();
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut size = usize::MAX;
    for word in all {
        let len = word.len() + 1;
        let full = groups.last().is_none_or(|it| it.len() >= max);
        if full || size.saturating_add(len) > LINE_MAX {
            groups.push(Vec::new());
            size = base;
        }
        size += len;
        if let Some(group) = groups.last_mut() {
            group.push(word);
        }
    }
    groups
}

impl Program for Xargs {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "xargs") {
                return poll;
            }
            if let Some(status) = self.status {
                return Poll::Exit(status);
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            os.fuel = os.fuel.saturating_sub(20);
            let wait = if self.options.is_none() {
                self.start(os);
                None
            } else if !self.ended {
                self.read(os)
            } else if self.jobs.is_none() {
                self.plan(os);
                None
            } else if self.child.is_some() {
                self.wait(os)
            } else {
                self.next(os);
                None
            };
            if let Some(poll) = wait {
                return poll;
            }
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
