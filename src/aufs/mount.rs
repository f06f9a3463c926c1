//! Mounting, changing the branches of a mounted union, and what is tidied at the last unmount.

use super::branch::{BRANCHES_MAX, Branch, Permission, Root, Scratch};
use super::format;
use super::node::{FIRST_NUMBER, Node, ROOT};
use super::options::{Change, Config, Refusal, Switch};
use super::policy::Chooser;
use super::real::{Place, Real};
use super::{Aufs, NEW_NODE};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{Cx, FileSystem, NewNode};
use crate::store::{Table, Tree};
use crate::trace::step::Verb;
use crate::trace::{Rule, Step};
use crate::types::{Dev, FileType, FsId, Mode, NodeKind, Result};
use std::sync::Arc;

/// Where the path of a change leads: one for each change that has one, in their order.
pub type Roots = Vec<Result<Root>>;

/// A union that is mounted, to be given to [`crate::fs::Disks::add`] at once: it knows itself by the
/// id that [`crate::fs::Disks::next_id`] named when [`mount`] was called.
pub struct Mounted {
    pub aufs: Box<dyn FileSystem>,
    /// Lines of the kernel log of a mount that worked all the same.
    pub log: Vec<String>,
}

/// What is asked for.
pub struct Request<'a> {
    pub changes: &'a [Change],
    pub roots: Roots,
    /// The device of the union.
    pub dev: Dev,
    pub read_only: bool,
}

/// Mounts a union of branches.
///
/// # Errors
/// `EINVAL` without branches, for one given twice or inside another one, for a union as a branch and for a branch
/// to be written that cannot be; `ENOSPC` for more than 127; `ENOTDIR`; those of finding the paths and of the branches'
/// file systems.
pub fn mount(cx: &mut Cx<'_>, request: Request<'_>) -> std::result::Result<Mounted, Refusal> {
    let id = cx.disks.next_id();
    let mut aufs = blank(id, &request);
    cx.trace.step(|| Step::Begin { overlay: id, verb: Verb::Mount, path: "/".into() });
    let (changes, roots) = (request.changes, request.roots);
    let done = aufs.fill(cx, changes, roots);
    let errno = done.as_ref().err().map(|it| it.errno);
    let rule = if errno.is_some() { Rule::AufsRefused } else { Rule::AufsMounted };
    aufs.decide(cx, ROOT, rule, errno);
    cx.trace.step(|| Step::End { overlay: id, verb: Verb::Mount, errno });
    match done {
        Ok(log) => Ok(Mounted { aufs: Box::new(aufs), log }),
        Err(refusal) => {
            aufs.let_go(cx);
            Err(refusal)
        }
    }
}

fn blank(id: FsId, request: &Request<'_>) -> Aufs {
    Aufs {
        id,
        config: Arc::default(),
        branches: Arc::default(),
        kernel: Arc::new(Cred::root()),
        nodes: Table::default(),
        numbers: Tree::default(),
        next_number: FIRST_NUMBER,
        files: Table::default(),
        next_file: 1,
        chooser: Chooser::default(),
        read_only: request.read_only,
        dev: request.dev,
        next_branch: 64,
        copied: 0,
    }
}

impl Aufs {
    fn fill(
        &mut self,
        cx: &mut Cx<'_>,
        changes: &[Change],
        roots: Roots,
    ) -> std::result::Result<Vec<String>, Refusal> {
        let root = Node::new(FileType::Dir, Vec::new(), ROOT, b"");
        self.nodes.insert(ROOT, root);
        self.make_changes(cx, changes, roots, false)?;
        if self.branches.is_empty() {
            return Err(Refusal::new(Errno::EINVAL, "no branches"));
        }
        Ok(self.warnings())
    }

    /// What the kernel says of a mount that it makes all the same.
    fn warnings(&self) -> Vec<String> {
        let mut log = Vec::new();
        if !self.read_only && !self.can_write(0) {
            log.push("aufs: first branch should be rw".to_owned());
        }
        if self.config.dirperm1 {
            let line = "dirperm1 breaks the protection by the permission bits on the lower branch";
            log.push(format!("aufs: {line}"));
        }
        log
    }

