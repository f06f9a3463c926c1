//! What a storage driver needs of the machine before it can work: the file system below the data root, as an
//! administrator would make it. `layerglass run --driver` and the page prepare a machine so.

use super::{Answer, Failure, files};
use crate::block::{Ask, Format, Setup, Tell};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::OpenFlags;
use crate::types::control::{Control, Zfs};

/// Where the daemon is configured.
const DAEMON: &str = "/etc/docker/daemon.json";
/// The data root, unless the configuration says otherwise.
const ROOT: &str = "/var/lib/docker";

/// Readies a machine whose engine has not been used for a driver and writes it into the daemon's
/// configuration.
///
/// # Errors
/// Those of the disk; a kind of file system that the kernel cannot make.
pub fn prepare(sys: &mut dyn Sys, driver: &str) -> Answer<()> {
    if driver == "overlay2" {
        return Ok(());
    }
    let failed = |errno: Errno| Failure::of("open", DAEMON, errno);
    files::mkdir_all(sys, "/etc/docker", 0o755).map_err(failed)?;
    let text = format!("{{\"storage-driver\": \"{driver}\"}}\n");
    files::write(sys, DAEMON, text.as_bytes(), 0o644).map_err(failed)?;
    match driver {
        "btrfs" => disk_of(sys, ROOT, "btrfs", 32 << 30),
        "zfs" => pool_of(sys, ROOT, 32 << 30),
        _ => Ok(()),
    }
}

/// Puts a new file system of this kind below a directory: an image file beside it, a loop device, a mount.
///
/// # Errors
/// Those of the calls, in their order.
pub fn disk_of(sys: &mut dyn Sys, dir: &str, kind: &str, size: u64) -> Answer<()> {
    let image = format!("{dir}.img");
    let failed = |what: &'static str| {
        let image = image.clone();
        move |errno: Errno| Failure::of(what, &image, errno)
    };
    files::mkdir_all(sys, dir, 0o710).map_err(failed("mkdir"))?;
    sparse(sys, &image, size).map_err(failed("truncate"))?;
    let device = attach(sys, &image).map_err(failed("losetup"))?;
    let format = Format { kind: kind.to_owned(), ..Format::default() };
    sys.block(&Ask::Format { device: device.as_bytes(), format: &format })
        .map_err(failed("mkfs"))?;
    sys.mount(device.as_bytes(), dir.as_bytes(), kind.as_bytes(), 0, b"").map_err(failed("mount"))
}

/// A pool on a loop device, and a dataset in it at a directory, as Docker's documentation makes them.
///
/// # Errors
/// Those of the calls, in their order.
fn pool_of(sys: &mut dyn Sys, dir: &str, size: u64) -> Answer<()> {
    const POOL: &str = "zpool-docker";
    let image = format!("{dir}.img");
    let failed = |what: &'static str| {
        let image = image.clone();
        move |errno: Errno| Failure::of(what, &image, errno)
    };
    files::mkdir_all(sys, dir, 0o710).map_err(failed("mkdir"))?;
    sparse(sys, &image, size).map_err(failed("truncate"))?;
    let device = attach(sys, &image).map_err(failed("losetup"))?;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let fd = sys
        .openat(AT_FDCWD, b"/dev/zfs", OpenFlags::RDWR | OpenFlags::CLOEXEC, 0)
        .map_err(failed("open"))?;
    let (name, set) = (POOL.to_owned(), format!("{POOL}/docker"));
    let pool = Zfs::PoolCreate {
        name,
        devices: vec![(device, size)],
        props: vec![pair("mountpoint", "none")],
    };
    let dataset = Zfs::Create { name: set.clone(), props: vec![pair("mountpoint", dir)] };
    let made = sys
        .control(fd, None, &Control::Zfs(pool))
        .and_then(|_| sys.control(fd, None, &Control::Zfs(dataset)));
    let _ = sys.close(fd);
    made.map_err(failed("zpool create"))?;
    sys.mount(set.as_bytes(), dir.as_bytes(), b"zfs", 0, b"").map_err(failed("mount"))
}

/// A file of this size without any blocks.
///
/// # Errors
/// Those of opening and truncating.
pub fn sparse(sys: &mut dyn Sys, path: &str, size: u64) -> Result<(), Errno> {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::CLOEXEC;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o600)?;
    let done = sys.ftruncate(fd, i64::try_from(size).unwrap_or(i64::MAX));
    let _ = sys.close(fd);
    done
}

/// A loop device for a file; its node.
///
/// # Errors
/// `EPERM`; `ENOTTY` where no devices are.
pub fn attach(sys: &mut dyn Sys, file: &str) -> Result<String, Errno> {
    let Tell::Number(number) = sys.block(&Ask::FreeLoop)? else { return Err(Errno::EIO) };
    let device = format!("/dev/loop{number}");
    let setup = Setup::default();
    sys.block(&Ask::Attach { device: device.as_bytes(), file: file.as_bytes(), setup })?;
    Ok(device)
}
