//! Reading and changing values by path: names, places, and ranges `{start, end}`.

use super::value::{self, Value};
use std::rc::Rc;

/// Elements that an assignment may add to an array.
const LONGEST: usize = 1 << 16;

pub fn index(at: &Value, key: &Value) -> Result<Value, String> {
    Ok(match (at, key) {
        (Value::Map(_), Value::Text(name)) => at.get(name).cloned().unwrap_or(Value::Null),
        (Value::List(all), Value::Number(n)) => {
            let place = place(*n, all.len());
            place.and_then(|it| all.get(it)).cloned().unwrap_or(Value::Null)
        }
        (Value::List(all), Value::Map(_)) => {
            let (from, to) = range(key, all.len())?;
            Value::list(all[from..to].to_vec())
        }
        (Value::Text(text), Value::Map(_)) => {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) = range(key, chars.len())?;
            Value::text(chars[from..to].iter().collect::<String>())
        }
        (Value::List(all), Value::List(part)) => indices(all, part),
        (Value::Null, Value::Text(_) | Value::Number(_) | Value::Map(_) | Value::Null) => {
            Value::Null
        }
        (_, Value::Text(name)) => {
            return Err(format!("Cannot index {} with string \"{name}\"", at.kind()));
        }
        _ => return Err(format!("Cannot index {} with {}", at.kind(), key.kind())),
    })
}

/// Where an array occurs in another.
pub fn indices(all: &[Value], part: &[Value]) -> Value {
    if part.is_empty() {
        return Value::Null;
    }
    let places = all.windows(part.len()).enumerate().filter(|(_, it)| *it == part);
    Value::list(places.map(|(i, _)| Value::Number(i as f64)).collect())
}

/// Negative places count from the end.
fn place(n: f64, len: usize) -> Option<usize> {
    let n = n.floor();
    let at = if n < 0.0 { n + len as f64 } else { n };
    (at >= 0.0).then_some(at as usize)
}

fn range(key: &Value, len: usize) -> Result<(usize, usize), String> {
    let end = |name: &str, default: usize, up: bool| match key.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Number(n)) => {
            let n = if up { n.ceil() } else { n.floor() };
            let at = if n < 0.0 { (n + len as f64).max(0.0) } else { n };
            Ok((at as usize).min(len))
        }
        Some(_) => Err("Start and end indices of an array slice must be numbers".to_owned()),
    };
    let (from, to) = (end("start", 0, false)?, end("end", len, true)?);
    Ok((from, to.max(from)))
}

pub fn get(at: &Value, path: &[Value]) -> Result<Value, String> {
    let Some((first, rest)) = path.split_first() else { return Ok(at.clone()) };
    if matches!(at, Value::Null) {
        return Ok(Value::Null);
    }
    get(&index(at, first)?, rest)
}

pub fn set(at: &Value, path: &[Value], new: Value) -> Result<Value, String> {
    let Some((first, rest)) = path.split_first() else { return Ok(new) };
    let inner = set(&index(at, first)?, rest, new)?;
    match (at, first) {
        (Value::Map(_) | Value::Null, Value::Text(name)) => {
            let mut all = if let Value::Map(all) = at { all.to_vec() } else { Vec::new() };
            value::set(&mut all, name.clone(), inner);
            Ok(Value::map(all))
        }
        (Value::List(_) | Value::Null, Value::Number(n)) => {
            let mut all = if let Value::List(all) = at { all.to_vec() } else { Vec::new() };
            let at = place(*n, all.len()).ok_or("Out of bounds negative array index")?;
            if at >= all.len() + LONGEST {
                return Err("Array index too large".into());
            }
            if at >= all.len() {
                all.resize(at + 1, Value::Null);
            }
            all[at] = inner;
            Ok(Value::list(all))
        }
        (Value::List(_) | Value::Null, Value::Map(_)) => {
            let mut all = if let Value::List(all) = at { all.to_vec() } else { Vec::new() };
            let (from, to) = range(first, all.len())?;
            let Value::List(new) = inner else {
                return Err("A slice of an array can only be assigned another array".into());
            };
            all.splice(from..to, new.iter().cloned());
            Ok(Value::list(all))
        }
        _ => Err(format!("Cannot index {} with {}", at.kind(), first.kind())),
    }
}

pub fn delete(at: &Value, path: &[Value]) -> Result<Value, String> {
    let Some((first, rest)) = path.split_first() else { return Ok(Value::Null) };
    if !rest.is_empty() {
        let inner = index(at, first)?;
        return match inner {
            Value::Null => Ok(at.clone()),
            inner => set(at, std::slice::from_ref(first), delete(&inner, rest)?),
        };
    }
    match (at, first) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Map(all), Value::Text(name)) => {
            Ok(Value::Map(Rc::new(all.iter().filter(|it| it.0 != *name).cloned().collect())))
        }
        (Value::List(all), Value::Number(n)) => {
            let mut all = all.to_vec();
            if let Some(at) = place(*n, all.len()).filter(|it| *it < all.len()) {
                all.remove(at);
            }
            Ok(Value::list(all))
        }
        (Value::List(all), Value::Map(_)) => {
            let mut all = all.to_vec();
            let (from, to) = range(first, all.len())?;
            all.drain(from..to);
            Ok(Value::list(all))
        }
        _ => Err(format!("Cannot delete field at {} index of {}", first.kind(), at.kind())),
    }
}
