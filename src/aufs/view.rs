//! Plain facts about a mounted union, for screens, /sys and checkers. Changes nothing.

use super::Aufs;
use super::branch::Branch;
use crate::trace::step::Layer;
use crate::types::{FsId, Ino};
use std::sync::Arc;

/// A branch of a mounted union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchView {
    /// Its place in pictures and in the steps of a trace.
    pub layer: Layer,
    pub fs: FsId,
    pub root: Ino,
    pub path: Vec<u8>,
    /// `rw`, `ro+wh`, …
    pub permission: &'static str,
    pub writable: bool,
    pub honours_whiteouts: bool,
}

impl Aufs {
    /// Its own id among the machine's file systems.
    pub fn id(&self) -> FsId {
        self.id
    }

    /// All branches, from the top.
    pub fn branch_views(&self) -> Vec<BranchView> {
        let one = |(at, it): (usize, &Branch)| BranchView {
            layer: self.layer(at),
            fs: it.fs,
            root: it.root,
            path: it.path.to_vec(),
            permission: it.permission.show(),
            writable: it.is_writable(),
            honours_whiteouts: it.honours_whiteouts(),
        };
        self.branches.iter().enumerate().map(one).collect()
    }

    /// The file systems that the union stands on.
    pub fn below(&self) -> Vec<FsId> {
        let mut all: Vec<FsId> = self.branches.iter().map(|it| it.fs).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// `si=` of /proc/mounts, and the name below /sys/fs/aufs: any number that is no other union's.
    pub fn si(&self) -> String {
        let mixed = u64::from(self.id.0).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:016x}", mixed ^ mixed >> 29)
    }

    /// The files of `/sys/fs/aufs/si_…`: their names and contents.
    pub fn sys_files(&self) -> Vec<(String, Vec<u8>)> {
        let mut out = Vec::new();
        for (at, branch) in self.branches.iter().enumerate() {
            let line = [&branch.path[..], b"=", branch.permission.show().as_bytes(), b"\n"];
            out.push((format!("br{at}"), line.concat()));
        }
        for (at, branch) in self.branches.iter().enumerate() {
            out.push((format!("brid{at}"), format!("{}\n", branch.id).into_bytes()));
        }
        out
    }

    /// What stands behind an inode: the branch and the real inode, topmost first.
    pub fn stack(&self, ino: Ino) -> Vec<(Layer, FsId, Ino)> {
        let reals = self.nodes.get(ino.0).map(|it| it.reals.clone()).unwrap_or_default();
        reals
            .into_iter()
            .map(|it| (self.layer(it.branch), self.branches[it.branch].fs, it.ino))
            .collect()
    }

    pub fn is_directory(&self, ino: Ino) -> bool {
        self.nodes.get(ino.0).is_some_and(super::node::Node::is_dir)
    }

    /// Drops every remembered name, so that the next lookup asks the branches again.
    pub fn forget_names(&mut self) {
        let ids: Vec<u64> = self.nodes.iter().map(|it| it.0).collect();
        for id in ids {
            if let Some(node) = self.nodes.get_mut(id) {
                node.known = Arc::default();
            }
        }
    }
}