    /// A remount: branches come, go and change while files are in use.
    ///
    /// # Errors
    /// As [`mount`]; `EDOM` for a place that there is not, `EBUSY` for a branch that is in use and for the last one.
    pub fn remount(
        &mut self,
        cx: &mut Cx<'_>,
        changes: &[Change],
        roots: Roots,
    ) -> std::result::Result<Vec<String>, Refusal> {
        cx.trace.step(|| Step::Begin { overlay: self.id, verb: Verb::Mount, path: "/".into() });
        let done = self.make_changes(cx, changes, roots, true);
        let errno = done.as_ref().err().map(|it| it.errno);
        if errno.is_some() {
            self.decide(cx, ROOT, Rule::AufsRefused, errno);
        }
        cx.trace.step(|| Step::End { overlay: self.id, verb: Verb::Mount, errno });
        done.map(|()| Vec::new())
    }

    fn make_changes(
        &mut self,
        cx: &mut Cx<'_>,
        changes: &[Change],
        roots: Roots,
        again: bool,
    ) -> std::result::Result<(), Refusal> {
        let mut roots = roots.into_iter();
        // Switches first: how a branch is prepared may depend on them.
        for change in changes {
            if let Change::Set(switch) = change {
                self.set(switch)?;
            }
        }
        for change in changes {
            let Some(path) = change.path() else { continue };
            let text = String::from_utf8_lossy(path).into_owned();
            let lookup = |errno: Errno| {
                Refusal::new(errno, format_args!("lookup failed {text} ({})", -errno.number()))
            };
            let root = roots.next().unwrap_or(Err(Errno::ENOENT)).map_err(lookup)?;
            match change {
                // A remount passes over what is as it is to be (aufs's branch.c).
                Change::Add { .. } if again && self.branch_at(&root, &text).is_ok() => {}
                Change::Add { at, permission, .. } => {
                    let at = at.unwrap_or(self.branches.len());
                    self.add_branch(cx, at, root, *permission, &text)?;
                }
                Change::Delete { .. } | Change::Modify { .. }
                    if again && self.branch_at(&root, &text).is_err() => {}
                Change::Delete { .. } => self.delete_branch(cx, &root, &text)?,
                Change::Modify { permission, .. } => {
                    self.modify_branch(cx, &root, *permission, &text)?;
                }
                Change::Set(_) => {}
            }
        }
        Ok(())
    }

    fn set(&mut self, switch: &Switch) -> std::result::Result<(), Refusal> {
        if *switch == Switch::ShowWhiteouts(true) && !self.read_only {
            return Err(Refusal::new(Errno::EINVAL, "shwh needs ro"));
        }
        let mut config = Config::clone(&self.config);
        config.apply(switch);
        self.config = Arc::new(config);
        Ok(())
    }

    fn add_branch(
        &mut self,
        cx: &mut Cx<'_>,
        at: usize,
        root: Root,
        permission: Option<Permission>,
        text: &str,
    ) -> std::result::Result<(), Refusal> {
        if self.branches.len() >= BRANCHES_MAX {
            let line = format_args!("number of branches exceeded {text}");
            return Err(Refusal::new(Errno::ENOSPC, line));
        }
        if at > self.branches.len() {
            return Err(Refusal::new(Errno::EDOM, format_args!("bad index {at}")));
        }
        let writable_top = at == 0 && !self.read_only && !root.read_only;
        let permission = permission.unwrap_or(match writable_top {
            true => Permission::READ_WRITE,
            false => Permission::READ_ONLY,
        });
        self.check_root(cx, &root, text)?;
        if permission.is_writable() && root.read_only {
            return Err(Refusal::read_only(text));
        }
        let (fs, ino, path) = (root.fs, root.ino, root.path.into());
        let branch =
            Branch { id: self.next_branch, fs, root: ino, path, permission, scratch: None };
        self.next_branch += 1;
        cx.on(fs, |f, cx| f.pin(cx, ino));
        Arc::make_mut(&mut self.branches).insert(at, branch);
        self.renumber(cx, |branch| Some(branch + usize::from(branch >= at)));
        let failed = |errno| Refusal::new(errno, format_args!("{text} cannot be prepared"));
        self.prepare(cx, at).map_err(failed)?;
        self.decide(cx, ROOT, Rule::AufsBranchAdded, None);
        self.settle_branches(cx).map_err(failed)
    }

