//! Every way to make a name, over what may be there already, in each place.

use super::sheet::Sheet;
use super::world::{Kind, Place};

/// A slug, what it is called, and the operations; `@` is the path, `m/src` an upper file.
type Way = (&'static str, &'static str, &'static [&'static str]);

const WAYS: &[Way] = &[
    ("open", "O_CREAT", &["open %n @ WRONLY|CREAT|NONBLOCK 0640", "write %n new", "close %n"]),
    ("excl", "O_CREAT and O_EXCL", &["open %n @ RDWR|CREAT|EXCL 0600", "close %n"]),
    ("mkdir", "mkdir", &["mkdir @ 0750"]),
    ("symlink", "symlink", &["symlink to @"]),
    ("fifo", "mknod of a fifo", &["mknod @ p 0622"]),
    ("device", "mknod of a device", &["mknod @ c 0660 5:1"]),
    ("link", "a hard link to an upper file", &["link m/src @", "stat m/src"]),
    ("link-lower", "a hard link to a lower file", &["link m/low @", "stat m/low"]),
    ("rename", "a lower file renamed", &["rename m/low @"]),
    (
        "tmpfile",
        "an unnamed file linked",
        &["open %t m RDWR|TMPFILE 0604", "write %t data", "link %t @", "stat %t", "close %t"],
    ),
];

/// What is at the name: a slug, words, and its lines in a place.
const HELD: &[(&str, &str, Option<Kind>)] = &[
    ("nothing", "where nothing is", None),
    ("file", "where a file is", Some(Kind::File)),
    ("dir", "where a directory is", Some(Kind::Dir)),
    ("symlink", "where a dangling symbolic link is", Some(Kind::Symlink)),
];

const PARENTS: &[Place] =
    &[Place::InLower, Place::InMerged, Place::InOpaque, Place::InPure, Place::InMoved];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("create");
    for way in WAYS {
        for place in PARENTS {
            for (slug, words, kind) in HELD {
                // What is there refuses all alike: one place tells it.
                if kind.is_none() || *place == Place::InMerged {
                    let lines = kind.map(|it| place.put(it, "x")).unwrap_or_default();
                    one(&mut sheet, *way, *place, (slug, words), lines);
                }
            }
            deleted(&mut sheet, *way, *place);
        }
        let marked = vec!["f u/p/x \"\" trusted.overlay.whiteout=\"\"".to_owned()];
        let words = ("xattr-whiteout", "over a whiteout by attribute");
        one(&mut sheet, *way, Place::InMerged, words, marked);
        let deep = vec!["f l1/p/x 1".to_owned(), "c u/p/x 0:0 0644 5:6".to_owned()];
        let words = ("odd-whiteout", "over somebody's whiteout with a mode");
        one(&mut sheet, *way, Place::InMerged, words, deep);
    }
    sheet
}

fn one(
    sheet: &mut Sheet,
    (slug, phrase, ops): Way,
    place: Place,
    (held, words): (&str, &str),
    lines: Vec<String>,
) {
    let title = format!("{phrase} {words}, {}", place.phrase());
    sheet
        .case(&format!("{slug}/{held}-{}", place.slug()), &title, "R5.8 R5.9")
        .layers("l1 u")
        .options(place.options())
        .do_(place.ground())
        .do_(["f u/src src", "f l1/low low"])
        .do_(lines)
        .do_(["mount"])
        .do_(ops.iter().map(|it| it.replace('@', &format!("m/{}x", place.dir()))))
        .done();
}

/// The same after a deletion through the mount.
fn deleted(sheet: &mut Sheet, (slug, phrase, ops): Way, place: Place) {
    let path = format!("m/{}x", place.dir());
    let title = format!("{phrase} over what was just deleted, {}", place.phrase());
    sheet
        .case(&format!("{slug}/deleted-{}", place.slug()), &title, "R5.8 R5.8a")
        .layers("l1 u")
        .options(place.options())
        .do_(place.ground())
        .do_(["f u/src src", "f l1/low low"])
        .do_(place.put(Kind::File, "x"))
        .do_(["mount".to_owned(), format!("unlink {path}")])
        .do_(ops.iter().map(|it| it.replace('@', &path)))
        .done();
}
