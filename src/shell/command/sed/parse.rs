//! sed's script language: text to commands, with the positions and messages of GNU sed 4.9.

use crate::shell::regex::{Regex, Syntax};

/// One address.
#[derive(Clone, Debug)]
pub(super) enum Addr {
    Line(usize),
    Last,
    /// `first~step`.
    Step(usize, usize),
    /// `None` is the empty regular expression: the last one used.
    Match(Option<Regex>),
    /// `addr,+n` (second address only).
    Plus(usize),
    /// `addr,~n` (second address only).
    Multiple(usize),
}

/// One piece of the right side of `s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Group(usize),
    Case(CaseTo),
}

/// `\U`, `\L`, `\u`, `\l`, `\E`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseTo {
    Upper,
    Lower,
    UpperOne,
    LowerOne,
    Off,
}

#[derive(Clone, Debug)]
pub(super) struct Subst {
    pub regex: Option<Regex>,
    pub with: Vec<Piece>,
    pub global: bool,
    pub print: bool,
    pub nth: usize,
    pub write: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(super) enum Verb {
    Block(usize),
    End,
    LineNumber,
    Append(Vec<u8>),
    Insert(Vec<u8>),
    Change(Vec<u8>),
    Branch(Option<usize>),
    BranchIf(Option<usize>),
    BranchIfNot(Option<usize>),
    Delete,
    DeleteFirst,
    FileName,
    Get,
    GetAppend,
    Hold,
    HoldAppend,
    List,
    Next,
    NextAppend,
    Print,
    PrintFirst,
    Quit(i32),
    QuitSilent(i32),
    ReadFile(Vec<u8>),
    Subst(Box<Subst>),
    WriteFile(Vec<u8>),
    WriteFirst(Vec<u8>),
    Swap,
    Translate(Box<[u8; 256]>),
    Zap,
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub from: Option<Addr>,
    pub to: Option<Addr>,
    /// `0,/re/`: the expression may match on the first line.
    pub from_zero: bool,
    pub not: bool,
    pub verb: Verb,
}

/// Where a script stands, for messages: `-e expression #1` or `file NAME line`.
pub(super) struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    syntax: Syntax,
    commands: Vec<Command>,
    blocks: Vec<usize>,
    labels: Vec<(Vec<u8>, usize)>,
    jumps: Vec<(usize, Vec<u8>)>,
}

/// Position (characters read) and what is wrong.
pub(super) type Fault = (usize, String);
type Parsed<T> = Result<T, Fault>;

