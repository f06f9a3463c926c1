//! Who holds a file besides its descriptors: mapped memory, programs that run, locks.

use super::sheet::Sheet;

/// A slug, words, lines before the mount; the file is `x`.
type File = (&'static str, &'static str, &'static str);

const FILES: &[File] = &[
    ("lower", "a lower file", "f l1/x old-data"),
    ("upper", "an upper file", "f u/x old-data"),
    ("both", "a file of both layers", "f l1/x lower!\nf u/x old-data"),
    ("linked", "a lower file with two names", "f l1/x old-data\nh l1/y l1/x"),
];

const EVENTS: &[(&str, &str, &str)] = &[
    ("write", "written to", "open %w m/x WRONLY\nwrite %w NEW\nclose %w"),
    ("trunc", "opened with O_TRUNC", "open %w m/x WRONLY|TRUNC\nclose %w"),
    ("chmod", "given another mode", "chmod m/x 0600"),
    ("unlink", "deleted", "unlink m/x"),
    ("replace", "replaced", "rename m/other m/x"),
    ("grow", "made longer", "truncate m/x 5000"),
    ("punch", "given a hole", "open %w m/x RDWR\nfallocate %w 3 0 4\nclose %w"),
];

const PROGRAMS: &[File] = &[
    ("lower", "a program of the lower layer", "x l1/x 0755"),
    ("upper", "a program of the upper layer", "x u/x 0755"),
    ("both", "a program of both layers", "f l1/x lower!\nx u/x 0755"),
    ("linked", "a lower program with two names", "x l1/x 0755\nh l1/y l1/x"),
];

/// What is tried while it runs.
const TRIES: &[(&str, &str, &[&str])] = &[
    ("writer", "open it for writing", &["open %w m/x WRONLY", "open %v m/x RDWR|APPEND"]),
    ("cut", "cut it", &["truncate m/x 1", "open %w m/x WRONLY|TRUNC", "open %v m/x RDONLY|TRUNC"]),
    (
        "chmod",
        "change its mode and then write",
        &["chmod m/x 0711", "open %w m/x WRONLY", "truncate m/x 0"],
    ),
    (
        "unlink",
        "delete it and make it anew",
        &["unlink m/x", "open %w m/x WRONLY|CREAT 0755", "write %w new"],
    ),
    ("replace", "replace it", &["rename m/other m/x", "open %w m/x WRONLY", "write %w new"]),
    ("rename", "rename it and then write", &["rename m/x m/z", "open %w m/z WRONLY"]),
    ("link", "link it and write by the new name", &["link m/x m/z", "open %w m/z WRONLY"]),
    ("raw", "write to the layers themselves", &["open %w l1/x WRONLY", "open %v u/x WRONLY"]),
    (
        "again",
        "run it twice",
        &[
            "exec second m/x",
            "kill first",
            "open %w m/x WRONLY",
            "kill second",
            "open %v m/x WRONLY",
        ],
    ),
    ("umount", "unmount", &["umount", "kill first", "umount"]),
];

const LOCKS: &[(&str, &str, &[&str])] = &[
    (
        "flock",
        "whole",
        &["flock %a SH", "flock %b SH", "flock %b EX", "flock %a UN", "flock %b EX", "flock %c SH"],
    ),
    (
        "ranges",
        "by ranges",
        &[
            "lock %a r 0 4 file",
            "lock %b w 4 4 file",
            "lock %b w 2 4 file",
            "lock %a r 0 8 file",
            "lock %c w 0 0 file",
        ],
    ),
    (
        "split",
        "and unlocked in the middle",
        &[
            "lock %b w 0 10 file",
            "lock %b u 4 2 file",
            "lock %c w 4 2 file",
            "lock %c w 3 2 file",
            "lock %a r 0 1 file",
        ],
    ),
    (
        "both-ways",
        "in both ways",
        &["flock %b EX", "lock %c w 0 0 file", "lock %b w 0 1 file", "flock %c SH"],
    ),
    (
        "processes",
        "by two processes",
        &[
            "lock %b w 0 4",
            "process 1",
            "open %b m/x RDWR",
            "testlock %b w 0 0",
            "lock %b w 2 4",
            "lock %b w 4 4",
            "process 0",
            "testlock %b w 0 0",
        ],
    ),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("holders");
    for file in FILES {
        for event in EVENTS {
            for disk in ["tmpfs", "ext4"] {
                mapped(&mut sheet, file, event, disk);
            }
        }
        LOCKS.iter().for_each(|locks| locked(&mut sheet, file, locks));
    }
    for program in PROGRAMS {
        TRIES.iter().for_each(|tries| running(&mut sheet, program, tries));
        busy(&mut sheet, program);
    }
    EVENTS.iter().for_each(|event| metadata(&mut sheet, event));
    refused(&mut sheet);
    sheet
}

/// Memory mapped before and after a change, by descriptors from before and after it.
fn mapped(sheet: &mut Sheet, file: &File, event: &(&str, &str, &str), disk: &str) {
    let title = format!("{} is mapped and then {}, on {disk}", file.1, event.1);
    sheet
        .case(&format!("mapped-{disk}/{}-{}", file.0, event.0), &title, "4.3")
        .layers("l1 u")
        .disks(disk)
        .do_([file.2, "f l1/other OTHER", "mount", "open %r m/x RDONLY", "map old %r 8"])
        .do_(["peek old 0 8", event.2, "peek old 0 8", "pread %r 8 0", "map late %r 8"])
        .do_(["peek late 0 8", "unmap old", "open %n m/x RDONLY", "map new %n 8", "peek new 0 8"])
        .do_([
            "close %n",
            "close %r",
            "peek late 0 8",
            "umount",
            "unmap late",
            "unmap new",
            "umount",
        ])
        .done();
}

/// A copy of metadata shares the lower file's memory.
fn metadata(sheet: &mut Sheet, event: &(&str, &str, &str)) {
    let title = format!("a copy of metadata is mapped and then {}", event.1);
    sheet
        .case(&format!("mapped-metacopy/{}", event.0), &title, "4.3 R8.1a")
        .layers("l1 u")
        .options("metacopy=on")
        .do_(["f l1/x old-data", "f l1/other OTHER", "mount", "chmod m/x 0640"])
        .do_(["open %r m/x RDONLY", "map old %r 8", event.2, "peek old 0 8", "map late %r 8"])
        .do_(["peek late 0 8", "open %n m/x RDONLY", "map new %n 8", "peek new 0 8"])
        .done();
}

fn refused(sheet: &mut Sheet) {
    sheet
        .case("mapped/refused", "what cannot be mapped", "4.3")
        .layers("l1 u")
        .do_(["f l1/x data", "d l1/d", "p l1/p", "f l1/empty", "mount"])
        .do_(["open %d m/d RDONLY", "map a %d 8", "open %w m/x WRONLY", "map a %w 8"])
        .do_(["open %p m/x PATH", "map a %p 8", "open %f m/p RDONLY|NONBLOCK", "map a %f 8"])
        .do_(["open %r m/x RDONLY", "map a %r 0", "open %e m/empty RDONLY", "map e %e 8"])
        .do_(["peek e 0 1", "map r %r 4096", "peek r 0 4096", "peek r 4096 1", "unmap none"])
        .done();
}

fn running(sheet: &mut Sheet, program: &File, tries: &(&str, &str, &[&str])) {
    let title = format!("{} runs while somebody tries to {}", program.1, tries.1);
    sheet
        .case(&format!("running/{}-{}", program.0, tries.0), &title, "4.3 R4.1")
        .layers("l1 u")
        .do_([program.2, "f l1/other OTHER", "mount", "exec first m/x"])
        .do_(tries.2)
        .done();
}

/// Nobody runs what is open for writing.
fn busy(sheet: &mut Sheet, program: &File) {
    let title = format!("{} is not run while it is open for writing", program.1);
    sheet
        .case(&format!("busy/{}", program.0), &title, "4.3")
        .layers("l1 u")
        .do_([program.2, "d l1/d", "f l1/text words 0755", "mount", "open %w m/x RDWR"])
        .do_(["exec a m/x", "open %r m/x RDONLY", "close %w", "exec a m/x", "truncate m/x 5"])
        .do_(["kill a", "chmod m/x 0644", "exec a m/x", "exec a m/d", "exec a m/text"])
        .do_(["exec a m/none", "chmod m/x 0744", "as 1000:1000", "exec a m/x", "as root"])
        .do_(["open %v m/x RDONLY|TRUNC", "exec a m/x"])
        .done();
}

/// Locks from before a copy-up and after it meet.
fn locked(sheet: &mut Sheet, file: &File, locks: &(&str, &str, &[&str])) {
    let title = format!("{} is locked {}, before its copy-up and after it", file.1, locks.1);
    let after = locks.2.iter().map(|it| it.replace("%a", "%r"));
    sheet
        .case(&format!("locked/{}-{}", file.0, locks.0), &title, "4.3")
        .layers("l1 u")
        .do_([file.2, "mount", "open %a m/x RDONLY", "open %r m/x RDONLY"])
        .do_(["flock %r SH", "lock %r r 20 5 file", "open %b m/x RDWR", "open %c m/x RDWR"])
        .do_(locks.2)
        .do_(["flock %b EX", "lock %b w 22 1 file", "close %a", "close %b", "open %b m/x RDWR"])
        .do_(after)
        .do_(["close %r", "flock %b EX", "lock %b w 22 1 file"])
        .done();
}
