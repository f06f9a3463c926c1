//! Mounting layers by OverlayFS, as drivers do that stack them.

use super::{Answer, Failure};
use crate::limits::MOUNT_DATA_MAX;
use crate::sys::Sys;

/// A mount of layers.
pub struct OverlayMount<'a> {
    pub target: &'a str,
    /// Absolute paths below `base`, the topmost first.
    pub lowers: &'a [String],
    /// Upper directory and work directory; none for a tree that nobody writes to.
    pub upper: Option<(&'a str, &'a str)>,
    /// Paths are written relative to this where absolute ones do not fit into the page of mount(2).
    pub base: &'a str,
}

impl OverlayMount<'_> {
    fn options(&self, cut: &str) -> String {
        let short = |path: &str| path.strip_prefix(cut).unwrap_or(path).to_owned();
        let lowers: Vec<String> = self.lowers.iter().map(|it| short(it)).collect();
        let lowers = lowers.join(":");
        match self.upper {
            None => format!("lowerdir={lowers}"),
            Some((upper, work)) => {
                format!("lowerdir={lowers},upperdir={},workdir={}", short(upper), short(work))
            }
        }
    }

    /// # Errors
    /// Those of mounting; more options than fit.
    pub fn mount(&self, sys: &mut dyn Sys) -> Answer<()> {
        let mut data = self.options("");
        let mut target = self.target;
        let back = sys.getcwd();
        if data.len() >= MOUNT_DATA_MAX {
            let base = format!("{}/", self.base);
            data = self.options(&base);
            target = target.strip_prefix(&base).unwrap_or(target);
            if data.len() >= MOUNT_DATA_MAX {
                let why = format!("cannot mount layer, mount label too large {}", data.len());
                return Err(Failure(why));
            }
            let _ = sys.chdir(self.base.as_bytes());
        }
        let done = sys.mount(b"overlay", target.as_bytes(), b"overlay", 0, data.as_bytes());
        if let Ok(back) = back {
            let _ = sys.chdir(&back);
        }
        done.map_err(|errno| {
            let why = errno.message().to_lowercase();
            Failure(format!("error creating overlay mount to {}: {why}", self.target))
        })
    }
}
