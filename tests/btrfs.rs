//! Btrfs here and on the kernel below: the same commands on a loop device in both worlds.
//!
//! Sizes, exclusive and shared bytes, extents and messages have to be equal. What cannot be is taken out of
//! both outputs first: uuids, times, transaction numbers, the loop device, and places on the device.

#[path = "live/ground.rs"]
mod ground;
#[path = "live/worlds.rs"]
mod worlds;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};

/// A fresh file system, mounted at `m`, where the script goes on.
const FRESH: &str = "truncate -s 1G img && mkfs.btrfs -q -f img >/dev/null && mkdir m && mount -t btrfs -o loop img m && cd m || exit 98\n";

const CASES: &[(&str, &str)] = &[
    (
        "commands say what btrfs-progs says",
        "btrfs subvolume create a; btrfs subvolume snapshot a b; btrfs subvolume snapshot -r a c
         btrfs subvolume create a; btrfs subvolume create no/x; btrfs subvolume snapshot a a
         btrfs subvolume list .; btrfs subvolume list -p .; btrfs subvolume list -s .; btrfs subvolume list -r .
         btrfs subvolume list -o a; btrfs subvolume list -a .; btrfs subvolume list -t .; btrfs subvolume list -q .
         btrfs subvolume show b; btrfs subvolume show .; btrfs subvolume show c; btrfs subvolume get-default .
         mkdir dir; btrfs subvolume show dir; btrfs subvolume delete dir; btrfs subvolume delete no
         btrfs subvolume snapshot dir q; btrfs subvolume snapshot a
         btrfs subvolume set-default b; btrfs subvolume get-default .; btrfs subvolume set-default 5 .
         btrfs property get c; btrfs property get c ro; btrfs property set b ro true; btrfs property get b
         btrfs subvolume delete a; btrfs subvolume delete a/a a; btrfs subvolume list /lab
         rmdir b; ls -A; touch c/x; echo $?",
    ),
    (
        "trees are apart",
        "btrfs subvolume create a >/dev/null; mkdir a/d; echo x > a/f; btrfs subvolume create a/d/in >/dev/null
         btrfs subvolume snapshot a s; stat -c '%i %h %F' . a a/d a/f a/d/in s s/d s/f
         stat -c '%i %a %F' s/d/in; touch s/d/in/x; mkdir s/d/in/x; rmdir s/d/in; ls -A s/d
         mv a/f g; ln a/d/in h; ln g a/g; mv a/d/in a/in; ls -A a a/d; mv a/in moved; btrfs subvolume list .
         stat -c %d . a s moved | sort -u | wc -l; rmdir moved; rmdir a; btrfs subvolume list .
         mkdir e; rmdir e; stat -c '%s' . a s; stat -f -c '%T %S %b %c %d' .",
    ),
    (
        "mounts show one tree",
        "btrfs subvolume create a >/dev/null; btrfs subvolume create a/b >/dev/null; echo x > a/b/f; mkdir a/dir ../n
         L=$(findmnt -no SOURCE .); for o in subvol=a/b subvolid=256 subvol=/a subvol=a/dir subvolid=999 subvol=no; do
           mount -t btrfs -o $o $L ../n && { ls ../n; findmnt -no FSROOT ../n; grep -o 'subvolid=.*' /proc/mounts | tail -1; umount ../n; } || echo refused
         done 2>/dev/null",
    ),
    (
        "small files lie in the metadata",
        "for n in 1 2047 2048 2049 4096 5000; do printf \"%0${n}d\" 7 > f$n; done; btrfs filesystem sync .
         btrfs filesystem du --raw .; printf '%0100d' 7 >> f2048; btrfs filesystem sync .; btrfs filesystem du --raw .
         truncate -s 100 f5000; btrfs filesystem sync .; btrfs filesystem du --raw .; stat -c '%n %b' f*",
    ),
    (
        "one byte of a shared file",
        "btrfs subvolume create a >/dev/null; head -c 8388608 /dev/zero > a/big; btrfs filesystem sync .
         btrfs subvolume snapshot a b >/dev/null; btrfs filesystem du --raw a b .; filefrag -v b/big
         printf x | dd of=b/big bs=1 seek=5000000 conv=notrunc status=none; btrfs filesystem sync .
         btrfs filesystem du --raw a b .; filefrag -v b/big; btrfs filesystem df --raw . | head -n 1 | sed 's/.*used/used/'
         rm b/big; btrfs filesystem sync .; btrfs filesystem du --raw a b .
         btrfs subvolume delete a >/dev/null; btrfs subvolume sync . >/dev/null; btrfs filesystem sync .
         btrfs filesystem df --raw . | head -n 1 | sed 's/.*used/used/'",
    ),
    (
        "quota groups count and limit",
        "btrfs qgroup show .; btrfs quota enable .; btrfs subvolume create a >/dev/null; head -c 1000000 /dev/zero > a/f
         btrfs filesystem sync .; btrfs qgroup show .; btrfs subvolume snapshot a b >/dev/null; btrfs filesystem sync .
         btrfs qgroup show .; btrfs qgroup show --raw -re .; btrfs qgroup show -pcre .; btrfs qgroup show -p .; btrfs qgroup show -c .
         btrfs qgroup limit 2M b; btrfs qgroup limit -e 1500K 0/256 .; btrfs qgroup show -re .; btrfs qgroup limit 1G b
         btrfs qgroup limit none 0/256 .; btrfs qgroup show -re .; btrfs qgroup limit 1M b; rm b/f; btrfs filesystem sync .
         head -c 5000000 /dev/zero > b/g; echo $?; [ $(stat -c %s b/g) -lt 1048576 ]; echo $?; rm b/g; btrfs filesystem sync .
         btrfs qgroup show -r .; btrfs qgroup limit 5M 0/999 .; mkdir d; btrfs qgroup limit 5M d; btrfs qgroup limit 5M nix
         btrfs qgroup limit none b; head -c 5000000 /dev/zero > b/g; echo $?; btrfs quota disable .; btrfs qgroup show .",
    ),
    (
        "nodes of trees",
        "n() { btrfs filesystem sync .; btrfs filesystem df --raw . | sed -n 's/^Metadata.*used=/meta=/p'; }
         n; btrfs subvolume create a >/dev/null; n; mkdir a/dir; for i in {1..100}; do head -c 1000 /dev/zero > a/dir/file$i; done; n
         btrfs subvolume snapshot a b >/dev/null; n; mv b/dir b/moved; n; touch b/moved/file50; n; head -c 5000 /dev/zero > b/moved/new; n
         rm b/moved/file10; n; for i in {1..50}; do btrfs subvolume snapshot a s$i >/dev/null; done; n
         for i in {1..50}; do echo x > s$i/x; done; n
         btrfs subvolume create c >/dev/null; for i in {1..1000}; do : > c/name-of-a-file-$i; done; n
         head -c 67108864 /dev/zero > big; n; btrfs subvolume snapshot . z > /dev/null; n
         printf x | dd of=z/big bs=1 seek=5000000 conv=notrunc status=none; n
         printf x | dd of=z/big bs=1 seek=9000000 conv=notrunc status=none; n; rm z/big; n
         mkdir d; for i in {1..300}; do head -c 3000 /dev/zero > d/f$i; done; n; rm d/f1??; n; rm -r d; n",
    ),
    (
        "copies that share",
        "printf '%01000000d' 7 > f; cp --reflink=always f g; mkdir d; cp f d/h; printf '%0900d' 7 > small; cp --reflink=always small tiny
         btrfs filesystem sync .; btrfs filesystem du --raw .; btrfs filesystem du -s --raw d f
         printf y | dd of=g bs=4096 seek=3 conv=notrunc status=none; truncate -s 500000 d/h; btrfs filesystem sync .
         btrfs filesystem du --raw .; filefrag g d/h;
         rm g d/h; btrfs filesystem sync .; btrfs filesystem du --raw .",
    ),
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let missing = missing();
    if missing.is_none() {
        println!("compared with {}", ground::kernel());
    }
    let mut trials = Vec::new();
    let mut add = |name: String, script: String| {
        trials.push(match &missing {
            None => Trial::test(name, move || compare(&script)),
            Some(why) => ground::absent(name, why.clone()),
        });
    };
    for (name, script) in CASES {
        add((*name).to_owned(), (*script).to_owned());
    }
    let wanted = std::env::var("LAYERGLASS_BTRFS").ok();
    let (count, first) = match wanted.as_deref().and_then(|it| it.split_once(':')) {
        Some((count, seed)) => (count.parse().unwrap_or(1), seed.parse().unwrap_or(1)),
        None => (1, 1),
    };
    for seed in first..first + count {
        add(format!("random edits, seed {seed}"), random(seed));
    }
    libtest_mimic::run(&args, trials).exit_code()
}

