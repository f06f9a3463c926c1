//! Redirections: made in order, taken back in reverse.

use super::{Frame, Interp, Step};
use crate::errno::Errno;
use crate::shell::ast::*;
use crate::shell::os::Os;
use crate::shell::text;
use crate::sys::{AT_FDCWD, Fd, Sys};
use crate::types::{FileType, OpenFlags};
use std::sync::Arc;

/// What a descriptor was before a redirection.
#[derive(Clone, Debug)]
pub struct Saved {
    pub fd: Fd,
    /// A copy of it; none if it was closed.
    pub copy: Option<Fd>,
}

/// What came of one redirection.
pub(super) enum Outcome {
    Done,
    /// Opening waits (a fifo).
    Blocked,
    /// A message.
    Failed(String),
}

/// A redirection with its words expanded.
pub(super) struct Ready {
    target: Str,
    doc: Option<Str>,
}

impl Interp {
    /// The redirections of a compound command, one a step.
    pub(super) fn step_redirect(
        &mut self,
        os: &mut Os<'_>,
        c: Arc<Command>,
        at: usize,
        mut saved: Vec<Saved>,
    ) -> Step {
        let Some(r) = c.redirs.get(at) else {
            self.sh.status = 0;
            if matches!(c.kind, Kind::Simple { .. }) {
                // `$(< file)`.
                self.stack.push(Frame::Copy(0));
            } else {
                self.stack.push(Frame::Restore(saved));
                self.stack.push(Frame::Body(c));
            }
            return Step::Go;
        };
        let frame = {
            let (c, saved) = (c.clone(), saved.clone());
            move || Frame::Redirect(c, at, saved)
        };
        let Some(ready) = self.prepare_redir(os, r, frame) else { return Step::Go };
        match self.redirect(os, r, &ready, Some(&mut saved)) {
            Outcome::Done => self.stack.push(Frame::Redirect(c, at + 1, saved)),
            Outcome::Blocked => {
                self.stack.push(Frame::Redirect(c, at, saved));
                return Step::Blocked;
            }
            Outcome::Failed(m) => {
                self.complain(os, &m);
                self.restore(os, saved);
                self.sh.status = 1;
                self.stack.push(Frame::Check);
            }
        }
        Step::Go
    }

    /// Expands the words of a redirection.
    pub(super) fn prepare_redir(
        &mut self,
        os: &mut Os<'_>,
        r: &Redir,
        frame: impl FnOnce() -> Frame,
    ) -> Option<Ready> {
        let text = self.expanding(os, frame, |x| {
            Ok(match r.op {
                RedirOp::Here(_) => {
                    let doc = r.doc.as_ref().and_then(|d| d.get());
                    let body = match doc {
                        Some(d) => x.string(&d.body)?,
                        None => Vec::new(),
                    };
                    Ok(Ready { target: Vec::new(), doc: Some(body) })
                }
                RedirOp::HereString => {
                    let mut s = x.string(&r.word)?;
                    s.push(b'\n');
                    Ok(Ready { target: Vec::new(), doc: Some(s) })
                }
                _ => {
                    let mut v = x.target(&r.word)?;
                    if v.len() == 1 {
                        Ok(Ready { target: v.remove(0), doc: None })
                    } else {
                        Err(format!("{}: ambiguous redirect", text::lossy(&r.word.raw)))
                    }
                }
            })
        })?;
        match text {
            Ok(r) => Some(r),
            Err(m) => Some(Ready { target: m.into_bytes(), doc: Some(Vec::new()) }),
        }
    }

