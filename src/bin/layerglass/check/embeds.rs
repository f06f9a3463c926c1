//! Finds what a page embeds: fenced blocks, elements, shortcodes, directives.

/// Words that mark a fenced block as ours.
const FENCES: &[&str] = &["overlay", "layer-glass", "{layer-glass}"];
/// Something that a page embeds.
#[derive(Debug, PartialEq, Eq)]
pub struct Embed {
    /// Line of the page, from 1.
    pub line: usize,
    pub attributes: Vec<(String, String)>,
    /// Line of the first line of the body, and the body.
    pub body: (usize, String),
}

/// All embeds of a page, in order.
pub fn find(text: &str) -> Vec<Embed> {
    // Hugo's shortcode is the element in other brackets.
    let text = text
        .replace("{{< layer-glass", "<layer-glass")
        .replace("{{< /layer-glass >}}", "</layer-glass>");
    let text = text.replace(">}}", ">");
    let lines: Vec<&str> = text.lines().collect();
    let (mut embeds, mut n, mut in_comment) = (Vec::new(), 0, false);
    // The block before, for an element that is attached to it.
    let mut block = (0, String::new());
    while n < lines.len() {
        let line = lines[n];
        n += 1;
        if in_comment || line.contains("<!--") {
            in_comment = !line.contains("-->");
            continue;
        }
        if let Some((fence, info)) = fence_of(line) {
            let from = n;
            while n < lines.len() && !closes(lines[n], fence) {
                n += 1;
            }
            let (word, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
            let body = &lines[from..n];
            if FENCES.contains(&word) {
                let (mut found, options) = options(body);
                if word == "layer-glass" {
                    found.extend(attributes(rest));
                }
                let body = (from + 1 + options, body[options..].join("\n"));
                embeds.push(Embed { line: from, attributes: found, body });
            } else {
                block = (from + 1, body.join("\n"));
            }
            n += 1;
        } else if line.trim() == ".. layer-glass::" {
            let is_inside = |it: &&str| it.trim().is_empty() || indent(it) > indent(line);
            let body: Vec<&str> =
                lines[n..].iter().copied().take_while(|it| is_inside(it)).collect();
            let (attributes, options) = options(&body);
            let text = (n + 1 + options, body[options..].join("\n"));
            embeds.push(Embed { line: n, attributes, body: text });
            n += body.len();
        } else if let Some(at) = element_in(line) {
            let (embed, next) = element(&lines, n - 1, at);
            embeds.push(embed);
            n = next;
        } else {
            continue;
        }
        if let Some(it) = embeds.last_mut().filter(|it| it.body.1.trim().is_empty()) {
            if it.attributes.iter().any(|(name, value)| name == "attach" && value == "prev") {
                it.body = block.clone();
            }
        }
    }
    embeds
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The options `:name: value` that a directive's body begins with, and how many lines they are.
fn options(body: &[&str]) -> (Vec<(String, String)>, usize) {
    let of_line = |line: &&str| {
        let (name, value) = line.trim().strip_prefix(':')?.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let all: Vec<_> = body.iter().map_while(of_line).collect();
    let count = all.len();
    (all, count)
}

/// The fence that a line opens, and what is said after it.
fn fence_of(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start();
    let sign = rest.chars().next().filter(|it| ['`', '~'].contains(it))?;
    let end = rest.find(|c| c != sign).unwrap_or(rest.len());
    (end >= 3 && !rest[end..].contains('`')).then(|| (&rest[..end], rest[end..].trim()))
}

fn closes(line: &str, fence: &str) -> bool {
    let text = line.trim();
    text.len() >= fence.len() && text.chars().all(|it| fence.starts_with(it))
}

/// Where an element begins in a line, outside of `code`.
fn element_in(line: &str) -> Option<usize> {
    let at = line.find("<layer-glass")?;
    let is_code = line[..at].matches('`').count() % 2 == 1;
    let follows =
        line[at + 12..].chars().next().is_none_or(|c| c.is_whitespace() || "/>".contains(c));
    (!is_code && follows).then_some(at)
}

/// The element that begins in line `n` (from 0) at a byte, and the number of the line after it.
fn element(lines: &[&str], n: usize, at: usize) -> (Embed, usize) {
    let text = format!("{}\n{}", &lines[n][at..], lines[n + 1..].join("\n"));
    let end = tag_end(&text);
    let tag = &text[12..end.unwrap_or(text.len())];
    let attributes = attributes(tag.trim_end_matches('/'));
    let after = end.map_or(text.len(), |it| it + 1);
    let close = if tag.ends_with('/') { None } else { text[after..].find("</layer-glass>") };
    let body = close.map_or("", |it| &text[after..after + it]);
    let passed = text[..after + body.len()].matches('\n').count();
    let first = n + 1 + text[..after].matches('\n').count();
    let embed = Embed { line: n + 1, attributes, body: (first, unescape(body)) };
    (embed, n + passed + 1)
}

/// Where the tag's `>` is, outside of quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('>', None) => return Some(at),
            _ => {}
        }
    }
    None
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = tag.trim();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|it| ['"', '\''].contains(it));
            let (from, to) = match quote {
                Some(quote) => (1, after[1..].find(quote).map_or(after.len(), |it| it + 1)),
                None => (0, after.find(char::is_whitespace).unwrap_or(after.len())),
            };
            value = &after[from..to];
            rest = after.get(to + from..).unwrap_or_default().trim_start();
        }
        out.push((name, unescape(value)));
    }
    out.retain(|it| !it.0.is_empty());
    out
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#10;", "\n")
        .replace("&#32;", " ")
        .replace("&amp;", "&")
}
