//! Calls that make, move and take away names.

use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::checked::{self, may};
use crate::limits::PATH_MAX;
use crate::sys::{AT_FDCWD, Fd, at};
use crate::types::{Dev, FileType, Ino, Mode, Name, NodeKind, RenameFlags, Result};
use crate::vfs::SysOf;
use crate::vfs::mounts::{Place, Renames, join};
use crate::vfs::walk::{Last, Walk};
use std::sync::Arc;

impl SysOf<'_> {
    /// Walks to where a new name is to be. `dir_slash`: a trailing slash is fine.
    fn to_new<'p>(&mut self, dir: Fd, path: &'p [u8], dir_slash: bool) -> Result<Walk<'p>> {
        let mut walk = self.start(dir, path)?;
        self.to_last(&mut walk)?;
        if walk.last != Last::Name {
            return Err(Errno::EEXIST);
        }
        match self.child(&walk) {
            Ok(_) => return Err(Errno::EEXIST),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
        if walk.slash && !dir_slash {
            return Err(Errno::ENOENT);
        }
        self.want_change(walk.at)?;
        Ok(walk)
    }

    fn make(&mut self, walk: &Walk<'_>, kind: NodeKind, mode: u32) -> Result<Ino> {
        let (at, umask, cred) = (walk.at, self.process()?.umask, self.my_cred());
        let name = Name::new(&walk.name)?;
        self.kernel
            .cx(&cred, |cx| checked::create(cx, at.fs, at.ino, name, kind, Mode::new(mode), umask))
    }

    pub(super) fn do_mkdir(&mut self, dir: Fd, path: &[u8], mode: u32) -> Result<()> {
        let walk = self.to_new(dir, path, true)?;
        self.make(&walk, NodeKind::Dir, mode & 0o1777).map(drop)
    }

    pub(super) fn do_mknod(&mut self, dir: Fd, path: &[u8], mode: u32, dev: Dev) -> Result<()> {
        let kind = match mode & 0o170_000 {
            0 => NodeKind::Reg,
            bits => match FileType::from_bits(bits) {
                Some(FileType::Reg) => NodeKind::Reg,
                Some(FileType::Chr) => NodeKind::Chr(dev),
                Some(FileType::Blk) => NodeKind::Blk(dev),
                Some(FileType::Fifo) => NodeKind::Fifo,
                Some(FileType::Sock) => NodeKind::Sock,
                Some(FileType::Dir) => return Err(Errno::EPERM),
                _ => return Err(Errno::EINVAL),
            },
        };
        let walk = self.to_new(dir, path, false)?;
        self.make(&walk, kind, mode).map(drop)
    }

    pub(super) fn do_symlink(&mut self, target: &[u8], dir: Fd, path: &[u8]) -> Result<()> {
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        if target.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let walk = self.to_new(dir, path, false)?;
        self.make(&walk, NodeKind::Symlink(target.to_vec()), 0o777).map(drop)
    }

    pub(super) fn do_link(
        &mut self,
        dir: Fd,
        path: &[u8],
        to: Fd,
        to_path: &[u8],
        flags: u32,
    ) -> Result<()> {
        if flags & !(at::SYMLINK_FOLLOW | at::EMPTY_PATH) != 0 {
            return Err(Errno::EINVAL);
        }
        let source = self.link_source(dir, path, flags)?;
        self.link_found(source, to, to_path)
    }

    /// Gives what was found one more name.
    pub(super) fn link_found(&mut self, source: Place, to: Fd, to_path: &[u8]) -> Result<()> {
        let walk = self.to_new(to, to_path, false)?;
        if source.mnt != walk.at.mnt {
            return Err(Errno::EXDEV);
        }
        self.may_link(source)?;
        let Place { fs, ino, .. } = source;
        let linkable = self.kernel.linkable.contains_key(&(fs, ino));
        let (name, cred) = (Name::new(&walk.name)?, self.my_cred());
        self.kernel.cx(&cred, |cx| checked::link(cx, fs, ino, walk.at.ino, name, linkable))?;
        if linkable {
            self.kernel.linkable.remove(&(fs, ino));
        }
        Ok(())
    }

    fn link_source(&mut self, dir: Fd, path: &[u8], flags: u32) -> Result<Place> {
        if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            if dir == AT_FDCWD {
                return Ok(self.process()?.cwd.place);
            }
            // Whoever opened it and has not changed since, or may look anywhere.
            let cred = self.my_cred();
            let opener = self.file(dir)?.opener.as_ref();
            let same = opener.is_some_and(|it| Arc::ptr_eq(it, &cred));
            if !same && !cred.has(Caps::DAC_READ_SEARCH) {
                return Err(Errno::ENOENT);
            }
            return self.place_of(dir)?.ok_or(Errno::EXDEV);
        }
        let walk = self.walk(dir, path, flags & at::SYMLINK_FOLLOW != 0)?;
        if walk.file.is_some() { Err(Errno::EXDEV) } else { Ok(walk.at) }
    }

    /// fs.protected_hardlinks=1: a file that the caller neither owns nor may read and write, or
    /// that is special or setuid, gets no new names.
    fn may_link(&mut self, source: Place) -> Result<()> {
        let cred = self.my_cred();
        let attr = self.on(source.fs, |f, cx| f.peek_attr(cx, source.ino))?;
        if checked::owner_or_capable(&cred, &attr) {
            return Ok(());
        }
        let mode = attr.mode.bits();
        let safe = attr.kind == FileType::Reg && mode & 0o4000 == 0 && mode & 0o2010 != 0o2010;
        let rights = self
            .kernel
            .cx(&cred, |cx| checked::permission(cx, source.fs, source.ino, may::READ | may::WRITE));
        if safe && rights.is_ok() { Ok(()) } else { Err(Errno::EPERM) }
    }

    pub(super) fn do_unlink(&mut self, dir: Fd, path: &[u8]) -> Result<()> {
        let mut walk = self.start(dir, path)?;
        self.to_last(&mut walk)?;
        if walk.last != Last::Name {
            return Err(Errno::EISDIR);
        }
        self.want_change(walk.at)?;
        let victim = self.child(&walk)?;
        if walk.slash {
            let is_dir = self.kind_of(victim)? == FileType::Dir;
            return Err(if is_dir { Errno::EISDIR } else { Errno::ENOTDIR });
        }
        self.remove(&walk, victim, false)
    }

    pub(super) fn do_rmdir(&mut self, dir: Fd, path: &[u8]) -> Result<()> {
        let mut walk = self.start(dir, path)?;
        self.to_last(&mut walk)?;
        match walk.last {
            Last::DotDot => return Err(Errno::ENOTEMPTY),
            Last::Dot => return Err(Errno::EINVAL),
            Last::Root => return Err(Errno::EBUSY),
            Last::Name => {}
        }
        self.want_change(walk.at)?;
        let victim = self.child(&walk)?;
        self.remove(&walk, victim, true)
    }

    fn remove(&mut self, walk: &Walk<'_>, victim: Place, is_dir: bool) -> Result<()> {
        let (at, name, cred) = (walk.at, Name::new(&walk.name)?, self.my_cred());
        self.kernel.cx(&cred, |cx| checked::may_delete(cx, at.fs, at.ino, victim.ino, is_dir))?;
        if self.kernel.mounts.covers_anywhere(at.fs, victim.ino) {
            return Err(Errno::EBUSY);
        }
        self.on(at.fs, |f, cx| {
            if is_dir { f.rmdir(cx, at.ino, name) } else { f.unlink(cx, at.ino, name) }
        })?;
        if self.kernel.is_kept(at.fs, victim.ino) {
            let path = self.fs_path(walk);
            self.kernel.mark_gone(at.fs, victim.ino, &path);
        }
        Ok(())
    }

    /// The path of the last component below the root of its file system.
    fn fs_path(&self, walk: &Walk<'_>) -> Vec<u8> {
        let base = self.kernel.mounts.get(walk.at.mnt).map(|it| it.root_rel.clone());
        join(&base.unwrap_or_default(), &walk.child_rel())
    }

    pub(super) fn do_rename(
        &mut self,
        (dir, path): (Fd, &[u8]),
        (to, to_path): (Fd, &[u8]),
        flags: RenameFlags,
    ) -> Result<()> {
        valid_rename(flags)?;
        let mut from = self.start(dir, path)?;
        self.to_last(&mut from)?;
        let mut dest = self.start(to, to_path)?;
        self.to_last(&mut dest)?;
        if from.at.mnt != dest.at.mnt {
            return Err(Errno::EXDEV);
        }
        if from.last != Last::Name {
            return Err(Errno::EBUSY);
        }
        if dest.last != Last::Name {
            let keep = flags.has(RenameFlags::NOREPLACE);
            return Err(if keep { Errno::EEXIST } else { Errno::EBUSY });
        }
        self.want_change(from.at)?;
        let (source, target) = self.rename_names(&from, &dest)?;
        self.rename_makes_sense(&from, source, &dest, target, flags)?;
        self.rename_found(&from, source, &dest, target, flags)
    }

    /// What stands under both names.
    fn rename_names(&mut self, from: &Walk<'_>, dest: &Walk<'_>) -> Result<(Place, Option<Place>)> {
        let across = from.at.ino != dest.at.ino;
        self.on(from.at.fs, |f, _| f.look_for_rename(across));
        let source = self.child(from);
        let target = source.and_then(|_| self.child(dest));
        self.on(from.at.fs, |f, _| f.look_for_rename(false));
        match target {
            Ok(place) => Ok((source?, Some(place))),
            Err(Errno::ENOENT) => Ok((source?, None)),
            Err(errno) => Err(errno),
        }
    }

    /// What can be said without asking for rights.
    fn rename_makes_sense(
        &mut self,
        from: &Walk<'_>,
        source: Place,
        dest: &Walk<'_>,
        target: Option<Place>,
        flags: RenameFlags,
    ) -> Result<()> {
        let exchange = flags.has(RenameFlags::EXCHANGE);
        if target.is_some() && flags.has(RenameFlags::NOREPLACE) {
            return Err(Errno::EEXIST);
        }
        if exchange {
            let target = target.ok_or(Errno::ENOENT)?;
            if dest.slash && self.kind_of(target)? != FileType::Dir {
                return Err(Errno::ENOTDIR);
            }
        }
        let is_dir = self.kind_of(source)? == FileType::Dir;
        if !is_dir && (from.slash || (dest.slash && !exchange)) {
            return Err(Errno::ENOTDIR);
        }
        if from.at.ino == dest.at.ino {
            return Ok(());
        }
        if self.is_above(from.at, source.ino, dest.at.ino)? {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = target
            && self.is_above(dest.at, target.ino, from.at.ino)?
        {
            return Err(if exchange { Errno::EINVAL } else { Errno::ENOTEMPTY });
        }
        Ok(())
    }

    /// Is `top` the directory `dir` itself, or above it?
    fn is_above(&mut self, at: Place, top: Ino, dir: Ino) -> Result<bool> {
        let root = self.kernel.root_of(at.fs);
        let mut dir = dir;
        loop {
            if dir == top {
                return Ok(true);
            }
            if dir == root {
                return Ok(false);
            }
            let up = self.on(at.fs, |f, cx| f.parent(cx, dir))?;
            if up == dir {
                return Ok(false);
            }
            dir = up;
        }
    }

    fn rename_found(
        &mut self,
        from: &Walk<'_>,
        source: Place,
        dest: &Walk<'_>,
        target: Option<Place>,
        flags: RenameFlags,
    ) -> Result<()> {
        let identity = |at| self.kernel.identity(at);
        if target.is_some_and(|target| identity(target) == identity(source)) {
            return Ok(());
        }
        let target = target.map(|it| it.ino);
        let (fs, cred) = (from.at.fs, self.my_cred());
        let (a, b) = ((from.at.ino, source.ino), (dest.at.ino, target));
        self.kernel.cx(&cred, |cx| checked::may_rename(cx, fs, a, b, flags))?;
        let covered = |ino| self.kernel.mounts.covers_anywhere(fs, ino);
        if covered(source.ino) || target.is_some_and(covered) {
            return Err(Errno::EBUSY);
        }
        let (name, to_name) = (Name::new(&from.name)?, Name::new(&dest.name)?);
        self.on(fs, |f, cx| f.rename(cx, from.at.ino, name, dest.at.ino, to_name, flags))?;
        self.after_rename(from, dest, target, flags);
        Ok(())
    }

    /// Paths that somebody holds follow.
    fn after_rename(
        &mut self,
        from: &Walk<'_>,
        dest: &Walk<'_>,
        target: Option<Ino>,
        flags: RenameFlags,
    ) {
        let fs = from.at.fs;
        // Hosts and benches rename much and hold little: nothing to be told, no paths to be made.
        if !self.kernel.has_paths_in(fs) {
            return;
        }
        let (old, new) = (self.fs_path(from), self.fs_path(dest));
        let mut moves = vec![(old.clone(), new.clone())];
        if flags.has(RenameFlags::EXCHANGE) {
            moves.push((new, old));
        } else if let Some(target) = target {
            self.kernel.mark_gone(fs, target, &new);
        }
        self.kernel.follow_renames(fs, &Renames(moves));
    }

    pub(super) fn do_readlink(&mut self, dir: Fd, path: &[u8]) -> Result<Vec<u8>> {
        if path.is_empty() {
            // An O_PATH descriptor of a link may be read without a path.
            let at = if dir == AT_FDCWD { None } else { self.place_of(dir)? };
            let at = at.ok_or(Errno::ENOENT)?;
            let link = self.kind_of(at)? == FileType::Symlink;
            return if link { self.read_link_at(at) } else { Err(Errno::ENOENT) };
        }
        let walk = self.walk(dir, path, false)?;
        if walk.file.is_some() || self.kind_of(walk.at)? != FileType::Symlink {
            return Err(Errno::EINVAL);
        }
        self.read_link_at(walk.at)
    }

    fn read_link_at(&mut self, at: Place) -> Result<Vec<u8>> {
        self.sync_proc(at.fs);
        self.touch_atime(at, false);
        self.on(at.fs, |f, cx| f.readlink(cx, at.ino))
    }
}

