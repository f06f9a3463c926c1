//! The bytes of a file on their way up: with the copy, or later when its metadata came alone.

use super::{Extent, Plan};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::entry::{LowerRef, flag};
use crate::overlay::profile::Feature;
use crate::overlay::real::{Place, Range};
use crate::trace::Rule;
use crate::trace::step::Verb;
use crate::types::{Ino, Result, Whence};

/// Data is copied in pieces of this size, each from a position with data (4.2).
const CHUNK: u64 = 1 << 20;

impl Overlay {
    /// The data of a copy of metadata alone, just before it is written (R8.1).
    pub(super) fn fetch_data(&mut self, cx: &mut Cx<'_>, id: u64, extent: Extent) -> Result<()> {
        let path = |o: &Overlay| o.path_of(id);
        self.frame(cx, Verb::CopyUp, path, |o, cx| {
            o.decide(cx, id, Rule::MetacopyFilled, None);
            let top = o.node(id)?.lower.first().ok_or(Errno::EIO)?;
            let upper = o.upper_of(id)?;
            let below = o.raw_attr(cx, o.layer_fs(top.layer), top.ino)?.size;
            let size = if extent == Extent::NoData { 0 } else { below };
            o.copy_bytes(cx, id, upper, (size, below))?;
            o.do_remove_private(cx, Place::Of(id), upper, o.names().metacopy)?;
            o.node_mut(id)?.set(flag::METACOPY, false);
            Ok(())
        })
    }

    /// Data, unless it stays below.
    pub(super) fn copy_data(&mut self, cx: &mut Cx<'_>, plan: &Plan, temp: Ino) -> Result<()> {
        if plan.metacopy {
            self.decide(cx, plan.id, Rule::MetacopyMade, None);
            return Ok(());
        }
        self.copy_bytes(cx, plan.id, temp, (plan.size, plan.attr.size))
    }

    /// Data in pieces, passing over holes (4.2); shared whole where the file system can. `size` is
    /// how much is copied, and how much there is.
    fn copy_bytes(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        to: Ino,
        (size, whole): (u64, u64),
    ) -> Result<()> {
        if size == 0 {
            if whole > 0 {
                self.decide(cx, id, Rule::CopyUpNoData, None);
            }
            return Ok(());
        }
        let from = self.node(id)?.lower.last().ok_or(Errno::EIO)?;
        let from_fs = self.layer_fs(from.layer);
        if from_fs == self.upper_fs() && self.top_fs().traits.reflink {
            return self.do_clone(cx, from, to, size);
        }
        let mut at = 0;
        while at < size {
            let seek = cx.on(from_fs, |f, cx| f.seek(cx, from.ino, at, Whence::Data));
            match seek {
                _ if !self.profile.has(Feature::SparseCopyUp) => {}
                // Less is to be copied than there is, and it is all in the hole (observed on 6.18).
                Ok(data) if data > size => {
                    self.decide(cx, id, Rule::CopyUpNoSpace, Some(Errno::EIO));
                    return Err(Errno::EIO);
                }
                Ok(data) if data > at => {
                    at = data;
                    continue;
                }
                Err(Errno::ENXIO) => break,
                _ => {}
            }
            let len = CHUNK.min(size - at);
            if let Err(errno) = self.copy_run(cx, from, to, Range { off: at, len }) {
                self.decide(cx, id, Rule::CopyUpNoSpace, Some(errno));
                return Err(errno);
            }
            at += len;
        }
        Ok(())
    }

    /// A run of bytes: what there is room for is copied also where all of it does not fit, and stays if the copy
    /// has a name already (observed on 6.18).
    fn copy_run(&mut self, cx: &mut Cx<'_>, from: LowerRef, to: Ino, run: Range) -> Result<()> {
        let Range { off, len } = run;
        let room = cx.on(self.upper_fs(), |f, cx| f.room(cx, to, off, len));
        if !(1..len).contains(&room) {
            return self.do_copy_data(cx, from, to, run);
        }
        self.do_copy_data(cx, from, to, Range { off, len: room })?;
        self.do_copy_data(cx, from, to, Range { off: off + room, len: len - room })
    }
}
