//! What a union remembers: a node for each inode, the real files behind it, and their numbers.

use super::Aufs;
use super::real::Real;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::store::{Label, Tree};
use crate::trace::{Rule, Step};
use crate::types::{Attr, FileType, Ino, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of the root (observed: containers.md F1).
pub(super) const ROOT: u64 = 2;
/// The first number that is given out.
pub(super) const FIRST_NUMBER: u64 = 11;

/// An inode of the union.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: FileType,
    /// From the top: all directories that are merged, or the one file that is shown.
    pub reals: Vec<Real>,
    /// The name it was found under last.
    pub parent: u64,
    pub name: Label,
    pub pins: u32,
    /// Names in the union, counted from those that the real file has: fewer for hidden ones and for
    /// the pseudo-link, more for those that only a branch below has.
    pub names: i64,
    /// The pseudo-link directory of its branch keeps it.
    pub plink: bool,
    /// No name leads to it any more.
    pub gone: bool,
    /// A directory: where it lies among the orphans until the last user goes.
    pub orphan: Option<(usize, Vec<u8>)>,
    /// A directory: the lowest branch that can take part, where it is opaque or hidden below.
    pub limit: Option<usize>,
    /// The real inodes that have its number.
    pub keys: Vec<Key>,
    /// A directory: names that were looked up.
    pub known: Arc<Known>,
}

/// Names of a directory, as long as its real directories have not changed since.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub seen: Vec<Option<u64>>,
    pub names: BTreeMap<Vec<u8>, Option<u64>>,
}

impl Node {
    pub(super) fn new(kind: FileType, reals: Vec<Real>, parent: u64, name: &[u8]) -> Node {
        Node {
            kind,
            reals,
            parent,
            name: Label::from(name),
            pins: 0,
            names: 0,
            plink: false,
            gone: false,
            orphan: None,
            limit: None,
            keys: Vec::new(),
            known: Arc::default(),
        }
    }

    pub(super) fn is_dir(&self) -> bool {
        self.kind == FileType::Dir
    }

    pub(super) fn real_in(&self, branch: usize) -> Option<Real> {
        self.reals.iter().copied().find(|it| it.branch == branch)
    }
}

/// A real inode: the id of its branch, and its number there.
pub(super) type Key = (u16, Ino);

/// Numbers by the real inodes that they stand for: what AUFS keeps in its xino files.
pub(super) type Numbers = Tree<Key, u64>;

impl Aufs {
    pub(super) fn node(&self, id: u64) -> Result<&Node> {
        self.nodes.get(id).ok_or(Errno::ESTALE)
    }

    pub(super) fn node_mut(&mut self, id: u64) -> Result<&mut Node> {
        self.nodes.get_mut(id).ok_or(Errno::ESTALE)
    }

    pub(super) fn dir(&self, id: u64) -> Result<&Node> {
        let node = self.node(id)?;
        if node.is_dir() { Ok(node) } else { Err(Errno::ENOTDIR) }
    }

    /// The real file that is shown.
    pub(super) fn top(&self, id: u64) -> Result<Real> {
        self.node(id)?.reals.first().copied().ok_or(Errno::ESTALE)
    }

    /// The lowest branch in which something in this directory would be seen: of the directory itself
    /// and of those above it, the first that is opaque.
    pub(super) fn limit(&self, dir: u64) -> Option<usize> {
        let (mut limit, mut at) = (None, dir);
        while let Some(node) = self.nodes.get(at) {
            limit = limit.into_iter().chain(node.limit).min();
            if at == ROOT {
                break;
            }
            at = node.parent;
        }
        limit
    }

    pub(super) fn can_write(&self, branch: usize) -> bool {
        self.branches.get(branch).is_some_and(|it| it.is_writable())
    }

