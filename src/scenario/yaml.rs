//! The subset of YAML that scenarios are written in, with the line of every value.
//!
//! Block maps and lists, `|` and `>` blocks, `{a: b}` and `[a, b]` on one line, quoted and plain
//! words, comments. No anchors, tags, multi-line plain words, or guessed types: a scalar is text.

use super::ScenarioError;

type Result<T> = std::result::Result<T, ScenarioError>;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub line: usize,
    pub data: Data,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

/// Reads a whole document: a map.
///
/// # Errors
/// With the line of what is not in the subset.
pub fn parse(text: &str) -> Result<Value> {
    let lines = text.lines().enumerate().map(|(i, raw)| Line::new(i + 1, raw)).collect();
    let mut reader = Reader { lines, at: 0 };
    let value = reader.block(0)?;
    match reader.peek() {
        Some(line) => Err(ScenarioError::new(line.number, "this line is not indented as expected")),
        None => Ok(value),
    }
}

#[derive(Clone)]
struct Line<'a> {
    number: usize,
    indent: usize,
    raw: &'a str,
    /// Without indentation.
    text: &'a str,
}

impl<'a> Line<'a> {
    fn new(number: usize, raw: &'a str) -> Line<'a> {
        let text = raw.trim_start_matches(' ');
        Line { number, indent: raw.len() - text.len(), raw, text: text.trim_end() }
    }
    fn is_blank(&self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<Line<'a>> {
        while self.lines.get(self.at).is_some_and(Line::is_blank) {
            self.at += 1;
        }
        self.lines.get(self.at).cloned()
    }

    /// A map or a list whose lines stand at the indentation of the first one.
    fn block(&mut self, least: usize) -> Result<Value> {
        let Some(first) = self.peek() else {
            return Err(ScenarioError::new(self.lines.len().max(1), "a value is missing"));
        };
        if first.indent < least {
            return Err(ScenarioError::new(first.number, "a value is missing"));
        }
        if first.text.starts_with('\t') {
            return Err(ScenarioError::new(first.number, "indent with spaces, not with tabs"));
        }
        if is_item(first.text) { self.list(first.indent) } else { self.map(first.indent) }
    }

    fn list(&mut self, indent: usize) -> Result<Value> {
        let start = self.peek().map_or(1, |line| line.number);
        let mut items = Vec::new();
        while let Some(line) = self.peek() {
            if line.indent != indent || !is_item(line.text) {
                break;
            }
            let rest = line.text[1..].trim_start();
            let column = line.indent + (line.text.len() - rest.len());
            if rest.is_empty() {
                self.at += 1;
                items.push(self.block(indent + 1)?);
            } else if split_key(rest).is_some() && !rest.starts_with(['"', '\'', '{', '[']) {
                // A map that begins on the line of the dash: read it as if it stood alone.
                self.lines[self.at].indent = column;
                self.lines[self.at].text = rest;
                items.push(self.map(column)?);
            } else {
                self.at += 1;
                items.push(self.scalar(line.number, rest, indent)?);
            }
        }
        Ok(Value { line: start, data: Data::List(items) })
    }

    fn map(&mut self, indent: usize) -> Result<Value> {
        let start = self.peek().map_or(1, |line| line.number);
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some(line) = self.peek() {
            if line.indent != indent || is_item(line.text) {
                if line.indent > indent {
                    return Err(ScenarioError::new(line.number, "this line is indented too far"));
                }
                break;
            }
            let Some((key, rest)) = split_key(line.text) else {
                return Err(ScenarioError::new(line.number, "expected `key: value`"));
            };
            if entries.iter().any(|(old, _)| old == key) {
                return Err(ScenarioError::new(line.number, format!("`{key}` stands here twice")));
            }
            self.at += 1;
            let value = if rest.is_empty() || rest.starts_with('#') {
                let deeper = usize::from(!self.next_is_item(indent));
                self.block(indent + deeper)?
            } else {
                self.scalar(line.number, rest, indent)?
            };
            entries.push((key.to_owned(), value));
        }
        Ok(Value { line: start, data: Data::Map(entries) })
    }

    /// A list may stand at the indentation of its key.
    fn next_is_item(&mut self, indent: usize) -> bool {
        self.peek().is_some_and(|line| line.indent == indent && is_item(line.text))
    }

    /// A value that begins on this line.
    fn scalar(&mut self, number: usize, rest: &str, indent: usize) -> Result<Value> {
        let data = match rest {
            "|" => Data::Text(self.literal(indent)),
            ">" => Data::Text(fold(&self.literal(indent))),
            _ => {
                let mut flow = Flow { text: rest, at: 0, line: number };
                let value = flow.value(&[])?;
                flow.end()?;
                return Ok(value);
            }
        };
        Ok(Value { line: number, data })
    }

    /// The lines of a `|` block, without their common indentation.
    fn literal(&mut self, indent: usize) -> String {
        let mut block: Vec<&Line<'a>> = Vec::new();
        while let Some(line) = self.lines.get(self.at) {
            if !line.raw.trim().is_empty() && line.indent <= indent {
                break;
            }
            block.push(line);
            self.at += 1;
        }
        let filled = block.iter().filter(|line| !line.raw.trim().is_empty());
        let common = filled.map(|line| line.indent).min().unwrap_or(0);
        let mut text: Vec<&str> =
            block.iter().map(|line| line.raw.get(common..).unwrap_or("").trim_end()).collect();
        while text.last().is_some_and(|line| line.is_empty()) {
            text.pop();
        }
        text.join("\n") + "\n"
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// `key: rest`, where the key is a plain word.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let end = text.find(':')?;
    let key = &text[..end];
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let rest = &text[end + 1..];
    (!key.is_empty() && key.chars().all(plain) && (rest.is_empty() || rest.starts_with(' ')))
        .then(|| (key, rest.trim()))
}

/// `>`: lines of a paragraph are joined; an empty line stays a paragraph break.
fn fold(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.trim_end().split("\n\n") {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        let mut last: Option<char> = None;
        for line in paragraph.lines() {
            let item = line.starts_with("- ");
            match (last, line.chars().next()) {
                (None, _) => {}
                _ if item => out.push('\n'),
                // Chinese needs no space between lines.
                (Some(a), Some(b)) if is_wide(a) || is_wide(b) => {}
                _ => out.push(' '),
            }
            out.push_str(line);
            last = line.chars().last();
        }
    }
    out
}

fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF)
}

