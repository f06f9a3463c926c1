//! Words: what quotes keep together, up to an unquoted byte that ends them.

use super::{Ctx, Parts, Res, blame, is_meta};
use crate::shell::ast::*;
use crate::shell::parse::Parser;
use crate::shell::text;
use std::sync::Arc;

impl Parser<'_> {
    /// Reads a word up to an unquoted metacharacter.
    pub(in crate::shell) fn word(&mut self) -> Res<Word> {
        let start = self.pos;
        let mut parts = self.word_parts(is_meta)?;
        let raw = self.src[start..self.pos].to_vec();
        blame(&mut parts, &raw);
        Ok(Word { parts, raw, assign: None })
    }

    /// Reads word parts until `stop` says so at an unquoted byte, or the end.
    pub(super) fn word_parts(&mut self, stop: impl Fn(u8) -> bool + Copy) -> Res<Vec<Part>> {
        let mut out = Parts::default();
        while let Some(b) = self.byte() {
            if (b == b'<' || b == b'>') && self.at(1) == Some(b'(') && out.is_empty() && stop(b'<')
            {
                out.push(self.process_sub(b == b'>')?);
                continue;
            }
            if self.extglob && b"?*+@!".contains(&b) && self.at(1) == Some(b'(') {
                self.extglob_group(&mut out)?;
                continue;
            }
            if stop(b) {
                break;
            }
            self.word_part(b, &mut out)?;
        }
        Ok(out.done())
    }

    pub(super) fn word_part(&mut self, b: u8, out: &mut Parts) -> Res<()> {
        match b {
            b'\\' => {
                if self.at(1) == Some(b'\n') {
                    self.skip_continuations();
                } else if self.at(1).is_none() {
                    self.pos += 1;
                    out.lit(b'\\');
                } else {
                    self.pos += 1;
                    let n = text::char_len(&self.src[self.pos..]);
                    out.push(Part::Quoted(self.src[self.pos..self.pos + n].to_vec()));
                    self.pos += n;
                }
            }
            b'\'' => out.push(self.single_quoted()?),
            b'"' => {
                self.pos += 1;
                let parts = self.double_quoted()?;
                out.push(Part::Double(parts));
            }
            b'`' => out.push(self.backquoted(false)?),
            b'$' => self.dollar(out, false)?,
            _ => {
                self.bump();
                out.lit(b);
            }
        }
        Ok(())
    }

    pub(super) fn extglob_group(&mut self, out: &mut Parts) -> Res<()> {
        let line = self.line;
        self.enter()?;
        out.lit(self.src[self.pos]);
        out.lit(b'(');
        self.pos += 2;
        loop {
            let inner = self.word_parts(|b| b == b'|' || b == b')')?;
            for p in inner {
                out.push(p);
            }
            match self.bump() {
                Some(b')') => {
                    self.depth -= 1;
                    out.lit(b')');
                    return Ok(());
                }
                Some(b) => out.lit(b),
                None => return Err(self.unmatched(')', line)),
            }
        }
    }

    pub(super) fn single_quoted(&mut self) -> Res<Part> {
        let line = self.line;
        self.pos += 1;
        let start = self.pos;
        loop {
            match self.bump() {
                None => return Err(self.unmatched('\'', line)),
                Some(b'\'') => return Ok(Part::Quoted(self.src[start..self.pos - 1].to_vec())),
                Some(_) => {}
            }
        }
    }

    pub(super) fn ansi_quoted(&mut self) -> Res<Part> {
        let line = self.line;
        self.pos += 2;
        let start = self.pos;
        loop {
            match self.bump() {
                None => return Err(self.unmatched('\'', line)),
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.bump();
                }
                Some(_) => {}
            }
        }
        let (s, _) = text::unescape(&self.src[start..self.pos - 1], text::Escapes::Ansi);
        Ok(Part::Quoted(s))
    }

    /// After the opening `"`: reads to the closing one.
    pub(super) fn double_quoted(&mut self) -> Res<Vec<Part>> {
        let (line, start) = (self.line, self.pos);
        let mut out = Parts::default();
        loop {
            match self.byte() {
                None => return Err(self.unmatched('"', line)),
                Some(b'"') => {
                    let raw = self.src[start..self.pos].to_vec();
                    self.pos += 1;
                    let mut parts = out.done();
                    blame(&mut parts, &raw);
                    return Ok(parts);
                }
                Some(b) => self.quoted_part(b, &mut out, Ctx::Double)?,
            }
        }
    }

    /// One piece of text that stands as if in double quotes.
    pub(super) fn quoted_part(&mut self, b: u8, out: &mut Parts, ctx: Ctx) -> Res<()> {
        match b {
            b'\\' => match self.at(1) {
                Some(b'\n') => {
                    self.pos += 2;
                    self.line += 1;
                }
                Some(c @ (b'$' | b'`' | b'\\')) => {
                    self.pos += 2;
                    out.quoted(c);
                }
                Some(b'"') if ctx == Ctx::Double => {
                    self.pos += 2;
                    out.quoted(b'"');
                }
                _ => {
                    self.pos += 1;
                    out.quoted(b'\\');
                }
            },
            b'`' => out.push(self.backquoted(true)?),
            b'$' => self.dollar(out, true)?,
            _ => {
                self.bump();
                out.quoted(b);
            }
        }
        Ok(())
    }

    pub(super) fn backquoted(&mut self, in_double: bool) -> Res<Part> {
        let line = self.line;
        self.pos += 1;
        let mut body = Vec::new();
        loop {
            match self.bump() {
                None => return Err(self.unmatched('`', line)),
                Some(b'`') => break,
                Some(b'\\') => match self.byte() {
                    Some(c @ (b'$' | b'`' | b'\\')) => {
                        self.pos += 1;
                        body.push(c);
                    }
                    Some(b'"') if in_double => {
                        self.pos += 1;
                        body.push(b'"');
                    }
                    _ => body.push(b'\\'),
                },
                Some(b) => body.push(b),
            }
        }
        Ok(Part::Command(Arc::new(Subst::Text(body, line))))
    }

    /// The word after `=~`: parentheses and `|` belong to it, blanks inside parentheses too.
    pub(in crate::shell) fn regex_word(&mut self) -> Res<Word> {
        self.token = None;
        self.skip_blanks();
        while self.byte() == Some(b'\n') {
            self.bump();
            self.skip_blanks();
        }
        let start = self.pos;
        let mut out = Parts::default();
        let mut depth = 0;
        while let Some(b) = self.byte() {
            match b {
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b' ' | b'\t' | b'\n' if depth == 0 => break,
                _ => {
                    self.word_part(b, &mut out)?;
                    continue;
                }
            }
            self.bump();
            out.lit(b);
        }
        self.token_start = self.pos;
        Ok(Word { parts: out.done(), raw: self.src[start..self.pos].to_vec(), assign: None })
    }
}
