//! Layers that somebody changes while they are mounted: Linux leaves open what happens. These are
//! samples of what it did, with the names in question known to the mount or not.

use super::sheet::Sheet;

const CHANGES: &[(&str, &str, &str)] = &[
    ("lower-write", "a lower file is written to", "truncate l1/a 0\nput l1/a 0 changed"),
    ("lower-chmod", "a lower file gets another mode", "chmod l1/a 0600"),
    ("lower-unlink", "a lower file is deleted", "unlink l1/a"),
    ("lower-replace", "a lower file is replaced", "unlink l1/a\nf l1/a other"),
    ("lower-rename", "a lower file is renamed", "rename l1/a l1/z"),
    ("lower-create", "a lower file is made", "f l1/n new"),
    ("lower-mkdir", "a lower directory is made", "d l1/n\nf l1/n/in 1"),
    ("lower-rmdir", "a lower directory is removed", "unlink l1/d/in\nrmdir l1/d"),
    ("lower-hide", "a whiteout is put over a lower file", "f u/hidden 1\nunlink u/hidden\nw u/a"),
    ("upper-write", "an upper file is written to", "truncate u/b 0\nput u/b 0 changed"),
    ("upper-unlink", "an upper file is deleted", "unlink u/b"),
    ("upper-replace", "an upper file is replaced", "unlink u/b\nf u/b other"),
    ("upper-rename", "an upper file is renamed", "rename u/b u/z"),
    ("upper-create", "an upper file is made", "f u/n new"),
    ("upper-rmdir", "an upper directory is removed", "unlink u/e/in\nrmdir u/e"),
    (
        "upper-opaque",
        "an upper directory is marked opaque",
        "setxattr u/e trusted.overlay.opaque y",
    ),
    ("upper-attr", "an upper file gets an attribute", "setxattr u/b user.k v"),
];

/// What is asked of the mount then.
const ASKS: &[&str] = &[
    "lstat m/a",
    "lstat m/b",
    "lstat m/n",
    "open %l m/a RDONLY",
    "read %l 20",
    "open %e m/d RDONLY|DIRECTORY",
    "getdents %e",
    "lstat m/d/in",
    "lstat m/e/in",
    "chmod m/b 0640",
    "unlink m/b",
    "mknod m/n f 0600",
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("online");
    for (slug, words, change) in CHANGES {
        for known in [true, false] {
            let (when, known_slug) = match known {
                true => ("under a mount that knows the names", "known"),
                false => ("under a mount that has not been asked yet", "unknown"),
            };
            let looks = ["lstat m/a", "lstat m/b", "lstat m/n", "lstat m/d/in", "lstat m/e/in"];
            sheet
                .case(&format!("{slug}/{known_slug}"), &format!("{words} {when}"), "R10")
                .head(
                    "warning",
                    "a layer is changed under a live mount, which Linux leaves undefined",
                )
                .layers("l1 u")
                .head("observe", "raw")
                .do_(["f l1/a low", "d l1/d", "f l1/d/in 1", "f u/b up", "d l1/e", "f l1/e/low 1"])
                .do_(["d u/e", "f u/e/in 1", "mount"])
                .do_(if known { &looks[..] } else { &[] })
                .do_([change])
                .do_(ASKS)
                .done();
        }
    }
    sheet
}