/// One line of inline values.
struct Flow<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Flow<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
    fn error<T>(&self, reason: &str) -> Result<T> {
        Err(ScenarioError::new(self.line, reason))
    }
    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
    fn eat(&mut self, c: char) -> bool {
        self.blanks();
        let hit = self.rest().starts_with(c);
        self.at += if hit { c.len_utf8() } else { 0 };
        hit
    }
    fn end(&mut self) -> Result<()> {
        self.blanks();
        match self.rest() {
            rest if rest.is_empty() || rest.starts_with('#') => Ok(()),
            _ => self.error("something follows the end of the value"),
        }
    }

    fn value(&mut self, stops: &[char]) -> Result<Value> {
        self.blanks();
        let data = match self.rest().chars().next() {
            Some('{') => self.flow_map()?,
            Some('[') => self.flow_list()?,
            Some('"') => Data::Text(self.double()?),
            Some('\'') => Data::Text(self.single()?),
            _ => Data::Text(self.plain(stops)),
        };
        Ok(Value { line: self.line, data })
    }

    fn flow_map(&mut self) -> Result<Data> {
        self.eat('{');
        let mut entries = Vec::new();
        while !self.eat('}') {
            self.blanks();
            let Some((key, _)) = self.rest().split_once(':') else {
                return self.error("expected `key: value` inside { }");
            };
            let (key, skip) = (key.trim().to_owned(), key.len() + 1);
            self.at += skip;
            let value = self.value(&[',', '}'])?;
            entries.push((key, value));
            if !self.eat(',') && !self.rest().starts_with('}') {
                return self.error("expected `,` or `}`");
            }
        }
        Ok(Data::Map(entries))
    }

    fn flow_list(&mut self) -> Result<Data> {
        self.eat('[');
        let mut items = Vec::new();
        while !self.eat(']') {
            if self.rest().is_empty() {
                return self.error("`]` is missing");
            }
            items.push(self.value(&[',', ']'])?);
            if !self.eat(',') && !self.rest().starts_with(']') {
                return self.error("expected `,` or `]`");
            }
        }
        Ok(Data::List(items))
    }

    fn double(&mut self) -> Result<String> {
        let mut out = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 2;
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, c @ ('"' | '\\'))) => out.push(c),
                    _ => return self.error("unknown escape in a quoted text"),
                },
                c => out.push(c),
            }
        }
        self.error("a quoted text does not end")
    }

    fn single(&mut self) -> Result<String> {
        let mut out = String::new();
        let mut chars = self.text[self.at + 1..].char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if c != '\'' {
                out.push(c);
            } else if chars.next_if(|(_, c)| *c == '\'').is_some() {
                out.push('\'');
            } else {
                self.at += i + 2;
                return Ok(out);
            }
        }
        self.error("a quoted text does not end")
    }

    fn plain(&mut self, stops: &[char]) -> String {
        let rest = self.rest();
        let mut end = rest.find(stops).unwrap_or(rest.len());
        if let Some(comment) = rest[..end].find(" #") {
            end = comment;
        }
        let text = rest[..end].trim_end().to_owned();
        self.at += end;
        text
    }
}

