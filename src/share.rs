//! What a share link carries: a scenario, the commands since, and what is looked at. Never the state: the
//! engine makes the same state of the same commands.
//!
//! A payload is one text, `lab=overlay-basics&run=rm%20merged/x&at=3&view=matrix`, and is a link as it
//! stands (`#lab=…`). The short form of the same text is `#v1:` and the text packed with deflate (RFC 1951)
//! in the letters of base64url (RFC 4648), so that anybody can make or read one with a browser's own
//! `CompressionStream('deflate-raw')`. A page packs with that; [`link`] and [`open`] are for hosts without.
//!
//! | key | value |
//! |---|---|
//! | `lab` | id of a built-in scenario |
//! | `scenario` | text of a scenario file; without both the machine is empty |
//! | `run` | a command line, again for each |
//! | `given` | what was given to the command before it: `ROUND:input:TEXT`, `ROUND:end`, `ROUND:interrupt`, `ROUND:save:TEXT` |
//! | `at` | the step that is shown, without the scenario's preparation |
//! | `view`, `mount`, `path`, `layer` | what is looked at |
//! | `sum` | last: FNV-1a (64 bits, 16 digits) of all bytes before its `&`; the short form needs it |
//!
//! Other keys are left alone (`lang`, `theme`): a later version may know them.

mod error;
mod escape;
#[cfg(feature = "containers")]
mod packed;
#[cfg(test)]
mod tests;

pub use error::Error;
#[cfg(feature = "containers")]
pub use packed::{link, open};

use crate::limits::{SHARE_STEPS_MAX, SHARE_TEXT_MAX};
use crate::machine::journal::{Given, Hand};
use crate::port::Past;
use crate::types::Fnv;

/// A link, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    pub start: Start,
    pub past: Vec<Past>,
    /// The step to stand at; `None`: the last one.
    pub at: Option<usize>,
    /// Keys and values of what is looked at, those of [`LOOKS`].
    pub looks: Vec<(String, String)>,
}

/// What the machine begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Nothing.
    #[default]
    Blank,
    /// A built-in scenario, by its id.
    Lab(String),
    /// The text of a scenario file.
    Inline(String),
}

/// Keys of what is looked at.
pub const LOOKS: &[&str] = &["view", "mount", "path", "layer"];

impl Shared {
    /// The payload, with its sum.
    pub fn to_text(&self) -> String {
        let mut pairs: Vec<(&str, Vec<u8>)> = Vec::new();
        match &self.start {
            Start::Blank => {}
            Start::Lab(id) => pairs.push(("lab", id.clone().into())),
            Start::Inline(text) => pairs.push(("scenario", text.clone().into())),
        }
        for step in &self.past {
            pairs.push(("run", step.line.clone().into()));
            pairs.extend(step.given.iter().map(|it| ("given", given_text(it))));
        }
        if let Some(at) = self.at {
            pairs.push(("at", at.to_string().into()));
        }
        let looks = self.looks.iter().filter(|(key, _)| LOOKS.contains(&key.as_str()));
        pairs.extend(looks.map(|(key, value)| (key.as_str(), value.clone().into())));
        let pairs: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{key}={}", escape::escape(value))).collect();
        let text = pairs.join("&");
        format!("{text}{}sum={:016x}", if text.is_empty() { "" } else { "&" }, sum(&text))
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// Too long or with too many steps, damaged (its sum does not agree), or with a value that cannot be:
    /// each says which.
    pub fn from_text(text: &str) -> Result<Shared, Error> {
        if text.len() > SHARE_TEXT_MAX {
            return Err(Error::TooLong { max: SHARE_TEXT_MAX });
        }
        let whole = text;
        let text = checked(text)?;
        let mut shared = Shared::default();
        for pair in text.split('&').filter(|it| !it.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = escape::plain(value).ok_or_else(|| Error::value(key, value))?;
            shared.take(key, value)?;
        }
        // Neither a sum nor anything that is known: no payload, or one that was unpacked wrongly.
        if whole == text && shared == Shared::default() {
            return Err(Error::Damaged);
        }
        if let Some(at) = shared.at.filter(|at| *at > shared.past.len()) {
            return Err(Error::NoStep { at, steps: shared.past.len() });
        }
        Ok(shared)
    }

    fn take(&mut self, key: &str, value: Vec<u8>) -> Result<(), Error> {
        if key == "given" {
            let given = given(&value).ok_or_else(|| Error::value(key, &lossy(&value)))?;
            let step = self.past.last_mut().ok_or_else(|| Error::value(key, &lossy(&value)))?;
            step.given.push(given);
            return Ok(());
        }
        let is_known = ["lab", "scenario", "run", "at"].contains(&key) || LOOKS.contains(&key);
        if !is_known {
            return Ok(());
        }
        let value =
            String::from_utf8(value).map_err(|why| Error::value(key, &lossy(why.as_bytes())))?;
        match key {
            "lab" => self.start = Start::Lab(value),
            "scenario" => self.start = Start::Inline(value),
            "at" => self.at = Some(value.parse().map_err(|_| Error::value(key, &value))?),
            "run" if self.past.len() >= SHARE_STEPS_MAX => {
                return Err(Error::TooManySteps { max: SHARE_STEPS_MAX });
            }
            "run" => self.past.push(Past { line: value, given: Vec::new() }),
            _ => self.looks.push((key.to_owned(), value)),
        }
        Ok(())
    }

    /// The value of a key of what is looked at.
    pub fn look(&self, key: &str) -> Option<&str> {
        self.looks.iter().find(|it| it.0 == key).map(|it| it.1.as_str())
    }
}

fn sum(text: &str) -> u64 {
    Fnv::of(text.as_bytes())
}

/// The payload before its sum, if that agrees.
fn checked(text: &str) -> Result<&str, Error> {
    let Some((before, told)) = text.rsplit_once("sum=") else { return Ok(text) };
    let Some(told) = Some(told).filter(|it| it.len() == 16) else { return Ok(text) };
    let mut before = before.chars();
    before.next_back();
    let before = before.as_str();
    let told = u64::from_str_radix(told, 16).ok();
    if told == Some(sum(before)) { Ok(before) } else { Err(Error::Damaged) }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn given_text(given: &Given) -> Vec<u8> {
    let (kind, rest): (&str, &[u8]) = match &given.what {
        Hand::Input(bytes) => ("input:", bytes),
        Hand::End => ("end", b""),
        Hand::Interrupt => ("interrupt", b""),
        Hand::Save(text) => ("save:", text.as_bytes()),
    };
    [format!("{}:{kind}", given.round).as_bytes(), rest].concat()
}

fn given(value: &[u8]) -> Option<Given> {
    let mut parts = value.splitn(3, |it| *it == b':');
    let round = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let what = match (parts.next()?, parts.next()) {
        (b"input", Some(bytes)) => Hand::Input(bytes.to_vec()),
        (b"end", None) => Hand::End,
        (b"interrupt", None) => Hand::Interrupt,
        (b"save", Some(text)) => Hand::Save(String::from_utf8(text.to_vec()).ok()?),
        _ => return None,
    };
    Some(Given { round, what })
}
