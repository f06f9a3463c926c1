//! Shell variables: scalars, indexed and associative arrays, and their attributes.

use super::ast::Str;
use super::text;
use crate::store::Map;
use std::collections::BTreeMap;

/// A variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Var {
    /// What it holds.
    pub value: Value,
    /// Given to programs.
    pub export: bool,
    /// May not change.
    pub readonly: bool,
    /// Assignments are arithmetic.
    pub integer: bool,
    /// Assignments become lower case.
    pub lower: bool,
    /// Assignments become upper case.
    pub upper: bool,
    /// Stands for the variable it names.
    pub nameref: bool,
    /// An array that was declared and never set: shown without a value.
    pub bare: bool,
}

/// What a variable holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Declared, not set.
    #[default]
    Unset,
    /// A string.
    Scalar(Str),
    /// An indexed array.
    Indexed(Map<i64, Str>),
    /// An associative array.
    Assoc(Assoc),
}

/// An associative array that lists its keys in the order bash does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assoc {
    map: BTreeMap<Str, (u64, Str)>,
    next: u64,
}

impl Assoc {
    /// The value of a key.
    pub fn get(&self, k: &[u8]) -> Option<&Str> {
        self.map.get(k).map(|v| &v.1)
    }
    /// Sets a key.
    pub fn set(&mut self, k: Str, v: Str) {
        if let Some(old) = self.map.get_mut(&k) {
            old.1 = v;
            return;
        }
        self.next += 1;
        self.map.insert(k, (self.next, v));
    }
    /// Removes a key.
    pub fn remove(&mut self, k: &[u8]) {
        self.map.remove(k);
    }
    /// How many keys.
    pub fn len(&self) -> usize {
        self.map.len()
    }
    /// No keys.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
    /// Keys and values; observed on bash 5.2: by FNV-1 bucket of 1024, newest first within one.
    pub fn entries(&self) -> Vec<(&Str, &Str)> {
        let mut v: Vec<_> = self.map.iter().collect();
        v.sort_by_key(|(k, (n, _))| (hash(k) & 1023, std::cmp::Reverse(*n)));
        v.into_iter().map(|(k, (_, v))| (k, v)).collect()
    }
}

/// FNV-1, 32 bits.
pub fn hash(s: &[u8]) -> u32 {
    s.iter().fold(2_166_136_261u32, |h, &b| h.wrapping_mul(16_777_619) ^ u32::from(b))
}

impl Var {
    /// A plain variable.
    pub fn scalar(s: impl Into<Str>) -> Var {
        Var { value: Value::Scalar(s.into()), ..Var::default() }
    }
    /// An indexed array.
    pub fn list(items: impl IntoIterator<Item = Str>) -> Var {
        let map = items.into_iter().enumerate().map(|(i, s)| (i as i64, s)).collect();
        Var { value: Value::Indexed(map), ..Var::default() }
    }
    /// It is an array of either kind.
    pub fn is_array(&self) -> bool {
        matches!(self.value, Value::Indexed(_) | Value::Assoc(_))
    }
    /// The value as a scalar: an array's element 0.
    pub fn get(&self) -> Option<&Str> {
        match &self.value {
            Value::Unset => None,
            Value::Scalar(s) => Some(s),
            Value::Indexed(m) => m.get(&0),
            Value::Assoc(a) => a.get(b"0"),
        }
    }
    /// All values.
    pub fn values(&self) -> Vec<Str> {
        match &self.value {
            Value::Unset => Vec::new(),
            Value::Scalar(s) => vec![s.clone()],
            Value::Indexed(m) => m.values().cloned().collect(),
            Value::Assoc(a) => a.entries().into_iter().map(|e| e.1.clone()).collect(),
        }
    }
    /// All keys.
    pub fn keys(&self) -> Vec<Str> {
        match &self.value {
            Value::Unset => Vec::new(),
            Value::Scalar(_) => vec![b"0".to_vec()],
            Value::Indexed(m) => m.keys().map(|k| k.to_string().into_bytes()).collect(),
            Value::Assoc(a) => a.entries().into_iter().map(|e| e.0.clone()).collect(),
        }
    }
    /// The letters that `declare` shows, or `-`.
    pub fn letters(&self) -> String {
        let mut s = String::new();
        match self.value {
            Value::Indexed(_) => s.push('a'),
            Value::Assoc(_) => s.push('A'),
            _ => {}
        }
        for (on, c) in [
            (self.integer, 'i'),
            (self.lower, 'l'),
            (self.nameref, 'n'),
            (self.readonly, 'r'),
            (self.upper, 'u'),
            (self.export, 'x'),
        ] {
            if on {
                s.push(c);
            }
        }
        s
    }
    /// The value as an assignment, as `declare -p` writes it, with its `=`.
    pub fn shown(&self, declare: bool) -> Str {
        let mut out = Vec::new();
        if self.bare && self.values().is_empty() {
            return out;
        }
        match &self.value {
            Value::Unset => return out,
            Value::Scalar(s) => {
                out.push(b'=');
                out.extend(if declare { double_quote(s) } else { text::quote_if_needed(s) });
                if !declare && s.is_empty() {
                    out.truncate(1);
                }
            }
            Value::Indexed(m) => {
                out.extend_from_slice(b"=(");
                let mut first = true;
                for (k, v) in m {
                    if !first {
                        out.push(b' ');
                    }
                    first = false;
                    out.extend_from_slice(format!("[{k}]=").as_bytes());
                    out.extend(double_quote(v));
                }
                out.push(b')');
            }
            Value::Assoc(a) => {
                out.extend_from_slice(b"=(");
                for (k, v) in a.entries() {
                    out.push(b'[');
                    out.extend(assoc_key(k));
                    out.extend_from_slice(b"]=");
                    out.extend(double_quote(v));
                    out.push(b' ');
                }
                out.push(b')');
            }
        }
        out
    }
}

fn assoc_key(k: &[u8]) -> Str {
    if k.is_empty() || k.iter().any(|b| !(text::is_name_byte(*b) || b"%+,-./:=@^_~".contains(b))) {
        double_quote(k)
    } else {
        k.to_vec()
    }
}

/// `"…"`, or `$'…'` when there is something unprintable.
pub fn double_quote(s: &[u8]) -> Str {
    if text::needs_ansi(s) {
        return text::ansi_quote(s);
    }
    let mut out = vec![b'"'];
    for &b in s {
        if b"\"\\$`".contains(&b) {
            out.push(b'\\');
        }
        out.push(b);
    }
    out.push(b'"');
    out
}
