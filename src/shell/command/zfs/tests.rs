//! The figures of containers.md H (tag MV: measured on a real ZFS, compression off), played on the machine.

use crate::machine::Machine;
use crate::store::{Rope, Seg};
use crate::sys::{AT_FDCWD, Sys};
use crate::types::OpenFlags;

fn run(machine: &mut Machine, script: &str) -> String {
    let done = machine.run_script(script.as_bytes());
    let bytes: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A file of bytes that a number generates: none of them are moved.
fn fill(machine: &mut Machine, path: &str, len: u64) {
    let init = machine.init();
    let mut sys = machine.kernel.sys(init);
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).unwrap();
    sys.pwrite_rope(fd, &Rope { segs: vec![Seg::Generated { seed: 1, at: 0, len }] }, 0).unwrap();
    sys.close(fd).unwrap();
}

/// USED and REFER of a dataset.
fn sizes(machine: &mut Machine, name: &str) -> (i64, i64) {
    let text = run(machine, &format!("zfs list -Hpo used,refer {name}"));
    let mut words = text.split_whitespace().map(|it| it.parse().unwrap());
    (words.next().unwrap(), words.next().unwrap())
}

#[track_caller]
fn near(got: i64, measured: i64, within: i64) {
    assert!((got - measured).abs() <= within, "{got}, measured {measured}, within {within}");
}

/// 256 MiB: clone, read, one byte, a directory renamed, the file removed.
#[test]
fn a_clone_costs_what_was_measured() {
    let m = &mut Machine::boot();
    let out = run(
        m,
        "truncate -s 1G /disk; zpool create tank /disk; zfs create tank/base; mkdir /tank/base/dir",
    );
    assert_eq!(out, "");
    fill(m, "/tank/base/big", 256 << 20);
    run(m, "for i in {1..100}; do echo $i > /tank/base/dir/f$i; done");
    run(m, "zfs snapshot tank/base@1; zfs clone -o mountpoint=none tank/base@1 tank/c");
    let (used, refer) = sizes(m, "tank/c");
    assert_eq!(used, 1024, "measured 1024");
    // 2048 records, their indirect blocks and what a dataset needs; the files of the directory come on top.
    near(refer, 268_630_528, 100 << 10);
    run(m, "mkdir /c; zfs set mountpoint=/c tank/c; sleep 1; head -c 100 /c/big");
    assert_eq!(sizes(m, "tank/c").0, 12_288, "measured 12288");
    let base = sizes(m, "tank/base");
    run(m, "printf x | dd of=/c/big bs=1 seek=100000000 conv=notrunc status=none");
    near(sizes(m, "tank/c").0 - used, 216_064 + 11_264, 6 << 10);
    let before = sizes(m, "tank/c").0;
    run(m, "mv /c/dir /c/dir2");
    near(sizes(m, "tank/c").0 - before, 3072, 3072);
    run(m, "rm /c/big");
    near(sizes(m, "tank/c").0, 15_360, 4 << 10);
    // The measurement had no other files in it (26112): a sector and a dnode in two copies for each, and their names.
    let files = 100 * (512 + 2 * 96) + 2 * (101 * 64 * 2 / 5);
    near(sizes(m, "tank/c").1 - files, 26_112, 2 << 10);
    assert_eq!(sizes(m, "tank/base"), base, "the base is as it was");
}

/// 64 MiB, as under Docker: the byte costs 128 KiB and half as much for pointers.
#[test]
fn the_first_byte_in_half_an_indirect_block() {
    let m = &mut Machine::boot();
    run(m, "truncate -s 1G /disk; zpool create tank /disk; zfs create tank/base");
    fill(m, "/tank/base/big", 64 << 20);
    run(
        m,
        "zfs snapshot tank/base@1; zfs clone tank/base@1 tank/c; sleep 1; head -c 1 /tank/c/big",
    );
    let before = sizes(m, "tank/c").0;
    run(m, "printf x | dd of=/tank/c/big bs=1 seek=1000000 conv=notrunc status=none");
    near(sizes(m, "tank/c").0 - before, 176_640, 6 << 10);
    let before = sizes(m, "tank/c").0;
    run(m, "rm /tank/c/big");
    near(sizes(m, "tank/c").0 - before, -165_888, 10 << 10);
}

#[test]
fn refusals_are_in_the_words_of_libzfs() {
    let m = &mut Machine::boot();
    let out = run(
        m,
        "truncate -s 1G /disk; zpool create tank /disk; zfs create tank/a; zfs snapshot tank/a@1
         zfs clone tank/a@1 tank/c; zfs destroy tank/a@1; zfs destroy tank/a; zfs destroy -r tank/a
         zfs create tank/x/y; zfs create nix/y; zfs create tank/a; zfs promote tank/a
         zfs snapshot tank/a@2; zfs rollback tank/a@1; cd /tank/c; zfs destroy tank/c",
    );
    assert_eq!(
        out,
        "cannot destroy 'tank/a@1': snapshot has dependent clones
use '-R' to destroy the following datasets:
tank/c
cannot destroy 'tank/a': filesystem has dependent clones
use '-R' to destroy the following datasets:
tank/c
tank/a@1
cannot destroy 'tank/a': filesystem has dependent clones
use '-R' to destroy the following datasets:
tank/c
cannot create 'tank/x/y': parent does not exist
cannot create 'nix/y': no such pool 'nix'
cannot create 'tank/a': dataset already exists
cannot promote 'tank/a': not a cloned filesystem
cannot rollback to 'tank/a@1': more recent snapshots or bookmarks exist
use '-r' to force deletion of the following snapshots and bookmarks:
tank/a@2
cannot unmount '/tank/c': pool or dataset is busy
"
    );
}

#[test]
fn a_promoted_clone_lets_its_origin_go() {
    let m = &mut Machine::boot();
    let out = run(
        m,
        "truncate -s 1G /disk; zpool create tank /disk; zfs create tank/a; echo x > /tank/a/f; zfs snapshot tank/a@1
         zfs clone tank/a@1 tank/c; zfs promote tank/c; zfs list -Ho name,origin -t all; zfs destroy tank/a
         cat /tank/c/f; echo y > /tank/c/f; zfs rollback tank/c@1; cat /tank/c/f
         zpool destroy tank; zfs list; ls -A /tank",
    );
    assert_eq!(
        out,
        "tank\t-\ntank/a\ttank/c@1\ntank/c\t-\ntank/c@1\t-\nx\nx\nno datasets available\n"
    );
}
