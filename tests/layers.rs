//! Layers on other file systems than most cases of the corpus have: one script (`layers/look.sh`) looks at a
//! union of them under several options, and what Linux 6.18.44 showed is kept in `layers/*.txt`.
//!
//! The machine has to show the same where it has both file systems, and the kernel below where it can be asked.

#[path = "live/ground.rs"]
mod ground;
#[path = "live/worlds.rs"]
mod worlds;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};

const LOOK: &str = include_str!("layers/look.sh");

/// What most file systems have in common.
const USUAL: &str = include_str!("layers/usual.txt");
/// No attributes but the overlay's, and no file handles: nothing is indexed.
const RAMFS_BELOW: &str = include_str!("layers/ramfs-below.txt");
/// Directories have one link.
const BTRFS_BELOW: &str = include_str!("layers/btrfs-below.txt");
/// No uuid: `xino=auto` is off.
const SQUASHFS_BELOW: &str = include_str!("layers/squashfs-below.txt");

/// The lower layer's file system, the upper one's, and what is seen.
const PAIRS: &[(&str, &str, &str)] = &[
    ("tmpfs", "tmpfs", USUAL),
    ("tmpfs", "ext4", USUAL),
    ("tmpfs", "btrfs", USUAL),
    ("tmpfs", "xfs", USUAL),
    ("ext4", "tmpfs", USUAL),
    ("xfs", "tmpfs", USUAL),
    ("xfs", "xfs", USUAL),
    ("erofs", "tmpfs", USUAL),
    ("erofs", "ext4", USUAL),
    ("ramfs", "tmpfs", RAMFS_BELOW),
    ("btrfs", "tmpfs", BTRFS_BELOW),
    ("btrfs", "btrfs", BTRFS_BELOW),
    ("squashfs", "tmpfs", SQUASHFS_BELOW),
    ("squashfs", "xfs", SQUASHFS_BELOW),
];

/// What the machine can mount.
const OURS: &[&str] = &["tmpfs", "ramfs", "ext4", "btrfs"];

/// The kernel that the texts are of.
const KERNEL: &str = "Linux 6.18.";

fn main() -> ExitCode {
    let trials = PAIRS.iter().flat_map(|pair| {
        let (lower, upper, want) = *pair;
        let script =
            format!("cat >look.sh <<'LOOK'\n{LOOK}LOOK\nbash look.sh {lower} {upper} 2>&1");
        let name = format!("{lower} below {upper}");
        let live = live(&name, &script, pair);
        let ours = [lower, upper].iter().all(|it| OURS.contains(it)).then(|| {
            Trial::test(format!("machine: {name}"), move || {
                let shown = worlds::ours(&script);
                same(want, &String::from_utf8_lossy(&shown.stdout()))
            })
        });
        ours.into_iter().chain([live])
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn live(name: &str, script: &str, (lower, upper, want): &(&str, &str, &'static str)) -> Trial {
    let name = format!("kernel: {name}");
    let kernel = ground::kernel();
    let missing = [lower, upper].into_iter().find_map(|it| missing(it));
    let why = match (ground::can_mount(), missing) {
        (Err(why), _) => Some(why),
        _ if !kernel.starts_with(KERNEL) => Some(format!("this is {kernel}, not {KERNEL}x")),
        (_, missing) => missing,
    };
    if let Some(why) = why {
        return ground::absent(name, why);
    }
    let (script, want) = (script.to_owned(), *want);
    Trial::test(name, move || {
        let out = worlds::real(&script)?;
        match out.status.code() {
            Some(worlds::NO_LAB) => Err("there is no lab to be had".into()),
            _ => same(want, &String::from_utf8_lossy(&out.stdout)),
        }
    })
    .with_kind(kernel)
}

/// What is missing here for this kind of file system, in words.
fn missing(kind: &str) -> Option<String> {
    let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !known.lines().any(|it| it.trim_start_matches("nodev").trim() == kind) {
        return Some(format!("this kernel has no {kind}"));
    }
    let tool = match kind {
        "tmpfs" | "ramfs" => return None,
        "squashfs" => "mksquashfs".to_owned(),
        _ => format!("mkfs.{kind}"),
    };
    let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
    let found = found.is_ok_and(|it| it.status.success());
    (!found).then(|| format!("{tool} is not installed"))
}

fn same(want: &str, shown: &str) -> Result<(), Failed> {
    let differs = want.lines().zip(shown.lines()).find(|(want, shown)| want != shown);
    match differs {
        Some((want, shown)) => Err(format!("recorded: {want}\nshown:    {shown}").into()),
        None if want.lines().count() == shown.lines().count() => Ok(()),
        None => Err(format!("other lines than recorded:\n{shown}").into()),
    }
}
