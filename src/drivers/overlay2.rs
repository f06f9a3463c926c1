//! `overlay2`: a folder for each layer, stacked by OverlayFS.
//!
//! `ID/diff` is the layer's own tree, `ID/link` its short name, `ID/lower` the short names of all
//! ancestors, nearest first; `l/SHORT` leads to `../ID/diff`, so that 128 layers fit into the one
//! page that mount(2) takes. `ID/merged` is there while somebody uses the tree.

use super::mounting::OverlayMount;
use super::{Answer, Driver, Failure, Sink, Source, apply, diff, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at, ms};
use sha2::{Digest, Sha256};

/// Lower layers that the driver takes (moby, `overlay2.maxDepth`; observed on 20.10).
pub const DEPTH_MAX: usize = 128;

pub struct Overlay2 {
    home: String,
}

/// The name of the attribute that makes a directory opaque.
pub(super) const OPAQUE: &[u8] = b"trusted.overlay.opaque";

impl Overlay2 {
    pub fn new(root: &str) -> Overlay2 {
        Overlay2 { home: format!("{root}/overlay2") }
    }

    fn dir(&self, id: &str) -> String {
        format!("{}/{id}", self.home)
    }

    /// `lower` of a layer on top of `parent`.
    fn lower_of(&self, sys: &mut dyn Sys, parent: &str) -> Answer<String> {
        let dir = self.dir(parent);
        let link = files::read_text(sys, &format!("{dir}/link"))
            .map_err(|errno| Failure::of("open", &format!("{dir}/link"), errno))?;
        let lower = match files::read_text(sys, &format!("{dir}/lower")) {
            Ok(lower) => format!("l/{link}:{lower}"),
            Err(_) => format!("l/{link}"),
        };
        if lower.split(':').count() > DEPTH_MAX {
            return Err(Failure("max depth exceeded".to_owned()));
        }
        Ok(lower)
    }

    /// Mounts the layer on its ancestors; read-only when others stand on it.
    fn mount(&self, sys: &mut dyn Sys, id: &str, lower: &str) -> Answer<()> {
        let dir = self.dir(id);
        let merged = format!("{dir}/merged");
        let committed = files::exists(sys, &format!("{dir}/committed"));
        let own = format!("{dir}/diff");
        let mut lowers: Vec<String> =
            lower.split(':').map(|it| format!("{}/{it}", self.home)).collect();
        if committed {
            lowers.insert(0, own.clone());
        }
        let work = format!("{dir}/work");
        let upper = (!committed).then_some((own.as_str(), work.as_str()));
        OverlayMount { target: &merged, lowers: &lowers, upper, base: &self.home }.mount(sys)
    }
}

/// Twenty-six letters and digits of base 32, other ones for every layer.
fn short_name(sys: &mut dyn Sys, id: &str) -> String {
    let now = sys.clock();
    let seed = format!("{id} {} {}", now.sec, now.nsec);
    let bytes = Sha256::digest(seed.as_bytes());
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bytes.iter().take(26).map(|byte| char::from(letters[usize::from(byte % 32)])).collect()
}

