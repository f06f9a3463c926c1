//! Plain facts about a mounted overlay, for screens and checkers. Changes nothing.

use super::Overlay;
use super::entry::RealKey;
use crate::fs::Cx;
use crate::trace::Step;
use crate::trace::step::Layer;
use crate::types::{FsId, Ino};

/// A layer of a mounted overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerView {
    pub layer: Layer,
    pub fs: FsId,
    pub root: Ino,
    /// As the option spelled it.
    pub path: Vec<u8>,
}

/// A real object behind an inode of the overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealObject {
    pub layer: Layer,
    pub fs: FsId,
    pub ino: Ino,
}

impl Overlay {
    /// Its own id among the machine's file systems.
    pub fn id(&self) -> FsId {
        self.id
    }

    /// All layers, upper first.
    pub fn layers(&self) -> Vec<LayerView> {
        let mut out = Vec::new();
        for (at, it) in self.layers.iter().enumerate() {
            let (layer, path) = match at {
                0 if !self.has_upper => continue,
                0 => (Layer::Upper, self.config.upperdir.clone()),
                at => {
                    let text = self.config.lowers.get(at - 1).map(|it| it.text.clone());
                    (Layer::Lower(at as u16), text)
                }
            };
            let path = path.unwrap_or_default();
            out.push(LayerView { layer, fs: it.fs, root: it.root, path });
        }
        out
    }

    /// Drops every remembered name, so that the next lookup asks the layers again. For a snapshot
    /// that is looked at and thrown away: what the names held on to stays behind.
    pub fn forget_names(&mut self) {
        let ids: Vec<u64> = self.inodes.iter().map(|(id, _)| id).collect();
        for id in ids {
            if let Some(dir) = self.dir_mut(id) {
                dir.names = Default::default();
            }
        }
    }

    /// The `work` directory inside `workdir`, when there is one.
    pub fn work_dir(&self) -> Option<(FsId, Ino)> {
        self.work.map(|ino| (self.upper_fs(), ino))
    }

    /// The directory that `workdir=` names.
    pub fn work_base(&self) -> Option<(FsId, Ino)> {
        self.work_base.map(|ino| (self.upper_fs(), ino))
    }

    /// What stands behind an inode, topmost first. Below an upper file this is its origin.
    pub fn real_objects(&self, ino: Ino) -> Vec<RealObject> {
        let Some(inode) = self.inodes.get(self.base(ino.0)) else { return Vec::new() };
        let upper = inode.upper.map(|ino| (0, ino));
        let lower = inode.lower.as_slice().iter().map(|it| (it.layer, it.ino));
        upper
            .into_iter()
            .chain(lower)
            .map(|(layer, ino)| RealObject {
                layer: super::namei::trace_layer(layer),
                fs: self.layer_fs(layer),
                ino,
            })
            .collect()
    }

    /// Is this inode a directory of the union?
    pub fn is_directory(&self, ino: Ino) -> bool {
        self.inodes.get(self.base(ino.0)).is_some_and(|it| it.is_dir())
    }

    /// A path from the root of the overlay to this inode, through names it remembers.
    pub fn path(&self, ino: Ino) -> String {
        self.path_of(self.base(ino.0))
    }

    /// Which layer of this overlay holds a real directory, if it is one of its roots or work
    /// directories: writing there while mounted is undefined.
    pub fn is_layer_root(&self, fs: FsId, ino: Ino) -> bool {
        self.is_trap(fs, ino)
    }
}

/// What holds the data of an overlay's object, one floor below; `None` of what is on no overlay.
pub fn data_below(disks: &crate::fs::Disks, (fs, ino): (FsId, Ino)) -> Option<(FsId, Ino)> {
    let overlay = disks.peek(fs)?.as_any().downcast_ref::<Overlay>()?;
    overlay.data_of(overlay.base(ino.0)).ok()
}

/// Says in the trace that a layer of a mounted overlay is about to be changed behind its back:
/// what comes of it is not defined (section 10 has what 6.18 was seen to do). `ino` is the
/// directory that changes, or the object.
pub fn warn_of_change(cx: &mut Cx<'_>, fs: FsId, ino: Ino) {
    let mut chain = vec![ino];
    let is_dir = cx.on(fs, |f, cx| f.kind(cx, ino)) == Ok(crate::types::FileType::Dir);
    let mut at = is_dir.then_some(ino);
    while let Some(dir) = at {
        at = cx.on(fs, |f, cx| f.parent(cx, dir)).ok().filter(|above| *above != dir);
        chain.extend(at);
    }
    let overlays = cx.disks.ids().filter_map(|id| {
        let it = cx.disks.peek(id)?.as_any().downcast_ref::<Overlay>()?;
        Some((id, it.changed_layer(fs, &chain)?))
    });
    for (overlay, path) in overlays.collect::<Vec<_>>() {
        let note = "a layer was changed while mounted: what the overlay shows is undefined";
        let rule = crate::trace::Rule::LayerChanged;
        cx.trace.step(|| Step::Decide { overlay, path: path.clone(), rule, errno: None });
        cx.trace.step(|| Step::Undefined { path, note: note.into() });
    }
}

impl Overlay {
    /// The option text of the layer that holds one of these, an object with what is above it.
    fn changed_layer(&self, fs: FsId, chain: &[Ino]) -> Option<String> {
        let layers = self.layers();
        let root = layers.iter().find(|it| it.fs == fs && chain.contains(&it.root));
        let path = match root {
            Some(layer) => layer.path.clone(),
            None if self.work_base().is_some_and(|it| it.0 == fs && chain.contains(&it.1)) => {
                self.config.workdir.clone()?
            }
            // A file that is in use: its directory is not known.
            None => {
                let fsx = self.fses.iter().position(|it| it.id == fs)?;
                let key = RealKey::new(u8::try_from(fsx).ok()?, chain[0])?;
                let known = self.by_real(key)?;
                return Some(self.path_of(known));
            }
        };
        Some(String::from_utf8_lossy(&path).into_owned())
    }
}
