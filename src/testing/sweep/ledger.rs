//! What has been done of a share, kept in a file so that a run that ends goes on later.

use super::explore::Graph;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A share of the states: those whose number leaves `nth` when divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 0.
    pub nth: usize,
    pub of: usize,
}

impl Shard {
    pub const WHOLE: Shard = Shard { nth: 0, of: 1 };

    /// `2/5`: the second of five.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let wrong = || format!("a shard is I/N with I from 1 to N, not {text}");
        let (nth, of) = text.split_once('/').ok_or_else(wrong)?;
        let (nth, of): (usize, usize) =
            (nth.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        if nth == 0 || nth > of {
            return Err(wrong());
        }
        Ok(Shard { nth: nth - 1, of })
    }

    /// The `nth` state of the share, if there are so many among `all`.
    pub fn state(&self, nth: usize, all: usize) -> Option<usize> {
        Some(nth.checked_mul(self.of)?.checked_add(self.nth)?).filter(|it| *it < all)
    }

    /// How many of `all` states are in the share.
    pub fn len(&self, all: usize) -> usize {
        all.saturating_sub(self.nth).div_ceil(self.of)
    }

    pub fn is_empty(&self, all: usize) -> bool {
        self.len(all) == 0
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.nth + 1, self.of)
    }
}

/// A difference, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub divergence: String,
    pub case: String,
}

/// The state of a run: of one graph, one share, one kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub scope: String,
    pub options: String,
    pub depth: usize,
    pub shard: Shard,
    pub kernel: String,
    /// Of the engine's graph.
    pub graph: String,
    pub actions: usize,
    /// States of the share that are done, from its beginning.
    pub done: usize,
    pub pairs: usize,
    /// Times a state was built on the live kernel.
    pub built: usize,
    pub found: Vec<Found>,
    /// The name of its file.
    #[serde(skip)]
    file: String,
}

impl Ledger {
    pub fn new(graph: &Graph, shard: Shard, kernel: &str) -> Ledger {
        Ledger {
            scope: graph.plan.scope.name().to_owned(),
            options: graph.plan.set.name.to_owned(),
            depth: graph.plan.depth,
            shard,
            kernel: kernel.to_owned(),
            graph: graph.fingerprint().to_owned(),
            actions: graph.plan.actions.len(),
            done: 0,
            pairs: 0,
            built: 0,
            found: Vec::new(),
            file: format!("{}-{}of{}", graph.plan.file_stem(), shard.nth + 1, shard.of),
        }
    }

    /// What its files are called, without an ending.
    pub fn file_stem(&self) -> &str {
        &self.file
    }

    /// Is that the same work, perhaps further on?
    fn is_same_work(&self, other: &Ledger) -> bool {
        let work = |it: &Ledger| Ledger {
            done: 0,
            pairs: 0,
            built: 0,
            found: Vec::new(),
            file: String::new(),
            ..it.clone()
        };
        work(self) == work(other)
    }

    /// Where an earlier run stopped, if its file is there and about the same work.
    #[must_use]
    pub fn or_resumed(self, dir: &Path) -> Ledger {
        let text = std::fs::read_to_string(self.path(dir)).unwrap_or_default();
        match serde_json::from_str::<Ledger>(&text) {
            Ok(kept) if kept.is_same_work(&self) => Ledger { file: self.file, ..kept },
            _ => self,
        }
    }

    fn path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.json", self.file))
    }

    /// Writes the file: whole, or as it was.
    ///
    /// # Errors
    /// Of the file system, in words.
    pub fn save(&self, dir: &Path) -> Result<(), String> {
        let path = self.path(dir);
        let text = serde_json::to_string_pretty(self).map_err(|err| err.to_string())?;
        let fresh = path.with_extension("tmp");
        let written = std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::write(&fresh, text + "\n"))
            .and_then(|()| std::fs::rename(&fresh, &path));
        written.map_err(|err| format!("{}: {err}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares together are the whole, and none has what another has.
    #[test]
    fn shares_are_a_partition() {
        for all in [0, 1, 2, 5, 12, 97] {
            for of in [1, 2, 3, 7, 100] {
                let mut states: Vec<usize> = Vec::new();
                for nth in 0..of {
                    let shard = Shard { nth, of };
                    let own: Vec<usize> = (0..).map_while(|it| shard.state(it, all)).collect();
                    assert_eq!(own.len(), shard.len(all), "{shard} of {all}");
                    states.extend(own);
                }
                states.sort_unstable();
                assert_eq!(states, (0..all).collect::<Vec<_>>(), "{of} shares of {all}");
            }
        }
    }

    /// Only the same work goes on where it stopped.
    #[test]
    fn a_kept_ledger_is_taken_up() {
        use super::super::explore::Plan;
        use super::super::scope::{SETS, Scope};
        use crate::testing::engine::Engine;
        let dir = std::env::temp_dir().join(format!("layerglass-ledger-{}", std::process::id()));
        let mut plan = Plan::new(Scope::One, SETS[0], 1);
        plan.roots.truncate(3);
        let graph = Graph::explore(plan, &Engine::default(), |_, _| {}).unwrap();
        let new = || Ledger::new(&graph, Shard::WHOLE, "6.18");
        let further = Ledger { done: 2, pairs: 9, ..new() };
        further.save(&dir).unwrap();
        assert_eq!(new().or_resumed(&dir), further);
        let elsewhere = Ledger { kernel: "6.12".into(), ..new() };
        assert_eq!(elsewhere.clone().or_resumed(&dir), elsewhere);
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn shards_are_written_from_one() {
        assert_eq!(Shard::parse("2/5"), Ok(Shard { nth: 1, of: 5 }));
        assert_eq!(Shard { nth: 1, of: 5 }.to_string(), "2/5");
        for wrong in ["0/3", "4/3", "1", "x/2", "1/0", ""] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
