//! Registries: the built-in one that stands for Docker Hub, and one on this machine. What is pushed
//! lies in files, as the registry of the distribution project lays them out.

use super::reference::{HUB, Reference};
use super::registry;
use crate::drivers::{Answer, Failure, files};
use crate::oci::digest::Digest;
use crate::store::Rope;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::OpenFlags;

/// Where registries keep what was pushed to them.
const HOME: &str = "/srv/registry";
/// Names of the registry on this machine.
const LOCAL: [&str; 2] = ["localhost:5000", "127.0.0.1:5000"];
/// Who may push to the Hub: there is nobody to log in as, and one name that is ours.
const OURS: &str = "lab/";

/// A registry.
pub struct Remote {
    host: String,
    root: String,
}

/// What a registry has under a name.
pub struct Offer {
    pub digest: Digest,
    pub manifest: Vec<u8>,
}

impl Remote {
    /// The registry of a host.
    ///
    /// # Errors
    /// In the words of a client that reaches nobody there.
    pub fn of(host: &str) -> Answer<Remote> {
        let host = match LOCAL.contains(&host) {
            true => LOCAL[0],
            false => host,
        };
        if host == HUB || host == LOCAL[0] {
            let root = format!("{HOME}/{host}/docker/registry/v2");
            return Ok(Remote { host: host.to_owned(), root });
        }
        let (name, port) = host.split_once(':').unwrap_or((host, "443"));
        Err(Failure(match name {
            "localhost" | "127.0.0.1" => format!(
                "Get \"http://{host}/v2/\": dial tcp 127.0.0.1:{port}: connect: connection refused"
            ),
            _ => format!("Get \"https://{host}/v2/\": dial tcp: lookup {name}: no such host"),
        }))
    }

    pub fn is_hub(&self) -> bool {
        self.host == HUB
    }

    /// Whether anybody may push to this path.
    pub fn takes(&self, path: &str) -> bool {
        !self.is_hub() || path.starts_with(OURS)
    }

    fn blob_path(&self, digest: Digest) -> String {
        let hex = digest.hex();
        format!("{}/blobs/sha256/{}/{hex}/data", self.root, &hex[..2])
    }

    fn repository(&self, path: &str) -> String {
        format!("{}/repositories/{path}", self.root)
    }

    /// The built-in images of a path.
    fn shelf(&self, path: &str) -> Vec<registry::Image> {
        let mut all = if self.is_hub() { registry::images() } else { Vec::new() };
        let of_path = |name: &&str| Reference::parse(name).is_ok_and(|it| it.path() == path);
        all.retain(|image| image.names.iter().any(&of_path));
        all
    }

    /// Whether there is anything under this path.
    pub fn knows(&self, sys: &mut dyn Sys, path: &str) -> bool {
        files::exists(sys, &self.repository(path)) || !self.shelf(path).is_empty()
    }

    /// The tags of a repository, by name.
    pub fn tags(&self, sys: &mut dyn Sys, path: &str) -> Vec<String> {
        let mut all = files::names(sys, &format!("{}/_manifests/tags", self.repository(path)));
        for image in self.shelf(path) {
            let names = image.names.iter().filter_map(|name| Reference::parse(name).ok());
            all.extend(names.map(|name| name.tag));
        }
        all.sort();
        all.dedup();
        all
    }

    /// What is under a name.
    pub fn manifest(&self, sys: &mut dyn Sys, name: &Reference) -> Option<Offer> {
        let path = name.path();
        let of_built_in = |image: &registry::Image| {
            let manifest = super::transfer::manifest_of(image)?;
            Some(Offer { digest: Digest::of(&manifest), manifest })
        };
        let repository = self.repository(&path);
        let digest = match name.digest {
            Some(digest) => {
                let link = link(&format!("{repository}/_manifests/revisions"), digest);
                files::exists(sys, &link).then_some(digest)
            }
            None => {
                let link = format!("{repository}/_manifests/tags/{}/current/link", name.tag);
                files::read_text(sys, &link).ok().and_then(|text| Digest::parse(&text))
            }
        };
        if let Some(digest) = digest {
            let manifest = files::read(sys, &self.blob_path(digest)).ok()?;
            return Some(Offer { digest, manifest });
        }
        let mut shelf = self.shelf(&path).into_iter();
        match name.digest {
            Some(digest) => {
                shelf.filter_map(|it| of_built_in(&it)).find(|offer| offer.digest == digest)
            }
            None => {
                let of_tag = |it: &str| Reference::parse(it).is_ok_and(|it| it.tag == name.tag);
                of_built_in(&shelf.find(|image| image.names.iter().any(|it| of_tag(it)))?)
            }
        }
    }

