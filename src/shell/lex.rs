//! From bytes to words and operators. The lexer knows quoting, expansions and here-documents;
//! it asks the parser only for the bodies of command substitutions.

use super::ast::*;
use super::parse::{ErrorKind, Parser, SyntaxError};
use super::text;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// A control or redirection operator.
    Op(&'static str),
    /// A number or `{name}` right before a redirection operator.
    Fd(RedirFd),
    /// End of line.
    Newline,
    /// End of input.
    Eof,
}

mod assign;
mod braced;
mod dollar;
mod here;
mod parts;
mod word;

pub(super) use here::Pending;
use parts::{Parts, blame};

pub(super) type Res<T> = Result<T, SyntaxError>;

const OPS: &[&str] = &[
    "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", ">>", "<<", "<&", ">&", "<>", ">|",
    "&>", "&", "|", ";", "(", ")", "<", ">",
];

/// Bytes that end a word.
fn is_meta(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>')
}

/// How text between double quotes, in a here-document or in `${…}` is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ctx {
    /// `"…"`.
    Double,
    /// A here-document.
    Here,
    /// `$((…))` and subscripts.
    Arith,
}

impl Parser<'_> {
    pub(super) fn byte(&self) -> Option<u8> {
        self.src.get(self.pos).copied()
    }

    pub(super) fn at(&self, n: usize) -> Option<u8> {
        self.src.get(self.pos + n).copied()
    }

    pub(super) fn looking(&self, s: &str) -> bool {
        self.src[self.pos.min(self.src.len())..].starts_with(s.as_bytes())
    }

    fn bump(&mut self) -> Option<u8> {
        let b = self.byte()?;
        self.pos += 1;
        if b == b'\n' {
            self.line += 1;
        }
        Some(b)
    }

    fn skip_continuations(&mut self) {
        while self.looking("\\\n") {
            self.pos += 2;
            self.line += 1;
        }
    }

    /// Blanks, line continuations and a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\t') => self.pos += 1,
                Some(b'\\') if self.at(1) == Some(b'\n') => self.skip_continuations(),
                Some(b'#') => {
                    while self.byte().is_some_and(|b| b != b'\n') {
                        self.pos += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Looks at the next token.
    pub(super) fn peek(&mut self) -> Res<&Token> {
        if self.token.is_none() {
            let t = self.lex()?;
            self.token = Some(t);
        }
        Ok(self.token.as_ref().unwrap_or(&Token::Eof))
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Res<Token> {
        self.peek()?;
        Ok(self.token.take().unwrap_or(Token::Eof))
    }

    fn lex(&mut self) -> Res<Token> {
        self.skip_blanks();
        self.token_start = self.pos;
        self.token_line = self.line;
        let Some(b) = self.byte() else { return Ok(Token::Eof) };
        if b == b'\n' {
            self.bump();
            self.read_here_docs()?;
            return Ok(Token::Newline);
        }
        if (b == b'<' || b == b'>') && self.at(1) == Some(b'(') {
            return self.word().map(Token::Word);
        }
        if let Some(op) = OPS.iter().find(|op| self.looking(op)) {
            self.pos += op.len();
            return Ok(Token::Op(op));
        }
        if let Some(fd) = self.redir_fd() {
            return Ok(Token::Fd(fd));
        }
        self.word().map(Token::Word)
    }

    /// `3` or `{name}` with a redirection operator right behind it.
    fn redir_fd(&mut self) -> Option<RedirFd> {
        let rest = &self.src[self.pos..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 && matches!(rest.get(digits), Some(b'<' | b'>')) {
            if rest.get(digits + 1) == Some(&b'(') {
                return None;
            }
            let n = text::parse_int(&rest[..digits])?;
            self.pos += digits;
            return i32::try_from(n).ok().map(RedirFd::Number);
        }
        if rest.first() == Some(&b'{') {
            let len = rest[1..].iter().take_while(|b| text::is_name_byte(**b)).count();
            let name = &rest[1..1 + len];
            if text::is_name(name)
                && rest.get(1 + len) == Some(&b'}')
                && matches!(rest.get(2 + len), Some(b'<' | b'>'))
            {
                let name = name.to_vec();
                self.pos += len + 2;
                return Some(RedirFd::Var(name));
            }
        }
        None
    }

    pub(super) fn unmatched(&self, c: char, line: u32) -> SyntaxError {
        SyntaxError { kind: ErrorKind::Unmatched(c), line, text: Vec::new() }
    }
}
