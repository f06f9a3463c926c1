//! The text of a Go template as a tree.

/// A piece.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(String),
    Show(Pipe),
    /// `{{$x := …}}`.
    Set(String, Pipe),
    If(Vec<(Pipe, Vec<Node>)>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    /// Names of key and value, what is gone through, the body, what stands for nothing.
    Range(Option<String>, Option<String>, Pipe, Vec<Node>, Vec<Node>),
}

/// Commands, each given the result of the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe(pub Vec<Vec<Word>>);

#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// `.A.B`, `.` for none.
    Field(Vec<String>),
    /// `$x.A`; the name without the dollar.
    Variable(String, Vec<String>),
    Name(String),
    Text(String),
    Int(i64),
    Pipe(Pipe, Vec<String>),
}

/// Parses a template.
///
/// # Errors
/// What is wrong.
pub fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { pieces: split(text)?, at: 0 };
    let (nodes, end) = parser.nodes(0)?;
    match end {
        None => Ok(nodes),
        Some(word) => Err(format!("unexpected {{{{{word}}}}}")),
    }
}

enum Piece {
    Text(String),
    Action(String),
}

/// Texts and actions; `{{-` and `-}}` take the space beside them away.
fn split(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trim = false;
    loop {
        let (before, after) = match rest.split_once("{{") {
            Some((before, after)) => (before, Some(after)),
            None => (rest, None),
        };
        let mut before = if trim { before.trim_start() } else { before };
        if after.is_some_and(|it| it.starts_with("- ")) {
            before = before.trim_end();
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let Some(after) = after else { return Ok(pieces) };
        let end = action_end(after).ok_or("unclosed action")?;
        let action = &after[..end];
        trim = action.ends_with(" -");
        let action = action.strip_prefix("- ").unwrap_or(action);
        let action = action.strip_suffix(" -").unwrap_or(action);
        pieces.push(Piece::Action(action.trim().to_owned()));
        rest = &after[end + 2..];
    }
}

/// Where an action ends: not within quotes.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
}

/// Blocks within blocks.
const DEPTH_MAX: usize = 50;

impl Parser {
    /// Nodes up to `end` or `else`; the action that ended them.
    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node>, Option<String>), String> {
        if depth > DEPTH_MAX {
            return Err("too many blocks within each other".to_owned());
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            let action = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.clone()));
                    continue;
                }
                Piece::Action(action) => action.clone(),
            };
            let (word, rest) = action.split_once(' ').unwrap_or((&action, ""));
            let rest = rest.trim();
            match word {
                "end" | "else" => return Ok((nodes, Some(action))),
                "if" => nodes.push(self.condition(rest, depth)?),
                "with" => {
                    let (body, other) = self.body(depth)?;
                    nodes.push(Node::With(pipe(rest)?, body, other));
                }
                "range" => nodes.push(self.range(rest, depth)?),
                _ if action.starts_with("/*") => {}
                "" => return Err("missing value for command".to_owned()),
                _ => nodes.push(assignment(&action)?),
            }
        }
        Ok((nodes, None))
    }

    /// A body with its `else`.
    fn body(&mut self, depth: usize) -> Result<(Vec<Node>, Vec<Node>), String> {
        let (body, end) = self.nodes(depth + 1)?;
        match end.as_deref() {
            Some("end") => Ok((body, Vec::new())),
            Some("else") => {
                let (other, end) = self.nodes(depth + 1)?;
                if end.as_deref() == Some("end") { Ok((body, other)) } else { Err(UNENDED.into()) }
            }
            _ => Err(UNENDED.into()),
        }
    }

    fn condition(&mut self, first: &str, depth: usize) -> Result<Node, String> {
        let mut arms = Vec::new();
        let mut next = first.to_owned();
        loop {
            let test = pipe(&next)?;
            let (body, end) = self.nodes(depth + 1)?;
            arms.push((test, body));
            match end.as_deref() {
                Some("end") => return Ok(Node::If(arms, Vec::new())),
                Some("else") => {
                    let (other, end) = self.nodes(depth + 1)?;
                    return match end.as_deref() {
                        Some("end") => Ok(Node::If(arms, other)),
                        _ => Err(UNENDED.into()),
                    };
                }
                Some(action) => match action.strip_prefix("else if ") {
                    Some(test) => next = test.to_owned(),
                    None => return Err(UNENDED.into()),
                },
                None => return Err(UNENDED.into()),
            }
        }
    }

    fn range(&mut self, text: &str, depth: usize) -> Result<Node, String> {
        let (names, over) = match text.split_once(":=") {
            Some((names, over)) => (names, over),
            None => ("", text),
        };
        let mut names = names.split(',').map(|it| it.trim().trim_start_matches('$').to_owned());
        let (first, second) = (names.next().filter(|it| !it.is_empty()), names.next());
        let (key, value) = match second {
            Some(second) => (first, Some(second)),
            None => (None, first),
        };
        let over = pipe(over.trim())?;
        let (body, other) = self.body(depth)?;
        Ok(Node::Range(key, value, over, body, other))
    }
}

