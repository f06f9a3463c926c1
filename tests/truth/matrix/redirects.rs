//! Values of the redirect attribute, on directories and on copies of metadata, followed or not.

use super::sheet::Sheet;

/// A slug and a value, in quotes where the script needs them.
const VALUES: &[(&str, &str)] = &[
    ("name", "q"),
    ("path", "/q"),
    ("deep", "/a/b/q"),
    ("self", "x"),
    ("missing", "none"),
    ("missing-path", "/a/none"),
    ("to-file", "file"),
    ("to-link", "link"),
    ("through-link", "/link/b/q"),
    ("through-file", "/file/q"),
    ("through-whiteout", "/gone/q"),
    ("to-whiteout", "gone"),
    ("empty", "\"\""),
    ("root", "/"),
    ("slash-end", "/q/"),
    ("double-slash", "//q"),
    ("double-inside", "/a//b/q"),
    ("relative-path", "a/b"),
    ("dot", "."),
    ("dotdot", ".."),
    ("dotdot-path", "/a/../q"),
    ("dot-path", "/./q"),
    ("nul", "\"q\\x00\""),
    ("long", "\"n\"*255"),
    ("too-long", "\"n\"*256"),
    ("long-path", "\"/a/b/q\"*40"),
    ("space", "\"with space\""),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("redirects");
    for (slug, value) in VALUES {
        for (way, options) in
            [("on", "redirect_dir=on"), ("nofollow", "redirect_dir=nofollow"), ("default", "")]
        {
            if way == "on" || !slug.contains("long") && !slug.starts_with("through") {
                dir(&mut sheet, slug, value, way, options);
            }
        }
        middle(&mut sheet, slug, value);
        file(&mut sheet, slug, value);
    }
    chains(&mut sheet);
    lengths(&mut sheet);
    sheet
}

const GROUND: &[&str] = &[
    "d l1/q",
    "f l1/q/moved 1",
    "d l1/x",
    "f l1/x/own 1",
    "d l1/a",
    "d l1/a/b",
    "d l1/a/b/q",
    "f l1/a/b/q/deep 1",
    "f l1/file 1",
    "l l1/link a",
    "w l1/gone",
    "d \"l1/with space\"",
    "f \"l1/with space/in\" 1",
];

fn shown(value: &str) -> String {
    if value.len() > 40 { value[..20].to_owned() + "…" } else { value.to_owned() }
}

fn dir(sheet: &mut Sheet, slug: &str, value: &str, way: &str, options: &str) {
    let with = if options.is_empty() { "by default" } else { options };
    let title = format!("an upper directory redirected to {} ({with})", shown(value));
    sheet
        .case(&format!("dir-{way}/{slug}"), &title, "R2.9 R2.10 R2.12")
        .layers("l1 u")
        .options(options)
        .do_(GROUND)
        .do_([format!("d u/x trusted.overlay.redirect={value}"), "f u/x/up 1".into()])
        .do_(["mount", "mknod m/x/new f 0600", "rename m/x m/y", "rmdir m/x"])
        .done();
}

/// In a lower layer, inside a directory.
fn middle(sheet: &mut Sheet, slug: &str, value: &str) {
    let title = format!("a directory of the middle layer redirected to {}", shown(value));
    sheet
        .case(&format!("middle/{slug}"), &title, "R2.11")
        .layers("l0 l1 u")
        .options("redirect_dir=on")
        .do_(GROUND)
        .do_(["d l1/p", "d l1/p/q", "f l1/p/q/beside 1", "d l0/p"])
        .do_([format!("d l0/p/x trusted.overlay.redirect={value}"), "f l0/p/x/mid 1".into()])
        .do_(["mount", "chmod m/p/x 0700", "rename m/p/x m/y"])
        .done();
}

