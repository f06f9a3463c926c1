//! Functions of values: they know nothing of filters.

use super::ast::Op;
use super::math::binary;
use super::path;
use super::value::{self, Layout, Value};
use crate::shell::regex::{Regex, Syntax};
use std::rc::Rc;

/// Functions of values alone.
pub const OF_VALUE: &[(&str, fn(&Value) -> Result<Value, String>)] = &[
    ("length", length),
    ("utf8bytelength", |it| match it {
        Value::Text(text) => Ok(Value::Number(text.len() as f64)),
        _ => Err(format!("{} ({}) only strings have UTF-8 byte length", it.kind(), it.brief())),
    }),
    ("not", |it| Ok(Value::Bool(!it.holds()))),
    ("keys", |it| keys(it, true)),
    ("keys_unsorted", |it| keys(it, false)),
    ("add", add),
    ("any", |it| Ok(Value::Bool(elements(it)?.iter().any(Value::holds)))),
    ("all", |it| Ok(Value::Bool(elements(it)?.iter().all(Value::holds)))),
    ("flatten", |it| flatten(it, f64::INFINITY)),
    ("floor", |it| number(it, "number required").map(|n| Value::Number(n.floor()))),
    ("ceil", |it| number(it, "number required").map(|n| Value::Number(n.ceil()))),
    ("round", |it| number(it, "number required").map(|n| Value::Number(n.round()))),
    ("sqrt", |it| number(it, "number required").map(|n| Value::Number(n.sqrt()))),
    ("fabs", |it| number(it, "number required").map(|n| Value::Number(n.abs()))),
    ("tostring", |it| Ok(Value::text(super::format::text(it)))),
    ("tojson", |it| Ok(Value::text(it.print(Layout::OneLine, false)))),
    ("fromjson", from_json),
    ("tonumber", to_number),
    ("type", |it| Ok(Value::text(it.kind()))),
    ("sort", |it| sort(it, "sorted")),
    ("unique", |it| {
        let Value::List(all) = sort(it, "sorted")? else { return Ok(Value::Null) };
        let mut all = all.to_vec();
        all.dedup();
        Ok(Value::list(all))
    }),
    ("min", |it| extreme(it, false)),
    ("max", |it| extreme(it, true)),
    ("reverse", reverse),
    ("first", |it| path::index(it, &Value::Number(0.0))),
    ("last", |it| path::index(it, &Value::Number(-1.0))),
    ("to_entries", to_entries),
    ("from_entries", from_entries),
    ("transpose", transpose),
    ("ascii_downcase", |it| {
        string(it, "ascii_downcase input must be a string")
            .map(|t| Value::text(t.to_ascii_lowercase()))
    }),
    ("ascii_upcase", |it| {
        string(it, "ascii_upcase input must be a string")
            .map(|t| Value::text(t.to_ascii_uppercase()))
    }),
    ("explode", |it| {
        let text = string(it, "explode input must be a string")?;
        Ok(Value::list(text.chars().map(|c| Value::Number(f64::from(c as u32))).collect()))
    }),
    ("implode", |it| {
        let code = |it: &Value| match it {
            Value::Number(n) => char::from_u32(*n as u32),
            _ => None,
        };
        let text: Option<String> = elements(it)?.iter().map(code).collect();
        text.map(Value::text).ok_or_else(|| "implode input must be an array of codepoints".into())
    }),
    ("isnan", |it| number(it, "number required").map(|n| Value::Bool(n.is_nan()))),
    ("isinfinite", |it| number(it, "number required").map(|n| Value::Bool(n.is_infinite()))),
    ("infinite", |_| Ok(Value::Number(f64::INFINITY))),
    ("nan", |_| Ok(Value::Number(f64::NAN))),
];