/// What is not here that the comparison needs.
fn missing() -> Option<String> {
    if let Err(why) = ground::can_mount() {
        return Some(why);
    }
    let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !known.lines().any(|line| line.trim() == "btrfs") {
        return Some("this kernel has no Btrfs".into());
    }
    for tool in ["mkfs.btrfs", "btrfs", "filefrag", "findmnt"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        if !found.is_ok_and(|it| it.status.success()) {
            return Some(format!("{tool} is not installed"));
        }
    }
    let script = format!("{FRESH}echo ready");
    match worlds::real(&script) {
        Ok(out) if out.stdout.ends_with(b"ready\n") => None,
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            Some(format!("no Btrfs can be mounted: {}", said.trim()))
        }
        Err(err) => Some(err.to_string()),
    }
}

fn compare(script: &str) -> Result<(), Failed> {
    let script =
        format!("{FRESH}exec 2>&1\n{script}\ncd /\numount /lab/m 2>/dev/null || umount -l /lab/m");
    let real = worlds::real(&script).map_err(|err| err.to_string())?;
    let real = plain(&String::from_utf8_lossy(&real.stdout));
    let ours = plain(&String::from_utf8_lossy(&worlds::ours(&script).stdout()));
    let (a, b): (Vec<&str>, Vec<&str>) = (real.lines().collect(), ours.lines().collect());
    if a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| agrees(a, b)) {
        return Ok(());
    }
    let mut report = String::from("here and on the kernel (<):\n");
    let at = a.iter().zip(&b).take_while(|(a, b)| agrees(a, b)).count();
    for line in a.iter().skip(at.saturating_sub(4)).take(16) {
        report += &format!("< {line}\n");
    }
    for line in b.iter().skip(at.saturating_sub(4)).take(16) {
        report += &format!("> {line}\n");
    }
    Err(format!("{report}\nscript:\n{script}").into())
}

