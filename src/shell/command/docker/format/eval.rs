//! Carries a template out.

use super::template::{Node, Pipe, Word};
use crate::shell::command::docker::json::Json;

/// What names mean at some point.
pub struct Scope<'a> {
    root: &'a Json,
    dot: Json,
    variables: Vec<(String, Json)>,
    /// The Go type of the root, where the client has one: its fields are known, and what maps in it lack is
    /// no error.
    kind: Option<&'static str>,
}

type Outcome<T> = Result<T, String>;

impl<'a> Scope<'a> {
    pub fn new(root: &'a Json) -> Scope<'a> {
        Scope { root, dot: root.clone(), variables: Vec::new(), kind: None }
    }

    pub fn of_type(root: &'a Json, kind: &'static str) -> Scope<'a> {
        Scope { kind: Some(kind), ..Scope::new(root) }
    }

    /// # Errors
    /// `<what>: why`.
    pub fn run(&mut self, nodes: &[Node], out: &mut String) -> Outcome<()> {
        let known = self.variables.len();
        for node in nodes {
            self.node(node, out)?;
        }
        self.variables.truncate(known);
        Ok(())
    }

    fn node(&mut self, node: &Node, out: &mut String) -> Outcome<()> {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Show(pipe) => *out += &self.pipe(pipe)?.to_string(),
            Node::Set(name, pipe) => {
                let value = self.pipe(pipe)?;
                self.variables.push((name.clone(), value));
            }
            Node::If(arms, other) => {
                for (test, body) in arms {
                    if self.pipe(test)?.is_true() {
                        return self.run(body, out);
                    }
                }
                self.run(other, out)?;
            }
            Node::With(pipe, body, other) => {
                let value = self.pipe(pipe)?;
                if value.is_true() {
                    self.inside(value, body, out)?;
                } else {
                    self.run(other, out)?;
                }
            }
            Node::Range(key, value, over, body, other) => {
                let over = self.pipe(over)?;
                let pairs: Vec<(Json, Json)> = match over {
                    Json::List(all) => (0..).map(Json::Int).zip(all).collect(),
                    Json::Map(mut all) => {
                        all.sort_by(|a, b| a.0.cmp(&b.0));
                        all.into_iter().map(|(key, value)| (Json::Text(key), value)).collect()
                    }
                    Json::Null => Vec::new(),
                    other => return Err(format!("<range>: range can't iterate over {other}")),
                };
                if pairs.is_empty() {
                    return self.run(other, out);
                }
                for (at, it) in pairs {
                    let known = self.variables.len();
                    self.variables.extend(key.clone().map(|name| (name, at)));
                    self.variables.extend(value.clone().map(|name| (name, it.clone())));
                    self.inside(it, body, out)?;
                    self.variables.truncate(known);
                }
            }
        }
        Ok(())
    }

    /// Runs a body with another dot.
    fn inside(&mut self, dot: Json, body: &[Node], out: &mut String) -> Outcome<()> {
        let before = std::mem::replace(&mut self.dot, dot);
        let done = self.run(body, out);
        self.dot = before;
        done
    }

    fn pipe(&mut self, pipe: &Pipe) -> Outcome<Json> {
        let mut last = None;
        for command in &pipe.0 {
            last = Some(self.command(command, last)?);
        }
        Ok(last.unwrap_or(Json::Null))
    }

    fn command(&mut self, words: &[Word], piped: Option<Json>) -> Outcome<Json> {
        if let Word::Name(name) = &words[0] {
            let mut arguments = Vec::new();
            for word in &words[1..] {
                arguments.push(self.word(word)?);
            }
            arguments.extend(piped);
            return call(name, arguments);
        }
        if words.len() > 1 || piped.is_some() {
            return Err("<operand>: can't give argument to non-function".to_owned());
        }
        self.word(&words[0])
    }

    fn word(&mut self, word: &Word) -> Outcome<Json> {
        match word {
            Word::Field(path) => self.descend(self.dot.clone(), path),
            Word::Variable(name, path) => {
                let found = match name.as_str() {
                    "" => Some(self.root.clone()),
                    name => {
                        self.variables.iter().rev().find(|it| it.0 == name).map(|it| it.1.clone())
                    }
                };
                let found = found.ok_or_else(|| format!("<${name}>: undefined variable"))?;
                self.descend(found, path)
            }
            Word::Name(name) => call(name, Vec::new()),
            Word::Text(text) => Ok(Json::Text(text.clone())),
            Word::Int(n) => Ok(Json::Int(*n)),
            Word::Pipe(pipe, path) => {
                let value = self.pipe(pipe)?;
                self.descend(value, path)
            }
        }
    }

    fn descend(&self, value: Json, path: &[String]) -> Outcome<Json> {
        let mut value = value;
        for key in path {
            let shown = path.join(".");
            value = match (&value, value.get(key), self.kind) {
                (Json::Map(_), Some(found), _) => found.clone(),
                (Json::Map(_), None, Some(kind)) if value == *self.root => {
                    return Err(format!("<.{shown}>: can't evaluate field {key} in type {kind}"));
                }
                (Json::Map(_), None, Some(_)) => Json::Null,
                (Json::Map(_), None, None) => {
                    return Err(format!("<.{shown}>: map has no entry for key \"{key}\""));
                }
                (Json::Null, ..) => {
                    return Err(format!("<.{shown}>: nil data; no entry for key \"{key}\""));
                }
                (other, ..) => {
                    return Err(format!("<.{shown}>: can't evaluate field {key} in {other}"));
                }
            };
        }
        Ok(value)
    }
}

