//! From bytes to words and operators. The lexer knows quoting, expansions and here-documents;
//! it asks the parser only for the bodies of command substitutions.

use super::ast::*;
use super::parse::{ErrorKind, Parser, SyntaxError};
use super::text;
use std::sync::Arc;

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

mod here;

pub(super) use here::Pending;

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

    /// Reads a word up to an unquoted metacharacter.
    pub(super) fn word(&mut self) -> Res<Word> {
        let start = self.pos;
        let mut parts = self.word_parts(is_meta)?;
        let raw = self.src[start..self.pos].to_vec();
        blame(&mut parts, &raw);
        Ok(Word { parts, raw, assign: None })
    }

    /// Reads word parts until `stop` says so at an unquoted byte, or the end.
    fn word_parts(&mut self, stop: impl Fn(u8) -> bool + Copy) -> Res<Vec<Part>> {
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

    fn word_part(&mut self, b: u8, out: &mut Parts) -> Res<()> {
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

    fn extglob_group(&mut self, out: &mut Parts) -> Res<()> {
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

    fn single_quoted(&mut self) -> Res<Part> {
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

    fn ansi_quoted(&mut self) -> Res<Part> {
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
    fn double_quoted(&mut self) -> Res<Vec<Part>> {
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
    fn quoted_part(&mut self, b: u8, out: &mut Parts, ctx: Ctx) -> Res<()> {
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

    fn backquoted(&mut self, in_double: bool) -> Res<Part> {
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

    /// Something that starts with `$`.
    fn dollar(&mut self, out: &mut Parts, quoted: bool) -> Res<()> {
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

    fn plain_param(&mut self, n: usize) -> Part {
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

    fn dollar_paren(&mut self) -> Res<Part> {
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

    fn eof_error(&self, e: &SyntaxError) -> bool {
        matches!(e.kind, ErrorKind::Unmatched(_))
    }

    fn process_sub(&mut self, write: bool) -> Res<Part> {
        self.pos += 2;
        Ok(Part::Process(Arc::new(ProcessSub { write, body: self.paren_list()? })))
    }

    /// Expression text, expanded as in double quotes, up to `close` outside parentheses; `close` is not taken.
    pub(super) fn arith_until(&mut self, close: u8, line: u32) -> Res<Word> {
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

    /// `${…}`.
    fn braced_param(&mut self, quoted: bool) -> Res<Part> {
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
    fn length_follows(&self) -> bool {
        match self.at(1) {
            Some(b) if text::is_name_byte(b) => true,
            Some(b'@' | b'*' | b'?' | b'-' | b'$' | b'!' | b'#') => self.at(2) == Some(b'}'),
            _ => false,
        }
    }

    fn param_name(&mut self, p: &mut Param) -> Res<()> {
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

    fn param_op(&mut self, p: &mut Param, quoted: bool, line: u32) -> Res<()> {
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

    fn colon_op(&mut self, p: &mut Param, quoted: bool, line: u32) -> Res<()> {
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
    fn slice_expr(&mut self, line: u32) -> Res<Word> {
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
    fn brace_word(&mut self, quoted: bool, line: u32, stops: &[u8]) -> Res<Word> {
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

    /// `name=`, `name+=`, `name[…]=` at the current position, with its value; nothing is taken if it is none.
    pub(super) fn assignment(&mut self) -> Res<Option<Assign>> {
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

    fn array_literal(&mut self) -> Res<Vec<Element>> {
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

    fn indexed_element(&mut self) -> Res<Option<Element>> {
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

    pub(super) fn unmatched(&self, c: char, line: u32) -> SyntaxError {
        SyntaxError { kind: ErrorKind::Unmatched(c), line, text: Vec::new() }
    }
}

/// A bad substitution is told with the text that was being expanded, not only with its own.
fn blame(parts: &mut [Part], whole: &[u8]) {
    for part in parts {
        if let Part::Param(p) = part
            && matches!(p.op, ParamOp::Bad | ParamOp::Transform(_))
            && let Some(p) = Arc::get_mut(p)
        {
            p.raw = whole.to_vec();
        }
    }
}

/// Collects parts, joining neighbours of the same kind.
#[derive(Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    fn lit(&mut self, b: u8) {
        if let Some(Part::Lit(s)) = self.0.last_mut() {
            s.push(b);
        } else {
            self.0.push(Part::Lit(vec![b]));
        }
    }
    fn quoted(&mut self, b: u8) {
        if let Some(Part::Quoted(s)) = self.0.last_mut() {
            s.push(b);
        } else {
            self.0.push(Part::Quoted(vec![b]));
        }
    }
    fn push(&mut self, p: Part) {
        match p {
            Part::Lit(s) if matches!(self.0.last(), Some(Part::Lit(_))) => {
                if let Some(Part::Lit(t)) = self.0.last_mut() {
                    t.extend(s);
                }
            }
            p => self.0.push(p),
        }
    }
    fn done(self) -> Vec<Part> {
        self.0
    }
}

impl Parser<'_> {
    /// The word after `=~`: parentheses and `|` belong to it, blanks inside parentheses too.
    pub(super) fn regex_word(&mut self) -> Res<Word> {
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
