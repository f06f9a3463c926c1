//! The value of an expression for one file.
//!
//! `-exec` needs a child: the evaluation then stops, and is run again with the child's verdict
//! when it is known. Actions that were done before are not done twice.

use super::super::common::quote;
use super::super::ctx::{Ctx, base_name};
use super::parse::{Expr, Number, PermTest, Test, stamp_in};
use super::print;
use super::walk::{Visit, Walk};
use crate::shell::pattern;
use crate::sys::{AT_FDCWD, at};
use crate::types::FileType;

/// A child is needed before the value is known.
#[derive(Clone, Debug)]
pub(super) struct NeedChild {
    pub argv: Vec<Vec<u8>>,
    pub dir: Option<Vec<u8>>,
}

/// The state of one evaluation.
pub(super) struct Eval<'a, 'k> {
    pub ctx: &'a mut Ctx<'k>,
    pub visit: &'a Visit,
    pub walk: &'a mut Walk,
    /// What children of this file's `-exec` have said so far.
    pub verdicts: &'a [bool],
    /// Actions of earlier rounds of this evaluation.
    pub done: usize,
    pub actions: usize,
    pub children: usize,
    pub batches: &'a mut Vec<Vec<Vec<u8>>>,
    pub failed: &'a mut bool,
}

type Value = Result<bool, NeedChild>;

impl Eval<'_, '_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Value {
        match expr {
            Expr::Test(test) => self.test(test),
            Expr::Not(inner) => self.expr(inner).map(|it| !it),
            Expr::And(all) => {
                for it in all {
                    if !self.expr(it)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expr::Or(all) => {
                for it in all {
                    if self.expr(it)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expr::List(all) => {
                let mut value = true;
                for it in all {
                    value = self.expr(it)?;
                }
                Ok(value)
            }
        }
    }

    fn test(&mut self, test: &Test) -> Value {
        let attr = &self.visit.attr;
        let path = &self.visit.path;
        Ok(match test {
            Test::Always(value) => *value,
            Test::Name(pattern, icase) => matches(pattern, base_name(path), *icase),
            Test::Path(pattern, icase) => matches(pattern, path, *icase),
            Test::LinkName(pattern, icase) => {
                attr.kind == FileType::Symlink && {
                    let target = self.ctx.sys.readlinkat(AT_FDCWD, path).unwrap_or_default();
                    matches(pattern, &target, *icase)
                }
            }
            Test::Matches(regex) => regex
                .match_at(path, 0)
                .is_some_and(|it| it[0].is_some_and(|span| span.1 == path.len())),
            Test::Type(kinds, through) => kinds.contains(&self.kind(*through)),
            Test::SameFile(dev, ino) => attr.dev.encode() == *dev && attr.ino == *ino,
            Test::Inum(number) => compares(number, attr.ino as i64),
            Test::Links(number) => compares(number, i64::from(attr.nlink)),
            Test::Perm(how, mode) => permits(*how, *mode, attr.mode.bits()),
            Test::Uid(number) => compares(number, i64::from(attr.uid)),
            Test::Gid(number) => compares(number, i64::from(attr.gid)),
            Test::NoUser => self.ctx.names().user(attr.uid).is_none(),
            Test::NoGroup => self.ctx.names().group(attr.gid).is_none(),
            Test::Size(number, unit) => compares(number, attr.size.div_ceil(*unit) as i64),
            Test::Empty => self.empty(),
            Test::Newer(stamp, than) => stamp_in(attr, *stamp) > *than,
            Test::Age(stamp, number, unit) => {
                let age = self.ctx.sys.clock().sec - stamp_in(attr, *stamp).sec;
                compares(number, age.div_euclid(*unit))
            }
            Test::Access(mask) => self.ctx.sys.faccessat(AT_FDCWD, path, *mask, 0).is_ok(),
            Test::Prune => {
                self.walk.prune();
                true
            }
            Test::Quit => {
                self.walk.stop();
                true
            }
            Test::Exec { words, many, in_dir, slot } => {
                return self.exec(words, *many, *in_dir, *slot);
            }
            Test::Print(_) | Test::PrintFormat(_) | Test::List | Test::Delete => self.act(test),
        })
    }

    fn kind(&mut self, through: bool) -> FileType {
        let kind = self.visit.attr.kind;
        if !through || kind != FileType::Symlink {
            return kind;
        }
        self.ctx.stat(&self.visit.path).map_or(kind, |it| it.kind)
    }

    fn empty(&mut self) -> bool {
        match self.visit.attr.kind {
            FileType::Reg => self.visit.attr.size == 0,
            FileType::Dir => self.ctx.children(&self.visit.path).is_ok_and(|it| it.is_empty()),
            _ => false,
        }
    }

    /// An action, once.
    fn act(&mut self, test: &Test) -> bool {
        self.actions += 1;
        if self.actions <= self.done {
            return true;
        }
        match test {
            Test::Print(end) => {
                let line = [&self.visit.path[..], end].concat();
                self.ctx.out(line);
                true
            }
            Test::PrintFormat(pattern) => {
                let text = print::format(self.ctx, pattern, self.visit);
                self.ctx.out(text);
                true
            }
            Test::List => {
                let line = print::ls_line(self.ctx, self.visit);
                self.ctx.out(line);
                true
            }
            Test::Delete => self.delete(),
            _ => true,
        }
    }

    fn delete(&mut self) -> bool {
        let path = &self.visit.path;
        if path == b"." {
            return true;
        }
        let flags = if self.visit.attr.is_dir() { at::REMOVEDIR } else { 0 };
        match self.ctx.sys.unlinkat(AT_FDCWD, path, flags) {
            Ok(()) => true,
            Err(errno) => {
                let path = quote::locale(path);
                self.ctx.flush();
                self.ctx.warn(format_args!("cannot delete {path}: {errno}"));
                *self.failed = true;
                false
            }
        }
    }

    fn exec(&mut self, words: &[Vec<u8>], many: bool, in_dir: bool, slot: usize) -> Value {
        let (dir, shown) = if in_dir {
            let dir = super::super::ctx::dir_name(&self.visit.path);
            (Some(dir), [b"./", base_name(&self.visit.path)].concat())
        } else {
            (None, self.visit.path.clone())
        };
        if many {
            self.actions += 1;
            if self.actions > self.done {
                self.batches[slot].push(shown);
            }
            return Ok(true);
        }
        if let Some(verdict) = self.verdicts.get(self.children) {
            self.children += 1;
            return Ok(*verdict);
        }
        let argv = words.iter().map(|it| replace(it, b"{}", &shown)).collect();
        Err(NeedChild { argv, dir })
    }
}

fn matches(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    pattern::matches(pattern, text, pattern::Options { extglob: false, nocase })
}

fn compares(number: &Number, value: i64) -> bool {
    value.cmp(&number.value) == number.order
}

fn permits(how: PermTest, want: u32, mode: u32) -> bool {
    match how {
        PermTest::Exact => mode == want,
        PermTest::All => mode & want == want,
        PermTest::Any => want == 0 || mode & want != 0,
    }
}

/// Every occurrence of `what` replaced.
pub fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(what.len()).position(|it| it == what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}
