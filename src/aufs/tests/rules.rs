//! `docs/AUFS.md`: each rule of AUFS with a script that shows it. `REGENERATE=1` writes it anew.

use crate::machine::Machine;
use crate::trace::{Rule, Step};
use std::fmt::Write as _;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/AUFS.md");

/// What every case begins with.
const LAB: &str = "mkdir -p /rw /ro1/dir /ro2/dir /m
echo one > /ro1/one; echo top > /ro1/both; echo below > /ro2/both; echo a > /ro1/dir/a; echo b > /ro2/dir/b
";
const MOUNT: &str = "mount -t aufs -o br:/rw=rw:/ro1=ro+wh:/ro2=ro+wh none /m\n";

/// Name and script. The first case that meets a rule stands for it.
const CASES: &[(&str, &str)] = &[
    ("a mount", "ls /m"),
    ("a mount refused", "mount -t aufs -o br=/rw:/rw none /mnt"),
    ("lookup", "cat /m/both /m/dir/b /m/nothing"),
    ("a whiteout", "rm /m/both; cat /m/both"),
    ("a new directory over an old one", "rm -r /m/dir; mkdir /m/dir; ls /m/dir; cat /m/dir/a"),
    ("a file over a whiteout", "rm /m/one; echo new > /m/one"),
    ("a file below a directory", "mkdir /rw/one; ls /m/one"),
    (
        "a whiteout that does not count",
        "umount /m; touch /ro1/.wh.both; mount -t aufs -o br=/rw:/ro1:/ro2 none /m; cat /m/both; rm /ro1/both; cat /m/both",
    ),
    ("a name of AUFS", "touch /m/.wh.x"),
    ("copy-up", "echo more >> /m/one; chmod 600 /m/dir/a"),
    ("zeros", "truncate -s 8192 /ro1/zeros; echo x >> /m/zeros"),
    (
        "hard links",
        "ln /ro1/one /ro1/dir/two; echo more >> /m/one; echo more >> /m/dir/two; umount /m",
    ),
    ("removing", "touch /m/new; rm /m/new; rmdir /m/dir; rm /m/dir/a /m/dir/b; rmdir /m/dir"),
    ("an open directory removed", "rm /m/dir/a /m/dir/b; cd /m/dir; rmdir /m/dir; cd /"),
    ("renaming", "mv /m/one /m/uno; touch /m/new; mv /m/new /m/newer; mv /m/dir /m/moved"),
    ("a link", "ln /m/one /m/dir/link"),
    ("no branch to write", "mount -o remount,mod:/rw=ro /m; touch /m/x"),
    (
        "branches come and go",
        "mkdir /new; mount -o remount,append:/new=ro /m; mount -o remount,del:/new /m",
    ),
    ("round robin", "mount -o remount,create=rr /m; touch /m/f"),
    ("most free space", "mount -o remount,create=mfs /m; touch /m/f"),
    (
        "a policy overruled",
        "mkdir /rw2; mount -o remount,append:/rw2=rw,create=rr /m; rm /m/one; touch /m/f; echo x > /m/one",
    ),
    (
        "two writable branches",
        "mkdir /rw2; echo x > /rw2/low; mount -o remount,append:/rw2=rw /m; echo y > /m/high; mv /m/low /m/high",
    ),
    (
        "a directory that a branch closes",
        "mkdir /ro1/shut; chmod 700 /ro1/shut; chmod 755 /m/shut; su nobody -s /bin/sh -c 'ls /m/shut'",
    ),
];

fn rules(script: &str) -> Vec<Rule> {
    let mut machine = Machine::boot();
    machine.kernel.trace.set_on(true);
    machine.run_script(format!("{LAB}{MOUNT}{script}").as_bytes());
    let steps = machine.kernel.trace.take();
    let rule = |step: &Step| match step {
        Step::Lookup { rule, .. } | Step::Decide { rule, .. } => Some(*rule),
        _ => None,
    };
    steps.iter().filter_map(rule).filter(|it| Rule::AUFS.contains(it)).collect()
}

/// What stands behind the rules.
const SOURCES: &str = "## Where it comes from

| what | from |
|---|---|
| the line in /proc/mounts and the files of /sys/fs/aufs, what a writable branch gets, whiteouts as names of one file, opaque marks, \
names that are refused, removing and making again, copy-up with blocks of zeros left out, inode numbers, pseudo-links and what unmounting \
makes of them, EXDEV for directories, `tdp` and `rr`, what Docker's driver lays on disk and lists as changes | measured on Linux 5.4 with Docker \
19.03 (containers.md F); tests name the line |
| which branch answers a lookup, `rr` and `+wh`, `mfs`, `pmfs`, `mfsrr`, `tdmfs`, `cpup`, `udba`, `dirperm1`, `sum`, `shwh`, `diropq`, changes of branches by \
a remount | aufs(5) and the design documents of aufs; not measured |
| numbers of errors and lines of the kernel log when a mount or a change of branches is refused | read in aufs's source (branch.c, opts.c of the \
versions for Linux 3 to 5); not measured. Lines of ours that stand for several of aufs's: `wrong permission`, `cannot be prepared`, `cannot be left out`, \
`is in use`, `has files open for writing` |
| steps of the trace, and the words of the rules | this machine's own |

`aufs: ` stands before a line of the log as in aufs, without the function and the line of source that aufs names there.
";

fn written() -> String {
    let cases: Vec<Vec<Rule>> = CASES.iter().map(|it| rules(it.1)).collect();
    let mut out = String::from(
        "# AUFS\n\nThe rules by which `src/aufs` decides, as `trace PATH` and the page show them. No kernel of \
         today has AUFS: they follow its design documents and what was measured on Linux 5.4 (containers.md F). \
         Written by `REGENERATE=1 cargo test --lib aufs::tests::rules`; every rule is met by the script below \
         it, which a test runs after\n\n```sh\n",
    );
    writeln!(out, "{LAB}{MOUNT}```\n\n{SOURCES}").ok();
    for rule in Rule::AUFS {
        let found = cases.iter().position(|it| it.contains(rule));
        let Some(at) = found else { panic!("no case shows {rule:?}: {}", rule.sentence()) };
        let (name, script) = CASES[at];
        let chinese = rule.chinese().unwrap_or_default();
        write!(out, "\n## {} {rule:?}\n\n{}\n\n{chinese}\n", rule.id(), rule.sentence()).ok();
        write!(out, "\nShown by {name}:\n\n```sh\n{}\n```\n", script.replace("; ", "\n")).ok();
    }
    out
}

#[test]
fn every_rule_is_shown_and_stands_in_the_document() {
    let now = written();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(PATH, &now).unwrap();
    }
    let there = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(there == now, "docs/AUFS.md is not what the engine does now: REGENERATE=1 writes it");
}

#[test]
fn numbers_of_rules_are_their_own() {
    let mut ids: Vec<&str> = Rule::ALL.iter().chain(Rule::AUFS).map(|it| it.id()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
