//! Extended attributes: namespaces on kinds of objects, the overlay's own ones, flags of inodes.

use super::sheet::Sheet;
use super::world::Kind;

const NAMES: &[(&str, &str)] = &[
    ("user", "user.k"),
    ("trusted", "trusted.k"),
    ("security", "security.k"),
    ("capability", "security.capability"),
    ("acl", "system.posix_acl_access"),
    ("default-acl", "system.posix_acl_default"),
    ("unknown", "odd.k"),
];

const KINDS: &[Kind] = &[Kind::File, Kind::Dir, Kind::Symlink, Kind::Fifo, Kind::Char];

/// Private attributes of an overlay, with a value that would mean something.
const PRIVATE: &[(&str, &str)] = &[
    ("opaque", "y"),
    ("redirect", "/elsewhere"),
    ("origin", "\"\""),
    ("impure", "y"),
    ("nlink", "U+5"),
    ("upper", "x"),
    ("metacopy", "\"\""),
    ("protattr", "i"),
    ("uuid", "0123456789abcdef"),
    ("whiteout", "y"),
    ("overlay.opaque", "y"),
    ("unknown", "1"),
];

/// Inode flags: immutable, append-only, nodump, noatime, sync.
const FLAGS: &[(&str, &str)] = &[
    ("i", "0x10"),
    ("a", "0x20"),
    ("ai", "0x30"),
    ("d", "0x40"),
    ("noatime", "0x80"),
    ("s", "0x8"),
    ("all", "0xf8"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("attributes");
    for (slug, name) in NAMES {
        for kind in KINDS {
            plain(&mut sheet, slug, name, *kind);
        }
    }
    for (slug, value) in PRIVATE {
        for (prefix, options) in [("trusted", ""), ("user", "userxattr")] {
            private(&mut sheet, slug, value, prefix, options);
        }
        found(&mut sheet, slug, value);
    }
    for (slug, flags) in FLAGS {
        for layer in ["l1", "u"] {
            for what in ["f", "d"] {
                through(&mut sheet, slug, flags, layer, what);
            }
        }
        below(&mut sheet, slug, flags);
    }
    sheet
}

fn value_of(name: &str) -> &'static str {
    match name {
        "security.capability" => {
            "\"\\x01\\x00\\x00\\x02\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\""
        }
        "system.posix_acl_access" | "system.posix_acl_default" => {
            "\"\\x02\\x00\\x00\\x00\\x01\\x00\\x06\\x00\\xff\\xff\\xff\\xff\\x02\\x00\\x04\\x00\\xe8\\x03\\x00\\x00\\x04\\x00\\x04\\x00\\xff\\xff\\xff\\xff\\x10\\x00\\x06\\x00\\xff\\xff\\xff\\xff\\x20\\x00\\x04\\x00\\xff\\xff\\xff\\xff\""
        }
        _ => "value",
    }
}

fn plain(sheet: &mut Sheet, slug: &str, name: &str, kind: Kind) {
    let title = format!(
        "{name} set, asked for, listed and removed on {} of a lower directory",
        kind.phrase()
    );
    let value = value_of(name);
    sheet
        .case(&format!("names/{slug}-{}", kind.slug()), &title, "9.3 R4.1")
        .layers("l1 u")
        .do_(["d l1/p"])
        .do_(kind.plant("l1", "p/x"))
        .do_([
            "mount".to_owned(),
            format!("lgetxattr m/p/x {name}"),
            format!("lremovexattr m/p/x {name}"),
        ])
        .do_([format!("lsetxattr m/p/x {name} {value} replace")])
        .do_([
            format!("lsetxattr m/p/x {name} {value} create"),
            format!("lsetxattr m/p/x {name} {value}"),
        ])
        .do_([format!("lgetxattr m/p/x {name}"), "llistxattr m/p/x".to_owned()])
        .do_(["mkdir m/p/x/sub", "chmod m/p/x 0640", "as 1000:1000", "llistxattr m/p/x"])
        .do_([format!("lgetxattr m/p/x {name}"), "as root".to_owned()])
        .do_([format!("lremovexattr m/p/x {name}")])
        .done();
}

