//! Which of several writable branches gets something new, or a copy (aufs(5); containers.md F1).

use super::Aufs;
use super::real::Real;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{Result, Timespec};

/// Where new files and directories go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreatePolicy {
    /// `tdp`: the highest writable branch that has the parent directory.
    #[default]
    TopDownParent,
    /// `tdmfs:LOW`: the same while that branch has more than LOW bytes free, else most free space.
    TopDownMostFree { low: u64, seconds: u32 },
    /// `rr`: one after the other, directories all on one.
    RoundRobin,
    /// `mfs[:SECONDS]`: the branch with the most free space, asked for again after so long.
    MostFree { seconds: u32 },
    /// `mfsrr:LOW`: that one, or round robin when it has LOW bytes or fewer.
    MostFreeRoundRobin { low: u64, seconds: u32 },
    /// `pmfs`: of those that have the parent directory, the one with the most free space.
    ParentMostFree { seconds: u32 },
    /// `pmfsrr:LOW`.
    ParentMostFreeRoundRobin { low: u64, seconds: u32 },
}

/// How long a choice by free space holds when nothing else is said (aufs(5)).
const SECONDS: u32 = 30;
const SECONDS_MAX: u32 = 3600;

impl CreatePolicy {
    pub(super) fn parse(text: &str) -> Option<CreatePolicy> {
        let mut words = text.split(':');
        let name = words.next()?;
        let low = match name {
            "mfsrr" | "most-free-space-and-round-robin" | "pmfsrr" | "tdmfs" => {
                words.next()?.parse().ok()?
            }
            _ => 0,
        };
        let timed = !matches!(name, "tdp" | "top-down-parent" | "rr" | "round-robin");
        let seconds = match words.next() {
            Some(text) if timed => text.parse().ok().filter(|it| *it <= SECONDS_MAX)?,
            Some(_) => return None,
            None => SECONDS,
        };
        if words.next().is_some() {
            return None;
        }
        Some(match name {
            "tdp" | "top-down-parent" => CreatePolicy::TopDownParent,
            "tdmfs" => CreatePolicy::TopDownMostFree { low, seconds },
            "rr" | "round-robin" => CreatePolicy::RoundRobin,
            "mfs" | "most-free-space" => CreatePolicy::MostFree { seconds },
            "mfsrr" | "most-free-space-and-round-robin" => {
                CreatePolicy::MostFreeRoundRobin { low, seconds }
            }
            "pmfs" => CreatePolicy::ParentMostFree { seconds },
            "pmfsrr" => CreatePolicy::ParentMostFreeRoundRobin { low, seconds },
            _ => return None,
        })
    }

    /// As the option is written.
    pub fn show(self) -> String {
        let timed = |name: &str, seconds: u32| match seconds {
            SECONDS => name.to_owned(),
            other => format!("{name}:{other}"),
        };
        match self {
            CreatePolicy::TopDownParent => "tdp".to_owned(),
            CreatePolicy::TopDownMostFree { low, seconds } => {
                timed(&format!("tdmfs:{low}"), seconds)
            }
            CreatePolicy::RoundRobin => "rr".to_owned(),
            CreatePolicy::MostFree { seconds } => timed("mfs", seconds),
            CreatePolicy::MostFreeRoundRobin { low, seconds } => {
                timed(&format!("mfsrr:{low}"), seconds)
            }
            CreatePolicy::ParentMostFree { seconds } => timed("pmfs", seconds),
            CreatePolicy::ParentMostFreeRoundRobin { low, seconds } => {
                timed(&format!("pmfsrr:{low}"), seconds)
            }
        }
    }
}

/// Where something of a branch that cannot be written is copied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyUpPolicy {
    /// `tdp`: the highest writable branch that has the parent directory.
    #[default]
    TopDownParent,
    /// `bup`: the nearest one above the source that has it.
    BottomUpParent,
    /// `bu`: the nearest one above the source, whether it has it or not.
    BottomUp,
}

impl CopyUpPolicy {
    pub(super) fn parse(text: &str) -> Option<CopyUpPolicy> {
        Some(match text {
            "tdp" | "top-down-parent" => CopyUpPolicy::TopDownParent,
            "bup" | "bottom-up-parent" => CopyUpPolicy::BottomUpParent,
            "bu" | "bottom-up" => CopyUpPolicy::BottomUp,
            _ => return None,
        })
    }

    pub fn show(self) -> &'static str {
        match self {
            CopyUpPolicy::TopDownParent => "tdp",
            CopyUpPolicy::BottomUpParent => "bup",
            CopyUpPolicy::BottomUp => "bu",
        }
    }
}

/// What a policy remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chooser {
    /// How many files round robin has placed.
    placed: usize,
    /// The branch that had the most free space (by id), and until when that holds.
    most_free: Option<(u16, Timespec)>,
}

impl Chooser {
    /// Branches have changed: what was chosen before may be gone.
    pub(super) fn forget(&mut self) {
        self.most_free = None;
    }
}

impl Aufs {
    /// The branch for something new in a directory. `above` is the branch whose whiteout hides the
    /// name: nothing below it would be seen.
    ///
    /// # Errors
    /// `EROFS` without a writable branch that would do.
    pub(super) fn branch_for_new(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        is_dir: bool,
        above: Option<usize>,
    ) -> Result<usize> {
        let node = self.node(dir)?;
        let last = self.branches.len().saturating_sub(1);
        let limit = above.into_iter().chain(self.limit(dir)).min().unwrap_or(last);
        let parents: Vec<usize> =
            node.reals.iter().map(|it| it.branch).filter(|it| self.can_write(*it)).collect();
        let top = node.reals.first().map_or(0, |it| it.branch);
        let chosen = self.by_policy(cx, &parents, top, is_dir);
        match chosen {
            Some((branch, rule)) if branch <= limit => {
                self.decide(cx, dir, rule, None);
                Ok(branch)
            }
            _ => {
                let found = (0..=limit).rev().find(|it| self.can_write(*it));
                let branch = found.ok_or_else(|| self.read_only(cx, dir))?;
                self.decide(cx, dir, Rule::AufsPolicyOverruled, None);
                Ok(branch)
            }
        }
    }

