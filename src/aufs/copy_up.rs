//! Copy-up: what is to be changed and lies in a branch that cannot be written is copied to one that
//! can, whole, on the first open for writing or the first change of its attributes (F1).
//!
//! Blocks of zeros stay holes. A file with several names keeps them: the copy gets one more in
//! `.wh..wh.plnk`, and whoever comes by another name finds the copy there.

use super::format;
use super::node::{Node, ROOT};
use super::real::{Place, Real};
use super::{Aufs, NEW_NODE};
use crate::errno::Errno;
use crate::fs::{Cx, NewNode};
use crate::store::{Rope, Seg};
use crate::trace::Rule;
use crate::trace::step::Verb;
use crate::types::{Attr, FileType, Mode, NodeKind, Result, SetAttr, SetTime, XattrMode};

/// What is looked at to tell a block of zeros: one page.
const BLOCK: u64 = 4096;

/// How much of a file has to come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// It is about to be cut to this length.
    Start(u64),
}

impl Aufs {
    /// A real file that may be changed, after a copy-up if there was none.
    ///
    /// # Errors
    /// `EROFS` without a writable branch above; those of the branches.
    pub(super) fn writable(&mut self, cx: &mut Cx<'_>, id: u64, extent: Extent) -> Result<Real> {
        let real = self.top(id)?;
        if self.can_write(real.branch) {
            self.link_pseudo(cx, id)?;
            return Ok(real);
        }
        let path = |it: &Aufs| it.path_of(id);
        self.frame(cx, Verb::CopyUp, path, |it, cx| it.copy_up(cx, id, real, extent))
    }

    fn copy_up(&mut self, cx: &mut Cx<'_>, id: u64, from: Real, extent: Extent) -> Result<Real> {
        self.decide(cx, id, Rule::AufsCopyUp, None);
        let node = self.node(id)?;
        let (parent, gone, is_dir) = (node.parent, node.gone, node.is_dir());
        let above = if gone { ROOT } else { parent };
        let branch = self.branch_for_copy(cx, above, from.branch)?;
        if is_dir {
            return self.directory_in(cx, id, branch);
        }
        let dir = self.directory_in(cx, above, branch)?;
        let attr = self.raw_attr(cx, from)?;
        if gone && attr.kind != FileType::Reg {
            return Err(Errno::ESTALE);
        }
        let to = match gone {
            true => self.copy_nameless(cx, from, branch, &attr)?,
            false => self.copy_named(cx, id, dir, from, &attr)?,
        };
        if attr.kind == FileType::Reg {
            self.copy_data(cx, id, (from, to), &attr, extent)?;
        }
        self.copy_xattrs(cx, id, from, to)?;
        self.copy_attr(cx, Place::Of(id), &attr, to)?;
        let names = i64::from(attr.nlink) + self.node(id)?.names;
        self.set_reals(cx, id, vec![to])?;
        if gone {
            self.unpin_real(cx, to);
        } else {
            self.keep_number(cx, id, (from, to), &attr)?;
        }
        let now = i64::from(self.raw_attr(cx, to)?.nlink);
        self.node_mut(id)?.names = names - now;
        self.changed(above);
        Ok(to)
    }

    fn copy_named(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        dir: Real,
        from: Real,
        attr: &Attr,
    ) -> Result<Real> {
        let name = self.node(id)?.name.clone();
        let kind = match attr.kind {
            FileType::Symlink => {
                NodeKind::Symlink(self.on(cx, from, |f, cx, ino| f.readlink(cx, ino))?)
            }
            FileType::Fifo => NodeKind::Fifo,
            FileType::Sock => NodeKind::Sock,
            FileType::Chr => NodeKind::Chr(attr.rdev),
            FileType::Blk => NodeKind::Blk(attr.rdev),
            FileType::Reg | FileType::Dir => NodeKind::Reg,
        };
        let times = self.raw_attr(cx, dir)?;
        let new = fresh(kind, attr);
        let ino = self.do_create(cx, Place::Of(id), (dir, &name), &new)?;
        self.restore_times(cx, dir, &times)?;
        Ok(Real { ino, ..dir })
    }

    /// A copy of a file that has lost its names: it has none either.
    fn copy_nameless(
        &mut self,
        cx: &mut Cx<'_>,
        from: Real,
        branch: usize,
        attr: &Attr,
    ) -> Result<Real> {
        let root = Real { branch, ino: self.branches[branch].root };
        let ino = self.do_tmpfile(cx, root, &fresh(NodeKind::Reg, attr))?;
        debug_assert_ne!(from.branch, branch);
        Ok(Real { branch, ino })
    }

