//! Quotes and variables of a Dockerfile: `$a`, `${a}`, `${a:-word}`, `${a:+word}`, `${a:?word}`, the same
//! without the colon, `${a#pattern}`, `${a%pattern}`, `${a/pattern/word}` and their doubles. It is not the
//! shell's grammar: there is no splitting in most places, and nothing is run.

use super::pattern;

/// Names and values, the last of a name wins.
pub type Vars = Vec<(String, String)>;

/// The value of a name.
pub fn value<'a>(vars: &'a [(String, String)], name: &str) -> Option<&'a str> {
    vars.iter().rev().find(|it| it.0 == name).map(|it| it.1.as_str())
}

/// How a text is worked on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// Quotes and escapes stay as they are.
    pub raw: bool,
    /// Names without a value stay as they are.
    pub keep_unset: bool,
}

/// How deep `${a:-${b:-…}}` may go.
const DEPTH_MAX: usize = 32;
/// Bytes of a result at most.
const SIZE_MAX: usize = 1 << 20;

struct Expander<'a> {
    text: Vec<char>,
    at: usize,
    escape: char,
    vars: &'a [(String, String)],
    mode: Mode,
    depth: usize,
    /// White space outside of quotes ends a word.
    splitting: bool,
    words: Vec<String>,
    /// Whether a word has begun.
    open: bool,
}

/// One word of a text: variables replaced, quotes removed.
///
/// # Errors
/// What is wrong, with the word.
pub fn expand(text: &str, escape: char, vars: &[(String, String)]) -> Result<String, String> {
    expand_as(text, escape, vars, Mode::default())
}

/// As [`expand`], in another way.
///
/// # Errors
/// As [`expand`].
pub fn expand_as(
    text: &str,
    escape: char,
    vars: &[(String, String)],
    mode: Mode,
) -> Result<String, String> {
    let mut expander = Expander::new(text, escape, vars, mode);
    expander.until(&[]).map_err(|why| format!("failed to process \"{}\": {why}", quoted(text)))
}

/// The words that a text becomes.
///
/// # Errors
/// As [`expand`].
pub fn split(text: &str, escape: char, vars: &[(String, String)]) -> Result<Vec<String>, String> {
    let mut expander = Expander::new(text, escape, vars, Mode::default());
    expander.splitting = true;
    let mut last = expander
        .until(&[])
        .map_err(|why| format!("failed to process \"{}\": {why}", quoted(text)))?;
    expander.cut(&mut last);
    Ok(expander.words)
}

/// As Go's `%q` writes it, without the quotes around.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            c if u32::from(c) < 32 => out += &format!("\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

