//! Layers that somebody changed while they were not mounted.

use super::sheet::Sheet;

/// A slug, words, and what is done to the layers between two mounts.
const CHANGES: &[(&str, &str, &str)] = &[
    ("lower-content", "a lower file got other content", "truncate l1/a 0\nput l1/a 0 changed"),
    ("lower-new-file", "a lower file was replaced", "unlink l1/a\nf l1/a other @90"),
    ("lower-gone", "a lower file was deleted", "unlink l1/a"),
    ("lower-dir-gone", "a lower directory was removed", "unlink l1/d/in\nrmdir l1/d"),
    (
        "lower-dir-new",
        "a lower directory was made anew",
        "unlink l1/d/in\nrmdir l1/d\nd l1/d\nf l1/d/in2 2",
    ),
    ("lower-dir-moved", "a lower directory was renamed", "rename l1/d l1/e"),
    ("lower-file-moved", "a lower file was renamed", "rename l1/a l1/z"),
    ("lower-kind", "a lower file became a directory", "unlink l1/a\nd l1/a\nf l1/a/in 1"),
    (
        "lower-added",
        "names were added to the lower layer",
        "f l1/made low\nd l1/new\nf l1/new/in low",
    ),
    ("lower-whiteout", "a whiteout was put in the lower layer", "unlink l1/a\nw l1/a"),
    ("upper-gone", "a copied-up file was deleted in the upper layer", "unlink u/a"),
    ("upper-dir-gone", "an upper directory was moved away", "rename u/d u/d2"),
    ("upper-moved", "a copied-up file was renamed in the upper layer", "rename u/a u/moved"),
    (
        "upper-twice",
        "a copied-up file was copied with its attributes",
        "f u/twin twin\nsetxattr u/twin trusted.overlay.origin ^u/a",
    ),
    ("whiteout-gone", "a whiteout was removed", "unlink u/gone"),
    ("upper-linked", "a copied-up file got a second name", "link u/a u/second"),
    (
        "upper-stripped",
        "a directory lost its attributes",
        "removexattr u/d trusted.overlay.origin\nremovexattr u trusted.overlay.impure",
    ),
    (
        "work-filled",
        "things were left in the work directory",
        "d w/work/left\nf w/work/left/x 1\nf w/work/#ffff5 1",
    ),
];

const OPTIONS: &[(&str, &str)] = &[
    ("plain", ""),
    ("redirect", "redirect_dir=on"),
    ("index", "index=on"),
    ("metacopy", "metacopy=on"),
    ("export", "nfs_export=on"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("offline");
    for (slug, words, change) in CHANGES {
        for (options_slug, options) in OPTIONS {
            let with = if options.is_empty() { "" } else { ", with " };
            let title = format!("between two mounts {words}{with}{options}");
            sheet
                .case(&format!("{slug}/{options_slug}"), &title, "10 R2.14 R2.18")
                .layers("l1 u")
                .options(options)
                .do_(["f l1/a low", "h l1/b l1/a", "d l1/d", "f l1/d/in 1", "f l1/gone 1"])
                .do_(["mount", "chmod m/a 0600", "chmod m/d 0700", "unlink m/gone"])
                .do_(["mknod m/made f 0600", "mkdir m/new", "umount", change, "mount"])
                .do_(["stat m/a", "chmod m/d 0755", "unlink m/a", "mkdir m/gone"])
                .done();
        }
    }
    sheet
}
