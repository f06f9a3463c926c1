//! A place of our own to mount things in: namespaces, disks, and a directory for the lab.

use super::sys::{self, Forked};
use crate::errno::Errno;
use crate::sys::ms;
use rustix::thread::{CapabilitiesSecureBits, UnshareFlags};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How far our rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Real root: every option, every disk.
    Root,
    /// Root of a user namespace: tmpfs and `userxattr` only, one user.
    Namespace,
}

/// A mount namespace of our own; everything mounted in it goes away with the process.
pub struct Space {
    pub rights: Rights,
    /// An empty directory to mount the lab on.
    pub dir: PathBuf,
}

impl Space {
    /// Moves this process (one thread!) into a mount namespace, with a user namespace when it
    /// lacks the right. `plain` asks for the user namespace even as root.
    ///
    /// # Errors
    /// Why mounting is impossible here, in words.
    pub fn enter(plain: bool) -> Result<Space, String> {
        let rights = match sys::unshare(UnshareFlags::NEWNS) {
            Ok(()) if !plain => Rights::Root,
            _ => {
                enter_user()?;
                Rights::Namespace
            }
        };
        sys::mount(b"none", b"/", b"", ms::REC | ms::PRIVATE, b"")
            .map_err(|err| format!("cannot make mounts private: {err}"))?;
        let dir = std::env::temp_dir().join(format!("layerglass-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|err| format!("{}: {err}", dir.display()))?;
        // From here on changing the user leaves what is permitted to us. What is effective is set after
        // each change: without that fix-up access(2) would not drop it.
        let _ = rustix::thread::set_capabilities_secure_bits(CapabilitiesSecureBits::KEEP_CAPS);
        Ok(Space { rights, dir })
    }

    /// Makes an ext4 image whose directories hash with `seed` and mounts it: a disk to build labs
    /// on.
    ///
    /// # Errors
    /// What is missing (mkfs.ext4, loop devices), in words.
    pub fn ext4(at: &Path, seed: &str) -> Result<(), String> {
        let image = at.with_extension("img");
        std::fs::create_dir_all(at).map_err(|err| err.to_string())?;
        let file = std::fs::File::create(&image).map_err(|err| err.to_string())?;
        file.set_len(256 << 20).map_err(|err| err.to_string())?;
        let features = "^has_journal,^metadata_csum_seed,^orphan_file";
        tool(
            Command::new("mkfs.ext4")
                .args(["-q", "-F", "-O", features])
                .args(["-E", &format!("hash_seed={seed},lazy_itable_init=0"), "-b", "4096"])
                .arg(&image),
        )?;
        tool(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(at))?;
        let _ = std::fs::remove_file(&image);
        let _ = std::fs::remove_dir(at.join("lost+found"));
        Ok(())
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = rustix::process::chdir("/");
        let _ = rustix::mount::unmount(&self.dir, rustix::mount::UnmountFlags::DETACH);
        let _ = std::fs::remove_dir(&self.dir);
    }
}

fn enter_user() -> Result<(), String> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    sys::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)
        .map_err(|err| format!("no right to mount, and no user namespace: {err}"))?;
    let write = |file: &str, text: String| {
        std::fs::write(file, text).map_err(|err| format!("{file}: {err}"))
    };
    write("/proc/self/setgroups", "deny".into())?;
    write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn tool(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.output().map_err(|err| format!("{name}: {err}"))?;
    match out.status.success() {
        true => Ok(()),
        false => Err(format!("{name}: {}", String::from_utf8_lossy(&out.stderr).trim())),
    }
}

/// Runs `job` in a child process and returns its exit status; the caller has one thread.
///
/// # Errors
/// When there is no process to be had.
pub fn in_child(job: impl FnOnce() -> i32) -> Result<i32, Errno> {
    match sys::fork()? {
        Forked::Child => std::process::exit(job()),
        Forked::Parent(pid) => {
            let pid = rustix::process::Pid::from_raw(pid).ok_or(Errno::ESRCH)?;
            let status = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty())
                .map_err(super::errno)?;
            Ok(status.and_then(|(_, st)| st.exit_status()).unwrap_or(255))
        }
    }
}
