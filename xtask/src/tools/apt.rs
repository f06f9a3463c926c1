//! Debian packages: installed as root, otherwise the command is printed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{process, say};

/// How packages arrive, in words for the plan.
pub const HOW: &str = "system packages";

/// Programs that tests run beside the simulated ones, with the Debian package of each.
const REFERENCE: &[(&str, &str)] = &[
    ("tree", "tree"),
    ("setfacl", "acl"),
    ("getfacl", "acl"),
    ("setfattr", "attr"),
    ("getfattr", "attr"),
    ("mkfs.ext4", "e2fsprogs"),
    ("lsattr", "e2fsprogs"),
    ("filefrag", "e2fsprogs"),
    ("mkfs.btrfs", "btrfs-progs"),
    ("btrfs", "btrfs-progs"),
    ("mkfs.xfs", "xfsprogs"),
    ("mkfs.erofs", "erofs-utils"),
    ("mksquashfs", "squashfs-tools"),
    ("fusermount3", "fuse3"),
    ("findmnt", "util-linux"),
    ("unshare", "util-linux"),
    ("mount", "mount"),
];

fn missing_reference() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let wanted = if cfg!(target_os = "linux") { REFERENCE } else { &[] };
    wanted.iter().filter(|(program, _)| process::which(program).is_none())
}

/// The reference programs that are not there.
pub fn missing_reference_tools() -> Vec<&'static str> {
    missing_reference().map(|(program, _)| *program).collect()
}

/// The packages that bring them.
pub fn missing_reference_packages() -> Vec<&'static str> {
    let mut packages: Vec<_> = missing_reference().map(|(_, package)| *package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// Whether a package of at least that version can be had.
pub fn offers(package: &str, version: &str) -> bool {
    if process::which("apt-cache").is_none() {
        return false;
    }
    if process::is_root() {
        let _ = update();
    }
    let policy = process::output(process::command("apt-cache").args(["policy", package]));
    policy.is_ok_and(|text| {
        let candidate = text.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
        candidate.is_some_and(|found| at_least(found, version))
    })
}

/// Compares the leading numbers of two dotted versions.
pub fn at_least(found: &str, wanted: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '+', '-', '~'])
            .map_while(|part| part.parse().ok())
            .chain([0, 0, 0])
            .take(3)
            .collect()
    };
    numbers(found) >= numbers(wanted)
}

/// Installs packages, or says exactly what to type.
pub fn install(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if process::which("apt-get").is_none() {
        bail!("please install with this system's package manager: {}", packages.join(" "));
    }
    if !process::is_root() {
        let both = format!("apt-get update && {line}");
        let typed = match process::which("sudo") {
            Some(_) => format!("sudo sh -c '{both}'"),
            None => format!("su -c '{both}'"),
        };
        bail!("this needs root, so please run\n\n    {typed}\n\nand then the same command again");
    }
    update()?;
    say::step(&line);
    let mut command = process::command("apt-get");
    command.args(["install", "-y", "-q", "--no-install-recommends"]).args(packages);
    let mut progress = Progress::new();
    process::watch(command.env("DEBIAN_FRONTEND", "noninteractive"), |line| progress.see(line))
}

/// What is said of an installation: how many packages, and now and then how far it is. Debian's npm
/// alone brings hundreds, each with four lines of its own.
struct Progress {
    total: usize,
    done: usize,
    said: Instant,
}

impl Progress {
    const EVERY: Duration = Duration::from_secs(5);

    fn new() -> Progress {
        Progress { total: 0, done: 0, said: Instant::now() }
    }

    fn see(&mut self, line: &str) {
        if let Some(total) = newly_installed(line) {
            self.total = total;
            say::note(&format!("{total} packages"));
        } else if line.starts_with("Setting up ") {
            self.done += 1;
            if self.said.elapsed() > Progress::EVERY {
                self.said = Instant::now();
                say::note(&format!("{} of {} set up", self.done, self.total));
            }
        }
    }
}

/// The number in `3 upgraded, 12 newly installed, 0 to remove and 1 not upgraded.`
fn newly_installed(line: &str) -> Option<usize> {
    let (before, _) = line.split_once(" newly installed")?;
    before.rsplit(' ').next()?.parse().ok()
}

fn update() -> Result<()> {
    use std::sync::atomic::{AtomicBool, Ordering};
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    say::step("apt-get update");
    process::watch(process::command("apt-get").args(["update", "-q"]), |_| ())
        .context("package lists")
}

#[cfg(test)]
mod tests {
    use super::{at_least, newly_installed};

    #[test]
    fn the_number_of_packages_is_read() {
        let line = "1 upgraded, 472 newly installed, 0 to remove and 3 not upgraded.";
        assert_eq!(newly_installed(line), Some(472));
        assert_eq!(newly_installed("Setting up npm (9.2.0~ds1-1) ..."), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(at_least("1.96.0+dfsg1-1~deb12u2", "1.95.0"));
        assert!(at_least("1.100.0", "1.95"));
        assert!(!at_least("1.85.0+dfsg3-1~deb12u3", "1.95.0"));
        assert!(!at_least("(none)", "1.95.0"));
    }
}
