//! Finding and starting the program behind a command word, as `execvp(3)` does.

use super::{Command, Invocation};
use crate::errno::Errno;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::{FileType, OpenFlags, Result};

/// Mark of the executable files of the simulated machine; the command's name follows it.
const MARK: &[u8] = b"\x7fELF\x02\x01\x01\0layerglass:";

/// The contents of the executable file of a command.
pub fn image(name: &str) -> Vec<u8> {
    let mut bytes = MARK.to_vec();
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'\n');
    bytes
}

/// The command whose executable file starts with these bytes.
pub fn of_image(bytes: &[u8]) -> Option<&'static Command> {
    let name = bytes.strip_prefix(MARK)?.split(|&b| b == b'\n').next()?;
    super::find(std::str::from_utf8(name).ok()?)
}

/// Whether this is a program for a real processor, as images from elsewhere hold them: ELF, 64 bits,
/// executable or position-independent, x86-64.
fn is_foreign(head: &[u8]) -> bool {
    let field = |at: usize| head.get(at..at + 2).map(|it| u16::from_le_bytes([it[0], it[1]]));
    head.starts_with(b"\x7fELF\x02\x01\x01")
        && matches!(field(16), Some(2 | 3))
        && field(18) == Some(62)
}

/// What runs in the place of such a program: the command of its name, or one that says that there is none.
fn stand_in(path: &[u8]) -> Option<&'static Command> {
    let name = std::str::from_utf8(super::ctx::base_name(path)).ok();
    name.and_then(super::find).or_else(|| super::find(FOREIGN))
}

/// The command that stands for programs that are not simulated.
pub const FOREIGN: &str = "not-simulated";

/// What a file is to `execve(2)`.
pub enum Image {
    Command(&'static Command),
    /// `#!interpreter [argument]`.
    Script {
        interpreter: Vec<u8>,
        argument: Option<Vec<u8>>,
    },
}

/// Looks at an executable file.
///
/// # Errors
/// As `execve`: `ENOENT`, `EACCES`, `ENOEXEC`, `ELOOP`, ...
pub fn look(sys: &mut dyn Sys, path: &[u8]) -> Result<Image> {
    let attr = sys.statat(AT_FDCWD, path, 0)?;
    if attr.kind != FileType::Reg {
        return Err(Errno::EACCES);
    }
    sys.faccessat(AT_FDCWD, path, 1, at::EACCESS)?;
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::RDONLY, 0)?;
    let mut head = vec![0; 256];
    let got = sys.read(fd, &mut head);
    let _ = sys.close(fd);
    head.truncate(got?);
    if let Some(command) = of_image(&head) {
        return Ok(Image::Command(command));
    }
    if is_foreign(&head) {
        return stand_in(path).map(Image::Command).ok_or(Errno::ENOEXEC);
    }
    let line = head.strip_prefix(b"#!").ok_or(Errno::ENOEXEC)?;
    let line = line.split(|&b| b == b'\n').next().unwrap_or_default().trim_ascii();
    let (interpreter, argument) = match line.iter().position(|b| b.is_ascii_whitespace()) {
        Some(at) => (&line[..at], Some(line[at..].trim_ascii().to_vec())),
        None => (line, None),
    };
    if interpreter.is_empty() {
        return Err(Errno::ENOEXEC);
    }
    Ok(Image::Script { interpreter: interpreter.to_vec(), argument })
}

/// Searches `path` (colon separated) for an executable file; a word with a slash is taken as is.
///
/// # Errors
/// `ENOENT`, or `EACCES` when something was found that may not be run.
pub fn search(sys: &mut dyn Sys, word: &[u8], path: &[u8]) -> Result<Vec<u8>> {
    if word.contains(&b'/') {
        return Ok(word.to_vec());
    }
    let mut denied = false;
    for dir in path.split(|&b| b == b':') {
        let dir = if dir.is_empty() { b"." } else { dir };
        let file = super::ctx::join(dir, word);
        let Ok(attr) = sys.statat(AT_FDCWD, &file, 0) else { continue };
        if attr.kind != FileType::Reg {
            continue;
        }
        match sys.faccessat(AT_FDCWD, &file, 1, at::EACCESS) {
            Ok(()) => return Ok(file),
            Err(_) => denied = true,
        }
    }
    Err(if denied { Errno::EACCES } else { Errno::ENOENT })
}

