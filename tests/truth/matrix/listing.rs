//! Listings under way: each kind of directory, and what happens to it meanwhile.

use super::sheet::Sheet;

/// A slug, words, lines before the mount, layers, options: a directory `p` with entries a, b, c.
type Dir = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str);

const DIRS: &[Dir] = &[
    (
        "lower",
        "a lower directory",
        &["d l1/p", "f l1/p/a 1", "f l1/p/b 1", "f l1/p/c 1"],
        "l1 u",
        "",
    ),
    (
        "pure",
        "a directory of the upper layer",
        &["d u/p", "f u/p/a 1", "f u/p/b 1", "f u/p/c 1"],
        "l1 u",
        "",
    ),
    (
        "merged",
        "a merged directory",
        &["d l1/p", "f l1/p/a 1", "f l1/p/b 1", "d u/p", "f u/p/c 1"],
        "l1 u",
        "",
    ),
    (
        "three",
        "a directory of three layers with a whiteout",
        &[
            "d l2/p",
            "f l2/p/a 1",
            "f l2/p/gone 1",
            "d l1/p",
            "f l1/p/b 1",
            "w l1/p/gone",
            "d u/p",
            "f u/p/c 1",
        ],
        "l1 l2 u",
        "",
    ),
    (
        "opaque",
        "an opaque directory",
        &[
            "d l1/p",
            "f l1/p/no 1",
            "d u/p trusted.overlay.opaque=y",
            "f u/p/a 1",
            "f u/p/b 1",
            "f u/p/c 1",
        ],
        "l1 u",
        "",
    ),
    (
        "moved",
        "a directory that was moved",
        &[
            "d l1/o",
            "f l1/o/a 1",
            "f l1/o/b 1",
            "d u/p trusted.overlay.redirect=o",
            "f u/p/c 1",
            "w u/o",
        ],
        "l1 u",
        "redirect_dir=on",
    ),
];

/// What happens between two reads.
const EVENTS: &[(&str, &str, &str)] = &[
    ("create", "a name is made", "mknod m/p/new f 0644"),
    ("unlink", "a name is deleted", "unlink m/p/b"),
    ("rename", "a name is changed", "rename m/p/b m/p/d"),
    ("chmod", "an entry is changed", "chmod m/p/a 0600"),
    ("into", "something is moved in", "rename m/x m/p/x"),
    ("out", "something is moved out", "rename m/p/b m/out"),
    ("over", "an entry is deleted and made again", "unlink m/p/a\nmkdir m/p/a"),
    ("chown", "the directory itself is changed", "chown m/p 3:4"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("listing");
    for dir in DIRS {
        for event in EVENTS {
            one(&mut sheet, dir, event);
        }
        seeks(&mut sheet, dir);
        removed(&mut sheet, dir);
    }
    sheet
}

fn one(sheet: &mut Sheet, dir: &Dir, event: &(&str, &str, &str)) {
    let title = format!("{} is being listed when {}", dir.1, event.1);
    sheet
        .case(&format!("{}/{}", dir.0, event.0), &title, "R3.5 R3.6")
        .layers(dir.3)
        .options(dir.4)
        .head("observe", "raw")
        .do_(["f l1/x x"])
        .do_(dir.2)
        .do_(["mount", "open %d m/p RDONLY|DIRECTORY", "getdents %d 3", event.2, "getdents %d"])
        .do_(["open %e m/p RDONLY|DIRECTORY", "getdents %e", "lseek %d 0 SET", "getdents %d"])
        .done();
}

fn seeks(sheet: &mut Sheet, dir: &Dir) {
    let title = format!("positions in the listing of {}", dir.1);
    let mut draft = sheet
        .case(&format!("{}/seek", dir.0), &title, "R3.4")
        .layers(dir.3)
        .options(dir.4)
        .do_(dir.2)
        .do_(["mount", "open %d m/p RDONLY|DIRECTORY", "getdents %d 1", "lseek %d 0 CUR"]);
    for place in ["0 SET", "1 SET", "3 SET", "100 SET", "-1 SET", "1 CUR", "0 END", "0 DATA"] {
        draft = draft.do_([format!("lseek %d {place}").as_str(), "getdents %d"]);
    }
    draft.do_(["read %d 10", "close %d"]).done();
}

fn removed(sheet: &mut Sheet, dir: &Dir) {
    let title = format!("{} is removed while it is open and somebody stands in it", dir.1);
    sheet
        .case(&format!("{}/removed", dir.0), &title, "R3.7 R5.11")
        .layers(dir.3)
        .options(dir.4)
        .do_(dir.2)
        .do_(["mount", "unlink m/p/a", "unlink m/p/b", "unlink m/p/c"])
        .do_(["open %d m/p RDONLY|DIRECTORY", "chdir m/p", "rmdir %d/../p"])
        .do_(["getdents %d", "stat %d", "mkdir new", "open %n new WRONLY|CREAT 0644", "stat ."])
        .do_(["open %t . RDWR|TMPFILE 0600", "chmod %d 0700", "setxattr %d trusted.k v", "home"])
        .do_(["mkdir m/p", "getdents %d", "stat %d"])
        .done();
}