    /// Copies what is not zeros; the rest stays a hole (measured: F1, 256 MiB of zeros take 4 KiB).
    fn copy_data(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        (from, to): (Real, Real),
        attr: &Attr,
        extent: Extent,
    ) -> Result<()> {
        let len = match extent {
            Extent::All => attr.size,
            Extent::Start(len) => attr.size.min(len),
        };
        if len == 0 {
            return Ok(());
        }
        let rope = self.on(cx, from, |f, cx, ino| f.read_rope(cx, ino, 0, len))?;
        let runs = data_runs(&rope.segs);
        let moved: u64 = runs.iter().map(|it| it.1.len()).sum();
        if moved < len {
            self.decide(cx, id, Rule::AufsZerosSkipped, None);
        }
        self.copied += moved;
        for (off, data) in &runs {
            self.do_copy_data(cx, Place::Of(id), from, to, (*off, data))?;
        }
        let size = SetAttr { size: Some(len), ..SetAttr::default() };
        self.do_setattr(cx, Place::Of(id), to, &size)
    }

    fn copy_xattrs(&mut self, cx: &mut Cx<'_>, id: u64, from: Real, to: Real) -> Result<()> {
        let list = match self.on(cx, from, |f, cx, ino| f.listxattr(cx, ino)) {
            Ok(list) => list,
            Err(Errno::EOPNOTSUPP) => return Ok(()),
            Err(errno) => return Err(errno),
        };
        for name in list {
            let value = match self.on(cx, from, |f, cx, ino| f.getxattr(cx, ino, &name)) {
                Ok(value) => value,
                Err(Errno::ENODATA | Errno::EOPNOTSUPP) => continue,
                Err(errno) => return Err(errno),
            };
            match self.do_setxattr(cx, Place::Of(id), to, (&name, &value, XattrMode::Set)) {
                Ok(()) | Err(Errno::EOPNOTSUPP) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Mode, owner, times.
    fn copy_attr(
        &mut self,
        cx: &mut Cx<'_>,
        place: Place<'_>,
        attr: &Attr,
        to: Real,
    ) -> Result<()> {
        let owner = SetAttr { uid: Some(attr.uid), gid: Some(attr.gid), ..SetAttr::default() };
        self.do_setattr(cx, place, to, &owner)?;
        if attr.kind != FileType::Symlink {
            let mode = SetAttr { mode: Some(attr.mode), ..SetAttr::default() };
            self.do_setattr(cx, place, to, &mode)?;
        }
        self.do_setattr(cx, place, to, &times_of(attr))
    }

    /// A copy-up changes no times of the directories on its way.
    fn restore_times(&mut self, cx: &mut Cx<'_>, dir: Real, attr: &Attr) -> Result<()> {
        self.do_setattr(cx, Place::Own(b""), dir, &times_of(attr))
    }

    /// The copy shows the number of what it was copied from, and other names find the copy.
    fn keep_number(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        (from, to): (Real, Real),
        attr: &Attr,
    ) -> Result<()> {
        self.set_number(to, id);
        self.decide(cx, id, Rule::AufsNumberKept, None);
        if attr.nlink < 2 {
            return Ok(());
        }
        let Some(scratch) = self.branches[to.branch].scratch.filter(|_| self.config.plink) else {
            self.forget_number(from);
            return Ok(());
        };
        self.decide(cx, id, Rule::AufsPseudoLink, None);
        let name = format::pseudo_link(id, to.ino.0);
        let dir = Real { branch: to.branch, ino: scratch.pseudo_links };
        self.do_link(cx, Place::Own(format::PSEUDO_LINKS), to.ino, (dir, &name))?;
        let node = self.node_mut(id)?;
        node.plink = true;
        // Held until it is unmounted, however often it is used.
        node.pins += 1;
        Ok(())
    }

    /// The name that a pseudo-linked file was found under gets a real link before it is changed.
    fn link_pseudo(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let node = self.node(id)?;
        if !node.plink || node.gone {
            return Ok(());
        }
        let (parent, name) = (node.parent, node.name.clone());
        self.link_name(cx, id, parent, &name)
    }

    /// Gives the copy this name in its own branch, unless it has it.
    pub(super) fn link_name(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        parent: u64,
        name: &[u8],
    ) -> Result<()> {
        let real = self.top(id)?;
        if let Some(dir) = self.node(parent)?.real_in(real.branch)
            && self.child(cx, dir, name)?.is_some()
        {
            return Ok(());
        }
        if self.limit(parent).is_some_and(|it| it < real.branch) {
            // It would not be seen there; by its number the name finds the copy all the same.
            return Ok(());
        }
        let dir = self.directory_in(cx, parent, real.branch)?;
        let times = self.raw_attr(cx, dir)?;
        self.decide_in(cx, (parent, name), Rule::AufsPseudoLinkUsed, None);
        self.do_link(cx, Place::In(parent, name), real.ino, (dir, name))?;
        self.restore_times(cx, dir, &times)?;
        self.node_mut(id)?.names -= 1;
        self.changed(parent);
        Ok(())
    }

    /// The real directory of a branch, made with those above it if it is not there yet.
    ///
    /// # Errors
    /// Those of the branch; `ESTALE` for a removed directory.
    pub(super) fn directory_in(&mut self, cx: &mut Cx<'_>, id: u64, branch: usize) -> Result<Real> {
        let node = self.dir(id)?;
        if let Some(real) = node.real_in(branch) {
            return Ok(real);
        }
        if node.gone || id == ROOT {
            return Err(Errno::ENOENT);
        }
        let (parent, name) = (node.parent, node.name.clone());
        let from = self.top(id)?;
        let dir = self.directory_in(cx, parent, branch)?;
        self.decide(cx, id, Rule::AufsParentsFirst, None);
        let (attr, times) = (self.raw_attr(cx, from)?, self.raw_attr(cx, dir)?);
        let new = fresh(NodeKind::Dir, &attr);
        let ino = self.do_create(cx, Place::Of(id), (dir, &name), &new)?;
        let real = Real { branch, ino };
        self.copy_xattrs(cx, id, from, real)?;
        self.copy_attr(cx, Place::Of(id), &attr, real)?;
        self.restore_times(cx, dir, &times)?;
        self.add_real(cx, id, real)?;
        self.set_number(self.top(id)?, id);
        self.changed(parent);
        Ok(real)
    }

    /// Names in the union, as `st_nlink` shows them for anything but a directory.
    pub(super) fn names(node: &Node, attr: &Attr) -> u32 {
        u32::try_from(i64::from(attr.nlink) + node.names).unwrap_or(0)
    }
}

fn fresh(kind: NodeKind, attr: &Attr) -> NewNode {
    // Nobody else may look at a copy before it is complete.
    let mode = match kind {
        NodeKind::Symlink(_) => 0o777,
        NodeKind::Dir => 0o700,
        _ => 0o600,
    };
    NewNode { kind, mode: Mode::new(mode), uid: attr.uid, gid: attr.gid, ..NEW_NODE }
}

fn times_of(attr: &Attr) -> SetAttr {
    let (atime, mtime) = (SetTime::To(attr.atime), SetTime::To(attr.mtime));
    SetAttr { atime: Some(atime), mtime: Some(mtime), ..SetAttr::default() }
}

/// Where there is data: offset and bytes of each run of blocks that are not zeros.
fn data_runs(segs: &[Seg]) -> Vec<(u64, Rope)> {
    let mut runs: Vec<(u64, Rope)> = Vec::new();
    let mut add = |off: u64, seg: Seg| match runs.last_mut() {
        Some(last) if off == last.0 + last.1.len() => last.1.segs.push(seg),
        _ => runs.push((off, Rope { segs: vec![seg] })),
    };
    let mut off = 0;
    for seg in segs {
        match seg {
            Seg::Hole(_) | Seg::Zero(_) => {}
            Seg::Shared { bytes, off: start, len } => {
                for (at, len) in runs_of(&bytes[*start..start + len], off) {
                    let seg = Seg::Shared { bytes: bytes.clone(), off: start + at, len };
                    add(off + at as u64, seg);
                }
            }
            Seg::Generated { .. } | Seg::External { .. } => add(off, seg.clone()),
        }
        off += seg.len();
    }
    runs
}

/// Place and length of each run of blocks that are not zeros; the bytes lie at `off` of their file.
fn runs_of(bytes: &[u8], off: u64) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let block = (BLOCK - (off + at as u64) % BLOCK) as usize;
        let end = (at + block).min(bytes.len());
        if bytes[at..end].iter().any(|byte| *byte != 0) {
            match runs.last_mut() {
                Some(last) if last.0 + last.1 == at => last.1 = end - last.0,
                _ => runs.push((at, end - at)),
            }
        }
        at = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn blocks_of_zeros_are_left_out() {
        let mut bytes = vec![0_u8; 3 * 4096];
        bytes[4096] = 1;
        let len = bytes.len();
        let shared = Seg::Shared { bytes: Arc::from(bytes), off: 0, len };
        let places = |segs: &[Seg]| -> Vec<(u64, u64)> {
            data_runs(segs).iter().map(|it| (it.0, it.1.len())).collect()
        };
        assert_eq!(places(&[shared]), [(4096, 4096)]);
        let made = Seg::Generated { seed: 1, at: 0, len: 100 };
        assert_eq!(places(&[Seg::Hole(10), made, Seg::Zero(4096)]), [(10, 100)]);
        assert_eq!(data_runs(&[Seg::Zero(9000)]), []);
    }
}
