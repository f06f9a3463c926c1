//! Rename: first what will happen, then its steps (containers.md F1).
//!
//! A file is copied up and renamed in its branch; where a branch below has the old name, a whiteout
//! stays. A directory that a branch below has too cannot be moved: `EXDEV`, and mv(1) copies.

use super::copy_up::Extent;
use super::real::{Place, Real};
use super::{Aufs, format};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{FileType, RenameFlags, Result};

/// A name: its directory and its bytes.
type At<'a> = (u64, &'a [u8]);

/// What will happen, settled before a name changes.
struct Plan {
    id: u64,
    real: Real,
    is_dir: bool,
    /// What stands under the new name, and whether that is in the same branch.
    replaced: Option<(u64, bool)>,
    /// A branch below has the old name: a whiteout stays there.
    hides: bool,
    /// The new name has a whiteout in this branch.
    whiteout: bool,
    /// Something below would show through the directory at its new name.
    covers: bool,
}

impl Aufs {
    pub(super) fn rename_object(
        &mut self,
        cx: &mut Cx<'_>,
        from: At<'_>,
        to: At<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        if flags.has(RenameFlags::EXCHANGE) || flags.has(RenameFlags::WHITEOUT) {
            return Err(Errno::EINVAL);
        }
        self.check_name(cx, to.0, to.1)?;
        if self.read_only {
            return Err(self.read_only(cx, from.0));
        }
        let plan = self.plan_rename(cx, from, to)?;
        let above = self.directory_in(cx, from.0, plan.real.branch)?;
        let target = self.directory_in(cx, to.0, plan.real.branch)?;
        if let Some((old, true)) = plan.replaced
            && plan.is_dir
        {
            self.remove_real_dir(cx, old, to, target)?;
        }
        let rule = if plan.hides { Rule::AufsRenameWhiteout } else { Rule::AufsRenamePlain };
        self.decide_in(cx, from, rule, None);
        if plan.hides {
            self.make_whiteout(cx, from, above)?;
        }
        self.do_rename(cx, Place::In(to.0, to.1), (above, from.1), (target, to.1))?;
        self.settle_rename(cx, &plan, from, to, target)
    }

    fn plan_rename(&mut self, cx: &mut Cx<'_>, from: At<'_>, to: At<'_>) -> Result<Plan> {
        let id = self.find(cx, from.0, from.1)?.ok_or(Errno::ENOENT)?;
        let is_dir = self.node(id)?.is_dir();
        let target = self.search(cx, to.0, to.1)?;
        let new = match target.kind {
            Some(_) => self.find(cx, to.0, to.1)?,
            None => None,
        };
        if is_dir {
            self.check_movable(cx, id, from)?;
            if let Some(new) = new {
                self.check_empty(cx, new)?;
            }
        }
        // Looked up again: the name that is used is the one that a copy gets.
        self.find(cx, from.0, from.1)?;
        let real = if is_dir { self.top(id)? } else { self.writable(cx, id, Extent::All)? };
        let branch = real.branch;
        let hidden_from_above = target
            .reals
            .first()
            .map(|it| it.branch)
            .or(target.whiteout)
            .is_some_and(|it| it < branch);
        let too_low = self.limit(to.0).is_some_and(|it| it < branch);
        if hidden_from_above || too_low {
            self.decide_in(cx, to, Rule::AufsOtherBranch, Some(Errno::EXDEV));
            return Err(Errno::EXDEV);
        }
        let same = target.reals.first().is_some_and(|it| it.branch == branch);
        let whiteout = target.whiteout == Some(branch);
        Ok(Plan {
            id,
            real,
            is_dir,
            replaced: new.map(|new| (new, same)),
            hides: self.shows_below(cx, from.0, from.1, branch)?,
            whiteout,
            covers: is_dir && (whiteout || self.shows_below(cx, to.0, to.1, branch)?),
        })
    }

    /// # Errors
    /// `EXDEV` for a directory that is not in one writable branch alone.
    fn check_movable(&self, cx: &mut Cx<'_>, id: u64, from: At<'_>) -> Result<()> {
        let node = self.node(id)?;
        let alone = match node.reals[..] {
            [only] => {
                self.can_write(only.branch) && !self.shows_below(cx, from.0, from.1, only.branch)?
            }
            _ => false,
        };
        if !alone {
            self.decide(cx, id, Rule::AufsRenameXdev, Some(Errno::EXDEV));
            return Err(Errno::EXDEV);
        }
        Ok(())
    }

    fn settle_rename(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        from: At<'_>,
        to: At<'_>,
        target: Real,
    ) -> Result<()> {
        if plan.whiteout {
            self.drop_whiteout(cx, to, target)?;
        }
        if plan.covers && self.child(cx, plan.real, format::OPAQUE)?.is_none() {
            self.decide_in(cx, to, Rule::AufsMadeOpaque, None);
            self.set_opaque(cx, Place::In(to.0, to.1), plan.real)?;
            self.node_mut(plan.id)?.limit = Some(plan.real.branch);
        }
        if let Some((old, really)) = plan.replaced {
            self.lost_name(cx, old, really)?;
            self.settle(cx, old);
        }
        let node = self.node_mut(plan.id)?;
        (node.parent, node.name) = (to.0, to.1.into());
        debug_assert!(plan.is_dir == (node.kind == FileType::Dir));
        self.changed(from.0);
        self.changed(to.0);
        Ok(())
    }
}