    /// The bytes of a small blob, a configuration.
    pub fn document(&self, sys: &mut dyn Sys, digest: Digest) -> Option<Vec<u8>> {
        let built_in = || {
            let all = registry::images().into_iter().filter_map(|it| it.known_config());
            all.into_iter().find(|config| Digest::of(config) == digest)
        };
        files::read(sys, &self.blob_path(digest))
            .ok()
            .or_else(|| built_in().filter(|_| self.is_hub()))
    }

    /// Where the bytes of a layer's blob are, if they were pushed.
    pub fn blob(&self, sys: &mut dyn Sys, digest: Digest) -> Option<String> {
        let path = self.blob_path(digest);
        files::exists(sys, &path).then_some(path)
    }

    /// Whether a repository has a blob.
    pub fn has(&self, sys: &mut dyn Sys, path: &str, digest: Digest) -> bool {
        let link = link(&format!("{}/_layers", self.repository(path)), digest);
        let on_shelf = |image: &registry::Image| {
            image.layers.iter().any(|layer| layer.known().is_some_and(|it| it.blob == digest))
        };
        files::exists(sys, &link) || self.shelf(path).iter().any(on_shelf)
    }

    /// Gives a repository a blob that the registry has.
    ///
    /// # Errors
    /// The disk's.
    pub fn link(&self, sys: &mut dyn Sys, path: &str, digest: Digest) -> Answer<()> {
        let link = link(&format!("{}/_layers", self.repository(path)), digest);
        put(sys, &link, digest.to_string().as_bytes())
    }

    /// Takes a blob in and gives it to a repository.
    ///
    /// # Errors
    /// The disk's.
    pub fn take(&self, sys: &mut dyn Sys, path: &str, digest: Digest, data: &Rope) -> Answer<()> {
        let at = self.blob_path(digest);
        if !files::exists(sys, &at) {
            put_rope(sys, &at, data)?;
        }
        self.link(sys, path, digest)
    }

    /// Takes a manifest in under a tag; its digest.
    ///
    /// # Errors
    /// The disk's.
    pub fn publish(
        &self,
        sys: &mut dyn Sys,
        path: &str,
        tag: &str,
        manifest: &[u8],
    ) -> Answer<Digest> {
        let digest = Digest::of(manifest);
        put(sys, &self.blob_path(digest), manifest)?;
        let manifests = format!("{}/_manifests", self.repository(path));
        let text = digest.to_string();
        put(sys, &link(&format!("{manifests}/revisions"), digest), text.as_bytes())?;
        put(sys, &link(&format!("{manifests}/tags/{tag}/index"), digest), text.as_bytes())?;
        put(sys, &format!("{manifests}/tags/{tag}/current/link"), text.as_bytes())?;
        Ok(digest)
    }
}

fn link(dir: &str, digest: Digest) -> String {
    format!("{dir}/sha256/{}/link", digest.hex())
}

/// Makes the folder too.
fn put(sys: &mut dyn Sys, path: &str, bytes: &[u8]) -> Answer<()> {
    let dir = path.rsplit_once('/').map_or("/", |it| it.0);
    files::mkdir_all(sys, dir, 0o755).map_err(|errno| Failure::of("mkdir", dir, errno))?;
    super::record(sys, path, bytes, 0o644)
}

/// As [`put`], without moving bytes.
pub(super) fn put_rope(sys: &mut dyn Sys, path: &str, data: &Rope) -> Answer<()> {
    let dir = path.rsplit_once('/').map_or("/", |it| it.0);
    files::mkdir_all(sys, dir, 0o755).map_err(|errno| Failure::of("mkdir", dir, errno))?;
    let failed = |errno| Failure::of("open", path, errno);
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC | OpenFlags::CLOEXEC;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).map_err(failed)?;
    let done = sys.pwrite_rope(fd, data, 0).map_err(failed);
    let _ = sys.close(fd);
    done
}
