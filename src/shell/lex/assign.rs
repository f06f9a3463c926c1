//! Assignments: `name=value`, `name[i]+=value`, `name=(…)`.

use super::{Res, is_meta};
use crate::shell::ast::*;
use crate::shell::parse::{ErrorKind, Parser};
use crate::shell::text;

impl Parser<'_> {
    /// `name=`, `name+=`, `name[…]=` at the current position, with its value; nothing is taken if it is none.
    pub(in crate::shell) fn assignment(&mut self) -> Res<Option<Assign>> {
        self.skip_blanks();
        let (start, start_line) = (self.pos, self.line);
        let len = self.src[self.pos..].iter().take_while(|b| text::is_name_byte(**b)).count();
        let name = self.src[self.pos..self.pos + len].to_vec();
        if !text::is_name(&name) {
            return Ok(None);
        }
        self.pos += len;
        let mut index = None;
        if self.byte() == Some(b'[') {
            let line = self.line;
            self.pos += 1;
            match self.arith_until(b']', line) {
                Ok(w) if !w.raw.contains(&b'\n') => {
                    self.pos += 1;
                    index = Some(w);
                }
                _ => {
                    (self.pos, self.line) = (start, start_line);
                    return Ok(None);
                }
            }
        }
        let append = self.byte() == Some(b'+') && self.at(1) == Some(b'=');
        self.pos += usize::from(append);
        if self.byte() != Some(b'=') {
            (self.pos, self.line) = (start, start_line);
            return Ok(None);
        }
        self.pos += 1;
        let value = if self.byte() == Some(b'(') && index.is_none() {
            Value::Array(self.array_literal()?)
        } else {
            Value::Scalar(self.word()?)
        };
        Ok(Some(Assign { name, index, append, value }))
    }

    pub(super) fn array_literal(&mut self) -> Res<Vec<Element>> {
        let line = self.line;
        self.pos += 1;
        let mut out = Vec::new();
        loop {
            self.skip_blanks();
            match self.byte() {
                None => return Err(self.unmatched(')', line)),
                Some(b'\n') => {
                    self.bump();
                }
                Some(b')') => {
                    self.pos += 1;
                    return Ok(out);
                }
                Some(b'[') => match self.indexed_element()? {
                    Some(e) => out.push(e),
                    None => {
                        let word = self.word()?;
                        out.push(Element { index: None, append: false, word });
                    }
                },
                Some(b)
                    if is_meta(b) && !((b == b'<' || b == b'>') && self.at(1) == Some(b'(')) =>
                {
                    self.token_start = self.pos;
                    self.token_line = self.line;
                    let t = (b as char).to_string();
                    return Err(self.error(ErrorKind::Unexpected(t)));
                }
                Some(_) => {
                    let word = self.word()?;
                    out.push(Element { index: None, append: false, word });
                }
            }
        }
    }

    pub(super) fn indexed_element(&mut self) -> Res<Option<Element>> {
        let (start, line) = (self.pos, self.line);
        self.pos += 1;
        if let Ok(index) = self.arith_until(b']', line) {
            self.pos += 1;
            let append = self.byte() == Some(b'+') && self.at(1) == Some(b'=');
            self.pos += usize::from(append);
            if self.byte() == Some(b'=') {
                self.pos += 1;
                let word = self.word()?;
                return Ok(Some(Element { index: Some(index), append, word }));
            }
        }
        (self.pos, self.line) = (start, line);
        Ok(None)
    }
}
