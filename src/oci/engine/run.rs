//! What surrounds a container's process: its tree, a mount namespace with everything that belongs in it,
//! and the files that the engine lays over the image's.

use super::containers::{Container, MountPoint};
use super::network::PREDEFINED;
use super::{Engine, record, timestamp};
use crate::drivers::{Answer, Failure, apply, files};
use crate::oci::digest::Digest;
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::types::{Dev, OpenFlags};

/// Devices of a container.
const DEVICES: [(&str, Dev, u32); 6] = [
    ("null", Dev::new(1, 3), 0o666),
    ("zero", Dev::new(1, 5), 0o666),
    ("full", Dev::new(1, 7), 0o666),
    ("random", Dev::new(1, 8), 0o666),
    ("urandom", Dev::new(1, 9), 0o666),
    ("tty", Dev::new(5, 0), 0o666),
];

const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("ptmx", "pts/ptmx"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// What a kernel file system of its own hides in a real container; here they are plain folders.
const PLACES: [(&str, u32); 3] = [("mqueue", 0o1777), ("pts", 0o755), ("shm", 0o755)];

/// Parts of /proc that a container may only read.
const READ_ONLY: [&str; 4] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"];

const NO_EXTRAS: u64 = ms::NOSUID | ms::NODEV | ms::NOEXEC;

/// Files of the engine over those of the image: name in the container's folder, path inside.
const COVERED: [(&str, &str); 3] =
    [("resolv.conf", "/etc/resolv.conf"), ("hostname", "/etc/hostname"), ("hosts", "/etc/hosts")];

/// What every container finds in /etc/hosts (observed on 20.10).
const HOSTS: &str = "127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
";

/// What Docker writes when the machine knows no name server.
const RESOLV: &str = "nameserver 8.8.8.8\nnameserver 8.8.4.4\n";

/// Of a container in a network that was made (observed on 20.10).
const RESOLV_OWN: &str = "nameserver 127.0.0.11\noptions ndots:0\n";

impl Engine {
    /// Makes a container ready to start: its place in the network, its own files; then its tree, mounted
    /// where the machine sees it. The path of the tree.
    ///
    /// # Errors
    /// Those of the disk and of mounting; nothing stays mounted then.
    pub fn prepare(&self, sys: &mut dyn Sys, container: &mut Container) -> Answer<String> {
        self.join(sys, container)?;
        self.tell_surroundings(sys, container, true);
        self.own_files(sys, container)?;
        self.keep_container(sys, container)?;
        let mount_id = self.mount_id(sys, &container.id)?;
        self.driver.get(sys, &mount_id)
    }

    pub(super) fn own_files(&self, sys: &mut dyn Sys, container: &Container) -> Answer<()> {
        let dir = self.container_dir(&container.id);
        let hostname = &container.config.hostname;
        let mut hosts = HOSTS.to_owned();
        // The network that it was started in comes first.
        let mut networks: Vec<_> = container.networks.iter().collect();
        networks.sort_by_key(|it| *it.0 != container.network_mode);
        for address in networks.iter().filter_map(|it| it.1.address) {
            hosts += &format!("{address}\t{hostname}\n");
        }
        let more = container.host.get("ExtraHosts").and_then(|it| it.as_array());
        for (name, address) in
            more.into_iter().flatten().filter_map(|it| it.as_str()?.split_once(':'))
        {
            hosts += &format!("{address}\t{name}\n");
        }
        let resolv = files::read(sys, "/etc/resolv.conf").unwrap_or_default();
        let resolv = match resolv.is_empty() {
            // In a network that was made the engine itself knows the names.
            _ if container.networks.keys().any(|it| !PREDEFINED.contains(&it.as_str())) => {
                RESOLV_OWN.as_bytes().to_vec()
            }
            true => RESOLV.as_bytes().to_vec(),
            false => resolv,
        };
        let hash = Digest::of(&resolv).to_string();
        let mask = sys.umask(0);
        let made = files::mkdir_all(sys, &format!("{dir}/mounts"), 0o710);
        sys.umask(mask);
        made.map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        for (name, text) in [
            ("hostname", format!("{hostname}\n").as_bytes()),
            ("hosts", hosts.as_bytes()),
            ("resolv.conf", &resolv),
            ("resolv.conf.hash", hash.as_bytes()),
        ] {
            let path = format!("{dir}/{name}");
            // What was written to them inside stays over a restart, but for the addresses.
            if name != "hosts" && files::exists(sys, &path) {
                continue;
            }
            if container.state.running {
                // It is mounted inside: another file would not be seen there.
                files::write(sys, &path, text, 0o644)
                    .map_err(|errno| Failure::of("open", &path, errno))?;
            } else {
                record(sys, &path, text, 0o644)?;
            }
        }
        Ok(())
    }

    /// Gives the process mounts of its own with the container's tree as their root, as runc does, and puts
    /// in what belongs there.
    ///
    /// # Errors
    /// Those of mounting. The process is to end then.
    pub fn enclose(&self, sys: &mut dyn Sys, container: &Container, tree: &str) -> Answer<()> {
        let failed = |path: &str, errno| Failure::of("mount", path, errno);
        sys.unshare_mounts().map_err(|it| failed("/", it))?;
        // The root has to be a mount; a driver's tree need not be one.
        sys.mount(tree.as_bytes(), tree.as_bytes(), b"none", ms::BIND | ms::REC, b"")
            .map_err(|it| failed(tree, it))?;
        self.furnish(sys, container, tree)?;
        let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::CLOEXEC;
        let old = sys.openat(AT_FDCWD, b"/", flags, 0).map_err(|it| failed("/", it))?;
        let done = sys
            .chdir(tree.as_bytes())
            .and_then(|()| sys.pivot_root(b".", b"."))
            .and_then(|()| sys.fchdir(old))
            .and_then(|()| sys.umount(b".", ms::UMOUNT_DETACH))
            .and_then(|()| sys.chdir(b"/"));
        let _ = sys.close(old);
        done.map_err(|it| Failure::of("pivot_root", tree, it))
    }

    fn furnish(&self, sys: &mut dyn Sys, container: &Container, tree: &str) -> Answer<()> {
        let failed = |path: &str, errno| Failure::of("mount", path, errno);
        mount_kernel(sys, tree)?;
        if container.config.tty {
            // The terminal belongs to its user and to the group tty.
            let mask = sys.umask(0);
            for name in ["console", "pts/0"] {
                let at = format!("{tree}/dev/{name}");
                let _ = sys.mknodat(AT_FDCWD, at.as_bytes(), 0o020_620, Dev::new(136, 0));
                let _ = sys.fchownat(AT_FDCWD, at.as_bytes(), Some(0), Some(5), 0);
            }
            sys.umask(mask);
        }
        let dir = self.container_dir(&container.id);
        for (name, inside) in COVERED {
            let (source, at) = (format!("{dir}/{name}"), format!("{tree}{inside}"));
            let covers = container.mount_points.iter().any(|it| it.destination == inside);
            if !covers {
                sys.mount(source.as_bytes(), at.as_bytes(), b"none", ms::BIND, b"")
                    .map_err(|it| failed(&at, it))?;
            }
        }
        self.mount_points_below(sys, container, tree)?;
        for path in READ_ONLY {
            let at = format!("{tree}{path}");
            let flags = ms::BIND | ms::REC;
            if files::exists(sys, &at)
                && sys.mount(at.as_bytes(), at.as_bytes(), b"none", flags, b"").is_ok()
            {
                let flags = ms::BIND | ms::REMOUNT | ms::RDONLY | NO_EXTRAS;
                let _ = sys.mount(b"none", at.as_bytes(), b"none", flags, b"");
            }
        }
        if container.readonly_rootfs {
            let flags = ms::BIND | ms::REMOUNT | ms::RDONLY;
            sys.mount(b"none", tree.as_bytes(), b"none", flags, b"")
                .map_err(|it| failed(tree, it))?;
        }
        Ok(())
    }

    /// Volumes, directories of the machine, and memory at their places in a tree.
    ///
    /// # Errors
    /// Those of mounting.
    pub fn mount_points_below(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
        tree: &str,
    ) -> Answer<()> {
        for (path, options) in &container.tmpfs {
            let at = format!("{tree}{path}");
            let failed = |errno| Failure::of("mount", &at, errno);
            files::mkdir_all(sys, &at, 0o755).map_err(failed)?;
            sys.mount(b"tmpfs", at.as_bytes(), b"tmpfs", NO_EXTRAS, options.as_bytes())
                .map_err(failed)?;
        }
        for point in &container.mount_points {
            self.mount_point(sys, point, tree)?;
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
        sys.mount(source, at, b"none", ms::BIND | ms::REC, b"")
            .map_err(|it| failed("mount", it))?;
        if !point.rw {
            let flags = ms::BIND | ms::REMOUNT | ms::RDONLY;
            sys.mount(b"none", at, b"none", flags, b"").map_err(|it| failed("mount", it))?;
        }
        Ok(())
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
        self.keep_container(sys, &container)?;
        self.tell_container(sys, &container, "start", &[]);
        Ok(())
    }

    /// A container's process did not come up.
    ///
    /// # Errors
    /// The driver's.
    pub fn failed(&self, sys: &mut dyn Sys, id: &str, status: i32, error: &str) -> Answer<()> {
        let Some(mut container) = self.container(sys, id) else { return Ok(()) };
        let mount_id = self.mount_id(sys, id)?;
        self.driver.put(sys, &mount_id)?;
        self.tell_surroundings(sys, &container, false);
        container.leave();
        container.state.exit_code = status;
        container.state.error = error.to_owned();
        if container.auto_remove {
            return self.remove_container(sys, &container, true);
        }
        self.keep_container(sys, &container)
    }

    /// A container's process is over: its tree goes, and the container too if it was told so.
    ///
    /// # Errors
    /// The driver's.
    pub fn ended(&self, sys: &mut dyn Sys, id: &str, status: i32) -> Answer<()> {
        let Some(mut container) = self.container(sys, id) else { return Ok(()) };
        let mount_id = self.mount_id(sys, id)?;
        self.driver.put(sys, &mount_id)?;
        self.tell_container(sys, &container, "die", &[("exitCode", &status.to_string())]);
        self.tell_surroundings(sys, &container, false);
        container.leave();
        container.state.running = false;
        container.state.paused = false;
        container.state.pid = 0;
        container.state.exit_code = status;
        container.state.error = String::new();
        container.state.finished_at = timestamp(sys);
        if container.auto_remove {
            return self.remove_container(sys, &container, true);
        }
        self.keep_container(sys, &container)
    }
}

/// Mounts `/proc`, `/sys` and `/dev` with its devices in a tree.
///
/// # Errors
/// Those of mounting.
pub(crate) fn mount_kernel(sys: &mut dyn Sys, tree: &str) -> Answer<()> {
    let failed = |path: &str, errno| Failure::of("mount", path, errno);
    let proc = format!("{tree}/proc");
    sys.mount(b"proc", proc.as_bytes(), b"proc", NO_EXTRAS, b"").map_err(|it| failed(&proc, it))?;
    let dev = format!("{tree}/dev");
    sys.mount(b"tmpfs", dev.as_bytes(), b"tmpfs", ms::NOSUID, b"size=65536k,mode=755")
        .map_err(|it| failed(&dev, it))?;
    let mask = sys.umask(0);
    for (name, device, mode) in DEVICES {
        let at = format!("{dev}/{name}");
        let _ = sys.mknodat(AT_FDCWD, at.as_bytes(), 0o020_000 | mode, device);
    }
    for (name, target) in LINKS {
        let _ = sys.symlinkat(target.as_bytes(), AT_FDCWD, format!("{dev}/{name}").as_bytes());
    }
    for (name, mode) in PLACES {
        let _ = files::mkdir(sys, &format!("{dev}/{name}"), mode);
    }
    let _ = sys.mknodat(AT_FDCWD, format!("{dev}/pts/ptmx").as_bytes(), 0o020_666, Dev::new(5, 2));
    sys.umask(mask);
    let at = format!("{tree}/sys");
    let flags = ms::RDONLY | NO_EXTRAS;
    sys.mount(b"sysfs", at.as_bytes(), b"sysfs", flags, b"").map_err(|it| failed(&at, it))?;
    let shm = format!("{dev}/shm");
    sys.mount(b"shm", shm.as_bytes(), b"tmpfs", NO_EXTRAS, b"size=65536k,mode=1777")
        .map_err(|it| failed(&shm, it))?;
    Ok(())
}