    fn check_root(
        &self,
        cx: &mut Cx<'_>,
        root: &Root,
        text: &str,
    ) -> std::result::Result<(), Refusal> {
        let refuse =
            |errno: Errno, why: &str| Err(Refusal::new(errno, format_args!("{text} {why}")));
        if root.is_above {
            return refuse(Errno::EINVAL, "must be outside");
        }
        if cx.on(root.fs, |f, cx| f.kind(cx, root.ino)) != Ok(FileType::Dir) {
            return refuse(Errno::ENOTDIR, "is not a directory");
        }
        if self.branches.iter().any(|it| (it.fs, it.root) == (root.fs, root.ino)) {
            return refuse(Errno::EINVAL, "duplicated");
        }
        let inside = |a: (FsId, crate::types::Ino), b: &Branch, cx: &mut Cx<'_>| {
            let mut at = a.1;
            a.0 == b.fs
                && loop {
                    if at == b.root {
                        break true;
                    }
                    match cx.on(a.0, |f, cx| f.parent(cx, at)) {
                        Ok(up) if up != at => at = up,
                        _ => break false,
                    }
                }
        };
        for branch in self.branches.iter() {
            let probe = Branch { fs: root.fs, root: root.ino, ..branch.clone() };
            if inside((root.fs, root.ino), branch, cx)
                || inside((branch.fs, branch.root), &probe, cx)
            {
                return refuse(Errno::EINVAL, "is overlapped");
            }
        }
        Ok(())
    }

    fn branch_at(&self, root: &Root, text: &str) -> std::result::Result<usize, Refusal> {
        let found = self.branches.iter().position(|it| (it.fs, it.root) == (root.fs, root.ino));
        found.ok_or_else(|| Refusal::new(Errno::ENOENT, format_args!("{text} no such branch")))
    }

    fn delete_branch(
        &mut self,
        cx: &mut Cx<'_>,
        root: &Root,
        text: &str,
    ) -> std::result::Result<(), Refusal> {
        let at = self.branch_at(root, text)?;
        if self.branches.len() == 1 {
            return Err(Refusal::new(Errno::EBUSY, "no more branches left"));
        }
        let top_only = |node: &Node| match node.is_dir() {
            true => node.reals.len() == 1 && node.reals[0].branch == at,
            false => node.reals.first().is_some_and(|it| it.branch == at),
        };
        let used = |it: (u64, &Node)| it.1.pins > 0 && it.0 != ROOT && top_only(it.1);
        if self.nodes.iter().any(used) {
            let line = format_args!("{text} is in use");
            return Err(Refusal::new(Errno::EBUSY, line));
        }
        self.forget_branch_nodes(cx, at);
        let branch = Arc::make_mut(&mut self.branches).remove(at);
        self.release_branch(cx, &branch);
        self.renumber(cx, |branch| match branch.cmp(&at) {
            std::cmp::Ordering::Less => Some(branch),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(branch - 1),
        });
        self.decide(cx, ROOT, Rule::AufsBranchRemoved, None);
        let failed = |errno| Refusal::new(errno, format_args!("{text} cannot be left out"));
        self.settle_branches(cx).map_err(failed)
    }

    /// Lets go of what is known of a branch before it leaves.
    fn forget_branch_nodes(&mut self, cx: &mut Cx<'_>, at: usize) {
        let ids: Vec<u64> = self.nodes.iter().map(|it| it.0).collect();
        for id in ids {
            let Some(node) = self.nodes.get(id) else { continue };
            let mut reals = node.reals.clone();
            reals.retain(|it| it.branch != at);
            if reals.len() == node.reals.len() {
                continue;
            }
            let left = !reals.is_empty() || id == ROOT;
            let _ = self.set_reals(cx, id, reals);
            if !left {
                self.nodes.remove(id);
            }
        }
    }

    fn modify_branch(
        &mut self,
        cx: &mut Cx<'_>,
        root: &Root,
        permission: Permission,
        text: &str,
    ) -> std::result::Result<(), Refusal> {
        let at = self.branch_at(root, text)?;
        let was = self.branches[at].permission;
        if permission.is_writable() && root.read_only {
            return Err(Refusal::read_only(text));
        }
        let stops = was.is_writable() && !permission.is_writable();
        let writes = self
            .files
            .iter()
            .any(|(_, it)| it.flags.writes() && it.real.is_some_and(|(real, _)| real.branch == at));
        if stops && writes {
            let line = format_args!("{text} has files open for writing");
            return Err(Refusal::new(Errno::EBUSY, line));
        }
        if stops {
            self.flush_pseudo_links(cx);
            self.take_scratch(cx, at);
        }
        Arc::make_mut(&mut self.branches)[at].permission = permission;
        let failed = |errno| Refusal::new(errno, format_args!("{text} cannot be prepared"));
        self.prepare(cx, at).map_err(failed)?;
        self.decide(cx, ROOT, Rule::AufsBranchChanged, None);
        self.settle_branches(cx).map_err(failed)
    }

    /// A writable branch gets what AUFS needs there (F1): the file that whiteouts are names of, and
    /// directories for removed directories and for pseudo-links.
    fn prepare(&mut self, cx: &mut Cx<'_>, at: usize) -> Result<()> {
        let branch = &self.branches[at];
        if !branch.is_writable() || branch.scratch.is_some() {
            return Ok(());
        }
        let root = Real { branch: at, ino: branch.root };
        let base = self.own_at(cx, root, format::BASE, NodeKind::Reg, 0o444)?;
        let orphans = self.own_at(cx, root, format::ORPHANS, NodeKind::Dir, 0o700)?;
        let links = self.own_at(cx, root, format::PSEUDO_LINKS, NodeKind::Dir, 0o700)?;
        self.decide(cx, ROOT, Rule::AufsScratch, None);
        for real in [base, orphans, links] {
            self.pin_real(cx, real);
        }
        let scratch = Scratch { base: base.ino, orphans: orphans.ino, pseudo_links: links.ino };
        Arc::make_mut(&mut self.branches)[at].scratch = Some(scratch);
        // What an earlier mount could not tidy.
        for (dir, name) in [(orphans, format::ORPHANS), (links, format::PSEUDO_LINKS)] {
            for left in self.raw_names(cx, dir)? {
                self.clear_away(cx, Place::Own(name), dir, &left)?;
            }
        }
        Ok(())
    }

    fn own_at(
        &self,
        cx: &mut Cx<'_>,
        root: Real,
        name: &[u8],
        kind: NodeKind,
        mode: u32,
    ) -> Result<Real> {
        if let Some(real) = self.child(cx, root, name)? {
            return Ok(real);
        }
        let new = NewNode { kind, mode: Mode::new(mode), ..NEW_NODE };
        let ino = self.do_create(cx, Place::Own(name), (root, name), &new)?;
        Ok(Real { ino, ..root })
    }

    /// A file or a directory with whiteouts in it.
    fn clear_away(&self, cx: &mut Cx<'_>, place: Place<'_>, dir: Real, name: &[u8]) -> Result<()> {
        let Some(real) = self.child(cx, dir, name)? else { return Ok(()) };
        if self.on(cx, real, |f, cx, ino| f.kind(cx, ino))? == FileType::Dir {
            let names = self.raw_names(cx, real)?;
            self.sweep(cx, place, real, &names)?;
        }
        self.do_remove(cx, place, (dir, name))
    }

    /// A branch that is no longer written keeps its whiteouts and nothing else of AUFS's own.
    fn take_scratch(&mut self, cx: &mut Cx<'_>, at: usize) {
        let Some(scratch) = Arc::make_mut(&mut self.branches)[at].scratch.take() else { return };
        let root = Real { branch: at, ino: self.branches[at].root };
        for name in [format::PSEUDO_LINKS, format::ORPHANS, format::BASE] {
            let _ = self.do_remove(cx, Place::Own(name), (root, name));
        }
        for ino in [scratch.base, scratch.orphans, scratch.pseudo_links] {
            self.unpin_real(cx, Real { branch: at, ino });
        }
    }

    /// The places of branches have changed.
    fn renumber(&mut self, _cx: &mut Cx<'_>, place: impl Fn(usize) -> Option<usize>) {
        let moved = |real: Real| Some(Real { branch: place(real.branch)?, ..real });
        let ids: Vec<u64> = self.nodes.iter().map(|it| it.0).collect();
        for id in ids {
            let Some(node) = self.nodes.get_mut(id) else { continue };
            node.reals = node.reals.iter().filter_map(|it| moved(*it)).collect();
            node.limit = node.limit.and_then(&place);
            node.known = Arc::default();
            if let Some((branch, _)) = &mut node.orphan {
                *branch = place(*branch).unwrap_or(usize::MAX);
            }
        }
        let handles: Vec<u64> = self.files.iter().map(|it| it.0).collect();
        for fh in handles {
            if let Some(open) = self.files.get_mut(fh) {
                open.real = open.real.and_then(|(real, fh)| Some((moved(real)?, fh)));
            }
        }
        self.chooser.forget();
    }

    /// The root is made of all branches; other directories are looked up in them again.
    fn settle_branches(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let (mut reals, mut limit) = (Vec::new(), None);
        for (at, branch) in self.branches.clone().iter().enumerate() {
            let real = Real { branch: at, ino: branch.root };
            reals.push(real);
            if branch.honours_whiteouts() && self.child(cx, real, format::OPAQUE)?.is_some() {
                limit = Some(at);
                break;
            }
        }
        self.set_reals(cx, ROOT, reals)?;
        self.node_mut(ROOT)?.limit = limit;
        self.refresh_tree(cx)
    }

    /// Every name of a file that was copied up gets a real link, so that nothing is lost when the
    /// pseudo-links go (what auplink of aufs-tools does for umount.aufs).
    fn flush_pseudo_links(&mut self, cx: &mut Cx<'_>) {
        let linked: Vec<u64> = self.nodes.iter().filter(|it| it.1.plink).map(|it| it.0).collect();
        if linked.is_empty() {
            return;
        }
        self.decide(cx, ROOT, Rule::AufsFlushed, None);
        let mut dirs = vec![ROOT];
        while let Some(dir) = dirs.pop() {
            for item in self.merged_names(cx, dir).unwrap_or_default() {
                let Ok(Some(id)) = self.find(cx, dir, &item.name) else { continue };
                if item.kind == FileType::Dir {
                    dirs.push(id);
                } else if linked.contains(&id) {
                    let _ = self.link_name(cx, id, dir, &item.name);
                }
            }
        }
        for id in linked {
            let Ok(real) = self.top(id) else { continue };
            let _ = self.remove_pseudo_link(cx, id, real);
            if let Ok(node) = self.node_mut(id) {
                (node.plink, node.names) = (false, node.names + 1);
                node.pins = node.pins.saturating_sub(1);
            }
        }
    }

    /// The last mount goes away.
    pub(super) fn tidy(&mut self, cx: &mut Cx<'_>) {
        cx.trace.step(|| Step::Begin { overlay: self.id, verb: Verb::Unmount, path: "/".into() });
        self.flush_pseudo_links(cx);
        let ids: Vec<u64> = self.nodes.iter().map(|it| it.0).collect();
        for id in ids {
            self.leave_orphans(cx, id);
        }
        self.let_go(cx);
        let errno = None;
        cx.trace.step(|| Step::End { overlay: self.id, verb: Verb::Unmount, errno });
    }

    /// Gives back every real inode that is held.
    fn let_go(&mut self, cx: &mut Cx<'_>) {
        let nodes: Vec<Vec<Real>> = self.nodes.iter().map(|it| it.1.reals.clone()).collect();
        for real in nodes.into_iter().flatten() {
            self.unpin_real(cx, real);
        }
        self.nodes = Table::default();
        for branch in std::mem::take(&mut self.branches).iter() {
            self.release_branch(cx, branch);
        }
    }

    fn release_branch(&self, cx: &mut Cx<'_>, branch: &Branch) {
        let own = branch.scratch.map(|it| [it.base, it.orphans, it.pseudo_links]);
        let held = own.into_iter().flatten().chain([branch.root]);
        for ino in held {
            cx.on(branch.fs, |f, cx| f.unpin(cx, ino));
        }
    }
}
