//! Hard links and parents within one layer: which entry a link means, and whether a path leads
//! through something that is no directory.

use super::layer::{Item, Path, What};
use crate::tar::{Kind, name};
use std::collections::BTreeMap;

/// What a layer has said so far.
#[derive(Default)]
pub struct Links {
    /// The entry of each path; whiteouts are none.
    last: BTreeMap<Path, (u32, bool)>,
    /// Links by entry, with the path that they mean.
    targets: Vec<(u32, Vec<u8>)>,
}

impl Links {
    /// What an entry of this kind is; `at` is its number.
    pub fn what(&mut self, kind: &Kind, at: usize) -> Result<What, &'static str> {
        Ok(match kind {
            Kind::Reg => What::Reg,
            Kind::Dir => What::Dir,
            Kind::Symlink(to) => What::Symlink(to.as_slice().into()),
            Kind::Fifo => What::Fifo,
            Kind::Chr(dev) => What::Chr(*dev),
            Kind::Blk(dev) => What::Blk(*dev),
            Kind::Link(to) => {
                let to = name::below_root(to)
                    .map_err(|_| "a hard link to a place outside of the archive")?;
                self.targets.push((at as u32, to));
                What::Link(at as u32)
            }
        })
    }

    /// A path must not lead through a file or a symlink of the same layer: tools that follow it
    /// would write somewhere else than they say.
    pub fn check_parents(&self, path: &[u8]) -> Result<(), String> {
        for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
            if let Some((_, false)) = self.last.get(&path[..at]) {
                let parent = String::from_utf8_lossy(&path[..at]).into_owned();
                return Err(format!("lies below {parent:?}, which is no directory"));
            }
        }
        Ok(())
    }

    /// Remembers an entry; whether its path had one before.
    pub fn add(&mut self, path: &Path, what: &What, at: u32) -> bool {
        if matches!(what, What::Whiteout | What::Opaque) {
            return false;
        }
        let is_dir = *what == What::Dir;
        let before = self.last.insert(path.clone(), (at, is_dir));
        before.is_some_and(|(_, was_dir)| !(is_dir && was_dir))
    }

    /// Gives each link the entry that it means.
    ///
    /// # Errors
    /// A link to what this layer does not have.
    pub fn resolve(self, items: &mut [Item]) -> Result<(), String> {
        for (at, target) in &self.targets {
            let path = String::from_utf8_lossy(&items[*at as usize].path).into_owned();
            let shown = String::from_utf8_lossy(target).into_owned();
            let Some((found, is_dir)) = self.last.get(&target[..]).copied() else {
                return Err(format!(
                    "entry {path:?}: a hard link to {shown:?}, which this layer does not have"
                ));
            };
            if is_dir {
                return Err(format!("entry {path:?}: a hard link to the directory {shown:?}"));
            }
            // Links come after what they mean, so one step leads to the inode.
            let inode = match items[found as usize].what {
                What::Link(to) if to != found => to,
                What::Link(_) => {
                    return Err(format!(
                        "entry {path:?}: a hard link to itself or to a later link"
                    ));
                }
                _ => found,
            };
            items[*at as usize].what = What::Link(inode);
        }
        Ok(())
    }
}
