//! Copies of metadata: how they come about, and what is done to them then.

use super::sheet::Sheet;

/// A slug, words, an operation.
type Change = (&'static str, &'static str, &'static str);

/// Each leaves a copy of metadata at `@`.
const MAKERS: &[(&str, &str, &str, &str)] = &[
    ("chmod", "chmod", "chmod m/p/f 0600", "m/p/f"),
    ("chown", "chown", "chown m/p/f 5:6", "m/p/f"),
    ("utimens", "new times", "utimens m/p/f @50 @51", "m/p/f"),
    ("setxattr", "an attribute", "setxattr m/p/f user.k v", "m/p/f"),
    ("link", "a link", "link m/p/f m/g", "m/g"),
    ("rename", "a rename", "rename m/p/f m/p/g", "m/p/g"),
    ("move", "a move to another directory", "rename m/p/f m/g", "m/g"),
];

const USES: &[Change] = &[
    ("read", "read", "open %r @ RDONLY\nread %r 20\nlseek %r 0 DATA\nclose %r"),
    ("write", "written to", "open %w @ RDWR\npwrite %w X 1\npread %w 20 0\nclose %w"),
    ("cut", "cut to two bytes", "truncate @ 2"),
    ("grow", "cut to more than it has", "truncate @ 9"),
    ("trunc", "opened with O_TRUNC", "open %w @ WRONLY|TRUNC\nclose %w"),
    ("chmod", "given another mode", "chmod @ 0711"),
    ("unlink", "deleted", "unlink @"),
    ("link", "linked", "link @ m/p/h\nstat m/p/h"),
    ("rename", "renamed in its directory", "rename @ @2"),
    ("away", "moved to a directory", "rename @ m/q/z"),
    ("replace", "replaced by another file", "rename m/other @"),
    ("exchange", "exchanged with another file", "rename @ m/other EXCHANGE"),
    ("punch", "punched", "open %w @ RDWR\nfallocate %w 3 0 2\nclose %w"),
    ("protect", "made immutable", "open %r @ RDONLY\nsetflags %r 0x10\nclose %r\nchmod @ 0400"),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("meta");
    for maker in MAKERS {
        for change in USES {
            one(&mut sheet, *maker, change);
        }
    }
    for change in USES {
        given(&mut sheet, change, "f u/p/f \"\" size=6 trusted.overlay.metacopy=\"\"", "upper");
        let middle = "d l0/p\nf l0/p/f \"\" size=6 trusted.overlay.metacopy=\"\"";
        given(&mut sheet, change, middle, "lower");
    }
    sheet
}

fn one(sheet: &mut Sheet, maker: (&str, &str, &str, &str), change: &Change) {
    let title = format!("a copy of metadata made by {}, then {}", maker.1, change.1);
    sheet
        .case(&format!("{}/{}", maker.0, change.0), &title, "R8.1 R8.1a R2.16")
        .layers("l1 u")
        .options("metacopy=on")
        .do_(["d l1/p", "f l1/p/f abcdef user.low=1", "f l1/other other!", "d l1/q"])
        .do_(["mount", maker.2])
        .do_([change.2.replace('@', maker.3)])
        .do_(["umount", "mount"])
        .done();
}

/// The copy was there before the mount.
fn given(sheet: &mut Sheet, change: &Change, lines: &str, layer: &str) {
    let title = format!("a copy of metadata found in a layer ({layer}), then {}", change.1);
    let layers = if layer == "upper" { "l1 u" } else { "l0 l1 u" };
    sheet
        .case(&format!("given-{layer}/{}", change.0), &title, "R2.16 R8.1a")
        .layers(layers)
        .options("metacopy=on")
        .do_(["d l1/p", "f l1/p/f abcdef user.low=1", "f l1/other other!", "d l1/q", "d u/p"])
        .do_([lines, "mount"])
        .do_([change.2.replace('@', "m/p/f")])
        .do_(["umount", "mount"])
        .done();
}
