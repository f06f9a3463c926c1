//! `devicemapper`: every layer is a thin device, a snapshot of the one below, with a file system of its own.
//!
//! `metadata/ID` says which device of the pool a layer is, `mnt/ID` is where it is mounted while somebody uses it,
//! with the tree in `rootfs` and the layer's name in `id`. The pool lies in two sparse files that the driver makes
//! (loop-lvm), or on a device or pool that the options name (direct-lvm). Rules: containers.md section I (moby 20.10).

mod options;
mod pool;
mod records;
mod status;

use super::{Answer, Driver, Failure, Sink, Source, apply, changes, diff, files};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at, ms};
use options::Options;
use pool::Pool;
use records::{Device, Records};

/// The layer that every layer without a parent is a snapshot of.
const BASE: &str = "base";

pub struct DeviceMapper {
    home: String,
    options: Options,
}

impl DeviceMapper {
    pub fn new(root: &str) -> DeviceMapper {
        DeviceMapper { home: format!("{root}/devicemapper"), options: Options::default() }
    }

    fn records(&self) -> Records<'_> {
        Records { home: &self.home }
    }

    fn mount_point(&self, id: &str) -> String {
        format!("{}/mnt/{id}", self.home)
    }

    fn rootfs(&self, id: &str) -> String {
        format!("{}/rootfs", self.mount_point(id))
    }

    fn is_mounted(&self, sys: &mut dyn Sys, id: &str) -> bool {
        files::exists(sys, &self.rootfs(id))
    }

    fn device(&self, sys: &mut dyn Sys, id: &str) -> Answer<Device> {
        let found = self.records().device(sys, id)?;
        found.ok_or_else(|| Failure(format!("devmapper: Unknown device {id}")))
    }

    /// The name of a layer's device: `docker-MAJOR:MINOR-INODE-ID`.
    fn device_name(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        Ok(format!("{}-{id}", pool::prefix(sys, &self.home)?))
    }

    /// A snapshot of another layer's device, as one transaction of the pool.
    fn snapshot(&self, sys: &mut dyn Sys, id: &str, of: &str) -> Answer<()> {
        let pool = Pool::open(sys, &self.home, &self.options)?;
        let parent = self.device(sys, of)?;
        if self.records().device(sys, id)?.is_some() {
            return Err(Failure(format!("devmapper: device {id} already exists")));
        }
        pool.has_room(sys, self.options.min_free_space)?;
        let own = self.records().next(sys, id)?;
        let active = self.device_name(sys, of)?;
        // The origin may not be written to in between.
        let suspended = pool::suspend(sys, &active);
        let done = pool.message(sys, &format!("create_snap {} {}", own.id, parent.device_id));
        if suspended {
            pool::resume(sys, &active);
        }
        done?;
        self.keep(sys, &pool, id, own, parent.size)
    }

    fn keep(
        &self,
        sys: &mut dyn Sys,
        pool: &Pool,
        id: &str,
        own: records::Next,
        size: u64,
    ) -> Answer<()> {
        let device = Device {
            device_id: own.id,
            size,
            transaction_id: own.transaction,
            initialized: false,
            deleted: false,
        };
        self.records().put(sys, id, &device)?;
        let before = own.transaction - 1;
        pool.message(sys, &format!("set_transaction_id {before} {}", own.transaction))
    }

    /// The device that all others come from, with an empty file system.
    fn make_base(&self, sys: &mut dyn Sys) -> Answer<()> {
        let pool = Pool::open(sys, &self.home, &self.options)?;
        pool.has_room(sys, self.options.min_free_space)?;
        let own = self.records().next(sys, BASE)?;
        let size = self.options.base_size;
        pool.message(sys, &format!("create_thin {}", own.id))?;
        self.keep(sys, &pool, BASE, own, size)?;
        let name = self.device_name(sys, BASE)?;
        pool.activate(sys, &name, own.id, size)?;
        let made = pool::format(sys, &name);
        pool::deactivate(sys, &name)?;
        let uuid = made?;
        let device = self.device(sys, BASE)?;
        self.records().put(sys, BASE, &Device { initialized: true, ..device })?;
        self.records().keep_set(sys, own.id, &uuid)
    }

    /// Mounts a layer unless it is mounted, and its tree; whether it was mounted here.
    fn visible(&self, sys: &mut dyn Sys, id: &str) -> Answer<(String, bool)> {
        let was = self.is_mounted(sys, id);
        Ok((self.get(sys, id)?, !was))
    }

    /// Compares a layer with its parent while both are mounted.
    fn compared<R>(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        work: impl FnOnce(&mut dyn Sys, &str, &[changes::Change]) -> Answer<R>,
    ) -> Answer<R> {
        let (new, own) = self.visible(sys, id)?;
        let old = match parent {
            Some(parent) => Some((parent, self.visible(sys, parent)?)),
            None => None,
        };
        let failed = |errno| Failure::of("lstat", &new, errno);
        let tree = old.as_ref().map(|it| it.1.0.as_str());
        let done = changes::between(sys, tree, &new)
            .map_err(failed)
            .and_then(|found| work(sys, &new, &found));
        if let Some((parent, (_, true))) = old {
            self.put(sys, parent)?;
        }
        if own {
            self.put(sys, id)?;
        }
        done
    }
}

