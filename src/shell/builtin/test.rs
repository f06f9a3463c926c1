//! `test`, `[`, and the file tests of `[[`.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::expand::Expander;
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::parse::cond_ops as ops;
use crate::shell::text;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::FileType;

pub fn bracket(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    match argv.split_last() {
        Some((last, args)) if last == b"]" && argv.len() > 1 => run(sh, os, "[", &args[1..]),
        _ => sh.usage(os, "[", "missing `]'", 2),
    }
}

pub fn test(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    run(sh, os, "test", &argv[1..])
}

fn run(sh: &mut Interp, os: &mut Os<'_>, name: &str, args: &[Str]) -> Ret {
    let x =
        Expander { sh: &mut sh.sh, os, answers: &[], used: 0, trace: Vec::new(), unbound: false };
    let mut t = Test { x, args, at: 0, depth: 0 };
    let res = t.whole();
    match res {
        Ok(v) => Ret::Status(i32::from(!v)),
        Err(m) => sh.usage(os, name, &m, 2),
    }
}

struct Test<'a, 'b, 'o> {
    x: Expander<'b, 'o>,
    args: &'a [Str],
    at: usize,
    /// Parentheses that are open.
    depth: u32,
}

/// Parentheses inside parentheses, which take the host's stack.
const MAX_DEPTH: u32 = 200;

type Res = Result<bool, String>;

impl Test<'_, '_, '_> {
    /// By the number of arguments, as POSIX has it.
    fn whole(&mut self) -> Res {
        let a = self.args;
        match a.len() {
            0 => Ok(false),
            1 => Ok(!a[0].is_empty()),
            2 if a[0] == b"!" => Ok(a[1].is_empty()),
            2 if ops::is_unary(&a[0]) => self.unary(&a[0], &a[1]),
            2 => Err(format!("{}: unary operator expected", text::lossy(&a[0]))),
            3 if is_binary(&a[1]) => self.binary(&a[0], &a[1], &a[2]),
            3 if a[1] == b"-a" => Ok(!a[0].is_empty() && !a[2].is_empty()),
            3 if a[1] == b"-o" => Ok(!a[0].is_empty() || !a[2].is_empty()),
            3 if a[0] == b"!" => {
                self.args = &a[1..];
                Ok(!self.whole()?)
            }
            3 if a[0] == b"(" && a[2] == b")" => Ok(!a[1].is_empty()),
            3 => Err(format!("{}: binary operator expected", text::lossy(&a[1]))),
            4 if a[0] == b"!" => {
                self.args = &a[1..];
                Ok(!self.whole()?)
            }
            _ => {
                let v = self.or()?;
                if self.at < a.len() {
                    return Err("too many arguments".into());
                }
                Ok(v)
            }
        }
    }

    fn or(&mut self) -> Res {
        let mut v = self.and()?;
        while self.args.get(self.at).is_some_and(|a| a == b"-o") {
            self.at += 1;
            let r = self.and()?;
            v |= r;
        }
        Ok(v)
    }

    fn and(&mut self) -> Res {
        let mut v = self.term()?;
        while self.args.get(self.at).is_some_and(|a| a == b"-a") {
            self.at += 1;
            let r = self.term()?;
            v &= r;
        }
        Ok(v)
    }

    fn term(&mut self) -> Res {
        let args = self.args;
        let rest = &args[self.at.min(args.len())..];
        let Some(a) = rest.first() else { return Err("argument expected".into()) };
        if a == b"!" {
            let marks = rest.iter().take_while(|it| *it == b"!").count();
            // One too many in a row is an operand, or nothing.
            self.at += marks;
            let inner = self.term()?;
            return Ok(inner == (marks % 2 == 0));
        }
        if rest.len() >= 3 && is_binary(&rest[1]) {
            self.at += 3;
            return self.binary(&rest[0], &rest[1], &rest[2]);
        }
        if a == b"(" {
            self.at += 1;
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("too many arguments".into());
            }
            let v = self.or()?;
            self.depth -= 1;
            if self.args.get(self.at).is_none_or(|a| a != b")") {
                return Err("`)' expected".into());
            }
            self.at += 1;
            return Ok(v);
        }
        if ops::is_unary(a) && rest.len() >= 2 {
            self.at += 2;
            return self.unary(a, &rest[1]);
        }
        self.at += 1;
        Ok(!a.is_empty())
    }

    fn unary(&mut self, op: &[u8], s: &[u8]) -> Res {
        match op {
            b"-v" => Ok(is_set(&mut self.x, s)),
            b"-t" => match text::parse_int(s) {
                Some(n) => Ok(self.x.os.sys().isatty(n as i32)),
                None => Ok(false),
            },
            _ => Ok(unary(&mut self.x, op, s)),
        }
    }

    fn binary(&mut self, a: &[u8], op: &[u8], b: &[u8]) -> Res {
        match op {
            b"=" | b"==" => Ok(a == b),
            b"!=" => Ok(a != b),
            b"<" => Ok(a < b),
            b">" => Ok(a > b),
            b"-eq" | b"-ne" | b"-lt" | b"-le" | b"-gt" | b"-ge" => {
                let int = |s: &[u8]| {
                    text::parse_int(s)
                        .ok_or_else(|| format!("{}: integer expression expected", text::lossy(s)))
                };
                Ok(compare(op, int(a)?, int(b)?))
            }
            _ => Ok(files(&mut self.x, op, a, b)),
        }
    }
}

