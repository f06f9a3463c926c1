//! `${…}`: the name, its subscript, and what is done with the value.

use super::{Ctx, Parts, Res, blame};
use crate::shell::ast::*;
use crate::shell::parse::Parser;
use crate::shell::text;
use std::sync::Arc;

impl Parser<'_> {
    /// `${…}`.
    pub(super) fn braced_param(&mut self, quoted: bool) -> Res<Part> {
        let start = self.pos;
        let line = self.line;
        self.pos += 2;
        let mut p = Param {
            name: Vec::new(),
            index: Index::None,
            indirect: false,
            op: ParamOp::Get,
            raw: Vec::new(),
        };
        let mut length = false;
        if self.byte() == Some(b'#') && !matches!(self.at(1), Some(b'}')) && self.length_follows() {
            length = true;
            self.pos += 1;
        } else if self.byte() == Some(b'!')
            && self.at(1).is_some_and(|b| text::is_name_byte(b) || b"@*#?-$!".contains(&b))
            && !(self.at(2) == Some(b'}') && b"?-".contains(&self.at(1).unwrap_or(0)))
        {
            p.indirect = true;
            self.pos += 1;
        }
        self.param_name(&mut p)?;
        if length {
            p.op = ParamOp::Length;
        } else {
            self.param_op(&mut p, quoted, line)?;
        }
        if self.byte() != Some(b'}') {
            p.op = ParamOp::Bad;
            self.brace_word(quoted, line, &[])?;
        }
        self.pos += 1;
        p.raw = self.src[start..self.pos].to_vec();
        Ok(Part::Param(Arc::new(p)))
    }

    /// `${#name}` rather than an operation on `$#`.
    pub(super) fn length_follows(&self) -> bool {
        match self.at(1) {
            Some(b) if text::is_name_byte(b) => true,
            Some(b'@' | b'*' | b'?' | b'-' | b'$' | b'!' | b'#') => self.at(2) == Some(b'}'),
            _ => false,
        }
    }

    pub(super) fn param_name(&mut self, p: &mut Param) -> Res<()> {
        let rest = &self.src[self.pos..];
        let n = match rest.first() {
            Some(b) if b.is_ascii_digit() => rest.iter().take_while(|b| b.is_ascii_digit()).count(),
            Some(b) if text::is_name_byte(*b) => {
                rest.iter().take_while(|b| text::is_name_byte(**b)).count()
            }
            Some(b) if b"@*#?-$!".contains(b) => 1,
            _ => {
                p.op = ParamOp::Bad;
                return Ok(());
            }
        };
        p.name = rest[..n].to_vec();
        self.pos += n;
        if self.byte() == Some(b'[') && text::is_name(&p.name) {
            let line = self.line;
            self.pos += 1;
            if let (Some(c @ (b'@' | b'*')), Some(b']')) = (self.byte(), self.at(1)) {
                p.index = Index::All(c);
                self.pos += 2;
            } else {
                p.index = Index::At(self.arith_until(b']', line)?);
                self.pos += 1;
            }
        }
        Ok(())
    }

    pub(super) fn param_op(&mut self, p: &mut Param, quoted: bool, line: u32) -> Res<()> {
        if p.op == ParamOp::Bad {
            return Ok(());
        }
        let Some(b) = self.byte() else { return Err(self.unmatched('}', line)) };
        if p.indirect && matches!(p.index, Index::All(_)) && b == b'}' {
            p.op = ParamOp::Keys;
            p.indirect = false;
            return Ok(());
        }
        match b {
            b'}' => {}
            b'@' | b'*' if p.indirect && self.at(1) == Some(b'}') => {
                self.pos += 1;
                p.indirect = false;
                p.op = ParamOp::Prefix(b);
            }
            b'-' | b'=' | b'?' | b'+' => {
                self.pos += 1;
                p.op = ParamOp::Default {
                    colon: false,
                    kind: b,
                    word: self.brace_word(quoted, line, &[])?,
                };
            }
            b':' => self.colon_op(p, quoted, line)?,
            b'#' | b'%' => {
                self.pos += 1;
                let long = self.byte() == Some(b);
                self.pos += usize::from(long);
                p.op = ParamOp::Trim {
                    front: b == b'#',
                    long,
                    pat: self.brace_word(false, line, &[])?,
                };
            }
            b'/' => {
                self.pos += 1;
                let mode = match self.byte() {
                    Some(b'/') => b'a',
                    Some(c @ (b'#' | b'%')) => c,
                    _ => b'/',
                };
                self.pos += usize::from(mode != b'/');
                let pat = self.brace_word(false, line, b"/")?;
                let rep = if self.byte() == Some(b'/') {
                    self.pos += 1;
                    Some(self.brace_word(false, line, &[])?)
                } else {
                    None
                };
                p.op = ParamOp::Replace { mode, pat, rep };
            }
            b'^' | b',' | b'~' if b"?#$!-".contains(&p.name[0]) => p.op = ParamOp::Bad,
            b'^' | b',' | b'~' => {
                self.pos += 1;
                let all = self.byte() == Some(b);
                self.pos += usize::from(all);
                let pat = if self.byte() == Some(b'}') {
                    None
                } else {
                    Some(self.brace_word(false, line, &[])?)
                };
                p.op = ParamOp::Case { kind: b, all, pat };
            }
            // What the letter means is looked at when there is something to change.
            b'@' if self.at(1) == Some(b'}') => {
                p.op = ParamOp::Transform(b'@');
                self.pos += 1;
            }
            b'@' if self.at(2) == Some(b'}') => {
                p.op = ParamOp::Transform(self.at(1).unwrap_or(b'Q'));
                self.pos += 2;
            }
            _ => p.op = ParamOp::Bad,
        }
        Ok(())
    }

    pub(super) fn colon_op(&mut self, p: &mut Param, quoted: bool, line: u32) -> Res<()> {
        if let Some(kind @ (b'-' | b'=' | b'?' | b'+')) = self.at(1) {
            self.pos += 2;
            p.op =
                ParamOp::Default { colon: true, kind, word: self.brace_word(quoted, line, &[])? };
            return Ok(());
        }
        self.pos += 1;
        let off = self.slice_expr(line)?;
        let len = if self.byte() == Some(b':') {
            self.pos += 1;
            Some(self.slice_expr(line)?)
        } else {
            None
        };
        if off.raw.is_empty() && len.is_none() {
            p.op = ParamOp::Bad;
        } else {
            p.op = ParamOp::Slice(off, len);
        }
        Ok(())
    }

    /// An expression of `${x:off:len}`: ends at `:` or `}` outside parentheses and `?:`.
    pub(super) fn slice_expr(&mut self, line: u32) -> Res<Word> {
        let start = self.pos;
        let mut out = Parts::default();
        let (mut depth, mut ternary) = (0, 0);
        loop {
            match self.byte() {
                None => return Err(self.unmatched('}', line)),
                Some(b'}') => break,
                Some(b':') if depth == 0 && ternary == 0 => break,
                Some(b) if b"()?:".contains(&b) => {
                    match b {
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        b'?' => ternary += 1,
                        _ => ternary -= 1,
                    }
                    self.pos += 1;
                    out.quoted(b);
                }
                Some(b'"') => {
                    self.pos += 1;
                    for p in self.double_quoted()? {
                        out.push(p);
                    }
                }
                Some(b) => self.quoted_part(b, &mut out, Ctx::Arith)?,
            }
        }
        Ok(Word {
            parts: vec![Part::Double(out.done())],
            raw: self.src[start..self.pos].to_vec(),
            assign: None,
        })
    }

    /// The word of an operator inside `${…}`, up to `}` (not taken) or a byte of `stops`.
    pub(super) fn brace_word(&mut self, quoted: bool, line: u32, stops: &[u8]) -> Res<Word> {
        let start = self.pos;
        let mut out = Parts::default();
        loop {
            let Some(b) = self.byte() else { return Err(self.unmatched('}', line)) };
            if b == b'}' || stops.contains(&b) {
                break;
            }
            if quoted {
                match b {
                    b'"' => {
                        self.pos += 1;
                        let parts = self.double_quoted()?;
                        out.push(Part::Double(parts));
                    }
                    b'\\' if self.at(1) == Some(b'}') => {
                        self.pos += 2;
                        out.quoted(b'}');
                    }
                    _ => self.quoted_part(b, &mut out, Ctx::Double)?,
                }
            } else {
                self.word_part(b, &mut out)?;
            }
        }
        let raw = self.src[start..self.pos].to_vec();
        let mut parts = out.done();
        blame(&mut parts, &raw);
        Ok(Word { parts, raw, assign: None })
    }

    /// The whole text as the word of `${x?word}`.
    pub fn brace_message(&mut self) -> Res<Word> {
        let (start, mut out) = (self.pos, Parts::default());
        while let Some(b) = self.byte() {
            self.word_part(b, &mut out)?;
        }
        Ok(Word { parts: out.done(), raw: self.src[start..].to_vec(), assign: None })
    }
}