    fn by_policy(
        &mut self,
        cx: &mut Cx<'_>,
        parents: &[usize],
        top: usize,
        is_dir: bool,
    ) -> Option<(usize, Rule)> {
        let all: Vec<usize> = (0..self.branches.len()).filter(|it| self.can_write(*it)).collect();
        let tdp = parents.first().copied().or_else(|| self.nearest_above(top));
        let with_parent = if parents.is_empty() { &all } else { parents };
        let free = Rule::AufsMostFree;
        match self.config.create {
            CreatePolicy::TopDownParent => tdp.map(|it| (it, Rule::AufsTopDown)),
            CreatePolicy::TopDownMostFree { low, seconds } => {
                let branch = tdp.filter(|it| self.free(cx, *it) > low);
                branch
                    .map(|it| (it, Rule::AufsTopDown))
                    .or_else(|| self.most_free(cx, &all, seconds).map(|it| (it, free)))
            }
            CreatePolicy::RoundRobin => self.round_robin(&all, is_dir),
            CreatePolicy::MostFree { seconds } => {
                self.most_free(cx, &all, seconds).map(|it| (it, free))
            }
            CreatePolicy::MostFreeRoundRobin { low, seconds } => {
                let branch = self.most_free(cx, &all, seconds)?;
                match self.free(cx, branch) > low {
                    true => Some((branch, free)),
                    false => self.round_robin(&all, is_dir),
                }
            }
            CreatePolicy::ParentMostFree { .. } => {
                self.freest(cx, with_parent).map(|it| (it, free))
            }
            CreatePolicy::ParentMostFreeRoundRobin { low, .. } => {
                let branch = self.freest(cx, with_parent)?;
                match self.free(cx, branch) > low {
                    true => Some((branch, free)),
                    false => self.round_robin(&all, is_dir),
                }
            }
        }
    }

    fn round_robin(&mut self, all: &[usize], is_dir: bool) -> Option<(usize, Rule)> {
        let at = self.chooser.placed.checked_rem(all.len())?;
        if !is_dir {
            self.chooser.placed = at + 1;
        }
        Some((all[at], Rule::AufsRoundRobin))
    }

    fn most_free(&mut self, cx: &mut Cx<'_>, all: &[usize], seconds: u32) -> Option<usize> {
        let now = cx.clock.now();
        if let Some((id, until)) = self.chooser.most_free
            && now < until
            && let Some(branch) = all.iter().copied().find(|it| self.branches[*it].id == id)
        {
            return Some(branch);
        }
        let branch = self.freest(cx, all)?;
        let until = now.plus_nanos(u64::from(seconds) * 1_000_000_000);
        self.chooser.most_free = Some((self.branches[branch].id, until));
        Some(branch)
    }

    /// The branch with the most free space; of equals the highest.
    fn freest(&self, cx: &mut Cx<'_>, all: &[usize]) -> Option<usize> {
        let mut best = None;
        for &branch in all {
            let free = self.free(cx, branch);
            if best.is_none_or(|(most, _)| free > most) {
                best = Some((free, branch));
            }
        }
        best.map(|it| it.1)
    }

    fn free(&self, cx: &mut Cx<'_>, branch: usize) -> u64 {
        let fs = self.branches[branch].fs;
        let stat = cx.on(fs, |f, cx| f.statfs(cx)).unwrap_or_default();
        stat.bavail.saturating_mul(stat.bsize)
    }

    /// The branch that something found in `source` is copied to.
    ///
    /// # Errors
    /// `EROFS` without a writable branch above it.
    pub(super) fn branch_for_copy(
        &self,
        cx: &mut Cx<'_>,
        dir: u64,
        source: usize,
    ) -> Result<usize> {
        let reals: &[Real] = &self.node(dir)?.reals;
        let mut parents =
            reals.iter().map(|it| it.branch).filter(|it| *it < source && self.can_write(*it));
        let found = match self.config.copy_up {
            CopyUpPolicy::TopDownParent => parents.next(),
            CopyUpPolicy::BottomUpParent => parents.next_back(),
            CopyUpPolicy::BottomUp => None,
        };
        found.or_else(|| self.nearest_above(source)).ok_or_else(|| self.read_only(cx, dir))
    }

    fn nearest_above(&self, branch: usize) -> Option<usize> {
        (0..branch).rev().find(|it| self.can_write(*it))
    }

    /// Nothing can be written: says so in the trace.
    pub(super) fn read_only(&self, cx: &mut Cx<'_>, id: u64) -> Errno {
        self.decide(cx, id, Rule::AufsNothingWritable, Some(Errno::EROFS));
        Errno::EROFS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_read_as_they_are_shown() {
        for text in ["tdp", "rr", "mfs", "mfs:9", "mfsrr:100", "pmfs", "pmfsrr:7:60", "tdmfs:1"] {
            assert_eq!(CreatePolicy::parse(text).map(CreatePolicy::show).as_deref(), Some(text));
        }
        for text in ["", "rr:3", "mfsrr", "mfs:4000", "mfs:1:2", "pmfsrr:x"] {
            assert_eq!(CreatePolicy::parse(text), None, "{text}");
        }
        for text in ["tdp", "bup", "bu"] {
            assert_eq!(CopyUpPolicy::parse(text).map(CopyUpPolicy::show), Some(text));
        }
    }
}
