//! What surrounds a container's process: its tree, mounted with everything that belongs in it, and
//! the volumes.

use super::containers::{Container, MountPoint};
use super::{Engine, random_id, timestamp};
use crate::drivers::{Answer, Failure, apply, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::types::Dev;

/// Devices of a container.
const DEVICES: [(&str, Dev, u32); 6] = [
    ("null", Dev::new(1, 3), 0o666),
    ("zero", Dev::new(1, 5), 0o666),
    ("full", Dev::new(1, 7), 0o666),
    ("random", Dev::new(1, 8), 0o666),
    ("urandom", Dev::new(1, 9), 0o666),
    ("tty", Dev::new(5, 0), 0o666),
];

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
        if name.len() < 2 || !name.chars().all(good) {
            return Err(Failure(format!(
                "create {name}: \"{name}\" includes invalid characters for a local volume name, only \
                 \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use \
                 absolute path"
            )));
        }
        let data = format!("{}/_data", self.volume_dir(name));
        let mask = sys.umask(0);
        let made = files::mkdir_all(sys, &data, 0o755);
        sys.umask(mask);
        made.map_err(|errno| Failure::of("mkdir", &data, errno))?;
        Ok(data)
    }

    /// # Errors
    /// The disk's.
    pub fn remove_volume(&self, sys: &mut dyn Sys, name: &str) -> Answer<()> {
        let dir = self.volume_dir(name);
        files::remove_all(sys, dir.as_bytes()).map_err(|errno| Failure::of("unlinkat", &dir, errno))
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
            return Err(Failure(format!(
                "invalid volume specification: '{bind}': invalid mount config for type \"volume\": invalid \
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

    /// Mounts a container's tree with everything in it; its path.
    ///
    /// # Errors
    /// Those of mounting; nothing stays mounted then.
    pub fn mount_container(&self, sys: &mut dyn Sys, container: &Container) -> Answer<String> {
        let mount_id = self.mount_id(sys, &container.id)?;
        let tree = self.driver.get(sys, &mount_id)?;
        let done = self.mount_inside(sys, container, &tree);
        if let Err(failure) = done {
            let _ = self.unmount_container(sys, container);
            return Err(failure);
        }
        Ok(tree)
    }

    fn mount_inside(&self, sys: &mut dyn Sys, container: &Container, tree: &str) -> Answer<()> {
        let failed = |path: &str, errno| Failure::of("mount", path, errno);
        mount_kernel(sys, tree)?;
        for point in &container.mount_points {
            self.mount_point(sys, point, tree)?;
        }
        if container.readonly_rootfs {
            let flags = ms::BIND | ms::REMOUNT | ms::RDONLY;
            sys.mount(b"none", tree.as_bytes(), b"none", flags, b"")
                .map_err(|it| failed(tree, it))?;
        }
        Ok(())
    }

    fn mount_point(&self, sys: &mut dyn Sys, point: &MountPoint, tree: &str) -> Answer<()> {
        let target = format!("{tree}{}", point.destination);
        let failed = |call: &str, errno| Failure::of(call, &target, errno);
        let source_is_dir = files::stat(sys, &point.source).is_ok_and(|attr| attr.is_dir());
        if !files::exists(sys, &target) {
            if source_is_dir {
                files::mkdir_all(sys, &target, 0o755).map_err(|it| failed("mkdir", it))?;
            } else {
                files::write(sys, &target, b"", 0o755).map_err(|it| failed("open", it))?;
            }
        } else if point.kind == "volume" && files::names(sys, &point.source).is_empty() {
            // A new volume begins with what the image has there.
            apply::copy_tree(sys, &target, &point.source)?;
        }
        let (source, at) = (point.source.as_bytes(), target.as_bytes());
        sys.mount(source, at, b"none", ms::BIND, b"").map_err(|it| failed("mount", it))?;
        if !point.rw {
            let flags = ms::BIND | ms::REMOUNT | ms::RDONLY;
            sys.mount(b"none", at, b"none", flags, b"").map_err(|it| failed("mount", it))?;
        }
        Ok(())
    }

    /// Unmounts everything of a container.
    ///
    /// # Errors
    /// The driver's.
    pub fn unmount_container(&self, sys: &mut dyn Sys, container: &Container) -> Answer<()> {
        let mount_id = self.mount_id(sys, &container.id)?;
        let tree = self.driver.get(sys, &mount_id)?;
        for point in container.mount_points.iter().rev() {
            let _ =
                sys.umount(format!("{tree}{}", point.destination).as_bytes(), ms::UMOUNT_DETACH);
        }
        for name in ["dev", "proc"] {
            let _ = sys.umount(format!("{tree}/{name}").as_bytes(), ms::UMOUNT_DETACH);
        }
        self.driver.put(sys, &mount_id)
    }

    /// A container's process has begun.
    ///
    /// # Errors
    /// The disk's.
    pub fn started(&self, sys: &mut dyn Sys, id: &str, pid: i32) -> Answer<()> {
        let Some(mut container) = self.container(sys, id) else { return Ok(()) };
        container.state.running = true;
        container.state.pid = pid;
        container.state.exit_code = 0;
        container.state.started_at = timestamp(sys);
        self.keep_container(sys, &container)
    }

    /// A container's process is over: its tree goes, and the container too if it was told so.
    ///
    /// # Errors
    /// The driver's.
    pub fn ended(&self, sys: &mut dyn Sys, id: &str, status: i32, error: &str) -> Answer<()> {
        let Some(mut container) = self.container(sys, id) else { return Ok(()) };
        self.unmount_container(sys, &container)?;
        container.state.running = false;
        container.state.pid = 0;
        container.state.exit_code = status;
        container.state.error = error.to_owned();
        container.state.finished_at = timestamp(sys);
        if container.auto_remove {
            return self.remove_container(sys, &container, true);
        }
        self.keep_container(sys, &container)
    }
}

/// Mounts `/proc` and `/dev` with its devices in a tree.
///
/// # Errors
/// Those of mounting.
pub(crate) fn mount_kernel(sys: &mut dyn Sys, tree: &str) -> Answer<()> {
    let failed = |path: &str, errno| Failure::of("mount", path, errno);
    let proc = format!("{tree}/proc");
    sys.mount(b"proc", proc.as_bytes(), b"proc", 14, b"").map_err(|it| failed(&proc, it))?;
    let dev = format!("{tree}/dev");
    sys.mount(b"tmpfs", dev.as_bytes(), b"tmpfs", ms::NOSUID, b"size=64m,mode=755")
        .map_err(|it| failed(&dev, it))?;
    let mask = sys.umask(0);
    for (name, device, mode) in DEVICES {
        let at = format!("{dev}/{name}");
        let _ = sys.mknodat(AT_FDCWD, at.as_bytes(), 0o020_000 | mode, device);
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        let at = format!("{dev}/{name}");
        let _ = sys.symlinkat(target.as_bytes(), AT_FDCWD, at.as_bytes());
    }
    sys.umask(mask);
    Ok(())
}
