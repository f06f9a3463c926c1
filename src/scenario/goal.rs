//! Goals: questions about the state of the machine, as one line of text each.

use super::Said;
use serde::{Deserialize, Serialize};

/// One check mark of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    pub check: Predicate,
    /// What the learner reads.
    pub label: Said,
    /// Line of the file.
    pub line: usize,
}

/// What must be true. Paths are relative to the scenario's directory, or absolute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Predicate {
    /// Something is there (a whiteout does not count).
    Exists(String),
    Absent(String),
    IsDir(String),
    /// A character device 0,0, looked at in the layer itself.
    Whiteout(String),
    /// A directory with the overlay's opaque mark.
    Opaque(String),
    /// `xattr PATH NAME [VALUE]`
    Xattr(String, String, Option<String>),
    /// The file has exactly this text, but for newlines at the end.
    Content(String, String),
    /// The file's text has this in it.
    Has(String, String),
    /// An overlay is mounted there.
    Mounted(String),
    Unmounted(String),
    /// A mounted overlay without an upper layer, or mounted `ro`.
    ReadOnly(String),
    /// Number of lower layers of the overlay mounted there.
    Lowers(String, usize),
    /// The command line of some step of the learner has this in it.
    Ran(String),
    /// The output of some step of the learner has this in it.
    Printed(String),
    /// Both paths are the same inode.
    Same(String, String),
    /// Inode numbers differ.
    Differ(String, String),
    /// At most this many commands of the learner.
    CmdCount(usize),
    Not(Box<Predicate>),
}

/// Reads a predicate.
///
/// # Errors
/// With what is wrong in it.
pub fn predicate(text: &str) -> Result<Predicate, String> {
    let words = words(text)?;
    let Some((verb, args)) = words.split_first() else {
        return Err("an empty goal".to_owned());
    };
    let arg = |i: usize| -> Result<String, String> {
        args.get(i).cloned().ok_or_else(|| format!("`{verb}` needs {} more", what(verb, i)))
    };
    let number = |text: String| -> Result<usize, String> {
        text.parse().map_err(|_| format!("`{text}` is not a number"))
    };
    let (goal, used) = match verb.as_str() {
        "not" => {
            let rest = text.trim_start().strip_prefix("not").unwrap_or_default();
            return Ok(Predicate::Not(Box::new(predicate(rest)?)));
        }
        "exists" => (Predicate::Exists(arg(0)?), 1),
        "absent" => (Predicate::Absent(arg(0)?), 1),
        "dir" => (Predicate::IsDir(arg(0)?), 1),
        "whiteout" => (Predicate::Whiteout(arg(0)?), 1),
        "opaque" => (Predicate::Opaque(arg(0)?), 1),
        "xattr" => {
            (Predicate::Xattr(arg(0)?, arg(1)?, args.get(2).cloned()), args.len().clamp(2, 3))
        }
        "content" | "merged" if arg(1)? == "==" => (Predicate::Content(arg(0)?, arg(2)?), 3),
        "content" | "merged" if arg(1)? == "has" => (Predicate::Has(arg(0)?, arg(2)?), 3),
        "content" | "merged" => {
            return Err("expected `PATH == \"text\"` or `PATH has \"text\"`".into());
        }
        "mounted" => (Predicate::Mounted(arg(0)?), 1),
        "unmounted" => (Predicate::Unmounted(arg(0)?), 1),
        "readonly" => (Predicate::ReadOnly(arg(0)?), 1),
        "lowers" => (Predicate::Lowers(arg(0)?, number(arg(1)?)?), 2),
        "ran" => (Predicate::Ran(arg(0)?), 1),
        "printed" => (Predicate::Printed(arg(0)?), 1),
        "same" => (Predicate::Same(arg(0)?, arg(1)?), 2),
        "differ" => (Predicate::Differ(arg(0)?, arg(1)?), 2),
        "cmd_count" if arg(0)? == "<=" => (Predicate::CmdCount(number(arg(1)?)?), 2),
        _ => return Err(format!("unknown goal `{verb}`")),
    };
    match args.get(used) {
        Some(extra) => Err(format!("`{extra}` is too much for `{verb}`")),
        None => Ok(goal),
    }
}

fn what(verb: &str, i: usize) -> &'static str {
    match (verb, i) {
        ("lowers" | "cmd_count", 1) => "a number",
        ("ran" | "printed", _) | ("content" | "merged", 2) => "a text",
        ("xattr", 1) => "the name of an attribute",
        _ => "a path",
    }
}

/// Words, `"quoted ones"` with \n, \t, \" and \\ as one.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = String::new();
        if c == '"' {
            chars.next();
            loop {
                match chars.next() {
                    Some('"') => break,
                    Some('\\') => match chars.next() {
                        Some('n') => word.push('\n'),
                        Some('t') => word.push('\t'),
                        Some(c) => word.push(c),
                        None => return Err("a quoted text does not end".to_owned()),
                    },
                    Some(c) => word.push(c),
                    None => return Err("a quoted text does not end".to_owned()),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                word.push(c);
            }
        }
        out.push(word);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_predicates() {
        assert_eq!(
            predicate("content merged/a == \"x y\\n\""),
            Ok(Predicate::Content("merged/a".into(), "x y\n".into()))
        );
        assert_eq!(
            predicate("not exists up/a"),
            Ok(Predicate::Not(Box::new(Predicate::Exists("up/a".into()))))
        );
        assert_eq!(predicate("cmd_count <= 4"), Ok(Predicate::CmdCount(4)));
        assert!(predicate("lowers m").is_err());
        assert!(predicate("exists a b").is_err());
        assert!(predicate("frobnicate a").is_err());
    }
}
