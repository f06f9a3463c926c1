//! A Dockerfile as a list of instructions: directives, comments, continued lines, here-documents.

use super::fault::Fault;
use super::heredoc::{self, Heredoc};

/// Bytes of a Dockerfile that are read at most.
pub const SIZE_MAX: usize = 4 << 20;

/// An instruction as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// In capital letters.
    pub name: String,
    /// `--name=value`, in order.
    pub flags: Vec<String>,
    /// What stands after name and flags.
    pub rest: String,
    /// The whole instruction in one line, continuation marks taken out.
    pub original: String,
    /// First and last line, from 1.
    pub lines: (usize, usize),
    pub heredocs: Vec<Heredoc>,
}

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub nodes: Vec<Node>,
    /// `\`, or the backtick.
    pub escape: char,
    /// `syntax`, `escape`, `check`, as they were given.
    pub directives: Vec<(String, String)>,
    /// Instructions with an empty line in a continuation, which will stop to work one day.
    pub with_gaps: Vec<String>,
}

/// A line without what ends it.
fn lines_of(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<&str> = text.split('\n').map(|it| it.trim_end_matches('\r')).collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    lines
}

/// Reads a Dockerfile.
///
/// # Errors
/// A directive or an instruction that is none, with its lines.
pub fn read(text: &str) -> Result<Source, Fault> {
    if text.len() > SIZE_MAX {
        return Err(Fault::new(format!("the Dockerfile is larger than {SIZE_MAX} bytes")));
    }
    let lines = lines_of(text);
    let mut source = Source { escape: '\\', ..Source::default() };
    directives(&lines, &mut source)?;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_start();
        at += 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let first = at;
        let (whole, gap) = continued(&lines, line, &mut at, source.escape);
        if whole.trim().is_empty() {
            continue;
        }
        if gap {
            source.with_gaps.push(whole.clone());
        }
        let mut node = node(&whole, (first, at), source.escape)?;
        heredocs(&mut node, &lines, &mut at, source.escape)?;
        source.nodes.push(node);
    }
    if source.nodes.is_empty() {
        return Err(Fault::new("file with no instructions"));
    }
    Ok(source)
}

/// The comments at the very beginning that are none.
fn directives(lines: &[&str], source: &mut Source) -> Result<(), Fault> {
    for (at, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|it| it.split_once('='))
        else {
            break;
        };
        let (key, value) = (key.trim().to_lowercase(), value.trim());
        if !["syntax", "escape", "check"].contains(&key.as_str()) {
            break;
        }
        let here = (at + 1, at + 1);
        if source.directives.iter().any(|it| it.0 == key) {
            return Err(Fault::at(here, format!("only one {key} parser directive can be used")));
        }
        if key == "escape" {
            source.escape = match value {
                "\\" => '\\',
                "`" => '`',
                _ => {
                    let text = format!("invalid escape token '{value}' does not match ` or \\");
                    return Err(Fault::at(here, text));
                }
            };
        }
        source.directives.push((key, value.to_owned()));
    }
    Ok(())
}

/// A line without the mark that the next one belongs to it, if it has one.
fn unmarked(line: &str, escape: char) -> Option<&str> {
    let head = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!head.ends_with(escape)).then_some(head)
}

/// Takes the lines that continue `line`; whether there was an empty one among them.
fn continued(lines: &[&str], line: &str, at: &mut usize, escape: char) -> (String, bool) {
    let mut gap = false;
    let Some(head) = unmarked(line, escape) else { return (line.trim_end().to_owned(), gap) };
    let mut whole = head.to_owned();
    while *at < lines.len() {
        let next = lines[*at];
        *at += 1;
        let trimmed = next.trim_start();
        if trimmed.starts_with('#') {
            continue;
        }
        if trimmed.is_empty() {
            gap = true;
            continue;
        }
        match unmarked(next, escape) {
            Some(head) => whole.push_str(head),
            None => {
                whole.push_str(next);
                break;
            }
        }
    }
    (whole.trim_end().to_owned(), gap)
}

fn node(whole: &str, lines: (usize, usize), escape: char) -> Result<Node, Fault> {
    let whole = whole.trim();
    let (name, rest) = whole.split_once([' ', '\t']).unwrap_or((whole, ""));
    let (flags, rest) = flags(rest.trim(), escape);
    Ok(Node {
        name: name.to_uppercase(),
        flags,
        rest,
        original: whole.to_owned(),
        lines,
        heredocs: Vec::new(),
    })
}

/// The words that begin with `--`, and the rest.
fn flags(rest: &str, escape: char) -> (Vec<String>, String) {
    let mut flags = Vec::new();
    let mut rest = rest;
    while rest.starts_with("--") {
        let (word, end) = flag(rest, escape);
        rest = rest[end..].trim_start();
        if word == "--" {
            break;
        }
        flags.push(word);
    }
    (flags, rest.to_owned())
}

/// A word in which quotes and the escape character have gone, and where it ends.
fn flag(text: &str, escape: char) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            None if c.is_whitespace() => return (word, at),
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ if c == escape => word.extend(chars.next().map(|it| it.1)),
            _ => word.push(c),
        }
    }
    (word, text.len())
}

/// Takes the here-documents that an instruction begins.
fn heredocs(node: &mut Node, lines: &[&str], at: &mut usize, escape: char) -> Result<(), Fault> {
    let mut found = heredoc::begun(&node.name, &node.rest, escape);
    for heredoc in &mut found {
        loop {
            let Some(line) = lines.get(*at) else {
                let last = lines.len().max(1);
                return Err(Fault::at((node.lines.0, last), "unterminated heredoc"));
            };
            *at += 1;
            let line = if heredoc.strip { line.trim_start_matches('\t') } else { line };
            if line == heredoc.name {
                break;
            }
            heredoc.content += line;
            heredoc.content.push('\n');
        }
    }
    node.lines.1 = (*at).max(node.lines.1);
    node.heredocs = found;
    Ok(())
}