/// Functions of the value and of one argument, which is a value too.
pub const OF_TWO: &[(&str, fn(&Value, &Value) -> Result<Value, String>)] = &[
    ("has", has),
    ("contains", |a, b| contains(a, b).map(Value::Bool)),
    ("inside", |a, b| contains(b, a).map(Value::Bool)),
    ("startswith", |a, b| {
        affix(a, b, "startswith() requires string inputs")
            .map(|(a, b)| Value::Bool(a.starts_with(b)))
    }),
    ("endswith", |a, b| {
        affix(a, b, "endswith() requires string inputs").map(|(a, b)| Value::Bool(a.ends_with(b)))
    }),
    ("ltrimstr", |a, b| {
        Ok(match affix(a, b, "") {
            Ok((text, start)) => Value::text(text.strip_prefix(start).unwrap_or(text)),
            Err(_) => a.clone(),
        })
    }),
    ("rtrimstr", |a, b| {
        Ok(match affix(a, b, "") {
            Ok((text, end)) if !end.is_empty() => {
                Value::text(text.strip_suffix(end).unwrap_or(text))
            }
            _ => a.clone(),
        })
    }),
    ("split", |a, b| split(a, b, "split input and separator must be strings")),
    ("join", join),
    ("flatten", |a, b| flatten(a, number(b, "flatten depth must not be negative")?)),
    ("test", |a, b| test(a, b, &Value::Null)),
    ("index", |a, b| all_places(a, b).and_then(|it| path::index(&it, &Value::Number(0.0)))),
    ("rindex", |a, b| all_places(a, b).and_then(|it| path::index(&it, &Value::Number(-1.0)))),
    ("indices", all_places),
    ("getpath", |a, b| path::get(a, elements(b)?)),
    ("delpaths", |a, b| {
        let Value::List(all) = sort(b, "sorted")? else { return Ok(a.clone()) };
        all.iter().rev().try_fold(a.clone(), |a, it| path::delete(&a, elements(it)?))
    }),
];

pub fn number(value: &Value, or: &str) -> Result<f64, String> {
    match value {
        Value::Number(n) => Ok(*n),
        other if or == "number required" => {
            Err(format!("{} ({}) {or}", other.kind(), other.brief()))
        }
        _ => Err(or.to_owned()),
    }
}

fn string<'a>(value: &'a Value, or: &str) -> Result<&'a str, String> {
    if let Value::Text(text) = value { Ok(text) } else { Err(or.to_owned()) }
}

pub fn elements(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::List(all) => Ok(all),
        other => Err(format!("Cannot iterate over {} ({})", other.kind(), other.brief())),
    }
}

fn length(value: &Value) -> Result<Value, String> {
    Ok(Value::Number(match value {
        Value::Null => 0.0,
        Value::Bool(_) => return Err(format!("boolean ({}) has no length", value.brief())),
        Value::Number(n) => n.abs(),
        Value::Text(text) => text.chars().count() as f64,
        Value::List(all) => all.len() as f64,
        Value::Map(all) => all.len() as f64,
    }))
}

fn keys(value: &Value, sorts: bool) -> Result<Value, String> {
    Ok(match value {
        Value::List(all) => Value::list((0..all.len()).map(|i| Value::Number(i as f64)).collect()),
        Value::Map(all) => {
            let all = if sorts { value::sorted(all) } else { all.to_vec() };
            Value::list(all.into_iter().map(|it| Value::Text(it.0)).collect())
        }
        other => return Err(format!("{} ({}) has no keys", other.kind(), other.brief())),
    })
}

pub fn has(value: &Value, key: &Value) -> Result<Value, String> {
    match (value, key) {
        (Value::Map(_), Value::Text(name)) => Ok(Value::Bool(value.get(name).is_some())),
        (Value::List(all), Value::Number(n)) => Ok(Value::Bool(*n >= 0.0 && *n < all.len() as f64)),
        _ => Err(format!("Cannot check whether {} has a {} key", value.kind(), key.kind())),
    }
}

fn contains(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (Value::Map(_), Value::Map(all)) => {
            let holds = |(key, b): &(Rc<str>, Value)| match a.get(key) {
                Some(a) => contains(a, b),
                None => Ok(false),
            };
            all.iter().map(holds).try_fold(true, |is, it| Ok(is & it?))
        }
        (Value::List(a), Value::List(b)) => {
            Ok(b.iter().all(|b| a.iter().any(|a| contains(a, b).unwrap_or(false))))
        }
        (Value::Text(a), Value::Text(b)) => Ok(a.contains(&**b)),
        _ if a.kind() == b.kind() => Ok(a == b),
        _ => {
            let (x, y) = (a.brief(), b.brief());
            Err(format!(
                "{} ({x}) and {} ({y}) cannot have their containment checked",
                a.kind(),
                b.kind()
            ))
        }
    }
}

