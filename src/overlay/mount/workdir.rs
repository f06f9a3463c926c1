//! The work directory at mount time: where it may be, and what an earlier mount left in it.

use super::lowers::ancestors;
use super::{LayerRoot, fail, tail};
use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::dir::temp_name;
use crate::overlay::params::Fsync;
use crate::overlay::profile::Feature;
use crate::overlay::real::Place;
use crate::trace::{Rule, Step};
use crate::types::{FileType, Ino, Mode, NodeKind, OpenFlags, RenameFlags, Result};

/// The directory that the overlay uses inside `workdir`.
const WORK: &[u8] = b"work";
/// A directory in it that names features which this kernel may not know.
const INCOMPAT: &[u8] = b"incompat";

/// A directory of the work tree with its name, for the log.
struct At<'a> {
    dir: Ino,
    name: &'a [u8],
}

impl Overlay {
    pub(super) fn take_work(
        &mut self,
        cx: &mut Cx<'_>,
        upper: LayerRoot,
        work: LayerRoot,
        log: &mut Vec<String>,
    ) -> Result<()> {
        if upper.mount != work.mount || upper.fs != work.fs {
            return fail(log, "workdir and upperdir must reside under the same mount");
        }
        let apart = upper.ino != work.ino
            && !ancestors(cx, upper.fs, upper.ino)?.contains(&work.ino)
            && !ancestors(cx, work.fs, work.ino)?.contains(&upper.ino);
        if !apart {
            return fail(log, "workdir and upperdir must be separate subtrees");
        }
        self.report_in_use(cx, work, "workdir", log)?;
        self.add_trap(work.fs, work.ino);
        self.work_base = Some(work.ino);
        match self.make_work(cx, work.ino, log) {
            Ok(ino) => {
                self.work = Some(ino);
                self.add_trap(work.fs, ino);
            }
            Err(Errno::EINVAL) => return Err(Errno::EINVAL),
            Err(errno) => {
                let dir = self.config.workdir.clone().unwrap_or_default();
                log.push(format!(
                    "overlayfs: failed to create directory {}/work (errno: {}); mounting read-only",
                    String::from_utf8_lossy(&dir),
                    errno.number()
                ));
                self.note(cx, Rule::WorkdirStuck, Some(errno));
                return Ok(());
            }
        }
        self.probe(cx, log)?;
        self.need_upper_handles(log);
        self.mark_volatile(cx, log)
    }

    /// A volatile mount leaves a mark that refuses every later one: what it wrote may be torn
    /// (R1.8).
    fn mark_volatile(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) -> Result<()> {
        let Some(work) = self.work.filter(|_| self.config.fsync == Fsync::Volatile) else {
            return Ok(());
        };
        self.note(cx, Rule::VolatileMarked, None);
        let dir = self.bare_node(cx, NodeKind::Dir, Mode(0));
        let file = self.bare_node(cx, NodeKind::Reg, Mode(0));
        let made = self.do_create(cx, Place::Work(INCOMPAT), work, INCOMPAT, &dir);
        let made = made.and_then(|at| {
            self.do_create(cx, Place::Work(b"incompat/volatile"), at, b"volatile", &dir)
        });
        let made = made.and_then(|at| {
            self.do_create(cx, Place::Work(b"incompat/volatile/dirty"), at, b"dirty", &file)
        });
        if made.is_err() {
            log.push("overlayfs: failed to create volatile/dirty file.".into());
        }
        made.map(drop)
    }

    /// Tries out in `work` what the upper file system can do, as Linux does: an unnamed file, a
    /// rename that leaves a whiteout, an attribute. Nothing is left of it but used numbers.
    fn probe(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) -> Result<()> {
        let Some(work) = self.work else { return Ok(()) };
        self.note(cx, Rule::UpperProbed, None);
        let fs = self.upper_fs();
        let new = self.bare_node(cx, NodeKind::Reg, Mode(0));
        if self.fses[0].traits.tmpfile {
            let temp = self.do_tmpfile(cx, Place::Unnamed, work, &new)?;
            cx.on(fs, |f, cx| f.unpin(cx, temp));
        } else {
            log.push("overlayfs: upper fs does not support tmpfile.".into());
        }
        if self.fses[0].traits.rename_whiteout {
            self.probe_whiteout(cx, work)?;
        } else {
            log.push("overlayfs: upper fs does not support RENAME_WHITEOUT.".into());
        }
        let keeps = self.fses[0].traits.xattrs && self.reaches_names();
        let tried = match keeps {
            true => self.do_set_private(cx, Place::Base(WORK), work, self.names().opaque, b"0"),
            false => Err(Errno::EOPNOTSUPP),
        };
        match tried {
            Ok(()) => self.do_remove_private(cx, Place::Base(WORK), work, self.names().opaque),
            Err(_) => {
                self.without_xattrs(log);
                Ok(())
            }
        }
    }

    /// The index names what is below by handles, and exports rest on the index (1.5).
    fn need_upper_handles(&mut self, log: &mut Vec<String>) {
        let mut fall_back = |line: &str| log.push(format!("overlayfs: {line}"));
        if self.config.index && !self.fses[0].traits.handles {
            self.config_mut().index = false;
            fall_back("upper fs does not support file handles, falling back to index=off.");
        }
        if self.config.nfs_export && !self.config.index {
            self.config_mut().nfs_export = false;
            fall_back("NFS export requires \"index=on\", falling back to nfs_export=off.");
        }
    }

