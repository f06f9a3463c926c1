//! Every change of an object that leaves its name alone, on each kind of object in each place.

use super::sheet::Sheet;
use super::world::{Kind, Place};

/// A slug, what it is called, and the operations; `@` is the path.
type Change = (&'static str, &'static str, &'static [&'static str]);

const CHANGES: &[Change] = &[
    ("chmod", "chmod of", &["chmod @ 2711"]),
    ("chown", "lchown of", &["lchown @ 7:8"]),
    ("utimens", "new times for", &["lutimens @ +500 +501"]),
    ("setxattr", "a trusted attribute set on", &["lsetxattr @ trusted.k v", "llistxattr @"]),
    ("user-xattr", "a user attribute set on", &["lsetxattr @ user.k v", "lremovexattr @ user.k"]),
    (
        "writer",
        "opening for writing, without a write,",
        &["open %w @ WRONLY|NONBLOCK|NOFOLLOW", "close %w"],
    ),
    (
        "write",
        "appending to",
        &["open %w @ RDWR|APPEND|NONBLOCK|NOFOLLOW", "write %w more", "close %w"],
    ),
    ("truncate", "truncate of", &["truncate @ 1"]),
    (
        "flags",
        "setting the noatime flag of",
        &["open %f @ RDONLY|NONBLOCK|NOFOLLOW", "setflags %f 0x80", "getflags %f", "close %f"],
    ),
];

const KINDS: &[Kind] =
    &[Kind::File, Kind::Linked, Kind::Dir, Kind::Symlink, Kind::Fifo, Kind::Socket, Kind::Char];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("change");
    for (slug, phrase, ops) in CHANGES {
        for kind in KINDS {
            for place in places(*kind, slug) {
                one(&mut sheet, (slug, phrase, ops), *kind, *place);
            }
        }
    }
    sheet
}

/// Files and directories in every place, the others where a copy-up is due.
fn places(kind: Kind, slug: &str) -> &'static [Place] {
    match (kind, slug) {
        (Kind::File, _) => &[
            Place::Lower,
            Place::Both,
            Place::TwoLowers,
            Place::InLower,
            Place::InOpaque,
            Place::InMoved,
        ],
        (Kind::Dir, "chmod" | "setxattr" | "flags") => {
            &[Place::Lower, Place::Both, Place::TwoLowers, Place::InMerged, Place::InMoved]
        }
        (Kind::Dir | Kind::Linked, _) => &[Place::Lower, Place::InMoved],
        // Nothing of these is written or cut: what is opened is the device itself.
        (_, "writer" | "write" | "truncate" | "flags") => &[Place::InLower],
        (Kind::Symlink, _) => &[Place::Lower, Place::InMerged],
        _ => &[Place::InLower],
    }
}

fn one(sheet: &mut Sheet, (slug, phrase, ops): Change, kind: Kind, place: Place) {
    let path = format!("m/{}x", place.dir());
    let name = format!("{slug}/{}-{}", kind.slug(), place.slug());
    let title = format!("{phrase} {} {}", kind.phrase(), place.phrase());
    sheet
        .case(&name, &title, "R4.1 R4.2")
        .layers(place.layers())
        .options(place.options())
        .do_(place.plant(kind, "x"))
        .do_(["mount"])
        .do_(ops.iter().map(|it| it.replace('@', &path).replace('+', "@")))
        // Whoever looks at a merged directory first sets its ctime.
        .do_((!kind.is_dir()).then(|| format!("lstat {path}")))
        .done();
}