    /// Calls the file system of a branch.
    pub(super) fn on<R>(
        &self,
        cx: &mut Cx<'_>,
        real: Real,
        f: impl FnOnce(&mut dyn crate::fs::FileSystem, &mut Cx<'_>, Ino) -> R,
    ) -> R {
        cx.on(self.branches[real.branch].fs, |fs, cx| f(fs, cx, real.ino))
    }

    pub(super) fn raw_attr(&self, cx: &mut Cx<'_>, real: Real) -> Result<Attr> {
        self.on(cx, real, |f, cx, ino| f.peek_attr(cx, ino))
    }

    pub(super) fn pin_real(&self, cx: &mut Cx<'_>, real: Real) {
        self.on(cx, real, |f, cx, ino| f.pin(cx, ino));
    }

    pub(super) fn unpin_real(&self, cx: &mut Cx<'_>, real: Real) {
        self.on(cx, real, |f, cx, ino| f.unpin(cx, ino));
    }

    fn key(&self, real: Real) -> Key {
        (self.branches[real.branch].id, real.ino)
    }

    /// The number of a real inode, a new one if it has none yet.
    pub(super) fn number(&mut self, real: Real) -> u64 {
        let key = self.key(real);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.next_number;
        self.next_number += 1;
        self.numbers.insert(key, number);
        number
    }

    /// From now on this real inode has the number of that node.
    pub(super) fn set_number(&mut self, real: Real, id: u64) {
        let key = self.key(real);
        self.numbers.insert(key, id);
        if let Some(node) = self.nodes.get_mut(id)
            && !node.keys.contains(&key)
        {
            node.keys.push(key);
        }
    }

    pub(super) fn forget_number(&mut self, real: Real) {
        let key = self.key(real);
        self.numbers.remove(&key);
    }

    /// The real files behind a node are these now.
    pub(super) fn set_reals(&mut self, cx: &mut Cx<'_>, id: u64, reals: Vec<Real>) -> Result<()> {
        if self.node(id)?.reals == reals {
            return Ok(());
        }
        for real in &reals {
            self.pin_real(cx, *real);
        }
        let node = self.node_mut(id)?;
        node.known = Arc::default();
        let old = std::mem::replace(&mut node.reals, reals);
        for real in old {
            self.unpin_real(cx, real);
        }
        Ok(())
    }

    /// Adds the real file of a branch to a directory.
    pub(super) fn add_real(&mut self, cx: &mut Cx<'_>, id: u64, real: Real) -> Result<()> {
        let mut reals = self.node(id)?.reals.clone();
        reals.retain(|it| it.branch != real.branch);
        let at = reals.iter().position(|it| it.branch > real.branch).unwrap_or(reals.len());
        reals.insert(at, real);
        self.set_reals(cx, id, reals)
    }

    /// A node for what a lookup found.
    pub(super) fn make_node(&mut self, cx: &mut Cx<'_>, id: u64, mut node: Node) {
        for real in &node.reals {
            self.pin_real(cx, *real);
        }
        node.keys = node.reals.first().map(|it| self.key(*it)).into_iter().collect();
        self.nodes.insert(id, node);
    }

    /// The node goes if nothing leads to it and nobody uses it.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_>, id: u64) {
        let unused = self.nodes.get(id).is_some_and(|it| it.gone && it.pins == 0);
        if id == ROOT || !unused {
            return;
        }
        self.leave_orphans(cx, id);
        if let Some(node) = self.nodes.remove(id) {
            for key in node.keys {
                if self.numbers.get(&key) == Some(&id) {
                    self.numbers.remove(&key);
                }
            }
            for real in node.reals {
                self.unpin_real(cx, real);
            }
        }
    }

    /// The names that were looked up in a directory are asked for again.
    pub(super) fn changed(&mut self, dir: u64) {
        if let Some(node) = self.nodes.get_mut(dir) {
            node.known = Arc::default();
        }
    }

    /// A path from the root of the union, through the names that were used last.
    pub(super) fn path_of(&self, id: u64) -> String {
        let (mut parts, mut at) = (Vec::new(), id);
        while at != ROOT {
            let Some(node) = self.nodes.get(at) else { break };
            parts.push(String::from_utf8_lossy(&node.name).into_owned());
            at = node.parent;
        }
        parts.push(String::new());
        parts.reverse();
        if parts.len() == 1 { "/".to_owned() } else { parts.join("/") }
    }

    pub(super) fn path_in(&self, dir: u64, name: &[u8]) -> String {
        let path = self.path_of(dir);
        format!("{}/{}", path.trim_end_matches('/'), String::from_utf8_lossy(name))
    }

    /// Records that a rule decided about a node.
    pub(super) fn decide(&self, cx: &mut Cx<'_>, id: u64, rule: Rule, errno: Option<Errno>) {
        cx.trace.step(|| Step::Decide { overlay: self.id, path: self.path_of(id), rule, errno });
    }

    /// The same about a name in a directory.
    pub(super) fn decide_in(
        &self,
        cx: &mut Cx<'_>,
        (dir, name): (u64, &[u8]),
        rule: Rule,
        errno: Option<Errno>,
    ) {
        let path = || self.path_in(dir, name);
        cx.trace.step(|| Step::Decide { overlay: self.id, path: path(), rule, errno });
    }
}