impl Driver for Overlay2 {
    fn name(&self) -> &'static str {
        "overlay2"
    }

    fn home(&self) -> &str {
        &self.home
    }

    fn init(&self, sys: &mut dyn Sys) -> Answer<()> {
        for (dir, mode) in [(self.home.clone(), 0o710), (format!("{}/l", self.home), 0o700)] {
            files::mkdir_all(sys, &dir, mode).map_err(|it| Failure::of("mkdir", &dir, it))?;
        }
        Ok(())
    }

    fn status(&self, _sys: &mut dyn Sys) -> Vec<(String, String)> {
        let lines = [
            ("Backing Filesystem", "extfs"),
            ("Supports d_type", "true"),
            ("Using metacopy", "false"),
            ("Native Overlay Diff", "true"),
            ("userxattr", "false"),
        ];
        lines.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
    }

    /// Quotas of projects are what it needs, and those are on XFS (observed on 20.10).
    fn limit(&self, _sys: &mut dyn Sys, _id: &str, options: &[(String, String)]) -> Answer<()> {
        Err(Failure(match options.iter().find(|it| it.0 != "size") {
            Some((key, _)) => format!("Unknown option {key}"),
            None => {
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
                    .to_owned()
            }
        }))
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        let dir = self.dir(id);
        let lower = parent.map(|parent| self.lower_of(sys, parent)).transpose()?;
        let failed = |what: &str| {
            let path = format!("{dir}{what}");
            move |errno| Failure::of("mkdir", &path, errno)
        };
        files::mkdir_all(sys, &format!("{}/l", self.home), 0o700).map_err(failed(""))?;
        let _ = sys.fchmodat(AT_FDCWD, self.home.as_bytes(), crate::types::Mode::new(0o710));
        files::mkdir(sys, &dir, 0o710).map_err(failed(""))?;
        files::mkdir(sys, &format!("{dir}/diff"), 0o755).map_err(failed("/diff"))?;
        if let Some(parent) = parent {
            // The root of a layer has the owner and mode of the one below.
            let root = format!("{}/diff", self.dir(parent));
            if let Ok(attr) = files::stat(sys, &root) {
                let own = format!("{dir}/diff");
                let _ = sys.fchmodat(AT_FDCWD, own.as_bytes(), attr.mode);
                let _ = sys.fchownat(AT_FDCWD, own.as_bytes(), Some(attr.uid), Some(attr.gid), 0);
            }
        }
        let link = short_name(sys, id);
        let target = format!("../{id}/diff");
        let at = format!("{}/l/{link}", self.home);
        let failed = |path: &str, errno| Failure::of("symlink", path, errno);
        sys.symlinkat(target.as_bytes(), AT_FDCWD, at.as_bytes()).map_err(|it| failed(&at, it))?;
        let mut put = |name: &str, text: &str, mode| {
            let path = format!("{dir}/{name}");
            files::write(sys, &path, text.as_bytes(), mode)
                .map_err(|errno| Failure::of("open", &path, errno))
        };
        put("link", &link, 0o644)?;
        let (Some(lower), Some(parent)) = (lower, parent) else { return Ok(()) };
        put("lower", &lower, 0o644)?;
        put(&format!("../{parent}/committed"), "", 0o600)?;
        files::mkdir(sys, &format!("{dir}/work"), 0o700)
            .map_err(|errno| Failure::of("mkdir", &format!("{dir}/work"), errno))
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let dir = self.dir(id);
        let diff = format!("{dir}/diff");
        let Ok(lower) = files::read_text(sys, &format!("{dir}/lower")) else {
            return match files::exists(sys, &diff) {
                true => Ok(diff),
                false => Err(Failure::of("stat", &dir, Errno::ENOENT)),
            };
        };
        let merged = format!("{dir}/merged");
        match files::mkdir(sys, &merged, 0o700) {
            Ok(()) => {}
            Err(Errno::EEXIST) => return Ok(merged),
            Err(errno) => return Err(Failure::of("mkdir", &merged, errno)),
        }
        if let Err(failure) = self.mount(sys, id, &lower) {
            let _ = sys.unlinkat(AT_FDCWD, merged.as_bytes(), at::REMOVEDIR);
            return Err(failure);
        }
        Ok(merged)
    }

    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let merged = format!("{}/merged", self.dir(id));
        if !files::exists(sys, &merged) {
            return Ok(());
        }
        sys.umount(merged.as_bytes(), ms::UMOUNT_DETACH)
            .map_err(|errno| Failure::of("unmount", &merged, errno))?;
        sys.unlinkat(AT_FDCWD, merged.as_bytes(), at::REMOVEDIR)
            .map_err(|errno| Failure::of("remove", &merged, errno))
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        if id.is_empty() {
            return Err(Failure("refusing to remove the directories: id is empty".to_owned()));
        }
        let dir = self.dir(id);
        if let Ok(link) = files::read_text(sys, &format!("{dir}/link")) {
            if !link.is_empty() {
                let at = format!("{}/l/{link}", self.home);
                let _ = sys.unlinkat(AT_FDCWD, at.as_bytes(), 0);
            }
        }
        files::remove_all(sys, dir.as_bytes()).map_err(|errno| Failure::of("unlinkat", &dir, errno))
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        files::exists(sys, &self.dir(id))
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        let root = format!("{}/diff", self.dir(id));
        diff::native(sys, &root, sink).map_err(|errno| Failure::of("archive", &root, errno))
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        let root = format!("{}/diff", self.dir(id));
        apply::into_own(sys, &root, apply::Whiteouts::Overlay, source)
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, _parent: Option<&str>) -> Answer<u64> {
        diff::own_size(sys, &format!("{}/diff", self.dir(id)))
    }

    fn own_files(&self, _sys: &mut dyn Sys, id: &str) -> String {
        format!("{}/diff", self.dir(id))
    }

    fn metadata(&self, sys: &mut dyn Sys, id: &str) -> Option<Vec<(&'static str, String)>> {
        let dir = self.dir(id);
        let mut data = Vec::new();
        if let Ok(lower) = files::read_text(sys, &format!("{dir}/lower")) {
            let mut absolute = Vec::new();
            for link in lower.split(':') {
                let at = format!("{}/{link}", self.home);
                let target = sys.readlinkat(AT_FDCWD, at.as_bytes()).unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                absolute.push(format!("{}/{}", self.home, target.trim_start_matches("../")));
            }
            data.push(("LowerDir", absolute.join(":")));
        }
        data.push(("MergedDir", format!("{dir}/merged")));
        data.push(("UpperDir", format!("{dir}/diff")));
        data.push(("WorkDir", format!("{dir}/work")));
        Some(data)
    }
}