fn valid_rename(flags: RenameFlags) -> Result<()> {
    let known = RenameFlags::NOREPLACE.0 | RenameFlags::EXCHANGE.0 | RenameFlags::WHITEOUT.0;
    let exchange = flags.has(RenameFlags::EXCHANGE);
    let with = flags.has(RenameFlags::NOREPLACE) || flags.has(RenameFlags::WHITEOUT);
    if flags.0 & !known != 0 || (exchange && with) {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

impl crate::vfs::Kernel {
    /// Everything that somebody holds below this file system.
    fn each_kept(&mut self, mut f: impl FnMut(&mut crate::vfs::Kept)) {
        for process in std::sync::Arc::make_mut(&mut self.procs).values_mut() {
            f(&mut process.cwd);
            f(&mut process.root);
            if let Some(exe) = &mut process.exe {
                f(exe);
            }
        }
        for file in self.files.iter_mut() {
            if let Some(at) = &mut file.at {
                f(at);
            }
        }
    }

    fn kept(&self) -> impl Iterator<Item = &crate::vfs::Kept> + '_ {
        let processes =
            self.procs.values().flat_map(|it| [&it.cwd, &it.root].into_iter().chain(&it.exe));
        processes.chain(self.files.iter().filter_map(|(_, file)| file.at.as_ref()))
    }

    /// Does somebody hold this inode?
    fn is_kept(&self, fs: crate::types::FsId, ino: Ino) -> bool {
        self.kept().any(|it| it.place.fs == fs && it.place.ino == ino)
    }

    /// Is something below the root of this file system held or mounted, so that a rename could
    /// change its path?
    fn has_paths_in(&self, fs: crate::types::FsId) -> bool {
        self.kept().any(|it| it.place.fs == fs && !it.rel.is_empty())
            || self.mounts.has_paths_in(fs)
    }

    /// A name is gone: who holds it by that path holds something without a name.
    fn mark_gone(&mut self, fs: crate::types::FsId, ino: Ino, path: &[u8]) {
        let mounts = self.mounts.clone();
        self.each_kept(|kept| {
            if kept.place.fs == fs && kept.place.ino == ino {
                let base = mounts.get(kept.place.mnt).map(|it| it.root_rel.clone());
                kept.gone |= join(&base.unwrap_or_default(), &kept.rel) == path;
            }
        });
    }

    fn follow_renames(&mut self, fs: crate::types::FsId, moves: &Renames) {
        let mounts = self.mounts.clone();
        self.each_kept(|kept| {
            if kept.place.fs == fs && !kept.gone {
                let base = mounts.get(kept.place.mnt).map(|it| it.root_rel.clone());
                if let Some(rel) = moves.apply_below(&base.unwrap_or_default(), &kept.rel) {
                    kept.rel = rel;
                }
            }
        });
        self.mounts.renamed(fs, moves);
    }
}
