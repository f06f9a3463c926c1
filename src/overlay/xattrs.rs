//! Extended attributes as seen through the mount: the overlay's own are hidden, and whoever sets
//! one of that name gets it stored under an escaped one (9.3).

use super::Overlay;
use super::profile::Feature;
use super::real::Place;
use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::{Cx, checked};
use crate::limits::XATTR_NAME_MAX;
use crate::trace::Rule;
use crate::types::{Ino, Result, XattrMode};
use std::borrow::Cow;

/// What an escaped name has after the prefix of the overlay's own.
const ESCAPE: &[u8] = b"overlay.";

/// The name on the layer for a name on the mount.
///
/// # Errors
/// `EOPNOTSUPP` when the escaped name is too long.
fn to_layer<'n>(prefix: &[u8], name: &'n [u8]) -> Result<Cow<'n, [u8]>> {
    let Some(rest) = name.strip_prefix(prefix) else { return Ok(name.into()) };
    let escaped = [prefix, ESCAPE, rest].concat();
    if escaped.len() > XATTR_NAME_MAX {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(escaped.into())
}

/// The name on the mount for a name on the layer; `None` for one that is hidden.
fn to_mount(prefix: &[u8], name: Vec<u8>) -> Option<Vec<u8>> {
    let Some(rest) = name.strip_prefix(prefix) else { return Some(name) };
    rest.strip_prefix(ESCAPE).map(|rest| [prefix, rest].concat())
}

impl Overlay {
    /// Belongs to the overlay itself: has the prefix and is not escaped.
    pub(super) fn is_private(&self, name: &[u8]) -> bool {
        let escapes = self.profile.has(Feature::NestedXattrs);
        let rest = name.strip_prefix(self.names().prefix);
        rest.is_some_and(|rest| !escapes || !rest.starts_with(ESCAPE))
    }

    /// The name on the layer.
    ///
    /// # Errors
    /// `EINVAL` for the overlay's prefix alone, `EOPNOTSUPP` for a name of its own that cannot be escaped.
    fn stored<'n>(&self, name: &'n [u8]) -> Result<Cow<'n, [u8]>> {
        if name == self.names().prefix {
            return Err(Errno::EINVAL);
        }
        if !self.profile.has(Feature::NestedXattrs) && self.is_private(name) {
            return Err(Errno::EOPNOTSUPP);
        }
        to_layer(self.names().prefix, name)
    }

    pub(super) fn xattr(&mut self, cx: &mut Cx<'_>, id: u64, name: &[u8]) -> Result<Vec<u8>> {
        let (fs, real) = self.real_of(id)?;
        let name = self.stored(name)?;
        let got = self.as_mounter(cx, |cx| cx.on(fs, |f, cx| f.getxattr(cx, real, &name)));
        match got {
            // An overlay knows access lists even where the layer does not (observed on 6.18).
            Err(Errno::EOPNOTSUPP) if checked::acl::is_name(&name) => Err(Errno::ENODATA),
            got => got,
        }
    }

    pub(super) fn list_xattrs(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Vec<Vec<u8>>> {
        let (fs, real) = self.real_of(id)?;
        let list = self.as_mounter(cx, |cx| cx.on(fs, |f, cx| f.listxattr(cx, real)))?;
        let prefix = self.names().prefix;
        let trusted = cx.cred.has(Caps::SYS_ADMIN) && !cx.cred.userns;
        let shown = |name: &Vec<u8>| trusted || !name.starts_with(b"trusted.");
        let list = list.into_iter().filter(shown).filter(|name| !self.is_private(name));
        Ok(list.filter_map(|name| to_mount(prefix, name)).collect())
    }

    /// Copies up even when setting fails afterwards (4.1).
    pub(super) fn set_xattr(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        let stored = self.stored(name)?;
        if stored.len() != name.len() {
            self.decide(cx, id, Rule::XattrEscaped, None);
        }
        let upper = self.upper_for_xattr(cx, id)?;
        let res = self.do_setxattr(cx, Place::Of(id), upper, &stored, value, mode);
        self.refresh(cx, id);
        res
    }

    /// The upper object that gets or loses an attribute: copied up if need be, but not linked to one
    /// more of its names (observed on 6.18).
    fn upper_for_xattr(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Ino> {
        if self.node(id)?.upper.is_none() {
            self.copy_up(cx, id)?;
        }
        self.upper_of(id)
    }

    /// Removing what is not there copies nothing up (4.1).
    pub(super) fn remove_xattr(&mut self, cx: &mut Cx<'_>, id: u64, name: &[u8]) -> Result<()> {
        let stored = self.stored(name)?;
        if self.node(id)?.upper.is_none() {
            let (fs, real) = self.real_of(id)?;
            cx.on(fs, |f, cx| f.getxattr(cx, real, &stored))?;
        }
        let upper = self.upper_for_xattr(cx, id)?;
        let res = self.do_removexattr(cx, Place::Of(id), upper, &stored);
        self.refresh(cx, id);
        res
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::{TRUSTED, USER};
    use super::*;

    const PREFIX: &[u8] = TRUSTED.prefix;

    #[test]
    fn names_are_escaped_one_level() {
        let stored = to_layer(PREFIX, b"trusted.overlay.opaque").map(Cow::into_owned);
        assert_eq!(stored, Ok(b"trusted.overlay.overlay.opaque".to_vec()));
        let shown = to_mount(PREFIX, b"trusted.overlay.overlay.opaque".to_vec());
        assert_eq!(shown, Some(b"trusted.overlay.opaque".to_vec()));
        assert_eq!(to_mount(PREFIX, b"trusted.overlay.origin".to_vec()), None);
        assert_eq!(
            to_layer(PREFIX, b"trusted.overlayx").map(Cow::into_owned),
            Ok(b"trusted.overlayx".to_vec())
        );
        let plain = to_layer(USER.prefix, b"trusted.overlay.opaque").map(Cow::into_owned);
        assert_eq!(plain, Ok(b"trusted.overlay.opaque".to_vec()));
        let long = [PREFIX, &[b'x'; 232]].concat();
        assert_eq!(to_layer(PREFIX, &long), Err(Errno::EOPNOTSUPP));
        assert!(to_layer(PREFIX, &long[..long.len() - 1]).is_ok());
    }
}
