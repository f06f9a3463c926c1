//! The engine behind the docker commands: layers, images and containers below the data root, in
//! files that lie where the real daemon keeps them. There is no daemon: every command opens the
//! engine, and what it knows is what the files say.

pub mod containers;
pub mod events;
pub mod images;
pub mod layers;
pub mod names;
pub mod network;
pub mod ports;
pub mod reference;
pub mod registry;
pub mod remote;
pub mod run;
pub mod split;
pub mod transfer;
mod volumes;

#[cfg(test)]
mod tests;

use crate::drivers::{self, Answer, Driver, Failure, files};
use crate::oci::digest::Digest;
use crate::sys::Sys;

/// Where the daemon is configured.
pub const DAEMON: &str = "/etc/docker/daemon.json";
/// What a daemon that runs was started with.
pub const RUNNING: &str = "/run/docker/daemon.json";
/// Where everything is, unless the configuration says otherwise.
const ROOT: &str = "/var/lib/docker";

/// The folders below the data root with their modes (observed on 20.10), as far as anything is in them.
const FOLDERS: [(&str, u32); 6] = [
    ("containers", 0o710),
    ("image", 0o700),
    ("network", 0o750),
    ("network/files", 0o750),
    ("tmp", 0o700),
    ("volumes", 0o701),
];

/// The version that the engine imitates.
pub const VERSION: &str = "26.1.4";

pub struct Engine {
    pub root: String,
    pub driver: Box<dyn Driver>,
    /// Whether what is only tried out may be used.
    pub experimental: bool,
}

/// What of the configuration counts.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Daemon {
    #[serde(rename = "data-root")]
    data_root: Option<String>,
    #[serde(rename = "storage-driver")]
    storage_driver: Option<String>,
    #[serde(rename = "storage-opts")]
    storage_opts: Vec<String>,
    features: std::collections::BTreeMap<String, bool>,
    experimental: bool,
}

impl Engine {
    /// Opens the engine; its folders come into being.
    ///
    /// # Errors
    /// A configuration that cannot be read, a driver that is not built, a disk that says no.
    pub fn open(sys: &mut dyn Sys) -> Answer<Engine> {
        let engine = Engine::configured(sys)?;
        engine.make_folders(sys)?;
        Ok(engine)
    }

    /// The engine as an earlier command left it; nothing where none was opened.
    pub fn found(sys: &mut dyn Sys) -> Option<Engine> {
        let engine = Engine::configured(sys).ok()?;
        files::exists(sys, &engine.driver_dir()).then_some(engine)
    }

    fn configured(sys: &mut dyn Sys) -> Answer<Engine> {
        let found =
            [RUNNING, DAEMON].into_iter().find_map(|it| Some((it, files::read(sys, it).ok()?)));
        let daemon: Daemon = match found {
            Some((file, text)) => serde_json::from_slice(&text).map_err(|err| {
                Failure(format!("unable to configure the Docker daemon with file {file}: {err}"))
            })?,
            None => Daemon::default(),
        };
        let root = daemon.data_root.unwrap_or_else(|| ROOT.to_owned());
        let root = root.trim_end_matches('/').to_owned();
        // With containerd's image store the snapshotter takes the place of the driver.
        let snapshots = daemon.features.get("containerd-snapshotter").is_some_and(|it| *it);
        let standard = if snapshots { "overlayfs" } else { "overlay2" };
        let name = daemon.storage_driver.unwrap_or_else(|| standard.to_owned());
        let mut driver = drivers::by_name(&name, &root)
            .ok_or_else(|| Failure(format!("driver not supported: {name}")))?;
        for option in &daemon.storage_opts {
            let (key, value) = option
                .split_once('=')
                .ok_or_else(|| Failure(format!("unable to parse key/value option: {option}")))?;
            driver.option(key, value)?;
        }
        Ok(Engine { root, driver, experimental: daemon.experimental })
    }

    /// Where it is, for programs that outlive the command.
    pub fn home(&self) -> Home {
        let (root, driver) = (self.root.clone(), self.driver.name().to_owned());
        Home { root, driver, experimental: self.experimental }
    }

    fn make_folders(&self, sys: &mut dyn Sys) -> Answer<()> {
        if files::exists(sys, &self.driver_dir()) {
            return Ok(());
        }
        let mask = sys.umask(0);
        let done = self.folders(sys);
        sys.umask(mask);
        done
    }

    fn folders(&self, sys: &mut dyn Sys) -> Answer<()> {
        let mut dir = |path: String, mode| {
            files::mkdir_all(sys, &path, mode).map_err(|errno| Failure::of("mkdir", &path, errno))
        };
        let parent = self.root.rsplit_once('/').map_or("", |it| it.0);
        if !parent.is_empty() {
            dir(parent.to_owned(), 0o755)?;
        }
        dir(self.root.clone(), 0o710)?;
        for (name, mode) in FOLDERS {
            dir(format!("{}/{name}", self.root), mode)?;
        }
        // Before the records: while they are missing, the driver has not come up.
        self.driver.init(sys)?;
        let mut dir = |path: String, mode| {
            files::mkdir_all(sys, &path, mode).map_err(|errno| Failure::of("mkdir", &path, errno))
        };
        for name in ["", "/distribution", "/imagedb", "/layerdb"] {
            dir(format!("{}{name}", self.driver_dir()), 0o700)?;
        }
        for (name, mode) in [
            ("imagedb/content/sha256", 0o700),
            ("imagedb/metadata/sha256", 0o700),
            ("layerdb/sha256", 0o755),
            ("layerdb/mounts", 0o755),
            ("layerdb/tmp", 0o755),
        ] {
            dir(format!("{}/{name}", self.driver_dir()), mode)?;
        }
        Ok(())
    }

    /// Whether layers are containerd's snapshots.
    pub fn has_snapshots(&self) -> bool {
        self.driver.name() == "overlayfs"
    }

    /// Where the records of images and layers are.
    pub fn driver_dir(&self) -> String {
        format!("{}/image/{}", self.root, self.driver.name())
    }
}

/// Where an engine is.
#[derive(Clone)]
pub struct Home {
    root: String,
    driver: String,
    experimental: bool,
}

impl Home {
    /// Opens it as it was.
    pub fn engine(&self) -> Option<Engine> {
        let driver = drivers::by_name(&self.driver, &self.root)?;
        Some(Engine { root: self.root.clone(), driver, experimental: self.experimental })
    }
}

/// An identifier that nothing else has: 64 digits.
pub fn random_id(sys: &mut dyn Sys, what: &str) -> String {
    let now = sys.clock();
    let (at, pid) = (format!("{}.{}", now.sec, now.nsec), sys.getpid());
    Digest::of(format!("{what} {at} {pid}").as_bytes()).hex()
}

/// An identifier as BuildKit gives them to its snapshots: 25 digits of base 36.
pub fn kit_id(sys: &mut dyn Sys, what: &str) -> String {
    let id = random_id(sys, what);
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let Digest(bytes) = Digest::of(id.as_bytes());
    bytes.iter().take(25).map(|byte| char::from(digits[usize::from(byte % 36)])).collect()
}

/// The present time as Docker writes it.
pub fn timestamp(sys: &mut dyn Sys) -> String {
    let now = sys.clock();
    crate::oci::human::rfc3339(now.sec, now.nsec)
}

/// Writes a record in one step.
pub(crate) fn record(sys: &mut dyn Sys, path: &str, bytes: &[u8], mode: u32) -> Answer<()> {
    files::replace(sys, path, bytes, mode).map_err(|errno| Failure::of("open", path, errno))
}