impl<'a> Expander<'a> {
    fn new(text: &str, escape: char, vars: &'a [(String, String)], mode: Mode) -> Expander<'a> {
        Expander {
            text: text.chars().collect(),
            at: 0,
            escape,
            vars,
            mode,
            depth: 0,
            splitting: false,
            words: Vec::new(),
            open: false,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Ends a word of a split result.
    fn cut(&mut self, out: &mut String) {
        if std::mem::take(&mut self.open) {
            self.words.push(std::mem::take(out));
        }
    }

    /// The value of a variable goes into the result; white space in it splits too.
    fn put(&mut self, value: &str, out: &mut String) {
        for c in value.chars() {
            if self.splits_at(c) {
                self.cut(out);
            } else {
                self.open = true;
                out.push(c);
            }
        }
    }

    fn splits_at(&self, c: char) -> bool {
        self.splitting && self.depth == 0 && c.is_whitespace()
    }

    /// Up to one of `stops`, which stays.
    fn until(&mut self, stops: &[char]) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if stops.contains(&c) {
                return Ok(out);
            }
            if out.len() > SIZE_MAX {
                return Err("the result is too long".to_owned());
            }
            self.at += 1;
            match c {
                '\'' => self.single(&mut out)?,
                '"' => self.double(&mut out)?,
                '$' => {
                    let value = self.dollar()?;
                    self.put(&value, &mut out);
                }
                c if c == self.escape => {
                    self.open = true;
                    if self.mode.raw {
                        out.push(c);
                    }
                    out.extend(self.next());
                }
                c if self.splits_at(c) => self.cut(&mut out),
                c => {
                    self.open = true;
                    out.push(c);
                }
            }
        }
        if !stops.is_empty() {
            return Err(format!("syntax error: missing '{}'", stops[stops.len() - 1]));
        }
        Ok(out)
    }

    fn single(&mut self, out: &mut String) -> Result<(), String> {
        self.open = true;
        if self.mode.raw {
            out.push('\'');
        }
        loop {
            match self.next() {
                None => {
                    return Err(
                        "unexpected end of statement while looking for matching single-quote"
                            .to_owned(),
                    );
                }
                Some('\'') => break,
                Some(c) => out.push(c),
            }
        }
        if self.mode.raw {
            out.push('\'');
        }
        Ok(())
    }

    fn double(&mut self, out: &mut String) -> Result<(), String> {
        self.open = true;
        if self.mode.raw {
            out.push('"');
        }
        loop {
            match self.next() {
                None => {
                    return Err(
                        "unexpected end of statement while looking for matching double-quote"
                            .to_owned(),
                    );
                }
                Some('"') => break,
                Some('$') => *out += &self.dollar()?,
                Some(c) if c == self.escape => {
                    let after = self.peek();
                    let special = after.is_some_and(|it| ['"', '$', self.escape].contains(&it));
                    if self.mode.raw || !special {
                        out.push(c);
                    }
                    out.extend(self.next());
                }
                Some(c) => out.push(c),
            }
        }
        if self.mode.raw {
            out.push('"');
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                while let Some(c) = self.peek().filter(char::is_ascii_digit) {
                    name.push(c);
                    self.at += 1;
                }
            }
            Some(c) if "@*#?-$!0".contains(c) => {
                name.push(c);
                self.at += 1;
            }
            _ => {
                while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                    self.at += 1;
                }
            }
        }
        name
    }

    fn dollar(&mut self) -> Result<String, String> {
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match value(self.vars, &name) {
                Some(value) => value.to_owned(),
                None if self.mode.keep_unset => format!("${name}"),
                None => String::new(),
            });
        }
        if self.depth >= DEPTH_MAX {
            return Err("substitutions are nested too deeply".to_owned());
        }
        self.depth += 1;
        let begin = self.at - 1;
        self.at += 1;
        let done = self.braced(begin);
        self.depth -= 1;
        done
    }

    /// What `${` begins.
    fn braced(&mut self, begin: usize) -> Result<String, String> {
        let name = self.name();
        if name.is_empty() {
            return Err(match self.peek() {
                None => "syntax error: missing '}'".to_owned(),
                Some(_) => "syntax error: bad substitution".to_owned(),
            });
        }
        let found = value(self.vars, &name).map(str::to_owned);
        let unset = |it: &Self| {
            let text: String = it.text[begin..it.at].iter().collect();
            if it.mode.keep_unset { text } else { String::new() }
        };
        let (colon, sign) = match self.next() {
            None => return Err("syntax error: missing '}'".to_owned()),
            Some('}') => return Ok(found.unwrap_or_else(|| unset(self))),
            Some(':') => match self.next() {
                None => return Err("syntax error: missing '}'".to_owned()),
                Some(sign) => (true, sign),
            },
            Some(sign) => (false, sign),
        };
        let there = found.as_ref().is_some_and(|it| !colon || !it.is_empty());
        match sign {
            '-' | '+' | '?' => {
                let word = self.word()?;
                match sign {
                    '-' if there => Ok(found.unwrap_or_default()),
                    '-' => Ok(word),
                    '+' => Ok(if there { word } else { String::new() }),
                    _ if there => Ok(found.unwrap_or_default()),
                    _ if word.is_empty() && colon => {
                        Err(format!("{name}: is not allowed to be empty"))
                    }
                    _ if word.is_empty() => Err(format!("{name}: is not allowed to be unset")),
                    _ => Err(format!("{name}: {word}")),
                }
            }
            '#' | '%' | '/' if !colon => {
                let text = self.cut_or_replaced(sign, found.as_deref().unwrap_or_default())?;
                Ok(if found.is_none() { unset(self) } else { text })
            }
            sign if colon => Err(format!("unsupported modifier (:{sign}) in substitution")),
            sign => Err(format!("unsupported modifier ({sign}) in substitution")),
        }
    }

    /// The word of a modifier, up to its brace.
    fn word(&mut self) -> Result<String, String> {
        let word = self.until(&['}'])?;
        self.at += 1;
        Ok(word)
    }

    fn cut_or_replaced(&mut self, sign: char, text: &str) -> Result<String, String> {
        let twice = self.peek() == Some(sign);
        if twice {
            self.at += 1;
        }
        if sign == '/' {
            let what = self.until(&['/', '}'])?;
            let with = match self.next() {
                Some('/') => self.word()?,
                _ => String::new(),
            };
            return Ok(pattern::replaced(text, &what, &with, twice));
        }
        let what = self.word()?;
        Ok(match sign {
            '#' => pattern::without_head(text, &what, twice),
            _ => pattern::without_tail(text, &what, twice),
        })
    }
}