/// The functions that there are.
const FUNCTIONS: [&str; 22] = [
    "true", "false", "nil", "json", "len", "upper", "lower", "title", "join", "split", "index",
    "slice", "truncate", "print", "println", "printf", "not", "eq", "ne", "and", "or", "pad",
];

/// Whether every function of a template exists.
///
/// # Errors
/// The first that does not.
pub fn check(nodes: &[Node]) -> Outcome<()> {
    let arms = |test: &Pipe, body: &[Node]| check_pipe(test).and_then(|()| check(body));
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Show(pipe) | Node::Set(_, pipe) => check_pipe(pipe)?,
            Node::If(all, other) => {
                all.iter().try_for_each(|(test, body)| arms(test, body))?;
                check(other)?;
            }
            Node::With(pipe, body, other) | Node::Range(_, _, pipe, body, other) => {
                arms(pipe, body)?;
                check(other)?;
            }
        }
    }
    Ok(())
}

fn check_pipe(pipe: &Pipe) -> Outcome<()> {
    for word in pipe.0.iter().flatten() {
        match word {
            Word::Name(name) if !FUNCTIONS.contains(&name.as_str()) => {
                return Err(format!("function \"{name}\" not defined"));
            }
            Word::Pipe(inner, _) => check_pipe(inner)?,
            _ => {}
        }
    }
    Ok(())
}

fn call(name: &str, arguments: Vec<Json>) -> Outcome<Json> {
    let bad = |why: &str| format!("<{name}>: error calling {name}: {why}");
    let mut words = arguments.into_iter();
    let mut next =
        || words.next().ok_or_else(|| format!("<{name}>: wrong number of args for {name}"));
    Ok(match name {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        "nil" => Json::Null,
        "json" => Json::Text(next()?.line()),
        "len" => Json::Int(match next()? {
            Json::Text(text) => text.len(),
            Json::List(all) => all.len(),
            Json::Map(all) => all.len(),
            _ => return Err(bad("len of a value that has none")),
        } as i64),
        "upper" => Json::Text(next()?.to_string().to_uppercase()),
        "lower" => Json::Text(next()?.to_string().to_lowercase()),
        "title" => {
            let text = next()?.to_string();
            let mut chars = text.chars();
            let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
            Json::Text(first + chars.as_str())
        }
        "join" => {
            let (list, by) = (next()?, next()?.to_string());
            let Json::List(list) = list else { return Err(bad("join wants a list")) };
            let words: Vec<String> = list.iter().map(Json::to_string).collect();
            Json::Text(words.join(&by))
        }
        "split" => {
            let (text, by) = (next()?.to_string(), next()?.to_string());
            Json::List(text.split(&by).map(|it| Json::Text(it.to_owned())).collect())
        }
        "index" => {
            let mut value = next()?;
            for key in words {
                value = match (&value, &key) {
                    (Json::List(all), Json::Int(at)) => usize::try_from(*at)
                        .ok()
                        .and_then(|at| all.get(at).cloned())
                        .ok_or_else(|| bad(&format!("index out of range: {at}")))?,
                    (Json::Map(_), key) => {
                        value.get(&key.to_string()).cloned().unwrap_or(Json::Null)
                    }
                    _ => return Err(bad("can't index this")),
                };
            }
            value
        }
        "slice" => {
            let (text, from) = (next()?.to_string(), number(next()?));
            let to = words.next().map_or(text.len(), number).min(text.len());
            Json::Text(text.get(from.min(to)..to).unwrap_or_default().to_owned())
        }
        "truncate" => {
            let (text, most) = (next()?.to_string(), number(next()?));
            Json::Text(text.chars().take(most).collect())
        }
        "print" => Json::Text(words.map(|it| it.to_string()).collect()),
        "println" => {
            Json::Text(words.map(|it| it.to_string()).collect::<Vec<_>>().join(" ") + "\n")
        }
        "printf" => {
            let format = next()?.to_string();
            Json::Text(printf(&format, words))
        }
        "pad" => {
            let (text, before, after) = (next()?.to_string(), number(next()?), number(next()?));
            let space = |n: usize| " ".repeat(n.min(1000));
            Json::Text(format!("{}{text}{}", space(before), space(after)))
        }
        "not" => Json::Bool(!next()?.is_true()),
        "eq" => {
            let first = next()?;
            Json::Bool(words.any(|it| it == first))
        }
        "ne" => {
            let (first, second) = (next()?, next()?);
            Json::Bool(first != second)
        }
        "and" | "or" => {
            let until = name == "or";
            let mut last = next()?;
            for it in words {
                if last.is_true() == until {
                    break;
                }
                last = it;
            }
            last
        }
        _ => return Err(format!("<{name}>: function \"{name}\" not defined")),
    })
}

fn number(value: Json) -> usize {
    match value {
        Json::Int(n) => usize::try_from(n).unwrap_or(0),
        _ => 0,
    }
}

/// `%s`, `%v`, `%d` and `%q`, with a width.
fn printf(format: &str, mut words: impl Iterator<Item = Json>) -> String {
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut width = String::new();
        while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || *c == '-') {
            width.push(c);
        }
        let left = width.starts_with('-');
        let wide: usize = width.trim_start_matches('-').parse().unwrap_or(0).min(1000);
        match chars.next() {
            Some('%') => text.push('%'),
            Some(verb) => {
                let value = words.next().map_or_else(
                    || format!("%!{verb}(MISSING)"),
                    |it| match verb {
                        'q' => format!("{:?}", it.to_string()),
                        _ => it.to_string(),
                    },
                );
                text += &if left { format!("{value:<wide$}") } else { format!("{value:>wide$}") };
            }
            None => text.push_str("%!(NOVERB)"),
        }
    }
    text
}
