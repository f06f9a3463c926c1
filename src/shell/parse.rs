//! From tokens to the syntax tree, one complete command at a time, so that an error late in a script
//! shows itself only when the script gets there. It never runs anything.

use super::ast::*;
use super::lex::{Pending, Res, Token};
use super::text;
use crate::store::Map;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

mod compound;
mod cond;
pub mod lines;

/// The operators of conditional expressions.
pub mod cond_ops {
    pub use super::cond::{is_binary, is_unary};
}

/// What is wrong with the text.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorKind {
    /// A token that cannot stand there.
    Unexpected(String),
    /// The input ended inside a command.
    Eof,
    /// The input ended inside a quotation or expansion.
    Unmatched(char),
    /// A complaint of its own.
    Other(String),
}

/// A syntax error.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where.
    pub line: u32,
    /// The text of that line.
    pub text: Str,
}

impl SyntaxError {
    /// More input could make it right.
    pub fn is_incomplete(&self) -> bool {
        matches!(self.kind, ErrorKind::Eof | ErrorKind::Unmatched(_))
    }

    /// The lines bash prints, without the prefix that names the script.
    pub fn messages(&self) -> Vec<String> {
        match &self.kind {
            ErrorKind::Unexpected(t) => {
                let mut v = vec![format!("syntax error near unexpected token `{t}'")];
                v.push(format!("`{}'", text::lossy(&self.text)));
                v
            }
            ErrorKind::Eof => vec!["syntax error: unexpected end of file".into()],
            ErrorKind::Unmatched(c) => {
                vec![format!("unexpected EOF while looking for matching `{c}'")]
            }
            ErrorKind::Other(m) => vec![m.clone()],
        }
    }
}

/// Nesting beyond this is refused rather than risked.
const MAX_DEPTH: u32 = 120;

/// Reads commands from a text.
pub struct Parser<'a> {
    pub(super) src: Cow<'a, [u8]>,
    pub(super) pos: usize,
    pub(super) line: u32,
    pub(super) token: Option<Token>,
    pub(super) token_start: usize,
    pub(super) token_line: u32,
    pub(super) pending: Vec<Pending>,
    /// A here-document ran into the end of the input.
    pub here_eof: bool,
    /// Warnings with their line.
    pub warnings: Vec<(u32, String)>,
    /// Extended patterns are on.
    pub extglob: bool,
    aliases: Option<&'a Map<Str, Str>>,
    active: Vec<(Str, usize)>,
    alias_next: Option<usize>,
    pub(super) depth: u32,
}

impl<'a> Parser<'a> {
    /// A parser at the start of `src`, which begins on `line`.
    pub fn new(src: &'a [u8], line: u32) -> Self {
        Parser {
            src: Cow::Borrowed(src),
            pos: 0,
            line,
            token: None,
            token_start: 0,
            token_line: line,
            pending: Vec::new(),
            here_eof: false,
            warnings: Vec::new(),
            extglob: false,
            aliases: None,
            active: Vec::new(),
            alias_next: None,
            depth: 0,
        }
    }

    /// Expands these aliases.
    pub fn with_aliases(mut self, aliases: &'a Map<Str, Str>) -> Self {
        self.aliases = if aliases.is_empty() { None } else { Some(aliases) };
        self
    }

    /// Starts at a byte of the text.
    pub fn starting_at(mut self, pos: usize) -> Self {
        self.pos = pos;
        self
    }

    /// How far it has read, in the text as it is after alias expansion.
    pub fn position(&self) -> (usize, u32) {
        (self.pos, self.line)
    }

    /// The text, if alias expansion changed it.
    pub fn into_changed_source(self) -> Option<Vec<u8>> {
        match self.src {
            Cow::Owned(v) => Some(v),
            Cow::Borrowed(_) => None,
        }
    }

    /// The next line's commands; `None` at the end.
    pub fn complete_command(&mut self) -> Res<Option<Arc<List>>> {
        loop {
            match self.peek()? {
                Token::Eof => return Ok(None),
                Token::Newline => {
                    self.next()?;
                }
                _ => break,
            }
        }
        let list = self.list(true)?;
        match self.peek()? {
            Token::Eof => self.read_here_docs()?,
            Token::Newline => {
                self.next()?;
            }
            _ => return Err(self.unexpected()),
        }
        Ok(Some(Arc::new(list)))
    }

    /// The whole text as one list.
    pub fn whole(&mut self) -> Res<Arc<List>> {
        let mut items = Vec::new();
        while let Some(l) = self.complete_command()? {
            items.extend(l.items.iter().cloned());
        }
        Ok(Arc::new(List { items }))
    }

