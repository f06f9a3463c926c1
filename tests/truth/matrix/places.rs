//! What may be a layer, an upper or a work directory, and what is found in them.

use super::sheet::Sheet;

/// Directories of the lab as the options name them.
const LOWERS: &[(&str, &str)] = &[
    ("lower", "l1"),
    ("inside", "l1/in"),
    ("upper", "u"),
    ("in-upper", "u/in"),
    ("work", "w"),
    ("in-work", "w/in"),
    ("all", "."),
    ("file", "l1/file"),
    ("missing", "none"),
    ("link", "link"),
    ("twice", "l1:l1"),
    ("nested", "l1:l1/in"),
    ("nested-other", "l1/in:l1"),
    ("dots", "l1/in/.."),
    ("empty", ""),
    ("colon-end", "l1:"),
    ("colon-start", ":l1"),
    ("double-end", "l1::"),
    ("double-start", "::l1"),
    ("triple", "l1:::l2"),
    ("data", "l1::l2"),
    ("data-data", "l1::l2::l1/in"),
    ("data-lower", "l1::l2:e"),
    ("data-twice", "l1::l1"),
    ("data-nested", "l1::l1/in"),
    ("data-upper", "l1::u"),
];

const UPPERS: &[(&str, &str)] = &[
    ("plain", "u"),
    ("inside-lower", "l1/in"),
    ("over-lower", "."),
    ("in-work", "w/in"),
    ("over-work", "uw"),
    ("same-as-work", "w"),
    ("file", "l1/file"),
    ("missing", "none"),
    ("link", "ulink"),
    ("other-disk", "other/u"),
    ("bound", "bound"),
    ("read-only", "rom"),
    ("overlay", "over"),
    ("whiteout", "l1/gone"),
    ("colon", "u:v"),
];

