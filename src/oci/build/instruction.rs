//! The instructions of a Dockerfile, each in its form.

use super::fault::Fault;
use super::flags::{self, Allowed, Flags};
use super::heredoc::Heredoc;
use super::source::Node;
use crate::oci::config::Healthcheck;

/// Words of a command: for a shell, or as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    Shell(String),
    Exec(Vec<String>),
}

impl Words {
    /// What runs, with `shell` before it if it is for one.
    pub fn argv(&self, shell: &[String]) -> Vec<String> {
        match self {
            Words::Shell(line) => shell.iter().cloned().chain([line.clone()]).collect(),
            Words::Exec(words) => words.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub words: Words,
    pub mounts: Vec<String>,
    pub network: Option<String>,
    pub security: Option<String>,
}

/// COPY and ADD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copying {
    pub sources: Vec<String>,
    pub dest: String,
    pub from: Option<String>,
    pub chown: Option<String>,
    pub chmod: Option<String>,
    pub link: bool,
    pub parents: bool,
    pub exclude: Vec<String>,
    pub checksum: Option<String>,
    pub keep_git_dir: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    From {
        image: String,
        alias: Option<String>,
        platform: Option<String>,
    },
    Arg(Vec<(String, Option<String>)>),
    Env(Vec<(String, String)>),
    Label(Vec<(String, String)>),
    Maintainer(String),
    Add(Copying),
    Copy(Copying),
    Run(Run),
    Cmd(Words),
    Entrypoint(Words),
    Expose(Vec<String>),
    Volume(Vec<String>),
    User(String),
    Workdir(String),
    Stopsignal(String),
    /// `None` for NONE: the base's check is switched off.
    Healthcheck(Option<Healthcheck>),
    Shell(Vec<String>),
    Onbuild(String),
}

/// An instruction and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    pub what: What,
    pub name: String,
    /// The text in one line.
    pub original: String,
    pub lines: (usize, usize),
    pub heredocs: Vec<Heredoc>,
}

const NONE: Allowed = Allowed { values: &[], lists: &[], switches: &[] };
const FROM: Allowed = Allowed { values: &["platform"], ..NONE };
const RUN: Allowed = Allowed { values: &["network", "security"], lists: &["mount"], ..NONE };
const COPY: Allowed = Allowed {
    values: &["from", "chown", "chmod"],
    lists: &["exclude"],
    switches: &["link", "parents"],
};
const ADD: Allowed = Allowed {
    values: &["chown", "chmod", "checksum"],
    lists: &["exclude"],
    switches: &["link", "keep-git-dir"],
};
const HEALTH: Allowed = Allowed {
    values: &["interval", "timeout", "start-period", "start-interval", "retries"],
    ..NONE
};

/// What may stand in front of a list in JSON.
fn json(rest: &str) -> Result<Option<Vec<String>>, String> {
    let rest = rest.trim();
    if !rest.starts_with('[') {
        return Ok(None);
    }
    let Ok(all) = serde_json::from_str::<Vec<serde_json::Value>>(rest) else { return Ok(None) };
    let words = all.into_iter().map(|it| match it {
        serde_json::Value::String(text) => Ok(text),
        _ => {
            Err("when using JSON array syntax, arrays must be comprised of strings only".to_owned())
        }
    });
    words.collect::<Result<Vec<String>, String>>().map(Some)
}

fn command(rest: &str) -> Result<Words, String> {
    Ok(match json(rest)? {
        Some(words) => Words::Exec(words),
        None => Words::Shell(rest.to_owned()),
    })
}

fn list(rest: &str) -> Result<Vec<String>, String> {
    Ok(match json(rest)? {
        Some(words) => words,
        None => rest.split_whitespace().map(str::to_owned).collect(),
    })
}

/// Words as ENV and LABEL have them: white space in quotes does not split, quotes stay.
fn quoted_words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut open = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if std::mem::take(&mut open) {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ if c == escape && quote != Some('\'') => {
                word.push(c);
                open = true;
                word.extend(chars.next());
                continue;
            }
            _ => {}
        }
        open = true;
        word.push(c);
    }
    if open {
        words.push(word);
    }
    words
}

