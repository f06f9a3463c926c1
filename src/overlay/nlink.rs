//! How many names a file has: counted by the overlay, and kept in an attribute of the upper file
//! while its names are spread over layers (R7.4).

use super::Overlay;
use super::entry::flag;
use super::format::nlink::{self, Base};
use super::namei::Found;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::Rule;
use crate::types::{FileType, Result};

impl Overlay {
    /// The names of what a lookup found: those of the real file, or what is kept of a copied-up
    /// one whose names are not all copied up.
    pub(super) fn count_names(&self, cx: &mut Cx<'_>, found: &Found) -> Result<u32> {
        if found.kind == FileType::Dir {
            return Ok(1);
        }
        let low = found.lower.first();
        let below = match low {
            Some(low) => Some(self.raw_links(cx, self.layer_fs(low.layer), low.ino)?),
            None => None,
        };
        let fs = self.upper_fs();
        let Some(upper) = found.upper else { return Ok(below.unwrap_or(1)) };
        let above = self.raw_attr(cx, fs, upper)?.nlink;
        let Some(below) = below.filter(|count| *count > 1) else { return Ok(above) };
        let kept = self.raw_private(cx, fs, upper, self.names().nlink)?;
        Ok(total(kept.as_deref(), above, below).unwrap_or(above))
    }

    /// Keeps the count of names as a difference to the links of the upper or the lower file.
    pub(super) fn keep_count(&mut self, cx: &mut Cx<'_>, id: u64, base: Base) -> Result<()> {
        let inode = self.node(id)?;
        let count = i64::from(inode.nlink);
        let (fs, real) = match (base, inode.lower.first()) {
            (Base::Lower, Some(low)) => (self.layer_fs(low.layer), low.ino),
            _ => (self.upper_fs(), self.upper_of(id)?),
        };
        let links = i64::from(self.raw_links(cx, fs, real)?);
        let upper = self.upper_of(id)?;
        let value = nlink::print(base, count - links);
        self.decide(cx, id, Rule::NlinkKept, None);
        self.do_set_private(cx, Place::Of(id), upper, self.names().nlink, &value)
    }

    /// Before a name is added to or taken from an object: one that belongs into the index gets
    /// there, and its count is kept.
    pub(super) fn begin_count(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let inode = self.node(id)?;
        let named = inode.upper.is_some() && (inode.is_nameless() || !inode.has(flag::UNLINKED));
        if !named && self.needs_index(cx, id)? {
            self.copy_up(cx, id)?;
        }
        let inode = self.node(id)?;
        if inode.is_dir() || !inode.has(flag::INDEXED) {
            return Ok(());
        }
        self.keep_count(cx, id, Base::Upper)
    }

    /// A name has gone.
    pub(super) fn drop_name(&mut self, id: u64, at: (u64, &[u8])) {
        let others = self.has_other_name(id, at);
        let Some(inode) = self.inodes.get_mut(id) else { return };
        if inode.is_dir() {
            inode.nlink = 0;
        } else if inode.nlink > u32::from(others) {
            inode.nlink -= 1;
        }
    }

    /// After names were taken away: an object without any leaves the index, best effort. Where
    /// handles are given out a whiteout stays there, so that none finds it again (R7.6).
    pub(super) fn end_count(&mut self, cx: &mut Cx<'_>, id: u64) {
        let Some(inode) = self.inodes.get(id).filter(|it| it.has(flag::INDEXED)) else { return };
        if inode.nlink == 0 {
            let _ = self.leave_index(cx, id);
        }
    }

    fn leave_index(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<()> {
        let inode = self.node(id)?;
        let (is_dir, low) = (inode.is_dir(), inode.lower.first().ok_or(Errno::ESTALE)?);
        let name = self.index_name(cx, low);
        let upper = self.upper_of(id)?;
        let links = self.raw_attr(cx, self.upper_fs(), upper)?.nlink;
        if !is_dir && links != 1 {
            // More names below than there were: those in the upper layer count.
            self.node_mut(id)?.nlink = links.saturating_sub(1);
            return self.keep_count(cx, id, Base::Upper);
        }
        let work = self.work.ok_or(Errno::EROFS)?;
        let Some((entry, kind)) = self.upper_entry(cx, work, &name)? else { return Ok(()) };
        self.clear_entry(cx, (work, &name), (entry, kind), Rule::IndexLeft)
    }
}

/// The names of a file by the kept count; `None` when that makes no sense.
pub(super) fn total(kept: Option<&[u8]>, above: u32, below: u32) -> Option<u32> {
    let (base, difference) = nlink::parse(kept?)?;
    let links = if base == Base::Upper { above } else { below };
    u32::try_from(i64::from(links) + difference).ok().filter(|it| *it > 0)
}
