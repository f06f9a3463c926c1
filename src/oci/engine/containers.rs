//! Containers: their records, and their two layers on top of an image's.

use super::images::Local;
use super::network::Endpoint;
use super::ports::Publish;
use super::{Engine, names, random_id, record, timestamp};
use crate::drivers::changes::{self, Change};
use crate::drivers::{Answer, Failure, files};
use crate::errno::Errno;
use crate::oci::config::RunConfig;
use crate::oci::inspect::ZERO_TIME;
use crate::sys::{AT_FDCWD, Sys};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A container's record, `config.v2.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Container {
    pub state: State,
    #[serde(rename = "ID")]
    pub id: String,
    pub created: String,
    pub path: String,
    pub args: Vec<String>,
    pub config: RunConfig,
    /// The image's identifier.
    pub image: String,
    /// With a slash at its beginning.
    pub name: String,
    pub driver: String,
    pub auto_remove: bool,
    pub readonly_rootfs: bool,
    pub network_mode: String,
    /// Of its place in the networks; empty while it does not run.
    pub sandbox: String,
    /// Its networks by name.
    pub networks: BTreeMap<String, Endpoint>,
    /// Ports that were asked for.
    pub publish: Vec<Publish>,
    /// Published while it runs: inside, and address and port of the machine.
    pub ports: Vec<(String, (String, u16))>,
    /// What of the host's side was chosen: keys of `HostConfig`.
    pub host: BTreeMap<String, serde_json::Value>,
    /// Where memory is mounted, and with which options.
    pub tmpfs: BTreeMap<String, String>,
    /// As they were asked for: `SOURCE:DESTINATION[:ro]`.
    pub binds: Vec<String>,
    pub mount_points: Vec<MountPoint>,
    pub console: (u16, u16),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct State {
    pub running: bool,
    pub paused: bool,
    #[serde(rename = "Pid")]
    pub pid: i32,
    pub exit_code: i32,
    pub error: String,
    pub started_at: String,
    pub finished_at: String,
}

impl Default for State {
    fn default() -> State {
        State {
            running: false,
            paused: false,
            pid: 0,
            exit_code: 0,
            error: String::new(),
            started_at: ZERO_TIME.to_owned(),
            finished_at: ZERO_TIME.to_owned(),
        }
    }
}

impl State {
    /// `created`, `running`, `paused`, `exited`.
    pub fn status(&self) -> &'static str {
        match self {
            _ if self.paused => "paused",
            _ if self.running => "running",
            _ if self.started_at == ZERO_TIME => "created",
            _ => "exited",
        }
    }
}

/// A volume or a directory of the machine inside a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MountPoint {
    /// `volume` or `bind`.
    #[serde(rename = "Type")]
    pub kind: String,
    pub name: String,
    pub source: String,
    pub destination: String,
    #[serde(rename = "RW")]
    pub rw: bool,
}

/// What a new container shall be.
#[derive(Default)]
pub struct Wanted {
    pub name: Option<String>,
    pub config: RunConfig,
    pub auto_remove: bool,
    pub readonly_rootfs: bool,
    pub network_mode: String,
    pub tmpfs: BTreeMap<String, String>,
    pub binds: Vec<String>,
    pub console: (u16, u16),
    pub publish: Vec<Publish>,
    pub host: BTreeMap<String, serde_json::Value>,
}

/// Directories and files of the layer that hides what the engine puts into a container: a path
/// with a slash is a directory.
const INIT: [&str; 10] = [
    "dev/",
    "dev/console",
    "dev/pts/",
    "dev/shm/",
    "etc/",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "proc/",
    "sys/",
];

impl Engine {
    pub fn container_dir(&self, id: &str) -> String {
        format!("{}/containers/{id}", self.root)
    }

    fn mounts_dir(&self, id: &str) -> String {
        format!("{}/layerdb/mounts/{id}", self.driver_dir())
    }

    /// The driver's name of a container's own layer.
    ///
    /// # Errors
    /// A container without one.
    pub fn mount_id(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let path = format!("{}/mount-id", self.mounts_dir(id));
        files::read_text(sys, &path).map_err(|errno| Failure::of("open", &path, errno))
    }