    /// Makes one redirection. With `saved`, what was there before is kept.
    pub(super) fn redirect(
        &mut self,
        os: &mut Os<'_>,
        r: &Redir,
        ready: &Ready,
        saved: Option<&mut Vec<Saved>>,
    ) -> Outcome {
        let is_doc = matches!(r.op, RedirOp::Here(_) | RedirOp::HereString);
        if ready.doc.is_some() && !is_doc {
            return Outcome::Failed(text::lossy(&ready.target).into_owned());
        }
        let fd = match &r.fd {
            RedirFd::Number(n) => *n,
            RedirFd::Var(_) => -1,
            RedirFd::Default => match r.op {
                RedirOp::Read
                | RedirOp::ReadWrite
                | RedirOp::DupIn
                | RedirOp::Here(_)
                | RedirOp::HereString => 0,
                _ => 1,
            },
        };
        let both = matches!(r.op, RedirOp::Both | RedirOp::BothAppend)
            || (r.op == RedirOp::DupOut
                && r.fd == RedirFd::Default
                && !is_descriptor(&ready.target));
        if matches!(r.op, RedirOp::DupIn | RedirOp::DupOut) && !both {
            return self.duplicate(os, r, fd, &ready.target, saved);
        }
        let opened = match &ready.doc {
            Some(doc) => self.document(os, doc),
            None => self.open_target(os, r.op, &ready.target),
        };
        let new = match opened {
            Ok(new) => new,
            Err(Errno::EAGAIN) => return Outcome::Blocked,
            Err(Errno::EEXIST) if self.sh.opts.noclobber => {
                return Outcome::Failed(format!(
                    "{}: cannot overwrite existing file",
                    text::lossy(&ready.target)
                ));
            }
            Err(e) => {
                return Outcome::Failed(format!("{}: {}", text::lossy(&ready.target), e.message()));
            }
        };
        if let RedirFd::Var(name) = &r.fd {
            return self.to_variable(os, name, new);
        }
        let mut keep = saved;
        self.place(os, new, fd, keep.as_deref_mut());
        if both {
            self.save(os, 2, keep);
            let _ = os.sys().dup2(fd, 2);
        }
        Outcome::Done
    }

    /// `{name}>file`: a descriptor from 10 on, its number in the variable.
    fn to_variable(&mut self, os: &mut Os<'_>, name: &[u8], new: Fd) -> Outcome {
        let high = os.sys().dup(new, 10);
        let _ = os.sys().close(new);
        match high {
            Ok(n) => match self.sh.assign(name, n.to_string().into_bytes()) {
                Ok(()) => Outcome::Done,
                Err(m) => Outcome::Failed(m),
            },
            Err(e) => Outcome::Failed(format!("{}: {}", text::lossy(name), e.message())),
        }
    }

    /// Moves `new` to `fd`.
    fn place(&mut self, os: &mut Os<'_>, new: Fd, fd: Fd, saved: Option<&mut Vec<Saved>>) {
        if new == fd {
            if let Some(s) = saved {
                s.push(Saved { fd, copy: None });
            }
            return;
        }
        self.save(os, fd, saved);
        let _ = os.sys().dup2(new, fd);
        let _ = os.sys().close(new);
    }

    fn save(&mut self, os: &mut Os<'_>, fd: Fd, saved: Option<&mut Vec<Saved>>) {
        let Some(saved) = saved else { return };
        let copy = os.sys().dup(fd, 10).ok();
        if let Some(c) = copy {
            let _ = os.sys().set_cloexec(c, true);
            self.private.push(c);
        }
        saved.push(Saved { fd, copy });
    }

    /// `n>&m`, `n>&m-`, `n>&-`.
    fn duplicate(
        &mut self,
        os: &mut Os<'_>,
        r: &Redir,
        fd: Fd,
        target: &[u8],
        saved: Option<&mut Vec<Saved>>,
    ) -> Outcome {
        let shown = text::lossy(target).into_owned();
        if target == b"-" {
            let fd = match &r.fd {
                RedirFd::Var(name) => {
                    self.sh.get(name).and_then(|v| text::parse_int(&v)).map_or(-1, |n| n as Fd)
                }
                _ => fd,
            };
            self.save(os, fd, saved);
            let _ = os.sys().close(fd);
            return Outcome::Done;
        }
        let (number, moves) = match target.strip_suffix(b"-") {
            Some(n) => (n, true),
            None => (target, false),
        };
        let from = match text::parse_int(number) {
            Some(n) if number.iter().all(u8::is_ascii_digit) => n as Fd,
            _ => {
                return Outcome::Failed(format!(
                    "{}: ambiguous redirect",
                    text::lossy(&r.word.raw)
                ));
            }
        };
        if self.private.contains(&from) || os.sys().fd_flags(from).is_err() {
            return Outcome::Failed(format!("{}: {}", shown, Errno::EBADF.message()));
        }
        if let RedirFd::Var(name) = &r.fd {
            return match os.sys().dup(from, 10) {
                Ok(n) => match self.sh.assign(name, n.to_string().into_bytes()) {
                    Ok(()) => Outcome::Done,
                    Err(m) => Outcome::Failed(m),
                },
                Err(e) => Outcome::Failed(format!("{shown}: {}", e.message())),
            };
        }
        if from != fd {
            self.save(os, fd, saved);
            if let Err(e) = os.sys().dup2(from, fd) {
                return Outcome::Failed(format!("{shown}: {}", e.message()));
            }
            if moves {
                let _ = os.sys().close(from);
            }
        }
        Outcome::Done
    }

