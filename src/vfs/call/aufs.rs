//! `mount -t aufs`: finds the directories that the options name, and hands them to the union.

use super::mount::{Ready, Refusal};
use crate::aufs::{self, Aufs, Change, Request, Root, Roots};
use crate::overlay::Options;
use crate::sys::{AT_FDCWD, ms};
use crate::types::{FsId, Result};
use crate::vfs::mounts::Super;
use crate::vfs::{Kernel, SysOf};

impl SysOf<'_> {
    pub(super) fn new_aufs(
        &mut self,
        options: Options<'_>,
        read_only: bool,
    ) -> std::result::Result<Ready, Refusal> {
        let cred = self.my_cred();
        if cred.userns {
            return Err((crate::errno::Errno::EPERM, Vec::new()));
        }
        let changes = aufs::parse(&data_of(options)).map_err(refusal)?;
        let roots = self.roots_of(&changes, None);
        let dev = self.kernel.mounts.free_dev(&[]);
        let request = Request { changes: &changes, roots, dev, read_only };
        let mounted = self.kernel.cx(&cred, |cx| aufs::mount(cx, request)).map_err(refusal)?;
        mounted.log.into_iter().for_each(|line| self.kernel.log(line));
        let fs = self.kernel.disks.add(mounted.aufs);
        let below = self.kernel.union(fs).map(Aufs::below).unwrap_or_default();
        let sup = Super { dev, below, anon: vec![dev], disk: false };
        self.kernel.mounts.set_super(fs, sup);
        Ok(Ready { fs, shared: false })
    }

    /// What a remount asks of a union; of any other file system it is nothing here.
    pub(super) fn change_branches(
        &mut self,
        fs: FsId,
        data: &[u8],
    ) -> std::result::Result<(), Refusal> {
        if self.kernel.union(fs).is_none() {
            return Ok(());
        }
        let changes = aufs::parse(data).map_err(refusal)?;
        let roots = self.roots_of(&changes, Some(fs));
        let cred = self.my_cred();
        let done = self.kernel.cx(&cred, |cx| {
            cx.on(fs, |f, cx| match f.as_any_mut().downcast_mut::<Aufs>() {
                Some(it) => it.remount(cx, &changes, roots),
                None => Ok(Vec::new()),
            })
        });
        let below = self.kernel.union(fs).map(Aufs::below).unwrap_or_default();
        if let Some(sup) = self.kernel.mounts.super_of(fs).cloned() {
            self.kernel.mounts.set_super(fs, Super { below, ..sup });
        }
        done.map_err(refusal)?.into_iter().for_each(|line| self.kernel.log(line));
        Ok(())
    }

    fn roots_of(&mut self, changes: &[Change], own: Option<FsId>) -> Roots {
        changes.iter().filter_map(Change::path).map(|path| self.root_at(path, own)).collect()
    }

    fn root_at(&mut self, path: &[u8], own: Option<FsId>) -> Result<Root> {
        let walk = self.walk(AT_FDCWD, path, true)?;
        let kept = walk.kept();
        let (at, cred) = (kept.place, self.process()?.root.clone());
        let shown = self.kernel.mounts.path(at.mnt, &kept.rel, &cred);
        let frozen = self.kernel.disks.peek(at.fs).is_some_and(|f| f.traits().read_only);
        let mount = self.kernel.mounts.get(at.mnt).map_or(0, |it| it.flags);
        Ok(Root {
            fs: at.fs,
            ino: at.ino,
            path: shown.unwrap_or_else(|| path.to_vec()),
            read_only: frozen || mount & ms::RDONLY != 0,
            is_above: self.kernel.union(at.fs).is_some() || self.kernel.stands_on(at.fs, own),
        })
    }
}

impl Kernel {
    /// The union behind a file system number.
    pub(in crate::vfs) fn union(&self, fs: FsId) -> Option<&Aufs> {
        self.disks.peek(fs)?.as_any().downcast_ref()
    }

    /// Does this file system need the other one?
    fn stands_on(&self, fs: FsId, other: Option<FsId>) -> bool {
        let Some(other) = other else { return false };
        let below = self.mounts.super_of(fs).map(|it| it.below.clone()).unwrap_or_default();
        fs == other || below.into_iter().any(|it| self.stands_on(it, Some(other)))
    }

    /// Every union asks its branches again for every name.
    pub(in crate::vfs) fn forget_union_names(&mut self) {
        for id in self.disks.ids().collect::<Vec<_>>() {
            let fs = self.disks.peek_mut(id).map(|it| it.as_any_mut());
            if let Some(it) = fs.and_then(|it| it.downcast_mut::<Aufs>()) {
                it.forget_names();
            }
        }
    }

    /// The directories of /sys/fs/aufs and the files in each.
    pub(in crate::vfs) fn union_files(&self) -> Vec<crate::vfs::proc::UnionView> {
        let all = self.disks.ids().filter_map(|fs| self.union(fs));
        all.map(|it| (format!("si_{}", it.si()), it.sys_files())).collect()
    }
}

fn refusal(it: aufs::Refusal) -> Refusal {
    (it.errno, it.log)
}

/// The options as mount(2) takes them.
fn data_of(options: Options<'_>) -> Vec<u8> {
    match options {
        Options::Data(data) => data.to_vec(),
        Options::List(list) => {
            let word = |(key, value): &(Vec<u8>, Vec<u8>)| match value.is_empty() {
                true => key.clone(),
                false => [&key[..], b"=", value].concat(),
            };
            list.iter().map(word).collect::<Vec<_>>().join(&b',')
        }
    }
}
