//! Lower layers at mount time: how many, on which file systems, not inside each other.

use super::{LayerRoot, fail, layer_fs};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::limits::OVERLAY_DEPTH_MAX;
use crate::overlay::Overlay;
use crate::overlay::format::opaque::Opaque;
use crate::overlay::layer::Layer;
use crate::overlay::params::Parsed;
use crate::overlay::profile::Feature;
use crate::store::Table;
use crate::types::{FsId, Ino, Result};

impl Overlay {
    pub(super) fn take_lowers(
        &mut self,
        cx: &mut Cx<'_>,
        parsed: &Parsed,
        log: &mut Vec<String>,
    ) -> Result<()> {
        if parsed.config.lowers.iter().all(|it| it.data) {
            return fail(log, "at least one non-data lowerdir is required");
        }
        if !self.has_upper {
            if parsed.lowers.len() == 1 {
                return fail(log, "at least 2 lowerdir are needed while upperdir nonexistent");
            }
            // A placeholder, so that lower layers count from 1.
            let first = parsed.lowers[0];
            self.fses.push(layer_fs(cx, first.fs));
            self.real_index.push(Table::default());
            self.layers.push(Layer { fs: first.fs, root: first.ino, fsx: 0, xwhiteouts: false });
        }
        self.check_depth(cx, parsed, log)?;
        for (at, root) in parsed.lowers.iter().enumerate() {
            let data = parsed.config.lowers.get(at).is_some_and(|it| it.data);
            self.take_lower(cx, *root, data, log)?;
            self.need_handles(parsed, at, log);
            // The mark of a layer's root counts for listings only (R2.5), and that of the lowest
            // layer not at all (observed on 6.18).
            if at + 1 < parsed.lowers.len() - usize::from(self.data_layers) {
                let marked = self.opaque_value(cx, root.fs, root.ino)? == Opaque::Xwhiteouts;
                self.layers[at + 1].xwhiteouts = marked;
            }
        }
        if self.fses[1..].iter().any(|it| it.bad_uuid) && self.give_up_index() {
            log.push(
                "overlayfs: null or conflicting uuid detected in lower fs, falling back to \
                 index=off,nfs_export=off."
                    .into(),
            );
        }
        let top = if self.has_upper { self.layers[0].fs } else { self.layers[1].fs };
        let merged = usize::from(self.last_merged());
        let same = self.layers[1..=merged].iter().all(|it| it.fs == top);
        self.same_fs = same && self.profile.has(Feature::ConstantInodes);
        for fs in self.layers.clone().iter().skip(usize::from(!self.has_upper)) {
            let namelen = cx.on(fs.fs, |f, cx| f.statfs(cx))?.namelen;
            self.namelen = self.namelen.max(namelen);
        }
        Ok(())
    }

    fn check_depth(
        &mut self,
        cx: &mut Cx<'_>,
        parsed: &Parsed,
        log: &mut Vec<String>,
    ) -> Result<()> {
        let mut depth = 0;
        for root in parsed.lowers.iter().chain(&parsed.upper) {
            depth = depth.max(cx.on(root.fs, |f, _| f.traits().depth));
        }
        self.depth = depth + 1;
        if usize::from(self.depth) > OVERLAY_DEPTH_MAX {
            return fail(log, "maximum fs stacking depth exceeded");
        }
        Ok(())
    }

    /// What needs file handles of a lower file system that has none is turned off (1.5).
    fn need_handles(&mut self, parsed: &Parsed, at: usize, log: &mut Vec<String>) {
        let layer = &self.layers[at + 1];
        if self.fses[usize::from(layer.fsx)].traits.handles {
            return;
        }
        let name = parsed.config.lowers.get(at).map(|it| it.text.clone()).unwrap_or_default();
        let mut fall_back = |what: &str| {
            log.push(format!(
                "overlayfs: fs on '{}' does not support file handles, falling back to {what}.",
                String::from_utf8_lossy(&name)
            ));
        };
        if self.give_up_index() {
            fall_back("index=off,nfs_export=off");
        }
        // Without an upper layer nothing is copied up, and no number has to be found again.
        if self.has_upper && self.give_up_auto_xino() {
            fall_back("xino=off");
        }
    }

    /// What rests on file handles of lower files. True if it was in force.
    fn give_up_index(&mut self) -> bool {
        let given = self.config.nfs_export || self.config.index && self.has_upper;
        if given {
            self.config_mut().index = false;
            self.config_mut().nfs_export = false;
        }
        given
    }

    fn take_lower(
        &mut self,
        cx: &mut Cx<'_>,
        root: LayerRoot,
        data: bool,
        log: &mut Vec<String>,
    ) -> Result<()> {
        if self.is_trap(root.fs, root.ino) {
            log.push("overlayfs: conflicting lowerdir path".into());
            return Err(Errno::ELOOP);
        }
        self.add_trap(root.fs, root.ino);
        self.report_in_use(cx, root, "lowerdir", log)?;
        let fsx = self.fsx_for(cx, root.fs, data);
        self.layers.push(Layer { fs: root.fs, root: root.ino, fsx, xwhiteouts: false });
        Ok(())
    }

    /// The index of a file system among those of the layers; a new one may have to share its
    /// uuid, which makes handles useless.
    fn fsx_for(&mut self, cx: &mut Cx<'_>, id: FsId, data_only: bool) -> u8 {
        let own = usize::from(!self.has_upper);
        if let Some(at) = self.fses.iter().skip(own).position(|it| it.id == id) {
            return (at + own) as u8;
        }
        let mut new = layer_fs(cx, id);
        new.data_only = data_only;
        if self.has_upper && !data_only {
            new.bad_uuid = self.config.allows_offline_changes() && new.uuid == [0; 16];
            for it in &mut self.fses[1..] {
                if it.uuid == new.uuid {
                    it.bad_uuid = true;
                    new.bad_uuid = true;
                }
            }
        }
        self.fses.push(new);
        self.real_index.push(Table::default());
        (self.fses.len() - 1) as u8
    }

    /// No lower layer may lie inside another directory of this mount (R1.3). The other way round
    /// is allowed.
    pub(super) fn check_overlaps(
        &self,
        cx: &mut Cx<'_>,
        parsed: &Parsed,
        log: &mut Vec<String>,
    ) -> Result<()> {
        let own = [(parsed.upper, "upperdir"), (parsed.work, "workdir")];
        for (root, what) in own {
            let Some(root) = root else { continue };
            for dir in ancestors(cx, root.fs, root.ino)? {
                self.report_in_use(cx, LayerRoot { ino: dir, ..root }, what, log)?;
            }
        }
        for root in &parsed.lowers {
            for dir in ancestors(cx, root.fs, root.ino)? {
                if self.is_trap(root.fs, dir) {
                    log.push("overlayfs: overlapping lowerdir path".into());
                    return Err(Errno::ELOOP);
                }
                self.report_in_use(cx, LayerRoot { ino: dir, ..*root }, "lowerdir", log)?;
            }
        }
        Ok(())
    }
}

/// Every directory above this one in its file system.
pub(super) fn ancestors(cx: &mut Cx<'_>, fs: FsId, dir: Ino) -> Result<Vec<Ino>> {
    cx.on(fs, |f, cx| {
        let mut out = Vec::new();
        let mut at = dir;
        while at != f.root() {
            at = f.parent(cx, at)?;
            out.push(at);
        }
        Ok(out)
    })
}