    fn open_target(&mut self, os: &mut Os<'_>, op: RedirOp, path: &[u8]) -> Result<Fd, Errno> {
        let write = OpenFlags::WRONLY | OpenFlags::CREAT;
        let flags = match op {
            RedirOp::Read => OpenFlags::RDONLY,
            RedirOp::ReadWrite => OpenFlags::RDWR | OpenFlags::CREAT,
            RedirOp::Append | RedirOp::BothAppend => write | OpenFlags::APPEND,
            RedirOp::Write | RedirOp::Both | RedirOp::DupOut if self.sh.opts.noclobber => {
                match os.sys().statat(AT_FDCWD, path, 0) {
                    Ok(a) if a.kind == FileType::Reg => return Err(Errno::EEXIST),
                    Ok(_) => OpenFlags::WRONLY,
                    Err(_) => write | OpenFlags::EXCL,
                }
            }
            _ => write | OpenFlags::TRUNC,
        };
        os.sys().openat(AT_FDCWD, path, flags, 0o666)
    }

    /// A descriptor to read a here-document from: a pipe when it fits, a nameless file otherwise.
    fn document(&mut self, os: &mut Os<'_>, doc: &[u8]) -> Result<Fd, Errno> {
        if doc.len() <= 4096 {
            let (r, w) = os.sys().pipe()?;
            let done = doc.is_empty() || os.sys().write(w, doc) == Ok(doc.len());
            let _ = os.sys().close(w);
            if done {
                return Ok(r);
            }
            let _ = os.sys().close(r);
        }
        let path = format!("/tmp/sh-thd.{}", os.pid).into_bytes();
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
        let w = os.sys().openat(AT_FDCWD, &path, flags, 0o600)?;
        let mut left = doc;
        while !left.is_empty() {
            let n = os.sys().write(w, left)?;
            left = &left[n..];
        }
        let _ = os.sys().close(w);
        let r = os.sys().openat(AT_FDCWD, &path, OpenFlags::RDONLY, 0)?;
        let _ = os.sys().unlinkat(AT_FDCWD, &path, 0);
        Ok(r)
    }

    /// Puts descriptors back.
    pub(super) fn restore(&mut self, os: &mut Os<'_>, saved: Vec<Saved>) {
        for s in saved.into_iter().rev() {
            match s.copy {
                Some(copy) => {
                    let _ = os.sys().dup2(copy, s.fd);
                    let _ = os.sys().close(copy);
                    self.private.retain(|fd| *fd != copy);
                }
                None => {
                    let _ = os.sys().close(s.fd);
                }
            }
        }
    }

    /// Keeps redirections for good (`exec`).
    pub(super) fn forget(&mut self, os: &mut Os<'_>, saved: Vec<Saved>) {
        for copy in saved.into_iter().filter_map(|s| s.copy) {
            let _ = os.sys().close(copy);
            self.private.retain(|fd| *fd != copy);
        }
    }
}

fn is_descriptor(s: &[u8]) -> bool {
    s == b"-" || (!s.is_empty() && s.strip_suffix(b"-").unwrap_or(s).iter().all(u8::is_ascii_digit))
}