    /// Makes a container of an image.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn create_container(
        &self,
        sys: &mut dyn Sys,
        image: &Local,
        wanted: Wanted,
    ) -> Answer<Container> {
        let id = random_id(sys, "container");
        let name = self.free_name(sys, &id, wanted.name)?;
        let mut config = wanted.config;
        let own = &image.config.config;
        config.exposed_ports = config.exposed_ports.or_else(|| own.exposed_ports.clone());
        config.volumes = config.volumes.or_else(|| own.volumes.clone());
        config.labels =
            config.labels.or_else(|| own.labels.clone()).or_else(|| Some(Default::default()));
        config.stop_signal = config.stop_signal.or_else(|| own.stop_signal.clone());
        if config.hostname.is_empty() {
            config.hostname = id[..12].to_owned();
        }
        let mut words = config.entrypoint.clone().unwrap_or_default();
        words.extend(config.cmd.clone().unwrap_or_default());
        if words.is_empty() {
            return Err(Failure("no command specified".to_owned()));
        }
        let path = words.remove(0);
        let container = Container {
            state: State::default(),
            created: timestamp(sys),
            path,
            args: words,
            config,
            image: image.id.to_string(),
            name: format!("/{name}"),
            driver: self.driver.name().to_owned(),
            auto_remove: wanted.auto_remove,
            readonly_rootfs: wanted.readonly_rootfs,
            networks: [(wanted.network_mode.clone(), Endpoint::default())].into(),
            network_mode: wanted.network_mode,
            sandbox: String::new(),
            publish: wanted.publish,
            ports: Vec::new(),
            host: wanted.host,
            tmpfs: wanted.tmpfs,
            binds: wanted.binds,
            mount_points: Vec::new(),
            console: wanted.console,
            id,
        };
        self.make_layers(sys, image, &container)?;
        let done = self
            .make_directory(sys, &container)
            .and_then(|()| self.make_records(sys, container.clone()));
        match &done {
            Ok(made) => self.tell_container(sys, made, "create", &[]),
            Err(_) => {
                let _ = self.take_apart(sys, &container, false);
            }
        }
        done
    }

    /// The working directory comes into being with the container.
    fn make_directory(&self, sys: &mut dyn Sys, container: &Container) -> Answer<()> {
        let dir = container.config.working_dir.trim_end_matches('/');
        if dir.is_empty() {
            return Ok(());
        }
        let mount_id = self.mount_id(sys, &container.id)?;
        let tree = self.driver.get(sys, &mount_id)?;
        let at = format!("{tree}{dir}");
        let done = match files::stat(sys, &at) {
            Ok(attr) if attr.is_dir() => Ok(()),
            Ok(_) | Err(Errno::ENOTDIR) => {
                Err(Failure(format!("Cannot mkdir: {dir} is not a directory")))
            }
            Err(_) => {
                files::mkdir_all(sys, &at, 0o755).map_err(|errno| Failure::of("mkdir", &at, errno))
            }
        };
        self.driver.put(sys, &mount_id)?;
        done
    }

    fn free_name(&self, sys: &mut dyn Sys, id: &str, wanted: Option<String>) -> Answer<String> {
        let all = self.containers(sys);
        let holder = |name: &str| all.iter().find(|it| it.name[1..] == *name);
        let Some(name) = wanted else {
            let free = (0..).map(|again| names::of(id, again)).find(|name| holder(name).is_none());
            return Ok(free.unwrap_or_default());
        };
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.len() < 2
            || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !name.chars().all(good)
        {
            return Err(Failure(format!(
                "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            )));
        }
        match holder(&name) {
            None => Ok(name),
            Some(other) => Err(Failure(format!(
                "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have \
                 to remove (or rename) that container to be able to reuse that name.",
                other.id
            ))),
        }
    }

    /// A layer, with what `--storage-opt` asks of it.
    fn make_layer(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        below: Option<&str>,
        limits: &[(String, String)],
    ) -> Answer<()> {
        self.driver.create_read_write(sys, id, below)?;
        if limits.is_empty() {
            return Ok(());
        }
        let limited = self.driver.limit(sys, id, limits);
        if limited.is_err() {
            let _ = self.driver.remove(sys, id);
        }
        limited
    }

    /// The `-init` layer and the one that the container writes to.
    fn make_layers(&self, sys: &mut dyn Sys, image: &Local, container: &Container) -> Answer<()> {
        let id = &container.id;
        let top = image.chains().last().copied();
        let below = top.and_then(|chain| self.layer(sys, chain));
        let below = below.as_ref().map(|it| it.cache_id.as_str());
        let mount_id = random_id(sys, "mount");
        let init_id = format!("{mount_id}-init");
        let limits = limits(container);
        self.make_layer(sys, &init_id, below, &limits)?;
        let tree = self.driver.get(sys, &init_id)?;
        let mask = sys.umask(0);
        let filled = fill_init(sys, &tree).map_err(|errno| Failure::of("open", &tree, errno));
        sys.umask(mask);
        self.driver.put(sys, &init_id)?;
        filled?;
        self.make_layer(sys, &mount_id, Some(&init_id), &limits)?;
        let dir = self.mounts_dir(id);
        files::mkdir_all(sys, &dir, 0o755).map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        record(sys, &format!("{dir}/mount-id"), mount_id.as_bytes(), 0o644)?;
        record(sys, &format!("{dir}/init-id"), init_id.as_bytes(), 0o644)?;
        if let Some(top) = top {
            record(sys, &format!("{dir}/parent"), top.to_string().as_bytes(), 0o644)?;
        }
        // The daemon looks whether there is a working directory, which leaves `work/work` of overlayfs behind, the marks
        // of AUFS, and a superblock that was written (seen of 20.10).
        self.driver.get(sys, &mount_id)?;
        self.driver.put(sys, &mount_id)
    }

    fn make_records(&self, sys: &mut dyn Sys, mut container: Container) -> Answer<Container> {
        let dir = self.container_dir(&container.id);
        let mask = sys.umask(0);
        let made = files::mkdir_all(sys, &dir, 0o710);
        sys.umask(mask);
        made.map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        container.mount_points = self.mount_points(sys, &container)?;
        let checkpoints = format!("{dir}/checkpoints");
        files::mkdir_all(sys, &checkpoints, 0o700)
            .map_err(|errno| Failure::of("mkdir", &checkpoints, errno))?;
        self.keep_container(sys, &container)?;
        Ok(container)
    }

    /// Writes the record of a container.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_container(&self, sys: &mut dyn Sys, container: &Container) -> Answer<()> {
        let path = format!("{}/config.v2.json", self.container_dir(&container.id));
        let text = serde_json::to_vec(container).unwrap_or_default();
        record(sys, &path, &text, 0o600)
    }

    pub fn container(&self, sys: &mut dyn Sys, id: &str) -> Option<Container> {
        let path = format!("{}/config.v2.json", self.container_dir(id));
        serde_json::from_slice(&files::read(sys, &path).ok()?).ok()
    }

    /// All containers, the newest first.
    pub fn containers(&self, sys: &mut dyn Sys) -> Vec<Container> {
        let ids = files::names(sys, &format!("{}/containers", self.root));
        let mut all: Vec<Container> = ids.iter().filter_map(|id| self.container(sys, id)).collect();
        let key = |it: &Container| (crate::oci::human::parse_time(&it.created), it.created.clone());
        all.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.id.cmp(&b.id)));
        all
    }

    /// The container that a name, an identifier or its beginning means.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn find_container(&self, sys: &mut dyn Sys, text: &str) -> Answer<Container> {
        let all = self.containers(sys);
        let name = text.trim_start_matches('/');
        if let Some(found) = all.iter().find(|it| it.id == text || it.name[1..] == *name) {
            return Ok(found.clone());
        }
        let mut found = all.into_iter().filter(|it| !text.is_empty() && it.id.starts_with(text));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                Err(Failure(format!("Multiple IDs found with provided prefix: {text}")))
            }
            _ => Err(Failure(format!("No such container: {text}"))),
        }
    }

    /// Gives a container another name.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn rename(&self, sys: &mut dyn Sys, container: &mut Container, name: &str) -> Answer<()> {
        let name = name.strip_prefix('/').unwrap_or(name).to_owned();
        let free = self.free_name(sys, &container.id, Some(name.clone()));
        // Other than for a new container the slash is in the message.
        let shown =
            |why: Failure| Failure(why.0.replace(&format!("({name})"), &format!("(/{name})")));
        let old = std::mem::replace(&mut container.name, format!("/{}", free.map_err(shown)?));
        self.keep_container(sys, container)?;
        self.tell_container(sys, container, "rename", &[("oldName", &old)]);
        Ok(())
    }

    /// Removes a container with its layers, and its volumes without a name when asked to.
    ///
    /// # Errors
    /// The driver's.
    pub fn remove_container(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
        volumes: bool,
    ) -> Answer<()> {
        self.take_apart(sys, container, volumes)?;
        self.tell_container(sys, container, "destroy", &[]);
        Ok(())
    }

    fn take_apart(&self, sys: &mut dyn Sys, container: &Container, volumes: bool) -> Answer<()> {
        if let Ok(mount_id) = self.mount_id(sys, &container.id) {
            self.driver.remove(sys, &mount_id)?;
            self.driver.remove(sys, &format!("{mount_id}-init"))?;
        }
        for dir in [self.mounts_dir(&container.id), self.container_dir(&container.id)] {
            files::remove_all(sys, dir.as_bytes())
                .map_err(|errno| Failure::of("unlinkat", &dir, errno))?;
        }
        if volumes {
            for volume in container.mount_points.iter().filter(|it| is_anonymous(&it.name)) {
                self.remove_volume(sys, &volume.name)?;
            }
        }
        Ok(())
    }

    /// What the container has changed, as `docker diff` prints it.
    ///
    /// # Errors
    /// The driver's.
    pub fn container_changes(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
    ) -> Answer<Vec<Change>> {
        let mount_id = self.mount_id(sys, &container.id)?;
        if let Some(found) = self.driver.own_changes(sys, &mount_id) {
            return found;
        }
        let init_id = format!("{mount_id}-init");
        let new = self.driver.get(sys, &mount_id)?;
        let old = self.driver.get(sys, &init_id)?;
        let found = changes::between(sys, Some(&old), &new)
            .map_err(|errno| Failure::of("lstat", &new, errno));
        self.driver.put(sys, &init_id)?;
        if !container.state.running {
            self.driver.put(sys, &mount_id)?;
        }
        found
    }

    /// Bytes that the container has written.
    pub fn container_size(&self, sys: &mut dyn Sys, container: &Container) -> u64 {
        let Ok(mount_id) = self.mount_id(sys, &container.id) else { return 0 };
        let init_id = format!("{mount_id}-init");
        self.driver.diff_size(sys, &mount_id, Some(&init_id)).unwrap_or(0)
    }
}

