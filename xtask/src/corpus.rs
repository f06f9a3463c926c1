//! The recorded kernel traces as one file that the page fetches for its self-check:
//! `[["access/acl-decides", "case: …"], …]`.
//!
//! Never here: what a trace means.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use crate::repo;

/// Writes the bundle, if it is not there or a trace has changed.
pub fn bundle() -> Result<()> {
    let dir = repo::root().join("tests/corpus");
    let mut traces = Vec::new();
    for path in repo::files_below(&dir, &["trace"])? {
        let name = path.strip_prefix(&dir).unwrap_or(&path).with_extension("");
        traces.push((name.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?));
    }
    ensure!(!traces.is_empty(), "no traces in {}", dir.display());
    traces.sort();
    write("corpus.json", &json(&traces))
}

/// Writes a file where the page's build finds it (see www/index.html), if it is not there or other.
pub fn write(name: &str, text: &str) -> Result<()> {
    let path = repo::root().join("www/generated").join(name);
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Pairs of texts as JSON, one a line.
pub fn json(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, text)| format!("[{},{}]", json_string(name), json_string(text)))
        .collect();
    format!("[\n{}\n]\n", pairs.join(",\n"))
}

/// A text as JSON has it.
pub fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_json() {
        assert_eq!(json_string("a \"b\\c\"\n\t"), r#""a \"b\\c\"\n\u0009""#);
        let pairs = [("a/b".to_owned(), "x".to_owned()), ("c".to_owned(), "y".to_owned())];
        assert_eq!(json(&pairs), "[\n[\"a/b\",\"x\"],\n[\"c\",\"y\"]\n]\n");
    }
}
