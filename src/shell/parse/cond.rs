//! `[[ … ]]`.

use super::super::ast::*;
use super::super::lex::{Res, Token};
use super::{ErrorKind, Parser, SyntaxError, keyword};
use std::sync::Arc;

/// Operators on one word.
pub fn is_unary(op: &[u8]) -> bool {
    op.len() == 2 && op[0] == b'-' && b"abcdefghknoprstuvwxzGLNORS".contains(&op[1])
}

/// Operators on two words, beside `<`, `>`.
pub fn is_binary(op: &[u8]) -> bool {
    matches!(
        op,
        b"=" | b"=="
            | b"!="
            | b"=~"
            | b"-eq"
            | b"-ne"
            | b"-lt"
            | b"-le"
            | b"-gt"
            | b"-ge"
            | b"-nt"
            | b"-ot"
            | b"-ef"
    )
}

impl Parser<'_> {
    pub(super) fn cond_command(&mut self) -> Res<Arc<Cond>> {
        self.next()?;
        let c = self.cond_or()?;
        self.newlines()?;
        match self.peek()? {
            Token::Word(w) if keyword(w) == Some(b"]]") => {
                self.next()?;
                Ok(c)
            }
            _ => Err(self.cond_error("syntax error in conditional expression")),
        }
    }

    fn cond_or(&mut self) -> Res<Arc<Cond>> {
        let mut left = self.cond_and()?;
        self.newlines()?;
        while *self.peek()? == Token::Op("||") {
            self.next()?;
            left = Arc::new(Cond::Or(left, self.cond_and()?));
            self.newlines()?;
        }
        Ok(left)
    }

    fn cond_and(&mut self) -> Res<Arc<Cond>> {
        let mut left = self.cond_term()?;
        self.newlines()?;
        while *self.peek()? == Token::Op("&&") {
            self.next()?;
            left = Arc::new(Cond::And(left, self.cond_term()?));
            self.newlines()?;
        }
        Ok(left)
    }

    fn cond_term(&mut self) -> Res<Arc<Cond>> {
        self.newlines()?;
        if *self.peek()? == Token::Op("(") {
            self.next()?;
            self.depth += 1;
            if self.depth > super::MAX_DEPTH {
                return Err(self.error(ErrorKind::Other("maximum nesting exceeded".into())));
            }
            let inner = self.cond_or()?;
            self.newlines()?;
            self.depth -= 1;
            return match self.next()? {
                Token::Op(")") => Ok(Arc::new(Cond::Paren(inner))),
                t => {
                    Err(self.cond_error(&format!("unexpected token `{}', expected `)'", name(&t))))
                }
            };
        }
        let Token::Word(w) = self.peek()?.clone() else {
            let t = self.peek()?.clone();
            return Err(
                self.cond_error(&format!("unexpected token `{}' in conditional command", name(&t)))
            );
        };
        match keyword(&w) {
            Some(b"]]") => return Err(self.unexpected()),
            Some(b"!") => {
                self.next()?;
                self.depth += 1;
                if self.depth > super::MAX_DEPTH {
                    return Err(self.error(ErrorKind::Other("maximum nesting exceeded".into())));
                }
                let inner = self.cond_term()?;
                self.depth -= 1;
                return Ok(Arc::new(Cond::Not(inner)));
            }
            Some(op) if is_unary(op) => return self.cond_unary(w.clone()),
            _ => {}
        }
        self.next()?;
        self.cond_binary(w)
    }

    fn cond_unary(&mut self, op: Word) -> Res<Arc<Cond>> {
        self.next()?;
        match self.peek()?.clone() {
            Token::Word(w) if keyword(&w) != Some(b"]]") => {
                if keyword(&w).is_some_and(is_binary) {
                    // `[[ -f = x ]]`: the operator was an operand.
                    return self.cond_binary(op);
                }
                self.next()?;
                Ok(Arc::new(Cond::Unary(op.raw, w)))
            }
            t => Err(self.cond_error(&format!(
                "unexpected argument `{}' to conditional unary operator",
                name(&t)
            ))),
        }
    }

    fn cond_binary(&mut self, left: Word) -> Res<Arc<Cond>> {
        let op = match self.peek()?.clone() {
            Token::Op(op @ ("<" | ">")) => op.as_bytes().to_vec(),
            Token::Word(w) if keyword(&w).is_some_and(is_binary) => w.raw,
            Token::Word(w) if keyword(&w) == Some(b"]]") => {
                return Ok(Arc::new(Cond::Unary(b"-n".to_vec(), left)));
            }
            Token::Op("&&" | "||" | ")") => return Ok(Arc::new(Cond::Unary(b"-n".to_vec(), left))),
            Token::Word(_) => return Err(self.cond_error("conditional binary operator expected")),
            t => {
                let m = format!(
                    "unexpected token `{}', conditional binary operator expected",
                    name(&t)
                );
                return Err(self.cond_error(&m));
            }
        };
        self.next()?;
        let right = if op == b"=~" {
            self.regex_word()?
        } else {
            let saved = self.extglob;
            self.extglob = true;
            let t = self.peek()?.clone();
            self.extglob = saved;
            match t {
                Token::Word(w) if keyword(&w) != Some(b"]]") => {
                    self.next()?;
                    w
                }
                t => {
                    return Err(self.cond_error(&format!(
                        "unexpected argument `{}' to conditional binary operator",
                        name(&t)
                    )));
                }
            }
        };
        Ok(Arc::new(Cond::Binary(op, left, right)))
    }

    fn cond_error(&mut self, m: &str) -> SyntaxError {
        if matches!(self.peek(), Ok(Token::Eof)) && m.contains("syntax error in") {
            return self.unexpected();
        }
        self.error(ErrorKind::Other(m.into()))
    }
}

fn name(t: &Token) -> String {
    match t {
        Token::Word(w) => String::from_utf8_lossy(&w.raw).into_owned(),
        Token::Op(op) => (*op).into(),
        Token::Newline | Token::Eof => "newline".into(),
        Token::Fd(_) => "fd".into(),
    }
}
