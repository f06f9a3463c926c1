//! The machine as it comes up: a root file system with the directories and files that scripts expect.

use crate::cred::Cred;
use crate::memfs::{MemFs, Profile};
use crate::shell::command::{COMMANDS, exec};
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::types::{Dev, Mode, OpenFlags};
use crate::vfs::{Kernel, Pid, SysOf};

const DIRS: &[(&str, u32)] = &[
    ("/boot", 0o755),
    ("/dev", 0o755),
    ("/etc", 0o755),
    ("/home", 0o755),
    ("/media", 0o755),
    ("/mnt", 0o755),
    ("/opt", 0o755),
    ("/proc", 0o555),
    ("/root", 0o700),
    ("/run", 0o755),
    ("/srv", 0o755),
    ("/sys", 0o555),
    ("/tmp", 0o1777),
    ("/usr", 0o755),
    ("/usr/bin", 0o755),
    ("/usr/lib", 0o755),
    ("/usr/lib64", 0o755),
    ("/usr/local", 0o755),
    ("/usr/local/bin", 0o755),
    ("/usr/local/sbin", 0o755),
    ("/usr/sbin", 0o755),
    ("/usr/share", 0o755),
    ("/var", 0o755),
    ("/var/cache", 0o755),
    ("/var/lib", 0o755),
    ("/var/log", 0o755),
    ("/var/tmp", 0o1777),
];

const LINKS: &[(&str, &str)] = &[
    ("usr/bin", "/bin"),
    ("usr/sbin", "/sbin"),
    ("usr/lib", "/lib"),
    ("usr/lib64", "/lib64"),
    ("/run", "/var/run"),
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("/proc/self/mounts", "/etc/mtab"),
];

const FILES: &[(&str, &str)] = &[
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\nsys:x:3:3:sys:/dev:/usr/sbin/nologin\nsync:x:4:65534:sync:/bin:/bin/sync\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\nman:x:6:12:man:/var/cache/man:/usr/sbin/nologin\nlp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\nmail:x:8:8:mail:/var/mail:/usr/sbin/nologin\nnews:x:9:9:news:/var/spool/news:/usr/sbin/nologin\nuucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\nproxy:x:13:13:proxy:/bin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nbackup:x:34:34:backup:/var/backups:/usr/sbin/nologin\nlist:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin\nirc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    (
        "/etc/group",
        "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nmail:x:8:\nnews:x:9:\nuucp:x:10:\nman:x:12:\nproxy:x:13:\nkmem:x:15:\ndialout:x:20:\nfax:x:21:\nvoice:x:22:\ncdrom:x:24:\nfloppy:x:25:\ntape:x:26:\nsudo:x:27:\naudio:x:29:\ndip:x:30:\nwww-data:x:33:\nbackup:x:34:\noperator:x:37:\nlist:x:38:\nirc:x:39:\nsrc:x:40:\nshadow:x:42:\nutmp:x:43:\nvideo:x:44:\nsasl:x:45:\nplugdev:x:46:\nstaff:x:50:\ngames:x:60:\nusers:x:100:\nnogroup:x:65534:\n",
    ),
    ("/etc/hostname", "lab\n"),
    ("/etc/hosts", "127.0.0.1\tlocalhost lab\n::1\tlocalhost ip6-localhost ip6-loopback\n"),
    ("/etc/debian_version", "12.12\n"),
    (
        "/etc/os-release",
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\nSUPPORT_URL=\"https://www.debian.org/support\"\nBUG_REPORT_URL=\"https://bugs.debian.org/\"\n",
    ),
    ("/etc/shells", "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n"),
];

const DEVICES: &[(&str, Dev, u32)] = &[
    ("/dev/null", Dev::new(1, 3), 0o666),
    ("/dev/zero", Dev::new(1, 5), 0o666),
    ("/dev/full", Dev::new(1, 7), 0o666),
    ("/dev/random", Dev::new(1, 8), 0o666),
    ("/dev/urandom", Dev::new(1, 9), 0o666),
    ("/dev/tty", Dev::new(5, 0), 0o666),
    ("/dev/console", Dev::new(5, 1), 0o600),
    ("/dev/zfs", Dev::new(10, 249), 0o666),
];

/// Commands that live in /usr/sbin.
const SBIN: &[&str] = &[
    "chroot",
    "filefrag",
    "fsck.overlay",
    "zfs",
    "zpool",
    "mkfs",
    "mkfs.btrfs",
    "mkfs.ext4",
    "mke2fs",
    "losetup",
    "blkid",
    "dmsetup",
    "fstrim",
    "thin_check",
    "thin_ls",
];

/// A kernel with the root file system of the machine, and its first process.
pub fn boot() -> (Kernel, Pid) {
    let mut kernel = Kernel::new(Box::new(MemFs::new(Profile::Ext4)), "/dev/sda1");
    let init = kernel.boot_process(Cred::root());
    let mut sys = kernel.sys(init);
    let old = sys.umask(0);
    for (path, mode) in DIRS {
        let _ = sys.mkdirat(AT_FDCWD, path.as_bytes(), *mode);
        let _ = sys.fchmodat(AT_FDCWD, path.as_bytes(), Mode::new(*mode));
    }
    for (target, path) in LINKS {
        let _ = sys.symlinkat(target.as_bytes(), AT_FDCWD, path.as_bytes());
    }
    for (path, dev, mode) in DEVICES {
        let _ = sys.mknodat(AT_FDCWD, path.as_bytes(), 0o020_000 | mode, *dev);
    }
    for (path, text) in FILES {
        put(&mut sys, path, text.as_bytes(), 0o644);
    }
    for c in COMMANDS {
        let dir = if SBIN.contains(&c.name) { "/usr/sbin" } else { "/usr/bin" };
        put(&mut sys, &format!("{dir}/{}", c.name), &exec::image(c.name), 0o755);
    }
    let _ = sys.mknodat(AT_FDCWD, b"/dev/loop-control", 0o020_660, Dev::new(10, 237));
    let _ = sys.mount(b"proc", b"/proc", b"proc", 14, b"");
    sys.umask(if old == 0 { 0o022 } else { old });
    kernel.trace.take();
    (kernel, init)
}

/// /sys, read-only: its parameters say what this kernel's OverlayFS can do, and are not to be changed.
pub fn mount_sys(kernel: &mut Kernel, init: Pid) {
    let flags = ms::RDONLY | 14;
    let _ = kernel.sys(init).mount(b"sysfs", b"/sys", b"sysfs", flags, b"");
    kernel.trace.take();
}

fn put(sys: &mut SysOf<'_>, path: &str, data: &[u8], mode: u32) {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
    if let Ok(fd) = sys.openat(AT_FDCWD, path.as_bytes(), flags, mode) {
        let _ = sys.write(fd, data);
        let _ = sys.close(fd);
    }
}
