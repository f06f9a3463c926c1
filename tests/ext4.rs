//! An ext4 on a thin device here, and an ext4 on the kernel below: which blocks of 64 KiB each step writes.
//!
//! The kernel at hand may have no device mapper. There the device is a file on Btrfs: a reflink of the file that holds
//! the base stands for the snapshot, and what it no longer shares with that one was written since
//! (`filefrag`). So blocks of 64 KiB are counted as a thin pool would have to take them. After each step
//! the machine's device may have two blocks more or less than the kernel's (or a tenth): where new names and contents lie among the
//! groups is the allocator's affair, and in which step the log comes into its next block of 64 KiB differs from run to run. All steps
//! on a device together are within an eighth.

#[path = "live/ground.rs"]
mod ground;
#[path = "live/worlds.rs"]
mod worlds;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};

/// A file on Btrfs as a device, a reflink of it as a snapshot. `top` is the device that is counted.
const REAL: &str = r#"truncate -s 4G disk && mkfs.btrfs -q -f disk >/dev/null && mkdir w && mount -o loop disk w && cd w || exit 98
truncate -s SIZEM d0 && mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 d0 && mkdir m || exit 98
snap() { sync -f .; cp --reflink=always d$2 d$1; top=$1; }
on() { mount -o loop d$top m; }
off() { umount m; }
used() {
    sync -f m; sync -f .
    filefrag -v d$top | awk '/^ *[0-9]+:/ && !/shared/ {
        gsub(/[.:]+/, " "); for (at = int($2 / 16); at <= int($3 / 16); at++) own[at] = 1
    } END { n = 0; for (at in own) n++; print n }'
}
leave() { off 2>/dev/null; cd /; umount /lab/w || umount -l /lab/w; }
"#;

/// A thin pool: what it has more than before the last snapshot.
const OURS: &str = r#"truncate -s 2G data; truncate -s 16M meta
D=$(losetup -f --show data); M=$(losetup -f --show meta)
dmsetup create pool --table "0 4194304 thin-pool $M $D 128 1024 1 skip_block_zeroing" || exit 98
device() { dmsetup create d$1 --table "0 $((SIZE * 2048)) thin /dev/mapper/pool $1"; }
dmsetup message pool 0 "create_thin 0" && device 0 && mkdir m || exit 98
mkfs.ext4 -q -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 /dev/mapper/d0 || exit 98
all() { dmsetup status pool | cut -d' ' -f6 | cut -d/ -f1; }
snap() { before=$(all); dmsetup message pool 0 "create_snap $1 $2"; device $1; top=$1; }
on() { mount /dev/mapper/d$top m; }
off() { umount m; }
used() { sync; echo $(($(all) - before)); }
leave() { :; }
"#;

/// Steps on a snapshot, each written out before the next.
const STEPS: &[(&str, &str)] = &[
    (
        "fill",
        "snap 1 0; on; mkdir m/root; echo x > m/id; mkdir m/root/dir; for i in {1..100}; do echo $i > m/root/dir/f$i; done; head -c 33554432 /dev/urandom > m/root/big; off",
    ),
    ("snapshot", "snap 2 1"),
    ("mount", "on"),
    ("unmount, nothing changed", "off"),
    ("mount again", "on"),
    ("make a directory", "mkdir m/root/new"),
    ("make an empty file there", ": > m/root/new/empty"),
    ("write a small file", "echo hello > m/root/new/small"),
    ("unmount", "off"),
    ("mount a third time", "on"),
    ("read the large file", "cat m/root/big > /dev/null"),
    (
        "write one byte into it",
        "printf x | dd of=m/root/big bs=1 seek=10000000 conv=notrunc status=none",
    ),
    ("one elsewhere", "printf x | dd of=m/root/big bs=1 seek=30000000 conv=notrunc status=none"),
    ("the same again", "printf y | dd of=m/root/big bs=1 seek=30000000 conv=notrunc status=none"),
    ("rename a directory", "mv m/root/dir m/root/moved"),
    ("change a mode", "chmod 600 m/root/moved/f7"),
    ("move it elsewhere", "mv m/root/moved m/away"),
    ("remove a small file", "rm m/away/f9"),
    ("write 1 MB", "head -c 1000000 /dev/urandom > m/one"),
    ("cut the large file", "truncate -s 20000000 m/root/big"),
    ("remove it", "rm m/root/big"),
    ("make 300 files", "mkdir m/many; for i in {1..300}; do : > m/many/f$i; done"),
    ("remove a directory of 100 files", "rm -r m/away"),
    ("unmount at last", "off"),
];

