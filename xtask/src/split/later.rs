//! The record of what comes later: `www/later/NAME.txt`, a line for each function that the watched page did
//! not call, sorted. A line is eight hexadecimal digits of the SHA-256 of the name (`names::plain`): the names
//! themselves, many of them hundreds of letters long, are a hundred times as much text.
//!
//! Behind them stand the functions that were called and have ways that were not taken: eight digits of the name, eight of
//! the function's shape (`Code::shape`), and the numbers of those ways. Of a function that has another shape since, nothing
//! is known, so all of it comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::names;
use crate::repo;

/// What a visit does not begin with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// Functions.
    whole: BTreeSet<u32>,
    /// Ways through others, by name and shape.
    ways: BTreeMap<(u32, u32), BTreeSet<u32>>,
}

/// How a watched page names a way through a function.
pub fn way(function: &str, shape: u32, number: u32) -> Option<String> {
    names::plain(Some(function)).map(|it| format!("#{:08x}{shape:08x} {number}", mark(&it)))
}

/// Such a name, read.
fn read_way(text: &str) -> Option<((u32, u32), u32)> {
    let (key, number) = text.strip_prefix('#')?.split_once(' ')?;
    Some((read_key(key)?, number.parse().ok()?))
}

fn read_key(text: &str) -> Option<(u32, u32)> {
    let (name, shape) = (text.get(..8)?, text.get(8..16).filter(|_| text.len() == 16)?);
    Some((u32::from_str_radix(name, 16).ok()?, u32::from_str_radix(shape, 16).ok()?))
}

fn path(name: &str) -> PathBuf {
    repo::root().join("www/later").join(format!("{name}.txt"))
}

fn mark(name: &str) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    u32::from_be_bytes([a, b, c, d])
}

impl Later {
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Later {
        Later { whole: names.into_iter().map(mark).collect(), ways: BTreeMap::new() }
    }

    /// From all functions of a module and those that were called, by the names that the module gives them. What
    /// was called in one copy is called in all.
    pub fn unused(all: &[String], called: &[String]) -> Later {
        let plain = |names: &[String]| -> BTreeSet<String> {
            let functions = names.iter().filter(|it| !it.starts_with('#'));
            functions.filter_map(|it| names::plain(Some(it))).collect()
        };
        let ways = |names: &[String]| -> BTreeSet<((u32, u32), u32)> {
            names.iter().filter_map(|it| read_way(it)).collect()
        };
        let mut later = Later::of(plain(all).difference(&plain(called)).map(String::as_str));
        for (key, number) in ways(all).difference(&ways(called)) {
            if !later.whole.contains(&key.0) {
                later.ways.entry(*key).or_default().insert(*number);
            }
        }
        later
    }

    pub fn has(&self, name: &str) -> bool {
        self.whole.contains(&mark(name))
    }

    /// Whether the way of this number through a function (by its plain name) comes later, though not all of it does.
    pub fn has_way(&self, name: &str, shape: u32, number: u32) -> bool {
        let name = mark(name);
        let ways = self.ways.get(&(name, shape)).filter(|_| !self.whole.contains(&name));
        ways.is_some_and(|it| it.contains(&number))
    }

    /// Only whole functions come later.
    pub fn forget_ways(&mut self) {
        self.ways.clear();
    }

    /// Functions that come later as a whole.
    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// Ways through others.
    pub fn ways(&self) -> usize {
        self.ways.values().map(BTreeSet::len).sum()
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
        let mut later = Later::default();
        for (at, line) in text.lines().enumerate() {
            later.read_line(line).with_context(|| format!("line {}: {line}", at + 1))?;
        }
        Ok(later)
    }

    fn read_line(&mut self, line: &str) -> Result<()> {
        let Some((key, ways)) = line.split_once(' ') else {
            ensure!(line.len() == 8, "not eight digits");
            self.whole.insert(u32::from_str_radix(line, 16)?);
            return Ok(());
        };
        let key = read_key(key).context("not sixteen digits")?;
        let ways = ways.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        self.ways.insert(key, ways);
        Ok(())
    }

    fn text(&self) -> String {
        let whole = self.whole.iter().map(|it| format!("{it:08x}\n"));
        let ways = self.ways.iter().map(|((name, shape), ways)| {
            let ways: String = ways.iter().map(|it| format!(" {it}")).collect();
            format!("{name:08x}{shape:08x}{ways}\n")
        });
        whole.chain(ways).collect()
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
        let ways = [way("d", 7, 0), way("d", 7, 12)].map(|it| it.unwrap());
        let all = ["a", "b", "d"].map(str::to_owned).into_iter().chain(ways).collect::<Vec<_>>();
        let later = Later::unused(&all, &["d".to_owned()]);
        assert!(
            later.has_way("d", 7, 12) && !later.has_way("d", 7, 1) && !later.has_way("d", 8, 0)
        );
        assert_eq!(later.ways(), 2);
        assert_eq!(Later::parse(&later.text()).unwrap(), later);
        let told = Later::parse("0123abcd\n0123abcg\n").unwrap_err().to_string();
        assert!(told.starts_with("line 2"), "{told}");
        assert!(Later::parse("<<<<<<< ours\n").is_err());
    }
}