/// Parses a whole script.
pub(super) fn parse(text: &[u8], syntax: Syntax) -> Parsed<Vec<Command>> {
    let mut parser = Parser {
        text,
        at: 0,
        syntax,
        commands: Vec::new(),
        blocks: Vec::new(),
        labels: Vec::new(),
        jumps: Vec::new(),
    };
    while parser.command()? {}
    parser.finish()
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn fault<T>(&self, what: impl Into<String>) -> Parsed<T> {
        Err((self.at, what.into()))
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|it| it == b' ' || it == b'\t') {
            self.at += 1;
        }
    }

    fn finish(mut self) -> Parsed<Vec<Command>> {
        if self.blocks.pop().is_some() {
            return Err((0, "unmatched `{'".into()));
        }
        for (at, label) in std::mem::take(&mut self.jumps) {
            let Some(target) = self.labels.iter().find(|it| it.0 == label).map(|it| it.1) else {
                let label = String::from_utf8_lossy(&label).into_owned();
                return Err((usize::MAX, format!("can't find label for jump to `{label}'")));
            };
            match &mut self.commands[at].verb {
                Verb::Branch(to) | Verb::BranchIf(to) | Verb::BranchIfNot(to) => *to = Some(target),
                _ => unreachable!("only branches are queued"),
            }
        }
        Ok(self.commands)
    }

    /// One command; false at the end of the script.
    fn command(&mut self) -> Parsed<bool> {
        while self.peek().is_some_and(|it| it.is_ascii_whitespace() || it == b';') {
            self.at += 1;
        }
        if self.peek().is_none() {
            return Ok(false);
        }
        let (from, to, from_zero) = self.addresses()?;
        self.blanks();
        let mut not = false;
        while self.peek() == Some(b'!') {
            self.at += 1;
            if not {
                return self.fault("multiple `!'s");
            }
            not = true;
            self.blanks();
        }
        let Some(letter) = self.bump() else { return self.fault("missing command") };
        let count = usize::from(from.is_some()) + usize::from(to.is_some());
        let index = self.commands.len();
        self.commands.push(Command { from, to, from_zero, not, verb: Verb::Nothing });
        let verb = self.verb(letter, count, index)?;
        self.commands[index].verb = verb;
        Ok(true)
    }

    fn addresses(&mut self) -> Parsed<(Option<Addr>, Option<Addr>, bool)> {
        let Some(from) = self.address(false)? else {
            if self.peek() == Some(b',') {
                self.at += 1;
                return self.fault("unexpected `,'");
            }
            return Ok((None, None, false));
        };
        self.blanks();
        let mut to = None;
        if self.peek() == Some(b',') {
            self.at += 1;
            self.blanks();
            to = self.address(true)?;
            if to.is_none() {
                self.at += 1;
                return self.fault("unexpected `,'");
            }
        }
        let zero = matches!(from, Addr::Line(0));
        if zero && !matches!(to, Some(Addr::Match(_))) {
            return self.fault("invalid usage of line address 0");
        }
        Ok((Some(from), to, zero))
    }

    fn address(&mut self, second: bool) -> Parsed<Option<Addr>> {
        Ok(Some(match self.peek() {
            Some(b'0'..=b'9') => {
                let line = self.number();
                self.blanks();
                if self.peek() == Some(b'~') && !second {
                    self.at += 1;
                    Addr::Step(line, self.number())
                } else {
                    Addr::Line(line)
                }
            }
            Some(b'+') if second => {
                self.at += 1;
                Addr::Plus(self.number())
            }
            Some(b'~') if second => {
                self.at += 1;
                Addr::Multiple(self.number())
            }
            Some(b'$') => {
                self.at += 1;
                Addr::Last
            }
            Some(b'/') => {
                self.at += 1;
                self.match_address(b'/')?
            }
            Some(b'\\') => {
                self.at += 1;
                let Some(delimiter) = self.bump() else {
                    return self.fault("unexpected end of script");
                };
                self.match_address(delimiter)?
            }
            _ => return Ok(None),
        }))
    }

    fn match_address(&mut self, delimiter: u8) -> Parsed<Addr> {
        let Some(pattern) = self.delimited(delimiter, true) else {
            return self.fault("unterminated address regex");
        };
        let mut icase = false;
        while let Some(flag @ (b'I' | b'M')) = self.peek() {
            icase |= flag == b'I';
            self.at += 1;
        }
        Ok(Addr::Match(self.regex(&pattern, icase)?))
    }

    fn regex(&self, pattern: &[u8], icase: bool) -> Parsed<Option<Regex>> {
        if pattern.is_empty() {
            return Ok(None);
        }
        Regex::new(pattern, self.syntax, icase).map(Some).or_else(|it| self.fault(it))
    }

    fn number(&mut self) -> usize {
        let mut value: usize = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
            self.at += 1;
        }
        value
    }

    /// Text up to an unescaped delimiter. `\delimiter` gives the delimiter, `\n` a newline.
    fn delimited(&mut self, delimiter: u8, is_regex: bool) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut in_bracket = false;
        loop {
            let byte = self.bump()?;
            if byte == delimiter && !in_bracket {
                return Some(out);
            }
            match byte {
                b'\n' if is_regex => return None,
                b'\\' if !in_bracket => {
                    let next = self.bump()?;
                    if next == delimiter {
                        // A special character used as delimiter is literal when escaped.
                        out.push(next);
                    } else if next == b'n' && is_regex {
                        out.push(b'\n');
                    } else if next == b't' && is_regex {
                        out.push(b'\t');
                    } else {
                        out.extend([b'\\', next]);
                    }
                    continue;
                }
                b'[' if is_regex && !in_bracket => {
                    in_bracket = true;
                    out.push(byte);
                    for lead in [b'^', b']'] {
                        if self.peek() == Some(lead) {
                            out.push(lead);
                            self.at += 1;
                        }
                    }
                    continue;
                }
                b'[' if in_bracket && matches!(self.peek(), Some(b':' | b'.' | b'=')) => {
                    let kind = self.bump()?;
                    out.extend([byte, kind]);
                    loop {
                        let inner = self.bump()?;
                        out.push(inner);
                        if inner == kind && self.peek() == Some(b']') {
                            out.push(self.bump()?);
                            break;
                        }
                    }
                    continue;
                }
                b']' if in_bracket => in_bracket = false,
                _ => {}
            }
            out.push(byte);
        }
    }

    fn verb(&mut self, letter: u8, addresses: usize, index: usize) -> Parsed<Verb> {
        let at_most = |max: usize, parser: &Self| -> Parsed<()> {
            if addresses > max {
                return parser.fault(if max == 0 {
                    if letter == b':' {
                        ": doesn't want any addresses"
                    } else {
                        "comments don't accept any addresses"
                    }
                } else {
                    "command only uses one address"
                });
            }
            Ok(())
        };
        let verb = match letter {
            b'{' => {
                self.blocks.push(index);
                return Ok(Verb::Block(usize::MAX));
            }
            b'}' => return self.end_block(addresses, index),
            b'#' => {
                at_most(0, self)?;
                while self.peek().is_some_and(|it| it != b'\n') {
                    self.at += 1;
                }
                return Ok(Verb::Nothing);
            }
            b':' => {
                at_most(0, self)?;
                let label = self.label();
                if label.is_empty() {
                    return self.fault("\":\" lacks a label");
                }
                self.labels.push((label, index));
                return Ok(Verb::Nothing);
            }
            b'a' | b'i' | b'c' => return self.text_verb(letter),
            b'b' | b't' | b'T' => {
                let label = self.label();
                if !label.is_empty() {
                    self.jumps.push((index, label));
                }
                return Ok(match letter {
                    b'b' => Verb::Branch(None),
                    b't' => Verb::BranchIf(None),
                    _ => Verb::BranchIfNot(None),
                });
            }
            b'r' | b'w' | b'W' => return self.file_verb(letter),
            b's' => return self.subst(),
            b'y' => self.translate()?,
            b'q' | b'Q' => {
                at_most(1, self)?;
                self.blanks();
                let status = self.number() as i32 & 0xff;
                if letter == b'q' { Verb::Quit(status) } else { Verb::QuitSilent(status) }
            }
            b'=' => Verb::LineNumber,
            b'd' => Verb::Delete,
            b'D' => Verb::DeleteFirst,
            b'F' => Verb::FileName,
            b'g' => Verb::Get,
            b'G' => Verb::GetAppend,
            b'h' => Verb::Hold,
            b'H' => Verb::HoldAppend,
            b'l' => {
                self.blanks();
                self.number();
                Verb::List
            }
            b'n' => Verb::Next,
            b'N' => Verb::NextAppend,
            b'p' => Verb::Print,
            b'P' => Verb::PrintFirst,
            b'x' => Verb::Swap,
            b'z' => Verb::Zap,
            b'v' => {
                self.label();
                Verb::Nothing
            }
            other => {
                return self.fault(format!("unknown command: `{}'", char::from(other)));
            }
        };
        self.end_of_command()?;
        Ok(verb)
    }

    fn end_block(&mut self, addresses: usize, index: usize) -> Parsed<Verb> {
        if addresses > 0 {
            return self.fault("} doesn't want any addresses");
        }
        let Some(open) = self.blocks.pop() else { return self.fault("unexpected `}'") };
        self.commands[open].verb = Verb::Block(index);
        self.end_of_command()?;
        Ok(Verb::End)
    }

    fn end_of_command(&mut self) -> Parsed<()> {
        self.blanks();
        match self.peek() {
            None | Some(b'}' | b'#') => Ok(()),
            Some(b'\n' | b';') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => {
                self.at += 1;
                self.fault("extra characters after command")
            }
        }
    }

    /// A label ends at whitespace or a semicolon.
    fn label(&mut self) -> Vec<u8> {
        self.blanks();
        let start = self.at;
        while self.peek().is_some_and(|it| !it.is_ascii_whitespace() && it != b';') {
            self.at += 1;
        }
        self.text[start..self.at].to_vec()
    }

    fn file_verb(&mut self, letter: u8) -> Parsed<Verb> {
        self.blanks();
        let name = self.rest_of_line();
        if name.is_empty() {
            return self.fault("missing filename in r/R/w/W commands");
        }
        Ok(match letter {
            b'r' => Verb::ReadFile(name),
            b'w' => Verb::WriteFile(name),
            _ => Verb::WriteFirst(name),
        })
    }

    fn rest_of_line(&mut self) -> Vec<u8> {
        let start = self.at;
        while self.peek().is_some_and(|it| it != b'\n') {
            self.at += 1;
        }
        let line = self.text[start..self.at].to_vec();
        self.at += usize::from(self.peek().is_some());
        line
    }

    /// `a`, `i`, `c` in both forms: text on the same line (GNU) or after backslash-newline.
    fn text_verb(&mut self, letter: u8) -> Parsed<Verb> {
        self.blanks();
        if self.peek().is_none() {
            return self.fault("expected \\ after `a', `c' or `i'");
        }
        if self.peek() == Some(b'\\') {
            self.at += 1;
            let mark = self.at;
            self.blanks();
            if self.peek() == Some(b'\n') {
                self.at += 1;
            } else {
                self.at = mark;
                if self.peek().is_none() {
                    return self.fault("incomplete command");
                }
            }
        }
        let mut text = Vec::new();
        while let Some(byte) = self.bump() {
            match byte {
                b'\\' => text.extend(self.bump()),
                b'\n' => break,
                _ => text.push(byte),
            }
        }
        text.push(b'\n');
        Ok(match letter {
            b'a' => Verb::Append(text),
            b'i' => Verb::Insert(text),
            _ => Verb::Change(text),
        })
    }

    fn subst(&mut self) -> Parsed<Verb> {
        let unterminated = "unterminated `s' command";
        let Some(delimiter) = self.bump() else { return self.fault(unterminated) };
        let pattern = self.delimited(delimiter, true);
        let with = pattern.is_some().then(|| self.delimited(delimiter, false)).flatten();
        let (Some(pattern), Some(with)) = (pattern, with) else {
            return self.fault(unterminated);
        };
        let mut subst = Subst {
            regex: None,
            with: pieces(&with),
            global: false,
            print: false,
            nth: 1,
            write: None,
        };
        let icase = self.subst_flags(&mut subst)?;
        subst.regex = self.regex(&pattern, icase)?;
        let groups = subst.regex.as_ref().map_or(9, Regex::groups);
        let used = subst.with.iter().filter_map(|it| match it {
            Piece::Group(group) => Some(*group),
            _ => None,
        });
        if let Some(bad) = used.max().filter(|it| *it > groups) {
            return self.fault(format!("invalid reference \\{bad} on `s' command's RHS"));
        }
        Ok(Verb::Subst(Box::new(subst)))
    }

    fn subst_flags(&mut self, subst: &mut Subst) -> Parsed<bool> {
        let mut icase = false;
        loop {
            match self.peek() {
                Some(b'g') if subst.global => {
                    self.at += 1;
                    return self.fault("multiple `g' options to `s' command");
                }
                Some(b'p') if subst.print => {
                    self.at += 1;
                    return self.fault("multiple `p' options to `s' command");
                }
                Some(b'g') => subst.global = true,
                Some(b'p') => subst.print = true,
                Some(b'i' | b'I') => icase = true,
                Some(b'm' | b'M') => {}
                Some(b'0'..=b'9') => {
                    subst.nth = self.number();
                    if subst.nth == 0 {
                        return self.fault("number option to `s' command may not be zero");
                    }
                    continue;
                }
                Some(b'w') => {
                    self.at += 1;
                    self.blanks();
                    subst.write = Some(self.rest_of_line());
                    return Ok(icase);
                }
                None | Some(b'}' | b'#') => return Ok(icase),
                Some(b'\n' | b';') => {
                    self.at += 1;
                    return Ok(icase);
                }
                Some(b' ' | b'\t') => {}
                Some(_) => {
                    self.at += 1;
                    return self.fault("unknown option to `s'");
                }
            }
            self.at += 1;
        }
    }

    fn translate(&mut self) -> Parsed<Verb> {
        let unterminated = "unterminated `y' command";
        let Some(delimiter) = self.bump() else { return self.fault(unterminated) };
        let from = self.delimited(delimiter, false);
        let to = from.is_some().then(|| self.delimited(delimiter, false)).flatten();
        let (Some(from), Some(to)) = (from, to) else { return self.fault(unterminated) };
        let (from, to) = (unescape(&from), unescape(&to));
        if from.len() != to.len() {
            return self.fault("strings for `y' command are different lengths");
        }
        let mut table: Box<[u8; 256]> = Box::new(std::array::from_fn(|i| i as u8));
        from.iter().zip(&to).for_each(|(a, b)| table[usize::from(*a)] = *b);
        Ok(Verb::Translate(table))
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(match (byte, byte == b'\\') {
            (_, true) => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(other) => other,
                None => b'\\',
            },
            (byte, _) => byte,
        });
    }
    out
}

/// The right side of `s` as pieces.
fn pieces(text: &[u8]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let piece = match byte {
            b'&' => Piece::Group(0),
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => Piece::Group(usize::from(digit - b'0')),
                Some(b'U') => Piece::Case(CaseTo::Upper),
                Some(b'L') => Piece::Case(CaseTo::Lower),
                Some(b'u') => Piece::Case(CaseTo::UpperOne),
                Some(b'l') => Piece::Case(CaseTo::LowerOne),
                Some(b'E') => Piece::Case(CaseTo::Off),
                other => {
                    plain.push(match other {
                        Some(b'n') => b'\n',
                        Some(b't') => b'\t',
                        Some(b'r') => b'\r',
                        Some(b'f') => 0x0c,
                        Some(b'v') => 0x0b,
                        Some(b'a') => 0x07,
                        Some(it) => it,
                        None => b'\\',
                    });
                    continue;
                }
            },
            other => {
                plain.push(other);
                continue;
            }
        };
        if !plain.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut plain)));
        }
        out.push(piece);
    }
    if !plain.is_empty() {
        out.push(Piece::Text(plain));
    }
    out
}
