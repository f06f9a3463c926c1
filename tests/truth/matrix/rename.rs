//! Renames: each kind of source onto each kind of target, with each flag, between kinds of parents.

use super::sheet::Sheet;

/// A slug, words, and lines of the script; `@` is the name.
type Thing = (&'static str, &'static str, &'static [&'static str]);

const SOURCES: &[Thing] = &[
    ("lower-file", "a lower file", &["f l1/@ low"]),
    ("upper-file", "an upper file", &["f u/@ up"]),
    ("both-file", "a file of both layers", &["f l1/@ low", "f u/@ up"]),
    ("lower-dir", "a lower directory", &["d l1/@", "f l1/@/in 1"]),
    ("pure-dir", "a directory of the upper layer", &["d u/@", "f u/@/in 1"]),
    ("merged-dir", "a merged directory", &["d l1/@", "f l1/@/in 1", "d u/@", "f u/@/up 1"]),
    ("opaque-dir", "an opaque directory", &["d l1/@", "d u/@ trusted.overlay.opaque=y"]),
    ("symlink", "a lower symbolic link", &["l l1/@ to"]),
    ("fifo", "a lower fifo", &["p l1/@"]),
    ("linked", "one of two names of a lower file", &["f l1/@ low", "h l1/@-too l1/@"]),
];

const TARGETS: &[Thing] = &[
    ("nothing", "nothing", &[]),
    ("whiteout", "a whiteout", &["f l1/@ 1", "w u/@"]),
    ("lower-file", "a lower file", &["f l1/@ 1"]),
    ("upper-file", "an upper file", &["f u/@ 1"]),
    ("lower-empty", "an empty lower directory", &["d l1/@"]),
    ("upper-empty", "an empty upper directory", &["d u/@"]),
    ("emptied", "an emptied merged directory", &["d l1/@", "f l1/@/gone 1", "d u/@", "w u/@/gone"]),
    ("full", "a directory that is not empty", &["d l1/@", "f l1/@/in 1"]),
];

/// Parents of the target: a slug, words, lines, options.
const PARENTS: &[(&str, &str, &[&str], &str)] = &[
    ("merged", "a merged directory", &["d l1/q", "d u/q"], ""),
    ("lower", "a lower directory", &["d l1/q"], ""),
    ("pure", "a directory of the upper layer", &["d u/q"], ""),
    ("opaque", "an opaque directory", &["d l1/q", "d u/q trusted.overlay.opaque=y"], ""),
    (
        "moved",
        "a moved directory",
        &["d l1/o", "d u/q trusted.overlay.redirect=o", "w u/o"],
        "redirect_dir=on",
    ),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("rename");
    for source in SOURCES {
        for target in TARGETS {
            onto(&mut sheet, source, target, "", "");
            if source.0.ends_with("dir") {
                onto(&mut sheet, source, target, "redirect_dir=on", "");
            }
            if target.0 != "whiteout" {
                onto(&mut sheet, source, target, "", "EXCHANGE");
            }
        }
        for target in &TARGETS[..3] {
            onto(&mut sheet, source, target, "", "NOREPLACE");
        }
        PARENTS.iter().for_each(|parent| into(&mut sheet, source, *parent));
    }
    for source in SOURCES.iter().filter(|it| it.0.ends_with("dir")) {
        for target in SOURCES.iter().filter(|it| it.0.ends_with("dir")) {
            onto(&mut sheet, source, target, "redirect_dir=on", "EXCHANGE");
        }
    }
    sheet
}

fn lines(thing: &Thing, name: &str) -> Vec<String> {
    thing.2.iter().map(|it| it.replace('@', name)).collect()
}

fn onto(sheet: &mut Sheet, source: &Thing, target: &Thing, options: &str, flag: &str) {
    let folder = match (flag, options) {
        ("", "") => "onto",
        ("", _) => "redirected",
        ("EXCHANGE", "") => "exchange",
        ("EXCHANGE", _) => "exchange-redirected",
        _ => "noreplace",
    };
    let verb = match flag {
        "" => "renamed onto",
        "EXCHANGE" => "exchanged with",
        _ => "renamed, not to replace anything, onto",
    };
    let with = if options.is_empty() { String::new() } else { format!(", with {options}") };
    let title = format!("{} {verb} {}{with}", source.1, target.1);
    let rules = if options.is_empty() { "R6.1 R6.2" } else { "R6.2 R6.10" };
    sheet
        .case(&format!("{folder}/{}-{}", source.0, target.0), &title, rules)
        .layers("l1 u")
        .options(options)
        .do_(lines(source, "s"))
        .do_(lines(target, "t"))
        .do_(["mount"])
        .do_([format!("rename m/s m/t {flag}").trim_end().to_owned()])
        .done();
}

/// To another directory and back.
fn into(
    sheet: &mut Sheet,
    source: &Thing,
    (slug, words, parent, options): (&str, &str, &[&str], &str),
) {
    let title = format!("{} moved into {words}, and back", source.1);
    sheet
        .case(&format!("into/{}-{slug}", source.0), &title, "R6.3 R6.4")
        .layers("l1 u")
        .options(options)
        .do_(parent)
        .do_(lines(source, "s"))
        .do_(["mount", "rename m/s m/q/t", "rename m/q/t m/s"])
        .done();
}
