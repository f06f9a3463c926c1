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
    /// A command, tried in a copy of the machine, prints exactly this, but for newlines at the end.
    Prints(String, String),
    /// What it prints has this in it.
    PrintsPart(String, String),
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
    /// Size in bytes: at least, at most, or exactly.
    Size(String, Compare, u64),
    /// Permission bits, in octal.
    Mode(String, u32),
    /// Number of links.
    Links(String, u64),
    /// How many names a listing of the directory has.
    Entries(String, usize),
    /// At most this many commands of the learner.
    CmdCount(usize),
    Not(Box<Predicate>),
}

/// How two numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    AtLeast,
    AtMost,
    Exactly,
}

impl Compare {
    fn read(sign: &str) -> Result<Compare, String> {
        match sign {
            ">=" => Ok(Compare::AtLeast),
            "<=" => Ok(Compare::AtMost),
            "==" => Ok(Compare::Exactly),
            odd => Err(format!("expected `>=`, `<=` or `==`, not `{odd}`")),
        }
    }

    /// Does it hold?
    pub fn holds(self, a: u64, b: u64) -> bool {
        match self {
            Compare::AtLeast => a >= b,
            Compare::AtMost => a <= b,
            Compare::Exactly => a == b,
        }
    }
}

/// Every form that [`predicate`] reads, and what it asks; in the order in which authors learn them.
pub const FORMS: &[(&str, &str)] = &[
    ("exists PATH", "something is there; a whiteout looked at in its layer does not count"),
    ("absent PATH", "nothing is there"),
    ("dir PATH", "a directory is there"),
    ("content PATH == \"TEXT\"", "the file has this text; newlines at the end do not count"),
    ("content PATH has \"TEXT\"", "the file's text has this in it"),
    ("whiteout PATH", "a character device 0, 0, looked at in the layer itself"),
    ("opaque PATH", "a directory with `trusted.overlay.opaque` set to `y`, looked at in the layer"),
    ("xattr PATH NAME [\"VALUE\"]", "the attribute is there, with this value if one is given"),
    ("mounted PATH", "an overlay is mounted there"),
    ("unmounted PATH", "no overlay is mounted there"),
    ("readonly PATH", "the overlay mounted there cannot be written to"),
    ("lowers PATH N", "the overlay mounted there has this many lower layers"),
    ("same PATH PATH", "both are the same inode"),
    ("differ PATH PATH", "the inode numbers differ"),
    ("size PATH >= N", "size in bytes; also `<=` and `==`"),
    ("mode PATH OCTAL", "the permission bits"),
    ("links PATH N", "the number of hard links"),
    ("entries PATH N", "how many names `ls -A` of the directory shows"),
    ("ran \"TEXT\"", "a command line of the learner, in this step, has this in it"),
    ("printed \"TEXT\"", "the output of a command of the learner, in this step, has this in it"),
    (
        "prints \"COMMAND\" == \"TEXT\"",
        "the command would print this now on its standard output; newlines at the end do not count",
    ),
    ("prints \"COMMAND\" has \"TEXT\"", "what the command would print now has this in it"),
    ("cmd_count <= N", "at most this many commands of the learner so far"),
    ("not GOAL", "the goal does not hold"),
];

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
        "prints" if arg(1)? == "==" => (Predicate::Prints(arg(0)?, arg(2)?), 3),
        "prints" if arg(1)? == "has" => (Predicate::PrintsPart(arg(0)?, arg(2)?), 3),
        "prints" => return Err("expected `\"command\" == \"text\"` or `has \"text\"`".into()),
        "mounted" => (Predicate::Mounted(arg(0)?), 1),
        "unmounted" => (Predicate::Unmounted(arg(0)?), 1),
        "readonly" => (Predicate::ReadOnly(arg(0)?), 1),
        "lowers" => (Predicate::Lowers(arg(0)?, number(arg(1)?)?), 2),
        "ran" => (Predicate::Ran(arg(0)?), 1),
        "printed" => (Predicate::Printed(arg(0)?), 1),
        "same" => (Predicate::Same(arg(0)?, arg(1)?), 2),
        "differ" => (Predicate::Differ(arg(0)?, arg(1)?), 2),
        "size" => {
            let n = number(arg(2)?)? as u64;
            (Predicate::Size(arg(0)?, Compare::read(&arg(1)?)?, n), 3)
        }
        "mode" => {
            let text = arg(1)?;
            let bits = u32::from_str_radix(&text, 8)
                .map_err(|_| format!("`{text}` is not an octal mode"))?;
            (Predicate::Mode(arg(0)?, bits), 2)
        }
        "entries" => (Predicate::Entries(arg(0)?, number(arg(1)?)?), 2),
        "links" => (Predicate::Links(arg(0)?, number(arg(1)?)? as u64), 2),
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
        ("lowers" | "cmd_count" | "links" | "entries", 1) | ("size", 2) => "a number",
        ("size", 1) => "`>=`, `<=` or `==`",
        ("mode", 1) => "an octal mode",
        ("ran" | "printed", _) | ("content" | "merged" | "prints", 2) => "a text",
        ("prints", 0) => "a command",
        ("prints", _) => "`==` or `has`",
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
    fn every_form_of_the_list_is_read() {
        for (form, _) in FORMS {
            let text = form
                .replace(['[', ']'], "")
                .replace("GOAL", "exists a")
                .replace("OCTAL", "644")
                .replace(" N", " 3");
            assert!(predicate(&text).is_ok(), "{form}: {:?}", predicate(&text));
        }
    }

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
        assert_eq!(
            predicate(r#"prints "echo \"a b\"" has "a""#),
            Ok(Predicate::PrintsPart("echo \"a b\"".into(), "a".into()))
        );
        assert!(predicate(r#"prints "echo a" "a""#).is_err());
        assert_eq!(predicate("cmd_count <= 4"), Ok(Predicate::CmdCount(4)));
        assert_eq!(
            predicate("size up/a >= 100"),
            Ok(Predicate::Size("up/a".into(), Compare::AtLeast, 100))
        );
        assert_eq!(predicate("mode up/a 0640"), Ok(Predicate::Mode("up/a".into(), 0o640)));
        assert!(predicate("size up/a > 100").is_err());
        assert!(predicate("mode up/a 9").is_err());
        assert!(predicate("lowers m").is_err());
        assert!(predicate("exists a b").is_err());
        assert!(predicate("frobnicate a").is_err());
    }
}