pub fn add(value: &Value) -> Result<Value, String> {
    let all = match value {
        Value::Map(all) => all.iter().map(|it| it.1.clone()).collect(),
        other => elements(other)?.to_vec(),
    };
    all.iter().try_fold(Value::Null, |sum, it| binary(Op::Add, &sum, it))
}

fn flatten(value: &Value, depth: f64) -> Result<Value, String> {
    if depth < 0.0 {
        return Err("flatten depth must not be negative".into());
    }
    let mut out = Vec::new();
    for it in elements(value)? {
        match it {
            Value::List(inner) if depth > 0.0 => {
                let inner = flatten(&Value::List(inner.clone()), depth - 1.0)?;
                out.extend_from_slice(elements(&inner)?);
            }
            other => out.push(other.clone()),
        }
    }
    Ok(Value::list(out))
}

fn from_json(value: &Value) -> Result<Value, String> {
    let text = string(value, "only strings can be parsed")
        .map_err(|it| format!("{} ({}) {it}", value.kind(), value.brief()))?;
    serde_json::from_str(text).map_err(|_| format!("{text} (while parsing '{text}')"))
}

fn to_number(value: &Value) -> Result<Value, String> {
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::Text(text) => match serde_json::from_str(text.trim()) {
            Ok(Value::Number(n)) => Ok(Value::Number(n)),
            _ => Err(format!(
                "Invalid numeric literal at EOF at line 1, column {} (while parsing '{text}')",
                text.len()
            )),
        },
        other => Err(format!("{} ({}) cannot be parsed as a number", other.kind(), other.brief())),
    }
}

pub fn sort(value: &Value, what: &str) -> Result<Value, String> {
    let Value::List(all) = value else {
        let (kind, brief) = (value.kind(), value.brief());
        return Err(format!("{kind} ({brief}) cannot be {what}, as it is not an array"));
    };
    let mut all = all.to_vec();
    all.sort_by(Value::order);
    Ok(Value::list(all))
}

fn extreme(value: &Value, largest: bool) -> Result<Value, String> {
    let mut best: Option<&Value> = None;
    for it in elements(value)? {
        let better = best.is_none_or(|best| match largest {
            true => it.order(best).is_ge(),
            false => it.order(best).is_lt(),
        });
        best = if better { Some(it) } else { best };
    }
    Ok(best.cloned().unwrap_or(Value::Null))
}

fn reverse(value: &Value) -> Result<Value, String> {
    match value {
        Value::Text(text) => Ok(Value::text(text.chars().rev().collect::<String>())),
        Value::Null => Ok(Value::list(Vec::new())),
        other => Ok(Value::list(elements(other)?.iter().rev().cloned().collect())),
    }
}

pub fn to_entries(value: &Value) -> Result<Value, String> {
    let keys = keys(value, false)?;
    let entry = |key: &Value| {
        let it = path::index(value, key)?;
        Ok(Value::map(vec![("key".into(), key.clone()), ("value".into(), it)]))
    };
    elements(&keys)?.iter().map(entry).collect::<Result<_, String>>().map(Value::list)
}

pub fn from_entries(value: &Value) -> Result<Value, String> {
    let mut all = Vec::new();
    for entry in elements(value)? {
        let of = |names: &[&str]| names.iter().find_map(|it| entry.get(it).filter(|it| it.holds()));
        let key = match of(&["key", "k", "name", "Name", "K", "Key"]) {
            Some(Value::Text(text)) => text.clone(),
            Some(key @ (Value::Number(_) | Value::Bool(_))) => super::format::text(key).into(),
            None => "null".into(),
            Some(key) => {
                let (kind, brief) = (key.kind(), key.brief());
                return Err(format!("Cannot use {kind} ({brief}) as object key"));
            }
        };
        let names = ["value", "v", "Value", "V"];
        let it = names.iter().find_map(|it| entry.get(it)).cloned().unwrap_or(Value::Null);
        value::set(&mut all, key, it);
    }
    Ok(Value::map(all))
}