fn pairs(node: &Node, escape: char) -> Result<Vec<(String, String)>, Fault> {
    let name = &node.name;
    let words = quoted_words(&node.rest, escape);
    let Some(first) = words.first() else {
        return Err(Fault::parse(node.lines, format!("{name} requires at least one argument")));
    };
    let mut found = Vec::new();
    if !first.contains('=') {
        // The old form: a name, and the rest of the line as its value.
        let Some((key, value)) = node.rest.split_once(char::is_whitespace) else {
            return Err(Fault::at(node.lines, format!("{name} must have two arguments")));
        };
        found.push((key.to_owned(), value.trim_start().to_owned()));
    } else {
        for word in &words {
            let Some((key, value)) = word.split_once('=') else {
                let word = super::words::quoted(word);
                return Err(Fault::at(
                    node.lines,
                    format!(
                        "Syntax error - can't find = in \"{word}\". Must be of the form: name=value"
                    ),
                ));
            };
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    if found.iter().any(|it| it.0.is_empty()) {
        return Err(Fault::parse(node.lines, format!("{name} names can not be blank")));
    }
    Ok(found)
}

/// Gives an instruction its form.
///
/// # Errors
/// In BuildKit's words.
pub fn parse(node: &Node, escape: char) -> Result<Instruction, Fault> {
    let wrong = |text: String| Fault::parse(node.lines, text);
    let allowed = match node.name.as_str() {
        "FROM" => &FROM,
        "RUN" => &RUN,
        "COPY" => &COPY,
        "ADD" => &ADD,
        "HEALTHCHECK" => &HEALTH,
        _ => &NONE,
    };
    let what = match node.name.as_str() {
        "ENV" => What::Env(pairs(node, escape)?),
        "LABEL" => What::Label(pairs(node, escape)?),
        _ => {
            let flags = flags::parse(&node.flags, allowed).map_err(wrong)?;
            what(node, &flags, escape).map_err(wrong)?
        }
    };
    if matches!(what, What::Env(_) | What::Label(_)) {
        flags::parse(&node.flags, &NONE).map_err(wrong)?;
    }
    Ok(Instruction {
        what,
        name: node.name.clone(),
        original: node.original.clone(),
        lines: node.lines,
        heredocs: node.heredocs.clone(),
    })
}

fn one(name: &str, rest: &str) -> Result<String, String> {
    match rest {
        "" => Err(format!("{name} requires exactly one argument")),
        rest => Ok(rest.to_owned()),
    }
}

fn some(name: &str, words: Vec<String>) -> Result<Vec<String>, String> {
    match words.is_empty() {
        true => Err(format!("{name} requires at least one argument")),
        false => Ok(words),
    }
}

fn what(node: &Node, flags: &Flags, escape: char) -> Result<What, String> {
    let (name, rest) = (node.name.as_str(), node.rest.trim());
    Ok(match name {
        "FROM" => from(rest, flags)?,
        "ARG" => {
            let words = some(name, quoted_words(rest, escape))?;
            let arg = |word: String| match word.split_once('=') {
                Some(("", _)) => Err("ARG names can not be blank".to_owned()),
                Some((key, value)) => Ok((key.to_owned(), Some(value.to_owned()))),
                None => Ok((word, None)),
            };
            What::Arg(words.into_iter().map(arg).collect::<Result<_, _>>()?)
        }
        "MAINTAINER" => What::Maintainer(one(name, rest)?),
        "COPY" => What::Copy(copying(name, node, flags)?),
        "ADD" => What::Add(copying(name, node, flags)?),
        "RUN" => What::Run(Run {
            words: command(rest)?,
            mounts: flags.values("mount"),
            network: flags.value("network").map(str::to_owned),
            security: flags.value("security").map(str::to_owned),
        }),
        "CMD" => What::Cmd(command(rest)?),
        "ENTRYPOINT" => What::Entrypoint(command(rest)?),
        "EXPOSE" => What::Expose(some(name, rest.split_whitespace().map(str::to_owned).collect())?),
        "VOLUME" => {
            let words = some(name, list(rest)?)?;
            if words.iter().any(|it| it.trim().is_empty()) {
                return Err("VOLUME specified can not be an empty string".to_owned());
            }
            What::Volume(words)
        }
        "USER" => What::User(one(name, rest)?),
        "WORKDIR" => What::Workdir(one(name, rest)?),
        "STOPSIGNAL" => What::Stopsignal(one(name, rest)?),
        "HEALTHCHECK" => What::Healthcheck(healthcheck(rest, flags)?),
        "SHELL" => match json(rest)? {
            Some(words) => What::Shell(some(name, words)?),
            None => return Err("SHELL requires the arguments to be in JSON form".to_owned()),
        },
        "ONBUILD" => onbuild(rest)?,
        _ => return Err(unknown(node)),
    })
}

const NAMES: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

fn unknown(node: &Node) -> String {
    let word = node.original.split_whitespace().next().unwrap_or_default();
    debug_assert!(!NAMES.contains(&node.name.as_str()));
    format!("unknown instruction: {word}")
}

fn from(rest: &str, flags: &Flags) -> Result<What, String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let alias = match words[..] {
        [_] => None,
        [_, as_, alias] if as_.eq_ignore_ascii_case("as") => {
            let alias = alias.to_lowercase();
            let good = alias.starts_with(|c: char| c.is_ascii_lowercase())
                && alias.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !good {
                return Err(format!(
                    "invalid name for build stage: \"{}\", name can't start with a number or contain symbols",
                    super::words::quoted(words[2])
                ));
            }
            Some(alias)
        }
        _ => return Err("FROM requires either one or three arguments".to_owned()),
    };
    let platform = flags.value("platform").map(str::to_owned);
    Ok(What::From { image: words[0].to_owned(), alias, platform })
}

fn copying(name: &str, node: &Node, flags: &Flags) -> Result<Copying, String> {
    let mut words = list(&node.rest)?;
    if words.len() < 2 {
        return Err(match words.len() {
            0 => format!("{name} requires at least two arguments, but no arguments were provided"),
            _ => format!(
                "{name} requires at least two arguments, but only one was provided. Destination could not be \
                 determined"
            ),
        });
    }
    let dest = words.pop().unwrap_or_default();
    Ok(Copying {
        sources: words,
        dest,
        from: flags.value("from").map(str::to_owned),
        chown: flags.value("chown").map(str::to_owned),
        chmod: flags.value("chmod").map(str::to_owned),
        link: flags.is_on("link"),
        parents: flags.is_on("parents"),
        exclude: flags.values("exclude"),
        checksum: flags.value("checksum").map(str::to_owned),
        keep_git_dir: flags.is_on("keep-git-dir"),
    })
}

fn healthcheck(rest: &str, flags: &Flags) -> Result<Option<Healthcheck>, String> {
    let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match kind.to_uppercase().as_str() {
        "" => return Err("HEALTHCHECK requires at least one argument".to_owned()),
        "NONE" if rest.trim().is_empty() => return Ok(None),
        "NONE" => return Err("HEALTHCHECK NONE takes no arguments".to_owned()),
        "CMD" => {}
        kind => return Err(format!("unknown type \"{kind}\" in HEALTHCHECK (try CMD)")),
    }
    let test = match command(rest.trim())? {
        Words::Shell(line) if line.is_empty() => {
            return Err("missing command after HEALTHCHECK CMD".to_owned());
        }
        Words::Shell(line) => vec!["CMD-SHELL".to_owned(), line],
        Words::Exec(words) if words.is_empty() => {
            return Err("missing command after HEALTHCHECK CMD".to_owned());
        }
        Words::Exec(words) => ["CMD".to_owned()].into_iter().chain(words).collect(),
    };
    let time = |name: &str| -> Result<Option<i64>, String> {
        let Some(text) = flags.value(name) else { return Ok(None) };
        let nanos = flags::duration(text)?;
        if nanos != 0 && nanos < 1_000_000 {
            return Err(format!("interval \"{name}\" cannot be less than 1ms"));
        }
        Ok((nanos != 0).then_some(nanos))
    };
    let retries = match flags.value("retries") {
        None | Some("") => None,
        Some(text) => {
            let count: i64 = text.parse().map_err(|_| {
                format!(
                    "strconv.ParseInt: parsing \"{}\": invalid syntax",
                    super::words::quoted(text)
                )
            })?;
            if count < 0 {
                return Err(format!("--retries cannot be negative ({count})"));
            }
            (count != 0).then_some(count)
        }
    };
    Ok(Some(Healthcheck {
        test: Some(test),
        interval: time("interval")?,
        timeout: time("timeout")?,
        start_period: time("start-period")?,
        start_interval: time("start-interval")?,
        retries,
    }))
}

fn onbuild(rest: &str) -> Result<What, String> {
    let inner = rest.split_whitespace().next().unwrap_or_default().to_uppercase();
    match inner.as_str() {
        "" => Err("ONBUILD requires at least one argument".to_owned()),
        "ONBUILD" => Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "MAINTAINER" | "FROM" => Err(format!("{inner} isn't allowed as an ONBUILD trigger")),
        _ => Ok(What::Onbuild(rest.to_owned())),
    }
}
