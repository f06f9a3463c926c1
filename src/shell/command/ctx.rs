//! What a straight-line command works with: its arguments, its system calls, its two outputs.

use super::common::args::{self, Parsed};
use super::common::{quote, users::Names};
use super::{Command, Invocation};
use crate::errno::Errno;
use crate::shell::os::Request;
use crate::sys::{AT_FDCWD, Fd, Sys, at};
use crate::types::{Attr, Dirent, OpenFlags, Result};
use std::fmt::Display;

/// Bytes that C stdio collects before it writes.
const BLOCK: usize = 4096;

/// What was written, in the order in which it leaves the process.
pub type Segments = Vec<(Fd, Vec<u8>)>;

/// A running straight-line command.
pub struct Ctx<'a> {
    pub sys: &'a mut dyn Sys,
    pub call: &'a Invocation,
    pub requests: Vec<Request>,
    segments: Segments,
    /// Standard output that is still in the buffer.
    buffered: Vec<u8>,
    /// Standard output is a terminal: written line by line.
    pub tty: bool,
    names: Option<Names>,
}

impl<'a> Ctx<'a> {
    pub fn new(sys: &'a mut dyn Sys, call: &'a Invocation) -> Ctx<'a> {
        let tty = sys.isatty(1);
        Ctx {
            sys,
            call,
            requests: Vec::new(),
            segments: Vec::new(),
            buffered: Vec::new(),
            tty,
            names: None,
        }
    }

    /// Goes on with output that an earlier slice left in the buffer.
    pub fn resume(sys: &'a mut dyn Sys, call: &'a Invocation, buffered: Vec<u8>) -> Ctx<'a> {
        Ctx { buffered, ..Ctx::new(sys, call) }
    }

    /// Ends the output: everything in the order written.
    pub fn finish(mut self) -> (Segments, Vec<Request>) {
        self.flush();
        (self.segments, self.requests)
    }

    /// Ends the slice: what has left the process, and what is still in the buffer.
    pub fn pause(self) -> (Segments, Vec<u8>) {
        (self.segments, self.buffered)
    }

    /// What the program calls itself in messages.
    pub fn prog(&self) -> String {
        String::from_utf8_lossy(self.call.argv.first().map_or(&b""[..], Vec::as_slice)).into_owned()
    }

    /// The arguments after the name.
    pub fn args(&self) -> &'a [Vec<u8>] {
        self.call.argv.get(1..).unwrap_or_default()
    }

    /// An environment variable.
    pub fn var(&self, name: &str) -> Option<&'a [u8]> {
        self.call.var(name)
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: impl AsRef<[u8]>) {
        if self.sys.stalled() {
            return;
        }
        self.buffered.extend_from_slice(text.as_ref());
        let ready = if self.tty {
            self.buffered.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1)
        } else {
            self.buffered.len() / BLOCK * BLOCK
        };
        if ready > 0 {
            let block: Vec<u8> = self.buffered.drain(..ready).collect();
            self.push(1, block);
        }
    }

    /// Writes a line to standard output.
    pub fn line(&mut self, text: impl AsRef<[u8]>) {
        self.out(text);
        self.out("\n");
    }

    /// What `fflush(stdout)` does.
    pub fn flush(&mut self) {
        if self.sys.stalled() {
            return;
        }
        let rest = std::mem::take(&mut self.buffered);
        self.push(1, rest);
    }

    /// Writes to standard error, at once.
    pub fn err(&mut self, text: impl AsRef<[u8]>) {
        self.push(2, text.as_ref().to_vec());
    }

    fn push(&mut self, fd: Fd, bytes: Vec<u8>) {
        if bytes.is_empty() || self.sys.stalled() {
            return;
        }
        match self.segments.last_mut() {
            Some((last, text)) if *last == fd => text.extend(bytes),
            _ => self.segments.push((fd, bytes)),
        }
    }

    /// `NAME: message`. As error(3) does, GNU tools bring out standard output first.
    pub fn warn(&mut self, message: impl Display) {
        if self.call.command.package.flushes() {
            self.flush();
        }
        let text = format!("{}: {message}\n", self.prog());
        self.err(text);
    }

    /// `NAME: message: error`.
    pub fn fail(&mut self, message: impl Display, errno: Errno) {
        self.warn(format_args!("{message}: {errno}"));
    }

    /// `NAME: file: error`, the file quoted where it needs it.
    pub fn fail_file(&mut self, file: &[u8], errno: Errno) {
        self.warn(format_args!("{}: {errno}", quote::message(file)));
    }

    /// "Try 'NAME --help' for more information."
    pub fn try_help(&mut self) {
        let text = format!("Try '{} --help' for more information.\n", self.prog());
        self.err(text);
    }

    /// A wrong usage: the message, the hint, the command's status for it.
    pub fn usage(&mut self, message: impl Display) -> i32 {
        self.warn(message);
        self.try_help();
        self.call.command.trouble
    }

    /// Parses the options (see [`args::parse`]); `--help` and `--version` are answered here.
    ///
    /// # Errors
    /// The status to end with.
    pub fn parse(&mut self, table: &'static str) -> std::result::Result<Parsed, i32> {
        let parsed = match args::parse(table, self.args()) {
            Ok(parsed) => parsed,
            Err(message) => return Err(self.usage(message)),
        };
        if parsed.options.iter().any(|it| self.tells_of_itself(it.id)) {
            return Err(0);
        }
        Ok(parsed)
    }

    /// Answers `--help` and `--version`; whether it was one of these.
    pub fn tells_of_itself(&mut self, option: &str) -> bool {
        let text = match option {
            "help" => help_text(self.call.command, &self.prog()),
            "version" => format!("{}\n", self.call.command.version_line()),
            _ => return false,
        };
        self.out(text);
        true
    }

    /// `stat(2)`.
    pub fn stat(&mut self, path: &[u8]) -> Result<Attr> {
        self.sys.statat(AT_FDCWD, path, 0)
    }

    /// `lstat(2)`.
    pub fn lstat(&mut self, path: &[u8]) -> Result<Attr> {
        self.sys.statat(AT_FDCWD, path, at::SYMLINK_NOFOLLOW)
    }

    pub fn open(&mut self, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
        self.sys.openat(AT_FDCWD, path, flags, mode)
    }

    /// Everything from a descriptor on.
    pub fn read_all(&mut self, fd: Fd) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut buf = vec![0; 65536];
        loop {
            match self.sys.read(fd, &mut buf)? {
                0 => return Ok(all),
                n => all.extend_from_slice(&buf[..n]),
            }
        }
    }

    /// A whole file; `-` is standard input.
    pub fn read_input(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        if path == b"-" {
            return self.read_all(0);
        }
        self.read_file(path)
    }

    /// A whole file.
    pub fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let fd = self.open(path, OpenFlags::RDONLY, 0)?;
        let all = self.read_all(fd);
        let _ = self.sys.close(fd);
        all
    }

    /// Writes everything to a descriptor.
    pub fn write_all(&mut self, fd: Fd, mut data: &[u8]) -> Result<()> {
        while !data.is_empty() {
            let n = self.sys.write(fd, data)?;
            data = &data[n.min(data.len())..];
        }
        Ok(())
    }

    /// The entries of a directory in the order of `getdents64`, `.` and `..` among them.
    pub fn read_dir(&mut self, path: &[u8]) -> Result<Vec<Dirent>> {
        let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::CLOEXEC;
        let fd = self.open(path, flags, 0)?;
        let mut all = Vec::new();
        let res = loop {
            match self.sys.getdents(fd, 1024) {
                Ok(some) if some.is_empty() => break Ok(()),
                Ok(some) => all.extend(some),
                Err(errno) => break Err(errno),
            }
        };
        let _ = self.sys.close(fd);
        res.map(|()| all)
    }

    /// The same without `.` and `..`.
    pub fn children(&mut self, path: &[u8]) -> Result<Vec<Dirent>> {
        let mut all = self.read_dir(path)?;
        all.retain(|d| d.name != b"." && d.name != b"..");
        Ok(all)
    }

    /// The user and group names of the machine.
    pub fn names(&mut self) -> &Names {
        if self.names.is_none() {
            let passwd = self.read_file(b"/etc/passwd").unwrap_or_default();
            let group = self.read_file(b"/etc/group").unwrap_or_default();
            self.names = Some(Names::parse(&passwd, &group));
        }
        self.names.get_or_insert_with(Names::default)
    }

    /// Reads one line from standard input, byte by byte as an interactive program does.
    pub fn read_answer(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.sys.read(0, &mut byte)? == 1 {
            line.push(byte[0]);
            if byte[0] == b'\n' {
                break;
            }
        }
        Ok(line)
    }

    /// Asks on standard error; true for an answer that starts with y.
    pub fn confirm(&mut self, question: impl Display) -> bool {
        self.flush();
        let text = format!("{}: {question}", self.prog());
        self.err(text);
        let line = self.read_answer().unwrap_or_default();
        matches!(line.first(), Some(b'y' | b'Y'))
    }
}

fn help_text(command: &Command, prog: &str) -> String {
    let mut text = command.usage.replace("{}", prog);
    text.push_str("\n      --help        display this help and exit\n");
    text.push_str("      --version     output version information and exit\n");
    text
}

/// A directory and a name below it, joined by one slash.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = dir.to_vec();
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The last component without trailing slashes (`/` for the root).
pub fn base_name(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    if end == 0 {
        return if path.is_empty() { path } else { &path[..1] };
    }
    let start = path[..end].iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
    &path[start..end]
}

/// Everything before the last component (`.` when there is nothing).
pub fn dir_name(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    let Some(slash) = path[..end].iter().rposition(|&b| b == b'/') else {
        return if end == 0 && !path.is_empty() { b"/".to_vec() } else { b".".to_vec() };
    };
    match path[..slash].iter().rposition(|&b| b != b'/') {
        Some(at) => path[..=at].to_vec(),
        None => b"/".to_vec(),
    }
}

/// The path without trailing slashes (but `/` stays).
pub fn strip_slashes(path: &[u8]) -> &[u8] {
    let end =
        path.iter().rposition(|&b| b != b'/').map_or(usize::from(!path.is_empty()), |a| a + 1);
    &path[..end]
}
