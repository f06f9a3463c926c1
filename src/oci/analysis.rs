//! Answers to everything that can be asked of an image that has been read, as plain data of
//! [`crate::survey`]: what screens and the command line have in common.
//!
//! Only the index of the layers is in memory. Contents are read where they lie, when they are asked
//! for ([`Contents`]).

mod compare;
mod contents;
mod describe;
mod graph;
mod preview;
mod scene;
mod versions;

#[cfg(test)]
mod tests;

pub use contents::Contents;
pub use graph::{graph, source};

use super::layer::Layer;
use super::scan::Image;
use super::tree::{Place, Tree};
use super::{dockerfile_of, history, secrets, waste};
use crate::survey;
use scene::Scene;
use std::sync::Arc;

/// An image that questions are put to.
pub struct Analysis {
    image: Image,
    /// What each layer did, by path.
    scenes: Vec<Scene>,
    /// The merged tree that was last asked for: how many layers, and their tree.
    merged: Option<(u32, Scene)>,
}

impl Analysis {
    pub fn new(image: Image) -> Analysis {
        let scenes = scene::of_layers(&image.layers);
        Analysis { image, scenes, merged: None }
    }

    pub fn image(&self) -> &Image {
        &self.image
    }

    fn layers(&self) -> &[Arc<Layer>] {
        &self.image.layers
    }

    /// The image and its layers.
    pub fn summary(&self) -> survey::Image {
        describe::image(&self.image, &self.scenes)
    }

    /// The children of a directory (empty: the root), each directory with what is below it. `None`
    /// for a layer that is not there, and where the path is no directory.
    pub fn directory(&mut self, scope: survey::Scope, path: &str) -> Option<Vec<survey::Row>> {
        let layers = self.image.layers.clone();
        self.scene(scope)?.directory(&layers, path)
    }

    /// Paths of the whole tree in one list. `None` for a layer that is not there.
    pub fn list(
        &mut self,
        scope: survey::Scope,
        filter: &survey::Filter,
    ) -> Option<survey::Listing> {
        let layers = self.image.layers.clone();
        Some(self.scene(scope)?.list(&layers, filter))
    }

    /// One path of the tree.
    pub fn file(&mut self, scope: survey::Scope, path: &str) -> Option<survey::File> {
        let layers = self.image.layers.clone();
        self.scene(scope)?.file(&layers, path)
    }

    fn scene(&mut self, scope: survey::Scope) -> Option<&Scene> {
        let count = self.layers().len() as u32;
        match scope {
            survey::Scope::Layer(n) => self.scenes.get((n as usize).checked_sub(1)?),
            // An image may have no layers at all.
            survey::Scope::Merged(n) if n > count || (n == 0 && count > 0) => None,
            survey::Scope::Merged(n) => {
                if self.merged.as_ref().is_none_or(|(known, _)| *known != n) {
                    let tree = Tree::of(&self.layers()[..n as usize]);
                    let changes = (n as usize).checked_sub(1).map(|at| &self.scenes[at]);
                    self.merged = Some((n, scene::merged(&tree, changes)));
                }
                self.merged.as_ref().map(|(_, scene)| scene)
            }
        }
    }

    /// What became of a path, layer by layer; empty for a path that no layer knows.
    pub fn versions(&self, path: &str) -> Vec<survey::Version> {
        versions::of(&self.image, &self.scenes, path)
    }

    /// How the contents of two entries differ, of this image or another.
    ///
    /// # Errors
    /// What is no regular file; the archive's.
    pub fn content_diff(
        &self,
        old: survey::Place,
        other: &Analysis,
        new: survey::Place,
    ) -> super::Result<survey::Content> {
        compare::contents(self.contents(old)?, other.contents(new)?)
    }

    /// The contents of an entry, from the beginning.
    ///
    /// # Errors
    /// What is no regular file.
    pub fn contents(&self, place: survey::Place) -> super::Result<Contents> {
        contents::open(self.layers(), place)
    }

    /// At most `len` bytes of an entry from `offset` on.
    ///
    /// # Errors
    /// What is no regular file; the archive's.
    pub fn preview(
        &self,
        place: survey::Place,
        offset: u64,
        len: usize,
    ) -> super::Result<survey::Preview> {
        preview::of(self.contents(place)?, offset, len)
    }

    /// Bytes that no container can see.
    pub fn waste(&self) -> survey::Waste {
        waste::find(self.layers())
    }

    pub fn secrets(&self) -> Vec<survey::Finding> {
        secrets::report(self.layers(), &self.image.secrets)
    }

    /// A Dockerfile that the history could have come from.
    pub fn dockerfile(&self) -> String {
        let sizes: Vec<u64> = self.layers().iter().map(|layer| layer.size).collect();
        let found = &self.image.found;
        history::rows(&found.config, &sizes, &[found.id], 0)
            .map(|rows| dockerfile_of::text(&rows, &found.config.config))
            .unwrap_or_else(|why| format!("# {why}\n"))
    }

    /// This image (the old one) beside another.
    pub fn compared(&self, new: &Analysis) -> survey::Comparison {
        compare::images(&self.image, &new.image)
    }
}

/// The place as screens count: layers from 1.
fn public(place: Place) -> survey::Place {
    survey::Place { layer: place.layer + 1, item: place.item }
}

/// A path as it is shown.
fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
