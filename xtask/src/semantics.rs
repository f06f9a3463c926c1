//! docs/SEMANTICS.md as a page beside the app, for whoever asks what a rule's number means:
//! `semantics.html#R2.1a`.
//!
//! Knows the little of Markdown that the document uses: headings, lists, links, code.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::repo;

/// Writes the page where the build finds it (see www/index.html), if it is not there yet.
pub fn page() -> Result<()> {
    let source = repo::root().join("docs/SEMANTICS.md");
    let text = std::fs::read_to_string(&source).context("docs/SEMANTICS.md")?;
    let path = repo::root().join("www/generated/semantics.html");
    let html = html(&text);
    if std::fs::read_to_string(&path).is_ok_and(|old| old == html) {
        return Ok(());
    }
    std::fs::write(&path, html).with_context(|| format!("writing {}", path.display()))
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <title>Layerglass: semantics</title><style>\
    :root{color-scheme:light dark}body{font:17px/1.6 system-ui,sans-serif;max-width:46em;\
    margin:2em auto;padding:0 20px}code{font-size:.88em;overflow-wrap:anywhere}\
    h3{margin:1.6em 0 .2em}:target{background:#fdf0d3;color:#14202b;padding:2px 8px;border-radius:6px}\
    </style>\n<p><a href=\"./\">Layerglass</a></p>\n";

/// The whole page.
fn html(text: &str) -> String {
    let mut out = HEAD.to_owned();
    for block in text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
        let level = block.bytes().take_while(|it| *it == b'#').count();
        if level > 0 {
            let title = block[level..].trim();
            let id = title.split_whitespace().next().unwrap_or_default();
            let _ = writeln!(out, "<h{level} id=\"{}\">{}</h{level}>", escaped(id), line(title));
        } else if block.starts_with("- ") {
            let items = block.split("\n- ").map(|it| line(it.trim_start_matches("- ")));
            let items: String = items.map(|it| format!("<li>{it}</li>\n")).collect();
            let _ = writeln!(out, "<ul>\n{items}</ul>");
        } else {
            let _ = writeln!(out, "<p>{}</p>", line(block));
        }
    }
    out
}

/// A line: `code`, and links to files of the repository, of which the name is left.
fn line(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(i, part)| match i % 2 {
        0 => unlinked(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

fn unlinked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = link(rest) {
        let _ = write!(out, "{}<code>{}</code>", escaped(before), escaped(name));
        rest = after;
    }
    out + &escaped(rest)
}

/// The first `[name](target)`: what stands before it, the name, what stands after it.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('[')?;
    let (name, rest) = rest.split_once("](")?;
    let (_, after) = rest.split_once(')')?;
    Some((before, name, after))
}

/// Text in HTML, inside and outside of quotes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_can_be_linked_to() {
        let html = html(
            "# T\n\n### R2.1a FirstHitWins\n\nSays `a<b`.\n\n- [x/y](../x.trace): one & two\n- z\n",
        );
        assert!(html.contains("<h3 id=\"R2.1a\">R2.1a FirstHitWins</h3>"), "{html}");
        assert!(html.contains("<p>Says <code>a&lt;b</code>.</p>"), "{html}");
        assert!(html.contains("<li><code>x/y</code>: one &amp; two</li>\n<li>z</li>"), "{html}");
    }
}
