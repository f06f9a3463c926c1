//! The lab on the kernel below us.

use super::case::Case;
use super::duel::{Outcome, Side, duel};
use super::engine::{Engine, EngineDisks};
use super::lab::{Disks, LOW_NUMBERS, MemoryDisks};
use super::record::{Trouble, record};
use crate::errno::Errno;
use crate::kernel::{Crew, LiveSys, Rights, Space};
use crate::sys::{Sys, ms};
use crate::types::Result;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The live kernel with a place to mount in.
pub struct Live {
    pub sys: Crew,
    pub disks: LiveDisks,
    space: Space,
}

/// The free blocks of an ext4 disk come to lie scattered, and then a file takes more extents than it has
/// holes: so many labs have one disk.
const LABS_A_DISK: u32 = 1000;

/// Disks of the live lab: tmpfs from the kernel, ext4 as a fresh directory of a loop device.
pub struct LiveDisks {
    rights: Rights,
    /// Where the ext4 disk is mounted; empty while nobody has asked for it.
    ext4: Option<PathBuf>,
    /// Why there is no ext4 disk.
    pub without_ext4: Option<String>,
    dir: PathBuf,
    serial: u32,
}

impl Live {
    /// Moves this process into its own mount namespace; it must have one thread.
    ///
    /// # Errors
    /// Why mounting is impossible here, in words.
    pub fn enter(plain: bool) -> std::result::Result<Live, String> {
        let space = Space::enter(plain)?;
        let mut sys = Crew::new(LiveSys::new());
        let dir = space.dir.clone();
        let at = dir.as_os_str().as_bytes();
        sys.mount(b"layerglass", at, b"tmpfs", ms::NOSUID, b"mode=0755")
            .map_err(|err| format!("mount tmpfs on {}: {err}", dir.display()))?;
        sys.chdir(at).map_err(|err| format!("{}: {err}", dir.display()))?;
        let rights = space.rights;
        let disks = LiveDisks { rights, ext4: None, without_ext4: None, dir, serial: 0 };
        Ok(Live { sys, disks, space })
    }

    /// Makes the ext4 disk now; false when there is none to be had.
    pub fn try_ext4(&mut self) -> bool {
        if self.disks.ext4.is_none() && self.disks.without_ext4.is_none() {
            self.disks.make_ext4();
        }
        self.disks.ext4.is_some()
    }

    pub fn rights(&self) -> Rights {
        self.space.rights
    }

    /// `uname -r`, without what the builder of the kernel appended.
    pub fn release() -> String {
        let uname = rustix::system::uname();
        let release = uname.release().to_string_lossy().into_owned();
        release.split(['-', '+']).next().unwrap_or_default().to_owned()
    }

    /// Runs a case and writes down what the kernel did.
    ///
    /// # Errors
    /// When the case cannot run here, or is wrong.
    pub fn record(&mut self, case: &Case) -> std::result::Result<Case, Trouble> {
        let res = record(case, &mut self.sys, &mut self.disks);
        self.clean();
        let mut out = res?;
        out.set("kernel", &Live::release());
        Ok(out)
    }

    /// This kernel and a fresh copy of the engine on one script.
    pub fn duel(&mut self, engine: &Engine, case: &Case) -> Outcome {
        let mut engine = engine.clone();
        let mut sys = engine.sys();
        let mut kernel = Side { sys: &mut self.sys, disks: &mut self.disks };
        let outcome = duel(&mut kernel, &mut Side { sys: &mut sys, disks: &mut EngineDisks }, case);
        // Also when nothing differed: a link that leads out of the lab may have left a file there, which
        // the next script would find here and not on the engine.
        self.clean();
        outcome
    }

    /// Back to an empty lab whatever a case left behind.
    pub fn clean(&mut self) {
        self.sys.close_all();
        let dir = self.space.dir.clone();
        let at = dir.as_os_str().as_bytes();
        let _ = self.sys.chdir(at);
        let Ok(entries) = std::fs::read_dir(&dir) else { return };
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            if name == "r" {
                let _ = self.sys.umount(&[at, b"/r"].concat(), ms::UMOUNT_DETACH);
            }
            // Whatever else there is, a script has made it, by a link that leads out of its lab.
            match entry.file_type() {
                Ok(kind) if name == "ext4" && kind.is_dir() => {}
                Ok(kind) if kind.is_dir() => drop(std::fs::remove_dir_all(path)),
                _ if name == "ext4.img" => {}
                _ => drop(std::fs::remove_file(path)),
            }
        }
        if let Some(disk) = self.disks.worn_out() {
            let _ = self.sys.umount(disk.as_os_str().as_bytes(), ms::UMOUNT_DETACH);
        }
    }
}

impl Disks for LiveDisks {
    fn mount(&mut self, sys: &mut dyn Sys, kind: &str, at: &[u8]) -> Result<()> {
        if kind != "ext4" {
            return MemoryDisks.mount(sys, kind, at);
        }
        if self.ext4.is_none() && self.without_ext4.is_none() {
            self.make_ext4();
        }
        let disk = self.ext4.clone().ok_or(Errno::ENODEV)?;
        let _ = std::fs::remove_dir_all(disk.join(self.serial.to_string()));
        self.serial += 1;
        let dir = disk.join(self.serial.to_string());
        std::fs::create_dir(&dir).map_err(|_| Errno::EIO)?;
        sys.mount(dir.as_os_str().as_bytes(), at, b"", ms::BIND, b"")
    }
}

impl LiveDisks {
    /// The disk, if it has served long enough.
    fn worn_out(&mut self) -> Option<PathBuf> {
        (self.serial >= LABS_A_DISK).then(|| self.serial = 0)?;
        self.ext4.take()
    }

    fn make_ext4(&mut self) {
        let at: &Path = &self.dir.join("ext4");
        let res = match self.rights {
            Rights::Root => Space::ext4(at, &hash_seed()).and_then(|()| use_low_numbers(at)),
            Rights::Namespace => Err("a user namespace mounts no ext4".to_owned()),
        };
        match res {
            Ok(()) => self.ext4 = Some(at.to_owned()),
            Err(why) => self.without_ext4 = Some(why),
        }
    }
}

/// A file takes the first number that is free in the group of its directory, and the group of a disk's root
/// has the lowest.
fn use_low_numbers(disk: &Path) -> std::result::Result<(), String> {
    for number in 0..LOW_NUMBERS {
        let path = disk.join(format!("low-{number}"));
        std::fs::File::create(&path).map_err(|err| format!("{}: {err}", path.display()))?;
    }
    Ok(())
}

/// The engine's seed as `mkfs.ext4` takes it.
fn hash_seed() -> String {
    let hex: String = crate::memfs::HASH_SEED.iter().map(|it| format!("{it:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
