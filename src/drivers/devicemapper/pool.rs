//! The pool of the driver: made of sparse files or of a device, or found; devices of it come and go.

use super::options::Options;
use crate::block::mapper::{Kind, Request};
use crate::block::{Ask, Format, SECTOR, Tell, What};
use crate::drivers::{Answer, Failure, files, ground};
use crate::errno::Errno;
use crate::sys::Sys;

/// Free blocks at which the kernel tells the daemon (`dm.thin_low_water`).
const LOW_WATER: u64 = 32_768;

/// A pool that is active.
pub struct Pool {
    pub name: String,
}

/// What `dmsetup status` says of a pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    pub meta_used: u64,
    pub meta_total: u64,
    pub used: u64,
    pub total: u64,
    /// Bytes of a block.
    pub block: u64,
}

fn ask(sys: &mut dyn Sys, request: Request<'_>) -> Result<Tell, Errno> {
    sys.block(&Ask::Mapper(request))
}

fn failed(what: &str, name: &str, errno: Errno) -> Failure {
    let why = errno.message().to_lowercase();
    Failure(format!("devicemapper: Error running {what} on {name}: {why}"))
}

/// What the names of all devices of this data root begin with: where its folder lies.
///
/// # Errors
/// No such folder.
pub fn prefix(sys: &mut dyn Sys, home: &str) -> Answer<String> {
    let attr = files::stat(sys, home).map_err(|it| Failure::of("stat", home, it))?;
    Ok(format!("docker-{}:{}-{}", attr.dev.major, attr.dev.minor, attr.ino))
}

/// A device with this table.
///
/// # Errors
/// Those of the mapper; nothing is left then.
fn create(sys: &mut dyn Sys, name: &str, table: &str) -> Answer<()> {
    ask(sys, Request::Create { name, uuid: "" }).map_err(|it| failed("DeviceCreate", name, it))?;
    let done =
        ask(sys, Request::Load { name, table }).and_then(|_| ask(sys, Request::Resume { name }));
    match done {
        Ok(_) => Ok(()),
        Err(errno) => {
            let _ = ask(sys, Request::Remove { name });
            Err(failed("DeviceCreate", name, errno))
        }
    }
}

fn is_active(sys: &mut dyn Sys, name: &str) -> bool {
    ask(sys, Request::Opened { name }).is_ok()
}

/// Stops writes to a device, if it is active.
pub fn suspend(sys: &mut dyn Sys, name: &str) -> bool {
    ask(sys, Request::Suspend { name }).is_ok()
}

pub fn resume(sys: &mut dyn Sys, name: &str) {
    let _ = ask(sys, Request::Resume { name });
}

/// Takes the mapping of a device away; its contents stay in the pool.
///
/// # Errors
/// `EBUSY` in words.
pub fn deactivate(sys: &mut dyn Sys, name: &str) -> Answer<()> {
    match ask(sys, Request::Remove { name }) {
        Ok(_) | Err(Errno::ENXIO) => Ok(()),
        Err(errno) => Err(failed("deviceRemove", name, errno)),
    }
}

/// An ext4 with all its tables written, as the driver makes it; its uuid.
///
/// # Errors
/// No room in the pool.
pub fn format(sys: &mut dyn Sys, name: &str) -> Answer<String> {
    let node = format!("/dev/mapper/{name}");
    let format = Format { kind: "ext4".to_owned(), eager: true, ..Format::default() };
    let failed = |errno: Errno| {
        let why = errno.message().to_lowercase();
        Failure(format!("devmapper: Error creating filesystem on device {name}: {why}"))
    };
    sys.block(&Ask::Format { device: node.as_bytes(), format: &format }).map_err(failed)?;
    match sys.block(&Ask::Probe { device: node.as_bytes() }).map_err(failed)? {
        Tell::Volume(Some(volume)) => {
            Ok(volume.uuid.iter().map(|it| format!("{it:02x}")).collect())
        }
        _ => Err(failed(Errno::EIO)),
    }
}

fn size(sys: &mut dyn Sys, device: &str) -> Answer<u64> {
    match sys.block(&Ask::Size { device: device.as_bytes() }) {
        Ok(Tell::Number(size)) => Ok(size),
        Ok(_) => Err(Failure::of("stat", device, Errno::EIO)),
        Err(errno) => Err(Failure::of("stat", device, errno)),
    }
}

