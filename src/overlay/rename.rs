//! Rename in all its cases (section 6): first a plan of what will happen, then its steps.

use super::Overlay;
use super::entry::{Dentry, flag};
use super::format::YES;
use super::params::RedirectMode;
use super::readdir::Leftover;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{Ino, RenameFlags, Result};

/// A name: its directory and its bytes.
type At<'a> = (u64, &'a [u8]);

/// What will happen, settled before anything is written.
struct Plan {
    old: u64,
    new: Option<u64>,
    /// The handles of both names.
    handles: (u64, Option<u64>),
    exchange: bool,
    /// Flags for the upper file system.
    flags: RenameFlags,
    /// The whiteout that an exchange brings to the source has no use there.
    drop_whiteout: bool,
    /// Whiteouts in the directory that is replaced.
    leftovers: Vec<Leftover>,
}

impl Overlay {
    pub(super) fn rename_object(
        &mut self,
        cx: &mut Cx<'_>,
        from: At<'_>,
        to: At<'_>,
        flags: RenameFlags,
    ) -> Result<()> {
        let plan = self.plan_rename(cx, from, to, flags)?;
        // Names come and go on the way: both objects must outlive that.
        let held = [Some(plan.handles.0), plan.handles.1];
        held.iter().flatten().for_each(|id| self.hold(*id));
        let res = self.run_rename(cx, &plan, from, to);
        held.iter().flatten().for_each(|id| self.unref(cx, *id));
        res
    }

    fn run_rename(&mut self, cx: &mut Cx<'_>, plan: &Plan, from: At<'_>, to: At<'_>) -> Result<()> {
        self.copy_up(cx, plan.old)?;
        self.copy_up(cx, to.0)?;
        match plan.new {
            Some(new) if plan.exchange => self.copy_up(cx, new)?,
            Some(new) => {
                self.begin_count(cx, new)?;
                let res = self.replace_upper(cx, plan, from, to);
                self.end_count(cx, new);
                return res;
            }
            None => {}
        }
        self.replace_upper(cx, plan, from, to)
    }

    fn replace_upper(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        from: At<'_>,
        to: At<'_>,
    ) -> Result<()> {
        let cleared = match (plan.new, plan.leftovers.is_empty()) {
            (Some(new), false) => Some(self.clear_empty(cx, to.0, to.1, new, &plan.leftovers)?),
            _ => None,
        };
        self.mark_impure(cx, plan, from, to)?;
        self.move_upper(cx, plan, from, to, cleared)?;
        self.after_rename(cx, plan, from, to);
        Ok(())
    }

    fn plan_rename(
        &mut self,
        cx: &mut Cx<'_>,
        from: At<'_>,
        to: At<'_>,
        flags: RenameFlags,
    ) -> Result<Plan> {
        if flags.0 & !(RenameFlags::NOREPLACE | RenameFlags::EXCHANGE).0 != 0 {
            self.decide_in(cx, from.0, from.1, Rule::RenameFlags, Some(Errno::EINVAL));
            return Err(Errno::EINVAL);
        }
        let exchange = flags.has(RenameFlags::EXCHANGE);
        let old_handle = self.find(cx, from.0, from.1)?.ok_or(Errno::ENOENT)?;
        let new_handle = self.find(cx, to.0, to.1)?;
        let old = self.enter(cx, old_handle);
        let new = new_handle.map(|it| self.enter(cx, it));
        self.check_targets(new, flags)?;
        self.check_movable(cx, old)?;
        if let Some(new) = new.filter(|_| exchange) {
            self.check_movable(cx, new)?;
        }
        let mut plan = Plan {
            old,
            new,
            handles: (old_handle, new_handle),
            exchange,
            flags: RenameFlags(flags.0 & RenameFlags::EXCHANGE.0),
            drop_whiteout: false,
            leftovers: Vec::new(),
        };
        if let Some(new) = new.filter(|_| !exchange) {
            if self.node(new)?.is_dir() && !self.is_pure_upper(new)? {
                plan.leftovers = self.check_empty(cx, new).inspect_err(|errno| {
                    self.decide_in(cx, to.0, to.1, Rule::RenameNotEmpty, Some(*errno));
                })?;
            }
        }
        if !exchange {
            self.plan_whiteout(cx, &mut plan, from, to)?;
        }
        Ok(plan)
    }

