//! Compound commands: groups, loops, conditionals, functions.

use super::super::ast::*;
use super::super::lex::{Res, Token};
use super::{Parser, keyword};
use crate::shell::text;
use std::sync::Arc;

impl Parser<'_> {
    /// A compound command or function definition, if one starts here.
    pub(super) fn compound(&mut self) -> Res<Option<Kind>> {
        let kw = match self.peek()? {
            Token::Op("(") => {
                if self.byte() == Some(b'(') {
                    if let Some(k) = self.arith_command()? {
                        return Ok(Some(k));
                    }
                }
                self.next()?;
                let list = self.paren_body()?;
                return Ok(Some(Kind::Subshell(list)));
            }
            Token::Word(w) => match keyword(w) {
                Some(k) => k.to_vec(),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(match kw.as_slice() {
            b"{" => {
                self.next()?;
                let l = self.body()?;
                self.expect(b"}")?;
                Kind::Group(l)
            }
            b"if" => self.if_command()?,
            b"while" | b"until" => {
                self.next()?;
                let cond = self.body()?;
                let body = self.do_group()?;
                Kind::While { until: kw == b"until", cond, body }
            }
            b"for" => self.for_command(false)?,
            b"select" => self.for_command(true)?,
            b"case" => self.case_command()?,
            b"coproc" => self.coproc()?,
            b"function" => return self.function_keyword().map(Some),
            b"[[" => Kind::Cond(self.cond_command()?),
            b"then" | b"else" | b"elif" | b"fi" | b"do" | b"done" | b"esac" | b"}" => {
                return Err(self.unexpected());
            }
            _ => return Ok(None),
        }))
    }

    fn paren_body(&mut self) -> Res<Arc<List>> {
        let l = self.body()?;
        match self.peek()? {
            Token::Op(")") => {
                self.next()?;
                Ok(l)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `((…))`, unless it turns out to be nested subshells.
    fn arith_command(&mut self) -> Res<Option<Kind>> {
        let saved = (self.pos, self.line, self.token.clone(), self.token_start, self.token_line);
        self.token = None;
        self.pos += 1;
        let line = self.line;
        let w = self.arith_until(b')', line)?;
        if self.looking("))") {
            self.pos += 2;
            return Ok(Some(Kind::Arith(w)));
        }
        (self.pos, self.line, self.token, self.token_start, self.token_line) = saved;
        Ok(None)
    }

    /// Takes a reserved word.
    pub(super) fn expect(&mut self, kw: &[u8]) -> Res<()> {
        match self.peek()? {
            Token::Word(w) if keyword(w) == Some(kw) => {
                self.next()?;
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn at_keyword(&mut self, kw: &[u8]) -> Res<bool> {
        Ok(matches!(self.peek()?, Token::Word(w) if keyword(w) == Some(kw)))
    }

    fn if_command(&mut self) -> Res<Kind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        self.next()?;
        loop {
            let cond = self.body()?;
            self.expect(b"then")?;
            branches.push((cond, self.body()?));
            if self.at_keyword(b"elif")? {
                self.next()?;
                continue;
            }
            if self.at_keyword(b"else")? {
                self.next()?;
                otherwise = Some(self.body()?);
            }
            self.expect(b"fi")?;
            return Ok(Kind::If { branches, otherwise });
        }
    }

    fn do_group(&mut self) -> Res<Arc<List>> {
        self.expect(b"do")?;
        let body = self.body()?;
        self.expect(b"done")?;
        Ok(body)
    }

    fn for_command(&mut self, select: bool) -> Res<Kind> {
        self.next()?;
        if !select && *self.peek()? == Token::Op("(") && self.byte() == Some(b'(') {
            return self.arith_for();
        }
        let Token::Word(w) = self.peek()?.clone() else { return Err(self.unexpected()) };
        self.next()?;
        let var = w.raw;
        let mut words = None;
        let newline = *self.peek()? == Token::Newline;
        self.newlines()?;
        if self.at_keyword(b"in")? {
            self.next()?;
            let mut list = Vec::new();
            while let Token::Word(_) = self.peek()? {
                if let Token::Word(w) = self.next()? {
                    list.push(w);
                }
            }
            words = Some(list);
            match self.peek()? {
                Token::Op(";") | Token::Newline => {
                    self.next()?;
                }
                _ => return Err(self.unexpected()),
            }
        } else if !newline && *self.peek()? == Token::Op(";") {
            self.next()?;
        }
        self.newlines()?;
        let body = self.loop_body()?;
        Ok(Kind::For { var, words, body, select })
    }

    /// `do … done` or `{ … }`.
    fn loop_body(&mut self) -> Res<Arc<List>> {
        if self.at_keyword(b"{")? {
            self.next()?;
            let l = self.body()?;
            self.expect(b"}")?;
            return Ok(l);
        }
        self.do_group()
    }

    fn arith_for(&mut self) -> Res<Kind> {
        self.token = None;
        self.pos += 1;
        let line = self.line;
        let mut exprs: [Word; 3] = Default::default();
        let whole_start = self.pos;
        let whole = self.arith_until(b')', line)?;
        if !self.looking("))") {
            return Err(self.unexpected());
        }
        let end = self.pos;
        // The three expressions are read again, each by itself.
        let text = self.src[whole_start..end].to_vec();
        drop(whole);
        let pieces = split_semicolons(&text);
        if pieces.len() != 3 {
            self.token_start = whole_start;
            return Err(self.error(super::ErrorKind::Other(
                "syntax error: arithmetic expression required".into(),
            )));
        }
        for (slot, piece) in exprs.iter_mut().zip(pieces) {
            let piece: &[u8] = piece.trim_ascii_start();
            let mut with_close = piece.to_vec();
            with_close.push(b')');
            let mut sub = Parser::new(&with_close, line);
            *slot = sub.arith_until(b')', line)?;
        }
        self.pos = end + 2;
        if *self.peek()? == Token::Op(";") {
            self.next()?;
        }
        self.newlines()?;
        let body = self.loop_body()?;
        Ok(Kind::ArithFor { exprs, body })
    }

    fn case_command(&mut self) -> Res<Kind> {
        self.next()?;
        let Token::Word(_) = self.peek()? else { return Err(self.unexpected()) };
        let Token::Word(word) = self.next()? else { return Err(self.unexpected()) };
        self.newlines()?;
        self.expect(b"in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.at_keyword(b"esac")? {
                self.next()?;
                return Ok(Kind::Case { word, arms });
            }
            if *self.peek()? == Token::Op("(") {
                self.next()?;
            }
            let mut pats = Vec::new();
            loop {
                let Token::Word(_) = self.peek()? else { return Err(self.unexpected()) };
                if let Token::Word(w) = self.next()? {
                    pats.push(w);
                }
                match self.peek()? {
                    Token::Op("|") => {
                        self.next()?;
                    }
                    Token::Op(")") => break,
                    _ => return Err(self.unexpected()),
                }
            }
            self.next()?;
            let body = Arc::new(self.list(false)?);
            self.newlines()?;
            let end = match self.peek()? {
                Token::Op(";;") => b';',
                Token::Op(";&") => b'&',
                Token::Op(";;&") => b't',
                Token::Word(w) if keyword(w) == Some(b"esac") => 0,
                _ => return Err(self.unexpected()),
            };
            arms.push(Arm { pats, body, end: if end == 0 { b';' } else { end } });
            if end != 0 {
                self.next()?;
            }
        }
    }

    /// `coproc [NAME] command`; a name stands only before a compound command.
    fn coproc(&mut self) -> Res<Kind> {
        self.next()?;
        let mut name = b"COPROC".to_vec();
        let rest = &self.src[self.pos.min(self.src.len())..];
        let (blanks, rest) = rest.split_at(rest.iter().take_while(|b| b" \t".contains(b)).count());
        let len = rest.iter().take_while(|b| text::is_name_byte(**b)).count();
        let behind = rest[len..].trim_ascii_start();
        let compound = [&b"{"[..], b"(", b"if", b"while", b"until", b"for", b"case", b"select"];
        let starts = |word: &[u8]| match behind.strip_prefix(word) {
            Some(next) => word == b"(" || next.first().is_none_or(|b| !text::is_name_byte(*b)),
            None => false,
        };
        let reserved = compound.contains(&&rest[..len]);
        if text::is_name(&rest[..len]) && !reserved && compound.iter().any(|it| starts(it)) {
            name = rest[..len].to_vec();
            self.pos += blanks.len() + len;
        }
        self.peek()?;
        Ok(Kind::Coproc(Arc::new(Coproc { name, body: Arc::new(self.command()?) })))
    }

    fn function_keyword(&mut self) -> Res<Kind> {
        self.next()?;
        let line = self.token_line;
        let Token::Word(_) = self.peek()? else { return Err(self.unexpected()) };
        let Token::Word(w) = self.next()? else { return Err(self.unexpected()) };
        // Behind the name stand `()`, or the body: a subshell as well.
        let open = self.peek()? == &Token::Op("(") && {
            let rest = &self.src[self.pos.min(self.src.len())..];
            rest.iter().find(|b| !matches!(b, b' ' | b'\t')) == Some(&b')')
        };
        if open {
            self.next()?;
            self.next()?;
        }
        Ok(self.function_body(w.raw, line)?.kind)
    }

    /// After `name()`: the compound command with its redirections.
    pub(super) fn function_body(&mut self, name: Str, line: u32) -> Res<Command> {
        self.newlines()?;
        self.peek()?;
        let body_line = self.token_line;
        let Some(kind) = self.compound()? else { return Err(self.unexpected()) };
        let mut redirs = Vec::new();
        while let Some(r) = self.redirection()? {
            redirs.push(r);
        }
        let body = Arc::new(Command { kind, redirs, line: body_line });
        let f = Function { name, body, line };
        Ok(Command { kind: Kind::Function(Arc::new(f)), redirs: Vec::new(), line })
    }
}

fn split_semicolons(s: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let (mut start, mut i) = (0, 0);
    let (mut quote, mut depth) = (0, 0);
    while i < s.len() {
        match s[i] {
            b'\\' => i += 1,
            b'(' if quote == 0 => depth += 1,
            b')' if quote == 0 => depth -= 1,
            b'`' if quote == 0 => quote = b'`',
            q @ (b'"' | b'\'') if quote == 0 => quote = q,
            q if quote == q => quote = 0,
            b';' if quote == 0 && depth == 0 => {
                out.push(&s[start..i]);
                start = i + 1;
            }
            _ => {}
        }
        i += text::char_len(&s[i.min(s.len())..]).max(1);
    }
    out.push(&s[start..]);
    out
}
