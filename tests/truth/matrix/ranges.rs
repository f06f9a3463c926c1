//! Ranges of files: allocation, holes, copies between files, on each disk and in each layer.

use super::sheet::Sheet;

const DISKS: &[&str] = &["tmpfs", "ext4"];

/// Modes of fallocate(2).
const MODES: &[(&str, &str, u32)] = &[
    ("plain", "space", 0),
    ("keep", "space beyond the end", 1),
    ("punch", "a hole", 3),
    ("collapse", "a range taken out", 8),
    ("zero", "a range of zeros", 0x10),
    ("zero-keep", "a range of zeros that keeps the size", 0x11),
    ("insert", "a range put in", 0x20),
    ("unshare", "a range of one's own", 0x40),
];

/// Files to copy between: a slug, words, lines, the path.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("lower", "a lower file", "f l1/@ \"abcd\"*2000", "m/@"),
    ("upper", "an upper file", "f u/@ \"efgh\"*2000", "m/@"),
    ("both", "a file of both layers", "f l1/@ low\nf u/@ \"ijkl\"*2000", "m/@"),
    ("raw", "a file outside of the mount", "f l1/@ \"mnop\"*2000", "l1/@"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("ranges");
    for disk in DISKS {
        for mode in MODES {
            for layer in ["l1", "u"] {
                allocate(&mut sheet, disk, *mode, layer);
            }
        }
        for layer in ["l1", "u"] {
            seek(&mut sheet, disk, layer);
            sparse(&mut sheet, disk, layer);
        }
        for from in FILES {
            for to in FILES.iter().filter(|it| it.0 != "raw") {
                copy(&mut sheet, disk, from, to);
            }
        }
    }
    sheet
}

fn of(layer: &str) -> &'static str {
    if layer == "u" { "an upper file" } else { "a lower file" }
}

fn allocate(sheet: &mut Sheet, disk: &str, (slug, words, mode): (&str, &str, u32), layer: &str) {
    let title = format!("fallocate of {words} in {}, on {disk}", of(layer));
    sheet
        .case(&format!("fallocate/{slug}-{layer}-{disk}"), &title, "R4.1 9.8")
        .layers("l1 u")
        .disks(disk)
        .do_([format!("f {layer}/x \"abcd\"*4096")])
        .do_(["mount", "open %w m/x RDWR"])
        .do_([format!("fallocate %w {mode} 4096 4096"), format!("fallocate %w {mode} 1000 100")])
        .do_([format!("fallocate %w {mode} 16384 4096"), format!("fallocate %w {mode} 0 0")])
        .do_(["stat %w", "lseek %w 0 HOLE", "lseek %w 4096 DATA", "close %w"])
        .done();
}

fn seek(sheet: &mut Sheet, disk: &str, layer: &str) {
    let title =
        format!("SEEK_DATA and SEEK_HOLE in {}, before and after a change, on {disk}", of(layer));
    let asks =
        ["0 DATA", "0 HOLE", "8192 DATA", "8192 HOLE", "20000 DATA", "40960 HOLE", "65536 DATA"];
    let asks: Vec<String> = asks.iter().map(|it| format!("lseek %r {it}")).collect();
    sheet
        .case(&format!("seek/{layer}-{disk}"), &title, "9.8 R4.2")
        .layers("l1 u")
        .disks(disk)
        .do_([format!("f {layer}/x \"\" size=65536"), format!("put {layer}/x 16384 data")])
        .do_([format!("put {layer}/x 40960 more")])
        .do_(["mount", "open %r m/x RDONLY"])
        .do_(&asks)
        .do_(["open %w m/x WRONLY", "pwrite %w X 30000", "close %w"])
        .do_(&asks)
        .do_(["stat %r"])
        .done();
}

/// What a copy-up keeps of the holes.
fn sparse(sheet: &mut Sheet, disk: &str, layer: &str) {
    let title =
        format!("{} of 16 MiB with a byte at each end is given another mode, on {disk}", of(layer));
    sheet
        .case(&format!("sparse/{layer}-{disk}"), &title, "R4.2")
        .layers("l1 u")
        .disks(disk)
        .do_([format!("f {layer}/x a size=16777216"), format!("put {layer}/x 16777215 z")])
        .do_([format!("put {layer}/x 5000000 m")])
        .do_(["mount", "stat m/x", "chmod m/x 0600", "stat m/x", "stat u/x"])
        .done();
}

type File = (&'static str, &'static str, &'static str, &'static str);

fn copy(sheet: &mut Sheet, disk: &str, from: &File, to: &File) {
    let title = format!("copy_file_range and FICLONE from {} to {}, on {disk}", from.1, to.1);
    let lines = |file: &File, name: &str| file.2.replace('@', name);
    sheet
        .case(&format!("copy/{}-{}-{disk}", from.0, to.0), &title, "9.8 R4.1")
        .layers("l1 u")
        .disks(disk)
        .do_([lines(from, "from"), lines(to, "to")])
        .do_(["mount".to_owned(), format!("open %f {} RDONLY", from.3.replace('@', "from"))])
        .do_([format!("open %t {} RDWR", to.3.replace('@', "to"))])
        .do_([
            "copyrange %f 1 %t 5 10",
            "copyrange %f 7990 %t 8000 100",
            "copyrange %f 9000 %t 0 5",
        ])
        .do_(["copyrange %t 0 %t 4 8", "copyrange %t 0 %f 0 4", "clone %t %f", "stat %t"])
        .done();
}
