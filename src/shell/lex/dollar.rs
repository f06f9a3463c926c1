//! What a `$` begins: parameters, substitutions of commands and processes, arithmetic.

use super::{Ctx, Parts, Res, blame};
use crate::shell::ast::*;
use crate::shell::parse::{ErrorKind, Parser, SyntaxError};
use crate::shell::text;
use std::sync::Arc;

impl Parser<'_> {
    /// Something that starts with `$`.
    pub(super) fn dollar(&mut self, out: &mut Parts, quoted: bool) -> Res<()> {
        match self.at(1) {
            Some(b'\'') if !quoted => out.push(self.ansi_quoted()?),
            Some(b'"') if !quoted => self.pos += 1,
            Some(b'{') => {
                self.enter()?;
                out.push(self.braced_param(quoted)?);
                self.depth -= 1;
            }
            Some(b'(') => {
                self.enter()?;
                out.push(self.dollar_paren()?);
                self.depth -= 1;
            }
            Some(b'[') => {
                let line = self.line;
                self.pos += 2;
                self.enter()?;
                let w = self.arith_until(b']', line)?;
                self.depth -= 1;
                self.pos += 1;
                out.push(Part::Arith(Arc::new(w)));
            }
            Some(c) if c == b'_' || c.is_ascii_alphabetic() => {
                let n =
                    self.src[self.pos + 1..].iter().take_while(|b| text::is_name_byte(**b)).count();
                out.push(self.plain_param(n));
            }
            Some(c) if c.is_ascii_digit() || b"@*#?-$!".contains(&c) => {
                out.push(self.plain_param(1))
            }
            _ => {
                self.pos += 1;
                if quoted { out.quoted(b'$') } else { out.lit(b'$') }
            }
        }
        Ok(())
    }

    pub(super) fn plain_param(&mut self, n: usize) -> Part {
        let start = self.pos;
        self.pos += 1 + n;
        Part::Param(Arc::new(Param {
            name: self.src[start + 1..self.pos].to_vec(),
            index: Index::None,
            indirect: false,
            op: ParamOp::Get,
            raw: self.src[start..self.pos].to_vec(),
        }))
    }

    pub(super) fn dollar_paren(&mut self) -> Res<Part> {
        if self.at(2) == Some(b'(') {
            let saved = (self.pos, self.line);
            self.pos += 3;
            let line = self.line;
            match self.arith_until(b')', line) {
                Ok(w) if self.looking("))") => {
                    self.pos += 2;
                    return Ok(Part::Arith(Arc::new(w)));
                }
                Err(e) if self.eof_error(&e) => return Err(e),
                _ => (self.pos, self.line) = saved,
            }
        }
        self.pos += 2;
        let list = self.paren_list().map_err(|e| match e.kind {
            ErrorKind::Eof => SyntaxError { kind: ErrorKind::Unmatched(')'), ..e },
            _ => e,
        })?;
        Ok(Part::Command(Arc::new(Subst::Parsed(list))))
    }

    pub(super) fn eof_error(&self, e: &SyntaxError) -> bool {
        matches!(e.kind, ErrorKind::Unmatched(_))
    }

    pub(super) fn process_sub(&mut self, write: bool) -> Res<Part> {
        self.pos += 2;
        Ok(Part::Process(Arc::new(ProcessSub { write, body: self.paren_list()? })))
    }

    /// Expression text, expanded as in double quotes, up to `close` outside parentheses; `close` is not taken.
    pub(in crate::shell) fn arith_until(&mut self, close: u8, line: u32) -> Res<Word> {
        let open = match close {
            b')' => b'(',
            b']' => b'[',
            _ => 0,
        };
        let start = self.pos;
        let mut out = Parts::default();
        let mut depth = 0;
        loop {
            match self.byte() {
                None => return Err(self.unmatched(close as char, line)),
                Some(b) if b == close && depth == 0 => break,
                Some(b) if b == open || b == close => {
                    depth += if b == open { 1 } else { -1 };
                    self.bump();
                    out.quoted(b);
                }
                Some(b'\'') if close == b']' => out.push(self.single_quoted()?),
                Some(b'"') => {
                    self.pos += 1;
                    for p in self.double_quoted()? {
                        out.push(p);
                    }
                }
                Some(b) => self.quoted_part(b, &mut out, Ctx::Arith)?,
            }
        }
        let raw = self.src[start..self.pos].to_vec();
        let mut parts = out.done();
        blame(&mut parts, &raw);
        Ok(Word { parts: vec![Part::Double(parts)], raw, assign: None })
    }
}
