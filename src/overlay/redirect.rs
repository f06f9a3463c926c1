//! Writing redirects: under which name the layers below know what was moved (R6.10 to R6.13).

use super::Overlay;
use super::entry::{ROOT, flag};
use super::format;
use super::params::RedirectMode;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::limits::REDIRECT_MAX;
use crate::trace::Rule;
use crate::types::Result;

impl Overlay {
    /// Records where lower layers have the content of an object that is about to be moved.
    ///
    /// # Errors
    /// `EXDEV` when the path is too long or the upper layer does not take the attribute.
    pub(super) fn set_redirect(
        &mut self,
        cx: &mut Cx<'_>,
        (dir, name): (u64, &[u8]),
        id: u64,
        same_dir: bool,
    ) -> Result<()> {
        let name_will_do = same_dir && self.has_one_name_below(cx, id)?;
        let old = self.redirect_of(cx, id)?;
        if old.as_ref().is_some_and(|it| name_will_do || it.starts_with(b"/")) {
            self.decide_in(cx, dir, name, Rule::RedirectKept, None);
            return Ok(());
        }
        let value = match name_will_do {
            true => name.to_vec(),
            false => self.lower_path(cx, (dir, name), id).inspect_err(|errno| {
                self.decide_in(cx, dir, name, Rule::RedirectTooLong, Some(*errno));
            })?,
        };
        let upper = self.upper_of(id)?;
        self.decide_in(cx, dir, name, Rule::RedirectSet, None);
        let place = Place::In(dir, name);
        match self.do_set_private(cx, place, upper, self.names().redirect, &value) {
            Ok(()) => Ok(()),
            // The caller copies it all, then.
            Err(_) => Err(Errno::EXDEV),
        }
    }

    /// Names of one lower file may lie in several directories: only a path finds it.
    fn has_one_name_below(&self, cx: &mut Cx<'_>, id: u64) -> Result<bool> {
        let inode = self.node(id)?;
        if inode.is_dir() {
            return Ok(true);
        }
        let low = inode.lower.first().ok_or(Errno::EIO)?;
        Ok(self.raw_links(cx, self.layer_fs(low.layer), low.ino)? <= 1)
    }

    /// The redirect in force on an upper object.
    fn redirect_of(&self, cx: &mut Cx<'_>, id: u64) -> Result<Option<Vec<u8>>> {
        let inode = self.node(id)?;
        let Some(upper) = inode.upper.filter(|_| id != ROOT) else { return Ok(None) };
        if inode.has(flag::OPAQUE) || self.config.redirect == RedirectMode::NoFollow {
            return Ok(None);
        }
        let value = self.raw_private(cx, self.upper_fs(), upper, self.names().redirect)?;
        Ok(value.map(|it| format::redirect::text(&it).to_vec()))
    }

    /// The path of an object as lower layers know it: each directory above counts by its own
    /// redirect, and an absolute one ends the walk (R6.12).
    fn lower_path(&self, cx: &mut Cx<'_>, (dir, name): (u64, &[u8]), id: u64) -> Result<Vec<u8>> {
        let mut parts = vec![self.redirect_of(cx, id)?.unwrap_or_else(|| name.to_vec())];
        let mut at = dir;
        while at != ROOT {
            let redirect = self.redirect_of(cx, at)?;
            let inode = self.node(at)?;
            let part = redirect.unwrap_or_else(|| inode.name.to_vec());
            at = inode.parent;
            let whole = part.starts_with(b"/");
            parts.push(part);
            if whole {
                break;
            }
        }
        let mut path = Vec::new();
        for part in parts.iter().rev() {
            if !part.starts_with(b"/") {
                path.push(b'/');
            }
            path.extend_from_slice(part);
        }
        if path.len() > REDIRECT_MAX { Err(Errno::EXDEV) } else { Ok(path) }
    }
}