impl Value {
    /// The value of a key.
    pub fn key(&self, key: &str) -> Option<&Value> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, it)| it),
            _ => None,
        }
    }

    /// # Errors
    /// When it is not text.
    pub fn text(&self, what: &str) -> Result<&str> {
        match &self.data {
            Data::Text(text) => Ok(text),
            _ => Err(ScenarioError::new(self.line, format!("`{what}` must be text"))),
        }
    }

    /// # Errors
    /// When it is not a list.
    pub fn list(&self, what: &str) -> Result<&[Value]> {
        match &self.data {
            Data::List(items) => Ok(items),
            _ => Err(ScenarioError::new(self.line, format!("`{what}` must be a list"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lists_and_flow() {
        let doc = "a: 1 # one\nb:\n  - x\n  - {en: \"p, q\", zh: '它''s'}\n  - k: v\n    m: |\n      l1\n        l2\n\n      l3\nc: >\n  one\n  two\n\n  three\n";
        let value = parse(doc).unwrap();
        assert_eq!(value.key("a").unwrap().text("a").unwrap(), "1");
        let list = value.key("b").unwrap().list("b").unwrap();
        assert_eq!(list[0].text("x").unwrap(), "x");
        assert_eq!(list[1].key("en").unwrap().text("en").unwrap(), "p, q");
        assert_eq!(list[1].key("zh").unwrap().text("zh").unwrap(), "它's");
        assert_eq!(list[2].key("m").unwrap().text("m").unwrap(), "l1\n  l2\n\nl3\n");
        assert_eq!(value.key("c").unwrap().text("c").unwrap(), "one two\n\nthree");
    }

    #[test]
    fn errors_have_lines() {
        assert_eq!(parse("a: 1\n   b: 2\n").unwrap_err().line, 2);
        assert_eq!(parse("a: \"x\n").unwrap_err().line, 1);
        assert_eq!(parse("a: 1\na: 2\n").unwrap_err().line, 2);
        assert_eq!(parse("").unwrap_err().line, 1);
    }
}
