//! Devices, and storage drivers side by side: scripts with what they print.
//!
//! Scripts of `tests/storage/devices` run once. Those of `tests/storage/scripts` run on every storage driver
//! that is built and have to print the same on each: what a container sees does not depend on how its layers
//! are kept. `REGENERATE=1 cargo test --test storage` writes the expected outputs, those of the second kind
//! from `overlay2`.

#![cfg(feature = "cli")]

use layerglass::drivers::ground;
use layerglass::machine::Machine;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storage").join(name)
}

/// The scripts of a folder, by name.
fn scripts(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("a folder of scripts");
    let mut all: Vec<PathBuf> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
    all.retain(|it| it.extension().is_some_and(|it| it == "sh"));
    all.sort();
    assert!(!all.is_empty(), "no scripts in {name}");
    all
}

/// The drivers, the one that others are compared with first.
const DRIVERS: [&str; 6] = ["overlay2", "aufs", "btrfs", "zfs", "devicemapper", "vfs"];

/// Where a driver answers otherwise, as the real one does.
struct Difference {
    driver: &'static str,
    script: &'static str,
    /// Lines of `overlay2` that are missing, and lines that stand there instead or in addition.
    without: &'static [&'static str],
    with: &'static [&'static str],
    source: &'static str,
}

/// AUFS finds changes in its own branch (moby, `archive.Changes`) and does not compare two trees.
const SAME_PARENT: &str = "aufs lists a directory for a changed file in it only if the directory changed itself: archive.changes of moby 20.10";
const OPAQUE: &str = "aufs lists the mark of an opaque directory, and not what it hides: containers.md G-J2, measured on 19.03";
const BELOW: &str =
    "aufs asks whether any layer has the name, whited out or not: archive.changes of moby 20.10";

const DIFFERENCES: &[Difference] = &[
    aufs("03-append-to-lower", &["C /etc"], &[], SAME_PARENT),
    aufs("07-replace-file-by-directory", &[], &["D /etc/group/.wh..opq"], OPAQUE),
    aufs("14-modes", &["C /etc"], &[], SAME_PARENT),
    aufs("15-owners", &["C /etc"], &[], SAME_PARENT),
    aufs("17-truncate", &["C /etc"], &[], SAME_PARENT),
    aufs("19-one-byte-in-a-large-file", &["C /data"], &[], SAME_PARENT),
    aufs("25-commit-of-commit", &["D /d/2", "D /d/3"], &["D /d/.wh..opq"], OPAQUE),
    aufs("26-whiteouts-in-an-image", &["A /etc/group"], &["C /etc/group"], BELOW),
];

const fn aufs(
    script: &'static str,
    without: &'static [&'static str],
    with: &'static [&'static str],
    source: &'static str,
) -> Difference {
    Difference { driver: "aufs", script, without, with, source }
}

/// Both streams of a script on a machine whose engine has this driver.
fn output(script: &Path, driver: &str) -> String {
    let own = std::fs::read_to_string(script).expect("a script");
    let mut text = own.clone();
    for image in ["busybox", "lab/drivers:64m"]
        .iter()
        .filter(|it| own.contains(**it) && !own.contains("docker pull"))
    {
        // Where an image comes from is not what is compared.
        text = format!("docker pull -q {image} > /dev/null\n{text}");
    }
    let mut machine = Machine::boot();
    let init = machine.init();
    ground::prepare(&mut machine.kernel.sys(init), driver).expect("a machine for the driver");
    let pid = machine.start_script(text.as_bytes(), &[b"script".to_vec()]);
    let mut all = Vec::new();
    let status = machine.finish(pid, &mut |_, bytes| {
        all.extend_from_slice(bytes);
        true
    });
    format!("{}status {status}\n", String::from_utf8_lossy(&all))
}

/// The first line that differs.
fn difference(want: &str, is: &str) -> String {
    let (mut want, mut is) = (want.lines(), is.lines());
    let mut at = 0;
    loop {
        at += 1;
        match (want.next(), is.next()) {
            (None, None) => return "the ends differ".to_owned(),
            (a, b) if a == b => {}
            (a, b) => {
                let shown = |it: Option<&str>| it.unwrap_or("(nothing)").to_owned();
                return format!("line {at}:\n  want {}\n  is   {}", shown(a), shown(b));
            }
        }
    }
}

fn expected(script: &Path, driver: &str) -> String {
    let file = script.with_extension("out");
    if std::env::var_os("REGENERATE").is_some() && driver == "overlay2" {
        std::fs::write(&file, output(script, driver)).expect("a file that can be written");
    }
    std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}: missing", file.display()))
}

