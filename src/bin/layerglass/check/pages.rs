//! Pages of documentation: finds what they embed, and runs it.
//!
//! An embed is a fenced block marked `overlay` or `layer-glass`, or an element `<layer-glass>` outside of
//! fenced blocks and comments. Its commands must exist and succeed; one that shall fail says so with a
//! comment that begins with `fails`.

use layerglass::port::{Ask, FromMachine, Server, Tell, ToMachine, lines};
use layerglass::scenario::{self, check::Problem};
use layerglass::share::{self, Start};
use std::path::Path;

/// Words that mark a fenced block as ours.
const FENCES: &[&str] = &["overlay", "layer-glass", "{layer-glass}"];
/// Attributes of the element.
const ATTRIBUTES: &[&str] = &[
    "scenario", "src", "state", "view", "controls", "readonly", "at", "path", "autoplay", "speed",
    "start", "lang", "theme", "height", "density", "poster", "attach", "id", "class", "style",
    "title",
];
const VIEWS: &[&str] = &[
    "matrix", "stack", "files", "table", "graph", "images", "terminal", "lesson", "trace",
    "inspect", "diff",
];

/// Something that a page embeds.
#[derive(Debug, PartialEq, Eq)]
struct Embed {
    /// Line of the page, from 1.
    line: usize,
    attributes: Vec<(String, String)>,
    /// Line of the first line of the body, and the body.
    body: (usize, String),
}

/// Whether the file is a page and no scenario.
pub fn is_page(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    ["md", "mdx", "markdown", "html", "htm"].contains(&ending.to_ascii_lowercase().as_str())
}

/// Checks all that a page embeds; how many there are. `dir`: what `src` is relative to.
pub fn check(text: &str, dir: &Path) -> Result<usize, Vec<Problem>> {
    let embeds = find(text);
    let mut problems: Vec<Problem> = embeds.iter().flat_map(|it| of_embed(it, dir)).collect();
    problems.sort();
    if problems.is_empty() { Ok(embeds.len()) } else { Err(problems) }
}

fn find(text: &str) -> Vec<Embed> {
    let mut embeds = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let (mut n, mut in_comment) = (0, false);
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
            let word = info.split_whitespace().next().unwrap_or_default();
            if FENCES.contains(&word) {
                let body: Vec<&str> = lines[from..n].to_vec();
                let options = body.iter().take_while(|it| it.starts_with(':')).count();
                let body = (from + 1 + options, body[options..].join("\n"));
                embeds.push(Embed { line: from, attributes: Vec::new(), body });
            }
            n += 1;
        } else if let Some(at) = element_in(line) {
            let (embed, next) = element(&lines, n - 1, at);
            embeds.push(embed);
            n = next;
        }
    }
    embeds
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

fn of_embed(embed: &Embed, dir: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fault = |reason: String| problems.push(Problem { line: embed.line, reason });
    let (mut text, mut past) = (scenario::BLANK.to_owned(), None);
    for (name, value) in &embed.attributes {
        let is_known = ATTRIBUTES.contains(&name.as_str())
            || name.starts_with("data-")
            || name.starts_with("aria-");
        match name.as_str() {
            "view" => {
                let odd = value.split(',').map(str::trim).find(|it| !VIEWS.contains(it));
                odd.into_iter().for_each(|it| {
                    fault(format!("no view `{it}`; there are {}", VIEWS.join(", ")))
                });
            }
            "state" => match share::open(value) {
                Ok(shared) => {
                    if let Start::Inline(inline) = shared.start {
                        text = inline;
                    }
                    past = Some(shared.past);
                }
                Err(why) => fault(why.to_string()),
            },
            "src" if !value.contains("://") => match std::fs::read_to_string(dir.join(value)) {
                Ok(found) if found.lines().any(|it| it.starts_with("layerglass:")) => text = found,
                Ok(_) => {}
                Err(why) => fault(format!("src `{value}`: {why}")),
            },
            _ if !is_known => fault(format!("<layer-glass> has no attribute `{name}`")),
            _ => {}
        }
    }
    if let Err(why) = scenario::parse(&text) {
        fault(format!("the scenario, line {why}"));
        return problems;
    }
    // What begins with a lesson of the lab is played there, by its own check.
    if past.is_none() {
        problems.extend(play(&text, embed.body.0, &embed.body.1));
    }
    problems
}

