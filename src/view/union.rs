//! The kinds of unions that a picture is made of: an overlay with its layers, or an AUFS with its
//! branches. What a mark of the union looks like on disk is known here, so that rows need not know.

use super::build::{self, lossy};
use crate::fs::{Cx, Disks};
use crate::overlay::Overlay;
use crate::trace::step::Layer;
use crate::types::{FsId, Ino};
use crate::vfs::Kernel;

#[cfg(feature = "all-commands")]
use crate::aufs::{Aufs, format};

/// A mounted union.
#[derive(Clone, Copy)]
pub enum Union<'a> {
    Overlay(&'a Overlay),
    #[cfg(feature = "all-commands")]
    Aufs(&'a Aufs),
}

/// A layer or a branch of a union.
#[derive(Clone, Debug)]
pub struct UnionLayer {
    pub layer: Layer,
    pub fs: FsId,
    pub root: Ino,
    /// As the option spelled it.
    pub path: Vec<u8>,
    /// What people call it.
    pub label: String,
    pub writable: bool,
    /// Whiteouts are files named `.wh.NAME`, and count.
    pub names_hide: bool,
    /// Names that begin with `.wh.` are the union's own.
    pub owns_names: bool,
}

/// What stands behind a name of the union in one of its layers.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    pub at: (FsId, Ino),
    /// It is a file `.wh.NAME`.
    pub hides: bool,
}

/// The union behind a file system number.
pub fn of(kernel: &Kernel, fs: FsId) -> Option<Union<'_>> {
    among(&kernel.disks, fs)
}

/// The same among the file systems of a machine.
pub fn among(disks: &Disks, fs: FsId) -> Option<Union<'_>> {
    let any = disks.peek(fs)?.as_any();
    #[cfg(feature = "all-commands")]
    if let Some(it) = any.downcast_ref() {
        return Some(Union::Aufs(it));
    }
    any.downcast_ref().map(Union::Overlay)
}

/// Drops what a union remembers of names, so that every layer is asked again. For a copy of the
/// machine that is looked at and thrown away.
pub fn forget_names(kernel: &mut Kernel, fs: FsId) {
    let Some(any) = kernel.disks.peek_mut(fs).map(|it| it.as_any_mut()) else { return };
    #[cfg(feature = "all-commands")]
    if let Some(it) = any.downcast_mut::<Aufs>() {
        return it.forget_names();
    }
    if let Some(it) = any.downcast_mut::<Overlay>() {
        it.forget_names();
    }
}

impl Union<'_> {
    /// From the top.
    pub fn layers(&self) -> Vec<UnionLayer> {
        match self {
            Union::Overlay(it) => it.layers().into_iter().map(overlay_layer).collect(),
            #[cfg(feature = "all-commands")]
            Union::Aufs(it) => it.branch_views().into_iter().enumerate().map(aufs_layer).collect(),
        }
    }

    /// The part of the work directory that is in use.
    pub fn work_dir(&self) -> Option<(FsId, Ino)> {
        match self {
            Union::Overlay(it) => it.work_dir(),
            #[cfg(feature = "all-commands")]
            Union::Aufs(_) => None,
        }
    }

    /// The directory that `workdir=` names.
    pub fn work_base(&self) -> Option<(FsId, Ino)> {
        match self {
            Union::Overlay(it) => it.work_base(),
            #[cfg(feature = "all-commands")]
            Union::Aufs(_) => None,
        }
    }

    /// The layers that something shows, topmost first; below an overlay's upper file its origin.
    pub fn stack(&self, ino: Ino) -> Vec<Layer> {
        match self {
            Union::Overlay(it) => it.real_objects(ino).iter().map(|it| it.layer).collect(),
            #[cfg(feature = "all-commands")]
            Union::Aufs(it) => it.stack(ino).iter().map(|it| it.0).collect(),
        }
    }

    pub fn is_directory(&self, ino: Ino) -> bool {
        match self {
            Union::Overlay(it) => it.is_directory(ino),
            #[cfg(feature = "all-commands")]
            Union::Aufs(it) => it.is_directory(ino),
        }
    }

    /// The layer whose inode number is shown: an overlay's is the lowest of a copied-up object, else
    /// the top one. AUFS gives numbers of its own.
    pub fn identity(&self, ino: Ino) -> Option<Layer> {
        match self {
            Union::Overlay(it) => {
                let objects = it.real_objects(ino);
                let of = if it.is_directory(ino) { objects.first() } else { objects.last() };
                of.map(|it| it.layer)
            }
            #[cfg(feature = "all-commands")]
            Union::Aufs(_) => None,
        }
    }
}

/// `upper`, `lower 1`.
pub fn overlay_label(layer: Layer) -> String {
    match layer {
        Layer::Lower(n) => format!("lower {n}"),
        _ => "upper".to_owned(),
    }
}

fn overlay_layer(it: crate::overlay::LayerView) -> UnionLayer {
    UnionLayer {
        layer: it.layer,
        fs: it.fs,
        root: it.root,
        path: it.path,
        label: overlay_label(it.layer),
        writable: it.layer == Layer::Upper,
        names_hide: false,
        owns_names: false,
    }
}

#[cfg(feature = "all-commands")]
fn aufs_layer((at, it): (usize, crate::aufs::BranchView)) -> UnionLayer {
    UnionLayer {
        layer: it.layer,
        fs: it.fs,
        root: it.root,
        path: it.path,
        label: format!("br{at} {}", it.permission),
        writable: it.writable,
        names_hide: it.honours_whiteouts,
        owns_names: true,
    }
}

impl UnionLayer {
    /// The names that a directory of this layer has something to say of.
    pub fn names(&self, cx: &mut Cx<'_>, dir: (FsId, Ino)) -> Vec<Vec<u8>> {
        let all = build::names_of(cx, dir);
        #[cfg(feature = "all-commands")]
        if self.owns_names {
            let meant = |name: Vec<u8>| match format::is_own(&name) {
                true => format::hidden_by(&name).map(<[u8]>::to_vec),
                false => Some(name),
            };
            return all.into_iter().filter_map(meant).collect();
        }
        all
    }

    /// What a directory of this layer has under a name.
    pub fn lookup(&self, cx: &mut Cx<'_>, dir: (FsId, Ino), name: &[u8]) -> Option<Behind> {
        #[cfg(feature = "all-commands")]
        if self.owns_names {
            let mark = build::lookup(cx, dir, &format::whiteout(name));
            let file = build::lookup(cx, dir, name);
            return match mark {
                Some(at) if self.names_hide || file.is_none() => {
                    Some(Behind { at, hides: self.names_hide })
                }
                _ => file.map(|at| Behind { at, hides: false }),
            };
        }
        build::lookup(cx, dir, name).map(|at| Behind { at, hides: false })
    }

    /// Is the directory opaque by a name in it?
    pub fn is_opaque(&self, cx: &mut Cx<'_>, dir: (FsId, Ino)) -> bool {
        #[cfg(feature = "all-commands")]
        if self.owns_names {
            return self.names_hide && build::lookup(cx, dir, format::OPAQUE).is_some();
        }
        let _ = (cx, dir);
        false
    }

    /// The path of something in it, for people.
    pub fn shown(&self, rel: &str) -> String {
        format!("{}/{rel}", lossy(&self.path)).trim_end_matches('/').to_owned()
    }
}