    /// After `(`: the list up to its `)`.
    pub(super) fn paren_list(&mut self) -> Res<Arc<List>> {
        self.enter()?;
        let saved = (self.token.take(), self.token_start, self.token_line);
        let list = self.list(false)?;
        match self.peek()? {
            Token::Op(")") => {
                self.next()?;
            }
            _ => return Err(self.unexpected()),
        }
        (self.token, self.token_start, self.token_line) = saved;
        self.depth -= 1;
        Ok(Arc::new(list))
    }

    pub(super) fn enter(&mut self) -> Res<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(ErrorKind::Other("maximum nesting exceeded".into())));
        }
        Ok(())
    }

    /// And-or lists up to something that cannot start one. With `one_line`, a newline ends it.
    pub(super) fn list(&mut self, one_line: bool) -> Res<List> {
        let mut items = Vec::new();
        if !one_line {
            self.newlines()?;
        }
        while self.starts_command()? {
            let mut item = self.and_or()?;
            let mut more = true;
            match self.peek()? {
                Token::Op("&") => {
                    item.background = true;
                    self.next()?;
                }
                Token::Op(";") => {
                    self.next()?;
                }
                Token::Newline if !one_line => {}
                _ => more = false,
            }
            items.push(item);
            if !more {
                break;
            }
            if !one_line {
                self.newlines()?;
            }
        }
        Ok(List { items })
    }

    /// A list that may not be empty.
    pub(super) fn body(&mut self) -> Res<Arc<List>> {
        self.enter()?;
        let list = self.list(false)?;
        if list.items.is_empty() {
            return Err(self.unexpected());
        }
        self.depth -= 1;
        Ok(Arc::new(list))
    }

    pub(super) fn newlines(&mut self) -> Res<()> {
        while *self.peek()? == Token::Newline {
            self.next()?;
        }
        Ok(())
    }

    fn starts_command(&mut self) -> Res<bool> {
        self.expand_alias()?;
        Ok(match self.peek()? {
            Token::Word(w) => {
                !matches!(
                    keyword(w),
                    Some(
                        b"then"
                            | b"else"
                            | b"elif"
                            | b"fi"
                            | b"do"
                            | b"done"
                            | b"esac"
                            | b"}"
                            | b"]]"
                            | b"in"
                    )
                ) || keyword(w) == Some(b"in")
                    || keyword(w) == Some(b"]]")
            }
            Token::Fd(_) => true,
            Token::Op(op) => matches!(
                *op,
                "(" | "<"
                    | ">"
                    | ">>"
                    | "<<"
                    | "<<-"
                    | "<<<"
                    | "<&"
                    | ">&"
                    | "<>"
                    | ">|"
                    | "&>"
                    | "&>>"
            ),
            _ => false,
        })
    }

    fn and_or(&mut self) -> Res<Item> {
        let first = Arc::new(self.pipeline()?);
        let mut rest = Vec::new();
        loop {
            let and = match self.peek()? {
                Token::Op("&&") => true,
                Token::Op("||") => false,
                _ => break,
            };
            self.next()?;
            self.newlines()?;
            rest.push((and, Arc::new(self.pipeline()?)));
        }
        Ok(Item { first, rest, background: false })
    }

    fn pipeline(&mut self) -> Res<Pipeline> {
        let mut p = Pipeline { bang: false, time: None, cmds: Vec::new() };
        let mut prefixed = false;
        loop {
            self.expand_alias()?;
            let Token::Word(w) = self.peek()? else { break };
            match keyword(w) {
                Some(b"!") => p.bang = !p.bang,
                Some(b"time") => p.time = Some(false),
                Some(b"-p") if p.time == Some(false) => p.time = Some(true),
                _ => break,
            }
            prefixed = true;
            self.next()?;
        }
        if prefixed && !self.starts_command()? {
            if matches!(
                self.peek()?,
                Token::Newline | Token::Eof | Token::Op(";" | "&" | "&&" | "||" | ")")
            ) {
                return Ok(p);
            }
            return Err(self.unexpected());
        }
        loop {
            let mut cmd = self.command()?;
            match self.peek()? {
                Token::Op("|") => {}
                Token::Op("|&") => cmd.redirs.push(Redir {
                    fd: RedirFd::Number(2),
                    op: RedirOp::DupOut,
                    word: Word {
                        parts: vec![Part::Lit(b"1".to_vec())],
                        raw: b"1".to_vec(),
                        assign: None,
                    },
                    doc: None,
                }),
                _ => {
                    p.cmds.push(Arc::new(cmd));
                    return Ok(p);
                }
            }
            p.cmds.push(Arc::new(cmd));
            self.next()?;
            self.newlines()?;
        }
    }

    pub(super) fn command(&mut self) -> Res<Command> {
        self.expand_alias()?;
        self.peek()?;
        let line = self.token_line;
        if let Some(kind) = self.compound()? {
            let mut redirs = Vec::new();
            let last_line = self.line;
            if !matches!(kind, Kind::Function(_)) {
                while let Some(r) = self.redirection()? {
                    redirs.push(r);
                }
            }
            let line =
                if matches!(kind, Kind::Arith(_) | Kind::Cond(_)) { last_line } else { line };
            return Ok(Command { kind, redirs, line });
        }
        self.simple(line)
    }

    fn simple(&mut self, line: u32) -> Res<Command> {
        let (mut assigns, mut words, mut redirs) = (Vec::new(), Vec::<Word>::new(), Vec::new());
        let mut declares = false;
        let mut line = line;
        loop {
            // A command stands on the line where its second token ends, or its only one.
            if assigns.len() + words.len() + redirs.len() == 1 {
                line = self.line;
                if !matches!(self.peek()?, Token::Newline | Token::Eof) {
                    line = self.line;
                }
            }
            if let Some(r) = self.redirection()? {
                redirs.push(r);
                continue;
            }
            if words.is_empty() {
                self.expand_alias()?;
            }
            if let Some(at) = self.alias_next {
                self.peek()?;
                if self.token_start >= at {
                    self.alias_next = None;
                    self.expand_alias()?;
                }
            }
            if (words.is_empty() || declares) && matches!(self.peek()?, Token::Word(_)) {
                if let Some((a, raw)) = self.try_assignment()? {
                    if words.is_empty() {
                        assigns.push(Arc::new(a));
                    } else {
                        words.push(Word {
                            parts: raw.parts,
                            raw: raw.raw,
                            assign: Some(Arc::new(a)),
                        });
                        if words.len() == 2 && assigns.is_empty() && redirs.is_empty() {
                            line = self.line;
                        }
                    }
                    continue;
                }
            }
            match self.peek()? {
                Token::Word(_) => {
                    let Token::Word(w) = self.next()? else { break };
                    if words.is_empty() {
                        declares = matches!(
                            keyword(&w),
                            Some(b"declare" | b"local" | b"export" | b"readonly" | b"typeset")
                        );
                    } else if words.len() == 1
                        && matches!(keyword(&words[0]), Some(b"command" | b"builtin"))
                    {
                        declares = matches!(
                            keyword(&w),
                            Some(b"declare" | b"local" | b"export" | b"readonly" | b"typeset")
                        );
                    }
                    words.push(w);
                }
                Token::Op("(") if words.len() == 1 && assigns.is_empty() && redirs.is_empty() => {
                    let name = words[0].raw.clone();
                    if words[0].parts.iter().any(|p| !matches!(p, Part::Lit(_))) {
                        return Err(self.unexpected());
                    }
                    self.next()?;
                    if *self.peek()? == Token::Eof {
                        return Err(self.error(ErrorKind::Unexpected("newline".into())));
                    }
                    if *self.peek()? != Token::Op(")") {
                        return Err(self.unexpected());
                    }
                    self.next()?;
                    return self.function_body(name, line);
                }
                _ => break,
            }
        }
        if assigns.is_empty() && words.is_empty() && redirs.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command { kind: Kind::Simple { assigns, words }, redirs, line })
    }

    /// The peeked word again, as an assignment if it is one.
    fn try_assignment(&mut self) -> Res<Option<(Assign, Word)>> {
        let Some(token) = self.token.take() else { return Ok(None) };
        let after = (self.pos, self.line);
        (self.pos, self.line) = (self.token_start, self.token_line);
        let start = self.pos;
        match self.assignment()? {
            Some(a) => {
                let raw = self.src[start..self.pos].to_vec();
                let parts = match &token {
                    Token::Word(w) => w.parts.clone(),
                    _ => Vec::new(),
                };
                Ok(Some((a, Word { parts, raw, assign: None })))
            }
            None => {
                (self.pos, self.line) = after;
                self.token = Some(token);
                Ok(None)
            }
        }
    }

    /// A redirection, if one stands here.
    pub(super) fn redirection(&mut self) -> Res<Option<Redir>> {
        let fd = match self.peek()? {
            Token::Fd(_) => match self.next()? {
                Token::Fd(fd) => fd,
                _ => RedirFd::Default,
            },
            _ => RedirFd::Default,
        };
        let op = match self.peek()? {
            Token::Op("<") => RedirOp::Read,
            Token::Op(">") => RedirOp::Write,
            Token::Op(">|") => RedirOp::Clobber,
            Token::Op(">>") => RedirOp::Append,
            Token::Op("<>") => RedirOp::ReadWrite,
            Token::Op("<&") => RedirOp::DupIn,
            Token::Op(">&") => RedirOp::DupOut,
            Token::Op("&>") => RedirOp::Both,
            Token::Op("&>>") => RedirOp::BothAppend,
            Token::Op("<<") => RedirOp::Here(false),
            Token::Op("<<-") => RedirOp::Here(true),
            Token::Op("<<<") => RedirOp::HereString,
            _ => return Ok(None),
        };
        self.next()?;
        let line = self.token_line;
        if *self.peek()? == Token::Eof {
            return Err(self.error(ErrorKind::Unexpected("newline".into())));
        }
        let Token::Word(_) = self.peek()? else { return Err(self.unexpected()) };
        let Token::Word(word) = self.next()? else { return Ok(None) };
        let mut doc = None;
        if let RedirOp::Here(strip) = op {
            let slot = Arc::new(OnceLock::new());
            let (delim, quoted) = unquote(&word);
            self.pending.push(Pending { slot: slot.clone(), delim, quoted, strip, line });
            doc = Some(slot);
        }
        Ok(Some(Redir { fd, op, word, doc }))
    }

    /// Replaces the peeked word by its alias, as often as there is one.
    fn expand_alias(&mut self) -> Res<()> {
        let Some(aliases) = self.aliases else { return Ok(()) };
        for _ in 0..100 {
            let Token::Word(w) = self.peek()? else { return Ok(()) };
            let [Part::Lit(name)] = w.parts.as_slice() else { return Ok(()) };
            let name = name.clone();
            let start = self.token_start;
            self.active.retain(|(_, end)| *end > start);
            if self.active.iter().any(|(n, _)| *n == name) {
                return Ok(());
            }
            let Some(value) = aliases.get(&name) else { return Ok(()) };
            let (from, to) = (start, self.pos);
            self.src.to_mut().splice(from..to, value.iter().copied());
            let delta = value.len() as isize - (to - from) as isize;
            for (_, end) in &mut self.active {
                *end = (*end as isize + delta) as usize;
            }
            self.active.push((name, from + value.len()));
            self.alias_next =
                value.last().filter(|b| matches!(b, b' ' | b'\t')).map(|_| from + value.len());
            self.pos = from;
            self.line = self.token_line;
            self.token = None;
        }
        Ok(())
    }

    /// The error for the next token.
    pub(super) fn unexpected(&mut self) -> SyntaxError {
        let kind = match self.peek() {
            Err(e) => return e,
            Ok(Token::Eof) => ErrorKind::Eof,
            Ok(Token::Newline) => ErrorKind::Unexpected("newline".into()),
            Ok(Token::Op(op)) => ErrorKind::Unexpected((*op).into()),
            Ok(Token::Word(w)) => ErrorKind::Unexpected(text::lossy(&w.raw).into_owned()),
            Ok(Token::Fd(RedirFd::Number(n))) => ErrorKind::Unexpected(n.to_string()),
            Ok(Token::Fd(_)) => ErrorKind::Unexpected("{".into()),
        };
        self.error(kind)
    }

    /// An error at the current token.
    pub(super) fn error(&self, kind: ErrorKind) -> SyntaxError {
        let at = self.token_start.min(self.src.len());
        let from = self.src[..at].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
        let to = self.src[at..].iter().position(|&b| b == b'\n').map_or(self.src.len(), |n| at + n);
        let mut line = self.token_line;
        if kind == ErrorKind::Eof && self.src.last().is_some_and(|&b| b != b'\n') {
            line += 1;
        }
        SyntaxError { kind, line, text: self.src[from..to].to_vec() }
    }
}

/// The text of a word that has no quotes and no expansions.
pub(super) fn keyword(w: &Word) -> Option<&[u8]> {
    match w.parts.as_slice() {
        [Part::Lit(s)] if *s == w.raw => Some(s),
        _ => None,
    }
}

/// The delimiter of a here-document: quotes removed, nothing expanded.
fn unquote(w: &Word) -> (Str, bool) {
    let quoted = w.parts.iter().any(|p| matches!(p, Part::Quoted(_) | Part::Double(_)));
    if !quoted {
        return (w.raw.clone(), false);
    }
    fn walk(parts: &[Part], out: &mut Str) {
        for p in parts {
            match p {
                Part::Lit(s) | Part::Quoted(s) => out.extend_from_slice(s),
                Part::Double(inner) => walk(inner, out),
                Part::Param(p) => out.extend_from_slice(&p.raw),
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    walk(&w.parts, &mut out);
    (out, true)
}

#[cfg(test)]
mod tests;
