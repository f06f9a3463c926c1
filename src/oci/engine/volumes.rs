//! Volumes, and what `-v` and `VOLUME` ask for.

use super::containers::{Container, MountPoint};
use super::{Engine, random_id, record};
use crate::drivers::{Answer, Failure, files};
use crate::errno::Errno;
use crate::sys::Sys;
use std::collections::BTreeMap;

impl Engine {
    fn volume_dir(&self, name: &str) -> String {
        format!("{}/volumes/{name}", self.root)
    }

    /// Names of the volumes.
    pub fn volumes(&self, sys: &mut dyn Sys) -> Vec<String> {
        let names = files::names(sys, &format!("{}/volumes", self.root));
        names.into_iter().filter(|name| name != "metadata.db").collect()
    }

    /// Makes a volume; one that is there stays as it is. Its folder.
    ///
    /// # Errors
    /// A name that is none, and the disk's.
    pub fn create_volume(&self, sys: &mut dyn Sys, name: &str) -> Answer<String> {
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.len() < 2 && name.chars().all(good) {
            return Err(Failure(format!(
                "create {name}: volume name is too short, names should be at least two alphanumeric \
                 characters"
            )));
        }
        if !name.chars().all(good) {
            return Err(Failure(format!(
                "create {name}: \"{name}\" includes invalid characters for a local volume name, only \
                 \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use \
                 absolute path"
            )));
        }
        let dir = self.volume_dir(name);
        let data = format!("{dir}/_data");
        let mask = sys.umask(0);
        let made =
            files::mkdir_all(sys, &dir, 0o701).and_then(|()| files::mkdir_all(sys, &data, 0o755));
        sys.umask(mask);
        made.map_err(|errno| Failure::of("mkdir", &data, errno))?;
        self.tell_volume(sys, name, "create");
        Ok(data)
    }

    /// # Errors
    /// The disk's.
    pub fn remove_volume(&self, sys: &mut dyn Sys, name: &str) -> Answer<()> {
        let dir = self.volume_dir(name);
        files::remove_all(sys, dir.as_bytes())
            .map_err(|errno| Failure::of("unlinkat", &dir, errno))?;
        self.tell_volume(sys, name, "destroy");
        Ok(())
    }

    /// Where a volume's files are, if it is there.
    pub fn volume(&self, sys: &mut dyn Sys, name: &str) -> Option<String> {
        let data = format!("{}/_data", self.volume_dir(name));
        files::exists(sys, &data).then_some(data)
    }

    /// What `-v` and `VOLUME` ask for; volumes come into being.
    pub(super) fn mount_points(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
    ) -> Answer<Vec<MountPoint>> {
        let mut points: Vec<MountPoint> = Vec::new();
        for bind in &container.binds {
            points.push(self.bind(sys, bind)?);
        }
        for destination in container.config.volumes.iter().flat_map(|it| it.keys()) {
            if points.iter().any(|it| it.destination == *destination) {
                continue;
            }
            let name = random_id(sys, "volume");
            let source = self.create_volume(sys, &name)?;
            let kind = "volume".to_owned();
            points.push(MountPoint {
                kind,
                name,
                source,
                destination: destination.clone(),
                rw: true,
            });
        }
        Ok(points)
    }

    fn bind(&self, sys: &mut dyn Sys, bind: &str) -> Answer<MountPoint> {
        let invalid = || Failure(format!("invalid volume specification: '{bind}'"));
        let parts: Vec<&str> = bind.split(':').collect();
        let (source, destination, mode) = match parts[..] {
            [destination] => ("", destination, "rw"),
            [source, destination] => (source, destination, "rw"),
            [source, destination, mode] => (source, destination, mode),
            _ => return Err(invalid()),
        };
        if !destination.starts_with('/') || destination == "/" {
            let kind = if source.starts_with('/') { "bind" } else { "volume" };
            return Err(Failure(format!(
                "invalid volume specification: '{bind}': invalid mount config for type \"{kind}\": invalid \
                 mount path: '{destination}' mount path must be absolute"
            )));
        }
        let rw = match mode {
            "rw" => true,
            "ro" => false,
            _ => return Err(Failure(format!("invalid mode: {mode}"))),
        };
        let destination = destination.trim_end_matches('/').to_owned();
        if source.starts_with('/') {
            files::mkdir_all(sys, source, 0o755)
                .or_else(|errno| {
                    if errno == Errno::ENOTDIR || errno == Errno::EEXIST {
                        Ok(())
                    } else {
                        Err(errno)
                    }
                })
                .map_err(|errno| Failure::of("mkdir", source, errno))?;
            let kind = "bind".to_owned();
            return Ok(MountPoint {
                kind,
                name: String::new(),
                source: source.to_owned(),
                destination,
                rw,
            });
        }
        let name = if source.is_empty() { random_id(sys, "volume") } else { source.to_owned() };
        let source = self.create_volume(sys, &name)?;
        Ok(MountPoint { kind: "volume".to_owned(), name, source, destination, rw })
    }

    /// Remembers the labels of a new volume. The real engine keeps them in its database.
    ///
    /// # Errors
    /// The disk's.
    pub fn label_volume(&self, sys: &mut dyn Sys, name: &str, labels: &[String]) -> Answer<()> {
        let path = format!("{}/opts.json", self.volume_dir(name));
        if labels.is_empty() || files::exists(sys, &path) {
            return Ok(());
        }
        let pairs = labels.iter().map(|it| it.split_once('=').unwrap_or((it, "")));
        let pairs: BTreeMap<&str, &str> = pairs.collect();
        record(sys, &path, &serde_json::to_vec(&pairs).unwrap_or_default(), 0o600)
    }

    pub fn volume_labels(&self, sys: &mut dyn Sys, name: &str) -> Option<BTreeMap<String, String>> {
        let text = files::read(sys, &format!("{}/opts.json", self.volume_dir(name))).ok()?;
        serde_json::from_slice(&text).ok()
    }
}