const UNENDED: &str = "unexpected EOF";

fn assignment(action: &str) -> Result<Node, String> {
    if let (true, Some((name, value))) = (action.starts_with('$'), action.split_once(":=")) {
        return Ok(Node::Set(name.trim().trim_start_matches('$').to_owned(), pipe(value.trim())?));
    }
    Ok(Node::Show(pipe(action)?))
}

/// A pipe without its braces.
fn pipe(text: &str) -> Result<Pipe, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let found = words(&chars, &mut at, 0)?;
    if at < chars.len() {
        return Err(format!("unexpected {:?} in operand", chars[at].to_string()));
    }
    Ok(found)
}

/// Words up to the end or a closing parenthesis.
fn words(chars: &[char], at: &mut usize, depth: usize) -> Result<Pipe, String> {
    if depth > DEPTH_MAX {
        return Err("too many parentheses within each other".to_owned());
    }
    let mut commands = vec![Vec::new()];
    while let Some(&c) = chars.get(*at) {
        match c {
            ' ' | '\t' | '\n' => *at += 1,
            '|' => {
                *at += 1;
                commands.push(Vec::new());
            }
            ')' if depth > 0 => break,
            _ => {
                let found = word(chars, at, depth)?;
                if let Some(command) = commands.last_mut() {
                    command.push(found);
                }
            }
        }
    }
    if commands.iter().any(Vec::is_empty) {
        return Err("missing value for command".to_owned());
    }
    Ok(Pipe(commands))
}

fn word(chars: &[char], at: &mut usize, depth: usize) -> Result<Word, String> {
    match chars[*at] {
        '.' => Ok(Word::Field(fields(chars, at))),
        '$' => {
            *at += 1;
            let name = name(chars, at);
            Ok(Word::Variable(name, fields(chars, at)))
        }
        '(' => {
            *at += 1;
            let inner = words(chars, at, depth + 1)?;
            if chars.get(*at) != Some(&')') {
                return Err("unclosed left paren".to_owned());
            }
            *at += 1;
            Ok(Word::Pipe(inner, fields(chars, at)))
        }
        quote @ ('"' | '`') => text(chars, at, quote).map(Word::Text),
        c if c.is_ascii_digit() || c == '-' => {
            let from = *at;
            *at += 1;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            let digits: String = chars[from..*at].iter().collect();
            digits.parse().map(Word::Int).map_err(|_| format!("bad number syntax: {digits:?}"))
        }
        c if c.is_alphabetic() || c == '_' => Ok(Word::Name(name(chars, at))),
        c => Err(format!("unexpected {:?} in command", c.to_string())),
    }
}

/// `.A.B`; a dot alone is no field.
fn fields(chars: &[char], at: &mut usize) -> Vec<String> {
    let mut all = Vec::new();
    while chars.get(*at) == Some(&'.') {
        *at += 1;
        let field = name(chars, at);
        if !field.is_empty() {
            all.push(field);
        }
    }
    all
}

fn name(chars: &[char], at: &mut usize) -> String {
    let from = *at;
    while chars.get(*at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        *at += 1;
    }
    chars[from..*at].iter().collect()
}

fn text(chars: &[char], at: &mut usize, quote: char) -> Result<String, String> {
    *at += 1;
    let mut text = String::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        if c == quote {
            return Ok(text);
        }
        if c == '\\' && quote == '"' {
            let escaped = chars.get(*at).copied().ok_or("unterminated quoted string")?;
            *at += 1;
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                other => other,
            });
        } else {
            text.push(c);
        }
    }
    Err("unterminated quoted string".to_owned())
}
