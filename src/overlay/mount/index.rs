//! The index directory at mount time: is it the one of these layers, and what of it still holds
//! (R7.7)?

use super::tail;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::overlay::Overlay;
use crate::overlay::entry::LowerRef;
use crate::overlay::format::index;
use crate::overlay::format::origin::Handle;
use crate::overlay::nlink;
use crate::overlay::real::Place;
use crate::trace::Rule;
use crate::types::{Attr, FileType, Ino, Mode, NodeKind, Result};

/// The directory of the index inside `workdir`.
const INDEX: &[u8] = b"index";

/// What an entry of the index is good for.
enum Entry {
    Good,
    /// Names nothing any more: goes, or leaves a whiteout.
    Orphan,
    /// Says nothing: goes.
    Stale,
}

impl Overlay {
    /// From here on the index directory is the work directory too.
    pub(super) fn take_index(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) -> Result<()> {
        if !self.config.index || self.work.is_none() {
            return Ok(());
        }
        let res = self.check_index(cx, log);
        if res.is_err() || self.work.is_none() {
            log.push(
                "overlayfs: try deleting index dir or mounting with '-o index=off' to disable \
                 inodes index."
                    .into(),
            );
        }
        res
    }

    fn check_index(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) -> Result<()> {
        let root = self.layers[0].root;
        let low = LowerRef { layer: 1, ino: self.layers[1].root };
        let origin = self.origin_value(cx, low);
        let upper_name = tail(self.config.upperdir.as_deref().unwrap_or_default(), 1);
        if let Err(errno) = self.claim(cx, (root, b""), self.names().origin, &origin) {
            log.push(verify_line("origin", &upper_name, root, errno));
            log.push("overlayfs: failed to verify upper root origin".into());
            return Err(errno);
        }
        if let Some(work) = self.work.take() {
            let mut traps = self.traps.to_vec();
            traps.retain(|it| *it != (self.upper_fs(), work));
            self.traps = traps.into();
        }
        let Some(dir) = self.make_index(cx, log)? else { return Ok(()) };
        self.work = Some(dir);
        self.work_name = INDEX;
        self.add_trap(self.upper_fs(), dir);
        let upper = self.upper_handle(cx, root);
        if let Err(errno) = self.claim(cx, (dir, INDEX), self.names().upper, &upper) {
            let base = tail(self.config.workdir.as_deref().unwrap_or_default(), 1);
            log.push(verify_line("upper", &format!("{base}/index"), root, errno));
            log.push("overlayfs: failed to verify index dir 'upper' xattr".into());
            return Err(errno);
        }
        self.sweep_index(cx, dir, log).inspect_err(|errno| {
            log.push(format!("overlayfs: failed index dir cleanup (-{})", errno.number()));
        })
    }

    /// An attribute that ties a directory to these layers: set by the first mount, the same ever
    /// after.
    ///
    /// # Errors
    /// `ESTALE` when it names something else.
    fn claim(
        &mut self,
        cx: &mut Cx<'_>,
        (dir, place): (Ino, &[u8]),
        name: &[u8],
        value: &[u8],
    ) -> Result<()> {
        match self.raw_private(cx, self.upper_fs(), dir, name)? {
            None => self.do_set_private(cx, Place::Base(place), dir, name, value),
            Some(old) if old == value => Ok(()),
            Some(_) => {
                self.note(cx, Rule::OriginMismatch, Some(Errno::ESTALE));
                Err(Errno::ESTALE)
            }
        }
    }

    /// The index directory, as an earlier mount left it or new. `None`: none can be made, so
    /// nothing is written.
    fn make_index(&mut self, cx: &mut Cx<'_>, log: &mut Vec<String>) -> Result<Option<Ino>> {
        let base = self.work_base.ok_or(Errno::EROFS)?;
        match self.upper_entry(cx, base, INDEX)? {
            Some((ino, FileType::Dir)) => return Ok(Some(ino)),
            Some(_) => return Err(Errno::ENOTDIR),
            None => {}
        }
        let above = self.raw_attr(cx, self.upper_fs(), base)?;
        let mut new = self.bare_node(cx, NodeKind::Dir, Mode(0));
        if above.mode.has(Mode::SGID) {
            new.gid = above.gid;
        }
        match self.do_create(cx, Place::Base(INDEX), base, INDEX, &new) {
            Ok(ino) => Ok(Some(ino)),
            Err(errno) => {
                let dir = self.config.workdir.clone().unwrap_or_default();
                log.push(format!(
                    "overlayfs: failed to create directory {}/index (errno: {}); mounting read-only",
                    String::from_utf8_lossy(&dir),
                    errno.number()
                ));
                Ok(None)
            }
        }
    }

