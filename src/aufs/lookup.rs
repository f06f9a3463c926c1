//! Lookup: from a name in a directory to the real files behind it.
//!
//! Branches are asked from the top. A whiteout, an opaque directory or the first file that is no
//! directory ends the search (containers.md F1). Names are remembered as long as no real directory
//! behind has changed, so a change made in a branch directly is noticed (`udba=reval`).

use super::Aufs;
use super::format;
use super::node::{Known, Node, ROOT};
use super::options::Udba;
use super::real::Real;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::step::{Verb, Verdict};
use crate::trace::{Rule, Step};
use crate::types::{FileType, Name, Result};
use std::sync::Arc;

/// What the branches say of a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub kind: Option<FileType>,
    pub reals: Vec<Real>,
    /// The branch whose whiteout ended the search.
    pub whiteout: Option<usize>,
    /// The lowest branch that can take part in a directory: below it something ended the search.
    pub limit: Option<usize>,
}

impl Aufs {
    /// The node of a name.
    ///
    /// # Errors
    /// `EPERM` for a name of AUFS's own, `ENAMETOOLONG`, those of the branches.
    pub(super) fn find(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<Option<u64>> {
        self.dir(dir)?;
        self.check_name(cx, dir, name)?;
        let seen = self.versions(cx, dir)?;
        if let Some(found) = self.remembered(dir, name, &seen) {
            // Of several names the one that is used counts.
            if let Some(node) = found.and_then(|id| self.nodes.get_mut(id))
                && (node.parent != dir || *node.name != *name)
            {
                (node.parent, node.name) = (dir, name.into());
            }
            return Ok(found);
        }
        let path = |it: &Aufs| it.path_in(dir, name);
        let found = self.frame(cx, Verb::Lookup, path, |it, cx| it.search(cx, dir, name))?;
        let id = match found.reals.is_empty() {
            true => None,
            false => Some(self.instantiate(cx, dir, name, found)?),
        };
        self.replaced(cx, (dir, name), id);
        // Behind a cached name the stamps must be those from before the question.
        if seen.iter().all(Option::is_some) {
            let node = self.node_mut(dir)?;
            let known = Arc::make_mut(&mut node.known);
            if known.seen != seen {
                *known = Known { seen, ..Known::default() };
            }
            known.names.insert(name.to_vec(), id);
        }
        Ok(id)
    }

    /// # Errors
    /// `EPERM` for `.wh.*` (F1), `ENAMETOOLONG` for more than 242 bytes.
    pub(super) fn check_name(&self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<()> {
        if format::is_own(name) && !self.shows_whiteouts() {
            self.decide_in(cx, (dir, name), Rule::AufsNameForbidden, Some(Errno::EPERM));
            return Err(Errno::EPERM);
        }
        if name.len() > format::LONGEST {
            return Err(Errno::ENAMETOOLONG);
        }
        Ok(())
    }

    /// `shwh` on a union that is mounted read-only.
    pub(super) fn shows_whiteouts(&self) -> bool {
        self.config.shwh && self.read_only
    }

    /// A name that led elsewhere before: somebody changed a branch directly.
    fn replaced(&mut self, cx: &mut Cx<'_>, (dir, name): (u64, &[u8]), now: Option<u64>) {
        let before = self.nodes.get(dir).and_then(|it| it.known.names.get(name).copied().flatten());
        let Some(old) = before.filter(|old| Some(*old) != now) else { return };
        if let Some(node) = self.nodes.get_mut(old)
            && node.parent == dir
            && *node.name == *name
            && !node.plink
        {
            node.gone = true;
            self.settle(cx, old);
        }
    }

    fn versions(&self, cx: &mut Cx<'_>, dir: u64) -> Result<Vec<Option<u64>>> {
        if self.config.udba == Udba::None {
            return Ok(vec![Some(0)]);
        }
        let reals = &self.node(dir)?.reals;
        Ok(reals.iter().map(|it| self.on(cx, *it, |f, cx, ino| f.version(cx, ino))).collect())
    }

    fn remembered(&self, dir: u64, name: &[u8], seen: &[Option<u64>]) -> Option<Option<u64>> {
        let known = &self.nodes.get(dir)?.known;
        let found = *known.names.get(name).filter(|_| known.seen == seen)?;
        found.is_none_or(|id| self.nodes.get(id).is_some_and(|it| !it.gone)).then_some(found)
    }

    /// Asks the branches.
    ///
    /// # Errors
    /// Those of their file systems.
    pub(super) fn search(&self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<Found> {
        let (reals, mut found) = (self.dir(dir)?.reals.clone(), Found::default());
        let mut stopped = false;
        for real in reals {
            if stopped {
                self.asked(cx, (dir, name), real, Verdict::Hidden, Rule::AufsNotAsked);
                continue;
            }
            let (verdict, rule) = self.ask(cx, real, name, &mut found)?;
            stopped = !matches!(verdict, Verdict::Absent | Verdict::Dir);
            self.asked(cx, (dir, name), real, verdict, rule);
        }
        Ok(found)
    }

    /// Asks one branch, and takes what it has.
    fn ask(
        &self,
        cx: &mut Cx<'_>,
        dir: Real,
        name: &[u8],
        found: &mut Found,
    ) -> Result<(Verdict, Rule)> {
        let honours = self.branches[dir.branch].honours_whiteouts();
        let hidden = self.child(cx, dir, &format::whiteout(name))?.is_some();
        if hidden && honours {
            found.whiteout = Some(dir.branch);
            found.limit = dir.branch.checked_sub(1);
            return Ok((Verdict::Whiteout, Rule::AufsWhiteout));
        }
        let absent = if hidden { Rule::AufsWhiteoutIgnored } else { Rule::AufsAbsent };
        let Some(real) = self.child(cx, dir, name)? else { return Ok((Verdict::Absent, absent)) };
        let kind = self.on(cx, real, |f, cx, ino| f.kind(cx, ino))?;
        match found.kind {
            Some(_) if kind != FileType::Dir => {
                found.limit = dir.branch.checked_sub(1);
                return Ok((Verdict::File(kind), Rule::AufsTypeStops));
            }
            _ => found.reals.push(real),
        }
        found.kind = found.kind.or(Some(kind));
        if kind != FileType::Dir {
            return Ok((Verdict::File(kind), Rule::AufsFirstHit));
        }
        if honours && self.child(cx, real, format::OPAQUE)?.is_some() {
            found.limit = Some(real.branch);
            return Ok((Verdict::OpaqueDir, Rule::AufsOpaque));
        }
        Ok((Verdict::Dir, Rule::AufsMerged))
    }

    fn asked(
        &self,
        cx: &mut Cx<'_>,
        (dir, name): (u64, &[u8]),
        real: Real,
        verdict: Verdict,
        rule: Rule,
    ) {
        let layer = self.layer(real.branch);
        let path = || self.path_in(dir, name);
        let step = || Step::Lookup { overlay: self.id, path: path(), layer, verdict, rule };
        cx.trace.step(step);
    }

    /// A name in a directory of a branch.
    pub(super) fn child(&self, cx: &mut Cx<'_>, dir: Real, name: &[u8]) -> Result<Option<Real>> {
        let Ok(name) = Name::new(name) else { return Ok(None) };
        match self.on(cx, dir, |f, cx, ino| f.lookup(cx, ino, name)) {
            Ok(ino) => Ok(Some(Real { ino, ..dir })),
            Err(Errno::ENOENT | Errno::ENAMETOOLONG) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Does a branch below have the name, so that it would show once it is gone from this one?
    pub(super) fn shows_below(
        &self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        branch: usize,
    ) -> Result<bool> {
        let reals = self.dir(dir)?.reals.clone();
        let mut found = Found::default();
        for real in reals.into_iter().filter(|it| it.branch > branch) {
            match self.ask(cx, real, name, &mut found)?.0 {
                Verdict::Whiteout => return Ok(false),
                Verdict::Absent => {}
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// The node for what was found: the one that has its number already, or a new one.
    pub(super) fn instantiate(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        found: Found,
    ) -> Result<u64> {
        let Found { kind, reals, limit, .. } = found;
        let (Some(kind), Some(top)) = (kind, reals.first().copied()) else {
            return Err(Errno::ENOENT);
        };
        let mut id = self.number(top);
        // A number that another kind of file still uses is not this one's (the branch was changed).
        if self.nodes.get(id).is_some_and(|it| it.kind != kind || it.gone) {
            self.forget_number(top);
            id = self.number(top);
        }
        match self.nodes.get(id) {
            None => {
                let mut node = Node::new(kind, reals, dir, name);
                node.limit = limit;
                self.make_node(cx, id, node);
            }
            Some(node) => {
                // The other name of a file that was copied up: the copy is what both show.
                let keeps = node.plink && !node.is_dir();
                if !keeps {
                    self.set_reals(cx, id, reals)?;
                }
                let node = self.node_mut(id)?;
                (node.parent, node.name) = (dir, name.into());
                if !keeps {
                    node.limit = limit;
                }
            }
        }
        Ok(id)
    }

    /// Looks for the real directories of the whole tree again, after the branches have changed.
    pub(super) fn refresh_tree(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let ids: Vec<u64> = self.nodes.iter().map(|it| it.0).collect();
        let mut done = vec![ROOT];
        for id in ids {
            self.refresh(cx, id, &mut done)?;
        }
        Ok(())
    }

    fn refresh(&mut self, cx: &mut Cx<'_>, id: u64, done: &mut Vec<u64>) -> Result<()> {
        if done.contains(&id) {
            return Ok(());
        }
        done.push(id);
        let Some(node) = self.nodes.get(id).filter(|it| !it.gone && it.is_dir()) else {
            return Ok(());
        };
        let (parent, name) = (node.parent, node.name.clone());
        if self.nodes.get(parent).is_none() {
            return Ok(());
        }
        self.refresh(cx, parent, done)?;
        let found = self.search(cx, parent, &name)?;
        let same = found.reals.first().is_some_and(|top| self.number(*top) == id);
        if found.kind == Some(FileType::Dir) {
            if let (false, Some(top)) = (same, found.reals.first()) {
                self.set_number(*top, id);
            }
            self.set_reals(cx, id, found.reals)?;
            self.node_mut(id)?.limit = found.limit;
        }
        Ok(())
    }
}
