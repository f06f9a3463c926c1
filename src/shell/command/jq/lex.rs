//! The words of a filter.

use super::ast::Format;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name, `a::b` too; keywords are names until the parser asks.
    Name(String),
    /// `.name`
    Field(String),
    Var(String),
    Number(f64),
    /// A text: plain pieces, and the tokens of what stands in `\(…)` between them.
    Text(Vec<Part>),
    Format(Format),
    Sign(&'static str),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Plain(String),
    Inner(Vec<(Token, usize)>),
}

const SIGNS: &[&str] = &[
    "?//=", "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..",
    ".", "[", "]", "(", ")", "{", "}", "|", ",", ":", ";", "=", "<", ">", "+", "-", "*", "/", "%",
    "?", "$",
];

/// Nested `\(…)` of a text.
const NESTED: usize = 20;

/// The words of a text, each with its place in it.
///
/// # Errors
/// Why it has none, and where.
pub fn tokens(text: &str) -> Result<Vec<(Token, usize)>, (String, usize)> {
    let mut lexer = Lexer { whole: text.len(), rest: text, depth: 0 };
    match lexer.until(None) {
        Ok(mut all) => {
            all.push((Token::End, text.len()));
            Ok(all)
        }
        Err(why) => Err((why, lexer.place())),
    }
}

struct Lexer<'a> {
    whole: usize,
    rest: &'a str,
    depth: usize,
}

impl Lexer<'_> {
    /// Tokens up to the end, or to the bracket that closes `\(`.
    fn until(&mut self, close: Option<char>) -> Result<Vec<(Token, usize)>, String> {
        let mut all = Vec::new();
        let mut open = 0_usize;
        loop {
            self.skip();
            if self.rest.is_empty() {
                return match close {
                    None => Ok(all),
                    Some(_) => Err("syntax error, unexpected $end".into()),
                };
            }
            if close.is_some() && self.rest.starts_with(')') && open == 0 {
                self.rest = &self.rest[1..];
                all.push((Token::End, self.place()));
                return Ok(all);
            }
            let at = self.place();
            let token = self.token()?;
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open = open.saturating_sub(1),
                _ => {}
            }
            all.push((token, at));
        }
    }

    fn place(&self) -> usize {
        self.whole - self.rest.len()
    }

    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('#') {
                Some(comment) => {
                    self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
                }
                None => return,
            }
        }
    }

    fn take(&mut self, len: usize) -> String {
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        word.to_owned()
    }

    fn token(&mut self) -> Result<Token, String> {
        let first = self.rest.chars().next().unwrap_or('\0');
        let second = self.rest.chars().nth(1).unwrap_or('\0');
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
        if first == '"' {
            self.rest = &self.rest[1..];
            return self.text().map(Token::Text);
        }
        if first.is_ascii_digit() || first == '.' && second.is_ascii_digit() {
            return self.number();
        }
        if first == '.' && starts(second) {
            self.rest = &self.rest[1..];
            let len = self.name_len();
            return Ok(Token::Field(self.take(len)));
        }
        if first == '$' && starts(second) {
            self.rest = &self.rest[1..];
            let len = self.name_len();
            return Ok(Token::Var(self.take(len)));
        }
        if first == '@' {
            self.rest = &self.rest[1..];
            let len = self.name_len();
            let name = self.take(len);
            let format = format(&name).ok_or_else(|| format!("{name} is not a valid format"))?;
            return Ok(Token::Format(format));
        }
        if starts(first) {
            let mut len = self.name_len();
            while self.rest[len..].starts_with("::") {
                len += 2 + name_len(&self.rest[len + 2..]);
            }
            return Ok(Token::Name(self.take(len)));
        }
        let sign = SIGNS.iter().find(|it| self.rest.starts_with(**it));
        let sign = sign.ok_or("syntax error, unexpected INVALID_CHARACTER")?;
        self.rest = &self.rest[sign.len()..];
        Ok(Token::Sign(sign))
    }

    fn name_len(&self) -> usize {
        name_len(self.rest)
    }

    fn number(&mut self) -> Result<Token, String> {
        let bytes = self.rest.as_bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        let word = self.take(end);
        word.parse().map(Token::Number).map_err(|_| "Invalid numeric literal".to_owned())
    }

    /// The rest of a text after its first quote.
    fn text(&mut self) -> Result<Vec<Part>, String> {
        let unfinished = || "syntax error, unexpected QQSTRING_START".to_owned();
        let (mut parts, mut plain) = (Vec::new(), String::new());
        loop {
            let c = self.rest.chars().next().ok_or_else(unfinished)?;
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '"' => {
                    parts.push(Part::Plain(plain));
                    return Ok(parts);
                }
                '\\' => {
                    let c = self.rest.chars().next().ok_or_else(unfinished)?;
                    self.rest = &self.rest[c.len_utf8()..];
                    match c {
                        'n' => plain.push('\n'),
                        't' => plain.push('\t'),
                        'r' => plain.push('\r'),
                        'b' => plain.push('\u{8}'),
                        'f' => plain.push('\u{c}'),
                        '"' | '\\' | '/' => plain.push(c),
                        'u' => plain.push(self.unicode()?),
                        '(' => {
                            self.depth += 1;
                            if self.depth > NESTED {
                                return Err("texts in texts are nested too deep".into());
                            }
                            parts.push(Part::Plain(std::mem::take(&mut plain)));
                            parts.push(Part::Inner(self.until(Some(')'))?));
                            self.depth -= 1;
                        }
                        _ => return Err("syntax error, unexpected INVALID_CHARACTER".into()),
                    }
                }
                c => plain.push(c),
            }
        }
    }

    fn unicode(&mut self) -> Result<char, String> {
        let bad = || "Invalid escape".to_owned();
        let hex = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
        let high = hex(self.rest).ok_or_else(bad)?;
        self.rest = &self.rest[4..];
        if (0xd800..0xdc00).contains(&high) {
            if let Some(low) = self.rest.strip_prefix("\\u").and_then(hex) {
                self.rest = &self.rest[6..];
                let code = 0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        Ok(char::from_u32(high).unwrap_or('\u{fffd}'))
    }
}

fn name_len(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn format(name: &str) -> Option<Format> {
    Some(match name {
        "text" => Format::Text,
        "json" => Format::Json,
        "csv" => Format::Csv,
        "tsv" => Format::Tsv,
        "html" => Format::Html,
        "uri" => Format::Uri,
        "sh" => Format::Sh,
        "base64" => Format::Base64,
        "base64d" => Format::Base64d,
        _ => return None,
    })
}