    fn check_targets(&self, new: Option<u64>, flags: RenameFlags) -> Result<()> {
        match new {
            Some(_) if flags.has(RenameFlags::NOREPLACE) => Err(Errno::EEXIST),
            None if flags.has(RenameFlags::EXCHANGE) => Err(Errno::ENOENT),
            _ => Ok(()),
        }
    }

    /// A directory that a lower layer knows stays where it is (R6.1).
    fn check_movable(&self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let inode = self.node(id)?;
        let fixed = inode.is_dir() && (inode.is_merged() || inode.upper.is_none());
        if fixed && (self.config.redirect != RedirectMode::On || !self.has_upper) {
            self.decide(cx, id, Rule::RenameDirXdev, Some(Errno::EXDEV));
            return Err(Errno::EXDEV);
        }
        Ok(())
    }

    /// What stands at the source afterwards (R6.2).
    fn plan_whiteout(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &mut Plan,
        from: At<'_>,
        to: At<'_>,
    ) -> Result<()> {
        let over_whiteout = plan.new.is_none() && self.cached(to.0, to.1) == Some(Dentry::Whiteout);
        let rule = if self.lower_positive(cx, from.0, from.1)? {
            if over_whiteout {
                plan.flags = RenameFlags::EXCHANGE;
                Rule::RenameSwapWhiteout
            } else {
                plan.flags = RenameFlags::WHITEOUT;
                Rule::RenameWhiteout
            }
        } else {
            if over_whiteout && self.node(plan.old)?.is_dir() {
                plan.flags = RenameFlags::EXCHANGE;
                plan.drop_whiteout = true;
            }
            Rule::RenamePlain
        };
        self.decide_in(cx, from.0, from.1, rule, None);
        Ok(())
    }

    /// Something copied up arrives in another directory (R6.3).
    fn mark_impure(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        from: At<'_>,
        to: At<'_>,
    ) -> Result<()> {
        if from.0 == to.0 {
            return Ok(());
        }
        if self.node(plan.old)?.has_origin() {
            self.decide(cx, to.0, Rule::RenameImpure, None);
            self.set_impure(cx, to.0)?;
        }
        if let Some(new) = plan.new.filter(|_| plan.exchange) {
            if self.node(new)?.has_origin() {
                self.decide(cx, from.0, Rule::RenameImpure, None);
                self.set_impure(cx, from.0)?;
            }
        }
        Ok(())
    }

    fn move_upper(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        from: At<'_>,
        to: At<'_>,
        cleared: Option<Ino>,
    ) -> Result<()> {
        let (old_dir, new_dir) = (self.upper_of(from.0)?, self.upper_of(to.0)?);
        let fs = self.upper_fs();
        let old_upper = self.raw_lookup(cx, fs, old_dir, from.1)?;
        let Some(old_upper) =
            old_upper.filter(|it| self.node(plan.old).is_ok_and(|n| n.upper == Some(*it)))
        else {
            return Err(self.stale(cx, from.0, from.1));
        };
        let new_upper = self.raw_lookup(cx, fs, new_dir, to.1)?;
        self.check_target(cx, plan, to, new_upper, cleared)?;
        if new_upper == Some(old_upper) {
            return Err(self.stale(cx, to.0, to.1));
        }
        self.mark_moved(cx, from, plan.old, to.0)?;
        if let (Some(new), true) = (plan.new, plan.exchange) {
            self.mark_moved(cx, to, new, from.0)?;
        }
        let source = (old_dir, from.1, old_upper);
        let target = (new_dir, to.1, new_upper);
        let res = self.do_rename(cx, Place::In(from.0, from.1), source, target, plan.flags);
        if res == Err(Errno::ENOTEMPTY) {
            self.decide_in(cx, to.0, to.1, Rule::RenameNotEmpty, Some(Errno::ENOTEMPTY));
        }
        res?;
        if plan.drop_whiteout {
            self.cleanup(cx, old_dir, from.1, Place::In(from.0, from.1));
        }
        Ok(())
    }