/// What may lie in the work directory before the mount: a slug, words, lines.
const LEFT: &[(&str, &str, &str)] = &[
    ("file", "a file", "d w/work\nf w/work/a 1"),
    ("temporary", "an unfinished file", "d w/work\nf w/work/#1f 1\nw w/work/#20"),
    ("dir", "a directory", "d w/work\nd w/work/a"),
    ("dir-file", "a directory with a file", "d w/work\nd w/work/a\nf w/work/a/b 1"),
    ("dir-dir", "a directory in a directory", "d w/work\nd w/work/a\nd w/work/a/b"),
    ("deep", "a file two directories deep", "d w/work\nd w/work/a\nd w/work/a/b\nf w/work/a/b/c 1"),
    ("symlink", "a symbolic link", "d w/work\nl w/work/a /"),
    ("fifo", "a fifo", "d w/work\np w/work/a"),
    ("device", "a device", "d w/work\nc w/work/a 1:3"),
    ("immutable", "an immutable file", "d w/work\nf w/work/a 1 flags=0x10"),
    ("work-file", "a file called work", "f w/work 1"),
    ("work-symlink", "a symbolic link called work", "l w/work /"),
    ("work-whiteout", "a whiteout called work", "w w/work"),
    ("incompat-file", "a mark", "d w/work\nd w/work/incompat\nf w/work/incompat/other 1"),
    (
        "incompat-volatile",
        "the mark of a volatile mount",
        "d w/work\nd w/work/incompat\nd w/work/incompat/volatile",
    ),
    ("incompat-empty", "an empty directory for marks", "d w/work\nd w/work/incompat"),
    ("incompat-is-file", "a file where marks would be", "d w/work\nf w/work/incompat 1"),
    ("index-file", "a file called index", "f w/index 1"),
    ("index-symlink", "a symbolic link called index", "l w/index work"),
    ("index-fifo", "a fifo called index", "p w/index"),
    ("index-whiteout-itself", "a whiteout called index", "w w/index"),
    ("index-left", "an unfinished file in the index", "d w/index\nf w/index/#7 1"),
    ("index-odd", "a name in the index that is no handle", "d w/index\nf w/index/odd 1"),
    ("index-short", "a short name in the index", "d w/index\nf w/index/00fb 1"),
    (
        "index-whiteout",
        "a whiteout in the index with a name like a handle",
        "d w/index\nw w/index/00fb2100010000000000000000000000000000000000000000000000000000000000",
    ),
    ("beside", "other things beside", "f w/beside 1\nd w/more"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("places");
    for (slug, lower) in LOWERS {
        lowers(&mut sheet, slug, lower);
    }
    for (slug, upper) in UPPERS {
        uppers(&mut sheet, slug, upper);
    }
    for (slug, words, lines) in LEFT {
        for (way, options) in [("plain", ""), ("index", "index=on"), ("volatile", "volatile")] {
            left(&mut sheet, (slug, words, lines), way, options);
        }
    }
    for options in ["", "index=on"] {
        shared(&mut sheet, options);
    }
    sheet
}

fn lowers(sheet: &mut Sheet, slug: &str, lower: &str) {
    let title = format!("lowerdir={lower}, with an upper layer and without");
    sheet
        .case(&format!("lower/{slug}"), &title, "R1.2 R1.3")
        .layers("l1 l2 u")
        .do_(["d l1/in", "f l1/in/a 1", "f l1/file 1", "l link l1", "d u/in", "d w/in", "d e"])
        .do_([format!("mount lowerdir={lower},upperdir=u,workdir=w").as_str(), "mounts", "umount"])
        .do_([format!("mount lowerdir={lower}").as_str(), "mounts", "umount"])
        .do_([format!("mount lowerdir=l2:{lower}").as_str(), "mounts"])
        .done();
}

fn uppers(sheet: &mut Sheet, slug: &str, upper: &str) {
    let title = format!("upperdir={upper}");
    sheet
        .case(&format!("upper/{slug}"), &title, "R1.3")
        .layers("l1 l2 u")
        .disks("tmpfs l2=tmpfs2")
        .do_([
            "d l1/in",
            "f l1/in/a 1",
            "f l1/file 1",
            "w l1/gone",
            "d w/in",
            "l ulink u",
            "l uw u",
        ])
        .do_([
            "d u:v",
            "d over",
            "d bound",
            "d rom",
            "l other disk-tmpfs2",
            "d other/u",
            "d other/w",
        ])
        .do_(["bind u bound", "bind u rom ro", "mount lowerdir=l1:l2 over"])
        .do_([format!("mount lowerdir=l1,upperdir={upper},workdir=w").as_str(), "mounts"])
        .do_(["lstat m/in", "mkdir m/in/new", "umount"])
        .do_([
            format!("mount lowerdir=l1,upperdir={upper},workdir=u/w").as_str(),
            "mounts",
            "umount",
        ])
        .do_([format!("mount lowerdir=l1,upperdir={upper}").as_str(), "mounts"])
        .done();
}

fn left(sheet: &mut Sheet, (slug, words, lines): (&str, &str, &str), way: &str, options: &str) {
    let with = if options.is_empty() { String::new() } else { format!(", with {options}") };
    let title = format!("{words} in the work directory{with}");
    sheet
        .case(&format!("left-{way}/{slug}"), &title, "R1.5 R1.5a R7.7")
        .layers("l1 u")
        .options(options)
        .disks(if slug == "immutable" { "ext4" } else { "" })
        .do_(["f l1/a 1"])
        .do_([lines])
        .do_(["mount", "mounts", "chmod m/a 0600", "unlink m/a", "umount", "mount"])
        .done();
}

/// Two overlays that share directories.
fn shared(sheet: &mut Sheet, options: &str) {
    let with = if options.is_empty() { "without an index" } else { options };
    let more = if options.is_empty() { String::new() } else { format!(",{options}") };
    let tries = [
        ("upper", "lowerdir=l2,upperdir=u,workdir=w2", "the same upper directory"),
        ("work", "lowerdir=l2,upperdir=u2,workdir=w", "the same work directory"),
        ("lower", "lowerdir=l1,upperdir=u2,workdir=w2", "the same lower directory"),
        (
            "upper-as-lower",
            "lowerdir=u,upperdir=u2,workdir=w2",
            "the upper directory of the other as lower",
        ),
        (
            "below-upper",
            "lowerdir=u/in,upperdir=u2,workdir=w2",
            "a directory of the other's upper one",
        ),
        (
            "lower-as-upper",
            "lowerdir=l2,upperdir=l1,workdir=w2",
            "the lower directory of the other as upper",
        ),
        (
            "work-as-lower",
            "lowerdir=w,upperdir=u2,workdir=w2",
            "the work directory of the other as lower",
        ),
    ];
    for (slug, data, words) in tries {
        let way = if options.is_empty() { "shared" } else { "shared-index" };
        sheet
            .case(
                &format!("{way}/{slug}"),
                &format!("a second overlay with {words} ({with})"),
                "R1.3",
            )
            .layers("l1 l2 u")
            .head("observe", "raw")
            .do_(["d u2", "d w2", "d m2", "d u/in", "f l1/a 1"])
            .do_(["mount".to_owned()
                + &if more.is_empty() { String::new() } else { format!(" +{options}") }])
            .do_([format!("mount {data}{more} m2"), "mounts".to_owned()])
            .do_(["mkdir m2/new", "mkdir m/new", "umount m2", "umount"])
            .do_([format!("mount {data}{more} m2"), "umount m2".to_owned()])
            .done();
    }
}
