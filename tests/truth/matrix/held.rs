//! Open files: what a descriptor from before a change shows and does after it.

use super::sheet::Sheet;

/// A slug, words, lines before the mount, the path.
type File = (&'static str, &'static str, &'static [&'static str], &'static str);

const FILES: &[File] = &[
    ("lower", "a lower file", &["f l1/x abcdef"], "m/x"),
    ("both", "a file of both layers", &["f l1/x lower!", "f u/x abcdef"], "m/x"),
    ("deep", "a file in a lower directory", &["d l1/p", "f l1/p/x abcdef"], "m/p/x"),
    ("linked", "a lower file with two names", &["f l1/x abcdef", "h l1/y l1/x"], "m/x"),
];

const EVENTS: &[(&str, &str, &str)] = &[
    ("write", "written to", "open %w @ WRONLY\nwrite %w NEW\nclose %w"),
    ("trunc", "opened with O_TRUNC", "open %w @ WRONLY|TRUNC\nclose %w"),
    ("chmod", "given another mode", "chmod @ 0600"),
    ("rename", "renamed", "rename @ m/z"),
    ("unlink", "deleted", "unlink @"),
    ("replace", "replaced", "rename m/other @"),
    ("again", "deleted and made again", "unlink @\nmknod @ f 0600"),
    ("link", "linked", "link @ m/z"),
];

const OPTIONS: &[(&str, &str)] =
    &[("plain", ""), ("metacopy", "metacopy=on"), ("index", "index=on"), ("volatile", "volatile")];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("held");
    for file in FILES {
        for event in EVENTS {
            for options in OPTIONS.iter().filter(|it| tells(file, it)) {
                one(&mut sheet, file, event, *options);
            }
        }
    }
    sheet
}

fn tells(file: &File, options: &(&str, &str)) -> bool {
    match options.0 {
        "plain" => true,
        "metacopy" => file.0 == "lower",
        "index" => file.0 == "linked",
        _ => false,
    }
}

fn one(sheet: &mut Sheet, file: &File, event: &(&str, &str, &str), (slug, options): (&str, &str)) {
    let with = if options.is_empty() { String::new() } else { format!(" ({options})") };
    let title = format!("{} is {} while a reader has it open{with}", file.1, event.1);
    sheet
        .case(&format!("{}-{slug}/{}", file.0, event.0), &title, "R4.3 R4.1")
        .layers("l1 u")
        .options(options)
        .do_(file.2)
        .do_(["f l1/other OTHER", "mount"])
        .do_([format!("open %r {} RDONLY", file.3).as_str(), "read %r 2"])
        .do_([event.2.replace('@', file.3)])
        .do_(["pread %r 9 0", "read %r 9", "stat %r", "write %r no", "truncate %r 1"])
        .do_(["flock %r EX", "fsync %r", "chmod %r 0640", "setxattr %r user.k v"])
        .do_(["utimens %r @70 @71", "setflags %r 0x80", "link %r m/back", "stat %r"])
        .do_(["lseek %r 0 HOLE", "close %r"])
        .done();
}
