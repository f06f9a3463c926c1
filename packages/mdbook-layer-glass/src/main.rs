//! An mdBook preprocessor: reads `[context, book]` as JSON, turns each fenced block marked `layer-glass` into
//! an element (for HTML) or a block of commands (for the rest), and prints the book.

use serde_json::Value;
use std::io::{Read, Write};
use std::process::ExitCode;

/// Attributes that `<layer-glass>` has.
const ATTRIBUTES: &[&str] = &[
    "scenario", "src", "state", "view", "controls", "readonly", "at", "path", "autoplay", "speed",
    "start", "lang", "theme", "height", "density", "poster", "attach",
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // mdBook asks whether a renderer is supported: all are.
    if args.first().is_some_and(|it| it == "supports") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("mdbook-layer-glass: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|it| it.to_string())?;
    let input: Value =
        serde_json::from_str(&text).map_err(|it| format!("not what mdBook sends: {it}"))?;
    let [context, book] = input.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err("not what mdBook sends: a list of context and book is expected".to_owned());
    };
    let src = context.pointer("/config/preprocessor/layer-glass/src").and_then(Value::as_str);
    let is_html = context.get("renderer").and_then(Value::as_str) == Some("html");
    if is_html && src.is_none() {
        return Err(
            "book.toml needs `src = \"https://HOST/layer-glass.js\"` in [preprocessor.layer-glass]"
                .to_owned(),
        );
    }
    let mut book = book.clone();
    change(&mut book, &|chapter| page(chapter, src.filter(|_| is_html)))?;
    let out = serde_json::to_string(&book).map_err(|it| it.to_string())?;
    std::io::stdout().write_all(out.as_bytes()).map_err(|it| it.to_string())
}

/// Changes the text of every chapter, wherever it stands in the book.
fn change(value: &mut Value, how: &dyn Fn(&str) -> Result<String, String>) -> Result<(), String> {
    match value {
        Value::Array(all) => all.iter_mut().try_for_each(|it| change(it, how)),
        Value::Object(map) => {
            let name = map.get("name").and_then(Value::as_str).unwrap_or("a chapter").to_owned();
            for (key, it) in map.iter_mut() {
                match (key.as_str(), &*it) {
                    ("content", Value::String(text)) => {
                        *it = Value::String(how(text).map_err(|why| format!("{name}: {why}"))?);
                    }
                    _ => change(it, how)?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A chapter with its blocks changed. `src`: the loader, for HTML.
fn page(text: &str, src: Option<&str>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').enumerate();
    let mut has_element = false;
    while let Some((n, line)) = lines.next() {
        let Some((indent, fence, info)) = fence_of(line) else {
            out.push_str(line);
            continue;
        };
        let words = words(info);
        let is_ours = words.first().is_some_and(|it| it == "layer-glass");
        if !is_ours {
            out.push_str(line);
        }
        let mut body = String::new();
        for (_, line) in lines.by_ref() {
            if closes(line, fence) {
                if !is_ours {
                    out.push_str(line);
                }
                break;
            }
            if is_ours { body.push_str(line) } else { out.push_str(line) }
        }
        if is_ours {
            has_element = true;
            let element = match src {
                Some(_) => {
                    element(&words[1..], &body).map_err(|why| format!("line {}: {why}", n + 1))?
                }
                None => format!("{indent}{fence}console\n{body}{indent}{fence}\n"),
            };
            out.push_str(&element);
        }
    }
    match src.filter(|_| has_element) {
        Some(src) => {
            Ok(format!("{out}\n\n<script type=\"module\" src=\"{}\"></script>\n", escape(src)))
        }
        None => Ok(out),
    }
}

/// Indent, fence and what is said after it.
fn fence_of(line: &str) -> Option<(&str, &str, &str)> {
    let rest = line.trim_start_matches(' ');
    let indent = &line[..line.len() - rest.len()];
    let sign = rest.chars().next().filter(|it| ['`', '~'].contains(it))?;
    let end = rest.find(|c| c != sign).unwrap_or(rest.len());
    let info = rest[end..].trim();
    let is_fence = end >= 3 && indent.len() < 4 && (sign == '~' || !info.contains('`'));
    is_fence.then_some((indent, &rest[..end], info))
}

fn closes(line: &str, fence: &str) -> bool {
    let text = line.trim();
    text.len() >= fence.len() && text.chars().all(|it| fence.starts_with(it))
}

/// Words between blanks and commas outside of double quotes.
fn words(info: &str) -> Vec<String> {
    let (mut out, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in info.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => out.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    out.push(word);
    out.retain(|it| !it.is_empty());
    out
}

fn element(attributes: &[String], body: &str) -> Result<String, String> {
    let mut out = String::from("<layer-glass");
    for word in attributes {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        if !ATTRIBUTES.contains(&name) {
            return Err(format!(
                "<layer-glass> has no attribute `{name}`; it has {}",
                ATTRIBUTES.join(", ")
            ));
        }
        out.push_str(&format!(" {name}=\"{}\"", escape(value)));
    }
    // A blank line would end the block of HTML in Markdown.
    let body = escape(body.trim_matches('\n'))
        .split('\n')
        .map(|it| if it.trim().is_empty() { "&#32;" } else { it })
        .collect::<Vec<_>>()
        .join("\n");
    Ok(format!("\n{out}>\n{body}\n</layer-glass>\n\n"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_elements() {
        let text = "# A\n\n```layer-glass view=stack title\n```\n";
        let why = page(text, Some("x.js")).expect_err("no such attribute");
        assert!(why.starts_with("line 3: <layer-glass> has no attribute `title`"), "{why}");
        let text = "a\n\n~~~layer-glass view=\"a b\" readonly\nls <x\n\nrm y && z\n~~~\nb\n";
        let want = "a\n\n\n<layer-glass view=\"a b\" readonly=\"\">\nls &lt;x\n&#32;\nrm y &amp;&amp; z\n</layer-glass>\n\nb\n\n\n\
                    <script type=\"module\" src=\"x.js\"></script>\n";
        assert_eq!(page(text, Some("x.js")), Ok(want.to_owned()));
    }

    #[test]
    fn other_blocks_and_other_renderers_are_left_readable() {
        let text = "````md\n```layer-glass\nls\n```\n````\n```sh\nls\n```\n";
        assert_eq!(page(text, Some("x.js")), Ok(text.to_owned()));
        assert_eq!(page("```layer-glass\nls\n```\n", None), Ok("```console\nls\n```\n".to_owned()));
    }

    #[test]
    fn every_chapter_is_found() {
        let mut book = serde_json::json!({"items": [{"Chapter": {"name": "A", "content": "x",
            "sub_items": [{"Chapter": {"name": "B", "content": "y"}}]}}, "Separator"]});
        change(&mut book, &|it| Ok(format!("{it}!"))).expect("nothing fails");
        assert_eq!(book["items"][0]["Chapter"]["content"], "x!");
        assert_eq!(book["items"][0]["Chapter"]["sub_items"][0]["Chapter"]["content"], "y!");
    }
}