impl Pool {
    /// The name that the options give the pool.
    fn name(sys: &mut dyn Sys, home: &str, options: &Options) -> Answer<String> {
        match (&options.pool, &options.disk) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(_)) => Ok("docker-thinpool".to_owned()),
            (None, None) => Ok(format!("{}-pool", prefix(sys, home)?)),
        }
    }

    /// The pool, which is active.
    ///
    /// # Errors
    /// It is not.
    pub fn open(sys: &mut dyn Sys, home: &str, options: &Options) -> Answer<Pool> {
        let name = Pool::name(sys, home, options)?;
        match is_active(sys, &name) {
            true => Ok(Pool { name }),
            // Programs that outlive a command know the data root and not its options.
            false if is_active(sys, "docker-thinpool") => {
                Ok(Pool { name: "docker-thinpool".to_owned() })
            }
            false => Err(Failure(format!("devmapper: thin pool {name} does not exist"))),
        }
    }

    /// Makes the pool unless it is active.
    ///
    /// # Errors
    /// Those of files, loop devices and the mapper; a pool that is named and not there.
    pub fn make(sys: &mut dyn Sys, home: &str, options: &Options) -> Answer<()> {
        let name = Pool::name(sys, home, options)?;
        if is_active(sys, &name) {
            return Ok(());
        }
        let (meta, data) = match (&options.pool, &options.disk) {
            (Some(_), _) => {
                let why = format!("devmapper: Non existing device {name}");
                return Err(Failure(why));
            }
            (None, Some(disk)) => Pool::split(sys, disk)?,
            (None, None) => Pool::files(sys, home, options)?,
        };
        let sectors = size(sys, &data)? / SECTOR;
        let block = options.block / SECTOR;
        let table =
            format!("0 {sectors} thin-pool {meta} {data} {block} {LOW_WATER} 1 skip_block_zeroing");
        create(sys, &name, &table)
    }

    /// Two sparse files with loop devices: metadata, data.
    fn files(sys: &mut dyn Sys, home: &str, options: &Options) -> Answer<(String, String)> {
        let dir = format!("{home}/devicemapper");
        files::mkdir_all(sys, &dir, 0o700).map_err(|it| Failure::of("mkdir", &dir, it))?;
        let mut devices = Vec::new();
        for (name, bytes) in [("data", options.data_size), ("metadata", options.meta_size)] {
            let path = format!("{dir}/{name}");
            let failed = |it| Failure::of("open", &path, it);
            if !files::exists(sys, &path) {
                ground::sparse(sys, &path, bytes).map_err(failed)?;
            }
            devices.push(ground::attach(sys, &path).map_err(failed)?);
        }
        let meta = devices.pop().unwrap_or_default();
        Ok((meta, devices.pop().unwrap_or_default()))
    }

    /// Two parts of a device: one per cent for metadata, 95 for data (`dm.thinp_percent`, `dm.thinp_metapercent`).
    fn split(sys: &mut dyn Sys, disk: &str) -> Answer<(String, String)> {
        let sectors = size(sys, disk)? / SECTOR / 128 * 128;
        let (meta, data) = (sectors / 100 / 128 * 128, sectors * 95 / 100 / 128 * 128);
        let mut at = 0;
        let mut made = Vec::new();
        for (name, len) in [("docker-thinpool_tmeta", meta), ("docker-thinpool_tdata", data)] {
            create(sys, name, &format!("0 {len} linear {disk} {at}"))?;
            at += len;
            made.push(format!("/dev/mapper/{name}"));
        }
        let data = made.pop().unwrap_or_default();
        Ok((made.pop().unwrap_or_default(), data))
    }

    /// # Errors
    /// What the pool answers.
    pub fn message(&self, sys: &mut dyn Sys, text: &str) -> Answer<()> {
        let request = Request::Message { name: &self.name, text };
        let verb = text.split(' ').next().unwrap_or_default();
        ask(sys, request).map(drop).map_err(|it| failed(verb, &self.name, it))
    }

    /// Makes a device of the pool visible.
    ///
    /// # Errors
    /// Those of the mapper.
    pub fn activate(&self, sys: &mut dyn Sys, name: &str, id: u32, size: u64) -> Answer<()> {
        if is_active(sys, name) {
            return Ok(());
        }
        create(sys, name, &format!("0 {} thin /dev/mapper/{} {id}", size / SECTOR, self.name))
    }

    pub fn state(&self, sys: &mut dyn Sys) -> Option<State> {
        let Ok(Tell::Text(text)) = ask(sys, Request::Status { name: &self.name }) else {
            return None;
        };
        let mut words = text.split(' ').skip(4);
        let mut pair = || {
            let (used, total) = words.next()?.split_once('/')?;
            Some((used.parse().ok()?, total.parse().ok()?))
        };
        let ((meta_used, meta_total), (used, total)) = (pair()?, pair()?);
        Some(State { meta_used, meta_total, used, total, block: self.block(sys)? })
    }

    /// Bytes of a block: those of the pool that is there, whatever the options say.
    fn block(&self, sys: &mut dyn Sys) -> Option<u64> {
        let Ok(Tell::Devices(all)) = sys.block(&Ask::List) else { return None };
        all.iter().filter(|it| it.name == self.name).find_map(|it| match &it.what {
            What::Mapped(mapped) => match mapped.live.first()?.kind {
                Kind::Pool { block, .. } => Some(block * SECTOR),
                _ => None,
            },
            _ => None,
        })
    }

    /// Has the pool the room that has to stay free?
    ///
    /// # Errors
    /// It has not, in Docker's words.
    pub fn has_room(&self, sys: &mut dyn Sys, percent: u64) -> Answer<()> {
        let state = self.state(sys).unwrap_or_default();
        for (what, used, total) in
            [("data", state.used, state.total), ("metadata", state.meta_used, state.meta_total)]
        {
            let least = (total * percent / 100).max(1);
            let free = total.saturating_sub(used);
            if percent > 0 && free < least {
                let more = if what == "data" { "" } else { " metadata" };
                return Err(Failure(format!(
                    "devmapper: Thin Pool has {free} free {what} blocks which is less than minimum required \
                     {least} free {what} blocks. Create more free{more} space in thin pool or use \
                     dm.min_free_space option to change behavior"
                )));
            }
        }
        Ok(())
    }
}