    /// Goes through all entries: unfinished ones and those that mean nothing any more go.
    ///
    /// # Errors
    /// Those of an entry that no version of this overlay could have made.
    fn sweep_index(&mut self, cx: &mut Cx<'_>, dir: Ino, log: &mut Vec<String>) -> Result<()> {
        for name in self.names_in(cx, dir)? {
            if name.first() == Some(&b'.') && (name == b"." || name == b"..") {
                continue;
            }
            let Some((ino, kind)) = self.upper_entry(cx, dir, &name)? else { continue };
            if name.first() == Some(&b'#') {
                self.note(cx, Rule::IndexCleared, None);
                self.clean_temp(cx, dir, &name, log)?;
                continue;
            }
            let attr = self.raw_attr(cx, self.upper_fs(), ino)?;
            let entry = self.judge(cx, &name, (ino, &attr)).inspect_err(|errno| {
                log.push(entry_line("failed to verify index", &name, kind, *errno));
            })?;
            match entry {
                Entry::Good => {}
                Entry::Stale => {
                    self.note(cx, Rule::IndexCleared, None);
                    log.push(entry_line("failed to verify index", &name, kind, Errno::ESTALE));
                    self.do_remove(cx, Place::Work(&name), dir, &name, (ino, kind))?;
                }
                Entry::Orphan => {
                    log.push(format!(
                        "overlayfs: orphan index entry (index/{}, ftype={:x}, nlink={})",
                        String::from_utf8_lossy(&name),
                        kind.bits(),
                        attr.nlink
                    ));
                    self.clear_entry(cx, (dir, &name), (ino, kind), Rule::IndexCleared)?;
                }
            }
        }
        Ok(())
    }

    fn judge(&self, cx: &mut Cx<'_>, name: &[u8], (ino, attr): (Ino, &Attr)) -> Result<Entry> {
        let origin = index::parse(name)?;
        let fs = self.upper_fs();
        let is_dir = attr.kind == FileType::Dir;
        if self.is_whiteout(cx, fs, ino, attr) || is_dir && !self.config.nfs_export {
            return Ok(Entry::Good);
        }
        let upper = match is_dir {
            false => ino,
            true => match self.raw_private(cx, fs, ino, self.names().upper)? {
                None => return Ok(Entry::Stale),
                Some(raw) => match self.decode_upper(cx, &raw) {
                    Err(Errno::ESTALE) => return Ok(Entry::Orphan),
                    found => found?,
                },
            },
        };
        match self.raw_private(cx, fs, upper, self.names().origin)? {
            None => return Err(Errno::ENODATA),
            Some(stored) if stored != origin => return Ok(Entry::Stale),
            Some(_) => {}
        }
        if is_dir || attr.nlink != 1 {
            return Ok(Entry::Good);
        }
        let handle = Handle::parse(&origin).ok_or(Errno::ENODATA)?;
        let Some(low) = self.decode_lower(cx, &handle) else { return Ok(Entry::Stale) };
        let below = self.raw_attr(cx, self.layer_fs(low.layer), low.ino)?;
        if below.kind != attr.kind {
            return Err(Errno::EIO);
        }
        let names = self.raw_links(cx, self.layer_fs(low.layer), low.ino)?;
        let kept = self.raw_private(cx, fs, ino, self.names().nlink)?;
        let lives = names > 1 && nlink::total(kept.as_deref(), attr.nlink, names).is_some();
        Ok(if lives { Entry::Good } else { Entry::Orphan })
    }
}

fn verify_line(what: &str, name: &str, ino: Ino, errno: Errno) -> String {
    format!("overlayfs: failed to verify {what} ({name}, ino={}, err=-{})", ino.0, errno.number())
}

fn entry_line(what: &str, name: &[u8], kind: FileType, errno: Errno) -> String {
    format!(
        "overlayfs: {what} (index/{}, ftype={:x}, err=-{})",
        String::from_utf8_lossy(name),
        kind.bits(),
        errno.number()
    )
}
