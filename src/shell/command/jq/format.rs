//! `@csv`, `@sh` and the like: values as texts for other programs.

use super::ast::Format;
use super::value::{Layout, Value};
use crate::shell::command::dump::{decode, encode};

pub fn apply(format: Format, value: &Value) -> Result<String, String> {
    Ok(match format {
        Format::Text => text(value),
        Format::Json => value.print(Layout::OneLine, false),
        Format::Csv => row(value, "csv", ",", |it| format!("\"{}\"", it.replace('"', "\"\"")))?,
        Format::Tsv => row(value, "tsv", "\t", |it| {
            let it = it.replace('\\', "\\\\").replace('\t', "\\t");
            it.replace('\n', "\\n").replace('\r', "\\r")
        })?,
        Format::Html => {
            let it = text(value).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            it.replace('\'', "&#39;").replace('"', "&quot;")
        }
        Format::Uri => uri(&text(value)),
        Format::Sh => match value {
            Value::List(all) => {
                let words: Result<Vec<_>, _> = all.iter().map(shell).collect();
                words?.join(" ")
            }
            other => shell(other)?,
        },
        Format::Base64 => String::from_utf8_lossy(&encode(text(value).as_bytes())).into_owned(),
        Format::Base64d => match decode(text(value).as_bytes(), false) {
            (bytes, true) => String::from_utf8_lossy(&bytes).into_owned(),
            (_, false) => {
                let brief = value.brief();
                return Err(format!("{} ({brief}) is not valid base64 data", value.kind()));
            }
        },
    })
}

/// A text is itself, everything else its JSON.
pub fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.print(Layout::OneLine, false),
    }
}

fn row(
    value: &Value,
    name: &str,
    between: &str,
    quote: fn(&str) -> String,
) -> Result<String, String> {
    let Value::List(all) = value else {
        let (kind, brief) = (value.kind(), value.brief());
        return Err(format!("{kind} ({brief}) cannot be {name}-formatted, only array"));
    };
    let cells: Result<Vec<_>, String> = all
        .iter()
        .map(|it| match it {
            Value::Null => Ok(String::new()),
            Value::Bool(_) | Value::Number(_) => Ok(text(it)),
            Value::Text(text) => Ok(quote(text)),
            _ => Err(format!("{} ({}) is not valid in a csv row", it.kind(), it.brief())),
        })
        .collect();
    Ok(cells?.join(between))
}

fn shell(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(format!("'{}'", text.replace('\'', "'\\''"))),
        Value::List(_) | Value::Map(_) => {
            Err(format!("{} ({}) can not be escaped for shell", value.kind(), value.brief()))
        }
        other => Ok(text(other)),
    }
}

fn uri(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