fn private(sheet: &mut Sheet, slug: &str, value: &str, prefix: &str, options: &str) {
    let name = format!("{prefix}.overlay.{slug}");
    let on = if options.is_empty() { "" } else { ", with userxattr" };
    let title = format!("{name} set through the mount means nothing to it{on}");
    let other = if prefix == "user" { "trusted" } else { "user" };
    let mut draft = sheet
        .case(&format!("private/{prefix}-{slug}"), &title, "9.3")
        .layers("l1 u")
        .options(options)
        .do_(["f l1/f low", "d l1/d", "f l1/d/in 1", "mount"]);
    for path in ["m/f", "m/d"] {
        draft = draft.do_([
            format!("setxattr {path} {name} {value}"),
            format!("getxattr {path} {name}"),
            format!("setxattr {path} {other}.overlay.{slug} {value}"),
            format!("listxattr {path}"),
            format!("removexattr {path} {name}"),
            format!("removexattr {path} {name}"),
        ]);
    }
    draft.do_(["umount", "mount"]).done();
}

/// On objects of the lower layer: no file or directory keeps a secret.
fn found(sheet: &mut Sheet, slug: &str, value: &str) {
    let title =
        format!("trusted.overlay.{slug} on lower objects is not to be seen, and not copied up");
    let mark = format!("trusted.overlay.{slug}={value}");
    sheet
        .case(&format!("found/{slug}"), &title, "9.3 R4.2")
        .layers("l1 l2 u")
        .do_([
            format!("f l1/f low {mark} user.seen=1"),
            format!("d l1/d {mark}"),
            "f l1/d/in 1".into(),
        ])
        .do_([
            "f l2/f lower",
            "d l2/d",
            "f l2/d/below 1",
            "mount",
            "listxattr m/f",
            "listxattr m/d",
        ])
        .do_([format!("getxattr m/f trusted.overlay.{slug}")])
        .do_(["chmod m/f 0600", "chmod m/d 0700", "mkdir m/d/new"])
        .done();
}

fn through(sheet: &mut Sheet, slug: &str, flags: &str, layer: &str, what: &str) {
    let kind = if what == "f" { Kind::File } else { Kind::Dir };
    let of = if layer == "u" { "upper" } else { "lower" };
    let title = format!("flags {flags} set through the mount on {} ({of})", kind.phrase());
    sheet
        .case(&format!("flags/{slug}-{what}-{layer}"), &title, "R9.6")
        .layers("l1 u")
        .disks("ext4")
        .do_(kind.plant(layer, "x"))
        .do_(["mount", "open %x m/x RDONLY"])
        .do_([format!("setflags %x {flags}")])
        .do_(["getflags %x", "chmod m/x 0700", "open %w m/x WRONLY", "open %a m/x WRONLY|APPEND"])
        .do_(["write %a more", "mkdir m/x/new", "unlink m/x/in-u"])
        .do_([
            "rename m/x m/y",
            "link m/x m/z",
            "umount",
            "close %x",
            "close %a",
            "close %w",
            "umount",
            "mount",
        ])
        .do_([
            "open %x m/x RDONLY",
            "getflags %x",
            "setxattr m/x user.k v",
            "setflags %x 0",
            "getflags %x",
        ])
        .do_(["chmod m/x 0755", "unlink m/x"])
        .done();
}

fn below(sheet: &mut Sheet, slug: &str, flags: &str) {
    let title = format!("a lower file and a lower directory with flags {flags}");
    sheet
        .case(&format!("flags-below/{slug}"), &title, "R9.6 R4.2")
        .layers("l1 u")
        .disks("ext4")
        .do_([format!("f l1/f low flags={flags}"), "d l1/d".into(), "f l1/d/in 1".into()])
        .do_([format!("d l1/e flags={flags}")])
        .do_(["mount", "chmod m/f 0600", "open %a m/f WRONLY|APPEND", "write %a more", "close %a"])
        .do_(["open %t m/f WRONLY|TRUNC", "open %f m/f RDONLY", "getflags %f", "mkdir m/e/new"])
        .do_(["rename m/f m/g", "rename m/g m/f", "link m/f m/h", "setflags %f 0", "getflags %f"])
        .do_(["chmod m/f 0640", "unlink m/f", "rmdir m/e"])
        .done();
}