    /// The target must still be what the overlay knows.
    fn check_target(
        &mut self,
        cx: &mut Cx<'_>,
        plan: &Plan,
        to: At<'_>,
        there: Option<Ino>,
        cleared: Option<Ino>,
    ) -> Result<()> {
        let known = match plan.new {
            Some(new) => cleared.or(self.node(new)?.upper),
            None => None,
        };
        let fits = match (known, there) {
            (Some(known), there) => there == Some(known),
            (None, None) => !plan.flags.has(RenameFlags::EXCHANGE),
            (None, Some(there)) => {
                let fs = self.upper_fs();
                let attr = self.raw_attr(cx, fs, there)?;
                let whiteout = self.cached(to.0, to.1) == Some(Dentry::Whiteout);
                whiteout && self.is_whiteout(cx, fs, there, &attr)
            }
        };
        if fits { Ok(()) } else { Err(self.stale(cx, to.0, to.1)) }
    }

    /// What an object needs so that it finds its lower content, and no other, under its new name: a
    /// merged directory or a copy of metadata a redirect (R6.10), a directory of the upper layer alone
    /// becomes opaque when it lands in a merged one (R6.4).
    fn mark_moved(&mut self, cx: &mut Cx<'_>, at: At<'_>, id: u64, into: u64) -> Result<()> {
        let inode = self.node(id)?;
        if inode.is_merged() || inode.has(flag::METACOPY) {
            return self.set_redirect(cx, at, id, at.0 == into);
        }
        if !inode.is_dir() || inode.has(flag::OPAQUE) || !self.is_merged_dir(into) {
            return Ok(());
        }
        self.decide_in(cx, at.0, at.1, Rule::RenameOpaque, None);
        let upper = self.upper_of(id)?;
        match self.do_set_private(cx, Place::In(at.0, at.1), upper, self.names().opaque, YES) {
            Ok(()) => {
                self.node_mut(id)?.set(flag::OPAQUE, true);
                Ok(())
            }
            Err(Errno::EOPNOTSUPP) => Err(Errno::EXDEV),
            Err(errno) => Err(errno),
        }
    }

    /// The cache follows: names, aliases, versions of listings.
    fn after_rename(&mut self, cx: &mut Cx<'_>, plan: &Plan, from: At<'_>, to: At<'_>) {
        let origin = |o: &Overlay, id| o.inodes.get(id).is_some_and(|it| it.has_origin());
        let old_origin = origin(self, plan.old);
        let new_origin = plan.new.is_some_and(|new| origin(self, new));
        self.dir_modified(cx, from.0, old_origin || plan.exchange && new_origin);
        self.dir_modified(cx, to.0, old_origin || new_origin);
        self.refresh(cx, plan.old);
        if let Some(new) = plan.new
            && self.node(new).is_ok_and(|it| it.upper.is_some())
        {
            self.refresh(cx, new);
        }
        match plan.new.filter(|_| plan.exchange) {
            Some(new) => {
                self.cache_positive(cx, from.0, from.1, plan.handles.1.unwrap_or(new));
                self.cache_positive(cx, to.0, to.1, plan.handles.0);
                self.set_alias(cx, new, from.0, from.1);
            }
            None => {
                if let Some(new) = plan.new {
                    self.drop_name(new, to);
                    self.died(cx, new);
                }
                self.cache_positive(cx, to.0, to.1, plan.handles.0);
                self.forget(cx, from.0, from.1);
            }
        }
        self.set_alias(cx, plan.old, to.0, to.1);
    }
}
