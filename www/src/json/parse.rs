//! Text to values.

use super::Value;

/// Lists and maps in each other.
const DEPTH_MAX: usize = 32;

/// The value of a text. `None`: it is not JSON, or has numbers that are not whole.
pub fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(DEPTH_MAX)?;
    reader.rest.trim_ascii_start().is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, what: &str) -> bool {
        let rest = self.rest.trim_ascii_start().strip_prefix(what);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.eat(word) {
                return Some(value);
            }
        }
        if self.eat("[") {
            let depth = depth.checked_sub(1)?;
            return self.members("]", |it| it.value(depth)).map(Value::List);
        }
        if self.eat("{") {
            let depth = depth.checked_sub(1)?;
            return self.members("}", |it| it.pair(depth)).map(Value::Map);
        }
        if self.eat("\"") { self.text().map(Value::Text) } else { self.number() }
    }

    fn members<T>(&mut self, end: &str, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut members = Vec::new();
        if self.eat(end) {
            return Some(members);
        }
        loop {
            members.push(one(self)?);
            if !self.eat(",") {
                return self.eat(end).then_some(members);
            }
        }
    }

    fn pair(&mut self, depth: usize) -> Option<(String, Value)> {
        let key = if self.eat("\"") { self.text()? } else { return None };
        if self.eat(":") { Some((key, self.value(depth)?)) } else { None }
    }

    fn number(&mut self) -> Option<Value> {
        let text = self.rest.trim_ascii_start();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let is_one = digits == "0" || !digits.starts_with('0');
        self.rest = rest;
        (is_one && !rest.starts_with(['.', 'e', 'E']))
            .then(|| digits.parse().ok())?
            .map(Value::Number)
    }

    /// The rest of a text after its first quote.
    fn text(&mut self) -> Option<String> {
        let mut out = String::new();
        loop {
            let end = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at(end);
            if plain.contains(|c| c < ' ') {
                return None;
            }
            out.push_str(plain);
            self.rest = &rest[1..];
            if rest.starts_with('"') {
                return Some(out);
            }
            out.push(self.escaped()?);
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                self.rest = self.rest.strip_prefix("\\u")?;
                let second = self.unit()?.checked_sub(0xdc00).filter(|it| *it < 0x400)?;
                char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}
