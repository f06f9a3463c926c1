//! `--format`: tables, JSON, and the part of Go's templates that people use.

mod eval;
mod template;

use super::cli::{Done, Fail};
use super::{Next, json::Json};
use crate::oci::history;
use crate::shell::command::ctx::Ctx;

/// A template for one object.
///
/// # Errors
/// What is wrong with the template.
pub fn one(format: &str, object: &str) -> Result<String, Fail> {
    apply(format, &Json::parse(object))
}

/// Whether a text is a template at all.
///
/// # Errors
/// What is wrong with it; the client ends with 64 then.
pub fn check(format: &str) -> Result<(), Fail> {
    let wrong = |why| Fail::Status(format!("template parsing error: template: :1: {why}"), 64);
    let parsed = template::parse(format).map_err(wrong)?;
    eval::check(&parsed).map_err(wrong)
}

/// A template for a value.
///
/// # Errors
/// What is wrong with the template.
pub fn apply(format: &str, value: &Json) -> Result<String, Fail> {
    applied(format, eval::Scope::new(value))
}

/// A template for a value that is of a type of the client's own.
///
/// # Errors
/// What is wrong with the template.
pub fn apply_typed(format: &str, value: &Json, kind: &'static str) -> Result<String, Fail> {
    applied(format, eval::Scope::of_type(value, kind))
}

fn applied(format: &str, mut scope: eval::Scope<'_>) -> Result<String, Fail> {
    let format = if format == "json" { "{{json .}}" } else { format };
    // The shell's words are raw: the client knows these two escapes itself.
    let format = format.replace("\\t", "\t").replace("\\n", "\n");
    let parsed = template::parse(&format)
        .map_err(|why| Fail::Client(format!("template parsing error: template: :1: {why}")))?;
    let mut text = String::new();
    scope.run(&parsed, &mut text).map_err(|why| {
        // Go tells the column: where what is named in brackets stands.
        let named = why.strip_prefix('<').and_then(|it| it.split_once('>')).map_or("", |it| it.0);
        let at = format.find(named).unwrap_or(0);
        let text = format!("template parsing error: template: :1:{at}: executing \"\" at {why}");
        Fail::Client(text)
    })?;
    Ok(text)
}

/// Rows under headings, or in the form that was asked for.
///
/// # Errors
/// What is wrong with the template.
pub fn table(
    ctx: &mut Ctx<'_>,
    columns: &[(&str, &str)],
    rows: &[Vec<(&'static str, String)>],
    format: Option<&str>,
) -> Done {
    let object = |row: &Vec<(&'static str, String)>| {
        let value = |key: &str, text: &String| match key {
            "Platform" => Json::Null,
            _ => Json::Text(text.clone()),
        };
        let mut pairs: Vec<(String, Json)> =
            row.iter().map(|(key, text)| ((*key).to_owned(), value(key, text))).collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Json::Map(pairs)
    };
    match format.map(|it| it.strip_prefix("table ").ok_or(it)) {
        Some(Err(format)) if format != "table" => {
            for row in rows {
                let object = object(row);
                let line = match format {
                    "json" => object.escaped(),
                    format => apply(format, &object)?,
                };
                ctx.line(line);
            }
        }
        Some(Ok(format)) => {
            let heads = rows_of(columns);
            let mut lines = vec![cells(&apply(format, &heads)?)];
            for row in rows {
                lines.push(cells(&apply(format, &object(row))?));
            }
            ctx.out(history::lines(&lines));
        }
        _ => {
            let mut lines = vec![columns.iter().map(|it| it.0.to_owned()).collect::<Vec<_>>()];
            for row in rows {
                let cell = |key: &str| {
                    let found = row.iter().find(|(it, _)| *it == key);
                    found.map_or(String::new(), |(_, value)| value.clone())
                };
                lines.push(columns.iter().map(|(_, key)| cell(key)).collect());
            }
            ctx.out(history::lines(&lines));
        }
    }
    Ok(Next::Exit(0))
}

/// The headings as an object, for the first line of a table.
fn rows_of(columns: &[(&str, &str)]) -> Json {
    let pair = |(head, key): &(&str, &str)| ((*key).to_owned(), Json::Text((*head).to_owned()));
    Json::Map(columns.iter().map(pair).collect())
}

fn cells(line: &str) -> Vec<String> {
    line.split('\t').map(str::to_owned).collect()
}
