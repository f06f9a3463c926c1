//! Extended attribute calls: names and sizes are checked before the file is looked for.

use crate::errno::Errno;
use crate::fs::checked;
use crate::limits::XATTR_LIST_MAX;
use crate::sys::{AT_FDCWD, Fd};
use crate::types::{Result, XattrMode};
use crate::vfs::SysOf;
use crate::vfs::mounts::Place;

impl SysOf<'_> {
    fn xattr_path(&mut self, path: &[u8], follow: bool) -> Result<Place> {
        let walk = self.walk(AT_FDCWD, path, follow)?;
        if walk.file.is_some() { Err(Errno::EOPNOTSUPP) } else { Ok(walk.at) }
    }

    fn xattr_fd(&self, fd: Fd) -> Result<Place> {
        self.real_file(fd)?.at.as_ref().map(|at| at.place).ok_or(Errno::EOPNOTSUPP)
    }

    fn xattr_at(&mut self, target: Target<'_>) -> Result<Place> {
        match target {
            Target::Path(path, follow) => self.xattr_path(path, follow),
            Target::Fd(fd) => self.xattr_fd(fd),
            Target::Held(fd) => self.place_of(fd)?.ok_or(Errno::EOPNOTSUPP),
        }
    }

    pub(super) fn do_getxattr(&mut self, target: Target<'_>, name: &[u8]) -> Result<Vec<u8>> {
        checked::check_name(name)?;
        let place = self.xattr_at(target)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::getxattr(cx, place.fs, place.ino, name))
    }

    pub(super) fn do_setxattr(
        &mut self,
        target: Target<'_>,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<()> {
        checked::check_name(name)?;
        checked::check_value(value)?;
        let place = self.xattr_at(target)?;
        self.want_change(place)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::setxattr(cx, place.fs, place.ino, name, value, mode))
    }

    pub(super) fn do_removexattr(&mut self, target: Target<'_>, name: &[u8]) -> Result<()> {
        checked::check_name(name)?;
        let place = self.xattr_at(target)?;
        self.want_change(place)?;
        let cred = self.my_cred();
        self.kernel.cx(&cred, |cx| checked::removexattr(cx, place.fs, place.ino, name))
    }

    pub(super) fn do_listxattr(&mut self, target: Target<'_>) -> Result<Vec<Vec<u8>>> {
        let place = self.xattr_at(target)?;
        let cred = self.my_cred();
        let names = self.kernel.cx(&cred, |cx| checked::listxattr(cx, place.fs, place.ino))?;
        let bytes: usize = names.iter().map(|name| name.len() + 1).sum();
        if bytes > XATTR_LIST_MAX { Err(Errno::E2BIG) } else { Ok(names) }
    }
}

/// A path (followed or not) or a descriptor.
#[derive(Clone, Copy)]
pub(super) enum Target<'p> {
    Path(&'p [u8], bool),
    Fd(Fd),
    /// A descriptor that may be only a place.
    Held(Fd),
}