fn transpose(value: &Value) -> Result<Value, String> {
    let rows = elements(value)?.iter().map(elements).collect::<Result<Vec<_>, _>>()?;
    let width = rows.iter().map(|it| it.len()).max().unwrap_or(0);
    let column =
        |i| Value::list(rows.iter().map(|it| it.get(i).cloned().unwrap_or(Value::Null)).collect());
    Ok(Value::list((0..width).map(column).collect()))
}

fn affix<'a>(a: &'a Value, b: &'a Value, or: &str) -> Result<(&'a str, &'a str), String> {
    Ok((string(a, or)?, string(b, or)?))
}

pub fn split(text: &Value, separator: &Value, or: &str) -> Result<Value, String> {
    let (text, separator) = affix(text, separator, or)?;
    if text.is_empty() {
        return Ok(Value::list(Vec::new()));
    }
    Ok(Value::list(match separator {
        "" => text.chars().map(|c| Value::text(c.to_string())).collect(),
        separator => text.split(separator).map(Value::text).collect(),
    }))
}

fn join(value: &Value, between: &Value) -> Result<Value, String> {
    let mut out = Value::Null;
    for (i, it) in elements(value)?.iter().enumerate() {
        let piece = match it {
            Value::Null => Value::text(""),
            Value::Number(_) | Value::Bool(_) => Value::text(super::format::text(it)),
            other => other.clone(),
        };
        let before = if i == 0 { Value::text("") } else { binary(Op::Add, &out, between)? };
        out = binary(Op::Add, &before, &piece)?;
    }
    Ok(if matches!(out, Value::Null) { Value::text("") } else { out })
}

/// Where a text or an array occurs; places in a text are counted in bytes, as jq 1.6 does.
fn all_places(value: &Value, part: &Value) -> Result<Value, String> {
    match (value, part) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Text(text), Value::Text(part)) if !part.is_empty() => {
            let is = |at: &usize| text.as_bytes()[*at..].starts_with(part.as_bytes());
            let places = (0..text.len()).filter(is).map(|it| Value::Number(it as f64));
            Ok(Value::list(places.collect()))
        }
        (Value::Text(_), Value::Text(_)) => Ok(Value::Null),
        (Value::List(all), Value::List(part)) => Ok(path::indices(all, part)),
        (Value::List(all), one) => Ok(path::indices(all, std::slice::from_ref(one))),
        _ => path::index(value, part),
    }
}

/// Does the text match? Patterns are the machine's extended regular expressions: of Oniguruma's own
/// marks only those that POSIX has.
pub fn test(value: &Value, pattern: &Value, flags: &Value) -> Result<Value, String> {
    let Value::Text(text) = value else {
        let (kind, brief) = (value.kind(), value.brief());
        return Err(format!("{kind} ({brief}) cannot be matched, as it is not a string"));
    };
    let (pattern, flags) = match (pattern, flags) {
        (Value::List(both), Value::Null) => {
            let at = |i: usize| both.get(i).cloned().unwrap_or(Value::Null);
            (at(0), at(1))
        }
        (pattern, flags) => (pattern.clone(), flags.clone()),
    };
    let Value::Text(pattern) = &pattern else {
        let (kind, brief) = (pattern.kind(), pattern.brief());
        return Err(format!("{kind} ({brief}) cannot be matched, as it is not a string"));
    };
    let icase = match &flags {
        Value::Null => false,
        Value::Text(flags) if flags.chars().all(|c| "gins".contains(c)) => flags.contains('i'),
        other => {
            return Err(format!("{} is not a valid modifier string", super::format::text(other)));
        }
    };
    let regex = Regex::new(pattern.as_bytes(), Syntax::Extended, icase)
        .map_err(|why| format!("{pattern} (at offset 0) is not a valid regex: {why}"))?;
    Ok(Value::Bool(regex.is_match(text.as_bytes())))
}