/// What Docker's driver does: a device for each layer, two for a container.
const DOCKER: &[(&str, &str)] = &[
    (
        "a layer with a system",
        "snap 1 0; on; mkdir m/rootfs; echo layer1 > m/id; cd m/rootfs; mkdir bin dev etc root tmp usr var home; for i in {1..400}; do ln -s busybox bin/a$i; done; head -c 1200000 /dev/urandom > bin/busybox; cd ../..; off",
    ),
    (
        "a layer with a file and a directory of 100",
        "snap 2 1; on; mkdir m/rootfs/data m/rootfs/data/dir; for i in {1..100}; do echo $i > m/rootfs/data/dir/f$i; done; head -c 33554432 /dev/urandom > m/rootfs/data/big; off",
    ),
    (
        "what is made before a container",
        "snap 3 2; on; echo init > m/id; cd m/rootfs; mkdir -p dev/pts dev/shm proc sys; touch .dockerenv dev/console etc/hosts etc/hostname etc/resolv.conf; ln -s /proc/mounts etc/mtab; cd ../..; off",
    ),
    ("the container", "snap 4 3; on; echo one > m/id; off"),
    ("it starts", "on"),
    ("it reads", "cat m/rootfs/data/big > /dev/null"),
    (
        "it writes a byte",
        "printf x | dd of=m/rootfs/data/big bs=1 seek=20000000 conv=notrunc status=none",
    ),
    ("it renames the directory", "mv m/rootfs/data/dir m/rootfs/data/moved"),
    ("it deletes the file", "rm m/rootfs/data/big"),
    ("it stops", "off"),
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let missing = missing();
    if missing.is_none() {
        println!("compared with {}", ground::kernel());
    }
    let cases = [("steps, 512 MiB", STEPS, 512), ("steps, 1 GiB", STEPS, 1024)];
    let docker = [("Docker's layers, 1 GiB", DOCKER, 1024)];
    let trials = cases.into_iter().chain(docker).map(|(name, steps, mib)| match &missing {
        None => Trial::test(name, move || compare(steps, mib)),
        Some(why) => ground::absent(name, why.clone()),
    });
    libtest_mimic::run(&args, trials.collect()).exit_code()
}

/// What is not here that the comparison needs.
fn missing() -> Option<String> {
    if let Err(why) = ground::can_mount() {
        return Some(why);
    }
    for tool in ["mkfs.btrfs", "mkfs.ext4", "filefrag", "awk"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        if !found.is_ok_and(|it| it.status.success()) {
            return Some(format!("{tool} is not installed"));
        }
    }
    let try_out = "truncate -s 200M d && mkfs.btrfs -q -f d >/dev/null && mkdir w && mount -o loop d w && umount w && echo ready";
    match worlds::real(try_out) {
        Ok(out) if out.stdout.ends_with(b"ready\n") => None,
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            Some(format!("no Btrfs can be mounted: {}", said.trim()))
        }
        Err(err) => Some(err.to_string()),
    }
}

fn script(ground: &str, steps: &[(&str, &str)], mib: u64) -> String {
    let ground = ground.replace("SIZE", &mib.to_string());
    let steps: String =
        steps.iter().map(|(_, command)| format!("{command}; echo used=$(used)\n")).collect();
    format!("{ground}\n{steps}leave")
}

/// What the device had of its own after each step.
fn used(out: &str, steps: usize) -> Result<Vec<i64>, Failed> {
    let used: Vec<i64> = out
        .lines()
        .filter_map(|line| line.strip_prefix("used="))
        .filter_map(|it| it.parse().ok())
        .collect();
    match used.len() == steps {
        true => Ok(used),
        false => Err(format!("{} of {steps} steps:\n{out}", used.len()).into()),
    }
}

fn compare(steps: &[(&str, &str)], mib: u64) -> Result<(), Failed> {
    let real = worlds::real(&script(REAL, steps, mib)).map_err(|err| err.to_string())?;
    let said = String::from_utf8_lossy(&real.stdout) + String::from_utf8_lossy(&real.stderr);
    let real = used(&said, steps.len())?;
    let done = worlds::ours(&script(OURS, steps, mib));
    let (out, err) = (done.stdout(), done.stderr());
    let ours = used(&(String::from_utf8_lossy(&out) + String::from_utf8_lossy(&err)), steps.len())?;
    let mut table = String::from("blocks of 64 KiB, kernel and machine:\n");
    let (mut strays, mut before) = (0, (0, 0));
    for ((name, command), (real, ours)) in steps.iter().zip(real.iter().zip(&ours)) {
        // A snapshot begins with nothing.
        if command.starts_with("snap") {
            before = (0, 0);
        }
        let (took, takes) = (real - before.0, ours - before.1);
        before = (*real, *ours);
        let off = real.abs_diff(*ours) > (real.unsigned_abs() / 10).max(2);
        let stray = off || took.abs_diff(takes) > (took.unsigned_abs() / 10).max(2);
        strays += u32::from(stray);
        let mark = if stray { "  <" } else { "" };
        table += &format!("{took:4} {takes:4}  {name}{mark}\n");
    }
    table += &format!("{:4} {:4}  the last device together\n", before.0, before.1);
    if std::env::var_os("LAYERGLASS_SHOW").is_some() {
        eprint!("{table}");
    }
    match strays == 0 && before.0.abs_diff(before.1) <= before.0.unsigned_abs() / 8 {
        true => Ok(()),
        false => Err(table.into()),
    }
}
