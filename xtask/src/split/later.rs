//! The record of what comes later: `www/later/NAME.txt`, a line for each function that the watched page did
//! not call, sorted. A line is eight hexadecimal digits of the SHA-256 of the name (`names::plain`): the names
//! themselves, many of them hundreds of letters long, are a hundred times as much text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::names;
use crate::repo;

/// Functions that a visit does not begin with.
#[derive(Debug, PartialEq, Eq)]
pub struct Later(BTreeSet<u32>);

fn path(name: &str) -> PathBuf {
    repo::root().join("www/later").join(format!("{name}.txt"))
}

fn mark(name: &str) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    u32::from_be_bytes([a, b, c, d])
}

impl Later {
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Later {
        Later(names.into_iter().map(mark).collect())
    }

    /// From all functions of a module and those that were called, by the names that the module gives them. What
    /// was called in one copy is called in all.
    pub fn unused(all: &[String], called: &[String]) -> Later {
        let plain = |names: &[String]| -> BTreeSet<String> {
            names.iter().filter_map(|it| names::plain(Some(it))).collect()
        };
        let (all, called) = (plain(all), plain(called));
        Later::of(all.difference(&called).map(String::as_str))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&mark(name))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The record of a module.
    pub fn read(name: &str) -> Result<Later> {
        let path = path(name);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Later::parse(&text).with_context(|| path.display().to_string())
    }

    pub fn write(&self, name: &str) -> Result<()> {
        let path = path(name);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        std::fs::write(&path, self.text()).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Later> {
        let mark = |(at, line): (usize, &str)| {
            ensure!(line.len() == 8, "line {}: not eight digits: {line}", at + 1);
            u32::from_str_radix(line, 16).with_context(|| format!("line {}: {line}", at + 1))
        };
        text.lines().enumerate().map(mark).collect::<Result<_>>().map(Later)
    }

    fn text(&self) -> String {
        self.0.iter().map(|it| format!("{it:08x}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_called_comes_later_and_what_is_new_does_not() {
        let names =
            |all: &[&str]| -> Vec<String> { all.iter().map(|it| (*it).to_owned()).collect() };
        let all = names(&["a::begin", "a::copied", "a::copied.17", "a[0123456789abcdef]::late"]);
        let later = Later::unused(&all, &names(&["a::begin", "a::copied.17"]));
        assert!(later.has("a::late") && later.len() == 1);
        for first in ["a::begin", "a::copied", "a::written_since"] {
            assert!(!later.has(first), "{first}");
        }
    }

    #[test]
    fn the_record_survives_a_round_trip_and_a_broken_one_says_where() {
        let later = Later::of(["a", "b", "c"]);
        assert_eq!(Later::parse(&later.text()).unwrap(), later);
        let told = Later::parse("0123abcd\n0123abcg\n").unwrap_err().to_string();
        assert!(told.starts_with("line 2"), "{told}");
        assert!(Later::parse("<<<<<<< ours\n").is_err());
    }
}