/// Lines are equal; what the device has in use may differ by one extent of a block, since when a block is written
/// out twice between two commits is the kernel's own affair.
fn agrees(real: &str, ours: &str) -> bool {
    let number =
        |line: &str, key: &str| line.strip_prefix(key).and_then(|it| it.parse::<u64>().ok());
    let both = |key: &str| Some((number(real, key)?, number(ours, key)?));
    match (both("used="), both("meta=")) {
        (Some((real, ours)), _) => real.abs_diff(ours) <= 4096,
        (_, Some((real, ours))) => real.abs_diff(ours) <= (real / 20).max(2 * 16384),
        _ => real == ours,
    }
}

/// Output without what differs from one run to the next.
fn plain(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn line(text: &str) -> String {
    // Extents: where they lie on the device, and where one would have been expected.
    if let Some((head, rest)) =
        text.split_once(": ").filter(|it| it.0.trim().parse::<u32>().is_ok())
        && rest.contains("..")
    {
        let parts: Vec<&str> = rest.split(':').collect();
        let flags = parts.last().map_or("", |it| it.trim());
        let (logical, len) = (parts.first(), parts.get(2));
        return format!("{head}: {logical:?} {len:?} {flags}");
    }
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 0..words.len() {
        let before = at.checked_sub(1).map_or("", |it| words[it].as_str()).to_owned();
        let word = words[at].clone();
        let hex = |it: &str| it.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let bare = word.trim();
        if ["gen", "cgen"].contains(&&before[..]) || bare.len() == 36 && hex(bare) {
            words[at] = "#".into();
        } else if bare.len() == 10 && bare.starts_with("20") && bare.matches('-').count() == 2
            || bare.len() == 8 && bare.matches(':').count() == 2
        {
            words[at] = word.replace(bare, "#");
        } else if bare.starts_with("/dev/loop") {
            words[at] = "LOOP".into();
        }
    }
    let text = words.join(" ");
    let fields = ["Generation:", "Gen at creation:", "Creation time:", "Send time:", "UUID:"];
    if let Some(field) = fields.iter().find(|it| text.trim_start().starts_with(**it)) {
        return (*field).to_owned();
    }
    // Rows of `subvolume list -t`: the second column is a transaction.
    let columns: Vec<&str> = text.split('\t').collect();
    match columns[..] {
        [id, generation, ref rest @ ..] if !id.is_empty() && generation.parse::<u64>().is_ok() => {
            format!("{id}\t#\t{}", rest.join("\t"))
        }
        _ => text,
    }
}

/// Edits of files in some subvolumes, each written out before the next, and what is shared in the end.
fn random(seed: u64) -> String {
    let mut word = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut roll = move |most: u64| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 33) % most
    };
    let mut script = String::from("btrfs subvolume create v0 >/dev/null\n");
    let mut volumes = 1;
    for step in 0..40 {
        let (v, f) = (roll(volumes), roll(3));
        let file = format!("v{v}/f{f}");
        let blocks = 1 + roll(30);
        script += &match roll(12) {
            0..=2 => format!("printf '%0{}d' {step} > {file}", 1 + roll(200_000)),
            3..=5 => format!(
                "[ -e {file} ] && printf '%0{}d' {step} | dd of={file} bs=4096 seek={} iflag=fullblock conv=notrunc status=none",
                blocks * 4096,
                roll(40)
            ),
            6 => format!("[ -e {file} ] && truncate -s {} {file}", roll(150_000)),
            7 => format!("rm -f {file}"),
            8 => format!(
                "[ -e {file} ] && cp --reflink=always {file} v{}/f{}",
                roll(volumes),
                3 + roll(2)
            ),
            9 | 10 if volumes < 6 => {
                volumes += 1;
                format!("btrfs subvolume snapshot v{v} v{} >/dev/null", volumes - 1)
            }
            _ => format!("[ -e {file} ] && mv {file} v{v}/f{}", roll(3)),
        };
        script += "; btrfs filesystem sync .\n";
    }
    script += "btrfs filesystem du --raw .; btrfs filesystem df --raw . | head -n 1 | sed 's/.*used/used/'\n";
    script += "for f in v*/f*; do echo $f; filefrag -v $f | tail -n +4; done; sha256sum v*/f*\n";
    script += "btrfs subvolume delete v0 >/dev/null; btrfs subvolume sync . >/dev/null; btrfs filesystem sync .\n";
    script += "btrfs filesystem du --raw .; btrfs filesystem df --raw . | head -n 1 | sed 's/.*used/used/'\n";
    script
}
