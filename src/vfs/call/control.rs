//! Requests beside files: the typed `ioctl` of file systems with several trees, and of /dev/zfs.

use crate::cred::Caps;
use crate::errno::Errno;
use crate::fs::checked::{self, may};
use crate::sys::{Fd, ms};
use crate::types::control::{Control, Controlled, Zfs};
use crate::types::{FsId, Result};
use crate::vfs::mounts::Place;
use crate::vfs::{SysOf, dev};

impl SysOf<'_> {
    pub(super) fn do_control(
        &mut self,
        fd: Fd,
        other: Option<Fd>,
        ask: &Control,
    ) -> Result<Controlled> {
        let place = self.place_of(fd)?.ok_or(Errno::ENOTTY)?;
        if let Control::Zfs(ask) = ask {
            let attr = self.on(place.fs, |f, cx| f.peek_attr(cx, place.ino))?;
            return if attr.rdev == dev::ZFS { self.zfs(ask) } else { Err(Errno::ENOTTY) };
        }
        let source = other.map(|fd| self.place_of(fd)?.ok_or(Errno::ENOTTY)).transpose()?;
        if source.is_some_and(|it| it.fs != place.fs) {
            return Err(Errno::EXDEV);
        }
        self.may_control(place, ask)?;
        self.on(place.fs, |f, cx| f.control(cx, place.ino, source.map(|it| it.ino), ask))
    }

    /// Names come and go by the rights of a directory; a tree that is not empty goes by those of an
    /// administrator, and so does what concerns the whole.
    fn may_control(&mut self, at: Place, ask: &Control) -> Result<()> {
        let admin = self.my_cred().has(Caps::SYS_ADMIN);
        match ask {
            Control::Create { .. } | Control::Snapshot { .. } | Control::Delete { .. } => {
                if self.mount_flags(at.mnt) & ms::RDONLY != 0 {
                    return Err(Errno::EROFS);
                }
                let cred = self.my_cred();
                let mask = may::WRITE | may::EXEC;
                self.kernel.cx(&cred, |cx| checked::permission(cx, at.fs, at.ino, mask))?;
                match ask {
                    Control::Delete { .. } if !admin => Err(Errno::EPERM),
                    _ => Ok(()),
                }
            }
            Control::SetDefault { .. } | Control::SetReadOnly { .. } if !admin => Err(Errno::EPERM),
            _ => Ok(()),
        }
    }

    /// The file systems that are pools.
    fn pools(&self) -> Vec<FsId> {
        let disks = &self.kernel.disks;
        disks.ids().filter(|id| disks.peek(*id).is_some_and(|f| f.type_name() == "zfs")).collect()
    }

    fn zfs(&mut self, ask: &Zfs) -> Result<Controlled> {
        let reads = matches!(ask, Zfs::Pools | Zfs::List | Zfs::Exists { .. });
        if !reads && !self.my_cred().has(Caps::SYS_ADMIN) {
            return Err(Errno::EPERM);
        }
        let name = match ask {
            Zfs::Pools | Zfs::List => return self.ask_all_pools(ask),
            Zfs::PoolCreate { .. } => return self.create_pool(ask),
            Zfs::PoolDestroy { name } | Zfs::Create { name, .. } | Zfs::Clone { name, .. } => name,
            Zfs::Exists { name } => name,
            Zfs::Destroy { name, .. } | Zfs::Promote { name } | Zfs::Rename { name, .. } => name,
            Zfs::Set { name, .. } | Zfs::Inherit { name, .. } => name,
            Zfs::Rollback { snapshot } => snapshot,
            Zfs::Snapshot { names } => names.first().ok_or(Errno::EINVAL)?,
        };
        let pool = self.pool_of(name)?;
        let control = Control::Zfs(ask.clone());
        let root = self.kernel.root_of(pool);
        let done = self.on(pool, |f, cx| f.control(cx, root, None, &control))?;
        if matches!(ask, Zfs::PoolDestroy { .. }) {
            self.kernel.mounts.drop_super(pool);
            self.kernel.disks.remove(pool);
        }
        Ok(done)
    }

    fn ask_all_pools(&mut self, ask: &Zfs) -> Result<Controlled> {
        let (mut pools, mut sets) = (Vec::new(), Vec::new());
        for pool in self.pools() {
            let (root, control) = (self.kernel.root_of(pool), Control::Zfs(ask.clone()));
            match self.on(pool, |f, cx| f.control(cx, root, None, &control))? {
                Controlled::Pools(more) => pools.extend(more),
                Controlled::Datasets(more) => sets.extend(more),
                _ => {}
            }
        }
        Ok(match ask {
            Zfs::Pools => Controlled::Pools(pools),
            _ => Controlled::Datasets(sets),
        })
    }

    /// The pool that a dataset's name begins with.
    ///
    /// # Errors
    /// `ENOENT`.
    pub(super) fn pool_of(&mut self, name: &str) -> Result<FsId> {
        let wanted = name.split(['/', '@']).next().unwrap_or(name).to_owned();
        for pool in self.pools() {
            let root = self.kernel.root_of(pool);
            let ask = Control::Zfs(Zfs::Pools);
            let found = self.on(pool, |f, cx| f.control(cx, root, None, &ask))?;
            if matches!(found, Controlled::Pools(list) if list.iter().any(|it| it.name == wanted)) {
                return Ok(pool);
            }
        }
        Err(Errno::ENOENT)
    }

    #[cfg(feature = "all-commands")]
    fn create_pool(&mut self, ask: &Zfs) -> Result<Controlled> {
        use crate::vfs::mounts::Super;
        use crate::volumes::{Make, Volumes};
        let Zfs::PoolCreate { name, devices, props } = ask else { return Err(Errno::EINVAL) };
        if self.pool_of(name).is_ok() {
            return Err(Errno::EEXIST);
        }
        let Controlled::Pools(others) = self.ask_all_pools(&Zfs::Pools)? else {
            return Err(Errno::EIO);
        };
        let taken = |device: &String| others.iter().any(|it| it.devices.contains(device));
        if devices.iter().any(|(device, _)| taken(device)) {
            return Err(Errno::EBUSY);
        }
        let mut uuid = [0; 16];
        self.kernel.fill_random(&mut uuid);
        let (size, now) = (0, self.kernel.clock.coarse());
        let devs = Volumes::devices(self.kernel.disks.next_id());
        let make = Make { size, uuid, devs, now, name: name.clone() };
        let pool = Volumes::zfs(&make, devices, props)?;
        let fs = self.kernel.disks.add(Box::new(pool));
        let sup = Super { dev: devs, below: Vec::new(), anon: Vec::new(), disk: true };
        self.kernel.mounts.set_super(fs, sup);
        Ok(Controlled::Done)
    }

    #[cfg(not(feature = "all-commands"))]
    fn create_pool(&mut self, _ask: &Zfs) -> Result<Controlled> {
        Err(Errno::ENODEV)
    }
}