fn is_binary(op: &[u8]) -> bool {
    op != b"=~" && (ops::is_binary(op) || op == b"<" || op == b">")
}

/// Comparison of numbers.
pub fn compare(op: &[u8], a: i64, b: i64) -> bool {
    match op {
        b"-eq" => a == b,
        b"-ne" => a != b,
        b"-lt" => a < b,
        b"-le" => a <= b,
        b"-gt" => a > b,
        _ => a >= b,
    }
}

/// `-v name`, `-v name[index]`.
pub fn is_set(x: &mut Expander<'_, '_>, s: &[u8]) -> bool {
    if let Some(open) = s.iter().position(|&b| b == b'[') {
        let (name, key) = (&s[..open], &s[open + 1..s.len().saturating_sub(1).max(open + 1)]);
        if key == b"@" || key == b"*" {
            return x.sh.var(name).is_some_and(|v| !v.values().is_empty());
        }
        return x.element_set(name, key);
    }
    x.lookup(s).is_some()
}

/// Tests on one word, but `-v` and `-t`.
pub fn unary(x: &mut Expander<'_, '_>, op: &[u8], s: &[u8]) -> bool {
    match op {
        b"-n" => return !s.is_empty(),
        b"-z" => return s.is_empty(),
        b"-o" => return x.sh.opts.is_on(&text::lossy(s)),
        b"-R" => return x.sh.vars.get(s).is_some_and(|v| v.nameref),
        b"-t" => return text::parse_int(s).is_some_and(|n| x.os.sys().isatty(n as i32)),
        _ => {}
    }
    if s.is_empty() {
        return false;
    }
    let mut sys = x.os.sys();
    match op {
        b"-r" => return sys.faccessat(AT_FDCWD, s, 4, at::EACCESS).is_ok(),
        b"-w" => return sys.faccessat(AT_FDCWD, s, 2, at::EACCESS).is_ok(),
        b"-x" => return sys.faccessat(AT_FDCWD, s, 1, at::EACCESS).is_ok(),
        b"-h" | b"-L" => {
            return sys
                .statat(AT_FDCWD, s, at::SYMLINK_NOFOLLOW)
                .is_ok_and(|a| a.kind == FileType::Symlink);
        }
        _ => {}
    }
    let Ok(a) = sys.statat(AT_FDCWD, s, 0) else { return false };
    let cred = sys.cred();
    match op {
        b"-a" | b"-e" => true,
        b"-f" => a.kind == FileType::Reg,
        b"-d" => a.kind == FileType::Dir,
        b"-b" => a.kind == FileType::Blk,
        b"-c" => a.kind == FileType::Chr,
        b"-p" => a.kind == FileType::Fifo,
        b"-S" => a.kind == FileType::Sock,
        b"-s" => a.size > 0,
        b"-u" => a.mode.has(0o4000),
        b"-g" => a.mode.has(0o2000),
        b"-k" => a.mode.has(0o1000),
        b"-O" => a.uid == cred.euid,
        b"-G" => a.gid == cred.egid,
        b"-N" => a.mtime > a.atime,
        _ => false,
    }
}

/// `-nt`, `-ot`, `-ef`.
pub fn files(x: &mut Expander<'_, '_>, op: &[u8], a: &[u8], b: &[u8]) -> bool {
    let mut sys = x.os.sys();
    let (a, b) = (sys.statat(AT_FDCWD, a, 0).ok(), sys.statat(AT_FDCWD, b, 0).ok());
    match (op, a, b) {
        (b"-ef", Some(a), Some(b)) => a.dev == b.dev && a.ino == b.ino,
        (b"-nt", Some(a), Some(b)) => a.mtime > b.mtime,
        (b"-ot", Some(a), Some(b)) => a.mtime < b.mtime,
        (b"-nt", Some(_), None) | (b"-ot", None, Some(_)) => true,
        _ => false,
    }
}