impl Driver for DeviceMapper {
    fn name(&self) -> &'static str {
        "devicemapper"
    }

    fn home(&self) -> &str {
        &self.home
    }

    fn option(&mut self, key: &str, value: &str) -> Answer<()> {
        self.options.set(key, value)
    }

    fn init(&self, sys: &mut dyn Sys) -> Answer<()> {
        for dir in ["", "/metadata", "/mnt"] {
            let path = format!("{}{dir}", self.home);
            files::mkdir_all(sys, &path, 0o700).map_err(|it| Failure::of("mkdir", &path, it))?;
        }
        Pool::make(sys, &self.home, &self.options)?;
        match self.records().device(sys, BASE)? {
            Some(_) => Ok(()),
            None => self.make_base(sys),
        }
    }

    fn status(&self, sys: &mut dyn Sys) -> Vec<(String, String)> {
        status::lines(sys, &self.home, &self.options)
    }

    fn make(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<()> {
        self.snapshot(sys, id, parent.unwrap_or(BASE))
    }

    fn limit(&self, _sys: &mut dyn Sys, _id: &str, _options: &[(String, String)]) -> Answer<()> {
        let why = "--storage-opt is not simulated for devicemapper: its file systems do not grow; use dm.basesize";
        Err(Failure(why.to_owned()))
    }

    fn get(&self, sys: &mut dyn Sys, id: &str) -> Answer<String> {
        let rootfs = self.rootfs(id);
        if files::exists(sys, &rootfs) {
            return Ok(rootfs);
        }
        let device = self.device(sys, id)?;
        let pool = Pool::open(sys, &self.home, &self.options)?;
        let name = self.device_name(sys, id)?;
        pool.activate(sys, &name, device.device_id, device.size)?;
        let target = self.mount_point(id);
        let node = format!("/dev/mapper/{name}");
        let mounted = files::mkdir_all(sys, &target, 0o700)
            .and_then(|()| sys.mount(node.as_bytes(), target.as_bytes(), b"ext4", 0, b"discard"));
        if let Err(errno) = mounted {
            let _ = pool::deactivate(sys, &name);
            return Err(Failure(format!(
                "devmapper: Error mounting '{node}' on '{target}': {}",
                errno.message().to_lowercase()
            )));
        }
        let failed = |path: &str, errno| Failure::of("open", path, errno);
        match files::mkdir(sys, &rootfs, 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => {
                self.unmount(sys, id)?;
                return Err(failed(&rootfs, errno));
            }
        }
        // So that somebody who finds the device knows whose it is.
        let file = format!("{target}/id");
        if !files::exists(sys, &file) {
            files::write(sys, &file, id.as_bytes(), 0o600).map_err(|it| failed(&file, it))?;
        }
        if !device.initialized {
            self.records().put(sys, id, &Device { initialized: true, ..device })?;
        }
        Ok(rootfs)
    }

    fn put(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        match self.is_mounted(sys, id) {
            true => self.unmount(sys, id),
            false => Ok(()),
        }
    }

    fn remove(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let Some(device) = self.records().device(sys, id)? else { return Ok(()) };
        self.put(sys, id)?;
        let pool = Pool::open(sys, &self.home, &self.options)?;
        let transaction = self.records().transaction(sys)? + 1;
        pool.message(sys, &format!("delete {}", device.device_id))?;
        self.records().forget(sys, id, transaction)?;
        pool.message(sys, &format!("set_transaction_id {} {transaction}", transaction - 1))?;
        let target = self.mount_point(id);
        let _ = sys.unlinkat(AT_FDCWD, target.as_bytes(), at::REMOVEDIR);
        Ok(())
    }

    fn exists(&self, sys: &mut dyn Sys, id: &str) -> bool {
        self.records().device(sys, id).is_ok_and(|it| it.is_some())
    }

    fn diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        parent: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Answer<()> {
        self.compared(sys, id, parent, |sys, tree, found| {
            diff::naive(sys, tree, found, sink).map_err(|it| Failure::of("archive", tree, it))
        })
    }

    fn apply_diff(
        &self,
        sys: &mut dyn Sys,
        id: &str,
        _parent: Option<&str>,
        source: &mut Source<'_>,
    ) -> Answer<u64> {
        let (tree, own) = self.visible(sys, id)?;
        let done = apply::apply(sys, &tree, apply::Whiteouts::Remove, source);
        if own {
            self.put(sys, id)?;
        }
        done
    }

    fn diff_size(&self, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> Answer<u64> {
        self.compared(sys, id, parent, |sys, tree, found| {
            changes::size(sys, tree, found).map_err(|it| Failure::of("lstat", tree, it))
        })
    }

    fn metadata(&self, sys: &mut dyn Sys, id: &str) -> Option<Vec<(&'static str, String)>> {
        let device = self.records().device(sys, id).ok()??;
        Some(vec![
            ("DeviceId", device.device_id.to_string()),
            ("DeviceName", self.device_name(sys, id).ok()?),
            ("DeviceSize", device.size.to_string()),
        ])
    }

    fn own_files(&self, sys: &mut dyn Sys, id: &str) -> String {
        self.get(sys, id).unwrap_or_else(|_| self.rootfs(id))
    }
}

impl DeviceMapper {
    fn unmount(&self, sys: &mut dyn Sys, id: &str) -> Answer<()> {
        let target = self.mount_point(id);
        sys.umount(target.as_bytes(), ms::UMOUNT_DETACH)
            .map_err(|errno| Failure::of("unmount", &target, errno))?;
        let _ = sys.unlinkat(AT_FDCWD, target.as_bytes(), at::REMOVEDIR);
        let name = self.device_name(sys, id)?;
        pool::deactivate(sys, &name)
    }
}