/// The program that `execvp` would run; scripts run by their interpreter.
///
/// # Errors
/// As `execvp`.
pub fn program(sys: &mut dyn Sys, call: Argv<'_>) -> Result<Box<dyn Program>> {
    let word = call.argv.first().ok_or(Errno::ENOENT)?;
    let path = call.var(b"PATH").unwrap_or(b"/usr/local/bin:/usr/bin:/bin");
    let mut file = search(sys, word, path)?;
    let mut argv = call.argv.to_vec();
    for _ in 0..5 {
        match look(sys, &file)? {
            Image::Command(command) => {
                return Ok(command.start(argv, call.env.to_vec()));
            }
            Image::Script { interpreter, argument } => {
                argv[0] = file;
                if let Some(argument) = argument {
                    argv.insert(0, argument);
                }
                argv.insert(0, interpreter.clone());
                file = interpreter;
            }
        }
    }
    Err(Errno::ELOOP)
}

/// Arguments (the name first) and environment of a program to start.
#[derive(Clone, Copy)]
pub struct Argv<'a> {
    pub argv: &'a [Vec<u8>],
    pub env: &'a [(Vec<u8>, Vec<u8>)],
}

impl Argv<'_> {
    fn var(&self, name: &[u8]) -> Option<&[u8]> {
        self.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }
}

/// Prepares a process and names what it becomes: the words to run and their environment.
pub type Prepare = fn(&mut super::ctx::Ctx<'_>) -> std::result::Result<Become, i32>;

/// What a process turns into.
#[derive(Clone, Debug, Default)]
pub struct Become {
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A command that ends by becoming another one (env, nice, chroot, su and their kind).
#[derive(Clone)]
pub struct Exec {
    call: Invocation,
    prepare: Prepare,
    inner: Option<Box<dyn Program>>,
    drain: super::once::Drain,
    status: Option<i32>,
}

impl Exec {
    pub fn boxed(call: Invocation, prepare: Prepare) -> Box<dyn Program> {
        Box::new(Exec { call, prepare, inner: None, drain: Default::default(), status: None })
    }

    fn start(&mut self, os: &mut Os<'_>) {
        let mut sys = os.kernel.sys(os.pid);
        let mut ctx = super::ctx::Ctx::new(&mut sys, &self.call);
        let prepared = (self.prepare)(&mut ctx);
        match prepared {
            Ok(next) => {
                let call = Argv { argv: &next.argv, env: &next.env };
                match program(&mut *ctx.sys, call) {
                    Ok(inner) => self.inner = Some(inner),
                    Err(errno) => self.status = Some(failed(&mut ctx, &next.argv, errno)),
                }
            }
            Err(status) => self.status = Some(status),
        }
        let (segments, _) = ctx.finish();
        segments.into_iter().for_each(|(fd, bytes)| self.drain.push(fd, bytes));
    }
}

/// `NAME: ‘word’: No such file or directory`, and the status for it.
fn failed(ctx: &mut super::ctx::Ctx<'_>, argv: &[Vec<u8>], errno: Errno) -> i32 {
    let word = argv.first().map(Vec::as_slice).unwrap_or_default();
    let shown = super::common::quote::locale(word);
    match ctx.call.command.name {
        "chroot" | "timeout" | "nohup" => {
            ctx.fail(format_args!("failed to run command {shown}"), errno);
        }
        "env" | "nice" => ctx.fail(shown, errno),
        "su" | "runuser" | "unshare" => {
            let word = String::from_utf8_lossy(word).into_owned();
            ctx.fail(format_args!("failed to execute {word}"), errno);
        }
        _ => ctx.fail(String::from_utf8_lossy(word), errno),
    }
    if errno == Errno::ENOENT { 127 } else { 126 }
}

impl Program for Exec {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        let prog = String::from_utf8_lossy(&self.call.argv[0]).into_owned();
        if self.inner.is_none() && self.status.is_none() {
            self.start(os);
        }
        if let Some(poll) = self.drain.poll(os, &prog) {
            return poll;
        }
        match (&mut self.inner, self.status) {
            (Some(inner), _) => inner.poll(os),
            (None, status) => Poll::Exit(status.unwrap_or(126)),
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