/// Runs commands that stand in a page from line `first` on.
fn play(scenario: &str, first: usize, body: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut server = Server::new();
    ask(&mut server, Ask::Load { scenario: scenario.to_owned() });
    let plain: Vec<&str> = body.lines().map(str::trim_start).collect();
    let mut from = 0;
    let plain: Vec<&str> = plain.iter().map(|it| it.strip_prefix("$ ").unwrap_or(it)).collect();
    for line in lines::commands(&plain.join("\n")) {
        let height = line.lines().count();
        let at =
            (from..plain.len()).find(|at| line.starts_with(plain[*at]) && !plain[*at].is_empty());
        let at = at.unwrap_or(from);
        from = at + height;
        let may_fail =
            line.split_once('#').is_some_and(|it| it.1.trim_start().starts_with("fails"));
        let told = ask(&mut server, Ask::Run { line: line.clone() });
        let status = told.iter().find_map(|it| match &it.tell {
            Tell::Done { step } => Some(step.status),
            _ => None,
        });
        let said: String = told
            .iter()
            .filter_map(|it| match &it.tell {
                Tell::Output { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let first_line = said.lines().last().unwrap_or_default();
        match status {
            Some(0) if may_fail => problems.push(Problem { line: first + at, reason: format!("`{line}` succeeds, and is said to fail") }),
            Some(0) | None => {}
            Some(127) => problems.push(Problem { line: first + at, reason: format!("`{line}`: {first_line}") }),
            Some(_) if may_fail => {}
            Some(status) => problems.push(Problem { line: first + at, reason: format!("`{line}` ends with {status}: {first_line} (if it shall, write `# fails` behind it)") }),
        }
    }
    problems
}

fn ask(server: &mut Server, ask: Ask) -> Vec<FromMachine> {
    server.ask(ToMachine { id: 1, ask });
    let mut all = Vec::new();
    loop {
        let (tells, more) = server.pump();
        let waits =
            tells.iter().any(|it| matches!(it.tell, Tell::Waiting { .. } | Tell::Edit { .. }));
        all.extend(tells);
        if waits {
            server.ask(ToMachine { id: 2, ask: Ask::Interrupt });
        } else if !more {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n```overlay\nmkdir a\nrm b\n```\n\n```md\n<layer-glass view=\"x\">\n```\n<!-- <layer-glass y> -->\n\
        Write `<layer-glass>` and\n\n<layer-glass view=\"stack, nope\"\n  height=320 readonly>\n  mkdir c\n\n  frob &amp;&amp; ls\n  rmdir nowhere # fails: it is not there\n</layer-glass>\n\
        <layer-glass scenario=\"lab\"/>\n<layer-glass state=\"v9:x\"></layer-glass>\n";

    #[test]
    fn problems_stand_at_their_lines() {
        let found = check(PAGE, Path::new(".")).expect_err("there are some");
        let found: Vec<String> =
            found.iter().map(|it| format!("{} {}", it.line, it.reason)).collect();
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].starts_with("5 `rm b` ends with 1: rm: cannot remove 'b'"), "{found:#?}");
        assert!(found[1].starts_with("14 no view `nope`"), "{found:#?}");
        assert!(found[2].starts_with("18 `frob && ls`: "), "{found:#?}");
        assert!(found[3].starts_with("22 the link is of version v9"), "{found:#?}");
    }

    #[test]
    fn what_is_right_passes() {
        let page = "~~~layer-glass\n$ mkdir a\n$ for i in 1 2; do\n$   touch a/$i\n$ done\n~~~\n<layer-glass>mkdir b</layer-glass>\n";
        assert_eq!(check(page, Path::new(".")), Ok(2));
    }
}
