//! Names: what goes is taken away, what comes is put in place.

use super::{STASH_DIR, Work};
use crate::types::{FileType, Ino};
use rustix::fs::AtFlags;
use std::io;

impl Work {
    /// Takes away every name that leads elsewhere, or nowhere, in the end. What is still wanted
    /// waits in the stash unless it has another name; what is not, dies there or at once.
    pub(super) fn take_away(&mut self) -> io::Result<()> {
        for (dir, names) in self.real.clone() {
            let dir_lives = self.lives(dir) || self.is_root(dir);
            for (name, ino) in names {
                let stays = self.wanted.get(&dir).and_then(|it| it.get(&name)) == Some(&ino);
                let lives = self.lives(ino);
                if stays && lives && dir_lives {
                    continue;
                }
                // A dead directory goes with the dead in it.
                if lives || dir_lives {
                    self.take(dir, &name, ino, lives)?;
                }
            }
        }
        Ok(())
    }

    fn is_root(&self, dir: Ino) -> bool {
        self.roots.iter().any(|(root, _)| *root == dir)
    }

    fn take(&mut self, dir: Ino, name: &[u8], ino: Ino, lives: bool) -> io::Result<()> {
        let is_dir = self.real.contains_key(&ino);
        let names = self.places.get(&ino).map_or(0, std::collections::BTreeSet::len);
        let above = self.dir(dir)?;
        if !is_dir && (!lives || names > 1) {
            rustix::fs::unlinkat(&*above, name, AtFlags::empty())?;
            self.moved(ino, (dir, name), None);
        } else {
            let stashed = format!("o{}", ino.0).into_bytes();
            let stash = self.dir(STASH_DIR)?;
            rustix::fs::renameat(&*above, name, &*stash, &stashed[..])?;
            self.moved(ino, (dir, name), Some((STASH_DIR, stashed)));
        }
        Ok(())
    }

    /// A real name went from one place, and to another.
    fn moved(&mut self, ino: Ino, from: (Ino, &[u8]), to: Option<(Ino, Vec<u8>)>) {
        if let Some(names) = self.real.get_mut(&from.0) {
            names.remove(from.1);
        }
        if let Some((dir, name)) = &to
            && let Some(names) = self.real.get_mut(dir)
        {
            names.insert(name.clone(), ino);
        }
        let places = self.places.entry(ino).or_default();
        places.remove(&(from.0, from.1.to_vec()));
        places.extend(to);
    }

    /// Puts every wanted name in place, parents first.
    pub(super) fn put_in_place(&mut self) -> io::Result<()> {
        let dirs: Vec<Ino> = self
            .inodes
            .iter()
            .filter(|(_, attr)| attr.kind == FileType::Dir)
            .map(|(ino, _)| *ino)
            .collect();
        for dir in dirs {
            for (name, ino) in self.wanted.get(&dir).cloned().unwrap_or_default() {
                let there = self.places.get(&ino);
                if there.is_some_and(|it| it.contains(&(dir, name.clone()))) {
                    continue;
                }
                self.put(dir, name, ino)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, dir: Ino, name: Vec<u8>, ino: Ino) -> io::Result<()> {
        let to = self.dir(dir)?;
        let places = self.places.get(&ino).cloned().unwrap_or_default();
        let stashed = places.iter().find(|(at, _)| *at == STASH_DIR);
        if let Some((_, from)) = stashed {
            let stash = self.dir(STASH_DIR)?;
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            rustix::fs::renameat_with(&*stash, &from[..], &*to, &name[..], flags)?;
            self.moved(ino, (STASH_DIR, from), Some((dir, name)));
        } else {
            let (above, from) = self.place(ino)?;
            rustix::fs::linkat(&*above, &from[..], &*to, &name[..], AtFlags::empty())?;
            self.places.entry(ino).or_default().insert((dir, name));
        }
        Ok(())
    }
}
