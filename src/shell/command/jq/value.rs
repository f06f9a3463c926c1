//! JSON values as jq has them: numbers are doubles, objects keep the order of their keys.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    List(Rc<Vec<Value>>),
    Map(Rc<Vec<(Rc<str>, Value)>>),
}

/// How a value is laid out in print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    OneLine,
    Spaces(usize),
    Tabs,
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    pub fn list(all: Vec<Value>) -> Value {
        Value::List(Rc::new(all))
    }

    pub fn map(all: Vec<(Rc<str>, Value)>) -> Value {
        Value::Map(Rc::new(all))
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }

    /// Everything but `null` and `false`.
    pub fn holds(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    /// Kinds have an order among them: null, false, true, numbers, texts, arrays, objects.
    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(is) => 1 + u8::from(*is),
            Value::Number(_) => 3,
            Value::Text(_) => 4,
            Value::List(_) => 5,
            Value::Map(_) => 6,
        }
    }

    /// The order in which jq sorts; objects by their sorted keys first.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Less),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::List(a), Value::List(b)) => {
                let first = a.iter().zip(b.iter()).map(|(a, b)| a.order(b));
                let first = first.into_iter().find(|it| it.is_ne());
                first.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            (Value::Map(a), Value::Map(b)) => {
                let (a, b) = (sorted(a), sorted(b));
                let keys = a.iter().map(|it| &it.0).cmp(b.iter().map(|it| &it.0));
                let mut values = a.iter().zip(&b).map(|(a, b)| a.1.order(&b.1));
                keys.then_with(|| values.find(|it| it.is_ne()).unwrap_or(Ordering::Equal))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(all) => all.iter().find(|(it, _)| &**it == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value as messages quote it.
    pub fn brief(&self) -> String {
        let text = self.print(Layout::OneLine, false);
        if text.len() <= 14 {
            return text;
        }
        // jq cuts at a number of bytes and says so with dots.
        let mut end = 11;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}...", &text[..end])
    }

    pub fn print(&self, layout: Layout, sorts: bool) -> String {
        let mut out = String::new();
        self.write(&mut out, layout, sorts, 0);
        out
    }

    fn write(&self, out: &mut String, layout: Layout, sorts: bool, depth: usize) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(is) => out.push_str(if *is { "true" } else { "false" }),
            Value::Number(n) => out.push_str(&number(*n)),
            Value::Text(text) => quote(out, text),
            Value::List(all) if all.is_empty() => out.push_str("[]"),
            Value::Map(all) if all.is_empty() => out.push_str("{}"),
            Value::List(all) => {
                for (i, it) in all.iter().enumerate() {
                    out.push(if i == 0 { '[' } else { ',' });
                    line(out, layout, depth + 1);
                    it.write(out, layout, sorts, depth + 1);
                }
                line(out, layout, depth);
                out.push(']');
            }
            Value::Map(all) => {
                let all = if sorts { sorted(all) } else { all.to_vec() };
                for (i, (key, it)) in all.iter().enumerate() {
                    out.push(if i == 0 { '{' } else { ',' });
                    line(out, layout, depth + 1);
                    quote(out, key);
                    out.push(':');
                    if layout != Layout::OneLine {
                        out.push(' ');
                    }
                    it.write(out, layout, sorts, depth + 1);
                }
                line(out, layout, depth);
                out.push('}');
            }
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.order(other).is_eq()
    }
}

pub fn sorted(all: &[(Rc<str>, Value)]) -> Vec<(Rc<str>, Value)> {
    let mut all = all.to_vec();
    all.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    all
}

fn line(out: &mut String, layout: Layout, depth: usize) {
    let (step, with) = match layout {
        Layout::OneLine => return,
        Layout::Spaces(n) => (n, " "),
        Layout::Tabs => (1, "\t"),
    };
    out.push('\n');
    out.push_str(&with.repeat(step * depth));
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A double as C's `%.17g` with as few digits as tell it: what is no number is null, what is too
/// large the largest.
fn number(n: f64) -> String {
    if n.is_nan() {
        return "null".into();
    }
    let n = n.clamp(-f64::MAX, f64::MAX);
    if n == 0.0 {
        return if n.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    let text = format!("{n:e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    // Written out as long as no more than fifteen zeros follow, or three come first.
    let count = digits.bytes().filter(u8::is_ascii_digit).count() as i32;
    if (-3..=count + 15).contains(&(power + 1)) {
        return format!("{n}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }
    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Number(n))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(it) = seq.next_element()? {
            all.push(it);
        }
        Ok(Value::list(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            set(&mut all, key.into(), value);
        }
        Ok(Value::map(all))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Value, D::Error> {
        de.deserialize_any(Tree)
    }
}

/// Gives a key its value; a new key comes last.
pub fn set(all: &mut Vec<(Rc<str>, Value)>, key: Rc<str>, value: Value) {
    match all.iter_mut().find(|(it, _)| *it == key) {
        Some((_, old)) => *old = value,
        None => all.push((key, value)),
    }
}