    fn probe_whiteout(&mut self, cx: &mut Cx<'_>, work: Ino) -> Result<()> {
        let new = self.bare_node(cx, NodeKind::Reg, Mode(0));
        let (temp, name) = self.make_temp(cx, &new)?;
        let to = temp_name(cx);
        let from = (work, &name[..], temp);
        let target = (work, &to[..], None);
        self.do_rename(cx, Place::Work(&name), from, target, RenameFlags::WHITEOUT)?;
        self.cleanup(cx, work, &name, Place::Work(&name));
        self.cleanup(cx, work, &to, Place::Work(&to));
        Ok(())
    }

    pub(super) fn note(&self, cx: &mut Cx<'_>, rule: Rule, errno: Option<Errno>) {
        cx.trace.step(|| Step::Decide { overlay: self.id, path: "/work".into(), rule, errno });
    }

    /// An empty `work`, mode 0000: what was there goes (1.5).
    fn make_work(&mut self, cx: &mut Cx<'_>, base: Ino, log: &mut Vec<String>) -> Result<Ino> {
        let text = self.config.workdir.clone().unwrap_or_default();
        let base_name = tail(&text, 1).into_bytes();
        if self.upper_entry(cx, base, WORK)?.is_some() {
            self.note(cx, Rule::WorkdirCleaned, None);
            let at = At { dir: base, name: &base_name };
            self.clean(cx, &at, WORK, 0, log)?;
            if self.upper_entry(cx, base, WORK)?.is_some() {
                return Err(Errno::EEXIST);
            }
        }
        let fs = self.upper_fs();
        let above = self.raw_attr(cx, fs, base)?;
        let mut new = self.bare_node(cx, NodeKind::Dir, Mode(0));
        if above.mode.has(Mode::SGID) {
            new.gid = above.gid;
        }
        self.do_create(cx, Place::Base(WORK), base, WORK, &new)
    }

    /// Removes an entry with what is in it, two levels deep; what is deeper stays.
    ///
    /// # Errors
    /// `EINVAL` for a feature in `incompat`.
    fn clean(
        &mut self,
        cx: &mut Cx<'_>,
        at: &At<'_>,
        name: &[u8],
        level: u32,
        log: &mut Vec<String>,
    ) -> Result<()> {
        let Some((ino, kind)) = self.upper_entry(cx, at.dir, name)? else { return Ok(()) };
        if kind == FileType::Dir && level <= 1 {
            if self.do_remove(cx, Place::Base(name), at.dir, name, (ino, FileType::Dir)).is_ok() {
                return Ok(());
            }
            self.clean_inside(cx, ino, name, level + 1, log)?;
        }
        self.remove_logged(cx, at, name, (ino, kind), log);
        Ok(())
    }

    /// An unfinished object in the index directory.
    pub(super) fn clean_temp(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: &[u8],
        log: &mut Vec<String>,
    ) -> Result<()> {
        let at = At { dir, name: self.work_name };
        self.clean(cx, &at, name, 1, log)
    }

    fn clean_inside(
        &mut self,
        cx: &mut Cx<'_>,
        dir: Ino,
        name: &[u8],
        level: u32,
        log: &mut Vec<String>,
    ) -> Result<()> {
        let at = At { dir, name };
        for child in self.names_in(cx, dir)? {
            if level == 2 && name == INCOMPAT && self.profile.has(Feature::Volatile) {
                let line = format!(
                    "overlay with incompat feature '{}' cannot be mounted",
                    String::from_utf8_lossy(&child)
                );
                return fail(log, &line);
            }
            self.clean(cx, &at, &child, level, log)?;
        }
        Ok(())
    }

    pub(super) fn names_in(&self, cx: &mut Cx<'_>, dir: Ino) -> Result<Vec<Vec<u8>>> {
        let fs = self.upper_fs();
        // As whoever may read it: the old work directory has mode 0000.
        debug_assert!(self.mounter.has(Caps::DAC_OVERRIDE) || !self.all_powerful);
        let mut names = Vec::new();
        cx.on(fs, |f, cx| {
            let fh = f.open(cx, dir, OpenFlags::RDONLY | OpenFlags::DIRECTORY)?;
            let res = f.readdir(cx, dir, fh, 0, &mut |entry| {
                if entry.name != b"." && entry.name != b".." {
                    names.push(entry.name.to_vec());
                }
                true
            });
            f.release(cx, dir, fh);
            res
        })?;
        Ok(names)
    }

    fn remove_logged(
        &mut self,
        cx: &mut Cx<'_>,
        at: &At<'_>,
        name: &[u8],
        (ino, kind): (Ino, FileType),
        log: &mut Vec<String>,
    ) {
        let res = self.do_remove(cx, Place::Base(name), at.dir, name, (ino, kind));
        if let Err(errno) = res {
            log.push(format!(
                "overlayfs: cleanup of '{}/{}' failed (-{})",
                String::from_utf8_lossy(at.name),
                String::from_utf8_lossy(name),
                errno.number()
            ));
        }
    }
}