/// On a copy of metadata.
fn file(sheet: &mut Sheet, slug: &str, value: &str) {
    let title = format!("a copy of metadata redirected to {}", shown(value));
    sheet
        .case(&format!("file/{slug}"), &title, "R2.16 R2.9")
        .head("remount", "two names lead to one lower file, and the first one asked for counts")
        .layers("l1 u")
        .options("metacopy=on")
        .do_([
            "f l1/q data1",
            "d l1/a",
            "d l1/a/b",
            "f l1/a/b/q data2",
            "f l1/x data3",
            "d l1/file",
        ])
        .do_(["l l1/link a", "w l1/gone", "f \"l1/with space\" data4"])
        .do_([format!(
            "f u/x \"\" size=5 trusted.overlay.metacopy=\"\" trusted.overlay.redirect={value}"
        )])
        .do_(["mount", "open %r m/x RDONLY", "read %r 10", "chmod m/x 0600", "truncate m/x 3"])
        .do_(["rename m/x m/y", "unlink m/x"])
        .done();
}

/// Directory after directory moved, each inside the one before.
fn chains(sheet: &mut Sheet) {
    let moves: &[(&str, &[&str])] = &[
        ("down-up", &["rename m/a m/A", "rename m/A/b m/A/B", "rename m/A/B/q m/top"]),
        (
            "up-down",
            &[
                "rename m/a/b/q m/q2",
                "rename m/a/b m/b2",
                "rename m/q2 m/b2/q2",
                "rename m/b2 m/a/b3",
            ],
        ),
        ("swap", &["rename m/a m/x EXCHANGE", "rename m/x/b m/a/own2", "rename m/a m/x EXCHANGE"]),
        (
            "into-new",
            &[
                "mkdir m/new",
                "rename m/a m/new/a",
                "rename m/new m/newer",
                "rename m/newer/a/b m/newer/b",
            ],
        ),
        (
            "back",
            &[
                "rename m/a/b m/b",
                "rename m/b m/a/b",
                "rename m/a/b/q m/a/b/r",
                "rename m/a/b/r m/a/b/q",
            ],
        ),
        ("over-old", &["rename m/a m/A", "mkdir m/a", "rename m/A/b m/a/b", "rename m/q m/A/b"]),
        (
            "twice-same",
            &["rename m/q m/r", "rename m/r m/s", "rename m/s m/a/s", "rename m/a/s m/a/t"],
        ),
    ];
    for (slug, ops) in moves {
        let title = format!("directories moved one after the other: {}", slug.replace('-', " "));
        sheet
            .case(&format!("chains/{slug}"), &title, "R6.10 R6.11 R6.12")
            .layers("l1 u")
            .options("redirect_dir=on")
            .do_(GROUND)
            .do_(["mount"])
            .do_(*ops)
            .do_(["umount", "mount"])
            .done();
    }
}

/// How long an absolute redirect may be: 256 bytes.
fn lengths(sheet: &mut Sheet) {
    for len in [250usize, 255, 256, 257, 300] {
        // `/` + name + `/d`, with a second directory where one name is not enough.
        let first = (len - 3).min(200);
        let second = len - 3 - first;
        let long = |n: usize| format!("\"{}\"*{n}", 'n');
        let path = |root: &str, more: &str| match second {
            0 | 1 => format!("{root}/{}{more}", long(first + second)),
            n => format!("{root}/{}/{}{more}", long(first), long(n - 1)),
        };
        let mut lines =
            vec![format!("d l1/{}", long(if second > 1 { first } else { first + second }))];
        if second > 1 {
            lines.push(format!("d {}", path("l1", "")));
        }
        lines.push(format!("d {}", path("l1", "/d")));
        lines.push(format!("f {} 1", path("l1", "/d/in")));
        let title = format!("a directory moved whose path in the lower layer has {len} bytes");
        sheet
            .case(&format!("lengths/{len}"), &title, "R6.13")
            .layers("l1 u")
            .options("redirect_dir=on")
            .do_(lines)
            .do_(["mount".to_owned(), format!("rename {} m/moved", path("m", "/d"))])
            .do_(["stat m/moved/in"])
            .done();
    }
}