#[test]
fn devices_behave_as_recorded() {
    let mut failures = Vec::new();
    for script in scripts("devices") {
        let want = expected(&script, "overlay2");
        let is = output(&script, "overlay2");
        if want != is {
            failures.push(format!("{}: {}", script.display(), difference(&want, &is)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The lines of a text that another one does not have, as often as they stand there.
fn only_in(text: &str, other: &str) -> Vec<String> {
    let mut rest: Vec<&str> = other.lines().collect();
    let mut only = Vec::new();
    for line in text.lines() {
        match rest.iter().position(|it| *it == line) {
            Some(at) => drop(rest.swap_remove(at)),
            None => only.push(line.to_owned()),
        }
    }
    only
}

/// What a driver prints, held against what it should.
fn compared(script: &Path, driver: &str) -> Option<String> {
    let want = expected(script, driver);
    let is = output(script, driver);
    let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some(named) = DIFFERENCES.iter().find(|it| it.script == name && it.driver == driver) else {
        return (want != is).then(|| format!("{name} on {driver}: {}", difference(&want, &is)));
    };
    let (missing, more) = (only_in(&want, &is), only_in(&is, &want));
    let as_named = missing == named.without && more == named.with;
    (!as_named).then(|| {
        format!("{name} on {driver}: {missing:?} missing, {more:?} more, unlike: {}", named.source)
    })
}

#[test]
fn every_driver_shows_containers_the_same() {
    let all = scripts("scripts");
    assert!(all.len() >= 40, "{} scripts", all.len());
    let mut failures = Vec::new();
    for driver in DRIVERS {
        failures.extend(all.iter().filter_map(|script| compared(script, driver)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each named difference is about a script that is there.
#[test]
fn differences_are_about_scripts() {
    let names: Vec<String> = scripts("scripts")
        .iter()
        .map(|it| it.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    for it in DIFFERENCES {
        assert!(names.iter().any(|name| name == it.script), "{}", it.script);
        assert!(DRIVERS.contains(&it.driver) && !it.source.is_empty());
    }
}

/// The number behind a word of a script's output.
fn number(text: &str, word: &str) -> u64 {
    let line =
        text.lines().find(|it| it.starts_with(word)).unwrap_or_else(|| panic!("{word}: {text}"));
    line.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

fn run(script: &str, driver: &str) -> String {
    let mut machine = Machine::boot();
    let init = machine.init();
    ground::prepare(&mut machine.kernel.sys(init), driver).expect("a machine for the driver");
    let pid = machine.start_script(script.as_bytes(), &[b"script".to_vec()]);
    let mut all = Vec::new();
    machine.finish(pid, &mut |_, bytes| {
        all.extend_from_slice(bytes);
        true
    });
    String::from_utf8_lossy(&all).into_owned()
}

/// containers.md J, measured on 19.03: three containers of an image of 66 MiB took six times as much, one byte
/// in a file takes nothing, and what is removed is free.
#[test]
fn vfs_copies_everything_twice_for_a_container() {
    let text = run(
        "docker pull -q lab/drivers:64m > /dev/null
        used() { sync; echo $1 $(du -sk /var/lib/docker/vfs | cut -f1); }
        used image
        for i in 1 2 3; do docker create --name c$i lab/drivers:64m > /dev/null; done
        used three
        docker run --name cc lab/drivers:64m true; used four
        docker start c1 > /dev/null
        docker cp /etc/hostname c2:/data/dir/f000; used written
        docker rm c1 c2 c3 cc > /dev/null; used removed
        echo data $(docker inspect -f '{{.GraphDriver.Data}}' lab/drivers:64m)",
        "vfs",
    );
    // One layer of about 1 MiB, and on it the whole image of 65 MiB and some.
    let layer = number(&text, "image");
    assert!((67_000..70_500).contains(&layer), "{text}");
    let each = (number(&text, "three") - layer) / 6;
    assert!((65_800..67_600).contains(&each), "a copy is the whole image: {each} KiB\n{text}");
    assert_eq!((number(&text, "four") - number(&text, "three")) / 2, each, "{text}");
    assert!(number(&text, "written").abs_diff(number(&text, "four")) <= 8, "{text}");
    assert_eq!(number(&text, "removed"), layer, "{text}");
    assert!(text.contains("data map[]") || text.contains("data <no value>"), "{text}");
}

/// containers.md I, dockerd 19.03 on an image of 64 MiB, in blocks of 64 KiB: one byte +1, a directory renamed +3,
/// the large file removed +2, three containers (six snapshots) +27. The model differs by less than it says here.
#[test]
fn devicemapper_takes_the_blocks_that_were_measured() {
    let text = run(
        "docker pull -q lab/drivers:64m > /dev/null
        used() { echo $1 $(dmsetup status | grep thin-pool | tr '/' ' ' | sed 's/.*thin-pool //' | cut -d' ' -f4); }
        docker run -d --name cc lab/drivers:64m sleep 1000 > /dev/null
        used before
        docker exec cc sh -c 'printf X | dd of=/data/big bs=1 seek=1000000 conv=notrunc 2>/dev/null'; used byte
        docker exec cc mv /data/dir /data/moved; used renamed
        docker exec cc rm /data/big; used removed
        for i in 1 2 3; do docker create --name c$i lab/drivers:64m > /dev/null; done; used three
        docker rm -f cc c1 c2 c3 > /dev/null; used gone",
        "devicemapper",
    );
    let at = |word| number(&text, word);
    let steps = [
        ("byte", at("byte") - at("before"), 1, 2),
        ("renamed", at("renamed").saturating_sub(at("byte")), 3, 3),
        ("three", at("three") - at("removed"), 27, 9),
    ];
    for (step, model, measured, within) in steps {
        assert!(
            model.abs_diff(measured) <= within,
            "{step}: measured {measured}, model {model}\n{text}"
        );
    }
    // With `discard` the block that was copied for the byte comes back; without, it took two more.
    assert!(at("removed").abs_diff(at("renamed")) <= 2, "{text}");
    assert!(at("gone") < at("before"), "{text}");
}
