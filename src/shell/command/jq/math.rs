//! `+ - * / %`, for each kind of value what it means there.

use super::ast::Op;
use super::eval;
use super::functions::split;
use super::value::{self, Value};

/// Copies of a text or bytes of a text that a filter makes at once.
const MOST: f64 = 1_000_000.0;

pub fn binary(op: Op, left: &Value, right: &Value) -> Result<Value, String> {
    if let Some(is) = eval::compare(op, left, right) {
        return Ok(Value::Bool(is));
    }
    let fails = |what: &str| {
        let (a, b) = (left.brief(), right.brief());
        Err(format!("{} ({a}) and {} ({b}) cannot be {what}", left.kind(), right.kind()))
    };
    Ok(match (op, left, right) {
        (Op::Add, Value::Null, other) | (Op::Add, other, Value::Null) => other.clone(),
        (Op::Add, Value::Number(a), Value::Number(b)) => Value::Number(a + b),
        (Op::Add, Value::Text(a), Value::Text(b)) => Value::text(format!("{a}{b}")),
        (Op::Add, Value::List(a), Value::List(b)) => Value::list([&a[..], &b[..]].concat()),
        (Op::Add, Value::Map(a), Value::Map(b)) => {
            let mut all = a.to_vec();
            b.iter().for_each(|(key, it)| value::set(&mut all, key.clone(), it.clone()));
            Value::map(all)
        }
        (Op::Add, ..) => return fails("added"),
        (Op::Subtract, Value::Number(a), Value::Number(b)) => Value::Number(a - b),
        (Op::Subtract, Value::List(a), Value::List(b)) => {
            Value::list(a.iter().filter(|it| !b.contains(it)).cloned().collect())
        }
        (Op::Subtract, ..) => return fails("subtracted"),
        (Op::Multiply, Value::Number(a), Value::Number(b)) => Value::Number(a * b),
        (Op::Multiply, Value::Text(text), Value::Number(n))
        | (Op::Multiply, Value::Number(n), Value::Text(text)) => {
            if n * text.len() as f64 > MOST {
                return Err("Repeat string result too long".into());
            }
            if *n <= 0.0 { Value::Null } else { Value::text(text.repeat(n.ceil() as usize)) }
        }
        (Op::Multiply, Value::Map(_), Value::Map(_)) => merge(left, right),
        (Op::Multiply, ..) => return fails("multiplied"),
        (Op::Divide | Op::Remainder, Value::Number(_), Value::Number(b))
            if *b == 0.0 || op == Op::Remainder && b.abs() < 1.0 =>
        {
            let what = if op == Op::Divide { "divided" } else { "divided (remainder)" };
            return fails(&format!("{what} because the divisor is zero"));
        }
        (Op::Divide, Value::Number(a), Value::Number(b)) => Value::Number(a / b),
        (Op::Divide, Value::Text(_), Value::Text(_)) => split(left, right, "")?,
        (Op::Divide, ..) => return fails("divided"),
        (Op::Remainder, Value::Number(a), Value::Number(b)) => {
            let (a, b) = (*a as i64, (*b as i64).unsigned_abs() as i64);
            Value::Number(a.checked_rem(b).unwrap_or(0) as f64)
        }
        _ => return fails("divided"),
    })
}

/// Objects in objects are merged too.
fn merge(left: &Value, right: &Value) -> Value {
    let (Value::Map(a), Value::Map(b)) = (left, right) else { return right.clone() };
    let mut all = a.to_vec();
    for (key, new) in b.iter() {
        let old = left.get(key).unwrap_or(&Value::Null);
        value::set(&mut all, key.clone(), merge(old, new));
    }
    Value::map(all)
}
