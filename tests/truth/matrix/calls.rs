//! The mount calls that take one parameter at a time, and what `statfs` says of the mount.

use super::sheet::Sheet;

/// A slug, words, the parameters.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("one-lower", "one lower layer and an upper", "lowerdir+=l1 upperdir=u workdir=w"),
    ("order", "lower layers from the top", "lowerdir+=l2 lowerdir+=l1 upperdir=u workdir=w"),
    ("upper-first", "the upper layer first", "upperdir=u workdir=w lowerdir+=l1"),
    ("no-upper", "two lower layers alone", "lowerdir+=l1 lowerdir+=l2"),
    ("lower-alone", "one lower layer alone", "lowerdir+=l1"),
    ("upper-alone", "no lower layer", "upperdir=u workdir=w"),
    ("work-alone", "a work directory without an upper one", "lowerdir+=l1 lowerdir+=l2 workdir=w"),
    ("twice", "the same layer twice", "lowerdir+=l1 lowerdir+=l1 upperdir=u workdir=w"),
    ("upper-twice", "two upper layers", "lowerdir+=l1 upperdir=l2 upperdir=u workdir=w"),
    ("data", "a data-only layer", "lowerdir+=l1 datadir+=l2 upperdir=u workdir=w"),
    (
        "data-twice",
        "two data-only layers",
        "lowerdir+=l1 datadir+=l2 datadir+=d1 upperdir=u workdir=w",
    ),
    ("data-alone", "data-only layers alone", "datadir+=l1 datadir+=l2"),
    ("data-first", "a data-only layer first", "datadir+=l2 lowerdir+=l1 upperdir=u workdir=w"),
    (
        "after-data",
        "a layer after data",
        "lowerdir+=l1 datadir+=d1 lowerdir+=l2 upperdir=u workdir=w",
    ),
    ("list-then-one", "a list and then one more", "lowerdir=l1:l2 lowerdir+=d1"),
    ("one-then-list", "one and then a list", "lowerdir+=d1 lowerdir=l1:l2 upperdir=u workdir=w"),
    ("list-then-data", "a list and then data", "lowerdir=l1:l2 datadir+=d1"),
    ("list-with-data", "a list with data in it", "lowerdir=l1::l2 upperdir=u workdir=w"),
    (
        "appended",
        "a list that goes on with a colon",
        "lowerdir=l1 lowerdir=:l2 upperdir=u workdir=w",
    ),
    (
        "reset",
        "layers that are taken back",
        "lowerdir+=l1 lowerdir= lowerdir+=l2 upperdir=u workdir=w",
    ),
    ("empty", "a layer without a name", "lowerdir+= upperdir=u workdir=w"),
    ("colon", "a name with a colon", "lowerdir+=c:d lowerdir+=l1 upperdir=u workdir=w"),
    ("comma", "a name with a comma", "lowerdir+=c,d lowerdir+=l1 upperdir=u workdir=w"),
    ("backslash", "a name with a backslash", r"lowerdir+=c\\d lowerdir+=l1 upperdir=u workdir=w"),
    ("escaped", "a colon behind a backslash", r"lowerdir+=c\\:d lowerdir+=l1 upperdir=u workdir=w"),
    ("upper-colon", "an upper layer with a colon", "lowerdir+=l1 upperdir=c:d workdir=w"),
    ("file", "a file as a layer", "lowerdir+=l1/a upperdir=u workdir=w"),
    (
        "options",
        "options among layers",
        "metacopy=on lowerdir+=l1 index=on upperdir=u workdir=w xino=on",
    ),
    (
        "conflict",
        "options that exclude each other",
        "lowerdir+=l1 userxattr redirect_dir=on upperdir=u workdir=w",
    ),
    ("wrong", "a value that is none", "lowerdir+=l1 metacopy=maybe upperdir=u workdir=w"),
    ("unknown", "a parameter that is none", "lowerdir+=l1 layers=l2 upperdir=u workdir=w"),
    ("flag", "a flag with a value", "lowerdir+=l1 volatile=on upperdir=u workdir=w"),
    ("no-value", "a layer as a flag", "lowerdir+=l1 upperdir workdir=w"),
    ("source", "a source", "lowerdir+=l1 upperdir=u workdir=w source=disk"),
    ("read-only", "read-only as a flag", "lowerdir+=l1 upperdir=u workdir=w ro"),
];

/// A slug, words, the disks.
const STATFS: &[(&str, &str, &str)] = &[
    ("tmpfs", "on tmpfs", ""),
    ("ext4", "on ext4", "ext4"),
    ("small", "with an upper layer of 64 KiB", "u=small tmpfs"),
    ("ext4-above", "with an upper layer on ext4", "u=ext4 tmpfs"),
    ("ext4-below", "with a lower layer on ext4", "u=tmpfs ext4"),
    ("ramfs-above", "with an upper layer on ramfs", "u=ramfs tmpfs"),
    ("ramfs-below", "with a lower layer on ramfs", "u=tmpfs ramfs"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("calls");
    for (slug, words, parameters) in PARAMETERS {
        sheet
            .case(&format!("parameters/{slug}"), &format!("a mount by calls: {words}"), "1.2 1.6")
            .layers("l1 l2 d1 u")
            .do_(["f l1/a 1", "f l2/a 2", "f l2/b 2", "d c:d", "d c,d", r"d c\\d"])
            .do_([format!("fsmount {parameters}")])
            .do_(["mounts", "chmod m/a 0600", "mkdir m/new 0755", "umount", "mount"])
            .done();
    }
    for (slug, words, disks) in STATFS {
        let asked = ["statfs m", "statfs m/d", "statfs m/d/f", "statfs m/u", "statfs m/link"];
        for (upper, layers) in [("", "l1 l2 u"), ("-without", "l1 l2")] {
            if !upper.is_empty() && slug.ends_with("-above")
                || *slug == "small" && !upper.is_empty()
            {
                continue;
            }
            let more = if upper.is_empty() { "" } else { ", without upper" };
            sheet
                .case(
                    &format!("statfs/{slug}{upper}"),
                    &format!("statfs of a union {words}{more}"),
                    "1.8",
                )
                .layers(layers)
                .disks(disks)
                .do_(["d l1/d", "f l1/d/f data", "l l2/link d/f"])
                .do_(["mount"])
                .do_(asked)
                .do_(["open %f m/d/f RDONLY", "statfs %f", "unlink m/d/f", "statfs %f"])
                .do_([
                    "open %p m/link PATH|NOFOLLOW",
                    "statfs %p",
                    "statfs m/none",
                    "statfs m/d/f/x",
                ])
                .done();
        }
    }
    sheet
}
