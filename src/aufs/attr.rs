//! Attributes, rights and space of what a union shows.

use super::Aufs;
use super::copy_up::Extent;
use super::format;
use super::node::ROOT;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::fs::checked::may;
use crate::trace::Rule;
use crate::types::{Attr, Ino, Result, SetAttr, StatFs, XattrMode};

/// `f_type` of aufs (linux/aufs_type.h: "aufs" in ASCII).
pub const MAGIC: u64 = 0x6175_6673;

impl Aufs {
    pub(super) fn attr(&mut self, cx: &mut Cx<'_>, id: u64, seen: bool) -> Result<Attr> {
        let top = self.top(id)?;
        let mut attr = self.on(cx, top, |f, cx, ino| match seen {
            true => f.getattr(cx, ino),
            false => f.peek_attr(cx, ino),
        })?;
        let node = self.node(id)?;
        if node.is_dir() {
            // As many as all branches have: more than there are does not mislead find(1).
            let (below, gone) = (node.reals[1..].to_vec(), node.gone);
            for real in below {
                attr.nlink += self.raw_attr(cx, real)?.nlink.saturating_sub(2);
            }
            if gone {
                attr.nlink = 0;
            }
        } else {
            attr.nlink = Self::names(node, &attr);
        }
        attr.ino = id;
        attr.dev = self.dev;
        Ok(attr)
    }

    pub(super) fn set_attr(&mut self, cx: &mut Cx<'_>, id: u64, set: &SetAttr) -> Result<()> {
        let extent = set.size.map_or(Extent::All, Extent::Start);
        let real = self.writable(cx, id, extent)?;
        self.do_setattr(cx, Place::Of(id), real, set)
    }

    /// Every directory that is merged is asked, unless `dirperm1` says that the top one speaks for
    /// all; what is to be written, and files, are a matter of the top one alone.
    pub(super) fn may(&mut self, cx: &mut Cx<'_>, id: u64, mask: u8) -> Result<()> {
        let node = self.node(id)?;
        let all = node.is_dir() && mask & may::WRITE == 0 && !self.config.dirperm1;
        let count = if all { node.reals.len() } else { 1 };
        let reals = node.reals[..count.min(node.reals.len())].to_vec();
        for (at, real) in reals.into_iter().enumerate() {
            let asked = self.on(cx, real, |f, cx, ino| f.permission(cx, ino, mask));
            if let Err(errno) = asked {
                if at > 0 {
                    self.decide(cx, id, Rule::AufsLowerDirectoryRefuses, Some(errno));
                }
                return Err(errno);
            }
        }
        Ok(())
    }

    pub(super) fn set_xattr(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        what: (&[u8], &[u8], XattrMode),
    ) -> Result<()> {
        let real = self.writable(cx, id, Extent::All)?;
        self.do_setxattr(cx, Place::Of(id), real, what)
    }

    pub(super) fn remove_xattr(&mut self, cx: &mut Cx<'_>, id: u64, name: &[u8]) -> Result<()> {
        let real = self.top(id)?;
        self.on(cx, real, |f, cx, ino| f.getxattr(cx, ino, name))?;
        let real = self.writable(cx, id, Extent::All)?;
        self.do_removexattr(cx, Place::Of(id), real, name)
    }

    /// Of the first branch that can be written, or with `sum` of all of them (F3).
    pub(super) fn space(&mut self, cx: &mut Cx<'_>) -> Result<StatFs> {
        let first = self.branches.iter().position(super::Branch::is_writable).unwrap_or(0);
        let fs = self.branches.get(first).ok_or(Errno::ESTALE)?.fs;
        let mut out = cx.on(fs, |f, cx| f.statfs(cx))?;
        if self.config.sum {
            let mut counted = vec![fs];
            for branch in self.branches.iter() {
                if counted.contains(&branch.fs) {
                    continue;
                }
                counted.push(branch.fs);
                let it = cx.on(branch.fs, |f, cx| f.statfs(cx))?;
                let blocks = |n: u64| n.saturating_mul(it.bsize) / out.bsize.max(1);
                out.blocks = out.blocks.saturating_add(blocks(it.blocks));
                out.bfree = out.bfree.saturating_add(blocks(it.bfree));
                out.bavail = out.bavail.saturating_add(blocks(it.bavail));
                out.files = out.files.saturating_add(it.files);
                out.ffree = out.ffree.saturating_add(it.ffree);
            }
        }
        out.magic = MAGIC;
        out.namelen = format::LONGEST as u64;
        Ok(out)
    }

    /// The number of the directory above.
    pub(super) fn parent_of(&self, dir: Ino) -> Result<Ino> {
        let node = self.dir(dir.0)?;
        Ok(Ino(if dir.0 == ROOT { ROOT } else { node.parent }))
    }
}