impl Container {
    /// It runs no longer: its places in the networks are free.
    pub(super) fn leave(&mut self) {
        self.sandbox.clear();
        self.ports.clear();
        for endpoint in self.networks.values_mut() {
            let network_id = std::mem::take(&mut endpoint.network_id);
            *endpoint = Endpoint { network_id, ..Endpoint::default() };
        }
    }
}

/// The name of a volume that nobody named.
pub fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What is missing of the places that the engine covers; a file or symlink in the way is remade.
fn fill_init(sys: &mut dyn Sys, tree: &str) -> crate::types::Result<()> {
    let make = |sys: &mut dyn Sys, path: &str| -> crate::types::Result<()> {
        let is_dir = path.ends_with('/');
        let at = format!("{tree}/{}", path.trim_end_matches('/'));
        let there = files::lstat(sys, at.as_bytes());
        match there {
            Ok(attr) if attr.is_dir() => return Ok(()),
            Ok(_) => sys.unlinkat(AT_FDCWD, at.as_bytes(), 0)?,
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
        if is_dir { files::mkdir(sys, &at, 0o755) } else { files::write(sys, &at, b"", 0o755) }
    };
    for path in INIT {
        make(sys, path)?;
    }
    let mtab = format!("{tree}/etc/mtab");
    if !files::exists(sys, &mtab) {
        sys.symlinkat(b"/proc/mounts", AT_FDCWD, mtab.as_bytes())?;
    }
    make(sys, ".dockerenv")
}

/// Keys and values of `--storage-opt`.
fn limits(container: &Container) -> Vec<(String, String)> {
    let kept = container.host.get("StorageOpt").and_then(serde_json::Value::as_object);
    let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
    kept.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}
